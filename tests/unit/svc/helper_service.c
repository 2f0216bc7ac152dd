// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The child's side: a service whose handlers do what services do.
//
//   kpi       decoded: answers with the count of texts it was given, as the figure's value
//   publish   raw: keeps the ticket, and answers after the round with the body's size as the result's seq
//   snapshot  by its text: see the table `deeds`
//   shop_list fails without saying why
#include "tests/unit/svc/helper_service.h"

#include "common/base/clock.h"
#include "common/svc/svc.h"
#include "tests/unit/keys.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { TICK_MS = 20, FLOOD_BYTES = 32 * 1024, BATCH_MAX = 4096 };

struct child {
	struct svc *svc;
	struct svc_ticket batch[BATCH_MAX]; // publish
	size_t batch_sizes[BATCH_MAX];
	size_t batch_count;
	struct svc_ticket held; // snapshot "hold": answered HOLD_MS later, and only then is it idle
	int64_t held_until_ms;
	struct svc_ticket piped;
	int pipe_ends[2];
	uint64_t tick_count;
	int again_count;
	bool never_idle;
};

static struct stats_row child_rows[] = {
	{"utarg_test_rounds_total", "Rounds.", STATS_COUNTER, 0},
	{"utarg_test_drains_total", "Begun drains.", STATS_COUNTER, 0},
};
static struct stats_row *const child_stats[] = {&child_rows[0], &child_rows[1], NULL};

static void answer_empty(struct child *child, const struct svc_ticket *ticket)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__SnapshotReply snapshot = UTARG__V1__SNAPSHOT_REPLY__INIT;
	reply.body_case = UTARG__V1__REPLY__BODY_SNAPSHOT;
	reply.snapshot = &snapshot;
	svc_reply(child->svc, ticket, &reply);
}

static void answer_text(struct child *child, const struct svc_ticket *ticket, char *text)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__KpiReply kpi = UTARG__V1__KPI_REPLY__INIT;
	Utarg__V1__Figure figure = UTARG__V1__FIGURE__INIT;
	Utarg__V1__Figure *figures[] = {&figure};
	figure.value = text;
	kpi.n_figures = 1;
	kpi.figures = figures;
	reply.body_case = UTARG__V1__REPLY__BODY_KPI;
	reply.kpi = &kpi;
	svc_reply(child->svc, ticket, &reply);
}

static char *long_text(size_t size)
{
	static char *text;
	free(text);
	text = malloc(size + 1);
	assert(text);
	memset(text, 'v', size);
	text[size] = 0;
	return text;
}

static enum svc_outcome deed_flood(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	answer_text(child, &request->ticket, long_text(FLOOD_BYTES));
	return SVC_REPLIED;
}

static enum svc_outcome deed_huge(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	answer_text(child, &request->ticket, long_text((size_t)bus_limits_default.max_message_bytes));
	return SVC_REPLIED;
}

static enum svc_outcome deed_arena(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)child;
	(void)e;
	const void *room = arena_alloc(request->arena, SERVICE_ARENA_BYTES);
	assert(!room);
	return SVC_REPLIED;
}

static enum svc_outcome deed_refuse(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)child;
	(void)request;
	// Cut in the middle of the two bytes of an o with an acute.
	char text[ERR_TEXT_SIZE + 8];
	memset(text, 'a', sizeof(text));
	memcpy(text + ERR_TEXT_SIZE - 2, "\xc3\xb3", 3);
	err_set(e, ERR_REFUSED, "%s", text);
	return SVC_FAILED;
}

static enum svc_outcome deed_field(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)child;
	(void)request;
	err_field(e, ERR_MISSING_FIELD, "shop", "it is needed");
	return SVC_FAILED;
}

static enum svc_outcome deed_hold(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	child->held = request->ticket;
	child->held_until_ms = clock_monotonic_ms() + 300;
	return SVC_LATER;
}

static enum svc_outcome deed_never(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	child->never_idle = true;
	answer_empty(child, &request->ticket);
	return SVC_REPLIED;
}

static enum svc_outcome deed_nap(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	nanosleep(&(struct timespec){.tv_nsec = 40 * 1000000}, NULL);
	answer_empty(child, &request->ticket);
	return SVC_REPLIED;
}

static enum svc_outcome deed_pipe(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	child->piped = request->ticket;
	const ssize_t written = write(child->pipe_ends[1], "x", 1);
	assert(written == 1);
	return SVC_LATER;
}

static enum svc_outcome deed_unready(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	svc_set_ready(child->svc, false, "The store is away.");
	answer_empty(child, &request->ticket);
	return SVC_REPLIED;
}

static enum svc_outcome deed_again(struct child *child, const struct svc_request *request, struct err *e)
{
	(void)e;
	child->again_count = 50;
	svc_again(child->svc);
	answer_empty(child, &request->ticket);
	return SVC_REPLIED;
}

static const struct {
	const char *text;
	enum svc_outcome (*act)(struct child *child, const struct svc_request *request, struct err *e);
} deeds[] = {
	{"flood", deed_flood}, {"huge", deed_huge},       {"arena", deed_arena}, {"refuse", deed_refuse},
	{"field", deed_field}, {"hold", deed_hold},       {"never", deed_never}, {"nap", deed_nap},
	{"pipe", deed_pipe},   {"unready", deed_unready}, {"again", deed_again},
};

static enum svc_outcome handle_snapshot(void *context, const struct svc_request *request,
					Utarg__V1__Reply *reply, struct err *e)
{
	const Utarg__V1__SnapshotRequest *asked = (const Utarg__V1__SnapshotRequest *)request->body;
	(void)reply;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(asked->topic_prefix, deeds[i].text) == 0)
			return deeds[i].act(context, request, e);
	err_set(e, ERR_BAD_FIELD, "no deed \"%s\"", asked->topic_prefix);
	return SVC_FAILED;
}

static enum svc_outcome handle_kpi(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	(void)context;
	(void)e;
	const Utarg__V1__KpiRequest *asked = (const Utarg__V1__KpiRequest *)request->body;
	Utarg__V1__KpiReply *kpi = arena_alloc(request->arena, sizeof(*kpi));
	Utarg__V1__Figure **list = arena_alloc(request->arena, sizeof(Utarg__V1__Figure *));
	Utarg__V1__Figure *figure = arena_alloc(request->arena, sizeof(*figure));
	if (!kpi || !list || !figure)
		return SVC_REPLIED; // svc sees that the arena is exhausted
	utarg__v1__kpi_reply__init(kpi);
	utarg__v1__figure__init(figure);
	figure->value = arena_printf(request->arena, "%zu %s", asked->n_kpis, request->principal);
	list[0] = figure;
	kpi->n_figures = 1;
	kpi->figures = list;
	reply->body_case = UTARG__V1__REPLY__BODY_KPI;
	reply->kpi = kpi;
	return SVC_REPLIED;
}

static enum svc_outcome handle_publish(void *context, const struct svc_request *request,
				       Utarg__V1__Reply *reply, struct err *e)
{
	struct child *child = context;
	(void)reply;
	assert(!request->body);
	if (child->batch_count == BATCH_MAX) {
		err_set(e, ERR_BUSY, "the batch is full");
		return SVC_FAILED;
	}
	child->batch[child->batch_count] = request->ticket;
	child->batch_sizes[child->batch_count++] = request->raw.size;
	return SVC_LATER;
}

static enum svc_outcome handle_shop_list(void *context, const struct svc_request *request,
					 Utarg__V1__Reply *reply, struct err *e)
{
	(void)context;
	(void)request;
	(void)reply;
	(void)e;
	return SVC_FAILED;
}

static void answer_publish(struct child *child, const struct svc_ticket *ticket, size_t size)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__PublishReply publish = UTARG__V1__PUBLISH_REPLY__INIT;
	Utarg__V1__PublishResult result = UTARG__V1__PUBLISH_RESULT__INIT;
	Utarg__V1__PublishResult *results[] = {&result};
	result.seq = size;
	publish.n_results = 1;
	publish.results = results;
	reply.body_case = UTARG__V1__REPLY__BODY_PUBLISH;
	reply.publish = &publish;
	svc_reply(child->svc, ticket, &reply);
}

static void after_round(void *context)
{
	struct child *child = context;
	stats_add(&child_rows[0], 1);
	for (size_t i = 0; i < child->batch_count; i++)
		answer_publish(child, &child->batch[i], child->batch_sizes[i]);
	child->batch_count = 0;
	if (child->again_count > 0 && --child->again_count > 0)
		svc_again(child->svc);
}

static void publish_number(struct child *child, const char *topic, uint64_t number)
{
	struct err e = {0};
	Utarg__V1__Doorbell bell = UTARG__V1__DOORBELL__INIT;
	bell.seq = number;
	const bool sent = svc_publish(child->svc, topic, &bell.base, &e);
	assert(sent);
}

static void tick(void *context)
{
	struct child *child = context;
	publish_number(child, "head/tick/", ++child->tick_count);
	if (child->held_until_ms && clock_monotonic_ms() >= child->held_until_ms) {
		answer_empty(child, &child->held);
		child->held_until_ms = 0;
	}
}

// The last value for whoever comes late, under the prefix itself.
static void subscription_changed(void *context, struct slice prefix, bool subscribed)
{
	char topic[BUS_TOPIC_SIZE];
	snprintf(topic, sizeof(topic), "%.*s", (int)prefix.size, (const char *)prefix.data);
	if (subscribed && strncmp(topic, "head/last-", 10) == 0)
		publish_number(context, topic, 42);
}

static void pipe_ready(void *context)
{
	struct child *child = context;
	char byte;
	const ssize_t got = read(child->pipe_ends[0], &byte, 1);
	assert(got == 1);
	answer_empty(child, &child->piped);
}

static void drain_begins(void *context)
{
	(void)context;
	stats_add(&child_rows[1], 1);
}

static bool is_idle(void *context)
{
	const struct child *child = context;
	return !child->held_until_ms && !child->never_idle;
}

static const struct svc_route child_routes[] = {
	{UTARG__V1__REQUEST__BODY_KPI, "kpi", &utarg__v1__kpi_request__descriptor, handle_kpi, PERMIT_KPI,
	 true, offsetof(Utarg__V1__KpiRequest, shop)},
	{UTARG__V1__REQUEST__BODY_PUBLISH, "publish", NULL, handle_publish, PERMIT_PUBLISH, false, 0},
	{UTARG__V1__REQUEST__BODY_SNAPSHOT, "snapshot", &utarg__v1__snapshot_request__descriptor,
	 handle_snapshot, PERMIT_KPI, false, 0},
	{UTARG__V1__REQUEST__BODY_SHOP_LIST, "shop_list", &utarg__v1__shop_list_request__descriptor,
	 handle_shop_list, PERMIT_SHOP, false, 0},
	{0},
};

// Who the tests are: an operator of all shops.
static struct principals *testers(void)
{
	static const char *const may[] = {"event.publish", "kpi.read",    "shop.read",
					  "admin.read",    "admin.write", "journal.read"};
	struct principal_facts facts = {.key_id = KEYS_USER,
					.name = "tester",
					.kind = PERMIT_OPERATOR,
					.has_all_shops = true,
					.may = may,
					.may_count = sizeof(may) / sizeof(may[0])};
	struct err e = {0};
	struct principals *principals = principals_create();
	bus_key_decode(keys_get()->client.public_key, facts.public_key);
	const bool added = principals_add(principals, &facts, &e);
	assert(added);
	return principals;
}

static int run_child(char *offset_key)
{
	char path[64], key_option[96];
	keys_file(&keys_get()->server, path);
	snprintf(key_option, sizeof(key_option), "--server-key-file=%s", path);
	char *argv[] = {(char[]){"utarg-ingest"}, offset_key, (char[]){"--log-level=debug"}, key_option,
			NULL};
	const struct svc_definition definition = {
		.name = SVC_INGEST,
		.routes = child_routes,
		.stats = child_stats,
		.arena_bytes = SERVICE_ARENA_BYTES,
		.request_limits = {.max_message_bytes = SERVICE_MAX_BYTES,
				   .receive_hwm = 1000,
				   .send_hwm = 10,
				   .linger_ms = 1000,
				   .outbox_bytes = SERVICE_OUTBOX_BYTES},
	};
	static struct child child;
	struct err e = {0};

	child.svc = svc_create(&definition, 4, argv, &e);
	unlink(path);
	if (child.svc)
		svc_admit(child.svc, testers(), clock_monotonic_ms());
	if (!child.svc || pipe(child.pipe_ends) != 0 || !svc_serve(child.svc, &child, &e) ||
	    !svc_timer(child.svc, TICK_MS, tick, &child, &e) ||
	    !svc_watch(child.svc, NULL, child.pipe_ends[0], pipe_ready, &child, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	svc_after_round(child.svc, after_round, &child);
	svc_on_drain(child.svc, drain_begins, is_idle, &child);
	svc_on_subscription(child.svc, subscription_changed, &child);
	svc_set_ready(child.svc, true, NULL);
	const int code = svc_run(child.svc);
	svc_destroy(child.svc);
	return code;
}

// ---- the test's side

static bool port_is_free(int port)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons((uint16_t)port),
					    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	const bool is_free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return is_free;
}

// Below the range from which the system takes ports for connecting sockets.
static int free_offset(void)
{
	static unsigned tried;
	for (;;) {
		const unsigned from = (unsigned)getpid() * 7919U + tried++ * 104729U;
		const int offset = 2000 + (int)(from % 20000U);
		if (port_is_free(svc_ports[SVC_INGEST].request_port + offset) &&
		    port_is_free(svc_ports[SVC_INGEST].publish_port + offset))
			return offset;
	}
}

void service_start(struct service *service)
{
	const int offset = free_offset();
	const struct svc_port_row *row = &svc_ports[SVC_INGEST];
	struct asker asker;

	snprintf(service->offset_key, sizeof(service->offset_key), "--port-offset=%d", offset);
	snprintf(service->requests, sizeof(service->requests), "tcp://127.0.0.1:%d",
		 row->request_port + offset);
	snprintf(service->publications, sizeof(service->publications), "tcp://127.0.0.1:%d",
		 row->publish_port + offset);
	service->log_fd = memfd_create("log", MFD_CLOEXEC);
	fflush(NULL);
	service->pid = fork();
	assert(service->pid >= 0);
	if (service->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails must leave nobody behind
		dup2(service->log_fd, STDERR_FILENO);
		exit(run_child(service->offset_key));
	}
	asker_open(&asker, service, 0);
	send_ping(&asker, 1);
	expect_code(&asker, 1, UTARG__V1__CODE__OK);
	asker_close(&asker);
}

int service_wait(struct service *service, int timeout_ms)
{
	const int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	int status;
	while (clock_monotonic_ms() < until_ms) {
		if (waitpid(service->pid, &status, WNOHANG) == service->pid) {
			service->pid = 0;
			return status;
		}
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000000}, NULL);
	}
	return -1;
}

static void show_log(const struct service *service)
{
	char part[4096];
	ssize_t size;
	off_t at = 0;
	while ((size = pread(service->log_fd, part, sizeof(part), at)) > 0) {
		at += size;
		fwrite(part, 1, (size_t)size, stderr);
	}
}

void service_stop(struct service *service)
{
	if (service->pid) {
		kill(service->pid, SIGTERM);
		const int status = service_wait(service, LONG_MS);
		if (status != 0) {
			show_log(service);
			if (service->pid)
				kill(service->pid, SIGKILL);
		}
		assert(status == 0);
	}
	assert(!service_log_has(service, "Sanitizer"));
	close(service->log_fd);
}

bool service_log_has(const struct service *service, const char *text)
{
	static char log[1024 * 1024];
	const ssize_t size = pread(service->log_fd, log, sizeof(log) - 1, 0);
	log[size > 0 ? size : 0] = 0;
	return strstr(log, text) != NULL;
}

void asker_open(struct asker *asker, const struct service *service, int receive_hwm)
{
	const int zero = 0;
	asker->context = zmq_ctx_new();
	asker->socket = zmq_socket(asker->context, ZMQ_DEALER);
	zmq_setsockopt(asker->socket, ZMQ_LINGER, &zero, sizeof(zero));
	if (receive_hwm)
		zmq_setsockopt(asker->socket, ZMQ_RCVHWM, &receive_hwm, sizeof(receive_hwm));
	keys_lock(asker->socket, &keys_get()->client);
	const int connected = zmq_connect(asker->socket, service->requests);
	assert(connected == 0);
}

void asker_close(struct asker *asker)
{
	zmq_close(asker->socket);
	zmq_ctx_term(asker->context);
}

void asker_send_bytes(struct asker *asker, const void *bytes, size_t size)
{
	const int sent = zmq_send(asker->socket, bytes, size, 0);
	assert(sent == (int)size);
}

void asker_send_frames(struct asker *asker, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int sent = zmq_send(asker->socket, "frame", 5, i + 1 < count ? ZMQ_SNDMORE : 0);
		assert(sent == 5);
	}
}

void asker_send(struct asker *asker, const Utarg__V1__Request *request)
{
	const size_t size = utarg__v1__request__get_packed_size(request);
	uint8_t *bytes = malloc(size + 1);
	assert(bytes);
	utarg__v1__request__pack(request, bytes);
	asker_send_bytes(asker, bytes, size);
	free(bytes);
}

Utarg__V1__Reply *asker_receive(struct asker *asker, int timeout_ms)
{
	zmq_msg_t message;
	zmq_msg_init(&message);
	zmq_setsockopt(asker->socket, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
	if (zmq_msg_recv(&message, asker->socket, 0) < 0)
		return NULL;
	Utarg__V1__Reply *reply =
		utarg__v1__reply__unpack(NULL, zmq_msg_size(&message), zmq_msg_data(&message));
	assert(reply && reply->status && !zmq_msg_more(&message));
	zmq_msg_close(&message);
	return reply;
}

void reply_free(Utarg__V1__Reply *reply)
{
	utarg__v1__reply__free_unpacked(reply, NULL);
}

void expect_code(struct asker *asker, uint64_t request_id, Utarg__V1__Code code)
{
	Utarg__V1__Reply *reply = asker_receive(asker, LONG_MS);
	assert(reply);
	if (reply->request_id != request_id || reply->status->code != code)
		fprintf(stderr, "reply %d to %d: %s, not %s: %s\n", (int)reply->request_id, (int)request_id,
			err_name((enum err_code)reply->status->code), err_name((enum err_code)code),
			reply->status->message);
	assert(reply->request_id == request_id);
	assert(reply->status->code == code);
	assert((code == UTARG__V1__CODE__OK) == (reply->status->message[0] == 0));
	reply_free(reply);
}

void send_ping(struct asker *asker, uint64_t request_id)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__PingRequest ping = UTARG__V1__PING_REQUEST__INIT;
	request.request_id = request_id;
	request.body_case = UTARG__V1__REQUEST__BODY_PING;
	request.ping = &ping;
	asker_send(asker, &request);
}

void send_snapshot(struct asker *asker, uint64_t request_id, const char *text)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__SnapshotRequest snapshot = UTARG__V1__SNAPSHOT_REQUEST__INIT;
	char copy[64];
	snprintf(copy, sizeof(copy), "%s", text);
	snapshot.topic_prefix = copy;
	request.request_id = request_id;
	request.body_case = UTARG__V1__REQUEST__BODY_SNAPSHOT;
	request.snapshot = &snapshot;
	asker_send(asker, &request);
}

void send_publish(struct asker *asker, uint64_t request_id)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__PublishRequest publish = UTARG__V1__PUBLISH_REQUEST__INIT;
	request.request_id = request_id;
	publish.sent_at_ms = 1;
	request.body_case = UTARG__V1__REQUEST__BODY_PUBLISH;
	request.publish = &publish;
	asker_send(asker, &request);
}

int64_t ask_counter(struct asker *asker, const char *name)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__StatsRequest stats = UTARG__V1__STATS_REQUEST__INIT;
	int64_t value = -1;
	request.request_id = 7777;
	request.body_case = UTARG__V1__REQUEST__BODY_STATS;
	request.stats = &stats;
	asker_send(asker, &request);
	Utarg__V1__Reply *reply = asker_receive(asker, LONG_MS);
	assert(reply && reply->body_case == UTARG__V1__REPLY__BODY_STATS);
	for (size_t i = 0; i < reply->stats->n_counters; i++)
		if (strcmp(reply->stats->counters[i]->name, name) == 0)
			value = reply->stats->counters[i]->value;
	reply_free(reply);
	assert(value >= 0);
	return value;
}
