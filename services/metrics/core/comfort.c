// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is told in a session beside page views: searches, errors of pages and how fast they were. Each counts
// at its own time where its session stands, with its own sales channel, as page views do; a visitor keeps the
// counts of a minute, so that they can move when the session takes another's dims. Told without a session it
// counts under its own context.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/level.h"

#include <string.h>

enum { NOTES_MAX = 2, THOUSAND = 1000 };

bool comfort_is_told(int kind)
{
	return kind == UTARG__V1__EVENT__BODY_SEARCH || kind == UTARG__V1__EVENT__BODY_PAGE_ERROR ||
	       kind == UTARG__V1__EVENT__BODY_PAGE_TIMING;
}

// A time of zero was not measured.
static uint32_t read_timing(const Utarg__V1__PageTiming *timing, struct note out[NOTES_MAX])
{
	uint32_t count = 0;
	if (timing->largest_contentful_paint_ms)
		out[count++] = (struct note){
			.kind = NOTE_PAINT, .level = (uint32_t)level_of(timing->largest_contentful_paint_ms)};
	if (timing->interaction_delay_ms)
		out[count++] = (struct note){.kind = NOTE_INTERACTION,
					     .level = (uint32_t)level_of(timing->interaction_delay_ms)};
	return count;
}

static uint32_t read_notes(const struct said *said, struct note out[NOTES_MAX])
{
	uint32_t count = 1;
	if (said->kind == UTARG__V1__EVENT__BODY_SEARCH)
		out[0] = (struct note){.kind = said->event->search->result_count ? NOTE_SEARCH
										 : NOTE_MISSED_SEARCH};
	else if (said->kind == UTARG__V1__EVENT__BODY_PAGE_ERROR)
		out[0] = (struct note){.kind = NOTE_ERROR};
	else
		count = read_timing(said->event->page_timing, out);
	for (uint32_t i = 0; i < count; i++) {
		out[i].minute = minute_of(said->moment.t_ms);
		out[i].channel = said_channel(said) & 7;
		out[i].count = 1;
	}
	return count;
}

static void put_note(struct fold *fold, const struct note *note, uint32_t dims, int sign)
{
	int count = sign * (int)note->count;
	switch ((enum note_kind)note->kind) {
	case NOTE_MISSED_SEARCH:
		fact_put(fold->book, M_MISSED_SEARCHES, note->minute, dims, count);
		fact_put(fold->book, M_SEARCHES, note->minute, dims, count);
		break;
	case NOTE_SEARCH:
		fact_put(fold->book, M_SEARCHES, note->minute, dims, count);
		break;
	case NOTE_ERROR:
		fact_put(fold->book, M_PAGE_ERRORS, note->minute, dims, (money_sum)count * THOUSAND);
		break;
	case NOTE_PAINT:
		fact_put_level(fold->book, M_PAINT_LEVELS, note->minute, dims, note->level, count);
		break;
	case NOTE_INTERACTION:
		fact_put_level(fold->book, M_INTERACTION_LEVELS, note->minute, dims, note->level, count);
		break;
	}
}

int note_compare(const struct note *a, const struct note *b)
{
	if (a->minute != b->minute)
		return a->minute < b->minute ? -1 : 1;
	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->channel > b->channel) - (a->channel < b->channel);
}

static uint32_t note_lower(const struct visitor *visitor, const struct note *note)
{
	uint32_t low = 0, high = vec_count(visitor->notes);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (note_compare(&visitor->notes->at[middle], note) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void keep_note(struct visitor *visitor, const struct note *note)
{
	uint32_t i = note_lower(visitor, note);
	if (i < vec_count(visitor->notes) && note_compare(&visitor->notes->at[i], note) == 0) {
		visitor->notes->at[i].count++;
		return;
	}
	struct note *place = vec_insert(visitor->notes, i);
	*place = *note;
}

void comfort_event(struct fold *fold, const struct said *said, struct visitor *visitor,
		   const struct session *session)
{
	struct note notes[NOTES_MAX];
	uint32_t count = read_notes(said, notes);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t channel = channel_sales_key(fold->intern, (int)notes[i].channel);
		put_note(fold, &notes[i],
			 intern_with(fold->intern, session->dims, FOLD_SALES_CHANNEL, channel), 1);
		keep_note(visitor, &notes[i]);
	}
}

void comfort_alone(struct fold *fold, const struct said *said)
{
	struct note notes[NOTES_MAX];
	uint32_t count = read_notes(said, notes);
	uint32_t dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	for (uint32_t i = 0; i < count; i++)
		put_note(fold, &notes[i], dims, 1);
}

void comfort_move(struct fold *fold, const struct visitor *visitor, const struct session *was, uint32_t dims)
{
	const struct note from = {.minute = minute_of(was->first.t_ms)};
	int32_t last = minute_of(was->last_ms);
	for (uint32_t i = note_lower(visitor, &from);
	     i < vec_count(visitor->notes) && visitor->notes->at[i].minute <= last; i++) {
		const struct note *note = &visitor->notes->at[i];
		uint32_t channel = channel_sales_key(fold->intern, (int)note->channel);
		put_note(fold, note, intern_with(fold->intern, was->dims, FOLD_SALES_CHANNEL, channel), -1);
		put_note(fold, note, intern_with(fold->intern, dims, FOLD_SALES_CHANNEL, channel), 1);
	}
}
