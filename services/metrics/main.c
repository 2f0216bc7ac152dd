// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-metrics: follows the journal, folds it into cells, answers for figures and publishes them. With
// --verify SHOP it recomputes a shop's figures from its journal instead and says whether they agree, with
// --dialect NAME SHOP what another tool would make of them.
#include "common/base/log.h"
#include "common/keyring/keyring.h"
#include "services/metrics/alerts.h"
#include "services/metrics/dialects.h"
#include "services/metrics/explain.h"
#include "services/metrics/follow.h"
#include "services/metrics/handlers.h"
#include "services/metrics/metrics.h"
#include "services/metrics/pasts.h"
#include "services/metrics/publish.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"
#include "services/metrics/verify.h"

#include <stdlib.h>
#include <string.h>

const struct conf_row metrics_conf[] = {
	{"publish-interval", CONF_INT, "100", 10, 60000, "milliseconds between two updates of one topic",
	 false},
	{"publish-topics", CONF_INT, "20000", 100, 10000000,
	 "topics that keep a last value, some 500 bytes each", false},
	{"fold-rows", CONF_INT, "10000", 1, 100000,
	 "journal rows read at once, at most 5 KiB each (large ones are read apart); one checkpoint a read",
	 false},
	{"fold-milliseconds", CONF_INT, "50", 1, 10000,
	 "how long a round may fold before questions have their turn", false},
	{"fold-memory-mib", CONF_INT, "128", 8, 1048576,
	 "memory of all folds; at some 300 bytes an open session, 128 hold 400,000 of them", false},
	{"analyst-tables", CONF_BOOL, "true", 0, 0,
	 "keep sessions, carts and orders as rows (docs/ANALYSTS.md); what happens while it is off is never "
	 "told there",
	 false},
	{0},
};

static const struct svc_definition definition = {
	.name = SVC_METRICS,
	.conf = metrics_conf,
	.routes = metrics_routes,
	.stats = metrics_stats,
	.arena_bytes = METRICS_ARENA_BYTES,
};

// Decoded events of one part. One event is at most 64 KiB on the wire and decodes within ingest's 8 MiB.
// A topic under a target keeps the target's standing, too.
enum { EVENT_ARENA_BYTES = 8 << 20, PAYLOAD_MAX_BYTES = 64 << 10, TOPIC_BYTES = 1400 };
// 200 rules of some 700 bytes with a point of 100 bytes each, their alerts, or what a new subscriber is told.
enum { ALERT_ARENA_BYTES = 4 << 20 };

static void after_round(void *context)
{
	struct metrics *m = context;
	bool more = follow_round(m);
	more |= publish_round(m);
	if (more)
		svc_again(m->svc);
}

static void wake(void *context)
{
	(void)context; // the round's hook does the work
}

static void on_subscription(void *context, struct slice prefix, bool subscribed)
{
	static const char word[] = "alert/";
	struct metrics *m = context;
	bool of_alerts = prefix.size >= sizeof(word) - 1 && memcmp(prefix.data, word, sizeof(word) - 1) == 0;
	if (!of_alerts)
		publish_subscription(m, prefix, subscribed);
	else if (subscribed)
		alerts_subscribed(m);
}

// The first sweep connects, and each one after it until the database is there and migrated.
static bool open_store(struct metrics *m, struct err *e)
{
	static const struct db_statement *const statements[] = {journal_statements, metrics_statements, NULL};
	m->db = db_create(&(struct db_options){.conninfo = conf_text(svc_conf_of(m->svc), "database"),
					       .statements = statements,
					       .connect_timeout_ms = 2000, // the loop stands still meanwhile
					       .statement_timeout_ms = 30000,
					       .durable_only = true, // what was shown must not be forgotten
					       .connect_later = true,
					       .generic_plans = true,
					       .application_name = STORE_APPLICATION},
			  e);
	return m->db != NULL;
}

// The most this process holds, whatever comes: all folds (what one checkpoint writes stays in them until
// then); the rows of one read; what a checkpoint makes of the changes; topics with their last values; the
// fixed blocks. Not in it are the program itself, some 10 MiB, and libzmq's queues, bounded for each
// connection.
static void log_memory_bound(const struct metrics *m, size_t topics)
{
	size_t read = journal_follow_read_bytes(m->journal, PAYLOAD_MAX_BYTES);
	size_t changes = (size_t)FOLLOW_CHANGES_MAX * FOLD_CELLS_A_CHANGE * FOLLOW_CELL_BYTES;
	size_t fixed =
		EVENT_ARENA_BYTES + ALERT_ARENA_BYTES + METRICS_ARENA_BYTES + PASTS_MAX * sizeof(struct past);
	size_t all = m->memory_bytes_max + read + changes + topics * TOPIC_BYTES + fixed;

	log_info("memory_bound", LOG_UINT("folds_mib", m->memory_bytes_max >> 20),
		 LOG_UINT("read_mib", read >> 20), LOG_UINT("changes_mib", changes >> 20),
		 LOG_UINT("topics_mib", topics * TOPIC_BYTES >> 20), LOG_UINT("fixed_mib", fixed >> 20),
		 LOG_UINT("all_mib", all >> 20));
}

static bool start(struct metrics *m, struct err *e)
{
	const struct conf *conf = svc_conf_of(m->svc);
	int64_t interval_ms = conf_int(conf, "publish-interval");
	size_t topics = (size_t)conf_int(conf, "publish-topics");
	arena_init(&m->event_arena, EVENT_ARENA_BYTES);
	arena_init(&m->alert_arena, ALERT_ARENA_BYTES);
	m->batch_ms = conf_int(conf, "fold-milliseconds");
	m->memory_bytes_max = (size_t)conf_int(conf, "fold-memory-mib") << 20;
	m->has_analyst_tables = conf_bool(conf, "analyst-tables");
	m->shops = shops_create();
	m->publish = publish_create(interval_ms, topics);
	m->journal = journal_follow_create((size_t)conf_int(conf, "fold-rows"));
	log_memory_bound(m, topics);
	svc_after_round(m->svc, after_round, m);
	svc_on_subscription(m->svc, on_subscription, m);
	return open_store(m, e) &&
	       (m->keyring = keyring_start(m->svc, conf_text(conf, "database"), e)) != NULL &&
	       svc_serve(m->svc, m, e) && follow_start(m, e) &&
	       svc_timer(m->svc, interval_ms > 40 ? interval_ms / 2 : 20, wake, m, e);
}

static void stop(struct metrics *m)
{
	follow_stop(m);
	keyring_stop(m->keyring);
	db_destroy(m->db);
	shops_destroy(m->shops);
	publish_destroy(m->publish);
	journal_follow_destroy(m->journal);
	arena_fini(&m->event_arena);
	arena_fini(&m->alert_arena);
	svc_destroy(m->svc);
}

int main(int argc, char **argv)
{
	struct metrics m = {0};
	struct err e = {0};
	if (argc > 1 && strcmp(argv[1], "--dialect") == 0)
		return dialects_main(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--verify") == 0)
		return verify_main(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--explain") == 0)
		return explain_main(argc, argv);
	m.svc = svc_create(&definition, argc, argv, &e);
	if (m.svc == NULL || !start(&m, &e)) {
		log_error("start_failed", LOG_STR("code", err_name(e.code)), LOG_STR("reason", e.text));
		stop(&m);
		return err_exit(e.code);
	}
	int code = svc_run(m.svc);
	if (m.exit_code != 0)
		code = m.exit_code;
	stop(&m);
	return code;
}
