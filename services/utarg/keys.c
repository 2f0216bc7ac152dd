// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See keys.h.
#include "services/utarg/keys.h"

#include "common/base/text.h"
#include "common/svc/svc.h"
#include "services/utarg/cli.h"
#include "services/utarg/files.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct db_statement key_statements[];

struct db *keys_open(const char *conninfo, struct err *e)
{
	static const struct db_statement *const tables[] = {key_statements, NULL};
	return db_create(&(struct db_options){.conninfo = conninfo,
					      .statements = tables,
					      .application_name = "utarg-key"},
			 e);
}

// ---- rows ----------------------------------------------------------------------------------------------

static bool is_among(const struct db_result *rows, const char *slug)
{
	for (int row = 0; row < db_rows(rows); row++)
		if (strcmp(db_get_text(rows, row, 0), slug) == 0)
			return true;
	return false;
}

// Ids of the named shops into an array.
static bool find_shops(struct db *db, const struct keys_facts *facts, struct db_array *ids, struct err *e)
{
	struct db_array slugs;
	struct db_result *rows = NULL;
	db_array_init(&slugs, DB_TEXT);
	for (size_t i = 0; i < facts->shop_count; i++)
		db_array_add(&slugs, db_text(facts->shops[i]));
	const struct db_value value = db_array_value(&slugs);
	bool found = db_run(db, "utarg_key_shops", &value, 1, &rows, e);
	db_array_fini(&slugs);
	for (size_t i = 0; found && i < facts->shop_count; i++)
		found = is_among(rows, facts->shops[i]) ||
			err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.63s\"", facts->shops[i]);
	for (int row = 0; found && row < db_rows(rows); row++)
		db_array_add(ids, db_int4((int32_t)db_get_int(rows, row, 1)));
	db_result_free(rows);
	return found;
}

static void list_may(const struct keys_facts *facts, struct db_array *out)
{
	const enum permit *usual = permit_kinds[facts->kind].grants;
	for (size_t i = 0; i < facts->may_count; i++)
		db_array_add(out, db_text(facts->may[i]));
	for (size_t i = 0; facts->may_count == 0 && i < PERMIT_COUNT && usual[i] != PERMIT_ANYBODY; i++)
		db_array_add(out, db_text(permit_rows[usual[i]].name));
}

static bool insert(struct db *db, const struct bus_cert *cert, const struct keys_facts *facts,
		   const struct db_array *shop_ids, const struct db_array *may, int32_t *key_id,
		   struct err *e)
{
	uint8_t public_key[BUS_KEY_BYTES];
	struct db_result *rows = NULL;
	const bool decoded = bus_key_decode(cert->public_key, public_key);
	assert(decoded);
	const struct db_value values[] = {
		db_bytes(public_key, sizeof(public_key)),
		db_text(facts->name),
		db_text(permit_kinds[facts->kind].name),
		facts->shop_count ? db_array_value(shop_ids) : DB_VALUE_NULL,
		db_array_value(may),
		db_int2((int16_t)facts->origin),
		facts->expires_at_ms ? db_time_ms(facts->expires_at_ms) : DB_VALUE_NULL,
	};
	if (!db_run(db, "utarg_key_add", values, sizeof(values) / sizeof(values[0]), &rows, e))
		return false;
	*key_id = db_rows(rows) == 1 ? (int32_t)db_get_int(rows, 0, 0) : 0;
	db_result_free(rows);
	return true;
}

bool keys_add(struct db *db, const struct bus_cert *cert, const struct keys_facts *facts, int32_t *key_id,
	      struct err *e)
{
	struct db_array shop_ids, may;
	db_array_init(&shop_ids, DB_INT4);
	db_array_init(&may, DB_TEXT);
	list_may(facts, &may);
	const bool added = (facts->shop_count == 0 || find_shops(db, facts, &shop_ids, e)) &&
			   insert(db, cert, facts, &shop_ids, &may, key_id, e);
	db_array_fini(&shop_ids);
	db_array_fini(&may);
	return added;
}

// ---- files ---------------------------------------------------------------------------------------------

bool keys_write(const char *path, const struct bus_cert *cert, bool may_replace, struct err *e)
{
	char text[BUS_CERT_TEXT_SIZE];
	if (!may_replace && access(path, F_OK) == 0)
		return err_set(e, ERR_CONFLICT, "%.200s is there already; it may be somebody's only copy",
			       path);
	bus_cert_print(cert, true, text);
	const bool written = files_write(path, text, 0600, NULL, e);
	explicit_bzero(text, sizeof(text));
	return written;
}

static bool is_missing(const char *path)
{
	struct stat found;
	return stat(path, &found) != 0 || found.st_size == 0;
}

static void path_of(const char *directory, const char *name, char out[CLI_PATH_SIZE])
{
	const int size = snprintf(out, CLI_PATH_SIZE, "%s/%s", directory, name);
	assert(size > 0 && size < CLI_PATH_SIZE);
}

static bool make_server(const char *directory, const char *public_path, struct bus_cert *server,
			struct err *e)
{
	char path[CLI_PATH_SIZE], text[BUS_CERT_TEXT_SIZE];
	path_of(directory, "server.key_secret", path);
	if (is_missing(path)) {
		*server = (struct bus_cert){.name = "server"};
		if (!bus_cert_create(server, e) || !keys_write(path, server, true, e))
			return false;
	} else if (!bus_cert_read(path, server, e)) {
		return false;
	}
	bus_cert_print(server, false, text);
	return files_write(public_path, text, 0644, NULL, e);
}

// The certificate of <name>.key, made when it is missing and bound to this server when it was to another.
static bool make_own(const char *directory, const char *name, const struct bus_cert *server,
		     struct bus_cert *own, struct err *e)
{
	char path[CLI_PATH_SIZE], file[64];
	snprintf(file, sizeof(file), "%s.key", name);
	path_of(directory, file, path);
	if (is_missing(path)) {
		*own = (struct bus_cert){0};
		text_copy(own->name, sizeof(own->name), name);
		if (!bus_cert_create(own, e))
			return false;
	} else if (!bus_cert_read(path, own, e)) {
		return false;
	} else if (strcmp(own->server_key, server->public_key) == 0) {
		return true;
	}
	text_copy(own->server_key, sizeof(own->server_key), server->public_key);
	return keys_write(path, own, true, e);
}

static bool make_known(const char *directory, struct db *db, const char *name, enum permit_kind kind,
		       const struct bus_cert *server, struct err *e)
{
	struct bus_cert own;
	int32_t key_id;
	if (!make_own(directory, name, server, &own, e))
		return false;
	const struct keys_facts facts = {.name = name, .kind = kind};
	const bool known = keys_add(db, &own, &facts, &key_id, e);
	bus_cert_wipe(&own);
	return known;
}

bool keys_make_all(const char *directory, const char *public_path, const char *conninfo, struct err *e)
{
	struct bus_cert server;
	if (!make_server(directory, public_path, &server, e))
		return false;
	struct db *db = keys_open(conninfo, e);
	bool done = db != NULL;
	for (int i = 0; done && i < SVC_COUNT; i++)
		done = make_known(directory, db, svc_ports[i].name, PERMIT_SERVICE, &server, e);
	done = done && make_known(directory, db, "operator", PERMIT_OPERATOR, &server, e);
	db_destroy(db);
	bus_cert_wipe(&server);
	return done;
}
