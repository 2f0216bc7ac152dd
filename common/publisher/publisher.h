// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Many events to ingest, each exactly once: gathered into requests, several under way at once, sent again
// with the same ids until each event has an answer that settles it. One thread. Nothing here waits but the
// functions that say so; a loop of its own calls publisher_turn when the socket is readable or
// publisher_due_ms is over.
//
// With an outbox (outbox.h) what is put there is taken from there as the window has room, and settled there.
// Order of acceptance is not promised.
//
// Which answers count:
//   - An answer is matched by request id. A request keeps the ids of its last four transmissions of the same
//     events: whichever is answered first counts, since results go by position in the same list. Once an
//     event of it is settled and the rest is sent again, the list is another one and the old ids are
//     forgotten: late answers are then ignored (and counted).
//   - BUSY, STORAGE_LOW, DRAINING, INTERNAL and codes this program does not know settle nothing: those events
//     are sent again, the others are done. Only the newest transmission's answer says when.
//   - An answer of an older epoch than one seen for the shop settles nothing: a restore may have dropped what
//   it
//     speaks of. Every other result is final.
//   - A request refused as a whole for another reason (FORBIDDEN, BAD_PROTO) is nobody's event's fault: it is
//     an error of publisher_turn, and its events stay.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"
#include "common/bus/bus.h"
#include "common/publisher/outbox.h"

#include "utarg/v1/event.pb-c.h"
#include "utarg/v1/types.pb-c.h"

struct publisher;

// What came of one event; borrowed for the call.
struct publisher_result {
	uint64_t tag;      // as given
	uint64_t number;   // in the outbox; 0: it came by publisher_add
	const uint8_t *id; // 16 bytes when the event had them, else NULL
	enum err_code code;
	uint64_t seq, epoch;
	const char *field, *message;
};

struct publisher_options {
	Utarg__V1__Origin origin; // until publisher_set_origin; events of an outbox have their own
	size_t batch_events;      // a request, 0: 200, at most 1,000
	size_t batch_bytes;       // a request, 0: 512 KiB, at most 4 MiB; a larger event goes alone
	size_t window;            // requests under way, 0: 4, at most 64
	int64_t answer_ms;        // the same is sent again after so long, then twice and four times; 0: 2,000
	int64_t silence_ms;       // the connection is made anew when nothing came for so long; 0: 15,000
	int64_t backoff_ms;       // the first pause after BUSY, doubling up to forty times; 0: 50
	int64_t patience_ms;      // push and drain give up after so long without progress; 0: 30,000
	struct outbox *outbox;    // borrowed, open for writing; NULL: none
	void (*on_result)(void *context, const struct publisher_result *result); // may be NULL
	void *context;
};

// Connects lazily: an ingest that is not there shows as no answers.
struct publisher *publisher_create(struct bus *bus, const char *endpoint,
				   const struct publisher_options *options, struct err *e);
void publisher_destroy(struct publisher *publisher); // takes NULL; forgets what is unanswered

// Copies a packed Publication. Never waits: BUSY when the window is full. BAD_PROTO, MISSING_FIELD, TOO_LARGE
// for bytes that would break the request for others.
bool publisher_add(struct publisher *publisher, struct slice publication, uint64_t tag, struct err *e);
// The same, waiting for answers while the window is full.
bool publisher_push(struct publisher *publisher, struct slice publication, uint64_t tag, struct err *e);
bool publisher_push_message(struct publisher *publisher, const Utarg__V1__Publication *publication,
			    uint64_t tag, struct err *e);
// Who speaks in what is added from here on; a request has one origin.
void publisher_set_origin(struct publisher *publisher, Utarg__V1__Origin origin);

// Takes what has come, sends what is due: full requests at once, a part of one when nothing is under way.
// Call it after outbox_sync too. False when ingest refuses to speak with us or the outbox fails; what is
// unanswered stays and may be tried again.
bool publisher_turn(struct publisher *publisher, struct err *e);
// For how long a loop may wait for the socket before the next turn; -1: for ever.
int64_t publisher_due_ms(const struct publisher *publisher);
struct bus_socket *publisher_socket(const struct publisher *publisher); // the same for its whole life
// A turn, then waits for the socket or until something is due, at most max_ms, then a turn.
bool publisher_wait(struct publisher *publisher, int64_t max_ms, struct err *e);
// Sends what is gathered (and in the outbox, which is synced first) and waits until everything is settled.
bool publisher_drain(struct publisher *publisher, struct err *e);

size_t publisher_unanswered(const struct publisher *publisher); // events in the window

struct publisher_stats {
	uint64_t requests;      // transmissions
	uint64_t repeated;      // of them, of what had been sent before
	uint64_t late_answers;  // nobody waits for them any more
	uint64_t stale_answers; // events told of an older epoch
	uint64_t reconnects;
};
struct publisher_stats publisher_stats(const struct publisher *publisher);
