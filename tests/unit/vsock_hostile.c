// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a front end and a driver that mean harm: each case
 * of a list, which must end as the list says and leave the channel fit for
 * the next front end; then random sessions.
 *
 *	vsock_hostile [--sessions N] [--seed S]
 */
#include <pthread.h>

#include "vsock_front.h"

#define BUFFERS 64u

static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % n;
}

static bool tell(u32 guest_port, u32 host_port, u16 op, u32 len)
{
	static const u8 zeros[TX_SIZE];
	struct virtio_vsock_hdr h = header(guest_port, host_port, op);
	bool ok;

	h.len = len;
	h.flags = op == VIRTIO_VSOCK_OP_SHUTDOWN ? 2 : 0;
	ok = put_packet(&h, zeros, len);
	front_step();
	return ok;
}

/* The next packet of one port, other packets are dropped; 0: none. */
static u16 heard(u32 guest_port, struct virtio_vsock_hdr *h)
{
	struct virtio_vsock_hdr other;

	front_step();
	while (get_packet(h ? h : &other, NULL, true)) {
		front_step();
		if ((h ? h : &other)->dst_port == guest_port)
			return (h ? h : &other)->op;
	}
	return 0;
}

static bool connects(u32 guest_port)
{
	return tell(guest_port, 1, VIRTIO_VSOCK_OP_REQUEST, 0) &&
	       heard(guest_port, NULL) == VIRTIO_VSOCK_OP_RESPONSE;
}

/* One descriptor chain, as is, into a queue. */
static void raw_chain(u32 q, u16 head)
{
	publish(q, head);
	kick(q);
}

static void raw_tx(u64 addr, u32 len, u16 flags, u16 next)
{
	set_desc(TX, 0, addr, len, flags, next);
	raw_chain(TX, 0);
}

/* One descriptor into the receive queue, used at once by a reset. */
static void raw_rx(u64 addr, u32 len, u16 flags)
{
	set_desc(RX, NUM - 1, addr, len, flags, 0);
	rings[RX].next = rings[RX].used->idx;
	raw_chain(RX, NUM - 1);
	tell(5, 1, VIRTIO_VSOCK_OP_RW, 4);
}

static void tx_head_outside(void)
{
	raw_chain(TX, NUM);
}

static void tx_next_outside(void)
{
	raw_tx(GUEST_BASE, HEAD, VRING_DESC_F_NEXT, 0xffff);
}

static void tx_avail_jumps(void)
{
	rings[TX].next += NUM + 1;
	rings[TX].avail->idx = rings[TX].next;
	kick(TX);
}

static void tx_avail_goes_back(void)
{
	rings[TX].avail->idx = --rings[TX].next;
	kick(TX);
}

static void tx_loop(void)
{
	raw_tx(GUEST_BASE, HEAD, VRING_DESC_F_NEXT, 0);
}

static void tx_outside(void)
{
	raw_tx(0x1000, HEAD, 0, 0);
}

static void tx_across_end(void)
{
	raw_tx(GUEST_BASE + MEM_SIZE - HEAD + 1, HEAD, 0, 0);
}

static void tx_wraps(void)
{
	raw_tx(UINT64_MAX - 10, HEAD, 0, 0);
}

static void tx_whole_wraps(void)
{
	raw_tx(GUEST_BASE, UINT32_MAX, 0, 0);
}

static void tx_empty(void)
{
	raw_tx(GUEST_BASE, 0, 0, 0);
}

static void tx_indirect(void)
{
	raw_tx(GUEST_BASE, 16, VRING_DESC_F_INDIRECT, 0);
}

static void tx_indirect_odd(void)
{
	raw_tx(GUEST_BASE + 3, 17, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT,
	       1);
}

static void tx_writable(void)
{
	raw_tx(GUEST_BASE, HEAD, VRING_DESC_F_WRITE, 0);
}

static void tx_readable_after_writable(void)
{
	set_desc(TX, 1, GUEST_BASE, HEAD, 0, 0);
	raw_tx(GUEST_BASE, HEAD, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
}

static void tx_writable_after_readable(void)
{
	set_desc(TX, 1, GUEST_BASE, HEAD, VRING_DESC_F_WRITE, 0);
	raw_tx(GUEST_BASE, HEAD, VRING_DESC_F_NEXT, 1);
}

static void tx_short(void)
{
	raw_tx(GUEST_BASE, HEAD - 1, 0, 0);
}

static void len_lies(u32 len, u32 claimed)
{
	static const u8 zeros[64];
	struct virtio_vsock_hdr h = header(5, 1, VIRTIO_VSOCK_OP_RW);

	h.len = claimed;
	put_packet(&h, zeros, len);
}

static void tx_len_beyond(void)
{
	len_lies(64, 65);
}

static void tx_len_huge(void)
{
	len_lies(64, UINT32_MAX);
}

static void tx_len_above_max(void)
{
	len_lies(64, TX_SIZE + 1);
}

static void tx_wrong_cid(void)
{
	struct virtio_vsock_hdr h = header(5, 1, VIRTIO_VSOCK_OP_REQUEST);

	h.src_cid = CID + 1;
	put_packet(&h, NULL, 0);
}

static void tx_wide_cid(void)
{
	struct virtio_vsock_hdr h = header(5, 1, VIRTIO_VSOCK_OP_REQUEST);

	h.src_cid = CID + (1ull << 32);
	put_packet(&h, NULL, 0);
}

static void rx_readable(void)
{
	raw_rx(GUEST_BASE + RX_OFF, RX_SIZE, 0);
}

static void rx_outside(void)
{
	raw_rx(0, RX_SIZE, VRING_DESC_F_WRITE);
}

static void rx_head_only(void)
{
	raw_rx(GUEST_BASE + RX_OFF, HEAD, VRING_DESC_F_WRITE);
}

static void rx_tiny(void)
{
	raw_rx(GUEST_BASE + RX_OFF, 1, VRING_DESC_F_WRITE);
}

static void rx_avail_jumps(void)
{
	rings[RX].avail->idx = rings[RX].used->idx + NUM + 1;
	tell(5, 1, VIRTIO_VSOCK_OP_RW, 4);
}

static void msg(u32 request, u32 flags, u32 size, const int *fds, u32 n)
{
	struct message m = { .request = request, .flags = flags, .size = size };

	front_send(&m, 12 + (size < sizeof(m.raw) ? size : sizeof(m.raw)), fds,
		   n);
}

static void msg_unknown(void)
{
	msg(4, 1, 0, NULL, 0);
}

static void msg_beyond_table(void)
{
	msg(0xffffffff, 1, 0, NULL, 0);
}

static void msg_zero(void)
{
	msg(0, 1, 0, NULL, 0);
}

static void msg_version(void)
{
	msg(1, 2, 0, NULL, 0);
}

static void msg_reply(void)
{
	msg(1, 5, 0, NULL, 0);
}

static void msg_huge(void)
{
	msg(2, 1, UINT32_MAX, NULL, 0);
}

static void msg_short(void)
{
	msg(2, 1, 4, NULL, 0);
}

static void msg_files(void)
{
	int fds[12] = { 0 };

	msg(3, 1, 0, fds, 1);
}

static void msg_many_files(void)
{
	int fds[12] = { 0 };

	msg(5, 1, 8 + 32, fds, 12);
}

static void msg_cut(void)
{
	msg(2, 1, 8, NULL, 0);
	front_send("\2\0\0", 3, NULL, 0);
	shutdown(front_sock, SHUT_WR);
}

static void set_features_more(void)
{
	front_value(2, FEATURES | 1 << 28, -1);
}

static void set_protocol_more(void)
{
	front_value(16, 1, -1);
}

static void config_beyond(void)
{
	struct message m = { .config = { .offset = 4, .size = 8 } };

	front_request(24, &m, 20, -1);
}

static void config_wraps(void)
{
	struct message m = { .config = { .offset = UINT32_MAX, .size = 8 } };

	front_request(24, &m, 20, -1);
}

static void ring_index(void)
{
	front_state(11, 2, 0);
}

static void ring_running(void)
{
	front_state(8, 0, NUM);
}

static void file_index(void)
{
	front_value(13, 2, rings[0].call);
}

static void file_missing(void)
{
	front_value(13, 0, -1);
}

static void kick_none(void)
{
	front_value(12, 1 << 8, -1);
}

static void kick_memfd(void)
{
	front_value(12, 0, mem_fd);
}

static void kick_socket(void)
{
	front_value(12, 0, front_sock);
}

static void kick_pipe(void)
{
	int p[2];

	if (!pipe(p)) {
		front_value(12, 0, p[0]);
		close(p[0]);
		close(p[1]);
	}
}

static void kick_epoll(void)
{
	int fd = epoll_create1(0);

	vouch_event_set(fd, EPOLL_CTL_ADD, rings[1].call, EPOLLOUT, NULL);
	front_value(12, 0, fd);
	close(fd);
}

static void enable_two(void)
{
	front_state(18, 0, 2);
}

static void set_table(u32 n, u64 guest, u64 size, u64 user, u64 offset, int fd)
{
	struct message m = {
		.table = { .n = n, .region = { { guest, size, user, offset } } }
	};

	front_request(5, &m, 40, fd);
}

static void table_can_shrink(void)
{
	int fd = make_memory(MEM_SIZE, 0);

	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, 0, fd);
	close(fd);
}

static void table_file_short(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE + 1, USER_BASE, 0, mem_fd);
}

static void table_offset_beyond(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, 4096, mem_fd);
}

static void table_offset_wraps(void)
{
	set_table(1, GUEST_BASE, MEM_SIZE, USER_BASE, -4096ull, mem_fd);
}

static void table_wraps(void)
{
	set_table(1, -4096ull, MEM_SIZE, USER_BASE, 0, mem_fd);
}

static void table_none(void)
{
	set_table(0, GUEST_BASE, MEM_SIZE, USER_BASE, 0, -1);
}

static void table_many(void)
{
	set_table(0xffffffff, GUEST_BASE, MEM_SIZE, USER_BASE, 0, mem_fd);
}

static void table_other_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	set_table(1, GUEST_BASE, 512, USER_BASE, 0, fd);
	close(fd);
}

static void table_socket(void)
{
	set_table(1, GUEST_BASE, 512, USER_BASE, 0, front_sock);
}

static void table_without_rings(void)
{
	set_table(1, GUEST_BASE, 4096, USER_BASE + (1 << 20), 0, mem_fd);
}

static void table_overlaps(void)
{
	struct message m = {
		.request = 5,
		.flags = 1,
		.size = 72,
		.table = { .n = 2,
			   .region = { { GUEST_BASE, 8192, USER_BASE, 0 },
				       { GUEST_BASE + 4096, 8192,
					 USER_BASE + 8192, 8192 } } },
	};
	int fds[2] = { mem_fd, mem_fd };

	front_send(&m, 84, fds, 2);
}

/* Two regions that touch for the guest: a buffer may not span them. */
static void tx_across_regions(void)
{
	struct message m = {
		.request = 5,
		.flags = 1,
		.size = 72,
		.table = { .n = 2,
			   .region = { { GUEST_BASE, 1 << 20, USER_BASE, 0 },
				       { GUEST_BASE + (1 << 20), 1 << 20,
					 USER_BASE + (1 << 20), 1 << 20 } } },
	};
	int fds[2] = { mem_fd, mem_fd };

	front_send(&m, 84, fds, 2);
	if (!front_alive())
		return;
	raw_tx(GUEST_BASE + (1 << 20) - 4, HEAD, 0, 0);
}

static const struct {
	const char *name;
	void (*act)(void);
	const char *log; /* part of the reason that must be logged */
} ending[] = {
	{ "a head index outside the ring", tx_head_outside,
	  "outside the ring" },
	{ "a next index outside the ring", tx_next_outside,
	  "outside the ring" },
	{ "an avail index that jumps", tx_avail_jumps, "avail index" },
	{ "an avail index that goes back", tx_avail_goes_back, "avail index" },
	{ "a chain that is a loop", tx_loop, "loop" },
	{ "a buffer outside memory", tx_outside, "inside one memory region" },
	{ "a buffer across the end", tx_across_end, "inside one memory" },
	{ "a buffer across two regions", tx_across_regions, "inside one mem" },
	{ "a buffer that wraps around", tx_wraps, "inside one memory region" },
	{ "a buffer of 4 GiB", tx_whole_wraps, "inside one memory region" },
	{ "a buffer of no bytes", tx_empty, "buffer is empty" },
	{ "an indirect table", tx_indirect, "indirect" },
	{ "an odd indirect table in a chain", tx_indirect_odd, "indirect" },
	{ "a writable buffer to send", tx_writable, "direction" },
	{ "readable after writable", tx_readable_after_writable, "direction" },
	{ "writable after readable", tx_writable_after_readable, "direction" },
	{ "a packet shorter than a header", tx_short, "shorter" },
	{ "a packet longer than its buffer", tx_len_beyond, "longer than its" },
	{ "a packet of 4 GiB", tx_len_huge, "64 KiB" },
	{ "a packet above 64 KiB", tx_len_above_max, "64 KiB" },
	{ "another guest's CID", tx_wrong_cid, "sends as CID 43" },
	{ "a CID above 32 bits", tx_wide_cid, "sends as CID" },
	{ "a readable buffer to receive", rx_readable, "direction" },
	{ "a receive buffer outside memory", rx_outside, "inside one memory" },
	{ "a receive buffer for a header only", rx_head_only, "without room" },
	{ "a receive buffer of one byte", rx_tiny, "without room" },
	{ "a receive index that jumps", rx_avail_jumps, "avail index" },
	{ "an unknown request", msg_unknown, "not served" },
	{ "a request beyond the table", msg_beyond_table, "not served" },
	{ "request 0", msg_zero, "not served" },
	{ "a message of version 2", msg_version, "version 1" },
	{ "a reply instead of a request", msg_reply, "version 1" },
	{ "a message of 4 GiB", msg_huge, "the most is" },
	{ "a message that is too short", msg_short, "wrong size" },
	{ "a file that nobody asked for", msg_files, "unexpected file" },
	{ "twelve files", msg_many_files, "more than 8 files" },
	{ "a message cut short", msg_cut, "middle" },
	{ "a feature that was not offered", set_features_more, "not offered" },
	{ "a protocol feature as well", set_protocol_more, "not offered" },
	{ "a configuration range too far", config_beyond, "configuration" },
	{ "a configuration range that wraps", config_wraps, "configuration" },
	{ "a third ring", ring_index, "no such ring" },
	{ "setting up a running ring", ring_running, "running" },
	{ "a file for a third ring", file_index, "no such ring" },
	{ "a call without its file", file_missing, "exactly one" },
	{ "a ring without kicks", kick_none, "polling" },
	{ "memory for a kick file", kick_memfd, "not an eventfd" },
	{ "a socket for a kick file", kick_socket, "not an eventfd" },
	{ "a pipe for a kick file", kick_pipe, "not an eventfd" },
	{ "an epoll instance for a kick file", kick_epoll, "kick file" },
	{ "enabling with 2", enable_two, "state" },
	{ "memory that can shrink", table_can_shrink, "can shrink" },
	{ "memory shorter than its region", table_file_short,
	  "beyond the end" },
	{ "an offset beyond the file", table_offset_beyond, "beyond the end" },
	{ "an offset that wraps", table_offset_wraps, "beyond all bounds" },
	{ "a region that wraps", table_wraps, "wraps around" },
	{ "no memory", table_none, "no region" },
	{ "four billion regions", table_many, "do not match" },
	{ "a file of the host as memory", table_other_file, "memfd" },
	{ "a socket as memory", table_socket, "regular file" },
	{ "memory without the running rings", table_without_rings, "running" },
	{ "regions that overlap", table_overlaps, "overlap" },
};

static void test_ending(void)
{
	char name[128];
	u32 i;

	for (i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		bool up = front_up(BUFFERS) && connects(1000), ended;

		n_gone = 0;
		last_log[0] = 0;
		ending[i].act();
		ended = !front_alive() && n_gone == 1 &&
			strstr(last_log, ending[i].log);
		/* A queue marked broken must not be looked at again. */
		kick(TX);
		kick(RX);
		ended = ended && !front_step() && !vouch_vsock_ready(dev);
		snprintf(name, sizeof(name), "ends the front end: %s",
			 ending[i].name);
		check(up && ended && front_up(BUFFERS) && connects(1001), name);
	}
}

static void start_without_memory(void)
{
	front_dial();
	check(front_features() && front_state(8, 0, NUM) && front_addr(0) &&
		      !front_value(12, 0, rings[0].kick) &&
		      strstr(last_log, "share=on"),
	      "a ring without memory is refused with the remedy");
}

static void start_wrongly(void)
{
	static const u32 nums[] = { 0, 3, 2048, 0x80000000 };
	struct message m = { .addr = { .desc = USER_BASE + 8 } };
	bool ok = true;
	u32 i;

	for (i = 0; i < 4; i++) {
		front_dial();
		ok = ok && front_features() && !front_state(8, 0, nums[i]);
	}
	check(ok, "ring sizes that are no power of two up to 1024");
	front_dial();
	check(front_features() && front_memory() && front_state(8, 0, NUM) &&
		      front_request(9, &m, 40, -1) &&
		      !front_value(12, 0, rings[0].kick),
	      "a misaligned ring is refused");
	front_dial();
	check(front_memory() && front_state(8, 0, NUM) && front_addr(0) &&
		      !front_value(12, 0, rings[0].kick) &&
		      strstr(last_log, "VERSION_1"),
	      "a driver without VERSION_1 is refused");
	front_dial();
	check(!front_state(10, 0, 0x10000), "an index above 16 bits");
}

static void byte_by_byte(void)
{
	struct message m = { .request = 1, .flags = 1 };
	bool ok = true;
	u32 i;

	front_dial();
	for (i = 0; i < 12; i++)
		ok = ok && front_send((u8 *)&m + i, 1, NULL, 0) &&
		     (i == 11 || front_alive());
	front_step();
	check(ok && recv(front_sock, &m, sizeof(m), MSG_DONTWAIT) == 20 &&
		      m.value == FEATURES,
	      "a message that comes byte by byte is served");
}

/* What resets one connection and leaves another in peace. */
static bool only_resets(u32 guest_port, u32 bystander)
{
	return heard(guest_port, NULL) == VIRTIO_VSOCK_OP_RST &&
	       front_alive() &&
	       tell(bystander, 1, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0) &&
	       heard(bystander, NULL) == VIRTIO_VSOCK_OP_CREDIT_UPDATE;
}

static void test_states(void)
{
	struct virtio_vsock_hdr h;
	u32 by = 1, p = 100, i;
	int pair[2];
	u16 op;

	check(front_up(BUFFERS) && connects(by), "a bystander connects");
	for (i = 0; i < 12; i++) {
		char name[64];

		if (i == VIRTIO_VSOCK_OP_REQUEST || i == VIRTIO_VSOCK_OP_RST)
			continue;
		tell(++p, 1, i, 0);
		snprintf(name, sizeof(name), "op %u without a connection", i);
		check(only_resets(p, by), name);
	}
	for (i = 0; i < 12; i++) {
		char name[64];

		if (i >= VIRTIO_VSOCK_OP_RST && i < 8)
			continue;
		connects(++p);
		tell(p, 1, i, 0);
		snprintf(name, sizeof(name), "op %u on an open connection", i);
		check(only_resets(p, by), name);
	}
	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 0);
	tell(p, 1, VIRTIO_VSOCK_OP_RW, 4);
	check(only_resets(p, by), "data after a half-close");

	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_RW, TX_SIZE);
	for (i = 0; i < 40; i++)
		tell(p, 1, VIRTIO_VSOCK_OP_RW, TX_SIZE);
	while ((op = heard(p, NULL)) == VIRTIO_VSOCK_OP_CREDIT_UPDATE)
		;
	check(op == VIRTIO_VSOCK_OP_RST, "data beyond the credit");

	connects(++p);
	h = header(p, 1, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	h.fwd_cnt = 1;
	put_packet(&h, NULL, 0);
	check(only_resets(p, by), "more forwarded than was sent");

	h = header(++p, 1, VIRTIO_VSOCK_OP_REQUEST);
	h.dst_cid = 77;
	put_packet(&h, NULL, 0);
	check(heard(p, &h) == VIRTIO_VSOCK_OP_RST && h.src_cid == 77,
	      "a connection to another guest");
	h = header(++p, 1, VIRTIO_VSOCK_OP_REQUEST);
	h.type = VIRTIO_VSOCK_TYPE_SEQPACKET;
	put_packet(&h, NULL, 0);
	check(heard(p, &h) == VIRTIO_VSOCK_OP_RST && h.type == 2,
	      "a connection of another type");

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	vouch_vsock_connect(dev, ++p, pair[0]);
	heard(p, &h);
	tell(p, h.src_port, VIRTIO_VSOCK_OP_RW, 4);
	check(h.op == VIRTIO_VSOCK_OP_REQUEST && only_resets(p, by),
	      "data before the answer to the host");
	close(pair[1]);
	front_step();
}

static void test_floods(void)
{
	u32 i, answers[2] = { 0 };
	struct virtio_vsock_hdr h;

	front_up(BUFFERS);
	for (i = 0; i < 1500; i++) {
		tell(1000 + i, 1, VIRTIO_VSOCK_OP_REQUEST, 0);
		while (get_packet(&h, NULL, true))
			answers[h.op == VIRTIO_VSOCK_OP_RST]++;
		front_step();
	}
	while (get_packet(&h, NULL, true))
		answers[h.op == VIRTIO_VSOCK_OP_RST]++;
	check(answers[0] == VOUCH_VSOCK_MAX_CONNS &&
		      answers[1] == 1500 - VOUCH_VSOCK_MAX_CONNS,
	      "1500 requests: 1024 are accepted, the others reset");

	front_up(0);
	for (i = 0; tell(5, 1000 + i, VIRTIO_VSOCK_OP_RW, 4) && i < 9000; i++)
		;
	check(i > 1000 && i < 1300 && !front_step() && front_alive(),
	      "a flood of strays without receive buffers stalls the guest");
	answers[0] = answers[1] = 0;
	for (i = 0; i < NUM; i++)
		post_rx(i, RX_SIZE);
	kick(RX);
	front_step();
	while (get_packet(&h, NULL, true)) {
		answers[h.op == VIRTIO_VSOCK_OP_RST]++;
		front_step();
	}
	check(answers[1] > 1000 && !answers[0] && connects(7),
	      "and goes on when there are buffers");

	front_up(BUFFERS);
	for (i = 0; i < 20000; i++)
		tell(5, 1, VIRTIO_VSOCK_OP_RST, 0);
	check(front_alive() && connects(8), "a flood of resets is ignored");
}

static int flipping;

/* Another CPU of the guest rewrites descriptors and headers meanwhile. */
static void *flip(void *arg)
{
	u64 x = 88172645463325252ull;

	(void)arg;
	while (__atomic_load_n(&flipping, __ATOMIC_RELAXED)) {
		volatile struct vring_desc *d = &rings[TX].desc[x % NUM];
		volatile u32 *len = (void *)(mem + TX_HEAD_OFF +
					     (x >> 8) % SLOTS * 64 + 24);

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 1 << 20)
			d->len = x % 3 ? HEAD : (u32)(x >> 32);
		else if (x & 1 << 21)
			*len = x >> 40;
		else
			d->addr = x % 3 ? GUEST_BASE + TX_HEAD_OFF : x;
	}
	return NULL;
}

static void test_race(void)
{
	u32 round, i, packets = 0;
	pthread_t thread;

	for (round = 0; round < 100; round++) {
		front_up(BUFFERS);
		connects(1000);
		__atomic_store_n(&flipping, 1, __ATOMIC_RELAXED);
		pthread_create(&thread, NULL, flip, NULL);
		for (i = 0; i < 200; i++)
			packets += tell(1000, 1, VIRTIO_VSOCK_OP_RW, 100);
		__atomic_store_n(&flipping, 0, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
	check(packets && front_up(BUFFERS) && connects(1),
	      "descriptors and headers that change while they are read");
}

static void random_packet(void)
{
	struct virtio_vsock_hdr h = header(1000 + rnd(20),
					   rnd(3) ? 1 : 0x40000000 + rnd(4),
					   rnd(8) ? 1 + rnd(7) : rnd(65536));
	static const u8 zeros[TX_SIZE];
	u32 len = h.op == VIRTIO_VSOCK_OP_RW ? rnd(rnd(4) ? 300 : TX_SIZE) : 0;

	h.len = len;
	h.flags = rnd(5);
	h.buf_alloc = rnd(3) ? 1 << 18 : rnd(UINT32_MAX);
	h.fwd_cnt = rnd(10) ? 0 : rnd(5000);
	if (!rnd(2000))
		h.src_cid = rnd(100);
	if (!rnd(50))
		h.dst_cid = rnd(100);
	if (!rnd(2000))
		h.len = rnd(UINT32_MAX);
	put_packet(&h, zeros, len);
}

static void random_end(void)
{
	static u8 buf[TX_SIZE];
	int *fd = n_ends ? &ends[rnd(n_ends)] : NULL;

	if (!fd || *fd < 0)
		return;
	switch (rnd(8)) {
	case 0:
		close(*fd);
		*fd = -1;
		return;
	case 1:
		shutdown(*fd, rnd(3));
		return;
	case 2:
	case 3:
	case 4:
		(void)!send(*fd, buf, rnd(sizeof(buf)), MSG_NOSIGNAL);
		return;
	default:
		(void)!recv(*fd, buf, sizeof(buf), 0);
	}
}

static void random_ring(void)
{
	u32 q = rnd(2);

	switch (rnd(5)) {
	case 0:
		rings[q].desc[rnd(NUM)].addr = (u64)rnd(UINT32_MAX) << rnd(33);
		break;
	case 1:
		rings[q].desc[rnd(NUM)].len = rnd(UINT32_MAX);
		break;
	case 2:
		rings[q].desc[rnd(NUM)].flags = rnd(8);
		break;
	case 3:
		rings[q].desc[rnd(NUM)].next = rnd(NUM + 8);
		break;
	default:
		rings[q].next += rnd(3);
		rings[q].avail->idx = rings[q].next;
		kick(q);
	}
}

static void random_message(void)
{
	struct message m = { .request = rnd(30), .flags = 1 + 8 * rnd(2) };
	static const u32 sizes[] = { 0, 8, 8, 8, 20, 40, 72 };
	const int fds[] = { rings[0].kick, rings[1].call, mem_fd, front_sock };
	u32 i;

	m.size = sizes[rnd(7)];
	for (i = 0; i < m.size; i += 4)
		m.word[i / 4 % 2] = rnd(4);
	front_send(&m, 12 + m.size, &fds[rnd(4)], rnd(2));
}

static void random_dial(void)
{
	int pair[2];

	if (n_ends == MAX_ENDS ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return;
	ends[n_ends++] = pair[1];
	if (vouch_vsock_connect(dev, 1000 + rnd(20), pair[0]))
		close(pair[0]);
}

static u64 random_session(u32 steps)
{
	static u8 data[RX_SIZE];
	struct virtio_vsock_hdr h;
	bool touched = false;
	u32 i, n;

	front_up(rnd(NUM + 1));
	for (i = 0; i < steps; i++) {
		n = rnd(1000);
		if (n < 700) {
			random_packet();
		} else if (n < 850) {
			random_end();
		} else if (n < 880) {
			random_dial();
		} else if (n == 880) {
			random_message();
		} else if (n == 881) {
			random_ring();
			touched = true;
		} else {
			front_step();
		}
		/* What lies in a ring after random_ring() is nothing to read.
		 */
		while (!touched && rnd(3) && get_packet(&h, data, true))
			;
	}
	front_step();
	return steps;
}

static void test_random(u32 sessions)
{
	u64 steps = 0;
	bool ok = true;
	u32 i;

	for (i = 0; i < sessions && ok; i++) {
		steps += random_session(1000);
		ok = front_up(BUFFERS) && connects(2000);
		if (!ok)
			printf("# session %u\n", i);
	}
	printf("# %u sessions, %llu steps\n", i, (unsigned long long)steps);
	check(ok, "random sessions leave the channel fit");
}

static void test_files(void)
{
	struct vouch_vsock *other = NULL;
	int file;

	check(vouch_vsock_create(&other, epoll_fd, 2, "/tmp/x", &host_ops,
				 NULL) == -EINVAL &&
		      vouch_vsock_create(&other, epoll_fd, 1ull << 32 | 5,
					 "/tmp/x", &host_ops, NULL) == -EINVAL,
	      "reserved CIDs are refused");
	front_disconnect();
	check(vouch_vsock_create(&other, epoll_fd, 50, sock_path, &host_ops,
				 NULL) == -EADDRINUSE,
	      "a path on which somebody listens is refused");
	front_step();
	file = open("/tmp/vsock-test-file", O_CREAT | O_RDWR, 0600);
	check(vouch_vsock_create(&other, epoll_fd, 50, "/tmp/vsock-test-file",
				 &host_ops, NULL) == -EADDRINUSE,
	      "a path that is another file is refused");
	unlink("/tmp/vsock-test-file");
	close(file);
	check(ftruncate(make_memory(4096, F_SEAL_SHRINK), 0) < 0,
	      "sealed memory cannot shrink under the library");
}

int main(int argc, char **argv)
{
	u32 sessions = 200;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--sessions"))
			sessions = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 10) | 1ull << 40;
	}
	front_begin();
	test_ending();
	start_without_memory();
	start_wrongly();
	byte_by_byte();
	test_states();
	test_floods();
	test_race();
	test_files();
	test_random(sessions);
	front_disconnect();
	return front_end();
}
