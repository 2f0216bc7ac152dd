// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Digests and the chain, in the byte layout that journal.h tells. The labels keep the bytes of one kind from
// ever standing for another. Does not know where rows come from.
#include "common/journal/journal.h"

#include "common/base/fail.h"

#include <assert.h>
#include <endian.h>
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

// A row is many small things and few large ones; each call of the hash costs as much as fifty bytes of it.
struct gather {
	struct journal_digest *digest;
	size_t size;
	uint8_t bytes[256];
};

static void gather_end(struct gather *gather)
{
	add(gather->digest, gather->bytes, gather->size);
	gather->size = 0;
}

static void gather_bytes(struct gather *gather, const void *bytes, size_t size)
{
	if (size > sizeof(gather->bytes) - gather->size)
		gather_end(gather);
	if (size > sizeof(gather->bytes)) {
		add(gather->digest, bytes, size);
	} else if (size > 0) {
		memcpy(gather->bytes + gather->size, bytes, size);
		gather->size += size;
	}
}

static void gather_number(struct gather *gather, int64_t number, int size)
{
	uint64_t v = htobe64((uint64_t)number << (64 - 8 * size));
	gather_bytes(gather, &v, (size_t)size);
}

static void gather_blob(struct gather *gather, struct slice blob)
{
	assert(blob.size <= UINT32_MAX);
	gather_number(gather, (int64_t)blob.size, 4);
	gather_bytes(gather, blob.data, blob.size);
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
	struct gather gather = {.digest = digest};
	gather_number(&gather, seq, 8);
	gather_bytes(&gather, event_id, UUID_SIZE);
	gather_number(&gather, kind, 2);
	gather_number(&gather, event_time_ms, 8);
	gather_number(&gather, received_at_ms, 8);
	gather_blob(&gather, principal);
	gather_number(&gather, origin, 2);
	gather_blob(&gather, payload);
	gather_end(&gather);
}

void journal_digest_subject(struct journal_digest *digest, int64_t seq, struct slice visitor,
			    struct slice customer, struct slice subject)
{
	struct gather gather = {.digest = digest};
	gather_number(&gather, seq, 8);
	gather_blob(&gather, visitor);
	gather_blob(&gather, customer);
	gather_blob(&gather, subject);
	gather_end(&gather);
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
	struct gather gather = {.digest = &link};
	if (!fail_mutant(MUTANT_CHAIN_UNLINKED))
		gather_bytes(&gather, previous, JOURNAL_DIGEST_SIZE);
	gather_number(&gather, first_seq, 8);
	gather_number(&gather, last_seq, 8);
	gather_bytes(&gather, digest, JOURNAL_DIGEST_SIZE);
	gather_end(&gather);
	journal_digest_final(&link, out);
}
