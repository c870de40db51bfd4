// SPDX-License-Identifier: BSD-2-Clause
/* Programs of one access, between two marks that the kernel leaves alone. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "truth.h"

#define FIRST_MARK 0x5eed0001
#define LAST_MARK 0x5eed0002
#define SKB(field) ((short)offsetof(struct __sk_buff, field))

/* A program in the making. */
struct text {
	struct bpf_insn insns[VOUCH_TRUTH_MAX_INSNS];
	u32 n;
	u32 exits[4], n_exits; /* jumps to the end */
};

static void add(struct text *t, u8 code, u8 dst, u8 src, int off, s32 imm)
{
	t->insns[t->n++] = (struct bpf_insn){ .code = code,
					      .dst_reg = dst & 15,
					      .src_reg = src & 15,
					      .off = (short)off,
					      .imm = imm };
}

static void load(struct text *t, u8 size, u8 dst, u8 src, int off)
{
	add(t, (u8)(BPF_LDX | BPF_MEM | size), dst, src, off, 0);
}

static void move(struct text *t, u8 dst, u8 src)
{
	add(t, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void set(struct text *t, u8 dst, s32 imm)
{
	add(t, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void call(struct text *t, s32 helper)
{
	add(t, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void leave_if_zero(struct text *t, u8 reg)
{
	t->exits[t->n_exits++] = t->n;
	add(t, BPF_JMP | BPF_JEQ | BPF_K, reg, 0, 0, 0);
}

static void end(struct text *t)
{
	u32 i;

	for (i = 0; i < t->n_exits; i++)
		t->insns[t->exits[i]].off = (short)(t->n - t->exits[i] - 1);
	/* Within the range that each type's result has. */
	set(t, BPF_REG_0, 1);
	add(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A socket of AF_XDP, from a map of them. */
static void find_xdp_socket(struct text *t, int map)
{
	add(t, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -16, 0);
	add(t, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map);
	add(t, 0, 0, 0, 0, 0);
	move(t, BPF_REG_2, BPF_REG_10);
	add(t, BPF_ALU64 | BPF_ADD, BPF_REG_2, 0, 0, -16);
	call(t, BPF_FUNC_map_lookup_elem);
}

/* Returns the register that points to what the access is made through. */
static u8 find_base(struct text *t, u32 base, int map)
{
	add(t, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, -8, 0);
	if (base == VOUCH_BASE_CTX)
		return BPF_REG_1;
	if (base == VOUCH_BASE_XDP_SOCK) {
		find_xdp_socket(t, map);
		leave_if_zero(t, BPF_REG_0);
		return BPF_REG_0;
	}
	load(t, BPF_DW, BPF_REG_1, BPF_REG_1, SKB(sk));
	leave_if_zero(t, BPF_REG_1);
	if (base == VOUCH_BASE_SOCK_COMMON)
		return BPF_REG_1;
	call(t, base == VOUCH_BASE_TCP_SOCK ? BPF_FUNC_tcp_sock
					    : BPF_FUNC_sk_fullsock);
	leave_if_zero(t, BPF_REG_0);
	return BPF_REG_0;
}

struct bpf_insn vouch_truth_insn(const struct vouch_truth_access *a)
{
	const u8 size = a->size == 1   ? BPF_B
			: a->size == 2 ? BPF_H
			: a->size == 4 ? BPF_W
				       : BPF_DW;

	return (struct bpf_insn){
		.code = (u8)((a->write ? BPF_STX : BPF_LDX) | BPF_MEM | size),
		.dst_reg = a->dst & 15,
		.src_reg = a->src & 15,
		.off = (short)a->off,
	};
}

static void make(struct text *t, const struct vouch_truth_access *a, int map)
{
	const u8 pointer = a->write ? a->dst : a->src;
	u8 mark = 0;

	memset(t, 0, sizeof(*t));
	move(t, pointer, find_base(t, a->base, map));
	if (a->write && a->src != a->dst)
		set(t, a->src, 0);
	while (mark == a->dst || mark == a->src)
		mark++;
	set(t, mark, FIRST_MARK);
	t->insns[t->n++] = vouch_truth_insn(a);
	set(t, mark, LAST_MARK);
	if (a->tstamp_type) {
		load(t, BPF_DW, BPF_REG_1, BPF_REG_10, -8);
		load(t, BPF_B, BPF_REG_1, BPF_REG_1, SKB(tstamp_type));
	}
	end(t);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int load_program(const struct text *t, u32 prog_type, u32 attach_type)
{
	union bpf_attr attr = {
		.prog_type = prog_type,
		.expected_attach_type = attach_type,
		.insns = (uintptr_t)t->insns,
		.insn_cnt = t->n,
		.license = (uintptr_t) "GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Made once, and kept. */
static int sockets_map(void)
{
	static int fd = -1;
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};

	if (fd < 0)
		fd = bpf(BPF_MAP_CREATE, &attr);
	return fd;
}

/* Loads, reads the instructions as they went to the JIT, and unloads. */
static int read_program(const struct text *t, u32 prog_type, u32 attach_type,
			struct vouch_truth_found *all)
{
	struct bpf_prog_info info = {
		.xlated_prog_insns = (uintptr_t)all->insns,
		.xlated_prog_len = sizeof(all->insns),
	};
	int fd = load_program(t, prog_type, attach_type);
	union bpf_attr attr = {
		.info = { .bpf_fd = (u32)fd,
			  .info = (uintptr_t)&info,
			  .info_len = sizeof(info) },
	};
	int err;

	if (fd < 0)
		return fd;
	err = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	all->n = info.xlated_prog_len / (u32)sizeof(*all->insns);
	return err || all->n > VOUCH_TRUTH_MAX_INSNS ? -EPROTO : 0;
}

static bool is_mark(const struct bpf_insn *insn, s32 mark)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn->imm == mark;
}

static int cut(struct vouch_truth_found *all)
{
	u32 first = 0, last;

	while (first < all->n && !is_mark(&all->insns[first], FIRST_MARK))
		first++;
	for (last = first; last < all->n; last++)
		if (is_mark(&all->insns[last], LAST_MARK))
			break;
	if (last >= all->n)
		return -EPROTO;
	all->n = last - first - 1;
	memmove(all->insns, all->insns + first + 1,
		all->n * sizeof(*all->insns));
	return 0;
}

int vouch_truth_ask(const struct vouch_truth_access *a,
		    struct vouch_truth_found *found)
{
	struct text t;
	int err;

	make(&t, a, a->base == VOUCH_BASE_XDP_SOCK ? sockets_map() : -1);
	err = read_program(&t, a->prog_type, a->attach_type, found);
	return err ? err : cut(found);
}

int vouch_truth_prologue(u32 prog_type, struct vouch_truth_found *found,
			 s32 *pull)
{
	struct text t = {};
	u32 i;
	int err;

	set(&t, BPF_REG_0, FIRST_MARK);
	move(&t, BPF_REG_6, BPF_REG_1);
	set(&t, BPF_REG_2, 0);
	call(&t, BPF_FUNC_skb_pull_data);
	set(&t, BPF_REG_0, LAST_MARK);
	load(&t, BPF_W, BPF_REG_2, BPF_REG_6, SKB(data));
	load(&t, BPF_W, BPF_REG_3, BPF_REG_6, SKB(data_end));
	move(&t, BPF_REG_4, BPF_REG_2);
	add(&t, BPF_ALU64 | BPF_ADD, BPF_REG_4, 0, 0, 1);
	t.exits[t.n_exits++] = t.n;
	add(&t, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 0, 0);
	add(&t, BPF_ST | BPF_MEM | BPF_B, BPF_REG_2, 0, 0, 0);
	end(&t);
	err = read_program(&t, prog_type, 0, found);
	if (err)
		return err;
	for (i = 0; i < found->n; i++)
		if (is_mark(&found->insns[i], FIRST_MARK))
			break;
	if (i + 3 >= found->n)
		return -EPROTO;
	*pull = found->insns[i + 3].imm;
	found->n = i;
	return 0;
}
