// SPDX-License-Identifier: BSD-2-Clause
/* The session: connected to vouchd, one request after the other. */

#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "channel.h"
#include "deliver.h"
#include "dial.h"
#include "facts.h"
#include "image.h"

#define DIAL_MS 5000
#define HANDSHAKE_MS 10000
#define FIRST_PAUSE_MS 100u
#define LONGEST_PAUSE_MS 10000u

static int send_failure(int fd, u32 id, const struct vouch_failure *f)
{
	json_t *json = vouch_failure_json(f);
	int err;

	fprintf(stderr, "vouch-targetd: cannot %s: %s\n", f->what, f->why);
	err = vouch_channel_send(fd, VOUCH_FRAME_ERROR, id, json, NULL, 0);
	json_decref(json);
	return err;
}

static int answer_delivery(struct vouch_agent *agent, int fd,
			   const struct vouch_message *msg)
{
	struct vouch_failure f = { 0 };
	json_t *status = vouch_delivery_take(agent, msg->json, msg->blob,
					     msg->blob_len, &f);
	const char *reason =
		json_string_value(json_object_get(status, "reason"));
	int err;

	if (!status) {
		vouch_fail(&f, -ENOMEM, VOUCH_EXIT_INTERNAL,
			   "answer a delivery");
		return send_failure(fd, msg->id, &f);
	}
	fprintf(stderr, "vouch-targetd: delivery: %s%s%s\n",
		json_string_value(json_object_get(status, "status")),
		reason ? ": " : "", reason ? reason : "");
	err = vouch_channel_send(fd, VOUCH_FRAME_STATUS, msg->id, status, NULL,
				 0);
	json_decref(status);
	return err;
}

static int answer_call(struct vouch_agent *agent, int fd,
		       const struct vouch_message *msg)
{
	struct vouch_failure f = { 0 };
	struct vouch_reply reply = { 0 };
	int err = vouch_call(agent, msg, &reply, &f);

	if (err)
		err = send_failure(fd, msg->id, &f);
	else
		err = vouch_channel_send(fd, VOUCH_FRAME_RESULT, msg->id,
					 reply.json, reply.blob,
					 reply.blob_len);
	if (err == -EMSGSIZE) {
		vouch_fail(&f, err, VOUCH_EXIT_REFUSED, "send an answer");
		vouch_fail_why(&f, "it is longer than a frame may be");
		vouch_fail_next(&f, "ask for less at a time");
		err = send_failure(fd, msg->id, &f);
	}
	json_decref(reply.json);
	free(reply.blob);
	return err;
}

static int answer(struct vouch_agent *agent, int fd,
		  const struct vouch_message *msg)
{
	struct vouch_failure f;

	switch (msg->type) {
	case VOUCH_FRAME_DELIVER:
		return answer_delivery(agent, fd, msg);
	case VOUCH_FRAME_CALL:
		return answer_call(agent, fd, msg);
	default:
		vouch_fail(&f, -EPROTO, VOUCH_EXIT_INTERNAL,
			   "serve a frame of type %d", (int)msg->type);
		vouch_fail_why(&f, "a target takes DELIVER and CALL");
		return send_failure(fd, msg->id, &f);
	}
}

static int handshake(struct vouch_agent *agent, int fd, const char **why)
{
	json_t *hello = vouch_facts_hello(&agent->info);
	struct vouch_message msg = { 0 };
	int err = -ENOMEM;

	*why = "out of memory";
	if (hello)
		err = vouch_channel_send(fd, VOUCH_FRAME_HELLO, 0, hello, NULL,
					 0);
	json_decref(hello);
	if (!err)
		err = vouch_channel_recv(fd, 0, HANDSHAKE_MS, &msg, why);
	if (!err && msg.type != VOUCH_FRAME_WELCOME) {
		*why = "vouchd did not welcome this target";
		err = -EACCES;
	}
	vouch_message_release(&msg);
	return err;
}

/* Return how the connection ended; *served says whether it was of use. */
static int serve(struct vouch_agent *agent, int fd, bool *served,
		 const char **why)
{
	int err = handshake(agent, fd, why);

	if (err)
		return err;
	fprintf(stderr, "vouch-targetd: vouchd welcomed this target\n");
	*served = true;
	while (!err) {
		struct vouch_message msg = { 0 };

		*why = "the connection ended";
		err = vouch_channel_recv(fd, VOUCH_IMAGE_MAX, -1, &msg, why);
		if (!err)
			err = answer(agent, fd, &msg);
		vouch_message_release(&msg);
	}
	return err;
}

static void pause_ms(u32 ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
			      .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

void vouch_session_run(struct vouch_agent *agent,
		       const struct vouch_endpoint *ep, const char *uri)
{
	u32 pause = FIRST_PAUSE_MS;

	for (;;) {
		const char *why = "no reason given";
		bool served = false;
		int fd = vouch_dial(ep, DIAL_MS, &why), err = fd;

		if (fd >= 0) {
			err = serve(agent, fd, &served, &why);
			close(fd);
		}
		if (served)
			pause = FIRST_PAUSE_MS;
		fprintf(stderr,
			"vouch-targetd: %s: %s (%s); next try in %u ms\n", uri,
			strerror(-err), why, pause);
		pause_ms(pause);
		pause = 2 * pause < LONGEST_PAUSE_MS ? 2 * pause
						     : LONGEST_PAUSE_MS;
	}
}
