// SPDX-License-Identifier: BSD-2-Clause
/*
 * The connections of one VM: found by port, ready, draining, dead.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

/* The guest chooses ports; the seed keeps it from choosing one bucket. */
static struct vouch_stream_list *bucket_of(struct vouch_stream_table *t,
					   u32 host_port, u32 guest_port)
{
	u64 key = ((u64)host_port << 32 | guest_port) ^
		  (u64)t->seed * 0x9e3779b97f4a7c15ull;

	key *= 0xbf58476d1ce4e5b9ull;
	key ^= key >> 29;
	key *= 0x94d049bb133111ebull;
	return &t->buckets[(key >> 32) % VOUCH_STREAM_BUCKETS];
}

void vouch_stream_table_init(struct vouch_stream_table *t, int epoll_fd,
			     const struct vouch_stream_table_ops *ops)
{
	u32 i;

	memset(t, 0, sizeof(*t));
	t->ops = ops;
	t->epoll_fd = epoll_fd;
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = (u32)(uintptr_t)t;
	for (i = 0; i < VOUCH_STREAM_BUCKETS; i++)
		LIST_INIT(&t->buckets[i]);
	LIST_INIT(&t->draining);
	TAILQ_INIT(&t->ready);
	TAILQ_INIT(&t->dead[0]);
	TAILQ_INIT(&t->dead[1]);
}

struct vouch_stream *vouch_stream_find(struct vouch_stream_table *t,
				       u32 host_port, u32 guest_port)
{
	struct vouch_stream *c;

	LIST_FOREACH(c, bucket_of(t, host_port, guest_port), bucket)
	if (c->host_port == host_port && c->guest_port == guest_port)
		return c;
	return NULL;
}

static int check_socket(int fd)
{
	int type, flags;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -errno;
	if (type != SOCK_STREAM)
		return -EPROTOTYPE;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	return 0;
}

int vouch_stream_new(struct vouch_stream_table *t, struct vouch_stream **conn,
		     u32 host_port, u32 guest_port, int fd,
		     enum vouch_stream_state state)
{
	struct vouch_stream *c;
	int err = check_socket(fd);

	if (err)
		return err;
	if (t->n >= VOUCH_VSOCK_MAX_CONNS)
		return -EMFILE;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->event.handle = vouch_stream_handle;
	c->table = t;
	c->state = state;
	c->host_port = host_port;
	c->guest_port = guest_port;
	c->fd = fd;
	c->alloc = VOUCH_VSOCK_BUFFER;
	/* Hang-ups are told from the start, data when the guest can take it. */
	err = vouch_event_set(t->epoll_fd, EPOLL_CTL_ADD, fd, 0, &c->event);
	if (err) {
		free(c);
		return err;
	}
	LIST_INSERT_HEAD(bucket_of(t, host_port, guest_port), c, bucket);
	t->n++;
	*conn = c;
	return 0;
}

/* Linux sends no more ahead than its own buffer holds: more credit would be of
 * no use to a guest with a small one. */
void vouch_stream_widen(struct vouch_stream *c)
{
	struct vouch_stream_table *t = c->table;

	if (c->peer_alloc <= VOUCH_VSOCK_BUFFER ||
	    t->n_large >= VOUCH_VSOCK_MAX_LARGE)
		return;
	t->n_large++;
	c->alloc = VOUCH_VSOCK_LARGE_BUFFER;
}

void vouch_stream_ready(struct vouch_stream *c)
{
	if (c->queued)
		return;
	c->queued = true;
	TAILQ_INSERT_TAIL(&c->table->ready, c, ready);
}

void vouch_stream_unready(struct vouch_stream *c)
{
	if (c->queued)
		TAILQ_REMOVE(&c->table->ready, c, ready);
	c->queued = false;
}

void vouch_stream_unlist(struct vouch_stream *c)
{
	vouch_stream_unready(c);
	LIST_REMOVE(c, bucket);
	LIST_INSERT_HEAD(&c->table->draining, c, bucket);
	c->state = VOUCH_STREAM_DRAINING;
}

static void ignore(struct vouch_event *ev, u32 events)
{
	(void)ev;
	(void)events;
}

void vouch_stream_close(struct vouch_stream *c)
{
	struct vouch_stream_table *t = c->table;

	vouch_stream_unready(c);
	LIST_REMOVE(c, bucket);
	if (c->fd >= 0) {
		vouch_event_set(t->epoll_fd, EPOLL_CTL_DEL, c->fd, 0, NULL);
		close(c->fd);
		c->fd = -1;
	}
	free(c->buf);
	c->buf = NULL;
	c->buf_len = 0;
	c->state = VOUCH_STREAM_DEAD;
	c->event.handle = ignore;
	t->n--;
	t->n_large -= c->alloc == VOUCH_VSOCK_LARGE_BUFFER;
	TAILQ_INSERT_TAIL(&t->dead[0], c, ready);
	t->ops->reap(t);
}

void vouch_stream_table_clear(struct vouch_stream_table *t)
{
	u32 i;

	for (i = 0; i < VOUCH_STREAM_BUCKETS; i++)
		while (!LIST_EMPTY(&t->buckets[i]))
			vouch_stream_close(LIST_FIRST(&t->buckets[i]));
	while (!LIST_EMPTY(&t->draining))
		vouch_stream_close(LIST_FIRST(&t->draining));
}

/* A batch of events may name a connection that died in that very batch, but
 * none that was dead before the batch began. */
bool vouch_stream_table_reap(struct vouch_stream_table *t)
{
	struct vouch_stream *c;

	while ((c = TAILQ_FIRST(&t->dead[1]))) {
		TAILQ_REMOVE(&t->dead[1], c, ready);
		free(c);
	}
	TAILQ_CONCAT(&t->dead[1], &t->dead[0], ready);
	return !TAILQ_EMPTY(&t->dead[1]);
}
