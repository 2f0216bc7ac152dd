// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Exact money: int64 minor units on the wire, 128 bits in sums. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sums of minor units; the one typedef of this house, to give the compiler's type a name.
__extension__ typedef __int128 money_sum;

enum { MONEY_TEXT_SIZE = 64 };
// Amounts on the wire lie in [-MONEY_MAX_MINOR, MONEY_MAX_MINOR]; what is larger is AMOUNT_RANGE.
#define MONEY_MAX_MINOR INT64_C(1000000000000000)
// Rates of exchange on the wire lie in [1, MONEY_RATE_MAX_NANO], a million of the shop's currency for one of
// another: what is above is no rate, and products with amounts stay in 128 bits.
#define MONEY_RATE_MAX_NANO INT64_C(1000000000000000)

// ISO 4217 code that is in use (XXX and XTS are not): its exponent (JPY 0, PLN 2, KWD 3).
bool money_exponent(const char *currency, int *exponent);
// a * b / c rounded half away from zero ("half up" for amounts), c > 0.
int64_t money_mul_div_half_up(int64_t a, int64_t b, int64_t c);
// n / d rounded half to even, d > 0.
money_sum money_div_half_even(money_sum n, money_sum d);
// Splits total by weights (>= 0, sum > 0), largest remainder, tie: lower index. Sum of out is total.
void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *out);
// Decimal text: units scaled by 10^-decimals, "-12.34". Returns out.
const char *money_text(money_sum units, int decimals, char out[MONEY_TEXT_SIZE]);
// n / d with that many decimals, half to even, d > 0.
const char *money_ratio_text(money_sum n, money_sum d, int decimals, char out[MONEY_TEXT_SIZE]);
// Decimal integer text of a 128-bit value and back.
bool money_sum_parse(const char *text, money_sum *out);
// "12.34" or "12,34" to minor units of the exponent; false when it is no amount or too precise.
bool money_parse(const char *text, int exponent, int64_t *out_minor);
