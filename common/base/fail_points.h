// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Every place where a test may make a process fail, and every mistake it may make it have: two tables, so
// that tests can ask for all of them (tests/faults/fault_list.c prints them). Used by fail.h only.
#pragma once

// name, process, STEP or FAIL, what is done before it, what would be done behind it.
// STEP can crash, stop or delay there; FAIL can also make the step behind it fail, as its last column says.
#define FAIL_POINTS(X)                                                                                       \
	X(INGEST_RECEIVED, "ingest", STEP, "a publish request was received", "judge it")                     \
	X(INGEST_BEFORE_QUEUE, "ingest", STEP, "its events were judged", "queue them")                       \
	X(INGEST_BEFORE_HAND, "ingest", STEP, "a batch was cut off the queue", "hand it to a writer")        \
	X(INGEST_BATCH, "ingest", STEP, "a writer has the batch", "look up shops and likely duplicates")     \
	X(INGEST_DRAFT_BEFORE_ROWS, "ingest", STEP, "the batch was drafted", "BEGIN and its rows")           \
	X(INGEST_DRAFT_AFTER_ROWS, "ingest", STEP, "many rows are written", "wait for the draft before")     \
	X(INGEST_DRAFT_BEFORE_HEADS, "ingest", STEP, "its turn", "few rows, head step and commit at once")   \
	X(INGEST_DRAFT_COMMITTED, "ingest", STEP, "the draft is committed", "note it and give the answers")  \
	X(INGEST_ALONE_BEFORE_ROWS, "ingest", STEP, "BEGIN, heads first", "lock, classify, write")           \
	X(INGEST_ALONE_BEFORE_COMMIT, "ingest", STEP, "rows and heads were written", "COMMIT")               \
	X(INGEST_ALONE_COMMITTED, "ingest", STEP, "it is committed", "give the answers")                     \
	X(INGEST_SETTLE, "ingest", STEP, "the outcome of a commit is unknown", "find it out")                \
	X(INGEST_BEFORE_ACK, "ingest", STEP, "the loop has the answers", "acknowledge")                      \
	X(INGEST_ACK, "ingest", FAIL, "a request's answer is ready", "send it; fail: it is not sent")        \
	X(INGEST_BEFORE_BELL, "ingest", STEP, "the batch is acknowledged", "ring its doorbells")             \
	X(INGEST_BELL, "ingest", FAIL, "a doorbell is ready", "ring it; fail: it is not rung")               \
	X(INGEST_AFTER_BELL, "ingest", STEP, "the doorbells were rung", "the next batch")                    \
	X(READER_BEFORE_READ, "ingest", STEP, "a range was asked for", "read it")                            \
	X(READER_BETWEEN_STEPS, "ingest", STEP, "a part of the range was read", "read the next one")         \
	X(READER_BEFORE_ANSWER, "ingest", STEP, "the range was read", "answer")                              \
	X(JOURNAL_HEADS_LOCKED, "any", STEP, "heads first: they are locked", "classify")                     \
	X(JOURNAL_ROWS_WRITTEN, "any", STEP, "heads first: the rows were written", "move the heads")         \
	X(METRICS_READ, "metrics", STEP, "rows of the journal were read", "fold them")                       \
	X(METRICS_FOLDED, "metrics", STEP, "they were folded", "begin the checkpoint")                       \
	X(METRICS_POSITION_MOVED, "metrics", STEP, "checkpoint: the position was moved", "write entities")   \
	X(METRICS_ENTITIES_WRITTEN, "metrics", STEP, "checkpoint: entities were written", "write cells")     \
	X(METRICS_BEFORE_COMMIT, "metrics", STEP, "checkpoint: cells were written", "COMMIT")                \
	X(METRICS_COMMITTED, "metrics", STEP, "the checkpoint is committed", "mark what changed")            \
	X(METRICS_MARKED, "metrics", STEP, "topics that changed are marked", "read on")                      \
	X(METRICS_BEFORE_SEND, "metrics", STEP, "due figures were read", "publish them")                     \
	X(METRICS_UPDATE, "metrics", FAIL, "an update is ready", "send it; fail: it is not sent")            \
	X(METRICS_SENT, "metrics", STEP, "due figures were published", "the next ones")                      \
	X(METRICS_RESET_BEFORE_COMMIT, "metrics", STEP, "a shop's figures were dropped", "COMMIT")           \
	X(CAMPAIGN_HEAD_LOCKED, "campaign", STEP, "a decision has its head's lock", "fold up to it")         \
	X(CAMPAIGN_CAUGHT_UP, "campaign", STEP, "the shop's state is at its head", "judge and append")       \
	X(CAMPAIGN_APPENDED, "campaign", STEP, "the decision was appended and folded", "move the position")  \
	X(CAMPAIGN_BEFORE_COMMIT, "campaign", STEP, "the position was moved", "COMMIT")                      \
	X(CAMPAIGN_COMMITTED, "campaign", STEP, "the decision is committed", "mark, ring, answer")           \
	X(CAMPAIGN_RUNG, "campaign", STEP, "its doorbell was rung", "answer")                                \
	X(CAMPAIGN_BELL, "campaign", FAIL, "a doorbell is ready", "ring it; fail: it is not rung")           \
	X(CAMPAIGN_READ, "campaign", STEP, "rows of the journal were read", "lock positions")                \
	X(CAMPAIGN_POSITIONS_LOCKED, "campaign", STEP, "positions are locked", "fold")                       \
	X(CAMPAIGN_FOLDED, "campaign", STEP, "what was folded is written", "move the positions")             \
	X(CAMPAIGN_ROUND_BEFORE_COMMIT, "campaign", STEP, "the positions were moved", "COMMIT")              \
	X(CAMPAIGN_ROUND_COMMITTED, "campaign", STEP, "the round is committed", "mark what changed")         \
	X(CAMPAIGN_BEFORE_SEND, "campaign", STEP, "due topics were found", "read and publish them")          \
	X(CAMPAIGN_UPDATE, "campaign", FAIL, "an update is ready", "send it; fail: it is not sent")          \
	X(CAMPAIGN_SENT, "campaign", STEP, "due topics were published", "the next ones")                     \
	X(DB_CONNECT, "any", FAIL, "there is no connection", "connect; fail: it is refused")                 \
	X(DB_SEND, "any", FAIL, "a statement is next", "send it; fail: the connection is lost")              \
	X(DB_COPY, "any", FAIL, "a COPY has rows", "send some; fail: the connection is lost")                \
	X(DB_BEFORE_COMMIT, "any", FAIL, "all was written", "send COMMIT; fail: the connection is lost")     \
	X(DB_COMMIT_SENT, "any", FAIL, "COMMIT was sent", "read its answer; fail: the connection is lost")

// name, process, what is wrong, checks that must catch it (C1 to C13 of the fault tests' checker, P4, P9),
// and what has to happen for it to show.
#define FAIL_MUTANTS(X)                                                                                      \
	X(ACK_BEFORE_COMMIT, "ingest", "a drafted batch is acknowledged when its commit is sent", "C1 C5",   \
	  "kill -9 of PostgreSQL under load, or two ingest processes")                                       \
	X(ACK_BEFORE_DISK, "any", "COMMIT does not wait for the disk", "C1", "kill -9 of PostgreSQL")        \
	X(UNKNOWN_IS_OK, "ingest", "a commit whose answer was lost is called committed", "C1",               \
	  "fault-proxy cut-before-commit")                                                                   \
	X(UNKNOWN_WRITTEN_ANEW, "ingest", "such a batch is written again without asking what landed",        \
	  "C2 C3", "fault-proxy cut-after-commit, or DB_COMMIT_SENT fail")                                   \
	X(DEDUPE_IN_BATCH, "ingest", "ids are compared within a batch only", "C2 C3", "resend")              \
	X(RECENT_IS_PROOF, "ingest", "an id that came in lately is called a duplicate without a look",       \
	  "C1 C5", "a batch that fails before COMMIT and is sent again: DB_SEND fail")                       \
	X(CONFLICT_IS_DUPLICATE, "ingest", "other content under a known id is called a duplicate", "P4",     \
	  "resend with other content")                                                                       \
	X(ACK_ORDER, "ingest", "answers of a batch are told in another order than its events", "C5",         \
	  "two events in one batch")                                                                         \
	X(SEQ_BURNT, "any", "a number that was not used is not given again, as of a sequence", "C4 C8",      \
	  "a retry or resend: whatever goes heads first")                                                    \
	X(CHAIN_UNLINKED, "any", "a batch's digest does not hold the one before", "C12", "any append")       \
	X(POISON_SPREADS, "ingest", "an event the database refuses takes its batch with it", "P9",           \
	  "a poison event that passes the validator")                                                        \
	X(OUTAGE_FOR_EVER, "ingest", "a writer that lost its database does not look for it again", "C11",    \
	  "an outage of PostgreSQL")                                                                         \
	X(LEAK_INFLIGHT, "ingest", "what was answered still counts as in flight", "C11 C13",                 \
	  "32 MiB of events over one connection")                                                            \
	X(RING_BEFORE_COMMIT, "campaign", "the doorbell is rung before COMMIT", "C7",                        \
	  "CAMPAIGN_BEFORE_COMMIT delay, kill -9 meanwhile")                                                 \
	X(BELL_IS_ALL, "metrics", "nobody looks at the heads: a lost doorbell is lost", "C9 C11",            \
	  "INGEST_BELL fail, then silence")                                                                  \
	X(CURSOR_TO_HEAD, "metrics", "the position goes to the head seen, not to the last row read",         \
	  "C8 C9", "metrics stopped until more than fold-rows events are waiting")                           \
	X(CHECKPOINT_APART, "metrics", "the position is committed before state and cells", "C9",             \
	  "METRICS_ENTITIES_WRITTEN crash, or kill -9 of metrics")                                           \
	X(NO_FENCING, "metrics", "a position that is elsewhere does not stop a checkpoint", "C9",            \
	  "two metrics processes")                                                                           \
	X(ROUND_APART, "campaign", "positions are committed before what was folded", "C9",                   \
	  "CAMPAIGN_FOLDED crash")                                                                           \
	X(NO_REPEAT, "metrics", "a last value is not sent again", "C10",                                     \
	  "METRICS_UPDATE fail, then silence")                                                               \
	X(FLOAT_MONEY, "metrics", "amounts of lines are floating point, in whole currency units", "C9",      \
	  "orders")                                                                                          \
	X(ORDER_BY_ARRIVAL, "metrics", "the order's content is the one that came last", "C9",                \
	  "an older version of an order that comes late")                                                    \
	X(REFUND_BY_ARRIVAL, "metrics", "refunds count in the order they came", "C9",                        \
	  "a late refund in another hour; with the one before it exceeds the order")                         \
	X(SESSION_BY_ARRIVAL, "metrics", "a late event never joins two sessions", "C9", "late visits")
