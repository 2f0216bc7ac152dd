// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Decisions about affiliates; their keys and clicks: helper_world.h. Texts must live as long as the box:
// constants.
#pragma once

#include "tests/unit/metrics/helper_world.h"

struct box *box_partner(int64_t t_ms, const char *affiliate, bool is_paused);
// Valid from its time on; a fixed amount in PLN, else (0) the percentage.
struct box *box_commission(int64_t t_ms, const char *affiliate, const char *category, const char *rule_id,
			   uint32_t percentage_bp, int64_t fixed_minor);
struct box *box_affiliate_paid(int64_t t_ms, const char *affiliate, const char *order, const char *rule_id,
			       int64_t amount_minor);
void box_affiliate_move(struct box *to); // of box_copy
