// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Lines of a file or stream, read with read(2), so that a reader knows when the next line would have to be
// waited for. What the lines mean is not known here.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { LINES_BYTES_MAX = 1024 * 1024 }; // longer lines are refused: memory is bounded

struct lines {
	int fd;          // borrowed
	uint64_t number; // of the line given last, from 1
	char *buffer;
	size_t from, to; // what is read and not given yet
	bool ended;
};

void lines_init(struct lines *lines, int fd);
void lines_fini(struct lines *lines);
// The next line without its newline, valid until the next call. False at the end, and with a reason in e
// when reading failed or a line is too long.
bool lines_next(struct lines *lines, struct slice *out, struct err *e);
// No whole line is here and none can be read at once.
bool lines_would_wait(struct lines *lines);
