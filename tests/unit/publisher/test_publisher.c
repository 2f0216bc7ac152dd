// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The rules of publisher.h, one by one, and then all faults at once, against an ingest in the same thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "tests/unit/publisher/helper_ingest.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, NEVER_MS = 600000 };

struct fixture {
	struct ingest ingest;
	struct publisher *publisher;
	char place[PLACE_SIZE];
	uint32_t told[INGEST_EVENTS_MAX]; // results by tag
	enum err_code codes[INGEST_EVENTS_MAX];
	uint32_t told_count;
};

static void on_result(void *context, const struct publisher_result *result)
{
	struct fixture *f = context;
	assert_true(result->tag < INGEST_EVENTS_MAX);
	assert_non_null(result->id);
	assert_int_equal(record_number(result->id + 12, 4), result->tag);
	f->told[result->tag]++;
	f->codes[result->tag] = result->code;
	f->told_count++;
	if (result->code == ERR_OK || result->code == ERR_DUPLICATE)
		assert_int_equal(result->seq, f->ingest.seqs[result->tag]);
	else
		assert_string_equal(result->field, "page_view.title");
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	ingest_start(&f->ingest);
	place_make(f->place);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	publisher_destroy(f->publisher);
	ingest_stop(&f->ingest);
	place_remove(f->place);
	free(f);
	return 0;
}

static void make(struct fixture *f, struct publisher_options options)
{
	struct err e = {0};
	options.on_result = on_result;
	options.context = f;
	publisher_destroy(f->publisher);
	f->publisher = publisher_create(f->ingest.bus, bus_endpoint(f->ingest.router), &options, &e);
	assert_non_null(f->publisher);
}

static bool add(struct fixture *f, uint32_t number, struct err *e)
{
	uint8_t bytes[EVENT_BYTES_MAX];
	*e = (struct err){0};
	return publisher_add(f->publisher,
			     (struct slice){.data = bytes, .size = event_bytes("demo", number, bytes)},
			     number, e);
}

static void add_range(struct fixture *f, uint32_t first, uint32_t count)
{
	struct err e;
	for (uint32_t i = first; i < first + count; i++)
		assert_true(add(f, i, &e));
}

static struct asked expect(struct fixture *f)
{
	return ingest_expect(&f->ingest, f->publisher);
}

// Turns until so many results were told.
static void await_told(struct fixture *f, uint32_t count)
{
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct err e = {0};
	while (f->told_count < count) {
		assert_true(clock_monotonic_ms() < until_ms);
		assert_true(publisher_wait(f->publisher, 5, &e));
	}
	assert_int_equal(f->told_count, count);
}

static void await_late(struct fixture *f, uint64_t count)
{
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct err e = {0};
	while (publisher_stats(f->publisher).late_answers < count) {
		assert_true(clock_monotonic_ms() < until_ms);
		assert_true(publisher_wait(f->publisher, 5, &e));
	}
}

static void expect_events(const struct asked *asked, const uint32_t *events, size_t count)
{
	assert_int_equal(asked_count(asked), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(asked_event(asked, i), events[i]);
}

// ---- one by one ------------------------------------------------------------------------------------------

static void one_event_goes_at_once_and_company_waits_for_its_answer(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS});
	add_range(f, 0, 1);
	struct asked first = expect(f);
	expect_events(&first, (uint32_t[]){0}, 1);
	add_range(f, 1, 3);
	ingest_answer(&f->ingest, &first, NULL);
	struct asked second = expect(f);
	expect_events(&second, (uint32_t[]){1, 2, 3}, 3);
	ingest_answer(&f->ingest, &second, NULL);
	await_told(f, 4);
	assert_int_equal(publisher_unanswered(f->publisher), 0);
	assert_int_equal(publisher_due_ms(f->publisher), -1);
	asked_free(&first);
	asked_free(&second);
}

static void a_full_window_is_busy(void **state)
{
	struct fixture *f = *state;
	struct err e;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .batch_events = 5, .window = 3});
	add_range(f, 0, 15);
	assert_false(add(f, 15, &e));
	assert_int_equal(e.code, ERR_BUSY);
	struct asked first = expect(f), second = expect(f), third = expect(f), none;
	assert_true(publisher_turn(f->publisher, &e));
	assert_false(ingest_receive(&f->ingest, &none));
	ingest_answer(&f->ingest, &second, NULL); // in whatever order
	await_told(f, 5);
	add_range(f, 15, 5);
	struct asked fourth = expect(f);
	expect_events(&fourth, (uint32_t[]){15, 16, 17, 18, 19}, 5);
	asked_free(&first);
	asked_free(&second);
	asked_free(&third);
	asked_free(&fourth);
}

static void a_request_is_bounded_in_bytes_and_has_one_origin(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .batch_bytes = 1000});
	add_range(f, 290, 5); // of 330 bytes and more
	struct asked first = expect(f);
	assert_int_equal(asked_count(&first), 2);
	assert_int_equal(first.request->publish->origin, UTARG__V1__ORIGIN__ORIGIN_UNSPECIFIED);
	asked_free(&first);
	make(f,
	     (struct publisher_options){.answer_ms = NEVER_MS, .origin = UTARG__V1__ORIGIN__ORIGIN_SERVER});
	struct asked none;
	while (ingest_receive(&f->ingest, &none)) // the rest of the first publisher's
		asked_free(&none);
	add_range(f, 0, 2);
	publisher_set_origin(f->publisher, UTARG__V1__ORIGIN__ORIGIN_IMPORT);
	add_range(f, 2, 1);
	for (uint32_t found = 0; found < 2;) {
		struct asked asked = expect(f);
		if (asked_event(&asked, 0) < 290) {
			assert_int_equal(asked.request->publish->origin, found == 0 ? 2 : 3);
			assert_int_equal(asked_count(&asked), found == 0 ? 2 : 1);
			ingest_answer(&f->ingest, &asked, NULL);
			found++;
		}
		asked_free(&asked);
	}
}

static void a_partly_busy_request_keeps_just_those(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .batch_events = 8, .backoff_ms = 2});
	add_range(f, 0, 8);
	struct asked first = expect(f);
	ingest_answer(
		&f->ingest, &first,
		(int[]){0, ERR_BUSY, 0, ERR_DRAINING, ERR_BAD_TIME, ERR_STORAGE_LOW, ERR_INTERNAL, 999});
	struct asked second = expect(f);
	expect_events(&second, (uint32_t[]){1, 3, 5, 6, 7}, 5);
	assert_int_equal(f->told_count, 3);
	assert_int_equal(f->codes[4], ERR_BAD_TIME);
	// The first answer once more: its list is no more, and must not be taken for the second's.
	ingest_answer(&f->ingest, &first, NULL);
	await_late(f, 1);
	assert_int_equal(f->told_count, 3);
	ingest_answer(&f->ingest, &second, NULL);
	await_told(f, 8);
	asked_free(&first);
	asked_free(&second);
}

static void no_answer_sends_the_same_and_any_answer_counts_once(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = 100, .silence_ms = NEVER_MS});
	add_range(f, 0, 4);
	struct asked first = expect(f), second = expect(f);
	assert_int_not_equal(first.request->request_id, second.request->request_id);
	assert_true(second.request->publish->sent_at_ms > first.request->publish->sent_at_ms);
	expect_events(&second, (uint32_t[]){0, 1, 2, 3}, 4);
	ingest_answer(&f->ingest, &first, NULL);
	await_told(f, 4);
	ingest_answer(&f->ingest, &second, NULL);
	await_late(f, 1);
	assert_int_equal(f->told_count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(f->codes[i], ERR_OK);
	asked_free(&first);
	asked_free(&second);
}

static void an_older_transmissions_busy_does_not_hold_the_newer_one(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = 50, .silence_ms = NEVER_MS});
	add_range(f, 0, 1);
	struct asked first = expect(f), second = expect(f);
	ingest_refuse(&f->ingest, &first, ERR_BUSY, NEVER_MS);
	struct asked third = expect(f); // and not in ten minutes
	ingest_answer(&f->ingest, &third, NULL);
	await_told(f, 1);
	asked_free(&first);
	asked_free(&second);
	asked_free(&third);
}

static void busy_comes_again_after_the_hint(void **state)
{
	struct fixture *f = *state;
	enum { HINT_MS = 300 };
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .backoff_ms = 1});
	add_range(f, 0, 2);
	struct asked first = expect(f);
	const int64_t begun_ms = clock_monotonic_ms();
	ingest_refuse(&f->ingest, &first, ERR_DRAINING, HINT_MS);
	struct asked second = expect(f);
	assert_true(clock_monotonic_ms() - begun_ms >= HINT_MS);
	ingest_refuse(&f->ingest, &second, ERR_STORAGE_LOW, 0); // without a hint: by itself
	struct asked third = expect(f);
	expect_events(&third, (uint32_t[]){0, 1}, 2);
	asked_free(&first);
	asked_free(&second);
	asked_free(&third);
}

static void an_answer_of_an_older_epoch_settles_nothing(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .batch_events = 2, .backoff_ms = 2});
	add_range(f, 0, 4);
	struct asked first = expect(f), second = expect(f);
	f->ingest.epoch = 2;
	ingest_answer(&f->ingest, &second, NULL);
	await_told(f, 2);
	f->ingest.epoch = 1; // spoken before the restore
	ingest_answer(&f->ingest, &first, NULL);
	struct asked again = expect(f);
	expect_events(&again, (uint32_t[]){0, 1}, 2);
	assert_int_equal(publisher_stats(f->publisher).stale_answers, 2);
	assert_int_equal(f->told_count, 2);
	f->ingest.epoch = 2;
	ingest_answer(&f->ingest, &again, NULL);
	await_told(f, 4);
	asked_free(&first);
	asked_free(&second);
	asked_free(&again);
}

static void a_refused_request_is_an_error_and_its_events_stay(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .backoff_ms = 2});
	add_range(f, 0, 3);
	struct asked first = expect(f);
	ingest_refuse(&f->ingest, &first, ERR_FORBIDDEN, 0);
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	while (publisher_wait(f->publisher, 5, &e))
		assert_true(clock_monotonic_ms() < until_ms);
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_non_null(strstr(e.text, "as the test likes it"));
	assert_int_equal(publisher_unanswered(f->publisher), 3);
	struct asked second = expect(f); // the key was mended
	ingest_answer(&f->ingest, &second, NULL);
	await_told(f, 3);
	asked_free(&first);
	asked_free(&second);
}

static void silence_makes_the_connection_anew(void **state)
{
	struct fixture *f = *state;
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .silence_ms = 100, .backoff_ms = 2});
	add_range(f, 0, 3);
	struct asked first = expect(f), second = expect(f);
	assert_true(first.peer.size != second.peer.size ||
		    memcmp(first.peer.bytes, second.peer.bytes, first.peer.size) != 0);
	assert_true(publisher_stats(f->publisher).reconnects >= 1);
	ingest_answer(&f->ingest, &second, NULL);
	await_told(f, 3);
	asked_free(&first);
	asked_free(&second);
}

static void broken_bytes_harm_nobody(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	make(f, (struct publisher_options){.answer_ms = NEVER_MS});
	add_range(f, 0, 1);
	assert_false(publisher_add(f->publisher, (struct slice){.data = (const uint8_t *)"\xff", .size = 1},
				   1, &e));
	assert_int_equal(e.code, ERR_BAD_PROTO);
	add_range(f, 1, 1);
	struct asked asked = expect(f);
	expect_events(&asked, (uint32_t[]){0, 1}, 2);
	ingest_answer(&f->ingest, &asked, NULL);
	await_told(f, 2);
	asked_free(&asked);
}

static void nobody_there_is_busy_in_time(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	make(f, (struct publisher_options){.answer_ms = 10, .patience_ms = 100});
	add_range(f, 0, 3);
	assert_false(publisher_drain(f->publisher, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_non_null(strstr(e.text, "3 events are unanswered"));
}

// ---- all faults at once ----------------------------------------------------------------------------------

enum { STORM_EVENTS = 3000, HELD_MAX = 64 };

struct storm {
	struct fixture *f;
	struct dice dice;
	struct asked held[HELD_MAX]; // requests whose answer comes later, in another order
	size_t held_count;
};

static void answer_somehow(struct storm *storm, const struct asked *asked)
{
	struct ingest *ingest = &storm->f->ingest;
	int codes[1000];
	for (size_t i = 0; i < asked_count(asked); i++)
		codes[i] = dice_below(&storm->dice, 6) == 0 ? ERR_BUSY : ERR_OK;
	switch (dice_below(&storm->dice, 8)) {
	case 0:
		ingest_refuse(ingest, asked, ERR_BUSY, dice_below(&storm->dice, 4));
		break;
	case 1:
		ingest_answer(ingest, asked, codes);
		ingest_answer(ingest, asked, NULL); // twice, and differently
		break;
	case 2:
	case 3:
		ingest_answer(ingest, asked, codes);
		break;
	default:
		ingest_answer(ingest, asked, NULL);
	}
}

static void storm_round(struct storm *storm)
{
	struct asked asked;
	while (ingest_receive(&storm->f->ingest, &asked)) {
		const uint32_t what = dice_below(&storm->dice, 10);
		if (what < 2) { // lost on its way here
			asked_free(&asked);
		} else if (what < 5 && storm->held_count < HELD_MAX) {
			storm->held[storm->held_count++] = asked;
		} else {
			answer_somehow(storm, &asked);
			asked_free(&asked);
		}
	}
	while (storm->held_count > 0 && dice_below(&storm->dice, 4) == 0) {
		const size_t which = dice_below(&storm->dice, (uint32_t)storm->held_count);
		if (dice_below(&storm->dice, 3) > 0) // else: the answer is lost
			answer_somehow(storm, &storm->held[which]);
		asked_free(&storm->held[which]);
		storm->held[which] = storm->held[--storm->held_count];
	}
}

static void calm(struct storm *storm)
{
	while (storm->held_count > 0)
		asked_free(&storm->held[--storm->held_count]);
}

static const struct publisher_options quick = {
	.answer_ms = 15, .backoff_ms = 1, .silence_ms = 400, .batch_events = 20, .window = 5};

static void a_storm_of_faults_ends_with_each_event_once(void **state)
{
	struct fixture *f = *state;
	struct storm storm = {.f = f, .dice = dice_new("a_storm_of_faults_ends_with_each_event_once")};
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct err e = {0};
	uint32_t next = 0;
	make(f, quick);
	while (f->told_count < STORM_EVENTS) {
		assert_true(clock_monotonic_ms() < until_ms);
		while (next < STORM_EVENTS && add(f, next, &e))
			next++;
		assert_true(publisher_wait(f->publisher, 1, &e));
		storm_round(&storm);
	}
	for (uint32_t i = 0; i < STORM_EVENTS; i++) {
		assert_int_equal(f->told[i], 1);
		assert_true(f->codes[i] == ERR_OK || f->codes[i] == ERR_DUPLICATE);
	}
	assert_int_equal(f->ingest.last_seq, STORM_EVENTS);
	assert_int_equal(publisher_unanswered(f->publisher), 0);
	const struct publisher_stats stats = publisher_stats(f->publisher);
	print_message("%llu requests, %llu repeated, %llu late answers, %llu reconnects\n",
		      (unsigned long long)stats.requests, (unsigned long long)stats.repeated,
		      (unsigned long long)stats.late_answers, (unsigned long long)stats.reconnects);
	calm(&storm);
}

// ---- with an outbox --------------------------------------------------------------------------------------

static void put_tagged(struct outbox *outbox, uint32_t first, uint32_t count, int origin)
{
	uint8_t bytes[EVENT_BYTES_MAX];
	struct err e = {0};
	for (uint32_t i = first; i < first + count; i++) {
		struct record_event event = {.origin = origin, .tag = i};
		event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", i, bytes)};
		assert_true(outbox_add(outbox, &event, NULL, &e));
	}
	assert_true(outbox_sync(outbox, &e));
}

static void an_outbox_is_sent_settled_and_what_is_refused_is_kept(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct outbox *outbox = open_outbox(f->place, 0);
	make(f, (struct publisher_options){.answer_ms = NEVER_MS, .outbox = outbox});
	put_tagged(outbox, 0, 4, 3);
	put_tagged(outbox, 4, 1, 2);
	struct asked first = expect(f);
	expect_events(&first, (uint32_t[]){0, 1, 2, 3}, 4);
	assert_int_equal(first.request->publish->origin, 3);
	ingest_answer(&f->ingest, &first, (int[]){0, ERR_CONFLICT, ERR_BAD_CURRENCY, 0});
	struct asked second = expect(f);
	assert_int_equal(second.request->publish->origin, 2);
	ingest_answer(&f->ingest, &second, NULL);
	assert_true(publisher_drain(f->publisher, &e));
	assert_int_equal(f->told_count, 5);
	assert_int_equal(outbox_counts(outbox).waiting, 0);
	assert_int_equal(outbox_counts(outbox).refused, 2);
	asked_free(&first);
	asked_free(&second);
	publisher_destroy(f->publisher);
	f->publisher = NULL;
	outbox_close(outbox);
	outbox = open_outbox(f->place, 0);
	assert_int_equal(outbox_counts(outbox).waiting, 0);
	assert_int_equal(outbox_counts(outbox).refused, 2);
	outbox_close(outbox);
}

static void an_outbox_larger_than_the_window_goes_piece_by_piece(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct outbox *outbox = open_outbox(f->place, 0);
	make(f, (struct publisher_options){
			.answer_ms = NEVER_MS, .batch_events = 5, .window = 2, .outbox = outbox});
	put_tagged(outbox, 0, 48, 1);
	for (uint32_t next = 0; next < 48; next += 5) {
		struct asked asked = expect(f);
		assert_int_equal(asked_event(&asked, 0), next);
		ingest_answer(&f->ingest, &asked, NULL);
		asked_free(&asked);
	}
	assert_true(publisher_drain(f->publisher, &e));
	assert_int_equal(f->told_count, 48);
	publisher_destroy(f->publisher);
	f->publisher = NULL;
	outbox_close(outbox);
}

static void broken_bytes_in_an_outbox_are_refused_and_harm_nobody(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct outbox *outbox = open_outbox(f->place, 0);
	const struct record_event broken = {
		.origin = 1, .tag = 9, .publication = {.data = (const uint8_t *)"\xff\xff", .size = 2}};
	struct publisher_options options = {.answer_ms = NEVER_MS, .outbox = outbox};
	f->publisher = publisher_create(f->ingest.bus, bus_endpoint(f->ingest.router), &options, &e);
	put_tagged(outbox, 0, 1, 1);
	assert_true(outbox_put(outbox, &broken, NULL, &e));
	put_tagged(outbox, 1, 1, 1);
	struct asked asked = expect(f);
	expect_events(&asked, (uint32_t[]){0, 1}, 2);
	ingest_answer(&f->ingest, &asked, NULL);
	assert_true(publisher_drain(f->publisher, &e));
	assert_int_equal(outbox_counts(outbox).refused, 1);
	asked_free(&asked);
	publisher_destroy(f->publisher);
	f->publisher = NULL;
	outbox_close(outbox);
}

// The publisher is thrown away again and again in the middle of it, as a crash would.
static void an_outbox_outlives_its_publishers_in_a_storm(void **state)
{
	struct fixture *f = *state;
	struct storm storm = {.f = f, .dice = dice_new("an_outbox_outlives_its_publishers_in_a_storm")};
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct publisher_options options = quick;
	struct err e = {0};
	uint32_t put = 0;
	bool done = false;
	while (!done) {
		struct outbox *outbox = options.outbox = open_outbox(f->place, 1024 * 1024);
		make(f, options);
		for (uint32_t turns = 20 + dice_below(&storm.dice, 60); turns > 0 && !done; turns--) {
			assert_true(clock_monotonic_ms() < until_ms);
			if (put < STORM_EVENTS) {
				put_tagged(outbox, put, 50, 1);
				put += 50;
			}
			assert_true(publisher_wait(f->publisher, 1, &e));
			storm_round(&storm);
			done = put == STORM_EVENTS && outbox_counts(outbox).waiting == 0;
		}
		publisher_destroy(f->publisher);
		f->publisher = NULL;
		outbox_close(outbox);
		calm(&storm);
	}
	assert_int_equal(f->ingest.last_seq, STORM_EVENTS);
	for (uint32_t i = 0; i < STORM_EVENTS; i++)
		assert_true(f->ingest.seqs[i] > 0);
	assert_int_equal(place_count(f->place, ".seg"), 0);
}

#define WITH_INGEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_INGEST(one_event_goes_at_once_and_company_waits_for_its_answer),
		WITH_INGEST(a_full_window_is_busy),
		WITH_INGEST(a_request_is_bounded_in_bytes_and_has_one_origin),
		WITH_INGEST(a_partly_busy_request_keeps_just_those),
		WITH_INGEST(no_answer_sends_the_same_and_any_answer_counts_once),
		WITH_INGEST(an_older_transmissions_busy_does_not_hold_the_newer_one),
		WITH_INGEST(busy_comes_again_after_the_hint),
		WITH_INGEST(an_answer_of_an_older_epoch_settles_nothing),
		WITH_INGEST(a_refused_request_is_an_error_and_its_events_stay),
		WITH_INGEST(silence_makes_the_connection_anew),
		WITH_INGEST(broken_bytes_harm_nobody),
		WITH_INGEST(nobody_there_is_busy_in_time),
		WITH_INGEST(a_storm_of_faults_ends_with_each_event_once),
		WITH_INGEST(an_outbox_is_sent_settled_and_what_is_refused_is_kept),
		WITH_INGEST(an_outbox_larger_than_the_window_goes_piece_by_piece),
		WITH_INGEST(broken_bytes_in_an_outbox_are_refused_and_harm_nobody),
		WITH_INGEST(an_outbox_outlives_its_publishers_in_a_storm),
	};
	log_init("test", LOG_LEVEL_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
