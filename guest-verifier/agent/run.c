// SPDX-License-Identifier: BSD-2-Clause
/* BPF_PROG_TEST_RUN, in a confined child. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "hex.h"
#include "load.h"
#include "privilege.h"
#include "run.h"
#include "run_maps.h"

#define RUN_UID 60999
#define RUN_TIMEOUT 300000 /* ms */
#define RUN_CPU_SECONDS 290
#define GROWTH 65536 /* bytes that a program may add to a packet */
#define MAX_CTX 8192 /* bytes */

/* A call whose shape is checked. */
struct run {
	struct vouch_options options;
	const json_t *program; /* of all packets, or a list; null: the only */
	const json_t *packets, *presets;
	const u8 *object, *packet_data;
	size_t object_len, packet_len;
	u32 repeat;
	const json_t *dump; /* true, or a list of names */
	const json_t *ctx; /* of all packets, or a list; NULL: none */
	bool perfmon;
};

/* What the child gathers. */
struct outcome {
	json_t *runs, *maps;
	u8 *data;
	size_t data_len, data_room;
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

static bool ctx_ok(const json_t *ctx)
{
	const char *hex = json_string_value(ctx);
	u8 bytes[MAX_CTX];

	return json_is_null(ctx) ||
	       (hex && *hex && strlen(hex) <= 2ul * MAX_CTX &&
		!vouch_hex_read(hex, bytes, strlen(hex) / 2));
}

static const char *read_ctx(struct run *run, const json_t *call)
{
	json_t *ctx;
	size_t i;

	run->ctx = json_object_get(call, "ctx");
	if (!json_is_array(run->ctx))
		return !run->ctx || ctx_ok(run->ctx)
			       ? NULL
			       : "ctx is no context in hexadecimal";
	if (json_array_size(run->ctx) != json_array_size(run->packets))
		return "ctx is a list, but not of one context a packet";
	json_array_foreach((json_t *)run->ctx, i, ctx)
		if (!ctx_ok(ctx))
			return "ctx has what is no context in hexadecimal";
	return NULL;
}

static const char *read_program(struct run *run, const json_t *call)
{
	json_t *name;
	size_t i;

	run->program = json_object_get(call, "program");
	if (!json_is_array(run->program))
		return !run->program || json_is_null(run->program) ||
				       json_is_string(run->program)
			       ? NULL
			       : "program must be a name, a list or null";
	if (json_array_size(run->program) != json_array_size(run->packets))
		return "program is a list, but not of one name a packet";
	json_array_foreach((json_t *)run->program, i, name)
		if (!json_is_string(name))
			return "program has what is no name";
	return NULL;
}

static const char *read_call(struct run *run, const json_t *call,
			     const u8 *blob, size_t blob_len)
{
	json_int_t object_len =
		json_integer_value(json_object_get(call, "object_len"));
	const json_t *repeat = json_object_get(call, "repeat");
	const char *why;

	if (vouch_options_read(json_object_get(call, "options"), &run->options,
			       &why))
		return why;
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
	if (!why)
		why = read_program(run, call);
	return why ? why : read_ctx(run, call);
}

/* Room for a packet's output behind the others'. */
static bool make_room(struct outcome *o, size_t need)
{
	size_t room = o->data_room ? o->data_room : 16ul * GROWTH;
	u8 *data;

	while (room - o->data_len < need)
		room *= 2;
	if (room == o->data_room)
		return true;
	data = realloc(o->data, room);
	if (!data) {
		snprintf(o->why, sizeof(o->why), "out of memory");
		return false;
	}
	o->data = data;
	o->data_room = room;
	return true;
}

/* The context of packet @i, of which there are @len bytes. */
static void find_ctx(const struct run *run, size_t i, u8 *ctx, u32 *len)
{
	const json_t *text = json_is_array(run->ctx)
				     ? json_array_get(run->ctx, i)
				     : run->ctx;

	*len = (u32)json_string_length(text) / 2;
	if (*len)
		vouch_hex_read(json_string_value(text), ctx, *len);
}

/* No packet, nothing back, no repeat: BPF_PROG_TEST_RUN refuses them. */
static bool takes_ctx_alone(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static bool run_packet(const struct run *run, const struct bpf_program *prog,
		       const u8 *packet, u32 len, struct outcome *o)
{
	const size_t i = json_array_size(o->runs);
	u8 ctx[MAX_CTX] = { 0 }, ctx_out[MAX_CTX] = { 0 };
	const bool plain = takes_ctx_alone(bpf_program__type(prog));
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts),
		.data_in = packet,
		.data_size_in = len,
		.repeat = plain && run->repeat == 1 ? 0 : (int)run->repeat,
	};
	json_t *result;

	if (!make_room(o, len + GROWTH))
		return false;
	if (plain && !len)
		opts.data_in = NULL;
	if (!plain) {
		opts.data_out = o->data + o->data_len;
		opts.data_size_out = len + GROWTH;
	}
	find_ctx(run, i, ctx, &opts.ctx_size_in);
	if (opts.ctx_size_in)
		opts.ctx_in = ctx;
	if (opts.ctx_size_in && !plain) {
		opts.ctx_out = ctx_out;
		opts.ctx_size_out = MAX_CTX;
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts)) {
		snprintf(o->why, sizeof(o->why),
			 "running program %s on packet %zu of %u bytes: %s",
			 bpf_program__name(prog), i, len, strerror(errno));
		return false;
	}
	o->data_len += opts.data_size_out;
	result = json_pack("{s:I, s:I, s:I}", "retval", (json_int_t)opts.retval,
			   "data_len", (json_int_t)opts.data_size_out,
			   "duration_ns", (json_int_t)opts.duration);
	if (opts.ctx_out)
		json_object_set_new(result, "ctx_out",
				    vouch_run_hex(ctx_out, opts.ctx_size_out));
	json_array_append_new(o->runs, result);
	return true;
}

/* What packet @i is for; NULL: the only program. */
static const char *program_name(const struct run *run, size_t i)
{
	return json_string_value(json_is_array(run->program)
					 ? json_array_get(run->program, i)
					 : run->program);
}

/* The program that was named for packet @i, or the only one. */
static struct bpf_program *find_program(const struct run *run, size_t i,
					const struct vouch_load *load,
					struct outcome *o)
{
	const char *name = program_name(run, i);
	struct bpf_program *prog;

	if (name) {
		prog = bpf_object__find_program_by_name(load->bpf, name);
		o->usage = !prog;
		if (!prog)
			snprintf(o->why, sizeof(o->why),
				 "the object has no program %s", name);
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
	const u8 *packet = run->packet_data;
	size_t i;
	json_t *p;

	/* Without packets, too, it has to be there. */
	if (!json_array_size(run->packets) && !find_program(run, 0, load, o))
		return false;
	json_array_foreach((json_t *)run->packets, i, p) {
		struct bpf_program *prog = find_program(run, i, load, o);
		u32 len = json_integer_value(p);

		if (!prog || !run_packet(run, prog, packet, len, o))
			return false;
		packet += len;
	}
	return true;
}

static bool run_loaded(const struct run *run, const struct vouch_load *load,
		       struct outcome *o)
{
	return vouch_run_preset(load, run->presets, o->why, sizeof(o->why)) &&
	       run_packets(run, load, o) &&
	       vouch_run_dump(load, run->dump, o->maps, o->why, sizeof(o->why));
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
	if (!vouch_privilege_lacks((int)err))
		return 0;
	run->perfmon = true;
	vouch_message_release(msg);
	return run_child(run, msg, why, size);
}

static const char *program_of(const struct run *run)
{
	const char *name = program_name(run, 0);

	if (json_array_size(run->program) > 1)
		return "several programs";
	return name ? name : "the only program";
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
