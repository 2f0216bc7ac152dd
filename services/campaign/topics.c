// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: which topics are followed, when they are due, and their versions. Reading and sending values
// is publish.c's.
#include "services/campaign/topics.h"

#include "common/base/clock.h"
#include "services/campaign/stats.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
	TOPICS_MAX = 100000,  // entries of some 300 bytes: 30 MB
	PREFIXES_MAX = 10000, // each is compared with each changed topic
};

// After the last change: at once, after 1 s, after 5 s.
static const int64_t send_after_ms[] = {0, 1000, 5000};
enum { STAGES = sizeof(send_after_ms) / sizeof(send_after_ms[0]) };

void topics_init(struct topics *topics)
{
	*topics = (struct topics){0};
}

void topics_fini(struct topics *topics)
{
	struct topic *topic;
	struct topic *next;

	HASH_ITER(hh, topics->by_name, topic, next)
	{
		HASH_DEL(topics->by_name, topic);
		free(topic);
	}
	for (size_t i = 0; i < topics->prefix_count; i++)
		free(topics->prefixes[i]);
	free(topics->prefixes);
}

bool topics_name(enum fold_subject subject, const char *slug, const char *key, char out[BUS_TOPIC_SIZE])
{
	return bus_topic(out, (const char *const[]){subject_rows[subject].word, slug, key, NULL});
}

bool topics_is_subscribed(const struct topics *topics, const char *name)
{
	for (size_t i = 0; i < topics->prefix_count; i++) {
		if (strncmp(name, topics->prefixes[i], strlen(topics->prefixes[i])) == 0)
			return true;
	}
	return false;
}

static size_t find_prefix(const struct topics *topics, const char *prefix)
{
	size_t i = 0;

	while (i < topics->prefix_count && strcmp(topics->prefixes[i], prefix) != 0)
		i++;
	return i;
}

void topics_subscribe(struct topics *topics, const char *prefix)
{
	char *copy;

	if (topics->prefix_count == PREFIXES_MAX || find_prefix(topics, prefix) < topics->prefix_count)
		return;
	if (topics->prefix_count == topics->prefix_capacity) {
		size_t capacity = topics->prefix_capacity == 0 ? 16 : 2 * topics->prefix_capacity;
		char **grown = realloc(topics->prefixes, capacity * sizeof(*grown));

		if (grown == NULL)
			abort();
		topics->prefixes = grown;
		topics->prefix_capacity = capacity;
	}
	copy = strdup(prefix);
	if (copy == NULL)
		abort();
	topics->prefixes[topics->prefix_count++] = copy;
}

void topics_unsubscribe(struct topics *topics, const char *prefix)
{
	size_t i = find_prefix(topics, prefix);

	if (i == topics->prefix_count)
		return;
	free(topics->prefixes[i]);
	topics->prefixes[i] = topics->prefixes[--topics->prefix_count];
}

static struct topic *find_topic(const struct topics *topics, const char *name)
{
	struct topic *topic;

	HASH_FIND_STR(topics->by_name, name, topic);
	return topic;
}

uint64_t topics_version(const struct topics *topics, const char *name)
{
	const struct topic *topic = find_topic(topics, name);

	return topic == NULL ? topics->base : topic->version;
}

// Makes room: idle topics lose their entry, and the base keeps their versions from being given again.
static void drop_idle(struct topics *topics)
{
	struct topic *topic;
	struct topic *next;

	HASH_ITER(hh, topics->by_name, topic, next)
	{
		if (topic->due_ms != INT64_MAX)
			continue;
		if (topic->version > topics->base)
			topics->base = topic->version;
		HASH_DEL(topics->by_name, topic);
		free(topic);
	}
}

static struct topic *add_topic(struct topics *topics, const char *name, const struct fold_change *change)
{
	size_t size = strlen(name) + 1;
	struct topic *topic;

	if (HASH_COUNT(topics->by_name) >= TOPICS_MAX)
		drop_idle(topics);
	topic = calloc(1, sizeof(*topic) + size);
	if (topic == NULL)
		abort();
	memcpy(topic->name, name, size);
	topic->subject = change->subject;
	topic->shop_id = change->shop_id;
	text_copy(topic->key, sizeof(topic->key), change->key);
	topic->version = topics->base;
	topic->due_ms = INT64_MAX;
	HASH_ADD_STR(topics->by_name, name, topic);
	stats_set(&campaign_stats[STAT_TOPICS], (int64_t)HASH_COUNT(topics->by_name));
	return topic;
}

void topics_mark(struct topics *topics, const char *slug, const struct fold_change *change)
{
	char name[BUS_TOPIC_SIZE];
	struct topic *topic;

	if (!topics_name(change->subject, slug, change->key, name))
		return;
	topic = find_topic(topics, name);
	if (topic == NULL) {
		if (!topics_is_subscribed(topics, name))
			return;
		topic = add_topic(topics, name, change);
	}
	if (topic->due_ms == INT64_MAX)
		DL_APPEND(topics->due, topic);
	topic->changed_at_ms = clock_monotonic_ms();
	topic->due_ms = topic->changed_at_ms;
	topic->is_changed = true;
	topic->stage = 0;
}

void topics_idle(struct topics *topics, struct topic *topic)
{
	if (topic->due_ms != INT64_MAX)
		DL_DELETE(topics->due, topic);
	topic->due_ms = INT64_MAX;
}

void topics_sent(struct topics *topics, struct topic *topic, int64_t now_ms)
{
	topic->is_changed = false;
	while (topic->stage < STAGES && topic->changed_at_ms + send_after_ms[topic->stage] <= now_ms)
		topic->stage++;
	if (topic->stage >= STAGES)
		topics_idle(topics, topic);
	else
		topic->due_ms = topic->changed_at_ms + send_after_ms[topic->stage];
}
