// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See zones.h.
#include "services/metrics/zones.h"

#include "common/base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct zone zone;
	struct slot *next;
};

struct zones {
	struct slot *first;
};

struct zones *zones_create(void)
{
	struct zones *zones = calloc(1, sizeof(*zones));
	assert(zones != NULL);
	return zones;
}

void zones_destroy(struct zones *zones)
{
	if (zones == NULL)
		return;
	while (zones->first != NULL) {
		struct slot *next = zones->first->next;
		zone_fini(&zones->first->zone);
		free(zones->first);
		zones->first = next;
	}
	free(zones);
}

const struct zone *zones_find(void *context, const char *name)
{
	struct zones *zones = context;
	struct err e = {0};
	for (struct slot *slot = zones->first; slot != NULL; slot = slot->next) {
		if (strcmp(slot->zone.name, name) == 0)
			return &slot->zone;
	}
	struct slot *slot = calloc(1, sizeof(*slot));
	assert(slot != NULL);
	if (!zone_load(&slot->zone, name, &e)) {
		free(slot);
		log_error("zone_unknown", LOG_STR("zone", name), LOG_STR("reason", e.text));
		return NULL;
	}
	slot->next = zones->first;
	zones->first = slot;
	return &slot->zone;
}
