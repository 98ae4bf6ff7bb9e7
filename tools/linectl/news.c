/* SPDX-License-Identifier: MIT */
#include "tools/linectl/news.h"

#include <string.h>

#define SECTOR 128 /* in these sx and sb count, whatever the length of their blocks */

/* Behind the prefix, or NULL. */
static const char *skip_prefix(const char *line, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

/* A number behind blanks. @return what follows it; NULL: there is none, or it is too large */
static const char *take_number(const char *at, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t digits;

	at += strspn(at, " ");
	digits = strspn(at, "0123456789");
	if (digits == 0 || digits > 18)
		return NULL;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(at[i] - '0');
	*ret_number = number;
	return at + digits;
}

/* "1024/3000000   BPS:36253    ETA 01:22", or at the end of the file without the ETA. */
static bool read_bytes(const char *at, struct news *news)
{
	at = take_number(at, &news->bytes);
	if (at && *at == '/')
		at = take_number(at + 1, &news->size);
	if (!at)
		return false;
	news->type = strstr(at, "ETA") ? NEWS_BYTES : NEWS_DONE;
	return true;
}

static bool read_sectors(const char *line, struct news *news)
{
	const char *at = strstr(line, " sectors/kbytes sent:");

	if (!at || !take_number(strchr(at, ':') + 1, &news->bytes))
		return false;
	news->type = NEWS_BYTES;
	news->bytes *= SECTOR;
	return true;
}

static bool read_name(const char *line, struct news *news)
{
	const char *name = skip_prefix(line, "Sending: ");

	if (!name)
		name = skip_prefix(line, "Receiving: ");
	if (!name)
		return false;
	news->type = NEWS_FILE;
	news->name = name;
	return true;
}

static bool read_progress(const char *line, struct news *news)
{
	const char *bytes = skip_prefix(line, "Bytes Sent:");

	if (!bytes)
		bytes = skip_prefix(line, "Bytes received:");
	if (bytes)
		return read_bytes(bytes, news);
	news->type = NEWS_BLOCK;
	return skip_prefix(line, "Blocks received:") || read_sectors(line, news);
}

/* Complaints may stand behind a line of progress that had no end yet. */
static bool read_trouble(const char *line, struct news *news)
{
	static const struct {
		const char *words;
		enum news_type type;
	} rows[] = {
		{"ancelled", NEWS_CANCELLED},  {"anceled", NEWS_CANCELLED},
		{"ZCAN", NEWS_CANCELLED},      {"ZABORT", NEWS_CANCELLED},
		{"skipped: ", NEWS_SKIPPED},   {"Skipped", NEWS_SKIPPED},
		{"TIMEOUT", NEWS_SILENT},      {"Timeout", NEWS_SILENT},
		{"cannot open", NEWS_TROUBLE}, {"Violation", NEWS_TROUBLE},
		{"No space left", NEWS_FULL},  {"quota exceeded", NEWS_FULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strstr(line, rows[i].words))
			continue;
		news->type = rows[i].type;
		news->name = rows[i].type == NEWS_TROUBLE ? line : "";
		return true;
	}
	return false;
}

static void read_line(struct news_reader *reader)
{
	const char *line = reader->line;
	struct news news = {.name = ""};
	struct news trouble = {.name = ""};

	/* A name is the far end's, whatever words it is made of. */
	if (read_name(line, &news)) {
		if (*news.name)
			reader->tell(reader->user, &news);
		return;
	}
	if (read_progress(line, &news))
		reader->tell(reader->user, &news);
	if (read_trouble(line, &trouble))
		reader->tell(reader->user, &trouble);
}

void news_read(struct news_reader *reader, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\r' || bytes[i] == '\n') {
			reader->line[reader->length] = '\0';
			if (!reader->overlong)
				read_line(reader);
			reader->length = 0;
			reader->overlong = false;
		} else if (reader->length + 1 < sizeof(reader->line)) {
			reader->line[reader->length++] = bytes[i];
		} else {
			reader->overlong = true;
		}
	}
}
