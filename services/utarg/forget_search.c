// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See forget_search.h.
#include "services/utarg/forget_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *grow(void *list, size_t count, size_t size)
{
	list = realloc(list, (count + 1) * size);
	if (!list)
		abort();
	return list;
}

void forget_search_init(struct forget_search *search)
{
	*search = (struct forget_search){0};
	db_array_init(&search->new_shop_ids, DB_INT4);
	db_array_init(&search->new_seqs, DB_INT8);
}

void forget_search_add(struct forget_search *search, struct slice needle)
{
	if (needle.size < FORGET_NEEDLE_MIN)
		return;
	search->needles = grow(search->needles, search->needle_count, sizeof(*search->needles));
	search->needles[search->needle_count++] = needle;
}

static void add_place(struct forget_search *search, const char *name, int64_t hits)
{
	search->left = grow(search->left, search->left_count, sizeof(*search->left));
	struct forget_place *place = &search->left[search->left_count++];
	text_copy(place->name, sizeof(place->name), name);
	place->hits = hits;
}

bool forget_search_since(struct forget_search *search, struct db *db, int32_t shop_id, int64_t seq,
			 int64_t until_ms, const struct erased *erased, struct err *e)
{
	struct db_array names;
	struct db_result *result = NULL;
	const struct erased_name *name;
	db_array_init(&names, DB_BYTEA);
	for (size_t i = 0; (name = erased_at(erased, i)) != NULL; i++)
		db_array_add(&names, db_bytes(name->old.data, name->old.size));
	struct db_value values[] = {db_int4(shop_id), db_int8(seq),
				    until_ms ? db_time_ms(until_ms) : DB_VALUE_NULL, db_array_value(&names)};
	bool done = db_run(db, "forget_since", values, 4, &result, e);
	db_array_fini(&names);
	for (int row = 0; done && row < db_rows(result); row++) {
		db_array_add(&search->new_shop_ids, db_int4(shop_id));
		db_array_add(&search->new_seqs, db_int8(db_get_int(result, row, 0)));
	}
	db_result_free(result);
	return done;
}

// The figures' state and the names in rows for analysts are a function of the journal (utarg verify), and the
// planner's statistics were gathered after the erasure: with nothing in the journal but of somebody new, so
// are they.
static bool is_made_of_new(const struct forget_search *search, const char *place)
{
	static const char *const made[] = {
		"metrics.entity.key",     "metrics.entity.state",  "metrics.session.visitor",
		"metrics.cart.visitor",   "metrics.order.visitor", "metrics.order.session_visitor",
		"metrics.order.customer", "pg_statistic",
	};
	bool is_made = false;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		is_made = is_made || strcmp(place, made[i]) == 0;
	return is_made && search->new_seqs.count > 0;
}

bool forget_search_database(struct forget_search *search, struct db *db, struct err *e)
{
	struct db_array needles;
	struct db_result *result = NULL;
	if (search->needle_count == 0)
		return true;
	db_array_init(&needles, DB_BYTEA);
	for (size_t i = 0; i < search->needle_count; i++)
		db_array_add(&needles, db_bytes(search->needles[i].data, search->needles[i].size));
	struct db_value values[] = {db_array_value(&needles), db_array_value(&search->new_shop_ids),
				    db_array_value(&search->new_seqs)};
	bool done = db_run(db, "forget_search", values, 3, &result, e);
	db_array_fini(&needles);
	for (int row = 0; done && row < db_rows(result); row++) {
		search->column_count++;
		const char *place = db_get_text(result, row, 0);
		if (db_get_int(result, row, 1) > 0 && !is_made_of_new(search, place))
			add_place(search, place, db_get_int(result, row, 1));
	}
	db_result_free(result);
	return done;
}

static bool holds(const struct forget_search *search, const void *bytes, size_t size)
{
	for (size_t i = 0; i < search->needle_count; i++) {
		if (memmem(bytes, size, search->needles[i].data, search->needles[i].size))
			return true;
	}
	return false;
}

static bool search_file(struct forget_search *search, int folder_fd, const char *file, const char *label,
			struct err *e)
{
	char name[FORGET_PLACE_SIZE];
	struct stat facts;
	int fd = openat(folder_fd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
		bool is_lost = fd < 0 && errno != ENOENT;
		if (fd >= 0)
			close(fd);
		return !is_lost || err_set(e, ERR_FORBIDDEN, "%s/%.100s cannot be read", label, file);
	}
	size_t size = (size_t)facts.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return err_set(e, ERR_INTERNAL, "%s/%.100s cannot be mapped", label, file);
	snprintf(name, sizeof(name), "%s/%.200s", label, file);
	search->file_count++;
	if (holds(search, bytes, size))
		add_place(search, name, 1);
	munmap(bytes, size);
	return true;
}

bool forget_search_folder(struct forget_search *search, const char *folder, const char *label, struct err *e)
{
	DIR *listing = opendir(folder);
	bool ok = true;
	if (!listing)
		return true;
	for (struct dirent *entry = readdir(listing); ok && entry; entry = readdir(listing))
		ok = search_file(search, dirfd(listing), entry->d_name, label, e);
	closedir(listing);
	return ok;
}

void forget_search_fini(struct forget_search *search)
{
	free(search->needles);
	free(search->left);
	db_array_fini(&search->new_shop_ids);
	db_array_fini(&search->new_seqs);
	*search = (struct forget_search){0};
}
