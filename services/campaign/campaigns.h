// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Campaigns in decisions: what handlers of requests and the clock (watch.c) share.
#pragma once

#include "common/svc/principal.h"
#include "services/campaign/core/campaign_state.h"
#include "services/campaign/decide.h"
#include "services/campaign/service.h"

#include "utarg/v1/campaign.pb-c.h"

// A step of a campaign that is there already.
struct campaign_stepping {
	const char *shop;
	const char *campaign;
	enum campaign_event event;
	const char *reason;
	const Utarg__V1__Money *budget; // of CAMPAIGN_REFILL
	const struct principal *who;    // whose limit counts; NULL: the clock
};

// The campaign as it stands; *out is NULL when there is none.
bool campaigns_find(struct service *service, struct arena *arena, int32_t shop_id, const char *name,
		    Utarg__V1__CampaignView **out, struct err *e);
// Its facts as of now.
bool campaigns_facts(struct service *service, int32_t shop_id, const Utarg__V1__CampaignView *view,
		     struct campaign_facts *out, struct err *e);
bool campaigns_step(struct service *service, struct arena *arena, const struct campaign_stepping *stepping,
		    const uint8_t id[UUID_SIZE], const char *principal, struct decided *out, struct err *e);
