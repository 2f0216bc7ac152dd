// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The digests' byte layout, against values made by Python's hashlib.blake2b from the layout's description:
// whoever changes a byte of it breaks every journal there is.
#include "common/journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const uint8_t digest[JOURNAL_DIGEST_SIZE], const char *expected)
{
	char hex[2 * JOURNAL_DIGEST_SIZE + 1];
	text_hex(digest, JOURNAL_DIGEST_SIZE, hex);
	assert_string_equal(hex, expected);
}

static struct slice of(const char *text, size_t size)
{
	return (struct slice){(const uint8_t *)text, size};
}

static void test_vector(void **state)
{
	(void)state;
	uint8_t ids[2][UUID_SIZE], genesis[JOURNAL_DIGEST_SIZE], out[JOURNAL_DIGEST_SIZE];
	for (int i = 0; i < 2 * UUID_SIZE; i++)
		ids[i / UUID_SIZE][i % UUID_SIZE] = (uint8_t)i;
	journal_genesis("demo", genesis);
	expect(genesis, "6f429098c95493669ef79d519a57e4d108c45361f29983eebde3038f2f67180c");

	struct journal_digest digest;
	journal_digest_init(&digest);
	journal_digest_row(&digest, 1, ids[0], 60, 1795449600123, 1795449600999, of("local", 5), 2,
			   of("payload", 7));
	journal_digest_row(&digest, 2, ids[1], 20, -1, 0, of("", 0), 1, of(NULL, 0));
	journal_digest_final(&digest, out);
	expect(out, "0fa28081cd1870ca2267f139539e09d1be3c212fec083d272257c667a55247b0");

	uint8_t chain[JOURNAL_DIGEST_SIZE];
	journal_chain(genesis, 1, 2, out, chain);
	expect(chain, "4d0519d886eecd34505e1b764e30a9f12076e12d54d2364d5ec82ea5be7d206b");

	journal_digest_init(&digest);
	journal_digest_subject(&digest, 1, of("v", 1), of(NULL, 0), of("sub\0ject", 8));
	journal_digest_subject(&digest, 2, of(NULL, 0), of(NULL, 0), of(NULL, 0));
	journal_digest_final(&digest, out);
	expect(out, "7ed33c3c36318dcfed1ed71513f0163388600d8bbbaaf21367a7eda8f80b4643");
}

// Lengths are part of it: bytes cannot move from one field to the next unseen.
static void test_fields_do_not_run_together(void **state)
{
	(void)state;
	uint8_t a[JOURNAL_DIGEST_SIZE], b[JOURNAL_DIGEST_SIZE];
	struct journal_digest digest;
	journal_digest_init(&digest);
	journal_digest_subject(&digest, 1, of("ab", 2), of("c", 1), of("", 0));
	journal_digest_final(&digest, a);
	journal_digest_init(&digest);
	journal_digest_subject(&digest, 1, of("a", 1), of("bc", 2), of("", 0));
	journal_digest_final(&digest, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_fields_do_not_run_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
