// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fault-load: see load.h. `fault-load --help` lists what it takes; at its end it prints one line of JSON and
// exits 0 when every event has the answer it ought to have, 1 otherwise.
#include "tests/faults/load.h"

#include "common/base/conf.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile sig_atomic_t load_stopping;

static const struct conf_row rows[] = {
	{"endpoint", CONF_TEXT, "", 0, 0, "where ingest listens", false},
	{"key-file", CONF_FILE, "", 0, 0, "certificate to connect with", true},
	{"history", CONF_TEXT, "", 0, 0, "file to append what was sent and heard to; empty: none", false},
	{"shops", CONF_TEXT, NULL, 0, 0, "slugs, joined by commas", false},
	{"publishers", CONF_INT, "4", 1, LOAD_PUBLISHERS_MAX, "connections", false},
	{"window", CONF_INT, "4", 1, 1000, "requests under way on each", false},
	{"batch", CONF_INT, "20", 1, 1000, "events a request", false},
	{"first", CONF_INT, "0", 0, INT64_MAX / 4096, "number of the first event", false},
	{"events", CONF_INT, "0", 0, INT64_MAX / 4096, "so many; 0: until the end of --seconds or a signal",
	 false},
	{"resend", CONF_TEXT, "", 0, 0,
	 "FIRST-LAST: these numbers, shuffled, instead of --first and --events", false},
	{"shuffle-seed", CONF_INT, "1", 0, INT64_MAX, "order of --resend", false},
	{"seconds", CONF_INT, "0", 0, 86400, "length of the run; 0: no end", false},
	{"rate", CONF_INT, "0", 0, 10000000, "events a second; 0: as fast as answers come", false},
	{"seed", CONF_INT, "1", 0, INT64_MAX, "another one has other ids", false},
	{"base-ms", CONF_INT, "1767225600000", 1, INT64_MAX / 2, "time of the first visit, ms since 1970",
	 false},
	{"visit-ms", CONF_INT, "20000", 1, 86400000, "ms from one visit of a shop to its next", false},
	{"ids", CONF_TEXT, "v7", 0, 0, "v7 or v4", false},
	{"origin", CONF_INT, "1", 0, 3, "of all events, as in the contract", false},
	{"poison", CONF_INT, "0", 0, 1000, "per mille of events that are wrong, each in one of many ways",
	 false},
	{"change", CONF_INT, "0", 0, 1000, "per mille of events that say something else than before", false},
	{"expect-refusals", CONF_BOOL, "false", 0, 0, "BAD_FIELD is a good answer to any event", false},
	{"answer-ms", CONF_INT, "2000", 10, 600000, "ms without an answer until a request is sent again",
	 false},
	{"give-up", CONF_INT, "60", 1, 3600, "seconds for what is unanswered at the end", false},
	{"list", CONF_BOOL, "false", 0, 0,
	 "send nothing: print number, id, shop, expected code and SHA-256 of each event", false},
	{0},
};
static const struct conf_row *const tables[] = {rows, NULL};

// ---- the command line ----------------------------------------------------------------------------------

static bool read_shops(const char *list, struct load_world *world, struct err *e)
{
	for (const char *at = list; *at;) {
		size_t size = strcspn(at, ",");
		if (size == 0 || size >= LOAD_SLUG_SIZE || world->shop_count == LOAD_SHOPS_MAX)
			return err_field(e, ERR_BAD_FIELD, "shops", "shops are up to %d slugs",
					 LOAD_SHOPS_MAX);
		memcpy(world->shops[world->shop_count++], at, size);
		at += size + (at[size] == ',');
	}
	return world->shop_count > 0 || err_field(e, ERR_BAD_FIELD, "shops", "shops are needed");
}

static bool read_resend(const char *range, struct load_options *out, struct err *e)
{
	char first[24] = "";
	int64_t from = 0, to = 0;
	const char *dash = strchr(range, '-');
	if (!dash || (size_t)(dash - range) >= sizeof(first))
		return err_field(e, ERR_BAD_FIELD, "resend", "resend is FIRST-LAST");
	memcpy(first, range, (size_t)(dash - range));
	if (!text_to_int(first, 0, INT64_MAX, &from) || !text_to_int(dash + 1, from, from + 100000000, &to))
		return err_field(e, ERR_BAD_FIELD, "resend",
				 "resend is FIRST-LAST, a hundred million at most");
	out->is_shuffled = true;
	out->first = (uint64_t)from;
	out->event_count = (uint64_t)(to - from + 1);
	return true;
}

static bool read_world(const struct conf *conf, struct load_world *world, struct err *e)
{
	const char *ids = conf_text(conf, "ids");
	world->seed = (uint64_t)conf_int(conf, "seed");
	world->base_ms = conf_int(conf, "base-ms");
	world->visit_ms = conf_int(conf, "visit-ms");
	world->poison_permille = (unsigned)conf_int(conf, "poison");
	world->change_permille = (unsigned)conf_int(conf, "change");
	world->are_v4 = strcmp(ids, "v4") == 0;
	if (!world->are_v4 && strcmp(ids, "v7") != 0)
		return err_field(e, ERR_BAD_FIELD, "ids", "ids are v7 or v4");
	return read_shops(conf_text(conf, "shops"), world, e);
}

static bool read_options(const struct conf *conf, struct load_options *out, struct err *e)
{
	const char *resend = conf_text(conf, "resend");
	text_copy(out->key_file, sizeof(out->key_file), conf_text(conf, "key-file"));
	text_copy(out->endpoint, sizeof(out->endpoint), conf_text(conf, "endpoint"));
	out->publishers = (int)conf_int(conf, "publishers");
	out->window = (int)conf_int(conf, "window");
	out->batch = (int)conf_int(conf, "batch");
	out->origin = (int32_t)conf_int(conf, "origin");
	out->first = (uint64_t)conf_int(conf, "first");
	out->event_count = (uint64_t)conf_int(conf, "events");
	out->shuffle_seed = (uint64_t)conf_int(conf, "shuffle-seed");
	out->run_ms = conf_int(conf, "seconds") * 1000;
	out->rate_per_s = conf_int(conf, "rate");
	out->expects_refusals = conf_bool(conf, "expect-refusals");
	out->answer_ms = conf_int(conf, "answer-ms");
	out->give_up_ms = conf_int(conf, "give-up") * 1000;
	return read_world(conf, &out->world, e) && (!*resend || read_resend(resend, out, e));
}

// ---- what it prints ------------------------------------------------------------------------------------

static void list(const struct load_options *options)
{
	static uint8_t packed[LOAD_PUBLICATION_MAX_BYTES];
	for (uint64_t i = 0; i < options->event_count; i++) {
		uint64_t number = options->first + i;
		struct load_event made;
		uint8_t digest[crypto_hash_sha256_BYTES];
		char id[2 * LOAD_ID_SIZE + 1], digest_text[2 * sizeof(digest) + 1];
		load_event_make(&options->world, number, packed, &made);
		crypto_hash_sha256(digest, made.event.data, made.event.size);
		text_hex(made.id, sizeof(made.id), id);
		text_hex(digest, sizeof(digest), digest_text);
		printf("%" PRIu64 " %s %s %s %s\n", number, id, options->world.shops[made.shop],
		       err_name(made.expected), digest_text);
	}
}

static void report_codes(const struct load_result *result)
{
	const char *comma = "";
	printf("\"codes\": {");
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		if (result->by_code[code] == 0)
			continue;
		printf("%s\"%s\": %" PRIu64, comma, err_name((enum err_code)code), result->by_code[code]);
		comma = ", ";
	}
	printf("}, ");
}

static void report(const struct load_result *result)
{
	uint64_t acked = result->by_code[ERR_OK] + result->by_code[ERR_DUPLICATE];
	double seconds = (double)(result->ended_us - result->begun_us) / 1e6;
	printf("{\"events\": %" PRIu64 ", \"requests\": %" PRIu64 ", \"transmissions\": %" PRIu64
	       ", \"busy\": %" PRIu64 ", \"late\": %" PRIu64 ", ",
	       result->events, result->requests, result->transmissions, result->busy, result->late);
	report_codes(result);
	printf("\"acked\": %" PRIu64 ", \"unanswered\": %" PRIu64 ", \"unexpected\": %" PRIu64
	       ", \"first_unexpected\": \"%s\", ",
	       acked, result->unanswered, result->unexpected, result->unexpected_text);
	printf("\"seconds\": %.3f, \"acked_per_s\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, ", seconds,
	       seconds > 0 ? (double)acked / seconds : 0, (double)histogram_at(&result->latency, 500) / 1e3,
	       (double)histogram_at(&result->latency, 990) / 1e3);
	printf("\"longest_gap_ms\": %.1f, \"longest_gap_end_us\": %" PRId64 ", \"longest_wait_ms\": %.1f}\n",
	       (double)result->gap_us / 1e3, result->gap_at_us, (double)result->wait_us / 1e3);
}

// ---- the program ---------------------------------------------------------------------------------------

static void stop(int number)
{
	(void)number;
	load_stopping = 1;
}

static int publish(const struct load_options *options, const char *path)
{
	struct err e = {0};
	struct load_result result;
	struct load_history *history = NULL;
	if (*path && !(history = load_history_open(path, &e))) {
		fprintf(stderr, "fault-load: %s\n", e.text);
		return EXIT_FAILURE;
	}
	bool ok = load_run(options, history, &result, &e);
	load_history_close(history);
	if (!ok) {
		fprintf(stderr, "fault-load: %s\n", e.text);
		return EXIT_FAILURE;
	}
	report(&result);
	return result.unanswered == 0 && result.unexpected == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct load_options options;
	struct err e = {0};
	if (conf_wants_help(argc, argv)) {
		conf_help(tables, stdout);
		return EXIT_SUCCESS;
	}
	struct conf *conf = conf_create(tables, argc, argv, &e);
	if (!conf || !read_options(conf, &options, &e)) {
		fprintf(stderr, "fault-load: %s\n", e.text);
		conf_destroy(conf);
		return 2;
	}
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	int status = EXIT_SUCCESS;
	if (conf_bool(conf, "list"))
		list(&options);
	else
		status = publish(&options, conf_text(conf, "history"));
	conf_destroy(conf);
	return status;
}
