// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The simulated shop's world, as tables: what it sells, where its visitors come from, what it pays for them.
#include "services/utarg/core/simulate_parts.h"

const struct sim_offer sim_offers[] = {
	{"MUG-RED", "Red enamel mug", "kitchen", 4900, 1700, 60},
	{"MUG-BLUE", "Blue enamel mug", "kitchen", 4900, 1700, 55},
	{"TEAPOT-1", "Cast iron teapot", "kitchen", 18900, 8200, 25},
	{"KETTLE-C", "Copper kettle", "kitchen", 32900, 16100, 18},
	{"BOARD-OAK", "Oak chopping board", "kitchen", 12900, 5100, 32},
	{"KNIFE-SET", "Set of three knives", "kitchen", 25900, 11700, 22},
	{"TOWEL-LIN", "Linen tea towel", "textile", 3900, 1300, 48},
	{"BLANKET-W", "Wool blanket", "textile", 27900, 12900, 26},
	{"CUSHION-G", "Green cushion", "textile", 7900, 2700, 34},
	{"RUG-SMALL", "Small woven rug", "textile", 21900, 9400, 20},
	{"CURTAIN-2", "Pair of linen curtains", "textile", 34900, 15900, 14},
	{"CANDLE-BW", "Beeswax candle", "home", 2900, 900, 58},
	{"CANDLE-SET", "Twelve candles", "home", 9900, 3900, 40},
	{"VASE-GLASS", "Blown glass vase", "home", 14900, 5900, 24},
	{"CLOCK-OAK", "Oak wall clock", "home", 22900, 9900, 16},
	{"LAMP-DESK", "Brass desk lamp", "home", 39900, 18900, 15},
	{"FRAME-A4", "Walnut frame A4", "home", 5900, 2100, 30},
	{"MIRROR-R", "Round mirror", "home", 28900, 13200, 13},
	{"BASKET-W", "Willow basket", "home", 8900, 3300, 28},
	{"HOOKS-5", "Five iron hooks", "home", 4500, 1500, 26},
	{"SOAP-LAV", "Lavender soap", "bath", 1900, 600, 44},
	{"SOAP-SET", "Gift box of soaps", "bath", 6900, 2500, 38},
	{"ROBE-COT", "Cotton bathrobe", "bath", 24900, 10900, 17},
	{"BRUSH-B", "Beech bath brush", "bath", 5400, 1900, 21},
	{"TOY-TRAIN", "Wooden train", "toys", 13900, 5700, 30},
	{"TOY-BLOCK", "Building blocks", "toys", 9900, 3900, 36},
	{"PUZZLE-M", "Map puzzle", "toys", 7900, 2900, 27},
	{"DOLL-LIN", "Linen doll", "toys", 8900, 3500, 19},
	{"NOTE-A5", "Notebook A5", "paper", 2900, 900, 42},
	{"PEN-BRASS", "Brass pen", "paper", 11900, 4700, 23},
	{"CARD-SET", "Ten greeting cards", "paper", 3500, 1000, 35},
	{"ADVENT", "Advent calendar", "season", 9900, 3700, 46},
};
const size_t sim_offer_count = sizeof sim_offers / sizeof *sim_offers;

const struct sim_source sim_sources[] = {
	{230, "www.google.com", "", "", "", "", "", 30},
	{210, "", "", "", "", "", "", 42},
	{180, "", "google", "cpc", "autumn-brand", "gclid", "", 38},
	{90, "", "google", "cpc", "gifts-2026", "gclid", "", 34},
	{110, "l.facebook.com", "facebook", "paid_social", "gifts-2026", "fbclid", "", 18},
	{60, "www.instagram.com", "", "", "", "", "", 12},
	{70, "", "newsletter", "email", "november-letter", "", "", 62},
	{25, "blog.example.org", "homeblog", "affiliate", "homeblog", "", "homeblog", 40},
	{25, "www.example.net", "", "", "", "", "", 20},
};
const size_t sim_source_count = sizeof sim_sources / sizeof *sim_sources;

const struct sim_bill sim_bills[] = {
	{"google", "autumn-brand", "paid_search", 19},
	{"google", "gifts-2026", "paid_search", 11},
	{"meta", "gifts-2026", "paid_social", 8},
};
const size_t sim_bill_count = sizeof sim_bills / sizeof *sim_bills;

const uint32_t sim_hour_weights[24] = {
	8, 4, 3, 2, 2, 4, 10, 22, 36, 46, 52, 54, 56, 54, 50, 48, 50, 54, 62, 72, 80, 70, 44, 20,
};

size_t sim_pick(struct sim_rng *rng, const uint32_t *weights, size_t count)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	uint32_t at = sim_below(rng, sum);
	size_t i = 0;
	while (at >= weights[i])
		at -= weights[i++];
	return i;
}

const struct sim_offer *sim_pick_offer(struct sim_rng *rng)
{
	uint32_t weights[sizeof sim_offers / sizeof *sim_offers];
	for (size_t i = 0; i < sim_offer_count; i++)
		weights[i] = sim_offers[i].weight;
	return &sim_offers[sim_pick(rng, weights, sim_offer_count)];
}

const struct sim_source *sim_pick_source(struct sim_rng *rng)
{
	uint32_t weights[sizeof sim_sources / sizeof *sim_sources];
	for (size_t i = 0; i < sim_source_count; i++)
		weights[i] = sim_sources[i].weight;
	return &sim_sources[sim_pick(rng, weights, sim_source_count)];
}
