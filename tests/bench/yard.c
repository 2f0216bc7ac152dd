// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/bench/yard.h"

#include "common/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

static const int64_t postgres_epoch_us = INT64_C(946684800000000); // 2000-01-01

int64_t yard_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void yard_fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

int64_t yard_number(const char *text, int64_t min, int64_t max)
{
	int64_t value;
	if (!text || !text_to_int(text, min, max, &value))
		yard_fail("\"%s\" is no number from %lld to %lld", text ? text : "", (long long)min,
			  (long long)max);
	return value;
}

static struct slice big_endian(uint8_t *out, size_t size, int64_t value)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)((uint64_t)value >> (8 * (size - 1 - i)));
	return (struct slice){.data = out, .size = size};
}

void yard_row(const struct bench_events *events, const struct bench_world *world, uint64_t number,
	      int64_t now_us, struct yard_row *out)
{
	bench_row(events, world, number, &out->event);
	struct slice *c = out->columns;
	c[0] = big_endian(out->shop, 4, 1);
	c[1] = big_endian(out->seq, 8, (int64_t)number + 1);
	c[2] = (struct slice){.data = out->event.id, .size = sizeof(out->event.id)};
	c[3] = big_endian(out->kind, 2, out->event.kind);
	c[4] = big_endian(out->event_time, 8, out->event.t_ms * 1000 - postgres_epoch_us);
	c[5] = big_endian(out->received, 8, now_us - postgres_epoch_us);
	c[6] = (struct slice){.data = (const uint8_t *)"local", .size = 5};
	c[7] = big_endian(out->origin, 2, 2);
	c[8] = out->event.visitor;
	c[9] = (struct slice){0};
	c[10] = out->event.subject;
	c[11] = out->event.event;
}
