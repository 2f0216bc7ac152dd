// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: which campaign is looked at when. What is found and done is look.c's, what metrics says ask.c's.
#include "services/campaign/watch.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/text.h"
#include "services/campaign/ask.h"
#include "services/campaign/look.h"
#include "services/campaign/stats.h"

#include <stdlib.h>
#include <string.h>

enum {
	SWEEP_EVERY_MS = 60000,
	AFTER_CHANGE_MS = 200,   // changes come in groups
	AGAIN_MS = 1000,         // metrics has not come that far
	AFTER_FAILURE_MS = 5000, // of the shop; the others are asked about after AGAIN_MS
	LOOKS_A_TICK = 20,       // some 5 ms each, if something is decided
	ARENA_BYTES = 8 * 1024 * 1024,
};

struct place {
	int32_t shop_id;
	char campaign[FOLD_KEY_SIZE];
};

enum stage { STAGE_LOOK, STAGE_FIGURES, STAGE_ASKING };

// A campaign with something due. Life: marked, looked at, asked about, gone until it is marked again.
struct watched {
	UT_hash_handle hh;
	struct place place; // the key, padding zero
	enum stage stage;
	int64_t due_ms; // monotonic
	bool is_exact;  // figures have to know what made it due
	uint64_t wanted_seq;
	bool is_marked; // again, since it was looked at
};

struct watch {
	struct service *service;
	struct ask *ask; // NULL: no way to metrics
	struct watched *all;
	struct arena arena;
	int64_t swept_at_ms;
	int64_t ask_again_at_ms;
	char note[200];
};

static void answered(void *context, const struct ask_question *question, const struct ask_answer *answer);

struct watch *watch_create(struct service *service)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		abort(); // start-up only
	watch->service = service;
	watch->swept_at_ms = INT64_MIN / 2;
	arena_init(&watch->arena, ARENA_BYTES);
	return watch;
}

static void forget(struct watch *watch, struct watched *watched)
{
	HASH_DEL(watch->all, watched);
	free(watched);
}

void watch_destroy(struct watch *watch)
{
	struct watched *watched;
	struct watched *next;

	if (watch == NULL)
		return;
	HASH_ITER(hh, watch->all, watched, next)
	forget(watch, watched);
	ask_destroy(watch->ask);
	arena_fini(&watch->arena);
	free(watch);
}

void watch_start(struct watch *watch)
{
	struct err e = {0};

	watch->ask = ask_create(watch->service->svc, answered, watch, &e);
	if (watch->ask != NULL)
		return;
	log_warn("no_figures", LOG_STR("reason", e.text));
	text_copy(watch->note, sizeof(watch->note),
		  "no directive is judged by figures: there is no way to ask metrics");
}

const char *watch_note(const struct watch *watch)
{
	return watch->note[0] != '\0' ? watch->note : NULL;
}

// ---- marking -------------------------------------------------------------------------------------------

static struct watched *find(struct watch *watch, const struct place *place)
{
	struct watched *watched;

	HASH_FIND(hh, watch->all, place, sizeof(*place), watched);
	return watched;
}

static void mark(struct watch *watch, int32_t shop_id, const char *campaign, int64_t due_ms, bool is_exact)
{
	struct place place = {0};
	struct watched *watched;

	place.shop_id = shop_id;
	text_copy(place.campaign, sizeof(place.campaign), campaign);
	watched = find(watch, &place);
	if (watched == NULL) {
		watched = calloc(1, sizeof(*watched));
		if (watched == NULL)
			abort();
		watched->place = place;
		watched->due_ms = due_ms;
		watched->is_exact = is_exact;
		HASH_ADD(hh, watch->all, place, sizeof(place), watched);
		return;
	}
	watched->is_exact |= is_exact;
	watched->is_marked |= is_exact;
	if (watched->stage == STAGE_LOOK && due_ms < watched->due_ms)
		watched->due_ms = due_ms;
}

// Running campaigns that advertise what the changes of a shop are about; one question.
static void mark_advertised(struct watch *watch, const struct fold_change *changes, size_t count,
			    int32_t shop_id, int64_t due_ms)
{
	struct db_array skus;
	struct db_result *rows = NULL;
	struct err e = {0};

	db_array_init(&skus, DB_TEXT);
	for (size_t i = 0; i < count; i++) {
		if (changes[i].subject == FOLD_OFFER && changes[i].shop_id == shop_id)
			db_array_add(&skus, db_text(changes[i].key));
	}
	struct db_value values[] = {db_int4(shop_id), db_array_value(&skus)};
	// What is missed when the database fails is met by the sweep.
	if (db_run(watch->service->db, "campaign_watch_advertised", values, 2, &rows, &e)) {
		for (int row = 0; row < db_rows(rows); row++)
			mark(watch, shop_id, db_get_text(rows, row, 0), due_ms, true);
	}
	db_result_free(rows);
	db_array_fini(&skus);
}

static bool is_first_of_shop(const struct fold_change *changes, size_t index)
{
	for (size_t i = index; i > 0; i--) {
		if (changes[i - 1].subject == FOLD_OFFER && changes[i - 1].shop_id == changes[index].shop_id)
			return false;
	}
	return true;
}

void watch_mark(struct watch *watch, const struct fold_change *changes, size_t count)
{
	int64_t due_ms = clock_monotonic_ms() + AFTER_CHANGE_MS;
	bool is_there = db_is_connected(watch->service->db);

	for (size_t i = 0; i < count; i++) {
		if (changes[i].subject == FOLD_CAMPAIGN)
			mark(watch, changes[i].shop_id, changes[i].key, due_ms, true);
		else if (changes[i].subject == FOLD_OFFER && is_there && is_first_of_shop(changes, i))
			mark_advertised(watch, &changes[i], count - i, changes[i].shop_id, due_ms);
	}
}

static bool sweep(struct watch *watch, int64_t now_ms, struct err *e)
{
	struct db_result *rows;

	if (!db_run(watch->service->db, "campaign_watch_live", NULL, 0, &rows, e))
		return false;
	for (int row = 0; row < db_rows(rows); row++)
		mark(watch, (int32_t)db_get_int(rows, row, 0), db_get_text(rows, row, 1), now_ms, false);
	db_result_free(rows);
	watch->swept_at_ms = now_ms;
	return true;
}

// What was not done is done with the next sweep.
static void failed(struct watch *watch, const char *what, const struct err *e)
{
	if (!db_is_connected(watch->service->db))
		service_down(watch->service, what, e);
	else
		log_warn("watch_failed", LOG_STR("what", what), LOG_STR("code", err_name(e->code)),
			 LOG_STR("reason", e->text));
}

// ---- looking -------------------------------------------------------------------------------------------

static bool look_at(struct watch *watch, struct watched *watched, int64_t now_ms, struct err *e)
{
	struct look look = {.service = watch->service,
			    .arena = &watch->arena,
			    .shop_id = watched->place.shop_id,
			    .campaign = watched->place.campaign};

	arena_reset(&watch->arena);
	watched->is_marked = false;
	if (!look_run(&look, e))
		return false;
	if (watched->is_marked) // by what it did itself: it is looked at in its new state
		return true;
	if (!look.runs || watch->ask == NULL) {
		forget(watch, watched);
		return true;
	}
	watched->stage = STAGE_FIGURES;
	watched->wanted_seq = watched->is_exact ? look.as_of_seq : 0;
	watched->due_ms = now_ms;
	return true;
}

static bool look_at_due(struct watch *watch, int64_t now_ms, struct err *e)
{
	struct watched *watched;
	struct watched *next;
	int looks = 0;

	HASH_ITER(hh, watch->all, watched, next)
	{
		if (watched->stage != STAGE_LOOK || watched->due_ms > now_ms)
			continue;
		// What fails comes again with the next sweep, behind the others.
		watched->due_ms = now_ms + SWEEP_EVERY_MS;
		if (!look_at(watch, watched, now_ms, e))
			return false;
		if (++looks == LOOKS_A_TICK)
			break;
	}
	return true;
}

// ---- figures -------------------------------------------------------------------------------------------

static bool ask_about(struct watch *watch, struct watched *watched, struct err *e)
{
	struct ask_question question = {.wanted_seq = watched->wanted_seq};
	bool has[ASK_FIGURE_COUNT] = {false};
	struct look look = {.service = watch->service,
			    .arena = &watch->arena,
			    .shop_id = watched->place.shop_id,
			    .campaign = watched->place.campaign};

	arena_reset(&watch->arena);
	if (!look_question(&look, &question, has, e) || !ask_begin(watch->ask, &question, has, e))
		return false;
	watched->stage = STAGE_ASKING;
	return true;
}

static bool ask_next(struct watch *watch, int64_t now_ms, struct err *e)
{
	struct watched *watched;
	struct watched *next;

	if (watch->ask == NULL || !ask_is_idle(watch->ask) || now_ms < watch->ask_again_at_ms)
		return true;
	HASH_ITER(hh, watch->all, watched, next)
	{
		if (watched->stage != STAGE_FIGURES || watched->due_ms > now_ms)
			continue;
		watched->due_ms = now_ms + SWEEP_EVERY_MS;
		return ask_about(watch, watched, e);
	}
	return true;
}

// A shop whose figures are not there yet, or cannot be told, waits as a whole: the others are asked about
// meanwhile.
static void pause_shop(struct watch *watch, int32_t shop_id, int64_t until_ms)
{
	struct watched *watched;
	struct watched *next;

	HASH_ITER(hh, watch->all, watched, next)
	{
		if (watched->place.shop_id == shop_id && watched->stage == STAGE_FIGURES &&
		    watched->due_ms < until_ms)
			watched->due_ms = until_ms;
	}
}

static void move_to_end(struct watch *watch, struct watched *watched)
{
	HASH_DEL(watch->all, watched);
	HASH_ADD(hh, watch->all, place, sizeof(watched->place), watched);
}

static void note_failure(struct watch *watch, int32_t shop_id, const char *reason)
{
	watch->ask_again_at_ms = clock_monotonic_ms() + AGAIN_MS;
	pause_shop(watch, shop_id, clock_monotonic_ms() + AFTER_FAILURE_MS);
	stat_add(STAT_UNANSWERED, 1);
	if (watch->note[0] == '\0')
		log_warn("no_figures", LOG_STR("reason", reason));
	snprintf(watch->note, sizeof(watch->note), "no directive is judged by figures: %s", reason);
}

static void judge(struct watch *watch, const struct place *place, const struct ask_question *question,
		  const struct ask_answer *answer)
{
	struct err e = {0};
	struct look look = {.service = watch->service,
			    .arena = &watch->arena,
			    .shop_id = place->shop_id,
			    .campaign = place->campaign};

	arena_reset(&watch->arena);
	if (watch->service->is_up && !svc_is_draining(watch->service->svc) &&
	    !look_judge(&look, question, answer, &e))
		failed(watch, "judge", &e);
}

static struct watched *being_asked(struct watch *watch)
{
	struct watched *watched;
	struct watched *next;

	HASH_ITER(hh, watch->all, watched, next)
	{
		if (watched->stage == STAGE_ASKING)
			return watched;
	}
	return NULL;
}

static void answered(void *context, const struct ask_question *question, const struct ask_answer *answer)
{
	struct watch *watch = context;
	struct watched *watched = being_asked(watch);
	struct place place;
	bool is_marked;

	if (watched == NULL)
		return;
	if (answer->outcome == ASK_BEHIND) {
		watched->stage = STAGE_FIGURES;
		watched->due_ms = clock_monotonic_ms() + AGAIN_MS;
		move_to_end(watch, watched);
		pause_shop(watch, watched->place.shop_id, watched->due_ms);
		return;
	}
	place = watched->place;
	is_marked = watched->is_marked;
	forget(watch, watched);
	if (is_marked)
		mark(watch, place.shop_id, place.campaign, clock_monotonic_ms() + AGAIN_MS, true);
	if (answer->outcome == ASK_FAILED) {
		note_failure(watch, place.shop_id, answer->reason);
		return;
	}
	watch->note[0] = '\0';
	stat_add(STAT_WEIGHED, 1);
	judge(watch, &place, question, answer);
}

void watch_tick(struct watch *watch, int64_t monotonic_ms)
{
	struct err e = {0};
	bool ok = true;

	if (watch->ask != NULL)
		ask_tick(watch->ask, monotonic_ms);
	if (monotonic_ms - watch->swept_at_ms >= SWEEP_EVERY_MS)
		ok = sweep(watch, monotonic_ms, &e);
	ok = ok && look_at_due(watch, monotonic_ms, &e) && ask_next(watch, monotonic_ms, &e);
	if (!ok)
		failed(watch, "watch", &e);
}
