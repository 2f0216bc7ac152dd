// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg kpi SHOP KPI --history --day DAY`: how a closed day's figure came to be what it is.
#pragma once

#include "services/utarg/cli.h"

bool kpi_history(struct cli *cli, struct err *e);
