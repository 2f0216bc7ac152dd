// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One DEALER and the ids of what was asked on it. Calls have odd ids and windows even ones, so that the
// late reply to a call that was given up is told from one that somebody still waits for.
#include "common/client/client.h"

#include "common/base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { SERVICE_SIZE = 32, ENDPOINT_SIZE = 256, LINGER_MS = 200 };

// A window's reply that came while a call waited for its own.
struct kept_reply {
	struct kept_reply *next;
	Utarg__V1__Reply *reply;
};

struct client {
	char service[SERVICE_SIZE];
	char endpoint[ENDPOINT_SIZE];
	struct bus_socket *socket;
	uint64_t last_call_id;   // odd
	uint64_t last_window_id; // even
	uint64_t broken_count;
	struct kept_reply *first;
	struct kept_reply **last;
};

struct client *client_create(struct bus *bus, const char *service, const char *endpoint, struct err *e)
{
	// What has had no answer was promised to nobody: closing does not wait long for it.
	struct bus_limits limits = bus_limits_default;
	limits.linger_ms = LINGER_MS;

	struct client *client = calloc(1, sizeof(*client));
	if (!client) {
		err_set(e, ERR_INTERNAL, "no memory for a client");
		return NULL;
	}
	if (!text_copy(client->service, sizeof(client->service), service) ||
	    !text_copy(client->endpoint, sizeof(client->endpoint), endpoint)) {
		err_set(e, ERR_BAD_FIELD, "the endpoint of %s is too long", service);
		free(client);
		return NULL;
	}
	client->last = &client->first;
	client->last_call_id = (uint64_t)-1;
	client->socket = bus_open(bus, BUS_DEALER, endpoint, &limits, e);
	if (!client->socket) {
		free(client);
		return NULL;
	}
	return client;
}

static Utarg__V1__Reply *take_kept(struct client *client)
{
	struct kept_reply *kept = client->first;
	if (!kept)
		return NULL;
	Utarg__V1__Reply *reply = kept->reply;
	client->first = kept->next;
	if (!client->first)
		client->last = &client->first;
	free(kept);
	return reply;
}

void client_destroy(struct client *client)
{
	if (!client)
		return;
	Utarg__V1__Reply *reply;
	while ((reply = take_kept(client)))
		client_reply_free(reply);
	bus_socket_close(client->socket);
	free(client);
}

struct bus_socket *client_socket(const struct client *client)
{
	return client->socket;
}

static bool send_packed(struct client *client, const Utarg__V1__Request *request, struct err *e)
{
	const size_t size = utarg__v1__request__get_packed_size(request);
	if (size > (size_t)bus_limits_default.max_message_bytes)
		return err_set(e, ERR_TOO_LARGE, "a request has at most %d bytes, not %zu",
			       bus_limits_default.max_message_bytes, size);
	uint8_t *room = bus_prepare(client->socket, size);
	if (!room)
		return err_set(e, ERR_BUSY, "no memory for a request of %zu bytes", size);
	utarg__v1__request__pack(request, room);
	if (!bus_send_prepared(client->socket, NULL, e))
		return err_set(e, ERR_BUSY, "%s at %s does not take requests as fast as they come",
			       client->service, client->endpoint);
	return true;
}

bool client_send(struct client *client, Utarg__V1__Request *request, uint64_t *request_id, struct err *e)
{
	request->request_id = client->last_window_id + 2;
	if (!send_packed(client, request, e))
		return false;
	client->last_window_id += 2;
	*request_id = request->request_id;
	return true;
}

// The next message that is there and decodes. What does not is no answer to anything and is skipped.
static Utarg__V1__Reply *next_reply(struct client *client)
{
	struct slice payload;
	enum bus_receive received;
	while ((received = bus_receive(client->socket, NULL, NULL, &payload)) != BUS_NOTHING) {
		Utarg__V1__Reply *reply = received == BUS_MESSAGE
						  ? utarg__v1__reply__unpack(NULL, payload.size, payload.data)
						  : NULL;
		if (reply)
			return reply;
		client->broken_count++;
	}
	return NULL;
}

// The next reply before until_ms (monotonic), the time's end included; NULL when none came.
static Utarg__V1__Reply *wait_reply(struct client *client, int64_t until_ms)
{
	for (;;) {
		Utarg__V1__Reply *reply = next_reply(client);
		if (reply)
			return reply;
		const int64_t left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return NULL;
		struct bus_wait_item item = {.socket = client->socket};
		bus_wait(&item, 1, left_ms);
	}
}

static bool is_of_call(const Utarg__V1__Reply *reply)
{
	return reply->request_id & 1;
}

static void keep(struct client *client, Utarg__V1__Reply *reply)
{
	struct kept_reply *kept = calloc(1, sizeof(*kept));
	if (!kept) { // as if it had been lost on the way
		client_reply_free(reply);
		return;
	}
	kept->reply = reply;
	*client->last = kept;
	client->last = &kept->next;
}

static bool is_refusal(const Utarg__V1__Reply *reply)
{
	return reply->status && reply->status->code != UTARG__V1__CODE__OK;
}

// The reply with this id, or a refusal without one: the service could not read whose request it was.
static Utarg__V1__Reply *wait_answer(struct client *client, uint64_t request_id, int64_t until_ms)
{
	Utarg__V1__Reply *reply;
	while ((reply = wait_reply(client, until_ms))) {
		if (reply->request_id == request_id || (reply->request_id == 0 && is_refusal(reply)))
			return reply;
		if (is_of_call(reply) || reply->request_id == 0)
			client_reply_free(reply);
		else
			keep(client, reply);
	}
	return NULL;
}

// A status other than OK as an error; a code from a newer service counts as INTERNAL.
static bool check_status(const Utarg__V1__Reply *reply, struct err *e)
{
	if (!is_refusal(reply))
		return true;
	const int code = (int)reply->status->code;
	return err_set(e, code > 0 && code < ERR_CODE_COUNT ? (enum err_code)code : ERR_INTERNAL, "%s",
		       reply->status->message);
}

bool client_call(struct client *client, Utarg__V1__Request *request, int64_t timeout_ms,
		 Utarg__V1__Reply **reply, struct err *e)
{
	assert(timeout_ms >= 0);
	const int64_t until_ms = clock_monotonic_ms() + timeout_ms;

	*reply = NULL;
	request->request_id = client->last_call_id += 2;
	if (!request->deadline_ms)
		request->deadline_ms = timeout_ms < UINT32_MAX ? (uint32_t)timeout_ms : UINT32_MAX;
	if (!send_packed(client, request, e))
		return false;
	Utarg__V1__Reply *answer = wait_answer(client, request->request_id, until_ms);
	if (!answer)
		return err_set(e, ERR_BUSY, "no answer from %s at %s within %" PRId64 " ms", client->service,
			       client->endpoint, timeout_ms);
	if (!check_status(answer, e)) {
		client_reply_free(answer);
		return false;
	}
	*reply = answer;
	return true;
}

Utarg__V1__Reply *client_receive(struct client *client, int64_t timeout_ms)
{
	const int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	Utarg__V1__Reply *reply = take_kept(client);

	while (!reply && (reply = wait_reply(client, until_ms)) && is_of_call(reply)) {
		client_reply_free(reply);
		reply = NULL;
	}
	return reply;
}

void client_reply_free(Utarg__V1__Reply *reply)
{
	if (reply)
		utarg__v1__reply__free_unpacked(reply, NULL);
}
