// SPDX-License-Identifier: BSD-2-Clause
/* Listening: who dials where becomes a name and a role. */

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "log.h"
#include "stale.h"

#define MAX_FILES 65536
#define BACKLOG 1024 /* connections that may wait to be accepted */
/* Accepted before others have their turn: no more than may await HELLO. */
#define ACCEPT_TURN 16
#define REST_MS 500 /* without accepting, where files have run out */

/* The listener is an event for as long as somebody waits: look away. */
static void rest(struct vouch_listener *l, int err)
{
	vouch_warning("intake: cannot take a connection: %s; trying again in "
		      "%d ms",
		      strerror(err), REST_MS);
	if (!vouch_event_set(l->daemon->loop.epoll_fd, EPOLL_CTL_MOD, l->fd, 0,
			     &l->ev))
		vouch_timer_set(&l->daemon->loop, &l->rest, REST_MS);
}

static void on_rested(struct vouch_timer *timer)
{
	struct vouch_listener *l =
		vouch_container(timer, struct vouch_listener, rest);

	if (vouch_event_set(l->daemon->loop.epoll_fd, EPOLL_CTL_MOD, l->fd,
			    EPOLLIN, &l->ev))
		vouch_timer_set(&l->daemon->loop, timer, REST_MS);
}

/* Returns false if nobody is there any more, or cannot be taken. */
static bool accept_one(struct vouch_listener *l)
{
	struct ucred cred = {};
	socklen_t len = sizeof(cred);
	char name[64];
	int fd;

	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			rest(l, errno);
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		close(fd);
		return true;
	}
	if (l->vm)
		snprintf(name, sizeof(name), "vm:%s", l->vm->config->name);
	else
		snprintf(name, sizeof(name), "unix:uid=%u", cred.uid);
	vouch_greet(l->daemon, l->vm,
		    l->vm ? l->vm->config->role : VOUCH_ROLE_DEVELOPER, name,
		    fd);
	return true;
}

static void on_accept(struct vouch_event *ev, u32 events)
{
	struct vouch_listener *l =
		vouch_container(ev, struct vouch_listener, ev);
	int i;

	(void)events;
	for (i = 0; i < ACCEPT_TURN && accept_one(l); i++)
		;
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
	err = vouch_greet(vm->daemon, vm, role, name, pair[0]);
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

static int listen_on(struct vouch_listener *l, const char *path, u32 mode)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err;

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	err = vouch_stale_remove(&addr);
	if (err)
		goto fail;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 ||
	    bind(l->fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(path, mode) || listen(l->fd, BACKLOG)) {
		err = -errno;
		goto fail;
	}
	l->ev.handle = on_accept;
	l->rest.expire = on_rested;
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

/* Guests may leave many connections half closed. */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max < MAX_FILES ? limit.rlim_max
						    : MAX_FILES;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		vouch_warning("cannot have more open files: %s",
			      strerror(errno));
}

int vouch_intake_open(struct vouch_daemon *daemon)
{
	int err;
	u32 i;

	allow_files();
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
	vouch_timer_cancel(&l->daemon->loop, &l->rest);
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
