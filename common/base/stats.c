// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Writing a counter in Prometheus' text format. Counting itself is inline in the header; what is counted
// stands in the tables of those who count.
#include "common/base/stats.h"

#include <inttypes.h>

static void print_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == special[0] || *text == special[1])
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

void stats_print_prometheus_head(FILE *out, const char *name, const char *help, enum stats_kind kind)
{
	fprintf(out, "# HELP %s ", name);
	print_escaped(out, help, "\\\\");
	fprintf(out, "\n# TYPE %s %s\n", name, kind == STATS_COUNTER ? "counter" : "gauge");
}

void stats_print_prometheus_value(FILE *out, const char *name, int64_t value, const char *service)
{
	fprintf(out, "%s{service=\"", name);
	print_escaped(out, service, "\\\"");
	fprintf(out, "\"} %" PRId64 "\n", value);
}
