// SPDX-License-Identifier: BSD-2-Clause
/* Methods on images and their programs. */

#include "call.h"

#include <sys/utsname.h>

#include "args.h"
#include "attach.h"
#include "bpf_names.h"
#include "deliver.h"
#include "find.h"
#include "hex.h"
#include "module.h"
#include "object.h"

static json_t *image_json(const struct vouch_agent *agent,
			  const struct vouch_target_image_info *it)
{
	char content[2 * VOUCH_HASH_LEN + 1], object[2 * VOUCH_HASH_LEN + 1];
	int refs = vouch_module_refs(it->name);

	vouch_hex_write(it->content, sizeof(it->content), content);
	vouch_object_hash(agent->state, it->name, object);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s?, s:s, s:o}",
			 "name", it->name, "content", content, "slot", it->slot,
			 "epoch", (json_int_t)it->epoch, "sequence",
			 (json_int_t)it->sequence, "time", (json_int_t)it->time,
			 "object_name", it->object_name, "object",
			 object[0] ? object : NULL, "submitter", it->submitter,
			 "refs", refs < 0 ? json_null() : json_integer(refs));
}

static json_t *images_json(const struct vouch_agent *agent)
{
	struct vouch_target_image_info it;
	json_t *images = json_array();
	u32 i;

	for (i = 0; !vouch_device_image(agent->device, i, &it); i++)
		json_array_append_new(images, image_json(agent, &it));
	return images;
}

static json_t *floors_json(const struct vouch_floors *floors)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < floors->n; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I}", "slot", floors->at[i].slot,
				  "epoch", (json_int_t)floors->at[i].epoch,
				  "sequence",
				  (json_int_t)floors->at[i].sequence));
	return list;
}

int vouch_call_show(struct vouch_agent *agent, const struct vouch_message *msg,
		    struct vouch_reply *reply, struct vouch_failure *f)
{
	char profile[2 * VOUCH_TARGET_HASH_LEN + 1];
	struct utsname uts;

	(void)msg;
	(void)f;
	uname(&uts);
	vouch_hex_write(agent->info.profile, sizeof(agent->info.profile),
			profile);
	reply->json = json_pack(
		"{s:s, s:i, s:s, s:s, s:o, s:o, s:O?}", "version",
		agent->info.version, "abi", (int)agent->info.abi, "profile",
		profile, "release", uts.release, "images", images_json(agent),
		"floors", floors_json(&agent->floors), "boot", agent->boot);
	return 0;
}

int vouch_call_progs(struct vouch_agent *agent, const struct vouch_message *msg,
		     struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_target_image_info img;
	struct vouch_target_prog_info it;
	json_t *progs = json_array();
	u32 i, j;

	(void)msg;
	(void)f;
	for (i = 0; !vouch_device_image(agent->device, i, &img); i++)
		for (j = 0;
		     !vouch_device_program(agent->device, img.name, j, &it);
		     j++)
			json_array_append_new(
				progs,
				json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}",
					  "image", img.name, "name", it.name,
					  "section", it.section, "type",
					  vouch_prog_type_name(it.type), "runs",
					  (json_int_t)it.runs, "attached",
					  vouch_attached(agent->device,
							 img.name, it.name)));
	reply->json = json_pack("{s:o}", "programs", progs);
	return 0;
}

/* The arguments that attach and detach share. */
struct hook_args {
	struct vouch_target_image_info image;
	const char *program, *hook;
};

static int read_hook_args(const struct vouch_agent *agent, const json_t *args,
			  struct hook_args *out, struct vouch_failure *f)
{
	const char *image;
	int err = vouch_arg_name(args, "image", 2 * VOUCH_HASH_LEN + 1, false,
				 &image, f);

	if (!err)
		err = vouch_arg_name(args, "program", VOUCH_TARGET_NAME_LEN,
				     false, &out->program, f);
	if (!err)
		err = vouch_arg_name(args, "hook", VOUCH_TARGET_HOOK_LEN, true,
				     &out->hook, f);
	if (!err)
		err = vouch_find_image(agent->device, image, &out->image, f);
	return err;
}

int vouch_call_attach(struct vouch_agent *agent,
		      const struct vouch_message *msg,
		      struct vouch_reply *reply, struct vouch_failure *f)
{
	struct hook_args args;
	int err = read_hook_args(agent, msg->json, &args, f);

	if (!err)
		err = vouch_attach(agent->device, args.image.name, args.program,
				   args.hook, f);
	if (!err)
		reply->json = json_pack("{s:s}", "attached", args.hook);
	return err;
}

int vouch_call_detach(struct vouch_agent *agent,
		      const struct vouch_message *msg,
		      struct vouch_reply *reply, struct vouch_failure *f)
{
	struct hook_args args;
	int err = read_hook_args(agent, msg->json, &args, f);

	if (!err)
		err = vouch_detach(agent->device, args.image.name, args.program,
				   args.hook, f);
	if (!err)
		reply->json = json_pack("{s:s}", "detached", args.hook);
	return err;
}

int vouch_call_unload(struct vouch_agent *agent,
		      const struct vouch_message *msg,
		      struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_target_image_info image;
	const char *name;
	int err = vouch_arg_name(msg->json, "image", 2 * VOUCH_HASH_LEN + 1,
				 true, &name, f);

	if (!err)
		err = vouch_find_image(agent->device, name, &image, f);
	if (!err)
		err = vouch_delivery_unload(agent, image.name, f);
	if (!err)
		reply->json = json_pack("{s:s}", "unloaded", image.name);
	return err;
}
