// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Signed links: the vector was made with another library's Ed25519 (Python's cryptography) over the bytes
// that signature.h states; the key's file.
#include "common/base/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char public_hex[] = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
static const char signature_hex[] = "fb09f144c897bf97353c6c5f906e4f9b8d9cf0845ee1425599779f4e2d493042"
				    "9a378df55f814385b1e7b5203659f615981cebc8d73fccf492c7d3cda2d78e08";

static struct signature_key counting_key(void)
{
	struct signature_key key;
	for (size_t i = 0; i < sizeof(key.seed); i++)
		key.seed[i] = (uint8_t)i;
	return key;
}

static const struct signature_link spring = {"demo", "blog-żółw", "spring"};

static void is_what_another_library_makes(void **state)
{
	(void)state;
	const struct signature_key key = counting_key();
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE], signature[SIGNATURE_SIZE];
	char hex[2 * SIGNATURE_SIZE + 1];
	signature_public(&key, public_key);
	text_hex(public_key, sizeof(public_key), hex);
	assert_string_equal(hex, public_hex);
	signature_make(&key, &spring, signature);
	text_hex(signature, sizeof(signature), hex);
	assert_string_equal(hex, signature_hex);
	assert_true(signature_is_valid(public_key, &spring, (struct slice){signature, sizeof(signature)}));
}

// The same bytes in a row, cut elsewhere, are another link.
static void is_of_one_link_only(void **state)
{
	(void)state;
	const struct signature_key key = counting_key();
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE], signature[SIGNATURE_SIZE];
	static const struct signature_link others[] = {
		{"demo2", "blog-żółw", "spring"}, {"demo", "blog-żółws", "pring"}, {"demo", "blog-żółw", ""},
		{"demob", "log-żółw", "spring"},  {"demo", "", "spring"},
	};
	signature_public(&key, public_key);
	signature_make(&key, &spring, signature);
	struct slice whole = {signature, sizeof(signature)};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(signature_is_valid(public_key, &others[i], whole));
	assert_false(signature_is_valid(public_key, &spring, (struct slice){signature, 63}));
	assert_false(signature_is_valid(public_key, &spring, (struct slice){NULL, 0}));
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 1;
		assert_false(signature_is_valid(public_key, &spring, whole));
		signature[i] ^= 1;
	}
	public_key[0] ^= 1;
	assert_false(signature_is_valid(public_key, &spring, whole));
}

static void comes_back_from_its_file(void **state)
{
	(void)state;
	char path[] = "/tmp/utarg-signature-XXXXXX", text[SIGNATURE_FILE_SIZE];
	struct signature_key key, again;
	struct err e = {0};
	assert_true(signature_key_make(&key, &e));
	signature_key_print(&key, text);
	const int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_true(signature_key_read(path, &again, &e));
	assert_memory_equal(&key, &again, sizeof(key));
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_false(signature_key_read(path, &again, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_false(signature_key_read(path, &again, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	close(fd);
	unlink(path);
	assert_false(signature_key_read(path, &again, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_another_library_makes),
		cmocka_unit_test(is_of_one_link_only),
		cmocka_unit_test(comes_back_from_its_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
