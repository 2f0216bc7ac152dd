// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/output.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void output_json(json_t *json, bool compact)
{
	// Fifteen digits print every value we have as it was given, and 0.1 as 0.1.
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);
	json_dumpf(json, stdout, flags | (compact ? JSON_COMPACT : JSON_INDENT(2)));
	putchar('\n');
	json_decref(json);
}

void output_message(const ProtobufCMessage *message, bool compact)
{
	output_json(json_from_message_full(message), compact);
}

const char *output_time(int64_t ms, char out[OUTPUT_TEXT_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;
	if (ms == 0 || !localtime_r(&seconds, &parts))
		return "-";
	strftime(out, OUTPUT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
	return out;
}

const char *output_shop_time(const struct zone *zone, int64_t ms, char out[OUTPUT_TEXT_SIZE])
{
	char stamp[ZONE_STAMP_SIZE];
	if (ms == 0)
		return "-";
	zone_stamp(zone, ms, stamp);
	snprintf(out, OUTPUT_TEXT_SIZE, "%.10s %.8s", stamp, stamp + 11);
	return out;
}

const char *output_money(int64_t minor, const char *currency, char out[OUTPUT_TEXT_SIZE])
{
	char amount[MONEY_TEXT_SIZE];
	int exponent = 0;
	if (!money_exponent(currency, &exponent))
		exponent = 0;
	snprintf(out, OUTPUT_TEXT_SIZE, "%s %.3s", money_text(minor, exponent, amount), currency);
	return out;
}

const char *output_duration(int64_t ms, char out[OUTPUT_TEXT_SIZE])
{
	long long s = ms > 0 ? ms / 1000 : 0;
	if (s < 60)
		snprintf(out, OUTPUT_TEXT_SIZE, "%lld s", s);
	else if (s < 3600)
		snprintf(out, OUTPUT_TEXT_SIZE, "%lld min", s / 60);
	else if (s < 86400)
		snprintf(out, OUTPUT_TEXT_SIZE, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else
		snprintf(out, OUTPUT_TEXT_SIZE, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	return out;
}

const char *output_enum(const ProtobufCEnumDescriptor *descriptor, int value, const char *prefix,
			char out[OUTPUT_TEXT_SIZE])
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
	if (!found) {
		snprintf(out, OUTPUT_TEXT_SIZE, "%d", value);
		return out;
	}
	size_t prefix_len = strlen(prefix);
	text_copy(out, OUTPUT_TEXT_SIZE,
		  strncmp(found->name, prefix, prefix_len) == 0 ? found->name + prefix_len : found->name);
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

bool output_enum_parse(const ProtobufCEnumDescriptor *descriptor, const char *word, const char *prefix,
		       int *out)
{
	size_t prefix_len = strlen(prefix);
	for (unsigned i = 0; i < descriptor->n_values; i++) {
		const ProtobufCEnumValue *value = &descriptor->values[i];
		if (value->value != 0 && strncmp(value->name, prefix, prefix_len) == 0 &&
		    strcasecmp(value->name + prefix_len, word) == 0) {
			*out = value->value;
			return true;
		}
	}
	return false;
}

bool output_is_open(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}
