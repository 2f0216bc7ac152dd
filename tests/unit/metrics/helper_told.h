// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Rows for people who analyse, looked at before each checkpoint of a shop in memory.
#pragma once

#include "services/metrics/core/told.h"

// Lines that are told say together what their order says: exactly in the shop's currency; in another one each
// is rounded by itself.
void told_agree(struct fold *fold);
