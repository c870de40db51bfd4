// SPDX-License-Identifier: BSD-2-Clause
/*
 * The oracle's table against the kernel that runs: the init of a VM.
 *
 * /table was made of the source and the configuration of that very kernel, as
 * a target's is. For each access it says what the kernel would put in its
 * place; the kernel loads a program with the access and shows what it did. No
 * module of ours is there. An access that the table does not have is one that
 * the kernel must refuse.
 *
 * With vouch_whole in the environment: for all pairs of registers, and all
 * offsets up to OFFSETS.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "../../host-bridge/oracle.h"
#include "truth.h"

#define OFFSETS 1024u
#define MARGIN 16u /* bytes behind the last field */
#define MAX_WRONG 20u

/* As the kernel takes them at the load; one for types that take any. */
static const struct kind {
	const char *name;
	u32 prog_type;
	u32 attach_types[13];
	u32 n_attach_types;
} kinds[] = {
#define KIND(type)                                     \
	{                                              \
#type, BPF_PROG_TYPE_##type, { 0 }, 1, \
	}
	KIND(SOCKET_FILTER),
	KIND(SCHED_CLS),
	KIND(SCHED_ACT),
	{ "XDP", BPF_PROG_TYPE_XDP, { 0, BPF_XDP_DEVMAP }, 2 },
	{ "CGROUP_SKB",
	  BPF_PROG_TYPE_CGROUP_SKB,
	  { BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS },
	  2 },
	KIND(LWT_IN),
	KIND(LWT_OUT),
	KIND(LWT_XMIT),
	KIND(LWT_SEG6LOCAL),
	{ "CGROUP_SOCK",
	  BPF_PROG_TYPE_CGROUP_SOCK,
	  { BPF_CGROUP_INET_SOCK_CREATE, BPF_CGROUP_INET_SOCK_RELEASE,
	    BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND },
	  4 },
	{ "CGROUP_SOCK_ADDR",
	  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	  { BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND,
	    BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT,
	    BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG },
	  6 },
	KIND(SOCK_OPS),
	KIND(SK_SKB),
	KIND(SK_MSG),
	KIND(FLOW_DISSECTOR),
	{ "SK_REUSEPORT",
	  BPF_PROG_TYPE_SK_REUSEPORT,
	  { BPF_SK_REUSEPORT_SELECT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE },
	  2 },
	{ "SK_LOOKUP", BPF_PROG_TYPE_SK_LOOKUP, { BPF_SK_LOOKUP }, 1 },
	KIND(PERF_EVENT),
#undef KIND
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What sockets are reached from. */
static const struct base {
	const char *name;
	u32 base, prog_type;
} sockets[] = {
	{ "bpf_sock", VOUCH_BASE_SOCKET, BPF_PROG_TYPE_SCHED_CLS },
	{ "bpf_sock, common", VOUCH_BASE_SOCK_COMMON, BPF_PROG_TYPE_SCHED_CLS },
	{ "bpf_tcp_sock", VOUCH_BASE_TCP_SOCK, BPF_PROG_TYPE_SCHED_CLS },
	{ "bpf_xdp_sock", VOUCH_BASE_XDP_SOCK, BPF_PROG_TYPE_XDP },
};
#define N_SOCKETS (sizeof(sockets) / sizeof(sockets[0]))

/* Each way in which registers of a template can differ. */
static const u8 few_pairs[][2] = { { 1, 2 }, { 0, 1 }, { 3, 3 },
				   { 9, 8 }, { 7, 9 }, { 9, 9 } };

static struct vouch_oracle table;
static bool whole;
static u32 passed, failed, same, parts, refused, wrong;

static void check(bool good, const char *what)
{
	printf("%s %s\n", good ? "ok" : "not ok", what);
	if (good)
		passed++;
	else
		failed++;
}

static void complain(const struct vouch_truth_access *a, const char *what,
		     int err)
{
	if (wrong++ < MAX_WRONG)
		printf("# type %u/%u base %u offset %u size %u %s r%u r%u%s: "
		       "%s (%d)\n",
		       a->prog_type, a->attach_type, a->base, a->off, a->size,
		       a->write ? "store" : "load", a->dst, a->src,
		       a->tstamp_type ? " tstamp_type" : "", what, err);
}

static const struct kind *kind_of(u32 prog_type)
{
	u32 i;

	for (i = 0; i < N_KINDS; i++)
		if (kinds[i].prog_type == prog_type)
			return &kinds[i];
	return NULL;
}

/* Asks with each attach type until one may make the access. */
static int ask(struct vouch_truth_access *a, struct vouch_truth_found *found)
{
	const struct kind *kind = kind_of(a->prog_type);
	int err = -EINVAL;
	u32 i;

	for (i = 0; kind && err && i < kind->n_attach_types; i++) {
		a->attach_type = kind->attach_types[i];
		err = vouch_truth_ask(a, found);
	}
	return err;
}

static struct bpf_insn narrow(u8 op, const struct vouch_truth_access *a,
			      u32 field_size, u32 imm)
{
	const bool wide = op == BPF_RSH && field_size > 4;

	return (struct bpf_insn){
		.code = (u8)((wide ? BPF_ALU64 : BPF_ALU) | op | BPF_K),
		.dst_reg = a->dst & 15,
		.imm = (s32)imm,
	};
}

/* What the verifier itself puts behind the load of a whole field. */
static u32 narrowed(const struct vouch_truth_access *a, u32 field_size,
		    u32 target_size, struct bpf_insn out[2])
{
	const u32 shift = (a->off & (field_size - 1)) * 8;
	u32 n = 0;

	if (a->size >= field_size || a->size >= target_size)
		return 0;
	if (shift)
		out[n++] = narrow(BPF_RSH, a, field_size, shift);
	out[n++] = narrow(BPF_AND, a, field_size,
			  (u32)((1ull << a->size * 8) - 1));
	return n;
}

static bool is_same(const struct vouch_truth_access *a, u32 field_size,
		    const struct vouch_truth_found *found)
{
	const struct vouch_oracle_key key = { .prog_type = a->prog_type,
					      .base = a->base,
					      .tstamp_type = a->tstamp_type };
	const struct bpf_insn insn = vouch_truth_insn(a);
	u8 want[VOUCH_MAX_SEQUENCE][8];
	struct bpf_insn tail[2];
	u32 n, n_tail, target_size;

	if (vouch_oracle_convert(&table, &key, (const u8 *)&insn, want, &n,
				 &target_size))
		return false;
	n_tail = narrowed(a, field_size, target_size, tail);
	return found->n == n + n_tail &&
	       !memcmp(found->insns, want, n * sizeof(*found->insns)) &&
	       !memcmp(found->insns + n, tail, n_tail * sizeof(*tail));
}

static void compare(struct vouch_truth_access *a, u32 field_size)
{
	struct vouch_truth_found found;
	int err = ask(a, &found);

	if (err)
		complain(a, "the kernel refuses what the table has", err);
	else if (!is_same(a, field_size, &found))
		complain(a, "the kernel has another sequence", (int)found.n);
	else if (field_size > a->size)
		parts++;
	else
		same++;
}

/* The table's entry for an access, or NULL. */
static const struct vouch_oracle_entry *find(u32 prog_type,
					     const struct vouch_truth_access *a)
{
	u32 i;

	for (i = 0; i < table.n_entries; i++) {
		const struct vouch_oracle_entry *e = &table.entries[i];

		if (le16_to_cpu(e->prog_type) == prog_type &&
		    e->base == a->base && e->size == a->size &&
		    e->write == a->write && !e->tstamp_type &&
		    le16_to_cpu(e->offset) == a->off)
			return e;
	}
	return NULL;
}

/* Without a program that may use tstamp_type nothing can depend on it. */
static bool may_use_tstamp_type(u32 listed)
{
	const struct vouch_truth_access a = {
		.base = VOUCH_BASE_CTX,
		.off = offsetof(struct __sk_buff, tstamp_type),
		.size = 1,
	};

	return find(listed, &a);
}

static void compare_pairs(struct vouch_truth_access *a, u32 field_size)
{
	u32 i;

	if (!whole) {
		for (i = 0; i < sizeof(few_pairs) / sizeof(*few_pairs); i++) {
			a->dst = few_pairs[i][0];
			a->src = few_pairs[i][1];
			compare(a, field_size);
		}
		return;
	}
	for (a->dst = 0; a->dst < BPF_REG_10; a->dst++)
		for (a->src = 0; a->src < BPF_REG_10; a->src++)
			compare(a, field_size);
}

static void refuse(struct vouch_truth_access *a)
{
	struct vouch_truth_found found;

	if (ask(a, &found))
		refused++;
	else
		complain(a, "the kernel has what the table has not", 0);
}

static u32 last_offset(u32 prog_type, u32 base)
{
	u32 i, last = 0;

	for (i = 0; i < table.n_entries; i++)
		if (le16_to_cpu(table.entries[i].prog_type) == prog_type &&
		    table.entries[i].base == base &&
		    le16_to_cpu(table.entries[i].offset) > last)
			last = le16_to_cpu(table.entries[i].offset);
	return whole ? OFFSETS : last + MARGIN;
}

/* All that the table does not have of one context. */
static void refuse_unknown(u32 listed, u32 prog_type, u32 base)
{
	const u32 end = last_offset(listed, base);
	struct vouch_truth_access a = {
		.prog_type = prog_type, .base = base, .dst = 1, .src = 2
	};
	u32 write;

	for (a.off = 0; a.off < end; a.off++)
		for (a.size = 1; a.size <= 8; a.size *= 2)
			for (write = 0; write < 2; write++) {
				a.write = write;
				if (!find(listed, &a))
					refuse(&a);
			}
}

static void compare_context(const char *name, u32 listed, u32 prog_type,
			    u32 base)
{
	const u32 before = wrong, had = same + parts, none = refused;
	char what[96];
	u32 i;

	for (i = 0; i < table.n_entries; i++) {
		const struct vouch_oracle_entry *e = &table.entries[i];
		struct vouch_truth_access a = {
			.prog_type = prog_type,
			.base = base,
			.tstamp_type = e->tstamp_type,
			.write = e->write,
			.off = le16_to_cpu(e->offset),
			.size = e->size,
		};

		if (le16_to_cpu(e->prog_type) == listed && e->base == base &&
		    (!e->tstamp_type || may_use_tstamp_type(listed)))
			compare_pairs(&a, e->field_size);
	}
	refuse_unknown(listed, prog_type, base);
	snprintf(what, sizeof(what),
		 "%s: %u accesses are what the kernel makes of them, %u it "
		 "refuses",
		 name, same + parts - had, refused - none);
	check(wrong == before && same + parts > had && refused > none, what);
}

/* The same instructions, but for the number of a helper. */
static bool is_same_prologue(const struct vouch_truth_found *found, s32 pull,
			     u8 want[][8], u32 n)
{
	struct bpf_insn insn;
	u32 i;

	/* The last one stands for the program's first. */
	for (i = 0; i + 1 < n && i < found->n; i++) {
		memcpy(&insn, want[i], sizeof(insn));
		if (insn.code == (BPF_JMP | BPF_CALL) &&
		    insn.imm == BPF_FUNC_skb_pull_data)
			insn.imm = pull;
		if (memcmp(&insn, &found->insns[i], sizeof(insn)))
			return false;
	}
	return found->n + 1 == n;
}

static void compare_prologue(const struct kind *kind)
{
	const struct vouch_oracle_key key = { .prog_type = kind->prog_type,
					      .base = VOUCH_BASE_PROLOGUE };
	static const u8 first[8] = { BPF_JMP | BPF_EXIT };
	u8 want[VOUCH_MAX_SEQUENCE][8];
	struct vouch_truth_found found;
	u32 n = 0, size;
	char what[96];
	s32 pull;
	int err;

	if (vouch_oracle_convert(&table, &key, first, want, &n, &size))
		return;
	err = vouch_truth_prologue(kind->prog_type, &found, &pull);
	snprintf(what, sizeof(what), "%s: the prologue of %u (%d)", kind->name,
		 n, err);
	check(!err && is_same_prologue(&found, pull, want, n), what);
}

static void compare_all(void)
{
	u32 i;

	for (i = 0; i < N_KINDS; i++) {
		compare_context(kinds[i].name, kinds[i].prog_type,
				kinds[i].prog_type, VOUCH_BASE_CTX);
		compare_prologue(&kinds[i]);
	}
	for (i = 0; i < N_SOCKETS; i++)
		compare_context(sockets[i].name, 0, sockets[i].prog_type,
				sockets[i].base);
}

/* The table is of no type or socket that is not compared. */
static bool is_all_known(void)
{
	u32 i, j;

	for (i = 0; i < table.n_entries; i++) {
		const struct vouch_oracle_entry *e = &table.entries[i];
		bool known = kind_of(le16_to_cpu(e->prog_type));

		for (j = 0; j < N_SOCKETS && !e->prog_type; j++)
			known |= sockets[j].base == e->base;
		if (!known)
			return false;
	}
	return true;
}

static u8 data[VOUCH_ORACLE_MAX] __attribute__((aligned(8)));

static bool read_table(void)
{
	int fd = open("/table", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, data, sizeof(data));
	const char *why;

	close(fd);
	return len > 0 && !vouch_oracle_parse(data, (size_t)len, &table, &why);
}

/* One instruction of the table reads elsewhere. */
static void notice_a_change(void)
{
	struct vouch_truth_access a = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.base = VOUCH_BASE_CTX,
		.off = offsetof(struct __sk_buff, len),
		.size = 4,
		.src = 1,
	};
	const struct vouch_oracle_entry *e = find(a.prog_type, &a);
	const struct vouch_oracle_template *t;
	struct vouch_truth_found found;
	struct vouch_oracle_insn *insn;
	bool before, after;

	if (!e || ask(&a, &found)) {
		check(false, "the length of a packet is known");
		return;
	}
	t = &table.templates[le16_to_cpu(e->other)];
	insn = (void *)(data + ((const u8 *)table.insns - data));
	insn += le32_to_cpu(t->first);
	before = is_same(&a, 0, &found);
	insn->off ^= cpu_to_le16(4);
	after = is_same(&a, 0, &found);
	insn->off ^= cpu_to_le16(4);
	check(before && !after, "a table with one other offset is noticed");
}

static void show_log(void)
{
	static char text[1 << 20];
	int n = klogctl(3, text, sizeof(text)); /* SYSLOG_ACTION_READ_ALL */

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n > 0 ? n : 0, text);
}

int main(void)
{
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	dup2(open("/dev/console", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	whole = getenv("vouch_whole") != NULL;
	check(read_table(), "the table is read");
	check(is_all_known(), "all that it is of is compared");
	compare_all();
	notice_a_change();
	printf("# %u same, %u parts, %u refused, %u wrong\n", same, parts,
	       refused, wrong);
	printf("VOUCH-TEST-END %u passed, %u failed\n", passed, failed);
	show_log();
	printf("VOUCH-VM-DONE\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
