// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The books of a day, read from the stored entities. What they say is core/books_list.h's.
#pragma once

#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"

#include "utarg/v1/service.pb-c.h"

// Within a snapshot whose position is `as_of_ms`. Lists at most METRICS_FIGURE_MAX orders; counts all of
// them. TOO_MANY when it does not fit into the arena.
bool books_read(struct metrics *m, const struct shop *shop, const char *day, int64_t as_of_ms,
		struct arena *arena, Utarg__V1__BooksReply *out, struct err *e);
