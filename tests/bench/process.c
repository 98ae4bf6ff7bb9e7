/* SPDX-License-Identifier: MIT */
#include "tests/bench/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

extern char **environ;

double process_run(const char *program, char **argv)
{
	uint64_t start = bench_now_ns();
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	bench_check(posix_spawn_file_actions_init(&actions) == 0 &&
			    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
							     O_WRONLY, 0) == 0 &&
			    posix_spawn(&pid, program, &actions, NULL, argv, environ) == 0,
		    program);
	bench_check(waitpid(pid, &status, 0) == pid && status == 0, program);
	(void)posix_spawn_file_actions_destroy(&actions);
	return bench_since_us(start) / 1e3;
}

void process_make_folder(char *buf, size_t size)
{
	const char *parent = getenv("TMPDIR");
	int len = snprintf(buf, size, "%s/bench.XXXXXX", parent ? parent : "/tmp");

	bench_check(len > 0 && (size_t)len < size && mkdtemp(buf) != NULL, "TMPDIR");
}

double process_run_true(void)
{
	char *argv[] = {"true", NULL};

	return process_run("/bin/true", argv);
}

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	bench_check(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0,
		    "its clock");
	return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

/* The number behind a word at the start of a line of a file. */
static double read_number(const char *path, const char *word)
{
	char line[256];
	double value = -1;
	FILE *file;

	file = fopen(path, "re");
	bench_check(file != NULL, path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, word, strlen(word)) == 0)
			value = strtod(line + strlen(word), NULL);
	(void)fclose(file);
	bench_check(value >= 0, word);
	return value;
}

double process_pss_kib(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	return read_number(path, "Pss:");
}

double process_sleeps(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return read_number(path, "voluntary_ctxt_switches:");
}
