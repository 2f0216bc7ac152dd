// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Errors as values. A function that can fail returns bool and takes a `struct err *` last; on failure it
// has changed nothing and the sentence is fit for the person who asked. Kinds are the wire's codes, and
// one table maps them to HTTP and to exit codes of the command line. Logging is not done here: whoever
// decides what to do about an error logs it, once.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// name, wire number (utarg.v1.Code), HTTP status, exit code of `utarg`
#define ERR_CODES(X)                                                                                         \
	X(OK, 0, 200, 0)                                                                                     \
	X(DUPLICATE, 1, 200, 0)                                                                              \
	X(CONFLICT, 2, 409, 5)                                                                               \
	X(BAD_FRAME, 3, 400, 2)                                                                              \
	X(BAD_PROTO, 4, 400, 2)                                                                              \
	X(TOO_LARGE, 5, 413, 2)                                                                              \
	X(TOO_MANY, 6, 400, 2)                                                                               \
	X(MISSING_FIELD, 7, 422, 2)                                                                          \
	X(BAD_FIELD, 8, 422, 2)                                                                              \
	X(BAD_UTF8, 9, 422, 2)                                                                               \
	X(BAD_CURRENCY, 10, 422, 2)                                                                          \
	X(AMOUNT_RANGE, 11, 422, 2)                                                                          \
	X(BAD_TIME, 12, 422, 2)                                                                              \
	X(FUTURE_TIME, 13, 422, 2)                                                                           \
	X(UNKNOWN_TYPE, 14, 422, 2)                                                                          \
	X(UNKNOWN_SHOP, 15, 404, 2)                                                                          \
	X(FORBIDDEN, 16, 403, 4)                                                                             \
	X(UNAUTHENTICATED, 17, 401, 4)                                                                       \
	X(REFUSED, 18, 409, 5)                                                                               \
	X(BUSY, 19, 503, 3)                                                                                  \
	X(STORAGE_LOW, 20, 507, 3)                                                                           \
	X(DRAINING, 21, 503, 3)                                                                              \
	X(INTERNAL, 22, 500, 3)

enum err_code {
#define X(name, number, http, exit_code) ERR_##name = number,
	ERR_CODES(X)
#undef X
		ERR_CODE_COUNT
};

enum { ERR_TEXT_SIZE = 320, ERR_FIELD_SIZE = 96 };

// The caller's, usually on the stack; `struct err e = {0}` is OK.
struct err {
	enum err_code code;
	char field[ERR_FIELD_SIZE]; // path of the field at fault, or ""
	char text[ERR_TEXT_SIZE];   // one sentence, no newline
	bool is_inside; // the sentence names paths, statements, roles: for logs and the command line
	const char *outside; // what peers hear instead of such a sentence; static, NULL: what its code says
};

// Sets code and sentence, clears field; always returns false, so that `return err_set(e, ...)` reads well.
// e may be NULL: then only false is returned.
bool err_set(struct err *e, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
// The same, naming the field at fault.
bool err_field(struct err *e, enum err_code code, const char *field, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
// Puts "context: " before the sentence that is there; returns false.
bool err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The sentence for a peer: the error's own, or one that tells nothing of the inside. Borrowed from e or
// static.
const char *err_public(const struct err *e);

const char *err_name(enum err_code code); // "BAD_TIME"
bool err_from_name(const char *name, enum err_code *out);
int err_http(enum err_code code);
int err_exit(enum err_code code);
