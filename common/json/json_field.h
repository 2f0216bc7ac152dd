// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What reading and writing JSON both need of protobuf-c's reflection: where a field lies, how large one of
// its values is, and how its name is spelt. Private to common/json.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSON_NAME_SIZE = 128 };

const void *json_field_at(const ProtobufCMessage *message, unsigned offset);
size_t json_field_size(const ProtobufCFieldDescriptor *field); // of one value in the C structure
void json_field_name(const ProtobufCFieldDescriptor *field, char out[JSON_NAME_SIZE]); // lowerCamelCase
// By either spelling; NULL: the message has no such field.
const ProtobufCFieldDescriptor *json_field_find(const ProtobufCMessageDescriptor *descriptor,
						const char *key);
