// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sealing a subject: whom it names is replaced, all else stays byte by byte, nothing is written outside its
// room.
#include "services/ingest/core/subject.h"

#include "common/base/wire.h"
#include "tests/unit/ingest/helper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/event.pb-c.h"

#define VISITOR  "2Cc8UecOt3yuodV0B4tE_Q" // of "v1" in "demo", see test_pseudonym.c
#define CUSTOMER "naySXZhIy83LVg8YcW7IlQ"
#define LONG_ID  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define OF_LONG  "hvCl8cWabHPz-Av2cd4_Yg"

static const struct {
	const char *name, *text, *sealed; // as helper_wire.h writes them
} rows[] = {
	{"nobody", "", ""},
	{"a visitor", "visitor_id=v1", "visitor_id=" VISITOR},
	{"a customer", "customer_ref=v1", "customer_ref=" CUSTOMER},
	{"both", "visitor_id=v1 customer_ref=v1", "visitor_id=" VISITOR " customer_ref=" CUSTOMER},
	{"names that are there and empty", "!0a001200", ""},
	{"other fields stay", "visitor_id=v1 click_id=abc url=https://x.example/ referrer=r search_text=mug",
	 "visitor_id=" VISITOR " click_id=abc url=https://x.example/ referrer=r search_text=mug"},
	{"in another order", "search_text=mug customer_ref=v1 click_id=abc visitor_id=v1 url=u",
	 "visitor_id=" VISITOR " customer_ref=" CUSTOMER " search_text=mug click_id=abc url=u"},
	{"longer than their pseudonym", "customer_ref=" LONG_ID " url=u", "customer_ref=" OF_LONG " url=u"},
	{"unknown fields stay", "@99=5 visitor_id=v1 @98\"abc", "visitor_id=" VISITOR " @99=5 @98\"abc"},
};

static struct pseudonym_key demo_key(void)
{
	struct pseudonym_key master, key;
	for (size_t i = 0; i < sizeof(master.bytes); i++)
		master.bytes[i] = (uint8_t)i;
	pseudonym_shop_key(&master, "demo", &key);
	return key;
}

static struct subject_names names_of(struct slice rest)
{
	struct subject_names names = {0};
	struct wire_field field;
	while (wire_next(&rest, &field)) {
		if (field.number == 1)
			names.visitor = field.bytes;
		else if (field.number == 2)
			names.customer = field.bytes;
	}
	return names;
}

static void require_row(const char *text, const char *sealed_text)
{
	struct wire_text raw = {0}, wanted = {0};
	struct pseudonym_key key = demo_key();
	wire_text_write(&raw, &utarg__v1__subject__descriptor, text);
	wire_text_write(&wanted, &utarg__v1__subject__descriptor, sealed_text);
	// Exactly as large as it may be: the sanitizer watches both ends.
	unsigned char *room = malloc(SUBJECT_ROOM_BYTES + raw.size);
	assert_non_null(room);
	if (raw.size > 0)
		memcpy(room + SUBJECT_ROOM_BYTES, raw.data, raw.size);
	struct subject_names names = names_of((struct slice){room + SUBJECT_ROOM_BYTES, raw.size});
	struct slice sealed = subject_seal(&key, room, raw.size, &names);
	struct subject_names found = names_of(sealed);
	assert_int_equal(sealed.size, wanted.size);
	if (sealed.size > 0)
		assert_memory_equal(sealed.data, wanted.data, wanted.size);
	assert_int_equal(names.visitor.size, found.visitor.size);
	assert_int_equal(names.customer.size, found.customer.size);
	if (found.visitor.size > 0)
		assert_ptr_equal(names.visitor.data, found.visitor.data);
	if (found.customer.size > 0)
		assert_ptr_equal(names.customer.data, found.customer.data);
	free(room);
	wire_text_fini(&raw);
	wire_text_fini(&wanted);
}

static void seals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		require_row(rows[i].text, rows[i].sealed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(seals)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
