// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/module.h>
#define INCLUDE_VERMAGIC
#include <linux/vermagic.h>

#include "arch.h"
#include "helpers/export.h"
#include "maps/map.h"
#include "offer.h"
#include "suit.h"
#include "vouch_gen_profile.h"

static const u8 profile[VOUCH_HASH_LEN] = VOUCH_PROFILE_ID;

const u8 *vouch_suit_profile(void)
{
	return profile;
}

static int check_target(const struct vouch_image *img, struct vouch_reason *why)
{
	const struct vouch_requirements *req = img->req.req;

	if (img->arch != vouch_arch_image)
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: an image for %s on a kernel of %s; link it for this target's profile",
			img->name, img->arch->name, vouch_arch_image->name);
	if (memcmp(req->profile, profile, sizeof(profile)))
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: linked for profile %8phN.., this target is %8phN..; link it for this one",
			img->name, req->profile, profile);
	if (strcmp(img->vermagic, VERMAGIC_STRING))
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: vermagic is not '%s'; link it for this kernel's profile",
			img->name, VERMAGIC_STRING);
	if (img->module_size != sizeof(struct module) ||
	    img->name_off != offsetof(struct module, name))
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: struct module is not this kernel's; link it for this target's profile",
			img->name);
	if (le32_to_cpu(req->target_abi) > VOUCH_TARGET_ABI)
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: needs ABI %u of vouch_target, this is %u; update vouch_target",
			img->name, le32_to_cpu(req->target_abi),
			VOUCH_TARGET_ABI);
	return 0;
}

static int check_features(const struct vouch_image *img,
			  struct vouch_reason *why)
{
	const char *missing;

	missing = vouch_arch_missing(img, le32_to_cpu(img->req.req->features));
	if (missing)
		return vouch_refuse(
			why, -ENOEXEC,
			"image %s: this target needs %s; use a verifier VM with the CPU model of the profile",
			img->name, missing);
	return 0;
}

static int check_imports(const struct vouch_image *img,
			 struct vouch_reason *why)
{
	u32 i;

	for (i = img->first_import; i < img->n_syms; i++) {
		const char *name = vouch_image_symbol(img, i);

		if (!img->arch->may_import(name) && !vouch_export_find(name))
			return vouch_refuse(
				why, -ENOEXEC,
				"image %s: imports %s, which is not offered; update vouch_target and its profile",
				img->name, name);
	}
	return 0;
}

static bool same_map_name(const struct vouch_requirements_view *req, u32 i)
{
	u32 k;

	for (k = 0; k < i; k++)
		if (!memcmp(req->maps[k].name, req->maps[i].name,
			    sizeof(req->maps[i].name)))
			return true;
	return false;
}

static bool is_array(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY;
}

/* What the maps in a map are like must be such as can be made here. */
static int check_template(const struct vouch_requirements_view *req, u32 i,
			  struct vouch_reason *why)
{
	struct vouch_map_def def;
	u64 memory = 0;

	if (!vouch_map_holds_maps(le32_to_cpu(req->maps[i].type)))
		return 0;
	vouch_map_define_template(req, i, &def);
	return vouch_map_check(&def, &memory, why);
}

static bool may_have_data(u32 type)
{
	return is_array(type) || type == BPF_MAP_TYPE_PROG_ARRAY ||
	       vouch_map_holds_maps(type);
}

static int check_maps(const struct vouch_image *img, struct vouch_reason *why)
{
	const struct vouch_requirements_view *req = &img->req;
	struct vouch_map_def def;
	u64 memory = 0;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < req->n_maps; i++) {
		vouch_map_define(req, i, &def);
		err = vouch_map_check(&def, &memory, why);
		if (!err)
			err = check_template(req, i, why);
		if (!err && same_map_name(req, i))
			err = vouch_refuse(
				why, -ENOEXEC,
				"image %s: two maps are called %s; rename one",
				img->name, def.name);
		if (!err && req->maps[i].data_len && !may_have_data(def.type))
			err = vouch_refuse(
				why, -ENOEXEC,
				"map %s: only an array can have a starting value",
				def.name);
	}
	for (i = 0; !err && i < req->n_refs; i++) {
		const struct vouch_req_ref *r = &req->refs[i];

		if (le32_to_cpu(r->kind) != VOUCH_SLOT_VALUE)
			continue;
		vouch_map_define(req, le32_to_cpu(r->map), &def);
		if (!is_array(def.type))
			err = vouch_refuse(
				why, -ENOEXEC,
				"map %s: code wants the address of its value, which only arrays have",
				def.name);
	}
	return err;
}

static bool offers_type(u32 type)
{
	switch (type) {
#define CASE(type, name) case BPF_PROG_TYPE_##type:
		VOUCH_PROG_TYPES(CASE)
		return true;
	default:
		return false;
	}
}

static int check_progs(const struct vouch_image *img, struct vouch_reason *why)
{
	const struct vouch_requirements_view *req = &img->req;
	u32 i, k;

	for (i = 0; i < req->n_progs; i++) {
		const struct vouch_req_prog *p = &req->progs[i];

		if (!offers_type(le32_to_cpu(p->type)))
			return vouch_refuse(
				why, -ENOEXEC,
				"program %s: type %u is not offered; link it for this target's profile",
				p->name, le32_to_cpu(p->type));
		for (k = 0; k < i; k++)
			if (!memcmp(req->progs[k].name, p->name,
				    sizeof(p->name)))
				return vouch_refuse(
					why, -ENOEXEC,
					"image %s: two programs are called %s; rename one",
					img->name, p->name);
	}
	return 0;
}

int vouch_suit_check(const struct vouch_image *img, struct vouch_reason *why)
{
	int err = check_target(img, why);

	if (!err)
		err = check_features(img, why);
	if (!err)
		err = check_imports(img, why);
	if (!err)
		err = check_progs(img, why);
	if (!err)
		err = check_maps(img, why);
	return err;
}
