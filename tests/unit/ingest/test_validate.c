// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the validator lets through and what it says about the rest, as tables. A row gives the wire's bytes
// as text (helper_wire.h); the attributes every event needs are put before it.
#include "tests/unit/ingest/helper_judge.h"
#include "tests/unit/ingest/helper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/event.pb-c.h"

enum { CLIENT = 1 };

struct row {
	const char *name, *event, *subject;
	enum err_code code;
	const char *field;
};

#define ORDER(fields)  WHOLE "purchase{order_id=o currency=PLN " fields "}"
#define LINE(fields)   ORDER("lines{sku=a quantity=1 " fields "}")
#define REFUND(fields) WHOLE "refund{refund_id=r currency=PLN " fields "}"
#define VIEW           WHOLE "page_view{}"
#define MAX            "1000000000000000"
#define OVER           "1000000000000001"

static const struct row rows[] = {
	// attributes of the event
	{"no id", SHOP TIME "page_view{}", "", ERR_MISSING_FIELD, "id"},
	{"an empty id", "id= " SHOP TIME "page_view{}", "", ERR_MISSING_FIELD, "id"},
	{"15 bytes of id", "id=0102030405060708090a0b0c0d0e0f " SHOP TIME "page_view{}", "", ERR_BAD_FIELD,
	 "id"},
	{"17 bytes of id", "id=0102030405060708090a0b0c0d0e0f1011 " SHOP TIME "page_view{}", "",
	 ERR_BAD_FIELD, "id"},
	{"the nil id", "id=00000000000000000000000000000000 " SHOP TIME "page_view{}", "", ERR_BAD_FIELD,
	 "id"},
	{"two ids", ID ID SHOP TIME "page_view{}", "", ERR_BAD_PROTO, "id"},
	{"no shop", ID TIME "page_view{}", "", ERR_MISSING_FIELD, "shop"},
	{"a shop in capitals", ID "shop=Demo " TIME "page_view{}", "", ERR_BAD_FIELD, "shop"},
	{"63 bytes of shop", ID "shop=~63 " TIME "page_view{}", "", ERR_OK, ""},
	{"64 bytes of shop", ID "shop=~64 " TIME "page_view{}", "", ERR_BAD_FIELD, "shop"},
	{"no event", "", "", ERR_MISSING_FIELD, "event"},
	{"no body", WHOLE, "", ERR_MISSING_FIELD, "body"},
	{"an unknown body", WHOLE "@999\"x", "", ERR_UNKNOWN_TYPE, "body"},
	{"an unknown body as a number", WHOLE "@200=1", "", ERR_UNKNOWN_TYPE, "body"},
	{"the largest field number", WHOLE "@536870911\"x", "", ERR_UNKNOWN_TYPE, "body"},
	{"two bodies", WHOLE "page_view{} search{}", "", ERR_BAD_PROTO, "body"},
	{"one body twice", WHOLE "page_view{} page_view{}", "", ERR_BAD_PROTO, "body"},
	{"a body and an unknown one", WHOLE "page_view{} @999\"x", "", ERR_BAD_PROTO, "body"},
	{"an attribute to come", WHOLE "@15\"x @16=5 page_view{}", "", ERR_OK, ""},
	{"unknown fields inside", WHOLE "page_view{title=a @77\"x @78=5 @536870911=1}", "@99=1", ERR_OK, ""},
	{"consent of a newer schema", WHOLE "consent{analytics=3} page_view{}", "", ERR_BAD_FIELD,
	 "consent.analytics"},
	{"a channel of a newer schema", WHOLE "channel=8 page_view{}", "", ERR_BAD_FIELD, "channel"},
	{"a device of a newer schema", WHOLE "context{device=77} page_view{}", "", ERR_OK, ""},
	{"a negative device", WHOLE "context{device=-1} page_view{}", "", ERR_OK, ""},
	{"two contexts", WHOLE "context{} context{} page_view{}", "", ERR_BAD_PROTO, "context"},
	{"settings", WHOLE "shop_settings_changed{}", "", ERR_FORBIDDEN, "body"},
	{"a decision", WHOLE "campaign_changed{campaign=c}", "", ERR_FORBIDDEN, "body"},
	{"an erasure", WHOLE "subject_erasure{}", "", ERR_FORBIDDEN, "body"},
	// bytes
	{"garbage", "!ffffffffffffffffffffff", "", ERR_BAD_PROTO, "event"},
	{"a group tag", WHOLE "!a301a401", "", ERR_BAD_PROTO, "event"},
	{"an over-long varint", ID SHOP "!18ffffffffffffffffffff01 page_view{}", "", ERR_BAD_PROTO, "event"},
	{"a length behind the end", VIEW " !0affffff7f", "", ERR_BAD_PROTO, "event"},
	{"field number 0", VIEW " !0000", "", ERR_BAD_PROTO, "event"},
	{"shop is a number", ID TIME "@4=1 page_view{}", "", ERR_BAD_PROTO, "shop"},
	{"time is bytes", ID SHOP "@3\"x page_view{}", "", ERR_BAD_PROTO, "occurred_at_ms"},
	{"time is fixed64", ID SHOP "!190102030405060708 page_view{}", "", ERR_BAD_PROTO, "occurred_at_ms"},
	{"the body is a number", WHOLE "@20=5", "", ERR_BAD_PROTO, "page_view"},
	{"garbage inside the body", WHOLE "page_view{!0aff}", "", ERR_BAD_PROTO, "page_view"},
	{"garbage deep inside", ORDER("lines{} lines{!ff}"), "", ERR_MISSING_FIELD, "purchase.lines[0].sku"},
	{"garbage in the second line", ORDER("lines{sku=a quantity=1 net_minor=1} lines{!ff}"), "",
	 ERR_BAD_PROTO, "purchase.lines[1]"},
	{"garbage as subject", VIEW, "!0a", ERR_BAD_PROTO, "subject"},
	{"more than 32 bits", WHOLE "heartbeat{foreground_ms=4294967296}", "", ERR_BAD_FIELD,
	 "heartbeat.foreground_ms"},
	{"64 KiB of unknown fields", WHOLE "page_view{title=~1000} @15\"~60000", "", ERR_OK, ""},
	{"more than 64 KiB", WHOLE "page_view{} @15\"~66000", "", ERR_TOO_LARGE, "event"},
	{"a subject of more than 8 KiB", VIEW, "@99\"~8200", ERR_TOO_LARGE, "subject"},
	{"1,000 skus", WHOLE "view_item_list{skus*1000=a}", "", ERR_OK, ""},
	{"1,001 skus", WHOLE "view_item_list{skus*1001=a}", "", ERR_TOO_MANY, "view_item_list.skus"},
	{"1,001 lines", ORDER("lines*1001{sku=a quantity=1 net_minor=1}"), "", ERR_TOO_MANY,
	 "purchase.lines"},
	// texts
	{"a NUL", WHOLE "page_view{title=a%00b}", "", ERR_BAD_UTF8, "page_view.title"},
	{"a NUL in the shop", ID "shop=demo%00x " TIME "page_view{}", "", ERR_BAD_UTF8, "shop"},
	{"a surrogate", WHOLE "page_view{title=%ed%a0%80}", "", ERR_BAD_UTF8, "page_view.title"},
	{"an over-long form", WHOLE "page_view{title=%c0%af}", "", ERR_BAD_UTF8, "page_view.title"},
	{"above U+10FFFF", WHOLE "page_view{title=%f4%90%80%80}", "", ERR_BAD_UTF8, "page_view.title"},
	{"half a character", WHOLE "page_view{title=%c5}", "", ERR_BAD_UTF8, "page_view.title"},
	{"a broken text in the subject", VIEW, "visitor_id=%ff", ERR_BAD_UTF8, "subject.visitor_id"},
	{"a broken text in a list", WHOLE "view_item_list{skus=a skus=%ff}", "", ERR_BAD_UTF8,
	 "view_item_list.skus"},
	{"Polish", WHOLE "page_view{title=za%c5%bc%c3%b3%c5%82%c4%87}", "", ERR_OK, ""},
	{"1,000 bytes", WHOLE "page_view{title=~1000}", "", ERR_OK, ""},
	{"1,001 bytes", WHOLE "page_view{title=~1001}", "", ERR_BAD_FIELD, "page_view.title"},
	{"64 bytes of visitor", VIEW, "visitor_id=~64 customer_ref=~64 click_id=~1000", ERR_OK, ""},
	{"65 bytes of visitor", VIEW, "visitor_id=~65", ERR_BAD_FIELD, "subject.visitor_id"},
	{"65 bytes of customer", VIEW, "customer_ref=~65", ERR_BAD_FIELD, "subject.customer_ref"},
	{"two visitors", VIEW, "visitor_id=a visitor_id=b", ERR_BAD_PROTO, "subject.visitor_id"},
	{"65 bytes of order id", WHOLE "order_cancelled{order_id=~65}", "", ERR_BAD_FIELD,
	 "order_cancelled.order_id"},
	{"65 bytes of sku", LINE("sku=~65"), "", ERR_BAD_PROTO, "purchase.lines[0].sku"},
	{"256 bytes of context", WHOLE "context{utm_campaign=~256} page_view{}", "", ERR_OK, ""},
	{"257 bytes of context", WHOLE "context{utm_campaign=~257} page_view{}", "", ERR_BAD_FIELD,
	 "context.utm_campaign"},
	{"a small country", WHOLE "context{country=pl} page_view{}", "", ERR_BAD_FIELD, "context.country"},
	{"a long country", WHOLE "context{country=POL} page_view{}", "", ERR_BAD_FIELD, "context.country"},
	{"a country", WHOLE "context{country=PL} page_view{}", "", ERR_OK, ""},
	{"SQL", WHOLE "page_view{title=';%20DROP%20TABLE%20x;--%20%25s$1\\N\"}", "", ERR_OK, ""},
	{"33 bytes of platform", WHOLE "feed_status{platform=~33}", "", ERR_BAD_FIELD,
	 "feed_status.platform"},
	{"49 bytes of account", WHOLE "mailing_stats{platform=p account=~49}", "", ERR_BAD_FIELD,
	 "mailing_stats.account"},
	{"129 bytes of campaign", WHOLE "affiliate_click{campaign=~129}", "", ERR_BAD_FIELD,
	 "affiliate_click.campaign"},
	{"a zone with a path", WHOLE "seo_stats{zone=/etc/passwd}", "", ERR_BAD_FIELD, "seo_stats.zone"},
	{"a zone with a space", WHOLE "seo_stats{zone=Europe%20Warsaw}", "", ERR_BAD_FIELD, "seo_stats.zone"},
	{"129 bytes of signature", WHOLE "affiliate_click{affiliate=a @4\"~129}", "", ERR_BAD_FIELD,
	 "affiliate_click.signature"},
	// currencies, days, numbers
	{"a small currency", WHOLE "order_paid{currency=eur}", "", ERR_BAD_CURRENCY, "order_paid.currency"},
	{"XXX", WHOLE "order_paid{currency=XXX}", "", ERR_BAD_CURRENCY, "order_paid.currency"},
	{"four letters", WHOLE "order_paid{currency=EURO}", "", ERR_BAD_CURRENCY, "order_paid.currency"},
	{"a price without currency", WHOLE "offer_updated{sku=a price_gross_minor=0}", "", ERR_MISSING_FIELD,
	 "offer_updated.currency"},
	{"30 February", WHOLE "order_digest{day=2026-02-30}", "", ERR_BAD_FIELD, "order_digest.day"},
	{"a day with a time", WHOLE "order_digest{day=2026-02-03T00:00}", "", ERR_BAD_FIELD,
	 "order_digest.day"},
	{"a promised day", ORDER("promised_day=03.02.2026"), "", ERR_BAD_FIELD, "purchase.promised_day"},
	{"quantity 0", WHOLE "add_to_cart{cart_id=c sku=a quantity=0}", "", ERR_MISSING_FIELD,
	 "add_to_cart.quantity"},
	{"quantity -1", WHOLE "add_to_cart{cart_id=c sku=a quantity=-1}", "", ERR_BAD_FIELD,
	 "add_to_cart.quantity"},
	{"quantity a million", WHOLE "add_to_cart{cart_id=c sku=a quantity=1000000}", "", ERR_OK, ""},
	{"quantity more", WHOLE "add_to_cart{cart_id=c sku=a quantity=1000001}", "", ERR_BAD_FIELD,
	 "add_to_cart.quantity"},
	{"stock below zero", WHOLE "stock_changed{sku=a quantity=-1}", "", ERR_BAD_FIELD,
	 "stock_changed.quantity"},
	{"score 6", WHOLE "service_rated{case_id=c score=6}", "", ERR_BAD_FIELD, "service_rated.score"},
	{"a share over one", WHOLE "offer_updated{sku=a tax_rate_bp=10001}", "", ERR_BAD_FIELD,
	 "offer_updated.tax_rate_bp"},
	{"clicks below zero", WHOLE "mailing_stats{platform=p clicked=-1}", "", ERR_BAD_FIELD,
	 "mailing_stats.clicked"},
	{"an offer status of a newer schema", WHOLE "offer_updated{sku=a status=9}", "", ERR_BAD_FIELD,
	 "offer_updated.status"},
	{"an audience of a newer schema", WHOLE "offer_updated{sku=a audience=9}", "", ERR_BAD_FIELD,
	 "offer_updated.audience"},
	{"an order status of a newer schema", ORDER("status=3"), "", ERR_BAD_FIELD, "purchase.status"},
	{"a cost kind of a newer schema", WHOLE "order_cost{order_id=o cost_kind=5}", "", ERR_BAD_FIELD,
	 "order_cost.cost_kind"},
	{"an enum that does not fit", ORDER("status=4294967297"), "", ERR_BAD_FIELD, "purchase.status"},
	{"payment failed by order", WHOLE "payment_failed{order_id=o}", "", ERR_OK, ""},
	{"a cart merged into itself", WHOLE "cart_merged{from_cart_id=c into_cart_id=c}", "", ERR_BAD_FIELD,
	 "cart_merged.into_cart_id"},
	{"consent of nobody", WHOLE "consent_update{consent{analytics=1}}", "", ERR_MISSING_FIELD,
	 "subject.visitor_id"},
	{"consent of a customer", WHOLE "consent_update{consent{marketing=1}}", "customer_ref=c", ERR_OK, ""},
	// amounts of an order
	{"an amount at the limit", LINE("net_minor=" MAX), "", ERR_OK, ""},
	{"an amount over it", LINE("net_minor=" OVER), "", ERR_AMOUNT_RANGE, "purchase.lines[0].net_minor"},
	{"INT64_MAX", LINE("net_minor=9223372036854775807"), "", ERR_AMOUNT_RANGE,
	 "purchase.lines[0].net_minor"},
	{"INT64_MIN", LINE("gross_minor=-9223372036854775808"), "", ERR_AMOUNT_RANGE,
	 "purchase.lines[0].gross_minor"},
	{"-1", LINE("net_minor=-1"), "", ERR_AMOUNT_RANGE, "purchase.lines[0].net_minor"},
	{"0", LINE("net_minor=0"), "", ERR_OK, ""},
	{"a sum over the limit", ORDER("lines*2{sku=a quantity=1 net_minor=" MAX "}"), "", ERR_AMOUNT_RANGE,
	 "purchase.lines"},
	{"1,000 lines at the limit", ORDER("lines*1000{sku=a quantity=1 net_minor=" MAX "}"), "",
	 ERR_AMOUNT_RANGE, "purchase.lines"},
	{"tax over the limit", LINE("net_minor=" MAX " tax_minor=1"), "", ERR_AMOUNT_RANGE, "purchase.lines"},
	{"a tax rate over the limit", LINE("net_minor=" MAX " tax_rate_bp=10000"), "", ERR_AMOUNT_RANGE,
	 "purchase.lines"},
	{"shipping over the limit", ORDER("shipping_tax_minor=1 lines{sku=a quantity=1 net_minor=" MAX "}"),
	 "", ERR_AMOUNT_RANGE, "purchase.shipping_net_minor"},
	{"costs over the limit", ORDER("lines*2{sku=a quantity=1 net_minor=1 cost_net_minor=" MAX "}"), "",
	 ERR_AMOUNT_RANGE, "purchase.lines"},
	{"neither net nor gross", LINE("tax_minor=5"), "", ERR_MISSING_FIELD, "purchase.lines[0].net_minor"},
	{"gross without tax", LINE("gross_minor=5"), "", ERR_MISSING_FIELD, "purchase.lines[0].tax_rate_bp"},
	{"gross and rate 0", LINE("gross_minor=5 tax_rate_bp=0"), "", ERR_OK, ""},
	{"gross and tax", LINE("gross_minor=123 tax_minor=23"), "", ERR_OK, ""},
	{"tax over gross", LINE("gross_minor=123 tax_minor=124"), "", ERR_BAD_FIELD,
	 "purchase.lines[0].tax_minor"},
	{"net, tax and gross", LINE("net_minor=100 tax_minor=23 gross_minor=123"), "", ERR_OK, ""},
	{"net, tax and another gross", LINE("net_minor=100 tax_minor=23 gross_minor=124"), "", ERR_BAD_FIELD,
	 "purchase.lines[0].tax_minor"},
	{"net, tax and gross, discounted",
	 LINE("net_minor=100 tax_minor=12 gross_minor=123 discount_minor=50"), "", ERR_OK, ""},
	{"gross below net", LINE("net_minor=100 gross_minor=99"), "", ERR_BAD_FIELD,
	 "purchase.lines[0].gross_minor"},
	{"a discount of all", LINE("net_minor=100 discount_minor=100"), "", ERR_OK, ""},
	{"a discount of more", LINE("net_minor=100 discount_minor=101"), "", ERR_BAD_FIELD,
	 "purchase.lines[0].discount_minor"},
	{"an order discount of all", ORDER("discount_minor=5 lines{sku=a quantity=1 net_minor=5}"), "",
	 ERR_OK, ""},
	{"an order discount of more", ORDER("discount_minor=6 lines{sku=a quantity=1 net_minor=5}"), "",
	 ERR_BAD_FIELD, "purchase.discount_minor"},
	{"net twice", LINE("net_minor=5 net_minor=6"), "", ERR_BAD_PROTO, "purchase.lines[0].net_minor"},
	{"a rate", ORDER("rate{currency=PLN per_unit_nano=4000000000} lines{sku=a quantity=1 net_minor=5}"),
	 "", ERR_OK, ""},
	{"a rate of another currency",
	 ORDER("rate{currency=EUR per_unit_nano=4000000000} lines{sku=a quantity=1 net_minor=5}"), "",
	 ERR_BAD_FIELD, "purchase.rate.currency"},
	{"the greatest rate",
	 ORDER("rate{currency=PLN per_unit_nano=1000000000000000} lines{sku=a quantity=1 net_minor=5}"), "",
	 ERR_OK, ""},
	{"a rate over it",
	 ORDER("rate{currency=PLN per_unit_nano=1000000000000001} lines{sku=a quantity=1 net_minor=5}"), "",
	 ERR_BAD_FIELD, "purchase.rate.per_unit_nano"},
	{"a rate of zero", ORDER("rate{currency=EUR per_unit_nano=0}"), "", ERR_MISSING_FIELD,
	 "purchase.rate.per_unit_nano"},
	{"an update is checked too", WHOLE "order_updated{order_id=o currency=PLN lines{sku=a quantity=1}}",
	 "", ERR_MISSING_FIELD, "order_updated.lines[0].net_minor"},
	{"JPY and KWD", WHOLE "order_paid{order_id=o currency=KWD amount_minor=" MAX "}", "", ERR_OK, ""},
	// amounts of a refund
	{"a refund of parts", REFUND("items_net_minor=5 shipping_net_minor=2 tax_minor=1"), "", ERR_OK, ""},
	{"with their total", REFUND("items_net_minor=5 shipping_net_minor=2 tax_minor=1 total_minor=8"), "",
	 ERR_OK, ""},
	{"with another total", REFUND("items_net_minor=5 total_minor=8"), "", ERR_BAD_FIELD,
	 "refund.total_minor"},
	{"of lines", REFUND("lines{sku=a quantity=1 net_minor=5 tax_minor=1} total_minor=6"), "", ERR_OK, ""},
	{"of lines and other items", REFUND("lines{sku=a quantity=1 net_minor=5} items_net_minor=6"), "",
	 ERR_BAD_FIELD, "refund.items_net_minor"},
	{"with less tax than the lines",
	 REFUND("lines{sku=a quantity=1 net_minor=5 tax_minor=2} tax_minor=1"), "", ERR_BAD_FIELD,
	 "refund.tax_minor"},
	{"lines over the limit", REFUND("lines*2{sku=a quantity=1 net_minor=" MAX "}"), "", ERR_AMOUNT_RANGE,
	 "refund.lines"},
	{"parts over the limit", REFUND("items_net_minor=" MAX " tax_minor=1"), "", ERR_AMOUNT_RANGE,
	 "refund.items_net_minor"},
	{"a negative refund", REFUND("total_minor=-5"), "", ERR_AMOUNT_RANGE, "refund.total_minor"},
	{"of no known order", REFUND("total_minor=5"), "", ERR_OK, ""},
	{"a refund line without quantity", REFUND("lines{sku=a net_minor=5}"), "", ERR_MISSING_FIELD,
	 "refund.lines[0].quantity"},
	// moments
	{"no time", ID SHOP "page_view{}", "", ERR_MISSING_FIELD, "occurred_at_ms"},
	{"time 0", ID SHOP "occurred_at_ms=0 page_view{}", "", ERR_MISSING_FIELD, "occurred_at_ms"},
	{"seconds", ID SHOP "occurred_at_ms=1767225600 page_view{}", "", ERR_BAD_TIME, "occurred_at_ms"},
	{"microseconds", ID SHOP "occurred_at_ms=1767225600000000 page_view{}", "", ERR_FUTURE_TIME,
	 "occurred_at_ms"},
	{"1990", ID SHOP "occurred_at_ms=631152000000 page_view{}", "", ERR_OK, ""},
	{"a millisecond before", ID SHOP "occurred_at_ms=631151999999 page_view{}", "", ERR_BAD_TIME,
	 "occurred_at_ms"},
	{"negative", ID SHOP "occurred_at_ms=-5 page_view{}", "", ERR_BAD_TIME, "occurred_at_ms"},
	{"five minutes ahead", ID SHOP "occurred_at_ms=1767225960000 page_view{}", "", ERR_OK, ""},
	{"a millisecond more", ID SHOP "occurred_at_ms=1767225960001 page_view{}", "", ERR_FUTURE_TIME,
	 "occurred_at_ms"},
	{"the end of time", ID SHOP "occurred_at_ms=9223372036854775807 page_view{}", "", ERR_FUTURE_TIME,
	 "occurred_at_ms"},
	{"placed in seconds", ORDER("placed_at_ms=1767225600"), "", ERR_BAD_TIME, "purchase.placed_at_ms"},
	{"placed ahead", ORDER("placed_at_ms=1767226000000"), "", ERR_FUTURE_TIME, "purchase.placed_at_ms"},
	{"placed at the event's time", ORDER("placed_at_ms=0 lines{sku=a quantity=1 net_minor=1}"), "",
	 ERR_OK, ""},
	{"reported ahead", WHOLE "seo_stats{report_time_ms=1767226000000}", "", ERR_FUTURE_TIME,
	 "seo_stats.report_time_ms"},
	{"rules from next year on",
	 WHOLE "channel_rules_changed{valid_from_ms=1798761600000 rules{marketing_channel=email}}", "",
	 ERR_OK, ""},
	{"rules in microseconds", WHOLE "channel_rules_changed{valid_from_ms=1798761600000000}", "",
	 ERR_BAD_TIME, "channel_rules_changed.valid_from_ms"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct validated out = {.kind = -1};
		struct err e;
		judge_text(rows[i].event, rows[i].subject, SERVER, RECEIVED_MS, &out, &e);
		if (e.code != rows[i].code || strcmp(e.field, rows[i].field) != 0)
			fail_msg("%s: %s at \"%s\": %s", rows[i].name, err_name(e.code), e.field, e.text);
		assert_int_equal(out.kind == -1, e.code != ERR_OK);
		assert_int_equal(e.text[0] == '\0', e.code == ERR_OK);
	}
}

// Of the codes a publisher can get these are the ones decided here; the rest needs the store.
static void test_every_code_was_produced(void **state)
{
	(void)state;
	static const enum err_code codes[] = {
		ERR_OK,          ERR_BAD_PROTO,    ERR_TOO_LARGE,    ERR_TOO_MANY,     ERR_MISSING_FIELD,
		ERR_BAD_FIELD,   ERR_BAD_UTF8,     ERR_BAD_CURRENCY, ERR_AMOUNT_RANGE, ERR_BAD_TIME,
		ERR_FUTURE_TIME, ERR_UNKNOWN_TYPE, ERR_FORBIDDEN,
	};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!judge_gave(codes[i]))
			fail_msg("no row gives %s", err_name(codes[i]));
}

// ---- time ----

static const struct {
	const char *name;
	int16_t kind;
	int32_t origin;
	int64_t sent_at_ms, shift_ms;
} shifts[] = {
	{"a clock that is right", 20, CLIENT, RECEIVED_MS, 0},
	{"five minutes slow", 20, CLIENT, RECEIVED_MS - 300000, 0},
	{"more than that", 20, CLIENT, RECEIVED_MS - 300001, 300001},
	{"five minutes fast", 59, CLIENT, RECEIVED_MS + 300000, 0},
	{"more than that", 59, CLIENT, RECEIVED_MS + 300001, -300001},
	{"unspecified is client", 60, 0, RECEIVED_MS - 3600000, 3600000},
	{"purchase", 60, CLIENT, RECEIVED_MS - 3600000, 3600000},
	{"refund", 65, CLIENT, RECEIVED_MS - 3600000, 0},
	{"order_updated", 61, CLIENT, RECEIVED_MS - 3600000, 0},
	{"consent_update", 140, CLIENT, RECEIVED_MS - 3600000, 0},
	{"a server", 60, SERVER, RECEIVED_MS - 3600000, 0},
	{"an import", 20, 3, RECEIVED_MS - 3600000, 0},
	{"not stamped", 20, CLIENT, 0, 0},
	{"a clock that starts in 1970", 20, CLIENT, 5000, RECEIVED_MS - 5000},
	{"the end of time", 20, CLIENT, INT64_MAX, RECEIVED_MS - INT64_MAX},
	{"its beginning", 20, CLIENT, INT64_MIN, INT64_MAX},
};

static void test_shift(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		int64_t shift_ms = validate_shift_ms(shifts[i].kind, shifts[i].origin, shifts[i].sent_at_ms,
						     RECEIVED_MS);
		if (shift_ms != shifts[i].shift_ms)
			fail_msg("%s: %lld", shifts[i].name, (long long)shift_ms);
	}
}

static void test_event_time_is_corrected_once(void **state)
{
	(void)state;
	struct validated out;
	struct err e;

	// A device whose clock is an hour ahead: what it saw ten minutes ago happened ten minutes ago.
	judge_text(ID SHOP "occurred_at_ms=1767228660000 page_view{}", "", CLIENT, RECEIVED_MS + 3600000,
		   &out, &e);
	assert_int_equal(e.code, ERR_OK);
	assert_int_equal(out.event_time_ms, 1767228660000 - 3600000);
	// The same from a server is ahead of the clock.
	judge_text(ID SHOP "occurred_at_ms=1767228660000 page_view{}", "", SERVER, RECEIVED_MS + 3600000,
		   &out, &e);
	assert_int_equal(e.code, ERR_FUTURE_TIME);
	// The moment an order was placed is judged by the same correction.
	judge_text(ID SHOP
		   "occurred_at_ms=1767228660000 purchase{order_id=o currency=PLN placed_at_ms=1767228660000 "
		   "lines{sku=a quantity=1 net_minor=1}}",
		   "", CLIENT, RECEIVED_MS + 3600000, &out, &e);
	assert_int_equal(e.code, ERR_OK);
	// A correction that leaves the range is refused, not wrapped.
	judge_text(VIEW, "", CLIENT, INT64_MAX, &out, &e);
	assert_int_equal(e.code, ERR_BAD_TIME);
	judge_text(VIEW, "", CLIENT, INT64_MIN, &out, &e);
	assert_int_equal(e.code, ERR_FUTURE_TIME);
}

static void test_what_the_journal_gets(void **state)
{
	(void)state;
	static const uint8_t id[UUID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	struct wire_text event, subject;
	struct validated out;
	struct err e;

	wire_text_write(&event, &utarg__v1__event__descriptor, WHOLE "view_cart{cart_id=c}");
	wire_text_write(&subject, &utarg__v1__subject__descriptor, "url=u customer_ref=cu visitor_id=vi");
	assert_true(judge(wire_text_slice(&event), wire_text_slice(&subject), 0, 0, &out, &e));
	assert_memory_equal(out.event_id, id, UUID_SIZE);
	assert_string_equal(out.shop, "demo");
	assert_int_equal(out.kind, UTARG__V1__EVENT__BODY_VIEW_CART);
	assert_int_equal(out.origin, UTARG__V1__ORIGIN__ORIGIN_CLIENT);
	assert_int_equal(out.event_time_ms, 1767225600000);
	assert_int_equal(out.visitor.size, 2);
	assert_memory_equal(out.visitor.data, "vi", 2);
	assert_int_equal(out.customer.size, 2);
	assert_memory_equal(out.customer.data, "cu", 2);
	wire_text_fini(&event);
	wire_text_fini(&subject);
}

// ---- broken in every way ----

#define RICH                                                                                                 \
	WHOLE "consent{analytics=1} context{host=h country=PL} purchase{order_id=o currency=PLN "            \
	      "rate{currency=PLN "                                                                           \
	      "per_unit_nano=1} lines{sku=a quantity=2 gross_minor=246 tax_rate_bp=2300} lines{sku=b "       \
	      "quantity=1 "                                                                                  \
	      "net_minor=5}}"

// Every prefix, in memory of exactly its size, so that a read behind the end is seen.
static void test_truncated_at_every_byte(void **state)
{
	(void)state;
	struct slice none = {NULL, 0};
	struct wire_text event;

	wire_text_write(&event, &utarg__v1__event__descriptor, RICH);
	for (size_t size = 0; size <= event.size; size++) {
		struct validated out;
		struct err e;
		uint8_t *cut = malloc(size ? size : 1);
		assert_non_null(cut);
		memcpy(cut, event.data, size);
		bool ok = judge((struct slice){cut, size}, none, SERVER, 0, &out, &e);
		if (ok != (size == event.size))
			fail_msg("%zu of %zu bytes: %s", size, event.size, err_name(e.code));
		free(cut);
	}
	wire_text_fini(&event);
}

// Every byte in eight other values. Nothing is said of the answer but that there is one, and that what
// is let through decodes.
static void test_every_byte_changed(void **state)
{
	(void)state;
	struct slice none = {NULL, 0};
	struct wire_text event;

	wire_text_write(&event, &utarg__v1__event__descriptor, RICH);
	for (size_t i = 0; i < event.size; i++) {
		uint8_t was = event.data[i];
		for (unsigned bit = 0; bit < 8; bit++) {
			struct validated out;
			struct err e;
			event.data[i] = was ^ (uint8_t)(1u << bit);
			if (!judge(wire_text_slice(&event), none, SERVER, 0, &out, &e))
				continue;
			Utarg__V1__Event *decoded = utarg__v1__event__unpack(NULL, event.size, event.data);
			assert_non_null(decoded);
			utarg__v1__event__free_unpacked(decoded, NULL);
		}
		event.data[i] = was;
	}
	wire_text_fini(&event);
}

// As many small unknown fields as 64 KiB hold: decoded or refused, within the arena.
static void test_expansion(void **state)
{
	(void)state;
	struct slice none = {NULL, 0};
	struct wire_text event;
	struct validated out;
	struct err e;

	wire_text_write(&event, &utarg__v1__event__descriptor, VIEW);
	uint8_t *grown = malloc(VALIDATE_EVENT_MAX_BYTES);
	assert_non_null(grown);
	memcpy(grown, event.data, event.size);
	for (size_t i = event.size; i < VALIDATE_EVENT_MAX_BYTES; i++)
		grown[i] = (i - event.size) % 2 ? 0x01 : 0x78; // field 15, 1
	size_t even = event.size + (VALIDATE_EVENT_MAX_BYTES - event.size) / 2 * 2;
	judge((struct slice){grown, even}, none, SERVER, 0, &out, &e);
	if (e.code != ERR_OK && e.code != ERR_TOO_LARGE)
		fail_msg("%s: %s", err_name(e.code), e.text);
	free(grown);
	wire_text_fini(&event);
	// With little memory the same kind of event is refused, not decoded in part.
	struct arena small;
	arena_init(&small, 64);
	wire_text_write(&event, &utarg__v1__event__descriptor, RICH);
	const struct validate_input input = {.event = wire_text_slice(&event), .received_at_ms = RECEIVED_MS};
	e = (struct err){0};
	assert_false(validate_publication(judge_validator(), &input, &small, &out, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	arena_fini(&small);
	wire_text_fini(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_code_was_produced),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_event_time_is_corrected_once),
		cmocka_unit_test(test_what_the_journal_gets),
		cmocka_unit_test(test_truncated_at_every_byte),
		cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_expansion),
	};
	return cmocka_run_group_tests(tests, judge_set_up, judge_tear_down);
}
