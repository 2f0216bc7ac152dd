// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The questions metrics answers.
#pragma once

#include "common/svc/svc.h"

extern const struct svc_route metrics_routes[]; // context is struct metrics

// What the answers have in common.
struct metrics;
struct shop;
struct store_position;
struct zone_date;
bool handlers_find_shop(struct metrics *m, const char *slug, struct shop **out, struct err *e);
bool handlers_check_day(const char *text, const char *field, struct zone_date *out, struct err *e);
// The position as it is in this snapshot; the shop's own may be another instance's past.
bool handlers_read_position(struct metrics *m, const struct shop *shop, struct store_position *out,
			    struct err *e);

enum svc_outcome handle_kpi_history(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e); // handle_history.c
