// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bridge's reader of submitted objects: whatever a submitter sends. An
 * input is an object, or, if it does not begin as ELF files do, changes to
 * the tests' object, which has externs and types as its first byte says, and
 * is read under options that its second byte says.
 *
 * Parser: host-bridge/object.c host-bridge/object_btf.c
 * Parser: host-bridge/object_maps.c host-bridge/object_value.c
 * Parser: host-bridge/btf_types.c host-bridge/section.c
 * Parser: host-bridge/object_calls.c host-bridge/object_lock.c
 * Parser: host-bridge/object_place.c host-bridge/object_define.c
 * Seeds: build/objects
 */

#include "base.h"

#include "object.h"

/* Settings of variables of each kind, of values that fit and that do not. */
static json_t *make_options(u8 how)
{
	static const char *const names[] = { "greeting", "limit", "way",
					     "flag" };
	static const char *const values[] = { "1",    "0x100", "-1", "DOWN",
					      "true", "text",  "" };
	json_t *options = json_pack("{s:{s:s}, s:{}}", "set", names[how % 4],
				    values[how / 4 % 7], "map_entries");

	if (how & 128)
		json_object_set_new(json_object_get(options, "map_entries"),
				    "counters", json_integer(how));
	return options;
}

static void read_object(const u8 *data, size_t size, u8 how)
{
	json_t *options = how ? make_options(how) : NULL;
	struct vouch_refusal why = {};
	struct vouch_object object;
	int ret;

	fuzz_alloc_arm(data, size);
	ret = vouch_object_read(data, size, options, NULL, &object, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EPERM && why.text[0]));
	if (!ret) {
		vouch_object_has32(&object, 1);
		vouch_object_has64(&object, FIXTURE_CONST);
	}
	vouch_object_release(&object);
	json_decref(options);
}

static struct fuzz_edited make_object(u8 how)
{
	static const char *const sections[] = { ".ksyms", ".kconfig", ".maps" };
	static struct fixture f;
	const struct fixture_extern ext = {
		.name = how & 1 ? "an_extern" : NULL,
		.kind = !(how & 1) ? 0
			: how & 2  ? BTF_KIND_VAR
			: how & 4  ? BTF_KIND_FUNC
				   : 0,
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
	u8 how = 0, *copy;

	if (len && data[0] == ELFMAG0) {
		copy = fuzz_copy(data, len);
	} else {
		e = make_object(fuzz_u8(&in));
		how = fuzz_u8(&in);
		fuzz_edit(&e, &in);
		len = e.len;
		copy = fuzz_edited_end(&e);
	}
	read_object(copy, len, how);
	free(copy);
	return 0;
}
