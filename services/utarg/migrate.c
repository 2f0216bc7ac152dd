// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Two connections: `guard` holds the advisory lock and makes the table, `work` has its statements prepared
// against that table and applies the files.
#include "services/utarg/migrate.h"

#include "common/base/harden.h"
#include "common/base/text.h"
#include "services/utarg/files.h"
#include "services/utarg/postgres.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct db_statement utarg_migrations[];
extern const struct db_statement utarg_statements[];

enum { MIGRATE_CHECKSUM_BYTES = 32, MIGRATE_STATEMENT_TIMEOUT_MS = 3600 * 1000 };

// The key is "utarg" in ASCII: no other program of this database is likely to use it.
static const char take_lock[] = "DO $$ BEGIN PERFORM pg_catalog.pg_advisory_lock(504640926311); END $$";
static const char make_table[] = "CREATE SCHEMA IF NOT EXISTS utarg;"
				 "CREATE TABLE IF NOT EXISTS utarg.utarg_migration ("
				 " number integer PRIMARY KEY, name text NOT NULL, checksum bytea NOT NULL,"
				 " applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp())";
struct db_statement migrate_statement(const char *name)
{
	const struct db_statement *found = utarg_statements;
	while (found->name && strcmp(found->name, name) != 0)
		found++;
	assert(found->name);
	return *found;
}

static int number_of(const struct db_statement *migration)
{
	return (int)strtol(migration->name, NULL, 10);
}

static int known_number(void)
{
	int best = 0;
	for (const struct db_statement *m = utarg_migrations; m->name; m++)
		if (number_of(m) > best)
			best = number_of(m);
	return best;
}

static void checksum_of(const struct db_statement *migration, uint8_t out[MIGRATE_CHECKSUM_BYTES])
{
	crypto_generichash(out, MIGRATE_CHECKSUM_BYTES, (const uint8_t *)migration->sql,
			   strlen(migration->sql), NULL, 0);
}

static struct db *connect_to(const char *conninfo, const struct db_statement *statements, int timeout_ms,
			     struct err *e)
{
	const struct db_statement *const tables[] = {statements, NULL};
	struct db_options options = {.conninfo = conninfo,
				     .statements = statements ? tables : NULL,
				     .statement_timeout_ms = timeout_ms,
				     .application_name = "utarg-migrate"};
	return db_create(&options, e);
}

static bool apply(struct db *work, const struct db_statement *migration, struct err *e)
{
	uint8_t checksum[MIGRATE_CHECKSUM_BYTES];
	checksum_of(migration, checksum);
	struct db_value values[] = {db_int4(number_of(migration)), db_text(migration->name),
				    db_bytes(checksum, sizeof(checksum))};
	if (!db_begin(work, e))
		return err_prefix(e, "migration %s", migration->name);
	if (!db_script(work, migration->sql, e) ||
	    !db_run(work, "utarg_migration_note", values, 3, NULL, e)) {
		db_rollback(work);
		return err_prefix(e, "migration %s", migration->name);
	}
	switch (db_commit(work, e)) {
	case DB_COMMITTED:
		return true;
	case DB_UNKNOWN:
		return err_set(e, ERR_BUSY,
			       "migration %s: the database went away while committing; run migrate again",
			       migration->name);
	default:
		return err_prefix(e, "migration %s", migration->name);
	}
}

// Row of the list with that number, -1: not applied.
static int find_applied(const struct db_result *rows, int number)
{
	for (int i = 0; i < db_rows(rows); i++)
		if (db_get_int(rows, i, 0) == number)
			return i;
	return -1;
}

static bool check_same(const struct db_result *rows, int row, const struct db_statement *migration,
		       struct err *e)
{
	uint8_t checksum[MIGRATE_CHECKSUM_BYTES];
	struct slice found = db_get_bytes(rows, row, 2);
	checksum_of(migration, checksum);
	if (found.size == sizeof(checksum) && memcmp(found.data, checksum, sizeof(checksum)) == 0)
		return true;
	return err_set(e, ERR_CONFLICT,
		       "migration %s was applied to this database with another text (as %s); a migration "
		       "that is applied never changes",
		       migration->name, db_get_text(rows, row, 1));
}

// Whether a number of the database that we do not know lies among ours: then it is no newer version.
static bool check_strangers(const struct db_result *rows, struct err *e)
{
	int greatest = known_number();
	for (int i = 0; i < db_rows(rows); i++) {
		int number = (int)db_get_int(rows, i, 0);
		bool known = false;
		for (const struct db_statement *m = utarg_migrations; m->name && !known; m++)
			known = number_of(m) == number;
		if (!known && number < greatest)
			return err_set(e, ERR_CONFLICT,
				       "this database has a migration %s that this version does not know",
				       db_get_text(rows, i, 1));
	}
	return true;
}

static bool apply_missing(struct db *work, struct migrate_report *report, struct err *e)
{
	struct db_result *rows = NULL;
	if (!db_run(work, "utarg_migration_list", NULL, 0, &rows, e))
		return false;
	bool done = check_strangers(rows, e);
	// The table is in the order of the file names, and the names begin with the number.
	for (const struct db_statement *m = utarg_migrations; m->name && done; m++) {
		int row = find_applied(rows, number_of(m));
		if (row >= 0) {
			done = check_same(rows, row, m, e);
		} else {
			done = apply(work, m, e);
			report->applied += done;
		}
	}
	int last = db_rows(rows) > 0 ? (int)db_get_int(rows, db_rows(rows) - 1, 0) : 0;
	report->known_number = known_number();
	report->last_number = last > report->known_number ? last : report->known_number;
	db_result_free(rows);
	return done;
}

bool migrate_run(const char *conninfo, int64_t wait_ms, struct migrate_report *report, struct err *e)
{
	*report = (struct migrate_report){0};
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "no source of randomness");
	if (!db_wait_ready(conninfo, wait_ms, e))
		return false;
	struct db *guard = connect_to(conninfo, NULL, wait_ms > 1000 ? (int)wait_ms : 1000, e);
	if (!guard)
		return false;
	struct db *work = NULL;
	bool done = db_script(guard, take_lock, e) || err_prefix(e, "waiting for another migrate");
	done = done && db_script(guard, make_table, e);
	if (done) {
		work = connect_to(conninfo, utarg_statements, MIGRATE_STATEMENT_TIMEOUT_MS, e);
		done = work && apply_missing(work, report, e);
	}
	db_destroy(work);
	db_destroy(guard); // the lock goes with its session
	return done;
}

static bool has_table(const char *conninfo, bool *out, struct err *e)
{
	struct db_result *rows = NULL;
	const struct db_statement one[] = {migrate_statement("utarg_migration_table"), {0}};
	struct db *db = connect_to(conninfo, one, 0, e);
	bool done = db && db_run(db, "utarg_migration_table", NULL, 0, &rows, e);
	*out = done && db_get_int(rows, 0, 0) != 0;
	db_result_free(rows);
	db_destroy(db);
	return done;
}

bool migrate_look(const char *conninfo, struct migrate_report *report, struct err *e)
{
	bool exists = false;
	struct db_result *rows = NULL;
	*report = (struct migrate_report){.known_number = known_number()};
	if (!has_table(conninfo, &exists, e))
		return false;
	if (!exists)
		return true;
	struct db *db = connect_to(conninfo, utarg_statements, 0, e);
	bool done = db && db_run(db, "utarg_migration_list", NULL, 0, &rows, e);
	if (done && db_rows(rows) > 0)
		report->last_number = (int)db_get_int(rows, db_rows(rows) - 1, 0);
	db_result_free(rows);
	db_destroy(db);
	return done;
}

// A pgpass file as libpq reads it, or a file that holds nothing but the password.
static bool read_password(const char *directory, const char *role, char *out, size_t out_size, bool *found,
			  struct err *e)
{
	char path[CLI_PATH_SIZE], line[512];
	snprintf(path, sizeof(path), "%.900s/%s.pgpass", directory, role);
	bool is_pgpass = access(path, F_OK) == 0;
	if (!is_pgpass)
		snprintf(path, sizeof(path), "%.900s/%s", directory, role);
	*found = access(path, F_OK) == 0;
	if (!*found)
		return true;
	if (!harden_check_secret(path, e))
		return false;
	bool read = files_read_line(path, line, sizeof(line));
	if (read && is_pgpass)
		read = files_pgpass_password(line, out, out_size);
	else if (read)
		read = *line && text_copy(out, out_size, line);
	return read || err_set(e, ERR_BAD_FIELD, "%.200s cannot be read as the password of %s", path, role);
}

bool migrate_set_passwords(const char *conninfo, const char *directory, int *count, struct err *e)
{
	*count = 0;
	struct db *db = connect_to(conninfo, NULL, 0, e);
	bool done = db != NULL;
	// The owner comes first in the list and is not ours to change.
	for (const char *const *role = postgres_roles + 1; done && *role; role++) {
		char password[256];
		bool found;
		done = read_password(directory, *role, password, sizeof(password), &found, e) &&
		       (!found || db_set_role_password(db, *role, password, e));
		*count += done && found;
	}
	db_destroy(db);
	if (done && *count == 0)
		return err_set(e, ERR_MISSING_FIELD, "there is neither <role>.pgpass nor <role> in %.200s",
			       directory);
	return done;
}
