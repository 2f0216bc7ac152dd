// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg affiliate ledger|payout|pay`: what partners earn, what is to be paid, and paying it. metrics
// computes the ledger; that something was paid is a decision, which campaign takes: it says for each line
// what was paid before, so that two who pay at the same time do not pay twice.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 2000, LINES_A_PAGE = 500, LINES_A_PAYOUT = 300, DAY_SIZE = 24 };

const struct cli_option cmd_affiliate_ledger_options[] = {
	{"from", "DAY", "the first day of orders (default: 400 days ago)"},
	{"to", "DAY", "the last day of orders (default: today)"},
	{0},
};

const char cmd_affiliate_ledger_details[] = "One line for each order and rule. Held, due and paid sum to the "
					    "commission; what was paid too much is due below "
					    "0\n"
					    "and is kept back from what is paid next. Figures: utarg kpi "
					    "SHOP affiliate_due --dimension affiliate.\n";

const struct cli_option cmd_affiliate_payout_options[] = {
	{"until", "DAY", "what is due by the end of that day (default: today)"},
	{"csv", NULL, "as CSV, a line for each line of the ledger"},
	{0},
};

const struct cli_option cmd_affiliate_pay_options[] = {
	{"until", "DAY", "what is due by the end of that day (default: today)"},
	{"id", "TEXT", "the payout's name in your books (default: the day)"},
	{0},
};

const char cmd_affiliate_pay_details[] =
	"Notes that what is due was paid: transfer the money yourself, by `affiliate "
	"payout --csv`, which lists the\n"
	"same lines before. A line is paid once, whoever pays.\n";

// ---- reading -------------------------------------------------------------------------------------------

struct pages { // of the ledger
	Utarg__V1__Reply *replies[PAGES_MAX];
	size_t count;
};

static void pages_free(struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++)
		client_reply_free(pages->replies[i]);
	free(pages);
}

static bool ask_page(struct cli *cli, Utarg__V1__AffiliateLedgerRequest *ledger, struct pages *pages,
		     struct err *e)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	request.body_case = UTARG__V1__REQUEST__BODY_AFFILIATE_LEDGER;
	request.affiliate_ledger = ledger;
	if (pages->count == PAGES_MAX)
		return err_set(e, ERR_TOO_MANY, "the ledger has more than %d lines: ask for fewer days",
			       PAGES_MAX * LINES_A_PAGE);
	if (!remote_call(cli, SVC_METRICS, &request, &reply, e))
		return false;
	pages->replies[pages->count++] = reply;
	return reply->body_case == UTARG__V1__REPLY__BODY_AFFILIATE_LEDGER ||
	       err_set(e, ERR_INTERNAL, "metrics answered something else than a ledger");
}

// NULL on failure.
static struct pages *read_ledger(struct cli *cli, const char *affiliate, const char *first_day,
				 const char *last_day, struct err *e)
{
	Utarg__V1__AffiliateLedgerRequest ledger = UTARG__V1__AFFILIATE_LEDGER_REQUEST__INIT;
	struct pages *pages = calloc(1, sizeof(*pages));
	if (!pages)
		abort();
	ledger.shop = text_borrow(cli_operand(cli, 0));
	ledger.affiliate = text_borrow(affiliate);
	ledger.first_day = text_borrow(first_day);
	ledger.last_day = text_borrow(last_day);
	ledger.limit = LINES_A_PAGE;
	do {
		if (!ask_page(cli, &ledger, pages, e)) {
			pages_free(pages);
			return NULL;
		}
		ledger.after = pages->replies[pages->count - 1]->affiliate_ledger->next;
	} while (*ledger.after);
	return pages;
}

static const char *currency_of(const struct pages *pages)
{
	return pages->replies[0]->affiliate_ledger->currency;
}

// ---- ledger --------------------------------------------------------------------------------------------

static const char *amount(int64_t minor, const char *currency, char out[OUTPUT_TEXT_SIZE])
{
	output_money(minor, currency, out);
	out[strcspn(out, " ")] = '\0'; // the currency stands in the title
	return out;
}

static void add_line(struct table *table, const struct shop *shop, const Utarg__V1__LedgerLine *line)
{
	const int64_t amounts[] = {line->base_minor, line->commission_minor, line->held_minor,
				   line->due_minor, line->paid_minor};
	char text[OUTPUT_TEXT_SIZE];
	table_cell(table, line->affiliate);
	table_cell(table, line->order_id);
	table_cell(table, *line->rule_id ? line->rule_id : "-");
	table_cell(table, output_shop_time(&shop->zone, line->placed_at_ms, text));
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
		table_cell(table, amount(amounts[i], shop->currency, text));
	table_cell(table, output_enum(&utarg__v1__commission_state__descriptor, (int)line->state,
				      "COMMISSION_STATE_", text));
	table_cell(table, line->why);
}

static void print_table(const struct pages *pages, const struct shop *shop)
{
	static const char *const titles[] = {"PARTNER", "ORDER", "RULE",  "PLACED", ">BASE", ">COMMISSION",
					     ">HELD",   ">DUE",  ">PAID", "STATE",  "WHY",   NULL};
	struct table *table = table_create(titles);
	for (size_t p = 0; p < pages->count; p++) {
		const Utarg__V1__AffiliateLedgerReply *page = pages->replies[p]->affiliate_ledger;
		for (size_t i = 0; i < page->n_lines; i++)
			add_line(table, shop, page->lines[i]);
	}
	table_print(table, stdout, "No order was brought by a partner.");
	table_destroy(table);
}

static void print_json(const struct pages *pages)
{
	json_t *all = json_array();
	for (size_t p = 0; p < pages->count; p++) {
		const Utarg__V1__AffiliateLedgerReply *page = pages->replies[p]->affiliate_ledger;
		for (size_t i = 0; i < page->n_lines; i++)
			json_array_append_new(all, json_from_message_full(&page->lines[i]->base));
	}
	output_json(all, false);
}

bool cmd_affiliate_ledger(struct cli *cli, struct err *e)
{
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct pages *pages =
		read_ledger(cli, cli_operand(cli, 1), cli_value(cli, "from"), cli_value(cli, "to"), e);
	if (pages && cli->json)
		print_json(pages);
	else if (pages)
		print_table(pages, &shop);
	if (pages)
		pages_free(pages);
	shop_fini(&shop);
	return pages != NULL;
}

// ---- what is due ---------------------------------------------------------------------------------------

struct due {
	const Utarg__V1__LedgerLine **lines; // by partner, the largest amounts first
	size_t count;
};

static int by_partner(const void *a, const void *b)
{
	const Utarg__V1__LedgerLine *x = *(const Utarg__V1__LedgerLine *const *)a;
	const Utarg__V1__LedgerLine *y = *(const Utarg__V1__LedgerLine *const *)b;
	int order = strcmp(x->affiliate, y->affiliate);
	if (order)
		return order;
	if (x->due_minor != y->due_minor)
		return x->due_minor > y->due_minor ? -1 : 1;
	order = strcmp(x->order_id, y->order_id);
	return order ? order : strcmp(x->rule_id, y->rule_id);
}

static void find_due(const struct pages *pages, int64_t until_ms, struct due *out)
{
	size_t most = 0;
	for (size_t p = 0; p < pages->count; p++)
		most += pages->replies[p]->affiliate_ledger->n_lines;
	out->lines = calloc(most + 1, sizeof(const Utarg__V1__LedgerLine *));
	out->count = 0;
	if (!out->lines)
		abort();
	for (size_t p = 0; p < pages->count; p++) {
		const Utarg__V1__AffiliateLedgerReply *page = pages->replies[p]->affiliate_ledger;
		for (size_t i = 0; i < page->n_lines; i++)
			if (page->lines[i]->due_minor != 0 && page->lines[i]->due_at_ms < until_ms)
				out->lines[out->count++] = page->lines[i];
	}
	qsort(out->lines, out->count, sizeof(out->lines[0]), by_partner);
}

// The day and its end.
static bool read_until(struct cli *cli, const struct shop *shop, char day[DAY_SIZE], int64_t *end_ms,
		       struct err *e)
{
	const char *text = cli_value(cli, "until");
	struct zone_date date = zone_date(&shop->zone, clock_now_ms());
	if (text && !zone_date_parse(text, &date))
		return err_field(e, ERR_BAD_TIME, "until", "--until \"%.40s\" is no day, as in 2026-11-23",
				 text);
	snprintf(day, DAY_SIZE, "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	*end_ms = zone_day_start_ms(&shop->zone, zone_date_add(date, 1));
	return true;
}

static void csv_field(const char *text, char end)
{
	if (strpbrk(text, "\",\r\n") == NULL) {
		printf("%s%c", text, end);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	printf("\"%c", end);
}

static void print_csv(const struct due *due, const struct shop *shop)
{
	char text[OUTPUT_TEXT_SIZE];
	puts("affiliate,order_id,rule_id,placed_at,due_at,base,commission,paid,due,currency,why");
	for (size_t i = 0; i < due->count; i++) {
		const Utarg__V1__LedgerLine *line = due->lines[i];
		const int64_t amounts[] = {line->base_minor, line->commission_minor, line->paid_minor,
					   line->due_minor};
		csv_field(line->affiliate, ',');
		csv_field(line->order_id, ',');
		csv_field(line->rule_id, ',');
		csv_field(output_shop_time(&shop->zone, line->placed_at_ms, text), ',');
		csv_field(output_shop_time(&shop->zone, line->due_at_ms, text), ',');
		for (size_t k = 0; k < sizeof(amounts) / sizeof(amounts[0]); k++)
			csv_field(amount(amounts[k], shop->currency, text), ',');
		csv_field(shop->currency, ',');
		csv_field(line->why, '\n');
	}
}

static size_t lines_of_partner(const struct due *due, size_t from, int64_t *sum_minor)
{
	size_t count = 0;
	*sum_minor = 0;
	while (from + count < due->count &&
	       strcmp(due->lines[from + count]->affiliate, due->lines[from]->affiliate) == 0)
		*sum_minor += due->lines[from + count++]->due_minor;
	return count;
}

static void print_sums(const struct cli *cli, const struct due *due, const struct shop *shop)
{
	static const char *const titles[] = {"PARTNER", ">LINES", ">DUE", NULL};
	struct table *table = table_create(titles);
	json_t *all = json_array();
	char text[OUTPUT_TEXT_SIZE];
	int64_t sum;
	for (size_t i = 0, count; i < due->count; i += count) {
		count = lines_of_partner(due, i, &sum);
		table_cell(table, due->lines[i]->affiliate);
		table_format(table, "%zu", count);
		table_cell(table, output_money(sum, shop->currency, text));
		json_array_append_new(all,
				      json_pack("{s:s, s:I, s:I, s:s}", "affiliate", due->lines[i]->affiliate,
						"lines", (json_int_t)count, "due_minor", (json_int_t)sum,
						"currency", shop->currency));
	}
	if (cli->json)
		output_json(all, false);
	else
		table_print(table, stdout, "Nothing is due.");
	if (!cli->json)
		json_decref(all);
	table_destroy(table);
}

bool cmd_affiliate_payout(struct cli *cli, struct err *e)
{
	struct shop shop;
	struct due due = {NULL, 0};
	char day[DAY_SIZE];
	int64_t end_ms;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct pages *pages = read_until(cli, &shop, day, &end_ms, e)
				      ? read_ledger(cli, cli_operand(cli, 1), NULL, NULL, e)
				      : NULL;
	if (pages) {
		find_due(pages, end_ms, &due);
		if (cli_switch(cli, "csv"))
			print_csv(&due, &shop);
		else
			print_sums(cli, &due, &shop);
		pages_free(pages);
	}
	free(due.lines);
	shop_fini(&shop);
	return pages != NULL;
}

// ---- paying --------------------------------------------------------------------------------------------

struct payment { // one command
	Utarg__V1__AffiliatePaid paid;
	Utarg__V1__AffiliatePaidLine lines[LINES_A_PAYOUT];
	Utarg__V1__AffiliatePaidLine *at[LINES_A_PAYOUT];
};

static void fill(struct payment *payment, const struct due *due, size_t from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const Utarg__V1__LedgerLine *line = due->lines[from + i];
		utarg__v1__affiliate_paid_line__init(&payment->lines[i]);
		payment->lines[i].order_id = line->order_id;
		payment->lines[i].rule_id = line->rule_id;
		payment->lines[i].amount_minor = line->due_minor;
		payment->lines[i].paid_before_minor = line->paid_minor;
		payment->at[i] = &payment->lines[i];
		payment->paid.amount_minor += line->due_minor;
	}
	payment->paid.lines = payment->at;
	payment->paid.n_lines = count;
}

static bool send_payment(struct cli *cli, struct payment *payment, struct err *e)
{
	Utarg__V1__AffiliatePayoutRequest pay = UTARG__V1__AFFILIATE_PAYOUT_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	uint8_t id[UUID_SIZE];
	char text[OUTPUT_TEXT_SIZE];
	uuid_v7(clock_now_ms(), id);
	pay.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	pay.shop = text_borrow(cli_operand(cli, 0));
	pay.payout = &payment->paid;
	request.body_case = UTARG__V1__REQUEST__BODY_AFFILIATE_PAYOUT;
	request.affiliate_payout = &pay;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_AFFILIATE_PAYOUT;
	if (done && cli->json)
		output_message(&reply->affiliate_payout->base, true);
	else if (done)
		printf("%s to %s for %zu lines, payout %s (event %llu).\n",
		       output_money(payment->paid.amount_minor, payment->paid.currency, text),
		       payment->paid.affiliate, payment->paid.n_lines, payment->paid.payout_id,
		       (unsigned long long)reply->affiliate_payout->seq);
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a payout");
}

static bool pay_all(struct cli *cli, const struct due *due, const char *day, const char *currency,
		    struct err *e)
{
	const char *id = cli_value(cli, "id");
	bool ok = true;
	if (due->count == 0)
		return err_set(e, ERR_REFUSED, "nothing is due to %.63s by the end of %s",
			       cli_operand(cli, 1), day);
	struct payment *payment = malloc(sizeof(*payment));
	if (!payment)
		abort();
	for (size_t from = 0; ok && from < due->count; from += LINES_A_PAYOUT) {
		char name[80];
		size_t left = due->count - from;
		if (from)
			snprintf(name, sizeof(name), "%.50s/%zu", id ? id : day, from / LINES_A_PAYOUT + 1);
		else
			snprintf(name, sizeof(name), "%.64s", id ? id : day);
		utarg__v1__affiliate_paid__init(&payment->paid);
		payment->paid.payout_id = name;
		payment->paid.affiliate = text_borrow(cli_operand(cli, 1));
		payment->paid.until_day = text_borrow(day);
		payment->paid.currency = text_borrow(currency);
		fill(payment, due, from, left < LINES_A_PAYOUT ? left : LINES_A_PAYOUT);
		ok = send_payment(cli, payment, e);
	}
	free(payment);
	return ok;
}

bool cmd_affiliate_pay(struct cli *cli, struct err *e)
{
	struct shop shop;
	struct due due = {NULL, 0};
	char day[DAY_SIZE];
	int64_t end_ms;
	bool paid = false;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct pages *pages = read_until(cli, &shop, day, &end_ms, e)
				      ? read_ledger(cli, cli_operand(cli, 1), NULL, NULL, e)
				      : NULL;
	if (pages) {
		find_due(pages, end_ms, &due);
		paid = pay_all(cli, &due, day, currency_of(pages), e);
		pages_free(pages);
	}
	free(due.lines);
	shop_fini(&shop);
	return paid;
}
