// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fault-proxy LISTEN TARGET: forwards connections and, told so on stdin, breaks them. README.md has the
// commands. One poll loop, no threads: what was told is done before the next byte moves.
#include "tests/faults/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS_MAX = 2000, FIXED_FDS = 2, LINE_SIZE = 256 };

static struct proxy {
	const char *listen_path; // of a Unix socket, to be removed
	int listen_fd;
	struct address target;
	struct faults faults;
	struct link *links[LINKS_MAX];
	size_t link_count;
	char line[LINE_SIZE]; // of stdin, as far as it has come
	size_t line_size;
	bool has_ended;
} proxy = {.faults.drop_after = -1};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "fault-proxy: %s: %s\n", what, why);
	exit(2);
}

// ---- addresses ----

static void unix_address(const char *path, struct address *out)
{
	struct sockaddr_un *at = (struct sockaddr_un *)(void *)&out->at;
	if (strlen(path) >= sizeof(at->sun_path))
		die(path, "the path of a socket is too long");
	at->sun_family = AF_UNIX;
	memcpy(at->sun_path, path, strlen(path) + 1);
	out->size = sizeof(*at);
}

static void parse_address(const char *text, struct address *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char host[200];
	const char *colon = strrchr(text, ':');
	*out = (struct address){0};
	if (strchr(text, '/') != NULL) {
		unix_address(text, out);
		return;
	}
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		die(text, "neither host:port nor a path");
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	int failure = getaddrinfo(host, colon + 1, &hints, &found);
	if (failure != 0)
		die(text, gai_strerror(failure));
	memcpy(&out->at, found->ai_addr, found->ai_addrlen);
	out->size = found->ai_addrlen;
	freeaddrinfo(found);
}

static void open_listener(const char *text)
{
	struct address address;
	int on = 1;
	parse_address(text, &address);
	bool is_path = address.at.ss_family == AF_UNIX;
	proxy.listen_path = is_path ? text : NULL;
	if (is_path)
		unlink(text);
	proxy.listen_fd = socket(address.at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (proxy.listen_fd < 0)
		die(text, strerror(errno));
	if (!is_path)
		setsockopt(proxy.listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(proxy.listen_fd, (struct sockaddr *)&address.at, address.size) != 0 ||
	    listen(proxy.listen_fd, 512) != 0)
		die(text, strerror(errno));
}

static void print_place(void)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof(at);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	if (proxy.listen_path != NULL) {
		printf("%s\n", proxy.listen_path);
	} else {
		getsockname(proxy.listen_fd, (struct sockaddr *)&at, &size);
		getnameinfo((struct sockaddr *)&at, size, host, sizeof(host), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
		printf("%s:%s\n", host, port);
	}
	fflush(stdout);
}

// ---- commands ----

static size_t cut_all(void)
{
	for (size_t i = 0; i < proxy.link_count; i++)
		link_cut(proxy.links[i]);
	return proxy.link_count;
}

static void thaw(void)
{
	proxy.faults.is_frozen = false;
	for (size_t i = 0; i < proxy.link_count; i++)
		link_thaw(proxy.links[i]);
}

static void arm(enum commit_fault fault, int64_t number)
{
	proxy.faults.fault = fault;
	proxy.faults.commit_in = number;
}

enum command { CUT, REFUSE, ACCEPT, FREEZE, THAW, DELAY, SLICE, DROP, ARM, DISARM, COUNT };

// name, what it does, which number it takes (least, and the one when none is given; -1: it must be given, -2:
// it takes none)
static const struct {
	const char *name;
	enum command command;
	enum commit_fault fault;
	int64_t least, missing;
} commands[] = {
	{"cut", CUT, COMMIT_NOTHING, 0, -2},
	{"refuse", REFUSE, COMMIT_NOTHING, 0, -2},
	{"accept", ACCEPT, COMMIT_NOTHING, 0, -2},
	{"freeze", FREEZE, COMMIT_NOTHING, 0, -2},
	{"thaw", THAW, COMMIT_NOTHING, 0, -2},
	{"delay", DELAY, COMMIT_NOTHING, 0, -1},
	{"slice", SLICE, COMMIT_NOTHING, 0, -1},
	{"drop-after", DROP, COMMIT_NOTHING, 0, -1},
	{"cut-after-commit", ARM, COMMIT_CUT_AFTER, 1, 1},
	{"cut-before-commit", ARM, COMMIT_CUT_BEFORE, 1, 1},
	{"cut-at-answer", ARM, COMMIT_CUT_ANSWERED, 1, 1},
	{"freeze-after-commit", ARM, COMMIT_FREEZE, 1, 1},
	{"disarm", DISARM, COMMIT_NOTHING, 0, -2},
	{"count", COUNT, COMMIT_NOTHING, 0, -2},
};

static void count(void)
{
	const struct faults *faults = &proxy.faults;
	printf("ok accepted=%" PRIu64 " open=%zu up=%" PRIu64 " down=%" PRIu64 " writes=%" PRIu64
	       " commits=%" PRIu64 " cuts=%" PRIu64 "\n",
	       faults->accepted, proxy.link_count, faults->up_bytes, faults->down_bytes, faults->writes,
	       faults->commits, faults->cuts);
}

static void obey(size_t i, int64_t number)
{
	struct faults *faults = &proxy.faults;
	switch (commands[i].command) {
	case CUT:
		printf("ok %zu\n", cut_all());
		return;
	case COUNT:
		count();
		return;
	case REFUSE:
	case ACCEPT:
		faults->refuses = commands[i].command == REFUSE;
		break;
	case FREEZE:
		faults->is_frozen = true;
		break;
	case THAW:
		thaw();
		break;
	case DELAY:
		faults->delay_ms = number;
		break;
	case SLICE:
		faults->slice_bytes = (size_t)number;
		break;
	case DROP:
		faults->drop_after = number > 0 ? number : -1;
		break;
	case ARM:
		arm(commands[i].fault, number);
		break;
	case DISARM:
		arm(COMMIT_NOTHING, 0);
		break;
	}
	printf("ok\n");
}

static void run_command(const char *line)
{
	char name[32], rest[2];
	int64_t number;
	int words = sscanf(line, "%31s %" SCNd64 " %1s", name, &number, rest);
	for (size_t i = 0; words > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		bool takes = commands[i].missing != -2, given = words == 2;
		if (words > 2 || (given && (!takes || number < commands[i].least)) ||
		    (!given && commands[i].missing == -1)) {
			printf("error %s: the number is missing, wrong or too many\n", name);
			return;
		}
		obey(i, given ? number : commands[i].missing);
		return;
	}
	printf("error there is no such command\n");
}

static void read_commands(void)
{
	char *start = proxy.line, *end;
	ssize_t n =
		read(STDIN_FILENO, proxy.line + proxy.line_size, sizeof(proxy.line) - 1 - proxy.line_size);
	if (n <= 0) {
		proxy.has_ended = n == 0 || errno != EINTR;
		return;
	}
	proxy.line_size += (size_t)n;
	proxy.line[proxy.line_size] = '\0';
	for (; (end = strchr(start, '\n')) != NULL; start = end + 1) {
		*end = '\0';
		run_command(start);
	}
	proxy.line_size -= (size_t)(start - proxy.line);
	memmove(proxy.line, start, proxy.line_size);
	if (proxy.line_size == sizeof(proxy.line) - 1)
		die("stdin", "a line is too long");
	fflush(stdout);
}

// ---- the loop ----

static void take_client(void)
{
	int on = 1, fd = accept4(proxy.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); // of no effect on a Unix socket
	struct link *link = link_create(fd, &proxy.target);
	if (proxy.faults.refuses || proxy.link_count == LINKS_MAX) {
		link_cut(link);
		link_destroy(link);
		return;
	}
	proxy.faults.accepted++;
	proxy.links[proxy.link_count++] = link;
}

static void forget_links(void)
{
	size_t kept = 0;
	if (proxy.faults.drop_after == 0) {
		cut_all();
		proxy.faults.drop_after = -1;
		proxy.faults.cuts++;
	}
	for (size_t i = 0; i < proxy.link_count; i++) {
		if (link_is_over(proxy.links[i]))
			link_destroy(proxy.links[i]);
		else
			proxy.links[kept++] = proxy.links[i];
	}
	proxy.link_count = kept;
}

static int timeout_until(int64_t until_ms)
{
	int64_t left_ms = until_ms - proxy_now_ms();
	if (until_ms == INT64_MAX || left_ms > 1000)
		return 1000;
	return left_ms > 0 ? (int)left_ms : 0;
}

static void run_round(void)
{
	static struct pollfd fds[FIXED_FDS + 2 * LINKS_MAX];
	size_t links = proxy.link_count;
	int64_t until_ms = INT64_MAX;
	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = proxy.listen_fd, .events = POLLIN};
	for (size_t i = 0; i < links; i++) {
		int64_t due_ms = link_wish(proxy.links[i], &proxy.faults, &fds[FIXED_FDS + 2 * i]);
		until_ms = due_ms < until_ms ? due_ms : until_ms;
	}
	if (poll(fds, FIXED_FDS + 2 * links, timeout_until(until_ms)) < 0)
		return;
	if (fds[0].revents != 0)
		read_commands();
	for (size_t i = 0; i < links; i++)
		link_step(proxy.links[i], &proxy.faults, &fds[FIXED_FDS + 2 * i]);
	if (fds[1].revents != 0)
		take_client();
	forget_links();
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage", "fault-proxy LISTEN TARGET");
	parse_address(argv[2], &proxy.target);
	open_listener(argv[1]);
	print_place();
	while (!proxy.has_ended)
		run_round();
	cut_all();
	forget_links();
	if (proxy.listen_path != NULL)
		unlink(proxy.listen_path);
	return 0;
}
