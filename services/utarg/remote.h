// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The command line as a client of the services: where they are and asking them. Where: the environment
// (UTARG_<SERVICE>_HOST), --port-offset or UTARG_PORT_OFFSET, else what the instance's state.json says. With
// which key: --key-file, UTARG_KEY_FILE, else the instance's secrets/operator.key.
#pragma once

#include "common/bus/bus.h"
#include "common/bus/cert.h"
#include "common/client/client.h"
#include "common/publisher/publisher.h"
#include "common/svc/svc.h"
#include "services/utarg/cli.h"

struct remote; // bus and clients of one run, made on first use; belongs to the cli

enum { REMOTE_ENDPOINT_SIZE = 320, REMOTE_TIMEOUT_MS = 10000 };

void remote_destroy(struct remote *remote); // takes NULL
int remote_port_offset(struct cli *cli);
bool remote_endpoint(struct cli *cli, enum svc_name name, bool publish, char out[REMOTE_ENDPOINT_SIZE],
		     struct err *e);
// Asks with that service's own key, for what an operator may not say in its own name; before the first call.
// A key file that was given stays.
void remote_as_service(struct cli *cli, enum svc_name name);
// The services' public key, as the key file says.
bool remote_server_key(struct cli *cli, char out[BUS_Z85_SIZE], struct err *e);
struct bus *remote_bus(struct cli *cli, struct err *e); // NULL on failure
struct client *remote_client(struct cli *cli, enum svc_name name, struct err *e);
// Asks and waits; the reply is the caller's (client_reply_free). UNAVAILABLE services are BUSY.
bool remote_call(struct cli *cli, enum svc_name name, Utarg__V1__Request *request, Utarg__V1__Reply **reply,
		 struct err *e);
// The same, when only one kind of body answers the question; INTERNAL names `what` ("figures") when it is
// another.
bool remote_ask(struct cli *cli, enum svc_name name, Utarg__V1__Request *request,
		Utarg__V1__Reply__BodyCase wanted, const char *what, Utarg__V1__Reply **reply, struct err *e);
bool remote_call_within(struct cli *cli, enum svc_name name, Utarg__V1__Request *request, int64_t timeout_ms,
			Utarg__V1__Reply **reply, struct err *e);
// Whether the failure of a call is that nothing listens there.
bool remote_is_absent(const struct err *e);
// Whether the service answers and is ready; e says why not, with BUSY, STORAGE_LOW or DRAINING.
bool remote_ready(struct cli *cli, enum svc_name name, int64_t timeout_ms, struct err *e);
// A publisher to ingest. BUSY when that is not there or not ready; with an outbox it need not be there yet.
struct publisher *remote_publisher(struct cli *cli, const struct publisher_options *options, struct err *e);
bool remote_service_from_name(const char *name, enum svc_name *out, struct err *e);
// The service of an operand, or all when it is NULL or "all": fills out, returns the count, 0 on failure.
int remote_services(const char *name, enum svc_name out[SVC_COUNT], struct err *e);
// Conninfo of the instance's database for a role: --database, UTARG_DATABASE, else the instance's.
bool remote_database(struct cli *cli, const char *given, const char *role, char *out, size_t out_size,
		     struct err *e);
