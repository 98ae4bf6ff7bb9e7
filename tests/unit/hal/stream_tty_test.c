/* SPDX-License-Identifier: MIT */
#include "hal/stream_tty.h"

#include <asm/termbits.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/serial.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wrap.h"

#define PATIENCE_MS 5000

/* Ptys have no modem lines; this gives one those of a UART. */
static struct {
	bool on;
	bool without_counters;
	bool exclusive;
	bool unplugged; /* every ioctl fails with EIO */
	int lines;
	struct serial_icounter_struct count;
	struct serial_struct serial;
} uart;

int __real_ioctl(int fd, unsigned long request, ...);
int __real_fstat(int fd, struct stat *st);

static int answer_counters(struct serial_icounter_struct *count)
{
	if (uart.without_counters) {
		errno = ENOTTY;
		return -1;
	}
	*count = uart.count;
	return 0;
}

static int answer(unsigned long request, void *arg)
{
	switch (request) {
	case TIOCMGET:
		*(int *)arg = uart.lines;
		return 0;
	case TIOCMBIS:
		uart.lines |= *(int *)arg;
		return 0;
	case TIOCMBIC:
		uart.lines &= ~*(int *)arg;
		return 0;
	case TIOCGICOUNT:
		return answer_counters(arg);
	case TIOCGEXCL:
		*(int *)arg = uart.exclusive;
		return 0;
	case TIOCEXCL:
		uart.exclusive = true;
		return 0;
	case TIOCNXCL:
		uart.exclusive = false;
		return 0;
	case TIOCGSERIAL:
		*(struct serial_struct *)arg = uart.serial;
		return 0;
	case TIOCSSERIAL:
		uart.serial = *(struct serial_struct *)arg;
		return 0;
	default:
		return 1; /* not ours */
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int r = 1;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (uart.unplugged) {
		errno = EIO;
		return -1;
	}
	if (uart.on)
		r = answer(request, arg);
	return r <= 0 ? r : __real_ioctl(fd, request, arg);
}

int __wrap_fstat(int fd, struct stat *st)
{
	int r = __real_fstat(fd, st);

	if (uart.on)
		st->st_rdev = makedev(4, 64);
	return r;
}

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_stream *s;
	struct hal_error err;
	int master;
	char path[64];
	unsigned int first, all;
	int calls, lost, line_events;
	char got[256];
	size_t got_len;
};

static void on_event(void *user, unsigned int events)
{
	struct fixture *f = user;
	ssize_t n;

	if (f->calls++ == 0)
		f->first = events;
	f->all |= events;
	f->lost += (events & HAL_STREAM_LOST) != 0;
	f->line_events += (events & HAL_STREAM_LINES) != 0;
	if (events & HAL_STREAM_WRITABLE)
		cr_assert_eq(hal_stream_want_write(f->s, false), 0);
	if (!(events & HAL_STREAM_READABLE))
		return;
	n = hal_stream_read(f->s, f->got + f->got_len, sizeof(f->got) - f->got_len);
	if (n > 0)
		f->got_len += (size_t)n;
}

static void open_master(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	hal_clock_virtual_init(&f->clock, 0, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	cr_assert_geq(f->master, 0);
	cr_assert_eq(unlockpt(f->master), 0);
	cr_assert_eq(ptsname_r(f->master, f->path, sizeof(f->path)), 0);
}

static int open_stream(struct fixture *f, const struct hal_stream_config *config)
{
	int r = hal_stream_tty_open(f->loop, f->path, config, &f->err, &f->s);

	if (r == 0)
		hal_stream_set_handler(f->s, on_event, f);
	return r;
}

/* Until nothing happens any more, or a second is over. */
static void run(struct fixture *f)
{
	(void)hal_loop_run_virtual(f->loop, &f->clock, f->clock.now_us + HAL_USEC_PER_SEC, NULL,
				   NULL);
}

/* The kernel hands bytes from one side of a pty to the other in its own time. */
static void wait_for_bytes(struct fixture *f, size_t len)
{
	while (f->got_len < len)
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
}

static void wait_for_event(struct fixture *f, unsigned int event)
{
	while (!(f->all & event))
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
}

static void read_master(const struct fixture *f, char *buf, size_t len)
{
	struct pollfd p = {.fd = f->master, .events = POLLIN};

	for (size_t got = 0; got < len;) {
		ssize_t n;

		cr_assert_eq(poll(&p, 1, PATIENCE_MS), 1);
		n = read(f->master, buf + got, len - got);
		cr_assert_gt(n, 0);
		got += (size_t)n;
	}
}

static void note_event(void *user, unsigned int events)
{
	struct fixture *f = user;

	f->all |= events;
}

static void setup(struct fixture *f)
{
	open_master(f);
	cr_assert_eq(open_stream(f, &HAL_STREAM_CONFIG_DEFAULT), 0, "%s", f->err.text);
	run(f);
	cr_assert_eq(f->first, HAL_STREAM_OPENED);
	cr_assert_eq(f->calls, 1);
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->s);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
	if (f->master >= 0)
		close(f->master);
}

static struct termios2 get_termios(const struct fixture *f)
{
	struct termios2 t;

	cr_assert_eq(__real_ioctl(f->master, TCGETS2, &t), 0);
	return t;
}

/* --- opening --- */

Test(stream_tty, settings_are_those_asked_for)
{
	static const struct {
		const char *name;
		struct hal_stream_config config;
		unsigned int cflag, iflag; /* set; of those below */
	} cases[] = {
		{"8N1", {.bits = 8, .stop = 1, .clocal = true}, CLOCAL, 0},
		{"odd rate", {.baud = 250000, .bits = 8, .stop = 1}, 0, 0},
		{"rts/cts",
		 {.bits = 8, .stop = 1, .flow = HAL_STREAM_FLOW_RTSCTS, .clocal = true},
		 CLOCAL | CRTSCTS,
		 0},
		{"xon/xoff",
		 {.bits = 8, .stop = 1, .flow = HAL_STREAM_FLOW_XONXOFF},
		 0,
		 IXON | IXOFF},
		{"even parity",
		 {.bits = 8, .stop = 1, .parity = HAL_STREAM_PARITY_EVEN},
		 0,
		 INPCK | IGNPAR},
		{"odd parity",
		 {.bits = 8, .stop = 1, .parity = HAL_STREAM_PARITY_ODD},
		 PARODD,
		 INPCK | IGNPAR},
		{"two stop bits", {.bits = 8, .stop = 2}, CSTOPB, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct termios2 t;

		open_master(&f);
		cr_assert_eq(open_stream(&f, &cases[i].config), 0, "%s", cases[i].name);
		t = get_termios(&f);
		cr_assert_eq(t.c_cflag & (CLOCAL | CRTSCTS | CSTOPB | PARODD), cases[i].cflag, "%s",
			     cases[i].name);
		cr_assert_eq(t.c_iflag & ~(unsigned int)IGNBRK, cases[i].iflag, "%s",
			     cases[i].name);
		cr_assert_eq(t.c_cflag & (HUPCL | CREAD | CSIZE), HUPCL | CREAD | CS8);
		cr_assert_eq(t.c_oflag, 0);
		cr_assert_eq(t.c_lflag, 0);
		cr_assert_eq(t.c_cc[VMIN], 1);
		cr_assert_eq(t.c_cc[VTIME], 0);
		cr_assert(cases[i].config.baud == 0 || t.c_ospeed == cases[i].config.baud);
		teardown(&f);
	}
}

Test(stream_tty, settings_can_be_changed_later)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(
		hal_stream_configure(
			f.s, &(struct hal_stream_config){.baud = 921600, .bits = 8, .stop = 1}),
		0);
	cr_assert_eq(get_termios(&f).c_ospeed, 921600);
	cr_assert_not(get_termios(&f).c_cflag & CLOCAL);
	cr_assert_eq(hal_stream_configure(f.s, &(struct hal_stream_config){.bits = 9, .stop = 1}),
		     -EINVAL);
	cr_assert_eq(hal_stream_configure(f.s, &(struct hal_stream_config){.bits = 8, .stop = 1}),
		     0);
	cr_assert_eq(get_termios(&f).c_ospeed, 921600, "0 leaves the rate as it is");
	teardown(&f);
}

Test(stream_tty, bad_settings_are_refused_and_leave_no_lock)
{
	static const struct hal_stream_config bad[] = {
		{.bits = 0, .stop = 1},
		{.bits = 6, .stop = 1},
		{.bits = 8, .stop = 0},
		{.bits = 8, .stop = 3},
	};
	struct fixture f;

	open_master(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(open_stream(&f, &bad[i]), -EINVAL);
		cr_assert_not_null(strstr(f.err.text, "settings"));
		cr_assert_null(f.s);
	}
	teardown(&f);
}

Test(stream_tty, what_is_no_port_is_refused_in_words)
{
	static const struct {
		const char *name, *path;
		int r;
		const char *words;
	} cases[] = {
		{"missing", "/nowhere/ttyUSB0", -ENOENT, "does not exist"},
		{"file", "/proc/self/status", -ENOTTY, "is not a serial port"},
		{"directory", "/tmp", -ENOTTY, "is not a serial port"},
		{"other device", "/dev/null", -ENOTTY, "is not a serial port"},
	};
	const struct hal_stream_provider *provider = hal_stream_provider_system();
	struct fixture f;

	open_master(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(provider->open(provider, f.loop, cases[i].path,
					    &HAL_STREAM_CONFIG_DEFAULT, &f.err, &f.s),
			     cases[i].r, "%s", cases[i].name);
		cr_assert_not_null(strstr(f.err.text, cases[i].path), "%s", f.err.text);
		cr_assert_not_null(strstr(f.err.text, cases[i].words), "%s", f.err.text);
		cr_assert_null(f.s);
	}
	teardown(&f);
}

Test(stream_tty, reasons_are_given_in_words)
{
	static const struct {
		int r;
		const char *words;
	} cases[] = {
		{-EACCES, "no permission to open"},
		{-EPERM, "no permission to open"},
		{-EBUSY, "in use"},
		{-EIO, "no device behind"},
		{-ENXIO, "no device behind"},
		{-ENODEV, "no device behind"},
		{-ENOMEM, "memory"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hal_error err = {""};

		cr_assert_eq(hal_stream_tty_explain(cases[i].r, "/nowhere/tty", &err), cases[i].r);
		cr_assert_not_null(strstr(err.text, cases[i].words), "%s", err.text);
	}
}

Test(stream_tty, a_missing_permission_names_the_group)
{
	char path[] = "/tmp/tty-XXXXXX", want[128];
	struct hal_error err = {""};
	struct stat st;
	int fd = mkstemp(path);

	/* Any group but root's, which is nobody's to join. */
	cr_assert_eq(__real_fstat(fd, &st), 0);
	if (st.st_gid == 0)
		cr_assert_eq(fchown(fd, (uid_t)-1, 20), 0);
	cr_assert_eq(__real_fstat(fd, &st), 0);
	(void)snprintf(want, sizeof(want), "add the user to group %s",
		       getgrgid(st.st_gid)->gr_name);
	(void)hal_stream_tty_explain(-EACCES, path, &err);
	cr_assert_not_null(strstr(err.text, want), "%s", err.text);
	close(fd);
	unlink(path);
}

Test(stream_tty, what_is_no_tty_is_not_adopted)
{
	struct hal_portlock lock = {.path = ""};
	struct fixture f;
	int sockets[2];

	open_master(&f);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	cr_assert_eq(hal_stream_tty_adopt(f.loop, sockets[0], "socket", &lock,
					  &HAL_STREAM_CONFIG_DEFAULT, &f.err, &f.s),
		     -ENOTTY);
	cr_assert_eq(fcntl(sockets[0], F_GETFD), 0, "still the caller's");
	close(sockets[0]);
	close(sockets[1]);
	teardown(&f);
}

Test(stream_tty, no_memory_is_an_error_like_others)
{
	struct fixture f;

	open_master(&f);
	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), -ENOMEM);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), 0, "no lock was left");
	teardown(&f);
}

Test(stream_tty, the_system_provider_opens_a_pty)
{
	const struct hal_stream_provider *provider = hal_stream_provider_system();
	struct fixture f;

	open_master(&f);
	cr_assert_eq(
		provider->open(provider, f.loop, f.path, &HAL_STREAM_CONFIG_DEFAULT, &f.err, &f.s),
		0, "%s", f.err.text);
	cr_assert_eq(f.s->caps, 0);
	hal_stream_close(f.s);
	f.s = NULL;
	cr_assert_eq(provider->open(provider, f.loop, f.path, &(struct hal_stream_config){0},
				    &f.err, &f.s),
		     -EINVAL);
	cr_assert_null(f.s);
	teardown(&f);
}

/* --- one program per port --- */

Test(stream_tty, a_port_held_exclusively_is_refused_and_its_holder_named)
{
	struct fixture f;
	char want[64], c;
	int ready[2];
	pid_t pid;

	open_master(&f);
	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)!open(f.path, O_RDWR | O_NOCTTY);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	uart.on = true;
	uart.exclusive = true;
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), -EBUSY);
	(void)snprintf(want, sizeof(want), "(pid %ld)", (long)pid);
	cr_assert_not_null(strstr(f.err.text, "is used by"), "%s", f.err.text);
	cr_assert_not_null(strstr(f.err.text, want), "%s", f.err.text);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	teardown(&f);
}

Test(stream_tty, a_uart_is_exclusive_while_open)
{
	struct hal_stream *second = NULL;
	struct fixture f;

	uart.on = true;
	setup(&f);
	cr_assert(uart.exclusive);
	cr_assert_eq(uart.serial.closing_wait, ASYNC_CLOSING_WAIT_NONE);
	cr_assert_eq(
		hal_stream_tty_open(f.loop, f.path, &HAL_STREAM_CONFIG_DEFAULT, &f.err, &second),
		-EBUSY);
	cr_assert_null(second);
	uart.lines = TIOCM_DTR | TIOCM_RTS | TIOCM_CAR;
	teardown(&f);
	cr_assert_not(uart.exclusive);
	cr_assert_eq(uart.lines, TIOCM_CAR, "close lowers DTR and RTS");
}

/* There the flag would survive the last close, as long as the master lives. */
Test(stream_tty, a_port_that_another_program_has_locked_is_refused)
{
	const struct hal_stream_config c = HAL_STREAM_CONFIG_DEFAULT;
	struct fixture f;
	int other;

	open_master(&f);
	other = open(f.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_eq(flock(other, LOCK_EX), 0);
	cr_assert_eq(hal_stream_tty_open(f.loop, f.path, &c, &f.err, &f.s), -EBUSY);
	close(other);
	cr_assert_eq(hal_stream_tty_open(f.loop, f.path, &c, &f.err, &f.s), 0);
	teardown(&f);
}

Test(stream_tty, a_pty_is_not_made_exclusive)
{
	struct fixture f;
	int exclusive = 0, slave;

	setup(&f);
	slave = open(f.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_geq(slave, 0);
	cr_assert_eq(__real_ioctl(slave, TIOCGEXCL, &exclusive), 0);
	cr_assert_eq(exclusive, 0);
	close(slave);
	teardown(&f);
}

/* --- bytes --- */
Test(stream_tty, bytes_go_both_ways_unchanged)
{
	static const char bytes[] = "\r\n\x03\x04\x11\x13\xff";
	struct fixture f;
	char got[16];

	setup(&f);
	cr_assert_eq(hal_stream_read(f.s, got, sizeof(got)), -EAGAIN);
	cr_assert_eq(write(f.master, bytes, sizeof(bytes)), sizeof(bytes));
	wait_for_bytes(&f, sizeof(bytes));
	cr_assert_arr_eq(f.got, bytes, sizeof(bytes));
	cr_assert_eq(hal_stream_write(f.s, bytes, sizeof(bytes)), sizeof(bytes));
	read_master(&f, got, sizeof(bytes));
	cr_assert_arr_eq(got, bytes, sizeof(bytes));
	teardown(&f);
}

Test(stream_tty, opened_comes_before_the_first_byte)
{
	struct fixture f;

	open_master(&f);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), 0);
	cr_assert_eq(write(f.master, "early", 5), 5);
	cr_assert_eq(f.calls, 0, "never inside the call");
	wait_for_bytes(&f, 5);
	cr_assert_eq(f.first, HAL_STREAM_OPENED);
	teardown(&f);
}

Test(stream_tty, a_full_port_refuses_and_reports_room)
{
	char buf[4096] = {0};
	struct fixture f;
	ssize_t n;

	setup(&f);
	/* The kernel may make room again at any time: the first refusal counts. */
	while ((n = hal_stream_write(f.s, buf, sizeof(buf))) > 0)
		;
	cr_assert_eq(n, -EAGAIN);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	do
		read_master(&f, buf, 1);
	while (hal_loop_dispatch(f.loop) == 0);
	cr_assert(f.all & HAL_STREAM_WRITABLE);
	cr_assert_eq(hal_loop_dispatch(f.loop), 0);
	cr_assert_eq(f.calls, 2, "once asked, once told");
	teardown(&f);
}

Test(stream_tty, a_paused_reader_is_not_told_of_bytes)
{
	struct fixture f;

	open_master(&f);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), 0);
	cr_assert_eq(hal_stream_want_read(f.s, false), 0, "before it has opened");
	cr_assert_eq(write(f.master, "held", 4), 4);
	run(&f);
	cr_assert_eq(f.got_len, 0);
	cr_assert_eq(hal_stream_want_read(f.s, true), 0);
	wait_for_bytes(&f, 4);
	teardown(&f);
}

Test(stream_tty, flush_forgets_what_is_unread)
{
	struct fixture f;
	char got[8];

	setup(&f);
	hal_stream_set_handler(f.s, note_event, &f);
	cr_assert_eq(write(f.master, "unread", 6), 6);
	wait_for_event(&f, HAL_STREAM_READABLE);
	cr_assert_eq(hal_stream_flush(f.s), 0);
	cr_assert_eq(hal_stream_read(f.s, got, sizeof(got)), -EAGAIN);
	teardown(&f);
}

/* --- loss --- */

static void assert_dead(struct hal_stream *s)
{
	struct hal_stream_counters counters;
	unsigned int lines;
	char c;

	cr_assert_eq(hal_stream_read(s, &c, 1), -ENODEV);
	cr_assert_eq(hal_stream_write(s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_get_lines(s, &lines), -ENODEV);
	cr_assert_eq(hal_stream_set_lines(s, HAL_STREAM_DTR, true), -ENODEV);
	cr_assert_eq(hal_stream_get_counters(s, &counters), -ENODEV);
	cr_assert_eq(hal_stream_set_break(s, true), -ENODEV);
	cr_assert_eq(hal_stream_configure(s, &HAL_STREAM_CONFIG_DEFAULT), -ENODEV);
	cr_assert_eq(hal_stream_flush(s), -ENODEV);
	cr_assert_eq(hal_stream_want_write(s, true), -ENODEV);
	cr_assert_eq(hal_stream_want_read(s, true), -ENODEV);
	cr_assert_eq(hal_stream_watch_lines(s, 100), -ENODEV);
}

static ssize_t read_one(struct hal_stream *s)
{
	char c;

	return hal_stream_read(s, &c, 1);
}

static ssize_t write_one(struct hal_stream *s)
{
	return hal_stream_write(s, "x", 1);
}

static ssize_t configure(struct hal_stream *s)
{
	return hal_stream_configure(s, &HAL_STREAM_CONFIG_DEFAULT);
}

static ssize_t flush(struct hal_stream *s)
{
	return hal_stream_flush(s);
}

Test(stream_tty, loss_is_reported_once_however_it_is_found)
{
	static const struct {
		const char *name;
		ssize_t (*call)(struct hal_stream *s);
	} cases[] = {
		{"epoll", NULL},	  {"read", read_one}, {"write", write_one},
		{"configure", configure}, {"flush", flush},
	};

	uart.on = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f);
		close(f.master);
		f.master = -1;
		if (cases[i].call)
			cr_assert_eq(cases[i].call(f.s), -ENODEV, "%s", cases[i].name);
		cr_assert_eq(f.lost, 0, "never inside the call");
		run(&f);
		cr_assert_eq(f.lost, 1, "%s", cases[i].name);
		assert_dead(f.s);
		cr_assert_eq(hal_loop_dispatch(f.loop), 0, "no longer watched");
		cr_assert_eq(f.lost, 1, "%s", cases[i].name);
		teardown(&f);
	}
}

Test(stream_tty, loss_is_found_by_polling_the_lines)
{
	struct fixture f;

	uart.on = true;
	setup(&f);
	cr_assert_eq(hal_stream_watch_lines(f.s, 100), 0);
	uart.unplugged = true;
	run(&f);
	cr_assert_eq(f.lost, 1);
	uart.unplugged = false;
	teardown(&f);
}

Test(stream_tty, it_is_lost_when_it_cannot_be_watched)
{
	struct fixture f;

	open_master(&f);
	wrap_fail_next(&wrap_epoll_ctl, ENOSPC);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), -ENOSPC);
	cr_assert_eq(open_stream(&f, &HAL_STREAM_CONFIG_DEFAULT), 0);
	wrap_fail_next(&wrap_epoll_ctl, ENOMEM);
	run(&f);
	cr_assert_eq(f.lost, 1);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -ENODEV);
	teardown(&f);
}

static void close_on_event(void *user, unsigned int events)
{
	struct fixture *f = user;

	f->all |= events;
	hal_stream_close(f->s);
	f->s = NULL;
}

Test(stream_tty, it_can_be_closed_by_its_own_handler)
{
	struct fixture f;

	setup(&f);
	hal_stream_set_handler(f.s, close_on_event, &f);
	cr_assert_eq(write(f.master, "x", 1), 1);
	wait_for_event(&f, HAL_STREAM_READABLE);
	cr_assert_null(f.s);
	teardown(&f);
}

/* --- modem lines --- */

Test(stream_tty, a_pty_has_no_lines)
{
	struct fixture f;
	unsigned int lines;

	setup(&f);
	cr_assert_eq(f.s->caps, 0);
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_watch_lines(f.s, 100), -EOPNOTSUPP);
	teardown(&f);
}

Test(stream_tty, lines_are_read_and_set)
{
	struct fixture f;
	unsigned int lines;

	uart.on = true;
	setup(&f);
	cr_assert_eq(f.s->caps, HAL_STREAM_CAP_LINES | HAL_STREAM_CAP_COUNTERS |
					HAL_STREAM_CAP_BREAK | HAL_STREAM_CAP_BAUD);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR | HAL_STREAM_RTS, true), 0);
	cr_assert_eq(uart.lines, TIOCM_DTR | TIOCM_RTS);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_RTS, false), 0);
	uart.lines |= TIOCM_CAR | TIOCM_RNG | TIOCM_CTS | TIOCM_DSR;
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_CTS | HAL_STREAM_DSR | HAL_STREAM_DCD |
				    HAL_STREAM_RI);
	cr_assert_eq(hal_stream_set_break(f.s, true), 0);
	cr_assert_eq(hal_stream_set_break(f.s, false), 0);
	teardown(&f);
}

Test(stream_tty, counters_catch_a_pulse_between_two_polls)
{
	struct hal_stream_counters counters;
	struct fixture f;

	uart.on = true;
	setup(&f);
	cr_assert_eq(hal_loop_next_deadline_us(f.loop), UINT64_MAX, "off: no wake-ups");
	uart.count.rng = 7;
	cr_assert_eq(hal_stream_watch_lines(f.s, 100), 0);
	run(&f);
	cr_assert_eq(f.line_events, 0, "it had rung before");
	uart.count.rng++;
	uart.count.frame = 3;
	run(&f);
	cr_assert_eq(f.line_events, 1);
	cr_assert_eq(hal_stream_get_counters(f.s, &counters), 0);
	cr_assert_eq(counters.ri, 8);
	cr_assert_eq(counters.frame, 3);

	cr_assert_eq(hal_stream_watch_lines(f.s, 0), 0);
	uart.count.dcd++;
	run(&f);
	cr_assert_eq(f.line_events, 1);
	cr_assert_eq(hal_loop_next_deadline_us(f.loop), UINT64_MAX);
	teardown(&f);
}

Test(stream_tty, without_counters_the_lines_themselves_are_polled)
{
	struct hal_stream_counters counters;
	struct fixture f;

	uart.on = true;
	uart.without_counters = true;
	setup(&f);
	cr_assert_eq(hal_stream_get_counters(f.s, &counters), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_watch_lines(f.s, 100), 0);
	uart.lines |= TIOCM_CAR;
	run(&f);
	cr_assert_eq(f.line_events, 1);
	uart.lines &= ~TIOCM_CAR;
	run(&f);
	cr_assert_eq(f.line_events, 2);
	teardown(&f);
}
