/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The manifest: what is signed inside an image, beside its code.
 *
 * It has two parts, each the descriptor of one ELF note with owner "vouch":
 *
 * requirements (note type 1): what the image is and what it needs. The same
 *	input gives the same bytes. A struct vouch_requirements, followed by
 *	n_progs struct vouch_req_prog, n_maps struct vouch_req_map, as many
 *	again for the maps that hold maps, in their order (their templates),
 *	n_refs struct vouch_req_ref, n_facts struct vouch_capture_fact and
 *	n_fields struct vouch_req_field, and nothing else.
 * record (note type 2): when, for which slot and in which order the image was
 *	signed. A struct vouch_record. It differs each time.
 *
 * All integers are little-endian; names and texts are NUL-padded ASCII (see
 * vouch_name_ok() and vouch_text_ok()); reserved bytes are zero.
 *
 * The starting values of maps lie one after the other in the image's section
 * ".vouch.data", where struct vouch_req_map names them.
 *
 * Code never holds an address of a map.
 * Where the JIT emitted one as a 64-bit immediate, the linked code loads it
 * from slot N of ".data..ro_after_init", which vouch_target fills before the
 * module's text can run; struct vouch_req_ref N says with what. So maps live
 * in memory of vouch_target's own and can outlive the image.
 */
#ifndef VOUCH_MANIFEST_H
#define VOUCH_MANIFEST_H

#include "base.h"
#include "capture.h"

#define VOUCH_NOTE_OWNER "vouch" /* 6 bytes with its NUL */
#define VOUCH_NOTE_REQUIREMENTS 1
#define VOUCH_NOTE_RECORD 2

#define VOUCH_REQUIREMENTS_MAGIC "VOUCHREQ"
#define VOUCH_RECORD_MAGIC "VOUCHREC"
#define VOUCH_MANIFEST_VERSION 1

/* Version of what vouch_target offers to images; an image states the least
 * that it needs. */
#define VOUCH_TARGET_ABI 1

#define VOUCH_SLOT_LEN 32
#define VOUCH_MAX_SLOTS_REFS 4096u /* pointer table entries of an image */
#define VOUCH_MAX_FIELDS 65536u /* retargeted, of an image */

struct vouch_requirements {
	u8 magic[8];
	__le32 version;
	__le32 size; /* of the requirements, tables included */
	u8 content[VOUCH_HASH_LEN]; /* content hash, see image.h */
	u8 object[VOUCH_HASH_LEN]; /* SHA-256 of the submitted object */
	u8 options[VOUCH_HASH_LEN]; /* SHA-256 of the submission's options */
	u8 profile[VOUCH_HASH_LEN]; /* identity of the target profile */
	char vermagic[128]; /* text, the target kernel's */
	char license[32]; /* one of the kernel's fixed strings */
	char verifier_release[64];
	char cpu_model[64];
	u8 verifier_build_id[20];
	__le32 arch; /* enum vouch_arch_number */
	__le32 features; /* VOUCH_FEATURE_*, of the verifier VM */
	__le32 privileges; /* VOUCH_PRIV_* */
	__le32 target_abi; /* least VOUCH_TARGET_ABI */
	__le32 instance; /* 0, or the number of a further instance */
	/* Layout that inlined map access in the code assumes, bytes. */
	__le32 array_value; /* offsetof(struct bpf_array, value) */
	__le32 map_max_entries; /* offsetof(struct bpf_map, max_entries) */
	__le32 htab_key; /* offsetof(struct htab_elem, key) */
	__le32 n_progs;
	__le32 n_maps;
	__le32 n_refs;
	__le32 n_facts;
	__le32 data_len; /* of .vouch.data */
	__le32 prog_func; /* offsetof(struct bpf_prog, bpf_func); 0: no prog
			   * array */
	__le32 n_fields;
	__le32 lru_ref; /* offsetof(struct htab_elem, lru_node.ref); 0: no LRU
			 * map */
	__le32 n_templates;
	u8 reserved[24];
};
VOUCH_ASSERT_SIZE(struct vouch_requirements, 544);

struct vouch_req_prog {
	char name[64];
	char section[64];
	__le32 type; /* enum bpf_prog_type */
	__le32 attach_type;
	__le32 text_off; /* of its entry, in .text */
	__le32 text_len; /* of the entry function */
	__le32 stack_depth;
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_req_prog, 152);

/*
 * Of a prog array: the type of the programs that use it, which is that of its
 * entries. Above VOUCH_MAP_FLAGS_ALL in .flags.
 */
#define VOUCH_MAP_OWNER_SHIFT 16
#define VOUCH_MAP_OWNER(flags) ((flags) >> VOUCH_MAP_OWNER_SHIFT)
#define VOUCH_MAP_PROG_ARRAY 3 /* BPF_MAP_TYPE_PROG_ARRAY */
#define VOUCH_MAP_NUMBER_LEN 4u /* of a map, in one that holds maps */
#define VOUCH_MAP_LRU_HASH 9 /* BPF_MAP_TYPE_LRU_HASH */
#define VOUCH_MAP_LRU_PERCPU_HASH 10 /* BPF_MAP_TYPE_LRU_PERCPU_HASH */

/**
 * vouch_map_type_is_lru() - does a full map make room by itself?
 * @type: enum bpf_map_type
 *
 * Return: true if so.
 */
static inline bool vouch_map_type_is_lru(u32 type)
{
	return type == VOUCH_MAP_LRU_HASH || type == VOUCH_MAP_LRU_PERCPU_HASH;
}

struct vouch_req_map {
	char name[64];
	__le32 type; /* enum bpf_map_type */
	__le32 key_size;
	__le32 value_size;
	__le32 max_entries;
	__le32 map_flags;
	__le32 flags; /* VOUCH_MAP_*, and VOUCH_MAP_OWNER() of a prog array */
	__le32 data_off; /* in .vouch.data; 0 if data_len is 0 */
	__le32 data_len; /* as in struct vouch_capture_map */
	__le32 extra; /* as in struct vouch_capture_map */
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_req_map, 104);

enum vouch_slot_kind {
	VOUCH_SLOT_MAP = 1, /* address of the map as code sees it */
	VOUCH_SLOT_VALUE = 2, /* address of an array's value, plus offset */
};

struct vouch_req_ref {
	__le32 kind; /* enum vouch_slot_kind */
	__le32 map; /* index */
	__le64 offset;
};
VOUCH_ASSERT_SIZE(struct vouch_req_ref, 16);

/* A field that was retargeted: the target has it elsewhere than the kernel
 * that verified the program. */
struct vouch_req_field {
	__le32 prog; /* index */
	__le32 insn; /* of the access, as in struct vouch_access */
	char name[80]; /* "structure.field" as the program knows it */
	/* Of the last load or store in place of the access; 0: there is none */
	__le32 offset; /* in the verifier kernel, bytes */
	__le32 target_offset; /* in the target, bytes */
	__le32 size; /* in the target, bytes; 0: it has no such field */
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_req_field, 104);

struct vouch_record {
	u8 magic[8];
	__le32 version;
	__le32 size;
	__le64 time; /* seconds since 1970, of the signer's clock */
	__le64 sequence; /* within the epoch, from 1 */
	__le32 epoch; /* generation of the image key, from 1 */
	__le32 reserved0;
	char slot[VOUCH_SLOT_LEN]; /* name */
	char submitter[64]; /* text: who submitted, by channel */
	char object_name[64]; /* text: how the submitter called it */
	u8 log[VOUCH_HASH_LEN]; /* SHA-256 of the verifier's log */
	u8 reserved[32];
};
VOUCH_ASSERT_SIZE(struct vouch_record, 264);

/* Parsed requirements: pointers into the caller's buffer. */
struct vouch_requirements_view {
	const struct vouch_requirements *req;
	const struct vouch_req_prog *progs;
	const struct vouch_req_map *maps;
	const struct vouch_req_map *templates;
	const struct vouch_req_ref *refs;
	const struct vouch_capture_fact *facts;
	const struct vouch_req_field *fields;
	u32 n_progs, n_maps, n_templates, n_refs, n_facts, n_fields;
};

/**
 * vouch_requirements_parse() - validate requirements and find their tables.
 * @buf: the note's descriptor; must outlive the view; 8-byte aligned
 * @len: its length in bytes
 * @text_len: length of the image's .text in bytes
 * @data_len: length of the image's .vouch.data in bytes
 * @view: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * Every offset, index, count, text and reserved byte is checked, so that a
 * caller may follow them without a check of its own.
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_requirements_parse(const void *buf, size_t len, u32 text_len,
			     u32 data_len, struct vouch_requirements_view *view,
			     const char **why);

/**
 * vouch_requirements_template() - what are the maps in a map like?
 * @view: parsed requirements
 * @map: index of a map that holds maps
 *
 * Return: the template.
 */
static inline const struct vouch_req_map *
vouch_requirements_template(const struct vouch_requirements_view *view, u32 map)
{
	u32 i, n = 0;

	for (i = 0; i < map; i++)
		n += vouch_map_holds_maps(le32_to_cpu(view->maps[i].type));
	return &view->templates[n];
}

/**
 * vouch_record_parse() - validate a record.
 * @buf: the note's descriptor; 8-byte aligned
 * @len: its length in bytes
 * @rec: set to @buf on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_record_parse(const void *buf, size_t len,
		       const struct vouch_record **rec, const char **why);

/**
 * vouch_license_ok() - is a licence one of the strings that images may carry?
 * @license: NUL-terminated
 *
 * Return: true for the kernel's GPL-compatible strings and "Proprietary".
 */
bool vouch_license_ok(const char *license);

#endif /* VOUCH_MANIFEST_H */
