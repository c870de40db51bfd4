// SPDX-License-Identifier: BSD-2-Clause
/* Constants that stand in the place of a program's accesses. */

#include <stdlib.h>

#include "access.h"
#include "check_constants.h"

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static bool has_constant(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return (class == BPF_ALU || class == BPF_ALU64 ||
		vouch_insn_is_branch(insn)) &&
	       BPF_SRC(insn->code) == BPF_K;
}

static void add(const struct vouch_access_view *v, struct vouch_constants *out)
{
	struct vouch_expansion e;
	u32 i;

	vouch_access_expand(v->access, v->insns, v->n_insns,
			    le32_to_cpu(v->access->target_size), &e);
	for (i = 0; i < e.n; i++)
		if (has_constant(&e.insns[i]))
			out->values[out->n++] = (u32)e.insns[i].imm;
}

int vouch_constants_read(const struct vouch_capture_prog_view *prog,
			 struct vouch_constants *out)
{
	size_t most = 1;
	u32 i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < prog->n_accesses; i++)
		most += prog->accesses[i].n_insns + VOUCH_EXPANSION_MAX -
			VOUCH_MAX_SEQUENCE;
	out->values = calloc(most, sizeof(*out->values));
	if (!out->values)
		return -ENOMEM;
	for (i = 0; i < prog->n_accesses; i++)
		add(&prog->accesses[i], out);
	qsort(out->values, out->n, sizeof(*out->values), compare);
	return 0;
}

bool vouch_constants_have(const struct vouch_constants *constants, u32 value)
{
	return constants->n && bsearch(&value, constants->values, constants->n,
				       sizeof(value), compare);
}

void vouch_constants_release(struct vouch_constants *constants)
{
	free(constants->values);
	memset(constants, 0, sizeof(*constants));
}
