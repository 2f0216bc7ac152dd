// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Clicks of affiliates whose signature is valid: touches beside those of sessions. Of a partner's clicks of a
// visitor for one campaign within a minute the earliest stands for all.
#include "services/metrics/core/touch_keep.h"

#include <string.h>

#define MINUTE_MS INT64_C(60000)

static int64_t minute_start_ms(const struct said *said)
{
	return minute_of(said->moment.t_ms) * MINUTE_MS;
}

void touch_collect_click(const struct fold *fold, const struct said *said)
{
	struct visitor *visitor = closure_need(fold, FOLD_VISITOR, said->visitor, 0);
	int64_t t_ms = said->moment.t_ms, start_ms = minute_start_ms(said),
		last_ms = start_ms + MINUTE_MS - 1;
	if (fold->options.switches || !visitor)
		return;
	touch_need_customer(fold, said->customer, t_ms, last_ms);
	touch_need_orders(fold, visitor, t_ms, last_ms);
	lapse_concern(fold, visitor, t_ms, last_ms);
	for (uint32_t i = touch_click_lower(visitor, start_ms); i < vec_count(touch_sources(visitor)->clicks);
	     i++) {
		const struct click *click = &touch_sources(visitor)->clicks->at[i];
		if (click->moment.t_ms > last_ms)
			break;
		if (click->name)
			touch_need_customer(fold, touch_sources(visitor)->names->at[click->name - 1].text,
					    t_ms, last_ms);
	}
}

static bool is_signed(const struct fold *fold, const struct said *said)
{
	const Utarg__V1__AffiliateClick *click = said->event->affiliate_click;
	struct signature_link link = {said->event->shop, click->affiliate, click->campaign};
	struct slice signature = {click->signature.data, click->signature.len};
	const uint8_t *key = settings_affiliate_key_at(fold->settings->settings, said->moment.t_ms);
	return click->affiliate[0] && strlen(click->affiliate) < FOLD_TEXT_SIZE && key &&
	       signature_is_valid(key, &link, signature);
}

static void put_customer(struct fold *fold, const struct visitor *visitor, const struct click *click,
			 int sign)
{
	struct touch_of of = {{click->moment, click->dims, click->affiliate, false}, click->name, false};
	if (click->name)
		touch_put_customer(fold, visitor, &of, sign);
}

static void keep(struct fold *fold, struct visitor *visitor, const struct click *click, const char *customer)
{
	int64_t start_ms = minute_of(click->moment.t_ms) * MINUTE_MS;
	for (uint32_t i = touch_click_lower(visitor, start_ms); i < vec_count(touch_sources(visitor)->clicks);
	     i++) {
		const struct click *at = &touch_sources(visitor)->clicks->at[i];
		if (at->moment.t_ms >= start_ms + MINUTE_MS)
			break;
		if (at->dims != click->dims || at->affiliate != click->affiliate)
			continue;
		if (moment_compare(&at->moment, &click->moment) <= 0)
			return;
		put_customer(fold, visitor, at, -1);
		vec_remove(touch_sources(visitor)->clicks, i);
		break;
	}
	uint32_t place = vec_count(touch_sources(visitor)->clicks);
	while (place > 0 &&
	       moment_compare(&touch_sources(visitor)->clicks->at[place - 1].moment, &click->moment) > 0)
		place--;
	struct click *added = vec_insert(touch_sources_of(visitor)->clicks, place);
	*added = *click;
	added->name = touch_put_name(visitor, customer);
	put_customer(fold, visitor, added, 1);
}

uint8_t touch_apply_click(struct fold *fold, const struct said *said)
{
	struct visitor *visitor = said->visitor[0] ? fold_visitor(fold, said->visitor) : NULL;
	const Utarg__V1__AffiliateClick *stated = said->event->affiliate_click;
	if (fold->options.switches || !visitor || !is_signed(fold, said))
		return FOLD_NEW;
	const char *campaign = strlen(stated->campaign) < FOLD_TEXT_SIZE ? stated->campaign : "";
	struct click click = {said->moment, channel_spend_dims(fold->intern, "affiliate", campaign),
			      intern_key(fold->intern, stated->affiliate), 0};
	keep(fold, visitor, &click, said->customer);
	fold_dirty(fold, &visitor->entity);
	return FOLD_NEW;
}
