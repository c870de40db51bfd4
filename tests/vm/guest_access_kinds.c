// SPDX-License-Identifier: BSD-2-Clause
/* Accesses by kind: what is put in front, sockets, kernel structures. */

#include <linux/pkt_cls.h>
#include <stdlib.h>

#include "guest_access.h"

/* Writes the packet, so that the kernel puts something in front. */
static const struct bpf_insn writer[] = {
	LOAD(BPF_W, BPF_REG_2, BPF_REG_1, SKB(data)),
	LOAD(BPF_W, BPF_REG_3, BPF_REG_1, SKB(data_end)),
	MOVE(BPF_REG_4, BPF_REG_2),
	ADD_K(BPF_REG_4, 1),
	{ .code = BPF_JMP | BPF_JGT | BPF_X,
	  .dst_reg = BPF_REG_4,
	  .src_reg = BPF_REG_3,
	  .off = 1 },
	STORE(BPF_B, BPF_REG_2, 0, BPF_REG_4),
	MOVE_K(BPF_REG_0, TC_ACT_OK),
	EXIT,
};

static void prologue_is_replaced(void)
{
	struct vouch_test_taken t, u;
	struct vouch_test_list list;
	u32 n;
	int err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer),
				  NULL, 0, &t);

	vouch_test_check(!err && t.n == 3 &&
				 t.found[0]->insn ==
					 cpu_to_le32(VOUCH_ACCESS_PROLOGUE) &&
				 vouch_test_stand_there(&t),
			 "the prologue of a packet writer is told: %s",
			 t.records.why);
	if (err)
		return;
	vouch_test_make_list(&list, &t);
	replaced(&list, 0)->off++;
	err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer),
			      list.buf, list.size, &u);
	vouch_test_check(!err && u.n_insns == t.n_insns &&
				 vouch_test_stand_there(&u) &&
				 u.insns[0].off == t.insns[0].off + 1,
			 "and replaced: %s", u.records.why);
	vouch_test_release(&u);
	vouch_test_make_list(&list, &t);
	n = le32_to_cpu(list.heads[0]->n_insns);
	replaced(&list, 0)[n - 1].off++;
	err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer),
			      list.buf, list.size, &u);
	vouch_test_check(err == -EILSEQ && strstr(u.records.why, "prologue"),
			 "but not by one that ends elsewhere: %s",
			 u.records.why);
	free(u.records.buf);
	vouch_test_release(&t);
}

static const struct bpf_insn sockets[] = {
	LOAD(BPF_DW, BPF_REG_1, BPF_REG_1, SKB(sk)),
	JUMP_ZERO(BPF_REG_1, 9),
	LOAD(BPF_W, BPF_REG_6, BPF_REG_1, SK(family)),
	CALL(BPF_FUNC_sk_fullsock),
	JUMP_ZERO(BPF_REG_0, 6),
	LOAD(BPF_W, BPF_REG_6, BPF_REG_0, SK(priority)),
	LOAD(BPF_H, BPF_REG_6, BPF_REG_0, SK(dst_port)),
	MOVE(BPF_REG_1, BPF_REG_0),
	CALL(BPF_FUNC_tcp_sock),
	JUMP_ZERO(BPF_REG_0, 1),
	LOAD(BPF_W, BPF_REG_6, BPF_REG_0,
	     (short)offsetof(struct bpf_tcp_sock, snd_cwnd)),
	MOVE_K(BPF_REG_0, 0),
	EXIT,
};

static void sockets_are_replaced(void)
{
	static const u32 bases[] = { VOUCH_BASE_CTX, VOUCH_BASE_SOCK_COMMON,
				     VOUCH_BASE_SOCKET, VOUCH_BASE_SOCKET,
				     VOUCH_BASE_TCP_SOCK };
	struct vouch_test_taken t, u;
	struct vouch_test_list list;
	bool good;
	u32 i;
	int err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, sockets, N(sockets),
				  NULL, 0, &t);

	good = !err && t.n == N(bases) && vouch_test_stand_there(&t);
	for (i = 0; good && i < t.n; i++)
		good = le32_to_cpu(t.found[i]->base) == bases[i];
	vouch_test_check(good, "each kind of socket is told: %s",
			 t.records.why);
	if (!good)
		return;
	vouch_test_check((u16)sequence(t.found[2])->off ==
				 vouch_test_offset("sock", "sk_priority"),
			 "and converted as the kernel does it");
	vouch_test_make_list(&list, &t);
	for (i = 1; i < list.n; i++)
		replaced(&list, i)->off += 8;
	err = vouch_test_take(BPF_PROG_TYPE_SCHED_CLS, sockets, N(sockets),
			      list.buf, list.size, &u);
	vouch_test_check(!err && u.n_insns == t.n_insns &&
				 vouch_test_stand_there(&u) &&
				 sequence(u.found[4])->off ==
					 sequence(t.found[4])->off + 8,
			 "and replaced: %s", u.records.why);
	vouch_test_release(&u);
	vouch_test_release(&t);
}

/* task->pid, through the pointer as the verifier knows it; @off goes to a
 * register first where it is not in the load. */
static void make_walk(struct bpf_insn walk[5], u32 add, u32 off)
{
	const struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_current_task_btf),
		ADD_K(BPF_REG_0, (s32)add),
		LOAD(BPF_W, BPF_REG_6, BPF_REG_0, (short)off),
		MOVE_K(BPF_REG_0, 0),
		EXIT,
	};

	memcpy(walk, insns, sizeof(insns));
}

static void structures_are_replaced(void)
{
	u32 pid = vouch_test_offset("task_struct", "pid");
	u32 tgid = vouch_test_offset("task_struct", "tgid");
	struct bpf_insn walk[5];
	struct vouch_test_taken t, u;
	struct vouch_test_list list;
	int err;

	make_walk(walk, 0, pid);
	err = vouch_test_take(BPF_PROG_TYPE_KPROBE, walk, N(walk), NULL, 0, &t);
	vouch_test_check(
		!err && t.n == 1 &&
			le32_to_cpu(t.found[0]->base) == VOUCH_BASE_BTF &&
			le32_to_cpu(t.found[0]->offset) == pid &&
			le32_to_cpu(t.found[0]->size) == 4 &&
			le32_to_cpu(t.found[0]->structure) &&
			vouch_test_stand_there(&t),
		"a load from a kernel structure is told: %s", t.records.why);
	if (err)
		return;
	vouch_test_make_list(&list, &t);
	replaced(&list, 0)->off = (short)tgid;
	err = vouch_test_take(BPF_PROG_TYPE_KPROBE, walk, N(walk), list.buf,
			      list.size, &u);
	vouch_test_check(!err && vouch_test_stand_there(&u) &&
				 sequence(u.found[0])->off == (short)tgid,
			 "and replaced: %s", u.records.why);
	vouch_test_release(&u);
	replaced(&list, 0)->code = BPF_LDX | BPF_MEM | BPF_W;
	err = vouch_test_take(BPF_PROG_TYPE_KPROBE, walk, N(walk), list.buf,
			      list.size, &u);
	vouch_test_check(err == -EILSEQ && strstr(u.records.why, "kind"),
			 "but not by another instruction: %s", u.records.why);
	free(u.records.buf);
	vouch_test_release(&t);
	make_walk(walk, pid - 4, 4);
	err = vouch_test_take(BPF_PROG_TYPE_KPROBE, walk, N(walk), NULL, 0, &t);
	vouch_test_check(!err && t.n == 1 &&
				 le32_to_cpu(t.found[0]->offset) == pid &&
				 sequence(t.found[0])->off == 4,
			 "an offset that was added before is witnessed: %s",
			 t.records.why);
	vouch_test_release(&t);
}

/* Two paths to one load, with task->pid behind one and ->tgid behind other. */
static void two_faces_are_refused(void)
{
	s32 pid = (s32)vouch_test_offset("task_struct", "pid");
	s32 tgid = (s32)vouch_test_offset("task_struct", "tgid");
	const struct bpf_insn insns[] = {
		LOAD(BPF_DW, BPF_REG_6, BPF_REG_1, 0),
		CALL(BPF_FUNC_get_current_task_btf),
		JUMP_ZERO(BPF_REG_6, 2),
		ADD_K(BPF_REG_0, pid),
		{ .code = BPF_JMP | BPF_JA, .off = 1 },
		ADD_K(BPF_REG_0, tgid),
		LOAD(BPF_W, BPF_REG_6, BPF_REG_0, 0),
		MOVE_K(BPF_REG_0, 0),
		EXIT,
	};
	struct vouch_test_taken t;
	int err = vouch_test_take(BPF_PROG_TYPE_KPROBE, insns, N(insns), NULL,
				  0, &t);

	vouch_test_check(
		err == -EILSEQ && strstr(t.records.why,
					 "instruction 6 reaches different"),
		"a load that reaches two fields is refused: %s", t.records.why);
	free(t.records.buf);
}

void vouch_test_access_kinds(void)
{
	prologue_is_replaced();
	sockets_are_replaced();
	structures_are_replaced();
	two_faces_are_refused();
}
