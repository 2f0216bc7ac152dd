// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What an offer costs and what its prior price is, as plain calls on the database: facts are read, the pure
// core (price.h, prior_price.h) judges. Texts of answers live in the arena. For whoever checks what is
// advertised.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"
#include "services/campaign/core/prior_price.h"
#include "services/campaign/core/reduction.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/campaign.pb-c.h"

// All price facts of one offer, in memory while they are judged.
struct price_log {
	struct db_result *result; // texts point into it
	struct price_fact *facts;
	struct price_interval *intervals; // room for as many
	size_t count;
};
// price_log_fini after success only. TOO_LARGE beyond 20,000 facts.
bool price_log_load(struct db *db, int32_t shop_id, const char *sku, struct price_log *out, struct err *e);
void price_log_fini(struct price_log *log);

struct price_now {
	bool is_offered; // false: out of sale, or never said
	int64_t gross_minor;
	int64_t since_ms;
	int64_t seq;
};
// What holds at an instant. audience 0: public; currency "": the shop's.
bool price_current(struct db *db, struct arena *arena, int32_t shop_id, const char *sku, const char *market,
		   int32_t audience, const char *currency, int64_t at_ms, struct price_now *out,
		   struct err *e);

// A shop as prices need it.
struct price_place {
	int32_t shop_id;
	char *slug;
	char *currency;
	const struct zone *zone;
	int64_t seq; // its prices are known up to
};
// This shop first, then those of the slugs as they stand there; UNKNOWN_SHOP for one that is not. seq is
// the journal's head for the first one when is_head_locked, else where its position stands.
bool price_places(struct db *db, struct arena *arena, int32_t shop_id, char *const *slugs, size_t slug_count,
		  bool is_head_locked, struct price_place **out, struct err *e);

struct price_question {
	const char *sku, *market, *currency;
	int32_t audience;
	int64_t gross_minor; // the reduced price; 0: not said
	int64_t from_ms;
};
// One shop's prior price as certificate; *prior (may be NULL) is what prior_price_check takes, its texts are
// gone.
bool price_prior(struct db *db, struct arena *arena, const struct price_place *place,
		 const struct price_question *question, struct prior_price *prior,
		 Utarg__V1__PriorPrice **out, struct err *e);
// The lowest of several shops; when none has one, the first shop's, which says so.
bool price_prior_chain(struct db *db, struct arena *arena, const struct price_place *places, size_t count,
		       const struct price_question *question, struct prior_price *prior,
		       Utarg__V1__PriorPrice **out, size_t *lowest, struct err *e);

// Reductions of one offer, by (from, revision).
bool price_reductions(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		      struct reduction **out, size_t *count, struct err *e);
