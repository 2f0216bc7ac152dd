// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Partners as campaign's tables have them, as messages. See views.h.
#pragma once

#include "services/campaign/views.h"

// Partners by name with their rules in force at now or to come, and what was paid; and the shop's key in
// force. affiliate "": all. One that is not there is no failure.
bool affiliate_views(struct db *db, struct arena *arena, int32_t shop_id, const char *affiliate,
		     int64_t now_ms, Utarg__V1__AffiliateListReply *out, struct err *e);
