// SPDX-License-Identifier: BSD-2-Clause
/* Linking: a checked capture becomes an unsigned image. */

#include <stdlib.h>

#include "../common/image_arch.h"
#include "check_maps.h"
#include "content.h"
#include "elfwrite.h"
#include "link.h"
#include "link_text.h"

#define MODULE_NAME_LEN 56 /* room for the name in struct module */
#define MAX_MODULE_SIZE 16384
#define NOTE_ALIGN 8

/* An image while it is linked. */
struct linker {
	const struct vouch_capture_view *cap;
	const struct vouch_checked *chk;
	const struct vouch_profile *profile;
	const struct vouch_image_arch *arch;
	const u8 *options_hash;
	u32 instance;
	struct vouch_refusal *why;
	struct vouch_text text;
	struct vouch_buffer return_sites, retpoline_sites;
	struct vouch_buffer modinfo;
	struct vouch_buffer module;
	struct vouch_buffer requirements;
	struct vouch_buffer record;
	struct vouch_buffer data;
};

static const char blank_name[] = VOUCH_IMAGE_PREFIX "0000000000000000";
_Static_assert(sizeof(blank_name) == VOUCH_IMAGE_NAME_LEN + 1, "16 digits");

static void add_tag(struct linker *l, const char *key, const char *value)
{
	vouch_buffer_add(&l->modinfo, key, strlen(key));
	vouch_buffer_add(&l->modinfo, value, strlen(value) + 1);
}

static void make_modinfo(struct linker *l)
{
	add_tag(l, "license=", l->chk->license);
	add_tag(l, "vermagic=", vouch_profile_vermagic(l->profile));
	add_tag(l, "name=", blank_name);
	add_tag(l, "depends=", VOUCH_IMAGE_DEPENDS);
	add_tag(l, "import_ns=", VOUCH_IMAGE_NAMESPACE);
	if (l->arch->thunks && !l->text.plain_jumps)
		add_tag(l, "retpoline=", "Y");
}

static int make_module(struct linker *l)
{
	s64 size = 0, off = 0;

	vouch_profile_fact(l->profile, "module.size", &size);
	vouch_profile_fact(l->profile, "module.name.offset", &off);
	if (size < 0 || size > MAX_MODULE_SIZE || off < 0 ||
	    off > size - MODULE_NAME_LEN)
		return vouch_refuse(l->why,
				    "target %s: its profile's struct module is "
				    "out of range; make the profile anew",
				    vouch_profile_release(l->profile));
	vouch_buffer_add(&l->module, NULL, (size_t)off);
	vouch_buffer_add(&l->module, blank_name, sizeof(blank_name));
	vouch_buffer_add(&l->module, NULL,
			 (size_t)(size - off) - sizeof(blank_name));
	return 0;
}

/* A note's header and owner; the descriptor follows. */
static void start_note(struct vouch_buffer *b, u32 type, size_t len)
{
	static const char owner[VOUCH_NOTE_DESC_OFF - sizeof(Elf64_Nhdr)] =
		VOUCH_NOTE_OWNER;
	const Elf64_Nhdr head = {
		.n_namesz = sizeof(VOUCH_NOTE_OWNER),
		.n_descsz = (u32)len,
		.n_type = type,
	};

	vouch_buffer_add(b, &head, sizeof(head));
	vouch_buffer_add(b, owner, sizeof(owner));
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memset(to, 0, size);
	memcpy(to, from, n);
}

static void add_programs(struct linker *l)
{
	const u32 *entry = (const void *)l->text.entries.data;
	u32 i;

	for (i = 0; i < l->cap->n_progs; i++) {
		const struct vouch_capture_prog *p = l->cap->progs[i].prog;
		struct vouch_req_prog req = {
			.type = p->type,
			.attach_type = p->attach_type,
			.text_off = cpu_to_le32(entry[2ul * i]),
			.text_len = cpu_to_le32(entry[2ul * i + 1]),
			.stack_depth = p->stack_depth,
		};

		memcpy(req.name, p->name, sizeof(req.name));
		memcpy(req.section, p->section, sizeof(req.section));
		vouch_buffer_add(&l->requirements, &req, sizeof(req));
	}
}

static void fill_map(struct vouch_req_map *req,
		     const struct vouch_capture_map *m)
{
	*req = (struct vouch_req_map){
		.type = m->type,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->max_entries,
		.map_flags = m->map_flags,
		.flags = m->flags,
		.data_len = m->data_len,
		.extra = m->extra,
	};
	memcpy(req->name, m->name, sizeof(req->name));
}

static void add_maps(struct linker *l)
{
	u32 i;

	for (i = 0; i < l->cap->n_maps; i++) {
		const struct vouch_capture_map *m = l->cap->maps[i].map;
		u32 len = le32_to_cpu(m->data_len);
		struct vouch_req_map req;

		fill_map(&req, m);
		req.max_entries = cpu_to_le32(l->chk->entries[i]);
		req.flags |=
			cpu_to_le32(l->chk->owners[i] << VOUCH_MAP_OWNER_SHIFT);
		if (len) {
			req.data_off = cpu_to_le32((u32)l->data.len);
			vouch_buffer_add(&l->data, l->cap->maps[i].data, len);
		}
		vouch_buffer_add(&l->requirements, &req, sizeof(req));
	}
}

static void add_templates(struct linker *l)
{
	struct vouch_req_map req;
	u32 i;

	for (i = 0; i < l->cap->n_maps; i++) {
		if (!l->cap->maps[i].template)
			continue;
		fill_map(&req, l->cap->maps[i].template);
		vouch_buffer_add(&l->requirements, &req, sizeof(req));
	}
}

/* Layout that only some maps need. */
static void fill_for_maps(struct linker *l, struct vouch_requirements *r)
{
	const struct vouch_checked *chk = l->chk;
	u32 i;

	for (i = 0; i < l->cap->n_maps; i++) {
		const struct vouch_capture_map_view *m = &l->cap->maps[i];

		if (le32_to_cpu(m->map->type) == VOUCH_MAP_PROG_ARRAY)
			r->prog_func = cpu_to_le32(chk->prog_func);
		if (vouch_maps_lru(m))
			r->lru_ref = cpu_to_le32(chk->lru_node + chk->lru_ref);
	}
}

static void fill_head(struct linker *l, struct vouch_requirements *r, u32 size)
{
	const struct vouch_capture_env *env = l->cap->env;

	memcpy(r->magic, VOUCH_REQUIREMENTS_MAGIC, sizeof(r->magic));
	r->version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	r->size = cpu_to_le32(size);
	memcpy(r->object, env->object, sizeof(r->object));
	memcpy(r->options, l->options_hash, sizeof(r->options));
	memcpy(r->profile, vouch_profile_identity(l->profile),
	       sizeof(r->profile));
	copy_text(r->vermagic, sizeof(r->vermagic),
		  vouch_profile_vermagic(l->profile));
	copy_text(r->license, sizeof(r->license), l->chk->license);
	memcpy(r->verifier_release, env->release, sizeof(env->release));
	memcpy(r->cpu_model, env->cpu_model, sizeof(env->cpu_model));
	memcpy(r->verifier_build_id, env->build_id, sizeof(env->build_id));
	r->arch = env->arch;
	r->features = env->features;
	r->privileges = env->privileges;
	r->target_abi = cpu_to_le32(VOUCH_TARGET_ABI);
	r->instance = cpu_to_le32(l->instance);
	r->array_value = cpu_to_le32(l->chk->array_value);
	r->map_max_entries = cpu_to_le32(l->chk->map_max_entries);
	r->htab_key = cpu_to_le32(l->chk->htab_key);
	fill_for_maps(l, r);
}

static int make_requirements(struct linker *l)
{
	u32 n_refs = (u32)(l->text.slots.len / sizeof(struct vouch_req_ref));
	struct vouch_requirements r = {};
	size_t size, i;
	u64 data_len = 0;
	u32 n_templates = 0;

	for (i = 0; i < l->cap->n_maps; i++) {
		data_len += le32_to_cpu(l->cap->maps[i].map->data_len);
		n_templates += !!l->cap->maps[i].template;
	}
	if (data_len > VOUCH_IMAGE_MAX / 2)
		return vouch_refuse(l->why, "image: more than 32 MiB of values "
					    "with which maps start");
	size = sizeof(r) + l->cap->n_progs * sizeof(struct vouch_req_prog) +
	       (l->cap->n_maps + n_templates) * sizeof(struct vouch_req_map) +
	       l->text.slots.len +
	       l->cap->n_facts * sizeof(struct vouch_capture_fact) +
	       l->chk->n_fields * sizeof(struct vouch_req_field);
	fill_head(l, &r, (u32)size);
	r.n_progs = cpu_to_le32(l->cap->n_progs);
	r.n_maps = cpu_to_le32(l->cap->n_maps);
	r.n_templates = cpu_to_le32(n_templates);
	r.n_refs = cpu_to_le32(n_refs);
	r.n_facts = cpu_to_le32(l->cap->n_facts);
	r.n_fields = cpu_to_le32(l->chk->n_fields);
	r.data_len = cpu_to_le32((u32)data_len);

	start_note(&l->requirements, VOUCH_NOTE_REQUIREMENTS, size);
	vouch_buffer_add(&l->requirements, &r, sizeof(r));
	add_programs(l);
	add_maps(l);
	add_templates(l);
	vouch_buffer_add(&l->requirements, l->text.slots.data,
			 l->text.slots.len);
	for (i = 0; i < l->cap->n_facts; i++)
		vouch_buffer_add(&l->requirements, l->cap->facts[i],
				 sizeof(struct vouch_capture_fact));
	vouch_buffer_add(&l->requirements, l->chk->fields,
			 l->chk->n_fields * sizeof(struct vouch_req_field));
	vouch_buffer_pad(&l->requirements, NOTE_ALIGN, 0);
	return 0;
}

static void make_record(struct linker *l)
{
	struct vouch_record rec = {
		.version = cpu_to_le32(VOUCH_MANIFEST_VERSION),
		.size = cpu_to_le32(sizeof(rec)),
		.epoch = cpu_to_le32(1),
		.sequence = cpu_to_le64(1),
		.slot = VOUCH_UNSIGNED_SLOT,
	};

	memcpy(rec.magic, VOUCH_RECORD_MAGIC, sizeof(rec.magic));
	start_note(&l->record, VOUCH_NOTE_RECORD, sizeof(rec));
	vouch_buffer_add(&l->record, &rec, sizeof(rec));
	vouch_buffer_pad(&l->record, NOTE_ALIGN, 0);
}

static int make_parts(struct linker *l)
{
	int ret;

	ret = vouch_text_link(
		l->cap, l->chk,
		vouch_profile_config(l->profile, "CONFIG_RETHUNK"),
		vouch_profile_config(l->profile, "CONFIG_RETPOLINE"), &l->text,
		l->why);
	if (ret)
		return ret;
	ret = make_module(l);
	if (!ret)
		ret = make_requirements(l);
	if (ret)
		return ret;
	make_modinfo(l);
	make_record(l);
	vouch_buffer_add(&l->return_sites, NULL,
			 4 * (l->text.returns.len / sizeof(Elf64_Rela)));
	vouch_buffer_add(&l->retpoline_sites, NULL,
			 4 * (l->text.retpolines.len / sizeof(Elf64_Rela)));
	if (l->return_sites.failed || l->retpoline_sites.failed ||
	    l->modinfo.failed || l->module.failed || l->requirements.failed ||
	    l->record.failed || l->data.failed)
		return -ENOMEM;
	return 0;
}

static int write_parts(const struct linker *l, void **image, size_t *len)
{
#define PART(buffer)                        \
	{                                   \
		(buffer).data, (buffer).len \
	}
	const struct vouch_elf_part parts[VOUCH_N_SECTIONS] = {
		[VOUCH_SECTION_TEXT] = PART(l->text.code),
		[VOUCH_SECTION_RELA_TEXT] = PART(l->text.relas),
		[VOUCH_SECTION_RETURN_SITES] = PART(l->return_sites),
		[VOUCH_SECTION_RELA_RETURN_SITES] = PART(l->text.returns),
		[VOUCH_SECTION_RETPOLINE_SITES] = PART(l->retpoline_sites),
		[VOUCH_SECTION_RELA_RETPOLINE_SITES] = PART(l->text.retpolines),
		[VOUCH_SECTION_EX_TABLE] = PART(l->text.faults),
		[VOUCH_SECTION_RELA_EX_TABLE] = PART(l->text.fault_relas),
		[VOUCH_SECTION_SLOTS] = {
			NULL,
			8 * (l->text.slots.len / sizeof(struct vouch_req_ref)),
		},
		[VOUCH_SECTION_MODINFO] = PART(l->modinfo),
		[VOUCH_SECTION_THIS_MODULE] = PART(l->module),
		[VOUCH_SECTION_REQUIREMENTS] = PART(l->requirements),
		[VOUCH_SECTION_RECORD] = PART(l->record),
		[VOUCH_SECTION_DATA] = PART(l->data),
		[VOUCH_SECTION_SYMTAB] = PART(l->text.symbols),
		[VOUCH_SECTION_STRTAB] = PART(l->text.strings),
	};
#undef PART

	return vouch_elf_write(l->arch, parts, l->text.first_import, image,
			       len);
}

/* Hash and name into the finished file, which must then hold as a whole. */
static int seal(struct linker *l, u8 *file, size_t len)
{
	struct vouch_image img;
	u8 hash[VOUCH_HASH_LEN];
	const char *why;
	int ret;

	if (vouch_image_parse(file, len, &img, &why))
		return vouch_refuse(l->why,
				    "linker: it made no image (%s); "
				    "please report this",
				    why);
	ret = vouch_content_hash(&img, hash);
	if (ret)
		return ret;
	vouch_content_digits(hash, (char *)file + img.volatiles[0].off);
	vouch_content_digits(hash, (char *)file + img.volatiles[1].off);
	/* What was parsed is there. NOLINTNEXTLINE */
	memcpy(file + img.volatiles[2].off, hash, sizeof(hash));
	if (vouch_image_parse(file, len, &img, &why) ||
	    vouch_content_check(&img, &why))
		return vouch_refuse(l->why,
				    "linker: it made no image (%s); "
				    "please report this",
				    why);
	return 0;
}

static void release(struct linker *l)
{
	vouch_text_release(&l->text);
	free(l->return_sites.data);
	free(l->retpoline_sites.data);
	free(l->modinfo.data);
	free(l->module.data);
	free(l->requirements.data);
	free(l->record.data);
	free(l->data.data);
}

int vouch_link(const struct vouch_capture_view *cap,
	       const struct vouch_checked *chk,
	       const struct vouch_profile *profile,
	       const u8 options_hash[VOUCH_HASH_LEN], u32 instance,
	       void **image, size_t *len, struct vouch_refusal *why)
{
	struct linker l = {
		.cap = cap,
		.chk = chk,
		.profile = profile,
		.arch = vouch_image_arch_of(le32_to_cpu(cap->env->arch)),
		.options_hash = options_hash,
		.instance = instance,
		.why = why,
	};
	void *file = NULL;
	int ret;

	ret = make_parts(&l);
	if (!ret)
		ret = write_parts(&l, &file, len);
	if (ret == -E2BIG)
		ret = vouch_refuse(why, "image: larger than 64 MiB; submit the "
					"programs one by one");
	if (!ret)
		ret = seal(&l, file, *len);
	release(&l);
	if (ret)
		free(file);
	else
		*image = file;
	return ret;
}
