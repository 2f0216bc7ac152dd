// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What every service answers about itself: ping, ready, stats, log level, drain. Also while draining, since
// that is when an operator wants to know most.
#include "common/svc/internal.h"

#include "common/base/log.h"

static bool no_room(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, "the answer does not fit into a message's memory");
}

static const char *name_of(const struct svc *svc)
{
	return svc_ports[svc->definition->name].name;
}

static char *copy_text(const struct svc_request *request, const char *text)
{
	return arena_printf(request->arena, "%s", text);
}

static enum svc_outcome handle_ping(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e)
{
	const struct svc *svc = context;
	Utarg__V1__PingReply *ping = arena_alloc(request->arena, sizeof(*ping));
	if (!ping) {
		no_room(e);
		return SVC_FAILED;
	}
	utarg__v1__ping_reply__init(ping);
	ping->service = copy_text(request, name_of(svc));
	ping->version = copy_text(request, UTARG_VERSION);
	ping->incarnation = svc->incarnation;
	reply->body_case = UTARG__V1__REPLY__BODY_PING;
	reply->ping = ping;
	return SVC_REPLIED;
}

static enum svc_outcome handle_ready(void *context, const struct svc_request *request,
				     Utarg__V1__Reply *reply, struct err *e)
{
	const struct svc *svc = context;
	Utarg__V1__ReadyReply *ready = arena_alloc(request->arena, sizeof(*ready));
	if (!ready) {
		no_room(e);
		return SVC_FAILED;
	}
	utarg__v1__ready_reply__init(ready);
	ready->ready = svc->ready && !svc_is_draining(svc);
	if (svc_is_draining(svc))
		ready->reason = copy_text(request, "It is shutting down.");
	else if (svc->reason[0])
		ready->reason = copy_text(request, svc->reason);
	if (svc_is_draining(svc))
		ready->code = UTARG__V1__CODE__DRAINING;
	else if (!svc->ready)
		ready->code = (Utarg__V1__Code)svc->unready_code;
	reply->body_case = UTARG__V1__REPLY__BODY_READY;
	reply->ready = ready;
	return SVC_REPLIED;
}

static size_t count_rows(const struct svc *svc)
{
	size_t count = SVC_COUNTER_COUNT + ERR_CODE_COUNT + BUS_STAT_COUNT;
	for (struct stats_row *const *row = svc->definition->stats; row && *row; row++)
		count++;
	return count;
}

static void fill_counter(Utarg__V1__Counter *counter, const struct stats_row *row, struct arena *arena)
{
	utarg__v1__counter__init(counter);
	counter->name = arena_printf(arena, "%s", row->name);
	counter->help = arena_printf(arena, "%s", row->help);
	counter->kind = row->kind == STATS_COUNTER ? UTARG__V1__COUNTER_KIND__COUNTER_KIND_COUNTER
						   : UTARG__V1__COUNTER_KIND__COUNTER_KIND_GAUGE;
	counter->value = stats_get(row);
}

static enum svc_outcome handle_stats(void *context, const struct svc_request *request,
				     Utarg__V1__Reply *reply, struct err *e)
{
	const struct svc *svc = context;
	const size_t count = count_rows(svc);
	Utarg__V1__StatsReply *stats = arena_alloc(request->arena, sizeof(*stats));
	Utarg__V1__Counter **list = arena_calloc(request->arena, count, sizeof(Utarg__V1__Counter *));
	Utarg__V1__Counter *counters = arena_calloc(request->arena, count, sizeof(Utarg__V1__Counter));
	if (!stats || !list || !counters) {
		no_room(e);
		return SVC_FAILED;
	}
	svc_counters_refresh(svc);
	utarg__v1__stats_reply__init(stats);
	size_t at = 0;
	for (size_t i = 0; i < SVC_COUNTER_COUNT; i++)
		fill_counter(&counters[at++], &svc_counters[i], request->arena);
	for (size_t i = 0; i < BUS_STAT_COUNT; i++)
		fill_counter(&counters[at++], &bus_stats[i], request->arena);
	for (size_t i = 0; i < ERR_CODE_COUNT; i++)
		fill_counter(&counters[at++], &svc_outcomes[i], request->arena);
	for (struct stats_row *const *row = svc->definition->stats; row && *row; row++)
		fill_counter(&counters[at++], *row, request->arena);
	for (size_t i = 0; i < at; i++)
		list[i] = &counters[i];
	stats->service = copy_text(request, name_of(svc));
	stats->n_counters = at;
	stats->counters = list;
	reply->body_case = UTARG__V1__REPLY__BODY_STATS;
	reply->stats = stats;
	return SVC_REPLIED;
}

static enum svc_outcome handle_log_level(void *context, const struct svc_request *request,
					 Utarg__V1__Reply *reply, struct err *e)
{
	(void)context;
	const Utarg__V1__LogLevelRequest *asked = (const Utarg__V1__LogLevelRequest *)request->body;
	enum log_level level = log_level();

	if (asked->level[0] && !log_level_from_name(asked->level, &level)) {
		err_field(e, ERR_BAD_FIELD, "log_level.level",
			  "a log level is error, warn, info or debug, not \"%s\"", asked->level);
		return SVC_FAILED;
	}
	Utarg__V1__LogLevelReply *answer = arena_alloc(request->arena, sizeof(*answer));
	if (!answer) {
		no_room(e);
		return SVC_FAILED;
	}
	if (level != log_level()) {
		// Said at the more talkative of both levels' reach: the change itself must not get lost.
		log_warn("log_level", LOG_STR("from", log_level_name(log_level())),
			 LOG_STR("to", log_level_name(level)));
		log_set_level(level);
	}
	utarg__v1__log_level_reply__init(answer);
	answer->level = copy_text(request, log_level_name(level));
	reply->body_case = UTARG__V1__REPLY__BODY_LOG_LEVEL;
	reply->log_level = answer;
	return SVC_REPLIED;
}

static enum svc_outcome handle_drain(void *context, const struct svc_request *request,
				     Utarg__V1__Reply *reply, struct err *e)
{
	struct svc *svc = context;
	Utarg__V1__DrainReply *answer = arena_alloc(request->arena, sizeof(*answer));
	if (!answer) {
		no_room(e);
		return SVC_FAILED;
	}
	utarg__v1__drain_reply__init(answer);
	reply->body_case = UTARG__V1__REPLY__BODY_DRAIN;
	reply->drain = answer;
	svc_drain(svc);
	return SVC_REPLIED;
}

const struct svc_route svc_admin_routes[] = {
	{UTARG__V1__REQUEST__BODY_PING, "ping", &utarg__v1__ping_request__descriptor, handle_ping,
	 PERMIT_ANYBODY, true, 0},
	{UTARG__V1__REQUEST__BODY_READY, "ready", &utarg__v1__ready_request__descriptor, handle_ready,
	 PERMIT_ANYBODY, true, 0},
	{UTARG__V1__REQUEST__BODY_STATS, "stats", &utarg__v1__stats_request__descriptor, handle_stats,
	 PERMIT_OBSERVE, true, 0},
	{UTARG__V1__REQUEST__BODY_LOG_LEVEL, "log_level", &utarg__v1__log_level_request__descriptor,
	 handle_log_level, PERMIT_ADMINISTER, true, 0},
	{UTARG__V1__REQUEST__BODY_DRAIN, "drain", &utarg__v1__drain_request__descriptor, handle_drain,
	 PERMIT_ADMINISTER, true, 0},
	{0},
};
