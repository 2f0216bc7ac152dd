// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The command line `utarg`: the table of subcommands, and main(). A new subcommand is a file cmd_<name>.c
// and a row here; nothing else needs to know it.
#include "services/utarg/cli.h"

#include "common/base/harden.h"
#include "common/base/log.h"
#include "services/utarg/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct cli_option cli_globals[] = {
	{"data", "DIR", "data directory of the instance (UTARG_DATA, default ./.utarg)"},
	{"port-offset", "N",
	 "added to every port (UTARG_PORT_OFFSET, default: that of the running instance)"},
	{"key-file", "FILE", "key to connect with (UTARG_KEY_FILE, default: the instance's operator.key)"},
	{"json", NULL, "output for programs"},
	{"help", NULL, "this text"},
	{"version", NULL, "the version"},
	{0},
};

// name, action, function, operands, at least, at most, help, options, details
const struct cli_command cli_commands[] = {
	{"up", NULL, cmd_up, "", 0, 0, "start the database and all services, and keep them running",
	 cmd_up_options, cmd_up_details},
	{"down", NULL, cmd_down, "", 0, 0, "stop what `up` started", NULL, NULL},
	{"status", NULL, cmd_status, "", 0, 0, "show each process of the instance", NULL, NULL},
	{"doctor", NULL, cmd_doctor, "", 0, 0, "check everything an instance needs and say what to do", NULL,
	 NULL},
	{"migrate", NULL, cmd_migrate, "", 0, 0, "bring a database to this version's schema",
	 cmd_migrate_options, cmd_migrate_details},

	{"key", "new", cmd_key_new, "", 0, 0, "make a key for somebody who shall connect",
	 cmd_key_new_options, cmd_key_new_details},
	{"key", "list", cmd_key_list, "", 0, 0, "list the keys", cmd_key_database_options, NULL},
	{"key", "show", cmd_key_show, "[NAME]", 0, 1, "show the keys of a name, or the services' public key",
	 cmd_key_show_options, NULL},
	{"key", "revoke", cmd_key_revoke, "NAME|ID", 1, 1, "end a key, and what is connected with it",
	 cmd_key_database_options, NULL},
	{"key", "rotate", cmd_key_rotate, "NAME", 1, 1, "replace a key by a new one", cmd_key_rotate_options,
	 cmd_key_rotate_details},

	{"quarantine", "list", cmd_quarantine_list, "", 0, 0, "list the events that the database refused",
	 cmd_quarantine_list_options, NULL},
	{"quarantine", "show", cmd_quarantine_show, "ID", 1, 1, "show one of them and why it was refused",
	 cmd_quarantine_show_options, NULL},
	{"quarantine", "retry", cmd_quarantine_retry, "[ID...]", 0, -1, "publish them again",
	 cmd_quarantine_retry_options, cmd_quarantine_retry_details},
	{"quarantine", "drop", cmd_quarantine_drop, "ID...", 1, -1, "delete them for good",
	 cmd_quarantine_drop_options, cmd_quarantine_drop_details},
	{"epoch", "raise", cmd_epoch_raise, "[SHOP]", 0, 1,
	 "say that an older copy of the database was put back", cmd_epoch_raise_options,
	 cmd_epoch_raise_details},
	{"epoch", "list", cmd_epoch_list, "[SHOP]", 0, 1, "show when epochs were raised, by whom and why",
	 cmd_epoch_list_options, NULL},
	{"forget", NULL, cmd_forget, "[SHOP]", 0, 1, "erase a person, and prove it", cmd_forget_options,
	 cmd_forget_details},

	{"shop", "add", cmd_shop_add, "SLUG", 1, 1, "make a shop", cmd_shop_add_options, NULL},
	{"shop", "set", cmd_shop_set, "SLUG", 1, 1, "change a shop's settings", cmd_shop_set_options,
	 cmd_shop_set_details},
	{"shop", "list", cmd_shop_list, "", 0, 0, "list the shops", NULL, NULL},
	{"shop", "show", cmd_shop_show, "SLUG", 1, 1, "show one shop and its settings", NULL, NULL},

	{"publish", NULL, cmd_publish, "[FILE|-]", 0, 1, "publish events from JSON lines",
	 cmd_publish_options, cmd_publish_details},
	{"outbox", "show", cmd_outbox_show, "DIR", 1, 1, "show what waits in an outbox, or what was refused",
	 cmd_outbox_show_options, cmd_outbox_show_details},
	{"outbox", "forget", cmd_outbox_forget, "DIR", 1, 1, "drop what was refused from an outbox", NULL,
	 NULL},
	{"import", NULL, cmd_import, "online-retail FILE", 2, 2, "publish a file of past orders",
	 cmd_import_options, cmd_import_details},
	{"rate", "import", cmd_rate_import, "SHOP FILE", 2, 2, "publish a file of exchange rates",
	 cmd_rate_import_options, cmd_rate_import_details},
	{"report", "import", cmd_report_import, "SHOP FILE", 2, 2,
	 "publish a platform's report of spend and results", cmd_report_import_options,
	 cmd_report_import_details},
	{"simulate", NULL, cmd_simulate, "SHOP", 1, 1, "publish a believable day of a shop, or a live stream",
	 cmd_simulate_options, cmd_simulate_details},
	{"watch", NULL, cmd_watch, "TOPIC...", 1, -1, "show live updates under topic prefixes",
	 cmd_watch_options, cmd_watch_details},
	{"kpi", NULL, cmd_kpi, "[SHOP] [KPI...]", 0, -1, "show key figures, or what they are",
	 cmd_kpi_options, cmd_kpi_details},
	{"paths", NULL, cmd_paths, "SHOP", 1, 1, "show which ways led to the orders of some days",
	 cmd_paths_options, cmd_paths_details},
	{"export", "google-conversions", cmd_export_conversions, "SHOP", 1, 1,
	 "write orders as conversions that Google Ads imports", cmd_export_conversions_options,
	 cmd_export_conversions_details},
	{"export", "google-adjustments", cmd_export_adjustments, "SHOP", 1, 1,
	 "write what became of them: retractions and restatements", cmd_export_adjustments_options,
	 cmd_export_adjustments_details},
	{"export", "mmm", cmd_export_mmm, "SHOP", 1, 1, "write weekly figures and spend for media-mix models",
	 cmd_export_mmm_options, cmd_export_mmm_details},
	{"books", NULL, cmd_books, "SHOP", 1, 1, "compare the shop's own books of a day with the journal",
	 cmd_books_options, cmd_books_details},
	{"verify", NULL, cmd_verify, "SHOP", 1, 1, "recompute chain and figures from the journal and compare",
	 cmd_verify_options, cmd_verify_details},

	{"offer", "list", cmd_offer_list, "SHOP", 1, 1, "list a shop's offers", cmd_offer_list_options, NULL},
	{"offer", "show", cmd_offer_show, "SHOP SKU", 2, 2, "show one offer", NULL, NULL},
	{"offer", "history", cmd_offer_history, "SHOP SKU", 2, 2, "show an offer's price intervals", NULL,
	 NULL},
	{"offer", "prior-price", cmd_offer_prior_price, "SHOP SKU", 2, 2,
	 "show what a reduced price would be compared with", cmd_offer_prior_price_options,
	 cmd_offer_prior_price_details},
	{"offer", "announce", cmd_offer_announce, "SHOP SKU PRICE", 3, 3, "announce a reduction",
	 cmd_offer_announce_options, cmd_offer_announce_details},
	{"offer", "end", cmd_offer_end, "SHOP REDUCTION", 2, 2, "end a reduction", cmd_offer_end_options,
	 NULL},
	{"offer", "reductions", cmd_offer_reductions, "SHOP", 1, 1, "list a shop's reductions",
	 cmd_offer_reductions_options, NULL},
	{"offer", "import", cmd_offer_import, "SHOP FILE", 2, 2, "publish a file of offers and their stock",
	 cmd_offer_import_options, cmd_offer_import_details},
	{"offer", "suppliers", cmd_offer_suppliers, "SHOP", 1, 1, "list a shop's suppliers", NULL, NULL},
	{"campaign", "create", cmd_campaign_create, "SHOP CAMPAIGN", 2, 2, "make a campaign",
	 cmd_campaign_create_options, cmd_campaign_create_details},
	{"campaign", "list", cmd_campaign_list, "SHOP", 1, 1, "list a shop's campaigns", NULL, NULL},
	{"campaign", "show", cmd_campaign_show, "SHOP CAMPAIGN", 2, 2, "show one campaign", NULL, NULL},
	{"campaign", "approve", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "agree to a draft",
	 cmd_campaign_step_options, NULL},
	{"campaign", "start", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "start an approved campaign by hand",
	 cmd_campaign_step_options, NULL},
	{"campaign", "pause", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "let a running campaign rest",
	 cmd_campaign_step_options, NULL},
	{"campaign", "resume", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "let a paused campaign go on",
	 cmd_campaign_step_options, NULL},
	{"campaign", "refill", cmd_campaign_refill, "SHOP CAMPAIGN", 2, 2, "raise a campaign's budget",
	 cmd_campaign_refill_options, NULL},
	{"campaign", "end", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "end a campaign",
	 cmd_campaign_step_options, NULL},
	{"campaign", "archive", cmd_campaign_step, "SHOP CAMPAIGN", 2, 2, "put an ended campaign away",
	 cmd_campaign_step_options, NULL},
	{"campaign", "rules", cmd_campaign_rules, "SHOP", 1, 1, "show or set by what visits are told apart",
	 cmd_campaign_rules_options, cmd_campaign_rules_details},
	{"campaign", "diagram", cmd_campaign_diagram, "", 0, 0, "print the diagram of a campaign's states",
	 NULL, NULL},
	{"directive", "list", cmd_directive_list, "SHOP", 1, 1, "list what there is to do in campaigns",
	 cmd_directive_list_options, NULL},
	{"directive", "show", cmd_directive_show, "SHOP DIRECTIVE", 2, 2, "show a directive and its evidence",
	 NULL, NULL},
	{"directive", "approve", cmd_directive_decide, "SHOP DIRECTIVE", 2, 2,
	 "let a directive be carried out", cmd_directive_decide_options, NULL},
	{"directive", "reject", cmd_directive_decide, "SHOP DIRECTIVE", 2, 2,
	 "refuse a directive, or take it back", cmd_directive_decide_options, NULL},
	{"directive", "confirm", cmd_directive_confirm, "SHOP DIRECTIVE", 2, 2,
	 "say that a directive was carried out", cmd_directive_confirm_options, NULL},
	{"directive", "diagram", cmd_directive_diagram, "", 0, 0, "print the diagram of a directive's states",
	 cmd_directive_diagram_options, NULL},

	{"affiliate", "add", cmd_affiliate_add, "SHOP AFFILIATE", 2, 2, "add, change or pause a partner",
	 cmd_affiliate_add_options, cmd_affiliate_add_details},
	{"affiliate", "key", cmd_affiliate_key, "SHOP", 1, 1, "show or replace the key that signs links",
	 cmd_affiliate_key_options, NULL},
	{"affiliate", "rule", cmd_affiliate_rule, "SHOP AFFILIATE", 2, 2, "say what a partner's orders earn",
	 cmd_affiliate_rule_options, cmd_affiliate_rule_details},
	{"affiliate", "list", cmd_affiliate_list, "SHOP [AFFILIATE]", 1, 2, "list partners and their rules",
	 NULL, NULL},
	{"affiliate", "link", cmd_affiliate_link, "SHOP AFFILIATE URL", 3, 3, "make a signed link to a page",
	 cmd_affiliate_link_options, cmd_affiliate_link_details},
	{"affiliate", "ledger", cmd_affiliate_ledger, "SHOP [AFFILIATE]", 1, 2,
	 "show what each order earns its partner, and why", cmd_affiliate_ledger_options,
	 cmd_affiliate_ledger_details},
	{"affiliate", "payout", cmd_affiliate_payout, "SHOP [AFFILIATE]", 1, 2, "list what is to be paid",
	 cmd_affiliate_payout_options, NULL},
	{"affiliate", "pay", cmd_affiliate_pay, "SHOP AFFILIATE", 2, 2, "note that what is due was paid",
	 cmd_affiliate_pay_options, cmd_affiliate_pay_details},
	{"message", "publish", cmd_message_publish, "SHOP FILE|MESSAGE", 2, 2,
	 "say something in every channel as one version", cmd_message_publish_options, message_draft_details},
	{"message", "withdraw", cmd_message_withdraw, "SHOP MESSAGE", 2, 2, "say it no more",
	 cmd_message_withdraw_options, NULL},
	{"message", "check", cmd_message_check, "SHOP FILE|MESSAGE", 2, 2,
	 "tell what would stand against a message, without publishing it", cmd_message_check_options,
	 message_draft_details},
	{"message", "list", cmd_message_list, "SHOP", 1, 1,
	 "list a shop's messages and how coherent they are", NULL, NULL},
	{"message", "show", cmd_message_show, "SHOP MESSAGE", 2, 2,
	 "show one message, placement by placement", NULL, NULL},
	{"message", "alerts", cmd_message_alerts, "SHOP [MESSAGE]", 1, 2,
	 "list what is wrong with messages, and where it is to be mended", NULL, cmd_message_alerts_details},
	{"message", "diagram", cmd_message_diagram, "", 0, 0, "print the diagram of a message's states", NULL,
	 NULL},

	{"target", "set", cmd_target_set, "SHOP KPI VALUE", 3, 3, "say what a figure is meant to be",
	 cmd_target_set_options, cmd_target_set_details},
	{"target", "list", cmd_target_list, "SHOP", 1, 1, "list targets and how they stand",
	 cmd_target_list_options, NULL},
	{"target", "show", cmd_target_show, "SHOP KPI", 2, 2, "show how a figure's targets stand",
	 cmd_target_show_options, cmd_target_show_details},

	{"alert", "add", cmd_alert_add, "SHOP KPI DIRECTION VALUE", 4, 4,
	 "be told when a figure is below or above a value", cmd_alert_add_options, cmd_alert_add_details},
	{"alert", "remove", cmd_alert_remove, "SHOP RULE", 2, 2, "take such a rule away", NULL, NULL},
	{"alert", "rules", cmd_alert_rules, "SHOP", 1, 1, "list what a shop is told of", NULL,
	 cmd_alert_rules_details},
	{"alert", "list", cmd_alert_list, "SHOP", 1, 1, "list a shop's alerts", cmd_alert_list_options, NULL},
	{"alert", "ack", cmd_alert_ack, "SHOP ALERT", 2, 2, "say that an alert was seen", NULL, NULL},

	{"health", NULL, cmd_health, "[SERVICE|all]", 0, 1, "ask services whether they are ready", NULL,
	 NULL},
	{"stats", NULL, cmd_stats, "[SERVICE|all]", 0, 1, "show the counters of services", cmd_stats_options,
	 NULL},
	{"log-level", NULL, cmd_log_level, "SERVICE [LEVEL]", 1, 2,
	 "show or set a service's log level (error, warn, info, debug)", NULL, NULL},
	{"drain", NULL, cmd_drain, "SERVICE", 1, 1,
	 "let a service finish what is under way and exit (`up` starts it again)", NULL, NULL},

	{"bench", NULL, cmd_bench, "", 0, 0, "measure this machine beside what PostgreSQL alone can do on it",
	 cmd_bench_options, cmd_bench_details},

	{"help", NULL, cmd_help, "[COMMAND [ACTION]]", 0, 2, "explain a command", NULL, NULL},
	{"completion", NULL, cmd_completion, "bash", 1, 1,
	 "print a completion script: source <(utarg completion bash)", NULL, NULL},
	{0},
};

// A reader that went away (head, less) is no failure; a full disk is.
static bool finish_output(struct err *e)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (errno == EPIPE || errno == 0)
		return true;
	return err_set(e, ERR_STORAGE_LOW, "the output could not be written: %s", strerror(errno));
}

static int fail(const struct err *e)
{
	fprintf(stderr, "utarg: %s\n", e->text);
	return err_exit(e->code);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	struct err e = {0};
	signal(SIGPIPE, SIG_IGN);
	log_init("utarg", LOG_LEVEL_WARN);
	enum cli_wish wish = harden_process(&e) ? cli_parse(&cli, argc, argv, &e) : CLI_WRONG;
	bool done = wish != CLI_WRONG;
	if (wish == CLI_VERSION)
		puts("utarg " UTARG_VERSION);
	else if (wish == CLI_HELP && cli.group_help)
		cli_help_group(cli.command->name, stdout);
	else if (wish == CLI_HELP)
		cli_help(cli.command, stdout);
	else if (wish == CLI_RUN)
		done = cli.command->run(&cli, &e);
	if (done)
		done = finish_output(&e);
	int exit_code = done ? cli.exit_code : fail(&e);
	cli_fini(&cli);
	return exit_code;
}
