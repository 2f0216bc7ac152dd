// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How much room a file system has, and when that is too little. The rule is pure; disk_look asks the system.
#pragma once

#include "common/base/err.h"

#include <stdint.h>

struct disk_space {
	uint64_t size_bytes; // what is used and what an ordinary user may still have, as df counts
	uint64_t free_bytes; // what an ordinary user may still have
};

enum disk_level { DISK_ENOUGH, DISK_WARN, DISK_LOW };

// Below low_percent free it is LOW, below warn_percent WARN; but enough_bytes are enough whatever the
// percentage (a tenth of 4 TB is no emergency), and twice as much warns nobody. A level is left only with a
// fifth more free than what it was entered at, so that it does not flap. 0 switches a level off.
struct disk_rule {
	unsigned warn_percent, low_percent;
	uint64_t enough_bytes;
};

#define DISK_RULE_DEFAULT ((struct disk_rule){20, 10, UINT64_C(32768) << 20})

bool disk_look(const char *path, struct disk_space *out, struct err *e);
enum disk_level disk_level(const struct disk_rule *rule, const struct disk_space *space,
			   enum disk_level before);
unsigned disk_free_percent(const struct disk_space *space); // rounded down; of nothing: 0
