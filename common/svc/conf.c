// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who listens where: the table of services and ports, the keys all services share, and the endpoints that
// follow from both.
#include "common/svc/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const struct svc_port_row svc_ports[SVC_COUNT] = {
	[SVC_INGEST] = {"ingest", "utarg-ingest", 7101, 7102},
	[SVC_METRICS] = {"metrics", "utarg-metrics", 7201, 7202},
	[SVC_CAMPAIGN] = {"campaign", "utarg-campaign", 7301, 7302},
};

const struct conf_row svc_conf[] = {
	{"bind-host", CONF_TEXT, "127.0.0.1", 0, 0, "IPv4 address to listen on", false},
	{"server-key-file", CONF_FILE, "", 0, 0,
	 "certificate with the key all services have as servers; nothing starts without it", true},
	{"key-file", CONF_FILE, "", 0, 0, "certificate with the key this service asks others with", true},
	{"port-offset", CONF_INT, "0", 0, 50000, "added to every port, so that several can run side by side",
	 false},
	{"log-level", CONF_TEXT, "info", 0, 0, "error, warn, info or debug", false},
	{"database", CONF_TEXT, "", 0, 0,
	 "libpq connection string; a password belongs into a file that its passfile names", false},
	{"ingest-host", CONF_TEXT, "127.0.0.1", 0, 0, "where ingest is reached", false},
	{"metrics-host", CONF_TEXT, "127.0.0.1", 0, 0, "where metrics is reached", false},
	{"campaign-host", CONF_TEXT, "127.0.0.1", 0, 0, "where campaign is reached", false},
	{0},
};

static int port_of(const struct conf *conf, enum svc_name name, bool publish)
{
	const struct svc_port_row *row = &svc_ports[name];
	return (publish ? row->publish_port : row->request_port) + (int)conf_int(conf, "port-offset");
}

static bool print_endpoint(const char *host, int port, char *out, size_t out_size)
{
	const int written = snprintf(out, out_size, "tcp://%s:%d", host, port);
	return written > 0 && (size_t)written < out_size;
}

bool svc_endpoint(const struct conf *conf, enum svc_name name, bool publish, char *out, size_t out_size)
{
	char key[64];
	snprintf(key, sizeof(key), "%s-host", svc_ports[name].name);
	return print_endpoint(conf_text(conf, key), port_of(conf, name, publish), out, out_size);
}

bool svc_bind_endpoint(const struct conf *conf, enum svc_name name, bool publish, char *out, size_t out_size)
{
	return print_endpoint(conf_text(conf, "bind-host"), port_of(conf, name, publish), out, out_size);
}

// A name would have to be resolved, and could resolve to something else tomorrow.
bool svc_check_bind(const struct conf *conf, struct err *e)
{
	struct in_addr address;
	const char *host = conf_text(conf, "bind-host");

	return inet_pton(AF_INET, host, &address) == 1 ||
	       err_field(e, ERR_BAD_FIELD, "bind-host", "bind-host \"%.60s\" is no IPv4 address", host);
}
