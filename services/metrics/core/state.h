// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files that make bytes of entities share. Readers mark r->broken and go on; the caller asks at the
// end.
#pragma once

#include "services/metrics/core/inner.h"

void state_put_dims(const struct fold *fold, uint32_t id, struct codec_writer *w);
uint32_t state_get_dims(struct fold *fold, struct codec_reader *r);      // 0 when no dimension was there
uint32_t state_get_full_dims(struct fold *fold, struct codec_reader *r); // dims that must be there
void state_put_moment(const struct moment *moment, struct codec_writer *w);
void state_get_moment(struct moment *moment, struct codec_reader *r);
int64_t state_get_time(struct codec_reader *r);                   // far from the ends of int64
enum { STATE_DAY_MAX = 2932896 };                                 // 9999-12-31
int32_t state_get_day(struct codec_reader *r);                    // days since 1970-01-01
int32_t state_get_day_from(struct codec_reader *r, int32_t from); // written as the days behind that one
void state_put_rank(const struct copy_rank *rank, struct codec_writer *w);
void state_get_rank(struct copy_rank *rank, struct codec_reader *r);

// Of kind_rows.
void state_put_visitor(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_visitor(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_cart(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_cart(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_order(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_order(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_customer(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_customer(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_refund(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_refund(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_offer_facts(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_offer_facts(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_offer_days(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_offer_days(struct fold *fold, void *entity, struct codec_reader *r);
void state_put_offer_day(const struct fold *fold, const void *entity, struct codec_writer *w);
void state_get_offer_day(struct fold *fold, void *entity, struct codec_reader *r);
void offer_facts_clear(void *entity);
size_t offer_facts_bytes(const void *entity);
bool offer_facts_is_empty(const void *entity);
void offer_days_clear(void *entity);
size_t offer_days_bytes(const void *entity);
bool offer_days_is_empty(const void *entity);
void offer_day_clear(void *entity);
size_t offer_day_bytes(const void *entity);
bool offer_day_is_empty(const void *entity);
