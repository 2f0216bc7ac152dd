// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: claimed prices, percentages and coupons against the price lists of an offer.
#include "services/campaign/core/message_judge_inner.h"

#include "common/base/money.h"
#include "services/campaign/core/prior_price.h"

#include <stdio.h>
#include <string.h>

// "20 %", "12.5 %".
static const char *percentage_text(uint32_t bp, char out[JUDGE_AMOUNT_SIZE])
{
	char number[MONEY_TEXT_SIZE];
	int decimals = bp % 100 == 0 ? 0 : bp % 10 == 0 ? 1 : 2;
	int64_t units = decimals == 0 ? bp / 100 : decimals == 1 ? bp / 10 : bp;

	snprintf(out, JUDGE_AMOUNT_SIZE, "%s %%", money_text(units, decimals, number));
	return out;
}

static const char *audience_text(int32_t audience)
{
	switch (audience) {
	case UTARG__V1__AUDIENCE__AUDIENCE_MEMBERS:
		return "price for members";
	case UTARG__V1__AUDIENCE__AUDIENCE_CODE:
		return "price with a code";
	case UTARG__V1__AUDIENCE__AUDIENCE_CLOSED:
		return "price on a closed list";
	default:
		return "price";
	}
}

// ---- prices --------------------------------------------------------------------------------------------

// A price list: what a claim's price is compared in.
struct list {
	const char *market;
	const char *currency;
	int32_t audience;
};

static struct list list_of(const struct judge *judge)
{
	const Utarg__V1__Claim *claim = judge->claim;
	bool is_unsaid = claim->audience == UTARG__V1__AUDIENCE__AUDIENCE_UNSPECIFIED;

	return (struct list){
		.market = claim->market,
		.currency = claim->currency[0] != '\0' ? claim->currency : judge->facts->currency,
		.audience =
			is_unsaid ? (int32_t)UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC : (int32_t)claim->audience,
	};
}

static bool is_in_force(const struct price_interval *interval, int64_t t_ms)
{
	return interval->from_ms <= t_ms && (interval->until_ms == 0 || t_ms < interval->until_ms);
}

static const struct price_interval *price_in_force(const struct message_offer *offer, const struct list *list,
						   int64_t t_ms)
{
	for (size_t i = 0; i < offer->interval_count; i++) {
		const struct price_interval *interval = &offer->intervals[i];

		if (interval->audience == list->audience && is_in_force(interval, t_ms) &&
		    strcmp(interval->market, list->market) == 0 &&
		    strcmp(interval->currency, list->currency) == 0)
			return interval;
	}
	return NULL;
}

// When the list, NULL: any of the offer's, had a price last; INT64_MIN: it never had.
static int64_t list_ended_ms(const struct message_offer *offer, const struct list *list, int64_t now_ms)
{
	int64_t ended_ms = INT64_MIN;

	for (size_t i = 0; i < offer->interval_count; i++) {
		const struct price_interval *interval = &offer->intervals[i];

		if (interval->until_ms != 0 && interval->until_ms <= now_ms &&
		    (list == NULL ||
		     (interval->audience == list->audience && strcmp(interval->market, list->market) == 0 &&
		      strcmp(interval->currency, list->currency) == 0)))
			ended_ms = interval->until_ms > ended_ms ? interval->until_ms : ended_ms;
	}
	return ended_ms;
}

bool judge_is_on_sale(const struct message_offer *offer, int64_t now_ms)
{
	for (size_t i = 0; i < offer->interval_count; i++) {
		if (is_in_force(&offer->intervals[i], now_ms))
			return true;
	}
	return false;
}

int64_t judge_sale_ended_ms(const struct message_offer *offer, int64_t now_ms)
{
	return list_ended_ms(offer, NULL, now_ms);
}

// The list's price now; NULL when it has none, which is said.
static const struct price_interval *need_price(struct judge *judge, const struct message_offer *offer,
					       const struct list *list)
{
	const struct price_interval *price = price_in_force(offer, list, judge->facts->now_ms);

	if (price == NULL)
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_PRICE,
			  list_ended_ms(offer, list, judge->facts->now_ms), "%.64s has no %s in %.3s%s%.64s",
			  offer->sku, audience_text(list->audience), list->currency,
			  list->market[0] != '\0' ? " in market " : "", list->market);
	return price;
}

// What a closed list says is for those who may read offers; whoever reads campaigns reads alerts.
static bool is_closed(const struct list *list)
{
	return list->audience == UTARG__V1__AUDIENCE__AUDIENCE_CLOSED;
}

void judge_price(struct judge *judge, const struct message_offer *offer)
{
	struct list list = list_of(judge);
	const struct price_interval *price = need_price(judge, offer, &list);
	char real[JUDGE_AMOUNT_SIZE], claimed[JUDGE_AMOUNT_SIZE], since[ZONE_STAMP_SIZE];

	if (price == NULL || price->gross_minor == judge->claim->amount_minor)
		return;
	judge_time(judge->facts->zone, price->from_ms, since);
	judge_amount(judge->claim->amount_minor, list.currency, claimed);
	if (is_closed(&list))
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_PRICE, price->from_ms,
			  "%.64s has another price on the closed list since %s, not %s", offer->sku, since,
			  claimed);
	else
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_PRICE, price->from_ms,
			  "%.64s costs %s since %s, not %s", offer->sku,
			  judge_amount(price->gross_minor, list.currency, real), since, claimed);
}

// ---- percentages ---------------------------------------------------------------------------------------

// Announced reductions of the offer, as the prior price asks for them.
static const struct prior_price_step *steps_of(struct judge *judge, const struct message_offer *offer)
{
	struct prior_price_step *steps =
		arena_calloc(judge->arena, offer->reduction_count + 1, sizeof(*steps));

	for (size_t i = 0; i < offer->reduction_count && steps != NULL; i++) {
		const Utarg__V1__Reduction *announced = offer->reductions[i].announced;

		steps[i] = (struct prior_price_step){
			.market = announced->market,
			.currency = announced->currency,
			.audience = (int32_t)announced->audience,
			.gross_minor = announced->price_gross_minor,
			.from_ms = announced->from_ms,
			.until_ms = reduction_until_ms(offer->reductions, offer->reduction_count, i),
		};
	}
	return steps;
}

// What holds for several shops together was settled when it was announced; 0: it is not of that kind.
static int64_t chain_prior_minor(const struct judge *judge, const struct message_offer *offer,
				 const struct price_interval *price)
{
	for (size_t i = offer->reduction_count; i-- > 0;) {
		const Utarg__V1__Reduction *announced = offer->reductions[i].announced;

		if (announced->n_chain > 0 && announced->from_ms <= judge->facts->now_ms &&
		    announced->price_gross_minor == price->gross_minor &&
		    (int32_t)announced->audience == price->audience &&
		    strcmp(announced->market, price->market) == 0 &&
		    strcmp(announced->currency, price->currency) == 0)
			return announced->prior_price_gross_minor;
	}
	return 0;
}

// When the reduction began that this price is: an announced one goes on over a pause of the sale.
static int64_t reduced_from_ms(const struct judge *judge, const struct prior_price_step *steps, size_t count,
			       const struct price_interval *price)
{
	int64_t now_ms = judge->facts->now_ms;

	for (size_t i = count; i-- > 0;) {
		const struct prior_price_step *step = &steps[i];

		if (step->from_ms <= now_ms && (step->until_ms == 0 || now_ms < step->until_ms) &&
		    step->gross_minor == price->gross_minor && step->audience == price->audience &&
		    strcmp(step->market, price->market) == 0 && strcmp(step->currency, price->currency) == 0)
			return step->from_ms;
	}
	return price->from_ms;
}

// Of the price in force, as of the instant it began to be a reduction; false: there is none.
static bool prior_minor_of(struct judge *judge, const struct message_offer *offer,
			   const struct price_interval *price, int64_t *out)
{
	struct price_interval *room = arena_calloc(judge->arena, offer->fact_count + 1, sizeof(*room));
	int64_t chain_minor = chain_prior_minor(judge, offer, price);
	struct prior_price prior = {0};
	const struct prior_price_step *steps = steps_of(judge, offer);
	const struct prior_price_question question = {
		.market = price->market,
		.currency = price->currency,
		.audience = price->audience,
		.gross_minor = price->gross_minor,
		.from_ms = steps == NULL ? price->from_ms
					 : reduced_from_ms(judge, steps, offer->reduction_count, price),
		.zone = judge->facts->zone,
		.steps = steps,
		.step_count = offer->reduction_count,
	};

	if (room == NULL || steps == NULL)
		return false; // the arena is exhausted, which message_judge tells
	prior_price_of(offer->facts, offer->fact_count, &question, room, &prior);
	*out = prior.gross_minor;
	if (prior.is_known && chain_minor > 0 && chain_minor < *out)
		*out = chain_minor;
	return prior.is_known;
}

// As computed, or that rounded down to a whole per cent.
static bool is_percentage(uint32_t claimed_bp, uint32_t real_bp)
{
	return claimed_bp == real_bp || claimed_bp == real_bp - real_bp % 100;
}

// A percentage that is not so; prior_minor -1: there is no prior price.
static void say_percentage(struct judge *judge, const struct message_offer *offer, const struct list *list,
			   const struct price_interval *price, int64_t prior_minor)
{
	const Utarg__V1__MessageFault fault = UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_PERCENTAGE;
	uint32_t bp = prior_price_percentage_bp(prior_minor, price->gross_minor);
	char claimed[JUDGE_AMOUNT_SIZE], real[JUDGE_AMOUNT_SIZE], now[JUDGE_AMOUNT_SIZE],
		before[JUDGE_AMOUNT_SIZE];

	percentage_text(judge->claim->percentage_bp, claimed);
	judge_amount(price->gross_minor, list->currency, now);
	judge_amount(prior_minor, list->currency, before);
	if (is_closed(list))
		judge_add(judge, fault, price->from_ms,
			  "the price of %.64s on the closed list is no reduction by %s", offer->sku, claimed);
	else if (prior_minor < 0)
		judge_add(judge, fault, price->from_ms,
			  "%.64s costs %s and had no price before, so that nothing gives %s", offer->sku, now,
			  claimed);
	else if (bp == 0)
		judge_add(judge, fault, price->from_ms,
			  "%.64s costs %s and its prior price is %s: that is no reduction, and not %s",
			  offer->sku, now, before, claimed);
	else
		judge_add(judge, fault, price->from_ms,
			  "%.64s costs %s and its prior price is %s: that is %s, not %s", offer->sku, now,
			  before, percentage_text(bp, real), claimed);
}

void judge_percentage(struct judge *judge, const struct message_offer *offer)
{
	struct list list = list_of(judge);
	const struct price_interval *price = need_price(judge, offer, &list);
	int64_t prior_minor;
	uint32_t bp;

	if (price == NULL)
		return;
	if (!prior_minor_of(judge, offer, price, &prior_minor))
		prior_minor = -1;
	bp = prior_price_percentage_bp(prior_minor, price->gross_minor);
	if (bp == 0 || !is_percentage(judge->claim->percentage_bp, bp))
		say_percentage(judge, offer, &list, price, prior_minor);
}

// ---- coupons -------------------------------------------------------------------------------------------

static bool is_coupon_known(const struct message_facts *facts, const char *coupon)
{
	for (size_t i = 0; i < facts->coupon_count; i++) {
		if (strcmp(facts->coupons[i], coupon) == 0)
			return true;
	}
	return false;
}

// A coupon is known when it was applied once, or when the offer it is claimed for has a price with a code.
void judge_coupon(struct judge *judge, const struct message_offer *offer)
{
	struct list list = list_of(judge);
	const struct price_interval *price = NULL;
	const Utarg__V1__Claim *claim = judge->claim;
	char real[JUDGE_AMOUNT_SIZE], claimed[JUDGE_AMOUNT_SIZE];

	list.audience = UTARG__V1__AUDIENCE__AUDIENCE_CODE;
	if (offer != NULL)
		price = price_in_force(offer, &list, judge->facts->now_ms);
	if (price == NULL && !is_coupon_known(judge->facts, claim->coupon)) {
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_COUPON, INT64_MIN,
			  "coupon %.64s was never applied in this shop", claim->coupon);
		return;
	}
	if (offer == NULL || claim->amount_minor == 0)
		return;
	judge_amount(claim->amount_minor, list.currency, claimed);
	if (price == NULL)
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_COUPON,
			  list_ended_ms(offer, &list, judge->facts->now_ms),
			  "%.64s has no price with a code, and not %s", offer->sku, claimed);
	else if (price->gross_minor != claim->amount_minor)
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_COUPON, price->from_ms,
			  "%.64s costs %s with a code, not %s", offer->sku,
			  judge_amount(price->gross_minor, list.currency, real), claimed);
}
