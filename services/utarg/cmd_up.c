// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg up`: everything on this machine, in the foreground or behind. What it keeps running and how is
// supervisor.c's; here is only who waits for whom.
#include "services/utarg/commands.h"
#include "services/utarg/files.h"
#include "services/utarg/instance.h"
#include "services/utarg/remote.h"
#include "services/utarg/supervisor.h"

#include "common/base/harden.h"
#include "common/base/log.h"
#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cmd_up_options[] = {
	{"detach", NULL, "return when everything is ready and keep it running behind"},
	{"restored", "TEXT",
	 "an older copy of the database was put back: raise every shop's epoch, TEXT is why"},
	{0},
};

const char cmd_up_details[] = "A private PostgreSQL in the data directory (on a Unix socket only, never the "
			      "system's cluster) and the\n"
			      "services ingest, metrics and campaign, restarted when they die. Ends with "
			      "Ctrl-C or `utarg down`: services\n"
			      "drain first, then the database shuts down. Logs lie in <data>/log.\n";

static void announce(struct cli *cli, const struct instance *instance)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	if (cli->json) {
		printf("{\"ready\": true, \"port_offset\": %d}\n", remote_port_offset(cli));
		return;
	}
	printf("Utarg is up in %s.\n", instance->root);
	for (int i = 0; i < SVC_COUNT; i++) {
		struct err e = {0};
		if (remote_endpoint(cli, (enum svc_name)i, false, endpoint, &e))
			printf("  %-9s %s", svc_ports[i].name, endpoint);
		if (remote_endpoint(cli, (enum svc_name)i, true, endpoint, &e))
			printf("   publishes at %s\n", endpoint);
	}
	printf("Look at it with `utarg status`, `utarg watch`, `utarg kpi`; logs are in %s/log.\n",
	       instance->root);
}

static bool run_here(struct cli *cli, struct instance *instance, struct err *e)
{
	struct supervisor *supervisor = supervisor_create(cli, instance, cli_value(cli, "restored"), e);
	if (!supervisor)
		return false;
	bool started = supervisor_start(supervisor, e);
	if (started) {
		announce(cli, instance);
		if (!cli->json)
			printf("Ctrl-C stops it.\n");
		fflush(stdout);
		supervisor_run(supervisor);
		supervisor_stop(supervisor);
	}
	supervisor_destroy(supervisor);
	return started;
}

// ---- behind --------------------------------------------------------------------------------------------

static bool leave_terminal(const struct instance *instance, struct err *e)
{
	char path[CLI_PATH_SIZE];
	instance_path(instance, "log/supervisor.log", path);
	int log_fd = files_open_log(path, e);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool done = log_fd >= 0 && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
		    dup2(log_fd, STDOUT_FILENO) >= 0 && dup2(log_fd, STDERR_FILENO) >= 0;
	if (log_fd >= 0)
		close(log_fd);
	if (null >= 0)
		close(null);
	return done;
}

// The process that stays: tells the one that waits how the start went, as a struct err.
static bool stay_behind(struct cli *cli, struct instance *instance, int report_fd, struct err *e)
{
	struct supervisor *supervisor = NULL;
	bool started = setsid() > 0 && leave_terminal(instance, e) &&
		       (supervisor = supervisor_create(cli, instance, cli_value(cli, "restored"), e)) &&
		       supervisor_start(supervisor, e);
	if (started)
		*e = (struct err){0};
	else if (e->code == ERR_OK)
		err_set(e, ERR_INTERNAL, "leaving the terminal failed: %s", strerror(errno));
	ssize_t written = write(report_fd, e, sizeof(*e));
	close(report_fd);
	if (started && written == (ssize_t)sizeof(*e))
		supervisor_run(supervisor);
	if (started)
		supervisor_stop(supervisor);
	supervisor_destroy(supervisor);
	return started;
}

static bool wait_for_report(struct cli *cli, const struct instance *instance, int report_fd, struct err *e)
{
	struct err report;
	ssize_t size;
	do {
		size = read(report_fd, &report, sizeof(report));
	} while (size < 0 && errno == EINTR);
	if (size != (ssize_t)sizeof(report))
		return err_set(e, ERR_INTERNAL, "the start was broken off; see %.200s/log/supervisor.log",
			       instance->root);
	*e = report;
	if (report.code != ERR_OK)
		return false;
	cli->port_offset_given = cli->port_offset_given || cli->port_offset != 0;
	announce(cli, instance);
	return true;
}

static bool run_behind(struct cli *cli, struct instance *instance, struct err *e)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) != 0)
		return err_set(e, ERR_INTERNAL, "no pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return err_set(e, ERR_INTERNAL, "no process can be made: %s", strerror(errno));
	close(report[pid == 0 ? 0 : 1]);
	if (pid == 0) {
		stay_behind(cli, instance, report[1], e);
		cli_fini(cli);
		instance_close(instance);
		exit(0); // what went wrong has been told to the one that waits
	}
	bool done = wait_for_report(cli, instance, report[0], e);
	close(report[0]);
	return done;
}

bool cmd_up(struct cli *cli, struct err *e)
{
	struct instance instance;
	log_set_level(LOG_LEVEL_INFO);
	if (!harden_service(e) || !instance_open(&instance, cli, true, e))
		return false;
	bool done = cli_switch(cli, "detach") ? run_behind(cli, &instance, e) : run_here(cli, &instance, e);
	instance_close(&instance);
	return done;
}
