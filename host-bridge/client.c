// SPDX-License-Identifier: BSD-2-Clause
/* Developers' and operators' connections. */

#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "log.h"

static void client_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct vouch_client, reap));
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct vouch_client *client = conn->owner;
	struct vouch_failure f;

	/* The connection is one of them. */
	if (client->refs > VOUCH_MAX_REQUESTS) {
		vouch_fail(&f, -EBUSY, VOUCH_EXIT_UNAVAILABLE,
			   "take a request of %s", client->name);
		vouch_fail_why(&f, "%u are not answered yet",
			       VOUCH_MAX_REQUESTS);
		vouch_fail_next(&f, "await answers, then try again");
		vouch_client_fail(client, frame->id, &f);
		return;
	}
	switch (frame->type) {
	case VOUCH_FRAME_SUBMIT:
		vouch_submission_receive(client, frame, json);
		break;
	case VOUCH_FRAME_CALL:
		vouch_call_handle(client, frame, json);
		break;
	default:
		vouch_fail(&f, -EPROTO, VOUCH_EXIT_USAGE,
			   "take a frame of type %d", frame->type);
		vouch_fail_why(&f, "a client sends SUBMIT and CALL");
		vouch_client_fail(client, frame->id, &f);
		/* An answer that cannot be sent hangs up. */
		if (!client->conn)
			break;
		vouch_conn_drain(conn);
		client->conn = NULL;
		vouch_client_put(client);
		break;
	}
}

static void on_closed(struct vouch_conn *conn, const char *why)
{
	struct vouch_client *client = conn->owner;

	vouch_debug("client %s: %s", client->name, why);
	client->conn = NULL;
	vouch_client_put(client);
}

static const struct vouch_conn_ops client_ops = {
	.frame = on_frame,
	.closed = on_closed,
};

int vouch_client_open(struct vouch_daemon *daemon, struct vouch_conn *conn,
		      const char *name)
{
	struct vouch_client *client;

	if (daemon->n_clients == VOUCH_MAX_CLIENTS)
		return -EUSERS;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->reap.free = client_free;
	client->daemon = daemon;
	client->conn = conn;
	client->refs = 1;
	snprintf(client->name, sizeof(client->name), "%s", name);
	client->next = daemon->clients;
	daemon->clients = client;
	daemon->n_clients++;
	conn->ops = &client_ops;
	conn->owner = client;
	return 0;
}

struct vouch_client *vouch_client_get(struct vouch_client *client)
{
	if (client)
		client->refs++;
	return client;
}

void vouch_client_put(struct vouch_client *client)
{
	struct vouch_client **p;

	if (!client || --client->refs)
		return;
	for (p = &client->daemon->clients; *p != client; p = &(*p)->next)
		;
	*p = client->next;
	client->daemon->n_clients--;
	vouch_loop_reap(&client->daemon->loop, &client->reap);
}

void vouch_client_send(struct vouch_client *client, enum vouch_frame_type type,
		       u32 id, const json_t *json, const void *blob,
		       size_t blob_len)
{
	int err;

	if (!client || !client->conn)
		return;
	err = vouch_conn_send(client->conn, type, id, json, blob, blob_len);
	if (!err)
		return;
	vouch_warning("client %s: cannot send an answer: %s; hanging up",
		      client->name, strerror(-err));
	/* Half an answer is none; what was submitted goes on. */
	vouch_conn_close(client->conn);
	client->conn = NULL;
	vouch_client_put(client);
}

void vouch_client_fail(struct vouch_client *client, u32 id,
		       const struct vouch_failure *failure)
{
	json_t *json = vouch_failure_json(failure);

	if (json)
		vouch_client_send(client, VOUCH_FRAME_ERROR, id, json, NULL, 0);
	json_decref(json);
}
