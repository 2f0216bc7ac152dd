// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Rows of sessions, carts, orders and their lines, inside a checkpoint's transaction. See store.h.
#include "services/metrics/store.h"

enum { ORDER_CANCELLED = 1, ORDER_VALID = 2, ORDER_REFUNDED = 4, ORDER_FOREIGN = 8, COLUMNS_MAX = 22 };

// Parameters of one statement: the shop, then a column each.
struct columns {
	struct db_array at[COLUMNS_MAX];
	size_t count, next;
};

static void columns_init(struct columns *c, const enum db_type *types, size_t count)
{
	*c = (struct columns){.count = count};
	for (size_t i = 0; i < count; i++)
		db_array_init(&c->at[i], types[i]);
}

static void put(struct columns *c, struct db_value value)
{
	db_array_add(&c->at[c->next], value);
	c->next = (c->next + 1) % c->count;
}

static void put_dims(struct columns *c, const char *const dims[TOLD_DIMENSIONS])
{
	for (int d = 0; d < TOLD_DIMENSIONS; d++)
		put(c, db_text(dims[d]));
}

static void put_money(struct columns *c, money_sum sum)
{
	char text[MONEY_TEXT_SIZE];
	put(c, db_text(money_text(sum, 0, text)));
}

// A text of bytes: keys are ids of the shop or pseudonyms, checked when they were accepted.
static struct db_value text_of(struct slice bytes)
{
	return (struct db_value){.type = DB_TEXT, .bytes = bytes};
}

static bool run(struct db *db, const char *statement, int32_t shop_id, struct columns *c, struct err *e)
{
	struct db_value values[COLUMNS_MAX + 1] = {db_int4(shop_id)};
	for (size_t i = 0; i < c->count; i++)
		values[i + 1] = db_array_value(&c->at[i]);
	bool ok = c->at[0].count == 0 || db_run(db, statement, values, c->count + 1, NULL, e);
	for (size_t i = 0; i < c->count; i++)
		db_array_fini(&c->at[i]);
	return ok;
}

static bool write_sessions(struct db *db, int32_t shop_id, const struct told_rows *rows, struct err *e)
{
	static const enum db_type types[] = {DB_TEXT, DB_TIME, DB_TIME, DB_INT8, DB_INT8, DB_INT8, DB_INT8,
					     DB_BOOL, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT};
	struct columns written, gone;
	columns_init(&written, types, sizeof(types) / sizeof(types[0]));
	columns_init(&gone, types, 2);
	for (size_t i = 0; i < rows->session_count; i++) {
		const struct told_session *s = &rows->sessions[i];
		struct columns *c = s->is_gone ? &gone : &written;
		put(c, text_of(s->visitor));
		put(c, db_time_ms(s->first_ms));
		if (s->is_gone)
			continue;
		put(c, db_time_ms(s->last_ms));
		put(c, db_int8(s->engaged_ms));
		put(c, db_int8(s->views));
		put(c, db_int8(s->orders));
		put(c, db_int8(s->valid_orders));
		put(c, db_bool(s->is_bounce));
		put_dims(c, s->dims);
	}
	bool ok = run(db, "metrics_told_session_delete", shop_id, &gone, e);
	return run(db, "metrics_told_session_write", shop_id, &written, e) && ok;
}

static bool write_carts(struct db *db, int32_t shop_id, const struct told_rows *rows, struct err *e)
{
	static const enum db_type types[] = {DB_TEXT, DB_TIME, DB_TIME, DB_INT2, DB_TEXT,
					     DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT};
	struct columns written, gone;
	columns_init(&written, types, sizeof(types) / sizeof(types[0]));
	columns_init(&gone, types, 1);
	for (size_t i = 0; i < rows->cart_count; i++) {
		const struct told_cart *t = &rows->carts[i];
		struct columns *c = t->is_gone ? &gone : &written;
		put(c, text_of(t->cart));
		if (t->is_gone)
			continue;
		put(c, db_time_ms(t->first_ms));
		put(c, t->abandoned_at_ms == INT64_MAX ? DB_VALUE_NULL : db_time_ms(t->abandoned_at_ms));
		put(c, db_int2(t->state));
		put(c, db_text(t->visitor));
		put_dims(c, t->dims);
	}
	bool ok = run(db, "metrics_told_cart_delete", shop_id, &gone, e);
	return run(db, "metrics_told_cart_write", shop_id, &written, e) && ok;
}

static int16_t flags_of(const struct told_order *o)
{
	return (int16_t)((o->is_cancelled ? ORDER_CANCELLED : 0) | (o->is_valid ? ORDER_VALID : 0) |
			 (o->is_refunded ? ORDER_REFUNDED : 0) | (o->is_foreign ? ORDER_FOREIGN : 0));
}

static void put_order(struct columns *c, const struct told_order *o)
{
	put(c, text_of(o->order));
	put(c, db_time_ms(o->placed_ms));
	put(c, db_int8(o->version));
	put(c, db_int2(flags_of(o)));
	put(c, db_int8(o->units));
	put_money(c, o->before_net);
	put_money(c, o->after_net);
	put_money(c, o->current_net);
	put_money(c, o->current_shipping);
	put_money(c, o->current_tax);
	put_money(c, o->refunded_net);
	put(c, db_text(o->currency));
	put(c, db_text(o->visitor));
	put(c, db_text(o->customer));
	put(c, db_text(o->cart));
	put(c, db_text(o->session_visitor));
	put(c, o->session_visitor[0] != '\0' ? db_time_ms(o->session_at_ms) : DB_VALUE_NULL);
	put_dims(c, o->dims);
}

static bool write_orders(struct db *db, int32_t shop_id, const struct told_rows *rows, struct err *e)
{
	static const enum db_type types[COLUMNS_MAX] = {DB_TEXT, DB_TIME, DB_INT8, DB_INT2, DB_INT8, DB_TEXT,
							DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT,
							DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT,
							DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT};
	struct columns c;
	columns_init(&c, types, COLUMNS_MAX);
	for (size_t i = 0; i < rows->order_count; i++)
		put_order(&c, &rows->orders[i]);
	return run(db, "metrics_told_order_write", shop_id, &c, e);
}

static void put_item(struct columns *c, const struct told_item *item)
{
	put(c, text_of(item->order));
	put(c, db_int4((int32_t)item->number));
	put(c, db_text(item->sku));
	put(c, db_text(item->category));
	put(c, db_int8(item->quantity));
	put_money(c, item->before_net);
	put_money(c, item->after_net);
	put_money(c, item->tax);
	put_money(c, item->current_net);
	if (item->has_cost)
		put_money(c, item->current_cost);
	else
		put(c, DB_VALUE_NULL);
}

// An order may have fewer lines than before.
static bool write_items(struct db *db, int32_t shop_id, const struct told_rows *rows, struct err *e)
{
	static const enum db_type types[] = {DB_TEXT, DB_INT4, DB_TEXT, DB_TEXT, DB_INT8,
					     DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT};
	struct columns written, gone;
	columns_init(&written, types, sizeof(types) / sizeof(types[0]));
	columns_init(&gone, types, 2);
	for (size_t i = 0; i < rows->order_count; i++) {
		if (!rows->orders[i].has_items)
			continue;
		put(&gone, text_of(rows->orders[i].order));
		put(&gone, db_int4((int32_t)rows->orders[i].item_count));
	}
	for (size_t i = 0; i < rows->item_count; i++)
		put_item(&written, &rows->items[i]);
	bool ok = run(db, "metrics_told_item_delete", shop_id, &gone, e);
	return run(db, "metrics_told_item_write", shop_id, &written, e) && ok;
}

bool store_write_told(struct db *db, int32_t shop_id, const struct told_rows *rows, struct err *e)
{
	return write_sessions(db, shop_id, rows, e) && write_carts(db, shop_id, rows, e) &&
	       write_orders(db, shop_id, rows, e) && write_items(db, shop_id, rows, e);
}
