// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What both ways of appending do with entries that have their seqs: sort, COPY, digest.
#include "common/journal/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static bool is_ascending(const int32_t *shops, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (shops[i] < shops[i - 1])
			return false;
	return true;
}

void journal_work_init(struct journal_work *work, struct db *db, struct journal_entry *entries, size_t count)
{
	*work = (struct journal_work){.db = db, .entries = entries, .count = count};
	work->shops = journal_alloc(count, sizeof(*work->shops));
	work->order = journal_alloc(count, sizeof(*work->order));
	for (size_t i = 0; i < count; i++)
		work->shops[i] = entries[i].shop_id;
	if (!is_ascending(work->shops, count)) // one shop in all, mostly
		qsort(work->shops, count, sizeof(*work->shops), by_number);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || work->shops[i] != work->shops[work->shop_count - 1])
			work->shops[work->shop_count++] = work->shops[i];
	work->heads = journal_alloc(work->shop_count, sizeof(*work->heads));
	work->first_seqs = journal_alloc(work->shop_count, sizeof(*work->first_seqs));
}

void journal_work_fini(struct journal_work *work)
{
	free(work->first_seqs);
	free(work->heads);
	free(work->order);
	free(work->shops);
}

size_t journal_work_shop(const struct journal_work *work, int32_t shop_id)
{
	if (work->shop_count == 1)
		return 0;
	const int32_t *found =
		bsearch(&shop_id, work->shops, work->shop_count, sizeof(*work->shops), by_number);
	return (size_t)(found - work->shops);
}

static int by_event_id(const void *a, const void *b, void *entries)
{
	const struct journal_entry *all = entries;
	return memcmp(all[*(const size_t *)a].event_id, all[*(const size_t *)b].event_id, UUID_SIZE);
}

// The rows land beside each other in the larger of the table's indexes then. UUIDv7 mostly come in order.
void journal_work_sort(struct journal_work *work)
{
	for (size_t i = 1; i < work->new_count; i++) {
		if (by_event_id(&work->order[i - 1], &work->order[i], work->entries) <= 0)
			continue;
		qsort_r(work->order, work->new_count, sizeof(*work->order), by_event_id, work->entries);
		return;
	}
}

static struct db_value blob_or_null(struct slice blob)
{
	return blob.size > 0 ? db_bytes(blob.data, blob.size) : DB_VALUE_NULL;
}

void journal_work_values(const struct journal_entry *entry, struct db_value values[JOURNAL_COLUMNS])
{
	values[0] = db_int4(entry->shop_id);
	values[1] = db_int8(entry->seq);
	values[2] = db_uuid(entry->event_id);
	values[3] = db_int2(entry->kind);
	values[4] = db_time_ms(entry->event_time_ms);
	values[5] = db_time_ms(entry->received_at_ms);
	values[6] = db_text(entry->principal);
	values[7] = db_int2(entry->origin);
	values[8] = blob_or_null(entry->visitor);
	values[9] = blob_or_null(entry->customer);
	values[10] = blob_or_null(entry->subject);
	values[11] = db_bytes(entry->payload.data, entry->payload.size);
}

bool journal_work_copy(struct journal_work *work, const char *statement, struct err *e)
{
	if (!db_copy_begin(work->db, statement, e))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < work->new_count; i++) {
		struct db_value columns[JOURNAL_COLUMNS];
		journal_work_values(&work->entries[work->order[i]], columns);
		ok = db_copy_row(work->db, columns, JOURNAL_COLUMNS, e);
	}
	// The first sentence is the reason; ending the COPY must not replace it.
	return db_copy_end(work->db, ok ? e : NULL) && ok;
}

struct journal_digests *journal_work_digest(const struct journal_work *work)
{
	struct journal_digests *digests = aligned_alloc(_Alignof(struct journal_digests),
							work->shop_count * sizeof(struct journal_digests));
	if (digests == NULL)
		abort();
	for (size_t s = 0; s < work->shop_count; s++) {
		journal_digest_init(&digests[s].rows);
		journal_digest_init(&digests[s].subjects);
	}
	for (size_t i = 0; i < work->new_count; i++) {
		const struct journal_entry *entry = &work->entries[work->order[i]];
		struct journal_digests *shop = &digests[journal_work_shop(work, entry->shop_id)];
		struct slice principal = {(const uint8_t *)entry->principal, strlen(entry->principal)};
		journal_digest_row(&shop->rows, entry->seq, entry->event_id, entry->kind,
				   entry->event_time_ms, entry->received_at_ms, principal, entry->origin,
				   entry->payload);
		journal_digest_subject(&shop->subjects, entry->seq, entry->visitor, entry->customer,
				       entry->subject);
	}
	return digests;
}
