/* SPDX-License-Identifier: MIT */
#include "tests/bench/emulator.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define COMMAND_MAX 160
#define DATA_MAX    4096
#define BATCH	    64

enum request_kind { SET_DELAY, SAY_NO_CARRIER, UNPLUG, LEND, TAKE_BACK };

struct request {
	enum request_kind kind;
	uint32_t value; /* line or delay */
};

struct line {
	int master;
	int slave;   /* kept open, or the master would be hung up between two users */
	bool online; /* data state */
	bool echoes; /* commands; off until ATE1 (V.250 §6.2.4) */
	size_t len;
	char command[COMMAND_MAX];
	const char *answer; /* due at due_ns */
	uint64_t due_ns;
};

struct modems {
	int epoll_fd, timer_fd, control;
	size_t n;
	uint64_t delay_ns;
	/* All answers are delayed alike, so they fall due in the order in which they were put off.
	 */
	uint32_t queue[EMULATOR_LINES_MAX];
	size_t head, waiting;
	struct line lines[EMULATOR_LINES_MAX];
};

#define OK "\r\nOK\r\n"

static const struct emulator_rule answers[] = {
	{"AT\r", OK},
	{"ATO", "\r\nNO CARRIER\r\n"},
	{"AT+VLS?", "\r\n+VLS: 0\r\n" OK},
	{"AT+FCLASS=?", "\r\n0,8\r\n" OK},
	{"AT+GMI", "\r\nTrunkline\r\n" OK},
	{"AT+GMM", "\r\nBench\r\n" OK},
	{"AT+GMR", "\r\n1\r\n" OK},
	{"AT+GCAP", "\r\n+GCAP: +FCLASS,+V\r\n" OK},
	{"AT#UD", "\r\nERROR\r\n"},
	/* What libgammu asks of a modem (27.007); it is content with OK to the rest. */
	{"AT+CSCS?", "\r\n+CSCS: \"GSM\"\r\n" OK},
	{"AT+CSCS=?", "\r\n+CSCS: (\"GSM\",\"HEX\")\r\n" OK},
	{"AT+CSQ", "\r\n+CSQ: 20,0\r\n" OK},
	{"AT", OK},
	{"", "\r\nERROR\r\n"},
};

const char *emulator_look_up(const struct emulator_rule *rules, const char *command)
{
	while (strncmp(command, rules->command, strlen(rules->command)) != 0)
		rules++;
	return rules->answer;
}

const char *emulator_answer(const char *command)
{
	return emulator_look_up(answers, command);
}

static void put(int fd, const char *text)
{
	/* A line that is gone, or whose user does not read, has lost it. */
	ssize_t n = write(fd, text, strlen(text));

	(void)n;
}

static void set_alarm(struct modems *m)
{
	struct itimerspec when = {0};

	if (m->waiting > 0) {
		uint64_t due = m->lines[m->queue[m->head]].due_ns;

		when.it_value.tv_sec = (time_t)(due / UINT64_C(1000000000));
		when.it_value.tv_nsec = (long)(due % UINT64_C(1000000000));
	}
	bench_check(timerfd_settime(m->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0, "timerfd");
}

static void answer(struct modems *m, uint32_t index)
{
	struct line *line = &m->lines[index];
	const char *text = emulator_answer(line->command);

	if (m->delay_ns == 0) {
		put(line->master, text);
		return;
	}
	line->answer = text;
	line->due_ns = bench_now_ns() + m->delay_ns;
	m->queue[(m->head + m->waiting++) % EMULATOR_LINES_MAX] = index;
	if (m->waiting == 1)
		set_alarm(m);
}

static void answer_late(struct modems *m)
{
	uint64_t fired, now = bench_now_ns();

	if (read(m->timer_fd, &fired, sizeof(fired)) < 0)
		return;
	while (m->waiting > 0 && m->lines[m->queue[m->head]].due_ns <= now) {
		struct line *line = &m->lines[m->queue[m->head]];

		m->head = (m->head + 1) % EMULATOR_LINES_MAX;
		m->waiting--;
		put(line->master, line->answer);
	}
	set_alarm(m);
}

/* Data goes nowhere. Alone in a read, and so after a pause, "+++" is the escape sequence. */
static void hear(struct line *line)
{
	char data[DATA_MAX];
	ssize_t n = read(line->master, data, sizeof(data));

	if (n != 3 || memcmp(data, "+++", 3) != 0)
		return;
	line->online = false;
	put(line->master, OK);
}

static bool is_data_call(const struct line *line)
{
	return strncmp(line->command, "ATS7=", 5) == 0 && line->command[line->len - 2] != ';';
}

static void receive(struct modems *m, uint32_t index)
{
	struct line *line = &m->lines[index];
	ssize_t n;

	if (line->online) {
		hear(line);
		return;
	}
	n = read(line->master, line->command + line->len, COMMAND_MAX - 1 - line->len);

	if (n <= 0)
		return;
	line->len += (size_t)n;
	line->command[line->len] = '\0';
	if (line->command[line->len - 1] != '\r' && line->len < COMMAND_MAX - 1)
		return;
	if (line->echoes)
		put(line->master, line->command);
	if (strncmp(line->command, "ATE", 3) == 0)
		line->echoes = line->command[3] == '1';
	line->online = is_data_call(line);
	if (line->online)
		put(line->master, "\r\nCONNECT 33600\r\n");
	else
		answer(m, index);
	line->len = 0;
}

static void unplug(struct line *line)
{
	close(line->slave);
	close(line->master);
	line->master = -1;
	line->slave = -1;
}

static void for_lines(struct modems *m, uint32_t which, void (*fn)(struct line *line))
{
	uint32_t first = which == EMULATOR_ALL ? 0 : which;
	uint32_t last = which == EMULATOR_ALL ? (uint32_t)m->n - 1 : which;

	for (uint32_t i = first; i <= last; i++)
		fn(&m->lines[i]);
}

static void say_no_carrier(struct line *line)
{
	put(line->master, "\r\nNO CARRIER\r\n");
}

static void watch(struct modems *m, int fd, uint32_t tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

	bench_check(epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void send_fd(int control, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} rights = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS}};
	struct iovec text = {.iov_base = (char[]){0}, .iov_len = 1};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof(rights)};

	memcpy(CMSG_DATA(&rights.header), &fd, sizeof(fd));
	bench_check(sendmsg(control, &message, MSG_NOSIGNAL) == 1, "sendmsg");
}

static void lend(struct modems *m, const struct line *line)
{
	bench_check(epoll_ctl(m->epoll_fd, EPOLL_CTL_DEL, line->master, NULL) == 0, "epoll_ctl");
	send_fd(m->control, line->master);
}

/* @return false when whoever started us has closed the other end */
static bool take_request(struct modems *m)
{
	struct request request;
	uint64_t reply;

	if (recv(m->control, &request, sizeof(request), 0) != (ssize_t)sizeof(request))
		return false;
	if (request.kind == SET_DELAY)
		m->delay_ns = request.value * UINT64_C(1000);
	/* The reply goes first: whoever waits for it must not miss the beginning. */
	reply = bench_now_ns();
	if (send(m->control, &reply, sizeof(reply), MSG_NOSIGNAL) != (ssize_t)sizeof(reply))
		return false;
	if (request.kind == SAY_NO_CARRIER)
		for_lines(m, request.value, say_no_carrier);
	else if (request.kind == UNPLUG)
		for_lines(m, request.value, unplug);
	else if (request.kind == LEND)
		lend(m, &m->lines[request.value]);
	else if (request.kind == TAKE_BACK)
		watch(m, m->lines[request.value].master, request.value);
	return true;
}

#define TAG_CONTROL UINT32_MAX
#define TAG_TIMER   (UINT32_MAX - 1)

static void serve(struct modems *m)
{
	struct epoll_event events[BATCH];
	bool wanted = true;

	watch(m, m->control, TAG_CONTROL);
	watch(m, m->timer_fd, TAG_TIMER);
	for (uint32_t i = 0; i < m->n; i++)
		watch(m, m->lines[i].master, i);
	while (wanted) {
		int n = epoll_wait(m->epoll_fd, events, BATCH, -1);

		for (int i = 0; i < n && wanted; i++) {
			uint32_t tag = events[i].data.u32;

			if (tag == TAG_CONTROL)
				wanted = take_request(m);
			else if (tag == TAG_TIMER)
				answer_late(m);
			else if (m->lines[tag].master >= 0)
				receive(m, tag);
		}
	}
}

static void open_pty(struct line *line, char *path, size_t size)
{
	struct termios raw;

	line->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	bench_check(line->master >= 0, "posix_openpt");
	bench_check(grantpt(line->master) == 0 && unlockpt(line->master) == 0, "unlockpt");
	bench_check(path && ptsname_r(line->master, path, size) == 0, "ptsname_r");
	line->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	bench_check(line->slave >= 0, path);
	bench_check(tcgetattr(line->slave, &raw) == 0, "tcgetattr");
	cfmakeraw(&raw);
	bench_check(tcsetattr(line->slave, TCSANOW, &raw) == 0, "tcsetattr");
}

static void run(struct modems *m, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	m->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	bench_check(m->epoll_fd >= 0 && m->timer_fd >= 0, "epoll and timerfd");
	serve(m);
	_exit(0);
}

void emulator_start(struct emulator *emulator, size_t lines)
{
	struct modems *m = calloc(1, sizeof(*m));
	pid_t parent = getpid();
	int ends[2];

	bench_check(m != NULL && lines <= EMULATOR_LINES_MAX, "modems");
	bench_check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	m->n = lines;
	m->control = ends[1];
	for (size_t i = 0; i < lines; i++)
		open_pty(&m->lines[i], emulator->paths[i], sizeof(emulator->paths[i]));
	emulator->n = lines;
	emulator->control = ends[0];
	(void)fflush(stdout);
	emulator->pid = fork();
	bench_check(emulator->pid >= 0, "fork");
	if (emulator->pid == 0) {
		close(ends[0]);
		run(m, parent);
	}
	close(ends[1]);
	for (size_t i = 0; i < lines; i++)
		unplug(&m->lines[i]);
	free(m);
}

void emulator_stop(struct emulator *emulator)
{
	close(emulator->control);
	bench_check(waitpid(emulator->pid, NULL, 0) == emulator->pid, "waitpid");
}

static uint64_t ask(struct emulator *emulator, enum request_kind kind, uint32_t value)
{
	struct request request = {.kind = kind, .value = value};
	uint64_t reply = 0;

	bench_check(send(emulator->control, &request, sizeof(request), MSG_NOSIGNAL) ==
			    (ssize_t)sizeof(request),
		    "the emulator is gone");
	bench_check(recv(emulator->control, &reply, sizeof(reply), 0) == (ssize_t)sizeof(reply),
		    "the emulator is gone");
	return reply;
}

void emulator_set_delay(struct emulator *emulator, uint32_t delay_us)
{
	(void)ask(emulator, SET_DELAY, delay_us);
}

uint64_t emulator_say_no_carrier(struct emulator *emulator, uint32_t line)
{
	return ask(emulator, SAY_NO_CARRIER, line);
}

uint64_t emulator_unplug(struct emulator *emulator, uint32_t line)
{
	return ask(emulator, UNPLUG, line);
}

int emulator_lend(struct emulator *emulator, uint32_t line)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} rights;
	char byte;
	struct iovec text = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof(rights)};
	int fd;

	(void)ask(emulator, LEND, line);
	bench_check(recvmsg(emulator->control, &message, MSG_CMSG_CLOEXEC) == 1 &&
			    CMSG_FIRSTHDR(&message),
		    "no descriptor");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

void emulator_take_back(struct emulator *emulator, uint32_t line)
{
	(void)ask(emulator, TAKE_BACK, line);
}
