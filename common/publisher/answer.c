// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What comes back: whose answer it is, which events it settles, and what is said of them. publisher.h has the
// rules.
#include "common/publisher/window.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/uuid.h"

#include "utarg/v1/service.pb-c.h"

#include <string.h>

// A code of a newer service counts as INTERNAL.
static enum err_code known_code(int code)
{
	return code >= 0 && code < ERR_CODE_COUNT ? (enum err_code)code : ERR_INTERNAL;
}

static bool is_later(enum err_code code)
{
	return code == ERR_BUSY || code == ERR_DRAINING || code == ERR_STORAGE_LOW || code == ERR_INTERNAL;
}

// The slot that still knows this request; *is_newest: of its transmissions.
static struct slot *find_slot(const struct publisher *p, uint64_t request_id, bool *is_newest)
{
	for (size_t i = 0; i < p->options.window; i++) {
		struct slot *slot = &p->slots[i];
		const size_t known = slot->sent_count < SLOT_IDS ? slot->sent_count : SLOT_IDS;
		for (size_t j = 0; j < known; j++) {
			if (slot->ids[j] != request_id)
				continue;
			*is_newest = slot->ids[(slot->sent_count - 1) % SLOT_IDS] == request_id;
			return slot;
		}
	}
	return NULL;
}

static struct slice slice_of_text(const char *text)
{
	return (struct slice){.data = (const uint8_t *)text, .size = strlen(text)};
}

// False: the outbox could not keep it, and it comes again.
static bool settle_in_outbox(struct publisher *p, const struct slot *slot, const struct item *item,
			     enum err_code code, const Utarg__V1__PublishResult *answer)
{
	struct err e = {0};
	if (item->number == 0)
		return true;
	p->has_settled = true;
	if (code == ERR_OK || code == ERR_DUPLICATE) {
		outbox_settle(p->options.outbox, item->number);
		return true;
	}
	struct record_refused refused = {
		.code = code,
		.field = slice_of_text(answer->field),
		.message = slice_of_text(answer->message),
		.event = {.origin = slot->origin,
			  .tag = item->tag,
			  .publication = {.data = item->bytes, .size = item->size}},
	};
	if (outbox_refuse(p->options.outbox, item->number, &refused, &e))
		return true;
	log_warn("outbox_cannot_refuse", LOG_UINT("number", item->number), LOG_STR("reason", e.text));
	return false;
}

static void report(struct publisher *p, const struct item *item, enum err_code code,
		   const Utarg__V1__PublishResult *answer)
{
	const struct publisher_result result = {
		.tag = item->tag,
		.number = item->number,
		.id = item->event.id.size == UUID_SIZE ? item->event.id.data : NULL,
		.code = code,
		.seq = answer->seq,
		.epoch = answer->epoch,
		.field = answer->field,
		.message = answer->message,
	};
	if (p->options.on_result)
		p->options.on_result(p->options.context, &result);
}

static void take_result(struct publisher *p, struct slot *slot, struct item *item,
			const Utarg__V1__PublishResult *answer)
{
	const enum err_code code = known_code((int)answer->code);
	if (item->is_settled || is_later(code))
		return;
	if (!epochs_take(&p->epochs, item->event.shop, answer->epoch)) {
		p->stats.stale_answers++;
		return;
	}
	if (!settle_in_outbox(p, slot, item, code, answer))
		return;
	item->is_settled = true;
	slot->settled_count++;
	slot->pause_ms = p->options.backoff_ms;
	p->progress_ms = clock_monotonic_ms();
	report(p, item, code, answer);
}

static void take_reply(struct publisher *p, struct slot *slot, bool is_newest, const Utarg__V1__Reply *reply)
{
	const enum err_code code = reply->status ? known_code((int)reply->status->code) : ERR_OK;
	const int64_t hint_ms = reply->status ? reply->status->retry_after_ms : 0;
	if (code == ERR_OK && (reply->body_case != UTARG__V1__REPLY__BODY_PUBLISH ||
			       reply->publish->n_results != slot->count)) {
		err_set(&p->failure, ERR_INTERNAL,
			"ingest answered with something else than one result an event");
	} else if (code == ERR_OK) {
		for (size_t i = 0; i < slot->count; i++)
			take_result(p, slot, &slot->items[i], reply->publish->results[i]);
	} else if (!is_later(code)) {
		err_set(&p->failure, code, "ingest refused a request: %.200s", reply->status->message);
	}
	if (slot->settled_count == slot->count)
		slot_free(slot);
	else if (is_newest) // an older transmission's answer leaves it to the newer one's
		slot_pause(p, slot, hint_ms);
}

bool answer_take(struct publisher *p, struct slice payload)
{
	Utarg__V1__Reply *reply = utarg__v1__reply__unpack(NULL, payload.size, payload.data);
	if (!reply)
		return false;
	bool is_newest = false;
	struct slot *slot = find_slot(p, reply->request_id, &is_newest);
	if (slot)
		take_reply(p, slot, is_newest, reply);
	else
		p->stats.late_answers++;
	utarg__v1__reply__free_unpacked(reply, NULL);
	return true;
}
