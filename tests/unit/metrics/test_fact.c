// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Cells and their revisions: a cell's revision moves when an event changes it by other than zero, and only
// then.
#include "services/metrics/core/fact.h"
#include "tests/unit/metrics/helper_world.h"

#include <string.h>

#define MINUTE0 ((int32_t)(T0 / MINUTE_MS))

struct desk {
	struct intern *intern;
	struct fact_book *book;
};

static void open_desk(struct desk *desk)
{
	desk->intern = intern_create();
	desk->book = fact_book_create(desk->intern);
	fact_set_zone(desk->book, world_zone(NULL, "UTC"));
}

static void close_desk(struct desk *desk)
{
	fact_book_destroy(desk->book);
	intern_destroy(desk->intern);
}

static uint32_t dims(struct desk *desk, const char *sales, const char *device)
{
	struct dims d = {0};
	d.key[INTERN_INDEX(FOLD_SALES_CHANNEL)] = intern_key(desk->intern, sales);
	d.key[INTERN_INDEX(FOLD_DEVICE)] = intern_key(desk->intern, device);
	return intern_dims(desk->intern, &d);
}

static void settle(struct desk *desk, int64_t seq)
{
	fact_settle(desk->book, &(struct fact_stamp){seq, seq * 10, FOLD_NEW});
}

static const struct fold_cell *cell(struct desk *desk, enum fold_dimension dimension, const char *key,
				    enum fold_grain grain)
{
	const struct fold_cell *cells;
	size_t count = fact_cells(desk->book, 0, &cells);
	for (size_t i = 0; i < count; i++)
		if (cells[i].dimension == dimension && cells[i].grain == grain &&
		    strcmp(cells[i].key, key) == 0)
			return &cells[i];
	return NULL;
}

static void a_row_opens_into_cells(void **state)
{
	(void)state;
	struct desk desk;
	const struct fold_cell *cells;
	open_desk(&desk);
	fact_put(desk.book, M_GMV, MINUTE0 + 16, dims(&desk, "web", "tv"), (money_sum)1 << 90);
	settle(&desk, 7);
	assert_int_equal(fact_cells(desk.book, 0, &cells), 9); // 3 grains; total, sales channel, device
	for (int i = 0; i < 9; i++) {
		assert_true(cells[i].delta == (money_sum)1 << 90);
		assert_int_equal(cells[i].revision, 7);
		assert_int_equal(cells[i].received_at_ms, 70);
	}
	assert_int_equal(cells[0].bucket_ms, T0 + 16 * MINUTE_MS);
	assert_int_equal(cells[1].bucket_ms, T0 + 15 * MINUTE_MS);
	assert_int_equal(cells[2].bucket_ms, T0);
	assert_int_equal(fact_cells(desk.book, T0 + 17 * MINUTE_MS, &cells), 6); // minutes that are too old
	fact_clear(desk.book);
	assert_int_equal(fact_cells(desk.book, 0, &cells), 0);
	close_desk(&desk);
}

static void what_cancels_out_leaves_no_trace(void **state)
{
	(void)state;
	struct desk desk;
	open_desk(&desk);
	uint32_t web_tv = dims(&desk, "web", "tv"), web_tablet = dims(&desk, "web", "tablet");
	fact_put(desk.book, M_SESSIONS, MINUTE0, web_tv, 1);
	settle(&desk, 1);
	// The session turns out to have begun on a tablet, a minute earlier.
	fact_put(desk.book, M_SESSIONS, MINUTE0, web_tv, -1);
	fact_put(desk.book, M_SESSIONS, MINUTE0 + 1, web_tablet, 1);
	settle(&desk, 2);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 1);
	assert_true(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->delta == 1);
	assert_int_equal(cell(&desk, FOLD_SALES_CHANNEL, "web", FOLD_QUARTER)->revision, 1);
	assert_int_equal(cell(&desk, FOLD_DEVICE, "tv", FOLD_DAY)->revision, 2);
	assert_true(cell(&desk, FOLD_DEVICE, "tv", FOLD_DAY)->delta == 0);
	assert_int_equal(cell(&desk, FOLD_DEVICE, "tablet", FOLD_DAY)->revision, 2);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_MINUTE)->revision, 2);
	// Out and in again: nothing at all.
	fact_clear(desk.book);
	fact_put(desk.book, M_SESSIONS, MINUTE0, web_tv, -1);
	fact_put(desk.book, M_SESSIONS, MINUTE0, web_tv, 1);
	settle(&desk, 3);
	const struct fold_cell *cells;
	assert_int_equal(fact_cells(desk.book, 0, &cells), 0);
	close_desk(&desk);
}

static void many_facts_net_like_few(void **state)
{
	(void)state;
	struct desk desk;
	const struct fold_cell *cells;
	open_desk(&desk);
	for (int sign = 1; sign >= -1; sign -= 2)
		for (int i = 0; i < 500; i++)
			fact_put(desk.book, M_UNITS, MINUTE0 + i % 100,
				 dims(&desk, i % 2 ? "web" : "pos", "tv"), sign * i);
	settle(&desk, 1);
	assert_int_equal(fact_cells(desk.book, 0, &cells), 0);
	close_desk(&desk);
}

static void the_clock_moves_no_revision(void **state)
{
	(void)state;
	struct desk desk;
	open_desk(&desk);
	uint32_t d = dims(&desk, "web", "tv");
	fact_put_from(desk.book, M_CARTS_ABANDONED, MINUTE0, d, T0 + DAY_MS, 1,
		      0); // will count, does not yet
	settle(&desk, 4);
	assert_true(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->delta == 0);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 4);
	fact_put(desk.book, M_CARTS_ABANDONED, MINUTE0, d, 1);
	fact_settle(desk.book, &(struct fact_stamp){0, 0, FOLD_CLOCK});
	assert_true(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->delta == 1);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 4);
	// Counts from another time on: stamped, whether or not the value changes.
	fact_put_from(desk.book, M_CARTS_ABANDONED, MINUTE0, d, T0 + DAY_MS, -1, -1);
	fact_put_from(desk.book, M_CARTS_ABANDONED, MINUTE0, d, T0 + DAY_MS + 1, 1, 1);
	settle(&desk, 5);
	assert_true(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->delta == 1);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 5);
	// Told again as it was: not stamped.
	fact_put_from(desk.book, M_CARTS_ABANDONED, MINUTE0, d, T0 + DAY_MS + 1, -1, -1);
	fact_put_from(desk.book, M_CARTS_ABANDONED, MINUTE0, d, T0 + DAY_MS + 1, 1, 1);
	settle(&desk, 6);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 5);
	close_desk(&desk);
}

static void the_clock_alone_says_so(void **state)
{
	(void)state;
	struct desk desk;
	open_desk(&desk);
	fact_put(desk.book, M_CARTS_ABANDONED, MINUTE0, dims(&desk, "web", "tv"), 1);
	fact_settle(desk.book, &(struct fact_stamp){0, 0, FOLD_CLOCK});
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->revision, 0);
	assert_int_equal(cell(&desk, FOLD_TOTAL, "-", FOLD_DAY)->reason, FOLD_CLOCK);
	close_desk(&desk);
}

static void figures_keep_their_revision(void **state)
{
	(void)state;
	struct world *world = world_create(T0 + DAY_MS);
	world_say(world, box_settings(T0 - DAY_MS, "PLN", "UTC", 0));
	struct box *late = box_page_view(T0 + HOUR_MS, "v");
	late->context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
	world_say(world, box_page_view(T0 + HOUR_MS + MINUTE_MS, "v"));
	world_say(world, late); // seq 3: the session begins earlier, on another device
	world_fold(world, 0);
	world_checkpoint(world);
	struct world_figure sessions = world_figure(world, "sessions", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	struct world_figure mobile = world_figure(world, "sessions", WINDOW_DAY, T0, FOLD_DEVICE, "mobile");
	struct world_figure visitors = world_figure(world, "visitors", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	struct world_figure views = world_figure(world, "page_views", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(sessions.numerator == 1 && sessions.revision == 2);
	assert_true(mobile.numerator == 1 && mobile.revision == 3);
	assert_true(visitors.numerator == 1 && visitors.revision == 2);
	assert_true(views.numerator == 2 && views.revision == 3);
	world_destroy(world);
}

static void reasons(void **state)
{
	static const struct {
		int what;
		enum fold_reason reason;
	} rows[] = {{0, FOLD_NEW}, {1, FOLD_CORRECTION}, {2, FOLD_REFUND_MADE}, {3, FOLD_CANCELLATION}};
	(void)state;
	struct world *world = world_create(T0 + DAY_MS);
	world_say(world, box_settings(T0 - DAY_MS, "PLN", "UTC", 0));
	world_fold(world, 0);
	for (size_t i = 0; i < 4; i++) {
		struct box *box =
			box_order(T0, ORIGIN_SERVER, NULL, NULL, "o", (uint32_t)i, 1000 + (int64_t)i);
		if (rows[i].what == 2) {
			box_free(box);
			box = box_refund(T0, "r", "o");
			box->body.refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
			box->body.refund.total_minor = 10;
		} else if (rows[i].what == 3) {
			box_free(box);
			box = box_cancel(T0, "o");
		}
		world_say(world, box);
		world_fold(world, 0);
		const struct fold_cell *cells;
		size_t count = fold_cells(world_of(world), &cells);
		assert_true(count > 0);
		for (size_t k = 0; k < count; k++)
			assert_int_equal(cells[k].reason, rows[i].reason);
		world_checkpoint(world);
	}
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_opens_into_cells),
		cmocka_unit_test(what_cancels_out_leaves_no_trace),
		cmocka_unit_test(many_facts_net_like_few),
		cmocka_unit_test(the_clock_moves_no_revision),
		cmocka_unit_test(the_clock_alone_says_so),
		cmocka_unit_test(figures_keep_their_revision),
		cmocka_unit_test(reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
