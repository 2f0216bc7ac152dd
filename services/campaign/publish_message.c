// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: message/<shop>/<message>/ on 7302: the version, its placements' states, and what is wrong.
#include "services/campaign/messages.h"
#include "services/campaign/topics.h"

bool publish_message_read(struct publisher *publisher, struct db *db, const struct topic_page *page,
			  struct topic_values *out, struct err *e)
{
	struct message_views views;

	if (!(page->keys != NULL ? message_views_named(db, &publisher->arena, page->shop_id, page->keys,
						       page->count, &views, e)
				 : message_views_page(db, &publisher->arena, page->shop_id, page->after,
						      page->limit, &views, e)) ||
	    !topic_values_init(publisher, views.count, out, e))
		return false;
	for (size_t i = 0; i < views.count; i++)
		out->items[out->count++] =
			(struct topic_value){views.items[i]->message->message_id, views.items[i]};
	out->as_of_seq = views.as_of_seq;
	return true;
}

void publish_message(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
		     void *view)
{
	Utarg__V1__MessageUpdate update;

	utarg__v1__message_update__init(&update);
	update.shop = text_borrow(stamp->slug);
	update.message = view;
	update.as_of_seq = (uint64_t)stamp->as_of_seq;
	update.incarnation = svc_incarnation(publisher->svc);
	update.version = stamp->version;
	publish_send(publisher, topic, &update.base);
}
