// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/journal_pages.h"

#include "common/base/text.h"
#include "services/utarg/progress.h"
#include "services/utarg/remote.h"

enum { PAGE_ENTRIES = 10000 };

static Utarg__V1__Reply *ask_page(struct cli *cli, const char *shop, uint64_t after_seq, struct err *e)
{
	Utarg__V1__JournalReadRequest read = UTARG__V1__JOURNAL_READ_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	read.shop = text_borrow(shop);
	read.after_seq = after_seq;
	read.limit = PAGE_ENTRIES;
	request.body_case = UTARG__V1__REQUEST__BODY_JOURNAL_READ;
	request.journal_read = &read;
	return remote_ask(cli, SVC_INGEST, &request, UTARG__V1__REPLY__BODY_JOURNAL_READ,
			  "a part of the journal", &reply, e)
		       ? reply
		       : NULL;
}

bool journal_pages(struct cli *cli, const char *shop,
		   void (*take)(void *context, const Utarg__V1__JournalEntry *entry), void *context,
		   struct err *e)
{
	struct progress progress;
	uint64_t after_seq = 0, head_seq = UINT64_MAX, epoch = 0;
	bool ok = true;
	while (ok && after_seq < head_seq) {
		Utarg__V1__Reply *reply = ask_page(cli, shop, after_seq, e);
		if (reply == NULL) {
			ok = false;
			break;
		}
		const Utarg__V1__JournalReadReply *page = reply->journal_read;
		if (after_seq == 0) {
			head_seq = page->head_seq;
			epoch = page->epoch;
			progress_begin(&progress, "reading", (int64_t)head_seq);
		}
		if (page->epoch != epoch)
			ok = err_set(e, ERR_BUSY,
				     "the journal became another one meanwhile (an erasure); try again");
		for (size_t i = 0; ok && i < page->n_entries; i++)
			if (page->entries[i]->seq <= head_seq)
				take(context, page->entries[i]);
		after_seq = page->n_entries ? page->entries[page->n_entries - 1]->seq : head_seq;
		progress_show(&progress, (int64_t)after_seq);
		client_reply_free(reply);
	}
	if (head_seq != UINT64_MAX)
		progress_end(&progress);
	return ok;
}
