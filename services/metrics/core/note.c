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
	{"spend", "By the shop's local day of the date that the row names, whatever its zone; of the reports on one row the one with the greatest (report time, id) counts. Spend without any order stays."},
	{"spend", "Another currency is converted by the rate that the shop's source published for one of the seven days before; rows without one are counted in foreign_spend_rows."},
	{"cpc", "Clicks of rows whose spend could not be converted are left out."},
	{"impression_share", "Of rows that state it."},
	{"open_rate", "Mail programs fetch pictures before anybody looks: read it as a trend at most."},
	{"organic_sessions", "The page is the path of the visit's first event, without host and query."},
	{"message_coherence", "Placements of a message: those it was published for, and those elsewhere that still show some version of it; none of a withdrawn one is coherent. Of what was shown the last report of the placement counts."},
	{"pace", "By the weights of the weekdays over the campaign's period, as last stated by the end of each day; a day's budget is due when the day is over. A draft has none, after an end nothing more becomes due. A budget in another currency has no pace."},
	{0},
};
// clang-format on
