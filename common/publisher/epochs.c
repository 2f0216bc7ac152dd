// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "common/publisher/epochs.h"

#include "common/base/map.h"

#include <stdlib.h>
#include <string.h>

enum { SHOP_SIZE = 64 };

struct epoch_row {
	char shop[SHOP_SIZE]; // the key: its bytes, zeros behind them
	uint64_t epoch;
	UT_hash_handle hh;
};

bool epochs_take(struct epochs *epochs, struct slice shop, uint64_t epoch)
{
	char key[SHOP_SIZE] = {0};
	struct epoch_row *row;
	if (epoch == 0 || shop.size == 0 || shop.size >= SHOP_SIZE)
		return true;
	memcpy(key, shop.data, shop.size);
	HASH_FIND(hh, epochs->rows, key, SHOP_SIZE, row);
	if (row && epoch < row->epoch)
		return false;
	if (row) {
		row->epoch = epoch;
		return true;
	}
	if (HASH_COUNT(epochs->rows) >= EPOCHS_SHOPS_MAX)
		epochs_fini(epochs);
	if (!(row = calloc(1, sizeof(*row))))
		abort();
	memcpy(row->shop, key, SHOP_SIZE);
	row->epoch = epoch;
	HASH_ADD(hh, epochs->rows, shop, SHOP_SIZE, row);
	return true;
}

void epochs_fini(struct epochs *epochs)
{
	struct epoch_row *row, *next;
	HASH_ITER(hh, epochs->rows, row, next)
	{
		HASH_DEL(epochs->rows, row);
		free(row);
	}
}
