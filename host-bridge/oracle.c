// SPDX-License-Identifier: BSD-2-Clause
/* The oracle's table: held against its form once, then looked up. */

#include <stdlib.h>

#include <linux/bpf.h>

#include "oracle.h"

#define REGISTERS 11 /* r0 to r10, which programs may name */

/* ---- form ---- */

/* The order of the table; what an entry leads to has no part in it. */
static int compare(const void *a, const void *b)
{
	const struct vouch_oracle_entry *x = a, *y = b;
	const u64 left = (u64)le16_to_cpu(x->prog_type) << 48 |
			 (u64)x->base << 40 | (u64)x->tstamp_type << 32 |
			 (u64)x->write << 24 |
			 (u64)le16_to_cpu(x->offset) << 8 | x->size;
	const u64 right = (u64)le16_to_cpu(y->prog_type) << 48 |
			  (u64)y->base << 40 | (u64)y->tstamp_type << 32 |
			  (u64)y->write << 24 |
			  (u64)le16_to_cpu(y->offset) << 8 | y->size;

	return left < right ? -1 : left > right;
}

static const struct vouch_oracle_entry *
find(const struct vouch_oracle *o, const struct vouch_oracle_entry *wanted)
{
	return bsearch(wanted, o->entries, o->n_entries, sizeof(*wanted),
		       compare);
}

static bool is_size(u8 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Only of the field's whole size, as the kernel makes it. */
static struct vouch_oracle_entry
whole_field(const struct vouch_oracle_entry *part)
{
	struct vouch_oracle_entry e = *part;

	e.offset = cpu_to_le16(le16_to_cpu(part->offset) &
			       ~(part->field_size - 1));
	e.size = part->field_size;
	return e;
}

static bool is_part(const struct vouch_oracle_entry *e)
{
	return e->field_size > e->size;
}

static const char *check_place(const struct vouch_oracle_entry *e)
{
	bool prologue = e->base == VOUCH_BASE_PROLOGUE;

	if (e->base < VOUCH_BASE_PROLOGUE || e->base >= VOUCH_BASE_BTF)
		return "an entry is of an unknown base";
	if (e->tstamp_type > 1 || e->write > 1 || e->reserved[0] ||
	    e->reserved[1])
		return "an entry has a flag that is neither 0 nor 1";
	if (prologue ? e->size || e->offset || e->write || e->field_size
		     : !is_size(e->size))
		return "an entry's size is none of an access";
	if (e->field_size && !is_size(e->field_size))
		return "an entry's field is of no size that fields have";
	return NULL;
}

static const char *check_entry(const struct vouch_oracle *o,
			       const struct vouch_oracle_entry *e)
{
	const u32 other = le16_to_cpu(e->other), same = le16_to_cpu(e->same);
	const char *why = check_place(e);
	struct vouch_oracle_entry field;

	if (why)
		return why;
	if (!is_part(e))
		return other < o->n_templates && same < o->n_templates
			       ? NULL
			       : "an entry has no template";
	if (e->write || other != VOUCH_ORACLE_NONE || same != VOUCH_ORACLE_NONE)
		return "a part of a field is more than loaded";
	field = whole_field(e);
	e = find(o, &field);
	return e && e->field_size == e->size ? NULL
					     : "a part belongs to no field";
}

static const char *check_entries(const struct vouch_oracle *o)
{
	const char *why;
	u32 i;

	for (i = 1; i < o->n_entries; i++)
		if (compare(&o->entries[i - 1], &o->entries[i]) >= 0)
			return "entries are not in ascending order";
	for (i = 0; i < o->n_entries; i++) {
		why = check_entry(o, &o->entries[i]);
		if (why)
			return why;
	}
	return NULL;
}

static const char *check_templates(const struct vouch_oracle *o)
{
	u32 i, n = 0;

	for (i = 0; i < o->n_templates; i++) {
		const struct vouch_oracle_template *t = &o->templates[i];
		u32 len = le32_to_cpu(t->n_insns);

		if (le32_to_cpu(t->first) != n || !len ||
		    len >= VOUCH_MAX_SEQUENCE || len > o->n_insns - n)
			return "a template is not where the last one ends, or "
			       "has no length that one may have";
		n += len;
	}
	if (n != o->n_insns)
		return "there are instructions of no template";
	for (i = 0; i < o->n_insns; i++)
		if ((o->insns[i].registers & 15) > VOUCH_ORACLE_TMP ||
		    o->insns[i].registers >> 4 > VOUCH_ORACLE_TMP)
			return "an instruction has an unknown register";
	return NULL;
}

int vouch_oracle_parse(const void *data, size_t len,
		       struct vouch_oracle *oracle, const char **why)
{
	const struct vouch_oracle_head *head = data;
	struct vouch_oracle *o = oracle;
	u64 room;

	*why = "the table is cut short";
	if (len < sizeof(*head) || len > VOUCH_ORACLE_MAX)
		return -EINVAL;
	*why = "it is no table of this version";
	if (memcmp(head->magic, VOUCH_ORACLE_MAGIC, sizeof(head->magic)) ||
	    le32_to_cpu(head->version) != VOUCH_ORACLE_VERSION)
		return -EINVAL;
	o->n_entries = le32_to_cpu(head->n_entries);
	o->n_templates = le32_to_cpu(head->n_templates);
	o->n_insns = le32_to_cpu(head->n_insns);
	room = sizeof(*head) + (u64)o->n_entries * sizeof(*o->entries) +
	       (u64)o->n_templates * sizeof(*o->templates) +
	       (u64)o->n_insns * sizeof(*o->insns);
	*why = "its length is not what its head says";
	if (room != len)
		return -EINVAL;
	o->entries = (const void *)(head + 1);
	o->templates = (const void *)(o->entries + o->n_entries);
	o->insns = (const void *)(o->templates + o->n_templates);
	*why = check_templates(o);
	if (!*why)
		*why = check_entries(o);
	return *why ? -EINVAL : 0;
}

/* ---- looking up ---- */

struct pair {
	u8 dst, src;
};

static u8 put_register(u8 role, struct pair regs)
{
	u8 reg;

	switch (role) {
	case VOUCH_ORACLE_DST:
		return regs.dst;
	case VOUCH_ORACLE_SRC:
		return regs.src;
	case VOUCH_ORACLE_TMP:
		for (reg = 9; reg == regs.dst || reg == regs.src; reg--)
			;
		return reg;
	default:
		return role;
	}
}

static void write_template(const struct vouch_oracle *o, u32 index,
			   struct pair regs, const u8 first[8],
			   u8 out[VOUCH_MAX_SEQUENCE][8], u32 *n_insns)
{
	const struct vouch_oracle_template *t = &o->templates[index];
	static const u8 place_of_first[8];
	u32 i;

	*n_insns = le32_to_cpu(t->n_insns);
	for (i = 0; i < *n_insns; i++) {
		const struct vouch_oracle_insn *insn =
			&o->insns[le32_to_cpu(t->first) + i];
		const u8 from = insn->registers;

		if (first && !memcmp(insn, place_of_first, 8)) {
			memcpy(out[i], first, 8);
			continue;
		}
		memcpy(out[i], insn, 8);
		out[i][1] = (u8)(put_register(from & 15, regs) |
				 put_register(from >> 4, regs) << 4);
	}
}

/* Which access an instruction is; false if it is none. */
static bool read_access(const u8 insn[8], struct vouch_oracle_entry *e,
			struct pair *regs)
{
	static const u8 sizes[] = { [BPF_W >> 3] = 4,
				    [BPF_H >> 3] = 2,
				    [BPF_B >> 3] = 1,
				    [BPF_DW >> 3] = 8 };
	const u8 code = insn[0], class = BPF_CLASS(code);
	u32 imm;

	memcpy(&imm, insn + 4, sizeof(imm));
	if (BPF_MODE(code) != BPF_MEM || (class != BPF_LDX && class != BPF_STX))
		return false;
	e->write = class == BPF_STX;
	e->size = sizes[BPF_SIZE(code) >> 3];
	memcpy(&e->offset, insn + 2, sizeof(e->offset));
	regs->dst = insn[1] & 15;
	regs->src = insn[1] >> 4;
	return !imm && regs->dst < REGISTERS && regs->src < REGISTERS;
}

/* Programs that use tstamp_type differ from others in some fields alone. */
static const struct vouch_oracle_entry *
find_access(const struct vouch_oracle *o, struct vouch_oracle_entry *wanted,
	    bool tstamp_type)
{
	const struct vouch_oracle_entry *e = NULL;

	wanted->tstamp_type = tstamp_type;
	if (tstamp_type)
		e = find(o, wanted);
	wanted->tstamp_type = 0;
	return e ? e : find(o, wanted);
}

static bool is_socket(u32 base)
{
	return base != VOUCH_BASE_PROLOGUE && base != VOUCH_BASE_CTX;
}

int vouch_oracle_convert(const struct vouch_oracle *oracle,
			 const struct vouch_oracle_key *key, const u8 insn[8],
			 u8 out[VOUCH_MAX_SEQUENCE][8], u32 *n_insns,
			 u32 *target_size)
{
	struct vouch_oracle_entry wanted = {};
	const bool prologue = key->base == VOUCH_BASE_PROLOGUE;
	const struct vouch_oracle_entry *e;
	struct pair regs = {};

	if (key->base >= VOUCH_BASE_BTF || key->prog_type > UINT16_MAX)
		return -ENOENT;
	wanted.base = (u8)key->base;
	wanted.prog_type =
		cpu_to_le16(is_socket(key->base) ? 0 : (u16)key->prog_type);
	if (!prologue && !read_access(insn, &wanted, &regs))
		return -ENOENT;
	e = find_access(oracle, &wanted, key->tstamp_type);
	if (e && is_part(e)) {
		wanted = whole_field(e);
		e = find_access(oracle, &wanted, key->tstamp_type);
	}
	if (!e)
		return -ENOENT;
	write_template(oracle,
		       le16_to_cpu(regs.dst == regs.src ? e->same : e->other),
		       regs, prologue ? insn : NULL, out, n_insns);
	*target_size = e->target_size;
	return 0;
}
