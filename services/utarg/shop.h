// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What commands that make events need to know of a shop: asked from campaign, its zone loaded.
#pragma once

#include "common/base/zone.h"
#include "services/utarg/cli.h"

struct shop {
	char slug[64];
	char currency[4];
	struct zone zone;
};

// UNKNOWN_SHOP with a sentence when there is none. shop_fini after success only.
bool shop_load(struct cli *cli, const char *slug, struct shop *out, struct err *e);
void shop_fini(struct shop *shop);
