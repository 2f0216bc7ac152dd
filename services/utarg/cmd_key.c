// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg key new|list|show|revoke|rotate`: who may connect. Works on the database as its owner, so that the
// first key can be made and the last one revoked without any; services see the change within half a second.
#include "services/utarg/commands.h"
#include "services/utarg/core/timearg.h"
#include "services/utarg/instance.h"
#include "services/utarg/keys.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 64, GRACE_DEFAULT_S = 3600, GRACE_MAX_S = 90 * 86400 };

static const char database_help[] =
	"libpq connection string of the owner (UTARG_DATABASE, default: the instance's)";

const struct cli_option cmd_key_new_options[] = {
	{"kind", "KIND", "frontend, tool, service or operator (required)"},
	{"shop", "SLUG...", "the shops it is for; frontends and tools need one, the others have all"},
	{"may", "PERMISSION...", "what it may, instead of all that its kind may"},
	{"origin", "ORIGIN", "of a frontend's events: client (default), server or import"},
	{"expires", "DATE", "when it ends: 2027-01-31, or 2027-01-31T12:00Z (default: never)"},
	{"name", "TEXT", "whose it is, as the journal will say (default: the file's name)"},
	{"out", "FILE", "where the certificate goes, mode 0600 (required)"},
	{"database", "CONNINFO", database_help},
	{0},
};

const char cmd_key_new_details[] =
	"FILE is a ZPL certificate, as CZMQ and pyzmq (zmq.auth.load_certificate) read it; it is the only "
	"copy "
	"of the\n"
	"secret half. Options that name several things are given several times, or with commas.\n\n"
	"Permissions: event.publish[:GROUP] (browsing, cart, order, shop, marketing, setting, subject),\n"
	"kpi.read[:KPI[:DIMENSION[:KEY]]], offer.read, campaign.read, shop.read, journal.read,\n"
	"decide[:KIND] (shop, offer, campaign, directive, message, affiliate, target, alert), "
	"directive.confirm, "
	"admin.read,\n"
	"admin.write. KPI, DIMENSION and KEY are percent-encoded, as in topics.\n"
	"Up to what budget somebody may approve campaigns is a limit: --may decide:campaign:5000.00PLN\n"
	"A tool that sees the orders of one campaign: --kind tool --shop demo --may "
	"kpi.read:orders:campaign:winter\n";

const struct cli_option cmd_key_show_options[] = {
	{"server", NULL, "the public key of the services, which clients insist on"},
	{"database", "CONNINFO", database_help},
	{0},
};

const struct cli_option cmd_key_database_options[] = {
	{"database", "CONNINFO", database_help},
	{0},
};

const struct cli_option cmd_key_rotate_options[] = {
	{"grace", "SECONDS", "how long the old key stays good (default 3600)"},
	{"expires", "DATE", "when the new one ends (default: never)"},
	{"out", "FILE", "where the new certificate goes; a file that is there is replaced (required)"},
	{"database", "CONNINFO", database_help},
	{0},
};

const char cmd_key_rotate_details[] = "Makes a new key with the same name, shops and permissions, and lets "
				      "the old one end after the grace. "
				      "The services'\n"
				      "own key is not rotated this way: every client knows it.\n";

// ---- what was asked ------------------------------------------------------------------------------------

// Values of an option that may be given several times, split at commas. *text is the caller's to free.
static size_t list_of(const struct cli *cli, const char *option, char **text, const char *out[LIST_MAX])
{
	const char *given = cli_value(cli, option);
	size_t count = 0;
	*text = strdup(given ? given : "");
	if (!*text)
		abort();
	for (char *at = *text; *at && count < LIST_MAX;) {
		char *end = at + strcspn(at, ",\n");
		const bool more = *end;
		*end = 0;
		if (*at)
			out[count++] = at;
		at = more ? end + 1 : end;
	}
	return count;
}

static bool take_kind(const struct cli *cli, struct keys_facts *facts, struct err *e)
{
	const char *kind = cli_value(cli, "kind");
	if (!kind)
		return err_field(e, ERR_MISSING_FIELD, "kind",
				 "which --kind? frontend, tool, service or operator");
	return permit_kind_from_name(kind, &facts->kind) ||
	       err_field(e, ERR_BAD_FIELD, "kind",
			 "--kind is frontend, tool, service or operator, not \"%.60s\"", kind);
}

static bool take_origin(const struct cli *cli, struct keys_facts *facts, struct err *e)
{
	static const char *const names[] = {"", "client", "server", "import"};
	const char *origin = cli_value(cli, "origin");
	facts->origin = facts->kind == PERMIT_FRONTEND; // client
	if (!origin)
		return true;
	for (int i = 1; i < 4; i++) {
		if (strcmp(names[i], origin) == 0) {
			facts->origin = i;
			return true;
		}
	}
	return err_field(e, ERR_BAD_FIELD, "origin", "--origin is client, server or import, not \"%.60s\"",
			 origin);
}

static bool take_expiry(const struct cli *cli, int64_t *out_ms, struct err *e)
{
	const char *text = cli_value(cli, "expires");
	struct timearg time;
	*out_ms = 0;
	if (!text)
		return true;
	if (!timearg_parse(text, &time) || (!time.is_day && !time.has_offset))
		return err_field(e, ERR_BAD_TIME, "expires",
				 "--expires \"%.40s\" is neither a day nor an instant with its offset", text);
	if (time.is_day) // midnight UTC
		*out_ms = zone_date_days(time.date) * INT64_C(86400000);
	else
		*out_ms = timearg_ms(&time, NULL);
	return *out_ms > clock_now_ms() ||
	       err_field(e, ERR_BAD_TIME, "expires", "--expires %.40s is over already", text);
}

static bool check_facts(const struct keys_facts *facts, struct err *e)
{
	struct grant grant;
	if (!*facts->name || strlen(facts->name) >= BUS_CERT_NAME_SIZE ||
	    strpbrk(facts->name, "\"'\\\n\r\t#/"))
		return err_field(e, ERR_BAD_FIELD, "name", "a key's name has 1 to %d characters, no quotes",
				 BUS_CERT_NAME_SIZE - 1);
	if (permit_kinds[facts->kind].needs_shop && facts->shop_count == 0)
		return err_field(e, ERR_MISSING_FIELD, "shop", "a %s is for shops: which --shop?",
				 permit_kinds[facts->kind].name);
	for (size_t i = 0; i < facts->may_count; i++)
		if (!grant_parse(facts->may[i], &grant, e))
			return false;
	return true;
}

// "keys/checkout.key" is the key of checkout.
static void name_from_path(const char *path, char out[BUS_CERT_NAME_SIZE])
{
	const char *slash = strrchr(path, '/');
	text_copy(out, BUS_CERT_NAME_SIZE, slash ? slash + 1 : path);
	char *dot = strrchr(out, '.');
	if (dot && dot > out)
		*dot = 0;
}

static struct db *open_database(struct cli *cli, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	if (!remote_database(cli, cli_value(cli, "database"), "utarg_owner", conninfo, sizeof(conninfo), e))
		return NULL;
	return keys_open(conninfo, e);
}

static struct db_result *find_keys(struct db *db, const char *name, struct err *e)
{
	struct db_result *rows = NULL;
	const struct db_value value = db_text(name);
	db_run(db, "utarg_key_list", &value, 1, &rows, e);
	return rows;
}

// ---- showing -------------------------------------------------------------------------------------------

static const char *state_of(const struct db_result *rows, int row)
{
	if (!db_is_null(rows, row, 7))
		return "revoked";
	if (!db_is_null(rows, row, 6) && db_get_time_ms(rows, row, 6) <= clock_now_ms())
		return "expired";
	return "good";
}

static const char *origin_of(const struct db_result *rows, int row)
{
	static const char *const names[] = {"-", "client", "server", "import"};
	return names[db_get_int(rows, row, 4) & 3];
}

static int64_t time_or_zero(const struct db_result *rows, int row, int column)
{
	return db_is_null(rows, row, column) ? 0 : db_get_time_ms(rows, row, column);
}

static void public_key_of(const struct db_result *rows, int row, char out[BUS_Z85_SIZE])
{
	bus_key_encode(db_get_bytes(rows, row, 1).data, out);
}

static json_t *key_json(const struct db_result *rows, int row)
{
	char public_key[BUS_Z85_SIZE];
	public_key_of(rows, row, public_key);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:I, s:I, s:I}", "id",
			 (json_int_t)db_get_int(rows, row, 0), "name", db_get_text(rows, row, 2), "kind",
			 db_get_text(rows, row, 3), "state", state_of(rows, row), "origin",
			 origin_of(rows, row), "all_shops", (int)db_get_int(rows, row, 8), "shops",
			 db_get_text(rows, row, 9), "may", db_get_text(rows, row, 10), "public_key",
			 public_key, "created_ms", (json_int_t)time_or_zero(rows, row, 5), "expires_ms",
			 (json_int_t)time_or_zero(rows, row, 6), "revoked_ms",
			 (json_int_t)time_or_zero(rows, row, 7));
}

static void print_json(const struct db_result *rows)
{
	json_t *all = json_array();
	for (int row = 0; row < db_rows(rows); row++)
		json_array_append_new(all, key_json(rows, row));
	output_json(all, false);
}

static void print_table(const struct db_result *rows)
{
	static const char *const titles[] = {">ID",    "NAME",    "KIND", "STATE", "SHOPS",
					     "ORIGIN", "EXPIRES", "MAY",  NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (int row = 0; row < db_rows(rows); row++) {
		table_format(table, "%lld", (long long)db_get_int(rows, row, 0));
		table_cell(table, db_get_text(rows, row, 2));
		table_cell(table, db_get_text(rows, row, 3));
		table_cell(table, state_of(rows, row));
		table_cell(table, db_get_int(rows, row, 8) ? "all" : db_get_text(rows, row, 9));
		table_cell(table, origin_of(rows, row));
		table_cell(table, output_time(time_or_zero(rows, row, 6), text));
		table_cell(table, db_get_text(rows, row, 10));
	}
	table_print(table, stdout, "There are no keys.");
	table_destroy(table);
}

bool cmd_key_list(struct cli *cli, struct err *e)
{
	struct db *db = open_database(cli, e);
	struct db_result *rows = db ? find_keys(db, NULL, e) : NULL;
	if (rows && cli->json)
		print_json(rows);
	else if (rows)
		print_table(rows);
	const bool done = rows != NULL;
	db_result_free(rows);
	db_destroy(db);
	return done;
}

static void print_key(const struct db_result *rows, int row)
{
	char public_key[BUS_Z85_SIZE], text[OUTPUT_TEXT_SIZE];
	public_key_of(rows, row, public_key);
	printf("%sKey:         %lld, %s\n", row ? "\n" : "", (long long)db_get_int(rows, row, 0),
	       state_of(rows, row));
	printf("Name:        %s\nKind:        %s\n", db_get_text(rows, row, 2), db_get_text(rows, row, 3));
	printf("Shops:       %s\n", db_get_int(rows, row, 8) ? "all" : db_get_text(rows, row, 9));
	printf("May:         %s\n", db_get_text(rows, row, 10));
	printf("Origin:      %s\n", origin_of(rows, row));
	printf("Public key:  %s\n", public_key);
	printf("Made:        %s\n", output_time(time_or_zero(rows, row, 5), text));
	printf("Expires:     %s\n", output_time(time_or_zero(rows, row, 6), text));
	printf("Revoked:     %s\n", output_time(time_or_zero(rows, row, 7), text));
}

static bool show_server(struct cli *cli, struct err *e)
{
	char key[BUS_Z85_SIZE];
	if (!remote_server_key(cli, key, e))
		return false;
	if (cli->json)
		output_json(json_pack("{s:s}", "public_key", key), false);
	else
		puts(key);
	return true;
}

bool cmd_key_show(struct cli *cli, struct err *e)
{
	const char *name = cli_operand(cli, 0);
	if (cli_switch(cli, "server"))
		return show_server(cli, e);
	if (!name)
		return err_set(e, ERR_MISSING_FIELD,
			       "which key? `utarg key list` lists them; --server is the "
			       "services' own");
	struct db *db = open_database(cli, e);
	struct db_result *rows = db ? find_keys(db, name, e) : NULL;
	bool found = rows && db_rows(rows) > 0;
	if (found && cli->json)
		print_json(rows);
	for (int row = 0; found && !cli->json && row < db_rows(rows); row++)
		print_key(rows, row);
	if (rows && !found)
		err_field(e, ERR_BAD_FIELD, "name", "there is no key of the name \"%.60s\"", name);
	db_result_free(rows);
	db_destroy(db);
	return found;
}

// ---- making --------------------------------------------------------------------------------------------

// The only copy of the secret is written first; a key nobody has is worth nothing.
static bool make_key(struct cli *cli, struct db *db, const struct keys_facts *facts, const char *path,
		     int32_t *key_id, struct err *e)
{
	struct bus_cert cert = {0};
	text_copy(cert.name, sizeof(cert.name), facts->name);
	if (!remote_server_key(cli, cert.server_key, e) || !bus_cert_create(&cert, e) ||
	    !keys_write(path, &cert, false, e))
		return false;
	const bool added = keys_add(db, &cert, facts, key_id, e);
	bus_cert_wipe(&cert);
	if (!added)
		unlink(path);
	return added;
}

static bool is_name_free(struct db *db, const char *name, struct err *e)
{
	struct db_result *rows = find_keys(db, name, e);
	bool is_free = rows != NULL;
	for (int row = 0; is_free && row < db_rows(rows); row++)
		if (strcmp(state_of(rows, row), "good") == 0)
			is_free = err_field(e, ERR_CONFLICT, "name",
					    "%.60s has a good key already: `utarg key rotate`, `utarg key "
					    "revoke` or another --name",
					    name);
	db_result_free(rows);
	return is_free;
}

static bool add_new(struct cli *cli, const struct keys_facts *facts, const char *path, struct err *e)
{
	int32_t key_id = 0;
	struct db *db = open_database(cli, e);
	const bool made =
		db && is_name_free(db, facts->name, e) && make_key(cli, db, facts, path, &key_id, e);
	db_destroy(db);
	if (!made)
		return false;
	if (cli->json)
		output_json(json_pack("{s:i, s:s, s:s}", "id", key_id, "name", facts->name, "file", path),
			    false);
	else
		printf("Key %d, %s of the kind %s, is in %s.\n", key_id, facts->name,
		       permit_kinds[facts->kind].name, path);
	return true;
}

bool cmd_key_new(struct cli *cli, struct err *e)
{
	char name[BUS_CERT_NAME_SIZE], *shops_text, *may_text;
	const char *shops[LIST_MAX], *may[LIST_MAX], *path = cli_value(cli, "out");
	if (!path || !*path)
		return err_field(e, ERR_MISSING_FIELD, "out", "into which file? --out FILE");
	name_from_path(path, name);
	struct keys_facts facts = {
		.name = cli_value(cli, "name") ? cli_value(cli, "name") : name, .shops = shops, .may = may};
	facts.shop_count = list_of(cli, "shop", &shops_text, shops);
	facts.may_count = list_of(cli, "may", &may_text, may);
	const bool made = take_kind(cli, &facts, e) && take_origin(cli, &facts, e) &&
			  take_expiry(cli, &facts.expires_at_ms, e) && check_facts(&facts, e) &&
			  add_new(cli, &facts, path, e);
	free(shops_text);
	free(may_text);
	return made;
}

// ---- ending --------------------------------------------------------------------------------------------

static bool end_key(struct db *db, const char *which, int *count, struct err *e)
{
	int64_t id;
	struct db_result *rows = NULL;
	const bool by_id = text_to_int(which, 1, INT32_MAX, &id);
	const struct db_value value = by_id ? db_int4((int32_t)id) : db_text(which);
	if (!db_run(db, by_id ? "utarg_key_revoke_id" : "utarg_key_revoke", &value, 1, &rows, e))
		return false;
	*count = db_rows(rows);
	db_result_free(rows);
	return *count > 0 || err_field(e, ERR_BAD_FIELD, "name",
				       "there is no key \"%.60s\" that is not revoked already", which);
}

bool cmd_key_revoke(struct cli *cli, struct err *e)
{
	int count = 0;
	struct db *db = open_database(cli, e);
	const bool done = db && end_key(db, cli_operand(cli, 0), &count, e);
	db_destroy(db);
	if (!done)
		return false;
	if (cli->json)
		output_json(json_pack("{s:i}", "revoked", count), false);
	else
		printf("%d key%s revoked; services know within half a second.\n", count,
		       count == 1 ? "" : "s");
	return true;
}

// The newest key of the name that is still good; 0 when there is none.
static int32_t newest_good(struct db *db, const char *name, struct err *e)
{
	int32_t id = 0;
	struct db_result *rows = find_keys(db, name, e);
	for (int row = 0; rows && row < db_rows(rows); row++)
		if (strcmp(state_of(rows, row), "good") == 0)
			id = (int32_t)db_get_int(rows, row, 0);
	if (rows && id == 0)
		err_field(e, ERR_BAD_FIELD, "name", "there is no good key of the name \"%.60s\"", name);
	db_result_free(rows);
	return id;
}

static bool succeed(struct db *db, const struct bus_cert *cert, int32_t old, int64_t old_until_ms,
		    int64_t expires_at_ms, struct err *e)
{
	uint8_t public_key[BUS_KEY_BYTES];
	struct db_result *rows = NULL;
	bus_key_decode(cert->public_key, public_key);
	const struct db_value values[] = {
		db_bytes(public_key, sizeof(public_key)),
		db_int4(old),
		db_time_ms(old_until_ms),
		expires_at_ms ? db_time_ms(expires_at_ms) : DB_VALUE_NULL,
	};
	if (!db_run(db, "utarg_key_succeed", values, 4, &rows, e))
		return false;
	const bool done =
		db_rows(rows) == 1 || err_set(e, ERR_CONFLICT, "the key was revoked in the meantime");
	db_result_free(rows);
	return done;
}

// The row first here: the old file may be the one that is replaced, and must stay good until then.
static bool rotate(struct cli *cli, struct db *db, const char *path, struct err *e)
{
	struct bus_cert cert = {0};
	int64_t grace_s, expires_at_ms;
	const char *name = cli_operand(cli, 0);
	text_copy(cert.name, sizeof(cert.name), name);
	if (!cli_number(cli, "grace", 0, GRACE_MAX_S, GRACE_DEFAULT_S, &grace_s, e) ||
	    !take_expiry(cli, &expires_at_ms, e) || !remote_server_key(cli, cert.server_key, e) ||
	    !bus_cert_create(&cert, e))
		return false;
	const int32_t old = newest_good(db, name, e);
	const bool done = old && succeed(db, &cert, old, clock_now_ms() + grace_s * 1000, expires_at_ms, e) &&
			  keys_write(path, &cert, true, e);
	bus_cert_wipe(&cert);
	return done;
}

bool cmd_key_rotate(struct cli *cli, struct err *e)
{
	const char *path = cli_value(cli, "out");
	if (!path || !*path)
		return err_field(e, ERR_MISSING_FIELD, "out", "into which file? --out FILE");
	struct db *db = open_database(cli, e);
	const bool done = db && rotate(cli, db, path, e);
	db_destroy(db);
	if (!done)
		return false;
	if (cli->json)
		output_json(json_pack("{s:s, s:s}", "name", cli_operand(cli, 0), "file", path), false);
	else
		printf("The new key of %s is in %s.\n", cli_operand(cli, 0), path);
	return true;
}
