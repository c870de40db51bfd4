// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: requests with anything set that has no
 * meaning. Each reserved byte, each number that is no request, each name that
 * is not padded, each pointer, flag and size that a request does not use.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "target_client.h"

#define N(array) (sizeof(array) / sizeof(*(array)))
#define MAX_ARG 512 /* bytes; no structure has so many */

/* A member of a structure: where and how long. */
struct range {
	unsigned int at, len;
};

#define RANGE(name, member)                                               \
	{                                                                 \
		offsetof(struct vouch_target_##name, member),             \
			sizeof(((struct vouch_target_##name *)0)->member) \
	}

/* Every request, with all that it reserves, its names and its reason. */
static const struct request {
	const char *name;
	unsigned long cmd;
	struct range reserved, more, names[2], reason;
} requests[] = {
#define REQUEST(number, type, more, first, second)                           \
	{                                                                    \
#number, VOUCH_TARGET_##number, RANGE(type, reserved), more, \
			{ first, second }, RANGE(type, reason)               \
	}
#define NONE         \
	{            \
		0, 0 \
	}
	{ "INFO",
	  VOUCH_TARGET_INFO,
	  RANGE(info, reserved),
	  NONE,
	  { NONE, NONE },
	  NONE },
	REQUEST(FLOOR_SET, floor, NONE, RANGE(floor, slot), NONE),
	REQUEST(FLOOR_GET, floor, NONE, RANGE(floor, slot), NONE),
	REQUEST(ADMIT, admit, NONE, NONE, NONE),
	REQUEST(IMAGE_INFO, image_info, NONE, NONE, NONE),
	REQUEST(PROG_INFO, prog_info, RANGE(prog_info, reserved0),
		RANGE(prog_info, image), NONE),
	REQUEST(MAP_INFO, map_info, NONE, RANGE(map_info, image), NONE),
	REQUEST(ATTACH, attach, NONE, RANGE(attach, image),
		RANGE(attach, prog)),
	REQUEST(DETACH, attach, NONE, RANGE(attach, image),
		RANGE(attach, prog)),
	REQUEST(ATTACH_INFO, attach_info, NONE, NONE, NONE),
	REQUEST(MAP_LOOKUP, map_op, NONE, RANGE(map_op, image),
		RANGE(map_op, map)),
	REQUEST(MAP_UPDATE, map_op, NONE, RANGE(map_op, image),
		RANGE(map_op, map)),
	REQUEST(MAP_DELETE, map_op, NONE, RANGE(map_op, image),
		RANGE(map_op, map)),
	REQUEST(MAP_NEXT_KEY, map_op, NONE, RANGE(map_op, image),
		RANGE(map_op, map)),
	REQUEST(TEST_RUN, test_run, RANGE(test_run, reserved0),
		RANGE(test_run, image), RANGE(test_run, prog)),
	REQUEST(RECORDS, records, NONE, RANGE(records, image),
		RANGE(records, map)),
};

static uint8_t arg[MAX_ARG];

/* A request about the image, whatever else may be wrong with it. */
static void set_up(const struct request *r)
{
	memset(arg, 0, sizeof(arg));
	if (r->names[0].len == VOUCH_TARGET_IMAGE_LEN)
		strcpy((char *)arg, name_of("kinds"));
}

static int ask(const struct request *r)
{
	return ioctl(dev, r->cmd, arg) ? -errno : 0;
}

static bool says(const struct request *r, const char *what)
{
	return !r->reason.len || strstr((const char *)arg + r->reason.at, what);
}

/* How many bytes of a range may be other than zero. */
static unsigned int count_taken(const struct request *r,
				const struct range *range)
{
	static const uint8_t values[] = { 1, 0x80, 0xff };
	unsigned int i, taken = 0;

	for (i = 0; i < range->len * N(values); i++) {
		set_up(r);
		arg[range->at + i / N(values)] = values[i % N(values)];
		taken += ask(r) != -EINVAL || !says(r, "reserved bytes");
	}
	return taken;
}

static void test_reserved(void)
{
	unsigned int i, taken;

	for (i = 0; i < N(requests); i++) {
		const struct request *r = &requests[i];

		taken = count_taken(r, &r->reserved) + count_taken(r, &r->more);
		set_up(r);
		verdict(!taken && r->reserved.len &&
				(ask(r) != -EINVAL || !says(r, "reserved")),
			"%s: each of %u reserved bytes must be zero (%u need not)",
			r->name, r->reserved.len + r->more.len, taken);
	}
}

/* ---- numbers that are no requests ---------------------------------------- */

static bool is_request(unsigned long cmd)
{
	unsigned int i;

	for (i = 0; i < N(requests); i++)
		if (requests[i].cmd == cmd)
			return true;
	return false;
}

static bool is_unknown(unsigned int direction, unsigned int type,
		       unsigned int number, unsigned int size)
{
	const unsigned long cmd = _IOC(direction, type, number, size);

	if (is_request(cmd))
		return true;
	return ioctl(dev, cmd, arg) && errno == ENOTTY;
}

static void test_sizes(const struct request *r)
{
	unsigned int direction, size, odd = 0;

	for (direction = 0; direction < 4; direction++)
		for (size = 0; size < 2 * MAX_ARG; size++)
			odd += !is_unknown(direction, VOUCH_TARGET_IOC,
					   _IOC_NR(r->cmd), size);
	verdict(!odd, "%s: other sizes and directions are ENOTTY (%u are not)",
		r->name, odd);
}

static void test_unknown(void)
{
	unsigned int i, number, odd = 0;

	memset(arg, 0, sizeof(arg));
	for (i = 0; i < N(requests); i++)
		test_sizes(&requests[i]);
	for (number = 0; number < 256; number++)
		for (i = 0; i < N(requests); i++)
			odd += !is_unknown(_IOC_READ | _IOC_WRITE,
					   VOUCH_TARGET_IOC, number,
					   _IOC_SIZE(requests[i].cmd)) +
			       !is_unknown(_IOC_READ | _IOC_WRITE, number, 1,
					   _IOC_SIZE(requests[i].cmd));
	verdict(!odd, "other numbers and types are ENOTTY (%u are not)", odd);
}

/* ---- memory, names, files ------------------------------------------------ */

static void test_memory(void)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i, j, odd = 0;

	munmap(page + 4096, 4096);
	for (i = 0; i < N(requests); i++) {
		const struct request *r = &requests[i];
		void *const places[] = {
			NULL,	     page + 4096 - _IOC_SIZE(r->cmd) + 1,
			page + 4096, (void *)0xffffffff81000000,
			(void *)-1,
		};

		for (j = 0; j < N(places); j++)
			odd += !ioctl(dev, r->cmd, places[j]) ||
			       errno != EFAULT;
	}
	munmap(page, 4096);
	verdict(!odd,
		"a structure that is not all there is EFAULT (%u are not)",
		odd);
}

/* A second word behind the NUL of a name, and one without NUL. */
static void test_names(void)
{
	unsigned int i, j, tried = 0, odd = 0;

	for (i = 0; i < N(requests); i++) {
		const struct request *r = &requests[i];

		for (j = 0; j < 2 && r->names[j].len; j++) {
			const struct range *name = &r->names[j];

			set_up(r);
			if (j || !arg[0])
				strcpy((char *)arg + name->at, "name");
			arg[name->at + name->len - 1] = 'x';
			odd += ask(r) != -EINVAL || !says(r, "NUL-padded");
			set_up(r);
			memset(arg + name->at, 'x', name->len);
			odd += ask(r) != -EINVAL || !says(r, "NUL-padded");
			tried++;
		}
	}
	verdict(!odd && tried == 20,
		"%u names must be padded with NULs (%u cases need not)", tried,
		odd);
}

static void test_file(void)
{
	verdict(read(dev, arg, sizeof(arg)) < 0 && errno == EINVAL &&
			write(dev, arg, sizeof(arg)) < 0 && errno == EINVAL &&
			mmap(NULL, 4096, PROT_READ, MAP_SHARED, dev, 0) ==
				MAP_FAILED &&
			errno == ENODEV,
		"the device cannot be read, written or mapped");
}

/* ---- map operations ------------------------------------------------------ */

static uint64_t key[2], next[2], value[8 * N_CPUS];

/* As it must be for a map, but for what the caller then changes. */
static struct vouch_target_map_op op_of(const struct vouch_target_map_info *m,
					unsigned long cmd)
{
	struct vouch_target_map_op op = { .key_len = m->key_size };
	bool uses_value = cmd == VOUCH_TARGET_MAP_LOOKUP ||
			  cmd == VOUCH_TARGET_MAP_UPDATE;

	strcpy(op.image, m->image);
	strcpy(op.map, m->name);
	op.key = m->key_size ? (uintptr_t)key : 0;
	op.value_len = uses_value ? m->value_io : 0;
	op.value = op.value_len ? (uintptr_t)value : 0;
	op.next_key = cmd == VOUCH_TARGET_MAP_NEXT_KEY ? (uintptr_t)next : 0;
	return op;
}

static int ask_map(unsigned long cmd, const struct vouch_target_map_op *like)
{
	struct vouch_target_map_op op = *like;

	return call(cmd, &op, NULL);
}

/* Of 64 flags, of which an update has two. */
static unsigned int count_flags(const struct vouch_target_map_info *m,
				unsigned long cmd)
{
	struct vouch_target_map_op op = op_of(m, cmd);
	unsigned int odd = 0, bit = 0;
	int want = -EINVAL;

	if (cmd == VOUCH_TARGET_MAP_UPDATE) {
		bit = 2;
		/* Nothing can be put into rings, with flags or without. */
		if (ask_map(cmd, &op) == -EOPNOTSUPP)
			want = -EOPNOTSUPP;
	}
	for (; bit < 64; bit++) {
		op.flags = 1ull << bit;
		/* None of these maps has locks, whatever they are for. */
		odd += ask_map(cmd, &op) !=
		       (op.flags == BPF_F_LOCK ? -EINVAL : want);
	}
	return odd;
}

/* How many of the requests that are wrong in one member are not refused. */
static unsigned int count_odd(const struct vouch_target_map_info *m,
			      unsigned long cmd)
{
	const struct vouch_target_map_op good = op_of(m, cmd);
	struct vouch_target_map_op op = good;
	unsigned int odd = count_flags(m, cmd);

	op.key_len++;
	odd += ask_map(cmd, &op) != -EINVAL;
	op = good;
	op.value_len++;
	odd += ask_map(cmd, &op) != -EINVAL;
	op = good;
	op.key = (uintptr_t)key;
	odd += !m->key_size && ask_map(cmd, &op) != -EINVAL;
	op = good;
	op.value = (uintptr_t)value;
	odd += !op.value_len && ask_map(cmd, &op) != -EINVAL;
	op = good;
	op.next_key = (uintptr_t)next;
	odd += cmd != VOUCH_TARGET_MAP_NEXT_KEY && ask_map(cmd, &op) != -EINVAL;
	return odd;
}

static void test_map_ops(void)
{
	static const unsigned long cmds[] = {
		VOUCH_TARGET_MAP_LOOKUP,
		VOUCH_TARGET_MAP_UPDATE,
		VOUCH_TARGET_MAP_DELETE,
		VOUCH_TARGET_MAP_NEXT_KEY,
	};
	struct vouch_target_map_info m = {};
	unsigned int i, odd;

	strcpy(m.image, name_of("kinds"));
	for (; !call(VOUCH_TARGET_MAP_INFO, &m, NULL); m.index++) {
		for (i = odd = 0; i < N(cmds); i++)
			odd += count_odd(&m, cmds[i]);
		verdict(!odd,
			"%s: flags, lengths and pointers of no meaning are refused (%u are not)",
			m.name, odd);
	}
	verdict(m.index > 10, "%u kinds of maps were tried", m.index);
}

/* ---- test-runs ----------------------------------------------------------- */

static uint8_t packet[64], out[4096];

/* One that is good for the program's type. */
static struct vouch_target_test_run good_run(uint32_t type)
{
	struct vouch_target_test_run t = {};

	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
		t.ctx_size_in = pt_regs_size();
		break;
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		t.ctx_size_in = 64;
		break;
	default:
		t.data_in = (uintptr_t)packet;
		t.data_size_in = sizeof(packet);
		return t;
	}
	t.ctx_in = (uintptr_t)out;
	return t;
}

static int run_prog(const struct vouch_target_prog_info *p,
		    struct vouch_target_test_run t)
{
	memcpy(t.image, p->image, sizeof(t.image));
	memcpy(t.prog, p->name, sizeof(t.prog));
	return call(VOUCH_TARGET_TEST_RUN, &t, NULL);
}

/* A context without its size, a size without its context, and so back. */
static unsigned int count_contexts(const struct vouch_target_prog_info *p)
{
	const struct vouch_target_test_run good = good_run(p->type);
	struct vouch_target_test_run t = good;
	unsigned int odd = 0;

	t.ctx_in = 0;
	t.ctx_size_in = pt_regs_size();
	odd += run_prog(p, t) != -EINVAL;
	t.ctx_in = (uintptr_t)out;
	t.ctx_size_in = 0;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.ctx_out = (uintptr_t)out;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.ctx_size_out = 64;
	odd += run_prog(p, t) != -EINVAL;
	return odd;
}

/* What belongs to a packet, of a program that takes none. */
static unsigned int count_packets(const struct vouch_target_prog_info *p)
{
	const struct vouch_target_test_run good = good_run(p->type);
	struct vouch_target_test_run t = good;
	unsigned int odd = 0;

	if (good.data_in)
		return 0;
	t.data_in = (uintptr_t)packet;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.data_size_in = 64;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.data_out = (uintptr_t)out;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.data_size_out = sizeof(out);
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.ctx_out = (uintptr_t)out;
	t.ctx_size_out = 64;
	odd += run_prog(p, t) != -EINVAL;
	t = good;
	t.repeat = 1;
	return odd + (run_prog(p, t) != -EINVAL);
}

static void test_runs(void)
{
	struct vouch_target_prog_info p = {};
	unsigned int odd;
	int err;

	strcpy(p.image, name_of("kinds"));
	for (; !call(VOUCH_TARGET_PROG_INFO, &p, NULL); p.index++) {
		err = run_prog(&p, good_run(p.type));
		if (p.type == BPF_PROG_TYPE_TRACING ||
		    p.type == BPF_PROG_TYPE_PERF_EVENT) {
			verdict(err == -EOPNOTSUPP, "%s cannot be test-run",
				p.name);
			continue;
		}
		odd = count_contexts(&p) + count_packets(&p);
		verdict(!err && !odd,
			"%s: what a test-run does not use must be zero (%d, %u need not)",
			p.name, err, odd);
	}
	verdict(p.index > 3, "%u types of programs were tried", p.index);
}

/* ---- records ------------------------------------------------------------- */

static int take(const char *image, const char *map, unsigned int len)
{
	struct vouch_target_records r = { .data = (uintptr_t)out,
					  .data_len = len };

	strcpy(r.image, image);
	strcpy(r.map, map);
	return call(VOUCH_TARGET_RECORDS, &r, NULL);
}

static void test_records(void)
{
	const char *image = name_of("kinds");

	verdict(!take(image, "ringbuf", 64) && !take("", "", 64) &&
			!take(image, "ringbuf", 0),
		"records can be taken, and none");
	verdict(take(image, "ringbuf", 63) == -EINVAL &&
			take("", "", 63) == -EINVAL &&
			take(image, "ringbuf", VOUCH_TARGET_MAX_RECORDS + 8) ==
				-EINVAL &&
			take("", "", ~7u) == -EINVAL,
		"into room of a size that is offered");
	verdict(take(image, "", 64) == -EINVAL &&
			take("", "ringbuf", 64) == -EINVAL &&
			take(image, "array", 64) == -EOPNOTSUPP &&
			take(image, "none", 64) == -ENOENT,
		"of a map that has some");
}

void test_requests(void)
{
	verdict(!load_admitted("kinds"), "an image with all kinds loads");
	test_reserved();
	test_unknown();
	test_memory();
	test_names();
	test_file();
	test_map_ops();
	test_runs();
	test_records();
	verdict(!unload("kinds"), "and goes");
}
