// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is settled, and in which order that is written down: a refusal and its sync, then the marks, then the
// segment goes. Whatever a crash leaves out of it, an event is sent once more, and never lost.
#include "common/publisher/outbox_internal.h"

#include "common/base/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- marks -----------------------------------------------------------------------------------------------

// The runs from `from` on that belong to one segment, as bytes. Returns the count of runs.
static size_t pack_runs(const struct outbox *outbox, const struct segment *segment, size_t from, uint8_t *out,
			size_t *size)
{
	size_t count = 0;
	*size = 0;
	for (size_t i = from; i < outbox->run_count; i++, count++) {
		const struct settled_run *run = &outbox->runs[i];
		uint8_t last[RECORD_SETTLED_SIZE];
		if (run->first < segment->first || run->first - segment->first >= segment->count)
			break;
		record_put_number(last, sizeof(last), run->last);
		const struct record record = {.kind = RECORD_SETTLED,
					      .number = run->first,
					      .body = {.data = last, .size = sizeof(last)}};
		record_write(segment->key, &record, out + *size);
		*size += record_size(sizeof(last));
	}
	return count;
}

static bool append_marks(struct outbox *outbox, const struct segment *segment, const uint8_t *bytes,
			 size_t size, struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	struct stat found;
	outbox_name(segment->first, ".done", name);
	const int fd = openat(outbox->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &found) != 0) {
		outbox_failed(outbox, "the marks", e);
		if (fd >= 0)
			close(fd);
		return false;
	}
	const bool done = outbox_write_at(outbox, fd, (size_t)found.st_size, bytes, size, e);
	close(fd);
	return done;
}

// All of it is settled, and nothing comes into it any more.
static bool is_over(const struct outbox *outbox, const struct segment *segment)
{
	const bool is_active = outbox->active >= 0 && segment == &outbox->segments[outbox->segment_count - 1];
	return !is_active && segment->settled_count == segment->count;
}

// What cannot be written is sent again after a crash, no more: it must not stop what makes room on a full
// disk.
static void write_runs(struct outbox *outbox)
{
	uint8_t bytes[OUTBOX_RUNS_MAX * (RECORD_HEAD_SIZE + RECORD_SETTLED_SIZE)];
	for (size_t from = 0; from < outbox->run_count;) {
		struct err e = {0};
		const struct segment *segment = segment_of(outbox, outbox->runs[from].first);
		size_t size = 0;
		size_t count = segment ? pack_runs(outbox, segment, from, bytes, &size) : 1;
		// Of a segment that goes at once nothing needs to be known.
		if (segment && !is_over(outbox, segment) && !append_marks(outbox, segment, bytes, size, &e))
			log_warn("outbox_marks_lost", LOG_STR("outbox", outbox->path),
				 LOG_UINT("ranges", count), LOG_STR("reason", e.text));
		from += count;
	}
	outbox->run_count = 0;
}

// ---- settling --------------------------------------------------------------------------------------------

static bool sync_refused(struct outbox *outbox, struct err *e)
{
	if (!outbox->refused_is_dirty)
		return true;
	if (fdatasync(outbox->refused) != 0) {
		outbox_failed(outbox, "syncing what was refused", &outbox->broken);
		*e = outbox->broken;
		return false;
	}
	outbox->refused_is_dirty = false;
	return true;
}

static void remember(struct outbox *outbox, const struct segment *segment, uint64_t number)
{
	struct err e = {0};
	struct settled_run *run = outbox->run_count > 0 ? &outbox->runs[outbox->run_count - 1] : NULL;
	if (run && run->last + 1 == number && run->first >= segment->first) {
		run->last = number;
		return;
	}
	if (outbox->run_count == OUTBOX_RUNS_MAX) {
		if (sync_refused(outbox, &e)) // no mark before its refusal
			write_runs(outbox);
		outbox->run_count = 0;
	}
	outbox->runs[outbox->run_count++] = (struct settled_run){.first = number, .last = number};
}

void outbox_settle(struct outbox *outbox, uint64_t number)
{
	struct segment *segment = segment_of(outbox, number);
	if (!segment || !segment_settle(segment, number))
		return;
	outbox->counts.waiting--;
	remember(outbox, segment, number);
}

bool outbox_note(struct outbox *outbox, struct err *e)
{
	if (!sync_refused(outbox, e))
		return false;
	write_runs(outbox);
	for (size_t i = outbox->segment_count; i-- > 0;)
		if (is_over(outbox, &outbox->segments[i]) && !segment_remove(outbox, i, e))
			return false;
	return true;
}
