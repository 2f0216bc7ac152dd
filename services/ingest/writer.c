// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See writer.h. The thread's loop: connect, wait for a batch, commit it, give it back; look after the
// connection while there is nothing to do.
#include "services/ingest/writer.h"

#include "common/base/fail.h"
#include "common/base/text.h"
#include "services/ingest/append.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	// A full batch takes a tenth of a second. Who waits longer than five for it waits for a frozen
	// server, and his publishers should hear of it.
	STATEMENT_MS = 5000,
	// Of drafts: what they wait for is another process's append to the same shop (guess.h). Less than the
	// deadlock_timeout of 1 s.
	LOCK_MS = 200,
	PROBE_MS = 2000,        // an idle connection is tried that often, so that "ready" is true
	RECONNECT_MS = 50,      // and a lost one at first,
	RECONNECT_MAX_MS = 1000 // doubling up to this
};

struct writer {
	struct worker *worker;
	struct worker_end *end; // of the thread
	char name[32];
	struct db_options options;
	struct order *order;
	const struct db_statement *statements[3];
	bool fatal; // of the thread: the database is refused for good
	bool told;  // of the thread: the loop has been told of a state
	bool told_up;
	char told_why[ERR_TEXT_SIZE];
};

static void report(struct writer *writer, const struct report *content)
{
	struct report *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = *content;
	worker_return(writer->end, copy);
}

// Tells the loop what changed, once.
static void notice(void *context, bool up, const char *why)
{
	struct writer *writer = context;
	struct report content = {.kind = REPORT_STATE, .up = up, .fatal = writer->fatal};

	text_copy(content.why, sizeof(content.why), why);
	if (writer->told && writer->told_up == up && !writer->fatal &&
	    strcmp(writer->told_why, content.why) == 0)
		return;
	writer->told = true;
	writer->told_up = up;
	text_copy(writer->told_why, sizeof(writer->told_why), why);
	report(writer, &content);
}

static void look_after(struct writer *writer, struct appender *appender)
{
	struct err e = {0};

	if (writer->fatal || appender_check(appender, &e) || e.code != ERR_REFUSED)
		return;
	writer->fatal = true;
	notice(writer, false, e.text);
}

static void run(struct worker_end *end, void *arg)
{
	struct writer *writer = arg;
	int64_t pause_ms = RECONNECT_MS;

	writer->end = end;
	struct appender *appender = appender_create(&writer->options, writer->order, end, notice, writer);
	look_after(writer, appender);
	for (;;) {
		bool up = appender_is_up(appender);
		void *message;
		pause_ms = up                                ? RECONNECT_MS
			   : pause_ms * 2 > RECONNECT_MAX_MS ? RECONNECT_MAX_MS
							     : pause_ms * 2;
		enum worker_event event = worker_wait(end, up ? PROBE_MS : pause_ms, &message);
		if (event == WORKER_STOP)
			break;
		if (event == WORKER_TIMEOUT) {
			if (!fail_mutant(MUTANT_OUTAGE_FOR_EVER))
				look_after(writer, appender);
			continue;
		}
		appender_run(appender, message);
		report(writer, &(struct report){.kind = REPORT_BATCH, .batch = message});
	}
	appender_destroy(appender);
}

struct writer *writer_create(struct bus *bus, int number, const char *conninfo, struct order *order,
			     struct err *e)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		abort();
	snprintf(writer->name, sizeof(writer->name), "ingest-writer-%d", number);
	writer->order = order;
	writer->statements[0] = journal_statements;
	writer->statements[1] = ingest_statements;
	writer->options =
		(struct db_options){.conninfo = conninfo,
				    .statements = writer->statements,
				    .application_name = writer->name,
				    .statement_timeout_ms = STATEMENT_MS,
				    .lock_timeout_ms = LOCK_MS,
				    // Planning for each call cost a lone event 28 % of the server's time.
				    .generic_plans = true,
				    .durable_only = true};
	writer->worker = worker_create(bus, writer->name, run, writer, e);
	if (writer->worker)
		return writer;
	free(writer);
	return NULL;
}

void writer_stop(struct writer *writer)
{
	if (writer)
		worker_stop(writer->worker);
}

void writer_destroy(struct writer *writer)
{
	if (!writer)
		return;
	struct report *left;
	while ((left = worker_take(writer->worker))) {
		batch_destroy(left->batch);
		free(left);
	}
	worker_destroy(writer->worker);
	free(writer);
}

struct worker *writer_worker(struct writer *writer)
{
	return writer->worker;
}
