// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-metrics --explain [NAME...] [--markdown | --json]: says what the figures are, from the rows that they
// are computed by. Needs no database and no other process. docs/KPI.md is its output with --markdown.
#pragma once

// Names are those of figures or of families; none: a list of all by group. Exit code: 0, or 2 for a name that
// there is not.
int explain_main(int argc, char **argv);
