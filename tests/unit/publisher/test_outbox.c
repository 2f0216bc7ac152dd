// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is put stays: across closing, torn ends, flipped bits, a full outbox and a full disk.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "tests/unit/publisher/helper_events.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 5000, SMALL_BYTES = 64 * 1024 };

static uint32_t events[MANY];
static uint64_t numbers[MANY];

static int start(void **state)
{
	char *place = malloc(PLACE_SIZE);
	place_make(place);
	*state = place;
	return 0;
}

static int stop(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

static void expect_range(struct outbox *outbox, uint32_t first, uint32_t count)
{
	assert_int_equal(waiting_events(outbox, events, NULL, MANY), count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(events[i], first + i);
}

static void settle_all(struct outbox *outbox)
{
	struct err e = {0};
	const size_t count = waiting_events(outbox, events, numbers, MANY);
	for (size_t i = 0; i < count; i++)
		outbox_settle(outbox, numbers[i]);
	assert_true(outbox_note(outbox, &e));
	assert_int_equal(outbox_counts(outbox).waiting, 0);
}

static void what_is_put_is_there_after_opening_again(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	put_events(outbox, 0, 100);
	expect_range(outbox, 0, 100);
	put_events(outbox, 100, 50);
	outbox_close(outbox);
	outbox = open_outbox(*state, 0);
	expect_range(outbox, 0, 150);
	put_events(outbox, 150, 1);
	expect_range(outbox, 0, 151);
	settle_all(outbox);
	outbox_close(outbox);
	assert_int_equal(place_count(*state, ".seg"), 0);
	assert_int_equal(place_count(*state, ".done"), 0);
}

static void nothing_is_given_before_it_is_synced(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct outbox_item item;
	struct err e = {0};
	uint8_t bytes[EVENT_BYTES_MAX];
	struct record_event event = {.origin = 2, .tag = 10};
	event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", 1, bytes)};
	assert_true(outbox_add(outbox, &event, NULL, &e));
	assert_false(outbox_next(outbox, &item, &e));
	assert_true(outbox_sync(outbox, &e));
	assert_true(outbox_next(outbox, &item, &e));
	assert_false(outbox_next(outbox, &item, &e)); // each once
	outbox_close(outbox);
}

static void segments_go_when_all_of_them_is_settled(void **state)
{
	struct outbox *outbox = open_outbox(*state, 512 * 1024); // segments of 32 KiB
	struct err e = {0};
	put_events(outbox, 0, 1000);
	const int full = place_count(*state, ".seg");
	assert_true(full > 5);
	assert_int_equal(waiting_events(outbox, events, numbers, MANY), 1000);
	for (size_t i = 0; i < 1000; i += 2)
		outbox_settle(outbox, numbers[i]);
	assert_true(outbox_note(outbox, &e));
	assert_int_equal(place_count(*state, ".seg"), full);
	for (size_t i = 1; i < 999; i += 2)
		outbox_settle(outbox, numbers[i]);
	assert_true(outbox_note(outbox, &e));
	assert_int_equal(place_count(*state, ".seg"), 1);
	assert_int_equal(waiting_events(outbox, events, numbers, MANY), 1);
	assert_int_equal(events[0], 999);
	outbox_close(outbox);
}

// A segment that is settled whole and still written to keeps its marks for what comes into it later.
static void a_settled_segment_may_get_more(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct err e = {0};
	put_events(outbox, 0, 5);
	settle_all(outbox);
	put_events(outbox, 5, 5);
	struct outbox *look = outbox_open(*state, &(struct outbox_options){.read_only = true}, &e);
	assert_non_null(look);
	expect_range(look, 5, 5);
	outbox_close(look);
	outbox_close(outbox);
}

static void settled_ones_stay_settled_in_any_order(void **state)
{
	struct dice dice = dice_new("settled_ones_stay_settled_in_any_order");
	bool settled[1000] = {0};
	struct outbox *outbox = open_outbox(*state, 1024 * 1024);
	struct err e = {0};
	put_events(outbox, 0, 1000);
	for (int round = 0; round < 6; round++) {
		const size_t count = waiting_events(outbox, events, numbers, MANY);
		for (size_t i = 0; i < count / 3; i++) {
			const size_t which = dice_below(&dice, (uint32_t)count);
			outbox_settle(outbox, numbers[which]);
			settled[events[which]] = true;
		}
		assert_true(outbox_note(outbox, &e));
		outbox_close(outbox);
		outbox = open_outbox(*state, 1024 * 1024);
		const size_t left = waiting_events(outbox, events, numbers, MANY);
		size_t expected = 0;
		for (size_t i = 0; i < 1000; i++)
			expected += !settled[i];
		assert_int_equal(left, expected);
		for (size_t i = 0; i < left; i++)
			assert_false(settled[events[i]]);
	}
	outbox_close(outbox);
}

// ---- damage ----------------------------------------------------------------------------------------------

static void a_torn_end_is_cut_at_every_byte(void **state)
{
	char name[PLACE_SIZE * 2], copy[PLACE_SIZE];
	struct outbox *outbox = open_outbox(*state, 0);
	put_events(outbox, 0, 4);
	outbox_close(outbox);
	const long before = place_find(*state, ".seg", name);
	outbox = open_outbox(*state, 0);
	put_events(outbox, 4, 1);
	outbox_close(outbox);
	const long whole = place_find(*state, ".seg", name);
	log_set_level(LOG_LEVEL_ERROR);
	for (long cut = before; cut < whole; cut++) {
		snprintf(copy, sizeof(copy), "%s.copy", (const char *)*state);
		place_copy(*state, copy);
		place_find(copy, ".seg", name);
		assert_int_equal(truncate(name, cut), 0);
		outbox = open_outbox(copy, 0);
		assert_int_equal(place_find(copy, ".seg", name), before);
		expect_range(outbox, 0, 4);
		put_events(outbox, 4, 2); // and what comes next is whole
		outbox_close(outbox);
		outbox = open_outbox(copy, 0);
		expect_range(outbox, 0, 6);
		assert_int_equal(outbox_counts(outbox).damaged, 0);
		outbox_close(outbox);
		place_remove(copy);
	}
}

static void flip(const char *name, long at, int bit)
{
	uint8_t byte;
	const int fd = open(name, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= (uint8_t)(1U << bit);
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

// Three events, the middle one from `from` to `to`.
static void make_three(const char *place, long *from, long *to, long *end)
{
	char name[PLACE_SIZE * 2];
	long *const ends[] = {from, to, end};
	for (uint32_t i = 0; i < 3; i++) {
		struct outbox *outbox = open_outbox(place, 0);
		put_events(outbox, i, 1);
		outbox_close(outbox);
		*ends[i] = place_find(place, ".seg", name);
	}
}

static void a_flipped_bit_costs_its_event_only_and_is_told(void **state)
{
	char name[PLACE_SIZE * 2], copy[PLACE_SIZE];
	long from, to, end;
	make_three(*state, &from, &to, &end);
	snprintf(copy, sizeof(copy), "%s.copy", (const char *)*state);
	log_set_level(LOG_LEVEL_ERROR);
	const int silent = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	for (long at = from; at < to; at++) {
		place_copy(*state, copy);
		place_find(copy, ".seg", name);
		flip(name, at, (int)(at % 8));
		dup2(null, STDERR_FILENO); // "outbox_damaged", once an opening
		struct outbox *outbox = open_outbox(copy, 0);
		dup2(silent, STDERR_FILENO);
		assert_int_equal(waiting_events(outbox, events, NULL, MANY), 2);
		assert_int_equal(events[0], 0);
		assert_int_equal(events[1], 2);
		assert_int_equal(outbox_counts(outbox).damaged, 1);
		put_events(outbox, 3, 1);
		settle_all(outbox);
		outbox_close(outbox);
		assert_int_equal(place_count(copy, ".seg"), 0);
		assert_int_equal(place_find(copy, ".damaged", name), end); // kept for a person
		place_remove(copy);
	}
	for (long at = to; at < end; at++) { // of the last: as torn
		place_copy(*state, copy);
		place_find(copy, ".seg", name);
		flip(name, at, (int)(at % 8));
		struct outbox *outbox = open_outbox(copy, 0);
		expect_range(outbox, 0, 2);
		outbox_close(outbox);
		place_remove(copy);
	}
	close(silent);
	close(null);
}

static void a_file_of_another_kind_is_not_touched(void **state)
{
	char name[PLACE_SIZE * 2];
	struct err e = {0};
	long from, to, end;
	make_three(*state, &from, &to, &end);
	place_find(*state, ".seg", name);
	flip(name, 3, 0);
	assert_null(outbox_open(*state, NULL, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(place_find(*state, ".seg", name), end);
	flip(name, 3, 0);
	struct outbox *outbox = open_outbox(*state, 0);
	expect_range(outbox, 0, 3);
	outbox_close(outbox);
}

static void torn_or_foreign_marks_lose_nothing(void **state)
{
	char name[PLACE_SIZE * 2], copy[PLACE_SIZE], other[PLACE_SIZE];
	struct err e = {0};
	struct outbox *outbox = open_outbox(*state, 0);
	put_events(outbox, 0, 10);
	for (uint64_t number = 1; number <= 9; number += 2) {
		outbox_settle(outbox, number);
		assert_true(outbox_note(outbox, &e));
	}
	outbox_close(outbox);
	const long size = place_find(*state, ".done", name);
	snprintf(copy, sizeof(copy), "%s.copy", (const char *)*state);
	for (long cut = 0; cut <= size; cut++) {
		place_copy(*state, copy);
		place_find(copy, ".done", name);
		assert_int_equal(truncate(name, cut), 0);
		outbox = open_outbox(copy, 0);
		const long marks = cut / (long)record_size(RECORD_SETTLED_SIZE);
		assert_int_equal(outbox_counts(outbox).waiting, 10 - marks);
		outbox_settle(outbox, 10); // marks behind a torn one can be read
		outbox_close(outbox);
		outbox = open_outbox(copy, 0);
		assert_int_equal(outbox_counts(outbox).waiting, 9 - marks);
		outbox_close(outbox);
		place_remove(copy);
	}
	// The same file names, another outbox: its events are not settled by ours.
	snprintf(other, sizeof(other), "%s.other", (const char *)*state);
	outbox = open_outbox(other, 0);
	put_events(outbox, 0, 10);
	outbox_close(outbox);
	place_copy(other, copy);
	place_copy(*state, other); // over it, marks and all ...
	place_copy(copy, other);   // ... and the other's events again
	outbox = open_outbox(other, 0);
	expect_range(outbox, 0, 10);
	outbox_close(outbox);
	place_remove(other);
	place_remove(copy);
}

static void marks_that_cannot_be_written_cost_a_repetition(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct err e = {0};
	char name[PLACE_SIZE * 2];
	put_events(outbox, 0, 3);
	snprintf(name, sizeof(name), "%s/0000000000000001.done", (const char *)*state);
	assert_int_equal(mkdir(name, 0700), 0);
	log_set_level(LOG_LEVEL_ERROR);
	outbox_settle(outbox, 1);
	assert_true(outbox_note(outbox, &e));
	assert_int_equal(outbox_counts(outbox).waiting, 2);
	outbox_close(outbox);
	assert_int_equal(rmdir(name), 0);
	outbox = open_outbox(*state, 0);
	expect_range(outbox, 0, 3);
	outbox_close(outbox);
}

// ---- limits ----------------------------------------------------------------------------------------------

static void a_full_outbox_is_busy_and_loses_nothing(void **state)
{
	struct outbox *outbox = open_outbox(*state, SMALL_BYTES);
	struct err e = {0};
	uint8_t bytes[EVENT_BYTES_MAX];
	uint32_t count = 0;
	for (;; count++) {
		struct record_event event = {.origin = 2, .tag = count * 10};
		event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", count, bytes)};
		if (!outbox_put(outbox, &event, NULL, &e))
			break;
		assert_true(count < 2000);
	}
	assert_int_equal(e.code, ERR_BUSY);
	assert_non_null(strstr(e.text, "full"));
	assert_true(outbox_counts(outbox).bytes <= SMALL_BYTES);
	expect_range(outbox, 0, count);
	outbox_close(outbox);
	outbox = open_outbox(*state, SMALL_BYTES);
	expect_range(outbox, 0, count);
	settle_all(outbox);
	put_events(outbox, 0, count / 2); // there is room again
	expect_range(outbox, 0, count / 2);
	settle_all(outbox);
	put_events(outbox, 0, count / 2); // also when all is in the last segment
	outbox_close(outbox);
}

static void a_full_disk_is_storage_low_and_leaves_no_half(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct err e = {0};
	uint8_t bytes[EVENT_BYTES_MAX];
	char name[PLACE_SIZE * 2];
	put_events(outbox, 0, 20);
	const long size = place_find(*state, ".seg", name);
	struct rlimit old, low;
	getrlimit(RLIMIT_FSIZE, &old);
	low = (struct rlimit){.rlim_cur = (rlim_t)size + 50, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &low);
	struct record_event event = {.origin = 2, .tag = 200};
	event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", 20, bytes)};
	const bool put = outbox_put(outbox, &event, NULL, &e);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(put);
	assert_int_equal(e.code, ERR_STORAGE_LOW);
	assert_int_equal(place_find(*state, ".seg", name), size);
	assert_true(outbox_put(outbox, &event, NULL, &e)); // when there is room again
	expect_range(outbox, 0, 21);
	outbox_close(outbox);
	outbox = open_outbox(*state, 0);
	expect_range(outbox, 0, 21);
	outbox_close(outbox);
}

static void one_process_at_a_time_and_others_may_look(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct err e = {0};
	char who[32];
	put_events(outbox, 0, 3);
	assert_null(outbox_open(*state, NULL, &e));
	assert_int_equal(e.code, ERR_BUSY);
	snprintf(who, sizeof(who), "process %ld", (long)getpid());
	assert_non_null(strstr(e.text, who));
	struct outbox *look = outbox_open(*state, &(struct outbox_options){.read_only = true}, &e);
	assert_non_null(look);
	expect_range(look, 0, 3);
	outbox_close(look);
	put_events(outbox, 3, 1);
	expect_range(outbox, 0, 4);
	outbox_close(outbox);
	outbox = open_outbox(*state, 0);
	outbox_close(outbox);
	assert_null(
		outbox_open("/tmp/utarg-no-such-outbox", &(struct outbox_options){.read_only = true}, &e));
}

// ---- refusals --------------------------------------------------------------------------------------------

static bool take_refused(void *context, uint64_t number, const struct record_refused *refused)
{
	size_t *count = context;
	assert_int_equal(number, 2 + *count);
	assert_int_equal(event_number(refused->event.publication), 1 + *count);
	assert_int_equal(refused->code, ERR_BAD_CURRENCY);
	assert_memory_equal(refused->message.data, "no such currency", refused->message.size);
	assert_true(refused->refused_at_ms > 0);
	++*count;
	return true;
}

static void expect_refused(struct outbox *outbox, size_t expected)
{
	struct err e = {0};
	size_t count = 0;
	assert_true(outbox_each_refused(outbox, take_refused, &count, &e));
	assert_int_equal(count, expected);
	assert_int_equal(outbox_counts(outbox).refused, expected);
}

static void what_is_refused_is_kept_with_its_reason(void **state)
{
	struct outbox *outbox = open_outbox(*state, 0);
	struct outbox_item item;
	struct err e = {0};
	char name[PLACE_SIZE * 2];
	static const char field[] = "purchase.currency", message[] = "no such currency";
	put_events(outbox, 0, 4);
	while (outbox_next(outbox, &item, &e)) {
		struct record_refused refused = {.code = ERR_BAD_CURRENCY, .event = item.event};
		refused.field = (struct slice){.data = (const uint8_t *)field, .size = strlen(field)};
		refused.message = (struct slice){.data = (const uint8_t *)message, .size = strlen(message)};
		if (item.number == 2 || item.number == 3)
			assert_true(outbox_refuse(outbox, item.number, &refused, &e));
		else
			outbox_settle(outbox, item.number);
	}
	assert_true(outbox_note(outbox, &e));
	expect_refused(outbox, 2);
	outbox_close(outbox);
	const long size = place_find(*state, "refused.log", name);
	assert_int_equal(truncate(name, size - 1), 0); // died while it wrote: it is sent and refused again
	log_set_level(LOG_LEVEL_ERROR);
	outbox = open_outbox(*state, 0);
	assert_int_equal(outbox_counts(outbox).waiting, 0);
	expect_refused(outbox, 1);
	assert_true(outbox_forget_refused(outbox, &e));
	expect_refused(outbox, 0);
	outbox_close(outbox);
	assert_int_equal(place_count(*state, "refused.log"), 0);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(what_is_put_is_there_after_opening_again),
		IN_A_PLACE(nothing_is_given_before_it_is_synced),
		IN_A_PLACE(segments_go_when_all_of_them_is_settled),
		IN_A_PLACE(a_settled_segment_may_get_more),
		IN_A_PLACE(settled_ones_stay_settled_in_any_order),
		IN_A_PLACE(a_torn_end_is_cut_at_every_byte),
		IN_A_PLACE(a_flipped_bit_costs_its_event_only_and_is_told),
		IN_A_PLACE(a_file_of_another_kind_is_not_touched),
		IN_A_PLACE(torn_or_foreign_marks_lose_nothing),
		IN_A_PLACE(marks_that_cannot_be_written_cost_a_repetition),
		IN_A_PLACE(a_full_outbox_is_busy_and_loses_nothing),
		IN_A_PLACE(a_full_disk_is_storage_low_and_leaves_no_half),
		IN_A_PLACE(one_process_at_a_time_and_others_may_look),
		IN_A_PLACE(what_is_refused_is_kept_with_its_reason),
	};
	log_init("test", LOG_LEVEL_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
