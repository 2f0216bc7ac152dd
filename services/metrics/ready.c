// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whether the service is ready, in one sentence: the database works, all shops have reached the heads seen at
// start, and nobody else follows them.
#include "services/metrics/metrics.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "services/metrics/shops.h"

#include <stdio.h>
#include <string.h>

enum { OUTAGE_PAUSE_MS = 1000 };

// The database may lose what it acknowledges, and waiting does not help.
static void refuse(struct metrics *m, const struct err *e)
{
	if (m->exit_code != 0)
		return;
	log_error("database_refused", LOG_STR("reason", e->text));
	m->exit_code = err_exit(e->code);
	svc_drain(m->svc);
}

void metrics_outage(struct metrics *m, const struct err *e)
{
	if (e->code == ERR_REFUSED)
		refuse(m, e);
	m->outage_until_ms = clock_monotonic_ms() + OUTAGE_PAUSE_MS;
	if (m->trouble[0] == '\0') {
		metrics_count(METRICS_database_outages, 1);
		log_error("database_unusable", LOG_STR("code", err_name(e->code)),
			  LOG_STR("reason", e->text));
	}
	text_copy(m->trouble, sizeof(m->trouble),
		  e->text[0] != '\0' ? err_public(e) : "the database does not answer");
	metrics_update_ready(m);
}

void metrics_trouble(struct metrics *m, const struct err *e)
{
	m->outage_until_ms = 0;
	if (strcmp(m->trouble, err_public(e)) != 0)
		log_error("journal_at_odds", LOG_STR("reason", e->text));
	text_copy(m->trouble, sizeof(m->trouble), err_public(e));
	metrics_update_ready(m);
}

void metrics_recovered(struct metrics *m)
{
	m->outage_until_ms = 0;
	if (m->trouble[0] == '\0')
		return;
	log_info("database_usable", LOG_STR("before", m->trouble));
	m->trouble[0] = '\0';
	metrics_update_ready(m);
}

// The first shop that stands in the way, as a sentence; false when none does.
static bool in_the_way(const struct metrics *m, const struct shop *shop, char *out, size_t size)
{
	if (shop->state == SHOP_BROKEN)
		snprintf(out, size, "shop %s cannot be followed: %s", shop->slug, shop->trouble);
	else if (shop->state == SHOP_FENCED)
		snprintf(out, size, "shop %s is followed by another instance", shop->slug);
	else if (!m->has_started && !shop->shown)
		snprintf(out, size, "shop %s is being brought up to date: event %lld of %lld", shop->slug,
			 (long long)shop->position.seq, (long long)shop->target_seq);
	else
		return false;
	return true;
}

void metrics_update_ready(struct metrics *m)
{
	char reason[ERR_TEXT_SIZE + 128];
	if (m->trouble[0] != '\0') {
		svc_set_ready(m->svc, false, m->trouble);
		return;
	}
	if (m->swept_at_ms == 0) {
		svc_set_ready(m->svc, false, "the shops have not been read yet");
		return;
	}
	for (size_t i = 0; i < shops_count(m->shops); i++) {
		if (in_the_way(m, shops_at(m->shops, i), reason, sizeof(reason))) {
			svc_set_ready(m->svc, false, reason);
			return;
		}
	}
	m->has_started = true;
	svc_set_ready(m->svc, true, NULL);
}
