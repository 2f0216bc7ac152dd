// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Checks and encodings of small texts. Nothing here allocates and nothing depends on the locale.
#include "common/base/text.h"

#include <string.h>

// The permitted range of the second byte is where over-long forms, surrogates and what lies above U+10FFFF
// show (Unicode 15, table 3-7). Returns the size of the sequence, 0 when it is none.
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
	size_t size;
	uint8_t low = 0x80, high = 0xbf;
	uint8_t first = at[0];
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf) {
		size = 2;
	} else if (first >= 0xe0 && first <= 0xef) {
		size = 3;
		if (first == 0xe0)
			low = 0xa0;
		else if (first == 0xed)
			high = 0x9f;
	} else if (first >= 0xf0 && first <= 0xf4) {
		size = 4;
		if (first == 0xf0)
			low = 0x90;
		else if (first == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (left < size || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return size;
}

// Whether eight bytes are ASCII and none of them is NUL: no high bit, and none borrows when one is taken off.
static bool is_plain(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof(word));
	return ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	for (size_t i = 0; i < size;) {
		if (size - i >= sizeof(uint64_t) && is_plain(at + i)) {
			i += sizeof(uint64_t);
			continue;
		}
		size_t step = utf8_sequence(at + i, size - i);
		if (step == 0 || at[i] == 0)
			return false;
		i += step;
	}
	return true;
}

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool text_is_slug(const char *text)
{
	size_t size = strnlen(text, 64);
	if (size == 0 || size > 63 || text[0] == '-' || text[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!is_slug_char(text[i]))
			return false;
	}
	return true;
}

size_t text_utf8_len(const char *text)
{
	size_t len = 0;
	for (; *text; text++)
		len += ((uint8_t)*text & 0xc0) != 0x80;
	return len;
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

// The value of a hex digit, -1 for what is none.
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_percent_encode(const char *text, char *out, size_t out_size)
{
	static const char digits[] = "0123456789ABCDEF"; // RFC 3986: upper case
	size_t used = 0;
	for (; *text; text++) {
		size_t step = is_unreserved(*text) ? 1 : 3;
		if (out_size <= used + step)
			return false;
		if (step == 1) {
			out[used] = *text;
		} else {
			out[used] = '%';
			out[used + 1] = digits[(uint8_t)*text >> 4];
			out[used + 2] = digits[(uint8_t)*text & 15];
		}
		used += step;
	}
	if (used >= out_size)
		return false;
	out[used] = 0;
	return true;
}

bool text_percent_decode(const char *text, size_t size, char *out, size_t out_size)
{
	size_t used = 0;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c == '%') {
			int high = size - i > 2 ? hex_value(text[i + 1]) : -1;
			int low = size - i > 2 ? hex_value(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		// A NUL would end the text before its end.
		if (c == 0 || used + 1 >= out_size)
			return false;
		out[used++] = c;
	}
	if (used >= out_size)
		return false;
	out[used] = 0;
	return true;
}

void text_hex(const void *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;
	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[at[i] >> 4];
		out[2 * i + 1] = digits[at[i] & 15];
	}
	out[2 * size] = 0;
}

bool text_unhex(const char *text, uint8_t *out, size_t out_size)
{
	if (strlen(text) != 2 * out_size)
		return false;
	for (size_t i = 0; i < 2 * out_size; i++) {
		if (hex_value(text[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < out_size; i++)
		out[i] = (uint8_t)(hex_value(text[2 * i]) * 16 + hex_value(text[2 * i + 1]));
	return true;
}

size_t text_base64_size(size_t size)
{
	return (size + 2) / 3 * 4 + 1;
}

void text_base64(const void *bytes, size_t size, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *at = bytes;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t bits = (uint32_t)at[i] << 16;
		if (left > 1)
			bits |= (uint32_t)at[i + 1] << 8;
		if (left > 2)
			bits |= at[i + 2];
		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[bits & 63] : '=';
	}
	*out = 0;
}

// The value of a base64 digit of either alphabet, -1 for what is none.
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

bool text_unbase64(const char *text, uint8_t *out, size_t out_size, size_t *size)
{
	size_t len = strlen(text);
	size_t padding = 0;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (padding > 0 && len % 4 != 0)
		return false;
	len -= padding;
	if (len % 4 == 1 || len / 4 * 3 + (len % 4 * 6 / 8) > out_size)
		return false;
	uint32_t bits = 0;
	size_t held = 0, used = 0;
	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);
		if (value < 0)
			return false;
		bits = (bits << 6 | (uint32_t)value) & 0xffffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[used++] = (uint8_t)(bits >> held);
		}
	}
	// Bits left over must be zero: one run of bytes has one spelling.
	if (bits & ((1u << held) - 1))
		return false;
	*size = used;
	return true;
}

bool text_copy(char *out, size_t out_size, const char *text)
{
	if (out_size == 0)
		return false;
	size_t size = strlen(text);
	size_t kept = size < out_size ? size : out_size - 1;
	memcpy(out, text, kept);
	out[kept] = 0;
	return kept == size;
}

bool text_to_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *text == '-';
	const char *at = text + negative;
	if (!*at)
		return false;
	int64_t value = 0;
	for (; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		int64_t digit = negative ? -(*at - '0') : *at - '0';
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

char *text_borrow(const char *text)
{
	union {
		const char *read_only;
		char *text;
	} u = {.read_only = text ? text : ""};
	return u.text;
}
