// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check, with the real disassembler: captures that parse, of objects and
 * for profiles that parse, each changed as the input says. Whatever is
 * accepted must link, and the result must be an image.
 *
 * An input is a list of parts; each begins with a byte that says which part
 * of the fixture is changed, then a byte that says how often.
 *
 * Parser: host-bridge/check.c host-bridge/check_refs.c host-bridge/check_maps.c
 * Parser: host-bridge/check_facts.c
 */

#include "check.h"

enum part {
	PART_CODE, /* of function 0 */
	PART_CODE_1,
	PART_INSERT, /* code before the epilogue of function 0 */
	PART_ENV,
	PART_FACTS,
	PART_MAPS,
	PART_PROG,
	PART_SYMS,
	PART_REFS, /* of function 0 */
	PART_PROFILE,
	PART_OBJECT,
	PART_COUNTS,
	PART_AIM, /* a call */
	PART_ADD_REF,
	N_PARTS,
};

static void insert(struct fixture *f, struct fuzz_input *in)
{
	size_t got;
	const u8 *p = fuzz_bytes(in, fuzz_u8(in), &got);

	if (f->funcs[0].len + got <= FIXTURE_CODE && got)
		fixture_insert(f, 0, marks.mov, p, (u32)got);
}

static void change_text(struct fixture *f, u8 times, struct fuzz_input *in)
{
	struct fuzz_edited e = fuzz_editable(f->profile, strlen(f->profile));
	u8 i;

	if (e.max > sizeof(f->profile) - 1)
		e.max = sizeof(f->profile) - 1;
	for (i = 0; i < times % 16 && in->left; i++)
		fuzz_edit_once(&e, in);
	memcpy(f->profile, e.data, e.len);
	f->profile[e.len] = 0;
	free(e.data);
}

static void aim(struct fixture *f, struct fuzz_input *in)
{
	static const u64 targets[] = { FIXTURE_LOOKUP,	FIXTURE_THUNK,
				       FIXTURE_OTHER,	FIXTURE_FUNC(0),
				       FIXTURE_FUNC(1), FIXTURE_FUNC(2) };
	u32 func = fuzz_u8(in) % 2;
	u32 off = fuzz_u16(in) % FIXTURE_CODE;
	u64 to = targets[fuzz_u8(in) % 6] + fuzz_u8(in) % 4;

	if (off + 5 <= f->funcs[func].len)
		fixture_aim(f, func, off, to);
}

static void add_any_ref(struct fixture *f, struct fuzz_input *in)
{
	struct fixture_func *m = &f->funcs[fuzz_u8(in) % 2];
	u32 kind = fuzz_u8(in) % 10, index = fuzz_u8(in);

	if (m->n_refs < FIXTURE_REFS)
		add_ref(m, kind, index, fuzz_u64(in))->tag = fuzz_u64(in);
}

static void set_counts(struct fixture *f, struct fuzz_input *in)
{
	u8 which = fuzz_u8(in) % 5, n = fuzz_u8(in);

	switch (which) {
	case 0:
		f->n_facts = n % 9;
		break;
	case 1:
		f->n_maps = n % 5;
		break;
	case 2:
		f->n_syms = n % 5;
		break;
	case 3:
		f->n_funcs = n % (FIXTURE_FUNCS + 1);
		if (f->n_funcs == FIXTURE_FUNCS && !f->funcs[2].len)
			make_sub(f, 2);
		break;
	default:
		f->keep_hash = true;
	}
}

static void change_part(struct fixture *f, struct fuzz_input *in)
{
	enum part part = fuzz_u8(in) % N_PARTS;
	u8 times = fuzz_u8(in);

	if (part == PART_CODE || part == PART_CODE_1)
		fuzz_change(f->funcs[part].code, f->funcs[part].len, times, in);
	else if (part == PART_INSERT)
		insert(f, in);
	else if (part == PART_ENV)
		fuzz_change(&f->env, sizeof(f->env), times, in);
	else if (part == PART_FACTS)
		fuzz_change(f->facts, sizeof(f->facts), times, in);
	else if (part == PART_MAPS)
		fuzz_change(f->maps, sizeof(f->maps), times, in);
	else if (part == PART_PROG)
		fuzz_change(&f->prog, sizeof(f->prog), times, in);
	else if (part == PART_SYMS)
		fuzz_change(f->syms, sizeof(f->syms), times, in);
	else if (part == PART_REFS)
		fuzz_change(f->funcs[0].refs, sizeof(f->funcs[0].refs), times,
			    in);
	else if (part == PART_PROFILE)
		change_text(f, times, in);
	else if (part == PART_OBJECT)
		fuzz_change(f->object, f->object_len, times, in);
	else if (part == PART_COUNTS)
		set_counts(f, in);
	else if (part == PART_AIM)
		aim(f, in);
	else
		add_any_ref(f, in);
}

/* Lengths of map data are bounded by the fixture's memory for them. */
static void bound(struct fixture *f)
{
	u32 i;

	for (i = 0; i < 4; i++)
		if (le32_to_cpu(f->maps[i].data_len) > sizeof(f->data[i]))
			f->maps[i].data_len = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fixture f;
	struct fuzz_input in = { data, len };
	int i;

	fixture_init(&f);
	for (i = 0; i < 32 && in.left; i++)
		change_part(&f, &in);
	bound(&f);
	fuzz_check(&f, data, len);
	fixture_release(&f);
	return 0;
}
