// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From journal rows to checkpoints. See follow.h; bells.c rings, tick.c moves the clock.
//
// What was folded is shown only after its checkpoint: publishing and questions read the tables. When a
// checkpoint does not succeed, the fold is thrown away and loaded again: state is a cache.
#include "services/metrics/follow.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/metrics/metrics.h"
#include "services/metrics/pasts.h"
#include "services/metrics/prefetch.h"
#include "services/metrics/publish.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>

// Events decoded at once: what one query prefetches for. And how often the clock is looked at.
enum { PART_MAX = 1024, EVENTS_A_LOOK = 16 };

bool follow_decode(const struct journal_row *row, struct arena *arena, struct fold_event *out)
{
	Utarg__V1__Event *event =
		utarg__v1__event__unpack(&arena->allocator, row->payload.size, row->payload.data);
	if (event == NULL)
		return false;
	*out = (struct fold_event){.seq = row->seq,
				   .t_ms = row->event_time_ms,
				   .received_at_ms = row->received_at_ms,
				   .origin = row->origin,
				   .visitor = row->visitor,
				   .customer = row->customer,
				   .event = event};
	for (size_t i = 0; i < UUID_SIZE; i++)
		out->id[i] = row->event_id[i];
	return true;
}

// The checkpoint did not succeed: what to do about the shop.
static void give_up(struct metrics *m, struct shop *shop, enum store_outcome outcome, const struct err *e)
{
	struct err ended = {0};
	if (outcome == STORE_FENCED) {
		shop_fence(m, shop);
		return;
	}
	bool may_retry = db_fault(m->db) == DB_FAULT_RETRY; // a deadlock, a lock that took too long
	metrics_count(METRICS_checkpoints_failed, 1);
	log_warn("checkpoint_failed", LOG_STR("shop", shop->slug), LOG_INT("seq", shop->position.seq),
		 LOG_BOOL("unknown", outcome == STORE_UNKNOWN), LOG_STR("reason", e->text));
	shop_drop_fold(m, shop);
	shop->state = SHOP_UNLOADED; // loading it makes all its topics be looked at again
	if (outcome == STORE_UNKNOWN && !db_end_lost_backend(m->db, &ended))
		log_warn("backend_not_ended", LOG_STR("reason", ended.text));
	if (!may_retry)
		metrics_outage(m, e);
}

static void checkpointed(struct metrics *m, struct shop *shop, const struct store_change *change,
			 int64_t began_us)
{
	metrics_count(METRICS_checkpoints, 1);
	metrics_count(METRICS_checkpoint_ms, (clock_monotonic_us() - began_us + 500) / 1000);
	metrics_count(METRICS_events_folded, change->to.seq - change->from.seq);
	metrics_count(METRICS_cells_written, (int64_t)change->cell_count);
	metrics_count(METRICS_entities_written, (int64_t)change->entity_count);
	shop_fold_changed(m, shop);
	journal_follow_moved(m->journal, (struct journal_position){.shop_id = shop->shop_id,
								   .epoch = change->to.epoch,
								   .seq = change->to.seq});
	shop_moved(m, shop, change->to);
	pasts_changed(shop->pasts, shop->shop_id, change->cells, change->cell_count,
		      zone_day_start_ms(shop->zone, zone_date(shop->zone, change->to.as_of_ms)));
	publish_changed(m, shop, change->cells, change->cell_count);
	if (shop->shown)
		shop->remade_by = 0;
	fold_checkpointed(shop->fold);
	shop->memory_bytes = fold_memory_bytes(shop->fold);
	shops_evict(m, shop);
}

bool follow_checkpoint(struct metrics *m, struct shop *shop, int64_t seq, int64_t as_of_ms)
{
	struct err e = {0};
	struct told_rows told;
	int64_t began_us = clock_monotonic_us();
	struct store_change change = {.shop_id = shop->shop_id, .from = shop->position, .to = shop->position};
	change.to.seq = seq;
	change.to.as_of_ms = as_of_ms;
	change.cell_count = fold_cells(shop->fold, &change.cells);
	change.entity_count = fold_entities(shop->fold, &change.entities);
	change.history_count = fold_history(shop->fold, &change.history);
	if (m->has_analyst_tables) {
		fold_told(shop->fold, &told);
		change.told = &told;
	}
	fail_point(FAIL_METRICS_FOLDED);
	enum store_outcome outcome = store_checkpoint(m->db, &change, &e);
	if (outcome != STORE_DONE) {
		give_up(m, shop, outcome, &e);
		return false;
	}
	fail_point(FAIL_METRICS_COMMITTED);
	checkpointed(m, shop, &change, began_us);
	fail_point(FAIL_METRICS_MARKED);
	return true;
}

// Drops the shop's figures and reads its journal again from the beginning, in the epoch given.
static void start_over(struct metrics *m, struct shop *shop, int64_t epoch, bool keep_settings,
		       int64_t until_seq)
{
	struct err e = {0};
	struct store_change change = {.shop_id = shop->shop_id, .from = shop->position, .to = shop->position};
	change.to.epoch = epoch;
	change.to.seq = 0;
	if (until_seq > change.to.rebuild_seq || epoch != shop->position.epoch)
		change.to.rebuild_seq = until_seq;
	if (keep_settings)
		change.entity_count = fold_entities(shop->fold, &change.entities);
	enum store_outcome outcome = store_reset(m->db, &change, keep_settings, &e);
	if (outcome != STORE_DONE) {
		give_up(m, shop, outcome, &e);
		return;
	}
	shop->remade_by = keep_settings ? FOLD_SETTING : 0;
	metrics_count(METRICS_rebuilds, 1);
	log_info("rebuild", LOG_STR("shop", shop->slug), LOG_INT("epoch", epoch),
		 LOG_INT("until_seq", until_seq),
		 LOG_STR("reason",
			 keep_settings ? "a setting changed all history" : "the journal has a new epoch"));
	if (!shop_load(m, shop, &e)) {
		shop->state = SHOP_UNLOADED;
		metrics_outage(m, &e);
	}
}

// Decodes as many rows as fit into the arena. 0: the first one does not decode.
static size_t decode_part(struct metrics *m, const struct journal_row *rows, size_t count,
			  struct fold_event *out)
{
	size_t n = 0;
	arena_reset(&m->event_arena);
	while (n < count && n < PART_MAX && follow_decode(&rows[n], &m->event_arena, &out[n]))
		n++;
	return n;
}

// Time for a checkpoint: others wait, or there is as much to write as may be held.
static bool is_enough(const struct fold *fold, int64_t deadline_ms)
{
	return fold_changes(fold) >= FOLLOW_CHANGES_MAX || clock_monotonic_ms() >= deadline_ms;
}

enum part { PART_FOLDED, PART_REBUILD, PART_FAILED };

// Folds events until the deadline; *folded counts them.
static enum part fold_part(struct metrics *m, struct shop *shop, const struct fold_event *events,
			   size_t count, int64_t deadline_ms, size_t *folded, struct err *e)
{
	if (!prefetch(m->db, shop->shop_id, shop->fold, events, count, e))
		return PART_FAILED;
	for (*folded = 0; *folded < count; (*folded)++) {
		const struct fold_event *event = &events[*folded];
		if (*folded % EVENTS_A_LOOK == EVENTS_A_LOOK - 1 && is_enough(shop->fold, deadline_ms))
			break;
		enum fold_outcome outcome = fold_apply(shop->fold, event);
		if (outcome == FOLD_LACKS) { // an event before it has made new links
			if (!prefetch(m->db, shop->shop_id, shop->fold, event, 1, e))
				return PART_FAILED;
			outcome = fold_apply(shop->fold, event);
		}
		assert(outcome != FOLD_LACKS);
		if (outcome == FOLD_REBUILD)
			return PART_REBUILD;
	}
	return PART_FOLDED;
}

static void part_failed(struct metrics *m, struct shop *shop, const struct err *e)
{
	shop_drop_fold(m, shop);
	shop->state = SHOP_UNLOADED;
	if (db_fault(m->db) != DB_FAULT_NONE)
		metrics_outage(m, e);
	else
		shop_break(m, shop, e);
}

// Folds contiguous rows of one shop that begin right behind its position, until the deadline.
static void fold_rows(struct metrics *m, struct shop *shop, const struct journal_row *rows, size_t count,
		      int64_t deadline_ms)
{
	struct fold_event events[PART_MAX];
	struct err e = {0};
	size_t done = 0;
	if (!shop_ensure_fold(m, shop, &e)) {
		part_failed(m, shop, &e);
		return;
	}
	while (done < count && (done == 0 || !is_enough(shop->fold, deadline_ms))) {
		size_t folded = 0, part = decode_part(m, rows + done, count - done, events);
		if (part == 0 && done > 0)
			break; // what was folded is kept; the next round meets the bad row first
		if (part == 0) {
			err_set(&e, ERR_INTERNAL, "event %lld does not decode", (long long)rows[0].seq);
			shop_break(m, shop, &e);
			return;
		}
		switch (fold_part(m, shop, events, part, deadline_ms, &folded, &e)) {
		case PART_FOLDED:
			break;
		case PART_REBUILD:
			start_over(m, shop, shop->position.epoch, true, events[folded].seq);
			return;
		case PART_FAILED:
			part_failed(m, shop, &e);
			return;
		}
		done += folded;
	}
	int64_t seq = fail_mutant(MUTANT_CURSOR_TO_HEAD) ? rows[0].head_seq : rows[done - 1].seq;
	follow_checkpoint(m, shop, seq, shop->position.as_of_ms);
}

// The rows of one shop at the front of what is at hand.
static size_t same_shop(const struct journal_row *rows, size_t count)
{
	size_t n = 1;
	while (n < count && rows[n].shop_id == rows[0].shop_id)
		n++;
	return n;
}

// Nobody here wants these rows now: a follower that thinks so does not read them again and again.
static void pass_over(struct metrics *m, const struct journal_row *last)
{
	journal_follow_moved(
		m->journal,
		(struct journal_position){.shop_id = last->shop_id, .epoch = last->epoch, .seq = last->seq});
}

// Works on the first shop at hand; returns how many rows are done with.
static size_t take_rows(struct metrics *m, const struct journal_row *rows, size_t count, int64_t deadline_ms)
{
	struct err e = {0};
	size_t group = same_shop(rows, count);
	struct shop *shop = shops_find_id(m, rows[0].shop_id, &e);
	if (shop == NULL && db_fault(m->db) != DB_FAULT_NONE)
		metrics_outage(m, &e);
	if (shop == NULL || shop->state != SHOP_FOLLOWED) {
		pass_over(m, &rows[group - 1]);
		return group;
	}
	if (rows[0].epoch < shop->position.epoch) {
		// Read before the epoch rose, or the journal itself went back: the tables know where we are.
		shop_drop_fold(m, shop);
		shop->state = SHOP_UNLOADED;
		return group;
	}
	if (rows[0].epoch != shop->position.epoch) {
		start_over(m, shop, rows[0].epoch, false,
			   shop->position.seq < rows[group - 1].seq ? rows[group - 1].seq
								    : shop->position.seq);
		return group;
	}
	size_t skip = 0;
	while (skip < group && rows[skip].seq <= shop->position.seq)
		skip++;
	if (skip == group || rows[skip].seq != shop->position.seq + 1)
		return group; // read before the shop was loaded again: it is read anew
	int64_t before = shop->position.seq;
	fold_rows(m, shop, rows + skip, group - skip, deadline_ms);
	bool goes_on = shop->state == SHOP_FOLLOWED && shop->position.seq > before;
	return goes_on ? skip + (size_t)(shop->position.seq - before) : group;
}

// A read of many shops failed, and not because of the database: finds whose journal it is, so that the others
// can be read again.
static void find_broken(struct metrics *m)
{
	for (size_t i = 0; i < shops_count(m->shops); i++) {
		struct shop *shop = shops_at(m->shops, i);
		struct store_position stored;
		struct err e = {0}, ignored = {0};
		int64_t head_epoch, head_seq;
		bool found;
		if (shop->state != SHOP_FOLLOWED ||
		    journal_follow_check(m->journal, m->db, shop->shop_id, &e))
			continue;
		if (db_fault(m->db) != DB_FAULT_NONE)
			return;
		shop_break(m, shop, &e);
		if (store_load_position(m->db, shop->shop_id, &stored, &head_epoch, &head_seq, &found,
					&ignored) &&
		    found)
			journal_follow_moved(m->journal, (struct journal_position){.shop_id = shop->shop_id,
										   .epoch = head_epoch,
										   .seq = head_seq});
	}
}

static bool read_rows(struct metrics *m)
{
	struct err e = {0};
	journal_rows_free(&m->rows);
	m->row_next = 0;
	if (!journal_follow_is_behind(m->journal))
		return false;
	if (journal_follow_read(m->journal, m->db, &m->rows, &e)) {
		fail_point(FAIL_METRICS_READ);
		return m->rows.count > 0;
	}
	m->rows = (struct journal_rows){0};
	if (db_fault(m->db) == DB_FAULT_NONE)
		find_broken(m);
	else
		metrics_outage(m, &e);
	return false;
}

bool follow_round(struct metrics *m)
{
	int64_t now_ms = clock_monotonic_ms(), deadline_ms = now_ms + m->batch_ms;
	if (now_ms < m->outage_until_ms || svc_is_draining(m->svc) || publish_is_behind(m->publish))
		return false;
	if (m->row_next >= m->rows.count && !read_rows(m))
		return false;
	do
		m->row_next +=
			take_rows(m, m->rows.rows + m->row_next, m->rows.count - m->row_next, deadline_ms);
	while (m->row_next < m->rows.count && clock_monotonic_ms() < deadline_ms && m->outage_until_ms == 0);
	metrics_gauge(METRICS_lag, journal_follow_lag(m->journal));
	return m->row_next < m->rows.count || journal_follow_is_behind(m->journal);
}
