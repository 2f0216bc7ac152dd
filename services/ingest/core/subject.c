// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See subject.h. The pseudonyms go to the front, into the room, while the names they come from still lie
// behind it; then the other fields close up behind them. They never move to the right, since what is written
// is at most the room and the fields already passed.
#include "services/ingest/core/subject.h"

#include "common/base/wire.h"

#include <assert.h>
#include <string.h>

enum { SUBJECT_VISITOR_ID = 1, SUBJECT_CUSTOMER_REF = 2 };

static unsigned char tag_of(unsigned number)
{
	return (unsigned char)(number << 3 | WIRE_BYTES);
}

// Returns the bytes written.
static size_t put_name(const struct pseudonym_key *shop_key, enum pseudonym_kind kind, unsigned number,
		       unsigned char *at, struct slice *name)
{
	char pseudonym[PSEUDONYM_SIZE];

	if (name->size == 0)
		return 0;
	pseudonym_of(shop_key, kind, *name, pseudonym);
	at[0] = tag_of(number);
	at[1] = PSEUDONYM_SIZE;
	memcpy(at + 2, pseudonym, PSEUDONYM_SIZE);
	*name = (struct slice){at + 2, PSEUDONYM_SIZE};
	return 2 + PSEUDONYM_SIZE;
}

struct slice subject_seal(const struct pseudonym_key *shop_key, unsigned char *room, size_t size,
			  struct subject_names *names)
{
	struct slice rest = {room + SUBJECT_ROOM_BYTES, size}, before = rest;
	struct wire_field field;
	size_t used = put_name(shop_key, PSEUDONYM_VISITOR, SUBJECT_VISITOR_ID, room, &names->visitor);

	used += put_name(shop_key, PSEUDONYM_CUSTOMER, SUBJECT_CUSTOMER_REF, room + used, &names->customer);
	for (; wire_next(&rest, &field); before = rest) {
		size_t field_size = (size_t)(rest.data - before.data);
		if (field.number == SUBJECT_VISITOR_ID || field.number == SUBJECT_CUSTOMER_REF)
			continue;
		memmove(room + used, before.data, field_size);
		used += field_size;
	}
	assert(rest.size == 0); // its shape has been checked
	return (struct slice){room, used};
}
