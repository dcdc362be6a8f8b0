/* SPDX-License-Identifier: MIT */
/* curl_setup.c - see curl_setup.h. */
#include "curl_setup.h"

#include "cmd.h"
#include "url.h"

#define STALL_BYTES_PER_SECOND 1024

static bool set_limits(CURL *e, const struct curl_setup *s)
{
	long stall = (long)s->stall_seconds;
	/* with a file of our own, the directory of the system's roots must not count any more */
	if (s->cacert && (curl_easy_setopt(e, CURLOPT_CAINFO, s->cacert) != CURLE_OK ||
			  curl_easy_setopt(e, CURLOPT_CAPATH, NULL) != CURLE_OK))
		return false;
	return curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)s->redirects) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, stall) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, stall) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND) ==
		       CURLE_OK;
}

bool curl_set_up(CURL *e, const struct curl_setup *s)
{
	/* never from https to http: a redirect must not take away the transport's protection */
	const char *redirects = url_kind(s->url) == URL_HTTPS ? "https" : "http,https";
	s->text[0] = '\0';
	return curl_easy_setopt(e, CURLOPT_URL, s->url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, redirects) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, s->redirects ? 1L : 0L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "ibbundle/" IBBUNDLE_VERSION) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->text) == CURLE_OK && set_limits(e, s);
}

enum hope curl_hope(CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return HOPE_SOME;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
		return HOPE_ONCE;
	default:
		return HOPE_NONE;
	}
}

enum hope curl_status_hope(long status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429 ? HOPE_SOME
										: HOPE_NONE;
}

bool curl_failed(const struct curl_setup *s, CURLcode result, struct err *why)
{
	if (result == CURLE_UNSUPPORTED_PROTOCOL)
		return err_set(why, ERR_NETWORK,
			       "it redirects to a place that is not allowed (http and https only, "
			       "never from https to http)");
	if (result == CURLE_TOO_MANY_REDIRECTS)
		return err_set(why, ERR_NETWORK, "more than %u redirects", s->redirects);
	if (result == CURLE_OPERATION_TIMEDOUT)
		return err_set(why, ERR_TIMEOUT, "no answer or no data for %u seconds",
			       s->stall_seconds);
	if (result == CURLE_PEER_FAILED_VERIFICATION)
		return err_set(why, ERR_UNTRUSTED, "%s", s->text);
	return err_set(why, ERR_NETWORK, "%s", s->text[0] ? s->text : curl_easy_strerror(result));
}
