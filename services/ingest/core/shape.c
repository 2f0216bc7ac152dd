// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See shape.h. The schema is not recursive, so the walk goes as deep as the schema and no deeper: unknown
// fields are skipped, not entered.
#include "services/ingest/core/shape.h"

#include "common/base/harden.h"
#include "common/base/money.h"
#include "common/base/wire.h"
#include "common/base/zone.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

// Where the walk stands, for the path of a field at fault.
struct step {
	const char *name;
	int index; // of a repeated field, or -1
};

struct walk {
	const char *prefix;
	const struct shape_times *times;
	struct err *e;
	bool is_plain;
	struct step steps[DEPTH_MAX + 1];
	int depth; // steps in use
};

// What one message's walk has met: how often each field was there, with a value worth the name.
struct seen {
	bool has_amount;
	struct {
		uint16_t times;
		bool is_given;     // there and not the default
	} fields[PLAN_FIELDS_MAX]; // as many as the message has are initialised
};

static void path_of(const struct walk *walk, const char *last, char out[ERR_FIELD_SIZE])
{
	size_t used = 0;
	int n = snprintf(out, ERR_FIELD_SIZE, "%s", walk->prefix ? walk->prefix : "");

	for (int i = 0; i <= walk->depth; i++) {
		used += n > 0 ? (size_t)n : 0;
		if (used >= ERR_FIELD_SIZE)
			return;
		const char *dot = used ? "." : "";
		const char *name = i < walk->depth ? walk->steps[i].name : last;
		if (i < walk->depth && walk->steps[i].index >= 0)
			n = snprintf(out + used, ERR_FIELD_SIZE - used, "%s%s[%d]", dot, name,
				     walk->steps[i].index);
		else if (name)
			n = snprintf(out + used, ERR_FIELD_SIZE - used, "%s%s", dot, name);
		else
			n = 0;
	}
}

// Fails with the path of the field called last; sentence follows "<path> ".
static bool fault(struct walk *walk, enum err_code code, const char *last, const char *sentence)
{
	char path[ERR_FIELD_SIZE];

	path_of(walk, last, path);
	return err_field(walk->e, code, path, "%s %s", path[0] ? path : "the event", sentence);
}

int64_t shape_add_ms(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

bool shape_check_past(int64_t time_ms, const struct shape_times *times, const char *field, struct err *e)
{
	int64_t moment_ms = shape_add_ms(time_ms, times->shift_ms);

	if (moment_ms < SHAPE_TIME_MIN_MS)
		return err_field(e, ERR_BAD_TIME, field,
				 "%s is before 1990-01-01 (milliseconds since 1970 are expected)", field);
	if (moment_ms > shape_add_ms(times->received_at_ms, SHAPE_AHEAD_MAX_MS))
		return err_field(e, ERR_FUTURE_TIME, field,
				 "%s is more than five minutes ahead (milliseconds since 1970 are expected)",
				 field);
	return true;
}

static bool check_time(struct walk *walk, const struct plan_field *field, int64_t value)
{
	char path[ERR_FIELD_SIZE];

	if (value == 0) // not given
		return true;
	path_of(walk, field->descriptor->name, path);
	if (field->check == PLAN_TIME_PAST)
		return shape_check_past(value, walk->times, path, walk->e);
	if (value < SHAPE_TIME_MIN_MS || value > SHAPE_TIME_MAX_MS)
		return err_field(walk->e, ERR_BAD_TIME, path,
				 "%s is no moment from 1990 to 2199, in milliseconds", path);
	return true;
}

static bool check_range(struct walk *walk, const struct plan_field *field, int64_t value)
{
	char sentence[96];

	if (value >= field->min && value <= field->max)
		return true;
	if (value == 0)
		return fault(walk, ERR_MISSING_FIELD, field->descriptor->name, "is missing or 0");
	snprintf(sentence, sizeof(sentence), "is outside %" PRId64 " to %" PRId64, field->min, field->max);
	return fault(walk, field->check == PLAN_AMOUNT ? ERR_AMOUNT_RANGE : ERR_BAD_FIELD,
		     field->descriptor->name, sentence);
}

static bool check_enum(struct walk *walk, const struct plan_field *field, int64_t value)
{
	if (value >= INT32_MIN && value <= INT32_MAX &&
	    protobuf_c_enum_descriptor_get_value(field->descriptor->descriptor, (int)value))
		return true;
	return fault(walk, ERR_BAD_FIELD, field->descriptor->name, "has a value this service does not know");
}

static bool check_number(struct walk *walk, const struct plan_field *field, int64_t value)
{
	switch (field->check) {
	case PLAN_RANGE:
	case PLAN_AMOUNT:
		return check_range(walk, field, value);
	case PLAN_TIME_PAST:
	case PLAN_TIME_ANY:
		return check_time(walk, field, value);
	case PLAN_ENUM:
		return check_enum(walk, field, value);
	default:
		return true;
	}
}

static bool is_country(struct slice text)
{
	return text.size == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' && text.data[1] >= 'A' &&
	       text.data[1] <= 'Z';
}

static bool is_zone(struct slice text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

	if (text.data[0] == '/')
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (!strchr(allowed, text.data[i]))
			return false;
	}
	return true;
}

// The checks of short texts that mean something: at most 63 bytes, no NUL inside, not empty.
static bool check_word(struct walk *walk, const struct plan_field *field, struct slice text)
{
	const char *name = field->descriptor->name;
	struct zone_date date;
	char word[64];
	int exponent;

	assert(text.size > 0 && text.size < sizeof(word));
	memcpy(word, text.data, text.size);
	word[text.size] = '\0';
	switch (field->check) {
	case PLAN_SLUG:
		return text_is_slug(word) || fault(walk, ERR_BAD_FIELD, name, "is no slug (a-z, 0-9 and -)");
	case PLAN_CURRENCY:
		return money_exponent(word, &exponent) ||
		       fault(walk, ERR_BAD_CURRENCY, name, "is no ISO 4217 currency, three capitals");
	case PLAN_DAY:
		return zone_date_parse(word, &date) ||
		       fault(walk, ERR_BAD_FIELD, name, "is no day, YYYY-MM-DD");
	case PLAN_COUNTRY:
		return is_country(text) || fault(walk, ERR_BAD_FIELD, name, "is no country, two capitals");
	case PLAN_ZONE:
		return is_zone(text) || fault(walk, ERR_BAD_FIELD, name, "is no IANA time zone");
	default:
		return true;
	}
}

static bool check_text(struct walk *walk, const struct plan_field *field, struct slice text)
{
	const char *name = field->descriptor->name;
	char sentence[64];

	if (!text_is_utf8(text.data, text.size))
		return fault(walk, ERR_BAD_UTF8, name, "is not UTF-8 or holds a NUL");
	if (text.size == 0)
		return true; // not given
	if (text.size > (size_t)field->max) {
		enum err_code code = field->check == PLAN_CURRENCY ? ERR_BAD_CURRENCY : ERR_BAD_FIELD;
		snprintf(sentence, sizeof(sentence), "is longer than %" PRId64 " bytes", field->max);
		return fault(walk, code, name, sentence);
	}
	return field->check == PLAN_TEXT || check_word(walk, field, text);
}

static bool check_bytes(struct walk *walk, const struct plan_field *field, struct slice bytes)
{
	static const uint8_t nil[16];
	char sentence[64];

	if (field->check == PLAN_EVENT_ID && bytes.size != 0) {
		if (bytes.size != sizeof(nil))
			return fault(walk, ERR_BAD_FIELD, field->descriptor->name, "is not 16 bytes");
		if (memcmp(bytes.data, nil, sizeof(nil)) == 0)
			return fault(walk, ERR_BAD_FIELD, field->descriptor->name, "is the nil UUID");
	}
	if (bytes.size > (size_t)field->max) {
		snprintf(sentence, sizeof(sentence), "is longer than %" PRId64 " bytes", field->max);
		return fault(walk, ERR_BAD_FIELD, field->descriptor->name, sentence);
	}
	return true;
}

static enum wire_type wire_type_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_BYTES;
	default:
		return WIRE_VARINT; // plan.c admits no fixed-size number
	}
}

// Counts the field and refuses what two decoders could read differently.
static bool check_times(struct walk *walk, const struct plan *plan, struct seen *seen, int index)
{
	const ProtobufCFieldDescriptor *field = plan->fields[index].descriptor;
	uint16_t *times = &seen->fields[index].times;

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		walk->is_plain = false;
		if (*times == PLAN_REPEATED_MAX)
			return fault(walk, ERR_TOO_MANY, field->name, "has more than 1000 items");
	} else if (*times > 0) {
		return fault(walk, ERR_BAD_PROTO, field->name, "stands twice");
	}
	(*times)++;
	return true;
}

static bool walk_message(struct walk *walk, const struct plan *plan, struct slice rest, int16_t needs);

static bool check_value(struct walk *walk, const struct plan_field *field, const struct wire_field *wire,
			uint16_t nth)
{
	const ProtobufCFieldDescriptor *descriptor = field->descriptor;

	if (descriptor->type == PROTOBUF_C_TYPE_STRING)
		return check_text(walk, field, wire->bytes);
	if (descriptor->type == PROTOBUF_C_TYPE_BYTES)
		return check_bytes(walk, field, wire->bytes);
	if (descriptor->type != PROTOBUF_C_TYPE_MESSAGE) {
		if (descriptor->type == PROTOBUF_C_TYPE_UINT32 && wire->value > UINT32_MAX)
			return fault(walk, ERR_BAD_FIELD, descriptor->name, "does not fit 32 bits");
		return check_number(walk, field, (int64_t)wire->value);
	}
	assert(walk->depth < DEPTH_MAX);
	bool repeated = descriptor->label == PROTOBUF_C_LABEL_REPEATED;
	walk->steps[walk->depth++] = (struct step){descriptor->name, repeated ? (int)nth : -1};
	bool ok = walk_message(walk, field->message, wire->bytes, field->needs);
	walk->depth--;
	return ok;
}

static bool check_missing(struct walk *walk, const struct plan *plan, const struct seen *seen, int16_t needs)
{
	for (size_t i = 0; i < plan->required_count; i++) {
		const struct plan_required *row = &plan->required[i];
		if (!seen->fields[row->field].is_given &&
		    (row->or_field < 0 || !seen->fields[row->or_field].is_given))
			return fault(walk, ERR_MISSING_FIELD, plan->fields[row->field].descriptor->name,
				     "is missing");
	}
	if (needs >= 0 && !seen->fields[needs].is_given)
		return fault(walk, ERR_MISSING_FIELD, plan->fields[needs].descriptor->name, "is missing");
	if (seen->has_amount && plan->currency >= 0 && !seen->fields[plan->currency].is_given)
		return fault(walk, ERR_MISSING_FIELD, plan->fields[plan->currency].descriptor->name,
			     "is missing beside an amount");
	return true;
}

static bool walk_message(struct walk *walk, const struct plan *plan, struct slice rest, int16_t needs)
{
	HARDEN_UNFILLED struct seen seen;
	struct wire_field wire;

	seen.has_amount = false;
	memset(seen.fields, 0, plan->descriptor->n_fields * sizeof(seen.fields[0]));
	while (wire_next(&rest, &wire)) {
		int index = plan_field_by_number(plan, wire.number);
		if (index < 0) { // of a newer schema
			walk->is_plain = false;
			continue;
		}
		const struct plan_field *field = &plan->fields[index];
		uint16_t nth = seen.fields[index].times;
		if (wire.type != wire_type_of(field->descriptor->type))
			return fault(walk, ERR_BAD_PROTO, field->descriptor->name, "has the wrong wire type");
		if (!check_times(walk, plan, &seen, index) || !check_value(walk, field, &wire, nth))
			return false;
		bool given = wire.type == WIRE_VARINT ? wire.value != 0
						      : wire.bytes.size > 0 || field->check == PLAN_MESSAGE;
		seen.fields[index].is_given |= given;
		seen.has_amount |= field->check == PLAN_AMOUNT;
	}
	if (rest.size != 0)
		return fault(walk, ERR_BAD_PROTO, NULL, "does not decode");
	return check_missing(walk, plan, &seen, needs);
}

bool shape_check(const struct plan *plan, struct slice raw, const char *prefix,
		 const struct shape_times *times, bool *is_plain, struct err *e)
{
	struct walk walk; // its steps are written before they are read

	walk.prefix = prefix;
	walk.times = times;
	walk.e = e;
	walk.is_plain = true;
	walk.depth = 0;
	bool ok = walk_message(&walk, plan, raw, -1);
	*is_plain &= walk.is_plain;
	return ok;
}
