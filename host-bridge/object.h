/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bridge itself reads in a submitted object: which constants its
 * author wrote, which maps it has, and that it refers to nothing outside
 * itself. object.c reads it with libelf; the verifier VM's libbpf has no part
 * in it.
 */
#ifndef VOUCH_OBJECT_H
#define VOUCH_OBJECT_H

#include <jansson.h>

#include "profile.h"
#include "refusal.h"

#define VOUCH_OBJECT_MAX (16u << 20) /* bytes of a submitted object */

#define VOUCH_OBJECT_MAX_SETTING 4096u /* bytes of a kernel's setting */
#define VOUCH_OBJECT_MAX_FUNC 1024u /* helpers' numbers are below */
/* What LD_ABS and LD_IND call, by how many bits they load. */
#define VOUCH_OBJECT_LOAD_8 (VOUCH_OBJECT_MAX_FUNC - 1)
#define VOUCH_OBJECT_LOAD_16 (VOUCH_OBJECT_MAX_FUNC - 2)
#define VOUCH_OBJECT_LOAD_32 (VOUCH_OBJECT_MAX_FUNC - 3)

/* A map as it is to be made, under the submission's options. */
struct vouch_object_map {
	char name[64];
	u32 type; /* enum bpf_map_type */
	u32 key_size; /* bytes */
	u32 value_size; /* bytes */
	u32 max_entries;
	u32 map_flags; /* BPF_F_* */
	u32 flags; /* VOUCH_MAP_* */
	u32 extra; /* as in struct vouch_capture_map */
	u32 lock; /* 1 + where its values' type has a lock, or 0 */
	u8 *data; /* the value it starts with; NULL but for variables */
	struct vouch_object_map *template; /* of the maps in it, or NULL */
};

/* The immediates of instructions, ascending, but for those that maps, variables
 * and functions are put into. */
struct vouch_object {
	u32 *imm32; /* of every instruction, as 32 bits */
	size_t n_imm32;
	u64 *imm64; /* of ld_imm64 */
	size_t n_imm64;
	u32 calls[VOUCH_OBJECT_MAX_FUNC / 32]; /* bit N: helper N is called */
	bool asks_type_id; /* CO-RE: the number of a type of the kernel's */
	u64 prog_types; /* bit N: a section is of programs of type N */
	struct vouch_object_map *maps;
	u32 n_maps;
	u32 data_len; /* of all maps, bytes */
};

/**
 * vouch_object_read() - read a submitted object.
 * @data: the file's bytes; not changed
 * @len: their number
 * @options: of the submission, in their canonical form; NULL for none
 * @profile: of the target for which CO-RE relocations and settings of the
 *	kernel were resolved; NULL if there is none
 * @object: filled on success; release with vouch_object_release()
 * @why: filled on refusal
 *
 * Refuses what is no eBPF object, externs (naming the symbol), and options
 * that do not fit it; without @profile also CO-RE relocations and settings of
 * the kernel.
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_object_read(const void *data, size_t len, const json_t *options,
		      const struct vouch_profile *profile,
		      struct vouch_object *object, struct vouch_refusal *why);

/**
 * vouch_object_release() - free what vouch_object_read() allocated.
 * @object: may be all zero
 */
void vouch_object_release(struct vouch_object *object);

/**
 * vouch_object_has32() - did the author write this 32-bit constant?
 * @object: the object
 * @value: the constant
 *
 * Return: true if an instruction without relocation holds it.
 */
bool vouch_object_has32(const struct vouch_object *object, u32 value);

/**
 * vouch_object_has64() - did the author write this 64-bit constant?
 * @object: the object
 * @value: the constant
 *
 * Return: true if an ld_imm64 without relocation holds it.
 */
bool vouch_object_has64(const struct vouch_object *object, u64 value);

/**
 * vouch_object_calls() - did the author call this helper, or load so?
 * @object: the object
 * @func: its enum bpf_func_id
 *
 * Return: true if an instruction calls it.
 */
bool vouch_object_calls(const struct vouch_object *object, u32 func);

#endif /* VOUCH_OBJECT_H */
