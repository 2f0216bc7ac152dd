// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Names for people that lead nobody back to them without the key. All is BLAKE2b with a key and libsodium's
// (and Python's) "personal" parameter, which keeps the uses apart:
//
//   shop key    32 bytes  key: the master key, person "utarg.shop", of the shop's slug
//   pseudonym   16 bytes  key: the shop's, person "utarg.visitor" or "utarg.customer", of the id as sent;
//                         written in base64 with the URL alphabet, without padding: 22 characters
//   trace       16 bytes  key: the shop's, person "utarg.erased", of a name as it was stored; hex
//
// The same id of the same shop has the same pseudonym for life; in another shop it has another. A trace tells
// an erased name when a backup brings it back. The master key is one file, outside the database: whoever has
// it can try out ids, and without it nobody is recognised again.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PSEUDONYM_KEY_SIZE = 32,
	PSEUDONYM_SIZE = 22,                                 // characters, no NUL among them
	PSEUDONYM_TRACE_SIZE = 33,                           // hex and a NUL
	PSEUDONYM_FILE_SIZE = 2 * PSEUDONYM_KEY_SIZE + 1 + 1 // hex, a line's end, a NUL
};

struct pseudonym_key {
	uint8_t bytes[PSEUDONYM_KEY_SIZE];
};

enum pseudonym_kind { PSEUDONYM_VISITOR, PSEUDONYM_CUSTOMER };

// The text of a new file with a random master key.
bool pseudonym_master_make(char out[PSEUDONYM_FILE_SIZE], struct err *e);
// Reads the file: 64 hex digits. FORBIDDEN when others than its owner may open it.
bool pseudonym_master_read(const char *path, struct pseudonym_key *out, struct err *e);
void pseudonym_shop_key(const struct pseudonym_key *master, const char *slug, struct pseudonym_key *out);
void pseudonym_of(const struct pseudonym_key *shop_key, enum pseudonym_kind kind, struct slice id,
		  char out[PSEUDONYM_SIZE]);
// One that nothing maps to.
void pseudonym_random(char out[PSEUDONYM_SIZE]);
void pseudonym_trace(const struct pseudonym_key *shop_key, struct slice name, char out[PSEUDONYM_TRACE_SIZE]);
