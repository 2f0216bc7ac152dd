// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The history file:
//   send <monotonic us> <publisher> <request> <event id> <shop> <number>
//   reply <monotonic us> <publisher> <request> <event id> <CODE> <seq> <epoch>
// A reply to a request as a whole has '*' for the id. A request that is sent again keeps its number while it
// has no answer at all.
#include "tests/faults/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_BUFFER_BYTES = 1024 * 1024, ID_TEXT_SIZE = 2 * LOAD_ID_SIZE + 1 };

struct load_history {
	FILE *file;
};

struct load_history *load_history_open(const char *path, struct err *e)
{
	struct load_history *history = calloc(1, sizeof(*history));
	if (!history)
		abort();
	history->file = fopen(path, "a");
	if (!history->file) {
		err_set(e, ERR_INTERNAL, "%s cannot be written: %s", path, strerror(errno));
		free(history);
		return NULL;
	}
	setvbuf(history->file, NULL, _IOFBF, HISTORY_BUFFER_BYTES);
	return history;
}

void load_history_close(struct load_history *history)
{
	if (!history)
		return;
	fclose(history->file);
	free(history);
}

void load_history_send(struct load_history *history, int64_t now_us, int publisher, uint64_t request,
		       const uint8_t id[LOAD_ID_SIZE], const char *shop, uint64_t number)
{
	char text[ID_TEXT_SIZE];
	if (!history)
		return;
	text_hex(id, LOAD_ID_SIZE, text);
	fprintf(history->file, "send %" PRId64 " %d %" PRIu64 " %s %s %" PRIu64 "\n", now_us, publisher,
		request, text, shop, number);
}

void load_history_reply(struct load_history *history, int64_t now_us, int publisher, uint64_t request,
			const uint8_t *id, enum err_code code, uint64_t seq, uint64_t epoch)
{
	char text[ID_TEXT_SIZE] = "*";
	if (!history)
		return;
	if (id)
		text_hex(id, LOAD_ID_SIZE, text);
	fprintf(history->file, "reply %" PRId64 " %d %" PRIu64 " %s %s %" PRIu64 " %" PRIu64 "\n", now_us,
		publisher, request, text, err_name(code), seq, epoch);
}

void load_history_flush(struct load_history *history)
{
	if (history)
		fflush(history->file);
}
