// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg bench: how fast this machine takes events in, beside what PostgreSQL alone can do on it. Two fresh
// private instances, one after the other: in the first ingest is measured alone, its rounds interleaved with
// the yardsticks; in the second everything runs, up to the figures.
#include "services/utarg/bench.h"
#include "services/utarg/commands.h"
#include "services/utarg/progress.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS = 3,
	RUN_MS = 3000,
	QUICK_MS = 700,
	WARM_MS = 300,
	BASE_BACK_MS = 60000,
	SHOPS = 1000,
	SHOPS_QUICK = 20
};
enum { GROWTH_FROM = 1000000, GROWTH_MAX = 1000000000 };

const struct cli_option cmd_bench_options[] = {
	{"quick", NULL, "one short round, under a minute; numbers are rough"},
	{"rounds", "N", "rounds, medians of them are shown (default 3)"},
	{"seconds", "N", "of one measurement (default 3)"},
	{"grow", "N", "also publish so many events and see what throughput is lost since the first million"},
	{"peers", NULL, "also measure Redis Streams, RabbitMQ and NATS JetStream, where they are installed"},
	{"only", "NAMES",
	 "only these measurements, with commas between: names of the table, or freshness, figure_read, "
	 "catch_up, end_to_end, fold"},
	{"svg", "FILE", "draw the goals and what was reached"},
	{"dir", "DIR", "where the instances lie meanwhile (default /var/tmp); its disk is measured"},
	{0},
};

const char cmd_bench_details[] = "Starts private instances with the settings of `utarg up`, publishes events "
				 "of about 200 bytes to them, and\n"
				 "takes them away again. In turn with it plain programs write the same rows "
				 "into the same table of another\n"
				 "database of that PostgreSQL: only ratios of one run are solid. Nothing "
				 "else should be busy meanwhile.\n"
				 "With --json one object: each goal by its key, null where it was not "
				 "measured, and all raw numbers.\n";

volatile sig_atomic_t bench_interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	bench_interrupted = 1;
}

// UTARG_BENCH_TRACE=1: when each part began, for those who wonder where the time goes.
void bench_trace(const struct bench *b, const char *part)
{
	if (getenv("UTARG_BENCH_TRACE"))
		fprintf(stderr, "%9lld ms  %s\n", (long long)(clock_now_ms() - b->began_ms), part);
}

// ---- one round -----------------------------------------------------------------------------------------

enum step_kind { STEP_LOAD, STEP_COPY, STEP_INSERT, STEP_CURVE };

// In this order, each round. A step of duplicates resends what the first step published.
static const struct step {
	const char *name;
	enum step_kind kind;
	int sockets, window, batch; // COPY: writers, -, rows; INSERT: connections; CURVE: -, frames, events
	bool many_shops;
	enum bench_ids ids;
	int duplicate_percent;
	int junk;
} steps[] = {
	{"copy_1000", STEP_COPY, 2, 0, 1000, false, BENCH_V7, 0, 0},
	{"ingest_20000", STEP_LOAD, 4, 50, 100, false, BENCH_V7, 0, 0},
	{"copy_5000", STEP_COPY, 2, 0, 5000, false, BENCH_V7, 0, 0},
	{"ingest_2000", STEP_LOAD, 4, 5, 100, false, BENCH_V7, 0, 0},
	{"duplicates_100", STEP_LOAD, 4, 50, 100, false, BENCH_V7, 100, 0},
	{"insert_64", STEP_INSERT, 64, 0, 1, false, BENCH_V7, 0, 0},
	{"ingest_64_publishers", STEP_LOAD, 64, 1, 1, false, BENCH_V7, 0, 0},
	{"ingest_64_one_connection", STEP_LOAD, 1, 64, 1, false, BENCH_V7, 0, 0},
	{"ingest_1000", STEP_LOAD, 8, 125, 1, false, BENCH_V7, 0, 0},
	{"insert_1", STEP_INSERT, 1, 0, 1, false, BENCH_V7, 0, 0},
	{"ingest_1", STEP_LOAD, 1, 1, 1, false, BENCH_V7, 0, 0},
	{"ingest_20000_many_shops", STEP_LOAD, 4, 50, 100, true, BENCH_V7, 0, 0},
	{"ingest_20000_v4", STEP_LOAD, 4, 50, 100, false, BENCH_V4, 0, 0},
	{"duplicates_1", STEP_LOAD, 4, 50, 100, false, BENCH_V7, 1, 0},
	{"duplicates_50", STEP_LOAD, 4, 50, 100, false, BENCH_V7, 50, 0},
	{"ingest_2000_beside_junk", STEP_LOAD, 4, 5, 100, false, BENCH_V7, 0, 500},
	{"zmq_20000", STEP_CURVE, 0, 200, 100, false, BENCH_V7, 0, 0},
	{"zmq_64", STEP_CURVE, 0, 64, 1, false, BENCH_V7, 0, 0},
};
enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

static void note(struct bench *b, const char *name, const char *what, double value)
{
	char full[BENCH_NAME_SIZE];
	snprintf(full, sizeof(full), "%s_%s", name, what);
	bench_note(&b->notes, full, value);
}

static void note_load(struct bench *b, const char *name, const struct bench_load_result *result)
{
	note(b, name, "per_second", result->per_second);
	note(b, name, "p50_us", (double)histogram_at(&result->latency, 500));
	note(b, name, "p90_us", (double)histogram_at(&result->latency, 900));
	note(b, name, "p99_us", (double)histogram_at(&result->latency, 990));
	note(b, name, "p999_us", (double)histogram_at(&result->latency, 999));
	note(b, name, "max_us", (double)result->latency.max_us);
	note(b, name, "cpu_per_million", result->cpu_per_million);
	note(b, name, "postgres_cpu_per_million", result->postgres_cpu_per_million);
	note(b, name, "generator_cpu_per_million", result->own_cpu_per_million);
	note(b, name, "wal_per_event", result->wal_per_event);
}

static bool run_load(struct bench *b, const struct step *step, struct bench_load_result *first, struct err *e)
{
	static struct bench_load_result result;
	struct bench_load load = {.sockets = step->sockets,
				  .window = step->window,
				  .batch = step->batch,
				  .ids = step->ids,
				  .junk = step->junk,
				  .shops = step->many_shops ? b->shop_count : 1,
				  .duplicate_percent = step->duplicate_percent,
				  .duplicate_first = first->first_number,
				  .duplicate_count = first->number_count,
				  .warm_ms = b->warm_ms,
				  .run_ms = b->run_ms};
	if (load.duplicate_percent > 0 && load.duplicate_count == 0)
		return err_set(e, ERR_BAD_FIELD, "%s resends what ingest_20000 published: name both",
			       step->name);
	if (!bench_load_run(b, &load, &result, e))
		return err_prefix(e, "%s", step->name);
	if (result.ok != result.number_count)
		return err_set(e, ERR_INTERNAL,
			       "%s: %" PRIu64 " new events were sent, but %" PRIu64 " accepted as new",
			       step->name, result.number_count, result.ok);
	note_load(b, step->name, &result);
	if (first->number_count == 0)
		*first = result;
	return true;
}

// Whether --only names it; without --only everything is wanted.
static bool is_wanted(const struct bench *b, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = b->only; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == 0))
			return true;
	}
	return b->only == NULL;
}

// Each begins right after a checkpoint, so that none pays for what the one before it has left to be written.
static bool run_step(struct bench *b, const struct step *step, struct bench_load_result *first, struct err *e)
{
	if (!db_script(b->db, "CHECKPOINT", e))
		return false;
	switch (step->kind) {
	case STEP_COPY:
		return bench_yard_copy(b, step->name, step->sockets, step->batch, e);
	case STEP_INSERT:
		return bench_yard_insert(b, step->name, step->sockets, e);
	case STEP_CURVE:
		return bench_yard_curve(b, step->name, step->window, step->batch, e);
	default:
		return run_load(b, step, first, e);
	}
}

// Quotients of numbers of one round, so that a drift of the machine does not show.
static const struct ratio_row {
	const char *key, *above, *below;
} ratios[] = {
	{"ingest_over_insert_64", "ingest_64_publishers_per_second", "insert_64_per_second"},
	{"single_over_commit_p50", "ingest_1_p50_us", "insert_1_p50_us"},
	{"duplicates_over_new", "duplicates_100_per_second", "ingest_20000_per_second"},
	{"ingest_over_redis_64", "ingest_64_publishers_per_second", "redis_64_per_second"},
	{"ingest_over_redis_1000", "ingest_1000_per_second", "redis_1000_per_second"},
	{"ingest_over_rabbitmq_64", "ingest_64_one_connection_per_second", "rabbitmq_64_per_second"},
	{"ingest_over_nats_64", "ingest_64_one_connection_per_second", "nats_64_per_second"},
	{"many_shops_over_one", "ingest_20000_many_shops_per_second", "ingest_20000_per_second"},
	{"beside_junk_over_quiet", "ingest_2000_beside_junk_per_second", "ingest_2000_per_second"},
	{"curve_over_plain_20000", "zmq_20000_curve_per_second", "zmq_20000_plain_per_second"},
	{"curve_over_plain_64", "zmq_64_curve_per_second", "zmq_64_plain_per_second"},
	{"v4_over_v7", "ingest_20000_v4_per_second", "ingest_20000_per_second"},
};

static void note_ratios(struct bench *b)
{
	double above, below, other;
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		if (bench_last(&b->notes, ratios[i].above, &above) &&
		    bench_last(&b->notes, ratios[i].below, &below) && below > 0)
			bench_note(&b->notes, ratios[i].key, above / below);
	// Against the better of the two sizes of COPY.
	double copy = bench_last(&b->notes, "copy_1000_per_second", &other) ? other : 0;
	if (bench_last(&b->notes, "copy_5000_per_second", &other) && other > copy)
		copy = other;
	if (copy > 0 && bench_last(&b->notes, "ingest_20000_per_second", &above))
		bench_note(&b->notes, "ingest_over_copy", above / copy);
	if (copy > 0 && bench_last(&b->notes, "ingest_2000_per_second", &above))
		bench_note(&b->notes, "ingest_over_copy_2000", above / copy);
	if (bench_last(&b->notes, "ingest_20000_cpu_per_million", &above))
		bench_note(&b->notes, "cpu_per_million", above);
}

static bool run_rounds(struct bench *b, struct err *e)
{
	struct progress progress;
	bool done = true;
	progress_begin(&progress, "measuring", (int64_t)b->rounds * STEP_COUNT);
	for (int round = 0; round < b->rounds && done; round++) {
		struct bench_load_result first = {0};
		for (int i = 0; i < STEP_COUNT && done; i++) {
			if (!is_wanted(b, steps[i].name))
				continue;
			progress_show(&progress, (int64_t)round * STEP_COUNT + i);
			bench_trace(b, steps[i].name);
			done = run_step(b, &steps[i], &first, e);
			if (done && bench_interrupted)
				done = err_set(e, ERR_BUSY, "interrupted");
		}
		done = done && (!b->peers || bench_yard_peers(b, e));
		if (done)
			note_ratios(b);
	}
	progress_end(&progress);
	return done;
}

// ---- growth --------------------------------------------------------------------------------------------

// A million events at full speed; the rate is noted.
static bool grow_million(struct bench *b, const char *name, struct err *e)
{
	struct bench_load load = {
		.sockets = 4, .window = 50, .batch = 100, .shops = 1, .events_max = GROWTH_FROM};
	static struct bench_load_result result;
	if (!bench_load_run(b, &load, &result, e))
		return err_prefix(e, "growth");
	if (name)
		note_load(b, name, &result);
	return true;
}

static bool run_growth(struct bench *b, struct err *e)
{
	double first, last;
	int64_t millions = b->grow / GROWTH_FROM;
	if (millions < 3)
		return true;
	bench_trace(b, "growth");
	for (int64_t i = 0; i < millions; i++)
		if (!grow_million(b, i == 1 ? "growth_first" : i == millions - 1 ? "growth_last" : NULL, e))
			return false;
	bench_last(&b->notes, "growth_first_per_second", &first);
	bench_last(&b->notes, "growth_last_per_second", &last);
	bench_note(&b->notes, "growth_loss", 1 - last / first);
	return true;
}

// ---- the whole -----------------------------------------------------------------------------------------

// The first one's settings are told.
static bool start_instance(struct bench *b, const char *place, uint32_t shops, struct err *e)
{
	if (!bench_up(b, place, e) || !bench_make_shops(b, shops, e))
		return false;
	if (!b->settings) {
		bench_trace(b, "settings");
		bench_read_settings(b);
		bench_print_settings(b);
	}
	return true;
}

static bool wants_ingest(const struct bench *b)
{
	bool wanted = b->grow > 0;
	for (int i = 0; i < STEP_COUNT; i++)
		wanted = wanted || is_wanted(b, steps[i].name);
	return wanted;
}

static bool measure_ingest(struct bench *b, const char *place, struct err *e)
{
	if (!wants_ingest(b))
		return true;
	bool done = start_instance(b, place, b->shop_count, e) && bench_yard_prepare(b, e);
	if (done) {
		done = bench_pause(b, true, e) && run_rounds(b, e) && run_growth(b, e);
		bench_note(&b->notes, "rss_ingest_after_rounds_mb", bench_rss_mb(b, "ingest"));
	}
	bench_down(b);
	return done;
}

static void note_memory(struct bench *b)
{
	static const char *const names[] = {"ingest", "metrics", "campaign"};
	double sum = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double mb = bench_rss_mb(b, names[i]);
		note(b, "rss", names[i], mb);
		sum += mb;
	}
	bench_note(&b->notes, "rss_mb", sum);
}

static bool run_freshness(struct bench *b, struct err *e)
{
	double peak = 0;
	bench_median(&b->notes, "ingest_20000_per_second", &peak);
	if (!bench_freshness(b, peak, e))
		return false;
	note_memory(b);
	return true;
}

static bool run_end_to_end(struct bench *b, struct err *e)
{
	double ingest_per_s;
	if (!bench_last(&b->notes, "ingest_before_figures_per_second", &ingest_per_s))
		return err_set(e, ERR_BAD_FIELD, "end_to_end is held against what catch_up saw: name both");
	return bench_end_to_end(b, e);
}

// In this order; each begins with everything folded.
static const struct part {
	const char *name;
	bool (*run)(struct bench *b, struct err *e);
} parts[] = {
	{"freshness", run_freshness},   {"figure_read", bench_figure_read}, {"catch_up", bench_catch_up},
	{"end_to_end", run_end_to_end}, {"fold", bench_yard_fold},
};
enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

static bool wants_figures(const struct bench *b)
{
	bool wanted = false;
	for (int i = 0; i < PART_COUNT; i++)
		wanted = wanted || is_wanted(b, parts[i].name);
	return wanted;
}

static bool measure_figures(struct bench *b, const char *place, struct err *e)
{
	bool done = !wants_figures(b) || start_instance(b, place, 1, e);
	for (int i = 0; i < PART_COUNT && done; i++)
		if (is_wanted(b, parts[i].name))
			done = parts[i].run(b, e);
	bench_down(b);
	return done;
}

static bool read_options(struct bench *b, struct err *e)
{
	int64_t rounds, seconds;
	struct cli *cli = b->cli;
	b->quick = cli_switch(cli, "quick");
	b->peers = cli_switch(cli, "peers");
	b->only = cli_value(cli, "only");
	if (!cli_number(cli, "rounds", 1, BENCH_ROUNDS_MAX, b->quick ? 1 : ROUNDS, &rounds, e) ||
	    !cli_number(cli, "seconds", 1, 600, 0, &seconds, e) ||
	    !cli_number(cli, "grow", 0, GROWTH_MAX, 0, &b->grow, e))
		return false;
	b->rounds = (int)rounds;
	b->warm_ms = WARM_MS;
	b->run_ms = seconds > 0 ? seconds * 1000 : b->quick ? QUICK_MS : RUN_MS;
	b->shop_count = b->quick ? SHOPS_QUICK : SHOPS;
	if (!is_wanted(b, "ingest_20000_many_shops"))
		b->shop_count = 1;
	return true;
}

static void make_world(struct bench *b)
{
	static struct bench_row row;
	b->began_ms = clock_now_ms();
	b->events = bench_events_create();
	b->world = (struct bench_world){
		.base_ms = b->began_ms - BASE_BACK_MS, .seed = (uint64_t)b->began_ms, .shop_count = 1};
	bench_row(b->events, &b->world, 0, &row);
	b->event_bytes = (int)row.event.size;
}

bool cmd_bench(struct cli *cli, struct err *e)
{
	static struct bench bench;
	struct sigaction action = {.sa_handler = interrupt};
	const char *place = cli_value(cli, "dir") ? cli_value(cli, "dir") : "/var/tmp",
		   *svg = cli_value(cli, "svg");
	bench = (struct bench){.cli = cli};
	if (!read_options(&bench, e))
		return false;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	make_world(&bench);
	bool done = measure_ingest(&bench, place, e) && measure_figures(&bench, place, e) &&
		    (!svg || bench_report_svg(&bench, svg, e));
	if (done && cli->json)
		bench_report_json(&bench);
	else if (done)
		bench_report_table(&bench);
	bench_events_destroy(bench.events);
	json_decref(bench.settings);
	return done;
}
