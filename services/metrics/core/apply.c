// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One event, step by step: take out of the figures what can change, change it, put it back, settle.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/commission.h"
#include "services/metrics/core/path.h"
#include "services/metrics/core/report.h"

#include <assert.h>
#include <string.h>

enum fold_outcome apply_settings(struct fold *fold, const struct said *said)
{
	struct settings *settings = fold->settings->settings;
	bool rebuild;
	fold_dirty(fold, &fold->settings->entity);
	if (said->kind == UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED)
		rebuild = settings_add(settings, &said->moment, said->event->shop_settings_changed);
	else if (said->kind == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED)
		rebuild = settings_add_key(settings, &said->moment, said->event->affiliate_key_changed);
	else
		rebuild = settings_add_rules(settings, &said->moment, said->event->channel_rules_changed);
	return rebuild ? FOLD_REBUILD : FOLD_DONE;
}

static void take_out(struct fold *fold)
{
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		struct entity *entity = fold->work->closure->at[i];
		void *any = entity;
		entity->flags |= ENTITY_USED;
		if (!(entity->flags & (ENTITY_REFRESH | ENTITY_CHANGE)))
			continue;
		if (kind_rows[entity->kind].put)
			kind_rows[entity->kind].put(fold, entity, -1);
		if (entity->kind == FOLD_ORDER)
			attach_order_out(fold, any);
		else if (entity->kind == FOLD_CART)
			attach_cart_out(fold, any);
	}
}

static void put_in(struct fold *fold)
{
	attach_carts_in(fold);
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		struct entity *entity = fold->work->closure->at[i];
		void *any = entity;
		if (!(entity->flags & (ENTITY_REFRESH | ENTITY_CHANGE)))
			continue;
		if (entity->kind == FOLD_ORDER)
			attach_order_in(fold, any);
		if (!kind_rows[entity->kind].put)
			continue;
		kind_rows[entity->kind].put(fold, entity, 1);
		due_set(fold, entity);
		fold_dirty(fold, entity);
	}
}

static void apply_cart(struct fold *fold, const struct said *said)
{
	struct activity_said activity;
	struct cart *cart = fold_cart(fold, said->cart);
	assert(cart);
	said_activity(said, fold, &activity);
	bool merged = said->other_cart[0] && strcmp(said->cart, said->other_cart) != 0;
	if (merged) {
		struct cart *other = fold_cart(fold, said->other_cart);
		assert(other);
		cart_add_activity(other, &activity);
		cart_join(other, said->cart);
		cart_join(cart, said->other_cart);
		activity.kind = ACTIVITY_MERGED_INTO;
		activity.name = said->other_cart;
	}
	cart_add_activity(cart, &activity);
}

uint8_t apply_order(struct fold *fold, const struct said *said)
{
	struct order *order = fold_order(fold, said->order);
	struct order_copy copy;
	assert(order);
	uint8_t reason = FOLD_NEW;
	bool known = order_is_known(order), cancelled = order_is_cancelled(order, NULL);
	uint32_t versions = vec_count(order->versions);
	if (known && said->stated->order_version > order->versions->at[versions - 1].rank.version)
		reason = FOLD_CORRECTION;
	struct cart *old = order->cart.text[0] ? fold_cart(fold, order->cart.text) : NULL;
	if (old)
		cart_drop_order(old, said->order);
	said_copy(said, fold, &copy);
	order_take(order, &copy);
	struct cart *cart = order->cart.text[0] ? fold_cart(fold, order->cart.text) : NULL;
	if (cart)
		cart_put_order(cart, said->order, order_placed_ms(order));
	books_settle(fold, order, said->order);
	if (!cancelled && order_is_cancelled(order, NULL) && known)
		reason = FOLD_CANCELLATION;
	return reason;
}

uint8_t apply_cancel(struct fold *fold, const struct said *said)
{
	struct order *order = fold_order(fold, said->order);
	assert(order);
	if (!order->cancelled || moment_compare(&order->cancel, &said->moment) > 0) {
		order->cancelled = true;
		order->cancel = said->moment;
	}
	if (order_is_known(order))
		books_settle(fold, order, said->order);
	return FOLD_CANCELLATION;
}

static void put_unlinked(struct fold *fold, const struct refund *refund, int sign)
{
	if (refund->known && !refund->order[0])
		fact_put(fold->book, M_GIVEN_BACK_NET, minute_of(refund->rank.moment.t_ms),
			 refund->content.dims, sign * refund_net_alone(&refund->content, fold->currency));
}

// The same refund told twice: the better copy counts, as with orders.
uint8_t apply_refund(struct fold *fold, const struct said *said)
{
	void *found = entity_find(fold->table, FOLD_REFUND, slice_of(said->refund));
	struct refund *refund = found;
	struct copy_rank rank = {0, said->server, said->moment};
	assert(refund);
	if (refund->known && copy_rank_compare(&refund->rank, &rank) <= 0)
		return FOLD_REFUND_MADE;
	put_unlinked(fold, refund, -1);
	if (refund->known && refund->order[0])
		order_drop_refund(fold_order(fold, refund->order), said->refund);
	refund->known = true;
	refund->rank = rank;
	text_copy(refund->order, sizeof(refund->order), said->order);
	refund_read_content(said->event->refund, &refund->content);
	refund->content.dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	if (refund->order[0])
		refund_read_lines(said->event->refund, fold->intern,
				  order_put_refund(fold_order(fold, refund->order), said->refund, &rank,
						   &refund->content));
	put_unlinked(fold, refund, 1);
	fold_dirty(fold, &refund->entity);
	return FOLD_REFUND_MADE;
}

uint8_t apply_target(struct fold *fold, const struct said *said)
{
	void *found = entity_find(fold->table, FOLD_TARGETS, slice_of(TARGETS_KEY));
	struct targets *targets = found;
	struct target target;
	assert(targets);
	if (target_read(said->event->target_set, &said->moment, &target) && targets_set(targets, &target))
		fold_dirty(fold, &targets->entity);
	return FOLD_SETTING;
}

// A page view that belongs to no session.
static void view_alone(struct fold *fold, const struct said *said)
{
	int32_t minute = minute_of(said->moment.t_ms);
	uint32_t dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	fact_put(fold->book, M_PAGE_VIEWS, minute, dims, 1);
	if (said->denied)
		fact_put(fold->book, M_DENIED_VIEWS, minute, dims, 1);
}

// Changes the state; returns the reason of what follows from it.
static uint8_t change(struct fold *fold, const struct said *said)
{
	if (said->client_session)
		visit_event(fold, said, fold_visitor(fold, said->visitor));
	else if (said->kind == UTARG__V1__EVENT__BODY_PAGE_VIEW)
		view_alone(fold, said);
	else if (comfort_is_told(said->kind))
		comfort_alone(fold, said);
	if (said->cart[0])
		apply_cart(fold, said);
	if (said->kind == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK)
		commission_click(fold, said);
	const struct event_row *row = event_row(said->kind);
	return row->apply ? row->apply(fold, said) : FOLD_NEW;
}

bool apply_event(struct fold *fold, const struct said *said)
{
	struct fact_stamp stamp = {said->from->seq, said->from->received_at_ms, FOLD_NEW};
	closure_collect(fold, said);
	if (vec_count(fold->work->missing) > 0) {
		closure_release(fold);
		return false;
	}
	if (said->event->test) {
		uint32_t dims = channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms,
						 said->event);
		fact_put(fold->book, M_TEST_EVENTS, minute_of(said->moment.t_ms), dims, 1);
	} else {
		commission_put_all(fold, -1);
		credit_put_all(fold, -1);
		lapse_put_all(fold, -1);
		take_out(fold);
		stamp.reason = change(fold, said);
		put_in(fold);
		visit_settle(fold);
		commission_put_all(fold, 1);
		credit_put_all(fold, 1);
		lapse_put_all(fold, 1);
		path_settle_event(fold);
	}
	fact_settle(fold->book, &stamp);
	closure_release(fold);
	struct settings *settings = fold->settings->settings;
	int64_t latest_ms = said->moment.t_ms; // that settings were asked for
	if (said->stated && said_placed_ms(said) > latest_ms)
		latest_ms = said_placed_ms(said);
	if (said->kind == UTARG__V1__EVENT__BODY_AD_SPEND && report_asked_ms(fold, said) > latest_ms)
		latest_ms = report_asked_ms(fold, said);
	if (latest_ms > settings->greatest_ms) {
		settings->greatest_ms = latest_ms;
		fold_dirty(fold, &fold->settings->entity);
	}
	if (said->kind == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK && !said->event->test &&
	    settings_note_click(settings, said->moment.t_ms))
		fold_dirty(fold, &fold->settings->entity);
	return true;
}
