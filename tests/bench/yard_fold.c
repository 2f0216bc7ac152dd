// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// yard-fold SESSIONS EVENTS
// The pure core alone on one thread: so many sessions are opened, then events go to visitors at random while
// all of them stay open. Events come in parts and every so many events the changes are taken as a checkpoint
// takes them, as in services/metrics/follow.c. Prints events folded a CPU second and the memory of an open
// session.
#include "tests/bench/yard.h"

#include "common/base/harden.h"
#include "services/metrics/core/fold.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHECKPOINT_EVERY = 39 * 256, PART = 256, KEYS_MAX = 16, SEQ_FIRST = 2, NAME_SIZE = 17 };

static struct {
	struct fold *fold;
	struct zone zone;
	Utarg__V1__Event view, settings_event;
	int64_t seq, t_ms;
	uint64_t random;
} run;

static const struct zone *zone_of(void *context, const char *name)
{
	(void)context;
	(void)name;
	return &run.zone;
}

static uint64_t next_random(void)
{
	run.random ^= run.random << 13;
	run.random ^= run.random >> 7;
	run.random ^= run.random << 17;
	return run.random;
}

static void bring_missing(const struct fold_event *event)
{
	HARDEN_UNFILLED struct fold_key keys[KEYS_MAX];
	struct err e = {0};
	size_t count;
	while ((count = fold_missing(run.fold, event, keys, KEYS_MAX)) > 0)
		for (size_t i = 0; i < count && i < KEYS_MAX; i++)
			if (!fold_load(run.fold, &keys[i], (struct slice){0}, INT64_MAX, &e))
				yard_fail("fold_load: %s", e.text);
}

static struct fold_event row_of(const Utarg__V1__Event *event, const char *visitor)
{
	struct fold_event row = {.seq = run.seq,
				 .t_ms = run.t_ms,
				 .received_at_ms = run.t_ms,
				 .event = event,
				 .origin = UTARG__V1__ORIGIN__ORIGIN_CLIENT};
	row.visitor = (struct slice){.data = (const uint8_t *)visitor, .size = visitor ? strlen(visitor) : 0};
	for (int i = 0; i < 8; i++)
		row.id[i] = (uint8_t)(run.seq >> (56 - 8 * i));
	run.seq++;
	return row;
}

static void fold_one(const struct fold_event *event)
{
	if (fold_apply(run.fold, event) != FOLD_LACKS)
		return;
	bring_missing(event);
	if (fold_apply(run.fold, event) == FOLD_LACKS)
		yard_fail("event %lld lacks something", (long long)event->seq);
}

static void checkpoint(void)
{
	const struct fold_cell *cells;
	const struct fold_entity *entities;
	fold_cells(run.fold, &cells);
	fold_entities(run.fold, &entities);
	fold_checkpointed(run.fold);
}

// Sixteen hexadecimal digits, scattered.
static void name_visitor(uint64_t number, char out[NAME_SIZE])
{
	uint64_t scattered = number * UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < NAME_SIZE - 1; i++)
		out[i] = "0123456789abcdef"[scattered >> (60 - 4 * i) & 15];
	out[NAME_SIZE - 1] = '\0';
}

static void fold_views(int64_t count, int64_t visitors, bool in_turn)
{
	static char names[PART][NAME_SIZE];
	static struct fold_event rows[PART];
	for (int64_t done = 0; done < count;) {
		size_t part = 0;
		for (; part < PART && done < count; part++, done++) {
			uint64_t who = in_turn ? (uint64_t)done : next_random() % (uint64_t)visitors;
			name_visitor(who, names[part]);
			run.t_ms += done % 200 == 199;
			rows[part] = row_of(&run.view, names[part]);
		}
		fold_warm(run.fold, rows, part);
		for (size_t i = 0; i < part; i++)
			fold_one(&rows[i]);
		if (done % CHECKPOINT_EVERY == 0)
			checkpoint();
	}
	checkpoint();
}

// Of this thread: others on the machine do not make the fold slower.
static double cpu_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void state_settings(void)
{
	static char currency[] = "PLN", zone[] = "Europe/Warsaw", name[] = "bench";
	Utarg__V1__ShopSettings settings = UTARG__V1__SHOP_SETTINGS__INIT;
	settings.version = 1;
	settings.currency = currency;
	settings.zone = zone;
	settings.name = name;
	run.settings_event = (Utarg__V1__Event)UTARG__V1__EVENT__INIT;
	run.settings_event.body_case = UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED;
	run.settings_event.shop_settings_changed = &settings;
	struct fold_event row = row_of(&run.settings_event, NULL);
	fold_one(&row);
	checkpoint();
}

int main(int argc, char **argv)
{
	static char host[] = "shop.example.com", path[] = "/women/shoes/running/trail-42", country[] = "PL",
		    title[] = "Shoes";
	struct err e = {0};
	if (argc != 3)
		yard_fail("yard-fold SESSIONS EVENTS");
	int64_t sessions = yard_number(argv[1], 1, 10000000), events = yard_number(argv[2], 1, INT32_MAX);
	run.random = 88172645463325252u;
	run.seq = SEQ_FIRST;
	run.t_ms = INT64_C(1795000000000) / 60000 * 60000;
	struct fold_options options = {.as_of_ms = run.t_ms, .zone = zone_of};
	if (!zone_load(&run.zone, "Europe/Warsaw", &e))
		yard_fail("%s", e.text);
	run.fold = fold_create(&options);
	state_settings();
	Utarg__V1__Context context = UTARG__V1__CONTEXT__INIT;
	context.host = host;
	context.path = path;
	context.country = country;
	context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
	Utarg__V1__PageView page = UTARG__V1__PAGE_VIEW__INIT;
	page.title = title;
	run.view = (Utarg__V1__Event)UTARG__V1__EVENT__INIT;
	run.view.context = &context;
	run.view.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	run.view.page_view = &page;
	size_t before = fold_memory_bytes(run.fold);
	fold_views(sessions, sessions, true);
	double session_bytes = (double)(fold_memory_bytes(run.fold) - before) / (double)sessions;
	double begin_s = cpu_seconds();
	fold_views(events, sessions, false);
	double seconds = cpu_seconds() - begin_s;
	printf("{\"per_second\": %.1f, \"session_bytes\": %.1f, \"sessions\": %lld}\n",
	       (double)events / seconds, session_bytes, (long long)sessions);
	fold_destroy(run.fold);
	zone_fini(&run.zone);
	return 0;
}
