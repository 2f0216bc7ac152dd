// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

static char *set(char at[BOX_ID], const char *text)
{
	snprintf(at, BOX_ID, "%s", text ? text : "");
	return at;
}

static struct box *new_box(int64_t t_ms, Utarg__V1__Event__BodyCase kind)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = kind;
	box->event.page_view = &box->body.page_view; // any body: they share the place
	return box;
}

struct box *box_mailing(int64_t t_ms, const char *campaign, const char *day, int64_t report_time_ms)
{
	static char platform[] = "mails";
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_MAILING_STATS);
	utarg__v1__mailing_stats__init(&box->body.mailing);
	box->body.mailing.platform = platform;
	box->body.mailing.campaign = set(box->order, campaign);
	box->body.mailing.day = set(box->cart, day);
	box->body.mailing.report_time_ms = report_time_ms;
	return box;
}

struct box *box_seo(int64_t t_ms, const char *day, int64_t report_time_ms)
{
	static char platform[] = "console";
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_SEO_STATS);
	struct box_seo *seo = &box->body.seo;
	utarg__v1__seo_stats__init(&seo->body);
	seo->body.platform = platform;
	seo->body.day = set(box->cart, day);
	seo->body.report_time_ms = report_time_ms;
	seo->body.rows = seo->row_at;
	return box;
}

void box_seo_row(struct box *box, const char *page, bool brand, int64_t impressions, int64_t clicks,
		 int64_t position_thousandth)
{
	struct box_seo *seo = &box->body.seo;
	size_t i = seo->body.n_rows++;
	assert_true(i < BOX_ROWS);
	utarg__v1__seo_row__init(&seo->rows[i]);
	seo->rows[i].landing_page = set(seo->pages[i], page);
	seo->rows[i].brand = brand;
	seo->rows[i].impressions = impressions;
	seo->rows[i].clicks = clicks;
	seo->rows[i].position_thousandth = position_thousandth;
	seo->row_at[i] = &seo->rows[i];
}

struct box *box_feed(int64_t t_ms, const char *feed, uint32_t sent, uint32_t approved)
{
	static char platform[] = "merchant";
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_FEED_STATUS);
	utarg__v1__feed_status__init(&box->body.feed);
	box->body.feed.platform = platform;
	box->body.feed.feed = set(box->other, feed);
	box->body.feed.sent = sent;
	box->body.feed.approved = approved;
	return box;
}

struct box *box_message(int64_t t_ms, const char *id, uint32_t version, const char *places)
{
	static char campaign[] = "spring";
	struct box *box = new_box(t_ms, places ? UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED
					       : UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN);
	struct box_message *message = &box->body.message;
	utarg__v1__marketing_message__init(&message->body);
	message->body.message_id = set(box->other, id);
	message->body.message_version = version;
	message->body.campaign = campaign;
	message->body.placements = message->place_at;
	for (size_t i = 0; places && places[i]; i++) {
		assert_true(i < BOX_PLACES);
		message->places[i][0] = places[i];
		message->place_at[i] = message->places[i];
		message->body.n_placements++;
	}
	return box;
}

struct box *box_shown(int64_t t_ms, const char *id, uint32_t version, const char *place)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_MESSAGE_SHOWN);
	utarg__v1__message_shown__init(&box->body.shown);
	box->body.shown.message_id = set(box->other, id);
	box->body.shown.placement = set(box->sku, place);
	box->body.shown.message_version = version;
	return box;
}

struct box *box_campaign(int64_t t_ms, const char *campaign, int64_t budget_minor, const char *first_day,
			 const char *last_day)
{
	static char pln[] = "PLN";
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED);
	struct box_campaign *plan = &box->body.campaign;
	utarg__v1__campaign__init(&plan->body);
	utarg__v1__money__init(&plan->budget);
	utarg__v1__weekday_curve__init(&plan->curve);
	plan->body.campaign = set(box->order, campaign);
	plan->body.state = UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_APPROVED;
	plan->body.first_day = set(box->cart, first_day);
	plan->body.last_day = set(box->other, last_day);
	plan->body.budget = &plan->budget;
	plan->budget.minor = budget_minor;
	plan->budget.currency = pln;
	return box;
}
