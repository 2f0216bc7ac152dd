// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See flat.h.
#include "services/ingest/flat.h"

#include "common/base/fail.h"
#include "services/ingest/counters.h"

#include <stdlib.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

static int by_slug(const void *a, const void *b)
{
	return strcmp((*(struct job_shop *const *)a)->slug, (*(struct job_shop *const *)b)->slug);
}

static int by_id(const void *a, const void *b)
{
	int32_t x = (*(struct job_shop *const *)a)->shop_id, y = (*(struct job_shop *const *)b)->shop_id;
	return (x > y) - (x < y);
}

const size_t flat_entry_bytes = 2 * (sizeof(struct journal_entry) + sizeof(struct job_result *) +
				     sizeof(struct flat_claim) + sizeof(bool)) +
				sizeof(struct journal_head) + sizeof(struct job_shop *);

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

void flat_init(struct flat *flat, struct batch *batch)
{
	flat->batch = batch;
	flat->count = 0;
	flat->shop_count = 0;
	flat->entries = allocate(batch->entry_count, sizeof(*flat->entries));
	flat->results = allocate(batch->entry_count, sizeof(struct job_result *));
	flat->claims = allocate(batch->entry_count, sizeof(*flat->claims));
	flat->suspects = allocate(batch->entry_count, sizeof(*flat->suspects));
	flat->heads = allocate(batch->entry_count, sizeof(*flat->heads));
	flat->shops = allocate(batch->entry_count, sizeof(struct job_shop *));
	for (struct job *job = batch->jobs; job; job = job->next) {
		for (size_t i = 0; i < job->shop_count; i++)
			flat->shops[flat->shop_count++] = &job->shops[i];
	}
}

void flat_fini(struct flat *flat)
{
	free(flat->entries);
	free(flat->results);
	free(flat->claims);
	free(flat->suspects);
	free(flat->heads);
	free(flat->shops);
	flat->batch = NULL;
}

void flat_fill(struct flat *flat)
{
	flat->count = 0;
	for (struct job *job = flat->batch->jobs; job; job = job->next) {
		for (size_t i = 0; i < job->entry_count; i++) {
			struct job_entry *from = &job->entries[i];
			struct job_result *result = &job->results[from->result];
			if (result->code != ERR_OK || result->seq != 0)
				continue;
			from->entry.shop_id = job->shops[from->shop].shop_id;
			if (from->entry.shop_id <= 0) {
				result->code = ERR_UNKNOWN_SHOP;
				result->field = "shop";
				result->message = "there is no shop of that name";
				continue;
			}
			job_seal(job, from);
			flat->claims[flat->count] = (struct flat_claim){.code = ERR_INTERNAL};
			flat->results[flat->count] = result;
			flat->suspects[flat->count] = from->is_suspect;
			flat->entries[flat->count++] = from->entry;
		}
	}
}

static void take_entry(struct flat *to, size_t at, const struct flat *from, size_t i)
{
	to->entries[at] = from->entries[i];
	to->results[at] = from->results[i];
	to->claims[at] = from->claims[i];
	to->suspects[at] = from->suspects[i];
}

size_t flat_split(struct flat *flat, bool *marks)
{
	size_t marked = 0, rest = 0;

	for (size_t i = 0; i < flat->count; i++)
		rest += !marks[i];
	// What is not marked waits aside while the others close up.
	struct flat aside = {.entries = allocate(rest, sizeof(*aside.entries)),
			     .results = allocate(rest, sizeof(struct job_result *)),
			     .claims = allocate(rest, sizeof(*aside.claims)),
			     .suspects = allocate(rest, sizeof(*aside.suspects))};
	for (size_t i = 0; rest > 0 && i < flat->count; i++) {
		if (marks[i])
			take_entry(flat, marked++, flat, i);
		else
			take_entry(&aside, aside.count++, flat, i);
	}
	for (size_t i = 0; i < rest; i++)
		take_entry(flat, marked + i, &aside, i);
	if (rest == 0)
		marked = flat->count;
	for (size_t i = 0; i < flat->count; i++)
		marks[i] = i < marked;
	free(aside.suspects);
	free(aside.claims);
	free(aside.results);
	free(aside.entries);
	return marked;
}

void flat_drop(struct flat *flat, size_t count)
{
	flat->count -= count;
	memmove(flat->entries, flat->entries + count, flat->count * sizeof(*flat->entries));
	memmove(flat->results, flat->results + count, flat->count * sizeof(struct job_result *));
	memmove(flat->claims, flat->claims + count, flat->count * sizeof(*flat->claims));
	memmove(flat->suspects, flat->suspects + count, flat->count * sizeof(*flat->suspects));
}

void flat_answer(struct flat *flat, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		size_t from = fail_mutant(MUTANT_ACK_ORDER) ? first + (first + count - 1 - i) : i;
		flat->results[i]->code = flat->entries[from].code;
		flat->results[i]->seq = flat->entries[from].seq;
		flat->results[i]->epoch = flat->entries[from].epoch;
		if (fail_mutant(MUTANT_CONFLICT_IS_DUPLICATE) && flat->results[i]->code == ERR_CONFLICT)
			flat->results[i]->code = ERR_DUPLICATE;
		if (flat->results[i]->code == ERR_CONFLICT) {
			flat->results[i]->field = "id";
			flat->results[i]->message = "the journal has other content under this id";
		}
	}
}

void flat_answer_all(struct flat *flat, size_t first, size_t count, enum err_code code, const char *message)
{
	for (size_t i = first; i < first + count; i++) {
		flat->results[i]->code = code;
		flat->results[i]->message = message;
	}
}

void flat_answer_batch(struct batch *batch, enum err_code code, const char *message)
{
	for (struct job *job = batch->jobs; job; job = job->next) {
		for (size_t i = 0; i < job->entry_count; i++) {
			struct job_result *result = &job->results[job->entries[i].result];
			if (result->code != ERR_OK || result->seq != 0)
				continue;
			result->code = code;
			result->message = message;
		}
	}
}

// Whether the shop says that it sends pseudonyms. Settings that do not decode say nothing.
static bool says_pseudonyms(struct slice settings)
{
	Utarg__V1__ShopSettings *decoded =
		utarg__v1__shop_settings__unpack(NULL, settings.size, settings.data);
	bool says = decoded && decoded->pseudonymised;

	if (decoded)
		utarg__v1__shop_settings__free_unpacked(decoded, NULL);
	return says;
}

static void learn_row(struct flat *flat, const char *slug, int32_t shop_id, bool sends_pseudonyms)
{
	struct job_shop key, *key_at = &key;

	text_copy(key.slug, sizeof(key.slug), slug);
	struct job_shop **found =
		bsearch(&key_at, flat->shops, flat->shop_count, sizeof(struct job_shop *), by_slug);
	if (!found)
		return;
	while (found > flat->shops && by_slug(found - 1, &key_at) == 0)
		found--;
	for (; found < flat->shops + flat->shop_count && by_slug(found, &key_at) == 0; found++) {
		(*found)->shop_id = shop_id;
		(*found)->sends_pseudonyms = sends_pseudonyms;
	}
}

static bool ask_shops(struct flat *flat, struct db *db, const struct db_array *slugs, struct err *e)
{
	struct db_value values[] = {db_array_value(slugs)};
	struct db_result *result = NULL;

	if (!db_run(db, "ingest_shops", values, 1, &result, e))
		return false;
	counter_add(COUNT_SHOP_LOOKUPS, slugs->count);
	for (int row = 0; row < db_rows(result); row++)
		learn_row(flat, db_get_text(result, row, 0), (int32_t)db_get_int(result, row, 1),
			  says_pseudonyms(db_get_bytes(result, row, 2)));
	db_result_free(result);
	return true;
}

bool flat_resolve_shops(struct flat *flat, struct db *db, struct err *e)
{
	struct db_array slugs;
	bool ok = true;

	qsort(flat->shops, flat->shop_count, sizeof(struct job_shop *), by_slug);
	db_array_init(&slugs, DB_TEXT);
	for (size_t i = 0; i < flat->shop_count; i++) {
		if (flat->shops[i]->shop_id != 0)
			continue;
		flat->shops[i]->asked = true;
		if (i == 0 || by_slug(&flat->shops[i - 1], &flat->shops[i]) != 0)
			db_array_add(&slugs, db_text(flat->shops[i]->slug));
	}
	if (slugs.count > 0)
		ok = ask_shops(flat, db, &slugs, e);
	db_array_fini(&slugs);
	for (size_t i = 0; i < flat->shop_count; i++) {
		if (ok && flat->shops[i]->shop_id == 0)
			flat->shops[i]->shop_id = -1;
	}
	qsort(flat->shops, flat->shop_count, sizeof(struct job_shop *), by_id);
	return ok;
}

void flat_forget_shops(struct flat *flat)
{
	for (size_t i = 0; i < flat->shop_count; i++)
		flat->shops[i]->shop_id = 0;
}

void flat_add_head(struct flat *flat, const struct journal_head *head)
{
	struct job_shop key = {.shop_id = head->shop_id}, *key_at = &key;
	struct job_shop **found =
		bsearch(&key_at, flat->shops, flat->shop_count, sizeof(struct job_shop *), by_id);

	if (found)
		batch_add_head(flat->batch, (*found)->slug, head);
}
