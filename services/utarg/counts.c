// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/counts.h"

void counts_add(struct counts *counts, enum err_code code)
{
	counts->total++;
	if (code >= 0 && code < ERR_CODE_COUNT)
		counts->by_code[code]++;
}

void counts_print(const struct counts *counts, FILE *out)
{
	const char *between = ": ";
	fprintf(out, "%llu event%s", (unsigned long long)counts->total, counts->total == 1 ? "" : "s");
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		if (counts->by_code[code] == 0)
			continue;
		fprintf(out, "%s%llu %s", between, (unsigned long long)counts->by_code[code],
			err_name((enum err_code)code));
		between = ", ";
	}
	fputc('\n', out);
}
