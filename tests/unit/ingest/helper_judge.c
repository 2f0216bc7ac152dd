// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See helper_judge.h.
#include "tests/unit/ingest/helper_judge.h"

#include "tests/unit/ingest/helper_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "utarg/v1/event.pb-c.h"

static struct validator *validator;
static struct arena arena;
static bool code_seen[ERR_CODE_COUNT];

bool judge(struct slice event, struct slice subject, int32_t origin, int64_t sent_at_ms,
	   struct validated *out, struct err *e)
{
	const struct validate_input input = {.event = event,
					     .subject = subject,
					     .origin = origin,
					     .sent_at_ms = sent_at_ms,
					     .received_at_ms = RECEIVED_MS};
	*e = (struct err){0};
	bool ok = validate_publication(validator, &input, &arena, out, e);
	assert_int_equal(ok, e->code == ERR_OK);
	code_seen[e->code] = true;
	return ok;
}

void judge_text(const char *event_text, const char *subject_text, int32_t origin, int64_t sent_at_ms,
		struct validated *out, struct err *e)
{
	struct wire_text event, subject;

	wire_text_write(&event, &utarg__v1__event__descriptor, event_text);
	wire_text_write(&subject, &utarg__v1__subject__descriptor, subject_text);
	judge(wire_text_slice(&event), wire_text_slice(&subject), origin, sent_at_ms, out, e);
	wire_text_fini(&event);
	wire_text_fini(&subject);
}

bool judge_gave(enum err_code code)
{
	return code_seen[code];
}

const struct validator *judge_validator(void)
{
	return validator;
}

int judge_set_up(void **state)
{
	(void)state;
	validator = validator_create();
	arena_init(&arena, VALIDATE_ARENA_BYTES);
	return 0;
}

int judge_tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	validator_destroy(validator);
	return 0;
}
