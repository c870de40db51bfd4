// SPDX-License-Identifier: BSD-2-Clause
/* Accesses: what the module tells of them, and what it puts in their place. */

#include <stdlib.h>
#include <unistd.h>

#include "guest_access.h"

/* Whole and narrow loads, a store, one that the kernel bounds. */
static const struct bpf_insn fields[] = {
	LOAD(BPF_W, BPF_REG_0, BPF_REG_1, SKB(len)),
	LOAD(BPF_W, BPF_REG_2, BPF_REG_1, SKB(mark)),
	LOAD(BPF_B, BPF_REG_3, BPF_REG_1, SKB(protocol) + 1),
	LOAD(BPF_W, BPF_REG_4, BPF_REG_1, SKB(napi_id)),
	STORE(BPF_W, BPF_REG_10, -8, BPF_REG_2),
	STORE(BPF_W, BPF_REG_1, SKB(mark), BPF_REG_0),
	EXIT,
};
static const u32 field_insns[] = { 0, 1, 2, 3, 5 };

static bool lists_fields(const struct vouch_test_taken *t)
{
	u32 i;

	if (t->n != N(field_insns))
		return false;
	for (i = 0; i < t->n; i++) {
		const struct vouch_access *a = t->found[i];

		if (le32_to_cpu(a->insn) != field_insns[i] ||
		    le32_to_cpu(a->base) != VOUCH_BASE_CTX ||
		    memcmp(a->code, &fields[field_insns[i]], sizeof(a->code)))
			return false;
	}
	return true;
}

static void context_is_told(void)
{
	struct vouch_test_taken t;
	int err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  NULL, 0, &t);

	vouch_test_check(!err, "a program that reads an skb is taken: %s",
			 t.records.why);
	if (err)
		return;
	vouch_test_check(lists_fields(&t),
			 "its accesses are told in order, the stack's not");
	vouch_test_check((u16)sequence(t.found[0])->off ==
					 vouch_test_offset("sk_buff", "len") &&
				 le32_to_cpu(t.found[0]->target_size) == 4 &&
				 le32_to_cpu(t.found[2]->field_size) == 4 &&
				 le32_to_cpu(t.found[3]->n_insns) == 3,
			 "with what the kernel puts in their place");
	vouch_test_check(vouch_test_stand_there(&t),
			 "which stands in the bytecode");
	vouch_test_release(&t);
}

static void context_is_replaced(void)
{
	struct vouch_test_taken t, u;
	struct vouch_test_list list;
	u32 i;
	int err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  NULL, 0, &t);

	if (err)
		return;
	vouch_test_make_list(&list, &t);
	for (i = 0; i < list.n; i++)
		replaced(&list, i)->off += 0x400;
	err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
			      list.buf, list.size, &u);
	vouch_test_check(!err, "a program with replacements is taken: %s",
			 u.records.why);
	vouch_test_check(
		!err && u.n == t.n && u.n_insns == t.n_insns &&
			!memcmp(sequence(u.found[0]), replaced(&list, 0), 8) &&
			vouch_test_stand_there(&u),
		"the replacements stand in the bytecode");
	for (i = 0; !err && i < t.n_insns; i++) {
		struct bpf_insn insn = u.insns[i];

		if (insn.off == t.insns[i].off + 0x400)
			insn.off -= 0x400;
		err = memcmp(&insn, &t.insns[i], sizeof(insn));
	}
	vouch_test_check(!err, "and nothing else has changed");
	vouch_test_release(&u);

	/* As a kernel that has no such field, and one where it is shorter. */
	vouch_test_make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)MOVE_K(BPF_REG_0, 0);
	list.heads[2]->target_size = cpu_to_le32(1);
	err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
			      list.buf, list.size, &u);
	vouch_test_check(!err && u.insns[0].code == replaced(&list, 0)->code &&
				 u.n_insns == t.n_insns - 2,
			 "the size of the field decides about shift and mask");
	vouch_test_release(&u);
	vouch_test_release(&t);
}

static int retry(const struct vouch_test_list *list, struct vouch_test_taken *t)
{
	int err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  list->buf, list->size, t);

	free(t->records.buf);
	return err;
}

static void unfit_lists_are_refused(void)
{
	struct vouch_test_taken t, u;
	struct vouch_test_list list;

	if (vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0,
			    &t))
		return;
	vouch_test_make_list(&list, &t);
	list.heads[1]->expected[2]++;
	vouch_test_check(
		retry(&list, &u) == -EILSEQ &&
			strstr(u.records.why, "instruction 1 is not what"),
		"another instruction than expected is refused: %s",
		u.records.why);
	vouch_test_make_list(&list, &t);
	list.size -= sizeof(struct vouch_replacement) +
		     8 * le32_to_cpu(list.heads[list.n - 1]->n_insns);
	vouch_test_check(retry(&list, &u) == -EILSEQ &&
				 strstr(u.records.why, "has no replacement"),
			 "a list that leaves out an access is refused: %s",
			 u.records.why);
	vouch_test_make_list(&list, &t);
	vouch_test_add(&list, t.found[4]);
	list.heads[5]->insn = cpu_to_le32(6);
	vouch_test_check(retry(&list, &u) == -EILSEQ &&
				 strstr(u.records.why, "too many"),
			 "a list that has more accesses is refused: %s",
			 u.records.why);
	vouch_test_make_list(&list, &t);
	list.heads[1]->base = cpu_to_le32(VOUCH_BASE_SOCKET);
	vouch_test_check(retry(&list, &u) == -EILSEQ,
			 "an access of another base is refused: %s",
			 u.records.why);
	vouch_test_release(&t);
}

static void broken_lists_are_refused(void)
{
	struct vouch_test_taken t, u;
	struct vouch_test_list list;

	if (vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0,
			    &t))
		return;
	vouch_test_make_list(&list, &t);
	list.size--;
	vouch_test_check(retry(&list, &u) == -EINVAL, "half an entry");
	vouch_test_make_list(&list, &t);
	list.heads[0]->n_insns = 0;
	vouch_test_check(retry(&list, &u) == -EINVAL, "an empty sequence");
	vouch_test_make_list(&list, &t);
	list.heads[0]->n_insns = cpu_to_le32(~0u);
	vouch_test_check(retry(&list, &u) == -EINVAL, "an endless sequence");
	vouch_test_make_list(&list, &t);
	list.heads[0]->reserved = 1;
	vouch_test_check(retry(&list, &u) == -EINVAL, "reserved bytes");
	vouch_test_make_list(&list, &t);
	list.heads[1]->insn = 0;
	vouch_test_check(retry(&list, &u) == -EINVAL, "entries out of order");
	vouch_test_make_list(&list, &t);
	list.heads[1]->prog = cpu_to_le32(1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "two programs");
	vouch_test_make_list(&list, &t);
	list.heads[1]->base = cpu_to_le32(99);
	vouch_test_check(retry(&list, &u) == -EINVAL, "an unknown base");
	vouch_test_make_list(&list, &t);
	list.heads[0]->insn = cpu_to_le32(VOUCH_ACCESS_PROLOGUE);
	vouch_test_check(retry(&list, &u) == -EINVAL, "half a prologue");
	vouch_test_make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)CALL(1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a call");
	vouch_test_make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)EXIT;
	vouch_test_check(retry(&list, &u) == -EINVAL, "an exit");
	vouch_test_make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)JUMP_ZERO(BPF_REG_0, 1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a jump far away");
	*replaced(&list, 0) = (struct bpf_insn)JUMP_ZERO(BPF_REG_0, -1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a jump back");
	*replaced(&list, 0) =
		(struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW };
	vouch_test_check(retry(&list, &u) == -EINVAL, "half an immediate");
	vouch_test_release(&t);
}

static void origins_are_told(void)
{
	/* The first jump is always taken, so that two instructions die. */
	const struct bpf_insn insns[] = {
		MOVE_K(BPF_REG_0, 0),
		JUMP_ZERO(BPF_REG_0, 2),
		LOAD(BPF_W, BPF_REG_2, BPF_REG_1, SKB(mark)),
		LOAD(BPF_W, BPF_REG_2, BPF_REG_1, SKB(mark)),
		LOAD(BPF_W, BPF_REG_2, BPF_REG_1, SKB(len)),
		EXIT,
	};
	struct vouch_guest_origin *origins = NULL;
	int dev = vouch_guest_open(), fd, err;
	char why[128];
	u32 n = 0;

	vouch_guest_arm(dev, vouch_test_log, N(insns), NULL, 0);
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, insns, N(insns),
				  vouch_test_log, VOUCH_TEST_LOG_SIZE);
	err = vouch_guest_origins(dev, vouch_test_log, &origins, &n, why,
				  sizeof(why));
	vouch_test_check(fd >= 0 && !err && n == 1 &&
				 le32_to_cpu(origins[0].insn) == 4 &&
				 le32_to_cpu(origins[0].base) == VOUCH_BASE_CTX,
			 "accesses are told by where they were before: %s",
			 err ? why : "");
	free(origins);
	close(fd);
	close(dev);
}

static u32 first_offset(int fd)
{
	struct bpf_insn insns[64];
	struct bpf_prog_info info = {
		.xlated_prog_insns = (uintptr_t)insns,
		.xlated_prog_len = sizeof(insns),
	};
	union bpf_attr attr = {
		.info = {
			.bpf_fd = (u32)fd,
			.info_len = sizeof(info),
			.info = (uintptr_t)&info,
		},
	};

	memset(insns, 0, sizeof(insns));
	if (vouch_test_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return ~0u;
	return (u16)insns[0].off;
}

static void other_loads_are_left_alone(void)
{
	int dev = vouch_guest_open(), fd;
	struct vouch_test_list list;
	struct vouch_test_taken t;

	if (vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0,
			    &t))
		return;
	vouch_test_make_list(&list, &t);
	replaced(&list, 0)->off += 0x400;
	vouch_test_check(!vouch_guest_arm(dev, vouch_test_log, N(fields),
					  list.buf, list.size),
			 "a load with replacements is armed");
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  vouch_test_other_log, VOUCH_TEST_LOG_SIZE);
	vouch_test_check(first_offset(fd) ==
				 vouch_test_offset("sk_buff", "len"),
			 "meanwhile others get what the kernel chooses");
	close(fd);
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  vouch_test_log, VOUCH_TEST_LOG_SIZE);
	vouch_test_check(first_offset(fd) ==
				 vouch_test_offset("sk_buff", "len") + 0x400,
			 "and that one the replacement");
	close(fd);
	close(dev);
	vouch_test_release(&t);
}

void vouch_test_accesses(void)
{
	context_is_told();
	context_is_replaced();
	unfit_lists_are_refused();
	broken_lists_are_refused();
	vouch_test_access_kinds();
	origins_are_told();
	other_loads_are_left_alone();
}
