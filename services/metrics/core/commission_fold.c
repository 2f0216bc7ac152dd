// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Partners' ledgers in the fold: what an order's ledger leans on, making it anew when something of that has
// changed, its facts, and the decisions about partners. See commission.h.
#include "services/metrics/core/commission.h"

#include "services/metrics/core/customer.h"
#include "services/metrics/core/settings.h"
#include "services/metrics/core/touch.h"

#include "common/base/signature.h"

#include <assert.h>
#include <string.h>

enum { HOURS_A_DAY = 24 };

static struct commission_terms *find_terms(const struct fold *fold)
{
	void *found = entity_find(fold->table, FOLD_AFFILIATE, slice_of(COMMISSION_KEY));
	return found;
}

static struct commission_hour *find_hour(const struct fold *fold, int64_t hour)
{
	char key[COMMISSION_KEY_SIZE];
	commission_hour_key(hour, key);
	void *found = entity_find(fold->table, FOLD_COMMISSION, slice_of(key));
	return found;
}

// ---- what must be in memory ----

// Without a key no click is valid, so that nobody has brought anything.
static bool is_used(const struct fold *fold)
{
	return vec_count(fold->settings->settings->keys) > 0;
}

static void need_hour(const struct fold *fold, int64_t hour)
{
	char key[COMMISSION_KEY_SIZE];
	commission_hour_key(hour, key);
	closure_need(fold, FOLD_COMMISSION, key, 0);
}

static bool has_rule_for_new(const struct commission_terms *terms)
{
	for (uint32_t i = 0; terms && i < vec_count(terms->rules); i++)
		if (terms->rules->at[i].new_customers_only)
			return true;
	return false;
}

// Whether a valid order of the customer stands before the place where this one is or would be.
static bool is_first(const struct customer *customer, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (customer->orders->at[i].valid)
			return false;
	return true;
}

// Orders for which it matters whether the one at that place is valid: up to the next valid one behind it.
static void need_others(const struct fold *fold, const char *customer_id, const char *id, int64_t placed_ms)
{
	uint32_t index;
	const void *found =
		customer_id[0] ? entity_find(fold->table, FOLD_CUSTOMER, slice_of(customer_id)) : NULL;
	const struct customer *customer = found;
	if (!customer || !has_rule_for_new(find_terms(fold)))
		return;
	(void)customer_find(customer, id, placed_ms, &index);
	if (!is_first(customer, index))
		return;
	for (uint32_t i = index; i < vec_count(customer->orders); i++) {
		const struct customer_order *other = &customer->orders->at[i];
		if (strcmp(other->id, id) == 0)
			continue;
		closure_need_order(fold, other->id, ENTITY_CREDIT);
		if (other->valid)
			break;
	}
}

void commission_need_order(const struct fold *fold, const struct order *order, unsigned flags)
{
	char id[ENTITY_ID_SIZE];
	if (!is_used(fold) && !order->ledger.is_listed && !vec_count(order->ledger.payments))
		return;
	closure_need(fold, FOLD_AFFILIATE, COMMISSION_KEY, 0);
	if (order->ledger.is_listed)
		need_hour(fold, order->ledger.listed_hour);
	if (!order_is_known(order))
		return;
	need_hour(fold, commission_hour_of(order_placed_ms(order)));
	if (!(flags & ENTITY_CHANGE))
		return;
	entity_id(&order->entity, id);
	need_others(fold, order->customer.text, id, order_placed_ms(order));
}

void commission_need_placed(const struct fold *fold, const struct order *order, const char *id,
			    const char *customer, int64_t placed_ms)
{
	if (!is_used(fold) && !vec_count(order->ledger.payments))
		return;
	closure_need(fold, FOLD_AFFILIATE, COMMISSION_KEY, 0);
	need_hour(fold, commission_hour_of(placed_ms));
	need_others(fold, customer, id, placed_ms);
	need_others(fold, order->customer.text, id, placed_ms);
}

// ---- an order's ledger ----

// Who brought the order: the affiliate of its last touch that has one.
static uint32_t affiliate_of(const struct fold *fold, const struct order *order)
{
	struct touch_list touches = {NULL};
	uint32_t affiliate = 0;
	if (!is_used(fold))
		return 0;
	touch_list_of_order(fold, order, &touches);
	for (uint32_t i = 0; i < vec_count(touches.all); i++)
		if (touches.all->at[i].affiliate)
			affiliate = touches.all->at[i].affiliate;
	vec_free(touches.all);
	return affiliate;
}

static bool is_of_new_customer(const struct fold *fold, const struct order *order, const char *id)
{
	const struct customer *customer =
		order->customer.text[0] ? fold_customer(fold, order->customer.text) : NULL;
	uint32_t index;
	if (!customer)
		return false;
	(void)customer_find(customer, id, order_placed_ms(order), &index);
	return is_first(customer, index);
}

static void note_day(struct fold *fold, struct commission_terms *terms, int64_t hour)
{
	int32_t day = (int32_t)(hour >= 0 ? hour / HOURS_A_DAY : -((HOURS_A_DAY - 1 - hour) / HOURS_A_DAY));
	uint32_t i = vec_count(terms->days);
	while (i > 0 && terms->days->at[i - 1].day > day)
		i--;
	if (i > 0 && terms->days->at[i - 1].day == day)
		return;
	struct commission_day *added = vec_insert(terms->days, i);
	added->day = day;
	fold_dirty(fold, &terms->entity);
}

static uint32_t listed_lower(const struct commission_hour *hour, const char *id)
{
	uint32_t i = 0;
	while (i < vec_count(hour->orders) && strcmp(hour->orders->at[i].id, id) < 0)
		i++;
	return i;
}

static void unlist(struct fold *fold, struct order *order, const char *id)
{
	struct commission_hour *hour = find_hour(fold, order->ledger.listed_hour);
	assert(hour);
	uint32_t i = listed_lower(hour, id);
	if (i < vec_count(hour->orders) && strcmp(hour->orders->at[i].id, id) == 0)
		vec_remove(hour->orders, i);
	order->ledger.is_listed = false;
	fold_dirty(fold, &hour->entity);
}

static void list(struct fold *fold, struct order *order, const char *id, int64_t at_hour)
{
	struct commission_hour *hour = find_hour(fold, at_hour);
	assert(hour);
	uint32_t i = listed_lower(hour, id);
	if (i == vec_count(hour->orders) || strcmp(hour->orders->at[i].id, id) != 0) {
		struct listed_order *added = vec_insert(hour->orders, i);
		text_copy(added->id, sizeof(added->id), id);
	}
	hour->orders->at[i].placed_ms = order_placed_ms(order);
	hour->orders->at[i].affiliate = order->ledger.affiliate;
	hour->orders->at[i].is_paid = vec_count(order->ledger.payments) > 0;
	order->ledger.listed_hour = at_hour;
	order->ledger.is_listed = true;
	note_day(fold, find_terms(fold), at_hour);
	fold_dirty(fold, &hour->entity);
}

static void settle(struct fold *fold, struct order *order)
{
	static const struct commission_terms none;
	const struct commission_terms *terms = find_terms(fold);
	char id[ENTITY_ID_SIZE];
	if (!order_is_known(order))
		return;
	entity_id(&order->entity, id);
	uint32_t affiliate = affiliate_of(fold, order);
	bool is_listed = affiliate || vec_count(order->ledger.payments);
	int64_t hour = commission_hour_of(order_placed_ms(order));
	if (!is_listed && !order->ledger.is_listed)
		return;
	ledger_derive(&order->ledger, &(struct ledger_input){.order = order,
							     .shop_currency = fold->currency,
							     .terms = terms ? terms : &none,
							     .intern = fold->intern,
							     .affiliate = affiliate,
							     .is_new = is_of_new_customer(fold, order, id)});
	if (order->ledger.is_listed && (!is_listed || order->ledger.listed_hour != hour))
		unlist(fold, order, id);
	if (is_listed)
		list(fold, order, id, hour);
	fold_dirty(fold, &order->entity);
}

// ---- facts ----

static uint32_t partner_dims(struct fold *fold, uint32_t affiliate)
{
	struct dims dims = {{0}};
	dims.key[INTERN_INDEX(FOLD_AFFILIATE_NAME)] = affiliate;
	return intern_dims(fold->intern, &dims);
}

// Of what a margin is less: beside what was spent, in its dimensions, and by partner.
static uint32_t commission_dims(struct fold *fold, uint32_t id, uint32_t affiliate)
{
	struct dims dims = {{0}};
	const struct dims *own = intern_dims_at(fold->intern, id);
	dims.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] = own->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = own->key[INTERN_INDEX(FOLD_CAMPAIGN)];
	dims.key[INTERN_INDEX(FOLD_AFFILIATE_NAME)] = affiliate;
	return intern_dims(fold->intern, &dims);
}

// From when the holding period is over on.
static void put_due(struct fold *fold, uint16_t measure, int64_t t_ms, int64_t due_ms, uint32_t dims,
		    money_sum amount)
{
	fact_put_from(fold->book, measure, minute_of(t_ms), dims, due_ms, amount,
		      fold->as_of_ms >= due_ms ? amount : 0);
}

// One line's life: held from placed_at, changed by what is taken back, due from due_ms on.
static int64_t put_steps(struct fold *fold, const struct ledger *ledger, uint32_t line, uint32_t dims,
			 int sign)
{
	int64_t due_ms = ledger->lines->at[line].due_ms, before = 0, held = 0;
	for (uint32_t i = 0; i < vec_count(ledger->steps); i++) {
		const struct ledger_step *step = &ledger->steps->at[i];
		money_sum change = step->commission - before;
		if (step->line != line)
			continue;
		before = step->commission;
		if (step->t_ms < due_ms) {
			fact_put(fold->book, M_AFFILIATE_HELD, minute_of(step->t_ms), dims, sign * change);
			held = step->commission;
			continue;
		}
		put_due(fold, M_AFFILIATE_DUE, step->t_ms, due_ms, dims, sign * change);
		if (change < 0)
			put_due(fold, M_AFFILIATE_CLAWED_BACK, step->t_ms, due_ms, dims, -sign * change);
	}
	put_due(fold, M_AFFILIATE_HELD, due_ms, due_ms, dims, -(money_sum)sign * held);
	put_due(fold, M_AFFILIATE_DUE, due_ms, due_ms, dims, (money_sum)sign * held);
	return before;
}

static void put_payments(struct fold *fold, const struct order *order, int sign)
{
	for (uint32_t i = 0; i < vec_count(order->ledger.payments); i++) {
		const struct ledger_payment *payment = &order->ledger.payments->at[i];
		uint32_t dims = partner_dims(fold, payment->affiliate);
		int32_t minute = minute_of(payment->moment.t_ms);
		fact_put(fold->book, M_AFFILIATE_PAID, minute, dims, (money_sum)sign * payment->minor);
		fact_put(fold->book, M_AFFILIATE_DUE, minute, dims, -(money_sum)sign * payment->minor);
	}
}

// When the holding period of all its lines that earn something is over.
static int64_t last_due_ms(const struct ledger *ledger)
{
	int64_t last_ms = INT64_MIN;
	for (uint32_t i = 0; i < vec_count(ledger->lines); i++)
		if (ledger->lines->at[i].why == LEDGER_EARNS && ledger->lines->at[i].due_ms > last_ms)
			last_ms = ledger->lines->at[i].due_ms;
	return last_ms;
}

static void put_order(struct fold *fold, const struct order *order, money_sum commission, int sign)
{
	struct order_figures f;
	uint32_t dims = partner_dims(fold, order->ledger.affiliate);
	int64_t placed_ms = order_placed_ms(order);
	int32_t minute = minute_of(placed_ms);
	fact_put(fold->book, M_AFFILIATE_ORDERS, minute, dims, sign);
	fact_put(fold->book, M_COMMISSION, minute,
		 commission_dims(fold, order->dims, order->ledger.affiliate), sign * commission);
	if (commission > 0)
		put_due(fold, M_AFFILIATE_APPROVED, placed_ms, last_due_ms(&order->ledger), dims, sign);
	order_derive(order, fold->currency, NULL, &f);
	if (f.foreign || !f.valid || !order->customer.text[0])
		return;
	uint32_t total = intern_dims(fold->intern, &(struct dims){{0}});
	fact_put(fold->book, M_CUSTOMER_MARGIN, minute, total, -sign * commission);
}

void commission_put(struct fold *fold, const void *entity, int sign)
{
	const struct order *order = entity;
	const struct ledger *ledger = &order->ledger;
	money_sum commission = 0;
	if (!order_is_known(order))
		return;
	for (uint32_t i = 0; i < vec_count(ledger->lines); i++) {
		uint32_t dims = partner_dims(fold, ledger->lines->at[i].affiliate);
		commission += put_steps(fold, ledger, i, dims, sign);
	}
	put_payments(fold, order, sign);
	if (ledger->affiliate)
		put_order(fold, order, commission, sign);
}

int64_t commission_due_ms(const struct fold *fold, const struct order *order)
{
	int64_t first_ms = INT64_MAX;
	for (uint32_t i = 0; i < vec_count(order->ledger.lines); i++) {
		int64_t due_ms = order->ledger.lines->at[i].due_ms;
		if (due_ms > fold->as_of_ms && due_ms < first_ms)
			first_ms = due_ms;
	}
	return first_ms;
}

void commission_put_all(struct fold *fold, int sign)
{
	const unsigned wanted = ENTITY_REFRESH | ENTITY_CHANGE | ENTITY_CREDIT;
	if (fold->options.switches)
		return;
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		struct entity *entity = fold->work->closure->at[i];
		void *order = entity;
		if (entity->kind != FOLD_ORDER || !(entity->flags & wanted))
			continue;
		if (sign > 0)
			settle(fold, order);
		commission_put(fold, order, sign);
		if (sign > 0)
			due_set(fold, entity);
	}
}

// ---- clicks ----

void commission_click(struct fold *fold, const struct said *said)
{
	const Utarg__V1__AffiliateClick *click = said->event->affiliate_click;
	const uint8_t *key = settings_affiliate_key_at(fold->settings->settings, said->moment.t_ms);
	const struct signature_link link = {said->event->shop, click->affiliate, click->campaign};
	if (!key || strlen(click->affiliate) >= FOLD_TEXT_SIZE ||
	    !signature_is_valid(key, &link, (struct slice){click->signature.data, click->signature.len}))
		return;
	uint32_t dims = partner_dims(fold, intern_key(fold->intern, click->affiliate));
	fact_put(fold->book, M_AFFILIATE_CLICKS, minute_of(said->moment.t_ms), dims, 1);
}

// ---- decisions ----

// Orders of the affiliate that were placed from an instant on.
static void need_orders_from(const struct fold *fold, const char *affiliate, int64_t from_ms)
{
	const struct commission_terms *terms = find_terms(fold);
	int64_t first = commission_hour_of(from_ms);
	for (uint32_t i = 0; terms && i < vec_count(terms->days); i++) {
		for (int64_t hour = terms->days->at[i].day * (int64_t)HOURS_A_DAY, end = hour + HOURS_A_DAY;
		     hour < end; hour++) {
			if (hour < first)
				continue;
			need_hour(fold, hour);
			const struct commission_hour *listed = find_hour(fold, hour);
			for (uint32_t k = 0; listed && k < vec_count(listed->orders); k++) {
				const struct listed_order *order = &listed->orders->at[k];
				if (order->affiliate && order->placed_ms >= from_ms &&
				    strcmp(intern_text(fold->intern, order->affiliate), affiliate) == 0)
					closure_need_order(fold, order->id, ENTITY_CREDIT);
			}
		}
	}
}

void commission_collect(const struct fold *fold, const struct said *said)
{
	closure_need(fold, FOLD_AFFILIATE, COMMISSION_KEY, 0);
	if (said->kind == UTARG__V1__EVENT__BODY_COMMISSION_CHANGED)
		need_orders_from(fold, said->event->commission_changed->affiliate,
				 said->event->commission_changed->valid_from_ms);
	else
		need_orders_from(fold, said->event->affiliate_changed->affiliate, said->moment.t_ms);
}

uint8_t commission_apply(struct fold *fold, const struct said *said)
{
	struct commission_terms *terms = find_terms(fold);
	bool added;
	assert(terms);
	if (said->kind == UTARG__V1__EVENT__BODY_COMMISSION_CHANGED)
		added = commission_add_rule(terms, &said->moment, said->event->commission_changed);
	else
		added = commission_add_partner(terms, &said->moment, said->event->affiliate_changed);
	if (added)
		fold_dirty(fold, &terms->entity);
	return FOLD_SETTING;
}

static bool is_named(const Utarg__V1__AffiliatePaidLine *line)
{
	return line->order_id[0] && strlen(line->order_id) < ENTITY_ID_SIZE;
}

void commission_collect_paid(const struct fold *fold, const struct said *said)
{
	const Utarg__V1__AffiliatePaid *paid = said->event->affiliate_paid;
	closure_need(fold, FOLD_AFFILIATE, COMMISSION_KEY, 0);
	for (size_t i = 0; i < paid->n_lines; i++) {
		const struct order *order =
			is_named(paid->lines[i])
				? closure_need_order(fold, paid->lines[i]->order_id, ENTITY_CREDIT)
				: NULL;
		if (order && order_is_known(order))
			need_hour(fold, commission_hour_of(order_placed_ms(order)));
	}
}

uint8_t commission_apply_paid(struct fold *fold, const struct said *said)
{
	const Utarg__V1__AffiliatePaid *paid = said->event->affiliate_paid;
	if (strcmp(paid->currency, fold->currency) != 0 || !paid->affiliate[0] ||
	    strlen(paid->affiliate) >= FOLD_TEXT_SIZE)
		return FOLD_NEW;
	for (size_t i = 0; i < paid->n_lines; i++) {
		const Utarg__V1__AffiliatePaidLine *line = paid->lines[i];
		struct order *order = is_named(line) ? fold_order(fold, line->order_id) : NULL;
		if (!order || strlen(line->rule_id) >= ENTITY_ID_SIZE ||
		    line->amount_minor > MONEY_MAX_MINOR || line->amount_minor < -MONEY_MAX_MINOR)
			continue;
		const struct ledger_payment payment = {.moment = said->moment,
						       .affiliate = intern_key(fold->intern, paid->affiliate),
						       .rule = intern_key(fold->intern, line->rule_id),
						       .minor = line->amount_minor};
		ledger_put_payment(&order->ledger, fold->intern, &payment);
		fold_dirty(fold, &order->entity);
	}
	return FOLD_NEW;
}
