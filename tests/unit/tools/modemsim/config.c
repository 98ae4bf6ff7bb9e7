/* SPDX-License-Identifier: MIT */
/* What --modem, scenario files and the command line may say, and what is said about the rest. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/modemsim/config.h"
#include "tools/modemsim/options.h"

TestSuite(modemsim_config);

Test(modemsim_config, modem_texts_are_read_or_explained)
{
	static const struct {
		const char *name;
		const char *text;
		const char *error; /* a part of it; NULL: none */
	} texts[] = {
		{"plain", "a=101", NULL},
		{"all keys",
		 "a=101,tty=/dev/x,caller-name=A B,manufacturer=M,model=N,revision=R,serial=S,"
		 "rate=9600,speed=4800,latency=20,answer=2,voice=yes,vcon=yes,dtr=ignore,"
		 "line=unplugged,"
		 "noise=flip every 100 burst 5,seed=4294967295,connect=flags,"
		 "ato=error,withhold=yes,"
		 "diagnostics=no,fault=slow 500 on H",
		 NULL},
		{"blanks around keys", "a=101, voice = no", NULL},
		{"no number", "a", "write --modem a=101"},
		{"empty number", "a=", "write --modem a=101"},
		{"empty", "", "no number"},
		{"bad name", "../a=101", "is no name"},
		{"hidden name", ".a=101", "is no name"},
		{"long name", "abcdefghijklmnopqrstuvwxyz0123456789=101", "31 at most"},
		{"long number", "a=12345678901234567890123456789012", "at most 31"},
		{"unknown key", "a=101,colour=red", "no key 'colour'; there are number, tty"},
		{"no value", "a=101,voice", "write voice=VALUE"},
		{"bad choice", "a=101,voice=maybe", "write yes or no"},
		{"bad number", "a=101,rate=fast", "write a number from 300 to 56000"},
		{"number too big", "a=101,rate=56001", "write a number from 300 to 56000"},
		{"number too small", "a=101,rate=0", "write a number from 300 to 56000"},
		{"speed too big", "a=101,speed=100000001", "write a number from 0 to 100000000"},
		{"latency too big", "a=101,latency=2001", "write a number from 0 to 2000"},
		{"bad noise", "a=101,noise=hiss", "'noise = hiss': write none, or flip or lose"},
		{"bad fault", "a=101,fault=sulky", "the faults are silent"},
		{"too many faults",
		 "a=101,fault=error,fault=error,fault=error,fault=error,fault=error,fault=error,"
		 "fault=error,fault=error,fault=error",
		 "more than 8 faults"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static struct sim_config config;
		struct hal_error err = {""};
		int r;

		sim_config_init(&config);
		r = sim_config_add_modem(&config, hal_slice_str(texts[i].text), &err);
		cr_expect_eq(r < 0, texts[i].error != NULL, "%s: %s", texts[i].name, err.text);
		if (texts[i].error)
			cr_expect_not_null(strstr(err.text, texts[i].error), "%s: %s",
					   texts[i].name, err.text);
	}
}

Test(modemsim_config, a_name_is_given_once)
{
	static struct sim_config config;
	struct hal_error err;

	sim_config_init(&config);
	cr_assert_eq(sim_config_add_modem(&config, HAL_SLICE("a=101"), &err), 0);
	cr_assert_eq(sim_config_add_modem(&config, HAL_SLICE("a=102,voice=yes"), &err), -EEXIST);
	cr_expect_str_eq(err.text, "there is already a modem 'a'");
	cr_expect_eq(config.modem_count, 1);
	cr_expect_str_eq(config.modems[0].number, "101");
}

Test(modemsim_config, keys_reach_the_options)
{
	static struct sim_config config;
	struct hal_error err;
	struct sim_modem_config *m = &config.modems[0];

	sim_config_init(&config);
	cr_assert_eq(
		sim_config_add_modem(&config,
				     HAL_SLICE("a=101,rate=9600,speed=4800,latency=20,answer=2,"
					       "noise=lose in 9,seed=7,connect=flags,"
					       "voice=yes,vcon=yes,dtr=ignore,ato=error,"
					       "line=unplugged,flash=hold,"
					       "withhold=yes,diagnostics=no,caller-id=no,model=X,"
					       "fault=slow 500"),
				     &err),
		0);
	cr_assert_eq(config.modem_count, 1);
	cr_assert_str_eq(m->options.name, "a");
	cr_assert_str_eq(m->number, "101");
	cr_assert_eq(m->options.rate, 9600);
	cr_assert_eq(m->options.speed, 4800);
	cr_assert_eq(m->options.latency_ms, 20);
	cr_assert_eq(m->options.noise.kind, SIM_NOISE_LOSE);
	cr_assert_eq(m->options.noise.when, SIM_NOISE_IN);
	cr_assert_eq(m->options.noise.n, 9);
	cr_assert_eq(m->options.seed, 7);
	cr_assert(m->options.connect_flags);
	cr_assert_eq(m->options.answer_rings, 2);
	cr_assert(m->options.voice && m->options.ignore_dtr && m->options.online_error);
	cr_assert(m->options.unplugged_line && m->options.withhold_number);
	cr_assert(m->options.no_diagnostics && m->options.flash_holds);
	cr_assert(m->options.says_vcon);
	cr_assert(m->options.no_caller_id);
	cr_assert_str_eq(m->options.model, "X");
	cr_assert_eq(m->fault_count, 1);
	cr_assert_eq(m->faults[0].ms, 500);
}

Test(modemsim_config, there_is_a_limit_of_modems_and_of_numbers)
{
	static struct sim_config config;
	struct sim_modem_config *modem;
	struct sim_number *number;
	struct hal_error err;
	char name[16];

	sim_config_init(&config);
	for (int i = 0; i < SIM_MODEMS_MAX; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		cr_assert_eq(sim_config_get_modem(&config, hal_slice_str(name), &err, &modem), 0);
	}
	cr_assert_eq(sim_config_get_modem(&config, HAL_SLICE("x"), &err, &modem), -ENOSPC);
	cr_assert_eq(sim_config_get_modem(&config, HAL_SLICE("m7"), &err, &modem), 0);
	for (int i = 0; i < SIM_SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		cr_assert_eq(sim_config_get_number(&config, hal_slice_str(name), &err, &number), 0);
	}
	cr_assert_eq(sim_config_get_number(&config, HAL_SLICE("99"), &err, &number), -ENOSPC);
}

/* ---- scenario files ---- */

static int read_scenario(const char *text, struct sim_config *config, struct hal_error *err)
{
	char path[] = "/tmp/modemsim-test-XXXXXX";
	int fd = mkstemp(path);
	int r;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	sim_config_init(config);
	r = sim_scenario_read(config, path, err);
	unlink(path);
	return r;
}

Test(modemsim_config, a_scenario_says_everything)
{
	static const char text[] = "# two modems and a service\n"
				   "[exchange]\n"
				   "ring-on = 500\nring-off = 1000\nsetup=1\ndigit=0\n"
				   "dialtone=2\nhandshake=3\nretrain=4\n"
				   "[modem a]\nnumber = 101\nfault = error on D\n"
				   "[modem b]\nnumber = 102 ; the one that answers\nanswer = 1\n"
				   "[number 30.]\ndoes = echo\nafter = 1000\nhangup = 5000\n"
				   "[number 31]\ndoes = busy\n";
	static struct sim_config config;
	struct hal_error err = {""};

	cr_assert_eq(read_scenario(text, &config, &err), 0, "%s", err.text);
	cr_assert_eq(config.timing.ring_on_ms, 500);
	cr_assert_eq(config.timing.handshake_ms, 3);
	cr_assert_eq(config.timing.retrain_ms, 4);
	cr_assert_eq(config.modem_count, 2);
	cr_assert_str_eq(config.modems[1].number, "102");
	cr_assert_eq(config.modems[1].options.answer_rings, 1);
	cr_assert_eq(config.number_count, 2);
	cr_assert_str_eq(config.numbers[0].pattern, "30.");
	cr_assert_eq(config.numbers[0].service, SIM_SERVICE_ECHO);
	cr_assert_eq(config.numbers[0].answer_ms, 1000);
	cr_assert_eq(config.numbers[0].hangup_ms, 5000);
	cr_assert_eq(sim_config_check(&config, &err), 0);
}

#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

Test(modemsim_config, a_bad_scenario_is_named_by_file_and_line)
{
	static const struct {
		const char *name;
		const char *text;
		const char *error;
	} texts[] = {
		{"no key", "[modem a]\nnumber = 1\nrubbish\n", ":3: write 'key = value'"},
		{"unknown key", "[modem a]\n\nnumbre = 1\n", ":3: no key 'numbre'"},
		{"unknown section", "[phone a]\nnumber = 1\n", ":2: no such section"},
		{"no section", "number = 1\n", ":1: no such section"},
		{"exchange has no name", "[exchange x]\nsetup = 1\n", ":2: no such section"},
		{"modem without name", "[modem]\nnumber = 1\n", ":2: '' is no name"},
		{"number without pattern", "[number]\ndoes = busy\n", ":2: '' is no pattern"},
		{"bad service", "[number 1]\ndoes = sing\n", ":2: 'does = sing': write busy"},
		{"bad time", "[exchange]\nsetup = soon\n", ":2: 'setup = soon': write a number"},
		{"first error", "[modem a]\nx = 1\ny = 2\nz\n", ":2: no key 'x'"},
		{"first error is inih's", "[modem a]\nz\nx = 1\n", ":2: write 'key = value'"},
		{"long line", "[modem a]\nmodel = " HUNDRED HUNDRED "\n",
		 ":2: the line is too long"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static struct sim_config config;
		struct hal_error err = {""};

		cr_expect_eq(read_scenario(texts[i].text, &config, &err), -EINVAL, "%s",
			     texts[i].name);
		cr_expect_not_null(strstr(err.text, texts[i].error), "%s: %s", texts[i].name,
				   err.text);
	}
}

Test(modemsim_config, a_missing_scenario_is_told)
{
	static struct sim_config config;
	struct hal_error err = {""};

	cr_assert_eq(sim_scenario_read(&config, "/nonexistent/scenario", &err), -ENOENT);
	cr_assert_str_eq(err.text, "/nonexistent/scenario: No such file or directory");
}

/* ---- the command line ---- */

Test(modemsim_config, command_lines_run_print_or_are_refused)
{
	static const struct {
		const char *name;
		const char *argv[6];
		enum sim_options_result result;
	} lines[] = {
		{"two modems", {"modemsim", "--modem", "a=1", "-m", "b=2"}, SIM_OPTIONS_RUN},
		{"levels", {"modemsim", "-ma=1", "--log-level", "debug"}, SIM_OPTIONS_RUN},
		{"tty", {"modemsim", "-ma=1", "--tty", "/dev/x"}, SIM_OPTIONS_RUN},
		{"help", {"modemsim", "--help"}, SIM_OPTIONS_DONE},
		{"version", {"modemsim", "--version"}, SIM_OPTIONS_DONE},
		{"nothing", {"modemsim"}, SIM_OPTIONS_USAGE},
		{"unknown option", {"modemsim", "--colour"}, SIM_OPTIONS_USAGE},
		{"stray word", {"modemsim", "-ma=1", "b=2"}, SIM_OPTIONS_USAGE},
		{"bad modem", {"modemsim", "-ma"}, SIM_OPTIONS_USAGE},
		{"bad level", {"modemsim", "-ma=1", "--log-level", "loud"}, SIM_OPTIONS_USAGE},
		{"tty first", {"modemsim", "--tty", "/dev/x", "-ma=1"}, SIM_OPTIONS_USAGE},
		{"no directory", {"modemsim", "-ma=1", "--dir", ""}, SIM_OPTIONS_USAGE},
		{"no scenario", {"modemsim", "--scenario", "/nonexistent"}, SIM_OPTIONS_USAGE},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		static struct sim_options options;
		char *argv[6];
		int argc = 0;

		for (; argc < 6 && lines[i].argv[argc]; argc++)
			argv[argc] = strdup(lines[i].argv[argc]);
		optind = 0;
		cr_expect_eq(sim_options_parse(argc, argv, &options), lines[i].result, "%s",
			     lines[i].name);
		while (argc > 0)
			free(argv[--argc]);
	}
}

Test(modemsim_config, options_are_kept)
{
	static struct sim_options options;
	char *argv[] = {"modemsim", "--trace", "--control", "--dir", "/x", "-ma=1", "--tty", "/y"};

	optind = 0;
	cr_assert_eq(sim_options_parse(8, argv, &options), SIM_OPTIONS_RUN);
	cr_assert_eq(options.log_level, HAL_LOG_TRACE);
	cr_assert(options.control);
	cr_assert_str_eq(options.dir, "/x");
	cr_assert_str_eq(options.config.modems[0].tty, "/y");
}
