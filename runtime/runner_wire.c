/* SPDX-License-Identifier: MIT */
/* runner_wire.c - see runner_wire.h. */
#include "runner_wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

static bool send_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static bool receive_all(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t r = recv(fd, p, n, 0);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

bool wire_send(int fd, enum wire_kind kind, struct slice payload)
{
	uint8_t head[5] = { (uint8_t)kind };
	for (size_t i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(payload.len >> (8 * i));
	return payload.len <= WIRE_PAYLOAD_MAX && send_all(fd, head, sizeof(head)) &&
	       send_all(fd, payload.p, payload.len);
}

bool wire_receive(int fd, struct wire_frame *out)
{
	uint8_t head[5];
	if (!receive_all(fd, head, sizeof(head)))
		return false;
	struct rd r = rd_new((struct slice) { head + 1, 4 });
	uint32_t len = rd_u32le(&r);
	if (len > WIRE_PAYLOAD_MAX)
		return false;
	AUTO(auto_free) uint8_t *payload = malloc((size_t)len + 1);
	if (!payload || !receive_all(fd, payload, len))
		return false;
	payload[len] = '\0';
	buf_done(&out->payload);
	out->payload = (struct buf) { payload, len, (size_t)len + 1, WIRE_PAYLOAD_MAX, 0, 0 };
	out->kind = (enum wire_kind)head[0];
	payload = NULL;
	return true;
}

void wire_add_text(struct buf *b, const char *text)
{
	buf_add_u32le(b, (uint32_t)strlen(text));
	buf_add_str(b, text);
}

void wire_add_list(struct buf *b, const char *const *list)
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

char **wire_take_list(struct rd *r)
{
	uint32_t n = rd_u32le(r);
	AUTO(wire_free_list)
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

void wire_free_list(char ***list)
{
	for (size_t i = 0; *list && (*list)[i]; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
}
