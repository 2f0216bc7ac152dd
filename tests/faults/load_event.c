// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See load_event.h. A step of a visit is a row of `steps`, a kind of poison a row of `poisons`: something
// done to a good page view or purchase that makes it wrong in one way, and the code that says so.
#include "tests/faults/load_event.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

enum {
	VISIT_STEPS = 8,
	STEP_MS = 2500,
	NAME_SIZE = 24,
	TOO_LARGE_BYTES = 66 * 1024,
	UNKNOWN_KIND = 199, // of a body that no version has
};

#define TIME_IN_2100_MS INT64_C(4102444800000)
#define TOO_MUCH_MINOR  INT64_C(1000000000000001)

// All that one event may be made of; its messages point into each other.
struct draft {
	const struct load_world *world;
	uint64_t visit, step; // of the shop
	uint64_t random;
	Utarg__V1__Publication publication;
	Utarg__V1__Event event;
	Utarg__V1__Subject subject;
	Utarg__V1__Context context;
	Utarg__V1__PageView view;
	Utarg__V1__Heartbeat heartbeat;
	Utarg__V1__CartItem item;
	Utarg__V1__CartRef cart;
	Utarg__V1__Order order;
	Utarg__V1__OrderLine lines[2];
	Utarg__V1__OrderLine *line_list[2];
	Utarg__V1__Refund refund;
	Utarg__V1__Campaign campaign;
	uint8_t id[LOAD_ID_SIZE];
	char shop[LOAD_SLUG_SIZE], visitor[NAME_SIZE], customer[NAME_SIZE], cart_id[NAME_SIZE],
		order_id[NAME_SIZE], refund_id[NAME_SIZE], path[NAME_SIZE];
	char large[TOO_LARGE_BYTES + 1];
};

// splitmix64: a number's random look, the same each time.
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

// protobuf-c has no const strings; it writes to none that it packs.
static char *text(const char *constant)
{
	char *out;
	memcpy(&out, &constant, sizeof(out));
	return out;
}

// So many of every thousand numbers, evenly spread.
static bool falls(uint64_t number, unsigned permille)
{
	return number * permille % 1000 < permille;
}

// ---- the steps of a visit ------------------------------------------------------------------------------

static const struct {
	const char *source, *medium, *campaign, *referrer;
	Utarg__V1__Device device;
	const char *country;
} sources[] = {
	{"google", "cpc", "spring", "", UTARG__V1__DEVICE__DEVICE_MOBILE, "PL"},
	{"newsletter", "email", "letter-7", "", UTARG__V1__DEVICE__DEVICE_DESKTOP, "PL"},
	{"", "", "", "www.google.com", UTARG__V1__DEVICE__DEVICE_TABLET, "DE"},
	{"", "", "", "", UTARG__V1__DEVICE__DEVICE_DESKTOP, "GB"},
};

static void add_view(struct draft *d)
{
	size_t from = d->random % (sizeof(sources) / sizeof(sources[0]));
	snprintf(d->path, sizeof(d->path), "/p/%u", (unsigned)(mix(d->random + d->step) % 500));
	d->context.host = text("shop.example");
	d->context.path = d->path;
	d->context.utm_source = text(sources[from].source);
	d->context.utm_medium = text(sources[from].medium);
	d->context.utm_campaign = text(sources[from].campaign);
	d->context.referrer_host = text(sources[from].referrer);
	d->context.device = sources[from].device;
	d->context.country = text(sources[from].country);
	d->event.context = &d->context;
	d->view.title = text("Trail running shoes with a wide toe box");
	d->view.page_type = text("product");
	d->event.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	d->event.page_view = &d->view;
}

static void add_heartbeat(struct draft *d)
{
	d->heartbeat.foreground_ms = (uint32_t)(2000 + d->random % 13000);
	d->event.body_case = UTARG__V1__EVENT__BODY_HEARTBEAT;
	d->event.heartbeat = &d->heartbeat;
}

static void add_item(struct draft *d)
{
	d->item.cart_id = d->cart_id;
	d->item.sku = text("SHOE-42");
	d->item.quantity = (int64_t)(1 + d->random % 3);
	d->event.body_case = UTARG__V1__EVENT__BODY_ADD_TO_CART;
	d->event.add_to_cart = &d->item;
}

static void add_checkout(struct draft *d)
{
	d->cart.cart_id = d->cart_id;
	d->event.body_case = UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT;
	d->event.begin_checkout = &d->cart;
}

static void add_line(struct draft *d, size_t index, const char *sku, int64_t quantity, int64_t gross_minor)
{
	Utarg__V1__OrderLine *line = &d->lines[index];
	utarg__v1__order_line__init(line);
	line->sku = text(sku);
	line->quantity = quantity;
	line->known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
	line->gross_minor = gross_minor;
	line->known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
	line->tax_rate_bp = 2300;
	d->line_list[index] = line;
}

static void add_purchase(struct draft *d)
{
	add_line(d, 0, "SHOE-42", (int64_t)(1 + d->random % 3), (int64_t)(10000 + d->random % 50000));
	add_line(d, 1, "SOCKS-3", 2, 3990);
	d->order.order_id = d->order_id;
	d->order.cart_id = d->cart_id;
	d->order.currency = text("PLN");
	d->order.lines = d->line_list;
	d->order.n_lines = 1 + d->random % 2;
	d->order.discount_minor = d->random % 4 == 0 ? 500 : 0;
	d->order.shipping_net_minor = 1219;
	d->order.shipping_tax_minor = 280;
	d->event.body_case = UTARG__V1__EVENT__BODY_PURCHASE;
	d->event.purchase = &d->order;
}

static void add_refund_or_view(struct draft *d)
{
	if (d->random % 4 != 0) {
		add_view(d);
		return;
	}
	d->refund.refund_id = d->refund_id;
	d->refund.order_id = d->order_id;
	d->refund.currency = text("PLN");
	d->refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	d->refund.total_minor = (int64_t)(1 + d->random % 9000);
	d->event.body_case = UTARG__V1__EVENT__BODY_REFUND;
	d->event.refund = &d->refund;
}

static void (*const steps[VISIT_STEPS])(struct draft *d) = {
	add_view, add_view, add_heartbeat, add_item, add_checkout, add_purchase, add_view, add_refund_or_view,
};

// ---- poison --------------------------------------------------------------------------------------------

static void forget_id(struct draft *d)
{
	d->event.id = (ProtobufCBinaryData){0};
}

static void forget_time(struct draft *d)
{
	d->event.occurred_at_ms = 0;
}

static void forget_body(struct draft *d)
{
	d->event.body_case = UTARG__V1__EVENT__BODY__NOT_SET;
}

static void break_text(struct draft *d)
{
	add_view(d);
	d->context.path = text("/p/\xff");
}

static void break_currency(struct draft *d)
{
	add_purchase(d);
	d->order.currency = text("eur");
}

static void exceed_amount(struct draft *d)
{
	add_purchase(d);
	d->lines[0].gross_minor = TOO_MUCH_MINOR;
}

static void break_quantity(struct draft *d)
{
	add_purchase(d);
	d->lines[0].quantity = INT64_C(1000000000);
}

static void go_back(struct draft *d)
{
	d->event.occurred_at_ms = 1000;
}

static void go_ahead(struct draft *d)
{
	d->event.occurred_at_ms = TIME_IN_2100_MS;
}

static void go_elsewhere(struct draft *d)
{
	d->event.shop = text("no-such-shop");
}

static void usurp(struct draft *d)
{
	d->campaign.campaign = text("stolen");
	d->event.body_case = UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED;
	d->event.campaign_changed = &d->campaign;
}

static void swell(struct draft *d)
{
	add_view(d);
	memset(d->large, 'x', TOO_LARGE_BYTES);
	d->large[TOO_LARGE_BYTES] = '\0';
	d->view.title = d->large;
}

// NULL: what is packed loses its last byte.
static const struct {
	void (*spoil)(struct draft *d);
	enum err_code code;
} poisons[] = {
	{forget_id, ERR_MISSING_FIELD},
	{break_text, ERR_BAD_UTF8},
	{forget_time, ERR_MISSING_FIELD},
	{NULL, ERR_BAD_PROTO},
	{break_currency, ERR_BAD_CURRENCY},
	{exceed_amount, ERR_AMOUNT_RANGE},
	{break_quantity, ERR_BAD_FIELD},
	{go_back, ERR_BAD_TIME},
	{go_ahead, ERR_FUTURE_TIME},
	{go_elsewhere, ERR_UNKNOWN_SHOP},
	{usurp, ERR_FORBIDDEN},
	{swell, ERR_TOO_LARGE},
	{forget_body, ERR_MISSING_FIELD},
};

// ---- the whole -----------------------------------------------------------------------------------------

static void put_id(struct draft *d, uint64_t number)
{
	uint64_t seed = mix(d->world->seed), high = mix(number * 2 + seed), low = mix(number * 2 + 1 + seed);
	if (d->world->are_v4)
		high = (high & ~UINT64_C(0xf000)) | 0x4000;
	else
		high = (uint64_t)d->event.occurred_at_ms << 16 | (high & 0x0fff) | 0x7000;
	low = (low & (UINT64_MAX >> 2)) | UINT64_C(1) << 63;
	for (int i = 0; i < 8; i++) {
		d->id[i] = (uint8_t)(high >> (56 - 8 * i));
		d->id[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	d->event.id = (ProtobufCBinaryData){.data = d->id, .len = sizeof(d->id)};
}

static void init(struct draft *d)
{
	utarg__v1__publication__init(&d->publication);
	utarg__v1__event__init(&d->event);
	utarg__v1__subject__init(&d->subject);
	utarg__v1__context__init(&d->context);
	utarg__v1__page_view__init(&d->view);
	utarg__v1__heartbeat__init(&d->heartbeat);
	utarg__v1__cart_item__init(&d->item);
	utarg__v1__cart_ref__init(&d->cart);
	utarg__v1__order__init(&d->order);
	utarg__v1__refund__init(&d->refund);
	utarg__v1__campaign__init(&d->campaign);
	d->publication.event = &d->event;
	d->publication.subject = &d->subject;
	d->event.source = text("tests/faults");
	d->event.shop = d->shop;
	d->subject.visitor_id = d->visitor;
	d->subject.customer_ref = d->customer;
}

static void put_names(struct draft *d, uint32_t shop)
{
	// Every third visit is the visitor's second.
	uint64_t visitor =
		mix((d->visit - (d->visit % 3 == 2)) * LOAD_SHOPS_MAX + shop + mix(d->world->seed));
	memcpy(d->shop, d->world->shops[shop], sizeof(d->shop));
	snprintf(d->visitor, sizeof(d->visitor), "v%016llx", (unsigned long long)visitor);
	snprintf(d->customer, sizeof(d->customer), "c%06u", (unsigned)(visitor % 100000));
	snprintf(d->cart_id, sizeof(d->cart_id), "k%016llx", (unsigned long long)d->random);
	snprintf(d->order_id, sizeof(d->order_id), "O-%016llx", (unsigned long long)d->random);
	snprintf(d->refund_id, sizeof(d->refund_id), "R-%016llx", (unsigned long long)d->random);
}

// What the same number says when it is changed: another source, which any kind has.
static void spoil(struct draft *d, uint64_t number, struct load_event *made)
{
	const struct load_world *world = d->world;
	made->expected = ERR_OK;
	if (falls(number, world->poison_permille)) {
		size_t kind = number * world->poison_permille / 1000 % (sizeof(poisons) / sizeof(poisons[0]));
		made->expected = poisons[kind].code;
		if (poisons[kind].spoil)
			poisons[kind].spoil(d);
	} else if (falls(number, world->change_permille)) {
		made->expected = ERR_CONFLICT;
		d->event.source = text("tests/faults/changed");
	}
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		out[size++] = (uint8_t)(value | 0x80);
	out[size++] = (uint8_t)value;
	return size;
}

static void pack(struct draft *d, uint8_t *out, struct load_event *made)
{
	size_t size = utarg__v1__event__get_packed_size(&d->event);
	bool cut = made->expected == ERR_BAD_PROTO;
	out[0] = 1 << 3 | 2; // Publication.event
	made->size = 1 + put_varint(out + 1, size - cut);
	made->event = (struct slice){.data = out + made->size, .size = size - cut};
	made->size += utarg__v1__event__pack(&d->event, out + made->size) - cut;
	size = utarg__v1__subject__get_packed_size(&d->subject);
	out[made->size++] = 2 << 3 | 2; // Publication.subject
	made->size += put_varint(out + made->size, size);
	made->size += utarg__v1__subject__pack(&d->subject, out + made->size);
	assert(made->size <= LOAD_PUBLICATION_MAX_BYTES);
}

void load_event_make(const struct load_world *world, uint64_t number, uint8_t *out, struct load_event *made)
{
	static struct draft draft; // one thread; too large for a stack
	struct draft *d = &draft;
	uint64_t of_shop = number / world->shop_count;
	d->world = world;
	d->visit = of_shop / VISIT_STEPS;
	d->step = of_shop % VISIT_STEPS;
	made->shop = (uint32_t)(number % world->shop_count);
	d->random = mix(mix(d->visit + mix(world->seed)) + made->shop);
	init(d);
	put_names(d, made->shop);
	d->event.occurred_at_ms =
		world->base_ms + (int64_t)d->visit * world->visit_ms + (int64_t)d->step * STEP_MS;
	put_id(d, number);
	memcpy(made->id, d->id, sizeof(made->id));
	steps[d->step](d);
	spoil(d, number, made);
	pack(d, out, made);
}
