// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-metrics --dialect NAME SHOP --from DAY --to DAY [--window W] [--json] [KPI...] [--database CONNINFO]:
// what another tool would make of the shop's events (core/dialect.h), beside our own figures, on stdout.
// Reads the journal in one snapshot, in memory, and stores nothing.
#pragma once

int dialects_main(int argc, char **argv);
