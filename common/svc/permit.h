// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a key may do, as one table. A permission is written `name` or `name:part:part`, each part narrowing
// it: `kpi.read` is every figure, `kpi.read:orders:campaign:winter` the orders of one campaign. Parts are
// percent-encoded like those of topics, so that any campaign's name can stand there. The second part of
// `decide:campaign:5000.00PLN` is no name but a limit: up to what budget. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum permit {
	PERMIT_ANYBODY, // every valid key may: ping, ready
	PERMIT_PUBLISH,
	PERMIT_JOURNAL,
	PERMIT_KPI,
	PERMIT_OFFER,
	PERMIT_CAMPAIGN,
	PERMIT_SHOP,
	PERMIT_DECIDE,
	PERMIT_DIRECTIVE,
	PERMIT_OBSERVE,
	PERMIT_ADMINISTER,
	PERMIT_COUNT
};

enum { PERMIT_PARTS_MAX = 3, PERMIT_TEXT_SIZE = 512 };

struct permit_row {
	const char *name;  // "kpi.read"
	const char *parts; // how it may be narrowed, for help: ":KPI:DIMENSION:KEY"
	int parts_max;
	const char *help;
};
extern const struct permit_row permit_rows[PERMIT_COUNT];

// Kinds of keys, and what each may do when nothing else is said.
enum permit_kind { PERMIT_FRONTEND, PERMIT_TOOL, PERMIT_SERVICE, PERMIT_OPERATOR, PERMIT_KIND_COUNT };
struct permit_kind_row {
	const char *name;
	bool needs_shop;                  // belongs to shops that must be named; else to all when none is
	bool is_trusted;                  // may say on whose behalf it asks
	enum permit grants[PERMIT_COUNT]; // ends with PERMIT_ANYBODY
	const char *help;
};
extern const struct permit_kind_row permit_kinds[PERMIT_KIND_COUNT];
bool permit_kind_from_name(const char *name, enum permit_kind *out);

// Groups of events, a bit each: browsing, cart, order, shop, marketing, setting, subject.
enum { PERMIT_GROUPS_ALL = 0x7f };
uint32_t permit_group_of(int32_t kind); // kind is a field number of Event.body; 0: of no group
uint32_t permit_group_named(const char *name);

// One granted permission, taken apart.
struct grant {
	enum permit permit;
	int part_count;
	char parts[PERMIT_PARTS_MAX][160]; // decoded
	bool has_limit;                    // of money: its last part says how much, and narrows nothing else
	int64_t limit_minor;
	char limit_currency[4];
};
// BAD_FIELD names what is wrong with it.
bool grant_parse(const char *text, struct grant *out, struct err *e);
// Whether it covers these parts, as far as it is narrowed at all; NULL stands for "any of them". A limit is
// not looked at.
bool grant_covers(const struct grant *grant, const char *const parts[PERMIT_PARTS_MAX]);
