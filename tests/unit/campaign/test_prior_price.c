// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Prior prices as a table: the rows of KPI.md section 5, then rows of our own, then random histories against
// the definition read instant by instant.
//
// A log is a row of words "PRICE@DAY": the day counts from the reduction's (0), at 08:00 local time unless
// "T09:30" says another. "off" ends a price. In front: m members, c code, x closed list, ! perishable;
// behind:
// "/DE" market, "=EUR" currency ("=" none). The reduction applies from 12:00 on day 0.
#include "services/campaign/core/prior_price.h"

#include "common/base/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FACTS_MAX = 32, STEPS_MAX = 4, TEXT_SIZE = 8 };
enum { PUBLIC = 1, MEMBERS = 2, CODE = 3, CLOSED = 4 };
enum { LOWEST = 1, YOUNG = 2, PERISHABLE = 3, PROGRESSIVE = 4, NONE = 5 };
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

struct row {
	const char *log;
	int64_t price; // of the reduction
	int64_t prior; // 0: insufficient
	bool is_refused;
	int rule;
	int seq; // of the interval: number of its word in the log
	const char *note;
	const char *steps; // announced before, "PRICE@DAY"; each until the next, the last until day 0
	const char *day;   // day 0; NULL: 2026-06-15
	const char *zone;  // NULL: Europe/Warsaw
	int audience;      // 0: public
	const char *market, *currency; // NULL: "", PLN
	const char *at;                // when on day 0; NULL: 12:00
};

#define REFUSED true
#define HOLDS   false
#define ROW(log_, price_, prior_, verdict, rule_, seq_, ...)                                                 \
	{                                                                                                    \
		.log = log_, .price = price_, .prior = prior_, .is_refused = verdict, .rule = rule_,         \
		.seq = seq_, __VA_ARGS__                                                                     \
	}

static const struct row normative[] = {
	ROW("100@-60 80@0T12:00", 80, 100, HOLDS, LOWEST, 1, .note = "asked on day 0"),
	ROW("100@-60 80@0T12:00 60@30 120@44", 80, 100, HOLDS, LOWEST, 1,
	    .note = "asked on day 45: does not roll"),
	ROW("5@-45 10@-20 15@-5 12@0T12:00", 12, 5, REFUSED, LOWEST, 1,
	    .note = "raised before it is lowered"),
	ROW("90@-60 80@-25 100@-10 90@0T12:00", 90, 80, REFUSED, LOWEST, 2, .note = "a low price in between"),
	ROW("100@-60 90@-10 80@0T12:00", 80, 90, HOLDS, LOWEST, 2, .note = "second deepening",
	    .steps = "90@-10"),
	ROW("100@-10 80@0T12:00", 80, 100, HOLDS, YOUNG, 1, .note = "on offer for 10 days"),
	ROW("100@-60 80@-2", 80, 80, REFUSED, LOWEST, 2, .note = "unannounced, then announced"),
	ROW("100@-60 80@-20 100@-10 80@0T12:00", 80, 80, REFUSED, LOWEST, 2, .note = "80 from -20 to -10"),
	ROW("70@-60 100@-30T09:00 80@0T12:00", 80, 70, REFUSED, LOWEST, 1,
	    .note = "70 until 09:00 on day -30"),
	ROW("70@-60 100@-31T23:59 80@0T12:00", 80, 100, HOLDS, LOWEST, 2,
	    .note = "70 until 23:59 on day -31"),
	ROW("!10@-3 !8@-2 !6@0T12:00", 6, 10, HOLDS, PERISHABLE, 1, .note = "perishable"),
	ROW("100@-60 c80@-15 coff@-10 85@0T12:00", 85, 80, REFUSED, LOWEST, 2,
	    .note = "a public code of -20 %"),
	ROW("90@-60 off@-20 100@-5 85@0T12:00", 85, 90, HOLDS, LOWEST, 1, .note = "delisted, relisted"),
	ROW("100@-60 80@0T12:00", 80, 100, HOLDS, LOWEST, 1, .note = "before the late fact"),
	ROW("100@-60 80@0T12:00 75@-12", 80, 75, REFUSED, LOWEST, 3,
	    .note = "75 on day -12 accepted afterwards"),
};

static const struct row own[] = {
	// the window's edges
	ROW("70@-60 100@-30T00:00", 80, 100, HOLDS, LOWEST, 2,
	    .note = "70 until the window opens: does not intersect"),
	ROW("70@-60 100@-30T00:01", 80, 70, REFUSED, LOWEST, 1, .note = "a minute longer"),
	ROW("100@-60 70@-31T08:00 100@-31T20:00", 80, 100, HOLDS, LOWEST, 3,
	    .note = "a day before the window"),
	ROW("100@-60 70@0T11:59", 80, 70, REFUSED, LOWEST, 2, .note = "a minute before it applies"),
	ROW("100@-60 70@0T12:00", 70, 100, HOLDS, LOWEST, 1, .note = "the reduction's own price"),
	ROW("100@-60 70@0T12:01", 80, 100, HOLDS, LOWEST, 1, .note = "what comes later"),
	ROW("70@-60 100@-30T00:30 95@0T00:10", 80, 70, REFUSED, LOWEST, 1,
	    .note = "announced just behind midnight", .at = "00:15"),
	ROW("70@-60 100@-30T00:00", 80, 100, HOLDS, LOWEST, 2, .note = "applies from midnight on",
	    .at = "00:00"),
	// zero-length
	ROW("100@-60 50@-10T08:00 100@-10T08:00", 80, 100, HOLDS, LOWEST, 1,
	    .note = "50 never held: the later id counts"),
	ROW("100@-60 off@-10T08:00 60@-10T08:00 off@-10T08:00 100@-5", 80, 100, HOLDS, LOWEST, 5,
	    .note = "nor did 60"),
	// long ago
	ROW("100@-400", 99, 100, HOLDS, LOWEST, 1, .note = "one price for a year"),
	ROW("60@-400 100@-200 110@-20", 99, 100, HOLDS, LOWEST, 2, .note = "60 is long over"),
	// days on which the clock changes
	ROW("70@-60 100@-31T23:59 80@0T12:00", 80, 100, HOLDS, LOWEST, 2,
	    .note = "the window begins in winter time", .day = "2026-04-10"),
	ROW("70@-60 100@-30T00:30 80@0T12:00", 80, 70, REFUSED, LOWEST, 1,
	    .note = "the same, half an hour inside", .day = "2026-04-10"),
	ROW("70@-60 100@-30T00:00", 80, 100, HOLDS, LOWEST, 2, .note = "day -30 has 25 hours",
	    .day = "2026-11-24"),
	ROW("70@-60 100@-30T02:30", 80, 70, REFUSED, LOWEST, 1, .note = "02:30 twice", .day = "2026-11-24"),
	ROW("70@-60 100@-30T00:00", 80, 100, HOLDS, LOWEST, 2, .note = "day -30 has 23 hours",
	    .day = "2026-04-28"),
	ROW("100@-60 80@0T03:00", 80, 100, HOLDS, LOWEST, 1, .note = "applies in the hour behind the gap",
	    .day = "2026-03-29", .at = "03:00"),
	ROW("70@-60 100@-31T23:59", 80, 100, HOLDS, LOWEST, 2, .note = "a day -30 without midnight",
	    .day = "2026-10-06", .zone = "America/Santiago"),
	ROW("70@-60 100@-30T01:00", 80, 100, HOLDS, LOWEST, 2, .note = "it opens at 01:00",
	    .day = "2026-10-06", .zone = "America/Santiago"),
	ROW("70@-60 100@-30T01:01", 80, 70, REFUSED, LOWEST, 1, .note = "a minute later", .day = "2026-10-06",
	    .zone = "America/Santiago"),
	ROW("70@-60 100@-30T00:00", 80, 100, HOLDS, LOWEST, 2, .note = "30 days across a leap day",
	    .day = "2028-03-15", .zone = "UTC"),
	// channels, markets, currencies
	ROW("100@-60 70@-10/pos", 80, 100, HOLDS, LOWEST, 1, .note = "another channel's price"),
	ROW("100@-60 90@-60/pos 80@-5/pos", 70, 80, HOLDS, LOWEST, 3, .note = "judged in its own channel",
	    .market = "pos"),
	ROW("100@-60/pos", 80, 0, REFUSED, NONE, 0, .note = "never sold in this channel"),
	ROW("100@-60 20@-60=EUR 15@-5=EUR", 80, 100, HOLDS, LOWEST, 1, .note = "euros are no zlotys"),
	ROW("100@-60 20@-60=EUR 15@-5=EUR 16@-1=EUR", 15, 15, REFUSED, LOWEST, 3, .note = "judged in euros",
	    .currency = "EUR"),
	ROW("100@-60 20@-60=EUR off@-40=", 80, 0, REFUSED, NONE, 0, .note = "out of sale in every currency"),
	// announced again
	ROW("100@-60 80@-20 100@-6", 80, 80, REFUSED, LOWEST, 2,
	    .note = "the same reduction again after six days", .steps = "80@-20"),
	ROW("100@-60 80@-40 100@-31T10:00", 80, 100, HOLDS, LOWEST, 3,
	    .note = "the same again when 30 days are over"),
	ROW("100@-60 80@-20 100@-6", 79, 80, HOLDS, LOWEST, 2, .note = "a little lower than last time"),
	ROW("100@-60 90@-20 80@-10 70@0T12:00", 70, 80, HOLDS, LOWEST, 3, .note = "third deepening",
	    .steps = "90@-20 80@-10"),
	// members, codes, closed lists
	ROW("100@-60 m85@-60", 90, 85, REFUSED, LOWEST, 2, .note = "members paid less, and anyone may join"),
	ROW("100@-60 m85@-60", 80, 85, HOLDS, LOWEST, 2, .note = "less than members paid"),
	ROW("100@-60", 85, 100, HOLDS, LOWEST, 1, .note = "members' first own price", .audience = MEMBERS),
	ROW("100@-60 m85@-60 80@-9 100@-8", 79, 80, HOLDS, LOWEST, 3,
	    .note = "members could buy like everybody", .audience = MEMBERS),
	ROW("100@-60 x60@-60", 80, 100, HOLDS, LOWEST, 1, .note = "a closed price list stands apart"),
	ROW("100@-60 x60@-60", 55, 60, HOLDS, LOWEST, 2, .note = "and is compared with itself",
	    .audience = CLOSED),
	ROW("100@-60", 55, 0, REFUSED, NONE, 0, .note = "a closed list without a past", .audience = CLOSED),
	ROW("100@-60 c80@-50 coff@-31", 85, 100, HOLDS, LOWEST, 1, .note = "a code that was over"),
	ROW("100@-60 c80@-50 coff@-30T00:01", 85, 80, REFUSED, LOWEST, 2,
	    .note = "over a minute after the window opened"),
	ROW("100@-60", 80, 100, HOLDS, LOWEST, 1, .note = "a code is a reduction of the public price",
	    .audience = CODE),
	// deleted and listed again
	ROW("100@-60 off@-31T12:00 90@-1", 80, 90, HOLDS, LOWEST, 3,
	    .note = "only what it is relisted at is in the window"),
	ROW("100@-60 off@-31T12:00", 80, 0, REFUSED, NONE, 0, .note = "not on offer for 30 days"),
	ROW("100@-60 off@-30T00:01", 80, 100, HOLDS, LOWEST, 1, .note = "a minute on offer"),
	ROW("50@-20 off@-15 100@-5", 80, 50, REFUSED, YOUNG, 1,
	    .note = "young: a delisting does not restart it"),
	ROW("100@-60 off@-10 off@-9 off@-3", 80, 100, HOLDS, LOWEST, 1,
	    .note = "relisted by the reduction itself"),
	// young
	ROW("100@-29", 80, 100, HOLDS, YOUNG, 1, .note = "29 days"),
	ROW("100@-30T00:00", 80, 100, HOLDS, LOWEST, 1, .note = "30 days"),
	ROW("100@0T11:00", 80, 100, HOLDS, YOUNG, 1, .note = "an hour"),
	ROW("80@0T12:00", 80, 0, REFUSED, NONE, 0, .note = "first offered at its reduced price"),
	ROW("", 80, 0, REFUSED, NONE, 0, .note = "nothing is known"),
	ROW("100@-9 80@-7 120@-3", 100, 80, REFUSED, YOUNG, 2, .note = "young, and cheaper once"),
	// perishables
	ROW("!10@-40 !7@-20 !10@-10 !8@-1", 6, 10, HOLDS, PERISHABLE, 3, .note = "7 was another row"),
	ROW("!10@-40 !8@-20", 8, 10, HOLDS, PERISHABLE, 1, .note = "however long ago the first was"),
	ROW("!10@-3 !off@-2 !8@-1", 6, 8, HOLDS, PERISHABLE, 3, .note = "after a gap the goods are others"),
	ROW("!10@-3 !8@-2", 11, 8, REFUSED, PERISHABLE, 2, .note = "a rise is none"),
	ROW("!10@-3 !8@-2", 9, 8, REFUSED, PERISHABLE, 2, .note = "8 was charged until then"),
	ROW("!10@-60 !off@-40", 6, 0, REFUSED, NONE, 0, .note = "nothing in the window"),
	ROW("!10@-3 !8@-2 6@0T12:00", 6, 8, HOLDS, YOUNG, 2, .note = "the latest fact says it keeps"),
	ROW("10@-3 8@-2 !6@0T12:00", 6, 10, HOLDS, PERISHABLE, 1, .note = "the latest fact says it does not"),
	ROW("!10@-3 !m7@-2", 6, 7, HOLDS, PERISHABLE, 2, .note = "members' own row", .audience = MEMBERS),
	// rules of markets
	ROW("100@-60/DE 90@-10/DE", 80, 100, HOLDS, PROGRESSIVE, 1, .note = "progressive", .steps = "90@-10",
	    .market = "DE"),
	ROW("100@-60/DE 90@-20/DE 80@-10/DE", 70, 100, HOLDS, PROGRESSIVE, 1, .note = "two steps before",
	    .steps = "90@-20 80@-10", .market = "DE"),
	ROW("100@-60/DE 90@-10/DE", 80, 90, HOLDS, LOWEST, 2, .note = "not announced: no step",
	    .market = "DE"),
	ROW("100@-60/DE 70@-10/DE", 80, 70, REFUSED, LOWEST, 2, .note = "the step before was lower",
	    .steps = "70@-10", .market = "DE"),
	ROW("95@-60/de-app 100@-35/de-app 90@-10/de-app", 80, 95, HOLDS, PROGRESSIVE, 1,
	    .note = "30 days before the first step", .steps = "90@-10", .market = "de-app"),
	ROW("100@-60/DK 90@-10/DK", 80, 90, HOLDS, LOWEST, 2, .note = "elsewhere each is new",
	    .steps = "90@-10", .market = "DK"),
	// percentages
	ROW("10000@-60", 9999, 10000, HOLDS, LOWEST, 1, .note = "a ten-thousandth"),
	ROW("10001@-60", 10000, 10001, REFUSED, LOWEST, 1, .note = "less than that rounds down to none"),
	ROW("100@-60", 100, 100, REFUSED, LOWEST, 1, .note = "equal"),
	ROW("100@-60", 101, 100, REFUSED, LOWEST, 1, .note = "a rise"),
};

struct history {
	struct zone zone;
	struct zone_date day;
	struct price_fact facts[FACTS_MAX];
	size_t count;
	struct prior_price_step steps[STEPS_MAX];
	size_t step_count;
	char texts[FACTS_MAX][2][TEXT_SIZE];
};

static int64_t local_ms(const struct history *history, int days, const char *time, const char *fallback)
{
	int hours, minutes;

	assert_int_equal(sscanf(time != NULL ? time : fallback, "%d:%d", &hours, &minutes), 2);
	return zone_local_ms(&history->zone, zone_date_add(history->day, days), (hours * 60 + minutes) * 60);
}

static bool eat(const char **at, char letter)
{
	if (**at != letter)
		return false;
	(*at)++;
	return true;
}

static void read_place(struct history *history, const char *word, struct price_fact *fact)
{
	char(*texts)[TEXT_SIZE] = history->texts[history->count];
	const char *market = strchr(word, '/');
	const char *currency = strchr(word, '=');

	snprintf(texts[0], TEXT_SIZE, "%.*s", market != NULL ? (int)strcspn(market + 1, "=") : 0,
		 market != NULL ? market + 1 : "");
	snprintf(texts[1], TEXT_SIZE, "%s", currency != NULL ? currency + 1 : "PLN");
	fact->market = texts[0];
	fact->currency = texts[1];
}

static void read_word(struct history *history, const char *word)
{
	struct price_fact *fact = &history->facts[history->count];
	const char *at = word, *day = strchr(word, '@'), *time = strchr(word, 'T');

	*fact = (struct price_fact){.seq = (int64_t)history->count + 1};
	fact->id[15] = (uint8_t)fact->seq;
	fact->is_perishable = eat(&at, '!');
	fact->audience = eat(&at, 'm') ? MEMBERS : eat(&at, 'c') ? CODE : eat(&at, 'x') ? CLOSED : PUBLIC;
	fact->is_offered = strncmp(at, "off", 3) != 0;
	fact->gross_minor = fact->is_offered ? strtoll(at, NULL, 10) : 0;
	assert_non_null(day);
	fact->t_ms = local_ms(history, atoi(day + 1), time != NULL ? time + 1 : NULL, "08:00");
	read_place(history, word, fact);
	history->count++;
}

// Each step lasts until the next, the last until the reduction's moment.
static void read_steps(struct history *history, const struct row *row, int64_t from_ms)
{
	char text[128];
	char *rest = text;
	const char *word;

	snprintf(text, sizeof(text), "%s", row->steps != NULL ? row->steps : "");
	while ((word = strtok_r(rest, " ", &rest)) != NULL) {
		struct prior_price_step *step = &history->steps[history->step_count];

		*step = (struct prior_price_step){
			.market = row->market != NULL ? row->market : "",
			.currency = row->currency != NULL ? row->currency : "PLN",
			.audience = row->audience != 0 ? row->audience : PUBLIC,
			.gross_minor = strtoll(word, NULL, 10),
			.from_ms = local_ms(history, atoi(strchr(word, '@') + 1), NULL, "08:00"),
			.until_ms = from_ms,
		};
		if (history->step_count > 0)
			history->steps[history->step_count - 1].until_ms = step->from_ms;
		history->step_count++;
	}
}

static void read_row(struct history *history, const struct row *row, struct prior_price_question *question)
{
	char log[256];
	char *rest = log;
	const char *word;

	*history = (struct history){0};
	assert_true(zone_load(&history->zone, row->zone != NULL ? row->zone : "Europe/Warsaw", NULL));
	assert_true(zone_date_parse(row->day != NULL ? row->day : "2026-06-15", &history->day));
	snprintf(log, sizeof(log), "%s", row->log);
	while ((word = strtok_r(rest, " ", &rest)) != NULL)
		read_word(history, word);
	*question = (struct prior_price_question){
		.market = row->market != NULL ? row->market : "",
		.currency = row->currency != NULL ? row->currency : "PLN",
		.audience = row->audience != 0 ? row->audience : PUBLIC,
		.gross_minor = row->price,
		.from_ms = local_ms(history, 0, row->at, "12:00"),
		.zone = &history->zone,
		.steps = history->steps,
	};
	read_steps(history, row, question->from_ms);
	question->step_count = history->step_count;
}

static void check_row(const struct row *row)
{
	struct history history;
	struct prior_price_question question;
	struct price_interval room[FACTS_MAX];
	struct prior_price prior;
	struct err e = {0};

	read_row(&history, row, &question);
	prior_price_of(history.facts, history.count, &question, room, &prior);
	bool holds = prior_price_check(&prior, row->price, question.currency, &history.zone, NULL, &e);
	bool is_right = prior.is_known == (row->prior != 0) && prior.gross_minor == row->prior &&
			(int)prior.rule == row->rule && prior.interval.seq == row->seq &&
			holds != row->is_refused && (holds || e.code == ERR_REFUSED);
	if (!is_right)
		fail_msg("%s (%s): %lld, rule %d, seq %lld, %s", row->log, row->note,
			 (long long)prior.gross_minor, (int)prior.rule, (long long)prior.interval.seq,
			 holds ? "holds" : e.text);
	zone_fini(&history.zone);
}

static void the_normative_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(normative) / sizeof(normative[0]); i++)
		check_row(&normative[i]);
}

static void our_own_table(void **state)
{
	(void)state;
	assert_true(sizeof(own) / sizeof(own[0]) >= 30);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		check_row(&own[i]);
}

static void the_sentence_names_the_fact(void **state)
{
	static const struct {
		struct row row;
		const char *shop, *sentence;
	} rows[] = {
		{{"950@-20 1200@-5", .price = 1000},
		 NULL,
		 "10.00 is not a reduction: 9.50 was charged on 2026-05-26"},
		{{"950@-60 1200@-5", .price = 1000},
		 "outlet", // charged before: the window's first day
		 "10.00 is not a reduction: 9.50 was charged on 2026-05-16 in outlet"},
		{{"700@-60=JPY 900@-3=JPY", .price = 800, .currency = "JPY"},
		 NULL,
		 "800 is not a reduction: 700 was charged on 2026-05-16"},
		{{"950@-60 off@-40", .price = 1000},
		 NULL,
		 "there is no prior price: the offer had no price in PLN between 2026-05-16 and 2026-06-15"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct history history;
		struct prior_price_question question;
		struct price_interval room[FACTS_MAX];
		struct prior_price prior;
		struct err e = {0};

		read_row(&history, &rows[i].row, &question);
		prior_price_of(history.facts, history.count, &question, room, &prior);
		assert_false(prior_price_check(&prior, rows[i].row.price, question.currency, &history.zone,
					       rows[i].shop, &e));
		assert_string_equal(e.text, rows[i].sentence);
		zone_fini(&history.zone);
	}
}

static void the_certificate_names_window_and_interval(void **state)
{
	static const struct row row = {.log = "100@-60 80@-20 100@-10 off@-2", .price = 70};
	struct history history;
	struct prior_price_question question;
	struct price_interval room[FACTS_MAX];
	struct prior_price prior;

	(void)state;
	read_row(&history, &row, &question);
	prior_price_of(history.facts, history.count, &question, room, &prior);
	assert_int_equal(prior.window_from_ms, local_ms(&history, -30, "00:00", NULL));
	assert_int_equal(prior.window_until_ms, question.from_ms);
	assert_int_equal(prior.interval.from_ms, local_ms(&history, -20, "08:00", NULL));
	assert_int_equal(prior.interval.until_ms, local_ms(&history, -10, "08:00", NULL));
	assert_int_equal(prior.interval.audience, PUBLIC);
	zone_fini(&history.zone);
}

static void percentages_round_down(void **state)
{
	(void)state;
	assert_int_equal(prior_price_percentage_bp(10000, 8000), 2000);
	assert_int_equal(prior_price_percentage_bp(2999, 1999), 3334); // 33.344...
	assert_int_equal(prior_price_percentage_bp(3, 2), 3333);
	assert_int_equal(prior_price_percentage_bp(3, 1), 6666);
	assert_int_equal(prior_price_percentage_bp(100, 0), 10000);
	assert_int_equal(prior_price_percentage_bp(100, 100), 0);
	assert_int_equal(prior_price_percentage_bp(100, 101), 0);
	assert_int_equal(prior_price_percentage_bp(0, 0), 0);
	assert_int_equal(prior_price_percentage_bp(MONEY_MAX_MINOR, 1), 9999);
}

static void the_lowest_of_a_chain(void **state)
{
	const struct prior_price priors[] = {
		{.is_known = true, .gross_minor = 90}, {.is_known = false},
		{.is_known = true, .gross_minor = 70}, {.is_known = true, .gross_minor = 70},
		{.is_known = true, .gross_minor = 80},
	};

	(void)state;
	assert_int_equal(prior_price_lowest(priors, 5), 2); // one without a past does not count
	assert_int_equal(prior_price_lowest(priors, 1), 0);
	assert_int_equal(prior_price_lowest(&priors[1], 1), 1); // none
	assert_int_equal(prior_price_lowest(priors, 0), 0);
}

// ---- against the definition ------------------------------------------------------------------------------

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static size_t random_facts(struct price_fact *facts, int64_t from_ms, uint32_t *seed)
{
	static const char *const markets[] = {"", "", "", "pos"};
	size_t count = 1 + next_random(seed) % 20;

	for (size_t i = 0; i < count; i++) {
		facts[i] = (struct price_fact){
			.market = markets[next_random(seed) % 4],
			.currency = next_random(seed) % 6 == 0 ? "EUR" : "PLN",
			.audience = 1 + (int32_t)(next_random(seed) % 4),
			.is_offered = next_random(seed) % 4 != 0,
			.gross_minor = 50 + next_random(seed) % 20,
			// six-hour steps from 45 days before to 5 behind, so that edges are hit
			.t_ms = from_ms - 12 * 60 * MINUTE_MS - 45 * DAY_MS +
				(int64_t)(next_random(seed) % 200) * 6 * 60 * MINUTE_MS,
			.seq = (int64_t)i + 1,
		};
		facts[i].id[15] = (uint8_t)(i + 1);
		if (!facts[i].is_offered) {
			facts[i].gross_minor = 0;
			if (next_random(seed) % 2 == 0)
				facts[i].currency = "";
		}
	}
	return count;
}

// What an audience pays at an instant; -1: it is not on offer.
static int64_t price_at(const struct price_fact *facts, size_t count, int32_t audience, int64_t t_ms)
{
	const struct price_fact *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct price_fact *fact = &facts[i];

		if (fact->t_ms > t_ms || fact->audience != audience || fact->market[0] != '\0' ||
		    strcmp(fact->currency, "EUR") == 0)
			continue;
		if (best == NULL || fact->t_ms > best->t_ms ||
		    (fact->t_ms == best->t_ms && memcmp(fact->id, best->id, UUID_SIZE) > 0))
			best = fact;
	}
	return best != NULL && best->is_offered ? best->gross_minor : -1;
}

// Prices change at facts only: the window's first instant and each fact in it are all there is to look at.
static int64_t lowest_of_all_instants(const struct price_fact *facts, size_t count, int64_t open_ms,
				      int64_t from_ms)
{
	int64_t best = -1;

	for (size_t i = 0; i <= count; i++) {
		int64_t t_ms = i == count ? open_ms : facts[i].t_ms;

		for (int32_t audience = PUBLIC; audience <= CODE; audience++) {
			int64_t price = price_at(facts, count, audience, t_ms);

			if (t_ms >= open_ms && t_ms < from_ms && price >= 0 && (best < 0 || price < best))
				best = price;
		}
	}
	return best;
}

static void any_history_gives_the_lowest_instant(void **state)
{
	static const struct row row = {.log = "", .price = 1, .day = "2026-11-10"};
	struct history history;
	struct prior_price_question question;
	size_t known = 0;

	(void)state;
	read_row(&history, &row, &question);
	int64_t open_ms = local_ms(&history, -30, "00:00", NULL);
	for (uint32_t seed = 1; seed <= 3000; seed++) {
		struct price_fact facts[FACTS_MAX];
		struct price_interval room[FACTS_MAX];
		struct prior_price prior;
		uint32_t random = seed;
		size_t count = random_facts(facts, question.from_ms, &random);
		int64_t expected = lowest_of_all_instants(facts, count, open_ms, question.from_ms);

		prior_price_of(facts, count, &question, room, &prior);
		assert_int_equal(prior.is_known ? prior.gross_minor : -1, expected);
		known += prior.is_known;
	}
	assert_in_range(known, 2000, 2990); // both ends are met
	zone_fini(&history.zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_normative_table),
		cmocka_unit_test(our_own_table),
		cmocka_unit_test(the_sentence_names_the_fact),
		cmocka_unit_test(the_certificate_names_window_and_interval),
		cmocka_unit_test(percentages_round_down),
		cmocka_unit_test(the_lowest_of_a_chain),
		cmocka_unit_test(any_history_gives_the_lowest_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
