// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "common/publisher/record.h"

#include <sodium.h>
#include <string.h>

// A changed layout gets another text, and is then refused by older programs.
static const char magic[] = "utarg outbox v1\n";
enum { MAGIC_SIZE = sizeof(magic) - 1 };
_Static_assert(MAGIC_SIZE + RECORD_KEY_SIZE == RECORD_FILE_HEAD_SIZE, "the head holds both");
_Static_assert(RECORD_CHECK_SIZE >= crypto_generichash_BYTES_MIN, "BLAKE2b is not shorter");

enum { HEAD_CHECKED_SIZE = RECORD_HEAD_SIZE - RECORD_CHECK_SIZE, BLOB_HEAD_SIZE = 2 };

uint64_t record_number(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

void record_put_number(uint8_t *out, size_t size, uint64_t value)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		out[i] = (uint8_t)value;
}

void record_file_head(const uint8_t key[RECORD_KEY_SIZE], uint8_t out[RECORD_FILE_HEAD_SIZE])
{
	memcpy(out, magic, MAGIC_SIZE);
	memcpy(out + MAGIC_SIZE, key, RECORD_KEY_SIZE);
}

bool record_file_key(struct slice head, uint8_t key[RECORD_KEY_SIZE])
{
	if (head.size < RECORD_FILE_HEAD_SIZE || memcmp(head.data, magic, MAGIC_SIZE) != 0)
		return false;
	memcpy(key, head.data + MAGIC_SIZE, RECORD_KEY_SIZE);
	return true;
}

size_t record_size(size_t body_size)
{
	return RECORD_HEAD_SIZE + body_size;
}

static void checksum(const uint8_t key[RECORD_KEY_SIZE], const uint8_t *head, struct slice body,
		     uint8_t out[RECORD_CHECK_SIZE])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, key, RECORD_KEY_SIZE, RECORD_CHECK_SIZE);
	crypto_generichash_update(&state, head, HEAD_CHECKED_SIZE);
	crypto_generichash_update(&state, body.data, body.size);
	crypto_generichash_final(&state, out, RECORD_CHECK_SIZE);
}

void record_write(const uint8_t key[RECORD_KEY_SIZE], const struct record *record, uint8_t *out)
{
	record_put_number(out, 4, record->body.size);
	out[4] = (uint8_t)record->kind;
	record_put_number(out + 5, 8, record->number);
	memmove(out + RECORD_HEAD_SIZE, record->body.data, record->body.size);
	checksum(key, out, (struct slice){.data = out + RECORD_HEAD_SIZE, .size = record->body.size},
		 out + HEAD_CHECKED_SIZE);
}

bool record_next(const uint8_t key[RECORD_KEY_SIZE], struct slice *rest, struct record *out)
{
	if (rest->size < RECORD_HEAD_SIZE)
		return false;
	const size_t body_size = (size_t)record_number(rest->data, 4);
	const int kind = rest->data[4];
	if (body_size > RECORD_BODY_MAX || body_size > rest->size - RECORD_HEAD_SIZE || kind < RECORD_EVENT ||
	    kind > RECORD_REFUSED)
		return false;
	uint8_t found[RECORD_CHECK_SIZE];
	const struct slice body = {.data = rest->data + RECORD_HEAD_SIZE, .size = body_size};
	checksum(key, rest->data, body, found);
	if (memcmp(found, rest->data + HEAD_CHECKED_SIZE, RECORD_CHECK_SIZE) != 0)
		return false;
	*out = (struct record){.kind = (enum record_kind)kind, .number = record_number(rest->data + 5, 8)};
	out->body = body;
	rest->data += RECORD_HEAD_SIZE + body_size;
	rest->size -= RECORD_HEAD_SIZE + body_size;
	return true;
}

bool record_find(const uint8_t key[RECORD_KEY_SIZE], struct slice *rest)
{
	struct record found;
	for (size_t at = 1; at + RECORD_HEAD_SIZE <= rest->size; at++) {
		struct slice candidate = {.data = rest->data + at, .size = rest->size - at};
		struct slice behind = candidate;
		if (record_next(key, &behind, &found)) {
			*rest = candidate;
			return true;
		}
	}
	return false;
}

// ---- bodies ----------------------------------------------------------------------------------------------

void record_event_write(const struct record_event *event, uint8_t *out)
{
	out[0] = (uint8_t)event->origin;
	record_put_number(out + 1, 8, event->tag);
	memcpy(out + RECORD_EVENT_EXTRA, event->publication.data, event->publication.size);
}

bool record_event_read(struct slice body, struct record_event *out)
{
	if (body.size < RECORD_EVENT_EXTRA)
		return false;
	*out = (struct record_event){.origin = body.data[0], .tag = record_number(body.data + 1, 8)};
	out->publication = (struct slice){.data = body.data + RECORD_EVENT_EXTRA,
					  .size = body.size - RECORD_EVENT_EXTRA};
	return true;
}

enum { REFUSED_FIXED_SIZE = 2 + 8 + 2 * BLOB_HEAD_SIZE + RECORD_EVENT_EXTRA };

size_t record_refused_size(const struct record_refused *refused)
{
	return REFUSED_FIXED_SIZE + refused->field.size + refused->message.size +
	       refused->event.publication.size;
}

static uint8_t *put_blob(uint8_t *out, struct slice text)
{
	record_put_number(out, BLOB_HEAD_SIZE, text.size);
	if (text.size > 0)
		memcpy(out + BLOB_HEAD_SIZE, text.data, text.size);
	return out + BLOB_HEAD_SIZE + text.size;
}

void record_refused_write(const struct record_refused *refused, uint8_t *out)
{
	record_put_number(out, 2, (uint64_t)refused->code);
	record_put_number(out + 2, 8, (uint64_t)refused->refused_at_ms);
	out = put_blob(out + 10, refused->field);
	out = put_blob(out, refused->message);
	record_event_write(&refused->event, out);
}

static bool take_blob(struct slice *rest, struct slice *out)
{
	if (rest->size < BLOB_HEAD_SIZE)
		return false;
	const size_t size = (size_t)record_number(rest->data, BLOB_HEAD_SIZE);
	if (size > rest->size - BLOB_HEAD_SIZE)
		return false;
	*out = (struct slice){.data = rest->data + BLOB_HEAD_SIZE, .size = size};
	rest->data += BLOB_HEAD_SIZE + size;
	rest->size -= BLOB_HEAD_SIZE + size;
	return true;
}

bool record_refused_read(struct slice body, struct record_refused *out)
{
	if (body.size < REFUSED_FIXED_SIZE)
		return false;
	out->code = (enum err_code)record_number(body.data, 2);
	out->refused_at_ms = (int64_t)record_number(body.data + 2, 8);
	body.data += 10;
	body.size -= 10;
	return take_blob(&body, &out->field) && take_blob(&body, &out->message) &&
	       record_event_read(body, &out->event);
}
