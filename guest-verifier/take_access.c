// SPDX-License-Identifier: GPL-2.0-only
/* Accesses and bytecode. */

#include <linux/bpf.h>
#include <linux/filter.h>

#include "record.h"
#include "take_access.h"

static_assert(sizeof(struct bpf_insn) == 8);

static int check(struct vouch_take *take)
{
	const struct vouch_watch *watch = take->watch;

	if (!watch->aux)
		return vouch_record_refuse(take, -ENOENT,
					   "the load did not come by");
	if (!watch->converted)
		return vouch_record_refuse(
			take, -EILSEQ,
			"its accesses were not noted; load it once more");
	if (*watch->accesses.why)
		return vouch_record_refuse(take, -EILSEQ, watch->accesses.why);
	return 0;
}

static int take_access(struct vouch_take *take,
		       const struct vouch_noted_access *a)
{
	u64 len = a->n_insns * sizeof(struct bpf_insn);
	struct vouch_capture_record *head;
	struct vouch_access *out;

	out = vouch_record_begin(take, VOUCH_RECORD_ACCESS, sizeof(*out) + len,
				 &head);
	if (!out)
		return vouch_record_full(take);
	out->insn = cpu_to_le32(a->insn);
	out->base = cpu_to_le32(a->base);
	memcpy(out->code, &a->code, sizeof(out->code));
	out->field_size = cpu_to_le32(a->field_size);
	out->structure = cpu_to_le32(a->structure);
	out->offset = cpu_to_le32(a->offset);
	out->size = cpu_to_le32(a->size);
	out->n_insns = cpu_to_le32(a->n_insns);
	out->target_size = cpu_to_le32(a->target_size);
	memcpy(out + 1, take->watch->accesses.insns + a->first, len);
	return 0;
}

static int take_insns(struct vouch_take *take, const struct bpf_prog *prog)
{
	u64 len = prog->len * sizeof(*prog->insnsi);
	struct vouch_capture_record *head;
	void *out;

	out = vouch_record_begin(take, VOUCH_RECORD_INSNS, len, &head);
	if (!out)
		return vouch_record_full(take);
	memcpy(out, prog->insnsi, len);
	return 0;
}

int vouch_take_accesses(struct vouch_take *take, const struct bpf_prog *prog)
{
	const struct vouch_accesses *a = &take->watch->accesses;
	int err = check(take);
	u32 i;

	for (i = 0; !err && i < a->n; i++)
		err = take_access(take, &a->all[i]);
	return err ?: take_insns(take, prog);
}

int vouch_take_origins(struct vouch_take *take)
{
	const struct vouch_accesses *a = &take->watch->accesses;
	int err;
	u32 i;

	take->used = 0;
	take->n_records = 0;
	take->why = "";
	err = check(take);
	for (i = 0; !err && i < a->n; i++) {
		struct vouch_guest_origin *out;

		if (a->all[i].base == VOUCH_BASE_PROLOGUE)
			continue;
		out = vouch_record_extend(take, sizeof(*out));
		if (!out)
			return vouch_record_full(take);
		out->insn = cpu_to_le32(a->all[i].origin);
		out->base = cpu_to_le32(a->all[i].base);
		out->structure = cpu_to_le32(a->all[i].structure);
		out->offset = cpu_to_le32(a->all[i].offset);
		take->n_records++;
	}
	return err;
}
