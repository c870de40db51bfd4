// SPDX-License-Identifier: BSD-2-Clause
/* Listening, and greeting whoever dials. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "log.h"

#define HELLO_MS 10000
#define MAX_GREETINGS 64u

/* A connection that has not said HELLO yet. */
struct greeting {
	struct vouch_timer timer;
	struct vouch_reap reap;
	struct vouch_daemon *daemon;
	struct vouch_vm *vm; /* whose channel it is, NULL: the clients' */
	enum vouch_role role; /* that the channel is for, 0: none */
	struct vouch_conn *conn;
	char name[64];
};

static u32 n_greetings;

static void greeting_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct greeting, reap));
}

static void greeting_end(struct greeting *g)
{
	vouch_timer_cancel(&g->daemon->loop, &g->timer);
	vouch_loop_reap(&g->daemon->loop, &g->reap);
	n_greetings--;
}

static void refuse(struct greeting *g, u32 id, const struct vouch_failure *f)
{
	json_t *json = vouch_failure_json(f);

	vouch_warning("intake: %s: %s: %s", g->name, f->what, f->why);
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

	vouch_fail(f, -EPROTO, VOUCH_EXIT_USAGE, "greet %s", g->name);
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
	if (g->vm && g->role != VOUCH_ROLE_DEVELOPER && g->vm->agent.conn) {
		vouch_fail(f, -EBUSY, VOUCH_EXIT_UNAVAILABLE, "greet %s",
			   g->name);
		return vouch_fail_why(f, "its agent is connected already");
	}
	return 0;
}

static void welcome(const struct greeting *g, u32 id)
{
	const char *name = g->vm ? g->vm->config->name : g->name;
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

	g->conn->max_blob = g->role == VOUCH_ROLE_VERIFIER ? VOUCH_MAX_CAPTURE
							   : VOUCH_MAX_OBJECT;
	vouch_peer_adopt(&vm->agent, g->conn);
	json_decref(vm->hello);
	vm->hello = json_incref(json);
	vouch_machine_hello(vm);
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct greeting *g = conn->owner;
	struct vouch_failure f;
	int err;

	if (check_role(g, frame, json, &f)) {
		refuse(g, frame->id, &f);
		return;
	}
	if (g->role == VOUCH_ROLE_DEVELOPER) {
		err = vouch_client_open(g->daemon, conn, g->name);
		if (err) {
			vouch_fail(&f, err, VOUCH_EXIT_UNAVAILABLE, "greet %s",
				   g->name);
			vouch_fail_next(&f, "try again when others have hung "
					    "up");
			refuse(g, frame->id, &f);
			return;
		}
		conn->max_blob = VOUCH_MAX_OBJECT + VOUCH_MAX_PACKETS;
		welcome(g, frame->id);
	} else {
		welcome(g, frame->id);
		take_agent(g, json);
	}
	greeting_end(g);
}

static void on_closed(struct vouch_conn *conn, const char *why)
{
	struct greeting *g = conn->owner;

	vouch_info("intake: %s hung up before its HELLO: %s", g->name, why);
	greeting_end(g);
}

static const struct vouch_conn_ops greeting_ops = {
	.frame = on_frame,
	.closed = on_closed,
};

static void on_late(struct vouch_timer *timer)
{
	struct greeting *g = vouch_container(timer, struct greeting, timer);

	vouch_info("intake: %s said no HELLO within %d s", g->name,
		   HELLO_MS / 1000);
	vouch_conn_close(g->conn);
	greeting_end(g);
}

/* Takes over @fd, on error too. */
static int greet(struct vouch_daemon *daemon, struct vouch_vm *vm,
		 enum vouch_role role, const char *name, int fd)
{
	struct greeting *g;

	if (n_greetings == MAX_GREETINGS) {
		close(fd);
		return -EUSERS;
	}
	g = calloc(1, sizeof(*g));
	if (!g) {
		close(fd);
		return -ENOMEM;
	}
	g->timer.expire = on_late;
	g->reap.free = greeting_free;
	g->daemon = daemon;
	g->vm = vm;
	g->role = role;
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->conn = vouch_conn_open(&daemon->loop, fd, 0, &greeting_ops, g);
	if (!g->conn) {
		free(g);
		return -ENOMEM;
	}
	n_greetings++;
	vouch_timer_set(&daemon->loop, &g->timer, HELLO_MS);
	return 0;
}

static void on_accept(struct vouch_event *ev, u32 events)
{
	struct vouch_listener *l =
		vouch_container(ev, struct vouch_listener, ev);
	struct ucred cred = {};
	socklen_t len = sizeof(cred);
	char name[64];
	int fd;

	(void)events;
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		close(fd);
		return;
	}
	if (l->vm)
		snprintf(name, sizeof(name), "vm:%s", l->vm->config->name);
	else
		snprintf(name, sizeof(name), "unix:uid=%u", cred.uid);
	greet(l->daemon, l->vm,
	      l->vm ? l->vm->config->role : VOUCH_ROLE_DEVELOPER, name, fd);
}

static enum vouch_role role_of_port(u32 port)
{
	switch (port) {
	case VOUCH_PORT_VERIFIER:
		return VOUCH_ROLE_VERIFIER;
	case VOUCH_PORT_TARGET:
		return VOUCH_ROLE_TARGET;
	case VOUCH_PORT_DEVELOPER:
		return VOUCH_ROLE_DEVELOPER;
	default:
		return 0;
	}
}

static int vsock_accept(void *ctx, u32 cid, u32 port)
{
	struct vouch_vm *vm = ctx;
	enum vouch_role role = role_of_port(port);
	char name[64];
	int err, pair[2];

	(void)cid;
	if (!role)
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair))
		return -errno;
	snprintf(name, sizeof(name), "vm:%s", vm->config->name);
	err = greet(vm->daemon, vm, role, name, pair[0]);
	if (err) {
		close(pair[1]);
		return err;
	}
	return pair[1];
}

static void vsock_log(void *ctx, int level, const char *text)
{
	const struct vouch_vm *vm = ctx;

	vouch_log(level, "vsock of '%s': %s", vm->config->name, text);
}

static const struct vouch_vsock_ops vsock_ops = {
	.accept = vsock_accept,
	.log = vsock_log,
};

/* A socket that nobody listens on is a dead predecessor's. */
static int clear_path(const struct sockaddr_un *addr)
{
	struct stat st;
	int err, fd;

	if (lstat(addr->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno
									: 0;
	close(fd);
	if (err != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

static int listen_on(struct vouch_listener *l, const char *path, u32 mode)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err;

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	err = clear_path(&addr);
	if (err)
		goto fail;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 ||
	    bind(l->fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(path, mode) || listen(l->fd, 64)) {
		err = -errno;
		goto fail;
	}
	l->ev.handle = on_accept;
	err = vouch_event_set(l->daemon->loop.epoll_fd, EPOLL_CTL_ADD, l->fd,
			      EPOLLIN, &l->ev);
	if (!err)
		return 0;
fail:
	vouch_error("intake: cannot listen on %s: %s; is another vouchd "
		    "running?",
		    path, strerror(-err));
	return err;
}

static int open_vm(struct vouch_vm *vm)
{
	const struct vouch_vm_config *config = vm->config;
	int err;

	vm->listener.daemon = vm->daemon;
	vm->listener.vm = vm;
	if (config->agent_socket)
		return listen_on(&vm->listener, config->agent_socket, 0600);
	err = vouch_vsock_create(&vm->vsock, vm->daemon->loop.epoll_fd,
				 config->cid, config->vsock, &vsock_ops, vm);
	if (err)
		vouch_error("intake: cannot listen on %s for the VM '%s': %s",
			    config->vsock, config->name, strerror(-err));
	return err;
}

int vouch_intake_open(struct vouch_daemon *daemon)
{
	int err;
	u32 i;

	daemon->listener.daemon = daemon;
	daemon->listener.vm = NULL;
	for (i = 0; i < daemon->config->n_vms; i++) {
		err = open_vm(&daemon->vms[i]);
		if (err)
			return err;
	}
	/* Last: whoever finds it finds everything else in place. */
	return listen_on(&daemon->listener, daemon->config->socket,
			 daemon->config->socket_mode);
}

static void close_listener(struct vouch_listener *l, const char *path)
{
	if (l->fd < 0)
		return;
	unlink(path);
	close(l->fd);
	l->fd = -1;
}

void vouch_intake_close(struct vouch_daemon *daemon)
{
	u32 i;

	close_listener(&daemon->listener, daemon->config->socket);
	for (i = 0; i < daemon->config->n_vms; i++) {
		struct vouch_vm *vm = &daemon->vms[i];

		if (vm->config->agent_socket)
			close_listener(&vm->listener, vm->config->agent_socket);
		vouch_vsock_destroy(vm->vsock);
		vm->vsock = NULL;
	}
}
