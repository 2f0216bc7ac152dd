// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a campaign has to spend: its budget, spread over the days of its period by the weights of their
// weekdays (none: all alike). At the end of a day the campaign_changed with the greatest (t, id) in force
// then counts, the last of each local day being kept; the first one acts on the days before it, too. What is
// due through day d is floor(budget x weights of first..d / weights of first..last), nothing as long as it is
// a draft, and as much as before once it has ended. So what a later statement says changes no day before it.
//
//   BUDGET_DUE   what is due more, a day's when the day is over
//   DAY_BUDGET   the day's own share by the statement in force, from its beginning on; none once it has ended
//   DAILY_BUDGET floor(budget / days of the period), from the first day on and for good: what platforms call
//                the average daily budget
//
// A budget in another currency, a period that is none or longer than PLAN_DAYS_MAX, is no plan: like a draft.
#pragma once

#include "services/metrics/core/inner.h"

enum { PLAN_WEEKDAYS = 7, PLAN_DAYS_MAX = 3660 };

struct plan_closing { // the last campaign_changed of a day
	struct moment moment;
	int32_t day;
	int32_t first_day, last_day; // of the period, since 1970-01-01
	int64_t budget_minor;
	uint8_t state;                   // utarg.v1.CampaignState; UNSPECIFIED: no plan
	uint16_t weights[PLAN_WEEKDAYS]; // from Monday
};

struct plan {
	struct entity entity;
	uint32_t dims;                       // its campaign
	VEC(struct plan_closing) * closings; // by day
};

// What is due through a day of a statement that has a plan; 0 before its period, the budget behind it.
int64_t plan_due(const struct plan_closing *plan, int32_t day);

// Of event.c.
void plan_collect(const struct fold *fold, const struct said *said);
uint8_t plan_apply(struct fold *fold, const struct said *said);
// Of kind_rows.
void plan_clear(void *entity);
size_t plan_bytes(const void *entity);
bool plan_is_empty(const void *entity);
void plan_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void plan_read(struct fold *fold, void *entity, struct codec_reader *r);
void plan_put(struct fold *fold, const void *entity, int sign);
int64_t plan_due_ms(const struct fold *fold, const void *entity);
