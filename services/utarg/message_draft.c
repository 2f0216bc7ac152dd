// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See message_draft.h.
#include "services/utarg/message_draft.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "common/json/json.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/timearg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DRAFT_BYTES = 256 * 1024, CLAIMS_MAX = 200, SHARE_DECIMALS = 2 };

const char message_draft_details[] =
	"FILE is a MarketingMessage in JSON (\"-\": standard input):\n"
	"    {\"message_id\": \"black-week\", \"language\": \"en\", \"text\": \"Mugs 39.00\",\n"
	"     \"texts\": [{\"language\": \"pl\", \"text\": \"Kubki 39,00\"}],\n"
	"     \"claims\": [{\"claim_kind\": \"CLAIM_KIND_PRICE\", \"sku\": \"MUG\", \"amount_minor\": 3900, "
	"\"currency\": \"PLN\"}],\n"
	"     \"placements\": [\"web/home-hero\", \"leaflet/2026-11\", \"pos/door\"]}\n"
	"MESSAGE is its id, with the rest in options; a day in --until is included.\n"
	"Claims are compared with prices, prior prices, stock and coupons as they are now. What is not so is "
	"refused, and each\n"
	"sentence names the fact.\n";

// ---- from a file ---------------------------------------------------------------------------------------

static bool read_text(struct arena *arena, const char *path, char **out, size_t *size, struct err *e)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *text = arena_alloc(arena, DRAFT_BYTES / 2);
	if (!in)
		return err_field(e, ERR_BAD_FIELD, "file", "%.200s cannot be read: %s", path,
				 strerror(errno));
	*size = text ? fread(text, 1, DRAFT_BYTES / 2, in) : 0;
	bool is_read = text && !ferror(in);
	bool is_whole = is_read && *size < DRAFT_BYTES / 2;
	if (in != stdin)
		fclose(in);
	*out = text;
	if (!is_read)
		return err_field(e, ERR_BAD_FIELD, "file", "%.200s cannot be read", path);
	return is_whole || err_field(e, ERR_TOO_LARGE, "file", "%.200s is larger than a message", path);
}

static bool load(struct message_draft *draft, const char *path, struct err *e)
{
	char *text = NULL;
	size_t size = 0;
	if (!read_text(&draft->arena, path, &text, &size, e))
		return false;
	draft->loaded = json_parse_message(text, size, &utarg__v1__marketing_message__descriptor, e);
	if (!draft->loaded)
		return err_prefix(e, "%.200s", path);
	draft->message = (Utarg__V1__MarketingMessage *)draft->loaded;
	return true;
}

// ---- from options --------------------------------------------------------------------------------------

struct maker {
	struct cli *cli;
	const struct shop *shop;
	struct arena *arena;
	Utarg__V1__MarketingMessage *message;
	int64_t from_ms, until_ms;
};

// Calls take for each value of an option that may be given several times.
static bool each(struct maker *maker, const char *option,
		 bool (*take)(struct maker *maker, char *value, struct err *e), struct err *e)
{
	const char *all = cli_value(maker->cli, option);
	for (const char *at = all; at && *at;) {
		size_t size = strcspn(at, "\n");
		char *value = arena_copy(maker->arena, at, size);
		if (!value)
			return err_set(e, ERR_TOO_LARGE, "the message is too large");
		if (!take(maker, value, e))
			return false;
		at += size + (at[size] == '\n');
	}
	return true;
}

// Cuts "SKU=39.00PLN" at its last '='; NULL when there is none.
static char *cut(char *value)
{
	char *at = strrchr(value, '=');
	if (!at || at == value || !at[1])
		return NULL;
	*at = 0;
	return at + 1;
}

static Utarg__V1__Claim *add_claim(struct maker *maker, Utarg__V1__ClaimKind kind, struct err *e)
{
	Utarg__V1__MarketingMessage *message = maker->message;
	Utarg__V1__Claim *claim = arena_alloc(maker->arena, sizeof(*claim));
	if (!claim || message->n_claims == CLAIMS_MAX) {
		err_set(e, ERR_TOO_MANY, "these are too many claims");
		return NULL;
	}
	utarg__v1__claim__init(claim);
	claim->claim_kind = kind;
	claim->from_ms = maker->from_ms;
	claim->until_ms = maker->until_ms;
	message->claims[message->n_claims++] = claim;
	return claim;
}

static bool take_price(struct maker *maker, char *value, struct err *e)
{
	char *amount = cut(value), *currency = arena_copy(maker->arena, maker->shop->currency, 3);
	size_t size = amount ? strlen(amount) : 0;
	int exponent;
	if (size > 3 && amount[size - 1] >= 'A' && amount[size - 1] <= 'Z') {
		currency = arena_copy(maker->arena, amount + size - 3, 3);
		amount[size - 3] = 0;
	}
	Utarg__V1__Claim *claim = add_claim(maker, UTARG__V1__CLAIM_KIND__CLAIM_KIND_PRICE, e);
	if (!claim || !currency)
		return false;
	if (!amount || !money_exponent(currency, &exponent) ||
	    !money_parse(amount, exponent, &claim->amount_minor))
		return err_field(e, ERR_BAD_FIELD, "price",
				 "--price \"%.80s\" says no price: write MUG=39.00 or MUG=39.00PLN", value);
	claim->sku = value;
	claim->currency = currency;
	return true;
}

static bool take_percentage(struct maker *maker, char *value, struct err *e)
{
	char *share = cut(value);
	int64_t bp = 0;
	Utarg__V1__Claim *claim = add_claim(maker, UTARG__V1__CLAIM_KIND__CLAIM_KIND_PERCENTAGE, e);
	if (!claim)
		return false;
	if (!share || !money_parse(share, SHARE_DECIMALS, &bp) || bp <= 0 || bp > 10000)
		return err_field(e, ERR_BAD_FIELD, "percentage",
				 "--percentage \"%.80s\" says none: write MUG=20", value);
	claim->sku = value;
	claim->percentage_bp = (uint32_t)bp;
	return true;
}

static bool take_coupon(struct maker *maker, char *value, struct err *e)
{
	Utarg__V1__Claim *claim = add_claim(maker, UTARG__V1__CLAIM_KIND__CLAIM_KIND_COUPON, e);
	if (claim)
		claim->coupon = value;
	return claim != NULL;
}

static bool take_stock(struct maker *maker, char *value, struct err *e)
{
	Utarg__V1__Claim *claim = add_claim(maker, UTARG__V1__CLAIM_KIND__CLAIM_KIND_STOCK, e);
	if (claim)
		claim->sku = value;
	return claim != NULL;
}

static bool take_placement(struct maker *maker, char *value, struct err *e)
{
	Utarg__V1__MarketingMessage *message = maker->message;
	if (message->n_placements == CLAIMS_MAX)
		return err_set(e, ERR_TOO_MANY, "these are too many placements");
	message->placements[message->n_placements++] = value;
	return true;
}

static bool take_text(struct maker *maker, char *value, struct err *e)
{
	Utarg__V1__MarketingMessage *message = maker->message;
	Utarg__V1__LocalizedText *text = arena_alloc(maker->arena, sizeof(*text));
	char *at = strchr(value, '=');
	if (!text || message->n_texts == CLAIMS_MAX)
		return err_set(e, ERR_TOO_MANY, "these are too many languages");
	if (!at || at == value)
		return err_field(e, ERR_BAD_FIELD, "text-in",
				 "--text-in \"%.80s\" names no language: write pl=TEXT", value);
	*at = 0;
	utarg__v1__localized_text__init(text);
	text->language = value;
	text->text = at + 1;
	message->texts[message->n_texts++] = text;
	return true;
}

// A day in --until is included: it ends where the next one begins.
static bool parse_time(const struct maker *maker, const char *option, bool is_end, int64_t *out,
		       struct err *e)
{
	const char *text = cli_value(maker->cli, option);
	struct timearg time;
	if (!text)
		return true;
	if (!timearg_parse(text, &time))
		return err_field(e, ERR_BAD_TIME, option,
				 "--%s \"%.40s\" is no time: write 2026-11-30 or 2026-11-30T18:00", option,
				 text);
	if (time.is_day && is_end)
		time.date = zone_date_add(time.date, 1);
	*out = timearg_ms(&time, &maker->shop->zone);
	return true;
}

static bool make_claims(struct maker *maker, struct err *e)
{
	if (!parse_time(maker, "from", false, &maker->from_ms, e) ||
	    !parse_time(maker, "until", true, &maker->until_ms, e) || !each(maker, "price", take_price, e) ||
	    !each(maker, "percentage", take_percentage, e) || !each(maker, "coupon", take_coupon, e) ||
	    !each(maker, "stock", take_stock, e))
		return false;
	// Each claim has its end with it; one that stands alone is a claim itself.
	return maker->message->n_claims > 0 || maker->until_ms == 0 ||
	       add_claim(maker, UTARG__V1__CLAIM_KIND__CLAIM_KIND_VALIDITY, e) != NULL;
}

static bool make(struct maker *maker, struct err *e)
{
	struct arena *arena = maker->arena;
	Utarg__V1__MarketingMessage *message = arena_alloc(arena, sizeof(*message));
	if (!message)
		return err_set(e, ERR_TOO_LARGE, "the message is too large");
	utarg__v1__marketing_message__init(message);
	maker->message = message;
	message->claims = arena_calloc(arena, CLAIMS_MAX, sizeof(*message->claims));
	message->placements = arena_calloc(arena, CLAIMS_MAX, sizeof(*message->placements));
	message->texts = arena_calloc(arena, CLAIMS_MAX, sizeof(*message->texts));
	if (arena->exhausted)
		return err_set(e, ERR_TOO_LARGE, "the message is too large");
	message->message_id = text_borrow(cli_operand(maker->cli, 1));
	message->text = text_borrow(cli_value(maker->cli, "text"));
	message->language = text_borrow(cli_value(maker->cli, "language"));
	message->campaign = text_borrow(cli_value(maker->cli, "campaign"));
	return make_claims(maker, e) && each(maker, "placement", take_placement, e) &&
	       each(maker, "text-in", take_text, e);
}

// ---- both ----------------------------------------------------------------------------------------------

static bool is_file(const char *operand)
{
	size_t size = strlen(operand);
	return strcmp(operand, "-") == 0 || strchr(operand, '/') ||
	       (size > 5 && strcmp(operand + size - 5, ".json") == 0);
}

bool message_draft_make(struct cli *cli, const struct shop *shop, struct message_draft *out, struct err *e)
{
	struct maker maker = {.cli = cli, .shop = shop, .arena = &out->arena};
	*out = (struct message_draft){0};
	arena_init(&out->arena, DRAFT_BYTES);
	if (is_file(cli_operand(cli, 1)))
		return load(out, cli_operand(cli, 1), e);
	if (!make(&maker, e))
		return false;
	out->message = maker.message;
	return true;
}

void message_draft_fini(struct message_draft *draft)
{
	if (draft->loaded)
		protobuf_c_message_free_unpacked(draft->loaded, NULL);
	arena_fini(&draft->arena);
}
