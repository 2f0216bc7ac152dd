// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See doorbell.h.
#include "services/ingest/doorbell.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/ingest/counters.h"

#include "utarg/v1/ingest.pb-c.h"

static void publish(struct doorbell *doorbell, struct shop *shop)
{
	Utarg__V1__Doorbell body;
	const char *const segments[] = {"head", shop->slug, NULL};
	char topic[BUS_TOPIC_SIZE];
	struct err e = {0};

	if (fail_here(FAIL_INGEST_BELL))
		return;
	utarg__v1__doorbell__init(&body);
	body.shop = shop->slug;
	body.epoch = (uint64_t)shop->head.epoch;
	body.seq = (uint64_t)shop->head.seq;
	body.chain = (ProtobufCBinaryData){JOURNAL_DIGEST_SIZE, shop->head.chain};
	if (bus_topic(topic, segments) && svc_publish(doorbell->svc, topic, &body.base, &e))
		counter_add(COUNT_DOORBELLS, 1);
	else
		log_warn("doorbell_failed", LOG_STR("shop", shop->slug), LOG_STR("text", e.text));
}

void doorbell_ring(struct doorbell *doorbell, const char *slug, const struct journal_head *head)
{
	struct shop *shop = shops_find(doorbell->shops, slug);

	if (!shop)
		return;
	// With several writers the answers may come in another order than the commits.
	if (head->epoch < shop->head.epoch ||
	    (head->epoch == shop->head.epoch && head->seq <= shop->head.seq))
		return;
	shop->head = *head;
	shop->changed_at_ms = clock_monotonic_ms();
	if (!shop->is_recent) {
		shop->is_recent = true;
		shop->recent_next = doorbell->recent;
		doorbell->recent = shop;
	}
	publish(doorbell, shop);
}

void doorbell_again(void *context)
{
	struct doorbell *doorbell = context;
	int64_t now_ms = clock_monotonic_ms();
	struct shop **at = &doorbell->recent;

	while (*at) {
		struct shop *shop = *at;
		publish(doorbell, shop);
		if (now_ms - shop->changed_at_ms < DOORBELL_RECENT_MS) {
			at = &shop->recent_next;
			continue;
		}
		*at = shop->recent_next;
		shop->is_recent = false;
	}
}
