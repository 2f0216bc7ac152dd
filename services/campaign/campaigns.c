// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about campaigns.
// campaign_create  Input: shop, campaign, draft. Output: the campaign, running, approved or a draft, and its
//                  event's seq.
// campaign_step    Input: shop, campaign, step, reason, budget of a refill. Output: the campaign after it.
// campaign_end     Input: shop, campaign, reason. Output: the campaign, ended, and its event's seq.
// campaign_list    Input: shop, a campaign or "". Output: campaigns as they are now, with their cost.
#include "services/campaign/campaigns.h"

#include "common/base/clock.h"
#include "services/campaign/core/campaign.h"
#include "services/campaign/core/settings.h"
#include "services/campaign/handlers.h"
#include "services/campaign/views.h"

#include <string.h>

// Campaigns of a shop are few: a new one every day for ten years.
enum { CAMPAIGNS_MAX = 4000 };

bool campaigns_find(struct service *service, struct arena *arena, int32_t shop_id, const char *name,
		    Utarg__V1__CampaignView **out, struct err *e)
{
	struct campaign_views views;

	if (!campaign_views_named(service->db, arena, shop_id, (const char *const[]){name}, 1, &views, e))
		return false;
	*out = views.count == 0 ? NULL : views.items[0];
	return true;
}

bool campaigns_facts(struct service *service, int32_t shop_id, const Utarg__V1__CampaignView *view,
		     struct campaign_facts *out, struct err *e)
{
	*out = campaign_facts_of(view->campaign);
	out->spent_minor = campaign_spent(view->campaign, view->cost, view->n_cost);
	return shops_today(service->db, shop_id, clock_now_ms(), &out->today_days, e);
}

// Whether somebody's limit allows this budget. The clock moves no money.
static bool may_spend(const struct principal *who, const Utarg__V1__Money *budget, struct err *e)
{
	return who == NULL || principal_may_spend(who, "campaign", budget != NULL ? budget->minor : 0,
						  budget != NULL ? budget->currency : NULL, e);
}

// The event's body: the campaign's words with another state and reason.
static Utarg__V1__Campaign *put_campaign(struct arena *arena, const Utarg__V1__Campaign *campaign,
					 enum campaign_state state, const char *reason,
					 Utarg__V1__Event *event)
{
	Utarg__V1__Campaign *changed = arena_alloc(arena, sizeof(*changed));

	if (changed == NULL)
		return NULL;
	*changed = *campaign;
	changed->state = (Utarg__V1__CampaignState)state;
	changed->reason = text_borrow(reason);
	event->campaign_changed = changed;
	return changed;
}

// A goal that nobody computes would never be reached. What metrics has not told yet is taken as said.
static bool check_goal(struct service *service, int32_t shop_id, const char *kpi, struct err *e)
{
	struct db_value values[] = {db_text(kpi), db_text("campaign"), db_int4(shop_id)};
	struct db_result *rows;
	bool ok = true;

	if (kpi[0] == '\0')
		return true;
	if (!db_run(service->db, "campaign_figure", values, 3, &rows, e))
		return false;
	if (db_rows(rows) == 1 && db_is_null(rows, 0, 0))
		ok = err_field(e, ERR_BAD_FIELD, "campaign.goal_kpi", "there is no key figure \"%.64s\"",
			       kpi);
	else if (db_rows(rows) == 1 && db_get_int(rows, 0, 3) == 0)
		ok = err_field(e, ERR_BAD_FIELD, "campaign.goal_kpi", "%.64s is not kept by campaign", kpi);
	db_result_free(rows);
	return ok;
}

// ---- create --------------------------------------------------------------------------------------------

struct creation {
	const Utarg__V1__CampaignCreateRequest *request;
	const struct principal *who;
};

static bool judge_create(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			 Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const struct creation *creation = command;
	const Utarg__V1__CampaignCreateRequest *create = creation->request;
	const Utarg__V1__Campaign *campaign = create->campaign;
	struct campaign_facts facts = campaign_facts_of(campaign);
	Utarg__V1__CampaignView *there;
	enum campaign_state to;

	(void)after_ms; // nothing comes before it
	if (!campaigns_find(service, arena, shop_id, campaign->campaign, &there, e))
		return false;
	if (there != NULL)
		return err_field(e, ERR_CONFLICT, "campaign.campaign",
				 "shop %s has a campaign %s already; it is %s", create->shop,
				 campaign->campaign,
				 campaign_state_name((enum campaign_state)there->campaign->state));
	if ((!create->draft && !may_spend(creation->who, campaign->budget, e)) ||
	    !check_goal(service, shop_id, campaign->goal_kpi, e) ||
	    !shops_today(service->db, shop_id, clock_now_ms(), &facts.today_days, e) ||
	    !campaign_state_step(campaign->campaign, CAMPAIGN_NONE,
				 create->draft ? CAMPAIGN_PREPARE : CAMPAIGN_CREATE, &facts, &to, e))
		return false;
	return put_campaign(arena, campaign, to, campaign->reason, event) != NULL || views_too_large(e);
}

static bool is_same_create(const void *command, const Utarg__V1__Event *event)
{
	const Utarg__V1__CampaignCreateRequest *create = ((const struct creation *)command)->request;
	const Utarg__V1__Campaign *made = event->campaign_changed;
	enum campaign_event asked = create->draft ? CAMPAIGN_PREPARE : CAMPAIGN_CREATE;

	return campaign_state_leads(asked, (enum campaign_state)made->state) &&
	       campaign_equal(create->campaign, made);
}

// ---- steps ---------------------------------------------------------------------------------------------

// What a step asks of money: approving is for the whole budget, a refill for the new one.
static bool check_money(const struct campaign_stepping *stepping, const Utarg__V1__Campaign *campaign,
			struct err *e)
{
	if (stepping->event == CAMPAIGN_APPROVE)
		return may_spend(stepping->who, campaign->budget, e);
	if (stepping->event != CAMPAIGN_REFILL)
		return true;
	return campaign_check_refill(campaign, stepping->budget, e) &&
	       may_spend(stepping->who, stepping->budget, e);
}

static bool judge_step(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		       Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const struct campaign_stepping *stepping = command;
	Utarg__V1__CampaignView *there;
	Utarg__V1__Campaign *changed;
	struct campaign_facts facts;
	enum campaign_state to;

	if (!campaigns_find(service, arena, shop_id, stepping->campaign, &there, e))
		return false;
	if (there == NULL)
		return err_field(e, ERR_BAD_FIELD, "campaign", "shop %s has no campaign %s", stepping->shop,
				 stepping->campaign);
	*after_ms = there->changed_at_ms;
	if (!campaigns_facts(service, shop_id, there, &facts, e) ||
	    !check_money(stepping, there->campaign, e))
		return false;
	if (stepping->event == CAMPAIGN_REFILL)
		facts.budget_minor = stepping->budget->minor;
	if (!campaign_state_step(stepping->campaign, (enum campaign_state)there->campaign->state,
				 stepping->event, &facts, &to, e))
		return false;
	changed = put_campaign(arena, there->campaign, to, stepping->reason, event);
	if (changed == NULL)
		return views_too_large(e);
	if (stepping->event == CAMPAIGN_REFILL)
		changed->budget = (Utarg__V1__Money *)(uintptr_t)stepping->budget;
	return true;
}

static bool is_same_step(const void *command, const Utarg__V1__Event *event)
{
	const struct campaign_stepping *stepping = command;
	const Utarg__V1__Campaign *campaign = event->campaign_changed;

	return campaign_state_leads(stepping->event, (enum campaign_state)campaign->state) &&
	       strcmp(campaign->campaign, stepping->campaign) == 0 &&
	       strcmp(campaign->reason, stepping->reason) == 0 &&
	       (stepping->event != CAMPAIGN_REFILL ||
		campaign_money_equal(campaign->budget, stepping->budget));
}

bool campaigns_step(struct service *service, struct arena *arena, const struct campaign_stepping *stepping,
		    const uint8_t id[UUID_SIZE], const char *principal, struct decided *out, struct err *e)
{
	const struct decision decision = {
		.shop = stepping->shop,
		.id = id,
		.principal = principal,
		.kind = UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED,
		.judge = judge_step,
		.is_same = is_same_step,
		.command = stepping,
	};

	return decide(service, arena, &decision, out, e);
}

// ---- answers -------------------------------------------------------------------------------------------

// The state as the decision's event made it; the cost as it is.
static bool answer_campaign(struct service *service, struct arena *arena, const struct decided *decided,
			    Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__Campaign *campaign = decided->event->campaign_changed;
	Utarg__V1__CampaignReply *body = arena_alloc(arena, sizeof(*body));
	Utarg__V1__CampaignView *view;

	if (body == NULL)
		return views_too_large(e);
	if (!campaigns_find(service, arena, decided->shop_id, campaign->campaign, &view, e))
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

enum svc_outcome campaign_create(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				 struct err *e)
{
	struct service *service = context;
	const Utarg__V1__CampaignCreateRequest *create = (const void *)request->body;
	const struct creation creation = {create, request->who};
	struct decided decided;
	const struct decision decision = {
		.shop = create->shop,
		.id = create->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED,
		.judge = judge_create,
		.is_same = is_same_create,
		.command = &creation,
	};

	if (!principal_may_decide(request->who, "campaign", e) || !decide_check_id(&create->command_id, e) ||
	    !campaign_check(create->campaign, e) || !service_check(service, e) ||
	    !decide(service, request->arena, &decision, &decided, e) ||
	    !answer_campaign(service, request->arena, &decided, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

static enum svc_outcome take_step(struct service *service, const struct svc_request *request,
				  const ProtobufCBinaryData *id, const struct campaign_stepping *stepping,
				  Utarg__V1__Reply *reply, struct err *e)
{
	struct decided decided;

	if (!principal_may_decide(request->who, "campaign", e) || !decide_check_id(id, e) ||
	    !settings_check_slug("campaign", stepping->campaign, e) ||
	    !campaign_check_reason(stepping->reason, e) || !service_check(service, e) ||
	    !campaigns_step(service, request->arena, stepping, id->data, request->principal, &decided, e) ||
	    !answer_campaign(service, request->arena, &decided, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

enum svc_outcome campaign_end(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e)
{
	const Utarg__V1__CampaignEndRequest *end = (const void *)request->body;
	const struct campaign_stepping stepping = {end->shop,   end->campaign, CAMPAIGN_END,
						   end->reason, NULL,          request->who};

	return take_step(context, request, &end->command_id, &stepping, reply, e);
}

static const enum campaign_event events_of_steps[] = {
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_APPROVE] = CAMPAIGN_APPROVE,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_START] = CAMPAIGN_START,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_PAUSE] = CAMPAIGN_PAUSE,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_RESUME] = CAMPAIGN_RESUME,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_REFILL] = CAMPAIGN_REFILL,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_END] = CAMPAIGN_END,
	[UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_ARCHIVE] = CAMPAIGN_ARCHIVE,
};
enum { STEPS = sizeof(events_of_steps) / sizeof(events_of_steps[0]) };

enum svc_outcome campaign_step(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			       struct err *e)
{
	const Utarg__V1__CampaignStepRequest *step = (const void *)request->body;
	const unsigned number = (unsigned)step->step;

	if (number == UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_UNSPECIFIED || number >= STEPS) {
		err_field(
			e, number == 0 ? ERR_MISSING_FIELD : ERR_BAD_FIELD, "step",
			"%u is no step that can be asked for: approve, start, pause, resume, refill, end or "
			"archive",
			number);
		return SVC_FAILED;
	}
	const struct campaign_stepping stepping = {step->shop,   step->campaign, events_of_steps[number],
						   step->reason, step->budget,   request->who};

	return take_step(context, request, &step->command_id, &stepping, reply, e);
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
