/* SPDX-License-Identifier: MIT */
#include "hal/stream_tty.h"

#include <asm/termbits.h> /* struct termios2; clashes with <termios.h> */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define XON  0x11
#define XOFF 0x13

struct tty {
	struct hal_stream stream;
	int fd;
	bool lost;
	bool lent;
	bool was_lent; /* somebody may still have a descriptor */
	struct hal_watch watch;
	struct hal_work work; /* reports what is pending; after close: frees */
	unsigned int pending;
	unsigned int wanted; /* of the watch, once opened */
	struct hal_timer poll;
	uint32_t poll_ms;
	unsigned int lines;		     /* as last polled */
	struct hal_stream_counters counters; /* as last polled */
	struct hal_portlock lock;
};

static struct tty *to_tty(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct tty, stream);
}

static void emit(struct tty *tty, unsigned int events)
{
	if (tty->stream.fn)
		tty->stream.fn(tty->stream.user, events);
}

static void stop_all(struct tty *tty)
{
	hal_watch_stop(tty->stream.loop, &tty->watch);
	hal_timer_cancel(tty->stream.loop, &tty->poll);
}

/* From inside a call: the loss is reported from the loop. @return -ENODEV */
static int lose(struct tty *tty)
{
	if (!tty->lost) {
		tty->lost = true;
		tty->pending |= HAL_STREAM_LOST;
		stop_all(tty);
		hal_work_queue(tty->stream.loop, &tty->work);
	}
	return -ENODEV;
}

static bool is_loss(int error)
{
	return error == EIO || error == ENXIO || error == ENODEV;
}

/* What an ioctl left in errno, as a return value; a hung-up tty answers EIO to all of them. */
static int check(struct tty *tty, int result)
{
	if (result >= 0)
		return 0;
	return is_loss(errno) ? lose(tty) : -errno;
}

static ssize_t tty_read(struct hal_stream *s, void *buf, size_t size)
{
	struct tty *tty = to_tty(s);
	ssize_t n;

	if (tty->lost)
		return -ENODEV;
	if (tty->lent)
		return -EAGAIN;
	n = read(tty->fd, buf, size);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	return lose(tty);
}

static ssize_t tty_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct tty *tty = to_tty(s);
	ssize_t n;

	if (tty->lost)
		return -ENODEV;
	if (tty->lent)
		return -EAGAIN;
	n = write(tty->fd, buf, len);
	if (n > 0)
		return n;
	if (n == 0 || errno == EAGAIN || errno == EINTR)
		return -EAGAIN;
	return lose(tty);
}

static const struct {
	int bit;
	enum hal_stream_line line;
} line_bits[] = {
	{TIOCM_DTR, HAL_STREAM_DTR}, {TIOCM_RTS, HAL_STREAM_RTS}, {TIOCM_CTS, HAL_STREAM_CTS},
	{TIOCM_DSR, HAL_STREAM_DSR}, {TIOCM_CAR, HAL_STREAM_DCD}, {TIOCM_RNG, HAL_STREAM_RI},
};

static unsigned int to_lines(int bits)
{
	unsigned int lines = 0;

	for (size_t i = 0; i < sizeof(line_bits) / sizeof(line_bits[0]); i++)
		if (bits & line_bits[i].bit)
			lines |= line_bits[i].line;
	return lines;
}

static int from_lines(unsigned int lines)
{
	int bits = 0;

	for (size_t i = 0; i < sizeof(line_bits) / sizeof(line_bits[0]); i++)
		if (lines & line_bits[i].line)
			bits |= line_bits[i].bit;
	return bits;
}

static int tty_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	struct tty *tty = to_tty(s);
	int bits = 0, r;

	if (tty->lost)
		return -ENODEV;
	r = check(tty, ioctl(tty->fd, TIOCMGET, &bits));
	if (r < 0)
		return r;
	*ret_lines = to_lines(bits);
	return 0;
}

static int tty_set_lines(struct hal_stream *s, unsigned int lines, bool on)
{
	struct tty *tty = to_tty(s);
	int bits = from_lines(lines);

	if (tty->lost)
		return -ENODEV;
	return check(tty, ioctl(tty->fd, on ? TIOCMBIS : TIOCMBIC, &bits));
}

static int tty_get_counters(struct hal_stream *s, struct hal_stream_counters *ret_counters)
{
	struct serial_icounter_struct count = {0};
	struct tty *tty = to_tty(s);
	int r;

	if (tty->lost)
		return -ENODEV;
	r = check(tty, ioctl(tty->fd, TIOCGICOUNT, &count));
	if (r < 0)
		return r;
	*ret_counters = (struct hal_stream_counters){
		.cts = (uint32_t)count.cts,
		.dsr = (uint32_t)count.dsr,
		.dcd = (uint32_t)count.dcd,
		.ri = (uint32_t)count.rng,
		.frame = (uint32_t)count.frame,
		.parity = (uint32_t)count.parity,
		.overrun = (uint32_t)count.overrun,
		.brk = (uint32_t)count.brk,
	};
	return 0;
}

static int tty_set_break(struct hal_stream *s, bool on)
{
	struct tty *tty = to_tty(s);

	if (tty->lost)
		return -ENODEV;
	return check(tty, ioctl(tty->fd, on ? TIOCSBRK : TIOCCBRK));
}

static tcflag_t make_cflag(const struct hal_stream_config *config)
{
	tcflag_t cflag = CREAD | HUPCL;

	cflag |= config->bits == 7 ? CS7 : CS8;
	if (config->stop == 2)
		cflag |= CSTOPB;
	if (config->parity != HAL_STREAM_PARITY_NONE)
		cflag |= PARENB;
	if (config->parity == HAL_STREAM_PARITY_ODD)
		cflag |= PARODD;
	if (config->flow == HAL_STREAM_FLOW_RTSCTS)
		cflag |= CRTSCTS;
	if (config->clocal)
		cflag |= CLOCAL;
	return cflag;
}

static tcflag_t make_iflag(const struct hal_stream_config *config)
{
	tcflag_t iflag = IGNBRK;

	if (config->parity != HAL_STREAM_PARITY_NONE)
		iflag |= INPCK | IGNPAR;
	if (config->flow == HAL_STREAM_FLOW_XONXOFF)
		iflag |= IXON | IXOFF;
	return iflag;
}

/* On a pty nobody turns BOTHER into the constant that tcgetattr(3) knows: programs would read B0
 * there, which means to hang up. */
static tcflag_t make_rate(uint32_t baud)
{
	static const struct {
		uint32_t baud;
		tcflag_t rate;
	} rows[] = {
		{300, B300},	     {1200, B1200},	  {2400, B2400},       {4800, B4800},
		{9600, B9600},	     {19200, B19200},	  {38400, B38400},     {57600, B57600},
		{115200, B115200},   {230400, B230400},	  {460800, B460800},   {500000, B500000},
		{576000, B576000},   {921600, B921600},	  {1000000, B1000000}, {1152000, B1152000},
		{1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
		{3500000, B3500000}, {4000000, B4000000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].baud == baud)
			return rows[i].rate;
	return BOTHER;
}

static int make_raw(int fd, const struct hal_stream_config *config)
{
	const tcflag_t rates = CBAUD | (CBAUD << IBSHIFT);
	struct termios2 t;
	tcflag_t rate;

	if (config->bits < 7 || config->bits > 8 || config->stop < 1 || config->stop > 2)
		return -EINVAL;
	if (ioctl(fd, TCGETS2, &t) < 0)
		return -errno;
	t.c_cflag = (t.c_cflag & rates) | make_cflag(config);
	t.c_iflag = make_iflag(config);
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_line = 0;
	/* With VMIN 0 a read of 0 would mean "nothing there"; so it means "gone". */
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	t.c_cc[VSTART] = XON;
	t.c_cc[VSTOP] = XOFF;
	if (config->baud > 0) {
		rate = make_rate(config->baud);
		t.c_cflag = (t.c_cflag & ~rates) | rate | (rate << IBSHIFT);
		t.c_ispeed = config->baud;
		t.c_ospeed = config->baud;
	}
	return ioctl(fd, TCSETS2, &t) < 0 ? -errno : 0;
}

uint32_t hal_tty_get_speed(int fd)
{
	struct termios2 t;

	return ioctl(fd, TCGETS2, &t) < 0 ? 0 : t.c_ospeed;
}

static int tty_configure(struct hal_stream *s, const struct hal_stream_config *config)
{
	struct tty *tty = to_tty(s);
	int r;

	if (tty->lost)
		return -ENODEV;
	r = make_raw(tty->fd, config);
	return r < 0 && is_loss(-r) ? lose(tty) : r;
}

static int tty_flush(struct hal_stream *s)
{
	struct tty *tty = to_tty(s);

	if (tty->lost)
		return -ENODEV;
	return check(tty, ioctl(tty->fd, TCFLSH, TCIOFLUSH));
}

static int tty_unsent(struct hal_stream *s, bool forget, size_t *ret_n)
{
	struct tty *tty = to_tty(s);
	int n = 0, r;

	if (tty->lost)
		return -ENODEV;
	r = check(tty, ioctl(tty->fd, TIOCOUTQ, &n));
	if (r == 0 && forget)
		r = check(tty, ioctl(tty->fd, TCFLSH, TCOFLUSH));
	if (r == 0)
		*ret_n = n > 0 ? (size_t)n : 0;
	return r;
}

/* Until HAL_STREAM_OPENED has been reported nothing is watched: it comes first. What is lent is
 * watched for its loss only. */
static int want(struct tty *tty, unsigned int events, bool on)
{
	if (tty->lost)
		return -ENODEV;
	tty->wanted = on ? tty->wanted | events : tty->wanted & ~events;
	if (tty->lent || (tty->pending & HAL_STREAM_OPENED))
		return 0;
	return hal_watch_modify(tty->stream.loop, &tty->watch, tty->wanted);
}

static int tty_want_write(struct hal_stream *s, bool on)
{
	return want(to_tty(s), HAL_IO_WRITE, on);
}

static int tty_want_read(struct hal_stream *s, bool on)
{
	return want(to_tty(s), HAL_IO_READ, on);
}

/* Counters see what lies between two polls, and cost no USB transfer as TIOCMGET may. */
static int poll_lines(struct tty *tty, bool *ret_changed)
{
	struct hal_stream_counters counters = {0};
	unsigned int lines = 0;
	int r;

	if (hal_stream_has(&tty->stream, HAL_STREAM_CAP_COUNTERS))
		r = tty_get_counters(&tty->stream, &counters);
	else
		r = tty_get_lines(&tty->stream, &lines);
	if (r < 0)
		return r;
	*ret_changed = lines != tty->lines || counters.cts != tty->counters.cts ||
		       counters.dsr != tty->counters.dsr || counters.dcd != tty->counters.dcd ||
		       counters.ri != tty->counters.ri || counters.brk != tty->counters.brk;
	tty->lines = lines;
	tty->counters = counters;
	return 0;
}

static void on_poll(struct hal_timer *timer)
{
	struct tty *tty = HAL_CONTAINER_OF(timer, struct tty, poll);
	bool changed = false;

	if (poll_lines(tty, &changed) < 0)
		return; /* lost, and reported as such */
	hal_timer_arm_ms(tty->stream.loop, &tty->poll, tty->poll_ms);
	if (changed)
		emit(tty, HAL_STREAM_LINES);
}

static int tty_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	struct tty *tty = to_tty(s);
	bool changed;
	int r;

	if (tty->lost)
		return -ENODEV;
	hal_timer_cancel(s->loop, &tty->poll);
	if (interval_ms == 0)
		return 0;
	r = poll_lines(tty, &changed);
	if (r < 0)
		return r;
	tty->poll_ms = interval_ms;
	hal_timer_arm_ms(s->loop, &tty->poll, interval_ms);
	return 0;
}

static bool is_pty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && major(st.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
	       major(st.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
}

/* Not on a pty: the flag would outlive us there, as long as the master does. */
static int set_exclusive(int fd, bool on)
{
	if (!is_pty(fd) && ioctl(fd, on ? TIOCEXCL : TIOCNXCL) < 0)
		return -errno;
	return 0;
}

/* A description of its own, so that O_NONBLOCK stays ours. */
static int open_again(int fd)
{
	char path[32];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (again >= 0 && fcntl(again, F_SETFL, 0) == 0)
		return again;
	if (again >= 0)
		close(again);
	return -errno;
}

static int tty_lend(struct hal_stream *s, int *ret_fd)
{
	struct tty *tty = to_tty(s);
	int fd;

	if (tty->lost)
		return -ENODEV;
	if (tty->lent)
		return -EALREADY;
	/* Programs open their terminal by its name, too: pppd does. The lock file stays. */
	(void)set_exclusive(tty->fd, false);
	fd = open_again(tty->fd);
	if (fd < 0) {
		(void)set_exclusive(tty->fd, true);
		return is_loss(-fd) ? lose(tty) : fd;
	}
	tty->lent = true;
	tty->was_lent = true;
	/* Fails only where it is not watched: then it is lost, and told in its own way. */
	(void)hal_watch_modify(s->loop, &tty->watch, 0);
	*ret_fd = fd;
	return 0;
}

static void tty_take_back(struct hal_stream *s)
{
	struct tty *tty = to_tty(s);

	if (!tty->lent)
		return;
	tty->lent = false;
	if (tty->lost)
		return;
	(void)set_exclusive(tty->fd, true);
	(void)hal_watch_modify(s->loop, &tty->watch, tty->wanted);
}

static void free_tty(struct hal_work *work)
{
	struct tty *tty = HAL_CONTAINER_OF(work, struct tty, work);

	hal_portlock_release(&tty->lock);
	free(tty);
}

static void tty_close(struct hal_stream *s)
{
	struct tty *tty = to_tty(s);
	int bits = TIOCM_DTR | TIOCM_RTS;

	stop_all(tty);
	/* Each may fail on a port that is gone or has no such thing; there is nothing left to do.
	 */
	(void)ioctl(tty->fd, TIOCMBIC, &bits);
	(void)ioctl(tty->fd, TCFLSH, TCIOFLUSH);
	(void)ioctl(tty->fd, TIOCNXCL);
	/* Whoever still has it loses it, if we may do that (CAP_SYS_ADMIN). */
	if (tty->was_lent)
		(void)ioctl(tty->fd, TIOCVHANGUP);
	close(tty->fd);
	hal_work_cancel(&tty->work);
	/* Nobody waits for the lock of a device that is gone, but clients for the news of others
	 * that went with it. */
	if (tty->lost) {
		hal_loop_free_idly(s->loop, &tty->work, free_tty);
		return;
	}
	hal_portlock_release(&tty->lock);
	hal_loop_free_later(s->loop, &tty->work, free_tty);
}

static const struct hal_stream_ops tty_ops = {
	.name = "tty",
	.read = tty_read,
	.write = tty_write,
	.get_lines = tty_get_lines,
	.set_lines = tty_set_lines,
	.get_counters = tty_get_counters,
	.set_break = tty_set_break,
	.configure = tty_configure,
	.flush = tty_flush,
	.unsent = tty_unsent,
	.want_write = tty_want_write,
	.want_read = tty_want_read,
	.watch_lines = tty_watch_lines,
	.lend = tty_lend,
	.take_back = tty_take_back,
	.close = tty_close,
};

static void on_work(struct hal_work *work)
{
	struct tty *tty = HAL_CONTAINER_OF(work, struct tty, work);
	unsigned int events = tty->pending;

	tty->pending = 0;
	if ((events & HAL_STREAM_OPENED) && !tty->lost &&
	    hal_watch_modify(tty->stream.loop, &tty->watch, tty->wanted) < 0)
		(void)lose(tty); /* reported in the next turn */
	emit(tty, events);
}

static void on_watch(struct hal_watch *watch, unsigned int io)
{
	struct tty *tty = HAL_CONTAINER_OF(watch, struct tty, watch);
	unsigned int events = 0;

	/* A hung-up tty has dropped what was unread. */
	if (io & (HAL_IO_HUP | HAL_IO_ERROR)) {
		(void)lose(tty);
		return;
	}
	if (io & HAL_IO_READ)
		events |= HAL_STREAM_READABLE;
	if (io & HAL_IO_WRITE)
		events |= HAL_STREAM_WRITABLE;
	emit(tty, events);
}

/* Or close() may wait 30 s for a device that takes no more bytes. Not every driver has it. */
static void forbid_closing_wait(int fd)
{
	struct serial_struct serial;

	if (ioctl(fd, TIOCGSERIAL, &serial) < 0)
		return;
	serial.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	(void)ioctl(fd, TIOCSSERIAL, &serial);
}

static unsigned int probe_caps(int fd)
{
	struct serial_icounter_struct count;
	unsigned int caps = 0;
	int bits;

	if (ioctl(fd, TIOCMGET, &bits) == 0)
		caps |= HAL_STREAM_CAP_LINES;
	if (ioctl(fd, TIOCGICOUNT, &count) == 0)
		caps |= HAL_STREAM_CAP_COUNTERS;
	if (!is_pty(fd))
		caps |= HAL_STREAM_CAP_BREAK | HAL_STREAM_CAP_BAUD;
	return caps;
}

/* Whatever the opener did before: libserialport's versions differ in all of these. */
static int prepare(int fd, const struct hal_stream_config *config)
{
	int flags, r;

	r = make_raw(fd, config);
	if (r < 0)
		return r;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	r = set_exclusive(fd, true);
	if (r < 0)
		return r;
	forbid_closing_wait(fd);
	return 0;
}

int hal_stream_tty_adopt(struct hal_loop *loop, int fd, const char *path,
			 const struct hal_portlock *lock, const struct hal_stream_config *config,
			 struct hal_error *err, struct hal_stream **ret_stream)
{
	struct tty *tty;
	int r;

	tty = calloc(1, sizeof(*tty));
	if (!tty)
		return hal_stream_tty_explain(-ENOMEM, path, err);
	hal_watch_init(&tty->watch, on_watch);
	r = prepare(fd, config);
	if (r == 0)
		r = hal_watch_start(loop, &tty->watch, fd, 0);
	if (r < 0) {
		free(tty);
		return hal_stream_tty_explain(r, path, err);
	}
	tty->stream.ops = &tty_ops;
	tty->stream.loop = loop;
	tty->stream.caps = probe_caps(fd);
	tty->fd = fd;
	tty->lock = *lock;
	tty->wanted = HAL_IO_READ;
	tty->pending = HAL_STREAM_OPENED;
	hal_timer_init(&tty->poll, on_poll);
	hal_work_init(&tty->work, on_work);
	hal_work_queue(loop, &tty->work);
	*ret_stream = &tty->stream;
	return 0;
}

/* Some programs (picocom, tio, Debian's advice) lock the tty itself. We respect that and do not do
 * it: closing a tty that is locked may leave DTR up. */
static int probe_flock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : 0;
	(void)flock(fd, LOCK_UN);
	return 0;
}

static int open_tty(const char *path, int *ret_fd)
{
	struct termios2 t;
	int exclusive = 0;
	struct stat st;
	int fd, r = 0;

	if (stat(path, &st) < 0)
		return -errno;
	/* Opening what is no device can have effects of its own. */
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, TCGETS2, &t) < 0)
		r = -errno;
	else if (!is_pty(fd) && ioctl(fd, TIOCGEXCL, &exclusive) == 0 && exclusive)
		r = -EBUSY;
	else
		r = probe_flock(fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int hal_stream_tty_claim(const char *path, struct hal_error *err, struct hal_portlock *ret_lock,
			 int *ret_fd)
{
	struct hal_error why;
	int fd = -1, r;

	r = open_tty(path, &fd);
	if (r < 0)
		return hal_stream_tty_explain(r, path, err);
	r = hal_portlock_acquire(NULL, path, &why, ret_lock);
	if (r < 0) {
		close(fd);
		(void)snprintf(err->text, sizeof(err->text), "%s: %.128s", path, why.text);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int hal_stream_tty_open(struct hal_loop *loop, const char *path,
			const struct hal_stream_config *config, struct hal_error *err,
			struct hal_stream **ret_stream)
{
	struct hal_portlock lock;
	int fd = -1, r;

	r = hal_stream_tty_claim(path, err, &lock, &fd);
	if (r < 0)
		return r;
	r = hal_stream_tty_adopt(loop, fd, path, &lock, config, err, ret_stream);
	if (r < 0) {
		close(fd);
		hal_portlock_release(&lock);
	}
	return r;
}

static void explain_permission(const char *path, char *text, size_t size)
{
	struct group entry, *group = NULL;
	char names[1024];
	struct stat st;

	if (stat(path, &st) == 0)
		(void)getgrgid_r(st.st_gid, &entry, names, sizeof(names), &group);
	if (group && group->gr_gid != 0)
		(void)snprintf(text, size, "no permission to open %.64s: add the user to group %s",
			       path, group->gr_name);
	else
		(void)snprintf(text, size, "no permission to open %s", path);
}

static void explain_busy(const char *path, char *text, size_t size)
{
	char user[64];

	if (hal_portlock_find_user(path, user, sizeof(user)))
		(void)snprintf(text, size, "%.64s is used by %s", path, user);
	else
		(void)snprintf(text, size, "%s is in use", path);
}

int hal_stream_tty_explain(int r, const char *path, struct hal_error *err)
{
	char *text = err->text;
	size_t size = sizeof(err->text);

	if (r == -ENOENT)
		(void)snprintf(text, size, "%s does not exist", path);
	else if (r == -ENOTTY)
		(void)snprintf(text, size, "%s is not a serial port", path);
	else if (r == -EACCES || r == -EPERM)
		explain_permission(path, text, size);
	else if (r == -EBUSY)
		explain_busy(path, text, size);
	else if (is_loss(-r))
		(void)snprintf(text, size, "there is no device behind %s", path);
	else if (r == -EINVAL)
		(void)snprintf(text, size, "%s: these settings are not possible", path);
	else
		(void)snprintf(text, size, "%s: %s", path, strerror(-r));
	return r;
}
