// SPDX-License-Identifier: BSD-2-Clause
/*
 * The attempts: with as few capabilities as will do, without log; where the
 * verifier rejects, once more for its log. The child is not trusted: what it
 * sends is parsed, and what the agent itself knows must stand in it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "hash.h"
#include "load.h"
#include "privilege.h"
#include "result.h"
#include "verify.h"

/* Users of the children, one after the other. */
#define FIRST_UID 61000
#define N_UIDS 1000
#define CPU_SECONDS (VOUCH_VERIFY_TIMEOUT / 1000 - 10)

struct attempt {
	const struct vouch_kernel *kernel;
	const struct vouch_options *options;
	const struct vouch_target *target;
	int btf_fd; /* the target's BTF, as a file; 0: none */
	const void *data;
	size_t size;
	u8 hash[VOUCH_HASH_LEN];
	bool perfmon;
	bool full_log;
};

static u32 privileges(const struct attempt *a)
{
	return a->perfmon ? VOUCH_PRIV_PERFMON : 0;
}

/* In the child. */
static json_t *attempt_main(void *arg, int guest_fd, void **blob,
			    size_t *blob_len)
{
	const struct attempt *a = arg;
	struct vouch_capture_writer w = { 0 };
	struct vouch_object object;
	struct vouch_load load = {
		.object = &object,
		.options = a->options,
		.target = a->target,
		.guest_fd = guest_fd,
		.full_log = a->full_log,
		.failed = -1,
	};
	const char *why;

	if (vouch_object_read(a->data, a->size, &object, &why)) {
		vouch_load_fail(&load, "%s", why);
		vouch_load_blame(&load);
	} else if (vouch_load_object(&load) && !a->full_log &&
		   vouch_collect_capture(&load, a->kernel, privileges(a),
					 a->hash, &w)) {
		*blob = w.buf;
		*blob_len = w.len;
	}
	return vouch_load_result(&load);
}

static json_t *run(const struct attempt *a, u8 **capture, size_t *len)
{
	static u32 n_children;
	struct vouch_child child = {
		.confinement = {
			.uid = FIRST_UID + n_children++ % N_UIDS,
			.perfmon = a->perfmon,
			.symbols = a->options->record,
			.btf_fd = a->btf_fd,
			.cpu_s = CPU_SECONDS,
		},
		.guest = !a->full_log,
		.timeout_ms = VOUCH_VERIFY_TIMEOUT,
		.fn = attempt_main,
		.arg = (void *)a,
	};
	struct vouch_message msg;
	char why[256];
	json_t *result;
	int err = vouch_child_run(&child, &msg, why, sizeof(why));

	if (err)
		return vouch_result_error(err == -ETIMEDOUT ? "timeout"
							    : "internal",
					  "verifying: %s", why);
	result = vouch_result_rebuild(msg.json);
	if (!result)
		result = vouch_result_error("internal",
					    "the child's answer is no result");
	/* Ownership of the blob moves to the caller. */
	*capture = (u8 *)msg.blob;
	*len = msg.blob_len;
	msg.blob = NULL;
	vouch_message_release(&msg);
	return result;
}

static bool lacks_privilege(const json_t *result)
{
	json_int_t err = json_integer_value(json_object_get(result, "errno"));

	return vouch_result_is(result, "rejected") &&
	       vouch_privilege_lacks((int)err);
}

static const char *check_facts(const struct attempt *a,
			       const struct vouch_capture_view *view)
{
	struct vouch_capture_env env = *view->env;
	u32 i;

	if (memcmp(env.object, a->hash, sizeof(env.object)) ||
	    le32_to_cpu(env.privileges) != privileges(a))
		return "the capture is of another load";
	if (memcmp(env.layout, a->target->layout, sizeof(env.layout)) ||
	    memcmp(env.retarget, a->target->retarget, sizeof(env.retarget)))
		return "the capture is for another target";
	/* The licence alone is the object's; the bridge reads it there. */
	memset(env.license, 0, sizeof(env.license));
	memset(env.object, 0, sizeof(env.object));
	memset(env.layout, 0, sizeof(env.layout));
	memset(env.retarget, 0, sizeof(env.retarget));
	env.privileges = 0;
	if (memcmp(&env, &a->kernel->env, sizeof(env)))
		return "the capture is of another kernel";
	if (view->n_facts != a->kernel->n_facts)
		return "the capture has other facts of the kernel";
	for (i = 0; i < view->n_facts; i++)
		if (memcmp(view->facts[i], &a->kernel->facts[i],
			   sizeof(a->kernel->facts[i])))
			return "the capture has other facts of the kernel";
	return NULL;
}

/* Figures from the capture, rather than what the child says of itself. */
static const char *add_figures(json_t *result,
			       const struct vouch_capture_view *view)
{
	json_t *programs = json_object_get(result, "programs");
	u32 i, j;

	if (json_array_size(programs) != view->n_progs)
		return "the capture has other programs than the result";
	for (i = 0; i < view->n_progs; i++) {
		const struct vouch_capture_prog_view *p = &view->progs[i];
		json_t *o = json_array_get(programs, i);
		json_int_t code = 0;

		for (j = 0; j < p->n_funcs; j++)
			code += p->funcs[j].code_len;
		json_object_set_new(o, "code_bytes", json_integer(code));
		json_object_set_new(
			o, "insns_processed",
			json_integer(le32_to_cpu(p->prog->n_processed)));
	}
	return NULL;
}

static const char *check_capture(const struct attempt *a, json_t *result,
				 const u8 *capture, size_t len)
{
	struct vouch_capture_view view;
	const char *why;

	if (vouch_capture_parse(capture, len, &view, &why))
		return why;
	why = check_facts(a, &view);
	if (!why)
		why = add_figures(result, &view);
	vouch_capture_release(&view);
	return why;
}

static json_t *attempts(struct attempt *a, u8 **capture, size_t *len)
{
	json_t *log, *result = run(a, capture, len);

	if (lacks_privilege(result) && a->options->allow_perfmon) {
		json_decref(result);
		free(*capture);
		*capture = NULL;
		a->perfmon = true;
		result = run(a, capture, len);
	}
	if (!vouch_result_is(result, "rejected"))
		return result;
	a->full_log = true;
	free(*capture);
	*capture = NULL;
	log = run(a, capture, len);
	/* Without room for all of it the log lacks its end, where the reason
	 * stands: then the short one it is. */
	if (!vouch_result_is(log, "rejected") ||
	    json_integer_value(json_object_get(log, "errno")) == ENOSPC) {
		json_decref(log);
		return result;
	}
	json_object_set(result, "log", json_object_get(log, "log"));
	json_decref(log);
	return result;
}

static json_t *finish(const struct attempt *a, json_t *result, u8 **capture,
		      size_t *len)
{
	bool accepted = vouch_result_is(result, "accepted");
	const char *why = NULL;

	if (accepted)
		why = check_capture(a, result, *capture, *len);
	if (why) {
		json_decref(result);
		result = vouch_result_error("internal",
					    "checking the capture: %s", why);
	}
	if (!accepted || why) {
		free(*capture);
		*capture = NULL;
		*len = 0;
	}
	if (json_is_true(json_object_get(result, "usage")) &&
	    vouch_result_is(result, "error"))
		json_object_set_new(result, "error", json_string("usage"));
	json_object_del(result, "usage");
	json_object_del(result, "errno");
	json_object_set_new(
		result, "privileges",
		a->perfmon
			? json_pack("[s, s, s]", "bpf", "net_admin", "perfmon")
			: json_pack("[s, s]", "bpf", "net_admin"));
	return result;
}

/* libbpf reads it from a file, and a child cannot write one. */
static int open_btf(struct attempt *a)
{
	const u8 *p = a->target->btf;
	size_t left = a->target->btf_len;
	int fd = memfd_create("btf", MFD_CLOEXEC);

	while (fd >= 0 && left) {
		ssize_t n = write(fd, p, left);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		p += n;
		left -= n;
	}
	a->btf_fd = fd;
	return fd < 0 ? -1 : 0;
}

json_t *vouch_verify_object(const struct vouch_kernel *kernel,
			    const struct vouch_options *options,
			    const struct vouch_target *target, const void *data,
			    size_t size, u8 **capture, size_t *capture_len)
{
	struct attempt a = {
		.kernel = kernel,
		.options = options,
		.target = target,
		.data = data,
		.size = size,
	};
	json_t *result;

	*capture = NULL;
	*capture_len = 0;
	if (!size || size > VOUCH_MAX_OBJECT)
		return vouch_result_error(
			"usage", "the object is empty or larger than 16 MiB");
	vouch_hash_sha256(data, size, a.hash);
	if (target->btf_len && open_btf(&a))
		return vouch_result_error("internal",
					  "keeping the target's BTF: %s",
					  strerror(errno));
	result = attempts(&a, capture, capture_len);
	if (a.btf_fd)
		close(a.btf_fd);
	return result ? finish(&a, result, capture, capture_len) : NULL;
}
