// SPDX-License-Identifier: BSD-2-Clause
/* A delivery: stored, admitted, loaded, attached, and its floor raised. */

#include "deliver.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "attach.h"
#include "find.h"
#include "hex.h"
#include "image.h"
#include "module.h"
#include "store.h"

#define INCOMING "incoming.ko"

/* One delivery on its way. */
struct delivery {
	const char *slot; /* asked for, or NULL */
	const char *attach; /* hook, or NULL */
	struct vouch_image image;
	u8 content[VOUCH_HASH_LEN];
	bool found; /* loaded before */
	u64 admit_us, load_us;
	const char *status;
	char note[128];
};

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000u + (u64)t.tv_nsec / 1000u;
}

static int read_args(const json_t *args, struct delivery *d,
		     struct vouch_failure *f)
{
	int err = vouch_arg_name(args, "slot", VOUCH_SLOT_LEN, false, &d->slot,
				 f);

	if (!err)
		err = vouch_arg_name(args, "attach", VOUCH_TARGET_HOOK_LEN,
				     false, &d->attach, f);
	if (!err && d->attach)
		err = vouch_arg_hook(d->attach, f);
	return err;
}

/* Read enough of the image to speak of it; admission decides on it. */
static int read_image(struct delivery *d, const u8 *file, size_t len,
		      struct vouch_failure *f)
{
	const char *why = NULL;
	u32 elf_len, sig_len;

	vouch_fail(f, -EBADMSG, VOUCH_EXIT_TRUST, "read the delivered image");
	vouch_fail_next(f, "deliver a file that vouchd signed");
	if (vouch_image_split(file, len, &elf_len, &sig_len, &why) ||
	    vouch_image_parse(file, elf_len, &d->image, &why))
		return vouch_fail_why(f, "%s", why);
	memcpy(d->content, d->image.req.req->content, sizeof(d->content));
	if (!d->slot || !strcmp(d->slot, d->image.record->slot))
		return 0;
	f->err = -EPERM;
	f->exit = VOUCH_EXIT_REFUSED;
	vouch_fail_why(f, "it is signed for slot %s, not for %s",
		       d->image.record->slot, d->slot);
	return vouch_fail_next(f, "submit it for slot %s", d->slot);
}

/* The slot that a properly signed image names starts at 1.1 if it is new. */
static int make_slot(struct vouch_agent *agent, const struct delivery *d,
		     struct vouch_failure *f)
{
	struct vouch_floor start = { .epoch = 1, .sequence = 1 };

	memcpy(start.slot, d->image.record->slot, sizeof(start.slot));
	return vouch_floors_raise(agent->state, agent->device, &agent->floors,
				  &start, f);
}

static int admit(struct vouch_agent *agent, int fd, struct delivery *d,
		 struct vouch_target_admit *arg, struct vouch_failure *f)
{
	u64 start = now_us();
	int err;

	memset(arg, 0, sizeof(*arg));
	arg->fd = fd;
	vouch_fail(f, 0, VOUCH_EXIT_REFUSED, "admit the image %s",
		   d->image.name);
	vouch_fail_next(f, "see the reason; \"vouch inspect\" shows what the "
			   "image needs, \"vouch target show\" what the target "
			   "has");
	err = vouch_device_call(agent->device, VOUCH_TARGET_ADMIT, arg,
				arg->reason, f);
	d->admit_us = now_us() - start;
	return err;
}

/* The same content is loaded for the same slot: there is nothing to load. */
static bool is_loaded(const struct vouch_agent *agent, const struct delivery *d)
{
	struct vouch_target_image_info it;
	u32 i;

	for (i = 0; !vouch_device_image(agent->device, i, &it); i++)
		if (!strcmp(it.name, d->image.name))
			return !memcmp(it.content, d->content,
				       sizeof(d->content)) &&
			       !strcmp(it.slot, d->image.record->slot);
	return false;
}

static int admit_and_load(struct vouch_agent *agent, struct delivery *d,
			  struct vouch_failure *f)
{
	struct vouch_target_admit arg;
	char path[VOUCH_STORE_PATH_LEN];
	u64 start;
	int fd, err;

	vouch_store_path(path, agent->state, INCOMING);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vouch_fail(f, -errno, VOUCH_EXIT_INTERNAL, "open %s",
				  path);
	err = admit(agent, fd, d, &arg, f);
	if (err == -ENOENT) {
		err = make_slot(agent, d, f);
		if (!err)
			err = admit(agent, fd, d, &arg, f);
	}
	if (err == -EEXIST && is_loaded(agent, d)) {
		d->found = true;
		err = 0;
	} else if (!err) {
		start = now_us();
		err = vouch_module_load(fd, arg.name, f);
		d->load_us = now_us() - start;
	}
	close(fd);
	return err;
}

static int keep_file(struct vouch_agent *agent, const struct delivery *d,
		     struct vouch_failure *f)
{
	char from[VOUCH_STORE_PATH_LEN], to[VOUCH_STORE_PATH_LEN], name[40];

	snprintf(name, sizeof(name), "%s.ko", d->image.name);
	vouch_store_path(from, agent->state, INCOMING);
	vouch_store_path(to, agent->state, name);
	if (!rename(from, to))
		return 0;
	return vouch_fail(f, -errno, VOUCH_EXIT_INTERNAL, "keep %s", to);
}

int vouch_delivery_unload(struct vouch_agent *agent, const char *image,
			  struct vouch_failure *f)
{
	char name[40];
	int err = vouch_detach_all(agent->device, image, f);

	if (!err)
		err = vouch_module_unload(image, f);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%.24s.ko", image);
	vouch_store_remove(agent->state, name);
	return 0;
}

/* The slot's older images go, unless their programs are still attached. */
static void retire_others(struct vouch_agent *agent, struct delivery *d)
{
	struct vouch_target_image_info it;
	struct vouch_failure f;
	u32 i = 0;

	while (!vouch_device_image(agent->device, i, &it)) {
		json_t *hooks;

		i++;
		if (strcmp(it.slot, d->image.record->slot) ||
		    !strcmp(it.name, d->image.name))
			continue;
		hooks = vouch_attached(agent->device, it.name, NULL);
		if (hooks && !json_array_size(hooks) &&
		    !vouch_delivery_unload(agent, it.name, &f))
			i--;
		else
			snprintf(d->note, sizeof(d->note),
				 "the older image %s stays, it is in use",
				 it.name);
		json_decref(hooks);
	}
}

static int raise_floor(struct vouch_agent *agent, const struct delivery *d,
		       struct vouch_failure *f)
{
	const struct vouch_record *rec = d->image.record;
	struct vouch_floor to = { .epoch = le32_to_cpu(rec->epoch),
				  .sequence = le64_to_cpu(rec->sequence) };

	memcpy(to.slot, rec->slot, sizeof(to.slot));
	return vouch_floors_raise(agent->state, agent->device, &agent->floors,
				  &to, f);
}

/* Attach; an image that was loaded for this goes again if that fails. */
static int attach(struct vouch_agent *agent, struct delivery *d,
		  struct vouch_failure *f)
{
	struct vouch_failure unused;
	int err;

	d->status = "loaded";
	if (!d->attach)
		return 0;
	err = vouch_attach(agent->device, d->image.name, NULL, d->attach, f);
	if (!err)
		d->status = "attached";
	else if (!d->found)
		vouch_module_unload(d->image.name, &unused);
	return err;
}

static int carry_out(struct vouch_agent *agent, struct delivery *d,
		     const u8 *file, size_t len, struct vouch_failure *f)
{
	int err = vouch_store_write(agent->state, INCOMING, file, len, f);

	if (!err)
		err = admit_and_load(agent, d, f);
	if (!err)
		err = attach(agent, d, f);
	if (!err && !d->found)
		err = keep_file(agent, d, f);
	if (!err && !d->found)
		err = raise_floor(agent, d, f);
	vouch_store_remove(agent->state, INCOMING);
	if (!err)
		retire_others(agent, d);
	if (!err && d->found)
		snprintf(d->note, sizeof(d->note), "it was loaded already");
	return err;
}

static json_t *failed(const struct delivery *d, const struct vouch_failure *f)
{
	const char *status = f->exit == VOUCH_EXIT_INTERNAL ? "error"
							    : "refused";

	return json_pack("{s:s, s:o, s:s?, s:o}", "status", status, "reason",
			 json_sprintf("cannot %s: %s", f->what, f->why),
			 "image", d->image.name, "failure",
			 vouch_failure_json(f));
}

static json_t *succeeded(const struct delivery *d)
{
	char content[2 * VOUCH_HASH_LEN + 1];

	vouch_hex_write(d->content, sizeof(d->content), content);
	return json_pack("{s:s, s:s?, s:s, s:s, s:I, s:I}", "status", d->status,
			 "reason", d->note[0] ? d->note : NULL, "image",
			 d->image.name, "content", content, "admit_us",
			 (json_int_t)d->admit_us, "load_us",
			 (json_int_t)d->load_us);
}

json_t *vouch_delivery_take(struct vouch_agent *agent, const json_t *args,
			    const u8 *file, size_t len, struct vouch_failure *f)
{
	struct delivery d = { 0 };
	int err = read_args(args, &d, f);

	if (!err)
		err = read_image(&d, file, len, f);
	if (!err)
		err = carry_out(agent, &d, file, len, f);
	return err ? failed(&d, f) : succeeded(&d);
}
