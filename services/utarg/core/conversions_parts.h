// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Between conversions.c, which takes entries in, and conversion_rows.c, which tells what they come to.
#pragma once

#include "common/base/map.h"
#include "common/base/uuid.h"
#include "services/utarg/core/conversions.h"
#include "services/utarg/core/order_value.h"

enum { ID_SIZE = 65, CURRENCY_SIZE = 4 };

struct stamp { // of an event
	int64_t t_ms;
	uint8_t id[UUID_SIZE];
};

struct click {
	struct stamp stamp;
	char *gclid; // NULL: of another kind
};

// A browser or device: what is remembered of it.
struct visitor {
	char id[ID_SIZE];
	struct click *clicks;
	size_t click_count;
	struct stamp consent; // of the last consent_update
	bool is_withdrawn;
	UT_hash_handle hh;
};

// A version of an order by its best copy: server or import before client, then the earlier, then the smaller
// id.
struct version {
	uint32_t number;
	bool is_client;
	struct stamp stamp;
	int64_t since_ms; // of its earliest copy
	int64_t placed_ms;
	bool is_cancelled;
	char currency[CURRENCY_SIZE];
	struct order_value value;
};

struct refund {
	struct stamp stamp;
	bool is_client;
	Utarg__V1__Refund *content; // the heap's
};

struct order {
	char id[ID_SIZE];
	char visitor[ID_SIZE]; // of the best copy that has one
	uint32_t visitor_version;
	bool visitor_is_client;
	struct stamp visitor_stamp;
	bool is_denied; // some copy says so
	bool is_cancelled;
	int64_t cancelled_ms;
	struct version *versions; // by number
	size_t version_count;
	struct refund *refunds; // by (t, refund id)
	size_t refund_count;
	UT_hash_handle hh;
};

struct conversions {
	int64_t window_ms;
	struct visitor *visitors;
	struct order *orders;
};

// Zeroed; no memory ends the process.
void *conversions_get(size_t size);
// Room for one more at the index; the arrays are short. Returns the array.
void *conversions_insert(void *array, size_t *count, size_t size, size_t at);
int conversions_compare(const struct stamp *a, const struct stamp *b);
