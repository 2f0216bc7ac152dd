// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What every field of the schema must look like, compiled once from the schema's own names: a field's
// name says its unit (_ms, _minor, _bp, _day, currency, quantity...), so a short table of names gives the
// check of each field, and a second one says which fields a message cannot do without. shape.c walks raw
// bytes by this plan. Pure.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLAN_FIELDS_MAX = 96,    // of one message; Event is the largest
	PLAN_NUMBERS_MAX = 192,  // field numbers that are looked up in one step
	PLAN_REQUIRED_MAX = 6,   // of one message
	PLAN_REPEATED_MAX = 1000 // items of one repeated field
};

enum plan_check {
	PLAN_FREE,     // any value of the type
	PLAN_TEXT,     // at most max bytes
	PLAN_BYTES,    // at most max bytes
	PLAN_EVENT_ID, // 16 bytes
	PLAN_SLUG,
	PLAN_CURRENCY,
	PLAN_DAY,        // YYYY-MM-DD
	PLAN_COUNTRY,    // two capitals
	PLAN_ZONE,       // the shape of an IANA zone's name; whether it exists needs files, hence not here
	PLAN_RANGE,      // min to max: BAD_FIELD
	PLAN_AMOUNT,     // min to max: AMOUNT_RANGE
	PLAN_TIME_PAST,  // a moment that has been: BAD_TIME before 1990, FUTURE_TIME ahead of the clock
	PLAN_TIME_ANY,   // a moment that may lie ahead
	PLAN_TIME_EVENT, // the event's own: only taken, judged by validate.c
	PLAN_ENUM,       // a number this schema knows
	PLAN_ENUM_OPEN,  // any number: a newer schema's word is harmless here
	PLAN_MESSAGE
};

struct plan;

struct plan_field {
	const ProtobufCFieldDescriptor *descriptor;
	enum plan_check check;
	int64_t min, max;           // of the value, or max of the size in bytes
	const struct plan *message; // PLAN_MESSAGE
	int16_t needs; // PLAN_MESSAGE: index of a field needed here beyond the message's own, or -1
};

// One of these fields must be there (indexes into fields, second -1 when there is no choice).
struct plan_required {
	int16_t field, or_field;
};

struct plan {
	const ProtobufCMessageDescriptor *descriptor;
	struct plan_field *fields; // in the descriptor's order
	struct plan_required required[PLAN_REQUIRED_MAX];
	size_t required_count;
	int16_t by_number[PLAN_NUMBERS_MAX]; // index of the field with this number, or -1
	int16_t currency;  // index of the field that every amount of this message needs, or -1
	struct plan *next; // all plans of one plan_create, for plan_destroy
};

// Compiles the plan of a message and of all it contains; aborts when there is no memory or when a row of
// the tables names a field the schema does not have.
struct plan *plan_create(const ProtobufCMessageDescriptor *descriptor);
void plan_destroy(struct plan *plan);
// Index of the field with this number or name, -1 when there is none.
int plan_field_by_number(const struct plan *plan, uint32_t number);
int plan_field_by_name(const struct plan *plan, const char *name);
