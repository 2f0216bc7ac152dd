// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Cuts the raw bytes of a PublishRequest into the raw bytes of its events and subjects, without decoding
// any of them: on the wire a sub-message is the same as bytes. What is stored is the slice that was
// received, and a publication that is broken inside is refused alone. What the slices mean is
// validate.c's business. Pure.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLICE_PUBLICATIONS_MAX = 1000 };

// One publication as raw bytes; both slices point into the request.
struct slice_publication {
	struct slice event;
	struct slice subject; // size 0 when absent
	bool has_event;
	const char *fault; // why this one alone is BAD_PROTO, a sentence in static storage; NULL: sound
};

struct slice_request {
	int64_t sent_at_ms; // 0: not given
	int32_t origin;     // utarg.v1.Origin as sent; ORIGIN_UNSPECIFIED when not given
	bool pseudonymised; // the subjects hold what is to be stored
	size_t count;
};

// Fills publications (room for SLICE_PUBLICATIONS_MAX) and out. Fails, for the request as a whole, with
// BAD_PROTO (the outer structure is broken), TOO_MANY, MISSING_FIELD (no publication) and BAD_FIELD (an
// origin nobody knows).
bool slice_publish_request(struct slice raw, struct slice_publication *publications,
			   struct slice_request *out, struct err *e);
