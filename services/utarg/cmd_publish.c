// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg publish`: JSON lines to ingest. A file is read twice: a line that cannot be understood is found
// before anything is sent. Standard input is sent as it comes. With an outbox each event is on the disk
// before it is sent, and what an earlier run left there goes too.
#include "services/utarg/commands.h"
#include "services/utarg/counts.h"
#include "services/utarg/event_line.h"
#include "services/utarg/lines.h"
#include "services/utarg/output.h"
#include "services/utarg/progress.h"
#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/publisher/publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COMPLAINTS_MAX = 20,
	SYNC_EVENTS = 1000, // put into the outbox with one sync
	OUTBOX_MIB = 256,
	READY_MS = 3000,
	POLL_MS = 50,
};

const struct cli_option cmd_publish_options[] = {
	{"shop", "SLUG", "shop of the events that name none"},
	{"origin", "ORIGIN", "who speaks: client (the buyer's browser, default), server or import"},
	{"batch", "N", "events a request, 1 to 1000 (default 200)"},
	{"timeout", "SECONDS", "give up after so long without progress (default 30)"},
	{"outbox", "DIR",
	 "put the events on disk there first, send what is in it, and keep what is not taken"},
	{"outbox-mib", "N", "size of the outbox, 1 to 65536 (default 256)"},
	{"no-wait", NULL, "only put the events into the outbox; a later run sends them"},
	{0},
};

const char cmd_publish_details[] =
	"Each line is an event in the JSON form of proto/, or {\"event\": ..., "
	"\"subject\": ...}. An absent id becomes a new\n"
	"UUIDv7 and an absent occurredAtMs the time of now. A file with a broken "
	"line is refused before anything is\n"
	"sent; standard input (-) is sent line by line. What ingest refuses is "
	"told with its line's number; with --json\n"
	"each result is a line on standard output.\n\n"
	"With --outbox DIR an event is on the disk before it is sent, and leaves "
	"the disk when it is answered: neither\n"
	"this program's death nor ingest's absence loses it. Without FILE and - it "
	"sends what is left there. What ingest\n"
	"refuses for good stays, see `utarg outbox show DIR --refused`. To put a "
	"file again after a crash is safe when its\n"
	"events have ids.\n";

struct publishing {
	struct cli *cli;
	struct publisher *publisher; // NULL while checking, and with --no-wait
	struct outbox *outbox;       // NULL: none, or checking
	Utarg__V1__Origin origin;
	const char *shop;
	uint64_t first_number; // in the outbox, of this run; what is before was left over
	uint64_t put_count, unsynced_count;
	int64_t timeout_ms;
	struct counts counts;
	uint64_t broken_lines;
	uint64_t complaints;
	struct err first; // the first failure, with its line
	struct progress progress;
};

static void complain(struct publishing *p, const char *where, uint64_t line, enum err_code code,
		     const char *field, const char *message)
{
	if (p->first.code == ERR_OK)
		err_set(&p->first, code, "%sline %llu: %s", where, (unsigned long long)line,
			*message ? message : err_name(code));
	if (p->complaints++ < COMPLAINTS_MAX)
		fprintf(stderr, "%sline %llu: %s%s%s%s%s\n", where, (unsigned long long)line, err_name(code),
			*field ? " " : "", field, *message ? ": " : "", message);
}

static void on_result(void *context, const struct publisher_result *result)
{
	struct publishing *p = context;
	counts_add(&p->counts, result->code);
	progress_show(&p->progress, (int64_t)p->counts.total);
	if (result->code != ERR_OK && result->code != ERR_DUPLICATE)
		complain(p, result->number > 0 && result->number < p->first_number ? "left over, " : "",
			 result->tag, result->code, result->field, result->message);
	if (!p->cli->json)
		return;
	char id[UUID_TEXT_SIZE] = "";
	if (result->id)
		uuid_format(result->id, id);
	output_json(json_pack("{s:I, s:s, s:s, s:I, s:I, s:s, s:s}", "line", (json_int_t)result->tag, "id",
			      id, "code", err_name(result->code), "seq", (json_int_t)result->seq, "epoch",
			      (json_int_t)result->epoch, "field", result->field, "message", result->message),
		    true);
}

// ---- one line ------------------------------------------------------------------------------------------

// What is put is on the disk before any of it is sent.
static bool sync_and_send(struct publishing *p, struct err *e)
{
	p->unsynced_count = 0;
	return (!p->outbox || outbox_sync(p->outbox, e)) &&
	       (!p->publisher || publisher_turn(p->publisher, e));
}

// A full outbox (e says so) takes more as soon as ingest has taken some.
static bool make_room(struct publishing *p, struct err *e)
{
	const int64_t until_ms = clock_monotonic_ms() + p->timeout_ms;
	const uint64_t waiting = outbox_counts(p->outbox).waiting;
	const struct err full = *e;
	if (!p->publisher)
		return false;
	*e = (struct err){0};
	if (!sync_and_send(p, e))
		return false;
	while (outbox_counts(p->outbox).waiting == waiting) {
		if (!publisher_wait(p->publisher, POLL_MS, e))
			return false;
		if (clock_monotonic_ms() > until_ms) {
			*e = full;
			return false;
		}
	}
	return true;
}

static bool put(struct publishing *p, const Utarg__V1__Publication *publication, uint64_t line, struct err *e)
{
	const size_t size = utarg__v1__publication__get_packed_size(publication);
	uint8_t *packed = malloc(size + 1);
	if (!packed)
		abort();
	utarg__v1__publication__pack(publication, packed);
	const struct record_event event = {
		.origin = (int)p->origin, .tag = line, .publication = {.data = packed, .size = size}};
	bool done;
	while (!(done = outbox_add(p->outbox, &event, NULL, e)) && e->code == ERR_BUSY)
		if (!make_room(p, e))
			break;
	free(packed);
	if (!done)
		return err_prefix(e, "line %llu", (unsigned long long)line);
	p->put_count++;
	return ++p->unsynced_count < SYNC_EVENTS || sync_and_send(p, e);
}

static bool take_line(struct publishing *p, uint64_t number, struct slice line, struct err *e)
{
	struct err fault = {0};
	bool done = true;
	Utarg__V1__Publication *publication = event_line_parse(line, &fault);
	if (publication && publication->event && (p->publisher || p->outbox)) {
		event_line_fill(publication->event, p->shop);
		done = p->outbox ? put(p, publication, number, e)
				 : publisher_push_message(p->publisher, publication, number, e);
	} else if (publication && !publication->event) {
		err_field(&fault, ERR_MISSING_FIELD, "event", "there is no event in it");
	}
	utarg__v1__publication__free_unpacked(publication, NULL);
	if (fault.code != ERR_OK) {
		complain(p, "", number, fault.code, fault.field, fault.text);
		p->broken_lines++;
	}
	return done;
}

static bool is_blank(struct slice line)
{
	for (size_t i = 0; i < line.size; i++)
		if (!strchr(" \t\r", line.data[i]))
			return false;
	return true;
}

// Until a line is there or the input ends; answers are taken meanwhile.
static bool await_line(struct publishing *p, struct lines *lines, struct err *e)
{
	while ((p->publisher || p->outbox) && lines_would_wait(lines)) {
		struct bus_wait_item items[] = {{.fd = lines->fd}, {.socket = NULL}};
		if (!sync_and_send(p, e))
			return false;
		if (!p->publisher)
			return true;
		items[1].socket = publisher_socket(p->publisher);
		bus_wait(items, 2, publisher_due_ms(p->publisher));
	}
	return true;
}

static bool take_all(struct publishing *p, int fd, uint64_t *events, struct err *e)
{
	struct lines lines;
	struct slice line;
	bool done = true;
	*events = 0;
	lines_init(&lines, fd);
	while (done) {
		done = await_line(p, &lines, e);
		if (!done || !lines_next(&lines, &line, e))
			break;
		if (is_blank(line))
			continue;
		++*events;
		done = take_line(p, lines.number, line, e);
	}
	lines_fini(&lines);
	return done && e->code == ERR_OK;
}

// ---- all of it -----------------------------------------------------------------------------------------

static bool check_file(struct publishing *p, int fd, const char *name, uint64_t *events, struct err *e)
{
	if (!take_all(p, fd, events, e))
		return err_prefix(e, "%.100s", name);
	if (p->broken_lines > 0)
		return err_set(e, p->first.code,
			       "%.100s has %llu broken line%s and nothing was sent; the first is %.160s",
			       name, (unsigned long long)p->broken_lines, p->broken_lines == 1 ? "" : "s",
			       p->first.text);
	return lseek(fd, 0, SEEK_SET) == 0 || err_set(e, ERR_BAD_FIELD, "%.100s cannot be read twice", name);
}

static bool origin_from_name(const char *name, Utarg__V1__Origin *out, struct err *e)
{
	int value = UTARG__V1__ORIGIN__ORIGIN_CLIENT;
	if (name && !output_enum_parse(&utarg__v1__origin__descriptor, name, "ORIGIN_", &value))
		return err_field(e, ERR_BAD_FIELD, "origin",
				 "--origin is client, server or import, not \"%.60s\"", name);
	*out = (Utarg__V1__Origin)value;
	return true;
}

static bool open_outbox(struct publishing *p, const char *directory, struct err *e)
{
	struct outbox_options options = {0};
	int64_t mib;
	if (!cli_number(p->cli, "outbox-mib", 1, 65536, OUTBOX_MIB, &mib, e))
		return false;
	options.limit_bytes = (uint64_t)mib * 1024 * 1024;
	p->outbox = outbox_open(directory, &options, e);
	if (p->outbox)
		p->first_number = outbox_next_number(p->outbox);
	return p->outbox != NULL;
}

static bool start(struct publishing *p, struct err *e)
{
	struct publisher_options options = {.on_result = on_result, .context = p};
	const char *directory = cli_value(p->cli, "outbox");
	int64_t batch, timeout_s;
	if (!origin_from_name(cli_value(p->cli, "origin"), &p->origin, e) ||
	    !cli_number(p->cli, "batch", 1, 1000, 0, &batch, e) ||
	    !cli_number(p->cli, "timeout", 1, 86400, 30, &timeout_s, e) ||
	    (directory && !open_outbox(p, directory, e)))
		return false;
	options.origin = p->origin;
	options.batch_events = (size_t)batch;
	options.patience_ms = p->timeout_ms = timeout_s * 1000;
	options.outbox = p->outbox;
	if (cli_switch(p->cli, "no-wait"))
		return true;
	p->publisher = remote_publisher(p->cli, &options, e);
	return p->publisher != NULL;
}

// With an outbox, what cannot be sent now is no loss: the reason says where it is.
static bool finish(struct publishing *p, struct err *e)
{
	bool done = !p->outbox || outbox_sync(p->outbox, e);
	if (!done || !p->publisher)
		return done;
	const bool is_left = p->outbox && outbox_counts(p->outbox).waiting > 0;
	done = (!is_left || remote_ready(p->cli, SVC_INGEST, READY_MS, e)) &&
	       publisher_drain(p->publisher, e);
	const uint64_t waiting = p->outbox ? outbox_counts(p->outbox).waiting : 0;
	if (!done && waiting > 0) {
		struct err why = *e;
		err_set(e, why.code, "%llu events wait in the outbox and go with the next run: %.200s",
			(unsigned long long)waiting, why.text);
	}
	return done;
}

static void summarize(const struct publishing *p)
{
	if (p->complaints > COMPLAINTS_MAX)
		fprintf(stderr, "... and %llu more\n", (unsigned long long)(p->complaints - COMPLAINTS_MAX));
	if (p->publisher)
		counts_print(&p->counts, stderr);
	else
		fprintf(stderr, "%llu put, %llu wait in the outbox\n", (unsigned long long)p->put_count,
			(unsigned long long)outbox_counts(p->outbox).waiting);
}

// fd -1: nothing but what is left in the outbox.
static bool send_all(struct publishing *p, int fd, uint64_t total, struct err *e)
{
	uint64_t events = 0;
	progress_begin(&p->progress, "publishing", (int64_t)total);
	bool done = fd < 0 || take_all(p, fd, &events, e);
	// Also after a failure to read: what came before it is told truthfully.
	struct err late = {0};
	done = finish(p, done ? e : &late) && done;
	progress_end(&p->progress);
	summarize(p);
	if (done && p->first.code != ERR_OK)
		return err_set(e, p->first.code, "%llu of %llu events were not accepted; the first: %.200s",
			       (unsigned long long)p->complaints,
			       (unsigned long long)(events > p->counts.total ? events : p->counts.total),
			       p->first.text);
	return done;
}

static bool is_regular(int fd)
{
	struct stat found;
	return fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

static bool publish(struct publishing *p, int fd, const char *name, struct err *e)
{
	uint64_t events = 0;
	if (name && is_regular(fd) && !check_file(p, fd, name, &events, e))
		return false;
	const bool done = start(p, e) && send_all(p, fd, events, e);
	publisher_destroy(p->publisher);
	outbox_close(p->outbox);
	return done;
}

bool cmd_publish(struct cli *cli, struct err *e)
{
	struct publishing p = {.cli = cli, .shop = cli_value(cli, "shop")};
	const char *name = cli_operand(cli, 0);
	if (cli_switch(cli, "no-wait") && !cli_value(cli, "outbox"))
		return err_field(e, ERR_MISSING_FIELD, "outbox", "--no-wait needs --outbox DIR");
	if (!name && cli_value(cli, "outbox"))
		return publish(&p, -1, NULL, e);
	if (!name || strcmp(name, "-") == 0)
		return publish(&p, STDIN_FILENO, NULL, e);
	const int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_BAD_FIELD, "%.200s cannot be read: %s", name, strerror(errno));
	const bool done = publish(&p, fd, name, e);
	close(fd);
	return done;
}
