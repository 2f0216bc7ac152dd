// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who may hear a topic. Every topic is word/shop/..., and each word asks for one permission; what follows the
// shop may be what that permission can be narrowed by.
#include "common/svc/principal.h"

#include <string.h>

enum { SEGMENTS_MAX = 5, SEGMENT_SIZE = 260 };

static const struct {
	const char *word;
	enum permit permit;
	int parts; // segments behind the shop that the permission may name
} words[] = {
	{"kpi", PERMIT_KPI, 3},           {"alert", PERMIT_KPI, 1},   {"head", PERMIT_JOURNAL, 0},
	{"campaign", PERMIT_CAMPAIGN, 0}, {"offer", PERMIT_OFFER, 0}, {"directive", PERMIT_CAMPAIGN, 0},
	{"message", PERMIT_CAMPAIGN, 0},
};

// The first segments, decoded; false when one of them is broken. *count is how many are whole.
static bool split(struct slice prefix, char out[SEGMENTS_MAX][SEGMENT_SIZE], int *count)
{
	const char *at = (const char *)prefix.data, *end = at + prefix.size;
	*count = 0;
	while (at < end && *count < SEGMENTS_MAX) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		if (!slash || slash == at ||
		    !text_percent_decode(at, (size_t)(slash - at), out[(*count)++], SEGMENT_SIZE))
			return false;
		at = slash + 1;
	}
	return true;
}

static bool may_hear_word(const struct principal *who, size_t word, char segments[SEGMENTS_MAX][SEGMENT_SIZE],
			  int count, struct err *e)
{
	const char *parts[PERMIT_PARTS_MAX] = {NULL};

	if (count < 2 && !who->has_all_shops)
		return err_field(e, ERR_FORBIDDEN, "topic_prefix",
				 "the key of %s is not for all shops: name one of its own", who->name);
	if (count >= 2 && !principal_has_shop(who, segments[1], e))
		return false;
	for (int i = 0; i < words[word].parts && i + 2 < count; i++)
		parts[i] = segments[i + 2];
	if (principal_covers(who, words[word].permit, parts))
		return true;
	return err_field(e, ERR_FORBIDDEN, "topic_prefix",
			 "the key of %s may not hear all that is under this prefix: it has no permission %s "
			 "for it",
			 who->name, permit_rows[words[word].permit].name);
}

bool principal_may_hear(const struct principal *who, struct slice prefix, struct err *e)
{
	char segments[SEGMENTS_MAX][SEGMENT_SIZE];
	int count;

	if (prefix.size == 0 || prefix.data[prefix.size - 1] != '/')
		return err_field(e, ERR_FORBIDDEN, "topic_prefix",
				 "a prefix ends in '/': kpi/a would hear kpi/ab too");
	if (!split(prefix, segments, &count))
		return err_field(e, ERR_FORBIDDEN, "topic_prefix",
				 "a part is empty or badly percent-encoded");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, segments[0]) == 0)
			return may_hear_word(who, i, segments, count, e);
	return err_field(e, ERR_FORBIDDEN, "topic_prefix", "there are no topics under \"%.60s/\"",
			 segments[0]);
}
