// SPDX-License-Identifier: BSD-2-Clause
/* The state machine of submissions. */

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "file.h"
#include "log.h"
#include "submission.h"

static void sub_free(struct vouch_reap *reap)
{
	struct vouch_submission *sub =
		vouch_container(reap, struct vouch_submission, reap);

	free(sub->object);
	free(sub->verify_input);
	free(sub->link_input);
	free(sub->list);
	free(sub->build_id);
	free(sub->unsigned_image);
	free(sub->image);
	json_decref(sub->options);
	json_decref(sub->allowed);
	json_decref(sub->capture);
	json_decref(sub->hello);
	json_decref(sub->job.json);
	json_decref(sub->verdict);
	free(sub);
}

struct vouch_submission *vouch_submission_new(struct vouch_daemon *daemon)
{
	struct vouch_submission *sub = calloc(1, sizeof(*sub));

	if (!sub)
		return NULL;
	sub->reap.free = sub_free;
	sub->daemon = daemon;
	sub->next = daemon->submissions;
	daemon->submissions = sub;
	daemon->n_submissions++;
	return sub;
}

void vouch_submission_free(struct vouch_submission *sub)
{
	struct vouch_submission **p;

	for (p = &sub->daemon->submissions; *p != sub; p = &(*p)->next)
		;
	*p = sub->next;
	sub->daemon->n_submissions--;
	if (sub->client) {
		sub->client->origin->n_submissions--;
		vouch_quota_give(&sub->client->origin->held, sub->held);
	}
	vouch_client_put(sub->client);
	sub->client = NULL;
	vouch_loop_reap(&sub->daemon->loop, &sub->reap);
}

void vouch_submission_forget(struct vouch_daemon *daemon)
{
	while (daemon->submissions)
		vouch_submission_free(daemon->submissions);
}

void vouch_submission_begin(struct vouch_submission *sub,
			    enum vouch_stage stage, const char *text)
{
	json_t *json = json_pack("{s:s, s:s, s:I}", "stage",
				 vouch_stage_names[stage], "text", text,
				 "submission", (json_int_t)sub->id);

	sub->began_us = vouch_clock_us();
	if (json)
		vouch_client_send(sub->client, VOUCH_FRAME_PROGRESS,
				  sub->request, json, NULL, 0);
	json_decref(json);
}

void vouch_submission_end(struct vouch_submission *sub, enum vouch_stage stage)
{
	sub->stage_us[stage] = vouch_clock_us() - sub->began_us;
}

void vouch_submission_stages(struct vouch_submission *sub)
{
	json_t *stages = json_object_get(sub->verdict, "stages_us");
	int i;

	for (i = 0; i < VOUCH_N_STAGES; i++)
		if (sub->stage_us[i])
			json_object_set_new(
				stages, vouch_stage_names[i],
				json_integer((json_int_t)sub->stage_us[i]));
}

/* Nothing is done in a state that the store does not know. */
bool vouch_submission_move(struct vouch_submission *sub, const char *state)
{
	struct vouch_store *store = sub->daemon->store;
	int err = vouch_store_begin(store, state);

	if (!err) {
		err = vouch_store_submission_move(store, sub->id, state, NULL,
						  NULL);
		err = vouch_store_end(store, state, err);
	}
	if (err)
		vouch_submission_hold(sub);
	return !err;
}

/* ---- checking and linking ---- */

static void take_stage(struct vouch_submission *sub, enum vouch_stage stage,
		       const json_t *json, const char *key)
{
	json_int_t us = json_integer_value(json_object_get(json, key));

	sub->stage_us[stage] = us > 0 ? (u64)us : 0;
}

static void refused(struct vouch_submission *sub, const json_t *json,
		    const char *text)
{
	const char *program =
		json_string_value(json_object_get(json, "program"));

	if (program)
		vouch_verdict_program(sub, program, text);
	vouch_verdict_set(sub, "refused", VOUCH_EXIT_REFUSED, text);
	vouch_submission_finish(sub);
}

static void linked(void *ctx, const struct vouch_answer *answer);

static int send_link(struct vouch_submission *sub)
{
	json_t *json;
	int err = -ENOMEM;

	json = json_pack(
		"{s:s, s:i, s:O, s:I, s:I, s:I, s:i, s:O}", "method", "link",
		"profile", (int)sub->profile, "options", sub->options,
		"object_len", (json_int_t)sub->object_len, "first_len",
		(json_int_t)sub->first_len, "instance",
		(json_int_t)sub->instance, "verifier",
		(int)(sub->job.by - sub->daemon->vms), "hello", sub->hello);
	if (json)
		err = vouch_peer_call(&sub->daemon->link, VOUCH_FRAME_CALL,
				      json, sub->link_input, sub->link_len,
				      sub->daemon->config->timeouts.link_s *
					      1000,
				      linked, sub);
	json_decref(json);
	return err;
}

void vouch_submission_link(struct vouch_submission *sub)
{
	if (send_link(sub))
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the capture cannot be "
					 "handed to the link process");
	vouch_fault("link", "asked");
}

/*
 * Two modules of one name cannot be loaded, so what another slot of the target
 * has already is linked once more, as a further instance.
 *
 * Returns true if @sub was sent there again, or is finished.
 */
static bool is_for_another_instance(struct vouch_submission *sub,
				    const json_t *json)
{
	const char *base = json_string_value(json_object_get(json, "content"));

	if (sub->instance || !sub->target)
		return false;
	if (!base) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the link process names no content");
		return true;
	}
	if (vouch_store_instance(sub->daemon->store, sub->target->config->name,
				 sub->slot, base, &sub->instance)) {
		vouch_submission_hold(sub);
		return true;
	}
	if (!sub->instance)
		return false;
	vouch_submission_link(sub);
	return true;
}

static void take_unsigned(struct vouch_submission *sub,
			  const struct vouch_answer *answer)
{
	free(sub->link_input);
	sub->link_input = NULL;
	vouch_verdict_relocations(sub,
				  json_object_get(answer->json, "programs"));
	sub->unsigned_len = answer->frame->blob_len;
	sub->unsigned_image = malloc(sub->unsigned_len + 1);
	if (!sub->unsigned_image) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "out of memory");
		return;
	}
	memcpy(sub->unsigned_image, answer->frame->blob, sub->unsigned_len);
	vouch_submission_begin(sub, VOUCH_STAGE_LINK,
			       "for the target's profile");
	vouch_submission_sign(sub);
}

static void linked(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_submission *sub = ctx;
	struct vouch_failure f;
	const char *text;

	/* Without it the daemon ends; its successor takes this up again. */
	if (sub->daemon->stopping || answer->err == -ECONNRESET)
		return;
	vouch_fault("link", "answered");
	if (answer->err) {
		vouch_submission_give_up(
			sub,
			answer->err == -ETIMEDOUT ? VOUCH_EXIT_TIMEOUT
						  : VOUCH_EXIT_INTERNAL,
			"the link process did not answer; see the daemon's "
			"log");
		return;
	}
	if (answer->frame->type != VOUCH_FRAME_RESULT) {
		vouch_failure_read(answer->json, &f);
		vouch_submission_give_up(sub, f.exit, f.why);
		return;
	}
	take_stage(sub, VOUCH_STAGE_CHECK, answer->json, "check_us");
	take_stage(sub, VOUCH_STAGE_LINK, answer->json, "link_us");
	text = json_string_value(json_object_get(answer->json, "refused"));
	if (text)
		refused(sub, answer->json, text);
	else if (json_is_true(json_object_get(answer->json, "retarget")))
		vouch_submission_retarget(sub, answer->frame->blob,
					  answer->frame->blob_len);
	else if (!is_for_another_instance(sub, answer->json))
		take_unsigned(sub, answer);
}
