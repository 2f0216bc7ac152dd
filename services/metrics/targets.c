// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Requests about targets. They are set by campaign; here is how they stand.
// target_list  Input: shop, and a figure, dimension, key or nothing. Output: the targets with their standing.
#include "services/metrics/handlers.h"

#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/standing.h"
#include "services/metrics/store.h"

#include <string.h>

// Each costs some milliseconds: eight weeks by the hour.
enum { TARGETS_MAX = 200 };

static bool is_asked(const Utarg__V1__TargetListRequest *request, const struct target *target)
{
	const char *dimension = fold_dimension_name((enum fold_dimension)target->dimension);
	return (request->kpi[0] == '\0' || strcmp(request->kpi, target->kpi) == 0) &&
	       (request->dimension[0] == '\0' || strcmp(request->dimension, dimension) == 0) &&
	       (request->key[0] == '\0' || strcmp(request->key, target->key) == 0);
}

// Those that were asked for, that are not over and that this key may see.
static bool choose(const struct principal *who, const Utarg__V1__TargetListRequest *request,
		   const struct shop *shop, int64_t as_of_ms, const struct target *out[TARGETS_MAX],
		   size_t *count, struct err *e)
{
	int64_t today = zone_date_days(zone_date(shop->zone, as_of_ms));
	*count = 0;
	for (size_t i = 0; i < shop->target_count; i++) {
		const struct target *t = &shop->targets[i];
		const char *const parts[] = {t->kpi, fold_dimension_name((enum fold_dimension)t->dimension),
					     t->key};
		if (!is_asked(request, t) || (!request->ended && t->last_day < today) ||
		    !principal_covers(who, PERMIT_KPI, parts))
			continue;
		if (*count == TARGETS_MAX)
			return err_set(e, ERR_TOO_MANY,
				       "shop %s has more than %d such targets: name a key figure", shop->slug,
				       TARGETS_MAX);
		out[(*count)++] = t;
	}
	return true;
}

static bool check_request(const Utarg__V1__TargetListRequest *request, struct err *e)
{
	enum fold_dimension dimension;
	if (request->kpi[0] != '\0' && kpi_find(request->kpi) == NULL)
		return err_field(e, ERR_BAD_FIELD, "kpi", "there is no key figure \"%.80s\"", request->kpi);
	if (request->dimension[0] != '\0' && !fold_dimension_from_name(request->dimension, &dimension))
		return err_field(e, ERR_BAD_FIELD, "dimension", "there is no dimension \"%.80s\"",
				 request->dimension);
	return true;
}

static bool fill(struct standings *standings, const struct shop *shop, struct arena *arena,
		 Utarg__V1__TargetListReply *out, struct err *e)
{
	out->targets = arena_calloc(arena, standings->count + 1, sizeof(*out->targets));
	if (!standings_build(standings, shop, arena) || out->targets == NULL)
		return err_set(e, ERR_TOO_MANY, "the answer does not fit: name a key figure");
	for (size_t i = 0; i < standings->count; i++)
		out->targets[out->n_targets++] = standings->rows[i].message;
	return true;
}

static bool answer(struct metrics *m, const struct svc_request *from, Utarg__V1__TargetListReply *out,
		   struct err *e)
{
	const Utarg__V1__TargetListRequest *request = (const Utarg__V1__TargetListRequest *)from->body;
	const struct target *targets[TARGETS_MAX];
	struct shop *shop = NULL;
	struct store_position position;
	struct standings standings = {0};
	size_t count;
	if (!handlers_check_started(m, e) || !check_request(request, e) ||
	    !handlers_find_shop(m, request->shop, &shop, e) || !db_begin_snapshot(m->db, e))
		return false;
	bool ok = handlers_read_position(m, shop, &position, e) &&
		  choose(from->who, request, shop, position.as_of_ms, targets, &count, e) &&
		  standings_read(m->db, shop, targets, count, position.as_of_ms, &standings, e);
	db_rollback(m->db); // nothing was written
	ok = ok && fill(&standings, shop, from->arena, out, e);
	standings_fini(&standings);
	return ok;
}

enum svc_outcome target_list(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			     struct err *e)
{
	Utarg__V1__TargetListReply *out = arena_alloc(request->arena, sizeof(*out));
	if (out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__target_list_reply__init(out);
	if (!answer(context, request, out, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_TARGET_LIST;
	reply->target_list = out;
	return SVC_REPLIED;
}
