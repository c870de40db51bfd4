// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device: joins a front end's rings to the table of connections.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "conn.h"
#include "listen.h"
#include "vhost.h"

/* Packets in a row, each way, before others have their turn. */
#define BATCH 128

/* Resets that wait for a buffer of the driver. At the first number the device
 * takes nothing more from the guest; connections that end on the host's side
 * have the rest. */
#define STRAYS_STOP 1024u
#define STRAYS_MAX (STRAYS_STOP + BATCH + VOUCH_VSOCK_MAX_CONNS)

/* Ports of connections from the host: no service listens there. */
#define FIRST_PORT 0x40000000u
#define LAST_PORT 0x7fffffffu

/* A reset for a connection that is not in the table. */
struct stray {
	u64 host_cid;
	u32 host_port, guest_port;
	u16 type;
};

struct vouch_vsock {
	struct vouch_vhost vhost;
	struct vouch_conn_table table;
	const struct vouch_vsock_ops *ops;
	void *ctx;
	int epoll_fd, listen_fd, wake_fd;
	struct vouch_event listen_event, wake_event;
	u64 guest_cid;
	u32 next_port;
	bool busy;    /* in run(), which is not to be entered again */
	bool stalled; /* too many strays to take from the guest */
	bool used;    /* the guest has been heard since the last reset */
	struct stray strays[STRAYS_MAX];
	u32 stray_off, n_strays;
	struct vouch_chain chain;
	struct vouch_slice slice;
	char path[VOUCH_LISTEN_PATH];
};

static void say(struct vouch_vsock *dev, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct vouch_vsock *dev, int level, const char *format, ...)
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

static void wake(struct vouch_vsock *dev)
{
	const u64 one = 1;
	ssize_t n = write(dev->wake_fd, &one, sizeof(one));

	(void)n; /* cannot fail: the counter is read whenever it is not 0 */
}

static void add_stray(struct vouch_vsock *dev, const struct stray *s)
{
	if (dev->n_strays == STRAYS_MAX)
		return;
	dev->strays[(dev->stray_off + dev->n_strays++) % STRAYS_MAX] = *s;
}

static void refuse(struct vouch_vsock *dev, const struct vouch_packet *pkt)
{
	const struct stray s = {
		.host_cid = pkt->dst_cid,
		.host_port = pkt->dst_port,
		.guest_port = pkt->src_port,
		.type = pkt->type,
	};

	if (pkt->op != VIRTIO_VSOCK_OP_RST)
		add_stray(dev, &s);
}

static int accept_fd(struct vouch_vsock *dev, const struct vouch_packet *pkt,
		     struct vouch_conn **c)
{
	int err, fd;

	if (dev->table.n >= VOUCH_VSOCK_MAX_CONNS)
		return -EMFILE;
	fd = dev->ops->accept(dev->ctx, dev->guest_cid, pkt->dst_port);
	if (fd < 0)
		return fd;
	err = vouch_conn_new(&dev->table, c, pkt->dst_port, pkt->src_port, fd,
			     VOUCH_CONN_ACCEPTED);
	if (!err)
		return 0;
	close(fd);
	say(dev, LOG_ERR,
	    "CID %llu: accepting a connection to port %u failed: %s",
	    (unsigned long long)dev->guest_cid, pkt->dst_port, strerror(-err));
	return err;
}

static void take_request(struct vouch_vsock *dev,
			 const struct vouch_packet *pkt)
{
	struct vouch_conn *c;

	if (accept_fd(dev, pkt, &c)) {
		refuse(dev, pkt);
		return;
	}
	c->peer_alloc = pkt->buf_alloc;
	c->send = VOUCH_CONN_SEND_RESPONSE;
	vouch_conn_ready(c);
}

static int take_packet(struct vouch_vsock *dev, const struct vouch_packet *pkt)
{
	struct vouch_conn *c;

	if (pkt->src_cid != dev->guest_cid)
		return vouch_vhost_fail(&dev->vhost, -EPROTO,
					"the guest sends as CID %llu",
					(unsigned long long)pkt->src_cid);
	if (pkt->dst_cid != VOUCH_CID_HOST ||
	    pkt->type != VIRTIO_VSOCK_TYPE_STREAM) {
		refuse(dev, pkt);
		return 0;
	}
	c = vouch_conn_find(&dev->table, pkt->dst_port, pkt->src_port);
	if (c && pkt->op == VIRTIO_VSOCK_OP_REQUEST && vouch_conn_is_over(c)) {
		vouch_conn_close(c);
		c = NULL;
	}
	if (c)
		vouch_conn_receive(c, pkt, &dev->slice);
	else if (pkt->op == VIRTIO_VSOCK_OP_REQUEST)
		take_request(dev, pkt);
	else
		refuse(dev, pkt);
	return 0;
}

static int take_chain(struct vouch_vsock *dev, struct vouch_ring *ring)
{
	struct vouch_packet pkt;
	const char *why;
	int err;

	if (vouch_packet_read(&dev->chain, &pkt, &why))
		return vouch_vhost_fail(&dev->vhost, -EPROTO, "from the guest: %s",
					why);
	vouch_packet_payload(&dev->chain, pkt.len, &dev->slice);
	err = take_packet(dev, &pkt);
	if (!err)
		vouch_ring_use(ring, dev->chain.head, 0);
	return err;
}

/* The next chain of a ring. Where there is none, the driver is asked to kick
 * for the next. */
static int next_chain(struct vouch_vsock *dev, struct vouch_ring *ring,
		      bool writable)
{
	const char *why;
	int ret;

	do {
		ret = vouch_ring_peek(ring, &dev->vhost.memory, writable,
				      &dev->chain, &why);
		if (ret < 0)
			return vouch_vhost_fail(&dev->vhost, ret,
						"%s queue: %s",
						writable ? "receive" : "send",
						why);
	} while (!ret && vouch_ring_quiet(ring, false));
	if (ret)
		vouch_ring_quiet(ring, true);
	return ret;
}

static int take(struct vouch_vsock *dev)
{
	struct vouch_ring *ring = &dev->vhost.rings[VOUCH_RING_TX].ring;
	int i, ret;

	dev->stalled = false;
	for (i = 0; i < BATCH; i++) {
		if (dev->n_strays >= STRAYS_STOP) {
			dev->stalled = true;
			return 0;
		}
		ret = next_chain(dev, ring, false);
		if (ret <= 0)
			return ret;
		dev->used = true;
		ret = take_chain(dev, ring);
		if (ret)
			return ret;
	}
	wake(dev);
	return 0;
}

static void give_stray(struct vouch_vsock *dev, struct vouch_packet *pkt)
{
	const struct stray *s = &dev->strays[dev->stray_off];

	pkt->src_cid = s->host_cid;
	pkt->src_port = s->host_port;
	pkt->dst_port = s->guest_port;
	pkt->type = s->type;
	pkt->op = VIRTIO_VSOCK_OP_RST;
	dev->stray_off = (dev->stray_off + 1) % STRAYS_MAX;
	dev->n_strays--;
}

static bool give_packet(struct vouch_vsock *dev, struct vouch_packet *pkt)
{
	struct vouch_conn *c = TAILQ_FIRST(&dev->table.ready);
	u64 room = dev->chain.total - VOUCH_PACKET_HEAD;
	bool made;

	if (room > VOUCH_PACKET_MAX)
		room = VOUCH_PACKET_MAX;
	vouch_packet_payload(&dev->chain, room, &dev->slice);
	vouch_conn_unready(c);
	made = vouch_conn_fill(c, pkt, &dev->slice);
	/* To the end of the list: each connection has its turn. */
	if (vouch_conn_wants(c))
		vouch_conn_ready(c);
	return made;
}

static int give_chain(struct vouch_vsock *dev, struct vouch_ring *ring)
{
	struct vouch_packet pkt = {
		.src_cid = VOUCH_CID_HOST,
		.dst_cid = dev->guest_cid,
	};

	if (dev->chain.total <= VOUCH_PACKET_HEAD)
		return vouch_vhost_fail(&dev->vhost, -EPROTO,
					"receive queue: a buffer without room "
					"for a packet");
	if (dev->n_strays)
		give_stray(dev, &pkt);
	else if (!give_packet(dev, &pkt))
		return 0;
	vouch_packet_write(&dev->chain, &pkt);
	vouch_ring_use(ring, dev->chain.head, VOUCH_PACKET_HEAD + pkt.len);
	return 0;
}

static int give(struct vouch_vsock *dev)
{
	struct vouch_ring *ring = &dev->vhost.rings[VOUCH_RING_RX].ring;
	int i, ret;

	vouch_ring_quiet(ring, true);
	for (i = 0; i < BATCH; i++) {
		if (!dev->n_strays && TAILQ_EMPTY(&dev->table.ready))
			break;
		ret = next_chain(dev, ring, true);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		ret = give_chain(dev, ring);
		if (ret)
			return ret;
	}
	if (i == BATCH || (dev->stalled && dev->n_strays < STRAYS_STOP))
		wake(dev);
	return 0;
}

/* Forget the guest with all its connections. */
static void forget(struct vouch_vsock *dev)
{
	vouch_conn_table_clear(&dev->table);
	dev->n_strays = 0;
	dev->stalled = false;
	dev->used = false;
}

static void end(struct vouch_vsock *dev, int err)
{
	unsigned long long cid = dev->guest_cid;

	if (err == -ENOTCONN)
		say(dev, LOG_INFO, "CID %llu: %s", cid, dev->vhost.why);
	else
		say(dev, LOG_ERR,
		    "CID %llu: serving vsock to the VM on %s ended: %s; "
		    "plug the device again or restart the VM",
		    cid, dev->path, dev->vhost.why);
	vouch_vhost_close(&dev->vhost);
	forget(dev);
	err = vouch_event_set(dev->epoll_fd, EPOLL_CTL_ADD, dev->listen_fd,
			      EPOLLIN, &dev->listen_event);
	if (err)
		say(dev, LOG_ERR, "CID %llu: listening again on %s failed: %s",
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
	err = take(dev);
	if (!err)
		err = give(dev);
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

static struct vouch_vsock *of_table(struct vouch_conn_table *t)
{
	return vouch_container(t, struct vouch_vsock, table);
}

static void run_table(struct vouch_conn_table *t)
{
	run(of_table(t));
}

static void reset_conn(struct vouch_conn_table *t, u32 host_port,
		       u32 guest_port)
{
	const struct stray s = {
		.host_cid = VOUCH_CID_HOST,
		.host_port = host_port,
		.guest_port = guest_port,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
	};

	add_stray(of_table(t), &s);
}

static void reap_table(struct vouch_conn_table *t)
{
	wake(of_table(t));
}

static const struct vouch_conn_table_ops table_ops = {
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
	if (vouch_conn_table_reap(&dev->table))
		wake(dev);
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
	if (fd < 0)
		return;
	err = vouch_vhost_open(&dev->vhost, fd);
	if (err) {
		close(fd);
		return;
	}
	vouch_event_set(dev->epoll_fd, EPOLL_CTL_DEL, dev->listen_fd, 0, NULL);
}

static int open_files(struct vouch_vsock *dev)
{
	int err;

	dev->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (dev->wake_fd < 0)
		return -errno;
	dev->listen_fd = vouch_listen_open(dev->path);
	if (dev->listen_fd < 0)
		return dev->listen_fd;
	err = vouch_event_set(dev->epoll_fd, EPOLL_CTL_ADD, dev->wake_fd,
			      EPOLLIN, &dev->wake_event);
	if (err)
		return err;
	return vouch_event_set(dev->epoll_fd, EPOLL_CTL_ADD, dev->listen_fd,
			       EPOLLIN, &dev->listen_event);
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
	strcpy(dev->path, socket_path);
	dev->epoll_fd = epoll_fd;
	dev->guest_cid = guest_cid;
	dev->ops = ops;
	dev->ctx = ctx;
	dev->listen_fd = dev->wake_fd = -1;
	dev->listen_event.handle = handle_listen;
	dev->wake_event.handle = handle_wake;
	dev->next_port = FIRST_PORT;
	vouch_vhost_init(&dev->vhost, epoll_fd, guest_cid, &vhost_ops);
	vouch_conn_table_init(&dev->table, epoll_fd, &table_ops);
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
	} while (vouch_conn_find(&dev->table, port, guest_port));
	return port;
}

bool vouch_vsock_ready(const struct vouch_vsock *dev)
{
	return vouch_vhost_running(&dev->vhost);
}

int vouch_vsock_connect(struct vouch_vsock *dev, u32 port, int fd)
{
	struct vouch_conn *c;
	int err;

	if (!vouch_vsock_ready(dev))
		return -ENOTCONN;
	err = vouch_conn_new(&dev->table, &c, free_port(dev, port), port, fd,
			     VOUCH_CONN_DIALLING);
	if (err)
		return err;
	c->send = VOUCH_CONN_SEND_REQUEST;
	vouch_conn_ready(c);
	/* Later, so that no callback comes out of this call. */
	wake(dev);
	return 0;
}

void vouch_vsock_destroy(struct vouch_vsock *dev)
{
	if (!dev)
		return;
	vouch_vhost_close(&dev->vhost);
	forget(dev);
	vouch_conn_table_reap(&dev->table);
	vouch_conn_table_reap(&dev->table);
	vouch_listen_close(dev->listen_fd, dev->path);
	if (dev->wake_fd >= 0)
		close(dev->wake_fd);
	free(dev);
}
