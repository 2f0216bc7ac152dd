// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// refused.log: events that ingest will not take as they are, each with its code and sentence, until a person
// has looked at them. They count against the outbox's limit.
#include "common/publisher/outbox_internal.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char file_name[] = "refused.log";
enum { TEXT_MAX = 1024 };

// Counts the whole records; returns the bytes behind which there is none.
static size_t count_records(struct outbox *outbox, const uint8_t *bytes, size_t size)
{
	struct slice rest = {.data = bytes + RECORD_FILE_HEAD_SIZE, .size = size - RECORD_FILE_HEAD_SIZE};
	struct record record;
	size_t whole = RECORD_FILE_HEAD_SIZE;
	while (rest.size > 0) {
		if (record_next(outbox->refused_key, &rest, &record)) {
			outbox->counts.refused++;
			whole = size - rest.size;
		} else if (!record_find(outbox->refused_key, &rest)) {
			break;
		}
	}
	return whole;
}

static bool open_refused(struct outbox *outbox, size_t lost, struct err *e)
{
	outbox->refused = openat(outbox->directory, file_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (outbox->refused < 0)
		return outbox_failed(outbox, "opening what was refused", e);
	if (lost == 0)
		return true;
	log_warn("outbox_tail_cut", LOG_STR("outbox", outbox->path), LOG_STR("file", file_name),
		 LOG_UINT("bytes", lost));
	return ftruncate(outbox->refused, (off_t)outbox->refused_size) == 0 ||
	       outbox_failed(outbox, "cutting off a torn end", e);
}

bool outbox_load_refused(struct outbox *outbox, struct err *e)
{
	size_t size;
	struct err unread = {0};
	uint8_t *bytes = outbox_read_file(outbox, file_name, &size, &unread);
	bool done = unread.code == ERR_OK;
	if (!done)
		*e = unread;
	if (bytes && size <= RECORD_FILE_HEAD_SIZE) { // died while it was made, or it is just being made
		if (!outbox->read_only)
			unlinkat(outbox->directory, file_name, 0);
	} else if (bytes &&
		   !record_file_key((struct slice){.data = bytes, .size = size}, outbox->refused_key)) {
		done = err_set(e, ERR_INTERNAL, "the outbox %.180s: %s is of another version", outbox->path,
			       file_name);
	} else if (bytes) {
		outbox->refused_size = count_records(outbox, bytes, size);
		outbox->bytes += outbox->refused_size;
		done = outbox->read_only || open_refused(outbox, size - outbox->refused_size, e);
	}
	free(bytes);
	return done;
}

static bool make_refused(struct outbox *outbox, struct err *e)
{
	if (outbox->refused >= 0)
		return true;
	outbox->refused = outbox_create_file(outbox, file_name, outbox->refused_key, e);
	if (outbox->refused < 0)
		return false;
	outbox->refused_size = RECORD_FILE_HEAD_SIZE;
	outbox->bytes += RECORD_FILE_HEAD_SIZE;
	return true;
}

static void shorten(struct slice *text)
{
	if (text->size > TEXT_MAX)
		text->size = TEXT_MAX;
}

bool outbox_refuse(struct outbox *outbox, uint64_t number, struct record_refused *refused, struct err *e)
{
	assert(!outbox->read_only);
	if (!make_refused(outbox, e))
		return false;
	refused->refused_at_ms = clock_now_ms();
	shorten(&refused->field);
	shorten(&refused->message);
	const size_t body_size = record_refused_size(refused), size = record_size(body_size);
	uint8_t *packed = malloc(size);
	if (!packed)
		return err_set(e, ERR_INTERNAL, "no memory for an event of the outbox");
	struct record record = {.kind = RECORD_REFUSED, .number = number};
	record.body = (struct slice){.data = packed + RECORD_HEAD_SIZE, .size = body_size};
	record_refused_write(refused, packed + RECORD_HEAD_SIZE);
	record_write(outbox->refused_key, &record, packed);
	const bool done = outbox_write_at(outbox, outbox->refused, outbox->refused_size, packed, size, e);
	free(packed);
	if (!done)
		return false;
	outbox->refused_size += size;
	outbox->bytes += size;
	outbox->refused_is_dirty = true;
	outbox->counts.refused++;
	outbox_settle(outbox, number);
	return true;
}

bool outbox_each_refused(struct outbox *outbox,
			 bool (*each)(void *context, uint64_t number, const struct record_refused *refused),
			 void *context, struct err *e)
{
	size_t size;
	struct err unread = {0};
	uint8_t *bytes = outbox_read_file(outbox, file_name, &size, &unread);
	if (unread.code != ERR_OK) {
		*e = unread;
		return false;
	}
	struct slice rest = {.data = bytes, .size = size};
	if (rest.size > RECORD_FILE_HEAD_SIZE) {
		rest.data += RECORD_FILE_HEAD_SIZE;
		rest.size -= RECORD_FILE_HEAD_SIZE;
	} else {
		rest.size = 0;
	}
	struct record record;
	struct record_refused refused;
	bool go_on = true;
	while (go_on && rest.size > 0) {
		if (record_next(outbox->refused_key, &rest, &record))
			go_on = !record_refused_read(record.body, &refused) ||
				each(context, record.number, &refused);
		else
			go_on = record_find(outbox->refused_key, &rest);
	}
	free(bytes);
	return true;
}

bool outbox_forget_refused(struct outbox *outbox, struct err *e)
{
	assert(!outbox->read_only);
	if (unlinkat(outbox->directory, file_name, 0) != 0 && errno != ENOENT)
		return outbox_failed(outbox, "removing what was refused", e);
	if (outbox->refused >= 0)
		close(outbox->refused);
	outbox->refused = -1;
	outbox->bytes -= outbox->refused_size;
	outbox->refused_size = 0;
	outbox->counts.refused = 0;
	outbox->refused_is_dirty = false;
	return true;
}
