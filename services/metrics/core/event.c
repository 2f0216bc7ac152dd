// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The kinds of events that change more than sessions and carts, each as a row. See inner.h.
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
#include "services/metrics/core/service_case.h"

#define ROW(kind, collects, applies) [UTARG__V1__EVENT__BODY_##kind] = {.collect = collects, .apply = applies}

static const struct event_row rows[] = {
	ROW(PURCHASE, closure_stated_order, apply_order),
	ROW(ORDER_UPDATED, closure_stated_order, apply_order),
	ROW(ORDER_CANCELLED, closure_cancelled_order, apply_cancel),
	ROW(ORDER_PAID, closure_order, sales_apply_amount),
	ROW(ORDER_COST, closure_order, sales_apply_amount),
	ROW(REFUND, closure_refund, apply_refund),
	ROW(RATE_PUBLISHED, rate_collect, rate_apply),
	ROW(ORDER_FULFILLED, order_life_collect, order_life_apply),
	ROW(ORDER_DELIVERED, order_life_collect, order_life_apply),
	ROW(PARCEL_REFUSED, order_life_collect, order_life_apply),
	ROW(RETURN_RECEIVED, order_life_collect, order_life_apply),
	ROW(WITHDRAWAL_RECEIVED, claim_collect, claim_apply),
	ROW(SERVICE_CASE_OPENED, service_case_collect, service_case_apply),
	ROW(SERVICE_CASE_REPLIED, service_case_collect, service_case_apply),
	ROW(SERVICE_CASE_CLOSED, service_case_collect, service_case_apply),
	ROW(SERVICE_CASE_REOPENED, service_case_collect, service_case_apply),
	ROW(SERVICE_RATED, service_rated_collect, service_rated_apply),
	ROW(COMPLAINT_RECEIVED, claim_collect, claim_apply),
	ROW(REVIEW_POSTED, review_collect, review_apply),
	ROW(ORDER_DIGEST, digest_collect, digest_apply),
	ROW(AD_SPEND, report_collect, report_apply),
	ROW(MAILING_STATS, mailing_collect, mailing_apply),
	ROW(SEO_STATS, seo_collect, seo_apply),
	ROW(FEED_STATUS, feed_collect, feed_apply),
	ROW(MESSAGE_PUBLISHED, message_collect, message_apply),
	ROW(MESSAGE_WITHDRAWN, message_collect, message_apply),
	ROW(MESSAGE_SHOWN, message_collect, message_apply),
	ROW(CAMPAIGN_CHANGED, plan_collect, plan_apply),
	ROW(AFFILIATE_CLICK, touch_collect_click, touch_apply_click),
	ROW(VIEW_ITEM, offer_collect_view, offer_apply_view),
	ROW(STOCK_CHANGED, offer_collect_stock, offer_apply_stock),
	ROW(OFFER_UPDATED, offer_collect_stated, offer_apply_stated),
	ROW(TARGET_SET, closure_targets, apply_target),
	ROW(AFFILIATE_CHANGED, commission_collect, commission_apply),
	ROW(COMMISSION_CHANGED, commission_collect, commission_apply),
	ROW(AFFILIATE_PAID, commission_collect_paid, commission_apply_paid),
};

const struct event_row *event_row(int kind)
{
	static const struct event_row none = {NULL, NULL};
	return kind >= 0 && (size_t)kind < sizeof(rows) / sizeof(rows[0]) ? &rows[kind] : &none;
}
