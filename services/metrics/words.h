// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Which key figures there are and what the numbers in the tables mean, as tables: metrics.kpi (who sets a
// target has no rows of core/kpi.h), kpi_term and dimension (for metrics.kpi_v1).
#pragma once

#include "common/db/db.h"

// Writes them anew, from the rows of this program.
bool words_write(struct db *db, struct err *e);
