// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Fuzzes what a publisher's bytes go through before anything is stored: slicing, then the judgement of
// each publication. Beyond memory safety it holds that slices lie inside the input and that whatever is
// let through decodes, since a consumer that cannot decode a stored event would stand still for ever.
//
// Rooms: ingest
#include "services/ingest/core/slice.h"
#include "services/ingest/core/validate.h"

#include <stdlib.h>

#include "utarg/v1/event.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void require_inside(struct slice part, const uint8_t *data, size_t size)
{
	require(part.size == 0 ||
		(part.data >= data && part.size <= size && part.data + part.size <= data + size));
}

// Within the memory that ingest gives to one event, and the usual way.
static void require_decodes(const struct slice_publication *publication, struct arena *arena)
{
	arena_reset(arena);
	require(utarg__v1__event__unpack(&arena->allocator, publication->event.size,
					 publication->event.data) &&
		utarg__v1__subject__unpack(&arena->allocator, publication->subject.size,
					   publication->subject.data));
	Utarg__V1__Event *event =
		utarg__v1__event__unpack(NULL, publication->event.size, publication->event.data);
	Utarg__V1__Subject *subject =
		utarg__v1__subject__unpack(NULL, publication->subject.size, publication->subject.data);

	require(event && subject && event->id.len == UUID_SIZE &&
		event->body_case != UTARG__V1__EVENT__BODY__NOT_SET);
	utarg__v1__event__free_unpacked(event, NULL);
	utarg__v1__subject__free_unpacked(subject, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slice_publication publications[SLICE_PUBLICATIONS_MAX];
	static struct validator *validator;
	static struct arena arena;
	struct slice_request request;
	struct err e = {0};

	if (!validator) {
		validator = validator_create();
		arena_init(&arena, VALIDATE_ARENA_BYTES);
	}
	if (!slice_publish_request((struct slice){data, size}, publications, &request, &e)) {
		require(e.code != ERR_OK);
		return 0;
	}
	require(request.count >= 1 && request.count <= SLICE_PUBLICATIONS_MAX);
	for (size_t i = 0; i < request.count; i++) {
		require_inside(publications[i].event, data, size);
		require_inside(publications[i].subject, data, size);
		if (publications[i].fault)
			continue;
		const struct validate_input input = {.event = publications[i].event,
						     .subject = publications[i].subject,
						     .sent_at_ms = request.sent_at_ms,
						     .received_at_ms = 1767225660000,
						     .origin = request.origin};
		struct validated out;
		struct err why = {0};
		bool ok = validate_publication(validator, &input, &arena, &out, &why);
		require(ok == (why.code == ERR_OK));
		if (ok)
			require_decodes(&publications[i], &arena);
	}
	return 0;
}
