// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/importing.h"

#include "services/utarg/cli.h"
#include "services/utarg/remote.h"

#include <inttypes.h>
#include <stdio.h>

static void settled(void *context, const struct publisher_result *result)
{
	struct importing *importing = context;
	struct err *refusal = &importing->first_refusal;
	if (result->code != ERR_OK && result->code != ERR_DUPLICATE && refusal->code == ERR_OK)
		err_set(refusal, result->code, "%s refused: %s %s %s", importing->one, err_name(result->code),
			result->field, result->message);
	counts_add(&importing->counts, result->code);
	progress_show(&importing->progress, (int64_t)importing->counts.total);
}

bool importing_begin(struct importing *importing, struct cli *cli, const char *one, int64_t total,
		     struct err *e)
{
	*importing = (struct importing){.one = one};
	struct publisher_options options = {
		.origin = UTARG__V1__ORIGIN__ORIGIN_IMPORT, .on_result = settled, .context = importing};
	importing->publisher = remote_publisher(cli, &options, e);
	if (importing->publisher == NULL)
		return false;
	progress_begin(&importing->progress, "importing", total);
	return true;
}

bool importing_take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct importing *importing = context;
	return publisher_push_message(importing->publisher, publication, 0, e);
}

bool importing_end(struct importing *importing, bool read_well, struct err *e)
{
	bool ok = read_well && publisher_drain(importing->publisher, e);
	progress_end(&importing->progress);
	publisher_destroy(importing->publisher);
	if (!ok || importing->first_refusal.code == ERR_OK)
		return ok;
	*e = importing->first_refusal;
	return false;
}

void importing_print(const struct counts *counts)
{
	uint64_t accepted = counts->by_code[ERR_OK], there = counts->by_code[ERR_DUPLICATE];
	if (accepted == 0)
		printf("nothing changed: all %" PRIu64 " were already there\n", there);
	else
		printf("%" PRIu64 " accepted, %" PRIu64 " already there\n", accepted, there);
}
