// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg export mmm`: weekly figures and spend, asked from metrics, as the table that media-mix models read.
#include "services/utarg/commands.h"
#include "services/utarg/core/mix.h"
#include "services/utarg/core/period.h"
#include "services/utarg/exporting.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/text.h"

#include <string.h>

// WEEKS_A_CALL: an answer has room for that many of a thousand keys. WEEKS_MAX: 20 years.
enum {
	WEEKS_A_CALL = 4,
	WEEKS_MAX = 1040,
	KEY_SIZE = 320,
	GROUP_SPEND = 1,
	GROUP_IMPRESSIONS,
	GROUP_CLICKS,
	GROUP_CAMPAIGN
};

const struct cli_option cmd_export_mmm_options[] = {
	EXPORTING_OPTIONS{"settled", NULL,
			  "fail when the figures do not hold all that the journal has now within 60 s"},
	{0},
};

const char cmd_export_mmm_details[] =
	"A row for each ISO week that holds one of the days and is over. Columns: net_revenue, orders, "
	"new_customers, "
	"sessions,\n"
	"discount_rate and spend; for each marketing channel that had any in these weeks spend:CHANNEL, "
	"impressions:CHANNEL and\n"
	"clicks:CHANNEL, as the platforms report them; for each campaign spend:campaign:NAME. Amounts are in "
	"the shop's "
	"currency,\n"
	"with decimal points; a week without any has 0, a rate without anything to divide by is empty. Weeks "
	"are whole: "
	"their first\n"
	"and last days may lie outside of the days asked for.\n";

static const char *const totals[] = {"net_revenue", "orders",        "new_customers",
				     "sessions",    "discount_rate", "spend"};
enum { TOTAL_COUNT = sizeof(totals) / sizeof(totals[0]) };

// One part of the table.
struct part {
	const char *dimension; // "total"
	const char *kpi;       // NULL: those of the total
	const char *prefix;    // of its columns
	bool is_money;
	int group;
};
static const struct part parts[] = {
	{"total", NULL, "", false, MIX_FIRST},
	{"marketing_channel", "spend", "spend:", true, GROUP_SPEND},
	{"marketing_channel", "ad_impressions", "impressions:", false, GROUP_IMPRESSIONS},
	{"marketing_channel", "ad_clicks", "clicks:", false, GROUP_CLICKS},
	{"campaign", "spend", "spend:campaign:", true, GROUP_CAMPAIGN},
};

static bool put_figures(struct mix *mix, const struct part *part, const Utarg__V1__KpiReply *reply,
			const char *zero, struct err *e)
{
	for (size_t i = 0; i < reply->n_figures; i++) {
		const Utarg__V1__Figure *figure = reply->figures[i];
		const bool is_total = part->group == MIX_FIRST;
		char name[KEY_SIZE], day[PERIOD_DAY_SIZE];
		struct zone_date start;
		snprintf(day, sizeof(day), "%.10s", figure->start);
		if (!zone_date_parse(day, &start))
			return err_set(e, ERR_INTERNAL, "metrics answered a week that begins at no day");
		snprintf(name, sizeof(name), "%s%s", part->prefix, is_total ? figure->kpi : figure->key);
		if (!is_total)
			mix_column(mix, part->group, name, part->is_money ? zero : "0");
		mix_put(mix, name, start, figure->value);
	}
	return true;
}

static bool ask_part(struct cli *cli, const struct exporting *x, struct mix *mix, const struct part *part,
		     size_t week, const char *zero, struct err *e)
{
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	char from[PERIOD_DAY_SIZE], to[PERIOD_DAY_SIZE], *names[TOTAL_COUNT];
	const bool is_total = part->group == MIX_FIRST;
	size_t end = week + WEEKS_A_CALL < mix_week_count(mix) ? week + WEEKS_A_CALL : mix_week_count(mix);
	for (int i = 0; i < TOTAL_COUNT; i++)
		names[i] = text_borrow(is_total ? totals[i] : part->kpi);
	kpi.shop = text_borrow(x->shop.slug);
	kpi.kpis = names;
	kpi.n_kpis = is_total ? TOTAL_COUNT : 1;
	kpi.window = UTARG__V1__WINDOW__WINDOW_WEEK;
	kpi.dimension = text_borrow(part->dimension);
	kpi.from_day = text_borrow(period_day(mix_monday(mix, week), from));
	kpi.to_day = text_borrow(period_day(mix_monday(mix, end - 1), to));
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	if (!remote_call(cli, SVC_METRICS, &request, &reply, e))
		return false;
	bool ok = reply->body_case == UTARG__V1__REPLY__BODY_KPI
			  ? put_figures(mix, part, reply->kpi, zero, e)
			  : err_set(e, ERR_INTERNAL, "metrics answered something else than figures");
	client_reply_free(reply);
	return ok;
}

static bool fill(struct cli *cli, const struct exporting *x, struct mix *mix, struct err *e)
{
	char zero[MONEY_TEXT_SIZE];
	int exponent = 2;
	money_exponent(x->shop.currency, &exponent);
	money_text(0, exponent, zero);
	for (int i = 0; i < TOTAL_COUNT; i++)
		mix_column(mix, MIX_FIRST, totals[i], "");
	for (size_t week = 0; week < mix_week_count(mix); week += WEEKS_A_CALL)
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (!ask_part(cli, x, mix, &parts[i], week, zero, e))
				return false;
	return true;
}

// The last day of the last week that is over.
static bool find_weeks(const struct exporting *x, struct zone_date *last, struct err *e)
{
	struct zone_date today = zone_date(&x->shop.zone, clock_now_ms());
	struct zone_date over = zone_date_add(today, -zone_weekday(today) - 1);
	*last = zone_date_days(x->last) < zone_date_days(over) ? x->last : over;
	if (x->from_ms == INT64_MIN)
		return err_field(e, ERR_MISSING_FIELD, "from", "from which day on? Say --from 2026-01-05");
	if (zone_date_days(*last) - zone_date_days(x->first) > WEEKS_MAX * 7)
		return err_field(e, ERR_TOO_MANY, "from", "a table has at most %d weeks", WEEKS_MAX);
	return true;
}

bool cmd_export_mmm(struct cli *cli, struct err *e)
{
	struct exporting x;
	struct zone_date last;
	struct err note = {0};
	struct mix *mix = NULL;
	size_t count = 0;
	if (cli->json)
		return err_set(e, ERR_BAD_FIELD,
			       "the table is CSV; utarg kpi --json tells the figures as JSON");
	if (!exporting_begin(cli, &x, e))
		return false;
	bool ok = find_weeks(&x, &last, e) && kpi_settle(cli, x.shop.slug, &note, e);
	if (ok) {
		mix = mix_create(x.first, last);
		count = mix_week_count(mix);
		ok = fill(cli, &x, mix, e);
	}
	if (ok)
		mix_write(mix, x.out);
	if (ok && note.code != ERR_OK)
		fprintf(stderr, "utarg: %s\n", note.text);
	mix_destroy(mix);
	return exporting_end(cli, &x, ok, count, "weeks", e);
}
