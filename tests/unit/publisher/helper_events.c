// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/publisher/helper_events.h"

#include "utarg/v1/event.pb-c.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t event_bytes(const char *shop, uint32_t number, uint8_t out[EVENT_BYTES_MAX])
{
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	Utarg__V1__PageView view = UTARG__V1__PAGE_VIEW__INIT;
	uint8_t id[16] = {0};
	char slug[64], title[512];
	text_copy(slug, sizeof(slug), shop);
	memset(title, 'a' + (int)(number % 26), number % 300);
	title[number % 300] = 0;
	record_put_number(id + 12, 4, number);
	event.id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	event.shop = slug;
	event.occurred_at_ms = 1795689211168 + number;
	event.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	event.page_view = &view;
	view.title = title;
	publication.event = &event;
	assert_true(utarg__v1__publication__get_packed_size(&publication) <= EVENT_BYTES_MAX);
	return utarg__v1__publication__pack(&publication, out);
}

uint32_t event_number(struct slice publication)
{
	uint8_t expected[EVENT_BYTES_MAX];
	Utarg__V1__Publication *got =
		utarg__v1__publication__unpack(NULL, publication.size, publication.data);
	assert_non_null(got);
	assert_int_equal(got->event->id.len, 16);
	const uint32_t number = (uint32_t)record_number(got->event->id.data + 12, 4);
	const size_t size = event_bytes(got->event->shop, number, expected);
	assert_int_equal(size, publication.size);
	assert_memory_equal(expected, publication.data, size);
	utarg__v1__publication__free_unpacked(got, NULL);
	return number;
}

struct dice dice_new(const char *test)
{
	const char *given = getenv("UTARG_TEST_SEED");
	const uint64_t seed =
		given ? strtoull(given, NULL, 10) : (uint64_t)clock_now_us() ^ (uint64_t)getpid();
	print_message("%s: UTARG_TEST_SEED=%llu\n", test, (unsigned long long)seed);
	return (struct dice){.state = seed * 2 + 1};
}

uint32_t dice_below(struct dice *dice, uint32_t limit)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (uint32_t)((dice->state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

void place_make(char out[PLACE_SIZE])
{
	snprintf(out, PLACE_SIZE, "/tmp/utarg-outbox-XXXXXX");
	assert_non_null(mkdtemp(out));
}

// Calls for each file but "lock".
static void each_file(const char *place, void (*call)(void *context, const char *name), void *context)
{
	DIR *listing = opendir(place);
	assert_non_null(listing);
	for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing))
		if (entry->d_name[0] != '.')
			call(context, entry->d_name);
	closedir(listing);
}

static void remove_file(void *context, const char *name)
{
	char path[PLACE_SIZE * 6];
	snprintf(path, sizeof(path), "%s/%s", (const char *)context, name);
	assert_int_equal(unlink(path), 0);
}

void place_remove(const char *place)
{
	char copy[PLACE_SIZE];
	text_copy(copy, sizeof(copy), place);
	each_file(copy, remove_file, copy);
	assert_int_equal(rmdir(copy), 0);
}

struct copying {
	const char *from, *to;
};

static void copy_file(void *context, const char *name)
{
	const struct copying *copying = context;
	char path[PLACE_SIZE * 6], bytes[4096];
	snprintf(path, sizeof(path), "%s/%s", copying->from, name);
	const int in = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "%s/%s", copying->to, name);
	const int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(in >= 0 && out >= 0);
	for (ssize_t size; (size = read(in, bytes, sizeof(bytes))) > 0;)
		assert_int_equal(write(out, bytes, (size_t)size), size);
	close(in);
	close(out);
}

void place_copy(const char *from, const char *to)
{
	struct copying copying = {.from = from, .to = to};
	mkdir(to, 0700);
	each_file(from, copy_file, &copying);
}

struct finding {
	const char *suffix;
	char *name;
	int count;
};

static void match(void *context, const char *name)
{
	struct finding *finding = context;
	const size_t size = strlen(name), end = strlen(finding->suffix);
	if (size < end || strcmp(name + size - end, finding->suffix) != 0)
		return;
	finding->count++;
	if (finding->name)
		snprintf(finding->name, PLACE_SIZE, "%.60s", name);
}

int place_count(const char *place, const char *suffix)
{
	struct finding finding = {.suffix = suffix};
	each_file(place, match, &finding);
	return finding.count;
}

long place_find(const char *place, const char *suffix, char *name)
{
	char found[PLACE_SIZE];
	struct finding finding = {.suffix = suffix, .name = found};
	struct stat status;
	each_file(place, match, &finding);
	assert_int_equal(finding.count, 1);
	snprintf(name, PLACE_SIZE * 2, "%.60s/%.60s", place, found);
	assert_int_equal(stat(name, &status), 0);
	return status.st_size;
}

struct outbox *open_outbox(const char *place, uint64_t limit_bytes)
{
	struct err e = {0};
	struct outbox *outbox = outbox_open(place, &(struct outbox_options){.limit_bytes = limit_bytes}, &e);
	if (!outbox)
		print_message("%s\n", e.text);
	assert_non_null(outbox);
	return outbox;
}

void put_events(struct outbox *outbox, uint32_t first, uint32_t count)
{
	uint8_t bytes[EVENT_BYTES_MAX];
	struct err e = {0};
	for (uint32_t number = first; number < first + count; number++) {
		struct record_event event = {.origin = 2, .tag = number * 10};
		event.publication = (struct slice){.data = bytes, .size = event_bytes("demo", number, bytes)};
		assert_true(outbox_add(outbox, &event, NULL, &e));
	}
	assert_true(outbox_sync(outbox, &e));
}

size_t waiting_events(struct outbox *outbox, uint32_t *events, uint64_t *numbers, size_t max)
{
	struct outbox_item item;
	struct err e = {0};
	size_t count = 0;
	outbox_rewind(outbox);
	while (outbox_next(outbox, &item, &e)) {
		assert_true(count < max);
		if (numbers)
			numbers[count] = item.number;
		events[count++] = event_number(item.event.publication);
		assert_int_equal(item.event.origin, 2);
		assert_int_equal(item.event.tag, events[count - 1] * 10);
	}
	assert_int_equal(e.code, ERR_OK);
	assert_int_equal(outbox_counts(outbox).waiting, count);
	return count;
}
