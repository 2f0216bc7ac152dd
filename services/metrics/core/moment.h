// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What every entity's header needs: the size of an id, and the order of events in time. Pure.
#pragma once

#include "common/base/uuid.h"

#include <stdint.h>

enum { ENTITY_ID_SIZE = 65 }; // ids on the wire are at most 64 bytes

// A moment with a tie-break: the order of events in time.
struct moment {
	int64_t t_ms;
	uint8_t id[UUID_SIZE];
};
int moment_compare(const struct moment *a, const struct moment *b);
