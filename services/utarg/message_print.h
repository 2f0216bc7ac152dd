// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Messages for people.
#pragma once

#include "common/base/zone.h"

#include <stddef.h>

#include "utarg/v1/campaign.pb-c.h"

// One message with its claims, placements and what is wrong; times in the shop's zone.
void message_print(const struct zone *zone, const Utarg__V1__MessageView *view);
// How many of its placements show what they are to show.
size_t message_coherent_count(const Utarg__V1__MessageView *view);
