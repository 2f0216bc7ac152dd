// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg quarantine list|show|retry|drop`: what PostgreSQL refused. Looking is utarg_operator's; taking away
// needs the role that put there, utarg_ingest (or the owner).
#include "services/utarg/commands.h"
#include "services/utarg/keep.h"
#include "services/utarg/output.h"
#include "services/utarg/quarantine.h"
#include "services/utarg/table.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 100, LIST_DEFAULT = 100, LIST_MAX = 10000 };

#define DATABASE_ROW                                                                                         \
	{                                                                                                    \
		"database", "CONNINFO",                                                                      \
			"libpq connection string, with passfile=FILE (UTARG_DATABASE, default: the "         \
			"instance's)"                                                                        \
	}

const struct cli_option cmd_quarantine_list_options[] = {
	{"shop", "SLUG", "of this shop only"},
	{"limit", "N", "at most so many, the oldest first (default 100)"},
	DATABASE_ROW,
	{0},
};
const struct cli_option cmd_quarantine_show_options[] = {DATABASE_ROW, {0}};
const struct cli_option cmd_quarantine_retry_options[] = {
	{"all", NULL, "everything in quarantine"},
	{"shop", "SLUG", "with --all: of this shop only"},
	DATABASE_ROW,
	{0},
};
const struct cli_option cmd_quarantine_drop_options[] = {
	{"yes", NULL, "do not ask"},
	{"why", "TEXT", "the reason, for the log"},
	DATABASE_ROW,
	{0},
};

const char cmd_quarantine_retry_details[] =
	"Sends the stored bytes through ingest again, with their id, origin and principal, once what refused "
	"them "
	"is mended;\n"
	"the time of receipt is a new one. What is accepted, or was accepted meanwhile (DUPLICATE), leaves "
	"quarantine;\n"
	"the rest stays. Run again after an interruption, nothing is doubled. Asks with ingest's own key, "
	"since it "
	"speaks for\n"
	"whoever sent the event (whose key must still be good); without an instance give one by "
	"--key-file.\n";
const char cmd_quarantine_drop_details[] = "Deletes for good. Who did it and what it was stands in "
					   "<data>/log/operator.log (on standard error where no "
					   "instance is).\n";

static const char reader[] = "utarg_operator", keeper[] = "utarg_ingest";

static bool read_page(struct db *db, const char *shop, int64_t after, int64_t limit, struct db_result **rows,
		      struct err *e)
{
	struct db_value values[] = {db_text(shop ? shop : ""), db_int8(after), db_int8(limit)};
	return keep_run(db, reader, "keep_quarantine_page", values, 3, rows, e);
}

// One row by the text of its number; the result is the caller's.
static bool read_one(struct db *db, const char *text, struct db_result **rows, struct err *e)
{
	int64_t id;
	if (!text_to_int(text, 1, INT64_MAX, &id))
		return err_field(e, ERR_BAD_FIELD, "id", "\"%.40s\" is no number of `quarantine list`", text);
	struct db_value value = db_int8(id);
	if (!keep_run(db, reader, "keep_quarantine_row", &value, 1, rows, e))
		return false;
	if (db_rows(*rows) == 1)
		return true;
	db_result_free(*rows);
	*rows = NULL;
	return err_field(e, ERR_BAD_FIELD, "id", "there is no %.40s in quarantine", text);
}

// ---- list, show ----------------------------------------------------------------------------------------

static void print_list(const struct db_result *rows)
{
	static const char *const titles[] = {">ID", "SHOP", "RECEIVED", "KIND", "EVENT", "CODE", "WHY", NULL};
	struct table *table = table_create(titles);
	for (int i = 0; i < db_rows(rows); i++) {
		struct quarantine_row row;
		char time[OUTPUT_TEXT_SIZE], id[UUID_TEXT_SIZE];
		quarantine_row_from(rows, i, &row);
		uuid_format(row.event_id, id);
		table_format(table, "%lld", (long long)row.id);
		table_cell(table, row.shop);
		table_cell(table, output_time(row.received_at_ms, time));
		table_cell(table, quarantine_kind(&row));
		table_cell(table, id);
		table_cell(table, err_name(row.code));
		table_cell(table, row.sentence);
	}
	table_print(table, stdout, "Nothing is in quarantine.");
	table_destroy(table);
}

static void print_list_json(const struct db_result *rows)
{
	json_t *all = json_array();
	for (int i = 0; i < db_rows(rows); i++) {
		struct quarantine_row row;
		quarantine_row_from(rows, i, &row);
		json_array_append_new(all, quarantine_json(&row));
	}
	output_json(all, false);
}

bool cmd_quarantine_list(struct cli *cli, struct err *e)
{
	int64_t limit;
	struct db_result *rows = NULL;
	if (!cli_number(cli, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit, e))
		return false;
	struct db *db = keep_open(cli, reader, e);
	bool done = db && read_page(db, cli_value(cli, "shop"), 0, limit, &rows, e);
	if (done && cli->json)
		print_list_json(rows);
	else if (done)
		print_list(rows);
	if (done && !cli->json && db_rows(rows) == limit)
		printf("There may be more: --limit.\n");
	db_result_free(rows);
	db_destroy(db);
	return done;
}

static void print_one(const struct quarantine_row *row)
{
	char time[OUTPUT_TEXT_SIZE], origin[OUTPUT_TEXT_SIZE];
	printf("Shop:       %s\n", row->shop);
	printf("Kind:       %s\n", quarantine_kind(row));
	printf("Received:   %s, from %s (%s)\n", output_time(row->received_at_ms, time), row->principal,
	       output_enum(&utarg__v1__origin__descriptor, (int)row->origin, "ORIGIN_", origin));
	printf("Refused:    %s: %s\n", err_name(row->code), row->sentence);
	json_t *whole = quarantine_json(row), *publication = json_object();
	json_object_set(publication, "event", json_object_get(whole, "event"));
	if (json_object_get(whole, "subject"))
		json_object_set(publication, "subject", json_object_get(whole, "subject"));
	json_decref(whole);
	output_json(publication, false);
}

bool cmd_quarantine_show(struct cli *cli, struct err *e)
{
	struct db_result *rows = NULL;
	struct quarantine_row row;
	struct db *db = keep_open(cli, reader, e);
	bool done = db && read_one(db, cli_operand(cli, 0), &rows, e);
	if (done) {
		quarantine_row_from(rows, 0, &row);
		if (cli->json)
			output_json(quarantine_json(&row), false);
		else
			print_one(&row);
	}
	db_result_free(rows);
	db_destroy(db);
	return done;
}

// ---- retry ---------------------------------------------------------------------------------------------

struct retry {
	struct cli *cli;
	struct db *db;
	int64_t tried, accepted;
	struct err first; // of those that stay
	json_t *told;
};

static bool take_away(struct db *db, int64_t id, struct err *e)
{
	struct db_value value = db_int8(id);
	return keep_run(db, keeper, "keep_quarantine_delete", &value, 1, NULL, e);
}

static void note(struct cli *cli, const char *event, const struct quarantine_row *row, const char *why)
{
	char by[KEEP_BY_SIZE], id[UUID_TEXT_SIZE];
	keep_by(by);
	uuid_format(row->event_id, id);
	const struct log_field fields[] = {LOG_INT("id", row->id),
					   LOG_STR("shop", row->shop),
					   LOG_STR("event_id", id),
					   LOG_STR("kind", quarantine_kind(row)),
					   LOG_STR("refused", row->sentence),
					   LOG_STR("by", by),
					   LOG_STR("why", why)};
	keep_note(cli, event, fields, sizeof(fields) / sizeof(fields[0]));
}

static void tell(struct retry *r, const struct quarantine_row *row, enum err_code code, const char *message)
{
	if (r->cli->json)
		json_array_append_new(r->told,
				      json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)row->id, "shop",
						row->shop, "code", err_name(code), "message", message));
	else
		printf("%lld %s%s%s\n", (long long)row->id, err_name(code), *message ? ": " : "", message);
}

static bool retry_row(struct retry *r, const struct quarantine_row *row, struct err *e)
{
	enum err_code code = ERR_INTERNAL;
	char message[ERR_TEXT_SIZE] = "";
	if (!quarantine_publish(r->cli, row, &code, message, e))
		return false;
	bool is_in = code == ERR_OK || code == ERR_DUPLICATE;
	if (is_in && !take_away(r->db, row->id, e))
		return false;
	if (is_in)
		note(r->cli, "quarantine_retried", row, "");
	r->tried++;
	r->accepted += is_in;
	if (!is_in && r->first.code == ERR_OK)
		err_set(&r->first, code, "%lld: %s", (long long)row->id, *message ? message : err_name(code));
	tell(r, row, code, message);
	return true;
}

static bool retry_rows(struct retry *r, const struct db_result *rows, struct err *e)
{
	for (int i = 0; i < db_rows(rows); i++) {
		struct quarantine_row row;
		quarantine_row_from(rows, i, &row);
		if (!retry_row(r, &row, e))
			return false;
	}
	return true;
}

static bool retry_named(struct retry *r, struct err *e)
{
	for (int i = 0; i < r->cli->operand_count; i++) {
		struct db_result *rows = NULL;
		bool done = read_one(r->db, cli_operand(r->cli, i), &rows, e) && retry_rows(r, rows, e);
		db_result_free(rows);
		if (!done)
			return false;
	}
	return true;
}

static bool retry_all(struct retry *r, struct err *e)
{
	int64_t after = 0;
	for (;;) {
		struct db_result *rows = NULL;
		if (!read_page(r->db, cli_value(r->cli, "shop"), after, PAGE, &rows, e))
			return false;
		int count = db_rows(rows);
		if (count > 0)
			after = db_get_int(rows, count - 1, 0);
		bool done = retry_rows(r, rows, e);
		db_result_free(rows);
		if (!done || count < PAGE)
			return done;
	}
}

bool cmd_quarantine_retry(struct cli *cli, struct err *e)
{
	struct retry r = {.cli = cli, .told = json_array()};
	bool all = cli_switch(cli, "all");
	bool done = all != (cli->operand_count > 0) ||
		    err_field(e, ERR_BAD_FIELD, "id", "name what to send again, or give --all");
	if (done && !all && cli_value(cli, "shop"))
		done = err_field(e, ERR_BAD_FIELD, "shop", "--shop goes with --all");
	done = done && (r.db = keep_open(cli, keeper, e)) != NULL &&
	       (all ? retry_all(&r, e) : retry_named(&r, e));
	if (cli->json)
		output_json(json_incref(r.told), false);
	else if (done)
		printf("%lld of %lld accepted.\n", (long long)r.accepted, (long long)r.tried);
	json_decref(r.told);
	db_destroy(r.db);
	if (done && r.first.code != ERR_OK)
		return err_set(e, r.first.code, "%lld of %lld stay in quarantine; the first is %.200s",
			       (long long)(r.tried - r.accepted), (long long)r.tried, r.first.text);
	return done;
}

// ---- drop ----------------------------------------------------------------------------------------------

static bool is_sure(const struct cli *cli, struct err *e)
{
	char answer[16] = "";
	if (cli_switch(cli, "yes"))
		return true;
	if (!isatty(STDIN_FILENO))
		return err_field(e, ERR_MISSING_FIELD, "yes", "dropping is for good: say so with --yes");
	fprintf(stderr, "Drop %d event%s for good? [y/N] ", cli->operand_count,
		cli->operand_count == 1 ? "" : "s");
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return err_set(e, ERR_REFUSED, "nothing was dropped");
}

static bool drop_one(struct cli *cli, struct db *db, const char *text, struct err *e)
{
	struct db_result *rows = NULL;
	struct quarantine_row row;
	const char *why = cli_value(cli, "why");
	bool done = read_one(db, text, &rows, e);
	if (done) {
		quarantine_row_from(rows, 0, &row);
		done = take_away(db, row.id, e);
	}
	if (done)
		note(cli, "quarantine_dropped", &row, why ? why : "");
	db_result_free(rows);
	return done;
}

bool cmd_quarantine_drop(struct cli *cli, struct err *e)
{
	struct db *db = NULL;
	int dropped = 0;
	bool done = is_sure(cli, e) && (db = keep_open(cli, keeper, e)) != NULL;
	for (; done && dropped < cli->operand_count; dropped += done)
		done = drop_one(cli, db, cli_operand(cli, dropped), e);
	if (cli->json)
		output_json(json_pack("{s:i}", "dropped", dropped), false);
	else if (dropped > 0)
		printf("%d dropped.\n", dropped);
	db_destroy(db);
	return done;
}
