// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading a zone's steps from the C library: its offset is asked day by day from 1970 to 2100, and each
// change is found to the second by halving. The C library takes an unknown zone for UTC without a word, so
// the name and its file are checked first. What is done with the steps is zone.c.
#include "common/base/zone.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"

// Two changes that undo each other within a step would be missed. The nearest two of all zones are a week
// apart (Asia/Gaza); three days cost 8 ms a zone, one day 24.
enum { STEP_S = 3 * 86400 };
#define PROBE_FROM_S INT64_C(0)          // 1970-01-01
#define PROBE_TO_S   INT64_C(4133980800) // 2101-01-01
// A zone with a change a week for all these years would be no zone.
enum { STEPS_MAX = 8192 };

// Other trees of the same folder: leap second counting, duplicates, and the machine's own choice.
static bool is_foreign(const char *name)
{
	return strncmp(name, "right/", 6) == 0 || strncmp(name, "posix/", 6) == 0 ||
	       strcmp(name, "localtime") == 0 || strcmp(name, "posixrules") == 0;
}

static bool name_is_clean(const char *name)
{
	size_t size = strnlen(name, ZONE_NAME_SIZE);
	if (size == 0 || size >= ZONE_NAME_SIZE || name[0] == '/' || name[size - 1] == '/' ||
	    strstr(name, "//"))
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = name[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && c != '_' && c != '+' && c != '-' && c != '/')
			return false;
	}
	return !is_foreign(name);
}

static bool file_is_zone(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	char magic[4];
	bool good = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return good;
}

static int32_t offset_at(int64_t t_s)
{
	time_t t = (time_t)t_s;
	struct tm local;
	return localtime_r(&t, &local) ? (int32_t)local.tm_gmtoff : 0;
}

// The first second in (low, high] whose offset is not that of low; high's is known to differ.
static int64_t find_change(int64_t low, int64_t high)
{
	int32_t before = offset_at(low);
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

// Fills steps (capacity STEPS_MAX) for the zone that TZ names now; returns how many there are.
static size_t probe(struct zone_step *steps)
{
	size_t count = 0;
	int32_t offset = offset_at(PROBE_FROM_S);
	steps[count++] = (struct zone_step){INT64_MIN, offset};
	for (int64_t t = PROBE_FROM_S; t < PROBE_TO_S; t += STEP_S) {
		int64_t low = t;
		while (offset_at(t + STEP_S) != offset && count < STEPS_MAX) {
			low = find_change(low, t + STEP_S);
			offset = offset_at(low);
			steps[count++] = (struct zone_step){low, offset};
		}
	}
	return count;
}

// Runs probe with TZ set to that file and puts TZ back as it was.
static bool probe_file(const char *path, struct zone_step *steps, size_t *count)
{
	const char *old = getenv("TZ");
	char *kept = old ? strdup(old) : NULL;
	if (old && !kept)
		return false;
	char value[sizeof(ZONE_FOLDER) + ZONE_NAME_SIZE + 1];
	snprintf(value, sizeof(value), ":%s", path);
	bool good = setenv("TZ", value, 1) == 0;
	if (good) {
		tzset();
		*count = probe(steps);
		if (kept)
			setenv("TZ", kept, 1);
		else
			unsetenv("TZ");
		tzset();
	}
	free(kept);
	return good;
}

bool zone_load(struct zone *zone, const char *name, struct err *e)
{
	bool is_utc = strcmp(name, "UTC") == 0;
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_SIZE];
	snprintf(path, sizeof(path), ZONE_FOLDER "%s", name);
	if (!is_utc && (!name_is_clean(name) || !file_is_zone(path)))
		return err_field(e, ERR_BAD_FIELD, "time_zone", "%.64s is not a time zone of this machine",
				 name);
	struct zone_step *steps = calloc(STEPS_MAX, sizeof(*steps));
	if (!steps)
		return err_set(e, ERR_INTERNAL, "no memory for time zone %s", name);
	size_t count = 1;
	if (is_utc) {
		steps[0] = (struct zone_step){INT64_MIN, 0};
	} else if (!probe_file(path, steps, &count)) {
		free(steps);
		return err_set(e, ERR_INTERNAL, "no memory for time zone %s", name);
	}
	struct zone_step *fitted = realloc(steps, count * sizeof(*steps));
	*zone = (struct zone){.steps = fitted ? fitted : steps, .step_count = count};
	text_copy(zone->name, sizeof(zone->name), name);
	return true;
}

void zone_fini(struct zone *zone)
{
	free(zone->steps);
	*zone = (struct zone){0};
}
