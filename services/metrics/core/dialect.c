// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/dialect.h"

#include <string.h>

#define TERM(m)                                                                                              \
	{                                                                                                    \
		M_##m, 1, KPI_WINDOW                                                                         \
	}
#define LESS(m)                                                                                              \
	{                                                                                                    \
		M_##m, -1, KPI_WINDOW                                                                        \
	}

// clang-format off
const struct dialect dialects[] = {
	{.name = "ga4",
	 .switches = {{FOLD_BOUNCE_NO_CART,
		       "A session is engaged with 10 seconds in the foreground, two page views or a key event; of ours the "
		       "purchase is one, adding to a cart is none. Sessions are not cut at midnight nor by a campaign."}},
	 .figures = {
		 {"net_revenue", {TERM(PLACED_NET), LESS(GIVEN_BACK_NET)}, {{0}},
		  "Purchase revenue is the value of purchases less that of refunds, each on its own day; the value is "
		  "without shipping and tax."},
		 {"basket_value", {TERM(PLACED_NET)}, {TERM(ORDERS), LESS(FOREIGN_ORDERS)},
		  "Average purchase revenue: every purchase event counts, cancelled or not."}}},
	{.name = "matomo",
	 .switches = {{FOLD_CUT_MIDNIGHT, "A visit ends at midnight in the website's time zone."},
		      {FOLD_CUT_CAMPAIGN, "A visit ends when the visitor comes by another campaign, search engine or website."},
		      {FOLD_BOUNCE_ONE_VIEW, "A visit with a single page view has bounced, however long it took."},
		      {FOLD_VISIT_CARTS, "A cart is abandoned by the visit that added to it and did not order."},
		      {FOLD_PLACED_GROSS, "Revenue is the order's grand total, with shipping and tax, as it was placed."}},
	 .figures = {
		 {"net_revenue", {TERM(PLACED_GROSS)}, {{0}},
		  "Revenue is the order's grand total, with shipping and tax, as it was placed; refunds do not change it."},
		 {"basket_value", {TERM(PLACED_GROSS)}, {TERM(ORDERS), LESS(FOREIGN_ORDERS)},
		  "Average order value is revenue by orders, cancelled ones too."},
		 {"cart_abandonment_rate", {TERM(VISITS_LEFT)}, {TERM(VISITS_WITH_CART)},
		  "Visits that added to a cart and did not order, of visits that added to one."}}},
	{.name = "plausible",
	 .switches = {{FOLD_BOUNCE_ONE_VIEW, "A visit with a single page view has bounced..."},
		      {FOLD_BOUNCE_NO_EVENT, "...unless it had another event; of ours cart, checkout and order are."}},
	 .figures = {
		 {"conversion_rate", {TERM(VISITORS_WITH_ORDER)}, {TERM(VISITORS)},
		  "Conversion rate is unique conversions by unique visitors."}}},
	{.name = "shopify",
	 .switches = {{FOLD_CUT_MIDNIGHT_UTC, "A session ends after 30 minutes without activity and at midnight UTC."}},
	 .figures = {
		 {"net_revenue", {TERM(PLACED_NET), LESS(GIVEN_BACK_NET)}, {{0}},
		  "Net sales are gross sales, which include cancelled orders, less discounts and less returns on the day of "
		  "the return."},
		 {"basket_value", {TERM(PLACED_NET)}, {TERM(ORDERS), LESS(FOREIGN_ORDERS)},
		  "Average order value is gross sales less discounts by orders, cancelled ones too."}}},
	{.name = NULL},
};
// clang-format on

const char *const dialect_kpis[] = {"sessions",
				    "visitors",
				    "page_views",
				    "views_per_session",
				    "visit_seconds",
				    "engaged_seconds",
				    "bounce_rate",
				    "conversion_rate",
				    "orders",
				    "units",
				    "gmv",
				    "net_revenue",
				    "basket_value",
				    "discount_rate",
				    "cart_abandonment_rate",
				    NULL};

const struct dialect *dialect_find(const char *name)
{
	for (const struct dialect *dialect = dialects; dialect->name; dialect++)
		if (strcmp(dialect->name, name) == 0)
			return dialect;
	return NULL;
}

uint32_t dialect_switches(const struct dialect *dialect)
{
	uint32_t switches = 0;
	for (const struct dialect_switch *at = dialect->switches; at->bit; at++)
		switches |= at->bit;
	return switches;
}

bool dialect_kpi(const struct dialect *dialect, const char *name, struct kpi_row *out, const char **rule)
{
	const char *const *known = dialect_kpis;
	while (*known && strcmp(*known, name) != 0)
		known++;
	if (!*known)
		return false;
	*out = *kpi_find(name);
	*rule = "";
	for (const struct dialect_figure *figure = dialect->figures; figure->kpi; figure++) {
		if (strcmp(figure->kpi, name) != 0)
			continue;
		memcpy(out->numerator, figure->numerator, sizeof(out->numerator));
		memcpy(out->denominator, figure->denominator, sizeof(out->denominator));
		*rule = figure->rule;
	}
	return true;
}
