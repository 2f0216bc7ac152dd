// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about directives, and issuing them. When one is to be issued, watch.c finds out.
// directive_decide   Input: shop, directive, approve or not, reason. Output: the directive after it.
// directive_confirm  Input: shop, directive, done or not, note. Output: the directive after it.
// directive_list     Input: shop, a campaign or "", a directive or "". Output: directives as they are now.
#include "services/campaign/directives.h"

#include "common/base/clock.h"
#include "services/campaign/campaigns.h"
#include "services/campaign/handlers.h"
#include "services/campaign/views.h"
#include "services/campaign/views_directive.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 1000, NOTE_MAX_BYTES = 1000, ID_BYTES = 8, ID_MAX_BYTES = 64, NAME_SIZE = 1024 };

static const char source[] = "utarg/campaign/directive";
static const char clock_name[] = "utarg-campaign";

// ---- issuing -------------------------------------------------------------------------------------------

static void wish_id(const struct directive_wish *wish, uint8_t id[UUID_SIZE])
{
	char name[NAME_SIZE];
	int size =
		snprintf(name, sizeof(name), "%s\n%s\n%d\n%s\n%s\n%llu", wish->shop, wish->campaign,
			 (int)wish->action, wish->sku, wish->day, (unsigned long long)wish->after_revision);

	uuid_v5(source, name, (size_t)size < sizeof(name) ? (size_t)size : sizeof(name) - 1, id);
}

static Utarg__V1__Directive *make_directive(struct arena *arena, const struct directive_wish *wish)
{
	Utarg__V1__Directive *directive = arena_alloc(arena, sizeof(*directive));
	Utarg__V1__Money *amount = arena_alloc(arena, sizeof(*amount));
	uint8_t id[UUID_SIZE];
	char text[2 * ID_BYTES + 1];

	if (directive == NULL || amount == NULL)
		return NULL;
	wish_id(wish, id);
	text_hex(id, ID_BYTES, text);
	utarg__v1__directive__init(directive);
	directive->directive_id = arena_printf(arena, "%s", text);
	directive->campaign = text_borrow(wish->campaign);
	directive->action = wish->action;
	directive->sku = text_borrow(wish->sku);
	directive->reason = text_borrow(wish->reason);
	directive->evidence = text_borrow(wish->evidence);
	directive->judged_at_seq = wish->judged_at_seq;
	directive->day = text_borrow(wish->day);
	utarg__v1__money__init(amount);
	amount->minor = wish->amount_minor;
	amount->currency = text_borrow(wish->currency);
	directive->amount = wish->has_amount ? amount : NULL;
	return directive->directive_id == NULL ? NULL : directive;
}

// The campaign runs and nothing was said about the matter since the wish was made.
static bool is_still_wished(struct service *service, struct arena *arena, int32_t shop_id,
			    const struct directive_wish *wish, Utarg__V1__CampaignView **campaign,
			    int64_t *after_ms, struct err *e)
{
	Utarg__V1__DirectiveView *last;

	if (!campaigns_find(service, arena, shop_id, wish->campaign, campaign, e) ||
	    !directive_view_last(service->db, arena, shop_id, wish->campaign, wish->sku, &last, e))
		return false;
	if (*campaign == NULL ||
	    (*campaign)->campaign->state != UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_RUNNING)
		return err_set(e, ERR_REFUSED, "campaign %s does not run", wish->campaign);
	if ((last != NULL ? last->revision : 0) != wish->after_revision ||
	    directive_room(last != NULL ? last->directive : NULL, wish->action, wish->day) != DIRECTIVE_ROOM)
		return err_set(e, ERR_REFUSED, "campaign %s has another directive meanwhile", wish->campaign);
	if (last != NULL)
		*after_ms = last->changed_at_ms;
	return true;
}

static bool judge_issue(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
			Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const struct directive_wish *wish = command;
	Utarg__V1__CampaignView *campaign;
	Utarg__V1__Directive *directive;
	enum directive_state to;

	if (!is_still_wished(service, arena, shop_id, wish, &campaign, after_ms, e))
		return false;
	directive = make_directive(arena, wish);
	if (directive == NULL)
		return views_too_large(e);
	directive->needs_approval = !campaign->campaign->acts_alone;
	directive->issued_at_ms = *after_ms >= event->occurred_at_ms ? *after_ms + 1 : event->occurred_at_ms;
	if (!directive_state_step(directive, DIRECTIVE_ISSUE, &to, e))
		return false;
	directive->state = (Utarg__V1__DirectiveState)to;
	event->directive_issued = directive;
	return true;
}

// The id says all that a wish is; figures may have moved since.
static bool is_same_issue(const void *command, const Utarg__V1__Event *event)
{
	const struct directive_wish *wish = command;
	const Utarg__V1__Directive *directive = event->directive_issued;

	return strcmp(directive->campaign, wish->campaign) == 0 && directive->action == wish->action;
}

// Ids of the clock's decisions can be foretold, and whoever writes events could have used one. Then any id
// does: what is decided is judged with the shop locked, so that it is decided once.
static bool is_occupied(uint8_t id[UUID_SIZE], struct err *e)
{
	if (e->code != ERR_CONFLICT)
		return false;
	*e = (struct err){0};
	uuid_v7(clock_now_ms(), id);
	return true;
}

bool directives_issue(struct service *service, struct arena *arena, const struct directive_wish *wish,
		      struct err *e)
{
	uint8_t id[UUID_SIZE];
	struct decided decided;
	const struct decision decision = {
		.shop = wish->shop,
		.id = id,
		.principal = clock_name,
		.kind = UTARG__V1__EVENT__BODY_DIRECTIVE_ISSUED,
		.judge = judge_issue,
		.is_same = is_same_issue,
		.command = wish,
	};

	wish_id(wish, id);
	if (decide(service, arena, &decision, &decided, e))
		return true;
	return is_occupied(id, e) && decide(service, arena, &decision, &decided, e);
}

// ---- steps ---------------------------------------------------------------------------------------------

static bool is_confirmation(enum directive_event event)
{
	return event == DIRECTIVE_CONFIRM || event == DIRECTIVE_FAIL;
}

static bool put_step(struct arena *arena, const struct directive_stepping *stepping,
		     Utarg__V1__Directive *directive, Utarg__V1__Event *event, struct err *e)
{
	Utarg__V1__DirectiveConfirmed *confirmed;

	directive->note = text_borrow(stepping->note);
	if (stepping->event == DIRECTIVE_APPROVE || stepping->event == DIRECTIVE_REJECT)
		directive->decided_by = text_borrow(stepping->who);
	if (!is_confirmation(stepping->event)) {
		event->directive_issued = directive;
		return true;
	}
	directive->tool = text_borrow(stepping->who);
	confirmed = arena_alloc(arena, sizeof(*confirmed));
	if (confirmed == NULL)
		return views_too_large(e);
	utarg__v1__directive_confirmed__init(confirmed);
	confirmed->directive_id = directive->directive_id;
	confirmed->tool = directive->tool;
	confirmed->done = stepping->event == DIRECTIVE_CONFIRM;
	confirmed->note = directive->note;
	confirmed->directive = directive;
	event->directive_confirmed = confirmed;
	return true;
}

static bool judge_step(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		       Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const struct directive_stepping *stepping = command;
	struct directive_views views;
	enum directive_state to;

	if (!directive_views_list(service->db, arena, shop_id, "", stepping->directive_id, true, 1, &views,
				  e))
		return false;
	if (views.count == 0)
		return err_field(e, ERR_BAD_FIELD, "directive_id", "shop %s has no directive %.64s",
				 stepping->shop, stepping->directive_id);
	*after_ms = views.items[0]->changed_at_ms;
	if (!directive_state_step(views.items[0]->directive, stepping->event, &to, e))
		return false;
	views.items[0]->directive->state = (Utarg__V1__DirectiveState)to;
	return put_step(arena, stepping, views.items[0]->directive, event, e);
}

static bool is_same_step(const void *command, const Utarg__V1__Event *event)
{
	const struct directive_stepping *stepping = command;
	const Utarg__V1__Directive *directive = is_confirmation(stepping->event)
							? event->directive_confirmed->directive
							: event->directive_issued;

	return directive != NULL && strcmp(directive->directive_id, stepping->directive_id) == 0 &&
	       directive_state_leads(stepping->event, (enum directive_state)directive->state) &&
	       strcmp(directive->note, stepping->note) == 0;
}

bool directives_step(struct service *service, struct arena *arena, const struct directive_stepping *stepping,
		     const uint8_t id[UUID_SIZE], const char *principal, struct decided *out, struct err *e)
{
	const struct decision decision = {
		.shop = stepping->shop,
		.id = id,
		.principal = principal,
		.kind = is_confirmation(stepping->event) ? UTARG__V1__EVENT__BODY_DIRECTIVE_CONFIRMED
							 : UTARG__V1__EVENT__BODY_DIRECTIVE_ISSUED,
		.judge = judge_step,
		.is_same = is_same_step,
		.command = stepping,
	};

	return decide(service, arena, &decision, out, e);
}

bool directives_step_by_clock(struct service *service, struct arena *arena,
			      const struct directive_stepping *stepping, uint64_t revision, struct err *e)
{
	char name[NAME_SIZE];
	struct decided decided;
	uint8_t id[UUID_SIZE];
	int size = snprintf(name, sizeof(name), "%s\n%s\n%s\n%llu", stepping->shop, stepping->directive_id,
			    directive_event_name(stepping->event), (unsigned long long)revision);

	uuid_v5(source, name, (size_t)size < sizeof(name) ? (size_t)size : sizeof(name) - 1, id);
	if (directives_step(service, arena, stepping, id, clock_name, &decided, e))
		return true;
	return is_occupied(id, e) && directives_step(service, arena, stepping, id, clock_name, &decided, e);
}

// ---- requests ------------------------------------------------------------------------------------------

static bool answer_directive(const struct decided *decided, struct arena *arena, Utarg__V1__Reply *reply,
			     struct err *e)
{
	Utarg__V1__DirectiveReply *body = arena_alloc(arena, sizeof(*body));
	Utarg__V1__DirectiveView *view = arena_alloc(arena, sizeof(*view));

	if (body == NULL || view == NULL)
		return views_too_large(e);
	utarg__v1__directive_reply__init(body);
	utarg__v1__directive_view__init(view);
	view->directive = decided->event->body_case == UTARG__V1__EVENT__BODY_DIRECTIVE_CONFIRMED
				  ? decided->event->directive_confirmed->directive
				  : decided->event->directive_issued;
	view->revision = (uint64_t)decided->seq;
	view->changed_at_ms = decided->event_time_ms;
	body->directive = view;
	body->seq = (uint64_t)decided->seq;
	reply->body_case = UTARG__V1__REPLY__BODY_DIRECTIVE;
	reply->directive = body;
	return true;
}

static bool check_texts(const char *directive_id, const char *field, const char *note, struct err *e)
{
	if (directive_id[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "directive_id", "which directive? The field is empty");
	if (strlen(directive_id) > ID_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, "directive_id", "a directive's id has %d bytes at most",
				 ID_MAX_BYTES);
	if (strlen(note) > NOTE_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, field, "a %s has %d bytes at most", field, NOTE_MAX_BYTES);
	return true;
}

static enum svc_outcome take_step(struct service *service, const struct svc_request *request,
				  const ProtobufCBinaryData *id, const struct directive_stepping *stepping,
				  Utarg__V1__Reply *reply, struct err *e)
{
	struct decided decided;

	if (!decide_check_id(id, e) || !service_check(service, e) ||
	    !directives_step(service, request->arena, stepping, id->data, request->principal, &decided, e) ||
	    !answer_directive(&decided, request->arena, reply, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}

enum svc_outcome directive_decide(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e)
{
	const Utarg__V1__DirectiveDecideRequest *body = (const void *)request->body;
	const struct directive_stepping stepping = {body->shop, body->directive_id,
						    body->approve ? DIRECTIVE_APPROVE : DIRECTIVE_REJECT,
						    body->reason, request->principal};

	if (!principal_may_decide(request->who, "directive", e) ||
	    !check_texts(body->directive_id, "reason", body->reason, e))
		return SVC_FAILED;
	return take_step(context, request, &body->command_id, &stepping, reply, e);
}

enum svc_outcome directive_confirm(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	const Utarg__V1__DirectiveConfirmRequest *body = (const void *)request->body;
	const struct directive_stepping stepping = {body->shop, body->directive_id,
						    body->done ? DIRECTIVE_CONFIRM : DIRECTIVE_FAIL,
						    body->note, request->principal};

	if (!check_texts(body->directive_id, "note", body->note, e))
		return SVC_FAILED;
	return take_step(context, request, &body->command_id, &stepping, reply, e);
}

enum svc_outcome directive_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				struct err *e)
{
	struct service *service = context;
	const Utarg__V1__DirectiveListRequest *list = (const void *)request->body;
	Utarg__V1__DirectiveListReply *body = arena_alloc(request->arena, sizeof(*body));
	struct directive_views views;
	int32_t shop_id;

	if (body == NULL) {
		views_too_large(e);
		return SVC_FAILED;
	}
	if (!service_check(service, e) || !shops_find(service->shops, service->db, list->shop, &shop_id, e) ||
	    !directive_views_list(service->db, request->arena, shop_id, list->campaign, list->directive_id,
				  list->settled || list->directive_id[0] != '\0', LIST_MAX, &views, e))
		return SVC_FAILED;
	utarg__v1__directive_list_reply__init(body);
	body->directives = views.items;
	body->n_directives = views.count;
	reply->body_case = UTARG__V1__REPLY__BODY_DIRECTIVE_LIST;
	reply->directive_list = body;
	return SVC_REPLIED;
}
