// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: every allocation and copy fails once, of
 * making, using and freeing a map of each kind, of each kind of test-run, and
 * of attaching at each kind of hook (target_faults_hooks.c). The image "kinds"
 * has what the kernel at hand offers; tests/vm/target_kinds.py makes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "target_client.h"
#include "target_faults.h"

#define N(array) (sizeof(array) / sizeof(*(array)))
#define CGROUPS "/sys/fs/cgroup"

unsigned int try_until(const char *what, const char *of,
		       const struct vouch_fault *f, unsigned int step,
		       bool (*enough)(void))
{
	struct vouch_fault named = *f;
	char name[96];
	int failed;

	snprintf(name, sizeof(name), "%s of %s", what, of);
	named.name = name;
	failed = vouch_debug_fail_until(&named, step, enough);
	verdict(failed >= 0, "%s fails cleanly wherever it fails (%d)", name,
		failed);
	return failed > 0 ? (unsigned int)failed : 0;
}

unsigned int try_one(const char *what, const char *of,
		     const struct vouch_fault *f, unsigned int step)
{
	return try_until(what, of, f, step, NULL);
}

bool has_prog(const char *name)
{
	struct vouch_target_prog_info p = {};

	strcpy(p.image, name_of("kinds"));
	for (; !ioctl(dev, VOUCH_TARGET_PROG_INFO, &p); p.index++)
		if (!strcmp(p.name, name))
			return true;
	return false;
}

/* ---- the image ----------------------------------------------------------- */

static bool want_load(void)
{
	use_image("kinds");
	return !admit("kinds", NULL) && remember();
}

static const struct vouch_fault load_fault = { "load",	  want_load, do_load,
					       undo_load, unchanged, 0 };

/* ---- maps ---------------------------------------------------------------- */

enum { UPDATE = 1, LOOKUP = 2, NEXT_KEY = 4, DELETE = 8 };

/* What user space can do with the maps of a kind, and what it puts there. */
static const struct kind {
	uint32_t type, operations;
	uint32_t value; /* in the first four bytes */
	uint64_t flags; /* of an update */
} kinds[] = {
	{ BPF_MAP_TYPE_ARRAY, UPDATE | LOOKUP | NEXT_KEY, 0, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, UPDATE | LOOKUP | NEXT_KEY, 0, 0 },
	{ BPF_MAP_TYPE_HASH, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0,
	  0 },
	{ BPF_MAP_TYPE_LPM_TRIE, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0, 0 },
	/* A full one makes room. */
	{ BPF_MAP_TYPE_QUEUE, UPDATE | LOOKUP, 0, BPF_EXIST },
	{ BPF_MAP_TYPE_STACK, UPDATE | LOOKUP, 0, BPF_EXIST },
	{ BPF_MAP_TYPE_BLOOM_FILTER, UPDATE | LOOKUP, 0, 0 },
	/* The interface "lo"; a queue; the first program. */
	{ BPF_MAP_TYPE_DEVMAP, UPDATE | LOOKUP | NEXT_KEY | DELETE, 1, 0 },
	{ BPF_MAP_TYPE_DEVMAP_HASH, UPDATE | LOOKUP | NEXT_KEY | DELETE, 1, 0 },
	{ BPF_MAP_TYPE_CPUMAP, UPDATE | LOOKUP | NEXT_KEY | DELETE, 8, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0, 0 },
	/* The value is a descriptor. */
	{ BPF_MAP_TYPE_CGROUP_ARRAY, UPDATE | NEXT_KEY | DELETE, 0, 0 },
	/* The values are numbers of maps: the first one. */
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0,
	  0 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, UPDATE | LOOKUP | NEXT_KEY | DELETE, 0,
	  0 },
	/* Of these only programs write. */
	{ BPF_MAP_TYPE_STACK_TRACE, 0, 0, 0 },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0, 0, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 0 },
};

static const struct operation {
	const char *name;
	uint32_t which;
	unsigned long cmd;
} operations[] = {
	{ "MAP_UPDATE", UPDATE, VOUCH_TARGET_MAP_UPDATE },
	{ "MAP_LOOKUP", LOOKUP, VOUCH_TARGET_MAP_LOOKUP },
	{ "MAP_NEXT_KEY", NEXT_KEY, VOUCH_TARGET_MAP_NEXT_KEY },
	{ "MAP_DELETE", DELETE, VOUCH_TARGET_MAP_DELETE },
};

/* The map, its kind and the operation at hand. */
static struct vouch_target_map_info map;
static const struct kind *kind;
static const struct operation *operation;
static uint32_t key[2], next[2], n_entries;
static uint64_t value[8 * N_CPUS];
static int cgroup = -1;

static void use_operation(const struct operation *o)
{
	const bool has_value = o->which & (UPDATE | LOOKUP);

	request(o->cmd);
	strcpy(arg.op.image, map.image);
	strcpy(arg.op.map, map.name);
	arg.op.key_len = map.key_size;
	if (o->which == NEXT_KEY)
		arg.op.next_key = (uintptr_t)next;
	else if (map.key_size)
		arg.op.key = (uintptr_t)key;
	arg.op.value_len = has_value ? map.value_io : 0;
	arg.op.value = arg.op.value_len ? (uintptr_t)value : 0;
	arg.op.flags = o->which == UPDATE ? kind->flags : 0;
}

static void set_values(void)
{
	uint32_t first = kind->value;

	if (kind->type == BPF_MAP_TYPE_CGROUP_ARRAY)
		first = (uint32_t)cgroup;
	memset(value, 0, sizeof(value));
	memcpy(value, &first, sizeof(first));
	memset(key, 0, sizeof(key));
	if (kind->type == BPF_MAP_TYPE_LPM_TRIE)
		key[0] = 32; /* bits */
}

static uint32_t count_entries(void)
{
	struct vouch_target_map_info m = { .index = map.index };

	strcpy(m.image, map.image);
	return ioctl(dev, VOUCH_TARGET_MAP_INFO, &m) ? ~0u : m.n_entries;
}

/* An update puts in what is not there, all else finds an entry. */
static bool want_operation(void)
{
	set_values();
	if (operation->which != UPDATE) {
		use_operation(&operations[0]);
		if (ask())
			return false;
	} else if (kind->operations & DELETE) {
		use_operation(&operations[3]);
		ask();
	}
	use_operation(operation);
	n_entries = count_entries();
	return remember();
}

static bool map_unchanged(void)
{
	return unchanged() && count_entries() == n_entries;
}

static const struct vouch_fault map_fault = { "map", want_operation, ask,
					      NULL,  map_unchanged,  0 };

static const struct kind *kind_of(uint32_t type)
{
	unsigned int i;

	for (i = 0; i < N(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* Nothing to fail where the kind has no such operation. */
static bool is_refused(const struct operation *o)
{
	set_values();
	use_operation(o);
	return ask() < 0;
}

static unsigned int try_map(unsigned int step)
{
	unsigned int i, failed = 0;

	for (i = 0; i < N(operations); i++) {
		operation = &operations[i];
		if (kind->operations & operation->which)
			failed += try_one(operation->name, map.name, &map_fault,
					  step);
		else
			verdict(is_refused(operation), "%s has no %s", map.name,
				operation->name);
	}
	return failed;
}

static void open_cgroup(void)
{
	mount("cgroup2", CGROUPS, "cgroup2", 0, NULL);
	cgroup = open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static unsigned int try_maps(unsigned int step)
{
	unsigned int failed = 0;

	memset(&map, 0, sizeof(map));
	strcpy(map.image, name_of("kinds"));
	open_cgroup();
	for (; !call(VOUCH_TARGET_MAP_INFO, &map, NULL); map.index++) {
		kind = kind_of(map.type);
		if (verdict(kind, "the kind %s is known", map.name))
			failed += try_map(step);
	}
	close(cgroup);
	return failed;
}

/* ---- test-runs ----------------------------------------------------------- */

static const struct run {
	const char *prog;
	uint32_t packet, ctx, ctx_out; /* bytes */
} runs[] = {
	{ "xdp", 64, 0, 0 },
	{ "xdp", 9000, 0, 0 },
	{ "socket", 64, 0, 0 },
	{ "socket", 64, sizeof(struct __sk_buff), sizeof(struct __sk_buff) },
	{ "tc", 64, sizeof(struct __sk_buff), sizeof(struct __sk_buff) },
	{ "kprobe", 0, 168 /* struct pt_regs */, 0 },
	{ "tracepoint", 0, 64, 0 },
	{ "raw_tp", 0, 96, 0 },
};

static const struct run *test_run;
static uint8_t packet[9000], data_out[16384], ctx[256], ctx_out[256];

static bool want_run(void)
{
	request(VOUCH_TARGET_TEST_RUN);
	strcpy(arg.run.image, name_of("kinds"));
	strcpy(arg.run.prog, test_run->prog);
	memset(ctx, 0, sizeof(ctx));
	/* Not the key of the run before, so that the trie grows and shrinks. */
	packet[0]++;
	arg.run.data_size_in = test_run->packet;
	arg.run.data_in = test_run->packet ? (uintptr_t)packet : 0;
	arg.run.data_out = test_run->packet ? (uintptr_t)data_out : 0;
	arg.run.ctx_size_in = test_run->ctx;
	arg.run.ctx_in = test_run->ctx ? (uintptr_t)ctx : 0;
	arg.run.ctx_size_out = test_run->ctx_out;
	arg.run.ctx_out = test_run->ctx_out ? (uintptr_t)ctx_out : 0;
	return remember();
}

static const struct vouch_fault run_fault = { "run", want_run,	ask,
					      NULL,  unchanged, 0 };

/* ---- records ------------------------------------------------------------- */

static const char *const recorders[] = { "ringbuf", "perf_event_array", "" };
static const char *recorder;

/* A run writes a record to each of them. */
static bool want_records(void)
{
	test_run = &runs[0];
	if (!want_run() || ask())
		return false;
	request(VOUCH_TARGET_RECORDS);
	if (*recorder)
		strcpy(arg.records.image, name_of("kinds"));
	strcpy(arg.records.map, recorder);
	arg.records.data = (uintptr_t)data_out;
	arg.records.data_len = sizeof(data_out);
	return remember();
}

static const struct vouch_fault records_fault = { "records", want_records, ask,
						  NULL,	     unchanged,	   0 };

/* ---- all ----------------------------------------------------------------- */

static unsigned int try_runs(unsigned int step)
{
	unsigned int i, failed = 0;
	char of[64];

	for (i = 0; i < N(runs); i++) {
		test_run = &runs[i];
		snprintf(of, sizeof(of), "%s, %u bytes and %u of context",
			 test_run->prog, test_run->packet, test_run->ctx);
		if (has_prog(test_run->prog))
			failed += try_one("TEST_RUN", of, &run_fault, step);
	}
	for (i = 0; i < N(recorders); i++) {
		recorder = recorders[i];
		failed += try_one("RECORDS", *recorder ? recorder : "lines",
				  &records_fault, step);
	}
	return failed;
}

/* What of a group never failed was not tried: requests without allocations may
 * be in it, but not they alone. */
static void try_group(const char *name, unsigned int (*try)(unsigned int step),
		      unsigned int step)
{
	unsigned int failed = try(step);

	verdict(failed, "some of %s did fail (%u)", name, failed);
}

static unsigned int try_load(unsigned int step)
{
	return try_one("load", "maps of all kinds", &load_fault, step);
}

/* Each, or each vouch_step-th, where time is short. */
void test_kinds(void)
{
	const char *given = getenv("vouch_step");
	unsigned int step = given ? strtoul(given, NULL, 10) : 1;

	verdict(step > 0 && !load_admitted("kinds") && !load_admitted("kinds2"),
		"images with all kinds load");
	try_group("the operations on maps", try_maps, step);
	try_group("the test-runs", try_runs, step);
	try_group("the hooks", try_hooks, step);
	verdict(!unload("kinds") && !unload("kinds2"), "and go");
	try_group("the loads", try_load, step);
}
