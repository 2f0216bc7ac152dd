// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Directives in decisions: what handlers of requests and the clock (watch.c) share.
#pragma once

#include "services/campaign/core/directive.h"
#include "services/campaign/decide.h"
#include "services/campaign/service.h"

#include "utarg/v1/campaign.pb-c.h"

// What is to be issued; judged again when the shop is locked.
struct directive_wish {
	const char *shop;
	const char *campaign;
	Utarg__V1__DirectiveAction action;
	const char *sku; // "": about money
	const char *day; // it was judged on
	const char *reason;
	const char *evidence;
	uint64_t judged_at_seq;
	bool has_amount;
	int64_t amount_minor;
	const char *currency;
	uint64_t after_revision; // of the latest directive of the same matter; 0: there is none
};

// The id follows from the wish, so that two processes, or one that starts again, issue one directive.
bool directives_issue(struct service *service, struct arena *arena, const struct directive_wish *wish,
		      struct err *e);

// A step of a directive that is there already.
struct directive_stepping {
	const char *shop;
	const char *directive_id;
	enum directive_event event;
	const char *note;
	const char *who; // approves, rejects or confirms; "": the clock
};
bool directives_step(struct service *service, struct arena *arena, const struct directive_stepping *stepping,
		     const uint8_t id[UUID_SIZE], const char *principal, struct decided *out, struct err *e);
// A step that the clock takes with the directive as it is in that revision; its id follows from that.
bool directives_step_by_clock(struct service *service, struct arena *arena,
			      const struct directive_stepping *stepping, uint64_t revision, struct err *e);
