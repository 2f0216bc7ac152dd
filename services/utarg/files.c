// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files of an instance. When root prepares files for the database's user, nothing here follows a link that
// user could have put there.
#include "services/utarg/files.h"

#include "common/base/text.h"
#include "services/utarg/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_LOG_MAX_BYTES = 16 * 1024 * 1024 };

static bool write_all(int fd, const char *text)
{
	size_t size = strlen(text);
	while (size > 0) {
		ssize_t written = write(fd, text, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text += written;
		size -= (size_t)written;
	}
	return true;
}

bool files_write(const char *path, const char *text, mode_t mode, const struct process_user *user,
		 struct err *e)
{
	char fresh[CLI_PATH_SIZE + 64];
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	unlink(fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write_all(fd, text) && fchmod(fd, mode) == 0;
	if (done && user && user->is_other)
		done = fchown(fd, user->uid, user->gid) == 0;
	done = done && fsync(fd) == 0;
	int reason = errno;
	if (fd >= 0 && close(fd) != 0 && done) {
		reason = errno;
		done = false;
	}
	if (done && rename(fresh, path) != 0) {
		reason = errno;
		done = false;
	}
	return done || err_set(e, reason == ENOSPC ? ERR_STORAGE_LOW : ERR_FORBIDDEN,
			       "%.200s cannot be written: %s", path, strerror(reason));
}

bool files_read_line(const char *path, char *out, size_t out_size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(out, (int)out_size, file) && (strchr(out, '\n') || feof(file));
	if (file)
		fclose(file);
	if (read)
		out[strcspn(out, "\r\n")] = 0;
	return read;
}

void files_last_line(const char *path, const char *mark, char *out, size_t out_size)
{
	char tail[4096];
	out[0] = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(tail) - 1 ? end - (off_t)sizeof(tail) + 1 : 0;
	ssize_t size = pread(fd, tail, sizeof(tail) - 1, from);
	close(fd);
	while (size > 0 && (tail[size - 1] == '\n' || tail[size - 1] == '\r' || tail[size - 1] == ' '))
		size--;
	if (size <= 0)
		return;
	tail[size] = 0;
	char *start = strrchr(tail, '\n');
	start = start ? start + 1 : tail;
	for (char *found = mark ? strstr(tail, mark) : NULL; found; found = strstr(found + 1, mark))
		start = found;
	start[strcspn(start, "\n")] = 0;
	text_copy(out, out_size, start);
}

bool files_own_directory(const char *path, const struct process_user *user, struct err *e)
{
	struct stat found;
	uid_t uid = user && user->is_other ? user->uid : geteuid();
	if (mkdir(path, 0700) == 0) {
		if (user && user->is_other && lchown(path, user->uid, user->gid) != 0)
			return err_set(e, ERR_FORBIDDEN, "%.200s cannot be given to %s: %s", path, user->name,
				       strerror(errno));
		return true;
	}
	if (errno != EEXIST)
		return err_set(e, ERR_FORBIDDEN, "the directory %.200s cannot be made: %s", path,
			       strerror(errno));
	if (lstat(path, &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != uid ||
	    (found.st_mode & 077) != 0)
		return err_set(e, ERR_FORBIDDEN,
			       "%.200s is not a directory of mode 0700 that belongs to the user who needs it",
			       path);
	return true;
}

bool files_remove_tree(const char *path, struct err *e)
{
	char copy[CLI_PATH_SIZE];
	char *const roots[] = {copy, NULL};
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	text_copy(copy, sizeof(copy), path);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	bool done = walk != NULL;
	for (FTSENT *entry = walk ? fts_read(walk) : NULL; entry && done; entry = fts_read(walk)) {
		if (entry->fts_info == FTS_D)
			continue;
		done = entry->fts_info == FTS_DP ? rmdir(entry->fts_accpath) == 0
						 : unlink(entry->fts_accpath) == 0;
	}
	int reason = errno;
	if (walk)
		fts_close(walk);
	return done || err_set(e, ERR_FORBIDDEN, "%.200s cannot be removed: %s", path, strerror(reason));
}

int files_open_log(const char *path, struct err *e)
{
	struct stat found;
	char old[CLI_PATH_SIZE + 8];
	snprintf(old, sizeof(old), "%s.1", path);
	if (stat(path, &found) == 0 && found.st_size > FILES_LOG_MAX_BYTES)
		rename(path, old);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		err_set(e, ERR_FORBIDDEN, "the log %.200s cannot be opened: %s", path, strerror(errno));
	return fd;
}

bool files_pgpass_password(const char *line, char *out, size_t out_size)
{
	int colons = 0;
	size_t used = 0;
	for (; *line && colons < 4; line++) {
		if (*line == '\\' && line[1])
			line++;
		else if (*line == ':')
			colons++;
	}
	for (; *line && used + 1 < out_size; line++) {
		if (*line == '\\' && line[1])
			line++;
		out[used++] = *line;
	}
	out[used] = 0;
	return colons == 4 && used > 0 && !*line;
}

enum { MAP_SIZE_MAX = 1 << 30 };

const char *files_map(const char *path, size_t *size, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	if (fd < 0 || fstat(fd, &info) < 0) {
		err_set(e, ERR_BAD_FIELD, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	const char *text = NULL;
	if (!S_ISREG(info.st_mode) || info.st_size > MAP_SIZE_MAX) {
		err_set(e, ERR_TOO_LARGE, "%s: not a file of at most 1 GiB", path);
	} else if (info.st_size == 0) {
		err_set(e, ERR_BAD_FIELD, "%s: the file is empty", path);
	} else {
		void *map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			err_set(e, ERR_INTERNAL, "%s: %s", path, strerror(errno));
		else
			text = map;
	}
	*size = (size_t)info.st_size;
	close(fd);
	return text;
}

void files_unmap(const char *text, size_t size)
{
	union { // munmap wants what mmap gave
		const char *in;
		void *out;
	} map = {.in = text};
	munmap(map.out, size);
}

bool files_changed_ms(const char *path, int64_t *out, struct err *e)
{
	struct stat info;
	if (stat(path, &info) < 0)
		return err_set(e, ERR_BAD_FIELD, "%s: %s", path, strerror(errno));
	*out = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
	return true;
}
