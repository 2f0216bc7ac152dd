// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A process that puts and settles dies by kill -9 at any moment; the next one finds everything whose put
// returned and that was not settled. (A power cut cannot be made here; that fdatasync comes before the
// return is read in outbox_sync.)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "tests/unit/publisher/helper_events.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 25, EVENTS_MAX = 20000, GROUP_MAX = 12, LIMIT_BYTES = 1024 * 1024 };

// What the writer tells through its pipe: an event is synced, or is about to be settled.
struct told {
	uint32_t event;
	bool is_settled;
};

enum fate { UNKNOWN, SYNCED, PERHAPS_SETTLED };

static enum fate fates[EVENTS_MAX];
static uint32_t events[EVENTS_MAX];
static uint64_t numbers[EVENTS_MAX];

static void tell(int pipe_fd, uint32_t event, bool is_settled)
{
	const struct told told = {.event = event, .is_settled = is_settled};
	if (write(pipe_fd, &told, sizeof(told)) != sizeof(told))
		_exit(1);
}

static void put_group(struct outbox *outbox, int pipe_fd, uint32_t first, uint32_t count)
{
	uint8_t bytes[EVENT_BYTES_MAX];
	struct err e = {0};
	for (uint32_t i = first; i < first + count; i++) {
		struct record_event event = {.origin = 2, .tag = i * 10};
		event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", i, bytes)};
		if (!outbox_add(outbox, &event, NULL, &e))
			_exit(2);
	}
	if (!outbox_sync(outbox, &e))
		_exit(3);
	for (uint32_t i = first; i < first + count; i++)
		tell(pipe_fd, i, false);
}

static void settle_some(struct outbox *outbox, int pipe_fd, struct dice *dice, uint32_t count)
{
	struct outbox_item item;
	struct err e = {0};
	for (uint32_t i = 0; i < count && outbox_next(outbox, &item, &e); i++) {
		if (dice_below(dice, 8) == 0)
			continue; // stays behind
		tell(pipe_fd, event_number(item.event.publication), true);
		outbox_settle(outbox, item.number);
	}
	if (dice_below(dice, 3) > 0 && !outbox_note(outbox, &e))
		_exit(4);
}

static void write_until_killed(const char *place, int pipe_fd, struct dice dice, uint32_t first)
{
	struct err e = {0};
	struct outbox *outbox = outbox_open(place, &(struct outbox_options){.limit_bytes = LIMIT_BYTES}, &e);
	if (!outbox)
		_exit(5);
	while (first < EVENTS_MAX - GROUP_MAX) {
		const uint32_t count = 1 + dice_below(&dice, GROUP_MAX);
		put_group(outbox, pipe_fd, first, count);
		first += count;
		settle_some(outbox, pipe_fd, &dice, dice_below(&dice, GROUP_MAX + 4));
	}
	_exit(6);
}

// Kills the writer after it has told some things; returns the first event nobody was told of.
static uint32_t run_writer(const char *place, struct dice *dice, uint32_t first)
{
	int ends[2];
	struct told told;
	uint32_t left = 1 + dice_below(dice, 400);
	const struct dice own = {.state = dice->state * 2654435761U + 1};
	assert_int_equal(pipe(ends), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		write_until_killed(place, ends[1], own, first);
	}
	assert_true(pid > 0);
	close(ends[1]);
	while (read(ends[0], &told, sizeof(told)) == sizeof(told)) {
		if (!told.is_settled && told.event >= first)
			first = told.event + 1;
		fates[told.event] = told.is_settled ? PERHAPS_SETTLED : SYNCED;
		if (left > 0 && --left == 0)
			assert_int_equal(kill(pid, SIGKILL), 0); // and what the pipe still holds counts too
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ends[0]);
	return first;
}

// Returns the greatest event that is there, as far as any is.
static uint32_t check(const char *place, uint32_t first)
{
	static bool found[EVENTS_MAX];
	memset(found, 0, sizeof(found));
	struct outbox *outbox = open_outbox(place, LIMIT_BYTES);
	const size_t count = waiting_events(outbox, events, numbers, EVENTS_MAX);
	assert_int_equal(outbox_counts(outbox).damaged, 0);
	for (size_t i = 0; i < count; i++) {
		assert_false(found[events[i]]); // exactly once
		found[events[i]] = true;
		assert_true(i == 0 || numbers[i] > numbers[i - 1]);
	}
	for (uint32_t i = 0; i < first; i++)
		assert_true(fates[i] != SYNCED || found[i]);
	// What was put and not told may be there: it counts from here on.
	for (uint32_t i = first; i < EVENTS_MAX; i++) {
		if (!found[i])
			continue;
		assert_true(i < first + GROUP_MAX);
		fates[i] = SYNCED;
		first = i + 1;
	}
	outbox_close(outbox);
	return first;
}

static void a_killed_writer_loses_nothing(void **state)
{
	(void)state;
	char place[PLACE_SIZE];
	struct dice dice = dice_new("a_killed_writer_loses_nothing");
	uint32_t first = 0;
	place_make(place);
	for (int round = 0; round < ROUNDS; round++) {
		first = run_writer(place, &dice, first);
		first = check(place, first);
	}
	print_message("%d kills, %u events\n", ROUNDS, first);
	place_remove(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_writer_loses_nothing),
	};
	log_init("test", LOG_LEVEL_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
