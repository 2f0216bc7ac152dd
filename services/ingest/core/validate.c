// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See validate.h. The order: sizes, which kind, whether a publisher may say it, every field alone
// (shape.c), the decoder's own opinion, what fields say together (amounts.c and here), the event's time. What
// is plain and says nothing together need not be decoded: most events are.
#include "services/ingest/core/validate.h"

#include "common/base/wire.h"
#include "services/ingest/core/amounts.h"
#include "services/ingest/core/plan.h"
#include "services/ingest/core/shape.h"

#include <stdlib.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

enum {
	EVENT_ID = 1,
	EVENT_OCCURRED_AT_MS = 3,
	EVENT_SHOP = 4,
	BODY_FIRST = 20, // fields below are attributes of the event, known and to come
	KIND_CLIENT_LAST = 59,
	KIND_PURCHASE = 60
};

struct validator {
	struct plan *event;
	struct plan *subject;
};

struct validator *validator_create(void)
{
	struct validator *validator = malloc(sizeof(*validator));

	if (!validator)
		abort();
	validator->event = plan_create(&utarg__v1__event__descriptor);
	validator->subject = plan_create(&utarg__v1__subject__descriptor);
	return validator;
}

void validator_destroy(struct validator *validator)
{
	if (!validator)
		return;
	plan_destroy(validator->event);
	plan_destroy(validator->subject);
	free(validator);
}

// Kinds a publisher cannot state, however well formed.
static const struct {
	int first, last;
	const char *why;
} forbidden[] = {
	{110, 110, "a shop's settings are changed through campaign"},
	{120, 138, "a decision is taken through campaign"},
	{141, 141, "an erasure is done by utarg forget"},
};

int64_t validate_shift_ms(int16_t kind, int32_t origin, int64_t sent_at_ms, int64_t received_at_ms)
{
	bool client =
		origin == UTARG__V1__ORIGIN__ORIGIN_CLIENT || origin == UTARG__V1__ORIGIN__ORIGIN_UNSPECIFIED;

	if (!client || (kind > KIND_CLIENT_LAST && kind != KIND_PURCHASE))
		return 0;
	if (sent_at_ms == 0) // not stamped: how far the clock is off cannot be known
		return 0;
	int64_t off_ms;
	if (__builtin_sub_overflow(received_at_ms, sent_at_ms, &off_ms))
		return sent_at_ms < 0 ? INT64_MAX
				      : INT64_MIN; // no clock is off by that: the event's time is refused
	return off_ms > SHAPE_AHEAD_MAX_MS || off_ms < -SHAPE_AHEAD_MAX_MS ? off_ms : 0;
}

// The event as it lies there: its body's number and the attributes that are needed, none of them checked yet.
struct outline {
	int16_t kind;
	struct slice id, shop;
	int64_t occurred_at_ms;
};

static void take_attribute(const struct wire_field *field, struct outline *out)
{
	if (field->number == EVENT_ID)
		out->id = field->bytes;
	else if (field->number == EVENT_SHOP)
		out->shop = field->bytes;
	else if (field->number == EVENT_OCCURRED_AT_MS)
		out->occurred_at_ms = (int64_t)field->value;
}

static bool take_outline(struct slice rest, struct outline *out, struct err *e)
{
	struct wire_field field;
	uint32_t body = 0;

	*out = (struct outline){0};
	while (wire_next(&rest, &field)) {
		if (field.number < BODY_FIRST) {
			take_attribute(&field, out);
			continue;
		}
		if (body != 0)
			return err_field(e, ERR_BAD_PROTO, "body", "the event has more than one body");
		body = field.number;
	}
	if (rest.size != 0)
		return err_field(e, ERR_BAD_PROTO, "event", "the event does not decode");
	if (body == 0)
		return err_field(e, ERR_MISSING_FIELD, "body", "the event has no body");
	if (!protobuf_c_message_descriptor_get_field(&utarg__v1__event__descriptor, body))
		return err_field(e, ERR_UNKNOWN_TYPE, "body", "this service knows no event of kind %u",
				 (unsigned)body);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (body >= (uint32_t)forbidden[i].first && body <= (uint32_t)forbidden[i].last)
			return err_field(e, ERR_FORBIDDEN, "body", "publishers may not send this: %s",
					 forbidden[i].why);
	}
	out->kind = (int16_t)body;
	return true;
}

static bool check_sizes(const struct validate_input *input, struct err *e)
{
	if (input->event.size == 0)
		return err_field(e, ERR_MISSING_FIELD, "event", "the publication has no event");
	if (input->event.size > VALIDATE_EVENT_MAX_BYTES)
		return err_field(e, ERR_TOO_LARGE, "event", "the event is larger than %d bytes",
				 VALIDATE_EVENT_MAX_BYTES);
	if (input->subject.size > VALIDATE_SUBJECT_MAX_BYTES)
		return err_field(e, ERR_TOO_LARGE, "subject", "the subject is larger than %d bytes",
				 VALIDATE_SUBJECT_MAX_BYTES);
	return true;
}

// The pseudonyms, out of a subject whose shape has been checked.
static void take_subject(struct slice rest, struct validated *out)
{
	struct wire_field field;

	while (wire_next(&rest, &field)) {
		if (field.number == 1)
			out->visitor = field.bytes;
		else if (field.number == 2)
			out->customer = field.bytes;
	}
}

static bool check_cart_merged(const Utarg__V1__Event *event, struct err *e)
{
	if (strcmp(event->cart_merged->from_cart_id, event->cart_merged->into_cart_id) == 0)
		return err_field(e, ERR_BAD_FIELD, "cart_merged.into_cart_id",
				 "cart_merged.into_cart_id is the cart it is merged from");
	return true;
}

static bool check_consent(const Utarg__V1__Event *event, const struct validated *validated, struct err *e)
{
	const Utarg__V1__Consent *consent = event->consent_update->consent;

	if (consent->analytics == UTARG__V1__CHOICE__CHOICE_UNSPECIFIED &&
	    consent->marketing == UTARG__V1__CHOICE__CHOICE_UNSPECIFIED)
		return err_field(e, ERR_MISSING_FIELD, "consent_update.consent.analytics",
				 "consent_update says neither analytics nor marketing");
	if (validated->visitor.size == 0 && validated->customer.size == 0)
		return err_field(
			e, ERR_MISSING_FIELD, "subject.visitor_id",
			"consent_update needs to say whose: subject.visitor_id or subject.customer_ref");
	return true;
}

// What several fields say together.
static bool check_together(const Utarg__V1__Event *event, const struct validated *validated, struct err *e)
{
	switch (event->body_case) {
	case UTARG__V1__EVENT__BODY_PURCHASE:
		return amounts_check_order(event->purchase, "purchase", e);
	case UTARG__V1__EVENT__BODY_ORDER_UPDATED:
		return amounts_check_order(event->order_updated, "order_updated", e);
	case UTARG__V1__EVENT__BODY_REFUND:
		return amounts_check_refund(event->refund, e);
	case UTARG__V1__EVENT__BODY_CART_MERGED:
		return check_cart_merged(event, e);
	case UTARG__V1__EVENT__BODY_CONSENT_UPDATE:
		return check_consent(event, validated, e);
	default:
		return true;
	}
}

// Whether check_together has anything to say of the kind.
static bool says_together(int16_t kind)
{
	switch (kind) {
	case UTARG__V1__EVENT__BODY_PURCHASE:
	case UTARG__V1__EVENT__BODY_ORDER_UPDATED:
	case UTARG__V1__EVENT__BODY_REFUND:
	case UTARG__V1__EVENT__BODY_CART_MERGED:
	case UTARG__V1__EVENT__BODY_CONSENT_UPDATE:
		return true;
	default:
		return false;
	}
}

// Decodes what the shape check let through, with the decoder every consumer uses: an event it refuses
// must never reach the journal, where it would stop them all.
static Utarg__V1__Event *decode(const struct validate_input *input, struct arena *arena, struct err *e)
{
	arena_reset(arena);
	Utarg__V1__Event *event =
		utarg__v1__event__unpack(&arena->allocator, input->event.size, input->event.data);
	if (event && input->subject.size > 0 &&
	    !utarg__v1__subject__unpack(&arena->allocator, input->subject.size, input->subject.data))
		event = NULL;
	if (!event && arena->exhausted)
		err_field(e, ERR_TOO_LARGE, "event", "the event takes too much memory to decode");
	else if (!event)
		err_field(e, ERR_BAD_PROTO, "event", "the publication does not decode");
	return event;
}

bool validate_publication(const struct validator *validator, const struct validate_input *input,
			  struct arena *arena, struct validated *out, struct err *e)
{
	struct validated validated = {.origin = (int16_t)input->origin};
	struct shape_times times = {.received_at_ms = input->received_at_ms};
	struct outline outline;
	bool is_plain = true;

	if (validated.origin == UTARG__V1__ORIGIN__ORIGIN_UNSPECIFIED)
		validated.origin = UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	if (!check_sizes(input, e) || !take_outline(input->event, &outline, e))
		return false;
	validated.kind = outline.kind;
	times.shift_ms =
		validate_shift_ms(validated.kind, input->origin, input->sent_at_ms, input->received_at_ms);
	if (!shape_check(validator->event, input->event, NULL, &times, &is_plain, e) ||
	    !shape_check(validator->subject, input->subject, "subject", &times, &is_plain, e))
		return false;
	take_subject(input->subject, &validated);
	if (!is_plain || says_together(validated.kind)) {
		Utarg__V1__Event *event = decode(input, arena, e);
		if (!event || !check_together(event, &validated, e))
			return false;
	}
	if (!shape_check_past(outline.occurred_at_ms, &times, "occurred_at_ms", e))
		return false;
	// Both have been checked: 16 bytes, and a slug of at most 63.
	memcpy(validated.event_id, outline.id.data, UUID_SIZE);
	memcpy(validated.shop, outline.shop.data, outline.shop.size);
	validated.shop[outline.shop.size] = '\0';
	validated.event_time_ms = shape_add_ms(outline.occurred_at_ms, times.shift_ms);
	*out = validated;
	return true;
}
