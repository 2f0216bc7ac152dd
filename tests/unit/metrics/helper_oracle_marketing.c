// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reports, feeds, messages, plans and landing pages, found anew for every question by scanning all events.
#include "tests/unit/metrics/helper_oracle_inner.h"

#include <string.h>

static int64_t day_start(struct oracle *o, int64_t day)
{
	return zone_day_start_ms(o->zone, zone_date_add((struct zone_date){1970, 1, 1}, (int)day));
}

static int64_t day_of(struct oracle *o, int64_t t_ms)
{
	return zone_date_days(zone_date(o->zone, t_ms));
}

static bool is_kind(const struct box *b, Utarg__V1__Event__BodyCase kind)
{
	return b->event.body_case == kind;
}

static void add(struct oracle *o, uint16_t measure, int64_t t_ms, int dimension, const char *key,
		money_sum value)
{
	oracle_add_total(o, measure, t_ms, value);
	oracle_add(o, measure, FOLD_DAY, t_ms, dimension, key, value);
}

// ---- rows that are reported again ----

static int64_t report_time(const struct box *b)
{
	if (is_kind(b, UTARG__V1__EVENT__BODY_AD_SPEND))
		return b->body.spend.report_time_ms;
	return is_kind(b, UTARG__V1__EVENT__BODY_MAILING_STATS) ? b->body.mailing.report_time_ms
								: b->body.seo.body.report_time_ms;
}

static bool is_same_row(const struct box *b, const struct box *c)
{
	return b->event.body_case == c->event.body_case && strcmp(b->order, c->order) == 0 &&
	       strcmp(b->cart, c->cart) == 0 &&
	       (!is_kind(b, UTARG__V1__EVENT__BODY_AD_SPEND) ||
		strcmp(b->body.spend.currency, c->body.spend.currency) == 0);
}

static bool is_last_word(struct oracle *o, const struct box *b)
{
	EACH(o, c)
	if (is_same_row(b, c) &&
	    (report_time(c) > report_time(b) ||
	     (report_time(c) == report_time(b) && memcmp(c->fold.id, b->fold.id, UUID_SIZE) > 0)))
		return false;
	return true;
}

static void tell_spend(struct oracle *o, const struct box *b, int64_t t_ms)
{
	const Utarg__V1__AdSpend *row = &b->body.spend;
	bool is_foreign = strcmp(row->currency, "PLN") != 0;
	int64_t rate = is_foreign ? oracle_published_rate(o->history, t_ms) : 1000000000;
	money_sum spend = money_div_half_even((money_sum)row->spend_minor * rate, 1000000000);
	bool has_share = row->known_impression_share_case != 0;
	add(o, M_SPEND, t_ms, FOLD_CAMPAIGN, b->order, spend);
	oracle_add(o, M_SPEND, FOLD_DAY, t_ms, FOLD_MARKETING_CHANNEL,
		   row->marketing_channel[0] ? row->marketing_channel : "unknown", spend);
	add(o, M_FOREIGN_SPEND, t_ms, FOLD_CAMPAIGN, b->order, !rate);
	add(o, M_AD_CLICKS, t_ms, FOLD_CAMPAIGN, b->order, row->clicks);
	add(o, M_AD_PRICED_CLICKS, t_ms, FOLD_CAMPAIGN, b->order, rate ? row->clicks : 0);
	add(o, M_AD_IMPRESSIONS, t_ms, FOLD_CAMPAIGN, b->order, row->impressions);
	add(o, M_AD_REPORTED_ORDERS, t_ms, FOLD_CAMPAIGN, b->order, row->reported_orders);
	add(o, M_AD_SHARED_IMPRESSIONS, t_ms, FOLD_CAMPAIGN, b->order, has_share ? row->impressions : 0);
	add(o, M_AD_SHARE, t_ms, FOLD_CAMPAIGN, b->order,
	    has_share ? row->impressions * row->impression_share_bp : 0);
}

static void tell_mailing(struct oracle *o, const struct box *b, int64_t t_ms)
{
	const Utarg__V1__MailingStats *row = &b->body.mailing;
	add(o, M_MAIL_SENT, t_ms, FOLD_CAMPAIGN, b->order, row->sent);
	add(o, M_MAIL_DELIVERED, t_ms, FOLD_MARKETING_CHANNEL, "email", row->delivered);
	add(o, M_MAIL_OPENED, t_ms, FOLD_CAMPAIGN, b->order, row->opened);
	add(o, M_MAIL_CLICKED, t_ms, FOLD_CAMPAIGN, b->order, row->clicked);
	add(o, M_MAIL_UNSUBSCRIBED, t_ms, FOLD_CAMPAIGN, b->order, row->unsubscribed);
	add(o, M_MAIL_BOUNCED, t_ms, FOLD_CAMPAIGN, b->order, row->bounced);
}

// Of the pages that histories have.
static const char *page_of(const char *text)
{
	static const struct {
		const char *text, *page;
	} pages[] = {{"/a", "/a"},
		     {"https://shop.example/a?x=1", "/a"},
		     {"/b#top", "/b"},
		     {"/b?y=2", "/b"},
		     {"https://shop.example", "/"}};
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(text, pages[i].text) == 0)
			return pages[i].page;
	return "unknown";
}

static void tell_seo(struct oracle *o, const struct box *b, int64_t t_ms)
{
	for (size_t i = 0; i < b->body.seo.body.n_rows; i++) {
		const Utarg__V1__SeoRow *row = &b->body.seo.rows[i];
		const char *page = page_of(row->landing_page);
		int64_t position = row->position_thousandth * row->impressions;
		add(o, M_SEO_IMPRESSIONS, t_ms, FOLD_LANDING_PAGE, page, row->impressions);
		add(o, M_SEO_CLICKS, t_ms, FOLD_LANDING_PAGE, page, row->clicks);
		add(o, M_SEO_POSITION, t_ms, FOLD_LANDING_PAGE, page, position);
		add(o, M_SEO_BRAND_IMPRESSIONS, t_ms, FOLD_LANDING_PAGE, page, row->brand * row->impressions);
		add(o, M_SEO_BRAND_CLICKS, t_ms, FOLD_LANDING_PAGE, page, row->brand * row->clicks);
		add(o, M_SEO_BRAND_POSITION, t_ms, FOLD_LANDING_PAGE, page, row->brand * position);
	}
}

void oracle_tell_landing(struct oracle *o, const struct visit *visit, uint16_t measure, int64_t t_ms,
			 money_sum amount)
{
	const Utarg__V1__Context *c = visit->first->event.context;
	// Histories have one search engine; what is marked as advertising is none of it.
	if (c && !c->utm_source[0] && !c->click_id_kind[0] && strcmp(c->referrer_host, "www.google.pl") == 0)
		add(o, measure, t_ms, FOLD_LANDING_PAGE, page_of(c->path), amount);
}

// ---- feeds ----

// The last word on the feed before an instant; NULL: none.
static const struct box *feed_at(struct oracle *o, const char *feed, int64_t before_ms)
{
	const struct box *last = NULL;
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_FEED_STATUS) && strcmp(b->other, feed) == 0 &&
	    b->fold.t_ms < before_ms && (!last || oracle_is_earlier(last, b)))
		last = b;
	return last;
}

static void tell_feed(struct oracle *o, const char *feed, int64_t day)
{
	const struct box *was = feed_at(o, feed, day_start(o, day));
	const struct box *is = feed_at(o, feed, day_start(o, day + 1));
	if (is == was)
		return;
	oracle_add_total(o, M_FEED_SENT, day_start(o, day),
			 (int64_t)is->body.feed.sent - (was ? was->body.feed.sent : 0));
	oracle_add_total(o, M_FEED_APPROVED, day_start(o, day),
			 (int64_t)is->body.feed.approved - (was ? was->body.feed.approved : 0));
}

// ---- messages ----

static bool is_turn(const struct box *b, const char *id)
{
	return (is_kind(b, UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED) ||
		is_kind(b, UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN)) &&
	       strcmp(b->other, id) == 0;
}

static const struct box *turn_at(struct oracle *o, const char *id, int64_t before_ms)
{
	const struct box *last = NULL;
	EACH(o, b)
	if (is_turn(b, id) && b->fold.t_ms < before_ms && (!last || oracle_is_earlier(last, b)))
		last = b;
	return last;
}

static bool is_placed(const struct box *current, const char *place)
{
	for (size_t i = 0; i < current->body.message.body.n_placements; i++)
		if (strcmp(current->body.message.body.placements[i], place) == 0)
			return true;
	return false;
}

static uint32_t shown_at(struct oracle *o, const char *id, const char *place, int64_t before_ms)
{
	const struct box *last = NULL;
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_MESSAGE_SHOWN) && strcmp(b->other, id) == 0 &&
	    strcmp(b->sku, place) == 0 && b->fold.t_ms < before_ms && (!last || oracle_is_earlier(last, b)))
		last = b;
	return last ? last->body.shown.message_version : 0;
}

static void tell_message(struct oracle *o, const char *id, int64_t before_ms, int64_t day_ms, int sign)
{
	static const char *const places[] = {"a", "b", "c"};
	const struct box *current = turn_at(o, id, before_ms);
	if (!current)
		return;
	const Utarg__V1__MarketingMessage *said = &current->body.message.body;
	const char *campaign = said->campaign[0] ? said->campaign : "none";
	bool is_published = is_kind(current, UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED);
	for (int i = 0; i < 3; i++) {
		uint32_t shown = shown_at(o, id, places[i], before_ms);
		if (!shown && !(is_published && is_placed(current, places[i])))
			continue;
		bool is_current = is_published && shown && shown == said->message_version;
		add(o, M_MESSAGE_PLACEMENTS, day_ms, FOLD_CAMPAIGN, campaign, sign);
		add(o, M_COHERENT_PLACEMENTS, day_ms, FOLD_CAMPAIGN, campaign, is_current ? sign : 0);
	}
}

// ---- plans ----

static const struct box *plan_in_force(struct oracle *o, const char *campaign, int64_t before_ms)
{
	const struct box *first = NULL, *last = NULL;
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED) && strcmp(b->order, campaign) == 0) {
		if (!first || oracle_is_earlier(b, first))
			first = b;
		if (b->fold.t_ms < before_ms && (!last || oracle_is_earlier(last, b)))
			last = b;
	}
	// Before all of them the last of the first day with any.
	return last || !first ? last
			      : plan_in_force(o, campaign, day_start(o, day_of(o, first->fold.t_ms) + 1));
}

static int64_t weight(const struct box *plan, int64_t day)
{
	const Utarg__V1__WeekdayCurve *c = plan->body.campaign.body.weekday_curve;
	if (!c ||
	    !(c->monday + c->tuesday + c->wednesday + c->thursday + c->friday + c->saturday + c->sunday))
		return 1;
	const uint32_t from_thursday[] = {c->thursday, c->friday,  c->saturday, c->sunday,
					  c->monday,   c->tuesday, c->wednesday};
	return from_thursday[day % 7];
}

struct budget {
	int64_t first, last, minor;
};

static bool read_budget(const struct box *plan, struct budget *out)
{
	const Utarg__V1__Campaign *said = &plan->body.campaign.body;
	struct zone_date first, last;
	if (said->state <= 1 || !said->budget || strcmp(said->budget->currency, "PLN") != 0 ||
	    !zone_date_parse(said->first_day, &first) || !zone_date_parse(said->last_day, &last))
		return false;
	*out = (struct budget){zone_date_days(first), zone_date_days(last), said->budget->minor};
	return out->first <= out->last;
}

static int64_t due_through(const struct box *plan, const struct budget *b, int64_t day)
{
	int64_t so_far = 0, all = 0;
	for (int64_t d = b->first; d <= b->last; d++) {
		so_far += d <= day ? weight(plan, d) : 0;
		all += weight(plan, d);
	}
	if (!all)
		return day < b->first ? 0 : b->minor;
	return b->minor * so_far / all;
}

static void tell_plan(struct oracle *o, const char *campaign)
{
	int64_t today = day_of(o, o->history->base_ms), due = 0, daily = 0, as_of_ms = o->history->as_of_ms;
	for (int64_t day = today - 120; day < today + 60; day++) {
		int64_t start_ms = day_start(o, day), end_ms = day_start(o, day + 1);
		const struct box *plan = plan_in_force(o, campaign, end_ms);
		struct budget budget;
		int64_t was_due = due, was_daily = daily, share = 0;
		if (!plan)
			return;
		if (!read_budget(plan, &budget)) {
			due = daily = 0;
		} else if (plan->body.campaign.body.state < 6) { // neither ended nor archived
			due = due_through(plan, &budget, day);
			share = due - due_through(plan, &budget, day - 1);
			daily = day < budget.first ? 0 : budget.minor / (budget.last - budget.first + 1);
		}
		add(o, M_BUDGET_DUE, start_ms, FOLD_CAMPAIGN, campaign,
		    end_ms <= as_of_ms ? due - was_due : 0);
		add(o, M_DAY_BUDGET, start_ms, FOLD_CAMPAIGN, campaign, start_ms <= as_of_ms ? share : 0);
		add(o, M_DAILY_BUDGET, start_ms, FOLD_CAMPAIGN, campaign,
		    start_ms <= as_of_ms ? daily - was_daily : 0);
	}
}

void oracle_tell_marketing(struct oracle *o)
{
	static const char *const feeds[] = {"f0", "f1"}, *const messages[] = {"t0", "t1"},
				 *const campaigns[] = {"m0", "m1", "m2"};
	struct zone_date date;
	for (uint16_t measure = M_AD_IMPRESSIONS; measure <= M_DAILY_BUDGET; measure++)
		oracle_add_total(o, measure, o->history->base_ms, 0);
	oracle_add_total(o, M_SPEND, o->history->base_ms, 0);
	EACH(o, b)
	if ((is_kind(b, UTARG__V1__EVENT__BODY_AD_SPEND) ||
	     is_kind(b, UTARG__V1__EVENT__BODY_MAILING_STATS) ||
	     is_kind(b, UTARG__V1__EVENT__BODY_SEO_STATS)) &&
	    zone_date_parse(b->cart, &date) && is_last_word(o, b)) {
		int64_t t_ms = zone_day_start_ms(o->zone, date);
		if (is_kind(b, UTARG__V1__EVENT__BODY_AD_SPEND))
			tell_spend(o, b, t_ms);
		else if (is_kind(b, UTARG__V1__EVENT__BODY_MAILING_STATS))
			tell_mailing(o, b, t_ms);
		else
			tell_seo(o, b, t_ms);
	}
	int64_t today = day_of(o, o->history->base_ms);
	for (int64_t day = today - 3; day < today + 10; day++) {
		for (int i = 0; i < 2; i++) {
			tell_feed(o, feeds[i], day);
			tell_message(o, messages[i], day_start(o, day), day_start(o, day), -1);
			tell_message(o, messages[i], day_start(o, day + 1), day_start(o, day), 1);
		}
	}
	for (int i = 0; i < 3; i++)
		tell_plan(o, campaigns[i]);
}
