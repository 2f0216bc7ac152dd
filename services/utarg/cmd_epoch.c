// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg epoch raise|list`: for whoever has put an older copy of the database back by means of his own.
#include "services/utarg/commands.h"
#include "services/utarg/epochs.h"
#include "services/utarg/keep.h"
#include "services/utarg/output.h"
#include "services/utarg/table.h"

#include "common/base/text.h"

#include <string.h>

const struct cli_option cmd_epoch_raise_options[] = {
	{"all", NULL, "every shop's, as after a restore of the whole database"},
	{"why", "TEXT", "the reason, kept beside it (required)"},
	{"database", "CONNINFO",
	 "libpq connection string of the owner, with passfile=FILE (UTARG_DATABASE, default: the "
	 "instance's)"},
	{0},
};

const char cmd_epoch_raise_details[] =
	"After an older copy of the database was put back: what was acknowledged since the copy is lost, and "
	"its places in\n"
	"the journal are given again. A new epoch says so. Ingest gives it with each acknowledgement; "
	"metrics "
	"and campaign\n"
	"drop what they know of the shop and read its journal from the first event; updates and doorbells "
	"carry "
	"it. A\n"
	"publisher that holds acknowledgements of an older epoch sends those events again: what survived is "
	"DUPLICATE.\n"
	"Raise before publishers are let in again (`utarg up --restored TEXT` does it before ingest starts). "
	"The new "
	"number is\n"
	"the second of the raise, so that none is ever used twice.\n";

const struct cli_option cmd_epoch_list_options[] = {
	{"database", "CONNINFO",
	 "libpq connection string, with passfile=FILE (UTARG_DATABASE, default: the instance's)"},
	{0},
};

static void print_raised(const struct cli *cli, const struct db_result *raised)
{
	static const char *const titles[] = {"SHOP", ">EPOCH BEFORE", ">EPOCH", ">EVENTS", NULL};
	json_t *all = json_array();
	struct table *table = table_create(titles);
	for (int row = 0; row < db_rows(raised); row++) {
		const char *slug = db_get_text(raised, row, 0);
		table_cell(table, slug);
		for (int column = 1; column < 4; column++)
			table_format(table, "%lld", (long long)db_get_int(raised, row, column));
		json_array_append_new(all, json_pack("{s:s, s:I, s:I, s:I}", "shop", slug, "from_epoch",
						     (json_int_t)db_get_int(raised, row, 1), "epoch",
						     (json_int_t)db_get_int(raised, row, 2), "seq",
						     (json_int_t)db_get_int(raised, row, 3)));
	}
	if (cli->json)
		output_json(json_incref(all), false);
	else
		table_print(table, stdout, "There is no shop yet.");
	json_decref(all);
	table_destroy(table);
}

static bool raise_now(struct db *db, const char *slug, const char *why, struct db_result **raised,
		      struct err *e)
{
	char by[KEEP_BY_SIZE];
	keep_by(by);
	if (!db_begin(db, e))
		return false;
	if (!epochs_raise(db, slug, epochs_least_after_restore(), by, why, raised, e)) {
		db_rollback(db);
		return false;
	}
	switch (db_commit(db, e)) {
	case DB_COMMITTED:
		return true;
	case DB_UNKNOWN:
		return err_set(
			e, ERR_BUSY,
			"the database went away while committing: look with `utarg epoch list`; raising "
			"twice does no harm");
	default:
		return false;
	}
}

bool cmd_epoch_raise(struct cli *cli, struct err *e)
{
	const char *slug = cli_operand(cli, 0), *why = cli_value(cli, "why");
	struct db_result *raised = NULL;
	if ((slug != NULL) == cli_switch(cli, "all"))
		return err_field(e, ERR_BAD_FIELD, "shop", "name a shop, or give --all");
	if (slug && !text_is_slug(slug))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", slug);
	if (!why || !*why || strlen(why) > 1000)
		return err_field(
			e, ERR_MISSING_FIELD, "why",
			"--why is needed, 1 to 1000 bytes, such as --why \"backup of Monday restored\"");
	struct db *db = keep_open(cli, "utarg_owner", e);
	bool done = db && raise_now(db, slug ? slug : "", why, &raised, e);
	if (done)
		print_raised(cli, raised);
	db_result_free(raised);
	db_destroy(db);
	return done;
}

static void print_list(const struct cli *cli, const struct db_result *rows)
{
	static const char *const titles[] = {"SHOP", "RAISED", ">FROM", ">TO", ">EVENTS", "BY", "WHY", NULL};
	char time[OUTPUT_TEXT_SIZE];
	json_t *all = json_array();
	struct table *table = table_create(titles);
	for (int row = 0; row < db_rows(rows); row++) {
		table_cell(table, db_get_text(rows, row, 0));
		table_cell(table, output_time(db_get_time_ms(rows, row, 4), time));
		for (int column = 1; column < 4; column++)
			table_format(table, "%lld", (long long)db_get_int(rows, row, column));
		table_cell(table, db_get_text(rows, row, 5));
		table_cell(table, db_get_text(rows, row, 6));
		json_array_append_new(all,
				      json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "shop",
						db_get_text(rows, row, 0), "from_epoch",
						(json_int_t)db_get_int(rows, row, 1), "epoch",
						(json_int_t)db_get_int(rows, row, 2), "seq",
						(json_int_t)db_get_int(rows, row, 3), "raised_at_ms",
						(json_int_t)db_get_time_ms(rows, row, 4), "by",
						db_get_text(rows, row, 5), "why", db_get_text(rows, row, 6)));
	}
	if (cli->json)
		output_json(json_incref(all), false);
	else
		table_print(table, stdout, "No epoch was ever raised: every journal is in its first.");
	json_decref(all);
	table_destroy(table);
}

bool cmd_epoch_list(struct cli *cli, struct err *e)
{
	const char *slug = cli_operand(cli, 0);
	struct db_value name = db_text(slug ? slug : "");
	struct db_result *rows = NULL;
	struct db *db = keep_open(cli, "utarg_operator", e);
	bool done = db && keep_run(db, "utarg_operator", "keep_epoch_list", &name, 1, &rows, e);
	if (done)
		print_list(cli, rows);
	db_result_free(rows);
	db_destroy(db);
	return done;
}
