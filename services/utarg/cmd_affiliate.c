// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg affiliate add|key|rule|list|link`: partners, the key of their links, their rules. campaign decides.
// The secret half of the key stays on this machine: in the file that --sign-key or UTARG_SIGN_KEY names, else
// beside the instance's other keys. What partners earn and are paid: affiliate_pay.c.
#include "services/utarg/commands.h"
#include "services/utarg/files.h"
#include "services/utarg/instance.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/signature.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { URL_SIZE = 2048, WHOLE_BP = 10000 };

#define SIGN_KEY_OPTION                                                                                      \
	{                                                                                                    \
		"sign-key", "FILE", "the key that signs links, instead of the instance's"                    \
	}

const struct cli_option cmd_affiliate_add_options[] = {
	{"title", "TEXT", "the partner's name for people"},
	{"paused", NULL, "orders placed from now on earn nothing; without it the partner is active"},
	{"reason", "TEXT", "why"},
	SIGN_KEY_OPTION,
	{0},
};

const char cmd_affiliate_add_details[] =
	"Adds a partner or changes one. With a shop's first partner the key that signs links is made: its "
	"secret half "
	"in\n"
	"the file (mode 0600), its public half in the shop's journal. Keep a copy of the file.\n";

const struct cli_option cmd_affiliate_key_options[] = {
	{"replace", NULL, "make a new key; links signed with the old one stop counting"},
	SIGN_KEY_OPTION,
	{0},
};

const struct cli_option cmd_affiliate_rule_options[] = {
	{"percent", "N", "of what is left of the lines' net: 5 or 7.25"},
	{"fixed", "AMOUNT", "for each order, in the shop's currency: 10.00"},
	{"end", NULL, "from then on there is no rule for the category"},
	{"category", "NAME", "of lines; without it for all lines no other rule is for"},
	{"new-customers", NULL, "only for a customer's first valid order"},
	{"hold", "DAYS", "from the order until it is due (default 14)"},
	{"id", "NAME", "what the ledger calls it (default: the category, or general)"},
	{"title", "TEXT", "for people"},
	{"from", "DAY", "the first day of orders it is for (default: now)"},
	{0},
};

const char cmd_affiliate_rule_details[] = "The latest rule of a partner for a category counts for orders "
					  "placed from its beginning on. One may begin up "
					  "to\n"
					  "31 days ago: then the ledger of those orders is made anew.\n";

const struct cli_option cmd_affiliate_link_options[] = {
	{"campaign", "NAME", "utm_campaign of the link, signed with it"},
	SIGN_KEY_OPTION,
	{0},
};

const char cmd_affiliate_link_details[] =
	"Adds to URL what a shop's frontend sends on in affiliate_click: affiliate, utm_campaign and "
	"affiliate_signature\n"
	"(base64 with the URL alphabet, without padding; the event holds the 64 bytes). Only clicks whose "
	"signature is "
	"valid\n"
	"bring a partner anything.\n";

// ---- the key -------------------------------------------------------------------------------------------

static bool key_path(const struct cli *cli, const char *shop, char out[CLI_PATH_SIZE], struct err *e)
{
	const char *given = cli_value(cli, "sign-key");
	struct instance instance;
	char name[96];
	if (!given || !*given)
		given = getenv("UTARG_SIGN_KEY");
	if (given && *given)
		return text_copy(out, CLI_PATH_SIZE, given) ||
		       err_set(e, ERR_BAD_FIELD, "the key file's name is too long");
	if (!text_is_slug(shop))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", shop);
	if (!instance_open(&instance, cli, false, e))
		return false;
	snprintf(name, sizeof(name), "secrets/affiliate-%s.key", shop);
	instance_path(&instance, name, out);
	return true;
}

static bool make_key(const char *path, struct signature_key *out, struct err *e)
{
	char text[SIGNATURE_FILE_SIZE];
	if (!signature_key_make(out, e))
		return false;
	signature_key_print(out, text);
	bool written = files_write(path, text, 0600, NULL, e);
	explicit_bzero(text, sizeof(text));
	return written;
}

// The one in the file, made when there is none yet.
static bool find_key(const char *path, struct signature_key *out, struct err *e)
{
	return access(path, F_OK) == 0 ? signature_key_read(path, out, e) : make_key(path, out, e);
}

static Utarg__V1__Reply *ask(struct cli *cli, Utarg__V1__Request *request, Utarg__V1__Reply__BodyCase wanted,
			     struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	return remote_ask(cli, SVC_CAMPAIGN, request, wanted, "was asked", &reply, e) ? reply : NULL;
}

static Utarg__V1__Reply *ask_list(struct cli *cli, const char *shop, const char *affiliate, struct err *e)
{
	Utarg__V1__AffiliateListRequest list = UTARG__V1__AFFILIATE_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	list.shop = text_borrow(shop);
	list.affiliate = text_borrow(affiliate);
	request.body_case = UTARG__V1__REQUEST__BODY_AFFILIATE_LIST;
	request.affiliate_list = &list;
	return ask(cli, &request, UTARG__V1__REPLY__BODY_AFFILIATE_LIST, e);
}

static bool set_key(struct cli *cli, const char *shop, const struct signature_key *key, struct err *e)
{
	Utarg__V1__AffiliateKey stated = UTARG__V1__AFFILIATE_KEY__INIT;
	Utarg__V1__AffiliateKeySetRequest set = UTARG__V1__AFFILIATE_KEY_SET_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE], public_key[SIGNATURE_PUBLIC_SIZE];
	uuid_v7(clock_now_ms(), id);
	signature_public(key, public_key);
	stated.public_key = (ProtobufCBinaryData){.data = public_key, .len = sizeof(public_key)};
	set.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	set.shop = text_borrow(shop);
	set.key = &stated;
	request.body_case = UTARG__V1__REQUEST__BODY_AFFILIATE_KEY_SET;
	request.affiliate_key_set = &set;
	Utarg__V1__Reply *reply = ask(cli, &request, UTARG__V1__REPLY__BODY_AFFILIATE_KEY, e);
	client_reply_free(reply);
	return reply != NULL;
}

static bool is_of(const Utarg__V1__AffiliateKey *stated, const struct signature_key *key)
{
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE];
	signature_public(key, public_key);
	return stated && stated->public_key.len == sizeof(public_key) &&
	       memcmp(stated->public_key.data, public_key, sizeof(public_key)) == 0;
}

// A shop without a key gets that of the file.
static bool have_key(struct cli *cli, const char *shop, struct err *e)
{
	char path[CLI_PATH_SIZE];
	struct signature_key key;
	Utarg__V1__Reply *reply = ask_list(cli, shop, "-", e);
	if (!reply)
		return false;
	bool has_key = reply->affiliate_list->key != NULL;
	client_reply_free(reply);
	if (has_key)
		return true;
	bool set = key_path(cli, shop, path, e) && find_key(path, &key, e) && set_key(cli, shop, &key, e);
	explicit_bzero(&key, sizeof(key));
	if (set && !cli->json)
		printf("The links of %s's partners are signed with the key in %s: keep a copy.\n", shop,
		       path);
	return set;
}

// The old one stays until the shop knows the new one.
static bool replace_key(struct cli *cli, const char *shop, const char *path, struct signature_key *out,
			struct err *e)
{
	char fresh[CLI_PATH_SIZE + 8];
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (!make_key(fresh, out, e))
		return false;
	if (!set_key(cli, shop, out, e)) {
		unlink(fresh);
		return false;
	}
	return rename(fresh, path) == 0 ||
	       err_set(e, ERR_INTERNAL,
		       "links are signed with the key in %.200s now, which could not be renamed: %s", fresh,
		       strerror(errno));
}

bool cmd_affiliate_key(struct cli *cli, struct err *e)
{
	const char *shop = cli_operand(cli, 0);
	char path[CLI_PATH_SIZE], hex[2 * SIGNATURE_PUBLIC_SIZE + 1];
	struct signature_key key;
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE];
	if (!key_path(cli, shop, path, e))
		return false;
	bool ok = cli_switch(cli, "replace") ? replace_key(cli, shop, path, &key, e)
					     : signature_key_read(path, &key, e);
	Utarg__V1__Reply *reply = ok ? ask_list(cli, shop, "-", e) : NULL;
	if (!reply) {
		explicit_bzero(&key, sizeof(key));
		return false;
	}
	bool counts = is_of(reply->affiliate_list->key, &key);
	signature_public(&key, public_key);
	text_hex(public_key, sizeof(public_key), hex);
	explicit_bzero(&key, sizeof(key));
	client_reply_free(reply);
	if (cli->json)
		output_json(json_pack("{s:s, s:s, s:b}", "file", path, "public_key", hex, "counts", counts),
			    false);
	else
		printf("%s holds the key %s; %s.\n", path, hex,
		       counts ? "links signed with it count"
			      : "the shop's clicks are checked with another one");
	return true;
}

// ---- add -----------------------------------------------------------------------------------------------

bool cmd_affiliate_add(struct cli *cli, struct err *e)
{
	Utarg__V1__Affiliate affiliate = UTARG__V1__AFFILIATE__INIT;
	Utarg__V1__AffiliateSetRequest set = UTARG__V1__AFFILIATE_SET_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE];
	if (!have_key(cli, cli_operand(cli, 0), e))
		return false;
	uuid_v7(clock_now_ms(), id);
	affiliate.affiliate = text_borrow(cli_operand(cli, 1));
	affiliate.title = text_borrow(cli_value(cli, "title"));
	affiliate.reason = text_borrow(cli_value(cli, "reason"));
	affiliate.state = cli_switch(cli, "paused") ? UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED
						    : UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_ACTIVE;
	set.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	set.shop = text_borrow(cli_operand(cli, 0));
	set.affiliate = &affiliate;
	request.body_case = UTARG__V1__REQUEST__BODY_AFFILIATE_SET;
	request.affiliate_set = &set;
	Utarg__V1__Reply *reply = ask(cli, &request, UTARG__V1__REPLY__BODY_AFFILIATE, e);
	if (!reply)
		return false;
	if (cli->json)
		output_message(&reply->affiliate->base, false);
	else
		printf("Partner %s of %s is %s (event %llu).\n", affiliate.affiliate, set.shop,
		       cli_switch(cli, "paused") ? "paused" : "active",
		       (unsigned long long)reply->affiliate->seq);
	client_reply_free(reply);
	return true;
}

// ---- rules ---------------------------------------------------------------------------------------------

static bool read_pay(struct cli *cli, const struct shop *shop, Utarg__V1__CommissionRule *rule,
		     Utarg__V1__Money *fixed, struct err *e)
{
	const char *percent = cli_value(cli, "percent"), *amount = cli_value(cli, "fixed");
	int64_t number;
	int exponent;
	if (percent) {
		if (!money_parse(percent, 2, &number) || number <= 0 || number > WHOLE_BP)
			return err_field(e, ERR_BAD_FIELD, "percent",
					 "--percent \"%.40s\" is none: above 0, at most 100, two decimals",
					 percent);
		rule->percentage_bp = (uint32_t)number;
	}
	if (amount) {
		if (!money_exponent(shop->currency, &exponent) ||
		    !money_parse(amount, exponent, &fixed->minor) || fixed->minor <= 0)
			return err_field(e, ERR_BAD_FIELD, "fixed", "--fixed \"%.40s\" is no amount of %s",
					 amount, shop->currency);
		fixed->currency = text_borrow(shop->currency);
		rule->fixed = fixed;
	}
	return true;
}

static bool read_rule(struct cli *cli, const struct shop *shop, Utarg__V1__CommissionRule *rule,
		      Utarg__V1__Money *fixed, struct err *e)
{
	enum { USUAL_HOLD = 14, HOLD_MAX = 365 };
	const char *from = cli_value(cli, "from");
	struct zone_date day;
	int64_t hold;
	if (!read_pay(cli, shop, rule, fixed, e) ||
	    !cli_number(cli, "hold", 0, HOLD_MAX, USUAL_HOLD, &hold, e))
		return false;
	if (from && !zone_date_parse(from, &day))
		return err_field(e, ERR_BAD_TIME, "from", "--from \"%.40s\" is no day, as in 2026-11-23",
				 from);
	rule->affiliate = text_borrow(cli_operand(cli, 1));
	rule->category = text_borrow(cli_value(cli, "category"));
	rule->rule_id = text_borrow(cli_value(cli, "id"));
	rule->title = text_borrow(cli_value(cli, "title"));
	rule->ended = cli_switch(cli, "end");
	rule->new_customers_only = cli_switch(cli, "new-customers");
	rule->holding_days = (uint32_t)hold;
	rule->valid_from_ms = from ? zone_day_start_ms(&shop->zone, day) : 0;
	return true;
}

static const char *pay_text(const Utarg__V1__CommissionRule *rule, char out[OUTPUT_TEXT_SIZE])
{
	if (rule->ended)
		snprintf(out, OUTPUT_TEXT_SIZE, "nothing");
	else if (rule->fixed && rule->fixed->minor)
		output_money(rule->fixed->minor, rule->fixed->currency, out);
	else
		snprintf(out, OUTPUT_TEXT_SIZE, "%u.%02u %%", rule->percentage_bp / 100,
			 rule->percentage_bp % 100);
	return out;
}

static bool send_rule(struct cli *cli, Utarg__V1__CommissionRule *rule, struct err *e)
{
	Utarg__V1__CommissionSetRequest set = UTARG__V1__COMMISSION_SET_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE];
	char text[OUTPUT_TEXT_SIZE];
	uuid_v7(clock_now_ms(), id);
	set.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	set.shop = text_borrow(cli_operand(cli, 0));
	set.rule = rule;
	request.body_case = UTARG__V1__REQUEST__BODY_COMMISSION_SET;
	request.commission_set = &set;
	Utarg__V1__Reply *reply = ask(cli, &request, UTARG__V1__REPLY__BODY_COMMISSION, e);
	if (!reply)
		return false;
	if (cli->json)
		output_message(&reply->commission->base, false);
	else
		printf("Rule %s of %s pays %s, due %u days after the order (event %llu).\n",
		       reply->commission->rule->rule_id, rule->affiliate, pay_text(rule, text),
		       rule->holding_days, (unsigned long long)reply->commission->seq);
	client_reply_free(reply);
	return true;
}

bool cmd_affiliate_rule(struct cli *cli, struct err *e)
{
	Utarg__V1__CommissionRule rule = UTARG__V1__COMMISSION_RULE__INIT;
	Utarg__V1__Money fixed = UTARG__V1__MONEY__INIT;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	bool done = read_rule(cli, &shop, &rule, &fixed, e) && send_rule(cli, &rule, e);
	shop_fini(&shop);
	return done;
}

// ---- list ----------------------------------------------------------------------------------------------

static void add_rule(struct table *table, const Utarg__V1__CommissionRule *rule)
{
	char text[OUTPUT_TEXT_SIZE];
	table_cell(table, rule->rule_id);
	table_cell(table, *rule->category ? rule->category : "all lines");
	table_cell(table, pay_text(rule, text));
	table_format(table, "%u", rule->holding_days);
	table_cell(table, rule->new_customers_only ? "new" : "all");
	table_cell(table, output_time(rule->valid_from_ms, text));
}

static void paid_text(const Utarg__V1__AffiliateView *view, char *out, size_t out_size)
{
	char text[OUTPUT_TEXT_SIZE];
	out[0] = '\0';
	for (size_t i = 0, used = 0; i < view->n_paid && used < out_size; i++)
		used += (size_t)snprintf(out + used, out_size - used, "%s%s", i ? ", " : "",
					 output_money(view->paid[i]->minor, view->paid[i]->currency, text));
}

static void print_list(const Utarg__V1__AffiliateListReply *list)
{
	static const char *const titles[] = {"PARTNER", "STATE",      "TITLE",     ">PAID", "RULE", "FOR",
					     ">PAYS",   ">HOLD DAYS", "CUSTOMERS", "FROM",  NULL};
	struct table *table = table_create(titles);
	char state[OUTPUT_TEXT_SIZE], paid[4 * OUTPUT_TEXT_SIZE];
	for (size_t i = 0; i < list->n_affiliates; i++) {
		const Utarg__V1__AffiliateView *view = list->affiliates[i];
		for (size_t k = 0; k == 0 || k < view->n_rules; k++) {
			paid_text(view, paid, sizeof(paid));
			table_cell(table, k ? "" : view->affiliate->affiliate);
			table_cell(table,
				   k ? ""
				     : output_enum(&utarg__v1__affiliate_state__descriptor,
						   (int)view->affiliate->state, "AFFILIATE_STATE_", state));
			table_cell(table, k ? "" : view->affiliate->title);
			table_cell(table, k ? "" : *paid ? paid : "-");
			if (view->n_rules)
				add_rule(table, view->rules[k]);
			else
				for (int cell = 0; cell < 6; cell++)
					table_cell(table, "-");
		}
	}
	table_print(table, stdout, "There are no such partners.");
	table_destroy(table);
}

bool cmd_affiliate_list(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = ask_list(cli, cli_operand(cli, 0), cli_operand(cli, 1), e);
	if (!reply)
		return false;
	const Utarg__V1__AffiliateListReply *list = reply->affiliate_list;
	if (cli->json) {
		json_t *all = json_array();
		for (size_t i = 0; i < list->n_affiliates; i++)
			json_array_append_new(all, json_from_message_full(&list->affiliates[i]->base));
		output_json(all, false);
	} else {
		print_list(list);
	}
	client_reply_free(reply);
	return true;
}

// ---- link ----------------------------------------------------------------------------------------------

// In base64 with the URL alphabet, without padding.
static void signature_text(const uint8_t signature[SIGNATURE_SIZE], char out[2 * SIGNATURE_SIZE])
{
	text_base64(signature, SIGNATURE_SIZE, out);
	for (char *c = out; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
}

static bool print_link(const struct cli *cli, const char *url, const struct signature_link *link,
		       const uint8_t signature[SIGNATURE_SIZE], struct err *e)
{
	char text[2 * SIGNATURE_SIZE], campaign[3 * 128 + 1], whole[URL_SIZE], more[URL_SIZE] = "";
	const size_t before = strcspn(url, "#");
	signature_text(signature, text);
	if (!text_percent_encode(link->campaign, campaign, sizeof(campaign)))
		return err_field(e, ERR_BAD_FIELD, "campaign", "the campaign's name is too long");
	if (*campaign)
		snprintf(more, sizeof(more), "&utm_campaign=%s", campaign);
	int size =
		snprintf(whole, sizeof(whole),
			 "%.*s%cutm_source=%s&utm_medium=affiliate%s&affiliate=%s&affiliate_signature=%s%s",
			 (int)before, url, memchr(url, '?', before) ? '&' : '?', link->affiliate, more,
			 link->affiliate, text, url + before);
	if (size < 0 || (size_t)size >= sizeof(whole))
		return err_field(e, ERR_BAD_FIELD, "url", "the address is too long");
	if (cli->json)
		output_json(json_pack("{s:s, s:s, s:s, s:s}", "url", whole, "affiliate", link->affiliate,
				      "campaign", link->campaign, "signature", text),
			    false);
	else
		puts(whole);
	return true;
}

// The shop's key is this one and the partner is there: a link that never counts helps nobody.
static bool check_link(const Utarg__V1__AffiliateListReply *list, const char *shop, const char *affiliate,
		       const struct signature_key *key, const char *path, struct err *e)
{
	if (list->n_affiliates == 0)
		return err_set(e, ERR_REFUSED, "%.63s has no partner %.63s; `utarg affiliate add` makes one",
			       shop, affiliate);
	return is_of(list->key, key) ||
	       err_set(e, ERR_REFUSED,
		       "the clicks of %.63s are checked with another key than the one in %.150s", shop, path);
}

bool cmd_affiliate_link(struct cli *cli, struct err *e)
{
	const char *campaign = cli_value(cli, "campaign");
	const struct signature_link link = {cli_operand(cli, 0), cli_operand(cli, 1),
					    campaign ? campaign : ""};
	char path[CLI_PATH_SIZE];
	struct signature_key key;
	uint8_t signature[SIGNATURE_SIZE];
	if (!key_path(cli, link.shop, path, e) || !signature_key_read(path, &key, e))
		return false;
	Utarg__V1__Reply *reply = ask_list(cli, link.shop, link.affiliate, e);
	bool ok = reply && check_link(reply->affiliate_list, link.shop, link.affiliate, &key, path, e);
	client_reply_free(reply);
	if (ok)
		signature_make(&key, &link, signature);
	explicit_bzero(&key, sizeof(key));
	return ok && print_link(cli, cli_operand(cli, 2), &link, signature, e);
}
