// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg message publish|withdraw|check|diagram`: what the shop says, in every channel as one version. How
// messages stand is shown by cmd_message_show.c.
#include "services/utarg/commands.h"
#include "services/utarg/message_draft.h"
#include "services/utarg/message_print.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DRAFT_OPTIONS                                                                                        \
	{"text", "TEXT", "what it says"}, {"language", "TAG", "language of the text: en, pl, de-AT"},        \
		{"text-in", "TAG=TEXT...", "the same in a further language"},                                \
		{"placement", "PLACE...", "where it is said: web/home-hero, leaflet/2026-11, pos/door"},     \
		{"campaign", "CAMPAIGN", "which campaign it belongs to"},                                    \
		{"price", "SKU=AMOUNT...", "it claims a price: MUG=39.00PLN"},                               \
		{"percentage", "SKU=PERCENT...", "it claims a reduction: MUG=20"},                           \
		{"coupon", "CODE...", "it names a coupon"},                                                  \
		{"stock", "SKU...", "it promises that an offer is in stock"},                                \
		{"from", "TIME", "from when on its claims hold"},                                            \
	{                                                                                                    \
		"until", "TIME", "how long; a day is included"                                               \
	}

const struct cli_option cmd_message_publish_options[] = {
	DRAFT_OPTIONS,
	{"anyway", NULL, "publish although a claim is not so; takes --reason"},
	{"reason", "TEXT", "why; it stays in the journal"},
	{0},
};

const struct cli_option cmd_message_check_options[] = {DRAFT_OPTIONS, {0}};

const struct cli_option cmd_message_withdraw_options[] = {
	{"reason", "TEXT", "why it is not to be said any more"},
	{0},
};

// Sends a command whose answer is one message, and prints it.
static bool command(struct cli *cli, const struct shop *shop, Utarg__V1__Request *request, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	if (!remote_call(cli, SVC_CAMPAIGN, request, &reply, e))
		return false;
	const Utarg__V1__MessageView *view = NULL;
	if (reply->body_case == UTARG__V1__REPLY__BODY_MESSAGE)
		view = reply->message->message;
	bool done = view && view->message;
	if (done && cli->json)
		output_message(&view->base, false);
	else if (done)
		message_print(&shop->zone, view);
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a message");
}

static bool send_draft(struct cli *cli, const struct shop *shop, struct message_draft *draft, struct err *e)
{
	Utarg__V1__MessagePublishRequest publish = UTARG__V1__MESSAGE_PUBLISH_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	const char *reason = cli_value(cli, "reason");
	Utarg__V1__MarketingMessage message = *draft->message; // its reason may be the option's
	uint8_t id[UUID_SIZE];
	if (reason)
		message.reason = text_borrow(reason);
	uuid_v7(clock_now_ms(), id);
	publish.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	publish.shop = text_borrow(shop->slug);
	publish.message = &message;
	publish.anyway = cli_switch(cli, "anyway");
	request.body_case = UTARG__V1__REQUEST__BODY_MESSAGE_PUBLISH;
	request.message_publish = &publish;
	return command(cli, shop, &request, e);
}

bool cmd_message_publish(struct cli *cli, struct err *e)
{
	struct message_draft draft;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	bool done = message_draft_make(cli, &shop, &draft, e) && send_draft(cli, &shop, &draft, e);
	message_draft_fini(&draft);
	shop_fini(&shop);
	return done;
}

bool cmd_message_withdraw(struct cli *cli, struct err *e)
{
	Utarg__V1__MessageWithdrawRequest withdraw = UTARG__V1__MESSAGE_WITHDRAW_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	struct shop shop;
	uint8_t id[UUID_SIZE];
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	uuid_v7(clock_now_ms(), id);
	withdraw.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	withdraw.shop = text_borrow(shop.slug);
	withdraw.message_id = text_borrow(cli_operand(cli, 1));
	withdraw.reason = text_borrow(cli_value(cli, "reason"));
	request.body_case = UTARG__V1__REQUEST__BODY_MESSAGE_WITHDRAW;
	request.message_withdraw = &withdraw;
	bool done = command(cli, &shop, &request, e);
	shop_fini(&shop);
	return done;
}

static bool ask_check(struct cli *cli, const struct shop *shop, struct message_draft *draft, struct err *e)
{
	Utarg__V1__MessageCheckRequest check = UTARG__V1__MESSAGE_CHECK_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	check.shop = text_borrow(shop->slug);
	check.message = draft->message;
	request.body_case = UTARG__V1__REQUEST__BODY_MESSAGE_CHECK;
	request.message_check = &check;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_MESSAGE_CHECK;
	if (done && cli->json)
		output_message(&reply->message_check->base, false);
	for (size_t i = 0; done && !cli->json && i < reply->message_check->n_faults; i++)
		printf("claim %u: %s\n", reply->message_check->faults[i]->claim,
		       reply->message_check->faults[i]->text);
	if (done && !cli->json && reply->message_check->n_faults == 0)
		puts("All that it claims is so.");
	if (done && reply->message_check->n_faults > 0)
		cli->exit_code = err_exit(ERR_REFUSED);
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a check");
}

bool cmd_message_check(struct cli *cli, struct err *e)
{
	struct message_draft draft;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	bool done = message_draft_make(cli, &shop, &draft, e) && ask_check(cli, &shop, &draft, e);
	message_draft_fini(&draft);
	shop_fini(&shop);
	return done;
}

bool cmd_message_diagram(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], option[] = "--message-diagram";
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_CAMPAIGN].binary);
	char *argv[] = {program, option, NULL};
	fflush(NULL);
	execv(program, argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(errno));
}
