// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The clock: moves the as-of minute of shops that have caught up, folds what was due, and takes away
// minutes older than 48 hours.
#pragma once

struct metrics;

// Does a bounded piece; called twice a second.
void tick_shops(struct metrics *m);
