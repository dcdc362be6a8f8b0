/* SPDX-License-Identifier: MIT */
/* runner_child.c - see runner_child.h. */
#include "runner_child.h"

void child_note(void *ctx, const char *text)
{
	const struct child *c = ctx;
	wire_send(&c->wire, WIRE_NOTE, slice_str(text));
}

bool child_heard_stop(struct child *c)
{
	AUTO(buf_done) struct buf unused = BUF_INIT(0);
	struct wire_frame f = { .payload = unused };
	if (!wire_receive(&c->wire, &f)) {
		c->parent_gone = true;
		return false;
	}
	buf_done(&f.payload);
	return f.kind == WIRE_STOP;
}

/* --- output, line by line ---------------------------------------------------------------------- */

void child_flush_line(const struct child *c, struct child_lines *l)
{
	if (l->len)
		wire_send(&c->wire, WIRE_LINE, (struct slice) { (uint8_t *)l->text, l->len });
	l->len = 0;
}

void child_add_output(const struct child *c, struct child_lines *l, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || p[i] == '\r' || l->len == sizeof(l->text))
			child_flush_line(c, l);
		if (p[i] != '\n' && p[i] != '\r')
			l->text[l->len++] = p[i] == '\0' ? ' ' : p[i];
	}
}

/* --- the conversation -------------------------------------------------------------------------- */

static void send_done(const struct child *c, const struct runner_result *res, bool waited)
{
	AUTO(buf_done) struct buf b = BUF_INIT(12);
	buf_add_u32le(&b, (uint32_t)res->exit_code);
	buf_add_u32le(&b, res->left_over);
	buf_add_u32le(&b, waited);
	wire_send(&c->wire, WIRE_DONE, buf_slice(&b));
}

static void send_fail(const struct child *c, const struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(sizeof(err->msg) + 16);
	buf_add_u32le(&b, (uint32_t)err->code);
	wire_add_text(&b, err->msg);
	wire_send(&c->wire, WIRE_FAIL, buf_slice(&b));
}

static bool run(struct child *c, struct slice payload, struct runner_result *res, struct err *err)
{
	AUTO(wire_run_done) struct wire_run r = { 0 };
	return wire_take_run(payload, &r, err) && child_run(c, &r, res, err);
}

static bool serve(struct child *c, const struct wire_frame *f, struct err *err)
{
	struct runner_result res = { 0 };
	struct rd rd = rd_new(buf_slice(&f->payload));
	bool ok = true, waited = false;
	switch (f->kind) {
	case WIRE_ENTER:
		ok = child_enter(c, err);
		break;
	case WIRE_LOCK:
		ok = child_lock(c, rd_u32le(&rd), &waited, err);
		break;
	case WIRE_RUN:
		ok = run(c, buf_slice(&f->payload), &res, err);
		break;
	default: /* a stop that came after the step's end */
		return true;
	}
	if (ok)
		send_done(c, &res, waited);
	return ok;
}

void child_serve(struct child *c)
{
	struct wire_frame f = { .payload = BUF_INIT(0) };
	while (!c->parent_gone && wire_receive(&c->wire, &f)) {
		struct err err = { 0 };
		if (!serve(c, &f, &err))
			send_fail(c, &err);
	}
	buf_done(&f.payload);
}
