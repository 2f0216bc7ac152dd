// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See disk.h.
#include "services/ingest/disk.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "services/ingest/counters.h"

#include <assert.h>
#include <stdio.h>

#define MIB UINT64_C(1048576)

static const char *const level_names[] = {"enough", "warn", "low"};

// A place that cannot be looked at keeps its level.
static bool look_at(struct disk_place *place, const struct disk_rule *rule, struct err *e)
{
	if (place->path[0] == '\0')
		return true;
	if (!disk_look(place->path, &place->space, e))
		return false;
	place->level = disk_level(rule, &place->space, place->level);
	return true;
}

static bool is_worse(const struct disk_place *a, const struct disk_place *b)
{
	if (a->level != b->level)
		return a->level > b->level;
	return disk_free_percent(&a->space) < disk_free_percent(&b->space);
}

static void choose_worst(struct disk *disk)
{
	disk->worst = NULL;
	for (size_t i = 0; i < DISK_PLACES; i++) {
		const struct disk_place *place = &disk->places[i];
		if (place->path[0] != '\0' && (!disk->worst || is_worse(place, disk->worst)))
			disk->worst = place;
	}
	if (!disk->worst)
		return;
	disk->level = disk->worst->level;
	counter_set(COUNT_DISK_FREE_BYTES, (int64_t)disk->worst->space.free_bytes);
	counter_set(COUNT_DISK_SIZE_BYTES, (int64_t)disk->worst->space.size_bytes);
	counter_set(COUNT_DISK_LEVEL, disk->level);
}

static void log_level_of(const struct disk *disk, enum disk_level before)
{
	const struct disk_place *worst = disk->worst;
	const struct log_field fields[] = {
		LOG_STR("level", level_names[disk->level]), LOG_STR("before", level_names[before]),
		LOG_STR("path", worst->path), LOG_UINT("free_mib", worst->space.free_bytes / MIB),
		LOG_UINT("free_percent", disk_free_percent(&worst->space))};

	log_write(disk->level == DISK_LOW    ? LOG_LEVEL_ERROR
		  : disk->level == DISK_WARN ? LOG_LEVEL_WARN
					     : LOG_LEVEL_INFO,
		  "disk", fields, sizeof(fields) / sizeof(fields[0]));
}

bool disk_open(struct disk *disk, const struct conf *conf, struct err *e)
{
	const char *path = conf_text(conf, "database-dir");
	struct disk_place *main = &disk->places[0], *wal = &disk->places[1];

	disk->rule = (struct disk_rule){.warn_percent = (unsigned)conf_int(conf, "disk-warn-percent"),
					.low_percent = (unsigned)conf_int(conf, "disk-low-percent"),
					.enough_bytes = (uint64_t)conf_int(conf, "disk-enough-mib") * MIB};
	if (*path == '\0')
		return true;
	if (!text_copy(main->path, sizeof(main->path) - sizeof("/pg_wal"), path))
		return err_field(e, ERR_BAD_FIELD, "database-dir", "database-dir is too long");
	struct err why = {0};
	if (!look_at(main, &disk->rule, &why))
		return err_field(e, ERR_BAD_FIELD, "database-dir", "database-dir: %s", why.text);
	snprintf(wal->path, sizeof(wal->path), "%.1000s/pg_wal", path);
	if (!look_at(wal, &disk->rule, NULL))
		wal->path[0] = '\0'; // no cluster's directory, or not ours to look into
	choose_worst(disk);
	if (disk->level != DISK_ENOUGH)
		log_level_of(disk, DISK_ENOUGH);
	return true;
}

bool disk_changed(struct disk *disk)
{
	enum disk_level before = disk->level;
	struct err e = {0};
	bool seen = true;

	for (size_t i = 0; i < DISK_PLACES; i++)
		seen &= look_at(&disk->places[i], &disk->rule, &e);
	if (!seen && !disk->is_blind)
		log_warn("disk_not_seen", LOG_STR("text", e.text));
	disk->is_blind = !seen;
	choose_worst(disk);
	if (disk->level == before)
		return false;
	if (disk->level == DISK_LOW)
		counter_add(COUNT_DISK_LOW, 1);
	log_level_of(disk, before);
	return true;
}

const char *disk_sentence(const struct disk *disk, char out[ERR_TEXT_SIZE])
{
	assert(disk->worst);
	snprintf(
		out, ERR_TEXT_SIZE,
		"the database's disk has %u %% (%llu MiB) free; nothing is taken in until there is more room",
		disk_free_percent(&disk->worst->space),
		(unsigned long long)(disk->worst->space.free_bytes / MIB));
	return out;
}
