// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/settings.h"

#include <string.h>

enum { GAP_MIN_MINUTES = 5, GAP_MAX_MINUTES = 240 };

struct settings *settings_create(void)
{
	struct settings *settings = memory_get(sizeof(*settings));
	settings->greatest_ms = INT64_MIN;
	settings->greatest_click_ms = INT64_MIN;
	return settings;
}

void settings_destroy(struct settings *settings)
{
	if (!settings)
		return;
	for (uint32_t i = 0; i < vec_count(settings->versions); i++)
		vec_free(settings->versions->at[i].hosts);
	for (uint32_t i = 0; i < vec_count(settings->rules); i++)
		vec_free(settings->rules->at[i].rules);
	vec_free(settings->versions);
	vec_free(settings->rules);
	vec_free(settings->keys);
	memory_free(settings);
}

const struct settings_version *settings_effective(const struct settings *settings)
{
	const struct settings_version *best = NULL;
	for (uint32_t i = 0; i < vec_count(settings->versions); i++) {
		const struct settings_version *v = &settings->versions->at[i];
		if (!best || moment_compare(&best->moment, &v->moment) < 0)
			best = v;
	}
	return best;
}

const struct settings_version *settings_at(const struct settings *settings, int64_t t_ms)
{
	uint32_t i = vec_count(settings->versions);
	if (!i)
		return NULL;
	while (i > 1 && settings->versions->at[i - 1].valid_from_ms > t_ms)
		i--;
	return &settings->versions->at[i - 1];
}

const struct rules_version *settings_rules_at(const struct settings *settings, int64_t t_ms)
{
	for (uint32_t i = vec_count(settings->rules); i > 0; i--)
		if (settings->rules->at[i - 1].valid_from_ms <= t_ms)
			return &settings->rules->at[i - 1];
	return NULL;
}

const uint8_t *settings_affiliate_key_at(const struct settings *settings, int64_t t_ms)
{
	for (uint32_t i = vec_count(settings->keys); i > 0; i--)
		if (settings->keys->at[i - 1].valid_from_ms <= t_ms)
			return settings->keys->at[i - 1].public_key;
	return NULL;
}

// All kinds of versions begin with valid_from and moment.
static int version_compare(int64_t from_a, const struct moment *a, int64_t from_b, const struct moment *b)
{
	if (from_a != from_b)
		return from_a < from_b ? -1 : 1;
	return moment_compare(a, b);
}

static void copy_lower(char *out, size_t size, const char *text)
{
	size_t i = 0;
	for (; text[i] && i + 1 < size; i++)
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
	out[i] = '\0';
}

static void add_hosts(struct settings_version *version, size_t count, char **hosts)
{
	for (size_t i = 0; i < count; i++) {
		struct settings_host *host = vec_push(version->hosts);
		copy_lower(host->text, sizeof(host->text), hosts[i]);
	}
}

static bool same_hosts(const struct settings_version *a, const struct settings_version *b)
{
	uint32_t count = vec_count(a->hosts);
	if (count != vec_count(b->hosts))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(a->hosts->at[i].text, b->hosts->at[i].text) != 0)
			return false;
	return true;
}

static uint32_t clamp_gap(uint32_t minutes)
{
	if (!minutes)
		return SETTINGS_DEFAULT_GAP_MINUTES;
	if (minutes < GAP_MIN_MINUTES)
		return GAP_MIN_MINUTES;
	return minutes > GAP_MAX_MINUTES ? GAP_MAX_MINUTES : minutes;
}

// Those that an order's touches may be as old as; what is none of them is 30.
static uint32_t read_attribution_days(uint64_t days)
{
	return days == 7 || days == 90 ? (uint32_t)days : SETTINGS_DEFAULT_ATTRIBUTION_DAYS;
}

uint32_t settings_attribution_days(const struct settings *settings, int64_t placed_ms)
{
	const struct settings_version *v = settings_at(settings, placed_ms);
	return v ? v->attribution_days : SETTINGS_DEFAULT_ATTRIBUTION_DAYS;
}

static bool is_same(const struct settings_version *a, const struct settings_version *b)
{
	return same_hosts(a, b) && strcmp(a->rate_source, b->rate_source) == 0 &&
	       a->attribution_days == b->attribution_days;
}

// Does the version at index i change the hosts, the source of rates or the attribution window for something
// that is folded already?
static bool acts_back(const struct settings *settings, uint32_t i)
{
	const struct settings_version *v = &settings->versions->at[i];
	// The first version acts before its valid_from too; taking its place changes that as well.
	if (i > 0 && v->valid_from_ms > settings->greatest_ms)
		return false;
	const struct settings_version *before = i > 0 ? v - 1 : NULL;
	if (!before && i + 1 < vec_count(settings->versions))
		before = v + 1;
	static const struct settings_version none = {.attribution_days = SETTINGS_DEFAULT_ATTRIBUTION_DAYS};
	return !is_same(before ? before : &none, v);
}

static bool is_other_base(const char *zone, const char *currency, uint32_t gap,
			  const struct settings_version *v)
{
	return strcmp(zone, v->zone) != 0 || strcmp(currency, v->currency) != 0 || gap != v->gap_minutes;
}

bool settings_add(struct settings *settings, const struct moment *moment,
		  const Utarg__V1__ShopSettings *stated)
{
	char zone[ZONE_NAME_SIZE] = "", currency[ORDER_CURRENCY_SIZE] = "";
	uint32_t gap = SETTINGS_DEFAULT_GAP_MINUTES;
	const struct settings_version *old = settings_effective(settings);
	if (old) {
		text_copy(zone, sizeof(zone), old->zone);
		text_copy(currency, sizeof(currency), old->currency);
		gap = old->gap_minutes;
	}
	uint32_t i = vec_count(settings->versions);
	for (; i > 0; i--) {
		const struct settings_version *v = &settings->versions->at[i - 1];
		int order = version_compare(v->valid_from_ms, &v->moment, stated->valid_from_ms, moment);
		if (order == 0)
			return false;
		if (order < 0)
			break;
	}
	struct settings_version *added = vec_insert(settings->versions, i);
	added->valid_from_ms = stated->valid_from_ms;
	added->moment = *moment;
	text_copy(added->currency, sizeof(added->currency), stated->currency);
	text_copy(added->zone, sizeof(added->zone), stated->zone);
	if (strlen(stated->rate_source) < SETTINGS_RATE_SOURCE_SIZE)
		text_copy(added->rate_source, sizeof(added->rate_source), stated->rate_source);
	added->gap_minutes = clamp_gap(stated->session_gap_minutes);
	added->attribution_days = read_attribution_days(stated->attribution_days);
	add_hosts(added, stated->n_own_hosts, stated->own_hosts);
	add_hosts(added, stated->n_payment_hosts, stated->payment_hosts);
	if (settings->greatest_ms == INT64_MIN)
		return false;
	return is_other_base(zone, currency, gap, settings_effective(settings)) || acts_back(settings, i);
}

static void add_rule(struct rules_version *version, const Utarg__V1__ChannelRule *stated)
{
	struct channel_rule *rule = vec_push(version->rules);
	const char *from[] = {stated->utm_source, stated->utm_medium, stated->click_id_kind,
			      stated->referrer_host, stated->marketing_channel};
	char *to[] = {rule->utm_source, rule->utm_medium, rule->click_id_kind, rule->referrer_host,
		      rule->marketing_channel};
	for (int i = 0; i < 5; i++)
		copy_lower(to[i], FOLD_TEXT_SIZE, strcmp(from[i], "*") == 0 ? "" : from[i]);
}

bool settings_add_rules(struct settings *settings, const struct moment *moment,
			const Utarg__V1__ChannelRules *stated)
{
	uint32_t i = vec_count(settings->rules);
	for (; i > 0; i--) {
		const struct rules_version *v = &settings->rules->at[i - 1];
		int order = version_compare(v->valid_from_ms, &v->moment, stated->valid_from_ms, moment);
		if (order == 0)
			return false;
		if (order < 0)
			break;
	}
	struct rules_version *added = vec_insert(settings->rules, i);
	added->valid_from_ms = stated->valid_from_ms;
	added->moment = *moment;
	for (size_t k = 0; k < stated->n_rules; k++)
		add_rule(added, stated->rules[k]);
	return settings->greatest_ms != INT64_MIN && stated->valid_from_ms <= settings->greatest_ms;
}

bool settings_add_key(struct settings *settings, const struct moment *moment,
		      const Utarg__V1__AffiliateKey *stated)
{
	uint32_t i = vec_count(settings->keys);
	if (stated->public_key.len != SIGNATURE_PUBLIC_SIZE)
		return false;
	for (; i > 0; i--) {
		const struct key_version *v = &settings->keys->at[i - 1];
		int order = version_compare(v->valid_from_ms, &v->moment, stated->valid_from_ms, moment);
		if (order == 0)
			return false;
		if (order < 0)
			break;
	}
	struct key_version *added = vec_insert(settings->keys, i);
	added->valid_from_ms = stated->valid_from_ms;
	added->moment = *moment;
	memcpy(added->public_key, stated->public_key.data, SIGNATURE_PUBLIC_SIZE);
	return settings->greatest_ms != INT64_MIN && stated->valid_from_ms <= settings->greatest_click_ms;
}

bool settings_note_click(struct settings *settings, int64_t t_ms)
{
	if (t_ms <= settings->greatest_click_ms)
		return false;
	settings->greatest_click_ms = t_ms;
	return true;
}

static void write_moment(const struct moment *moment, struct codec_writer *w)
{
	codec_put_int(w, moment->t_ms);
	codec_put_raw(w, moment->id, UUID_SIZE);
}

static void read_moment(struct moment *moment, struct codec_reader *r)
{
	moment->t_ms = codec_get_int(r);
	codec_get_raw(r, moment->id, UUID_SIZE);
}

void settings_write(const struct settings *settings, struct codec_writer *w)
{
	codec_put_int(w, settings->greatest_ms);
	codec_put_uint(w, vec_count(settings->versions));
	for (uint32_t i = 0; i < vec_count(settings->versions); i++) {
		const struct settings_version *v = &settings->versions->at[i];
		codec_put_int(w, v->valid_from_ms);
		write_moment(&v->moment, w);
		codec_put_text(w, v->currency);
		codec_put_text(w, v->zone);
		codec_put_text(w, v->rate_source);
		codec_put_uint(w, v->gap_minutes);
		codec_put_uint(w, v->attribution_days);
		codec_put_uint(w, vec_count(v->hosts));
		for (uint32_t k = 0; k < vec_count(v->hosts); k++)
			codec_put_text(w, v->hosts->at[k].text);
	}
	codec_put_uint(w, vec_count(settings->rules));
	for (uint32_t i = 0; i < vec_count(settings->rules); i++) {
		const struct rules_version *v = &settings->rules->at[i];
		codec_put_int(w, v->valid_from_ms);
		write_moment(&v->moment, w);
		codec_put_uint(w, vec_count(v->rules));
		for (uint32_t k = 0; k < vec_count(v->rules); k++) {
			const struct channel_rule *rule = &v->rules->at[k];
			codec_put_text(w, rule->utm_source);
			codec_put_text(w, rule->utm_medium);
			codec_put_text(w, rule->click_id_kind);
			codec_put_text(w, rule->referrer_host);
			codec_put_text(w, rule->marketing_channel);
		}
	}
	codec_put_int(w, settings->greatest_click_ms);
	codec_put_uint(w, vec_count(settings->keys));
	for (uint32_t i = 0; i < vec_count(settings->keys); i++) {
		const struct key_version *v = &settings->keys->at[i];
		codec_put_int(w, v->valid_from_ms);
		write_moment(&v->moment, w);
		codec_put_raw(w, v->public_key, sizeof(v->public_key));
	}
}

static void read_version(struct settings_version *v, struct codec_reader *r)
{
	v->valid_from_ms = codec_get_int(r);
	read_moment(&v->moment, r);
	codec_get_text(r, v->currency, sizeof(v->currency));
	codec_get_text(r, v->zone, sizeof(v->zone));
	codec_get_text(r, v->rate_source, sizeof(v->rate_source));
	v->gap_minutes = (uint32_t)codec_get_uint_max(r, GAP_MAX_MINUTES);
	if (v->gap_minutes < GAP_MIN_MINUTES)
		r->broken = true;
	uint64_t days = codec_get_uint(r);
	v->attribution_days = read_attribution_days(days);
	if (v->attribution_days != days)
		r->broken = true;
	uint32_t hosts = codec_get_count(r, 1);
	for (uint32_t i = 0; i < hosts && !r->broken; i++) {
		struct settings_host *host = vec_push(v->hosts);
		codec_get_text(r, host->text, sizeof(host->text));
	}
}

static void read_rules(struct rules_version *v, struct codec_reader *r)
{
	v->valid_from_ms = codec_get_int(r);
	read_moment(&v->moment, r);
	uint32_t rules = codec_get_count(r, 5);
	for (uint32_t i = 0; i < rules && !r->broken; i++) {
		struct channel_rule *rule = vec_push(v->rules);
		codec_get_text(r, rule->utm_source, FOLD_TEXT_SIZE);
		codec_get_text(r, rule->utm_medium, FOLD_TEXT_SIZE);
		codec_get_text(r, rule->click_id_kind, FOLD_TEXT_SIZE);
		codec_get_text(r, rule->referrer_host, FOLD_TEXT_SIZE);
		codec_get_text(r, rule->marketing_channel, FOLD_TEXT_SIZE);
	}
}

static void read_keys(struct settings *settings, struct codec_reader *r)
{
	settings->greatest_click_ms = codec_get_int(r);
	uint32_t keys = codec_get_count(r, 1 + UUID_SIZE + SIGNATURE_PUBLIC_SIZE);
	for (uint32_t i = 0; i < keys && !r->broken; i++) {
		struct key_version *v = vec_push(settings->keys);
		v->valid_from_ms = codec_get_int(r);
		read_moment(&v->moment, r);
		codec_get_raw(r, v->public_key, sizeof(v->public_key));
		if (i > 0 &&
		    version_compare(v[-1].valid_from_ms, &v[-1].moment, v->valid_from_ms, &v->moment) >= 0)
			r->broken = true;
	}
}

bool settings_read(struct settings *settings, struct codec_reader *r)
{
	settings->greatest_ms = codec_get_int(r);
	uint32_t versions = codec_get_count(r, 21);
	for (uint32_t i = 0; i < versions && !r->broken; i++) {
		struct settings_version *v = vec_push(settings->versions);
		read_version(v, r);
		if (i > 0 &&
		    version_compare(v[-1].valid_from_ms, &v[-1].moment, v->valid_from_ms, &v->moment) >= 0)
			r->broken = true;
	}
	uint32_t rules = codec_get_count(r, 18);
	for (uint32_t i = 0; i < rules && !r->broken; i++) {
		struct rules_version *v = vec_push(settings->rules);
		read_rules(v, r);
		if (i > 0 &&
		    version_compare(v[-1].valid_from_ms, &v[-1].moment, v->valid_from_ms, &v->moment) >= 0)
			r->broken = true;
	}
	read_keys(settings, r);
	return !r->broken;
}
