// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg directive list|show|approve|reject|confirm|diagram`: what campaigns ask of marketing tools. Tools
// confirm over the wire; `confirm` is for those who carry it out by hand. The rules and states are campaign's
// own tables.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cmd_directive_list_options[] = {
	{"campaign", "CAMPAIGN", "only those of one campaign"},
	{"settled", NULL, "also those nothing is left to do about"},
	{0},
};

const struct cli_option cmd_directive_decide_options[] = {
	{"reason", "TEXT", "why"},
	{0},
};

const struct cli_option cmd_directive_confirm_options[] = {
	{"failed", NULL, "it could not be done"},
	{"note", "TEXT", "what was done, or why not"},
	{0},
};

const struct cli_option cmd_directive_diagram_options[] = {
	{"rules", NULL, "print the rules instead, a table in Markdown"},
	{0},
};

static const char *action_of(const Utarg__V1__Directive *directive, char out[OUTPUT_TEXT_SIZE])
{
	return output_enum(&utarg__v1__directive_action__descriptor, (int)directive->action,
			   "DIRECTIVE_ACTION_", out);
}

static const char *state_of(const Utarg__V1__Directive *directive, char out[OUTPUT_TEXT_SIZE])
{
	return output_enum(&utarg__v1__directive_state__descriptor, (int)directive->state, "DIRECTIVE_STATE_",
			   out);
}

static const char *amount_of(const Utarg__V1__Directive *directive, char out[OUTPUT_TEXT_SIZE])
{
	return directive->amount ? output_money(directive->amount->minor, directive->amount->currency, out)
				 : "";
}

// ---- list, show ----------------------------------------------------------------------------------------

static void print_table(const Utarg__V1__DirectiveListReply *list)
{
	static const char *const titles[] = {"DIRECTIVE", "CAMPAIGN", "ACTION", "SKU", ">A DAY",
					     "STATE",     "DAY",      "REASON", NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_directives; i++) {
		const Utarg__V1__Directive *directive = list->directives[i]->directive;
		if (!directive)
			continue;
		table_cell(table, directive->directive_id);
		table_cell(table, directive->campaign);
		table_cell(table, action_of(directive, text));
		table_cell(table, directive->sku);
		table_cell(table, amount_of(directive, text));
		table_cell(table, state_of(directive, text));
		table_cell(table, directive->day);
		table_cell(table, directive->reason);
	}
	table_print(table, stdout, "There is nothing to do.");
	table_destroy(table);
}

static void print_directive(const struct zone *zone, const Utarg__V1__DirectiveView *view)
{
	const Utarg__V1__Directive *directive = view->directive;
	char text[OUTPUT_TEXT_SIZE];
	printf("Directive: %s\nCampaign:  %s\n", directive->directive_id, directive->campaign);
	printf("Action:    %s\n", action_of(directive, text));
	if (*directive->sku)
		printf("Offer:     %s\n", directive->sku);
	if (directive->amount)
		printf("A day:     %s\n", amount_of(directive, text));
	printf("State:     %s\n", state_of(directive, text));
	printf("Reason:    %s\nEvidence:  %s\n", directive->reason, directive->evidence);
	printf("Issued:    %s (for %s)\n", output_shop_time(zone, directive->issued_at_ms, text),
	       directive->day);
	if (*directive->decided_by)
		printf("Decided:   by %s\n", directive->decided_by);
	if (*directive->tool)
		printf("Tool:      %s\n", directive->tool);
	if (*directive->note)
		printf("Note:      %s\n", directive->note);
	printf("Changed:   %s (event %llu)\n", output_shop_time(zone, view->changed_at_ms, text),
	       (unsigned long long)view->revision);
}

static Utarg__V1__Reply *ask_list(struct cli *cli, const char *id, struct err *e)
{
	Utarg__V1__DirectiveListRequest list = UTARG__V1__DIRECTIVE_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.directive_id = text_borrow(id);
	if (!id) {
		list.campaign = text_borrow(cli_value(cli, "campaign"));
		list.settled = cli_switch(cli, "settled");
	}
	request.body_case = UTARG__V1__REQUEST__BODY_DIRECTIVE_LIST;
	request.directive_list = &list;
	return remote_ask(cli, SVC_CAMPAIGN, &request, UTARG__V1__REPLY__BODY_DIRECTIVE_LIST, "directives",
			  &reply, e)
		       ? reply
		       : NULL;
}

bool cmd_directive_list(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = ask_list(cli, NULL, e);
	if (!reply)
		return false;
	if (cli->json) {
		json_t *all = json_array();
		for (size_t i = 0; i < reply->directive_list->n_directives; i++)
			json_array_append_new(
				all, json_from_message_full(&reply->directive_list->directives[i]->base));
		output_json(all, false);
	} else {
		print_table(reply->directive_list);
	}
	client_reply_free(reply);
	return true;
}

static bool print_view(struct cli *cli, const Utarg__V1__DirectiveView *view, struct err *e)
{
	struct shop shop;
	if (cli->json) {
		output_message(&view->base, false);
		return true;
	}
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	print_directive(&shop.zone, view);
	shop_fini(&shop);
	return true;
}

bool cmd_directive_show(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = ask_list(cli, cli_operand(cli, 1), e);
	if (!reply)
		return false;
	const Utarg__V1__DirectiveListReply *list = reply->directive_list;
	bool found = list->n_directives == 1 && list->directives[0]->directive;
	bool done =
		found ? print_view(cli, list->directives[0], e)
		      : err_field(e, ERR_BAD_FIELD, "directive", "there is no directive \"%.64s\" in %.63s",
				  cli_operand(cli, 1), cli_operand(cli, 0));
	client_reply_free(reply);
	return done;
}

// ---- approve, reject, confirm ----------------------------------------------------------------------------

static bool take_step(struct cli *cli, Utarg__V1__Request *request, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	if (!remote_call(cli, SVC_CAMPAIGN, request, &reply, e))
		return false;
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_DIRECTIVE && reply->directive->directive &&
		    reply->directive->directive->directive;
	done = done ? print_view(cli, reply->directive->directive, e)
		    : err_set(e, ERR_INTERNAL, "campaign answered something else than a directive");
	client_reply_free(reply);
	return done;
}

bool cmd_directive_decide(struct cli *cli, struct err *e)
{
	Utarg__V1__DirectiveDecideRequest decide = UTARG__V1__DIRECTIVE_DECIDE_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE];
	uuid_v7(clock_now_ms(), id);
	decide.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	decide.shop = text_borrow(cli_operand(cli, 0));
	decide.directive_id = text_borrow(cli_operand(cli, 1));
	decide.approve = strcmp(cli->command->action, "approve") == 0;
	decide.reason = text_borrow(cli_value(cli, "reason"));
	request.body_case = UTARG__V1__REQUEST__BODY_DIRECTIVE_DECIDE;
	request.directive_decide = &decide;
	return take_step(cli, &request, e);
}

bool cmd_directive_confirm(struct cli *cli, struct err *e)
{
	Utarg__V1__DirectiveConfirmRequest confirm = UTARG__V1__DIRECTIVE_CONFIRM_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE];
	uuid_v7(clock_now_ms(), id);
	confirm.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	confirm.shop = text_borrow(cli_operand(cli, 0));
	confirm.directive_id = text_borrow(cli_operand(cli, 1));
	confirm.done = !cli_switch(cli, "failed");
	confirm.note = text_borrow(cli_value(cli, "note"));
	request.body_case = UTARG__V1__REQUEST__BODY_DIRECTIVE_CONFIRM;
	request.directive_confirm = &confirm;
	return take_step(cli, &request, e);
}

bool cmd_directive_diagram(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], diagram[] = "--directive-diagram", rules[] = "--directive-rules";
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_CAMPAIGN].binary);
	char *argv[] = {program, cli_switch(cli, "rules") ? rules : diagram, NULL};
	fflush(NULL);
	execv(program, argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(errno));
}
