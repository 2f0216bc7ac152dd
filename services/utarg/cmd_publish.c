// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg publish`: JSON lines to ingest. A file is read twice: a line that cannot be understood is found
// before anything is sent. Standard input is sent as it comes.
#include "services/utarg/commands.h"
#include "services/utarg/lines.h"
#include "services/utarg/output.h"
#include "services/utarg/progress.h"
#include "services/utarg/publisher.h"

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAINTS_MAX = 20 };

const struct cli_option cmd_publish_options[] = {
	{"shop", "SLUG", "shop of the events that name none"},
	{"origin", "ORIGIN", "who speaks: client (the buyer's browser, default), server or import"},
	{"batch", "N", "events a request, 1 to 1000 (default 200)"},
	{"timeout", "SECONDS", "give up after so long without progress (default 30)"},
	{0},
};

const char cmd_publish_details[] = "Each line is an event in the JSON form of proto/, or {\"event\": ..., "
				   "\"subject\": ...}. An absent id becomes a new\n"
				   "UUIDv7 and an absent occurredAtMs the time of now. A file with a broken "
				   "line is refused before anything is\n"
				   "sent; standard input (-) is sent line by line. What ingest refuses is "
				   "told with its line's number; with --json\n"
				   "each result is a line on standard output.\n";

struct publishing {
	struct cli *cli;
	struct publisher *publisher; // NULL while checking
	const char *shop;
	struct publisher_counts counts;
	uint64_t broken_lines;
	uint64_t complaints;
	struct err first; // the first failure, with its line
	struct progress progress;
};

static void complain(struct publishing *p, uint64_t line, enum err_code code, const char *field,
		     const char *message)
{
	if (p->first.code == ERR_OK)
		err_set(&p->first, code, "line %llu: %s", (unsigned long long)line,
			*message ? message : err_name(code));
	if (p->complaints++ < COMPLAINTS_MAX)
		fprintf(stderr, "line %llu: %s%s%s%s%s\n", (unsigned long long)line, err_name(code),
			*field ? " " : "", field, *message ? ": " : "", message);
}

static void on_result(void *context, const struct publisher_result *result)
{
	struct publishing *p = context;
	publisher_count(&p->counts, result->code);
	progress_show(&p->progress, (int64_t)p->counts.total);
	if (result->code != ERR_OK && result->code != ERR_DUPLICATE)
		complain(p, result->tag, result->code, result->field, result->message);
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

static Utarg__V1__Publication *parse_line(const char *text, size_t size, struct err *e)
{
	json_error_t fault;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
	if (!json) {
		err_set(e, ERR_BAD_PROTO, "no JSON: %.200s", fault.text);
		return NULL;
	}
	bool whole = json_object_get(json, "event") || json_object_get(json, "subject");
	const ProtobufCMessageDescriptor *descriptor =
		whole ? &utarg__v1__publication__descriptor : &utarg__v1__event__descriptor;
	ProtobufCMessage *message = json_to_message(json, descriptor, e);
	json_decref(json);
	if (!message || whole)
		return (Utarg__V1__Publication *)(void *)message;
	Utarg__V1__Publication *publication = malloc(sizeof(*publication));
	if (!publication)
		abort();
	utarg__v1__publication__init(publication);
	publication->event = (Utarg__V1__Event *)(void *)message;
	return publication;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

static void fill(struct publishing *p, Utarg__V1__Event *event)
{
	if (event->id.len == 0) {
		uint8_t *id = malloc(UUID_SIZE);
		if (!id)
			abort();
		uuid_v7(clock_now_ms(), id);
		event->id = (ProtobufCBinaryData){.data = id, .len = UUID_SIZE};
	}
	if (event->occurred_at_ms == 0)
		event->occurred_at_ms = clock_now_ms();
	if (p->shop && !*event->shop)
		event->shop = copy_text(p->shop);
}

static bool take_line(struct publishing *p, uint64_t number, struct slice line, struct err *e)
{
	struct err fault = {0};
	bool done = true;
	Utarg__V1__Publication *publication = parse_line((const char *)line.data, line.size, &fault);
	if (publication && publication->event && p->publisher) {
		fill(p, publication->event);
		done = publisher_add(p->publisher, publication, number, e);
	} else if (publication && !publication->event) {
		err_field(&fault, ERR_MISSING_FIELD, "event", "there is no event in it");
	}
	utarg__v1__publication__free_unpacked(publication, NULL);
	if (fault.code != ERR_OK) {
		complain(p, number, fault.code, fault.field, fault.text);
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

static bool take_all(struct publishing *p, int fd, uint64_t *events, struct err *e)
{
	struct lines lines;
	struct slice line;
	bool done = true;
	*events = 0;
	lines_init(&lines, fd);
	while (done) {
		// While nothing comes, what was gathered does not wait for company.
		if (p->publisher && lines_would_wait(&lines))
			done = publisher_flush(p->publisher, e);
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

static bool make_publisher(struct publishing *p, struct err *e)
{
	struct publisher_options options = {.on_result = on_result, .context = p};
	int64_t batch, timeout_s;
	if (!origin_from_name(cli_value(p->cli, "origin"), &options.origin, e) ||
	    !cli_number(p->cli, "batch", 1, 1000, 0, &batch, e) ||
	    !cli_number(p->cli, "timeout", 1, 86400, 30, &timeout_s, e))
		return false;
	options.batch_events = (size_t)batch;
	options.timeout_ms = timeout_s * 1000;
	p->publisher = publisher_create(p->cli, &options, e);
	return p->publisher != NULL;
}

static bool send_all(struct publishing *p, int fd, uint64_t total, struct err *e)
{
	uint64_t events;
	if (!make_publisher(p, e))
		return false;
	progress_begin(&p->progress, "publishing", (int64_t)total);
	bool done = take_all(p, fd, &events, e);
	// Also after a failure to read: what came before it is told truthfully.
	struct err late = {0};
	done = publisher_flush(p->publisher, done ? e : &late) && done;
	progress_end(&p->progress);
	publisher_destroy(p->publisher);
	if (p->complaints > COMPLAINTS_MAX)
		fprintf(stderr, "... and %llu more\n", (unsigned long long)(p->complaints - COMPLAINTS_MAX));
	publisher_print_counts(&p->counts, stderr);
	if (done && p->first.code != ERR_OK)
		return err_set(e, p->first.code, "%llu of %llu events were not accepted; the first: %.200s",
			       (unsigned long long)p->complaints, (unsigned long long)events, p->first.text);
	return done;
}

static bool is_regular(int fd)
{
	struct stat found;
	return fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

bool cmd_publish(struct cli *cli, struct err *e)
{
	struct publishing p = {.cli = cli, .shop = cli_value(cli, "shop")};
	const char *name = cli_operand(cli, 0);
	bool standard = !name || strcmp(name, "-") == 0;
	uint64_t events = 0;
	int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_BAD_FIELD, "%.200s cannot be read: %s", name, strerror(errno));
	bool done = standard || !is_regular(fd) || check_file(&p, fd, name, &events, e);
	done = done && send_all(&p, fd, events, e);
	if (!standard)
		close(fd);
	return done;
}
