// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A shop's journal from its beginning, asked from ingest in pages.
#pragma once

#include "services/utarg/cli.h"

#include "utarg/v1/ingest.pb-c.h"

// Tells of each entry, borrowed for the call, up to the head as it was when the reading began. A progress bar
// stands on a terminal meanwhile.
bool journal_pages(struct cli *cli, const char *shop,
		   void (*take)(void *context, const Utarg__V1__JournalEntry *entry), void *context,
		   struct err *e);
