// SPDX-License-Identifier: BSD-2-Clause
/* Taking a client's submission. */

#include <stdio.h>
#include <stdlib.h>

#include "../common/hex.h"
#include "crypto.h"
#include "fault.h"
#include "file.h"
#include "log.h"
#include "submission.h"

/* Copies a text member; absent and null give an empty text. */
static int get_text(const json_t *json, const char *key, char *out, size_t size,
		    struct vouch_failure *f)
{
	const json_t *v = json_object_get(json, key);
	const char *s = json_string_value(v);

	if (!v || json_is_null(v))
		return 0;
	if (!s || strlen(s) >= size)
		return vouch_fail_why(f,
				      "\"%s\" is no text of at most %zu "
				      "bytes",
				      key, size - 1);
	memcpy(out, s, strlen(s));
	if (!vouch_text_ok(out, size))
		return vouch_fail_why(f, "\"%s\" is not printable ASCII", key);
	return 0;
}

/* The target that was named, or the only one there is. */
static int find_target(struct vouch_submission *sub, const char *name,
		       struct vouch_failure *f)
{
	const struct vouch_config *config = sub->daemon->config;
	u32 i, n = 0, found = 0;

	for (i = 0; i < config->n_vms; i++) {
		if (config->vms[i].role != VOUCH_ROLE_TARGET ||
		    (*name && strcmp(config->vms[i].name, name)))
			continue;
		found = i;
		n++;
	}
	if (n == 1) {
		sub->target = &sub->daemon->vms[found];
		sub->profile = sub->target->config->profile_index;
		return 0;
	}
	vouch_fail_next(f, "name a target that 'vouch target list' shows");
	if (*name)
		return vouch_fail_why(f, "there is no target '%s'", name);
	if (n)
		return vouch_fail_why(f,
				      "%u targets are configured and the "
				      "submission names none",
				      n);
	if (config->n_profiles != 1)
		return vouch_fail_why(f, "no target is configured, and more "
					 "than one profile");
	return 0;
}

static int find_slot(struct vouch_submission *sub, struct vouch_failure *f)
{
	const struct vouch_vm_config *target;
	u32 i;

	if (!sub->target) {
		if (sub->slot[0])
			return vouch_fail_why(f, "a slot is a place on a "
						 "target, and none is "
						 "configured");
		snprintf(sub->slot, sizeof(sub->slot), "default");
		return 0;
	}
	target = sub->target->config;
	if (!sub->slot[0])
		snprintf(sub->slot, sizeof(sub->slot), "%s", target->slots[0]);
	for (i = 0; i < target->n_slots; i++)
		if (!strcmp(target->slots[i], sub->slot))
			return 0;
	vouch_fail_next(f, "an operator names slots in the configuration of "
			   "the target");
	return vouch_fail_why(f, "target '%s' has no slot '%s'", target->name,
			      sub->slot);
}

int vouch_submission_choose(struct vouch_submission *sub, const json_t *options,
			    struct vouch_failure *f)
{
	u8 hash[VOUCH_HASH_LEN];
	const char *why;
	char *text;
	int err;

	if (vouch_options_canon(options, &sub->options, &why))
		return vouch_fail_why(f, "options: %s", why);
	sub->allowed =
		vouch_options_allow(sub->daemon->config, sub->options, &why);
	if (!sub->allowed)
		return vouch_fail_why(f, "options: %s", why);
	text = vouch_options_text(sub->options);
	err = text ? vouch_sha256(text, strlen(text), hash) : -ENOMEM;
	free(text);
	if (err)
		return vouch_fail_why(f, "the options cannot be hashed");
	vouch_hex_write(hash, sizeof(hash), sub->options_hex);
	return 0;
}

/* It is held until the submission is done. */
static int hold_object(struct vouch_submission *sub, size_t len,
		       struct vouch_failure *f)
{
	if (vouch_quota_take(&sub->client->origin->held, len)) {
		sub->held = len;
		return 0;
	}
	vouch_fail(f, -ENOBUFS, VOUCH_EXIT_UNAVAILABLE,
		   "take a submission of %s", sub->submitter);
	vouch_fail_next(f, "try again when others are done");
	return vouch_fail_why(f, "the objects under way are too large for one "
				 "more");
}

static int set_object(struct vouch_submission *sub, const void *object,
		      size_t len, struct vouch_failure *f)
{
	u8 hash[VOUCH_HASH_LEN];

	if (!len || len > VOUCH_MAX_OBJECT)
		return vouch_fail_why(f,
				      "an object has 1 to %u bytes, not "
				      "%zu",
				      VOUCH_MAX_OBJECT, len);
	if (hold_object(sub, len, f))
		return f->err;
	sub->object = malloc(len);
	if (!sub->object || vouch_sha256(object, len, hash))
		return vouch_fail_why(f, "out of memory");
	memcpy(sub->object, object, len);
	sub->object_len = len;
	vouch_hex_write(hash, sizeof(hash), sub->object_hex);
	return 0;
}

/* Everything that a client says about a submission is judged here. */
static int fill(struct vouch_submission *sub, const struct vouch_frame *frame,
		const json_t *json, struct vouch_failure *f)
{
	const json_t *deliver = json_object_get(json, "deliver");
	char target[VOUCH_VM_NAME_LEN] = {};

	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "take a submission of %s",
		   sub->submitter);
	vouch_fail_next(f, "correct the submission");
	if (get_text(json, "name", sub->name, sizeof(sub->name), f) ||
	    get_text(json, "slot", sub->slot, sizeof(sub->slot), f) ||
	    get_text(json, "attach", sub->attach, sizeof(sub->attach), f) ||
	    get_text(json, "target", target, sizeof(target), f))
		return -EINVAL;
	if (!sub->name[0])
		return vouch_fail_why(f, "\"name\" is missing");
	if (deliver && !json_is_boolean(deliver))
		return vouch_fail_why(f, "\"deliver\" must be true or false");
	sub->deliver = json_is_true(deliver);
	if (find_target(sub, target, f) || find_slot(sub, f) ||
	    vouch_submission_choose(sub, json_object_get(json, "options"), f) ||
	    set_object(sub, frame->blob, frame->blob_len, f))
		return -EINVAL;
	if (sub->deliver && !sub->target)
		return vouch_fail_why(f, "there is no target to deliver to");
	return 0;
}

/* The submission and its entry in the log, or nothing. */
static int store_submission(struct vouch_submission *sub, const char *options)
{
	struct vouch_store_submission row = {
		.submitter = sub->submitter,
		.name = sub->name,
		.object = sub->object_hex,
		.options = options,
		.target = sub->target ? sub->target->config->name : NULL,
		.slot = sub->slot,
		.attach = sub->attach[0] ? sub->attach : NULL,
		.profile = sub->profile,
		.deliver = sub->deliver,
		.state = "received",
	};
	struct vouch_store *store = sub->daemon->store;
	int err = vouch_store_begin(store, "received");

	if (err)
		return err;
	err = vouch_store_submission_add(store, &row);
	sub->id = row.id;
	if (!err)
		err = vouch_store_log(store, sub->id, "received",
				      sub->object_hex);
	return vouch_store_end(store, "received", err);
}

/* The object is on disk before the store names it. */
static int keep(struct vouch_submission *sub, struct vouch_failure *f)
{
	const char *state_dir = sub->daemon->config->state_dir;
	char *options;
	int err;

	vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL, "keep a submission of %s",
		   sub->submitter);
	options = vouch_options_text(sub->options);
	if (!options)
		return f->err;
	err = vouch_file_put(sub->daemon->objects_fd, sub->object_hex,
			     sub->object, sub->object_len);
	if (err) {
		vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE,
			   "keep object %s in %s/objects", sub->object_hex,
			   state_dir);
	} else {
		err = store_submission(sub, options);
		vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE,
			   "record a submission of %s in %s", sub->submitter,
			   state_dir);
		if (err)
			vouch_fail_why(f, "%s",
				       vouch_store_why(sub->daemon->store));
	}
	free(options);
	if (!err)
		return vouch_verdict_begin(sub);
	/* The object's file may be one that nobody names. */
	vouch_resume_later(sub->daemon);
	vouch_fail_next(f, "make space there, then submit again");
	vouch_error("cannot %s: %s; check its space and permissions", f->what,
		    f->why);
	return err;
}

static struct vouch_submission *begin(struct vouch_client *client, u32 id)
{
	struct vouch_daemon *daemon = client->daemon;
	struct vouch_submission *sub;

	if (daemon->n_submissions >= VOUCH_MAX_SUBMISSIONS ||
	    client->origin->n_submissions >= VOUCH_MAX_SUBMISSIONS_EACH)
		return NULL;
	sub = vouch_submission_new(daemon);
	if (!sub)
		return NULL;
	snprintf(sub->submitter, sizeof(sub->submitter), "%s", client->name);
	client->origin->n_submissions++;
	sub->client = vouch_client_get(client);
	sub->request = id;
	return sub;
}

void vouch_submission_receive(struct vouch_client *client,
			      const struct vouch_frame *frame, json_t *json)
{
	struct vouch_submission *sub = begin(client, frame->id);
	struct vouch_failure f;
	int err;

	if (!sub) {
		vouch_fail(&f, -EBUSY, VOUCH_EXIT_UNAVAILABLE,
			   "take a submission of %s", client->name);
		vouch_fail_why(&f,
			       "%u submissions are under way, %u of them "
			       "from there",
			       client->daemon->n_submissions,
			       client->origin->n_submissions);
		vouch_fail_next(&f, "try again later");
		vouch_client_fail(client, frame->id, &f);
		return;
	}
	vouch_fault("submission", "received");
	err = fill(sub, frame, json, &f);
	if (!err)
		err = keep(sub, &f);
	if (err) {
		vouch_client_fail(client, frame->id, &f);
		vouch_submission_free(sub);
		return;
	}
	vouch_info("submission %llu '%s' of %s: object %s",
		   (unsigned long long)sub->id, sub->name, sub->submitter,
		   sub->object_hex);
	vouch_submission_start(sub);
}
