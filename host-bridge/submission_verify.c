// SPDX-License-Identifier: BSD-2-Clause
/*
 * Submissions: the object's loads in a verifier VM. There is a second one where
 * the target has fields elsewhere, with replacements that the link process
 * makes of the first capture.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "file.h"
#include "log.h"
#include "profile.h"
#include "submission.h"

/* ---- what comes back ---- */

/* The object and behind it the captures, as the link process takes them. */
static int keep_link_input(struct vouch_submission *sub, const void *capture,
			   size_t len)
{
	size_t before = sub->object_len + (sub->list ? sub->first_len : 0);
	u8 *input;

	if (len > VOUCH_FRAME_MAX_BLOB - before)
		return -EMSGSIZE;
	input = realloc(sub->link_input, before + len);
	if (!input)
		return -ENOMEM;
	memcpy(input, sub->object, sub->object_len);
	memcpy(input + before, capture, len);
	sub->link_input = input;
	sub->link_len = before + len;
	return 0;
}

static void record_capture(struct vouch_submission *sub, const void *capture,
			   size_t len)
{
	char name[VOUCH_HEX_LEN + 8];
	int err;

	if (!json_is_true(json_object_get(sub->allowed, "record")))
		return;
	snprintf(name, sizeof(name), "%s.%s", sub->object_hex,
		 sub->list ? "second" : "capture");
	err = vouch_file_put(sub->daemon->captures_fd, name, capture, len);
	if (err)
		vouch_warning("submission %llu: cannot record its capture: %s",
			      (unsigned long long)sub->id, strerror(-err));
}

static void accepted(struct vouch_submission *sub,
		     const struct vouch_frame *frame)
{
	int err;

	if (!frame->blob_len) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the verifier agent accepted "
					 "the object but sent no capture");
		return;
	}
	record_capture(sub, frame->blob, frame->blob_len);
	err = keep_link_input(sub, frame->blob, frame->blob_len);
	if (err) {
		vouch_submission_give_up(
			sub, VOUCH_EXIT_INTERNAL,
			err == -ENOMEM ? "out of memory"
				       : "the captures of both loads together "
					 "are too long; submit the programs "
					 "one by one");
		return;
	}
	vouch_fault("capture", "taken");
	if (!vouch_submission_move(sub, "linking"))
		return;
	vouch_submission_begin(sub, VOUCH_STAGE_CHECK,
			       "capture against object");
	vouch_submission_link(sub);
}

/* It was accepted before, and the verifier has seen no other program. */
static void not_again(struct vouch_submission *sub, const json_t *json,
		      const char *reason)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "the object was accepted, but not loaded once more with the "
		 "target's accesses in it: %s",
		 reason);
	vouch_verdict_set(sub, "error", vouch_verdict_blame(json), text);
}

static void take_capture(struct vouch_submission *sub,
			 const struct vouch_frame *frame, json_t *json)
{
	const char *verdict =
		json_string_value(json_object_get(json, "verdict"));
	json_t *said = vouch_verdict_text(json_object_get(json, "reason"));
	const char *reason = json_string_value(said);

	json_decref(sub->capture);
	json_decref(sub->hello);
	sub->capture = json_incref(json);
	sub->hello = json_incref(sub->job.by->hello);
	vouch_verdict_capture(sub);
	if (verdict && !strcmp(verdict, "accepted")) {
		json_decref(said);
		accepted(sub, frame);
		return;
	}
	if (!reason)
		reason = "the verifier agent gave no reason";
	if (sub->list)
		not_again(sub, json, reason);
	else if (verdict && !strcmp(verdict, "rejected"))
		vouch_verdict_set(sub, verdict, VOUCH_EXIT_REJECTED, reason);
	else if (verdict && !strcmp(verdict, "unsupported"))
		vouch_verdict_set(sub, verdict, VOUCH_EXIT_REFUSED, reason);
	else
		vouch_verdict_set(sub, "error", vouch_verdict_blame(json),
				  reason);
	json_decref(said);
	vouch_submission_finish(sub);
}

/* Both loads are one stage. */
static void end_stage(struct vouch_submission *sub)
{
	u64 first = sub->stage_us[VOUCH_STAGE_VERIFY];

	vouch_submission_end(sub, VOUCH_STAGE_VERIFY);
	sub->stage_us[VOUCH_STAGE_VERIFY] += first;
}

static void verified(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_submission *sub = ctx;
	struct vouch_failure f;
	char text[256];

	if (sub->daemon->stopping)
		return;
	vouch_fault("verify", "answered");
	end_stage(sub);
	switch (answer->err) {
	case 0:
		break;
	case -EAGAIN:
		vouch_submission_give_up(
			sub, VOUCH_EXIT_UNAVAILABLE,
			"no verifier VM became "
			"free in time; see 'vouch status', then submit again");
		return;
	case -ETIMEDOUT:
		vouch_submission_give_up(
			sub, VOUCH_EXIT_TIMEOUT,
			"the verifier VM did not "
			"answer in time; simplify the program or raise "
			"verify_s");
		return;
	case -ECONNRESET:
		snprintf(text, sizeof(text),
			 "two verifier VMs were lost over this object, the "
			 "last with: %s; see their consoles",
			 answer->why);
		vouch_submission_give_up(sub, VOUCH_EXIT_UNAVAILABLE, text);
		return;
	default:
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the object cannot be handed "
					 "to the verifier VM");
		return;
	}
	if (answer->frame->type == VOUCH_FRAME_CAPTURE) {
		take_capture(sub, answer->frame, answer->json);
		return;
	}
	vouch_failure_read(answer->json, &f);
	vouch_submission_give_up(
		sub, VOUCH_EXIT_INTERNAL,
		answer->frame->type == VOUCH_FRAME_ERROR
			? f.why
			: "the verifier agent answered with another frame than "
			  "CAPTURE");
}

/* ---- what goes out ---- */

/* Without BTF of the target its configuration and release mean nothing. */
static json_t *describe(const struct vouch_submission *sub, size_t btf_len,
			size_t kconfig_len)
{
	const struct vouch_profile *profile =
		sub->daemon->profile_data[sub->profile];
	json_t *json = json_pack("{s:s, s:O}", "name", sub->name, "options",
				 sub->allowed);

	if (!json || !btf_len)
		return json;
	json_object_set_new(json, "parts",
			    json_pack("{s:I, s:I, s:I, s:I}", "object",
				      (json_int_t)sub->object_len, "btf",
				      (json_int_t)btf_len, "kconfig",
				      (json_int_t)kconfig_len, "retarget",
				      (json_int_t)sub->list_len));
	json_object_set_new(json, "release",
			    json_string(vouch_profile_release(profile)));
	return json;
}

/* Returns 0, -ENOMEM or -EMSGSIZE. */
static int make_request(struct vouch_submission *sub)
{
	const struct vouch_profile *profile =
		sub->daemon->profile_data[sub->profile];
	size_t btf_len = 0, kconfig_len = 0, len;
	const void *btf = profile ? vouch_profile_btf(profile, &btf_len) : NULL;
	const char *kconfig = NULL;
	struct vouch_job *job = &sub->job;
	u8 *p;

	if (btf_len)
		kconfig = vouch_profile_kconfig(profile, &kconfig_len);
	len = sub->object_len + btf_len + kconfig_len + sub->list_len;
	if (len > VOUCH_FRAME_MAX_BLOB)
		return -EMSGSIZE;
	p = realloc(sub->verify_input, len);
	if (!p)
		return -ENOMEM;
	sub->verify_input = p;
	p = mempcpy(p, sub->object, sub->object_len);
	p = btf_len ? mempcpy(p, btf, btf_len) : p;
	p = kconfig_len ? mempcpy(p, kconfig, kconfig_len) : p;
	if (sub->list_len)
		memcpy(p, sub->list, sub->list_len);
	json_decref(job->json);
	job->json = describe(sub, btf_len, kconfig_len);
	job->blob = sub->verify_input;
	job->blob_len = len;
	return job->json ? 0 : -ENOMEM;
}

void vouch_submission_verify(struct vouch_submission *sub)
{
	struct vouch_job *job = &sub->job;
	int err = make_request(sub);

	if (err) {
		vouch_submission_give_up(
			sub, VOUCH_EXIT_INTERNAL,
			err == -ENOMEM ? "out of memory"
				       : "object and target profile together "
					 "are too long for a verifier VM");
		return;
	}
	job->type = VOUCH_FRAME_VERIFY;
	job->timeout_ms = sub->daemon->config->timeouts.verify_s * 1000;
	job->origin = sub->client ? sub->client->origin : NULL;
	job->build_id = sub->build_id;
	job->done = verified;
	job->ctx = sub;
	vouch_submission_begin(sub, VOUCH_STAGE_VERIFY,
			       sub->list ? "again, for the target's layout"
					 : sub->name);
	vouch_verifier_queue(sub->daemon, job);
}

void vouch_submission_start(struct vouch_submission *sub)
{
	if (vouch_submission_move(sub, "verifying"))
		vouch_submission_verify(sub);
}

/* The kernel that made the first capture has to make the second one too. */
static int keep_list(struct vouch_submission *sub, const void *list, size_t len)
{
	const char *build_id =
		json_string_value(json_object_get(sub->hello, "build_id"));

	sub->list = malloc(len);
	sub->build_id = build_id ? strdup(build_id) : NULL;
	if (!sub->list || !sub->build_id)
		return -ENOMEM;
	memcpy(sub->list, list, len);
	sub->list_len = len;
	sub->first_len = sub->link_len - sub->object_len;
	return 0;
}

void vouch_submission_retarget(struct vouch_submission *sub, const void *list,
			       size_t len)
{
	if (sub->list || !len) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the link process asks for more loads "
					 "than there are");
		return;
	}
	if (keep_list(sub, list, len)) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "out of memory");
		return;
	}
	vouch_fault("link", "retarget");
	if (vouch_submission_move(sub, "retargeting"))
		vouch_submission_verify(sub);
}
