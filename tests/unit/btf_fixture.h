/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF of imaginary kernels, made type by type. */
#ifndef VOUCH_BTF_FIXTURE_H
#define VOUCH_BTF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "../../host-bridge/btf.h"

/* A member of the structure "task" as one kernel has it. */
struct fixture_member {
	const char *name; /* NULL: behind the last one */
	const char *type; /* see fixture_type() */
	u32 bit; /* where it begins */
	u32 bits; /* of a bitfield, else 0 */
};

#define FIXTURE_MEMBERS 24

struct fixture_kernel {
	struct fixture_member members[FIXTURE_MEMBERS];
	u32 size; /* of the structure, bytes */
};

/* Types that there are in every kernel here. */
struct fixture_types {
	struct btf *btf;
	int u8, u16, u32, s32, u64, s64, boolean, chr, chr_ptr, void_ptr, mm,
		mm_ptr, cred_ptr, const_mm_ptr, comm, comm_long, color, counts,
		counts_long, inner, anon, anon_moved, number, number_moved;
};

static inline int add_array(struct fixture_types *t, int elem, u32 n)
{
	return btf__add_array(t->btf, t->u32, elem, n);
}

/* Two members without a level of their own; at the same place in a union. */
static inline int add_union(struct fixture_types *t, u32 second)
{
	int id = second ? btf__add_struct(t->btf, NULL, 8)
			: btf__add_union(t->btf, NULL, 8);

	assert_false(btf__add_field(t->btf, "wide", t->u64, 0, 0));
	assert_false(btf__add_field(t->btf, "narrow", t->u32, second, 0));
	return id;
}

/* An anonymous structure with a number at @first bits. */
static inline int add_struct(struct fixture_types *t, u32 first)
{
	int id = btf__add_struct(t->btf, NULL, 16);

	assert_false(btf__add_field(t->btf, "deep", t->u32, first, 0));
	return id;
}

static inline void fixture_types(struct fixture_types *t)
{
	struct btf *b = btf__new_empty();
	int cred;

	assert_non_null(b);
	t->btf = b;
	t->u8 = btf__add_int(b, "unsigned char", 1, 0);
	t->u16 = btf__add_int(b, "unsigned short", 2, 0);
	t->u32 = btf__add_int(b, "unsigned int", 4, 0);
	t->s32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	t->u64 = btf__add_int(b, "unsigned long", 8, 0);
	t->s64 = btf__add_int(b, "long", 8, BTF_INT_SIGNED);
	t->boolean = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	t->chr = btf__add_int(b, "char", 1, BTF_INT_SIGNED);
	t->chr_ptr = btf__add_ptr(b, t->chr);
	t->void_ptr = btf__add_ptr(b, 0);
	t->mm = btf__add_struct(b, "mm", 16);
	assert_false(btf__add_field(b, "pgd", t->u64, 0, 0));
	t->mm_ptr = btf__add_ptr(b, t->mm);
	t->const_mm_ptr = btf__add_ptr(b, btf__add_const(b, t->mm));
	cred = btf__add_fwd(b, "cred", BTF_FWD_STRUCT);
	t->cred_ptr = btf__add_ptr(b, cred);
	t->comm = add_array(t, t->chr, 16);
	t->comm_long = add_array(t, t->chr, 32);
	t->color = btf__add_enum(b, "color", 4);
	t->inner = btf__add_struct(b, "inner", 16);
	assert_false(btf__add_field(b, "x", t->u32, 0, 0));
	assert_false(btf__add_field(b, "y", t->u64, 64, 0));
	t->counts = add_array(t, t->inner, 3);
	t->counts_long = add_array(t, t->inner, 4);
	t->anon = add_union(t, 0);
	t->anon_moved = add_union(t, 32);
	t->number = add_struct(t, 0);
	t->number_moved = add_struct(t, 64);
}

static inline int fixture_type(struct fixture_types *t, const char *name)
{
	const struct {
		const char *name;
		int id;
	} known[] = {
		{ "u8", t->u8 },	   { "u16", t->u16 },
		{ "u32", t->u32 },	   { "s32", t->s32 },
		{ "u64", t->u64 },	   { "s64", t->s64 },
		{ "bool", t->boolean },	   { "char", t->chr },
		{ "char *", t->chr_ptr },  { "void *", t->void_ptr },
		{ "mm *", t->mm_ptr },	   { "const mm *", t->const_mm_ptr },
		{ "cred *", t->cred_ptr }, { "mm", t->mm },
		{ "char[16]", t->comm },   { "char[32]", t->comm_long },
		{ "enum", t->color },	   { "inner", t->inner },
		{ "inner[3]", t->counts }, { "inner[4]", t->counts_long },
		{ "union", t->anon },	   { "union moved", t->anon_moved },
		{ "struct", t->number },   { "struct moved", t->number_moved },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return known[i].id;
	fail_msg("no type %s", name);
	return 0;
}

/* The BTF of a kernel; @id is that of the structure "task". */
static inline struct vouch_kbtf *fixture_btf(const struct fixture_kernel *k,
					     u32 *id)
{
	const struct fixture_member *m;
	struct fixture_types t;
	struct vouch_kbtf *out;
	const void *data;
	u32 len;

	fixture_types(&t);
	*id = btf__add_struct(t.btf, "task", k->size);
	for (m = k->members; m->name; m++)
		assert_false(btf__add_field(t.btf, *m->name ? m->name : NULL,
					    fixture_type(&t, m->type), m->bit,
					    m->bits));
	data = btf__raw_data(t.btf, &len);
	assert_int_equal(vouch_kbtf_parse(data, len, &out), 0);
	btf__free(t.btf);
	return out;
}

/* Begins a mutation: the kernel that the others differ from. */
static inline struct fixture_kernel fixture_kernel(void)
{
	static const struct fixture_kernel kernel = {
		.members = { { "state", "u32", 0, 0 },
			     { "pid", "s32", 32, 0 },
			     { "start", "u64", 64, 0 },
			     { "comm", "char[16]", 128, 0 },
			     { "mm", "mm *", 256, 0 },
			     { "name", "char *", 320, 0 },
			     { "priv", "void *", 384, 0 },
			     { "color", "enum", 448, 0 },
			     { "flag", "bool", 480, 0 },
			     { "byte", "u8", 488, 0 },
			     { "a", "u32", 512, 3 },
			     { "b", "u32", 515, 5 },
			     { "c", "u32", 520, 1 },
			     { "", "union", 576, 0 },
			     { "", "struct", 640, 0 },
			     { "counts", "inner[3]", 768, 0 },
			     { "one", "inner", 1152, 0 },
			     { "cred", "cred *", 1280, 0 } },
		.size = 168,
	};

	return kernel;
}

#endif /* VOUCH_BTF_FIXTURE_H */
