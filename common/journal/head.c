// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Heads: where each shop's journal ends. Locking one is what orders all appends of a shop.
#include "common/journal/journal_internal.h"

#include <stdlib.h>
#include <string.h>

enum { HEADS_PAGE = 1000 };

void *journal_alloc(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);
	if (memory == NULL)
		abort();
	return memory;
}

bool journal_head_from(const struct db_result *result, int row, int column, struct journal_head *out,
		       struct err *e)
{
	struct slice chain = db_get_bytes(result, row, column + 2);
	if (chain.size != JOURNAL_DIGEST_SIZE)
		return err_set(e, ERR_INTERNAL, "the head of shop %d has a chain of %zu bytes",
			       (int)out->shop_id, chain.size);
	out->seq = db_get_int(result, row, column);
	out->epoch = db_get_int(result, row, column + 1);
	memcpy(out->chain, chain.data, JOURNAL_DIGEST_SIZE);
	return true;
}

// Rows and shops are both ascending: the first difference is the shop that does not exist.
static bool take_heads(const struct db_result *result, const int32_t *shops, size_t count,
		       struct journal_head *out, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		if ((int)i >= db_rows(result) || db_get_int(result, (int)i, 0) != shops[i])
			return err_set(e, ERR_UNKNOWN_SHOP, "there is no journal of shop %d", (int)shops[i]);
		out[i].shop_id = shops[i];
		if (!journal_head_from(result, (int)i, 1, &out[i], e))
			return false;
	}
	return true;
}

bool journal_lock_heads(struct db *db, const int32_t *shops, size_t count, struct journal_head *out,
			struct err *e)
{
	if (!db_run(db, "journal_lock_timeout", NULL, 0, NULL, e))
		return false;
	struct db_array array;
	db_array_init(&array, DB_INT4);
	for (size_t i = 0; i < count; i++)
		db_array_add(&array, db_int4(shops[i]));
	struct db_value values[] = {db_array_value(&array)};
	struct db_result *result = NULL;
	bool ok = db_run(db, "journal_lock_heads", values, 1, &result, e) &&
		  take_heads(result, shops, count, out, e);
	db_result_free(result);
	db_array_fini(&array);
	return ok;
}

bool journal_lock_head(struct db *db, int32_t shop_id, struct journal_head *out, struct err *e)
{
	struct journal_head head = {0};
	if (!journal_lock_heads(db, &shop_id, 1, &head, e))
		return false;
	*out = head;
	return true;
}

bool journal_create_head(struct db *db, int32_t shop_id, const char *slug, struct err *e)
{
	uint8_t chain[JOURNAL_DIGEST_SIZE];
	journal_genesis(slug, chain);
	struct db_value values[] = {db_int4(shop_id), db_bytes(chain, sizeof(chain))};
	return db_run(db, "journal_create_head", values, 2, NULL, e);
}

static bool add_page(const struct db_result *result, struct journal_head **heads, size_t *count,
		     struct err *e)
{
	size_t rows = (size_t)db_rows(result);
	if (rows == 0)
		return true;
	struct journal_head *grown = realloc(*heads, (*count + rows) * sizeof(*grown));
	if (grown == NULL)
		abort();
	*heads = grown;
	for (size_t i = 0; i < rows; i++) {
		grown[*count].shop_id = (int32_t)db_get_int(result, (int)i, 0);
		if (!journal_head_from(result, (int)i, 1, &grown[*count], e))
			return false;
		(*count)++;
	}
	return true;
}

bool journal_heads(struct db *db, struct journal_head **out, size_t *count, struct err *e)
{
	struct journal_head *heads = NULL;
	size_t total = 0;
	int32_t after = INT32_MIN;
	for (;;) {
		struct db_value values[] = {db_int4(after), db_int8(HEADS_PAGE)};
		struct db_result *result = NULL;
		size_t before = total;
		bool ok = db_run(db, "journal_heads", values, 2, &result, e) &&
			  add_page(result, &heads, &total, e);
		db_result_free(result);
		if (!ok) {
			free(heads);
			return false;
		}
		if (total - before < HEADS_PAGE)
			break;
		after = heads[total - 1].shop_id;
	}
	*out = heads;
	*count = total;
	return true;
}
