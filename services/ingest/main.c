// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-ingest: facts in. Receives publications, judges them, has them committed to the journal, and
// acknowledges only then. Decides nothing about a shop and computes no figure.
#include "common/base/log.h"
#include "services/ingest/counters.h"
#include "services/ingest/ingest.h"

#include <stdlib.h>

static const size_t arena_bytes = (size_t)4 * 1024 * 1024; // 1,000 judgements with their sentences are 1 MiB

int main(int argc, char **argv)
{
	static struct ingest ingest;
	struct svc_definition definition = {
		.name = SVC_INGEST,
		.conf = ingest_conf,
		.routes = ingest_routes,
		.stats = counters_list(),
		.arena_bytes = arena_bytes,
		// Above the 8 MiB a request may have, so that a larger one gets an answer instead of a cut.
		.request_limits = {.max_message_bytes = 12 * 1024 * 1024,
				   .receive_hwm = 1000,
				   .send_hwm = 1000,
				   .linger_ms = 1000,
				   .outbox_bytes = (size_t)16 * 1024 * 1024},
	};
	struct err e = {0};
	int exit_code = EXIT_FAILURE;

	struct svc *svc = svc_create(&definition, argc, argv, &e);
	if (svc && ingest_init(&ingest, svc, &e) && svc_serve(svc, &ingest, &e)) {
		svc_set_ready(svc, false, "It is waiting for the database.");
		exit_code = svc_run(svc);
		if (ingest.exit_code != 0)
			exit_code = ingest.exit_code;
	} else {
		log_error("start_failed", LOG_STR("code", err_name(e.code)), LOG_STR("text", e.text));
		exit_code = err_exit(e.code);
	}
	ingest_fini(&ingest);
	svc_destroy(svc);
	return exit_code;
}
