// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: remembers what entries say of clicks and orders. What it comes to is conversion_rows.c's.
#include "services/utarg/core/conversions_parts.h"

#include "common/base/text.h"

#include <string.h>

// ---- memory ----

void *conversions_get(size_t size)
{
	void *memory = calloc(1, size);
	if (memory == NULL)
		abort();
	return memory;
}

// Room for one more at the index; the arrays are short.
void *conversions_insert(void *array, size_t *count, size_t size, size_t at)
{
	char *grown = realloc(array, (*count + 1) * size);
	if (grown == NULL)
		abort();
	memmove(grown + (at + 1) * size, grown + at * size, (*count - at) * size);
	memset(grown + at * size, 0, size);
	++*count;
	return grown;
}

struct conversions *conversions_create(int64_t window_ms)
{
	struct conversions *conversions = conversions_get(sizeof(*conversions));
	conversions->window_ms = window_ms;
	return conversions;
}

static void free_order(struct order *order)
{
	for (size_t i = 0; i < order->refund_count; i++)
		utarg__v1__refund__free_unpacked(order->refunds[i].content, NULL);
	free(order->refunds);
	free(order->versions);
	free(order);
}

void conversions_destroy(struct conversions *conversions)
{
	struct visitor *visitor, *next_visitor;
	struct order *order, *next_order;
	if (conversions == NULL)
		return;
	HASH_ITER(hh, conversions->visitors, visitor, next_visitor)
	{
		HASH_DEL(conversions->visitors, visitor);
		for (size_t i = 0; i < visitor->click_count; i++)
			free(visitor->clicks[i].gclid);
		free(visitor->clicks);
		free(visitor);
	}
	HASH_ITER(hh, conversions->orders, order, next_order)
	{
		HASH_DEL(conversions->orders, order);
		free_order(order);
	}
	free(conversions);
}

static struct visitor *visitor_at(struct conversions *conversions, const char *id)
{
	struct visitor *visitor;
	HASH_FIND_STR(conversions->visitors, id, visitor);
	if (visitor == NULL) {
		visitor = conversions_get(sizeof(*visitor));
		text_copy(visitor->id, sizeof(visitor->id), id);
		visitor->consent.t_ms = INT64_MIN;
		HASH_ADD_STR(conversions->visitors, id, visitor);
	}
	return visitor;
}

static struct order *order_at(struct conversions *conversions, const char *id)
{
	struct order *order;
	HASH_FIND_STR(conversions->orders, id, order);
	if (order == NULL) {
		order = conversions_get(sizeof(*order));
		text_copy(order->id, sizeof(order->id), id);
		HASH_ADD_STR(conversions->orders, id, order);
	}
	return order;
}

// ---- taking in ----

int conversions_compare(const struct stamp *a, const struct stamp *b)
{
	if (a->t_ms != b->t_ms)
		return a->t_ms < b->t_ms ? -1 : 1;
	return memcmp(a->id, b->id, UUID_SIZE);
}

static struct stamp stamp_of(const Utarg__V1__JournalEntry *entry)
{
	struct stamp stamp = {.t_ms = entry->event_time_ms};
	if (entry->event->id.len == UUID_SIZE)
		memcpy(stamp.id, entry->event->id.data, UUID_SIZE);
	return stamp;
}

static bool is_denied(Utarg__V1__Choice choice)
{
	return choice == UTARG__V1__CHOICE__CHOICE_DENIED;
}

static bool denies_marketing(const Utarg__V1__Event *event)
{
	return event->consent && is_denied(event->consent->marketing);
}

// "" when the event says nothing of its visitor.
static const char *visitor_of(const Utarg__V1__JournalEntry *entry)
{
	const Utarg__V1__Event *event = entry->event;
	if (!entry->subject || (event->consent && is_denied(event->consent->analytics)) ||
	    strlen(entry->subject->visitor_id) >= ID_SIZE)
		return "";
	return entry->subject->visitor_id;
}

static void take_click(struct conversions *conversions, const Utarg__V1__JournalEntry *entry)
{
	const Utarg__V1__Context *context = entry->event->context;
	const char *id = visitor_of(entry);
	if (!id[0] || !context || !context->click_id_kind[0] || !entry->subject->click_id[0] ||
	    denies_marketing(entry->event))
		return;
	struct visitor *visitor = visitor_at(conversions, id);
	struct click *clicks = conversions_insert(visitor->clicks, &visitor->click_count, sizeof(*clicks),
						  visitor->click_count);
	struct click *click = &clicks[visitor->click_count - 1];
	visitor->clicks = clicks;
	click->stamp = stamp_of(entry);
	if (strcmp(context->click_id_kind, "gclid") == 0) {
		size_t size = strlen(entry->subject->click_id) + 1;
		click->gclid = conversions_get(size);
		memcpy(click->gclid, entry->subject->click_id, size);
	}
}

static void take_consent(struct conversions *conversions, const Utarg__V1__JournalEntry *entry)
{
	const Utarg__V1__Consent *consent = entry->event->consent_update->consent;
	struct stamp stamp = stamp_of(entry);
	if (!consent || !entry->subject || !entry->subject->visitor_id[0] ||
	    strlen(entry->subject->visitor_id) >= ID_SIZE)
		return;
	struct visitor *visitor = visitor_at(conversions, entry->subject->visitor_id);
	if (conversions_compare(&visitor->consent, &stamp) >= 0)
		return;
	visitor->consent = stamp;
	visitor->is_withdrawn = is_denied(consent->marketing) || is_denied(consent->analytics);
}

static bool is_better(bool is_client, const struct stamp *stamp, bool other_is_client,
		      const struct stamp *other)
{
	if (is_client != other_is_client)
		return other_is_client;
	return conversions_compare(stamp, other) < 0;
}

static void take_visitor(struct order *order, const Utarg__V1__JournalEntry *entry, uint32_t number,
			 bool is_client)
{
	const char *id = visitor_of(entry);
	struct stamp stamp = stamp_of(entry);
	if (!id[0])
		return;
	bool is_best = !order->visitor[0] || number > order->visitor_version ||
		       (number == order->visitor_version &&
			is_better(is_client, &stamp, order->visitor_is_client, &order->visitor_stamp));
	if (!is_best)
		return;
	text_copy(order->visitor, sizeof(order->visitor), id);
	order->visitor_version = number;
	order->visitor_is_client = is_client;
	order->visitor_stamp = stamp;
}

static struct version *version_at(struct order *order, uint32_t number, bool *is_new)
{
	size_t at = 0;
	while (at < order->version_count && order->versions[at].number < number)
		at++;
	*is_new = at == order->version_count || order->versions[at].number != number;
	if (*is_new) {
		order->versions = conversions_insert(order->versions, &order->version_count,
						     sizeof(*order->versions), at);
		order->versions[at].number = number;
	}
	return &order->versions[at];
}

static void take_order(struct conversions *conversions, const Utarg__V1__JournalEntry *entry,
		       const Utarg__V1__Order *content)
{
	const bool is_client = entry->origin == UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	struct stamp stamp = stamp_of(entry);
	bool is_new;
	if (!content->order_id[0] || strlen(content->order_id) >= ID_SIZE)
		return;
	struct order *order = order_at(conversions, content->order_id);
	struct version *version = version_at(order, content->order_version, &is_new);
	order->is_denied = order->is_denied || denies_marketing(entry->event);
	take_visitor(order, entry, content->order_version, is_client);
	if (is_new || stamp.t_ms < version->since_ms)
		version->since_ms = stamp.t_ms;
	if (!is_new && !is_better(is_client, &stamp, version->is_client, &version->stamp))
		return;
	version->is_client = is_client;
	version->stamp = stamp;
	version->placed_ms = content->placed_at_ms ? content->placed_at_ms : stamp.t_ms;
	version->is_cancelled = content->status == UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	text_copy(version->currency, sizeof(version->currency), content->currency);
	version->value = order_value_of(content);
}

static Utarg__V1__Refund *copy_refund(const Utarg__V1__Refund *refund)
{
	size_t size = utarg__v1__refund__get_packed_size(refund);
	uint8_t *packed = conversions_get(size + 1);
	utarg__v1__refund__pack(refund, packed);
	Utarg__V1__Refund *copy = utarg__v1__refund__unpack(NULL, size, packed);
	free(packed);
	if (copy == NULL)
		abort(); // it was one a moment ago
	return copy;
}

static int compare_refunds(const struct refund *a, int64_t t_ms, const char *id)
{
	if (a->stamp.t_ms != t_ms)
		return a->stamp.t_ms < t_ms ? -1 : 1;
	return strcmp(a->content->refund_id, id);
}

// One id is one refund: its better copy.
static bool drop_worse_refund(struct order *order, const char *id, bool is_client, const struct stamp *stamp)
{
	for (size_t i = 0; i < order->refund_count; i++) {
		struct refund *known = &order->refunds[i];
		if (strcmp(known->content->refund_id, id) != 0)
			continue;
		if (!is_better(is_client, stamp, known->is_client, &known->stamp))
			return false;
		utarg__v1__refund__free_unpacked(known->content, NULL);
		memmove(known, known + 1, (order->refund_count - i - 1) * sizeof(*known));
		order->refund_count--;
		return true;
	}
	return true;
}

static void take_refund(struct conversions *conversions, const Utarg__V1__JournalEntry *entry,
			const Utarg__V1__Refund *content)
{
	const bool is_client = entry->origin == UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	struct stamp stamp = stamp_of(entry);
	size_t at = 0;
	if (!content->order_id[0] || strlen(content->order_id) >= ID_SIZE)
		return;
	struct order *order = order_at(conversions, content->order_id);
	if (!drop_worse_refund(order, content->refund_id, is_client, &stamp))
		return;
	while (at < order->refund_count &&
	       compare_refunds(&order->refunds[at], stamp.t_ms, content->refund_id) < 0)
		at++;
	order->refunds =
		conversions_insert(order->refunds, &order->refund_count, sizeof(*order->refunds), at);
	order->refunds[at].stamp = stamp;
	order->refunds[at].is_client = is_client;
	order->refunds[at].content = copy_refund(content);
}

static void cancel(struct order *order, int64_t t_ms)
{
	if (!order->is_cancelled || t_ms < order->cancelled_ms)
		order->cancelled_ms = t_ms;
	order->is_cancelled = true;
}

void conversions_take(struct conversions *conversions, const Utarg__V1__JournalEntry *entry)
{
	const Utarg__V1__Event *event = entry->event;
	if (event == NULL || event->test)
		return;
	take_click(conversions, entry);
	switch (event->body_case) {
	case UTARG__V1__EVENT__BODY_PURCHASE:
		take_order(conversions, entry, event->purchase);
		break;
	case UTARG__V1__EVENT__BODY_ORDER_UPDATED:
		take_order(conversions, entry, event->order_updated);
		break;
	case UTARG__V1__EVENT__BODY_REFUND:
		take_refund(conversions, entry, event->refund);
		break;
	case UTARG__V1__EVENT__BODY_ORDER_CANCELLED:
		if (event->order_cancelled->order_id[0] && strlen(event->order_cancelled->order_id) < ID_SIZE)
			cancel(order_at(conversions, event->order_cancelled->order_id), entry->event_time_ms);
		break;
	case UTARG__V1__EVENT__BODY_CONSENT_UPDATE:
		take_consent(conversions, entry);
		break;
	default:
		break;
	}
}
