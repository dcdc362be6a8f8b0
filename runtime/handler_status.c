/* SPDX-License-Identifier: MIT */
/* handler_status.c - see handler_status.h. */
#include "handler_status.h"

#include "platform.h"

static void set(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

static struct handler_phase *last(struct handler_status *s)
{
	return s->phase_count ? &s->phases[s->phase_count - 1] : NULL;
}

void handler_status_begin(struct handler_status *s, const char *name)
{
	struct handler_phase *p = last(s);
	if (p && p->state == HANDLER_TRANSITIONING)
		p->state = HANDLER_SUCCESS;
	if (s->phase_count == HANDLER_PHASES_MAX)
		return; /* the last one stands for those that follow */
	p = &s->phases[s->phase_count++];
	*p = (struct handler_phase) { .state = HANDLER_TRANSITIONING };
	set(p->name, sizeof(p->name), name);
	set(s->message, sizeof(s->message), name);
}

void handler_status_say(struct handler_status *s, const char *text)
{
	struct handler_phase *p = last(s);
	set(s->message, sizeof(s->message), text);
	if (p)
		set(p->message, sizeof(p->message), text);
}

void handler_status_end(struct handler_status *s, enum handler_state state, int code,
			const char *reason, const char *message)
{
	struct handler_phase *p = last(s);
	s->state = state;
	s->code = code;
	s->reason = reason;
	set(s->message, sizeof(s->message), message);
	if (!p)
		return;
	p->state = state;
	if (state == HANDLER_ERROR)
		set(p->message, sizeof(p->message), message);
}

/* --- text -------------------------------------------------------------------------------------- */

static const char *const words[] = { [HANDLER_TRANSITIONING] = "transitioning",
				     [HANDLER_SUCCESS] = "success",
				     [HANDLER_WARNING] = "warning",
				     [HANDLER_ERROR] = "error" };

/* In quotes.  What is not ASCII need not even be UTF-8, as after a cut: it becomes '?'. */
static void add_text(struct buf *b, const char *text)
{
	buf_add_str(b, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		buf_printf(b, "%s%c", c == '"' || c == '\\' ? "\\" : "",
			   c < 0x20 || c >= 0x7f ? '?' : c);
	}
	buf_add_str(b, "\"");
}

static void add_message(struct buf *b, const char *text)
{
	buf_add_str(b, "\"formattedMessage\": {\"lang\": \"en-US\", \"message\": ");
	add_text(b, text);
	buf_add_str(b, "}");
}

static void add_substatus(struct buf *b, bool first, const char *name, enum handler_state state,
			  int code, const char *message)
{
	buf_add_str(b, first ? "\n    {\"name\": " : ",\n    {\"name\": ");
	add_text(b, name);
	buf_printf(b, ", \"status\": \"%s\", \"code\": %d, ", words[state], code);
	add_message(b, message);
	buf_add_str(b, "}");
}

bool handler_status_print(const struct handler_status *s, uint64_t now, struct buf *out,
			  struct err *err)
{
	char when[PLATFORM_TIME_SIZE];
	platform_format_time(now, when);
	buf_printf(out, "[{\"version\": 1.0, \"timestampUTC\": \"%s\", \"status\": {\n  \"name\": ",
		   when);
	add_text(out, s->name);
	buf_printf(out,
		   ", \"operation\": \"Enable\", \"configurationAppliedTime\": \"%s\",\n"
		   "  \"status\": \"%s\", \"code\": %d, ",
		   when, words[s->state], s->code);
	add_message(out, s->message);
	buf_add_str(out, ",\n  \"substatus\": [");
	for (size_t i = 0; i < s->phase_count; i++) {
		const struct handler_phase *p = &s->phases[i];
		add_substatus(out, i == 0, p->name, p->state,
			      p->state == HANDLER_ERROR ? s->code : 0, p->message);
	}
	if (s->reason)
		add_substatus(out, s->phase_count == 0, "reason", s->state, s->code, s->reason);
	buf_add_str(out, "]}}]\n");
	return buf_ok(out, "the status", err);
}

bool handler_heartbeat_print(const struct handler_status *s, struct buf *out, struct err *err)
{
	bool ready = s->state == HANDLER_SUCCESS;
	buf_printf(out, "[{\"version\": 1.0, \"heartbeat\": {\"status\": \"%s\", \"code\": %d, ",
		   ready ? "ready" : "notready", s->code);
	add_message(out, s->message);
	buf_add_str(out, ", \"Message\": ");
	add_text(out, s->message);
	buf_add_str(out, "}}]\n");
	return buf_ok(out, "the heartbeat", err);
}
