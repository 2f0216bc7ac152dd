// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Configuration by table: every row gets its default, then what the environment says, then the command
// line, and is checked once at the end. UTARG_ variables that no row names are left alone, since other
// programs of this house read them; an unknown --key is a mistake of the person who typed it.
#include "common/base/conf.h"
#include "common/base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONF_KEY_SIZE = 64 };

struct conf_value {
	const struct conf_row *row;
	const char *text; // borrowed from the row, the environment or the command line; NULL: not given
	char *copy;       // owned: what conf_text returns
	int64_t number;   // CONF_INT, CONF_BOOL
};

struct conf {
	struct conf_value *values;
	size_t count;
};

static size_t row_count(const struct conf_row *const *tables)
{
	size_t count = 0;
	for (; *tables; tables++) {
		for (const struct conf_row *row = *tables; row->name; row++)
			count++;
	}
	return count;
}

static struct conf_value *find(const struct conf *conf, const char *name, size_t name_size)
{
	for (size_t i = 0; i < conf->count; i++) {
		const char *known = conf->values[i].row->name;
		if (strlen(known) == name_size && memcmp(known, name, name_size) == 0)
			return &conf->values[i];
	}
	return NULL;
}

// "port-offset" as "UTARG_PORT_OFFSET".
static void environment_name(const char *name, char out[CONF_KEY_SIZE])
{
	int size = snprintf(out, CONF_KEY_SIZE, "UTARG_%s", name);
	assert(size < CONF_KEY_SIZE);
	for (; *out; out++) {
		if (*out == '-')
			*out = '_';
		else if (*out >= 'a' && *out <= 'z')
			*out = (char)(*out - 'a' + 'A');
	}
}

static bool bool_from_text(const char *text, int64_t *out)
{
	static const struct {
		const char *word;
		bool truth;
	} words[] = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
		     {"false", false}, {"no", false}, {"off", false}, {"0", false}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0) {
			*out = words[i].truth;
			return true;
		}
	}
	return false;
}

// Takes the key at argv[i]; returns how many arguments it took, 0 on failure.
static int take_argument(struct conf *conf, int argc, char *const *argv, int i, struct err *e)
{
	const char *argument = argv[i];
	if (strncmp(argument, "--", 2) != 0 || argument[2] == 0) {
		err_field(e, ERR_BAD_FIELD, argument,
			  "%.100s is not understood; keys are written --name=value", argument);
		return 0;
	}
	const char *name = argument + 2;
	size_t name_size = strcspn(name, "=");
	struct conf_value *value = find(conf, name, name_size);
	if (!value) {
		char unknown[ERR_FIELD_SIZE];
		snprintf(unknown, sizeof(unknown), "%.*s", (int)(name_size < 90 ? name_size : 90), name);
		err_field(e, ERR_BAD_FIELD, unknown, "--%s is not a key; --help lists them", unknown);
		return 0;
	}
	if (name[name_size] == '=') {
		value->text = name + name_size + 1;
		return 1;
	}
	int64_t truth;
	bool has_next = i + 1 < argc;
	if (value->row->type == CONF_BOOL && (!has_next || !bool_from_text(argv[i + 1], &truth))) {
		value->text = "true"; // --flag alone
		return 1;
	}
	if (!has_next) {
		err_field(e, ERR_MISSING_FIELD, value->row->name, "--%s needs a value", value->row->name);
		return 0;
	}
	value->text = argv[i + 1];
	return 2;
}

static bool read_sources(struct conf *conf, int argc, char *const *argv, struct err *e)
{
	for (size_t i = 0; i < conf->count; i++) {
		char name[CONF_KEY_SIZE];
		environment_name(conf->values[i].row->name, name);
		const char *text = getenv(name);
		conf->values[i].text = text ? text : conf->values[i].row->default_text;
	}
	for (int i = 1; i < argc;) {
		int taken = take_argument(conf, argc, argv, i, e);
		if (taken == 0)
			return false;
		i += taken;
	}
	return true;
}

static bool check_file(const struct conf_row *row, const char *path, struct err *e)
{
	if (!*path)
		return true; // no file: the owner of the key knows what that means
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &facts) != 0) {
		int cause = errno;
		if (fd >= 0)
			close(fd);
		return err_field(e, ERR_BAD_FIELD, row->name, "%s: cannot read %.150s: %s", row->name, path,
				 strerror(cause));
	}
	close(fd);
	if (!S_ISREG(facts.st_mode))
		return err_field(e, ERR_BAD_FIELD, row->name, "%s: %.150s is not a file", row->name, path);
	if (row->secret && (facts.st_mode & (S_IRWXG | S_IRWXO)))
		return err_field(e, ERR_BAD_FIELD, row->name,
				 "%s: %.150s holds a secret and others may open it; chmod 600 it", row->name,
				 path);
	return true;
}

static bool check_value(struct conf_value *value, struct err *e)
{
	const struct conf_row *row = value->row;
	if (!value->text)
		return err_field(e, ERR_MISSING_FIELD, row->name, "%s is not set and has no default",
				 row->name);
	switch (row->type) {
	case CONF_TEXT:
		if (!text_is_utf8(value->text, strlen(value->text)))
			return err_field(e, ERR_BAD_FIELD, row->name, "%s is not UTF-8", row->name);
		break;
	case CONF_INT:
		if (!text_to_int(value->text, row->min, row->max, &value->number))
			return err_field(e, ERR_BAD_FIELD, row->name,
					 "%s is a whole number from %" PRId64 " to %" PRId64 ", not %.60s",
					 row->name, row->min, row->max, value->text);
		break;
	case CONF_BOOL:
		if (!bool_from_text(value->text, &value->number))
			return err_field(e, ERR_BAD_FIELD, row->name, "%s is true or false, not %.60s",
					 row->name, value->text);
		break;
	case CONF_FILE:
		if (!check_file(row, value->text, e))
			return false;
		break;
	}
	value->copy = strdup(value->text);
	return value->copy || err_set(e, ERR_INTERNAL, "no memory for the configuration");
}

static struct conf *allocate(const struct conf_row *const *tables)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	if (!conf)
		return NULL;
	conf->values = calloc(row_count(tables) + 1, sizeof(*conf->values));
	if (!conf->values) {
		free(conf);
		return NULL;
	}
	for (; *tables; tables++) {
		for (const struct conf_row *row = *tables; row->name; row++) {
			assert(!row->secret || row->type == CONF_FILE);
			assert(!find(conf, row->name, strlen(row->name)));
			conf->values[conf->count++].row = row;
		}
	}
	return conf;
}

struct conf *conf_create(const struct conf_row *const *tables, int argc, char *const *argv, struct err *e)
{
	struct conf *conf = allocate(tables);
	if (!conf) {
		err_set(e, ERR_INTERNAL, "no memory for the configuration");
		return NULL;
	}
	bool good = read_sources(conf, argc, argv, e);
	for (size_t i = 0; good && i < conf->count; i++)
		good = check_value(&conf->values[i], e);
	if (!good) {
		conf_destroy(conf);
		return NULL;
	}
	return conf;
}

void conf_destroy(struct conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf->count; i++)
		free(conf->values[i].copy);
	free(conf->values);
	free(conf);
}

const char *conf_text(const struct conf *conf, const char *name)
{
	const struct conf_value *value = find(conf, name, strlen(name));
	assert(value && (value->row->type == CONF_TEXT || value->row->type == CONF_FILE));
	return value->copy;
}

int64_t conf_int(const struct conf *conf, const char *name)
{
	const struct conf_value *value = find(conf, name, strlen(name));
	assert(value && value->row->type == CONF_INT);
	return value->number;
}

bool conf_bool(const struct conf *conf, const char *name)
{
	const struct conf_value *value = find(conf, name, strlen(name));
	assert(value && value->row->type == CONF_BOOL);
	return value->number != 0;
}

static void print_row(const struct conf_row *row, FILE *out)
{
	static const char *const placeholders[] = {
		[CONF_TEXT] = "TEXT", [CONF_INT] = "N", [CONF_BOOL] = "true|false", [CONF_FILE] = "FILE"};
	char name[CONF_KEY_SIZE];
	environment_name(row->name, name);
	fprintf(out, "  --%s=%s\n      %s\n      %s", row->name, placeholders[row->type], row->help, name);
	if (row->type == CONF_INT)
		fprintf(out, ", %" PRId64 " to %" PRId64, row->min, row->max);
	if (row->secret)
		fputs(", readable by its owner only", out);
	if (!row->default_text)
		fputs(", required\n", out);
	else if (*row->default_text)
		fprintf(out, ", default %s\n", row->default_text);
	else
		fputs(", default: none\n", out);
}

void conf_help(const struct conf_row *const *tables, FILE *out)
{
	for (; *tables; tables++) {
		for (const struct conf_row *row = *tables; row->name; row++)
			print_row(row, out);
	}
}

bool conf_wants_help(int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}
