// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See zones.h.
#include "services/campaign/zones.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	struct zone zone;
	struct slot *next;
};

static struct slot *slots;

const struct zone *zones_find(const char *name, struct err *e)
{
	struct slot *slot;

	for (slot = slots; slot != NULL; slot = slot->next) {
		if (strcmp(slot->zone.name, name) == 0)
			return &slot->zone;
	}
	slot = calloc(1, sizeof(*slot));
	if (slot == NULL)
		abort();
	if (!zone_load(&slot->zone, name, e)) {
		free(slot);
		return NULL;
	}
	slot->next = slots;
	slots = slot;
	return &slot->zone;
}
