// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The data directory on disk. state.json is written beside itself and renamed, so that a reader sees the
// old or the new one, never half of one.
#include "services/utarg/instance.h"

#include "common/base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Folders of a data directory, for its user alone.
static const char *const folders[] = {"log", "secrets"};

// The mode is the one asked for, whatever the umask; a directory that is there keeps its own.
static bool make_directory(const char *path, mode_t mode, struct err *e)
{
	if (mkdir(path, mode) == 0 ? chmod(path, mode) == 0 : errno == EEXIST)
		return true;
	return err_set(e, ERR_INTERNAL, "the directory %.200s cannot be made: %s", path, strerror(errno));
}

static bool make_path(const char *path, mode_t mode, struct err *e)
{
	char part[CLI_PATH_SIZE];
	text_copy(part, sizeof(part), path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (!make_directory(part, 0755, e))
			return false;
		*slash = '/';
	}
	return make_directory(part, mode, e);
}

static bool make_folders(const struct instance *instance, struct err *e)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[CLI_PATH_SIZE];
		instance_path(instance, folders[i], path);
		if (!make_directory(path, 0700, e))
			return false;
	}
	return true;
}

bool instance_open(struct instance *instance, const struct cli *cli, bool create, struct err *e)
{
	char absolute[PATH_MAX];
	*instance = (struct instance){.lock_fd = -1};
	// The database's own user must pass through when root runs it.
	if (create && !make_path(cli->data, geteuid() == 0 ? 0711 : 0700, e))
		return false;
	if (!realpath(cli->data, absolute)) {
		if (errno == ENOENT)
			return err_set(e, ERR_BUSY,
				       "there is no instance in %.200s; start one with `utarg up`",
				       cli->data);
		return err_set(e, ERR_FORBIDDEN, "the data directory %.200s cannot be used: %s", cli->data,
			       strerror(errno));
	}
	if (strlen(absolute) > CLI_PATH_SIZE - 64)
		return err_set(e, ERR_BAD_FIELD, "the name of the data directory is too long (%zu bytes)",
			       strlen(absolute));
	if (strpbrk(absolute, "\n\r"))
		return err_set(e, ERR_BAD_FIELD, "the name of the data directory contains a line break");
	text_copy(instance->root, sizeof(instance->root), absolute);
	return !create || make_folders(instance, e);
}

void instance_close(struct instance *instance)
{
	if (instance->lock_fd >= 0)
		close(instance->lock_fd);
	instance->lock_fd = -1;
}

void instance_path(const struct instance *instance, const char *name, char out[CLI_PATH_SIZE])
{
	int size = snprintf(out, CLI_PATH_SIZE, "%s/%s", instance->root, name);
	assert(size > 0 && size < CLI_PATH_SIZE);
}

bool instance_lock(struct instance *instance, struct err *e)
{
	char path[CLI_PATH_SIZE];
	instance_path(instance, "lock", path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ERR_FORBIDDEN, "the lock %.200s cannot be opened: %s", path,
			       strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int reason = errno;
		close(fd);
		if (reason != EWOULDBLOCK)
			return err_set(e, ERR_INTERNAL, "the lock %.200s cannot be taken: %s", path,
				       strerror(reason));
		return err_set(e, ERR_CONFLICT,
			       "an instance is already running in %.200s; see `utarg status`, stop it with "
			       "`utarg down`",
			       instance->root);
	}
	instance->lock_fd = fd;
	return true;
}

bool instance_is_locked(const struct instance *instance)
{
	struct instance probe = *instance;
	struct err e = {0};
	probe.lock_fd = -1;
	bool locked = !instance_lock(&probe, &e) && e.code == ERR_CONFLICT;
	instance_close(&probe);
	return locked;
}

static json_t *process_to_json(const struct instance_process *p)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:i, s:s}", "name", p->name, "pid", (json_int_t)p->pid,
			 "start_ticks", (json_int_t)p->start_ticks, "since_ms", (json_int_t)p->since_ms,
			 "restarts", p->restarts, "last_end", p->last_end);
}

static bool process_from_json(const json_t *json, struct instance_process *out)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *last_end = json_string_value(json_object_get(json, "last_end"));
	if (!name || !text_copy(out->name, sizeof(out->name), name))
		return false;
	out->pid = (pid_t)json_integer_value(json_object_get(json, "pid"));
	out->start_ticks = (uint64_t)json_integer_value(json_object_get(json, "start_ticks"));
	out->since_ms = json_integer_value(json_object_get(json, "since_ms"));
	out->restarts = (int)json_integer_value(json_object_get(json, "restarts"));
	text_copy(out->last_end, sizeof(out->last_end), last_end ? last_end : "");
	return out->pid >= 0;
}

bool instance_write_state(const struct instance *instance, const struct state *state, struct err *e)
{
	char path[CLI_PATH_SIZE], fresh[CLI_PATH_SIZE], conninfo[INSTANCE_CONNINFO_SIZE];
	instance_path(instance, "state.json", path);
	instance_path(instance, "state.json.new", fresh);
	instance_conninfo(instance, state, "utarg", "utarg_readonly", conninfo);
	json_t *processes = json_array();
	for (int i = 0; i < state->process_count; i++)
		json_array_append_new(processes, process_to_json(&state->processes[i]));
	json_t *json = json_pack("{s:s, s:i, s:s, s:s, s:o, s:o}", "version", UTARG_VERSION, "port_offset",
				 state->port_offset, "socket_directory", state->socket_directory,
				 "database_readonly", conninfo, "supervisor",
				 process_to_json(&state->supervisor), "processes", processes);
	bool written = json && json_dump_file(json, fresh, JSON_INDENT(2)) == 0 && rename(fresh, path) == 0;
	json_decref(json);
	return written || err_set(e, ERR_STORAGE_LOW, "%.200s cannot be written: %s", path, strerror(errno));
}

static bool state_from_json(const json_t *json, struct state *out)
{
	const char *directory = json_string_value(json_object_get(json, "socket_directory"));
	const json_t *processes = json_object_get(json, "processes");
	if (!directory || !text_copy(out->socket_directory, sizeof(out->socket_directory), directory))
		return false;
	if (!process_from_json(json_object_get(json, "supervisor"), &out->supervisor))
		return false;
	out->port_offset = (int)json_integer_value(json_object_get(json, "port_offset"));
	if (json_array_size(processes) > INSTANCE_PROCESS_MAX)
		return false;
	out->process_count = (int)json_array_size(processes);
	for (int i = 0; i < out->process_count; i++)
		if (!process_from_json(json_array_get(processes, (size_t)i), &out->processes[i]))
			return false;
	return true;
}

bool instance_read_state(const struct instance *instance, struct state *out, struct err *e)
{
	char path[CLI_PATH_SIZE];
	json_error_t fault;
	*out = (struct state){0};
	instance_path(instance, "state.json", path);
	if (access(path, F_OK) != 0)
		return err_set(e, ERR_BUSY, "nothing is running in %.200s; start it with `utarg up`",
			       instance->root);
	json_t *json = json_load_file(path, 0, &fault);
	bool read = json && state_from_json(json, out);
	json_decref(json);
	return read || err_set(e, ERR_INTERNAL,
			       "%.200s cannot be read; `utarg down` and `utarg up` write it anew", path);
}

void instance_forget_state(const struct instance *instance)
{
	char path[CLI_PATH_SIZE];
	instance_path(instance, "state.json", path);
	unlink(path);
}

// A value of a conninfo: in quotes, with backslashes before quotes and backslashes.
static void quote_value(const char *value, char *out, size_t out_size)
{
	size_t used = 0;
	out[used++] = '\'';
	for (; *value && used + 4 < out_size; value++) {
		if (*value == '\'' || *value == '\\')
			out[used++] = '\\';
		out[used++] = *value;
	}
	assert(!*value);
	out[used++] = '\'';
	out[used] = 0;
}

void instance_conninfo(const struct instance *instance, const struct state *state, const char *database,
		       const char *role, char out[INSTANCE_CONNINFO_SIZE])
{
	char name[64], passfile[CLI_PATH_SIZE], quoted[CLI_PATH_SIZE + CLI_PATH_SIZE / 2],
		host[CLI_PATH_SIZE + CLI_PATH_SIZE / 2];
	snprintf(name, sizeof(name), "secrets/%s.pgpass", role);
	instance_path(instance, name, passfile);
	quote_value(passfile, quoted, sizeof(quoted));
	quote_value(state->socket_directory, host, sizeof(host));
	int size = snprintf(out, INSTANCE_CONNINFO_SIZE, "host=%s port=5432 dbname=%s user=%s passfile=%s",
			    host, database, role, quoted);
	assert(size > 0 && size < INSTANCE_CONNINFO_SIZE);
}
