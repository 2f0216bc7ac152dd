// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Writes down in metrics.figure which key figures there are: others (who sets a target, who reads the tables)
// have no rows of core/kpi.h.
#pragma once

#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>

bool catalog_write(struct db *db, struct err *e);
