// SPDX-License-Identifier: BSD-2-Clause
/* Maps of maps: what is stated of the maps inside, and that they are so. */

#include "capture_fixture.h"

#include <linux/bpf.h>

#include "../../common/manifest.h"
#include "check_entries.h"
#include "check_fixture.h"
#include "check_maps.h"

static const struct vouch_capture_map numbers = {
	.name = "numbers",
	.type = 2,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 5,
};

/* ---- captures ----------------------------------------------------------- */

/* An array that starts with the second map. */
static struct parts nested(void)
{
	struct parts p = good();

	p.map = (struct vouch_capture_map){ .name = "outer",
					    .type = VOUCH_MAP_ARRAY_OF_MAPS,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = 1,
					    .data_len = 4 };
	memcpy(p.map_data, "\2\0\0", 4);
	p.template = numbers;
	strcpy(p.template.name, "outer.inner");
	p.more = numbers;
	return p;
}

static void templates_are_found(void **state)
{
	struct parts p = nested();
	struct vouch_capture_writer w = build(&p);
	struct vouch_capture_view view;
	const char *why;

	(void)state;
	assert_int_equal(vouch_capture_parse(w.buf, w.len, &view, &why), 0);
	assert_int_equal(view.n_maps, 2);
	assert_string_equal(view.maps[0].template->name, "outer.inner");
	assert_null(view.maps[1].template);
	vouch_capture_release(&view);
	vouch_capture_write_free(&w);
}

#define UNSTATED "capture: MAP: what the maps in it are like is not stated"
#define IMPOSSIBLE "capture: TEMPLATE: of what no map in a map can have"

static void bad_templates_are_refused(void **state)
{
	(void)state;
	REFUSED_OF(nested(), p.template.type = 0, UNSTATED);
	REFUSED_OF(nested(), (p.map.type = 2), UNSTATED);
	REFUSED_OF(nested(), p.map_data[0] = 3,
		   "capture: MAP: an entry that is not there");
	REFUSED_OF(nested(), p.map.key_size = 8,
		   "capture: MAP: data for a map that cannot have them");
	REFUSED_OF(nested(), p.template.flags = VOUCH_MAP_PINNED, IMPOSSIBLE);
	REFUSED_OF(nested(),
		   (p.template.type = VOUCH_MAP_BLOOM_FILTER,
		    p.template.extra = 2),
		   IMPOSSIBLE);
	REFUSED_OF(nested(), p.template.type = VOUCH_MAP_HASH_OF_MAPS,
		   IMPOSSIBLE);
	REFUSED_OF(nested(), p.template.name[0] = ' ',
		   "capture: MAP: the name is not proper");
}

/* ---- the check ---------------------------------------------------------- */

static const char *check_entries(const struct vouch_capture_map *template,
				 const struct vouch_capture_map *inner)
{
	static struct vouch_refusal why;
	const struct vouch_capture_map outer = {
		.name = "outer",
		.type = VOUCH_MAP_HASH_OF_MAPS,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 2,
	};
	const __le32 entries[] = { 0, 2 };
	struct vouch_capture_map_view maps[] = {
		{ .map = &outer,
		  .template = template,
		  .data = (const void *)entries },
		{ .map = inner },
	};
	const struct vouch_capture_view cap = { .maps = maps, .n_maps = 2 };
	struct vouch_checked out = { .owners = { 7 } };
	int ret;

	why.text[0] = 0;
	ret = vouch_entries_check(&cap, 0, &out, &why);
	assert_int_equal(ret, why.text[0] ? -EPERM : 0);
	assert_int_equal(out.owners[0], 0);
	return why.text;
}

/* By each number that the verifier went by. */
static void maps_inside_fit_the_template(void **state)
{
	static const size_t numbers_of[] = {
		offsetof(struct vouch_capture_map, type),
		offsetof(struct vouch_capture_map, key_size),
		offsetof(struct vouch_capture_map, value_size),
		offsetof(struct vouch_capture_map, max_entries),
		offsetof(struct vouch_capture_map, map_flags),
	};
	struct vouch_capture_map template = numbers, inner = numbers;
	size_t i;

	(void)state;
	assert_string_equal(check_entries(&template, &inner), "");
	for (i = 0; i < sizeof(numbers_of) / sizeof(*numbers_of); i++) {
		__le32 *number = (void *)((u8 *)&inner + numbers_of[i]);

		*number += 1;
		assert_non_null(strstr(check_entries(&template, &inner),
				       "starts with map numbers, which is not "
				       "like"));
		*number -= 1;
	}
	inner.flags = VOUCH_MAP_LOCK;
	assert_non_null(strstr(check_entries(&template, &inner), "not like"));
}

/* Only the code of an array's look-up knows how many there are. */
static void other_lengths_fit(void **state)
{
	struct vouch_capture_map template = numbers, inner = numbers;

	(void)state;
	inner.max_entries = 6;
	template.map_flags = inner.map_flags = BPF_F_INNER_MAP;
	assert_string_equal(check_entries(&template, &inner), "");
	template.map_flags = inner.map_flags = 0;
	template.type = inner.type = VOUCH_MAP_HASH;
	assert_string_equal(check_entries(&template, &inner), "");
}

static const char *check_map(const struct fixture *f,
			     struct vouch_object_map *inner,
			     const struct vouch_capture_map *template)
{
	static struct vouch_refusal why;
	const struct vouch_capture_map outer = {
		.name = "outer",
		.type = VOUCH_MAP_ARRAY_OF_MAPS,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};
	struct vouch_object_map own = {
		.name = "outer",
		.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
		.template = inner,
	};
	const struct vouch_object object = { .maps = &own, .n_maps = 1 };
	struct vouch_capture_env env = { .nr_cpus = cpu_to_le32(2) };
	struct vouch_capture_map_view view = { .map = &outer,
					       .template = template };
	const struct vouch_capture_view cap = {
		.env = &env,
		.maps = &view,
		.n_maps = 1,
	};
	u32 entries;
	int ret;

	why.text[0] = 0;
	ret = vouch_maps_check(&cap, &object, f->target, &entries, &why);
	assert_int_equal(ret, why.text[0] ? -EPERM : 0);
	return why.text;
}

static void templates_are_the_objects(void **state)
{
	struct vouch_object_map own = {
		.type = 2, .key_size = 4, .value_size = 8, .max_entries = 5
	};
	struct vouch_capture_map template = numbers;
	struct fixture *f = *state;

	accepted(f); /* which reads the profile */
	assert_string_equal(check_map(f, &own, &template), "");
	own.max_entries = 6;
	assert_non_null(strstr(check_map(f, &own, &template),
			       "entries is 5 in the capture, but 6"));
	own.max_entries = 5;
	own.value_size = 4;
	assert_non_null(strstr(check_map(f, &own, &template),
			       "value size is 8 in the capture, but 4"));
	assert_non_null(strstr(check_map(f, NULL, &template),
			       "the object does not say"));
	/* What the target has not is refused inside, too. */
	template.type = BPF_MAP_TYPE_SOCKMAP;
	assert_non_null(strstr(check_map(f, &own, &template),
			       "type sockmap (15) is not one"));
}

/* ---- requirements ------------------------------------------------------- */

struct manifest {
	struct vouch_requirements req;
	struct vouch_req_prog prog;
	struct vouch_req_map maps[2], template;
	u8 data[4];
};

static void make(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->req.magic, VOUCH_REQUIREMENTS_MAGIC, sizeof(m->req.magic));
	m->req.version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	m->req.size = cpu_to_le32(offsetof(struct manifest, data));
	strcpy(m->req.license, "GPL");
	m->req.arch = cpu_to_le32(VOUCH_ARCH_X86_64);
	m->req.target_abi = cpu_to_le32(1);
	m->req.n_progs = cpu_to_le32(1);
	m->req.n_maps = cpu_to_le32(2);
	m->req.n_templates = cpu_to_le32(1);
	m->req.data_len = cpu_to_le32(4);
	strcpy(m->prog.name, "p");
	m->prog.text_len = cpu_to_le32(16);
	strcpy(m->maps[0].name, "numbers");
	m->maps[0].type = cpu_to_le32(2);
	m->maps[0].max_entries = cpu_to_le32(5);
	strcpy(m->maps[1].name, "outer");
	m->maps[1].type = cpu_to_le32(VOUCH_MAP_ARRAY_OF_MAPS);
	m->maps[1].key_size = cpu_to_le32(4);
	m->maps[1].value_size = cpu_to_le32(4);
	m->maps[1].max_entries = cpu_to_le32(1);
	m->maps[1].data_len = cpu_to_le32(4);
	strcpy(m->template.name, "outer.inner");
	m->template.type = cpu_to_le32(2);
}

static const char *requirements(const struct manifest *m)
{
	struct vouch_requirements_view view;
	const char *why = "";

	if (vouch_requirements_parse(m, offsetof(struct manifest, data), 16, 4,
				     &view, &why))
		return why;
	assert_ptr_equal(vouch_requirements_template(&view, 1), &m->template);
	return "";
}

static void images_have_a_template_each(void **state)
{
	struct manifest m;

	(void)state;
	make(&m);
	assert_string_equal(requirements(&m), "");
	m.maps[0].type = cpu_to_le32(VOUCH_MAP_HASH_OF_MAPS);
	m.maps[0].value_size = cpu_to_le32(4);
	assert_non_null(strstr(requirements(&m), "not a template for each"));
	make(&m);
	m.req.n_templates = 0;
	assert_non_null(strstr(requirements(&m), "tables and size"));
	m.req.n_templates = cpu_to_le32(VOUCH_MAX_MAPS + 1);
	assert_non_null(strstr(requirements(&m), "too long"));
	make(&m);
	m.maps[1].key_size = cpu_to_le32(8);
	assert_non_null(strstr(requirements(&m), "not a list of entries"));
	make(&m);
	m.maps[1].value_size = cpu_to_le32(8);
	assert_non_null(strstr(requirements(&m), "four bytes"));
	make(&m);
	m.template.flags = cpu_to_le32(VOUCH_MAP_PINNED);
	assert_non_null(strstr(requirements(&m), "no map in a map"));
	make(&m);
	m.template.type = cpu_to_le32(VOUCH_MAP_ARRAY_OF_MAPS);
	m.template.value_size = cpu_to_le32(4);
	assert_non_null(strstr(requirements(&m), "no map in a map"));
	make(&m);
	m.template.name[0] = 0;
	assert_non_null(strstr(requirements(&m), "name is not a name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_are_found),
		cmocka_unit_test(bad_templates_are_refused),
		cmocka_unit_test(maps_inside_fit_the_template),
		cmocka_unit_test(other_lengths_fit),
		cmocka_unit_test_setup_teardown(templates_are_the_objects,
						start, stop),
		cmocka_unit_test(images_have_a_template_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
