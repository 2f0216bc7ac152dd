// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See merchant_feed.h.
#include "services/utarg/core/merchant_feed.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024 };
// Expat puts the namespace in front of a name, with this between; no XML name holds it.
#define SEPARATOR '\n'
static const char google_namespace[] = "http://base.google.com/ns/1.0";

struct reading {
	XML_Parser parser;
	bool (*take)(void *context, const struct merchant_item *item, struct err *e);
	void *context;
	struct err *e;
	bool is_failed; // e says why
	int depth;      // of open elements
	int item_depth; // of the open item; 0: none
	bool in_field;  // directly below the item
	size_t line_number;
	struct merchant_field fields[MERCHANT_FIELDS_MAX];
	size_t field_count;
	char text[MERCHANT_ITEM_BYTES]; // names and values of the item
	size_t used;
};

static void stop(struct reading *r, enum err_code code, const char *what)
{
	if (r->is_failed)
		return;
	r->is_failed = true;
	err_set(r->e, code, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser), what);
	XML_StopParser(r->parser, XML_FALSE);
}

static bool put(struct reading *r, const char *bytes, size_t size)
{
	if (size >= sizeof(r->text) - r->used) {
		stop(r, ERR_TOO_LARGE, "an item has 64 KiB of text at most");
		return false;
	}
	memcpy(r->text + r->used, bytes, size);
	r->used += size;
	r->text[r->used] = '\0';
	return true;
}

static const char *local_name(const char *name)
{
	const char *behind = strrchr(name, SEPARATOR);
	return behind ? behind + 1 : name;
}

static bool is_google(const char *name)
{
	size_t size = sizeof(google_namespace) - 1;
	return strncmp(name, google_namespace, size) == 0 && name[size] == SEPARATOR;
}

static void begin_item(struct reading *r)
{
	r->item_depth = r->depth;
	r->line_number = XML_GetCurrentLineNumber(r->parser);
	r->field_count = 0;
	r->used = 0;
}

static void begin_field(struct reading *r, const char *name)
{
	if (r->field_count == MERCHANT_FIELDS_MAX) {
		stop(r, ERR_TOO_LARGE, "an item has 256 fields at most");
		return;
	}
	struct merchant_field *field = &r->fields[r->field_count];
	const char *local = local_name(name);
	*field = (struct merchant_field){.name = r->text + r->used, .is_google = is_google(name)};
	if (!put(r, local, strlen(local)) || !put(r, "", 1))
		return;
	field->value = r->text + r->used;
	r->text[r->used] = '\0';
	r->field_count++;
	r->in_field = true;
}

static void XMLCALL on_start(void *context, const char *name, const char **attributes)
{
	struct reading *r = context;
	(void)attributes;
	if (r->is_failed)
		return;
	if (++r->depth > MERCHANT_DEPTH_MAX) {
		stop(r, ERR_TOO_LARGE, "elements stand at most 16 deep");
		return;
	}
	if (r->item_depth == 0) {
		const char *local = local_name(name);
		if (strcmp(local, "item") == 0 || strcmp(local, "entry") == 0)
			begin_item(r);
	} else if (r->depth == r->item_depth + 1) {
		begin_field(r, name);
	}
}

static void end_item(struct reading *r)
{
	const struct merchant_item item = {r->line_number, r->fields, r->field_count};
	r->item_depth = 0;
	if (!r->take(r->context, &item, r->e)) {
		r->is_failed = true;
		XML_StopParser(r->parser, XML_FALSE);
	}
}

static void XMLCALL on_end(void *context, const char *name)
{
	struct reading *r = context;
	(void)name;
	if (r->is_failed)
		return;
	if (r->item_depth != 0 && r->depth == r->item_depth + 1 && r->in_field) {
		r->in_field = false;
		put(r, "", 1); // ends the value
	} else if (r->item_depth != 0 && r->depth == r->item_depth) {
		end_item(r);
	}
	r->depth--;
}

static void XMLCALL on_text(void *context, const char *bytes, int size)
{
	struct reading *r = context;
	if (!r->is_failed && r->in_field && r->depth == r->item_depth + 1)
		put(r, bytes, (size_t)size);
}

static void XMLCALL on_doctype(void *context, const char *name, const char *system, const char *public,
			       int has_internal)
{
	(void)name, (void)system, (void)public, (void)has_internal;
	stop(context, ERR_BAD_FIELD, "a feed has no document type, and no entities of its own");
}

static bool parse(struct reading *r, const char *text, size_t size)
{
	size_t at = 0;
	do {
		size_t chunk = size - at < CHUNK_BYTES ? size - at : CHUNK_BYTES;
		int is_last = at + chunk == size;
		if (XML_Parse(r->parser, text + at, (int)chunk, is_last) != XML_STATUS_OK) {
			if (!r->is_failed)
				stop(r, ERR_BAD_FIELD, XML_ErrorString(XML_GetErrorCode(r->parser)));
			return false;
		}
		at += chunk;
	} while (at < size);
	return !r->is_failed;
}

bool merchant_feed_read(const char *text, size_t size,
			bool (*take)(void *context, const struct merchant_item *item, struct err *e),
			void *context, struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	XML_Parser parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (r == NULL || parser == NULL)
		abort(); // some 100 KiB: then the machine is out of memory
	r->parser = parser;
	r->take = take;
	r->context = context;
	r->e = e;
	XML_SetUserData(parser, r);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	bool ok = parse(r, text, size);
	XML_ParserFree(parser);
	free(r);
	return ok;
}
