// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The shop's own books against the journal. Of the order_digests of a day the one with the greatest (t, id)
// counts. A row agrees when its order is here, wherever it was placed, cancelled or not as the row says, with
// the same gross (items net after discounts, shipping net, all tax) and currency; of several rows of an order
// the first counts. A digest without rows is compared by the number and gross of the day's orders in its
// currency, cancelled ones included.
//
// An order stands in the digest of its day (counted, and by name in one of the day's parts, so that those
// that the books do not name can be listed) and in the rows that name it, wherever they are; it remembers as
// what it stands there (order_life.h). Only copies of an order and its cancellation change that.
#pragma once

#include "services/metrics/core/entity.h"

struct digest_row { // by order
	char order[ENTITY_ID_SIZE];
	char currency[4];
	int64_t gross_minor;
	bool is_cancelled;
	// as the order stands now
	bool is_here, agrees, is_of_day;
};

struct digest_total { // of the day's orders in a currency
	char currency[4];
	int64_t count; // above 0
	int64_t gross_minor;
};

struct digest {
	struct entity entity;
	bool is_known;
	struct moment moment;
	VEC(struct digest_row) * rows;
	uint32_t order_count;
	int64_t gross_minor;
	char currency[4];                  // "": the shop's
	VEC(struct digest_total) * totals; // by currency
};

struct day_order {
	char id[ENTITY_ID_SIZE];
};

struct day_orders { // of a day those whose ids hash to a part
	struct entity entity;
	VEC(struct day_order) * orders; // ascending
};

enum { BOOKS_PARTS = 64, BOOKS_KEY_SIZE = 20 };
void books_key(int32_t day, char out[BOOKS_KEY_SIZE]); // of its digest
void books_part_key(int32_t day, unsigned part, char out[BOOKS_KEY_SIZE]);
unsigned books_part_of(const char *id);
struct order_view books_view(const struct fold *fold, const struct order *order);

struct books_counts {
	int64_t rows, here, agreeing, of_day; // of its rows
	int64_t orders;                       // of the day, all currencies
};
struct books_counts books_count(const struct digest *digest);
bool books_agree(const struct fold *fold, const struct digest *digest, const struct books_counts *counts);
const char *books_currency(const struct fold *fold, const struct digest *digest); // of its sums
// NULL: there is none.
const struct digest_row *books_row(const struct digest *digest, const char *order);
const struct digest_total *books_total(const struct digest *digest, const char *currency);

// closure.c: what the order stands in, and will when its date is placed_ms.
void books_need(const struct fold *fold, const struct order *order, const char *id, int64_t placed_ms);
// apply.c: the order has changed; books_need was asked. Does nothing while it stands as before.
void books_settle(struct fold *fold, struct order *order, const char *id);

// Of kind_rows.
void digest_clear(void *entity);
size_t digest_bytes(const void *entity);
bool digest_is_empty(const void *entity);
void digest_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void digest_read(struct fold *fold, void *entity, struct codec_reader *r);
void digest_put(struct fold *fold, const void *entity, int sign);
void day_orders_clear(void *entity);
size_t day_orders_bytes(const void *entity);
bool day_orders_is_empty(const void *entity);
void day_orders_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void day_orders_read(struct fold *fold, void *entity, struct codec_reader *r);
// Of event.c.
void digest_collect(const struct fold *fold, const struct said *said);
uint8_t digest_apply(struct fold *fold, const struct said *said);
