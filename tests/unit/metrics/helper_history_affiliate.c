// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_box_affiliate.h"
#include "tests/unit/metrics/helper_history.h"

#include <stdio.h>

static const char *const affiliates[] = {"p0", "p1"};
static const char *const campaigns[] = {"", "spring"};
static const char *const categories[] = {"", "shoes", "hats"};
static const char *const rules[] = {"general", "shoes", "hats"};
static const char *const orders[] = {"o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8"};

static const char *name(char out[16], const char *prefix, uint32_t n)
{
	snprintf(out, 16, "%s%u", prefix, n);
	return out;
}

static struct box *some_click(struct random *r, int64_t t_ms)
{
	char visitor[16], customer[16];
	if (random_chance(r, 20))
		t_ms -= random_below(r, 40) * DAY_MS;
	int key = random_chance(r, 80) ? 0 : 1 + (int)random_below(r, 2);
	const char *campaign = campaigns[random_below(r, 2)], *affiliate = affiliates[random_below(r, 2)];
	name(visitor, "v", random_below(r, 5));
	struct box *box = box_click(t_ms, random_chance(r, 95) ? visitor : "", affiliate, campaign, key);
	if (random_chance(r, 25))
		box_name_customer(box, name(customer, "k", random_below(r, 3)));
	return box;
}

static struct box *some_rule(struct random *r, int64_t t_ms)
{
	uint32_t category = random_below(r, 3);
	bool is_fixed = random_chance(r, 25);
	uint32_t amount = 1 + random_below(r, is_fixed ? 900 : 2000);
	struct box *box = box_commission(t_ms, affiliates[random_below(r, 2)], categories[category],
					 rules[category], is_fixed ? 0 : amount, is_fixed ? amount : 0);
	Utarg__V1__CommissionRule *rule = &box->body.commission;
	static char eur[] = "EUR";
	if (is_fixed && random_chance(r, 10))
		box->fixed.currency = eur;
	rule->holding_days = random_chance(r, 70) ? random_below(r, 4) : 14;
	rule->new_customers_only = random_chance(r, 25);
	rule->ended = random_chance(r, 10);
	if (random_chance(r, 60))
		rule->valid_from_ms -= random_below(r, 10) * DAY_MS;
	return box;
}

struct box *history_affiliate(struct random *r, int64_t t_ms)
{
	uint32_t what = random_below(r, 100), days = random_below(r, 5);
	if (what < 55)
		return some_click(r, t_ms);
	if (what < 82)
		return some_rule(r, t_ms);
	const char *affiliate = affiliates[random_below(r, 2)];
	if (what < 88)
		return box_partner(t_ms - days % 4 * DAY_MS, affiliate, random_chance(r, 60));
	const char *order = orders[random_below(r, 9)], *rule = rules[random_below(r, 3)];
	return box_affiliate_paid(t_ms + days * DAY_MS, affiliate, order, rule,
				  (int64_t)random_below(r, 700) - 100);
}
