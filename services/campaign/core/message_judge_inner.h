// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What message_judge.c, message_price.c and message_placement.c share.
#pragma once

#include "common/base/money.h"
#include "services/campaign/core/message_judge.h"

enum {
	JUDGE_TEXT_SIZE = 320,
	JUDGE_AMOUNT_SIZE = MONEY_TEXT_SIZE + 8,
	JUDGE_FAULTS_OF_PLACEMENTS = 2, // stale or withdrawn, and another price
	JUDGE_FAULTS_A_CLAIM = 2,       // out of stock, and what else is not so
};

// One message being judged.
struct judge {
	struct arena *arena;
	const struct message_standing *standing;
	const struct message_facts *facts;
	struct message_verdict *out;
	size_t room;                   // of out->alerts
	const Utarg__V1__Claim *claim; // NULL: placements are judged
	uint32_t claim_number;         // from 1 on
};

// NULL, with the arena marked as exhausted, when there is no room. since_ms is never before the version.
Utarg__V1__MessageAlert *judge_add(struct judge *judge, Utarg__V1__MessageFault fault, int64_t since_ms,
				   const char *format, ...) __attribute__((format(printf, 4, 5)));
// An instant to judge again at; the past is passed over.
void judge_next(struct judge *judge, int64_t t_ms);
// "39.00 PLN"; returns out.
const char *judge_amount(int64_t minor, const char *currency, char out[JUDGE_AMOUNT_SIZE]);
// "2026-11-30 23:59", in the zone; returns out.
const char *judge_time(const struct zone *zone, int64_t t_ms, char out[ZONE_STAMP_SIZE]);
// message_price.c: the current claim, about an offer that is for sale (a coupon also without one).
void judge_price(struct judge *judge, const struct message_offer *offer);
void judge_percentage(struct judge *judge, const struct message_offer *offer);
void judge_coupon(struct judge *judge, const struct message_offer *offer);
// Whether the offer has any price, and when it had one last (INT64_MIN: never).
bool judge_is_on_sale(const struct message_offer *offer, int64_t now_ms);
int64_t judge_sale_ended_ms(const struct message_offer *offer, int64_t now_ms);
// message_placement.c: stale ones, those that show what was withdrawn, those with another price.
void judge_placements(struct judge *judge);
// Names all placements that show the version, or have not said what they show.
void judge_mend_all(struct judge *judge, Utarg__V1__MessageAlert *alert);
