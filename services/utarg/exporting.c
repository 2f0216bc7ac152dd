// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/exporting.h"

#include "common/base/clock.h"
#include "services/utarg/files.h"

#include <stdlib.h>
#include <unistd.h>

enum { PRIVATE_MODE = 0600 };

static bool find_day(const struct cli *cli, const char *option, struct zone_date *out, struct err *e)
{
	const char *text = cli_value(cli, option);
	return !text || zone_date_parse(text, out) ||
	       err_field(e, ERR_BAD_TIME, option, "--%s \"%.60s\" is no day: 2026-11-23", option, text);
}

static bool find_range(const struct cli *cli, struct exporting *x, struct err *e)
{
	x->last = zone_date(&x->shop.zone, clock_now_ms());
	x->first = (struct zone_date){1970, 1, 1};
	if (!find_day(cli, "from", &x->first, e) || !find_day(cli, "to", &x->last, e))
		return false;
	if (zone_date_days(x->first) > zone_date_days(x->last))
		return err_field(e, ERR_BAD_TIME, "from", "--from is behind --to");
	x->from_ms = cli_value(cli, "from") ? zone_day_start_ms(&x->shop.zone, x->first) : INT64_MIN;
	x->to_ms = zone_day_start_ms(&x->shop.zone, zone_date_add(x->last, 1));
	return true;
}

bool exporting_begin(struct cli *cli, struct exporting *x, struct err *e)
{
	const char *path = cli_value(cli, "out");
	*x = (struct exporting){0};
	if (path && !cli_switch(cli, "force") && access(path, F_OK) == 0)
		return err_field(e, ERR_REFUSED, "out", "%.200s is there already; --force overwrites it",
				 path);
	if (!shop_load(cli, cli_operand(cli, 0), &x->shop, e))
		return false;
	x->out = open_memstream(&x->text, &x->size);
	if (x->out == NULL)
		abort();
	if (find_range(cli, x, e))
		return true;
	return exporting_end(cli, x, false, 0, "", e);
}

static bool deliver(struct cli *cli, const struct exporting *x, size_t count, const char *what, struct err *e)
{
	const char *path = cli_value(cli, "out");
	if (!path)
		return fwrite(x->text, 1, x->size, stdout) == x->size ||
		       err_set(e, ERR_STORAGE_LOW, "the output could not be written");
	if (!files_write(path, x->text, PRIVATE_MODE, NULL, e))
		return false;
	printf("%zu %s written to %s\n", count, what, path);
	return true;
}

bool exporting_end(struct cli *cli, struct exporting *x, bool went_well, size_t count, const char *what,
		   struct err *e)
{
	fclose(x->out);
	bool ok = went_well && deliver(cli, x, count, what, e);
	free(x->text);
	shop_fini(&x->shop);
	return ok;
}
