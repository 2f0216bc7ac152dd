// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What waits for the clock: a heap of entities by the first instant at which A changes their facts.
#include "services/metrics/core/inner.h"

static void place(struct fold *fold, uint32_t index, struct due due)
{
	fold->due->at[index] = due;
	due.entity->due_index = index + 1;
}

static void sift(struct fold *fold, uint32_t index)
{
	struct due due = fold->due->at[index];
	while (index > 0 && due.at_ms < fold->due->at[(index - 1) / 2].at_ms) {
		place(fold, index, fold->due->at[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * index + 1;
		if (child + 1 < fold->due->count &&
		    fold->due->at[child + 1].at_ms < fold->due->at[child].at_ms)
			child++;
		if (child >= fold->due->count || fold->due->at[child].at_ms >= due.at_ms)
			break;
		place(fold, index, fold->due->at[child]);
		index = child;
	}
	place(fold, index, due);
}

int64_t due_of(const struct fold *fold, const struct entity *entity)
{
	return entity->due_index ? fold->due->at[entity->due_index - 1].at_ms : INT64_MAX;
}

void due_forget(struct fold *fold, struct entity *entity)
{
	if (!entity->due_index)
		return;
	uint32_t index = entity->due_index - 1;
	struct due last = fold->due->at[fold->due->count - 1];
	entity->due_index = 0;
	fold->due->count--;
	if (last.entity == entity)
		return;
	place(fold, index, last);
	sift(fold, index);
}

void due_set(struct fold *fold, struct entity *entity)
{
	const struct kind_row *row = &kind_rows[entity->kind];
	int64_t at_ms = row->due_ms ? row->due_ms(fold, entity) : INT64_MAX;
	if (at_ms == due_of(fold, entity))
		return;
	due_forget(fold, entity);
	if (at_ms == INT64_MAX)
		return;
	(void)vec_push(fold->due);
	place(fold, fold->due->count - 1, (struct due){at_ms, entity});
	sift(fold, fold->due->count - 1);
}

static void put_all(struct fold *fold, const struct entity *entity, int sign)
{
	const struct kind_row *row = &kind_rows[entity->kind];
	row->put(fold, entity, sign);
	if (row->put_settled)
		row->put_settled(fold, entity, sign);
}

void due_reached(struct fold *fold, struct entity *entity, int64_t due_ms)
{
	static const struct fact_stamp clock = {0, 0, FOLD_CLOCK};
	const struct kind_row *row = &kind_rows[entity->kind];
	int64_t now_ms = fold->as_of_ms;
	due_forget(fold, entity);
	if (row->clock) {
		row->clock(fold, entity);
	} else {
		fold->as_of_ms = due_ms - 1;
		put_all(fold, entity, -1);
		fold->as_of_ms = now_ms;
		put_all(fold, entity, 1);
		fold_dirty(fold, entity);
	}
	due_set(fold, entity);
	fact_settle(fold->book, &clock);
}

void due_tick(struct fold *fold)
{
	while (vec_count(fold->due) && fold->due->at[0].at_ms <= fold->as_of_ms)
		due_reached(fold, fold->due->at[0].entity, fold->due->at[0].at_ms);
}
