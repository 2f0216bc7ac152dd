// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the judge's round: messages that are due, one shop a transaction, under the lock of the shop's
// position, so that what is judged stands still meanwhile. What is wrong is the core's to say.
#include "services/campaign/messages.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "services/campaign/service.h"
#include "services/campaign/stats.h"
#include "services/campaign/views.h"

#include <string.h>

enum {
	SHOPS_A_ROUND = 8,
	MESSAGES_A_SHOP = 20, // some milliseconds
};
// When a message is tried again that could not be judged: somebody has to see to it.
#define AGAIN_MS INT64_C(3600000)

// One shop's share of a round.
struct sitting {
	struct service *service;
	int32_t shop_id;
	int64_t now_ms;
	int32_t limit; // messages at once
	struct message_standings due;
	struct message_facts facts;
	struct fold_change changes[MESSAGES_A_SHOP];
	size_t change_count;
};

// Columns of an alert, as campaign_message_judged takes them.
enum { ALERT_COLUMNS = 7 };
static const enum db_type alert_types[ALERT_COLUMNS] = {DB_INT2, DB_INT4, DB_INT8, DB_TEXT,
							DB_TIME, DB_TEXT, DB_TEXT};

static char *join_placements(struct arena *arena, const Utarg__V1__MessageAlert *alert)
{
	size_t size = 1;
	char *out;
	char *at;

	for (size_t i = 0; i < alert->n_placements; i++)
		size += strlen(alert->placements[i]) + 1;
	out = at = arena_alloc(arena, size);
	for (size_t i = 0; i < alert->n_placements && out != NULL; i++) {
		if (i > 0)
			*at++ = '\n';
		memcpy(at, alert->placements[i], strlen(alert->placements[i]));
		at += strlen(alert->placements[i]);
	}
	return out;
}

static void add_alert(struct arena *arena, struct db_array columns[ALERT_COLUMNS],
		      const Utarg__V1__MessageAlert *alert)
{
	const struct db_value values[ALERT_COLUMNS] = {
		db_int2((int16_t)alert->fault),
		db_int4((int32_t)alert->claim),
		db_int8(alert->message_version),
		db_text(alert->sku),
		db_time_ms(alert->since_ms),
		db_text(alert->text),
		db_text(join_placements(arena, alert)),
	};

	for (int c = 0; c < ALERT_COLUMNS; c++)
		db_array_add(&columns[c], values[c]);
}

// *changed gets how many alerts came, went or are other ones.
static bool write_verdict(struct sitting *sitting, const char *message, const struct message_verdict *verdict,
			  int64_t *changed, struct err *e)
{
	struct arena *arena = &sitting->service->desk;
	struct db_array columns[ALERT_COLUMNS];
	struct db_value values[3 + ALERT_COLUMNS] = {db_int4(sitting->shop_id), db_text(message)};
	struct db_result *result;
	bool ok;

	values[2] = verdict->next_ms == INT64_MAX ? DB_VALUE_NULL : db_int8(verdict->next_ms);
	for (int c = 0; c < ALERT_COLUMNS; c++)
		db_array_init(&columns[c], alert_types[c]);
	for (size_t i = 0; i < verdict->count; i++)
		add_alert(arena, columns, verdict->alerts[i]);
	for (int c = 0; c < ALERT_COLUMNS; c++)
		values[3 + c] = db_array_value(&columns[c]);
	ok = !arena->exhausted &&
	     db_run(sitting->service->db, "campaign_message_judged", values, 3 + ALERT_COLUMNS, &result, e);
	for (int c = 0; c < ALERT_COLUMNS; c++)
		db_array_fini(&columns[c]);
	if (arena->exhausted)
		return err_set(e, ERR_TOO_LARGE, "a verdict on message %.64s is too large", message);
	if (!ok)
		return false;
	*changed = db_get_int(result, 0, 0);
	db_result_free(result);
	return true;
}

static bool judge_one(struct sitting *sitting, const struct message_standing *standing, struct err *e)
{
	const char *name = standing->message->message_id;
	struct message_verdict verdict;
	struct fold_change *change = &sitting->changes[sitting->change_count];
	int64_t changed;

	if (!message_judge(&sitting->service->desk, standing, &sitting->facts, &verdict))
		return err_set(e, ERR_TOO_LARGE, "message %.64s is too large to be judged", name);
	if (!write_verdict(sitting, name, &verdict, &changed, e))
		return false;
	if (changed == 0)
		return true;
	*change = (struct fold_change){.subject = FOLD_MESSAGE, .shop_id = sitting->shop_id};
	text_copy(change->key, sizeof(change->key), name);
	sitting->change_count++;
	return true;
}

static bool read_due(struct sitting *sitting, struct err *e)
{
	struct service *service = sitting->service;
	struct arena *arena = &service->desk;
	const Utarg__V1__MarketingMessage *messages[MESSAGES_A_SHOP];

	arena_reset(arena);
	if (!message_standings_due(service->db, arena, sitting->shop_id, sitting->now_ms, sitting->limit,
				   &sitting->due, e))
		return false;
	for (size_t i = 0; i < sitting->due.count; i++)
		messages[i] = sitting->due.items[i].message;
	return message_facts_read(service->db, &service->desk, sitting->shop_id, messages, sitting->due.count,
				  sitting->now_ms, &sitting->facts, e);
}

static bool judge_shop(struct sitting *sitting, struct err *e)
{
	struct service *service = sitting->service;
	struct journal_position position;

	if (!follow_lock_position(service->db, sitting->shop_id, &position, e) || !read_due(sitting, e))
		return false;
	for (size_t i = 0; i < sitting->due.count; i++) {
		if (!judge_one(sitting, &sitting->due.items[i], e))
			return false;
	}
	return true;
}

static bool commit(struct sitting *sitting, struct err *e)
{
	struct service *service = sitting->service;
	enum db_commit outcome = db_commit(service->db, e);

	if (outcome == DB_NOT_COMMITTED)
		return false;
	// Also when nobody knows whether it is committed: what is sent is read anew.
	publisher_mark(service->publisher, sitting->changes, sitting->change_count);
	stat_add(STAT_JUDGED, (int64_t)sitting->due.count);
	return outcome == DB_COMMITTED || service_settle(service, e);
}

static bool sit(struct sitting *sitting, struct err *e)
{
	struct service *service = sitting->service;

	if (!db_begin(service->db, e))
		return false;
	if (judge_shop(sitting, e))
		return commit(sitting, e);
	db_rollback(service->db);
	return false;
}

// The first message that is due cannot be judged: it stands without alerts, and the others go on.
static bool put_off(struct sitting *sitting, const struct err *why, struct err *e)
{
	const struct message_verdict nothing = {.next_ms = sitting->now_ms + AGAIN_MS};
	const struct db_value values[] = {db_int4(sitting->shop_id), db_int8(sitting->now_ms), db_int4(1)};
	struct db_result *due;
	const char *name;
	int64_t changed;
	bool ok = true;

	arena_reset(&sitting->service->desk);
	if (!db_run(sitting->service->db, "campaign_message_due_page", values, 3, &due, e))
		return false;
	if (db_rows(due) > 0) {
		name = db_get_text(due, 0, 0);
		log_error("message_not_judged", LOG_INT("shop_id", sitting->shop_id),
			  LOG_STR("message", name), LOG_STR("reason", why->text));
		ok = write_verdict(sitting, name, &nothing, &changed, e);
	}
	db_result_free(due);
	return ok;
}

// All that is due at once, then the first alone; when that fails too, it is put off.
static bool sit_for(struct service *service, int32_t shop_id, struct err *e)
{
	struct sitting sitting = {
		.service = service, .shop_id = shop_id, .now_ms = clock_now_ms(), .limit = MESSAGES_A_SHOP};
	struct err why;

	if (sit(&sitting, e))
		return true;
	if (e->code == ERR_BUSY) // gone, or a lock that was lost: the next round tries again
		return false;
	*e = (struct err){0};
	sitting.limit = 1;
	sitting.change_count = 0;
	if (sit(&sitting, e))
		return true;
	if (e->code == ERR_BUSY) // gone, or a lock that was lost: the next round tries again
		return false;
	why = *e;
	*e = (struct err){0};
	return put_off(&sitting, &why, e);
}

// What is wrong with one shop's messages keeps no other shop waiting; *failed gets how many. False: the
// database is gone.
static bool judge_shops(struct service *service, const struct db_result *shops, int *failed, struct err *e)
{
	*failed = 0;
	for (int row = 0; row < db_rows(shops); row++) {
		int32_t shop_id = (int32_t)db_get_int(shops, row, 0);

		service->judged_shop_id = shop_id;
		if (sit_for(service, shop_id, e))
			continue;
		if (!db_is_connected(service->db))
			return false;
		log_warn("shop_not_judged", LOG_INT("shop_id", shop_id), LOG_STR("reason", e->text));
		*e = (struct err){0};
		(*failed)++;
	}
	return true;
}

bool judge_round(struct service *service)
{
	const struct db_value values[] = {db_int8(clock_now_ms()), db_int4(service->judged_shop_id),
					  db_int4(SHOPS_A_ROUND)};
	struct db_result *result;
	struct err e = {0};
	int shops = 0, failed = 0;
	bool ok = db_run(service->db, "campaign_message_due", values, 3, &result, &e);

	if (ok) {
		shops = db_rows(result);
		ok = judge_shops(service, result, &failed, &e);
		db_result_free(result);
	}
	if (ok)
		return shops > failed; // those that failed: with the next sweep
	service_down(service, "judge", &e);
	return false;
}

bool judge_message(struct service *service, int32_t shop_id, const Utarg__V1__MarketingMessage *message,
		   struct message_verdict *out, struct err *e)
{
	const Utarg__V1__MarketingMessage *const messages[] = {message};
	struct message_standing standing = {.message = message, .state = MESSAGE_PUBLISHED};
	struct message_facts facts;

	standing.changed_at_ms = clock_now_ms();
	arena_reset(&service->desk);
	return message_facts_read(service->db, &service->desk, shop_id, messages, 1, standing.changed_at_ms,
				  &facts, e) &&
	       (message_judge(&service->desk, &standing, &facts, out) || views_too_large(e));
}
