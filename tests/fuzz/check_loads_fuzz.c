// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs with loads that may fault and with a tail call, each part changed
 * as the input says: sequences of the JIT that are compared whole, the
 * exception table, prog arrays and what is in them.
 *
 * The first byte of an input says which program it is. Then come parts; each
 * begins with a byte that says what is changed, then one that says how often.
 *
 * Parser: host-bridge/check_extable.c host-bridge/check_entries.c
 * Parser: host-bridge/x86/sequence.c
 */

#include "check.h"

#include "../unit/loads_fixture.h"
#include "../unit/tail_call_fixture.h"

enum part {
	PART_SEQUENCE, /* the load with its check, or the tail call */
	PART_CODE,
	PART_ENTRIES, /* of the exception table */
	PART_COUNT, /* of them */
	PART_MAP,
	PART_SLOTS, /* what the prog array starts with */
	PART_FACTS,
	PART_PROG,
	PART_FEATURES,
	N_PARTS,
};

static const u8 *const jumps[] = {
	(const u8 *)"\xe9\0\0\0\0",
	(const u8 *)"\x0f\xae\xe8\xff\xe1",
	(const u8 *)"\xff\xe1\xcc",
};

/* Where the sequence is in function 0. */
struct place {
	u32 off, len;
};

static struct place make_loads(struct fixture *f, bool far)
{
	const u32 second = fixture_load(f, marks.mov);

	if (!far)
		return (struct place){ marks.mov, sizeof(probe) };
	fixture_far_load(f, second);
	return (struct place){ second, sizeof(far_probe) };
}

static struct place make(struct fixture *f, u8 how)
{
	const u32 jump = how / 4 % 3;

	if (!(how & 1))
		return make_loads(f, how & 2);
	fixture_tail_call(f, jumps[jump], jump == 2 ? 3 : 5);
	if (how & 2)
		f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	return (struct place){ tail_call.at, tail_call.len };
}

/* The prog array's first slots name programs. */
static void fill(struct fixture *f, struct fuzz_input *in)
{
	const u32 bytes = le32_to_cpu(f->maps[0].max_entries) * 4;
	u8 slot = fuzz_u8(in) % 16;

	if (bytes > sizeof(f->data[0])) {
		f->maps[0].max_entries = cpu_to_le32(sizeof(f->data[0]) / 4);
		return;
	}
	f->maps[0].data_len = cpu_to_le32(bytes);
	f->data[0][slot * 4] = fuzz_u8(in) % 3;
}

static void change_part(struct fixture *f, const struct place *at,
			struct fuzz_input *in)
{
	struct fixture_func *m = &f->funcs[0];
	enum part part = fuzz_u8(in) % N_PARTS;
	u8 times = fuzz_u8(in);

	switch (part) {
	case PART_SEQUENCE:
		fuzz_change(m->code + at->off, at->len, times, in);
		break;
	case PART_CODE:
		fuzz_change(m->code, m->len, times, in);
		break;
	case PART_ENTRIES:
		fuzz_change(m->extable, sizeof(m->extable), times, in);
		break;
	case PART_COUNT:
		m->n_extable = times % (FIXTURE_EXTABLE + 1);
		break;
	case PART_MAP:
		fuzz_change(&f->maps[0], sizeof(f->maps[0]), times, in);
		break;
	case PART_SLOTS:
		fill(f, in);
		break;
	case PART_FACTS:
		fuzz_change(f->facts, sizeof(f->facts), times, in);
		break;
	case PART_PROG:
		fuzz_change(&f->prog, sizeof(f->prog), times, in);
		break;
	default:
		f->env.features = cpu_to_le32(times);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fixture f;
	struct fuzz_input in = { data, len };
	struct place at;
	int i;

	fixture_init(&f);
	at = make(&f, fuzz_u8(&in));
	for (i = 0; i < 32 && in.left; i++)
		change_part(&f, &at, &in);
	if (le32_to_cpu(f.maps[0].data_len) > sizeof(f.data[0]))
		f.maps[0].data_len = 0;
	fuzz_check(&f, data, len);
	fixture_release(&f);
	return 0;
}
