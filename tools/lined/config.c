/* SPDX-License-Identifier: MIT */
#include "tools/lined/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/ctx.h>
#include <unistd.h>

#include "tools/lined/settings.h"
#include "tools/varlink/json.h"
#include "tools/varlink/number.h"

#define KEYS_MAX     32 /* keys in one section */
#define KEY_SIZE     64
#define KEEP_AGE_MAX (10 * 365 * 24 * 3600) /* seconds */

struct parser {
	const char *name;
	const char *next; /* not yet read */
	const char *end;
	struct lined_settings *settings;
	struct lined_line *line; /* of the present section; NULL: [lined] or none */
	char section[LINED_CONFIG_LINE_MAX];
	unsigned int section_line; /* where it began; 0: none yet */
	char keys[KEYS_MAX][KEY_SIZE];
	unsigned int n_keys; /* given in the present section */
	unsigned int row;    /* line of the file being read, from 1 */
	int error;
	char *why;
};

/* Only the first mistake is told: later ones may follow from it. */
static void complain(struct parser *p, unsigned int row, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct parser *p, unsigned int row, const char *format, ...)
{
	va_list args;
	int n;

	if (p->error < 0)
		return;
	p->error = -EINVAL;
	n = snprintf(p->why, LINED_WHY_MAX, "%s:%u: ", p->name, row);
	if (n < 0 || n >= LINED_WHY_MAX)
		return;
	va_start(args, format);
	vsnprintf(p->why + n, LINED_WHY_MAX - (size_t)n, format, args);
	va_end(args);
}

/* libinih tells nobody of a section without keys. */
static void end_section(struct parser *p)
{
	if (p->section_line > 0 && p->n_keys == 0)
		complain(p, p->section_line, "nothing is said about it: the section is empty");
	if (p->line && !p->line->has_device)
		complain(p, p->section_line, "line '%s' has no device: say device = /dev/ttyUSB0",
			 p->line->name);
	p->line = NULL;
	p->n_keys = 0;
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

/* An ini_reader: the next line without its end, NULL at the end and at the first mistake. */
static char *read_row(char *buffer, int size, void *stream)
{
	struct parser *p = stream;
	const char *eol;
	size_t n;

	if (p->next == p->end || p->error < 0)
		return NULL;
	eol = memchr(p->next, '\n', (size_t)(p->end - p->next));
	n = (size_t)((eol ? eol : p->end) - p->next);
	p->row++;
	if (n > LINED_CONFIG_LINE_MAX || n >= (size_t)size) {
		complain(p, p->row, "longer than %d bytes", LINED_CONFIG_LINE_MAX);
		return NULL;
	}
	if (!check_bytes(p, p->next, n))
		return NULL;
	/* libinih would take it for more of the value above. */
	if (n > 0 && isblank((unsigned char)p->next[0]) && strspn(p->next, " \t\r") < n) {
		complain(p, p->row, "begins with white space");
		return NULL;
	}
	if (n > 0 && p->next[0] == '[') {
		/* libinih would count the keys below to the section above. */
		if (!memchr(p->next, ']', n))
			complain(p, p->row, "the ] is missing");
		end_section(p);
		p->section_line = p->row;
		p->section[0] = '\0';
	}
	memcpy(buffer, p->next, n);
	buffer[n] = '\0';
	p->next = eol ? eol + 1 : p->end;
	return buffer;
}

static void set_number(struct parser *p, const char *key, const char *value,
		       const uint32_t range[2], uint32_t *ret_number)
{
	if (number_parse(value, range[0], range[1], ret_number) < 0)
		complain(p, p->row, "%s = %s: must be a number from %u to %u", key, value, range[0],
			 range[1]);
}

static void set_keep_age(struct parser *p, const char *value)
{
	uint32_t age = 0;

	set_number(p, "keep-age", value, (uint32_t[]){0, KEEP_AGE_MAX}, &age);
	if (age > 0 && age < TL_KEEP_AGE_MIN_S)
		complain(p, p->row, "keep-age = %s: must be 0, for ever, or at least %d", value,
			 TL_KEEP_AGE_MIN_S);
	p->settings->keep_age = age;
}

static void set_hotplug(struct parser *p, const char *value)
{
	for (enum tl_hotplug_feed feed = 0; feed < TL_HOTPLUG_COUNT; feed++) {
		if (strcmp(value, tl_hotplug_feed_name(feed)) == 0) {
			p->settings->hotplug = feed;
			return;
		}
	}
	complain(p, p->row, "hotplug = %s: must be auto, udev, kernel or off", value);
}

static void set_claim(struct parser *p, const char *value)
{
	p->settings->claim_marked = strcmp(value, "marked") == 0;
	if (!p->settings->claim_marked && strcmp(value, "configured") != 0)
		complain(p, p->row, "claim = %s: must be configured or marked", value);
}

static void set_daemon(struct parser *p, const char *key, const char *value)
{
	static const char *const keys[] = {
		"socket", "log-level", "keep-sessions", "keep-age", "hotplug", "claim", NULL};
	const char *nearest;
	char *copy;

	if (strcmp(key, "socket") == 0) {
		if (value[0] != '/') {
			complain(p, p->row, "socket = %s: must be a path from the root", value);
			return;
		}
		copy = strdup(value);
		if (!copy) {
			complain(p, p->row, "out of memory");
			return;
		}
		free(p->settings->socket);
		p->settings->socket = copy;
	} else if (strcmp(key, "log-level") == 0) {
		if (lined_log_level_from_name(value, &p->settings->log.level) < 0)
			complain(p, p->row, "log-level = %s: must be " LINED_LOG_LEVELS, value);
	} else if (strcmp(key, "keep-sessions") == 0) {
		set_number(p, key, value, (uint32_t[]){1, TL_SESSIONS_PER_CLIENT_MAX},
			   &p->settings->keep_sessions);
	} else if (strcmp(key, "keep-age") == 0) {
		set_keep_age(p, value);
	} else if (strcmp(key, "hotplug") == 0) {
		set_hotplug(p, value);
	} else if (strcmp(key, "claim") == 0) {
		set_claim(p, value);
	} else {
		nearest = lined_nearest(key, keys);
		complain(p, p->row, "[lined] has no '%s'%s%s%s", key,
			 nearest ? ": did you mean '" : ": lined.conf(5) has the list",
			 nearest ? nearest : "", nearest ? "'?" : "");
	}
}

static void begin_section(struct parser *p, const char *section)
{
	char why[LINED_WHY_MAX];

	snprintf(p->section, sizeof(p->section), "%s", section);
	if (strcmp(section, "lined") == 0)
		return;
	if (strncmp(section, "line ", 5) != 0) {
		complain(p, p->section_line, "[%s]: there are only [lined] and [line NAME]",
			 section);
		return;
	}
	if (lined_settings_add_line(p->settings, section + 5, why, &p->line) < 0)
		complain(p, p->section_line, "%s", why);
}

static void note_key(struct parser *p, const char *key)
{
	for (unsigned int i = 0; i < p->n_keys; i++) {
		if (strcmp(p->keys[i], key) == 0) {
			complain(p, p->row, "'%s' is given twice in [%s]", key, p->section);
			return;
		}
	}
	if (p->n_keys == KEYS_MAX) {
		complain(p, p->row, "more than %d keys in [%s]", KEYS_MAX, p->section);
		return;
	}
	snprintf(p->keys[p->n_keys++], KEY_SIZE, "%s", key);
}

/* An ini_handler; the line is the one that read_row() gave last. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct parser *p = user;
	char why[LINED_WHY_MAX];

	if (p->section_line == 0) {
		complain(p, p->row, "'%s' stands in no section: begin with [lined] or [line NAME]",
			 key);
		return 0;
	}
	if (p->n_keys == 0)
		begin_section(p, section);
	if (strcmp(key, "name") == 0)
		complain(p, p->row, "the name of a line stands in its [line NAME]");
	note_key(p, key);
	if (p->error < 0)
		return 0;
	if (!p->line)
		set_daemon(p, key, value);
	else if (lined_line_set(p->line, key, value, why) < 0)
		complain(p, p->row, "%s", why);
	return p->error == 0;
}

int lined_config_parse(const char *name, const char *text, size_t size,
		       struct lined_settings *settings, char *why)
{
	enum tl_log_level level = settings->log.level;
	struct parser *p;
	int row;
	int r;

	p = calloc(1, sizeof(*p));
	if (!p) {
		snprintf(why, LINED_WHY_MAX, "out of memory");
		return -ENOMEM;
	}
	p->name = name;
	p->next = text;
	p->end = text + size;
	p->settings = settings;
	p->why = why;

	row = ini_parse_stream(read_row, p, take_key, p);
	if (row != 0)
		complain(p, row > 0 ? (unsigned int)row : p->row,
			 "neither [section] nor key = value nor # comment");
	end_section(p);
	if (settings->has_log_level)
		settings->log.level = level;
	r = p->error;
	free(p);
	return r;
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

int lined_config_read(const char *path, struct lined_settings *settings, char *why)
{
	char *text = NULL;
	size_t n = 0;
	int fd;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		r = -errno;
		snprintf(why, LINED_WHY_MAX, "%s: %s", path, strerror(-r));
		return r;
	}
	text = calloc(1, LINED_CONFIG_MAX + 1);
	r = text ? read_file(fd, text, LINED_CONFIG_MAX + 1, &n) : -ENOMEM;
	close(fd);
	if (r == 0 && n > LINED_CONFIG_MAX)
		r = -EFBIG;
	if (r < 0)
		snprintf(why, LINED_WHY_MAX, "%s: %s", path, strerror(-r));
	else
		r = lined_config_parse(path, text, n, settings, why);
	free(text);
	return r;
}
