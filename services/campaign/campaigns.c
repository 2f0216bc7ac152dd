// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about campaigns.
// campaign_create  Input: shop, campaign. Output: the campaign, running, and its event's seq.
// campaign_end     Input: shop, campaign, reason. Output: the campaign, ended, and its event's seq.
// campaign_list    Input: shop, a campaign or "". Output: campaigns as they are now, with their cost.
#include "services/campaign/handlers.h"

#include "services/campaign/core/campaign.h"
#include "services/campaign/core/campaign_state.h"
#include "services/campaign/core/settings.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

#include <string.h>

// Campaigns of a shop are few: a new one every day for ten years.
enum { CAMPAIGNS_MAX = 4000 };

// The campaign as it stands; *out is NULL when there is none.
static bool find_campaign(struct service *service, struct arena *arena, int32_t shop_id, const char *name,
			  Utarg__V1__CampaignView **out, struct err *e)
{
	struct campaign_views views;

	if (!campaign_views_named(service->db, arena, shop_id, (const char *const[]){name}, 1, &views, e))
		return false;
	*out = views.count == 0 ? NULL : views.items[0];
	return true;
}

// The event's body: the campaign's words with another state and reason.
static bool put_campaign(struct arena *arena, const Utarg__V1__Campaign *campaign, enum campaign_state state,
			 char *reason, Utarg__V1__Event *event, struct err *e)
{
	Utarg__V1__Campaign *changed = arena_alloc(arena, sizeof(*changed));

	if (changed == NULL)
		return views_too_large(e);
	*changed = *campaign;
	changed->state = (Utarg__V1__CampaignState)state;
	changed->reason = reason;
	event->campaign_changed = changed;
	return true;
}

static bool judge_create(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			 Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__CampaignCreateRequest *create = command;
	const Utarg__V1__Campaign *campaign = create->campaign;
	Utarg__V1__CampaignView *there;
	enum campaign_state to;

	(void)after_ms; // nothing comes before it
	if (!find_campaign(service, arena, shop_id, campaign->campaign, &there, e))
		return false;
	if (there != NULL)
		return err_field(e, ERR_CONFLICT, "campaign.campaign",
				 "shop %s has a campaign %s already; it is %s", create->shop,
				 campaign->campaign,
				 campaign_state_name((enum campaign_state)there->campaign->state));
	return campaign_state_step(campaign->campaign, CAMPAIGN_NONE, CAMPAIGN_CREATE, NULL, &to, e) &&
	       put_campaign(arena, campaign, to, campaign->reason, event, e);
}

static bool is_same_create(const void *command, const Utarg__V1__Event *event)
{
	const Utarg__V1__CampaignCreateRequest *create = command;

	return event->campaign_changed->state == UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_RUNNING &&
	       campaign_equal(create->campaign, event->campaign_changed);
}

static bool judge_end(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__CampaignEndRequest *end = command;
	Utarg__V1__CampaignView *there;
	enum campaign_state to;

	if (!find_campaign(service, arena, shop_id, end->campaign, &there, e))
		return false;
	if (there == NULL)
		return err_field(e, ERR_BAD_FIELD, "campaign", "shop %s has no campaign %s", end->shop,
				 end->campaign);
	*after_ms = there->changed_at_ms;
	return campaign_state_step(end->campaign, (enum campaign_state)there->campaign->state, CAMPAIGN_END,
				   NULL, &to, e) &&
	       put_campaign(arena, there->campaign, to, end->reason, event, e);
}

static bool is_same_end(const void *command, const Utarg__V1__Event *event)
{
	const Utarg__V1__CampaignEndRequest *end = command;
	const Utarg__V1__Campaign *campaign = event->campaign_changed;

	return campaign->state == UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ENDED &&
	       strcmp(campaign->campaign, end->campaign) == 0 && strcmp(campaign->reason, end->reason) == 0;
}

// The state as the decision's event made it; the cost as it is.
static bool answer_campaign(struct service *service, struct arena *arena, const struct decided *decided,
			    Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__Campaign *campaign = decided->event->campaign_changed;
	Utarg__V1__CampaignReply *body = arena_alloc(arena, sizeof(*body));
	Utarg__V1__CampaignView *view;

	if (body == NULL)
		return views_too_large(e);
	if (!find_campaign(service, arena, decided->shop_id, campaign->campaign, &view, e))
		return false;
	if (view == NULL)
		return err_set(e, ERR_BUSY, "campaign reads the shop's journal again; try again in a moment");
	view->campaign = campaign;
	view->revision = (uint64_t)decided->seq;
	view->changed_at_ms = decided->event_time_ms;
	utarg__v1__campaign_reply__init(body);
	body->campaign = view;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_CAMPAIGN;
	reply->campaign = body;
	return true;
}

static enum svc_outcome run(struct service *service, const struct svc_request *request,
			    const struct decision *decision, Utarg__V1__Reply *reply, struct err *e)
{
	struct decided decided;

	if (!service_check(service, e) || !decide(service, request->arena, decision, &decided, e) ||
	    !answer_campaign(service, request->arena, &decided, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

enum svc_outcome campaign_create(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e)
{
	const Utarg__V1__CampaignCreateRequest *create = (const void *)request->body;
	const struct decision decision = {
		.shop = create->shop,
		.id = create->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED,
		.judge = judge_create,
		.is_same = is_same_create,
		.command = create,
	};

	if (!principal_may_decide(request->who, "campaign", e) || !decide_check_id(&create->command_id, e) ||
	    !campaign_check(create->campaign, e))
		return SVC_FAILED;
	return run(context, request, &decision, reply, e);
}

enum svc_outcome campaign_end(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e)
{
	const Utarg__V1__CampaignEndRequest *end = (const void *)request->body;
	const struct decision decision = {
		.shop = end->shop,
		.id = end->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED,
		.judge = judge_end,
		.is_same = is_same_end,
		.command = end,
	};

	if (!principal_may_decide(request->who, "campaign", e) || !decide_check_id(&end->command_id, e) ||
	    !settings_check_slug("campaign", end->campaign, e) || !campaign_check_reason(end->reason, e))
		return SVC_FAILED;
	return run(context, request, &decision, reply, e);
}

static bool read_campaigns(struct service *service, const struct svc_request *request,
			   const Utarg__V1__CampaignListRequest *list, struct campaign_views *views,
			   struct err *e)
{
	int32_t shop_id;

	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e))
		return false;
	if (list->campaign[0] != '\0')
		return campaign_views_named(service->db, request->arena, shop_id,
					    (const char *const[]){list->campaign}, 1, views, e);
	if (!campaign_views_page(service->db, request->arena, shop_id, "", CAMPAIGNS_MAX + 1, views, e))
		return false;
	return views->count <= CAMPAIGNS_MAX ||
	       err_set(e, ERR_TOO_MANY, "shop %s has more than %d campaigns: ask for one by its name",
		       list->shop, CAMPAIGNS_MAX);
}

enum svc_outcome campaign_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	Utarg__V1__CampaignListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct campaign_views views = {0};

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (!read_campaigns(context, request, (const void *)request->body, &views, e))
		return SVC_FAILED;
	utarg__v1__campaign_list_reply__init(body);
	body->campaigns = views.items;
	body->n_campaigns = views.count;
	reply->body_case = UTARG__V1__REPLY__BODY_CAMPAIGN_LIST;
	reply->campaign_list = body;
	return SVC_REPLIED;
}
