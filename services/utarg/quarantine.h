// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Events that PostgreSQL refused and ingest kept aside: reading them, showing them, sending them again.
#pragma once

#include "common/base/uuid.h"
#include "common/db/db.h"
#include "services/utarg/cli.h"

#include <jansson.h>

#include "utarg/v1/event.pb-c.h"

// One row; texts and slices live as long as its db_result.
struct quarantine_row {
	int64_t id;
	const char *shop; // slug, "" when the shop is gone
	uint8_t event_id[UUID_SIZE];
	int64_t received_at_ms;
	bool has_event_time;
	int64_t event_time_ms; // as accepted: occurred_at_ms, corrected when the publisher's clock was off
	const char *principal;
	Utarg__V1__Origin origin;
	enum err_code code;
	const char *sentence;        // PostgreSQL's
	struct slice subject, event; // the event as received, the subject with pseudonyms
};

void quarantine_row_from(const struct db_result *result, int row, struct quarantine_row *out);
// "purchase", or "" when the event does not decode.
const char *quarantine_kind(const struct quarantine_row *row);
// All of it as JSON, the publication in the proto mapping (raw base64 what does not decode). New reference.
json_t *quarantine_json(const struct quarantine_row *row);

// Publishes the stored bytes again, and waits while ingest is busy. *code and message are what ingest says of
// the event. False: it could not be asked.
//
// What makes it the same event: its bytes, in which id, shop and occurred_at_ms stand, and origin and
// principal, which the request carries (the principal as on_behalf_of, honoured from service keys). The
// event's time comes out as it did, also when it was corrected for a clock that was off; then to the
// milliseconds the request is under way. The time of receipt is a new one: it was not received in any journal
// before.
bool quarantine_publish(struct cli *cli, const struct quarantine_row *row, enum err_code *code,
			char message[ERR_TEXT_SIZE], struct err *e);
