// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_world.h"

#include "common/base/signature.h"

#include <stdio.h>

static char *set(char at[BOX_ID], const char *text)
{
	snprintf(at, BOX_ID, "%s", text ? text : "");
	return at;
}

static struct box *new_box(int64_t t_ms, Utarg__V1__Event__BodyCase kind)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = kind;
	box->event.order_fulfilled = &box->body.fulfilled; // all bodies share the place
	return box;
}

struct box *box_life(int64_t t_ms, Utarg__V1__Event__BodyCase kind, const char *order, const char *parcel)
{
	struct box *box = new_box(t_ms, kind);
	set(box->order, order);
	set(box->other, parcel);
	if (kind == UTARG__V1__EVENT__BODY_ORDER_FULFILLED) {
		utarg__v1__order_fulfilled__init(&box->body.fulfilled);
		box->body.fulfilled.order_id = box->order;
		box->body.fulfilled.parcel_id = box->other;
		box->body.fulfilled.last_parcel = true;
	} else if (kind == UTARG__V1__EVENT__BODY_ORDER_DELIVERED) {
		utarg__v1__order_delivered__init(&box->body.delivered);
		box->body.delivered.order_id = box->order;
		box->body.delivered.parcel_id = box->other;
	} else if (kind == UTARG__V1__EVENT__BODY_PARCEL_REFUSED) {
		utarg__v1__parcel_refused__init(&box->body.refused);
		box->body.refused.order_id = box->order;
		box->body.refused.parcel_id = box->other;
	} else {
		utarg__v1__return_received__init(&box->body.returned);
		box->body.returned.order_id = box->order;
		box->body.returned.return_id = box->other;
	}
	return box;
}

struct box *box_withdrawal(int64_t t_ms, const char *id, const char *order)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED);
	utarg__v1__withdrawal_received__init(&box->body.withdrawal);
	box->body.withdrawal.withdrawal_id = set(box->other, id);
	box->body.withdrawal.order_id = set(box->order, order);
	return box;
}

struct box *box_complaint(int64_t t_ms, const char *id, const char *order)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_COMPLAINT_RECEIVED);
	utarg__v1__complaint_received__init(&box->body.complaint);
	box->body.complaint.complaint_id = set(box->other, id);
	box->body.complaint.order_id = set(box->order, order);
	return box;
}

struct box *box_case(int64_t t_ms, Utarg__V1__Event__BodyCase kind, const char *id, const char *order)
{
	struct box *box = new_box(t_ms, kind);
	utarg__v1__service_case__init(&box->body.service_case);
	box->body.service_case.case_id = set(box->other, id);
	box->body.service_case.order_id = set(box->order, order);
	return box;
}

struct box *box_rated(int64_t t_ms, const char *case_id, uint32_t score)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_SERVICE_RATED);
	utarg__v1__service_rated__init(&box->body.rated);
	box->body.rated.case_id = set(box->other, case_id);
	box->body.rated.score = score;
	return box;
}

struct box *box_review(int64_t t_ms, const char *id, const char *sku, uint32_t score)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_REVIEW_POSTED);
	utarg__v1__review_posted__init(&box->body.review);
	box->body.review.review_id = set(box->other, id);
	box->body.review.sku = set(box->sku, sku);
	box->body.review.score = score;
	return box;
}

struct box *box_digest(int64_t t_ms, const char *day, uint32_t order_count, int64_t gross_minor)
{
	struct box *box = new_box(t_ms, UTARG__V1__EVENT__BODY_ORDER_DIGEST);
	struct box_digest *digest = &box->body.digest;
	utarg__v1__order_digest__init(&digest->body);
	digest->body.day = set(box->other, day);
	digest->body.order_count = order_count;
	digest->body.gross_minor = gross_minor;
	digest->body.rows = digest->row_at;
	return box;
}

void box_digest_row(struct box *box, const char *order, int64_t gross_minor)
{
	static char pln[] = "PLN";
	struct box_digest *digest = &box->body.digest;
	size_t i = digest->body.n_rows++;
	assert_true(i < BOX_ROWS);
	utarg__v1__order_digest_row__init(&digest->rows[i]);
	snprintf(digest->ids[i], sizeof(digest->ids[i]), "%s", order);
	digest->rows[i].order_id = digest->ids[i];
	digest->rows[i].gross_minor = gross_minor;
	digest->rows[i].currency = pln;
	digest->row_at[i] = &digest->rows[i];
}

static struct signature_key key_of(int number)
{
	struct signature_key key = {{0}};
	key.seed[0] = (uint8_t)(1 + number);
	return key;
}

struct box *box_click(int64_t t_ms, const char *visitor, const char *affiliate, const char *campaign, int key)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	Utarg__V1__AffiliateClick *body = &box->body.click;
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_CLICK;
	box->event.affiliate_click = body;
	utarg__v1__affiliate_click__init(body);
	snprintf(box->order, sizeof(box->order), "%s", affiliate);
	snprintf(box->other, sizeof(box->other), "%s", campaign);
	body->affiliate = box->order;
	body->campaign = box->other;
	struct signature_link link = {box->event.shop, box->order, box->other};
	struct signature_key pair = key_of(key);
	if (key == 0 || key == 1)
		signature_make(&pair, &link, box->signature);
	body->signature = (ProtobufCBinaryData){sizeof(box->signature), box->signature};
	return box;
}

struct box *box_affiliate_key(int64_t t_ms, int key)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	struct signature_key pair = key_of(key);
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED;
	box->event.affiliate_key_changed = &box->body.key;
	utarg__v1__affiliate_key__init(&box->body.key);
	signature_public(&pair, box->public_key);
	box->body.key.public_key = (ProtobufCBinaryData){sizeof(box->public_key), box->public_key};
	box->body.key.valid_from_ms = t_ms;
	return box;
}
