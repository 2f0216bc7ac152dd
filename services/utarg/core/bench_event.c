// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Each kind is packed by protobuf-c once, with markers where something will be patched; all that is patched
// keeps its length.
#include "services/utarg/core/bench_event.h"

#include "common/base/uuid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "utarg/v1/ingest.pb-c.h"

enum {
	KIND_COUNT = 2,
	PURCHASE_EVERY = 16,
	EVENTS_A_MS = 200,
	EVENTS_A_VISITOR = 16,
	TIME_BYTES = 6, // a varint of milliseconds between 2005 and 2109
	TEXT_BYTES = 16,
};

static const char visitor_marker[] = "visitor+marker++", order_marker[] = "order+++marker++";
static const char shop_marker[] = "bench-XXXX";
static const uint8_t id_marker[UUID_SIZE] = {0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
					     0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8};
static const int64_t time_marker = INT64_C(0x2f5a3c91e77);

// One kind, packed as the field `publications` of a PublishRequest, and where its parts lie.
struct pattern {
	uint8_t bytes[BENCH_EVENT_MAX_BYTES];
	size_t size;
	size_t event, event_size, subject, subject_size;
	size_t id, shop, time, visitor, order; // order 0: has none
	int16_t kind;
};

struct bench_events {
	struct pattern patterns[KIND_COUNT];
};

static size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		out[size++] = (uint8_t)(value | 0x80);
	out[size++] = (uint8_t)value;
	return size;
}

// Where the marker lies, which it does exactly once; 0 when it is not there.
static size_t find(const uint8_t *bytes, size_t size, const void *marker, size_t marker_size)
{
	for (size_t i = 0; i + marker_size <= size; i++)
		if (memcmp(bytes + i, marker, marker_size) == 0)
			return i;
	return 0;
}

// ---- the patterns --------------------------------------------------------------------------------------

static void locate(struct pattern *p, const Utarg__V1__Publication *publication)
{
	uint8_t packed[BENCH_EVENT_MAX_BYTES], time[10];
	p->event_size = utarg__v1__event__pack(publication->event, packed);
	p->event = find(p->bytes, p->size, packed, p->event_size);
	p->subject_size = utarg__v1__subject__pack(publication->subject, packed);
	p->subject = find(p->bytes, p->size, packed, p->subject_size);
	p->id = find(p->bytes, p->size, id_marker, sizeof(id_marker));
	p->shop = find(p->bytes, p->size, shop_marker, sizeof(shop_marker) - 1);
	p->visitor = find(p->bytes, p->size, visitor_marker, TEXT_BYTES);
	p->order = find(p->bytes, p->size, order_marker, TEXT_BYTES);
	size_t time_size = put_varint(time, (uint64_t)time_marker);
	assert(time_size == TIME_BYTES);
	p->time = find(p->bytes, p->size, time, time_size);
	assert(p->event && p->subject && p->id && p->shop && p->visitor && p->time);
}

static char *text(char *out, const char *marker)
{
	memcpy(out, marker, strlen(marker) + 1);
	return out;
}

static void pack_pattern(struct pattern *p, Utarg__V1__Event *event)
{
	char shop[] = "bench-XXXX", source[] = "shop/web", visitor[TEXT_BYTES + 1];
	uint8_t id[UUID_SIZE];
	memcpy(id, id_marker, sizeof(id));
	event->id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	event->shop = shop;
	event->source = source;
	event->occurred_at_ms = time_marker;
	Utarg__V1__Subject subject = UTARG__V1__SUBJECT__INIT;
	subject.visitor_id = text(visitor, visitor_marker);
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	publication.event = event;
	publication.subject = &subject;
	size_t size = utarg__v1__publication__get_packed_size(&publication);
	assert(size + 4 <= sizeof(p->bytes));
	p->bytes[0] = 2 << 3 | 2;
	p->size = 1 + put_varint(p->bytes + 1, size);
	p->size += utarg__v1__publication__pack(&publication, p->bytes + p->size);
	p->kind = (int16_t)event->body_case;
	locate(p, &publication);
}

static void pack_page_view(struct pattern *p)
{
	char host[] = "shop.example.com", path[] = "/women/shoes/running/trail-42", medium[] = "cpc",
	     utm_source[] = "google";
	char campaign[] = "autumn-shoes", country[] = "PL", language[] = "pl-PL", page_type[] = "product";
	char title[] = "Trail running shoes with a wide toe box and a grippy sole - Example Shop";
	Utarg__V1__Context context = UTARG__V1__CONTEXT__INIT;
	context.host = host;
	context.path = path;
	context.utm_source = utm_source;
	context.utm_medium = medium;
	context.utm_campaign = campaign;
	context.country = country;
	context.language = language;
	context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
	Utarg__V1__PageView view = UTARG__V1__PAGE_VIEW__INIT;
	view.page_type = page_type;
	view.title = title;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.context = &context;
	event.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	event.page_view = &view;
	pack_pattern(p, &event);
}

static void pack_purchase(struct pattern *p)
{
	char order_id[TEXT_BYTES + 1], currency[] = "PLN", sku[] = "SHOE-TRAIL-42", second[] = "SOCKS-3",
				       method[] = "card";
	char title[] = "Trail running shoes 42", second_title[] = "Running socks, three pairs";
	Utarg__V1__OrderLine lines[2] = {UTARG__V1__ORDER_LINE__INIT, UTARG__V1__ORDER_LINE__INIT};
	for (int i = 0; i < 2; i++) {
		lines[i].sku = i == 0 ? sku : second;
		lines[i].title = i == 0 ? title : second_title;
		lines[i].quantity = 1;
		lines[i].known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
		lines[i].gross_minor = i == 0 ? 49900 : 3990;
		lines[i].known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
		lines[i].tax_rate_bp = 2300;
	}
	Utarg__V1__OrderLine *line_list[2] = {&lines[0], &lines[1]};
	Utarg__V1__Order order = UTARG__V1__ORDER__INIT;
	order.order_id = text(order_id, order_marker);
	order.order_version = 1;
	order.currency = currency;
	order.n_lines = 2;
	order.lines = line_list;
	order.shipping_net_minor = 1219;
	order.shipping_tax_minor = 280;
	order.payment_method = method;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_PURCHASE;
	event.purchase = &order;
	pack_pattern(p, &event);
}

struct bench_events *bench_events_create(void)
{
	struct bench_events *events = calloc(1, sizeof(*events));
	if (!events)
		abort();
	pack_page_view(&events->patterns[0]);
	pack_purchase(&events->patterns[1]);
	return events;
}

void bench_events_destroy(struct bench_events *events)
{
	free(events);
}

// ---- an event of a number ------------------------------------------------------------------------------

// splitmix64: a number's random look, the same each time.
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void put_hex(uint8_t out[TEXT_BYTES], uint64_t value)
{
	for (int i = 0; i < TEXT_BYTES; i++)
		out[i] = (uint8_t) "0123456789abcdef"[value >> (60 - 4 * i) & 15];
}

static void put_id(const struct bench_world *world, uint64_t number, int64_t t_ms, uint8_t out[UUID_SIZE])
{
	uint64_t high = mix(number * 2 + world->seed), low = mix(number * 2 + 1 + world->seed);
	if (world->ids == BENCH_V7)
		high = (uint64_t)t_ms << 16 | (high & 0x0fff) | 0x7000;
	else
		high = (high & ~UINT64_C(0xf000)) | 0x4000;
	low = (low & (UINT64_MAX >> 2)) | UINT64_C(1) << 63;
	for (int i = 0; i < 8; i++) {
		out[i] = (uint8_t)(high >> (56 - 8 * i));
		out[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
}

void bench_shop(uint32_t number, char out[BENCH_SHOP_SIZE])
{
	memcpy(out, shop_marker, BENCH_SHOP_SIZE);
	for (int i = 9; i >= 6; i--, number /= 10)
		out[i] = (char)('0' + number % 10);
}

static const struct pattern *pattern_of(const struct bench_events *events, uint64_t number)
{
	return &events->patterns[number % PURCHASE_EVERY == PURCHASE_EVERY - 1];
}

static int64_t time_of(const struct bench_world *world, uint64_t number)
{
	return world->base_ms + (int64_t)(number / EVENTS_A_MS);
}

static void patch(const struct pattern *p, const struct bench_world *world, uint64_t number, uint8_t *bytes)
{
	char shop[BENCH_SHOP_SIZE];
	int64_t t_ms = time_of(world, number);
	memcpy(bytes, p->bytes, p->size);
	put_id(world, number, t_ms, bytes + p->id);
	bench_shop((uint32_t)(number % world->shop_count), shop);
	memcpy(bytes + p->shop, shop, sizeof(shop) - 1);
	size_t time_size = put_varint(bytes + p->time, (uint64_t)t_ms);
	assert(time_size == TIME_BYTES);
	put_hex(bytes + p->visitor, mix(number / world->shop_count / EVENTS_A_VISITOR + world->seed));
	if (p->order)
		put_hex(bytes + p->order, mix(number + world->seed));
}

void bench_row(const struct bench_events *events, const struct bench_world *world, uint64_t number,
	       struct bench_row *out)
{
	const struct pattern *p = pattern_of(events, number);
	patch(p, world, number, out->bytes);
	memcpy(out->id, out->bytes + p->id, sizeof(out->id));
	out->t_ms = time_of(world, number);
	out->kind = p->kind;
	out->event = (struct slice){.data = out->bytes + p->event, .size = p->event_size};
	out->subject = (struct slice){.data = out->bytes + p->subject, .size = p->subject_size};
	out->visitor = (struct slice){.data = out->bytes + p->visitor, .size = TEXT_BYTES};
}

size_t bench_request(const struct bench_events *events, const struct bench_world *world, uint64_t request_id,
		     int64_t sent_at_ms, const uint64_t *numbers, size_t count, uint8_t *out)
{
	uint8_t sent_at[10];
	size_t sent_size = put_varint(sent_at, (uint64_t)sent_at_ms), body = 1 + sent_size + 2, size = 0;
	assert(count > 0 && count <= BENCH_BATCH_MAX);
	for (size_t i = 0; i < count; i++)
		body += pattern_of(events, numbers[i])->size;
	out[size++] = 1 << 3;
	size += put_varint(out + size, request_id);
	size += put_varint(out + size, 20 << 3 | 2); // Request.publish
	size += put_varint(out + size, body);
	out[size++] = 1 << 3; // PublishRequest.sent_at_ms
	memcpy(out + size, sent_at, sent_size);
	size += sent_size;
	for (size_t i = 0; i < count; i++) {
		const struct pattern *p = pattern_of(events, numbers[i]);
		patch(p, world, numbers[i], out + size);
		size += p->size;
	}
	out[size++] = 3 << 3; // PublishRequest.origin
	out[size++] = UTARG__V1__ORIGIN__ORIGIN_SERVER;
	return size;
}
