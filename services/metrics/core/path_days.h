// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What path.h keeps. A day knows how often which channel was followed by which in the paths that ended on it,
// and, when there are orders with touches on it, what its own model says of each channel. Its orders stand in
// parts by the hash of their ids, with their touches and money, so that they can be weighed anew without
// themselves; a part remembers what it has told. Which days there are is in one entity that stays in memory.
#pragma once

#include "services/metrics/core/inner.h"

enum { PATH_PARTS = 16, PATH_MODEL_DAYS = 90 };
#define PATHS_KEY   "-" // of the one entity of FOLD_PATHS
#define PATH_LAPSED UINT32_MAX

// A money_sum where items of lists need no more than 8 bytes' alignment.
struct path_sum {
	int64_t high;
	uint64_t low;
};

static inline struct path_sum path_sum_of(money_sum sum)
{
	return (struct path_sum){(int64_t)(sum >> 64), (uint64_t)sum};
}

static inline money_sum path_sum(struct path_sum sum)
{
	return (money_sum)sum.high * ((money_sum)1 << 64) + sum.low;
}

struct path_step {
	uint32_t from; // interned marketing channel; 0: the start
	uint32_t to;   // 0: an order; PATH_LAPSED
	int64_t count; // above 0
};

struct path_weight {
	uint32_t channel;
	int64_t weight;
};

struct path_day { // FOLD_PATH_DAY, key "2026-11-23"
	struct entity entity;
	VEC(struct path_step) * steps;     // by (from, to)
	uint32_t orders;                   // with touches, placed on it
	VEC(struct path_weight) * weights; // of its model, by channel; while there are orders
	bool is_full;                      // of the model: what it does not have weighs as much as "other"
	bool is_unset;                     // in memory: the day has no model yet
	uint32_t here;   // in memory: what the days behind it need was all here in this age of the cache
	bool parts_here; // in memory: its own parts are all here
};

struct path_entry {
	char id[ENTITY_ID_SIZE];
	bool is_new_customer;
	bool is_out; // in memory: taken out by the event under way
	struct path_sum net;
	VEC(uint32_t) * touches; // dims; by moment
};

struct path_credit {
	uint32_t dims;
	struct path_sum net, orders, customers; // the last two in millionths
};

struct path_part { // FOLD_PATH_ORDERS, key "2026-11-23#05"
	struct entity entity;
	VEC(struct path_entry) * entries; // by id
	VEC(struct path_credit) * told;   // by dims: what stands in the figures
	int32_t day;                      // in memory
	bool is_changed;                  // in memory: since it was told
};

struct paths_day {
	int32_t day;
	bool has_orders;
};

struct paths { // FOLD_PATHS
	struct entity entity;
	VEC(struct paths_day) * days; // ascending
};

struct path_change { // of a count
	int32_t day;
	uint32_t from, to;
	int64_t count;
};

struct path_dates {
	VEC(int32_t) * days;
};

struct path_work {                         // of one fold, in memory
	VEC(struct path_change) * changes; // of the event under way
	VEC(struct path_part *) * out;     // parts with entries that are out
	struct path_dates moved;           // days whose counts have changed since credits were settled
	struct path_dates touched;         // days with changed parts or without a model, since then
	uint32_t age;                      // of the cache: grows when an entity of a path is let go
};

struct path_work *path_work_create(void);
void path_work_destroy(struct path_work *work);
void path_work_clear(struct path_work *work); // the fold forgets everything
size_t path_work_bytes(const struct path_work *work);
void path_let_go(struct fold *fold, const struct entity *entity);

struct paths *path_days(const struct fold *fold); // NULL: not in memory
struct path_day *path_day(const struct fold *fold, int32_t day);
struct path_part *path_part(const struct fold *fold, int32_t day, unsigned part);
uint32_t path_channel(const struct fold *fold, uint32_t dims);
uint32_t paths_lower(const struct paths *paths, int32_t day); // index of the first one not before it

// path_model.c: what the paths of the days before say; into day->weights. Whether it differs from what was
// there.
bool path_model_renew(struct fold *fold, struct path_day *day, int32_t at);
int64_t path_weight_of(const struct fold *fold, const struct path_day *day, uint32_t channel);

// Of kind_rows.
void path_day_clear(void *entity);
size_t path_day_bytes(const void *entity);
bool path_day_is_empty(const void *entity);
void path_day_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void path_day_read(struct fold *fold, void *entity, struct codec_reader *r);
void path_part_clear(void *entity);
size_t path_part_bytes(const void *entity);
bool path_part_is_empty(const void *entity);
void path_part_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void path_part_read(struct fold *fold, void *entity, struct codec_reader *r);
void paths_clear(void *entity);
size_t paths_bytes(const void *entity);
bool paths_is_empty(const void *entity);
void paths_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void paths_read(struct fold *fold, void *entity, struct codec_reader *r);
