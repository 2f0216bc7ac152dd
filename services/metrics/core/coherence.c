// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/coherence.h"

#include "services/metrics/core/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- what follows from a message ----

// What was published counts by itself, and so does each place: a report there changes nothing elsewhere.

struct standing_message { // as a day ends
	int64_t placements, coherent;
	uint32_t dims;
};

// Index of the first placement that is not before the text.
static uint32_t placement_lower(const struct fold *fold, const struct message_turn *turn, const char *text)
{
	uint32_t low = 0, high = vec_count(turn->placements);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(intern_text(fold->intern, turn->placements->at[middle].name), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool names(const struct fold *fold, const struct message_turn *turn, uint32_t placement)
{
	uint32_t i = placement_lower(fold, turn, intern_text(fold->intern, placement));
	return i < vec_count(turn->placements) && turn->placements->at[i].name == placement;
}

static void put_counts(struct fold *fold, int32_t day, const struct standing_message *s, int sign)
{
	int32_t minute = minute_of(fold_day_start_ms(fold, day));
	if (!s->dims)
		return;
	fact_put(fold->book, M_MESSAGE_PLACEMENTS, minute, s->dims, sign * s->placements);
	fact_put(fold->book, M_COHERENT_PLACEMENTS, minute, s->dims, sign * s->coherent);
}

static void put_step(struct fold *fold, int32_t day, const struct standing_message *before,
		     const struct standing_message *now, int sign)
{
	if (now->dims == before->dims && now->placements == before->placements &&
	    now->coherent == before->coherent)
		return;
	put_counts(fold, day, before, -sign);
	put_counts(fold, day, now, sign);
}

static void put_published(struct fold *fold, const struct message *m, int sign)
{
	struct standing_message before = {.dims = 0};
	for (uint32_t i = 0; i < vec_count(m->turns); i++) {
		const struct message_turn *turn = &m->turns->at[i];
		struct standing_message now = {vec_count(turn->placements), 0, turn->dims};
		put_step(fold, turn->day, &before, &now, sign);
		before = now;
	}
}

// What the place adds: itself when it was not published there, and its word.
static struct standing_message standing_of(const struct fold *fold, const struct message_turn *last,
					   const struct message_place *place, uint32_t shown)
{
	struct standing_message found = {.dims = last ? last->dims : 0};
	if (!last || !shown)
		return found;
	found.placements = !names(fold, last, place->name);
	found.coherent = !last->is_withdrawn && shown == last->version;
	return found;
}

static void put_place(struct fold *fold, const struct message *m, const struct message_place *place, int sign)
{
	struct standing_message before = {.dims = 0};
	uint32_t turn = 0, report = 0;
	while (turn < vec_count(m->turns) || report < vec_count(place->reports)) {
		int32_t turned = turn < vec_count(m->turns) ? m->turns->at[turn].day : INT32_MAX;
		int32_t told =
			report < vec_count(place->reports) ? place->reports->at[report].day : INT32_MAX;
		int32_t day = turned < told ? turned : told;
		turn += turned == day;
		report += told == day;
		struct standing_message now =
			standing_of(fold, turn ? &m->turns->at[turn - 1] : NULL, place,
				    report ? place->reports->at[report - 1].version : 0);
		put_step(fold, day, &before, &now, sign);
		before = now;
	}
}

void message_put(struct fold *fold, const void *entity, int sign)
{
	const struct message *m = entity;
	put_published(fold, m, sign);
	for (uint32_t i = 0; i < vec_count(m->places); i++)
		put_place(fold, m, &m->places->at[i], sign);
}

// ---- events ----

static const char *id_of(const struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	const char *id = said->kind == UTARG__V1__EVENT__BODY_MESSAGE_SHOWN ? e->message_shown->message_id
			 : said->kind == UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED
				 ? e->message_published->message_id
				 : e->message_withdrawn->message_id;
	return strlen(id) < ENTITY_ID_SIZE ? id : "";
}

// What is shown at one place changes the facts of that place alone, and take_shown sees to them.
void message_collect(const struct fold *fold, const struct said *said)
{
	bool is_report = said->kind == UTARG__V1__EVENT__BODY_MESSAGE_SHOWN;
	closure_need(fold, FOLD_MESSAGE, id_of(said), is_report ? 0 : ENTITY_CHANGE);
}

static uint32_t campaign_dims(struct fold *fold, const char *campaign)
{
	struct dims dims = {{0}};
	bool is_told = campaign[0] && strlen(campaign) < FOLD_TEXT_SIZE;
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = intern_key(fold->intern, is_told ? campaign : "none");
	return intern_dims(fold->intern, &dims);
}

static bool is_name(const char *placement)
{
	return placement[0] && strlen(placement) < FOLD_TEXT_SIZE;
}

// NULL: a later one of the day is there already.
static struct message_turn *turn_for(struct message *m, const struct moment *moment, int32_t day)
{
	uint32_t i = vec_count(m->turns);
	while (i > 0 && m->turns->at[i - 1].day > day)
		i--;
	if (i == 0 || m->turns->at[i - 1].day != day)
		return vec_insert(m->turns, i);
	struct message_turn *turn = &m->turns->at[i - 1];
	return moment_compare(&turn->moment, moment) < 0 ? turn : NULL;
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	return strcmp(*x, *y);
}

static void take_placements(struct fold *fold, struct message_turn *turn,
			    const Utarg__V1__MarketingMessage *stated)
{
	const char **texts = memory_get((stated->n_placements + 1) * sizeof(*texts));
	size_t count = 0;
	for (size_t i = 0; i < stated->n_placements; i++)
		if (is_name(stated->placements[i]))
			texts[count++] = stated->placements[i];
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(texts[i - 1], texts[i]) == 0)
			continue;
		struct message_placement *placement = vec_push(turn->placements);
		placement->name = intern_key(fold->intern, texts[i]);
	}
	memory_free(texts);
}

static void take_turn(struct fold *fold, struct message *m, const struct said *said,
		      const Utarg__V1__MarketingMessage *stated, bool is_withdrawn)
{
	int32_t day = fold_day(fold, said->moment.t_ms);
	struct message_turn *turn = turn_for(m, &said->moment, day);
	if (!turn)
		return;
	turn->moment = said->moment;
	turn->day = day;
	turn->version = stated->message_version;
	turn->dims = campaign_dims(fold, stated->campaign);
	turn->is_withdrawn = is_withdrawn;
	vec_clear(turn->placements);
	if (!is_withdrawn)
		take_placements(fold, turn, stated);
}

static struct message_place *place_of(struct fold *fold, struct message *m, const char *name)
{
	uint32_t low = 0, high = vec_count(m->places);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(intern_text(fold->intern, m->places->at[middle].name), name);
		if (order == 0)
			return &m->places->at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	struct message_place *added = vec_insert(m->places, low);
	added->name = intern_key(fold->intern, name);
	return added;
}

static void take_shown(struct fold *fold, struct message *m, const struct said *said,
		       const Utarg__V1__MessageShown *stated)
{
	struct message_place *place = place_of(fold, m, stated->placement);
	int32_t day = fold_day(fold, said->moment.t_ms);
	uint32_t i = vec_count(place->reports);
	while (i > 0 && place->reports->at[i - 1].day > day)
		i--;
	bool is_there = i > 0 && place->reports->at[i - 1].day == day;
	if (is_there && moment_compare(&place->reports->at[i - 1].moment, &said->moment) >= 0)
		return;
	put_place(fold, m, place, -1);
	struct message_report *report = is_there ? &place->reports->at[i - 1] : vec_insert(place->reports, i);
	*report = (struct message_report){said->moment, day, stated->message_version};
	put_place(fold, m, place, 1);
	fold_dirty(fold, &m->entity);
}

uint8_t message_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	const char *id = id_of(said);
	void *found = entity_find(fold->table, FOLD_MESSAGE, slice_of(id));
	struct message *m = found;
	if (!id[0])
		return FOLD_NEW;
	assert(m);
	if (said->kind == UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED)
		take_turn(fold, m, said, e->message_published, false);
	else if (said->kind == UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN)
		take_turn(fold, m, said, e->message_withdrawn, true);
	else if (is_name(e->message_shown->placement))
		take_shown(fold, m, said, e->message_shown);
	return FOLD_NEW;
}

// ---- of kind_rows ----

void message_clear(void *entity)
{
	struct message *m = entity;
	for (uint32_t i = 0; i < vec_count(m->turns); i++)
		vec_free(m->turns->at[i].placements);
	for (uint32_t i = 0; i < vec_count(m->places); i++)
		vec_free(m->places->at[i].reports);
	vec_free(m->turns);
	vec_free(m->places);
}

size_t message_bytes(const void *entity)
{
	const struct message *m = entity;
	size_t bytes = vec_bytes(m->turns) + vec_bytes(m->places);
	for (uint32_t i = 0; i < vec_count(m->turns); i++)
		bytes += vec_bytes(m->turns->at[i].placements);
	for (uint32_t i = 0; i < vec_count(m->places); i++)
		bytes += vec_bytes(m->places->at[i].reports);
	return bytes;
}

bool message_is_empty(const void *entity)
{
	const struct message *m = entity;
	return !vec_count(m->turns) && !vec_count(m->places);
}

void message_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct message *m = entity;
	codec_put_uint(w, vec_count(m->turns));
	for (uint32_t i = 0; i < vec_count(m->turns); i++) {
		const struct message_turn *turn = &m->turns->at[i];
		state_put_moment(&turn->moment, w);
		codec_put_int(w, turn->day);
		codec_put_uint(w, turn->version);
		state_put_dims(fold, turn->dims, w);
		codec_put_uint(w, turn->is_withdrawn);
		codec_put_uint(w, vec_count(turn->placements));
		for (uint32_t k = 0; k < vec_count(turn->placements); k++)
			codec_put_text(w, intern_text(fold->intern, turn->placements->at[k].name));
	}
	codec_put_uint(w, vec_count(m->places));
	for (uint32_t i = 0; i < vec_count(m->places); i++) {
		const struct message_place *place = &m->places->at[i];
		codec_put_text(w, intern_text(fold->intern, place->name));
		codec_put_uint(w, vec_count(place->reports));
		for (uint32_t k = 0; k < vec_count(place->reports); k++) {
			codec_put_int(w, place->reports->at[k].day);
			codec_put_uint(w, place->reports->at[k].version);
			state_put_moment(&place->reports->at[k].moment, w);
		}
	}
}

static uint32_t read_name(struct fold *fold, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE];
	codec_get_text(r, text, sizeof(text));
	return intern_key(fold->intern, text);
}

static void read_turn(struct fold *fold, struct message_turn *turn, struct codec_reader *r)
{
	state_get_moment(&turn->moment, r);
	turn->day = state_get_day(r);
	turn->version = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	turn->dims = state_get_full_dims(fold, r);
	turn->is_withdrawn = codec_get_uint_max(r, 1);
	uint32_t placements = codec_get_count(r, 2);
	for (uint32_t i = 0; i < placements && !r->broken; i++) {
		uint32_t name = read_name(fold, r);
		uint32_t at = placement_lower(fold, turn, intern_text(fold->intern, name));
		if (at < i && turn->placements->at[at].name == name)
			r->broken = true;
		struct message_placement *placement = vec_insert(turn->placements, at);
		placement->name = name;
	}
}

static void read_place(struct fold *fold, struct message_place *place, struct codec_reader *r)
{
	place->name = read_name(fold, r);
	uint32_t reports = codec_get_count(r, UUID_SIZE + 3);
	for (uint32_t i = 0; i < reports && !r->broken; i++) {
		struct message_report *report = vec_push(place->reports);
		report->day = state_get_day(r);
		report->version = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		state_get_moment(&report->moment, r);
		if (i && report[-1].day >= report->day)
			r->broken = true;
	}
}

void message_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct message *m = entity;
	uint32_t turns = codec_get_count(r, UUID_SIZE + 6);
	for (uint32_t i = 0; i < turns && !r->broken; i++) {
		struct message_turn *turn = vec_push(m->turns);
		read_turn(fold, turn, r);
		if (i && turn[-1].day >= turn->day)
			r->broken = true;
	}
	uint32_t places = codec_get_count(r, 2);
	for (uint32_t i = 0; i < places && !r->broken; i++) {
		struct message_place *place = vec_push(m->places);
		read_place(fold, place, r);
		if (i && strcmp(intern_text(fold->intern, place[-1].name),
				intern_text(fold->intern, place->name)) >= 0)
			r->broken = true;
	}
}
