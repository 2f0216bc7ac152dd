// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The writers' agreement: common/journal/guess.h with a lock round it, so that a writer can wait for what the
// others do. The only state that writers share.
#pragma once

#include "common/journal/guess.h"

struct order;

struct order *order_create(void);
void order_destroy(struct order *order); // takes NULL

// Waits until the batch may begin. The state stays locked, for journal_guess_knows and journal_guess_begin,
// until order_begun.
struct journal_guess *order_enter(struct order *order, uint64_t number);
void order_begun(struct order *order);
// Instead of beginning: waits until something has changed. The state stays locked.
void order_wait(struct order *order);
// A batch that writes nothing: begins and ends.
void order_pass(struct order *order, uint64_t number);
// Waits until the draft may commit, and fills in what it expects. False: it is broken.
bool order_await_commit(struct order *order, uint64_t number);
void order_committed(struct order *order, uint64_t number);
void order_refuse(struct order *order, uint64_t number, bool hold);
void order_await_alone(struct order *order, uint64_t number);
// What going alone found: heads that moved, each by so many events, and one shop of an event that was a
// duplicate though nothing had announced it.
void order_learn(struct order *order, const struct journal_head *heads, const size_t *moved_by, size_t count);
void order_hold(struct order *order, int32_t shop_id);
void order_end(struct order *order, uint64_t number);
