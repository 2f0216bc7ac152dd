// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg forget`: erases a person and proves it. What is done to the database is forget.c's, the proof
// forget_search.c's; here is who is meant, what becomes of the freed space, and what is told.
#include "services/utarg/commands.h"
#include "services/utarg/forget.h"
#include "services/utarg/forget_search.h"
#include "services/utarg/instance.h"
#include "services/utarg/keep.h"
#include "services/utarg/output.h"
#include "services/utarg/pseudonyms.h"
#include "services/utarg/remote.h"

#include "common/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX_BYTES = 1000 };

const struct cli_option cmd_forget_options[] = {
	{"customer", "REF",
	 "the customer as the shop calls him, and every visitor seen beside him; - reads it from a line"},
	{"visitor", "ID", "the visitor as the shop calls him; - reads it from a line"},
	{"reason", "TEXT", "stands in the journal beside the erasure; name nobody (default: none)"},
	{"again", NULL, "after an older copy of the database was put back: all erasures it does not know"},
	{"rewrite", NULL,
	 "write the tables anew, so that no freed space holds what went; they are locked meanwhile"},
	{"key", "FILE", "the pseudonyms' key (UTARG_PSEUDONYM_KEY, default: the instance's)"},
	{"record", "FILE", "the record of erasures (UTARG_ERASURES, default: <data>/erasures.jsonl)"},
	{"database", "CONNINFO",
	 "libpq connection string of the owner, with passfile=FILE (UTARG_DATABASE, default: the "
	 "instance's)"},
	{0},
};

const char cmd_forget_details[] =
	"In one transaction the person's pseudonyms are replaced, everywhere and by the same ones, by random "
	"ones that\n"
	"nothing maps to; click ids, addresses and search words of their events go. Then every column of "
	"every table, and "
	"the\n"
	"logs, are searched: ends with 0 when nothing is found and with 6 when something is. Figures, chain "
	"and replay stay "
	"what\n"
	"they were; the shop's journal gets a subject_erasure and a new epoch. What the same person does "
	"later is another\n"
	"person's. Works while everything runs; appends to this shop wait for the moment.\n\n"
	"Not reached: backups and dumps made before (--again erases anew what a restored one brings back, by "
	"the record),\n"
	"an outbox or log of the shop's own, and bytes on disk that are free to be overwritten: pages of the "
	"tables (see\n"
	"--rewrite) and old write-ahead log, which PostgreSQL overwrites as it goes.\n";

// ---- whom, and with what -------------------------------------------------------------------------------

// What is needed besides the order itself; texts in it are borrowed from here.
struct setting {
	char key[CLI_PATH_SIZE], record[CLI_PATH_SIZE], logs[CLI_PATH_SIZE], by[KEEP_BY_SIZE];
	char *lines[2]; // read from standard input
};

static const char *given(const struct cli *cli, const char *option, const char *variable)
{
	const char *value = cli_value(cli, option), *from_environment = getenv(variable);
	return value ? value : from_environment && *from_environment ? from_environment : NULL;
}

static bool find_files(struct cli *cli, struct setting *setting, struct err *e)
{
	struct instance instance;
	const char *key = given(cli, "key", "UTARG_PSEUDONYM_KEY");
	const char *record = given(cli, "record", "UTARG_ERASURES");
	struct err why = {0};
	bool is_here = instance_open(&instance, cli, false, &why);
	if (!is_here && (!key || !record)) {
		*e = why;
		return false;
	}
	if (is_here) {
		pseudonyms_path(&instance, setting->key);
		instance_path(&instance, "erasures.jsonl", setting->record);
		instance_path(&instance, "log", setting->logs);
		instance_close(&instance);
	}
	if ((key && !text_copy(setting->key, sizeof(setting->key), key)) ||
	    (record && !text_copy(setting->record, sizeof(setting->record), record)))
		return err_field(e, ERR_BAD_FIELD, "key", "the name of a file is too long");
	return true;
}

// The option's value; "-": the next line of standard input, so that it stands in no list of processes.
static bool take_name(const struct cli *cli, const char *option, char **line, const char **out, struct err *e)
{
	size_t room = 0;
	*out = cli_value(cli, option);
	if (*out && strcmp(*out, "-") == 0) {
		if (getline(line, &room, stdin) < 0)
			return err_field(e, ERR_MISSING_FIELD, option, "there is no line for --%s", option);
		(*line)[strcspn(*line, "\r\n")] = '\0';
		*out = *line;
	}
	if (*out && (**out == '\0' || strlen(*out) > ERASED_NAME_SIZE || !text_is_utf8(*out, strlen(*out))))
		return err_field(e, ERR_BAD_FIELD, option, "--%s has 1 to %d bytes of UTF-8", option,
				 ERASED_NAME_SIZE);
	return true;
}

static bool take_order(struct cli *cli, struct setting *setting, struct forget_order *order, struct err *e)
{
	const char *reason = cli_value(cli, "reason");
	order->shop = cli_operand(cli, 0);
	order->reason = reason ? reason : "";
	order->record = setting->record;
	order->by = setting->by;
	keep_by(setting->by);
	if (order->shop && !text_is_slug(order->shop))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", order->shop);
	if (strlen(order->reason) > REASON_MAX_BYTES || !text_is_utf8(order->reason, strlen(order->reason)))
		return err_field(e, ERR_BAD_FIELD, "reason", "--reason has at most %d bytes of UTF-8",
				 REASON_MAX_BYTES);
	if (!take_name(cli, "customer", &setting->lines[PSEUDONYM_CUSTOMER], &order->customer, e) ||
	    !take_name(cli, "visitor", &setting->lines[PSEUDONYM_VISITOR], &order->visitor, e))
		return false;
	bool names = order->customer || order->visitor;
	if (cli_switch(cli, "again") ? names : !names || !order->shop)
		return err_field(e, ERR_MISSING_FIELD, "customer",
				 "say who: SHOP and --customer or --visitor; or --again alone");
	return find_files(cli, setting, e) && pseudonym_master_read(setting->key, &order->master, e);
}

// ---- the freed space ---------------------------------------------------------------------------------

// Each takes its own transaction, as VACUUM wants it.
static bool clear_space(struct db *db, bool rewrite, struct err *e)
{
	static const char *const usual[] = {
		"VACUUM (ANALYZE) journal.event, journal.quarantine, journal.batch, metrics.entity, "
		"metrics.session, metrics.cart, metrics.\"order\""};
	static const char *const thorough[] = {
		"VACUUM (FULL, ANALYZE) journal.event, journal.quarantine, journal.batch, metrics.entity, "
		"metrics.session, metrics.cart, metrics.\"order\"",
		"CHECKPOINT"};
	const char *const *steps = rewrite ? thorough : usual;
	for (size_t i = 0; i < (rewrite ? 2 : 1); i++) {
		if (!db_script(db, steps[i], e))
			return err_prefix(e, "erased, but the space is not cleared");
	}
	return true;
}

// ---- telling -----------------------------------------------------------------------------------------

static json_t *left_json(const struct forget_search *search)
{
	json_t *left = json_array();
	for (size_t i = 0; i < search->left_count; i++)
		json_array_append_new(left, json_pack("{s:s, s:I}", "place", search->left[i].name, "hits",
						      (json_int_t)search->left[i].hits));
	return left;
}

static json_t *result_json(const char *shop, const struct forget_result *result)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "shop", shop, "events",
			 (json_int_t)result->event_count, "quarantined", (json_int_t)result->quarantine_count,
			 "customers", (json_int_t)erased_count(result->erased, PSEUDONYM_CUSTOMER),
			 "visitors", (json_int_t)erased_count(result->erased, PSEUDONYM_VISITOR), "seq",
			 (json_int_t)result->seq, "epoch", (json_int_t)result->epoch);
}

static void print_result(const char *shop, const struct forget_result *result)
{
	if (result->event_count + result->quarantine_count == 0) {
		printf("%s knows nobody of that name.\n", shop);
		return;
	}
	printf("%s: %lld events of %zu customers and %zu visitors are nobody's any more", shop,
	       (long long)result->event_count, erased_count(result->erased, PSEUDONYM_CUSTOMER),
	       erased_count(result->erased, PSEUDONYM_VISITOR));
	if (result->quarantine_count > 0)
		printf(", and %lld in quarantine", (long long)result->quarantine_count);
	printf(". Event %lld says so, in epoch %lld.\n", (long long)result->seq, (long long)result->epoch);
}

static void print_search(const struct forget_search *search)
{
	if (search->needle_count == 0)
		return;
	printf("Looked for %zu names in %zu columns and %zu log files: ", search->needle_count,
	       search->column_count, search->file_count);
	printf(search->left_count == 0 ? "nothing is left.\n" : "found in\n");
	for (size_t i = 0; i < search->left_count; i++)
		printf("  %s (%lld)\n", search->left[i].name, (long long)search->left[i].hits);
}

// ---- doing -------------------------------------------------------------------------------------------

static void add_needles(struct forget_search *search, const struct erased *erased)
{
	const struct erased_name *name;
	for (size_t i = 0; (name = erased_at(erased, i)) != NULL; i++)
		forget_search_add(search, name->old);
}

static void add_text(struct forget_search *search, const char *text)
{
	if (text)
		forget_search_add(search, (struct slice){(const uint8_t *)text, strlen(text)});
}

// One of the erasures that are proved: what came of it, and the moment it goes up to when it was done again.
struct proof {
	struct forget_result result;
	int64_t until_ms; // 0: it was done now
};

static bool search_database(struct db *db, const struct proof *proofs, size_t count,
			    struct forget_search *search, struct err *e)
{
	bool done = db_begin_snapshot(db, e);
	for (size_t i = 0; done && i < count; i++) {
		const struct forget_result *result = &proofs[i].result;
		add_needles(search, result->erased);
		done = forget_search_since(search, db, result->shop_id, result->seq, proofs[i].until_ms,
					   result->erased, e);
	}
	done = done && forget_search_database(search, db, e);
	db_rollback(db);
	return done;
}

static bool prove(struct cli *cli, struct db *db, const struct setting *setting, const struct proof *proofs,
		  size_t count, struct forget_search *search, struct err *e)
{
	bool done = search_database(db, proofs, count, search, e) &&
		    (!*setting->logs || forget_search_folder(search, setting->logs, "log", e));
	if (done && search->left_count > 0)
		cli->exit_code = CLI_EXIT_VERIFICATION;
	return done;
}

static bool forget_one(struct cli *cli, struct db *db, const struct setting *setting,
		       const struct forget_order *order, struct err *e)
{
	struct proof proof = {0};
	struct forget_search search;
	forget_search_init(&search);
	add_text(&search, order->customer);
	add_text(&search, order->visitor);
	bool done = forget_run(db, order, &proof.result, e) &&
		    clear_space(db, cli_switch(cli, "rewrite"), e) &&
		    prove(cli, db, setting, &proof, 1, &search, e);
	if (done && cli->json) {
		json_t *json = result_json(order->shop, &proof.result);
		json_object_set_new(json, "left", left_json(&search));
		output_json(json, false);
	} else if (done) {
		print_result(order->shop, &proof.result);
		print_search(&search);
	}
	forget_search_fini(&search);
	erased_destroy(proof.result.erased);
	return done;
}

// What became of all that was to be erased again.
struct again {
	struct proof *proofs;
	size_t count;
	json_t *json;
};

static bool again_one(struct cli *cli, struct db *db, const struct forget_order *order, struct again *again,
		      struct err *e)
{
	bool known;
	struct proof *proof = &again->proofs[again->count];
	if (!forget_is_known(db, order->again, &known, e))
		return false;
	if (known)
		return true;
	again->count++;
	proof->until_ms = order->again->at_ms;
	if (!forget_run(db, order, &proof->result, e))
		return false;
	json_array_append_new(again->json, result_json(order->shop, &proof->result));
	if (!cli->json && proof->result.epoch > 0)
		print_result(order->shop, &proof->result);
	return true;
}

static bool again_all(struct cli *cli, struct db *db, const struct forget_order *order, struct again *again,
		      const struct erasure *erasures, size_t count, struct err *e)
{
	again->proofs = calloc(count + 1, sizeof(*again->proofs));
	if (!again->proofs)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct forget_order one = *order;
		if (order->shop && strcmp(order->shop, erasures[i].shop) != 0)
			continue;
		one.again = &erasures[i];
		one.shop = erasures[i].shop;
		if (!again_one(cli, db, &one, again, e))
			return false;
	}
	return true;
}

static void print_again(const struct cli *cli, const struct again *again, size_t count,
			const struct forget_search *search)
{
	if (cli->json) {
		output_json(json_pack("{s:O, s:o}", "erased", again->json, "left", left_json(search)), false);
		return;
	}
	printf("%zu of %zu erasures were not known to this database.\n", again->count, count);
	print_search(search);
}

static bool forget_again(struct cli *cli, struct db *db, const struct setting *setting,
			 const struct forget_order *order, struct err *e)
{
	struct again again = {.json = json_array()};
	struct forget_search search;
	struct erasure *erasures;
	size_t count;
	forget_search_init(&search);
	bool done = erasures_read(setting->record, &erasures, &count, e) &&
		    again_all(cli, db, order, &again, erasures, count, e) &&
		    (again.count == 0 || clear_space(db, cli_switch(cli, "rewrite"), e)) &&
		    prove(cli, db, setting, again.proofs, again.count, &search, e);
	if (done)
		print_again(cli, &again, count, &search);
	for (size_t i = 0; i < again.count; i++)
		erased_destroy(again.proofs[i].result.erased);
	free(again.proofs);
	forget_search_fini(&search);
	json_decref(again.json);
	erasures_free(erasures, count);
	return done;
}

bool cmd_forget(struct cli *cli, struct err *e)
{
	struct setting setting = {0};
	struct forget_order order = {0};
	char conninfo[INSTANCE_CONNINFO_SIZE];
	struct db *db = NULL;
	bool done = take_order(cli, &setting, &order, e) &&
		    remote_database(cli, cli_value(cli, "database"), "utarg_owner", conninfo,
				    sizeof(conninfo), e) &&
		    (db = forget_open(conninfo, e)) != NULL &&
		    (cli_switch(cli, "again") ? forget_again(cli, db, &setting, &order, e)
					      : forget_one(cli, db, &setting, &order, e));
	db_destroy(db);
	free(setting.lines[0]);
	free(setting.lines[1]);
	return done;
}
