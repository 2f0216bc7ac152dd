// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See keyring.h. The thread puts what it found into one place and rings; the loop takes it from there. A
// table the loop did not come to take is replaced by the next.
#include "common/keyring/keyring.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/db/db.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

extern const struct db_statement keyring_statements[];

enum { LOOK_MS = 250, CONNECT_MS = 2000, STATEMENT_MS = 2000, TEXTS_MAX = 4096 };

struct keyring {
	struct svc *svc;
	char *conninfo;
	pthread_t thread;
	int bell; // eventfd

	pthread_mutex_t lock; // of all below
	pthread_cond_t wake;
	bool stopping;
	bool has_news;
	struct principals *fresh; // NULL: what was handed over last is still right
	int64_t as_of_ms;

	// The thread's alone.
	struct db *db;
	int64_t version; // of what was handed over last; -1: nothing yet
	bool is_away;    // told already
};

// ---- reading -------------------------------------------------------------------------------------------

// Texts joined by line breaks, taken apart in place.
static size_t split(char *text, const char **out)
{
	size_t count = 0;
	for (char *at = text; at && *at && count < TEXTS_MAX;) {
		out[count++] = at;
		at = strchr(at, '\n');
		if (at)
			*at++ = 0;
	}
	return count;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

// Columns as keyring_keys.sql gives them.
static void add_row(struct principals *principals, const struct db_result *rows, int row)
{
	const char *shops[TEXTS_MAX], *may[TEXTS_MAX];
	char *shops_text = copy_text(db_get_text(rows, row, 8)),
	     *may_text = copy_text(db_get_text(rows, row, 9));
	struct slice key = db_get_bytes(rows, row, 1);
	struct principal_facts facts = {
		.key_id = (uint32_t)db_get_int(rows, row, 0),
		.name = db_get_text(rows, row, 2),
		.origin = (int32_t)db_get_int(rows, row, 4),
		.expires_at_ms = db_is_null(rows, row, 5) ? 0 : db_get_time_ms(rows, row, 5),
		.is_revoked = db_get_int(rows, row, 6),
		.has_all_shops = db_get_int(rows, row, 7),
		.shops = shops,
		.shop_count = split(shops_text, shops),
		.may = may,
		.may_count = split(may_text, may),
	};
	struct err e = {0};
	if (key.size == sizeof(facts.public_key))
		memcpy(facts.public_key, key.data, key.size);
	if (key.size != sizeof(facts.public_key) ||
	    !permit_kind_from_name(db_get_text(rows, row, 3), &facts.kind))
		log_warn("key_ignored", LOG_STR("name", facts.name));
	else if (!principals_add(principals, &facts, &e))
		log_warn("key_not_understood", LOG_STR("name", facts.name), LOG_STR("reason", e.text));
	free(shops_text);
	free(may_text);
}

static struct principals *read_keys(struct keyring *k, int64_t *version, struct err *e)
{
	struct db_result *rows = NULL;
	if (!db_run(k->db, "keyring_keys", NULL, 0, &rows, e))
		return NULL;
	struct principals *principals = principals_create();
	for (int row = 0; row < db_rows(rows); row++) {
		*version = db_get_int(rows, row, 10);
		add_row(principals, rows, row);
	}
	db_result_free(rows);
	return principals;
}

static bool read_version(struct keyring *k, int64_t *version, struct err *e)
{
	struct db_result *rows = NULL;
	if (!db_run(k->db, "keyring_version", NULL, 0, &rows, e))
		return false;
	*version = db_rows(rows) == 1 ? db_get_int(rows, 0, 0) : -1;
	db_result_free(rows);
	return true;
}

static bool open_db(struct keyring *k, struct err *e)
{
	static const struct db_statement *const tables[] = {keyring_statements, NULL};
	if (!k->db)
		k->db = db_create(&(struct db_options){.conninfo = k->conninfo,
						       .statements = tables,
						       .connect_timeout_ms = CONNECT_MS,
						       .statement_timeout_ms = STATEMENT_MS,
						       .application_name = "utarg-keyring"},
				  e);
	return k->db != NULL;
}

// *fresh stays NULL when nothing has changed.
static bool read_news(struct keyring *k, struct principals **fresh, struct err *e)
{
	int64_t version;
	if (!open_db(k, e) || !read_version(k, &version, e))
		return false;
	if (version == k->version)
		return true;
	*fresh = read_keys(k, &version, e);
	if (*fresh)
		k->version = version;
	return *fresh != NULL;
}

static void hand_over(struct keyring *k, struct principals *fresh, int64_t as_of_ms)
{
	const uint64_t one = 1;
	pthread_mutex_lock(&k->lock);
	if (fresh) {
		principals_destroy(k->fresh);
		k->fresh = fresh;
	}
	k->as_of_ms = as_of_ms;
	k->has_news = true;
	pthread_mutex_unlock(&k->lock);
	// Full means that it rings already.
	while (write(k->bell, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void look(struct keyring *k)
{
	const int64_t as_of_ms = clock_monotonic_ms();
	struct principals *fresh = NULL;
	struct err e = {0};
	if (read_news(k, &fresh, &e)) {
		if (k->is_away)
			log_info("keys_reachable", LOG_BOOL("reachable", true));
		k->is_away = false;
		hand_over(k, fresh, as_of_ms);
		return;
	}
	if (!k->is_away)
		log_warn("keys_unreachable", LOG_STR("reason", e.text));
	k->is_away = true;
}

// ---- the thread and the loop ---------------------------------------------------------------------------

static struct timespec in_a_moment(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += LOOK_MS * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	return at;
}

static bool rest(struct keyring *k)
{
	const struct timespec until = in_a_moment();
	pthread_mutex_lock(&k->lock);
	while (!k->stopping && pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0)
		;
	const bool stopping = k->stopping;
	pthread_mutex_unlock(&k->lock);
	return !stopping;
}

static void *thread_main(void *arg)
{
	struct keyring *k = arg;
	while (rest(k))
		look(k);
	return NULL;
}

static void take_news(void *context)
{
	struct keyring *k = context;
	uint64_t rings;
	while (read(k->bell, &rings, sizeof(rings)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&k->lock);
	struct principals *fresh = k->fresh;
	const bool has_news = k->has_news;
	const int64_t as_of_ms = k->as_of_ms;
	k->fresh = NULL;
	k->has_news = false;
	pthread_mutex_unlock(&k->lock);
	if (fresh)
		svc_admit(k->svc, fresh, as_of_ms);
	else if (has_news)
		svc_admit_checked(k->svc, as_of_ms);
}

static void init_wake(pthread_cond_t *wake)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void release(struct keyring *k)
{
	if (k->bell >= 0)
		close(k->bell);
	db_destroy(k->db);
	principals_destroy(k->fresh);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k->conninfo);
	free(k);
}

struct keyring *keyring_start(struct svc *svc, const char *conninfo, struct err *e)
{
	struct keyring *k = calloc(1, sizeof(*k));
	if (!k)
		abort();
	k->svc = svc;
	k->conninfo = copy_text(conninfo);
	k->version = -1;
	k->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&k->lock, NULL);
	init_wake(&k->wake);
	if (k->bell < 0 || !svc_watch(svc, NULL, k->bell, take_news, k, e)) {
		err_set(e, ERR_INTERNAL, "the keys cannot be watched: %s", strerror(errno));
		release(k);
		return NULL;
	}
	look(k);
	take_news(k);
	if (pthread_create(&k->thread, NULL, thread_main, k) == 0)
		return k;
	err_set(e, ERR_INTERNAL, "no thread for the keys");
	release(k);
	return NULL;
}

void keyring_stop(struct keyring *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->stopping = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	release(k);
}
