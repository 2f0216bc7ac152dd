// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The pure parts: bytes of an outbox's files, requests written round publications, epochs of shops.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/publisher/epochs.h"
#include "common/publisher/frame.h"
#include "tests/unit/publisher/helper_events.h"

#include "utarg/v1/service.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[RECORD_KEY_SIZE] = "0123456789abcde";

static struct slice text(const char *bytes)
{
	return (struct slice){.data = (const uint8_t *)bytes, .size = strlen(bytes)};
}

static size_t write_three(uint8_t *out)
{
	size_t size = 0;
	const char *bodies[] = {"first", "", "the third"};
	for (uint64_t i = 0; i < 3; i++) {
		const struct record record = {.kind = RECORD_EVENT, .number = i + 7, .body = text(bodies[i])};
		record_write(key, &record, out + size);
		size += record_size(record.body.size);
	}
	return size;
}

static void records_come_back(void **state)
{
	(void)state;
	uint8_t bytes[256];
	struct slice rest = {.data = bytes, .size = write_three(bytes)};
	struct record record;
	assert_true(record_next(key, &rest, &record));
	assert_int_equal(record.number, 7);
	assert_memory_equal(record.body.data, "first", 5);
	assert_true(record_next(key, &rest, &record));
	assert_int_equal(record.body.size, 0);
	assert_true(record_next(key, &rest, &record));
	assert_int_equal(record.number, 9);
	assert_false(record_next(key, &rest, &record));
	assert_int_equal(rest.size, 0);
}

static void a_flip_anywhere_is_noticed_and_the_next_is_found(void **state)
{
	(void)state;
	uint8_t bytes[256];
	const size_t size = write_three(bytes), first = record_size(5);
	for (size_t bit = 0; bit < first * 8; bit++) {
		struct slice rest = {.data = bytes, .size = size};
		struct record record;
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(record_next(key, &rest, &record));
		assert_ptr_equal(rest.data, bytes);
		assert_true(record_find(key, &rest));
		assert_ptr_equal(rest.data, bytes + first);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void another_files_records_are_none(void **state)
{
	(void)state;
	uint8_t bytes[256], other[RECORD_KEY_SIZE] = "another file's";
	struct slice rest = {.data = bytes, .size = write_three(bytes)};
	struct record record;
	assert_false(record_next(other, &rest, &record));
	assert_false(record_find(other, &rest));
}

static void a_file_head_is_told_from_others(void **state)
{
	(void)state;
	uint8_t head[RECORD_FILE_HEAD_SIZE], found[RECORD_KEY_SIZE];
	record_file_head(key, head);
	assert_true(record_file_key((struct slice){.data = head, .size = sizeof(head)}, found));
	assert_memory_equal(found, key, sizeof(key));
	assert_false(record_file_key((struct slice){.data = head, .size = sizeof(head) - 1}, found));
	head[14]++; // another version
	assert_false(record_file_key((struct slice){.data = head, .size = sizeof(head)}, found));
}

static void a_refusal_comes_back_and_is_bounded_by_its_body(void **state)
{
	(void)state;
	uint8_t bytes[256];
	const struct record_refused refused = {.code = ERR_BAD_TIME,
					       .refused_at_ms = 1795689211168,
					       .field = text("occurred_at_ms"),
					       .message = text("before 1990"),
					       .event = {.origin = 3, .tag = 99, .publication = text("abc")}};
	struct record_refused got;
	const size_t size = record_refused_size(&refused);
	record_refused_write(&refused, bytes);
	assert_true(record_refused_read((struct slice){.data = bytes, .size = size}, &got));
	assert_int_equal(got.code, ERR_BAD_TIME);
	assert_int_equal(got.refused_at_ms, refused.refused_at_ms);
	assert_memory_equal(got.message.data, "before 1990", got.message.size);
	assert_int_equal(got.event.tag, 99);
	assert_memory_equal(got.event.publication.data, "abc", got.event.publication.size);
	for (size_t cut = 0; cut < size - 3; cut++) {
		uint8_t *exact = malloc(cut + 1); // so that reading beyond is seen
		memcpy(exact, bytes, cut);
		assert_false(record_refused_read((struct slice){.data = exact, .size = cut}, &got));
		free(exact);
	}
}

// ---- requests --------------------------------------------------------------------------------------------

static void a_request_is_what_protobuf_reads(void **state)
{
	(void)state;
	for (uint32_t count = 0; count < 40; count++) {
		static uint8_t events[40][EVENT_BYTES_MAX], out[40 * EVENT_BYTES_MAX];
		struct frame frame = {.request_id = UINT64_C(1) << count, .sent_at_ms = 1795689211168};
		size_t sizes[40];
		frame.origin = (int)(count % 4);
		for (uint32_t i = 0; i < count; i++) {
			sizes[i] = event_bytes("demo", i * 37, events[i]);
			frame.publications_size += frame_publication_size(sizes[i]);
		}
		uint8_t *at = frame_write_head(&frame, out);
		for (uint32_t i = 0; i < count; i++)
			at = frame_write_publication((struct slice){.data = events[i], .size = sizes[i]}, at);
		at = frame_write_end(&frame, at);
		assert_int_equal(at - out, frame_size(&frame));
		Utarg__V1__Request *request = utarg__v1__request__unpack(NULL, (size_t)(at - out), out);
		assert_non_null(request);
		assert_int_equal(request->request_id, frame.request_id);
		assert_int_equal(request->publish->sent_at_ms, frame.sent_at_ms);
		assert_int_equal(request->publish->origin, frame.origin);
		assert_int_equal(request->publish->n_publications, count);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(request->publish->publications[i]->event->occurred_at_ms,
					 1795689211168 + i * 37);
		utarg__v1__request__free_unpacked(request, NULL);
	}
}

static void what_breaks_a_request_is_refused(void **state)
{
	(void)state;
	static uint8_t large[RECORD_PUBLICATION_MAX + 1];
	uint8_t bytes[EVENT_BYTES_MAX];
	struct frame_event event;
	struct err e = {0};
	const size_t size = event_bytes("demo", 5, bytes);
	assert_true(frame_read_event((struct slice){.data = bytes, .size = size}, &event, &e));
	assert_int_equal(event.id.size, 16);
	assert_memory_equal(event.shop.data, "demo", event.shop.size);
	assert_false(frame_read_event((struct slice){.data = bytes, .size = size - 1}, &event, &e));
	assert_int_equal(e.code, ERR_BAD_PROTO);
	assert_false(frame_read_event((struct slice){.data = bytes, .size = 0}, &event, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	assert_false(frame_read_event((struct slice){.data = large, .size = sizeof(large)}, &event, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void epochs_only_rise(void **state)
{
	(void)state;
	struct epochs epochs = {0};
	assert_true(epochs_take(&epochs, text("demo"), 1));
	assert_true(epochs_take(&epochs, text("demo"), 3));
	assert_false(epochs_take(&epochs, text("demo"), 2));
	assert_true(epochs_take(&epochs, text("demo"), 0)); // a refusal has none
	assert_true(epochs_take(&epochs, text("demo"), 3));
	assert_true(epochs_take(&epochs, text("other"), 1));
	for (int i = 0; i < 2 * EPOCHS_SHOPS_MAX; i++) {
		char shop[32];
		snprintf(shop, sizeof(shop), "shop-%d", i);
		assert_true(epochs_take(&epochs, text(shop), 7));
	}
	epochs_fini(&epochs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(a_flip_anywhere_is_noticed_and_the_next_is_found),
		cmocka_unit_test(another_files_records_are_none),
		cmocka_unit_test(a_file_head_is_told_from_others),
		cmocka_unit_test(a_refusal_comes_back_and_is_bounded_by_its_body),
		cmocka_unit_test(a_request_is_what_protobuf_reads),
		cmocka_unit_test(what_breaks_a_request_is_refused),
		cmocka_unit_test(epochs_only_rise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
