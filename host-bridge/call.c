// SPDX-License-Identifier: BSD-2-Clause
/* What clients ask beside submitting. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon.h"
#include "file.h"
#include "log.h"

/* A call that is answered later. */
struct pending {
	struct vouch_client *client;
	u32 id;
	char what[64];
	struct vouch_job job;
	u8 *blob;
	size_t held; /* bytes of the origin's quota */
};

/* Parsed JSON takes so many times the bytes of its text, at most about. */
#define JSON_WEIGHT 32u

static void hello_text(json_t *to, const json_t *hello, const char *key)
{
	json_t *v = json_object_get(hello, key);

	json_object_set(to, key, json_is_string(v) ? v : json_null());
}

/* A number of the guest's is no more than a number that was said. */
static void hello_numbers(json_t *to, const struct vouch_vm *vm)
{
	json_t *abi = json_object_get(vm->hello, "abi");
	json_t *guest = json_object_get(vm->hello, "time");
	json_int_t at = json_integer_value(guest);

	json_object_set(to, "abi", json_is_integer(abi) ? abi : json_null());
	json_object_set_new(
		to, "clock_gap_s",
		at > 0 ? json_integer(at - (json_int_t)vm->hello_time)
		       : json_null());
}

static json_t *describe_vms(const struct vouch_daemon *daemon,
			    enum vouch_role role)
{
	static const char *const facts[] = {
		"release",  "cpu_model", "profile",
		"build_id", "version",	 "libbpf"
	};
	json_t *list = json_array();
	u32 i, k;

	for (i = 0; i < daemon->config->n_vms; i++) {
		const struct vouch_vm *vm = &daemon->vms[i];
		json_t *entry;

		if (vm->config->role != role)
			continue;
		entry = json_pack("{s:s, s:s}", "name", vm->config->name,
				  "state", vouch_vm_state_name(vm->state));
		for (k = 0; entry && k < sizeof(facts) / sizeof(*facts); k++)
			hello_text(entry, vm->hello, facts[k]);
		hello_numbers(entry, vm);
		if (entry && vm->config->launched)
			json_object_set_new(
				entry, "accelerator",
				json_string(vm->accel == VOUCH_ACCEL_KVM
						    ? "kvm"
						    : "tcg"));
		json_array_append_new(list, entry);
	}
	return list;
}

static void status(struct vouch_client *client, const struct vouch_frame *frame,
		   json_t *json)
{
	struct vouch_daemon *daemon = client->daemon;
	u64 subs = 0, images = 0, newest = 0;
	json_t *result;

	(void)json;
	/* Zero where the database fails, which is logged: the rest is true. */
	vouch_store_counts(daemon->store, &subs, &images);
	vouch_store_newest(daemon->store, &newest);
	result = json_pack(
		"{s:i, s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I}",
		"schema_version", 1, "version", VOUCH_VERSION, "uptime_s",
		(json_int_t)((vouch_clock_us() - daemon->started_us) / 1000000),
		"verifiers", describe_vms(daemon, VOUCH_ROLE_VERIFIER),
		"targets", describe_vms(daemon, VOUCH_ROLE_TARGET),
		"submissions", (json_int_t)subs, "images", (json_int_t)images,
		"under_way", (json_int_t)daemon->n_submissions, "time",
		(json_int_t)time(NULL), "log_time", (json_int_t)newest);
	vouch_client_send(client, VOUCH_FRAME_RESULT, frame->id, result, NULL,
			  0);
	json_decref(result);
}

static void target_list(struct vouch_client *client,
			const struct vouch_frame *frame, json_t *json)
{
	json_t *result;

	(void)json;
	result = json_pack("{s:i, s:o}", "schema_version", 1, "targets",
			   describe_vms(client->daemon, VOUCH_ROLE_TARGET));
	vouch_client_send(client, VOUCH_FRAME_RESULT, frame->id, result, NULL,
			  0);
	json_decref(result);
}

static void submission(struct vouch_client *client,
		       const struct vouch_frame *frame, json_t *json)
{
	json_int_t id = json_integer_value(json_object_get(json, "submission"));
	struct vouch_failure f;
	json_t *result;
	char *text;
	int err;

	err = vouch_store_verdict(client->daemon->store, (u64)id, &text);
	result = err ? NULL : json_loads(text, 0, NULL);
	free(text);
	if (result) {
		vouch_client_send(client, VOUCH_FRAME_RESULT, frame->id, result,
				  NULL, 0);
		json_decref(result);
		return;
	}
	vouch_fail(&f, err,
		   err == -EAGAIN   ? VOUCH_EXIT_UNAVAILABLE
		   : err == -ENOENT ? VOUCH_EXIT_USAGE
				    : VOUCH_EXIT_INTERNAL,
		   "look up submission %lld", (long long)id);
	if (err == -EAGAIN)
		vouch_fail_why(&f, "it is not done yet");
	vouch_fail_next(&f, err == -EAGAIN ? "ask again later"
					   : "see the ids of earlier verdicts");
	vouch_client_fail(client, frame->id, &f);
}

static int find_image(struct vouch_daemon *daemon, const json_t *json,
		      char *hex, struct vouch_failure *f)
{
	const char *content =
		json_string_value(json_object_get(json, "content"));
	int err;

	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "look up image '%s'",
		   content ? content : "");
	vouch_fail_next(f, "give the content hash of an earlier verdict, or "
			   "at least four of its digits");
	if (!content || strlen(content) < 4 || strlen(content) > 64)
		return vouch_fail_why(f, "that is no content hash");
	err = vouch_store_image_find(daemon->store, content, hex);
	if (err == -EEXIST)
		return vouch_fail_why(f, "several images begin like that");
	if (err == -ENOENT)
		return vouch_fail_why(f, "there is none");
	return err;
}

static void image(struct vouch_client *client, const struct vouch_frame *frame,
		  json_t *json)
{
	struct vouch_daemon *daemon = client->daemon;
	char hex[VOUCH_HEX_LEN], name[VOUCH_HEX_LEN + 4], path[512];
	struct vouch_failure f;
	void *data = NULL;
	size_t len = 0;
	json_t *result;
	int err;

	err = find_image(daemon, json, hex, &f);
	if (!err) {
		snprintf(name, sizeof(name), "%s.ko", hex);
		snprintf(path, sizeof(path), "%s/images/%s",
			 daemon->config->state_dir, name);
		err = vouch_file_get(daemon->images_fd, name,
				     VOUCH_FRAME_MAX_BLOB, &data, &len);
		if (err)
			vouch_fail(&f, err, VOUCH_EXIT_INTERNAL, "read %s",
				   path);
	}
	if (err) {
		vouch_client_fail(client, frame->id, &f);
		return;
	}
	result = json_pack("{s:i, s:s, s:s}", "schema_version", 1, "path", path,
			   "sha256", hex);
	vouch_client_send(client, VOUCH_FRAME_RESULT, frame->id, result, data,
			  len);
	json_decref(result);
	free(data);
}

/* ---- what an agent answers ---- */

static struct pending *pending_new(struct vouch_client *client,
				   const struct vouch_frame *frame,
				   const char *what)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->client = vouch_client_get(client);
	p->id = frame->id;
	snprintf(p->what, sizeof(p->what), "%s", what);
	return p;
}

static void pending_free(struct pending *p)
{
	if (p->blob) {
		p->client->daemon->n_verifier_calls--;
		p->client->origin->n_verifier_calls--;
	}
	vouch_quota_give(&p->client->origin->held, p->held);
	vouch_client_put(p->client);
	json_decref(p->job.json);
	free(p->blob);
	free(p);
}

/* Passes on what the agent said, or says what became of it. */
static void forward(void *ctx, const struct vouch_answer *answer)
{
	struct pending *p = ctx;
	struct vouch_failure f;

	if (!answer->err && (answer->frame->type == VOUCH_FRAME_RESULT ||
			     answer->frame->type == VOUCH_FRAME_ERROR)) {
		vouch_client_send(p->client, answer->frame->type, p->id,
				  answer->json, answer->frame->blob,
				  answer->frame->blob_len);
		pending_free(p);
		return;
	}
	vouch_fail(&f, answer->err ? answer->err : -EPROTO,
		   answer->err == -ETIMEDOUT ? VOUCH_EXIT_TIMEOUT
		   : answer->err	     ? VOUCH_EXIT_UNAVAILABLE
					     : VOUCH_EXIT_INTERNAL,
		   "%s", p->what);
	if (answer->err == -EAGAIN)
		vouch_fail_why(&f, "no verifier VM became free in time");
	if (answer->err == -ECONNRESET)
		vouch_fail_why(&f, "the VM was lost meanwhile: %s",
			       answer->why);
	vouch_fail_next(&f, "see 'vouch status' and the VM's console");
	vouch_client_fail(p->client, p->id, &f);
	pending_free(p);
}

static void fail_call(struct vouch_client *client, u32 id, int err,
		      const char *what)
{
	struct vouch_failure f;

	vouch_fail(&f, err, VOUCH_EXIT_UNAVAILABLE, "%s", what);
	if (err == -ENOTCONN)
		vouch_fail_why(&f, "the VM's agent is not connected");
	vouch_fail_next(&f, "see 'vouch status', then try again");
	vouch_client_fail(client, id, &f);
}

/* As called, but with the options that the policy allows. */
static json_t *allowed_run(const struct vouch_config *config, json_t *json,
			   const char **why)
{
	const char *on = json_string_value(json_object_get(json, "on"));
	json_t *canon, *options, *copy = NULL;

	*why = "\"on\" is not \"verifier\"; a target is called with "
	       "target.test-run";
	if (!on || strcmp(on, "verifier"))
		return NULL;
	if (vouch_options_canon(json_object_get(json, "options"), &canon, why))
		return NULL;
	options = vouch_options_allow(config, canon, why);
	json_decref(canon);
	if (options) {
		*why = "out of memory";
		copy = json_copy(json);
		json_object_set_new(copy, "options", options);
	}
	return copy;
}

/* What a call of a verifier VM needs until it is answered. */
static int verifier_pending(struct vouch_client *client,
			    const struct vouch_frame *frame,
			    struct pending **out)
{
	struct vouch_daemon *daemon = client->daemon;
	size_t need = frame->blob_len + (size_t)JSON_WEIGHT * frame->json_len;
	struct pending *p;

	if (daemon->n_verifier_calls >= VOUCH_MAX_VERIFIER_CALLS ||
	    client->origin->n_verifier_calls >= VOUCH_MAX_VERIFIER_CALLS_EACH)
		return -EBUSY;
	p = pending_new(client, frame, "call a verifier VM");
	if (!p)
		return -ENOMEM;
	if (!vouch_quota_take(&client->origin->held, need)) {
		pending_free(p);
		return -ENOBUFS;
	}
	p->held = need;
	p->blob = malloc(frame->blob_len + 1);
	if (!p->blob) {
		pending_free(p);
		return -ENOMEM;
	}
	daemon->n_verifier_calls++;
	client->origin->n_verifier_calls++;
	memcpy(p->blob, frame->blob, frame->blob_len);
	*out = p;
	return 0;
}

/* Loads an object on a verifier VM: "test-run" and "load-time". */
static void verifier_call(struct vouch_client *client,
			  const struct vouch_frame *frame, json_t *json)
{
	struct vouch_daemon *daemon = client->daemon;
	struct vouch_failure f;
	struct pending *p;
	const char *why;
	json_t *run;
	int err;

	run = allowed_run(daemon->config, json, &why);
	if (!run) {
		vouch_fail(&f, -EINVAL, VOUCH_EXIT_USAGE, "call a verifier VM");
		vouch_fail_why(&f, "%s", why);
		vouch_fail_next(&f, "correct the call");
		vouch_client_fail(client, frame->id, &f);
		return;
	}
	err = verifier_pending(client, frame, &p);
	if (err) {
		json_decref(run);
		fail_call(client, frame->id, err, "call a verifier VM");
		return;
	}
	p->job.json = run;
	p->job.type = VOUCH_FRAME_CALL;
	p->job.blob = p->blob;
	p->job.blob_len = frame->blob_len;
	p->job.timeout_ms = (daemon->config->timeouts.verify_s +
			     daemon->config->timeouts.call_s) *
			    1000;
	p->job.origin = client->origin;
	p->job.done = forward;
	p->job.ctx = p;
	vouch_verifier_queue(daemon, &p->job);
}

struct vouch_vm *vouch_call_target(struct vouch_daemon *daemon,
				   const json_t *json, struct vouch_failure *f)
{
	const char *name = json_string_value(json_object_get(json, "target"));
	struct vouch_vm *found = NULL;
	u32 i, n = 0;

	for (i = 0; i < daemon->config->n_vms; i++) {
		struct vouch_vm *vm = &daemon->vms[i];

		if (vm->config->role != VOUCH_ROLE_TARGET ||
		    (name && strcmp(vm->config->name, name)))
			continue;
		found = vm;
		n++;
	}
	if (n == 1)
		return found;
	vouch_fail(f, -ENOENT, VOUCH_EXIT_USAGE, "call a target");
	vouch_fail_why(f, "there is no such target, or more than one and none "
			  "was named");
	vouch_fail_next(f, "name one that 'vouch target list' shows");
	return NULL;
}

static void target_call(struct vouch_client *client,
			const struct vouch_frame *frame, json_t *json,
			const char *method)
{
	struct vouch_daemon *daemon = client->daemon;
	struct vouch_failure f;
	struct vouch_vm *vm = vouch_call_target(daemon, json, &f);
	struct pending *p;
	char what[64];
	json_t *call;
	int err;

	if (!vm) {
		vouch_client_fail(client, frame->id, &f);
		return;
	}
	snprintf(what, sizeof(what), "call %.20s of target %.24s", method,
		 vm->config->name);
	p = pending_new(client, frame, what);
	call = json_copy(json);
	err = -ENOMEM;
	if (p && call) {
		json_object_set_new(call, "method", json_string(method));
		json_object_del(call, "target");
		err = vouch_peer_call(&vm->agent, VOUCH_FRAME_CALL, call,
				      frame->blob, frame->blob_len,
				      daemon->config->timeouts.call_s * 1000,
				      forward, p);
	}
	json_decref(call);
	if (!err)
		return;
	fail_call(client, frame->id, err, what);
	if (p)
		pending_free(p);
}

void vouch_call_handle(struct vouch_client *client,
		       const struct vouch_frame *frame, json_t *json)
{
	static const struct {
		const char *method;
		void (*handle)(struct vouch_client *client,
			       const struct vouch_frame *frame, json_t *json);
	} calls[] = {
		{ "status", status },
		{ "target.list", target_list },
		{ "submission", submission },
		{ "image", image },
		{ "test-run", verifier_call },
		{ "load-time", verifier_call },
		{ "deliver", vouch_call_deliver },
	};
	const char *method = json_string_value(json_object_get(json, "method"));
	struct vouch_failure f;
	size_t i;

	for (i = 0; method && i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!strcmp(method, calls[i].method)) {
			calls[i].handle(client, frame, json);
			return;
		}
	}
	if (method && !strncmp(method, "target.", 7)) {
		target_call(client, frame, json, method + 7);
		return;
	}
	vouch_fail(&f, -ENOSYS, VOUCH_EXIT_USAGE, "call '%s'",
		   method ? method : "");
	vouch_fail_why(&f, "there is no such method");
	vouch_fail_next(&f, "use a client of version " VOUCH_VERSION);
	vouch_client_fail(client, frame->id, &f);
}
