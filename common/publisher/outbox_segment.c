// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One segment: what its files say when they are opened, which of its events are settled, and its end.
#include "common/publisher/outbox_internal.h"

#include "common/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

// ---- which are settled -----------------------------------------------------------------------------------

void segment_give(struct segment *segment, uint64_t number)
{
	const uint64_t index = number - segment->first;
	segment->count = index + 1;
	if (index / 8 < segment->settled_size)
		return;
	const size_t size = segment->settled_size ? segment->settled_size * 2 : 256;
	const size_t larger = size > index / 8 ? size : (size_t)(index / 8) + 1;
	segment->settled = must(realloc(segment->settled, larger));
	memset(segment->settled + segment->settled_size, 0, larger - segment->settled_size);
	segment->settled_size = larger;
}

bool segment_is_settled(const struct segment *segment, uint64_t number)
{
	const uint64_t index = number - segment->first;
	return segment->settled[index / 8] >> (index % 8) & 1;
}

bool segment_settle(struct segment *segment, uint64_t number)
{
	const uint64_t index = number - segment->first;
	if (segment_is_settled(segment, number))
		return false;
	segment->settled[index / 8] |= (uint8_t)(1U << (index % 8));
	segment->settled_count++;
	return true;
}

struct segment *segment_of(struct outbox *outbox, uint64_t number)
{
	for (size_t i = 0; i < outbox->segment_count; i++) {
		struct segment *segment = &outbox->segments[i];
		if (number >= segment->first && number - segment->first < segment->count)
			return segment;
	}
	return NULL;
}

// ---- loading ---------------------------------------------------------------------------------------------

// Numbers that are missing between two records belong to what could not be read: nobody waits for them.
static bool take_event(struct outbox *outbox, struct segment *segment, const struct record *record)
{
	uint64_t next = segment->first + segment->count;
	if (record->kind != RECORD_EVENT || record->number < next || record->number - next > OUTBOX_GAP_MAX ||
	    record->body.size < RECORD_EVENT_EXTRA)
		return false;
	segment_give(segment, record->number);
	for (; next < record->number; next++) {
		segment_settle(segment, next);
		outbox->counts.damaged++;
	}
	return true;
}

// Goes over the records; returns the bytes behind which nothing can be read.
static size_t scan(struct outbox *outbox, struct segment *segment, const uint8_t *bytes, size_t size)
{
	struct slice rest = {.data = bytes + RECORD_FILE_HEAD_SIZE, .size = size - RECORD_FILE_HEAD_SIZE};
	size_t whole = RECORD_FILE_HEAD_SIZE;
	while (rest.size > 0) {
		struct slice behind = rest;
		struct record record;
		if (record_next(segment->key, &behind, &record) && take_event(outbox, segment, &record)) {
			rest = behind;
			whole = size - rest.size;
		} else if (!record_find(segment->key, &rest)) {
			break;
		} else {
			segment->damaged = true;
		}
	}
	return whole;
}

static void tell(const struct outbox *outbox, enum log_level level, const char *event,
		 const struct segment *segment, size_t bytes)
{
	char name[OUTBOX_NAME_SIZE];
	outbox_name(segment->first, ".seg", name);
	const struct log_field fields[] = {LOG_STR("outbox", outbox->path), LOG_STR("file", name),
					   LOG_UINT("bytes", bytes)};
	log_write(level, event, fields, 3);
}

// What is behind the last record: a put that never returned, if this is the newest file.
static bool cut_tail(struct outbox *outbox, struct segment *segment, size_t lost, bool is_last, struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	if (lost == 0)
		return true;
	if (!is_last) {
		segment->damaged = true;
		return true;
	}
	if (outbox->read_only)
		return true;
	tell(outbox, LOG_LEVEL_WARN, "outbox_tail_cut", segment, lost);
	outbox_name(segment->first, ".seg", name);
	const int fd = openat(outbox->directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	const bool cut = fd >= 0 && ftruncate(fd, (off_t)segment->size) == 0 && fdatasync(fd) == 0;
	if (!cut)
		outbox_failed(outbox, "cutting off a torn end", e);
	if (fd >= 0)
		close(fd);
	return cut;
}

static void apply_run(struct segment *segment, const struct record *record)
{
	if (record->kind != RECORD_SETTLED || record->body.size != RECORD_SETTLED_SIZE)
		return;
	const uint64_t last = record_number(record->body.data, RECORD_SETTLED_SIZE);
	for (uint64_t n = record->number; n >= segment->first && n <= last; n++) {
		if (n - segment->first >= segment->count)
			return;
		segment_settle(segment, n);
	}
}

// Marks that cannot be read are no loss; they are cut off, so that later ones can be.
static bool load_marks(struct outbox *outbox, struct segment *segment, struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	size_t size;
	struct record record;
	struct err unread = {0};
	outbox_name(segment->first, ".done", name);
	uint8_t *bytes = outbox_read_file(outbox, name, &size, &unread);
	if (!bytes) {
		if (unread.code != ERR_OK)
			*e = unread;
		return unread.code == ERR_OK;
	}
	struct slice rest = {.data = bytes, .size = size};
	while (record_next(segment->key, &rest, &record))
		apply_run(segment, &record);
	bool done = true;
	if (rest.size > 0 && !outbox->read_only) {
		const int fd = openat(outbox->directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		done = fd >= 0 && ftruncate(fd, (off_t)(size - rest.size)) == 0;
		if (!done)
			outbox_failed(outbox, "cutting off torn marks", e);
		if (fd >= 0)
			close(fd);
	}
	free(bytes);
	return done;
}

static bool load_records(struct outbox *outbox, const uint8_t *bytes, size_t size, bool is_last,
			 struct segment *out, struct err *e)
{
	if (!record_file_key((struct slice){.data = bytes, .size = size}, out->key))
		return err_set(e, ERR_INTERNAL,
			       "the outbox %.180s: %016llx.seg is no file of this version of an outbox",
			       outbox->path, (unsigned long long)out->first);
	segment_give(out, out->first);
	out->count = 0;
	out->size = out->synced_size = scan(outbox, out, bytes, size);
	if (!cut_tail(outbox, out, size - out->size, is_last, e) || !load_marks(outbox, out, e))
		return false;
	if (out->damaged)
		tell(outbox, LOG_LEVEL_ERROR, "outbox_damaged", out, size);
	return true;
}

bool segment_load(struct outbox *outbox, uint64_t first, bool is_last, struct segment *out, bool *found,
		  struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	size_t size;
	struct err unread = {0};
	outbox_name(first, ".seg", name);
	*out = (struct segment){.first = first};
	uint8_t *bytes = outbox_read_file(outbox, name, &size, &unread);
	*found = bytes && size > RECORD_FILE_HEAD_SIZE;
	bool done = unread.code == ERR_OK;
	if (!done)
		*e = unread;
	// The process died while it made the file: nothing can be in it yet.
	if (done && bytes && !*found && !outbox->read_only)
		done = unlinkat(outbox->directory, name, 0) == 0 || outbox_failed(outbox, "removing", e);
	if (done && *found)
		done = load_records(outbox, bytes, size, is_last, out, e);
	free(bytes);
	if (!done) {
		free(out->settled);
		out->settled = NULL;
	}
	return done;
}

// ---- the end ---------------------------------------------------------------------------------------------

bool segment_remove(struct outbox *outbox, size_t index, struct err *e)
{
	struct segment *segment = &outbox->segments[index];
	char name[OUTBOX_NAME_SIZE], kept[OUTBOX_NAME_SIZE], marks[OUTBOX_NAME_SIZE];
	outbox_name(segment->first, ".seg", name);
	outbox_name(segment->first, ".damaged", kept);
	outbox_name(segment->first, ".done", marks);
	// The events before their marks: marks without events say nothing, events without marks are sent
	// again.
	const int gone = segment->damaged ? renameat(outbox->directory, name, outbox->directory, kept)
					  : unlinkat(outbox->directory, name, 0);
	if (gone != 0)
		return outbox_failed(outbox, "removing a settled segment", e);
	unlinkat(outbox->directory, marks, 0);
	outbox->bytes -= segment->size;
	free(segment->settled);
	memmove(segment, segment + 1, (outbox->segment_count - index - 1) * sizeof(*segment));
	outbox->segment_count--;
	return true;
}
