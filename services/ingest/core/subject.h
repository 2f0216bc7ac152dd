// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A subject on its way into the journal: whom the shop names in it is replaced by pseudonyms, in place, on
// the bytes as received. Nothing is decoded, all else stays as it is. Pure.
#pragma once

#include "common/base/pseudonym.h"

// What has to be free right before the subject: two pseudonyms, each with its tag and length.
enum { SUBJECT_ROOM_BYTES = 2 * (2 + PSEUDONYM_SIZE) };

// Who a subject is about, as slices of it; size 0: nobody.
struct subject_names {
	struct slice visitor, customer;
};

// room is SUBJECT_ROOM_BYTES and then `size` bytes of a subject whose shape has been checked. Returns what is
// to be stored, which lies within room, and lets names point into it.
struct slice subject_seal(const struct pseudonym_key *shop_key, unsigned char *room, size_t size,
			  struct subject_names *names);
