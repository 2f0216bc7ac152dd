// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See reduction.h.
#include "services/campaign/core/reduction.h"

#include "common/base/money.h"
#include "common/base/text.h"

#include <string.h>

enum { ID_MAX_BYTES = 64, CHAIN_MAX = 100 };
// From an earlier moment on nobody could have been shown it: that would choose the window afterwards.
#define PAST_MAX_MS   INT64_C(86400000)
#define FUTURE_MAX_MS (INT64_C(366) * 86400000)
// The year 9999, as for all times.
#define TIME_MAX_MS INT64_C(253402300799999)

static bool is_same_list(const Utarg__V1__Reduction *a, const Utarg__V1__Reduction *b)
{
	return a->audience == b->audience && strcmp(a->market, b->market) == 0 &&
	       strcmp(a->currency, b->currency) == 0;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms == 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

// One that was ended before it began never took over from another.
static bool took_place(const struct reduction *reduction)
{
	return reduction->ended_at_ms == 0 || reduction->ended_at_ms > reduction->announced->from_ms;
}

int64_t reduction_until_ms(const struct reduction *reductions, size_t count, size_t at)
{
	const struct reduction *of = &reductions[at];
	int64_t until_ms = sooner(of->announced->until_ms, of->ended_at_ms);

	for (size_t i = at + 1; i < count; i++) {
		const struct reduction *next = &reductions[i];

		if (is_same_list(next->announced, of->announced) && took_place(next))
			until_ms = sooner(until_ms, next->announced->from_ms);
	}
	return until_ms;
}

Utarg__V1__ReductionState reduction_state(int64_t from_ms, int64_t until_ms, int64_t now_ms)
{
	if (until_ms != 0 && (until_ms <= now_ms || until_ms <= from_ms))
		return UTARG__V1__REDUCTION_STATE__REDUCTION_STATE_ENDED;
	return from_ms > now_ms ? UTARG__V1__REDUCTION_STATE__REDUCTION_STATE_PLANNED
				: UTARG__V1__REDUCTION_STATE__REDUCTION_STATE_IN_FORCE;
}

static bool check_id(const char *field, const char *text, struct err *e)
{
	if (strlen(text) > ID_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, field, "an id has %d bytes at most", ID_MAX_BYTES);
	return text_is_utf8(text, strlen(text)) ||
	       err_field(e, ERR_BAD_UTF8, field, "this is not UTF-8 text");
}

static bool check_ids(const Utarg__V1__ReductionAnnounceRequest *announce, struct err *e)
{
	int exponent;

	if (announce->sku[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "sku", "the offer's sku is missing");
	if (announce->currency[0] != '\0' && !money_exponent(announce->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "currency", "\"%.8s\" is no currency",
				 announce->currency);
	if ((int)announce->audience < 0 ||
	    (int)announce->audience > (int)UTARG__V1__AUDIENCE__AUDIENCE_CLOSED)
		return err_field(e, ERR_BAD_FIELD, "audience", "there is no audience %d",
				 (int)announce->audience);
	return check_id("sku", announce->sku, e) && check_id("market", announce->market, e) &&
	       check_id("reduction_id", announce->reduction_id, e);
}

bool reduction_check_times(const Utarg__V1__ReductionAnnounceRequest *announce, int64_t now_ms, struct err *e)
{
	int64_t from_ms = announce->from_ms != 0 ? announce->from_ms : now_ms;

	if (from_ms < now_ms - PAST_MAX_MS)
		return err_field(e, ERR_BAD_TIME, "from_ms",
				 "a reduction is announced from a moment of the last 24 hours on, or later");
	if (from_ms > now_ms + FUTURE_MAX_MS)
		return err_field(e, ERR_BAD_TIME, "from_ms", "that is more than a year ahead");
	if (announce->until_ms != 0 && (announce->until_ms <= from_ms || announce->until_ms > TIME_MAX_MS))
		return err_field(e, ERR_BAD_TIME, "until_ms", "a reduction ends after it has begun");
	return true;
}

static bool check_chain(const Utarg__V1__ReductionAnnounceRequest *announce, struct err *e)
{
	if (announce->n_chain > CHAIN_MAX)
		return err_field(e, ERR_TOO_MANY, "chain", "%zu shops; %d are the most", announce->n_chain,
				 CHAIN_MAX);
	for (size_t i = 0; i < announce->n_chain; i++) {
		if (!text_is_slug(announce->chain[i]) || strcmp(announce->chain[i], announce->shop) == 0)
			return err_field(e, ERR_BAD_FIELD, "chain",
					 "\"%.63s\" is not the slug of another shop", announce->chain[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(announce->chain[i], announce->chain[k]) == 0)
				return err_field(e, ERR_BAD_FIELD, "chain", "\"%.63s\" stands there twice",
						 announce->chain[i]);
	}
	return true;
}

bool reduction_check(const Utarg__V1__ReductionAnnounceRequest *announce, struct err *e)
{
	if (announce->price_gross_minor <= 0 || announce->price_gross_minor > MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, "price_gross_minor",
				 "the reduced price is above 0 and at most %lld", (long long)MONEY_MAX_MINOR);
	return check_ids(announce, e) && check_chain(announce, e);
}

static bool same_chain(const Utarg__V1__ReductionAnnounceRequest *asked,
		       const Utarg__V1__Reduction *announced)
{
	if (asked->n_chain != announced->n_chain)
		return false;
	for (size_t i = 0; i < asked->n_chain; i++)
		if (strcmp(asked->chain[i], announced->chain[i]) != 0)
			return false;
	return true;
}

// What a command leaves open was filled in by the decision.
static bool same_or_open(const char *asked, const char *announced)
{
	return asked[0] == '\0' || strcmp(asked, announced) == 0;
}

bool reduction_equal(const Utarg__V1__ReductionAnnounceRequest *asked, const Utarg__V1__Reduction *announced)
{
	Utarg__V1__Audience audience =
		asked->audience != 0 ? asked->audience : UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;

	return strcmp(asked->sku, announced->sku) == 0 && strcmp(asked->market, announced->market) == 0 &&
	       audience == announced->audience && same_or_open(asked->currency, announced->currency) &&
	       same_or_open(asked->reduction_id, announced->reduction_id) &&
	       asked->price_gross_minor == announced->price_gross_minor &&
	       (asked->from_ms == 0 || asked->from_ms == announced->from_ms) &&
	       asked->until_ms == announced->until_ms && same_chain(asked, announced);
}
