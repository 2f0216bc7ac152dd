// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Identities: UUIDv7 for new facts, UUIDv5 for facts that have a foreign id (through libuuid).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UUID_SIZE = 16, UUID_TEXT_SIZE = 37 };

void uuid_v7(int64_t now_ms,
	     uint8_t out[UUID_SIZE]); // random part from getrandom(2); ascending within one ms of a process
// UUIDv5 of `name` in the namespace that is itself UUIDv5 of `source` in the URL namespace.
void uuid_v5(const char *source, const void *name, size_t name_size, uint8_t out[UUID_SIZE]);
void uuid_format(const uint8_t id[UUID_SIZE], char out[UUID_TEXT_SIZE]); // lower case with dashes
bool uuid_parse_text(const char *text, uint8_t out[UUID_SIZE]);
