// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Directives from the tables, as messages in the caller's arena; too much for it is TOO_LARGE.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/campaign.pb-c.h"

struct directive_views {
	Utarg__V1__DirectiveView **items; // the latest first
	size_t count;
};

struct directive_updates {
	Utarg__V1__DirectiveUpdate **items; // epoch is set; stamps are the publisher's
	size_t count;
	int64_t as_of_seq;
};

// Of a shop; campaign and id "" are all. settled: also those nothing is left to do about.
bool directive_views_list(struct db *db, struct arena *arena, int32_t shop_id, const char *campaign,
			  const char *directive_id, bool settled, int32_t limit, struct directive_views *out,
			  struct err *e);
// The latest about this offer (sku), or about money (sku ""); *out is NULL when there is none.
bool directive_view_last(struct db *db, struct arena *arena, int32_t shop_id, const char *campaign,
			 const char *sku, Utarg__V1__DirectiveView **out, struct err *e);
// What directive/ tells of these campaigns; those without any directive are left out.
bool directive_updates_named(struct db *db, struct arena *arena, int32_t shop_id,
			     const char *const *campaigns, size_t count, struct directive_updates *out,
			     struct err *e);
// Names of the campaigns behind `after` that have directives.
bool directive_campaigns(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			 int32_t limit, const char *const **out, size_t *count, struct err *e);
