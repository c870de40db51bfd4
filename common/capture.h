/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capture: what the guest states about one accepted object.
 *
 * A capture is a header followed by records, one after the other:
 *
 *	struct vouch_capture_head
 *	{ struct vouch_capture_record, payload, zero bytes up to 8 } ...
 *
 * Records come in this order: one ENV; FACTs; MAPs, in the order of the maps
 * in the object, each that holds maps followed by a TEMPLATE, which says what
 * these are like; then for each program, in the order of the programs in the
 * object, one PROG followed by its FUNCs (index 0 is the program's entry), its
 * ACCESSes (see retarget.h), one INSNS and its SYMs. No other order, no unknown
 * type, and nothing behind the last record is accepted. FACTs ascend by
 * structure and field, ACCESSes of a program by instruction, the prologue
 * first, SYMs by address; none is there twice.
 *
 * A capture states facts and decides nothing. Code bytes are as they lie in
 * the verifier kernel's memory, except that 64-bit immediates hold tags
 * (VOUCH_TAG()). References are told twice: FUNC lists what the bytecode
 * refers to, in the order of its instructions; the bridge finds the same list
 * by disassembly and refuses a difference. A tag is found in the code by its
 * value; a call by its target's address, which a SYM names.
 *
 * All integers are little-endian; texts are NUL-padded ASCII; reserved bytes
 * are zero.
 */
#ifndef VOUCH_CAPTURE_H
#define VOUCH_CAPTURE_H

#include "base.h"
#include "retarget.h"

#define VOUCH_CAPTURE_MAGIC "VOUCHCAP"
#define VOUCH_CAPTURE_VERSION 1

/* Bounds that both sides keep. */
#define VOUCH_CAPTURE_MAX (64u << 20) /* bytes of a capture */
#define VOUCH_MAX_PROGS 64u
#define VOUCH_MAX_FUNCS 256u /* per program, as in the kernel */
#define VOUCH_MAX_MAPS 64u
#define VOUCH_MAX_REFS 65536u /* per function */
#define VOUCH_MAX_EXTABLE 65536u /* per function */
#define VOUCH_MAX_SYMS 4096u /* per program */
#define VOUCH_MAX_FACTS 1024u
#define VOUCH_MAX_CODE (16u << 20) /* bytes of a function */
#define VOUCH_MAX_MAP_DATA (16u << 20)
#define VOUCH_MAX_ENTRIES 65536u /* of a prog array, or of maps in a map */

/*
 * The tag of tagged reference @n of function @func: no value that fits 32
 * bits, signed or not, so that the x86 JIT spends all eight bytes on it, and
 * every 16-bit part differs from 0 and 0xffff, as arm64 needs. @func < 256,
 * @n < 65536. Only references to MAP, MAP_VALUE, CONST and BTF_ID are tagged;
 * @n counts these, from 0 in each function.
 */
#define VOUCH_TAG(func, n)                                         \
	(0x7a6b000000000000ull | ((u64)(0x5a00u | (func)) << 32) | \
	 ((u64)(0x4c00u | ((n) >> 8)) << 16) | 0x3100u | ((n)&0xffu))

struct vouch_capture_head {
	u8 magic[8];
	__le32 version;
	__le32 n_records;
	__le64 size; /* of the whole capture, this header included */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_head, 24);

enum vouch_record_type {
	VOUCH_RECORD_ENV = 1,
	VOUCH_RECORD_FACT = 2,
	VOUCH_RECORD_MAP = 3,
	VOUCH_RECORD_PROG = 4,
	VOUCH_RECORD_FUNC = 5,
	VOUCH_RECORD_SYM = 6,
	VOUCH_RECORD_ACCESS = 7, /* struct vouch_access */
	VOUCH_RECORD_INSNS = 8, /* n_insns instructions of the program, its
				 * functions included, as they were given to
				 * the JIT */
	VOUCH_RECORD_TEMPLATE = 9, /* struct vouch_capture_map */
};
#define VOUCH_RECORD_LAST VOUCH_RECORD_TEMPLATE

struct vouch_capture_record {
	__le32 type; /* enum vouch_record_type */
	__le32 length; /* of the payload, without the padding */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_record, 8);

enum vouch_arch_number {
	VOUCH_ARCH_X86_64 = 1,
	VOUCH_ARCH_ARM64 = 2,
};

/* Bits of vouch_capture_env.features: what the verifier kernel's CPU and JIT
 * had switched on. */
#define VOUCH_FEATURE_RETHUNK (1u << 0) /* returns are jumps to a thunk */
#define VOUCH_FEATURE_RETPOLINE (1u << 1) /* indirect jumps are thunks */
#define VOUCH_FEATURE_IBT (1u << 2) /* endbr64 at entries */
#define VOUCH_FEATURE_LA57 (1u << 3) /* five-level page tables */
#define VOUCH_FEATURE_CALL_DEPTH (1u << 4)
#define VOUCH_FEATURE_ALL ((1u << 5) - 1)

/* Bits of .privileges: capabilities of the load, beside CAP_BPF and
 * CAP_NET_ADMIN, which every load has. */
#define VOUCH_PRIV_PERFMON (1u << 0)
#define VOUCH_PRIV_ALL ((1u << 1) - 1)

struct vouch_capture_env {
	char release[64]; /* utsname release of the verifier kernel */
	char cpu_model[64]; /* of /proc/cpuinfo */
	char license[64]; /* the object's, as the kernel was given it */
	u8 build_id[20]; /* of the verifier kernel */
	__le32 arch; /* enum vouch_arch_number */
	__le32 features; /* VOUCH_FEATURE_* */
	__le32 privileges; /* VOUCH_PRIV_* */
	__le32 jit_harden; /* must be 0 */
	__le32 nr_cpus; /* possible CPUs of the verifier VM */
	u8 object[VOUCH_HASH_LEN]; /* SHA-256 of the submitted object */
	/* SHA-256 of what the guest was told of the target: its BTF, kconfig
	 * and release, one behind the other; zero: nothing. */
	u8 layout[VOUCH_HASH_LEN];
	/* SHA-256 of the list of replacements; zero: there was none. */
	u8 retarget[VOUCH_HASH_LEN];
	u8 reserved[8];
};
VOUCH_ASSERT_SIZE(struct vouch_capture_env, 336);

/* One field of a kernel structure that code or inlined map access uses. */
struct vouch_capture_fact {
	char structure[32];
	char field[32]; /* dots for nested members, as in "map.max_entries" */
	__le32 offset; /* bytes */
	__le32 size; /* bytes; 0: the rest of the structure */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_fact, 72);

#define VOUCH_MAP_FROZEN (1u << 0) /* read-only to everybody (.rodata) */
#define VOUCH_MAP_PINNED (1u << 1) /* the object asked for pinning by name */
#define VOUCH_MAP_INTERNAL (1u << 2) /* .rodata, .data, .bss, .kconfig */
#define VOUCH_MAP_LOCK (1u << 3) /* its values have a struct bpf_spin_lock */
#define VOUCH_MAP_FLAGS_ALL ((1u << 4) - 1)
#define VOUCH_TEMPLATE_SUFFIX ".inner"
#define VOUCH_LOCK_LEN 4u /* sizeof(struct bpf_spin_lock) */

/*
 * Followed by data_len bytes: the values with which the map starts. Those of a
 * prog array are a __le32 for each entry: 0, or 1 + the index of a program;
 * those of a map that holds maps a __le32 for each key from 0 on: 0, or 1 + the
 * index of a MAP. A template has neither values nor flags nor extra; its name
 * is that of its map, cut where need be, with VOUCH_TEMPLATE_SUFFIX.
 */
struct vouch_capture_map {
	char name[64];
	__le32 type; /* enum bpf_map_type */
	__le32 key_size;
	__le32 value_size;
	__le32 max_entries;
	__le32 map_flags; /* BPF_F_* */
	__le32 flags; /* VOUCH_MAP_* */
	__le32 data_len; /* 0, value_size of a one-entry array, or 4 *
			  * max_entries of a prog array or a map of maps */
	__le32 extra; /* of a bloom filter: how many hash functions its
		       * definition asks for, 0: as many as the kernel takes;
		       * with VOUCH_MAP_LOCK: where in a value its lock is,
		       * bytes; else 0 */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_map, 96);

#define VOUCH_MAP_HASH 1 /* BPF_MAP_TYPE_HASH */
#define VOUCH_MAP_ARRAY 2 /* BPF_MAP_TYPE_ARRAY */
#define VOUCH_MAP_BLOOM_FILTER 30 /* BPF_MAP_TYPE_BLOOM_FILTER */
#define VOUCH_MAP_ARRAY_OF_MAPS 12 /* BPF_MAP_TYPE_ARRAY_OF_MAPS */
#define VOUCH_MAP_HASH_OF_MAPS 13 /* BPF_MAP_TYPE_HASH_OF_MAPS */
#define VOUCH_MAX_BLOOM_HASHES 15u
#define VOUCH_MAP_INNER (1u << 12) /* BPF_F_INNER_MAP */

/**
 * vouch_map_holds_maps() - are the values of a map maps?
 * @type: enum bpf_map_type
 *
 * Return: true if so.
 */
static inline bool vouch_map_holds_maps(u32 type)
{
	return type == VOUCH_MAP_ARRAY_OF_MAPS ||
	       type == VOUCH_MAP_HASH_OF_MAPS;
}

/* What the verifier goes by where it meets a map only inside of another. */
struct vouch_map_shape {
	u32 type, key_size, value_size, max_entries, map_flags;
	u32 locked; /* 1 if its values have a lock, else 0 */
};

/**
 * vouch_map_shape_fits() - may a map be where one like another is expected?
 * @template: what is expected
 * @map: the map
 *
 * As bpf_map_meta_equal() and array_map_meta_equal() of Linux 6.1: the number
 * of an array's entries is in the code of look-ups, others ask the map. Beyond
 * these no map with locks is like another: programs would write over a lock
 * that they do not know of.
 *
 * Return: true if so.
 */
static inline bool vouch_map_shape_fits(const struct vouch_map_shape *template,
					const struct vouch_map_shape *map)
{
	return template->type == map->type &&
	       template->key_size == map->key_size &&
	       template->value_size == map->value_size &&
	       template->map_flags == map->map_flags && !map->locked &&
	       (template->type != VOUCH_MAP_ARRAY ||
		template->map_flags & VOUCH_MAP_INNER ||
		template->max_entries == map->max_entries);
}

/**
 * vouch_map_extra_ok() - can a map have what is stated beside its sizes?
 * @type: enum bpf_map_type
 * @flags: VOUCH_MAP_*
 * @value_size: bytes
 * @extra: as in struct vouch_capture_map
 *
 * Return: true if so.
 */
static inline bool vouch_map_extra_ok(u32 type, u32 flags, u32 value_size,
				      u32 extra)
{
	if (!(flags & VOUCH_MAP_LOCK))
		return extra <= (type == VOUCH_MAP_BLOOM_FILTER
					 ? VOUCH_MAX_BLOOM_HASHES
					 : 0);
	return (type == VOUCH_MAP_HASH || type == VOUCH_MAP_ARRAY) &&
	       !(flags & VOUCH_MAP_FROZEN) && !(extra % VOUCH_LOCK_LEN) &&
	       vouch_range_ok(extra, VOUCH_LOCK_LEN, value_size);
}

struct vouch_capture_prog {
	char name[64];
	char section[64];
	__le32 type; /* enum bpf_prog_type */
	__le32 attach_type;
	__le32 n_funcs;
	__le32 n_syms;
	__le32 n_insns; /* instructions after the verifier's rewriting */
	__le32 n_processed; /* instructions that the verifier walked */
	__le32 n_extable; /* exception table entries of all functions */
	__le32 n_poke; /* entries of the tail-call poke table */
	__le32 stack_depth; /* bytes */
	__le32 flags; /* VOUCH_PROG_* */
	__le64 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_capture_prog, 176);

#define VOUCH_PROG_JITED (1u << 0)
#define VOUCH_PROG_SLEEPABLE (1u << 1)
#define VOUCH_PROG_CALLS_TAIL (1u << 2) /* tail_call_reachable */
#define VOUCH_PROG_CB_ACCESS (1u << 3)
#define VOUCH_PROG_FLAGS_ALL ((1u << 4) - 1)

/* Followed by code_len bytes of code, zero bytes up to 8, n_refs times struct
 * vouch_capture_ref and n_extable times struct vouch_capture_extable. */
struct vouch_capture_func {
	__le32 index; /* 0: the program's entry */
	__le32 code_len;
	__le32 n_refs;
	__le32 n_extable;
	__le64 address; /* of the first byte, in the verifier kernel */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_func, 24);

enum vouch_ref_kind {
	VOUCH_REF_CALL = 1, /* value: address of the target, a SYM */
	VOUCH_REF_SUBCALL = 2, /* index: function of the same program */
	VOUCH_REF_MAP = 3, /* index: map */
	VOUCH_REF_MAP_VALUE = 4, /* index: map; value: offset into its value */
	VOUCH_REF_CONST = 5, /* value: the user's 64-bit constant */
	VOUCH_REF_FUNC = 6, /* index: function whose address is taken */
	VOUCH_REF_BTF_ID = 7, /* value: address of a kernel variable, or
			       * offset of a per-CPU one; never linked */
	VOUCH_REF_OTHER = 8, /* value: the immediate, meaning unknown */
};

struct vouch_capture_ref {
	__le32 kind; /* enum vouch_ref_kind */
	__le32 index; /* by kind, else 0 */
	__le64 value; /* by kind, else 0 */
	__le64 tag; /* what stands in the code: 0 for calls, VOUCH_TAG() if
		     * tagged, FUNC: that function's address, OTHER: value */
};
VOUCH_ASSERT_SIZE(struct vouch_capture_ref, 24);

/* A load that may fault: it then gives 0, and execution goes on behind it.
 * Entries of a function ascend and do not overlap. */
struct vouch_capture_extable {
	__le32 insn_off; /* of the load in the function, bytes */
	__le32 insn_len; /* its length, bytes */
	__le32 reg; /* of the destination register in pt_regs, bytes */
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_capture_extable, 16);

/* An address that a rel32 in the code may reach, and its kernel symbol
 * ("name@module" in a module). There may be more SYMs than calls; the target
 * of each CALL is there. */
struct vouch_capture_sym {
	__le64 address;
	char name[64];
};
VOUCH_ASSERT_SIZE(struct vouch_capture_sym, 72);

#ifndef __KERNEL__

/* A parsed capture: pointers into the caller's buffer. */
struct vouch_capture_func_view {
	const struct vouch_capture_func *func;
	const u8 *code;
	u32 code_len;
	const struct vouch_capture_ref *refs;
	u32 n_refs;
	const struct vouch_capture_extable *extable;
	u32 n_extable;
};

struct vouch_access_view {
	const struct vouch_access *access;
	const u8 *insns; /* n_insns times VOUCH_INSN_LEN */
	u32 n_insns;
};

struct vouch_capture_prog_view {
	const struct vouch_capture_prog *prog;
	struct vouch_capture_func_view *funcs;
	u32 n_funcs;
	struct vouch_access_view *accesses;
	u32 n_accesses;
	const u8 *insns; /* n_insns times VOUCH_INSN_LEN */
	u32 n_insns;
	const struct vouch_capture_sym **syms;
	u32 n_syms;
};

struct vouch_capture_map_view {
	const struct vouch_capture_map *map;
	const struct vouch_capture_map *template; /* NULL: it holds no maps */
	const u8 *data; /* data_len bytes, NULL if none */
};

struct vouch_capture_view {
	const struct vouch_capture_env *env;
	const struct vouch_capture_fact **facts;
	u32 n_facts;
	struct vouch_capture_map_view *maps;
	u32 n_maps;
	struct vouch_capture_prog_view *progs;
	u32 n_progs;
};

/**
 * vouch_capture_parse() - validate a capture and index its records.
 * @buf: the capture; must outlive the view, aligned to 8 bytes
 * @len: its length in bytes
 * @view: filled on success; release with vouch_capture_release()
 * @why: set to a constant text that says what is wrong, on error
 *
 * Checks shape, order, bounds, texts, reserved bytes and indexes, so that a
 * caller may follow every index without a check of its own. Judges nothing.
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM.
 */
int vouch_capture_parse(const void *buf, size_t len,
			struct vouch_capture_view *view, const char **why);

/**
 * vouch_capture_release() - free what vouch_capture_parse() allocated.
 * @view: the view; may be all zero
 */
void vouch_capture_release(struct vouch_capture_view *view);

#endif /* !__KERNEL__ */

#endif /* VOUCH_CAPTURE_H */
