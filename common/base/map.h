// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Hash maps are uthash's, with the two settings this house wants. Include this instead of <uthash.h>.
#pragma once

#include <stdlib.h>

// No memory for a map ends the process, like every small allocation here.
#define uthash_fatal(message) abort()
// One byte at a time: uthash's own default falls through switch labels, which clang warns about.
#define HASH_FUNCTION(key, size, hash) HASH_OAT(key, size, hash)
#include <uthash.h>
