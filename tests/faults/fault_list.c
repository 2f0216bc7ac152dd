// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fault-list: prints every failpoint and mutant, tab-separated; fault-list --check FILE reads a control file
// as every service will. See README.md.
#include "common/base/fail_plan.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 64 * 1024 };

static int list(void)
{
	for (size_t i = 0; i < FAIL_POINT_COUNT; i++) {
		const struct fail_point_row *row = &fail_point_rows[i];
		printf("point\t%s\t%s\tcrash,stop,delay%s\t%s\t%s\n", row->name, row->process,
		       row->can_fail ? ",fail" : "", row->before, row->behind);
	}
	for (size_t i = 0; i < FAIL_MUTANT_COUNT; i++) {
		const struct fail_mutant_row *row = &fail_mutant_rows[i];
		printf("mutant\t%s\t%s\t%s\t%s\t%s\n", row->name, row->process, row->wrong, row->checks,
		       row->needs);
	}
	return 0;
}

static int check(const char *path)
{
	static char text[TEXT_SIZE];
	static const char *const processes[] = {"ingest", "metrics", "campaign"};
	struct fail_plan plan;
	struct err e = {0};
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		perror(path);
		return 2;
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < sizeof(processes) / sizeof(processes[0]); i++) {
		if (!fail_plan_parse(text, processes[i], &plan, &e)) {
			fprintf(stderr, "%s: %s\n", path, e.text);
			return 2;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return list();
	if (argc == 3 && strcmp(argv[1], "--check") == 0)
		return check(argv[2]);
	fprintf(stderr, "usage: fault-list [--check FILE]\n");
	return 2;
}
