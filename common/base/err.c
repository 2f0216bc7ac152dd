// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Filling in a struct err, and the table of codes. The sentence may have been built from what a peer sent,
// so it is made printable here, once. Logging and answering belong to the callers.
#include "common/base/err.h"
#include "common/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
	const char *name;
	int http;
	int exit_code;
};

static const struct err_row rows[ERR_CODE_COUNT] = {
#define X(name, number, http, exit_code) [number] = {#name, http, exit_code},
	ERR_CODES(X)
#undef X
};

// A code of a newer peer has no row: it is treated as INTERNAL.
static const struct err_row *row_of(enum err_code code)
{
	return (unsigned)code < ERR_CODE_COUNT ? &rows[code] : &rows[ERR_INTERNAL];
}

// One line of well-formed UTF-8: control characters become spaces, a character that was cut at the end goes,
// and bytes that are no UTF-8 at all become question marks.
static void make_printable(char *text)
{
	size_t size = strlen(text);
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	}
	for (size_t cut = 0; cut < 4 && cut <= size; cut++) {
		if (text_is_utf8(text, size - cut)) {
			text[size - cut] = 0;
			return;
		}
	}
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] >= 0x80)
			text[i] = '?';
	}
}

static void fill(struct err *e, enum err_code code, const char *field, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

static void fill(struct err *e, enum err_code code, const char *field, const char *format, va_list args)
{
	char text[ERR_TEXT_SIZE]; // arguments may point into *e
	vsnprintf(text, sizeof(text), format, args);
	make_printable(text);
	char path[ERR_FIELD_SIZE];
	text_copy(path, sizeof(path), field);
	make_printable(path);
	e->code = code;
	e->is_inside = false;
	e->outside = NULL;
	memcpy(e->field, path, sizeof(path));
	memcpy(e->text, text, sizeof(text));
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	if (!e)
		return false;
	va_list args;
	va_start(args, format);
	fill(e, code, "", format, args);
	va_end(args);
	return false;
}

bool err_field(struct err *e, enum err_code code, const char *field, const char *format, ...)
{
	if (!e)
		return false;
	va_list args;
	va_start(args, format);
	fill(e, code, field, format, args);
	va_end(args);
	return false;
}

bool err_prefix(struct err *e, const char *format, ...)
{
	if (!e)
		return false;
	char text[2 * ERR_TEXT_SIZE + 2];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text, ERR_TEXT_SIZE, format, args);
	va_end(args);
	size_t used = size < 0 ? 0 : strlen(text);
	snprintf(text + used, sizeof(text) - used, ": %s", e->text);
	text_copy(e->text, sizeof(e->text), text);
	make_printable(e->text);
	return false;
}

const char *err_public(const struct err *e)
{
	if (!e->is_inside)
		return e->text;
	if (e->outside != NULL)
		return e->outside;
	switch (e->code) {
	case ERR_BUSY:
		return "the database is not reachable or is busy";
	case ERR_STORAGE_LOW:
		return "the database has no room for more";
	default:
		return "the database refused it; the service's log says why";
	}
}

const char *err_name(enum err_code code)
{
	return row_of(code)->name;
}

bool err_from_name(const char *name, enum err_code *out)
{
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		if (strcmp(rows[code].name, name) == 0) {
			*out = (enum err_code)code;
			return true;
		}
	}
	return false;
}

int err_http(enum err_code code)
{
	return row_of(code)->http;
}

int err_exit(enum err_code code)
{
	return row_of(code)->exit_code;
}
