// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the outbox's files share. Nobody outside common/publisher includes it.
#pragma once

#include "common/publisher/outbox.h"

enum {
	OUTBOX_NAME_SIZE = 32,
	OUTBOX_RUNS_MAX = 64, // ranges of settled events gathered for one write
	OUTBOX_GAP_MAX = 1 << 20,
};

// One .seg file. Life: created (or loaded) -> appended to while it is the last -> all settled -> removed.
struct segment {
	uint64_t first; // number of its first event, and its name
	uint64_t count; // numbers from first on that are given away
	uint64_t settled_count;
	uint8_t *settled; // a bit a number
	size_t settled_size;
	size_t size, synced_size; // bytes of the file that hold records
	uint8_t key[RECORD_KEY_SIZE];
	bool damaged;
};

// Bytes of the segment that is being read, up to what is synced.
struct outbox_cursor {
	uint64_t first; // the segment, or the least that may be next
	uint8_t *bytes;
	size_t size, capacity, at;
};

struct settled_run {
	uint64_t first, last;
};

struct outbox {
	char path[512]; // as given, for sentences
	int directory, lock;
	bool read_only;
	size_t segment_bytes;
	uint64_t limit_bytes;
	uint64_t bytes; // of all segments and refused.log
	struct segment *segments;
	size_t segment_count, segment_capacity;
	int active; // the last segment, for appending; -1: none yet
	uint64_t next_number;
	struct outbox_cursor cursor;
	struct settled_run runs[OUTBOX_RUNS_MAX];
	size_t run_count;
	struct outbox_counts counts; // waiting, refused, damaged
	int refused;                 // refused.log, -1 until it is needed
	size_t refused_size;
	uint8_t refused_key[RECORD_KEY_SIZE];
	bool refused_is_dirty;
	struct err broken; // the disk failed: nothing is taken any more
	uint8_t *packed;   // room for one record
};

// ---- outbox_file.c: bytes and names ----------------------------------------------------------------------

void outbox_name(uint64_t first, const char *suffix, char out[OUTBOX_NAME_SIZE]);
bool outbox_number_of(const char *name, const char *suffix, uint64_t *first);
// All bytes of a file, the caller's to free; NULL on failure, and with *size 0 when there is no such file.
uint8_t *outbox_read_file(const struct outbox *outbox, const char *name, size_t *size, struct err *e);
// Appends at `size`, whatever a failure left behind it is cut off again.
bool outbox_write_at(const struct outbox *outbox, int fd, size_t size, const void *bytes, size_t count,
		     struct err *e);
// Sets the sentence of a failed call, by errno: STORAGE_LOW when there is no room, else INTERNAL.
bool outbox_failed(const struct outbox *outbox, const char *what, struct err *e);
bool outbox_sync_directory(const struct outbox *outbox, struct err *e);
// A new file with its head, on the disk; -1 on failure.
int outbox_create_file(const struct outbox *outbox, const char *name, uint8_t key[RECORD_KEY_SIZE],
		       struct err *e);

// ---- outbox_segment.c ------------------------------------------------------------------------------------

// Reads one .seg with its .done; is_last: a torn end is cut off. False on failure; a file without a record in
// it is removed and *found is false.
bool segment_load(struct outbox *outbox, uint64_t first, bool is_last, struct segment *out, bool *found,
		  struct err *e);
void segment_give(struct segment *segment, uint64_t number); // notes that the number is in it
bool segment_is_settled(const struct segment *segment, uint64_t number);
bool segment_settle(struct segment *segment, uint64_t number); // false when it was already
bool segment_remove(struct outbox *outbox, size_t index, struct err *e);
struct segment *segment_of(struct outbox *outbox, uint64_t number); // NULL: in none

// ---- outbox_refused.c ------------------------------------------------------------------------------------

bool outbox_load_refused(struct outbox *outbox, struct err *e);
