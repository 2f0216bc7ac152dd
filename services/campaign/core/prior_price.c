// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See prior_price.h.
#include "services/campaign/core/prior_price.h"

#include "common/base/money.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_DAYS = 30, DAY_TEXT_SIZE = 48 };

// Audiences whose prices anybody can have.
static bool is_open(int32_t audience)
{
	return audience != (int32_t)UTARG__V1__AUDIENCE__AUDIENCE_CLOSED;
}

static bool counts_for(int32_t asked, int32_t audience)
{
	return asked == audience || (is_open(asked) && is_open(audience));
}

// Markets, by the country their name begins with ("DE", "DE-app"), whose law made use of art. 6a (5). In all
// others each deepening is a new reduction, which is never less than the law asks for.
static const struct {
	const char *country;
	const char *why;
} progressive_markets[] = {
	{"DE", "Preisangabenverordnung, section 11 (2)"},
};

bool prior_price_is_progressive(const char *market)
{
	for (size_t i = 0; i < sizeof(progressive_markets) / sizeof(progressive_markets[0]); i++) {
		const char *country = progressive_markets[i].country;

		if (toupper((unsigned char)market[0]) == country[0] && market[0] != '\0' &&
		    toupper((unsigned char)market[1]) == country[1] &&
		    (market[2] == '\0' || market[2] == '-'))
			return true;
	}
	return false;
}

static bool is_same_list(const struct prior_price_step *step, const struct prior_price_question *question)
{
	return step->audience == question->audience && strcmp(step->market, question->market) == 0 &&
	       strcmp(step->currency, question->currency) == 0;
}

// The announced step that goes on until from_ms and was dearer than what comes then; NULL: none.
static const struct prior_price_step *step_before(const struct prior_price_question *question,
						  int64_t from_ms, int64_t gross_minor)
{
	for (size_t i = 0; i < question->step_count; i++) {
		const struct prior_price_step *step = &question->steps[i];

		if (is_same_list(step, question) && step->from_ms < from_ms &&
		    (step->until_ms == 0 || step->until_ms >= from_ms) &&
		    (gross_minor == 0 || step->gross_minor > gross_minor))
			return step;
	}
	return NULL;
}

// When the row of announced reductions began that this one deepens; its own beginning when it is the first.
static int64_t first_step_ms(const struct prior_price_question *question)
{
	int64_t from_ms = question->from_ms;
	int64_t gross_minor = question->gross_minor;
	const struct prior_price_step *step;

	if (!prior_price_is_progressive(question->market))
		return from_ms;
	while ((step = step_before(question, from_ms, gross_minor)) != NULL) {
		from_ms = step->from_ms;
		gross_minor = step->gross_minor;
	}
	return from_ms;
}

// Intervals of one offer as the question sees them.
struct view {
	const struct prior_price_question *question;
	const struct price_interval *intervals;
	size_t count;
	int64_t open_ms; // of the window
	int64_t until_ms;
};

static bool is_meant(const struct view *view, const struct price_interval *interval)
{
	const struct prior_price_question *question = view->question;

	return counts_for(question->audience, interval->audience) &&
	       strcmp(interval->market, question->market) == 0 &&
	       strcmp(interval->currency, question->currency) == 0 && interval->from_ms < view->until_ms;
}

static bool is_in_window(const struct view *view, const struct price_interval *interval)
{
	return is_meant(view, interval) && (interval->until_ms == 0 || interval->until_ms > view->open_ms);
}

// Of equal prices the latest, which is the one a person remembers.
static const struct price_interval *lowest(const struct view *view)
{
	const struct price_interval *best = NULL;

	for (size_t i = 0; i < view->count; i++) {
		const struct price_interval *interval = &view->intervals[i];

		if (!is_in_window(view, interval))
			continue;
		if (best == NULL || interval->gross_minor < best->gross_minor ||
		    (interval->gross_minor == best->gross_minor && interval->from_ms > best->from_ms))
			best = interval;
	}
	return best;
}

static int64_t first_offered_ms(const struct view *view)
{
	int64_t first_ms = INT64_MAX;

	for (size_t i = 0; i < view->count; i++) {
		if (is_meant(view, &view->intervals[i]) && view->intervals[i].from_ms < first_ms)
			first_ms = view->intervals[i].from_ms;
	}
	return first_ms;
}

// The last interval of an audience that reaches into the window.
static const struct price_interval *last_of(const struct view *view, int32_t audience)
{
	const struct price_interval *last = NULL;

	for (size_t i = 0; i < view->count; i++) {
		const struct price_interval *interval = &view->intervals[i];

		if (interval->audience == audience && is_in_window(view, interval) &&
		    (last == NULL || interval->from_ms > last->from_ms))
			last = interval;
	}
	return last;
}

// Of the same audience, up to the moment at which `of` begins.
static const struct price_interval *interval_before(const struct view *view, const struct price_interval *of)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct price_interval *interval = &view->intervals[i];

		if (is_meant(view, interval) && interval->audience == of->audience &&
		    interval->until_ms == of->from_ms)
			return interval;
	}
	return NULL;
}

// Walking back along the reductions that go on. The one that is asked about is a reduction only when it is
// cheaper than what was charged last: a rise after reductions is none, whatever was charged before them.
static const struct price_interval *before_first_reduction(const struct view *view)
{
	const struct price_interval *at = last_of(view, view->question->audience);
	const struct price_interval *before;

	if (at == NULL)
		return lowest(view);
	if (view->question->gross_minor > at->gross_minor)
		return at;
	while ((before = interval_before(view, at)) != NULL && before->gross_minor > at->gross_minor)
		at = before;
	return at;
}

// What the latest fact at or before the beginning says, of the audience itself when it ever said anything.
static bool is_perishable(const struct price_fact *facts, size_t count,
			  const struct prior_price_question *question)
{
	const struct price_fact *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct price_fact *fact = &facts[i];
		bool is_own = fact->audience == question->audience;

		if (fact->t_ms > question->from_ms || strcmp(fact->market, question->market) != 0 ||
		    !counts_for(question->audience, fact->audience))
			continue;
		if (best != NULL && (best->audience == question->audience) != is_own) {
			if (is_own)
				best = fact;
			continue;
		}
		if (best == NULL || fact->t_ms > best->t_ms ||
		    (fact->t_ms == best->t_ms && memcmp(fact->id, best->id, UUID_SIZE) > 0))
			best = fact;
	}
	return best != NULL && best->is_perishable;
}

static Utarg__V1__PriorPriceRule rule_of(const struct view *view, bool perishable, int64_t first_ms)
{
	if (perishable)
		return UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_PERISHABLE;
	if (view->until_ms != view->question->from_ms)
		return UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_PROGRESSIVE;
	return first_ms > view->open_ms ? UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_SINCE_FIRST_OFFERED
					: UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_LOWEST_OF_30_DAYS;
}

static void judge(const struct view *view, bool perishable, struct prior_price *out)
{
	const struct price_interval *interval = perishable ? before_first_reduction(view) : lowest(view);
	int64_t first_ms = first_offered_ms(view);

	*out = (struct prior_price){
		.rule = UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_INSUFFICIENT,
		.window_from_ms = view->open_ms,
		.window_until_ms = view->until_ms,
	};
	if (interval == NULL)
		return;
	out->is_known = true;
	out->rule = rule_of(view, perishable, first_ms);
	out->gross_minor = interval->gross_minor;
	out->interval = *interval;
	if (first_ms > view->open_ms)
		out->window_from_ms = first_ms;
}

void prior_price_of(struct price_fact *facts, size_t count, const struct prior_price_question *question,
		    struct price_interval *room, struct prior_price *out)
{
	struct view view = {.question = question, .intervals = room};
	bool perishable = is_perishable(facts, count, question);

	view.until_ms = perishable ? question->from_ms : first_step_ms(question);
	view.open_ms = zone_day_start_ms(
		question->zone, zone_date_add(zone_date(question->zone, view.until_ms), -WINDOW_DAYS));
	view.count = price_intervals(facts, count, room);
	judge(&view, perishable, out);
}

size_t prior_price_lowest(const struct prior_price *priors, size_t count)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++) {
		if (priors[i].is_known && (best == count || priors[i].gross_minor < priors[best].gross_minor))
			best = i;
	}
	return best;
}

uint32_t prior_price_percentage_bp(int64_t prior_minor, int64_t gross_minor)
{
	if (prior_minor <= 0 || gross_minor < 0 || gross_minor >= prior_minor)
		return 0;
	return (uint32_t)((money_sum)(prior_minor - gross_minor) * 10000 / prior_minor);
}

static const char *day_text(const struct zone *zone, int64_t t_ms, char out[DAY_TEXT_SIZE])
{
	struct zone_date date = zone_date(zone, t_ms);

	snprintf(out, DAY_TEXT_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
	return out;
}

bool prior_price_check(const struct prior_price *prior, int64_t gross_minor, const char *currency,
		       const struct zone *zone, const char *shop, struct err *e)
{
	char price[MONEY_TEXT_SIZE], charged[MONEY_TEXT_SIZE], day[DAY_TEXT_SIZE], until[DAY_TEXT_SIZE];
	int decimals = 0;

	if (!prior->is_known)
		return err_set(e, ERR_REFUSED,
			       "there is no prior price: the offer had no price in %s between %s and %s",
			       currency, day_text(zone, prior->window_from_ms, day),
			       day_text(zone, prior->window_until_ms, until));
	if (prior_price_percentage_bp(prior->gross_minor, gross_minor) > 0)
		return true;
	// What was in force before the window opens was charged on its first day.
	int64_t charged_ms = prior->interval.from_ms > prior->window_from_ms ? prior->interval.from_ms
									     : prior->window_from_ms;
	money_exponent(currency, &decimals);
	return err_set(e, ERR_REFUSED, "%s is not a reduction: %s was charged on %s%s%s",
		       money_text(gross_minor, decimals, price),
		       money_text(prior->gross_minor, decimals, charged), day_text(zone, charged_ms, day),
		       shop != NULL ? " in " : "", shop != NULL ? shop : "");
}
