// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Pseudonyms: the vectors were made with Python's hashlib (blake2b with key and person); the key's file.
#include "common/base/pseudonym.h"

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

static const char long_id[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static const struct {
	const char *slug;
	enum pseudonym_kind kind;
	const char *id, *pseudonym;
} vectors[] = {
	{"demo", PSEUDONYM_VISITOR, "v1", "2Cc8UecOt3yuodV0B4tE_Q"},
	{"demo", PSEUDONYM_CUSTOMER, "v1", "naySXZhIy83LVg8YcW7IlQ"},
	{"gifts", PSEUDONYM_VISITOR, "v1", "LFdwMxaQaSj3QoDqcXeWdg"},
	{"demo", PSEUDONYM_VISITOR, "żółw", "7zCGt5bEDIx9PEtAiDnbhw"},
	{"demo", PSEUDONYM_CUSTOMER, long_id, "hvCl8cWabHPz-Av2cd4_Yg"},
};

static struct slice slice_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

static struct pseudonym_key counting_master(void)
{
	struct pseudonym_key master;
	for (size_t i = 0; i < sizeof(master.bytes); i++)
		master.bytes[i] = (uint8_t)i;
	return master;
}

static void are_what_hashlib_makes(void **state)
{
	(void)state;
	struct pseudonym_key master = counting_master(), shop_key;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		char out[PSEUDONYM_SIZE + 1] = "";
		pseudonym_shop_key(&master, vectors[i].slug, &shop_key);
		pseudonym_of(&shop_key, vectors[i].kind, slice_of(vectors[i].id), out);
		assert_string_equal(out, vectors[i].pseudonym);
	}
	char hex[2 * PSEUDONYM_KEY_SIZE + 1], trace[PSEUDONYM_TRACE_SIZE];
	pseudonym_shop_key(&master, "demo", &shop_key);
	text_hex(shop_key.bytes, sizeof(shop_key.bytes), hex);
	assert_string_equal(hex, "7e3dfb6f40089c71685b1beb6686eb0efe7b9ba26da86047a5a9fc6db6de83a2");
	pseudonym_trace(&shop_key, slice_of(vectors[0].pseudonym), trace);
	assert_string_equal(trace, "fab6a833123064c7f1506c452877d40d");
}

static void random_ones_differ(void **state)
{
	(void)state;
	char one[PSEUDONYM_SIZE], other[PSEUDONYM_SIZE];
	pseudonym_random(one);
	pseudonym_random(other);
	assert_memory_not_equal(one, other, PSEUDONYM_SIZE);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void the_key_file_is_read(void **state)
{
	(void)state;
	char folder[] = "/tmp/utarg-pseudonym-XXXXXX", path[64], text[PSEUDONYM_FILE_SIZE], hex[65];
	struct pseudonym_key key;
	struct err e = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/key", folder);
	assert_true(pseudonym_master_make(text, &e));
	write_file(path, text, 0600);
	assert_true(pseudonym_master_read(path, &key, &e));
	text_hex(key.bytes, sizeof(key.bytes), hex);
	assert_memory_equal(hex, text, 64);

	write_file(path, text, 0640);
	assert_false(pseudonym_master_read(path, &key, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_int_equal(chmod(path, 0600), 0);
	static const char *const wrong[] = {
		"", "00ff\n", "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0\n"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_file(path, wrong[i], 0600);
		assert_false(pseudonym_master_read(path, &key, &e));
		assert_int_equal(e.code, ERR_BAD_FIELD);
	}
	unlink(path);
	assert_false(pseudonym_master_read(path, &key, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_what_hashlib_makes),
		cmocka_unit_test(random_ones_differ),
		cmocka_unit_test(the_key_file_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
