// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/feed.h"

#include "services/metrics/core/report.h"
#include "services/metrics/core/state.h"

#include <assert.h>

static struct slice key_of(const Utarg__V1__FeedStatus *status, char out[FOLD_KEY_SIZE])
{
	const char *parts[] = {status->platform, status->feed};
	return report_key(parts, sizeof(parts) / sizeof(parts[0]), out);
}

void feed_collect(const struct fold *fold, const struct said *said)
{
	char key[FOLD_KEY_SIZE];
	closure_need_key(fold, FOLD_FEED, key_of(said->event->feed_status, key), ENTITY_CHANGE);
}

uint8_t feed_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__FeedStatus *status = said->event->feed_status;
	char key[FOLD_KEY_SIZE];
	struct slice id = key_of(status, key);
	if (!id.size)
		return FOLD_NEW;
	void *found = entity_find(fold->table, FOLD_FEED, id);
	struct feed *feed = found;
	assert(feed);
	int32_t day = fold_day(fold, said->moment.t_ms);
	uint32_t i = vec_count(feed->closings);
	while (i > 0 && feed->closings->at[i - 1].day > day)
		i--;
	struct feed_closing *closing =
		i > 0 && feed->closings->at[i - 1].day == day ? &feed->closings->at[i - 1] : NULL;
	if (closing && moment_compare(&closing->moment, &said->moment) >= 0)
		return FOLD_NEW;
	if (!closing)
		closing = vec_insert(feed->closings, i);
	*closing = (struct feed_closing){day, status->sent, status->approved, said->moment};
	return FOLD_NEW;
}

void feed_put(struct fold *fold, const void *entity, int sign)
{
	const struct feed *feed = entity;
	uint32_t total = intern_dims(fold->intern, &(struct dims){{0}});
	int64_t sent = 0, approved = 0;
	for (uint32_t i = 0; i < vec_count(feed->closings); i++) {
		const struct feed_closing *closing = &feed->closings->at[i];
		int32_t minute = minute_of(fold_day_start_ms(fold, closing->day));
		fact_put(fold->book, M_FEED_SENT, minute, total, sign * (closing->sent - sent));
		fact_put(fold->book, M_FEED_APPROVED, minute, total, sign * (closing->approved - approved));
		sent = closing->sent;
		approved = closing->approved;
	}
}

void feed_clear(void *entity)
{
	vec_free(((struct feed *)entity)->closings);
}

size_t feed_bytes(const void *entity)
{
	return vec_bytes(((const struct feed *)entity)->closings);
}

bool feed_is_empty(const void *entity)
{
	return !vec_count(((const struct feed *)entity)->closings);
}

void feed_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct feed *feed = entity;
	(void)fold;
	codec_put_uint(w, vec_count(feed->closings));
	for (uint32_t i = 0; i < vec_count(feed->closings); i++) {
		const struct feed_closing *closing = &feed->closings->at[i];
		codec_put_int(w, closing->day);
		codec_put_uint(w, closing->sent);
		codec_put_uint(w, closing->approved);
		state_put_moment(&closing->moment, w);
	}
}

void feed_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct feed *feed = entity;
	(void)fold;
	uint32_t closings = codec_get_count(r, UUID_SIZE + 4);
	for (uint32_t i = 0; i < closings && !r->broken; i++) {
		struct feed_closing *closing = vec_push(feed->closings);
		closing->day = state_get_day(r);
		closing->sent = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		closing->approved = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		state_get_moment(&closing->moment, r);
		if (i && closing[-1].day >= closing->day)
			r->broken = true;
	}
}
