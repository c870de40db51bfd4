// SPDX-License-Identifier: BSD-2-Clause
/* Types of the object and of the kernel, read through libbpf. */

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "btf.h"

#define MAX_DEPTH 8

/* As far as the field core_relo_len; libbpf does not declare it. */
struct btf_ext_head {
	u16 magic;
	u8 version;
	u8 flags;
	u32 hdr_len;
	u32 func_info[2];
	u32 line_info[2];
	u32 core_relo_off;
	u32 core_relo_len;
};

struct core_relo_section {
	u32 record_size;
	u32 section_name;
	u32 n;
};

static const char *name_of(const struct btf *btf, u32 offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

static const struct btf_type *find_section(const struct btf *btf,
					   const char *section)
{
	s32 id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

static const struct btf_type *strip(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	int depth = 0;

	while (t && depth++ < 32 && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static const char *extern_kind(const struct btf *btf,
			       const struct btf_type *var, bool config)
{
	const struct btf_type *t;

	if (config)
		return "kernel configuration (kconfig)";
	if (btf_is_func(var))
		return "kernel function (kfunc)";
	t = strip(btf, var->type);
	return !t || btf_is_void(t)
		       ? "kernel symbol without type (typeless ksym)"
		       : "kernel symbol with type (typed ksym)";
}

static int judge_externs(const struct btf *btf, const char *section, char *why,
			 size_t size)
{
	const struct btf_type *sec = find_section(btf, section);
	const struct btf_type *var;

	if (!sec || !btf_vlen(sec))
		return 0;
	var = btf__type_by_id(btf, btf_var_secinfos(sec)->type);
	if (!var || (!btf_is_var(var) && !btf_is_func(var))) {
		snprintf(why, size, "the object's BTF is broken");
		return -EINVAL;
	}
	snprintf(
		why, size,
		"extern %s is a %s: its value is the verifier kernel's, not the target's",
		name_of(btf, var->name_off),
		extern_kind(btf, var, !strcmp(section, ".kconfig")));
	return -EOPNOTSUPP;
}

static int judge_core(const struct vouch_object *object, const struct btf *btf,
		      char *why, size_t size)
{
	const struct vouch_section_data *ext = &object->btf_ext;
	struct core_relo_section sec;
	struct btf_ext_head head;
	u64 off;

	if (!ext->data)
		return 0;
	snprintf(why, size, "the object's BTF.ext is broken");
	if (ext->size < offsetof(struct btf_ext_head, core_relo_off))
		return -EINVAL;
	memset(&head, 0, sizeof(head));
	memcpy(&head, ext->data,
	       ext->size < sizeof(head) ? ext->size : sizeof(head));
	if (head.hdr_len < sizeof(head) || !head.core_relo_len)
		return 0;
	off = (u64)head.hdr_len + head.core_relo_off;
	if (!vouch_range_ok(off, head.core_relo_len, ext->size))
		return -EINVAL;
	if (head.core_relo_len < sizeof(sec))
		return 0;
	memcpy(&sec, ext->data + off, sizeof(sec));
	snprintf(
		why, size,
		"CO-RE relocations (section %s) are not supported yet: they are resolved against the verifier kernel; compile without preserve_access_index and BPF_CORE_READ",
		name_of(btf, sec.section_name));
	return -EOPNOTSUPP;
}

int vouch_btf_judge(const struct vouch_object *object, bool for_target,
		    char *why, size_t size)
{
	static const char *const sections[] = { ".ksyms", ".kconfig" };
	u32 n = for_target ? 1 : 2;
	struct btf *btf;
	u32 i;
	int err = 0;

	if (!object->btf.data)
		return 0;
	btf = btf__new(object->btf.data, object->btf.size);
	if (!btf) {
		snprintf(why, size, "the object's BTF is broken");
		return -EINVAL;
	}
	for (i = 0; !err && i < n; i++)
		err = judge_externs(btf, sections[i], why, size);
	if (!err && !for_target)
		err = judge_core(object, btf, why, size);
	btf__free(btf);
	return err;
}

/* Return: 0, -EINVAL, or -ERANGE. */
static int parse_int(const char *text, u32 bytes, bool is_signed, u64 *out)
{
	u32 bits = bytes * 8;
	char *end;

	errno = 0;
	if (!*text)
		return -EINVAL;
	if (*text == '-') {
		s64 v = strtoll(text, &end, 0);

		if (*end || errno == EINVAL)
			return -EINVAL;
		if (errno || !is_signed ||
		    (bits < 64 && v < -(1ll << (bits - 1))))
			return -ERANGE;
		*out = v;
		return 0;
	}
	*out = strtoull(text, &end, 0);
	if (*end || errno == EINVAL)
		return -EINVAL;
	if (is_signed)
		bits--;
	return errno || (bits < 64 && *out >> bits) ? -ERANGE : 0;
}

static int parse_enum(const struct btf *btf, const struct btf_type *t,
		      const char *text, u64 *out)
{
	u32 i;

	for (i = 0; i < btf_vlen(t); i++) {
		if (btf_is_enum64(t)) {
			const struct btf_enum64 *e = &btf_enum64(t)[i];

			if (!strcmp(name_of(btf, e->name_off), text)) {
				*out = btf_enum64_value(e);
				return 0;
			}
		} else if (!strcmp(name_of(btf, btf_enum(t)[i].name_off),
				   text)) {
			*out = (s64)btf_enum(t)[i].val;
			return 0;
		}
	}
	return parse_int(text, t->size, btf_kflag(t), out);
}

static int parse_scalar(const struct btf *btf, const struct btf_type *t,
			const char *text, u64 *out)
{
	if (btf_is_any_enum(t))
		return parse_enum(btf, t, text, out);
	if (btf_int_encoding(t) & BTF_INT_BOOL) {
		*out = !strcmp(text, "true") || !strcmp(text, "1");
		return *out || !strcmp(text, "false") || !strcmp(text, "0")
			       ? 0
			       : -EINVAL;
	}
	return parse_int(text, t->size, btf_int_encoding(t) & BTF_INT_SIGNED,
			 out);
}

static int set_text(const struct btf *btf, const struct btf_type *t, u8 *p,
		    const char *value, char *why, size_t size)
{
	const struct btf_type *of = strip(btf, btf_array(t)->type);
	u32 n = btf_array(t)->nelems;

	if (!of || !btf_is_int(of) || of->size != 1) {
		snprintf(why, size, "it is an array, but not of characters");
		return -EINVAL;
	}
	if (strlen(value) >= n) {
		snprintf(why, size, "it holds %u characters at most",
			 n ? n - 1 : 0);
		return -EINVAL;
	}
	memset(p, 0, n);
	memcpy(p, value, strlen(value));
	return 0;
}

static int set_value(const struct btf *btf, const struct btf_type *t, u8 *p,
		     const char *value, char *why, size_t size)
{
	u64 number = 0;
	int err;

	if (t && btf_is_array(t))
		return set_text(btf, t, p, value, why, size);
	if (!t || (!btf_is_int(t) && !btf_is_any_enum(t)) || !t->size ||
	    t->size > 8) {
		snprintf(why, size,
			 "it is neither integer, bool, enum nor text");
		return -EINVAL;
	}
	err = parse_scalar(btf, t, value, &number);
	if (err) {
		snprintf(why, size, "%s %s for its type of %u bytes", value,
			 err == -ERANGE ? "is out of range" : "is no value",
			 t->size);
		return -EINVAL;
	}
	/* Both are little-endian. */
	memcpy(p, &number, t->size);
	return 0;
}

int vouch_btf_set(const struct btf *btf, const char *section, void *data,
		  size_t data_size, const char *name, const char *value,
		  char *why, size_t size)
{
	const struct btf_type *sec = find_section(btf, section);
	u32 i;

	for (i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(sec)[i];
		const struct btf_type *var = btf__type_by_id(btf, v->type);

		if (!var || !btf_is_var(var) ||
		    strcmp(name_of(btf, var->name_off), name))
			continue;
		if (!vouch_range_ok(v->offset, v->size, data_size) ||
		    btf__resolve_size(btf, var->type) != (s64)v->size) {
			snprintf(why, size, "the object's BTF is broken");
			return -EINVAL;
		}
		return set_value(btf, strip(btf, var->type),
				 (u8 *)data + v->offset, value, why, size);
	}
	return -ENOENT;
}

void vouch_btf_list(const struct btf *btf, const char *section, char *text,
		    size_t size)
{
	const struct btf_type *sec = find_section(btf, section);
	u32 i;

	for (i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_type *var =
			btf__type_by_id(btf, btf_var_secinfos(sec)[i].type);
		size_t n = strlen(text);

		if (var)
			snprintf(text + n, size - n, "%s%s", n ? ", " : "",
				 name_of(btf, var->name_off));
	}
}

struct btf *vouch_btf_kernel(void)
{
	return btf__parse("/sys/kernel/btf/vmlinux", NULL);
}

void vouch_btf_free(struct btf *btf)
{
	btf__free(btf);
}

/* Find @field in @t, also within anonymous members; @bits gets its place. */
static const struct btf_member *find_member(const struct btf *btf,
					    const struct btf_type *t,
					    const char *field, u32 *bits,
					    int depth)
{
	u32 i;

	for (i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = name_of(btf, m->name_off);
		const struct btf_member *inner;
		u32 at = 0;

		if (*name && !strcmp(name, field)) {
			*bits += btf_member_bit_offset(t, i);
			return m;
		}
		if (*name || !depth)
			continue;
		inner = find_member(btf, strip(btf, m->type), field, &at,
				    depth - 1);
		if (inner) {
			*bits += btf_member_bit_offset(t, i) + at;
			return inner;
		}
	}
	return NULL;
}

int vouch_btf_layout(const struct btf *btf, struct vouch_capture_fact *fact)
{
	s32 id = btf__find_by_name_kind(btf, fact->structure, BTF_KIND_STRUCT);
	const struct btf_member *m;
	u32 bits = 0;
	s64 size;

	if (id < 0)
		return -ENOENT;
	if (!*fact->field) {
		fact->offset = 0;
		fact->size = cpu_to_le32(btf__type_by_id(btf, id)->size);
		return 0;
	}
	m = find_member(btf, btf__type_by_id(btf, id), fact->field, &bits,
			MAX_DEPTH);
	if (!m || bits % 8)
		return -ENOENT;
	size = btf__resolve_size(btf, m->type);
	fact->offset = cpu_to_le32(bits / 8);
	fact->size = cpu_to_le32(size < 0 ? 0 : size);
	return 0;
}

/* Append ".member" of what lies at @offset in @t, level by level. */
static void name_at(const struct btf *btf, const struct btf_type *t, u32 offset,
		    char *text, size_t size)
{
	int depth;
	u32 i;

	for (depth = 0; t && btf_is_composite(t) && depth < MAX_DEPTH;
	     depth++) {
		const struct btf_type *next = NULL;
		u32 at = 0;

		for (i = 0; !next && i < btf_vlen(t); i++) {
			const struct btf_member *m = &btf_members(t)[i];
			s64 len = btf__resolve_size(btf, m->type);
			const char *name = name_of(btf, m->name_off);
			size_t n = strlen(text);

			at = btf_member_bit_offset(t, i) / 8;
			if (offset < at || len < 0 || offset >= at + (u64)len)
				continue;
			next = strip(btf, m->type);
			if (*name)
				snprintf(text + n, size - n, ".%s", name);
		}
		t = next;
		offset -= at;
	}
}

void vouch_btf_field_at(u32 structure, u32 offset, char *text, size_t size)
{
	struct btf *btf = vouch_btf_kernel();
	const struct btf_type *t = btf ? btf__type_by_id(btf, structure) : NULL;

	snprintf(text, size, "byte %u of a kernel structure", offset);
	if (t && btf_is_composite(t)) {
		snprintf(text, size, "%s", name_of(btf, t->name_off));
		name_at(btf, t, offset, text, size);
	}
	btf__free(btf);
}
