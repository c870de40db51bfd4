// SPDX-License-Identifier: BSD-2-Clause
/* Developers' and operators' connections. */

#include <stdlib.h>

#include "daemon.h"
#include "log.h"

static void client_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct vouch_client, reap));
}

/* Nothing is under way, neither here nor on its connection. */
static bool is_idle(const struct vouch_client *client)
{
	return client->refs == 1 && client->conn && !client->conn->in_len &&
	       !client->conn->out_len;
}

/* What was said before still gets there. */
static void hang_up(struct vouch_client *client)
{
	/* An answer that could not be sent has done it already. */
	if (!client->conn)
		return;
	vouch_conn_drain(client->conn);
	client->conn = NULL;
	vouch_client_put(client);
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct vouch_client *client = conn->owner;
	struct vouch_failure f;

	client->used_us = vouch_clock_us();
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
		hang_up(client);
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

/* The client of @origin, NULL for any, that has been idle for longest. */
static struct vouch_client *idlest(const struct vouch_daemon *daemon,
				   const struct vouch_origin *origin)
{
	struct vouch_client *client, *found = NULL;

	for (client = daemon->clients; client; client = client->next)
		if (is_idle(client) && (!origin || client->origin == origin) &&
		    (!found || client->used_us < found->used_us))
			found = client;
	return found;
}

static int make_room(const struct vouch_daemon *daemon,
		     const struct vouch_origin *origin)
{
	bool own = origin->n_clients == VOUCH_MAX_CLIENTS_EACH;
	struct vouch_client *client;
	struct vouch_failure f;

	if (!own && daemon->n_clients < VOUCH_MAX_CLIENTS)
		return 0;
	client = idlest(daemon, own ? origin : NULL);
	if (!client)
		return -EUSERS;
	vouch_fail(&f, -EUSERS, VOUCH_EXIT_UNAVAILABLE, "serve %s",
		   client->name);
	vouch_fail_why(&f, "there are too many clients, and this one asked "
			   "nothing for longest");
	vouch_fail_next(&f, "dial again");
	vouch_info("client %s: hung up: %s", client->name, f.why);
	vouch_client_fail(client, 0, &f);
	hang_up(client);
	return 0;
}

int vouch_client_open(struct vouch_daemon *daemon, struct vouch_origin *origin,
		      struct vouch_conn *conn)
{
	struct vouch_client *client;
	int err = make_room(daemon, origin);

	if (err)
		return err;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->reap.free = client_free;
	client->daemon = daemon;
	client->origin = origin;
	client->name = origin->name;
	client->conn = conn;
	client->refs = 1;
	client->used_us = vouch_clock_us();
	client->next = daemon->clients;
	daemon->clients = client;
	daemon->n_clients++;
	origin->n_clients++;
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

	if (!client)
		return;
	client->used_us = vouch_clock_us();
	if (--client->refs)
		return;
	for (p = &client->daemon->clients; *p != client; p = &(*p)->next)
		;
	*p = client->next;
	client->daemon->n_clients--;
	client->origin->n_clients--;
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
