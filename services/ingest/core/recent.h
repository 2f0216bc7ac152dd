// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A bounded memory of the event ids that came in lately, for guessing which event is a resend. A hint and no
// more: the journal's keys decide. Forgetting costs a batch that is rolled back and classified, a
// false alarm (one in 200 million) a look-up. Pure; of one thread.
#pragma once

#include "common/base/uuid.h"

#include <stdbool.h>
#include <stdint.h>

// 65,536 buckets of 16 fingerprints of 4 bytes, a cache line each: 4 MiB for a million ids, at the highest
// rate measured some six seconds, at a hundred events a second three hours. What is in flight must be
// remembered for the rule that a resend waits for the first one's answer: 128 MiB at 500 bytes an event are
// 270,000 ids, 4.1 a bucket, of which more than 16 fall into one bucket once in a million.
enum { RECENT_BUCKETS = 65536, RECENT_WAYS = 16 };

struct recent;

// seed: random, so that nobody can choose ids that fall into one bucket.
struct recent *recent_create(uint64_t seed);
void recent_destroy(struct recent *recent);
// Whether this id was added lately; adds it, in place of its bucket's oldest.
bool recent_add(struct recent *recent, const uint8_t id[UUID_SIZE]);
// Says that this id will be added soon: its bucket is fetched meanwhile.
void recent_expect(const struct recent *recent, const uint8_t id[UUID_SIZE]);
