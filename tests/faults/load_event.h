// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The events that fault-load publishes: visits of eight steps (views with a source, a heartbeat, a cart, a
// checkout, an order and sometimes its refund), so that every figure moves. An event is a function of the
// world and its number: a later run makes the identical bytes again. Knows no socket and no clock.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOAD_ID_SIZE = 16,
	LOAD_SHOPS_MAX = 64,
	LOAD_SLUG_SIZE = 64,
	LOAD_PUBLICATION_MAX_BYTES = 72 * 1024, // the poison that is too large is larger than 64 KiB
};

struct load_world {
	uint64_t seed;    // other seeds have other ids, visitors and orders
	int64_t base_ms;  // when the first visit begins
	int64_t visit_ms; // a shop's next one begins so much later
	bool are_v4;      // ids; else v7
	unsigned poison_permille;
	unsigned change_permille; // of events whose content is not what the same number says without it
	char shops[LOAD_SHOPS_MAX][LOAD_SLUG_SIZE];
	uint32_t shop_count; // event n is of shop n % shop_count
};

struct load_event {
	uint8_t id[LOAD_ID_SIZE];
	uint32_t shop;          // index
	enum err_code expected; // OK, or the code its poison earns; CONFLICT for a changed one
	size_t size;            // of the packed Publication
	struct slice event;     // its `event`, as the journal stores it
};

// Packs the publication into out, which holds LOAD_PUBLICATION_MAX_BYTES.
void load_event_make(const struct load_world *world, uint64_t number, uint8_t *out, struct load_event *made);
