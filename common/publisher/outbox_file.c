// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Names, whole reads, appends that leave nothing behind when they fail, and the syncs that make a new name
// durable. What the bytes mean is record.c's.
#include "common/publisher/outbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 30 };

void outbox_name(uint64_t first, const char *suffix, char out[OUTBOX_NAME_SIZE])
{
	snprintf(out, OUTBOX_NAME_SIZE, "%016" PRIx64 "%s", first, suffix);
}

bool outbox_number_of(const char *name, const char *suffix, uint64_t *first)
{
	uint8_t bytes[8];
	char digits[17];
	if (strlen(name) != 16 + strlen(suffix) || strcmp(name + 16, suffix) != 0)
		return false;
	memcpy(digits, name, 16);
	digits[16] = 0;
	if (!text_unhex(digits, bytes, sizeof(bytes)))
		return false;
	*first = record_number(bytes, sizeof(bytes));
	return true;
}

bool outbox_failed(const struct outbox *outbox, const char *what, struct err *e)
{
	const int reason = errno;
	const bool is_full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
	return err_set(e, is_full ? ERR_STORAGE_LOW : ERR_INTERNAL, "the outbox %.180s: %s: %s", outbox->path,
		       what, strerror(reason));
}

static bool read_whole(int fd, uint8_t *out, size_t size)
{
	size_t used = 0;
	while (used < size) {
		const ssize_t taken = pread(fd, out + used, size - used, (off_t)used);
		if (taken < 0 && errno == EINTR)
			continue;
		if (taken <= 0) // shorter than it said: another process truncates it, or the disk fails
			return false;
		used += (size_t)taken;
	}
	return true;
}

uint8_t *outbox_read_file(const struct outbox *outbox, const char *name, size_t *size, struct err *e)
{
	struct stat found;
	*size = 0;
	const int fd = openat(outbox->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	uint8_t *bytes = NULL;
	if (fd < 0 || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_size > FILE_MAX_BYTES) {
		outbox_failed(outbox, "a file cannot be read", e);
	} else if (!(bytes = malloc((size_t)found.st_size + 1))) {
		err_set(e, ERR_INTERNAL, "no memory for a file of the outbox");
	} else if (!read_whole(fd, bytes, (size_t)found.st_size)) {
		outbox_failed(outbox, "a file cannot be read", e);
		free(bytes);
		bytes = NULL;
	} else {
		*size = (size_t)found.st_size;
	}
	if (fd >= 0)
		close(fd);
	return bytes;
}

bool outbox_write_at(const struct outbox *outbox, int fd, size_t size, const void *bytes, size_t count,
		     struct err *e)
{
	const uint8_t *rest = bytes;
	size_t written = 0;
	while (written < count) {
		const ssize_t taken = pwrite(fd, rest + written, count - written, (off_t)(size + written));
		if (taken < 0 && errno == EINTR)
			continue;
		if (taken <= 0) {
			outbox_failed(outbox, "writing", e);
			// If this fails too, the half record has no checksum and is cut off when it is
			// opened.
			const int cut = ftruncate(fd, (off_t)size);
			(void)cut;
			return false;
		}
		written += (size_t)taken;
	}
	return true;
}

bool outbox_sync_directory(const struct outbox *outbox, struct err *e)
{
	return fsync(outbox->directory) == 0 || outbox_failed(outbox, "syncing the directory", e);
}

int outbox_create_file(const struct outbox *outbox, const char *name, uint8_t key[RECORD_KEY_SIZE],
		       struct err *e)
{
	uint8_t head[RECORD_FILE_HEAD_SIZE];
	randombytes_buf(key, RECORD_KEY_SIZE);
	record_file_head(key, head);
	const int fd = openat(outbox->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		outbox_failed(outbox, "a new file", e);
		return -1;
	}
	if (outbox_write_at(outbox, fd, 0, head, sizeof(head), e) &&
	    (fdatasync(fd) == 0 || outbox_failed(outbox, "syncing a new file", e)) &&
	    outbox_sync_directory(outbox, e))
		return fd;
	close(fd);
	unlinkat(outbox->directory, name, 0);
	return -1;
}
