// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Finding and asking services. One client a service and run; no retries here, a command decides.
#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "services/utarg/instance.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RESTART_GRACE_MS = 1000, READY_MS = 3000 };

static const char absent[] = "endpoint";

struct remote {
	struct bus *bus;
	struct client *clients[SVC_COUNT];
};

void remote_destroy(struct remote *remote)
{
	if (!remote)
		return;
	for (int i = 0; i < SVC_COUNT; i++)
		client_destroy(remote->clients[i]);
	if (remote->bus)
		bus_destroy(remote->bus);
	free(remote);
}

int remote_port_offset(struct cli *cli)
{
	struct instance instance;
	struct state state;
	struct err e = {0};
	if (cli->port_offset_given)
		return cli->port_offset;
	cli->port_offset_given = true;
	cli->port_offset = 0;
	if (instance_open(&instance, cli, false, &e) && instance_read_state(&instance, &state, &e))
		cli->port_offset = state.port_offset;
	return cli->port_offset;
}

static const char *host_of(enum svc_name name)
{
	char key[64];
	size_t used = (size_t)snprintf(key, sizeof(key), "UTARG_%s_HOST", svc_ports[name].name);
	for (size_t i = 0; i < used; i++)
		key[i] = (char)toupper((unsigned char)key[i]);
	const char *host = getenv(key);
	return host && *host ? host : "127.0.0.1";
}

bool remote_endpoint(struct cli *cli, enum svc_name name, bool publish, char out[REMOTE_ENDPOINT_SIZE],
		     struct err *e)
{
	const struct svc_port_row *row = &svc_ports[name];
	int port = (publish ? row->publish_port : row->request_port) + remote_port_offset(cli);
	int size = snprintf(out, REMOTE_ENDPOINT_SIZE, "tcp://%s:%d", host_of(name), port);
	if (size < 0 || size >= REMOTE_ENDPOINT_SIZE)
		return err_set(e, ERR_BAD_FIELD, "the host name of %s is too long", row->name);
	return true;
}

void remote_as_service(struct cli *cli, enum svc_name name)
{
	cli->key_owner = svc_ports[name].name;
}

static bool read_key(const struct cli *cli, struct bus_cert *out, struct err *e)
{
	struct instance instance;
	char path[CLI_PATH_SIZE], file[64];
	const char *given = cli->key_file ? cli->key_file : getenv("UTARG_KEY_FILE");
	if (given && *given)
		return bus_cert_read(given, out, e);
	if (!instance_open(&instance, cli, false, e))
		return false;
	snprintf(file, sizeof(file), "secrets/%s.key", cli->key_owner ? cli->key_owner : "operator");
	instance_path(&instance, file, path);
	if (access(path, F_OK) != 0)
		return err_set(
			e, ERR_UNAUTHENTICATED,
			"there is no key to ask with: neither --key-file, nor UTARG_KEY_FILE, nor %.150s",
			path);
	return bus_cert_read(path, out, e);
}

bool remote_server_key(struct cli *cli, char out[BUS_Z85_SIZE], struct err *e)
{
	struct bus_cert own;
	if (!read_key(cli, &own, e))
		return false;
	text_copy(out, BUS_Z85_SIZE, own.server_key);
	bus_cert_wipe(&own);
	return *out || err_set(e, ERR_BAD_FIELD, "the key file has no server-key");
}

static struct bus *make_bus(const struct cli *cli, struct err *e)
{
	struct bus_cert own;
	if (!read_key(cli, &own, e))
		return NULL;
	struct bus *bus = bus_create(e);
	if (bus && !bus_identify(bus, &own, e)) {
		bus_destroy(bus);
		bus = NULL;
	}
	bus_cert_wipe(&own);
	return bus;
}

struct bus *remote_bus(struct cli *cli, struct err *e)
{
	if (!cli->remote) {
		cli->remote = calloc(1, sizeof(*cli->remote));
		if (!cli->remote)
			abort();
	}
	if (!cli->remote->bus)
		cli->remote->bus = make_bus(cli, e);
	return cli->remote->bus;
}

struct client *remote_client(struct cli *cli, enum svc_name name, struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	struct bus *bus = remote_bus(cli, e);
	if (!bus)
		return NULL;
	if (!cli->remote->clients[name] && remote_endpoint(cli, name, false, endpoint, e))
		cli->remote->clients[name] = client_create(bus, svc_ports[name].name, endpoint, e);
	return cli->remote->clients[name];
}

// A socket of ZeroMQ waits for a service that is not there; on this machine it can be known at once. A
// service that is just being restarted gets a moment.
static bool is_listening(const char *host, int port, int64_t grace_ms)
{
	if (strcmp(host, "127.0.0.1") != 0)
		return true;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int64_t until = clock_monotonic_ms() + grace_ms;
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool refused = fd >= 0 &&
			       connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
			       errno == ECONNREFUSED;
		if (fd >= 0)
			close(fd);
		if (!refused || clock_monotonic_ms() >= until)
			return !refused;
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
}

bool remote_call_within(struct cli *cli, enum svc_name name, Utarg__V1__Request *request, int64_t timeout_ms,
			Utarg__V1__Reply **reply, struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	if (!remote_endpoint(cli, name, false, endpoint, e))
		return false;
	if (!is_listening(host_of(name), svc_ports[name].request_port + remote_port_offset(cli),
			  timeout_ms < RESTART_GRACE_MS ? timeout_ms : RESTART_GRACE_MS))
		return err_field(e, ERR_BUSY, absent, "%s is not running: nothing listens at %.200s",
				 svc_ports[name].name, endpoint);
	struct client *client = remote_client(cli, name, e);
	return client && client_call(client, request, timeout_ms, reply, e);
}

bool remote_is_absent(const struct err *e)
{
	return strcmp(e->field, absent) == 0;
}

bool remote_call(struct cli *cli, enum svc_name name, Utarg__V1__Request *request, Utarg__V1__Reply **reply,
		 struct err *e)
{
	return remote_call_within(cli, name, request, REMOTE_TIMEOUT_MS, reply, e);
}

bool remote_ask(struct cli *cli, enum svc_name name, Utarg__V1__Request *request,
		Utarg__V1__Reply__BodyCase wanted, const char *what, Utarg__V1__Reply **reply, struct err *e)
{
	if (!remote_call(cli, name, request, reply, e))
		return false;
	if ((*reply)->body_case == wanted)
		return true;
	client_reply_free(*reply);
	*reply = NULL;
	return err_set(e, ERR_INTERNAL, "%s answered something else than %s", svc_ports[name].name, what);
}

bool remote_ready(struct cli *cli, enum svc_name name, int64_t timeout_ms, struct err *e)
{
	Utarg__V1__ReadyRequest ready = UTARG__V1__READY_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	request.body_case = UTARG__V1__REQUEST__BODY_READY;
	request.ready = &ready;
	if (!remote_call_within(cli, name, &request, timeout_ms, &reply, e))
		return false;
	if (!reply)
		return err_set(e, ERR_INTERNAL, "%s answered nothing", svc_ports[name].name);
	bool is_ready = reply->body_case == UTARG__V1__REPLY__BODY_READY && reply->ready->ready;
	enum err_code code = reply->body_case == UTARG__V1__REPLY__BODY_READY && reply->ready->code != 0
				     ? (enum err_code)reply->ready->code
				     : ERR_BUSY;
	if (!is_ready)
		err_set(e, code, "%s is not ready: %s", svc_ports[name].name,
			reply->body_case == UTARG__V1__REPLY__BODY_READY ? reply->ready->reason
									 : "no reason given");
	client_reply_free(reply);
	return is_ready;
}

struct publisher *remote_publisher(struct cli *cli, const struct publisher_options *options, struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	struct bus *bus;
	if ((!options->outbox && !remote_ready(cli, SVC_INGEST, READY_MS, e)) ||
	    !(bus = remote_bus(cli, e)) || !remote_endpoint(cli, SVC_INGEST, false, endpoint, e))
		return NULL;
	return publisher_create(bus, endpoint, options, e);
}

bool remote_service_from_name(const char *name, enum svc_name *out, struct err *e)
{
	for (int i = 0; i < SVC_COUNT; i++) {
		if (strcmp(svc_ports[i].name, name) == 0 || strcmp(svc_ports[i].binary, name) == 0) {
			*out = (enum svc_name)i;
			return true;
		}
	}
	return err_set(e, ERR_BAD_FIELD,
		       "there is no service \"%.60s\"; there are ingest, metrics and campaign", name);
}

int remote_services(const char *name, enum svc_name out[SVC_COUNT], struct err *e)
{
	if (name && strcmp(name, "all") != 0)
		return remote_service_from_name(name, &out[0], e) ? 1 : 0;
	for (int i = 0; i < SVC_COUNT; i++)
		out[i] = (enum svc_name)i;
	return SVC_COUNT;
}

bool remote_database(struct cli *cli, const char *given, const char *role, char *out, size_t out_size,
		     struct err *e)
{
	struct instance instance;
	struct state state;
	char conninfo[INSTANCE_CONNINFO_SIZE];
	const char *environment = getenv("UTARG_DATABASE");
	if (given || (environment && *environment)) {
		if (!text_copy(out, out_size, given ? given : environment))
			return err_set(e, ERR_BAD_FIELD, "the conninfo of the database is too long");
		return true;
	}
	if (!instance_open(&instance, cli, false, e) || !instance_read_state(&instance, &state, e))
		return false;
	instance_conninfo(&instance, &state, "utarg", role, conninfo);
	return text_copy(out, out_size, conninfo) ||
	       err_set(e, ERR_INTERNAL, "the conninfo of the database is too long");
}
