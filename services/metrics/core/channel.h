// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Where an event stands: marketing channel, campaign, device, country, sales channel. The marketing channel
// comes from the shop's own rules in force at the event's time, then from the table in channel.c, which
// follows GA4's default channel grouping. Pure.
#pragma once

#include "services/metrics/core/intern.h"
#include "services/metrics/core/settings.h"

// Channel of a context (NULL: nothing known, which is direct).
const char *channel_classify(const struct settings *settings, int64_t t_ms,
			     const Utarg__V1__Context *context);

// Dims of a session that begins with the event.
uint32_t channel_session_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			      const Utarg__V1__Event *event);
// Dims of a fact without a session: what its own context says, "unknown" where it says nothing. A context
// without any sign of a source (host, referrer, utm, click id, affiliate) says nothing about the channel.
uint32_t channel_own_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			  const Utarg__V1__Event *event);
uint32_t channel_nothing_dims(struct intern *intern);           // nothing is known: unknown everywhere, web
uint32_t channel_sales_key(struct intern *intern, int channel); // utarg.v1.Channel; unspecified is web
// Dims of a touch by the event: marketing channel and campaign only. 0: it came directly.
uint32_t channel_touch_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			    const Utarg__V1__Event *event);
// The same of one that stands under these dims; a direct one is no exception.
uint32_t channel_touch_of(struct intern *intern, uint32_t dims);
bool channel_is_direct(struct intern *intern, uint32_t dims);
// Dims of a spend row: marketing channel and campaign only.
uint32_t channel_spend_dims(struct intern *intern, const char *marketing_channel, const char *campaign);
