// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A thread joined to the loop by an inproc pair. What passes is a pointer, and with it the memory behind
// it: whoever sent it does not touch it again. The loop hands and takes without waiting; the thread waits.
#pragma once

#include "common/base/err.h"
#include "common/bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;     // the loop's end
struct worker_end; // the thread's end

// Starts the thread; name is unique in the process. run returns when worker_wait says WORKER_STOP.
struct worker *worker_create(struct bus *bus, const char *name,
			     void (*run)(struct worker_end *end, void *arg), void *arg, struct err *e);
// Asks the thread to stop and waits until it has; what it still returns can be taken afterwards.
void worker_stop(struct worker *worker);
void worker_destroy(struct worker *worker);              // stopped before; takes NULL
struct bus_socket *worker_socket(struct worker *worker); // readable when there is something to take
void worker_hand(struct worker *worker, void *message);
void *worker_take(struct worker *worker); // NULL when there is nothing

enum worker_event { WORKER_MESSAGE, WORKER_TIMEOUT, WORKER_STOP };
enum worker_event worker_wait(struct worker_end *end, int64_t timeout_ms, void **message);
void worker_return(struct worker_end *end, void *message);
bool worker_is_stopping(const struct worker_end *end); // for work that would wait long
// Sleeps, but not past a stop. False when it is time to stop.
bool worker_sleep(const struct worker_end *end, int64_t ms);
