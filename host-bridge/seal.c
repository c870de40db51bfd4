// SPDX-License-Identifier: BSD-2-Clause
/* The second half of a submission's way: signed, stored, delivered. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/hex.h"
#include "crypto.h"
#include "fault.h"
#include "file.h"
#include "log.h"
#include "signing.h"
#include "submission.h"

/* ---- delivering ---- */

static void delivered(void *ctx, const struct vouch_delivery *delivery)
{
	struct vouch_submission *sub = ctx;

	if (sub->daemon->stopping)
		return;
	vouch_submission_end(sub, VOUCH_STAGE_DELIVER);
	vouch_verdict_delivery(sub, delivery);
	sub->delivery = delivery;
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
	if (!vouch_submission_move(sub, "delivering"))
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

/* What the sign process says of an image, and its file. */
static int read_image(const struct vouch_submission *sub, const json_t *result,
		      struct vouch_store_image *row, char hex[VOUCH_HEX_LEN])
{
	u8 hash[VOUCH_HASH_LEN];

	row->content = json_string_value(json_object_get(result, "content"));
	row->name = json_string_value(json_object_get(result, "name"));
	row->key_id = json_string_value(json_object_get(result, "key_id"));
	row->sequence =
		(u64)json_integer_value(json_object_get(result, "sequence"));
	row->epoch = (u32)json_integer_value(json_object_get(result, "epoch"));
	if (!row->content || !row->name || !row->key_id ||
	    vouch_sha256(sub->image, sub->image_len, hash))
		return -EPROTO;
	vouch_hex_write(hash, sizeof(hash), hex);
	row->submission = sub->id;
	row->sha256 = hex;
	row->slot = sub->slot;
	row->size = sub->image_len;
	return 0;
}

static int put_file(const struct vouch_submission *sub, const char *hex)
{
	int fd = sub->daemon->images_fd, err;
	char name[VOUCH_HEX_LEN + 4];

	snprintf(name, sizeof(name), "%s.ko", hex);
	err = vouch_file_put(fd, name, sub->image, sub->image_len);
	/* Nobody has named it yet. */
	if (err)
		unlinkat(fd, name, 0);
	return err;
}

static int describe(struct vouch_submission *sub,
		    const struct vouch_store_image *row)
{
	char path[512];
	json_t *json;

	snprintf(path, sizeof(path), "%s/images/%s.ko",
		 sub->daemon->config->state_dir, row->sha256);
	json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:s, s:I}",
			 "path", path, "sha256", row->sha256, "content",
			 row->content, "name", row->name, "size",
			 (json_int_t)row->size, "key_id", row->key_id, "epoch",
			 (json_int_t)row->epoch, "sequence",
			 (json_int_t)row->sequence, "slot", sub->slot,
			 "instance", (json_int_t)sub->instance);
	if (!json)
		return -ENOMEM;
	json_object_set_new(sub->verdict, "image", json);
	vouch_verdict_set(sub, "accepted", VOUCH_EXIT_OK, NULL);
	vouch_submission_stages(sub);
	return 0;
}

/* The image, its entry in the log and the submission's state, or nothing. */
static int store_image(struct vouch_submission *sub,
		       const struct vouch_store_image *row, const char *text)
{
	struct vouch_store *store = sub->daemon->store;
	int err = vouch_store_begin(store, "stored");

	if (err)
		return err;
	err = vouch_store_image_add(store, row);
	if (!err)
		err = vouch_store_log(store, sub->id, "signed", row->sha256);
	if (!err)
		err = vouch_store_submission_move(store, sub->id, "stored",
						  row->sha256, text);
	return vouch_store_end(store, "stored", err);
}

static void cannot_keep(struct vouch_submission *sub, int err)
{
	char reason[320];

	snprintf(reason, sizeof(reason),
		 "the signed image cannot be kept in %s/images: %s; make space "
		 "there, then submit again",
		 sub->daemon->config->state_dir, strerror(-err));
	vouch_error("submission %llu: %s", (unsigned long long)sub->id, reason);
	vouch_submission_give_up(sub, VOUCH_EXIT_UNAVAILABLE, reason);
}

/* The image is on disk before the store names it. */
static void keep_image(struct vouch_submission *sub, const json_t *result)
{
	struct vouch_store_image row = {};
	char hex[VOUCH_HEX_LEN], *text;
	int err;

	err = read_image(sub, result, &row, hex);
	if (!err)
		err = put_file(sub, hex);
	if (err) {
		cannot_keep(sub, err);
		return;
	}
	/* From here on a file that is not recorded is removed by resume.c. */
	err = describe(sub, &row);
	text = err ? NULL : json_dumps(sub->verdict, JSON_COMPACT);
	if (!text || store_image(sub, &row, text))
		vouch_submission_hold(sub);
	else
		vouch_submission_deliver(sub);
	free(text);
}

static void fail_signing(struct vouch_submission *sub,
			 const struct vouch_answer *answer)
{
	struct vouch_failure f;
	char reason[900];

	if (answer->err == -ETIMEDOUT) {
		vouch_submission_give_up(sub, VOUCH_EXIT_TIMEOUT,
					 "the sign process did not "
					 "answer in time");
	} else if (answer->err == -ENOTCONN) {
		vouch_submission_give_up(sub, VOUCH_EXIT_UNAVAILABLE,
					 "the signer cannot be reached; start "
					 "its service, then submit again");
	} else if (answer->frame->type != VOUCH_FRAME_ERROR) {
		vouch_submission_give_up(sub, VOUCH_EXIT_TRUST,
					 "the sign process answered with "
					 "another frame than RESULT");
	} else {
		vouch_failure_read(answer->json, &f);
		snprintf(reason, sizeof(reason), "cannot %s: %s%s%s", f.what,
			 f.why, f.remedy[0] ? "; " : "", f.remedy);
		vouch_submission_give_up(sub, f.exit, reason);
	}
}

static void signed_image(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_submission *sub = ctx;
	struct vouch_daemon *daemon = sub->daemon;

	/* Without it the daemon ends; its successor takes this up again. */
	if (daemon->stopping || answer->err == -ECONNRESET)
		return;
	vouch_fault("sign", "answered");
	vouch_submission_end(sub, VOUCH_STAGE_SIGN);
	free(sub->unsigned_image);
	sub->unsigned_image = NULL;
	if (answer->err || answer->frame->type != VOUCH_FRAME_RESULT) {
		fail_signing(sub, answer);
		/* Signing takes no time: it hangs. */
		if (answer->err == -ETIMEDOUT)
			vouch_peer_drop(&daemon->sign, "it does not answer");
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
	keep_image(sub, answer->json);
}

void vouch_submission_sign(struct vouch_submission *sub)
{
	const char *log =
		json_string_value(json_object_get(sub->verdict, "log"));
	u8 hash[VOUCH_HASH_LEN];
	char hex[VOUCH_HEX_LEN];
	json_t *json = NULL;
	int err;

	if (!vouch_submission_move(sub, "signing"))
		return;
	vouch_submission_begin(sub, VOUCH_STAGE_SIGN, "with the image key");
	err = vouch_sha256(log, strlen(log), hash);
	if (!err) {
		vouch_hex_write(hash, sizeof(hash), hex);
		json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "method", "sign",
				 "slot", sub->slot, "submitter", sub->submitter,
				 "object_name", sub->name, "log", hex);
		err = json ? vouch_signing_call(
				     sub->daemon, json, sub->unsigned_image,
				     sub->unsigned_len, signed_image, sub)
			   : -ENOMEM;
		json_decref(json);
	}
	if (err)
		vouch_submission_give_up(sub, VOUCH_EXIT_INTERNAL,
					 "the image cannot be handed "
					 "to the sign process");
	vouch_fault("sign", "asked");
}
