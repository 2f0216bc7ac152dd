// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See fail_plan.h. A line is copied and cut into its words in place.
#include "common/base/fail_plan.h"

#ifdef UTARG_FAULTS

#include "common/base/text.h"

#include <string.h>

enum { LINE_SIZE = 256, NUMBER_MAX = 1000000000 };

enum kind { STEP, FAIL };

const struct fail_point_row fail_point_rows[FAIL_POINT_COUNT] = {
#define X(name, process, kind, before, behind) {#name, process, kind == FAIL, before, behind},
	FAIL_POINTS(X)
#undef X
};

const struct fail_mutant_row fail_mutant_rows[FAIL_MUTANT_COUNT] = {
#define X(name, process, wrong, checks, needs) {#name, process, wrong, checks, needs},
	FAIL_MUTANTS(X)
#undef X
};

static const struct {
	const char *name;
	enum fail_action action;
} actions[] = {{"crash", FAIL_ACT_CRASH}, {"stop", FAIL_ACT_STOP}, {"fail", FAIL_ACT_FAIL}};

static const struct {
	const char *name;
	size_t offset; // in struct fail_entry
	int64_t min, max;
} modifiers[] = {
	{"after", offsetof(struct fail_entry, after), 0, NUMBER_MAX},
	{"times", offsetof(struct fail_entry, times), 1, NUMBER_MAX},
	{"round", offsetof(struct fail_entry, round), 0, NUMBER_MAX},
	{"chance", offsetof(struct fail_entry, chance), 0, 1000},
	{"seed", offsetof(struct fail_entry, seed), 0, NUMBER_MAX},
};

// The value behind "name=", or NULL when the word is another one.
static const char *value_of(const char *word, const char *name)
{
	size_t size = strlen(name);
	return strncmp(word, name, size) == 0 && word[size] == '=' ? word + size + 1 : NULL;
}

static bool read_action(const char *word, struct fail_entry *entry)
{
	const char *delay = value_of(word, "delay");
	if (delay != NULL) {
		entry->action = FAIL_ACT_DELAY;
		return text_to_int(delay, 0, NUMBER_MAX, &entry->delay_ms);
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(word, actions[i].name) == 0)
			entry->action = actions[i].action;
	}
	return entry->action != FAIL_ACT_NONE;
}

static bool read_modifier(const char *word, struct fail_entry *entry)
{
	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		const char *value = value_of(word, modifiers[i].name);
		int64_t *place = (int64_t *)(void *)((char *)entry + modifiers[i].offset);
		if (value != NULL)
			return text_to_int(value, modifiers[i].min, modifiers[i].max, place);
	}
	return false;
}

// One line as it is read: its words, whom it is for and what it has filled in.
struct line {
	int number;
	char *rest;
	const char *process;
	bool is_other; // for another process
};

static const char *next_word(struct line *line)
{
	char *word = line->rest + strspn(line->rest, " \t\r");
	size_t size = strcspn(word, " \t\r");
	if (size == 0)
		return NULL;
	line->rest = word[size] != '\0' ? word + size + 1 : word + size;
	word[size] = '\0';
	return word;
}

static bool fail_line(const struct line *line, const char *what, const char *word, struct err *e)
{
	return err_set(e, ERR_BAD_FIELD, "line %d: %s: %s", line->number, what, word != NULL ? word : "");
}

static bool read_modifiers(struct line *line, struct fail_entry *entry, struct err *e)
{
	const char *word;
	while ((word = next_word(line)) != NULL) {
		const char *process = value_of(word, "process");
		if (process != NULL)
			line->is_other = strcmp(process, line->process) != 0;
		else if (entry == NULL || !read_modifier(word, entry))
			return fail_line(line, "not a modifier, or out of range", word, e);
	}
	return true;
}

static bool read_mutant(struct line *line, size_t mutant, struct fail_plan *out, struct err *e)
{
	const char *word = next_word(line);
	if (word == NULL || strcmp(word, "mutant") != 0)
		return fail_line(line, "a mutant can only be switched on by \"mutant\"", word, e);
	if (!read_modifiers(line, NULL, e))
		return false;
	out->mutants[mutant] |= !line->is_other;
	return true;
}

static bool read_point(struct line *line, size_t point, struct fail_plan *out, struct err *e)
{
	struct fail_entry entry = {.chance = 1000};
	const char *word = next_word(line);
	if (word == NULL || !read_action(word, &entry))
		return fail_line(line, "not an action", word, e);
	if (entry.action == FAIL_ACT_FAIL && !fail_point_rows[point].can_fail)
		return fail_line(line, "no step that can fail", fail_point_rows[point].name, e);
	if (!read_modifiers(line, &entry, e))
		return false;
	if (line->is_other)
		return true;
	if (out->points[point].action != FAIL_ACT_NONE)
		return fail_line(line, "armed twice", fail_point_rows[point].name, e);
	out->points[point] = entry;
	return true;
}

static bool read_clock(struct line *line, struct fail_plan *out, struct err *e)
{
	const char *word = next_word(line), *shift = word != NULL ? value_of(word, "shift") : NULL;
	int64_t shift_ms;
	if (shift == NULL || !text_to_int(shift, -NUMBER_MAX, NUMBER_MAX, &shift_ms))
		return fail_line(line, "a clock can only be shifted", word, e);
	if (!read_modifiers(line, NULL, e))
		return false;
	if (!line->is_other)
		out->clock_shift_ms = shift_ms;
	return true;
}

static bool read_line(struct line *line, struct fail_plan *out, struct err *e)
{
	const char *name = next_word(line);
	if (name == NULL)
		return true;
	if (strcmp(name, "CLOCK") == 0)
		return read_clock(line, out, e);
	for (size_t i = 0; i < FAIL_POINT_COUNT; i++) {
		if (strcmp(name, fail_point_rows[i].name) == 0)
			return read_point(line, i, out, e);
	}
	for (size_t i = 0; i < FAIL_MUTANT_COUNT; i++) {
		if (strcmp(name, fail_mutant_rows[i].name) == 0)
			return read_mutant(line, i, out, e);
	}
	return fail_line(line, "neither a failpoint nor a mutant", name, e);
}

bool fail_plan_parse(const char *text, const char *process, struct fail_plan *out, struct err *e)
{
	struct fail_plan plan = {0};
	*out = plan;
	for (int number = 1; *text != '\0'; number++) {
		char words[LINE_SIZE];
		size_t size = strcspn(text, "\n"), used = strcspn(text, "#\n");
		struct line line = {.number = number, .rest = words, .process = process};
		if (used >= sizeof(words))
			return fail_line(&line, "too long", NULL, e);
		memcpy(words, text, used);
		words[used] = '\0';
		if (!read_line(&line, &plan, e))
			return false;
		text += size + (text[size] == '\n');
	}
	*out = plan;
	return true;
}

// splitmix64: the same passes for the same seed, whatever happens around them.
static uint64_t mix(uint64_t seed, uint64_t pass)
{
	uint64_t z = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + pass * UINT64_C(0xd1b54a32d192ed03);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

bool fail_entry_fires(const struct fail_entry *entry, int64_t pass)
{
	if (entry->action == FAIL_ACT_NONE || pass <= entry->after)
		return false;
	return mix((uint64_t)entry->seed, (uint64_t)pass) % 1000 < (uint64_t)entry->chance;
}

#endif
