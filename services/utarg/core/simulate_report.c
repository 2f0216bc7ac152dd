// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/simulate_parts.h"

// What others report of a day, once it is over or as it goes on.

const char *const sim_pages[] = {"/", "/kitchen", "/bath", "/toys", "/paper", "/toys/wooden-train"};
const size_t sim_page_count = sizeof sim_pages / sizeof *sim_pages;

static void emit(struct sim *sim, int64_t t_ms, Utarg__V1__Event *event)
{
	struct sim_actor server = sim_server();
	sim_emit(sim, &server, t_ms, event);
}

// A letter in the morning; its numbers grow until the last report of the day.
static void report_mailing(struct sim *sim, char *day)
{
	char platform[] = "mailer", account[] = "main", campaign[] = "november-letter";
	int64_t sent = (int64_t)sim->options->visit_count * sim_between(&sim->rng, 3, 5);
	for (int final = 0; final < 2; final++) {
		int64_t t_ms = final ? sim->day_end_ms - 2 * MINUTE_MS : sim->day_start_ms + 13 * HOUR_MS;
		Utarg__V1__MailingStats body = UTARG__V1__MAILING_STATS__INIT;
		body.platform = platform;
		body.account = account;
		body.campaign = campaign;
		body.day = day;
		body.sent = sent;
		body.bounced = sent * 2 / 100;
		body.delivered = sent - body.bounced;
		body.opened = body.delivered * (final ? 38 : 21) / 100;
		body.clicked = body.delivered * (final ? 4 : 2) / 100;
		body.unsubscribed = body.delivered * (final ? 3 : 1) / 1000;
		body.report_time_ms = t_ms;
		Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
		event.body_case = UTARG__V1__EVENT__BODY_MAILING_STATS;
		event.mailing_stats = &body;
		emit(sim, t_ms, &event);
	}
}

enum { SEO_ROWS_MAX = 16 };

static void report_search(struct sim *sim, char *day)
{
	char platform[] = "search-console", account[] = "main", pages[SEO_ROWS_MAX][SIM_TEXT_SIZE];
	Utarg__V1__SeoRow rows[SEO_ROWS_MAX], *row_at[SEO_ROWS_MAX];
	Utarg__V1__SeoStats body = UTARG__V1__SEO_STATS__INIT;
	int64_t t_ms = sim->day_end_ms - 3 * MINUTE_MS;
	body.platform = platform;
	body.account = account;
	body.day = day;
	body.report_time_ms = t_ms;
	body.rows = row_at;
	for (size_t i = 0; i < 2 * sim_page_count && i < SEO_ROWS_MAX; i++) {
		Utarg__V1__SeoRow *row = &rows[i];
		*row = (Utarg__V1__SeoRow)UTARG__V1__SEO_ROW__INIT;
		text_copy(pages[i], sizeof pages[i], sim_pages[i / 2]);
		row->landing_page = pages[i];
		row->brand = i % 2 == 0;
		row->clicks = sim->options->visit_count / 60 + sim_below(&sim->rng, 9);
		row->impressions =
			row->clicks * sim_between(&sim->rng, row->brand ? 2 : 30, row->brand ? 4 : 60);
		row->position_thousandth =
			sim_between(&sim->rng, row->brand ? 1000 : 6000, row->brand ? 1800 : 24000);
		row_at[i] = row;
		body.n_rows++;
	}
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_SEO_STATS;
	event.seo_stats = &body;
	emit(sim, t_ms, &event);
}

static void report_feeds(struct sim *sim)
{
	static const char *const platforms[] = {"google-merchant", "comparison"};
	char platform[SIM_TEXT_SIZE], feed[] = "pl";
	for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
		text_copy(platform, sizeof platform, platforms[i]);
		Utarg__V1__FeedStatus body = UTARG__V1__FEED_STATUS__INIT;
		body.platform = platform;
		body.feed = feed;
		body.sent = (uint32_t)sim_offer_count;
		body.approved = body.sent - sim_below(&sim->rng, 4);
		Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
		event.body_case = UTARG__V1__EVENT__BODY_FEED_STATUS;
		event.feed_status = &body;
		emit(sim, sim->day_start_ms + 5 * HOUR_MS + (int64_t)i * MINUTE_MS, &event);
	}
}

static void report_placements(struct sim *sim)
{
	static const char *const placements[] = {"home-banner", "cart-note", "newsletter-head"};
	char message_id[] = "free-shipping", placement[SIM_TEXT_SIZE];
	for (size_t i = 0; i < sizeof placements / sizeof *placements; i++) {
		text_copy(placement, sizeof placement, placements[i]);
		Utarg__V1__MessageShown body = UTARG__V1__MESSAGE_SHOWN__INIT;
		body.message_id = message_id;
		body.message_version = 1;
		body.placement = placement;
		Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
		event.body_case = UTARG__V1__EVENT__BODY_MESSAGE_SHOWN;
		event.message_shown = &body;
		emit(sim, sim->day_start_ms + 7 * HOUR_MS + (int64_t)i * 1000, &event);
	}
}

void sim_report_day(struct sim *sim, const char *day_text)
{
	char day[SIM_TEXT_SIZE];
	text_copy(day, sizeof day, day_text);
	report_mailing(sim, day);
	report_search(sim, day);
	report_feeds(sim);
	report_placements(sim);
}
