/* SPDX-License-Identifier: MIT */
#ifndef HAL_STREAM_H
#define HAL_STREAM_H

/*
 * Byte streams with modem lines: ttys, network serial ports, in-memory pairs. Whatever moves bytes
 * to a modem is a hal_stream; what is above never sees a descriptor.
 *
 * Nothing here blocks. Loss of the far end (EPOLLHUP, EPOLLERR, read 0, EIO, ENXIO, ENODEV) is one
 * event, HAL_STREAM_LOST, reported once; afterwards every call but close gives -ENODEV.
 * Events are delivered from the loop, never from inside a call on the stream.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hal/log.h"
#include "hal/loop.h"

struct hal_stream;

enum hal_stream_cap {
	HAL_STREAM_CAP_LINES = 1 << 0,	  /* DTR RTS CTS DSR DCD RI */
	HAL_STREAM_CAP_COUNTERS = 1 << 1, /* transitions are counted, short pulses are not missed */
	HAL_STREAM_CAP_BREAK = 1 << 2,
	HAL_STREAM_CAP_BAUD = 1 << 3, /* rates have a meaning */
};

enum hal_stream_line {
	HAL_STREAM_DTR = 1 << 0,
	HAL_STREAM_RTS = 1 << 1,
	HAL_STREAM_CTS = 1 << 2,
	HAL_STREAM_DSR = 1 << 3,
	HAL_STREAM_DCD = 1 << 4,
	HAL_STREAM_RI = 1 << 5,
};

enum hal_stream_event {
	HAL_STREAM_OPENED = 1 << 0,   /* usable; comes once, first */
	HAL_STREAM_READABLE = 1 << 1, /* level: repeated while there are bytes */
	HAL_STREAM_WRITABLE = 1 << 2, /* only while asked for by hal_stream_want_write() */
	HAL_STREAM_LINES = 1 << 3, /* an input line changed, or a break came; only while watched */
	HAL_STREAM_LOST = 1 << 4,  /* last event */
};

enum hal_stream_parity { HAL_STREAM_PARITY_NONE, HAL_STREAM_PARITY_EVEN, HAL_STREAM_PARITY_ODD };
enum hal_stream_flow { HAL_STREAM_FLOW_NONE, HAL_STREAM_FLOW_RTSCTS, HAL_STREAM_FLOW_XONXOFF };

struct hal_stream_config {
	uint32_t baud; /* bit/s, any value; 0: leave as it is */
	uint8_t bits;  /* 7 or 8 */
	uint8_t stop;  /* 1 or 2 */
	enum hal_stream_parity parity;
	enum hal_stream_flow flow;
	bool clocal; /* ignore DCD; false: the kernel turns carrier loss into a hang-up */
	/* Network ports: lost after so long without a sign of life; 0: never */
	uint32_t silence_s;
};

#define HAL_STREAM_CONFIG_DEFAULT \
	((struct hal_stream_config){.baud = 115200, .bits = 8, .stop = 1, .clocal = true})

/* Transitions since the port was opened by anybody. */
struct hal_stream_counters {
	uint32_t cts, dsr, dcd, ri;
	uint32_t frame, parity, overrun, brk;
};

/* Why something could not be done, for people: "ttyUSB0 is used by minicom (pid 4711)". */
struct hal_error {
	char text[192];
};

typedef void (*hal_stream_fn)(void *user, unsigned int events);

struct hal_stream_ops {
	const char *name;
	/* > 0 bytes; -EAGAIN nothing there; -ENODEV lost. Never 0. */
	ssize_t (*read)(struct hal_stream *s, void *buf, size_t size);
	/* >= 1 bytes taken; -EAGAIN full; -ENODEV lost */
	ssize_t (*write)(struct hal_stream *s, const void *buf, size_t len);
	/* NULL: the stream has no such thing, the wrapper answers -EOPNOTSUPP */
	int (*get_lines)(struct hal_stream *s, unsigned int *ret_lines);
	int (*set_lines)(struct hal_stream *s, unsigned int lines, bool on);
	int (*get_counters)(struct hal_stream *s, struct hal_stream_counters *ret_counters);
	int (*set_break)(struct hal_stream *s, bool on);
	int (*configure)(struct hal_stream *s, const struct hal_stream_config *config);
	/* Forget bytes not yet sent and not yet read. */
	int (*flush)(struct hal_stream *s);
	/* Bytes taken by write that have not left; forget: they will not. */
	int (*unsent)(struct hal_stream *s, bool forget, size_t *ret_n);
	int (*want_write)(struct hal_stream *s, bool on);
	/* off: no HAL_STREAM_READABLE until on again, the far end is held by flow control */
	int (*want_read)(struct hal_stream *s, bool on);
	/* Report HAL_STREAM_LINES; interval_ms is for backends that can only poll, 0 stops. */
	int (*watch_lines)(struct hal_stream *s, uint32_t interval_ms);
	/*
	 * A descriptor of its own, blocking and O_CLOEXEC, for somebody else: the port's bytes and
	 * settings are theirs until take_back(). Modem lines, break and loss stay here; read and
	 * write give -EAGAIN. Nothing takes the descriptor back: take_back() is about this stream
	 * only, and close() hangs the port up where the process may, which ends all that others
	 * can do with it.
	 */
	int (*lend)(struct hal_stream *s, int *ret_fd);
	void (*take_back)(struct hal_stream *s);
	/* Lower DTR, give back locks, free; no event afterwards. */
	void (*close)(struct hal_stream *s);
};

/* Head of every backend's struct. */
struct hal_stream {
	const struct hal_stream_ops *ops;
	struct hal_loop *loop;
	hal_stream_fn fn;
	void *user;
	unsigned int caps; /* enum hal_stream_cap; known from HAL_STREAM_OPENED on */
	/* With HAL_STREAM_LOST, of backends that can tell: why, as a failed open() would. Without
	 * HAL_STREAM_OPENED before it, that is what it is. 0 and NULL: it has gone */
	int error;
	const char *why; /* the backend's, until it is closed */
};

/*
 * Opens streams by path. The real one is hal_stream_provider_system(); tests supply their own.
 */
struct hal_stream_provider {
	/*
	 * Start opening path. HAL_STREAM_OPENED or HAL_STREAM_LOST follows.
	 * @return 0; -ENOENT no such path; -ENOTTY not a tty; -EACCES no permission; -EBUSY in use
	 *         (err names the holder); -EINVAL bad config; -ENODEV gone; -ENOMEM; other -errno.
	 *         err is filled on every failure.
	 */
	int (*open)(const struct hal_stream_provider *provider, struct hal_loop *loop,
		    const char *path, const struct hal_stream_config *config, struct hal_error *err,
		    struct hal_stream **ret_stream);
};

/* Picks the backend: terminal servers for rfc2217://HOST:PORT, libserialport for real UARTs, plain
 * tty for the rest. */
const struct hal_stream_provider *hal_stream_provider_system(void);

/* Set before the loop runs again, or the first events go nowhere. */
static inline void hal_stream_set_handler(struct hal_stream *s, hal_stream_fn fn, void *user)
{
	s->fn = fn;
	s->user = user;
}

static inline ssize_t hal_stream_read(struct hal_stream *s, void *buf, size_t size)
{
	return s->ops->read(s, buf, size);
}

static inline ssize_t hal_stream_write(struct hal_stream *s, const void *buf, size_t len)
{
	return s->ops->write(s, buf, len);
}

/*
 * These give -EOPNOTSUPP where the backend or the device (hal_stream.caps) has no such thing.
 * Only DTR and RTS can be set: -EINVAL for other lines.
 */
int hal_stream_get_lines(struct hal_stream *s, unsigned int *ret_lines);
int hal_stream_set_lines(struct hal_stream *s, unsigned int lines, bool on);
int hal_stream_get_counters(struct hal_stream *s, struct hal_stream_counters *ret_counters);
int hal_stream_set_break(struct hal_stream *s, bool on);
int hal_stream_configure(struct hal_stream *s, const struct hal_stream_config *config);
int hal_stream_flush(struct hal_stream *s);
int hal_stream_unsent(struct hal_stream *s, bool forget, size_t *ret_n);
int hal_stream_want_write(struct hal_stream *s, bool on);
/* -EOPNOTSUPP: the caller must go on reading, and lose what it cannot keep. On after opening. */
int hal_stream_want_read(struct hal_stream *s, bool on);
int hal_stream_watch_lines(struct hal_stream *s, uint32_t interval_ms);
/* @return 0; -EALREADY it is lent; -EOPNOTSUPP it has no descriptor; -ENODEV; -errno of open(2) */
int hal_stream_lend(struct hal_stream *s, int *ret_fd);
/* Nothing happens when it is not lent. What was done to its settings is the caller's to undo. */
void hal_stream_take_back(struct hal_stream *s);
/* NULL is allowed. The stream must not be used afterwards; safe from inside its own handler. */
void hal_stream_close(struct hal_stream *s);

static inline bool hal_stream_has(const struct hal_stream *s, enum hal_stream_cap cap)
{
	return (s->caps & (unsigned int)cap) != 0;
}

#endif
