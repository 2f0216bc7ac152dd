// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See erasures.h. A torn last line (the machine went down while it was written) is passed over: that erasure
// was not committed, for the line comes first.
#include "services/utarg/erasures.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const trace_keys[] = {
	[PSEUDONYM_VISITOR] = "visitors", [PSEUDONYM_CUSTOMER] = "customers"};

// ---- writing -------------------------------------------------------------------------------------------

static char *to_line(const struct erasure *erasure)
{
	char id[UUID_TEXT_SIZE];
	uuid_format(erasure->id, id);
	json_t *json = json_pack("{s:s, s:s, s:I}", "shop", erasure->shop, "erasure", id, "at_ms",
				 (json_int_t)erasure->at_ms);
	for (int kind = 0; kind < 2; kind++) {
		json_t *traces = json_array();
		for (size_t i = 0; i < erasure->trace_count[kind]; i++)
			json_array_append_new(traces, json_string(erasure->traces[kind][i]));
		json_object_set_new(json, trace_keys[kind], traces);
	}
	char *line = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!line)
		abort();
	return line;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, bytes, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

static bool end_torn_line(int fd)
{
	char last = '\n';
	off_t size = lseek(fd, 0, SEEK_END);
	return size >= 0 && (size == 0 || pread(fd, &last, 1, size - 1) == 1) &&
	       (last == '\n' || write_all(fd, "\n", 1));
}

// The name of a new file is on disk when its folder is.
static bool sync_folder(const char *path)
{
	char folder[1024] = ".";
	const char *slash = strrchr(path, '/');
	if (slash && (size_t)(slash - path) < sizeof(folder)) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
	}
	int fd = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return done;
}

bool erasures_add(const char *path, const struct erasure *erasure, struct err *e)
{
	char *line = to_line(erasure);
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool done = fd >= 0 && end_torn_line(fd) && write_all(fd, line, strlen(line)) &&
		    write_all(fd, "\n", 1) && fsync(fd) == 0 && sync_folder(path);
	int cause = errno;
	if (fd >= 0)
		close(fd);
	free(line);
	return done ||
	       err_set(e, ERR_STORAGE_LOW, "the record %.180s cannot be written: %s", path, strerror(cause));
}

// ---- reading -------------------------------------------------------------------------------------------

static bool take_traces(const json_t *json, int kind, struct erasure *out)
{
	const json_t *traces = json_object_get(json, trace_keys[kind]);
	size_t count = json_array_size(traces);
	out->traces[kind] = calloc(count + 1, sizeof(*out->traces[kind]));
	if (!out->traces[kind])
		abort();
	for (size_t i = 0; i < count; i++) {
		const char *trace = json_string_value(json_array_get(traces, i));
		if (!trace || !text_copy(out->traces[kind][i], PSEUDONYM_TRACE_SIZE, trace))
			return false;
	}
	out->trace_count[kind] = count;
	return true;
}

static bool from_json(const json_t *json, struct erasure *out)
{
	const char *shop = json_string_value(json_object_get(json, "shop"));
	const char *id = json_string_value(json_object_get(json, "erasure"));
	*out = (struct erasure){.at_ms = json_integer_value(json_object_get(json, "at_ms"))};
	return shop && text_copy(out->shop, sizeof(out->shop), shop) && id && uuid_parse_text(id, out->id) &&
	       out->at_ms > 0 && take_traces(json, PSEUDONYM_VISITOR, out) &&
	       take_traces(json, PSEUDONYM_CUSTOMER, out);
}

static void free_traces(struct erasure *erasure)
{
	free(erasure->traces[PSEUDONYM_VISITOR]);
	free(erasure->traces[PSEUDONYM_CUSTOMER]);
}

// With room for one more.
static struct erasure *add_room(struct erasure *erasures, size_t count)
{
	erasures = realloc(erasures, (count + 1) * sizeof(*erasures));
	if (!erasures)
		abort();
	return erasures;
}

static bool take_line(const char *line, size_t number, const char *path, struct erasure **out, size_t *count,
		      struct err *e)
{
	if (line[strspn(line, " \n")] == '\0')
		return true;
	json_t *json = json_loads(line, 0, NULL);
	*out = add_room(*out, *count);
	(*out)[*count] = (struct erasure){0};
	bool is_whole = json != NULL;
	bool ok = is_whole && from_json(json, &(*out)[*count]);
	json_decref(json);
	if (ok)
		(*count)++;
	else
		free_traces(&(*out)[*count]);
	// What does not even end is a line that was never finished.
	return ok || !is_whole || err_set(e, ERR_BAD_FIELD, "%.180s: line %zu is no erasure", path, number);
}

bool erasures_read(const char *path, struct erasure **out, size_t *count, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	bool ok = true;
	*out = NULL;
	*count = 0;
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT || err_set(e, ERR_FORBIDDEN, "the record %.180s cannot be read: %s",
						  path, strerror(errno));
	for (size_t number = 1; ok && getline(&line, &room, file) >= 0; number++)
		ok = take_line(line, number, path, out, count, e);
	free(line);
	fclose(file);
	if (!ok) {
		erasures_free(*out, *count);
		*out = NULL;
		*count = 0;
	}
	return ok;
}

void erasures_free(struct erasure *erasures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_traces(&erasures[i]);
	free(erasures);
}
