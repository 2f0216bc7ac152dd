// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/scratch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A file system without nameless files: one whose name goes at once.
static int open_and_unlink(const char *folder)
{
	char name[4096];
	if (snprintf(name, sizeof(name), "%s/utarg-XXXXXX", folder) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int file = mkostemp(name, O_CLOEXEC);
	if (file >= 0)
		unlink(name);
	return file;
}

// Of errno: a folder that cannot be written is the caller's to choose, anything else is not.
static void cannot_open(const char *folder, struct err *e)
{
	bool is_wrong_folder =
		errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM || errno == EROFS;
	err_set(e, ERR_BUSY, "no file for what does not fit into memory can be made in %.200s: %s%s", folder,
		strerror(errno),
		is_wrong_folder ? "; name a folder that can be written with --scratch-dir" : "");
}

int scratch_open(const char *folder, struct err *e)
{
	int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		file = open_and_unlink(folder);
	if (file < 0)
		cannot_open(folder, e);
	return file;
}

bool scratch_write(int file, const void *bytes, size_t size, uint64_t offset, struct err *e)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t done = pwrite(file, at, size, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_set(e, ERR_BUSY, "what does not fit into memory cannot be written: %s",
				       done < 0 ? strerror(errno) : "no room");
		at += done;
		size -= (size_t)done;
		offset += (uint64_t)done;
	}
	return true;
}

bool scratch_read(int file, void *bytes, size_t size, uint64_t offset, struct err *e)
{
	uint8_t *at = bytes;
	while (size > 0) {
		ssize_t done = pread(file, at, size, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_set(e, ERR_BUSY, "what was written aside cannot be read: %s",
				       done < 0 ? strerror(errno) : "it is shorter");
		at += done;
		size -= (size_t)done;
		offset += (uint64_t)done;
	}
	return true;
}

void scratch_stream_init(struct scratch_stream *stream, int file)
{
	*stream = (struct scratch_stream){.file = file, .buffer = malloc(SCRATCH_BUFFER_BYTES)};
	assert(stream->buffer != NULL);
}

void scratch_stream_fini(struct scratch_stream *stream)
{
	free(stream->buffer);
	*stream = (struct scratch_stream){.file = -1};
}

bool scratch_flush(struct scratch_stream *stream, struct err *e)
{
	if (!scratch_write(stream->file, stream->buffer, stream->at, stream->offset, e))
		return false;
	stream->offset += stream->at;
	stream->at = 0;
	return true;
}

bool scratch_put(struct scratch_stream *stream, const void *bytes, size_t size, struct err *e)
{
	const uint8_t *from = bytes;
	while (size > 0) {
		size_t part = SCRATCH_BUFFER_BYTES - stream->at;
		part = size < part ? size : part;
		memcpy(stream->buffer + stream->at, from, part);
		stream->at += part;
		from += part;
		size -= part;
		if (stream->at == SCRATCH_BUFFER_BYTES && !scratch_flush(stream, e))
			return false;
	}
	return true;
}

uint64_t scratch_size(const struct scratch_stream *stream)
{
	return stream->offset + stream->at;
}

void scratch_rewind(struct scratch_stream *stream, int file, uint64_t end)
{
	stream->file = file;
	stream->at = 0;
	stream->filled = 0;
	stream->offset = 0;
	stream->end = end;
}

bool scratch_at_end(const struct scratch_stream *stream)
{
	return stream->at == stream->filled && stream->offset + stream->filled >= stream->end;
}

bool scratch_get(struct scratch_stream *stream, void *bytes, size_t size, struct err *e)
{
	uint8_t *to = bytes;
	while (size > 0) {
		if (stream->at == stream->filled) {
			uint64_t left;
			stream->offset += stream->filled;
			left = stream->end - stream->offset;
			stream->at = 0;
			stream->filled = left < SCRATCH_BUFFER_BYTES ? (size_t)left : SCRATCH_BUFFER_BYTES;
			if (stream->filled == 0)
				return err_set(e, ERR_BUSY, "what was written aside ends too early");
			if (!scratch_read(stream->file, stream->buffer, stream->filled, stream->offset, e))
				return false;
		}
		size_t part = stream->filled - stream->at;
		part = size < part ? size : part;
		memcpy(to, stream->buffer + stream->at, part);
		stream->at += part;
		to += part;
		size -= part;
	}
	return true;
}
