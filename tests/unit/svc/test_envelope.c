// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The envelope scanner against honest, broken and hostile bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/svc/envelope.h"

#include <string.h>

#include "utarg/v1/service.pb-c.h"

static void a_request_is_read_without_its_body(void **state)
{
	(void)state;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__SnapshotRequest snapshot = UTARG__V1__SNAPSHOT_REQUEST__INIT;
	char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", somebody[] = "gateway";
	char prefix[] = "kpi/";
	uint8_t bytes[256];
	struct envelope got;
	struct err e = {0};

	snapshot.topic_prefix = prefix;
	request.request_id = UINT64_MAX;
	request.deadline_ms = 2500;
	request.traceparent = trace;
	request.on_behalf_of = somebody;
	request.body_case = UTARG__V1__REQUEST__BODY_SNAPSHOT;
	request.snapshot = &snapshot;
	const size_t size = utarg__v1__request__pack(&request, bytes);
	assert_true(envelope_scan((struct slice){bytes, size}, &got, &e));
	assert_true(got.request_id == UINT64_MAX);
	assert_int_equal(got.deadline_ms, 2500);
	assert_memory_equal(got.traceparent.data, trace, got.traceparent.size);
	assert_int_equal(got.traceparent.size, strlen(trace));
	assert_memory_equal(got.on_behalf_of.data, somebody, got.on_behalf_of.size);
	assert_int_equal(got.body, 31);
	assert_int_equal(got.body_bytes.size, 6);
	// Cut anywhere it is broken or lacks its body, and never read beyond its end.
	for (size_t cut = 0; cut < size; cut++)
		assert_false(envelope_scan((struct slice){bytes, cut}, &got, &e));
}

struct row {
	const char *what;
	const char *bytes;
	size_t size;
	enum err_code code; // ERR_OK: body is expected
	uint32_t body;
	uint64_t request_id;
};
#define BYTES(text) text, sizeof(text) - 1

static void every_fault_has_its_code(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"nothing", BYTES(""), ERR_MISSING_FIELD, 0, 0},
		{"an id alone", BYTES("\x08\x05"), ERR_MISSING_FIELD, 0, 5},
		{"empty body", BYTES("\x08\x05\x52\x00"), ERR_OK, 10, 5},
		{"body before the id", BYTES("\x52\x00\x08\x05"), ERR_OK, 10, 5},
		{"body of a stranger", BYTES("\x08\x05\xfa\x3f\x00"), ERR_OK, 1023, 5},
		{"fields of a newer envelope", BYTES("\x08\x05\x28\x01\x32\x01x\x52\x00"), ERR_OK, 10, 5},
		{"two ids", BYTES("\x08\x05\x08\x06\x52\x00"), ERR_BAD_PROTO, 0, 5},
		{"two bodies", BYTES("\x08\x05\x52\x00\x5a\x00"), ERR_BAD_PROTO, 10, 5},
		{"one body twice", BYTES("\x52\x00\x52\x00"), ERR_BAD_PROTO, 10, 0},
		{"a body that is a number", BYTES("\x08\x05\x50\x01"), ERR_BAD_PROTO, 0, 5},
		{"an id that is a text", BYTES("\x0a\x01x\x52\x00"), ERR_BAD_PROTO, 0, 0},
		{"a text that is a number", BYTES("\x18\x01\x52\x00"), ERR_BAD_PROTO, 0, 0},
		{"a group", BYTES("\x08\x05\x0b\x0c"), ERR_BAD_PROTO, 0, 5},
		{"field 0", BYTES("\x00\x05"), ERR_BAD_PROTO, 0, 0},
		{"a length behind the end", BYTES("\x08\x05\x52\x7f"), ERR_BAD_PROTO, 0, 5},
		{"a length of 2^64 - 1", BYTES("\x52\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ERR_BAD_PROTO,
		 0, 0},
		{"eleven bytes of varint", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		 ERR_BAD_PROTO, 0, 0},
		{"text", BYTES("GET / HTTP/1.1\r\n\r\n"), ERR_BAD_PROTO, 0, 0},
		{"a trace with a NUL", BYTES("\x1a\x02x\x00\x52\x00"), ERR_BAD_UTF8, 0, 0},
		{"a trace that is not UTF-8", BYTES("\x1a\x01\xff\x52\x00"), ERR_BAD_UTF8, 0, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct envelope got;
		struct err e = {0};
		const bool scanned =
			envelope_scan((struct slice){(const uint8_t *)row->bytes, row->size}, &got, &e);
		if (e.code != row->code)
			print_error("%s: %s\n", row->what, err_name(e.code));
		assert_int_equal(e.code, row->code);
		assert_int_equal(scanned, row->code == ERR_OK);
		assert_int_equal(got.body, row->body);
		assert_int_equal(got.request_id, row->request_id);
	}
}

static void long_texts_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[600];
	struct envelope got;
	struct err e = {0};
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "\x22\x81\x02", 3); // 257 bytes of on_behalf_of
	memcpy(bytes + 3 + 257, "\x52\x00", 2);
	assert_false(envelope_scan((struct slice){bytes, 3 + 257 + 2}, &got, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	assert_string_equal(e.field, "on_behalf_of");
}

static bool check(const ProtobufCMessageDescriptor *descriptor, const char *bytes, size_t size, struct err *e)
{
	*e = (struct err){0};
	return envelope_check_texts(descriptor, (struct slice){(const uint8_t *)bytes, size}, e);
}

static void texts_are_checked_at_any_depth(void **state)
{
	(void)state;
	struct err e;
	const ProtobufCMessageDescriptor *kpi = &utarg__v1__kpi_request__descriptor;
	const ProtobufCMessageDescriptor *reply = &utarg__v1__kpi_reply__descriptor;

	assert_true(check(kpi, BYTES("\x0a\x04shop\x12\x02gm\x12\x02\xc4\x87"), &e));
	assert_false(check(kpi, BYTES("\x0a\x04shop\x12\x02gm\x12\x01\xc4"), &e));
	assert_int_equal(e.code, ERR_BAD_UTF8);
	assert_string_equal(e.field, "kpis");
	assert_false(check(kpi, BYTES("\x0a\x02s\x00"), &e));
	assert_string_equal(e.field, "shop");
	assert_true(check(reply, BYTES("\x0a\x03\x0a\x01s"), &e));
	assert_false(check(reply, BYTES("\x0a\x03\x0a\x01\xff"), &e));
	assert_string_equal(e.field, "figures.shop");
	// Unknown fields, other types and broken bytes are the decoder's business.
	assert_true(check(kpi, BYTES("\xfa\x3f\x01\xff\x08\x01"), &e));
	assert_true(check(kpi, BYTES("\x0a\x7fs"), &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_without_its_body),
		cmocka_unit_test(every_fault_has_its_code),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(texts_are_checked_at_any_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
