// SPDX-License-Identifier: BSD-2-Clause
/*
 * A guest's driver: rings, packets, and what happens on the host's side
 * meanwhile, as a sequence of steps. Afterwards the device serves another
 * front end.
 *
 * Parser: host-bridge/vsock/ring.c host-bridge/vsock/packet.c
 * Parser: host-bridge/vsock/mux.c host-bridge/vsock/stream.c
 * Parser: host-bridge/vsock/splice.c host-bridge/vsock/table.c
 * Parser: host-bridge/vsock/device.c
 */

#include "vsock.h"

#define STEPS 96

/* What lies in a ring after it was written to is nothing to read. */
static bool touched;

/* Ports are few, so that connections are met again. */
static u32 port_of(u8 byte)
{
	return 1000 + byte % 16;
}

static void send_packet(struct fuzz_input *in)
{
	static const u32 lens[] = { 0, 1, 100, 4096, TX_SIZE };
	static const u8 bytes[TX_SIZE];
	u8 what = fuzz_u8(in), ports = fuzz_u8(in), how = fuzz_u8(in);
	struct virtio_vsock_hdr h =
		header(port_of(ports), how & 16 ? 99 : 1, what % 10);
	u32 len = what % 10 == VIRTIO_VSOCK_OP_RW ? lens[what / 10 % 5] : 0;

	h.len = len;
	h.flags = what % 10 == VIRTIO_VSOCK_OP_SHUTDOWN ? what / 10 % 4 : 0;
	if (how & 1)
		h.buf_alloc = fuzz_u32(in);
	if (how & 2)
		h.fwd_cnt = fuzz_u32(in);
	if (how & 4)
		h.dst_port = 1024 + fuzz_u8(in) % 8;
	if (how & 8)
		memcpy((u8 *)&h + fuzz_u8(in) % (sizeof(h) - 4),
		       &(u32){ fuzz_u32(in) }, 4);
	if (front_sock >= 0)
		put_packet(&h, bytes, len);
}

/* A chain of its own: some descriptors, each with address and flags. */
static void send_chain(struct fuzz_input *in)
{
	u32 q = fuzz_u8(in) % 2, n = 1 + fuzz_u8(in) % 8, i;
	u16 first = fuzz_u8(in) % NUM;

	for (i = 0; i < n; i++) {
		u16 at = (u16)(first + i) % NUM;
		u8 how = fuzz_u8(in);
		u64 addr = GUEST_BASE + (how & 1 ? TX_HEAD_OFF : RX_OFF) +
			   fuzz_u16(in);
		u16 flags = (i + 1 < n ? VRING_DESC_F_NEXT : 0) |
			    (q == RX ? VRING_DESC_F_WRITE : 0);

		if (how & 2)
			addr = fuzz_u64(in);
		if (how & 4)
			flags = how >> 4;
		set_desc(q, at, addr, how & 8 ? fuzz_u32(in) : 22, flags,
			 how & 4 ? fuzz_u8(in) : (u16)((at + 1) % NUM));
	}
	publish(q, first);
	touched = true;
	kick(q);
}

static void write_ring(struct fuzz_input *in)
{
	u32 q = fuzz_u8(in) % 2;
	u8 what = fuzz_u8(in), *area = mem + RING_OFF(q);
	u16 at = fuzz_u16(in), value = fuzz_u16(in);

	touched = true;
	switch (what % 4) {
	case 0:
		rings[q].next = (u16)(rings[q].next + at % 4);
		rings[q].avail->idx = rings[q].next;
		break;
	case 1:
		rings[q].avail->idx = value;
		break;
	case 2:
		rings[q].avail->flags = value % 2;
		break;
	default:
		memcpy(area + at % 0x2800, &value, sizeof(value));
	}
	kick(q);
}

/* The local end of a connection. */
static void act_locally(struct fuzz_input *in)
{
	static u8 buf[TX_SIZE];
	u8 which = fuzz_u8(in), what = fuzz_u8(in);
	int *fd = n_ends ? &ends[which % n_ends] : NULL;

	if (!fd || *fd < 0)
		return;
	switch (what % 8) {
	case 0:
		close(*fd);
		*fd = -1;
		return;
	case 1:
		shutdown(*fd, what / 8 % 3);
		return;
	case 2:
	case 3:
	case 4:
		(void)!send(*fd, buf, 1u << what / 16, MSG_NOSIGNAL);
		return;
	default:
		(void)!recv(*fd, buf, 1u << what / 16, 0);
	}
}

static void dial_guest(struct fuzz_input *in)
{
	u8 what = fuzz_u8(in);
	int pair[2];

	if (n_ends == MAX_ENDS ||
	    socketpair(AF_UNIX,
		       (what & 128 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK,
		       0, pair))
		return;
	ends[n_ends++] = pair[1];
	if (vouch_vsock_connect(dev, port_of(what), pair[0]))
		close(pair[0]);
}

static void read_packets(void)
{
	static u8 data[RX_SIZE];
	struct virtio_vsock_hdr h;

	while (front_sock >= 0 && !touched && get_packet(&h, data, true))
		;
}

/* The guest answers whoever dialled it. */
static void answer_request(struct fuzz_input *in)
{
	struct virtio_vsock_hdr h, reply;

	if (front_sock < 0 || touched || !get_packet(&h, NULL, true))
		return;
	reply = header(h.dst_port, h.src_port,
		       fuzz_u8(in) % 8 ? VIRTIO_VSOCK_OP_RESPONSE
				       : VIRTIO_VSOCK_OP_RST);
	put_packet(&reply, NULL, 0);
}

static void pause_rings(void)
{
	u32 base[2];

	if (front_sock < 0 || !front_stop(base))
		return;
	front_start(RX, base[RX]);
	front_start(TX, base[TX]);
}

static void step(struct fuzz_input *in)
{
	switch (fuzz_u8(in) % 16) {
	case 0:
		send_chain(in);
		break;
	case 1:
		write_ring(in);
		break;
	case 2:
	case 3:
		act_locally(in);
		break;
	case 4:
		dial_guest(in);
		break;
	case 5:
		read_packets();
		break;
	case 6:
		answer_request(in);
		break;
	case 7:
		pause_rings();
		break;
	case 8:
		fuzz_send(in);
		break;
	case 9:
		fuzz_alloc_arm(in->pos, in->left);
		break;
	case 10:
	case 11:
		front_step();
		break;
	default:
		send_packet(in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	u8 how = fuzz_u8(&in);
	int i;

	fuzz_begin();
	touched = false;
	front_events = how & 64;
	fuzz_require(fuzz_up(how % 2 ? BUFFERS : how % NUM));
	if (how % 2 && how & 128)
		fuzz_require(connects(1000) && connects(1001));
	for (i = 0; i < STEPS && in.left; i++)
		step(&in);
	front_step();
	fuzz_alloc_disarm();
	fuzz_end();
	return 0;
}
