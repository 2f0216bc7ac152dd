// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/note.h"

// clang-format off
const struct kpi_note kpi_notes[] = {
	{"sessions", "A pause as long as the session gap (30 minutes, per shop 5 to 240) starts a new visit; midnight and a new campaign do not."},
	{"sessions", "It counts in the window of its first event. Events told by a server never open one. Late events extend, move or merge visits, with corrections."},
	{"visitors", "Exact in each window, hence not the sum of smaller ones."},
	{"page_views", "A view within a visit takes the visit's dimensions but keeps its own sales channel; one without a visitor counts by its own context."},
	{"consent_coverage", "What an event does not state counts as granted."},
	{"engaged_seconds", "The union of [t - foreground time, t] of the visit's heartbeats, each at most 15 seconds, clipped to the visit."},
	{"bounce_rate", "Not a bounce: two page views, 10 seconds of attention, an add to cart, a checkout or an order."},
	{"conversion_rate", "Two orders of a visit count once. An order belongs to its visitor's visit whose latest event at or before it is less than the session gap away, else by the same rule to the visit of its cart's last event, else to none."},
	{"conversion_rate_net", "Corrected when an order falls."},
	{"orders", "By order id; copies from browser and server are one order. The order date is that of the lowest version and never moves."},
	{"gmv", "Test orders and foreign orders without a rate are in no money figure."},
	{"net_revenue", "A refund or cancellation months later corrects the window of the order."},
	{"net_revenue_by_refund_date", "The cash view: what was given back counts when it was given back. Refunds of a cancelled order take nothing more."},
	{"refunds_by_refund_date", "A refund that names no order counts here only."},
	{"basket_value", "Cancelled orders are left out; what was refunded stays in."},
	{"cancel_rate", "By an event of its own or by the status of the last version, at the earliest moment."},
	{"refund_rate", "Refunds of cancelled orders do not count. A refund in another currency than its order's counts nowhere."},
	{"unattributed_orders", "Also those whose visitor did not agree to be measured."},
	{"foreign_orders", "A rate on the order converts it, else one that was published by the shop's source for one of the seven days before; each part is converted once, half to even."},
	{"refund_excess", "In order of (time, refund id), so that the order of arrival changes nothing."},
	{"contribution_margin", "No commission is known yet, so none is counted. margin_cost_coverage says of how much of the revenue the cost is known."},
	{"new_customers", "By a consented reference only; an earlier order that comes late moves the customer to its window. At the same instant the smaller order id was first."},
	{"carts", "Carts that were merged count once, at the first add of all."},
	{"cart_abandonment_rate", "Ordered: some order names the cart, cancelled or not. Emptied and open carts are in neither number."},
	{"cart_recovery_rate", "The pause lies between two activities after the first add."},
	{"spend", "By the shop's local day, in the shop's currency; of the reports on one row the latest counts. Spend without any order stays."},
	{"attributed_revenue_markov", "The channels' weights come from the paths that converted or lapsed in the 90 days before the order's day, so a late path moves the credits of orders behind it; that changes no revision and makes no history."},
	{"attributed_orders_markov", "The channels' weights come from the paths that converted or lapsed in the 90 days before the order's day, so a late path moves the credits of orders behind it; that changes no revision and makes no history."},
	{"attributed_new_customers_markov", "The channels' weights come from the paths that converted or lapsed in the 90 days before the order's day, so a late path moves the credits of orders behind it; that changes no revision and makes no history."},
	{0},
};
// clang-format on
