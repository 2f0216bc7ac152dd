// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a conninfo may hold. A password in it would stand in argv or in the environment; libpq passes over a
// passfile that others may open and then says that no password was given, which helps nobody.
#include "common/base/harden.h"
#include "common/db/db_internal.h"

#include <string.h>

static bool check_option(const PQconninfoOption *option, struct err *e)
{
	if (!option->val || !*option->val)
		return true;
	if (strcmp(option->keyword, "password") == 0)
		return err_set(
			e, ERR_FORBIDDEN,
			"the conninfo holds a password, which others may see: put it into a file of mode "
			"0600 and name that with passfile=FILE");
	return strcmp(option->keyword, "passfile") != 0 || harden_check_secret(option->val, e);
}

bool db_check_conninfo(const char *conninfo, struct err *e)
{
	char *reason = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo ? conninfo : "", &reason);
	// Only that it is wrong: the reason quotes it, and it may hold a password.
	bool fine = options || err_set(e, ERR_BAD_FIELD, "the conninfo of the database is not well formed");
	for (const PQconninfoOption *option = options; fine && option->keyword; option++)
		fine = check_option(option, e);
	PQconninfoFree(options);
	PQfreemem(reason);
	return fine;
}
