// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Small files and directories with the right owner and mode, for instances. No knowledge of what is in them.
#pragma once

#include "common/base/err.h"
#include "services/utarg/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Replaces a file atomically; it belongs to user (NULL or not other: to us).
bool files_write(const char *path, const char *text, mode_t mode, const struct process_user *user,
		 struct err *e);
// First line without its end; false when there is none or it does not fit.
bool files_read_line(const char *path, char *out, size_t out_size);
// Last line that is not empty, cut to fit; "" when there is none. With a mark: the last of the file's end
// that contains it, cut before it, or else just the last.
void files_last_line(const char *path, const char *mark, char *out, size_t out_size);
// A directory of mode 0700 that belongs to user; one that is there must be that already (a place in /tmp
// made by somebody else is refused).
bool files_own_directory(const char *path, const struct process_user *user, struct err *e);
bool files_remove_tree(const char *path, struct err *e); // nothing there: true
// Opens for appending; a file above 16 MiB is moved to <path>.1 first. -1 on failure.
int files_open_log(const char *path, struct err *e);
// The text of a file of at most 1 GiB, mapped; NULL on failure, and when it is empty. files_unmap gives it
// back.
const char *files_map(const char *path, size_t *size, struct err *e);
void files_unmap(const char *text, size_t size);
// When its content was changed last.
bool files_changed_ms(const char *path, int64_t *out, struct err *e);
// The password, last of the five fields of a pgpass line, unescaped.
bool files_pgpass_password(const char *line, char *out, size_t out_size);
