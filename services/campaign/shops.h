// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Ids and slugs of the shops there are: a copy of office.shop in memory. A shop never changes its slug and
// never goes, so the copy only grows.
#pragma once

#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shops;

struct shops *shops_create(void);
void shops_destroy(struct shops *shops);
// Takes in what was added since the last time, here or by another process.
bool shops_refresh(struct shops *shops, struct db *db, struct err *e);
void shops_add(struct shops *shops, int32_t shop_id, const char *slug);
// From memory; 0: not known.
int32_t shops_id(const struct shops *shops, const char *slug);
const char *shops_slug(const struct shops *shops, int32_t shop_id); // NULL: not known
// The shop with the next higher id; 0: none.
int32_t shops_next(const struct shops *shops, int32_t after_id);
// From memory, else after a refresh; UNKNOWN_SHOP.
bool shops_find(struct shops *shops, struct db *db, const char *slug, int32_t *shop_id, struct err *e);
// The day it is in the shop, days since 1970-01-01.
bool shops_today(struct db *db, int32_t shop_id, int64_t now_ms, int64_t *days, struct err *e);
