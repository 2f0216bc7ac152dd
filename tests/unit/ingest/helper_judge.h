// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Asks the validator about events written as text (helper_wire.h), received a minute after they happened.
#pragma once

#include "services/ingest/core/validate.h"

#include <stdbool.h>
#include <stdint.h>

#define ID          "id=0102030405060708090a0b0c0d0e0f10 "
#define SHOP        "shop=demo "
#define TIME        "occurred_at_ms=1767225600000 " // 2026-01-01T00:00:00Z
#define WHOLE       ID SHOP TIME
#define RECEIVED_MS INT64_C(1767225660000) // a minute later

enum { SERVER = 2 };

int judge_set_up(void **state); // of a group
int judge_tear_down(void **state);
bool judge(struct slice event, struct slice subject, int32_t origin, int64_t sent_at_ms,
	   struct validated *out, struct err *e);
void judge_text(const char *event_text, const char *subject_text, int32_t origin, int64_t sent_at_ms,
		struct validated *out, struct err *e);
bool judge_gave(enum err_code code); // at least once so far
const struct validator *judge_validator(void);
