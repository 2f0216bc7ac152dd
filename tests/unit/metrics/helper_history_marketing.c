// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_history.h"

#include <stdio.h>
#include <string.h>

enum { CAMPAIGNS = 3, MESSAGES = 2, PLACES = 3 };

static const char *name(char out[16], const char *prefix, uint32_t n)
{
	snprintf(out, 16, "%s%u", prefix, n);
	return out;
}

static const char *write_day(const struct history *h, int64_t day, char out[16])
{
	struct zone_date date =
		zone_date(world_zone(NULL, h->zone), h->base_ms + day * DAY_MS + 12 * HOUR_MS);
	snprintf(out, 16, "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	return out;
}

static const char *some_day(const struct history *h, struct random *r, char out[16])
{
	return write_day(h, (int64_t)random_below(r, 8) - 1, out);
}

static struct box *some_spend(const struct history *h, struct random *r, int64_t t_ms)
{
	static char eur[] = "EUR", none[] = "", social[] = "paid_social";
	char campaign[16], day[16];
	uint32_t report_ms = random_below(r, 4), spend = random_below(r, 100000);
	some_day(h, r, day);
	name(campaign, "m", random_below(r, CAMPAIGNS));
	struct box *box = box_spend(t_ms, campaign, day, spend, report_ms);
	Utarg__V1__AdSpend *row = &box->body.spend;
	if (random_chance(r, 30))
		row->currency = eur;
	if (random_chance(r, 20))
		row->marketing_channel = random_chance(r, 50) ? social : none;
	row->clicks = random_below(r, 50);
	row->impressions = random_below(r, 3000);
	row->reported_orders = random_below(r, 5);
	if (random_chance(r, 60)) {
		row->known_impression_share_case =
			UTARG__V1__AD_SPEND__KNOWN_IMPRESSION_SHARE_IMPRESSION_SHARE_BP;
		row->impression_share_bp = random_below(r, 10001);
	}
	return box;
}

static struct box *some_mailing(const struct history *h, struct random *r, int64_t t_ms)
{
	char campaign[16], day[16];
	uint32_t report_ms = random_below(r, 4);
	some_day(h, r, day);
	name(campaign, "m", random_below(r, CAMPAIGNS));
	struct box *box = box_mailing(t_ms, campaign, day, report_ms);
	Utarg__V1__MailingStats *row = &box->body.mailing;
	row->sent = random_below(r, 900);
	row->delivered = random_below(r, 800);
	row->opened = random_below(r, 300);
	row->clicked = random_below(r, 90);
	row->unsubscribed = random_below(r, 9);
	row->bounced = random_below(r, 50);
	return box;
}

static struct box *some_seo(const struct history *h, struct random *r, int64_t t_ms)
{
	static const char *const pages[] = {"/a", "https://shop.example/a?x=1", "/b#top",
					    "https://shop.example", ""};
	char day[16];
	uint32_t report_ms = random_below(r, 4);
	struct box *box = box_seo(t_ms, some_day(h, r, day), report_ms);
	for (uint32_t i = random_below(r, 4); i > 0; i--) {
		uint32_t position = 1000 + random_below(r, 90000), clicks = random_below(r, 60);
		uint32_t impressions = random_below(r, 500);
		bool is_brand = random_chance(r, 40);
		box_seo_row(box, pages[random_below(r, 5)], is_brand, impressions, clicks, position);
	}
	return box;
}

static struct box *some_message(struct random *r, int64_t t_ms)
{
	static const char *const places[] = {"", "a", "ab", "abc", "ca", "aba"};
	static char other[] = "autumn", none[] = "";
	char id[16];
	name(id, "t", random_below(r, MESSAGES));
	uint32_t version = 1 + random_below(r, 3);
	if (random_chance(r, 60)) {
		const char place[2] = {(char)('a' + (int)random_below(r, PLACES)), 0};
		return box_shown(t_ms, id, random_chance(r, 15) ? 0 : version, place);
	}
	struct box *box =
		box_message(t_ms, id, version, random_chance(r, 80) ? places[random_below(r, 6)] : NULL);
	if (random_chance(r, 30))
		box->body.message.body.campaign = random_chance(r, 50) ? other : none;
	return box;
}

static void fill_curve(struct random *r, Utarg__V1__WeekdayCurve *curve)
{
	curve->monday = random_below(r, 4);
	curve->tuesday = 100;
	curve->thursday = random_below(r, 4);
	curve->saturday = random_below(r, 300);
	curve->sunday = random_below(r, 2) * 7;
}

static struct box *some_campaign(const struct history *h, struct random *r, int64_t t_ms)
{
	static char eur[] = "EUR";
	char campaign[16], first[16], last[16];
	int64_t from = (int64_t)random_below(r, 12) - 6, days = random_below(r, 15);
	write_day(h, from, first);
	write_day(h, from + days - random_chance(r, 5), last);
	uint32_t budget = random_below(r, 100000);
	name(campaign, "m", random_below(r, CAMPAIGNS));
	struct box *box = box_campaign(t_ms, campaign, budget, first, last);
	struct box_campaign *plan = &box->body.campaign;
	plan->body.state =
		random_chance(r, 60) ? plan->body.state : (Utarg__V1__CampaignState)random_below(r, 8);
	if (random_chance(r, 60)) {
		plan->body.weekday_curve = &plan->curve;
		fill_curve(r, &plan->curve);
	}
	if (random_chance(r, 5))
		plan->budget.currency = eur;
	if (random_chance(r, 5))
		plan->body.budget = NULL;
	return box;
}

struct box *history_marketing(const struct history *history, struct random *random, int64_t t_ms)
{
	char feed[16];
	uint32_t what = random_below(random, 100);
	if (what < 30)
		return some_spend(history, random, t_ms);
	if (what < 40)
		return some_mailing(history, random, t_ms);
	if (what < 50)
		return some_seo(history, random, t_ms);
	if (what < 60) {
		uint32_t sent = random_below(random, 90);
		uint32_t approved = random_below(random, sent + 1);
		return box_feed(t_ms, name(feed, "f", random_below(random, 2)), sent, approved);
	}
	return what < 85 ? some_message(random, t_ms) : some_campaign(history, random, t_ms);
}
