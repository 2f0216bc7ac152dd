// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-metrics --verify SHOP [--json] [keys]: recomputes a shop's chain and figures from its journal in one
// read-only snapshot and compares. Needs a reader's rights only.
#pragma once

// Exit code: 0 all agrees, 6 differences (listed), 2 usage or unknown shop, 3 the database cannot be used.
int verify_main(int argc, char **argv);
