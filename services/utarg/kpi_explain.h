// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg kpi --explain`: hands the question to the metrics program, which holds the rows of the figures.
#pragma once

#include "services/utarg/cli.h"

// Becomes that program; comes back only when it cannot be started.
bool kpi_explain(struct cli *cli, struct err *e);
