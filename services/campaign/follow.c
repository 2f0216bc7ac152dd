// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from the journal to the tables, live, late or after a restart by the same path. One round reads
// a range of shops that are behind, folds it and moves their positions in one transaction. Whoever writes
// a shop's state locks its position first, so that two processes wait for each other instead of
// overtaking; the one that comes second finds the position moved and only takes note.
#include "services/campaign/service.h"

#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/campaign/stats.h"

#include <assert.h>
#include <stdlib.h>

// What one round does to one shop: its rows, and where its position goes.
struct move {
	const struct journal_row *rows;
	size_t row_count;
	struct journal_position from;
	struct journal_position to;
	bool is_void; // another process was there first: `to` is where it stands
};

struct round {
	struct move *moves;
	size_t count;
};

// Rows come ordered by (shop, seq).
static void split(const struct journal_rows *rows, struct round *round)
{
	*round = (struct round){.moves = calloc(rows->count, sizeof(*round->moves))};
	if (round->moves == NULL)
		abort(); // rows are bounded: then the machine is out of memory
	for (size_t i = 0; i < rows->count; i++) {
		const struct journal_row *row = &rows->rows[i];

		if (i == 0 || row->shop_id != rows->rows[i - 1].shop_id)
			round->moves[round->count++] = (struct move){.rows = row};
		round->moves[round->count - 1].row_count++;
	}
}

static void shop_ids(const struct round *round, struct db_array *ids)
{
	db_array_init(ids, DB_INT4);
	for (size_t i = 0; i < round->count; i++)
		db_array_add(ids, db_int4(round->moves[i].rows->shop_id));
}

// Both statements get the same shops; rows come back in shop order, as the moves are.
static bool lock_positions(struct service *service, struct round *round, struct err *e)
{
	struct db_array ids;
	struct db_value value;
	struct db_result *result = NULL;
	bool ok;

	shop_ids(round, &ids);
	value = db_array_value(&ids);
	ok = db_run(service->db, "campaign_position_create", &value, 1, NULL, e) &&
	     db_run(service->db, "campaign_position_lock", &value, 1, &result, e);
	db_array_fini(&ids);
	if (!ok)
		return false;
	if ((size_t)db_rows(result) != round->count)
		ok = err_set(e, ERR_INTERNAL, "%d positions for %zu shops of the journal", db_rows(result),
			     round->count);
	for (size_t i = 0; ok && i < round->count; i++) {
		round->moves[i].from = (struct journal_position){(int32_t)db_get_int(result, (int)i, 0),
								 db_get_int(result, (int)i, 1),
								 db_get_int(result, (int)i, 2)};
		assert(round->moves[i].from.shop_id == round->moves[i].rows->shop_id);
	}
	db_result_free(result);
	return ok;
}

static bool start_epoch(struct service *service, const struct move *move, int64_t epoch, struct err *e)
{
	struct db_value shop = db_int4(move->from.shop_id);

	log_info("epoch_changed", LOG_INT("shop_id", move->from.shop_id), LOG_INT("from", move->from.epoch),
		 LOG_INT("to", epoch));
	stat_add(STAT_EPOCHS, 1);
	return db_run(service->db, "campaign_shop_drop", &shop, 1, NULL, e);
}

// Decides what the rows mean where the position really stands. Rows of a new epoch begin at its first.
static bool fold_move(struct service *service, struct move *move, struct err *e)
{
	const struct journal_row *last = &move->rows[move->row_count - 1];
	bool is_new_epoch = last->epoch > move->from.epoch;
	int64_t expected_seq = is_new_epoch ? 1 : move->from.seq + 1;

	move->to = move->from;
	if (last->epoch < move->from.epoch || move->rows[0].after_seq + 1 != expected_seq) {
		move->is_void = true;
		stat_add(STAT_FENCED, 1);
		return true;
	}
	if (is_new_epoch && !start_epoch(service, move, last->epoch, e))
		return false;
	for (size_t i = 0; i < move->row_count; i++)
		fold_row(&service->fold, &move->rows[i]);
	move->to.epoch = last->epoch;
	move->to.seq = last->seq;
	return true;
}

static bool move_positions(struct db *db, const struct round *round, struct err *e)
{
	struct db_array columns[5];
	struct db_value values[5];
	struct db_result *result = NULL;
	int64_t expected = 0;
	bool ok;

	for (int c = 0; c < 5; c++)
		db_array_init(&columns[c], c == 0 ? DB_INT4 : DB_INT8);
	for (size_t i = 0; i < round->count; i++) {
		const struct move *move = &round->moves[i];

		if (move->is_void)
			continue;
		db_array_add(&columns[0], db_int4(move->from.shop_id));
		db_array_add(&columns[1], db_int8(move->from.epoch));
		db_array_add(&columns[2], db_int8(move->from.seq));
		db_array_add(&columns[3], db_int8(move->to.epoch));
		db_array_add(&columns[4], db_int8(move->to.seq));
		expected++;
	}
	for (int c = 0; c < 5; c++)
		values[c] = db_array_value(&columns[c]);
	ok = db_run(db, "campaign_position_move", values, 5, &result, e);
	if (ok && db_affected(result) != expected)
		ok = err_set(e, ERR_BUSY, "another process moved a position that was locked here");
	db_result_free(result);
	for (int c = 0; c < 5; c++)
		db_array_fini(&columns[c]);
	return ok;
}

static bool fold_round(struct service *service, struct round *round, struct err *e)
{
	if (!lock_positions(service, round, e))
		return false;
	fail_point(FAIL_CAMPAIGN_POSITIONS_LOCKED);
	for (size_t i = 0; i < round->count; i++) {
		if (!fold_move(service, &round->moves[i], e))
			return false;
	}
	if (fail_mutant(MUTANT_ROUND_APART) &&
	    !(move_positions(service->db, round, e) && db_commit(service->db, e) == DB_COMMITTED &&
	      db_begin(service->db, e)))
		return false;
	if (!fold_flush(&service->fold, service->db, e))
		return false;
	fail_point(FAIL_CAMPAIGN_FOLDED);
	return fail_mutant(MUTANT_ROUND_APART) || move_positions(service->db, round, e);
}

static void committed(struct service *service, const struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		const struct move *move = &round->moves[i];

		journal_follow_moved(service->follow, move->to);
		if (!move->is_void)
			stat_add(STAT_EVENTS_FOLDED, move->to.seq - move->rows[0].after_seq);
	}
	service_changed(service);
	stat_add(STAT_EVENTS_IGNORED, (int64_t)service->fold.ignored);
}

static bool commit_round(struct service *service, const struct round *round, struct err *e)
{
	fail_point(FAIL_CAMPAIGN_ROUND_BEFORE_COMMIT);
	switch (db_commit(service->db, e)) {
	case DB_COMMITTED:
		fail_point(FAIL_CAMPAIGN_ROUND_COMMITTED);
		committed(service, round);
		return true;
	case DB_UNKNOWN:
		// Whatever became of it, the tables know: the next round goes on from there, and what is sent
		// is read from them.
		service_changed(service);
		return service_settle(service, e);
	case DB_NOT_COMMITTED:
		break;
	}
	return false;
}

static bool run_round(struct service *service, struct round *round, struct err *e)
{
	if (!db_begin(service->db, e))
		return false;
	if (fold_round(service, round, e))
		return commit_round(service, round, e);
	db_rollback(service->db);
	return false;
}

// Another process may have added a shop; its slug is needed for topics.
static bool know_shops(struct service *service, const struct round *round, struct err *e)
{
	for (size_t i = 0; i < round->count; i++) {
		if (shops_slug(service->shops, round->moves[i].rows->shop_id) == NULL)
			return shops_refresh(service->shops, service->db, e);
	}
	return true;
}

static bool fold_rows(struct service *service, const struct journal_rows *rows, struct err *e)
{
	struct round round;
	bool ok;

	split(rows, &round);
	fold_reset(&service->fold);
	ok = know_shops(service, &round, e) && run_round(service, &round, e);
	fold_reset(&service->fold);
	free(round.moves);
	return ok;
}

bool follow_round(struct service *service)
{
	struct journal_rows rows = {0};
	struct err e = {0};
	bool ok;

	if (!journal_follow_is_behind(service->follow))
		return false;
	ok = journal_follow_read(service->follow, service->db, &rows, &e);
	fail_point(FAIL_CAMPAIGN_READ);
	if (ok && rows.count > 0)
		ok = fold_rows(service, &rows, &e);
	if (!ok)
		service_down(service, "follow", &e);
	ok = ok && rows.count > 0;
	journal_rows_free(&rows);
	return ok;
}

bool follow_lock_position(struct db *db, int32_t shop_id, struct journal_position *out, struct err *e)
{
	struct db_array ids;
	struct db_value value;
	struct db_result *result = NULL;
	bool ok;

	db_array_init(&ids, DB_INT4);
	db_array_add(&ids, db_int4(shop_id));
	value = db_array_value(&ids);
	ok = db_run(db, "campaign_position_create", &value, 1, NULL, e) &&
	     db_run(db, "campaign_position_lock", &value, 1, &result, e);
	db_array_fini(&ids);
	if (ok && db_rows(result) != 1)
		ok = err_set(e, ERR_INTERNAL, "a shop has no journal");
	if (ok)
		*out = (struct journal_position){shop_id, db_get_int(result, 0, 1), db_get_int(result, 0, 2)};
	db_result_free(result);
	return ok;
}

bool follow_move_position(struct db *db, struct journal_position from, struct journal_position to,
			  struct err *e)
{
	struct move move = {.from = from, .to = to};
	struct round round = {&move, 1};

	return move_positions(db, &round, e);
}
