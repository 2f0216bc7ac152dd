// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The asking side: one DEALER to one service, requests with ids, replies matched by id, deadlines kept
// here. Used by the command line and by services that ask each other. One thread, no retries: the caller
// decides what a missing answer means (for a publisher: send the same ids again).
#pragma once

#include "common/base/err.h"
#include "common/bus/bus.h"

#include "utarg/v1/service.pb-c.h"

struct client;

// Connects lazily: a service that is down shows as BUSY from client_call ("no answer from ingest at
// tcp://... within 5000 ms").
struct client *client_create(struct bus *bus, const char *service, const char *endpoint, struct err *e);
void client_destroy(struct client *client);
// For svc_watch of a service that asks without waiting: when it is readable, client_receive(client, 0).
struct bus_socket *client_socket(const struct client *client);

// Sends a request (request_id is set here) and waits for its reply. A status other than OK is an error with
// its code and message. Without a deadline of its own the request gets timeout_ms. The reply is the caller's:
// client_reply_free; it is NULL on failure.
bool client_call(struct client *client, Utarg__V1__Request *request, int64_t timeout_ms,
		 Utarg__V1__Reply **reply, struct err *e);
// Window style: send without waiting; *request_id gets the id.
bool client_send(struct client *client, Utarg__V1__Request *request, uint64_t *request_id, struct err *e);
// The next reply within timeout_ms (0: only if it is there), whatever its status; NULL when none came.
Utarg__V1__Reply *client_receive(struct client *client, int64_t timeout_ms);
void client_reply_free(Utarg__V1__Reply *reply);
