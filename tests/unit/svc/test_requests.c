// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests over a real socket: good, broken, hostile, and what the peer beside them notices (nothing).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/svc/helper_service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct service service;

static int start(void **state)
{
	(void)state;
	service_start(&service);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	service_stop(&service);
	return 0;
}

static int open_asker(void **state)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	asker_open(asker, &service, 0);
	*state = asker;
	return 0;
}

static int close_asker(void **state)
{
	asker_close(*state);
	free(*state);
	return 0;
}

static Utarg__V1__Reply *ask_kpi(struct asker *asker, size_t text_count)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;
	char **texts = calloc(text_count + 1, sizeof(char *));
	char empty[] = "";
	for (size_t i = 0; i < text_count; i++)
		texts[i] = empty;
	kpi.n_kpis = text_count;
	kpi.kpis = texts;
	request.request_id = 9;
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	asker_send(asker, &request);
	free(texts);
	return asker_receive(asker, LONG_MS);
}

static void a_request_reaches_its_handler(void **state)
{
	Utarg__V1__Reply *reply = ask_kpi(*state, 3);
	assert_non_null(reply);
	assert_int_equal(reply->request_id, 9);
	assert_int_equal(reply->status->code, UTARG__V1__CODE__OK);
	assert_int_equal(reply->body_case, UTARG__V1__REPLY__BODY_KPI);
	assert_string_equal(reply->kpi->figures[0]->value, "3 tester");
	reply_free(reply);
}

static void raw_requests_are_answered_after_the_round(void **state)
{
	struct asker *asker = *state;
	for (uint64_t id = 1; id <= 200; id++)
		send_publish(asker, id);
	for (uint64_t id = 1; id <= 200; id++) {
		Utarg__V1__Reply *reply = asker_receive(asker, LONG_MS);
		assert_non_null(reply);
		assert_int_equal(reply->request_id, id);
		assert_int_equal(reply->publish->results[0]->seq, 2); // the body's bytes
		reply_free(reply);
	}
}

static void wrong_frames_are_answered_without_an_id(void **state)
{
	struct asker *asker = *state;
	static const size_t counts[] = {2, 3, 1000};
	const int64_t before = ask_counter(asker, "utarg_bad_frames_total");

	for (size_t i = 0; i < 3; i++) {
		asker_send_frames(asker, counts[i]);
		expect_code(asker, 0, UTARG__V1__CODE__BAD_FRAME);
	}
	asker_send_bytes(asker, "", 0);
	expect_code(asker, 0, UTARG__V1__CODE__BAD_FRAME);
	assert_int_equal(ask_counter(asker, "utarg_bad_frames_total"), before + 4);
	send_ping(asker, 5);
	expect_code(asker, 5, UTARG__V1__CODE__OK);
}

static void broken_bytes_have_their_codes(void **state)
{
	struct asker *asker = *state;
	static const struct {
		const char *bytes;
		size_t size;
		uint64_t request_id;
		Utarg__V1__Code code;
	} rows[] = {
#define BYTES(text) text, sizeof(text) - 1
		{BYTES("garbage"), 0, UTARG__V1__CODE__BAD_PROTO},
		{BYTES("\x08\x05\xff\xff"), 5, UTARG__V1__CODE__BAD_PROTO},
		{BYTES("\x08\x05"), 5, UTARG__V1__CODE__MISSING_FIELD},
		{BYTES("\x08\x05\xf2\x01\x02\x0a\x7f"), 5, UTARG__V1__CODE__BAD_PROTO},    // kpi, cut
		{BYTES("\x08\x05\xf2\x01\x03\x0a\x01\xff"), 5, UTARG__V1__CODE__BAD_UTF8}, // kpi.shop
		{BYTES("\x08\x05\xfa\x3f\x00"), 5, UTARG__V1__CODE__UNKNOWN_TYPE},         // body 1023
		{BYTES("\x08\x05\xc2\x02\x00"), 5, UTARG__V1__CODE__UNKNOWN_TYPE}, // shop_add: not here
		{BYTES("\x08\x05\xfa\xff\xff\xff\x0f\x00"), 5,
		 UTARG__V1__CODE__UNKNOWN_TYPE},                               // greatest number
		{BYTES("\x08\x05\xca\x02\x00"), 5, UTARG__V1__CODE__INTERNAL}, // shop_list fails mutely
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		asker_send_bytes(asker, rows[i].bytes, rows[i].size);
		expect_code(asker, rows[i].request_id, rows[i].code);
	}
	assert_true(service_log_has(&service, "request_failed"));
}

static void failures_carry_their_sentence(void **state)
{
	struct asker *asker = *state;
	send_snapshot(asker, 1, "field");
	Utarg__V1__Reply *reply = asker_receive(asker, LONG_MS);
	assert_int_equal(reply->status->code, UTARG__V1__CODE__MISSING_FIELD);
	assert_string_equal(reply->status->message, "shop: it is needed");
	reply_free(reply);

	send_snapshot(asker, 2, "refuse");
	reply = asker_receive(asker, LONG_MS);
	assert_int_equal(reply->status->code, UTARG__V1__CODE__REFUSED);
	assert_true(text_is_utf8(reply->status->message, strlen(reply->status->message)));
	assert_true(strlen(reply->status->message) >= ERR_TEXT_SIZE - 2);
	reply_free(reply);
}

static void what_expands_beyond_the_arena_is_too_large(void **state)
{
	struct asker *asker = *state;
	// Two bytes each on the wire, 24 and more in memory.
	Utarg__V1__Reply *reply = ask_kpi(asker, 100000);
	assert_non_null(reply);
	assert_int_equal(reply->request_id, 9);
	assert_int_equal(reply->status->code, UTARG__V1__CODE__TOO_LARGE);
	reply_free(reply);
	reply = ask_kpi(asker, 3);
	assert_int_equal(reply->status->code, UTARG__V1__CODE__OK);
	reply_free(reply);
}

static void answers_that_do_not_fit_are_too_large(void **state)
{
	struct asker *asker = *state;
	send_snapshot(asker, 1, "huge");
	expect_code(asker, 1, UTARG__V1__CODE__TOO_LARGE);
	send_snapshot(asker, 2, "arena");
	expect_code(asker, 2, UTARG__V1__CODE__TOO_LARGE);
}

static void a_frame_beyond_the_limit_hurts_its_sender_only(void **state)
{
	struct asker *asker = *state;
	struct asker giant;
	char *bytes = calloc(1, SERVICE_MAX_BYTES + 1);

	asker_open(&giant, &service, 0);
	asker_send_bytes(&giant, bytes, SERVICE_MAX_BYTES + 1);
	assert_null(asker_receive(&giant, SHORT_MS));
	send_ping(asker, 1);
	expect_code(asker, 1, UTARG__V1__CODE__OK);
	asker_close(&giant);
	free(bytes);
}

static void a_passed_deadline_is_busy(void **state)
{
	struct asker *asker = *state;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;

	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	request.deadline_ms = 5;
	// Both must come in one round for the second to wait behind the first: try until they do.
	bool was_busy = false;
	for (uint64_t id = 1; id < 100 && !was_busy; id += 2) {
		send_snapshot(asker, id, "nap");
		request.request_id = id + 1;
		asker_send(asker, &request);
		expect_code(asker, id, UTARG__V1__CODE__OK);
		Utarg__V1__Reply *reply = asker_receive(asker, LONG_MS);
		assert_int_equal(reply->request_id, id + 1);
		was_busy = reply->status->code == UTARG__V1__CODE__BUSY;
		if (was_busy)
			assert_true(reply->status->retry_after_ms > 0);
		reply_free(reply);
	}
	assert_true(was_busy);
}

// The network's buffers take megabytes before anything waits: on until replies are dropped and still wait
// after a pause.
static void flood_until_stuck(struct asker *deaf, struct asker *asker)
{
	const int64_t until_ms = clock_monotonic_ms() + 4 * LONG_MS;
	int64_t dropped_count;
	do {
		assert_true(clock_monotonic_ms() < until_ms);
		dropped_count = ask_counter(asker, "utarg_replies_dropped_total");
		for (uint64_t id = 1; id <= 300; id++)
			send_snapshot(deaf, id, "flood");
		usleep(150000);
	} while (ask_counter(asker, "utarg_replies_dropped_total") < dropped_count + 250 ||
		 ask_counter(asker, "utarg_outbox_bytes") == 0);
}

static void one_who_never_reads_is_alone_with_it(void **state)
{
	struct asker *asker = *state;
	struct asker deaf;

	asker_open(&deaf, &service, 1);
	flood_until_stuck(&deaf, asker);
	for (uint64_t id = 1; id <= 100; id++) {
		const int64_t begun_ms = clock_monotonic_ms();
		send_ping(asker, id);
		expect_code(asker, id, UTARG__V1__CODE__OK);
		assert_true(clock_monotonic_ms() - begun_ms < 2000);
	}
	assert_true(ask_counter(asker, "utarg_replies_dropped_total") > 0);
	assert_true(ask_counter(asker, "utarg_outbox_bytes") <= SERVICE_OUTBOX_BYTES / 4);
	asker_close(&deaf);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (ask_counter(asker, "utarg_outbox_bytes") > 0 && clock_monotonic_ms() < until_ms)
		usleep(10000);
	assert_int_equal(ask_counter(asker, "utarg_outbox_bytes"), 0);
	assert_true(ask_counter(asker, "utarg_replies_lost_total") > 0);
}

static void one_who_leaves_is_counted(void **state)
{
	struct asker *asker = *state;
	struct asker hasty;
	const int64_t before = ask_counter(asker, "utarg_unreachable_peers_total");

	asker_open(&hasty, &service, 0);
	send_ping(&hasty, 1);
	expect_code(&hasty, 1, UTARG__V1__CODE__OK);
	send_snapshot(&hasty, 2, "hold");
	assert_null(asker_receive(&hasty, 50));
	asker_close(&hasty);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (ask_counter(asker, "utarg_unreachable_peers_total") == before &&
	       clock_monotonic_ms() < until_ms)
		usleep(10000);
	assert_int_equal(ask_counter(asker, "utarg_unreachable_peers_total"), before + 1);
}

static void outcomes_are_counted_by_code(void **state)
{
	struct asker *asker = *state;
	const int64_t before = ask_counter(asker, "utarg_requests_unknown_type_total");
	asker_send_bytes(asker, "\x08\x05\xfa\x3f\x00", 5);
	expect_code(asker, 5, UTARG__V1__CODE__UNKNOWN_TYPE);
	assert_int_equal(ask_counter(asker, "utarg_requests_unknown_type_total"), before + 1);
	assert_true(ask_counter(asker, "utarg_requests_ok_total") > 0);
	assert_true(ask_counter(asker, "utarg_requests_total") > 0);
}

#define WITH_ASKER(test) cmocka_unit_test_setup_teardown(test, open_asker, close_asker)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ASKER(a_request_reaches_its_handler),
		WITH_ASKER(raw_requests_are_answered_after_the_round),
		WITH_ASKER(wrong_frames_are_answered_without_an_id),
		WITH_ASKER(broken_bytes_have_their_codes),
		WITH_ASKER(failures_carry_their_sentence),
		WITH_ASKER(what_expands_beyond_the_arena_is_too_large),
		WITH_ASKER(answers_that_do_not_fit_are_too_large),
		WITH_ASKER(a_frame_beyond_the_limit_hurts_its_sender_only),
		WITH_ASKER(a_passed_deadline_is_busy),
		WITH_ASKER(one_who_never_reads_is_alone_with_it),
		WITH_ASKER(one_who_leaves_is_counted),
		WITH_ASKER(outcomes_are_counted_by_code),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
