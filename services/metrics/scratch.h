// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files for what does not fit into memory: without a name, gone with the process whatever ends it, readable
// by nobody else. Reading and writing by position; buffered writers and readers for what goes in order.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRATCH_BUFFER_BYTES = 64 << 10 };

// A file in the folder, -1 with BUSY and a sentence when it cannot be made.
int scratch_open(const char *folder, struct err *e);
// All of it or false with BUSY: no room, or the device failed.
bool scratch_write(int file, const void *bytes, size_t size, uint64_t offset, struct err *e);
bool scratch_read(int file, void *bytes, size_t size, uint64_t offset, struct err *e);

// In order from the beginning, through a buffer. The file is borrowed.
struct scratch_stream {
	uint8_t *buffer;
	size_t at, filled; // of the buffer
	uint64_t offset;   // of the buffer in the file
	uint64_t end;      // reading: of what was written
	int file;
};
void scratch_stream_init(struct scratch_stream *stream, int file);
void scratch_stream_fini(struct scratch_stream *stream);
bool scratch_put(struct scratch_stream *stream, const void *bytes, size_t size, struct err *e);
bool scratch_flush(struct scratch_stream *stream, struct err *e); // *stream stays open for more
uint64_t scratch_size(const struct scratch_stream *stream);       // written so far
// A reader of the first `end` bytes.
void scratch_rewind(struct scratch_stream *stream, int file, uint64_t end);
bool scratch_at_end(const struct scratch_stream *stream);
bool scratch_get(struct scratch_stream *stream, void *bytes, size_t size, struct err *e);
