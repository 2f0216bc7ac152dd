// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Passwords of login roles. ALTER ROLE takes no parameters, so this is the one statement put together here,
// from a name and a verifier quoted by libpq.
#include "common/db/db_internal.h"

#include <stdlib.h>
#include <string.h>

static bool alter_role(struct db *db, const char *name, const char *verifier, struct err *e)
{
	static const char format[] = "ALTER ROLE %s PASSWORD %s";
	size_t size = sizeof(format) + strlen(name) + strlen(verifier);
	char *sql = malloc(size);
	if (sql == NULL)
		abort();
	snprintf(sql, size, format, name, verifier);
	bool ok = PQsendQuery(db->conn, sql) ? db_collect(db, "role password", db_deadline(db), NULL, e)
					     : db_fail_lost(db, "role password", e);
	free(sql);
	return ok;
}

bool db_set_role_password(struct db *db, const char *role, const char *password, struct err *e)
{
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	char *verifier = PQencryptPasswordConn(db->conn, password, role, "scram-sha-256");
	char *quoted = verifier ? PQescapeLiteral(db->conn, verifier, strlen(verifier)) : NULL;
	char *name = PQescapeIdentifier(db->conn, role, strlen(role));
	bool ok = quoted != NULL && name != NULL;
	if (ok)
		ok = alter_role(db, name, quoted, e);
	else
		err_set(e, ERR_INTERNAL, "the password of %s cannot be made into a verifier", role);
	PQfreemem(verifier);
	PQfreemem(quoted);
	PQfreemem(name);
	return ok;
}
