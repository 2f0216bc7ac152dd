// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Changing a shop's settings. Zone and session gap then act on all history: metrics counts the shop anew.
// shop_set   Input: shop, and the settings that change. Output: the shop as the event made it, and its seq.
//            REFUSED when the settings say all of it already.
#include "services/campaign/handlers.h"

#include "services/campaign/core/settings.h"
#include "services/campaign/decide.h"
#include "services/campaign/views.h"

// The settings as they are, in the arena; time_ms: of the event that said them.
static bool settings_now(struct service *service, struct arena *arena, int32_t shop_id,
			 Utarg__V1__ShopSettings **out, int64_t *time_ms, struct err *e)
{
	struct db_value value = db_int4(shop_id);
	struct db_result *row;
	bool ok;

	if (!db_run(service->db, "campaign_settings_now", &value, 1, &row, e))
		return false;
	ok = db_rows(row) == 1 || err_set(e, ERR_INTERNAL, "the shop has no settings");
	if (ok) {
		struct slice packed = db_get_bytes(row, 0, 0);

		*time_ms = db_get_time_ms(row, 0, 1);
		*out = utarg__v1__shop_settings__unpack(&arena->allocator, packed.size, packed.data);
		ok = *out != NULL || arena->exhausted ||
		     err_set(e, ERR_INTERNAL, "the shop's settings do not decode");
	}
	db_result_free(row);
	return ok && (*out != NULL || views_too_large(e));
}

static bool judge_set(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e)
{
	const Utarg__V1__ShopSetRequest *set = command;
	Utarg__V1__ShopSettings *changed = arena_alloc(arena, sizeof(*changed));
	Utarg__V1__ShopSettings *now;

	if (changed == NULL)
		return views_too_large(e);
	if (!settings_now(service, arena, shop_id, &now, after_ms, e))
		return false;
	if (settings_say(now, set))
		return err_set(e, ERR_REFUSED,
			       "the settings of %.63s say that already (version %u); nothing would change",
			       set->shop, now->version);
	settings_change(now, set, changed);
	if (!settings_check(changed, fold_zone_known, NULL, e))
		return false;
	changed->version = now->version + 1;
	changed->valid_from_ms = event->occurred_at_ms > *after_ms ? event->occurred_at_ms : *after_ms + 1;
	event->shop_settings_changed = changed;
	return true;
}

static bool is_same_set(const void *command, const Utarg__V1__Event *event)
{
	return settings_say(event->shop_settings_changed, command);
}

// What the event does not say of the shop.
static bool add_creation(struct service *service, struct arena *arena, Utarg__V1__Shop *shop, struct err *e)
{
	Utarg__V1__Shop **shops;
	size_t count;

	if (!shop_views(service->db, arena, shop->slug, &shops, &count, e))
		return false;
	if (count == 1)
		shop->created_at_ms = shops[0]->created_at_ms;
	return true;
}

enum svc_outcome shop_set(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
			  struct err *e)
{
	struct service *service = context;
	const Utarg__V1__ShopSetRequest *set = (const void *)request->body;
	struct decided decided;
	const struct decision decision = {
		.shop = set->shop,
		.id = set->command_id.data,
		.principal = request->principal,
		.kind = UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED,
		.judge = judge_set,
		.is_same = is_same_set,
		.command = set,
	};

	if (!principal_may_decide(request->who, "shop", e) || !decide_check_id(&set->command_id, e) ||
	    !settings_change_check(set, e) || !service_check(service, e) ||
	    !decide(service, request->arena, &decision, &decided, e) ||
	    !shop_answer(&decided, request->arena, reply, e) ||
	    !add_creation(service, request->arena, reply->shop->shop, e))
		return SVC_FAILED;
	return SVC_REPLIED;
}
