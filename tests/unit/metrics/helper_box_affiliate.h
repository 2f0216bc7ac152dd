// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Events about affiliates. Keys have numbers. Texts must live as long as the box: constants.
#pragma once

#include "tests/unit/metrics/helper_world.h"

struct box *box_affiliate_key(int64_t t_ms, unsigned key_number, int64_t valid_from_ms);
// Signed with the key of that number; below 0: not at all.
struct box *box_click(int64_t t_ms, const char *visitor, const char *customer, const char *affiliate,
		      const char *campaign, int key_number);
struct box *box_partner(int64_t t_ms, const char *affiliate, bool is_paused);
// Valid from its time on; a fixed amount in PLN, else (0) the percentage.
struct box *box_commission(int64_t t_ms, const char *affiliate, const char *category, const char *rule_id,
			   uint32_t percentage_bp, int64_t fixed_minor);
struct box *box_affiliate_paid(int64_t t_ms, const char *affiliate, const char *order, const char *rule_id,
			       int64_t amount_minor);
bool box_is_signed(const struct box *click, unsigned key_number);
unsigned box_key_number(const struct box *affiliate_key);
void box_affiliate_move(struct box *to); // of box_copy
