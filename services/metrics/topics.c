// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See topics.h. Prefixes stand in one sorted array. A topic is looked up once for each length that some
// prefix has: a few binary searches, however many prefixes there are.
#include "services/metrics/topics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct zone_step utc_step[1] = {{.from_s = INT64_MIN, .offset_s = 0}};

static struct zone_date utc_date(int64_t t_ms)
{
	union {
		const struct zone_step *read_only;
		struct zone_step *steps;
	} u = {.read_only = utc_step};
	struct zone utc = {.name = "UTC", .steps = u.steps, .step_count = 1};
	return zone_date(&utc, t_ms);
}

void topic_start(const struct zone *zone, enum window window, int64_t start_ms, char out[TOPIC_START_SIZE])
{
	if (window == WINDOW_MINUTE || window == WINDOW_HOUR) {
		struct zone_date d = utc_date(start_ms);
		int64_t minute = (start_ms / 60000) % 1440;
		minute += minute < 0 ? 1440 : 0;
		snprintf(out, TOPIC_START_SIZE, "%04d%02d%02dT%02d%02dZ", d.year % 10000, d.month % 100,
			 d.day % 100, (int)(minute / 60) % 100, (int)(minute % 60));
		return;
	}
	struct zone_date d = zone_date(zone, start_ms);
	if (window == WINDOW_MONTH)
		snprintf(out, TOPIC_START_SIZE, "%04d-%02d", d.year % 10000, d.month % 100);
	else
		snprintf(out, TOPIC_START_SIZE, "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
}

// "20261123T1300Z" as ms.
static bool parse_instant(const char *text, int64_t *out_ms)
{
	char date_text[11];
	struct zone_date date;
	int64_t hour, minute;
	if (strlen(text) != 14 || text[8] != 'T' || text[13] != 'Z')
		return false;
	snprintf(date_text, sizeof(date_text), "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	char hour_text[3] = {text[9], text[10], '\0'}, minute_text[3] = {text[11], text[12], '\0'};
	if (!zone_date_parse(date_text, &date) || !text_to_int(hour_text, 0, 23, &hour) ||
	    !text_to_int(minute_text, 0, 59, &minute))
		return false;
	*out_ms = (zone_date_days(date) * 1440 + hour * 60 + minute) * 60000;
	return true;
}

bool topic_start_parse(const struct zone *zone, enum window window, const char *text, int64_t *out_ms)
{
	char day[11], again[TOPIC_START_SIZE];
	struct zone_date date;
	int64_t end_ms;
	if (window == WINDOW_MINUTE || window == WINDOW_HOUR) {
		if (!parse_instant(text, out_ms))
			return false;
	} else {
		if (strlen(text) != (window == WINDOW_MONTH ? 7U : 10U))
			return false;
		snprintf(day, sizeof(day), "%.7s%.3s", text, window == WINDOW_MONTH ? "-01" : text + 7);
		if (!zone_date_parse(day, &date))
			return false;
		*out_ms = zone_day_start_ms(zone, date);
	}
	// A Tuesday is no week, and 13:07 no hour.
	zone_window(zone, window, *out_ms, out_ms, &end_ms);
	topic_start(zone, window, *out_ms, again);
	return strcmp(again, text) == 0;
}

bool topic_name(char out[BUS_TOPIC_SIZE], const char *slug, const struct zone *zone,
		const struct figure *figure)
{
	char start[TOPIC_START_SIZE];
	topic_start(zone, figure->window, figure->start_ms, start);
	return bus_topic(out, (const char *const[]){"kpi", slug, figure->kpi->name,
						    fold_dimension_name(figure->dimension), figure->key,
						    window_name(figure->window), start, NULL});
}

bool topic_meets(const char *a, size_t a_size, const char *b, size_t b_size)
{
	return memcmp(a, b, a_size < b_size ? a_size : b_size) == 0;
}

bool topic_prefix_parse(const void *bytes, size_t size, struct topic_prefix *out, struct err *e)
{
	*out = (struct topic_prefix){.size = size};
	if (size >= sizeof(out->text) || (size > 0 && !text_is_utf8(bytes, size)))
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "no topic begins like this");
	if (size > 0)
		memcpy(out->text, bytes, size);
	if (!topic_meets(out->text, size, "kpi/", 4))
		return err_field(e, ERR_BAD_FIELD, "topic_prefix", "topics begin with kpi/");
	const char *at = out->text, *slash;
	while ((slash = strchr(at, '/')) != NULL) {
		if (out->segment_count == TOPIC_SEGMENTS)
			return err_field(e, ERR_BAD_FIELD, "topic_prefix", "a topic has %d parts",
					 (int)TOPIC_SEGMENTS);
		if (!text_percent_decode(at, (size_t)(slash - at), out->segments[out->segment_count++],
					 TOPIC_SEGMENT_SIZE))
			return err_field(e, ERR_BAD_FIELD, "topic_prefix",
					 "part %zu is badly encoded or too long", out->segment_count);
		at = slash + 1;
	}
	return true;
}

void topics_fini(struct topics *topics)
{
	for (size_t i = 0; i < topics->count; i++)
		free(topics->entries[i].text);
	free(topics->entries);
	*topics = (struct topics){0};
}

static int compare(const struct topics_entry *entry, const char *text, size_t size)
{
	int order = memcmp(entry->text, text, entry->size < size ? entry->size : size);
	return order != 0 ? order : (entry->size > size) - (entry->size < size);
}

// The first entry that is not less.
static size_t lower_bound(const struct topics *topics, const char *text, size_t size)
{
	size_t low = 0, high = topics->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&topics->entries[middle], text, size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct topics *topics, size_t i, const char *text, size_t size)
{
	return i < topics->count && compare(&topics->entries[i], text, size) == 0;
}

static bool insert(struct topics *topics, size_t at, const char *text, size_t size)
{
	if (topics->count == TOPICS_PREFIX_MAX)
		return false;
	if (topics->count == topics->capacity) {
		topics->capacity = topics->capacity == 0 ? 16 : topics->capacity * 2;
		topics->entries = realloc(topics->entries, topics->capacity * sizeof(*topics->entries));
		assert(topics->entries != NULL);
	}
	memmove(topics->entries + at + 1, topics->entries + at,
		(topics->count - at) * sizeof(*topics->entries));
	topics->count++;
	topics->lengths[size]++;
	topics->entries[at] = (struct topics_entry){.text = malloc(size + 1), .size = size};
	assert(topics->entries[at].text != NULL);
	memcpy(topics->entries[at].text, text, size);
	topics->entries[at].text[size] = '\0';
	return true;
}

bool topics_subscribe(struct topics *topics, struct slice prefix)
{
	const char *text = prefix.size > 0 ? (const char *)prefix.data : "";
	if (prefix.size >= BUS_TOPIC_SIZE || !topic_meets(text, prefix.size, "kpi/", 4))
		return false;
	size_t at = lower_bound(topics, text, prefix.size);
	if (!is_at(topics, at, text, prefix.size) && !insert(topics, at, text, prefix.size))
		return false;
	struct topics_entry *entry = &topics->entries[at];
	topics->waiting += !entry->wants_snapshot;
	entry->wants_snapshot = true;
	return true;
}

void topics_unsubscribe(struct topics *topics, struct slice prefix)
{
	const char *text = prefix.size > 0 ? (const char *)prefix.data : "";
	if (prefix.size >= BUS_TOPIC_SIZE)
		return;
	size_t at = lower_bound(topics, text, prefix.size);
	if (!is_at(topics, at, text, prefix.size))
		return;
	topics->waiting -= topics->entries[at].wants_snapshot;
	topics->lengths[prefix.size]--;
	free(topics->entries[at].text);
	topics->count--;
	memmove(topics->entries + at, topics->entries + at + 1,
		(topics->count - at) * sizeof(*topics->entries));
}

static bool has_prefix_of(const struct topics *topics, const char *text, size_t size)
{
	for (size_t length = 0; length <= size && length < BUS_TOPIC_SIZE; length++) {
		if (topics->lengths[length] > 0 &&
		    is_at(topics, lower_bound(topics, text, length), text, length))
			return true;
	}
	return false;
}

bool topics_match(const struct topics *topics, const char *topic)
{
	return topics->count > 0 && has_prefix_of(topics, topic, strlen(topic));
}

bool topics_match_below(const struct topics *topics, const char *beginning)
{
	size_t size = strlen(beginning), at;
	if (topics->count == 0)
		return false;
	if (has_prefix_of(topics, beginning, size))
		return true;
	at = lower_bound(topics, beginning, size);
	return at < topics->count && topics->entries[at].size >= size &&
	       memcmp(topics->entries[at].text, beginning, size) == 0;
}
