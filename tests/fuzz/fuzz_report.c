// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Any file as a report of a platform. What is refused says why; what is taken makes, read again, the same
// events, each of them small enough for the journal, and sums that are those of the events.
// Rooms: utarg
#include "common/base/money.h"
#include "services/utarg/core/report.h"

#include <assert.h>
#include <string.h>

enum { EVENT_MAX_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t count;
	money_sum spend;
	uint8_t ids[16]; // of all, mixed
};

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct seen *seen = context;
	const Utarg__V1__Event *event = publication->event;
	(void)e;
	assert(utarg__v1__event__get_packed_size(event) <= EVENT_MAX_BYTES);
	seen->count++;
	if (event->body_case == UTARG__V1__EVENT__BODY_AD_SPEND) {
		assert(event->ad_spend->spend_minor >= 0 && event->ad_spend->impression_share_bp <= 10000);
		seen->spend += event->ad_spend->spend_minor;
	}
	for (int i = 0; i < 16; i++)
		seen->ids[i] ^= event->id.data[i];
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct report_summary summary, counted;
	struct seen seen = {0}, again = {0};
	struct report_options options = {.shop = "fuzz",
					 .currency = "PLN",
					 .account = "",
					 .zone = "",
					 .day = size % 2 ? "2026-10-01" : NULL,
					 .report_time_ms = 1};
	if (!report_read((const char *)data, size, &options, &counted, &e)) {
		assert(e.code != ERR_OK && e.code != ERR_INTERNAL && e.text[0]);
		assert(text_is_utf8(e.text, strlen(e.text)));
		return 0;
	}
	options.emit = take;
	options.context = &seen;
	assert(report_read((const char *)data, size, &options, &summary, &e));
	options.context = &again;
	assert(report_read((const char *)data, size, &options, &summary, &e));
	assert(seen.count == summary.event_count && seen.count == counted.event_count);
	assert(summary.format != REPORT_GOOGLE_ADS || seen.spend == summary.spend_minor);
	assert(memcmp(&seen, &again, sizeof(seen)) == 0);
	return 0;
}
