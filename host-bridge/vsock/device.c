// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device: its life, its front end and its callbacks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include "device.h"

/* Ports of connections from the host: no service listens there. */
#define FIRST_PORT 0x40000000u
#define LAST_PORT 0x7fffffffu

void vouch_device_say(struct vouch_vsock *dev, int level, const char *format,
		      ...)
{
	char text[320];
	va_list ap;

	if (!dev->ops->log)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	dev->ops->log(dev->ctx, level, text);
}

void vouch_device_wake(struct vouch_vsock *dev)
{
	const u64 one = 1;
	ssize_t n = write(dev->wake_fd, &one, sizeof(one));

	(void)n; /* cannot fail: the counter is read whenever it is not 0 */
}

/* Forget the guest with all its connections. */
static void forget(struct vouch_vsock *dev)
{
	vouch_stream_table_clear(&dev->table);
	dev->n_strays = 0;
	dev->stalled = false;
	dev->used = false;
}

/* Edge-triggered: a front end that cannot be accepted, for want of file
 * descriptors say, is an event once and not for ever. */
static int listen_again(struct vouch_vsock *dev)
{
	return vouch_event_set(dev->epoll_fd, EPOLL_CTL_ADD, dev->listen_fd,
			       EPOLLIN | EPOLLET, &dev->listen_event);
}

static void end(struct vouch_vsock *dev, int err)
{
	unsigned long long cid = dev->guest_cid;

	if (err == -ENOTCONN)
		vouch_device_say(dev, LOG_INFO, "CID %llu: %s", cid,
				 dev->vhost.why);
	else
		vouch_device_say(
			dev, LOG_ERR,
			"CID %llu: serving vsock to the VM on %s ended: %s; "
			"plug the device again or restart the VM",
			cid, dev->path, dev->vhost.why);
	vouch_vhost_close(&dev->vhost);
	forget(dev);
	err = listen_again(dev);
	if (err)
		vouch_device_say(dev, LOG_ERR,
				 "CID %llu: listening again on %s failed: %s",
				 cid, dev->path, strerror(-err));
	if (dev->ops->gone)
		dev->ops->gone(dev->ctx);
}

static void run(struct vouch_vsock *dev)
{
	int err;

	if (dev->busy || !vouch_vhost_running(&dev->vhost))
		return;
	dev->busy = true;
	err = vouch_device_move(dev);
	vouch_vhost_call(&dev->vhost);
	dev->busy = false;
	if (err)
		end(dev, err);
}

static struct vouch_vsock *of_vhost(struct vouch_vhost *vh)
{
	return vouch_container(vh, struct vouch_vsock, vhost);
}

static void run_vhost(struct vouch_vhost *vh)
{
	run(of_vhost(vh));
}

static void reset_vhost(struct vouch_vhost *vh)
{
	struct vouch_vsock *dev = of_vhost(vh);
	bool used = dev->used || dev->table.n;

	forget(dev);
	if (used && dev->ops->gone)
		dev->ops->gone(dev->ctx);
}

static void end_vhost(struct vouch_vhost *vh, int err)
{
	end(of_vhost(vh), err);
}

static const struct vouch_vhost_ops vhost_ops = {
	.run = run_vhost,
	.reset = reset_vhost,
	.ended = end_vhost,
};

static struct vouch_vsock *of_table(struct vouch_stream_table *t)
{
	return vouch_container(t, struct vouch_vsock, table);
}

static void run_table(struct vouch_stream_table *t)
{
	run(of_table(t));
}

static void reset_conn(struct vouch_stream_table *t, u32 host_port,
		       u32 guest_port)
{
	const struct vouch_device_stray s = {
		.host_cid = VOUCH_CID_HOST,
		.host_port = host_port,
		.guest_port = guest_port,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
	};

	vouch_device_reset(of_table(t), &s);
}

static void reap_table(struct vouch_stream_table *t)
{
	vouch_device_wake(of_table(t));
}

static const struct vouch_stream_table_ops table_ops = {
	.run = run_table,
	.reset = reset_conn,
	.reap = reap_table,
};

static void handle_wake(struct vouch_event *ev, u32 events)
{
	struct vouch_vsock *dev =
		vouch_container(ev, struct vouch_vsock, wake_event);
	u64 count;
	ssize_t n = read(dev->wake_fd, &count, sizeof(count));

	(void)n;
	(void)events;
	if (vouch_stream_table_reap(&dev->table))
		vouch_device_wake(dev);
	run(dev);
}

/* One front end at a time: the next waits in the backlog. */
static void handle_listen(struct vouch_event *ev, u32 events)
{
	struct vouch_vsock *dev =
		vouch_container(ev, struct vouch_vsock, listen_event);
	int fd, err;

	(void)events;
	if (dev->vhost.fd >= 0)
		return;
	fd = accept4(dev->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	err = fd < 0 ? -errno : vouch_vhost_open(&dev->vhost, fd);
	if (!err) {
		vouch_event_set(dev->epoll_fd, EPOLL_CTL_DEL, dev->listen_fd, 0,
				NULL);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (err != -EAGAIN)
		vouch_device_say(dev, LOG_ERR,
				 "CID %llu: accepting the VM on %s failed: %s; "
				 "plug the device again or restart the VM",
				 (unsigned long long)dev->guest_cid, dev->path,
				 strerror(-err));
}

static int open_files(struct vouch_vsock *dev)
{
	int err, fd;

	dev->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (dev->wake_fd < 0)
		return -errno;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = vouch_vhost_set_timer(&dev->vhost, fd);
	if (err) {
		close(fd);
		return err;
	}
	dev->listen_fd = vouch_listen_open(dev->path);
	if (dev->listen_fd < 0)
		return dev->listen_fd;
	err = vouch_event_set(dev->epoll_fd, EPOLL_CTL_ADD, dev->wake_fd,
			      EPOLLIN, &dev->wake_event);
	if (err)
		return err;
	return listen_again(dev);
}

int vouch_vsock_create(struct vouch_vsock **out, int epoll_fd, u64 guest_cid,
		       const char *socket_path,
		       const struct vouch_vsock_ops *ops, void *ctx)
{
	struct vouch_vsock *dev;
	int err;

	if (guest_cid <= VOUCH_CID_HOST || guest_cid >= UINT32_MAX)
		return -EINVAL;
	if (strlen(socket_path) >= sizeof(dev->path))
		return -ENAMETOOLONG;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	memcpy(dev->path, socket_path, strlen(socket_path) + 1);
	dev->epoll_fd = epoll_fd;
	dev->guest_cid = guest_cid;
	dev->ops = ops;
	dev->ctx = ctx;
	dev->listen_fd = dev->wake_fd = -1;
	dev->listen_event.handle = handle_listen;
	dev->wake_event.handle = handle_wake;
	dev->next_port = FIRST_PORT;
	vouch_vhost_init(&dev->vhost, epoll_fd, guest_cid, &vhost_ops);
	vouch_stream_table_init(&dev->table, epoll_fd, &table_ops);
	err = open_files(dev);
	if (err) {
		vouch_vsock_destroy(dev);
		return err;
	}
	*out = dev;
	return 0;
}

static u32 free_port(struct vouch_vsock *dev, u32 guest_port)
{
	u32 port;

	/* Ends: there are more ports than connections. */
	do {
		port = dev->next_port;
		dev->next_port = port == LAST_PORT ? FIRST_PORT : port + 1;
	} while (vouch_stream_find(&dev->table, port, guest_port));
	return port;
}

bool vouch_vsock_ready(const struct vouch_vsock *dev)
{
	return vouch_vhost_running(&dev->vhost);
}

bool vouch_vsock_attached(const struct vouch_vsock *dev)
{
	return dev->vhost.fd >= 0;
}

int vouch_vsock_connect(struct vouch_vsock *dev, u32 port, int fd)
{
	struct vouch_stream *c;
	int err;

	if (!vouch_vsock_ready(dev))
		return -ENOTCONN;
	err = vouch_stream_new(&dev->table, &c, free_port(dev, port), port, fd,
			       VOUCH_STREAM_DIALLING);
	if (err)
		return err;
	c->send = VOUCH_STREAM_SEND_REQUEST;
	vouch_stream_ready(c);
	/* Later, so that no callback comes out of this call. */
	vouch_device_wake(dev);
	return 0;
}

void vouch_vsock_destroy(struct vouch_vsock *dev)
{
	if (!dev)
		return;
	vouch_vhost_close(&dev->vhost);
	forget(dev);
	vouch_stream_table_reap(&dev->table);
	vouch_stream_table_reap(&dev->table);
	vouch_listen_close(dev->listen_fd, dev->path);
	if (dev->vhost.late_fd >= 0)
		close(dev->vhost.late_fd);
	if (dev->wake_fd >= 0)
		close(dev->wake_fd);
	free(dev);
}
