// SPDX-License-Identifier: BSD-2-Clause
/* BPF_PROG_TEST_RUN: what the bridge asks, and what the child answers. */

#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "hex.h"
#include "privilege.h"
#include "run.h"
#include "run_child.h"

#define RUN_UID 60999
#define RUN_TIMEOUT 300000 /* ms */
#define RUN_CPU_SECONDS 290

static const char *read_packets(struct vouch_run *run)
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
	u8 bytes[VOUCH_RUN_MAX_CTX];

	return json_is_null(ctx) ||
	       (hex && *hex && strlen(hex) <= 2ul * VOUCH_RUN_MAX_CTX &&
		!vouch_hex_read(hex, bytes, strlen(hex) / 2));
}

static const char *read_ctx(struct vouch_run *run, const json_t *call)
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

static const char *read_program(struct vouch_run *run, const json_t *call)
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

static const char *read_call(struct vouch_run *run, const json_t *call,
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

static int run_child(struct vouch_run *run, struct vouch_message *msg,
		     char *why, size_t size)
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
		.fn = vouch_run_child,
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

static const char *program_of(const struct vouch_run *run)
{
	const char *name = vouch_run_program(run, 0);

	if (json_array_size(run->program) > 1)
		return "several programs";
	return name ? name : "the only program";
}

static void describe(struct vouch_failure *failure, const json_t *result,
		     const struct vouch_run *run)
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
	struct vouch_run run = { 0 };
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
