// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Exact arithmetic on amounts: every intermediate has 128 bits, and every rounding is named. The table of
// currencies stands in currency.c.
#include "common/base/money.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 money_magnitude;

static money_magnitude magnitude(money_sum n)
{
	return n < 0 ? -(money_magnitude)n : (money_magnitude)n; // right for the smallest value too
}

int64_t money_mul_div_half_up(int64_t a, int64_t b, int64_t c)
{
	assert(c > 0);
	money_sum product = (money_sum)a * b; // at most 2^126
	money_magnitude divisor = (money_magnitude)c;
	money_magnitude quotient = magnitude(product) / divisor;
	if (magnitude(product) % divisor * 2 >= divisor)
		quotient++;
	// A result that no amount can have is the largest there is: the range check on it then refuses.
	if (quotient > INT64_MAX)
		return product < 0 ? INT64_MIN : INT64_MAX;
	return product < 0 ? -(int64_t)quotient : (int64_t)quotient;
}

money_sum money_div_half_even(money_sum n, money_sum d)
{
	assert(d > 0);
	money_magnitude divisor = (money_magnitude)d;
	money_magnitude quotient = magnitude(n) / divisor;
	money_magnitude rest = magnitude(n) % divisor;
	if (rest > divisor - rest || (rest == divisor - rest && quotient % 2 == 1))
		quotient++;
	return n < 0 ? (money_sum)-quotient : (money_sum)quotient;
}

struct remainder {
	money_magnitude rest;
	size_t index;
};

static int by_rest_then_index(const void *left, const void *right)
{
	const struct remainder *a = left, *b = right;
	if (a->rest != b->rest)
		return a->rest > b->rest ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

// Orders of everyday size need no heap.
enum { SPLIT_STACK = 64 };

void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *out)
{
	money_magnitude sum = 0;
	for (size_t i = 0; i < count; i++) {
		assert(weights[i] >= 0);
		sum += (money_magnitude)weights[i];
	}
	assert(sum > 0);
	struct remainder few[SPLIT_STACK], *rests = few;
	if (count > SPLIT_STACK) {
		rests = calloc(count, sizeof(*rests));
		if (!rests)
			abort();
	}
	money_magnitude whole = magnitude(total), left = whole;
	for (size_t i = 0; i < count; i++) {
		money_magnitude product = whole * (money_magnitude)weights[i];
		rests[i] = (struct remainder){product % sum, i};
		left -= product / sum;
		money_sum part = (money_sum)(product / sum);
		out[i] = (int64_t)(total < 0 ? -part : part);
	}
	if (left > 0) // fewer units than there are remainders
		qsort(rests, count, sizeof(*rests), by_rest_then_index);
	for (size_t i = 0; i < (size_t)left; i++)
		out[rests[i].index] += total < 0 ? -1 : 1;
	if (rests != few)
		free(rests);
}

static money_magnitude power_of_ten(int exponent)
{
	money_magnitude power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

// "-" whole "." fraction, fraction with that many digits. Returns out.
static const char *write_decimal(bool negative, money_magnitude whole, money_magnitude fraction, int decimals,
				 char out[MONEY_TEXT_SIZE])
{
	char reversed[MONEY_TEXT_SIZE];
	size_t size = 0;
	for (int i = 0; i < decimals; i++, fraction /= 10)
		reversed[size++] = (char)('0' + (int)(fraction % 10));
	if (decimals > 0)
		reversed[size++] = '.';
	do {
		reversed[size++] = (char)('0' + (int)(whole % 10));
		whole /= 10;
	} while (whole > 0);
	if (negative)
		reversed[size++] = '-';
	for (size_t i = 0; i < size; i++)
		out[i] = reversed[size - 1 - i];
	out[size] = 0;
	return out;
}

// 39 digits of a 128-bit number, these decimals, sign, point and NUL are within MONEY_TEXT_SIZE.
enum { DECIMALS_MAX = 18 };

const char *money_text(money_sum units, int decimals, char out[MONEY_TEXT_SIZE])
{
	assert(decimals >= 0 && decimals <= DECIMALS_MAX);
	money_magnitude scale = power_of_ten(decimals);
	return write_decimal(units < 0, magnitude(units) / scale, magnitude(units) % scale, decimals, out);
}

// The next decimal digit of *rest / divisor, leaving the new rest. Ten additions modulo the divisor instead
// of one multiplication: nothing can overflow however large the divisor is.
static int next_digit(money_magnitude *rest, money_magnitude divisor)
{
	money_magnitude sum = 0;
	int digit = 0;
	for (int i = 0; i < 10; i++) {
		if (sum >= divisor - *rest) {
			sum -= divisor - *rest;
			digit++;
		} else {
			sum += *rest;
		}
	}
	*rest = sum;
	return digit;
}

const char *money_ratio_text(money_sum n, money_sum d, int decimals, char out[MONEY_TEXT_SIZE])
{
	assert(d > 0 && decimals >= 0 && decimals <= DECIMALS_MAX);
	money_magnitude divisor = (money_magnitude)d;
	money_magnitude whole = magnitude(n) / divisor, rest = magnitude(n) % divisor, fraction = 0;
	for (int i = 0; i < decimals; i++)
		fraction = fraction * 10 + (money_magnitude)next_digit(&rest, divisor);
	bool odd = (decimals > 0 ? fraction : whole) % 2 == 1;
	if (rest > divisor - rest || (rest == divisor - rest && odd)) {
		fraction++;
		if (decimals == 0 || fraction == power_of_ten(decimals)) {
			fraction = 0;
			whole++;
		}
	}
	bool negative = n < 0 && (whole > 0 || fraction > 0);
	return write_decimal(negative, whole, fraction, decimals, out);
}

bool money_sum_parse(const char *text, money_sum *out)
{
	bool negative = *text == '-';
	const char *at = text + negative;
	if (!*at)
		return false;
	money_sum value = 0;
	for (; *at; at++) {
		if (*at < '0' || *at > '9')
			return false;
		money_sum digit = negative ? -(*at - '0') : *at - '0';
		if (__builtin_mul_overflow(value, (money_sum)10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

// Appends a digit to an amount of that sign.
static bool push_digit(int64_t *value, char c, bool negative)
{
	int64_t digit = negative ? -(c - '0') : c - '0';
	return !__builtin_mul_overflow(*value, 10, value) && !__builtin_add_overflow(*value, digit, value);
}

bool money_parse(const char *text, int exponent, int64_t *out_minor)
{
	bool negative = *text == '-';
	const char *at = text + negative;
	int64_t value = 0;
	size_t whole_digits = strspn(at, "0123456789");
	if (whole_digits == 0)
		return false;
	for (size_t i = 0; i < whole_digits; i++) {
		if (!push_digit(&value, at[i], negative))
			return false;
	}
	at += whole_digits;
	size_t digits = 0;
	if (*at == '.' || *at == ',') {
		at++;
		digits = strspn(at, "0123456789");
		if (digits == 0)
			return false;
	}
	if (at[digits])
		return false;
	// Zeros beyond the currency's digits change nothing; other digits there would be lost.
	for (size_t i = (size_t)exponent; i < digits; i++) {
		if (at[i] != '0')
			return false;
	}
	for (size_t i = 0; i < (size_t)exponent; i++) {
		if (!push_digit(&value, i < digits ? at[i] : '0', negative))
			return false;
	}
	*out_minor = value;
	return true;
}
