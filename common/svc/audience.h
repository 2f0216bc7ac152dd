// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who hears what: the granted subscriptions of an XPUB, by connection. libzmq tells of a prefix that a lost
// connection held, but not whose it was, so that one who left could take away another's; therefore it is kept
// here, and a connection's subscriptions end with the connection. Bounded in all and for each connection.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A prefix costs some 150 bytes and its text, of at most 4 KiB.
enum { AUDIENCE_MAX = 50000, AUDIENCE_CONNECTION_MAX = 5000 };

struct audience;

struct audience *audience_create(void);
void audience_destroy(struct audience *audience); // takes NULL
bool audience_has(const struct audience *audience, int connection, struct slice prefix);
// False beyond a bound: then it must not be granted. Again what is held already is true and changes nothing.
bool audience_add(struct audience *audience, int connection, uint32_t user, struct slice prefix);
// True when nobody holds the prefix any more; false when the connection did not hold it.
bool audience_remove(struct audience *audience, int connection, struct slice prefix);
// Forgets a connection; calls back for each prefix that nobody holds any more.
void audience_leave(struct audience *audience, int connection,
		    void (*gone)(void *context, struct slice prefix), void *context);
// Forgets everybody (the socket was opened anew), calling back for each prefix.
void audience_clear(struct audience *audience, void (*gone)(void *context, struct slice prefix),
		    void *context);
// Whether some holding fails the test.
bool audience_any(const struct audience *audience,
		  bool (*fails)(void *context, uint32_t user, struct slice prefix), void *context);
size_t audience_count(const struct audience *audience); // holdings
