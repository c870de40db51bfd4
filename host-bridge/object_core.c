// SPDX-License-Identifier: BSD-2-Clause
/*
 * Constants of CO-RE relocations. A relocation names a type of the object and
 * a way through it, as "0:3:1"; the types of that name in the target, and the
 * members of the same names in them, say what the constant is there. Where a
 * target has several such types, all of their constants are taken.
 */

#include <stdlib.h>

#include <linux/bpf.h>

#include "btf_names.h"
#include "object_core.h"

#define MAX_RELOCATIONS (1u << 16) /* of an object */
#define MAX_STEPS 64 /* of a way, as in libbpf */
#define MAX_DEPTH 8 /* of anonymous members */
#define POINTER_SIZE 8

/* As far as the field core_len; the UAPI headers do not declare it. */
struct ext_head {
	u16 magic;
	u8 version;
	u8 flags;
	u32 hdr_len;
	u32 func_info[2];
	u32 line_info[2];
	u32 core_off;
	u32 core_len;
};

struct ext_section {
	u32 name;
	u32 n;
};

/* What the relocations of an object are worked out with. */
struct core {
	struct vouch_object *object;
	const struct vouch_types *own;
	const struct vouch_types *target;
	struct vouch_btf_names names; /* the target's */
	u32 room32, room64; /* for constants */
	struct vouch_refusal *why;
};

/* One step of a way: an element, or a member of a name. */
struct step {
	u32 index;
	const char *name; /* NULL: an element */
};

/* Where a way leads in one kind of types. */
struct place {
	u64 bit; /* from the beginning */
	u32 bits; /* of a bitfield, else 0 */
	u32 type;
};

static int malformed(struct core *c)
{
	return vouch_refuse(c->why,
			    "object: its .BTF.ext cannot be read; compile it "
			    "anew with clang -target bpf");
}

/* ---- what is found ----------------------------------------------------- */

static int add(struct core *c, u64 value)
{
	struct vouch_object *o = c->object;

	if (o->n_imm32 >= c->room32) {
		u32 *p = realloc(o->imm32, (o->n_imm32 + 256) * sizeof(*p));

		if (!p)
			return -ENOMEM;
		o->imm32 = p;
		c->room32 = (u32)o->n_imm32 + 256;
	}
	if (o->n_imm64 >= c->room64) {
		u64 *p = realloc(o->imm64, (o->n_imm64 + 256) * sizeof(*p));

		if (!p)
			return -ENOMEM;
		o->imm64 = p;
		c->room64 = (u32)o->n_imm64 + 256;
	}
	o->imm64[o->n_imm64++] = value;
	if ((u32)value == value || (u64)(s64)(s32)value == value)
		o->imm32[o->n_imm32++] = (u32)value;
	return 0;
}

/* ---- ways -------------------------------------------------------------- */

static bool is_composite(const struct vouch_type *type)
{
	u32 kind = BTF_INFO_KIND(type->t.info);

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

static bool get_member(const struct vouch_type *type, u32 i,
		       struct btf_member *m, struct place *at)
{
	bool bitfields = BTF_INFO_KFLAG(type->t.info);

	if (!is_composite(type) || i >= BTF_INFO_VLEN(type->t.info))
		return false;
	memcpy(m, type->extra + i * sizeof(*m), sizeof(*m));
	at->bit += bitfields ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
	at->bits = bitfields ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
	at->type = m->type;
	return true;
}

/* One element of what lies there; of the first step, of what is pointed to. */
static bool step_element(const struct vouch_types *types, struct place *at,
			 u32 index, bool first)
{
	struct btf_array array;
	struct vouch_type type;
	u32 size;

	if (!first) {
		if (!vouch_types_strip(types, at->type, &type) ||
		    BTF_INFO_KIND(type.t.info) != BTF_KIND_ARRAY)
			return false;
		memcpy(&array, type.extra, sizeof(array));
		at->type = array.type;
	}
	/* Of what has no size, only the first can be meant. */
	if (!vouch_types_size(types, at->type, &size))
		size = 0;
	at->bits = 0;
	at->bit += 8ull * size * index;
	return size || !index;
}

/* The steps of @text through the object's own type; 0 where it is no way. */
static u32 read_way(const struct core *c, u32 root, const char *text,
		    struct step steps[MAX_STEPS])
{
	struct place at = { .type = root };
	struct btf_member m;
	struct vouch_type type;
	u32 n = 0;

	while (n < MAX_STEPS) {
		char *end;
		unsigned long index = strtoul(text, &end, 10);

		if (end == text || *text < '0' || *text > '9' ||
		    index > UINT32_MAX || (*end && *end != ':'))
			return 0;
		steps[n] = (struct step){ .index = (u32)index };
		if (!vouch_types_strip(c->own, at.type, &type))
			return 0;
		if (n && is_composite(&type)) {
			if (!get_member(&type, (u32)index, &m, &at))
				return 0;
			steps[n].name = vouch_types_name(c->own, m.name_off);
		} else if (!step_element(c->own, &at, (u32)index, !n)) {
			return 0;
		}
		/* Anonymous members may be others in the target. */
		if (!steps[n].name || *steps[n].name)
			n++;
		if (!*end)
			return n;
		text = end + 1;
	}
	return 0;
}

static bool find_member(const struct vouch_types *types, const char *name,
			struct place *at, int depth)
{
	struct vouch_type type;
	struct btf_member m;
	u32 i;

	if (!vouch_types_strip(types, at->type, &type) || !is_composite(&type))
		return false;
	for (i = 0; i < BTF_INFO_VLEN(type.t.info); i++) {
		struct place next = *at;
		const char *found;

		if (!get_member(&type, i, &m, &next))
			return false;
		found = vouch_types_name(types, m.name_off);
		if (*found ? strcmp(found, name)
			   : !depth || !find_member(types, name, &next,
						    depth - 1))
			continue;
		*at = next;
		return true;
	}
	return false;
}

static bool follow(const struct core *c, u32 root, const struct step *steps,
		   u32 n, struct place *at)
{
	u32 i;

	*at = (struct place){ .type = root };
	for (i = 0; i < n; i++)
		if (steps[i].name
			    ? !find_member(c->target, steps[i].name, at,
					   MAX_DEPTH)
			    : !step_element(c->target, at, steps[i].index, !i))
			return false;
	return true;
}

/* ---- constants --------------------------------------------------------- */

/* A bitfield is read as the smallest unit of its type that holds it whole. */
static void unit_of(const struct place *at, u32 *offset, u32 *size)
{
	u64 first = at->bit / 8;

	if (at->bits && *size) {
		first = first / *size * *size;
		while (*size < POINTER_SIZE &&
		       at->bit + at->bits - first * 8 > *size * 8ull) {
			*size *= 2;
			first = at->bit / 8 / *size * *size;
		}
	}
	*offset = (u32)first;
}

static int take_field(struct core *c, u32 candidate, const char *way, u32 root,
		      bool want_size)
{
	struct step steps[MAX_STEPS];
	u32 n = read_way(c, root, way, steps), offset, size;
	struct place at;

	if (!n)
		return malformed(c);
	if (!follow(c, candidate, steps, n, &at))
		return 0;
	if (!vouch_types_size(c->target, at.type, &size))
		size = 0;
	unit_of(&at, &offset, &size);
	return add(c, want_size ? size : offset);
}

static u64 enum_value(const struct vouch_type *type, u32 i, u32 *name)
{
	struct btf_enum64 wide;
	struct btf_enum one;

	if (BTF_INFO_KIND(type->t.info) == BTF_KIND_ENUM64) {
		memcpy(&wide, type->extra + i * sizeof(wide), sizeof(wide));
		*name = wide.name_off;
		return (u64)wide.val_hi32 << 32 | wide.val_lo32;
	}
	memcpy(&one, type->extra + i * sizeof(one), sizeof(one));
	*name = one.name_off;
	return BTF_INFO_KFLAG(type->t.info) ? (u64)(s64)one.val
					    : (u64)(u32)one.val;
}

static bool is_enum(const struct vouch_type *type)
{
	u32 kind = BTF_INFO_KIND(type->t.info);

	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static int take_enumerator(struct core *c, u32 candidate, const char *way,
			   u32 root)
{
	struct vouch_type own, type;
	char *end;
	unsigned long index = strtoul(way, &end, 10);
	const char *name;
	u32 i, at;
	u64 value;
	int ret = 0;

	if (end == way || *end || !vouch_types_strip(c->own, root, &own) ||
	    !is_enum(&own) || index >= BTF_INFO_VLEN(own.t.info))
		return malformed(c);
	if (!vouch_types_strip(c->target, candidate, &type) || !is_enum(&type))
		return 0;
	enum_value(&own, (u32)index, &at);
	name = vouch_types_name(c->own, at);
	for (i = 0; !ret && i < BTF_INFO_VLEN(type.t.info); i++) {
		value = enum_value(&type, i, &at);
		if (vouch_btf_names_alike(name,
					  vouch_types_name(c->target, at)))
			ret = add(c, value);
	}
	return ret;
}

static int take_size(struct core *c, u32 candidate)
{
	u32 size;

	return vouch_types_size(c->target, candidate, &size) ? add(c, size) : 0;
}

/* What is 0 or 1, or a number of bits, needs no explanation. */
static int take_constant(struct core *c, const struct bpf_core_relo *relo,
			 u32 candidate)
{
	const char *way = vouch_types_name(c->own, relo->access_str_off);

	switch (relo->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
	case BPF_CORE_FIELD_BYTE_SIZE:
		return take_field(c, candidate, way, relo->type_id,
				  relo->kind == BPF_CORE_FIELD_BYTE_SIZE);
	case BPF_CORE_TYPE_SIZE:
		return take_size(c, candidate);
	case BPF_CORE_ENUMVAL_VALUE:
		return take_enumerator(c, candidate, way, relo->type_id);
	default:
		return 0;
	}
}

static int take_relocation(struct core *c, const struct bpf_core_relo *relo)
{
	struct vouch_type own;
	const u32 *ids;
	u32 i, n;
	int ret = 0;

	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL)
		return add(c, relo->type_id);
	if (relo->kind == BPF_CORE_TYPE_ID_TARGET)
		c->object->asks_type_id = true;
	if (!vouch_types_get(c->own, relo->type_id, &own))
		return malformed(c);
	n = vouch_btf_names_find(
		&c->names, vouch_types_name(c->own, own.t.name_off), &ids);
	for (i = 0; !ret && i < n; i++)
		ret = take_constant(c, relo, ids[i]);
	return ret;
}

/* ---- the section ------------------------------------------------------- */

static int take_all(struct core *c, const u8 *p, u32 len)
{
	struct bpf_core_relo relo;
	struct ext_section section;
	u32 left = MAX_RELOCATIONS, size, i, off = sizeof(size);
	int ret = 0;

	if (len < sizeof(size))
		return malformed(c);
	memcpy(&size, p, sizeof(size));
	if (size < sizeof(relo) || size > 256)
		return malformed(c);
	while (!ret && off < len) {
		if (!vouch_range_ok(off, sizeof(section), len))
			return malformed(c);
		memcpy(&section, p + off, sizeof(section));
		off += sizeof(section);
		if (section.n > left ||
		    !vouch_range_ok(off, (u64)section.n * size, len))
			return malformed(c);
		left -= section.n;
		for (i = 0; !ret && i < section.n; i++, off += size) {
			memcpy(&relo, p + off, sizeof(relo));
			ret = take_relocation(c, &relo);
		}
	}
	return ret;
}

int vouch_object_core(struct vouch_object *object,
		      const struct vouch_types *types, const u8 *ext,
		      size_t len, const struct vouch_types *target,
		      struct vouch_refusal *why)
{
	struct core c = {
		.object = object,
		.own = types,
		.target = target,
		.why = why,
	};
	struct ext_head head = {};
	u64 off;
	int ret;

	if (len < offsetof(struct ext_head, func_info))
		return malformed(&c);
	memcpy(&head, ext, len < sizeof(head) ? len : sizeof(head));
	if (head.hdr_len > len)
		return malformed(&c);
	if (head.hdr_len < sizeof(head) || !head.core_len)
		return 0;
	if (!target)
		return vouch_refuse(
			why,
			"object: it has CO-RE relocations, whose values would "
			"be the verifier kernel's and not the target's; name "
			"a target whose profile has its types, or compile "
			"it without preserve_access_index and vmlinux.h");
	off = (u64)head.hdr_len + head.core_off;
	if (!vouch_range_ok(off, head.core_len, len))
		return malformed(&c);
	ret = vouch_btf_names_make(&c.names, target);
	if (!ret)
		ret = take_all(&c, ext + off, head.core_len);
	vouch_btf_names_free(&c.names);
	return ret;
}
