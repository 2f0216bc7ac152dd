// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A service's life and its loop. One round: wait, signals, requests, subscriptions, watched sockets, timers,
// hooks. What a message means is in dispatch.c.
#include "common/svc/internal.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/harden.h"
#include "common/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

// Room for a request of 8 MiB beside a modest decoded form; pages are touched as they are used.
enum { ARENA_DEFAULT_BYTES = 8 * 1024 * 1024, PUBLISH_HWM = 10000 };

static struct bus_limits request_limits(const struct svc *svc)
{
	return svc->definition->request_limits.max_message_bytes ? svc->definition->request_limits
								 : bus_limits_default;
}

static void log_start(const struct svc *svc)
{
	const struct bus_limits limits = request_limits(svc);
	const struct svc_port_row *row = &svc_ports[svc->definition->name];
	const int offset = (int)conf_int(svc->conf, "port-offset");

	log_info("start", LOG_STR("version", UTARG_VERSION), LOG_UINT("incarnation", svc->incarnation),
		 LOG_STR("bind_host", conf_text(svc->conf, "bind-host")),
		 LOG_INT("request_port", row->request_port + offset),
		 LOG_INT("publish_port", row->publish_port + offset),
		 LOG_INT("max_message_bytes", limits.max_message_bytes),
		 LOG_INT("receive_hwm", limits.receive_hwm), LOG_INT("send_hwm", limits.send_hwm),
		 LOG_UINT("outbox_bytes", limits.outbox_bytes), LOG_UINT("arena_bytes", svc->arena.size));
}

static bool configure(struct svc *svc, int argc, char *const *argv, struct err *e)
{
	enum log_level level;

	svc->conf = conf_create(svc->tables, argc, argv, e);
	if (!svc->conf || !svc_check_bind(svc->conf, e))
		return false;
	if (!log_level_from_name(conf_text(svc->conf, "log-level"), &level))
		return err_field(e, ERR_BAD_FIELD, "log-level",
				 "log-level is error, warn, info or debug, not \"%s\"",
				 conf_text(svc->conf, "log-level"));
	log_init(svc_ports[svc->definition->name].name, level);
	return true;
}

static void print_help(const struct svc *svc)
{
	printf("%s [--key=value]...\n\nEvery key may also come from the environment as UTARG_<KEY>.\n\n",
	       svc_ports[svc->definition->name].binary);
	conf_help(svc->tables, stdout);
}

struct svc *svc_create(const struct svc_definition *definition, int argc, char *const *argv, struct err *e)
{
	struct svc *svc = calloc(1, sizeof(*svc));
	if (!svc) {
		err_set(e, ERR_INTERNAL, "no memory for a service");
		return NULL;
	}
	svc->definition = definition;
	svc->tables[0] = svc_conf;
	svc->tables[1] = definition->conf;
	svc->signal_fd = -1;
	svc->incarnation = (uint64_t)clock_now_us();
	text_copy(svc->reason, sizeof(svc->reason), "It is starting.");
	if (conf_wants_help(argc, argv)) {
		print_help(svc);
		free(svc);
		exit(EXIT_SUCCESS);
	}
	if (!harden_service(e) || !configure(svc, argc, argv, e) || !svc_signals_open(svc, e) ||
	    !(svc->bus = bus_create(e)) || !svc_door_open(svc, e)) {
		svc_destroy(svc);
		return NULL;
	}
	arena_init(&svc->arena, definition->arena_bytes ? definition->arena_bytes : ARENA_DEFAULT_BYTES);
	svc_counters_init();
	svc_dispatch_init(svc);
	log_start(svc);
	return svc;
}

void svc_destroy(struct svc *svc)
{
	if (!svc)
		return;
	bus_socket_close(svc->router);
	bus_socket_close(svc->xpub);
	bus_destroy(svc->bus);
	svc_door_close(svc);
	if (svc->arena.base)
		arena_fini(&svc->arena);
	svc_signals_close(svc);
	conf_destroy(svc->conf);
	free(svc);
}

const struct conf *svc_conf_of(const struct svc *svc)
{
	return svc->conf;
}

struct bus *svc_bus(const struct svc *svc)
{
	return svc->bus;
}

uint64_t svc_incarnation(const struct svc *svc)
{
	return svc->incarnation;
}

static struct bus_socket *bind_socket(struct svc *svc, bool publish, const struct bus_limits *limits,
				      struct err *e)
{
	char endpoint[256];
	if (!svc_bind_endpoint(svc->conf, svc->definition->name, publish, endpoint, sizeof(endpoint))) {
		err_field(e, ERR_BAD_FIELD, "bind-host", "bind-host is too long");
		return NULL;
	}
	return bus_open(svc->bus, publish ? BUS_XPUB : BUS_ROUTER, endpoint, limits, e);
}

bool svc_serve(struct svc *svc, void *context, struct err *e)
{
	assert(!svc->router);
	const struct bus_limits asked = request_limits(svc);
	struct bus_limits published = bus_limits_default;

	published.send_hwm = PUBLISH_HWM;
	svc->router = bind_socket(svc, false, &asked, e);
	if (!svc->router)
		return false;
	svc->xpub = bind_socket(svc, true, &published, e);
	if (!svc->xpub) {
		bus_socket_close(svc->router);
		svc->router = NULL;
		return false;
	}
	svc->context = context;
	if (!svc_door_watch(svc, e))
		return false;
	log_info("listening", LOG_STR("requests", bus_endpoint(svc->router)),
		 LOG_STR("publications", bus_endpoint(svc->xpub)));
	return true;
}

bool svc_timer(struct svc *svc, int64_t period_ms, void (*tick)(void *context), void *context, struct err *e)
{
	assert(period_ms > 0 && tick);
	if (svc->timer_count == SVC_TIMER_MAX)
		return err_set(e, ERR_INTERNAL, "a service has at most %d timers", SVC_TIMER_MAX);
	svc->timers[svc->timer_count++] =
		(struct svc_timer_row){period_ms, clock_monotonic_ms() + period_ms, tick, context};
	return true;
}

bool svc_watch(struct svc *svc, struct bus_socket *socket, int fd, void (*ready)(void *context),
	       void *context, struct err *e)
{
	assert(ready && (socket || fd >= 0));
	if (svc->watch_count == SVC_WATCH_MAX)
		return err_set(e, ERR_INTERNAL, "a service watches at most %d sockets", SVC_WATCH_MAX);
	svc->watches[svc->watch_count++] = (struct svc_watch_row){socket, fd, ready, context};
	return true;
}

void svc_after_round(struct svc *svc, void (*hook)(void *context), void *context)
{
	assert(svc->hook_count < SVC_HOOK_MAX);
	svc->hooks[svc->hook_count++] = (struct svc_hook_row){hook, context};
}

void svc_again(struct svc *svc)
{
	svc->again = true;
}

void svc_let_gather(struct svc *svc, bool gather)
{
	svc->gather = gather;
}

void svc_on_drain(struct svc *svc, void (*begin)(void *context), bool (*is_idle)(void *context),
		  void *context)
{
	svc->drain_begin = begin;
	svc->drain_is_idle = is_idle;
	svc->drain_context = context;
}

void svc_on_subscription(struct svc *svc,
			 void (*changed)(void *context, struct slice prefix, bool subscribed), void *context)
{
	svc->subscription_changed = changed;
	svc->subscription_context = context;
}

static void set_ready(struct svc *svc, bool ready, enum err_code code, const char *reason)
{
	const bool changed = ready != svc->ready;
	svc->ready = ready;
	svc->unready_code = code;
	text_copy(svc->reason, sizeof(svc->reason), reason ? reason : "");
	if (changed && ready)
		log_info("ready", LOG_BOOL("ready", true));
	else if (changed)
		log_warn("not_ready", LOG_STR("reason", svc->reason));
}

void svc_set_ready(struct svc *svc, bool ready, const char *reason)
{
	set_ready(svc, ready, ERR_BUSY, reason);
}

void svc_set_unready(struct svc *svc, enum err_code code, const char *reason)
{
	set_ready(svc, false, code, reason);
}

bool svc_is_draining(const struct svc *svc)
{
	return svc->drain_until_ms != 0;
}

void svc_drain(struct svc *svc)
{
	if (svc_is_draining(svc))
		return;
	svc->drain_until_ms = clock_monotonic_ms() + SVC_DRAIN_MS;
	log_info("drain", LOG_INT("at_most_ms", SVC_DRAIN_MS));
	if (svc->drain_begin)
		svc->drain_begin(svc->drain_context);
}

static int64_t sleep_ms(const struct svc *svc, int64_t now_ms)
{
	int64_t until_ms = svc_is_draining(svc) ? now_ms + SVC_DRAIN_POLL_MS : -1;
	if (svc->again)
		return 0;
	for (size_t i = 0; i < svc->timer_count; i++)
		if (until_ms < 0 || svc->timers[i].next_at_ms < until_ms)
			until_ms = svc->timers[i].next_at_ms;
	if (until_ms < 0)
		return -1;
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

static void run_timers(struct svc *svc)
{
	for (size_t i = 0; i < svc->timer_count; i++) {
		struct svc_timer_row *timer = &svc->timers[i];
		const int64_t now_ms = clock_monotonic_ms();
		if (now_ms < timer->next_at_ms)
			continue;
		timer->next_at_ms = now_ms + timer->period_ms;
		timer->tick(timer->context);
	}
}

// Items in the order of the round: signals, requests, subscriptions, watches.
static size_t gather(const struct svc *svc, struct bus_wait_item *items)
{
	size_t count = 0;
	items[count++] = (struct bus_wait_item){.fd = svc->signal_fd};
	if (svc->router) {
		items[count++] = (struct bus_wait_item){.socket = svc->router};
		items[count++] = (struct bus_wait_item){.socket = svc->xpub};
	}
	for (size_t i = 0; i < svc->watch_count; i++)
		items[count++] =
			(struct bus_wait_item){.socket = svc->watches[i].socket, .fd = svc->watches[i].fd};
	return count;
}

// Waits for what is watched only. What was left unread, or what a hook wants at once, does not gather.
static void let_gather(struct svc *svc, struct bus_wait_item *watched)
{
	if (svc->gather && !svc->again && !svc->input_left && svc->watch_count > 0)
		bus_wait(watched, svc->watch_count, SVC_GATHER_MS);
	svc->gather = false;
}

static void run_round(struct svc *svc)
{
	struct bus_wait_item items[SVC_WATCH_MAX + 3];
	const size_t count = gather(svc, items);
	const size_t first_watch = count - svc->watch_count;

	let_gather(svc, &items[first_watch]);
	bus_wait(items, count, sleep_ms(svc, clock_monotonic_ms()));
	fail_refresh();
	svc->again = false;
	svc->round_at_ms = clock_monotonic_ms();
	svc->round_wall_ms = clock_now_ms();
	if (items[0].readable)
		svc_signals_take(svc);
	if (svc->router && items[1].readable)
		svc_dispatch_round(svc);
	if (svc->router && items[2].readable)
		svc_door_subscriptions(svc);
	for (size_t i = first_watch; i < count; i++)
		if (items[i].readable)
			svc->watches[i - first_watch].ready(svc->watches[i - first_watch].context);
	run_timers(svc);
	for (size_t i = 0; i < svc->hook_count; i++)
		svc->hooks[i].call(svc->hooks[i].context);
}

static bool is_idle(struct svc *svc)
{
	const bool work_left = svc->drain_is_idle && !svc->drain_is_idle(svc->drain_context);
	return !work_left && !svc->input_left && (!svc->router || bus_flush(svc->router));
}

int svc_run(struct svc *svc)
{
	for (;;) {
		run_round(svc);
		if (svc->is_unguarded) {
			log_error("stop", LOG_STR("reason", "the key handler is gone"));
			return EXIT_FAILURE;
		}
		if (!svc_is_draining(svc))
			continue;
		if (is_idle(svc)) {
			log_info("stop", LOG_BOOL("drained", true));
			return EXIT_SUCCESS;
		}
		if (clock_monotonic_ms() > svc->drain_until_ms) {
			log_error("stop", LOG_BOOL("drained", false), LOG_INT("waited_ms", SVC_DRAIN_MS));
			return EXIT_FAILURE;
		}
	}
}
