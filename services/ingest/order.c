// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See order.h. Nobody waits here for ever: whom a writer waits for is bound by the deadlines of common/db.
#include "services/ingest/order.h"

#include "common/base/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct order {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct journal_guess *guess;
};

struct order *order_create(void)
{
	struct order *order = malloc(sizeof(*order));

	if (!order)
		abort();
	pthread_mutex_init(&order->mutex, NULL);
	pthread_cond_init(&order->changed, NULL);
	order->guess = journal_guess_create();
	return order;
}

void order_destroy(struct order *order)
{
	if (!order)
		return;
	journal_guess_destroy(order->guess);
	pthread_cond_destroy(&order->changed);
	pthread_mutex_destroy(&order->mutex);
	free(order);
}

static int64_t hold_until_ms(void)
{
	return clock_monotonic_ms() + JOURNAL_GUESS_HOLD_MS;
}

static void change_done(struct order *order)
{
	pthread_cond_broadcast(&order->changed);
	pthread_mutex_unlock(&order->mutex);
}

struct journal_guess *order_enter(struct order *order, uint64_t number)
{
	pthread_mutex_lock(&order->mutex);
	while (!journal_guess_may_begin(order->guess, number))
		pthread_cond_wait(&order->changed, &order->mutex);
	return order->guess;
}

void order_wait(struct order *order)
{
	pthread_cond_wait(&order->changed, &order->mutex);
}

void order_begun(struct order *order)
{
	change_done(order);
}

void order_pass(struct order *order, uint64_t number)
{
	struct journal_guess *guess = order_enter(order, number);

	journal_guess_begin(guess, number, NULL, 0, NULL, 0);
	journal_guess_end(guess, number);
	change_done(order);
}

bool order_await_commit(struct order *order, uint64_t number)
{
	bool broken;

	pthread_mutex_lock(&order->mutex);
	while (!(broken = journal_guess_is_broken(order->guess, number)) &&
	       !journal_guess_may_commit(order->guess, number))
		pthread_cond_wait(&order->changed, &order->mutex);
	if (!broken)
		journal_guess_expect(order->guess, number);
	pthread_mutex_unlock(&order->mutex);
	return !broken;
}

void order_committed(struct order *order, uint64_t number)
{
	pthread_mutex_lock(&order->mutex);
	journal_guess_committed(order->guess, number);
	change_done(order);
}

void order_refuse(struct order *order, uint64_t number, bool hold)
{
	pthread_mutex_lock(&order->mutex);
	journal_guess_refuse(order->guess, number, hold ? hold_until_ms() : INT64_MIN);
	change_done(order);
}

void order_await_alone(struct order *order, uint64_t number)
{
	pthread_mutex_lock(&order->mutex);
	while (!journal_guess_may_go_alone(order->guess, number))
		pthread_cond_wait(&order->changed, &order->mutex);
	pthread_mutex_unlock(&order->mutex);
}

void order_learn(struct order *order, const struct journal_head *heads, const size_t *moved_by, size_t count)
{
	pthread_mutex_lock(&order->mutex);
	for (size_t i = 0; i < count; i++)
		journal_guess_learn(order->guess, &heads[i], (int64_t)moved_by[i], hold_until_ms());
	pthread_mutex_unlock(&order->mutex);
}

void order_hold(struct order *order, int32_t shop_id)
{
	pthread_mutex_lock(&order->mutex);
	journal_guess_hold(order->guess, shop_id, hold_until_ms());
	pthread_mutex_unlock(&order->mutex);
}

void order_end(struct order *order, uint64_t number)
{
	pthread_mutex_lock(&order->mutex);
	journal_guess_end(order->guess, number);
	change_done(order);
}
