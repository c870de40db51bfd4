// SPDX-License-Identifier: BSD-2-Clause
/*
 * vsock packets: headers in and out of chains, slices of payload.
 */
#include "packet.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

static void take_part(struct vouch_slice *slice, const struct iovec *v,
		      u64 skip, u64 len)
{
	slice->iov[slice->n++] = (struct iovec){
		(u8 *)v->iov_base + skip,
		len,
	};
}

static void slice_chain(const struct vouch_chain *chain, u64 off, u64 len,
			struct vouch_slice *slice)
{
	u32 i;

	slice->n = 0;
	for (i = 0; i < chain->n && len; i++) {
		const struct iovec *v = &chain->iov[i];
		u64 part;

		if (off >= v->iov_len) {
			off -= v->iov_len;
			continue;
		}
		part = MIN(len, v->iov_len - off);
		take_part(slice, v, off, part);
		len -= part;
		off = 0;
	}
}

void vouch_packet_payload(const struct vouch_chain *chain, u32 len,
			  struct vouch_slice *slice)
{
	slice_chain(chain, VOUCH_PACKET_HEAD, len, slice);
}

void vouch_slice_skip(struct vouch_slice *slice, u32 len)
{
	u32 i = 0;

	while (i < slice->n && len >= slice->iov[i].iov_len)
		len -= slice->iov[i++].iov_len;
	slice->n -= i;
	memmove(slice->iov, slice->iov + i, slice->n * sizeof(*slice->iov));
	if (!slice->n)
		return;
	slice->iov[0].iov_base = (u8 *)slice->iov[0].iov_base + len;
	slice->iov[0].iov_len -= len;
}

void vouch_slice_copy(struct vouch_slice *slice, u8 *to, u32 len)
{
	u32 i, left = len;

	for (i = 0; i < slice->n && left; i++) {
		u32 part = MIN(left, slice->iov[i].iov_len);

		memcpy(to, slice->iov[i].iov_base, part);
		to += part;
		left -= part;
	}
	vouch_slice_skip(slice, len);
}

/* The header's bytes, wherever the driver has put the descriptors. */
static void copy_head(const struct vouch_chain *chain,
		      struct virtio_vsock_hdr *hdr, bool to_chain)
{
	u8 *p = (u8 *)hdr;
	u32 i, left = sizeof(*hdr);

	for (i = 0; i < chain->n && left; i++) {
		u32 part = MIN(left, chain->iov[i].iov_len);

		if (to_chain)
			memcpy(chain->iov[i].iov_base, p, part);
		else
			memcpy(p, chain->iov[i].iov_base, part);
		p += part;
		left -= part;
	}
	/* What was checked is what was copied: no second look at the chain. */
	__asm__ volatile("" : : "r"(hdr) : "memory");
}

int vouch_packet_read(const struct vouch_chain *chain, struct vouch_packet *pkt,
		      const char **why)
{
	struct virtio_vsock_hdr hdr;

	if (chain->total < sizeof(hdr)) {
		*why = "a packet is shorter than its header";
		return -EPROTO;
	}
	copy_head(chain, &hdr, false);
	*pkt = (struct vouch_packet){
		.src_cid = le64_to_cpu(hdr.src_cid),
		.dst_cid = le64_to_cpu(hdr.dst_cid),
		.src_port = le32_to_cpu(hdr.src_port),
		.dst_port = le32_to_cpu(hdr.dst_port),
		.len = le32_to_cpu(hdr.len),
		.type = le16_to_cpu(hdr.type),
		.op = le16_to_cpu(hdr.op),
		.flags = le32_to_cpu(hdr.flags),
		.buf_alloc = le32_to_cpu(hdr.buf_alloc),
		.fwd_cnt = le32_to_cpu(hdr.fwd_cnt),
	};
	if (pkt->len > VOUCH_PACKET_MAX) {
		*why = "a packet is longer than 64 KiB";
		return -EPROTO;
	}
	if (pkt->len > chain->total - sizeof(hdr)) {
		*why = "a packet is longer than its buffer";
		return -EPROTO;
	}
	return 0;
}

void vouch_packet_write(const struct vouch_chain *chain,
			const struct vouch_packet *pkt)
{
	struct virtio_vsock_hdr hdr = {
		.src_cid = cpu_to_le64(pkt->src_cid),
		.dst_cid = cpu_to_le64(pkt->dst_cid),
		.src_port = cpu_to_le32(pkt->src_port),
		.dst_port = cpu_to_le32(pkt->dst_port),
		.len = cpu_to_le32(pkt->len),
		.type = cpu_to_le16(pkt->type),
		.op = cpu_to_le16(pkt->op),
		.flags = cpu_to_le32(pkt->flags),
		.buf_alloc = cpu_to_le32(pkt->buf_alloc),
		.fwd_cnt = cpu_to_le32(pkt->fwd_cnt),
	};

	copy_head(chain, &hdr, true);
}
