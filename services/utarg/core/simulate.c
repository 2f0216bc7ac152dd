// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The simulator's frame: chance, how an event is written, and the order of a day.
#include "services/utarg/core/simulate.h"

#include "common/base/uuid.h"
#include "services/utarg/core/simulate_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t sim_next(struct sim_rng *rng)
{
	uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t sim_below(struct sim_rng *rng, uint32_t n)
{
	return (uint32_t)(((sim_next(rng) >> 32) * n) >> 32);
}

int64_t sim_between(struct sim_rng *rng, int64_t low, int64_t high)
{
	return low + (int64_t)(sim_next(rng) % (uint64_t)(high - low + 1));
}

bool sim_chance(struct sim_rng *rng, uint32_t per_thousand)
{
	return sim_below(rng, 1000) < per_thousand;
}

struct sim_actor sim_server(void)
{
	return (struct sim_actor){
		.channel = UTARG__V1__CHANNEL__CHANNEL_WEB,
		.origin = UTARG__V1__ORIGIN__ORIGIN_SERVER,
		.context = UTARG__V1__CONTEXT__INIT,
	};
}

// A UUIDv7 of the event's own time with chance from the seed: the same run makes the same ids.
static void make_id(struct sim_rng *rng, int64_t t_ms, uint8_t id[UUID_SIZE])
{
	uint64_t words[2] = {sim_next(rng), sim_next(rng)};
	memcpy(id, words, UUID_SIZE);
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)((uint64_t)t_ms >> (40 - 8 * i));
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

static void keep(struct simulate_day *day, struct simulate_event event)
{
	if (day->count == day->capacity) {
		day->capacity = day->capacity == 0 ? 1024 : 2 * day->capacity;
		day->events = realloc(day->events, day->capacity * sizeof *day->events);
		assert(day->events != NULL);
	}
	day->events[day->count++] = event;
}

// A visitor has one of each kind; nothing leads from it to him.
static void make_click_id(const char *kind, const char *visitor, char out[UUID_TEXT_SIZE])
{
	uint8_t id[UUID_SIZE];
	uuid_v5(kind, visitor, strlen(visitor), id);
	uuid_format(id, out);
}

void sim_emit(struct sim *sim, const struct sim_actor *actor, int64_t t_ms, Utarg__V1__Event *event)
{
	uint8_t id[UUID_SIZE];
	make_id(&sim->rng, t_ms, id);
	if (t_ms > sim->options->until_ms)
		return;
	char shop[80], source[] = "utarg/simulate";
	text_copy(shop, sizeof shop, sim->options->shop);
	Utarg__V1__Context context = actor->context;
	Utarg__V1__Consent consent = UTARG__V1__CONSENT__INIT;
	consent.analytics = actor->analytics_denied ? UTARG__V1__CHOICE__CHOICE_DENIED
						    : UTARG__V1__CHOICE__CHOICE_GRANTED;
	event->id = (ProtobufCBinaryData){sizeof id, id};
	event->source = source;
	event->occurred_at_ms = t_ms;
	event->shop = shop;
	event->channel = actor->channel;
	event->context = &context;
	if (actor->visitor[0] != '\0')
		event->consent = &consent;

	char visitor[SIM_TEXT_SIZE], customer[SIM_TEXT_SIZE];
	text_copy(visitor, sizeof visitor, actor->visitor);
	text_copy(customer, sizeof customer, actor->customer);
	Utarg__V1__Subject subject = UTARG__V1__SUBJECT__INIT;
	subject.visitor_id = visitor;
	subject.customer_ref = customer;
	char click_id[UUID_TEXT_SIZE] = "";
	if (context.click_id_kind[0] != '\0' && visitor[0] != '\0')
		make_click_id(context.click_id_kind, visitor, click_id);
	subject.click_id = click_id;
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	publication.event = event;
	publication.subject = visitor[0] != '\0' || customer[0] != '\0' ? &subject : NULL;

	struct simulate_event out = {.t_ms = t_ms, .origin = actor->origin};
	out.size = utarg__v1__publication__get_packed_size(&publication);
	out.bytes = malloc(out.size);
	assert(out.bytes != NULL);
	utarg__v1__publication__pack(&publication, out.bytes);
	keep(sim->day, out);
}

static int by_time(const void *left, const void *right)
{
	const struct simulate_event *a = left, *b = right;
	if (a->t_ms != b->t_ms)
		return a->t_ms < b->t_ms ? -1 : 1;
	size_t size = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->bytes, b->bytes, size);
	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static int64_t visit_time(struct sim *sim)
{
	size_t hour = sim_pick(&sim->rng, sim_hour_weights, 24);
	int64_t second = (int64_t)hour * 3600 + sim_below(&sim->rng, 3600);
	return zone_local_ms(sim->options->zone, sim->options->date, (int)second) +
	       sim_below(&sim->rng, 1000);
}

void simulate_day(const struct simulate_options *options, struct simulate_day *out)
{
	*out = (struct simulate_day){0};
	struct sim sim = {.options = options, .day = out};
	// The day is part of the seed: the next day is another one, and the same one each time. Both are
	// mixed well: a state that is n steps ahead of another would tell the other's day from its n-th draw
	// on.
	sim.rng.state = options->seed;
	sim.rng.state = sim_next(&sim.rng) + (uint64_t)zone_date_days(options->date);
	sim.rng.state = sim_next(&sim.rng);
	sim.day_start_ms = zone_day_start_ms(options->zone, options->date);
	sim.day_end_ms = zone_day_start_ms(options->zone, zone_date_add(options->date, 1));
	sim_shop_day(&sim);
	for (uint32_t i = 0; i < options->visit_count; i++)
		sim_visit(&sim, visit_time(&sim));
	if (out->count > 1)
		qsort(out->events, out->count, sizeof *out->events, by_time);
}

void simulate_day_free(struct simulate_day *day)
{
	for (size_t i = 0; i < day->count; i++)
		free(day->events[i].bytes);
	free(day->events);
	*day = (struct simulate_day){0};
}
