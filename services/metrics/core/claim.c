// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/claim.h"

#include "services/metrics/core/state.h"

#include <assert.h>

#define CLAIM_TERM_MS (INT64_C(14) * 24 * 3600 * 1000)

void claim_put_facts(struct fold *fold, uint8_t kind, int64_t t_ms, int64_t settled_ms, uint32_t dims,
		     int sign)
{
	bool complaint = kind == FOLD_COMPLAINT, settled = settled_ms != INT64_MAX;
	uint16_t due = complaint ? M_COMPLAINTS_DUE : M_REFUNDS_DUE;
	uint16_t overdue = complaint ? M_COMPLAINTS_OVERDUE : M_REFUNDS_OVERDUE;
	int64_t term_ms = t_ms + CLAIM_TERM_MS;
	fact_put(fold->book, due, minute_of(t_ms), dims, sign);
	if (settled)
		fact_put(fold->book, due, minute_of(settled_ms), dims, -sign);
	if (settled_ms <= term_ms)
		return;
	// What the clock has not opened it has not closed either: both wait for the same instant.
	bool counts = term_ms <= fold->as_of_ms;
	fact_put_from(fold->book, overdue, minute_of(term_ms), dims, term_ms, sign, counts ? sign : 0);
	if (settled)
		fact_put_from(fold->book, overdue, minute_of(settled_ms), dims, term_ms, -sign,
			      counts ? -sign : 0);
}

int64_t claim_facts_due_ms(const struct fold *fold, int64_t t_ms, int64_t settled_ms)
{
	int64_t term_ms = t_ms + CLAIM_TERM_MS;
	return settled_ms > term_ms && term_ms > fold->as_of_ms ? term_ms : INT64_MAX;
}

void claim_clear(void *entity)
{
	((struct claim *)entity)->is_known = false;
}

bool claim_is_empty(const void *entity)
{
	return !((const struct claim *)entity)->is_known;
}

void claim_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct claim *claim = entity;
	state_put_moment(&claim->moment, w);
	codec_put_text(w, claim->order);
	state_put_dims(fold, claim->dims, w);
}

void claim_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct claim *claim = entity;
	claim->is_known = true;
	state_get_moment(&claim->moment, r);
	codec_get_text(r, claim->order, sizeof(claim->order));
	claim->dims = state_get_full_dims(fold, r);
}

void claim_put(struct fold *fold, const void *entity, int sign)
{
	const struct claim *claim = entity;
	if (claim->is_known && !claim->order[0])
		claim_put_facts(fold, claim->entity.kind, claim->moment.t_ms, INT64_MAX, claim->dims, sign);
}

int64_t claim_due_ms(const struct fold *fold, const void *entity)
{
	const struct claim *claim = entity;
	if (!claim->is_known || claim->order[0])
		return INT64_MAX;
	return claim_facts_due_ms(fold, claim->moment.t_ms, INT64_MAX);
}

static uint8_t kind_of(const struct said *said)
{
	return said->kind == UTARG__V1__EVENT__BODY_COMPLAINT_RECEIVED ? FOLD_COMPLAINT : FOLD_WITHDRAWAL;
}

void claim_collect(const struct fold *fold, const struct said *said)
{
	const struct claim *claim = closure_need(fold, kind_of(said), said->id, ENTITY_CHANGE);
	closure_need_order(fold, said->order, ENTITY_CHANGE);
	if (claim)
		closure_need_order(fold, claim->order, ENTITY_CHANGE);
}

uint8_t claim_apply(struct fold *fold, const struct said *said)
{
	uint8_t kind = kind_of(said);
	void *found = entity_find(fold->table, kind, slice_of(said->id));
	struct claim *claim = found;
	assert(claim);
	if (claim->is_known && moment_compare(&claim->moment, &said->moment) <= 0)
		return FOLD_NEW;
	if (claim->order[0])
		order_life_drop_claim(&fold_order(fold, claim->order)->life, kind, said->id);
	claim->is_known = true;
	claim->moment = said->moment;
	claim->dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	text_copy(claim->order, sizeof(claim->order), said->order);
	if (claim->order[0]) {
		struct order_claim own = {.moment = claim->moment, .dims = claim->dims, .kind = kind};
		text_copy(own.id, sizeof(own.id), said->id);
		order_life_put_claim(&fold_order(fold, claim->order)->life, &own);
	}
	return FOLD_NEW;
}
