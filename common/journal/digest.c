// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Digests and the chain, in the byte layout that journal.h tells. The labels keep the bytes of one kind from
// ever standing for another. Does not know where rows come from.
#include "common/journal/journal.h"

#include "common/base/fail.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char batch_label[] = "utarg.batch.v1";
static const char genesis_label[] = "utarg.genesis.v1";
static const char chain_label[] = "utarg.chain.v1";

_Static_assert(sizeof(struct journal_digest) >= sizeof(crypto_generichash_state), "room for the state");
_Static_assert(_Alignof(struct journal_digest) >= _Alignof(crypto_generichash_state),
	       "alignment of the state");

static crypto_generichash_state *state_of(struct journal_digest *digest)
{
	return (crypto_generichash_state *)(void *)digest->state;
}

static void add(struct journal_digest *digest, const void *bytes, size_t size)
{
	if (size > 0)
		crypto_generichash_update(state_of(digest), bytes, size);
}

static void add_number(struct journal_digest *digest, int64_t number, int size)
{
	uint8_t bytes[8];
	uint64_t v = (uint64_t)number;
	for (int i = size - 1; i >= 0; i--) {
		bytes[i] = (uint8_t)v;
		v >>= 8;
	}
	add(digest, bytes, (size_t)size);
}

static void add_blob(struct journal_digest *digest, struct slice blob)
{
	assert(blob.size <= UINT32_MAX);
	add_number(digest, (int64_t)blob.size, 4);
	add(digest, blob.data, blob.size);
}

static void start(struct journal_digest *digest, const char *label)
{
	int ready = sodium_init(); // picks the fastest code once; cheap afterwards
	assert(ready >= 0);
	(void)ready;
	crypto_generichash_init(state_of(digest), NULL, 0, JOURNAL_DIGEST_SIZE);
	add(digest, label, strlen(label));
}

void journal_digest_init(struct journal_digest *digest)
{
	start(digest, batch_label);
}

void journal_digest_row(struct journal_digest *digest, int64_t seq, const uint8_t event_id[UUID_SIZE],
			int16_t kind, int64_t event_time_ms, int64_t received_at_ms, struct slice principal,
			int16_t origin, struct slice payload)
{
	add_number(digest, seq, 8);
	add(digest, event_id, UUID_SIZE);
	add_number(digest, kind, 2);
	add_number(digest, event_time_ms, 8);
	add_number(digest, received_at_ms, 8);
	add_blob(digest, principal);
	add_number(digest, origin, 2);
	add_blob(digest, payload);
}

void journal_digest_subject(struct journal_digest *digest, int64_t seq, struct slice visitor,
			    struct slice customer, struct slice subject)
{
	add_number(digest, seq, 8);
	add_blob(digest, visitor);
	add_blob(digest, customer);
	add_blob(digest, subject);
}

void journal_digest_final(struct journal_digest *digest, uint8_t out[JOURNAL_DIGEST_SIZE])
{
	crypto_generichash_final(state_of(digest), out, JOURNAL_DIGEST_SIZE);
}

void journal_genesis(const char *slug, uint8_t out[JOURNAL_DIGEST_SIZE])
{
	struct journal_digest digest;
	start(&digest, genesis_label);
	add(&digest, slug, strlen(slug));
	journal_digest_final(&digest, out);
}

void journal_chain(const uint8_t previous[JOURNAL_DIGEST_SIZE], int64_t first_seq, int64_t last_seq,
		   const uint8_t digest[JOURNAL_DIGEST_SIZE], uint8_t out[JOURNAL_DIGEST_SIZE])
{
	struct journal_digest link;
	start(&link, chain_label);
	if (!fail_mutant(MUTANT_CHAIN_UNLINKED))
		add(&link, previous, JOURNAL_DIGEST_SIZE);
	add_number(&link, first_seq, 8);
	add_number(&link, last_seq, 8);
	add(&link, digest, JOURNAL_DIGEST_SIZE);
	journal_digest_final(&link, out);
}
