// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See catalog.h.
#include "services/metrics/catalog.h"

#include "services/metrics/core/kpi.h"
#include "services/metrics/store.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_SIZE = 256, NO_DECIMALS = -1 };

struct columns {
	struct db_array names, versions, decimals, sums, dimensions, windows;
};

static void append(char out[NAMES_SIZE], const char *name)
{
	size_t used = strlen(out);
	snprintf(out + used, NAMES_SIZE - used, "%s%s", used > 0 ? "," : "", name);
}

static void add_row(struct columns *c, const struct kpi_row *kpi)
{
	char dimensions[NAMES_SIZE] = "", windows[NAMES_SIZE] = "";
	for (enum fold_dimension d = FOLD_TOTAL; d <= FOLD_DIMENSION_COUNT; d++)
		if ((kpi->dimensions & (1U << d)) != 0)
			append(dimensions, fold_dimension_name(d));
	for (enum window w = WINDOW_MINUTE; w <= WINDOW_MONTH; w++)
		if ((kpi->windows & (1U << w)) != 0)
			append(windows, window_name(w));
	int decimals = kpi->unit == KPI_MONEY ? NO_DECIMALS : kpi_decimals(kpi, NULL);
	db_array_add(&c->names, db_text(kpi->name));
	db_array_add(&c->versions, db_int4((int32_t)kpi->version));
	db_array_add(&c->decimals, db_int2((int16_t)decimals));
	db_array_add(&c->sums, db_bool(kpi_sums_days(kpi)));
	db_array_add(&c->dimensions, db_text(dimensions));
	db_array_add(&c->windows, db_text(windows));
}

bool catalog_write(struct db *db, struct err *e)
{
	struct columns c;
	struct db_array *const all[] = {&c.names, &c.versions,   &c.decimals,
					&c.sums,  &c.dimensions, &c.windows};
	static const enum db_type types[] = {DB_TEXT, DB_INT4, DB_INT2, DB_BOOL, DB_TEXT, DB_TEXT};
	enum { COLUMNS = sizeof(all) / sizeof(all[0]) };
	struct db_value values[COLUMNS];
	for (size_t i = 0; i < COLUMNS; i++)
		db_array_init(all[i], types[i]);
	for (const struct kpi_row *kpi = kpi_rows; kpi->name != NULL; kpi++)
		add_row(&c, kpi);
	for (size_t i = 0; i < COLUMNS; i++)
		values[i] = db_array_value(all[i]);
	bool ok = db_run(db, "metrics_catalog_write", values, COLUMNS, NULL, e);
	for (size_t i = 0; i < COLUMNS; i++)
		db_array_fini(all[i]);
	return ok;
}
