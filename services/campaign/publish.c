// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: sending. Which topic is due is known by topics.c, what its value is by subjects.c, whoever
// comes late is served by late.c.
#include "services/campaign/publish.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/campaign/stats.h"
#include "services/campaign/topics.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

// 200 offers with all their titles, places and prices take some 15 MB at most.
enum { PUBLISH_ARENA_BYTES = 32 * 1024 * 1024 };

// When a doorbell rings again after an append, in case it was lost.
static const int64_t ring_after_ms[] = {500, 1000, 5000};
enum { RINGS = sizeof(ring_after_ms) / sizeof(ring_after_ms[0]) };

struct bell {
	UT_hash_handle hh;
	struct journal_head head; // its shop_id is the key
	int64_t rung_at_ms;
	int stage;
};

struct publisher *publisher_create(struct svc *svc, const struct shops *shops)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (publisher == NULL)
		abort(); // start-up only
	publisher->svc = svc;
	publisher->shops = shops;
	topics_init(&publisher->topics);
	arena_init(&publisher->arena, PUBLISH_ARENA_BYTES);
	return publisher;
}

void publisher_destroy(struct publisher *publisher)
{
	struct bell *bell;
	struct bell *next;

	if (publisher == NULL)
		return;
	HASH_ITER(hh, publisher->bells, bell, next)
	{
		HASH_DEL(publisher->bells, bell);
		free(bell);
	}
	late_forget(publisher, NULL);
	topics_fini(&publisher->topics);
	arena_fini(&publisher->arena);
	free(publisher);
}

void publisher_mark(struct publisher *publisher, const struct fold_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *slug = shops_slug(publisher->shops, changes[i].shop_id);

		if (slug != NULL)
			topics_mark(&publisher->topics, slug, &changes[i]);
	}
}

void publish_send(struct publisher *publisher, const char *topic, const ProtobufCMessage *message)
{
	struct err e = {0};

	if (fail_here(FAIL_CAMPAIGN_UPDATE))
		return;
	if (svc_publish(publisher->svc, topic, message, &e))
		stat_add(STAT_PUBLISHED, 1);
	else
		log_warn("publish_failed", LOG_STR("topic", topic), LOG_STR("reason", e.text));
}

static void ring(struct publisher *publisher, const char *slug, const struct journal_head *head)
{
	char topic[BUS_TOPIC_SIZE];
	Utarg__V1__Doorbell doorbell;
	struct err e = {0};

	if (!bus_topic(topic, (const char *const[]){"head", slug, NULL}) || fail_here(FAIL_CAMPAIGN_BELL))
		return;
	utarg__v1__doorbell__init(&doorbell);
	doorbell.shop = (char *)(uintptr_t)slug;
	doorbell.epoch = (uint64_t)head->epoch;
	doorbell.seq = (uint64_t)head->seq;
	doorbell.chain = (ProtobufCBinaryData){sizeof(head->chain), (uint8_t *)(uintptr_t)head->chain};
	if (!svc_publish(publisher->svc, topic, &doorbell.base, &e))
		log_warn("publish_failed", LOG_STR("topic", topic), LOG_STR("reason", e.text));
}

void publisher_ring(struct publisher *publisher, const char *slug, const struct journal_head *head)
{
	struct bell *bell;

	ring(publisher, slug, head);
	HASH_FIND(hh, publisher->bells, &head->shop_id, sizeof(head->shop_id), bell);
	if (bell == NULL) {
		bell = calloc(1, sizeof(*bell));
		if (bell == NULL)
			abort();
		bell->head = *head;
		HASH_ADD(hh, publisher->bells, head.shop_id, sizeof(head->shop_id), bell);
	}
	bell->head = *head;
	bell->rung_at_ms = clock_monotonic_ms();
	bell->stage = 0;
}

static void ring_again(struct publisher *publisher, int64_t now_ms)
{
	struct bell *bell;
	struct bell *next;

	HASH_ITER(hh, publisher->bells, bell, next)
	{
		const char *slug = shops_slug(publisher->shops, bell->head.shop_id);

		if (bell->rung_at_ms + ring_after_ms[bell->stage] > now_ms)
			continue;
		if (slug != NULL)
			ring(publisher, slug, &bell->head);
		if (++bell->stage < RINGS)
			continue;
		HASH_DEL(publisher->bells, bell);
		free(bell);
	}
}

void publisher_subscription(struct publisher *publisher, struct slice prefix, bool subscribed)
{
	char text[BUS_TOPIC_SIZE];

	// No topic is that long, and none holds a NUL.
	if (prefix.size >= sizeof(text) || memchr(prefix.data, '\0', prefix.size) != NULL)
		return;
	memcpy(text, prefix.data, prefix.size);
	text[prefix.size] = '\0';
	if (subscribed) {
		topics_subscribe(&publisher->topics, text);
		late_begin(publisher, text);
	} else {
		topics_unsubscribe(&publisher->topics, text);
		late_forget(publisher, text);
	}
}

// Topics of one subject and shop that are due together.
struct group {
	enum fold_subject subject;
	int32_t shop_id;
	struct topic *topics[TOPICS_AT_ONCE];
	const char *keys[TOPICS_AT_ONCE];
	bool found[TOPICS_AT_ONCE];
	size_t count;
};

static void collect(const struct publisher *publisher, int64_t now_ms, struct group *group)
{
	struct topic *topic;

	group->count = 0;
	DL_FOREACH(publisher->topics.due, topic)
	{
		if (topic->due_ms > now_ms)
			continue;
		if (group->count == 0) {
			group->subject = topic->subject;
			group->shop_id = topic->shop_id;
		} else if (topic->subject != group->subject || topic->shop_id != group->shop_id) {
			continue;
		}
		group->topics[group->count] = topic;
		group->keys[group->count] = topic->key;
		group->found[group->count] = false;
		if (++group->count == subject_at_once(group->subject))
			return;
	}
}

// The group's topic of that key, with its version as it is sent now; NULL when there is none.
static const struct topic *take_topic(struct group *group, const char *key)
{
	for (size_t i = 0; i < group->count; i++) {
		if (strcmp(group->keys[i], key) != 0)
			continue;
		group->found[i] = true;
		if (group->topics[i]->is_changed)
			group->topics[i]->version++;
		return group->topics[i];
	}
	return NULL;
}

static bool send_group(struct publisher *publisher, struct db *db, int64_t now_ms, struct group *group,
		       struct err *e)
{
	const struct subject_row *row = &subject_rows[group->subject];
	const struct topic_page page = {
		.shop_id = group->shop_id, .keys = group->keys, .count = group->count};
	struct topic_values values;

	arena_reset(&publisher->arena);
	if (!row->read(publisher, db, &page, &values, e))
		return false;
	for (size_t i = 0; i < values.count; i++) {
		const struct topic *topic = take_topic(group, values.items[i].key);
		const struct topic_stamp stamp = {
			.slug = shops_slug(publisher->shops, group->shop_id),
			.as_of_seq = values.as_of_seq,
			.version = topic == NULL ? 0 : topic->version,
		};

		if (topic != NULL)
			row->publish(publisher, topic->name, &stamp, values.items[i].view);
	}
	for (size_t i = 0; i < group->count; i++) {
		// Spend or stock of something that is not there (yet): nothing to say.
		if (group->found[i])
			topics_sent(&publisher->topics, group->topics[i], now_ms);
		else
			topics_idle(&publisher->topics, group->topics[i]);
	}
	return true;
}

bool publish_is_of_value(const struct db *db, const struct err *e)
{
	return db_is_connected(db) && (e->code == ERR_TOO_LARGE || db_fault(db) == DB_FAULT_NONE);
}

void publish_skip(const struct publisher *publisher, int32_t shop_id, const char *key, const struct err *e)
{
	const char *slug = shops_slug(publisher->shops, shop_id);

	log_warn("not_published", LOG_STR("shop", slug != NULL ? slug : ""), LOG_STR("key", key),
		 LOG_STR("reason", e->text));
}

// What cannot be told together may be told one by one; a value that cannot be told at all is left until it
// changes.
static bool send_one_by_one(struct publisher *publisher, struct db *db, int64_t now_ms,
			    const struct group *group, struct err *e)
{
	for (size_t i = 0; i < group->count; i++) {
		struct group one = {.subject = group->subject,
				    .shop_id = group->shop_id,
				    .topics = {group->topics[i]},
				    .keys = {group->keys[i]},
				    .count = 1};

		*e = (struct err){0};
		if (send_group(publisher, db, now_ms, &one, e))
			continue;
		if (!publish_is_of_value(db, e))
			return false;
		publish_skip(publisher, group->shop_id, group->keys[i], e);
		topics_idle(&publisher->topics, group->topics[i]);
	}
	*e = (struct err){0};
	return true;
}

bool publisher_tick(struct publisher *publisher, struct db *db, int64_t monotonic_ms, struct err *e)
{
	struct group group;

	ring_again(publisher, monotonic_ms);
	for (collect(publisher, monotonic_ms, &group); group.count > 0;
	     collect(publisher, monotonic_ms, &group)) {
		fail_point(FAIL_CAMPAIGN_BEFORE_SEND);
		if (!send_group(publisher, db, monotonic_ms, &group, e) &&
		    (!publish_is_of_value(db, e) || !send_one_by_one(publisher, db, monotonic_ms, &group, e)))
			return false;
		fail_point(FAIL_CAMPAIGN_SENT);
	}
	return late_tick(publisher, db, e);
}
