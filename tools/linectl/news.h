/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_NEWS_H
#define LINECTL_NEWS_H

/**
 * @file
 * What lrzsz's sz and rz tell on stderr, in the locale C: lines that end with CR or LF, some of
 * them with a name that the far end has chosen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum news_type {
	NEWS_FILE,	/**< name: it has begun */
	NEWS_BYTES,	/**< bytes of it have passed; size may be known */
	NEWS_BLOCK,	/**< another one has come; nothing tells how long it was */
	NEWS_DONE,	/**< bytes: all of it */
	NEWS_SKIPPED,	/**< it was not taken */
	NEWS_CANCELLED, /**< the far end has cancelled */
	NEWS_SILENT,	/**< the far end says nothing; it may yet */
	NEWS_FULL,	/**< no space is left here for what comes */
	NEWS_TROUBLE,	/**< name: what went wrong here */
};

struct news {
	enum news_type type;
	const char *name; /**< "" but where said; as long as the call */
	uint64_t bytes;
	uint64_t size; /**< 0: unknown */
};

#define NEWS_LINE_MAX 512 /* a name has 255 at most; longer lines are not looked at */

struct news_reader {
	void (*tell)(void *user, const struct news *news);
	void *user;
	size_t length; /* begins as 0 */
	bool overlong;
	char line[NEWS_LINE_MAX];
};

/** Call tell for what is in it. It may be cut anywhere. */
void news_read(struct news_reader *reader, const char *bytes, size_t n);

#endif
