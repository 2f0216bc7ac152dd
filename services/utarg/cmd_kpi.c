// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg kpi`: asks metrics for figures and prints them. Which key figures there are is metrics' knowledge;
// here is only how a person says when.
#include "services/utarg/commands.h"
#include "services/utarg/core/timearg.h"
#include "services/utarg/kpi_explain.h"
#include "services/utarg/kpi_history.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/zone.h"
#include "common/json/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SETTLED_MS = 60000, PATIENCE_MS = 10000 };

const struct cli_option cmd_kpi_options[] = {
	{"from", "TIME", "first window: the one that holds this day or instant"},
	{"to", "TIME", "last window: a day is included, an instant is not"},
	{"day", "DAY", "this day: --from DAY --to DAY"},
	{"dialect", "TOOL", "by the rules of ga4, matomo, plausible or shopify, beside ours; needs the days"},
	{"window", "WINDOW", "minute, hour, day (default), week or month"},
	{"dimension", "NAME",
	 "total (default), sales_channel, marketing_channel, campaign, device, country, offer, "
	 "payment_method or landing_page"},
	{"key", "KEY", "only this value of the dimension"},
	{"history", NULL,
	 "of one figure and a --day that is over: which events changed it afterwards, and why"},
	{"day", "DAY", "with --history: a day of the shop, 2026-11-23"},
	{"explain", NULL, "say what figures are: all by name, or the ones named (no shop, no instance)"},
	{"markdown", NULL, "with --explain: as docs/KPI.md"},
	{"settled", NULL, "fail when the figures do not hold all that the journal has now within 60 s"},
	{0},
};

const char cmd_kpi_details[] =
	"TIME is a day of the shop, 2026-11-23, or an instant, 2026-11-23T10:00 in the shop's time zone (or "
	"with its own\n"
	"offset: ...Z, ...+01:00). --to as a day is inclusive, as an instant exclusive. Without --from the "
	"figures begin\n"
	"at the first window that has data; without --to they end at the last one, with --from alone at the "
	"one of "
	"now.\n"
	"Without KPI all key figures are shown.\n"
	"First the figures get up to 10 s to catch up with what the journal has now; what they are true at "
	"is told\n"
	"with --json (as_of_seq).\n"
	"With --dialect the events of those days are counted again as another tool counts them, from the "
	"journal; it says by\n"
	"which rules. It is about visits, carts and orders, in the total.\n"
	"Where a target is set for days that hold the window, it is shown with the value's progress and pace "
	"over "
	"those\n"
	"days and a forecast of their end (utarg help target show).\n"
	"A value that has no meaning (nothing to divide by) is '-' in the table and null with --json.\n";

// ---- when ----------------------------------------------------------------------------------------------

// One end of the range as the request wants it: a day as text, or an instant.
struct end {
	int64_t ms;
	char day[16];
};

static bool find_end(struct cli *cli, const char *option, const char *slug, struct end *out, struct err *e)
{
	const char *text = cli_value(cli, option) ? cli_value(cli, option) : cli_value(cli, "day");
	struct timearg time;
	*out = (struct end){0};
	if (!text)
		return true;
	if (!timearg_parse(text, &time))
		return err_field(e, ERR_BAD_TIME, option,
				 "--%s \"%.60s\" is no time: write 2026-11-23 or 2026-11-23T10:00", option,
				 text);
	if (time.is_day)
		return text_copy(out->day, sizeof(out->day), text);
	if (time.has_offset) {
		out->ms = timearg_ms(&time, NULL);
		return true;
	}
	struct shop shop;
	if (!shop_load(cli, slug, &shop, e))
		return false;
	out->ms = timearg_ms(&time, &shop.zone);
	shop_fini(&shop);
	return true;
}

// ---- printing ------------------------------------------------------------------------------------------

static json_t *integer_of(const char *text)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	// What is too large for a program's integer stays exact as text.
	return errno == 0 && end != text && !*end ? json_integer(number) : json_string(text);
}

static json_t *value_of(const Utarg__V1__Figure *figure)
{
	if (!*figure->value)
		return json_null();
	if (figure->unit == UTARG__V1__UNIT__UNIT_MONEY)
		return json_string(figure->value);
	if (strchr(figure->value, '.'))
		return json_real(strtod(figure->value, NULL));
	return integer_of(figure->value);
}

static json_t *figure_to_json(const Utarg__V1__Figure *figure)
{
	char window[OUTPUT_TEXT_SIZE], unit[OUTPUT_TEXT_SIZE];
	output_enum(&utarg__v1__window__descriptor, (int)figure->window, "WINDOW_", window);
	output_enum(&utarg__v1__unit__descriptor, (int)figure->unit, "UNIT_", unit);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I}", "kpi",
				 figure->kpi, "window", window, "start", figure->start, "end", figure->end,
				 "dimension", figure->dimension, "key", figure->key, "value",
				 value_of(figure), "numerator", integer_of(figure->numerator), "denominator",
				 integer_of(figure->denominator), "unit", unit, "revision",
				 (json_int_t)figure->revision, "as_of_seq", (json_int_t)figure->as_of_seq);
	if (json && figure->target)
		json_object_set_new(json, "target", json_from_message_full(&figure->target->base));
	if (json && *figure->currency)
		json_object_set_new(json, "currency", json_string(figure->currency));
	return json;
}

static void print_json(const Utarg__V1__KpiReply *kpi)
{
	json_t *figures = json_array();
	for (size_t i = 0; i < kpi->n_figures; i++)
		json_array_append_new(figures, figure_to_json(kpi->figures[i]));
	output_json(figures, false);
}

// "2026-11-23" for days and longer, "2026-11-23 13:00+01:00" for hours and minutes.
static void start_for_people(const Utarg__V1__Figure *figure, char out[OUTPUT_TEXT_SIZE])
{
	text_copy(out, OUTPUT_TEXT_SIZE, figure->start);
	if (strlen(out) < 20)
		return;
	if (figure->window >= UTARG__V1__WINDOW__WINDOW_DAY || figure->window == 0) {
		out[10] = 0;
		return;
	}
	out[10] = ' ';
	memmove(out + 16, out + 19, strlen(out + 19) + 1);
}

static const char *unit_for_people(const Utarg__V1__Figure *figure)
{
	switch (figure->unit) {
	case UTARG__V1__UNIT__UNIT_MONEY:
		return figure->currency;
	case UTARG__V1__UNIT__UNIT_SECONDS:
		return "s";
	default:
		return "";
	}
}

// A figure's target stands beside it when one of them has any.
static bool has_target(const Utarg__V1__KpiReply *kpi)
{
	bool any = false;
	for (size_t i = 0; i < kpi->n_figures; i++)
		any |= kpi->figures[i]->target && kpi->figures[i]->target->target;
	return any;
}

static void add_target(struct table *table, const Utarg__V1__TargetStanding *standing)
{
	const char *const cells[] = {
		standing && standing->target ? standing->target->value : "",
		standing && standing->target ? standing->target->last_day : "",
		standing ? standing->progress : "",
		standing ? standing->pace : "",
		standing ? standing->forecast : "",
	};
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		table_cell(table, *cells[i] ? cells[i] : "-");
}

static void print_table(const Utarg__V1__KpiReply *kpi)
{
	static const char *const plain[] = {"KPI", "KEY", "START", ">VALUE", "UNIT", ">REVISION", NULL};
	static const char *const aimed[] = {"KPI",       "KEY",       "START",     ">VALUE",
					    "UNIT",      ">REVISION", ">TARGET",   "UNTIL",
					    ">PROGRESS", ">PACE",     ">FORECAST", NULL};
	char start[OUTPUT_TEXT_SIZE];
	bool with_targets = has_target(kpi);
	struct table *table = table_create(with_targets ? aimed : plain);
	for (size_t i = 0; i < kpi->n_figures; i++) {
		const Utarg__V1__Figure *figure = kpi->figures[i];
		start_for_people(figure, start);
		table_cell(table, figure->kpi);
		table_cell(table, figure->key);
		table_cell(table, start);
		table_cell(table, *figure->value ? figure->value : "-");
		table_cell(table, unit_for_people(figure));
		table_format(table, "%llu", (unsigned long long)figure->revision);
		if (with_targets)
			add_target(table, figure->target);
	}
	table_print(table, stdout, "There are no figures in this range.");
	table_destroy(table);
}

// ---- asking --------------------------------------------------------------------------------------------

// The journal's head of the shop as it is now.
static bool find_head(struct cli *cli, const char *slug, uint64_t *head_seq, struct err *e)
{
	Utarg__V1__Reply *reply = shop_ask(cli, slug, e);
	if (!reply)
		return false;
	*head_seq = reply->shop_list->shops[0]->head_seq;
	client_reply_free(reply);
	return true;
}

static bool ask_figures(struct cli *cli, Utarg__V1__Request *request, Utarg__V1__Reply **reply, struct err *e)
{
	return remote_ask(cli, SVC_METRICS, request, UTARG__V1__REPLY__BODY_KPI, "figures", reply, e);
}

// How far metrics has read: it says so with each figure, and the orders of now are always one. While it
// catches up it answers BUSY, which is as good as not far enough.
static bool find_position(struct cli *cli, const char *slug, uint64_t *as_of_seq, struct err *e)
{
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	char *orders = text_borrow("orders");
	int64_t now = clock_now_ms();
	kpi.shop = text_borrow(slug);
	kpi.n_kpis = 1;
	kpi.kpis = &orders;
	kpi.window = UTARG__V1__WINDOW__WINDOW_DAY;
	kpi.from_ms = now;
	kpi.to_ms = now + 1;
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	if (!ask_figures(cli, &request, &reply, e))
		return false;
	*as_of_seq = reply->kpi->n_figures > 0 ? reply->kpi->figures[0]->as_of_seq : 0;
	client_reply_free(reply);
	return true;
}

// Waits until the figures hold all that the journal has now, so that who published or imported sees it.
static bool wait_until_settled(struct cli *cli, const char *slug, int64_t wait_ms, struct err *e)
{
	int64_t until = clock_monotonic_ms() + wait_ms;
	uint64_t head_seq = 0, as_of_seq = 0;
	if (!find_head(cli, slug, &head_seq, e))
		return false;
	for (;;) {
		struct err why = {0};
		bool asked = find_position(cli, slug, &as_of_seq, &why);
		if (!asked &&
		    (remote_is_absent(&why) || (why.code != ERR_BUSY && why.code != ERR_UNKNOWN_SHOP))) {
			*e = why;
			return false;
		}
		if (why.code == ERR_OK && as_of_seq >= head_seq)
			return true;
		if (clock_monotonic_ms() >= until)
			return err_set(e, ERR_BUSY,
				       "metrics has read %llu of %llu events of %.63s after %lld s",
				       (unsigned long long)as_of_seq, (unsigned long long)head_seq, slug,
				       (long long)wait_ms / 1000);
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
}

// Without --settled a figure that is behind is shown, with a note; what else is wrong the question itself
// tells.
bool kpi_settle(struct cli *cli, const char *slug, struct err *note, struct err *e)
{
	if (cli_switch(cli, "settled"))
		return wait_until_settled(cli, slug, SETTLED_MS, e);
	if (wait_until_settled(cli, slug, PATIENCE_MS, note) || note->code != ERR_BUSY ||
	    remote_is_absent(note))
		*note = (struct err){0};
	return true;
}

static bool show_figures(struct cli *cli, struct err *e)
{
	Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	struct end from, to;
	struct err note = {0};
	enum window window = WINDOW_DAY;
	const char *slug = cli_operand(cli, 0), *window_text = cli_value(cli, "window");
	if (cli_value(cli, "dialect"))
		return kpi_dialect(cli, e);
	if (window_text && !window_from_name(window_text, &window))
		return err_field(e, ERR_BAD_FIELD, "window",
				 "--window is minute, hour, day, week or month, not \"%.60s\"", window_text);
	if (!find_end(cli, "from", slug, &from, e) || !find_end(cli, "to", slug, &to, e) ||
	    !kpi_settle(cli, slug, &note, e))
		return false;
	kpi.shop = text_borrow(slug);
	kpi.n_kpis = (size_t)cli->operand_count - 1;
	kpi.kpis = cli->operands + 1;
	kpi.window = (Utarg__V1__Window)window;
	kpi.from_ms = from.ms;
	kpi.to_ms = to.ms;
	kpi.from_day = from.day;
	kpi.to_day = to.day;
	kpi.dimension = text_borrow(cli_value(cli, "dimension"));
	kpi.key = text_borrow(cli_value(cli, "key"));
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &kpi;
	if (!ask_figures(cli, &request, &reply, e))
		return false;
	if (note.code != ERR_OK)
		fprintf(stderr, "utarg: %s\n", note.text);
	if (cli->json)
		print_json(reply->kpi);
	else
		print_table(reply->kpi);
	client_reply_free(reply);
	return true;
}

bool cmd_kpi(struct cli *cli, struct err *e)
{
	if (cli_switch(cli, "explain"))
		return kpi_explain(cli, e);
	if (cli_switch(cli, "history"))
		return kpi_history(cli, e);
	return cli->operand_count > 0 ? show_figures(cli, e)
				      : err_set(e, ERR_MISSING_FIELD,
						"something is missing: utarg kpi SHOP [KPI...], or utarg kpi "
						"--explain [KPI...]");
}
