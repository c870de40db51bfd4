// SPDX-License-Identifier: BSD-2-Clause
/* The call "deliver": an image that a client has, to a target. */

#include <stdio.h>
#include <stdlib.h>

#include "../common/hex.h"
#include "../common/image.h"
#include "crypto.h"
#include "daemon.h"
#include "log.h"

#define HOOK_LEN 128

struct handover {
	struct vouch_client *client;
	u32 id;
	struct vouch_vm *vm;
	char slot[VOUCH_SLOT_LEN], attach[HOOK_LEN];
	char name[VOUCH_IMAGE_NAME_LEN + 1];
	char content[VOUCH_HEX_LEN], sha256[VOUCH_HEX_LEN];
	u8 *file; /* until it is handed over */
	size_t len;
};

static void handover_free(struct handover *h)
{
	vouch_client_put(h->client);
	free(h->file);
	free(h);
}

/* ---- what becomes of it ---- */

static void record(struct handover *h, const struct vouch_delivery *delivery)
{
	struct vouch_store *store = h->vm->daemon->store;
	const char *target = h->vm->config->name;
	char text[256];

	snprintf(text, sizeof(text), "%s to slot %s of %s: %s", h->sha256,
		 h->slot, target, delivery->status);
	vouch_info("delivery for %s: image %s%s%s", h->client->name, text,
		   delivery->reason ? ": " : "",
		   delivery->reason ? delivery->reason : "");
	/* What happened has happened; both log their failure. */
	vouch_store_delivery_add(store, 0, h->sha256, target, h->slot,
				 delivery->status, delivery->reason);
	vouch_store_log(store, 0, "delivered", text);
}

static void copy_member(json_t *to, const json_t *from, const char *key)
{
	json_t *v = json_object_get(from, key);

	json_object_set(to, key, v ? v : json_null());
}

static void delivered(void *ctx, const struct vouch_delivery *delivery)
{
	struct handover *h = ctx;
	struct vouch_daemon *daemon = h->vm->daemon;
	json_t *result;

	daemon->n_deliveries--;
	if (daemon->stopping) {
		handover_free(h);
		return;
	}
	record(h, delivery);
	result = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:i}",
			   "schema_version", 1, "image", h->name, "content",
			   h->content, "sha256", h->sha256, "target",
			   h->vm->config->name, "slot", h->slot, "status",
			   delivery->status, "reason", delivery->reason, "exit",
			   (int)delivery->exit);
	copy_member(result, json_object_get(delivery->answer, "failure"),
		    "remedy");
	copy_member(result, delivery->answer, "admit_us");
	copy_member(result, delivery->answer, "load_us");
	vouch_client_send(h->client, VOUCH_FRAME_RESULT, h->id, result, NULL,
			  0);
	json_decref(result);
	handover_free(h);
}

/* ---- what may be delivered ---- */

/*
 * Bounds the image and reads where it is to go. Whether it may go there is the
 * target's to say, which alone can hold it against its own keys.
 */
static int read_image(struct handover *h, struct vouch_image *img,
		      struct vouch_failure *f)
{
	u8 hash[VOUCH_HASH_LEN];
	u32 elf_len, sig_len;
	const char *why = "it is no ELF file";

	vouch_fail(f, -ENOEXEC, VOUCH_EXIT_USAGE, "deliver a file");
	vouch_fail_next(f, "name an image, as \"vouch submit\" shows its file");
	if (h->len < SELFMAG || memcmp(h->file, ELFMAG, SELFMAG) ||
	    vouch_image_split(h->file, h->len, &elf_len, &sig_len, &why))
		return vouch_fail_why(f, "it is no signed image: %s", why);
	if (vouch_image_parse(h->file, elf_len, img, &why)) {
		f->err = -EBADMSG;
		f->exit = VOUCH_EXIT_TRUST;
		vouch_fail_next(f, "fetch the image again");
		return vouch_fail_why(f, "nobody can have signed it so: %s",
				      why);
	}
	memcpy(h->slot, img->record->slot, sizeof(h->slot));
	snprintf(h->name, sizeof(h->name), "%s", img->name);
	vouch_hex_write(img->req.req->content, VOUCH_HASH_LEN, h->content);
	if (vouch_sha256(h->file, h->len, hash))
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "hash an image");
	vouch_hex_write(hash, sizeof(hash), h->sha256);
	return 0;
}

static int check_slot(const struct handover *h, struct vouch_failure *f)
{
	const struct vouch_vm_config *target = h->vm->config;
	u32 i;

	for (i = 0; i < target->n_slots; i++)
		if (!strcmp(target->slots[i], h->slot))
			return 0;
	vouch_fail(f, -EPERM, VOUCH_EXIT_REFUSED, "deliver image %s", h->name);
	vouch_fail_why(f, "it is signed for slot %s, which target %s has not",
		       h->slot, target->name);
	return vouch_fail_next(f, "submit its object for one of the target's "
				  "slots");
}

static int read_hook(struct handover *h, const json_t *json,
		     struct vouch_failure *f)
{
	const json_t *v = json_object_get(json, "attach");
	const char *hook = json_string_value(v);

	if (!v || json_is_null(v))
		return 0;
	if (hook && strlen(hook) < sizeof(h->attach)) {
		memcpy(h->attach, hook, strlen(hook));
		if (*hook && vouch_text_ok(h->attach, sizeof(h->attach)))
			return 0;
	}
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "deliver an image");
	vouch_fail_why(f, "\"attach\" is no printable text of 1 to %zu bytes",
		       sizeof(h->attach) - 1);
	return vouch_fail_next(f, "name a hook, as xdp:eth0");
}

static int fill(struct handover *h, const struct vouch_frame *frame,
		const json_t *json, struct vouch_failure *f)
{
	struct vouch_image img;
	int err;

	h->vm = vouch_call_target(h->client->daemon, json, f);
	if (!h->vm)
		return -ENOENT;
	err = read_hook(h, json, f);
	if (err)
		return err;
	/* A copy, since a blob need not be aligned as an image must be. */
	h->file = malloc(frame->blob_len + 1);
	if (!h->file)
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "copy an image");
	memcpy(h->file, frame->blob, frame->blob_len);
	h->len = frame->blob_len;
	err = read_image(h, &img, f);
	return err ? err : check_slot(h, f);
}

static struct handover *handover_new(struct vouch_client *client, u32 id,
				     struct vouch_failure *f)
{
	struct vouch_daemon *daemon = client->daemon;
	struct handover *h;

	if (daemon->n_deliveries >= VOUCH_MAX_DELIVERIES) {
		vouch_fail(f, -EBUSY, VOUCH_EXIT_UNAVAILABLE,
			   "deliver an image");
		vouch_fail_why(f, "%u deliveries are under way",
			       daemon->n_deliveries);
		vouch_fail_next(f, "try again later");
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (!h) {
		vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL, "deliver an image");
		return NULL;
	}
	h->client = vouch_client_get(client);
	h->id = id;
	return h;
}

/* Nothing is delivered that the log could not name. */
static int announce(const struct handover *h, struct vouch_failure *f)
{
	struct vouch_daemon *daemon = h->vm->daemon;
	char text[256];
	int err;

	snprintf(text, sizeof(text), "%s to slot %s of %s", h->sha256, h->slot,
		 h->vm->config->name);
	err = vouch_store_log(daemon->store, 0, "delivering", text);
	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE,
		   "record a delivery in the database of %s",
		   daemon->config->state_dir);
	vouch_fail_why(f, "%s", vouch_store_why(daemon->store));
	return vouch_fail_next(f, "make space there, then deliver again");
}

static void tell(struct handover *h)
{
	json_t *json = json_pack(
		"{s:s, s:o}", "stage", "deliver", "text",
		json_sprintf("to slot %s of %s", h->slot, h->vm->config->name));

	if (json)
		vouch_client_send(h->client, VOUCH_FRAME_PROGRESS, h->id, json,
				  NULL, 0);
	json_decref(json);
}

void vouch_call_deliver(struct vouch_client *client,
			const struct vouch_frame *frame, json_t *json)
{
	struct vouch_failure f;
	struct handover *h = handover_new(client, frame->id, &f);
	u8 *file;

	if (!h || fill(h, frame, json, &f)) {
		vouch_client_fail(client, frame->id, &f);
		if (h)
			handover_free(h);
		return;
	}
	if (announce(h, &f)) {
		vouch_client_fail(client, frame->id, &f);
		handover_free(h);
		return;
	}
	client->daemon->n_deliveries++;
	tell(h);
	file = h->file;
	h->file = NULL;
	vouch_deliver(h->vm, h->slot, h->attach[0] ? h->attach : NULL, NULL,
		      file, h->len, delivered, h);
}
