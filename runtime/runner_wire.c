/* SPDX-License-Identifier: MIT */
/* runner_wire.c - see runner_wire.h. */
#include "runner_wire.h"

bool wire_send(const struct wire *w, enum wire_kind kind, struct slice payload)
{
	uint8_t head[5] = { (uint8_t)kind };
	for (size_t i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(payload.len >> (8 * i));
	return payload.len <= WIRE_PAYLOAD_MAX && wire_write(w, head, sizeof(head)) &&
	       wire_write(w, payload.p, payload.len);
}

bool wire_receive(const struct wire *w, struct wire_frame *out)
{
	uint8_t head[5];
	if (!wire_read(w, head, sizeof(head)))
		return false;
	struct rd r = rd_new((struct slice) { head + 1, 4 });
	uint32_t len = rd_u32le(&r);
	if (len > WIRE_PAYLOAD_MAX)
		return false;
	AUTO(auto_free) uint8_t *payload = malloc((size_t)len + 1);
	if (!payload || !wire_read(w, payload, len))
		return false;
	payload[len] = '\0';
	buf_done(&out->payload);
	out->payload = (struct buf) { payload, len, (size_t)len + 1, WIRE_PAYLOAD_MAX, 0, 0 };
	out->kind = (enum wire_kind)head[0];
	payload = NULL;
	return true;
}

/* --- texts and lists of them ------------------------------------------------------------------- */

void wire_add_text(struct buf *b, const char *text)
{
	buf_add_u32le(b, (uint32_t)strlen(text));
	buf_add_str(b, text);
}

static void add_list(struct buf *b, const char *const *list)
{
	uint32_t n = 0;
	while (list && list[n])
		n++;
	buf_add_u32le(b, n);
	for (uint32_t i = 0; i < n; i++)
		wire_add_text(b, list[i]);
}

char *wire_take_text(struct rd *r)
{
	struct slice s = rd_take(r, rd_u32le(r));
	char *text = r->bad ? NULL : malloc(s.len + 1);
	if (!text) {
		r->bad = true;
		return NULL;
	}
	if (s.len)
		memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return text;
}

static void free_list(char ***list)
{
	for (size_t i = 0; *list && (*list)[i]; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
}

static char **take_list(struct rd *r)
{
	uint32_t n = rd_u32le(r);
	AUTO(free_list)
	char **list = r->bad || n > WIRE_STRINGS_MAX ? NULL : calloc((size_t)n + 1, sizeof(*list));
	if (!list) {
		r->bad = true;
		return NULL;
	}
	for (uint32_t i = 0; i < n && !r->bad; i++)
		list[i] = wire_take_text(r);
	if (r->bad)
		return NULL;
	char **done = list;
	list = NULL;
	return done;
}

/* --- a request --------------------------------------------------------------------------------- */

void wire_add_run(struct buf *b, const struct runner_request *req)
{
	buf_add_u32le(b, req->timeout);
	buf_add_u32le(b, req->finish);
	wire_add_text(b, req->dir);
	add_list(b, req->argv);
	add_list(b, req->env);
	buf_add_u32le(b, req->cmdline != NULL);
	wire_add_text(b, req->cmdline ? req->cmdline : "");
}

bool wire_take_run(struct slice payload, struct wire_run *out, struct err *err)
{
	struct rd rd = rd_new(payload);
	AUTO(wire_run_done) struct wire_run r = { .timeout = rd_u32le(&rd) };
	r.finish = rd_u32le(&rd);
	r.dir = wire_take_text(&rd);
	r.argv = take_list(&rd);
	r.env = take_list(&rd);
	bool verbatim = rd_u32le(&rd) != 0;
	r.cmdline = wire_take_text(&rd);
	if (!rd_end(&rd) || !r.argv[0])
		return err_set(err, ERR_STEP, "a malformed request reached the runner");
	if (!verbatim) {
		free(r.cmdline);
		r.cmdline = NULL;
	}
	*out = r;
	r = (struct wire_run) { 0 };
	return true;
}

void wire_run_done(struct wire_run *r)
{
	free(r->dir);
	free(r->cmdline);
	free_list(&r->argv);
	free_list(&r->env);
}
