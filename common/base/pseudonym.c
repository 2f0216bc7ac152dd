// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See pseudonym.h.
#include "common/base/pseudonym.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGEST_SIZE = 16 };

enum use { USE_VISITOR = PSEUDONYM_VISITOR, USE_CUSTOMER = PSEUDONYM_CUSTOMER, USE_SHOP, USE_ERASED };

// What a use of the hash is called; zeros up to the size libsodium wants.
static const unsigned char persons[][crypto_generichash_blake2b_PERSONALBYTES] = {
	[USE_VISITOR] = "utarg.visitor",
	[USE_CUSTOMER] = "utarg.customer",
	[USE_SHOP] = "utarg.shop",
	[USE_ERASED] = "utarg.erased",
};

static void hash(const struct pseudonym_key *key, enum use use, struct slice bytes, uint8_t *out,
		 size_t out_size)
{
	int failed = crypto_generichash_blake2b_salt_personal(
		out, out_size, bytes.data, bytes.size, key->bytes, sizeof(key->bytes), NULL, persons[use]);
	assert(failed == 0); // the sizes are constants
}

static void write_name(const uint8_t digest[DIGEST_SIZE], char out[PSEUDONYM_SIZE])
{
	char text[PSEUDONYM_SIZE + 1];

	static_assert(sodium_base64_ENCODED_LEN(DIGEST_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ==
			      sizeof(text),
		      "22 characters and a NUL");
	sodium_bin2base64(text, sizeof(text), digest, DIGEST_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	memcpy(out, text, PSEUDONYM_SIZE);
}

bool pseudonym_master_make(char out[PSEUDONYM_FILE_SIZE], struct err *e)
{
	struct pseudonym_key key;

	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "no source of randomness");
	randombytes_buf(key.bytes, sizeof(key.bytes));
	text_hex(key.bytes, sizeof(key.bytes), out);
	out[PSEUDONYM_FILE_SIZE - 2] = '\n';
	out[PSEUDONYM_FILE_SIZE - 1] = '\0';
	return true;
}

static bool read_private(int fd, const char *path, char *out, size_t out_size, struct err *e)
{
	struct stat facts;

	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
		return err_set(e, ERR_BAD_FIELD, "%.200s is not a file", path);
	if (facts.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_FORBIDDEN, "%.200s holds a secret and others may open it; chmod 600 it",
			       path);
	ssize_t size = read(fd, out, out_size - 1);
	out[size > 0 ? size : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

bool pseudonym_master_read(const char *path, struct pseudonym_key *out, struct err *e)
{
	char text[PSEUDONYM_FILE_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_MISSING_FIELD : ERR_FORBIDDEN,
			       "the pseudonyms' key cannot be read from %.180s: %s", path, strerror(errno));
	bool ok = read_private(fd, path, text, sizeof(text), e);
	close(fd);
	if (ok && !text_unhex(text, out->bytes, sizeof(out->bytes)))
		ok = err_set(e, ERR_BAD_FIELD, "%.200s does not hold a key of 64 hex digits", path);
	if (ok && sodium_init() < 0)
		ok = err_set(e, ERR_INTERNAL, "libsodium cannot be used");
	sodium_memzero(text, sizeof(text));
	return ok;
}

void pseudonym_shop_key(const struct pseudonym_key *master, const char *slug, struct pseudonym_key *out)
{
	struct slice name = {(const uint8_t *)slug, strlen(slug)};

	hash(master, USE_SHOP, name, out->bytes, sizeof(out->bytes));
}

void pseudonym_of(const struct pseudonym_key *shop_key, enum pseudonym_kind kind, struct slice id,
		  char out[PSEUDONYM_SIZE])
{
	uint8_t digest[DIGEST_SIZE];

	hash(shop_key, (enum use)kind, id, digest, sizeof(digest));
	write_name(digest, out);
}

void pseudonym_random(char out[PSEUDONYM_SIZE])
{
	uint8_t digest[DIGEST_SIZE];

	randombytes_buf(digest, sizeof(digest));
	write_name(digest, out);
}

void pseudonym_trace(const struct pseudonym_key *shop_key, struct slice name, char out[PSEUDONYM_TRACE_SIZE])
{
	uint8_t digest[DIGEST_SIZE];

	hash(shop_key, USE_ERASED, name, digest, sizeof(digest));
	text_hex(digest, sizeof(digest), out);
}
