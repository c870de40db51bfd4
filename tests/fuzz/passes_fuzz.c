// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two loads of one program, the second with replacements, as a verifier VM
 * tells of them: both begin as they should be and are changed as the input
 * says. What is accepted must have what the target has in each access's place.
 *
 * The first byte of an input says where the target has things. Then come
 * parts; each begins with a byte that says what of which load is changed, then
 * a byte that says how often.
 *
 * Parser: host-bridge/retarget.c host-bridge/access.c
 * Parser: host-bridge/btf_move.c host-bridge/check_passes.c
 * Parser: host-bridge/check_pass_insns.c host-bridge/x86/passes.c
 * Parser: host-bridge/check_compiled.c host-bridge/x86/compiled.c
 * Parser: host-bridge/check_constants.c
 */

#include "edits.h"

#include "../unit/passes_fixture.h"

#include "../../host-bridge/check_constants.h"

enum part {
	PART_CODE,
	PART_INSNS,
	PART_ACCESS, /* which one, and what is changed of it */
	PART_LENGTH, /* of the code, and how many accesses there are */
	PART_PROG,
	PART_REF,
	PART_SYM,
	PART_MAP,
	PART_FACT,
	PART_ENV,
	N_PARTS,
};

/* Two kernels, of whose structure members lie elsewhere. */
static struct kernels {
	struct vouch_kbtf *from, *to;
	u32 task;
} kernels;

static struct pass_load first, second;

static void make_kernels(void)
{
	struct fixture_kernel here = fixture_kernel(), there = here;
	u32 i, id;

	if (kernels.from)
		return;
	for (i = 2; there.members[i].name; i++)
		there.members[i].bit += (u32)(pass_there.field - 8) * 8;
	there.size += 512;
	kernels.from = fixture_btf(&here, &kernels.task);
	kernels.to = fixture_btf(&there, &id);
}

static struct pass_places choose_places(u8 how)
{
	struct pass_places there = how & 1 ? pass_here : pass_there;

	/* As the BTF has it. */
	there.field = pass_there.field;
	there.absent = how & 2;
	there.apart = how & 4;
	there.called = how & 8;
	if (how & 16)
		there.mark = 4096;
	if (how & 32)
		there.flags = 3;
	return there;
}

/* ---- the changes ---- */

static void change_access(struct pass_load *l, u8 times, struct fuzz_input *in)
{
	struct pass_access *p = &l->accesses[fuzz_u8(in) % PASS_ACCESSES];

	p->n = times / 16 % (PASS_SEQUENCE + 1);
	if (times & 1)
		fuzz_change(&p->a, sizeof(p->a), times / 2, in);
	else
		fuzz_change(p->insns, sizeof(p->insns), times / 2, in);
}

static void change_part(struct pass_load *l, enum part part,
			struct fuzz_input *in)
{
	u8 times = fuzz_u8(in);

	switch (part) {
	case PART_CODE:
		fuzz_change(l->code, sizeof(l->code), times, in);
		break;
	case PART_INSNS:
		fuzz_change(l->insns, sizeof(l->insns), times, in);
		break;
	case PART_ACCESS:
		change_access(l, times, in);
		break;
	case PART_LENGTH:
		l->len = (l->len + times) % (PASS_CODE - 8);
		l->n_insns = 1 + fuzz_u8(in) % PASS_INSNS;
		l->n_accesses = fuzz_u8(in) % (PASS_ACCESSES + 1);
		break;
	case PART_PROG:
		fuzz_change(&l->prog, sizeof(l->prog), times, in);
		break;
	case PART_REF:
		fuzz_change(&l->ref, sizeof(l->ref), times, in);
		break;
	case PART_SYM:
		fuzz_change(&l->sym, sizeof(l->sym), times, in);
		break;
	case PART_MAP:
		fuzz_change(&l->map, sizeof(l->map), times, in);
		break;
	case PART_FACT:
		fuzz_change(&l->fact, sizeof(l->fact), times, in);
		break;
	default:
		fuzz_change(&l->env, sizeof(l->env), times, in);
		break;
	}
}

/* ---- what is held against what ---- */

static bool parse(struct pass_load *l)
{
	const char *why = NULL;

	/* What is behind a map's value, and is not written here. */
	l->map.data_len = 0;
	pass_release(l);
	memset(&l->writer, 0, sizeof(l->writer));
	pass_write(l);
	return !vouch_capture_parse(l->writer.buf, l->writer.len, &l->view,
				    &why);
}

/* What stands in the place of accesses that checked out. */
static void list_constants(const struct vouch_capture_prog_view *prog)
{
	struct vouch_constants constants = {};
	u32 i;

	if (vouch_constants_read(prog, &constants))
		return;
	for (i = 0; i < constants.n; i++)
		fuzz_require(
			vouch_constants_have(&constants, constants.values[i]));
	vouch_constants_release(&constants);
}

static const struct vouch_access_view *
find_access(const struct vouch_replacement *r)
{
	const struct vouch_capture_prog_view *prog =
		&second.view.progs[le32_to_cpu(r->prog)];
	u32 i;

	for (i = 0; i < prog->n_accesses; i++)
		if (prog->accesses[i].access->insn == r->insn &&
		    prog->accesses[i].access->base == r->base)
			return &prog->accesses[i];
	return NULL;
}

/* Each listed access of the second load has what is listed for it. */
static void confirm(const struct vouch_retargeting *retargeting)
{
	const struct vouch_replacement *r = NULL;

	while ((r = vouch_retarget_next(retargeting->list, r))) {
		const struct vouch_access_view *a = find_access(r);

		fuzz_require(a && a->n_insns == le32_to_cpu(r->n_insns));
		fuzz_require(!memcmp(a->insns, r + 1,
				     (size_t)a->n_insns * VOUCH_INSN_LEN));
	}
}

static void compare(const struct vouch_retargeting *retargeting, const u8 *data,
		    size_t len)
{
	struct vouch_refusal why = {};
	const char *reason = NULL;
	bool failed;
	int ret;

	fuzz_require(!vouch_retarget_parse(retargeting->list, retargeting->len,
					   &reason));
	if (vouch_sha256(retargeting->list, retargeting->len,
			 second.env.retarget) ||
	    !parse(&second))
		return;
	fuzz_alloc_arm(data, len);
	ret = vouch_check_passes(&first.view, &second.view, retargeting, &why);
	failed = fuzz_alloc_disarm();
	fuzz_require(failed || !ret || (ret == -EPERM && why.text[0]));
	if (!ret)
		confirm(retargeting);
}

static void compute(const struct vouch_retarget_source *source, const u8 *data,
		    size_t len)
{
	struct vouch_retargeting retargeting = {};
	struct vouch_refusal why = {};
	bool failed;
	int ret;

	if (!parse(&first))
		return;
	fuzz_alloc_arm(data, len);
	ret = vouch_retarget_compute(&first.view, source, &retargeting, &why);
	failed = fuzz_alloc_disarm();
	fuzz_require(failed || !ret || (ret == -EPERM && why.text[0]));
	if (!ret)
		list_constants(&first.view.progs[0]);
	if (!ret && retargeting.list)
		compare(&retargeting, data, len);
	vouch_retargeting_release(&retargeting);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	const struct pass_places there = choose_places(fuzz_u8(&in));
	struct vouch_retarget_source source = {
		.release = "6.1.0-target",
		.convert = pass_convert,
		.ctx = &there,
	};
	int i;

	make_kernels();
	source.verifier = kernels.from;
	source.target = kernels.to;
	pass_init(&first, &pass_here, kernels.task);
	pass_init(&second, &there, kernels.task);
	for (i = 0; i < 32 && in.left; i++) {
		u8 what = fuzz_u8(&in);
		enum part part = what % N_PARTS;
		u8 whose = what / N_PARTS % 4;
		struct fuzz_input again = in;

		/* Mostly both alike, since else one refuses at once. */
		if (whose != 1)
			change_part(&first, part, &in);
		if (whose > 1)
			in = again;
		if (whose)
			change_part(&second, part, &in);
	}
	compute(&source, data, len);
	pass_release(&first);
	pass_release(&second);
	return 0;
}
