// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "common/base/harden.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifdef UTARG_SANITIZE
enum { IS_DEBUGGABLE = 1 };
#else
enum { IS_DEBUGGABLE = 0 };
#endif

bool harden_process(struct err *e)
{
	const struct rlimit none = {0, 0};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, ERR_INTERNAL, "no_new_privs cannot be set: %s", strerror(errno));
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(e, ERR_INTERNAL, "core files cannot be switched off: %s", strerror(errno));
	if (!IS_DEBUGGABLE && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(e, ERR_INTERNAL, "the process cannot be closed to others: %s",
			       strerror(errno));
	return true;
}

bool harden_service(struct err *e)
{
	umask(S_IRWXG | S_IRWXO);
	return harden_process(e);
}

bool harden_check_secret(const char *path, struct err *e)
{
	struct stat facts;
	if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode) || !(facts.st_mode & (S_IRWXG | S_IRWXO)))
		return true;
	return err_set(e, ERR_FORBIDDEN, "%.200s holds a secret and others may open it: chmod 600 %.80s",
		       path, strlen(path) > 80 ? "it" : path);
}
