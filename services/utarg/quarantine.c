// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See quarantine.h. The stored bytes go out as they are: they stand in the request as unknown fields, which
// protobuf-c packs without looking into them; packing the decoded message could order them anew.
#include "services/utarg/quarantine.h"

#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utarg/v1/service.pb-c.h"

enum { FIELD_EVENT = 1, FIELD_SUBJECT = 2, VARINT_MAX = 10, BUSY_MS = 30000, PAUSE_MS = 100 };

enum column {
	ID,
	SHOP,
	EVENT_ID,
	RECEIVED_AT,
	EVENT_TIME,
	PRINCIPAL,
	ORIGIN,
	CODE,
	SENTENCE,
	SUBJECT,
	PAYLOAD
};

void quarantine_row_from(const struct db_result *result, int row, struct quarantine_row *out)
{
	*out = (struct quarantine_row){
		.id = db_get_int(result, row, ID),
		.shop = db_get_text(result, row, SHOP),
		.received_at_ms = db_get_time_ms(result, row, RECEIVED_AT),
		.has_event_time = !db_is_null(result, row, EVENT_TIME),
		.principal = db_get_text(result, row, PRINCIPAL),
		.origin = (Utarg__V1__Origin)db_get_int(result, row, ORIGIN),
		.code = (enum err_code)db_get_int(result, row, CODE),
		.sentence = db_get_text(result, row, SENTENCE),
		.event = db_get_bytes(result, row, PAYLOAD),
	};
	memcpy(out->event_id, db_get_bytes(result, row, EVENT_ID).data, UUID_SIZE);
	if (out->has_event_time)
		out->event_time_ms = db_get_time_ms(result, row, EVENT_TIME);
	if (!db_is_null(result, row, SUBJECT))
		out->subject = db_get_bytes(result, row, SUBJECT);
}

static const char *kind_of(const Utarg__V1__Event *event)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
		&utarg__v1__event__descriptor, event ? (unsigned)event->body_case : 0);
	return field ? field->name : "";
}

const char *quarantine_kind(const struct quarantine_row *row)
{
	Utarg__V1__Event *event = utarg__v1__event__unpack(NULL, row->event.size, row->event.data);
	const char *kind = kind_of(event);
	utarg__v1__event__free_unpacked(event, NULL);
	return kind;
}

// ---- showing -------------------------------------------------------------------------------------------

static json_t *raw(struct slice bytes)
{
	char *text = malloc(text_base64_size(bytes.size));
	if (!text)
		abort();
	text_base64(bytes.data, bytes.size, text);
	json_t *json = json_string(text);
	free(text);
	return json;
}

static json_t *decoded(const ProtobufCMessageDescriptor *descriptor, struct slice bytes)
{
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, bytes.size, bytes.data);
	json_t *json = message ? json_from_message(message) : raw(bytes);
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
	return json;
}

json_t *quarantine_json(const struct quarantine_row *row)
{
	char id[UUID_TEXT_SIZE];
	const ProtobufCEnumValue *origin =
		protobuf_c_enum_descriptor_get_value(&utarg__v1__origin__descriptor, (int)row->origin);
	uuid_format(row->event_id, id);
	json_t *json =
		json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)row->id, "shop",
			  row->shop, "event_id", id, "kind", quarantine_kind(row), "received_at_ms",
			  (json_int_t)row->received_at_ms, "principal", row->principal, "origin",
			  origin ? origin->name : "", "code", err_name(row->code), "sentence", row->sentence);
	assert(json);
	if (row->has_event_time)
		json_object_set_new(json, "event_time_ms", json_integer((json_int_t)row->event_time_ms));
	json_object_set_new(json, "event", decoded(&utarg__v1__event__descriptor, row->event));
	if (row->subject.size > 0)
		json_object_set_new(json, "subject", decoded(&utarg__v1__subject__descriptor, row->subject));
	return json;
}

// ---- sending again -------------------------------------------------------------------------------------

static size_t put_varint(uint8_t *out, size_t value)
{
	size_t used = 0;
	for (; value > 0x7f; value >>= 7)
		out[used++] = (uint8_t)(value | 0x80);
	out[used++] = (uint8_t)value;
	return used;
}

// Its data is malloc's.
static ProtobufCMessageUnknownField field_of(uint32_t number, struct slice bytes)
{
	uint8_t *data = malloc(VARINT_MAX + bytes.size);
	if (!data)
		abort();
	size_t used = put_varint(data, bytes.size);
	memcpy(data + used, bytes.data, bytes.size);
	return (ProtobufCMessageUnknownField){.tag = number,
					      .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
					      .len = used + bytes.size,
					      .data = data};
}

// Ingest corrects the event's time by as much as sent_at_ms is off: a request whose clock is off by what the
// first one's was makes it the same again. 0: the clock was right.
static int64_t sent_at_ms(const struct quarantine_row *row)
{
	Utarg__V1__Event *event = utarg__v1__event__unpack(NULL, row->event.size, row->event.data);
	int64_t shift_ms = event && row->has_event_time ? row->event_time_ms - event->occurred_at_ms : 0;
	utarg__v1__event__free_unpacked(event, NULL);
	return shift_ms == 0 ? 0 : clock_now_ms() - shift_ms;
}

static bool ask_once(struct cli *cli, const struct quarantine_row *row, Utarg__V1__Publication *publication,
		     Utarg__V1__Reply **reply, struct err *e)
{
	Utarg__V1__PublishRequest publish = UTARG__V1__PUBLISH_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	publish.sent_at_ms = sent_at_ms(row);
	publish.origin = row->origin;
	publish.pseudonymised = true; // what was kept is what would have been stored
	publish.n_publications = 1;
	publish.publications = &publication;
	request.on_behalf_of = text_borrow(row->principal);
	request.body_case = UTARG__V1__REQUEST__BODY_PUBLISH;
	request.publish = &publish;
	if (!remote_call(cli, SVC_INGEST, &request, reply, e))
		return false;
	if ((*reply)->body_case == UTARG__V1__REPLY__BODY_PUBLISH && (*reply)->publish->n_results == 1)
		return true;
	client_reply_free(*reply);
	return err_set(e, ERR_INTERNAL, "ingest answered with something else than one result");
}

// BUSY as a whole is a failure of the call, BUSY of the one event a result: both pass.
static bool ask(struct cli *cli, const struct quarantine_row *row, Utarg__V1__Publication *publication,
		enum err_code *code, char message[ERR_TEXT_SIZE], struct err *e)
{
	int64_t until_ms = clock_monotonic_ms() + BUSY_MS;
	remote_as_service(cli, SVC_INGEST); // an operator's key speaks for nobody else
	for (;;) {
		Utarg__V1__Reply *reply = NULL;
		*e = (struct err){0};
		bool asked = ask_once(cli, row, publication, &reply, e);
		if (asked) {
			*code = (enum err_code)reply->publish->results[0]->code;
			text_copy(message, ERR_TEXT_SIZE, reply->publish->results[0]->message);
			client_reply_free(reply);
		}
		enum err_code said = asked ? *code : e->code;
		if ((said != ERR_BUSY && said != ERR_DRAINING) || clock_monotonic_ms() > until_ms)
			return asked;
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
	}
}

bool quarantine_publish(struct cli *cli, const struct quarantine_row *row, enum err_code *code,
			char message[ERR_TEXT_SIZE], struct err *e)
{
	ProtobufCMessageUnknownField fields[2] = {field_of(FIELD_EVENT, row->event)};
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	publication.base.unknown_fields = fields;
	publication.base.n_unknown_fields = 1;
	if (row->subject.size > 0)
		fields[publication.base.n_unknown_fields++] = field_of(FIELD_SUBJECT, row->subject);
	bool asked = ask(cli, row, &publication, code, message, e);
	for (unsigned i = 0; i < publication.base.n_unknown_fields; i++)
		free(fields[i].data);
	return asked;
}
