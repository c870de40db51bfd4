// SPDX-License-Identifier: BSD-2-Clause
/* The store: what survives, what is looked up, and that the log only grows. */

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../host-bridge/store.h"

static char dir[] = "/tmp/vouch-store-XXXXXX";
static char path[64];

static struct vouch_store *open_store(void)
{
	struct vouch_store *store;
	char why[256] = "";

	if (vouch_store_open(&store, path, why, sizeof(why)))
		fail_msg("%s", why);
	return store;
}

static int each_test(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/db", dir);
	unlink(path);
	return 0;
}

static u64 add(struct vouch_store *store, const char *name)
{
	struct vouch_store_submission sub = {
		.submitter = "unix:uid=0",
		.name = name,
		.object = "aa",
		.options = "{}",
		.target = "demo",
		.slot = "default",
		.profile = 1,
		.deliver = true,
		.state = "received",
	};

	assert_int_equal(vouch_store_submission_add(store, &sub), 0);
	return sub.id;
}

struct pending {
	u32 n, attempts;
	u64 id;
	char state[32], image[32];
};

static void take(void *ctx, const struct vouch_store_submission *sub)
{
	struct pending *p = ctx;

	p->n++;
	p->id = sub->id;
	p->attempts = sub->attempts;
	snprintf(p->state, sizeof(p->state), "%s", sub->state);
	snprintf(p->image, sizeof(p->image), "%s",
		 sub->image ? sub->image : "");
	assert_string_equal(sub->target, "demo");
	assert_null(sub->attach);
	assert_int_equal(sub->profile, 1);
	assert_true(sub->deliver);
}

static void names_what_is_unfinished(void **state)
{
	struct vouch_store *store = open_store();
	struct pending p = {};
	u64 first = add(store, "a"), second = add(store, "b");

	(void)state;
	assert_int_not_equal(first, second);
	vouch_store_submission_move(store, first, "done", NULL, "{}");
	vouch_store_submission_move(store, second, "stored", "ff", "{\"a\":1}");
	vouch_store_submission_move(store, second, "delivering", NULL, NULL);
	vouch_store_close(store);

	store = open_store();
	assert_int_equal(vouch_store_pending(store, take, &p), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.id, second);
	assert_int_equal(p.attempts, 1);
	assert_string_equal(p.state, "delivering");
	assert_string_equal(p.image, "ff");
	assert_int_equal(vouch_store_attempt(store, second), 0);
	vouch_store_pending(store, take, &p);
	assert_int_equal(p.attempts, 2);
	vouch_store_close(store);
}

static void undoes_what_fails(void **state)
{
	struct vouch_store *store = open_store();
	char *text;
	u64 id;

	(void)state;
	assert_int_equal(vouch_store_begin(store, "test"), 0);
	id = add(store, "a");
	assert_int_equal(vouch_store_log(store, id, "received", "aa"), 0);
	assert_int_equal(vouch_store_end(store, "test", -EIO), -EIO);
	assert_int_equal(vouch_store_knows(store, VOUCH_STORE_OBJECT, "aa"), 0);
	assert_int_equal(vouch_store_begin(store, "test"), 0);
	add(store, "a");
	assert_int_equal(vouch_store_end(store, "test", 0), 0);
	assert_int_equal(vouch_store_knows(store, VOUCH_STORE_OBJECT, "aa"), 1);
	assert_int_equal(vouch_store_knows(store, VOUCH_STORE_IMAGE, "aa"), 0);
	/* A step that fails undoes what was done before it. */
	assert_int_equal(vouch_store_begin(store, "test"), 0);
	id = add(store, "b");
	assert_int_equal(
		vouch_store_submission_move(store, id, NULL, NULL, NULL), -EIO);
	assert_non_null(strstr(vouch_store_why(store), "NOT NULL"));
	assert_int_equal(vouch_store_end(store, "test", -EIO), -EIO);
	assert_int_equal(vouch_store_verdict(store, id, &text), -ENOENT);
	vouch_store_close(store);
}

static void keeps_verdicts(void **state)
{
	struct vouch_store *store = open_store();
	u64 id = add(store, "a");
	char *text;

	(void)state;
	assert_int_equal(vouch_store_verdict(store, id, &text), -EAGAIN);
	assert_int_equal(vouch_store_verdict(store, id + 1, &text), -ENOENT);
	vouch_store_submission_move(store, id, "done", NULL, "{\"exit\":3}");
	assert_int_equal(vouch_store_verdict(store, id, &text), 0);
	assert_string_equal(text, "{\"exit\":3}");
	free(text);
	vouch_store_close(store);
}

static int add_image(struct vouch_store *store, u64 id, const char *sha256,
		     const char *content, u64 sequence)
{
	const struct vouch_store_image image = {
		.sha256 = sha256,
		.content = content,
		.name = "vouch_x",
		.key_id = "k",
		.slot = "default",
		.submission = id,
		.size = 1,
		.sequence = sequence,
		.epoch = 1,
	};

	return vouch_store_image_add(store, &image);
}

static void finds_images(void **state)
{
	struct vouch_store *store = open_store();
	char hex[2 * VOUCH_HASH_LEN + 1];
	u64 one = add(store, "a"), two = add(store, "b");

	(void)state;
	assert_int_equal(add_image(store, one, "1111", "abcd01", 1), 0);
	assert_int_equal(add_image(store, two, "2222", "abcd01", 2), 0);
	assert_int_equal(add_image(store, two, "3333", "abff02", 3), 0);
	/* The newest of the same content. */
	assert_int_equal(vouch_store_image_find(store, "abcd", hex), 0);
	assert_string_equal(hex, "2222");
	assert_int_equal(vouch_store_image_find(store, "1111", hex), 0);
	assert_string_equal(hex, "1111");
	assert_int_equal(vouch_store_image_find(store, "ab", hex), -EEXIST);
	assert_int_equal(vouch_store_image_find(store, "zz", hex), -ENOENT);
	assert_int_equal(vouch_store_image_find(store, "%", hex), -ENOENT);
	/* A sequence is given out once. */
	assert_int_equal(add_image(store, two, "4444", "cc", 3), -EIO);
	vouch_store_close(store);
}

static void the_log_only_grows(void **state)
{
	struct vouch_store *store = open_store();
	sqlite3 *db;

	(void)state;
	assert_int_equal(vouch_store_log(store, 0, "started", "x"), 0);
	vouch_store_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_not_equal(
		sqlite3_exec(db, "DELETE FROM log", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_not_equal(
		sqlite3_exec(db, "UPDATE log SET text='y'", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
}

static void says_why_it_cannot_open(void **state)
{
	struct vouch_store *store;
	char why[256] = "";

	(void)state;
	assert_int_equal(
		vouch_store_open(&store, "/does/not/exist", why, sizeof(why)),
		-EIO);
	assert_non_null(strstr(why, "/does/not/exist"));
}

static u32 instance(struct vouch_store *store, const char *target,
		    const char *slot, const char *base)
{
	u32 n = 99;

	assert_int_equal(vouch_store_instance(store, target, slot, base, &n),
			 0);
	return n;
}

static void numbers_instances(void **state)
{
	struct vouch_store *store = open_store();

	(void)state;
	assert_int_equal(instance(store, "demo", "one", "c1"), 0);
	assert_int_equal(instance(store, "demo", "two", "c1"), 1);
	assert_int_equal(instance(store, "demo", "three", "c1"), 2);
	assert_int_equal(instance(store, "demo", "two", "c2"), 0);
	assert_int_equal(instance(store, "other", "two", "c1"), 0);
	vouch_store_close(store);
	store = open_store();
	assert_int_equal(instance(store, "demo", "two", "c1"), 1);
	assert_int_equal(instance(store, "demo", "one", "c1"), 0);
	vouch_store_close(store);
}

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

/* One value of a query, as text. */
static void expect(const char *query, const char *want)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), want);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Back to what the first version of vouchd left. */
static void make_old(void)
{
	struct vouch_store *store = open_store();
	sqlite3 *db;

	add(store, "one");
	vouch_store_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sql(db, "DROP TABLE deliveries; DROP TABLE instances;"
		"CREATE TABLE deliveries("
		" id INTEGER PRIMARY KEY AUTOINCREMENT, submission INTEGER NOT"
		" NULL REFERENCES submissions(id), target TEXT NOT NULL,"
		" slot TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,"
		" at INTEGER NOT NULL DEFAULT (unixepoch()));"
		"INSERT INTO deliveries(submission, target, slot, status)"
		" VALUES(1, 'demo', 'one', 'loaded');"
		"PRAGMA user_version=0;");
	sqlite3_close(db);
}

static void upgrades_what_is_old(void **state)
{
	struct vouch_store *store;

	(void)state;
	make_old();
	store = open_store();
	assert_int_equal(instance(store, "demo", "one", "c1"), 0);
	assert_int_equal(vouch_store_delivery_add(store, 0, "aa", "demo", "two",
						  "refused", "so"),
			 0);
	vouch_store_close(store);
	expect("SELECT group_concat(coalesce(submission, '-') || slot ||"
	       " coalesce(image, '-')) FROM deliveries",
	       "1one-,-twoaa");
}

static void leaves_what_is_newer(void **state)
{
	struct vouch_store *store = open_store();
	char why[256] = "";
	sqlite3 *db;

	(void)state;
	vouch_store_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sql(db, "PRAGMA user_version=1000");
	sqlite3_close(db);
	assert_int_equal(vouch_store_open(&store, path, why, sizeof(why)),
			 -EIO);
	assert_non_null(strstr(why, "newer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_what_is_unfinished, each_test),
		cmocka_unit_test_setup(undoes_what_fails, each_test),
		cmocka_unit_test_setup(keeps_verdicts, each_test),
		cmocka_unit_test_setup(finds_images, each_test),
		cmocka_unit_test_setup(the_log_only_grows, each_test),
		cmocka_unit_test_setup(numbers_instances, each_test),
		cmocka_unit_test_setup(upgrades_what_is_old, each_test),
		cmocka_unit_test_setup(leaves_what_is_newer, each_test),
		cmocka_unit_test_setup(says_why_it_cannot_open, each_test),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return ret;
}
