/* SPDX-License-Identifier: MIT */
#include "tools/linectl/command.h"

#include <stdint.h>
#include <string.h>

#include "tools/varlink/word.h"

static const struct command commands[] = {
	{"list", "", "the lines and what they are doing", NULL, "observe", 0, line_list},
	{"status", "[LINE]", "what the lines are doing, at a glance",
	 "Since when, the call with its owner, and what is wrong and what may help.", "observe", 0,
	 status_run},
	{"show", "LINE", "everything about a line", "Programs say --json or -g.", "observe", 0,
	 line_show},
	{"caps", "LINE", "what a line and its modem can do", NULL, "observe", 0, status_caps},
	{"dial", "LINE NUMBER", "place a call",
	 "Stays until the call is over, prints how it went and releases it. Ctrl-C hangs up and "
	 "waits for the proof that the line is on hook; Ctrl-C again leaves at once. With --keep "
	 "it "
	 "returns when the call is connected and prints the session, for info, drop and release.",
	 "operate", COMMAND_READY, call_dial},
	{"answer", "LINE [-- COMMAND...]", "answer the call that is ringing",
	 "Goes on as dial does, or with COMMAND as connect does. With --wait it waits for somebody "
	 "to call, for as long as --timeout says; with --auto, for call after call.",
	 "operate", COMMAND_READY | COMMAND_TWICE | COMMAND_RUNS, call_answer},
	{"connect", "LINE NUMBER [-- COMMAND...]", "place a call and run a command on it",
	 "COMMAND gets the bytes of the call as its stdin and stdout, or with --pty as its "
	 "terminal. The call ends with it, and it with the call. Without COMMAND linectl's own "
	 "stdin and stdout are the call. With --timeout SECONDS it gives up when the call is not "
	 "connected by then.",
	 "operate", COMMAND_READY | COMMAND_TWICE | COMMAND_RUNS, call_connect},
	{"send", "LINE NUMBER FILE...", "place a call and send files",
	 "By ZMODEM, or as --xmodem and --ymodem say, for which the package lrzsz is needed. With "
	 "--session SESSION, instead of LINE NUMBER, by a call that is connected already, and goes "
	 "on. Ctrl-C cancels.",
	 "operate", COMMAND_READY | COMMAND_TWICE | COMMAND_SESSION, files_send},
	{"receive", "LINE [NUMBER]", "wait for a call, or place one, and receive files",
	 "Prints their names. None leaves the directory, replaces another file, or is hidden. With "
	 "--auto call after call; with --session SESSION, instead of LINE, by a call that is "
	 "connected already, and goes on. Ctrl-C cancels.",
	 "operate", COMMAND_READY | COMMAND_TWICE | COMMAND_SESSION, files_receive},
	{"attach", "SESSION", "type at the far end of a data call",
	 "At the start of a line ~. leaves, ~# sends a break, ~? helps. Not on a terminal, stdin "
	 "and stdout are the call. The call goes on when you leave.",
	 "operate", 0, attach_run},
	{"reject", "LINE", "do not answer the call that is ringing",
	 "An analogue line cannot refuse a call: it is left ringing, unanswered and out of sight. "
	 "The "
	 "session tells how it ended.",
	 "operate", COMMAND_READY, session_reject},
	{"drop", "SESSION", "end the call, keep its record",
	 "Returns when the line is verified to be on hook. The session stays until it is released.",
	 "operate", 0, session_drop},
	{"release", "[SESSION]", "give a session back that is over",
	 "With --all-over all of yours that are.", "operate", 0, session_release},
	{"hangup", "SESSION", "drop, wait and release",
	 "Prints the record as it was at the end. With --no-wait the drop is only begun.",
	 "operate", 0, session_hangup},
	{"hold", "SESSION", "put the far end of a voice call on hold",
	 "By a hook flash, on lines whose exchange is known to hold at one: see flash in "
	 "lined.conf(5). Nothing acknowledges a flash.",
	 "operate", 0, session_hold},
	{"unhold", "SESSION", "take it back from hold", NULL, "operate", 0, session_unhold},
	{"join", "LINE", "hold the call that is on a line, too",
	 "Prints the session, which is kept. It may watch the call; with --owner it owns the call, "
	 "if nobody else does.",
	 "operate", 0, holder_join},
	{"hand-off", "SESSION WHO", "make somebody else an owner of the call as well",
	 "WHO is a client, such as c2.1, or the name of a user. You stay an owner: give-up or "
	 "release "
	 "leaves the call to them.",
	 "operate", 0, holder_hand_off},
	{"take", "SESSION", "own a call that nobody owns", NULL, "operate", 0, holder_take},
	{"give-up", "SESSION", "only watch the call from now on",
	 "Somebody else must own it: see hand-off.", "operate", 0, holder_give_up},
	{"limit", "SESSION LIMIT SECONDS", "end the call after so long",
	 "LIMIT is duration, or inactivity: time without a byte in a data call. 0 seconds take the "
	 "limit away.",
	 "operate", 0, holder_limit},
	{"sessions", "", "your sessions, ended ones included", NULL, "observe", 0, session_list},
	{"info", "SESSION", "the whole record of a call", NULL, "observe", 0, session_info},
	{"history", "[LINE]", "calls that are over, the newest first",
	 "--since and --until take 90m, 2h, 3d, 14:00, today, yesterday, 2026-11-23 or "
	 "\"2026-11-23 "
	 "14:00\". --outcome is answered, failed, or how calls end: normal, busy, no-answer …",
	 "observe", 0, history_run},
	{"monitor", "[LINE]", "events as they come, until Ctrl-C",
	 "With --timeout it ends after so long, successfully.", "observe", 0, monitor_run},
	{"trace", "[LINE]", "the dialogues with the modems as they happen, until Ctrl-C",
	 "Commands that are sent are marked >, what modems answer <, what they say unasked *. "
	 "Numbers, names and PINs are hidden as in the daemon's log. With --timeout it ends after "
	 "so long, successfully.",
	 "admin", 0, monitor_trace},
	{"at", "LINE COMMAND", "send one AT command and print the answer",
	 "Only while no call is on the line; commands that place, answer or end calls are refused.",
	 "admin", COMMAND_READY, line_at},
	{"console", "LINE", "send AT commands as you type them",
	 "With history and completion, and what the modem says unasked is shown as it comes. "
	 "Ctrl-C "
	 "stops waiting for an answer, Ctrl-D leaves. Refused while a call is on the line; with "
	 "--force it starts all the same, and commands are taken when the call is over. "
	 "--read-only "
	 "only shows the dialogue. Not on a terminal it reads commands from stdin, prints the "
	 "answers, and exits as the first command that failed.",
	 "admin", COMMAND_READY | COMMAND_TWICE, console_run},
	{"reset", "LINE", "bring a faulty line back",
	 "Sets the modem up and proves it on hook anew. With --hard its port is closed for a "
	 "second "
	 "first, which lowers DTR, and it begins with factory settings.",
	 "admin", 0, line_reset},
	{"ports", "", "the serial ports of this machine",
	 "Needs no daemon; one that runs adds the names of its lines.", "", COMMAND_LOCAL,
	 port_list},
	{"hotplug", "ACTION DEVICE", "tell of a device that has come or gone",
	 "ACTION is add or remove. For systems without udev whose hotplug scripts know of devices; "
	 "with --sysfs the device's folder there need not be looked for.",
	 "admin", 0, line_hotplug},
	{"reload", "", "have the daemon read its configuration again",
	 "Prints what has changed. With any mistake the daemon keeps the configuration that it "
	 "has, "
	 "and all mistakes are printed. Calls on lines that have not changed are not touched.",
	 "admin", 0, raw_reload},
	{"metrics", "", "what the daemon has counted, as OpenMetrics text",
	 "For Prometheus and its like: lines by state, calls by how they ended, steps of drops, "
	 "requests, connections. The daemon can write the same to a file: see metrics-file in "
	 "lined.conf(5).",
	 "observe", 0, raw_metrics},
	{"counters", "", "what the daemon has counted", NULL, "observe", 0, raw_counters},
	{"call", "METHOD [JSON]", "call a method of the daemon",
	 "METHOD without a dot belongs to io.trunkline. Replies and errors are printed as JSON.",
	 "", 0, raw_call},
	{"doctor", "[LINE|DEVICE]", "what keeps lines from working, and what to do about it",
	 "Looks at the lines of the daemon, or without one at the USB ports; or at the one that is "
	 "given. Ports are not opened, unless --probe asks to look for the speed of a modem that "
	 "does not answer. Exits with 0 when nothing is wrong, with 1 when something is.",
	 "", COMMAND_LOCAL, doctor_run},
	{"claim", "DEVICE", "reserve a modem, by a udev rule",
	 "Prints the rule, or installs it with --write. The modem is then left alone by "
	 "ModemManager, and its ports have lasting names below /dev/line. It is recognized by the "
	 "place where it is plugged in, or with --by-serial wherever that is.",
	 "", COMMAND_LOCAL, claim_run},
	{"unclaim", "DEVICE", "take the rule of claim away",
	 "DEVICE may also be the name of the claim, for a modem that is not plugged in: what is "
	 "between 77-trunkline- and .rules in its file's name.",
	 "", COMMAND_LOCAL, claim_drop},
	{"completion", "[SHELL]", "print a script for the completion of a shell",
	 "SHELL is bash (default), zsh or fish. To try it in bash: source <(linectl completion). "
	 "Lines, sessions and ports are asked for as you type.",
	 "", COMMAND_LOCAL, complete_script},
	{"version", "", "the version", NULL, "", COMMAND_LOCAL, help_version},
	{"help", "[VERB]", "this help, or that of a verb", NULL, "", COMMAND_LOCAL, help_run},
	{0},
};

const struct command *command_table(void)
{
	return commands;
}

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *names[sizeof(commands) / sizeof(commands[0])] = {NULL};

	for (size_t i = 0; commands[i].name; i++)
		names[i] = commands[i].name;
	return word_nearest(name, names);
}

void command_count(const struct command *command, size_t *ret_min, size_t *ret_max)
{
	bool word_before = false;

	*ret_min = 0;
	*ret_max = 0;
	/* What follows "--" is not counted. */
	for (const char *at = command->synopsis; *at && strncmp(at, "[--", 3) != 0; at++) {
		bool word = *at != ' ';

		if (word && !word_before) {
			*ret_min += *at != '[';
			*ret_max += 1;
		}
		word_before = word;
		if (strcmp(at, "...") == 0)
			*ret_max = SIZE_MAX;
	}
}

bool command_takes_line(const struct command *command)
{
	return strncmp(command->synopsis, "LINE", 4) == 0;
}
