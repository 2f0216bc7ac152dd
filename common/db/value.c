// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Values and arrays in PostgreSQL's binary format (network byte order; times are us since 2000-01-01 UTC).
// Pure but for the arrays' malloc.
#include "common/db/db_internal.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAY_HEADER_SIZE = 20 };
// us from 1970-01-01 to 2000-01-01
#define EPOCH_2000_US INT64_C(946684800000000)

// Type numbers are part of PostgreSQL's protocol and never change.
static const struct {
	enum db_type type;
	Oid scalar, array;
	int size; // of integers and times
} type_table[] = {
	{DB_BOOL, 16, 1000, 1},   {DB_INT2, 21, 1005, 2},   {DB_INT4, 23, 1007, 4},
	{DB_INT8, 20, 1016, 8},   {DB_TEXT, 25, 1009, 0},   {DB_BYTEA, 17, 1001, 0},
	{DB_UUID, 2950, 2951, 0}, {DB_TIME, 1184, 1185, 8}, {DB_NUMERIC_TEXT, 25, 1009, 0},
};

static size_t type_row(enum db_type type)
{
	size_t row = (size_t)type - DB_BOOL; // the table is in the order of the enum
	assert(row < sizeof(type_table) / sizeof(type_table[0]) && type_table[row].type == type);
	return row;
}

static struct db_value number_value(enum db_type type, int64_t v)
{
	return (struct db_value){.type = type, .number = v};
}

struct db_value db_bool(bool v)
{
	return number_value(DB_BOOL, v);
}

struct db_value db_int2(int16_t v)
{
	return number_value(DB_INT2, v);
}

struct db_value db_int4(int32_t v)
{
	return number_value(DB_INT4, v);
}

struct db_value db_int8(int64_t v)
{
	return number_value(DB_INT8, v);
}

struct db_value db_time_ms(int64_t v)
{
	return number_value(DB_TIME, v);
}

static struct db_value bytes_value(enum db_type type, const void *bytes, size_t size)
{
	return (struct db_value){.type = type, .bytes = {.data = bytes, .size = size}};
}

struct db_value db_text(const char *v)
{
	return v != NULL ? bytes_value(DB_TEXT, v, strlen(v)) : DB_VALUE_NULL;
}

struct db_value db_bytes(const void *v, size_t size)
{
	return bytes_value(DB_BYTEA, v, size);
}

struct db_value db_uuid(const uint8_t v[16])
{
	return bytes_value(DB_UUID, v, 16);
}

struct db_value db_numeric(const char *decimal)
{
	return decimal != NULL ? bytes_value(DB_NUMERIC_TEXT, decimal, strlen(decimal)) : DB_VALUE_NULL;
}

void db_put_be(uint8_t *out, uint64_t v, int size)
{
	// Left-aligned and in network order its first bytes are what is wanted.
	uint64_t bytes = htobe64(v << (64 - 8 * size));
	memcpy(out, &bytes, (size_t)size);
}

static bool fits(int64_t v, int width)
{
	return width == 8 || (v >= -(INT64_C(1) << (8 * width - 1)) && v < INT64_C(1) << (8 * width - 1));
}

static bool encode_number(const struct db_value *value, int width, struct db_wire *out)
{
	int64_t v = value->number;
	if (value->type == DB_TIME &&
	    (__builtin_mul_overflow(v, 1000, &v) || __builtin_sub_overflow(v, EPOCH_2000_US, &v)))
		return false;
	if (!fits(v, width))
		return false;
	db_put_be(out->scratch, (uint64_t)v, width);
	out->data = (const char *)out->scratch;
	out->size = width;
	return true;
}

bool db_encode(const struct db_value *value, int width, struct db_wire *out)
{
	out->format = value->type == DB_NUMERIC_TEXT ? 0 : 1;
	out->data = NULL;
	out->size = 0;
	if (value->type == DB_NULL)
		return true;
	if (value->type != DB_ARRAY) {
		int size = type_table[type_row(value->type)].size;
		if (size > 0)
			return encode_number(value, width > 0 ? width : size, out);
	}
	if (value->bytes.size > INT32_MAX)
		return false;
	// An empty text is not null: it needs an address.
	out->data = value->bytes.data != NULL ? (const char *)value->bytes.data : "";
	out->size = (int)value->bytes.size;
	return true;
}

static bool is_integer(enum db_type type)
{
	return type == DB_INT2 || type == DB_INT4 || type == DB_INT8;
}

// text, varchar, bpchar, name, json and unknown have the same binary form.
static bool is_text(Oid type)
{
	return type == 25 || type == 1043 || type == 1042 || type == 19 || type == 114 || type == 705;
}

bool db_accepts(Oid type, const struct db_value *value, int *width)
{
	*width = 0;
	if (value->type == DB_NULL || value->type == DB_NUMERIC_TEXT)
		return true; // null has no type, text format is parsed by the server
	if (value->type == DB_ARRAY)
		return type == type_table[type_row((enum db_type)value->number)].array;
	if (is_integer(value->type)) {
		*width = type == 21 ? 2 : type == 23 ? 4 : type == 20 ? 8 : 0;
		return *width != 0;
	}
	if (value->type == DB_TEXT)
		return is_text(type);
	return type == type_table[type_row(value->type)].scalar;
}

static void array_grow(struct db_array *array, size_t more)
{
	if (array->size + more <= array->capacity)
		return;
	size_t capacity = array->capacity;
	while (capacity < array->size + more)
		capacity *= 2;
	uint8_t *data = realloc(array->data, capacity);
	if (data == NULL)
		abort(); // sizes are bounded by the callers' batches: then the machine is out of memory
	array->data = data;
	array->capacity = capacity;
}

void db_array_init(struct db_array *array, enum db_type type)
{
	*array = (struct db_array){.type = type, .capacity = 256};
	array->data = malloc(array->capacity);
	if (array->data == NULL)
		abort();
	db_array_reset(array);
}

// Header: dimensions, has-nulls, element type, length and lower bound of the one dimension. It is kept true
// with each element, so that the value can be taken from a const array.
void db_array_reset(struct db_array *array)
{
	array->count = 0;
	array->size = ARRAY_HEADER_SIZE;
	db_put_be(array->data, 1, 4);
	db_put_be(array->data + 4, 0, 4);
	db_put_be(array->data + 8, type_table[type_row(array->type)].scalar, 4);
	db_put_be(array->data + 12, 0, 4);
	db_put_be(array->data + 16, 1, 4);
}

void db_array_add(struct db_array *array, struct db_value value)
{
	assert(value.type == array->type || value.type == DB_NULL);
	struct db_wire wire;
	bool encoded = db_encode(&value, 0, &wire);
	assert(encoded); // times are checked before they come here
	(void)encoded;
	array_grow(array, 4 + (size_t)wire.size);
	db_put_be(array->data + array->size, wire.data != NULL ? (uint32_t)wire.size : UINT32_MAX, 4);
	array->size += 4;
	if (wire.data == NULL)
		db_put_be(array->data + 4, 1, 4);
	else if (wire.size > 0)
		memcpy(array->data + array->size, wire.data, (size_t)wire.size);
	array->size += (size_t)wire.size;
	array->count++;
	db_put_be(array->data + 12, (uint32_t)array->count, 4);
}

void db_array_fini(struct db_array *array)
{
	free(array->data);
	array->data = NULL;
}

struct db_value db_array_value(const struct db_array *array)
{
	struct db_value value = bytes_value(DB_ARRAY, array->data, array->size);
	value.number = array->type;
	return value;
}
