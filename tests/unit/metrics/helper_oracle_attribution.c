// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Every touch of every order is looked for anew among all events. Weights by floating powers and comparisons, shares
// by handing out single units; nothing of attribution.c, channel.c or touch.c is used.
#include "tests/unit/metrics/helper_oracle_attribution.h"

#include "common/base/signature.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOUCHES = 400, MODELS = 6, SOURCES_A_MINUTE = 8 };

struct source {
	const char *channel, *campaign, *click;
};

struct found {
	const struct box *box;
	struct source source;
};

// ---- where an event came from ----

static const struct box *settings_at(struct oracle *o, int64_t t_ms)
{
	const struct box *best = NULL, *first = NULL;
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED) {
		int64_t from_ms = b->body.settings.valid_from_ms;
		if (!first || from_ms < first->body.settings.valid_from_ms ||
		    (from_ms == first->body.settings.valid_from_ms && oracle_is_earlier(b, first)))
			first = b;
		if (from_ms <= t_ms &&
		    (!best || from_ms > best->body.settings.valid_from_ms ||
		     (from_ms == best->body.settings.valid_from_ms && oracle_is_earlier(best, b))))
			best = b;
	}
	return best ? best : first;
}

static int64_t window_ms(struct oracle *o, int64_t t_ms)
{
	uint32_t days = settings_at(o, t_ms)->body.settings.attribution_days;
	return (days ? days : 30) * DAY_MS;
}

// The one rule of histories: what says "google" is the shop's own "partner".
static bool has_rule(struct oracle *o, int64_t t_ms)
{
	bool found = false;
	EACH(o, b)
	found = found || (b->event.body_case == UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED &&
			  b->body.rules.valid_from_ms <= t_ms);
	return found;
}

static struct source source_of(struct oracle *o, const struct box *b)
{
	struct source source = {"direct", "none", ""};
	const Utarg__V1__Context *c = b->event.context;
	if (!c)
		return source;
	const struct box *settings = settings_at(o, b->fold.t_ms);
	bool is_own = settings->body.settings.n_own_hosts > 0; // the blog
	source.click = c->click_id_kind;
	if (c->utm_campaign[0])
		source.campaign = c->utm_campaign;
	if (c->utm_source[0])
		source.channel = has_rule(o, b->fold.t_ms)	    ? "partner"
				 : strcmp(c->utm_medium, "cpc") == 0 ? "paid_search"
								     : "email";
	else if (c->click_id_kind[0]) // gclid
		source.channel = "paid_search";
	else if (strcmp(c->referrer_host, "www.google.pl") == 0)
		source.channel = "organic_search";
	else if (strcmp(c->referrer_host, "blog.example") == 0 && !is_own)
		source.channel = "referral";
	return source;
}

static bool is_direct(const struct source *source)
{
	return strcmp(source->channel, "direct") == 0 && strcmp(source->campaign, "none") == 0;
}

static bool is_same(const struct source *a, const struct source *b)
{
	return strcmp(a->channel, b->channel) == 0 && strcmp(a->campaign, b->campaign) == 0 &&
	       strcmp(a->click, b->click) == 0;
}

// ---- touches ----

// Whether an event of a session stands for itself: of its minute and source the earliest, and one of the eight
// earliest sources.
static bool stands(struct oracle *o, const struct visit *visit, const struct box *b)
{
	struct source own = source_of(o, b), seen[SOURCES_A_MINUTE + 1];
	int64_t minute = b->fold.t_ms / MINUTE_MS;
	int sources = 0;
	EACH(o, other)
	if (oracle_in_visit(visit, other) && other->fold.t_ms / MINUTE_MS == minute && oracle_is_earlier(other, b)) {
		struct source source = source_of(o, other);
		bool again = is_direct(&source);
		if (is_same(&source, &own))
			return false;
		for (int i = 0; i < sources; i++)
			again = again || is_same(&seen[i], &source);
		if (!again && sources <= SOURCES_A_MINUTE)
			seen[sources++] = source;
	}
	return sources < SOURCES_A_MINUTE;
}

static const struct box *next_in_visit(struct oracle *o, const struct visit *visit, const struct box *after)
{
	const struct box *next = NULL;
	EACH(o, b)
	if (oracle_in_visit(visit, b) && (!after || oracle_is_earlier(after, b)) &&
	    (!next || oracle_is_earlier(b, next)))
		next = b;
	return next;
}

static size_t touches_of_visit(struct oracle *o, const struct visit *visit, struct found *out)
{
	size_t count = 0;
	for (const struct box *b = visit->first; b; b = next_in_visit(o, visit, b)) {
		struct source source = source_of(o, b);
		if (count && (is_direct(&source) || is_same(&source, &out[count - 1].source) ||
			      !stands(o, visit, b)))
			continue;
		assert_true(count < TOUCHES);
		out[count++] = (struct found){b, source};
	}
	return count;
}

static bool counts_for(struct oracle *o, const struct box *b, const struct oracle_order *order)
{
	bool is_of = (order->visitor[0] && strcmp(oracle_visitor_of(b), order->visitor) == 0) ||
		     (order->customer[0] && strcmp(b->customer, order->customer) == 0);
	return is_of && b->fold.t_ms <= order->placed_ms &&
	       b->fold.t_ms >= order->placed_ms - window_ms(o, order->placed_ms);
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return oracle_is_earlier(x->box, y->box) ? -1 : 1;
}

static size_t touches_of(struct oracle *o, const struct oracle_order *order, struct found *out)
{
	struct found of_visit[TOUCHES];
	size_t count = 0, kept = 0;
	for (size_t v = 0; v < o->visit_count; v++) {
		size_t found = touches_of_visit(o, &o->visits[v], of_visit);
		for (size_t i = 0; i < found; i++)
			if (counts_for(o, of_visit[i].box, order))
				out[count++] = of_visit[i];
	}
	count += oracle_clicks(o, order, out + count);
	qsort(out, count, sizeof(*out), compare_found);
	for (size_t i = 0; i < count; i++)
		if (!is_direct(&out[i].source))
			out[kept++] = out[i];
	return kept ? kept : count;
}
