// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See prices.h.
#include "services/campaign/prices.h"

#include "services/campaign/views.h"
#include "services/campaign/zones.h"

#include <stdlib.h>
#include <string.h>

// Facts of one offer that are read at once: a price change every half hour for a year.
enum { FACTS_MAX = 20000 };

// ---- facts -----------------------------------------------------------------------------------------------

static void read_fact(const struct db_result *result, int row, struct price_fact *fact)
{
	struct slice id = db_get_bytes(result, row, 4);

	*fact = (struct price_fact){
		.market = db_get_text(result, row, 0),
		.currency = db_get_text(result, row, 2),
		.audience = (int32_t)db_get_int(result, row, 1),
		.is_offered = !db_is_null(result, row, 6),
		.is_perishable = db_get_int(result, row, 7) != 0,
		.t_ms = db_get_time_ms(result, row, 3),
		.seq = db_get_int(result, row, 5),
	};
	memcpy(fact->id, id.data, UUID_SIZE);
	if (fact->is_offered)
		fact->gross_minor = db_get_int(result, row, 6);
}

bool price_log_load(struct db *db, int32_t shop_id, const char *sku, struct price_log *out, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(sku), db_int4(FACTS_MAX + 1)};

	*out = (struct price_log){0};
	if (!db_run(db, "campaign_price_facts", values, 3, &out->result, e))
		return false;
	out->count = (size_t)db_rows(out->result);
	if (out->count > FACTS_MAX) {
		price_log_fini(out);
		return err_set(e, ERR_TOO_LARGE, "offer %.64s has more than %d price facts", sku, FACTS_MAX);
	}
	out->facts = calloc(out->count + 1, sizeof(*out->facts));
	out->intervals = calloc(out->count + 1, sizeof(*out->intervals));
	if (out->facts == NULL || out->intervals == NULL)
		abort(); // some MB at most: then the machine is out of memory
	for (size_t i = 0; i < out->count; i++)
		read_fact(out->result, (int)i, &out->facts[i]);
	return true;
}

void price_log_fini(struct price_log *log)
{
	db_result_free(log->result);
	free(log->facts);
	free(log->intervals);
	*log = (struct price_log){0};
}

// ---- shops -----------------------------------------------------------------------------------------------

static bool read_place(struct arena *arena, const struct db_result *result, int row, bool is_head_locked,
		       struct price_place *out, struct err *e)
{
	*out = (struct price_place){
		.shop_id = (int32_t)db_get_int(result, row, 0),
		.slug = arena_printf(arena, "%s", db_get_text(result, row, 1)),
		.currency = arena_printf(arena, "%s", db_get_text(result, row, 3)),
		.zone = zones_find(db_get_text(result, row, 2), e),
		.seq = db_get_int(result, row, row == 0 && is_head_locked ? 5 : 4),
	};
	if (out->slug == NULL || out->currency == NULL)
		return views_too_large(e);
	return out->zone != NULL;
}

// The first slug that no shop has.
static bool say_missing(const struct db_result *result, char *const *slugs, size_t slug_count, struct err *e)
{
	for (size_t i = 0; i < slug_count; i++) {
		bool is_there = false;

		for (int row = 1; row < db_rows(result); row++)
			is_there = is_there || strcmp(db_get_text(result, row, 1), slugs[i]) == 0;
		if (!is_there)
			return err_field(e, ERR_UNKNOWN_SHOP, "chain", "there is no shop \"%.63s\"",
					 slugs[i]);
	}
	return err_set(e, ERR_UNKNOWN_SHOP, "there is no such shop");
}

bool price_places(struct db *db, struct arena *arena, int32_t shop_id, char *const *slugs, size_t slug_count,
		  bool is_head_locked, struct price_place **out, struct err *e)
{
	struct db_array names;
	struct db_value values[2];
	struct db_result *result;
	bool ok;

	db_array_init(&names, DB_TEXT);
	for (size_t i = 0; i < slug_count; i++)
		db_array_add(&names, db_text(slugs[i]));
	values[0] = db_int4(shop_id);
	values[1] = db_array_value(&names);
	ok = db_run(db, "campaign_price_places", values, 2, &result, e);
	db_array_fini(&names);
	if (!ok)
		return false;
	*out = arena_calloc(arena, slug_count + 1, sizeof(**out));
	if (*out == NULL)
		ok = views_too_large(e);
	else if ((size_t)db_rows(result) != slug_count + 1)
		ok = say_missing(result, slugs, slug_count, e);
	for (int row = 0; ok && row < db_rows(result); row++)
		ok = read_place(arena, result, row, is_head_locked, &(*out)[row], e);
	db_result_free(result);
	return ok;
}

// ---- what holds now --------------------------------------------------------------------------------------

static const struct price_interval *interval_at(const struct price_interval *intervals, size_t count,
						const struct price_question *question)
{
	for (size_t i = 0; i < count; i++) {
		const struct price_interval *interval = &intervals[i];

		if (interval->audience == question->audience &&
		    strcmp(interval->market, question->market) == 0 &&
		    strcmp(interval->currency, question->currency) == 0 &&
		    interval->from_ms <= question->from_ms &&
		    (interval->until_ms == 0 || interval->until_ms > question->from_ms))
			return interval;
	}
	return NULL;
}

bool price_current(struct db *db, struct arena *arena, int32_t shop_id, const char *sku, const char *market,
		   int32_t audience, const char *currency, int64_t at_ms, struct price_now *out,
		   struct err *e)
{
	struct price_question question = {.sku = sku,
					  .market = market,
					  .currency = currency,
					  .audience = audience != 0 ? audience : 1,
					  .from_ms = at_ms};
	const struct price_interval *interval;
	struct price_place *place;
	struct price_log log;

	*out = (struct price_now){0};
	if (currency[0] == '\0') {
		if (!price_places(db, arena, shop_id, NULL, 0, false, &place, e))
			return false;
		question.currency = place->currency;
	}
	if (!price_log_load(db, shop_id, sku, &log, e))
		return false;
	interval =
		interval_at(log.intervals, price_intervals(log.facts, log.count, log.intervals), &question);
	if (interval != NULL)
		*out = (struct price_now){true, interval->gross_minor, interval->from_ms, interval->seq};
	price_log_fini(&log);
	return true;
}

// ---- reductions ------------------------------------------------------------------------------------------

static bool read_reduction(struct arena *arena, const struct db_result *result, int row,
			   struct reduction *out, struct err *e)
{
	struct slice packed = db_get_bytes(result, row, 0);

	*out = (struct reduction){
		.announced = utarg__v1__reduction__unpack(&arena->allocator, packed.size, packed.data),
		.announced_at_ms = db_get_time_ms(result, row, 1),
		.ended_at_ms = db_is_null(result, row, 2) ? 0 : db_get_time_ms(result, row, 2),
		.revision = (uint64_t)db_get_int(result, row, 3),
	};
	if (out->announced != NULL)
		return true;
	return arena->exhausted ? views_too_large(e)
				: err_set(e, ERR_INTERNAL, "a stored reduction does not decode");
}

bool price_reductions(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		      struct reduction **out, size_t *count, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(sku)};
	struct db_result *result;
	bool ok = true;

	if (!db_run(db, "campaign_reduction_of_offer", values, 2, &result, e))
		return false;
	*count = (size_t)db_rows(result);
	*out = arena_calloc(arena, *count + 1, sizeof(**out));
	if (*out == NULL)
		ok = views_too_large(e);
	for (size_t i = 0; ok && i < *count; i++)
		ok = read_reduction(arena, result, (int)i, &(*out)[i], e);
	db_result_free(result);
	return ok;
}

// ---- prior prices ----------------------------------------------------------------------------------------

// Announced steps, for markets whose rule asks for them.
static bool read_steps(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		       struct prior_price_step **out, size_t *count, struct err *e)
{
	struct reduction *reductions;

	if (!price_reductions(db, arena, shop_id, sku, &reductions, count, e))
		return false;
	*out = arena_calloc(arena, *count + 1, sizeof(**out));
	if (*out == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < *count; i++) {
		const Utarg__V1__Reduction *announced = reductions[i].announced;

		(*out)[i] = (struct prior_price_step){
			.market = announced->market,
			.currency = announced->currency,
			.audience = (int32_t)announced->audience,
			.gross_minor = announced->price_gross_minor,
			.from_ms = announced->from_ms,
			.until_ms = reduction_until_ms(reductions, *count, i),
		};
	}
	return true;
}

static Utarg__V1__PriorPrice *certificate(struct arena *arena, const struct price_place *place,
					  const struct price_question *question,
					  const struct prior_price *prior)
{
	Utarg__V1__PriorPrice *out = arena_alloc(arena, sizeof(*out));

	if (out == NULL)
		return NULL;
	utarg__v1__prior_price__init(out);
	out->shop = place->slug;
	out->sku = arena_printf(arena, "%s", question->sku);
	out->market = arena_printf(arena, "%s", question->market);
	out->currency = arena_printf(arena, "%s", question->currency);
	out->rule = prior->rule;
	out->window_from_ms = prior->window_from_ms;
	out->window_until_ms = prior->window_until_ms;
	out->judged_at_seq = (uint64_t)place->seq;
	if (prior->is_known) {
		out->known_prior_price_case =
			UTARG__V1__PRIOR_PRICE__KNOWN_PRIOR_PRICE_PRIOR_PRICE_GROSS_MINOR;
		out->prior_price_gross_minor = prior->gross_minor;
		out->audience = (Utarg__V1__Audience)prior->interval.audience;
		out->interval_from_ms = prior->interval.from_ms;
		out->interval_until_ms = prior->interval.until_ms;
		out->interval_seq = (uint64_t)prior->interval.seq;
	}
	return out->sku != NULL && out->market != NULL && out->currency != NULL ? out : NULL;
}

bool price_prior(struct db *db, struct arena *arena, const struct price_place *place,
		 const struct price_question *question, struct prior_price *prior,
		 Utarg__V1__PriorPrice **out, struct err *e)
{
	struct prior_price judged;
	struct prior_price_step *steps = NULL;
	struct price_log log;
	struct prior_price_question asked = {
		.market = question->market,
		.currency = question->currency,
		.audience = question->audience,
		.gross_minor = question->gross_minor,
		.from_ms = question->from_ms,
		.zone = place->zone,
	};

	if ((prior_price_is_progressive(question->market) &&
	     !read_steps(db, arena, place->shop_id, question->sku, &steps, &asked.step_count, e)) ||
	    !price_log_load(db, place->shop_id, question->sku, &log, e))
		return false;
	asked.steps = steps;
	prior_price_of(log.facts, log.count, &asked, log.intervals, &judged);
	price_log_fini(&log);
	judged.interval.market = judged.interval.currency = NULL; // were the log's
	*out = certificate(arena, place, question, &judged);
	if (prior != NULL)
		*prior = judged;
	return *out != NULL || views_too_large(e);
}

bool price_prior_chain(struct db *db, struct arena *arena, const struct price_place *places, size_t count,
		       const struct price_question *question, struct prior_price *prior,
		       Utarg__V1__PriorPrice **out, size_t *lowest, struct err *e)
{
	struct prior_price *priors = arena_calloc(arena, count, sizeof(*priors));

	if (priors == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < count; i++) {
		if (!price_prior(db, arena, &places[i], question, &priors[i], &out[i], e))
			return false;
	}
	*lowest = prior_price_lowest(priors, count);
	if (*lowest == count)
		*lowest = 0;
	if (prior != NULL)
		*prior = priors[*lowest];
	return true;
}
