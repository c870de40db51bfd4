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
#include "../common/image.h"
#include "check_kernel.h"
#include "confine.h"
#include "crypto.h"
#include "daemon.h"
#include "fault.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "process.h"
#include "scan.h"
#include "worker.h"

#define CHILD_CPU_S 60
#define CHILD_MEMORY (4ull << 30)

struct request {
	const struct vouch_profile *profile;
	const struct vouch_symbols *symbols; /* of the verifier kernel */
	const json_t *hello; /* of its agent */
	const json_t *options; /* canonical */
	u8 options_hash[VOUCH_HASH_LEN];
	u32 instance;
	const u8 *object;
	size_t object_len;
	const u8 *capture; /* aligned to 8 */
	size_t capture_len;
};

static int read_options(const json_t *options, struct request *r)
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
			const struct vouch_message *msg, struct request *r,
			struct vouch_failure *f)
{
	json_int_t profile =
		json_integer_value(json_object_get(msg->json, "profile"));
	json_int_t len =
		json_integer_value(json_object_get(msg->json, "object_len"));
	json_int_t instance =
		json_integer_value(json_object_get(msg->json, "instance"));
	json_int_t verifier =
		json_integer_value(json_object_get(msg->json, "verifier"));

	vouch_fail(f, -EINVAL, VOUCH_EXIT_INTERNAL, "read a link request");
	if (read_options(json_object_get(msg->json, "options"), r) ||
	    profile < 0 || profile >= args->n_profiles || len < 1 ||
	    len >= msg->blob_len || instance < 0 || instance > UINT32_MAX ||
	    verifier < 0 || verifier >= args->n_symbols ||
	    !args->symbols[verifier])
		return vouch_fail_why(f, "it is malformed");
	r->symbols = args->symbols[verifier];
	r->hello = json_object_get(msg->json, "hello");
	r->profile = args->profiles[profile];
	r->instance = (u32)instance;
	r->object = msg->blob;
	r->object_len = (size_t)len;
	r->capture_len = msg->blob_len - (size_t)len;
	return 0;
}

/* Returns what is sent as RESULT: a refusal, named by its stage. */
static json_t *refusal(const struct vouch_refusal *why, const char *stage,
		       u64 check_us, u64 link_us)
{
	char line[512];

	vouch_refusal_format(why, line, sizeof(line));
	return json_pack("{s:s, s:s, s:s?, s:I, s:I}", "refused", line, "stage",
			 stage, "program",
			 why->program[0] ? why->program : NULL, "check_us",
			 (json_int_t)check_us, "link_us", (json_int_t)link_us);
}

/* How many relocations each program's functions have; they lie together. */
static json_t *relocations(const struct vouch_image *img)
{
	const struct vouch_req_prog *progs = img->req.progs;
	json_t *list = json_array();
	u32 p, at = 0;

	for (p = 0; p < img->req.n_progs; p++) {
		u64 end = p + 1 < img->req.n_progs
				  ? le32_to_cpu(progs[p + 1].text_off)
				  : img->text_len;
		u32 first = at;

		while (at < img->n_relas && img->relas[at].r_offset < end)
			at++;
		json_array_append_new(list,
				      json_pack("{s:s, s:I}", "name",
						progs[p].name, "relocations",
						(json_int_t)(at - first)));
	}
	return list;
}

/* What was linked, read back from the image. */
static json_t *describe(const struct vouch_reply *reply, u64 check_us,
			u64 link_us)
{
	char content[2 * VOUCH_HASH_LEN + 1];
	struct vouch_image img;
	const char *why;

	if (vouch_image_parse(reply->blob, reply->blob_len, &img, &why))
		return NULL;
	vouch_hex_write(img.req.req->content, VOUCH_HASH_LEN, content);
	return json_pack("{s:I, s:I, s:s, s:o}", "check_us",
			 (json_int_t)check_us, "link_us", (json_int_t)link_us,
			 "content", content, "programs", relocations(&img));
}

static int check(const struct request *r, const struct vouch_capture_view *view,
		 struct vouch_checked *checked, struct vouch_refusal *why)
{
	int err = vouch_check_hello(view, r->hello, why);

	if (!err)
		err = vouch_check(view, r->object, r->object_len, r->options,
				  r->profile, checked, why);
	if (!err)
		err = vouch_check_names(view, checked, r->symbols, why);
	return err;
}

static void check_and_link(const struct request *r,
			   const struct vouch_capture_view *view,
			   struct vouch_reply *reply)
{
	struct vouch_checked checked = {};
	u64 check_us, link_us = 0, began = vouch_clock_us();
	struct vouch_refusal why = {};
	const char *stage = "check";
	int err;

	err = check(r, view, &checked, &why);
	check_us = vouch_clock_us() - began;
	if (!err) {
		stage = "link";
		began = vouch_clock_us();
		err = vouch_link(view, &checked, r->profile,
				 r->options_hash, r->instance, &reply->blob,
				 &reply->blob_len, &why);
		if (!err)
			err = vouch_scan_image(reply->blob, reply->blob_len,
					       r->object, r->object_len,
					       r->options, &why);
		link_us = vouch_clock_us() - began;
	}
	vouch_checked_release(&checked);
	if (!err)
		reply->json = describe(reply, check_us, link_us);
	if (!err && !reply->json)
		err = -ENOMEM;
	if (!err)
		return;
	if (err == -EPERM)
		reply->json = refusal(&why, stage, check_us, link_us);
	else
		vouch_fail(&reply->failure, err, VOUCH_EXIT_INTERNAL,
			   "%s the capture", stage);
}

static void work(const struct request *r, struct vouch_reply *reply)
{
	struct vouch_capture_view view = {};
	struct vouch_refusal refused;
	const char *why;
	int err;

	err = vouch_capture_parse(r->capture, r->capture_len, &view, &why);
	if (err == -EINVAL) {
		vouch_refuse(&refused,
			     "the capture is malformed: %s; the "
			     "verifier VM's agent or module is of another "
			     "version, or somebody broke in",
			     why);
		reply->json = refusal(&refused, "check", 0, 0);
	} else if (err) {
		vouch_fail(&reply->failure, err, VOUCH_EXIT_INTERNAL,
			   "parse the capture");
	} else {
		check_and_link(r, &view, reply);
		vouch_capture_release(&view);
	}
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
static void child(int fd, const struct request *r, pid_t parent)
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
	work(r, &reply);
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

static void run_child(const struct request *r, struct vouch_reply *reply)
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

static void handle(void *ctx, const struct vouch_message *msg,
		   struct vouch_reply *reply)
{
	struct request r = {};
	u8 *capture;

	if (read_request(ctx, msg, &r, &reply->failure))
		return;
	/* A copy, since the object before it spoils the alignment. */
	capture = malloc(r.capture_len + 1);
	if (!capture) {
		vouch_fail(&reply->failure, -ENOMEM, VOUCH_EXIT_INTERNAL,
			   "copy the capture");
		return;
	}
	memcpy(capture, msg->blob + r.object_len, r.capture_len);
	r.capture = capture;
	run_child(&r, reply);
	free(capture);
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
