// SPDX-License-Identifier: BSD-2-Clause
/* Settings of the target's kernel, laid out and valued as libbpf does. */

#include <stdio.h>
#include <stdlib.h>

#include "object_kconfig.h"
#include "object_maps.h"

#define SECTION ".kconfig"
#define VERSION "LINUX_KERNEL_VERSION"
#define WRAPPER "LINUX_HAS_SYSCALL_WRAPPER"
#define WRAPPER_SETTING "CONFIG_ARCH_HAS_SYSCALL_WRAPPER"
#define TRISTATE "libbpf_tristate"
#define MAX_EXTERNS 256u
#define MAX_SUBLEVEL 255ul /* as KERNEL_VERSION() has it */

enum { TRI_NO, TRI_YES, TRI_MODULE }; /* enum libbpf_tristate */

struct setting {
	const char *name;
	struct vouch_type type; /* without typedefs and qualifiers */
	u32 size; /* bytes */
	u32 align;
};

static int refuse(struct vouch_refusal *why, const char *name, const char *what)
{
	return vouch_refuse(why,
			    "extern %s: %s; give it a type that fits the "
			    "setting, as vmlinux.h and bpf_helpers.h have it",
			    name, what);
}

/* The widest first, of those the smallest, then by name: libbpf's order. */
static int compare(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;

	if (x->align != y->align)
		return x->align > y->align ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool align_of(const struct vouch_types *types,
		     const struct vouch_type *type, u32 *align)
{
	struct btf_array array;
	struct vouch_type of = *type;

	if (BTF_INFO_KIND(type->t.info) == BTF_KIND_ARRAY) {
		memcpy(&array, type->extra, sizeof(array));
		if (!vouch_types_strip(types, array.type, &of))
			return false;
	}
	*align = of.t.size;
	return (BTF_INFO_KIND(of.t.info) == BTF_KIND_INT ||
		BTF_INFO_KIND(of.t.info) == BTF_KIND_ENUM) &&
	       (*align == 1 || *align == 2 || *align == 4 || *align == 8);
}

static int read_settings(const struct vouch_types *types,
			 const struct vouch_type *section,
			 struct setting *settings, u32 *n,
			 struct vouch_refusal *why)
{
	struct btf_var_secinfo info;
	struct vouch_type variable;
	u32 i;

	*n = section->extra_len / sizeof(info);
	if (*n > MAX_EXTERNS)
		return vouch_refuse(why,
				    "object: it asks for more than %u settings "
				    "of the kernel; split it",
				    MAX_EXTERNS);
	for (i = 0; i < *n; i++) {
		struct setting *s = &settings[i];

		if (!vouch_types_variable(types, section, i, &info, &variable))
			return refuse(why, "of " SECTION, "it has no name");
		s->name = vouch_types_name(types, variable.t.name_off);
		if (!vouch_types_strip(types, variable.t.type, &s->type) ||
		    !vouch_types_size(types, variable.t.type, &s->size) ||
		    !align_of(types, &s->type, &s->align))
			return refuse(why, s->name, "its type is none of C");
	}
	qsort(settings, *n, sizeof(*settings), compare);
	return 0;
}

/* ---- values ------------------------------------------------------------ */

static bool is_bool(const struct vouch_type *type)
{
	u32 encoding;

	if (BTF_INFO_KIND(type->t.info) != BTF_KIND_INT)
		return false;
	memcpy(&encoding, type->extra, sizeof(encoding));
	return BTF_INT_ENCODING(encoding) & BTF_INT_BOOL;
}

static bool is_signed(const struct vouch_type *type)
{
	u32 encoding;

	memcpy(&encoding, type->extra, sizeof(encoding));
	return BTF_INT_ENCODING(encoding) & BTF_INT_SIGNED;
}

static bool is_tristate(const struct vouch_types *types,
			const struct vouch_type *type)
{
	return BTF_INFO_KIND(type->t.info) == BTF_KIND_ENUM &&
	       type->t.size == 4 &&
	       !strcmp(vouch_types_name(types, type->t.name_off), TRISTATE);
}

/* y, m or n */
static bool set_tristate(const struct vouch_types *types,
			 const struct setting *s, u8 *p, char value)
{
	bool whole = BTF_INFO_KIND(s->type.t.info) == BTF_KIND_INT;
	u32 number;

	if (is_tristate(types, &s->type)) {
		number = value == 'y'	? TRI_YES
			 : value == 'm' ? TRI_MODULE
					: TRI_NO;
		memcpy(p, &number, sizeof(number));
		return true;
	}
	if (!whole || s->size != 1 || (is_bool(&s->type) && value == 'm'))
		return false;
	*p = is_bool(&s->type) ? value == 'y' : (u8)value;
	return true;
}

static bool set_number(const struct setting *s, u8 *p, const char *text)
{
	u32 bits = s->size * 8;
	char *end;
	u64 n;

	if (BTF_INFO_KIND(s->type.t.info) != BTF_KIND_INT || is_bool(&s->type))
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (end == text || *end || errno)
		return false;
	if (bits < 64 && is_signed(&s->type) &&
	    n + (1ull << (bits - 1)) >= 1ull << bits)
		return false;
	if (bits < 64 && !is_signed(&s->type) && n >> bits)
		return false;
	memcpy(p, &n, s->size);
	return true;
}

/* "TEXT" */
static bool set_text(const struct setting *s, u8 *p, const char *text)
{
	size_t len = strlen(text);

	if (BTF_INFO_KIND(s->type.t.info) != BTF_KIND_ARRAY || s->align != 1 ||
	    len < 2 || text[len - 1] != '"' || len - 2 >= s->size)
		return false;
	memcpy(p, text + 1, len - 2);
	return true;
}

static bool set_value(const struct vouch_types *types, const struct setting *s,
		      u8 *p, const char *text)
{
	if (*text == '"')
		return set_text(s, p, text);
	if ((*text == 'y' || *text == 'm' || *text == 'n') && !text[1])
		return set_tristate(types, s, p, *text);
	return set_number(s, p, text);
}

/* The target's line of that name, in @value; false if it has none. */
static bool find_value(const struct vouch_profile *profile, const char *name,
		       char *value, size_t size)
{
	size_t left, n, name_len = strlen(name);
	const char *text = vouch_profile_kconfig(profile, &left);

	while (left) {
		const char *end = memchr(text, '\n', left);

		n = end ? (size_t)(end - text) : left;
		if (n > name_len && !memcmp(text, name, name_len) &&
		    text[name_len] == '=' && n - name_len - 1 < size) {
			snprintf(value, size, "%.*s", (int)(n - name_len - 1),
				 text + name_len + 1);
			return true;
		}
		text += n + !!end;
		left -= n + !!end;
	}
	return false;
}

/* 6.1.192-anything is 6 << 16 | 1 << 8 | 192. */
static bool set_version(const struct setting *s, u8 *p, const char *release)
{
	unsigned int a, b, c;
	char text[32];

	if (sscanf(release, "%u.%u.%u", &a, &b, &c) != 3)
		return false;
	snprintf(text, sizeof(text), "%lu",
		 ((unsigned long)a << 16) + ((unsigned long)b << 8) +
			 (c > MAX_SUBLEVEL ? MAX_SUBLEVEL : c));
	return set_number(s, p, text);
}

/* Is the entry of a system call a function that takes registers? */
static bool set_wrapper(const struct setting *s, u8 *p,
			const struct vouch_profile *profile)
{
	char value[4];
	bool has = find_value(profile, WRAPPER_SETTING, value, sizeof(value)) &&
		   *value == 'y';

	if (!is_bool(&s->type))
		return set_number(s, p, has ? "1" : "0");
	*p = has;
	return true;
}

static int set_setting(const struct vouch_types *types,
		       const struct vouch_profile *profile,
		       const struct setting *s, u8 *p,
		       struct vouch_refusal *why)
{
	char value[256];
	bool good;

	if (!strcmp(s->name, VERSION))
		good = set_version(s, p, vouch_profile_release(profile));
	else if (!strcmp(s->name, WRAPPER))
		good = set_wrapper(s, p, profile);
	else if (strncmp(s->name, "CONFIG_", 7))
		return refuse(why, s->name,
			      "it is no setting of the target's kernel");
	else if (find_value(profile, s->name, value, sizeof(value)))
		good = set_value(types, s, p, value);
	else /* zero, but for a letter */
		good = BTF_INFO_KIND(s->type.t.info) != BTF_KIND_INT ||
		       s->size != 1 || set_tristate(types, s, p, 'n');
	return good ? 0
		    : refuse(why, s->name,
			     "the target's value does not fit its type");
}

/* ---- the map ----------------------------------------------------------- */

static u32 round_up(u32 n, u32 to)
{
	return (n + to - 1) / to * to;
}

static int make_map(struct vouch_object *object,
		    const struct vouch_types *types,
		    const struct vouch_profile *profile,
		    const struct setting *settings, u32 n,
		    struct vouch_refusal *why)
{
	u32 i, size = 0, at = 0;
	u8 *values;
	int ret = 0;

	for (i = 0; i < n; i++) {
		if (!settings[i].size || !settings[i].align)
			return refuse(why, settings[i].name, "it has no size");
		if (settings[i].size > VOUCH_OBJECT_MAX_SETTING)
			return refuse(why, settings[i].name, "it is too long");
		size = round_up(size, settings[i].align) + settings[i].size;
	}
	/* One more than is needed: never none. */
	values = calloc(1, size + 1ul);
	if (!values)
		return -ENOMEM;
	for (i = 0; !ret && i < n; i++) {
		at = round_up(at, settings[i].align);
		ret = set_setting(types, profile, &settings[i], values + at,
				  why);
		at += settings[i].size;
	}
	if (!ret)
		ret = vouch_object_maps_kconfig(object, types, SECTION, values,
						size, why);
	free(values);
	return ret;
}

bool vouch_object_kconfig_has(const struct vouch_types *types, const char *name)
{
	struct vouch_type section, variable;
	struct btf_var_secinfo info;
	u32 i;

	if (!types->n || !vouch_types_section(types, SECTION, &section))
		return false;
	for (i = 0; i < section.extra_len / sizeof(info); i++)
		if (vouch_types_variable(types, &section, i, &info,
					 &variable) &&
		    !strcmp(vouch_types_name(types, variable.t.name_off), name))
			return true;
	return false;
}

int vouch_object_kconfig(struct vouch_object *object,
			 const struct vouch_types *types,
			 const struct vouch_profile *profile,
			 struct vouch_refusal *why)
{
	struct vouch_type section;
	struct setting *settings;
	u32 n = 0;
	int ret;

	if (!types->n || !vouch_types_section(types, SECTION, &section) ||
	    !section.extra_len)
		return 0;
	settings = calloc(MAX_EXTERNS, sizeof(*settings));
	if (!settings)
		return -ENOMEM;
	ret = read_settings(types, &section, settings, &n, why);
	if (!ret)
		ret = make_map(object, types, profile, settings, n, why);
	free(settings);
	return ret;
}
