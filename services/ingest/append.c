// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See append.h: the connection's life, and the way of a batch. It is flattened to one array of entries. What
// may be a duplicate is looked up first; shops whose heads are known are drafted (common/journal/draft.h),
// the rest, and a draft that was refused, goes alone, heads first (journal.h). A single try and what follows
// it are attempt.c's.
#include "services/ingest/attempt.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "services/ingest/counters.h"

#include <stdlib.h>
#include <string.h>

struct appender *appender_create(const struct db_options *options, struct order *order,
				 const struct worker_end *end, append_notice *notice, void *context)
{
	struct appender *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->options = *options;
	a->order = order;
	a->end = end;
	a->notice = notice;
	a->context = context;
	a->jitter = 1;
	return a;
}

void appender_destroy(struct appender *a)
{
	if (!a)
		return;
	db_destroy(a->db);
	free(a);
}

bool appender_is_up(const struct appender *a)
{
	return a->is_up;
}

void attempt_go_down(struct appender *a, const char *why)
{
	if (a->is_up)
		counter_add(COUNT_OUTAGES, 1);
	a->is_up = false;
	a->notice(a->context, false, why);
}

void attempt_fail(struct appender *a, const struct err *e)
{
	if (strcmp(a->why, e->text) != 0) // once, not with every try
		log_warn("database_unusable", LOG_STR("code", err_name(e->code)), LOG_STR("text", e->text));
	text_copy(a->why, sizeof(a->why), e->text);
	attempt_go_down(a, err_public(e));
}

static bool connect_checked(struct appender *a, struct err *e)
{
	bool connected = true;

	if (!a->db)
		connected = (a->db = db_create(&a->options, e)) != NULL;
	// What made us go down may be a schema that was not there: a new connection prepares again.
	else if (!a->is_up)
		connected = db_reconnect(a->db, e);
	return connected && db_check_durable(a->db, e);
}

bool appender_check(struct appender *a, struct err *e)
{
	if (!connect_checked(a, e)) {
		attempt_fail(a, e);
		return false;
	}
	a->checked_backend = db_last_backend(a->db);
	if (!a->is_up) {
		a->is_up = true;
		a->why[0] = 0;
		a->notice(a->context, true, "");
	}
	return true;
}

// ---- the whole batch ----

// Suspects that are known and committed get their answer; without a lock, for it will not change.
static bool answer_suspects(struct appender *a, struct err *e)
{
	struct flat *flat = &a->flat;
	bool *marks = malloc(flat->count + 1);
	size_t known = 0;

	if (!marks)
		abort();
	memcpy(marks, flat->suspects, flat->count * sizeof(*marks));
	size_t suspects = memchr(marks, true, flat->count) ? flat_split(flat, marks) : 0;
	bool ok = suspects == 0 || journal_find(a->db, flat->entries, suspects, e);
	if (ok && suspects > 0) {
		memset(marks, false, flat->count);
		for (size_t i = 0; i < suspects; i++) {
			if (flat->entries[i].code == ERR_OK && fail_mutant(MUTANT_RECENT_IS_PROOF))
				flat->entries[i].code = ERR_DUPLICATE;
			marks[i] = flat->entries[i].code != ERR_OK;
		}
		known = flat_split(flat, marks);
		flat_answer(flat, 0, known);
		flat_drop(flat, known);
	}
	free(marks);
	return ok;
}

static int by_id(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

// Marks what can be drafted now; whether nothing can, but could soon.
static bool mark_drafted(const struct flat *flat, const struct journal_guess *guess, bool *marks)
{
	int64_t now_ms = clock_monotonic_ms();
	bool knows = false, soon = false, any = false, any_soon = false;

	for (size_t i = 0; i < flat->count; i++) {
		int32_t shop_id = flat->entries[i].shop_id;
		if (i == 0 || shop_id != flat->entries[i - 1].shop_id) {
			knows = journal_guess_knows(guess, shop_id, now_ms);
			soon = !knows && journal_guess_soon_knows(guess, shop_id, now_ms);
		}
		marks[i] = knows && !flat->suspects[i];
		any |= marks[i];
		any_soon |= soon && !flat->suspects[i];
	}
	return !any && any_soon;
}

// The shops of entries that are not marked, ascending and without repeats. Returns how many.
static size_t list_alone(const struct flat *flat, const bool *marks, int32_t *alone)
{
	size_t count = 0, shops = 0;

	for (size_t i = 0; i < flat->count; i++) {
		if (!marks[i] && (count == 0 || alone[count - 1] != flat->entries[i].shop_id))
			alone[count++] = flat->entries[i].shop_id;
	}
	qsort(alone, count, sizeof(*alone), by_id);
	for (size_t i = 0; i < count; i++) {
		if (shops == 0 || alone[shops - 1] != alone[i])
			alone[shops++] = alone[i];
	}
	return shops;
}

// Begins the batch: puts what can be drafted in front and drafts it. Returns how many entries that are.
static size_t begin_batch(struct appender *a, struct journal_draft **draft)
{
	struct flat *flat = &a->flat;
	bool *marks = malloc(flat->count + 1);
	int32_t *alone = malloc((flat->count + 1) * sizeof(*alone));
	size_t drafted_count = 0;
	struct journal_draft_shop *drafted = NULL;

	if (!marks || !alone)
		abort();
	*draft = NULL;
	struct journal_guess *guess = order_enter(a->order, flat->batch->number);
	while (mark_drafted(flat, guess, marks))
		order_wait(a->order); // earlier batches end by themselves
	size_t shops = list_alone(flat, marks, alone);
	size_t count = flat_split(flat, marks);
	if (count > 0) {
		*draft = journal_draft_create(flat->entries, count);
		drafted = journal_draft_shops(*draft, &drafted_count);
	}
	journal_guess_begin(guess, flat->batch->number, drafted, drafted_count, alone, shops);
	order_begun(a->order);
	free(alone);
	free(marks);
	return count;
}

// The rest of the batch, from first on. A shop's id may be stale (the shop was made anew): then all are asked
// for again, once.
static void run_alone(struct appender *a, size_t first)
{
	struct err e = {.text = "a shop has no journal"};

	if (first == a->flat.count)
		return;
	order_await_alone(a->order, a->flat.batch->number);
	if (attempt_range(a, first, a->flat.count - first))
		return;
	flat_forget_shops(&a->flat);
	bool resolved = flat_resolve_shops(&a->flat, a->db, &e);
	flat_fill(&a->flat);
	if (!resolved)
		attempt_give_up(a, 0, a->flat.count, DOWN, &e);
	else if (!attempt_range(a, 0, a->flat.count))
		attempt_give_up(a, 0, a->flat.count, FAILED, &e);
}

// A commit whose outcome is lost is found out before anything else of the batch is written.
static void run_settle(struct appender *a, size_t count, struct err *e)
{
	order_await_alone(a->order, a->flat.batch->number);
	enum verdict verdict = attempt_settle(a, 0, count, e);
	if (verdict != COMMITTED)
		attempt_give_up(a, 0, count, verdict, e);
}

static void run_flat(struct appender *a)
{
	struct journal_draft *draft;
	struct err e = {0};
	size_t count = begin_batch(a, &draft);
	enum verdict verdict = draft ? attempt_draft(a, draft, count, &e) : COMMITTED;

	if (verdict == UNKNOWN)
		run_settle(a, count, &e);
	run_alone(a, verdict == REFUSED ? 0 : count);
	order_end(a->order, a->flat.batch->number);
	journal_draft_destroy(draft);
}

void appender_run(struct appender *a, struct batch *batch)
{
	struct err e = {0};

	fail_point(FAIL_INGEST_BATCH);
	// The connection was replaced since the last look: perhaps by one to another server.
	if (a->is_up && db_last_backend(a->db) != a->checked_backend)
		appender_check(a, &e);
	flat_init(&a->flat, batch);
	bool ok = a->is_up && flat_resolve_shops(&a->flat, a->db, &e);
	if (ok) {
		flat_fill(&a->flat);
		ok = answer_suspects(a, &e);
	}
	if (ok) {
		run_flat(a);
	} else {
		order_pass(a->order, batch->number);
		if (a->is_up)
			attempt_fail(a, &e);
		flat_answer_batch(batch, ERR_BUSY, "the database is not reachable");
	}
	flat_fini(&a->flat);
}
