// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a driver that breaks the rules of the rings: each
 * case of a list, which must end the front end with the reason and leave the
 * channel fit for the next one.
 */
#include "vsock_breaches.h"

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

static void third_ring(void)
{
	front_state(8, 2, NUM);
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

static const struct breach breaches[] = {
	{ "a third ring that is set up", third_ring, "no such ring" },
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
};

int main(void)
{
	front_begin();
	check_breaches(breaches, sizeof(breaches) / sizeof(*breaches));
	front_disconnect();
	bystander_finish();
	return front_end();
}
