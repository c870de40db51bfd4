// SPDX-License-Identifier: BSD-2-Clause
/* Dialling services of this host. */

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "outside.h"

#define RETRY_MS 100u
#define MAX_DOUBLINGS 6u

static const struct vouch_conn_ops no_ops;

/* A local connect() does not wait; a full queue of the service's is EAGAIN. */
static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err, fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void again(struct vouch_outside *o)
{
	u32 n = o->failures < MAX_DOUBLINGS ? o->failures : MAX_DOUBLINGS;

	o->failures++;
	vouch_timer_set(o->loop, &o->timer, (u64)RETRY_MS << n);
}

static void try(struct vouch_outside *o)
{
	struct vouch_conn *conn = NULL;
	int fd = dial(o->path);

	if (fd >= 0)
		conn = vouch_conn_open(o->loop, fd, VOUCH_FRAME_MAX_BLOB,
				       &no_ops, NULL);
	if (!conn) {
		if (!o->failures)
			vouch_warning("cannot reach the %s at %s: %s; it is "
				      "tried again until it is there",
				      o->name, o->path,
				      strerror(fd < 0 ? -fd : ENOMEM));
		again(o);
		return;
	}
	o->failures = 0;
	vouch_info("the %s is connected", o->name);
	vouch_peer_adopt(o->peer, conn);
	if (o->ready)
		o->ready(o);
}

static void on_timer(struct vouch_timer *timer)
{
	try(vouch_container(timer, struct vouch_outside, timer));
}

void vouch_outside_start(struct vouch_outside *outside)
{
	outside->timer.expire = on_timer;
	try(outside);
}

void vouch_outside_lost(struct vouch_outside *outside, const char *why)
{
	vouch_warning("the %s is gone: %s", outside->name, why);
	/* Not at once: it may refuse us, and would do so without end. */
	again(outside);
}
