/* SPDX-License-Identifier: MIT */
#include "tools/linectl/news.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct log {
	char text[1024];
};

static void note(void *user, const struct news *news)
{
	static const char *const types[] = {
		[NEWS_FILE] = "file",	    [NEWS_BYTES] = "bytes",
		[NEWS_BLOCK] = "block",	    [NEWS_DONE] = "done",
		[NEWS_SKIPPED] = "skipped", [NEWS_CANCELLED] = "cancelled",
		[NEWS_SILENT] = "silent",   [NEWS_FULL] = "full",
		[NEWS_TROUBLE] = "trouble",
	};
	struct log *log = user;
	size_t used = strlen(log->text);

	snprintf(log->text + used, sizeof(log->text) - used, "%s(%s%" PRIu64 "/%" PRIu64 ") ",
		 types[news->type], news->name, news->bytes, news->size);
}

/* @param step bytes at a time */
static void read_text(const char *text, size_t step, struct log *log)
{
	struct news_reader reader = {.tell = note, .user = log};
	size_t length = strlen(text);

	log->text[0] = '\0';
	for (size_t at = 0; at < length; at += step)
		news_read(&reader, text + at, length - at < step ? length - at : step);
}

static const struct {
	const char *name;
	const char *text;
	const char *news;
} rows[] = {
	{"sz",
	 "Sending: a b\n\rBytes Sent:   1024/3000   BPS:36253    ETA 01:22  \r"
	 "Bytes Sent:3000   BPS:21555605      \n\r\nTransfer complete\n",
	 "file(a b0/0) bytes(1024/3000) done(3000/0) "},
	{"rz",
	 "rz waiting to receive.\r       \rReceiving: x\n\rBytes received:    1024/3000   "
	 "BPS:1059962 ETA 00:02  \rBytes received:    3000/3000   BPS:271309        \r\n",
	 "file(x0/0) bytes(1024/3000) done(3000/3000) "},
	{"sb",
	 "Sending: x\n\rYmodem sectors/kbytes sent:   0/ 0k\rYmodem sectors/kbytes sent:   "
	 "9/ 1k\rBytes Sent:   1152   BPS:61    \nSending: \n",
	 "file(x0/0) bytes(0/0) bytes(1152/0) done(1152/0) "},
	{"rb",
	 "Receiving: x\nBlocks received: 1\rBlocks received: -10\r\rBytes received:       "
	 "5/      5   BPS:2   \r\n",
	 "file(x0/0) block(0/0) block(0/0) done(5/5) "},
	{"cancelled behind progress",
	 "\rBytes Sent: 297984/3000000   BPS:18391834 ETA 00:00  Retry 0: Got ZCAN\n",
	 "bytes(297984/3000000) cancelled(0/0) "},
	{"cancelled", "Retry 0: Receiver Cancelled\nRetry 0: Sender Canceled\n",
	 "cancelled(0/0) cancelled(0/0) "},
	{"silent", "Retry 0: Got TIMEOUT\nTimeout on sector ACK\n", "silent(0/0) silent(0/0) "},
	{"skipped", "sz: skipped: big\n", "skipped(0/0) "},
	{"trouble", "rz: cannot open x: No space left on device\nSkipped\n",
	 "trouble(rz: cannot open x: No space left on device0/0) skipped(0/0) "},
	{"no space, behind progress",
	 "Bytes received:    1024/3000   BPS:1 ETA 00:00  rz: file close error: No space left on "
	 "device\nfree(): double free detected in tcache 2\n",
	 "bytes(1024/3000) full(0/0) "},
	{"names are not looked into", "Receiving: Cancelled Skipped TIMEOUT\n",
	 "file(Cancelled Skipped TIMEOUT0/0) "},
	{"no numbers", "Bytes Sent: x\nBytes received: 1/\nBytes Sent: 9999999999999999999\n", ""},
	{"no end", "Bytes Sent: 1/2 ETA", ""},
};

Test(news, are_read_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 1; step <= strlen(rows[i].text); step++) {
			struct log log;

			read_text(rows[i].text, step, &log);
			cr_expect_str_eq(log.text, rows[i].news, "%s, %zu at a time: %s",
					 rows[i].name, step, log.text);
		}
}

Test(news, longer_lines_than_any_are_not_looked_at)
{
	char text[2 * NEWS_LINE_MAX];
	struct log log;

	for (size_t length = NEWS_LINE_MAX - 2; length < NEWS_LINE_MAX + 2; length++) {
		memset(text, 'x', length);
		memcpy(text, "Sending: ", 9);
		strcpy(text + length, "\nsz: skipped: x\n");
		read_text(text, 7, &log);
		cr_expect_eq(strncmp(log.text, "file(", 5) == 0, length < NEWS_LINE_MAX, "%zu",
			     length);
		cr_expect_not_null(strstr(log.text, "skipped(0/0)"), "%zu", length);
	}
}
