// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See attempt.h. A range of the batch's array is what one transaction tries. How a try can end, and what
// follows:
//
//   committed   the answers stand
//   refused     a draft, and only a draft: the same entries alone, heads first
//   again       a lock, a deadlock, a timeout: the same range again, a few times
//   data        the database refuses a value: halves, down to the one event, which goes to quarantine
//   unknown     the answer to COMMIT was lost: found out by running it again, never guessed
//   stale       a shop's id is not what the cache said: asked again, once
//   down        no connection, no space, no schema: "come again" for all of it
#include "services/ingest/attempt.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/ingest/counters.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	// 10, 20, 40, 80, 160 ms with jitter: with the lock timeouts of the tries about two seconds in all,
	// the longest a publisher should wait for an answer.
	AGAIN_MAX = 5,
	AGAIN_FIRST_MS = 10,
	// A frozen server is given that long to say what became of a commit; its publishers have given up by
	// then and send the same ids again.
	SETTLE_MAX_MS = 30000,
	SETTLE_PAUSE_MS = 200
};

// ---- one try ----

static enum verdict verdict_of(const struct appender *a, const struct err *e)
{
	if (e->code == ERR_UNKNOWN_SHOP)
		return STALE;
	// Not a value's fault: somebody wrote without holding the head. The next try sees the row.
	if (strcmp(db_sqlstate(a->db), "23505") == 0)
		return AGAIN;
	switch (db_fault(a->db)) {
	case DB_FAULT_RETRY:
		return AGAIN;
	case DB_FAULT_DATA:
		return DATA;
	case DB_FAULT_STORAGE:
		return STORAGE;
	case DB_FAULT_OUTAGE:
	case DB_FAULT_SCHEMA:
		return DOWN;
	case DB_FAULT_NONE:
	case DB_FAULT_OTHER:
		break;
	}
	return FAILED;
}

// Whether the row that is there is the one we wrote in the try whose outcome was lost: same place, same
// moment of receipt, same principal. A resend that another process appended meanwhile differs in these.
static bool is_own_row(const struct appender *a, size_t i, const struct db_result *result, int row)
{
	return db_get_int(result, row, 1) == a->flat.claims[i].seq &&
	       db_get_time_ms(result, row, 2) == a->flat.entries[i].received_at_ms &&
	       strcmp(db_get_text(result, row, 3), a->flat.entries[i].principal) == 0;
}

static bool claims_a_duplicate(const struct appender *a, size_t i)
{
	return a->flat.claims[i].code == ERR_OK && a->flat.entries[i].code == ERR_DUPLICATE &&
	       a->flat.entries[i].seq == a->flat.claims[i].seq;
}

// After a commit whose answer was lost the same range runs again. If that commit had landed, its rows are
// known now and are called DUPLICATE; they are not: nobody has been told of them yet. So an event that
// the lost try had given a seq, and that is there with that seq and is our own row, is answered OK.
static bool settle_claims(struct appender *a, size_t first, size_t count, struct err *e)
{
	struct db_array shops, ids;
	size_t *asked = calloc(count, sizeof(*asked));
	size_t asked_count = 0;
	struct db_result *result = NULL;

	if (!asked)
		abort();
	db_array_init(&shops, DB_INT4);
	db_array_init(&ids, DB_UUID);
	for (size_t i = first; i < first + count; i++) {
		if (!claims_a_duplicate(a, i))
			continue;
		db_array_add(&shops, db_int4(a->flat.entries[i].shop_id));
		db_array_add(&ids, db_uuid(a->flat.entries[i].event_id));
		asked[asked_count++] = i;
	}
	struct db_value values[] = {db_array_value(&shops), db_array_value(&ids)};
	bool ok = asked_count == 0 || db_run(a->db, "ingest_own_rows", values, 2, &result, e);
	for (int row = 0; ok && result && row < db_rows(result); row++) {
		size_t i = asked[db_get_int(result, row, 0) - 1];
		if (!is_own_row(a, i, result, row))
			continue;
		a->flat.entries[i].code = ERR_OK;
		counter_add(COUNT_UNKNOWN_LANDED, 1);
	}
	db_result_free(result);
	db_array_fini(&shops);
	db_array_fini(&ids);
	free(asked);
	return ok;
}

static void keep_claims(struct appender *a, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		a->flat.claims[i] = (struct flat_claim){a->flat.entries[i].code, a->flat.entries[i].seq};
}

static int by_shop(const void *a, const void *b)
{
	int32_t x = ((const struct journal_head *)a)->shop_id, y = ((const struct journal_head *)b)->shop_id;
	return (x > y) - (x < y);
}

// What going alone has found: where the heads are, and shops that had duplicates nobody suspected, whose
// next batches had better go alone too.
static void learn(struct appender *a, size_t first, size_t count, size_t head_count)
{
	size_t *moved_by = calloc(head_count + 1, sizeof(*moved_by));
	int32_t held = 0;

	if (!moved_by)
		abort();
	for (size_t i = first; i < first + count; i++) {
		const struct journal_entry *entry = &a->flat.entries[i];
		struct journal_head key = {.shop_id = entry->shop_id};
		if (entry->code == ERR_OK && head_count > 0) {
			struct journal_head *head =
				bsearch(&key, a->flat.heads, head_count, sizeof(key), by_shop);
			moved_by[head ? (size_t)(head - a->flat.heads) : head_count]++;
		} else if (entry->code != ERR_OK && !a->flat.suspects[i] && entry->shop_id != held) {
			held = entry->shop_id;
			order_hold(a->order, held);
		}
	}
	order_learn(a->order, a->flat.heads, moved_by, head_count);
	free(moved_by);
}

static void note_commit(struct appender *a, size_t count, int64_t begun_us)
{
	counters_batch(count, clock_monotonic_us() - begun_us);
	if (a->is_full)
		log_info("storage_again", LOG_UINT("events", count));
	a->is_full = false;
}

static enum verdict try_range(struct appender *a, size_t first, size_t count, struct err *e)
{
	size_t head_count = 0;
	int64_t begun_us = clock_monotonic_us();

	*e = (struct err){0};
	if (!db_begin(a->db, e))
		return verdict_of(a, e);
	fail_point(FAIL_INGEST_ALONE_BEFORE_ROWS);
	if (!journal_append(a->db, &a->flat.entries[first], count, a->flat.heads, a->flat.batch->entry_count,
			    &head_count, e) ||
	    !settle_claims(a, first, count, e)) {
		enum verdict verdict = verdict_of(a, e);
		db_rollback(a->db);
		return verdict;
	}
	keep_claims(a, first, count);
	fail_point(FAIL_INGEST_ALONE_BEFORE_COMMIT);
	switch (db_commit(a->db, e)) {
	case DB_COMMITTED:
		break;
	case DB_NOT_COMMITTED:
		return verdict_of(a, e);
	case DB_UNKNOWN:
		return UNKNOWN;
	}
	fail_point(FAIL_INGEST_ALONE_COMMITTED);
	note_commit(a, count, begun_us);
	counter_add(COUNT_HEADS_FIRST, 1);
	flat_answer(&a->flat, first, count);
	for (size_t i = 0; i < head_count; i++)
		flat_add_head(&a->flat, &a->flat.heads[i]);
	learn(a, first, count, head_count);
	return COMMITTED;
}

// ---- a draft ----

// What ended a draft, and whether its shops are to go alone for a while: others append there, or send again
// what is known.
static enum verdict end_draft(struct appender *a, size_t count, enum db_commit commit, bool elsewhere,
			      struct err *e)
{
	uint64_t number = a->flat.batch->number;
	bool hold =
		elsewhere || strcmp(db_sqlstate(a->db), "23505") == 0 || db_fault(a->db) == DB_FAULT_RETRY;

	order_refuse(a->order, number, hold);
	counter_add(COUNT_DRAFTS_REFUSED, 1);
	log_debug("draft_refused", LOG_UINT("events", count), LOG_BOOL("elsewhere", elsewhere),
		  LOG_STR("sqlstate", db_sqlstate(a->db)), LOG_STR("text", e->text));
	return commit == DB_UNKNOWN ? UNKNOWN : REFUSED;
}

static void add_drafted_heads(struct appender *a, struct journal_draft *draft)
{
	size_t count;
	const struct journal_draft_shop *shops = journal_draft_shops(draft, &count);

	for (size_t i = 0; i < count; i++) {
		struct journal_head head = {.shop_id = shops[i].shop_id,
					    .seq = shops[i].first_seq + (int64_t)shops[i].count - 1,
					    .epoch = shops[i].epoch};
		memcpy(head.chain, shops[i].chain, sizeof(head.chain));
		flat_add_head(&a->flat, &head);
	}
}

// The first entries of the batch, as drafted when it began.
enum verdict attempt_draft(struct appender *a, struct journal_draft *draft, size_t count, struct err *e)
{
	uint64_t number = a->flat.batch->number;
	int64_t begun_us = clock_monotonic_us();
	bool elsewhere = false;

	fail_point(FAIL_INGEST_DRAFT_BEFORE_ROWS);
	bool written = journal_draft_write(a->db, draft, e);
	fail_point(FAIL_INGEST_DRAFT_AFTER_ROWS);
	if (!written || !order_await_commit(a->order, number)) {
		db_rollback(a->db);
		return end_draft(a, count, DB_NOT_COMMITTED, false, e);
	}
	journal_draft_settle(draft);
	keep_claims(a, 0, count);
	fail_point(FAIL_INGEST_DRAFT_BEFORE_HEADS);
	enum db_commit commit = journal_draft_commit(a->db, draft, &elsewhere, e);
	if (commit != DB_COMMITTED)
		return end_draft(a, count, commit, elsewhere, e);
	fail_point(FAIL_INGEST_DRAFT_COMMITTED);
	order_committed(a->order, number);
	note_commit(a, count, begun_us);
	flat_answer(&a->flat, 0, count);
	add_drafted_heads(a, draft);
	return COMMITTED;
}

// ---- what follows a try ----

static bool pause_before(struct appender *a, int attempt)
{
	int64_t ms = (int64_t)AGAIN_FIRST_MS << attempt;

	// Two processes that met must not meet again in step.
	a->jitter = a->jitter * 1103515245u + 12345u;
	return worker_sleep(a->end, ms + (int64_t)((a->jitter >> 16) % (unsigned)(ms + 1)));
}

// Rows that landed moved heads that no try has seen move: their doorbell needs them.
static void add_landed_heads(struct appender *a, size_t first, size_t count)
{
	struct db_array shops;
	struct db_result *result = NULL;
	struct err e = {0};

	db_array_init(&shops, DB_INT4);
	for (size_t i = first; i < first + count; i++) {
		if (i == first || a->flat.entries[i].shop_id != a->flat.entries[i - 1].shop_id)
			db_array_add(&shops, db_int4(a->flat.entries[i].shop_id));
	}
	struct db_value values[] = {db_array_value(&shops)};
	// Without them nobody is woken now; followers look at the heads by themselves.
	if (db_run(a->db, "ingest_heads", values, 1, &result, &e)) {
		for (int row = 0; row < db_rows(result); row++) {
			struct journal_head head = {.shop_id = (int32_t)db_get_int(result, row, 0),
						    .seq = db_get_int(result, row, 1),
						    .epoch = db_get_int(result, row, 2)};
			struct slice chain = db_get_bytes(result, row, 3);
			assert(chain.size == sizeof(head.chain));
			memcpy(head.chain, chain.data, sizeof(head.chain));
			flat_add_head(&a->flat, &head);
		}
	}
	db_result_free(result);
	db_array_fini(&shops);
}

// Nobody knows whether the range was committed. Ends the backend that may still be at it, then runs the
// identical range again: the journal's keys tell what landed.
enum verdict attempt_settle(struct appender *a, size_t first, size_t count, struct err *e)
{
	int64_t until_ms = clock_monotonic_ms() + SETTLE_MAX_MS;
	enum verdict verdict = UNKNOWN;

	counter_add(COUNT_UNKNOWN_COMMITS, 1);
	log_warn("commit_unknown", LOG_UINT("events", count), LOG_STR("text", e->text));
	attempt_go_down(a, "the outcome of a commit is being found out");
	fail_point(FAIL_INGEST_SETTLE);
	if (fail_mutant(MUTANT_UNKNOWN_IS_OK)) {
		flat_answer(&a->flat, first, count);
		return COMMITTED;
	}
	for (size_t i = first; fail_mutant(MUTANT_UNKNOWN_WRITTEN_ANEW) && i < first + count; i++)
		uuid_v7(clock_now_ms(), a->flat.entries[i].event_id);
	while (verdict == UNKNOWN || verdict == DOWN || verdict == AGAIN) {
		if (clock_monotonic_ms() > until_ms || worker_is_stopping(a->end))
			return UNKNOWN;
		if (db_end_lost_backend(a->db, e) && appender_check(a, e))
			verdict = try_range(a, first, count, e);
		else
			verdict = e->code == ERR_REFUSED ? FAILED : DOWN;
		if (verdict != COMMITTED)
			worker_sleep(a->end, SETTLE_PAUSE_MS);
	}
	if (verdict == COMMITTED)
		add_landed_heads(a, first, count);
	log_info("commit_settled", LOG_UINT("events", count), LOG_BOOL("committed", verdict == COMMITTED));
	return verdict;
}

static enum verdict try_some_times(struct appender *a, size_t first, size_t count, struct err *e)
{
	enum verdict verdict = try_range(a, first, count, e);

	// The connection was lost before COMMIT was sent, so nothing was written. Often only the connection
	// went, not the server: one more try, which connects anew.
	if (verdict == DOWN && !db_is_connected(a->db) && db_check_durable(a->db, NULL))
		verdict = try_range(a, first, count, e);
	for (int attempt = 0; verdict == AGAIN && attempt < AGAIN_MAX; attempt++) {
		counter_add(COUNT_RETRIES, 1);
		log_debug("batch_again", LOG_UINT("events", count), LOG_STR("text", e->text));
		if (!pause_before(a, attempt))
			break;
		verdict = try_range(a, first, count, e);
	}
	return verdict == UNKNOWN ? attempt_settle(a, first, count, e) : verdict;
}

// The one event the database refuses: kept aside for a person, answered, and out of its neighbours' way.
static void quarantine(struct appender *a, size_t i, const struct err *why)
{
	const struct journal_entry *entry = &a->flat.entries[i];
	struct slice none = {NULL, 0};
	const struct slice blobs[] = {entry->visitor, entry->customer, entry->subject, none};
	struct db_value values[12] = {
		db_int4(entry->shop_id),   db_uuid(entry->event_id), db_time_ms(entry->received_at_ms),
		db_text(entry->principal), db_int2(entry->origin),   db_int2(ERR_BAD_FIELD),
		db_text(why->text),
	};
	char id[UUID_TEXT_SIZE], sqlstate[8];
	struct err e = {0};

	for (size_t k = 0; k < 3; k++)
		values[7 + k] = blobs[k].size > 0 ? db_bytes(blobs[k].data, blobs[k].size) : DB_VALUE_NULL;
	values[10] = db_bytes(entry->payload.data, entry->payload.size);
	values[11] = db_time_ms(entry->event_time_ms);
	uuid_format(entry->event_id, id);
	text_copy(sqlstate, sizeof(sqlstate), db_sqlstate(a->db)); // of the refusal, not of what follows
	bool kept = db_run(a->db, "ingest_quarantine", values, 12, NULL, &e);
	counter_add(COUNT_QUARANTINED, kept);
	log_error("event_refused_by_database", LOG_INT("shop_id", entry->shop_id), LOG_STR("event_id", id),
		  LOG_STR("sqlstate", sqlstate), LOG_STR("text", why->text), LOG_BOOL("kept", kept),
		  LOG_STR("quarantine", e.text));
	// Nobody has it then: the publisher sends it again, and it is met again.
	flat_answer_all(&a->flat, i, 1, kept ? ERR_BAD_FIELD : ERR_BUSY,
			kept ? "the database refuses this event; it is kept for inspection"
			     : "the database refuses this event and could not keep it aside");
}

void attempt_give_up(struct appender *a, size_t first, size_t count, enum verdict verdict,
		     const struct err *e)
{
	switch (verdict) {
	case AGAIN:
		flat_answer_all(&a->flat, first, count, ERR_BUSY, "the shop's journal is busy");
		break;
	case UNKNOWN:
		flat_answer_all(&a->flat, first, count, ERR_BUSY,
				"it is not known whether this was committed: send the same ids again");
		break;
	case STORAGE:
		flat_answer_all(&a->flat, first, count, ERR_STORAGE_LOW, "the database has no space left");
		if (!a->is_full) // each batch would be a line, on what may be the same disk
			log_error("storage_low", LOG_STR("text", e->text));
		a->is_full = true;
		break;
	case DOWN:
		flat_answer_all(&a->flat, first, count, ERR_BUSY, "the database is not reachable");
		attempt_fail(a, e);
		break;
	default:
		flat_answer_all(&a->flat, first, count, ERR_INTERNAL, "the batch could not be written");
		log_error("batch_failed", LOG_UINT("events", count), LOG_STR("text", e->text));
		break;
	}
}

// Commits a range, halving it while the database refuses something in it. The recursion is as deep as the
// batch has binary digits. False: a shop's id is stale, and nothing of the range was answered.
bool attempt_range(struct appender *a, size_t first, size_t count)
{
	struct err e = {0};

	if (count == 0)
		return true;
	if (!a->is_up) {
		flat_answer_all(&a->flat, first, count, ERR_BUSY, "the database is not reachable");
		return true;
	}
	enum verdict verdict = try_some_times(a, first, count, &e);
	switch (verdict) {
	case COMMITTED:
		return true;
	case STALE:
		return false;
	case DATA:
		if (fail_mutant(MUTANT_POISON_SPREADS)) {
			flat_answer_all(&a->flat, first, count, ERR_BAD_FIELD, "the database refuses this");
			return true;
		}
		if (count == 1) {
			quarantine(a, first, &e);
			return true;
		}
		counter_add(COUNT_BISECTIONS, 1);
		// A stale id would have shown in the whole range before its data did.
		if (!attempt_range(a, first, count / 2))
			attempt_give_up(a, first, count / 2, FAILED, &e);
		if (!attempt_range(a, first + count / 2, count - count / 2))
			attempt_give_up(a, first + count / 2, count - count / 2, FAILED, &e);
		return true;
	default:
		attempt_give_up(a, first, count, verdict, &e);
		return true;
	}
}
