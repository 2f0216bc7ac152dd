// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See path_list.h.
#include "services/metrics/core/path_list.h"

#include "services/metrics/core/attribution.h"
#include "services/metrics/core/books.h"
#include "services/metrics/core/hash.h"
#include "services/metrics/core/path_days.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4 * PATH_LIST_MAX };

struct path_list {
	struct path_list_row *rows; // channels are owned
	size_t row_count;
	struct path_list_channel *channels;
	size_t channel_count, channel_capacity;
	uint32_t slots[SLOTS]; // index + 1 of a row, by hash
};

struct path_list *path_list_create(void)
{
	struct path_list *list = memory_get(sizeof(*list));
	list->rows = memory_get(PATH_LIST_MAX * sizeof(*list->rows));
	return list;
}

void path_list_destroy(struct path_list *list)
{
	for (size_t i = 0; i < list->row_count; i++) {
		void *channels = (void *)(uintptr_t)list->rows[i].channels;
		memory_free(channels);
	}
	memory_free(list->rows);
	memory_free(list->channels);
	memory_free(list);
}

size_t path_list_missing(const struct fold *fold, int32_t day, struct fold_key *out, size_t capacity)
{
	size_t count = 0;
	for (unsigned part = 0; part < PATH_PARTS; part++) {
		struct fold_key key = {.kind = FOLD_PATH_ORDERS};
		char text[BOOKS_KEY_SIZE];
		if (path_part(fold, day, part))
			continue;
		books_part_key(day, part, text);
		key.size = (uint8_t)strlen(text);
		memcpy(key.bytes, text, key.size);
		if (count < capacity)
			out[count] = key;
		count++;
	}
	return count;
}

// NULL: there is no room for another one.
static struct path_list_row *row_of(struct path_list *list, const uint32_t *channels, size_t count)
{
	size_t size = count * sizeof(*channels);
	size_t slot = hash_bytes(channels, size, 1) % SLOTS;
	for (; list->slots[slot]; slot = (slot + 1) % SLOTS) {
		struct path_list_row *row = &list->rows[list->slots[slot] - 1];
		if (row->count == count && memcmp(row->channels, channels, size) == 0)
			return row;
	}
	if (list->row_count == PATH_LIST_MAX)
		return NULL;
	uint32_t *copy = memory_get(size);
	memcpy(copy, channels, size);
	struct path_list_row *row = &list->rows[list->row_count++];
	*row = (struct path_list_row){.channels = copy, .count = count};
	list->slots[slot] = (uint32_t)list->row_count;
	return row;
}

static struct path_list_channel *channel_of(struct path_list *list, const char *name)
{
	for (size_t i = 0; i < list->channel_count; i++)
		if (strcmp(list->channels[i].name, name) == 0)
			return &list->channels[i];
	if (list->channel_count == list->channel_capacity) {
		list->channel_capacity = list->channel_capacity * 2 + 32;
		list->channels =
			memory_resize(list->channels, list->channel_capacity * sizeof(*list->channels));
	}
	struct path_list_channel *channel = &list->channels[list->channel_count++];
	*channel = (struct path_list_channel){.name = name};
	return channel;
}

// A channel counts once in a path, however often it comes.
static void add_channels(struct path_list *list, const struct fold *fold, const uint32_t *channels,
			 size_t count, money_sum net)
{
	uint32_t last = channels[count - 1];
	channel_of(list, path_list_name(fold, last))->last++;
	for (size_t i = 0; i + 1 < count; i++) {
		size_t k = 0;
		while (k < i && channels[k] != channels[i])
			k++;
		if (k < i || channels[i] == last)
			continue;
		struct path_list_channel *channel = channel_of(list, path_list_name(fold, channels[i]));
		channel->assisted++;
		channel->assisted_net += net;
	}
}

static bool add_entry(struct path_list *list, const struct fold *fold, const struct path_entry *entry)
{
	uint32_t channels[ATTRIBUTION_TOUCHES_MAX];
	size_t count = 0;
	for (uint32_t i = 0; i < vec_count(entry->touches); i++) {
		uint32_t channel = path_channel(fold, entry->touches->at[i]);
		if (!count || channels[count - 1] != channel)
			channels[count++] = channel;
	}
	struct path_list_row *row = row_of(list, channels, count);
	if (!row)
		return false;
	row->orders++;
	row->net += path_sum(entry->net);
	add_channels(list, fold, channels, count, path_sum(entry->net));
	return true;
}

bool path_list_add(struct path_list *list, const struct fold *fold, int32_t day)
{
	bool ok = true;
	for (unsigned i = 0; i < PATH_PARTS; i++) {
		const struct path_part *part = path_part(fold, day, i);
		assert(part);
		for (uint32_t k = 0; ok && k < vec_count(part->entries); k++)
			ok = add_entry(list, fold, &part->entries->at[k]);
	}
	return ok;
}

const char *path_list_name(const struct fold *fold, uint32_t channel)
{
	return intern_text(fold->intern, channel);
}

static int compare_names(const struct fold *fold, const struct path_list_row *x,
			 const struct path_list_row *y)
{
	for (size_t i = 0; i < x->count && i < y->count; i++) {
		int order =
			strcmp(path_list_name(fold, x->channels[i]), path_list_name(fold, y->channels[i]));
		if (order)
			return order;
	}
	return (x->count > y->count) - (x->count < y->count);
}

static int compare_rows(const void *a, const void *b, void *fold)
{
	const struct path_list_row *x = a, *y = b;
	if (x->orders != y->orders)
		return x->orders > y->orders ? -1 : 1;
	if (x->net != y->net)
		return x->net > y->net ? -1 : 1;
	return compare_names(fold, x, y);
}

size_t path_list_rows(struct path_list *list, const struct fold *fold, const struct path_list_row **out)
{
	void *context = (void *)(uintptr_t)fold;
	qsort_r(list->rows, list->row_count, sizeof(*list->rows), compare_rows, context);
	*out = list->rows;
	return list->row_count;
}

static int compare_channels(const void *a, const void *b)
{
	const struct path_list_channel *x = a, *y = b;
	return strcmp(x->name, y->name);
}

size_t path_list_channels(struct path_list *list, const struct path_list_channel **out)
{
	if (list->channel_count)
		qsort(list->channels, list->channel_count, sizeof(*list->channels), compare_channels);
	*out = list->channels;
	return list->channel_count;
}
