// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Strangers at ingest's door while others publish: so many TCP connections that speak no ZeroMQ, each made
// anew when the service cuts it. They have no key, so all they can do is to take time.
#include "services/utarg/bench.h"

#include "services/utarg/remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench_junk {
	int *fds; // -1: to be connected
	int count;
	struct sockaddr_in address;
};

struct bench_junk *bench_junk_create(struct bench *b, int count, struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	int64_t port = 0;
	if (!remote_endpoint(b->cli, SVC_INGEST, false, endpoint, e))
		return NULL;
	if (!text_to_int(strrchr(endpoint, ':') + 1, 1, UINT16_MAX, &port)) {
		err_set(e, ERR_INTERNAL, "%s has no port", endpoint);
		return NULL;
	}
	struct bench_junk *junk = calloc(1, sizeof(*junk));
	int *fds = malloc((size_t)count * sizeof(*fds));
	if (!junk || !fds)
		abort();
	for (int i = 0; i < count; i++)
		fds[i] = -1;
	*junk = (struct bench_junk){.fds = fds, .count = count};
	junk->address.sin_family = AF_INET;
	junk->address.sin_port = htons((uint16_t)port);
	junk->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return junk;
}

void bench_junk_destroy(struct bench_junk *junk)
{
	for (int i = 0; junk && i < junk->count; i++)
		if (junk->fds[i] >= 0)
			close(junk->fds[i]);
	if (junk)
		free(junk->fds);
	free(junk);
}

static bool is_cut(int fd)
{
	char byte;
	ssize_t size = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

enum { KNOCKS_A_TURN = 25 }; // fewer than a listening socket keeps waiting: nobody waits for his own crowd

// On loopback a connection stands at once, mostly; who is not heard is a silent stranger, which is junk too.
static int knock(const struct bench_junk *junk, int number)
{
	static const char *const words[] = {"GET / HTTP/1.1\r\nHost: utarg\r\n\r\n", "\x16\x03\x01\x02",
					    "\xff", ""};
	const char *word = words[number % (int)(sizeof(words) / sizeof(words[0]))];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&junk->address, sizeof(junk->address)) == 0) {
		send(fd, word, strlen(word), MSG_NOSIGNAL);
	} else if (errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

void bench_junk_turn(struct bench_junk *junk)
{
	int knocks = 0;
	for (int i = 0; i < junk->count; i++) {
		if (junk->fds[i] >= 0 && is_cut(junk->fds[i])) {
			close(junk->fds[i]);
			junk->fds[i] = -1;
		}
		if (junk->fds[i] < 0 && knocks++ < KNOCKS_A_TURN)
			junk->fds[i] = knock(junk, i);
	}
}
