// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a process does for its own safety before it does anything else, and what it asks of files that hold a
// secret.
#pragma once

#include "common/base/err.h"

// Our builds fill every variable before its first use (cmake/harden.cmake). Not this one: it is large, on a
// path that each event takes, and nothing of it is read that was not written.
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define HARDEN_UNFILLED __attribute__((uninitialized))
#endif
#endif
#ifndef HARDEN_UNFILLED
#define HARDEN_UNFILLED
#endif

// For good, for this process and all it starts: no privilege comes back through a program with a set-uid bit,
// no core file is written. Nobody without privileges may trace this process or read its memory; but under
// sanitizers, whose builds are for debugging, a debugger may.
bool harden_process(struct err *e);
// The same, and what the process and its children make is for their user alone (umask 077). For what stays.
bool harden_service(struct err *e);
// Refuses a file that is there and that others than its owner may open, with its name and how to mend it.
// What is absent or no file is the matter of who opens it.
bool harden_check_secret(const char *path, struct err *e);
