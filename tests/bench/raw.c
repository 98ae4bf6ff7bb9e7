/* SPDX-License-Identifier: MIT */
#include "tests/bench/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include "tests/bench/bench.h"

int raw_open_port(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios settings;

	bench_check(fd >= 0 && tcgetattr(fd, &settings) == 0, path);
	cfmakeraw(&settings);
	bench_check(tcsetattr(fd, TCSANOW, &settings) == 0, path);
	return fd;
}

size_t raw_some(ssize_t n, const char *what)
{
	bench_check(n > 0 || (n < 0 && errno == EAGAIN), what);
	return n > 0 ? (size_t)n : 0;
}

static void open_line(struct raw *raw, size_t index, const char *path)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
	struct raw_line *line = &raw->lines[index];

	line->fd = raw_open_port(path);
	bench_check(epoll_ctl(raw->epoll_fd, EPOLL_CTL_ADD, line->fd, &event) == 0, path);
}

void raw_open(struct raw *raw, const char (*paths)[32], size_t n)
{
	*raw = (struct raw){.n = n};
	raw->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	raw->lines = calloc(n, sizeof(*raw->lines));
	bench_check(raw->epoll_fd >= 0 && raw->lines, "no memory");
	for (size_t i = 0; i < n; i++)
		open_line(raw, i, paths[i]);
}

void raw_close(struct raw *raw)
{
	for (size_t i = 0; i < raw->n; i++)
		close(raw->lines[i].fd);
	close(raw->epoll_fd);
	free(raw->lines);
}

void raw_send(struct raw *raw, size_t line, const char *command)
{
	size_t len = strlen(command);

	bench_check(write(raw->lines[line].fd, command, len) == (ssize_t)len, "write");
}

static bool ends_with(const struct raw_line *line, const char *text)
{
	size_t len = strlen(text);

	return line->len >= len && memcmp(line->answer + line->len - len, text, len) == 0;
}

static bool is_complete(const struct raw_line *line)
{
	return ends_with(line, "OK\r\n") || ends_with(line, "ERROR\r\n") ||
	       ends_with(line, "NO CARRIER\r\n");
}

static size_t next_ready(struct raw *raw)
{
	while (raw->taken >= raw->ready) {
		raw->taken = 0;
		raw->ready = epoll_wait(raw->epoll_fd, raw->batch, RAW_BATCH, -1);
	}
	return raw->batch[raw->taken++].data.u64;
}

/* What there is, of the next line that has something. @return the line */
static size_t receive_some(struct raw *raw)
{
	size_t index = next_ready(raw);
	struct raw_line *line = &raw->lines[index];
	ssize_t n = read(line->fd, line->answer + line->len, sizeof(line->answer) - line->len);

	bench_check(n > 0, "read");
	line->len += (size_t)n;
	return index;
}

size_t raw_receive(struct raw *raw)
{
	for (;;) {
		size_t index = receive_some(raw);

		if (!is_complete(&raw->lines[index]))
			continue;
		raw->lines[index].len = 0;
		return index;
	}
}

void raw_await(struct raw *raw, size_t line, const char *end)
{
	while (!ends_with(&raw->lines[line], end))
		(void)receive_some(raw);
	raw->lines[line].len = 0;
}

void raw_drop(struct raw *raw, size_t n)
{
	bool *asked = calloc(n, sizeof(*asked));

	bench_check(asked != NULL, "no memory");
	for (size_t i = 0; i < n; i++)
		raw_send(raw, i, "ATH\r");
	for (size_t received = 0; received < 2 * n; received++) {
		size_t line = raw_receive(raw);

		if (!asked[line])
			raw_send(raw, line, "AT+VLS?\r");
		asked[line] = true;
	}
	free(asked);
}

void raw_ping_pong(struct raw *raw, size_t line, const char *command, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		raw_send(raw, line, command);
		(void)raw_receive(raw);
	}
}

void raw_all(struct raw *raw, const char *command, size_t n)
{
	size_t sent = 0;

	while (sent < raw->n && sent < n)
		raw_send(raw, sent++, command);
	for (size_t received = 0; received < n; received++) {
		size_t line = raw_receive(raw);

		if (sent < n) {
			raw_send(raw, line, command);
			sent++;
		}
	}
}
