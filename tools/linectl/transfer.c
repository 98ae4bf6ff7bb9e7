/* SPDX-License-Identifier: MIT */
#include "tools/linectl/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/program.h"
#include "tools/linectl/stream.h"

/* ZMODEM waits for no answer: what is on its way is what must pass before a cancellation or an
 * error is heard of. So many seconds of the line, or so many bytes where its rate is not known. */
#define WINDOW_S       4
#define WINDOW_MIN     4096
#define WINDOW_MAX     65536
#define WINDOW_UNKNOWN 32768
#define PACKET	       "1024" /* all that every receiver takes */

/* lrzsz stops for five of ten CANs, and needs no drop; the backspaces clean a prompt. */
#define CANCEL	  "\x18\x18\x18\x18\x18\x18\x18\x18\x18\x18\b\b\b\b\b\b\b\b\b\b"
#define CANCEL_MS 15000 /* they are drained, which takes TL_DRAIN_MS at most, and the call ends */

static enum status tell(const struct app *app, const char *subject, const char *reason,
			const char *hint)
{
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_OTHER,
						  .subject = subject,
						  .error = "Failed",
						  .reason = reason,
						  .hint = hint,
					  });
}

/* ---- before the call ---- */

/* Where PATH has it. */
static bool find_in_path(const char *name, char *buf, size_t size)
{
	const char *path = getenv("PATH");

	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		size_t length = strcspn(path, ":");
		int n = snprintf(buf, size, "%.*s/%s", (int)length, path, name);

		if (length > 0 && n < (int)size && access(buf, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* Debian's names, and upstream's. */
static enum status find_program(struct transfer *transfer)
{
	const char *name = transfer->files ? "sz" : "rz";
	char upstream[4];

	snprintf(upstream, sizeof(upstream), "l%s", name);
	if (find_in_path(name, transfer->program, sizeof(transfer->program)) ||
	    find_in_path(upstream, transfer->program, sizeof(transfer->program)))
		return STATUS_OK;
	return tell(transfer->app, name, "there is no such program",
		    "it is of the package lrzsz: apt-get install lrzsz");
}

static enum status check_file(const struct app *app, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *reason = NULL;
	struct stat st;

	if (fd >= 0 && strcmp(path, "-") == 0) {
		close(fd);
		return tell(app, path, "that is stdin", "a file of this name is written ./-");
	}
	if (fd < 0)
		return tell(app, path, strerror(errno), NULL);
	if (fstat(fd, &st) < 0)
		reason = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		reason = "no file that could be sent";
	close(fd);
	return reason ? tell(app, path, reason, NULL) : STATUS_OK;
}

static enum status check_files(const struct transfer *transfer)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < transfer->files_n && status == STATUS_OK; i++)
		status = check_file(transfer->app, transfer->files[i]);
	return status;
}

static const char *get_directory(const struct transfer *transfer)
{
	const char *directory = transfer->app->options.directory;

	return directory ? directory : ".";
}

static enum status check_directory(const struct transfer *transfer)
{
	const char *directory = get_directory(transfer);
	int r = inbox_check(directory);

	return r < 0 ? tell(transfer->app, directory, strerror(-r), NULL) : STATUS_OK;
}

static void add(struct transfer *transfer, const char *word)
{
	size_t n = 0;

	while (transfer->argv[n])
		n++;
	transfer->argv[n] = word;
}

static void add_protocol(struct transfer *transfer)
{
	const struct options *options = &transfer->app->options;

	add(transfer, transfer->program);
	add(transfer, options->xmodem ? "--xmodem" : options->ymodem ? "--ymodem" : "--zmodem");
}

static void add_sending(struct transfer *transfer)
{
	const struct options *options = &transfer->app->options;

	add_protocol(transfer);
	add(transfer, "--binary");
	if (options->ymodem)
		add(transfer, "--1k");
	if (options->resume)
		add(transfer, "--resume");
	if (!options->xmodem && !options->ymodem) {
		add(transfer, "--packetlen");
		add(transfer, PACKET);
	}
	/* sz counts what has been resumed as unanswered, and would wait for ten seconds. */
	if (!options->xmodem && !options->ymodem && !options->resume) {
		add(transfer, "--windowsize");
		add(transfer, transfer->window);
	}
	add(transfer, "--");
	for (size_t i = 0; i < transfer->files_n; i++)
		add(transfer, transfer->files[i]);
}

/* Restricted it would remove what has come of a file; there is nothing that it could spoil. */
static void add_receiving(struct transfer *transfer)
{
	const struct options *options = &transfer->app->options;

	add_protocol(transfer);
	add(transfer, "--unrestrict");
	add(transfer, "--binary");
	if (options->xmodem) {
		add(transfer, "--with-crc");
		add(transfer, "--");
		add(transfer, options->name);
		return;
	}
	add(transfer, "--junk-path");
	add(transfer, "--keep-uppercase");
	if (options->resume)
		add(transfer, "--resume");
}

static enum status prepare(struct transfer *transfer)
{
	enum status status = find_program(transfer);

	if (status == STATUS_OK)
		status = transfer->files ? check_files(transfer) : check_directory(transfer);
	if (status != STATUS_OK)
		return status;
	transfer->argv = calloc(TRANSFER_WORDS_MAX + transfer->files_n + 1, sizeof(char *));
	if (!transfer->argv)
		return output_no_memory(&transfer->app->output);
	if (transfer->files)
		add_sending(transfer);
	else
		add_receiving(transfer);
	return STATUS_OK;
}

enum status transfer_start(struct app *app, const char **files)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	enum status status;

	if (!transfer)
		return output_no_memory(&app->output);
	transfer->app = app;
	transfer->files = files;
	while (files && files[transfer->files_n])
		transfer->files_n++;
	app->transfer = transfer;
	status = prepare(transfer);
	if (status != STATUS_OK)
		transfer_end(app);
	return status;
}

void transfer_end(struct app *app)
{
	if (!app->transfer)
		return;
	free(app->transfer->argv);
	free(app->transfer);
	app->transfer = NULL;
}

/* ---- while files pass ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static uint64_t get_size(const struct transfer *transfer, const char *name)
{
	struct stat st;

	for (size_t i = 0; i < transfer->files_n; i++)
		if (strcmp(base_name(transfer->files[i]), name) == 0 &&
		    stat(transfer->files[i], &st) == 0)
			return (uint64_t)st.st_size;
	return 0;
}

static void begin_file(struct transfer *transfer, const char *name)
{
	snprintf(transfer->file, sizeof(transfer->file), "%s", base_name(name));
	transfer->bytes = 0;
	transfer->first = 0;
	transfer->size = get_size(transfer, transfer->file);
	transfer->received = transfer->relay->received;
	transfer->started_ms = connect_now_ms();
	transfer->shown_ms = 0;
}

/* Of a file that is resumed the first news are of what had passed before. */
static void count_bytes(struct transfer *transfer, const struct news *news)
{
	if (transfer->bytes == 0 && transfer->app->options.resume)
		transfer->first = news->bytes;
	transfer->bytes = news->bytes;
	if (news->size > 0 && !transfer->files)
		transfer->size = news->size;
	transfer_show_progress(transfer);
}

static void take_file(struct transfer *transfer, const char *name, const char *moved)
{
	char path[INBOX_PATH_MAX + INBOX_NAME_MAX];
	const char *directory = get_directory(transfer);

	snprintf(path, sizeof(path), "%s%s%s", strcmp(directory, ".") == 0 ? "" : directory,
		 strcmp(directory, ".") == 0 ? "" : "/", moved);
	transfer->done++;
	transfer_show_file(transfer, name, path, "received");
}

static void fail_to_take(struct transfer *transfer, const char *name, int error)
{
	snprintf(transfer->trouble, sizeof(transfer->trouble), "%.255s could not be stored: %s",
		 name, strerror(-error));
}

static void end_file(struct transfer *transfer, const struct news *news)
{
	char moved[INBOX_NAME_MAX];
	int r;

	/* sb counts whole blocks, and the size is known here. */
	transfer->bytes = transfer->files ? transfer->size : news->bytes;
	if (transfer->files) {
		transfer->done++;
		transfer_show_file(transfer, transfer->file, NULL, "sent");
	} else {
		r = inbox_take(&transfer->inbox, transfer->file, news->size, moved);
		if (r == 0)
			take_file(transfer, transfer->file, moved);
		else if (r != -ENOENT) /* its name was not told as it is: inbox_close() */
			fail_to_take(transfer, transfer->file, r);
	}
	transfer->file[0] = '\0';
}

static void hear(void *user, const struct news *news)
{
	struct transfer *transfer = user;

	switch (news->type) {
	case NEWS_FILE:
		begin_file(transfer, news->name);
		return;
	case NEWS_BYTES:
		count_bytes(transfer, news);
		return;
	case NEWS_BLOCK:
		transfer->bytes = transfer->relay->received - transfer->received;
		transfer_show_progress(transfer);
		return;
	case NEWS_DONE:
		end_file(transfer, news);
		return;
	case NEWS_SKIPPED:
		transfer->skipped++;
		return;
	case NEWS_CANCELLED:
		transfer->cancelled = true;
		return;
	case NEWS_SILENT:
		transfer->silent = true;
		return;
	case NEWS_FULL:
		transfer->full = !transfer->files;
		return;
	case NEWS_TROUBLE:
		snprintf(transfer->trouble, sizeof(transfer->trouble), "%s", news->name);
		return;
	}
}

static void read_aside(void *user, const char *bytes, size_t n)
{
	struct transfer *transfer = user;

	news_read(&transfer->reader, bytes, n);
}

/* ---- one call ---- */

static void set_window(struct transfer *transfer, int64_t rate)
{
	int64_t bytes = rate > 0 ? rate / 8 * WINDOW_S : WINDOW_UNKNOWN;

	bytes = bytes < WINDOW_MIN ? WINDOW_MIN : bytes;
	bytes = bytes > WINDOW_MAX ? WINDOW_MAX : bytes;
	snprintf(transfer->window, sizeof(transfer->window), "%d", (int)bytes);
}

static void hear_left(void *user, const char *name, bool complete, int error)
{
	struct transfer *transfer = user;

	if (error < 0)
		fail_to_take(transfer, name, error);
	else if (complete)
		take_file(transfer, name, name);
	else
		snprintf(transfer->partial, sizeof(transfer->partial), "%s", name);
}

/* Nothing has come, and nothing will. */
static void abandon(struct transfer *transfer)
{
	if (!transfer->files)
		(void)inbox_close(&transfer->inbox, false, hear_left, transfer);
}

static int begin(struct transfer *transfer, struct relay *relay, struct json_object *info)
{
	const struct options *options = &transfer->app->options;
	int r;

	transfer->relay = relay;
	transfer->reader = (struct news_reader){.tell = hear, .user = transfer};
	transfer->file[0] = '\0';
	transfer->partial[0] = '\0';
	transfer->trouble[0] = '\0';
	transfer->done = 0;
	transfer->skipped = 0;
	transfer->cancelled = false;
	transfer->silent = false;
	transfer->full = false;
	set_window(transfer, field_int(info, "rate"));
	/* XMODEM tells no names. */
	if (options->xmodem)
		begin_file(transfer, transfer->files ? transfer->files[0] : options->name);
	if (transfer->files)
		return 0;
	r = inbox_open(&transfer->inbox, get_directory(transfer), options->overwrite);
	if (r < 0 || !options->resume)
		return r;
	r = inbox_resume(&transfer->inbox);
	if (r < 0)
		abandon(transfer);
	return r;
}

/* Before the inbox is closed. Of rz's protocols only ZMODEM tells that there was no space. */
static void look_at_rest(struct transfer *transfer)
{
	if (inbox_is_full(&transfer->inbox))
		transfer->full = true;
	/* A file that was resumed keeps the name that it had. */
	if (transfer->app->options.resume && *transfer->file &&
	    inbox_has_partial(&transfer->inbox, transfer->file))
		snprintf(transfer->partial, sizeof(transfer->partial), "%.240s" INBOX_PARTIAL,
			 transfer->file);
}

/* @return has all passed? */
static bool finish(struct transfer *transfer)
{
	bool complete = transfer->code == 0 && transfer->skipped == 0;
	int r = 0;

	output_clear_progress(&transfer->app->output);
	if (!transfer->files) {
		if (transfer->code != 0)
			look_at_rest(transfer);
		r = inbox_close(&transfer->inbox, transfer->code == 0, hear_left, transfer);
		if (r < 0 && !*transfer->trouble)
			fail_to_take(transfer, transfer->inbox.path, r);
	}
	return complete && !*transfer->trouble;
}

/* @return the read end of its stderr; negative errno */
static int start(struct transfer *transfer, struct program *program, struct json_object *info)
{
	/* Its messages are read; and under a restricted shell it would refuse to be unrestricted.
	 */
	static const char *const sending[] = {"LC_ALL=C", NULL};
	static const char *const receiving[] = {"LC_ALL=C", "SHELL=/bin/sh", NULL};
	struct program_order order = {
		.argv = transfer->argv,
		.directory = transfer->files ? NULL : transfer->inbox.path,
		.environment = transfer->files ? sending : receiving,
	};
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	order.err = fds[1];
	r = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = program_start(program, &order, info);
	close(fds[1]);
	if (r < 0)
		close(fds[0]);
	return r < 0 ? r : fds[0];
}

/* The program has been told; its own cancellation may be behind what nobody reads any more. */
static enum relay_end cancel(struct transfer *transfer, struct relay *relay,
			     const struct program *program)
{
	output_clear_progress(&transfer->app->output);
	kill(program->pid, SIGTERM);
	relay_say_goodbye(relay, CANCEL, strlen(CANCEL), CANCEL_MS);
	return relay_run(relay);
}

static void run(struct transfer *transfer, struct relay *relay, struct program *program,
		enum relay_end *ret_end)
{
	enum relay_end end;

	relay->in = program->fd;
	relay->out = program->fd;
	relay->program = program->end;
	relay->limit_ms = STREAM_REST_MS;
	relay->read_aside = read_aside;
	relay->user = transfer;
	end = relay_run(relay);
	transfer->over = end == RELAY_OVER && relay->program >= 0;
	if (end == RELAY_INTERRUPTED)
		end = cancel(transfer, relay, program);
	transfer->code = program_finish(program);
	*ret_end = end;
}

enum relay_end transfer_carry(struct transfer *transfer, struct relay *relay,
			      struct json_object *info, int *ret_status)
{
	enum relay_end relay_end = RELAY_LEFT;
	struct program program = {.fd = -1, .end = -1};
	int aside = -1;
	int r = begin(transfer, relay, info);

	if (r == 0) {
		aside = start(transfer, &program, info);
		r = aside < 0 ? aside : 0;
		if (r < 0)
			abandon(transfer);
	}
	if (r < 0) {
		snprintf(transfer->trouble, sizeof(transfer->trouble), "%s", strerror(-r));
		*ret_status = STATUS_OTHER;
		return RELAY_LEFT;
	}
	relay->aside = aside;
	run(transfer, relay, &program, &relay_end);
	relay->aside = aside;
	while (relay_read_aside(relay))
		;
	close(aside);
	*ret_status = finish(transfer) ? STATUS_OK : STATUS_OTHER;
	return relay_end;
}

/* ---- afterwards ---- */

static const char *find_reason(const struct transfer *transfer, const char *end, char *buf,
			       size_t size)
{
	if (*transfer->trouble)
		return transfer->trouble;
	if (transfer->full) {
		snprintf(buf, size, "no space left in %.240s", get_directory(transfer));
		return buf;
	}
	if (transfer->cancelled)
		return "the far end has cancelled";
	if (transfer->over) {
		snprintf(buf, size, "the call has ended before all had passed%s%s",
			 *end ? ": " : "", end);
		return buf;
	}
	if (transfer->code == 0 && transfer->skipped > 0) {
		snprintf(buf, size, "the far end has not taken %u of %zu files", transfer->skipped,
			 transfer->files_n);
		return buf;
	}
	if (transfer->silent)
		return "the far end does not answer in this protocol";
	snprintf(buf, size, "%.32s has failed with %d", base_name(transfer->program),
		 transfer->code);
	return buf;
}

static bool is_resumable(const char *partial)
{
	size_t length = strlen(partial);
	size_t tail = strlen(INBOX_PARTIAL);

	return length > tail && strcmp(partial + length - tail, INBOX_PARTIAL) == 0;
}

static const char *find_hint(const struct transfer *transfer, char *buf, size_t size)
{
	const struct options *options = &transfer->app->options;
	bool resumes = !options->xmodem && !options->ymodem;

	if (transfer->files)
		return resumes && *transfer->file && !options->resume
			       ? "--resume goes on, if the far end has kept what has come"
			       : NULL;
	if (!*transfer->partial)
		return NULL;
	/* When there was a NAME.part before, this is NAME.part.1. */
	snprintf(buf, size, "what has come is in %s%s", transfer->partial,
		 !resumes			   ? ""
		 : is_resumable(transfer->partial) ? "; --resume goes on from there"
						   : "; --resume goes on from the " INBOX_PARTIAL
						     " without number");
	return buf;
}

enum status transfer_conclude(const struct transfer *transfer, enum status status, const char *end)
{
	char reason[INBOX_NAME_MAX + 64];
	char hint[INBOX_NAME_MAX + 96];

	return output_error(
		&transfer->app->output,
		&(struct output_error){
			.status = status == STATUS_OK ? STATUS_OTHER : status,
			.subject = *transfer->file ? transfer->file : NULL,
			.error = "TransferFailed",
			.reason = transfer->app->interrupts > 0
					  ? "cancelled"
					  : find_reason(transfer, end, reason, sizeof(reason)),
			.hint = find_hint(transfer, hint, sizeof(hint)),
		});
}
