// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Going over what waits, segment by segment: one is in memory at a time, at most 4 MiB and a record.
#include "common/publisher/outbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

// The segment to read from: the first that does not lie before the cursor; NULL at the end.
static struct segment *segment_at(struct outbox *outbox)
{
	struct outbox_cursor *cursor = &outbox->cursor;
	for (size_t i = 0; i < outbox->segment_count; i++) {
		struct segment *segment = &outbox->segments[i];
		if (segment->first < cursor->first)
			continue;
		if (segment->first > cursor->first) {
			cursor->first = segment->first;
			cursor->size = 0;
			cursor->at = 0;
		}
		return segment;
	}
	return NULL;
}

static bool read_range(struct outbox_cursor *cursor, int fd, size_t until)
{
	while (cursor->size < until) {
		const ssize_t taken =
			pread(fd, cursor->bytes + cursor->size, until - cursor->size, (off_t)cursor->size);
		if (taken < 0 && errno == EINTR)
			continue;
		if (taken <= 0)
			return false;
		cursor->size += (size_t)taken;
	}
	return true;
}

// Brings in what was synced since.
static bool refill(struct outbox *outbox, const struct segment *segment, struct err *e)
{
	struct outbox_cursor *cursor = &outbox->cursor;
	char name[OUTBOX_NAME_SIZE];
	if (cursor->size == segment->synced_size)
		return true;
	if (cursor->capacity < segment->synced_size) {
		uint8_t *larger = realloc(cursor->bytes, segment->synced_size * 2);
		if (!larger)
			return err_set(e, ERR_INTERNAL, "no memory for a segment of the outbox");
		cursor->bytes = larger;
		cursor->capacity = segment->synced_size * 2;
	}
	outbox_name(segment->first, ".seg", name);
	const int fd = openat(outbox->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const bool done = fd >= 0 && read_range(cursor, fd, segment->synced_size);
	if (!done)
		outbox_failed(outbox, "reading", e);
	if (fd >= 0)
		close(fd);
	if (cursor->at < RECORD_FILE_HEAD_SIZE)
		cursor->at = RECORD_FILE_HEAD_SIZE;
	return done;
}

// The next record of this segment that waits.
static bool next_here(struct outbox_cursor *cursor, const struct segment *segment, struct outbox_item *out)
{
	struct record record;
	struct slice rest = {.data = cursor->bytes + cursor->at, .size = cursor->size - cursor->at};
	bool found = false;
	while (!found && rest.size > 0) {
		if (!record_next(segment->key, &rest, &record)) {
			if (!record_find(segment->key, &rest))
				break;
			continue;
		}
		const bool is_known =
			record.number >= segment->first && record.number - segment->first < segment->count;
		found = is_known && !segment_is_settled(segment, record.number) &&
			record_event_read(record.body, &out->event);
	}
	cursor->at = cursor->size - rest.size;
	out->number = found ? record.number : 0;
	return found;
}

bool outbox_next(struct outbox *outbox, struct outbox_item *out, struct err *e)
{
	for (struct segment *segment; (segment = segment_at(outbox));) {
		if (!refill(outbox, segment, e))
			return false;
		if (outbox->cursor.size > 0 && next_here(&outbox->cursor, segment, out))
			return true;
		if (segment == &outbox->segments[outbox->segment_count - 1])
			return false; // more may come into the last one
		outbox->cursor.first = segment->first + 1;
		outbox->cursor.size = outbox->cursor.at = 0;
	}
	return false;
}

void outbox_rewind(struct outbox *outbox)
{
	outbox->cursor.first = 0;
	outbox->cursor.size = outbox->cursor.at = 0;
}
