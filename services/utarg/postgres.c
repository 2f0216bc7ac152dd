// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Finding PostgreSQL and making its cluster. The cluster is made beside its place and renamed, so that a
// crash in the middle leaves nothing that looks finished.
#include "services/utarg/postgres.h"

#include "common/base/text.h"
#include "services/utarg/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

const char *const postgres_roles[] = {
	"utarg_owner", "utarg_ingest", "utarg_metrics", "utarg_campaign", "utarg_operator", "utarg_readonly",
	NULL};

enum { MB = 1024 * 1024 };

// Settings that make an acknowledgement true stand first; an operator's own go to local.conf.
static const char settings[] =
	"# Written by `utarg up` at each start; put your own settings into local.conf beside this file.\n"
	"fsync = on\n"
	"synchronous_commit = on\n"
	"full_page_writes = on\n"
	"listen_addresses = ''\n"
	"port = 5432\n"
	"unix_socket_permissions = 0700\n"
	"password_encryption = 'scram-sha-256'\n"
	"max_connections = 60\n"
	"wal_compression = lz4\n"
	"jit = off\n"
	"timezone = 'UTC'\n"
	"log_timezone = 'UTC'\n"
	"lc_messages = 'C'\n"
	"datestyle = 'iso, ymd'\n"
	"logging_collector = off\n"
	"log_destination = 'stderr'\n"
	"log_error_verbosity = terse\n"       // DETAIL and CONTEXT quote what events hold
	"log_line_prefix = '%m [%p] %q%a '\n" // of what a client says of itself only this is made printable
	"cluster_name = 'utarg'\n";

// Into the other databases of the cluster nobody but the owner comes.
static const char access_rules[] = "# Written by `utarg up`: the socket only, with passwords only.\n"
				   "local all   utarg_owner scram-sha-256\n"
				   "local utarg all         scram-sha-256\n";

static bool has_programs(const char *bin)
{
	char path[CLI_PATH_SIZE + 16];
	snprintf(path, sizeof(path), "%s/initdb", bin);
	if (access(path, X_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/postgres", bin);
	return access(path, X_OK) == 0;
}

bool postgres_find(int wanted_version, char *bin, size_t bin_size, int *version, struct err *e)
{
	static const char home[] = "/usr/lib/postgresql";
	DIR *folder = opendir(home);
	int best = 0;
	for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
		int64_t number = 0;
		char path[CLI_PATH_SIZE];
		if (!text_to_int(entry->d_name, POSTGRES_VERSION_MIN, 99, &number))
			continue;
		snprintf(path, sizeof(path), "%s/%d/bin", home, (int)number);
		if (has_programs(path) && (wanted_version ? number == wanted_version : number > best))
			best = (int)number;
	}
	if (folder)
		closedir(folder);
	if (best == 0 && wanted_version)
		return err_set(e, ERR_BUSY,
			       "the database of this instance was made by PostgreSQL %d, which is not "
			       "installed here: "
			       "apt-get install postgresql-%d",
			       wanted_version, wanted_version);
	if (best == 0)
		return err_set(e, ERR_BUSY,
			       "PostgreSQL %d or newer is not installed here: apt-get install postgresql",
			       POSTGRES_VERSION_MIN);
	snprintf(bin, bin_size, "%s/%d/bin", home, best);
	*version = best;
	return true;
}

int postgres_cluster_version(const struct instance *instance)
{
	char path[CLI_PATH_SIZE], text[32] = "";
	int64_t version = 0;
	instance_path(instance, "pg/PG_VERSION", path);
	if (!files_read_line(path, text, sizeof(text)) || !text_to_int(text, 1, 99, &version))
		return 0;
	return (int)version;
}

// ---- who runs it, and whether it can reach its files ---------------------------------------------------

// In the child that became the user: the length of the first parent it may not pass through is told by
// the count of slashes before it, since an exit code is small.
static int first_blocked(void *context)
{
	char path[CLI_PATH_SIZE];
	int index = 1;
	text_copy(path, sizeof(path), context);
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/'), index++) {
		if (slash)
			*slash = 0;
		if (access(path, X_OK) != 0)
			return index < 250 ? index : 250;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static bool check_reachable(const struct process_user *user, const char *root, struct err *e)
{
	char path[CLI_PATH_SIZE];
	text_copy(path, sizeof(path), root);
	int blocked = process_probe(user, first_blocked, path);
	if (blocked == 0)
		return true;
	if (blocked < 0 || blocked >= 250)
		return err_set(e, ERR_INTERNAL, "becoming the user %s failed", user->name);
	char *end = path;
	for (int i = 0; i < blocked && end; i++)
		end = strchr(end + 1, '/');
	if (end)
		*end = 0;
	return err_set(e, ERR_FORBIDDEN,
		       "PostgreSQL runs as the user %s, who may not pass through %.150s; "
		       "use --data /var/lib/utarg",
		       user->name, path);
}

static bool choose_user(struct postgres *postgres, const struct instance *instance, struct err *e)
{
	postgres->user = (struct process_user){0};
	if (geteuid() != 0)
		return true;
	return process_user_find("postgres", &postgres->user, e) &&
	       check_reachable(&postgres->user, instance->root, e);
}

// ---- socket directory ----------------------------------------------------------------------------------

// A Unix socket's path has 107 characters at most, and commas or quotes have a meaning in the setting.
static bool fits_socket(const char *directory)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";
	return strlen(directory) + sizeof("/.s.PGSQL.5432") <= 107 &&
	       strspn(directory, plain) == strlen(directory);
}

static bool make_socket_directory(struct postgres *postgres, const struct instance *instance, struct err *e)
{
	uint8_t hash[8];
	char hex[2 * sizeof(hash) + 1];
	instance_path(instance, "run", postgres->socket_directory);
	if (!fits_socket(postgres->socket_directory)) {
		crypto_generichash(hash, sizeof(hash), (const uint8_t *)instance->root,
				   strlen(instance->root), NULL, 0);
		text_hex(hash, sizeof(hash), hex);
		snprintf(postgres->socket_directory, sizeof(postgres->socket_directory), "/tmp/utarg-%ld-%s",
			 (long)geteuid(), hex);
	}
	return files_own_directory(postgres->socket_directory, &postgres->user, e);
}

// ---- secrets -------------------------------------------------------------------------------------------

static bool make_secret(const struct instance *instance, const char *role, struct err *e)
{
	char name[64], path[CLI_PATH_SIZE], hex[65], line[160];
	uint8_t secret[32];
	snprintf(name, sizeof(name), "secrets/%s.pgpass", role);
	instance_path(instance, name, path);
	if (access(path, F_OK) == 0)
		return true;
	randombytes_buf(secret, sizeof(secret));
	text_hex(secret, sizeof(secret), hex);
	snprintf(line, sizeof(line), "*:*:*:%s:%s\n", role, hex);
	return files_write(path, line, 0600, NULL, e);
}

static bool make_secrets(const struct instance *instance, struct err *e)
{
	char path[CLI_PATH_SIZE];
	instance_path(instance, "secrets/utarg_owner.pgpass", path);
	if (postgres_cluster_version(instance) > 0 && access(path, F_OK) != 0)
		return err_set(
			e, ERR_INTERNAL,
			"%.200s is missing, but the database of this instance knows only that password; "
			"bring the file back",
			path);
	for (const char *const *role = postgres_roles; *role; role++)
		if (!make_secret(instance, *role, e))
			return false;
	return true;
}

// ---- the cluster ---------------------------------------------------------------------------------------

static bool run_initdb(const struct postgres *postgres, const struct instance *instance, const char *fresh,
		       const char *password_file, struct err *e)
{
	char program[CLI_PATH_SIZE + 16], directory[CLI_PATH_SIZE + 16], password[CLI_PATH_SIZE + 16],
		log[CLI_PATH_SIZE];
	snprintf(program, sizeof(program), "%s/initdb", postgres->bin);
	snprintf(directory, sizeof(directory), "--pgdata=%s", fresh);
	snprintf(password, sizeof(password), "--pwfile=%s", password_file);
	instance_path(instance, "log/initdb.log", log);
	int log_fd = files_open_log(log, e);
	if (log_fd < 0)
		return false;
	const char *const argv[] = {program,
				    directory,
				    password,
				    "--username=utarg_owner",
				    "--auth=scram-sha-256",
				    "--encoding=UTF8",
				    "--locale=C.UTF-8",
				    "--data-checksums",
				    "--no-instructions",
				    NULL};
	struct process_spec spec = {
		.argv = argv, .log_fd = log_fd, .user = &postgres->user, .death_signal = SIGTERM};
	bool done = process_run(&spec, e);
	close(log_fd);
	if (!done) {
		char last[160] = "";
		files_last_line(log, "error:", last, sizeof(last));
		err_set(e, ERR_BUSY, "the database could not be made: %s (see %.100s)", last, log);
	}
	return done;
}

static bool make_cluster(const struct postgres *postgres, const struct instance *instance, struct err *e)
{
	char fresh[CLI_PATH_SIZE], password_file[CLI_PATH_SIZE], secret[CLI_PATH_SIZE], line[200],
		password[100];
	instance_path(instance, "pg.new", fresh);
	instance_path(instance, "secrets/utarg_owner.pgpass", secret);
	if (!files_remove_tree(fresh, e) || !files_own_directory(fresh, &postgres->user, e))
		return false;
	if (!files_read_line(secret, line, sizeof(line)) ||
	    !files_pgpass_password(line, password, sizeof(password)))
		return err_set(e, ERR_INTERNAL, "%.200s does not hold a password", secret);
	// The user who runs initdb must be able to read it, and can only reach what lies in a place of its
	// own.
	snprintf(password_file, sizeof(password_file), "%.900s/utarg-initdb", postgres->socket_directory);
	unlink(password_file);
	bool done = files_write(password_file, password, 0600, &postgres->user, e) &&
		    run_initdb(postgres, instance, fresh, password_file, e);
	unlink(password_file);
	if (done && rename(fresh, postgres->data) != 0)
		done = err_set(e, ERR_INTERNAL, "%.200s cannot be renamed: %s", fresh, strerror(errno));
	return done;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

// An eighth of the machine's memory: the recent parts of the journal's and the cells' indexes.
static int64_t buffers_mb(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
	return clamp(pages * page_size / 8 / MB, 128, 1024);
}

// The more WAL may lie between checkpoints, the fewer whole pages are written into it; a twentieth of what is
// free leaves room for the journal itself.
static int64_t wal_mb(const char *directory)
{
	struct statvfs disk;
	if (statvfs(directory, &disk) != 0)
		return 1024;
	return clamp((int64_t)(disk.f_bavail * disk.f_frsize / 20 / MB), 256, 4096);
}

static bool write_settings(const struct postgres *postgres, struct err *e)
{
	char path[CLI_PATH_SIZE + 32], text[sizeof(settings) + CLI_PATH_SIZE + 256];
	snprintf(text, sizeof(text),
		 "%sshared_buffers = '%" PRId64 "MB'\nmax_wal_size = '%" PRId64 "MB'\n"
		 "unix_socket_directories = '%s'\ninclude_if_exists = 'local.conf'\n",
		 settings, buffers_mb(), wal_mb(postgres->data), postgres->socket_directory);
	snprintf(path, sizeof(path), "%s/postgresql.conf", postgres->data);
	if (!files_write(path, text, 0600, &postgres->user, e))
		return false;
	snprintf(path, sizeof(path), "%s/pg_hba.conf", postgres->data);
	return files_write(path, access_rules, 0600, &postgres->user, e);
}

// After a crash of the machine postmaster.pid may name a process that has nothing to do with us, and
// PostgreSQL would refuse to start. A postmaster's working directory is its data directory: that tells.
static bool clear_leftovers(const struct postgres *postgres, struct err *e)
{
	char path[CLI_PATH_SIZE + 32], line[32], link[64], directory[CLI_PATH_SIZE];
	int64_t pid = 0;
	snprintf(path, sizeof(path), "%s/postmaster.pid", postgres->data);
	if (!files_read_line(path, line, sizeof(line)) || !text_to_int(line, 1, INT32_MAX, &pid))
		return true;
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	ssize_t size = readlink(link, directory, sizeof(directory) - 1);
	if (size > 0) {
		directory[size] = 0;
		struct instance_process left = {.pid = (pid_t)pid,
						.start_ticks = process_start_ticks((pid_t)pid)};
		if (strcmp(directory, postgres->data) == 0) {
			if (process_end_stranger(&left, SIGINT, 15000) ||
			    process_end_stranger(&left, SIGQUIT, 10000))
				return true;
			return err_set(e, ERR_CONFLICT,
				       "a PostgreSQL of an earlier run (pid %d) does not end; end it by hand",
				       (int)pid);
		}
	}
	return unlink(path) == 0 || errno == ENOENT ||
	       err_set(e, ERR_INTERNAL, "%.200s cannot be removed", path);
}

// A cluster made as one user cannot be run as another: PostgreSQL would say it in many lines.
static bool check_owner(const struct postgres *postgres, struct err *e)
{
	struct stat found;
	uid_t uid = postgres->user.is_other ? postgres->user.uid : geteuid();
	if (stat(postgres->data, &found) != 0 || found.st_uid == uid)
		return true;
	struct passwd *owner = getpwuid(found.st_uid);
	return err_set(e, ERR_FORBIDDEN,
		       "the database in %.150s belongs to the user %.40s: start it as %s as before, or "
		       "choose another --data",
		       postgres->data, owner ? owner->pw_name : "of another machine",
		       owner && strcmp(owner->pw_name, "postgres") == 0 ? "root" : "that user");
}

bool postgres_prepare(struct postgres *postgres, const struct instance *instance, struct err *e)
{
	int cluster = postgres_cluster_version(instance);
	instance_path(instance, "pg", postgres->data);
	if (sodium_init() < 0)
		return err_set(e, ERR_INTERNAL, "no source of randomness");
	if (!postgres_find(cluster, postgres->bin, sizeof(postgres->bin), &postgres->version, e))
		return false;
	if (!choose_user(postgres, instance, e) || !check_owner(postgres, e) || !make_secrets(instance, e) ||
	    !make_socket_directory(postgres, instance, e))
		return false;
	if (cluster == 0 && !make_cluster(postgres, instance, e))
		return false;
	return clear_leftovers(postgres, e) && write_settings(postgres, e);
}

pid_t postgres_start(const struct postgres *postgres, int log_fd, struct err *e)
{
	char program[CLI_PATH_SIZE + 16];
	snprintf(program, sizeof(program), "%s/postgres", postgres->bin);
	const char *const argv[] = {program, "-D", postgres->data, NULL};
	struct process_spec spec = {
		.argv = argv, .log_fd = log_fd, .user = &postgres->user, .death_signal = SIGINT};
	return process_spawn(&spec, e);
}
