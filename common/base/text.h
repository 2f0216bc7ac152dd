// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Small texts: UTF-8 checks, slugs, percent, hex and base64 encodings. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A borrowed run of bytes, not NUL-terminated.
struct slice {
	const uint8_t *data;
	size_t size;
};

// Well-formed UTF-8 (no surrogates, no over-long forms, nothing above U+10FFFF) without NUL.
bool text_is_utf8(const void *bytes, size_t size);
// 1 to 63 of a-z 0-9 and '-', not beginning or ending with '-'.
bool text_is_slug(const char *text);
// Count of code points.
size_t text_utf8_len(const char *text);

// Writes the percent-encoded form (RFC 3986 unreserved stay) and a NUL; false when it does not fit.
bool text_percent_encode(const char *text, char *out, size_t out_size);
// The reverse; false on a broken escape or when it does not fit.
bool text_percent_decode(const char *text, size_t size, char *out, size_t out_size);

void text_hex(const void *bytes, size_t size, char *out);         // out holds 2 * size + 1
bool text_unhex(const char *text, uint8_t *out, size_t out_size); // exactly 2 * out_size digits

// Base64 with padding; out holds text_base64_size(size) bytes, NUL included.
size_t text_base64_size(size_t size);
void text_base64(const void *bytes, size_t size, char *out);
// Accepts the standard and the URL alphabet, padded or not; *size gets the bytes written.
bool text_unbase64(const char *text, uint8_t *out, size_t out_size, size_t *size);

// Copies and truncates like snprintf("%s"); always terminates. Returns false when it was cut.
bool text_copy(char *out, size_t out_size, const char *text);
// Whole decimal integer, nothing before or behind, in [min, max].
bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *out);

// For fields of protobuf-c's structs, which are not const: whoever packs them does not write them. "" for
// NULL.
char *text_borrow(const char *text);
