// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading the rows of a result: binary columns to C values. A type that does not match the column is a
// bug of ours and asserted.
#include "common/db/db_internal.h"

#include <assert.h>
#include <stdlib.h>

#define EPOCH_2000_US INT64_C(946684800000000)

struct db_result {
	PGresult *pg;
};

struct db_result *db_result_wrap(PGresult *result)
{
	struct db_result *wrapped = malloc(sizeof(*wrapped));
	if (wrapped == NULL)
		abort();
	wrapped->pg = result;
	return wrapped;
}

void db_result_free(struct db_result *result)
{
	if (result == NULL)
		return;
	PQclear(result->pg);
	free(result);
}

int db_rows(const struct db_result *result)
{
	return PQntuples(result->pg);
}

int64_t db_affected(const struct db_result *result)
{
	const char *text = PQcmdTuples(result->pg);
	return text[0] != '\0' ? strtoll(text, NULL, 10) : 0;
}

bool db_is_null(const struct db_result *result, int row, int column)
{
	return PQgetisnull(result->pg, row, column) != 0;
}

static const uint8_t *cell(const struct db_result *result, int row, int column, int *size)
{
	assert(row >= 0 && row < PQntuples(result->pg) && column >= 0 && column < PQnfields(result->pg));
	assert(!PQgetisnull(result->pg, row, column));
	*size = PQgetlength(result->pg, row, column);
	return (const uint8_t *)PQgetvalue(result->pg, row, column);
}

static uint64_t get_be(const uint8_t *data, int size)
{
	uint64_t v = 0;
	for (int i = 0; i < size; i++)
		v = v << 8 | data[i];
	return v;
}

int64_t db_get_int(const struct db_result *result, int row, int column)
{
	int size;
	const uint8_t *data = cell(result, row, column, &size);
	uint64_t v = get_be(data, size);
	switch (PQftype(result->pg, column)) {
	case 16:
		return v != 0;
	case 21:
		return (int16_t)v;
	case 23:
		return (int32_t)v;
	case 26: // oid
		return (int64_t)v;
	case 20:
		return (int64_t)v;
	default:
		assert(!"db_get_int: the column is no integer");
		abort();
	}
}

int64_t db_get_time_ms(const struct db_result *result, int row, int column)
{
	assert(PQftype(result->pg, column) == 1184);
	int size;
	const uint8_t *data = cell(result, row, column, &size);
	int64_t us;
	// 'infinity' does not overflow here by accident: it saturates.
	if (__builtin_add_overflow((int64_t)get_be(data, size), EPOCH_2000_US, &us))
		us = INT64_MAX;
	int64_t ms = us / 1000;
	return us % 1000 < 0 ? ms - 1 : ms;
}

struct slice db_get_bytes(const struct db_result *result, int row, int column)
{
	int size;
	const uint8_t *data = cell(result, row, column, &size);
	Oid type = PQftype(result->pg, column);
	assert(type == 17 || type == 25 || type == 1043 || type == 19 || type == 2950);
	return (struct slice){.data = data, .size = (size_t)size};
}

const char *db_get_text(const struct db_result *result, int row, int column)
{
	Oid type = PQftype(result->pg, column);
	assert(type == 25 || type == 1043 || type == 19);
	int size;
	return (const char *)cell(result, row, column, &size);
}
