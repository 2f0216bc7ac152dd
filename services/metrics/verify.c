// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See verify.h. The result goes to stdout, progress and trouble to stderr.
#include "services/metrics/verify.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/fail.h"
#include "common/base/harden.h"
#include "common/base/log.h"
#include "common/journal/journal.h"
#include "common/svc/svc.h"
#include "services/metrics/bar.h"
#include "services/metrics/compare.h"
#include "services/metrics/metrics.h"
#include "services/metrics/replay.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_UNAVAILABLE = 3, EXIT_DIFFERENT = 6 };
// How long the figures may take to reach the journal's head before we look at them where they are.
enum { CATCH_UP_MS = 10000, LOOK_AGAIN_MS = 200 };

struct verification {
	const char *slug;
	bool json;
	struct db *db;
	struct store_shop shop;
	struct store_position position;
	int64_t head_seq;
	char chain[ERR_TEXT_SIZE]; // "ok", or what is wrong with it
	struct comparison comparison;
	int64_t checkpoints; // of the replay
	struct bar bar;
	size_t memory_bytes;
	const char *folder; // of scratch files
};

// How much memory and where to put the rest; the other keys are the service's.
static const struct conf_row verify_conf[] = {
	{"verify-memory-mib", CONF_INT, "256", 1, 1048576,
	 "memory of the fold while it recomputes; less is slower", false},
	{"scratch-dir", CONF_TEXT, "/var/tmp", 0, 0,
	 "folder for what does not fit into memory, about as large as the shop's figures", false},
	{0},
};

static void show(void *context, int64_t done, int64_t total)
{
	struct verification *v = context;
	bar_show(&v->bar, done, total);
}

// Takes our own arguments out; the rest are configuration keys.
static bool take_arguments(struct verification *v, int *argc, char **argv)
{
	int kept = 1;
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--verify") == 0 && i + 1 < *argc && argv[i + 1][0] != '-' &&
		    v->slug == NULL)
			v->slug = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			v->json = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return v->slug != NULL;
}

// Opens the snapshot at a moment when the figures stand where the journal stood when we came, if that comes.
static bool open_snapshot(struct verification *v, struct err *e)
{
	int64_t until_ms = clock_monotonic_ms() + CATCH_UP_MS, wanted_seq = -1, head_epoch;
	for (;;) {
		bool found;
		if (!db_begin_snapshot(v->db, e) ||
		    !store_load_position(v->db, v->shop.shop_id, &v->position, &head_epoch, &v->head_seq,
					 &found, e))
			return false;
		wanted_seq = wanted_seq < 0 ? v->head_seq : wanted_seq;
		bool whole = found && v->position.seq >= v->position.rebuild_seq &&
			     v->position.epoch == head_epoch;
		if (whole && v->position.seq >= wanted_seq)
			return true;
		if (clock_monotonic_ms() >= until_ms) {
			return whole || err_set(e, ERR_BUSY,
						"the figures of %s are being made (event %lld of %lld): is "
						"metrics running?",
						v->slug, (long long)v->position.seq, (long long)v->head_seq);
		}
		db_rollback(v->db);
		usleep(LOOK_AGAIN_MS * 1000);
	}
}

static bool verify_chain(struct verification *v, struct err *e)
{
	struct err broken = {0};
	bar_step(&v->bar, "chain, event");
	if (journal_verify(v->db, v->shop.shop_id, v->shop.slug, NULL, show, v, &broken)) {
		text_copy(v->chain, sizeof(v->chain), "ok");
		return true;
	}
	if (broken.code != ERR_CONFLICT) {
		*e = broken;
		return false;
	}
	text_copy(v->chain, sizeof(v->chain), broken.text);
	comparison_add(&v->comparison, "chain: %s", broken.text);
	return true;
}

static bool recompute(struct verification *v, struct replay *replay, struct zones *zones, struct err *e)
{
	bar_step(&v->bar, "figures, event");
	const struct replay_options options = {.db = v->db,
					       .shop_id = v->shop.shop_id,
					       .position = &v->position,
					       .zones = zones,
					       .memory_bytes = v->memory_bytes,
					       .folder = v->folder,
					       .progress = show,
					       .context = v};
	bool ok = replay_run(replay, &options, e);
	replay->options = NULL;
	return ok;
}

static bool compare(struct verification *v, struct replay *replay, struct err *e)
{
	struct compare_context c = {.db = v->db,
				    .shop_id = v->shop.shop_id,
				    .position = &v->position,
				    .replay = replay,
				    .out = &v->comparison,
				    .progress = show,
				    .progress_context = v};
	bar_step(&v->bar, "comparing, cell");
	if (!compare_cells(&c, e))
		return false;
	bar_step(&v->bar, "comparing, entity");
	if (!compare_entities(&c, e))
		return false;
	bar_step(&v->bar, "comparing, history");
	return compare_history(&c, e) && compare_unmet(&c, e);
}

static bool verify_figures(struct verification *v, struct err *e)
{
	struct zones *zones = zones_create();
	struct replay replay;
	struct err broken = {0};
	bool ok = recompute(v, &replay, zones, &broken) && compare(v, &replay, &broken);
	v->checkpoints = replay.checkpoints;
	replay_fini(&replay);
	zones_destroy(zones);
	if (ok)
		return true;
	if (db_fault(v->db) != DB_FAULT_NONE || broken.code == ERR_BUSY) {
		*e = broken;
		return false;
	}
	// What is stored cannot even be read: that is a difference, too.
	comparison_add(&v->comparison, "%s", broken.text);
	return true;
}

static bool verify(struct verification *v, const struct conf *conf, struct err *e)
{
	static const struct db_statement *const statements[] = {journal_statements, metrics_statements, NULL};
	v->db = db_create(&(struct db_options){.conninfo = conf_text(conf, "database"),
					       .statements = statements,
					       .statement_timeout_ms = 60000,
					       .generic_plans = true,
					       .application_name = "utarg-verify"},
			  e);
	if (v->db == NULL)
		return false;
	if (!text_is_slug(v->slug))
		return err_set(e, ERR_UNKNOWN_SHOP, "there is no shop \"%.80s\"", v->slug);
	v->memory_bytes = (size_t)conf_int(conf, "verify-memory-mib") << 20;
	v->folder = conf_text(conf, "scratch-dir");
	bar_begin(&v->bar, v->slug);
	// While runs of cells are merged the database may hear nothing of us for minutes.
	bool ok = store_find_shop(v->db, v->slug, 0, &v->shop, e) && open_snapshot(v, e) &&
		  db_script(v->db, "SET LOCAL idle_in_transaction_session_timeout = 0", e) &&
		  verify_chain(v, e) && verify_figures(v, e);
	bar_end(&v->bar);
	db_rollback(v->db);
	return ok;
}

static void print_text(const struct verification *v)
{
	const struct comparison *c = &v->comparison;
	if (c->differences == 0) {
		printf("verified: shop %s, %lld events, %lld cells, chain ok\n", v->slug,
		       (long long)v->position.seq, (long long)c->cells);
	} else {
		printf("different: shop %s, %lld events, %lld cells, chain %s, %lld differences\n", v->slug,
		       (long long)v->position.seq, (long long)c->cells,
		       strcmp(v->chain, "ok") == 0 ? "ok" : "broken", (long long)c->differences);
		for (int64_t i = 0; i < c->differences && i < COMPARE_SHOWN; i++)
			printf("  %s\n", c->lines[i]);
		if (c->differences > COMPARE_SHOWN)
			printf("  and %lld more\n", (long long)(c->differences - COMPARE_SHOWN));
	}
	if (v->head_seq > v->position.seq)
		fprintf(stderr, "%lld later events are not folded yet\n",
			(long long)(v->head_seq - v->position.seq));
}

static void print_json(const struct verification *v)
{
	const struct comparison *c = &v->comparison;
	json_t *lines = json_array();
	for (int64_t i = 0; i < c->differences && i < COMPARE_SHOWN; i++)
		json_array_append_new(lines, json_string(c->lines[i]));
	json_t *out =
		json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:o}", "shop",
			  v->slug, "verified", c->differences == 0, "events", (json_int_t)v->position.seq,
			  "epoch", (json_int_t)v->position.epoch, "head_seq", (json_int_t)v->head_seq,
			  "as_of_ms", (json_int_t)v->position.as_of_ms, "cells", (json_int_t)c->cells,
			  "entities", (json_int_t)c->entities, "history", (json_int_t)c->history, "chain",
			  v->chain, "replay_checkpoints", (json_int_t)v->checkpoints, "difference_count",
			  (json_int_t)c->differences, "differences", lines);
	assert(out != NULL);
	json_dumpf(out, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(out);
}

static int run(struct verification *v, int argc, char **argv)
{
	static const struct conf_row *const tables[] = {svc_conf, metrics_conf, verify_conf, NULL};
	struct err e = {0};
	struct conf *conf = conf_create(tables, argc, argv, &e);
	bool ok = conf != NULL && verify(v, conf, &e);
	db_destroy(v->db);
	conf_destroy(conf);
	if (!ok) {
		fprintf(stderr, "utarg-metrics: %s\n", e.text);
		return err_exit(e.code);
	}
	if (v->json)
		print_json(v);
	else
		print_text(v);
	if (fflush(stdout) != 0)
		return EXIT_UNAVAILABLE;
	return v->comparison.differences == 0 ? EXIT_OK : EXIT_DIFFERENT;
}

int verify_main(int argc, char **argv)
{
	struct verification *v = calloc(1, sizeof(*v));
	assert(v != NULL);
	log_init("verify", LOG_LEVEL_WARN);
	fail_never(); // a judge
	int code = EXIT_USAGE;
	if (!harden_process(NULL))
		code = EXIT_UNAVAILABLE;
	else if (take_arguments(v, &argc, argv))
		code = run(v, argc, argv);
	else
		fprintf(stderr, "usage: utarg-metrics --verify SHOP [--json] [--database CONNINFO]\n");
	free(v);
	return code;
}
