// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What commands that make events need to know of a shop: asked from campaign, its zone loaded.
#pragma once

#include "common/base/zone.h"
#include "services/utarg/cli.h"

#include "utarg/v1/service.pb-c.h"

struct shop {
	char slug[64];
	char currency[4];
	char rate_source[72]; // of published rates; "": none
	int attribution_days; // how long before an order a touch counts
	struct zone zone;
};

// One shop as campaign has it (or all, slug ""): a ShopListReply, the caller's to free; NULL on failure.
Utarg__V1__Reply *shop_ask(struct cli *cli, const char *slug, struct err *e);
// UNKNOWN_SHOP with a sentence when there is none. shop_fini after success only.
bool shop_load(struct cli *cli, const char *slug, struct shop *out, struct err *e);
void shop_fini(struct shop *shop);
