// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the sentence of a figure leaves out: its edge cases, in words. Read by people only; nothing is
// computed from them. Pure.
#pragma once

#include "services/metrics/core/kpi.h"

struct kpi_note {
	const char *name; // of a figure or a family
	const char *text;
};

extern const struct kpi_note kpi_notes[]; // ends with a NULL name; a name may have several
