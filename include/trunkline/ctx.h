/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_CTX_H
#define TRUNKLINE_CTX_H

/**
 * @file
 * The context: one set of lines, one descriptor, one queue of events. No threads, no callbacks into
 * the caller (the log sink excepted). All calls on one context must come from one thread at a time.
 *
 * The loop of a program:
 *
 *     for (;;) {
 *             poll(&(struct pollfd){.fd = tl_ctx_get_fd(ctx), .events = POLLIN}, 1, -1);
 *             tl_ctx_dispatch(ctx);
 *             while (tl_ctx_next_event(ctx, &event) > 0) {
 *                     ...
 *                     tl_event_free(event);
 *             }
 *     }
 *
 * One that waits for nothing else may say tl_ctx_wait(ctx, -1) instead of the first two.
 */

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tl_ctx;
struct tl_event;

/** Limits. At a limit the new thing is refused with -ENOSPC; nothing is taken away silently. */
#define TL_LINES_MAX		   4096	 /**< lines per context */
#define TL_CLIENTS_MAX		   1024	 /**< clients per context */
#define TL_SESSIONS_MAX		   16384 /**< sessions per context, ended ones included */
#define TL_SESSIONS_PER_CLIENT_MAX 256	 /**< sessions per client, ended ones included */
#define TL_REQUESTS_PER_CLIENT_MAX 64	 /**< requests in flight per client */
#define TL_KEEP_AGE_MIN_S	   10	 /**< smallest age in tl_client_set_keep() */
#define TL_KEEP_NOTICE_MAX_S	   3600	 /**< an expiry is announced so long before, at most */
#define TL_EVENTS_PER_CLIENT_MAX \
	1024 /**< events not yet fetched per client, completions and call records excluded */

/**
 * Make a context.
 *
 * @param ret_ctx owned by the caller, freed with tl_ctx_free()
 * @return 0; -ENOMEM; negative errno of epoll_create1(2) or timerfd_create(2)
 */
TL_API int tl_ctx_new(struct tl_ctx **ret_ctx);

/**
 * Close every port and free everything, handles included. Calls in progress are cut off by closing
 * their ports (DTR falls); to end them in an orderly way drop and release them first. Events
 * already fetched and snapshots stay valid.
 *
 * @param ctx may be NULL
 * @return NULL
 */
TL_API struct tl_ctx *tl_ctx_free(struct tl_ctx *ctx);

/**
 * The one descriptor to wait on: readable when tl_ctx_dispatch() has something to do or an event
 * has come since the last dispatch. Covers time-outs. After each dispatch take all events: those
 * left waiting make it readable no more. Owned by the context: do not read, write or close it.
 */
TL_API int tl_ctx_get_fd(const struct tl_ctx *ctx);

/**
 * Do what is due: a bounded amount of work, never blocking. Call it whenever the descriptor is
 * readable.
 * @return 0; negative errno of epoll_wait(2), which only a bug can cause
 */
TL_API int tl_ctx_dispatch(struct tl_ctx *ctx);

/**
 * The same for a program that waits for nothing else: wait until there is something to do, then do
 * it. Takes a system call less than poll(2) and tl_ctx_dispatch(). Take all events before: those
 * left waiting end no wait.
 *
 * @param timeout_ms at most so long; < 0: for ever
 * @return 0, also when the time is over, when a signal has come, and when what was done has made no
 *         event; negative errno of epoll_wait(2), which only a bug can cause
 */
TL_API int tl_ctx_wait(struct tl_ctx *ctx, int timeout_ms);

/**
 * Take the oldest event.
 *
 * @param ret_event owned by the caller, freed with tl_event_free(); may outlive the context
 * @return 1 an event; 0 none waits
 */
TL_API int tl_ctx_next_event(struct tl_ctx *ctx, struct tl_event **ret_event);

/**
 * Called for each log line, without line end. Must not call back into the context.
 *
 * At TL_LOG_TRACE, and there only, a line is one of the dialogue with a modem: the name of the
 * line,
 * ": ", then "> " for what is sent, "< " for what is received, or "* " for what is received and no
 * command has asked for, as far as that can be told; then what is printable of it.
 */
typedef void (*tl_log_fn)(void *user, enum tl_log_level level, const char *line);

/**
 * Where log lines go; nowhere until this is called.
 *
 * @param fn       NULL: nowhere
 * @param level    lines above it are not produced
 * @param personal true: numbers, names and PINs in plain text; false: hidden
 */
TL_API void tl_ctx_set_log(struct tl_ctx *ctx, tl_log_fn fn, void *user, enum tl_log_level level,
			   bool personal);

/** What can be counted. The first group goes back to 0 when everything has been released. */
enum tl_count {
	TL_COUNT_LINES,	   /**< lines that exist */
	TL_COUNT_CLIENTS,  /**< clients, the context's own included */
	TL_COUNT_CALLS,	   /**< calls that are not over, or whose record somebody still holds */
	TL_COUNT_SESSIONS, /**< sessions not yet released */
	TL_COUNT_REQUESTS, /**< accepted requests that have not completed */
	TL_COUNT_EVENTS,   /**< events not yet fetched */
	TL_COUNT_OFF_HOOK, /**< lines not known to be on hook */

	TL_COUNT_CALLS_TOTAL,	     /**< calls ever */
	TL_COUNT_DROPS_TOTAL,	     /**< drop ladders run */
	TL_COUNT_DROPS_FAILED_TOTAL, /**< of them, those that left a line faulty */
	TL_COUNT_EVENTS_LOST_TOTAL,  /**< events not queued because a client did not fetch them */
	TL_COUNT_CLIENTS_LOST_TOTAL, /**< clients closed while they owned a live call */
	TL_COUNT_TIMEOUTS_TOTAL,     /**< commands a modem did not answer in time */
	TL_COUNT_RESYNCS_TOTAL,	     /**< times a dialogue had to be resynchronised */
};
#define TL_COUNT_COUNT 14

TL_API uint64_t tl_ctx_get_count(const struct tl_ctx *ctx, enum tl_count count);
/** @return name for programs ("sessions", "calls-total"); NULL for an unknown value */
TL_API const char *tl_count_name(enum tl_count count);

/**
 * The client that stands for the program itself; exists from the start, cannot be closed. Programs
 * that serve others make one client for each of them.
 */
TL_API tl_client tl_ctx_get_client(const struct tl_ctx *ctx);

/**
 * Make a client: somebody who owns sessions, and whose end ends them.
 *
 * @param name for logs and records ("linectl[4711]"); copied; may be NULL
 * @param ret_client written on success
 * @return 0; -ENOSPC too many clients; -ENOMEM
 */
TL_API int tl_client_new(struct tl_ctx *ctx, const char *name, tl_client *ret_client);

/**
 * The client is gone: its requests are withdrawn, the calls it alone owned are dropped (origin
 * "client lost"; an offer that it had not answered goes to the next client instead that has the
 * line open with owner privilege, or rings on), all its sessions are released, its events are
 * purged. Calls that others own too go on. The dropping itself takes its time after this returns.
 * Idempotent in effect: a second call is -ESTALE.
 *
 * @return 0; -ESTALE; -EBADF not a client; -EPERM the context's own client
 */
TL_API int tl_client_close(struct tl_ctx *ctx, tl_client client);

/**
 * For a client that keeps sessions on behalf of somebody who is not always there, and may forget
 * them: how many it may have, and how long ended ones stay.
 *
 * An ended session is announced by TL_EVENT_SESSION_EXPIRING when nine tenths of its age have gone
 * by (an hour before its end at the earliest), and again when it is released. It ages from the end
 * of the call, or from the moment it was moved to this client if that was later. Sessions of live
 * calls never expire. One that is past its age when this is called is announced, and released at
 * once.
 *
 * @param max_sessions 1–TL_SESSIONS_PER_CLIENT_MAX; sessions beyond it stay, new ones are refused
 * with -ENOSPC. A new client has TL_SESSIONS_PER_CLIENT_MAX.
 * @param max_age_s seconds, at least TL_KEEP_AGE_MIN_S; 0: for ever, as a new client has it
 * @return 0; -EINVAL out of range; -ESTALE; -EBADF
 */
TL_API int tl_client_set_keep(struct tl_ctx *ctx, tl_client client, uint32_t max_sessions,
			      uint32_t max_age_s);

/**
 * From now on the client also hears of every line and every call, without holding sessions on them.
 * @return 0; -ESTALE; -EBADF; -ENOMEM to begin
 */
TL_API int tl_client_watch(struct tl_ctx *ctx, tl_client client, bool on);

#ifdef __cplusplus
}
#endif
#endif
