// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See ask.h. What the figures mean for a campaign is not known here.
#include "services/campaign/ask.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/zone.h"
#include "common/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 3000, ENDPOINT_SIZE = 320 };

// What is asked for at once, once metrics has come far enough.
enum part { PART_POSITION, PART_PACE, PART_WEEK, PART_MONTH, PART_GOAL, PART_COUNT };

struct ask {
	struct client *client;
	void (*done)(void *context, const struct ask_question *question, const struct ask_answer *answer);
	void *context;
	bool is_busy;
	int64_t until_ms;         // monotonic
	uint64_t ids[PART_COUNT]; // 0: not asked, or answered
	bool has[ASK_FIGURE_COUNT];
	struct ask_question question;
	struct ask_answer answer;
};

static const char *const names[ASK_FIGURE_COUNT] = {
	[ASK_PACE] = "pace",   [ASK_ORDERS] = "attributed_orders",
	[ASK_ROAS] = "roas",   [ASK_COST_PER_ORDER] = "cost_per_order",
	[ASK_SPEND] = "spend",
};

const char *ask_figure_name(int which)
{
	return names[which];
}

// ---- ending --------------------------------------------------------------------------------------------

static void finish(struct ask *ask, enum ask_outcome outcome, const char *reason)
{
	ask->is_busy = false;
	memset(ask->ids, 0, sizeof(ask->ids));
	ask->answer.outcome = outcome;
	text_copy(ask->answer.reason, sizeof(ask->answer.reason), reason);
	ask->done(ask->context, &ask->question, &ask->answer);
}

// ---- asking --------------------------------------------------------------------------------------------

static bool send(struct ask *ask, enum part part, Utarg__V1__Request *request, struct err *e)
{
	request->deadline_ms = TIMEOUT_MS;
	return client_send(ask->client, request, &ask->ids[part], e);
}

static bool send_kpi(struct ask *ask, enum part part, Utarg__V1__Window window, const char *day, char **kpis,
		     size_t kpi_count, struct err *e)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;

	kpi.shop = ask->question.shop;
	kpi.kpis = kpis;
	kpi.n_kpis = kpi_count;
	kpi.window = window;
	kpi.from_day = text_borrow(day);
	kpi.to_day = text_borrow(day);
	if (part != PART_POSITION) {
		kpi.dimension = text_borrow("campaign");
		kpi.key = ask->question.campaign;
	}
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	return send(ask, part, &request, e);
}

// The total has every window of a range, so this is one figure with metrics' position.
static bool ask_position(struct ask *ask, struct err *e)
{
	char *kpis[] = {text_borrow("orders")};

	return send_kpi(ask, PART_POSITION, UTARG__V1__WINDOW__WINDOW_DAY, ask->question.today, kpis, 1, e);
}

static bool ask_window(struct ask *ask, enum part part, Utarg__V1__Window window, struct err *e)
{
	char *kpis[ASK_FIGURE_COUNT];
	size_t count = 0;

	for (int i = ASK_ORDERS; i < ASK_FIGURE_COUNT; i++) {
		if (ask->has[i])
			kpis[count++] = text_borrow(names[i]);
	}
	return count == 0 || send_kpi(ask, part, window, ask->question.today, kpis, count, e);
}

static bool ask_goal(struct ask *ask, struct err *e)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__TargetListRequest list = UTARG__V1__TARGET_LIST_REQUEST__INIT;

	if (ask->question.goal_kpi[0] == '\0')
		return true;
	list.shop = ask->question.shop;
	list.kpi = ask->question.goal_kpi;
	list.dimension = text_borrow("campaign");
	list.key = ask->question.campaign;
	request.body_case = UTARG__V1__REQUEST__BODY_TARGET_LIST;
	request.target_list = &list;
	return send(ask, PART_GOAL, &request, e);
}

static bool ask_figures(struct ask *ask, struct err *e)
{
	char *pace[] = {text_borrow(names[ASK_PACE])};

	return (!ask->has[ASK_PACE] || send_kpi(ask, PART_PACE, UTARG__V1__WINDOW__WINDOW_DAY,
						ask->question.yesterday, pace, 1, e)) &&
	       ask_window(ask, PART_WEEK, UTARG__V1__WINDOW__WINDOW_WEEK, e) &&
	       ask_window(ask, PART_MONTH, UTARG__V1__WINDOW__WINDOW_MONTH, e) && ask_goal(ask, e);
}

// ---- answers -------------------------------------------------------------------------------------------

static void take_figure(const Utarg__V1__Figure *figure, const char *window, struct directive_figure *out)
{
	*out = (struct directive_figure){.revision = figure->revision, .as_of_seq = figure->as_of_seq};
	// Six decimals are the most a value has; without one (nothing to divide by) it stays unknown.
	out->is_known = money_parse(figure->value, 6, &out->millionths) &&
			text_copy(out->kpi, sizeof(out->kpi), figure->kpi) &&
			text_copy(out->value, sizeof(out->value), figure->value);
	text_copy(out->window, sizeof(out->window), window);
	snprintf(out->start, sizeof(out->start), "%.10s", figure->start); // the day of a stamp
	text_copy(out->currency, sizeof(out->currency), figure->currency);
}

static void take_window(struct ask_figures *figures, const char *window, const Utarg__V1__KpiReply *reply)
{
	struct directive_figure *const slots[ASK_FIGURE_COUNT] = {
		[ASK_ORDERS] = &figures->orders,
		[ASK_ROAS] = &figures->roas,
		[ASK_COST_PER_ORDER] = &figures->cost_per_order,
		[ASK_SPEND] = &figures->spend,
	};

	for (size_t i = 0; i < reply->n_figures; i++) {
		for (int k = ASK_ORDERS; k < ASK_FIGURE_COUNT; k++) {
			if (strcmp(reply->figures[i]->kpi, names[k]) == 0)
				take_figure(reply->figures[i], window, slots[k]);
		}
	}
}

static int64_t days_of(const char *day)
{
	struct zone_date date;

	return zone_date_parse(day, &date) ? zone_date_days(date) : 0;
}

static bool is_running(const Utarg__V1__Target *target, const char *today)
{
	return target != NULL && strcmp(target->first_day, today) <= 0 &&
	       strcmp(today, target->last_day) <= 0;
}

// The target with the shortest period counts, as beside a figure.
static void take_goal(struct ask *ask, const Utarg__V1__TargetListReply *reply)
{
	struct directive_figure *goal = &ask->answer.goal;
	int64_t shortest = INT64_MAX;
	int64_t pace;

	for (size_t i = 0; i < reply->n_targets; i++) {
		const Utarg__V1__TargetStanding *standing = reply->targets[i];
		const Utarg__V1__Target *target = standing->target;

		if (!is_running(target, ask->question.today) || !money_parse(standing->pace, 6, &pace) ||
		    days_of(target->last_day) - days_of(target->first_day) >= shortest)
			continue;
		shortest = days_of(target->last_day) - days_of(target->first_day);
		*goal = (struct directive_figure){.is_known = true,
						  .millionths = directive_goal(target->kpi, pace),
						  .revision = standing->revision,
						  .as_of_seq = ask->answer.as_of_seq};
		snprintf(goal->kpi, sizeof(goal->kpi), "%.40s of %.20s:", target->kpi, target->value);
		text_copy(goal->value, sizeof(goal->value), standing->value);
		text_copy(goal->window, sizeof(goal->window), "target from");
		text_copy(goal->start, sizeof(goal->start), target->first_day);
	}
}

static void take_position(struct ask *ask, const Utarg__V1__Reply *reply)
{
	struct err e = {0};

	if (reply->status != NULL && reply->status->code == UTARG__V1__CODE__BUSY) {
		finish(ask, ASK_BEHIND, ""); // the shop's figures are being made
		return;
	}
	if (reply->body_case != UTARG__V1__REPLY__BODY_KPI || reply->kpi->n_figures == 0) {
		finish(ask, ASK_FAILED,
		       reply->status != NULL ? reply->status->message : "metrics says nothing");
		return;
	}
	ask->answer.as_of_seq = reply->kpi->figures[0]->as_of_seq;
	if (ask->answer.as_of_seq < ask->question.wanted_seq)
		finish(ask, ASK_BEHIND, "");
	else if (!ask_figures(ask, &e))
		finish(ask, ASK_FAILED, e.text);
}

static bool is_waiting(const struct ask *ask)
{
	for (int part = 0; part < PART_COUNT; part++) {
		if (ask->ids[part] != 0)
			return true;
	}
	return false;
}

static void take_part(struct ask *ask, enum part part, const Utarg__V1__Reply *reply)
{
	static const char *const windows[ASK_WINDOW_COUNT] = {[ASK_WEEK] = "week", [ASK_MONTH] = "month"};

	if (part == PART_POSITION) {
		take_position(ask, reply);
		return;
	}
	if (reply->body_case == UTARG__V1__REPLY__BODY_TARGET_LIST && part == PART_GOAL)
		take_goal(ask, reply->target_list);
	else if (reply->body_case == UTARG__V1__REPLY__BODY_KPI && part == PART_PACE &&
		 reply->kpi->n_figures > 0)
		take_figure(reply->kpi->figures[0], "day", &ask->answer.pace);
	else if (reply->body_case == UTARG__V1__REPLY__BODY_KPI && part == PART_WEEK)
		take_window(&ask->answer.by_window[ASK_WEEK], windows[ASK_WEEK], reply->kpi);
	else if (reply->body_case == UTARG__V1__REPLY__BODY_KPI && part == PART_MONTH)
		take_window(&ask->answer.by_window[ASK_MONTH], windows[ASK_MONTH], reply->kpi);
	else if (reply->status != NULL && reply->status->code != UTARG__V1__CODE__OK)
		log_debug("figures_refused", LOG_STR("campaign", ask->question.campaign),
			  LOG_STR("reason", reply->status->message));
}

static void take(struct ask *ask, const Utarg__V1__Reply *reply)
{
	for (int part = 0; part < PART_COUNT; part++) {
		if (ask->ids[part] == 0 || ask->ids[part] != reply->request_id)
			continue;
		ask->ids[part] = 0;
		take_part(ask, (enum part)part, reply);
		break;
	}
	if (ask->is_busy && !is_waiting(ask))
		finish(ask, ASK_ANSWERED, "");
}

static void readable(void *context)
{
	struct ask *ask = context;
	Utarg__V1__Reply *reply;

	while ((reply = client_receive(ask->client, 0)) != NULL) {
		take(ask, reply);
		client_reply_free(reply);
	}
}

// ---- life ----------------------------------------------------------------------------------------------

struct ask *ask_create(struct svc *svc,
		       void (*done)(void *context, const struct ask_question *question,
				    const struct ask_answer *answer),
		       void *context, struct err *e)
{
	char endpoint[ENDPOINT_SIZE];
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		abort(); // start-up only
	ask->done = done;
	ask->context = context;
	if (!svc_endpoint(svc_conf_of(svc), SVC_METRICS, false, endpoint, sizeof(endpoint)))
		err_set(e, ERR_BAD_FIELD, "metrics-host is too long");
	else
		ask->client = client_create(svc_bus(svc), "metrics", endpoint, e);
	if (ask->client != NULL && svc_watch(svc, client_socket(ask->client), -1, readable, ask, e))
		return ask;
	ask_destroy(ask);
	return NULL;
}

void ask_destroy(struct ask *ask)
{
	if (ask == NULL)
		return;
	client_destroy(ask->client);
	free(ask);
}

bool ask_is_idle(const struct ask *ask)
{
	return !ask->is_busy;
}

bool ask_begin(struct ask *ask, const struct ask_question *question, const bool has[ASK_FIGURE_COUNT],
	       struct err *e)
{
	ask->question = *question;
	ask->answer = (struct ask_answer){0};
	memcpy(ask->has, has, sizeof(ask->has));
	memset(ask->ids, 0, sizeof(ask->ids));
	ask->until_ms = clock_monotonic_ms() + TIMEOUT_MS;
	ask->is_busy = ask_position(ask, e);
	return ask->is_busy;
}

void ask_tick(struct ask *ask, int64_t monotonic_ms)
{
	if (ask->is_busy && monotonic_ms >= ask->until_ms)
		finish(ask, ASK_FAILED, "metrics does not answer");
}
