// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The same events by the rules of another tool, to explain why its number is another one. A dialect is a row
// of switches for the fold and a few figures that are other sums; whatever it does not name is ours. Figures
// of a dialect are computed when somebody asks and never stored. Pure.
#pragma once

#include "services/metrics/core/kpi.h"

enum { DIALECT_FIGURES_MAX = 5 };

struct dialect_figure {
	const char *kpi;
	struct kpi_term numerator[KPI_TERM_MAX];
	struct kpi_term denominator[KPI_TERM_MAX]; // none: 1
	const char *rule;                          // as the tool's own documentation has it
};

struct dialect_switch {
	uint32_t bit; // enum fold_switch, 0 ends the list
	const char *rule;
};

struct dialect {
	const char *name; // "matomo"
	struct dialect_switch switches[DIALECT_FIGURES_MAX + 1];
	struct dialect_figure figures[DIALECT_FIGURES_MAX + 1]; // ends with a NULL name
};

extern const struct dialect dialects[];               // ends with a NULL name
const struct dialect *dialect_find(const char *name); // NULL: none
uint32_t dialect_switches(const struct dialect *dialect);
// The key figures that a dialect can tell: those of sessions, carts and orders. Ends with NULL.
extern const char *const dialect_kpis[];
// The row as the dialect has it, rule: its own, "" where it follows ours. False: not one of dialect_kpis.
bool dialect_kpi(const struct dialect *dialect, const char *name, struct kpi_row *out, const char **rule);
