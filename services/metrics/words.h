// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the numbers in the tables mean, as tables: names of figures, their terms, dimensions. For
// metrics.kpi_v1.
#pragma once

#include "common/db/db.h"

// Writes them anew, from the rows of this program.
bool words_write(struct db *db, struct err *e);
