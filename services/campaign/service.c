// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the service's life between start and drain: opening the store, timers, doorbells, and being up
// or down with the database. What it does with events is follow.c's, with commands decide.c's.
#include "services/campaign/service.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/keyring/keyring.h"
#include "services/campaign/stats.h"
#include "services/campaign/watch.h"

#include <string.h>

extern const struct db_statement campaign_statements[];

enum {
	SWEEP_EVERY_MS = 500, // heals lost doorbells; also knocks at a database that is down
	PUBLISH_EVERY_MS = 50,
	WATCH_EVERY_MS = 100,
	TURN_EVERY_MS = 500,
	ROWS_AT_ONCE = 2000,       // events of a round: some 10 ms of folding between two requests
	CONNECT_TIMEOUT_MS = 2000, // the loop stands still meanwhile
	STATEMENT_TIMEOUT_MS = 10000,
	LAG_NOT_READY = 50000, // events behind the journal beyond which answers are too old
	DOORBELL_ARENA_BYTES = 64 * 1024,
};

// The reason in full is for the log: it may name hosts and paths.
static const char waiting[] = "campaign waits for its database";
static const char unmigrated[] = "the database is not migrated to this version; run utarg migrate";

static const struct db_statement *const statement_tables[] = {campaign_statements, journal_statements, NULL};

void service_init(struct service *service, struct svc *svc)
{
	const int16_t *kinds;
	size_t kind_count = fold_wanted(&kinds);

	*service = (struct service){.svc = svc};
	service->follow = journal_follow_create(ROWS_AT_ONCE);
	journal_follow_only(service->follow, kinds, kind_count);
	service->shops = shops_create();
	service->publisher = publisher_create(svc, service->shops);
	service->watch = watch_create(service);
	fold_init(&service->fold);
	arena_init(&service->desk, MESSAGE_DESK_BYTES);
	arena_init(&service->arena, DOORBELL_ARENA_BYTES);
}

void service_fini(struct service *service)
{
	keyring_stop(service->keyring);
	bus_socket_close(service->doorbells);
	watch_destroy(service->watch);
	publisher_destroy(service->publisher);
	shops_destroy(service->shops);
	journal_follow_destroy(service->follow);
	fold_fini(&service->fold);
	arena_fini(&service->desk);
	arena_fini(&service->arena);
	db_destroy(service->db);
}

bool service_check(const struct service *service, struct err *e)
{
	if (service->is_up)
		return true;
	return err_set(e, ERR_BUSY, "campaign waits for its database; try again in a moment");
}

void service_down(struct service *service, const char *what, const struct err *e)
{
	// Another try may do: a lost lock or a deadlock says nothing about the database's health.
	if (service->db != NULL && db_fault(service->db) == DB_FAULT_RETRY) {
		log_debug("retry", LOG_STR("what", what), LOG_STR("reason", e->text));
		return;
	}
	if (service->is_up || service->db == NULL)
		log_warn("database_down", LOG_STR("what", what), LOG_STR("reason", e->text));
	service->is_up = false;
	svc_set_ready(service->svc, false, waiting);
}

bool service_load_positions(struct service *service, struct err *e)
{
	struct db_result *result;

	if (!db_run(service->db, "campaign_positions", NULL, 0, &result, e))
		return false;
	for (int row = 0; row < db_rows(result); row++) {
		struct journal_position position = {(int32_t)db_get_int(result, row, 0),
						    db_get_int(result, row, 1), db_get_int(result, row, 2)};

		journal_follow_add(service->follow, position);
		journal_follow_moved(service->follow, position);
	}
	db_result_free(result);
	return true;
}

bool service_settle(struct service *service, struct err *e)
{
	stat_add(STAT_UNKNOWN_COMMITS, 1);
	log_warn("commit_unknown", LOG_INT("backend", db_last_backend(service->db)));
	return db_reconnect(service->db, e) && db_end_lost_backend(service->db, e) &&
	       service_load_positions(service, e);
}

static bool open_store(struct service *service, struct err *e)
{
	const struct db_options options = {
		.conninfo = conf_text(svc_conf_of(service->svc), "database"),
		.statements = statement_tables,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.statement_timeout_ms = STATEMENT_TIMEOUT_MS,
		.generic_plans = true,
		.application_name = "utarg-campaign",
		.durable_only = true, // it appends decisions
	};

	service->db = db_create(&options, e);
	return service->db != NULL;
}

// Up again, or for the first time: what others did meanwhile is in the tables.
static bool come_up(struct service *service, struct err *e)
{
	if (service->db == NULL && !open_store(service, e))
		return false;
	// A backend that was lost while committing may still be at it.
	if (!db_end_lost_backend(service->db, e) || !shops_refresh(service->shops, service->db, e) ||
	    !service_load_positions(service, e))
		return false;
	service->is_up = true;
	log_info("database_up", LOG_INT("shops", stats_get(&campaign_stats[STAT_SHOPS])));
	return true;
}

static void update_ready(struct service *service)
{
	int64_t lag = journal_follow_lag(service->follow);

	stats_set(&campaign_stats[STAT_LAG], lag);
	if (lag == 0)
		service->is_caught_up = true;
	if (!service->is_caught_up)
		svc_set_ready(service->svc, false, "campaign reads the journal that grew while it was away");
	else if (lag > LAG_NOT_READY)
		svc_set_ready(service->svc, false, "campaign is too far behind the journal");
	else
		svc_set_ready(service->svc, true, watch_note(service->watch));
}

// The database may lose what it acknowledges, and waiting does not help.
static void refuse(struct service *service, const struct err *e)
{
	if (service->exit_code != 0)
		return;
	log_error("database_refused", LOG_STR("reason", e->text));
	service->exit_code = err_exit(e->code);
	svc_set_ready(service->svc, false, e->text);
	svc_drain(service->svc);
}

// The first failure to open is worth a line, the ones after it are not.
static void not_up(struct service *service, const struct err *e)
{
	bool is_schema = e->code == ERR_INTERNAL;

	service->is_up = false;
	if (e->code == ERR_REFUSED) {
		refuse(service, e);
		return;
	}
	if (!service->is_waiting && is_schema)
		log_error("database_not_migrated", LOG_STR("reason", e->text));
	else if (!service->is_waiting)
		log_warn("waiting_for_database", LOG_STR("reason", e->text));
	service->is_waiting = true;
	svc_set_ready(service->svc, false, is_schema ? unmigrated : waiting);
}

static void sweep(void *context)
{
	struct service *service = context;
	struct err e = {0};

	if (svc_is_draining(service->svc))
		return; // nothing is begun any more
	if (!service->is_up && !come_up(service, &e)) {
		not_up(service, &e);
		return;
	}
	service->is_waiting = false;
	service->is_to_judge = true; // the clock changes verdicts too
	if (!journal_follow_sweep(service->follow, service->db, &e)) {
		service_down(service, "sweep", &e);
		return;
	}
	update_ready(service);
}

void service_changed(struct service *service)
{
	const struct fold *fold = &service->fold;

	publisher_mark(service->publisher, fold->changes, fold->change_count);
	watch_mark(service->watch, fold->changes, fold->change_count);
	service->is_to_judge = true;
}

static void watch(void *context)
{
	struct service *service = context;

	if (service->is_up && service->is_caught_up && !svc_is_draining(service->svc))
		watch_tick(service->watch, clock_monotonic_ms());
}

static void publish(void *context)
{
	struct service *service = context;
	struct err e = {0};

	if (service->is_up && service->is_to_judge && !svc_is_draining(service->svc))
		service->is_to_judge = judge_round(service);
	if (service->is_up && !publisher_tick(service->publisher, service->db, clock_monotonic_ms(), &e))
		service_down(service, "publish", &e);
}

static void turn(void *context)
{
	struct service *service = context;
	struct err e = {0};

	if (service->is_up && !svc_is_draining(service->svc) && !turn_reductions(service, &e))
		service_down(service, "turn", &e);
}

static void after_round(void *context)
{
	struct service *service = context;

	if (!service->is_up)
		return;
	if (follow_round(service) && journal_follow_is_behind(service->follow))
		svc_again(service->svc);
}

static void ring(struct service *service, struct slice payload)
{
	const Utarg__V1__Doorbell *doorbell;
	int32_t shop_id;

	arena_reset(&service->arena);
	doorbell = utarg__v1__doorbell__unpack(&service->arena.allocator, payload.size, payload.data);
	if (doorbell == NULL)
		return;
	// A shop that is not known here yet is met by the sweep.
	shop_id = shops_id(service->shops, doorbell->shop);
	if (shop_id != 0 && doorbell->epoch <= INT64_MAX && doorbell->seq <= INT64_MAX)
		journal_follow_ring(service->follow, shop_id, (int64_t)doorbell->epoch,
				    (int64_t)doorbell->seq);
}

static void doorbells_ready(void *context)
{
	struct service *service = context;
	struct bus_peer peer;
	struct slice topic;
	struct slice payload;
	enum bus_receive got;

	while ((got = bus_receive(service->doorbells, &peer, &topic, &payload)) != BUS_NOTHING) {
		if (got == BUS_MESSAGE)
			ring(service, payload);
	}
}

static void subscription(void *context, struct slice prefix, bool subscribed)
{
	struct service *service = context;

	publisher_subscription(service->publisher, prefix, subscribed);
}

static bool listen_to_ingest(struct service *service, struct err *e)
{
	char endpoint[BUS_TOPIC_SIZE];

	if (!svc_endpoint(svc_conf_of(service->svc), SVC_INGEST, true, endpoint, sizeof(endpoint)))
		return err_set(e, ERR_BAD_FIELD, "ingest-host is too long");
	service->doorbells = bus_open(svc_bus(service->svc), BUS_SUB, endpoint, NULL, e);
	return service->doorbells != NULL && bus_subscribe(service->doorbells, "head/", e) &&
	       svc_watch(service->svc, service->doorbells, -1, doorbells_ready, service, e);
}

bool service_start(struct service *service, struct err *e)
{
	service->keyring = keyring_start(service->svc, conf_text(svc_conf_of(service->svc), "database"), e);
	if (service->keyring == NULL)
		return false;
	svc_set_ready(service->svc, false, waiting);
	svc_on_subscription(service->svc, subscription, service);
	svc_after_round(service->svc, after_round, service);
	if (!db_check_conninfo(conf_text(svc_conf_of(service->svc), "database"), e) ||
	    !svc_timer(service->svc, SWEEP_EVERY_MS, sweep, service, e) ||
	    !svc_timer(service->svc, PUBLISH_EVERY_MS, publish, service, e) ||
	    !svc_timer(service->svc, WATCH_EVERY_MS, watch, service, e) ||
	    !svc_timer(service->svc, TURN_EVERY_MS, turn, service, e) || !listen_to_ingest(service, e))
		return false;
	watch_start(service->watch);
	sweep(service);
	return true;
}
