// SPDX-License-Identifier: BSD-2-Clause
/* HELLO, then one request after the other. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "dial.h"
#include "failure.h"
#include "load_time.h"
#include "parent.h"
#include "run.h"
#include "session.h"
#include "verify.h"

#define WELCOME_TIMEOUT 30000 /* ms */
#define DIAL_TIMEOUT 10000 /* ms */
#define FIRST_PAUSE 50 /* ms between dials, doubled up to: */
#define LONGEST_PAUSE 2000

static int send_failure(int fd, u32 id, const struct vouch_failure *failure)
{
	json_t *json = vouch_failure_json(failure);
	int err = vouch_channel_send(fd, VOUCH_FRAME_ERROR, id, json, NULL, 0);

	json_decref(json);
	return err;
}

static int refuse(int fd, u32 id, const char *what, const char *why)
{
	struct vouch_failure failure;

	vouch_fail(&failure, -EINVAL, VOUCH_EXIT_USAGE, "%s", what);
	vouch_fail_why(&failure, "%s", why);
	vouch_fail_next(&failure, "See docs/protocol.md.");
	return send_failure(fd, id, &failure);
}

static int greet(int fd, const struct vouch_kernel *kernel, char *why,
		 size_t size)
{
	json_t *hello = vouch_kernel_hello(kernel);
	const char *channel_why = "cannot send";
	struct vouch_message msg;
	int err;

	err = vouch_channel_send(fd, VOUCH_FRAME_HELLO, 0, hello, NULL, 0);
	json_decref(hello);
	if (!err)
		err = vouch_channel_recv(fd, 0, WELCOME_TIMEOUT, &msg,
					 &channel_why);
	if (err) {
		snprintf(why, size, "greeting the bridge: %s", channel_why);
		return err;
	}
	if (msg.type != VOUCH_FRAME_WELCOME) {
		const char *reason =
			json_string_value(json_object_get(msg.json, "why"));

		snprintf(why, size, "the bridge did not welcome: %.200s",
			 reason ? reason : "it gave no reason");
		err = -EPROTO;
	}
	vouch_message_release(&msg);
	return err;
}

static int serve_verify(int fd, const struct vouch_kernel *kernel,
			const struct vouch_message *msg)
{
	struct vouch_target_object object;
	struct vouch_options options;
	struct vouch_target target;
	size_t capture_len;
	const char *why;
	json_t *result;
	u8 *capture;
	int err;

	if (vouch_options_read(json_object_get(msg->json, "options"), &options,
			       &why))
		return refuse(fd, msg->id, "reading the options", why);
	if (vouch_target_read(msg->json, msg->blob, msg->blob_len, &object,
			      &target, &why))
		return refuse(fd, msg->id, "reading the parts", why);
	result = vouch_verify_object(kernel, &options, &target, object.data,
				     object.size, &capture, &capture_len);
	vouch_target_release(&target);
	if (!result)
		return -ENOMEM;
	err = vouch_channel_send(fd, VOUCH_FRAME_CAPTURE, msg->id, result,
				 capture, capture_len);
	json_decref(result);
	free(capture);
	return err;
}

static int serve_call(int fd, const struct vouch_message *msg)
{
	const char *method =
		json_string_value(json_object_get(msg->json, "method"));
	struct vouch_failure failure;
	size_t out_len = 0;
	json_t *result;
	u8 *out = NULL;
	int err;

	if (method && !strcmp(method, "test-run"))
		result = vouch_run_object(msg->json, msg->blob, msg->blob_len,
					  &out, &out_len, &failure);
	else if (method && !strcmp(method, "load-time"))
		result = vouch_load_time(msg->json, msg->blob, msg->blob_len,
					 &failure);
	else
		return refuse(fd, msg->id, "calling a method",
			      "the verifier agent has no such method");
	if (!result)
		return send_failure(fd, msg->id, &failure);
	err = vouch_channel_send(fd, VOUCH_FRAME_RESULT, msg->id, result, out,
				 out_len);
	json_decref(result);
	free(out);
	return err;
}

static int serve_one(int fd, const struct vouch_kernel *kernel,
		     const struct vouch_message *msg)
{
	switch (msg->type) {
	case VOUCH_FRAME_VERIFY:
		return serve_verify(fd, kernel, msg);
	case VOUCH_FRAME_CALL:
		return serve_call(fd, msg);
	default:
		return refuse(fd, msg->id, "serving a frame",
			      "a verifier agent serves VERIFY and CALL only");
	}
}

int vouch_session_serve(int fd, const struct vouch_kernel *kernel, char *why,
			size_t size)
{
	int err = greet(fd, kernel, why, size);

	while (!err) {
		struct vouch_message msg;
		const char *channel_why;

		err = vouch_channel_recv(fd, VOUCH_FRAME_MAX_BLOB, -1, &msg,
					 &channel_why);
		if (err) {
			snprintf(why, size, "%s", channel_why);
			return err == -ENODATA ? 0 : err;
		}
		err = serve_one(fd, kernel, &msg);
		vouch_message_release(&msg);
		if (err)
			snprintf(why, size, "answering the bridge: %s",
				 strerror(-err));
	}
	return err;
}

static void pause_ms(u32 ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

int vouch_session_connect(const char *uri, const struct vouch_kernel *kernel)
{
	struct vouch_endpoint ep;
	u32 wait = FIRST_PAUSE;
	const char *dial_why;
	char why[256];
	int err;

	if (vouch_endpoint_parse(uri, &ep, &dial_why) ||
	    (ep.kind != VOUCH_ENDPOINT_VSOCK &&
	     ep.kind != VOUCH_ENDPOINT_UNIX)) {
		fprintf(stderr,
			"vouch-agent: cannot dial %s: give vsock://CID:PORT or unix:/path\n",
			uri);
		return VOUCH_EXIT_USAGE;
	}
	err = vouch_parent_confine(&dial_why);
	if (err) {
		fprintf(stderr,
			"vouch-agent: cannot give up privileges: %s: %s\n",
			dial_why, strerror(-err));
		return VOUCH_EXIT_INTERNAL;
	}
	for (;;) {
		int fd = vouch_dial(&ep, DIAL_TIMEOUT, &dial_why);

		if (fd >= 0) {
			if (vouch_session_serve(fd, kernel, why, sizeof(why)))
				fprintf(stderr, "vouch-agent: %s\n", why);
			else
				wait = FIRST_PAUSE;
			close(fd);
		}
		pause_ms(wait);
		wait = wait * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : wait * 2;
	}
}
