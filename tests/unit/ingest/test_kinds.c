// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One sound event of each kind of the schema, and what each kind cannot do without. A kind that is new in
// the schema fails here until it has its row.
#include "tests/unit/ingest/helper_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/event.pb-c.h"

static const struct {
	const char *body, *text, *subject;
	const char *required; // paths that cannot be left out, in the order of the text
} kinds[] = {
	{"page_view", "page_view{title=a page_type=home}", "", ""},
	{"heartbeat", "heartbeat{foreground_ms=5000}", "", ""},
	{"page_timing", "page_timing{largest_contentful_paint_ms=1200}", "", ""},
	{"page_error", "page_error{kind=script}", "", "kind"},
	{"search", "search{}", "search_text=but", ""},
	{"view_item_list", "view_item_list{skus=a skus=b}", "", ""},
	{"select_item", "select_item{sku=a}", "", "sku"},
	{"view_item", "view_item{sku=a price_gross_minor=0 currency=PLN}", "", "sku currency"},
	{"view_promotion", "view_promotion{promotion_id=a}", "", "promotion_id"},
	{"select_promotion", "select_promotion{promotion_id=a}", "", "promotion_id"},
	{"add_to_cart", "add_to_cart{cart_id=c sku=a quantity=1 price_gross_minor=1 currency=JPY}", "",
	 "cart_id sku quantity currency"},
	{"remove_from_cart", "remove_from_cart{cart_id=c sku=a quantity=1}", "", "cart_id sku quantity"},
	{"view_cart", "view_cart{cart_id=c}", "", "cart_id"},
	{"cart_emptied", "cart_emptied{cart_id=c}", "", "cart_id"},
	{"cart_merged", "cart_merged{from_cart_id=c into_cart_id=d}", "", "from_cart_id into_cart_id"},
	{"begin_checkout", "begin_checkout{cart_id=c}", "", "cart_id"},
	{"add_shipping_info", "add_shipping_info{cart_id=c}", "", "cart_id"},
	{"add_payment_info", "add_payment_info{cart_id=c}", "", "cart_id"},
	{"coupon_applied", "coupon_applied{cart_id=c coupon=X}", "", "cart_id coupon"},
	{"coupon_denied", "coupon_denied{cart_id=c coupon=X}", "", "cart_id coupon"},
	{"payment_failed", "payment_failed{cart_id=c}", "", "cart_id"},
	{"add_to_wishlist", "add_to_wishlist{sku=a}", "", "sku"},
	{"purchase", "purchase{order_id=o currency=PLN lines{sku=a quantity=1 net_minor=0}}", "",
	 "order_id currency lines lines[0].sku lines[0].quantity lines[0].net_minor"},
	{"order_updated", "order_updated{order_id=o currency=PLN}", "", "order_id currency"},
	{"order_paid", "order_paid{order_id=o amount_minor=1 currency=PLN}", "",
	 "order_id amount_minor currency"},
	{"order_cost", "order_cost{order_id=o cost_kind=1 net_minor=-5 currency=PLN}", "",
	 "order_id cost_kind currency"},
	{"order_cancelled", "order_cancelled{order_id=o}", "", "order_id"},
	{"refund", "refund{refund_id=r currency=PLN total_minor=5}", "", "refund_id currency total_minor"},
	{"order_fulfilled", "order_fulfilled{order_id=o}", "", "order_id"},
	{"order_delivered", "order_delivered{order_id=o}", "", "order_id"},
	{"parcel_refused", "parcel_refused{order_id=o}", "", "order_id"},
	{"return_received", "return_received{order_id=o return_id=r lines{sku=a quantity=1}}", "",
	 "order_id return_id lines lines[0].sku lines[0].quantity"},
	{"withdrawal_received", "withdrawal_received{order_id=o withdrawal_id=w}", "",
	 "order_id withdrawal_id"},
	{"offer_updated", "offer_updated{sku=a price_gross_minor=5 currency=PLN}", "", "sku currency"},
	{"stock_changed", "stock_changed{sku=a quantity=0}", "", "sku"},
	{"supplier_updated", "supplier_updated{supplier_id=s}", "", "supplier_id"},
	{"feed_status", "feed_status{platform=p}", "", "platform"},
	{"service_case_opened", "service_case_opened{case_id=c}", "", "case_id"},
	{"service_case_replied", "service_case_replied{case_id=c}", "", "case_id"},
	{"service_case_closed", "service_case_closed{case_id=c}", "", "case_id"},
	{"service_case_reopened", "service_case_reopened{case_id=c}", "", "case_id"},
	{"service_rated", "service_rated{case_id=c score=5}", "", "case_id score"},
	{"complaint_received", "complaint_received{complaint_id=c}", "", "complaint_id"},
	{"review_posted", "review_posted{review_id=r score=1}", "", "review_id score"},
	{"order_digest", "order_digest{day=2026-01-01 rows{order_id=o gross_minor=1 currency=PLN}}", "",
	 "day rows[0].order_id rows[0].currency"},
	{"ad_spend",
	 "ad_spend{platform=p day=2026-01-01 spend_minor=1 currency=PLN report_time_ms=1767225600000}", "",
	 "platform day currency report_time_ms"},
	{"mailing_stats", "mailing_stats{platform=p day=2026-01-01 report_time_ms=1767225600000}", "",
	 "platform day report_time_ms"},
	{"seo_stats", "seo_stats{platform=p day=2026-01-01 report_time_ms=1767225600000}", "",
	 "platform day report_time_ms"},
	{"affiliate_click", "affiliate_click{affiliate=a}", "", "affiliate"},
	{"message_shown", "message_shown{message_id=m placement=top}", "", "message_id placement"},
	{"rate_published",
	 "rate_published{rate_source=nbp day=2026-01-01 rates{currency=EUR per_unit_nano=1}}", "",
	 "rate_source day rates rates[0].currency rates[0].per_unit_nano"},
	{"channel_rules_changed", "channel_rules_changed{rules{marketing_channel=email}}", "",
	 "rules[0].marketing_channel"},
	{"consent_update", "consent_update{consent{analytics=2}}", "visitor_id=v",
	 "consent consent.analytics"},
};

static void test_every_kind(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *descriptor = &utarg__v1__event__descriptor;

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *body = &descriptor->fields[i];
		char text[512];
		struct validated out;
		struct err e;
		size_t k = 0;
		if (body->id < 20)
			continue;
		while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[k].body, body->name) != 0)
			k++;
		bool known = k < sizeof(kinds) / sizeof(kinds[0]);
		snprintf(text, sizeof(text), WHOLE "%s", known ? kinds[k].text : "");
		if (!known)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s{}", body->name);
		judge_text(text, known ? kinds[k].subject : "", SERVER, 0, &out, &e);
		if (e.code != (known ? ERR_OK : ERR_FORBIDDEN))
			fail_msg("%s: %s: %s", body->name, err_name(e.code), e.text);
		if (known)
			assert_int_equal(out.kind, body->id);
	}
}

// Cuts " name=value" or " name{...}" out of a sample, by the last part of its path.
static void without(const char *text, const char *path, char *out)
{
	const char *dot = strrchr(path, '.');
	const char *name = dot ? dot + 1 : path;
	const char *at = strchr(text, '{'); // behind the name of the body

	for (;;) {
		at = strstr(at, name);
		assert_non_null(at);
		char before = at[-1], behind = at[strlen(name)];
		if ((before == '{' || before == ' ') && (behind == '=' || behind == '{'))
			break;
		at++;
	}
	const char *end = at + strlen(name);
	if (*end == '{') {
		int depth = 0;
		do {
			depth += *end == '{' ? 1 : *end == '}' ? -1 : 0;
			end++;
		} while (depth > 0);
	} else {
		end += strcspn(end, " }");
	}
	sprintf(out, WHOLE "%.*s%s", (int)(at - text), text, end);
}

static void test_what_a_kind_cannot_do_without(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		char list[256], text[1024], path[128];
		struct validated out;
		struct err e;
		snprintf(list, sizeof(list), "%s", kinds[k].required);
		for (char *save, *one = strtok_r(list, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
			without(kinds[k].text, one, text);
			judge_text(text, kinds[k].subject, SERVER, 0, &out, &e);
			snprintf(path, sizeof(path), "%s.%s", kinds[k].body, one);
			if (e.code != ERR_MISSING_FIELD || strcmp(e.field, path) != 0)
				fail_msg("%s without %s: %s at %s: %s", kinds[k].body, one, err_name(e.code),
					 e.field, e.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_what_a_kind_cannot_do_without),
	};
	return cmocka_run_group_tests(tests, judge_set_up, judge_tear_down);
}
