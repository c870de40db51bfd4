// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the verifier agent's child reads of an object before and beside
 * libbpf: sections, type information, variables. An input is an object, or,
 * if it does not begin as ELF files do, changes to the tests' object, which
 * has externs as its first byte says; the second byte names a variable and
 * its value. Where the first byte is 0x80 or more, the changes are to type
 * information with variables of every kind.
 *
 * Parser: guest-verifier/agent/object.c guest-verifier/agent/btf.c
 * Parser: guest-verifier/agent/btf_whole.c
 * Seeds: build/objects
 */

#include "base.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../../guest-verifier/agent/btf.h"
#include "../../guest-verifier/agent/btf_whole.h"

static int say_nothing(enum libbpf_print_level level, const char *format,
		       va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void set_variables(const struct btf *btf, u8 which)
{
	static const char *const sections[] = { ".rodata", ".data", ".bss",
						".ksyms", ".maps" };
	static const char *const names[] = { "number", "byte", "truth", "text",
					     "choice", "wide", "none",	"sub" };
	static const char *const values[] = {
		"0",	"1",	 "-1",	  "x",	  "0xffffffffffffffffff",
		"true", "false", "first", "last", "256",
		"",	"-",	 "-129",  "1x",	  "a text that is too long",
		"-x",
	};
	char text[64] = "", why[256], data[256] = "";
	u32 i;

	for (i = 0; i < 5; i++) {
		vouch_btf_set(btf, sections[i], data, sizeof(data),
			      names[which % 8], values[which / 8 % 16], why,
			      sizeof(why));
		vouch_btf_list(btf, sections[i], text, sizeof(text));
	}
	fuzz_require(memchr(text, 0, sizeof(text)));
}

/* Layouts are asked of the kernel's types only: of an object's, which may nest
 * without end, where there are few. */
static void find_fields(const struct btf *btf)
{
	u32 i, n = btf__type_cnt(btf);

	for (i = 1; i < n && n < 16; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		struct vouch_capture_fact fact = {};

		if (!btf_is_struct(t) || btf_vlen(t) > 4)
			continue;
		snprintf(fact.structure, sizeof(fact.structure), "%s",
			 btf__name_by_offset(btf, t->name_off));
		vouch_btf_layout(btf, &fact);
		if (btf_vlen(t))
			snprintf(fact.field, sizeof(fact.field), "%s",
				 btf__name_by_offset(btf,
						     btf_members(t)->name_off));
		vouch_btf_layout(btf, &fact);
	}
}

static void read_object(const u8 *data, size_t size, u8 which)
{
	struct vouch_object object;
	const char *why = NULL;
	char text[256] = "";
	struct btf *btf;

	if (vouch_object_read(data, size, &object, &why)) {
		fuzz_require(why);
		return;
	}
	fuzz_touch(object.btf.data, object.btf.size);
	fuzz_touch(object.btf_ext.data, object.btf_ext.size);
	if (vouch_btf_judge(&object, false, text, sizeof(text)))
		fuzz_require(text[0]);
	if (!object.btf.data)
		return;
	vouch_btf_whole(object.btf.data, (u32)object.btf.size);
	btf = btf__new(object.btf.data, (u32)object.btf.size);
	if (libbpf_get_error(btf))
		return;
	set_variables(btf, which);
	find_fields(btf);
	vouch_btf_free(btf);
}

/* Their ids count from 1, in this order. */
static struct btf *make_types(void)
{
	struct btf *btf = btf__new_empty();

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_int(btf, "char", 1, 0);
	btf__add_int(btf, "bool", 1, BTF_INT_BOOL);
	btf__add_array(btf, 1, 2, 8);
	btf__add_enum(btf, "choices", 4);
	btf__add_enum_value(btf, "first", 1);
	btf__add_enum_value(btf, "last", -2);
	btf__add_enum64(btf, "wide", 8, true);
	btf__add_enum64_value(btf, "first", 1ull << 40);
	btf__add_struct(btf, "outer", 8);
	btf__add_field(btf, "a", 1, 0, 0);
	btf__add_struct(btf, "nest", 8);
	btf__add_field(btf, "", 7, 0, 0);
	btf__add_const(btf, 1);
	btf__add_typedef(btf, "number_t", 9);
	return btf;
}

/* Types, and a section with one variable of one of them. */
static struct fuzz_edited types_with(u8 which)
{
	static const struct {
		const char *name;
		int type;
		u32 size;
	} vars[] = { { "number", 10, 4 }, { "byte", 2, 1 },   { "truth", 3, 1 },
		     { "text", 4, 8 },	  { "choice", 5, 4 }, { "wide", 6, 8 },
		     { "none", 1, 4 },	  { "sub", 7, 8 } };
	struct btf *btf = make_types();
	struct fuzz_edited e;
	const void *raw;
	u32 size, i = which % 8;
	int id = btf__add_var(btf, vars[i].name, BTF_VAR_STATIC, vars[i].type);

	fuzz_require(btf__add_datasec(btf, ".data", 40) > 0 &&
		     !btf__add_datasec_var_info(btf, id, 0, vars[i].size));
	raw = btf__raw_data(btf, &size);
	e = fuzz_editable(raw, size);
	btf__free(btf);
	return e;
}

static void read_types(struct fuzz_input *in, u8 which)
{
	struct fuzz_edited e = types_with(which);
	struct btf *btf;
	size_t size;
	u8 *copy;

	fuzz_edit(&e, in);
	size = e.len;
	copy = fuzz_edited_end(&e);
	btf = btf__new(copy, (u32)size);
	if (!libbpf_get_error(btf)) {
		set_variables(btf, which);
		find_fields(btf);
		vouch_btf_free(btf);
	}
	free(copy);
}

static struct fuzz_edited make_object(u8 how)
{
	static const char *const sections[] = { ".ksyms", ".kconfig", ".data" };
	static struct fixture f;
	const struct fixture_extern ext = {
		.name = how & 1 ? "an_extern" : NULL,
		.kind = !(how & 1) ? 0
			: how & 2  ? BTF_KIND_VAR
				   : BTF_KIND_FUNC,
		.section = sections[how / 8 % 3],
	};

	memset(&f, 0, sizeof(f));
	fixture_object(&f, ext, how & 64);
	return fuzz_editable(f.object, f.object_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct fuzz_edited e;
	u8 which = 0, *copy;

	libbpf_set_print(say_nothing);
	if (len && data[0] == ELFMAG0) {
		copy = fuzz_copy(data, len);
	} else if (len && data[0] & 0x80) {
		fuzz_u8(&in);
		read_types(&in, fuzz_u8(&in));
		return 0;
	} else {
		e = make_object(fuzz_u8(&in));
		which = fuzz_u8(&in);
		fuzz_edit(&e, &in);
		len = e.len;
		copy = fuzz_edited_end(&e);
	}
	read_object(copy, len, which);
	free(copy);
	return 0;
}
