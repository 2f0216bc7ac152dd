// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Failing on purpose, for tests (tests/faults/README.md). Only builds with the CMake option UTARG_FAULTS can;
// in all others every call here is a constant and leaves nothing behind. What is armed stands in the file
// that the environment variable UTARG_FAULTS_FILE names, one entry a line; it is looked at again when it
// changed, at most every 10 ms, by whoever passes a point. Threads may call all of it.
//
//   NAME crash|stop|delay=MS|fail [after=N] [times=N] [round=N] [chance=PERMILLE] [seed=N] [process=NAME]
//   NAME mutant [process=NAME]
//   CLOCK shift=MS [process=NAME]
//
//   crash    SIGKILL to the process itself; stop: SIGSTOP, until somebody sends SIGCONT
//   after    passes N times first, counted by each process from when it read the entry
//   chance   of a thousand passes so many fire, the same ones for the same seed
//   times    fires N times in all processes together, restarts included: firings are counted in the file
//            beside it, <file>.fired, a line "NAME pid ms round" each
//   round    another number is another count of times
//   process  only in the program utarg-NAME
//   shift    the wall clock is so many ms ahead (behind, with a minus), from when the line is read
//
// A line that cannot be read is a mistake of the test: the process says so and aborts.
#pragma once

#include "common/base/fail_points.h"

#include <stdbool.h>
#include <stdint.h>

enum fail_point {
#define X(name, process, kind, before, behind) FAIL_##name,
	FAIL_POINTS(X)
#undef X
		FAIL_POINT_COUNT
};

enum fail_mutant {
#define X(name, process, wrong, checks, needs) MUTANT_##name,
	FAIL_MUTANTS(X)
#undef X
		FAIL_MUTANT_COUNT
};

#ifdef UTARG_FAULTS

// Does here what the point is armed with; true when the step is to fail.
bool fail_pass(enum fail_point point);
// Reads the file if it is time. Who passes no point for long calls it: a service's loop, each round.
void fail_refresh(void);
// This process never fails on purpose, whatever is armed. Before anything else here.
void fail_never(void);
// A look into memory and no more, so that pure code may ask.
bool fail_has(enum fail_mutant mutant);
// How far this process's wall clock is off on purpose. Of clock.c alone.
int64_t fail_clock_shift_ms(void);
// Where that service is to look for PostgreSQL's socket, by UTARG_PG_SOCKET_DIR_<PROCESS>: a proxy between
// the two. NULL: where it is.
const char *fail_socket_dir(const char *process);

#define fail_point(point)   ((void)fail_pass(point))
#define fail_here(point)    fail_pass(point)
#define fail_mutant(mutant) fail_has(mutant)

#else

#define fail_refresh()           ((void)0)
#define fail_never()             ((void)0)
#define fail_point(point)        ((void)(point))
#define fail_here(point)         ((void)(point), false)
#define fail_mutant(mutant)      ((void)(mutant), false)
#define fail_clock_shift_ms()    ((int64_t)0)
#define fail_socket_dir(process) ((void)(process), (const char *)0)

#endif
