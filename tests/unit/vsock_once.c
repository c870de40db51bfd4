// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel reads what the guest may change at any moment once, and
 * believes what it read: a page of guest memory is taken away from the library,
 * each access is noted, and what was read is changed before the next one.
 */
#include <signal.h>
#include <ucontext.h>

#include "vsock_driver.h"

#define PAGE 4096u
#define TRAP_FLAG 0x100

#ifndef __x86_64__
#error "single steps are made by x86-64's trap flag"
#endif

static u8 *page; /* as the library sees it */
static u8 *same; /* as the guest sees it */
static u8 times[PAGE]; /* that an access began at this byte */
static void (*spoil)(u32 off); /* change what was read at @off */
static u32 last;

static void on_access(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	u8 *addr = info->si_addr;

	if (!page || addr < page || addr >= page + PAGE) {
		signal(sig, SIG_DFL);
		return;
	}
	last = addr - page;
	if (times[last] < UINT8_MAX)
		times[last]++;
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
	uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	if (spoil)
		spoil(last);
	mprotect(page, PAGE, PROT_NONE);
}

static void watch(u64 off, void (*change)(u32))
{
	memset(times, 0, sizeof(times));
	spoil = change;
	same = mem + off;
	page = dev->vhost.memory.regions[0].map + off;
	mprotect(page, PAGE, PROT_NONE);
}

static void unwatch(void)
{
	u8 *was = page;

	page = NULL;
	mprotect(was, PAGE, PROT_READ | PROT_WRITE);
}

static bool read_once(u32 off, u32 len)
{
	bool any = false;
	u32 i;

	for (i = off; i < off + len; i++) {
		if (times[i] > 1)
			return false;
		any = any || times[i];
	}
	return any;
}

static void spoil_desc(u32 off)
{
	struct vring_desc *d = (void *)(same + off / sizeof(*d) * sizeof(*d));

	switch (off % sizeof(*d)) {
	case offsetof(struct vring_desc, addr):
		d->addr = 0x10;
		break;
	case offsetof(struct vring_desc, len):
		d->len = UINT32_MAX;
		break;
	case offsetof(struct vring_desc, flags):
		d->flags = VRING_DESC_F_INDIRECT;
		break;
	default:
		d->next = UINT16_MAX;
	}
}

static void spoil_head(u32 off)
{
	if (off >= offsetof(struct vring_avail, ring))
		*(u16 *)(same + off) = UINT16_MAX;
}

static bool data_come(u32 *done)
{
	u8 buf[256];

	front_step();
	*done = recv(ends[n_ends - 1], buf, sizeof(buf), 0);
	return *done == 100 && front_alive();
}

static void put_data(void)
{
	static const u8 zeros[100];
	struct virtio_vsock_hdr h = header(1000, 1, VIRTIO_VSOCK_OP_RW);

	h.len = sizeof(zeros);
	put_packet(&h, zeros, sizeof(zeros));
}

static void test_send(void)
{
	u32 slot, done = 0;
	bool ok;

	front_up(BUFFERS);
	connects(1000);
	slot = rings[TX].next % SLOTS;
	put_data();
	watch(RING_OFF(TX), spoil_desc);
	front_step();
	unwatch();
	ok = read_once(slot * 32, 32);
	check(data_come(&done) && ok,
	      "descriptors of the send queue are read once");

	slot = rings[TX].next % NUM;
	put_data();
	watch(RING_OFF(TX) + 0x1000, spoil_head);
	front_step();
	unwatch();
	ok = read_once(4 + slot * 2, 2);
	check(data_come(&done) && ok, "a head is read once");

	slot = rings[TX].next % SLOTS;
	put_data();
	watch(TX_HEAD_OFF, NULL);
	front_step();
	unwatch();
	ok = read_once(slot * 64, HEAD);
	check(data_come(&done) && ok, "a packet's header is read once");
}

static void test_receive(void)
{
	struct virtio_vsock_hdr h =
		header(1000, 1, VIRTIO_VSOCK_OP_CREDIT_REQUEST);
	u32 slot;
	bool ok;

	front_up(BUFFERS);
	connects(1000);
	slot = rings[RX].avail->ring[rings[RX].seen % NUM];
	put_packet(&h, NULL, 0);
	watch(RING_OFF(RX), spoil_desc);
	front_step();
	unwatch();
	ok = read_once(slot * 16, 16);
	check(ok && front_alive() && get_packet(&h, NULL, false) &&
		      h.op == VIRTIO_VSOCK_OP_CREDIT_UPDATE,
	      "descriptors of the receive queue are read once");
}

int main(void)
{
	const struct sigaction access = {
		.sa_sigaction = on_access,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	const struct sigaction step = {
		.sa_sigaction = on_step,
		.sa_flags = SA_SIGINFO,
	};

	sigaction(SIGSEGV, &access, NULL);
	sigaction(SIGTRAP, &step, NULL);
	front_begin();
	test_send();
	test_receive();
	front_disconnect();
	return front_end();
}
