/* SPDX-License-Identifier: MIT */
/*
 * web.h - one HTTP request after the other, on connections that are kept: signed, limited, tried again
 * where that may help, and without a secret in what is said about it.
 *
 * A pool may be used by several threads at once.  Proxies come from the environment variables that
 * curl(1) documents, but what goes to this machine itself with a credential goes straight.
 */
#ifndef WEB_H
#define WEB_H

#include "credential.h"
#include "hope.h"
#include "response.h"
#include "source.h"

#define WEB_HEADERS_MAX 16
#define WEB_VALUE_SIZE 512
#define WEB_ANSWER_HEADERS_MAX (256u << 10) /* bytes of all header lines of an answer */

#define WEB_RETRIES_DEFAULT 7 /* half a minute */
#define WEB_RETRIES_MAX 100

struct web_settings {
	const char *cacert; /* PEM file that replaces the system's roots, or NULL */
	const struct credential *credential;
	uint64_t retries; /* further tries after an error that may pass, with a growing wait */
};

#define WEB_OPTIONS(settings)                                                                      \
	{ "cacert", 0, OPTION_TEXT, &(settings).cacert, 0, 0 },                                    \
	{                                                                                          \
		"retries", 0, OPTION_NUMBER, &(settings).retries, 0, WEB_RETRIES_MAX               \
	}

#define WEB_HELP                                                                                   \
	"  --retries N        further tries where that may help; default 7\n"                      \
	"  --cacert FILE      trust the certificate authorities in FILE (PEM) and no others\n"

struct web_header {
	const char *name;
	char value[WEB_VALUE_SIZE];
};

struct web_headers {
	struct web_header v[WEB_HEADERS_MAX];
	size_t count;
};

/* A value that does not fit, or one header too many, is a mistake of the program: it aborts. */
void web_header(struct web_headers *h, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
const char *web_header_value(const struct web_headers *h, const char *name); /* "" for none */

struct web_answer {
	long status;
	struct response response;
	bool has_length;
	uint64_t length;
};

struct web_request {
	const char *method; /* GET, HEAD, PUT */
	const struct blob_url *url;
	const char *query; /* more of it, behind what url has; or NULL */
	struct web_headers headers;
	const struct source *body; /* of a PUT: body_size bytes from body_offset on */
	uint64_t body_offset, body_size;
	/* Of an answer with a status of 2xx: its head, then its body.  Either may be NULL. */
	bool (*begin)(void *ctx, const struct web_answer *a, struct err *err);
	bool (*take)(void *ctx, const uint8_t *p, size_t n, struct err *err);
	void *ctx;
};

struct web_pool;

struct web_pool *web_pool_new(const struct web_settings *s, struct err *err);
void web_pool_free(struct web_pool *p);
void auto_web_pool(struct web_pool **p);

/* What is under way in other threads ends soon, with ERR_INTERRUPTED. */
void web_pool_stop(struct web_pool *p);

/* Bytes of bodies and headers that came, and of bodies that went. */
uint64_t web_received(const struct web_pool *p);
uint64_t web_sent(const struct web_pool *p);

const struct credential *web_credential(const struct web_pool *p);

/*
 * One try.  True when an answer came, whatever its status, and its body was taken.  @hope and @wait_ms
 * (0: not told) are about another try; after true, HOPE_NONE unless the status says so.
 */
bool web_try(struct web_pool *p, const struct web_request *r, struct web_answer *a, enum hope *hope,
	     uint64_t *wait_ms, struct err *err) MUST_CHECK;

/* After @tries that failed for @why: wait, if there is to be another; else false, nothing set. */
bool web_again(struct web_pool *p, unsigned tries, enum hope hope, uint64_t wait_ms,
	       const char *why) MUST_CHECK;

/* As often as it takes or is allowed. */
bool web_send(struct web_pool *p, const struct web_request *r, struct web_answer *a,
	      struct err *err) MUST_CHECK;

/* ERR_NETWORK, or ERR_UNTRUSTED for 401 and 403, about an answer that is not what was wanted. */
bool web_refused(const struct web_pool *p, const struct web_request *r, const struct web_answer *a,
		 struct err *err);

#endif
