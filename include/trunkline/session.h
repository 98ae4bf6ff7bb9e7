/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_SESSION_H
#define TRUNKLINE_SESSION_H

/**
 * @file
 * Sessions: a client's hold on a call.
 *
 * A session has two endings. *Dropping* ends the call. *Releasing* gives the identifier back.
 * Between the two the identifier stays valid and tells everything about the call that is over: a
 * call may also be ended by the far end, by the network, by a time-out or by the device's
 * disappearance; the session is always given back by tl_session_release(), or when its client is
 * closed.
 */

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tl_ctx;

/**
 * Answer an incoming call. The operation completes when the call is connected, or with what
 * prevented it.
 *
 * @return 0 accepted; -ESTALE released; -EBADF not a session; -EPERM not the owner; -EBUSY it is
 * being answered or dropped already; -EINVAL the call is not an offer; -ENOTCONN it is over;
 * -ENODEV the device is gone; -EOPNOTSUPP no such media; -ENOSPC too many requests; -ENOMEM
 */
TL_API int tl_session_answer(struct tl_ctx *ctx, tl_session session, enum tl_media media,
			     uint64_t *ret_op);

/**
 * Claim an offered call without answering it yet: state ACCEPTED. Nothing is sent to the modem.
 * @return 0; -ESTALE; -EBADF; -EPERM; -EINVAL not an offer; -EALREADY accepted; -EBUSY it is being
 * answered or dropped; -ENOTCONN over; -ENODEV
 */
TL_API int tl_session_accept(struct tl_ctx *ctx, tl_session session);

enum tl_drop_flags {
	TL_DROP_USER = 1 << 0, /**< a person asked for it: origin "user", else "application" */
	/** What has been written goes out first, for TL_DRAIN_MS at most; else it is discarded. A
	 * drop without it that comes meanwhile ends the waiting. See tl_session_shutdown(). */
	TL_DROP_DRAIN = 1 << 1,
};

/**
 * Ask for the call to be cleared.
 *
 * Returns at once; TL_EVENT_OP_DONE with *ret_op follows exactly once, with 0 when the line was
 * verified to be on hook or the device is gone, with -EIO when it could not be verified (the line
 * is FAULTY then). A second drop joins the first. An offered call on an analogue line cannot be
 * rejected: it is left ringing unanswered and hidden from then on, and the record says so. The
 * session stays valid after the call is over and is given up only by tl_session_release().
 *
 * @param ctx    context that issued the handle
 * @param session session handle; any state
 * @param flags  enum tl_drop_flags
 * @param ret_op operation id, written only on success; may be NULL
 * @return 0 accepted; -ESTALE released handle; -EBADF not a session handle; -EPERM not the owner;
 *         -EALREADY the call is already over; -ENODEV the device is gone (and the call with it);
 *         -EINVAL unknown flags; -ENOSPC too many requests; -ENOMEM
 */
TL_API int tl_session_drop(struct tl_ctx *ctx, tl_session session, unsigned int flags,
			   uint64_t *ret_op);

enum tl_release_flags {
	TL_RELEASE_DROP =
		1 << 0, /**< drop first if need be; the handle is stale at once all the same */
};

/**
 * Give the identifier back and free what it held. Its events that have not been fetched are purged;
 * completions of its requests still come. A monitor may release at any time without disturbing the
 * call. The only owner of a call that is not over must drop it first, or say TL_RELEASE_DROP.
 *
 * @return 0; -ESTALE released already; -EBADF not a session; -EBUSY the only owner of a live call;
 *         -EINVAL unknown flags
 */
TL_API int tl_session_release(struct tl_ctx *ctx, tl_session session, unsigned int flags);

/**
 * Take ownership of a call that nobody owns, or give up ownership that somebody else has, too. The
 * other holders are told by TL_EVENT_CALL_INFO.
 *
 * @param privilege OWNER to take, MONITOR to give up
 * @return 0; -EINVAL neither; -ESTALE; -EBADF; -EALREADY it is that already; -EPERM to take:
 * somebody owns the call, who may hand it over; -EBUSY to give up: the only owner of a live call;
 * -ENOTCONN to take: it is over; -ENODEV its device is gone
 */
TL_API int tl_session_set_privilege(struct tl_ctx *ctx, tl_session session,
				    enum tl_privilege privilege);

/**
 * Make another client an owner of the call, beside this one: its session is raised, or it gets one
 * and hears TL_EVENT_SESSION_NEW. It cannot refuse. The caller stays an owner until it gives that
 * up or releases its session. Other holders are told by TL_EVENT_CALL_INFO.
 *
 * @return 0; -ESTALE, -EBADF session or client; -EPERM not an owner; -EALREADY it is an owner;
 * -ENOTCONN over; -ENODEV the device is gone; -ENOSPC the other client has too many sessions;
 * -ENOMEM
 */
TL_API int tl_session_hand_off(struct tl_ctx *ctx, tl_session session, tl_client to);

/** Limits of time; reaching one ends the call, origin "timeout". TL_EVENT_LIMIT_NEAR comes when
 * nine tenths of it have gone by, a minute before at the earliest. */
enum tl_limit {
	TL_LIMIT_DURATION,   /**< since connected; voice calls: since dialled */
	TL_LIMIT_INACTIVITY, /**< since the last byte either way; data calls only */
};
#define TL_LIMIT_COUNT 2
TL_API const char *tl_limit_name(enum tl_limit limit);
#define TL_LIMIT_MAX_S	      2592000 /**< 30 days */
#define TL_LIMIT_NOTICE_MAX_S 60      /**< TL_EVENT_LIMIT_NEAR comes so long before, at most */

/**
 * Change a limit of this call. Holds at once and counts from the beginning of the call (from the
 * last byte), so one that is past already ends it now. Without effect on a call that is being
 * dropped.
 *
 * @param seconds 0: no limit, whatever the line says
 * @return 0; -EINVAL no such limit, more than TL_LIMIT_MAX_S; -ESTALE; -EBADF; -EPERM not an owner;
 * -ENOTCONN over or disconnected; -ENODEV the device is gone
 */
TL_API int tl_session_set_limit(struct tl_ctx *ctx, tl_session session, enum tl_limit limit,
				uint32_t seconds);

/**
 * Put the far end of a connected voice call on hold: state ONHOLD.
 *
 * On analogue lines by a hook flash, which nothing acknowledges: the operation succeeds when the
 * modem has flashed, and what the exchange has made of it is not known. So it is offered only where
 * the line is configured with an exchange that holds at a flash ("flash" of tl_line_params_set()),
 * and the modem can flash. A held far end that hangs up may not be noticed. Dropping ends a held
 * call as any other.
 *
 * @return 0 accepted: TL_EVENT_OP_DONE follows, with -ETIMEDOUT or -EPROTO when the modem does not
 * take the command: the state stays as it was, and is not certain; -EOPNOTSUPP a data call, or the
 * line cannot hold; -EINVAL not connected; -EALREADY it is on hold; -EBUSY another hold or unhold,
 * or a drop, is under way; -ESTALE; -EBADF; -EPERM not an owner; -ENOTCONN over or disconnected;
 * -ENODEV the device is gone; -ENOSPC too many requests; -ENOMEM
 */
TL_API int tl_session_hold(struct tl_ctx *ctx, tl_session session, uint64_t *ret_op);

/**
 * Take the call back from hold: state CONNECTED.
 * @return as tl_session_hold(); -EINVAL neither on hold nor connected; -EALREADY it is connected
 */
TL_API int tl_session_unhold(struct tl_ctx *ctx, tl_session session, uint64_t *ret_op);

/**
 * Write a remark into the call's record, for those who read it later; the last one stays.
 *
 * @param text copied, cut to what fits
 * @return 0; -ESTALE; -EBADF; -EPERM not an owner; -ENOTCONN over or disconnected; -ENODEV the
 * device is gone
 */
TL_API int tl_session_set_note(struct tl_ctx *ctx, tl_session session, const char *text);

/**
 * Give the session to another client, as it is; the identifier stays the same.
 * @return 0; -ESTALE; -EBADF; -ENOSPC the other client has too many sessions; -EALREADY it has a
 * session on this call
 */
TL_API int tl_session_move(struct tl_ctx *ctx, tl_session session, tl_client to);

/**
 * The sessions of a client, oldest first; of all clients when client.id is 0.
 * @param ret_sessions array, freed by the caller with free(); NULL when there are none
 * @return 0; -ESTALE, -EBADF the client; -ENOMEM
 */
TL_API int tl_session_list(struct tl_ctx *ctx, tl_client client, tl_session **ret_sessions,
			   size_t *ret_n);

/** Everything about a call, at one moment; owned by the caller, independent of the context. */
struct tl_session_info;

/** Works in every state until the session is released. @return 0; -ESTALE; -EBADF; -ENOMEM */
TL_API int tl_session_get_info(struct tl_ctx *ctx, tl_session session,
			       struct tl_session_info **ret_info);
/** @return NULL */
TL_API struct tl_session_info *tl_session_info_free(struct tl_session_info *info);

/** What the caller may do now; bits of enum tl_feature. */
enum tl_feature {
	TL_FEATURE_ANSWER = 1 << 0,
	TL_FEATURE_ACCEPT = 1 << 1,
	TL_FEATURE_DROP = 1 << 2,
	TL_FEATURE_RELEASE = 1 << 3, /**< without TL_RELEASE_DROP */
	TL_FEATURE_HAND_OFF = 1 << 4,
	TL_FEATURE_TAKE = 1 << 5,    /**< ownership */
	TL_FEATURE_GIVE_UP = 1 << 6, /**< ownership */
	TL_FEATURE_LIMIT = 1 << 7,
	TL_FEATURE_HOLD = 1 << 8,
	TL_FEATURE_UNHOLD = 1 << 9,
	TL_FEATURE_ATTACH = 1 << 10, /**< unless another session is, or the call is no data call */
};
#define TL_FEATURE_COUNT 11
/** Name for programs ("answer", "hand-off"); NULL unless exactly one known bit is set. */
TL_API const char *tl_feature_name(enum tl_feature feature);

/** Moments in the life of a call. */
enum tl_moment {
	TL_MOMENT_CREATED,  /**< offered or dialled: the call came into being */
	TL_MOMENT_DIALED,   /**< number sent */
	TL_MOMENT_ALERTING, /**< far end alerted, where the modem tells */
	TL_MOMENT_CONNECTED,
	TL_MOMENT_DISCONNECTED, /**< ended, by whomever; of a far end, when the modem said so, even
				   where that had to be borne out before it was told */
	TL_MOMENT_IDLE,		/**< line verified to be on hook */
};
#define TL_MOMENT_COUNT 6
TL_API const char *tl_moment_name(enum tl_moment moment);

/** Texts belong to the info; never NULL, "" when unknown. */
TL_API tl_session tl_session_info_session(const struct tl_session_info *info);
TL_API tl_client tl_session_info_client(const struct tl_session_info *info);
TL_API tl_line tl_session_info_line(const struct tl_session_info *info);
TL_API const char *tl_session_info_line_name(const struct tl_session_info *info);
/** Number of the call, the same for all its sessions, never used twice. */
TL_API uint64_t tl_session_info_call(const struct tl_session_info *info);
TL_API enum tl_privilege tl_session_info_privilege(const struct tl_session_info *info);
TL_API unsigned int tl_session_info_features(const struct tl_session_info *info);
TL_API unsigned int tl_session_info_owners(const struct tl_session_info *info);
TL_API unsigned int tl_session_info_monitors(const struct tl_session_info *info);

TL_API enum tl_direction tl_session_info_direction(const struct tl_session_info *info);
TL_API enum tl_media tl_session_info_media(const struct tl_session_info *info);
TL_API enum tl_call_state tl_session_info_state(const struct tl_session_info *info);
/** True when the call is over: state IDLE, or UNKNOWN after a drop that failed. */
TL_API bool tl_session_info_is_over(const struct tl_session_info *info);
/** True when the record will not change any more: the modem has been asked why the call ended, and
 * what it knew is in. Comes shortly after IDLE, with a TL_EVENT_CALL_INFO; not before the line has
 * been brought on hook. */
TL_API bool tl_session_info_is_final(const struct tl_session_info *info);
TL_API const char *tl_session_info_called(
	const struct tl_session_info *info); /**< number dialled */
TL_API const char *tl_session_info_caller(
	const struct tl_session_info *info); /**< caller's number */
TL_API const char *tl_session_info_caller_name(const struct tl_session_info *info);
/** How often an incoming call has rung, until it was answered or given up. */
TL_API uint32_t tl_session_info_rings(const struct tl_session_info *info);

/** Microseconds of CLOCK_BOOTTIME, 0: not reached. For durations. */
TL_API uint64_t tl_session_info_boot_us(const struct tl_session_info *info, enum tl_moment moment);
/** Microseconds since 1970, 0: not reached. For people: gateways' clocks jump. */
TL_API int64_t tl_session_info_wall_us(const struct tl_session_info *info, enum tl_moment moment);
/** When the present state was entered, CLOCK_BOOTTIME microseconds. */
TL_API uint64_t tl_session_info_state_since_us(const struct tl_session_info *info);
/** Milliseconds connected, so far or in all. */
TL_API uint64_t tl_session_info_duration_ms(const struct tl_session_info *info);
/** Seconds, 0: none. As the line says, or as it was set for this call. */
TL_API uint32_t tl_session_info_limit(const struct tl_session_info *info, enum tl_limit limit);

/** Link data as the modem reported it (V.250 §6.4.3, §6.5.5, §6.6.2). 0 or "" when unknown. */
TL_API uint32_t tl_session_info_rate(const struct tl_session_info *info); /**< bit/s */
TL_API const char *tl_session_info_modulation(const struct tl_session_info *info);
TL_API const char *tl_session_info_error_control(const struct tl_session_info *info);
TL_API const char *tl_session_info_compression(const struct tl_session_info *info);
TL_API uint64_t tl_session_info_bytes_in(const struct tl_session_info *info);
TL_API uint64_t tl_session_info_bytes_out(const struct tl_session_info *info);
/** Of bytes_out: those that had not left the port when the call was dropped, and never did. */
TL_API uint64_t tl_session_info_bytes_unsent(const struct tl_session_info *info);

/** As the modem's diagnostics tell after the call (AT#UD). -1: not told, or out of range. */
TL_API int64_t tl_session_info_quality(const struct tl_session_info *info, enum tl_quality quality);

TL_API enum tl_origin tl_session_info_origin(const struct tl_session_info *info);
TL_API enum tl_disconnect tl_session_info_disconnect(const struct tl_session_info *info);
TL_API enum tl_cause_domain tl_session_info_cause_domain(const struct tl_session_info *info);
/** The raw cause: text of a result code, or "60=51 ATH" for a V.58 value. */
TL_API const char *tl_session_info_cause(const struct tl_session_info *info);
/** Something to know about this end: "analogue lines cannot reject: left ringing". */
TL_API const char *tl_session_info_note(const struct tl_session_info *info);

/** The steps of the drop, in the order tried. */
TL_API size_t tl_session_info_drop_steps(const struct tl_session_info *info);
/** Name of the step: "dtr", "hook" … */
TL_API const char *tl_session_info_drop_name(const struct tl_session_info *info, size_t step);
TL_API enum tl_drop_result tl_session_info_drop_result(const struct tl_session_info *info,
						       size_t step);
/** What the modem answered. */
TL_API const char *tl_session_info_drop_answer(const struct tl_session_info *info, size_t step);
/** What proved it, "" when nothing did: "NO CARRIER", "DCD low" … */
TL_API const char *tl_session_info_drop_proof(const struct tl_session_info *info, size_t step);
TL_API uint32_t tl_session_info_drop_ms(const struct tl_session_info *info, size_t step);

#ifdef __cplusplus
}
#endif
#endif
