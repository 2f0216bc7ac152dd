// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A shop's offers as campaign has them, page by page: a catalogue can be larger than one answer.
#pragma once

#include "services/utarg/cli.h"

#include "utarg/v1/service.pb-c.h"

enum { CATALOGUE_PAGE = 500 };

// The next offers behind a sku, at most *page of them; *page, which begins with CATALOGUE_PAGE or less,
// shrinks when so many are too large for one answer. An OfferListReply, the caller's to free; NULL on
// failure.
Utarg__V1__Reply *catalogue_ask(struct cli *cli, const char *shop, const char *after, uint32_t *page,
				struct err *e);
// The one offer of that sku, or none: as above.
Utarg__V1__Reply *catalogue_ask_one(struct cli *cli, const char *shop, const char *sku, struct err *e);
