// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the bridge works out of an object's types and a target's: constants of
 * CO-RE relocations, and the map of the kernel's settings. Types, relocations
 * and settings begin as they should be.
 *
 * An input is a list of parts; each begins with a byte that says what is
 * changed, then a byte that says how often; or with a relocation or an extern
 * that is added.
 *
 * Parser: host-bridge/object_core.c host-bridge/object_kconfig.c
 * Parser: host-bridge/btf_names.c host-bridge/btf_types.c
 */

#include "edits.h"

#include <linux/bpf.h>
#include <linux/btf.h>

#include "../unit/core_fixture.h"
#include "../unit/kconfig_fixture.h"

#include "object_core.h"
#include "object_kconfig.h"

#define MAX_RELOS 8u
#define MAX_EXTERNS 8u
#define TEXT_MAX 1024u
#define BYTES_MAX 8192u

enum part {
	PART_RELOCATION,
	PART_EXTERN,
	PART_TYPES, /* of the object */
	PART_TARGET, /* its types */
	PART_EXT, /* the section of relocations */
	PART_SETTINGS,
	N_PARTS,
};

/* What an input changes. */
struct bytes {
	u8 data[BYTES_MAX];
	size_t len;
};

struct ext {
	u16 magic;
	u8 version, flags;
	u32 hdr_len, infos[4], core_off, core_len;
	u32 size, section, n;
	struct bpf_core_relo relos[MAX_RELOS];
};

static struct btf_text own_text, target_text;
static struct bytes own, target, settings;
static struct ext ext;
static struct btf_var_secinfo externs[MAX_EXTERNS];
static u32 n_externs, first_setting;
static bool made; /* then nothing is added */

/* ---- as it should be ---- */

static void begin(void)
{
	own_text = target_text = (struct btf_text){};
	core_types(&own_text, false);
	core_types(&target_text, true);
	first_setting = own_text.n;
	kconfig_types(&own_text);
	target.len = btf_write(&target_text, target.data);
	own.len = settings.len = 0;
	memcpy(settings.data, KCONFIG_SETTINGS, strlen(KCONFIG_SETTINGS));
	settings.len = strlen(KCONFIG_SETTINGS);
	ext = (struct ext){
		.magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = offsetof(struct ext, size),
		.size = sizeof(struct bpf_core_relo),
	};
	n_externs = 0;
	made = false;
}

static void make(void)
{
	if (made)
		return;
	made = true;
	if (n_externs)
		btf_add(&own_text, ".kconfig",
			BTF_KIND_DATASEC << 24 | n_externs, 0, externs,
			n_externs * sizeof(externs[0]));
	own.len = btf_write(&own_text, own.data);
	ext.core_len =
		(u32)(offsetof(struct ext, relos) - offsetof(struct ext, size) +
		      ext.n * sizeof(ext.relos[0]));
}

/* ---- what is added, and changed ---- */

static void add_relocation(struct fuzz_input *in)
{
	static const char *const ways[] = { "0",   "0:0", "0:1",   "0:1:2",
					    "0:2", "0:3", "0:2:0", "1" };
	struct bpf_core_relo *r;

	if (made || ext.n == MAX_RELOS)
		return;
	r = &ext.relos[ext.n++];
	r->kind = fuzz_u8(in) % 14;
	r->type_id = fuzz_u8(in) % 12;
	r->access_str_off = btf_string(&own_text, ways[fuzz_u8(in) % 8]);
}

static void add_extern(struct fuzz_input *in)
{
	static const char *const names[] = {
		"CONFIG_HZ",   "CONFIG_LARGE", "CONFIG_MODULE",
		"CONFIG_NAME", "CONFIG_YES",   "LINUX_KERNEL_VERSION",
		"CONFIG_NONE", "other"
	};
	const u32 linkage = BTF_VAR_GLOBAL_EXTERN;
	const char *name = names[fuzz_u8(in) % 8];
	u32 type = first_setting + fuzz_u8(in) % 8, size = fuzz_u8(in);

	if (made || n_externs == MAX_EXTERNS)
		return;
	externs[n_externs++] =
		(struct btf_var_secinfo){ btf_add(&own_text, name,
						  BTF_KIND_VAR << 24, type,
						  &linkage, sizeof(linkage)),
					  0, size };
}

static void change(void *data, size_t *len, size_t max, u8 times,
		   struct fuzz_input *in)
{
	struct fuzz_edited e = { .len = *len, .max = max };
	u8 i;

	e.data = calloc(1, max);
	if (!e.data)
		abort();
	memcpy(e.data, data, *len);
	for (i = 0; i < times % 16 && in->left; i++)
		fuzz_edit_once(&e, in);
	memcpy(data, e.data, e.len);
	*len = e.len;
	free(e.data);
}

static void change_part(enum part part, size_t *ext_len, struct fuzz_input *in)
{
	u8 times;

	if (part == PART_RELOCATION) {
		add_relocation(in);
		return;
	}
	if (part == PART_EXTERN) {
		add_extern(in);
		return;
	}
	make();
	times = fuzz_u8(in);
	if (part == PART_TYPES)
		change(own.data, &own.len, BYTES_MAX, times, in);
	else if (part == PART_TARGET)
		change(target.data, &target.len, BYTES_MAX, times, in);
	else if (part == PART_EXT)
		change(&ext, ext_len, sizeof(ext), times, in);
	else
		change(settings.data, &settings.len, TEXT_MAX, times, in);
}

/* ---- what is asked ---- */

/* What decides which allocations fail, of the bridge's alone. */
static struct fuzz_input whole;

static void begin_call(void)
{
	fuzz_alloc_arm(whole.pos, whole.left);
}

static void end_call(int ret, const struct vouch_refusal *why)
{
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EPERM && why->text[0]));
}

static void ask_core(const struct vouch_types *types,
		     const struct vouch_types *there, size_t ext_len)
{
	struct vouch_object object = {};
	struct vouch_refusal why = {};
	u8 *copy = fuzz_copy(&ext, ext_len);

	begin_call();
	end_call(vouch_object_core(&object, types, copy, ext_len, there, &why),
		 &why);
	fuzz_touch(object.imm32, object.n_imm32 * sizeof(*object.imm32));
	vouch_object_release(&object);
	free(copy);
}

static void ask_settings(const struct vouch_types *types)
{
	struct vouch_profile *profile =
		kconfig_profile(settings.data, settings.len);
	struct vouch_object object = {};
	struct vouch_refusal why = {};
	u32 i;

	if (!profile)
		return;
	vouch_object_kconfig_has(types, "CONFIG_HZ");
	begin_call();
	end_call(vouch_object_kconfig(&object, types, profile, &why), &why);
	for (i = 0; i < object.n_maps; i++)
		fuzz_touch(object.maps[i].data, object.maps[i].value_size);
	vouch_object_release(&object);
	vouch_profile_free(profile);
}

static bool open_types(struct vouch_types *types, const u8 *data, size_t len)
{
	int ret;

	begin_call();
	ret = vouch_types_open(types, data, len);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || ret == -EINVAL);
	return !ret;
}

static void ask(size_t ext_len)
{
	u8 *here = fuzz_copy(own.data, own.len);
	u8 *there = fuzz_copy(target.data, target.len);
	struct vouch_types types = {}, others = {};

	if (open_types(&types, here, own.len)) {
		if (open_types(&others, there, target.len))
			ask_core(&types, &others, ext_len);
		ask_settings(&types);
	}
	vouch_types_close(&types);
	vouch_types_close(&others);
	free(here);
	free(there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	size_t ext_len = sizeof(ext);
	int i;

	begin();
	for (i = 0; i < 32 && in.left; i++)
		change_part(fuzz_u8(&in) % N_PARTS, &ext_len, &in);
	make();
	whole = (struct fuzz_input){ data, len };
	ask(ext_len);
	return 0;
}
