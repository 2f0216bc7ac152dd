// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/report_columns.h"

#include "common/base/money.h"
#include "services/utarg/core/report_cell.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

const struct report_format_row report_formats[REPORT_FORMAT_COUNT] = {
	[REPORT_ANY] = {"any", "", "", ""},
	[REPORT_GOOGLE_ADS] = {"google_ads", "google_ads", "paid_search", "Day, Campaign, Cost"},
	[REPORT_META] = {"meta", "meta", "paid_social", "Day, Campaign name, Amount spent (PLN)"},
	[REPORT_SEARCH_CONSOLE] = {"search_console", "search_console", "",
				   "Date or --day, Top pages or Page, Clicks, Impressions, Position"},
	[REPORT_MAILING] = {"mailing", "mailing", "", "Day, Campaign, Sent or Delivered"},
};

// Names in lower case (of A to Z), the most telling first; what stands in parentheses behind one that is a
// currency is taken off. Each format reads its own rows.
struct name_row {
	enum report_format format;
	enum report_column column;
	const char *names; // parted by |
};
static const struct name_row name_rows[] = {
	{REPORT_GOOGLE_ADS, COLUMN_DAY, "day|dzień|date|data"},
	{REPORT_GOOGLE_ADS, COLUMN_CAMPAIGN, "campaign|kampania|campaign name|nazwa kampanii"},
	{REPORT_GOOGLE_ADS, COLUMN_CURRENCY, "currency code|kod waluty|currency|waluta"},
	{REPORT_GOOGLE_ADS, COLUMN_SPEND, "cost|koszt|spend|wydatki"},
	{REPORT_GOOGLE_ADS, COLUMN_IMPRESSIONS, "impr.|wyświetl.|wyśw.|impressions|wyświetlenia"},
	{REPORT_GOOGLE_ADS, COLUMN_CLICKS, "clicks|kliknięcia"},
	{REPORT_GOOGLE_ADS, COLUMN_ORDERS, "conversions|konwersje|conv.|konw."},
	{REPORT_GOOGLE_ADS, COLUMN_SHARE,
	 "search impr. share|search impression share|udział w wyświetleniach w sieci wyszukiwania|udział w "
	 "wyśw. w sieci wyszukiwania|udział w wyśw. w sieci wyszuk.|impr. share"},

	{REPORT_META, COLUMN_DAY,
	 "day|dzień|date|data|reporting starts|początek raportowania|rozpoczęcie raportowania|początek "
	 "raportu"},
	{REPORT_META, COLUMN_PERIOD_END,
	 "reporting ends|koniec raportowania|zakończenie raportowania|koniec raportu"},
	{REPORT_META, COLUMN_CAMPAIGN, "campaign name|nazwa kampanii|campaign|kampania"},
	{REPORT_META, COLUMN_CURRENCY, "currency|waluta"},
	{REPORT_META, COLUMN_SPEND, "amount spent|wydana kwota|kwota wydana"},
	{REPORT_META, COLUMN_IMPRESSIONS, "impressions|wyświetlenia"},
	{REPORT_META, COLUMN_CLICKS,
	 "link clicks|kliknięcia linku|kliknięcia linków|kliknięcia łącza|clicks (all)|kliknięcia "
	 "(wszystkie)"},
	{REPORT_META, COLUMN_ORDERS, "purchases|zakupy|website purchases|zakupy w witrynie"},
	{REPORT_META, COLUMN_RESULTS, "results|wyniki"},
	{REPORT_META, COLUMN_INDICATOR, "result indicator|wskaźnik wyniku|result type|typ wyniku"},

	{REPORT_SEARCH_CONSOLE, COLUMN_DAY, "date|data|day|dzień"},
	{REPORT_SEARCH_CONSOLE, COLUMN_PAGE,
	 "top pages|najpopularniejsze strony|page|strona|landing page|strona docelowa"},
	{REPORT_SEARCH_CONSOLE, COLUMN_QUERY, "top queries|najpopularniejsze zapytania|query|zapytanie"},
	{REPORT_SEARCH_CONSOLE, COLUMN_CLICKS, "clicks|kliknięcia"},
	{REPORT_SEARCH_CONSOLE, COLUMN_IMPRESSIONS, "impressions|wyświetlenia"},
	{REPORT_SEARCH_CONSOLE, COLUMN_POSITION,
	 "position|pozycja|average position|avg. position|średnia pozycja|śr. pozycja"},

	{REPORT_MAILING, COLUMN_DAY, "day|dzień|date|data|send date|data wysyłki"},
	{REPORT_MAILING, COLUMN_CAMPAIGN, "campaign|kampania|campaign name|nazwa kampanii"},
	{REPORT_MAILING, COLUMN_SENT, "sent|wysłane"},
	{REPORT_MAILING, COLUMN_DELIVERED, "delivered|dostarczone"},
	{REPORT_MAILING, COLUMN_OPENED, "opened|otwarte|unique opens|unikalne otwarcia"},
	{REPORT_MAILING, COLUMN_CLICKED, "clicked|kliknięte|unique clicks|unikalne kliknięcia"},
	{REPORT_MAILING, COLUMN_UNSUBSCRIBED, "unsubscribed|wypisani|unsubscribes|wypisania"},
	{REPORT_MAILING, COLUMN_BOUNCED, "bounced|odbite|bounces|odbicia"},
};
enum { NAME_ROW_COUNT = sizeof(name_rows) / sizeof(name_rows[0]), NAME_SIZE = 96 };

// What a format cannot do without; one of the alternatives is enough.
static const struct {
	enum report_format format;
	enum report_column column, instead;
} required_rows[] = {
	{REPORT_GOOGLE_ADS, COLUMN_CAMPAIGN, COLUMN_CAMPAIGN},
	{REPORT_GOOGLE_ADS, COLUMN_SPEND, COLUMN_SPEND},
	{REPORT_META, COLUMN_CAMPAIGN, COLUMN_CAMPAIGN},
	{REPORT_META, COLUMN_SPEND, COLUMN_SPEND},
	{REPORT_SEARCH_CONSOLE, COLUMN_CLICKS, COLUMN_CLICKS},
	{REPORT_SEARCH_CONSOLE, COLUMN_IMPRESSIONS, COLUMN_IMPRESSIONS},
	{REPORT_SEARCH_CONSOLE, COLUMN_POSITION, COLUMN_POSITION},
	{REPORT_MAILING, COLUMN_CAMPAIGN, COLUMN_CAMPAIGN},
	{REPORT_MAILING, COLUMN_SENT, COLUMN_DELIVERED},
};
enum { REQUIRED_COUNT = sizeof(required_rows) / sizeof(required_rows[0]) };

bool report_format_from_name(const char *name, enum report_format *out)
{
	for (int i = REPORT_ANY + 1; i < REPORT_FORMAT_COUNT; i++)
		if (strcmp(report_formats[i].name, name) == 0) {
			*out = (enum report_format)i;
			return true;
		}
	return false;
}

// The cell in lower case, its currency taken off.
static void read_name(struct slice cell, char name[NAME_SIZE], char currency[4])
{
	int exponent;
	cell = cell_trim(cell);
	size_t size = cell.size < NAME_SIZE - 1 ? cell.size : NAME_SIZE - 1;
	currency[0] = '\0';
	memcpy(name, cell.data, size);
	name[size] = '\0';
	if (size > 6 && name[size - 1] == ')' && name[size - 5] == '(') {
		char code[4] = {name[size - 4], name[size - 3], name[size - 2], '\0'};
		if (money_exponent(code, &exponent)) {
			memcpy(currency, code, sizeof(code));
			size -= 5;
			while (size > 0 && name[size - 1] == ' ')
				size--;
			name[size] = '\0';
		}
	}
	for (size_t i = 0; i < size; i++)
		name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
}

// The place of a name in a row's list; INT_MAX when it is not there.
static int rank_in(const char *names, const char *name)
{
	size_t size = strlen(name);
	int rank = 0;
	for (const char *at = names; size > 0; rank++) {
		size_t length = strcspn(at, "|");
		if (length == size && memcmp(at, name, size) == 0)
			return rank;
		if (at[length] == '\0')
			break;
		at += length + 1;
	}
	return INT_MAX;
}

static void take_column(const struct name_row *row, const struct slice *cells, size_t count,
			struct report_header *out)
{
	int best = INT_MAX;
	for (size_t i = 0; i < count; i++) {
		char name[NAME_SIZE], currency[4];
		read_name(cells[i], name, currency);
		int rank = rank_in(row->names, name);
		if (rank >= best)
			continue;
		best = rank;
		out->at[row->column] = (int)i;
		text_copy(out->names[row->column], sizeof(out->names[0]), name);
		if (row->column == COLUMN_SPEND)
			memcpy(out->currency, currency, sizeof(currency));
		if (row->column == COLUMN_DAY)
			out->is_period = row->format == REPORT_META && rank >= 4; // behind day and date
	}
}

static bool match_format(const struct slice *cells, size_t count, enum report_format format,
			 struct report_header *out)
{
	*out = (struct report_header){.format = format};
	for (int i = 0; i < COLUMN_COUNT; i++)
		out->at[i] = COLUMN_NONE;
	for (int i = 0; i < NAME_ROW_COUNT; i++)
		if (name_rows[i].format == format)
			take_column(&name_rows[i], cells, count, out);
	for (int i = 0; i < REQUIRED_COUNT; i++) {
		bool is_there = out->at[required_rows[i].column] != COLUMN_NONE ||
				out->at[required_rows[i].instead] != COLUMN_NONE;
		if (required_rows[i].format == format && !is_there)
			return false;
	}
	return true;
}

bool report_header_match(const struct slice *cells, size_t count, enum report_format wanted,
			 struct report_header *out)
{
	if (wanted != REPORT_ANY)
		return match_format(cells, count, wanted, out);
	for (int i = REPORT_ANY + 1; i < REPORT_FORMAT_COUNT; i++)
		if (match_format(cells, count, (enum report_format)i, out))
			return true;
	return false;
}
