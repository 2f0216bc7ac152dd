// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Conversions and what became of them: whose click counts, what an order was and is worth, and that the order
// of the journal does not matter.
#include "common/base/text.h"
#include "services/utarg/core/conversions.h"
#include "services/utarg/core/order_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES_MAX = 64, TOLD_SIZE = 2048 };
#define DAY_MS INT64_C(86400000)

struct world {
	size_t count;
	Utarg__V1__JournalEntry entries[ENTRIES_MAX], *pointers[ENTRIES_MAX];
	Utarg__V1__Event events[ENTRIES_MAX];
	Utarg__V1__Subject subjects[ENTRIES_MAX];
	Utarg__V1__Context contexts[ENTRIES_MAX];
	Utarg__V1__Consent consents[ENTRIES_MAX];
	Utarg__V1__Order orders[ENTRIES_MAX];
	Utarg__V1__OrderLine lines[ENTRIES_MAX], *line_pointers[ENTRIES_MAX];
	Utarg__V1__Refund refunds[ENTRIES_MAX];
	Utarg__V1__OrderCancelled cancels[ENTRIES_MAX];
	Utarg__V1__ConsentUpdate updates[ENTRIES_MAX];
	Utarg__V1__PageView views[ENTRIES_MAX];
	uint8_t ids[ENTRIES_MAX][16];
};

static Utarg__V1__Event *add(struct world *w, int64_t t_ms, const char *visitor)
{
	size_t i = w->count++;
	assert_true(i < ENTRIES_MAX);
	utarg__v1__journal_entry__init(&w->entries[i]);
	utarg__v1__event__init(&w->events[i]);
	utarg__v1__subject__init(&w->subjects[i]);
	utarg__v1__context__init(&w->contexts[i]);
	utarg__v1__consent__init(&w->consents[i]);
	memset(w->ids[i], (int)i + 1, 16);
	w->pointers[i] = &w->entries[i];
	w->entries[i].seq = i + 1;
	w->entries[i].event_time_ms = t_ms;
	w->entries[i].origin = UTARG__V1__ORIGIN__ORIGIN_SERVER;
	w->entries[i].event = &w->events[i];
	w->entries[i].subject = &w->subjects[i];
	w->subjects[i].visitor_id = text_borrow(visitor);
	w->events[i].id = (ProtobufCBinaryData){16, w->ids[i]};
	w->events[i].consent = &w->consents[i];
	return &w->events[i];
}

static void add_click(struct world *w, int64_t t_ms, const char *visitor, const char *kind, const char *value)
{
	size_t i = w->count;
	Utarg__V1__Event *event = add(w, t_ms, visitor);
	utarg__v1__page_view__init(&w->views[i]);
	w->contexts[i].click_id_kind = text_borrow(kind);
	w->subjects[i].click_id = text_borrow(value);
	event->context = &w->contexts[i];
	event->body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	event->page_view = &w->views[i];
}

static Utarg__V1__Order *add_order(struct world *w, int64_t t_ms, const char *visitor, const char *id,
				   uint32_t version, int64_t net_minor)
{
	size_t i = w->count;
	Utarg__V1__Event *event = add(w, t_ms, visitor);
	utarg__v1__order__init(&w->orders[i]);
	utarg__v1__order_line__init(&w->lines[i]);
	w->lines[i].known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
	w->lines[i].net_minor = net_minor;
	w->line_pointers[i] = &w->lines[i];
	w->orders[i].order_id = text_borrow(id);
	w->orders[i].order_version = version;
	w->orders[i].currency = text_borrow("PLN");
	w->orders[i].lines = &w->line_pointers[i];
	w->orders[i].n_lines = 1;
	event->body_case = UTARG__V1__EVENT__BODY_PURCHASE;
	event->purchase = &w->orders[i];
	return &w->orders[i];
}

static void add_refund(struct world *w, int64_t t_ms, const char *id, const char *order, int64_t items_minor)
{
	size_t i = w->count;
	Utarg__V1__Event *event = add(w, t_ms, "");
	utarg__v1__refund__init(&w->refunds[i]);
	w->refunds[i].refund_id = text_borrow(id);
	w->refunds[i].order_id = text_borrow(order);
	w->refunds[i].currency = text_borrow("PLN");
	w->refunds[i].known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	w->refunds[i].items_net_minor = items_minor;
	event->body_case = UTARG__V1__EVENT__BODY_REFUND;
	event->refund = &w->refunds[i];
}

static void add_cancel(struct world *w, int64_t t_ms, const char *order)
{
	size_t i = w->count;
	Utarg__V1__Event *event = add(w, t_ms, "");
	utarg__v1__order_cancelled__init(&w->cancels[i]);
	w->cancels[i].order_id = text_borrow(order);
	event->body_case = UTARG__V1__EVENT__BODY_ORDER_CANCELLED;
	event->order_cancelled = &w->cancels[i];
}

static void add_consent(struct world *w, int64_t t_ms, const char *visitor, Utarg__V1__Choice marketing)
{
	size_t i = w->count;
	Utarg__V1__Event *event = add(w, t_ms, visitor);
	utarg__v1__consent_update__init(&w->updates[i]);
	w->consents[i].marketing = marketing;
	w->updates[i].consent = &w->consents[i];
	event->consent = NULL;
	event->body_case = UTARG__V1__EVENT__BODY_CONSENT_UPDATE;
	event->consent_update = &w->updates[i];
}

// "made O-1 G-1 @1000 100; restated O-1 @2000 70; ..."
static const char *tell(const struct world *w, char out[TOLD_SIZE])
{
	static const char *const kinds[] = {"made", "restated", "retracted"};
	struct conversions *conversions = conversions_create(30 * DAY_MS);
	out[0] = '\0';
	for (size_t i = 0; i < w->count; i++)
		conversions_take(conversions, w->pointers[i]);
	for (int made = 1; made >= 0; made--) {
		struct conversion_row *rows;
		size_t count = conversions_rows(conversions, made, INT64_MIN, INT64_MAX, &rows);
		for (size_t i = 0; i < count; i++) {
			size_t used = strlen(out);
			snprintf(out + used, TOLD_SIZE - used, "%s %s %s @%lld %lld\n", kinds[rows[i].kind],
				 rows[i].order_id, rows[i].click_id, (long long)rows[i].t_ms,
				 (long long)rows[i].value_minor);
		}
		free(rows);
	}
	conversions_destroy(conversions);
	return out;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

// The same in a hundred other orders.
static void assert_told(struct world *w, const char *expected)
{
	char told[TOLD_SIZE];
	uint32_t state = 7;
	assert_string_equal(tell(w, told), expected);
	for (int round = 0; round < 100; round++) {
		for (size_t i = w->count; i > 1; i--) {
			size_t k = next_random(&state) % i;
			Utarg__V1__JournalEntry *other = w->pointers[i - 1];
			w->pointers[i - 1] = w->pointers[k];
			w->pointers[k] = other;
		}
		assert_string_equal(tell(w, told), expected);
	}
}

#define T INT64_C(1790000000000)

static void the_last_click_id_decides(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	(void)state;
	add_click(w, T - DAY_MS, "a", "gclid", "A1");
	add_click(w, T - 5, "a", "gclid", "A2");
	add_click(w, T + 1, "a", "gclid", "A3");
	add_order(w, T, "a", "O-a", 1, 100);
	add_click(w, T - 30 * DAY_MS, "b", "gclid", "B1"); // the window's first instant
	add_order(w, T, "b", "O-b", 1, 100);
	add_click(w, T - 30 * DAY_MS - 1, "c", "gclid", "C1");
	add_order(w, T, "c", "O-c", 1, 100);
	add_click(w, T - 9, "d", "gclid", "D1");
	add_click(w, T - 5, "d", "fbclid", "D2");
	add_order(w, T, "d", "O-d", 1, 100);
	add_click(w, T, "e", "gclid", "E1"); // at the same instant; that of the order itself says nothing
	add_order(w, T, "e", "O-e", 1, 100);
	add_order(w, T, "", "O-f", 1, 100);
	add_order(w, T, "a", "O-free", 1, 0);
	assert_told(w, "made O-a A2 @1790000000000 100\n"
		       "made O-b B1 @1790000000000 100\n"
		       "made O-e E1 @1790000000000 100\n");
	free(w);
}

static void who_denied_is_left_out(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	(void)state;
	add_click(w, T - 9, "a", "gclid", "A1");
	w->consents[0].marketing = UTARG__V1__CHOICE__CHOICE_DENIED;
	add_order(w, T, "a", "O-a", 1, 100);
	add_click(w, T - 9, "b", "gclid", "B1");
	w->consents[2].analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	add_order(w, T, "b", "O-b", 1, 100);
	add_click(w, T - 9, "c", "gclid", "C1");
	add_order(w, T, "c", "O-c", 1, 100);
	w->consents[5].marketing = UTARG__V1__CHOICE__CHOICE_DENIED;
	add_click(w, T - 9, "d", "gclid", "D1");
	add_order(w, T, "d", "O-d", 1, 100);
	add_consent(w, T + 9, "d", UTARG__V1__CHOICE__CHOICE_DENIED);
	add_click(w, T - 9, "e", "gclid", "E1");
	add_order(w, T, "e", "O-e", 1, 100);
	add_consent(w, T + 9, "e", UTARG__V1__CHOICE__CHOICE_DENIED);
	add_consent(w, T + 10, "e", UTARG__V1__CHOICE__CHOICE_GRANTED); // and back again
	add_click(w, T - 9, "f", "gclid", "F1");
	add_order(w, T, "f", "O-f", 1, 100);
	w->events[w->count - 1].test = true;
	assert_told(w, "made O-e E1 @1790000000000 100\n");
	free(w);
}

static void what_became_of_orders(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	(void)state;
	add_click(w, T - 9, "v", "gclid", "V");
	add_order(w, T, "v", "O-1", 1, 10000); // two refunds, then nothing is left
	add_refund(w, T + 20, "R-2", "O-1", 2500);
	add_refund(w, T + 10, "R-1", "O-1", 3000);
	add_refund(w, T + 30, "R-3", "O-1", 9999);
	add_refund(w, T + 40, "R-4", "O-1", 1);
	add_order(w, T, "v", "O-2", 1, 10000); // changed, then cancelled
	add_order(w, T + 5, "v", "O-2", 2, 12000);
	add_refund(w, T + 6, "R-5", "O-2", 2000);
	add_cancel(w, T + 7, "O-2");
	add_refund(w, T + 8, "R-6", "O-2", 10);
	add_order(w, T, "v", "O-3", 1, 10000); // refunded before it was placed
	add_refund(w, T - 100, "R-7", "O-3", 1000);
	add_order(w, T, "v", "O-4", 1,
		  10000); // the same refund by two copies; a version that changes nothing
	add_refund(w, T + 50, "R-8", "O-4", 1000);
	add_refund(w, T + 51, "R-8", "O-4", 7000);
	add_order(w, T + 60, "v", "O-4", 2, 10000);
	add_order(w, T, "v", "O-5", 1, 10000); // cancelled by its status
	add_order(w, T + 70, "v", "O-5", 2, 10000)->status = UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	add_order(w, T, "v", "O-6", 1, 10000); // a refund of what was then
	add_refund(w, T + 80, "R-9", "O-6", 1000);
	add_order(w, T + 90, "v", "O-6", 2, 20000);
	assert_told(w, "made O-1 V @1790000000000 10000\n"
		       "made O-2 V @1790000000000 10000\n"
		       "made O-3 V @1790000000000 10000\n"
		       "made O-4 V @1790000000000 10000\n"
		       "made O-5 V @1790000000000 10000\n"
		       "made O-6 V @1790000000000 10000\n"
		       "restated O-2 V @1790000000005 12000\n"
		       "restated O-2 V @1790000000006 10000\n"
		       "retracted O-2 V @1790000000007 0\n"
		       "restated O-1 V @1790000000010 7000\n"
		       "restated O-1 V @1790000000020 4500\n"
		       "retracted O-1 V @1790000000030 0\n"
		       "restated O-4 V @1790000000050 9000\n"
		       "retracted O-5 V @1790000000070 0\n"
		       "restated O-6 V @1790000000080 9000\n"
		       "restated O-6 V @1790000000090 19000\n"
		       "restated O-3 V @1790000001000 9000\n");
	free(w);
}

static void the_better_copy_counts(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	(void)state;
	add_click(w, T - 9, "v", "gclid", "V");
	add_order(w, T, "v", "O-1", 1, 11111); // what the browser said
	w->entries[1].origin = UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	add_order(w, T + 20, "", "O-1", 1, 10000)->placed_at_ms =
		T + 1; // what the server says, without a visitor
	assert_told(w, "made O-1 V @1790000000001 10000\n");
	free(w);
}

// ---- what an order is worth -----------------------------------------------------------------------------

static void refunds_of_a_total_are_split(void **state)
{
	Utarg__V1__Order order = UTARG__V1__ORDER__INIT;
	Utarg__V1__OrderLine line = UTARG__V1__ORDER_LINE__INIT, *lines[] = {&line};
	Utarg__V1__Refund refund = UTARG__V1__REFUND__INIT;
	(void)state;
	line.known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
	line.gross_minor = 12300;
	line.known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
	line.tax_rate_bp = 2300;
	order.lines = lines;
	order.n_lines = 1;
	order.shipping_net_minor = 1000;
	order.shipping_tax_minor = 230;
	struct order_value value = order_value_of(&order);
	assert_int_equal(value.left[PART_ITEMS], 10000);
	assert_int_equal(value.left[PART_SHIPPING], 1000);
	assert_int_equal(value.left[PART_TAX], 2530);
	refund.currency = text_borrow("EUR");
	refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	refund.total_minor = 5000;
	order_value_refund(&value, "PLN", &refund);
	assert_int_equal(value.left[PART_ITEMS], 10000);
	refund.currency = text_borrow("PLN");
	refund.known_shipping_net_case = UTARG__V1__REFUND__KNOWN_SHIPPING_NET_SHIPPING_NET_MINOR;
	refund.shipping_net_minor = 1000;
	order_value_refund(&value, "PLN", &refund); // the other 40.00 of 100.00 and 25.30: 31.92 and 8.08
	assert_int_equal(value.left[PART_ITEMS], 6808);
	assert_int_equal(value.left[PART_SHIPPING], 0);
	assert_int_equal(value.left[PART_TAX], 1722);
	// Of a part that is named no more than that is taken: the other 45.00 of 100.00 and 25.30.
	struct order_value other = order_value_of(&order);
	refund.shipping_net_minor = 500;
	order_value_refund(&other, "PLN", &refund);
	assert_int_equal(other.left[PART_ITEMS], 6409);
	assert_int_equal(other.left[PART_SHIPPING], 500);
	assert_int_equal(other.left[PART_TAX], 1621);
	refund.total_minor = 100000;
	order_value_refund(&value, "PLN", &refund);
	assert_int_equal(value.left[PART_ITEMS] + value.left[PART_TAX], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_click_id_decides),    cmocka_unit_test(who_denied_is_left_out),
		cmocka_unit_test(what_became_of_orders),        cmocka_unit_test(the_better_copy_counts),
		cmocka_unit_test(refunds_of_a_total_are_split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
