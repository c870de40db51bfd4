// SPDX-License-Identifier: BSD-2-Clause
/* BPF_PROG_TEST_RUN, in a confined child. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "hex.h"
#include "load.h"
#include "run.h"

#define RUN_UID 60999
#define RUN_TIMEOUT 300000 /* ms */
#define RUN_CPU_SECONDS 290
#define GROWTH 4096 /* bytes that a program may add to a packet */
#define MAX_CTX 256
#define MAX_VALUE (1u << 20)
#define MAX_DUMPED 262144 /* entries of a map */

/* A call whose shape is checked. */
struct run {
	struct vouch_options options;
	const char *program; /* NULL: the only one */
	const json_t *packets, *presets;
	const u8 *object, *packet_data;
	size_t object_len, packet_len;
	u32 repeat;
	const json_t *dump; /* true, or a list of names */
	u8 ctx[MAX_CTX];
	u32 ctx_len;
	bool perfmon;
};

/* What the child gathers. */
struct outcome {
	json_t *runs, *maps;
	u8 *data;
	size_t data_len;
	bool usage; /* the request is wrong */
	char why[256];
};

static const char *read_packets(struct run *run)
{
	u64 sum = 0;
	size_t i;
	json_t *p;

	if (!json_is_array(run->packets) ||
	    json_array_size(run->packets) > VOUCH_RUN_MAX_PACKETS)
		return "packets must be a list of at most 65536 lengths";
	json_array_foreach((json_t *)run->packets, i, p) {
		json_int_t len = json_integer_value(p);

		if (!json_is_integer(p) || len < 0 ||
		    len > VOUCH_RUN_MAX_PACKET)
			return "a packet's length is out of range";
		sum += len;
	}
	if (sum != run->packet_len)
		return "the packets' lengths and the blob's differ";
	return NULL;
}

static const char *read_ctx(struct run *run, const json_t *call)
{
	const json_t *ctx = json_object_get(call, "ctx");
	const char *hex = json_string_value(ctx);

	if (!ctx || json_is_null(ctx))
		return NULL;
	if (!hex || strlen(hex) > 2ul * MAX_CTX || !*hex ||
	    vouch_hex_read(hex, run->ctx, strlen(hex) / 2))
		return "ctx is no context in hexadecimal";
	run->ctx_len = strlen(hex) / 2;
	return NULL;
}

static const char *read_call(struct run *run, const json_t *call,
			     const u8 *blob, size_t blob_len)
{
	json_int_t object_len =
		json_integer_value(json_object_get(call, "object_len"));
	const json_t *repeat = json_object_get(call, "repeat");
	const json_t *program = json_object_get(call, "program");
	const char *why;

	if (vouch_options_read(json_object_get(call, "options"), &run->options,
			       &why))
		return why;
	run->program = json_string_value(program);
	if (program && !run->program && !json_is_null(program))
		return "program must be a name or null";
	if (object_len <= 0 || (u64)object_len > blob_len)
		return "object_len is not within the blob";
	run->object = blob;
	run->object_len = object_len;
	run->packet_data = blob + object_len;
	run->packet_len = blob_len - object_len;
	run->repeat = repeat ? json_integer_value(repeat) : 1;
	if (repeat &&
	    (!json_is_integer(repeat) || json_integer_value(repeat) < 1 ||
	     json_integer_value(repeat) > VOUCH_RUN_MAX_REPEAT))
		return "repeat must be 1 to 1000000";
	run->dump = json_object_get(call, "dump");
	run->presets = json_object_get(call, "presets");
	if (run->presets && !json_is_null(run->presets) &&
	    !json_is_array(run->presets))
		return "presets must be a list";
	run->packets = json_object_get(call, "packets");
	why = read_packets(run);
	return why ? why : read_ctx(run, call);
}

static u32 value_len(const struct bpf_map *map)
{
	int cpus = 1;

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		cpus = libbpf_num_possible_cpus();
		return cpus < 1 ? 0
				: ((bpf_map__value_size(map) + 7) & ~7u) *
					  (u32)cpus;
	default:
		return bpf_map__value_size(map);
	}
}

static struct bpf_map *find_map(struct bpf_object *bpf, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf)
		if (name && !strcmp(vouch_load_map_name(map), name))
			return map;
	return NULL;
}

static u8 *hex_value(const json_t *json, u32 len)
{
	const char *hex = json_string_value(json);
	u8 *p = hex && len <= MAX_VALUE ? malloc(len + 1) : NULL;

	if (p &&
	    (strlen(hex) != 2 * (size_t)len || vouch_hex_read(hex, p, len))) {
		free(p);
		return NULL;
	}
	return p;
}

static bool preset(const struct vouch_load *load, const json_t *entry,
		   struct outcome *o)
{
	const char *name = json_string_value(json_object_get(entry, "map"));
	struct bpf_map *map = find_map(load->bpf, name);
	u8 *key = NULL, *value = NULL;
	bool good = false;

	if (!map) {
		snprintf(o->why, sizeof(o->why),
			 "presets: the object has no map %s", name ? name : "");
		return false;
	}
	key = hex_value(json_object_get(entry, "key"), bpf_map__key_size(map));
	value = hex_value(json_object_get(entry, "value"), value_len(map));
	if (!key || !value)
		snprintf(
			o->why, sizeof(o->why),
			"presets: map %s wants a key of %u and a value of %u bytes in hexadecimal",
			name, bpf_map__key_size(map), value_len(map));
	else if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		snprintf(o->why, sizeof(o->why), "presets: map %s: %s", name,
			 strerror(errno));
	else
		good = true;
	free(key);
	free(value);
	return good;
}

static json_t *hex_json(const void *p, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *json;

	if (!text)
		return NULL;
	vouch_hex_write(p, len, text);
	json = json_string(text);
	free(text);
	return json;
}

static bool run_packet(const struct run *run, const struct bpf_program *prog,
		       const u8 *packet, u32 len, struct outcome *o)
{
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts),
		.data_in = packet,
		.data_size_in = len,
		.data_out = o->data + o->data_len,
		.data_size_out = len + GROWTH,
		.repeat = run->repeat,
	};
	u8 ctx[MAX_CTX] = { 0 };
	json_t *result;

	if (run->ctx_len) {
		opts.ctx_in = run->ctx;
		opts.ctx_size_in = run->ctx_len;
		opts.ctx_out = ctx;
		opts.ctx_size_out = run->ctx_len;
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts)) {
		snprintf(o->why, sizeof(o->why),
			 "running program %s on packet %zu of %u bytes: %s",
			 bpf_program__name(prog), json_array_size(o->runs), len,
			 strerror(errno));
		return false;
	}
	o->data_len += opts.data_size_out;
	result = json_pack("{s:I, s:I, s:I}", "retval", (json_int_t)opts.retval,
			   "data_len", (json_int_t)opts.data_size_out,
			   "duration_ns", (json_int_t)opts.duration);
	if (run->ctx_len)
		json_object_set_new(result, "ctx_out",
				    hex_json(ctx, opts.ctx_size_out));
	json_array_append_new(o->runs, result);
	return true;
}

/* The program that was named, or the only one. */
static struct bpf_program *find_program(const struct run *run,
					const struct vouch_load *load,
					struct outcome *o)
{
	struct bpf_program *prog;

	if (run->program) {
		prog = bpf_object__find_program_by_name(load->bpf,
							run->program);
		o->usage = !prog;
		if (!prog)
			snprintf(o->why, sizeof(o->why),
				 "the object has no program %s", run->program);
		return prog;
	}
	prog = bpf_object__next_program(load->bpf, NULL);
	if (prog && !bpf_object__next_program(load->bpf, prog))
		return prog;
	o->usage = true;
	snprintf(o->why, sizeof(o->why), "the object has %s; name one",
		 prog ? "several programs" : "no program");
	return NULL;
}

static bool run_packets(const struct run *run, const struct vouch_load *load,
			struct outcome *o)
{
	struct bpf_program *prog = find_program(run, load, o);
	const u8 *packet = run->packet_data;
	size_t i;
	json_t *p;

	if (!prog)
		return false;
	o->data = malloc(run->packet_len +
			 json_array_size(run->packets) * GROWTH + 1);
	if (!o->data) {
		snprintf(o->why, sizeof(o->why), "out of memory");
		return false;
	}
	json_array_foreach((json_t *)run->packets, i, p) {
		u32 len = json_integer_value(p);

		if (!run_packet(run, prog, packet, len, o))
			return false;
		packet += len;
	}
	return true;
}

static bool dump_map(const struct bpf_map *map, struct outcome *o)
{
	u32 key_len = bpf_map__key_size(map), n = 0;
	u32 len = value_len(map);
	int fd = bpf_map__fd(map);
	json_t *entries = json_array();
	u8 *key = calloc(1, key_len + 1), *value = malloc(len + 1);
	bool more = key && value && len <= MAX_VALUE &&
		    !bpf_map_get_next_key(fd, NULL, key);

	while (more && n++ < MAX_DUMPED) {
		/* An entry that has gone meanwhile, or one of an array of
		 * files that is empty, has no value. */
		if (!bpf_map_lookup_elem(fd, key, value))
			json_array_append_new(entries,
					      json_pack("{s:o, s:o}", "key",
							hex_json(key, key_len),
							"value",
							hex_json(value, len)));
		more = !bpf_map_get_next_key(fd, key, key);
	}
	free(key);
	free(value);
	json_object_set_new(o->maps, vouch_load_map_name(map), entries);
	if (more)
		snprintf(o->why, sizeof(o->why),
			 "map %s has too many entries to dump",
			 vouch_load_map_name(map));
	return !more;
}

static bool dump_wanted(const struct run *run, const struct bpf_map *map)
{
	size_t i;
	json_t *name;

	json_array_foreach((json_t *)run->dump, i, name)
		if (json_is_string(name) &&
		    !strcmp(json_string_value(name), vouch_load_map_name(map)))
			return true;
	return json_is_true(run->dump);
}

static bool run_loaded(const struct run *run, const struct vouch_load *load,
		       struct outcome *o)
{
	struct bpf_map *map;
	json_t *entry;
	size_t i;

	json_array_foreach((json_t *)run->presets, i, entry)
		if (!preset(load, entry, o))
			return false;
	if (!run_packets(run, load, o))
		return false;
	bpf_object__for_each_map(map, load->bpf)
		if (dump_wanted(run, map) && !dump_map(map, o))
			return false;
	return true;
}

/* In the child. */
static json_t *run_main(void *arg, int guest_fd, void **blob, size_t *blob_len)
{
	const struct run *run = arg;
	struct outcome o = { .runs = json_array(), .maps = json_object() };
	struct vouch_object object;
	struct vouch_load load = {
		.object = &object,
		.options = &run->options,
		.guest_fd = guest_fd,
		.native = true,
		.failed = -1,
	};
	json_t *result;
	const char *why;

	if (vouch_object_read(run->object, run->object_len, &object, &why))
		vouch_load_fail(&load, "%s", why);
	else if (vouch_load_object(&load) && !run_loaded(run, &load, &o))
		vouch_load_fail(&load, "%s", o.why);
	if (load.verdict != VOUCH_VERDICT_ACCEPTED) {
		json_decref(o.runs);
		json_decref(o.maps);
		free(o.data);
		result = vouch_load_result(&load);
		json_object_set_new(result, "usage", json_boolean(o.usage));
		return result;
	}
	*blob = o.data;
	*blob_len = o.data_len;
	return json_pack("{s:i, s:o, s:o}", "schema_version", 1, "runs", o.runs,
			 "maps", o.maps);
}

static int run_child(struct run *run, struct vouch_message *msg, char *why,
		     size_t size)
{
	struct vouch_child child = {
		.confinement = {
			.uid = RUN_UID,
			.perfmon = run->perfmon,
			.symbols = run->options.record,
			.test_run = true,
			.cpu_s = RUN_CPU_SECONDS,
		},
		.timeout_ms = RUN_TIMEOUT,
		.fn = run_main,
		.arg = run,
	};
	json_int_t err;
	int ret = vouch_child_run(&child, msg, why, size);

	if (ret || run->perfmon || !run->options.allow_perfmon)
		return ret;
	err = json_integer_value(json_object_get(msg->json, "errno"));
	if (err != EPERM && err != EACCES)
		return 0;
	run->perfmon = true;
	vouch_message_release(msg);
	return run_child(run, msg, why, size);
}

static const char *program_of(const struct run *run)
{
	return run->program ? run->program : "the only program";
}

static void describe(struct vouch_failure *failure, const json_t *result,
		     const struct run *run)
{
	const char *verdict =
		json_string_value(json_object_get(result, "verdict"));
	const char *reason =
		json_string_value(json_object_get(result, "reason"));
	enum vouch_exit exit = VOUCH_EXIT_INTERNAL;

	if (json_is_true(json_object_get(result, "usage")))
		exit = VOUCH_EXIT_USAGE;
	else if (verdict && !strcmp(verdict, "rejected"))
		exit = VOUCH_EXIT_REJECTED;
	else if (verdict && !strcmp(verdict, "unsupported"))
		exit = VOUCH_EXIT_REFUSED;
	vouch_fail(failure, -EINVAL, exit, "test-run %s", program_of(run));
	vouch_fail_why(failure, "%s", reason ? reason : "no reason given");
	vouch_fail_next(failure, "Verify the object by itself to see more.");
}

json_t *vouch_run_object(const json_t *call, const void *blob, size_t blob_len,
			 u8 **out, size_t *out_len,
			 struct vouch_failure *failure)
{
	struct vouch_message msg;
	struct run run = { 0 };
	json_t *result = NULL;
	char child_why[256];
	const char *why;
	int err;

	*out = NULL;
	*out_len = 0;
	why = read_call(&run, call, blob, blob_len);
	if (why) {
		vouch_fail(failure, -EINVAL, VOUCH_EXIT_USAGE, "test-run");
		vouch_fail_why(failure, "%s", why);
		vouch_fail_next(failure, "See docs/protocol.md.");
		return NULL;
	}
	err = run_child(&run, &msg, child_why, sizeof(child_why));
	if (err) {
		vouch_fail(failure, err,
			   err == -ETIMEDOUT ? VOUCH_EXIT_TIMEOUT
					     : VOUCH_EXIT_INTERNAL,
			   "test-run %s", program_of(&run));
		vouch_fail_why(failure, "%s", child_why);
		return NULL;
	}
	if (json_is_array(json_object_get(msg.json, "runs"))) {
		result = json_incref(msg.json);
		*out = (u8 *)msg.blob;
		*out_len = msg.blob_len;
		msg.blob = NULL;
	} else {
		describe(failure, msg.json, &run);
	}
	vouch_message_release(&msg);
	return result;
}
