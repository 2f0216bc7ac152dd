// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = LINES_BYTES_MAX + 1 };

void lines_init(struct lines *lines, int fd)
{
	*lines = (struct lines){.fd = fd, .buffer = malloc(BUFFER_SIZE)};
	if (!lines->buffer)
		abort();
}

void lines_fini(struct lines *lines)
{
	free(lines->buffer);
	lines->buffer = NULL;
}

static char *line_end(const struct lines *lines)
{
	return memchr(lines->buffer + lines->from, '\n', lines->to - lines->from);
}

// Reads what is there behind what is kept; false on a failure.
static bool read_more(struct lines *lines, struct err *e)
{
	memmove(lines->buffer, lines->buffer + lines->from, lines->to - lines->from);
	lines->to -= lines->from;
	lines->from = 0;
	if (lines->to == BUFFER_SIZE)
		return err_set(e, ERR_TOO_LARGE, "line %llu is longer than %d bytes",
			       (unsigned long long)lines->number + 1, LINES_BYTES_MAX);
	ssize_t size;
	do {
		size = read(lines->fd, lines->buffer + lines->to, BUFFER_SIZE - lines->to);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return err_set(e, ERR_BAD_FIELD, "reading failed: %s", strerror(errno));
	lines->to += (size_t)size;
	lines->ended = size == 0;
	return true;
}

bool lines_next(struct lines *lines, struct slice *out, struct err *e)
{
	char *end;
	while ((end = line_end(lines)) == NULL && !lines->ended)
		if (!read_more(lines, e))
			return false;
	if (!end && lines->from == lines->to)
		return false;
	size_t size = end ? (size_t)(end - lines->buffer) - lines->from : lines->to - lines->from;
	*out = (struct slice){.data = (const uint8_t *)lines->buffer + lines->from, .size = size};
	lines->from += size + (end != NULL);
	lines->number++;
	return true;
}

bool lines_would_wait(struct lines *lines)
{
	struct pollfd item = {.fd = lines->fd, .events = POLLIN};
	return !lines->ended && !line_end(lines) && poll(&item, 1, 0) == 0;
}
