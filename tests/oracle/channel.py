# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marketing channels: the shop's rules in force, else the table of docs/ARCHITECTURE.md ("Marketing channel"),
which follows GA4's default channel grouping."""
import functools
import string

SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
SEARCH = "google bing duckduckgo yahoo ecosia baidu yandex seznam qwant startpage naver brave".split()
SOCIAL = ("facebook instagram twitter x.com t.co linkedin lnkd.in pinterest tiktok reddit youtube youtu.be snapchat "
          "threads whatsapp messenger wykop vk.com mastodon bsky discord telegram t.me fb ig fb.me").split()
EMAIL = ("email", "e-mail", "mail", "newsletter")
DISPLAY = ("display", "banner", "expandable", "interstitial", "cpm", "retargeting")
CLICKS = {"gclid": "paid_search", "gbraid": "paid_search", "wbraid": "paid_search", "dclid": "display",
          "msclkid": "paid_search", "ttclid": "paid_social", "twclid": "paid_social", "li_fat_id": "paid_social"}
SOCIAL_CLICKS = ("fbclid", "igshid")


def small(text):
    return text.translate(SMALL)


@functools.cache
def is_host_of(host, owner):
    """The host, or one below it."""
    return bool(owner) and ("." + small(host)).endswith("." + small(owner))


@functools.cache
def site(host_or_source):
    """ "search", "social" or None: a name with a dot is the end of a host, another one a label of it."""
    labels = small(host_or_source).split(".")
    ends = {".".join(labels[i:]) for i in range(len(labels))}
    for name, kind in [(name, "search") for name in SEARCH] + [(name, "social") for name in SOCIAL]:
        if name in ends or "." not in name and name in labels:
            return kind
    return None


def by_medium_and_click(context):
    """An explicit medium beats a click id."""
    medium, click = small(context.utm_medium), small(context.click_id_kind)
    where = site(context.utm_source or context.referrer_host)
    is_paid = medium in ("cpc", "ppc") or medium.startswith("paid")
    if medium in EMAIL:
        return "email"
    if medium.startswith("affiliate") or medium == "partner":
        return "affiliate"
    if is_paid and (click == "fbclid" or where == "social"):
        return "paid_social"
    if medium == "retargeting" and where == "social":
        return "paid_social"
    if medium in DISPLAY:
        return "display"
    if medium in ("paid_social", "paid-social", "paidsocial"):
        return "paid_social"
    if is_paid:
        return "paid_search"
    if click in CLICKS:
        return CLICKS[click]
    if medium.startswith("social") or medium == "sm":
        return "organic_social"
    if medium == "organic":
        return "organic_social" if where == "social" else "organic_search"
    if click in SOCIAL_CLICKS:
        return "organic_social"
    if medium == "referral":
        return "organic_social" if where == "social" else "referral"
    return None


def is_own(settings, t, context):
    """The shop's own hosts and payment hosts are no referrers."""
    version, referrer = settings.at(t), context.referrer_host
    if is_host_of(referrer, context.host) or is_host_of(context.host, referrer):
        return True
    return any(is_host_of(referrer, host) for host in [*version.own_hosts, *version.payment_hosts])


def by_site(where, otherwise):
    return {"search": "organic_search", "social": "organic_social"}.get(where, otherwise)


def by_source(settings, t, context):
    source, medium = small(context.utm_source), small(context.utm_medium)
    if context.affiliate:
        return "affiliate"
    if source and source != "(direct)":
        return "email" if source in ("newsletter", "email") else by_site(site(source), "other")
    if medium and medium != "(none)":
        return "other"
    if not context.referrer_host or is_own(settings, t, context):
        return "other" if context.utm_campaign else "direct"
    return by_site(site(context.referrer_host), "referral")


def by_rules(settings, t, context):
    def says(rule, field):
        wanted = getattr(rule, field)
        return wanted in ("", "*") or small(wanted) == small(getattr(context, field))

    for rule in settings.rules_at(t):
        from_host = rule.referrer_host in ("", "*") or is_host_of(context.referrer_host, rule.referrer_host)
        if rule.marketing_channel not in ("", "*") and from_host and all(
            says(rule, field) for field in ("utm_source", "utm_medium", "click_id_kind")
        ):
            return small(rule.marketing_channel)
    return None


def classify(settings, t, context):
    return by_rules(settings, t, context) or by_medium_and_click(context) or by_source(settings, t, context)
