/* SPDX-License-Identifier: MIT */
/* runner.c - the parent's side of the runner: send it steps, hear what happens. */
#include <string.h>

#include "platform.h"
#include "runner_wire.h"

#define STOP_POLL_MS 200

struct runner *runner_start(const char *root, struct err *err)
{
	struct runner *r = calloc(1, sizeof(*r));
	if (!r) {
		err_no_memory(err);
		return NULL;
	}
	fflush(NULL); /* or the runner could hold a second copy of what is buffered */
	if (!runner_spawn(r, root, err)) {
		free(r);
		return NULL;
	}
	r->rooted = root[0] != '\0';
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	runner_join(r);
	free(r);
}

void runner_auto_free(struct runner **slot)
{
	runner_free(*slot);
	*slot = NULL;
}

static bool lost(struct err *err)
{
	return err_set(err, ERR_STEP, "the process that runs the steps ended unexpectedly");
}

/* A failure that the runner reports, in its words. */
static bool failed(struct slice payload, struct err *err)
{
	struct rd rd = rd_new(payload);
	uint32_t code = rd_u32le(&rd);
	AUTO(auto_free) char *text = wire_take_text(&rd);
	if (!rd_end(&rd) || code <= ERR_NONE || code > ERR_MISSING_BLOCK)
		return lost(err);
	return err_set(err, (enum err_code)code, "%s", text);
}

/* What was done about stop signals while one request runs. */
struct stopping {
	bool finish, told, sent;
};

/*
 * Wait for a frame; meanwhile a stop is passed on: at once for a step that may be cut, at the
 * second signal for one that should finish.
 */
static bool wait_frame(struct runner *r, struct stopping *s, const struct runner_events *ev)
{
	for (;;) {
		unsigned stops = platform_stops();
		if (stops && s->finish && !s->told && ev && ev->note)
			ev->note(ev->ctx, "stopping when the step that runs is done "
					  "(a second signal ends it now)");
		s->told = stops > 0;
		if (stops >= (s->finish ? 2u : 1u) && !s->sent) {
			s->sent = true;
			if (!wire_send(&r->wire, WIRE_STOP, (struct slice) { 0 }))
				return false;
		}
		enum wire_state state = wire_wait(&r->wire, STOP_POLL_MS);
		if (state != WIRE_QUIET)
			return state == WIRE_READY;
	}
}

/* Send one request and handle events until it is done; @done gets three numbers. */
static bool exchange(struct runner *r, enum wire_kind kind, struct slice payload, bool finish,
		     const struct runner_events *ev, uint32_t done[3], struct err *err)
{
	if (!wire_send(&r->wire, kind, payload))
		return lost(err);
	struct stopping stopping = { .finish = finish };
	AUTO(buf_done) struct buf unused = BUF_INIT(0);
	struct wire_frame f = { .payload = unused };
	for (;;) {
		if (!wait_frame(r, &stopping, ev) || !wire_receive(&r->wire, &f)) {
			buf_done(&f.payload);
			return lost(err);
		}
		if (f.kind == WIRE_LINE && ev && ev->line)
			ev->line(ev->ctx, buf_str(&f.payload));
		else if (f.kind == WIRE_NOTE && ev && ev->note)
			ev->note(ev->ctx, buf_str(&f.payload));
		else if (f.kind == WIRE_DONE || f.kind == WIRE_FAIL)
			break;
	}
	AUTO(buf_done) struct buf last = f.payload;
	if (f.kind == WIRE_FAIL)
		return failed(buf_slice(&last), err);
	struct rd rd = rd_new(buf_slice(&last));
	for (size_t i = 0; i < 3; i++)
		done[i] = rd_u32le(&rd);
	return rd_end(&rd) || lost(err);
}

bool runner_run(struct runner *r, const struct runner_request *req, const struct runner_events *ev,
		struct runner_result *out, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(WIRE_PAYLOAD_MAX);
	wire_add_run(&b, req);
	if (!buf_ok(&b, "a step's command line", err))
		return false;
	uint32_t done[3];
	if (!exchange(r, WIRE_RUN, buf_slice(&b), req->finish, ev, done, err))
		return false;
	*out = (struct runner_result) { (int)done[0], done[1] };
	return true;
}

bool runner_enter(struct runner *r, const struct runner_events *ev, struct err *err)
{
	uint32_t done[3];
	return !r->rooted || exchange(r, WIRE_ENTER, (struct slice) { 0 }, false, ev, done, err);
}

bool runner_lock_packages(struct runner *r, uint32_t timeout, const struct runner_events *ev,
			  bool *waited, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4);
	buf_add_u32le(&b, timeout);
	uint32_t done[3];
	if (!buf_ok(&b, "a lock request", err) ||
	    !exchange(r, WIRE_LOCK, buf_slice(&b), false, ev, done, err))
		return false;
	*waited = done[2] != 0;
	return true;
}
