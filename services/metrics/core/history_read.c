// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A row of history read again, for one value of one dimension. See history.h.
#include "services/metrics/core/history.h"

#include "services/metrics/core/vec.h"

#include <string.h>

enum { TEXTS_MAX = 65536 };

struct reading {
	struct codec_reader bytes;
	enum fold_dimension dimension;
	uint32_t wanted;    // index + 1 of the key in texts, 0: it is not among them
	VEC(bool) * tuples; // which ones hold the key
};

static money_sum get_amount(struct codec_reader *r)
{
	history_amount value = 0;
	for (unsigned shift = 0; shift < 128; shift += 7) {
		uint8_t byte = 0;
		codec_get_raw(r, &byte, 1);
		if (r->broken)
			return 0;
		value |= (history_amount)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return (money_sum)(value >> 1) ^ -(money_sum)(value & 1);
	}
	r->broken = true;
	return 0;
}

static void read_texts(struct reading *reading, const char *key)
{
	char text[FOLD_TEXT_SIZE];
	uint32_t count = codec_get_count(&reading->bytes, 1);
	for (uint32_t i = 0; i < count && !reading->bytes.broken; i++) {
		codec_get_text(&reading->bytes, text, sizeof(text));
		if (!reading->wanted && strcmp(text, key) == 0)
			reading->wanted = i + 1;
	}
}

static void read_tuples(struct reading *reading)
{
	uint32_t count = codec_get_count(&reading->bytes, INTERN_DIMS);
	for (uint32_t i = 0; i < count && !reading->bytes.broken; i++) {
		bool *holds = vec_push(reading->tuples);
		*holds = reading->dimension == FOLD_TOTAL;
		for (int d = 0; d < INTERN_DIMS; d++) {
			uint64_t text = codec_get_uint_max(&reading->bytes, TEXTS_MAX);
			if (d + FOLD_SALES_CHANNEL == (int)reading->dimension)
				*holds = reading->wanted && text == reading->wanted;
		}
	}
}

static void read_items(struct reading *reading, bool cells,
		       void (*tell)(void *context, const struct history_change *change), void *context)
{
	struct codec_reader *r = &reading->bytes;
	uint32_t count = codec_get_count(r, 4);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct history_change change = {.measure =
							(uint16_t)codec_get_uint_max(r, MEASURE_COUNT - 1)};
		uint64_t dimension = 0, place;
		if (cells)
			dimension = codec_get_uint_max(r, FOLD_DIMENSION_COUNT);
		else
			change.level = codec_get_int(r);
		place = codec_get_uint_max(r, TEXTS_MAX);
		change.amount = get_amount(r);
		r->broken |= !cells && place >= vec_count(reading->tuples);
		if (r->broken)
			return;
		if (cells ? dimension == reading->dimension && place + 1 == reading->wanted
			  : reading->tuples->at[place])
			tell(context, &change);
	}
}

bool history_read(struct slice changes, enum fold_dimension dimension, const char *key,
		  void (*tell)(void *context, const struct history_change *change), void *context)
{
	struct reading reading = {.bytes = {.rest = changes}, .dimension = dimension};
	read_texts(&reading, key);
	read_tuples(&reading);
	read_items(&reading, false, tell, context);
	read_items(&reading, true, tell, context);
	vec_free(reading.tuples);
	return codec_end(&reading.bytes);
}
