// SPDX-License-Identifier: BSD-2-Clause
/* Accesses: what the module tells of them, and what it puts in their place. */

#include <linux/pkt_cls.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest-verifier/agent/btf.h"
#include "guest-verifier/agent/guest.h"
#include "guest_test.h"
#include "retarget.h"

#define LOG_SIZE 65536
#define MAX_FOUND 32
#define N(insns) (sizeof(insns) / sizeof(*(insns)))

#define LOAD(size, dst, src, o)                                       \
	{                                                             \
		.code = BPF_LDX | BPF_MEM | (size), .dst_reg = (dst), \
		.src_reg = (src), .off = (o)                          \
	}
#define STORE(size, dst, o, src)                                      \
	{                                                             \
		.code = BPF_STX | BPF_MEM | (size), .dst_reg = (dst), \
		.src_reg = (src), .off = (o)                          \
	}
#define MOVE(dst, src)                                                 \
	{                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst), \
		.src_reg = (src)                                       \
	}
#define MOVE_K(dst, k)                                                 \
	{                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), \
		.imm = (k)                                             \
	}
#define ADD_K(dst, k)                                                  \
	{                                                              \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (dst), \
		.imm = (k)                                             \
	}
#define JUMP_ZERO(dst, o)                                            \
	{                                                            \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = (dst), \
		.off = (o)                                           \
	}
#define CALL(id)                                        \
	{                                               \
		.code = BPF_JMP | BPF_CALL, .imm = (id) \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}
#define SKB(field) ((short)offsetof(struct __sk_buff, field))
#define SK(field) ((short)offsetof(struct bpf_sock, field))

/* What was taken of one program. */
struct taken {
	struct vouch_guest_records records;
	const struct vouch_access *found[MAX_FOUND];
	u32 n;
	const struct bpf_insn *insns;
	u32 n_insns;
};

static char *log_buf, *log_other;

static const struct bpf_insn *sequence(const struct vouch_access *a)
{
	return (const void *)(a + 1);
}

static void find_records(struct taken *t)
{
	const u8 *p = t->records.buf;
	u32 i;

	for (i = 0; i < t->records.n; i++) {
		const struct vouch_capture_record *r = (const void *)p;
		u32 length = le32_to_cpu(r->length);

		if (le32_to_cpu(r->type) == VOUCH_RECORD_ACCESS &&
		    t->n < MAX_FOUND)
			t->found[t->n++] = (const void *)(r + 1);
		if (le32_to_cpu(r->type) == VOUCH_RECORD_INSNS) {
			t->insns = (const void *)(r + 1);
			t->n_insns = length / sizeof(*t->insns);
		}
		p += sizeof(*r) + (length + 7) / 8 * 8;
	}
}

/* Arm, load, take; an error is in t->records.why. */
static int take(u32 type, const struct bpf_insn *insns, u32 n, const void *list,
		size_t list_size, struct taken *t)
{
	int dev = vouch_guest_open();
	int fd, err;

	memset(t, 0, sizeof(*t));
	err = vouch_guest_arm(dev, log_buf, n, list, list_size);
	if (!err) {
		fd = vouch_test_load_type(type, insns, n, log_buf, LOG_SIZE);
		if (fd < 0)
			printf("%s\n", log_buf);
		err = fd < 0 ? fd
			     : vouch_guest_take(dev, log_buf, fd, type, NULL, 0,
						&t->records);
		close(fd);
	}
	close(dev);
	if (!err)
		find_records(t);
	return err;
}

static void release(struct taken *t)
{
	free(t->records.buf);
	memset(t, 0, sizeof(*t));
}

/* Equal, but for the number of a helper, which becomes a distance. */
static bool same(const struct bpf_insn *a, const struct bpf_insn *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct bpf_insn want = b[i];

		if (want.code == (BPF_JMP | BPF_CALL))
			want.imm = a[i].imm;
		if (memcmp(&a[i], &want, sizeof(want)))
			return false;
	}
	return true;
}

/* Does the sequence of each access stand in the bytecode, in that order? */
static bool stand_there(const struct taken *t)
{
	u32 i, at = 0;

	for (i = 0; i < t->n; i++) {
		u32 n = le32_to_cpu(t->found[i]->n_insns);

		/* A prologue's last instruction may be an access itself. */
		if (t->found[i]->insn == cpu_to_le32(VOUCH_ACCESS_PROLOGUE))
			n--;
		while (at + n <= t->n_insns &&
		       !same(t->insns + at, sequence(t->found[i]), n))
			at++;
		if (at + n > t->n_insns)
			return false;
		at += n;
	}
	return true;
}

/* A list that has what the kernel itself has chosen, for a start. */
struct list {
	u8 buf[8192];
	size_t size;
	struct vouch_replacement *heads[MAX_FOUND];
	u32 n;
};

static struct bpf_insn *replaced(struct list *list, u32 i)
{
	return (struct bpf_insn *)(list->heads[i] + 1);
}

static void add(struct list *list, const struct vouch_access *a)
{
	struct vouch_replacement *r = (void *)(list->buf + list->size);
	size_t len = le32_to_cpu(a->n_insns) * sizeof(struct bpf_insn);

	memset(r, 0, sizeof(*r));
	r->insn = a->insn;
	r->base = a->base;
	memcpy(r->expected, a->code, sizeof(r->expected));
	r->n_insns = a->n_insns;
	r->target_size = a->target_size;
	memcpy(r + 1, a + 1, len);
	list->heads[list->n++] = r;
	list->size += sizeof(*r) + len;
}

static void make_list(struct list *list, const struct taken *t)
{
	u32 i;

	memset(list, 0, sizeof(*list));
	for (i = 0; i < t->n; i++)
		add(list, t->found[i]);
}

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

static bool lists_fields(const struct taken *t)
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

static u32 kernel_offset(const char *structure, const char *field)
{
	struct btf *btf = vouch_btf_kernel();
	struct vouch_capture_fact fact = { 0 };
	u32 offset = ~0u;

	memcpy(fact.structure, structure, strlen(structure));
	memcpy(fact.field, field, strlen(field));
	if (btf && !vouch_btf_layout(btf, &fact))
		offset = le32_to_cpu(fact.offset);
	vouch_btf_free(btf);
	return offset;
}

static void context_is_told(void)
{
	struct taken t;
	int err = take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0, &t);

	vouch_test_check(!err, "a program that reads an skb is taken: %s",
			 t.records.why);
	if (err)
		return;
	vouch_test_check(lists_fields(&t),
			 "its accesses are told in order, the stack's not");
	vouch_test_check((u16)sequence(t.found[0])->off ==
					 kernel_offset("sk_buff", "len") &&
				 le32_to_cpu(t.found[0]->target_size) == 4 &&
				 le32_to_cpu(t.found[2]->field_size) == 4 &&
				 le32_to_cpu(t.found[3]->n_insns) == 3,
			 "with what the kernel puts in their place");
	vouch_test_check(stand_there(&t), "which stands in the bytecode");
	release(&t);
}

static void context_is_replaced(void)
{
	struct taken t, u;
	struct list list;
	u32 i;
	int err = take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0, &t);

	if (err)
		return;
	make_list(&list, &t);
	for (i = 0; i < list.n; i++)
		replaced(&list, i)->off += 0x400;
	err = take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), list.buf,
		   list.size, &u);
	vouch_test_check(!err, "a program with replacements is taken: %s",
			 u.records.why);
	vouch_test_check(
		!err && u.n == t.n && u.n_insns == t.n_insns &&
			!memcmp(sequence(u.found[0]), replaced(&list, 0), 8) &&
			stand_there(&u),
		"the replacements stand in the bytecode");
	for (i = 0; !err && i < t.n_insns; i++) {
		struct bpf_insn insn = u.insns[i];

		if (insn.off == t.insns[i].off + 0x400)
			insn.off -= 0x400;
		err = memcmp(&insn, &t.insns[i], sizeof(insn));
	}
	vouch_test_check(!err, "and nothing else has changed");
	release(&u);

	/* As a kernel that has no such field, and one where it is shorter. */
	make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)MOVE_K(BPF_REG_0, 0);
	list.heads[2]->target_size = cpu_to_le32(1);
	err = take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), list.buf,
		   list.size, &u);
	vouch_test_check(!err && u.insns[0].code == replaced(&list, 0)->code &&
				 u.n_insns == t.n_insns - 2,
			 "the size of the field decides about shift and mask");
	release(&u);
	release(&t);
}

static int retry(const struct list *list, struct taken *t)
{
	int err = take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), list->buf,
		       list->size, t);

	free(t->records.buf);
	return err;
}

static void unfit_lists_are_refused(void)
{
	struct taken t, u;
	struct list list;

	if (take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0, &t))
		return;
	make_list(&list, &t);
	list.heads[1]->expected[2]++;
	vouch_test_check(
		retry(&list, &u) == -EILSEQ &&
			strstr(u.records.why, "instruction 1 is not what"),
		"another instruction than expected is refused: %s",
		u.records.why);
	make_list(&list, &t);
	list.size -= sizeof(struct vouch_replacement) +
		     8 * le32_to_cpu(list.heads[list.n - 1]->n_insns);
	vouch_test_check(retry(&list, &u) == -EILSEQ &&
				 strstr(u.records.why, "has no replacement"),
			 "a list that leaves out an access is refused: %s",
			 u.records.why);
	make_list(&list, &t);
	add(&list, t.found[4]);
	list.heads[5]->insn = cpu_to_le32(6);
	vouch_test_check(retry(&list, &u) == -EILSEQ &&
				 strstr(u.records.why, "too many"),
			 "a list that has more accesses is refused: %s",
			 u.records.why);
	make_list(&list, &t);
	list.heads[1]->base = cpu_to_le32(VOUCH_BASE_SOCKET);
	vouch_test_check(retry(&list, &u) == -EILSEQ,
			 "an access of another base is refused: %s",
			 u.records.why);
	release(&t);
}

static void broken_lists_are_refused(void)
{
	struct taken t, u;
	struct list list;

	if (take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0, &t))
		return;
	make_list(&list, &t);
	list.size--;
	vouch_test_check(retry(&list, &u) == -EINVAL, "half an entry");
	make_list(&list, &t);
	list.heads[0]->n_insns = 0;
	vouch_test_check(retry(&list, &u) == -EINVAL, "an empty sequence");
	make_list(&list, &t);
	list.heads[0]->n_insns = cpu_to_le32(~0u);
	vouch_test_check(retry(&list, &u) == -EINVAL, "an endless sequence");
	make_list(&list, &t);
	list.heads[0]->reserved = 1;
	vouch_test_check(retry(&list, &u) == -EINVAL, "reserved bytes");
	make_list(&list, &t);
	list.heads[1]->insn = 0;
	vouch_test_check(retry(&list, &u) == -EINVAL, "entries out of order");
	make_list(&list, &t);
	list.heads[1]->prog = cpu_to_le32(1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "two programs");
	make_list(&list, &t);
	list.heads[1]->base = cpu_to_le32(99);
	vouch_test_check(retry(&list, &u) == -EINVAL, "an unknown base");
	make_list(&list, &t);
	list.heads[0]->insn = cpu_to_le32(VOUCH_ACCESS_PROLOGUE);
	vouch_test_check(retry(&list, &u) == -EINVAL, "half a prologue");
	make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)CALL(1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a call");
	make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)EXIT;
	vouch_test_check(retry(&list, &u) == -EINVAL, "an exit");
	make_list(&list, &t);
	*replaced(&list, 0) = (struct bpf_insn)JUMP_ZERO(BPF_REG_0, 1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a jump far away");
	*replaced(&list, 0) = (struct bpf_insn)JUMP_ZERO(BPF_REG_0, -1);
	vouch_test_check(retry(&list, &u) == -EINVAL, "a jump back");
	*replaced(&list, 0) =
		(struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW };
	vouch_test_check(retry(&list, &u) == -EINVAL, "half an immediate");
	release(&t);
}

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
	struct taken t, u;
	struct list list;
	u32 n;
	int err = take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer), NULL, 0, &t);

	vouch_test_check(!err && t.n == 3 &&
				 t.found[0]->insn ==
					 cpu_to_le32(VOUCH_ACCESS_PROLOGUE) &&
				 stand_there(&t),
			 "the prologue of a packet writer is told: %s",
			 t.records.why);
	if (err)
		return;
	make_list(&list, &t);
	replaced(&list, 0)->off++;
	err = take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer), list.buf,
		   list.size, &u);
	vouch_test_check(!err && u.n_insns == t.n_insns && stand_there(&u) &&
				 u.insns[0].off == t.insns[0].off + 1,
			 "and replaced: %s", u.records.why);
	release(&u);
	make_list(&list, &t);
	n = le32_to_cpu(list.heads[0]->n_insns);
	replaced(&list, 0)[n - 1].off++;
	err = take(BPF_PROG_TYPE_SCHED_CLS, writer, N(writer), list.buf,
		   list.size, &u);
	vouch_test_check(err == -EILSEQ && strstr(u.records.why, "prologue"),
			 "but not by one that ends elsewhere: %s",
			 u.records.why);
	free(u.records.buf);
	release(&t);
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
	struct taken t, u;
	struct list list;
	bool good;
	u32 i;
	int err =
		take(BPF_PROG_TYPE_SCHED_CLS, sockets, N(sockets), NULL, 0, &t);

	good = !err && t.n == N(bases) && stand_there(&t);
	for (i = 0; good && i < t.n; i++)
		good = le32_to_cpu(t.found[i]->base) == bases[i];
	vouch_test_check(good, "each kind of socket is told: %s",
			 t.records.why);
	if (!good)
		return;
	vouch_test_check((u16)sequence(t.found[2])->off ==
				 kernel_offset("sock", "sk_priority"),
			 "and converted as the kernel does it");
	make_list(&list, &t);
	for (i = 1; i < list.n; i++)
		replaced(&list, i)->off += 8;
	err = take(BPF_PROG_TYPE_SCHED_CLS, sockets, N(sockets), list.buf,
		   list.size, &u);
	vouch_test_check(!err && u.n_insns == t.n_insns && stand_there(&u) &&
				 sequence(u.found[4])->off ==
					 sequence(t.found[4])->off + 8,
			 "and replaced: %s", u.records.why);
	release(&u);
	release(&t);
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
	u32 pid = kernel_offset("task_struct", "pid");
	u32 tgid = kernel_offset("task_struct", "tgid");
	struct bpf_insn walk[5];
	struct taken t, u;
	struct list list;
	int err;

	make_walk(walk, 0, pid);
	err = take(BPF_PROG_TYPE_KPROBE, walk, N(walk), NULL, 0, &t);
	vouch_test_check(
		!err && t.n == 1 &&
			le32_to_cpu(t.found[0]->base) == VOUCH_BASE_BTF &&
			le32_to_cpu(t.found[0]->offset) == pid &&
			le32_to_cpu(t.found[0]->size) == 4 &&
			le32_to_cpu(t.found[0]->structure) && stand_there(&t),
		"a load from a kernel structure is told: %s", t.records.why);
	if (err)
		return;
	make_list(&list, &t);
	replaced(&list, 0)->off = (short)tgid;
	err = take(BPF_PROG_TYPE_KPROBE, walk, N(walk), list.buf, list.size,
		   &u);
	vouch_test_check(!err && stand_there(&u) &&
				 sequence(u.found[0])->off == (short)tgid,
			 "and replaced: %s", u.records.why);
	release(&u);
	replaced(&list, 0)->code = BPF_LDX | BPF_MEM | BPF_W;
	err = take(BPF_PROG_TYPE_KPROBE, walk, N(walk), list.buf, list.size,
		   &u);
	vouch_test_check(err == -EILSEQ && strstr(u.records.why, "kind"),
			 "but not by another instruction: %s", u.records.why);
	free(u.records.buf);
	release(&t);
	make_walk(walk, pid - 4, 4);
	err = take(BPF_PROG_TYPE_KPROBE, walk, N(walk), NULL, 0, &t);
	vouch_test_check(!err && t.n == 1 &&
				 le32_to_cpu(t.found[0]->offset) == pid &&
				 sequence(t.found[0])->off == 4,
			 "an offset that was added before is witnessed: %s",
			 t.records.why);
	release(&t);
}

/* Two paths to one load, with task->pid behind one and ->tgid behind other. */
static void two_faces_are_refused(void)
{
	s32 pid = (s32)kernel_offset("task_struct", "pid");
	s32 tgid = (s32)kernel_offset("task_struct", "tgid");
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
	struct taken t;
	int err = take(BPF_PROG_TYPE_KPROBE, insns, N(insns), NULL, 0, &t);

	vouch_test_check(
		err == -EILSEQ && strstr(t.records.why,
					 "instruction 6 reaches different"),
		"a load that reaches two fields is refused: %s", t.records.why);
	free(t.records.buf);
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

	vouch_guest_arm(dev, log_buf, N(insns), NULL, 0);
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, insns, N(insns),
				  log_buf, LOG_SIZE);
	err = vouch_guest_origins(dev, log_buf, &origins, &n, why, sizeof(why));
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
	struct list list;
	struct taken t;

	if (take(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields), NULL, 0, &t))
		return;
	make_list(&list, &t);
	replaced(&list, 0)->off += 0x400;
	vouch_test_check(
		!vouch_guest_arm(dev, log_buf, N(fields), list.buf, list.size),
		"a load with replacements is armed");
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  log_other, LOG_SIZE);
	vouch_test_check(first_offset(fd) == kernel_offset("sk_buff", "len"),
			 "meanwhile others get what the kernel chooses");
	close(fd);
	fd = vouch_test_load_type(BPF_PROG_TYPE_SCHED_CLS, fields, N(fields),
				  log_buf, LOG_SIZE);
	vouch_test_check(first_offset(fd) ==
				 kernel_offset("sk_buff", "len") + 0x400,
			 "and that one the replacement");
	close(fd);
	close(dev);
	release(&t);
}

void vouch_test_accesses(void)
{
	log_buf = malloc(LOG_SIZE);
	log_other = malloc(LOG_SIZE);
	context_is_told();
	context_is_replaced();
	unfit_lists_are_refused();
	broken_lists_are_refused();
	prologue_is_replaced();
	sockets_are_replaced();
	structures_are_replaced();
	two_faces_are_refused();
	origins_are_told();
	other_loads_are_left_alone();
	free(log_buf);
	free(log_other);
}
