// SPDX-License-Identifier: BSD-2-Clause
/*
 * vhost-user messages, whole, in part and with files, to a device that has
 * just been dialled, or that has a driver already. Afterwards the device
 * serves another front end.
 *
 * Parser: host-bridge/vsock/vhost.c host-bridge/vsock/request.c
 * Parser: host-bridge/vsock/memory.c
 */

#include "vsock.h"

static void raw_bytes(struct fuzz_input *in)
{
	size_t got;
	const u8 *p = fuzz_bytes(in, fuzz_u8(in), &got);

	if (front_sock >= 0 && got)
		front_send(p, (u32)got, NULL, 0);
}

/* Everything up to a running ring, in the right order. */
static void set_up(u32 steps)
{
	static const u8 requests[] = { 1,      15,	16, 3,	2,  5,
				       8,      10,	9,  12, 13, 18,
				       8 + 32, 10 + 32, 41, 44, 45, 18 + 32 };
	u32 i;

	for (i = 0; i < steps && i < sizeof(requests); i++) {
		u8 bytes[2] = { requests[i], 0 };
		struct fuzz_input in = { bytes, sizeof(bytes) };

		fuzz_send(&in);
		front_step();
	}
}

static void step(struct fuzz_input *in)
{
	switch (fuzz_u8(in) % 8) {
	case 0:
		raw_bytes(in);
		break;
	case 1:
		front_step();
		break;
	case 2:
		kick(fuzz_u8(in) % 2);
		break;
	case 3:
		set_up(fuzz_u8(in));
		break;
	case 4:
		if (front_sock >= 0)
			shutdown(front_sock, SHUT_WR);
		break;
	default:
		fuzz_send(in);
		front_step();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	int i;

	fuzz_begin();
	fuzz_dial();
	set_up(fuzz_u8(&in) % 32);
	for (i = 0; i < 64 && in.left; i++)
		step(&in);
	front_step();
	fuzz_end();
	return 0;
}
