// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The proto3 JSON mapping for any protobuf-c message, by reflection on its descriptor, with jansson.
// Out: lowerCamelCase names, 64-bit integers as strings, bytes in base64, enums by name, defaults left out.
// In: both spellings of names, numbers as numbers or strings, enums by name or number; unknown fields,
// wrong types, duplicate keys and out-of-range numbers are refused with the path at fault. One addition:
// a bytes field that ends up as 16 bytes may be given as a UUID in text form.
#pragma once

#include "common/base/err.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

// New reference, never NULL (aborts without memory).
json_t *json_from_message(const ProtobufCMessage *message);
// Whether default values are written too (for people and programs that want every key).
json_t *json_from_message_full(const ProtobufCMessage *message);
// NULL on failure; free with protobuf_c_message_free_unpacked(message, NULL).
ProtobufCMessage *json_to_message(const json_t *json, const ProtobufCMessageDescriptor *descriptor,
				  struct err *e);
// The same from text of one document (a line). Depth is limited by jansson and by the schema.
ProtobufCMessage *json_parse_message(const char *text, size_t size,
				     const ProtobufCMessageDescriptor *descriptor, struct err *e);
