// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Any bytes as a file of offers (a Google Merchant feed in XML, tabs, CSV). What must hold: no crash and no
// leak, events that are complete and pack into what an event may be, and a second reading that says the same.
// Rooms: utarg
#include "services/utarg/core/offer_file.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As ingest takes them.
enum { EVENT_MAX_BYTES = 64 * 1024 + 1024 };

struct seen {
	size_t offers, stocks, bad;
	size_t last_line;
};

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct seen *seen = context;
	const Utarg__V1__Event *event = publication->event;

	(void)e;
	assert(event->id.len == 16 && event->shop[0] != '\0' && event->occurred_at_ms > 0);
	assert(utarg__v1__event__get_packed_size(event) <= EVENT_MAX_BYTES);
	if (event->body_case == UTARG__V1__EVENT__BODY_OFFER_UPDATED) {
		assert(event->offer_updated->sku[0] != '\0' && event->offer_updated->price_gross_minor >= 0);
		seen->offers++;
	} else {
		assert(event->stock_changed->sku[0] != '\0' && event->stock_changed->quantity >= 0);
		seen->stocks++;
	}
	return true;
}

static void note(void *context, size_t line_number, const char *sentence)
{
	struct seen *seen = context;

	assert(line_number >= seen->last_line && sentence[0] != '\0');
	seen->last_line = line_number;
	seen->bad++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone_step utc = {INT64_MIN, 0};
	static const struct zone zone = {.name = "UTC", .steps = &utc, .step_count = 1};
	struct seen seen = {0};
	struct offer_file_options options = {.shop = "demo",
					     .currency = "PLN",
					     .zone = &zone,
					     .as_of_ms = 1795600800000,
					     .emit = take,
					     .bad = note,
					     .context = &seen};
	struct offer_file_report report, again;
	struct err e = {0}, other = {0};
	bool ok = offer_file_read((const char *)data, size, &options, &report, &e);

	assert(seen.offers == report.offer_count && seen.stocks == report.stock_count);
	assert(seen.bad == report.bad_count && report.bad_count <= 2 * report.row_count);
	assert(ok || e.text[0] != '\0');
	options.emit = NULL;
	options.bad = NULL;
	assert(offer_file_read((const char *)data, size, &options, &again, &other) == ok);
	assert(memcmp(&report, &again, sizeof(report)) == 0 && strcmp(e.text, other.text) == 0);
	return 0;
}
