// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Small things several commands print: JSON documents, times, money, durations.
#pragma once

#include "common/base/zone.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_TEXT_SIZE = 96 };

// Prints a document and a newline; takes the reference. compact: on one line.
void output_json(json_t *json, bool compact);
// A message with every key, for programs.
void output_message(const ProtobufCMessage *message, bool compact);
// Local time of this machine: "2026-11-23 10:00:00"; "-" for 0.
const char *output_time(int64_t ms, char out[OUTPUT_TEXT_SIZE]);
// The same in a shop's zone: what happened in a shop is told in its time.
const char *output_shop_time(const struct zone *zone, int64_t ms, char out[OUTPUT_TEXT_SIZE]);
// "12.34 PLN"; the currency's own decimals.
const char *output_money(int64_t minor, const char *currency, char out[OUTPUT_TEXT_SIZE]);
// "3 s", "5 min", "2 h 10 min", "4 d 3 h".
const char *output_duration(int64_t ms, char out[OUTPUT_TEXT_SIZE]);
// The value name of an enum without its prefix, in lower case: "running" of CAMPAIGN_STATE_RUNNING.
const char *output_enum(const ProtobufCEnumDescriptor *descriptor, int value, const char *prefix,
			char out[OUTPUT_TEXT_SIZE]);
// The reverse; false when the word names no value.
bool output_enum_parse(const ProtobufCEnumDescriptor *descriptor, const char *word, const char *prefix,
		       int *out);
// False when standard output is closed or broken: time to stop a stream.
bool output_is_open(void);
