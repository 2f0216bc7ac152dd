// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One logfmt line an event on stderr: time, level, service, event, then the fields given. Values are
// quoted and escaped here, so nothing a peer sent can forge a line. Not thread-local: level and service
// are the process's, set at start.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_kind { LOG_KIND_TEXT, LOG_KIND_INT, LOG_KIND_UINT, LOG_KIND_BOOL };

struct log_field {
	const char *key;
	enum log_kind kind;
	union {
		const char *text; // borrowed for the call; NULL prints as ""
		int64_t number;
		uint64_t unsigned_number;
		bool truth;
	};
};

#define LOG_STR(k, v)  ((struct log_field){.key = (k), .kind = LOG_KIND_TEXT, .text = (v)})
#define LOG_INT(k, v)  ((struct log_field){.key = (k), .kind = LOG_KIND_INT, .number = (v)})
#define LOG_UINT(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_UINT, .unsigned_number = (v)})
#define LOG_BOOL(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_BOOL, .truth = (v)})

// event is a short name in snake_case ("batch_committed"); fields follow. A line is one write(2).
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
#define LOG_FIELDS_(...)                                                                                     \
	(const struct log_field[])                                                                           \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}
#define LOG_AT_(level, event, ...)                                                                           \
	log_write(level, event, LOG_FIELDS_(__VA_ARGS__),                                                    \
		  sizeof(LOG_FIELDS_(__VA_ARGS__)) / sizeof(struct log_field))
// At least one field each: an event without a fact is not worth a line.
#define log_error(event, ...) LOG_AT_(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG_AT_(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  LOG_AT_(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) LOG_AT_(LOG_LEVEL_DEBUG, event, __VA_ARGS__)

void log_init(const char *service, enum log_level level); // service must outlive the process
enum log_level log_level(void);
void log_set_level(enum log_level level);
void log_set_output(int fd); // instead of stderr; borrowed, and not for programs with threads
const char *log_level_name(enum log_level level);
bool log_level_from_name(const char *name, enum log_level *out);
