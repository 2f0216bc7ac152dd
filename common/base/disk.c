// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See disk.h.
#include "common/base/disk.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

bool disk_look(const char *path, struct disk_space *out, struct err *e)
{
	struct statvfs disk;
	if (statvfs(path, &disk) != 0)
		return err_set(e, ERR_BAD_FIELD, "the free space of %.200s cannot be read: %s", path,
			       strerror(errno));
	uint64_t used = (uint64_t)(disk.f_blocks - disk.f_bfree) * disk.f_frsize;
	out->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	out->size_bytes = used + out->free_bytes;
	return true;
}

static uint64_t share(uint64_t size_bytes, unsigned percent, uint64_t most_bytes)
{
	uint64_t bytes = size_bytes / 100 * percent;
	return bytes < most_bytes ? bytes : most_bytes;
}

static bool is_below(uint64_t free_bytes, uint64_t threshold_bytes, bool was)
{
	return free_bytes < (was ? threshold_bytes + threshold_bytes / 5 : threshold_bytes);
}

enum disk_level disk_level(const struct disk_rule *rule, const struct disk_space *space,
			   enum disk_level before)
{
	uint64_t low = share(space->size_bytes, rule->low_percent, rule->enough_bytes);
	uint64_t warn = share(space->size_bytes, rule->warn_percent, 2 * rule->enough_bytes);
	if (is_below(space->free_bytes, low, before == DISK_LOW))
		return DISK_LOW;
	if (is_below(space->free_bytes, warn, before != DISK_ENOUGH))
		return DISK_WARN;
	return DISK_ENOUGH;
}

unsigned disk_free_percent(const struct disk_space *space)
{
	if (space->size_bytes < 100)
		return 0;
	uint64_t percent = space->free_bytes / (space->size_bytes / 100);
	return percent < 100 ? (unsigned)percent : 100;
}
