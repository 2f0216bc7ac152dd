// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What wakes the follower: doorbells of ingest and campaign, and a sweep of all heads twice a second, which
// finds what no doorbell told. A doorbell is a hint; nothing is lost when it is.
#include "services/metrics/follow.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "services/metrics/alerts.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/tick.h"
#include "services/metrics/words.h"

enum { SWEEP_MS = 500, BELLS_AT_ONCE = 1000 };

static void take_doorbell(struct metrics *m, struct slice payload)
{
	Utarg__V1__Doorbell *bell = utarg__v1__doorbell__unpack(NULL, payload.size, payload.data);
	if (bell == NULL) {
		log_warn("doorbell_broken", LOG_UINT("bytes", payload.size));
		return;
	}
	const struct shop *shop = shops_known(m->shops, bell->shop);
	if (shop != NULL && bell->epoch <= INT64_MAX && bell->seq <= INT64_MAX)
		journal_follow_ring(m->journal, shop->shop_id, (int64_t)bell->epoch, (int64_t)bell->seq);
	utarg__v1__doorbell__free_unpacked(bell, NULL);
}

static void take_doorbells(struct metrics *m, struct bus_socket *socket)
{
	struct slice topic, payload;
	for (int i = 0; i < BELLS_AT_ONCE; i++) {
		switch (bus_receive(socket, NULL, &topic, &payload)) {
		case BUS_NOTHING:
			return;
		case BUS_MESSAGE:
			take_doorbell(m, payload);
			break;
		case BUS_BROKEN:
			break;
		}
	}
}

static void ingest_rang(void *context)
{
	struct metrics *m = context;
	take_doorbells(m, m->ingest_bell);
}

static void campaign_rang(void *context)
{
	struct metrics *m = context;
	take_doorbells(m, m->campaign_bell);
}

static void sweep(void *context)
{
	struct metrics *m = context;
	struct err e = {0};
	if (clock_monotonic_ms() < m->outage_until_ms || svc_is_draining(m->svc))
		return;
	if (m->swept_at_ms == 0 && !(words_write(m->db, &e) && shops_refresh(m, &e))) {
		metrics_outage(m, &e);
		return;
	}
	m->swept_at_ms = clock_monotonic_ms();
	shops_look_after(m);
	if (clock_monotonic_ms() < m->outage_until_ms)
		return;
	bool swept = fail_mutant(MUTANT_BELL_IS_ALL) || journal_follow_sweep(m->journal, m->db, &e);
	if (swept)
		metrics_recovered(m);
	else if (db_fault(m->db) == DB_FAULT_NONE)
		metrics_trouble(m, &e); // one shop's journal is behind its figures; the others go on
	else
		metrics_outage(m, &e);
	if (!swept && db_fault(m->db) != DB_FAULT_NONE)
		return;
	metrics_gauge(METRICS_lag, journal_follow_lag(m->journal));
	tick_shops(m);
	alerts_tick(m);
}

static struct bus_socket *listen_to(struct metrics *m, enum svc_name name, struct err *e)
{
	char endpoint[256];
	if (!svc_endpoint(svc_conf_of(m->svc), name, true, endpoint, sizeof(endpoint))) {
		err_set(e, ERR_BAD_FIELD, "the address of %s is too long", svc_ports[name].name);
		return NULL;
	}
	struct bus_socket *socket = bus_open(svc_bus(m->svc), BUS_SUB, endpoint, NULL, e);
	if (socket != NULL && !bus_subscribe(socket, "head/", e)) {
		bus_socket_close(socket);
		return NULL;
	}
	return socket;
}

bool follow_start(struct metrics *m, struct err *e)
{
	m->ingest_bell = listen_to(m, SVC_INGEST, e);
	m->campaign_bell = m->ingest_bell != NULL ? listen_to(m, SVC_CAMPAIGN, e) : NULL;
	if (m->campaign_bell == NULL || !svc_watch(m->svc, m->ingest_bell, -1, ingest_rang, m, e) ||
	    !svc_watch(m->svc, m->campaign_bell, -1, campaign_rang, m, e) ||
	    !svc_timer(m->svc, SWEEP_MS, sweep, m, e))
		return false;
	sweep(m);
	return true;
}

void follow_stop(struct metrics *m)
{
	bus_socket_close(m->ingest_bell);
	bus_socket_close(m->campaign_bell);
	journal_rows_free(&m->rows);
	m->rows = (struct journal_rows){0};
}
