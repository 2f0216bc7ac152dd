// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Signals as readable events of the loop, so that nothing runs in a signal handler. SIGHUP is taken and
// ignored: there is nothing to read again, and a closed terminal must not kill a service.
#include "common/svc/internal.h"

#include "common/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool svc_signals_open(struct svc *svc, struct err *e)
{
	sigset_t taken;
	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	// Threads that are made later inherit the mask: only the loop sees these signals.
	pthread_sigmask(SIG_BLOCK, &taken, &svc->old_mask);
	svc->signal_fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
	if (svc->signal_fd < 0) {
		const int reason = errno;
		pthread_sigmask(SIG_SETMASK, &svc->old_mask, NULL);
		return err_set(e, ERR_INTERNAL, "cannot make a signal descriptor: %s", strerror(reason));
	}
	return true;
}

void svc_signals_close(struct svc *svc)
{
	if (svc->signal_fd < 0)
		return;
	close(svc->signal_fd);
	svc->signal_fd = -1;
	pthread_sigmask(SIG_SETMASK, &svc->old_mask, NULL);
}

static void take_one(struct svc *svc, int number)
{
	const char *name = sigabbrev_np(number);
	if (number == SIGHUP) {
		log_info("signal_ignored", LOG_STR("signal", name));
		return;
	}
	if (svc_is_draining(svc)) {
		log_warn("stop", LOG_STR("reason", "a second signal while draining"),
			 LOG_STR("signal", name));
		_exit(128 + number);
	}
	log_info("signal", LOG_STR("signal", name));
	svc_drain(svc);
}

void svc_signals_take(struct svc *svc)
{
	struct signalfd_siginfo info;
	while (read(svc->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		take_one(svc, (int)info.ssi_signo);
}
