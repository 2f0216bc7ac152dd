// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Waiting for memory many times at once instead of one after the other: with many visitors each event finds
// its own in none of the processor's caches, and the way to it is a chain (place in the table, visitor,
// sessions). Here the chains of a group of events are walked side by side. Only hints: nothing is changed or
// decided.
#include "services/metrics/core/inner.h"

enum { GROUP = 32 }; // about as many lines as a core fetches at once

static void warm_visitor(const struct entity *entity)
{
	const void *any = entity;
	const struct visitor *visitor = any;
	__builtin_prefetch(visitor->sessions);
	__builtin_prefetch((const char *)visitor->sessions + sizeof(struct session));
	__builtin_prefetch(visitor->views);
}

static void warm_group(const struct fold *fold, const struct fold_event *events, size_t count)
{
	uint32_t hashes[GROUP];
	const struct entity *found[GROUP];
	for (size_t i = 0; i < count; i++) {
		hashes[i] = entity_hash(FOLD_VISITOR, events[i].visitor);
		entity_warm_place(fold->table, hashes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		found[i] = entity_at_place(fold->table, hashes[i]);
		if (found[i] == NULL)
			continue;
		__builtin_prefetch(found[i]);
		__builtin_prefetch((const char *)found[i] + sizeof(struct visitor)); // its key
	}
	for (size_t i = 0; i < count; i++)
		if (found[i] != NULL && found[i]->kind == FOLD_VISITOR)
			warm_visitor(found[i]);
}

void fold_warm(const struct fold *fold, const struct fold_event *events, size_t count)
{
	for (size_t i = 0; i < count; i += GROUP)
		warm_group(fold, events + i, count - i < GROUP ? count - i : GROUP);
}

void warm_dirty(const struct fold *fold, uint32_t index)
{
	enum { FAR = 16, NEAR = 8 };
	if (index + FAR < fold->dirty->count) {
		const struct entity *far = fold->dirty->at[index + FAR];
		__builtin_prefetch(far);
		__builtin_prefetch((const char *)far + sizeof(struct visitor)); // its key, mostly
	}
	if (index + NEAR < fold->dirty->count && fold->dirty->at[index + NEAR]->kind == FOLD_VISITOR)
		warm_visitor(fold->dirty->at[index + NEAR]);
}
