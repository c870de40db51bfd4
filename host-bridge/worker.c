// SPDX-License-Identifier: BSD-2-Clause
/* The loop of link and sign. */

#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "log.h"
#include "worker.h"

static int answer(int fd, u32 id, const struct vouch_reply *reply)
{
	json_t *json;
	int err;

	if (reply->json)
		return vouch_channel_send(fd, VOUCH_FRAME_RESULT, id,
					  reply->json, reply->blob,
					  reply->blob_len);
	json = vouch_failure_json(&reply->failure);
	err = vouch_channel_send(fd, VOUCH_FRAME_ERROR, id, json, NULL, 0);
	json_decref(json);
	return err;
}

int vouch_worker_run(int fd,
		     void (*handle)(void *ctx, const struct vouch_message *msg,
				    struct vouch_reply *reply),
		     void *ctx)
{
	for (;;) {
		struct vouch_reply reply = {};
		struct vouch_message msg;
		const char *why;
		int err;

		err = vouch_channel_recv(fd, VOUCH_FRAME_MAX_BLOB, -1, &msg,
					 &why);
		if (err == -ENODATA || err == -ECONNRESET)
			return 0;
		if (err) {
			vouch_error("cannot take a request: %s", why);
			return 1;
		}
		vouch_fault("request", "received");
		handle(ctx, &msg, &reply);
		err = answer(fd, msg.id, &reply);
		vouch_fault("request", "answered");
		vouch_message_release(&msg);
		json_decref(reply.json);
		free(reply.blob);
		if (err) {
			vouch_error("cannot answer a request: %s",
				    strerror(-err));
			return 1;
		}
	}
}
