// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The door: which keys the service has, who is known, whose rights a request has, who may hear what. The bus
// says by which key a message came (and nothing in the message does); what that key may is in the table of
// principals. Where the table comes from is not known here (common/keyring).
//
// A subscription that is not allowed is silent, as libzmq's subscribers expect, and counted; who wants the
// reason asks for a snapshot of it. What is no longer allowed ends by opening the XPUB anew: libzmq cannot
// cut one connection, and who still may is back within milliseconds.
#include "common/svc/internal.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 250, // how often connections and expiries are looked at
	BAN_MS = 60000,
};

// ---- keys ----------------------------------------------------------------------------------------------

static bool read_server_key(struct svc *svc, struct err *e)
{
	const char *path = conf_text(svc->conf, "server-key-file");
	struct bus_cert server;
	if (!*path)
		return err_field(e, ERR_MISSING_FIELD, "server-key-file",
				 "server-key-file is not set: without keys nothing is opened");
	if (!bus_cert_read(path, &server, e))
		return err_prefix(e, "server-key-file");
	const bool started = bus_guard_start(svc->bus, &server, e);
	bus_cert_wipe(&server);
	return started || err_prefix(e, "server-key-file");
}

static bool read_own_key(struct svc *svc, struct err *e)
{
	const char *path = conf_text(svc->conf, "key-file");
	struct bus_cert own;
	if (!*path)
		return true; // asks nobody
	if (!bus_cert_read(path, &own, e))
		return err_prefix(e, "key-file");
	const bool identified = bus_identify(svc->bus, &own, e);
	text_copy(svc->own_key, sizeof(svc->own_key), own.public_key);
	bus_cert_wipe(&own);
	return identified || err_prefix(e, "key-file");
}

bool svc_door_open(struct svc *svc, struct err *e)
{
	svc->audience = audience_create();
	if (!read_server_key(svc, e) || !read_own_key(svc, e))
		return false;
	// Until the table comes it can be asked how it is, by whoever has its own key, and nobody is refused
	// for good: INT64_MIN is before every question.
	svc_admit(svc, principals_create(), INT64_MIN);
	return true;
}

void svc_door_close(struct svc *svc)
{
	audience_destroy(svc->audience);
	principals_destroy(svc->principals);
}

// ---- who -----------------------------------------------------------------------------------------------

// Whoever came by this service's own key before the table had its number keeps the one of add_self.
static const struct principal *find(const struct svc *svc, uint32_t user)
{
	uint8_t own[PRINCIPAL_KEY_BYTES];
	if (!svc->principals)
		return NULL;
	if (user == PRINCIPAL_ID_MAX && bus_key_decode(svc->own_key, own))
		return principals_with_key(svc->principals, own);
	return principals_find(svc->principals, user);
}

const struct principal *svc_door_who(const struct svc *svc, struct slice on_behalf_of, struct err *e)
{
	const struct principal *who = find(svc, bus_sender(svc->router).user);
	if (!principal_is_good(who, svc->round_wall_ms, e))
		return NULL;
	if (on_behalf_of.size == 0)
		return who;
	if (!permit_kinds[who->kind].is_trusted) {
		err_field(e, ERR_FORBIDDEN, "on_behalf_of",
			  "the key of %s is no service's: it speaks for itself", who->name);
		return NULL;
	}
	const struct principal *other = principals_named(svc->principals, on_behalf_of, svc->round_wall_ms);
	if (!other)
		err_field(e, ERR_FORBIDDEN, "on_behalf_of", "nobody with a valid key is called \"%.*s\"",
			  on_behalf_of.size < 60 ? (int)on_behalf_of.size : 60,
			  (const char *)on_behalf_of.data);
	return other;
}

bool svc_door_trusts(const struct svc *svc)
{
	const struct principal *who = find(svc, bus_sender(svc->router).user);
	return who && permit_kinds[who->kind].is_trusted;
}

// ---- subscriptions -------------------------------------------------------------------------------------

static void tell(struct svc *svc, struct slice prefix, bool subscribed)
{
	stats_add(&svc_counters[subscribed ? SVC_COUNT_SUBSCRIPTIONS : SVC_COUNT_UNSUBSCRIPTIONS], 1);
	if (svc->subscription_changed)
		svc->subscription_changed(svc->subscription_context, prefix, subscribed);
}

static void nobody_left(void *context, struct slice prefix)
{
	tell(context, prefix, false);
}

// All connections of the XPUB end; audience and libzmq both start from nothing.
static void reopen(struct svc *svc, const char *why)
{
	struct err e = {0};
	stats_add(&svc_counters[SVC_COUNT_REOPENED], 1);
	log_warn("publish_port_reopened", LOG_STR("reason", why));
	audience_clear(svc->audience, nobody_left, svc);
	if (bus_rebind(svc->xpub, &e))
		return;
	log_error("publish_port_lost", LOG_STR("reason", e.text));
	svc->is_unguarded = true; // started again, the service opens it
}

static bool is_allowed(const struct svc *svc, uint32_t user, struct slice prefix, struct err *e)
{
	const struct principal *who = find(svc, user);
	return principal_is_good(who, clock_now_ms(), e) && principal_may_hear(who, prefix, e);
}

static void subscribe(struct svc *svc, struct bus_sender sender, struct slice prefix)
{
	struct err e = {0};
	if (is_allowed(svc, sender.user, prefix, &e) &&
	    (audience_add(svc->audience, sender.connection, sender.user, prefix) ||
	     err_set(&e, ERR_TOO_MANY, "more subscriptions than one may have")) &&
	    bus_grant(svc->xpub, prefix, &e)) {
		tell(svc, prefix, true);
		return;
	}
	stats_add(&svc_counters[SVC_COUNT_DENIED_SUBSCRIPTIONS], 1);
	log_debug("subscription_denied", LOG_UINT("key_id", sender.user), LOG_STR("text", e.text));
}

static void unsubscribe(struct svc *svc, struct bus_sender sender, struct slice prefix)
{
	struct err e = {0};
	// Nobody's: one of those libzmq makes for a connection that left. Those are in bus_event.
	if (sender.user == 0 || !audience_has(svc->audience, sender.connection, prefix))
		return;
	bus_withdraw(svc->xpub, prefix, &e);
	if (audience_remove(svc->audience, sender.connection, prefix))
		tell(svc, prefix, false);
}

static void take_events(struct svc *svc)
{
	struct bus_event event;
	while (bus_event(svc->router, &event))
		; // counted on the way
	while (bus_event(svc->xpub, &event))
		audience_leave(svc->audience, event.connection, nobody_left, svc);
}

// Something on the publish port that is no subscription. libzmq then gives the next subscriber's grant to
// another connection (seen with 4.3.4), so nothing that is queued behind it may be granted.
static void expel(struct svc *svc, uint32_t user)
{
	stats_add(&svc_counters[SVC_COUNT_BAD_SUBSCRIPTIONS], 1);
	log_warn("bad_subscription", LOG_UINT("key_id", user), LOG_INT("kept_out_ms", BAN_MS));
	if (user)
		bus_guard_ban(svc->bus, user, BAN_MS);
	reopen(svc, "a message that is no subscription");
}

void svc_door_subscriptions(struct svc *svc)
{
	struct slice payload;
	// Who left goes first, so that a descriptor's number is not taken for its earlier owner.
	take_events(svc);
	for (int i = 0; i < SVC_ROUND_MESSAGES; i++) {
		const enum bus_receive received = bus_receive(svc->xpub, NULL, NULL, &payload);
		const struct bus_sender sender = bus_sender(svc->xpub);
		if (received == BUS_NOTHING)
			return;
		if (received == BUS_BROKEN) {
			expel(svc, sender.user);
			return;
		}
		const struct slice prefix = {payload.data + 1, payload.size - 1};
		if (payload.data[0] == 1)
			subscribe(svc, sender, prefix);
		else
			unsubscribe(svc, sender, prefix);
	}
}

// ---- changes -------------------------------------------------------------------------------------------

static bool hears_too_much(void *context, uint32_t user, struct slice prefix)
{
	return !is_allowed(context, user, prefix, NULL);
}

static bool is_gone(void *context, uint32_t user, struct slice prefix)
{
	(void)prefix;
	return !principal_is_good(find(context, user), clock_now_ms(), NULL);
}

static void tell_guard(struct svc *svc, int64_t as_of_ms)
{
	const size_t count = principals_count(svc->principals);
	struct bus_key *keys = calloc(count + 1, sizeof(*keys));
	if (!keys)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct principal *who = principals_at(svc->principals, i);
		keys[i] = (struct bus_key){.user = who->key_id,
					   .expires_at_ms = who->expires_at_ms,
					   .is_revoked = who->is_revoked};
		static_assert(sizeof(keys[i].public_key) == sizeof(who->public_key), "one kind of key");
		memcpy(keys[i].public_key, who->public_key, sizeof(who->public_key));
	}
	bus_guard_set(svc->bus, keys, count, as_of_ms);
	free(keys);
}

// Who has this service's own key may ask how it is, also when the database cannot tell who that is: a health
// check in the same container, an operator on the same machine. A row in the table says more, or that it was
// revoked.
static void add_self(const struct svc *svc, struct principals *principals)
{
	static const char *const may[] = {"admin.read"};
	struct principal_facts facts = {.key_id = PRINCIPAL_ID_MAX,
					.name = svc_ports[svc->definition->name].name,
					.kind = PERMIT_TOOL,
					.may = may,
					.may_count = 1};
	if (bus_key_decode(svc->own_key, facts.public_key) &&
	    !principals_with_key(principals, facts.public_key))
		principals_add(principals, &facts, NULL);
}

void svc_admit(struct svc *svc, struct principals *principals, int64_t as_of_ms)
{
	add_self(svc, principals);
	principals_destroy(svc->principals);
	svc->principals = principals;
	// The guard first: who is cut now must not come back in.
	tell_guard(svc, as_of_ms);
	log_debug("keys", LOG_UINT("count", principals_count(principals)));
	if (svc->xpub && audience_any(svc->audience, hears_too_much, svc))
		reopen(svc, "a key was revoked, or may no longer hear what it hears");
}

void svc_admit_checked(struct svc *svc, int64_t as_of_ms)
{
	bus_guard_checked(svc->bus, as_of_ms);
}

static void look(void *context)
{
	struct svc *svc = context;
	take_events(svc);
	if (!bus_guard_is_alive(svc->bus))
		svc->is_unguarded = true;
	else if (audience_any(svc->audience, is_gone, svc))
		reopen(svc, "a key has expired");
}

bool svc_door_watch(struct svc *svc, struct err *e)
{
	return svc_timer(svc, LOOK_MS, look, svc, e);
}
