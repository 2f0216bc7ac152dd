// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See signature.h.
#include "common/base/signature.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char domain[] = "utarg.affiliate.v1";

static size_t blob_put(uint8_t *out, const char *text)
{
	const size_t size = strlen(text);
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(size >> (24 - 8 * i));
	memcpy(out + 4, text, size);
	return 4 + size;
}

// What is signed, malloc'ed.
static uint8_t *statement_of(const struct signature_link *link, size_t *size)
{
	const char *const parts[] = {link->shop, link->affiliate, link->campaign};
	size_t used = sizeof(domain) - 1;
	*size = used;
	for (int i = 0; i < 3; i++)
		*size += 4 + strlen(parts[i]);
	uint8_t *bytes = malloc(*size);
	if (!bytes)
		abort();
	memcpy(bytes, domain, used);
	for (int i = 0; i < 3; i++)
		used += blob_put(bytes + used, parts[i]);
	return bytes;
}

bool signature_key_make(struct signature_key *out, struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "no source of randomness");
	randombytes_buf(out->seed, sizeof(out->seed));
	return true;
}

void signature_key_print(const struct signature_key *key, char out[SIGNATURE_FILE_SIZE])
{
	text_hex(key->seed, sizeof(key->seed), out);
	out[SIGNATURE_FILE_SIZE - 2] = '\n';
	out[SIGNATURE_FILE_SIZE - 1] = '\0';
}

static bool read_private(int fd, const char *path, char *out, size_t out_size, struct err *e)
{
	struct stat facts;
	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
		return err_set(e, ERR_BAD_FIELD, "%.200s is not a file", path);
	if (facts.st_mode & (S_IRWXG | S_IRWXO))
		return err_set(e, ERR_FORBIDDEN, "%.200s holds a secret and others may open it; chmod 600 it",
			       path);
	const ssize_t size = read(fd, out, out_size - 1);
	out[size > 0 ? size : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

bool signature_key_read(const char *path, struct signature_key *out, struct err *e)
{
	char text[SIGNATURE_FILE_SIZE + 1];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_MISSING_FIELD : ERR_FORBIDDEN,
			       "the key that signs links cannot be read from %.180s: %s", path,
			       strerror(errno));
	bool ok = read_private(fd, path, text, sizeof(text), e);
	close(fd);
	if (ok && !text_unhex(text, out->seed, sizeof(out->seed)))
		ok = err_set(e, ERR_BAD_FIELD, "%.200s does not hold a key of 64 hex digits", path);
	sodium_memzero(text, sizeof(text));
	return ok;
}

static void expand(const struct signature_key *key, uint8_t public_key[crypto_sign_PUBLICKEYBYTES],
		   uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
	static_assert(crypto_sign_PUBLICKEYBYTES == SIGNATURE_PUBLIC_SIZE, "the size of a public key");
	static_assert(crypto_sign_SEEDBYTES == SIGNATURE_SEED_SIZE, "the size of a seed");
	static_assert(crypto_sign_BYTES == SIGNATURE_SIZE, "the size of a signature");
	const int failed = crypto_sign_seed_keypair(public_key, secret, key->seed);
	assert(failed == 0);
}

void signature_public(const struct signature_key *key, uint8_t out[SIGNATURE_PUBLIC_SIZE])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	expand(key, out, secret);
	sodium_memzero(secret, sizeof(secret));
}

void signature_make(const struct signature_key *key, const struct signature_link *link,
		    uint8_t out[SIGNATURE_SIZE])
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	size_t size;
	uint8_t *bytes = statement_of(link, &size);
	expand(key, public_key, secret);
	const int failed = crypto_sign_detached(out, NULL, bytes, size, secret);
	assert(failed == 0);
	sodium_memzero(secret, sizeof(secret));
	free(bytes);
}

bool signature_is_valid(const uint8_t public_key[SIGNATURE_PUBLIC_SIZE], const struct signature_link *link,
			struct slice signature)
{
	size_t size;
	if (signature.size != SIGNATURE_SIZE)
		return false;
	uint8_t *bytes = statement_of(link, &size);
	const bool valid = crypto_sign_verify_detached(signature.data, bytes, size, public_key) == 0;
	free(bytes);
	return valid;
}
