// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg-ingest: facts in. Receives publications, judges them, has them committed to the journal, and
// acknowledges only then. Decides nothing about a shop and computes no figure.
#include "common/base/log.h"
#include "services/ingest/counters.h"
#include "services/ingest/ingest.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	static struct ingest ingest;
	struct svc_definition definition = {
		.name = SVC_INGEST,
		.conf = ingest_conf,
		.routes = ingest_routes,
		.stats = counters_list(),
		.arena_bytes = INGEST_ARENA_BYTES,
		// Above the 8 MiB a request may have, so that a larger one gets an answer instead of a cut.
		.request_limits = {.max_message_bytes = INGEST_MESSAGE_MAX_BYTES,
				   .receive_hwm = INGEST_RECEIVE_HWM,
				   .send_hwm = 1000,
				   .linger_ms = 1000,
				   .outbox_bytes = INGEST_OUTBOX_BYTES},
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
