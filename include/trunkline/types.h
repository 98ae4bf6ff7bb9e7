/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_TYPES_H
#define TRUNKLINE_TYPES_H

/**
 * @file
 * Identities and enumerations. Values are part of the ABI: new ones are only ever appended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TL_API __attribute__((visibility("default")))
#else
#define TL_API
#endif

/**
 * Identities: numbers, looked up at every use. One that was released, or never existed, gives
 * -ESTALE; one of another kind gives -EBADF. An id of 0 is never valid. They may be copied, stored,
 * compared and sent to another process at will.
 */
typedef struct {
	uint64_t id;
} tl_line;
typedef struct {
	uint64_t id;
} tl_session;
typedef struct {
	uint64_t id;
} tl_client;

/** State of a call: LINECALLSTATE of TAPI. IDLE is the last state of every call. */
enum tl_call_state {
	TL_CALL_IDLE,		    /**< over and the line is verified to be on hook */
	TL_CALL_OFFERING,	    /**< incoming, nobody has answered */
	TL_CALL_ACCEPTED,	    /**< incoming, an owner has claimed it */
	TL_CALL_DIALTONE,	    /**< off hook, exchange is ready for digits */
	TL_CALL_DIALING,	    /**< digits are being sent */
	TL_CALL_PROCEEDING,	    /**< dialled, in the network */
	TL_CALL_RINGBACK,	    /**< far end is alerted */
	TL_CALL_BUSY,		    /**< busy tone */
	TL_CALL_SPECIALINFO,	    /**< special information tone */
	TL_CALL_CONNECTED,	    /**< information can flow */
	TL_CALL_ONHOLD,		    /**< held */
	TL_CALL_CONFERENCED,	    /**< member of a conference */
	TL_CALL_ONHOLDPENDCONF,	    /**< held to add a conference member */
	TL_CALL_ONHOLDPENDTRANSFER, /**< held to be transferred */
	TL_CALL_DISCONNECTED, /**< ended by the far end, the network or a failure; being cleared */
	TL_CALL_UNKNOWN,      /**< not known: the modem could not be made to tell */
};
#define TL_CALL_STATE_COUNT 16

/** Who or what ended a call. */
enum tl_origin {
	TL_ORIGIN_NONE,	       /**< it has not ended */
	TL_ORIGIN_USER,	       /**< a person, through tl_session_drop() with TL_DROP_USER */
	TL_ORIGIN_APPLICATION, /**< the owning program, for its own reasons */
	TL_ORIGIN_CLIENT_LOST, /**< the owning client closed or died without dropping */
	TL_ORIGIN_REMOTE,      /**< the far end hung up */
	TL_ORIGIN_NETWORK, /**< the exchange refused or cleared it: busy, no dial tone, no answer …
			    */
	TL_ORIGIN_DEVICE_GONE, /**< the modem was unplugged, or its port vanished */
	TL_ORIGIN_TIMEOUT, /**< one of our own limits: no answer, inactivity, maximum duration */
	TL_ORIGIN_ERROR,   /**< the modem failed */
};
#define TL_ORIGIN_COUNT 9

/** How a call ended: LINEDISCONNECTMODE of TAPI. */
enum tl_disconnect {
	TL_DISCONNECT_NONE,    /**< it has not ended */
	TL_DISCONNECT_NORMAL,  /**< hung up in the ordinary way */
	TL_DISCONNECT_UNKNOWN, /**< not known yet; may be refined */
	TL_DISCONNECT_REJECT,  /**< far end refused */
	TL_DISCONNECT_PICKUP,  /**< answered elsewhere */
	TL_DISCONNECT_FORWARDED,
	TL_DISCONNECT_BUSY,
	TL_DISCONNECT_NOANSWER,
	TL_DISCONNECT_BADADDRESS, /**< no such number */
	TL_DISCONNECT_UNREACHABLE,
	TL_DISCONNECT_CONGESTION,
	TL_DISCONNECT_INCOMPATIBLE, /**< modems could not agree, or no modem answered */
	TL_DISCONNECT_UNAVAIL,	    /**< will never be known */
	TL_DISCONNECT_NODIALTONE,
	TL_DISCONNECT_NUMBERCHANGED,
	TL_DISCONNECT_OUTOFORDER, /**< a device is out of order, ours included */
	TL_DISCONNECT_TEMPFAILURE,
	TL_DISCONNECT_QOSUNAVAIL,
	TL_DISCONNECT_BLOCKED, /**< barred */
	TL_DISCONNECT_DONOTDISTURB,
	TL_DISCONNECT_CANCELLED, /**< given up by us before it was connected */
};
#define TL_DISCONNECT_COUNT 21

/** Whose language the raw cause is in. */
enum tl_cause_domain {
	TL_CAUSE_NONE,
	TL_CAUSE_V250,	 /**< result code text of V.250: "NO CARRIER" */
	TL_CAUSE_V58,	 /**< callCleared value of V.58, from AT#UD */
	TL_CAUSE_24008,	 /**< 3GPP 24.008 Annex H */
	TL_CAUSE_VENDOR, /**< the vendor's own */
};
#define TL_CAUSE_DOMAIN_COUNT 5

/** What the modem knows of how a call went, once it is over. */
enum tl_quality {
	TL_QUALITY_RATE_OUT,	     /**< bit/s in the end */
	TL_QUALITY_RATE_IN,	     /**< bit/s in the end */
	TL_QUALITY_CARRIER_LOSSES,   /**< not those that ended the call */
	TL_QUALITY_RENEGOTIATIONS,   /**< of the rate */
	TL_QUALITY_RETRAINS_ASKED,   /**< by this modem */
	TL_QUALITY_RETRAINS_GRANTED, /**< to the other one */
	TL_QUALITY_ERRORS_OUT,	     /**< frames of error control that were sent in vain */
	TL_QUALITY_ERRORS_IN,	     /**< frames of error control that came damaged */
	TL_QUALITY_LOST_OUT,	     /**< bytes of ours that the modem lost */
	TL_QUALITY_LOST_IN,	     /**< bytes for us that the modem lost */
};
#define TL_QUALITY_COUNT 10

enum tl_media {
	TL_MEDIA_DATA,	/**< two modems talk */
	TL_MEDIA_VOICE, /**< people talk, the modem only dials and hangs up */
};
#define TL_MEDIA_COUNT 2

enum tl_direction {
	TL_DIRECTION_OUT, /**< dialled here */
	TL_DIRECTION_IN,  /**< came in */
};

/** What a client may do with a call; the higher value includes the lower. */
enum tl_privilege {
	TL_PRIVILEGE_NONE,    /**< on a line: place calls only */
	TL_PRIVILEGE_MONITOR, /**< watch */
	TL_PRIVILEGE_OWNER,   /**< control */
};
#define TL_PRIVILEGE_COUNT 3

/** State of a line. */
enum tl_line_state {
	TL_LINE_ABSENT,	 /**< the device is not there */
	TL_LINE_OPENING, /**< the port is being opened */
	TL_LINE_PROBING, /**< the modem is being asked what it is */
	TL_LINE_READY,	 /**< on hook, waiting */
	TL_LINE_IN_USE,	 /**< a call is on it, or is being cleared */
	TL_LINE_FAULTY,	 /**< the modem does not answer or cannot be brought on hook */
	TL_LINE_GONE,	 /**< the device has disappeared */
};
#define TL_LINE_STATE_COUNT 7

/** What happened to a step of a drop. */
enum tl_drop_result {
	TL_DROP_VERIFIED,   /**< the line was proved to be on hook */
	TL_DROP_UNVERIFIED, /**< the modem agreed, but no proof came */
	TL_DROP_REFUSED,    /**< the modem answered an error */
	TL_DROP_TIMEOUT,    /**< the modem did not answer */
	TL_DROP_SKIPPED,    /**< not possible on this line or in this state */
	TL_DROP_DEVICE_GONE,
};
#define TL_DROP_RESULT_COUNT 6

/** Levels of log lines. TRACE shows the bytes on the wire. */
enum tl_log_level { TL_LOG_ERROR, TL_LOG_WARNING, TL_LOG_INFO, TL_LOG_DEBUG, TL_LOG_TRACE };

/** Names in lower case with dashes ("no-answer"), stable, for programs; NULL for an unknown value.
 */
TL_API const char *tl_call_state_name(enum tl_call_state state);
TL_API const char *tl_origin_name(enum tl_origin origin);
TL_API const char *tl_disconnect_name(enum tl_disconnect disconnect);
TL_API const char *tl_cause_domain_name(enum tl_cause_domain domain);
TL_API const char *tl_quality_name(enum tl_quality quality);
TL_API const char *tl_media_name(enum tl_media media);
TL_API const char *tl_direction_name(enum tl_direction direction);
TL_API const char *tl_privilege_name(enum tl_privilege privilege);
TL_API const char *tl_line_state_name(enum tl_line_state state);
TL_API const char *tl_drop_result_name(enum tl_drop_result result);

/**
 * Write an identity as text: "l1.1", "s3.17", "c2.1" (kind, slot, use of the slot). Stable for the
 * life of the identity, never used again for another one.
 *
 * @param id   .id of any handle
 * @param buf  at least TL_ID_TEXT_MAX bytes
 * @param size of buf
 * @return buf, or NULL when it does not fit
 */
#define TL_ID_TEXT_MAX 24
TL_API char *tl_id_format(uint64_t id, char *buf, size_t size);

/**
 * Read an identity back. Says nothing about whether it is still valid.
 * @param text   as tl_id_format() wrote it
 * @param ret_id written on success
 * @return 0; -EINVAL not an identity
 */
TL_API int tl_id_parse(const char *text, uint64_t *ret_id);

#ifdef __cplusplus
}
#endif
#endif
