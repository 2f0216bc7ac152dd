// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg books`: asks metrics on which orders of a day the shop's own books (order_digest) and the journal do
// not agree, and says what differs.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/text.h"
#include "common/json/json.h"

#include <stdio.h>
#include <string.h>

const struct cli_option cmd_books_options[] = {
	{"day", "DAY", "the shop's local day: 2026-11-23"},
	{"settled", NULL, "fail when metrics has not read all that the journal has now within 60 s"},
	{0},
};

const char cmd_books_details[] = "The shop's books of a day are its latest order_digest. An order agrees "
				 "when it is in the journal with "
				 "the same\n"
				 "status, gross and currency; one that the books do not name is extra. Books "
				 "without rows are compared by "
				 "number\n"
				 "and gross of the day's orders.\n";

// ---- what differs ----

enum { DIFFERENCE_SIZE = 64 };

static void add_word(char out[DIFFERENCE_SIZE], bool differs, const char *word)
{
	size_t used = strlen(out);
	if (differs)
		snprintf(out + used, DIFFERENCE_SIZE - used, "%s%s", used ? ", " : "", word);
}

static const char *difference(const Utarg__V1__BooksOrder *order, char out[DIFFERENCE_SIZE])
{
	const Utarg__V1__BooksSide *books = order->books, *journal = order->journal;
	if (!journal)
		return "missing";
	if (!books)
		return "extra";
	out[0] = '\0';
	add_word(out, books->cancelled != journal->cancelled, "status");
	add_word(out, books->gross_minor != journal->gross_minor, "gross");
	add_word(out, strcmp(books->currency, journal->currency) != 0, "currency");
	return out;
}

// ---- printing ----

static const char *status_of(const Utarg__V1__BooksSide *side)
{
	return side->cancelled ? "cancelled" : "placed";
}

static json_t *side_to_json(const Utarg__V1__BooksSide *side)
{
	if (!side)
		return json_null();
	return json_pack("{s:s, s:I, s:s}", "status", status_of(side), "gross_minor",
			 (json_int_t)side->gross_minor, "currency", side->currency);
}

static json_t *sum_to_json(const Utarg__V1__BooksSum *sum)
{
	if (!sum)
		return json_null();
	return json_pack("{s:I, s:I, s:s}", "orders", (json_int_t)sum->orders, "gross_minor",
			 (json_int_t)sum->gross_minor, "currency", sum->currency);
}

static void print_json(const Utarg__V1__BooksReply *books)
{
	json_t *orders = json_array();
	for (size_t i = 0; i < books->n_orders; i++) {
		const Utarg__V1__BooksOrder *order = books->orders[i];
		char text[DIFFERENCE_SIZE];
		json_array_append_new(
			orders,
			json_pack("{s:s, s:s, s:o, s:o, s:s}", "order_id", order->order_id, "difference",
				  difference(order, text), "books", side_to_json(order->books), "journal",
				  side_to_json(order->journal), "placed_day", order->placed_day));
	}
	output_json(json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I}", "shop",
			      books->shop, "day", books->day, "has_books", books->has_books, "day_agrees",
			      books->day_agrees, "rows", (json_int_t)books->rows, "agreeing",
			      (json_int_t)books->agreeing, "missing", (json_int_t)books->missing, "extra",
			      (json_int_t)books->extra, "orders", orders, "books", sum_to_json(books->books),
			      "journal", sum_to_json(books->journal), "as_of_seq",
			      (json_int_t)books->as_of_seq),
		    false);
}

static void side_cell(struct table *table, const Utarg__V1__BooksSide *side)
{
	char money[OUTPUT_TEXT_SIZE];
	if (!side)
		table_cell(table, "-");
	else
		table_format(table, "%s %s", status_of(side),
			     output_money(side->gross_minor, side->currency, money));
}

static void print_sums(const Utarg__V1__BooksReply *books)
{
	char told[OUTPUT_TEXT_SIZE], found[OUTPUT_TEXT_SIZE];
	printf("The books say %lld orders of %s, the journal has %lld of %s: the day %s.\n",
	       (long long)books->books->orders,
	       output_money(books->books->gross_minor, books->books->currency, told),
	       (long long)books->journal->orders,
	       output_money(books->journal->gross_minor, books->journal->currency, found),
	       books->day_agrees ? "agrees" : "does not agree");
}

static void print_table(const Utarg__V1__BooksReply *books)
{
	static const char *const titles[] = {"ORDER", "DIFFERENCE", "BOOKS", "JOURNAL", "PLACED", NULL};
	char text[DIFFERENCE_SIZE];
	if (!books->has_books) {
		printf("%s has no books of %s.\n", books->shop, books->day);
		return;
	}
	if (books->books && books->journal) {
		print_sums(books);
		return;
	}
	printf("%lld of %lld orders in the books agree; %lld missing, %lld extra.\n",
	       (long long)books->agreeing, (long long)books->rows, (long long)books->missing,
	       (long long)books->extra);
	struct table *table = table_create(titles);
	for (size_t i = 0; i < books->n_orders; i++) {
		const Utarg__V1__BooksOrder *order = books->orders[i];
		table_cell(table, order->order_id);
		table_cell(table, difference(order, text));
		side_cell(table, order->books);
		side_cell(table, order->journal);
		table_cell(table, *order->placed_day ? order->placed_day : "-");
	}
	if (books->n_orders > 0)
		table_print(table, stdout, NULL);
	table_destroy(table);
}

// ---- asking ----

static bool ask(struct cli *cli, const char *slug, const char *day, Utarg__V1__Reply **reply, struct err *e)
{
	Utarg__V1__BooksRequest books = UTARG__V1__BOOKS_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	books.shop = text_borrow(slug);
	books.day = text_borrow(day);
	request.body_case = UTARG__V1__REQUEST__BODY_BOOKS;
	request.books = &books;
	return remote_ask(cli, SVC_METRICS, &request, UTARG__V1__REPLY__BODY_BOOKS, "books", reply, e);
}

bool cmd_books(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	struct err note = {0};
	const char *slug = cli_operand(cli, 0), *day = cli_value(cli, "day");
	if (!day)
		return err_field(e, ERR_MISSING_FIELD, "day", "of which day? Give --day 2026-11-23");
	if (!kpi_settle(cli, slug, &note, e) || !ask(cli, slug, day, &reply, e))
		return false;
	if (note.code != ERR_OK)
		fprintf(stderr, "utarg: %s\n", note.text);
	if (cli->json)
		print_json(reply->books);
	else
		print_table(reply->books);
	client_reply_free(reply);
	return true;
}
