// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See slice.h. Field numbers are those of PublishRequest and Publication in proto/utarg/v1.
#include "services/ingest/core/slice.h"

#include "common/base/wire.h"

#include "utarg/v1/types.pb-c.h"

enum request_field {
	REQUEST_SENT_AT_MS = 1,
	REQUEST_PUBLICATIONS = 2,
	REQUEST_ORIGIN = 3,
	REQUEST_PSEUDONYMISED = 4
};
enum publication_field { PUBLICATION_EVENT = 1, PUBLICATION_SUBJECT = 2 };

// Takes one field of a publication; the sentence that says what is wrong with it, or NULL.
static const char *take_publication_field(const struct wire_field *field, struct slice_publication *out,
					  bool *has_subject)
{
	if (field->number != PUBLICATION_EVENT && field->number != PUBLICATION_SUBJECT)
		return NULL; // of a newer schema
	bool is_event = field->number == PUBLICATION_EVENT;
	if (field->type != WIRE_BYTES)
		return is_event ? "event is not a message" : "subject is not a message";
	bool *seen = is_event ? &out->has_event : has_subject;
	if (*seen)
		return is_event ? "the publication holds two events" : "the publication holds two subjects";
	*seen = true;
	*(is_event ? &out->event : &out->subject) = field->bytes;
	return NULL;
}

static void slice_one(struct slice rest, struct slice_publication *out)
{
	struct wire_field field;
	bool has_subject = false;

	*out = (struct slice_publication){0};
	while (!out->fault && wire_next(&rest, &field))
		out->fault = take_publication_field(&field, out, &has_subject);
	if (!out->fault && rest.size != 0)
		out->fault = "the publication does not decode";
	if (out->fault)
		out->has_event = false;
}

static bool take_number(const struct wire_field *field, const char *name, bool *seen, int64_t *out,
			struct err *e)
{
	if (field->type != WIRE_VARINT)
		return err_field(e, ERR_BAD_PROTO, name, "%s is not a number", name);
	if (*seen)
		return err_field(e, ERR_BAD_PROTO, name, "%s stands twice in the request", name);
	*seen = true;
	*out = (int64_t)field->value;
	return true;
}

static bool take_publication(const struct wire_field *field, struct slice_publication *publications,
			     struct slice_request *out, struct err *e)
{
	if (field->type != WIRE_BYTES)
		return err_field(e, ERR_BAD_PROTO, "publications", "a publication is not a message");
	if (out->count == SLICE_PUBLICATIONS_MAX)
		return err_field(e, ERR_TOO_MANY, "publications", "a request holds at most %d publications",
				 SLICE_PUBLICATIONS_MAX);
	slice_one(field->bytes, &publications[out->count++]);
	return true;
}

static bool check_request(const struct slice_request *request, int64_t origin, struct err *e)
{
	if (request->count == 0)
		return err_field(e, ERR_MISSING_FIELD, "publications", "a request holds 1 to %d publications",
				 SLICE_PUBLICATIONS_MAX);
	if (origin < UTARG__V1__ORIGIN__ORIGIN_UNSPECIFIED || origin > UTARG__V1__ORIGIN__ORIGIN_IMPORT)
		return err_field(e, ERR_BAD_FIELD, "origin", "origin is none of client, server and import");
	return true;
}

bool slice_publish_request(struct slice raw, struct slice_publication *publications,
			   struct slice_request *out, struct err *e)
{
	struct slice_request request = {0};
	struct wire_field field;
	bool has_sent_at = false, has_origin = false, has_pseudonymised = false;
	int64_t origin = UTARG__V1__ORIGIN__ORIGIN_UNSPECIFIED, pseudonymised = 0;

	while (wire_next(&raw, &field)) {
		bool ok = true;
		switch (field.number) {
		case REQUEST_SENT_AT_MS:
			ok = take_number(&field, "sent_at_ms", &has_sent_at, &request.sent_at_ms, e);
			break;
		case REQUEST_PUBLICATIONS:
			ok = take_publication(&field, publications, &request, e);
			break;
		case REQUEST_ORIGIN:
			ok = take_number(&field, "origin", &has_origin, &origin, e);
			break;
		case REQUEST_PSEUDONYMISED:
			ok = take_number(&field, "pseudonymised", &has_pseudonymised, &pseudonymised, e);
			break;
		default:
			break; // of a newer schema
		}
		if (!ok)
			return false;
	}
	if (raw.size != 0)
		return err_set(e, ERR_BAD_PROTO, "the publish request does not decode");
	if (!check_request(&request, origin, e))
		return false;
	request.origin = (int32_t)origin;
	request.pseudonymised = pseudonymised != 0;
	*out = request;
	return true;
}
