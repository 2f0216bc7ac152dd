// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// conversion_paths: which ways led to the orders of some days, read from the stored entities. What they say
// is core/path_list.h's. A fold of its own is filled with a day's orders at a time and thrown away: the
// shop's own one may be ahead of what is committed.
#include "services/metrics/core/path_list.h"
#include "services/metrics/handlers.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"
#include "services/metrics/zones.h"

#include "common/base/text.h"

#include <assert.h>
#include <string.h>

enum { DAYS_MAX = 92, PATHS_DEFAULT = 100, PATHS_MAX = 1000, KEYS_AT_ONCE = 64 };

struct asking {
	struct metrics *m;
	const struct shop *shop;
	int32_t from_day, to_day; // both included
	size_t limit;
	struct fold *fold;
	struct path_list *list;
	struct arena *arena;
	Utarg__V1__ConversionPathsReply *out;
};

// ---- the answer ----

static char *copy(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copied = arena_alloc(arena, size);
	return copied ? memcpy(copied, text, size) : NULL;
}

static char *copy_sum(struct arena *arena, money_sum sum)
{
	char text[MONEY_TEXT_SIZE];
	return copy(arena, money_text(sum, 0, text));
}

static Utarg__V1__ConversionPath *path_message(const struct asking *a, const struct path_list_row *row)
{
	Utarg__V1__ConversionPath *message = arena_alloc(a->arena, sizeof(*message));
	if (!message)
		return NULL;
	utarg__v1__conversion_path__init(message);
	message->channels = arena_calloc(a->arena, row->count, sizeof(*message->channels));
	for (size_t i = 0; message->channels && i < row->count; i++)
		message->channels[i] = copy(a->arena, path_list_name(a->fold, row->channels[i]));
	message->n_channels = row->count;
	message->orders = row->orders;
	message->net_minor = copy_sum(a->arena, row->net);
	return message;
}

static Utarg__V1__PathChannel *channel_message(const struct asking *a,
					       const struct path_list_channel *channel)
{
	Utarg__V1__PathChannel *message = arena_alloc(a->arena, sizeof(*message));
	if (!message)
		return NULL;
	utarg__v1__path_channel__init(message);
	message->channel = copy(a->arena, channel->name);
	message->last_orders = channel->last;
	message->assisted_orders = channel->assisted;
	message->assisted_net_minor = copy_sum(a->arena, channel->assisted_net);
	return message;
}

static void fill_paths(struct asking *a)
{
	const struct path_list_row *rows;
	size_t count = path_list_rows(a->list, a->fold, &rows);
	money_sum net = 0;
	for (size_t i = 0; i < count; i++) {
		a->out->orders += rows[i].orders;
		net += rows[i].net;
	}
	a->out->path_count = count;
	a->out->net_minor = copy_sum(a->arena, net);
	count = count < a->limit ? count : a->limit;
	a->out->paths = arena_calloc(a->arena, count, sizeof(*a->out->paths));
	for (size_t i = 0; i < count && !a->arena->exhausted; i++)
		a->out->paths[i] = path_message(a, &rows[i]);
	a->out->n_paths = count;
}

static void fill_channels(struct asking *a)
{
	const struct path_list_channel *channels;
	size_t count = path_list_channels(a->list, &channels);
	a->out->channels = arena_calloc(a->arena, count, sizeof(*a->out->channels));
	for (size_t i = 0; i < count && !a->arena->exhausted; i++)
		a->out->channels[i] = channel_message(a, &channels[i]);
	a->out->n_channels = count;
}

static bool fill(struct asking *a, const Utarg__V1__ConversionPathsRequest *request, struct err *e)
{
	a->out->shop = copy(a->arena, a->shop->slug);
	a->out->from_day = copy(a->arena, request->from_day);
	a->out->to_day = copy(a->arena, request->to_day);
	a->out->currency = copy(a->arena, fold_currency(a->fold));
	fill_paths(a);
	fill_channels(a);
	return !a->arena->exhausted ||
	       err_set(e, ERR_TOO_MANY, "the answer does not fit: ask for fewer paths");
}

// ---- reading ----

static bool load(struct asking *a, const struct fold_key *keys, size_t count, struct err *e)
{
	return store_load_entities(a->m->db, a->shop->shop_id, keys, count, a->fold, e);
}

static bool read_days(struct asking *a, struct err *e)
{
	struct fold_key keys[KEYS_AT_ONCE] = {{.kind = FOLD_SETTINGS}};
	if (!load(a, keys, 1, e))
		return false;
	for (int32_t day = a->from_day; day <= a->to_day; day++) {
		size_t count = path_list_missing(a->fold, day, keys, KEYS_AT_ONCE);
		assert(count <= KEYS_AT_ONCE);
		if (!load(a, keys, count, e))
			return false;
		if (!path_list_add(a->list, a->fold, day))
			return err_set(e, ERR_TOO_MANY,
				       "these are more than %d different paths: ask for fewer days",
				       PATH_LIST_MAX);
		fold_evict(a->fold, 0);
	}
	return true;
}

static bool read_all(struct asking *a, const Utarg__V1__ConversionPathsRequest *request, int64_t as_of_ms,
		     struct err *e)
{
	a->fold = fold_create(&(struct fold_options){
		.as_of_ms = as_of_ms, .zone = zones_find, .context = shops_zones(a->m->shops)});
	a->list = path_list_create();
	bool ok = read_days(a, e) && fill(a, request, e);
	path_list_destroy(a->list);
	fold_destroy(a->fold);
	return ok;
}

// ---- the question ----

static bool check_days(const Utarg__V1__ConversionPathsRequest *request, struct asking *a, struct err *e)
{
	struct zone_date from, to;
	if (!handlers_check_day(request->from_day, "from_day", &from, e) ||
	    !handlers_check_day(request->to_day, "to_day", &to, e))
		return false;
	a->from_day = (int32_t)zone_date_days(from);
	a->to_day = (int32_t)zone_date_days(to);
	if (a->to_day < a->from_day)
		return err_field(e, ERR_BAD_FIELD, "to_day", "the last day comes before the first");
	if (a->to_day - a->from_day >= DAYS_MAX)
		return err_field(e, ERR_TOO_MANY, "to_day", "these are more than %d days", DAYS_MAX);
	if (request->limit > PATHS_MAX)
		return err_field(e, ERR_TOO_MANY, "limit", "at most %d paths are told", PATHS_MAX);
	a->limit = request->limit ? request->limit : PATHS_DEFAULT;
	return true;
}

static bool answer(struct asking *a, const struct principal *who,
		   const Utarg__V1__ConversionPathsRequest *request, struct err *e)
{
	struct shop *shop = NULL;
	struct store_position position;
	// Every channel's share of the turnover is told.
	if (!handlers_check_started(a->m, e) || !check_days(request, a, e) ||
	    !principal_may_read_kpi(who, NULL, NULL, NULL, e) ||
	    !handlers_find_shop(a->m, request->shop, &shop, e) || !db_begin_snapshot(a->m->db, e))
		return false;
	a->shop = shop;
	bool ok = handlers_read_position(a->m, shop, &position, e) &&
		  read_all(a, request, position.as_of_ms, e);
	db_rollback(a->m->db); // nothing was written
	a->out->as_of_seq = ok ? (uint64_t)position.seq : 0;
	return ok;
}

enum svc_outcome handle_paths(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			      struct err *e)
{
	struct asking asking = {.m = context,
				.arena = request->arena,
				.out = arena_alloc(request->arena, sizeof(*asking.out))};
	if (asking.out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__conversion_paths_reply__init(asking.out);
	if (!answer(&asking, request->who, (const Utarg__V1__ConversionPathsRequest *)request->body, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_CONVERSION_PATHS;
	reply->conversion_paths = asking.out;
	return SVC_REPLIED;
}
