// SPDX-License-Identifier: BSD-2-Clause
/* Linking: the same input gives the same bytes, in the one fixed shape. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/content.h"
#include "bridge_fixture.h"

static int start(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	fixture_init(f);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	fixture_release(*state);
	free(*state);
	return 0;
}

static void *parse(struct fixture *f, size_t *len, struct vouch_image *img)
{
	void *file = fixture_link(f, len);
	const char *why = "";

	if (vouch_image_parse(file, *len, img, &why) ||
	    vouch_content_check(img, &why))
		fail_msg("%s", why);
	return file;
}

static void same_input_same_bytes(void **state)
{
	struct fixture *f = *state;
	size_t len = 0, again = 0;
	void *a = fixture_link(f, &len), *b = fixture_link(f, &again);

	assert_int_equal(len, again);
	assert_memory_equal(a, b, len);
	free(a);
	free(b);
}

static void other_input_other_name(void **state)
{
	struct fixture *f = *state;
	struct vouch_image one, two;
	size_t len = 0;
	void *a = parse(f, &len, &one), *b;

	f->funcs[1].code[12] = 1; /* mov eax, 1 instead of 2 */
	b = parse(f, &len, &two);
	assert_string_not_equal(one.name, two.name);
	free(a);
	free(b);
}

/* All else the same: the code of an instance is the code of instance 0. */
static void another_instance_other_name(void **state)
{
	struct fixture *f = *state;
	struct vouch_image one, two;
	size_t len, again;
	void *a = parse(f, &len, &one), *b;

	f->instance = 1;
	b = parse(f, &again, &two);
	assert_int_equal(len, again);
	assert_string_not_equal(one.name, two.name);
	assert_int_equal(le32_to_cpu(one.req.req->instance), 0);
	assert_int_equal(le32_to_cpu(two.req.req->instance), 1);
	assert_memory_equal(one.text, two.text, one.text_len);
	free(a);
	free(b);
}

/* The places where @text differs from the captured code, and what stands
 * there, seen from outside the linker. */
static void references_become_relocations(void **state)
{
	static const u8 load_rdi[] = { 0x48, 0x8b, 0x3d, 0,    0,
				       0,    0,	   0x0f, 0x1f, 0x00 };
	static const u8 load_r13[] = { 0x4c, 0x8b, 0x2d, 0,    0,
				       0,    0,	   0x0f, 0x1f, 0x00 };
	static const u8 call[] = { 0xe8, 0, 0, 0, 0 };
	struct fixture *f = *state;
	__le64 constant = cpu_to_le64(FIXTURE_CONST);
	struct vouch_image img;
	size_t len = 0;
	void *file = parse(f, &len, &img);
	__le32 rel;

	assert_memory_equal(img.text + marks.map, load_rdi, 10);
	assert_memory_equal(img.text + marks.value, load_r13, 10);
	assert_memory_equal(img.text + marks.call, call, 5);
	assert_memory_equal(img.text + marks.constant + 2, &constant, 8);
	memcpy(&rel, img.text + marks.subcall + 1, 4);
	assert_int_equal(marks.subcall + 5 + le32_to_cpu(rel),
			 img.syms[4].st_value);
	/* map, call, value, two exits */
	assert_int_equal(img.n_relas, 5);
	assert_int_equal(img.relas[0].r_offset, marks.map + 3);
	assert_int_equal(img.relas[0].r_addend, -4);
	assert_int_equal(img.relas[2].r_offset, marks.value + 3);
	assert_int_equal(img.relas[2].r_addend, 4);
	assert_string_equal(
		vouch_image_symbol(&img, ELF64_R_SYM(img.relas[1].r_info)),
		"vouch_bpf_htab_lookup_raw");
	assert_int_equal(img.n_returns, 2);
	free(file);
}

static void names_of_functions_are_prefixed(void **state)
{
	struct fixture *f = *state;
	struct vouch_image img;
	size_t len = 0;
	void *file = parse(f, &len, &img);

	assert_string_equal(vouch_image_symbol(&img, 3), "p0_xdp_test");
	assert_string_equal(vouch_image_symbol(&img, 4), "p0_xdp_test_1");
	free(file);
}

static void equal_references_share_a_slot(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[0];
	struct vouch_image img;
	size_t len = 0;
	void *file;

	/* The map's value becomes the map, a second time. */
	m->refs[2].kind = cpu_to_le32(VOUCH_REF_MAP);
	m->refs[2].index = 0;
	m->refs[2].value = 0;
	file = parse(f, &len, &img);
	assert_int_equal(img.n_slots, 1);
	assert_int_equal(img.relas[2].r_addend, -4);
	free(file);
}

static void manifest_says_what_the_capture_said(void **state)
{
	struct fixture *f = *state;
	struct vouch_image img;
	size_t len = 0;
	void *file = parse(f, &len, &img);
	const struct vouch_requirements *r = img.req.req;

	assert_string_equal(r->license, "Dual BSD/GPL");
	assert_string_equal(r->vermagic, "6.1.0-target SMP mod_unload ");
	assert_memory_equal(r->object, f->env.object, VOUCH_HASH_LEN);
	assert_int_equal(le32_to_cpu(r->htab_key), 48);
	assert_int_equal(img.req.n_progs, 1);
	assert_string_equal(img.req.progs[0].name, "xdp-test");
	assert_int_equal(img.req.n_maps, 2);
	assert_int_equal(img.data_len, 16);
	assert_memory_equal(img.data, FIXTURE_DATA, 16);
	assert_int_equal(img.name_off, 24);
	assert_int_equal(img.module_size, 832);
	assert_true(img.retpoline);
	free(file);
}

static void unknown_licences_become_proprietary(void **state)
{
	struct fixture *f = *state;
	struct vouch_image img;
	size_t len = 0;
	void *file;

	memset(f->env.license, 0, sizeof(f->env.license));
	strcpy(f->env.license, "WTFPL");
	file = parse(f, &len, &img);
	assert_string_equal(img.req.req->license, "Proprietary");
	free(file);
}

static void without_thunks_returns_are_plain(void **state)
{
	static const u8 ret[] = { 0xc9, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc };
	struct fixture *f = *state;
	struct vouch_image img;
	size_t len = 0;
	void *file;

	fixture_profile(f, "\"CONFIG_RETHUNK\": 1", "\"CONFIG_RETHUNK\": 0");
	file = parse(f, &len, &img);
	assert_int_equal(img.n_returns, 0);
	assert_memory_equal(img.text + marks.epilogue + 3, ret, sizeof(ret));
	free(file);
}

/* An image without maps, and so without slots and data. */
static void a_program_without_maps_links(void **state)
{
	struct fixture *f = *state;
	struct vouch_image img;
	size_t len = 0;
	void *file;

	f->funcs[0] = f->funcs[1];
	fixture_aim(f, 0, f->funcs[0].len - 5, FIXTURE_THUNK);
	f->n_funcs = 1;
	f->prog.stack_depth = 0;
	f->n_maps = 0;
	fixture_strip(f);
	file = parse(f, &len, &img);
	assert_int_equal(img.n_slots, 0);
	assert_int_equal(img.n_relas, 1);
	free(file);
}

/* What the profile says of struct module decides where the name goes. */
static void struct_module_must_be_possible(void **state)
{
	static const char *const sizes[][2] = {
		{ "\"module.name.offset\": 800", "out of range" },
		{ "\"module.name.offset\": -8", "out of range" },
		{ "\"module.size\": 100", "no image" },
	};
	static const u8 options[VOUCH_HASH_LEN];
	struct fixture *f = *state;
	char old[32], line[512];
	size_t i, len;
	void *image;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fixture_release(f);
		fixture_init(f);
		strcpy(old, i < 2 ? "\"module.name.offset\": 24"
				  : "\"module.size\": 832");
		fixture_profile(f, old, sizes[i][0]);
		assert_int_equal(fixture_check(f), 0);
		assert_int_equal(vouch_link(&f->view, &f->chk, f->target,
					    options, 0, &image, &len, &f->why),
				 -EPERM);
		vouch_refusal_format(&f->why, line, sizeof(line));
		assert_non_null(strstr(line, sizes[i][1]));
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(same_input_same_bytes),
		T(other_input_other_name),
		T(another_instance_other_name),
		T(references_become_relocations),
		T(names_of_functions_are_prefixed),
		T(equal_references_share_a_slot),
		T(manifest_says_what_the_capture_said),
		T(unknown_licences_become_proprietary),
		T(without_thunks_returns_are_plain),
		T(a_program_without_maps_links),
		T(struct_module_must_be_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
