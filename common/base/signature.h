// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Signed affiliate links. A shop has one pair of Ed25519 keys for its partners: the secret half signs links
// and stays with who makes them, the public half is told by an event (affiliate_key_changed), so that
// everybody can tell from the journal alone which clicks count. What is signed is no click but the right to
// bring some:
//
//   "utarg.affiliate.v1", blob(shop), blob(affiliate), blob(campaign)
//
// where a blob is its length in 4 bytes, big-endian, and its bytes. A partner may use a link as often as
// people follow it. The file of a secret key holds its seed in 64 hex digits, mode 0600.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SIGNATURE_SIZE = 64,
	SIGNATURE_PUBLIC_SIZE = 32,
	SIGNATURE_SEED_SIZE = 32,
	SIGNATURE_FILE_SIZE = 2 * SIGNATURE_SEED_SIZE + 2, // hex, a newline and a NUL
};

struct signature_key { // wiped by who holds it
	uint8_t seed[SIGNATURE_SEED_SIZE];
};

// What a link says; borrowed for the call.
struct signature_link {
	const char *shop, *affiliate, *campaign; // campaign may be ""
};

bool signature_key_make(struct signature_key *out, struct err *e);
void signature_key_print(const struct signature_key *key, char out[SIGNATURE_FILE_SIZE]);
// FORBIDDEN when others may open the file, MISSING_FIELD when it is not there.
bool signature_key_read(const char *path, struct signature_key *out, struct err *e);
void signature_public(const struct signature_key *key, uint8_t out[SIGNATURE_PUBLIC_SIZE]);
void signature_make(const struct signature_key *key, const struct signature_link *link,
		    uint8_t out[SIGNATURE_SIZE]);
// False for what is no signature of this link by this key, whatever its size.
bool signature_is_valid(const uint8_t public_key[SIGNATURE_PUBLIC_SIZE], const struct signature_link *link,
			struct slice signature);
