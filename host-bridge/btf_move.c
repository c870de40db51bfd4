// SPDX-License-Identifier: BSD-2-Clause
/* From the verifier kernel's structures to the target's, member for member. */

#include <stdarg.h>
#include <stdio.h>

#include "btf_move.h"

#define MAX_DEPTH 32 /* of structures and arrays within one another */
#define MAX_POINTERS 8 /* of pointers to pointers */

/* One search. */
struct mover {
	const struct vouch_kbtf *from, *to;
	u64 begin, end; /* bits that are accessed */
	bool found; /* a member, and so .delta is known */
	s64 delta; /* bits */
	struct vouch_kbtf_place *place;
	char *why;
	size_t why_size;
};

/* A type in both kernels, at a bit of each one's structure. */
struct pair {
	u32 from, to;
	u64 from_bit, to_bit;
	u32 bits; /* of a bitfield, in both */
	const char *path;
	int depth;
};

static int refuse(const struct mover *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(const struct mover *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, m->why_size, fmt, ap);
	va_end(ap);
	return -EPERM;
}

static bool touched(const struct mover *m, u64 bit, u64 bits)
{
	return bit < m->end && m->begin < bit + bits;
}

/* Longer paths keep their start; nothing but texts depends on it. */
static void join(char out[VOUCH_FIELD_LEN], const char *path, const char *name)
{
	size_t n = strnlen(path, VOUCH_FIELD_LEN - 1);

	memmove(out, path, n);
	snprintf(out + n, VOUCH_FIELD_LEN - n, "%s%s", *name == '[' ? "" : ".",
		 name);
}

/* ---- what both must have in common ---- */

static bool same_number(const struct vouch_kbtf_type *a,
			const struct vouch_kbtf_type *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       a->is_signed == b->is_signed && a->is_bool == b->is_bool &&
	       a->is_char == b->is_char;
}

/* Are two pointers to the same? Structures by name; they may be declared
 * only in one of the kernels. */
static bool same_pointee(const struct mover *m, u32 from, u32 to)
{
	int level;

	for (level = 0; level < MAX_POINTERS; level++) {
		const struct vouch_kbtf_type a = vouch_kbtf_type(m->from, from);
		const struct vouch_kbtf_type b = vouch_kbtf_type(m->to, to);

		if (a.kind != b.kind)
			return false;
		switch (a.kind) {
		case VOUCH_BTF_STRUCT:
		case VOUCH_BTF_UNION:
			return *a.name && !strcmp(a.name, b.name);
		case VOUCH_BTF_INT:
		case VOUCH_BTF_ENUM:
		case VOUCH_BTF_FLOAT:
			return same_number(&a, &b);
		case VOUCH_BTF_VOID:
		case VOUCH_BTF_FUNCTION:
			return true;
		case VOUCH_BTF_ARRAY:
			if (a.n != b.n)
				return false;
			break;
		case VOUCH_BTF_POINTER:
			break;
		}
		from = a.to;
		to = b.to;
	}
	return false;
}

/* ---- members ---- */

static int take_leaf(struct mover *m, const struct pair *p)
{
	s64 delta = (s64)(p->to_bit - p->from_bit);

	if (!m->found)
		snprintf(m->place->field, sizeof(m->place->field), "%s",
			 p->path);
	if (delta % (s64)VOUCH_BTF_BITS)
		return refuse(m, "%s: its bits lie elsewhere in their bytes",
			      p->path);
	if (m->found && delta != m->delta)
		return refuse(m,
			      "%s: it has moved by another distance than what "
			      "lies beside or above it",
			      p->path);
	m->found = true;
	m->delta = delta;
	return 0;
}

static int move_struct(struct mover *m, const struct pair *p);
static int move_type(struct mover *m, const struct pair *p);

static int move_array(struct mover *m, const struct pair *p,
		      const struct vouch_kbtf_type *a,
		      const struct vouch_kbtf_type *b)
{
	u64 from_size = vouch_kbtf_type(m->from, a->to).size;
	u64 to_size = vouch_kbtf_type(m->to, b->to).size;
	char path[VOUCH_FIELD_LEN], index[16];
	struct pair elem = { a->to, b->to, .path = path,
			     .depth = p->depth + 1 };
	u64 i, bits = from_size * VOUCH_BTF_BITS;
	int ret = 0;

	if (a->n > b->n)
		return refuse(m,
			      "%s: an array of %u elements, %u in the "
			      "target",
			      p->path, a->n, b->n);
	if (!from_size || !to_size)
		return refuse(m, "%s: an array of elements without a size",
			      p->path);
	i = m->begin > p->from_bit ? (m->begin - p->from_bit) / bits : 0;
	for (; !ret && i < a->n; i++) {
		elem.from_bit = p->from_bit + i * bits;
		elem.to_bit = p->to_bit + i * to_size * VOUCH_BTF_BITS;
		if (!touched(m, elem.from_bit, bits))
			break;
		snprintf(index, sizeof(index), "[%u]", (u32)i);
		join(path, p->path, index);
		ret = move_type(m, &elem);
	}
	return ret;
}

static int move_type(struct mover *m, const struct pair *p)
{
	const struct vouch_kbtf_type a = vouch_kbtf_type(m->from, p->from);
	const struct vouch_kbtf_type b = vouch_kbtf_type(m->to, p->to);

	if (p->depth > MAX_DEPTH)
		return refuse(m, "%s: too many levels", p->path);
	if (a.kind != b.kind)
		return refuse(m, "%s: another kind of field in the target",
			      p->path);
	switch (a.kind) {
	case VOUCH_BTF_INT:
	case VOUCH_BTF_ENUM:
	case VOUCH_BTF_FLOAT:
		if (!same_number(&a, &b))
			return refuse(m,
				      "%s: %llu bytes, %ssigned, %llu bytes,"
				      " %ssigned in the target, or of another "
				      "kind",
				      p->path, (unsigned long long)a.size,
				      a.is_signed ? "" : "un",
				      (unsigned long long)b.size,
				      b.is_signed ? "" : "un");
		return take_leaf(m, p);
	case VOUCH_BTF_POINTER:
		if (!same_pointee(m, a.to, b.to))
			return refuse(m,
				      "%s: a pointer to something else in "
				      "the target",
				      p->path);
		return take_leaf(m, p);
	case VOUCH_BTF_ARRAY:
		return move_array(m, p, &a, &b);
	case VOUCH_BTF_STRUCT:
	case VOUCH_BTF_UNION:
		if (strcmp(a.name, b.name) != 0)
			return refuse(m, "%s: another structure in the target",
				      p->path);
		return move_struct(m, p);
	default:
		return refuse(m, "%s: a field of a kind that has no size",
			      p->path);
	}
}

static bool is_level(const struct vouch_kbtf *btf,
		     const struct vouch_kbtf_member *member)
{
	enum vouch_kbtf_kind kind = vouch_kbtf_type(btf, member->type).kind;

	return !*member->name &&
	       (kind == VOUCH_BTF_STRUCT || kind == VOUCH_BTF_UNION);
}

/* The member of that name, levels without a name left out; .bit counts from
 * where the structure begins. */
static bool find_member(const struct vouch_kbtf *btf, u32 id, const char *name,
			int depth, struct vouch_kbtf_member *out)
{
	const struct vouch_kbtf_type type = vouch_kbtf_type(btf, id);
	u32 i;

	for (i = 0; depth < MAX_DEPTH && i < type.n; i++) {
		const struct vouch_kbtf_member member =
			vouch_kbtf_member(btf, &type, i);

		if (*member.name && !strcmp(member.name, name)) {
			*out = member;
			return true;
		}
		if (is_level(btf, &member) &&
		    find_member(btf, member.type, name, depth + 1, out)) {
			out->bit += member.bit;
			return true;
		}
	}
	return false;
}

/* @path is the structure's, @member.bit counts from the BTF's structure. */
static int move_member(struct mover *m, const struct pair *p,
		       const struct vouch_kbtf_member *member)
{
	struct vouch_kbtf_member other;
	char path[VOUCH_FIELD_LEN];
	struct pair inner = { .from = member->type,
			      .path = path,
			      .bits = member->bits,
			      .depth = p->depth + 1 };

	join(path, p->path, member->name);
	if (!m->found)
		snprintf(m->place->field, sizeof(m->place->field), "%s", path);
	if (!find_member(m->to, p->to, member->name, 0, &other))
		return refuse(m, "%s: the target has no such field", path);
	if (member->bits != other.bits)
		return refuse(m,
			      "%s: a bitfield of another width in the "
			      "target",
			      path);
	inner.to = other.type;
	inner.from_bit = member->bit;
	inner.to_bit = p->to_bit + other.bit;
	return move_type(m, &inner);
}

static u64 bits_of(const struct vouch_kbtf *btf,
		   const struct vouch_kbtf_member *member)
{
	return member->bits ? member->bits
			    : vouch_kbtf_type(btf, member->type).size *
				      VOUCH_BTF_BITS;
}

/* Members of a level without a name are sought in the named structure. */
static int move_level(struct mover *m, const struct pair *p, u32 id, u64 bit,
		      int depth)
{
	const struct vouch_kbtf_type type = vouch_kbtf_type(m->from, id);
	int ret = 0;
	u32 i;

	if (depth > MAX_DEPTH)
		return refuse(m, "%s: too many levels", p->path);
	for (i = 0; !ret && i < type.n; i++) {
		struct vouch_kbtf_member member =
			vouch_kbtf_member(m->from, &type, i);

		member.bit += bit;
		if (!touched(m, member.bit, bits_of(m->from, &member)))
			continue;
		if (is_level(m->from, &member))
			ret = move_level(m, p, member.type, member.bit,
					 depth + 1);
		else if (*member.name)
			ret = move_member(m, p, &member);
	}
	return ret;
}

static int move_struct(struct mover *m, const struct pair *p)
{
	return move_level(m, p, p->from, p->from_bit, p->depth);
}

static bool is_structure(const struct vouch_kbtf_type *type)
{
	return type->kind == VOUCH_BTF_STRUCT || type->kind == VOUCH_BTF_UNION;
}

static int check_end(struct mover *m, u64 size)
{
	u64 begin = m->begin + (u64)m->delta, end = m->end + (u64)m->delta;

	if ((s64)m->begin + m->delta < 0 || end > size * VOUCH_BTF_BITS)
		return refuse(m,
			      "%s: beyond the end of the target's "
			      "structure",
			      m->place->field);
	m->place->offset = (u32)(begin / VOUCH_BTF_BITS);
	return 0;
}

int vouch_kbtf_move(const struct vouch_kbtf *from, u32 id, u32 offset, u32 size,
		    const struct vouch_kbtf *to, struct vouch_kbtf_place *place,
		    char *why, size_t why_size)
{
	const struct vouch_kbtf_type type = vouch_kbtf_type(from, id);
	struct mover m = {
		.from = from,
		.to = to,
		.begin = (u64)offset * VOUCH_BTF_BITS,
		.end = ((u64)offset + size) * VOUCH_BTF_BITS,
		.place = place,
		.why = why,
		.why_size = why_size,
	};
	struct vouch_kbtf_type other;
	struct pair p = { .from = id };
	int ret;

	memset(place, 0, sizeof(*place));
	if (!is_structure(&type) || !*type.name)
		return refuse(&m, "type %u is no structure with a name", id);
	snprintf(place->field, sizeof(place->field), "%s", type.name);
	if (!size || m.end > type.size * VOUCH_BTF_BITS)
		return refuse(&m, "%s: beyond the end of the structure",
			      type.name);
	ret = vouch_kbtf_find(to, type.kind, type.name, &other);
	if (ret)
		return refuse(&m,
			      ret == -ENOENT
				      ? "%s: the target has no such structure"
				      : "%s: the target has several of that "
					"name",
			      type.name);
	p.to = other.id;
	p.path = type.name;
	ret = move_struct(&m, &p);
	if (!ret && !m.found)
		ret = refuse(&m, "%s: no field at byte %u", type.name, offset);
	return ret ? ret : check_end(&m, other.size);
}

/* The first member there, through levels with and without a name. */
static void name_place(const struct vouch_kbtf *btf, u32 id, u64 bit,
		       char field[VOUCH_FIELD_LEN], int depth)
{
	const struct vouch_kbtf_type type = vouch_kbtf_type(btf, id);
	u32 i;

	for (i = 0; depth < MAX_DEPTH && is_structure(&type) && i < type.n;
	     i++) {
		const struct vouch_kbtf_member member =
			vouch_kbtf_member(btf, &type, i);

		if (bit < member.bit ||
		    bit >= member.bit + bits_of(btf, &member))
			continue;
		if (*member.name)
			join(field, field, member.name);
		name_place(btf, member.type, bit - member.bit, field,
			   depth + 1);
		return;
	}
}

void vouch_kbtf_name(const struct vouch_kbtf *btf, const char *structure,
		     u32 offset, char field[VOUCH_FIELD_LEN])
{
	struct vouch_kbtf_type type;

	snprintf(field, VOUCH_FIELD_LEN, "%s", structure);
	if (!vouch_kbtf_find(btf, VOUCH_BTF_STRUCT, structure, &type))
		name_place(btf, type.id, (u64)offset * VOUCH_BTF_BITS, field,
			   0);
}
