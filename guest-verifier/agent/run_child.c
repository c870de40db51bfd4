// SPDX-License-Identifier: BSD-2-Clause

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "load.h"
#include "run_child.h"
#include "run_maps.h"

#define GROWTH 65536 /* bytes that a program may add to a packet */

/* What the child gathers. */
struct outcome {
	json_t *runs, *maps;
	u8 *data;
	size_t data_len, data_room;
	bool usage; /* the request is wrong */
	char why[256];
};

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
static void find_ctx(const struct vouch_run *run, size_t i, u8 *ctx, u32 *len)
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

static bool run_packet(const struct vouch_run *run,
		       const struct bpf_program *prog, const u8 *packet,
		       u32 len, struct outcome *o)
{
	const size_t i = json_array_size(o->runs);
	u8 ctx[VOUCH_RUN_MAX_CTX] = { 0 }, ctx_out[VOUCH_RUN_MAX_CTX] = { 0 };
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
		opts.ctx_size_out = VOUCH_RUN_MAX_CTX;
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

const char *vouch_run_program(const struct vouch_run *run, size_t i)
{
	return json_string_value(json_is_array(run->program)
					 ? json_array_get(run->program, i)
					 : run->program);
}

/* The program that was named for packet @i, or the only one. */
static struct bpf_program *find_program(const struct vouch_run *run, size_t i,
					const struct vouch_load *load,
					struct outcome *o)
{
	const char *name = vouch_run_program(run, i);
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

static bool run_packets(const struct vouch_run *run,
			const struct vouch_load *load, struct outcome *o)
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

static bool run_loaded(const struct vouch_run *run,
		       const struct vouch_load *load, struct outcome *o)
{
	return vouch_run_preset(load, run->presets, o->why, sizeof(o->why)) &&
	       run_packets(run, load, o) &&
	       vouch_run_dump(load, run->dump, o->maps, o->why, sizeof(o->why));
}

json_t *vouch_run_child(void *arg, int guest_fd, void **blob, size_t *blob_len)
{
	const struct vouch_run *run = arg;
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
