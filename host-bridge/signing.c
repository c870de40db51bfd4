// SPDX-License-Identifier: BSD-2-Clause
/* Requests to whoever signs, in the order in which they came. */

#include <stdlib.h>

#include "log.h"
#include "signing.h"

#define MAX_TRIES 3u

struct vouch_signing {
	struct vouch_timer timer; /* while it waits */
	struct vouch_reap reap;
	struct vouch_signing *next;
	struct vouch_daemon *daemon;
	json_t *json;
	const void *blob;
	size_t len;
	vouch_answer_fn fn;
	void *ctx;
	u64 deadline_us;
	u32 tries;
	bool sent;
};

static void signing_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct vouch_signing, reap));
}

static void drop(struct vouch_signing *s)
{
	struct vouch_signing **p;

	for (p = &s->daemon->signings; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	vouch_timer_cancel(&s->daemon->loop, &s->timer);
	json_decref(s->json);
	vouch_loop_reap(&s->daemon->loop, &s->reap);
}

static void finish(struct vouch_signing *s, const struct vouch_answer *answer)
{
	drop(s);
	s->fn(s->ctx, answer);
}

static const struct vouch_answer unreachable = { .err = -ENOTCONN };

static u64 left_ms(const struct vouch_signing *s)
{
	u64 now = vouch_clock_us();

	return s->deadline_us > now ? (s->deadline_us - now) / 1000 + 1 : 1;
}

static void on_late(struct vouch_timer *timer)
{
	finish(vouch_container(timer, struct vouch_signing, timer),
	       &unreachable);
}

static void wait_for_signer(struct vouch_signing *s)
{
	s->sent = false;
	s->timer.expire = on_late;
	vouch_timer_set(&s->daemon->loop, &s->timer, left_ms(s));
}

static void answered(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_signing *s = ctx;
	struct vouch_daemon *daemon = s->daemon;

	/* What ends the signer each time is given up. */
	if (answer->err == -ECONNRESET && daemon->signer.path &&
	    !daemon->stopping && s->tries < MAX_TRIES)
		wait_for_signer(s);
	else if (answer->err == -ECONNRESET && daemon->signer.path)
		finish(s, &unreachable);
	else
		finish(s, answer);
	/* There may be room again for one that did not fit. */
	if (!daemon->stopping && daemon->sign.conn)
		vouch_signing_resume(daemon);
}

static int send_request(struct vouch_signing *s)
{
	int err = vouch_peer_call(&s->daemon->sign, VOUCH_FRAME_CALL, s->json,
				  s->blob, s->len, (u32)left_ms(s), answered,
				  s);

	if (err)
		return err;
	s->sent = true;
	s->tries++;
	vouch_timer_cancel(&s->daemon->loop, &s->timer);
	return 0;
}

int vouch_signing_call(struct vouch_daemon *daemon, json_t *json,
		       const void *blob, size_t len, vouch_answer_fn fn,
		       void *ctx)
{
	struct vouch_signing **p, *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->reap.free = signing_free;
	s->daemon = daemon;
	s->json = json_incref(json);
	s->blob = blob;
	s->len = len;
	s->fn = fn;
	s->ctx = ctx;
	s->deadline_us = vouch_clock_us() +
			 (u64)daemon->config->timeouts.sign_s * 1000000;
	for (p = &daemon->signings; *p; p = &(*p)->next)
		;
	*p = s;
	err = send_request(s);
	if (!err)
		return 0;
	if (!daemon->signer.path || (err != -ENOTCONN && err != -ENOBUFS)) {
		drop(s);
		return err;
	}
	wait_for_signer(s);
	return 0;
}

void vouch_signing_resume(struct vouch_daemon *daemon)
{
	struct vouch_signing *s;

	for (s = daemon->signings; s; s = s->next)
		if (!s->sent && send_request(s))
			return;
}

void vouch_signing_forget(struct vouch_daemon *daemon)
{
	while (daemon->signings)
		drop(daemon->signings);
}
