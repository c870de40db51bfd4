// SPDX-License-Identifier: BSD-2-Clause
/* How a submission leaves: with its verdict, or held. */

#include <stdlib.h>

#include "fault.h"
#include "log.h"
#include "submission.h"

void vouch_submission_hold(struct vouch_submission *sub)
{
	struct vouch_daemon *daemon = sub->daemon;
	struct vouch_failure f;

	vouch_fail(&f, -EIO, VOUCH_EXIT_UNAVAILABLE,
		   "record the state of submission %llu",
		   (unsigned long long)sub->id);
	vouch_fail_why(&f, "the database in %s cannot be written: %s",
		       daemon->config->state_dir,
		       vouch_store_why(daemon->store));
	vouch_fail_next(&f,
			"make space there; then it goes on by itself, ask for "
			"it with \"vouch submission %llu\"",
			(unsigned long long)sub->id);
	vouch_warning("submission %llu is held: %s",
		      (unsigned long long)sub->id, f.why);
	vouch_client_fail(sub->client, sub->request, &f);
	vouch_submission_free(sub);
	vouch_resume_later(daemon);
}

/* The delivery, the log's entry and the verdict, or nothing. */
static int store_verdict(struct vouch_submission *sub, const char *verdict,
			 const char *text)
{
	const struct vouch_delivery *d = sub->delivery;
	const json_t *image = json_object_get(sub->verdict, "image");
	struct vouch_store *store = sub->daemon->store;
	int err = vouch_store_begin(store, "verdict");

	if (err)
		return err;
	if (d)
		err = vouch_store_delivery_add(
			store, sub->id,
			json_string_value(json_object_get(image, "sha256")),
			sub->target->config->name, sub->slot, d->status,
			d->reason);
	if (!err)
		err = vouch_store_log(store, sub->id, "verdict", verdict);
	if (!err)
		err = vouch_store_submission_move(store, sub->id, "done", NULL,
						  text);
	return vouch_store_end(store, "verdict", err);
}

void vouch_submission_finish(struct vouch_submission *sub)
{
	const char *reason, *verdict;
	char *text;
	int err;

	/* At the end of the daemon: taken up again by the next. */
	if (sub->daemon->stopping)
		return;
	vouch_submission_stages(sub);
	verdict = json_string_value(json_object_get(sub->verdict, "verdict"));
	reason = json_string_value(json_object_get(sub->verdict, "reason"));
	text = json_dumps(sub->verdict, JSON_COMPACT);
	err = text ? store_verdict(sub, verdict, text) : -ENOMEM;
	free(text);
	/* Nobody is told what a restart could make untrue. */
	if (err) {
		vouch_submission_hold(sub);
		return;
	}
	vouch_info("submission %llu '%s' of %s: %s%s%s",
		   (unsigned long long)sub->id, sub->name, sub->submitter,
		   verdict, reason ? ": " : "", reason ? reason : "");
	vouch_client_send(sub->client, VOUCH_FRAME_VERDICT, sub->request,
			  sub->verdict, NULL, 0);
	vouch_fault("verdict", "sent");
	vouch_submission_free(sub);
}

void vouch_submission_give_up(struct vouch_submission *sub,
			      enum vouch_exit exit, const char *reason)
{
	vouch_verdict_set(sub, "error", exit, reason);
	vouch_submission_finish(sub);
}
