// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The questions metrics answers.
#pragma once

#include "common/svc/svc.h"

extern const struct svc_route metrics_routes[]; // context is struct metrics
