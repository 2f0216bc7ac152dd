// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "common/publisher/frame.h"

#include "common/base/wire.h"
#include "common/publisher/record.h"

#include <string.h>

// Field numbers of the contract: Request, PublishRequest, Publication, Event.
enum {
	REQUEST_ID = 1,
	REQUEST_PUBLISH = 20,
	PUBLISH_SENT_AT_MS = 1,
	PUBLISH_PUBLICATIONS = 2,
	PUBLISH_ORIGIN = 3,
	PUBLICATION_EVENT = 1,
	EVENT_ID = 1,
	EVENT_SHOP = 4,
};

static size_t varint_size(uint64_t value)
{
	size_t size = 1;
	while (value >>= 7)
		size++;
	return size;
}

static uint8_t *put_varint(uint8_t *out, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

static uint8_t *put_tag(uint8_t *out, uint32_t field, enum wire_type type)
{
	return put_varint(out, (uint64_t)field << 3 | type);
}

size_t frame_publication_size(size_t publication_size)
{
	return 1 + varint_size(publication_size) + publication_size;
}

static size_t publish_size(const struct frame *frame)
{
	return 1 + varint_size((uint64_t)frame->sent_at_ms) + frame->publications_size + 1 +
	       varint_size((uint64_t)frame->origin);
}

size_t frame_size(const struct frame *frame)
{
	const size_t size = publish_size(frame);
	return 1 + varint_size(frame->request_id) + 2 + varint_size(size) + size;
}

uint8_t *frame_write_head(const struct frame *frame, uint8_t *out)
{
	out = put_varint(put_tag(out, REQUEST_ID, WIRE_VARINT), frame->request_id);
	out = put_varint(put_tag(out, REQUEST_PUBLISH, WIRE_BYTES), publish_size(frame));
	return put_varint(put_tag(out, PUBLISH_SENT_AT_MS, WIRE_VARINT), (uint64_t)frame->sent_at_ms);
}

uint8_t *frame_write_publication(struct slice publication, uint8_t *out)
{
	out = put_varint(put_tag(out, PUBLISH_PUBLICATIONS, WIRE_BYTES), publication.size);
	if (publication.size > 0)
		memcpy(out, publication.data, publication.size);
	return out + publication.size;
}

uint8_t *frame_write_end(const struct frame *frame, uint8_t *out)
{
	return put_varint(put_tag(out, PUBLISH_ORIGIN, WIRE_VARINT), (uint64_t)frame->origin);
}

bool frame_read_event(struct slice publication, struct frame_event *out, struct err *e)
{
	struct slice event = {0};
	struct wire_field field;
	*out = (struct frame_event){0};
	if (publication.size > RECORD_PUBLICATION_MAX)
		return err_set(e, ERR_TOO_LARGE, "a publication has at most %d bytes, not %zu",
			       RECORD_PUBLICATION_MAX, publication.size);
	while (wire_next(&publication, &field))
		if (field.number == PUBLICATION_EVENT && field.type == WIRE_BYTES)
			event = field.bytes;
	if (publication.size > 0)
		return err_set(e, ERR_BAD_PROTO, "the publication does not decode");
	if (!event.data)
		return err_field(e, ERR_MISSING_FIELD, "event", "there is no event in the publication");
	while (wire_next(&event, &field)) {
		if (field.number == EVENT_ID && field.type == WIRE_BYTES)
			out->id = field.bytes;
		else if (field.number == EVENT_SHOP && field.type == WIRE_BYTES)
			out->shop = field.bytes;
	}
	return true;
}
