// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Zones of shops by name, loaded once and kept for ever: there are some 600 names at most, and loading one
// takes milliseconds. One thread.
#pragma once

#include "common/base/zone.h"

// NULL with an error when this machine does not know the name.
const struct zone *zones_find(const char *name, struct err *e);
