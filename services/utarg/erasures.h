// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The record of erasures, a file of JSON lines beside the database: what it takes to erase the same people
// again when an older backup is put back, and no more. A line holds the shop, the erasure's id (that of its
// subject_erasure event), its time, and traces: keyed hashes of the names that went
// (common/base/pseudonym.h). Nobody can be read out of it; whoever has the key and a name can find out that
// it was erased.
#pragma once

#include "common/base/pseudonym.h"
#include "common/base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct erasure {
	char shop[64];
	uint8_t id[UUID_SIZE];
	int64_t at_ms;
	char (*traces[2])[PSEUDONYM_TRACE_SIZE]; // by enum pseudonym_kind
	size_t trace_count[2];
};

// Adds a line and waits until it is on disk. The file is made with mode 0600.
bool erasures_add(const char *path, const struct erasure *erasure, struct err *e);
// Reads all of it; *out is malloc'ed, freed with erasures_free. No file: none.
bool erasures_read(const char *path, struct erasure **out, size_t *count, struct err *e);
void erasures_free(struct erasure *erasures, size_t count);
