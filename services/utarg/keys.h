// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Keys as files and as rows of office.key. The secret half is made here, goes into a file of mode 0600 and
// nowhere else; the database has the public half.
#pragma once

#include "common/base/err.h"
#include "common/bus/cert.h"
#include "common/db/db.h"
#include "common/svc/permit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is said of a key when it is made.
struct keys_facts {
	const char *name;
	enum permit_kind kind;
	const char *const *shops; // slugs; none: all shops
	size_t shop_count;
	const char *const *may; // none: what the kind may
	size_t may_count;
	int32_t origin;        // utarg.v1.Origin; 0: as requests say
	int64_t expires_at_ms; // 0: never
};

// As the database's owner; NULL on failure.
struct db *keys_open(const char *conninfo, struct err *e);
// UNKNOWN_SHOP names the shop. A public key that is there already is left as it is (*key_id 0).
bool keys_add(struct db *db, const struct bus_cert *cert, const struct keys_facts *facts, int32_t *key_id,
	      struct err *e);
// Writes a certificate with its secret, mode 0600; CONFLICT when the file is there and may not be replaced.
bool keys_write(const char *path, const struct bus_cert *cert, bool may_replace, struct err *e);
// The keys an installation needs, in one directory, made where they are missing (or empty) and made known:
// server.key_secret, <service>.key and operator.key. The server's public half goes to public_path, for
// clients. Run again it changes nothing.
bool keys_make_all(const char *directory, const char *public_path, const char *conninfo, struct err *e);
