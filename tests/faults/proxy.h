// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fault-proxy's parts: what is switched (struct faults), one forwarded connection (struct link, proxy_link.c)
// and finding COMMIT in what a client of PostgreSQL sends (struct commit_scan, proxy_commit.c). The loop and
// the commands are proxy.c's; what they mean stands in README.md.
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// ---- finding COMMIT ----

// Where a client's stream stands. All zero is its beginning.
struct commit_scan {
	enum { SCAN_STARTUP, SCAN_TYPED, SCAN_LOST } phase; // LOST: this is not PostgreSQL's protocol
	uint8_t header[5];
	size_t header_size; // bytes of it seen
	uint32_t body_left;
	uint8_t body[64]; // its beginning
	size_t body_size;
	bool is_open; // a COMMIT was parsed and its Sync has not come
	int executed; // statements since the last Sync
};

// Offsets into the piece looked at; the start may lie in an earlier piece: then it is 0.
struct commit_found {
	bool has_start, has_end;
	size_t start; // of the message that holds COMMIT, or of the Sync that commits without one
	size_t end;   // behind what makes the server answer it
};

// Looks at the next piece of a client's stream, up to the end of the first COMMIT in it. Returns how many
// bytes were looked at.
size_t commit_look(struct commit_scan *scan, const uint8_t *data, size_t size, struct commit_found *found);

// ---- what is switched ----

enum commit_fault { COMMIT_NOTHING, COMMIT_CUT_AFTER, COMMIT_CUT_BEFORE, COMMIT_CUT_ANSWERED, COMMIT_FREEZE };

struct faults {
	bool refuses;
	bool is_frozen;
	int64_t delay_ms;
	size_t slice_bytes;      // of a write at most; 0: any
	int64_t drop_after;      // bytes left until everything is cut; negative: never
	enum commit_fault fault; // what the commit_in-th COMMIT from now on brings about
	int64_t commit_in;
	uint64_t accepted, up_bytes, down_bytes, writes, commits, cuts;
};

// ---- a connection ----

struct address {
	struct sockaddr_storage at;
	socklen_t size;
};

struct link;

// Takes the client's descriptor; connects to the target when it is first looked at and nothing is frozen.
struct link *link_create(int client_fd, const struct address *target);
void link_cut(struct link *link);     // both ends with a reset
void link_destroy(struct link *link); // and closes them
bool link_is_over(const struct link *link);
void link_thaw(struct link *link);
// What to wait for: client and server; fd is -1 when for nothing. Returns by when (monotonic ms) there is
// something to do whatever happens, INT64_MAX for never.
int64_t link_wish(struct link *link, const struct faults *faults, struct pollfd out[2]);
// Reads and writes what can be.
void link_step(struct link *link, struct faults *faults, const struct pollfd polled[2]);

int64_t proxy_now_ms(void); // monotonic
