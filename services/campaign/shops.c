// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from slug to id and back without asking the database. Settings do not belong here: they are
// read where they are needed.
#include "services/campaign/shops.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/stats.h"

#include <stdlib.h>

enum { SLUG_SIZE = 64 };

struct shop_name {
	int32_t shop_id;
	char slug[SLUG_SIZE];
	UT_hash_handle by_id;
	UT_hash_handle by_slug;
};

struct shops {
	struct shop_name *by_id;
	struct shop_name *by_slug;
};

struct shops *shops_create(void)
{
	struct shops *shops = calloc(1, sizeof(*shops));

	if (shops == NULL)
		abort(); // start-up only
	return shops;
}

void shops_destroy(struct shops *shops)
{
	struct shop_name *name;
	struct shop_name *next;

	if (shops == NULL)
		return;
	HASH_CLEAR(by_slug, shops->by_slug);
	HASH_ITER(by_id, shops->by_id, name, next)
	{
		HASH_DELETE(by_id, shops->by_id, name);
		free(name);
	}
	free(shops);
}

void shops_add(struct shops *shops, int32_t shop_id, const char *slug)
{
	struct shop_name *name;

	HASH_FIND(by_id, shops->by_id, &shop_id, sizeof(shop_id), name);
	if (name != NULL)
		return;
	name = calloc(1, sizeof(*name));
	if (name == NULL)
		abort();
	name->shop_id = shop_id;
	text_copy(name->slug, sizeof(name->slug), slug);
	HASH_ADD(by_id, shops->by_id, shop_id, sizeof(name->shop_id), name);
	HASH_ADD_KEYPTR(by_slug, shops->by_slug, name->slug, strlen(name->slug), name);
	stats_set(&campaign_stats[STAT_SHOPS], (int64_t)HASH_CNT(by_id, shops->by_id));
}

bool shops_refresh(struct shops *shops, struct db *db, struct err *e)
{
	struct db_result *result;

	// All of them each time: a lower id may have been committed after a higher one.
	if (!db_run(db, "campaign_shop_names", NULL, 0, &result, e))
		return false;
	for (int row = 0; row < db_rows(result); row++)
		shops_add(shops, (int32_t)db_get_int(result, row, 0), db_get_text(result, row, 1));
	db_result_free(result);
	return true;
}

int32_t shops_id(const struct shops *shops, const char *slug)
{
	struct shop_name *name;

	HASH_FIND(by_slug, shops->by_slug, slug, strlen(slug), name);
	return name == NULL ? 0 : name->shop_id;
}

const char *shops_slug(const struct shops *shops, int32_t shop_id)
{
	struct shop_name *name;

	HASH_FIND(by_id, shops->by_id, &shop_id, sizeof(shop_id), name);
	return name == NULL ? NULL : name->slug;
}

int32_t shops_next(const struct shops *shops, int32_t after_id)
{
	int32_t next = 0;

	for (const struct shop_name *name = shops->by_id; name != NULL; name = name->by_id.next) {
		if (name->shop_id > after_id && (next == 0 || name->shop_id < next))
			next = name->shop_id;
	}
	return next;
}

bool shops_find(struct shops *shops, struct db *db, const char *slug, int32_t *shop_id, struct err *e)
{
	if (slug[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "shop", "the shop is missing");
	*shop_id = shops_id(shops, slug);
	if (*shop_id == 0 && text_is_slug(slug)) {
		if (!shops_refresh(shops, db, e))
			return false;
		*shop_id = shops_id(shops, slug);
	}
	return *shop_id != 0 || err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.63s\"", slug);
}

bool shops_today(struct db *db, int32_t shop_id, int64_t now_ms, int64_t *days, struct err *e)
{
	struct db_value value = db_int4(shop_id);
	struct db_result *result;
	struct zone zone;
	bool ok;

	if (!db_run(db, "campaign_shop_zone", &value, 1, &result, e))
		return false;
	ok = db_rows(result) == 1 ? zone_load(&zone, db_get_text(result, 0, 0), e)
				  : err_set(e, ERR_INTERNAL, "a shop has no settings");
	db_result_free(result);
	if (!ok)
		return false;
	*days = zone_date_days(zone_date(&zone, now_ms));
	zone_fini(&zone);
	return true;
}
