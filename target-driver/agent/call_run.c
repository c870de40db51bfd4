// SPDX-License-Identifier: BSD-2-Clause
/* The method test-run: presets, many packets, dump. */

#include "call.h"

#include <stdio.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "args.h"
#include "find.h"
#include "hex.h"
#include "map.h"

/* How much a program may make a packet longer, bytes. */
#define MAX_GROWTH 65536u

struct test_run {
	struct vouch_target_image_info image;
	struct vouch_target_prog_info prog; /* of the packet at hand */
	const json_t *packets, *presets;
	const json_t *dump; /* true, or a list of names */
	u64 repeat;
	const json_t *args;
	u8 *out; /* the packets' output, one behind the other */
	size_t out_len, out_room;
	json_t *runs;
};

/* What may be a list has one for each packet then. */
static int check_list(const struct test_run *run, const char *key,
		      struct vouch_failure *f)
{
	const json_t *list = json_object_get(run->args, key);
	const size_t n = json_array_size(run->packets);

	if (!json_is_array(list) || json_array_size(list) == n)
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read the argument \"%s\"",
		   key);
	vouch_fail_why(f, "there are %zu of them and %zu packets",
		       json_array_size(list), n);
	return vouch_fail_next(f, "send one for each packet, or one for all");
}

static int check_ctx(const struct test_run *run, struct vouch_failure *f)
{
	u8 bytes[VOUCH_ARG_MAX_CTX];
	int err = check_list(run, "ctx", f);
	size_t i;
	u32 len;

	for (i = 0; !err && i < json_array_size(run->packets); i++)
		err = vouch_arg_ctx(run->args, i, bytes, &len, f);
	return err;
}

static int find_image(struct vouch_agent *agent, struct test_run *run,
		      struct vouch_failure *f)
{
	const char *name;
	int err = vouch_arg_name(run->args, "image", 2 * VOUCH_HASH_LEN + 1,
				 false, &name, f);

	return err ? err
		   : vouch_find_image(agent->device, name, &run->image, f);
}

/* The program of packet @i, which is often that of the one before. */
static int find_program(struct vouch_agent *agent, struct test_run *run,
			size_t i, struct vouch_failure *f)
{
	const char *name;
	int err = vouch_arg_program(run->args, i, &name, f);

	if (err || (i > 0 && (!name || !strcmp(name, run->prog.name))))
		return err;
	return vouch_find_program(agent->device, run->image.name, name,
				  &run->prog, f);
}

static int read_request(struct vouch_agent *agent,
			const struct vouch_message *msg, struct test_run *run,
			struct vouch_failure *f)
{
	int err;

	run->args = msg->json;
	run->repeat = 1;
	err = find_image(agent, run, f);
	if (!err)
		err = vouch_arg_packets(msg->json, msg->blob_len, &run->packets,
					f);
	if (!err)
		err = check_list(run, "program", f);
	if (!err)
		err = find_program(agent, run, 0, f);
	if (!err)
		err = vouch_arg_number(msg->json, "repeat",
				       VOUCH_ARG_MAX_REPEAT, &run->repeat, f);
	if (!err)
		err = vouch_arg_list(msg->json, "presets",
				     VOUCH_ARG_MAX_PRESETS, &run->presets, f);
	if (!err)
		err = check_ctx(run, f);
	run->dump = json_object_get(msg->json, "dump");
	return err;
}

static int preset(struct vouch_agent *agent, const char *image,
		  const json_t *args, struct vouch_failure *f)
{
	struct vouch_map map = { 0 };
	const char *name;
	int err = vouch_arg_name(args, "map", VOUCH_TARGET_NAME_LEN, true,
				 &name, f);

	if (!err)
		err = vouch_map_open(agent->device, image, name, &map, f);
	if (!err)
		err = vouch_arg_bytes(args, "key", map.info.key_size, map.key,
				      f);
	if (!err)
		err = vouch_arg_bytes(args, "value", map.info.value_io,
				      map.value, f);
	if (!err)
		err = vouch_map_update(&map, BPF_ANY, f);
	vouch_map_close(&map);
	return err;
}

static int apply_presets(struct vouch_agent *agent, const struct test_run *run,
			 struct vouch_failure *f)
{
	const json_t *args;
	size_t i;
	int err = 0;

	json_array_foreach(run->presets, i, args) {
		err = preset(agent, run->image.name, args, f);
		if (err)
			break;
	}
	return err;
}

static int make_room(struct test_run *run, size_t need)
{
	size_t room = run->out_room ? run->out_room : 65536;
	u8 *out;

	while (room - run->out_len < need)
		room *= 2;
	if (room == run->out_room)
		return 0;
	out = realloc(run->out, room);
	if (!out)
		return -ENOMEM;
	run->out = out;
	run->out_room = room;
	return 0;
}

static json_t *run_json(const struct vouch_target_test_run *arg)
{
	json_t *json = json_pack("{s:I, s:I, s:I}", "retval",
				 (json_int_t)arg->retval, "data_len",
				 (json_int_t)arg->data_size_out, "duration_ns",
				 (json_int_t)arg->duration);

	if (arg->ctx_out)
		json_object_set_new(
			json, "ctx_out",
			vouch_hex_json((const u8 *)(uintptr_t)arg->ctx_out,
				       arg->ctx_size_out));
	return json;
}

static void add_ctx(struct vouch_target_test_run *arg, const u8 *ctx, u32 len,
		    u8 *ctx_out)
{
	if (!len)
		return;
	arg->ctx_in = (uintptr_t)ctx;
	arg->ctx_size_in = len;
	if (!ctx_out)
		return;
	arg->ctx_out = (uintptr_t)ctx_out;
	arg->ctx_size_out = VOUCH_ARG_MAX_CTX;
}

/* No packet, nothing back, no repeat. */
static bool takes_ctx_alone(u32 type)
{
	return type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_TRACEPOINT;
}

static int run_packet(struct vouch_agent *agent, struct test_run *run,
		      const u8 *packet, u32 len, struct vouch_failure *f)
{
	u8 ctx[VOUCH_ARG_MAX_CTX], ctx_out[VOUCH_ARG_MAX_CTX];
	const bool plain = takes_ctx_alone(run->prog.type);
	struct vouch_target_test_run arg;
	u32 ctx_len;
	int err = vouch_arg_ctx(run->args, json_array_size(run->runs), ctx,
				&ctx_len, f);

	if (err)
		return err;
	vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL, "test-run %s of %s",
		   run->prog.name, run->prog.image);
	if (make_room(run, len + MAX_GROWTH))
		return vouch_fail_next(f, "send fewer packets in one call");
	memset(&arg, 0, sizeof(arg));
	memcpy(arg.image, run->prog.image, sizeof(arg.image));
	memcpy(arg.prog, run->prog.name, sizeof(arg.prog));
	if (!plain || len)
		arg.data_in = (uintptr_t)packet;
	arg.data_size_in = len;
	if (!plain) {
		arg.data_out = (uintptr_t)(run->out + run->out_len);
		arg.data_size_out = len + MAX_GROWTH;
	}
	arg.repeat = plain && run->repeat == 1 ? 0 : (u32)run->repeat;
	add_ctx(&arg, ctx, ctx_len, plain ? NULL : ctx_out);
	vouch_fail_next(f, "see BPF_PROG_TEST_RUN in bpf(2) for the sizes of "
			   "packet and context");
	err = vouch_device_call(agent->device, VOUCH_TARGET_TEST_RUN, &arg,
				arg.reason, f);
	if (err)
		return err;
	if (arg.data_size_out > len + MAX_GROWTH ||
	    arg.ctx_size_out > VOUCH_ARG_MAX_CTX)
		return vouch_fail(f, -EPROTO, VOUCH_EXIT_INTERNAL,
				  "read the test-run's output");
	run->out_len += arg.data_size_out;
	json_array_append_new(run->runs, run_json(&arg));
	return 0;
}

static int run_packets(struct vouch_agent *agent, struct test_run *run,
		       const u8 *blob, struct vouch_failure *f)
{
	const json_t *packet;
	size_t i;
	int err = 0;

	json_array_foreach(run->packets, i, packet) {
		u32 len = (u32)json_integer_value(packet);

		err = find_program(agent, run, i, f);
		if (!err)
			err = run_packet(agent, run, blob, len, f);
		if (err)
			return err;
		blob += len;
	}
	if (run->out_len <= VOUCH_FRAME_MAX_BLOB)
		return 0;
	vouch_fail(f, -EMSGSIZE, VOUCH_EXIT_REFUSED, "send the output back");
	vouch_fail_why(f, "%zu bytes are too long for one frame", run->out_len);
	return vouch_fail_next(f, "send fewer packets in one call");
}

static int dump_map(struct vouch_agent *agent, const char *image,
		    const char *name, json_t *maps, struct vouch_failure *f)
{
	struct vouch_map map;
	json_t *entries = NULL;
	bool more = false;
	int err = vouch_map_open(agent->device, image, name, &map, f);

	if (!err)
		err = vouch_map_entries(&map, true, false, &entries, &more, f);
	vouch_map_close(&map);
	if (!err && more) {
		json_decref(entries);
		err = vouch_fail(f, -EMSGSIZE, VOUCH_EXIT_REFUSED,
				 "dump the map %s", name);
		vouch_fail_why(f, "it has more elements than fit one answer");
		vouch_fail_next(f, "name the maps to dump, without this one");
	} else if (!err) {
		json_object_set_new(maps, name, entries);
	}
	return err;
}

static bool dump_wanted(const struct test_run *run, const char *map)
{
	const json_t *name;
	size_t i;

	json_array_foreach(run->dump, i, name)
		if (json_is_string(name) &&
		    !strcmp(json_string_value(name), map))
			return true;
	return json_is_true(run->dump);
}

static int dump_maps(struct vouch_agent *agent, const struct test_run *run,
		     json_t *maps, struct vouch_failure *f)
{
	const char *image = run->image.name;
	struct vouch_target_map_info info;
	int err = 0;
	u32 i;

	for (i = 0; !err && !vouch_device_map(agent->device, image, i, &info);
	     i++)
		if (dump_wanted(run, info.name))
			err = dump_map(agent, image, info.name, maps, f);
	return err;
}

int vouch_call_test_run(struct vouch_agent *agent,
			const struct vouch_message *msg,
			struct vouch_reply *reply, struct vouch_failure *f)
{
	struct test_run run = { 0 };
	json_t *maps = json_object();
	int err = read_request(agent, msg, &run, f);

	run.runs = json_array();
	if (!err)
		err = apply_presets(agent, &run, f);
	if (!err)
		err = run_packets(agent, &run, msg->blob, f);
	if (!err)
		err = dump_maps(agent, &run, maps, f);
	if (err) {
		json_decref(run.runs);
		json_decref(maps);
		free(run.out);
		return err;
	}
	reply->json = json_pack("{s:o, s:o}", "runs", run.runs, "maps", maps);
	reply->blob = run.out;
	reply->blob_len = run.out_len;
	return 0;
}
