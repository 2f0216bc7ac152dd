// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One visit: pages, searches, a cart, perhaps a checkout.
#include "services/utarg/core/simulate_parts.h"

#include <stdio.h>
#include <string.h>

// Chances of a visit's turns, per thousand.
enum {
	DENIES_ANALYTICS = 80,
	RETURNS = 350,
	KNOWN_CUSTOMER = 450,
	SEARCHES = 150,
	FINDS_NOTHING = 90,
	LOOKS_AT_OFFER = 550,
	PUTS_IN_CART = 190,
	TAKES_OUT = 150,
	BEGINS_CHECKOUT = 480,
	PAYMENT_FAILS = 60,
	BOUNCES = 330,
	PAGE_FAILS = 8,
};

static const struct {
	uint32_t weight;
	Utarg__V1__Device device;
} devices[] = {
	{560, UTARG__V1__DEVICE__DEVICE_MOBILE},
	{380, UTARG__V1__DEVICE__DEVICE_DESKTOP},
	{60, UTARG__V1__DEVICE__DEVICE_TABLET},
};

static const struct {
	uint32_t weight;
	const char *country, *language;
} countries[] = {{820, "PL", "pl"}, {70, "DE", "de"}, {40, "CZ", "cs"}, {30, "GB", "en"}, {40, "", "pl"}};

// A visit under way: who, when, and what lies in the cart.
struct visit {
	struct sim *sim;
	struct sim_actor actor;
	int64_t t_ms;
	char cart_id[SIM_TEXT_SIZE];
	struct sim_item items[SIM_ITEMS_MAX];
	size_t item_count;
	bool buys;
};

static char *text(const char *constant)
{
	// protobuf-c has no const strings; it only reads them when packing.
	union {
		const char *in;
		char *out;
	} borrowed = {.in = constant};
	return borrowed.out;
}

static void choose_visitor(struct visit *visit)
{
	struct sim *sim = visit->sim;
	uint32_t pool = sim->options->visit_count + 10;
	// Returning visitors come from a pool that all days share, new ones belong to their day.
	if (sim_chance(&sim->rng, RETURNS))
		snprintf(visit->actor.visitor, SIM_TEXT_SIZE, "r-%u", sim_below(&sim->rng, pool));
	else
		snprintf(visit->actor.visitor, SIM_TEXT_SIZE, "v-%016llx",
			 (unsigned long long)sim_next(&sim->rng));
	if (sim_chance(&sim->rng, KNOWN_CUSTOMER))
		snprintf(visit->actor.customer, SIM_TEXT_SIZE, "c-%u", sim_below(&sim->rng, pool));
	visit->actor.analytics_denied = sim_chance(&sim->rng, DENIES_ANALYTICS);
}

static void choose_context(struct visit *visit)
{
	struct sim *sim = visit->sim;
	const struct sim_source *source = sim_pick_source(&sim->rng);
	uint32_t device_weights[3], country_weights[5];
	for (size_t i = 0; i < 3; i++)
		device_weights[i] = devices[i].weight;
	for (size_t i = 0; i < 5; i++)
		country_weights[i] = countries[i].weight;
	size_t country = sim_pick(&sim->rng, country_weights, 5);
	Utarg__V1__Context context = UTARG__V1__CONTEXT__INIT;
	context.host = text("shop.example");
	// A search engine knows all pages, whoever else sends somebody sends them to the first.
	bool is_search = strcmp(source->referrer_host, "www.google.com") == 0;
	context.path = text(sim_pages[is_search ? sim_below(&sim->rng, (uint32_t)sim_page_count) : 0]);
	context.referrer_host = text(source->referrer_host);
	context.utm_source = text(source->utm_source);
	context.utm_medium = text(source->utm_medium);
	context.utm_campaign = text(source->utm_campaign);
	context.click_id_kind = text(source->click_id_kind);
	context.affiliate = text(source->affiliate);
	context.device = devices[sim_pick(&sim->rng, device_weights, 3)].device;
	context.country = text(countries[country].country);
	context.language = text(countries[country].language);
	visit->actor.context = context;
	visit->buys = sim_chance(&sim->rng, source->buy_per_thousand);
}

static void emit(struct visit *visit, Utarg__V1__Event *event)
{
	sim_emit(visit->sim, &visit->actor, visit->t_ms, event);
	// Only the first page knows where the visitor came from.
	visit->actor.context.referrer_host = text("");
}

static void pass(struct visit *visit, int64_t low_ms, int64_t high_ms)
{
	visit->t_ms += sim_between(&visit->sim->rng, low_ms, high_ms);
}

// Reads a page for a while; the browser sends a heartbeat for each stretch in the foreground.
static void read_page(struct visit *visit, const char *page_type)
{
	struct sim *sim = visit->sim;
	Utarg__V1__PageView view = UTARG__V1__PAGE_VIEW__INIT;
	view.page_type = text(page_type);
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	event.page_view = &view;
	emit(visit, &event);
	if (sim_chance(&sim->rng, PAGE_FAILS)) {
		Utarg__V1__PageError error = UTARG__V1__PAGE_ERROR__INIT;
		error.kind = text("script");
		Utarg__V1__Event failed = UTARG__V1__EVENT__INIT;
		failed.body_case = UTARG__V1__EVENT__BODY_PAGE_ERROR;
		failed.page_error = &error;
		pass(visit, 200, 900);
		emit(visit, &failed);
	}
	for (uint32_t beats = sim_below(&sim->rng, 4); beats > 0; beats--) {
		Utarg__V1__Heartbeat heartbeat = UTARG__V1__HEARTBEAT__INIT;
		heartbeat.foreground_ms = (uint32_t)sim_between(&sim->rng, 2000, 15000);
		Utarg__V1__Event beat = UTARG__V1__EVENT__INIT;
		beat.body_case = UTARG__V1__EVENT__BODY_HEARTBEAT;
		beat.heartbeat = &heartbeat;
		visit->t_ms += heartbeat.foreground_ms;
		emit(visit, &beat);
	}
	pass(visit, 2000, 20000);
}

static void search(struct visit *visit)
{
	Utarg__V1__Search body = UTARG__V1__SEARCH__INIT;
	body.result_count =
		sim_chance(&visit->sim->rng, FINDS_NOTHING) ? 0 : sim_below(&visit->sim->rng, 30) + 1;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_SEARCH;
	event.search = &body;
	emit(visit, &event);
	pass(visit, 2000, 9000);
}

static void look_at(struct visit *visit, const struct sim_offer *offer)
{
	Utarg__V1__ItemRef body = UTARG__V1__ITEM_REF__INIT;
	body.sku = text(offer->sku);
	body.currency = text(visit->sim->options->currency);
	body.known_price_case = UTARG__V1__ITEM_REF__KNOWN_PRICE_PRICE_GROSS_MINOR;
	body.price_gross_minor = offer->price_gross_minor;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_VIEW_ITEM;
	event.view_item = &body;
	emit(visit, &event);
	read_page(visit, "product");
}

static void change_cart(struct visit *visit, const struct sim_offer *offer, int64_t quantity, bool add)
{
	Utarg__V1__CartItem body = UTARG__V1__CART_ITEM__INIT;
	body.cart_id = visit->cart_id;
	body.sku = text(offer->sku);
	body.quantity = quantity;
	body.currency = text(visit->sim->options->currency);
	body.known_price_case = UTARG__V1__CART_ITEM__KNOWN_PRICE_PRICE_GROSS_MINOR;
	body.price_gross_minor = offer->price_gross_minor;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = add ? UTARG__V1__EVENT__BODY_ADD_TO_CART : UTARG__V1__EVENT__BODY_REMOVE_FROM_CART;
	event.add_to_cart = &body;
	emit(visit, &event);
	pass(visit, 1000, 8000);
}

static void put_in_cart(struct visit *visit, const struct sim_offer *offer)
{
	struct sim_rng *rng = &visit->sim->rng;
	if (visit->item_count == SIM_ITEMS_MAX)
		return;
	if (visit->cart_id[0] == '\0')
		snprintf(visit->cart_id, SIM_TEXT_SIZE, "k-%016llx", (unsigned long long)sim_next(rng));
	struct sim_item item = {offer, sim_chance(rng, 200) ? sim_between(rng, 2, 4) : 1};
	change_cart(visit, offer, item.quantity, true);
	if (sim_chance(rng, TAKES_OUT))
		change_cart(visit, offer, item.quantity, false);
	else
		visit->items[visit->item_count++] = item;
}

static void emit_cart_event(struct visit *visit, int kind, const char *option)
{
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	Utarg__V1__CartRef cart = UTARG__V1__CART_REF__INIT;
	Utarg__V1__CheckoutStep step = UTARG__V1__CHECKOUT_STEP__INIT;
	event.body_case = (Utarg__V1__Event__BodyCase)kind;
	if (option == NULL) {
		cart.cart_id = visit->cart_id;
		event.begin_checkout = &cart;
	} else {
		step.cart_id = visit->cart_id;
		step.option = text(option);
		event.add_shipping_info = &step;
	}
	emit(visit, &event);
	pass(visit, 8000, 60000);
}

static void fail_payment(struct visit *visit)
{
	Utarg__V1__PaymentFailed body = UTARG__V1__PAYMENT_FAILED__INIT;
	body.cart_id = visit->cart_id;
	body.method = text("card");
	body.reason = text("declined");
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_PAYMENT_FAILED;
	event.payment_failed = &body;
	emit(visit, &event);
	pass(visit, 10000, 90000);
}

static void check_out(struct visit *visit)
{
	struct sim_rng *rng = &visit->sim->rng;
	emit_cart_event(visit, UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT, NULL);
	if (!visit->buys && sim_chance(rng, 450))
		return;
	emit_cart_event(visit, UTARG__V1__EVENT__BODY_ADD_SHIPPING_INFO, "parcel_locker");
	emit_cart_event(visit, UTARG__V1__EVENT__BODY_ADD_PAYMENT_INFO, "card");
	if (sim_chance(rng, PAYMENT_FAILS))
		fail_payment(visit);
	if (visit->buys)
		sim_order(visit->sim, &visit->actor, visit->t_ms, visit->cart_id, visit->items,
			  visit->item_count);
}

void sim_visit(struct sim *sim, int64_t t_ms)
{
	struct visit visit = {.sim = sim, .t_ms = t_ms};
	visit.actor.channel = sim_chance(&sim->rng, 120) ? UTARG__V1__CHANNEL__CHANNEL_APP
							 : UTARG__V1__CHANNEL__CHANNEL_WEB;
	visit.actor.origin = UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	choose_visitor(&visit);
	choose_context(&visit);
	read_page(&visit, "home");
	if (!visit.buys && sim_chance(&sim->rng, BOUNCES))
		return;
	if (sim_chance(&sim->rng, SEARCHES))
		search(&visit);
	for (uint32_t pages = sim_below(&sim->rng, 6) + (visit.buys ? 2 : 0); pages > 0; pages--) {
		read_page(&visit, "category");
		if (!visit.buys && !sim_chance(&sim->rng, LOOKS_AT_OFFER))
			continue;
		const struct sim_offer *offer = sim_pick_offer(&sim->rng);
		look_at(&visit, offer);
		if (visit.buys || sim_chance(&sim->rng, PUTS_IN_CART))
			put_in_cart(&visit, offer);
	}
	if (visit.item_count > 0 && (visit.buys || sim_chance(&sim->rng, BEGINS_CHECKOUT)))
		check_out(&visit);
}
