// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the parts of the simulator share: chance, the catalogue, and how an event is written. Private to
// simulate*.c.
#pragma once

#include "services/utarg/core/simulate.h"

enum { SIM_TEXT_SIZE = 48, SIM_ITEMS_MAX = 8, MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

// splitmix64: small, good enough for believable chance, the same on every machine.
struct sim_rng {
	uint64_t state;
};
uint64_t sim_next(struct sim_rng *rng);
uint32_t sim_below(struct sim_rng *rng, uint32_t n);                 // 0 to n - 1
int64_t sim_between(struct sim_rng *rng, int64_t low, int64_t high); // inclusive
bool sim_chance(struct sim_rng *rng, uint32_t per_thousand);

struct sim_offer {
	const char *sku, *title, *category;
	int64_t price_gross_minor; // in the shop's currency, for two decimals
	int64_t cost_net_minor;
	uint32_t weight; // how often it is looked at
};
extern const struct sim_offer sim_offers[];
extern const size_t sim_offer_count;

// Where a visit comes from; weights are per thousand.
struct sim_source {
	uint32_t weight;
	const char *referrer_host, *utm_source, *utm_medium, *utm_campaign, *click_id_kind, *affiliate;
	uint32_t buy_per_thousand; // how ready to buy its visitors are
};
extern const struct sim_source sim_sources[];
extern const size_t sim_source_count;

// An advertising bill of the day.
struct sim_bill {
	const char *platform, *campaign, *marketing_channel;
	int64_t spend_minor_per_visit; // of all visits
};
extern const struct sim_bill sim_bills[];
extern const size_t sim_bill_count;

extern const uint32_t sim_hour_weights[24]; // how busy an hour of the local day is
size_t sim_pick(struct sim_rng *rng, const uint32_t *weights, size_t count);
const struct sim_offer *sim_pick_offer(struct sim_rng *rng);
const struct sim_source *sim_pick_source(struct sim_rng *rng);

// The day while it is made.
struct sim {
	const struct simulate_options *options;
	struct simulate_day *day;
	struct sim_rng rng;
	int64_t day_start_ms, day_end_ms;
	uint32_t order_count;
	uint32_t case_count;
};

// Who speaks and from where; filled per visit and copied into each event.
struct sim_actor {
	Utarg__V1__Channel channel;
	Utarg__V1__Origin origin;
	Utarg__V1__Context context; // its strings outlive the call
	char visitor[SIM_TEXT_SIZE];
	char customer[SIM_TEXT_SIZE];
	bool analytics_denied;
};

// Stamps id, time, shop, consent, channel and context on an event whose body is set, packs and keeps it. What
// lies after until_ms is dropped.
void sim_emit(struct sim *sim, const struct sim_actor *actor, int64_t t_ms, Utarg__V1__Event *event);
// The shop's own server as speaker.
struct sim_actor sim_server(void);

struct sim_item {
	const struct sim_offer *offer;
	int64_t quantity;
};

// A visit that ends in an order hands its basket over here: both copies of the purchase and all that follows.
void sim_order(struct sim *sim, const struct sim_actor *buyer, int64_t t_ms, const char *cart_id,
	       const struct sim_item *items, size_t item_count);
void sim_visit(struct sim *sim, int64_t t_ms);
void sim_shop_day(struct sim *sim);   // offers, prices, stock, bills, till sales, service
extern const char *const sim_pages[]; // that search engines lead to
extern const size_t sim_page_count;
// What platforms and placements report of the day: mailings, search results, product feeds, messages shown.
void sim_report_day(struct sim *sim, const char *day_text);
