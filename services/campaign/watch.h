// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What campaigns do by themselves: steps of the clock, directives, and what becomes of those. Each campaign
// that the clock may move is looked at once a minute, and within a second of a change of itself, its cost or
// the stock of what it advertises:
//
//   marked -> looked at (steps, stock, directives that are over) -> runs: metrics is asked -> judged
//
// All it finds is decided by decide.c, under ids that follow from what was found: two processes, or one that
// starts again, make one event of it.
#pragma once

#include "services/campaign/fold.h"
#include "services/campaign/service.h"

#include <stddef.h>
#include <stdint.h>

struct watch;

struct watch *watch_create(struct service *service);
void watch_destroy(struct watch *watch); // takes NULL
// Opens the way to metrics; without one no directive is judged by figures.
void watch_start(struct watch *watch);
// After a commit: what it changed.
void watch_mark(struct watch *watch, const struct fold_change *changes, size_t count);
// Does what is due, not much at a time. The database is there.
void watch_tick(struct watch *watch, int64_t monotonic_ms);
// Why no directive is judged by figures, a sentence; NULL: they are.
const char *watch_note(const struct watch *watch);
