// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The questions metrics answers.
#pragma once

#include "common/svc/svc.h"

#include <stdbool.h>

struct metrics;
struct shop;
struct store_position;
struct zone_date;

extern const struct svc_route metrics_routes[]; // context is struct metrics

// What every question begins with. BUSY, MISSING_FIELD or UNKNOWN_SHOP.
bool handlers_check_started(const struct metrics *m, struct err *e);
bool handlers_find_shop(struct metrics *m, const char *slug, struct shop **out, struct err *e);
bool handlers_check_day(const char *text, const char *field, struct zone_date *out, struct err *e);
// In the transaction that is open; the shop's own position may be another instance's past.
bool handlers_read_position(struct metrics *m, const struct shop *shop, struct store_position *out,
			    struct err *e);

// alert_handlers.c
enum svc_outcome alert_add(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e);
enum svc_outcome alert_remove(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e);
enum svc_outcome alert_rule_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e);
enum svc_outcome alert_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			    struct err *e);
enum svc_outcome alert_ack(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			   struct err *e);
// ledger.c
enum svc_outcome affiliate_ledger(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e);
// targets.c
enum svc_outcome target_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			     struct err *e);
enum svc_outcome handle_kpi_history(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e); // handle_history.c
enum svc_outcome handle_paths(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e); // paths.c
