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
enum { CATCH_UP_MS = 10000, LOOK_AGAIN_MS = 200, SHOW_EVERY_MS = 200 };

struct verification {
	const char *slug;
	bool json;
	struct db *db;
	struct store_shop shop;
	struct store_position position;
	int64_t head_seq;
	char chain[ERR_TEXT_SIZE]; // "ok", or what is wrong with it
	struct comparison comparison;
	const char *step; // for progress
	int64_t shown_at_ms;
};

static void show(void *context, int64_t seq, int64_t until_seq)
{
	struct verification *v = context;
	int64_t now_ms = clock_monotonic_ms();
	if (!isatty(STDERR_FILENO) || (now_ms - v->shown_at_ms < SHOW_EVERY_MS && seq < until_seq))
		return;
	v->shown_at_ms = now_ms;
	fprintf(stderr, "\r%s: %s %lld of %lld events%s", v->slug, v->step, (long long)seq,
		(long long)until_seq, seq >= until_seq ? "\r\033[K" : "");
	fflush(stderr);
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
	v->step = "chain,";
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

static bool verify_figures(struct verification *v, struct err *e)
{
	struct zones *zones = zones_create();
	struct replay replay;
	struct err broken = {0};
	v->step = "figures,";
	bool ok = replay_run(&replay, v->db, v->shop.shop_id, &v->position, zones, show, v, &broken);
	if (ok)
		ok = compare_cells(v->db, v->shop.shop_id, &v->position, replay.fold, &v->comparison,
				   &broken) &&
		     compare_entities(v->db, v->shop.shop_id, &replay, &v->comparison, &broken);
	replay_fini(&replay);
	zones_destroy(zones);
	if (ok)
		return true;
	if (db_fault(v->db) != DB_FAULT_NONE) {
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
	bool ok = store_find_shop(v->db, v->slug, 0, &v->shop, e) && open_snapshot(v, e) &&
		  verify_chain(v, e) && verify_figures(v, e);
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
	json_t *out = json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:o}", "shop", v->slug,
				"verified", c->differences == 0, "events", (json_int_t)v->position.seq,
				"epoch", (json_int_t)v->position.epoch, "head_seq", (json_int_t)v->head_seq,
				"as_of_ms", (json_int_t)v->position.as_of_ms, "cells", (json_int_t)c->cells,
				"entities", (json_int_t)c->entities, "chain", v->chain, "difference_count",
				(json_int_t)c->differences, "differences", lines);
	assert(out != NULL);
	json_dumpf(out, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(out);
}

static int run(struct verification *v, int argc, char **argv)
{
	static const struct conf_row *const tables[] = {svc_conf, metrics_conf, NULL};
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
