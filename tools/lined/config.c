/* SPDX-License-Identifier: MIT */
#include "tools/lined/config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lined/report.h"
#include "tools/lined/settings.h"
#include "tools/varlink/json.h"

#define KEYS_MAX 32 /* keys in one section */
#define KEY_SIZE 64

struct parser {
	const char *name;
	const char *next; /* not yet read */
	const char *end;
	struct lined_settings *settings;
	struct lined_line *line;     /* of the present section; NULL: another one, or none */
	struct lined_policy *policy; /* the same */
	char section[LINED_CONFIG_LINE_MAX];
	unsigned int section_line;     /* where it began; 0: none yet */
	unsigned int section_mistakes; /* found before it */
	bool skipping; /* the section is none of ours: nothing can be said of its keys */
	char keys[KEYS_MAX][KEY_SIZE];
	unsigned int n_keys; /* given in the present section */
	unsigned int row;    /* of the file being read, from 1 */
	struct lined_report *report;
};

static void complain(struct parser *p, unsigned int row, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct parser *p, unsigned int row, const char *format, ...)
{
	char why[LINED_WHY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	lined_report_add(p->report, "%.100s:%u: %s", p->name, row, why);
}

static bool has_key(const struct parser *p, const char *key)
{
	for (unsigned int i = 0; i < p->n_keys; i++) {
		if (strcmp(p->keys[i], key) == 0)
			return true;
	}
	return false;
}

/* libinih tells nobody of a section without keys. */
static void end_section(struct parser *p)
{
	/* After another mistake both may only follow from it. */
	bool sound = p->report->n == p->section_mistakes && !p->skipping;

	if (sound && p->section_line > 0 && p->n_keys == 0)
		complain(p, p->section_line, "nothing is said about it: the section is empty");
	else if (sound && p->line && !has_key(p, "device"))
		complain(p, p->section_line, "line '%s' has no device: say device = /dev/ttyUSB0",
			 p->line->name);
	p->line = NULL;
	p->policy = NULL;
	p->n_keys = 0;
	p->skipping = false;
}

static bool check_bytes(struct parser *p, const char *text, size_t size)
{
	if (memchr(text, '\0', size)) {
		complain(p, p->row, "a NUL byte: this is no text file");
		return false;
	}
	for (size_t i = 0; i < size;) {
		/* The line is not terminated, but the text is, and no sequence goes past a line
		 * end. */
		size_t n = varlink_utf8_length(text + i);

		if (n == 0) {
			complain(p, p->row, "byte %zu is not UTF-8", i + 1);
			return false;
		}
		i += n;
	}
	return true;
}

/* What libinih ends a name at, when it looks for one of these characters. */
static size_t find_or_comment(const char *text, size_t n, const char *stops)
{
	size_t i = 0;

	while (i < n && !strchr(stops, text[i]) &&
	       !(i > 0 && text[i] == ';' && isspace((unsigned char)text[i - 1])))
		i++;
	return i;
}

static bool check_form(struct parser *p, const char *text, size_t n)
{
	size_t i;

	if (strspn(text, " \t\r") >= n || text[0] == '#' || text[0] == ';')
		return true;
	/* libinih would take it for more of the value above. */
	if (isblank((unsigned char)text[0])) {
		complain(p, p->row, "begins with white space");
		return false;
	}
	if (text[0] == '[') {
		i = 1 + find_or_comment(text + 1, n - 1, "]");
		if (i < n && text[i] == ']')
			return true;
		complain(p, p->row, "the ] is missing");
		return false;
	}
	i = find_or_comment(text, n, "=:");
	if (i < n && text[i] != ';')
		return true;
	complain(p, p->row, "neither [section] nor key = value nor # comment");
	return false;
}

static bool check_row(struct parser *p, const char *text, size_t n, size_t size)
{
	if (n > LINED_CONFIG_LINE_MAX || n >= size) {
		complain(p, p->row, "longer than %d bytes", LINED_CONFIG_LINE_MAX);
		return false;
	}
	return check_bytes(p, text, n) && check_form(p, text, n);
}

/* An ini_reader: the next line without its end, an empty one for one with a mistake; NULL at the
 * end. */
static char *read_row(char *buffer, int size, void *stream)
{
	struct parser *p = stream;
	const char *row = p->next;
	const char *eol;
	bool good;
	size_t n;

	if (row == p->end)
		return NULL;
	eol = memchr(row, '\n', (size_t)(p->end - row));
	n = (size_t)((eol ? eol : p->end) - row);
	p->next = eol ? eol + 1 : p->end;
	p->row++;
	if (n > 0 && row[0] == '[')
		end_section(p);
	good = check_row(p, row, n, (size_t)size);
	if (n > 0 && row[0] == '[') {
		p->section_line = p->row;
		p->section_mistakes = p->report->n;
		p->section[0] = '\0';
		p->skipping = !good;
	}
	n = good ? n : 0;
	memcpy(buffer, row, n);
	buffer[n] = '\0';
	return buffer;
}

static void begin_section(struct parser *p, const char *section)
{
	char where[128];
	char why[LINED_WHY_MAX];

	snprintf(where, sizeof(where), "%.100s:%u", p->name, p->section_line);
	snprintf(p->section, sizeof(p->section), "%s", section);
	if (strcmp(section, "lined") == 0)
		return;
	if (strcmp(section, "policy") == 0 || strncmp(section, "policy ", 7) == 0) {
		if (lined_settings_add_policy(p->settings, section[6] ? section + 7 : NULL, where,
					      &p->policy) < 0)
			complain(p, p->section_line, "out of memory");
		p->skipping = !p->policy;
		return;
	}
	if (strncmp(section, "line ", 5) != 0)
		complain(p, p->section_line,
			 "[%s]: there are only [lined], [line NAME], [policy] and [policy NAME]",
			 section);
	else if (lined_settings_add_line(p->settings, section + 5, where, why, &p->line) < 0)
		complain(p, p->section_line, "%s", why);
	p->skipping = !p->line;
}

static bool note_key(struct parser *p, const char *key)
{
	if (has_key(p, key)) {
		complain(p, p->row, "'%s' is given twice in [%s]", key, p->section);
		return false;
	}
	if (p->n_keys == KEYS_MAX) {
		complain(p, p->row, "more than %d keys in [%s]", KEYS_MAX, p->section);
		p->skipping = true;
		return false;
	}
	snprintf(p->keys[p->n_keys++], KEY_SIZE, "%s", key);
	return true;
}

/* An ini_handler; the line is the one that read_row() gave last. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct parser *p = user;
	char why[LINED_WHY_MAX];
	int r;

	if (p->section_line == 0) {
		complain(p, p->row, "'%s' stands in no section: begin with [lined] or [line NAME]",
			 key);
		p->skipping = true;
	}
	if (!p->skipping && p->n_keys == 0)
		begin_section(p, section);
	if (p->skipping || !note_key(p, key))
		return 1;
	if (strcmp(key, "name") == 0 && p->line) {
		complain(p, p->row, "the name of a line stands in its [line NAME]");
		return 1;
	}
	r = p->line	? lined_line_set(p->line, key, value, why)
	    : p->policy ? lined_policy_set(p->policy, key, value, why)
			: lined_settings_set(p->settings, key, value, why);
	if (r < 0)
		complain(p, p->row, "%s", why);
	return 1;
}

int lined_config_parse(const char *name, const char *text, size_t size,
		       struct lined_settings *settings, struct lined_report *report)
{
	unsigned int before = report->n;
	struct parser *p;
	int row;

	p = calloc(1, sizeof(*p));
	if (!p) {
		lined_report_add(report, "%.100s: out of memory", name);
		return -ENOMEM;
	}
	p->name = name;
	p->next = text;
	p->end = text + size;
	p->settings = settings;
	p->report = report;

	row = ini_parse_stream(read_row, p, take_key, p);
	/* Only when libinih sees a mistake that we do not. */
	if (row != 0 && report->n == before)
		complain(p, row > 0 ? (unsigned int)row : p->row, "libinih does not understand it");
	end_section(p);
	free(p);
	return report->n > before ? -EINVAL : 0;
}

static int read_file(int fd, char *buffer, size_t size, size_t *ret_n)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, buffer + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return 0;
}

static int fail(struct lined_report *report, const char *path, int error)
{
	lined_report_add(report, "%.400s: %s", path, strerror(-error));
	return error;
}

int lined_config_read(const char *path, struct lined_settings *settings,
		      struct lined_report *report)
{
	char *text = NULL;
	size_t n = 0;
	int fd;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(report, path, -errno);
	text = calloc(1, LINED_CONFIG_MAX + 1);
	r = text ? read_file(fd, text, LINED_CONFIG_MAX + 1, &n) : -ENOMEM;
	close(fd);
	if (r == 0 && n > LINED_CONFIG_MAX)
		r = -EFBIG;
	if (r < 0)
		fail(report, path, r);
	else
		r = lined_config_parse(path, text, n, settings, report);
	free(text);
	return r;
}

static int is_config(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

/* Not alphasort(): the order must not depend on the locale. */
static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* FOLDER/NAME, which need not exist. */
static int read_part(const char *folder, const char *name, struct lined_settings *settings,
		     struct lined_report *report)
{
	char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return fail(report, folder, -ENOMEM);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		r = lined_config_read(path, settings, report);
	free(path);
	return r;
}

static int read_parts(const char *folder, struct lined_settings *settings,
		      struct lined_report *report)
{
	struct dirent **entries;
	int r = 0;
	int n;

	n = scandir(folder, &entries, is_config, compare);
	if (n < 0)
		return errno == ENOENT ? 0 : fail(report, folder, -errno);
	for (int i = 0; i < n; i++) {
		int error;

		error = read_part(folder, entries[i]->d_name, settings, report);
		r = r < 0 ? r : error;
		free(entries[i]);
	}
	free(entries);
	return r;
}

int lined_config_read_folder(const char *folder, struct lined_settings *settings,
			     struct lined_report *report)
{
	char *parts = NULL;
	int error;
	int r;

	if (asprintf(&parts, "%s/conf.d", folder) < 0)
		return fail(report, folder, -ENOMEM);
	r = read_part(folder, "lined.conf", settings, report);
	error = read_parts(parts, settings, report);
	free(parts);
	return r < 0 ? r : error;
}
