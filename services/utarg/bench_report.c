// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What was measured, for people, for programs and as a picture.
#include "services/utarg/bench.h"

#include "common/base/clock.h"
#include "services/utarg/core/bench_chart.h"
#include "services/utarg/output.h"
#include "services/utarg/table.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GOALS_MAX = 64, VALUE_SIZE = 32 };

static const char alone[] = "metrics and campaign stand still (SIGSTOP) while ingest and the yardsticks are "
			    "measured, each after a checkpoint";

static json_t *read_settings(struct bench *b)
{
	struct db_result *rows = NULL;
	json_t *settings = json_object();
	struct err e = {0};
	if (b->db && db_run(b->db, "utarg_bench_settings", NULL, 0, &rows, &e))
		for (int i = 0; i < db_rows(rows); i++)
			json_object_set_new(settings, db_get_text(rows, i, 0),
					    json_string(db_get_text(rows, i, 1)));
	db_result_free(rows);
	return settings;
}

void bench_read_settings(struct bench *b)
{
	b->settings = json_pack("{s:o, s:s, s:i, s:b, s:i, s:I, s:i, s:s}", "postgresql", read_settings(b),
				"services", "defaults, as `utarg up --detach` starts them", "cpus",
				(int)sysconf(_SC_NPROCESSORS_ONLN), "quick", b->quick, "rounds", b->rounds,
				"measurement_ms", (json_int_t)b->run_ms, "event_bytes", b->event_bytes,
				"alone", alone);
}

void bench_print_settings(const struct bench *b)
{
	const char *key;
	json_t *value;
	if (b->cli->json)
		return;
	printf("utarg %s, %ld CPUs, %d round%s of %lld ms a measurement, events of %d bytes, services with "
	       "their defaults;\n%s.\n",
	       UTARG_VERSION, sysconf(_SC_NPROCESSORS_ONLN), b->rounds, b->rounds == 1 ? "" : "s",
	       (long long)b->run_ms, b->event_bytes, alone);
	printf("PostgreSQL:");
	json_object_foreach(json_object_get(b->settings, "postgresql"), key, value)
		printf(" %s=%s", key, json_string_value(value));
	printf("\n\n");
	fflush(stdout);
}

// Three digits that count: "0.612", "18.3", "351,000".
static void format_value(double value, char out[VALUE_SIZE])
{
	double size = fabs(value);
	if (size >= 10000)
		snprintf(out, VALUE_SIZE, "%.0fk", value / 1000);
	else if (size >= 100)
		snprintf(out, VALUE_SIZE, "%.0f", value);
	else if (size >= 10)
		snprintf(out, VALUE_SIZE, "%.1f", value);
	else
		snprintf(out, VALUE_SIZE, "%.3f", value);
}

static void cell_of(const struct bench *b, struct table *table, const char *name, const char *what,
		    double unit)
{
	char full[BENCH_NAME_SIZE], text[VALUE_SIZE] = "";
	double value;
	snprintf(full, sizeof(full), "%s_%s", name, what);
	if (bench_median(&b->notes, full, &value))
		format_value(value / unit, text);
	table_cell(table, text);
}

// Each series that has a rate is a line.
static void print_rates(const struct bench *b)
{
	static const char *const titles[] = {"MEASURED", ">EVENTS/S",    ">P50 MS",      ">P99 MS",
					     ">CPU S/M", ">OF POSTGRES", ">WAL B/EVENT", NULL};
	static const char suffix[] = "_per_second";
	struct table *table = table_create(titles);
	for (size_t i = 0; i < b->notes.count; i++) {
		char name[BENCH_NAME_SIZE];
		const char *full = b->notes.notes[i].name;
		size_t len = strlen(full), cut = sizeof(suffix) - 1;
		if (len <= cut || strcmp(full + len - cut, suffix) != 0 ||
		    strcmp(full, "fold_per_second") == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - cut), full);
		table_cell(table, name);
		cell_of(b, table, name, "per_second", 1);
		cell_of(b, table, name, "p50_us", 1000);
		cell_of(b, table, name, "p99_us", 1000);
		cell_of(b, table, name, "cpu_per_million", 1);
		cell_of(b, table, name, "postgres_cpu_per_million", 1);
		cell_of(b, table, name, "wal_per_event", 1);
	}
	table_print(table, stdout, NULL);
	table_destroy(table);
}

static void print_goals(const struct bench *b)
{
	static const char *const titles[] = {"GOAL", ">MEASURED", ">GOAL", ">BEYOND", "", "WHAT", NULL};
	char text[VALUE_SIZE];
	struct table *table = table_create(titles);
	for (const struct bench_goal *goal = bench_goals; goal->key; goal++) {
		double value;
		bool known = bench_median(&b->notes, goal->key, &value);
		table_cell(table, goal->key);
		if (known)
			format_value(value, text);
		table_cell(table, known ? text : "-");
		format_value(goal->goal, text);
		table_cell(table, text);
		format_value(goal->beyond, text);
		table_cell(table, text);
		table_cell(table, !known ? "" : bench_share(goal, value) >= 1 ? "reached" : "missed");
		table_cell(table, goal->what);
	}
	printf("\n");
	table_print(table, stdout, NULL);
	table_destroy(table);
}

void bench_report_table(const struct bench *b)
{
	print_rates(b);
	print_goals(b);
	printf("\n%llu requests with %llu events, all answered; %llu were told BUSY and came again, %llu "
	       "were "
	       "sent again unanswered.\n",
	       (unsigned long long)b->requests, (unsigned long long)b->answered, (unsigned long long)b->busy,
	       (unsigned long long)b->resent);
}

static json_t *raw_json(const struct bench *b)
{
	json_t *raw = json_object();
	for (size_t i = 0; i < b->notes.count; i++) {
		const struct bench_note *note = &b->notes.notes[i];
		double median = 0;
		json_t *values = json_array();
		for (int v = 0; v < note->value_count; v++)
			json_array_append_new(values, json_real(note->values[v]));
		bench_median(&b->notes, note->name, &median);
		json_object_set_new(raw, note->name,
				    json_pack("{s:f, s:o}", "median", median, "rounds", values));
	}
	return raw;
}

void bench_report_json(const struct bench *b)
{
	char time[OUTPUT_TEXT_SIZE];
	json_t *out =
		json_pack("{s:s, s:s, s:O, s:I, s:I, s:I, s:I, s:I}", "version", UTARG_VERSION, "date",
			  output_time(b->began_ms, time), "settings", b->settings, "requests",
			  (json_int_t)b->requests, "answered", (json_int_t)b->answered, "busy",
			  (json_int_t)b->busy, "resent", (json_int_t)b->resent, "unanswered", (json_int_t)0);
	json_t *goals = json_object();
	for (const struct bench_goal *goal = bench_goals; goal->key; goal++) {
		double value;
		bool known = bench_median(&b->notes, goal->key, &value);
		json_object_set_new(out, goal->key, known ? json_real(value) : json_null());
		json_object_set_new(goals, goal->key,
				    json_pack("{s:s, s:f, s:f, s:b}", "what", goal->what, "goal", goal->goal,
					      "beyond", goal->beyond, "less_is_better",
					      goal->less_is_better));
	}
	json_object_set_new(out, "goals", goals);
	json_object_set_new(out, "raw", raw_json(b));
	output_json(out, false);
}

bool bench_report_svg(const struct bench *b, const char *path, struct err *e)
{
	struct bench_bar bars[GOALS_MAX];
	char values[GOALS_MAX][2 * VALUE_SIZE + 16], time[OUTPUT_TEXT_SIZE],
		subtitle[2 * OUTPUT_TEXT_SIZE + 128], one[VALUE_SIZE], two[VALUE_SIZE];
	size_t count = 0;
	for (const struct bench_goal *goal = bench_goals; goal->key && count < GOALS_MAX; goal++, count++) {
		double value = 0;
		bool known = bench_median(&b->notes, goal->key, &value);
		format_value(value, one);
		format_value(goal->goal, two);
		snprintf(values[count], sizeof(values[count]), "%s (goal %s)", one, two);
		bars[count] = (struct bench_bar){.label = goal->key,
						 .value = values[count],
						 .known = known,
						 .share = known ? bench_share(goal, value) : 0,
						 .beyond = bench_share(goal, goal->beyond)};
	}
	snprintf(subtitle, sizeof(subtitle), "%s, utarg %s, %ld CPUs, %d round%s%s; dotted: the farther goal",
		 output_time(b->began_ms, time), UTARG_VERSION, sysconf(_SC_NPROCESSORS_ONLN), b->rounds,
		 b->rounds == 1 ? "" : "s", b->quick ? ", quick" : "");
	FILE *out = fopen(path, "we");
	if (!out)
		return err_set(e, ERR_FORBIDDEN, "%.200s cannot be written: %s", path, strerror(errno));
	bench_chart(out, "utarg bench: how much of each goal is reached", subtitle, bars, count);
	bool written = !ferror(out);
	written = fclose(out) == 0 && written;
	return written || err_set(e, ERR_STORAGE_LOW, "%.200s could not be written", path);
}
