// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of measures, made from the one list in measure.h.
#include "services/metrics/core/measure.h"

const struct measure_row measure_rows[MEASURE_COUNT] = {
#define X(name, number, kind, text) [number] = {#name, MEASURE_##kind, text},
	MEASURES(X)
#undef X
};

bool measure_makes_history(uint16_t measure)
{
	switch (measure) {
	case M_ATTRIBUTED_NET_MARKOV:
	case M_ATTRIBUTED_ORDERS_MARKOV:
	case M_ATTRIBUTED_CUSTOMERS_MARKOV:
		return false;
	default:
		return measure_rows[measure].kind != MEASURE_MINUTE;
	}
}
