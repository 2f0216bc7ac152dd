// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the table of requests. A new one is a handler and a row.
#include "services/campaign/handlers.h"

#include "utarg/v1/campaign.pb-c.h"

const struct svc_route campaign_routes[] = {
	{UTARG__V1__REQUEST__BODY_SHOP_ADD, "shop_add", &utarg__v1__shop_add_request__descriptor, shop_add,
	 PERMIT_DECIDE, false, offsetof(Utarg__V1__ShopAddRequest, slug)},
	{UTARG__V1__REQUEST__BODY_SHOP_LIST, "shop_list", &utarg__v1__shop_list_request__descriptor,
	 shop_list, PERMIT_SHOP, false, offsetof(Utarg__V1__ShopListRequest, slug)},
	{UTARG__V1__REQUEST__BODY_SHOP_SET, "shop_set", &utarg__v1__shop_set_request__descriptor, shop_set,
	 PERMIT_DECIDE, false, offsetof(Utarg__V1__ShopSetRequest, shop)},
	{UTARG__V1__REQUEST__BODY_OFFER_LIST, "offer_list", &utarg__v1__offer_list_request__descriptor,
	 offer_list, PERMIT_OFFER, false, offsetof(Utarg__V1__OfferListRequest, shop)},
	{UTARG__V1__REQUEST__BODY_OFFER_HISTORY, "offer_history",
	 &utarg__v1__offer_history_request__descriptor, offer_history, PERMIT_OFFER, false,
	 offsetof(Utarg__V1__OfferHistoryRequest, shop)},
	{UTARG__V1__REQUEST__BODY_CAMPAIGN_CREATE, "campaign_create",
	 &utarg__v1__campaign_create_request__descriptor, campaign_create, PERMIT_DECIDE, false,
	 offsetof(Utarg__V1__CampaignCreateRequest, shop)},
	{UTARG__V1__REQUEST__BODY_CAMPAIGN_END, "campaign_end", &utarg__v1__campaign_end_request__descriptor,
	 campaign_end, PERMIT_DECIDE, false, offsetof(Utarg__V1__CampaignEndRequest, shop)},
	{UTARG__V1__REQUEST__BODY_CAMPAIGN_LIST, "campaign_list",
	 &utarg__v1__campaign_list_request__descriptor, campaign_list, PERMIT_CAMPAIGN, false,
	 offsetof(Utarg__V1__CampaignListRequest, shop)},
	{UTARG__V1__REQUEST__BODY_TARGET_SET, "target_set", &utarg__v1__target_set_request__descriptor,
	 target_set, PERMIT_DECIDE, false, offsetof(Utarg__V1__TargetSetRequest, shop)},
	{.body = 0},
};
