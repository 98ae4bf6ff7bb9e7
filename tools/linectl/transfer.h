/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_TRANSFER_H
#define LINECTL_TRANSFER_H

/**
 * @file
 * Files as the bytes of a call, by XMODEM, YMODEM or ZMODEM: lrzsz's sz and rz do the protocol.
 */

#include "tools/linectl/inbox.h"
#include "tools/linectl/news.h"
#include "tools/linectl/relay.h"

struct json_object;

#define TRANSFER_WORDS_MAX 16 /* of sz's or rz's command line, before names of files */

struct transfer {
	struct app *app;
	const char *const *files; /**< to be sent, NULL-terminated; NULL: files are received */
	size_t files_n;
	const char **argv;
	char program[INBOX_PATH_MAX];
	char window[16];

	/* Of the call that is being served. */
	struct relay *relay;
	struct inbox inbox;
	struct news_reader reader;
	char file[INBOX_NAME_MAX]; /* the one that is passing, "" */
	uint64_t bytes;		   /* of it */
	uint64_t size;		   /* of it; 0: unknown */
	uint64_t first;		   /* bytes that had passed before: it is resumed */
	uint64_t received;	   /* by the call, when it began */
	uint64_t started_ms;
	uint64_t shown_ms;
	unsigned int done;
	unsigned int skipped;
	bool cancelled;
	bool silent;
	bool full; /* no space is left for what comes */
	bool over; /* the call has ended before the program */
	int code;  /* the program's */
	char trouble[NEWS_LINE_MAX];
	char partial[INBOX_NAME_MAX]; /* what has come of the last file, "" */
};

/**
 * Look whether it can be done, before anybody is called: the program, the files, the directory.
 * Then app->transfer is there, until transfer_end().
 *
 * @param files NULL-terminated; NULL: receive
 * @return OK; others have been told
 */
enum status transfer_start(struct app *app, const char **files);
void transfer_end(struct app *app);

/**
 * Carry them.
 *
 * @param relay      with its stream
 * @param info       type Session of io.trunkline
 * @param ret_status STATUS_OK, or OTHER: then transfer_conclude() tells why
 */
enum relay_end transfer_carry(struct transfer *transfer, struct relay *relay,
			      struct json_object *info, int *ret_status);

/**
 * Tell why not all has passed.
 *
 * @param status of the call
 * @param end    of the call, in words
 * @return the status, OTHER where the call itself went well
 */
enum status transfer_conclude(const struct transfer *transfer, enum status status, const char *end);

/** For transfer.c: what is shown of it. */
void transfer_show_progress(struct transfer *transfer);
/** @param path where it is now; NULL: it was sent */
void transfer_show_file(struct transfer *transfer, const char *name, const char *path,
			const char *outcome);

#endif
