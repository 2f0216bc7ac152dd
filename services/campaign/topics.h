// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What publish.c and late.c share: topics with their versions, who subscribes to what, and the table of
// subjects. Included by these two, topics.c, and the files that publish one subject (publish_*.c) only.
#pragma once

#include "common/base/arena.h"
#include "common/base/map.h"
#include "common/bus/bus.h"
#include "services/campaign/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A topic that changed while somebody subscribed to it.
struct topic {
	UT_hash_handle hh;
	struct topic *prev, *next; // among those with something due
	enum fold_subject subject;
	int32_t shop_id;
	bool is_changed;       // since it was last sent
	int stage;             // how often the last change was sent
	int64_t changed_at_ms; // monotonic
	int64_t due_ms;        // monotonic; INT64_MAX: idle
	uint64_t version;
	char key[FOLD_KEY_SIZE];
	char name[];
};

struct topics {
	struct topic *by_name;
	struct topic *due; // list
	uint64_t base;     // version of topics without an entry: none ever sent a greater one
	char **prefixes;   // subscribed
	size_t prefix_count, prefix_capacity;
};

void topics_init(struct topics *topics);
void topics_fini(struct topics *topics);
bool topics_is_subscribed(const struct topics *topics, const char *name);
void topics_subscribe(struct topics *topics, const char *prefix);
void topics_unsubscribe(struct topics *topics, const char *prefix);
// A change of a subscribed topic; others are passed over.
void topics_mark(struct topics *topics, const char *slug, const struct fold_change *change);
void topics_sent(struct topics *topics, struct topic *topic, int64_t now_ms);
void topics_idle(struct topics *topics, struct topic *topic);
uint64_t topics_version(const struct topics *topics, const char *name);
// "offer/<shop>/<key>/"; false when it does not fit. key NULL: the part in front of it.
bool topics_name(enum fold_subject subject, const char *slug, const char *key, char out[BUS_TOPIC_SIZE]);

// A subscription being served with last values, some rows a tick.
struct late_job {
	struct late_job *prev, *next;
	enum fold_subject subject;
	int32_t shop_id; // being read; 0: not begun
	char after[FOLD_KEY_SIZE];
	char prefix[BUS_TOPIC_SIZE];
	size_t alone; // so many more are read one by one: together they were too large
};

struct publisher {
	struct svc *svc;
	const struct shops *shops;
	struct topics topics;
	struct bell *bells;
	struct late_job *jobs;
	size_t job_count;
	struct arena arena;
};

// What is asked of the tables: these keys, or the next ones behind `after`, at most limit.
struct topic_page {
	int32_t shop_id;
	const char *const *keys; // NULL: a page
	size_t count;
	const char *after;
	int32_t limit;
};

// Values as they are now, by key; in the publisher's arena.
struct topic_value {
	const char *key;
	void *view;
};
struct topic_values {
	struct topic_value *items;
	size_t count;
	int64_t as_of_seq;
	const char *failed; // the key of the first one, when reading failed and it is known; NULL: it is not
};

// How a value goes out: of which shop, true at what, which version of its topic.
struct topic_stamp {
	const char *slug;
	int64_t as_of_seq;
	uint64_t version;
};

// A subject: what its topics are called, and how their values are read and sent. Adding one is a row here
// and a constant of enum fold_subject.
struct subject_row {
	const char *word; // the topic's first segment
	bool (*read)(struct publisher *publisher, struct db *db, const struct topic_page *page,
		     struct topic_values *out, struct err *e);
	void (*publish)(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
			void *view);
	size_t at_once; // values that fit the publisher's arena together; 0: TOPICS_AT_ONCE
};
enum { TOPICS_AT_ONCE = 200 };
extern const struct subject_row subject_rows[FOLD_SUBJECT_COUNT]; // subjects.c

// subjects.c: how many values of a subject are read with one query.
size_t subject_at_once(enum fold_subject subject);
// Room for that many values; false when the arena is used up.
bool topic_values_init(struct publisher *publisher, size_t count, struct topic_values *out, struct err *e);
// publish_directive.c
bool publish_directives_read(struct publisher *publisher, struct db *db, const struct topic_page *page,
			     struct topic_values *out, struct err *e);
void publish_directives_send(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
			     void *view);
// publish_message.c: for its row.
bool publish_message_read(struct publisher *publisher, struct db *db, const struct topic_page *page,
			  struct topic_values *out, struct err *e);
void publish_message(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
		     void *view);
// publish.c
void publish_send(struct publisher *publisher, const char *topic, const ProtobufCMessage *message);
// Whether reading failed because of what is there and not of the database: it is too large, or broken.
bool publish_is_of_value(const struct db *db, const struct err *e);
// A line about a value that cannot be told.
void publish_skip(const struct publisher *publisher, int32_t shop_id, const char *key, const struct err *e);
// late.c
void late_begin(struct publisher *publisher, const char *prefix);
void late_forget(struct publisher *publisher, const char *prefix);
bool late_tick(struct publisher *publisher, struct db *db, struct err *e);
