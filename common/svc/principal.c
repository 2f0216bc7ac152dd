// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of principals and what can be asked of one. Topics are in hear.c.
#include "common/svc/principal.h"

#include "common/base/money.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct principals {
	struct principal **items; // in the order they came
	size_t count, capacity;
	struct principal **by_id; // [key_id], with holes
	size_t by_id_size;
};

static void *grown(void *memory, size_t count, size_t size)
{
	void *wider = realloc(memory, count * size);
	if (!wider)
		abort(); // tables are small: then the machine is out of memory
	return wider;
}

struct principals *principals_create(void)
{
	struct principals *principals = calloc(1, sizeof(*principals));
	if (!principals)
		abort();
	return principals;
}

void principals_destroy(struct principals *principals)
{
	if (!principals)
		return;
	for (size_t i = 0; i < principals->count; i++) {
		free(principals->items[i]->shops);
		free(principals->items[i]->grants);
		free(principals->items[i]);
	}
	free(principals->items);
	free(principals->by_id);
	free(principals);
}

static void put(struct principals *principals, struct principal *who)
{
	if (principals->count == principals->capacity) {
		principals->capacity = principals->capacity ? principals->capacity * 2 : 16;
		principals->items =
			grown(principals->items, principals->capacity, sizeof(*principals->items));
	}
	principals->items[principals->count++] = who;
	if (who->key_id >= principals->by_id_size) {
		const size_t size = (size_t)who->key_id + 16;
		principals->by_id = grown(principals->by_id, size, sizeof(*principals->by_id));
		memset(principals->by_id + principals->by_id_size, 0,
		       (size - principals->by_id_size) * sizeof(*principals->by_id));
		principals->by_id_size = size;
	}
	principals->by_id[who->key_id] = who;
}

static void add_shops(struct principal *who, const struct principal_facts *facts)
{
	who->shops = calloc(facts->shop_count + 1, sizeof(*who->shops));
	if (!who->shops)
		abort();
	for (size_t i = 0; i < facts->shop_count; i++)
		text_copy(who->shops[who->shop_count++], sizeof(who->shops[0]), facts->shops[i]);
}

static bool add_grants(struct principal *who, const struct principal_facts *facts, struct err *e)
{
	bool all_understood = true;
	who->grants = calloc(facts->may_count + 1, sizeof(*who->grants));
	if (!who->grants)
		abort();
	for (size_t i = 0; i < facts->may_count; i++) {
		struct grant *grant = &who->grants[who->grant_count];
		if (!grant_parse(facts->may[i], grant, e)) {
			all_understood = false;
			continue;
		}
		who->grant_count++;
		who->permits |= 1U << grant->permit;
		if (grant->permit == PERMIT_PUBLISH)
			who->groups |=
				grant->part_count ? permit_group_named(grant->parts[0]) : PERMIT_GROUPS_ALL;
	}
	return all_understood;
}

bool principals_add(struct principals *principals, const struct principal_facts *facts, struct err *e)
{
	if (facts->key_id == 0 || facts->key_id > PRINCIPAL_ID_MAX)
		return err_set(e, ERR_INTERNAL, "the key of %.60s has a number that cannot be", facts->name);
	struct principal *who = calloc(1, sizeof(*who));
	if (!who)
		abort();
	who->key_id = facts->key_id;
	memcpy(who->public_key, facts->public_key, sizeof(who->public_key));
	text_copy(who->name, sizeof(who->name), facts->name);
	who->kind = facts->kind;
	who->origin = facts->origin;
	who->expires_at_ms = facts->expires_at_ms;
	who->is_revoked = facts->is_revoked;
	who->has_all_shops = facts->has_all_shops;
	add_shops(who, facts);
	put(principals, who);
	return add_grants(who, facts, e);
}

size_t principals_count(const struct principals *principals)
{
	return principals->count;
}

const struct principal *principals_at(const struct principals *principals, size_t index)
{
	return principals->items[index];
}

const struct principal *principals_find(const struct principals *principals, uint32_t key_id)
{
	return key_id < principals->by_id_size ? principals->by_id[key_id] : NULL;
}

const struct principal *principals_with_key(const struct principals *principals,
					    const uint8_t public_key[PRINCIPAL_KEY_BYTES])
{
	for (size_t i = 0; i < principals->count; i++)
		if (memcmp(principals->items[i]->public_key, public_key, PRINCIPAL_KEY_BYTES) == 0)
			return principals->items[i];
	return NULL;
}

static bool is_good_at(const struct principal *who, int64_t now_ms)
{
	return !who->is_revoked && (!who->expires_at_ms || now_ms < who->expires_at_ms);
}

const struct principal *principals_named(const struct principals *principals, struct slice name,
					 int64_t now_ms)
{
	const struct principal *newest = NULL;
	for (size_t i = 0; i < principals->count; i++) {
		const struct principal *who = principals->items[i];
		if (strlen(who->name) == name.size && memcmp(who->name, name.data, name.size) == 0 &&
		    is_good_at(who, now_ms) && (!newest || who->key_id > newest->key_id))
			newest = who;
	}
	return newest;
}

bool principal_is_good(const struct principal *who, int64_t now_ms, struct err *e)
{
	if (!who)
		return err_set(e, ERR_UNAUTHENTICATED, "nobody knows this key any more");
	if (is_good_at(who, now_ms))
		return true;
	return err_set(e, ERR_UNAUTHENTICATED, "the key of %s %s", who->name,
		       who->is_revoked ? "was revoked" : "has expired");
}

bool principal_may(const struct principal *who, enum permit permit, struct err *e)
{
	if (permit == PERMIT_ANYBODY || who->permits & 1U << permit)
		return true;
	return err_set(e, ERR_FORBIDDEN, "the key of %s may not: it has no permission %s", who->name,
		       permit_rows[permit].name);
}

bool principal_has_shop(const struct principal *who, const char *slug, struct err *e)
{
	if (who->has_all_shops)
		return true;
	for (size_t i = 0; i < who->shop_count; i++)
		if (strcmp(who->shops[i], slug) == 0)
			return true;
	return err_field(e, ERR_FORBIDDEN, "shop", "the key of %s is not for the shop \"%.63s\"", who->name,
			 slug);
}

bool principal_may_publish(const struct principal *who, int32_t kind, struct err *e)
{
	if (who->groups & permit_group_of(kind))
		return true;
	return err_set(e, ERR_FORBIDDEN, "the key of %s may not publish events of this kind", who->name);
}

bool principal_covers(const struct principal *who, enum permit permit,
		      const char *const parts[PERMIT_PARTS_MAX])
{
	for (size_t i = 0; i < who->grant_count; i++)
		if (who->grants[i].permit == permit && grant_covers(&who->grants[i], parts))
			return true;
	return false;
}

bool principal_may_read_kpi(const struct principal *who, const char *kpi, const char *dimension,
			    const char *key, struct err *e)
{
	if (principal_covers(who, PERMIT_KPI, (const char *const[]){kpi, dimension, key}))
		return true;
	return err_set(e, ERR_FORBIDDEN, "the key of %s may not read %.60s by %.40s %.60s", who->name,
		       kpi ? kpi : "all figures", dimension ? dimension : "any dimension",
		       key ? key : "and key");
}

bool principal_may_decide(const struct principal *who, const char *kind, struct err *e)
{
	if (principal_covers(who, PERMIT_DECIDE, (const char *const[]){kind, NULL, NULL}))
		return true;
	return err_set(e, ERR_FORBIDDEN, "the key of %s may not decide about a %s", who->name, kind);
}

static const char *amount_text(int64_t minor, const char *currency, char out[MONEY_TEXT_SIZE + 8])
{
	char amount[MONEY_TEXT_SIZE];
	int exponent = 0;
	if (!currency || !money_exponent(currency, &exponent))
		return "any budget";
	snprintf(out, MONEY_TEXT_SIZE + 8, "%s %.3s", money_text(minor, exponent, amount), currency);
	return out;
}

bool principal_may_spend(const struct principal *who, const char *kind, int64_t minor, const char *currency,
			 struct err *e)
{
	const struct grant *nearest = NULL;
	char asked[MONEY_TEXT_SIZE + 8], limit[MONEY_TEXT_SIZE + 8];
	for (size_t i = 0; i < who->grant_count; i++) {
		const struct grant *grant = &who->grants[i];
		if (grant->permit != PERMIT_DECIDE ||
		    !grant_covers(grant, (const char *const[]){kind, NULL, NULL}))
			continue;
		const bool is_same = currency && strcmp(grant->limit_currency, currency) == 0;
		if (!grant->has_limit || (is_same && minor <= grant->limit_minor))
			return true;
		if (!nearest || (is_same && (strcmp(nearest->limit_currency, currency) != 0 ||
					     grant->limit_minor > nearest->limit_minor)))
			nearest = grant;
	}
	if (!nearest)
		return principal_may_decide(who, kind, e);
	return err_set(e, ERR_FORBIDDEN, "the key of %s may decide about a %s of %s at most, not of %s",
		       who->name, kind, amount_text(nearest->limit_minor, nearest->limit_currency, limit),
		       amount_text(minor, currency, asked));
}
