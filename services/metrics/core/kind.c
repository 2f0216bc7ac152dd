// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The kinds of entities, each as a row. See entity.h.
#include "services/metrics/core/rate.h"
#include "services/metrics/core/sales.h"
#include "services/metrics/core/books.h"
#include "services/metrics/core/claim.h"
#include "services/metrics/core/commission.h"
#include "services/metrics/core/coherence.h"
#include "services/metrics/core/feed.h"
#include "services/metrics/core/plan.h"
#include "services/metrics/core/report.h"
#include "services/metrics/core/seo.h"
#include "services/metrics/core/path_days.h"
#include "services/metrics/core/service_case.h"
#include "services/metrics/core/state.h"
#include "services/metrics/core/touch_keep.h"

#include "services/metrics/core/offer_put.h"

#include <string.h>

// ---- settings ----

static void clear_settings(void *entity)
{
	struct settings_entity *settings = entity;
	settings_destroy(settings->settings);
	settings->settings = NULL;
}

static void write_settings(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	(void)fold;
	settings_write(((const struct settings_entity *)entity)->settings, w);
}

static void read_settings(struct fold *fold, void *entity, struct codec_reader *r)
{
	(void)fold;
	settings_read(((struct settings_entity *)entity)->settings, r);
}

// ---- visitor ----

static void clear_visitor(void *entity)
{
	struct visitor *visitor = entity;
	vec_free(visitor->sessions);
	vec_free(visitor->spans);
	vec_free(visitor->views);
	vec_free(visitor->notes);
	vec_free(visitor->lulls);
	vec_free(visitor->links);
	if (!visitor->sources)
		return;
	vec_free(visitor->sources->candidates);
	vec_free(visitor->sources->clicks);
	vec_free(visitor->sources->names);
	vec_free(visitor->sources->by_text);
	memory_free(visitor->sources);
	visitor->sources = NULL;
}

static size_t visitor_bytes(const void *entity)
{
	const struct visitor *v = entity;
	const struct sources *sources = touch_sources(v);
	size_t bytes = v->sources ? sizeof(*sources) + vec_bytes(sources->candidates) +
					    vec_bytes(sources->clicks) + vec_bytes(sources->names) +
					    vec_bytes(sources->by_text)
				  : 0;
	return bytes + vec_bytes(v->sessions) + vec_bytes(v->spans) + vec_bytes(v->views) +
	       vec_bytes(v->notes) + vec_bytes(v->lulls) + vec_bytes(v->links);
}

static bool is_empty_visitor(const void *entity)
{
	const struct visitor *v = entity;
	return !vec_count(v->sessions) && !vec_count(v->links) && !vec_count(touch_sources(v)->clicks);
}

// ---- cart ----

static void clear_cart(void *entity)
{
	struct cart *cart = entity;
	vec_free(cart->activities);
	vec_free(cart->names);
	vec_free(cart->merged);
	vec_free(cart->orders);
	cart_clear_summary(&cart->summary);
}

static size_t cart_bytes(const void *entity)
{
	const struct cart *c = entity;
	return vec_bytes(c->activities) + vec_bytes(c->names) + vec_bytes(c->merged) + vec_bytes(c->orders) +
	       vec_bytes(c->summary.turns);
}

static bool is_empty_cart(const void *entity)
{
	const struct cart *c = entity;
	return !vec_count(c->activities) && !vec_count(c->orders);
}

static int64_t cart_due_ms(const struct fold *fold, const void *entity)
{
	const struct cart_summary *s = &((const struct cart *)entity)->summary;
	int64_t due_ms = s->counted ? INT64_MAX : s->abandoned_at_ms;
	(void)fold;
	if (s->turns_counted < vec_count(s->turns) && s->turns->at[s->turns_counted] < due_ms)
		due_ms = s->turns->at[s->turns_counted];
	return due_ms;
}

// ---- order ----

static void clear_order(void *entity)
{
	struct order *order = entity;
	struct entity kept = order->entity;
	vec_free(order->versions);
	for (uint32_t i = 0; i < vec_count(order->refunds); i++)
		vec_free(order->refunds->at[i].lines);
	vec_free(order->content.lines);
	vec_free(order->refunds);
	vec_free(order->amounts);
	order_life_clear(&order->life);
	ledger_clear(&order->ledger);
	memset(order, 0, sizeof(*order));
	order->entity = kept;
}

static size_t order_bytes(const void *entity)
{
	const struct order *o = entity;
	size_t bytes = vec_bytes(o->amounts) + order_life_bytes(&o->life) + ledger_bytes(&o->ledger);
	for (uint32_t i = 0; i < vec_count(o->refunds); i++)
		bytes += vec_bytes(o->refunds->at[i].lines);
	return bytes + vec_bytes(o->versions) + vec_bytes(o->content.lines) + vec_bytes(o->refunds);
}

static bool is_empty_order(const void *entity)
{
	const struct order *o = entity;
	return !vec_count(o->versions) && !vec_count(o->refunds) && !vec_count(o->amounts) && !o->cancelled &&
	       order_life_is_empty(&o->life) && !vec_count(o->ledger.payments);
}

static void put_order(struct fold *fold, const void *entity, int sign)
{
	sales_put_order(fold, entity, sign);
	order_life_put(fold, entity, sign);
}

static int64_t order_due_ms(const struct fold *fold, const void *entity)
{
	int64_t sales_ms = sales_order_due_ms(fold, entity), life_ms = order_life_due_ms(fold, entity);
	int64_t ledger_ms = commission_due_ms(fold, entity);
	sales_ms = sales_ms < life_ms ? sales_ms : life_ms;
	return sales_ms < ledger_ms ? sales_ms : ledger_ms;
}

// ---- customer, refund ----

static void clear_customer(void *entity)
{
	struct customer *customer = entity;
	vec_free(customer->orders);
	vec_free(customer->touches);
}

static size_t customer_bytes(const void *entity)
{
	const struct customer *customer = entity;
	return vec_bytes(customer->orders) + vec_bytes(customer->touches);
}

static bool is_empty_customer(const void *entity)
{
	const struct customer *customer = entity;
	return !vec_count(customer->orders) && !vec_count(customer->touches);
}

static void clear_refund(void *entity)
{
	((struct refund *)entity)->known = false;
}

static bool is_empty_refund(const void *entity)
{
	return !((const struct refund *)entity)->known;
}

// ---- targets ----

static void clear_targets(void *entity)
{
	vec_free(((struct targets *)entity)->all);
}

static size_t targets_bytes(const void *entity)
{
	return vec_bytes(((const struct targets *)entity)->all);
}

static bool is_empty_targets(const void *entity)
{
	return !vec_count(((const struct targets *)entity)->all);
}

static void write_targets(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	(void)fold;
	targets_write(entity, w);
}

static void read_targets(struct fold *fold, void *entity, struct codec_reader *r)
{
	(void)fold;
	targets_read(entity, r);
}

const struct kind_row kind_rows[FOLD_KIND_COUNT] = {
	[FOLD_SETTINGS] = {.name = "settings",
			   .size = sizeof(struct settings_entity),
			   .clear = clear_settings,
			   .write = write_settings,
			   .read = read_settings},
	[FOLD_VISITOR] = {.name = "visitor",
			  .size = sizeof(struct visitor),
			  .key_is_id = true,
			  .clear = clear_visitor,
			  .held_bytes = visitor_bytes,
			  .is_empty = is_empty_visitor,
			  .write = state_put_visitor,
			  .read = state_get_visitor},
	[FOLD_CART] = {.name = "cart",
		       .size = sizeof(struct cart),
		       .key_is_id = true,
		       .clear = clear_cart,
		       .held_bytes = cart_bytes,
		       .is_empty = is_empty_cart,
		       .write = state_put_cart,
		       .read = state_get_cart,
		       .due_ms = cart_due_ms,
		       .clock = attach_cart_clock},
	[FOLD_ORDER] = {.name = "order",
			.size = sizeof(struct order),
			.key_is_id = true,
			.clear = clear_order,
			.held_bytes = order_bytes,
			.is_empty = is_empty_order,
			.write = state_put_order,
			.read = state_get_order,
			.put = put_order,
			.put_settled = commission_put,
			.due_ms = order_due_ms},
	[FOLD_CUSTOMER] = {.name = "customer",
			   .size = sizeof(struct customer),
			   .key_is_id = true,
			   .clear = clear_customer,
			   .held_bytes = customer_bytes,
			   .is_empty = is_empty_customer,
			   .write = state_put_customer,
			   .read = state_get_customer},
	[FOLD_REFUND] = {.name = "refund",
			 .size = sizeof(struct refund),
			 .key_is_id = true,
			 .clear = clear_refund,
			 .is_empty = is_empty_refund,
			 .write = state_put_refund,
			 .read = state_get_refund},
	[FOLD_REPORT] = {.name = "report",
			 .size = sizeof(struct report),
			 .clear = report_clear,
			 .is_empty = report_is_empty,
			 .write = report_write,
			 .read = report_read,
			 .put = report_put},
	[FOLD_RATE] = {.name = "rate",
		       .size = sizeof(struct rate_week),
		       .clear = rate_clear,
		       .held_bytes = rate_held_bytes,
		       .is_empty = rate_is_empty,
		       .write = rate_write,
		       .read = rate_read},
	[FOLD_OFFER_FACTS] = {.name = "offer facts",
			      .size = sizeof(struct offer_facts),
			      .key_is_id = true,
			      .clear = offer_facts_clear,
			      .held_bytes = offer_facts_bytes,
			      .is_empty = offer_facts_is_empty,
			      .write = state_put_offer_facts,
			      .read = state_get_offer_facts,
			      .put = offer_put_dead,
			      .due_ms = offer_due_ms},
	[FOLD_OFFER_DAYS] = {.name = "offer days",
			     .size = sizeof(struct offer_days),
			     .key_is_id = true,
			     .clear = offer_days_clear,
			     .held_bytes = offer_days_bytes,
			     .is_empty = offer_days_is_empty,
			     .write = state_put_offer_days,
			     .read = state_get_offer_days},
	[FOLD_OFFER_DAY] = {.name = "offer day",
			    .size = sizeof(struct offer_day),
			    .clear = offer_day_clear,
			    .held_bytes = offer_day_bytes,
			    .is_empty = offer_day_is_empty,
			    .write = state_put_offer_day,
			    .read = state_get_offer_day},
	[FOLD_SERVICE_CASE] = {.name = "service case",
			       .size = sizeof(struct service_case),
			       .key_is_id = true,
			       .clear = service_case_clear,
			       .held_bytes = service_case_bytes,
			       .is_empty = service_case_is_empty,
			       .write = service_case_write,
			       .read = service_case_read,
			       .put = service_case_put,
			       .due_ms = service_case_due_ms},
	[FOLD_REVIEW] = {.name = "review",
			 .size = sizeof(struct review),
			 .key_is_id = true,
			 .clear = review_clear,
			 .is_empty = review_is_empty,
			 .write = review_write,
			 .read = review_read,
			 .put = review_put},
	[FOLD_COMPLAINT] = {.name = "complaint",
			    .size = sizeof(struct claim),
			    .key_is_id = true,
			    .clear = claim_clear,
			    .is_empty = claim_is_empty,
			    .write = claim_write,
			    .read = claim_read,
			    .put = claim_put,
			    .due_ms = claim_due_ms},
	[FOLD_WITHDRAWAL] = {.name = "withdrawal",
			     .size = sizeof(struct claim),
			     .key_is_id = true,
			     .clear = claim_clear,
			     .is_empty = claim_is_empty,
			     .write = claim_write,
			     .read = claim_read,
			     .put = claim_put,
			     .due_ms = claim_due_ms},
	[FOLD_DIGEST] = {.name = "digest",
			 .size = sizeof(struct digest),
			 .clear = digest_clear,
			 .held_bytes = digest_bytes,
			 .is_empty = digest_is_empty,
			 .write = digest_write,
			 .read = digest_read,
			 .put = digest_put},
	[FOLD_DAY_ORDERS] = {.name = "orders of a day",
			     .size = sizeof(struct day_orders),
			     .clear = day_orders_clear,
			     .held_bytes = day_orders_bytes,
			     .is_empty = day_orders_is_empty,
			     .write = day_orders_write,
			     .read = day_orders_read},
	[FOLD_TARGETS] = {.name = "targets",
			  .size = sizeof(struct targets),
			  .clear = clear_targets,
			  .held_bytes = targets_bytes,
			  .is_empty = is_empty_targets,
			  .write = write_targets,
			  .read = read_targets},
	[FOLD_AFFILIATE] = {.name = "partners' terms",
			    .size = sizeof(struct commission_terms),
			    .clear = commission_terms_clear,
			    .held_bytes = commission_terms_bytes,
			    .is_empty = commission_terms_is_empty,
			    .write = commission_terms_write,
			    .read = commission_terms_read},
	[FOLD_COMMISSION] = {.name = "orders with a ledger",
			     .size = sizeof(struct commission_hour),
			     .clear = commission_hour_clear,
			     .held_bytes = commission_hour_bytes,
			     .is_empty = commission_hour_is_empty,
			     .write = commission_hour_write,
			     .read = commission_hour_read},
	[FOLD_MAILING] = {.name = "mailing",
			  .size = sizeof(struct mailing),
			  .clear = mailing_clear,
			  .is_empty = mailing_is_empty,
			  .write = mailing_write,
			  .read = mailing_read,
			  .put = mailing_put},
	[FOLD_SEO] = {.name = "search report",
		      .size = sizeof(struct seo),
		      .clear = seo_clear,
		      .held_bytes = seo_bytes,
		      .is_empty = seo_is_empty,
		      .write = seo_write,
		      .read = seo_read,
		      .put = seo_put},
	[FOLD_FEED] = {.name = "feed",
		       .size = sizeof(struct feed),
		       .clear = feed_clear,
		       .held_bytes = feed_bytes,
		       .is_empty = feed_is_empty,
		       .write = feed_write,
		       .read = feed_read,
		       .put = feed_put},
	[FOLD_MESSAGE] = {.name = "message",
			  .size = sizeof(struct message),
			  .key_is_id = true,
			  .clear = message_clear,
			  .held_bytes = message_bytes,
			  .is_empty = message_is_empty,
			  .write = message_write,
			  .read = message_read,
			  .put = message_put},
	[FOLD_CAMPAIGN_PLAN] = {.name = "campaign plan",
				.size = sizeof(struct plan),
				.clear = plan_clear,
				.held_bytes = plan_bytes,
				.is_empty = plan_is_empty,
				.write = plan_write,
				.read = plan_read,
				.put = plan_put,
				.due_ms = plan_due_ms},
	[FOLD_PATH_DAY] = {.name = "paths of a day",
			   .size = sizeof(struct path_day),
			   .clear = path_day_clear,
			   .held_bytes = path_day_bytes,
			   .is_empty = path_day_is_empty,
			   .write = path_day_write,
			   .read = path_day_read},
	[FOLD_PATH_ORDERS] = {.name = "paths of orders",
			      .size = sizeof(struct path_part),
			      .clear = path_part_clear,
			      .held_bytes = path_part_bytes,
			      .is_empty = path_part_is_empty,
			      .write = path_part_write,
			      .read = path_part_read},
	[FOLD_PATHS] = {.name = "days with paths",
			.size = sizeof(struct paths),
			.clear = paths_clear,
			.held_bytes = paths_bytes,
			.is_empty = paths_is_empty,
			.write = paths_write,
			.read = paths_read},
};
