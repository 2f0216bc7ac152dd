// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Says on head/<shop>/ that there is something new: after each commit, and again every 500 ms for shops
// that changed in the last 5 s, so that a doorbell that was dropped costs milliseconds. Never the only
// news of anything: who hears nothing looks at the heads by himself.
#pragma once

#include "common/journal/journal.h"
#include "common/svc/svc.h"
#include "services/ingest/shops.h"

struct doorbell {
	struct svc *svc;
	struct shops *shops;
	struct shop *recent; // shops that changed lately
};

enum { DOORBELL_AGAIN_MS = 500, DOORBELL_RECENT_MS = 5000 };

// A commit moved this shop's head.
void doorbell_ring(struct doorbell *doorbell, const char *slug, const struct journal_head *head);
// The timer's: struct doorbell *.
void doorbell_again(void *doorbell);
