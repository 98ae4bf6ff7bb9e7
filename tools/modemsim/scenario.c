/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "tools/modemsim/config.h"

struct reader {
	FILE *file;
	int line;
	int long_line; /* the first that did not fit */
	struct sim_config *config;
	struct hal_error error; /* of the first key that was refused */
	int error_line;
};

/* inih's handler is not told the line; so we count. */
static char *read_line(char *buf, int size, void *user)
{
	struct reader *reader = user;
	char *line = fgets(buf, size, reader->file);

	if (!line)
		return NULL;
	reader->line++;
	if (!strchr(line, '\n') && !feof(reader->file) && reader->long_line == 0)
		reader->long_line = reader->line;
	return line;
}

static int set_in_section(struct reader *reader, struct hal_slice section, struct hal_slice key,
			  struct hal_slice value)
{
	struct sim_config *config = reader->config;
	struct sim_modem_config *modem;
	struct sim_number *number;
	struct hal_slice kind;
	int r;

	(void)hal_slice_token(&section, ' ', &kind); /* the first token is always there */
	section = hal_slice_trim(section);
	if (hal_slice_eq(kind, HAL_SLICE("exchange")) && section.len == 0)
		return sim_config_set_timing(&config->timing, key, value, &reader->error);
	if (hal_slice_eq(kind, HAL_SLICE("modem"))) {
		r = sim_config_get_modem(config, section, &reader->error, &modem);
		return r < 0 ? r : sim_config_set_modem(modem, key, value, &reader->error);
	}
	if (hal_slice_eq(kind, HAL_SLICE("number"))) {
		r = sim_config_get_number(config, section, &reader->error, &number);
		return r < 0 ? r : sim_config_set_number(number, key, value, &reader->error);
	}
	(void)snprintf(reader->error.text, sizeof(reader->error.text),
		       "no such section; write [exchange], [modem NAME] or [number PATTERN]");
	return -EINVAL;
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct reader *reader = user;

	if (reader->error_line > 0)
		return 0;
	if (set_in_section(reader, hal_slice_str(section), hal_slice_str(name),
			   hal_slice_str(value)) == 0)
		return 1;
	reader->error_line = reader->line;
	return 0;
}

/* parsed: what inih says, the first line that it or on_key() refused. */
static int explain(const struct reader *reader, const char *path, int parsed, struct hal_error *err)
{
	const char *text = "write 'key = value' or '[section]'";

	if (reader->long_line > 0 && (parsed == 0 || reader->long_line <= parsed)) {
		parsed = reader->long_line;
		text = "the line is too long; write at most 190 characters";
	} else if (parsed > 0 && parsed == reader->error_line) {
		text = reader->error.text;
	}
	if (parsed == 0)
		return 0;
	(void)snprintf(err->text, sizeof(err->text), "%s:%d: %.150s", path, parsed, text);
	return -EINVAL;
}

int sim_scenario_read(struct sim_config *config, const char *path, struct hal_error *err)
{
	struct reader reader = {.config = config, .file = fopen(path, "re")};
	int parsed, r;

	if (!reader.file) {
		r = -errno;
		(void)snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(errno));
		return r;
	}
	parsed = ini_parse_stream(read_line, &reader, on_key, &reader);
	(void)fclose(reader.file); /* only read from */
	return explain(&reader, path, parsed, err);
}
