// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/report_cell.h"

#include "common/base/money.h"
#include "common/base/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// DIGITS_MAX: of a number's whole part, and of what is read behind its point.
enum { NUMBER_SIZE = 64, DIGITS_MAX = 15, FRACTION_MAX = 18, ORNAMENT_MAX_BYTES = 6 };

// ---- encodings ----

bool cell_is_utf16(const char *text, size_t size)
{
	return size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
}

size_t cell_utf8_size(size_t size)
{
	return size / 2 * 3 + 1;
}

static size_t put_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

bool cell_utf16_to_utf8(const char *text, size_t size, char *out, size_t *out_size)
{
	const uint8_t *bytes = (const uint8_t *)text;
	const int low = bytes[0] == 0xFF ? 0 : 1;
	uint32_t first = 0; // of a pair
	*out_size = 0;
	for (size_t i = 2; i + 1 < size; i += 2) {
		uint32_t c = (uint32_t)bytes[i + (size_t)(1 - low)] << 8 | bytes[i + (size_t)low];
		bool is_second = c >= 0xDC00 && c < 0xE000;
		if (is_second != (first != 0) || c == 0)
			return false;
		if (c >= 0xD800 && c < 0xDC00) {
			first = c;
			continue;
		}
		if (is_second)
			c = 0x10000 + ((first - 0xD800) << 10) + (c - 0xDC00);
		first = 0;
		*out_size += put_utf8(c, out + *out_size);
	}
	return first == 0 && size % 2 == 0;
}

// ---- texts ----

// Bytes of a blank at the beginning: a space, a tab, and those that do not break (U+00A0, U+2009, U+202F).
static size_t blank_size(const uint8_t *at, size_t size)
{
	if (size >= 1 && (at[0] == ' ' || at[0] == '\t' || at[0] == '\r'))
		return 1;
	if (size >= 2 && memcmp(at, "\xC2\xA0", 2) == 0)
		return 2;
	if (size >= 3 && (memcmp(at, "\xE2\x80\x89", 3) == 0 || memcmp(at, "\xE2\x80\xAF", 3) == 0))
		return 3;
	return 0;
}

struct slice cell_trim(struct slice cell)
{
	size_t step;
	while ((step = blank_size(cell.data, cell.size)) > 0) {
		cell.data += step;
		cell.size -= step;
	}
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 1; i <= 3 && i <= cell.size && !more; i++)
			if (blank_size(cell.data + cell.size - i, i) == i) {
				cell.size -= i;
				more = true;
			}
	}
	return cell;
}

static bool slice_is(struct slice cell, const char *text)
{
	return cell.size == strlen(text) && memcmp(cell.data, text, cell.size) == 0;
}

bool cell_is_empty(struct slice cell)
{
	cell = cell_trim(cell);
	return cell.size == 0 || slice_is(cell, "--") || slice_is(cell, "-") ||
	       slice_is(cell, "\xE2\x80\x94");
}

// ---- numbers ----

static bool is_number_char(uint8_t c)
{
	return isdigit(c) || c == '.' || c == ',';
}

// What stands at an end that is no part of the number: a currency's code or sign, %.
static bool strip_ornaments(struct slice *cell)
{
	size_t begin = 0, end = cell->size;
	while (begin < end && !is_number_char(cell->data[begin]) && cell->data[begin] != '-')
		begin++;
	while (end > begin && !is_number_char(cell->data[end - 1]))
		end--;
	if (begin > ORNAMENT_MAX_BYTES || cell->size - end > ORNAMENT_MAX_BYTES)
		return false;
	for (size_t i = 0; i < cell->size; i++)
		if ((i < begin || i >= end) && (cell->data[i] == '<' || cell->data[i] == '>'))
			return false; // "< 10%" is no number
	*cell = (struct slice){cell->data + begin, end - begin};
	return true;
}

// Digits and points alone: blanks and apostrophes between digits part thousands.
static bool copy_number(struct slice cell, char out[NUMBER_SIZE])
{
	size_t used = 0;
	for (size_t i = 0; i < cell.size;) {
		size_t blank = blank_size(cell.data + i, cell.size - i);
		if (blank > 0 || cell.data[i] == '\'') {
			i += blank > 0 ? blank : 1;
			continue;
		}
		if (!is_number_char(cell.data[i]) || used + 1 == NUMBER_SIZE)
			return false;
		out[used++] = (char)cell.data[i++];
	}
	out[used] = '\0';
	return used > 0;
}

static size_t count_of(const char *text, char c)
{
	size_t count = 0;
	for (; *text; text++)
		count += *text == c;
	return count;
}

// Where the decimal point is; NULL when there is none.
static const char *find_point(const char *text, enum cell_kind kind, int decimals)
{
	const char *dot = strrchr(text, '.'), *comma = strrchr(text, ',');
	if (dot && comma)
		return dot > comma ? dot : comma;
	const char *only = dot ? dot : comma;
	if (!only || count_of(text, *only) > 1)
		return NULL;
	bool parts_thousands = strlen(only + 1) == 3 && only > text && only - text <= 3 && text[0] != '0';
	return kind == CELL_AMOUNT && decimals < 3 && parts_thousands ? NULL : only;
}

// The whole part: groups of three behind the first, or none.
static bool read_whole(const char *from, const char *to, money_sum *out)
{
	char separator = '\0';
	size_t group = 0, digits = 0;
	*out = 0;
	for (const char *at = from; at < to; at++) {
		if (isdigit((unsigned char)*at)) {
			*out = *out * 10 + (*at - '0');
			group++;
			if (++digits > DIGITS_MAX)
				return false;
			continue;
		}
		bool fits = separator ? *at == separator && group == 3 : group >= 1 && group <= 3;
		if (!fits)
			return false;
		separator = *at;
		group = 0;
	}
	return digits > 0 && (!separator || group == 3);
}

static bool read_fraction(const char *text, money_sum *n, money_sum *d)
{
	size_t size = strlen(text);
	if (size > FRACTION_MAX || strspn(text, "0123456789") != size)
		return false;
	for (*d = 1, *n = 0; *text; text++) {
		*n = *n * 10 + (*text - '0');
		*d *= 10;
	}
	return true;
}

bool cell_number(struct slice cell, enum cell_kind kind, int decimals, int64_t *out)
{
	char text[NUMBER_SIZE];
	money_sum whole, n = 0, d = 1, scale = 1;
	cell = cell_trim(cell);
	if (!strip_ornaments(&cell) || !copy_number(cell, text))
		return false;
	const char *point = find_point(text, kind, decimals);
	if (!read_whole(text, point ? point : text + strlen(text), &whole) ||
	    (point && !read_fraction(point + 1, &n, &d)))
		return false;
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	money_sum value = money_div_half_even((whole * d + n) * scale, d);
	*out = (int64_t)value;
	return value <= MONEY_MAX_MINOR;
}

// ---- days ----

bool cell_day(struct slice cell, int64_t *out_days)
{
	char text[16], day[16];
	struct zone_date date;
	cell = cell_trim(cell);
	if (cell.size == 0 || cell.size >= sizeof(text))
		return false;
	memcpy(text, cell.data, cell.size);
	text[cell.size] = '\0';
	bool is_plain = cell.size == 8 && strspn(text, "0123456789") == 8;
	if (is_plain)
		snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	else if (cell.size == 10 && text[4] == '/' && text[7] == '/')
		snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", text, text + 5, text + 8);
	else if (cell.size == 10 && text[2] == '.' && text[5] == '.')
		snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", text + 6, text + 3, text);
	else
		text_copy(day, sizeof(day), text);
	if (!zone_date_parse(day, &date))
		return false;
	*out_days = zone_date_days(date);
	return true;
}
