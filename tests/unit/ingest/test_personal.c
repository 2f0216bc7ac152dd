// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// No field for a person: every text and every run of bytes that an event or its subject can hold stands in
// this table, with what it is for and how long it may be. A field without a row fails, and so does a row
// without a field and a cap that is not the plan's. Before you add a row: nothing here may hold a name, a
// mail or postal address, a telephone number or an IP; what a person can be known by goes into Subject.
#include "services/ingest/core/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/event.pb-c.h"

enum content {
	PSEUDONYM, // replaced on entry, replaced again by `utarg forget`
	ERASED,    // may lead to a person; emptied by `utarg forget`
	ID,        // the shop's id of a thing: an order, an offer, a cart, a campaign; never of a person
	WORD,      // one of a few
	CODE,      // of a standard: currency, day, zone, country, language
	PLACE,     // a host, a path, a landing page without what stands behind the question mark
	TEXT,      // said about a thing or a reason, for people to read
	STAFF,     // who holds a duty: stated by campaign only, never by a publisher
	RAW,       // bytes that are no text
};

struct row {
	const char *message;
	const char *fields; // with a space before and behind each
	enum content content;
	int64_t max_bytes;
};

static const struct row rows[] = {
	{"Subject", " visitor_id customer_ref ", PSEUDONYM, 64},
	{"Subject", " click_id url referrer search_text ", ERASED, 1000},
	{"Event", " id ", RAW, 16},
	{"Event", " source ", WORD, 1000},
	{"Event", " shop ", ID, 63},
	{"Context", " host path referrer_host ", PLACE, 256},
	{"Context", " utm_source utm_medium utm_campaign utm_term utm_content ", WORD, 256},
	{"Context", " click_id_kind language ", WORD, 256},
	{"Context", " affiliate coupon ", ID, 256},
	{"Context", " country ", CODE, 2},
	{"PageView", " title page_type ", TEXT, 1000},
	{"PageError", " kind detail ", TEXT, 1000},
	{"ItemRef", " sku ", ID, 64},
	{"ItemRef", " list_name ", WORD, 1000},
	{"ItemRef", " currency ", CODE, 3},
	{"ItemList", " list_name ", WORD, 1000},
	{"ItemList", " skus ", ID, 64},
	{"Promotion", " promotion_id message_id ", ID, 64},
	{"Promotion", " creative slot ", WORD, 1000},
	{"CartItem", " cart_id sku ", ID, 64},
	{"CartItem", " currency ", CODE, 3},
	{"CartRef", " cart_id ", ID, 64},
	{"CartMerged", " from_cart_id into_cart_id ", ID, 64},
	{"CheckoutStep", " cart_id ", ID, 64},
	{"CheckoutStep", " option ", WORD, 1000},
	{"CouponUse", " cart_id ", ID, 64},
	{"CouponUse", " coupon reason ", TEXT, 1000},
	{"PaymentFailed", " cart_id order_id ", ID, 64},
	{"PaymentFailed", " method reason ", TEXT, 1000},
	{"OrderLine", " sku ", ID, 64},
	{"OrderLine", " title category ", TEXT, 1000},
	{"Order", " order_id cart_id ", ID, 64},
	{"Order", " currency ", CODE, 3},
	{"Order", " ship_to_country ", CODE, 2},
	{"Order", " promised_day ", CODE, 10},
	{"Order", " payment_method coupon ", WORD, 1000},
	{"Rate", " currency ", CODE, 3},
	{"OrderPaid", " order_id ", ID, 64},
	{"OrderPaid", " currency ", CODE, 3},
	{"OrderPaid", " method ", WORD, 1000},
	{"OrderCost", " order_id ", ID, 64},
	{"OrderCost", " currency ", CODE, 3},
	{"OrderCancelled", " order_id ", ID, 64},
	{"OrderCancelled", " reason ", TEXT, 1000},
	{"Refund", " refund_id order_id ", ID, 64},
	{"Refund", " currency ", CODE, 3},
	{"Refund", " reason ", TEXT, 1000},
	{"RefundLine", " sku ", ID, 64},
	{"OrderFulfilled", " order_id parcel_id ", ID, 64},
	{"OrderFulfilled", " carrier ", WORD, 1000},
	{"OrderDelivered", " order_id parcel_id ", ID, 64},
	{"ParcelRefused", " order_id parcel_id ", ID, 64},
	{"ReturnReceived", " order_id return_id ", ID, 64},
	{"WithdrawalReceived", " order_id withdrawal_id ", ID, 64},
	{"OfferUpdated", " sku supplier_id market ", ID, 64},
	{"OfferUpdated", " title category ", TEXT, 1000},
	{"OfferUpdated", " currency ", CODE, 3},
	{"StockChanged", " sku location ", ID, 64},
	{"SupplierUpdated", " supplier_id ", ID, 64},
	{"SupplierUpdated", " title ", TEXT, 1000},
	{"FeedStatus", " platform ", WORD, 32},
	{"FeedStatus", " feed ", WORD, 128},
	{"ServiceCase", " case_id order_id ", ID, 64},
	{"ServiceCase", " topic ", WORD, 1000},
	{"ServiceRated", " case_id ", ID, 64},
	{"ComplaintReceived", " complaint_id order_id ", ID, 64},
	{"ReviewPosted", " review_id sku order_id ", ID, 64},
	{"OrderDigest", " day ", CODE, 10},
	{"OrderDigest", " currency ", CODE, 3},
	{"OrderDigestRow", " order_id ", ID, 64},
	{"OrderDigestRow", " currency ", CODE, 3},
	{"AdSpend", " platform ", WORD, 32},
	{"AdSpend", " account ", ID, 48},
	{"AdSpend", " campaign ", ID, 128},
	{"AdSpend", " day ", CODE, 10},
	{"AdSpend", " zone ", CODE, 63},
	{"AdSpend", " currency ", CODE, 3},
	{"AdSpend", " marketing_channel ", WORD, 64},
	{"MailingStats", " platform ", WORD, 32},
	{"MailingStats", " account ", ID, 48},
	{"MailingStats", " campaign ", ID, 128},
	{"MailingStats", " day ", CODE, 10},
	{"MailingStats", " zone ", CODE, 63},
	{"SeoStats", " platform ", WORD, 32},
	{"SeoStats", " account ", ID, 48},
	{"SeoStats", " day ", CODE, 10},
	{"SeoStats", " zone ", CODE, 63},
	{"SeoRow", " landing_page ", PLACE, 1000},
	{"AffiliateClick", " affiliate ", ID, 256},
	{"AffiliateClick", " campaign ", ID, 128},
	{"AffiliateClick", " signature ", RAW, 128},
	{"MessageShown", " message_id ", ID, 64},
	{"MessageShown", " placement ", WORD, 128},
	{"MessageShown", " currency ", CODE, 3},
	{"ShopSettings", " name rate_source ", TEXT, 1000},
	{"ShopSettings", " own_hosts payment_hosts ", PLACE, 1000},
	{"ShopSettings", " currency ", CODE, 3},
	{"ShopSettings", " zone ", CODE, 63},
	{"RatePublished", " rate_source ", WORD, 1000},
	{"RatePublished", " day ", CODE, 10},
	{"ChannelRule", " utm_source utm_medium click_id_kind ", WORD, 1000},
	{"ChannelRule", " referrer_host ", PLACE, 1000},
	{"ChannelRule", " marketing_channel ", WORD, 64},
	{"Reduction", " reduction_id sku market ", ID, 64},
	{"Reduction", " chain ", ID, 1000},
	{"Reduction", " reason ", TEXT, 1000},
	{"PriorPrice", " sku market ", ID, 64},
	{"PriorPrice", " shop ", ID, 63},
	{"PriorPrice", " currency ", CODE, 3},
	{"Reduction", " currency ", CODE, 3},
	{"Money", " currency ", CODE, 3},
	{"Campaign", " campaign ", ID, 128},
	{"Campaign", " title goal_kpi reason ", TEXT, 1000},
	{"Campaign", " holder ", STAFF, 1000},
	{"Campaign", " skus ", ID, 64},
	{"Campaign", " first_day last_day ", CODE, 10},
	{"MarketingMessage", " message_id ", ID, 64},
	{"MarketingMessage", " campaign ", ID, 128},
	{"MarketingMessage", " language text placements reason overruled ", TEXT, 1000},
	{"LocalizedText", " language text ", TEXT, 1000},
	{"Claim", " sku market ", ID, 64},
	{"Claim", " currency ", CODE, 3},
	{"Claim", " coupon ", WORD, 1000},
	{"Target", " kpi dimension key value ", WORD, 1000},
	{"Target", " first_day last_day ", CODE, 10},
	{"Directive", " directive_id sku ", ID, 64},
	{"Directive", " campaign ", ID, 128},
	{"Directive", " day ", CODE, 10},
	{"Directive", " reason evidence tool note ", TEXT, 1000},
	{"Directive", " decided_by ", STAFF, 1000},
	{"DirectiveConfirmed", " directive_id ", ID, 64},
	{"DirectiveConfirmed", " tool note ", TEXT, 1000},
	{"Duty", " duty_id ", ID, 64},
	{"Duty", " area role scope_channels scope_kpis reason ", TEXT, 1000},
	{"Duty", " holder ", STAFF, 1000},
	{"Duty", " first_day last_day ", CODE, 10},
	{"Task", " task_id duty_id ", ID, 64},
	{"Task", " title ", TEXT, 1000},
	{"Task", " holder ", STAFF, 1000},
	{"Task", " due_day ", CODE, 10},
	{"WorkLogged", " duty_id ", ID, 64},
	{"WorkLogged", " holder ", STAFF, 1000},
	{"WorkLogged", " day ", CODE, 10},
	{"RoleGrant", " principal ", STAFF, 1000},
	{"RoleGrant", " role permissions ", WORD, 1000},
	{"CommissionRule", " affiliate ", ID, 256},
	{"CommissionRule", " rule_id ", ID, 64},
	{"CommissionRule", " category ", WORD, 1000},
	{"CommissionRule", " title reason ", TEXT, 1000},
	{"Affiliate", " affiliate ", ID, 256},
	{"Affiliate", " title reason ", TEXT, 1000},
	{"AffiliateKey", " public_key ", RAW, 1000},
	{"AffiliatePaid", " affiliate ", ID, 256},
	{"AffiliatePaid", " payout_id ", ID, 64},
	{"AffiliatePaid", " until_day ", CODE, 10},
	{"AffiliatePaid", " currency ", CODE, 3},
	{"AffiliatePaidLine", " order_id rule_id ", ID, 64},
	{"SubjectErasure", " reason ", TEXT, 1000},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static size_t found_in[ROW_COUNT]; // fields that each row was the row of

static bool names(const char *fields, const char *name)
{
	char wanted[80];
	snprintf(wanted, sizeof(wanted), " %s ", name);
	return strstr(fields, wanted) != NULL;
}

static const struct row *row_of(const char *message, const char *name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (strcmp(rows[i].message, message) == 0 && names(rows[i].fields, name)) {
			found_in[i]++;
			return &rows[i];
		}
	}
	return NULL;
}

static size_t count_names(const char *fields)
{
	size_t count = 0;
	for (; *fields; fields++)
		count += fields[0] == ' ' && fields[1] != '\0';
	return count;
}

static void check_field(const char *message, const struct plan_field *field)
{
	const struct row *row = row_of(message, field->descriptor->name);
	if (row == NULL)
		fail_msg("%s.%s has no row: say what it may hold", message, field->descriptor->name);
	if (field->max != row->max_bytes)
		fail_msg("%s.%s may have %lld bytes, not %lld", message, field->descriptor->name,
			 (long long)field->max, (long long)row->max_bytes);
}

static void check_plans(const struct plan *plan)
{
	for (; plan; plan = plan->next) {
		for (unsigned i = 0; i < plan->descriptor->n_fields; i++) {
			ProtobufCType type = plan->descriptor->fields[i].type;
			if (type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES)
				check_field(plan->descriptor->short_name, &plan->fields[i]);
		}
	}
}

static void every_text_has_its_row(void **state)
{
	(void)state;
	struct plan *subject = plan_create(&utarg__v1__subject__descriptor);
	struct plan *event = plan_create(&utarg__v1__event__descriptor);
	check_plans(subject);
	check_plans(event);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (found_in[i] != count_names(rows[i].fields))
			fail_msg("%s has no field for some of \"%s\"", rows[i].message, rows[i].fields);
	}
	plan_destroy(event);
	plan_destroy(subject);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_text_has_its_row)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
