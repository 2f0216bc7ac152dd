// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of what was taken in: queue, batch, writer, answer, doorbell. See ingest.h.
#include "services/ingest/ingest.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/base/uuid.h"
#include "services/ingest/counters.h"
#include "services/ingest/flat.h"

#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1024 * 1024)

// The defaults' arithmetic. A usual event with its subject is 0.5 to 1 KiB and costs PostgreSQL about 5
// microseconds, so 4,000 are a commit of some 20 ms: a lone event that comes behind two full batches waits
// less than 100 ms. 16 MiB a batch is the same at 4 KiB an event. In flight, 128 MiB is what the writer
// gets through in about a second at that size, the longest a publisher should wait before it hears BUSY;
// one peer may have a quarter of it, so that four that never stop leave room for the others. A bound
// below 16 MiB would refuse the largest request there may be (8 MiB and its bookkeeping).
const struct conf_row ingest_conf[] = {
	{"batch-events", CONF_INT, "4000", 1000, 20000, "events of one commit at most", false},
	{"batch-mib", CONF_INT, "16", 1, 64, "MiB of events of one commit at most", false},
	{"inflight-mib", CONF_INT, "128", 16, 4096, "MiB taken in and not answered yet, in all", false},
	{"inflight-peer-mib", CONF_INT, "32", 16, 4096, "the same for one connection", false},
	{"pseudonym-key", CONF_FILE, NULL, 0, 0,
	 "file with the key that visitors' and customers' pseudonyms are made with", true},
	{"database-dir", CONF_TEXT, "", 0, 0,
	 "directory of the database's files, where they are on this machine: its disk's free space is "
	 "watched",
	 false},
	{"disk-warn-percent", CONF_INT, "20", 0, 99, "below so much free space a warning is logged", false},
	{"disk-low-percent", CONF_INT, "10", 0, 99,
	 "below so much free space events are refused with STORAGE_LOW", false},
	{"disk-enough-mib", CONF_INT, "32768", 0, 1073741824,
	 "MiB that are enough whatever the percentage; twice as much warns nobody", false},
	{0},
};

enum {
	COMPANY = 2, // a batch is begun beside another when it has the COMPANY-th part of its events
	BUSY_RETRY_MS = 200,
	STORAGE_RETRY_MS = 5000,
	// Nobody waits longer for an answer, whatever the database does: then it is BUSY, and a resend finds
	// out what became of it. Two seconds are promised; the rest is for the looks and the way back.
	ANSWER_WITHIN_MS = 1500,
	// Who waits in the queue hears it sooner, so that a batch that is begun has time to end: what is
	// called BUSY and written all the same is work for nothing, and comes again as a duplicate.
	QUEUED_AT_MOST_MS = 700,
	LATE_LOOK_MS = 100
};

// ---- answers ----

// When nothing of a job could be committed for one passing reason, the request as a whole is refused.
static enum err_code common_failure(const struct job *job, const char **message)
{
	if (job->entry_count == 0)
		return ERR_OK;
	const struct job_result *first = &job->results[job->entries[0].result];
	if (first->code != ERR_BUSY && first->code != ERR_STORAGE_LOW && first->code != ERR_INTERNAL)
		return ERR_OK;
	for (size_t i = 1; i < job->entry_count; i++) {
		if (job->results[job->entries[i].result].code != first->code)
			return ERR_OK;
	}
	*message = first->message;
	return first->code;
}

static void answer_results(struct ingest *ingest, const struct job *job)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__PublishReply body = UTARG__V1__PUBLISH_REPLY__INIT;

	for (size_t i = 0; i < job->result_count; i++) {
		const struct job_result *from = &job->results[i];
		Utarg__V1__PublishResult *to = &ingest->results[i];
		utarg__v1__publish_result__init(to);
		to->code = (Utarg__V1__Code)from->code;
		to->seq = (uint64_t)from->seq;
		to->epoch = (uint64_t)from->epoch;
		// protobuf-c takes no const strings and writes to none it packs.
		memcpy(&to->field, &from->field, sizeof(to->field));
		memcpy(&to->message, &from->message, sizeof(to->message));
		ingest->result_list[i] = to;
		counters_outcome(from->code);
	}
	body.n_results = job->result_count;
	body.results = ingest->result_list;
	reply.body_case = UTARG__V1__REPLY__BODY_PUBLISH;
	reply.publish = &body;
	svc_reply(ingest->svc, &job->ticket, &reply);
}

void ingest_answer(struct ingest *ingest, const struct job *job)
{
	const char *message = "";
	enum err_code failure = common_failure(job, &message);
	struct err e = {0};

	if (fail_here(FAIL_INGEST_ACK))
		return;
	if (failure == ERR_OK) {
		answer_results(ingest, job);
		return;
	}
	for (size_t i = 0; i < job->entry_count; i++)
		counters_outcome(failure);
	err_set(&e, failure, "%s", message);
	svc_reply_error(ingest->svc, &job->ticket, &e,
			failure == ERR_STORAGE_LOW ? STORAGE_RETRY_MS : BUSY_RETRY_MS);
}

// ---- the queue ----

static void count_flow(const struct ingest *ingest)
{
	counter_set(COUNT_INFLIGHT_BYTES, (int64_t)flow_bytes(ingest->flow));
	counter_set(COUNT_QUEUED_REQUESTS, (int64_t)ingest->queued);
}

void ingest_queue(struct ingest *ingest, struct job *job)
{
	job->taken_at_ms = clock_monotonic_ms();
	flow_add(ingest->flow, &job->ticket.peer, job->cost_bytes);
	if (ingest->queue_last)
		ingest->queue_last->next = job;
	else
		ingest->queue_first = job;
	ingest->queue_last = job;
	ingest->queued++;
	ingest->queued_events += job->entry_count;
	for (size_t i = 0; i < job->entry_count; i++)
		recent_expect(ingest->recent, job->entries[i].entry.event_id);
	for (size_t i = 0; i < job->entry_count; i++)
		job->entries[i].is_suspect = recent_add(ingest->recent, job->entries[i].entry.event_id);
	count_flow(ingest);
}

static struct job *unqueue(struct ingest *ingest)
{
	struct job *job = ingest->queue_first;

	ingest->queue_first = job->next;
	if (!job->next)
		ingest->queue_last = NULL;
	job->next = NULL;
	ingest->queued--;
	ingest->queued_events -= job->entry_count;
	return job;
}

static void answer_busy(struct ingest *ingest, const struct job *job, const char *sentence)
{
	struct err e = {0};

	err_set(&e, ERR_BUSY, "%s", sentence);
	svc_reply_error(ingest->svc, &job->ticket, &e, BUSY_RETRY_MS);
}

static void release(struct ingest *ingest, struct job *job)
{
	if (!fail_mutant(MUTANT_LEAK_INFLIGHT))
		flow_remove(ingest->flow, &job->ticket.peer, job->cost_bytes);
	free(job);
	count_flow(ingest);
}

// Whoever asked has given up: writing it now would only keep the others waiting. Nothing of it is stored.
static bool is_too_late(const struct job *job, int64_t now_ms)
{
	return job->ticket.deadline_at_ms > 0 && now_ms > job->ticket.deadline_at_ms;
}

static bool fits(const struct batch *batch, const struct job *job, const struct ingest *ingest,
		 size_t max_events)
{
	return batch->job_count == 0 || (batch->entry_count + job->entry_count <= max_events &&
					 batch->bytes + job->cost_bytes <= ingest->batch_max_bytes);
}

static struct batch *cut_batch(struct ingest *ingest)
{
	struct batch *batch = batch_create();
	struct job **last = &batch->jobs;
	int64_t now_ms = clock_monotonic_ms();
	// At most half of what is in flight: who took all would leave the other writer idle, and publishers
	// with a window would send nothing until all of it is answered.
	size_t max_events = (ingest->queued_events + ingest->writing_events + 1) / 2;

	if (max_events > ingest->batch_max_events)
		max_events = ingest->batch_max_events;
	while (ingest->queue_first && fits(batch, ingest->queue_first, ingest, max_events)) {
		struct job *job = unqueue(ingest);
		if (is_too_late(job, now_ms)) {
			answer_busy(ingest, job, "the request waited longer than its deadline");
			release(ingest, job);
			continue;
		}
		*last = job;
		last = &job->next;
		batch->job_count++;
		batch->entry_count += job->entry_count;
		batch->bytes += job->cost_bytes;
	}
	return batch;
}

static struct ingest_writer *idle_writer(struct ingest *ingest)
{
	struct ingest_writer *idle = NULL;

	for (size_t i = 0; i < INGEST_WRITERS; i++) {
		struct ingest_writer *writer = &ingest->writers[i];
		// One that is down answers with the reason; that is for when no other can do better.
		if (!writer->writing && (writer->is_up || !ingest->is_up) && !idle)
			idle = writer;
	}
	return idle;
}

// While a batch is under way a second one waits until it is not much smaller: begun at once it would be the
// first event of many that are on their way, and each would pay for a commit of its own. The end of the batch
// under way ends the wait, so that it is never longer than a commit; an event alone does not wait at all.
static bool is_worth_writing(const struct ingest *ingest)
{
	return ingest->queued_events * COMPANY >= ingest->writing_events;
}

static bool all_are_writing(const struct ingest *ingest)
{
	for (size_t i = 0; i < INGEST_WRITERS; i++) {
		if (!ingest->writers[i].writing)
			return false;
	}
	return true;
}

void ingest_feed(void *context)
{
	struct ingest *ingest = context;
	struct ingest_writer *writer;

	while (ingest->queue_first && is_worth_writing(ingest) && (writer = idle_writer(ingest))) {
		struct batch *batch = cut_batch(ingest);
		if (batch->job_count == 0) {
			batch_destroy(batch);
			continue;
		}
		batch->number = ingest->batches++;
		ingest->writing_events += batch->entry_count;
		writer->writing = batch;
		fail_point(FAIL_INGEST_BEFORE_HAND);
		worker_hand(writer_worker(writer->writer), batch);
	}
	svc_let_gather(ingest->svc, all_are_writing(ingest));
	count_flow(ingest);
}

// Those who have waited too long: what is queued is dropped, what is being written goes on.
static void answer_late(void *context)
{
	struct ingest *ingest = context;
	int64_t now_ms = clock_monotonic_ms(), before_ms = now_ms - ANSWER_WITHIN_MS;

	while (ingest->queue_first && ingest->queue_first->taken_at_ms < now_ms - QUEUED_AT_MOST_MS) {
		struct job *job = unqueue(ingest);
		answer_busy(ingest, job, "the database is slow, nothing of this was written");
		counter_add(COUNT_LATE_REQUESTS, 1);
		release(ingest, job);
	}
	for (size_t i = 0; i < INGEST_WRITERS; i++) {
		struct batch *batch = ingest->writers[i].writing;
		for (struct job *job = batch ? batch->jobs : NULL; job; job = job->next) {
			if (job->is_answered || job->taken_at_ms >= before_ms)
				continue;
			answer_busy(ingest, job, "the database is slow, this may yet be written");
			counter_add(COUNT_LATE_REQUESTS, 1);
			job->is_answered = true;
		}
	}
}

// ---- what the threads return ----

static void learn_shops(struct ingest *ingest, const struct job *job)
{
	for (size_t i = 0; i < job->shop_count; i++) {
		if (job->shops[i].asked && job->shops[i].shop_id != 0)
			shops_learn(ingest->shops, job->shops[i].slug, job->shops[i].shop_id,
				    job->shops[i].sends_pseudonyms, clock_monotonic_ms());
	}
}

// Acknowledges, then rings: who hears the bell may read at once.
static void settle_batch(struct ingest *ingest, struct batch *batch)
{
	ingest_feed(ingest); // the writer works on while we answer
	fail_point(FAIL_INGEST_BEFORE_ACK);
	while (batch->jobs) {
		struct job *job = batch->jobs;
		batch->jobs = job->next;
		learn_shops(ingest, job);
		if (!job->is_answered)
			ingest_answer(ingest, job);
		release(ingest, job);
	}
	fail_point(FAIL_INGEST_BEFORE_BELL);
	for (size_t i = 0; i < batch->head_count; i++)
		doorbell_ring(&ingest->doorbell, batch->heads[i].slug, &batch->heads[i].head);
	fail_point(FAIL_INGEST_AFTER_BELL);
	batch_destroy(batch);
}

// Ready when it can commit and there is room for what it commits.
static void tell_ready(struct ingest *ingest)
{
	char sentence[ERR_TEXT_SIZE];

	if (!ingest->is_up)
		svc_set_ready(ingest->svc, false, ingest->why);
	else if (ingest->disk.level == DISK_LOW)
		svc_set_unready(ingest->svc, ERR_STORAGE_LOW, disk_sentence(&ingest->disk, sentence));
	else
		svc_set_ready(ingest->svc, true, NULL);
}

static void look_at_disk(void *context)
{
	struct ingest *ingest = context;

	if (disk_changed(&ingest->disk))
		tell_ready(ingest);
}

static void settle_state(struct ingest *ingest, struct ingest_writer *writer, const struct report *report)
{
	writer->is_up = report->up;
	ingest->is_up = false;
	for (size_t i = 0; i < INGEST_WRITERS; i++)
		ingest->is_up |= ingest->writers[i].is_up;
	if (!ingest->is_up && strcmp(ingest->why, report->why) != 0)
		log_error("database_unusable", LOG_STR("text", report->why)); // once, not once a writer
	text_copy(ingest->why, sizeof(ingest->why), report->why);
	tell_ready(ingest);
	if (!report->fatal || ingest->exit_code != 0)
		return;
	log_error("database_refused", LOG_STR("text", report->why));
	ingest->exit_code = err_exit(ERR_REFUSED);
	svc_drain(ingest->svc);
}

static void take_reports(void *context)
{
	struct ingest_writer *writer = context;
	struct ingest *ingest = writer->ingest;
	struct report *report;

	while ((report = worker_take(writer_worker(writer->writer)))) {
		if (report->kind == REPORT_BATCH) {
			writer->writing = NULL;
			ingest->writing_events -= report->batch->entry_count;
			settle_batch(ingest, report->batch);
		} else {
			settle_state(ingest, writer, report);
		}
		free(report);
	}
}

static void take_reads(void *context)
{
	struct ingest *ingest = context;
	struct read_job *job;

	while ((job = worker_take(reader_worker(ingest->reader)))) {
		ingest->reads--;
		if (job->reply) {
			Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
			reply.body_case = UTARG__V1__REPLY__BODY_JOURNAL_READ;
			reply.journal_read = job->reply;
			svc_reply(ingest->svc, &job->ticket, &reply);
		} else {
			svc_reply_error(ingest->svc, &job->ticket, &job->failure,
					job->failure.code == ERR_BUSY ? BUSY_RETRY_MS : 0);
		}
		read_job_free(job);
	}
}

// ---- the whole ----

static bool is_idle(void *context)
{
	const struct ingest *ingest = context;

	for (size_t i = 0; i < INGEST_WRITERS; i++) {
		if (ingest->writers[i].writing)
			return false;
	}
	return !ingest->queue_first && ingest->reads == 0;
}

static bool open_threads(struct ingest *ingest, const struct conf *conf, struct err *e)
{
	struct bus *bus = svc_bus(ingest->svc);

	for (int i = 0; i < INGEST_WRITERS; i++) {
		struct ingest_writer *writer = &ingest->writers[i];
		writer->ingest = ingest;
		writer->writer = writer_create(bus, i, conf_text(conf, "database"), ingest->order, e);
		if (!writer->writer || !svc_watch(ingest->svc, worker_socket(writer_worker(writer->writer)),
						  -1, take_reports, writer, e))
			return false;
	}
	ingest->reader = reader_create(bus, conf_text(conf, "database"), e);
	return ingest->reader && svc_watch(ingest->svc, worker_socket(reader_worker(ingest->reader)), -1,
					   take_reads, ingest, e);
}

// The most this process holds, whatever comes: what is in flight; for each writer its batch as an array and
// as the rows of a COPY (no larger than the batch and not much smaller than once more); the fixed blocks. Not
// in it are the program itself, some 10 MiB, and libzmq's receive queues, which are bounded for each
// connection; usual requests fill them with a thousandth of that.
static void log_memory_bound(const struct ingest *ingest, size_t inflight_bytes)
{
	size_t events =
		ingest->batch_max_events + SLICE_PUBLICATIONS_MAX; // the last request may pass the bound
	size_t writers = INGEST_WRITERS * (events * flat_entry_bytes + 2 * ingest->batch_max_bytes);
	size_t fixed = VALIDATE_ARENA_BYTES + INGEST_ARENA_BYTES + INGEST_OUTBOX_BYTES +
		       (size_t)RECENT_BUCKETS * RECENT_WAYS * sizeof(uint32_t);

	log_info("memory_bound", LOG_UINT("inflight_mib", inflight_bytes / MIB),
		 LOG_UINT("writers_mib", writers / MIB), LOG_UINT("fixed_mib", fixed / MIB),
		 LOG_UINT("all_mib", (inflight_bytes + writers + fixed) / MIB),
		 LOG_UINT("queued_per_connection_mib",
			  (size_t)INGEST_RECEIVE_HWM * INGEST_MESSAGE_MAX_BYTES / MIB));
}

static uint64_t random_seed(void)
{
	uint8_t id[UUID_SIZE];
	uint64_t seed;

	uuid_v7(0, id);
	memcpy(&seed, id + sizeof(seed), sizeof(seed)); // 62 random bits
	return seed;
}

bool ingest_init(struct ingest *ingest, struct svc *svc, struct err *e)
{
	const struct conf *conf = svc_conf_of(svc);
	struct pseudonym_key master;

	if (!pseudonym_master_read(conf_text(conf, "pseudonym-key"), &master, e))
		return false;
	ingest->svc = svc;
	ingest->validator = validator_create();
	arena_init(&ingest->event_arena, VALIDATE_ARENA_BYTES);
	ingest->shops = shops_create(&master);
	ingest->order = order_create();
	ingest->recent = recent_create(random_seed());
	ingest->doorbell = (struct doorbell){.svc = svc, .shops = ingest->shops};
	ingest->flow = flow_create((size_t)conf_int(conf, "inflight-mib") * MIB,
				   (size_t)conf_int(conf, "inflight-peer-mib") * MIB);
	ingest->batch_max_events = (size_t)conf_int(conf, "batch-events");
	ingest->batch_max_bytes = (size_t)conf_int(conf, "batch-mib") * MIB;
	log_memory_bound(ingest, (size_t)conf_int(conf, "inflight-mib") * MIB);
	svc_after_round(svc, ingest_feed, ingest);
	svc_on_drain(svc, NULL, is_idle, ingest);
	if (!db_check_conninfo(conf_text(conf, "database"), e))
		return false;
	ingest->keyring = keyring_start(svc, conf_text(conf, "database"), e);
	return ingest->keyring && disk_open(&ingest->disk, conf, e) && open_threads(ingest, conf, e) &&
	       svc_timer(svc, DISK_LOOK_MS, look_at_disk, ingest, e) &&
	       svc_timer(svc, DOORBELL_AGAIN_MS, doorbell_again, &ingest->doorbell, e) &&
	       svc_timer(svc, LATE_LOOK_MS, answer_late, ingest, e);
}

void ingest_fini(struct ingest *ingest)
{
	keyring_stop(ingest->keyring);
	// Each finishes what it was handed first, so that none waits for another that is gone.
	for (size_t i = 0; i < INGEST_WRITERS; i++)
		writer_stop(ingest->writers[i].writer);
	reader_stop(ingest->reader);
	for (size_t i = 0; i < INGEST_WRITERS; i++)
		writer_destroy(ingest->writers[i].writer); // with the batch it may still hold
	reader_destroy(ingest->reader);
	while (ingest->queue_first)
		release(ingest, unqueue(ingest));
	flow_destroy(ingest->flow);
	shops_destroy(ingest->shops);
	recent_destroy(ingest->recent);
	order_destroy(ingest->order);
	if (ingest->event_arena.base)
		arena_fini(&ingest->event_arena);
	validator_destroy(ingest->validator);
}
