// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The bytes of an outbox's files. Pure: no file is opened here. A file is a head (a magic text and the key of
// its segment), then records, each with its length and a checksum.
//
// The checksum is BLAKE2b with 16 bytes: libsodium is in the house (a CRC would bring a library), it is far
// from being what costs (a record waits for the disk), and it can be keyed. The key is drawn for each
// segment: what an older file of the same name, or the disk's old blocks, hold is then never taken for a
// record.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORD_KEY_SIZE = 16,
	RECORD_CHECK_SIZE = 16,
	RECORD_FILE_HEAD_SIZE = 16 + RECORD_KEY_SIZE,
	RECORD_HEAD_SIZE = 4 + 1 + 8 + RECORD_CHECK_SIZE, // body length, kind, number, checksum of it all
	RECORD_PUBLICATION_MAX = 1024 * 1024,            // ingest takes 72 KiB; more is no mistake to be kept
	RECORD_BODY_MAX = RECORD_PUBLICATION_MAX + 4096, // and what we add
};

enum record_kind {
	RECORD_EVENT = 1,   // body: origin 1, tag 8, the publication
	RECORD_SETTLED = 2, // body: last number 8; number is the first: all between are settled
	RECORD_REFUSED = 3, // body: code 2, when 8, field and message (length 2 and text), then as an event
};

struct record {
	enum record_kind kind;
	uint64_t number;   // of the event in its outbox, from 1
	struct slice body; // borrowed
};

void record_file_head(const uint8_t key[RECORD_KEY_SIZE], uint8_t out[RECORD_FILE_HEAD_SIZE]);
// False when this is no file of an outbox, or one of another version.
bool record_file_key(struct slice head, uint8_t key[RECORD_KEY_SIZE]);

// Bytes of head and body.
size_t record_size(size_t body_size);
// Writes head and body; out holds record_size(body.size).
void record_write(const uint8_t key[RECORD_KEY_SIZE], const struct record *record, uint8_t *out);
// Takes the record at the beginning of *rest off it. False, with *rest as it was, when it is cut short, is
// not what was written, or is of no known kind.
bool record_next(const uint8_t key[RECORD_KEY_SIZE], struct slice *rest, struct record *out);
// Moves *rest to the next record behind what record_next did not take; false when there is none.
bool record_find(const uint8_t key[RECORD_KEY_SIZE], struct slice *rest);

// ---- bodies ----------------------------------------------------------------------------------------------

enum { RECORD_EVENT_EXTRA = 9, RECORD_SETTLED_SIZE = 8 };

struct record_event {
	int origin;
	uint64_t tag;
	struct slice publication; // borrowed
};
void record_event_write(const struct record_event *event, uint8_t *out); // RECORD_EVENT_EXTRA + publication
bool record_event_read(struct slice body, struct record_event *out);

// A refused event, with the reason it was given.
struct record_refused {
	enum err_code code;
	int64_t refused_at_ms;
	struct slice field, message; // texts, without an end
	struct record_event event;
};
size_t record_refused_size(const struct record_refused *refused);
void record_refused_write(const struct record_refused *refused, uint8_t *out);
bool record_refused_read(struct slice body, struct record_refused *out);

uint64_t record_number(const uint8_t *bytes, size_t size); // big-endian
void record_put_number(uint8_t *out, size_t size, uint64_t value);
