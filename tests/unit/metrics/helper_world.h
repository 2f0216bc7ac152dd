// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A shop for tests of the fold: events built in memory, a journal that drops known ids, and what the service
// does around the fold (load what is missing, checkpoint, evict, tick, rebuild) with tables in memory.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the four above
#include <cmocka.h>

#include "services/metrics/core/kpi.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

enum { BOX_LINES = 6, BOX_ID = 40, BOX_ROWS = 6 };

// The books of a day with room for their rows.
struct box_digest {
	Utarg__V1__OrderDigest body;
	Utarg__V1__OrderDigestRow rows[BOX_ROWS];
	Utarg__V1__OrderDigestRow *row_at[BOX_ROWS];
	char ids[BOX_ROWS][16];
};

// What search engines, people and placements say, with room for its parts.
struct box_seo {
	Utarg__V1__SeoStats body;
	Utarg__V1__SeoRow rows[BOX_ROWS];
	Utarg__V1__SeoRow *row_at[BOX_ROWS];
	char pages[BOX_ROWS][BOX_ID];
};

enum { BOX_PLACES = 4 };
struct box_message {
	Utarg__V1__MarketingMessage body;
	char places[BOX_PLACES][16];
	char *place_at[BOX_PLACES];
};

struct box_campaign {
	Utarg__V1__Campaign body;
	Utarg__V1__Money budget;
	Utarg__V1__WeekdayCurve curve;
};

// An event with room for whatever it carries.
struct box {
	struct fold_event fold;
	Utarg__V1__Event event;
	Utarg__V1__Context context;
	Utarg__V1__Consent consent;
	Utarg__V1__Rate rate, second_rate;
	Utarg__V1__Rate *rate_at[2];
	Utarg__V1__OrderLine lines[BOX_LINES];
	Utarg__V1__OrderLine *line_at[BOX_LINES];
	Utarg__V1__RefundLine refund_lines[BOX_LINES];
	Utarg__V1__RefundLine *refund_line_at[BOX_LINES];
	Utarg__V1__ChannelRule rule;
	Utarg__V1__ChannelRule *rule_at[1];
	char *own_host[1];
	Utarg__V1__Money fixed;
	Utarg__V1__AffiliatePaidLine paid_line;
	Utarg__V1__AffiliatePaidLine *paid_line_at[1];
	char visitor[BOX_ID], customer[BOX_ID], order[BOX_ID], cart[BOX_ID], other[BOX_ID], sku[BOX_ID];
	union {
		Utarg__V1__PageView page_view;
		Utarg__V1__Heartbeat heartbeat;
		Utarg__V1__CartItem item;
		Utarg__V1__CartRef cart_ref;
		Utarg__V1__CartMerged merged;
		Utarg__V1__Search search;
		Utarg__V1__PageError page_error;
		Utarg__V1__PageTiming timing;
		Utarg__V1__ItemRef item_ref;
		Utarg__V1__PaymentFailed payment;
		Utarg__V1__Order order_body;
		Utarg__V1__OrderCancelled cancelled;
		Utarg__V1__Refund refund;
		Utarg__V1__OrderPaid paid;
		Utarg__V1__RatePublished published;
		Utarg__V1__OrderCost cost;
		Utarg__V1__OrderFulfilled fulfilled;
		Utarg__V1__OrderDelivered delivered;
		Utarg__V1__ParcelRefused refused;
		Utarg__V1__ReturnReceived returned;
		Utarg__V1__WithdrawalReceived withdrawal;
		Utarg__V1__ServiceCase service_case;
		Utarg__V1__ServiceRated rated;
		Utarg__V1__ComplaintReceived complaint;
		Utarg__V1__ReviewPosted review;
		struct box_digest digest;
		Utarg__V1__AdSpend spend;
		Utarg__V1__MailingStats mailing;
		struct box_seo seo;
		Utarg__V1__FeedStatus feed;
		struct box_message message;
		Utarg__V1__MessageShown shown;
		struct box_campaign campaign;
		Utarg__V1__Target target;
		Utarg__V1__ShopSettings settings;
		Utarg__V1__ChannelRules rules;
		Utarg__V1__StockChanged stock;
		Utarg__V1__OfferUpdated offer;
		Utarg__V1__AffiliateClick click;
		Utarg__V1__AffiliateKey key;
		Utarg__V1__Affiliate affiliate;
		Utarg__V1__CommissionRule commission;
		Utarg__V1__AffiliatePaid affiliate_paid;
	} body;
	uint8_t signature[64], public_key[32];
};

enum { ORIGIN_CLIENT = 1, ORIGIN_SERVER = 2, ORIGIN_IMPORT = 3 };

// All are malloc'ed, with an id drawn from a counter; box_free frees one.
struct box *box_new(int64_t t_ms, int origin, const char *visitor, const char *customer);
void box_free(struct box *box);
struct box *box_settings(int64_t t_ms, const char *currency, const char *zone, uint32_t gap_minutes);
struct box *box_page_view(int64_t t_ms, const char *visitor);
struct box *box_heartbeat(int64_t t_ms, const char *visitor, uint32_t foreground_ms);
struct box *box_add(int64_t t_ms, const char *visitor, const char *cart, const char *sku, int64_t quantity);
struct box *box_remove(int64_t t_ms, const char *visitor, const char *cart, const char *sku,
		       int64_t quantity);
struct box *box_cart(int64_t t_ms, const char *visitor, const char *cart, Utarg__V1__Event__BodyCase kind);
struct box *box_search(int64_t t_ms, const char *visitor, uint32_t result_count);
struct box *box_page_error(int64_t t_ms, const char *visitor);
struct box *box_page_timing(int64_t t_ms, const char *visitor, uint32_t paint_ms, uint32_t interaction_ms);
struct box *box_view_item(int64_t t_ms, const char *visitor, const char *sku);
struct box *box_payment_failed(int64_t t_ms, const char *visitor, const char *cart);
struct box *box_merge(int64_t t_ms, const char *visitor, const char *from, const char *into);
// One line of that net, tax 23 %.
struct box *box_order(int64_t t_ms, int origin, const char *visitor, const char *customer, const char *order,
		      uint32_t version, int64_t net_minor);
struct box *box_cancel(int64_t t_ms, const char *order);
struct box *box_refund(int64_t t_ms, const char *refund, const char *order);
// Of EUR; day "YYYY-MM-DD".
struct box *box_rate(int64_t t_ms, const char *source, const char *day, int64_t per_unit_nano);
struct box *box_paid(int64_t t_ms, const char *order, int64_t amount_minor);
struct box *box_cost(int64_t t_ms, const char *order, int64_t net_minor);
struct box *box_spend(int64_t t_ms, const char *campaign, const char *day, int64_t spend_minor,
		      int64_t report_time_ms);
// A price or cost below 0 is not said.
struct box *box_view(int64_t t_ms, const char *visitor, const char *sku, int64_t price_minor);
struct box *box_stock(int64_t t_ms, const char *sku, const char *location, int64_t quantity);
struct box *box_offer(int64_t t_ms, const char *sku, int64_t price_minor, int64_t cost_minor);
// helper_box_life.c. Of an event in an order's life: order_fulfilled (the last parcel), order_delivered,
// parcel_refused, return_received.
struct box *box_life(int64_t t_ms, Utarg__V1__Event__BodyCase kind, const char *order, const char *parcel);
struct box *box_withdrawal(int64_t t_ms, const char *id, const char *order);
struct box *box_complaint(int64_t t_ms, const char *id, const char *order);
// service_case_opened, _replied (by the shop), _closed, _reopened.
struct box *box_case(int64_t t_ms, Utarg__V1__Event__BodyCase kind, const char *id, const char *order);
struct box *box_rated(int64_t t_ms, const char *case_id, uint32_t score);
struct box *box_review(int64_t t_ms, const char *id, const char *sku, uint32_t score);
struct box *box_digest(int64_t t_ms, const char *day, uint32_t order_count, int64_t gross_minor);
void box_digest_row(struct box *box, const char *order, int64_t gross_minor); // placed, in PLN

void box_name_customer(struct box *box, const char *customer);
// helper_box_life.c. A click of a link signed with one of two keys, 0 or 1, of any other number not signed.
struct box *box_click(int64_t t_ms, const char *visitor, const char *affiliate, const char *campaign,
		      int key);
struct box *box_affiliate_key(int64_t t_ms, int key);
// helper_box_marketing.c. All counts are 0 at first.
struct box *box_mailing(int64_t t_ms, const char *campaign, const char *day, int64_t report_time_ms);
struct box *box_seo(int64_t t_ms, const char *day, int64_t report_time_ms);
void box_seo_row(struct box *box, const char *page, bool brand, int64_t impressions, int64_t clicks,
		 int64_t position_thousandth);
struct box *box_feed(int64_t t_ms, const char *feed, uint32_t sent, uint32_t approved);
// Places as one word: "ab" is the two placements a and b. NULL: withdrawn.
struct box *box_message(int64_t t_ms, const char *id, uint32_t version, const char *places);
struct box *box_shown(int64_t t_ms, const char *id, uint32_t version, const char *place);
// Days "YYYY-MM-DD"; approved, in PLN, every day alike.
struct box *box_campaign(int64_t t_ms, const char *campaign, int64_t budget_minor, const char *first_day,
			 const char *last_day);

struct box *box_copy(const struct box *box); // the same fact under another id

// ---- the shop ----
struct world;
struct world *world_create(int64_t as_of_ms);
struct world *world_create_switched(int64_t as_of_ms, uint32_t switches); // enum fold_switch
// A shop in PLN and UTC that has said so on the day before 2026.
#define T0 INT64_C(1767225600000) // Thursday 2026-01-01 UTC
struct world *world_open_shop(int64_t as_of_ms);
void world_destroy(struct world *world); // frees the boxes in its journal
// Appends (takes the box) unless its id is there; box is freed then. Nothing is folded yet.
void world_say(struct world *world, struct box *box);
// Folds up to `count` events that were not folded, all with 0. Returns how many were left to fold.
size_t world_fold(struct world *world, size_t count);
void world_checkpoint(struct world *world);
void world_settle(struct world *world);                // folds all and checkpoints
void world_settle_away(struct world *world);           // and nothing stays in memory
void world_tell(struct world *world, struct box *box); // says it and settles
void world_evict(struct world *world, size_t keep);
void world_restart(struct world *world); // drops the process: what was not checkpointed is folded again
void world_tick(struct world *world, int64_t as_of_ms);
struct fold *world_of(struct world *world);
// World with the same journal, nothing folded. The boxes stay with the first one.
struct world *world_replay(const struct world *world, int64_t as_of_ms);

// ---- figures: checkpointed cells only ----
struct world_figure {
	money_sum numerator, denominator;
	int64_t revision;
};
struct world_figure world_figure(struct world *world, const char *kpi, enum window window, int64_t t_ms,
				 enum fold_dimension dimension, const char *key);
// Numerator of the whole day at t.
int64_t world_day(struct world *world, const char *kpi, int64_t t_ms);
// A row that need not be one of kpi_rows.
struct world_figure world_figure_of(struct world *world, const struct kpi_row *row, enum window window,
				    int64_t t_ms, enum fold_dimension dimension, const char *key);
int64_t world_day_of(struct world *world, const char *kpi, int64_t t_ms, enum fold_dimension dimension,
		     const char *key);
money_sum world_cell(struct world *world, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		     enum fold_dimension dimension, const char *key);
money_sum world_level(struct world *world, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		      enum fold_dimension dimension, const char *key, int64_t level); // of a level measure
money_sum world_all(struct world *world, uint16_t measure,
		    enum fold_grain grain); // total dimension, all buckets
// Cells of the total that are not 0.
size_t world_cell_count(struct world *world, uint16_t measure, enum fold_grain grain);
// Rows of history that were checkpointed: how many; *out gets one when index is below.
size_t world_history(const struct world *world, size_t index, struct fold_history *out);
// When all events were received after their days: NULL when each cell of a day is the sum of its history.
const char *world_history_gap(struct world *world);
// With revisions, history too. NULL when they are the same; else what differs, in static storage.
const char *world_difference(struct world *a, struct world *b, bool revisions_too);
// NULL when the stored entities are the same bytes, due at the same time.
const char *world_state_difference(struct world *a, struct world *b);
int64_t local_ms(const char *zone, int year, int month, int day, int hour, int minute); // first pass
const struct zone *world_zone(void *context, const char *name);
