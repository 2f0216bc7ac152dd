// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Questions about messages.
// message_list        Input: shop, a message or "". Output: messages with their placements' states and
// alerts. message_check       Input: shop, message. Output: what would stand against it if it were published
// now. message_alert_list  Input: shop, a message or "". Output: what is wrong now, with the placements to
// mend.
#include "services/campaign/handlers.h"

#include "services/campaign/core/message.h"
#include "services/campaign/service.h"
#include "services/campaign/views.h"

// In one answer. A message may be large: see MESSAGES_AT_ONCE in subjects.c; most are small.
enum { PAGE_DEFAULT = 20, PAGE_MAX = 200, ALERTS_MAX = 2000 };

static bool read_messages(struct service *service, const struct svc_request *request,
			  const Utarg__V1__MessageListRequest *list, struct message_views *views,
			  struct err *e)
{
	uint32_t limit = list->limit == 0 ? PAGE_DEFAULT : list->limit;
	int32_t shop_id;

	if (limit > PAGE_MAX)
		return err_field(e, ERR_TOO_MANY, "limit", "%u messages at once; %d are the most", limit,
				 PAGE_MAX);
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e))
		return false;
	if (list->message_id[0] != '\0')
		return message_views_named(service->db, request->arena, shop_id,
					   (const char *const[]){list->message_id}, 1, views, e);
	return message_views_page(service->db, request->arena, shop_id, list->after_message_id,
				  (int32_t)limit, views, e);
}

enum svc_outcome message_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e)
{
	Utarg__V1__MessageListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct message_views views;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (!read_messages(context, request, (const void *)request->body, &views, e))
		return SVC_FAILED;
	utarg__v1__message_list_reply__init(body);
	body->messages = views.items;
	body->n_messages = views.count;
	body->as_of_seq = (uint64_t)views.as_of_seq;
	reply->body_case = UTARG__V1__REPLY__BODY_MESSAGE_LIST;
	reply->message_list = body;
	return SVC_REPLIED;
}

// The answer says what offers cost, to whoever claims something else.
static bool may_ask_for_prices(const struct principal *who, struct err *e)
{
	struct err unused = {0};

	return principal_may_decide(who, "message", &unused) || principal_may(who, PERMIT_OFFER, e);
}

enum svc_outcome message_check_now(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	struct service *service = context;
	const Utarg__V1__MessageCheckRequest *check = (const void *)request->body;
	Utarg__V1__MessageCheckReply *body = arena_alloc(request->arena, sizeof(*body));
	struct message_verdict verdict;
	Utarg__V1__MessageAlert **standing; // not asked for; its position is
	size_t count;
	int64_t as_of_seq;
	int32_t shop_id;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (!may_ask_for_prices(request->who, e) || !message_check(check->message, e) ||
	    !service_check(service, e) ||
	    !shops_find(service->shops, service->db, check->shop, &shop_id, e) ||
	    !message_alerts_page(service->db, request->arena, shop_id, check->message->message_id, 1,
				 &standing, &count, &as_of_seq, e) ||
	    !judge_message(service, shop_id, check->message, &verdict, e))
		return SVC_FAILED;
	utarg__v1__message_check_reply__init(body);
	body->faults = verdict.alerts;
	body->n_faults = verdict.count;
	body->as_of_seq = (uint64_t)as_of_seq;
	reply->body_case = UTARG__V1__REPLY__BODY_MESSAGE_CHECK;
	reply->message_check = body;
	return SVC_REPLIED;
}

enum svc_outcome message_alert_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e)
{
	struct service *service = context;
	const Utarg__V1__MessageAlertListRequest *list = (const void *)request->body;
	Utarg__V1__MessageAlertListReply *body = arena_alloc(request->arena, sizeof(*body));
	int64_t as_of_seq;
	int32_t shop_id;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	utarg__v1__message_alert_list_reply__init(body);
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e) ||
	    !message_alerts_page(service->db, request->arena, shop_id, list->message_id, ALERTS_MAX + 1,
				 &body->alerts, &body->n_alerts, &as_of_seq, e))
		return SVC_FAILED;
	if (body->n_alerts > ALERTS_MAX) {
		err_set(e, ERR_TOO_MANY, "shop %s has more than %d alerts: ask for those of one message",
			list->shop, ALERTS_MAX);
		return SVC_FAILED;
	}
	body->as_of_seq = (uint64_t)as_of_seq;
	reply->body_case = UTARG__V1__REPLY__BODY_MESSAGE_ALERT_LIST;
	reply->message_alert_list = body;
	return SVC_REPLIED;
}
