// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// CURVE keys and the files they live in: ZPL certificates as CZMQ and pyzmq write and read them, with two
// words of ours in their metadata (whose key it is, and the server's public key, so that one file is all a
// client needs). Keys are Z85 text of 40 characters, as libzmq takes them.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUS_KEY_BYTES = 32, BUS_Z85_SIZE = 41, BUS_CERT_NAME_SIZE = 64, BUS_CERT_TEXT_SIZE = 1024 };

struct bus_cert {
	char name[BUS_CERT_NAME_SIZE]; // "" when the file does not say
	char public_key[BUS_Z85_SIZE];
	char secret_key[BUS_Z85_SIZE]; // "": the public half only
	char server_key[BUS_Z85_SIZE]; // public key of the services, "" when the file does not say
};

// A new pair; name and server key are left as they are.
bool bus_cert_create(struct bus_cert *cert, struct err *e);
// Reads a file. Refused: what is no certificate (BAD_FIELD), a pair whose halves do not belong together
// (BAD_FIELD), and a secret that others than its owner may open (FORBIDDEN).
bool bus_cert_read(const char *path, struct bus_cert *out, struct err *e);
// The file's text. Asserts that it fits.
void bus_cert_print(const struct bus_cert *cert, bool with_secret, char out[BUS_CERT_TEXT_SIZE]);
void bus_cert_wipe(struct bus_cert *cert); // overwrites it

// False for what is not 40 characters of Z85.
bool bus_key_decode(const char *z85, uint8_t out[BUS_KEY_BYTES]);
void bus_key_encode(const uint8_t key[BUS_KEY_BYTES], char out[BUS_Z85_SIZE]);
