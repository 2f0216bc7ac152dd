// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Probes by binding, as the services will.
#include "services/utarg/ports.h"

#include "common/svc/svc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_free(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	if (fd < 0)
		return true;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bool taken = bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 && errno == EADDRINUSE;
	taken = taken || (listen(fd, 1) != 0 && errno == EADDRINUSE);
	close(fd);
	return !taken;
}

bool ports_check_free(int port_offset, struct err *e)
{
	for (int i = 0; i < SVC_COUNT; i++) {
		int ports[] = {svc_ports[i].request_port + port_offset,
			       svc_ports[i].publish_port + port_offset};
		for (int j = 0; j < 2; j++)
			if (!is_free(ports[j]))
				return err_set(e, ERR_CONFLICT,
					       "port %d, which %s needs, is taken by another program, "
					       "perhaps another instance; "
					       "choose other ports with --port-offset N",
					       ports[j], svc_ports[i].name);
	}
	return true;
}
