// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A message as a person gives it: a JSON file of a MarketingMessage, or options. Whether it is so is
// campaign's to say.
#pragma once

#include "common/base/arena.h"
#include "services/utarg/cli.h"
#include "services/utarg/shop.h"

#include "utarg/v1/event.pb-c.h"

// Life: message_draft_make fills it, the message lives until message_draft_fini.
struct message_draft {
	struct arena arena;
	ProtobufCMessage *loaded; // from a file; NULL: of options, in the arena
	Utarg__V1__MarketingMessage *message;
};

// From the command's second operand: a file ("-": standard input), or a message's id with the command's
// options.
bool message_draft_make(struct cli *cli, const struct shop *shop, struct message_draft *out, struct err *e);
void message_draft_fini(struct message_draft *draft); // also after a failure
