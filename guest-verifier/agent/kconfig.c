// SPDX-License-Identifier: BSD-2-Clause
/*
 * Externs of section .kconfig. Each gets a line, so that libbpf never looks
 * for the verifier VM's own settings.
 */

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "btf.h"
#include "kconfig.h"

#define SECTION ".kconfig"
#define VERSION "LINUX_KERNEL_VERSION"
#define WRAPPER "LINUX_HAS_SYSCALL_WRAPPER"
#define WRAPPER_SETTING "CONFIG_ARCH_HAS_SYSCALL_WRAPPER"

/* The line of @name in @text of @len bytes, without its end; *@n is long. */
static const char *find_line(const char *text, size_t len, const char *name,
			     size_t *n)
{
	const char *end = text + len;
	size_t name_len = strlen(name);

	while (text < end) {
		const char *next = memchr(text, '\n', end - text);

		*n = (next ? next : end) - text;
		if (*n > name_len && !memcmp(text, name, name_len) &&
		    text[name_len] == '=')
			return text;
		text += *n + 1;
	}
	return NULL;
}

/* As a kernel without that setting would have it. */
static const char *absent(const struct btf *btf, u32 type)
{
	const struct btf_type *t = btf__type_by_id(btf, type);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (t && btf_is_array(t))
		return "\"\"";
	if (t && btf_is_int(t) && t->size > 1 &&
	    !(btf_int_encoding(t) & BTF_INT_BOOL))
		return "0";
	return "n";
}

static int write_lines(FILE *f, const struct vouch_object *object,
		       const struct btf *btf, const struct btf_type *sec,
		       const struct vouch_target *target, char *why,
		       size_t size)
{
	u32 i;

	for (i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *var =
			btf__type_by_id(btf, btf_var_secinfos(sec)[i].type);
		const char *name =
			var && btf_is_var(var)
				? btf__name_by_offset(btf, var->name_off)
				: NULL;
		const char *line;
		size_t n;

		snprintf(why, size, "the object's BTF is broken");
		if (!name)
			return -EINVAL;
		/* libbpf asks the kernel: see bpf_call.c. */
		if (!strcmp(name, VERSION) || !strcmp(name, WRAPPER))
			continue;
		snprintf(why, size,
			 "extern %s is no setting of the target's kernel",
			 name);
		if (strncmp(name, "CONFIG_", 7))
			return -EOPNOTSUPP;
		line = find_line(target->kconfig, target->kconfig_len, name,
				 &n);
		snprintf(why, size,
			 "extern %s is not set in the target's kernel; set it "
			 "there, or declare it weak to read 0",
			 name);
		if (!line && !vouch_object_is_weak(object, name))
			return -EOPNOTSUPP;
		if (line)
			fprintf(f, "%.*s\n", (int)n, line);
		else
			fprintf(f, "%s=%s\n", name, absent(btf, var->type));
	}
	return 0;
}

bool vouch_kconfig_wraps(const struct vouch_target *target)
{
	size_t n;
	const char *line = find_line(target->kconfig, target->kconfig_len,
				     WRAPPER_SETTING, &n);

	return line && n && line[n - 1] == 'y';
}

int vouch_kconfig_text(const struct vouch_object *object,
		       const struct vouch_target *target, char **text,
		       char *why, size_t size)
{
	const struct btf_type *sec = NULL;
	struct btf *btf;
	size_t len;
	int err = 0;
	FILE *f;

	*text = NULL;
	if (!object->btf.data)
		return 0;
	snprintf(why, size, "the object's BTF is broken");
	btf = btf__new(object->btf.data, object->btf.size);
	if (!btf)
		return -EINVAL;
	if (btf__find_by_name_kind(btf, SECTION, BTF_KIND_DATASEC) > 0)
		sec = btf__type_by_id(
			btf,
			btf__find_by_name_kind(btf, SECTION, BTF_KIND_DATASEC));
	f = sec ? open_memstream(text, &len) : NULL;
	if (sec && !f)
		err = -ENOMEM;
	if (f) {
		err = write_lines(f, object, btf, sec, target, why, size);
		fclose(f);
	}
	btf__free(btf);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}
