// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From a frame to its handler: envelope, who asks, route, drain and deadline, permission, texts, decoding
// into the arena, shop, call. Each step refuses with its own code. What a request means is the handler's
// business alone.
#include "common/svc/internal.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <assert.h>

static void add_routes(struct svc *svc, const struct svc_route *routes)
{
	for (; routes && routes->body; routes++) {
		assert(routes->body >= ENVELOPE_BODY_FIRST && routes->body < ENVELOPE_BODY_END);
		assert(!svc->by_body[routes->body] && routes->handle && routes->name);
		svc->by_body[routes->body] = routes;
	}
}

void svc_dispatch_init(struct svc *svc)
{
	add_routes(svc, svc_admin_routes);
	add_routes(svc, svc->definition->routes);
}

static bool is_admin(const struct svc_route *route)
{
	for (const struct svc_route *admin = svc_admin_routes; admin->body; admin++)
		if (admin == route)
			return true;
	return false;
}

static const struct svc_route *find_route(const struct svc *svc, const struct svc_ticket *ticket,
					  uint32_t body, struct err *e)
{
	const struct svc_route *route = body < ENVELOPE_BODY_END ? svc->by_body[body] : NULL;
	const char *service = svc_ports[svc->definition->name].name;

	if (!route) {
		err_set(e, ERR_UNKNOWN_TYPE, "%s has no request with number %u", service, body);
		return NULL;
	}
	if (svc_is_draining(svc) && !route->while_draining) {
		err_set(e, ERR_DRAINING, "%s is shutting down", service);
		return NULL;
	}
	if (ticket->deadline_at_ms && clock_monotonic_ms() > ticket->deadline_at_ms) {
		err_set(e, ERR_BUSY, "the deadline of %s passed before it was started", route->name);
		return NULL;
	}
	return route;
}

// The shop a decoded body names. An empty one is for the handler to complain about.
static bool check_shop(const struct svc_route *route, const struct svc_request *request, struct err *e)
{
	char *const *shop;
	if (!route->shop_at)
		return true;
	shop = (char *const *)(const void *)((const char *)request->body + route->shop_at);
	return !**shop || principal_has_shop(request->who, *shop, e);
}

static bool decode(struct svc *svc, const struct svc_route *route, struct svc_request *request, struct err *e)
{
	if (!route->request)
		return true;
	if (!envelope_check_texts(route->request, request->raw, e))
		return false;
	request->body = protobuf_c_message_unpack(route->request, &svc->arena.allocator, request->raw.size,
						  request->raw.data);
	if (request->body)
		return true;
	if (svc->arena.exhausted)
		return err_set(e, ERR_TOO_LARGE, "the body of %s takes more than %zu bytes when decoded",
			       route->name, svc->arena.size);
	return err_set(e, ERR_BAD_PROTO, "the body of %s does not decode", route->name);
}

static void send_answer(struct svc *svc, const struct svc_route *route, const struct svc_request *request,
			Utarg__V1__Reply *reply)
{
	struct err e = {0};
	// A handler that ran out of arena cannot have answered in full.
	if (svc->arena.exhausted) {
		err_set(&e, ERR_TOO_LARGE, "the answer to %s takes more than %zu bytes: ask for less",
			route->name, svc->arena.size);
		svc_refuse(svc, &request->ticket, &e);
		return;
	}
	svc_reply(svc, &request->ticket, reply);
}

static void send_failure(struct svc *svc, const struct svc_route *route, const struct svc_request *request,
			 struct err *e)
{
	assert(!svc->current.answered);
	if (e->code == ERR_OK)
		err_set(e, ERR_INTERNAL, "%s failed without a reason", route->name);
	if (e->code == ERR_INTERNAL || e->is_inside)
		log_error("request_failed", LOG_STR("request", route->name), LOG_STR("text", e->text));
	svc_refuse(svc, &request->ticket, e);
}

static void call(struct svc *svc, const struct svc_route *route, const struct svc_request *request)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__Status status = UTARG__V1__STATUS__INIT;
	struct err e = {0};

	reply.request_id = request->ticket.request_id;
	reply.status = &status;
	svc->current = (struct svc_current){.ticket = &request->ticket};
	const enum svc_outcome outcome =
		route->handle(is_admin(route) ? svc : svc->context, request, &reply, &e);
	if (outcome == SVC_REPLIED && !svc->current.answered)
		send_answer(svc, route, request, &reply);
	else if (outcome == SVC_FAILED)
		send_failure(svc, route, request, &e);
	svc->current = (struct svc_current){0};
}

static void dispatch_message(struct svc *svc, const struct bus_peer *peer, struct slice payload)
{
	struct envelope envelope;
	struct err e = {0};
	const bool scanned = envelope_scan(payload, &envelope, &e);
	struct svc_request request = {
		.ticket = {.peer = *peer,
			   .request_id = envelope.request_id,
			   .received_at_ms = svc->round_wall_ms,
			   .deadline_at_ms =
				   envelope.deadline_ms ? svc->round_at_ms + envelope.deadline_ms : 0},
		.raw = envelope.body_bytes,
		.arena = &svc->arena,
	};
	const struct svc_route *route = NULL;
	struct err stranger = {0};

	// Who is nobody hears nothing else, whatever it sent.
	request.who = svc_door_who(svc, envelope.on_behalf_of, &stranger);
	if (!request.who)
		e = stranger;
	else if (scanned)
		route = find_route(svc, &request.ticket, envelope.body, &e);
	arena_reset(&svc->arena);
	if (route && principal_may(request.who, route->permission, &e) && decode(svc, route, &request, &e) &&
	    check_shop(route, &request, &e)) {
		request.principal = request.who->name;
		call(svc, route, &request);
		return;
	}
	log_debug("request_refused", LOG_STR("code", err_name(e.code)), LOG_STR("text", e.text));
	svc_refuse(svc, &request.ticket, &e);
}

static void refuse_frames(struct svc *svc, const struct bus_peer *peer)
{
	struct err e = {0};
	const struct svc_ticket ticket = {.peer = *peer};

	stats_add(&svc_counters[SVC_COUNT_BAD_FRAMES], 1);
	if (!peer->size)
		return; // its routing id is too long to be kept: there is nobody to answer
	err_set(&e, ERR_BAD_FRAME, "a request is one frame that is not empty");
	svc_refuse(svc, &ticket, &e);
}

void svc_dispatch_round(struct svc *svc)
{
	struct bus_peer peer;
	struct slice payload;

	svc->input_left = true;
	for (int i = 0; i < SVC_ROUND_MESSAGES; i++) {
		const enum bus_receive received = bus_receive(svc->router, &peer, NULL, &payload);
		if (received == BUS_NOTHING) {
			svc->input_left = false;
			return;
		}
		stats_add(&svc_counters[SVC_COUNT_REQUESTS], 1);
		if (received == BUS_BROKEN)
			refuse_frames(svc, &peer);
		else
			dispatch_message(svc, &peer, payload);
		if (clock_monotonic_ms() - svc->round_at_ms > SVC_ROUND_MS)
			return;
	}
}
