/* SPDX-License-Identifier: MIT */
/*
 * What others need for AT transactions, beside the same raw program as at.c and on the same
 * emulator: chat (of pppd), python3-serial and libgammu, where they are installed. Each is used as
 * its manual says. A slice of chat is one process: that is how it is used, and it takes 10 ms for a
 * byte. libgammu needs a modem that echoes, and has no plain AT: raw does the same beside it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/gammu.h"
#include "tests/bench/raw.h"

#define CHAT	    "/usr/sbin/chat"
#define PYTHON	    "/usr/bin/python3"
#define CHAT_SLICE  5
#define OTHER_SLICE 200

struct cost {
	double rate, cpu_us;
};

static double used_us(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* Of n transactions in this process, since then. */
static struct cost since(uint64_t cpu, uint64_t start, size_t n)
{
	return (struct cost){.rate = (double)n * 1e9 / (double)(bench_now_ns() - start),
			     .cpu_us = (double)(bench_cpu_ns() - cpu) / 1e3 / (double)n};
}

static struct cost raw_slice(struct raw *raw, const char *command, size_t n)
{
	uint64_t cpu = bench_cpu_ns(), start = bench_now_ns();

	raw_ping_pong(raw, 0, command, n);
	return since(cpu, start, n);
}

/* A process with in and out as its standard input and output. */
static pid_t spawn(char *const *argv, int in, int out)
{
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	bench_check(pid >= 0, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(in, STDIN_FILENO);
		(void)dup2(out, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* @return it exited with 0 */
static bool await_exit(pid_t pid, struct rusage *ret_usage)
{
	int status;

	bench_check(wait4(pid, &status, 0, ret_usage) == pid, "wait4");
	return status == 0;
}

struct peer {
	struct bench_figure rate, cpu;
};

#define PEER(id, text)                                                     \
	{                                                                  \
		{.name = id ".rate",                                       \
		 .what = "AT transactions, " text,                         \
		 .unit = "1/s",                                            \
		 .beside = "raw epoll ping-pong"},                         \
			{.name = id ".cpu",                                \
			 .what = "AT transactions, " text ": CPU of each", \
			 .unit = "us",                                     \
			 .beside = "raw epoll ping-pong"},                 \
	}

static void add(struct peer *peer, struct cost theirs, struct cost raw)
{
	bench_add(&peer->rate, theirs.rate, raw.rate);
	bench_add(&peer->cpu, theirs.cpu_us, raw.cpu_us);
}

static void print(const struct peer *peer)
{
	bench_print(&peer->rate);
	bench_print(&peer->cpu);
}

/* ---- chat ---- */

static struct cost chat_slice(const char *path)
{
	char *argv[4 + 2 * CHAT_SLICE + 1] = {CHAT, "-t", "30", ""};
	int port = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct rusage usage;
	uint64_t start;

	bench_check(port >= 0, path);
	for (size_t i = 0; i < CHAT_SLICE; i++) {
		argv[4 + 2 * i] = "AT";
		argv[5 + 2 * i] = "OK";
	}
	start = bench_now_ns();
	bench_check(await_exit(spawn(argv, port, port), &usage), "chat has failed");
	close(port);
	return (struct cost){.rate = CHAT_SLICE * 1e9 / (double)(bench_now_ns() - start),
			     .cpu_us = used_us(&usage) / CHAT_SLICE};
}

static void measure_chat(const char *path, struct raw *raw, size_t runs)
{
	static struct peer chat = PEER("at.chat", "chat of pppd");

	if (access(CHAT, X_OK) < 0) {
		bench_skip("at.chat", "AT transactions, chat of pppd", "package ppp is missing");
		return;
	}
	for (size_t i = 0; i < runs; i++)
		add(&chat, chat_slice(path), raw_slice(raw, "AT\r", OTHER_SLICE));
	print(&chat);
}

/* ---- python3-serial ---- */

/* Does as many as each line of its input says, then tells what it has used, in µs. */
static const char script[] = "import sys, time, serial\n"
			     "port = serial.Serial(sys.argv[1], 115200, timeout=30)\n"
			     "for n in sys.stdin:\n"
			     "    start = time.process_time()\n"
			     "    for _ in range(int(n)):\n"
			     "        port.write(b'AT\\r')\n"
			     "        while port.readline() != b'OK\\r\\n':\n"
			     "            pass\n"
			     "    print((time.process_time() - start) * 1e6, flush=True)\n";

static bool has_pyserial(void)
{
	char *argv[] = {PYTHON, "-c", "import serial", NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct rusage usage;
	bool found;

	/* What it has to say about a missing module is not for our user. */
	(void)fcntl(STDERR_FILENO, F_SETFD, FD_CLOEXEC);
	found = access(PYTHON, X_OK) == 0 && await_exit(spawn(argv, null, null), &usage);
	(void)fcntl(STDERR_FILENO, F_SETFD, 0);
	close(null);
	return found;
}

struct pyserial {
	pid_t pid;
	FILE *to, *from;
};

static void pyserial_start(struct pyserial *python, char *path)
{
	char *argv[] = {PYTHON, "-c", (char *)script, path, NULL};
	int in[2], out[2];

	bench_check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
	python->pid = spawn(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	python->to = fdopen(in[1], "w");
	python->from = fdopen(out[0], "r");
	bench_check(python->to && python->from, "fdopen");
}

static struct cost pyserial_slice(struct pyserial *python, size_t n)
{
	uint64_t start = bench_now_ns();
	char answer[64];

	(void)fprintf(python->to, "%zu\n", n);
	(void)fflush(python->to);
	bench_check(fgets(answer, sizeof(answer), python->from) != NULL, "python has failed");
	return (struct cost){.rate = (double)n * 1e9 / (double)(bench_now_ns() - start),
			     .cpu_us = strtod(answer, NULL) / (double)n};
}

static void measure_pyserial(char *path, struct raw *raw, size_t runs)
{
	static struct peer peer = PEER("at.pyserial", "python3-serial");
	struct pyserial python;
	struct rusage usage;

	if (!has_pyserial()) {
		bench_skip("at.pyserial", "AT transactions, python3-serial",
			   "package python3-serial is missing");
		return;
	}
	pyserial_start(&python, path);
	(void)pyserial_slice(&python, 1);
	for (size_t i = 0; i < runs; i++)
		add(&peer, pyserial_slice(&python, OTHER_SLICE),
		    raw_slice(raw, "AT\r", OTHER_SLICE));
	(void)fclose(python.to);
	(void)fclose(python.from);
	bench_check(await_exit(python.pid, &usage), "python has failed");
	print(&peer);
}

/* ---- libgammu ---- */

static struct cost gammu_slice(struct gammu *gammu, size_t n)
{
	uint64_t cpu = bench_cpu_ns(), start = bench_now_ns();

	gammu_transactions(gammu, n);
	return since(cpu, start, n);
}

static void measure_gammu(const char *path, struct raw *raw, size_t runs)
{
	static struct peer peer = PEER("at.gammu", "libgammu");
	struct gammu *gammu;
	const char *why;

	why = gammu_start(path, &gammu);
	if (why) {
		bench_skip("at.gammu", "AT transactions, libgammu", why);
		return;
	}
	raw_ping_pong(raw, 0, "ATE1\r", 1);
	for (size_t i = 0; i < runs; i++)
		add(&peer, gammu_slice(gammu, OTHER_SLICE),
		    raw_slice(raw, GAMMU_COMMAND, OTHER_SLICE));
	gammu_stop(gammu);
	print(&peer);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	static struct emulator emulator;
	struct raw raw;

	emulator_start(&emulator, 4);
	raw_open(&raw, emulator.paths, 1);
	measure_chat(emulator.paths[1], &raw, options.brief ? 1 : 5);
	measure_pyserial(emulator.paths[2], &raw, options.brief ? 1 : 20);
	measure_gammu(emulator.paths[3], &raw, options.brief ? 1 : 20);
	raw_close(&raw);
	emulator_stop(&emulator);
	return EXIT_SUCCESS;
}
