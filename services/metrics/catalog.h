// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Writes down in metrics.figure which key figures there are: who sets a target
// has no rows of core/kpi.h.
#pragma once

#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>

bool catalog_write(struct db *db, struct err *e);
