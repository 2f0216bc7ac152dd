// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A small service in a child process, and what a test needs to speak with it. Its handlers use bodies of
// the real contract as vehicles; see helper_service.c for what each of them does. Tests only.
#pragma once

#include "common/bus/bus.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "utarg/v1/service.pb-c.h"

enum {
	SERVICE_ARENA_BYTES = 256 * 1024,
	SERVICE_MAX_BYTES = 512 * 1024,
	SERVICE_OUTBOX_BYTES = 4 * 1024 * 1024,
	LONG_MS = 5000,
	SHORT_MS = 150
};

struct service {
	pid_t pid;
	int log_fd; // what it wrote to stderr
	char offset_key[32];
	char requests[64];
	char publications[64];
};

// Starts it on free ports and waits until it answers a ping.
void service_start(struct service *service);
// The exit status as waitpid gives it, -1 when it did not end within timeout_ms.
int service_wait(struct service *service, int timeout_ms);
// Drains it and asserts that it ended well and without a sanitizer's report.
void service_stop(struct service *service);
bool service_log_has(const struct service *service, const char *text);

// A raw DEALER. Requests are sent as bytes or as messages; replies come as messages (free: reply_free).
struct asker {
	void *context;
	void *socket;
};
void asker_open(struct asker *asker, const struct service *service, int receive_hwm);
void asker_close(struct asker *asker);
void asker_send_bytes(struct asker *asker, const void *bytes, size_t size);
void asker_send_frames(struct asker *asker, size_t count);
void asker_send(struct asker *asker, const Utarg__V1__Request *request);
Utarg__V1__Reply *asker_receive(struct asker *asker, int timeout_ms);
void reply_free(Utarg__V1__Reply *reply);
// Receives one reply, asserts its id and code, and frees it.
void expect_code(struct asker *asker, uint64_t request_id, Utarg__V1__Code code);

// Requests: `text` goes into the body's only text.
void send_ping(struct asker *asker, uint64_t request_id);
void send_snapshot(struct asker *asker, uint64_t request_id, const char *text);
void send_publish(struct asker *asker, uint64_t request_id);
// A counter's value; asserts that it exists.
int64_t ask_counter(struct asker *asker, const char *name);
