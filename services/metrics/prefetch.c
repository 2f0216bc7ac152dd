// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See prefetch.h. A round asks for at most KEYS_AT_ONCE keys (1 MiB of them); what does not fit is asked for
// in the next one.
#include "services/metrics/prefetch.h"

#include "services/metrics/metrics.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A chain of links (refund, order, visitor, customer, cart) is short; so many rounds mean that the core asks
// for what it was given.
enum { KEYS_AT_ONCE = 4096, ROUNDS_MAX = 10000, ROUNDS_WITHOUT_NEWS = 64 };

static int compare_keys(const void *a, const void *b)
{
	const struct fold_key *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	size_t size = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->bytes, y->bytes, size);
	if (order != 0)
		return order;
	return (x->size > y->size) - (x->size < y->size);
}

static size_t unique(struct fold_key *keys, size_t count)
{
	size_t kept = 0;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || compare_keys(&keys[kept - 1], &keys[i]) != 0)
			keys[kept++] = keys[i];
	}
	return kept;
}

// Writes what is missing; *first moves over events that miss nothing, so that no round looks at them again.
static size_t collect(const struct fold *fold, const struct fold_event *events, size_t count, size_t *first,
		      struct fold_key *keys)
{
	size_t used = 0;
	for (size_t i = *first; i < count && used < KEYS_AT_ONCE; i++) {
		size_t room = KEYS_AT_ONCE - used;
		size_t missing = fold_missing(fold, &events[i], keys + used, room);
		used += missing < room ? missing : room;
		if (used == 0)
			*first = i + 1;
	}
	return used;
}

bool prefetch(struct db *db, int32_t shop_id, struct fold *fold, const struct fold_event *events,
	      size_t count, struct err *e)
{
	size_t first = 0, before = 0;
	struct fold_key *keys = NULL;
	bool ok = true;
	fold_warm(fold, events, count);
	for (int round = 0, stuck = 0; ok; round++) {
		if (keys == NULL && (keys = malloc(KEYS_AT_ONCE * sizeof(*keys))) == NULL)
			abort();
		size_t missing = collect(fold, events, count, &first, keys);
		if (missing == 0)
			break;
		stuck = first == before ? stuck + 1 : 0;
		before = first;
		if (stuck > ROUNDS_WITHOUT_NEWS && round > ROUNDS_MAX)
			ok = err_set(e, ERR_INTERNAL, "the fold asks for entities without end");
		missing = unique(keys, missing);
		ok = ok && store_load_entities(db, shop_id, keys, missing, fold, e);
		metrics_count(METRICS_entities_loaded, ok ? (int64_t)missing : 0);
	}
	free(keys);
	return ok;
}
