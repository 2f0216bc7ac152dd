// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Entities: the table comes in pages, and each row is looked up in what the replay made. What is left there
// that no row asked for is stored nowhere.
#include "services/metrics/compare.h"

#include "services/metrics/core/entity.h"

#include <string.h>

// Ids of the shop as they are; what stands for a person, and what is no text, in hex.
static void key_text(const struct fold_key *key, char out[2 * FOLD_KEY_SIZE + 1])
{
	bool plain = key->kind != FOLD_VISITOR && key->kind != FOLD_CUSTOMER &&
		     text_is_utf8(key->bytes, key->size);
	for (size_t i = 0; i < key->size; i++)
		plain = plain && key->bytes[i] >= ' ' && key->bytes[i] != 0x7f;
	if (!plain) {
		text_hex(key->bytes, key->size < 32 ? key->size : 32, out);
		return;
	}
	memcpy(out, key->bytes, key->size);
	out[key->size] = '\0';
}

static void entity_differs(struct comparison *out, const struct fold_entity *stored,
			   const struct fold_entity *made)
{
	const struct fold_key *key = stored != NULL ? &stored->key : &made->key;
	char name[2 * FOLD_KEY_SIZE + 1];
	bool same = stored != NULL && made != NULL && stored->due_ms == made->due_ms &&
		    stored->state.size == made->state.size &&
		    (made->state.size == 0 ||
		     memcmp(stored->state.data, made->state.data, made->state.size) == 0);
	if (same)
		return;
	key_text(key, name);
	comparison_add(out, "%s %s: %s",
		       key->kind > 0 && key->kind < FOLD_KIND_COUNT ? kind_rows[key->kind].name : "entity",
		       name,
		       stored == NULL                   ? "not stored"
		       : made == NULL                   ? "stored, and the journal knows nothing of it"
		       : stored->due_ms != made->due_ms ? "another due date is stored"
							: "another state is stored");
}

static bool entity_of_row(const struct db_result *rows, int row, struct fold_entity *out, struct err *e)
{
	struct slice key = db_get_bytes(rows, row, 1);
	if (key.size > FOLD_KEY_SIZE)
		return err_set(e, ERR_INTERNAL, "a stored entity has a key of %zu bytes", key.size);
	out->key = (struct fold_key){.kind = (uint8_t)db_get_int(rows, row, 0), .size = (uint8_t)key.size};
	memcpy(out->key.bytes, key.data, key.size);
	out->state = db_get_bytes(rows, row, 2);
	out->due_ms = db_is_null(rows, row, 3) ? INT64_MAX : db_get_time_ms(rows, row, 3);
	return true;
}

static bool meet_page(const struct compare_context *c, const struct db_result *rows, struct err *e)
{
	for (int row = 0; row < db_rows(rows); row++) {
		struct fold_entity stored = {0}, made;
		if (!entity_of_row(rows, row, &stored, e) ||
		    !spill_entities_meet(c->replay->entities, &stored.key, &made, e))
			return false;
		entity_differs(c->out, &stored, made.state.size > 0 ? &made : NULL);
		c->out->entities++;
	}
	return true;
}

static bool tell_unmet(void *context, const struct fold_entity *made)
{
	const struct compare_context *c = context;
	if (made->key.kind == REPLAY_HISTORY)
		compare_history_differs(c->out, &made->key, "not stored");
	else
		entity_differs(c->out, NULL, made);
	return true;
}

bool compare_entities(struct compare_context *c, struct err *e)
{
	struct fold_entity last = {0};
	bool ok = true, more = true;
	while (ok && more) {
		struct db_result *rows = NULL;
		ok = db_run(c->db, "metrics_entity_page",
			    STORE_VALUES(db_int4(c->shop_id), db_int2(last.key.kind),
					 db_bytes(last.key.bytes, last.key.size), db_int8(COMPARE_PAGE)),
			    &rows, e);
		if (!ok)
			break;
		more = db_rows(rows) == COMPARE_PAGE;
		ok = meet_page(c, rows, e) && (!more || entity_of_row(rows, COMPARE_PAGE - 1, &last, e));
		db_result_free(rows);
		compare_progress(c, c->out->entities);
	}
	return ok;
}

bool compare_unmet(struct compare_context *c, struct err *e)
{
	return spill_entities_unmet(c->replay->entities, tell_unmet, c, e);
}
