// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: how a decision becomes an event. What may be decided is judged by the commands (shop.c,
// campaigns.c) and their pure core; nothing here knows one of them, but for the shop that has no journal
// yet.
#include "services/campaign/decide.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/campaign/core/settings.h"
#include "services/campaign/stats.h"

#include <string.h>
#include <time.h>

enum {
	FOLD_MAX = 5000, // events folded under the head's lock: some 50 ms in which nobody appends
	TRIES_MAX = 5,   // a lost lock is tried again after 10, 20, 30... ms
	RETRY_AFTER_MS = 10,
	PAYLOAD_MAX_BYTES = 64 * 1024, // as for every event
};

// One try: done, over with a reason, or worth another.
enum try { TRY_DONE, TRY_FAILED, TRY_AGAIN, TRY_UNKNOWN };

// What one try knows. The transaction is open from try_once to its end.
struct attempt {
	struct service *service;
	struct arena *arena;
	const struct decision *decision;
	struct decided *out;
	struct journal_head head;
	struct journal_position position;
	bool is_repeated;
	bool is_raced; // somebody else was adding the same shop
};

bool decide_check_id(const ProtobufCBinaryData *id, struct err *e)
{
	if (id->len == 0)
		return err_field(e, ERR_MISSING_FIELD, "command_id", "the command's id is missing");
	if (id->len != UUID_SIZE)
		return err_field(e, ERR_BAD_FIELD, "command_id", "a command's id has %d bytes, not %zu",
				 UUID_SIZE, id->len);
	return true;
}

// Brings the shop's state up to its head.
static bool catch_up(struct attempt *a, struct err *e)
{
	struct db *db = a->service->db;
	struct journal_wish wish = {0};
	struct journal_rows rows;
	int64_t behind;

	if (!follow_lock_position(db, a->head.shop_id, &a->position, e))
		return false;
	behind = a->head.seq - a->position.seq;
	if (a->position.epoch != a->head.epoch || behind > FOLD_MAX)
		return err_set(e, ERR_BUSY,
			       "campaign is %lld events behind the shop's journal; try again in a moment",
			       (long long)behind);
	if (behind == 0)
		return true;
	wish.kind_count = fold_wanted(&wish.kinds);
	if (!journal_read_wish(db, &a->position, 1, &wish, FOLD_MAX, &rows, e))
		return false;
	for (size_t i = 0; i < rows.count; i++)
		fold_row(&a->service->fold, &rows.rows[i]);
	journal_rows_free(&rows);
	return fold_flush(&a->service->fold, db, e);
}

// The event of this id, when the command came before.
static bool take_known(struct attempt *a, const struct db_result *result, struct err *e)
{
	struct slice payload = db_get_bytes(result, 0, 3);

	a->out->seq = db_get_int(result, 0, 0);
	a->out->event_time_ms = db_get_time_ms(result, 0, 2);
	a->out->event = utarg__v1__event__unpack(&a->arena->allocator, payload.size, payload.data);
	if (a->out->event == NULL)
		return err_set(e, ERR_INTERNAL, "the event of this command does not decode");
	if (db_get_int(result, 0, 1) != a->decision->kind ||
	    !a->decision->is_same(a->decision->command, a->out->event))
		return err_set(e, ERR_CONFLICT,
			       "this command id is in the journal of %s already (event %lld) and says "
			       "something else",
			       a->decision->shop, (long long)a->out->seq);
	a->is_repeated = true;
	return true;
}

static bool look_up(struct attempt *a, int32_t shop_id, struct err *e)
{
	struct db_value values[] = {db_uuid(a->decision->id), db_int4(shop_id)};
	struct db_result *result;
	bool ok = true;

	if (!db_run(a->service->db, "campaign_event_by_id", values, 2, &result, e))
		return false;
	if (db_rows(result) == 1)
		ok = take_known(a, result, e);
	db_result_free(result);
	return ok;
}

static void fold_own(struct attempt *a, const struct journal_entry *entry)
{
	struct journal_row row = {
		.shop_id = entry->shop_id,
		.seq = entry->seq,
		.epoch = entry->epoch,
		.kind = entry->kind,
		.event_time_ms = entry->event_time_ms,
		.received_at_ms = entry->received_at_ms,
		.origin = entry->origin,
		.payload = entry->payload,
	};

	memcpy(row.event_id, entry->event_id, UUID_SIZE);
	fold_row(&a->service->fold, &row);
}

// Appends the event, folds it and moves the position to the new head.
static bool append(struct attempt *a, Utarg__V1__Event *event, int64_t now_ms, struct err *e)
{
	struct db *db = a->service->db;
	size_t size = utarg__v1__event__get_packed_size(event);
	uint8_t *payload = size > PAYLOAD_MAX_BYTES ? NULL : arena_alloc(a->arena, size);
	struct journal_entry entry = {
		.shop_id = a->head.shop_id,
		.kind = a->decision->kind,
		.event_time_ms = event->occurred_at_ms,
		.received_at_ms = now_ms,
		.origin = UTARG__V1__ORIGIN__ORIGIN_SERVER,
		.principal = a->decision->principal,
	};
	size_t head_count;

	if (payload == NULL)
		return err_set(e, ERR_TOO_LARGE, "the command makes an event of %zu bytes; %d are the most",
			       size, PAYLOAD_MAX_BYTES);
	entry.payload = (struct slice){payload, utarg__v1__event__pack(event, payload)};
	memcpy(entry.event_id, a->decision->id, UUID_SIZE);
	if (!journal_append(db, &entry, 1, &a->head, 1, &head_count, e))
		return false;
	if (entry.code != ERR_OK)
		return err_set(e, entry.code, "this command id came into the journal meanwhile; try again");
	fold_own(a, &entry);
	a->out->seq = entry.seq;
	a->out->event_time_ms = entry.event_time_ms;
	a->out->event = event;
	bool flushed = fold_flush(&a->service->fold, db, e);
	fail_point(FAIL_CAMPAIGN_APPENDED);
	return flushed;
}

static bool move_to_head(struct attempt *a, struct err *e)
{
	struct journal_position to = {a->head.shop_id, a->head.epoch, a->head.seq};

	a->out->shop_id = a->head.shop_id;
	a->out->epoch = a->head.epoch;
	return to.seq == a->position.seq || follow_move_position(a->service->db, a->position, to, e);
}

static Utarg__V1__Event *new_event(struct attempt *a, int64_t now_ms, struct err *e)
{
	Utarg__V1__Event *event = arena_alloc(a->arena, sizeof(*event));

	if (event == NULL) {
		err_set(e, ERR_TOO_LARGE, "the command is too large");
		return NULL;
	}
	utarg__v1__event__init(event);
	event->id = (ProtobufCBinaryData){UUID_SIZE, (uint8_t *)(uintptr_t)a->decision->id};
	event->source = (char *)(uintptr_t) "utarg/campaign";
	event->occurred_at_ms = now_ms;
	event->shop = (char *)(uintptr_t)a->decision->shop;
	event->body_case = (Utarg__V1__Event__BodyCase)a->decision->kind;
	return event;
}

static bool judge_and_append(struct attempt *a, struct err *e)
{
	int64_t now_ms = clock_now_ms();
	int64_t after_ms = INT64_MIN;
	Utarg__V1__Event *event = new_event(a, now_ms, e);

	if (event == NULL || !a->decision->judge(a->service, a->arena, a->head.shop_id, a->decision->command,
						 event, &after_ms, e))
		return false;
	// A clock that was set back must not make this decision older than the one it follows.
	if (after_ms >= event->occurred_at_ms)
		event->occurred_at_ms = after_ms + 1;
	return append(a, event, now_ms, e);
}

static bool run(struct attempt *a, struct err *e)
{
	int32_t shop_id;

	if (!shops_find(a->service->shops, a->service->db, a->decision->shop, &shop_id, e))
		return false;
	if (!journal_lock_head(a->service->db, shop_id, &a->head, e))
		return false;
	fail_point(FAIL_CAMPAIGN_HEAD_LOCKED);
	if (!catch_up(a, e) || !look_up(a, shop_id, e))
		return false;
	fail_point(FAIL_CAMPAIGN_CAUGHT_UP);
	return (a->is_repeated || judge_and_append(a, e)) && move_to_head(a, e);
}

static bool insert_shop(struct attempt *a, const Utarg__V1__Event *event, int32_t *shop_id, struct err *e)
{
	const Utarg__V1__ShopSettings *settings = event->shop_settings_changed;
	size_t size = utarg__v1__shop_settings__get_packed_size(settings);
	uint8_t *packed = arena_alloc(a->arena, size);
	struct db_result *result;
	bool ok;

	if (packed == NULL)
		return err_set(e, ERR_TOO_LARGE, "the settings are too large");
	utarg__v1__shop_settings__pack(settings, packed);
	struct db_value values[] = {
		db_text(a->decision->shop), db_text(settings->name), db_text(settings->currency),
		db_text(settings->zone),    db_bytes(packed, size),  db_time_ms(event->occurred_at_ms),
		db_uuid(a->decision->id),
	};
	if (!db_run(a->service->db, "campaign_shop_insert", values, 7, &result, e))
		return false;
	ok = db_rows(result) == 1;
	if (ok)
		*shop_id = (int32_t)db_get_int(result, 0, 0);
	db_result_free(result);
	a->is_raced = !ok;
	return ok ||
	       err_set(e, ERR_BUSY, "shop %s is being added by somebody else; try again", a->decision->shop);
}

// A shop that is there: the same command again, or a conflict.
static bool known_shop(struct attempt *a, int32_t shop_id, struct err *e)
{
	struct db *db = a->service->db;

	if (!journal_lock_head(db, shop_id, &a->head, e) || !look_up(a, shop_id, e))
		return false;
	if (!a->is_repeated)
		return err_field(e, ERR_CONFLICT, "slug", "there is a shop %s already", a->decision->shop);
	a->out->shop_id = shop_id;
	a->out->epoch = a->head.epoch;
	return true;
}

static bool run_shop(struct attempt *a, struct err *e)
{
	struct db *db = a->service->db;
	int64_t now_ms = clock_now_ms();
	Utarg__V1__Event *event;
	int32_t shop_id;

	if (!shops_refresh(a->service->shops, db, e))
		return false;
	shop_id = shops_id(a->service->shops, a->decision->shop);
	if (shop_id != 0)
		return known_shop(a, shop_id, e);
	event = new_event(a, now_ms, e);
	if (event == NULL)
		return false;
	event->shop_settings_changed = (Utarg__V1__ShopSettings *)(uintptr_t)a->decision->command;
	return insert_shop(a, event, &shop_id, e) && journal_create_head(db, shop_id, a->decision->shop, e) &&
	       journal_lock_head(db, shop_id, &a->head, e) &&
	       follow_lock_position(db, shop_id, &a->position, e) && append(a, event, now_ms, e) &&
	       move_to_head(a, e);
}

static void committed(struct attempt *a)
{
	struct service *service = a->service;
	struct journal_position position = {a->head.shop_id, a->head.epoch, a->head.seq};

	shops_add(service->shops, a->head.shop_id, a->decision->shop);
	if (a->position.shop_id != 0) {
		journal_follow_moved(service->follow, position);
		stat_add(STAT_EVENTS_FOLDED, a->head.seq - a->position.seq);
	}
	service_changed(service);
	stat_add(STAT_EVENTS_IGNORED, (int64_t)service->fold.ignored);
	stat_add(a->is_repeated ? STAT_REPEATED : STAT_DECIDED, 1);
	// Also for a repeated one: its first commit may have died before it could ring.
	publisher_ring(service->publisher, a->decision->shop, &a->head);
}

static enum try commit(struct attempt *a, struct err *e)
{
	if (fail_mutant(MUTANT_RING_BEFORE_COMMIT))
		publisher_ring(a->service->publisher, a->decision->shop, &a->head);
	fail_point(FAIL_CAMPAIGN_BEFORE_COMMIT);
	switch (db_commit(a->service->db, e)) {
	case DB_COMMITTED:
		fail_point(FAIL_CAMPAIGN_COMMITTED);
		committed(a);
		fail_point(FAIL_CAMPAIGN_RUNG);
		return TRY_DONE;
	case DB_UNKNOWN:
		// If it landed, the next try finds it done and has nothing to tell; what is sent is read
		// anew.
		service_changed(a->service);
		return TRY_UNKNOWN;
	case DB_NOT_COMMITTED:
		break;
	}
	return db_fault(a->service->db) == DB_FAULT_RETRY ? TRY_AGAIN : TRY_FAILED;
}

static enum try try_once(struct attempt *a, bool is_new_shop, struct err *e)
{
	struct db *db = a->service->db;
	enum db_fault fault;

	*e = (struct err){0};
	fold_reset(&a->service->fold);
	if (!db_begin(db, e))
		return TRY_FAILED;
	if (is_new_shop ? run_shop(a, e) : run(a, e))
		return commit(a, e);
	fault = db_fault(db);
	db_rollback(db);
	return fault == DB_FAULT_RETRY || a->is_raced ? TRY_AGAIN : TRY_FAILED;
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static void note_failure(struct service *service, const struct decision *decision, const struct err *e)
{
	stat_add(STAT_REFUSED, 1);
	log_info("decision_refused", LOG_STR("shop", decision->shop), LOG_INT("kind", decision->kind),
		 LOG_STR("code", err_name(e->code)), LOG_STR("reason", e->text));
	if (!db_is_connected(service->db))
		service_down(service, "decide", e);
}

static bool decide_either(struct service *service, struct arena *arena, const struct decision *decision,
			  bool is_new_shop, struct decided *out, struct err *e)
{
	enum try outcome = TRY_AGAIN;

	for (int i = 1; i <= TRIES_MAX && (outcome == TRY_AGAIN || outcome == TRY_UNKNOWN); i++) {
		struct attempt attempt = {
			.service = service, .arena = arena, .decision = decision, .out = out};

		outcome = try_once(&attempt, is_new_shop, e);
		if (outcome == TRY_UNKNOWN && !service_settle(service, e))
			break;
		if (outcome == TRY_AGAIN)
			pause_ms(i * RETRY_AFTER_MS);
	}
	fold_reset(&service->fold);
	if (outcome == TRY_DONE)
		return true;
	note_failure(service, decision, e);
	return false;
}

bool decide(struct service *service, struct arena *arena, const struct decision *decision,
	    struct decided *out, struct err *e)
{
	return decide_either(service, arena, decision, false, out, e);
}

static bool is_same_shop(const void *command, const Utarg__V1__Event *event)
{
	return settings_equal(command, event->shop_settings_changed);
}

bool decide_shop(struct service *service, struct arena *arena, const char *slug, const uint8_t *id,
		 const char *principal, Utarg__V1__ShopSettings *settings, struct decided *out, struct err *e)
{
	const struct decision decision = {
		.shop = slug,
		.id = id,
		.principal = principal,
		.kind = UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED,
		.is_same = is_same_shop,
		.command = settings,
	};

	return decide_either(service, arena, &decision, true, out, e);
}
