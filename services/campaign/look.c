// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See look.h. When a campaign is looked at, watch.c says; the rules are core/directive.c's and
// core/campaign_state.c's.
#include "services/campaign/look.h"

#include "common/base/clock.h"
#include "common/base/zone.h"
#include "services/campaign/campaigns.h"
#include "services/campaign/core/campaign.h"
#include "services/campaign/directives.h"
#include "services/campaign/stats.h"
#include "services/campaign/views.h"
#include "services/campaign/views_directive.h"

#include <stdio.h>
#include <string.h>

enum { OPEN_MAX = 1000, REASON_SIZE = 300 };

static const char clock_name[] = "utarg-campaign";

// What was found of the campaign.
struct scene {
	const char *slug;
	Utarg__V1__CampaignView *view;
	struct campaign_facts facts;
	enum campaign_state state;
	char today[ASK_DAY_SIZE];
};

static void day_text(int64_t days, char out[ASK_DAY_SIZE])
{
	struct zone_date date = zone_date_add((struct zone_date){1970, 1, 1}, (int)days);

	snprintf(out, ASK_DAY_SIZE, "%04d-%02d-%02d", date.year % 10000, date.month % 100, date.day % 100);
}

// False on failure; view is NULL when there is no such campaign.
static bool set_scene(const struct look *look, struct scene *scene, struct err *e)
{
	*scene = (struct scene){.slug = shops_slug(look->service->shops, look->shop_id)};
	if (scene->slug == NULL)
		return true; // met again when the shop is known
	if (!campaigns_find(look->service, look->arena, look->shop_id, look->campaign, &scene->view, e))
		return false;
	if (scene->view == NULL)
		return true;
	scene->state = (enum campaign_state)scene->view->campaign->state;
	if (!campaigns_facts(look->service, look->shop_id, scene->view, &scene->facts, e))
		return false;
	day_text(scene->facts.today_days, scene->today);
	return true;
}

// A decision's no is no failure here: somebody else was there first, or things have changed.
static bool is_refusal(struct look *look, const struct err *e)
{
	return db_is_connected(look->service->db) && e->code != ERR_INTERNAL;
}

// ---- steps of the clock --------------------------------------------------------------------------------

static const char *step_reason(const struct look *look, const struct scene *scene, enum campaign_event event)
{
	const Utarg__V1__Campaign *campaign = scene->view->campaign;
	char amount[MONEY_TEXT_SIZE];
	int exponent = 0;

	switch (event) {
	case CAMPAIGN_START:
		return arena_printf(look->arena, "its first day, %s, has come", campaign->first_day);
	case CAMPAIGN_EXHAUST:
		money_exponent(campaign->budget->currency, &exponent);
		return arena_printf(look->arena, "its budget of %s %s is spent",
				    money_text(campaign->budget->minor, exponent, amount),
				    campaign->budget->currency);
	default:
		return arena_printf(look->arena, "its last day, %s, is over", campaign->last_day);
	}
}

// The id follows from what the step is about, so that two processes take one; it can be foretold, and whoever
// writes events could have used it. Then any id does: the step is judged with the shop locked.
static bool take_step(struct look *look, const struct scene *scene, const struct campaign_stepping *stepping,
		      struct err *e)
{
	struct decided decided;
	char name[FOLD_KEY_SIZE + 160];
	uint8_t id[UUID_SIZE];
	int size = snprintf(name, sizeof(name), "%s\n%s\n%s\n%llu", scene->slug, look->campaign,
			    campaign_event_name(stepping->event), (unsigned long long)scene->view->revision);

	uuid_v5("utarg/campaign/clock", name, (size_t)size < sizeof(name) ? (size_t)size : sizeof(name) - 1,
		id);
	if (campaigns_step(look->service, look->arena, stepping, id, clock_name, &decided, e))
		return true;
	if (e->code != ERR_CONFLICT)
		return false;
	*e = (struct err){0};
	uuid_v7(clock_now_ms(), id);
	return campaigns_step(look->service, look->arena, stepping, id, clock_name, &decided, e);
}

// *taken: the campaign is in another state now. One that is refused is no failure.
static bool take_due_step(struct look *look, const struct scene *scene, bool *taken, struct err *e)
{
	struct campaign_stepping stepping = {.shop = scene->slug, .campaign = look->campaign};

	*taken = false;
	if (!campaign_state_due(scene->state, &scene->facts, &stepping.event))
		return true;
	stepping.reason = step_reason(look, scene, stepping.event);
	if (stepping.reason == NULL)
		return views_too_large(e);
	if (!take_step(look, scene, &stepping, e))
		return is_refusal(look, e);
	stat_add(STAT_CLOCK_STEPS, 1);
	*taken = true;
	return true;
}

// ---- stock and what is over ------------------------------------------------------------------------------

struct stock {
	struct db_result *rows; // sku, quantity, revision
};

static bool find_stock(const struct stock *stock, const char *sku, int64_t *quantity)
{
	for (int row = 0; row < db_rows(stock->rows); row++) {
		if (strcmp(db_get_text(stock->rows, row, 0), sku) != 0)
			continue;
		*quantity = db_get_int(stock->rows, row, 1);
		return true;
	}
	return false;
}

static bool end_directive(struct look *look, const struct scene *scene, const Utarg__V1__DirectiveView *view,
			  enum directive_event event, const char *note, struct err *e)
{
	const struct directive_stepping stepping = {scene->slug, view->directive->directive_id, event, note,
						    ""};

	return directives_step_by_clock(look->service, look->arena, &stepping, view->revision, e) ||
	       is_refusal(look, e);
}

static bool end_what_is_over(struct look *look, const struct scene *scene, const struct stock *stock,
			     struct err *e)
{
	struct directive_views open;
	struct directive_now now = {.is_running = scene->state == CAMPAIGN_RUNNING,
				    .today_days = scene->facts.today_days};

	now.campaign_is = arena_printf(look->arena, "campaign %s is %s", look->campaign,
				       campaign_state_name(scene->state));
	if (now.campaign_is == NULL || !directive_views_list(look->service->db, look->arena, look->shop_id,
							     look->campaign, "", false, OPEN_MAX, &open, e))
		return false;
	for (size_t i = 0; i < open.count; i++) {
		enum directive_event event;
		const char *note;

		now.has_stock = find_stock(stock, open.items[i]->directive->sku, &now.stock);
		if (directive_due(open.items[i]->directive, &now, &event, &note) &&
		    !end_directive(look, scene, open.items[i], event, note, e))
			return false;
	}
	return true;
}

// ---- issuing ---------------------------------------------------------------------------------------------

static bool issue(struct look *look, const struct scene *scene, const struct directive_rule *rule,
		  const struct directive_facts *facts, uint64_t as_of_seq, struct err *e)
{
	char evidence[DIRECTIVE_EVIDENCE_SIZE], reason[REASON_SIZE];
	const char *sku = facts->has_stock ? facts->sku : "";
	struct directive_wish wish = {.shop = scene->slug,
				      .campaign = look->campaign,
				      .action = rule->action,
				      .sku = sku,
				      .day = scene->today,
				      .reason = reason,
				      .evidence = evidence,
				      .judged_at_seq = as_of_seq,
				      .currency = facts->currency};
	Utarg__V1__DirectiveView *last;
	enum directive_room room;

	if (!directive_view_last(look->service->db, look->arena, look->shop_id, look->campaign, sku, &last,
				 e))
		return false;
	room = directive_room(last != NULL ? last->directive : NULL, rule->action, scene->today);
	if (room == DIRECTIVE_NO_ROOM)
		return true;
	if (room == DIRECTIVE_ROOM_AFTER &&
	    (!end_directive(look, scene, last, DIRECTIVE_SUPERSEDE, rule->sentence, e) ||
	     !directive_view_last(look->service->db, look->arena, look->shop_id, look->campaign, sku, &last,
				  e)))
		return false;
	wish.after_revision = last != NULL ? last->revision : 0;
	wish.has_amount = directive_amount(rule, facts, &wish.amount_minor);
	directive_evidence(facts, evidence);
	snprintf(reason, sizeof(reason), "campaign %s: %s", look->campaign, rule->sentence);
	if (directives_issue(look->service, look->arena, &wish, e))
		stat_add(STAT_DIRECTIVES, 1);
	else
		return is_refusal(look, e);
	return true;
}

static bool judge_stock(struct look *look, const struct scene *scene, const struct stock *stock,
			struct err *e)
{
	for (int row = 0; row < db_rows(stock->rows); row++) {
		struct directive_facts facts = {.campaign = look->campaign,
						.has_stock = true,
						.sku = db_get_text(stock->rows, row, 0),
						.stock = db_get_int(stock->rows, row, 1),
						.stock_revision = (uint64_t)db_get_int(stock->rows, row, 2)};
		const struct directive_rule *rule = directive_judge(&facts);

		if (rule != NULL && !issue(look, scene, rule, &facts, look->as_of_seq, e))
			return false;
	}
	return true;
}

static bool look_at_directives(struct look *look, const struct scene *scene, struct err *e)
{
	struct db_value values[] = {db_int4(look->shop_id), db_text(look->campaign)};
	struct stock stock;
	bool ok;

	if (!db_run(look->service->db, "campaign_directive_stock", values, 2, &stock.rows, e))
		return false;
	ok = end_what_is_over(look, scene, &stock, e) &&
	     (scene->state != CAMPAIGN_RUNNING || judge_stock(look, scene, &stock, e));
	db_result_free(stock.rows);
	return ok;
}

bool look_run(struct look *look, struct err *e)
{
	struct db_value shop = db_int4(look->shop_id);
	struct db_result *position;
	struct scene scene;
	bool taken;

	look->runs = false;
	if (!db_run(look->service->db, "campaign_watch_position", &shop, 1, &position, e))
		return false;
	look->as_of_seq = db_rows(position) == 1 ? (uint64_t)db_get_int(position, 0, 0) : 0;
	db_result_free(position);
	if (!set_scene(look, &scene, e))
		return false;
	if (scene.view == NULL)
		return true;
	// A step is a change: the campaign is looked at again in its new state.
	if (!take_due_step(look, &scene, &taken, e))
		return false;
	if (taken)
		return true;
	if (!look_at_directives(look, &scene, e))
		return false;
	look->runs = scene.state == CAMPAIGN_RUNNING;
	return true;
}

// ---- figures ---------------------------------------------------------------------------------------------

static bool find_figures(const struct look *look, bool has[ASK_FIGURE_COUNT], struct err *e)
{
	struct db_array names;
	struct db_result *rows;
	bool ok;

	db_array_init(&names, DB_TEXT);
	for (int i = 0; i < ASK_FIGURE_COUNT; i++)
		db_array_add(&names, db_text(ask_figure_name(i)));
	struct db_value value = db_array_value(&names);
	ok = db_run(look->service->db, "campaign_watch_figures", &value, 1, &rows, e);
	db_array_fini(&names);
	if (!ok)
		return false;
	for (int row = 0; row < db_rows(rows); row++) {
		for (int i = 0; i < ASK_FIGURE_COUNT; i++) {
			if (strcmp(db_get_text(rows, row, 0), ask_figure_name(i)) == 0)
				has[i] = i == ASK_PACE ? db_get_int(rows, row, 1) != 0
						       : db_get_int(rows, row, 2) != 0 &&
								 db_get_int(rows, row, 3) != 0;
		}
	}
	db_result_free(rows);
	return true;
}

bool look_question(const struct look *look, struct ask_question *out, bool has[ASK_FIGURE_COUNT],
		   struct err *e)
{
	struct scene scene;

	if (!set_scene(look, &scene, e))
		return false;
	if (scene.view == NULL)
		return err_set(e, ERR_REFUSED, "there is no campaign %s any more", look->campaign);
	text_copy(out->shop, sizeof(out->shop), scene.slug);
	text_copy(out->campaign, sizeof(out->campaign), look->campaign);
	text_copy(out->goal_kpi, sizeof(out->goal_kpi), scene.view->campaign->goal_kpi);
	text_copy(out->today, sizeof(out->today), scene.today);
	day_text(scene.facts.today_days - 1, out->yesterday);
	return find_figures(look, has, e);
}

static int64_t days_of(const char *day, int64_t otherwise)
{
	struct zone_date date;

	return zone_date_parse(day, &date) ? zone_date_days(date) : otherwise;
}

// The shortest of the running windows that has enough orders; else the longest.
static const struct ask_figures *choose_window(const struct ask_answer *answer, uint32_t minimum_orders)
{
	int64_t least = minimum_orders != 0 ? minimum_orders : DIRECTIVE_MINIMUM_ORDERS;

	for (int i = 0; i < ASK_WINDOW_COUNT; i++) {
		const struct directive_figure *orders = &answer->by_window[i].orders;

		if (orders->is_known && orders->millionths >= least * 1000000)
			return &answer->by_window[i];
	}
	return &answer->by_window[ASK_WINDOW_COUNT - 1];
}

static void take_facts(const struct look *look, const struct scene *scene, const struct ask_answer *answer,
		       struct directive_facts *out)
{
	const Utarg__V1__Campaign *campaign = scene->view->campaign;
	const struct ask_figures *figures = choose_window(answer, campaign->minimum_orders);
	int64_t first = days_of(figures->spend.start, scene->facts.today_days);

	if (scene->facts.first_day_days > first)
		first = scene->facts.first_day_days;
	*out = (struct directive_facts){.campaign = look->campaign,
					.pace = answer->pace,
					.goal = answer->goal,
					.roas = figures->roas,
					.cost_per_order = figures->cost_per_order,
					.orders = figures->orders,
					.spend = figures->spend,
					.spend_days = scene->facts.today_days - first + 1,
					.minimum_orders = campaign->minimum_orders,
					.has_budget = scene->facts.has_budget,
					.budget_minor = scene->facts.budget_minor,
					.spent_minor = scene->facts.spent_minor,
					.currency = scene->facts.has_budget ? campaign->budget->currency
									    : figures->spend.currency,
					.curve = campaign->weekday_curve,
					.today_days = scene->facts.today_days,
					.last_day_days = scene->facts.last_day_days};
}

bool look_judge(struct look *look, const struct ask_question *question, const struct ask_answer *answer,
		struct err *e)
{
	struct scene scene;
	struct directive_facts facts;
	const struct directive_rule *rule;

	if (!set_scene(look, &scene, e))
		return false;
	// The day is over since the question: the next sweep asks for the new one.
	if (scene.view == NULL || scene.state != CAMPAIGN_RUNNING ||
	    strcmp(scene.today, question->today) != 0)
		return true;
	take_facts(look, &scene, answer, &facts);
	rule = directive_judge(&facts);
	return rule == NULL || issue(look, &scene, rule, &facts, directive_as_of_seq(&facts), e);
}
