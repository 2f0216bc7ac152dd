// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what placements show against what they are to show.
#include "services/campaign/core/message_judge_inner.h"

#include "services/campaign/core/message.h"

#include <stdlib.h>
#include <string.h>

// Placements of a message, by name.
struct places {
	struct place {
		const char *name;
		bool is_named;                       // by the version
		const struct message_report *report; // NULL: none yet
	} * items;
	size_t count;
};

static int compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

// Those the version names, as they report.
static void add_named(const struct message_standing *standing, struct places *out)
{
	const Utarg__V1__MarketingMessage *message = standing->message;
	size_t count = message->n_placements;

	for (size_t i = 0; i < count; i++)
		out->items[i] = (struct place){message->placements[i], true, NULL};
	out->count = count;
	if (count > 1)
		qsort(out->items, count, sizeof(*out->items), compare_places);
	for (size_t i = 0; i < standing->report_count && count > 0; i++) {
		const struct place wanted = {.name = standing->reports[i].placement};
		struct place *place = bsearch(&wanted, out->items, count, sizeof(wanted), compare_places);

		if (place != NULL)
			place->report = &standing->reports[i];
	}
}

// Those that show it without being named.
static void add_others(const struct message_standing *standing, struct places *out)
{
	size_t named = out->count;

	for (size_t i = 0; i < standing->report_count; i++) {
		const struct message_report *report = &standing->reports[i];
		const struct place other = {report->placement, false, report};

		if (report->shown_version == 0 ||
		    (named > 0 && bsearch(&other, out->items, named, sizeof(other), compare_places) != NULL))
			continue;
		out->items[out->count++] = other;
	}
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), compare_places);
}

// Those the version names while it is published, and all whose last report shows it; by name.
static bool find_places(struct arena *arena, const struct message_standing *standing, struct places *out)
{
	size_t room = standing->message->n_placements + standing->report_count;

	*out = (struct places){.items = arena_calloc(arena, room + 1, sizeof(*out->items))};
	if (out->items == NULL)
		return false;
	add_named(standing, out);
	add_others(standing, out);
	return true;
}

// Whether it shows what it is to show, prices and claims left aside.
static Utarg__V1__PlacementState state_of(const struct message_standing *standing, const struct place *place)
{
	uint32_t current = standing->state == MESSAGE_PUBLISHED ? standing->message->message_version : 0;

	if (place->report == NULL)
		return UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_UNKNOWN;
	return place->report->shown_version == current ? UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_COHERENT
						       : UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_STALE;
}

// Another price than each of those the message claims; a message that claims none says nothing about it.
static bool shows_other_price(const Utarg__V1__MarketingMessage *message, const struct message_report *report)
{
	bool has_price = false;

	if (!report->has_price)
		return false;
	for (size_t i = 0; i < message->n_claims; i++) {
		const Utarg__V1__Claim *claim = message->claims[i];

		if (claim->claim_kind != UTARG__V1__CLAIM_KIND__CLAIM_KIND_PRICE)
			continue;
		has_price = true;
		if (claim->amount_minor == report->price_gross_minor &&
		    (report->currency[0] == '\0' || strcmp(claim->currency, report->currency) == 0))
			return false;
	}
	return has_price;
}

static bool add_placement(struct judge *judge, Utarg__V1__MessageAlert *alert, const char *placement,
			  size_t room)
{
	if (alert->placements == NULL)
		alert->placements = arena_calloc(judge->arena, room + 1, sizeof(*alert->placements));
	if (alert->placements == NULL)
		return false;
	alert->placements[alert->n_placements++] = (char *)(uintptr_t)placement;
	return true;
}

// ---- alerts --------------------------------------------------------------------------------------------

struct wrong {
	const struct place *first;
	size_t count;
	int64_t since_ms; // of the earliest report
};

static void note_wrong(struct wrong *wrong, const struct place *place)
{
	if (wrong->count++ == 0)
		wrong->first = place;
	if (wrong->count == 1 || place->report->t_ms < wrong->since_ms)
		wrong->since_ms = place->report->t_ms;
}

static bool is_wrong(const struct judge *judge, const struct place *place, Utarg__V1__MessageFault fault)
{
	Utarg__V1__PlacementState state = state_of(judge->standing, place);

	if (fault != UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_SHOWN_PRICE)
		return state == UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_STALE;
	return judge->standing->state == MESSAGE_PUBLISHED &&
	       state == UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_COHERENT &&
	       shows_other_price(judge->standing->message, place->report);
}

static const char *currency_of(const struct judge *judge, const struct message_report *report)
{
	return report->currency[0] != '\0' ? report->currency : judge->facts->currency;
}

static Utarg__V1__MessageAlert *say(struct judge *judge, Utarg__V1__MessageFault fault,
				    const struct wrong *wrong)
{
	const struct message_report *report = wrong->first->report;
	const char *others = wrong->count > 1 ? ", and so do others" : "";
	char amount[JUDGE_AMOUNT_SIZE];

	if (fault == UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_WITHDRAWN)
		return judge_add(judge, fault, wrong->since_ms,
				 "%.80s shows version %u, which is withdrawn%s", report->placement,
				 report->shown_version, others);
	if (fault == UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_SHOWN_PRICE)
		return judge_add(judge, fault, wrong->since_ms,
				 "%.80s shows %s, which the message does not claim%s", report->placement,
				 judge_amount(report->price_gross_minor, currency_of(judge, report), amount),
				 others);
	if (report->shown_version == 0)
		return judge_add(judge, fault, wrong->since_ms, "%.80s does not show version %u%s",
				 report->placement, judge->standing->message->message_version, others);
	return judge_add(judge, fault, wrong->since_ms, "%.80s shows version %u, not %u%s", report->placement,
			 report->shown_version, judge->standing->message->message_version, others);
}

static void judge_all(struct judge *judge, const struct places *places, Utarg__V1__MessageFault fault)
{
	struct wrong wrong = {0};
	Utarg__V1__MessageAlert *alert;

	for (size_t i = 0; i < places->count; i++) {
		if (is_wrong(judge, &places->items[i], fault))
			note_wrong(&wrong, &places->items[i]);
	}
	if (wrong.count == 0 || (alert = say(judge, fault, &wrong)) == NULL)
		return;
	for (size_t i = 0; i < places->count; i++) {
		if (is_wrong(judge, &places->items[i], fault) &&
		    !add_placement(judge, alert, places->items[i].name, wrong.count))
			return;
	}
}

void judge_placements(struct judge *judge)
{
	struct places places;
	bool is_published = judge->standing->state == MESSAGE_PUBLISHED;

	if (!find_places(judge->arena, judge->standing, &places))
		return;
	judge_all(judge, &places,
		  is_published ? UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_STALE
			       : UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_WITHDRAWN);
	judge_all(judge, &places, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_SHOWN_PRICE);
}

void judge_mend_all(struct judge *judge, Utarg__V1__MessageAlert *alert)
{
	struct places places;

	if (!find_places(judge->arena, judge->standing, &places))
		return;
	for (size_t i = 0; i < places.count; i++) {
		if (state_of(judge->standing, &places.items[i]) !=
			    UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_STALE &&
		    !add_placement(judge, alert, places.items[i].name, places.count))
			return;
	}
}

// ---- views ---------------------------------------------------------------------------------------------

static int compare_name(const void *name, const void *placement)
{
	return strcmp(name, *(char *const *)placement);
}

// Whether an alert about what the version says names the placement; alerts name them in order.
static bool is_contradicting(const char *placement, Utarg__V1__MessageAlert *const *alerts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (alerts[i]->n_placements > 0 &&
		    bsearch(placement, alerts[i]->placements, alerts[i]->n_placements,
			    sizeof(*alerts[i]->placements), compare_name) != NULL)
			return true;
	}
	return false;
}

static Utarg__V1__PlacementView *view_of(struct arena *arena, const struct place *place,
					 Utarg__V1__PlacementState state)
{
	Utarg__V1__PlacementView *view = arena_alloc(arena, sizeof(*view));

	if (view == NULL)
		return NULL;
	utarg__v1__placement_view__init(view);
	view->placement = (char *)(uintptr_t)place->name;
	message_placement_channel(place->name, &view->channel);
	view->state = state;
	view->named = place->is_named;
	if (place->report == NULL)
		return view;
	view->shown_version = place->report->shown_version;
	view->shown_at_ms = place->report->t_ms;
	view->currency = (char *)(uintptr_t)place->report->currency;
	if (place->report->has_price) {
		view->known_price_case = UTARG__V1__PLACEMENT_VIEW__KNOWN_PRICE_SHOWN_PRICE_GROSS_MINOR;
		view->shown_price_gross_minor = place->report->price_gross_minor;
	}
	return view;
}

bool message_placements(struct arena *arena, const struct message_standing *standing,
			Utarg__V1__MessageAlert *const *alerts, size_t alert_count,
			Utarg__V1__PlacementView ***out, size_t *count)
{
	struct places places;

	*count = 0;
	if (!find_places(arena, standing, &places))
		return false;
	*out = arena_calloc(arena, places.count + 1, sizeof(**out));
	if (*out == NULL)
		return false;
	for (size_t i = 0; i < places.count; i++) {
		const struct place *place = &places.items[i];
		Utarg__V1__PlacementState state = state_of(standing, place);

		if (state == UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_COHERENT &&
		    is_contradicting(place->name, alerts, alert_count))
			state = UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_CONTRADICTING;
		(*out)[*count] = view_of(arena, place, state);
		if ((*out)[(*count)++] == NULL)
			return false;
	}
	return true;
}
