// SPDX-License-Identifier: BSD-2-Clause
/*
 * Taking the time of loads. libbpf offers a callback right before it loads a
 * program, with all that it is going to hand to bpf(2): the callback loads
 * the same program the same way, takes that one system call's time, and
 * closes it again. What libbpf then does for itself is taken apart.
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "load.h"
#include "load_time.h"
#include "privilege.h"

#define TIME_UID 60998
#define TIME_TIMEOUT 300000 /* ms */
#define TIME_CPU_SECONDS 290

/* A call whose shape is checked. */
struct timing {
	struct vouch_options options;
	const u8 *object;
	size_t object_len;
	u32 count;
	bool perfmon;
};

/* One load of the object. */
struct sample {
	const char *license;
	u64 program_ns; /* all its programs' BPF_PROG_LOAD */
	u32 n_progs; /* of which the time was taken */
};

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static const char *read_call(struct timing *timing, const json_t *call,
			     const void *blob, size_t blob_len)
{
	const json_t *count = json_object_get(call, "count");
	json_int_t n = json_integer_value(count);
	const char *why;

	if (vouch_options_read(json_object_get(call, "options"),
			       &timing->options, &why))
		return why;
	if (!json_is_integer(count) || n < 1 || n > VOUCH_LOAD_TIME_MAX_COUNT)
		return "count must be 1 to 1000";
	if (!blob_len || blob_len > VOUCH_MAX_OBJECT)
		return "the object is empty or larger than 16 MiB";
	timing->count = n;
	timing->object = blob;
	timing->object_len = blob_len;
	return NULL;
}

static int time_program(struct bpf_program *prog,
			struct bpf_prog_load_opts *opts, long cookie)
{
	struct sample *sample = (struct sample *)cookie;
	u64 start = now_ns();
	int fd = bpf_prog_load(bpf_program__type(prog), bpf_program__name(prog),
			       sample->license, bpf_program__insns(prog),
			       bpf_program__insn_cnt(prog), opts);

	sample->program_ns += now_ns() - start;
	/* Where it fails, libbpf's own load fails next and says why. */
	if (fd < 0)
		return 0;
	sample->n_progs++;
	close(fd);
	return 0;
}

static bool take_sample(struct vouch_load *load, struct sample *sample,
			json_t *program_us, json_t *object_us)
{
	u64 start, whole;
	bool good;

	sample->program_ns = 0;
	sample->n_progs = 0;
	start = now_ns();
	good = vouch_load_object(load);
	whole = now_ns() - start;
	if (!good)
		return false;
	if (sample->n_progs == load->n_progs)
		json_array_append_new(
			program_us,
			json_integer((json_int_t)(sample->program_ns / 1000)));
	vouch_load_release(load);
	json_array_append_new(
		object_us,
		json_integer(
			(json_int_t)((whole - sample->program_ns) / 1000)));
	return true;
}

static int watch_loads(struct sample *sample)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)sample,
		    .prog_prepare_load_fn = time_program);

	return libbpf_register_prog_handler("xdp", BPF_PROG_TYPE_XDP, BPF_XDP,
					    &opts);
}

/* In the child. */
static json_t *time_main(void *arg, int guest_fd, void **blob, size_t *blob_len)
{
	const struct timing *timing = arg;
	json_t *program_us = json_array(), *object_us = json_array();
	struct vouch_object object = { 0 };
	struct sample sample = { .license = object.license };
	struct vouch_load load = { .failed = -1 };
	const char *why;
	bool good;
	u32 i;

	(void)blob;
	(void)blob_len;
	good = !vouch_object_read(timing->object, timing->object_len, &object,
				  &why);
	if (!good)
		vouch_load_fail(&load, "%s", why);
	if (good && watch_loads(&sample) < 0)
		good = vouch_load_fail(&load,
				       "libbpf cannot watch program loads");
	for (i = 0; good && i < timing->count; i++) {
		load = (struct vouch_load){
			.object = &object,
			.options = &timing->options,
			.guest_fd = guest_fd,
			.native = true,
			.quiet = true,
		};
		good = take_sample(&load, &sample, program_us, object_us);
	}
	if (!good)
		return vouch_load_result(&load);
	return json_pack("{s:i, s:o, s:o}", "schema_version", 1,
			 "program_load_us", program_us, "object_load_us",
			 object_us);
}

static int run_child(struct timing *timing, struct vouch_message *msg,
		     char *why, size_t size)
{
	struct vouch_child child = {
		.confinement = {
			.uid = TIME_UID,
			.perfmon = timing->perfmon,
			.cpu_s = TIME_CPU_SECONDS,
		},
		.timeout_ms = TIME_TIMEOUT,
		.fn = time_main,
		.arg = timing,
	};
	json_int_t err;
	int ret = vouch_child_run(&child, msg, why, size);

	if (ret || timing->perfmon || !timing->options.allow_perfmon)
		return ret;
	err = json_integer_value(json_object_get(msg->json, "errno"));
	if (!vouch_privilege_lacks((int)err))
		return 0;
	timing->perfmon = true;
	vouch_message_release(msg);
	return run_child(timing, msg, why, size);
}

static bool are_times(const json_t *list, u32 count)
{
	size_t i;
	json_t *us;

	if (json_array_size(list) != count)
		return false;
	json_array_foreach((json_t *)list, i, us)
		if (!json_is_integer(us) || json_integer_value(us) < 0)
			return false;
	return true;
}

/* The child is not trusted: only what a result holds is passed on. */
static json_t *rebuild(const json_t *answer, u32 count)
{
	json_t *program_us = json_object_get(answer, "program_load_us");
	json_t *object_us = json_object_get(answer, "object_load_us");

	/* See take_sample(). */
	if (!json_array_size(program_us))
		program_us = NULL;
	if ((program_us && !are_times(program_us, count)) ||
	    !are_times(object_us, count))
		return NULL;
	return json_pack("{s:i, s:O*, s:O}", "schema_version", 1,
			 "program_load_us", program_us, "object_load_us",
			 object_us);
}

static void describe(struct vouch_failure *failure, const json_t *result)
{
	const char *verdict =
		json_string_value(json_object_get(result, "verdict"));
	const char *reason =
		json_string_value(json_object_get(result, "reason"));
	bool rejected = verdict && !strcmp(verdict, "rejected");

	vouch_fail(failure, -EINVAL,
		   rejected ? VOUCH_EXIT_REJECTED : VOUCH_EXIT_INTERNAL,
		   "take the time of loading the object");
	vouch_fail_why(failure, "%s", reason ? reason : "no reason given");
	vouch_fail_next(failure, "Verify the object by itself to see more.");
}

json_t *vouch_load_time(const json_t *call, const void *blob, size_t blob_len,
			struct vouch_failure *failure)
{
	struct timing timing = { 0 };
	struct vouch_message msg;
	char child_why[256];
	const char *why;
	json_t *result;
	int err;

	why = read_call(&timing, call, blob, blob_len);
	if (why) {
		vouch_fail(failure, -EINVAL, VOUCH_EXIT_USAGE, "load-time");
		vouch_fail_why(failure, "%s", why);
		vouch_fail_next(failure, "See docs/protocol.md.");
		return NULL;
	}
	err = run_child(&timing, &msg, child_why, sizeof(child_why));
	if (err) {
		vouch_fail(failure, err,
			   err == -ETIMEDOUT ? VOUCH_EXIT_TIMEOUT
					     : VOUCH_EXIT_INTERNAL,
			   "take the time of loading the object");
		vouch_fail_why(failure, "%s", child_why);
		vouch_fail_next(failure, "Ask for a smaller count.");
		return NULL;
	}
	result = rebuild(msg.json, timing.count);
	if (!result)
		describe(failure, msg.json);
	vouch_message_release(&msg);
	return result;
}
