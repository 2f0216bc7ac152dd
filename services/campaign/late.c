// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: last values for late joiners. A subscription becomes a job a subject, and each tick reads some
// rows of the first job, so that a subscription to a large catalogue holds up nobody.
#include "services/campaign/stats.h"
#include "services/campaign/topics.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

// 200 rows a tick of 50 ms are 4,000 values a second: a subscriber's queue of 1,000 holds 250 ms of them.
enum { JOBS_MAX = 1000, ROWS_A_TICK = 200, STEPS_A_TICK = 50 };

// Whether something under `area` can begin with the prefix, or all of it does.
static bool overlaps(const char *area, const char *prefix)
{
	size_t area_size = strlen(area);
	size_t prefix_size = strlen(prefix);

	return strncmp(area, prefix, area_size < prefix_size ? area_size : prefix_size) == 0;
}

static void add_job(struct publisher *publisher, enum fold_subject subject, const char *prefix)
{
	struct late_job *job;

	// The same subscription once more: from the start again, for the newcomer.
	DL_FOREACH(publisher->jobs, job)
	{
		if (job->subject != subject || strcmp(job->prefix, prefix) != 0)
			continue;
		job->shop_id = 0;
		job->after[0] = '\0';
		job->alone = 0;
		return;
	}
	// Beyond this a subscriber gets changes only; lists can be asked for.
	if (publisher->job_count == JOBS_MAX)
		return;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		abort();
	job->subject = subject;
	text_copy(job->prefix, sizeof(job->prefix), prefix);
	DL_APPEND(publisher->jobs, job);
	publisher->job_count++;
}

void late_begin(struct publisher *publisher, const char *prefix)
{
	for (int subject = FOLD_NOTHING + 1; subject < FOLD_SUBJECT_COUNT; subject++) {
		char area[BUS_TOPIC_SIZE];

		if (topics_name((enum fold_subject)subject, NULL, NULL, area) && overlaps(area, prefix))
			add_job(publisher, (enum fold_subject)subject, prefix);
	}
}

static void end_job(struct publisher *publisher, struct late_job *job)
{
	DL_DELETE(publisher->jobs, job);
	publisher->job_count--;
	free(job);
}

void late_forget(struct publisher *publisher, const char *prefix)
{
	struct late_job *job;
	struct late_job *next;

	DL_FOREACH_SAFE(publisher->jobs, job, next)
	{
		if (prefix == NULL || strcmp(job->prefix, prefix) == 0)
			end_job(publisher, job);
	}
}

// Moves on to the next shop the prefix can mean; false at the end.
static bool next_shop(const struct publisher *publisher, struct late_job *job)
{
	char area[BUS_TOPIC_SIZE];

	job->after[0] = '\0';
	job->alone = 0;
	while ((job->shop_id = shops_next(publisher->shops, job->shop_id)) != 0) {
		if (topics_name(job->subject, shops_slug(publisher->shops, job->shop_id), NULL, area) &&
		    overlaps(area, job->prefix))
			return true;
	}
	return false;
}

// The one key a full topic names: what stands between the shop's part and the last '/'.
static bool exact_key(const struct late_job *job, const char *slug, char key[FOLD_KEY_SIZE])
{
	char area[BUS_TOPIC_SIZE];
	const char *rest;
	size_t size;

	if (!topics_name(job->subject, slug, NULL, area) || strlen(job->prefix) <= strlen(area))
		return false;
	rest = job->prefix + strlen(area);
	size = strlen(rest) - 1;
	return rest[size] == '/' && text_percent_decode(rest, size, key, FOLD_KEY_SIZE);
}

// What cannot be told: a page is read again one by one, a value passed over. Returns whether the shop has
// more: behind a value whose key is not known nothing of it is told.
static bool pass_over(struct publisher *publisher, struct late_job *job, const char *key, struct err *e)
{
	bool is_alone = job->alone > 0;

	if (!is_alone) {
		job->alone = subject_at_once(job->subject);
		*e = (struct err){0};
		return true;
	}
	publish_skip(publisher, job->shop_id, key != NULL ? key : job->after, e);
	*e = (struct err){0};
	job->alone--;
	if (key != NULL)
		text_copy(job->after, sizeof(job->after), key);
	return key != NULL;
}

// A page of the job's shop; *count gets its size, *more whether there may be another one.
static bool send_page(struct publisher *publisher, struct db *db, struct late_job *job, size_t *count,
		      bool *more, struct err *e)
{
	const struct subject_row *row = &subject_rows[job->subject];
	char key[FOLD_KEY_SIZE], name[BUS_TOPIC_SIZE];
	const char *const keys[] = {key};
	struct topic_stamp stamp = {.slug = shops_slug(publisher->shops, job->shop_id)};
	struct topic_page page = {.shop_id = job->shop_id,
				  .after = job->after,
				  .limit = job->alone > 0 ? 1 : (int32_t)subject_at_once(job->subject)};
	struct topic_values values = {0};

	if (exact_key(job, stamp.slug, key)) {
		page.keys = keys;
		page.count = 1;
		job->alone = 1;
	}
	if (!row->read(publisher, db, &page, &values, e)) {
		if (!publish_is_of_value(db, e))
			return false;
		*more = pass_over(publisher, job, values.failed, e) && page.keys == NULL;
		return true;
	}
	stamp.as_of_seq = values.as_of_seq;
	for (size_t i = 0; i < values.count; i++) {
		if (topics_name(job->subject, stamp.slug, values.items[i].key, name) &&
		    strncmp(name, job->prefix, strlen(job->prefix)) == 0) {
			stamp.version = topics_version(&publisher->topics, name);
			row->publish(publisher, name, &stamp, values.items[i].view);
		}
		text_copy(job->after, sizeof(job->after), values.items[i].key);
	}
	*count = values.count;
	*more = page.keys == NULL && values.count == (size_t)page.limit;
	if (job->alone > 0)
		job->alone--;
	return true;
}

// One page of one shop; *rows gets its size. The job is gone when it was the last.
static bool late_step(struct publisher *publisher, struct db *db, struct late_job *job, size_t *rows,
		      struct err *e)
{
	bool has_shop = job->shop_id != 0 || next_shop(publisher, job);
	bool more = false;

	*rows = 0;
	arena_reset(&publisher->arena);
	if (has_shop && !send_page(publisher, db, job, rows, &more, e))
		return false;
	if (more || (has_shop && next_shop(publisher, job)))
		return true;
	stat_add(STAT_LATE_JOINERS, 1);
	end_job(publisher, job);
	return true;
}

bool late_tick(struct publisher *publisher, struct db *db, struct err *e)
{
	size_t sent = 0;

	for (int step = 0; step < STEPS_A_TICK && sent < ROWS_A_TICK && publisher->jobs != NULL; step++) {
		size_t rows;

		if (!late_step(publisher, db, publisher->jobs, &rows, e))
			return false;
		sent += rows;
	}
	return true;
}
