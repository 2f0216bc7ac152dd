// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Brings office.key to a service: a thread with a connection of its own looks at the table's version four
// times a second and hands the whole table over when it has changed. While the database is away what was
// known last stays (expiry goes by the clock); a service that has never reached it knows nobody.
#pragma once

#include "common/svc/svc.h"

struct keyring;

// Reads the table once if the database answers at once, then goes on behind. Before svc_serve, so that
// whoever connects first is known. conninfo is copied. NULL only without threads or descriptors.
struct keyring *keyring_start(struct svc *svc, const char *conninfo, struct err *e);
void keyring_stop(struct keyring *keyring); // takes NULL; before svc_destroy
