// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See target.h.
#include "services/campaign/core/target.h"

#include "common/base/text.h"
#include "common/base/zone.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64, KEY_MAX_BYTES = 256, DAYS_MAX = 1100, FIRST_YEAR = 1970, LAST_YEAR = 2100 };

static bool check_day(const char *field, const char *day, struct zone_date *out, struct err *e)
{
	if (day[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, field, "a target needs its first and its last day");
	if (!zone_date_parse(day, out) || out->year < FIRST_YEAR || out->year > LAST_YEAR)
		return err_field(e, ERR_BAD_FIELD, field, "\"%.20s\" is no day, as in 2026-11-23", day);
	return true;
}

static bool check_days(const Utarg__V1__Target *target, struct zone_date *first, struct zone_date *last,
		       struct err *e)
{
	if (!check_day("target.first_day", target->first_day, first, e) ||
	    !check_day("target.last_day", target->last_day, last, e))
		return false;
	int64_t days = zone_date_days(*last) - zone_date_days(*first) + 1;
	if (days < 1)
		return err_field(e, ERR_BAD_FIELD, "target.last_day",
				 "the last day %s is before the first day %s", target->last_day,
				 target->first_day);
	if (days > DAYS_MAX)
		return err_field(e, ERR_BAD_FIELD, "target.last_day", "a target is for %d days at most",
				 DAYS_MAX);
	return true;
}

const char *target_dimension(const Utarg__V1__Target *target)
{
	return target->dimension[0] != '\0' ? target->dimension : "total";
}

const char *target_key(const Utarg__V1__Target *target)
{
	return target->key[0] != '\0' ? target->key : "-";
}

static bool check_key(const Utarg__V1__Target *target, struct err *e)
{
	bool is_total = strcmp(target_dimension(target), "total") == 0;
	if (strlen(target->key) > KEY_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, "target.key", "a key has %d bytes at most", KEY_MAX_BYTES);
	if (is_total && strcmp(target_key(target), "-") != 0)
		return err_field(e, ERR_BAD_FIELD, "target.key", "the total has no key but \"-\"");
	if (!is_total && target->key[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "target.key", "which %.64s? The key is missing",
				 target->dimension);
	return true;
}

bool target_check(const Utarg__V1__Target *target, struct err *e)
{
	struct zone_date first, last;

	if (target == NULL)
		return err_field(e, ERR_MISSING_FIELD, "target", "the target is missing");
	if (target->kpi[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "target.kpi", "which key figure? The field is empty");
	if (strlen(target->kpi) > NAME_MAX_BYTES || strlen(target->dimension) > NAME_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, "target.kpi", "names have %d bytes at most",
				 NAME_MAX_BYTES);
	if (target->value[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "target.value", "the target's value is missing");
	return check_key(target, e) && check_days(target, &first, &last, e);
}

// A period that is exactly one window which the figure is kept by.
static bool is_one_window(const struct target_figure *figure, struct zone_date first, struct zone_date last)
{
	int64_t days = zone_date_days(last) - zone_date_days(first) + 1;
	struct zone_date after = zone_date_add(last, 1);
	if (days == 1)
		return figure->keeps_day;
	if (days == 7 && zone_weekday(first) == 0)
		return figure->keeps_week;
	bool month = first.day == 1 && after.day == 1 && days <= 31;
	return month && figure->keeps_month;
}

bool target_fits(const Utarg__V1__Target *target, const struct target_figure *figure,
		 char value[MONEY_TEXT_SIZE], struct err *e)
{
	struct zone_date first, last;
	int64_t units;

	if (!check_days(target, &first, &last, e))
		return false;
	if (!figure->has_dimension)
		return err_field(e, ERR_BAD_FIELD, "target.dimension", "%s is not kept by %s", target->kpi,
				 target_dimension(target));
	if (!money_parse(target->value, figure->decimals, &units) || units <= 0 || units > MONEY_MAX_MINOR)
		return err_field(e, ERR_BAD_FIELD, "target.value",
				 "\"%.40s\" is no value of %s: a number above 0 with at most %d decimals",
				 target->value, target->kpi, figure->decimals);
	if (!figure->sums && !is_one_window(figure, first, last))
		return err_field(e, ERR_BAD_FIELD, "target.last_day",
				 "days of %s do not add up: its period is one day, one week from Monday or "
				 "one month, as far as it is kept by them",
				 target->kpi);
	money_text(units, figure->decimals, value);
	return true;
}

// The set value has all decimals of its unit.
static bool same_value(const char *asked, const char *set)
{
	const char *point = strchr(set, '.');
	int decimals = point != NULL ? (int)strlen(point + 1) : 0;
	int64_t units;
	char text[MONEY_TEXT_SIZE];
	return money_parse(asked, decimals, &units) && strcmp(money_text(units, decimals, text), set) == 0;
}

bool target_equal(const Utarg__V1__Target *asked, const Utarg__V1__Target *set)
{
	return strcmp(asked->kpi, set->kpi) == 0 &&
	       strcmp(target_dimension(asked), target_dimension(set)) == 0 &&
	       strcmp(target_key(asked), target_key(set)) == 0 &&
	       strcmp(asked->first_day, set->first_day) == 0 && strcmp(asked->last_day, set->last_day) == 0 &&
	       same_value(asked->value, set->value);
}
