// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the table of what is published on 7302, and how offers and campaigns are read and sent. When
// something is sent is publish.c's and late.c's matter.
#include "services/campaign/topics.h"
#include "services/campaign/views.h"

// A message with all that it may hold, its placements and all that may be wrong is some 500 KB.
enum { MESSAGES_AT_ONCE = 20 };

size_t subject_at_once(enum fold_subject subject)
{
	return subject_rows[subject].at_once != 0 ? subject_rows[subject].at_once : TOPICS_AT_ONCE;
}

bool topic_values_init(struct publisher *publisher, size_t count, struct topic_values *out, struct err *e)
{
	*out = (struct topic_values){.items =
					     arena_calloc(&publisher->arena, count + 1, sizeof(*out->items))};
	return out->items != NULL || views_too_large(e);
}

static bool read_offers(struct publisher *publisher, struct db *db, const struct topic_page *page,
			struct topic_values *out, struct err *e)
{
	struct offer_views views = {0};

	out->failed = NULL;
	if (!(page->keys != NULL ? offer_views_named(db, &publisher->arena, page->shop_id, page->keys,
						     page->count, &views, e)
				 : offer_views_page(db, &publisher->arena, page->shop_id, page->after,
						    page->limit, &views, e))) {
		out->failed = views.count > 0 ? views.items[0]->sku : NULL;
		return false;
	}
	if (!topic_values_init(publisher, views.count, out, e))
		return false;
	for (size_t i = 0; i < views.count; i++)
		out->items[out->count++] = (struct topic_value){views.items[i]->sku, views.items[i]};
	out->as_of_seq = views.as_of_seq;
	return true;
}

static void publish_offer(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
			  void *view)
{
	Utarg__V1__OfferUpdate update;

	utarg__v1__offer_update__init(&update);
	update.shop = text_borrow(stamp->slug);
	update.offer = view;
	update.as_of_seq = (uint64_t)stamp->as_of_seq;
	update.incarnation = svc_incarnation(publisher->svc);
	update.version = stamp->version;
	publish_send(publisher, topic, &update.base);
}

static bool read_campaigns(struct publisher *publisher, struct db *db, const struct topic_page *page,
			   struct topic_values *out, struct err *e)
{
	struct campaign_views views;

	if (!(page->keys != NULL ? campaign_views_named(db, &publisher->arena, page->shop_id, page->keys,
							page->count, &views, e)
				 : campaign_views_page(db, &publisher->arena, page->shop_id, page->after,
						       page->limit, &views, e)) ||
	    !topic_values_init(publisher, views.count, out, e))
		return false;
	for (size_t i = 0; i < views.count; i++)
		out->items[out->count++] =
			(struct topic_value){views.items[i]->campaign->campaign, views.items[i]};
	out->as_of_seq = views.as_of_seq;
	return true;
}

static void publish_campaign(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
			     void *view)
{
	Utarg__V1__CampaignUpdate update;

	utarg__v1__campaign_update__init(&update);
	update.shop = text_borrow(stamp->slug);
	update.campaign = view;
	update.as_of_seq = (uint64_t)stamp->as_of_seq;
	update.incarnation = svc_incarnation(publisher->svc);
	update.version = stamp->version;
	publish_send(publisher, topic, &update.base);
}

const struct subject_row subject_rows[FOLD_SUBJECT_COUNT] = {
	[FOLD_NOTHING] = {NULL, NULL, NULL, 0},
	[FOLD_OFFER] = {"offer", read_offers, publish_offer, 0},
	[FOLD_CAMPAIGN] = {"campaign", read_campaigns, publish_campaign, 0},
	[FOLD_DIRECTIVE] = {"directive", publish_directives_read, publish_directives_send, 0},
	[FOLD_MESSAGE] = {"message", publish_message_read, publish_message, MESSAGES_AT_ONCE},
};
