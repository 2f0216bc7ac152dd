// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The key of an instance's pseudonyms: a file among its secrets, made with the instance and never again.
#pragma once

#include "common/base/err.h"
#include "services/utarg/instance.h"

#include <stdbool.h>
#include <stddef.h>

// "<root>/secrets/pseudonym.key"
void pseudonyms_path(const struct instance *instance, char out[CLI_PATH_SIZE]);
// Makes the file when the instance is new. An instance that has a database and no key is refused: with
// another key every visitor and customer would be somebody new.
bool pseudonyms_prepare(const struct instance *instance, struct err *e);
// "--pseudonym-key=<path>", for utarg-ingest.
void pseudonyms_option(const struct instance *instance, char *out, size_t out_size);
