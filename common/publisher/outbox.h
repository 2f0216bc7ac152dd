// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Events that wait on disk until they are settled, so that a publisher may die, or ingest stay away, and
// nothing is lost. (common/bus keeps unsent frames in memory under the same name; they do not meet.) No
// sockets here: publisher.h sends what is in it.
//
//   lock              held by flock: one process at a time
//   <first>.seg       events, appended only, named by the number of the first (16 hex digits)
//   <first>.done      which of them are settled, as ranges, appended only
//   <first>.damaged   a settled segment in which something could not be read: kept for a person
//   refused.log       what ingest refused for good, with code and sentence
//
// An event's life: added (written) -> synced (on the disk; from here on it survives kill -9 and a power cut)
// -> given by outbox_next -> settled or refused -> gone with its segment when all of that are settled.
//
// What is durable when: outbox_sync returns after fdatasync. A refusal is synced before its event is marked
// as settled. Marks themselves are not synced: a lost one costs sending the same id again, which is answered
// DUPLICATE. A put that did not return may be there or not.
//
// What an opening finds: a torn end of the newest segment (a put that never returned) is cut off, with a log
// line. Anything else that does not carry its checksum is told as damaged, what is behind it is still sent,
// and the file is kept.
#pragma once

#include "common/publisher/record.h"

struct outbox;

struct outbox_options {
	// Of events and refusals; 0: 256 MiB, at least 64 KiB. Marks come on top, 37 bytes a range, and the
	// space of settled events is free again when their segment (a sixteenth of this, at most 4 MiB) is.
	uint64_t limit_bytes;
	bool read_only; // for looking at it, also while another process has it; changes nothing
};

// Makes the directory (mode 0700) when it is not there, but not its parents. options NULL: the defaults. BUSY
// when another process has it open.
struct outbox *outbox_open(const char *directory, const struct outbox_options *options, struct err *e);
void outbox_close(struct outbox *outbox); // takes NULL; what is not synced may be lost

// Writes an event; *number (may be NULL) gets its place. BUSY when the outbox is full, STORAGE_LOW when the
// disk is; nothing that is in it is touched by that.
bool outbox_add(struct outbox *outbox, const struct record_event *event, uint64_t *number, struct err *e);
// Makes all that was added durable: one fdatasync, for a group of any size. After a failure the outbox takes
// nothing more: what the disk holds then is known after opening again.
bool outbox_sync(struct outbox *outbox, struct err *e);
// Both.
bool outbox_put(struct outbox *outbox, const struct record_event *event, uint64_t *number, struct err *e);

struct outbox_item {
	uint64_t number;
	struct record_event event; // borrowed until the next call
};
// The next synced event that is not settled, each once until outbox_rewind. False at the end, and with a
// reason in e when reading failed.
bool outbox_next(struct outbox *outbox, struct outbox_item *out, struct err *e);
void outbox_rewind(struct outbox *outbox);

void outbox_settle(struct outbox *outbox, uint64_t number);
// Settles an event by keeping it with its reason. False (nothing changed) when that cannot be written.
// refused->refused_at_ms is set here.
bool outbox_refuse(struct outbox *outbox, uint64_t number, struct record_refused *refused, struct err *e);
// Writes down what was settled since, and removes what is settled whole. Call it after a round of answers.
// Marks that cannot be written are logged and cost a repetition after a crash; false when a refusal cannot be
// synced.
bool outbox_note(struct outbox *outbox, struct err *e);

struct outbox_counts {
	uint64_t waiting; // not settled
	uint64_t refused;
	uint64_t damaged; // could not be read when it was opened
	uint64_t bytes, limit_bytes;
};
struct outbox_counts outbox_counts(const struct outbox *outbox);
uint64_t outbox_next_number(const struct outbox *outbox); // the next event's

// Calls for each refused event, oldest first, until each() returns false.
bool outbox_each_refused(struct outbox *outbox,
			 bool (*each)(void *context, uint64_t number, const struct record_refused *refused),
			 void *context, struct err *e);
bool outbox_forget_refused(struct outbox *outbox, struct err *e);
