// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The functions and option rows of all subcommands, for the table in main.c. Each pair is defined in
// cmd_<command>.c.
#pragma once

#include "services/utarg/cli.h"

bool cmd_up(struct cli *cli, struct err *e);
extern const struct cli_option cmd_up_options[];
extern const char cmd_up_details[];
bool cmd_down(struct cli *cli, struct err *e);
bool cmd_status(struct cli *cli, struct err *e);
bool cmd_migrate(struct cli *cli, struct err *e);
extern const struct cli_option cmd_migrate_options[];
extern const char cmd_migrate_details[];
bool cmd_epoch_raise(struct cli *cli, struct err *e);
extern const struct cli_option cmd_epoch_raise_options[];
extern const char cmd_epoch_raise_details[];
bool cmd_epoch_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_epoch_list_options[];
bool cmd_quarantine_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_quarantine_list_options[];
bool cmd_quarantine_show(struct cli *cli, struct err *e);
extern const struct cli_option cmd_quarantine_show_options[];
bool cmd_quarantine_retry(struct cli *cli, struct err *e);
extern const struct cli_option cmd_quarantine_retry_options[];
extern const char cmd_quarantine_retry_details[];
bool cmd_quarantine_drop(struct cli *cli, struct err *e);
extern const struct cli_option cmd_quarantine_drop_options[];
extern const char cmd_quarantine_drop_details[];
bool cmd_forget(struct cli *cli, struct err *e);
extern const struct cli_option cmd_forget_options[];
extern const char cmd_forget_details[];
bool cmd_doctor(struct cli *cli, struct err *e);

bool cmd_key_new(struct cli *cli, struct err *e);
extern const struct cli_option cmd_key_new_options[];
extern const char cmd_key_new_details[];
bool cmd_key_list(struct cli *cli, struct err *e);
bool cmd_key_show(struct cli *cli, struct err *e);
extern const struct cli_option cmd_key_show_options[];
bool cmd_key_revoke(struct cli *cli, struct err *e);
bool cmd_key_rotate(struct cli *cli, struct err *e);
extern const struct cli_option cmd_key_rotate_options[];
extern const char cmd_key_rotate_details[];
extern const struct cli_option cmd_key_database_options[];

bool cmd_shop_add(struct cli *cli, struct err *e);
extern const struct cli_option cmd_shop_add_options[];
bool cmd_shop_set(struct cli *cli, struct err *e);
extern const struct cli_option cmd_shop_set_options[];
extern const char cmd_shop_set_details[];
bool cmd_shop_list(struct cli *cli, struct err *e);
bool cmd_shop_show(struct cli *cli, struct err *e);

bool cmd_publish(struct cli *cli, struct err *e);
extern const struct cli_option cmd_publish_options[];
extern const char cmd_publish_details[];
bool cmd_rate_import(struct cli *cli, struct err *e);
extern const struct cli_option cmd_rate_import_options[];
extern const char cmd_rate_import_details[];
bool cmd_report_import(struct cli *cli, struct err *e);
extern const struct cli_option cmd_report_import_options[];
extern const char cmd_report_import_details[];
bool cmd_outbox_show(struct cli *cli, struct err *e);
extern const struct cli_option cmd_outbox_show_options[];
extern const char cmd_outbox_show_details[];
bool cmd_outbox_forget(struct cli *cli, struct err *e);
bool cmd_import(struct cli *cli, struct err *e);
extern const struct cli_option cmd_import_options[];
extern const char cmd_import_details[];
bool cmd_simulate(struct cli *cli, struct err *e);
extern const struct cli_option cmd_simulate_options[];
extern const char cmd_simulate_details[];
bool cmd_watch(struct cli *cli, struct err *e);
extern const struct cli_option cmd_watch_options[];
extern const char cmd_watch_details[];
bool cmd_kpi(struct cli *cli, struct err *e);
bool kpi_dialect(struct cli *cli, struct err *e); // of `kpi --dialect`: becomes utarg-metrics
extern const struct cli_option cmd_kpi_options[];
extern const char cmd_kpi_details[];
// Of cmd_kpi.c: lets metrics catch up with what the journal has now, for 10 s, or with the switch --settled
// for 60 s and then fails. note: it has not caught up.
bool kpi_settle(struct cli *cli, const char *slug, struct err *note, struct err *e);
bool cmd_paths(struct cli *cli, struct err *e);
extern const struct cli_option cmd_paths_options[];
extern const char cmd_paths_details[];
bool cmd_export_conversions(struct cli *cli, struct err *e);
extern const struct cli_option cmd_export_conversions_options[];
extern const char cmd_export_conversions_details[];
bool cmd_export_adjustments(struct cli *cli, struct err *e);
extern const struct cli_option cmd_export_adjustments_options[];
extern const char cmd_export_adjustments_details[];
bool cmd_export_mmm(struct cli *cli, struct err *e);
extern const struct cli_option cmd_export_mmm_options[];
extern const char cmd_export_mmm_details[];
bool cmd_books(struct cli *cli, struct err *e);
extern const struct cli_option cmd_books_options[];
extern const char cmd_books_details[];
bool cmd_verify(struct cli *cli, struct err *e);
extern const struct cli_option cmd_verify_options[];
extern const char cmd_verify_details[];

bool cmd_bench(struct cli *cli, struct err *e);
extern const struct cli_option cmd_bench_options[];
extern const char cmd_bench_details[];

bool cmd_offer_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_list_options[];
bool cmd_offer_show(struct cli *cli, struct err *e);
bool cmd_offer_history(struct cli *cli, struct err *e);
bool cmd_offer_suppliers(struct cli *cli, struct err *e);
bool cmd_offer_import(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_import_options[];
extern const char cmd_offer_import_details[];
bool cmd_offer_prior_price(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_prior_price_options[];
extern const char cmd_offer_prior_price_details[];
bool cmd_offer_announce(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_announce_options[];
extern const char cmd_offer_announce_details[];
bool cmd_offer_end(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_end_options[];
bool cmd_offer_reductions(struct cli *cli, struct err *e);
extern const struct cli_option cmd_offer_reductions_options[];
bool cmd_campaign_create(struct cli *cli, struct err *e);
extern const struct cli_option cmd_campaign_create_options[];
bool cmd_campaign_list(struct cli *cli, struct err *e);
bool cmd_campaign_show(struct cli *cli, struct err *e);
extern const char cmd_campaign_create_details[];
bool cmd_campaign_step(struct cli *cli, struct err *e); // which one: the command's action
extern const struct cli_option cmd_campaign_step_options[];
bool cmd_campaign_refill(struct cli *cli, struct err *e);
extern const struct cli_option cmd_campaign_refill_options[];
bool cmd_campaign_rules(struct cli *cli, struct err *e);
extern const struct cli_option cmd_campaign_rules_options[];
extern const char cmd_campaign_rules_details[];
bool cmd_campaign_diagram(struct cli *cli, struct err *e);
bool cmd_directive_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_directive_list_options[];
bool cmd_directive_show(struct cli *cli, struct err *e);
bool cmd_directive_decide(struct cli *cli, struct err *e); // approve or reject: the command's action
extern const struct cli_option cmd_directive_decide_options[];
bool cmd_directive_confirm(struct cli *cli, struct err *e);
extern const struct cli_option cmd_directive_confirm_options[];
bool cmd_directive_diagram(struct cli *cli, struct err *e);
extern const struct cli_option cmd_directive_diagram_options[];

bool cmd_message_publish(struct cli *cli, struct err *e);
extern const struct cli_option cmd_message_publish_options[];
bool cmd_message_withdraw(struct cli *cli, struct err *e);
extern const struct cli_option cmd_message_withdraw_options[];
bool cmd_message_check(struct cli *cli, struct err *e);
extern const struct cli_option cmd_message_check_options[];
bool cmd_message_list(struct cli *cli, struct err *e);
bool cmd_message_show(struct cli *cli, struct err *e);
bool cmd_message_alerts(struct cli *cli, struct err *e);
extern const char cmd_message_alerts_details[];
bool cmd_message_diagram(struct cli *cli, struct err *e);
extern const char message_draft_details[];

bool cmd_target_set(struct cli *cli, struct err *e);
extern const struct cli_option cmd_target_set_options[];
extern const char cmd_target_set_details[];
bool cmd_target_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_target_list_options[];
bool cmd_target_show(struct cli *cli, struct err *e);
extern const struct cli_option cmd_target_show_options[];
extern const char cmd_target_show_details[];

bool cmd_affiliate_add(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_add_options[];
extern const char cmd_affiliate_add_details[];
bool cmd_affiliate_key(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_key_options[];
bool cmd_affiliate_rule(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_rule_options[];
extern const char cmd_affiliate_rule_details[];
bool cmd_affiliate_list(struct cli *cli, struct err *e);
bool cmd_affiliate_link(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_link_options[];
extern const char cmd_affiliate_link_details[];
// affiliate_pay.c
bool cmd_affiliate_ledger(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_ledger_options[];
extern const char cmd_affiliate_ledger_details[];
bool cmd_affiliate_payout(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_payout_options[];
bool cmd_affiliate_pay(struct cli *cli, struct err *e);
extern const struct cli_option cmd_affiliate_pay_options[];
extern const char cmd_affiliate_pay_details[];

bool cmd_alert_add(struct cli *cli, struct err *e);
extern const struct cli_option cmd_alert_add_options[];
extern const char cmd_alert_add_details[];
bool cmd_alert_remove(struct cli *cli, struct err *e);
bool cmd_alert_rules(struct cli *cli, struct err *e);
extern const char cmd_alert_rules_details[];
bool cmd_alert_list(struct cli *cli, struct err *e);
extern const struct cli_option cmd_alert_list_options[];
bool cmd_alert_ack(struct cli *cli, struct err *e);

bool cmd_health(struct cli *cli, struct err *e);
bool cmd_stats(struct cli *cli, struct err *e);
extern const struct cli_option cmd_stats_options[];
bool cmd_log_level(struct cli *cli, struct err *e);
bool cmd_drain(struct cli *cli, struct err *e);

bool cmd_help(struct cli *cli, struct err *e);
bool cmd_completion(struct cli *cli, struct err *e);
