/* SPDX-License-Identifier: MIT */
/* lined beside ModemManager, which does for cellular modems what lined does for lines. */
#include <poll.h>
#include <stdlib.h>

#include "tests/bench/bench.h"

#ifdef HAVE_DBUS

#include "tests/bench/daemon.h"
#include "tests/bench/emulator.h"
#include "tests/bench/modemmanager.h"
#include "tests/bench/process.h"

static const char *why_not(void)
{
	return modemmanager_missing();
}

/* ---- start ---- */

static void measure_start(struct emulator *emulator, size_t runs)
{
	static struct bench_figure start = {.name = "mm.start",
					    .what = "lined, exec to READY=1, no modem",
					    .unit = "ms",
					    .beside = "ModemManager, exec to its name on the bus"};
	static struct bench_figure usable = {.name = "mm.usable",
					     .what = "lined, exec to one line READY",
					     .unit = "ms",
					     .beside = "ModemManager, exec to one modem set up"};

	for (size_t i = 0; i < runs; i++) {
		struct modemmanager *mm = modemmanager_start(false);
		struct daemon empty, daemon;
		double mm_ms, ms;

		modemmanager_add_modem(mm);
		mm_ms = bench_since_us(modemmanager_started_ns(mm)) / 1e3;
		daemon_start(&empty, emulator->paths, 0);
		daemon_start(&daemon, emulator->paths, 1);
		daemon_await_ready(&daemon, 1);
		ms = bench_since_us(daemon.started_ns) / 1e3;
		bench_add(&start, empty.ready_ms, modemmanager_start_ms(mm));
		bench_add(&usable, ms, mm_ms);
		daemon_stop(&daemon);
		daemon_stop(&empty);
		modemmanager_stop(mm);
	}
	bench_print(&start);
	bench_print(&usable);
}

/* ---- both with one modem ---- */

struct rig {
	struct daemon daemon;
	struct modemmanager *mm;
};

static uint64_t peers_cpu_ns(const struct rig *rig)
{
	return process_cpu_ns(modemmanager_pid(rig->mm)) +
	       process_cpu_ns(modemmanager_bus_pid(rig->mm));
}

static double peers_command_us(struct rig *rig)
{
	uint64_t start = bench_now_ns();

	modemmanager_command(rig->mm);
	return bench_since_us(start);
}

static void measure_command(struct rig *rig, size_t runs)
{
	static struct bench_figure latency = {.name = "mm.command",
					      .what = "one AT command through lined's socket",
					      .unit = "us",
					      .beside = "ModemManager's Command()"};
	static struct bench_figure cpu = {.name = "mm.command.cpu",
					  .what = "CPU of lined for it",
					  .unit = "us",
					  .beside = "ModemManager and dbus-daemon"};
	struct varlink_client *client = daemon_connect(&rig->daemon);

	for (size_t i = 0; i < runs; i++) {
		uint64_t theirs = peers_cpu_ns(rig), ours = process_cpu_ns(rig->daemon.pid);
		double peers_us = peers_command_us(rig);

		bench_add(&latency, daemon_command_us(client), peers_us);
		bench_add(&cpu, (double)(process_cpu_ns(rig->daemon.pid) - ours) / 1e3,
			  (double)(peers_cpu_ns(rig) - theirs) / 1e3);
	}
	bench_print(&latency);
	bench_print(&cpu);
	(void)varlink_client_free(client);
}

static void measure_list(struct rig *rig, size_t runs)
{
	static struct bench_figure figure = {.name = "mm.list",
					     .what = "linectl list, 1 line, as a whole process",
					     .unit = "ms",
					     .beside = "mmcli -L, 1 modem"};
	char *theirs[] = {"mmcli", "-L", NULL};
	char *ours[] = {"linectl", "--socket", rig->daemon.socket, "list", NULL};
	char program[512];

	daemon_program("linectl", program, sizeof(program));
	for (size_t i = 0; i < runs; i++) {
		double peers_ms = process_run("/usr/bin/mmcli", theirs);

		bench_add(&figure, process_run(program, ours), peers_ms);
	}
	bench_print(&figure);
}

static double peers_sleeps(const struct rig *rig)
{
	return process_sleeps(modemmanager_pid(rig->mm)) +
	       process_sleeps(modemmanager_bus_pid(rig->mm));
}

static void measure_idle(struct rig *rig, int seconds)
{
	static struct bench_figure pss = {.name = "mm.pss",
					  .what = "PSS of lined, 1 idle line",
					  .unit = "KiB",
					  .beside = "ModemManager and dbus-daemon"};
	static struct bench_figure wakeups = {.name = "mm.wakeups",
					      .what = "wake-ups of lined, 1 idle line",
					      .unit = "1/min",
					      .beside = "ModemManager and dbus-daemon"};
	double ours, theirs;

	bench_add(&pss, process_pss_kib(rig->daemon.pid),
		  process_pss_kib(modemmanager_pid(rig->mm)) +
			  process_pss_kib(modemmanager_bus_pid(rig->mm)));
	bench_print(&pss);
	/* What those who have just left have to be tidied up after is over by then. */
	(void)poll(NULL, 0, 1000);
	ours = process_sleeps(rig->daemon.pid);
	theirs = peers_sleeps(rig);
	(void)poll(NULL, 0, seconds * 1000);
	bench_add(&wakeups, (process_sleeps(rig->daemon.pid) - ours) * 60 / seconds,
		  (peers_sleeps(rig) - theirs) * 60 / seconds);
	bench_print(&wakeups);
}

static void measure(bool brief)
{
	static struct emulator emulator;
	struct rig rig;

	emulator_start(&emulator, 1);
	measure_start(&emulator, brief ? 1 : 4);
	rig.mm = modemmanager_start(true);
	modemmanager_add_modem(rig.mm);
	daemon_start(&rig.daemon, emulator.paths, 1);
	daemon_await_ready(&rig.daemon, 1);
	measure_command(&rig, brief ? 3 : 350);
	measure_list(&rig, brief ? 1 : 20);
	measure_idle(&rig, brief ? 1 : 20);
	daemon_stop(&rig.daemon);
	modemmanager_stop(rig.mm);
	emulator_stop(&emulator);
}

#else

static const char *why_not(void)
{
	return "package libdbus-1-dev was missing when this was built";
}

static void measure(bool brief)
{
	(void)brief;
}

#endif

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	const char *why = why_not();

	if (why)
		bench_skip("mm", "lined beside ModemManager", why);
	else
		measure(options.brief);
	return EXIT_SUCCESS;
}
