// SPDX-License-Identifier: BSD-2-Clause
/* What an image holds. */

#include <stdlib.h>

#include "../../common/bpf_names.h"
#include "../../common/hex.h"
#include "../../common/image_arch.h"
#include "../crypto.h"
#include "cms.h"
#include "inspect.h"

static json_t *requirements_json(const struct vouch_requirements *req)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, "
		"s:I, s:I, s:I, s:I}",
		"object", vouch_hex_json(req->object, VOUCH_HASH_LEN),
		"options", vouch_hex_json(req->options, VOUCH_HASH_LEN),
		"profile", vouch_hex_json(req->profile, VOUCH_HASH_LEN),
		"verifier_build_id",
		vouch_hex_json(req->verifier_build_id,
			       sizeof(req->verifier_build_id)),
		"verifier_release", req->verifier_release, "cpu_model",
		req->cpu_model, "arch",
		json_string(le32_to_cpu(req->arch) == VOUCH_ARCH_ARM64
				    ? "arm64"
				    : "x86_64"),
		"features",
		vouch_inspect_bits(le32_to_cpu(req->features),
				   vouch_feature_names, 5),
		"privileges",
		vouch_inspect_bits(le32_to_cpu(req->privileges),
				   vouch_privilege_names, 1),
		"target_abi", (json_int_t)le32_to_cpu(req->target_abi),
		"instance", (json_int_t)le32_to_cpu(req->instance),
		"array_value", (json_int_t)le32_to_cpu(req->array_value),
		"map_max_entries",
		(json_int_t)le32_to_cpu(req->map_max_entries), "htab_key",
		(json_int_t)le32_to_cpu(req->htab_key), "prog_func",
		(json_int_t)le32_to_cpu(req->prog_func), "lru_ref",
		(json_int_t)le32_to_cpu(req->lru_ref));
}

static json_t *record_json(const struct vouch_record *rec)
{
	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:o}", "time",
			 (json_int_t)le64_to_cpu(rec->time), "epoch",
			 (json_int_t)le32_to_cpu(rec->epoch), "sequence",
			 (json_int_t)le64_to_cpu(rec->sequence), "slot",
			 rec->slot, "submitter", rec->submitter, "object_name",
			 rec->object_name, "log",
			 vouch_hex_json(rec->log, VOUCH_HASH_LEN));
}

static json_t *programs_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->req.n_progs; i++) {
		const struct vouch_req_prog *p = &img->req.progs[i];

		json_array_append_new(
			list,
			json_pack(
				"{s:s, s:s, s:s, s:I, s:I, s:I}", "name",
				p->name, "section", p->section, "type",
				vouch_prog_type_name(le32_to_cpu(p->type)),
				"offset", (json_int_t)le32_to_cpu(p->text_off),
				"length", (json_int_t)le32_to_cpu(p->text_len),
				"stack_depth",
				(json_int_t)le32_to_cpu(p->stack_depth)));
	}
	return list;
}

/* Programs and their subprograms, as the symbol table has them. */
static json_t *functions_json(const struct vouch_image *img, bool code)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->first_import; i++) {
		const Elf64_Sym *sym = &img->syms[i];
		json_t *func;

		if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
			continue;
		func = json_pack("{s:s, s:I, s:I}", "name",
				 vouch_image_symbol(img, i), "offset",
				 (json_int_t)sym->st_value, "length",
				 (json_int_t)sym->st_size);
		if (code)
			json_object_set_new(
				func, "code",
				vouch_inspect_code(
					le32_to_cpu(img->req.req->arch),
					img->text + sym->st_value,
					sym->st_size));
		json_array_append_new(list, func);
	}
	return list;
}

/* An image states of a map what the capture stated of it. */
static json_t *map_json(const struct vouch_req_map *m)
{
	struct vouch_capture_map map = {
		.type = m->type,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->max_entries,
		.map_flags = m->map_flags,
		.flags = m->flags,
		.data_len = m->data_len,
		.extra = m->extra,
	};

	memcpy(map.name, m->name, sizeof(map.name));
	return vouch_inspect_map(&map);
}

static json_t *whole_map_json(const struct vouch_image *img, u32 i)
{
	json_t *json = map_json(&img->req.maps[i]);

	if (vouch_map_holds_maps(le32_to_cpu(img->req.maps[i].type)))
		json_object_set_new(
			json, "inner",
			map_json(vouch_requirements_template(&img->req, i)));
	return json;
}

/* What the target has elsewhere than the verifier kernel. */
static json_t *fields_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->req.n_fields; i++) {
		const struct vouch_req_field *f = &img->req.fields[i];
		u32 insn = le32_to_cpu(f->insn);

		json_array_append_new(
			list,
			json_pack("{s:I, s:o, s:s, s:I, s:I, s:I}", "program",
				  (json_int_t)le32_to_cpu(f->prog), "insn",
				  insn == VOUCH_ACCESS_PROLOGUE
					  ? json_null()
					  : json_integer(insn),
				  "name", f->name, "offset",
				  (json_int_t)le32_to_cpu(f->offset),
				  "target_offset",
				  (json_int_t)le32_to_cpu(f->target_offset),
				  "size", (json_int_t)le32_to_cpu(f->size)));
	}
	return list;
}

static json_t *maps_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->req.n_maps; i++)
		json_array_append_new(list, whole_map_json(img, i));
	return list;
}

/* What slot @slot of the pointer table points to. */
static json_t *slot_text(const struct vouch_image *img, s64 slot)
{
	const struct vouch_req_ref *ref;
	const char *map;

	if (slot < 0 || slot >= (s64)img->req.n_refs)
		return json_string("?");
	ref = &img->req.refs[slot];
	map = img->req.maps[le32_to_cpu(ref->map)].name;
	if (le32_to_cpu(ref->kind) == VOUCH_SLOT_MAP)
		return json_sprintf("map %s", map);
	return json_sprintf("value of %s + %llu", map,
			    (unsigned long long)le64_to_cpu(ref->offset));
}

/* The function that starts at @at. */
static json_t *function_text(const struct vouch_image *img, u64 at)
{
	u32 i;

	for (i = VOUCH_SYM_SLOTS + 1; i < img->first_import; i++)
		if (img->syms[i].st_value == at)
			return json_string(vouch_image_symbol(img, i));
	return json_string("?");
}

/* What may fault, and which register then is 0, as the CPU counts them. */
static json_t *faults_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->n_faults; i++) {
		const Elf64_Rela *r = &img->fault_relas[2ul * i];
		u32 reg =
			img->arch->fault_reg(le32_to_cpu(img->faults[i].data));

		json_array_append_new(
			list,
			json_pack("{s:I, s:I, s:I}", "offset",
				  (json_int_t)r[0].r_addend, "length",
				  (json_int_t)(r[1].r_addend - r[0].r_addend),
				  "register", (json_int_t)reg));
	}
	return list;
}

static json_t *relocations_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < img->n_relas; i++) {
		const Elf64_Rela *r = &img->relas[i];
		u32 sym = (u32)ELF64_R_SYM(r->r_info);
		const char *kind = "slot";
		json_t *to;

		if (sym >= img->first_import) {
			kind = "call";
			to = json_string(vouch_image_symbol(img, sym));
		} else if (sym == VOUCH_SYM_TEXT) {
			kind = "function";
			to = function_text(img, (u64)r->r_addend);
		} else {
			to = slot_text(img, vouch_image_slot(img, r));
		}
		json_array_append_new(list,
				      json_pack("{s:I, s:s, s:o}", "offset",
						(json_int_t)r->r_offset, "kind",
						kind, "to", to));
	}
	return list;
}

static json_t *imports_json(const struct vouch_image *img)
{
	json_t *list = json_array();
	u32 i;

	for (i = img->first_import; i < img->n_syms; i++)
		json_array_append_new(list,
				      json_string(vouch_image_symbol(img, i)));
	return list;
}

/* Does the content hash that the image states fit its bytes? */
static bool content_ok(const struct vouch_image *img)
{
	u8 *copy = malloc(img->len), hash[VOUCH_HASH_LEN];
	bool ok = false;
	u32 i;

	if (!copy)
		return false;
	memcpy(copy, img->file, img->len);
	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++)
		memset(copy + img->volatiles[i].off, 0, img->volatiles[i].len);
	if (!vouch_sha256(copy, img->len, hash))
		ok = !memcmp(hash, img->req.req->content, sizeof(hash));
	free(copy);
	return ok;
}

/* The signature, checked only if there is a certificate to check it with. */
static json_t *signature_json(const struct vouch_file_bytes *file, u32 elf_len,
			      u32 sig_len, const struct vouch_file_bytes *cert)
{
	const u8 *sig = file->data + elf_len;
	struct vouch_cms_signer signer;
	json_t *json;
	const char *why = NULL;

	if (!sig_len)
		return json_null();
	json = json_pack("{s:I}", "length", (json_int_t)sig_len);
	if (!vouch_cms_signer(sig, sig_len, &signer)) {
		json_object_set_new(json, "issuer",
				    json_string(signer.common_name));
		json_object_set_new(json, "serial", json_string(signer.serial));
	}
	if (cert->data)
		json_object_set_new(json, "good",
				    json_boolean(!vouch_crypto_cms_check(
					    cert->data, cert->len, file->data,
					    elf_len, sig, sig_len, &why)));
	return json;
}

static bool is_signed(const struct vouch_file_bytes *file)
{
	size_t n = sizeof(VOUCH_MODULE_SIG_STRING) - 1;

	return file->len > n &&
	       !memcmp(file->data + file->len - n, VOUCH_MODULE_SIG_STRING, n);
}

json_t *vouch_inspect_image(const struct vouch_file_bytes *file, bool code,
			    const struct vouch_file_bytes *cert,
			    struct vouch_failure *f)
{
	u32 elf_len = (u32)file->len, sig_len = 0;
	struct vouch_image img;
	const char *why = NULL;
	int err = 0;

	if (is_signed(file))
		err = vouch_image_split(file->data, file->len, &elf_len,
					&sig_len, &why);
	if (!err)
		err = vouch_image_parse(file->data, elf_len, &img, &why);
	if (err) {
		vouch_fail(f, err, VOUCH_EXIT_TRUST, "read %s as an image",
			   file->path);
		vouch_fail_why(f, "%s", why);
		vouch_fail_next(f, "name an image that vouchd made; readelf(1) "
				   "shows other ELF files");
		return NULL;
	}
	return json_pack(
		"{s:s, s:s, s:o, s:b, s:I, s:s, s:s, s:b, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}",
		"kind", "image", "name", img.name, "content",
		vouch_hex_json(img.req.req->content, VOUCH_HASH_LEN),
		"content_ok", content_ok(&img), "size", (json_int_t)file->len,
		"vermagic", img.vermagic, "license", img.req.req->license,
		"retpoline", img.retpoline, "signature",
		signature_json(file, elf_len, sig_len, cert), "requirements",
		requirements_json(img.req.req), "record",
		record_json(img.record), "programs", programs_json(&img),
		"functions", functions_json(&img, code), "maps",
		maps_json(&img), "imports", imports_json(&img), "fields",
		fields_json(&img), "relocations", relocations_json(&img),
		"returns", (json_int_t)img.n_returns, "retpolines",
		(json_int_t)img.n_retpolines, "exceptions", faults_json(&img));
}
