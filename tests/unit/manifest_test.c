// SPDX-License-Identifier: BSD-2-Clause
/* Requirements and record: each field is checked before it is used. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../common/manifest.h"

#define TEXT_LEN 64
#define DATA_LEN 16

/* Requirements with one of each, back to back as in a note. */
struct manifest {
	struct vouch_requirements req;
	struct vouch_req_prog prog;
	struct vouch_req_map maps[2];
	struct vouch_req_ref refs[2];
	struct vouch_capture_fact fact;
	struct vouch_req_field fields[2];
};

static void make(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->req.magic, VOUCH_REQUIREMENTS_MAGIC, sizeof(m->req.magic));
	m->req.version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	m->req.size = cpu_to_le32(sizeof(*m));
	strcpy(m->req.vermagic, "6.1.0 SMP mod_unload ");
	strcpy(m->req.license, "GPL");
	strcpy(m->req.verifier_release, "6.1.0-test");
	strcpy(m->req.cpu_model, "EPYC");
	m->req.arch = cpu_to_le32(VOUCH_ARCH_X86_64);
	m->req.target_abi = cpu_to_le32(1);
	m->req.array_value = cpu_to_le32(272);
	m->req.map_max_entries = cpu_to_le32(36);
	m->req.htab_key = cpu_to_le32(48);
	m->req.n_progs = cpu_to_le32(1);
	m->req.n_maps = cpu_to_le32(2);
	m->req.n_refs = cpu_to_le32(2);
	m->req.n_facts = cpu_to_le32(1);
	m->req.n_fields = cpu_to_le32(2);
	m->req.data_len = cpu_to_le32(DATA_LEN);
	strcpy(m->prog.name, "count");
	strcpy(m->prog.section, "xdp");
	m->prog.text_len = cpu_to_le32(TEXT_LEN);
	strcpy(m->maps[0].name, "hash");
	m->maps[0].type = cpu_to_le32(1);
	m->maps[0].max_entries = cpu_to_le32(10);
	m->maps[0].value_size = cpu_to_le32(8);
	strcpy(m->maps[1].name, ".data");
	m->maps[1].type = cpu_to_le32(2);
	m->maps[1].max_entries = cpu_to_le32(1);
	m->maps[1].value_size = cpu_to_le32(DATA_LEN);
	m->maps[1].data_len = cpu_to_le32(DATA_LEN);
	m->refs[0].kind = cpu_to_le32(VOUCH_SLOT_MAP);
	m->refs[1].kind = cpu_to_le32(VOUCH_SLOT_VALUE);
	m->refs[1].map = cpu_to_le32(1);
	m->refs[1].offset = cpu_to_le64(8);
	strcpy(m->fact.structure, "xdp_buff");
	strcpy(m->fact.field, "data");
	m->fields[0].insn = cpu_to_le32(VOUCH_ACCESS_PROLOGUE);
	strcpy(m->fields[0].name, "prologue");
	strcpy(m->fields[1].name, "task_struct.pid");
	m->fields[1].size = cpu_to_le32(8);
}

static int parse(const struct manifest *m, const char **why)
{
	struct vouch_requirements_view view;

	*why = NULL;
	return vouch_requirements_parse(m, sizeof(*m), TEXT_LEN, DATA_LEN,
					&view, why);
}

static void requirements_are_found(void **state)
{
	struct vouch_requirements_view view;
	struct manifest m;
	const char *why;

	(void)state;
	make(&m);
	assert_int_equal(vouch_requirements_parse(&m, sizeof(m), TEXT_LEN,
						  DATA_LEN, &view, &why),
			 0);
	assert_ptr_equal(view.progs, &m.prog);
	assert_ptr_equal(view.maps, m.maps);
	assert_ptr_equal(view.refs, m.refs);
	assert_ptr_equal(view.facts, &m.fact);
	assert_ptr_equal(view.fields, m.fields);
	assert_int_equal(view.n_fields, 2);
	assert_int_equal(view.n_maps, 2);
}

/* One field of a format, and a value that it must not have. */
struct change {
	const char *name;
	size_t off;
	u32 value;
};
#define CHANGE(type, field, value)                   \
	{                                            \
#field, offsetof(type, field), value \
	}

static void bad_requirements_are_refused(void **state)
{
	static const struct change changes[] = {
		CHANGE(struct manifest, req.magic, 0),
		CHANGE(struct manifest, req.version, 2),
		CHANGE(struct manifest, req.size, 544),
		CHANGE(struct manifest, req.vermagic, 0x0a0a),
		CHANGE(struct manifest, req.vermagic[124], 0x41414141),
		CHANGE(struct manifest, req.license, 0x4c505845),
		CHANGE(struct manifest, req.arch, 0),
		CHANGE(struct manifest, req.arch, 3),
		CHANGE(struct manifest, req.features, 1u << 5),
		CHANGE(struct manifest, req.privileges, 2),
		CHANGE(struct manifest, req.target_abi, 0),
		CHANGE(struct manifest, req.array_value, 4104),
		CHANGE(struct manifest, req.array_value, 270),
		CHANGE(struct manifest, req.map_max_entries, 34),
		CHANGE(struct manifest, req.htab_key, 0xfffffff8),
		CHANGE(struct manifest, req.lru_ref, 4097),
		CHANGE(struct manifest, req.n_progs, 0),
		CHANGE(struct manifest, req.n_progs, 65),
		CHANGE(struct manifest, req.n_progs, 2),
		CHANGE(struct manifest, req.n_maps, 0xffffffff),
		CHANGE(struct manifest, req.n_refs, 4097),
		CHANGE(struct manifest, req.n_facts, 1025),
		CHANGE(struct manifest, req.n_facts, 0),
		CHANGE(struct manifest, req.data_len, 0),
		CHANGE(struct manifest, req.reserved[24], 1),
		CHANGE(struct manifest, prog.name, 0),
		CHANGE(struct manifest, prog.name, 0x2f2f2f2f),
		CHANGE(struct manifest, prog.section, 0x01010101),
		CHANGE(struct manifest, prog.text_off, 8),
		CHANGE(struct manifest, prog.text_off, 16),
		CHANGE(struct manifest, prog.text_off, 0xfffffff0),
		CHANGE(struct manifest, prog.text_len, 0),
		CHANGE(struct manifest, prog.text_len, TEXT_LEN + 1),
		CHANGE(struct manifest, prog.reserved, 1),
		CHANGE(struct manifest, maps[0].name, 0),
		CHANGE(struct manifest, maps[0].flags, 16),
		CHANGE(struct manifest, maps[0].data_off, 8),
		CHANGE(struct manifest, maps[0].data_len, 8),
		CHANGE(struct manifest, maps[0].extra, 1),
		CHANGE(struct manifest, maps[0].reserved, 1),
		CHANGE(struct manifest, maps[1].data_off, 4),
		CHANGE(struct manifest, maps[1].data_len, 8),
		CHANGE(struct manifest, maps[1].max_entries, 2),
		CHANGE(struct manifest, maps[1].value_size, 32),
		CHANGE(struct manifest, refs[0].kind, 3),
		CHANGE(struct manifest, refs[0].map, 2),
		CHANGE(struct manifest, refs[0].offset, 8),
		CHANGE(struct manifest, refs[1].map, 0),
		CHANGE(struct manifest, refs[1].offset, DATA_LEN),
		CHANGE(struct manifest, fact.structure, 0),
		CHANGE(struct manifest, fact.field, 0x20202020),
		CHANGE(struct manifest, req.n_fields, 1),
		CHANGE(struct manifest, fields[0].prog, 1),
		CHANGE(struct manifest, fields[1].prog, 1),
		CHANGE(struct manifest, fields[1].name, 0),
		CHANGE(struct manifest, fields[1].name, 0x20202020),
		CHANGE(struct manifest, fields[1].size, 9),
		CHANGE(struct manifest, fields[0].reserved, 1),
		CHANGE(struct manifest, fields[0].insn, 0),
		CHANGE(struct manifest, fields[1].insn, VOUCH_ACCESS_PROLOGUE),
	};
	struct manifest m;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		__le32 value = cpu_to_le32(changes[i].value);

		make(&m);
		assert_int_equal(parse(&m, &why), 0);
		memcpy((u8 *)&m + changes[i].off, &value, sizeof(value));
		if (parse(&m, &why) != -EINVAL || !why)
			fail_msg("%s = %u is accepted", changes[i].name,
				 changes[i].value);
	}
}

static void locks_lie_in_values(void **state)
{
	static const struct {
		u32 type, flags, value_size, extra;
		bool good;
	} rows[] = {
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 8, 0, true },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 8, 4, true },
		{ VOUCH_MAP_ARRAY, VOUCH_MAP_LOCK, 4, 0, true },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 8, 2, false },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 8, 8, false },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 11, 8, false },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 8, 0xfffffffc, false },
		{ VOUCH_MAP_HASH, VOUCH_MAP_LOCK, 3, 0, false },
		{ VOUCH_MAP_LRU_HASH, VOUCH_MAP_LOCK, 8, 0, false },
		{ VOUCH_MAP_PROG_ARRAY, VOUCH_MAP_LOCK, 4, 0, false },
		{ VOUCH_MAP_ARRAY, VOUCH_MAP_LOCK | VOUCH_MAP_FROZEN, 8, 0,
		  false },
		{ VOUCH_MAP_HASH, 0, 8, 4, false },
		{ VOUCH_MAP_BLOOM_FILTER, 0, 8, 15, true },
		{ VOUCH_MAP_BLOOM_FILTER, 0, 8, 16, false },
		{ VOUCH_MAP_BLOOM_FILTER, VOUCH_MAP_LOCK, 8, 4, false },
	};
	struct manifest m;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(&m);
		m.maps[0].type = cpu_to_le32(rows[i].type);
		m.maps[0].flags = cpu_to_le32(rows[i].flags);
		m.maps[0].value_size = cpu_to_le32(rows[i].value_size);
		m.maps[0].extra = cpu_to_le32(rows[i].extra);
		if (parse(&m, &why) != (rows[i].good ? 0 : -EINVAL))
			fail_msg("row %zu", i);
	}
}

static void short_requirements_are_refused(void **state)
{
	struct vouch_requirements_view view;
	struct manifest m;
	const char *why;
	size_t len;

	(void)state;
	make(&m);
	for (len = 0; len < sizeof(m); len++) {
		u8 *copy = malloc(len + 1);

		memcpy(copy, &m, len);
		assert_int_equal(vouch_requirements_parse(copy, len, TEXT_LEN,
							  DATA_LEN, &view,
							  &why),
				 -EINVAL);
		free(copy);
	}
}

static const u8 *repeat(u8 *to, const void *from, size_t len, u32 n)
{
	while (n--) {
		memcpy(to, from, len);
		to += len;
	}
	return to;
}

/* Tables of so many lines, each of them good, and a size that fits. */
static int parse_tables(u32 n_progs, u32 n_maps, u32 n_refs, u32 n_facts)
{
	struct vouch_requirements_view view;
	struct manifest m;
	const char *why;
	size_t len;
	u8 *buf, *p;
	int err;

	make(&m);
	len = sizeof(m.req) + n_progs * sizeof(m.prog) +
	      n_maps * sizeof(m.maps[0]) + n_refs * sizeof(m.refs[0]) +
	      n_facts * sizeof(m.fact);
	m.req.size = cpu_to_le32((u32)len);
	m.req.n_progs = cpu_to_le32(n_progs);
	m.req.n_maps = cpu_to_le32(n_maps);
	m.req.n_refs = cpu_to_le32(n_refs);
	m.req.n_facts = cpu_to_le32(n_facts);
	m.req.n_fields = 0;
	m.req.data_len = 0;
	p = buf = malloc(len);
	p = (u8 *)repeat(p, &m.req, sizeof(m.req), 1);
	p = (u8 *)repeat(p, &m.prog, sizeof(m.prog), n_progs);
	p = (u8 *)repeat(p, &m.maps[0], sizeof(m.maps[0]), n_maps);
	p = (u8 *)repeat(p, &m.refs[0], sizeof(m.refs[0]), n_refs);
	repeat(p, &m.fact, sizeof(m.fact), n_facts);
	err = vouch_requirements_parse(buf, len, TEXT_LEN, 0, &view, &why);
	free(buf);
	return err;
}

static int parse_fields(u32 n)
{
	struct vouch_requirements_view view;
	struct manifest m;
	size_t len =
		offsetof(struct manifest, fields) + n * sizeof(m.fields[0]);
	struct vouch_req_field *f;
	const char *why;
	u8 *buf = calloc(1, len);
	int err;
	u32 i;

	make(&m);
	m.req.size = cpu_to_le32((u32)len);
	m.req.n_fields = cpu_to_le32(n);
	memcpy(buf, &m, offsetof(struct manifest, fields));
	f = (void *)(buf + offsetof(struct manifest, fields));
	for (i = 0; i < n; i++) {
		f[i] = m.fields[1];
		f[i].insn = cpu_to_le32(i);
	}
	err = vouch_requirements_parse(buf, len, TEXT_LEN, DATA_LEN, &view,
				       &why);
	free(buf);
	return err;
}

static void tables_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(parse_tables(64, 64, 4096, 1024), 0);
	assert_int_equal(parse_tables(65, 1, 1, 1), -EINVAL);
	assert_int_equal(parse_tables(1, 65, 1, 1), -EINVAL);
	assert_int_equal(parse_tables(1, 1, 4097, 1), -EINVAL);
	assert_int_equal(parse_tables(1, 1, 1, 1025), -EINVAL);
	assert_int_equal(parse_fields(VOUCH_MAX_FIELDS), 0);
	assert_int_equal(parse_fields(VOUCH_MAX_FIELDS + 1), -EINVAL);
}

static void requirements_and_sections_agree(void **state)
{
	struct vouch_requirements_view view;
	struct manifest m;
	const char *why;

	(void)state;
	make(&m);
	assert_int_equal(vouch_requirements_parse(&m, sizeof(m), TEXT_LEN - 1,
						  DATA_LEN, &view, &why),
			 -EINVAL);
	assert_int_equal(vouch_requirements_parse(&m, sizeof(m), TEXT_LEN,
						  DATA_LEN + 1, &view, &why),
			 -EINVAL);
}

static void make_record(struct vouch_record *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->magic, VOUCH_RECORD_MAGIC, sizeof(r->magic));
	r->version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	r->size = cpu_to_le32(sizeof(*r));
	r->sequence = cpu_to_le64(1);
	r->epoch = cpu_to_le32(1);
	strcpy(r->slot, "edge0");
}

static void bad_records_are_refused(void **state)
{
	static const struct change changes[] = {
		CHANGE(struct vouch_record, magic, 0),
		CHANGE(struct vouch_record, version, 2),
		CHANGE(struct vouch_record, size, 0),
		CHANGE(struct vouch_record, sequence, 0),
		CHANGE(struct vouch_record, epoch, 0),
		CHANGE(struct vouch_record, reserved0, 1),
		CHANGE(struct vouch_record, slot, 0),
		CHANGE(struct vouch_record, slot, 0x2f2e2e2f),
		CHANGE(struct vouch_record, slot[28], 0x41414141),
		CHANGE(struct vouch_record, submitter, 0x1b1b1b1b),
		CHANGE(struct vouch_record, object_name[60], 0x41414141),
		CHANGE(struct vouch_record, reserved[28], 1),
	};
	const struct vouch_record *rec;
	struct vouch_record r;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		__le32 value = cpu_to_le32(changes[i].value);

		make_record(&r);
		assert_int_equal(vouch_record_parse(&r, sizeof(r), &rec, &why),
				 0);
		memcpy((u8 *)&r + changes[i].off, &value, sizeof(value));
		if (vouch_record_parse(&r, sizeof(r), &rec, &why) != -EINVAL)
			fail_msg("%s = %u is accepted", changes[i].name,
				 changes[i].value);
	}
	make_record(&r);
	assert_int_equal(vouch_record_parse(&r, sizeof(r) - 1, &rec, &why),
			 -EINVAL);
}

static void licences_are_the_kernels(void **state)
{
	(void)state;
	assert_true(vouch_license_ok("GPL"));
	assert_true(vouch_license_ok("Dual BSD/GPL"));
	assert_true(vouch_license_ok("Proprietary"));
	assert_false(vouch_license_ok("GPL v3"));
	assert_false(vouch_license_ok("GPL "));
	assert_false(vouch_license_ok(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requirements_are_found),
		cmocka_unit_test(bad_requirements_are_refused),
		cmocka_unit_test(locks_lie_in_values),
		cmocka_unit_test(short_requirements_are_refused),
		cmocka_unit_test(tables_are_bounded),
		cmocka_unit_test(requirements_and_sections_agree),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(licences_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
