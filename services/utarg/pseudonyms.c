// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See pseudonyms.h.
#include "services/utarg/pseudonyms.h"

#include "common/base/pseudonym.h"
#include "services/utarg/files.h"
#include "services/utarg/postgres.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

void pseudonyms_path(const struct instance *instance, char out[CLI_PATH_SIZE])
{
	instance_path(instance, "secrets/pseudonym.key", out);
}

bool pseudonyms_prepare(const struct instance *instance, struct err *e)
{
	char path[CLI_PATH_SIZE], text[PSEUDONYM_FILE_SIZE];
	pseudonyms_path(instance, path);
	if (access(path, F_OK) == 0)
		return true;
	if (postgres_cluster_version(instance) > 0)
		return err_set(e, ERR_INTERNAL,
			       "%.150s is missing; bring it back. With a new one (64 hex digits, mode 0600) "
			       "every visitor and customer would be somebody new",
			       path);
	bool made = pseudonym_master_make(text, e) && files_write(path, text, 0600, NULL, e);
	sodium_memzero(text, sizeof(text));
	return made;
}

void pseudonyms_option(const struct instance *instance, char *out, size_t out_size)
{
	char path[CLI_PATH_SIZE];
	pseudonyms_path(instance, path);
	int size = snprintf(out, out_size, "--pseudonym-key=%s", path);
	assert(size > 0 && (size_t)size < out_size);
}
