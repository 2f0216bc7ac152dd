// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What commands that import a file share: its events go through ingest like any shop's, with a progress bar,
// counted by their answers; the first refusal is the command's.
#pragma once

#include "common/publisher/publisher.h"
#include "services/utarg/counts.h"
#include "services/utarg/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct cli;

// Life: importing_begin, importing_take for each event, importing_end. Borrows the words.
struct importing {
	struct publisher *publisher;
	struct counts counts;
	struct progress progress;
	struct err first_refusal;
	const char *one; // "an invoice was", in the sentence of a refusal
};

// total: how many events will come. False: ingest cannot be reached.
bool importing_begin(struct importing *importing, struct cli *cli, const char *one, int64_t total,
		     struct err *e);
// context is the struct importing; of the readers' emit.
bool importing_take(void *context, const Utarg__V1__Publication *publication, struct err *e);
// Waits for all answers when the reading went well, and ends it either way.
bool importing_end(struct importing *importing, bool read_well, struct err *e);
void importing_print(const struct counts *counts); // how many were accepted, how many were there
