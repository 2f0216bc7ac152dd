// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How many events got which code, for the last line of what publishes.
#pragma once

#include "common/base/err.h"

#include <stdint.h>
#include <stdio.h>

struct counts {
	uint64_t by_code[ERR_CODE_COUNT];
	uint64_t total;
};

void counts_add(struct counts *counts, enum err_code code);
// "120 events: 118 OK, 2 DUPLICATE" on one line.
void counts_print(const struct counts *counts, FILE *out);
