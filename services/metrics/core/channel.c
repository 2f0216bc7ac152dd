// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/channel.h"

#include <string.h>
#include <strings.h>

enum site { SITE_ANY = 0, SITE_SEARCH, SITE_SOCIAL };

// Names of sites: a host matches when it is the name, or a label of it is (google: www.google.co.uk), and a
// source matches when it is the name or a host of it.
struct site_row {
	const char *name;
	enum site site;
};
static const struct site_row sites[] = {
	{"google", SITE_SEARCH},    {"bing", SITE_SEARCH},      {"duckduckgo", SITE_SEARCH},
	{"yahoo", SITE_SEARCH},     {"ecosia", SITE_SEARCH},    {"baidu", SITE_SEARCH},
	{"yandex", SITE_SEARCH},    {"seznam", SITE_SEARCH},    {"qwant", SITE_SEARCH},
	{"startpage", SITE_SEARCH}, {"naver", SITE_SEARCH},     {"brave", SITE_SEARCH},
	{"facebook", SITE_SOCIAL},  {"instagram", SITE_SOCIAL}, {"twitter", SITE_SOCIAL},
	{"x.com", SITE_SOCIAL},     {"t.co", SITE_SOCIAL},      {"linkedin", SITE_SOCIAL},
	{"lnkd.in", SITE_SOCIAL},   {"pinterest", SITE_SOCIAL}, {"tiktok", SITE_SOCIAL},
	{"reddit", SITE_SOCIAL},    {"youtube", SITE_SOCIAL},   {"youtu.be", SITE_SOCIAL},
	{"snapchat", SITE_SOCIAL},  {"threads", SITE_SOCIAL},   {"whatsapp", SITE_SOCIAL},
	{"messenger", SITE_SOCIAL}, {"wykop", SITE_SOCIAL},     {"vk.com", SITE_SOCIAL},
	{"mastodon", SITE_SOCIAL},  {"bsky", SITE_SOCIAL},      {"discord", SITE_SOCIAL},
	{"telegram", SITE_SOCIAL},  {"t.me", SITE_SOCIAL},      {"fb", SITE_SOCIAL},
	{"ig", SITE_SOCIAL},        {"fb.me", SITE_SOCIAL},
};
enum { SITE_COUNT = sizeof(sites) / sizeof(sites[0]) };

// The rules in order; the first that matches wins. NULL or SITE_ANY: not asked. A medium that ends with '*'
// is a beginning. "site" is that of utm_source, or of the referrer when there is no utm_source.
struct channel_row {
	const char *click_id_kind;
	const char *medium;
	enum site site;
	const char *channel;
	const char *why;
};
static const struct channel_row channel_rows[] = {
	{NULL, "email", SITE_ANY, "email", "the link says so"},
	{NULL, "e-mail", SITE_ANY, "email", "the link says so"},
	{NULL, "mail", SITE_ANY, "email", "the link says so"},
	{NULL, "newsletter", SITE_ANY, "email", "the link says so"},
	{NULL, "affiliate*", SITE_ANY, "affiliate", "the link says so"},
	{NULL, "partner", SITE_ANY, "affiliate", "the link says so"},
	{"fbclid", "cpc", SITE_ANY, "paid_social", "paid, on Facebook"},
	{"fbclid", "ppc", SITE_ANY, "paid_social", "paid, on Facebook"},
	{"fbclid", "paid*", SITE_ANY, "paid_social", "paid, on Facebook"},
	{NULL, "cpc", SITE_SOCIAL, "paid_social", "paid, on a social network"},
	{NULL, "ppc", SITE_SOCIAL, "paid_social", "paid, on a social network"},
	{NULL, "paid*", SITE_SOCIAL, "paid_social", "paid, on a social network"},
	{NULL, "retargeting", SITE_SOCIAL, "paid_social", "paid, on a social network"},
	{NULL, "display", SITE_ANY, "display", "the link says so"},
	{NULL, "banner", SITE_ANY, "display", "the link says so"},
	{NULL, "expandable", SITE_ANY, "display", "the link says so"},
	{NULL, "interstitial", SITE_ANY, "display", "the link says so"},
	{NULL, "cpm", SITE_ANY, "display", "paid by views"},
	{NULL, "retargeting", SITE_ANY, "display", "shown again elsewhere"},
	{NULL, "paid_social", SITE_ANY, "paid_social", "the link says so"},
	{NULL, "paid-social", SITE_ANY, "paid_social", "the link says so"},
	{NULL, "paidsocial", SITE_ANY, "paid_social", "the link says so"},
	{NULL, "cpc", SITE_ANY, "paid_search", "paid by clicks"},
	{NULL, "ppc", SITE_ANY, "paid_search", "paid by clicks"},
	{NULL, "paid*", SITE_ANY, "paid_search", "paid"},
	{"gclid", NULL, SITE_ANY, "paid_search", "Google Ads marks its clicks"},
	{"gbraid", NULL, SITE_ANY, "paid_search", "Google Ads marks its clicks"},
	{"wbraid", NULL, SITE_ANY, "paid_search", "Google Ads marks its clicks"},
	{"dclid", NULL, SITE_ANY, "display", "Google's display network marks its clicks"},
	{"msclkid", NULL, SITE_ANY, "paid_search", "Microsoft Advertising marks its clicks"},
	{"ttclid", NULL, SITE_ANY, "paid_social", "TikTok Ads marks its clicks"},
	{"twclid", NULL, SITE_ANY, "paid_social", "X Ads marks its clicks"},
	{"li_fat_id", NULL, SITE_ANY, "paid_social", "LinkedIn Ads marks its clicks"},
	{NULL, "social*", SITE_ANY, "organic_social", "the link says so"},
	{NULL, "sm", SITE_ANY, "organic_social", "the link says so"},
	{NULL, "organic", SITE_SOCIAL, "organic_social", "not paid, on a social network"},
	{NULL, "organic", SITE_ANY, "organic_search", "the link says so"},
	{"fbclid", NULL, SITE_ANY, "organic_social", "Facebook marks all clicks, paid or not"},
	{"igshid", NULL, SITE_ANY, "organic_social", "Instagram marks what is shared"},
	{NULL, "referral", SITE_SOCIAL, "organic_social", "a link on a social network"},
	{NULL, "referral", SITE_ANY, "referral", "the link says so"},
};

// Names and mediums of the tables begin with a small letter: most texts are told apart by their first one.
static bool begins_alike(const char *text, const char *name)
{
	return (text[0] | 0x20) == name[0];
}

static bool host_has_label(const char *host, const char *name)
{
	size_t size = strlen(name);
	bool whole = strchr(name, '.') != NULL; // a name with a dot: the end of the host
	for (const char *at = host; at && *at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL) {
		if (!begins_alike(at, name) || strncasecmp(at, name, size) != 0)
			continue;
		if (at[size] == '\0' || (!whole && at[size] == '.'))
			return true;
	}
	return false;
}

static enum site site_of(const char *host_or_source)
{
	for (size_t i = 0; i < SITE_COUNT; i++)
		if (host_has_label(host_or_source, sites[i].name))
			return sites[i].site;
	return SITE_ANY;
}

static bool matches_medium(const char *pattern, const char *medium)
{
	if (!begins_alike(medium, pattern))
		return false;
	size_t size = strlen(pattern);
	if (pattern[size - 1] == '*')
		return strncasecmp(medium, pattern, size - 1) == 0;
	return strcasecmp(medium, pattern) == 0;
}

static const char *by_rows(const Utarg__V1__Context *c)
{
	if (!c->utm_medium[0] && !c->click_id_kind[0])
		return NULL;
	enum site site = site_of(c->utm_source[0] ? c->utm_source : c->referrer_host);
	for (size_t i = 0; i < sizeof(channel_rows) / sizeof(channel_rows[0]); i++) {
		const struct channel_row *row = &channel_rows[i];
		if (row->click_id_kind && strcasecmp(row->click_id_kind, c->click_id_kind) != 0)
			continue;
		if (row->medium && !matches_medium(row->medium, c->utm_medium))
			continue;
		if (row->site != SITE_ANY && row->site != site)
			continue;
		return row->channel;
	}
	return NULL;
}

// The host, or a host below it.
static bool is_host_of(const char *host, const char *owner)
{
	size_t a = strlen(host), b = strlen(owner);
	if (!b || a < b || strcasecmp(host + a - b, owner) != 0)
		return false;
	return a == b || host[a - b - 1] == '.';
}

static bool is_own_host(const struct settings *settings, int64_t t_ms, const Utarg__V1__Context *c)
{
	if (is_host_of(c->referrer_host, c->host) || is_host_of(c->host, c->referrer_host))
		return true;
	const struct settings_version *v = settings_at(settings, t_ms);
	for (uint32_t i = 0; v && i < vec_count(v->hosts); i++)
		if (is_host_of(c->referrer_host, v->hosts->at[i].text))
			return true;
	return false;
}

static const char *by_site(enum site site, const char *otherwise)
{
	if (site == SITE_SEARCH)
		return "organic_search";
	return site == SITE_SOCIAL ? "organic_social" : otherwise;
}

static const char *by_source(const struct settings *settings, int64_t t_ms, const Utarg__V1__Context *c)
{
	if (c->affiliate[0])
		return "affiliate";
	if (c->utm_source[0] && strcasecmp(c->utm_source, "(direct)") != 0) {
		if (strcasecmp(c->utm_source, "newsletter") == 0 || strcasecmp(c->utm_source, "email") == 0)
			return "email";
		return by_site(site_of(c->utm_source), "other");
	}
	if (c->utm_medium[0] && strcasecmp(c->utm_medium, "(none)") != 0)
		return "other";
	if (!c->referrer_host[0] || is_own_host(settings, t_ms, c))
		return c->utm_campaign[0] ? "other" : "direct";
	return by_site(site_of(c->referrer_host), "referral");
}

static bool matches_text(const char *pattern, const char *text)
{
	return !pattern[0] || strcasecmp(pattern, text) == 0;
}

static const char *by_shop_rules(const struct settings *settings, int64_t t_ms, const Utarg__V1__Context *c)
{
	const struct rules_version *version = settings_rules_at(settings, t_ms);
	for (uint32_t i = 0; version && i < vec_count(version->rules); i++) {
		const struct channel_rule *rule = &version->rules->at[i];
		if (rule->marketing_channel[0] && matches_text(rule->utm_source, c->utm_source) &&
		    matches_text(rule->utm_medium, c->utm_medium) &&
		    matches_text(rule->click_id_kind, c->click_id_kind) &&
		    (!rule->referrer_host[0] || is_host_of(c->referrer_host, rule->referrer_host)))
			return rule->marketing_channel;
	}
	return NULL;
}

const char *channel_classify(const struct settings *settings, int64_t t_ms, const Utarg__V1__Context *context)
{
	static const Utarg__V1__Context nothing = UTARG__V1__CONTEXT__INIT;
	const Utarg__V1__Context *c = context ? context : &nothing;
	const char *channel = by_shop_rules(settings, t_ms, c);
	if (!channel)
		channel = by_rows(c);
	return channel ? channel : by_source(settings, t_ms, c);
}

static const char *const sales_names[] = {"web",   "web",         "app",  "pos",
					  "phone", "marketplace", "mail", "leaflet"};
_Static_assert(sizeof(sales_names) / sizeof(sales_names[0]) <= INTERN_SLOTS, "each has a slot");
static const char *const device_names[] = {"unknown", "desktop", "mobile", "tablet", "tv", "other"};

static const char *device_name(const Utarg__V1__Context *c)
{
	int device = c ? (int)c->device : 0;
	return device_names[device > 0 && device <= UTARG__V1__DEVICE__DEVICE_OTHER ? device : 0];
}

static const char *country_name(const Utarg__V1__Context *c)
{
	if (!c || strlen(c->country) != 2)
		return "unknown";
	for (int i = 0; i < 2; i++)
		if (c->country[i] < 'A' || c->country[i] > 'Z')
			return "unknown";
	return c->country;
}

uint32_t channel_sales_key(struct intern *intern, int channel)
{
	bool known = channel > 0 && channel <= UTARG__V1__CHANNEL__CHANNEL_LEAFLET;
	int name = known ? channel : 0;
	return intern_fixed(intern, (unsigned)name, sales_names[name]);
}

static uint32_t make_dims(struct intern *intern, int sales, const char *channel, const char *campaign,
			  const Utarg__V1__Context *c)
{
	struct dims dims = {0};
	dims.key[INTERN_INDEX(FOLD_SALES_CHANNEL)] = channel_sales_key(intern, sales);
	dims.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] = intern_key(intern, channel);
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = intern_key(intern, campaign);
	dims.key[INTERN_INDEX(FOLD_DEVICE)] = intern_key(intern, device_name(c));
	dims.key[INTERN_INDEX(FOLD_COUNTRY)] = intern_key(intern, country_name(c));
	return intern_dims(intern, &dims);
}

static const char *campaign_of(const Utarg__V1__Context *c)
{
	return c && c->utm_campaign[0] && strlen(c->utm_campaign) < FOLD_TEXT_SIZE ? c->utm_campaign : "none";
}

uint32_t channel_session_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			      const Utarg__V1__Event *event)
{
	const Utarg__V1__Context *c = event->context;
	return make_dims(intern, (int)event->channel, channel_classify(settings, t_ms, c), campaign_of(c), c);
}

static bool has_source(const Utarg__V1__Context *c)
{
	return c && (c->host[0] || c->path[0] || c->referrer_host[0] || c->utm_source[0] ||
		     c->utm_medium[0] || c->utm_campaign[0] || c->click_id_kind[0] || c->affiliate[0]);
}

uint32_t channel_own_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			  const Utarg__V1__Event *event)
{
	const Utarg__V1__Context *c = event->context;
	if (has_source(c))
		return channel_session_dims(intern, settings, t_ms, event);
	return make_dims(intern, (int)event->channel, "unknown", "unknown", c);
}

uint32_t channel_nothing_dims(struct intern *intern)
{
	return make_dims(intern, 0, "unknown", "unknown", NULL);
}

static bool has_sign(const Utarg__V1__Context *c)
{
	return c && (c->referrer_host[0] || c->utm_source[0] || c->utm_medium[0] || c->utm_campaign[0] ||
		     c->click_id_kind[0] || c->affiliate[0]);
}

uint32_t channel_touch_dims(struct intern *intern, const struct settings *settings, int64_t t_ms,
			    const Utarg__V1__Event *event)
{
	// Most events of a session say nothing, and only a shop's own rules make something of that.
	if (!has_sign(event->context) && !vec_count(settings->rules))
		return 0;
	const char *channel = channel_classify(settings, t_ms, event->context);
	const char *campaign = campaign_of(event->context);
	if (strcmp(channel, "direct") == 0 && strcmp(campaign, "none") == 0)
		return 0;
	return channel_spend_dims(intern, channel, campaign);
}

uint32_t channel_touch_of(struct intern *intern, uint32_t dims)
{
	const struct dims *all = intern_dims_at(intern, dims);
	struct dims touch = {0};
	uint32_t known = intern_touch_of(intern, dims);
	if (known)
		return known;
	touch.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] = all->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
	touch.key[INTERN_INDEX(FOLD_CAMPAIGN)] = all->key[INTERN_INDEX(FOLD_CAMPAIGN)];
	known = intern_dims(intern, &touch);
	intern_note_touch(intern, dims, known);
	return known;
}

bool channel_is_direct(struct intern *intern, uint32_t dims)
{
	const struct dims *all = intern_dims_at(intern, dims);
	const char *channel = intern_text(intern, all->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)]);
	const char *campaign = intern_text(intern, all->key[INTERN_INDEX(FOLD_CAMPAIGN)]);
	return strcmp(channel, "direct") == 0 && strcmp(campaign, "none") == 0;
}

uint32_t channel_spend_dims(struct intern *intern, const char *marketing_channel, const char *campaign)
{
	struct dims dims = {0};
	dims.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] =
		intern_key(intern, marketing_channel[0] ? marketing_channel : "unknown");
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = intern_key(intern, campaign[0] ? campaign : "none");
	return intern_dims(intern, &dims);
}
