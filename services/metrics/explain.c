// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See explain.h. One row of kpi_rows is turned into lines of (title, text); three printers write those.
#include "services/metrics/explain.h"

#include "common/base/zone.h"
#include "services/metrics/core/note.h"

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_OK = 0, EXIT_WRONG = 2, TEXT_SIZE = 2048, NOTES_MAX = 8 };

enum style { STYLE_TEXT, STYLE_MARKDOWN, STYLE_JSON };

// One figure in words.
struct explanation {
	const struct kpi_row *row;
	const char *unit;
	char numerator[TEXT_SIZE], denominator[TEXT_SIZE];
	char dimensions[TEXT_SIZE], windows[TEXT_SIZE];
	const char *notes[NOTES_MAX];
	size_t note_count;
};

// The name that several figures share, or its own.
static const char *family_of(const struct kpi_row *row)
{
	return row->family != NULL ? row->family : row->name;
}

static bool is_named(const struct kpi_row *row, const char *name)
{
	return strcmp(row->name, name) == 0 || strcmp(family_of(row), name) == 0;
}

static void append(char out[TEXT_SIZE], const char *text)
{
	size_t used = strlen(out);
	snprintf(out + used, TEXT_SIZE - used, "%s", text);
}

static const char *unit_text(enum kpi_unit unit)
{
	switch (unit) {
	case KPI_COUNT:
		return "count";
	case KPI_RATIO:
		return "ratio, six decimals";
	case KPI_MEAN:
		return "mean, six decimals";
	case KPI_SECONDS:
		return "seconds, three decimals (the numerator is in milliseconds)";
	case KPI_MONEY:
		return "money of the shop's currency (the numerator is in minor units)";
	case KPI_MINUTES:
		return "minutes, three decimals (the numerator is in milliseconds)";
	case KPI_HOURS:
		return "hours, three decimals (the numerator is in milliseconds)";
	case KPI_MILLISECONDS:
		return "milliseconds";
	case KPI_MILLIONTHS:
		return "count, six decimals (the numerator is in millionths)";
	}
	return "?";
}

static const char *reach_text(uint8_t reach)
{
	static const char *const texts[KPI_REACH_COUNT] = {
		[KPI_WINDOW] = "",
		[KPI_TO_END] = "; of all time before the window's end",
		[KPI_28_DAYS] = "; of the 28 local days before the window's end",
	};
	assert(reach < KPI_REACH_COUNT && texts[reach] != NULL);
	return texts[reach];
}

static void append_times(char out[TEXT_SIZE], int32_t sign)
{
	char times[32];
	snprintf(times, sizeof(times), "%d x ", (int)(sign < 0 ? -sign : sign));
	if (sign != 1 && sign != -1)
		append(out, times);
}

static void terms_text(const struct kpi_term *terms, char out[TEXT_SIZE])
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		if (i > 0 || terms[i].sign < 0)
			append(out, terms[i].sign < 0 ? " minus " : " plus ");
		append_times(out, terms[i].sign);
		append(out, "(");
		append(out, measure_rows[terms[i].measure].text);
		append(out, reach_text(terms[i].reach));
		append(out, ")");
	}
}

static void names_text(const struct kpi_row *row, struct explanation *out)
{
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++) {
		if ((row->dimensions & (1U << d)) == 0)
			continue;
		append(out->dimensions, *out->dimensions ? ", " : "");
		append(out->dimensions, fold_dimension_name(d));
	}
	for (enum window w = WINDOW_MINUTE; w <= WINDOW_MONTH; w++) {
		if ((row->windows & (1U << w)) == 0)
			continue;
		append(out->windows, *out->windows ? ", " : "");
		append(out->windows, window_name(w));
	}
}

static void add_note(struct explanation *out, const char *text)
{
	assert(out->note_count < NOTES_MAX);
	out->notes[out->note_count++] = text;
}

static bool has_distinct(const struct kpi_term *terms)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		if (measure_rows[terms[i].measure].kind == MEASURE_DISTINCT)
			return true;
	return false;
}

static void notes_of(const struct kpi_row *row, struct explanation *out)
{
	for (const struct kpi_note *note = kpi_notes; note->name != NULL; note++)
		if (is_named(row, note->name))
			add_note(out, note->text);
	if (has_distinct(row->numerator) || has_distinct(row->denominator))
		add_note(out, "Distinct counts do not add up over windows or the values of a dimension.");
	if (row->form == KPI_PERCENTILE)
		add_note(out, "Nearest rank. Times stand on a fixed scale whose steps are a sixteenth: the "
			      "lower bound of the "
			      "step is told.");
	if (row->clock)
		add_note(out, "Depends on the clock: true at the whole minute that comes with it.");
	if (row->denominator[0].measure != 0)
		add_note(out, "Without anything to divide by there is no value.");
}

static void explain(const struct kpi_row *row, struct explanation *out)
{
	*out = (struct explanation){.row = row, .unit = unit_text(row->unit)};
	if (row->form == KPI_PERCENTILE)
		snprintf(out->numerator, TEXT_SIZE, "the value at %u %% of ", (unsigned)row->percent);
	terms_text(row->numerator, out->numerator);
	terms_text(row->denominator, out->denominator);
	names_text(row, out);
	notes_of(row, out);
}

// ---- printing ----

static void print_text(const struct explanation *x)
{
	printf("%s (%s, definition %u)\n  %s\n  %s\n", x->row->name, x->row->group, (unsigned)x->row->version,
	       x->row->english, x->row->polish);
	printf("  unit:        %s\n  numerator:   %s\n", x->unit, x->numerator);
	if (x->denominator[0] != '\0')
		printf("  denominator: %s\n", x->denominator);
	printf("  dimensions:  %s\n  windows:     %s\n", x->dimensions, x->windows);
	for (size_t i = 0; i < x->note_count; i++)
		printf("  note:        %s\n", x->notes[i]);
}

static void print_markdown(const struct explanation *x)
{
	printf("\n### %s\n\n%s *%s*\n\n", x->row->name, x->row->english, x->row->polish);
	printf("- definition %u; unit: %s\n- numerator: %s\n", (unsigned)x->row->version, x->unit,
	       x->numerator);
	if (x->denominator[0] != '\0')
		printf("- denominator: %s\n", x->denominator);
	printf("- by %s; for each %s\n", x->dimensions, x->windows);
	for (size_t i = 0; i < x->note_count; i++)
		printf("- %s\n", x->notes[i]);
}

static json_t *words(const char *text)
{
	json_t *list = json_array();
	while (*text != '\0') {
		size_t size = strcspn(text, ",");
		json_array_append_new(list, json_stringn(text, size));
		text += size;
		text += strspn(text, ", ");
	}
	return list;
}

static json_t *to_json(const struct explanation *x)
{
	json_t *notes = json_array();
	for (size_t i = 0; i < x->note_count; i++)
		json_array_append_new(notes, json_string(x->notes[i]));
	json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:b, s:s, s:s, s:o}", "kpi",
				 x->row->name, "family", family_of(x->row), "group", x->row->group,
				 "definition_version", (int)x->row->version, "unit", x->unit, "numerator",
				 x->numerator, "denominator", x->denominator, "dimensions",
				 words(x->dimensions), "windows", words(x->windows), "clock", x->row->clock,
				 "english", x->row->english, "polish", x->row->polish, "notes", notes);
	assert(json != NULL);
	return json;
}

// ---- choosing ----

struct asked {
	enum style style;
	char **names;
	int count;
};

static bool is_asked(const struct asked *asked, const struct kpi_row *row)
{
	for (int i = 0; i < asked->count; i++)
		if (is_named(row, asked->names[i]))
			return true;
	return asked->count == 0;
}

static bool is_known(const char *name)
{
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++)
		if (is_named(row, name))
			return true;
	return false;
}

static bool check_names(const struct asked *asked)
{
	for (int i = 0; i < asked->count; i++) {
		if (is_known(asked->names[i]))
			continue;
		fprintf(stderr, "utarg: there is no key figure \"%.80s\"; `utarg kpi --explain` lists them\n",
			asked->names[i]);
		return false;
	}
	return true;
}

static void print_names(void)
{
	const char *group = "";
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++) {
		if (strcmp(group, row->group) != 0)
			printf("%s%s\n", *group ? "\n" : "", row->group);
		group = row->group;
		printf("  %-28s %s\n", row->name, row->english);
	}
}

static void print_heading(void)
{
	fputs("# Key figures\n\n"
	      "Written by `utarg kpi --explain --markdown` from the rows that the figures are computed by; a "
	      "test "
	      "compares.\n"
	      "`utarg kpi --explain NAME` shows one of them. What of an event stands where, and what was "
	      "chosen "
	      "where a\n"
	      "definition leaves room, is told in [ARCHITECTURE](ARCHITECTURE.md).\n",
	      stdout);
}

static void print_asked(const struct asked *asked)
{
	struct explanation x;
	const char *group = "";
	json_t *list = json_array();
	if (asked->style == STYLE_MARKDOWN)
		print_heading();
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++) {
		if (!is_asked(asked, row))
			continue;
		explain(row, &x);
		if (asked->style == STYLE_MARKDOWN && strcmp(group, row->group) != 0)
			printf("\n## %c%s\n", row->group[0] - 'a' + 'A', row->group + 1);
		group = row->group;
		if (asked->style == STYLE_MARKDOWN)
			print_markdown(&x);
		else if (asked->style == STYLE_JSON)
			json_array_append_new(list, to_json(&x));
		else
			print_text(&x);
	}
	if (asked->style == STYLE_JSON) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
}

int explain_main(int argc, char **argv)
{
	struct asked asked = {.names = argv};
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--markdown") == 0)
			asked.style = STYLE_MARKDOWN;
		else if (strcmp(argv[i], "--json") == 0)
			asked.style = STYLE_JSON;
		else
			asked.names[asked.count++] = argv[i];
	}
	if (!check_names(&asked))
		return EXIT_WRONG;
	if (asked.count == 0 && asked.style == STYLE_TEXT)
		print_names();
	else
		print_asked(&asked);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_WRONG;
}
