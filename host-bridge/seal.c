// SPDX-License-Identifier: BSD-2-Clause
/* The second half of a submission's way: signed, stored, delivered. */

#include <stdio.h>
#include <stdlib.h>

#include "../common/hex.h"
#include "crypto.h"
#include "file.h"
#include "log.h"
#include "submission.h"

/* ---- delivering ---- */

static void delivered(void *ctx, const struct vouch_delivery *delivery)
{
	struct vouch_submission *sub = ctx;
	const json_t *image = json_object_get(sub->verdict, "image");

	if (sub->daemon->stopping)
		return;
	vouch_submission_end(sub, VOUCH_STAGE_DELIVER);
	vouch_verdict_delivery(sub, delivery);
	vouch_store_delivery_add(
		sub->daemon->store, sub->id,
		json_string_value(json_object_get(image, "sha256")),
		sub->target->config->name, sub->slot, delivery->status,
		delivery->reason);
	vouch_verdict_set(sub,
			  strcmp(delivery->status, "refused") ? "accepted"
							      : "refused",
			  delivery->exit, delivery->reason);
	vouch_submission_finish(sub);
}

void vouch_submission_deliver(struct vouch_submission *sub)
{
	u8 *image = sub->image;
	char text[96];

	if (!sub->deliver || !sub->target) {
		vouch_submission_finish(sub);
		return;
	}
	if (!vouch_submission_move(sub, "delivering", NULL, NULL))
		return;
	snprintf(text, sizeof(text), "to slot %s of %s", sub->slot,
		 sub->target->config->name);
	vouch_submission_begin(sub, VOUCH_STAGE_DELIVER, text);
	sub->image = NULL;
	vouch_deliver(sub->target, sub->slot,
		      sub->attach[0] ? sub->attach : NULL,
		      sub->daemon->profiles[sub->profile], image,
		      sub->image_len, delivered, sub);
}

/* ---- signing ---- */

/* The image is on disk before the store names it. */
static int keep_image(struct vouch_submission *sub, const json_t *result)
{
	struct vouch_store_image row = { .submission = sub->id };
	char hex[VOUCH_HEX_LEN], name[VOUCH_HEX_LEN + 4], path[512];
	u8 hash[VOUCH_HASH_LEN];
	json_t *json, *seq, *epoch;
	int err;

	row.content = json_string_value(json_object_get(result, "content"));
	row.name = json_string_value(json_object_get(result, "name"));
	row.key_id = json_string_value(json_object_get(result, "key_id"));
	seq = json_object_get(result, "sequence");
	epoch = json_object_get(result, "epoch");
	if (!row.content || !row.name || !row.key_id ||
	    vouch_sha256(sub->image, sub->image_len, hash))
		return -EPROTO;
	vouch_hex_write(hash, sizeof(hash), hex);
	snprintf(name, sizeof(name), "%s.ko", hex);
	snprintf(path, sizeof(path), "%s/images/%s",
		 sub->daemon->config->state_dir, name);
	err = vouch_file_put(sub->daemon->images_fd, name, sub->image,
			     sub->image_len);
	if (err)
		return err;
	row.sha256 = hex;
	row.slot = sub->slot;
	row.size = sub->image_len;
	row.sequence = (u64)json_integer_value(seq);
	row.epoch = (u32)json_integer_value(epoch);
	json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:O, s:O, s:s, s:I}",
			 "path", path, "sha256", hex, "content", row.content,
			 "name", row.name, "size", (json_int_t)row.size,
			 "key_id", row.key_id, "epoch", epoch, "sequence", seq,
			 "slot", sub->slot, "instance",
			 (json_int_t)sub->instance);
	if (!json)
		return -ENOMEM;
	json_object_set_new(sub->verdict, "image", json);
	return vouch_store_image_add(sub->daemon->store, &row);
}

static void stored(struct vouch_submission *sub)
{
	const json_t *image = json_object_get(sub->verdict, "image");
	const char *hex = json_string_value(json_object_get(image, "sha256"));
	char *text;
	bool ok;

	vouch_verdict_set(sub, "accepted", VOUCH_EXIT_OK, NULL);
	vouch_submission_stages(sub);
	text = json_dumps(sub->verdict, JSON_COMPACT);
	vouch_store_log(sub->daemon->store, sub->id, "signed", hex);
	ok = vouch_submission_move(sub, "stored", hex, text);
	free(text);
	if (ok)
		vouch_submission_deliver(sub);
}

static void fail_signing(struct vouch_submission *sub,
			 const struct vouch_answer *answer)
{
	struct vouch_failure f;

	if (answer->err == -ETIMEDOUT) {
		vouch_submission_give_up(sub, VOUCH_EXIT_TIMEOUT,
					 "the sign process did not "
					 "answer in time");
	} else if (answer->err || answer->frame->type != VOUCH_FRAME_ERROR) {
		vouch_submission_give_up(sub, VOUCH_EXIT_TRUST,
					 "the sign process is gone; see "
					 "the daemon's log");
	} else {
		vouch_failure_read(answer->json, &f);
		vouch_submission_give_up(sub, VOUCH_EXIT_TRUST, f.why);
	}
}

static void signed_image(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_submission *sub = ctx;
	int err;

	if (sub->daemon->stopping)
		return;
	vouch_submission_end(sub, VOUCH_STAGE_SIGN);
	free(sub->unsigned_image);
	sub->unsigned_image = NULL;
	if (answer->err || answer->frame->type != VOUCH_FRAME_RESULT) {
		fail_signing(sub, answer);
		return;
	}
	sub->image_len = answer->frame->blob_len;
	sub->image = malloc(sub->image_len + 1);
	if (!sub->image) {
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "out of memory");
		return;
	}
	memcpy(sub->image, answer->frame->blob, sub->image_len);
	err = keep_image(sub, answer->json);
	if (err) {
		vouch_error("submission %llu: cannot keep its image: %s; check "
			    "the space of the state directory",
			    (unsigned long long)sub->id, strerror(-err));
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the daemon cannot store the "
					 "image; see its log");
		return;
	}
	stored(sub);
}

void vouch_submission_sign(struct vouch_submission *sub)
{
	const char *log =
		json_string_value(json_object_get(sub->verdict, "log"));
	u8 hash[VOUCH_HASH_LEN];
	char hex[VOUCH_HEX_LEN];
	json_t *json = NULL;
	int err;

	if (!vouch_submission_move(sub, "signing", NULL, NULL))
		return;
	vouch_submission_begin(sub, VOUCH_STAGE_SIGN, "with the image key");
	err = vouch_sha256(log, strlen(log), hash);
	if (!err) {
		vouch_hex_write(hash, sizeof(hash), hex);
		json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "method", "sign",
				 "slot", sub->slot, "submitter", sub->submitter,
				 "object_name", sub->name, "log", hex);
		err = json ? vouch_peer_call(
				     &sub->daemon->sign, VOUCH_FRAME_CALL, json,
				     sub->unsigned_image, sub->unsigned_len,
				     sub->daemon->config->timeouts.sign_s *
					     1000,
				     signed_image, sub)
			   : -ENOMEM;
		json_decref(json);
	}
	if (err)
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the image cannot be handed "
					 "to the sign process");
}
