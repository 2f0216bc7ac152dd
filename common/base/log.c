// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Building one logfmt line in a buffer on the stack and writing it at once. A field that does not fit is
// left out whole and the line says so; a line never grows beyond what a pipe takes in one piece.
#include "common/base/log.h"
#include "common/base/clock.h"
#include "common/base/harden.h"
#include "common/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LOG_LINE_SIZE = 4096,   // PIPE_BUF on Linux: writes of this size do not mix
	LOG_VALUE_BYTES = 1024, // of one text; the rest is cut and marked
};

static const char *const level_names[] = {[LOG_LEVEL_ERROR] = "error",
					  [LOG_LEVEL_WARN] = "warn",
					  [LOG_LEVEL_INFO] = "info",
					  [LOG_LEVEL_DEBUG] = "debug"};
enum { LEVEL_COUNT = sizeof(level_names) / sizeof(level_names[0]) };

static const char *service_name = "utarg";
static _Atomic int current_level = LOG_LEVEL_INFO;
static int output_fd = STDERR_FILENO;

struct line {
	char text[LOG_LINE_SIZE];
	size_t size;
	size_t limit; // bytes that may be used; room for the end is kept back
	bool full;
};

static const char cut_mark[] = " cut=true\n";

static void put(struct line *line, const char *bytes, size_t size)
{
	if (line->full || size > line->limit - line->size) {
		line->full = true;
		return;
	}
	memcpy(line->text + line->size, bytes, size);
	line->size += size;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++) {
		char c = *text;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && !strchr("._:/@%+,-", c))
			return false;
	}
	return true;
}

// The size of the well-formed character at the beginning, 0 when there is none.
static size_t character_size(const char *at, size_t left)
{
	for (size_t size = 1; size <= 4 && size <= left; size++) {
		if (text_is_utf8(at, size))
			return size;
	}
	return 0;
}

// C1 controls (U+0080 to U+009F) move a terminal's cursor as well as C0 do; the line and paragraph
// separators U+2028 and U+2029 end a line for some readers.
static bool is_control(const char *at, size_t size)
{
	uint8_t first = (uint8_t)at[0];
	if (size == 1)
		return first < 0x20 || first == 0x7f;
	if (size == 2)
		return first == 0xc2 && (uint8_t)at[1] < 0xa0;
	return size == 3 && memcmp(at, "\xe2\x80", 2) == 0 &&
	       ((uint8_t)at[2] == 0xa8 || (uint8_t)at[2] == 0xa9);
}

static void put_escaped(struct line *line, const char *at, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char escape[8];
		if (at[i] == '\n')
			text_copy(escape, sizeof(escape), "\\n");
		else if (at[i] == '\t')
			text_copy(escape, sizeof(escape), "\\t");
		else
			snprintf(escape, sizeof(escape), "\\x%02x", (uint8_t)at[i]);
		put_text(line, escape);
	}
}

static void put_quoted(struct line *line, const char *text)
{
	size_t left = strnlen(text, LOG_VALUE_BYTES + 1);
	bool cut = left > LOG_VALUE_BYTES;
	if (cut)
		left = LOG_VALUE_BYTES;
	put_text(line, "\"");
	while (left > 0) {
		size_t size = character_size(text, left);
		if (size == 0 || is_control(text, size)) {
			size = size ? size : 1;
			put_escaped(line, text, size);
		} else {
			if (*text == '"' || *text == '\\')
				put_text(line, "\\");
			put(line, text, size);
		}
		text += size;
		left -= size;
	}
	put_text(line, cut ? "...\"" : "\"");
}

static void put_field(struct line *line, const struct log_field *field)
{
	char number[32];
	put_text(line, " ");
	put_text(line, field->key);
	put_text(line, "=");
	switch (field->kind) {
	case LOG_KIND_INT:
		snprintf(number, sizeof(number), "%" PRId64, field->number);
		put_text(line, number);
		break;
	case LOG_KIND_UINT:
		snprintf(number, sizeof(number), "%" PRIu64, field->unsigned_number);
		put_text(line, number);
		break;
	case LOG_KIND_BOOL:
		put_text(line, field->truth ? "true" : "false");
		break;
	case LOG_KIND_TEXT: {
		const char *text = field->text ? field->text : "";
		if (is_plain(text) && strnlen(text, LOG_VALUE_BYTES + 1) <= LOG_VALUE_BYTES)
			put_text(line, text);
		else
			put_quoted(line, text);
		break;
	}
	}
}

static void put_head(struct line *line, enum log_level level, const char *event)
{
	int64_t now_ms = clock_now_ms();
	time_t now_s = (time_t)(now_ms / 1000);
	struct tm utc;
	gmtime_r(&now_s, &utc);
	char stamp[40], millis[8];
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(millis, sizeof(millis), ".%03dZ", (int)(now_ms % 1000));
	put_text(line, "t=");
	put_text(line, stamp);
	put_text(line, millis);
	put_text(line, " level=");
	put_text(line, log_level_name(level));
	put_field(line, &LOG_STR("service", service_name));
	put_field(line, &LOG_STR("event", event));
}

static void write_line(const struct line *line)
{
	// A log that cannot be written must not stop the work; only an interrupted call is tried again.
	ssize_t written;
	do {
		written = write(output_fd, line->text, line->size);
	} while (written < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	if ((int)level > atomic_load_explicit(&current_level, memory_order_relaxed))
		return;
	int saved_errno = errno;
	HARDEN_UNFILLED struct line line; // not initialised as a whole: 4 KiB a call
	line.size = 0;
	line.full = false;
	line.limit = LOG_LINE_SIZE - (sizeof(cut_mark) - 1);
	put_head(&line, level, event);
	bool cut = line.full;
	for (size_t i = 0; i < count; i++) {
		size_t before = line.size;
		line.full = false;
		put_field(&line, &fields[i]);
		if (line.full) {
			line.size = before;
			cut = true;
		}
	}
	line.full = false;
	line.limit = LOG_LINE_SIZE;
	put_text(&line, cut ? cut_mark : "\n");
	write_line(&line);
	errno = saved_errno;
}

void log_init(const char *service, enum log_level level)
{
	service_name = service;
	log_set_level(level);
}

enum log_level log_level(void)
{
	return (enum log_level)atomic_load_explicit(&current_level, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

void log_set_output(int fd)
{
	output_fd = fd;
}

const char *log_level_name(enum log_level level)
{
	return (unsigned)level < LEVEL_COUNT ? level_names[level] : level_names[LOG_LEVEL_ERROR];
}

bool log_level_from_name(const char *name, enum log_level *out)
{
	for (int level = 0; level < LEVEL_COUNT; level++) {
		if (strcmp(name, level_names[level]) == 0) {
			*out = (enum log_level)level;
			return true;
		}
	}
	return false;
}
