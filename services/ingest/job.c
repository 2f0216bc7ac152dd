// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See job.h.
#include "services/ingest/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 };

// A block that is first measured and then filled, by the same calls in the same order.
struct block {
	unsigned char *base; // NULL while measuring
	size_t used;
};

static void *block_take(struct block *block, size_t size)
{
	void *at = block->base ? block->base + block->used : NULL;

	block->used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return at;
}

static const char *block_text(struct block *block, const char *text)
{
	if (text[0] == '\0')
		return "";
	size_t size = strlen(text) + 1;
	char *copy = block_take(block, size);
	return copy ? memcpy(copy, text, size) : NULL;
}

static struct slice block_bytes(struct block *block, struct slice bytes)
{
	if (bytes.size == 0)
		return (struct slice){NULL, 0};
	unsigned char *copy = block_take(block, bytes.size);
	if (copy)
		memcpy(copy, bytes.data, bytes.size);
	return (struct slice){copy, bytes.size};
}

size_t job_cost_bytes(size_t raw_bytes, size_t publication_count)
{
	return raw_bytes + sizeof(struct job) +
	       publication_count * (sizeof(struct job_entry) + sizeof(struct job_result) +
				    sizeof(struct job_shop) + SUBJECT_ROOM_BYTES);
}

// The place of the draft's shop among the job's, adding it. Requests name one shop nearly always.
static uint32_t shop_index(struct job *job, const struct draft *draft)
{
	for (size_t i = job->shop_count; i > 0; i--) {
		if (strcmp(job->shops[i - 1].slug, draft->validated.shop) == 0)
			return (uint32_t)(i - 1);
	}
	struct job_shop *shop = &job->shops[job->shop_count];
	memcpy(shop->slug, draft->validated.shop, sizeof(shop->slug));
	shop->shop_id = draft->shop_id;
	shop->asked = false;
	return (uint32_t)job->shop_count++;
}

// The subject's copy holds visitor and customer: the same bytes at the same distance.
static struct slice moved(struct slice part, struct slice from, struct slice to)
{
	if (part.size == 0)
		return (struct slice){NULL, 0};
	return (struct slice){to.data + (part.data - from.data), part.size};
}

// With room before it for the pseudonyms that replace the names in it.
static struct slice block_subject(struct block *block, struct slice bytes)
{
	if (bytes.size == 0)
		return (struct slice){NULL, 0};
	unsigned char *room = block_take(block, SUBJECT_ROOM_BYTES + bytes.size);
	if (!room)
		return (struct slice){NULL, 0};
	memcpy(room + SUBJECT_ROOM_BYTES, bytes.data, bytes.size);
	return (struct slice){room + SUBJECT_ROOM_BYTES, bytes.size};
}

static void fill_entry(struct job *job, struct job_entry *out, const struct draft *draft,
		       const struct slice_publication *publication, struct slice event, struct slice subject)
{
	const struct validated *validated = &draft->validated;

	out->shop = shop_index(job, draft);
	out->entry = (struct journal_entry){
		.kind = validated->kind,
		.event_time_ms = validated->event_time_ms,
		.origin = validated->origin,
		.principal = job->principal,
		.visitor = moved(validated->visitor, publication->subject, subject),
		.customer = moved(validated->customer, publication->subject, subject),
		.subject = subject,
		.payload = event,
	};
	memcpy(out->entry.event_id, validated->event_id, UUID_SIZE);
}

// One pass over all that the job holds: measures when the block has no memory yet, fills otherwise.
static struct job *lay_out(struct block *block, const struct draft *drafts,
			   const struct slice_publication *publications, size_t count, size_t entry_count)
{
	struct job *job = block_take(block, sizeof(*job));
	struct job_result *results = block_take(block, count * sizeof(*results));
	struct job_entry *entries = block_take(block, entry_count * sizeof(*entries));
	struct job_shop *shops = block_take(block, entry_count * sizeof(*shops));
	size_t filled = 0;

	if (job) {
		job->results = results;
		job->entries = entries;
		job->shops = shops;
	}
	for (size_t i = 0; i < count; i++) {
		const char *field = block_text(block, drafts[i].field);
		const char *message = block_text(block, drafts[i].message);
		if (job)
			results[i] = (struct job_result){
				.code = drafts[i].code, .field = field, .message = message};
		if (drafts[i].code != ERR_OK)
			continue;
		struct slice event = block_bytes(block, publications[i].event);
		struct slice subject = block_subject(block, publications[i].subject);
		if (job) {
			entries[filled].result = (uint32_t)i;
			fill_entry(job, &entries[filled++], &drafts[i], &publications[i], event, subject);
		}
	}
	return job;
}

struct job *job_create(const struct svc_request *request, const struct draft *drafts,
		       const struct slice_publication *publications, size_t count, int64_t received_at_ms)
{
	struct block block = {0};
	size_t entry_count = 0;

	for (size_t i = 0; i < count; i++)
		entry_count += drafts[i].code == ERR_OK;
	lay_out(&block, drafts, publications, count, entry_count);
	size_t size = block.used;
	block = (struct block){.base = calloc(1, size)};
	if (!block.base)
		abort();
	struct job *job = (struct job *)block.base;
	bool whole = text_copy(job->principal, sizeof(job->principal), request->principal);
	assert(whole); // svc bounds principals
	lay_out(&block, drafts, publications, count, entry_count);
	assert(block.used == size);
	job->ticket = request->ticket;
	job->cost_bytes = job_cost_bytes(request->raw.size, count);
	job->result_count = count;
	job->entry_count = entry_count;
	for (size_t i = 0; i < entry_count; i++)
		job->entries[i].entry.received_at_ms = received_at_ms;
	return job;
}

void job_seal(struct job *job, struct job_entry *entry)
{
	const struct job_shop *shop = &job->shops[entry->shop];
	struct journal_entry *out = &entry->entry;

	if (entry->is_sealed)
		return;
	entry->is_sealed = true;
	if (shop->sends_pseudonyms || (out->visitor.size == 0 && out->customer.size == 0))
		return;
	struct subject_names names = {.visitor = out->visitor, .customer = out->customer};
	unsigned char *room = (unsigned char *)(uintptr_t)out->subject.data - SUBJECT_ROOM_BYTES; // ours
	out->subject = subject_seal(&shop->key, room, out->subject.size, &names);
	out->visitor = names.visitor;
	out->customer = names.customer;
}

struct batch *batch_create(void)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		abort();
	return batch;
}

void batch_destroy(struct batch *batch)
{
	if (!batch)
		return;
	while (batch->jobs) {
		struct job *next = batch->jobs->next;
		free(batch->jobs);
		batch->jobs = next;
	}
	free(batch->heads);
	free(batch);
}

void batch_add_head(struct batch *batch, const char *slug, const struct journal_head *head)
{
	if (batch->head_count == batch->head_capacity) {
		batch->head_capacity = batch->head_capacity ? batch->head_capacity * 2 : 8;
		batch->heads = realloc(batch->heads, batch->head_capacity * sizeof(*batch->heads));
		if (!batch->heads)
			abort();
	}
	struct batch_head *out = &batch->heads[batch->head_count++];
	text_copy(out->slug, sizeof(out->slug), slug);
	out->head = *head;
}
