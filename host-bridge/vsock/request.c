// SPDX-License-Identifier: BSD-2-Clause
/*
 * The requests of a vhost-user front end: validate, then do.
 */
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/virtio_vsock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "request.h"

#define F_PROTOCOL_FEATURES (1ull << 30)
#define F_EVENTS (1ull << VIRTIO_RING_F_EVENT_IDX)
#define NEEDED ((1ull << VIRTIO_F_VERSION_1) | F_PROTOCOL_FEATURES)
#define FEATURES (NEEDED | F_EVENTS)
#define PROTOCOL_FEATURES (VOUCH_VHOST_REPLY_ACK | VOUCH_VHOST_CONFIG)

/* Of the value that comes with SET_VRING_KICK, _CALL and _ERR. */
#define FILE_INDEX 0xffull
#define FILE_NONE (1ull << 8)

static int refuse(struct vouch_vhost *vh, const char *why)
{
	return vouch_vhost_fail(vh, -EPROTO, "request %u: %s", vh->head.request,
				why);
}

static void close_fd(int *fd)
{
	/* A ring whose file was taken is there. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void stop_ring(struct vouch_vhost *vh, struct vouch_vhost_ring *r)
{
	if (r->kick_fd >= 0)
		vouch_event_set(vh->epoll_fd, EPOLL_CTL_DEL, r->kick_fd, 0,
				NULL);
	close_fd(&r->kick_fd);
	close_fd(&r->call_fd);
	r->ring.desc = NULL;
	r->ring.quiet = false;
	r->ring.untold = 0;
	r->ring.held = 0;
}

void vouch_vhost_ring_forget(struct vouch_vhost *vh, struct vouch_vhost_ring *r)
{
	stop_ring(vh, r);
	memset(&r->ring, 0, sizeof(r->ring));
	r->enabled = false;
}

/* A ring that may be set up: it exists and is not started. */
static struct vouch_vhost_ring *find_stopped(struct vouch_vhost *vh, u32 index)
{
	if (index >= VOUCH_RING_COUNT) {
		refuse(vh, "no such ring");
		return NULL;
	}
	if (vh->rings[index].ring.desc) {
		refuse(vh, "the ring is running");
		return NULL;
	}
	return &vh->rings[index];
}

static int get_features(struct vouch_vhost *vh)
{
	vh->payload.value = FEATURES;
	vh->reply_len = sizeof(vh->payload.value);
	return 0;
}

static int set_features(struct vouch_vhost *vh)
{
	if (vh->payload.value & ~FEATURES)
		return refuse(vh, "a feature that was not offered");
	vh->features = vh->payload.value;
	return 0;
}

static int get_protocol_features(struct vouch_vhost *vh)
{
	vh->payload.value = PROTOCOL_FEATURES;
	vh->reply_len = sizeof(vh->payload.value);
	return 0;
}

static int set_protocol_features(struct vouch_vhost *vh)
{
	if (vh->payload.value & ~PROTOCOL_FEATURES)
		return refuse(vh, "a protocol feature that was not offered");
	vh->protocol_features = vh->payload.value;
	return 0;
}

static int set_owner(struct vouch_vhost *vh)
{
	(void)vh;
	return 0;
}

static int get_config(struct vouch_vhost *vh)
{
	struct vouch_vhost_config *c = &vh->payload.config;
	const struct virtio_vsock_config config = {
		.guest_cid = cpu_to_le64(vh->guest_cid),
	};
	const u32 head = offsetof(struct vouch_vhost_config, bytes);

	if (vh->head.size != head + c->size ||
	    !vouch_range_ok(c->offset, c->size, sizeof(config)))
		return refuse(vh, "outside the configuration space");
	memcpy(c->bytes, (const u8 *)&config + c->offset, c->size);
	vh->reply_len = head + c->size;
	return 0;
}

static int set_mem_table(struct vouch_vhost *vh)
{
	const struct vouch_vhost_table *t = &vh->payload.table;
	const char *why;
	int i;

	if (t->n > VOUCH_MEMORY_REGIONS || t->n != vh->n_fds ||
	    vh->head.size < offsetof(struct vouch_vhost_table, entries) +
				    t->n * sizeof(*t->entries))
		return refuse(vh, "regions and files do not match");
	if (vouch_memory_map(&vh->memory, t->entries, vh->fds, t->n, &why))
		return refuse(vh, why);
	for (i = 0; i < VOUCH_RING_COUNT; i++)
		if (vh->rings[i].ring.desc &&
		    vouch_ring_map(&vh->rings[i].ring, &vh->memory))
			return refuse(vh, "a running ring is not in memory");
	return 0;
}

static int set_vring_num(struct vouch_vhost *vh)
{
	struct vouch_vhost_ring *r = find_stopped(vh, vh->payload.state.index);
	u32 num = vh->payload.state.num;

	if (!r)
		return -EPROTO;
	if (!num || num > VOUCH_RING_MAX || num & (num - 1))
		return refuse(vh, "the ring size is not a power of two up to "
				  "1024");
	r->ring.num = num;
	return 0;
}

static int set_vring_addr(struct vouch_vhost *vh)
{
	const struct vouch_vhost_addr *a = &vh->payload.addr;
	struct vouch_vhost_ring *r = find_stopped(vh, a->index);

	if (!r)
		return -EPROTO;
	if (a->flags)
		return refuse(vh, "dirty logging, which was not offered");
	r->ring.desc_addr = a->desc;
	r->ring.avail_addr = a->avail;
	r->ring.used_addr = a->used;
	return 0;
}

/* A paused VM goes on where it stopped; any other index is a new driver. */
static int set_vring_base(struct vouch_vhost *vh)
{
	struct vouch_vhost_ring *r = find_stopped(vh, vh->payload.state.index);

	if (!r)
		return -EPROTO;
	if (vh->payload.state.num > UINT16_MAX)
		return refuse(vh, "the index is beyond 16 bits");
	if (r->ring.next != vh->payload.state.num) {
		r->ring.next = vh->payload.state.num;
		vh->ops->reset(vh);
	}
	return 0;
}

static int get_vring_base(struct vouch_vhost *vh)
{
	struct vouch_vhost_state *s = &vh->payload.state;

	if (s->index >= VOUCH_RING_COUNT)
		return refuse(vh, "no such ring");
	stop_ring(vh, &vh->rings[s->index]);
	s->num = vh->rings[s->index].ring.next;
	vh->reply_len = sizeof(*s);
	return 0;
}

/* Take over the event file of a ring. Reading or writing any other kind of
 * file might block or do more than tell. */
static int take_file(struct vouch_vhost *vh, struct vouch_vhost_ring **r,
		     int *fd)
{
	u64 value = vh->payload.value;
	struct stat st;

	if ((value & FILE_INDEX) >= VOUCH_RING_COUNT ||
	    value & ~(FILE_INDEX | FILE_NONE))
		return refuse(vh, "no such ring");
	*r = &vh->rings[value & FILE_INDEX];
	*fd = -1;
	if (value & FILE_NONE)
		return vh->n_fds ? refuse(vh, "an unexpected file") : 0;
	if (vh->n_fds != 1)
		return refuse(vh, "not exactly one file");
	if (fstat(vh->fds[0], &st) || st.st_mode & S_IFMT ||
	    fcntl(vh->fds[0], F_SETFL, O_RDWR | O_NONBLOCK))
		return refuse(vh, "the file is not an eventfd");
	*fd = vh->fds[0];
	vh->fds[0] = -1;
	return 0;
}

static int start_ring(struct vouch_vhost *vh, struct vouch_vhost_ring *r)
{
	int err;

	if ((vh->features & NEEDED) != NEEDED)
		return refuse(vh, "a driver without VIRTIO_F_VERSION_1, or a "
				  "front end without protocol features");
	r->ring.events = vh->features & F_EVENTS;
	if (!r->ring.num || vouch_ring_map(&r->ring, &vh->memory))
		return refuse(vh, "the ring is misaligned or not in memory; "
				  "is the VM's memory share=on?");
	/* A ring that was paused may still tell the driver not to kick. */
	r->ring.quiet = true;
	vouch_ring_quiet(&r->ring, false);
	err = vouch_event_set(vh->epoll_fd, EPOLL_CTL_ADD, r->kick_fd, EPOLLIN,
			      &r->event);
	return err ? refuse(vh, "the kick file cannot be watched") : 0;
}

static int set_vring_kick(struct vouch_vhost *vh)
{
	struct vouch_vhost_ring *r = NULL;
	int fd = -1, err;

	err = take_file(vh, &r, &fd);
	if (err)
		return err;
	if (fd < 0)
		return refuse(vh, "polling without kicks is not served");
	if (r->kick_fd >= 0)
		vouch_event_set(vh->epoll_fd, EPOLL_CTL_DEL, r->kick_fd, 0,
				NULL);
	close_fd(&r->kick_fd);
	r->kick_fd = fd;
	return start_ring(vh, r);
}

static int set_vring_call(struct vouch_vhost *vh)
{
	struct vouch_vhost_ring *r = NULL;
	int fd = -1, err;

	err = take_file(vh, &r, &fd);
	if (err)
		return err;
	close_fd(&r->call_fd);
	r->call_fd = fd;
	/* What the old file was told may have been lost in the exchange. */
	r->ring.untold = r->ring.desc ? VOUCH_RING_UNTOLD_ALL : 0;
	return 0;
}

static int set_vring_err(struct vouch_vhost *vh)
{
	struct vouch_vhost_ring *r = NULL;
	int fd = -1, err;

	err = take_file(vh, &r, &fd);
	if (err)
		return err;
	/* An error ends the front end: there is nothing else to tell. */
	close_fd(&fd);
	return 0;
}

static int set_vring_enable(struct vouch_vhost *vh)
{
	const struct vouch_vhost_state *s = &vh->payload.state;

	if (s->index >= VOUCH_RING_COUNT || s->num > 1)
		return refuse(vh, "no such ring or state");
	vh->rings[s->index].enabled = s->num;
	return 0;
}

static const struct request {
	int (*serve)(struct vouch_vhost *vh);
	u16 min, max; /* bytes of payload */
	u8 fds; /* at most */
} requests[] = {
	[1] = { get_features, 0, 8, 0 },
	[2] = { set_features, 8, 8, 0 },
	[3] = { set_owner, 0, 8, 0 },
	[5] = { set_mem_table, 8, sizeof(struct vouch_vhost_table),
		VOUCH_VHOST_MAX_FDS },
	[8] = { set_vring_num, 8, 8, 0 },
	[9] = { set_vring_addr, 40, 40, 0 },
	[10] = { set_vring_base, 8, 8, 0 },
	[11] = { get_vring_base, 8, 8, 0 },
	[12] = { set_vring_kick, 8, 8, 1 },
	[13] = { set_vring_call, 8, 8, 1 },
	[14] = { set_vring_err, 8, 8, 1 },
	[15] = { get_protocol_features, 0, 8, 0 },
	[16] = { set_protocol_features, 8, 8, 0 },
	[18] = { set_vring_enable, 8, 8, 0 },
	[24] = { get_config, 12, sizeof(struct vouch_vhost_config), 0 },
};

int vouch_vhost_request_serve(struct vouch_vhost *vh)
{
	const struct vouch_vhost_head *h = &vh->head;
	const struct request *r;

	if (h->request >= sizeof(requests) / sizeof(*requests) ||
	    !requests[h->request].serve)
		return refuse(vh, "not served");
	r = &requests[h->request];
	if (h->size < r->min || h->size > r->max)
		return refuse(vh, "a payload of the wrong size");
	if (vh->n_fds > r->fds)
		return refuse(vh, "an unexpected file");
	return r->serve(vh);
}
