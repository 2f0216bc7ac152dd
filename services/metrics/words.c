// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/words.h"

#include "services/metrics/core/kpi.h"
#include "services/metrics/store.h"

#include <stdio.h>
#include <string.h>

#include "utarg/v1/metrics.pb-c.h"

enum { NAMES_SIZE = 256, NO_DECIMALS = -1, KPI_COLUMNS = 11 };

static bool write_dimensions(struct db *db, struct err *e)
{
	struct db_array numbers, names;
	db_array_init(&numbers, DB_INT2);
	db_array_init(&names, DB_TEXT);
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++) {
		db_array_add(&numbers, db_int2((int16_t)d));
		db_array_add(&names, db_text(fold_dimension_name(d)));
	}
	bool ok = db_run(db, "metrics_word_dimension",
			 STORE_VALUES(db_array_value(&numbers), db_array_value(&names)), NULL, e);
	db_array_fini(&numbers);
	db_array_fini(&names);
	return ok;
}

// Those that are a sum by a sum of the same day.
static bool is_plain(const struct kpi_row *row)
{
	bool plain = row->form == KPI_FRACTION && (row->windows & (1U << WINDOW_DAY)) != 0;
	for (size_t i = 0; i < KPI_TERM_MAX; i++)
		plain = plain && row->numerator[i].reach == KPI_WINDOW &&
			row->denominator[i].reach == KPI_WINDOW;
	return plain;
}

static const char *unit_name(const struct kpi_row *row)
{
	const ProtobufCEnumValue *value =
		protobuf_c_enum_descriptor_get_value(&utarg__v1__unit__descriptor, (int)row->unit);
	return value != NULL ? value->name + strlen("UNIT_") : "";
}

static void append(char out[NAMES_SIZE], const char *name)
{
	size_t used = strlen(out);
	snprintf(out + used, NAMES_SIZE - used, "%s%s", used > 0 ? "," : "", name);
}

static void add_kpi(const struct kpi_row *row, struct db_array columns[KPI_COLUMNS])
{
	char dimensions[NAMES_SIZE] = "", windows[NAMES_SIZE] = "";
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++)
		if ((row->dimensions & (1U << d)) != 0)
			append(dimensions, fold_dimension_name(d));
	for (enum window w = WINDOW_MINUTE; w <= WINDOW_MONTH; w++)
		if ((row->windows & (1U << w)) != 0)
			append(windows, window_name(w));
	int decimals = row->unit == KPI_MONEY ? NO_DECIMALS : kpi_decimals(row, NULL);
	const struct db_value values[KPI_COLUMNS] = {
		db_text(row->name),
		db_text(row->family != NULL ? row->family : row->name),
		db_text(row->group),
		db_text(unit_name(row)),
		db_text(row->english),
		db_text(row->polish),
		db_text(dimensions),
		db_text(windows),
		db_int4((int32_t)row->version),
		db_int2((int16_t)decimals),
		db_bool(kpi_sums_days(row)),
	};
	for (size_t i = 0; i < KPI_COLUMNS; i++)
		db_array_add(&columns[i], values[i]);
}

static bool write_kpis(struct db *db, struct err *e)
{
	static const enum db_type types[KPI_COLUMNS] = {DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT,
							DB_TEXT, DB_TEXT, DB_INT4, DB_INT2, DB_BOOL};
	struct db_array columns[KPI_COLUMNS];
	struct db_value values[KPI_COLUMNS];
	for (size_t i = 0; i < KPI_COLUMNS; i++)
		db_array_init(&columns[i], types[i]);
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++)
		add_kpi(row, columns);
	for (size_t i = 0; i < KPI_COLUMNS; i++)
		values[i] = db_array_value(&columns[i]);
	bool ok = db_run(db, "metrics_word_kpi", values, KPI_COLUMNS, NULL, e);
	for (size_t i = 0; i < KPI_COLUMNS; i++)
		db_array_fini(&columns[i]);
	return ok;
}

static int sign_in(const struct kpi_term *terms, uint16_t measure)
{
	int sign = 0;
	for (size_t i = 0; i < KPI_TERM_MAX; i++)
		sign += terms[i].measure == measure ? terms[i].sign : 0;
	return sign;
}

static bool write_terms(struct db *db, struct err *e)
{
	struct db_array names, measures, numerators, denominators;
	db_array_init(&names, DB_TEXT);
	db_array_init(&measures, DB_INT2);
	db_array_init(&numerators, DB_INT4);
	db_array_init(&denominators, DB_INT4);
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++) {
		for (uint16_t measure = 1; is_plain(row) && measure < MEASURE_COUNT; measure++) {
			int above = sign_in(row->numerator, measure),
			    below = sign_in(row->denominator, measure);
			if (above == 0 && below == 0)
				continue;
			db_array_add(&names, db_text(row->name));
			db_array_add(&measures, db_int2((int16_t)measure));
			db_array_add(&numerators, db_int4(above));
			db_array_add(&denominators, db_int4(below));
		}
	}
	bool ok = db_run(db, "metrics_word_term",
			 STORE_VALUES(db_array_value(&names), db_array_value(&measures),
				      db_array_value(&numerators), db_array_value(&denominators)),
			 NULL, e);
	db_array_fini(&names);
	db_array_fini(&measures);
	db_array_fini(&numerators);
	db_array_fini(&denominators);
	return ok;
}

bool words_write(struct db *db, struct err *e)
{
	if (!db_begin(db, e))
		return false;
	if (db_run(db, "metrics_word_lock", NULL, 0, NULL, e) &&
	    db_run(db, "metrics_word_drop", NULL, 0, NULL, e) && write_dimensions(db, e) &&
	    write_kpis(db, e) && write_terms(db, e))
		return db_commit(db, e) == DB_COMMITTED;
	db_rollback(db);
	return false;
}
