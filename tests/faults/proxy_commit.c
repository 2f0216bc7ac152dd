// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// As much of PostgreSQL's frontend protocol as it takes to see a COMMIT go by: first messages without a type
// (start-up, requests for TLS), then type, length, body. A simple query is answered at its end; a parsed
// statement at the Sync behind it. Several statements executed before one Sync are a transaction that commits
// there, COMMIT or not; one alone is taken for a question.
#include "tests/faults/proxy.h"

#include <string.h>
#include <strings.h>

enum {
	TOGETHER = 2,            // statements that make a transaction without a COMMIT
	HEADER_SIZE = 5,         // type and length, of a typed message
	STARTUP_HEADER_SIZE = 4, // length only
	STARTUP_MAX = 10000,     // the server's own limit
	MESSAGE_MAX = 1 << 30,
	CODE_TLS = 80877103,
	CODE_GSS = 80877104,
};

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_commit(const char *text, const uint8_t *end)
{
	size_t size = (size_t)((const char *)end - text);
	while (size > 0 && (*text == ' ' || *text == '\n'))
		text++, size--;
	return size > 6 && strncasecmp(text, "COMMIT", 6) == 0 && (text[6] == '\0' || text[6] == ';');
}

// Of a complete message whose body's beginning was kept.
static bool holds_commit(const struct commit_scan *scan)
{
	const uint8_t *end = scan->body + scan->body_size;
	const char *text = (const char *)scan->body;
	if (scan->header[0] == 'Q')
		return is_commit(text, end);
	const uint8_t *name_end = memchr(scan->body, 0, scan->body_size);
	return scan->header[0] == 'P' && name_end != NULL && is_commit((const char *)name_end + 1, end);
}

static void take_header(struct commit_scan *scan)
{
	bool is_startup = scan->phase == SCAN_STARTUP;
	uint32_t size = be32(scan->header + (is_startup ? 0 : 1));
	scan->body_size = 0;
	scan->body_left = size - 4;
	if (size < 4 || size > (is_startup ? STARTUP_MAX : MESSAGE_MAX))
		scan->phase = SCAN_LOST;
}

static size_t take_body(struct commit_scan *scan, const uint8_t *data, size_t size)
{
	size_t taken = size < scan->body_left ? size : scan->body_left;
	size_t room = sizeof(scan->body) - scan->body_size, kept = taken < room ? taken : room;
	memcpy(scan->body + scan->body_size, data, kept);
	scan->body_size += kept;
	scan->body_left -= (uint32_t)taken;
	return taken;
}

// A message is complete; *is_start says whether a COMMIT begins with it. Returns whether one ends with it.
static bool end_message(struct commit_scan *scan, bool *is_start)
{
	scan->header_size = 0;
	*is_start = false;
	if (scan->phase == SCAN_STARTUP) {
		uint32_t code = scan->body_size >= 4 ? be32(scan->body) : 0;
		if (code != CODE_TLS && code != CODE_GSS) // those come before the real one
			scan->phase = SCAN_TYPED;
		return false;
	}
	*is_start = holds_commit(scan);
	if (*is_start && scan->header[0] == 'Q')
		return true;
	scan->is_open |= *is_start;
	scan->executed += scan->header[0] == 'E';
	if (scan->header[0] != 'S')
		return false;
	bool ends = scan->is_open || scan->executed >= TOGETHER;
	*is_start = ends && !scan->is_open;
	scan->is_open = false;
	scan->executed = 0;
	return ends;
}

size_t commit_look(struct commit_scan *scan, const uint8_t *data, size_t size, struct commit_found *found)
{
	size_t at = 0, message_start = 0;
	*found = (struct commit_found){0};
	while (at < size && scan->phase != SCAN_LOST) {
		size_t wanted = scan->phase == SCAN_STARTUP ? STARTUP_HEADER_SIZE : HEADER_SIZE;
		if (scan->header_size < wanted) {
			if (scan->header_size == 0)
				message_start = at;
			scan->header[scan->header_size++] = data[at++];
			if (scan->header_size == wanted)
				take_header(scan);
			if (scan->header_size < wanted || scan->body_left > 0)
				continue;
		} else {
			at += take_body(scan, data + at, size - at);
		}
		if (scan->body_left > 0 || scan->phase == SCAN_LOST)
			continue;
		bool is_start, ends = end_message(scan, &is_start);
		if (is_start) {
			found->has_start = true;
			found->start = message_start;
		}
		if (ends) {
			found->has_end = true;
			found->end = at;
			return at;
		}
	}
	return scan->phase == SCAN_LOST ? size : at;
}
