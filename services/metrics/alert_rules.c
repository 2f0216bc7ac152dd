// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See alert_rules.h.
#include "services/metrics/alert_rules.h"

#include "services/metrics/core/target.h"
#include "services/metrics/shops.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS  INT64_C(60000)
#define WEEK_DAYS  7
#define MILLION    1000000
#define VALUE_SIZE KPI_VALUE_SIZE

enum { SETTLED_MINUTES = 5 }; // after a window's end, before a threshold is judged by it

// A visit has bought or not within the hour, a payment is tried again within the hour; what is told by the
// minute is there after a quarter of an hour.
static const struct built_in {
	const char *name, *kpi;
	enum alert_kind kind;
	enum alert_direction direction;
	int minutes, lag_minutes;
	int64_t bunch;
} built_in[] = {
	{"conversion_rate", "conversion_rate", ALERT_RATIO, ALERT_BELOW, 180, 60, 1},
	{"payment_failure_rate", "payment_failure_rate", ALERT_RATIO, ALERT_ABOVE, 180, 60, 1},
	{"orders", "orders", ALERT_COUNT, ALERT_BELOW, 180, 15, 1},
	{"page_views", "page_views", ALERT_COUNT, ALERT_BELOW, 60, 15, 10}, // a visit has some ten of them
	{"silence", NULL, ALERT_SILENCE, ALERT_BELOW, 60, 0, 1},
};
enum { BUILT_IN = sizeof(built_in) / sizeof(built_in[0]) };
_Static_assert((int)BUILT_IN <= (int)ALERT_BUILT_IN_MAX, "room for all");

size_t alert_rules_built_in(struct alert_rule out[ALERT_BUILT_IN_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < BUILT_IN; i++) {
		const struct built_in *row = &built_in[i];
		const struct kpi_row *kpi = row->kpi != NULL ? kpi_find(row->kpi) : NULL;
		if (row->kpi != NULL && kpi == NULL)
			continue;
		struct alert_rule *rule = &out[count++];
		*rule = (struct alert_rule){.kind = row->kind,
					    .kpi = kpi,
					    .dimension = FOLD_TOTAL,
					    .key = "-",
					    .direction = row->direction,
					    .built_in = true,
					    .minutes = row->minutes,
					    .lag_minutes = row->lag_minutes,
					    .bunch = row->bunch};
		text_copy(rule->name, sizeof(rule->name), row->name);
	}
	return count;
}

const char *alert_rule_false_alarms(const struct alert_rule *rule)
{
	return rule->kind == ALERT_THRESHOLD ? "never: it says what the figure is"
					     : "at most once in 100 days";
}

// ---- thresholds ----

static bool is_built_in(const char *name)
{
	bool found = false;
	for (size_t i = 0; i < BUILT_IN; i++)
		found |= strcmp(built_in[i].name, name) == 0;
	return found;
}

static bool check_figure(const Utarg__V1__AlertRule *asked, struct alert_rule *out, struct err *e)
{
	out->kpi = kpi_find(asked->kpi);
	if (out->kpi == NULL)
		return err_field(e, ERR_BAD_FIELD, "rule.kpi", "there is no key figure \"%.80s\"",
				 asked->kpi);
	out->dimension = FOLD_TOTAL;
	if (asked->dimension[0] != '\0' && !fold_dimension_from_name(asked->dimension, &out->dimension))
		return err_field(e, ERR_BAD_FIELD, "rule.dimension", "there is no dimension \"%.80s\"",
				 asked->dimension);
	out->window = asked->window == UTARG__V1__WINDOW__WINDOW_UNSPECIFIED ? WINDOW_DAY
									     : (enum window)asked->window;
	if (out->window < WINDOW_MINUTE || out->window > WINDOW_MONTH ||
	    !figure_exists(out->kpi, out->dimension, out->window))
		return err_field(e, ERR_BAD_FIELD, "rule.window", "%s is not kept by %s and that window",
				 asked->kpi, fold_dimension_name(out->dimension));
	bool is_total = out->dimension == FOLD_TOTAL;
	const char *key = asked->key[0] != '\0' ? asked->key : is_total ? "-" : "";
	if (key[0] == '\0' || !text_copy(out->key, sizeof(out->key), key) ||
	    (is_total && strcmp(key, "-") != 0))
		return err_field(e, ERR_BAD_FIELD, "rule.key",
				 "which %s? The total has the key \"-\", others one of at most %d bytes",
				 fold_dimension_name(out->dimension), (int)FOLD_TEXT_SIZE - 1);
	return true;
}

static bool check_value(const Utarg__V1__AlertRule *asked, const char *currency, struct alert_rule *out,
			struct err *e)
{
	int decimals = kpi_decimals(out->kpi, currency);
	int64_t units;
	char text[MONEY_TEXT_SIZE];
	if (!money_parse(asked->value, decimals, &units) || units > MONEY_MAX_MINOR ||
	    units < -MONEY_MAX_MINOR)
		return err_field(e, ERR_BAD_FIELD, "rule.value",
				 "\"%.40s\" is no value of %s: a number with at most %d decimals",
				 asked->value, asked->kpi, decimals);
	if (asked->direction != UTARG__V1__ALERT_DIRECTION__ALERT_DIRECTION_BELOW &&
	    asked->direction != UTARG__V1__ALERT_DIRECTION__ALERT_DIRECTION_ABOVE)
		return err_field(e, ERR_BAD_FIELD, "rule.direction", "below or above?");
	out->direction = (enum alert_direction)asked->direction;
	return text_copy(out->value, sizeof(out->value), money_text(units, decimals, text)) ||
	       err_set(e, ERR_INTERNAL, "the value is too long");
}

static const char *direction_name(enum alert_direction direction)
{
	return direction == ALERT_BELOW ? "below" : "above";
}

static bool name_rule(const Utarg__V1__AlertRule *asked, struct alert_rule *out, struct err *e)
{
	if (is_built_in(asked->rule))
		return err_field(e, ERR_CONFLICT, "rule.rule", "the rule %s is built in", asked->rule);
	// Alerts are heard by the rule's name: a key that may read one figure hears the rule of that name.
	if (kpi_find(asked->rule) != NULL)
		return err_field(e, ERR_BAD_FIELD, "rule.rule", "%s is a key figure's name: choose another",
				 asked->rule);
	if (asked->rule[0] != '\0' && !text_is_slug(asked->rule))
		return err_field(e, ERR_BAD_FIELD, "rule.rule",
				 "a rule's name is of a-z, 0-9 and -, at most 63 of them");
	int size = asked->rule[0] != '\0'
			   ? snprintf(out->name, sizeof(out->name), "%s", asked->rule)
			   : snprintf(out->name, sizeof(out->name), "%s-%s-%s-%s%s%s", out->kpi->name,
				      direction_name(out->direction), out->value, window_name(out->window),
				      out->dimension == FOLD_TOTAL ? "" : "-",
				      out->dimension == FOLD_TOTAL ? "" : out->key);
	return (size > 0 && (size_t)size < sizeof(out->name)) ||
	       err_field(e, ERR_BAD_FIELD, "rule.rule",
			 "name the rule: its key is too long to be part of it");
}

bool alert_rule_check(const Utarg__V1__AlertRule *asked, const char *currency, struct alert_rule *out,
		      struct err *e)
{
	*out = (struct alert_rule){.kind = ALERT_THRESHOLD};
	if (asked == NULL)
		return err_field(e, ERR_MISSING_FIELD, "rule", "the rule is missing");
	return check_figure(asked, out, e) && check_value(asked, currency, out, e) &&
	       name_rule(asked, out, e);
}

// ---- what to look at ----

// The same wall clock so many days before; the two passes of an hour that happens twice are one.
static int64_t days_before(const struct zone *zone, int64_t t_ms, int days)
{
	struct zone_date date = zone_date_add(zone_date(zone, t_ms), -days);
	int64_t local_s = t_ms / 1000 + zone_offset_s(zone, t_ms);
	return zone_local_ms(zone, date, (int)(((local_s % 86400) + 86400) % 86400));
}

static struct figure point_of(const struct alert_rule *rule, const struct kpi_row *kpi, int64_t start_ms,
			      int64_t end_ms)
{
	return (struct figure){.kpi = kpi,
			       .window = rule->kind == ALERT_THRESHOLD ? rule->window : WINDOW_HOUR,
			       .dimension = rule->dimension,
			       .key = rule->key,
			       .start_ms = start_ms,
			       .end_ms = end_ms};
}

// What grows while its window runs is too much as soon as it is; all else is judged when the window is over
// and its last events have had time to come.
static struct figure threshold_point(const struct alert_rule *rule, const struct zone *zone, int64_t as_of_ms)
{
	int64_t start_ms, end_ms;
	bool grows = rule->kpi->denominator[0].measure == 0 && kpi_sums_days(rule->kpi);
	if (rule->direction == ALERT_ABOVE && grows) {
		zone_window(zone, rule->window, as_of_ms, &start_ms, &end_ms);
	} else {
		zone_window(zone, rule->window, as_of_ms - SETTLED_MINUTES * MINUTE_MS, &start_ms, &end_ms);
		zone_window(zone, rule->window, start_ms - 1, &start_ms, &end_ms);
	}
	return point_of(rule, rule->kpi, start_ms, end_ms);
}

size_t alert_rule_points(const struct alert_rule *rule, const struct zone *zone, int64_t as_of_ms,
			 struct figure out[ALERT_POINTS_MAX])
{
	size_t count = 0;
	if (rule->kind == ALERT_THRESHOLD) {
		out[0] = threshold_point(rule, zone, as_of_ms);
		return 1;
	}
	int64_t end_ms = as_of_ms - rule->lag_minutes * MINUTE_MS;
	end_ms -= end_ms % ALERT_STEP_MS;
	for (int week = 0; week <= ALERT_WEEKS; week++) {
		int64_t to_ms = week == 0 ? end_ms : days_before(zone, end_ms, WEEK_DAYS * week);
		int64_t from_ms = to_ms - rule->minutes * MINUTE_MS;
		if (rule->kpi != NULL) {
			out[count++] = point_of(rule, rule->kpi, from_ms, to_ms);
			continue;
		}
		out[count++] = point_of(rule, kpi_find("sessions"), from_ms, to_ms);
		out[count++] = point_of(rule, kpi_find("orders"), from_ms, to_ms);
	}
	return count;
}

// ---- what it means ----

static int64_t count_of(money_sum sum)
{
	return sum < 0 ? -1 : sum > ALERT_TRIALS_MAX ? ALERT_TRIALS_MAX + 1 : (int64_t)sum;
}

static struct alert_share share_of(const struct figure *point)
{
	return (struct alert_share){count_of(point->numerator), count_of(point->denominator)};
}

static void say_when(const struct alert_rule *rule, const struct shop *shop, const struct figure *point,
		     char out[ZONE_STAMP_SIZE + 32])
{
	char stamp[ZONE_STAMP_SIZE];
	zone_stamp(shop->zone, point->end_ms, stamp);
	snprintf(out, ZONE_STAMP_SIZE + 32, "in the %d minutes to %s", rule->minutes, stamp);
}

static enum alert_verdict judge_ratio(const struct alert_rule *rule, const struct shop *shop,
				      const struct figure *points, char text[ALERT_TEXT_SIZE])
{
	struct alert_share now = share_of(&points[0]), before = {0, 0};
	char when[ZONE_STAMP_SIZE + 32], is[VALUE_SIZE], was[VALUE_SIZE];
	for (int week = 1; week <= ALERT_WEEKS; week++) {
		struct alert_share share = share_of(&points[week]);
		if (share.hits < 0 || share.trials < 0)
			return ALERT_UNCLEAR;
		before.hits += share.hits;
		before.trials += share.trials;
	}
	say_when(rule, shop, &points[0], when);
	kpi_value(rule->kpi, now.hits, now.trials, NULL, is);
	kpi_value(rule->kpi, before.hits, before.trials, NULL, was);
	snprintf(text, ALERT_TEXT_SIZE,
		 "%s was %s (%lld of %lld) %s; in the same of the last four weeks it was %s (%lld of %lld)",
		 rule->kpi->name, is, (long long)now.hits, (long long)now.trials, when, was,
		 (long long)before.hits, (long long)before.trials);
	return alert_ratio(now, before, rule->direction);
}

static enum alert_verdict judge_count(const struct alert_rule *rule, const struct shop *shop,
				      const struct figure *points, char text[ALERT_TEXT_SIZE])
{
	int64_t now = count_of(points[0].numerator), before[ALERT_WEEKS];
	char when[ZONE_STAMP_SIZE + 32];
	for (int week = 1; week <= ALERT_WEEKS; week++)
		before[week - 1] = count_of(points[week].numerator);
	say_when(rule, shop, &points[0], when);
	snprintf(text, ALERT_TEXT_SIZE,
		 "%s were %lld %s; in the same of the last four weeks %lld, %lld, %lld and %lld",
		 rule->kpi->name, (long long)now, when, (long long)before[0], (long long)before[1],
		 (long long)before[2], (long long)before[3]);
	return alert_count(now, before, rule->bunch, rule->direction);
}

static enum alert_verdict judge_silence(const struct alert_rule *rule, const struct shop *shop,
					const struct figure *points, char text[ALERT_TEXT_SIZE])
{
	int64_t counts[ALERT_WEEKS + 1];
	char when[ZONE_STAMP_SIZE + 32];
	for (int week = 0; week <= ALERT_WEEKS; week++)
		counts[week] = count_of(points[2 * week].numerator + points[2 * week + 1].numerator);
	say_when(rule, shop, &points[0], when);
	snprintf(text, ALERT_TEXT_SIZE,
		 "not one visit or order came %s; in the same of the last four weeks %lld, %lld, %lld and "
		 "%lld",
		 when, (long long)counts[1], (long long)counts[2], (long long)counts[3],
		 (long long)counts[4]);
	return alert_silence(counts[0], counts + 1);
}

static enum alert_verdict judge_threshold(const struct alert_rule *rule, const struct shop *shop,
					  const struct figure *point, char text[ALERT_TEXT_SIZE])
{
	char value[VALUE_SIZE], stamp[ZONE_STAMP_SIZE];
	int64_t units;
	money_sum bound, scale;
	if (!money_parse(rule->value, kpi_decimals(rule->kpi, shop->currency), &units))
		return ALERT_UNCLEAR; // the shop's currency has other decimals since
	kpi_from_units(rule->kpi, units, &bound, &scale);
	kpi_value(rule->kpi, point->numerator, point->denominator, shop->currency, value);
	zone_stamp(shop->zone, point->start_ms, stamp);
	bool is_total = rule->dimension == FOLD_TOTAL;
	snprintf(text, ALERT_TEXT_SIZE, "%s%s%s%s%s of the %s from %s is %s, %s %s", rule->kpi->name,
		 is_total ? "" : " by ", is_total ? "" : fold_dimension_name(rule->dimension),
		 is_total ? "" : " ", is_total ? "" : rule->key, window_name(rule->window), stamp, value,
		 direction_name(rule->direction), rule->value);
	return alert_threshold(point->numerator, point->denominator, bound * (MILLION / scale),
			       rule->direction);
}

enum alert_verdict alert_rule_judge(const struct alert_rule *rule, const struct shop *shop,
				    const struct figure *points, char text[ALERT_TEXT_SIZE])
{
	text[0] = '\0';
	switch (rule->kind) {
	case ALERT_THRESHOLD:
		return judge_threshold(rule, shop, points, text);
	case ALERT_RATIO:
		return judge_ratio(rule, shop, points, text);
	case ALERT_COUNT:
		return judge_count(rule, shop, points, text);
	case ALERT_SILENCE:
		return judge_silence(rule, shop, points, text);
	}
	return ALERT_UNCLEAR;
}
