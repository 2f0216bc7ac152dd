// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Conversion paths of some days: which ways led to how many orders, and which channels assisted. For a fold
// that nothing is applied to, a day at a time, so that no more than one has to be in memory. Pure.
#pragma once

#include "services/metrics/core/fold.h"

struct path_list;

struct path_list_row {
	const uint32_t *channels; // interned, one after the other different
	size_t count;
	int64_t orders;
	money_sum net;
};

struct path_list_channel {
	const char *name;
	int64_t last, assisted; // orders whose path ends with it; that have it and end with another
	money_sum assisted_net;
};

enum { PATH_LIST_MAX = 20000 }; // different paths

struct path_list *path_list_create(void);
void path_list_destroy(struct path_list *list);
// Keys that must be loaded before path_list_add and are not here; as fold_missing. Days are numbers since
// 1970.
size_t path_list_missing(const struct fold *fold, int32_t day, struct fold_key *out, size_t capacity);
// False: there are more than PATH_LIST_MAX paths.
bool path_list_add(struct path_list *list, const struct fold *fold, int32_t day);
// Sorted as they are told: paths by orders, net and names, channels by name. The arrays are the list's; texts
// and the names of rows are the fold's.
size_t path_list_rows(struct path_list *list, const struct fold *fold, const struct path_list_row **out);
size_t path_list_channels(struct path_list *list, const struct path_list_channel **out);
const char *path_list_name(const struct fold *fold, uint32_t channel);
