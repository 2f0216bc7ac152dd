// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Any bytes as a file of an outbox, as the body of a record, and as a publication. What must hold: nothing is
// read beyond the input, what was written is found behind any rubbish, and one changed byte is noticed.
// Rooms: publisher
#include "common/publisher/frame.h"
#include "common/publisher/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[RECORD_KEY_SIZE] = "of the fuzzer's";

static void scan(struct slice rest)
{
	struct record record;
	while (rest.size > 0) {
		const size_t before = rest.size;
		if (!record_next(key, &rest, &record) && !record_find(key, &rest))
			break;
		assert(rest.size < before);
	}
}

// The input as a body, with rubbish before it: found, whole, and not when a byte of it is another.
static void there_and_back(const uint8_t *data, size_t size)
{
	const size_t rubbish = size % 40, whole = record_size(size);
	uint8_t *bytes = calloc(1, rubbish + whole);
	struct record record = {.kind = RECORD_EVENT, .number = size, .body = {.data = data, .size = size}};
	assert(bytes);
	memcpy(bytes, data, rubbish < size ? rubbish : size);
	record_write(key, &record, bytes + rubbish);
	struct slice rest = {.data = bytes, .size = rubbish + whole};
	assert(rubbish == 0 || record_find(key, &rest));
	assert(rest.size == whole && record_next(key, &rest, &record));
	assert(rest.size == 0 && record.number == size && record.body.size == size);
	assert(memcmp(record.body.data, data, size) == 0);
	bytes[rubbish + (size * 7 + 3) % whole] ^= 0x20;
	rest = (struct slice){.data = bytes + rubbish, .size = whole};
	assert(!record_next(key, &rest, &record));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice input = {.data = data, .size = size};
	uint8_t found[RECORD_KEY_SIZE];
	struct record_refused refused;
	struct record_event event;
	struct frame_event read;
	struct err e = {0};
	scan(input);
	record_file_key(input, found);
	record_refused_read(input, &refused);
	record_event_read(input, &event);
	frame_read_event(input, &read, &e);
	if (size > 0)
		there_and_back(data, size);
	return 0;
}
