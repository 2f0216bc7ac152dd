// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See forget.h. The long look through the journal comes first, without a lock: nobody but an erasure changes
// what is there, and there is one erasure at a time. Then the shop's head is locked, what came meanwhile is
// looked at, and everything is written. Appends to the shop wait from there to the commit, and publishers
// hear BUSY.
#include "services/utarg/forget.h"

#include "common/base/clock.h"
#include "common/journal/journal.h"
#include "services/utarg/epochs.h"
#include "services/utarg/forget_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

extern const struct db_statement keep_statements[];

enum { STATEMENT_MS = 3600 * 1000, PAYLOAD_SIZE = 4096 };

// One erasure on its way.
struct run {
	struct db *db;
	const struct forget_order *order;
	struct forget_result *out;
	struct pseudonym_key shop_key;
	int32_t shop_id;
	bool sends_pseudonyms;
	int64_t until_ms;      // what happened or came in up to then; INT64_MAX: all
	int64_t looked_seq;    // the journal was looked through up to here
	uint8_t id[UUID_SIZE]; // of subject_erasure
	int64_t now_ms;
	struct erased *sought; // names as asked for, whether or not they are there
	struct forget_rows events, quarantine;
};

static struct db_value until_of(const struct run *run)
{
	return run->until_ms == INT64_MAX ? DB_VALUE_NULL : db_time_ms(run->until_ms);
}

static struct slice text_slice(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

// ---- whom --------------------------------------------------------------------------------------------

static bool find_shop(struct run *run, struct err *e)
{
	struct db_value slug = db_text(run->order->shop);
	struct db_result *result = NULL;
	if (!db_run(run->db, "forget_shop", &slug, 1, &result, e))
		return false;
	bool found = db_rows(result) == 1;
	if (found) {
		struct slice settings = db_get_bytes(result, 0, 1);
		Utarg__V1__ShopSettings *decoded =
			utarg__v1__shop_settings__unpack(NULL, settings.size, settings.data);
		run->shop_id = (int32_t)db_get_int(result, 0, 0);
		run->out->shop_id = run->shop_id;
		run->looked_seq = db_get_int(result, 0, 2);
		run->sends_pseudonyms = decoded && decoded->pseudonymised;
		if (decoded)
			utarg__v1__shop_settings__free_unpacked(decoded, NULL);
	}
	db_result_free(result);
	return found ||
	       err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", run->order->shop);
}

// As the journal calls them: by pseudonym; as sent, when the shop sends pseudonyms (and what came before
// there were any).
static void seek(struct run *run, enum pseudonym_kind kind, const char *id)
{
	char pseudonym[PSEUDONYM_SIZE];
	if (!id)
		return;
	pseudonym_of(&run->shop_key, kind, text_slice(id), pseudonym);
	if (!run->sends_pseudonyms)
		erased_add(run->sought, kind, (struct slice){(const uint8_t *)pseudonym, PSEUDONYM_SIZE});
	erased_add(run->sought, kind, text_slice(id));
}

static bool is_traced(const struct run *run, enum pseudonym_kind kind, struct slice name)
{
	char trace[PSEUDONYM_TRACE_SIZE];
	const struct erasure *again = run->order->again;
	pseudonym_trace(&run->shop_key, name, trace);
	for (size_t i = 0; i < again->trace_count[kind]; i++) {
		if (strcmp(again->traces[kind][i], trace) == 0)
			return true;
	}
	return false;
}

// The names of an erasure that was done before are found by their traces.
static bool seek_again(struct run *run, struct err *e)
{
	struct db_value shop = db_int4(run->shop_id);
	struct db_result *names = NULL;
	if (!db_run(run->db, "forget_names", &shop, 1, &names, e))
		return false;
	for (int row = 0; row < db_rows(names); row++) {
		enum pseudonym_kind kind =
			db_get_int(names, row, 0) == 0 ? PSEUDONYM_VISITOR : PSEUDONYM_CUSTOMER;
		struct slice name = db_get_bytes(names, row, 1);
		if (name.size > 0 && name.size <= ERASED_NAME_SIZE && is_traced(run, kind, name))
			erased_add(run->sought, kind, name);
	}
	db_result_free(names);
	return true;
}

static bool seek_all(struct run *run, struct err *e)
{
	if (run->order->again)
		return seek_again(run, e);
	seek(run, PSEUDONYM_VISITOR, run->order->visitor);
	seek(run, PSEUDONYM_CUSTOMER, run->order->customer);
	return true;
}

// ---- where -------------------------------------------------------------------------------------------

// Names of a kind from a number on, as an array.
static void names_from(const struct erased *erased, enum pseudonym_kind kind, size_t first,
		       struct db_array *out)
{
	const struct erased_name *name;
	db_array_init(out, DB_BYTEA);
	for (size_t i = first; (name = erased_at(erased, i)) != NULL; i++) {
		if (name->kind == kind)
			db_array_add(out, db_bytes(name->old.data, name->old.size));
	}
}

// With a customer go the visitors seen beside him.
static bool add_beside(struct run *run, int64_t after_seq, int64_t upto_seq, struct err *e)
{
	struct db_array customers;
	struct db_result *result = NULL;
	names_from(run->sought, PSEUDONYM_CUSTOMER, 0, &customers);
	struct db_value values[] = {db_int4(run->shop_id), db_int8(after_seq), db_int8(upto_seq),
				    db_array_value(&customers), until_of(run)};
	bool done = customers.count == 0 || db_run(run->db, "forget_beside", values, 5, &result, e);
	for (int row = 0; done && result && row < db_rows(result); row++)
		erased_add(run->sought, PSEUDONYM_VISITOR, db_get_bytes(result, row, 0));
	db_result_free(result);
	db_array_fini(&customers);
	return done;
}

// Events that hold a name of the set, from that number on.
static bool find_events(struct run *run, int64_t after_seq, int64_t upto_seq, size_t first_name,
			struct err *e)
{
	struct db_array visitors, customers;
	struct db_result *result = NULL;
	names_from(run->sought, PSEUDONYM_VISITOR, first_name, &visitors);
	names_from(run->sought, PSEUDONYM_CUSTOMER, first_name, &customers);
	struct db_value values[] = {db_int4(run->shop_id),     db_int8(after_seq),         db_int8(upto_seq),
				    db_array_value(&visitors), db_array_value(&customers), until_of(run)};
	bool done = db_run(run->db, "forget_find", values, 6, &result, e);
	if (done)
		forget_rows_take(&run->events, result, run->sought);
	db_result_free(result);
	db_array_fini(&visitors);
	db_array_fini(&customers);
	return done;
}

static bool find_quarantine(struct run *run, struct err *e)
{
	struct db_array visitors, customers;
	struct db_result *result = NULL;
	names_from(run->sought, PSEUDONYM_VISITOR, 0, &visitors);
	names_from(run->sought, PSEUDONYM_CUSTOMER, 0, &customers);
	struct db_value values[] = {db_int4(run->shop_id), db_array_value(&visitors),
				    db_array_value(&customers)};
	bool done = db_run(run->db, "forget_find_quarantine", values, 3, &result, e);
	if (done)
		forget_rows_take(&run->quarantine, result, run->sought);
	db_result_free(result);
	db_array_fini(&visitors);
	db_array_fini(&customers);
	return done;
}

static bool look(struct run *run, struct err *e)
{
	return add_beside(run, 0, run->looked_seq, e) && find_events(run, 0, run->looked_seq, 0, e);
}

// What came since, under the lock. A visitor who was seen beside the customer only then has a history of his
// own.
static bool look_again(struct run *run, int64_t head_seq, struct err *e)
{
	size_t known =
		erased_count(run->sought, PSEUDONYM_VISITOR) + erased_count(run->sought, PSEUDONYM_CUSTOMER);
	if (!add_beside(run, run->looked_seq, head_seq, e))
		return false;
	if (erased_at(run->sought, known) && !find_events(run, 0, run->looked_seq, known, e))
		return false;
	return find_events(run, run->looked_seq, head_seq, 0, e) && find_quarantine(run, e);
}

// ---- away with it --------------------------------------------------------------------------------------

static bool lock_positions(struct run *run, struct err *e)
{
	struct db_value shop = db_int4(run->shop_id);
	return db_run(run->db, "forget_lock_metrics", &shop, 1, NULL, e) &&
	       db_run(run->db, "forget_lock_campaign", &shop, 1, NULL, e);
}

// Names that stand in no row are none of anybody's.
static void keep_met(struct run *run)
{
	run->out->erased = erased_create();
	forget_rows_met(&run->events, run->sought, run->out->erased);
	forget_rows_met(&run->quarantine, run->sought, run->out->erased);
}

// Whether a name that went is borne by somebody who came after the erasure was done first.
static bool find_bearers(const struct run *run, bool *found, struct err *e)
{
	struct db_array visitors, customers;
	struct db_result *result = NULL;
	*found = false;
	if (run->until_ms == INT64_MAX)
		return true;
	names_from(run->out->erased, PSEUDONYM_VISITOR, 0, &visitors);
	names_from(run->out->erased, PSEUDONYM_CUSTOMER, 0, &customers);
	struct db_value values[] = {db_int4(run->shop_id), db_array_value(&visitors),
				    db_array_value(&customers)};
	bool done = db_run(run->db, "forget_stays", values, 3, &result, e);
	if (done)
		*found = db_get_int(result, 0, 0) != 0;
	db_result_free(result);
	db_array_fini(&visitors);
	db_array_fini(&customers);
	return done;
}

// In place each name must be one that only we can have made, and nobody's any more: a state in which two are
// one cannot be parted by its bytes.
static bool find_place(const struct run *run, bool *in_place, struct err *e)
{
	const struct erased_name *name;
	bool has_bearers;
	if (!find_bearers(run, &has_bearers, e))
		return false;
	*in_place = !run->sends_pseudonyms && !has_bearers;
	for (size_t i = 0; (name = erased_at(run->out->erased, i)) != NULL; i++)
		*in_place = *in_place && name->old.size == PSEUDONYM_SIZE;
	return true;
}

// In place, or the figures are made again from the journal.
static bool rewrite_figures(struct run *run, struct err *e)
{
	const struct erased_name *name;
	bool in_place;
	if (!find_place(run, &in_place, e))
		return false;
	if (!in_place) {
		struct db_value shop = db_int4(run->shop_id);
		return db_run(run->db, "forget_figures", &shop, 1, NULL, e);
	}
	for (size_t i = 0; (name = erased_at(run->out->erased, i)) != NULL; i++) {
		struct slice fresh = erased_replace(run->sought, name->kind, name->old);
		struct db_value values[] = {db_int4(run->shop_id), db_bytes(name->old.data, name->old.size),
					    db_bytes(fresh.data, fresh.size)};
		if (!db_run(run->db, "forget_entities", values, 3, NULL, e) ||
		    !db_run(run->db, "forget_told", values, 3, NULL, e))
			return false;
	}
	return true;
}

static bool append_erasure(struct run *run, struct err *e)
{
	uint8_t payload[PAYLOAD_SIZE];
	Utarg__V1__SubjectErasure erasure = UTARG__V1__SUBJECT_ERASURE__INIT;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	struct journal_head head;
	size_t head_count;
	erasure.event_count = (uint32_t)run->events.count;
	erasure.reason = (char *)(uintptr_t)run->order->reason;
	event.id = (ProtobufCBinaryData){.data = run->id, .len = sizeof(run->id)};
	event.source = (char *)(uintptr_t) "utarg/forget";
	event.shop = (char *)(uintptr_t)run->order->shop;
	event.occurred_at_ms = run->now_ms;
	event.body_case = UTARG__V1__EVENT__BODY_SUBJECT_ERASURE;
	event.subject_erasure = &erasure;
	assert(utarg__v1__event__get_packed_size(&event) <= sizeof(payload)); // the reason is bounded
	struct journal_entry entry = {.shop_id = run->shop_id,
				      .kind = UTARG__V1__EVENT__BODY_SUBJECT_ERASURE,
				      .event_time_ms = run->now_ms,
				      .received_at_ms = run->now_ms,
				      .origin = UTARG__V1__ORIGIN__ORIGIN_SERVER,
				      .principal = "operator",
				      .payload = {payload, utarg__v1__event__pack(&event, payload)}};
	memcpy(entry.event_id, run->id, UUID_SIZE);
	if (!journal_append(run->db, &entry, 1, &head, 1, &head_count, e))
		return false;
	run->out->seq = entry.seq;
	return entry.code == ERR_OK ||
	       err_set(e, ERR_CONFLICT, "the journal holds this erasure already, at %lld",
		       (long long)entry.seq);
}

static bool raise_epoch(struct run *run, struct err *e)
{
	struct db_result *raised = NULL;
	if (!epochs_raise(run->db, run->order->shop, 0, run->order->by, "a subject was erased", &raised, e))
		return false;
	int64_t from = db_get_int(raised, 0, 1);
	run->out->epoch = db_get_int(raised, 0, 2);
	db_result_free(raised);
	struct db_value values[] = {db_int4(run->shop_id), db_int8(from), db_int8(run->out->epoch)};
	return db_run(run->db, "forget_positions", values, 3, NULL, e);
}

static bool write_all(struct run *run, struct err *e)
{
	keep_met(run);
	run->out->event_count = (int64_t)run->events.count;
	run->out->quarantine_count = (int64_t)run->quarantine.count;
	if (run->events.count + run->quarantine.count == 0)
		return true;
	return forget_rows_write(&run->events, run->db, run->shop_id, "forget_rewrite", e) &&
	       forget_rows_write(&run->quarantine, run->db, run->shop_id, "forget_rewrite_quarantine", e) &&
	       forget_rows_digest(&run->events, run->db, run->shop_id, e) && rewrite_figures(run, e) &&
	       append_erasure(run, e) && raise_epoch(run, e);
}

static bool lock_head(struct run *run, int64_t *head_seq, struct err *e)
{
	struct db_value shop = db_int4(run->shop_id);
	struct db_result *head = NULL;
	if (!db_run(run->db, "forget_lock_head", &shop, 1, &head, e))
		return false;
	*head_seq = db_get_int(head, 0, 0);
	db_result_free(head);
	return true;
}

// The line comes before the commit: one that speaks of an erasure which never was does no harm, one that is
// missing would let a restored backup bring the person back.
static bool write_record(const struct run *run, struct err *e)
{
	struct erasure erasure = {.at_ms = run->now_ms};
	const struct erased_name *name;
	if (run->order->again)
		return true;
	text_copy(erasure.shop, sizeof(erasure.shop), run->order->shop);
	memcpy(erasure.id, run->id, UUID_SIZE);
	for (int kind = 0; kind < 2; kind++) {
		size_t count = erased_count(run->out->erased, (enum pseudonym_kind)kind);
		erasure.traces[kind] = calloc(count + 1, sizeof(*erasure.traces[kind]));
		if (!erasure.traces[kind])
			abort();
	}
	for (size_t i = 0; (name = erased_at(run->out->erased, i)) != NULL; i++)
		pseudonym_trace(&run->shop_key, name->old,
				erasure.traces[name->kind][erasure.trace_count[name->kind]++]);
	bool done = erasures_add(run->order->record, &erasure, e);
	free(erasure.traces[0]);
	free(erasure.traces[1]);
	return done;
}

static bool commit(struct run *run, struct err *e)
{
	switch (db_commit(run->db, e)) {
	case DB_COMMITTED:
		return true;
	case DB_NOT_COMMITTED:
		return false;
	case DB_UNKNOWN:
		break;
	}
	return err_set(e, ERR_BUSY,
		       "the database went away while committing: do it again; twice does no harm");
}

static bool transact(struct run *run, struct err *e)
{
	int64_t head_seq;
	if (!db_begin(run->db, e))
		return false;
	bool done = lock_head(run, &head_seq, e) && lock_positions(run, e) && look_again(run, head_seq, e) &&
		    write_all(run, e);
	if (done && run->events.count + run->quarantine.count == 0)
		run->out->seq = head_seq;
	if (!done || run->events.count + run->quarantine.count == 0) {
		db_rollback(run->db);
		return done;
	}
	if (!write_record(run, e)) {
		db_rollback(run->db);
		return false;
	}
	return commit(run, e);
}

// ---- the whole -----------------------------------------------------------------------------------------

struct db *forget_open(const char *conninfo, struct err *e)
{
	static const struct db_statement *const tables[] = {forget_statements, journal_statements,
							    keep_statements, NULL};
	struct db_options options = {.conninfo = conninfo,
				     .statements = tables,
				     .statement_timeout_ms = STATEMENT_MS,
				     .application_name = "utarg-forget"};
	return db_create(&options, e);
}

static void settle_moment(struct run *run)
{
	run->now_ms = clock_now_ms();
	run->until_ms = run->order->again ? run->order->again->at_ms : INT64_MAX;
	if (run->order->again)
		memcpy(run->id, run->order->again->id, UUID_SIZE);
	else
		uuid_v7(run->now_ms, run->id);
}

bool forget_run(struct db *db, const struct forget_order *order, struct forget_result *out, struct err *e)
{
	struct run run = {.db = db, .order = order, .out = out, .sought = erased_create()};
	*out = (struct forget_result){0};
	settle_moment(&run);
	pseudonym_shop_key(&order->master, order->shop, &run.shop_key);
	bool done = db_run(db, "forget_alone", NULL, 0, NULL, e) && find_shop(&run, e) && seek_all(&run, e) &&
		    look(&run, e) && transact(&run, e);
	forget_rows_fini(&run.events);
	forget_rows_fini(&run.quarantine);
	erased_destroy(run.sought);
	return done;
}

bool forget_is_known(struct db *db, const struct erasure *erasure, bool *known, struct err *e)
{
	struct forget_result none = {0};
	struct run run = {.db = db, .order = &(struct forget_order){.shop = erasure->shop}, .out = &none};
	struct db_result *result = NULL;
	if (!find_shop(&run, e))
		return false;
	struct db_value values[] = {db_int4(run.shop_id), db_uuid(erasure->id)};
	if (!db_run(db, "forget_known", values, 2, &result, e))
		return false;
	*known = db_get_int(result, 0, 0) != 0;
	db_result_free(result);
	return true;
}
