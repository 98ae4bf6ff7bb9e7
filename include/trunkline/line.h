/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_LINE_H
#define TRUNKLINE_LINE_H

/**
 * @file
 * Lines: a modem and the wire behind it.
 */

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tl_ctx;

/** How to reach a line; made, filled in and freed by the caller. */
struct tl_line_params;

/** @return NULL when out of memory */
TL_API struct tl_line_params *tl_line_params_new(void);
/** @return NULL */
TL_API struct tl_line_params *tl_line_params_free(struct tl_line_params *params);

/**
 * Set one parameter; all take text, as a configuration file does, and copy it.
 *
 * | key           | value | default |
 * |---------------|-------|---------|
 * | name          | 1–32 of a–z A–Z 0–9 - _ ., not starting with a digit | required |
 * | alias         | other names, separated by blanks; as name, 127 characters at most | "" |
 * | device        | path of the tty, id-path:, serial: or rfc2217://, see below | required |
 * | driver        | name of a driver (tl_driver_list()) | "v250" |
 * | baud          | 50–4000000 bit/s, or 0 to leave the rate alone | 115200 |
 * | flow          | none, rtscts, xonxoff | rtscts |
 * | number        | own number, for people | "" |
 * | init          | "AT…", the command to send last at init | "" |
 * | dial-timeout  | seconds from dialling to CONNECT, 1–255 (S7) | 60 |
 * | ring-gap      | seconds without RING after which a caller has given up, 2–30 | 10 |
 * | command-delay | milliseconds between commands, 0–1000 (V.250 §5.5 old modems) | 0 |
 * | tone          | tone or pulse: how digits are sent unless the number says | tone |
 * | max-duration  | seconds after which a connected call is dropped, 0: never | 0 |
 * | inactivity    | seconds without a byte after which a data call is dropped, 0: never | 0 |
 * | flash         | none or hold: what the exchange does at a hook flash | none |
 * | net-timeout   | seconds of silence, 4–3600, that end a terminal server, 0: never | 30 |
 * | clocal        | yes; no: the kernel hangs the port up when DCD falls in a data call | yes |
 *
 * The device of a line, once tl_hotplug_start() has been called:
 * - A path such as /dev/ttyUSB0 means the device that is found there first; from then on that
 *   place on the bus, whatever is called ttyUSB0 later. tl_line_reset() of a line that has no
 *   device forgets it.
 * - A link, such as those in /dev/serial/by-id, means what it points to.
 * - id-path:PLACE is where it is plugged in, as /dev/serial/by-path names it. Without the interface
 *   (id-path:pci-0000:00:14.0-usb-0:2) it means the USB device: of its ports the one whose udev
 *   property ID_TRUNKLINE_ROLE is at, else data, else the lowest interface without another role.
 * - serial:TEXT is the same by the USB serial number, in any place.
 * - rfc2217://HOST:PORT, or rfc2217://[V6]:PORT, is a port of a terminal server (RFC 2217 over TCP,
 *   without password). It is ABSENT while no connection can be made, GONE when one is lost.
 *
 * With clocal=no the end of a call by the far end and the end of the device look the same until the
 * device is looked for: without tl_hotplug_start() both count as the latter. Not for rfc2217://.
 *
 * @param ret_why one sentence naming what was wrong and what would be right; static or owned by
 * params until the next call; may be NULL
 * @return 0; -ENOENT no such key; -EINVAL value out of range; -ENOMEM
 */
TL_API int tl_line_params_set(struct tl_line_params *params, const char *key, const char *value,
			      const char **ret_why);

/** The keys of the table above, NULL-terminated; static. */
TL_API const char *const *tl_line_params_keys(void);

/** The drivers built in, NULL-terminated; static. */
TL_API const char *const *tl_driver_list(void);

/**
 * Add a line and start to open it. TL_EVENT_LINE_STATE events follow: OPENING, PROBING, READY; or
 * FAULTY with the reason in tl_line_info_why(). The line exists either way, until tl_line_remove().
 *
 * @param params still the caller's
 * @param ret_line written on success
 * @return 0; -EINVAL name or device missing, driver unknown; -EEXIST a name is taken; -ENOSPC;
 * -ENOMEM
 */
TL_API int tl_line_add(struct tl_ctx *ctx, const struct tl_line_params *params, tl_line *ret_line);

/**
 * Take a line away. A call on it ends at once, origin "device gone": its port is closed. Records
 * stay.
 * @return 0; -ESTALE; -EBADF
 */
TL_API int tl_line_remove(struct tl_ctx *ctx, tl_line line);

/**
 * All lines, in the order in which they were added.
 * @param ret_lines array, freed by the caller with free(); NULL when there are none
 * @return 0; -ENOMEM
 */
TL_API int tl_line_list(struct tl_ctx *ctx, tl_line **ret_lines, size_t *ret_n);

/**
 * Find a line by name, alias, index in tl_line_list() (from 0), identity ("l1.1"), or the path of
 * its device: as configured, as it is called now, or a link to that.
 * @return 0; -ENOENT
 */
TL_API int tl_line_find(struct tl_ctx *ctx, const char *text, tl_line *ret_line);

/**
 * Declare an interest in incoming calls. MONITOR: a monitor session on every call of the line.
 * OWNER: the client may be given ownership of an incoming call; the highest priority is asked
 * first, among equals the one that opened first. NONE: no incoming calls (placing calls never needs
 * an open line). An offer that rings already goes to a new candidate only when nobody owns it;
 * other calls on the line are not announced: see tl_line_join(). Opening again changes the
 * interest.
 *
 * @return 0; -ESTALE; -EBADF; -EINVAL no such privilege; -ENOMEM
 */
TL_API int tl_line_open(struct tl_ctx *ctx, tl_client client, tl_line line,
			enum tl_privilege privilege, int priority);

/** The opposite; sessions stay. @return 0; -ESTALE; -EBADF; -EALREADY not open */
TL_API int tl_line_close(struct tl_ctx *ctx, tl_client client, tl_line line);

/**
 * A session on the call that is on the line now. OWNER is given only when the call has no owner.
 *
 * @param ret_session written on success; released by the caller like any other
 * @return 0; -EINVAL no such privilege; -ESTALE; -EBADF; -ENOTCONN no call; -EPERM somebody owns
 * it; -EALREADY the client has a session on it; -ENOSPC; -ENOMEM
 */
TL_API int tl_line_join(struct tl_ctx *ctx, tl_client client, tl_line line,
			enum tl_privilege privilege, tl_session *ret_session);

/** Parameters of a call to be placed; made, filled in and freed by the caller. */
struct tl_dial_params;

TL_API struct tl_dial_params *tl_dial_params_new(void);
TL_API struct tl_dial_params *tl_dial_params_free(struct tl_dial_params *params);
/** DATA unless set. */
TL_API void tl_dial_params_set_media(struct tl_dial_params *params, enum tl_media media);
/** Data calls: give up when not connected after so many seconds, 255 at most (S7 of V.250); 0: the
 * line's dial-timeout. Nobody can tell when a voice call is connected. */
TL_API void tl_dial_params_set_timeout(struct tl_dial_params *params, uint32_t seconds);
/** Drop when connected for so many seconds, voice calls: when dialled for so many; 0: the line's
 * max-duration. See tl_session_set_limit(). */
TL_API void tl_dial_params_set_max_duration(struct tl_dial_params *params, uint32_t seconds);

/** Data calls: drop when no byte has gone either way for so many seconds; 0: the line's inactivity.
 */
TL_API void tl_dial_params_set_inactivity(struct tl_dial_params *params, uint32_t seconds);

/**
 * Check a number against the dial alphabet (V.250 §6.3.1): digits, * # A–D + , W @ ! T P (either
 * case) and the separators space - . ( ) /, which are not sent. No letter of "vanity" numbers, no
 * ';', no control characters: a number can never carry a command to the modem.
 *
 * @param ret_position of the first bad character, or of the end when the number is empty or too
 * long
 * @return 0; -EINVAL
 */
TL_API int tl_number_check(const char *number, size_t *ret_position);
#define TL_NUMBER_MAX 64

/**
 * Place a call. The session is valid from the moment this returns; the client is its owner. The
 * operation completes when the modem has accepted the number (or refused it); how the call gets on
 * is told by TL_EVENT_CALL_STATE events.
 * A line that is still being opened or probed keeps the call waiting.
 *
 * @param number see tl_number_check(); copied
 * @param params NULL for defaults; still the caller's
 * @param ret_session written on success
 * @param ret_op operation id, may be NULL
 * @return 0 accepted; -EINVAL bad number; -ESTALE, -EBADF handles; -EBUSY a call is on the line, or
 * waits for it already; -ENODEV the device is gone; -ENOTRECOVERABLE the line is faulty;
 * -EOPNOTSUPP the modem has no such media; -ENOSPC too many sessions or requests; -ENOMEM
 */
TL_API int tl_line_dial(struct tl_ctx *ctx, tl_client client, tl_line line, const char *number,
			const struct tl_dial_params *params, tl_session *ret_session,
			uint64_t *ret_op);

/**
 * Send one AT command, for diagnosis. The completion's text holds the information lines and the
 * final result, separated by '\n'. Refused while a call is on the line, and for commands that would
 * place, answer or end one.
 *
 * @param command "AT+GMI" or "+GMI"; printable ASCII, no control characters
 * @param timeout_ms 0: 5000
 * @return 0 accepted; -EINVAL; -EPERM a command that touches calls; -EBUSY; -ESTALE, -EBADF;
 * -ENODEV; -ENOTRECOVERABLE; -ENOSPC; -ENOMEM
 */
TL_API int tl_line_command(struct tl_ctx *ctx, tl_client client, tl_line line, const char *command,
			   uint32_t timeout_ms, uint64_t *ret_op);

enum tl_reset {
	TL_RESET_SOFT, /**< on the open port: hang up, set up and verify anew; opens a closed port
			*/
	TL_RESET_HARD, /**< close the port for a second, so that DTR is low, open it, begin with the
			  modem's factory settings (&F, V.250 §6.1.2), then as soft */
};

/**
 * Bring a line back. The operation completes with 0 when the line is READY (verified on hook), else
 * with what failed. A command under way is withdrawn. A line that cannot be used is also opened
 * again by itself, after 1, 2, 4 … 60 seconds.
 *
 * @return 0 accepted; -EINVAL no such kind; -ESTALE, -EBADF; -EBUSY a reset is running or a call is
 * on the line; -ENOSPC; -ENOMEM
 */
TL_API int tl_line_reset(struct tl_ctx *ctx, tl_client client, tl_line line, enum tl_reset kind,
			 uint64_t *ret_op);

/** A picture of a line at one moment; owned by the caller, independent of the context. */
struct tl_line_info;

/** @return 0; -ESTALE; -EBADF; -ENOMEM */
TL_API int tl_line_get_info(struct tl_ctx *ctx, tl_line line, struct tl_line_info **ret_info);
/** @return NULL */
TL_API struct tl_line_info *tl_line_info_free(struct tl_line_info *info);

/** Texts belong to the info; never NULL, "" when unknown. */
TL_API tl_line tl_line_info_line(const struct tl_line_info *info);
TL_API const char *tl_line_info_name(const struct tl_line_info *info);
/** Its other names, separated by blanks. */
TL_API const char *tl_line_info_aliases(const struct tl_line_info *info);
TL_API const char *tl_line_info_device(const struct tl_line_info *info);
TL_API const char *tl_line_info_driver(const struct tl_line_info *info);
TL_API const char *tl_line_info_number(const struct tl_line_info *info);
TL_API enum tl_line_state tl_line_info_state(const struct tl_line_info *info);
/** Why it is FAULTY, GONE or ABSENT, in a sentence. */
TL_API const char *tl_line_info_why(const struct tl_line_info *info);
/** The error behind it, negative errno; 0 when all is well. */
TL_API int tl_line_info_error(const struct tl_line_info *info);
/** When the present state was entered: CLOCK_BOOTTIME and wall clock, microseconds. */
TL_API uint64_t tl_line_info_since_boot_us(const struct tl_line_info *info);
TL_API int64_t tl_line_info_since_wall_us(const struct tl_line_info *info);
/** What has first made the line unusable since it was READY last; "" when it is usable. Says which
 * steps of a drop were tried. The latest reason, after other attempts, is tl_line_info_why(). */
TL_API const char *tl_line_info_fault(const struct tl_line_info *info);
/** When that was; 0: never. */
TL_API uint64_t tl_line_info_fault_boot_us(const struct tl_line_info *info);
TL_API int64_t tl_line_info_fault_wall_us(const struct tl_line_info *info);
/** How often it has been opened and probed since then. */
TL_API uint32_t tl_line_info_attempts(const struct tl_line_info *info);
/** Milliseconds until it is tried again; 0: it is not waiting for that. */
TL_API uint64_t tl_line_info_retry_ms(const struct tl_line_info *info);
TL_API const char *tl_line_info_manufacturer(const struct tl_line_info *info); /**< +GMI */
TL_API const char *tl_line_info_model(const struct tl_line_info *info);	       /**< +GMM */
TL_API const char *tl_line_info_revision(const struct tl_line_info *info);     /**< +GMR */
TL_API bool tl_line_info_can(const struct tl_line_info *info, enum tl_media media);
/** Does the port have modem lines (DTR, DCD)? */
TL_API bool tl_line_info_has_modem_lines(const struct tl_line_info *info);
/** Does the modem tell who calls? */
TL_API bool tl_line_info_has_caller_id(const struct tl_line_info *info);
/** Can voice calls be held? See tl_session_hold(). */
TL_API bool tl_line_info_can_hold(const struct tl_line_info *info);

/** What may prove that the line is on hook again after a call, as far as the modem and its port are
 * able to. */
enum tl_proof {
	TL_PROOF_NO_CARRIER = 1 << 0, /**< the modem says so, of data calls */
	TL_PROOF_DCD = 1 << 1,	    /**< the modem line falls; where it was high during the call */
	TL_PROOF_VLS = 1 << 2,	    /**< +VLS? of V.253, of voice calls */
	TL_PROOF_CALL_LOG = 1 << 3, /**< the modem's own log, AT#UD */
	TL_PROOF_ATO = 1 << 4,	    /**< there is nothing to go back online to, of data calls */
};
#define TL_PROOF_COUNT 5

/** @return "no-carrier" and so on; NULL for what is not one bit of the above */
TL_API const char *tl_proof_name(enum tl_proof proof);
/** Bits of enum tl_proof; 0 until the modem has been probed. */
TL_API unsigned int tl_line_info_proofs(const struct tl_line_info *info);
/** Rings of the present offer. */
TL_API uint32_t tl_line_info_rings(const struct tl_line_info *info);
/** Who calls, while a call is offered and as far as it has been told; comes between two rings. */
TL_API const char *tl_line_info_caller(const struct tl_line_info *info);
TL_API const char *tl_line_info_caller_name(const struct tl_line_info *info);
/** The call on the line, by its number, 0: none. */
TL_API uint64_t tl_line_info_call(const struct tl_line_info *info);
/** About that call; IDLE, OUT, DATA and 0 when there is none. */
TL_API enum tl_call_state tl_line_info_call_state(const struct tl_line_info *info);
TL_API enum tl_direction tl_line_info_call_direction(const struct tl_line_info *info);
TL_API enum tl_media tl_line_info_call_media(const struct tl_line_info *info);
/** When it has entered its state: CLOCK_BOOTTIME, microseconds. */
TL_API uint64_t tl_line_info_call_since_boot_us(const struct tl_line_info *info);
/** The client that owns it, the first of several; .id 0: nobody. */
TL_API tl_client tl_line_info_call_owner(const struct tl_line_info *info);
TL_API uint64_t tl_line_info_calls_total(const struct tl_line_info *info);

/**
 * The ports of a line's device: all those of a USB modem that has several, in the order of their
 * interfaces, else its one port. Owned by the caller, independent of the context.
 */
struct tl_line_ports;

/** Looks at the machine, so it takes its time. @return 0; -ESTALE; -EBADF; -ENOMEM */
TL_API int tl_line_get_ports(struct tl_ctx *ctx, tl_line line, struct tl_line_ports **ret_ports);
/** @return NULL */
TL_API struct tl_line_ports *tl_line_ports_free(struct tl_line_ports *ports);
/** 0 while the device has not been found. */
TL_API size_t tl_line_ports_count(const struct tl_line_ports *ports);
/** Texts belong to the ports; "" when unknown or beyond the count. */
TL_API const char *tl_line_ports_path(const struct tl_line_ports *ports, size_t index);
/** "at", "data", "audio", "gps" or "diag". */
TL_API const char *tl_line_ports_role(const struct tl_line_ports *ports, size_t index);
/** Is it the one that the line opens? */
TL_API bool tl_line_ports_in_use(const struct tl_line_ports *ports, size_t index);

#ifdef __cplusplus
}
#endif
#endif
