// SPDX-License-Identifier: BSD-2-Clause
/* Greeting whoever dials: nothing is served before a HELLO that fits. */

#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "hello.h"
#include "log.h"

/* A connection that has not said HELLO yet. */
struct greeting {
	TAILQ_ENTRY(greeting) link;
	struct vouch_timer timer;
	struct vouch_reap reap;
	struct vouch_daemon *daemon;
	struct vouch_origin *origin;
	struct vouch_vm *vm; /* whose channel it is, NULL: the clients' */
	enum vouch_role role; /* that the channel is for */
	struct vouch_conn *conn;
};

/* The oldest first. */
TAILQ_HEAD(greeting_list, greeting);
static struct greeting_list greetings = TAILQ_HEAD_INITIALIZER(greetings);
static u32 n_greetings;

static void greeting_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct greeting, reap));
}

static void greeting_end(struct greeting *g)
{
	TAILQ_REMOVE(&greetings, g, link);
	n_greetings--;
	g->origin->n_greetings--;
	vouch_timer_cancel(&g->daemon->loop, &g->timer);
	vouch_loop_reap(&g->daemon->loop, &g->reap);
}

static void refuse(struct greeting *g, u32 id, const struct vouch_failure *f)
{
	json_t *json = vouch_failure_json(f);

	vouch_warning("intake: %s: %s: %s", g->origin->name, f->what, f->why);
	if (json)
		vouch_conn_send(g->conn, VOUCH_FRAME_ERROR, id, json, NULL, 0);
	json_decref(json);
	vouch_conn_drain(g->conn);
	greeting_end(g);
}

/* The role is that of the channel; what the peer says must agree. */
static int check_role(const struct greeting *g, const struct vouch_frame *frame,
		      const json_t *json, struct vouch_failure *f)
{
	const char *role = json_string_value(json_object_get(json, "role"));

	vouch_fail(f, -EPROTO, VOUCH_EXIT_USAGE, "greet %s", g->origin->name);
	vouch_fail_next(f, "dial the port of the role that the configuration "
			   "gives to this VM");
	if (frame->type != VOUCH_FRAME_HELLO)
		return vouch_fail_why(f, "the first frame is no HELLO");
	if (g->vm && g->vm->config->role != g->role)
		return vouch_fail_why(f,
				      "this port is not for a VM of the "
				      "role %s",
				      vouch_role_name(g->vm->config->role));
	if (!role || strcmp(role, vouch_role_name(g->role)))
		return vouch_fail_why(f, "the channel is for the role %s",
				      vouch_role_name(g->role));
	vouch_fail_next(f, "say HELLO as docs/protocol.md has it");
	if (vouch_hello_check(json, f))
		return f->err;
	if (g->vm && g->role != VOUCH_ROLE_DEVELOPER && g->vm->agent.conn) {
		vouch_fail(f, -EBUSY, VOUCH_EXIT_UNAVAILABLE, "greet %s",
			   g->origin->name);
		return vouch_fail_why(f, "its agent is connected already");
	}
	return 0;
}

static void welcome(const struct greeting *g, u32 id)
{
	const char *name = g->vm ? g->vm->config->name : g->origin->name;
	json_t *json = json_pack("{s:s, s:s, s:s}", "version", VOUCH_VERSION,
				 "role", vouch_role_name(g->role), "name",
				 name);

	if (json)
		vouch_conn_send(g->conn, VOUCH_FRAME_WELCOME, id, json, NULL,
				0);
	json_decref(json);
}

static void take_agent(struct greeting *g, json_t *json)
{
	struct vouch_vm *vm = g->vm;

	/* There is one of each VM, so that needs no quota. */
	vouch_conn_meter(g->conn, NULL);
	g->conn->max_blob = g->role == VOUCH_ROLE_VERIFIER ? VOUCH_MAX_CAPTURE
							   : VOUCH_MAX_OBJECT;
	vouch_peer_adopt(&vm->agent, g->conn);
	json_decref(vm->hello);
	vm->hello = json_incref(json);
	vm->hello_time = (u64)time(NULL);
	vouch_machine_hello(vm);
}

static int take_client(struct greeting *g, struct vouch_failure *f)
{
	int err = vouch_client_open(g->daemon, g->origin, g->conn);

	if (!err) {
		g->conn->max_blob = VOUCH_MAX_OBJECT + VOUCH_MAX_PACKETS;
		return 0;
	}
	vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE, "greet %s", g->origin->name);
	if (err == -EUSERS)
		vouch_fail_why(f, "there are too many clients, and all of them "
				  "await answers");
	return vouch_fail_next(f, "try again when others have hung up");
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct greeting *g = conn->owner;
	struct vouch_failure f;

	if (check_role(g, frame, json, &f) ||
	    (g->role == VOUCH_ROLE_DEVELOPER && take_client(g, &f))) {
		refuse(g, frame->id, &f);
		return;
	}
	conn->max_json = VOUCH_FRAME_MAX_JSON;
	welcome(g, frame->id);
	if (g->role != VOUCH_ROLE_DEVELOPER)
		take_agent(g, json);
	greeting_end(g);
}

static void on_closed(struct vouch_conn *conn, const char *why)
{
	struct greeting *g = conn->owner;

	vouch_info("intake: %s left before its HELLO: %s", g->origin->name,
		   why);
	greeting_end(g);
}

static const struct vouch_conn_ops greeting_ops = {
	.frame = on_frame,
	.closed = on_closed,
};

static void on_late(struct vouch_timer *timer)
{
	struct greeting *g = vouch_container(timer, struct greeting, timer);
	struct vouch_failure f;

	vouch_fail(&f, -ETIMEDOUT, VOUCH_EXIT_TIMEOUT, "greet %s",
		   g->origin->name);
	vouch_fail_why(&f, "no HELLO within %u s",
		       g->daemon->config->timeouts.hello_s);
	vouch_fail_next(&f, "dial again and say HELLO at once");
	refuse(g, 0, &f);
}

/*
 * Whoever means it says HELLO at once, so that the one who has waited longest
 * makes room: the origin's own, so that others do not pay for it, if that has
 * its share.
 */
static void make_room(const struct vouch_origin *origin)
{
	bool own = origin->n_greetings == VOUCH_MAX_GREETINGS_EACH;
	struct vouch_failure f;
	struct greeting *g;

	if (!own && n_greetings < VOUCH_MAX_GREETINGS)
		return;
	TAILQ_FOREACH(g, &greetings, link)
	if (!own || g->origin == origin)
		break;
	if (!g)
		return;
	vouch_fail(&f, -EUSERS, VOUCH_EXIT_UNAVAILABLE, "greet %s",
		   g->origin->name);
	vouch_fail_why(&f, "there are too many connections without HELLO, and "
			   "this is the oldest");
	vouch_fail_next(&f, "dial again and say HELLO at once");
	refuse(g, 0, &f);
}

static struct greeting *greeting_new(struct vouch_daemon *daemon,
				     const char *name, int fd)
{
	struct greeting *g = calloc(1, sizeof(*g));

	if (!g) {
		close(fd);
		return NULL;
	}
	g->origin = vouch_origin_find(daemon, name);
	if (!g->origin)
		close(fd);
	else
		g->conn =
			vouch_conn_open(&daemon->loop, fd, 0, &greeting_ops, g);
	if (g->conn)
		return g;
	free(g);
	return NULL;
}

int vouch_greet(struct vouch_daemon *daemon, struct vouch_vm *vm,
		enum vouch_role role, const char *name, int fd)
{
	const struct vouch_timeouts *timeouts = &daemon->config->timeouts;
	struct greeting *g = greeting_new(daemon, name, fd);

	if (!g)
		return -ENOMEM;
	make_room(g->origin);
	g->timer.expire = on_late;
	g->reap.free = greeting_free;
	g->daemon = daemon;
	g->vm = vm;
	g->role = role;
	g->conn->explain = true;
	g->conn->frame_ms = timeouts->frame_s * 1000;
	g->conn->max_json = VOUCH_HELLO_MAX_JSON;
	vouch_conn_meter(g->conn, &g->origin->held);
	TAILQ_INSERT_TAIL(&greetings, g, link);
	n_greetings++;
	g->origin->n_greetings++;
	vouch_timer_set(&daemon->loop, &g->timer, timeouts->hello_s * 1000ull);
	return 0;
}
