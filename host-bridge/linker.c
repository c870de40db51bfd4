// SPDX-License-Identifier: BSD-2-Clause
/* The link process: capture, object and profile in, unsigned image out. */

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/hex.h"
#include "confine.h"
#include "crypto.h"
#include "daemon.h"
#include "fault.h"
#include "linker_work.h"
#include "log.h"
#include "loop.h"
#include "process.h"
#include "worker.h"

#define CHILD_CPU_S 60
#define CHILD_MEMORY (4ull << 30)

static int read_options(const json_t *options, struct vouch_link_request *r)
{
	char *text = json_is_object(options) ? vouch_options_text(options)
					     : NULL;
	int err = text ? vouch_sha256(text, strlen(text), r->options_hash)
		       : -EINVAL;

	r->options = options;
	free(text);
	return err;
}

static int read_request(const struct vouch_linker_args *args,
			const struct vouch_message *msg,
			struct vouch_link_request *r, struct vouch_failure *f)
{
	json_int_t profile =
		json_integer_value(json_object_get(msg->json, "profile"));
	json_int_t len =
		json_integer_value(json_object_get(msg->json, "object_len"));
	json_int_t first =
		json_integer_value(json_object_get(msg->json, "first_len"));
	json_int_t instance =
		json_integer_value(json_object_get(msg->json, "instance"));
	json_int_t verifier =
		json_integer_value(json_object_get(msg->json, "verifier"));

	vouch_fail(f, -EINVAL, VOUCH_EXIT_INTERNAL, "read a link request");
	if (read_options(json_object_get(msg->json, "options"), r) ||
	    profile < 0 || profile >= args->n_profiles || len < 1 ||
	    len >= msg->blob_len || instance < 0 || instance > UINT32_MAX ||
	    verifier < 0 || verifier >= args->n_kernels ||
	    !args->symbols[verifier] || !args->btf[verifier] || first < 0 ||
	    (u64)first >= msg->blob_len - (u64)len)
		return vouch_fail_why(f, "it is malformed");
	r->symbols = args->symbols[verifier];
	r->btf = args->btf[verifier];
	r->hello = json_object_get(msg->json, "hello");
	r->profile = args->profiles[profile];
	r->instance = (u32)instance;
	r->object = msg->blob;
	r->object_len = (size_t)len;
	r->first_len = (size_t)first;
	r->captures_len = msg->blob_len - (size_t)len;
	return 0;
}

static void limit(void)
{
	const struct rlimit cpu = { CHILD_CPU_S, CHILD_CPU_S };
	const struct rlimit memory = { CHILD_MEMORY, CHILD_MEMORY };

	setrlimit(RLIMIT_CPU, &cpu);
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
}

/* The child's whole life. */
static void child(int fd, const struct vouch_link_request *r, pid_t parent)
{
	static const struct vouch_confinement confinement = {
		.duty = VOUCH_DUTY_LINK_CHILD,
		.dir_fd = -1,
	};
	struct vouch_reply reply = {};
	json_t *json;
	int err;

	/* Else it would hold the parent's connection open beyond its end. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	vouch_fault_rename("link-child");
	vouch_fault("child", "begun");
	limit();
	if (vouch_confine(&confinement))
		_exit(1);
	vouch_linker_work(r, &reply);
	vouch_fault("child", "worked");
	if (reply.json) {
		err = vouch_channel_send(fd, VOUCH_FRAME_RESULT, 1, reply.json,
					 reply.blob, reply.blob_len);
	} else {
		json = vouch_failure_json(&reply.failure);
		err = vouch_channel_send(fd, VOUCH_FRAME_ERROR, 1, json, NULL,
					 0);
	}
	vouch_fault("child", "answered");
	_exit(err ? 1 : 0);
}

static void take_answer(struct vouch_message *msg, struct vouch_reply *reply)
{
	if (msg->type == VOUCH_FRAME_RESULT) {
		reply->json = json_incref(msg->json);
		reply->blob = (void *)msg->blob;
		reply->blob_len = msg->blob_len;
		msg->blob = NULL;
	} else {
		vouch_failure_read(msg->json, &reply->failure);
	}
	vouch_message_release(msg);
}

static void blame_child(struct vouch_reply *reply, int err, int status)
{
	vouch_fail(&reply->failure, err, VOUCH_EXIT_INTERNAL,
		   "check and link a capture");
	vouch_fail_next(&reply->failure, "keep the object and report it; the "
					 "capture may be hostile");
	if (err == -ETIMEDOUT)
		vouch_fail_why(&reply->failure, "it took longer than %d s",
			       CHILD_CPU_S);
	else if (WIFSIGNALED(status))
		vouch_fail_why(&reply->failure,
			       "the child that did it died of "
			       "signal %d",
			       WTERMSIG(status));
	else
		vouch_fail_why(&reply->failure,
			       "the child that did it ended "
			       "with status %d",
			       WEXITSTATUS(status));
	vouch_error("%s: %s", reply->failure.what, reply->failure.why);
}

/* A descriptor of the child is the only means to signal anybody. */
static pid_t fork_child(int *pid_fd)
{
	return (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pid_fd,
			      NULL, 0);
}

static void run_child(const struct vouch_link_request *r,
		      struct vouch_reply *reply)
{
	struct vouch_message msg;
	const char *why;
	int err, pair[2], pid_fd = -1, status = 0;
	pid_t pid, parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		vouch_fail(&reply->failure, -errno, VOUCH_EXIT_INTERNAL,
			   "make a socket pair");
		return;
	}
	pid = fork_child(&pid_fd);
	if (!pid) {
		close(pair[0]);
		child(pair[1], r, parent);
	}
	err = pid < 0 ? -errno : 0;
	close(pair[1]);
	vouch_fault("child", "forked");
	if (!err)
		err = vouch_channel_recv(pair[0], VOUCH_FRAME_MAX_BLOB,
					 CHILD_CPU_S * 1000, &msg, &why);
	close(pair[0]);
	if (pid > 0) {
		if (err)
			pidfd_send_signal(pid_fd, SIGKILL, NULL, 0);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		close(pid_fd);
	}
	if (err)
		blame_child(reply, err, status);
	else
		take_answer(&msg, reply);
}

/* Copies that are aligned, which behind the object they are not. */
static u8 *copy_captures(const struct vouch_link_request *r, const u8 *from)
{
	size_t first = r->first_len ? r->first_len : r->captures_len;
	u8 *copy = calloc(1, r->captures_len + 8);

	if (!copy)
		return NULL;
	memcpy(copy, from, first);
	memcpy(copy + ((first + 7) & ~7ul), from + first,
	       r->captures_len - first);
	return copy;
}

static void handle(void *ctx, const struct vouch_message *msg,
		   struct vouch_reply *reply)
{
	struct vouch_link_request r = {};
	u8 *captures;

	if (read_request(ctx, msg, &r, &reply->failure))
		return;
	captures = copy_captures(&r, msg->blob + r.object_len);
	if (!captures) {
		vouch_fail(&reply->failure, -ENOMEM, VOUCH_EXIT_INTERNAL,
			   "copy the capture");
		return;
	}
	r.captures = captures;
	run_child(&r, reply);
	free(captures);
}

int vouch_linker_run(int fd, const void *args)
{
	static const struct vouch_confinement confinement = {
		.duty = VOUCH_DUTY_LINK,
		.dir_fd = -1,
	};
	const struct vouch_linker_args *a = args;

	if (vouch_process_drop(a->user) || vouch_confine(&confinement))
		return 1;
	return vouch_worker_run(fd, handle, (void *)a);
}
