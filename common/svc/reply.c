// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Answers and publications: packed once, straight into the outgoing message. An answer that cannot be
// delivered is counted and forgotten; its asker sends the same ids again.
#include "common/svc/internal.h"

#include "common/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool same_ticket(const struct svc_ticket *a, const struct svc_ticket *b)
{
	return a->request_id == b->request_id && a->peer.size == b->peer.size &&
	       memcmp(a->peer.bytes, b->peer.bytes, a->peer.size) == 0;
}

static void count_undelivered(enum err_code why)
{
	stats_add(&svc_counters[why == ERR_BUSY ? SVC_COUNT_REPLIES_DROPPED : SVC_COUNT_UNREACHABLE], 1);
}

static void count_outcome(const Utarg__V1__Reply *reply)
{
	const int code = reply->status ? (int)reply->status->code : ERR_OK;
	if (code >= 0 && code < ERR_CODE_COUNT)
		stats_add(&svc_outcomes[code], 1);
}

static void send_packed(struct svc *svc, const struct svc_ticket *ticket, const Utarg__V1__Reply *reply,
			size_t size)
{
	struct err e = {0};
	uint8_t *room = bus_prepare(svc->router, size);
	if (!room) {
		count_undelivered(ERR_BUSY);
		return;
	}
	const size_t written = utarg__v1__reply__pack(reply, room);
	assert(written == size);
	if (bus_send_prepared(svc->router, &ticket->peer, &e))
		stats_add(&svc_counters[SVC_COUNT_REPLIES], 1);
	else
		count_undelivered(e.code);
}

void svc_reply(struct svc *svc, const struct svc_ticket *ticket, Utarg__V1__Reply *reply)
{
	Utarg__V1__Status ok = UTARG__V1__STATUS__INIT;
	const bool bare = !reply->status;

	if (bare)
		reply->status = &ok;
	reply->request_id = ticket->request_id;
	const size_t size = utarg__v1__reply__get_packed_size(reply);
	// Every peer has our own limit at least; a larger frame would cut its connection.
	if (size > (size_t)bus_limits_default.max_message_bytes) {
		struct err e = {0};
		err_set(&e, ERR_TOO_LARGE, "the answer has %zu bytes, at most %d can be sent: ask for less",
			size, bus_limits_default.max_message_bytes);
		svc_refuse(svc, ticket, &e);
	} else {
		if (svc->current.ticket && same_ticket(svc->current.ticket, ticket))
			svc->current.answered = true;
		count_outcome(reply);
		send_packed(svc, ticket, reply, size);
	}
	if (bare)
		reply->status = NULL;
}

void svc_reply_error(struct svc *svc, const struct svc_ticket *ticket, const struct err *e,
		     uint32_t retry_after_ms)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__Status status = UTARG__V1__STATUS__INIT;
	char text[ERR_TEXT_SIZE + ERR_FIELD_SIZE + 4];
	const char *sentence = err_public(e);

	// The sentence may name the field already; the person must see it in any case.
	if (e->field[0] && !strstr(sentence, e->field))
		snprintf(text, sizeof(text), "%s: %s", e->field, sentence);
	else
		snprintf(text, sizeof(text), "%s", sentence);
	status.code = (Utarg__V1__Code)e->code;
	status.message = text;
	status.retry_after_ms = retry_after_ms;
	reply.status = &status;
	svc_reply(svc, ticket, &reply);
}

void svc_refuse(struct svc *svc, const struct svc_ticket *ticket, const struct err *e)
{
	static const struct {
		enum err_code code;
		uint32_t retry_after_ms;
	} hints[] = {{ERR_BUSY, 200}, {ERR_DRAINING, 1000}, {ERR_STORAGE_LOW, 5000}};
	uint32_t retry_after_ms = 0;

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].code == e->code)
			retry_after_ms = hints[i].retry_after_ms;
	svc_reply_error(svc, ticket, e, retry_after_ms);
}

bool svc_publish(struct svc *svc, const char *topic, const ProtobufCMessage *message, struct err *e)
{
	assert(svc->xpub);
	const size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *room = bus_prepare(svc->xpub, size);
	if (!room)
		return err_set(e, ERR_BUSY, "no memory for a message of %zu bytes", size);
	const size_t written = protobuf_c_message_pack(message, room);
	assert(written == size);
	if (!bus_publish_prepared(svc->xpub, topic, e))
		return false;
	stats_add(&svc_counters[SVC_COUNT_PUBLISHED], 1);
	return true;
}
