// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/bench/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	HELPERS_MAX = 4,
	CONNECTIONS_MAX = 256,
	WARM_US = 300000,
	START_US = 60000000,
	EXPECT_MS = 10000,
	STOP_US = 5000000
};

static struct {
	const struct peer_protocol *protocol;
	struct peer_connection connections[CONNECTIONS_MAX];
	struct pollfd fds[CONNECTIONS_MAX];
	int count;
	uint64_t window;
	pid_t server, helpers[HELPERS_MAX];
	int helper_count;
	struct bench_events *events;
	struct bench_world world;
	uint64_t next_number, answered;
	bool measuring, stopping;
	struct histogram latency;
} run;

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

// ---- the server ----------------------------------------------------------------------------------------

// The server may be a script with children: its group is ended.
static void stop_group(pid_t pid)
{
	int64_t until_us = yard_now_us() + STOP_US;
	kill(-pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (yard_now_us() > until_us)
			kill(-pid, SIGKILL);
		nap();
	}
	kill(-pid, SIGKILL);
}

static void stop_server(void)
{
	if (run.server > 0)
		stop_group(run.server);
	while (run.helper_count > 0)
		stop_group(run.helpers[--run.helper_count]);
	run.server = 0;
}

int peer_free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		yard_fail("no free port: %s", strerror(errno));
	close(fd);
	return ntohs(address.sin_port);
}

static pid_t spawn(const char *const *argv)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char *const *arguments;
	int null = open("/dev/null", O_RDWR);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	memcpy(&arguments, &argv, sizeof(arguments)); // execv promises not to write
	execv(argv[0], arguments);
	_exit(127);
}

void peer_spawn(const char *const *argv)
{
	if (run.helper_count == HELPERS_MAX)
		yard_fail("too many helpers");
	run.helpers[run.helper_count++] = spawn(argv);
}

static void start_server(const char *program, const char *directory, int port)
{
	const char *argv[PEER_ARGUMENTS_MAX] = {program};
	char text[16];
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		yard_fail("%s cannot be made: %s", directory, strerror(errno));
	snprintf(text, sizeof(text), "%d", port);
	atexit(stop_server);
	run.protocol->server(argv, directory, text);
	run.server = spawn(argv);
}

static int connect_to(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int64_t until_us = yard_now_us() + START_US;
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
		if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			return fd;
		}
		if (fd >= 0)
			close(fd);
		if (yard_now_us() > until_us || waitpid(run.server, NULL, WNOHANG) != 0)
			yard_fail("the server does not start");
		nap();
	}
}

// ---- one connection ------------------------------------------------------------------------------------

void peer_send(struct peer_connection *c, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t sent = send(c->fd, at, size, MSG_NOSIGNAL);
		if (sent <= 0)
			yard_fail("the connection is lost: %s", strerror(errno));
		at += sent;
		size -= (size_t)sent;
	}
}

static bool receive(struct peer_connection *c)
{
	ssize_t size = recv(c->fd, c->in + c->in_size, PEER_BUFFER - c->in_size, MSG_DONTWAIT);
	if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
		yard_fail("the server closed the connection");
	if (size > 0)
		c->in_size += (size_t)size;
	return size > 0;
}

void peer_wait(struct peer_connection *c)
{
	struct pollfd fd = {.fd = c->fd, .events = POLLIN};
	if (poll(&fd, 1, EXPECT_MS) <= 0)
		yard_fail("the server says nothing");
	receive(c);
}

void peer_expect(struct peer_connection *c, const char *wanted, const char *never)
{
	for (;;) {
		if (never && memmem(c->in, c->in_size, never, strlen(never)))
			yard_fail("the server says: %.*s", (int)(c->in_size < 300 ? c->in_size : 300),
				  (const char *)c->in);
		if (memmem(c->in, c->in_size, wanted, strlen(wanted)))
			break;
		peer_wait(c);
	}
	c->in_size = 0;
}

size_t peer_line(const uint8_t *in, size_t size)
{
	const uint8_t *end = memmem(in, size, "\r\n", 2);
	return end ? (size_t)(end - in) + 2 : 0;
}

static void fill(struct peer_connection *c)
{
	static struct bench_row row;
	int64_t now_us = yard_now_us();
	while (!run.stopping && c->sent - c->answered < run.window &&
	       c->out_size + PEER_MESSAGE_MAX < PEER_BUFFER) {
		bench_row(run.events, &run.world, run.next_number++, &row);
		c->out_size += run.protocol->publish(c, &row, c->out + c->out_size);
		c->sent_us[c->sent++ % run.window] = now_us;
	}
	if (c->out_sent < c->out_size) {
		ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_size - c->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN)
			yard_fail("the connection is lost: %s", strerror(errno));
		c->out_sent += sent > 0 ? (size_t)sent : 0;
	}
	if (c->out_sent == c->out_size)
		c->out_sent = c->out_size = 0;
}

static void take(struct peer_connection *c)
{
	uint64_t answers = 0;
	size_t used = 0, step;
	receive(c);
	while ((step = run.protocol->take(c, c->in + used, c->in_size - used, &answers)) > 0)
		used += step;
	memmove(c->in, c->in + used, c->in_size - used);
	c->in_size -= used;
	if (c->answered + answers > c->sent)
		yard_fail("more answers than events");
	int64_t now_us = yard_now_us();
	for (; answers > 0; answers--, c->answered++) {
		if (!run.measuring)
			continue;
		histogram_add(&run.latency, now_us - c->sent_us[c->answered % run.window]);
		run.answered++;
	}
}

// ---- the loop ------------------------------------------------------------------------------------------

static bool turn(void)
{
	bool waiting = false;
	for (int i = 0; i < run.count; i++) {
		struct peer_connection *c = &run.connections[i];
		fill(c);
		run.fds[i].events = (short)(POLLIN | (c->out_size > 0 ? POLLOUT : 0));
		waiting = waiting || c->answered < c->sent;
	}
	if (waiting)
		poll(run.fds, (nfds_t)run.count, 100);
	for (int i = 0; i < run.count; i++)
		if (run.fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			take(&run.connections[i]);
	return waiting;
}

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void open_all(int port)
{
	for (int i = 0; i < run.count; i++) {
		struct peer_connection *c = &run.connections[i];
		c->fd = connect_to(port);
		c->index = i;
		c->in = must(malloc(PEER_BUFFER));
		c->out = must(malloc(PEER_BUFFER));
		c->sent_us = must(calloc(run.window, sizeof(*c->sent_us)));
		run.fds[i] = (struct pollfd){.fd = c->fd};
		run.protocol->greet(c);
	}
}

static void close_all(void)
{
	for (int i = 0; i < run.count; i++) {
		struct peer_connection *c = &run.connections[i];
		close(c->fd);
		free(c->in);
		free(c->out);
		free(c->sent_us);
	}
}

int peer_main(const struct peer_protocol *protocol, int argc, char **argv)
{
	if (argc != 6)
		yard_fail("%s SERVER DIRECTORY CONNECTIONS WINDOW MILLISECONDS", protocol->usage);
	run.protocol = protocol;
	run.count = (int)yard_number(argv[3], 1, CONNECTIONS_MAX);
	run.window = (uint64_t)yard_number(argv[4], 1, 100000);
	int64_t run_ms = yard_number(argv[5], 1, 3600000);
	int port = peer_free_port();
	run.events = bench_events_create();
	run.world = (struct bench_world){.base_ms = INT64_C(1795000000000), .shop_count = 1};
	start_server(argv[1], argv[2], port);
	open_all(port);
	for (int64_t until_us = yard_now_us() + WARM_US; yard_now_us() < until_us;)
		turn();
	run.measuring = true;
	int64_t begin_us = yard_now_us();
	while (yard_now_us() < begin_us + run_ms * 1000)
		turn();
	double seconds = (double)(yard_now_us() - begin_us) / 1e6;
	run.measuring = false;
	run.stopping = true;
	while (turn())
		continue;
	printf("{\"per_second\": %.1f, \"p50_us\": %lld, \"p99_us\": %lld}\n", (double)run.answered / seconds,
	       (long long)histogram_at(&run.latency, 500), (long long)histogram_at(&run.latency, 990));
	close_all();
	bench_events_destroy(run.events);
	return 0;
}
