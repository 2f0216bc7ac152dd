// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See audience.h. A prefix stands once, with a count of its holders; a listener stands once for each
// connection that holds something, with its holdings in a table of its own.
#include "common/svc/audience.h"

#include "common/base/map.h"

#include <assert.h>
#include <string.h>

struct prefix {
	UT_hash_handle hh;
	size_t holders;
	size_t size;
	char text[];
};

struct holding {
	UT_hash_handle hh;
	struct prefix *prefix; // its key
	uint32_t user;
};

struct listener {
	UT_hash_handle hh;
	int connection;
	struct holding *holdings;
};

struct audience {
	struct prefix *prefixes;
	struct listener *listeners;
	size_t count;
};

struct audience *audience_create(void)
{
	struct audience *audience = calloc(1, sizeof(*audience));
	if (!audience)
		abort();
	return audience;
}

static void nobody_minds(void *context, struct slice prefix)
{
	(void)context;
	(void)prefix;
}

void audience_destroy(struct audience *audience)
{
	if (!audience)
		return;
	audience_clear(audience, nobody_minds, NULL);
	free(audience);
}

static struct prefix *find_prefix(const struct audience *audience, struct slice prefix)
{
	struct prefix *found;
	HASH_FIND(hh, audience->prefixes, prefix.data, prefix.size, found);
	return found;
}

static struct listener *find_listener(const struct audience *audience, int connection)
{
	struct listener *found;
	HASH_FIND_INT(audience->listeners, &connection, found);
	return found;
}

static struct holding *find_holding(const struct listener *listener, const struct prefix *prefix)
{
	struct holding *found = NULL;
	if (listener && prefix)
		HASH_FIND(hh, listener->holdings, &prefix, sizeof(prefix), found);
	return found;
}

static struct prefix *make_prefix(struct audience *audience, struct slice text)
{
	struct prefix *prefix = calloc(1, sizeof(*prefix) + text.size + 1);
	if (!prefix)
		abort();
	prefix->size = text.size;
	if (text.size)
		memcpy(prefix->text, text.data, text.size);
	HASH_ADD_KEYPTR(hh, audience->prefixes, prefix->text, prefix->size, prefix);
	return prefix;
}

static struct listener *make_listener(struct audience *audience, int connection)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	if (!listener)
		abort();
	listener->connection = connection;
	HASH_ADD_INT(audience->listeners, connection, listener);
	return listener;
}

bool audience_has(const struct audience *audience, int connection, struct slice prefix)
{
	return find_holding(find_listener(audience, connection), find_prefix(audience, prefix));
}

bool audience_add(struct audience *audience, int connection, uint32_t user, struct slice text)
{
	struct listener *listener = find_listener(audience, connection);
	struct holding *holding = find_holding(listener, find_prefix(audience, text));
	if (holding) {
		holding->user = user;
		return true;
	}
	if (audience->count == AUDIENCE_MAX ||
	    (listener && HASH_COUNT(listener->holdings) >= AUDIENCE_CONNECTION_MAX))
		return false;
	struct prefix *prefix = find_prefix(audience, text);
	holding = calloc(1, sizeof(*holding));
	if (!holding)
		abort();
	prefix = prefix ? prefix : make_prefix(audience, text);
	listener = listener ? listener : make_listener(audience, connection);
	holding->user = user;
	holding->prefix = prefix;
	HASH_ADD(hh, listener->holdings, prefix, sizeof(holding->prefix), holding);
	prefix->holders++;
	audience->count++;
	return true;
}

// Takes one holding away; the prefix, when it was the last of it, stays in *last for the caller to drop.
static void take(struct audience *audience, struct listener *listener, struct holding *holding,
		 struct prefix **last)
{
	struct prefix *prefix = holding->prefix;
	assert(prefix->holders > 0);
	HASH_DEL(listener->holdings, holding);
	free(holding);
	audience->count--;
	*last = --prefix->holders == 0 ? prefix : NULL;
}

static void drop_prefix(struct audience *audience, struct prefix *prefix)
{
	HASH_DEL(audience->prefixes, prefix);
	free(prefix);
}

bool audience_remove(struct audience *audience, int connection, struct slice text)
{
	struct listener *listener = find_listener(audience, connection);
	struct holding *holding = find_holding(listener, find_prefix(audience, text));
	struct prefix *last;
	if (!holding)
		return false;
	take(audience, listener, holding, &last);
	if (!last)
		return false;
	drop_prefix(audience, last);
	return true;
}

static void forget(struct audience *audience, struct listener *listener,
		   void (*gone)(void *context, struct slice prefix), void *context)
{
	struct holding *holding, *next;
	HASH_ITER(hh, listener->holdings, holding, next)
	{
		struct prefix *last;
		take(audience, listener, holding, &last);
		if (!last)
			continue;
		gone(context, (struct slice){(const uint8_t *)last->text, last->size});
		drop_prefix(audience, last);
	}
	HASH_DEL(audience->listeners, listener);
	free(listener);
}

void audience_leave(struct audience *audience, int connection,
		    void (*gone)(void *context, struct slice prefix), void *context)
{
	struct listener *listener = find_listener(audience, connection);
	if (listener)
		forget(audience, listener, gone, context);
}

void audience_clear(struct audience *audience, void (*gone)(void *context, struct slice prefix),
		    void *context)
{
	struct listener *listener, *next;
	HASH_ITER(hh, audience->listeners, listener, next)
	forget(audience, listener, gone, context);
}

bool audience_any(const struct audience *audience,
		  bool (*fails)(void *context, uint32_t user, struct slice prefix), void *context)
{
	for (const struct listener *l = audience->listeners; l; l = l->hh.next) {
		for (const struct holding *h = l->holdings; h; h = h->hh.next) {
			const struct slice text = {(const uint8_t *)h->prefix->text, h->prefix->size};
			if (fails(context, h->user, text))
				return true;
		}
	}
	return false;
}

size_t audience_count(const struct audience *audience)
{
	return audience->count;
}
