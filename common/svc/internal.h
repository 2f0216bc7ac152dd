// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of this room share. Nobody outside common/svc includes it.
//
// svc.c: life and loop; conf.c: ports, keys, endpoints; signals.c; door.c: who is known and who may hear
// what; dispatch.c: from a frame to a handler; reply.c: answers and publications; admin.c: what every service
// answers; counters.c. Pure: permit.c, principal.c, hear.c, audience.c.
#pragma once

#include "common/bus/guard.h"
#include "common/svc/audience.h"
#include "common/svc/envelope.h"
#include "common/svc/svc.h"

#include <signal.h>

enum {
	SVC_TIMER_MAX = 16,
	SVC_WATCH_MAX = 32,
	SVC_HOOK_MAX = 8,
	SVC_REASON_SIZE = 256,
	// One round hands out at most so much, so that signals, timers and batching hooks get their turn.
	SVC_ROUND_MESSAGES = 1024,
	SVC_ROUND_MS = 50,
	SVC_GATHER_MS = 1,
	SVC_DRAIN_MS = 10000,
	SVC_DRAIN_POLL_MS = 20,
};

struct svc_timer_row {
	int64_t period_ms;
	int64_t next_at_ms; // monotonic
	void (*tick)(void *context);
	void *context;
};

struct svc_watch_row {
	struct bus_socket *socket; // the caller's; NULL: fd
	int fd;
	void (*ready)(void *context);
	void *context;
};

struct svc_hook_row {
	void (*call)(void *context);
	void *context;
};

// The request whose handler runs now, to see whether it answered by itself.
struct svc_current {
	const struct svc_ticket *ticket;
	bool answered;
};

// created -> running -> draining -> (svc_run returns) -> destroyed
struct svc {
	const struct svc_definition *definition;
	const struct conf_row *tables[3];
	struct conf *conf;
	struct bus *bus;
	struct bus_socket *router;
	struct bus_socket *xpub;
	struct principals *principals; // NULL: nobody is known yet
	struct audience *audience;
	char own_key[BUS_Z85_SIZE]; // public half of key-file, "": none
	bool is_unguarded;          // the key handler is gone: nobody can come in any more
	struct arena arena;
	uint64_t incarnation;

	int signal_fd;
	sigset_t old_mask; // put back by svc_destroy

	void *context; // of the handlers
	const struct svc_route *by_body[ENVELOPE_BODY_END];
	struct svc_current current;

	struct svc_timer_row timers[SVC_TIMER_MAX];
	size_t timer_count;
	struct svc_watch_row watches[SVC_WATCH_MAX];
	size_t watch_count;
	struct svc_hook_row hooks[SVC_HOOK_MAX];
	size_t hook_count;
	void (*subscription_changed)(void *context, struct slice prefix, bool subscribed);
	void *subscription_context;
	void (*drain_begin)(void *context);
	bool (*drain_is_idle)(void *context);
	void *drain_context;

	bool again;
	bool gather;     // requests may gather before the next round
	bool input_left; // the last round stopped before the ROUTER was empty
	bool ready;
	enum err_code unready_code;
	char reason[SVC_REASON_SIZE];
	int64_t drain_until_ms; // monotonic; 0: not draining
	int64_t round_at_ms;    // monotonic, when this round began
	int64_t round_wall_ms;
};

// conf.c
// bind-host is an IPv4 address: a name could be another machine tomorrow.
bool svc_check_bind(const struct conf *conf, struct err *e);
bool svc_bind_endpoint(const struct conf *conf, enum svc_name name, bool publish, char *out, size_t out_size);

// signals.c
bool svc_signals_open(struct svc *svc, struct err *e);
void svc_signals_close(struct svc *svc);
void svc_signals_take(struct svc *svc); // the first SIGTERM or SIGINT drains, the second exits at once

// door.c
bool svc_door_open(struct svc *svc, struct err *e);  // reads the keys, sets the guard
bool svc_door_watch(struct svc *svc, struct err *e); // once the sockets are there
void svc_door_close(struct svc *svc);
void svc_door_subscriptions(struct svc *svc);
// Whose rights a request has: of the key it came with, or of whom a service asks for. UNAUTHENTICATED or
// FORBIDDEN.
const struct principal *svc_door_who(const struct svc *svc, struct slice on_behalf_of, struct err *e);
// Whether the key it came with is a service's.
bool svc_door_trusts(const struct svc *svc);

// dispatch.c
void svc_dispatch_init(struct svc *svc); // fills by_body
void svc_dispatch_round(struct svc *svc);

// reply.c
// Sends e with the retry hint that goes with its code.
void svc_refuse(struct svc *svc, const struct svc_ticket *ticket, const struct err *e);

// admin.c
extern const struct svc_route svc_admin_routes[]; // ends with body 0; their context is the svc

// counters.c
enum svc_counter {
	SVC_COUNT_REQUESTS,
	SVC_COUNT_REPLIES,
	SVC_COUNT_BAD_FRAMES,
	SVC_COUNT_UNREACHABLE,
	SVC_COUNT_REPLIES_DROPPED,
	SVC_COUNT_REPLIES_LOST,
	SVC_COUNT_PUBLISHED,
	SVC_COUNT_SUBSCRIPTIONS,
	SVC_COUNT_UNSUBSCRIPTIONS,
	SVC_COUNT_BAD_SUBSCRIPTIONS,
	SVC_COUNT_DENIED_SUBSCRIPTIONS,
	SVC_COUNT_REOPENED,
	SVC_COUNT_KEYS,
	SVC_COUNT_READY,
	SVC_COUNT_DRAINING,
	SVC_COUNT_UPTIME_SECONDS,
	SVC_COUNT_OUTBOX_BYTES,
	SVC_COUNTER_COUNT
};
extern struct stats_row svc_counters[SVC_COUNTER_COUNT];
extern struct stats_row svc_outcomes[ERR_CODE_COUNT]; // requests answered, by code
void svc_counters_init(void);
void svc_counters_refresh(const struct svc *svc); // the gauges
