// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What ingest is asked: to publish and to read. A publish request is sliced, judged and queued here, and
// answered when the batch that holds it has been committed (ingest.c).
#include "services/ingest/ingest.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "services/ingest/counters.h"

#include <stdlib.h>
#include <string.h>

enum {
	REQUEST_MAX_BYTES = 8 * 1024 * 1024, // above it, up to what the socket takes: TOO_LARGE in an answer
	FULL_RETRY_MS = 100,
	DOWN_RETRY_MS = 1000,
	STORAGE_RETRY_MS = 5000
};

static enum svc_outcome refuse(const struct svc_request *request, Utarg__V1__Reply *reply,
			       Utarg__V1__Code code, const char *sentence, uint32_t retry_after_ms)
{
	counter_add(COUNT_SHED_REQUESTS, 1);
	reply->status->code = code;
	reply->status->message = arena_copy(request->arena, sentence, strlen(sentence));
	reply->status->retry_after_ms = retry_after_ms;
	return SVC_REPLIED;
}

static enum svc_outcome refuse_busy(const struct svc_request *request, Utarg__V1__Reply *reply,
				    const char *sentence, uint32_t retry_after_ms)
{
	return refuse(request, reply, UTARG__V1__CODE__BUSY, sentence, retry_after_ms);
}

// Judges one publication: the validator, then whether its key may publish it, then whether the shop is known
// to be none.
static void judge(struct ingest *ingest, const struct principal *who,
		  const struct slice_publication *publication, struct validate_input *input,
		  struct arena *arena, struct draft *draft)
{
	struct err e = {0};

	*draft = (struct draft){.field = "", .message = ""};
	input->event = publication->event;
	input->subject = publication->subject;
	if (publication->fault)
		err_set(&e, ERR_BAD_PROTO, "%s", publication->fault);
	else if (validate_publication(ingest->validator, input, &ingest->event_arena, &draft->validated,
				      &e) &&
		 principal_has_shop(who, draft->validated.shop, &e) &&
		 principal_may_publish(who, draft->validated.kind, &e) &&
		 shops_lookup(ingest->shops, draft->validated.shop, clock_monotonic_ms(), &draft->shop_id) ==
			 SHOPS_UNKNOWN)
		err_field(&e, ERR_UNKNOWN_SHOP, "shop", "there is no shop %s", draft->validated.shop);
	if (e.code == ERR_OK)
		return;
	draft->code = e.code;
	draft->field = arena_copy(arena, e.field, strlen(e.field));
	draft->message = arena_copy(arena, e.text, strlen(e.text));
}

static bool judge_all(struct ingest *ingest, const struct svc_request *request,
		      const struct slice_request *sliced, const struct slice_publication *publications,
		      int64_t received_at_ms, struct draft *drafts)
{
	struct validate_input input = {
		.sent_at_ms = sliced->sent_at_ms, .received_at_ms = received_at_ms, .origin = sliced->origin};

	for (size_t i = 0; i < sliced->count; i++)
		judge(ingest, request->who, &publications[i], &input, request->arena, &drafts[i]);
	return !request->arena->exhausted;
}

// A key that has an origin speaks from there and from nowhere else.
static bool settle_origin(const struct principal *who, struct slice_request *sliced, struct err *e)
{
	if (who->origin == 0)
		return true;
	if (sliced->origin != 0 && sliced->origin != who->origin)
		return err_field(e, ERR_FORBIDDEN, "publish.origin",
				 "the key of %s speaks from another origin than the request says", who->name);
	sliced->origin = who->origin;
	return true;
}

static enum svc_outcome publish(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e)
{
	struct ingest *ingest = context;
	struct slice_request sliced;
	char sentence[ERR_TEXT_SIZE];
	struct slice_publication *publications = ingest->publications;
	struct draft *drafts = ingest->drafts;

	fail_point(FAIL_INGEST_RECEIVED);
	if (!ingest->is_up)
		return refuse_busy(request, reply, "the database is not reachable", DOWN_RETRY_MS);
	if (ingest->disk.level == DISK_LOW)
		return refuse(request, reply, UTARG__V1__CODE__STORAGE_LOW,
			      disk_sentence(&ingest->disk, sentence), STORAGE_RETRY_MS);
	if (request->raw.size > REQUEST_MAX_BYTES) {
		err_set(e, ERR_TOO_LARGE, "a publish request has at most %d bytes", REQUEST_MAX_BYTES);
		return SVC_FAILED;
	}
	if (!slice_publish_request(request->raw, publications, &sliced, e) ||
	    !settle_origin(request->who, &sliced, e))
		return SVC_FAILED;
	if (!flow_has_room(ingest->flow, &request->ticket.peer,
			   job_cost_bytes(request->raw.size, sliced.count)))
		return refuse_busy(request, reply, "too much is under way", FULL_RETRY_MS);
	// One moment for the whole request: what came together was received together.
	int64_t received_at_ms = clock_now_ms();
	if (!judge_all(ingest, request, &sliced, publications, received_at_ms, drafts)) {
		err_set(e, ERR_TOO_LARGE, "the answer to this request does not fit into memory");
		return SVC_FAILED;
	}
	struct job *job = job_create(request, drafts, publications, sliced.count, received_at_ms);
	for (size_t i = 0; i < job->shop_count; i++)
		shops_seal(ingest->shops, job->shops[i].slug, &job->shops[i].key,
			   &job->shops[i].sends_pseudonyms);
	for (size_t i = 0; i < job->entry_count; i++)
		job->entries[i].is_sealed = sliced.pseudonymised;
	if (job->entry_count == 0) { // nothing to commit
		ingest_answer(ingest, job);
		free(job);
	} else {
		fail_point(FAIL_INGEST_BEFORE_QUEUE);
		ingest_queue(ingest, job);
	}
	return SVC_LATER;
}

static enum svc_outcome journal_read_range(void *context, const struct svc_request *request,
					   Utarg__V1__Reply *reply, struct err *e)
{
	struct ingest *ingest = context;
	const Utarg__V1__JournalReadRequest *asked = (const Utarg__V1__JournalReadRequest *)request->body;

	if (!text_is_slug(asked->shop)) {
		err_field(e, ERR_BAD_FIELD, "journal_read.shop", "journal_read.shop is no slug");
		return SVC_FAILED;
	}
	if (asked->after_seq > INT64_MAX) {
		err_field(e, ERR_BAD_FIELD, "journal_read.after_seq", "journal_read.after_seq is too large");
		return SVC_FAILED;
	}
	if (ingest->reads == READER_QUEUE_MAX)
		return refuse_busy(request, reply, "too many reads are under way", FULL_RETRY_MS);
	struct read_job *job = calloc(1, sizeof(*job));
	if (!job)
		abort();
	job->ticket = request->ticket;
	text_copy(job->shop, sizeof(job->shop), asked->shop);
	job->after_seq = (int64_t)asked->after_seq;
	job->limit = asked->limit == 0                  ? READER_EVENTS_DEFAULT
		     : asked->limit > READER_EVENTS_MAX ? READER_EVENTS_MAX
							: asked->limit;
	ingest->reads++;
	worker_hand(reader_worker(ingest->reader), job);
	return SVC_LATER;
}

const struct svc_route ingest_routes[] = {
	{UTARG__V1__REQUEST__BODY_PUBLISH, "publish", NULL, publish, PERMIT_PUBLISH, false, 0},
	{UTARG__V1__REQUEST__BODY_JOURNAL_READ, "journal_read", &utarg__v1__journal_read_request__descriptor,
	 journal_read_range, PERMIT_JOURNAL, false, offsetof(Utarg__V1__JournalReadRequest, shop)},
	{0},
};
