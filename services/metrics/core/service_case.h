// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Service cases, with their rating, and reviews. A case exists from its earliest service_case_opened; what is
// said of it before that moment counts for nothing until an earlier opening comes. Its facts stand at the
// opening and where the opening stands.
//
//   First reply: the earliest one of the shop. Resolved: when the last of its closes and reopenings is a
//   close. As long as there is none, the time from the opening to A stands for it: the clock moves the case
//   from one level of the histogram to the next, 16 times while its age doubles. A case is open from its
//   opening to a close, and again from a reopening on. The order it is about is the one its earliest event
//   names that names any; its closes settle the order's complaints (claim.h), also those of a case whose
//   opening has not come. Of ratings of a case, and of words about a review, the last one counts, at its own
//   time and place.
#pragma once

#include "services/metrics/core/entity.h"

enum turn_kind { TURN_REPLY = 1, TURN_CLOSE, TURN_REOPEN };

struct case_turn {
	struct moment moment;
	uint8_t kind; // enum turn_kind; replies of the shop only
};

struct rating { // also a review's
	bool is_known;
	struct moment moment;
	uint32_t score;
	uint32_t dims;
};

struct service_case {
	struct entity entity;
	bool is_opened;
	struct moment opening;
	uint32_t dims;                 // of the opening
	VEC(struct case_turn) * turns; // by moment
	struct moment order_moment;
	char order[ENTITY_ID_SIZE]; // "": none was named
	struct rating rating;
};

struct review {
	struct entity entity;
	struct rating rating; // dims with the offer
};

// Of kind_rows.
void service_case_clear(void *entity);
size_t service_case_bytes(const void *entity);
bool service_case_is_empty(const void *entity);
void service_case_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void service_case_read(struct fold *fold, void *entity, struct codec_reader *r);
void service_case_put(struct fold *fold, const void *entity, int sign);
int64_t service_case_due_ms(const struct fold *fold, const void *entity);
void review_clear(void *entity);
bool review_is_empty(const void *entity);
void review_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void review_read(struct fold *fold, void *entity, struct codec_reader *r);
void review_put(struct fold *fold, const void *entity, int sign);

// Of event.c.
void service_case_collect(const struct fold *fold, const struct said *said);
uint8_t service_case_apply(struct fold *fold, const struct said *said);
void service_rated_collect(const struct fold *fold, const struct said *said);
uint8_t service_rated_apply(struct fold *fold, const struct said *said);
void review_collect(const struct fold *fold, const struct said *said);
uint8_t review_apply(struct fold *fold, const struct said *said);
