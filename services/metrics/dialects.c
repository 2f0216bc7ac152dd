// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See dialects.h. The events of those days are folded twice, by our rules and by the tool's.
#include "services/metrics/dialects.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/harden.h"
#include "common/base/log.h"
#include "common/svc/svc.h"
#include "services/metrics/core/dialect.h"
#include "services/metrics/core/sums.h"
#include "services/metrics/follow.h"
#include "services/metrics/gather.h"
#include "services/metrics/metrics.h"
#include "services/metrics/replay.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_UNAVAILABLE = 3 };
enum { KPIS_MAX = 32, WINDOWS_MAX = 400, ARENA_BYTES = 8 << 20, MINUTE_MS = 60000 };
// Zones differ from UTC by less than a day, and a session that reaches into the days began less than one
// before.
enum { DAYS_AROUND = 2 };
enum { KEYS_AT_ONCE = 256 };

struct side {
	struct fold *fold;
	const struct fold_cell *cells; // the fold's
	size_t cell_count;
};

struct comparing {
	const struct dialect *dialect;
	const char *slug;
	struct zone_date from, to; // both included
	enum window window;
	const char *kpis[KPIS_MAX];
	size_t kpi_count;
	bool json;
	struct db *db;
	struct store_shop shop;
	struct gathered events;
	struct side ours, theirs;
	json_t *out;
};

// ---- what is asked ----

static bool take_option(struct comparing *c, const char *option, const char *value)
{
	if (strcmp(option, "--dialect") == 0)
		return (c->dialect = dialect_find(value)) != NULL;
	if (strcmp(option, "--from") == 0)
		return zone_date_parse(value, &c->from);
	if (strcmp(option, "--to") == 0)
		return zone_date_parse(value, &c->to);
	return window_from_name(value, &c->window) && c->window >= WINDOW_DAY;
}

static bool is_option(const char *text)
{
	static const char *const names[] = {"--dialect", "--from", "--to", "--window"};
	bool found = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		found |= strcmp(text, names[i]) == 0;
	return found;
}

// Takes our own arguments out; the rest are configuration keys.
static bool take_arguments(struct comparing *c, int *argc, char **argv)
{
	int kept = 1;
	bool ok = true;
	for (int i = 1; i < *argc; i++) {
		if (is_option(argv[i]) && i + 1 < *argc) {
			ok = ok && take_option(c, argv[i], argv[i + 1]);
			i++;
		} else if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
		} else if (strcmp(argv[i], "--database") == 0 && i + 1 < *argc) {
			argv[kept++] = argv[i++];
			argv[kept++] = argv[i];
		} else if (argv[i][0] == '-') {
			argv[kept++] = argv[i];
		} else if (c->slug == NULL) {
			c->slug = argv[i];
		} else if (c->kpi_count < KPIS_MAX) {
			c->kpis[c->kpi_count++] = argv[i];
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	return ok && c->dialect != NULL && c->slug != NULL && c->from.year != 0 && c->to.year != 0;
}

static bool check_kpis(struct comparing *c, struct err *e)
{
	struct kpi_row row;
	const char *rule;
	for (size_t i = 0; i < c->kpi_count; i++)
		if (!dialect_kpi(c->dialect, c->kpis[i], &row, &rule))
			return err_field(e, ERR_BAD_FIELD, "kpi",
					 "a dialect does not tell \"%.60s\": it is about visits, carts and "
					 "orders",
					 c->kpis[i]);
	if (c->kpi_count > 0)
		return true;
	for (const char *const *kpi = dialect_kpis; *kpi != NULL; kpi++)
		c->kpis[c->kpi_count++] = *kpi;
	return true;
}

// Nothing is stored anywhere: what is missing is absent.
static bool bring_nothing(struct fold *fold, const struct fold_event *event, struct err *e)
{
	HARDEN_UNFILLED struct fold_key keys[KEYS_AT_ONCE];
	size_t count;
	while ((count = fold_missing(fold, event, keys, KEYS_AT_ONCE)) > 0) {
		for (size_t i = 0; i < count && i < KEYS_AT_ONCE; i++) {
			if (!fold_load(fold, &keys[i], (struct slice){0}, INT64_MAX, e))
				return false;
		}
	}
	return true;
}

// ---- both folds ----

static bool fold_events(struct comparing *c, struct side *side, const struct fold_options *options,
			struct err *e)
{
	struct arena arena;
	bool ok = true;
	arena_init(&arena, ARENA_BYTES);
	side->fold = fold_create(options);
	for (size_t i = 0; ok && i < c->events.count; i++) {
		struct fold_event event;
		arena_reset(&arena);
		if (!follow_decode(c->events.rows[i], &arena, &event))
			ok = err_set(e, ERR_INTERNAL, "event %lld does not decode",
				     (long long)c->events.rows[i]->seq);
		else if ((ok = bring_nothing(side->fold, &event, e)))
			(void)fold_apply(side->fold, &event); // settings come first: nothing acts back
	}
	arena_fini(&arena);
	side->cell_count = fold_cells(side->fold, &side->cells);
	return ok;
}

static bool run_folds(struct comparing *c, struct zones *zones, struct err *e)
{
	struct store_position position = {0};
	int64_t head_epoch, head_seq, as_of_ms = clock_now_ms() / MINUTE_MS * MINUTE_MS;
	bool found;
	if (!store_load_position(c->db, c->shop.shop_id, &position, &head_epoch, &head_seq, &found, e))
		return false;
	if (found && position.as_of_ms > 0)
		as_of_ms = position.as_of_ms;
	int64_t from_ms = zone_date_days(zone_date_add(c->from, -DAYS_AROUND)) * 86400000;
	int64_t to_ms = zone_date_days(zone_date_add(c->to, 1 + DAYS_AROUND)) * 86400000;
	if (!gather_run(&c->events, c->db, c->shop.shop_id, head_epoch, head_seq, from_ms, to_ms, e))
		return false;
	struct fold_options options = {.as_of_ms = as_of_ms, .zone = zones_find, .context = zones};
	struct fold_options switched = options;
	switched.switches = dialect_switches(c->dialect);
	return fold_events(c, &c->ours, &options, e) && fold_events(c, &c->theirs, &switched, e);
}

// ---- figures ----

static void add_terms(struct sums *sums, const struct side *side, const struct kpi_term *terms,
		      enum window window, int64_t start_ms, int64_t end_ms, bool seen[MEASURE_COUNT])
{
	for (int t = 0; t < KPI_TERM_MAX && terms[t].measure != 0; t++) {
		enum fold_grain grain = kpi_grain(terms[t].measure, window);
		if (seen[terms[t].measure])
			continue;
		seen[terms[t].measure] = true;
		for (size_t i = 0; i < side->cell_count; i++) {
			const struct fold_cell *cell = &side->cells[i];
			if (cell->measure == terms[t].measure && cell->dimension == FOLD_TOTAL &&
			    cell->grain == grain && cell->bucket_ms >= start_ms && cell->bucket_ms < end_ms)
				sums_add(sums, cell->measure, KPI_WINDOW, cell->level, cell->delta,
					 cell->revision);
		}
	}
}

struct told {
	money_sum numerator, denominator;
	char value[KPI_VALUE_SIZE];
};

static void tell_one(const struct side *side, const struct kpi_row *row, enum window window, int64_t start_ms,
		     int64_t end_ms, struct told *out)
{
	struct sums sums = {.levels = NULL};
	bool seen[MEASURE_COUNT] = {false};
	add_terms(&sums, side, row->numerator, window, start_ms, end_ms, seen);
	add_terms(&sums, side, row->denominator, window, start_ms, end_ms, seen);
	sums_fraction(&sums, row, &out->numerator, &out->denominator);
	kpi_value(row, out->numerator, out->denominator, fold_currency(side->fold), out->value);
	sums_fini(&sums);
}

static json_t *integer_of(money_sum sum)
{
	char text[MONEY_TEXT_SIZE];
	if (sum >= INT64_MIN && sum <= INT64_MAX)
		return json_integer((json_int_t)sum);
	return json_string(money_text(sum, 0, text));
}

static json_t *value_of(const struct told *told, const struct kpi_row *row)
{
	if (!told->value[0])
		return json_null();
	if (row->unit == KPI_MONEY)
		return json_string(told->value);
	return strchr(told->value, '.') ? json_real(strtod(told->value, NULL)) : integer_of(told->numerator);
}

static void print_figure(struct comparing *c, const char *kpi, int64_t start_ms, int64_t end_ms)
{
	struct kpi_row row;
	const char *rule;
	struct told ours, theirs;
	char start[ZONE_STAMP_SIZE], end[ZONE_STAMP_SIZE];
	(void)dialect_kpi(c->dialect, kpi, &row, &rule);
	tell_one(&c->ours, kpi_find(kpi), c->window, start_ms, end_ms, &ours);
	tell_one(&c->theirs, &row, c->window, start_ms, end_ms, &theirs);
	zone_stamp(fold_zone(c->ours.fold), start_ms, start);
	zone_stamp(fold_zone(c->ours.fold), end_ms, end);
	if (c->json) {
		json_t *figure = json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "dialect", c->dialect->name,
			"kpi", kpi, "window", window_name(c->window), "start", start, "end", end, "value",
			value_of(&theirs, &row), "numerator", integer_of(theirs.numerator), "denominator",
			integer_of(theirs.denominator), "ours", value_of(&ours, &row), "rule", rule);
		json_array_append_new(c->out, figure);
		return;
	}
	printf("%-22s %.10s %18s %18s%s%s\n", kpi, start, theirs.value[0] ? theirs.value : "-",
	       ours.value[0] ? ours.value : "-", rule[0] ? "  " : "", rule);
}

static bool print_all(struct comparing *c, struct err *e)
{
	const struct zone *zone = fold_zone(c->ours.fold);
	int64_t at = zone_day_start_ms(zone, c->from),
		until_ms = zone_day_start_ms(zone, zone_date_add(c->to, 1));
	int windows = 0;
	if (!c->json)
		printf("%-22s %-10s %18s %18s\n", "KPI", "START", c->dialect->name, "OURS");
	while (at < until_ms) {
		int64_t start_ms, end_ms;
		if (windows++ == WINDOWS_MAX)
			return err_set(e, ERR_TOO_MANY, "these are more than %d windows", WINDOWS_MAX);
		zone_window(zone, c->window, at, &start_ms, &end_ms);
		for (size_t i = 0; i < c->kpi_count; i++)
			print_figure(c, c->kpis[i], start_ms, end_ms);
		at = end_ms;
	}
	if (c->json) {
		json_dumpf(c->out, stdout, JSON_INDENT(2));
		putchar('\n');
		return true;
	}
	for (const struct dialect_switch *at_switch = c->dialect->switches; at_switch->bit; at_switch++)
		printf("%s\n", at_switch->rule);
	return true;
}

static bool compare(struct comparing *c, const struct conf *conf, struct err *e)
{
	static const struct db_statement *const statements[] = {journal_statements, metrics_statements, NULL};
	c->db = db_create(&(struct db_options){.conninfo = conf_text(conf, "database"),
					       .statements = statements,
					       .statement_timeout_ms = 60000,
					       .generic_plans = true,
					       .application_name = "utarg-dialect"},
			  e);
	if (c->db == NULL)
		return false;
	struct zones *zones = zones_create();
	bool ok = check_kpis(c, e) && store_find_shop(c->db, c->slug, 0, &c->shop, e) &&
		  db_begin_snapshot(c->db, e) && run_folds(c, zones, e);
	db_rollback(c->db);
	c->out = json_array();
	ok = ok && print_all(c, e);
	json_decref(c->out);
	fold_destroy(c->ours.fold);
	fold_destroy(c->theirs.fold);
	gather_fini(&c->events);
	zones_destroy(zones);
	return ok;
}

static int run(struct comparing *c, int argc, char **argv)
{
	static const struct conf_row *const tables[] = {svc_conf, metrics_conf, NULL};
	struct err e = {0};
	struct conf *conf = conf_create(tables, argc, argv, &e);
	bool ok = conf != NULL && compare(c, conf, &e);
	db_destroy(c->db);
	conf_destroy(conf);
	if (!ok) {
		fprintf(stderr, "utarg-metrics: %s\n", e.text);
		return err_exit(e.code);
	}
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_UNAVAILABLE;
}

int dialects_main(int argc, char **argv)
{
	struct comparing *c = calloc(1, sizeof(*c));
	assert(c != NULL);
	log_init("dialect", LOG_LEVEL_WARN);
	fail_never();
	c->window = WINDOW_DAY;
	int code = EXIT_USAGE;
	if (!harden_process(NULL))
		code = EXIT_UNAVAILABLE;
	else if (take_arguments(c, &argc, argv))
		code = run(c, argc, argv);
	else
		fprintf(stderr,
			"usage: utarg-metrics --dialect ga4|matomo|plausible|shopify SHOP --from DAY "
			"--to DAY [--window day|week|month] [--json] [KPI...] [--database CONNINFO]\n");
	free(c);
	return code;
}
