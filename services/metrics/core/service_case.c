// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/service_case.h"

#include "services/metrics/core/level.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

// ---- what follows from a case ----

struct case_ends { // from the opening on; INT64_MAX: not yet
	int64_t replied_ms, resolved_ms;
};

static struct case_ends case_ends(const struct service_case *c)
{
	struct case_ends ends = {INT64_MAX, INT64_MAX};
	for (uint32_t i = 0; i < vec_count(c->turns); i++) {
		const struct case_turn *turn = &c->turns->at[i];
		if (turn->moment.t_ms < c->opening.t_ms)
			continue;
		if (turn->kind == TURN_CLOSE)
			ends.resolved_ms = turn->moment.t_ms;
		else if (turn->kind == TURN_REOPEN)
			ends.resolved_ms = INT64_MAX;
		else if (ends.replied_ms == INT64_MAX)
			ends.replied_ms = turn->moment.t_ms;
	}
	return ends;
}

static void put_wait(struct fold *fold, const struct service_case *c, uint16_t measure, int64_t end_ms,
		     int sign)
{
	int64_t from_ms = c->opening.t_ms;
	int32_t minute = minute_of(from_ms);
	if (end_ms != INT64_MAX)
		fact_put_level(fold->book, measure, minute, c->dims, level_of(end_ms - from_ms), sign);
	else
		fact_put_moving(fold->book, measure, minute, c->dims, from_ms,
				level_of(fold->as_of_ms - from_ms), sign);
}

static void put_open(struct fold *fold, const struct service_case *c, int sign)
{
	bool open = true;
	fact_put(fold->book, M_OPEN_CASES, minute_of(c->opening.t_ms), c->dims, sign);
	for (uint32_t i = 0; i < vec_count(c->turns); i++) {
		const struct case_turn *turn = &c->turns->at[i];
		if (turn->moment.t_ms < c->opening.t_ms || turn->kind == TURN_REPLY ||
		    open == (turn->kind == TURN_REOPEN))
			continue;
		open = !open;
		fact_put(fold->book, M_OPEN_CASES, minute_of(turn->moment.t_ms), c->dims,
			 open ? sign : -sign);
	}
}

void service_case_put(struct fold *fold, const void *entity, int sign)
{
	const struct service_case *c = entity;
	if (c->rating.is_known) {
		int32_t minute = minute_of(c->rating.moment.t_ms);
		fact_put(fold->book, M_RATING_SCORE, minute, c->rating.dims,
			 sign * (money_sum)c->rating.score);
		fact_put(fold->book, M_RATINGS, minute, c->rating.dims, sign);
	}
	if (!c->is_opened)
		return;
	struct case_ends ends = case_ends(c);
	fact_put(fold->book, M_CASES_OPENED, minute_of(c->opening.t_ms), c->dims, sign);
	put_open(fold, c, sign);
	put_wait(fold, c, M_FIRST_REPLY_MS, ends.replied_ms, sign);
	put_wait(fold, c, M_RESOLUTION_MS, ends.resolved_ms, sign);
}

int64_t service_case_due_ms(const struct fold *fold, const void *entity)
{
	const struct service_case *c = entity;
	struct case_ends ends = case_ends(c);
	if (!c->is_opened || (ends.replied_ms != INT64_MAX && ends.resolved_ms != INT64_MAX))
		return INT64_MAX;
	return c->opening.t_ms + level_next(fold->as_of_ms - c->opening.t_ms);
}

// ---- events ----

static void *find(const struct fold *fold, uint8_t kind, const struct said *said)
{
	void *found = entity_find(fold->table, kind, slice_of(said->id));
	assert(found);
	return found;
}

static uint32_t own_dims(struct fold *fold, const struct said *said)
{
	return channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
}

void service_case_collect(const struct fold *fold, const struct said *said)
{
	const struct service_case *c = closure_need(fold, FOLD_SERVICE_CASE, said->id, ENTITY_CHANGE);
	closure_need_order(fold, said->order, ENTITY_CHANGE);
	if (c)
		closure_need_order(fold, c->order, ENTITY_CHANGE);
}

static void take_turn(struct service_case *c, const struct moment *moment, uint8_t kind)
{
	uint32_t i = vec_count(c->turns);
	while (i > 0 && moment_compare(moment, &c->turns->at[i - 1].moment) < 0)
		i--;
	struct case_turn *turn = vec_insert(c->turns, i);
	turn->moment = *moment;
	turn->kind = kind;
}

static void take_opening(struct fold *fold, struct service_case *c, const struct said *said)
{
	if (c->is_opened && moment_compare(&c->opening, &said->moment) <= 0)
		return;
	c->is_opened = true;
	c->opening = said->moment;
	c->dims = own_dims(fold, said);
}

static void take_event(struct fold *fold, struct service_case *c, const struct said *said)
{
	switch (said->kind) {
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED:
		take_opening(fold, c, said);
		break;
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED:
		if (!said->event->service_case_replied->by_customer)
			take_turn(c, &said->moment, TURN_REPLY);
		break;
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED:
		take_turn(c, &said->moment, TURN_CLOSE);
		break;
	default:
		take_turn(c, &said->moment, TURN_REOPEN);
		break;
	}
}

uint8_t service_case_apply(struct fold *fold, const struct said *said)
{
	struct service_case *c = find(fold, FOLD_SERVICE_CASE, said);
	if (c->order[0])
		order_life_drop_closes(&fold_order(fold, c->order)->life, said->id);
	take_event(fold, c, said);
	if (said->order[0] && (!c->order[0] || moment_compare(&said->moment, &c->order_moment) < 0)) {
		c->order_moment = said->moment;
		text_copy(c->order, sizeof(c->order), said->order);
	}
	for (uint32_t i = 0; c->order[0] && i < vec_count(c->turns); i++)
		if (c->turns->at[i].kind == TURN_CLOSE)
			order_life_put_close(&fold_order(fold, c->order)->life, said->id,
					     c->turns->at[i].moment.t_ms);
	return FOLD_NEW;
}

// The last word counts; false when this is not it.
static bool take_rating(struct fold *fold, struct rating *rating, const struct said *said, uint32_t score)
{
	if (rating->is_known && moment_compare(&rating->moment, &said->moment) >= 0)
		return false;
	*rating = (struct rating){true, said->moment, score, own_dims(fold, said)};
	return true;
}

void service_rated_collect(const struct fold *fold, const struct said *said)
{
	closure_need(fold, FOLD_SERVICE_CASE, said->id, ENTITY_CHANGE);
}

uint8_t service_rated_apply(struct fold *fold, const struct said *said)
{
	struct service_case *c = find(fold, FOLD_SERVICE_CASE, said);
	(void)take_rating(fold, &c->rating, said, said->event->service_rated->score);
	return FOLD_NEW;
}

void review_collect(const struct fold *fold, const struct said *said)
{
	closure_need(fold, FOLD_REVIEW, said->id, ENTITY_CHANGE);
}

uint8_t review_apply(struct fold *fold, const struct said *said)
{
	struct review *review = find(fold, FOLD_REVIEW, said);
	const Utarg__V1__ReviewPosted *posted = said->event->review_posted;
	bool taken = take_rating(fold, &review->rating, said, posted->score);
	if (taken && posted->sku[0] && strlen(posted->sku) < ENTITY_ID_SIZE)
		review->rating.dims = intern_with(fold->intern, review->rating.dims, FOLD_OFFER,
						  intern_key(fold->intern, posted->sku));
	return FOLD_NEW;
}

void review_put(struct fold *fold, const void *entity, int sign)
{
	const struct rating *rating = &((const struct review *)entity)->rating;
	if (!rating->is_known)
		return;
	int32_t minute = minute_of(rating->moment.t_ms);
	fact_put(fold->book, M_REVIEW_SCORE, minute, rating->dims, sign * (money_sum)rating->score);
	fact_put(fold->book, M_REVIEWS, minute, rating->dims, sign);
}

// ---- bytes and the rest of the rows ----

static void write_rating(const struct fold *fold, const struct rating *rating, struct codec_writer *w)
{
	state_put_moment(&rating->moment, w);
	codec_put_uint(w, rating->score);
	state_put_dims(fold, rating->dims, w);
}

static void read_rating(struct fold *fold, struct rating *rating, struct codec_reader *r)
{
	rating->is_known = true;
	state_get_moment(&rating->moment, r);
	rating->score = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	rating->dims = state_get_full_dims(fold, r);
}

void service_case_clear(void *entity)
{
	struct service_case *c = entity;
	vec_free(c->turns);
	c->is_opened = c->rating.is_known = false;
	c->order[0] = '\0';
}

size_t service_case_bytes(const void *entity)
{
	return vec_bytes(((const struct service_case *)entity)->turns);
}

bool service_case_is_empty(const void *entity)
{
	const struct service_case *c = entity;
	return !c->is_opened && !vec_count(c->turns) && !c->order[0] && !c->rating.is_known;
}

void service_case_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct service_case *c = entity;
	codec_put_uint(w, (c->is_opened ? 1 : 0) | (c->rating.is_known ? 2 : 0));
	if (c->is_opened) {
		state_put_moment(&c->opening, w);
		state_put_dims(fold, c->dims, w);
	}
	if (c->rating.is_known)
		write_rating(fold, &c->rating, w);
	codec_put_text(w, c->order);
	if (c->order[0])
		state_put_moment(&c->order_moment, w);
	codec_put_uint(w, vec_count(c->turns));
	for (uint32_t i = 0; i < vec_count(c->turns); i++) {
		state_put_moment(&c->turns->at[i].moment, w);
		codec_put_uint(w, c->turns->at[i].kind);
	}
}

void service_case_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct service_case *c = entity;
	uint64_t known = codec_get_uint_max(r, 3);
	if (known & 1) {
		c->is_opened = true;
		state_get_moment(&c->opening, r);
		c->dims = state_get_full_dims(fold, r);
	}
	if (known & 2)
		read_rating(fold, &c->rating, r);
	codec_get_text(r, c->order, sizeof(c->order));
	if (c->order[0])
		state_get_moment(&c->order_moment, r);
	uint32_t turns = codec_get_count(r, UUID_SIZE + 2);
	for (uint32_t i = 0; i < turns && !r->broken; i++) {
		struct case_turn *turn = vec_push(c->turns);
		state_get_moment(&turn->moment, r);
		turn->kind = (uint8_t)codec_get_uint_max(r, TURN_REOPEN);
		if (!turn->kind || (i && moment_compare(&turn[-1].moment, &turn->moment) >= 0))
			r->broken = true;
	}
}

void review_clear(void *entity)
{
	((struct review *)entity)->rating.is_known = false;
}

bool review_is_empty(const void *entity)
{
	return !((const struct review *)entity)->rating.is_known;
}

void review_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	write_rating(fold, &((const struct review *)entity)->rating, w);
}

void review_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	read_rating(fold, &((struct review *)entity)->rating, r);
}
