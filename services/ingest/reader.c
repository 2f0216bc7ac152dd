// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See reader.h. A range is read in steps within one snapshot, so that ten thousand large events never
// stand in memory at once.
#include "services/ingest/reader.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/journal/journal.h"
#include "services/ingest/append.h"
#include "services/ingest/counters.h"

#include <stdlib.h>
#include <string.h>

// At most 200 x (64 + 8) KiB = 14 MiB a step.
enum { STEP_EVENTS = 200, COUNT_EVERY_MS = 5000 };

struct reader {
	struct worker *worker;
	struct db_options options;
	const struct db_statement *statements[3];
};

void read_job_free(struct read_job *job)
{
	if (!job)
		return;
	if (job->reply)
		utarg__v1__journal_read_reply__free_unpacked(job->reply, NULL);
	free(job);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

// All memory of a reply is malloc's, as if it had been decoded, so that protobuf-c can free it.
static char *copy_text(const void *text, size_t size)
{
	char *copy = allocate(size + 1, 1);

	memcpy(copy, text, size);
	return copy;
}

static bool decode_row(const struct journal_row *row, Utarg__V1__JournalEntry *entry, struct err *e)
{
	entry->seq = (uint64_t)row->seq;
	entry->event_time_ms = row->event_time_ms;
	entry->received_at_ms = row->received_at_ms;
	entry->origin = (Utarg__V1__Origin)row->origin;
	entry->principal = copy_text(row->principal.data, row->principal.size);
	entry->event = utarg__v1__event__unpack(NULL, row->payload.size, row->payload.data);
	if (row->subject.size > 0)
		entry->subject = utarg__v1__subject__unpack(NULL, row->subject.size, row->subject.data);
	if (!entry->event || (row->subject.size > 0 && !entry->subject))
		return err_set(e, ERR_INTERNAL, "the event at %lld does not decode", (long long)row->seq);
	return true;
}

static bool add_row(Utarg__V1__JournalReadReply *reply, const struct journal_row *row, struct err *e)
{
	Utarg__V1__JournalEntry *entry = allocate(1, sizeof(*entry));

	utarg__v1__journal_entry__init(entry);
	reply->entries[reply->n_entries++] = entry;
	return decode_row(row, entry, e);
}

// Where one range read stands.
struct range {
	struct journal_position position;
	size_t left;
	size_t bytes;
};

static bool read_step(struct db *db, struct range *range, Utarg__V1__JournalReadReply *reply, bool *end,
		      struct err *e)
{
	struct journal_rows rows = {0};
	size_t limit = range->left < STEP_EVENTS ? range->left : STEP_EVENTS;
	bool ok = true;

	if (!journal_read(db, &range->position, 1, limit, &rows, e))
		return false;
	*end = rows.count < limit;
	for (size_t i = 0; ok && i < rows.count; i++) {
		const struct journal_row *row = &rows.rows[i];
		range->bytes += row->payload.size + row->subject.size;
		if (range->bytes > READER_BYTES_MAX && reply->n_entries > 0) {
			*end = true;
			break;
		}
		ok = add_row(reply, row, e);
		range->position.seq = row->seq;
		range->left--;
	}
	journal_rows_free(&rows);
	return ok;
}

static bool find_shop(struct db *db, const struct read_job *job, struct range *range,
		      Utarg__V1__JournalReadReply *reply, struct err *e)
{
	struct db_value values[] = {db_text(job->shop)};
	struct db_result *result = NULL;

	if (!db_run(db, "ingest_shop_head", values, 1, &result, e))
		return false;
	bool found = db_rows(result) == 1;
	if (found) {
		range->position.shop_id = (int32_t)db_get_int(result, 0, 0);
		reply->head_seq = (uint64_t)db_get_int(result, 0, 1);
		range->position.epoch = db_get_int(result, 0, 2);
		if (range->position.seq >= db_get_int(result, 0, 1))
			range->left = 0; // nothing there yet: the answer says where the head is
		reply->epoch = (uint64_t)range->position.epoch;
	}
	db_result_free(result);
	return found || err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop %s", job->shop);
}

static bool read_range(struct db *db, const struct read_job *job, Utarg__V1__JournalReadReply *reply,
		       struct err *e)
{
	struct range range = {.position.seq = job->after_seq, .left = job->limit};
	bool end = false;

	if (!find_shop(db, job, &range, reply, e))
		return false;
	reply->shop = copy_text(job->shop, strlen(job->shop));
	reply->entries = allocate(job->limit, sizeof(Utarg__V1__JournalEntry *));
	while (!end && range.left > 0) {
		if (!read_step(db, &range, reply, &end, e))
			return false;
		fail_point(FAIL_READER_BETWEEN_STEPS);
	}
	return true;
}

static void serve(struct db *db, struct read_job *job)
{
	Utarg__V1__JournalReadReply *reply = allocate(1, sizeof(*reply));

	utarg__v1__journal_read_reply__init(reply);
	fail_point(FAIL_READER_BEFORE_READ);
	bool ok = db_begin_snapshot(db, &job->failure) && read_range(db, job, reply, &job->failure);
	db_rollback(db);
	fail_point(FAIL_READER_BEFORE_ANSWER);
	if (ok) {
		counter_add(COUNT_JOURNAL_READS, 1);
		counter_add(COUNT_JOURNAL_READ_EVENTS, (int64_t)reply->n_entries);
		job->reply = reply;
		return;
	}
	utarg__v1__journal_read_reply__free_unpacked(reply, NULL);
	if (job->failure.code != ERR_UNKNOWN_SHOP)
		log_warn("journal_read_failed", LOG_STR("shop", job->shop),
			 LOG_STR("text", job->failure.text));
	// The database's words are for the log.
	if (job->failure.code == ERR_BUSY)
		err_set(&job->failure, ERR_BUSY, "the database is not reachable");
	else if (job->failure.code != ERR_UNKNOWN_SHOP)
		err_set(&job->failure, ERR_INTERNAL, "the journal could not be read");
}

// For the gauge. When the database does not answer, the writers say so.
static void count_quarantine(struct db *db)
{
	struct db_result *result = NULL;

	if (db_run(db, "ingest_quarantine_count", NULL, 0, &result, NULL))
		counter_set(COUNT_QUARANTINE_ROWS, db_get_int(result, 0, 0));
	db_result_free(result);
}

static void run(struct worker_end *end, void *arg)
{
	struct reader *reader = arg;
	struct db *db = NULL;
	int64_t count_at_ms = clock_monotonic_ms();

	for (;;) {
		void *message;
		int64_t left_ms = count_at_ms - clock_monotonic_ms();
		enum worker_event event = worker_wait(end, left_ms > 0 ? left_ms : 0, &message);
		if (event == WORKER_STOP)
			break;
		if (clock_monotonic_ms() >= count_at_ms) {
			if (!db)
				db = db_create(&reader->options, NULL);
			if (db)
				count_quarantine(db);
			count_at_ms = clock_monotonic_ms() + COUNT_EVERY_MS;
		}
		if (event == WORKER_TIMEOUT)
			continue;
		struct read_job *job = message;
		if (!db)
			db = db_create(&reader->options, &job->failure);
		if (db)
			serve(db, job);
		else
			err_set(&job->failure, ERR_BUSY, "the database is not reachable");
		worker_return(end, job);
	}
	db_destroy(db);
}

struct reader *reader_create(struct bus *bus, const char *conninfo, struct err *e)
{
	struct reader *reader = allocate(1, sizeof(*reader));

	reader->statements[0] = journal_statements;
	reader->statements[1] = ingest_statements;
	reader->options = (struct db_options){.conninfo = conninfo,
					      .statements = reader->statements,
					      .generic_plans = true,
					      .application_name = "ingest-reader"};
	reader->worker = worker_create(bus, "ingest-reader", run, reader, e);
	if (reader->worker)
		return reader;
	free(reader);
	return NULL;
}

void reader_stop(struct reader *reader)
{
	if (reader)
		worker_stop(reader->worker);
}

void reader_destroy(struct reader *reader)
{
	if (!reader)
		return;
	struct read_job *left;
	while ((left = worker_take(reader->worker)))
		read_job_free(left);
	worker_destroy(reader->worker);
	free(reader);
}

struct worker *reader_worker(struct reader *reader)
{
	return reader->worker;
}
