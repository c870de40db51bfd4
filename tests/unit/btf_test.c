// SPDX-License-Identifier: BSD-2-Clause
/* Where a target has a field: every way in which it may not be the same. */

#include "btf_fixture.h"

#include "../../host-bridge/btf_move.h"

struct moved {
	int ret;
	struct vouch_kbtf_place place;
	char why[256];
};

static struct moved move_between(const struct fixture_kernel *from,
				 const struct fixture_kernel *to, u32 off,
				 u32 size)
{
	struct moved m = { 0 };
	u32 id, other;
	struct vouch_kbtf *a = fixture_btf(from, &id);
	struct vouch_kbtf *b = fixture_btf(to, &other);

	m.ret = vouch_kbtf_move(a, id, off, size, b, &m.place, m.why,
				sizeof(m.why));
	vouch_kbtf_free(a);
	vouch_kbtf_free(b);
	return m;
}

static u32 find(const struct fixture_kernel *k, const char *name)
{
	u32 i;

	for (i = 0; k->members[i].name; i++)
		if (!strcmp(k->members[i].name, name))
			return i;
	fail_msg("no member %s", name);
	return 0;
}

static void same_kernels_have_fields_at_the_same_places(void **state)
{
	const struct fixture_kernel k = fixture_kernel();
	const struct {
		u32 off, size;
		const char *field;
	} places[] = {
		{ 0, 4, "task.state" },	       { 4, 4, "task.pid" },
		{ 4, 1, "task.pid" },	       { 6, 2, "task.pid" },
		{ 8, 8, "task.start" },	       { 12, 4, "task.start" },
		{ 16, 1, "task.comm[0]" },     { 31, 1, "task.comm[15]" },
		{ 24, 8, "task.comm[8]" },     { 32, 8, "task.mm" },
		{ 40, 8, "task.name" },	       { 48, 8, "task.priv" },
		{ 56, 4, "task.color" },       { 60, 1, "task.flag" },
		{ 61, 1, "task.byte" },	       { 64, 4, "task.a" },
		{ 65, 1, "task.c" },	       { 72, 8, "task.wide" },
		{ 76, 4, "task.wide" },	       { 80, 4, "task.deep" },
		{ 96, 4, "task.counts[0].x" }, { 136, 8, "task.counts[2].y" },
		{ 152, 8, "task.one.y" },      { 160, 8, "task.cred" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct moved m =
			move_between(&k, &k, places[i].off, places[i].size);

		assert_int_equal(m.ret, 0);
		assert_int_equal(m.place.offset, places[i].off);
		assert_string_equal(m.place.field, places[i].field);
	}
}

/* All bits from @bit on, @by further. */
static struct fixture_kernel shifted(u32 bit, u32 by)
{
	struct fixture_kernel k = fixture_kernel();
	u32 i;

	for (i = 0; k.members[i].name; i++)
		if (k.members[i].bit >= bit)
			k.members[i].bit += by;
	k.size += by / 8;
	return k;
}

static void fields_are_found_where_they_moved(void **state)
{
	const struct fixture_kernel k = fixture_kernel();
	const struct fixture_kernel other = shifted(64, 192);
	static const u32 at[][2] = { { 8, 8 },	{ 12, 2 },  { 16, 1 },
				     { 31, 1 }, { 24, 8 },  { 32, 8 },
				     { 56, 4 }, { 60, 1 },  { 64, 4 },
				     { 72, 8 }, { 76, 2 },  { 80, 4 },
				     { 96, 4 }, { 136, 8 }, { 160, 8 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct moved m = move_between(&k, &other, at[i][0], at[i][1]);

		assert_int_equal(m.ret, 0);
		assert_int_equal(m.place.offset, at[i][0] + 24);
	}
}

/* One member of the target's kernel is another. */
struct mutation {
	const char *member;
	const char *name; /* NULL: the same */
	const char *type; /* NULL: the same */
	s32 moved, wider; /* bits */
	u32 off, size; /* of the access, bytes */
	const char *why; /* "": nothing is wrong with it */
};

static const struct mutation mutations[] = {
	/* gone, or called otherwise */
	{ "pid", "tgid", 0, 0, 0, 4, 4, "no such field" },
	{ "comm", "title", 0, 0, 0, 20, 1, "no such field" },
	{ "mm", "old_mm", 0, 0, 0, 32, 8, "no such field" },
	{ "a", "z", 0, 0, 0, 64, 4, "no such field" },
	/* another size */
	{ "pid", 0, "s64", 0, 0, 4, 4, "8 bytes" },
	{ "start", 0, "u32", 0, 0, 8, 8, "4 bytes" },
	{ "start", 0, "u32", 0, 0, 8, 4, "4 bytes" },
	{ "state", 0, "u16", 0, 0, 0, 4, "2 bytes" },
	{ "byte", 0, "u16", 0, 0, 61, 1, "2 bytes" },
	/* another sign */
	{ "pid", 0, "u32", 0, 0, 4, 4, "unsigned in the target" },
	{ "start", 0, "s64", 0, 0, 8, 8, "signed in the target" },
	{ "byte", 0, "char", 0, 0, 61, 1, "signed in the target" },
	/* another kind */
	{ "flag", 0, "u8", 0, 0, 60, 1, "another kind" },
	{ "byte", 0, "bool", 0, 0, 61, 1, "another kind" },
	{ "color", 0, "u32", 0, 0, 56, 4, "another kind" },
	{ "state", 0, "enum", 0, 0, 0, 4, "another kind" },
	{ "start", 0, "void *", 0, 0, 8, 8, "another kind" },
	{ "mm", 0, "u64", 0, 0, 32, 8, "another kind" },
	{ "mm", 0, "mm", 0, 0, 32, 8, "another kind" },
	{ "comm", 0, "u64", 0, 0, 16, 1, "another kind" },
	{ "comm", 0, "char *", 0, 0, 16, 8, "another kind" },
	{ "one", 0, "u64", 0, 0, 152, 8, "another kind" },
	{ "counts", 0, "inner", 0, 0, 96, 4, "another kind" },
	/* a pointer to something else */
	{ "mm", 0, "void *", 0, 0, 32, 8, "a pointer to something" },
	{ "mm", 0, "cred *", 0, 0, 32, 8, "a pointer to something" },
	{ "mm", 0, "char *", 0, 0, 32, 8, "a pointer to something" },
	{ "priv", 0, "mm *", 0, 0, 48, 8, "a pointer to something" },
	{ "name", 0, "void *", 0, 0, 40, 8, "a pointer to something" },
	{ "cred", 0, "mm *", 0, 0, 160, 8, "a pointer to something" },
	{ "mm", 0, "const mm *", 0, 0, 32, 8, "" },
	/* another structure */
	{ "one", 0, "mm", 0, 0, 152, 8, "another structure" },
	/* arrays */
	{ "comm", 0, "char[32]", 0, 0, 31, 1, "" },
	{ "counts", 0, "inner[4]", 0, 0, 136, 8, "" },
	/* bits */
	{ "a", 0, 0, 0, 1, 64, 1, "another width" },
	{ "b", 0, 0, 0, -1, 64, 4, "another width" },
	{ "c", 0, 0, 0, 2, 65, 1, "another width" },
	{ "a", 0, 0, 2, 0, 64, 1, "elsewhere in their bytes" },
	{ "b", 0, 0, 1, 0, 64, 1, "elsewhere in their bytes" },
	{ "c", 0, 0, 3, 0, 65, 1, "elsewhere in their bytes" },
	{ "a", 0, "u64", 0, 0, 64, 1, "8 bytes" },
	{ "c", 0, 0, 8, 0, 64, 4, "another distance" },
	{ "c", 0, 0, 8, 0, 65, 1, "" },
	/* two that are read as one */
	{ "pid", 0, 0, 64, 0, 0, 8, "another distance" },
	{ "byte", 0, 0, 8, 0, 60, 2, "another distance" },
	{ "byte", 0, 0, 8, 0, 60, 1, "" },
	/* unions, whichever way they are read */
	{ "", 0, "union moved", 0, 0, 72, 4, "another distance" },
	{ "", 0, "union moved", 0, 0, 72, 8, "another distance" },
	{ "", 0, "struct moved", 0, 0, 72, 8, "no such field" },
	/* beyond the end */
	{ "cred", 0, 0, 64, 0, 160, 8, "beyond the end" },
};

static void check_mutation(const struct mutation *mutation)
{
	const struct fixture_kernel from = fixture_kernel();
	struct fixture_kernel to = from;
	struct fixture_member *m = &to.members[find(&to, mutation->member)];
	struct moved moved;

	m->name = mutation->name ? mutation->name : m->name;
	m->type = mutation->type ? mutation->type : m->type;
	m->bit += mutation->moved;
	m->bits += mutation->wider;
	moved = move_between(&from, &to, mutation->off, mutation->size);
	if (*mutation->why
		    ? moved.ret != -EPERM || !strstr(moved.why, mutation->why)
		    : moved.ret != 0)
		fail_msg("%td, %s: %d, '%s', not '%s'", mutation - mutations,
			 mutation->member, moved.ret, moved.why, mutation->why);
}

static void changed_members_are_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++)
		check_mutation(&mutations[i]);
}

static void shorter_arrays_are_refused(void **state)
{
	struct fixture_kernel from = fixture_kernel(), to = from;
	struct moved m;

	(void)state;
	from.members[find(&from, "comm")].type = "char[32]";
	from.members[find(&from, "mm")].bit = 2048;
	from.members[find(&from, "name")].bit = 2112;
	from.size = 512;
	m = move_between(&from, &to, 16, 1);
	assert_int_equal(m.ret, -EPERM);
	assert_non_null(strstr(m.why, "an array of 32 elements, 16"));
}

static void levels_without_a_name_do_not_count(void **state)
{
	struct fixture_kernel from = fixture_kernel(), to = from;
	struct moved m;

	(void)state;
	/* No level in the target: the member lies in the structure itself. */
	to.members[find(&to, "one")].name = "deep";
	to.members[find(&to, "deep")].type = "u32";
	to.members[14].bit = 2048;
	to.members[14].type = "union";
	to.members[13].bit = 2048;
	to.size = 512;
	m = move_between(&from, &to, 80, 4);
	assert_int_equal(m.ret, 0);
	assert_int_equal(m.place.offset, 144);
	assert_string_equal(m.place.field, "task.deep");
}

static void what_is_no_field_is_refused(void **state)
{
	const struct fixture_kernel k = fixture_kernel();
	const struct fixture_kernel small = {
		.members = { { "state", "u32", 0, 0 } }, .size = 4
	};
	u32 id, i;
	struct vouch_kbtf *btf = fixture_btf(&k, &id);
	struct vouch_kbtf_place place;
	char why[256];

	(void)state;
	/* A hole, the end, and ids that are none of a structure's. */
	assert_int_equal(move_between(&k, &k, 70, 2).ret, -EPERM);
	assert_int_equal(move_between(&k, &k, 164, 8).ret, -EPERM);
	assert_int_equal(move_between(&k, &k, 168, 1).ret, -EPERM);
	assert_int_equal(move_between(&k, &k, UINT32_MAX, 8).ret, -EPERM);
	assert_int_equal(move_between(&k, &k, 0, 0).ret, -EPERM);
	assert_int_equal(move_between(&small, &k, 0, 4).ret, 0);
	assert_int_equal(move_between(&small, &k, 0, 8).ret, -EPERM);
	vouch_kbtf_move(btf, 1, 0, 4, btf, &place, why, sizeof(why));
	assert_string_equal(why, "type 1 is no structure with a name");
	for (i = 0; i <= id + 2; i++) {
		int ret = vouch_kbtf_move(btf, i, 0, 4, btf, &place, why,
					  sizeof(why));

		assert_int_equal(
			ret, !strncmp(place.field, "task.", 5) ||
					     !strncmp(place.field, "mm.", 3) ||
					     !strncmp(place.field, "inner.", 6)
				     ? 0
				     : -EPERM);
	}
	assert_int_equal(vouch_kbtf_move(btf, UINT32_MAX, 0, 4, btf, &place,
					 why, sizeof(why)),
			 -EPERM);
	vouch_kbtf_free(btf);
}

static void structures_must_be_there_once(void **state)
{
	const struct fixture_kernel k = fixture_kernel();
	const struct fixture_kernel none = { .size = 8 };
	struct fixture_types t;
	struct vouch_kbtf *from, *to;
	struct vouch_kbtf_place place;
	char why[256];
	const void *data;
	u32 id, len, i;

	(void)state;
	from = fixture_btf(&k, &id);
	for (i = 0; i < 3; i += 2) {
		u32 n;

		fixture_types(&t);
		for (n = 0; n < i; n++) {
			btf__add_struct(t.btf, "task", 8);
			btf__add_field(t.btf, "state", t.u32, 0, 0);
		}
		data = btf__raw_data(t.btf, &len);
		assert_int_equal(vouch_kbtf_parse(data, len, &to), 0);
		assert_int_equal(vouch_kbtf_move(from, id, 0, 4, to, &place,
						 why, sizeof(why)),
				 -EPERM);
		assert_non_null(strstr(why, i ? "several" : "no such"));
		vouch_kbtf_free(to);
		btf__free(t.btf);
	}
	assert_int_equal(move_between(&none, &k, 0, 4).ret, -EPERM);
	vouch_kbtf_free(from);
}

static void places_are_named(void **state)
{
	const struct fixture_kernel k = fixture_kernel();
	u32 id;
	struct vouch_kbtf *btf = fixture_btf(&k, &id);
	char field[VOUCH_FIELD_LEN];

	(void)state;
	vouch_kbtf_name(btf, "task", 5, field);
	assert_string_equal(field, "task.pid");
	vouch_kbtf_name(btf, "task", 80, field);
	assert_string_equal(field, "task.deep");
	vouch_kbtf_name(btf, "task", 152, field);
	assert_string_equal(field, "task.one.y");
	vouch_kbtf_name(btf, "task", 70, field);
	assert_string_equal(field, "task");
	vouch_kbtf_name(btf, "nothing", 0, field);
	assert_string_equal(field, "nothing");
	vouch_kbtf_free(btf);
}

static void what_is_no_btf_is_refused(void **state)
{
	static const u8 bytes[64] = { 0x9f, 0xeb, 1 };
	struct vouch_kbtf *btf;

	(void)state;
	assert_int_equal(vouch_kbtf_parse(bytes, 0, &btf), -EINVAL);
	assert_int_equal(vouch_kbtf_parse(bytes, sizeof(bytes), &btf), -EINVAL);
	assert_int_equal(vouch_kbtf_parse("no BTF", 6, &btf), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_kernels_have_fields_at_the_same_places),
		cmocka_unit_test(fields_are_found_where_they_moved),
		cmocka_unit_test(changed_members_are_refused),
		cmocka_unit_test(shorter_arrays_are_refused),
		cmocka_unit_test(levels_without_a_name_do_not_count),
		cmocka_unit_test(what_is_no_field_is_refused),
		cmocka_unit_test(structures_must_be_there_once),
		cmocka_unit_test(places_are_named),
		cmocka_unit_test(what_is_no_btf_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
