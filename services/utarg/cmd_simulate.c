// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg simulate SHOP: a believable day, several days, or a live stream, published through ingest like any
// shop's events. What happens on such a day is core/simulate's; the same seed makes the same events, so a
// second run changes nothing.
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/publisher/publisher.h"
#include "services/utarg/cli.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/simulate.h"
#include "services/utarg/counts.h"
#include "services/utarg/output.h"
#include "services/utarg/progress.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VISITS = 400, VISITS_MAX = 1000000, DAYS_MAX = 400, LIVE_STEP_MS = 200 };

const struct cli_option cmd_simulate_options[] = {
	{"day", "YYYY-MM-DD", "the local day (default: yesterday; with --days the last of them)"},
	{"days", "N", "so many days, the last being --day (default 1)"},
	{"visits", "N", "visits a day (default 400)"},
	{"seed", "N", "another seed makes another shop's traffic (default 1)"},
	{"live", NULL, "today's events as they happen, until interrupted"},
	{"rate", "N", "with --live: so many visits an hour instead of a day's curve"},
	{0},
};

const char cmd_simulate_details[] = "Visits with sources, devices and countries, carts, orders told by "
				    "browser and server, payments, refunds,\n"
				    "cancellations, price changes, stock, advertising bills and service "
				    "cases. The same shop, day, seed and number\n"
				    "of visits make the same events: a second run changes nothing and says "
				    "so (it adds what had not happened yet:\n"
				    "parcels and refunds come days after their order).\n";

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

// One run: where its events go and what became of them.
struct run {
	struct publisher *publisher;
	struct counts counts;
	struct progress progress;
};

static void settled(void *context, const struct publisher_result *result)
{
	struct run *run = context;
	counts_add(&run->counts, result->code);
	progress_show(&run->progress, (int64_t)run->counts.total);
}

static bool take_event(struct run *run, const struct simulate_event *event, struct err *e)
{
	publisher_set_origin(run->publisher, event->origin);
	return publisher_push(run->publisher, (struct slice){.data = event->bytes, .size = event->size}, 0,
			      e);
}

static bool publish_day(struct run *run, const struct simulate_options *options, struct err *e)
{
	struct simulate_day day;
	simulate_day(options, &day);
	bool ok = true;
	for (size_t i = 0; i < day.count && ok; i++)
		ok = take_event(run, &day.events[i], e);
	simulate_day_free(&day);
	return ok;
}

static bool publish_days(struct run *run, struct simulate_options options, int64_t day_count, struct err *e)
{
	progress_begin(&run->progress, "simulating", 0);
	struct zone_date last = options.date;
	bool ok = true;
	for (int64_t back = day_count - 1; back >= 0 && ok; back--) {
		options.date = zone_date_add(last, -(int)back);
		ok = publish_day(run, &options, e);
	}
	ok = ok && publisher_drain(run->publisher, e);
	progress_end(&run->progress);
	return ok;
}

static void sleep_until(int64_t t_ms)
{
	while (!interrupted && clock_now_ms() < t_ms) {
		int64_t left_ms = t_ms - clock_now_ms();
		int64_t nap_ms = left_ms < LIVE_STEP_MS ? left_ms : LIVE_STEP_MS;
		struct timespec nap = {.tv_nsec = nap_ms * 1000000};
		nanosleep(&nap, NULL);
	}
}

// Waits for each event's time; what lay before the start is left out, so that a stream begins at once.
static bool stream_day(struct run *run, const struct simulate_options *options, int64_t from_ms,
		       struct err *e)
{
	struct simulate_day day;
	simulate_day(options, &day);
	int64_t end_ms = zone_day_start_ms(options->zone, zone_date_add(options->date, 1));
	bool ok = true;
	for (size_t i = 0; i < day.count && ok && !interrupted; i++) {
		const struct simulate_event *event = &day.events[i];
		if (event->t_ms < from_ms || event->t_ms >= end_ms)
			continue;
		if (event->t_ms > clock_now_ms()) {
			ok = publisher_drain(run->publisher, e);
			sleep_until(event->t_ms);
		}
		ok = ok && !interrupted && take_event(run, event, e);
	}
	simulate_day_free(&day);
	if (ok && !interrupted)
		sleep_until(end_ms);
	return ok || interrupted;
}

static bool stream(struct run *run, struct simulate_options options, struct err *e)
{
	struct sigaction action = {.sa_handler = interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	options.until_ms = INT64_MAX;
	int64_t from_ms = clock_now_ms();
	while (!interrupted) {
		options.date = zone_date(options.zone, clock_now_ms());
		if (!stream_day(run, &options, from_ms, e))
			return false;
	}
	return publisher_drain(run->publisher, e);
}

static bool read_options(struct cli *cli, const struct shop *shop, struct simulate_options *options,
			 int64_t *day_count, struct err *e)
{
	int64_t seed, visits, rate;
	const char *day = cli_value(cli, "day");
	int64_t now_ms = clock_now_ms();
	*options = (struct simulate_options){
		.shop = shop->slug, .currency = shop->currency, .zone = &shop->zone};
	options->date = zone_date_add(zone_date(&shop->zone, now_ms), -1);
	options->until_ms = now_ms;
	if (day != NULL && !zone_date_parse(day, &options->date))
		return err_field(e, ERR_BAD_FIELD, "day", "'%s' is no day; give it as YYYY-MM-DD", day);
	if (!cli_number(cli, "seed", 0, INT64_MAX, 1, &seed, e) ||
	    !cli_number(cli, "visits", 1, VISITS_MAX, VISITS, &visits, e) ||
	    !cli_number(cli, "rate", 1, VISITS_MAX / 24, 0, &rate, e) ||
	    !cli_number(cli, "days", 1, DAYS_MAX, 1, day_count, e))
		return false;
	options->seed = (uint64_t)seed;
	options->visit_count = (uint32_t)(rate > 0 ? rate * 24 : visits);
	if (zone_day_start_ms(&shop->zone, options->date) > now_ms)
		return err_field(e, ERR_FUTURE_TIME, "day", "%s has not begun in %s",
				 day != NULL ? day : "that day", shop->zone.name);
	return true;
}

static void print_result(const struct cli *cli, const struct counts *counts)
{
	if (!cli->json) {
		counts_print(counts, stdout);
		return;
	}
	json_t *out = json_object();
	for (int code = 0; code < ERR_CODE_COUNT; code++)
		if (counts->by_code[code] > 0)
			json_object_set_new(out, err_name((enum err_code)code),
					    json_integer((json_int_t)counts->by_code[code]));
	output_json(out, false);
}

static bool run_simulation(struct cli *cli, const struct simulate_options *options, int64_t day_count,
			   struct err *e)
{
	struct run run = {0};
	struct publisher_options publisher_options = {.on_result = settled, .context = &run};
	run.publisher = remote_publisher(cli, &publisher_options, e);
	if (run.publisher == NULL)
		return false;
	bool ok = cli_switch(cli, "live") ? stream(&run, *options, e)
					  : publish_days(&run, *options, day_count, e);
	publisher_destroy(run.publisher);
	if (ok)
		print_result(cli, &run.counts);
	return ok;
}

bool cmd_simulate(struct cli *cli, struct err *e)
{
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct simulate_options options;
	int64_t day_count;
	bool ok = read_options(cli, &shop, &options, &day_count, e) &&
		  run_simulation(cli, &options, day_count, e);
	shop_fini(&shop);
	return ok;
}
