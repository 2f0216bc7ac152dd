// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See offer_row.h.
#include "services/utarg/core/offer_row.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "services/utarg/core/timearg.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { NAME_SIZE = 64, ID_MAX_BYTES = 64, TEXT_MAX_BYTES = 1000, TIME_TEXT_SIZE = 40 };
#define SHARE_MAX_BP 10000
// As for every event.
#define QUANTITY_MAX INT64_C(1000000000)

const struct offer_column_row offer_columns[OFFER_COLUMN_COUNT] = {
	[OFFER_SKU] = {"sku", "id", "the offer's id; required"},
	[OFFER_TITLE] = {"title", "title", "its title; further ones in title_pl, title_en..."},
	[OFFER_CATEGORY] = {"category", "product_type", "the shop's category"},
	[OFFER_SUPPLIER] = {"supplier", "", "the supplier's id"},
	[OFFER_STATUS] = {"status", "", "active (default), paused or delisted"},
	[OFFER_MARKET] = {"market", "", "a country or sales channel with prices of its own"},
	[OFFER_AUDIENCE] = {"audience", "", "public (default), members, code or closed"},
	[OFFER_CURRENCY] = {"currency", "", "of the amounts; default: the shop's"},
	[OFFER_PRICE] = {"price", "price", "gross: 15.00 or 15.00 PLN"},
	[OFFER_LIST_PRICE] = {"list_price", "", "gross, what it is crossed out with"},
	[OFFER_SALE_PRICE] = {"sale_price", "sale_price", "gross; then price is the list price"},
	[OFFER_SALE_DATE] = {"sale_price_effective_date", "sale_price_effective_date", "when: FROM/UNTIL"},
	[OFFER_COST] = {"cost", "cost_of_goods_sold", "net, of one piece"},
	[OFFER_TAX_RATE] = {"tax_rate", "", "in percent: 23 or 8.5 %"},
	[OFFER_PERISHABLE] = {"perishable", "", "yes or no (default)"},
	[OFFER_CONDITIONAL] = {"conditional", "", "yes: the price is of a 2+1 or the like; no (default)"},
	[OFFER_STOCK] = {"stock", "quantity", "pieces there are, absolute"},
	[OFFER_LOCATION] = {"location", "", "where the stock is; default: the one place there is"},
};

// ---- columns ---------------------------------------------------------------------------------------------

static bool plain_name(const char *name, char out[NAME_SIZE])
{
	size_t size = 0;
	while (isspace((unsigned char)*name))
		name++;
	if (strncmp(name, "g:", 2) == 0)
		name += 2;
	for (; *name; name++) {
		if (size + 1 == NAME_SIZE)
			return false;
		char letter = (char)tolower((unsigned char)*name);
		out[size++] = letter == ' ' || letter == '-' ? '_' : letter;
	}
	while (size > 0 && (out[size - 1] == '_' || isspace((unsigned char)out[size - 1])))
		size--;
	out[size] = '\0';
	return true;
}

enum offer_column offer_column_of(const char *name, char language[OFFER_LANGUAGE_SIZE])
{
	char plain[NAME_SIZE];
	language[0] = '\0';
	if (!plain_name(name, plain))
		return OFFER_PASSED_OVER;
	for (int i = 0; i < OFFER_COLUMN_COUNT; i++) {
		if (strcmp(plain, offer_columns[i].name) == 0 ||
		    (*offer_columns[i].google && strcmp(plain, offer_columns[i].google) == 0))
			return (enum offer_column)i;
	}
	if (strncmp(plain, "title_", 6) != 0 || !text_copy(language, OFFER_LANGUAGE_SIZE, plain + 6))
		return OFFER_PASSED_OVER;
	for (char *at = language; *at; at++)
		*at = *at == '_' ? '-' : *at; // BCP 47 has dashes
	return OFFER_TITLE_IN;
}

void offer_row_clear(struct offer_row *row)
{
	memset(row->cells, 0, sizeof(row->cells));
	row->title_count = 0;
	row->used = 0;
}

static const char *keep(struct offer_row *row, const char *value, size_t size, struct err *e)
{
	if (!text_is_utf8(value, size)) {
		err_set(e, ERR_BAD_UTF8, "this is not UTF-8 text");
		return NULL;
	}
	if (size >= sizeof(row->text) - row->used) {
		err_set(e, ERR_TOO_LARGE, "a row has 64 KiB of text at most");
		return NULL;
	}
	char *at = row->text + row->used;
	memcpy(at, value, size);
	at[size] = '\0';
	row->used += size + 1;
	return at;
}

bool offer_row_set(struct offer_row *row, enum offer_column column, const char *language, const char *value,
		   size_t size, struct err *e)
{
	while (size > 0 && isspace((unsigned char)*value)) {
		value++;
		size--;
	}
	while (size > 0 && isspace((unsigned char)value[size - 1]))
		size--;
	if (size == 0 || column == OFFER_PASSED_OVER || column == OFFER_COLUMN_COUNT)
		return true;
	const char *text = keep(row, value, size, e);
	if (text == NULL)
		return false;
	if (column != OFFER_TITLE_IN) {
		row->cells[column] = text;
		return true;
	}
	if (row->title_count == OFFER_TITLES_MAX)
		return err_set(e, ERR_TOO_MANY, "titles in %d languages are the most", OFFER_TITLES_MAX);
	text_copy(row->titles[row->title_count].language, OFFER_LANGUAGE_SIZE, language);
	row->titles[row->title_count++].text = text;
	return true;
}

// ---- cells -----------------------------------------------------------------------------------------------

struct reading {
	const struct offer_row *row;
	const char *shop_currency;
	const struct zone *zone;
	int64_t as_of_ms;
	struct offer_said *out;
};

static bool bad(enum offer_column column, const char *value, const char *what, struct err *e)
{
	return err_set(e, ERR_BAD_FIELD, "%s \"%.40s\" is no %s", offer_columns[column].name, value, what);
}

static char *cell_or_empty(const struct reading *r, enum offer_column column)
{
	return text_borrow(r->row->cells[column]);
}

static bool read_text(const struct reading *r, enum offer_column column, size_t max_bytes, char **out,
		      struct err *e)
{
	*out = cell_or_empty(r, column);
	return strlen(*out) <= max_bytes ||
	       err_set(e, ERR_BAD_FIELD, "%s has more than %zu bytes", offer_columns[column].name, max_bytes);
}

static bool read_word(const struct reading *r, enum offer_column column, const char *const *words, int *out,
		      struct err *e)
{
	const char *text = r->row->cells[column];
	*out = 0;
	if (text == NULL)
		return true;
	for (int i = 0; words[i]; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = i + 1;
			return true;
		}
	}
	return bad(column, text, "word this column knows", e);
}

static bool read_switch(const struct reading *r, enum offer_column column, protobuf_c_boolean *out,
			struct err *e)
{
	static const char *const words[] = {"yes", "no", "true", "false", "1", "0", "tak", "nie", NULL};
	int word;
	if (!read_word(r, column, words, &word, e))
		return false;
	*out = word % 2 == 1;
	return true;
}

// Takes "PLN" from either end of "15.00 PLN"; all of the row must agree.
static bool take_currency(const struct reading *r, enum offer_column column, const char *amount, size_t size,
			  struct err *e)
{
	char code[4];
	int exponent;
	if (size != 3)
		return bad(column, amount, "amount with its currency", e);
	memcpy(code, amount, 3);
	code[3] = '\0';
	if (!money_exponent(code, &exponent))
		return err_set(e, ERR_BAD_CURRENCY, "%s: \"%s\" is no currency in use",
			       offer_columns[column].name, code);
	if (*r->out->currency && strcmp(r->out->currency, code) != 0)
		return err_set(e, ERR_BAD_CURRENCY, "%s is in %s, other amounts of the row in %s",
			       offer_columns[column].name, code, r->out->currency);
	text_copy(r->out->currency, sizeof(r->out->currency), code);
	return true;
}

// Splits an amount from its currency; without one the row's or the shop's holds.
static bool split_amount(const struct reading *r, enum offer_column column, char number[NAME_SIZE],
			 struct err *e)
{
	const char *text = r->row->cells[column];
	const char *space = strchr(text, ' ');
	const char *from = text, *code = NULL;
	size_t size = space ? (size_t)(space - text) : strlen(text);
	if (space != NULL) {
		const char *behind = space + strspn(space, " ");
		bool is_first = isalpha((unsigned char)text[0]);
		code = is_first ? text : behind;
		if (!take_currency(r, column, code, is_first ? size : strlen(behind), e))
			return false;
		from = is_first ? behind : text;
		size = is_first ? strlen(behind) : size;
	}
	if (size >= NAME_SIZE)
		return bad(column, text, "amount", e);
	memcpy(number, from, size);
	number[size] = '\0';
	return true;
}

// *has says whether the cell is there.
static bool read_amount(const struct reading *r, enum offer_column column, bool *has, int64_t *out,
			struct err *e)
{
	char number[NAME_SIZE];
	int exponent;
	*has = r->row->cells[column] != NULL;
	if (!*has)
		return true;
	if (!split_amount(r, column, number, e))
		return false;
	if (!*r->out->currency)
		text_copy(r->out->currency, sizeof(r->out->currency), r->shop_currency);
	if (!money_exponent(r->out->currency, &exponent) || !money_parse(number, exponent, out) || *out < 0 ||
	    *out > MONEY_MAX_MINOR)
		return bad(column, r->row->cells[column], "amount of its currency", e);
	return true;
}

static bool read_currency(const struct reading *r, struct err *e)
{
	const char *text = r->row->cells[OFFER_CURRENCY];
	return text == NULL || take_currency(r, OFFER_CURRENCY, text, strlen(text), e);
}

// ---- sale prices -----------------------------------------------------------------------------------------

// "2026-11-23T13:00-0800" has no colon in its offset; timearg wants one.
static bool read_moment(const struct reading *r, const char *from, size_t size, int64_t *out)
{
	char text[TIME_TEXT_SIZE];
	struct timearg time;
	if (size + 2 > sizeof(text) || size == 0)
		return false;
	memcpy(text, from, size);
	text[size] = '\0';
	if (size > 5 && strchr(text, 'T') && strchr("+-", text[size - 5]) &&
	    strspn(text + size - 4, "0123456789") == 4) {
		memmove(text + size - 1, text + size - 2, 3);
		text[size - 2] = ':';
	}
	if (!timearg_parse(text, &time))
		return false;
	*out = timearg_ms(&time, r->zone);
	return true;
}

// Whether the sale price is what the offer costs at the file's time.
static bool read_sale(const struct reading *r, bool *is_on, struct err *e)
{
	const char *text = r->row->cells[OFFER_SALE_DATE];
	const char *slash = text ? strchr(text, '/') : NULL;
	int64_t from_ms, until_ms;
	*is_on = true;
	if (text == NULL)
		return true;
	if (slash == NULL || !read_moment(r, text, (size_t)(slash - text), &from_ms) ||
	    !read_moment(r, slash + 1, strlen(slash + 1), &until_ms))
		return bad(OFFER_SALE_DATE, text,
			   "range of times, as in 2026-11-23T00:00+0100/2026-11-30T00:00+0100", e);
	*is_on = from_ms <= r->as_of_ms && r->as_of_ms < until_ms;
	return true;
}

static void set_price(Utarg__V1__OfferUpdated *offer, int64_t price)
{
	offer->known_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR;
	offer->price_gross_minor = price;
}

static void set_list_price(Utarg__V1__OfferUpdated *offer, int64_t price)
{
	offer->known_list_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_LIST_PRICE_LIST_PRICE_GROSS_MINOR;
	offer->list_price_gross_minor = price;
}

static bool read_prices(const struct reading *r, struct err *e)
{
	Utarg__V1__OfferUpdated *offer = &r->out->offer;
	bool has_price, has_list, has_sale, has_cost, is_on;
	int64_t price = 0, list = 0, sale = 0, cost = 0;
	if (!read_currency(r, e) || !read_amount(r, OFFER_PRICE, &has_price, &price, e) ||
	    !read_amount(r, OFFER_LIST_PRICE, &has_list, &list, e) ||
	    !read_amount(r, OFFER_SALE_PRICE, &has_sale, &sale, e) ||
	    !read_amount(r, OFFER_COST, &has_cost, &cost, e) || !read_sale(r, &is_on, e))
		return false;
	if (has_price)
		set_price(offer, price);
	if (has_sale && is_on) {
		set_price(offer, sale);
		if (has_price)
			set_list_price(offer, price);
	}
	if (has_list)
		set_list_price(offer, list);
	if (has_cost) {
		offer->known_cost_case = UTARG__V1__OFFER_UPDATED__KNOWN_COST_COST_NET_MINOR;
		offer->cost_net_minor = cost;
	}
	offer->currency = r->out->currency;
	return true;
}

static bool read_tax(const struct reading *r, struct err *e)
{
	const char *text = r->row->cells[OFFER_TAX_RATE];
	char number[NAME_SIZE];
	int64_t rate;
	if (text == NULL)
		return true;
	size_t size = strcspn(text, " %");
	const char *rest = text + size;
	rest += strspn(rest, " ");
	if (size >= NAME_SIZE || (strcmp(rest, "") != 0 && strcmp(rest, "%") != 0))
		return bad(OFFER_TAX_RATE, text, "percentage", e);
	memcpy(number, text, size);
	number[size] = '\0';
	if (!money_parse(number, 2, &rate) || rate < 0 || rate > SHARE_MAX_BP)
		return bad(OFFER_TAX_RATE, text, "percentage", e);
	r->out->offer.known_tax_rate_case = UTARG__V1__OFFER_UPDATED__KNOWN_TAX_RATE_TAX_RATE_BP;
	r->out->offer.tax_rate_bp = (uint32_t)rate;
	return true;
}

static bool read_stock(const struct reading *r, struct err *e)
{
	const char *text = r->row->cells[OFFER_STOCK];
	Utarg__V1__StockChanged *stock = &r->out->stock;
	if (text == NULL)
		return true;
	if (!text_to_int(text, 0, QUANTITY_MAX, &stock->quantity))
		return bad(OFFER_STOCK, text, "number of pieces", e);
	r->out->has_stock = true;
	stock->sku = r->out->offer.sku;
	return read_text(r, OFFER_LOCATION, ID_MAX_BYTES, &stock->location, e);
}

static void put_titles(const struct reading *r)
{
	struct offer_said *out = r->out;
	for (size_t i = 0; i < r->row->title_count; i++) {
		utarg__v1__localized_text__init(&out->titles[i]);
		out->titles[i].language = text_borrow(r->row->titles[i].language);
		out->titles[i].text = text_borrow(r->row->titles[i].text);
		out->title_pointers[i] = &out->titles[i];
	}
	out->offer.titles = out->title_pointers;
	out->offer.n_titles = r->row->title_count;
}

static bool read_words(const struct reading *r, struct err *e)
{
	static const char *const statuses[] = {"active", "paused", "delisted", NULL};
	static const char *const audiences[] = {"public", "members", "code", "closed", NULL};
	Utarg__V1__OfferUpdated *offer = &r->out->offer;
	int status, audience;
	if (!read_word(r, OFFER_STATUS, statuses, &status, e) ||
	    !read_word(r, OFFER_AUDIENCE, audiences, &audience, e) ||
	    !read_switch(r, OFFER_PERISHABLE, &offer->perishable, e) ||
	    !read_switch(r, OFFER_CONDITIONAL, &offer->conditional, e))
		return false;
	offer->status = (Utarg__V1__OfferStatus)status;
	offer->audience = (Utarg__V1__Audience)audience;
	return true;
}

bool offer_row_read(const struct offer_row *row, const char *currency, const struct zone *zone,
		    int64_t as_of_ms, struct offer_said *out, struct err *e)
{
	const struct reading r = {row, currency, zone, as_of_ms, out};
	Utarg__V1__OfferUpdated *offer = &out->offer;
	utarg__v1__offer_updated__init(offer);
	utarg__v1__stock_changed__init(&out->stock);
	out->currency[0] = '\0';
	out->has_stock = false;
	if (row->cells[OFFER_SKU] == NULL)
		return err_set(e, ERR_MISSING_FIELD, "the sku is missing");
	put_titles(&r);
	for (size_t i = 0; i < row->title_count; i++)
		if (strlen(row->titles[i].text) > TEXT_MAX_BYTES)
			return err_set(e, ERR_BAD_FIELD, "title_%s has more than %d bytes",
				       row->titles[i].language, TEXT_MAX_BYTES);
	return read_text(&r, OFFER_SKU, ID_MAX_BYTES, &offer->sku, e) &&
	       read_text(&r, OFFER_TITLE, TEXT_MAX_BYTES, &offer->title, e) &&
	       read_text(&r, OFFER_CATEGORY, TEXT_MAX_BYTES, &offer->category, e) &&
	       read_text(&r, OFFER_SUPPLIER, ID_MAX_BYTES, &offer->supplier_id, e) &&
	       read_text(&r, OFFER_MARKET, ID_MAX_BYTES, &offer->market, e) && read_words(&r, e) &&
	       read_prices(&r, e) && read_tax(&r, e) && read_stock(&r, e);
}
