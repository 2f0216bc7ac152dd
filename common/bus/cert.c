// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Certificates as text. Of ZPL we need `name = "value"` lines; sections and indentation are for people.
#include "common/bus/cert.h"

#include "common/base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

bool bus_cert_create(struct bus_cert *cert, struct err *e)
{
	if (zmq_curve_keypair(cert->public_key, cert->secret_key) == 0)
		return true;
	return err_set(e, ERR_INTERNAL, "libzmq cannot make a key: %s", zmq_strerror(errno));
}

void bus_cert_wipe(struct bus_cert *cert)
{
	explicit_bzero(cert, sizeof(*cert));
}

bool bus_key_decode(const char *z85, uint8_t out[BUS_KEY_BYTES])
{
	return strlen(z85) == BUS_Z85_SIZE - 1 && zmq_z85_decode(out, z85) != NULL;
}

void bus_key_encode(const uint8_t key[BUS_KEY_BYTES], char out[BUS_Z85_SIZE])
{
	const char *written = zmq_z85_encode(out, key, BUS_KEY_BYTES);
	assert(written);
}

// Takes `name = "value"` apart in place; false for lines that say something else.
static bool split_line(char *line, char **name, char **value)
{
	char *equals = strchr(line, '=');
	line += strspn(line, " \t");
	if (*line == '#' || !equals)
		return false;
	*name = line;
	name[0][strcspn(line, " \t=")] = 0;
	*value = equals + 1 + strspn(equals + 1, " \t\"'");
	value[0][strcspn(*value, " \t\"'\r\n")] = 0;
	return true;
}

static void take_line(struct bus_cert *cert, char *line)
{
	const struct {
		const char *name;
		char *out;
		size_t size;
	} rows[] = {
		{"name", cert->name, sizeof(cert->name)},
		{"public-key", cert->public_key, sizeof(cert->public_key)},
		{"secret-key", cert->secret_key, sizeof(cert->secret_key)},
		{"server-key", cert->server_key, sizeof(cert->server_key)},
	};
	char *name, *value;
	if (!split_line(line, &name, &value))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(name, rows[i].name) == 0)
			text_copy(rows[i].out, rows[i].size, value);
}

// The whole file, NUL-terminated, looked at through one descriptor: what is checked is what is read.
static bool read_text(const char *path, char text[BUS_CERT_TEXT_SIZE * 4], bool *is_open, struct err *e)
{
	struct stat facts;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &facts) != 0) {
		const int reason = errno;
		if (fd >= 0)
			close(fd);
		return err_set(e, ERR_FORBIDDEN, "the key file %.200s cannot be opened: %s", path,
			       strerror(reason));
	}
	const ssize_t size = S_ISREG(facts.st_mode) ? read(fd, text, BUS_CERT_TEXT_SIZE * 4 - 1) : -1;
	close(fd);
	text[size > 0 ? size : 0] = 0;
	*is_open = facts.st_mode & (S_IRWXG | S_IRWXO);
	return size > 0 || err_set(e, ERR_BAD_FIELD, "%.200s is no key file", path);
}

static bool check(const struct bus_cert *cert, const char *path, bool is_open, struct err *e)
{
	uint8_t key[BUS_KEY_BYTES];
	char expected[BUS_Z85_SIZE] = "";

	if (!bus_key_decode(cert->public_key, key))
		return err_set(e, ERR_BAD_FIELD, "%.200s is no key file: it has no public-key", path);
	if (cert->server_key[0] && !bus_key_decode(cert->server_key, key))
		return err_set(e, ERR_BAD_FIELD, "%.200s: its server-key is broken", path);
	if (!cert->secret_key[0])
		return true;
	const bool whole = bus_key_decode(cert->secret_key, key) &&
			   zmq_curve_public(expected, cert->secret_key) == 0 &&
			   strcmp(expected, cert->public_key) == 0;
	explicit_bzero(key, sizeof(key));
	if (!whole)
		return err_set(e, ERR_BAD_FIELD, "%.200s: its two keys do not belong together", path);
	if (is_open)
		return err_set(e, ERR_FORBIDDEN,
			       "%.200s holds a secret key and others may open it; chmod 600 it", path);
	return true;
}

bool bus_cert_read(const char *path, struct bus_cert *out, struct err *e)
{
	char text[BUS_CERT_TEXT_SIZE * 4];
	bool is_open = false;

	*out = (struct bus_cert){0};
	if (!read_text(path, text, &is_open, e))
		return false;
	for (char *line = text, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		take_line(out, line);
	}
	explicit_bzero(text, sizeof(text));
	if (check(out, path, is_open, e))
		return true;
	bus_cert_wipe(out);
	return false;
}

static void add_line(char *out, size_t *used, const char *name, const char *value)
{
	if (!value[0])
		return;
	*used += (size_t)snprintf(out + *used, BUS_CERT_TEXT_SIZE - *used, "    %s = \"%s\"\n", name, value);
	assert(*used < BUS_CERT_TEXT_SIZE);
}

void bus_cert_print(const struct bus_cert *cert, bool with_secret, char out[BUS_CERT_TEXT_SIZE])
{
	size_t used = (size_t)snprintf(
		out, BUS_CERT_TEXT_SIZE, "%s\nmetadata\n",
		with_secret ? "# ZeroMQ CURVE secret certificate: nobody but its owner may read this file."
			    : "# ZeroMQ CURVE public certificate.");
	add_line(out, &used, "name", cert->name);
	add_line(out, &used, "server-key", cert->server_key);
	used += (size_t)snprintf(out + used, BUS_CERT_TEXT_SIZE - used, "curve\n");
	add_line(out, &used, "public-key", cert->public_key);
	if (with_secret)
		add_line(out, &used, "secret-key", cert->secret_key);
}
