// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-campaign: decisions. It follows every shop's journal into the tables of offers, prices and
// campaigns, takes commands, appends what they decide, and publishes what changed. It computes no figures.
#include "common/base/log.h"
#include "common/svc/svc.h"
#include "services/campaign/core/campaign_state.h"
#include "services/campaign/core/directive.h"
#include "services/campaign/core/message_state.h"
#include "services/campaign/handlers.h"
#include "services/campaign/service.h"
#include "services/campaign/stats.h"

#include <stdio.h>
#include <string.h>

static const struct svc_definition definition = {
	.name = SVC_CAMPAIGN,
	.routes = campaign_routes,
	.stats = campaign_stats_table,
};

static int fail(const struct err *e)
{
	log_error("start_failed", LOG_STR("code", err_name(e->code)), LOG_STR("reason", e->text));
	return err_exit(e->code);
}

// What the state tables say of themselves, as `utarg campaign diagram` and others ask for it.
static bool draw(const char *option)
{
	static const struct {
		const char *option;
		void (*draw)(FILE *out);
	} diagrams[] = {
		{"--diagram", campaign_state_diagram},
		{"--directive-diagram", directive_state_diagram},
		{"--directive-rules", directive_rules_print},
		{"--message-diagram", message_state_diagram},
	};

	for (size_t i = 0; i < sizeof(diagrams) / sizeof(diagrams[0]); i++) {
		if (strcmp(option, diagrams[i].option) == 0) {
			diagrams[i].draw(stdout);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	struct service service;
	struct svc *svc;
	int exit_code;

	if (argc == 2 && draw(argv[1]))
		return 0;
	svc = svc_create(&definition, argc, argv, &e);
	if (svc == NULL)
		return fail(&e);
	service_init(&service, svc);
	if (svc_serve(svc, &service, &e) && service_start(&service, &e))
		exit_code = svc_run(svc);
	else
		exit_code = fail(&e);
	if (service.exit_code != 0)
		exit_code = service.exit_code;
	service_fini(&service);
	svc_destroy(svc);
	return exit_code;
}
