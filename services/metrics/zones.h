// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Zones by name, loaded once and kept for ever (there are some 600 names at most), as fold_options.zone.
#pragma once

#include "common/base/zone.h"

struct zones;

struct zones *zones_create(void);
void zones_destroy(struct zones *zones);
// context is the struct zones. NULL when this machine does not know the name.
const struct zone *zones_find(void *context, const char *name);
