// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/words.h"

#include "services/metrics/core/kpi.h"
#include "services/metrics/store.h"

#include <string.h>

#include "utarg/v1/metrics.pb-c.h"

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

static bool write_kpis(struct db *db, struct err *e)
{
	struct db_array text[6], versions;
	db_array_init(&versions, DB_INT4);
	for (int i = 0; i < 6; i++)
		db_array_init(&text[i], DB_TEXT);
	for (const struct kpi_row *row = kpi_rows; row->name != NULL; row++) {
		if (!is_plain(row))
			continue;
		db_array_add(&text[0], db_text(row->name));
		db_array_add(&text[1], db_text(row->family != NULL ? row->family : row->name));
		db_array_add(&text[2], db_text(row->group));
		db_array_add(&versions, db_int4((int32_t)row->version));
		db_array_add(&text[3], db_text(unit_name(row)));
		db_array_add(&text[4], db_text(row->english));
		db_array_add(&text[5], db_text(row->polish));
	}
	bool ok = db_run(db, "metrics_word_kpi",
			 STORE_VALUES(db_array_value(&text[0]), db_array_value(&text[1]),
				      db_array_value(&text[2]), db_array_value(&versions),
				      db_array_value(&text[3]), db_array_value(&text[4]),
				      db_array_value(&text[5])),
			 NULL, e);
	db_array_fini(&versions);
	for (int i = 0; i < 6; i++)
		db_array_fini(&text[i]);
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
	if (db_run(db, "metrics_word_drop", NULL, 0, NULL, e) && write_dimensions(db, e) &&
	    write_kpis(db, e) && write_terms(db, e))
		return db_commit(db, e) == DB_COMMITTED;
	db_rollback(db);
	return false;
}
