// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the shop itself does on a day: its offers and prices, stock, advertising bills, the till and the
// phone, service cases.
#include "services/utarg/core/simulate_parts.h"

#include <stdio.h>

// Chances, per thousand.
enum { PRICE_CHANGES = 60, OUT_OF_STOCK = 40, CASE_STAYS_OPEN = 180, CASE_RATED = 500 };

static void tell_offer(struct sim *sim, const struct sim_offer *offer, int64_t t_ms,
		       int64_t price_gross_minor)
{
	struct sim_actor server = sim_server();
	char sku[SIM_TEXT_SIZE], title[SIM_TEXT_SIZE], category[SIM_TEXT_SIZE], currency[8], market[] = "PL";
	text_copy(sku, sizeof sku, offer->sku);
	text_copy(title, sizeof title, offer->title);
	text_copy(category, sizeof category, offer->category);
	text_copy(currency, sizeof currency, sim->options->currency);
	Utarg__V1__OfferUpdated body = UTARG__V1__OFFER_UPDATED__INIT;
	body.sku = sku;
	body.title = title;
	body.category = category;
	body.market = market;
	body.currency = currency;
	body.status = UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE;
	body.known_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR;
	body.price_gross_minor = price_gross_minor;
	body.known_cost_case = UTARG__V1__OFFER_UPDATED__KNOWN_COST_COST_NET_MINOR;
	body.cost_net_minor = offer->cost_net_minor;
	body.known_tax_rate_case = UTARG__V1__OFFER_UPDATED__KNOWN_TAX_RATE_TAX_RATE_BP;
	body.tax_rate_bp = 2300;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_OFFER_UPDATED;
	event.offer_updated = &body;
	sim_emit(sim, &server, t_ms, &event);
}

static void tell_stock(struct sim *sim, const struct sim_offer *offer, int64_t t_ms)
{
	struct sim_actor server = sim_server();
	char sku[SIM_TEXT_SIZE], location[] = "main";
	text_copy(sku, sizeof sku, offer->sku);
	Utarg__V1__StockChanged body = UTARG__V1__STOCK_CHANGED__INIT;
	body.sku = sku;
	body.location = location;
	body.quantity = sim_chance(&sim->rng, OUT_OF_STOCK) ? 0 : sim_between(&sim->rng, 3, 180);
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_STOCK_CHANGED;
	event.stock_changed = &body;
	sim_emit(sim, &server, t_ms, &event);
}

static void tell_catalogue(struct sim *sim)
{
	for (size_t i = 0; i < sim_offer_count; i++) {
		const struct sim_offer *offer = &sim_offers[i];
		int64_t t_ms = sim->day_start_ms + 1000 + (int64_t)i * 250;
		tell_offer(sim, offer, t_ms, offer->price_gross_minor);
		tell_stock(sim, offer, t_ms + 100);
		if (sim_chance(&sim->rng, PRICE_CHANGES)) {
			int64_t at_ms = sim->day_start_ms + sim_between(&sim->rng, 7 * HOUR_MS, 20 * HOUR_MS);
			tell_offer(sim, offer, at_ms,
				   offer->price_gross_minor * sim_between(&sim->rng, 85, 110) / 100);
		}
	}
}

static void tell_bill(struct sim *sim, const struct sim_bill *bill, const char *day_text)
{
	struct sim_actor server = sim_server();
	char platform[SIM_TEXT_SIZE], account[] = "main", campaign[SIM_TEXT_SIZE], channel[SIM_TEXT_SIZE];
	char currency[8], day[16];
	text_copy(platform, sizeof platform, bill->platform);
	text_copy(campaign, sizeof campaign, bill->campaign);
	text_copy(channel, sizeof channel, bill->marketing_channel);
	text_copy(currency, sizeof currency, sim->options->currency);
	text_copy(day, sizeof day, day_text);
	Utarg__V1__AdSpend body = UTARG__V1__AD_SPEND__INIT;
	body.platform = platform;
	body.account = account;
	body.campaign = campaign;
	body.day = day;
	body.currency = currency;
	body.marketing_channel = channel;
	body.clicks = sim->options->visit_count / 8 + sim_below(&sim->rng, 20);
	body.impressions = body.clicks * sim_between(&sim->rng, 20, 40);
	body.reported_orders = body.clicks / 25; // platforms claim more than a shop can find
	body.known_impression_share_case = UTARG__V1__AD_SPEND__KNOWN_IMPRESSION_SHARE_IMPRESSION_SHARE_BP;
	body.impression_share_bp = 2500 + sim_below(&sim->rng, 5000);
	// First the platform's estimate at midday, then the day's final row: the later report counts.
	for (int final = 0; final < 2; final++) {
		int64_t t_ms = final ? sim->day_end_ms - MINUTE_MS : sim->day_start_ms + 12 * HOUR_MS;
		body.spend_minor =
			bill->spend_minor_per_visit * sim->options->visit_count * (final ? 100 : 47) / 100;
		body.report_time_ms = t_ms;
		Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
		event.body_case = UTARG__V1__EVENT__BODY_AD_SPEND;
		event.ad_spend = &body;
		sim_emit(sim, &server, t_ms, &event);
	}
}

// Orders without a browser: the till in the shop and the telephone.
static void sell_offline(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->options->visit_count / 90 + 1; i++) {
		struct sim_actor till = sim_server();
		till.channel = sim_chance(&sim->rng, 700) ? UTARG__V1__CHANNEL__CHANNEL_POS
							  : UTARG__V1__CHANNEL__CHANNEL_PHONE;
		struct sim_item items[2] = {{sim_pick_offer(&sim->rng), 1}, {sim_pick_offer(&sim->rng), 2}};
		int64_t t_ms = sim->day_start_ms + sim_between(&sim->rng, 9 * HOUR_MS, 19 * HOUR_MS);
		sim_order(sim, &till, t_ms, "", items, 1 + sim_below(&sim->rng, 2));
	}
}

static void emit_case(struct sim *sim, int kind, int64_t t_ms, char *case_id, bool by_customer)
{
	struct sim_actor server = sim_server();
	char topic[] = "delivery";
	Utarg__V1__ServiceCase body = UTARG__V1__SERVICE_CASE__INIT;
	body.case_id = case_id;
	body.topic = topic;
	body.by_customer = by_customer;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = (Utarg__V1__Event__BodyCase)kind;
	event.service_case_opened = &body;
	sim_emit(sim, &server, t_ms, &event);
}

static void serve_customer(struct sim *sim)
{
	char case_id[SIM_TEXT_SIZE];
	snprintf(case_id, sizeof case_id, "s-%lld-%llu-%u", (long long)zone_date_days(sim->options->date),
		 (unsigned long long)sim->options->seed, ++sim->case_count);
	int64_t t_ms = sim->day_start_ms + sim_between(&sim->rng, 7 * HOUR_MS, 21 * HOUR_MS);
	emit_case(sim, UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED, t_ms, case_id, true);
	t_ms += sim_between(&sim->rng, 3 * MINUTE_MS, 5 * HOUR_MS);
	emit_case(sim, UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED, t_ms, case_id, false);
	if (sim_chance(&sim->rng, CASE_STAYS_OPEN))
		return;
	t_ms += sim_between(&sim->rng, 10 * MINUTE_MS, 20 * HOUR_MS);
	emit_case(sim, UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED, t_ms, case_id, false);
	if (!sim_chance(&sim->rng, CASE_RATED))
		return;
	struct sim_actor server = sim_server();
	Utarg__V1__ServiceRated body = UTARG__V1__SERVICE_RATED__INIT;
	body.case_id = case_id;
	body.score = sim_chance(&sim->rng, 750) ? 5 : 1 + sim_below(&sim->rng, 4);
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_SERVICE_RATED;
	event.service_rated = &body;
	sim_emit(sim, &server, t_ms + HOUR_MS, &event);
}

void sim_shop_day(struct sim *sim)
{
	char day[16];
	struct zone_date date = sim->options->date;
	snprintf(day, sizeof day, "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	tell_catalogue(sim);
	for (size_t i = 0; i < sim_bill_count; i++)
		tell_bill(sim, &sim_bills[i], day);
	sim_report_day(sim, day);
	sell_offline(sim);
	for (uint32_t i = 0; i < sim->options->visit_count / 60 + 1; i++)
		serve_customer(sim);
}
