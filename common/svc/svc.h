// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A service's life: configuration, signals in the poll loop, timers, a dispatch table, publishing,
// draining, and the admin messages every service answers. A service's main() makes a svc, hands it its
// tables and runs it.
//
//   svc_create -> svc_serve / svc_timer / svc_watch -> svc_set_ready -> svc_run -> svc_destroy
//
// One thread runs the loop and everything called from it. A handler answers at once or keeps the
// svc_request's `ticket` and answers later.
#pragma once

#include "common/base/arena.h"
#include "common/base/conf.h"
#include "common/base/err.h"
#include "common/base/stats.h"
#include "common/base/text.h"
#include "common/bus/bus.h"
#include "common/svc/principal.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/service.pb-c.h"

struct svc;

// The services and their ports: one table for binders, clients and the command line.
enum svc_name { SVC_INGEST, SVC_METRICS, SVC_CAMPAIGN, SVC_COUNT };
struct svc_port_row {
	const char *name;   // "ingest"
	const char *binary; // "utarg-ingest"
	int request_port;   // ROUTER
	int publish_port;   // XPUB
};
extern const struct svc_port_row svc_ports[SVC_COUNT];

// Keys every service has: bind-host, port-offset, log-level, database, ingest-host, metrics-host,
// campaign-host, server-key-file, key-file. They are joined with the service's own.
extern const struct conf_row svc_conf[];
// "tcp://host:port" of a service's socket as a client sees it, by <name>-host and port-offset.
bool svc_endpoint(const struct conf *conf, enum svc_name name, bool publish, char *out, size_t out_size);

// Where to send an answer. A value: may be kept after the handler returned.
struct svc_ticket {
	struct bus_peer peer;
	uint64_t request_id;
	int64_t received_at_ms; // wall clock
	int64_t deadline_at_ms; // monotonic; 0: none
};

// One request on its way to its handler. body is decoded in the arena, or NULL when the row is raw;
// raw is the body's bytes either way. All of it lives until the handler returns.
struct svc_request {
	struct svc_ticket ticket;
	const ProtobufCMessage *body;
	struct slice raw;
	struct arena *arena;
	const struct principal
		*who; // whose rights count: of the connection's key, or on whose behalf a service asks
	const char *principal; // its name
	bool is_trusted;       // the connection's own key is a service's
};

// What a handler returns: SVC_REPLIED (it filled reply, or called svc_reply), SVC_LATER (it kept the ticket),
// or SVC_FAILED (e is sent as the status).
enum svc_outcome { SVC_REPLIED, SVC_LATER, SVC_FAILED };
// reply is initialised with request id and status OK; set its body (allocated in the arena).
typedef enum svc_outcome svc_handler(void *context, const struct svc_request *request,
				     Utarg__V1__Reply *reply, struct err *e);

struct svc_route {
	uint32_t body;                             // field number of Request.body
	const char *name;                          // for logs and counters: "publish"
	const ProtobufCMessageDescriptor *request; // NULL: raw, the handler slices it
	svc_handler *handle;
	enum permit permission;
	bool while_draining; // still answered after SIGTERM
	size_t shop_at; // offset of the decoded body's `char *shop`: checked too; 0: the handler sees to it
};

struct svc_definition {
	enum svc_name name;
	const struct conf_row *conf;      // own keys, may be NULL
	const struct svc_route *routes;   // ends with body 0
	struct stats_row *const *stats;   // pointers to single rows, ends with NULL; may be NULL
	size_t arena_bytes;               // a message's arena, 0: 8 MiB
	struct bus_limits request_limits; // max_message_bytes 0: defaults
};

// Reads the configuration, logs the start, blocks signals (SIGTERM, SIGINT and SIGHUP arrive in the loop,
// SIGPIPE is ignored), reads the keys and sets the guard at the door; without a server key it refuses to
// start. Prints help and exits 0 on --help. definition and context are borrowed for life.
struct svc *svc_create(const struct svc_definition *definition, int argc, char *const *argv, struct err *e);
void svc_destroy(struct svc *svc);
const struct conf *svc_conf_of(const struct svc *svc);
struct bus *svc_bus(const struct svc *svc);
uint64_t svc_incarnation(const struct svc *svc); // start of this process, us since 1970

// Who is known from now on; takes the table, which was read at as_of_ms (monotonic) or later. Connections of
// keys that are no longer good, or may no longer hear what they hear, end within a second. Nobody is known
// before the first call.
void svc_admit(struct svc *svc, struct principals *principals, int64_t as_of_ms);
// The table that is there was still right at as_of_ms.
void svc_admit_checked(struct svc *svc, int64_t as_of_ms);

// Binds the ROUTER and the XPUB of this service. context goes to every handler.
bool svc_serve(struct svc *svc, void *context, struct err *e);
// Calls back in the loop every period_ms (monotonic, no catching up), first after period_ms.
bool svc_timer(struct svc *svc, int64_t period_ms, void (*tick)(void *context), void *context, struct err *e);
// Calls back when a socket (of the caller's, borrowed) or descriptor is readable.
bool svc_watch(struct svc *svc, struct bus_socket *socket, int fd, void (*ready)(void *context),
	       void *context, struct err *e);
// Called after every round of the loop, when all that was readable has been handed out (for batching).
void svc_after_round(struct svc *svc, void (*hook)(void *context), void *context);
// Wakes the loop for another round at once instead of waiting (call from the loop's thread).
void svc_again(struct svc *svc);
// From a hook: what comes in until the next round could not be acted upon anyway, so requests may gather for
// up to a millisecond, unless something watched is ready before. Saves waking up for each of them.
void svc_let_gather(struct svc *svc, bool gather);
// Called once when draining begins; svc_run returns when `is_idle` says so or after 10 s. Either may be NULL.
void svc_on_drain(struct svc *svc, void (*begin)(void *context), bool (*is_idle)(void *context),
		  void *context);
// Called for each granted subscription (true) of a topic prefix on the XPUB, and when nobody is left who
// holds it (false).
void svc_on_subscription(struct svc *svc,
			 void (*changed)(void *context, struct slice prefix, bool subscribed), void *context);

// reason: a sentence while not ready; while ready, what does not work all the same, or NULL.
void svc_set_ready(struct svc *svc, bool ready, const char *reason);
// Not ready, for a cause with a code of its own; svc_set_ready says BUSY.
void svc_set_unready(struct svc *svc, enum err_code code, const char *reason);
bool svc_is_draining(const struct svc *svc);
void svc_drain(struct svc *svc); // as SIGTERM does
// Runs until drained; the exit code for main().
int svc_run(struct svc *svc);

// Answers a kept ticket. status code OK needs no text. Packs into the outgoing message; an unreachable peer
// is counted.
void svc_reply(struct svc *svc, const struct svc_ticket *ticket, Utarg__V1__Reply *reply);
void svc_reply_error(struct svc *svc, const struct svc_ticket *ticket, const struct err *e,
		     uint32_t retry_after_ms);
bool svc_publish(struct svc *svc, const char *topic, const ProtobufCMessage *message, struct err *e);
