// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whether the ports an instance needs are free on this machine.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>

// On loopback, where services bind. CONFLICT names the first port that somebody else has.
bool ports_check_free(int port_offset, struct err *e);
