// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reads an event into the few things the figures ask of it. Ids that are longer than the wire allows count
// as not given.
#include "services/metrics/core/inner.h"

#include <string.h>

enum { KIND_CLIENT_FIRST = 20, KIND_CLIENT_LAST = 59 };

struct slice slice_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

bool said_day(const char *text, struct zone_date *out)
{
	return zone_date_parse(text, out) && out->year >= SAID_YEAR_FIRST && out->year <= SAID_YEAR_LAST;
}

static void copy_id(char out[ENTITY_ID_SIZE], struct slice id)
{
	bool fits = id.size < ENTITY_ID_SIZE && (!id.size || !memchr(id.data, 0, id.size));
	if (fits && id.size)
		memcpy(out, id.data, id.size);
	out[fits ? id.size : 0] = '\0';
}

static const char *id_or_empty(const char *id)
{
	return strlen(id) < ENTITY_ID_SIZE ? id : "";
}

static void read_cart(struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	switch (e->body_case) {
	case UTARG__V1__EVENT__BODY_ADD_TO_CART:
		said->cart = e->add_to_cart->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_REMOVE_FROM_CART:
		said->cart = e->remove_from_cart->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_VIEW_CART:
		said->cart = e->view_cart->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_CART_EMPTIED:
		said->cart = e->cart_emptied->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_CART_MERGED:
		said->cart = e->cart_merged->from_cart_id;
		said->other_cart = e->cart_merged->into_cart_id;
		break;
	case UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT:
		said->cart = e->begin_checkout->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_ADD_SHIPPING_INFO:
		said->cart = e->add_shipping_info->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_ADD_PAYMENT_INFO:
		said->cart = e->add_payment_info->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_COUPON_APPLIED:
		said->cart = e->coupon_applied->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_COUPON_DENIED:
		said->cart = e->coupon_denied->cart_id;
		break;
	case UTARG__V1__EVENT__BODY_PAYMENT_FAILED:
		said->cart = e->payment_failed->cart_id;
		break;
	default:
		break;
	}
	said->cart = id_or_empty(said->cart);
	said->other_cart = id_or_empty(said->other_cart);
}

static void read_service(struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	struct zone_date day;
	switch (e->body_case) {
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED:
		said->order = e->service_case_opened->order_id; // they share the place
		said->id = e->service_case_opened->case_id;
		break;
	case UTARG__V1__EVENT__BODY_SERVICE_RATED:
		said->id = e->service_rated->case_id;
		break;
	case UTARG__V1__EVENT__BODY_REVIEW_POSTED:
		said->id = e->review_posted->review_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_DIGEST:
		said->id = said_day(e->order_digest->day, &day) ? e->order_digest->day : "";
		break;
	default:
		break;
	}
}

// What becomes of orders. Parcels and returns are those of an order.
static void read_life(struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	switch (e->body_case) {
	case UTARG__V1__EVENT__BODY_ORDER_FULFILLED:
		said->order = said->id = e->order_fulfilled->order_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_DELIVERED:
		said->order = said->id = e->order_delivered->order_id;
		break;
	case UTARG__V1__EVENT__BODY_PARCEL_REFUSED:
		said->order = said->id = e->parcel_refused->order_id;
		break;
	case UTARG__V1__EVENT__BODY_RETURN_RECEIVED:
		said->order = said->id = e->return_received->order_id;
		break;
	case UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED:
		said->order = e->withdrawal_received->order_id;
		said->id = e->withdrawal_received->withdrawal_id;
		break;
	case UTARG__V1__EVENT__BODY_COMPLAINT_RECEIVED:
		said->order = e->complaint_received->order_id;
		said->id = e->complaint_received->complaint_id;
		break;
	default:
		read_service(said);
		break;
	}
	said->id = id_or_empty(said->id);
}

static void read_order(struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	switch (e->body_case) {
	case UTARG__V1__EVENT__BODY_PURCHASE:
		said->stated = e->purchase;
		said->order = e->purchase->order_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_UPDATED:
		said->stated = e->order_updated;
		said->order = e->order_updated->order_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_CANCELLED:
		said->order = e->order_cancelled->order_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_PAID:
		said->order = e->order_paid->order_id;
		break;
	case UTARG__V1__EVENT__BODY_ORDER_COST:
		said->order = e->order_cost->order_id;
		break;
	case UTARG__V1__EVENT__BODY_REFUND:
		said->order = e->refund->order_id;
		if (e->refund->refund_id[0] && id_or_empty(e->refund->refund_id)[0])
			text_copy(said->refund, sizeof(said->refund), e->refund->refund_id);
		else
			uuid_format(said->moment.id, said->refund);
		break;
	default:
		read_life(said);
		break;
	}
	said->order = id_or_empty(said->order);
}

static bool is_client_kind(int kind)
{
	return (kind >= KIND_CLIENT_FIRST && kind <= KIND_CLIENT_LAST) ||
	       kind == UTARG__V1__EVENT__BODY_PURCHASE;
}

// Whether it says what it is about.
static bool has_ids(const struct said *said)
{
	if (said->stated || said->kind == UTARG__V1__EVENT__BODY_ORDER_CANCELLED ||
	    said->kind == UTARG__V1__EVENT__BODY_ORDER_PAID ||
	    said->kind == UTARG__V1__EVENT__BODY_ORDER_COST)
		return said->order[0];
	if ((said->kind >= UTARG__V1__EVENT__BODY_ORDER_FULFILLED &&
	     said->kind <= UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED) ||
	    (said->kind >= UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED &&
	     said->kind <= UTARG__V1__EVENT__BODY_ORDER_DIGEST))
		return said->id[0];
	return true;
}

bool said_read(struct said *said, const struct fold_event *event)
{
	const Utarg__V1__Event *e = event->event;
	int kind = (int)e->body_case;
	*said = (struct said){.from = event,
			      .event = e,
			      .kind = kind,
			      .moment.t_ms = event->t_ms,
			      .cart = "",
			      .other_cart = "",
			      .order = "",
			      .id = ""};
	memcpy(said->moment.id, event->id, UUID_SIZE);
	if (e->test)
		return true;
	said->server = event->origin == UTARG__V1__ORIGIN__ORIGIN_SERVER ||
		       event->origin == UTARG__V1__ORIGIN__ORIGIN_IMPORT;
	said->denied = e->consent && e->consent->analytics == UTARG__V1__CHOICE__CHOICE_DENIED;
	if (!said->denied) {
		copy_id(said->visitor, event->visitor);
		copy_id(said->customer, event->customer);
	}
	said->client_session = !said->server && is_client_kind(kind) && said->visitor[0];
	if (kind >= KIND_CLIENT_FIRST && kind <= KIND_CLIENT_LAST) {
		read_cart(said);
		return said->client_session || said->cart[0] || kind == UTARG__V1__EVENT__BODY_PAGE_VIEW ||
		       comfort_is_told(kind) || event_row(kind)->apply;
	}
	read_order(said);
	return (event_row(kind)->apply && has_ids(said)) ||
	       kind == UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED ||
	       kind == UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED ||
	       kind == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED ||
	       kind == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK;
}

uint32_t said_channel(const struct said *said)
{
	int channel = (int)said->event->channel;
	return channel > 0 && channel <= UTARG__V1__CHANNEL__CHANNEL_LEAFLET
		       ? (uint32_t)channel
		       : UTARG__V1__CHANNEL__CHANNEL_WEB;
}

int64_t said_placed_ms(const struct said *said)
{
	// What a client's wrong clock said about the event it also said about the order: one correction for
	// both.
	int64_t correction_ms = said->moment.t_ms - said->event->occurred_at_ms;
	return said->stated->placed_at_ms ? said->stated->placed_at_ms + correction_ms : said->moment.t_ms;
}

void said_copy(const struct said *said, struct fold *fold, struct order_copy *out)
{
	const Utarg__V1__Order *stated = said->stated;
	*out = (struct order_copy){.rank = {stated->order_version, said->server, said->moment}};
	out->placed_ms = said_placed_ms(said);
	out->cancelled = stated->status == UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	order_read_content(stated, fold->intern, &out->content);
	text_copy(out->visitor, sizeof(out->visitor), said->visitor);
	text_copy(out->customer, sizeof(out->customer), said->customer);
	text_copy(out->cart, sizeof(out->cart), id_or_empty(stated->cart_id));
	uint32_t dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	if (said->event->context)
		out->context_dims = dims;
	if (said->event->channel != UTARG__V1__CHANNEL__CHANNEL_UNSPECIFIED)
		out->channel_dims = dims;
}

void said_activity(const struct said *said, struct fold *fold, struct activity_said *out)
{
	const Utarg__V1__Event *e = said->event;
	*out = (struct activity_said){.moment = said->moment,
				      .kind = ACTIVITY_OTHER,
				      .name = "",
				      .visitor = said->visitor,
				      .client = said->client_session};
	const Utarg__V1__CartItem *item = NULL;
	if (said->kind == UTARG__V1__EVENT__BODY_ADD_TO_CART && e->add_to_cart->quantity > 0) {
		out->kind = ACTIVITY_ADD;
		item = e->add_to_cart;
		out->dims = channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, e);
	} else if (said->kind == UTARG__V1__EVENT__BODY_REMOVE_FROM_CART &&
		   e->remove_from_cart->quantity > 0) {
		out->kind = ACTIVITY_REMOVE;
		item = e->remove_from_cart;
	} else if (said->kind == UTARG__V1__EVENT__BODY_CART_EMPTIED) {
		out->kind = ACTIVITY_EMPTIED;
	} else if (said->kind == UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT) {
		out->kind = ACTIVITY_CHECKOUT;
	} else if (said->kind == UTARG__V1__EVENT__BODY_PAYMENT_FAILED) {
		out->kind = ACTIVITY_PAYMENT_FAILED;
	}
	if (item) {
		out->name = id_or_empty(item->sku);
		out->quantity = item->quantity;
	}
}
