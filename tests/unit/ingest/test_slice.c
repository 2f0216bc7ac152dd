// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Slicing a PublishRequest: what it cuts, what it refuses alone, what it refuses as a whole.
#include "services/ingest/core/slice.h"

#include "tests/unit/ingest/helper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/ingest.pb-c.h"

static struct slice_publication publications[SLICE_PUBLICATIONS_MAX];

struct row {
	const char *name, *text;
	enum err_code code;
	const char *field;
	size_t count;
	const char *faults; // a letter a publication: . sound, x refused alone, - no event
};

#define EVENT "event{shop=demo}"

static const struct row rows[] = {
	{"one", "sent_at_ms=5 publications{" EVENT "}", ERR_OK, "", 1, "."},
	{"subject first", "publications{subject{visitor_id=v} " EVENT "}", ERR_OK, "", 1, "."},
	{"three", "publications{" EVENT "} origin=2 publications{" EVENT "} publications{" EVENT "}", ERR_OK,
	 "", 3, "..."},
	{"no event", "publications{subject{visitor_id=v}} publications{}", ERR_OK, "", 2, "--"},
	{"an empty event", "publications{event{}}", ERR_OK, "", 1, "."},
	{"a broken event is the validator's", "publications{!0a02ffff}", ERR_OK, "", 1, "."},
	{"two events", "publications{" EVENT " " EVENT "} publications{" EVENT "}", ERR_OK, "", 2, "x."},
	{"two subjects", "publications{" EVENT " subject{} subject{}}", ERR_OK, "", 1, "x"},
	{"event is a number", "publications{!0805} publications{" EVENT "}", ERR_OK, "", 2, "x."},
	{"subject is a number", "publications{" EVENT " !1005}", ERR_OK, "", 1, "x"},
	{"cut inside one", "publications{" EVENT "} publications{!0a05ff}", ERR_OK, "", 2, ".x"},
	{"garbage behind the event", "publications{" EVENT " !ff}", ERR_OK, "", 1, "x"},
	{"a group inside", "publications{" EVENT " !0b0c}", ERR_OK, "", 1, "x"},
	{"unknown fields", "@77=5 @78\"abc publications{" EVENT " @9=1 @8\"q}", ERR_OK, "", 1, "."},
	{"1,000", "publications*1000{}", ERR_OK, "", 1000, NULL},
	{"1,001", "publications*1001{}", ERR_TOO_MANY, "publications", 0, NULL},
	{"none", "", ERR_MISSING_FIELD, "publications", 0, NULL},
	{"none but a time", "sent_at_ms=5", ERR_MISSING_FIELD, "publications", 0, NULL},
	{"publications is a number", "!1005", ERR_BAD_PROTO, "publications", 0, NULL},
	{"sent_at_ms is bytes", "!0a00 publications{" EVENT "}", ERR_BAD_PROTO, "sent_at_ms", 0, NULL},
	{"sent_at_ms is fixed64", "!090102030405060708 publications{}", ERR_BAD_PROTO, "sent_at_ms", 0, NULL},
	{"sent_at_ms twice", "sent_at_ms=5 sent_at_ms=6 publications{}", ERR_BAD_PROTO, "sent_at_ms", 0,
	 NULL},
	{"pseudonymised twice", "pseudonymised=1 pseudonymised=1 publications{}", ERR_BAD_PROTO,
	 "pseudonymised", 0, NULL},
	{"origin twice", "origin=1 origin=2 publications{}", ERR_BAD_PROTO, "origin", 0, NULL},
	{"origin unknown", "origin=4 publications{}", ERR_BAD_FIELD, "origin", 0, NULL},
	{"origin negative", "origin=-1 publications{}", ERR_BAD_FIELD, "origin", 0, NULL},
	{"garbage", "!ffffffffffffffffffffff", ERR_BAD_PROTO, "", 0, NULL},
	{"an over-long varint", "!08ffffffffffffffffffff01", ERR_BAD_PROTO, "", 0, NULL},
	{"a length behind the end", "!12ffffff7f", ERR_BAD_PROTO, "", 0, NULL},
	{"field number 0", "!0000", ERR_BAD_PROTO, "", 0, NULL},
	{"a group", "!0b0c publications{}", ERR_BAD_PROTO, "", 0, NULL},
};

static void check_faults(const struct row *row)
{
	for (size_t i = 0; row->faults && row->faults[i]; i++) {
		char is = publications[i].fault ? 'x' : publications[i].has_event ? '.' : '-';
		if (is != row->faults[i])
			fail_msg("%s: publication %zu is '%c'", row->name, i, is);
	}
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct slice_request out = {.count = 12345};
		struct wire_text text;
		struct err e = {0};
		wire_text_write(&text, &utarg__v1__publish_request__descriptor, row->text);
		bool ok = slice_publish_request(wire_text_slice(&text), publications, &out, &e);
		if (ok != (row->code == ERR_OK) || e.code != row->code || strcmp(e.field, row->field) != 0)
			fail_msg("%s: %s at \"%s\": %s", row->name, err_name(e.code), e.field, e.text);
		assert_int_equal(out.count, ok ? row->count : 12345);
		if (ok)
			check_faults(row);
		wire_text_fini(&text);
	}
}

static void test_slices_are_the_bytes_received(void **state)
{
	(void)state;
	struct wire_text request, event, subject;
	struct slice_request out;
	struct err e = {0};

	wire_text_write(&request, &utarg__v1__publish_request__descriptor,
			"sent_at_ms=1767225600000 origin=3 publications{event{shop=a source=b} "
			"subject{visitor_id=v}}");
	wire_text_write(&event, &utarg__v1__event__descriptor, "shop=a source=b");
	wire_text_write(&subject, &utarg__v1__subject__descriptor, "visitor_id=v");
	assert_true(slice_publish_request(wire_text_slice(&request), publications, &out, &e));
	assert_int_equal(out.sent_at_ms, 1767225600000);
	assert_int_equal(out.origin, UTARG__V1__ORIGIN__ORIGIN_IMPORT);
	assert_int_equal(publications[0].event.size, event.size);
	assert_memory_equal(publications[0].event.data, event.data, event.size);
	assert_int_equal(publications[0].subject.size, subject.size);
	assert_memory_equal(publications[0].subject.data, subject.data, subject.size);
	wire_text_fini(&request);
	wire_text_fini(&event);
	wire_text_fini(&subject);
}

// Every prefix, in memory of exactly its size, so that a read behind the end is seen.
static void test_truncated_at_every_byte(void **state)
{
	(void)state;
	struct wire_text text;
	struct slice_request out;

	wire_text_write(
		&text, &utarg__v1__publish_request__descriptor,
		"publications{event{shop=demo id=01020304} subject{visitor_id=v}} sent_at_ms=1767225600000");
	size_t first = 2 + text.data[1]; // the whole first publication
	for (size_t size = 0; size < text.size; size++) {
		uint8_t *cut = malloc(size ? size : 1);
		assert_non_null(cut);
		memcpy(cut, text.data, size);
		struct err e = {0};
		bool ok = slice_publish_request((struct slice){cut, size}, publications, &out, &e);
		if (ok != (size == first))
			fail_msg("%zu of %zu bytes: %s", size, text.size, err_name(e.code));
		free(cut);
	}
	wire_text_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_slices_are_the_bytes_received),
		cmocka_unit_test(test_truncated_at_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
