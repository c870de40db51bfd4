// SPDX-License-Identifier: BSD-2-Clause
/* The only user of SQLite. */

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "log.h"
#include "schema.h"
#include "store.h"

/* Pages of 4 KiB that are written ahead before they go where they belong.
 * The fewer, the less a disk that fills up can keep from being put there. */
#define MAX_AHEAD 64

struct vouch_store {
	sqlite3 *db;
	char why[160]; /* the last failure */
};

static int fail(struct vouch_store *store, const char *what)
{
	snprintf(store->why, sizeof(store->why), "%s",
		 sqlite3_errmsg(store->db));
	vouch_error("store: cannot %s: %s; check space and permissions of %s",
		    what, store->why, sqlite3_db_filename(store->db, "main"));
	return -EIO;
}

static int version_of(sqlite3 *db)
{
	sqlite3_stmt *stmt;
	int version = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		version = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return version;
}

static int upgrade(sqlite3 *db, const char **why)
{
	int version = version_of(db);

	*why = "a newer vouchd has written it; use that one";
	if (version > N_UPGRADES)
		return -EIO;
	*why = NULL;
	for (; version >= 0 && version < N_UPGRADES; version++)
		if (sqlite3_exec(db, upgrades[version], NULL, NULL, NULL) !=
		    SQLITE_OK)
			return -EIO;
	return version < 0 ? -EIO : 0;
}

int vouch_store_open(struct vouch_store **store, const char *path, char *why,
		     size_t why_len)
{
	struct vouch_store *s = calloc(1, sizeof(*s));
	const char *reason = NULL;
	u8 seed;

	if (!s) {
		snprintf(why, why_len, "out of memory");
		return -EIO;
	}
	/* Seeded now: the device of chance is out of reach later. */
	sqlite3_randomness(sizeof(seed), &seed);
	if (sqlite3_open(path, &s->db) != SQLITE_OK ||
	    sqlite3_busy_timeout(s->db, 5000) != SQLITE_OK ||
	    sqlite3_wal_autocheckpoint(s->db, MAX_AHEAD) != SQLITE_OK ||
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    upgrade(s->db, &reason)) {
		snprintf(why, why_len, "database %s: %s", path,
			 reason ? reason : sqlite3_errmsg(s->db));
		vouch_store_close(s);
		return -EIO;
	}
	*store = s;
	return 0;
}

void vouch_store_close(struct vouch_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	free(store);
}

/* Binds by @types: 'i' a u64, 't' a text or NULL. */
static sqlite3_stmt *prepare(struct vouch_store *store, const char *sql,
			     const char *types, va_list args)
{
	sqlite3_stmt *stmt;
	int i, rc;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return NULL;
	for (i = 1; *types; types++, i++) {
		if (*types == 'i')
			rc = sqlite3_bind_int64(stmt, i,
						(s64)va_arg(args, u64));
		else
			rc = sqlite3_bind_text(stmt, i,
					       va_arg(args, const char *), -1,
					       SQLITE_TRANSIENT);
		if (rc != SQLITE_OK) {
			sqlite3_finalize(stmt);
			return NULL;
		}
	}
	return stmt;
}

static sqlite3_stmt *query(struct vouch_store *store, const char *sql,
			   const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list args;

	va_start(args, types);
	stmt = prepare(store, sql, types, args);
	va_end(args);
	return stmt;
}

/* What was written ahead takes no room once it is in the database proper. */
static void shrink(struct vouch_store *store)
{
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				  NULL, NULL);
}

static int step(struct vouch_store *store, const char *sql, const char *types,
		va_list args)
{
	sqlite3_stmt *stmt = prepare(store, sql, types, args);
	int rc;

	if (!stmt)
		return sqlite3_errcode(store->db);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		return sqlite3_finalize(stmt);
	sqlite3_finalize(stmt);
	return rc;
}

static int run(struct vouch_store *store, const char *what, const char *sql,
	       const char *types, ...)
{
	va_list args, again;
	int rc;

	va_start(args, types);
	va_copy(again, args);
	rc = step(store, sql, types, args);
	/* In a transaction it is the end of that which makes room. */
	if (rc == SQLITE_FULL && sqlite3_get_autocommit(store->db)) {
		shrink(store);
		rc = step(store, sql, types, again);
	}
	va_end(again);
	va_end(args);
	return rc == SQLITE_OK ? 0 : fail(store, what);
}

const char *vouch_store_why(const struct vouch_store *store)
{
	return store->why;
}

/* A fault point that stands for an error of SQLite. */
static int fault(struct vouch_store *store, const char *name, const char *point)
{
	int err = vouch_fault(name, point);

	if (err)
		snprintf(store->why, sizeof(store->why), "%s", strerror(-err));
	return err;
}

int vouch_store_begin(struct vouch_store *store, const char *name)
{
	/* At once, so that a full disk is met before anything is done. */
	int err = run(store, "begin a transaction", "BEGIN IMMEDIATE", "");

	if (err)
		return err;
	err = fault(store, name, "begun");
	return err ? vouch_store_end(store, name, err) : 0;
}

int vouch_store_end(struct vouch_store *store, const char *name, int err)
{
	if (!err)
		err = fault(store, name, "written");
	if (!err)
		err = run(store, "commit a transaction", "COMMIT", "");
	/* Some errors have rolled it back already. */
	if (err && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (err) {
		shrink(store);
		return -EIO;
	}
	vouch_fault(name, "committed");
	return 0;
}

int vouch_store_submission_add(struct vouch_store *store,
			       struct vouch_store_submission *sub)
{
	int err;

	err = run(store, "record a submission",
		  "INSERT INTO submissions(submitter, name, object, options,"
		  " target, slot, attach, profile, deliver, state)"
		  " VALUES(?,?,?,?,?,?,?,?,?,?)",
		  "tttttttiit", sub->submitter, sub->name, sub->object,
		  sub->options, sub->target, sub->slot, sub->attach,
		  (u64)sub->profile, (u64)sub->deliver, sub->state);
	if (!err)
		sub->id = (u64)sqlite3_last_insert_rowid(store->db);
	return err;
}

int vouch_store_submission_move(struct vouch_store *store, u64 id,
				const char *state, const char *image,
				const char *verdict)
{
	return run(store, "record a submission's state",
		   "UPDATE submissions SET state=?, image=coalesce(?, image),"
		   " verdict=coalesce(?, verdict) WHERE id=?",
		   "ttti", state, image, verdict, id);
}

static const char *text(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

int vouch_store_pending(struct vouch_store *store,
			void (*each)(void *ctx,
				     const struct vouch_store_submission *sub),
			void *ctx)
{
	sqlite3_stmt *stmt;
	int rc;

	stmt = query(store,
		     "SELECT id, submitter, name, object, options, target,"
		     " slot, attach, profile, deliver, state, image, verdict,"
		     " attempts FROM submissions WHERE state <> 'done'"
		     " ORDER BY id",
		     "");
	if (!stmt)
		return fail(store, "read unfinished submissions");
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct vouch_store_submission sub = {
			.id = (u64)sqlite3_column_int64(stmt, 0),
			.submitter = text(stmt, 1),
			.name = text(stmt, 2),
			.object = text(stmt, 3),
			.options = text(stmt, 4),
			.target = text(stmt, 5),
			.slot = text(stmt, 6),
			.attach = text(stmt, 7),
			.profile = (u32)sqlite3_column_int64(stmt, 8),
			.deliver = sqlite3_column_int64(stmt, 9),
			.state = text(stmt, 10),
			.image = text(stmt, 11),
			.verdict = text(stmt, 12),
			.attempts = (u32)sqlite3_column_int64(stmt, 13),
		};

		each(ctx, &sub);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0
				 : fail(store, "read unfinished submissions");
}

int vouch_store_attempt(struct vouch_store *store, u64 id)
{
	return run(store, "count an attempt",
		   "UPDATE submissions SET attempts = attempts + 1"
		   " WHERE id = ?",
		   "i", id);
}

int vouch_store_knows(struct vouch_store *store, enum vouch_store_file kind,
		      const char *sha256)
{
	sqlite3_stmt *stmt;
	int rc;

	stmt = query(store,
		     kind == VOUCH_STORE_IMAGE
			     ? "SELECT 1 FROM images WHERE sha256 = ?"
			     : "SELECT 1 FROM submissions WHERE object = ?",
		     "t", sha256);
	rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	sqlite3_finalize(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	return fail(store, "look up a file");
}

int vouch_store_verdict(struct vouch_store *store, u64 id, char **verdict)
{
	sqlite3_stmt *stmt;
	int err = -EIO;

	*verdict = NULL;
	stmt = query(store,
		     "SELECT state = 'done', verdict FROM submissions"
		     " WHERE id=?",
		     "i", id);
	if (!stmt)
		return fail(store, "look up a verdict");
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		err = sqlite3_column_int(stmt, 0) ? 0 : -EAGAIN;
		break;
	case SQLITE_DONE:
		err = -ENOENT;
		break;
	}
	if (!err) {
		*verdict = strdup(text(stmt, 1) ? text(stmt, 1) : "{}");
		err = *verdict ? 0 : -EIO;
	}
	sqlite3_finalize(stmt);
	return err;
}

int vouch_store_image_add(struct vouch_store *store,
			  const struct vouch_store_image *image)
{
	int err;

	err = run(store, "record an image",
		  "INSERT INTO images(sha256, content, name, key_id, slot,"
		  " submission, size, epoch, sequence)"
		  " VALUES(?,?,?,?,?,?,?,?,?)",
		  "tttttiiii", image->sha256, image->content, image->name,
		  image->key_id, image->slot, image->submission, image->size,
		  (u64)image->epoch, image->sequence);
	if (err)
		return err;
	return run(store, "record a key epoch",
		   "INSERT OR IGNORE INTO epochs(epoch, key_id) VALUES(?,?)",
		   "it", (u64)image->epoch, image->key_id);
}

int vouch_store_image_find(struct vouch_store *store, const char *prefix,
			   char sha256[2 * VOUCH_HASH_LEN + 1])
{
	sqlite3_stmt *stmt;
	int err = -ENOENT, rc;

	stmt = query(store,
		     "SELECT max(submission), sha256, count() FROM images"
		     " WHERE substr(content, 1, length(?1)) = ?1"
		     " OR substr(sha256, 1, length(?1)) = ?1 OR name = ?1"
		     " GROUP BY content",
		     "t", prefix);
	if (!stmt)
		return fail(store, "look up an image");
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!err) {
			err = -EEXIST;
			break;
		}
		snprintf(sha256, 2 * VOUCH_HASH_LEN + 1, "%s", text(stmt, 1));
		err = 0;
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return fail(store, "look up an image");
	return err;
}

int vouch_store_delivery_add(struct vouch_store *store, u64 submission,
			     const char *image, const char *target,
			     const char *slot, const char *status,
			     const char *reason)
{
	return run(store, "record a delivery",
		   "INSERT INTO deliveries(submission, image, target, slot,"
		   " status, reason) VALUES(coalesce(nullif(?1, 0),"
		   " (SELECT submission FROM images WHERE sha256 = ?2)),"
		   " ?2,?3,?4,?5,?6)",
		   "ittttt", submission, image, target, slot, status, reason);
}

int vouch_store_instance(struct vouch_store *store, const char *target,
			 const char *slot, const char *base, u32 *instance)
{
	sqlite3_stmt *stmt;
	int err, rc;

	err = run(store, "number an instance",
		  "INSERT INTO instances(target, base, slot, instance)"
		  " SELECT ?1, ?2, ?3, coalesce(max(instance) + 1, 0)"
		  " FROM instances WHERE target = ?1 AND base = ?2"
		  " HAVING NOT EXISTS (SELECT 1 FROM instances WHERE"
		  " target = ?1 AND base = ?2 AND slot = ?3)",
		  "ttt", target, base, slot);
	if (err)
		return err;
	stmt = query(store,
		     "SELECT instance FROM instances"
		     " WHERE target = ? AND base = ? AND slot = ?",
		     "ttt", target, base, slot);
	rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (rc == SQLITE_ROW)
		*instance = (u32)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : fail(store, "look up an instance");
}

int vouch_store_target_seen(struct vouch_store *store, const char *name,
			    const char *profile, const char *release)
{
	return run(store, "record a target",
		   "INSERT INTO targets(name, profile, release, seen)"
		   " VALUES(?,?,?, unixepoch()) ON CONFLICT(name) DO UPDATE"
		   " SET profile=excluded.profile, release=excluded.release,"
		   " seen=excluded.seen",
		   "ttt", name, profile, release);
}

int vouch_store_log(struct vouch_store *store, u64 submission,
		    const char *event, const char *message)
{
	int err = run(store, "append to the log",
		      "INSERT INTO log(submission, event, text)"
		      " VALUES(nullif(?, 0),?,?)",
		      "itt", submission, event, message);

	vouch_fault(event, "logged");
	return err;
}

int vouch_store_counts(struct vouch_store *store, u64 *submissions, u64 *images)
{
	sqlite3_stmt *stmt;

	stmt = query(store,
		     "SELECT (SELECT count() FROM submissions),"
		     " (SELECT count() FROM images)",
		     "");
	if (!stmt || sqlite3_step(stmt) != SQLITE_ROW) {
		sqlite3_finalize(stmt);
		return fail(store, "count");
	}
	*submissions = (u64)sqlite3_column_int64(stmt, 0);
	*images = (u64)sqlite3_column_int64(stmt, 1);
	sqlite3_finalize(stmt);
	return 0;
}

int vouch_store_newest(struct vouch_store *store, u64 *at)
{
	sqlite3_stmt *stmt;

	stmt = query(store, "SELECT coalesce(max(at), 0) FROM log", "");
	if (!stmt || sqlite3_step(stmt) != SQLITE_ROW) {
		sqlite3_finalize(stmt);
		return fail(store, "find the newest record of the log");
	}
	*at = (u64)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return 0;
}
