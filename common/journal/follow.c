// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A follower's memory: a shop's position beside the head it has heard of, and the queue of shops that are
// behind. Doorbells are believed only until the next read: the read's own view of the head replaces them.
//
// Reads are large, and the greatest events are two hundred times as large as usual ones. So that a read can
// be held whatever comes, it is of light rows only; a shop that has come to a heavy one waits for the next
// read, which is of such shops alone and small.
#include "common/journal/follow.h"

#include "common/base/map.h"
#include "common/journal/journal_internal.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

// Life: made when a shop is first met, kept as long as the follower. In `queue` while it is behind.
struct shop {
	int32_t shop_id;
	struct journal_position position; // as the consumer has committed it
	int64_t epoch, seq;               // the head as far as it is known
	bool queued;
	bool is_heavy; // its next event has a large payload
	struct shop *prev, *next;
	UT_hash_handle hh;
};

// Busy shops in a read: of more of them the others wait their turn, so that a consumer who commits shop by
// shop has some hundred events a commit. A row's payload in a light read, rows of a heavy one, and what else
// a row takes: libpq's 14 fields of 16 bytes, two names of at most 64, a journal_row, and its place while it
// is sorted.
enum { BUSY_SHOPS = 40, LIGHT_BYTES = 4096, HEAVY_ROWS = 256, ROW_OVERHEAD_BYTES = 640 };

struct journal_follow {
	size_t rows_at_once;
	struct journal_wish wish; // of light reads
	bool was_heavy;           // the last read was of heavy shops
	struct shop *shops;
	struct shop *queue; // the first has waited longest
	size_t queued_count;
};

static int64_t lag_of(const struct shop *shop)
{
	// Another epoch is read from its beginning.
	int64_t from = shop->epoch == shop->position.epoch ? shop->position.seq : 0;
	return shop->seq > from ? shop->seq - from : 0;
}

static void to_back(struct journal_follow *follow, struct shop *shop)
{
	if (shop->queued) {
		DL_DELETE(follow->queue, shop);
		follow->queued_count--;
	}
	shop->queued = lag_of(shop) > 0;
	if (shop->queued) {
		DL_APPEND(follow->queue, shop);
		follow->queued_count++;
	}
}

// Queues or takes out without losing its place.
static void settle(struct journal_follow *follow, struct shop *shop)
{
	if (shop->queued != (lag_of(shop) > 0))
		to_back(follow, shop);
}

static struct shop *find(const struct journal_follow *follow, int32_t shop_id)
{
	struct shop *shop = NULL;
	HASH_FIND(hh, follow->shops, &shop_id, sizeof(shop_id), shop);
	return shop;
}

static bool is_newer(const struct shop *shop, int64_t epoch, int64_t seq)
{
	return epoch > shop->epoch || (epoch == shop->epoch && seq > shop->seq);
}

struct journal_follow *journal_follow_create(size_t rows_at_once)
{
	struct journal_follow *follow = journal_alloc(1, sizeof(*follow));
	follow->wish = (struct journal_wish){.light_bytes = LIGHT_BYTES, .is_bare = true};
	follow->rows_at_once = rows_at_once > 0 ? rows_at_once : 1;
	return follow;
}

void journal_follow_only(struct journal_follow *follow, const int16_t *kinds, size_t count)
{
	follow->wish.kinds = kinds;
	follow->wish.kind_count = count;
}

static size_t heavy_rows(const struct journal_follow *follow)
{
	return follow->rows_at_once < HEAVY_ROWS ? follow->rows_at_once : HEAVY_ROWS;
}

size_t journal_follow_read_bytes(const struct journal_follow *follow, size_t payload_bytes_max)
{
	size_t light = follow->rows_at_once * (LIGHT_BYTES + ROW_OVERHEAD_BYTES);
	size_t heavy = heavy_rows(follow) * (payload_bytes_max + ROW_OVERHEAD_BYTES);
	return light > heavy ? light : heavy;
}

void journal_follow_destroy(struct journal_follow *follow)
{
	if (follow == NULL)
		return;
	struct shop *shop = follow->shops;
	HASH_CLEAR(hh, follow->shops); // frees the map, not what hangs in it
	while (shop != NULL) {
		struct shop *next = shop->hh.next;
		free(shop);
		shop = next;
	}
	free(follow);
}

void journal_follow_add(struct journal_follow *follow, struct journal_position position)
{
	struct shop *shop = find(follow, position.shop_id);
	if (shop == NULL) {
		shop = journal_alloc(1, sizeof(*shop));
		shop->shop_id = position.shop_id;
		HASH_ADD(hh, follow->shops, shop_id, sizeof(shop->shop_id), shop);
	}
	shop->position = position;
	if (is_newer(shop, position.epoch, position.seq)) {
		shop->epoch = position.epoch;
		shop->seq = position.seq;
	}
	settle(follow, shop);
}

void journal_follow_ring(struct journal_follow *follow, int32_t shop_id, int64_t epoch, int64_t seq)
{
	struct shop *shop = find(follow, shop_id);
	if (shop == NULL || !is_newer(shop, epoch, seq))
		return;
	shop->epoch = epoch;
	shop->seq = seq;
	settle(follow, shop);
}

static bool learn_head(struct journal_follow *follow, const struct journal_head *head, struct err *e)
{
	struct shop *shop = find(follow, head->shop_id);
	if (shop == NULL) {
		journal_follow_add(follow, (struct journal_position){.shop_id = head->shop_id});
		shop = find(follow, head->shop_id);
	}
	if (shop->position.epoch > head->epoch ||
	    (shop->position.epoch == head->epoch && shop->position.seq > head->seq))
		return err_set(e, ERR_INTERNAL,
			       "shop %d was read up to event %lld of epoch %lld and its journal ends at %lld "
			       "of epoch %lld",
			       (int)head->shop_id, (long long)shop->position.seq,
			       (long long)shop->position.epoch, (long long)head->seq, (long long)head->epoch);
	shop->epoch = head->epoch;
	shop->seq = head->seq;
	settle(follow, shop);
	return true;
}

bool journal_follow_sweep(struct journal_follow *follow, struct db *db, struct err *e)
{
	struct journal_head *heads = NULL;
	size_t count = 0;
	if (!journal_heads(db, &heads, &count, e))
		return false;
	// One corrupt shop must not hide the news of the others: all are learnt, the first fault is told.
	bool ok = true;
	for (size_t i = 0; i < count; i++)
		ok = learn_head(follow, &heads[i], ok ? e : NULL) && ok;
	free(heads);
	return ok;
}

bool journal_follow_is_behind(const struct journal_follow *follow)
{
	return follow->queue != NULL;
}

int64_t journal_follow_lag(const struct journal_follow *follow)
{
	int64_t lag = 0;
	const struct shop *shop;
	DL_FOREACH(follow->queue, shop)
	{
		lag += lag_of(shop);
	}
	return lag;
}

// The first row of a shop (rows are ordered by shop), NULL when it gave none.
static const struct journal_row *row_of(const struct journal_rows *rows, int32_t shop_id)
{
	size_t low = 0, high = rows->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rows->rows[middle].shop_id < shop_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < rows->count && rows->rows[low].shop_id == shop_id ? &rows->rows[low] : NULL;
}

// The head as the read saw it replaces whatever a doorbell said. A shop that gave nothing has no news.
static void correct_heads(struct journal_follow *follow, const struct journal_position *asked, size_t count,
			  const struct journal_rows *rows)
{
	for (size_t i = 0; i < count; i++) {
		struct shop *shop = find(follow, asked[i].shop_id);
		const struct journal_row *row = row_of(rows, asked[i].shop_id);
		shop->epoch = row != NULL ? row->epoch : asked[i].epoch;
		shop->seq = row != NULL ? row->head_seq : asked[i].seq;
		to_back(follow, shop);
	}
}

// Rows without payload are not given out: their shops are marked, the rows of others close up.
static void set_heavy_aside(struct journal_follow *follow, struct journal_rows *rows)
{
	size_t kept = 0;
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->rows[i].is_heavy)
			find(follow, rows->rows[i].shop_id)->is_heavy = true;
		else
			rows->rows[kept++] = rows->rows[i];
	}
	rows->count = kept;
}

// What one read asks for.
struct asked {
	struct journal_position *positions;
	size_t *limits;
	size_t count;
};

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

// The shops that are behind, light or heavy ones, the longest waiting first: each as many rows as it is
// behind, and not more than its share, until there are as many as a read may have.
static void choose(const struct journal_follow *follow, bool heavy, size_t rows, struct asked *out)
{
	size_t busy = less(follow->queued_count, BUSY_SHOPS);
	const struct shop *shop;
	out->count = 0;
	if (busy == 0) // the first of two reads may have found that heads went back
		return;
	size_t share = rows > busy ? rows / busy : 1;
	DL_FOREACH(follow->queue, shop)
	{
		if (rows == 0)
			break;
		if (shop->is_heavy != heavy)
			continue;
		size_t limit = less(less((size_t)lag_of(shop), share), rows);
		out->positions[out->count] = shop->position;
		out->limits[out->count++] = limit;
		rows -= limit;
	}
}

static bool read_chosen(struct journal_follow *follow, struct db *db, const struct asked *asked, bool heavy,
			struct journal_rows *out, struct err *e)
{
	struct journal_wish wish = follow->wish;
	wish.limits = asked->limits;
	if (heavy)
		wish.light_bytes = 0;
	if (!journal_read_wish(db, asked->positions, asked->count, &wish, follow->rows_at_once, out, e))
		return false;
	for (size_t i = 0; heavy && i < asked->count; i++)
		find(follow, asked->positions[i].shop_id)->is_heavy = false;
	correct_heads(follow, asked->positions, asked->count, out);
	set_heavy_aside(follow, out);
	follow->was_heavy = heavy;
	return true;
}

bool journal_follow_read(struct journal_follow *follow, struct db *db, struct journal_rows *out,
			 struct err *e)
{
	size_t most = less(follow->queued_count, follow->rows_at_once);
	*out = (struct journal_rows){0};
	if (most == 0)
		return true;
	struct asked asked = {.positions = journal_alloc(most, sizeof(*asked.positions)),
			      .limits = journal_alloc(most, sizeof(*asked.limits))};
	bool heavy = !follow->was_heavy; // in turn, as far as there are both
	bool ok = true;
	// A read may find that what a doorbell told is not there, and leave nobody behind.
	for (int turn = 0; ok && turn < 3 && out->count == 0 && follow->queue; turn++, heavy = !heavy) {
		choose(follow, heavy, heavy ? heavy_rows(follow) : follow->rows_at_once, &asked);
		journal_rows_free(out);
		ok = asked.count == 0 || read_chosen(follow, db, &asked, heavy, out, e);
	}
	free(asked.limits);
	free(asked.positions);
	return ok;
}

bool journal_follow_check(const struct journal_follow *follow, struct db *db, int32_t shop_id, struct err *e)
{
	const struct shop *shop = find(follow, shop_id);
	bool ok = true;
	for (int heavy = 0; ok && shop != NULL && heavy < 2; heavy++) {
		struct journal_wish wish = follow->wish;
		struct journal_rows rows;
		wish.light_bytes = heavy ? 0 : wish.light_bytes;
		ok = journal_read_wish(db, &shop->position, 1, &wish,
				       heavy ? heavy_rows(follow) : follow->rows_at_once, &rows, e);
		journal_rows_free(&rows);
	}
	return ok;
}

void journal_follow_moved(struct journal_follow *follow, struct journal_position position)
{
	journal_follow_add(follow, position);
}

bool journal_follow_position(const struct journal_follow *follow, int32_t shop_id,
			     struct journal_position *out)
{
	const struct shop *shop = find(follow, shop_id);
	if (shop == NULL)
		return false;
	*out = shop->position;
	return true;
}

bool journal_follow_head(const struct journal_follow *follow, int32_t shop_id, struct journal_position *out)
{
	const struct shop *shop = find(follow, shop_id);
	if (shop == NULL)
		return false;
	*out = (struct journal_position){.shop_id = shop_id, .epoch = shop->epoch, .seq = shop->seq};
	return true;
}
