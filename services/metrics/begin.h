// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Windows that begin. Most figures of a new window are nothing until an event changes them. Who is live at
// a minute, and what stands on a day, is known when the window begins, from events long before: when the
// clock gets there, whoever subscribes is told.
#pragma once

#include <stdbool.h>

struct metrics;

// The clock of some shops has moved.
void begin_ticked(struct metrics *m);
// Tells the windows of one shop that have begun; true when there is more to do at once.
bool begin_round(struct metrics *m);
