// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The figures as rows, and the arithmetic that all of them share. How a measure comes about is the fold's
// business; a figure that needs more than sums does not belong here.
#include "services/metrics/core/kpi.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BIT(n) (UINT32_C(1) << (n))
#define ALL_DIMENSIONS                                                                                       \
	(BIT(FOLD_TOTAL) | BIT(FOLD_SALES_CHANNEL) | BIT(FOLD_MARKETING_CHANNEL) | BIT(FOLD_CAMPAIGN) |      \
	 BIT(FOLD_DEVICE) | BIT(FOLD_COUNTRY))
#define SPEND_DIMENSIONS (BIT(FOLD_TOTAL) | BIT(FOLD_MARKETING_CHANNEL) | BIT(FOLD_CAMPAIGN))
#define ALL_WINDOWS                                                                                          \
	(BIT(WINDOW_MINUTE) | BIT(WINDOW_HOUR) | BIT(WINDOW_DAY) | BIT(WINDOW_WEEK) | BIT(WINDOW_MONTH))
#define DAY_WINDOWS (BIT(WINDOW_DAY) | BIT(WINDOW_WEEK) | BIT(WINDOW_MONTH))

#define PLUS(m)                                                                                              \
	{                                                                                                    \
		M_##m, 1                                                                                     \
	}
#define MINUS(m)                                                                                             \
	{                                                                                                    \
		M_##m, -1                                                                                    \
	}
#define P(...)                                                                                               \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	} // a list of terms as one argument
#define NONE                                                                                                 \
	{                                                                                                    \
		{                                                                                            \
			0, 0                                                                                 \
		}                                                                                            \
	}

// name, group, unit, numerator, denominator, English, Polish
#define ROW(n, g, u, num, den, en, pl)                                                                       \
	{                                                                                                    \
		.name = n, .group = g, .version = 1, .unit = u, .numerator = num, .denominator = den,        \
		.dimensions = ALL_DIMENSIONS, .windows = ALL_WINDOWS, .english = en, .polish = pl            \
	}
#define CLOCK_ROW(n, g, u, num, den, en, pl)                                                                 \
	{                                                                                                    \
		.name = n, .group = g, .version = 1, .unit = u, .numerator = num, .denominator = den,        \
		.dimensions = ALL_DIMENSIONS, .windows = ALL_WINDOWS, .clock = true, .english = en,          \
		.polish = pl                                                                                 \
	}

// clang-format off
const struct kpi_row kpi_rows[] = {
	ROW("sessions", "traffic", KPI_COUNT, P(PLUS(SESSIONS)), NONE,
	    "Visits that began in the window; a pause as long as the session gap starts a new one.",
	    "Wizyty rozpoczęte w oknie; przerwa tak długa jak odstęp sesji zaczyna nową."),
	ROW("visitors", "traffic", KPI_COUNT, P(PLUS(VISITORS)), NONE,
	    "Distinct visitors with a visit that began in the window.",
	    "Różni odwiedzający, których wizyta rozpoczęła się w oknie."),
	ROW("page_views", "traffic", KPI_COUNT, P(PLUS(PAGE_VIEWS)), NONE,
	    "Pages viewed in the window, whether or not the visitor agreed to be measured.",
	    "Odsłony stron w oknie, niezależnie od zgody odwiedzającego na pomiar."),
	ROW("consent_coverage", "traffic", KPI_RATIO, P(PLUS(PAGE_VIEWS), MINUS(DENIED_VIEWS)), P(PLUS(PAGE_VIEWS)),
	    "Share of page views whose visitor agreed to be measured, or whose shop answers for the ground itself.",
	    "Udział odsłon, których odwiedzający zgodził się na pomiar albo za podstawę odpowiada sklep."),
	ROW("views_per_session", "traffic", KPI_MEAN, P(PLUS(SESSION_VIEWS)), P(PLUS(SESSIONS)),
	    "Page views of the window's visits divided by those visits.",
	    "Odsłony w wizytach z okna podzielone przez liczbę tych wizyt."),
	ROW("visit_seconds", "traffic", KPI_SECONDS, P(PLUS(VISIT_MS)), P(PLUS(SESSIONS)),
	    "Mean time from the first to the last event of a visit, zeros included.",
	    "Średni czas od pierwszego do ostatniego zdarzenia wizyty, razem z zerami."),
	ROW("engaged_seconds", "traffic", KPI_SECONDS, P(PLUS(ENGAGED_MS)), P(PLUS(SESSIONS)),
	    "Mean time a visit had the page in the foreground; two open tabs count once.",
	    "Średni czas, w którym strona była na pierwszym planie; dwie karty liczą się raz."),
	ROW("bounce_rate", "traffic", KPI_RATIO, P(PLUS(BOUNCES)), P(PLUS(SESSIONS)),
	    "Share of visits with one page, under 10 seconds of attention, no cart, no checkout and no order.",
	    "Udział wizyt z jedną stroną, poniżej 10 sekund uwagi, bez koszyka, kasy i zamówienia."),
	ROW("conversion_rate", "sales", KPI_RATIO, P(PLUS(SESSIONS_WITH_ORDER)), P(PLUS(SESSIONS)),
	    "Share of the window's visits that led to at least one order.",
	    "Udział wizyt z okna, które przyniosły co najmniej jedno zamówienie."),
	ROW("conversion_rate_net", "sales", KPI_RATIO, P(PLUS(SESSIONS_WITH_VALID_ORDER)), P(PLUS(SESSIONS)),
	    "The same with orders that were neither cancelled nor fully refunded.",
	    "To samo, lecz tylko z zamówieniami nieanulowanymi i niezwróconymi w całości."),
	ROW("visitor_conversion_rate", "sales", KPI_RATIO, P(PLUS(VISITORS_WITH_ORDER)), P(PLUS(VISITORS)),
	    "Share of the window's visitors with a visit begun in it that led to an order.",
	    "Udział odwiedzających z okna, których rozpoczęta w nim wizyta przyniosła zamówienie."),
	ROW("orders", "sales", KPI_COUNT, P(PLUS(ORDERS)), NONE,
	    "Orders placed in the window, each order id once.",
	    "Zamówienia złożone w oknie, każdy numer raz."),
	ROW("units", "sales", KPI_COUNT, P(PLUS(UNITS)), NONE,
	    "Pieces in the current content of the window's orders.",
	    "Sztuki w bieżącej treści zamówień z okna."),
	ROW("units_per_order", "sales", KPI_MEAN, P(PLUS(UNITS)), P(PLUS(ORDERS)),
	    "Pieces divided by orders.", "Liczba sztuk podzielona przez liczbę zamówień."),
	ROW("gmv", "sales", KPI_MONEY, P(PLUS(GMV)), NONE,
	    "Net value of the lines of placed orders before discounts, without tax and shipping.",
	    "Wartość netto pozycji złożonych zamówień przed rabatami, bez podatku i dostawy."),
	ROW("net_revenue", "sales", KPI_MONEY, P(PLUS(CURRENT_NET)), NONE,
	    "Net value of items after discounts, cancellations and refunds, by order date.",
	    "Wartość netto towarów po rabatach, anulowaniach i zwrotach, według daty zamówienia."),
	ROW("net_revenue_by_refund_date", "sales", KPI_MONEY, P(PLUS(PLACED_NET), MINUS(GIVEN_BACK_NET)), NONE,
	    "Net value placed in the window minus what was given back or cancelled in it.",
	    "Wartość netto zamówiona w oknie minus zwrócona lub anulowana w tym samym oknie."),
	ROW("refunds_by_refund_date", "sales", KPI_MONEY, P(PLUS(GIVEN_BACK_NET)), NONE,
	    "Item net given back or cancelled in the window, whenever it had been ordered.",
	    "Wartość netto towarów zwrócona lub anulowana w oknie, niezależnie od daty zamówienia."),
	ROW("turnover", "sales", KPI_MONEY, P(PLUS(CURRENT_NET), PLUS(CURRENT_SHIPPING), PLUS(CURRENT_TAX)), NONE,
	    "What remains of items net, shipping net and tax, by order date.",
	    "Obrót brutto: to, co pozostało z towarów netto, dostawy netto i podatku, według daty zamówienia."),
	ROW("basket_value", "sales", KPI_MONEY, P(PLUS(BASKET_NET)), P(PLUS(BASKET_ORDERS)),
	    "Mean net value after discounts of orders that were not cancelled; a refund does not change it.",
	    "Średnia wartość netto po rabatach zamówień nieanulowanych; zwrot jej nie zmienia."),
	ROW("discount_rate", "sales", KPI_RATIO, P(PLUS(DISCOUNTS)), P(PLUS(GMV)),
	    "Discounts divided by the net value before discounts.",
	    "Rabaty podzielone przez wartość netto przed rabatami."),
	ROW("cancel_rate", "sales", KPI_RATIO, P(PLUS(CANCELLED_ORDERS)), P(PLUS(ORDERS)),
	    "Share of the window's orders that were cancelled.",
	    "Udział zamówień z okna, które anulowano."),
	ROW("refund_rate", "sales", KPI_RATIO, P(PLUS(REFUNDED_NET)), P(PLUS(PLACED_NET)),
	    "Item net given back divided by item net placed, by order date.",
	    "Zwrócona wartość netto towarów podzielona przez zamówioną, według daty zamówienia."),
	ROW("refund_rate_by_count", "sales", KPI_RATIO, P(PLUS(REFUNDED_ORDERS)), P(PLUS(ORDERS)),
	    "Share of the window's orders with at least one refund.",
	    "Udział zamówień z okna z co najmniej jednym zwrotem."),
	ROW("unattributed_orders", "sales", KPI_COUNT, P(PLUS(UNATTRIBUTED_ORDERS)), NONE,
	    "Orders that no visit could be found for.",
	    "Zamówienia, do których nie udało się znaleźć wizyty."),
	ROW("identified_order_share", "sales", KPI_RATIO, P(PLUS(ORDERS), MINUS(UNATTRIBUTED_ORDERS)), P(PLUS(ORDERS)),
	    "Share of orders that belong to a visit.",
	    "Udział zamówień, które należą do wizyty."),
	ROW("foreign_orders", "sales", KPI_COUNT, P(PLUS(FOREIGN_ORDERS)), NONE,
	    "Orders in another currency without a rate; they stand in no money figure.",
	    "Zamówienia w obcej walucie bez kursu; nie ma ich w żadnej kwocie."),
	ROW("refund_excess", "sales", KPI_MONEY, P(PLUS(REFUND_EXCESS)), NONE,
	    "Refunds beyond what had been paid for their orders, by refund date.",
	    "Zwroty ponad to, co zapłacono za zamówienia, według daty zwrotu."),
	ROW("new_customers", "sales", KPI_COUNT, P(PLUS(NEW_CUSTOMERS)), NONE,
	    "Customers whose first valid order ever was placed in the window.",
	    "Klienci, których pierwsze w ogóle ważne zamówienie złożono w oknie."),
	ROW("carts", "carts", KPI_COUNT, P(PLUS(CARTS)), NONE,
	    "Carts that ever held an item, by the time of the first one.",
	    "Koszyki, w których kiedykolwiek był towar, według chwili pierwszego dodania."),
	CLOCK_ROW("cart_abandonment_rate", "carts", KPI_RATIO, P(PLUS(CARTS_ABANDONED)),
	    P(PLUS(CARTS_ABANDONED), PLUS(CARTS_ORDERED)),
	    "Share of carts left alone for 24 hours among those abandoned or ordered.",
	    "Udział koszyków pozostawionych na 24 godziny wśród porzuconych i zamówionych."),
	CLOCK_ROW("cart_recovery_rate", "carts", KPI_RATIO, P(PLUS(CARTS_RECOVERED)),
	    P(PLUS(CARTS_RECOVERED), PLUS(CARTS_ABANDONED)),
	    "Share of carts with a pause of 24 hours that were ordered after all.",
	    "Udział koszyków z przerwą 24 godzin, które jednak zamówiono."),
	{.name = "spend", .group = "marketing", .version = 1, .unit = KPI_MONEY, .numerator = {PLUS(SPEND)},
	 .dimensions = SPEND_DIMENSIONS, .windows = DAY_WINDOWS,
	 .english = "Money spent on advertising by day, as the platforms last reported it.",
	 .polish = "Wydatki na reklamę według dni, zgodnie z ostatnim raportem platform."},
	{.name = NULL},
};
// clang-format on

const size_t kpi_count = sizeof(kpi_rows) / sizeof(kpi_rows[0]) - 1;

const struct kpi_row *kpi_find(const char *name)
{
	for (const struct kpi_row *row = kpi_rows; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

enum fold_grain kpi_grain(uint16_t measure, enum window window)
{
	static const enum fold_grain sums[] = {[WINDOW_MINUTE] = FOLD_MINUTE,
					       [WINDOW_HOUR] = FOLD_QUARTER,
					       [WINDOW_DAY] = FOLD_DAY,
					       [WINDOW_WEEK] = FOLD_DAY,
					       [WINDOW_MONTH] = FOLD_DAY};
	static const enum fold_grain exact[] = {[WINDOW_MINUTE] = FOLD_MINUTE,
						[WINDOW_HOUR] = FOLD_HOUR,
						[WINDOW_DAY] = FOLD_DAY,
						[WINDOW_WEEK] = FOLD_WEEK,
						[WINDOW_MONTH] = FOLD_MONTH};
	assert(measure > 0 && measure < MEASURE_COUNT && window >= WINDOW_MINUTE && window <= WINDOW_MONTH);
	return measure_rows[measure].kind == MEASURE_DISTINCT ? exact[window] : sums[window];
}

static money_sum term_sum(const struct kpi_term *terms, const money_sum *sums)
{
	money_sum total = 0;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++)
		total += terms[i].sign * sums[terms[i].measure];
	return total;
}

void kpi_fraction(const struct kpi_row *row, const money_sum *sums, money_sum *numerator,
		  money_sum *denominator)
{
	*numerator = term_sum(row->numerator, sums);
	*denominator = row->denominator[0].measure ? term_sum(row->denominator, sums) : 1;
}

// The scale of the numerator and the decimals of the text.
static int value_decimals(const struct kpi_row *row, const char *currency)
{
	int exponent = 2;
	switch (row->unit) {
	case KPI_COUNT:
		return 0;
	case KPI_RATIO:
	case KPI_MEAN:
		return 6;
	case KPI_SECONDS:
		return 3;
	case KPI_MONEY:
		if (!currency || !money_exponent(currency, &exponent))
			exponent = 2;
		return exponent;
	}
	return 0;
}

void kpi_value(const struct kpi_row *row, money_sum numerator, money_sum denominator, const char *currency,
	       char out[KPI_VALUE_SIZE])
{
	out[0] = '\0';
	if (denominator == 0)
		return;
	if (denominator < 0) {
		denominator = -denominator;
		numerator = -numerator;
	}
	int decimals = value_decimals(row, currency);
	char text[MONEY_TEXT_SIZE];
	if (row->unit == KPI_RATIO || row->unit == KPI_MEAN)
		money_ratio_text(numerator, denominator, decimals, text);
	else // the numerator is in units of 10^-decimals already: ms, minor units, counts
		money_text(money_div_half_even(numerator, denominator), decimals, text);
	snprintf(out, KPI_VALUE_SIZE, "%s", text);
}

static const char *const dimension_names[FOLD_DIMENSION_COUNT + 1] = {
	[FOLD_TOTAL] = "total",
	[FOLD_SALES_CHANNEL] = "sales_channel",
	[FOLD_MARKETING_CHANNEL] = "marketing_channel",
	[FOLD_CAMPAIGN] = "campaign",
	[FOLD_DEVICE] = "device",
	[FOLD_COUNTRY] = "country",
};

const char *fold_dimension_name(enum fold_dimension dimension)
{
	assert(dimension >= FOLD_TOTAL && dimension <= FOLD_DIMENSION_COUNT);
	return dimension_names[dimension];
}

bool fold_dimension_from_name(const char *name, enum fold_dimension *out)
{
	for (int i = FOLD_TOTAL; i <= FOLD_DIMENSION_COUNT; i++) {
		if (strcmp(dimension_names[i], name) == 0) {
			*out = (enum fold_dimension)i;
			return true;
		}
	}
	return false;
}
