// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whom an erasure is about: the names that are to go, each with the random one that takes its place, and what
// is left of a row's subject. Pure but for the randomness.
#pragma once

#include "common/base/pseudonym.h"

#include <stddef.h>

enum {
	ERASED_NAME_SIZE = 64,                           // the longest a shop may send
	ERASED_SUBJECT_SIZE = 2 * (2 + ERASED_NAME_SIZE) // two names with tag and length
};

struct erased; // a set of names

// One of them; lives as long as the set.
struct erased_name {
	enum pseudonym_kind kind;
	struct slice old, fresh;
};

struct erased *erased_create(void);
void erased_destroy(struct erased *erased); // takes NULL
// Whether the name is new to the set. It must not be longer than ERASED_NAME_SIZE.
bool erased_add(struct erased *erased, enum pseudonym_kind kind, struct slice name);
size_t erased_count(const struct erased *erased, enum pseudonym_kind kind);
// By number, in the order of adding; NULL when there are fewer.
const struct erased_name *erased_at(const struct erased *erased, size_t i);
// What stands in the place of a name from now on: another one, or the same when it is not in the set.
struct slice erased_replace(const struct erased *erased, enum pseudonym_kind kind, struct slice name);
// A subject that holds these names and nothing else; its size.
size_t erased_subject(struct slice visitor, struct slice customer, uint8_t out[ERASED_SUBJECT_SIZE]);
