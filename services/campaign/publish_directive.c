// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: directives as a topic: directive/<shop>/<campaign>/ tells what there is to do in a campaign.
#include "services/campaign/topics.h"
#include "services/campaign/views.h"
#include "services/campaign/views_directive.h"

bool publish_directives_read(struct publisher *publisher, struct db *db, const struct topic_page *page,
			     struct topic_values *out, struct err *e)
{
	const char *const *names = page->keys;
	size_t count = page->count;
	struct directive_updates updates;

	if (names == NULL && !directive_campaigns(db, &publisher->arena, page->shop_id, page->after,
						  page->limit, &names, &count, e))
		return false;
	if (!directive_updates_named(db, &publisher->arena, page->shop_id, names, count, &updates, e) ||
	    !topic_values_init(publisher, updates.count, out, e))
		return false;
	for (size_t i = 0; i < updates.count; i++)
		out->items[out->count++] = (struct topic_value){updates.items[i]->campaign, updates.items[i]};
	out->as_of_seq = updates.as_of_seq;
	return true;
}

void publish_directives_send(struct publisher *publisher, const char *topic, const struct topic_stamp *stamp,
			     void *view)
{
	Utarg__V1__DirectiveUpdate *update = view;

	update->shop = text_borrow(stamp->slug);
	update->as_of_seq = (uint64_t)stamp->as_of_seq;
	update->incarnation = svc_incarnation(publisher->svc);
	update->version = stamp->version;
	publish_send(publisher, topic, &update->base);
}
