// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Product feeds: how many offers a platform was sent and how many it approved. Of a feed the last feed_status
// by (t, id) at or before an instant stands then; kept is the last of each local day, which is as fine as
// standing measures are. Facts stand at the beginning of the day, in the total only.
#pragma once

#include "services/metrics/core/inner.h"

struct feed_closing { // the last word of a day
	int32_t day;
	uint32_t sent, approved;
	struct moment moment;
};

struct feed {
	struct entity entity;
	VEC(struct feed_closing) * closings; // by day
};

// Of event.c.
void feed_collect(const struct fold *fold, const struct said *said);
uint8_t feed_apply(struct fold *fold, const struct said *said);
// Of kind_rows.
void feed_clear(void *entity);
size_t feed_bytes(const void *entity);
bool feed_is_empty(const void *entity);
void feed_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void feed_read(struct fold *fold, void *entity, struct codec_reader *r);
void feed_put(struct fold *fold, const void *entity, int sign);
