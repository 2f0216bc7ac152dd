// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Watches the file systems of the database's files, where they are on this machine: database-dir and its
// pg_wal, which may be another. What is left when ingest stops taking in is what PostgreSQL, metrics and
// campaign need to go on, and what an operator needs to make room. PostgreSQL's own "no space left" (53100)
// is attempt.c's.
#pragma once

#include "common/base/conf.h"
#include "common/base/disk.h"
#include "common/svc/svc.h"

enum { DISK_LOOK_MS = 1000, DISK_PLACES = 2, DISK_PATH_SIZE = 1024 };

struct disk {
	struct disk_rule rule;
	struct disk_place {
		char path[DISK_PATH_SIZE]; // "": not watched
		enum disk_level level;
		struct disk_space space;
	} places[DISK_PLACES];
	const struct disk_place *worst; // NULL: nothing is watched
	enum disk_level level;          // of the worst
	bool is_blind;                  // the last look failed
};

// Reads the keys and looks once. BAD_FIELD when database-dir names a place that cannot be looked at.
bool disk_open(struct disk *disk, const struct conf *conf, struct err *e);
// Looks again; true when the level has changed. Logs each change once.
bool disk_changed(struct disk *disk);
// "the database's disk has 9 % (812 MiB) free; ..." while the level is LOW.
const char *disk_sentence(const struct disk *disk, char out[ERR_TEXT_SIZE]);
