// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Opening, putting and reading. Settling is in outbox_settle.c.
#include "common/publisher/outbox_internal.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LIMIT_MIN = 64 * 1024,
	LIMIT_DEFAULT = 256 * 1024 * 1024,
	SEGMENT_MAX = 4 * 1024 * 1024,
	SEGMENTS_PER_LIMIT = 16,
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

// ---- opening ---------------------------------------------------------------------------------------------

static bool open_directory(struct outbox *outbox, const char *directory, struct err *e)
{
	if (!text_copy(outbox->path, sizeof(outbox->path), directory))
		return err_set(e, ERR_BAD_FIELD, "the name of the outbox is too long");
	const bool made = !outbox->read_only && mkdir(directory, 0700) == 0;
	if (!made && !outbox->read_only && errno != EEXIST)
		return outbox_failed(outbox, "making the directory", e);
	outbox->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (outbox->directory < 0)
		return err_set(e, ERR_BAD_FIELD, "there is no outbox %.200s: %s", directory, strerror(errno));
	if (!made)
		return true;
	const int parent = openat(outbox->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool synced = parent >= 0 && fsync(parent) == 0;
	if (!synced)
		outbox_failed(outbox, "syncing its parent", e);
	if (parent >= 0)
		close(parent);
	return synced;
}

// flock goes with the process, however it ends.
static bool take_lock(struct outbox *outbox, struct err *e)
{
	char text[32] = "";
	outbox->lock = openat(outbox->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (outbox->lock < 0)
		return outbox_failed(outbox, "the lock", e);
	if (flock(outbox->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return outbox_failed(outbox, "the lock", e);
		const ssize_t size = pread(outbox->lock, text, sizeof(text) - 1, 0);
		text[size > 0 ? strspn(text, "0123456789") : 0] = 0;
		return err_set(e, ERR_BUSY, "the outbox %.180s is in use%s%s", outbox->path,
			       *text ? " by process " : "", text);
	}
	const int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	return (ftruncate(outbox->lock, 0) == 0 && pwrite(outbox->lock, text, (size_t)size, 0) == size) ||
	       outbox_failed(outbox, "the lock", e);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

struct names {
	uint64_t *segments;
	size_t count;
};

// Marks whose segment is gone say nothing to anybody.
static void remove_orphan(struct outbox *outbox, const char *name)
{
	uint64_t first;
	char segment[OUTBOX_NAME_SIZE];
	if (outbox->read_only || !outbox_number_of(name, ".done", &first))
		return;
	outbox_name(first, ".seg", segment);
	if (faccessat(outbox->directory, segment, F_OK, 0) != 0 && errno == ENOENT)
		unlinkat(outbox->directory, name, 0);
}

static bool list_segments(struct outbox *outbox, struct names *out, struct err *e)
{
	const int copy = openat(outbox->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);
	uint64_t first;
	if (!listing) {
		if (copy >= 0)
			close(copy);
		return outbox_failed(outbox, "listing", e);
	}
	for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
		remove_orphan(outbox, entry->d_name);
		if (!outbox_number_of(entry->d_name, ".seg", &first))
			continue;
		out->segments = must(realloc(out->segments, (out->count + 1) * sizeof(*out->segments)));
		out->segments[out->count++] = first;
	}
	closedir(listing);
	if (out->count > 0)
		qsort(out->segments, out->count, sizeof(*out->segments), by_number);
	return true;
}

static struct segment *append_segment(struct outbox *outbox, const struct segment *segment)
{
	if (outbox->segment_count == outbox->segment_capacity) {
		outbox->segment_capacity = outbox->segment_capacity ? outbox->segment_capacity * 2 : 16;
		outbox->segments =
			must(realloc(outbox->segments, outbox->segment_capacity * sizeof(*outbox->segments)));
	}
	outbox->segments[outbox->segment_count] = *segment;
	outbox->bytes += segment->size;
	return &outbox->segments[outbox->segment_count++];
}

static bool load_segments(struct outbox *outbox, struct err *e)
{
	struct names names = {0};
	bool done = list_segments(outbox, &names, e);
	for (size_t i = 0; i < names.count && done; i++) {
		struct segment segment;
		bool found;
		done = segment_load(outbox, names.segments[i], i + 1 == names.count, &segment, &found, e);
		if (!done || !found)
			continue;
		append_segment(outbox, &segment);
		outbox->counts.waiting += segment.count - segment.settled_count;
		outbox->next_number = segment.first + segment.count;
	}
	free(names.segments);
	return done;
}

// Goes on in the newest file, unless something in it could not be read.
static bool open_active(struct outbox *outbox, struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	if (outbox->segment_count == 0 || outbox->segments[outbox->segment_count - 1].damaged)
		return true;
	outbox_name(outbox->segments[outbox->segment_count - 1].first, ".seg", name);
	outbox->active = openat(outbox->directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	return outbox->active >= 0 || outbox_failed(outbox, "opening", e);
}

static bool open_all(struct outbox *outbox, const char *directory, struct err *e)
{
	if (!open_directory(outbox, directory, e) || (!outbox->read_only && !take_lock(outbox, e)) ||
	    !load_segments(outbox, e) || !outbox_load_refused(outbox, e))
		return false;
	// What was settled when the last process died; and a directory that is as it was read.
	return outbox->read_only ||
	       (outbox_sync_directory(outbox, e) && open_active(outbox, e) && outbox_note(outbox, e));
}

struct outbox *outbox_open(const char *directory, const struct outbox_options *options, struct err *e)
{
	if (sodium_init() < 0) {
		err_set(e, ERR_INTERNAL, "libsodium cannot be used");
		return NULL;
	}
	struct outbox *outbox = must(calloc(1, sizeof(*outbox)));
	outbox->directory = outbox->lock = outbox->active = outbox->refused = -1;
	outbox->next_number = 1;
	outbox->read_only = options && options->read_only;
	outbox->limit_bytes = options && options->limit_bytes ? options->limit_bytes : LIMIT_DEFAULT;
	if (outbox->limit_bytes < LIMIT_MIN)
		outbox->limit_bytes = LIMIT_MIN;
	outbox->segment_bytes = outbox->limit_bytes / SEGMENTS_PER_LIMIT < SEGMENT_MAX
					? (size_t)(outbox->limit_bytes / SEGMENTS_PER_LIMIT)
					: SEGMENT_MAX;
	outbox->packed = must(malloc(record_size(RECORD_BODY_MAX)));
	if (!open_all(outbox, directory, e)) {
		outbox_close(outbox);
		return NULL;
	}
	return outbox;
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void retire_active(struct outbox *outbox)
{
	close_file(outbox->active);
	outbox->active = -1;
}

void outbox_close(struct outbox *outbox)
{
	struct err e = {0};
	if (!outbox)
		return;
	retire_active(outbox); // so that a settled last segment goes too
	if (outbox->lock >= 0 && !outbox->read_only)
		outbox_note(outbox, &e);
	for (size_t i = 0; i < outbox->segment_count; i++)
		free(outbox->segments[i].settled);
	free(outbox->segments);
	free(outbox->cursor.bytes);
	free(outbox->packed);
	close_file(outbox->refused);
	close_file(outbox->directory);
	close_file(outbox->lock);
	free(outbox);
}

// ---- putting ---------------------------------------------------------------------------------------------

static struct segment *last_segment(struct outbox *outbox)
{
	return outbox->segment_count > 0 ? &outbox->segments[outbox->segment_count - 1] : NULL;
}

static bool start_segment(struct outbox *outbox, struct err *e)
{
	char name[OUTBOX_NAME_SIZE];
	struct segment segment = {.first = outbox->next_number};
	if (!outbox_sync(outbox, e))
		return false;
	retire_active(outbox);
	if (!outbox_note(outbox, e))
		return false;
	outbox_name(segment.first, ".seg", name);
	outbox->active = outbox_create_file(outbox, name, segment.key, e);
	if (outbox->active < 0)
		return false;
	segment.size = segment.synced_size = RECORD_FILE_HEAD_SIZE;
	segment_give(&segment, segment.first);
	segment.count = 0;
	append_segment(outbox, &segment);
	return true;
}

// The segment to append `size` bytes to, a new one when the last is full.
static struct segment *segment_for(struct outbox *outbox, size_t size, struct err *e)
{
	struct segment *last = last_segment(outbox);
	const bool fits =
		outbox->active >= 0 && (last->count == 0 || last->size + size <= outbox->segment_bytes);
	if (!fits && !start_segment(outbox, e))
		return NULL;
	return last_segment(outbox);
}

static bool check_room(struct outbox *outbox, size_t size, struct err *e)
{
	const uint64_t need = size + RECORD_FILE_HEAD_SIZE;
	if (need > outbox->limit_bytes || size > record_size(RECORD_EVENT_EXTRA + RECORD_PUBLICATION_MAX))
		return err_set(e, ERR_TOO_LARGE, "an event of %zu bytes does not fit into the outbox %.180s",
			       size, outbox->path);
	if (outbox->bytes + need <= outbox->limit_bytes)
		return true;
	// The last segment may be all that is in the way, and settled.
	const struct segment *last = last_segment(outbox);
	if (last && last->count > 0 && last->settled_count == last->count) {
		retire_active(outbox);
		if (!outbox_note(outbox, e))
			return false;
	}
	return outbox->bytes + need <= outbox->limit_bytes ||
	       err_set(e, ERR_BUSY, "the outbox %.180s is full (%llu bytes); %llu events wait in it",
		       outbox->path, (unsigned long long)outbox->limit_bytes,
		       (unsigned long long)outbox->counts.waiting);
}

static bool is_usable(const struct outbox *outbox, struct err *e)
{
	assert(!outbox->read_only);
	if (outbox->broken.code == ERR_OK)
		return true;
	*e = outbox->broken;
	return false;
}

bool outbox_add(struct outbox *outbox, const struct record_event *event, uint64_t *number, struct err *e)
{
	const size_t body_size = RECORD_EVENT_EXTRA + event->publication.size;
	const size_t size = record_size(body_size);
	struct segment *segment;
	if (!is_usable(outbox, e) || !check_room(outbox, size, e) ||
	    !(segment = segment_for(outbox, size, e)))
		return false;
	struct record record = {.kind = RECORD_EVENT, .number = outbox->next_number};
	record.body = (struct slice){.data = outbox->packed + RECORD_HEAD_SIZE, .size = body_size};
	record_event_write(event, outbox->packed + RECORD_HEAD_SIZE);
	record_write(segment->key, &record, outbox->packed);
	if (!outbox_write_at(outbox, outbox->active, segment->size, outbox->packed, size, e))
		return false;
	segment->size += size;
	outbox->bytes += size;
	segment_give(segment, record.number);
	outbox->counts.waiting++;
	outbox->next_number++;
	if (number)
		*number = record.number;
	return true;
}

bool outbox_sync(struct outbox *outbox, struct err *e)
{
	struct segment *last = last_segment(outbox);
	if (!is_usable(outbox, e))
		return false;
	if (outbox->active < 0 || last->synced_size == last->size)
		return true;
	// After a failed sync the kernel may have dropped the pages and say yes the next time: never ask
	// again.
	if (fdatasync(outbox->active) != 0) {
		outbox_failed(outbox, "syncing", &outbox->broken);
		*e = outbox->broken;
		return false;
	}
	last->synced_size = last->size;
	return true;
}

bool outbox_put(struct outbox *outbox, const struct record_event *event, uint64_t *number, struct err *e)
{
	return outbox_add(outbox, event, number, e) && outbox_sync(outbox, e);
}

struct outbox_counts outbox_counts(const struct outbox *outbox)
{
	struct outbox_counts counts = outbox->counts;
	counts.bytes = outbox->bytes;
	counts.limit_bytes = outbox->limit_bytes;
	return counts;
}

uint64_t outbox_next_number(const struct outbox *outbox)
{
	return outbox->next_number;
}
