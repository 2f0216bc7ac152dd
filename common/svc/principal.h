// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who asks. A principal is one key with its name, shops and permissions; all of them stand in a table that is
// made once, never changed, and replaced by the next. What may be asked of it: is it still good, may it do
// this, has it this shop, may it hear this topic. Every "no" is FORBIDDEN with a sentence. Pure: the clock is
// an argument.
#pragma once

#include "common/base/text.h"
#include "common/svc/permit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PRINCIPAL_ID_MAX = 1 << 24 };
enum { PRINCIPAL_NAME_SIZE = 64, PRINCIPAL_SLUG_SIZE = 64, PRINCIPAL_KEY_BYTES = 32 };

// A key as it is stored; texts are borrowed for the call.
struct principal_facts {
	uint32_t key_id; // not 0
	uint8_t public_key[PRINCIPAL_KEY_BYTES];
	const char *name;
	enum permit_kind kind;
	int32_t origin;        // utarg.v1.Origin; 0: as each request says
	int64_t expires_at_ms; // 0: never
	bool is_revoked;
	bool has_all_shops;
	const char *const *shops; // slugs
	size_t shop_count;
	const char *const *may; // permissions as written
	size_t may_count;
};

struct principal {
	uint32_t key_id;
	uint8_t public_key[PRINCIPAL_KEY_BYTES];
	char name[PRINCIPAL_NAME_SIZE];
	enum permit_kind kind;
	int32_t origin;
	int64_t expires_at_ms;
	bool is_revoked;
	bool has_all_shops;
	char (*shops)[PRINCIPAL_SLUG_SIZE];
	size_t shop_count;
	struct grant *grants;
	size_t grant_count;
	uint32_t permits; // bit (1 << enum permit): granted, perhaps narrowed
	uint32_t groups;  // of events it may publish
};

struct principals;

struct principals *principals_create(void);
void principals_destroy(struct principals *principals); // takes NULL
// A permission that is not understood grants nothing; then false, with the reason, and the key stands in the
// table all the same. A key_id beyond PRINCIPAL_ID_MAX is refused altogether.
bool principals_add(struct principals *principals, const struct principal_facts *facts, struct err *e);
// By its public key; NULL: nobody.
const struct principal *principals_with_key(const struct principals *principals,
					    const uint8_t public_key[PRINCIPAL_KEY_BYTES]);
size_t principals_count(const struct principals *principals);
const struct principal *principals_at(const struct principals *principals, size_t index);
// By the number the bus knows it under; NULL: nobody. One array access.
const struct principal *principals_find(const struct principals *principals, uint32_t key_id);
// The newest key of that name that is good at now_ms.
const struct principal *principals_named(const struct principals *principals, struct slice name,
					 int64_t now_ms);

// UNAUTHENTICATED when it was revoked or has expired, or is NULL.
bool principal_is_good(const struct principal *who, int64_t now_ms, struct err *e);
bool principal_may(const struct principal *who, enum permit permit, struct err *e);
bool principal_has_shop(const struct principal *who, const char *slug, struct err *e);
// May publish events of this kind (field number of Event.body).
bool principal_may_publish(const struct principal *who, int32_t kind, struct err *e);
// May read this figure; key NULL: of all keys, dimension too: of all dimensions, kpi too: all figures.
bool principal_may_read_kpi(const struct principal *who, const char *kpi, const char *dimension,
			    const char *key, struct err *e);
// Some grant covers these parts; NULL: any of them.
bool principal_covers(const struct principal *who, enum permit permit,
		      const char *const parts[PERMIT_PARTS_MAX]);
bool principal_may_decide(const struct principal *who, const char *kind, struct err *e);
// Up to this budget; currency NULL: one without bounds. The sentence names the limit.
bool principal_may_spend(const struct principal *who, const char *kind, int64_t minor, const char *currency,
			 struct err *e);
// May hear everything under this topic prefix: it must end in '/', and all that is below must be permitted.
bool principal_may_hear(const struct principal *who, struct slice prefix, struct err *e);
