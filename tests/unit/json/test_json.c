// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The JSON mapping: what is written, what is read, what is refused with which path, and that any message
// of the contract comes back as the same bytes.
#include "common/json/json.h"
#include "common/base/uuid.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "utarg/v1/service.pb-c.h"

static char *dump(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	assert_non_null(text);
	json_decref(json);
	return text;
}

static ProtobufCMessage *parse(const char *text, const ProtobufCMessageDescriptor *descriptor, struct err *e)
{
	return json_parse_message(text, strlen(text), descriptor, e);
}

static void a_publication_is_read_and_written(void **state)
{
	(void)state;
	static const char text[] =
		"{\"event\":{\"id\":\"0190a6f0-7b3c-7def-8123-456789abcdef\",\"source\":\"shop/checkout\","
		"\"occurred_at_ms\":1790000000123,\"shop\":\"demo\",\"consent\":{\"analytics\":\"CHOICE_"
		"GRANTED\"},"
		"\"channel\":2,\"purchase\":{\"orderId\":\"A-1\",\"lines\":[{\"sku\":\"x\",\"quantity\":"
		"\"3\","
		"\"grossMinor\":0,\"taxRateBp\":2300},{\"sku\":\"za\\u017c\",\"quantity\":1e0,\"netMinor\":-"
		"7}]}},"
		"\"subject\":{\"visitorId\":\"v1\",\"searchText\":null}}";
	struct err e = {0};
	Utarg__V1__Publication *publication =
		(Utarg__V1__Publication *)parse(text, &utarg__v1__publication__descriptor, &e);
	assert_string_equal(e.text, "");
	const Utarg__V1__Event *event = publication->event;
	assert_int_equal(event->id.len, UUID_SIZE);
	assert_memory_equal(event->id.data,
			    "\x01\x90\xa6\xf0\x7b\x3c\x7d\xef\x81\x23\x45\x67\x89\xab\xcd\xef", 16);
	assert_int_equal(event->occurred_at_ms, 1790000000123);
	assert_int_equal(event->channel, UTARG__V1__CHANNEL__CHANNEL_APP);
	assert_int_equal(event->body_case, UTARG__V1__EVENT__BODY_PURCHASE);
	assert_int_equal(event->purchase->n_lines, 2);
	const Utarg__V1__OrderLine *line = event->purchase->lines[0];
	assert_int_equal(line->quantity, 3);
	assert_int_equal(line->known_gross_case,
			 UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR); // zero, yet known
	assert_int_equal(line->known_net_case, UTARG__V1__ORDER_LINE__KNOWN_NET__NOT_SET);
	assert_int_equal(event->purchase->lines[1]->net_minor, -7);
	assert_string_equal(publication->subject->search_text, "");
	char *out = dump(json_from_message(&publication->base));
	assert_string_equal(
		out,
		"{\"event\":{\"id\":\"AZCm8Hs8fe+BI0VniavN7w==\",\"source\":\"shop/checkout\","
		"\"occurredAtMs\":\"1790000000123\",\"shop\":\"demo\",\"consent\":{\"analytics\":\"CHOICE_"
		"GRANTED\"},"
		"\"channel\":\"CHANNEL_APP\",\"purchase\":{\"orderId\":\"A-1\",\"lines\":[{\"sku\":\"x\","
		"\"quantity\":\"3\",\"grossMinor\":\"0\",\"taxRateBp\":2300},{\"sku\":\"zaż\",\"quantity\":"
		"\"1\","
		"\"netMinor\":\"-7\"}]}},\"subject\":{\"visitorId\":\"v1\"}}");
	free(out);
	protobuf_c_message_free_unpacked(&publication->base, NULL);
}

static void full_output_shows_every_key(void **state)
{
	(void)state;
	Utarg__V1__OfferListReply none = UTARG__V1__OFFER_LIST_REPLY__INIT;
	char *text = dump(json_from_message_full(&none.base));
	assert_string_equal(text, "{\"offers\":[]}");
	free(text);
	Utarg__V1__Counter counter = UTARG__V1__COUNTER__INIT;
	text = dump(json_from_message_full(&counter.base));
	assert_string_equal(
		text, "{\"name\":\"\",\"help\":\"\",\"kind\":\"COUNTER_KIND_UNSPECIFIED\",\"value\":\"0\"}");
	free(text);
	Utarg__V1__ReadyReply ready = UTARG__V1__READY_REPLY__INIT;
	text = dump(json_from_message_full(&ready.base));
	assert_string_equal(text, "{\"ready\":false,\"reason\":\"\",\"code\":\"OK\"}");
	free(text);
	text = dump(json_from_message(&ready.base));
	assert_string_equal(text, "{}");
	free(text);
	Utarg__V1__Offer offer =
		UTARG__V1__OFFER__INIT; // absent messages and unchosen fields have no default
	text = dump(json_from_message_full(&offer.base));
	assert_string_equal(text, "{\"sku\":\"\",\"sinceMs\":\"0\",\"revision\":\"0\","
				  "\"prices\":[],\"stocks\":[],\"reductions\":[]}");
	free(text);
}

static void broken_strings_stay_readable(void **state)
{
	(void)state;
	Utarg__V1__ReadyReply ready = UTARG__V1__READY_REPLY__INIT;
	ready.reason = (char[]){"caf\xe9"};
	char *text = dump(json_from_message(&ready.base));
	assert_string_equal(text, "{\"reason\":\"caf?\"}");
	free(text);
	ready.reason = NULL;
	text = dump(json_from_message(&ready.base));
	assert_string_equal(text, "{}");
	free(text);
}

struct refusal {
	const char *text;
	const char *field;
	enum err_code code;
};

static void refuse_all(const struct refusal *rows, size_t count, const ProtobufCMessageDescriptor *descriptor)
{
	for (size_t i = 0; i < count; i++) {
		struct err e = {0};
		if (parse(rows[i].text, descriptor, &e))
			fail_msg("%s passed", rows[i].text);
		assert_string_equal(e.field, rows[i].field);
		assert_int_equal(e.code, rows[i].code);
		assert_true(strlen(e.text) > 5);
		assert_null(parse(rows[i].text, descriptor, NULL));
	}
}

static void what_does_not_fit_is_refused_with_its_path(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{"{\"evnt\":{}}", "evnt", ERR_BAD_FIELD},
		{"{\"event\":{\"Shop\":\"x\"}}", "event.Shop", ERR_BAD_FIELD},
		{"{\"event\":{\"shop\":1}}", "event.shop", ERR_BAD_FIELD},
		{"{\"event\":{\"test\":\"true\"}}", "event.test", ERR_BAD_FIELD},
		{"{\"event\":{\"test\":1}}", "event.test", ERR_BAD_FIELD},
		{"{\"event\":[]}", "event", ERR_BAD_FIELD},
		{"{\"event\":{\"id\":\"???\"}}", "event.id", ERR_BAD_FIELD},
		{"{\"event\":{\"id\":\"0190a6f0-7b3c-7def-8123-456789abcde\"}}", "event.id", ERR_BAD_FIELD},
		{"{\"event\":{\"id\":16}}", "event.id", ERR_BAD_FIELD},
		{"{\"event\":{\"channel\":\"WEB\"}}", "event.channel", ERR_BAD_FIELD},
		{"{\"event\":{\"channel\":\"2\"}}", "event.channel", ERR_BAD_FIELD},
		{"{\"event\":{\"channel\":2147483648}}", "event.channel", ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":1.5}}", "event.occurred_at_ms", ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":\"9223372036854775808\"}}", "event.occurred_at_ms",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":1e300}}", "event.occurred_at_ms", ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":\"\"}}", "event.occurred_at_ms", ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":true}}", "event.occurred_at_ms", ERR_BAD_FIELD},
		{"{\"event\":{\"occurredAtMs\":1,\"occurred_at_ms\":1}}", "event.occurred_at_ms",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"pageView\":{},\"viewItem\":{}}}", "event.view_item", ERR_BAD_FIELD},
		{"{\"event\":{\"heartbeat\":{\"foregroundMs\":-1}}}", "event.heartbeat.foreground_ms",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"heartbeat\":{\"foregroundMs\":4294967296}}}", "event.heartbeat.foreground_ms",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"purchase\":{\"lines\":{}}}}", "event.purchase.lines", ERR_BAD_FIELD},
		{"{\"event\":{\"purchase\":{\"lines\":[{},{\"sku\":[]}]}}}", "event.purchase.lines[1].sku",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"purchase\":{\"lines\":[{},null]}}}", "event.purchase.lines[1]",
		 ERR_BAD_FIELD},
		{"{\"event\":{\"viewItemList\":{\"skus\":[\"a\",\"b\",3]}}}", "event.view_item_list.skus[2]",
		 ERR_BAD_FIELD},
		{"[]", "", ERR_BAD_FIELD},
	};
	refuse_all(rows, sizeof(rows) / sizeof(rows[0]), &utarg__v1__publication__descriptor);
	static const struct refusal counts[] = {
		{"{\"epoch\":-1}", "epoch", ERR_BAD_FIELD},
		{"{\"epoch\":\"-1\"}", "epoch", ERR_BAD_FIELD},
		{"{\"epoch\":\"18446744073709551616\"}", "epoch", ERR_BAD_FIELD},
		{"{\"epoch\":\"\"}", "epoch", ERR_BAD_FIELD},
		{"{\"epoch\":\"1 \"}", "epoch", ERR_BAD_FIELD},
	};
	refuse_all(counts, sizeof(counts) / sizeof(counts[0]), &utarg__v1__shop__descriptor);
}

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{"", "", ERR_BAD_PROTO},
		{"{", "", ERR_BAD_PROTO},
		{"{}{}", "", ERR_BAD_PROTO},
		{"{\"event\":{},\"event\":{}}", "", ERR_BAD_PROTO},
		{"{\"event\":{\"shop\":\"\xff\"}}", "", ERR_BAD_PROTO},
		{"{\"event\":{\"shop\":\"a\\u0000b\"}}", "", ERR_BAD_PROTO},
		{"{\"event\":{\"occurredAtMs\":99999999999999999999}}", "", ERR_BAD_PROTO},
		{"{'event':{}}", "", ERR_BAD_PROTO},
	};
	refuse_all(rows, sizeof(rows) / sizeof(rows[0]), &utarg__v1__publication__descriptor);
	assert_null(json_parse_message("{}\0{}", 5, &utarg__v1__publication__descriptor, NULL));
	char deep[5000];
	memset(deep, '[', sizeof(deep));
	assert_null(json_parse_message(deep, sizeof(deep), &utarg__v1__publication__descriptor, NULL));
}

static void a_nul_inside_is_refused(void **state)
{
	(void)state;
	struct err e = {0};
	json_t *json = json_pack("{s:s%}", "slug", "a\0b", 3);
	assert_non_null(json);
	assert_null(json_to_message(json, &utarg__v1__shop__descriptor, &e));
	assert_int_equal(e.code, ERR_BAD_UTF8);
	assert_string_equal(e.field, "slug");
	json_decref(json);
}

static void extremes_and_spellings_pass(void **state)
{
	(void)state;
	Utarg__V1__Shop *shop = (Utarg__V1__Shop *)parse(
		"{\"epoch\":\"18446744073709551615\",\"headSeq\":9223372036854775807,"
		"\"created_at_ms\":\"-9223372036854775808\"}",
		&utarg__v1__shop__descriptor, NULL);
	assert_true(shop->epoch == UINT64_MAX);
	assert_true(shop->head_seq == INT64_MAX);
	assert_true(shop->created_at_ms == INT64_MIN);
	protobuf_c_message_free_unpacked(&shop->base, NULL);
	Utarg__V1__Event *event =
		(Utarg__V1__Event *)parse("{\"id\":\"\",\"channel\":99,\"heartbeat\":{\"foregroundMs\":"
					  "\"4294967295\"},\"purchase\":null}",
					  &utarg__v1__event__descriptor, NULL);
	assert_int_equal(event->channel, 99); // enums are open
	assert_int_equal(event->id.len, 0);
	assert_int_equal(event->heartbeat->foreground_ms, UINT32_MAX);
	char *text = dump(json_from_message(&event->base));
	assert_string_equal(text, "{\"channel\":99,\"heartbeat\":{\"foregroundMs\":4294967295}}");
	free(text);
	protobuf_c_message_free_unpacked(&event->base, NULL);
	event = (Utarg__V1__Event *)parse("{\"id\":\"AZCm8Hs8fe-BI0VniavN7w\"}",
					  &utarg__v1__event__descriptor, NULL);
	assert_int_equal(event->id.len, 16);
	protobuf_c_message_free_unpacked(&event->base, NULL);
}

// A random message in the wire format, by the descriptor alone: so no helper for each of a hundred types.
static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % sides;
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t size = 0;
	for (; value > 127; value >>= 7)
		out[size++] = (uint8_t)(value | 128);
	out[size++] = (uint8_t)value;
	return size;
}

static size_t random_message(const ProtobufCMessageDescriptor *descriptor, uint8_t *out, int depth);

static size_t random_field(const ProtobufCFieldDescriptor *field, uint8_t *out, int depth)
{
	static const uint64_t numbers[] = {
		0, 1, 127, 128, INT32_MAX, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
	static const char *const texts[] = {
		"", "x", "demo", "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87 \"quoted\"\n", "\xf0\x9f\x98\x80"};
	bool is_bytes = field->type == PROTOBUF_C_TYPE_BYTES,
	     is_string = field->type == PROTOBUF_C_TYPE_STRING;
	bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
	size_t used =
		put_varint(out, (uint64_t)field->id << 3 | (is_bytes || is_string || is_message ? 2 : 0));
	if (is_message) {
		static uint8_t inner[4][1 << 16];
		size_t size = random_message(field->descriptor, inner[depth], depth + 1);
		used += put_varint(out + used, size);
		memcpy(out + used, inner[depth], size);
		return used + size;
	}
	if (is_bytes) {
		size_t size = roll(40);
		used += put_varint(out + used, size);
		for (size_t i = 0; i < size; i++)
			out[used++] = (uint8_t)roll(256);
		return used;
	}
	if (is_string) {
		const char *text = texts[roll(5)];
		used += put_varint(out + used, strlen(text));
		memcpy(out + used, text, strlen(text));
		return used + strlen(text);
	}
	uint64_t number = field->type == PROTOBUF_C_TYPE_BOOL ? roll(2) : numbers[roll(9)];
	if (field->type == PROTOBUF_C_TYPE_ENUM || field->type == PROTOBUF_C_TYPE_UINT32)
		number &= INT32_MAX;
	return used + put_varint(out + used, number);
}

static size_t random_message(const ProtobufCMessageDescriptor *descriptor, uint8_t *out, int depth)
{
	size_t used = 0;
	uint32_t share = descriptor->n_fields > 40 ? 20 : 2; // of the many bodies only a few
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
		uint32_t times = roll(share) == 0 ? 1 : 0;
		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			times *= roll(4);
		for (; times > 0 && used < 4000 && !(is_message && depth == 4); times--)
			used += random_field(field, out + used, depth);
	}
	return used;
}

static void comes_back(const ProtobufCMessageDescriptor *descriptor,
		       json_t *(*write)(const ProtobufCMessage *))
{
	static uint8_t wire[1 << 18];
	ProtobufCMessage *message =
		protobuf_c_message_unpack(descriptor, NULL, random_message(descriptor, wire, 0), wire);
	assert_non_null(message);
	json_t *json = write(message);
	struct err e = {0};
	char *text = json_dumps(json, 0);
	ProtobufCMessage *back = json_parse_message(text, strlen(text), descriptor, &e);
	assert_string_equal(e.text, "");
	size_t size = protobuf_c_message_get_packed_size(message);
	assert_int_equal(protobuf_c_message_get_packed_size(back), size);
	uint8_t *before = malloc(size + 1), *after = malloc(size + 1);
	protobuf_c_message_pack(message, before);
	protobuf_c_message_pack(back, after);
	assert_memory_equal(before, after, size);
	free(before);
	free(after);
	free(text);
	json_decref(json);
	protobuf_c_message_free_unpacked(message, NULL);
	protobuf_c_message_free_unpacked(back, NULL);
}

static void any_message_comes_back(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *const descriptors[] = {
		&utarg__v1__publication__descriptor, &utarg__v1__event__descriptor,
		&utarg__v1__request__descriptor, &utarg__v1__reply__descriptor};
	for (uint64_t round = 0; round < 800; round++) {
		seed = round * 1000003;
		comes_back(descriptors[round % 4], round & 4 ? json_from_message : json_from_message_full);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_publication_is_read_and_written),
		cmocka_unit_test(full_output_shows_every_key),
		cmocka_unit_test(broken_strings_stay_readable),
		cmocka_unit_test(what_does_not_fit_is_refused_with_its_path),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_nul_inside_is_refused),
		cmocka_unit_test(extremes_and_spellings_pass),
		cmocka_unit_test(any_message_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
