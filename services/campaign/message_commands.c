// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Decisions about messages.
// message_publish   Input: shop, message, anyway. Output: the message as its next version, and its event's
// seq.
//                   REFUSED with the first fact that stands against a claim, unless anyway and a reason.
// message_withdraw  Input: shop, message id, reason. Output: the message, withdrawn, and its event's seq.
#include "services/campaign/handlers.h"

#include "services/campaign/core/campaign.h"
#include "services/campaign/core/message.h"
#include "services/campaign/core/settings.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

#include <string.h>

// ---- publish -------------------------------------------------------------------------------------------

static bool find_standing(struct service *service, struct arena *arena, int32_t shop_id, const char *message,
			  struct message_standing *out, struct err *e)
{
	struct message_standings standings;

	if (!message_standings_named(service->db, arena, shop_id, (const char *const[]){message}, 1,
				     &standings, e))
		return false;
	*out = standings.count == 0 ? (struct message_standing){.changed_at_ms = INT64_MIN}
				    : standings.items[0];
	return true;
}

static bool check_campaign(struct service *service, struct arena *arena, int32_t shop_id,
			   const char *campaign, struct err *e)
{
	struct campaign_views views;

	if (campaign[0] == '\0')
		return true;
	if (!campaign_views_named(service->db, arena, shop_id, (const char *const[]){campaign}, 1, &views, e))
		return false;
	return views.count == 1 ||
	       err_field(e, ERR_BAD_FIELD, "message.campaign",
			 "there is no campaign %s that the message could belong to", campaign);
}

static bool check_version(const Utarg__V1__MarketingMessage *asked, uint32_t next, struct err *e)
{
	if (asked->message_version == 0 || asked->message_version == next)
		return true;
	return err_field(e, ERR_CONFLICT, "message.message_version",
			 "message %s would become version %u, not %u: somebody else has published meanwhile",
			 asked->message_id, next, asked->message_version);
}

static bool refuse(const struct message_verdict *verdict, struct err *e)
{
	const char *first = verdict->alerts[0]->text;

	if (verdict->count == 1)
		return err_set(e, ERR_REFUSED, "%s", first);
	return err_set(e, ERR_REFUSED, "%s, and %zu more of its claims are not so", first,
		       verdict->count - 1);
}

// The sentences that were overruled go into the event.
static bool note_overruled(struct arena *arena, const struct message_verdict *verdict,
			   Utarg__V1__MarketingMessage *message, struct err *e)
{
	message->n_overruled = 0;
	message->overruled = arena_calloc(arena, verdict->count + 1, sizeof(*message->overruled));
	for (size_t i = 0; i < verdict->count && message->overruled != NULL; i++) {
		const char *text = verdict->alerts[i]->text;

		message->overruled[message->n_overruled++] = arena_copy(arena, text, strlen(text));
	}
	return !arena->exhausted || views_too_large(e);
}

static bool judge_publish(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			  Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__MessagePublishRequest *publish = command;
	Utarg__V1__MarketingMessage *message = arena_alloc(arena, sizeof(*message));
	struct message_standing there;
	struct message_verdict verdict;
	enum message_state to;

	if (message == NULL)
		return views_too_large(e);
	*message = *publish->message;
	if (!find_standing(service, arena, shop_id, message->message_id, &there, e) ||
	    !message_state_step(message->message_id, there.state, MESSAGE_PUBLISH, &to, e) ||
	    !check_campaign(service, arena, shop_id, message->campaign, e))
		return false;
	message->message_version = 1 + (there.message == NULL ? 0 : there.message->message_version);
	if (!check_version(publish->message, message->message_version, e) ||
	    !judge_message(service, shop_id, message, &verdict, e))
		return false;
	if (verdict.count > 0 && !publish->anyway)
		return refuse(&verdict, e);
	*after_ms = there.changed_at_ms;
	event->message_published = message;
	return note_overruled(arena, &verdict, message, e);
}

static bool is_same_publish(const void *command, const Utarg__V1__Event *event)
{
	return message_equal(((const Utarg__V1__MessagePublishRequest *)command)->message,
			     event->message_published);
}

// ---- withdraw ------------------------------------------------------------------------------------------

static bool judge_withdraw(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			   Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__MessageWithdrawRequest *withdraw = command;
	Utarg__V1__MarketingMessage *message = arena_alloc(arena, sizeof(*message));
	struct message_standing there;
	enum message_state to;

	if (message == NULL)
		return views_too_large(e);
	if (!find_standing(service, arena, shop_id, withdraw->message_id, &there, e))
		return false;
	if (there.message == NULL)
		return err_field(e, ERR_BAD_FIELD, "message_id", "shop %s has no message %s", withdraw->shop,
				 withdraw->message_id);
	if (!message_state_step(withdraw->message_id, there.state, MESSAGE_WITHDRAW, &to, e))
		return false;
	*message = *there.message;
	message->reason = withdraw->reason;
	*after_ms = there.changed_at_ms;
	event->message_withdrawn = message;
	return true;
}

static bool is_same_withdraw(const void *command, const Utarg__V1__Event *event)
{
	const Utarg__V1__MessageWithdrawRequest *withdraw = command;
	const Utarg__V1__MarketingMessage *message = event->message_withdrawn;

	return strcmp(message->message_id, withdraw->message_id) == 0 &&
	       strcmp(message->reason, withdraw->reason) == 0;
}

// ---- both ----------------------------------------------------------------------------------------------

// As the decision's event made it; placements and alerts as they are.
static bool answer(struct service *service, struct arena *arena, const struct decided *decided,
		   const struct message_standing *standing, Utarg__V1__Reply *reply, struct err *e)
{
	const char *name = standing->message->message_id;
	Utarg__V1__MessageReply *body = arena_alloc(arena, sizeof(*body));
	struct message_views views;

	if (body == NULL)
		return views_too_large(e);
	if (!message_views_named(service->db, arena, decided->shop_id, (const char *const[]){name}, 1, &views,
				 e))
		return false;
	if (views.count == 0)
		return err_set(e, ERR_BUSY, "campaign reads the shop's journal again; try again in a moment");
	utarg__v1__message_reply__init(body);
	body->message = views.items[0];
	body->message->message = (Utarg__V1__MarketingMessage *)(uintptr_t)standing->message;
	body->message->state = (Utarg__V1__MessageState)standing->state;
	body->message->revision = (uint64_t)decided->seq;
	body->message->changed_at_ms = decided->event_time_ms;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_MESSAGE;
	reply->message = body;
	return true;
}

static enum svc_outcome run(struct service *service, const struct svc_request *request,
			    const struct decision *decision, Utarg__V1__Reply *reply, struct err *e)
{
	bool publishes = decision->kind == UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED;
	struct message_standing standing = {0};
	struct decided decided;

	if (!service_check(service, e) || !decide(service, request->arena, decision, &decided, e))
		return SVC_FAILED;
	judge_round(service); // what is wrong stands in the answer; else the next round brings it
	standing.state = publishes ? MESSAGE_PUBLISHED : MESSAGE_WITHDRAWN;
	standing.message = publishes ? decided.event->message_published : decided.event->message_withdrawn;
	if (!service_check(service, e) || !answer(service, request->arena, &decided, &standing, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

static bool check_publish(const Utarg__V1__MessagePublishRequest *publish, struct err *e)
{
	if (!decide_check_id(&publish->command_id, e) || !message_check(publish->message, e))
		return false;
	if (publish->anyway && publish->message->reason[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "message.reason",
				 "to publish what is not so takes a reason, which stays in the journal");
	return true;
}

enum svc_outcome message_publish(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e)
{
	const Utarg__V1__MessagePublishRequest *publish = (const void *)request->body;
	const struct decision decision = {
		.shop = publish->shop,
		.id = publish->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED,
		.judge = judge_publish,
		.is_same = is_same_publish,
		.command = publish,
	};

	if (!principal_may_decide(request->who, "message", e) || !check_publish(publish, e))
		return SVC_FAILED;
	return run(context, request, &decision, reply, e);
}

enum svc_outcome message_withdraw(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e)
{
	const Utarg__V1__MessageWithdrawRequest *withdraw = (const void *)request->body;
	const struct decision decision = {
		.shop = withdraw->shop,
		.id = withdraw->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN,
		.judge = judge_withdraw,
		.is_same = is_same_withdraw,
		.command = withdraw,
	};

	if (!principal_may_decide(request->who, "message", e) || !decide_check_id(&withdraw->command_id, e) ||
	    !settings_check_slug("message_id", withdraw->message_id, e) ||
	    !campaign_check_reason(withdraw->reason, e))
		return SVC_FAILED;
	return run(context, request, &decision, reply, e);
}
