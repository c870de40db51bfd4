/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of the store, for store.c alone. */
#ifndef VOUCH_SCHEMA_H
#define VOUCH_SCHEMA_H

static const char schema[] =
	"PRAGMA journal_mode=WAL;"
	"PRAGMA synchronous=FULL;"
	"PRAGMA foreign_keys=ON;"
	"PRAGMA temp_store=MEMORY;"
	"BEGIN;"
	"CREATE TABLE IF NOT EXISTS submissions("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" received INTEGER NOT NULL DEFAULT (unixepoch()),"
	" submitter TEXT NOT NULL, name TEXT NOT NULL, object TEXT NOT NULL,"
	" options TEXT NOT NULL, target TEXT, slot TEXT, attach TEXT,"
	" profile INTEGER NOT NULL, deliver INTEGER NOT NULL,"
	" state TEXT NOT NULL, image TEXT, verdict TEXT,"
	" attempts INTEGER NOT NULL DEFAULT 1);"
	"CREATE TABLE IF NOT EXISTS images("
	" sha256 TEXT PRIMARY KEY, content TEXT NOT NULL, name TEXT NOT NULL,"
	" key_id TEXT NOT NULL, slot TEXT NOT NULL,"
	" submission INTEGER NOT NULL REFERENCES submissions(id),"
	" size INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" sequence INTEGER NOT NULL, UNIQUE(epoch, sequence));"
	"CREATE TABLE IF NOT EXISTS epochs("
	" epoch INTEGER NOT NULL, key_id TEXT NOT NULL,"
	" first_used INTEGER NOT NULL DEFAULT (unixepoch()),"
	" PRIMARY KEY(epoch, key_id));"
	"CREATE TABLE IF NOT EXISTS deliveries("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" submission INTEGER NOT NULL REFERENCES submissions(id),"
	" target TEXT NOT NULL, slot TEXT NOT NULL, status TEXT NOT NULL,"
	" reason TEXT, at INTEGER NOT NULL DEFAULT (unixepoch()));"
	"CREATE TABLE IF NOT EXISTS targets("
	" name TEXT PRIMARY KEY, profile TEXT, release TEXT,"
	" seen INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS log("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" at INTEGER NOT NULL DEFAULT (unixepoch()),"
	" submission INTEGER, event TEXT NOT NULL, text TEXT NOT NULL);"
	"CREATE TRIGGER IF NOT EXISTS log_keeps BEFORE UPDATE ON log"
	" BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;"
	"CREATE TRIGGER IF NOT EXISTS log_stays BEFORE DELETE ON log"
	" BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;"
	"COMMIT;";

/*
 * What has changed since the first version, in order; user_version counts what
 * a database has had of it.
 */
static const char *const upgrades[] = {
	"BEGIN;"
	/* An image may come from elsewhere; it has no submission then. */
	"ALTER TABLE deliveries RENAME TO deliveries_0;"
	"CREATE TABLE deliveries("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" submission INTEGER REFERENCES submissions(id), image TEXT,"
	" target TEXT NOT NULL, slot TEXT NOT NULL, status TEXT NOT NULL,"
	" reason TEXT, at INTEGER NOT NULL DEFAULT (unixepoch()));"
	"INSERT INTO deliveries(id, submission, target, slot, status, reason,"
	" at) SELECT id, submission, target, slot, status, reason, at"
	" FROM deliveries_0;"
	"DROP TABLE deliveries_0;"
	/* Which instance of a content a slot of a target has. */
	"CREATE TABLE instances("
	" target TEXT NOT NULL, base TEXT NOT NULL, slot TEXT NOT NULL,"
	" instance INTEGER NOT NULL, PRIMARY KEY(target, base, slot),"
	" UNIQUE(target, base, instance));"
	"PRAGMA user_version=1;"
	"COMMIT;",
	/* What is left of a crash is looked up by object. */
	"BEGIN;"
	"CREATE INDEX IF NOT EXISTS submissions_object ON submissions(object);"
	"PRAGMA user_version=2;"
	"COMMIT;",
};
#define N_UPGRADES ((int)(sizeof(upgrades) / sizeof(upgrades[0])))

#endif /* VOUCH_SCHEMA_H */
