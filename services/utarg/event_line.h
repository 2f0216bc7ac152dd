// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One line of JSON as a publication: an event, or {"event": ..., "subject": ...}.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include "utarg/v1/event.pb-c.h"

// NULL on failure; the caller's, freed by utarg__v1__publication__free_unpacked. It may lack the event.
Utarg__V1__Publication *event_line_parse(struct slice line, struct err *e);
// What a line may leave out: a new UUIDv7 as id, the time of now, and the shop (NULL: none to fill in).
void event_line_fill(Utarg__V1__Event *event, const char *shop);
