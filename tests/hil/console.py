#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl trace and console: what passes between lined and the modems, and typing into it."""

import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time
import unittest

from lined_varlink import LIMIT, Fixture

ENV = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
for variable in ("TRUNKLINE_SOCKET", "XDG_RUNTIME_DIR", "NO_COLOR"):
    ENV.pop(variable, None)


class Served(Fixture):
    def setUp(self):
        super().setUp()
        self.log = open(os.path.join(self.dir, "log"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)

    def serve(self, *args):
        # The log goes where we can read it.
        self.lined = self.start("lined", "--socket", self.path, *self.lines(), *args,
                                stderr=self.log)
        self.wait_for_socket()
        for name in "ab":
            self.wait_line(name, "ready")

    def linectl(self, *words, **keywords):
        keywords = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                    "stderr": subprocess.PIPE, "text": True,
                    "env": dict(ENV, TRUNKLINE_SOCKET=self.path), **keywords}
        return self.start("linectl", *words, **keywords)

    def ends(self, process, status):
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, status, f"{out}\n{err}")
        self.assertNotIn("Sanitizer", err)
        return out, err


class Trace(Served):
    def receive_until(self, trace, text):
        lines = []
        while not lines or lines[-1]["text"] != text:
            lines.append(trace.receive()["parameters"]["trace"])
        return lines

    def begin(self, **parameters):
        """Nobody tells when a trace has begun: send commands until it shows one."""
        trace, client = self.connect(), self.connect()
        trace.send("Trace", more=True, **parameters)
        while not select.select([trace.sock], [], [], 0)[0]:
            client.call("Command", line="a", command="AT+GMM")
        client.call("Command", line="a", command="AT+GMI")
        self.receive_until(trace, "AT+GMI")
        self.receive_until(trace, "OK")
        return trace

    def test_tells_what_is_sent_and_received(self):
        self.serve()
        trace = self.begin(line="a")
        before = time.time()
        answer = self.connect().call("Command", line="a", command="AT+GMR")["answer"]
        lines = self.receive_until(trace, "OK")
        self.assertEqual((lines[0]["direction"], lines[0]["text"]), ("sent", "AT+GMR"))
        received = [line["text"] for line in lines[1:] if line["text"] != "AT+GMR"]
        self.assertEqual(received, answer)
        for line in lines:
            self.assertEqual(line["line_name"], "a")
            self.assertFalse(line["unsolicited"])
            self.assertLess(abs(line["wall_us"] / 1e6 - before), LIMIT)

    def test_what_nobody_asked_for_is_told_as_such_and_numbers_are_hidden(self):
        self.serve()
        ringing, dialing = self.begin(line="a"), self.begin()
        self.connect().call("Dial", line="b", number="101", keep=True)
        ring = self.receive_until(ringing, "RING")[-1]
        self.assertTrue(ring["unsolicited"])
        self.assertEqual(ring["direction"], "received")
        told = dialing.receive()["parameters"]["trace"]
        while not re.fullmatch(r"AT.*<\d+ hidden>", told["text"]):
            self.assertNotIn("101", told["text"])
            told = dialing.receive()["parameters"]["trace"]
        self.assertEqual((told["line_name"], told["direction"]), ("b", "sent"))

    def test_numbers_are_told_where_the_log_has_them(self):
        self.serve("--log-personal-info")
        trace = self.begin()
        self.connect().call("Dial", line="b", number="101", keep=True)
        while "D101" not in trace.receive()["parameters"]["trace"]["text"].replace("T", ""):
            pass

    def test_the_log_keeps_its_level_and_knows_the_wire_at_its_own(self):
        for level, logged in (("info", False), ("trace", True)):
            with self.subTest(level):
                self.serve("--log-level", level)
                self.begin().sock.close()
                self.connect().call("Command", line="a", command="AT+GMR")
                self.stop(self.lined)
                self.log.seek(0)
                self.assertEqual("a: > AT+GMI" in self.log.read(), logged)
                self.log.seek(0)
                self.log.truncate()

    def test_one_that_does_not_read_is_cut_off(self):
        self.serve()
        bystander = self.connect()
        client = self.connect()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.call("GetCounters")
        before = bystander.call("GetCounters")["counters"]["clients"]
        client.send("Trace", more=True)
        deadline = time.monotonic() + LIMIT
        while bystander.call("GetCounters")["counters"]["clients"] == before:
            self.assertLess(time.monotonic(), deadline)
            bystander.call("Command", line="a", command="AT+GMM")
        self.log.seek(0)
        self.assertIn("does not read", self.log.read())

    def test_only_for_administrators(self):
        if os.geteuid() != 0:
            self.skipTest("takes root to become somebody else")
        self.serve("--config", os.devnull)
        os.chmod(self.dir, 0o755)
        os.chmod(self.path, 0o666)
        if subprocess.run(["test", "-x", os.path.join(os.environ["BIN"], "linectl")],
                          user=65534).returncode:
            self.skipTest("the programs are out of nobody's reach")
        _, err = self.ends(self.linectl("trace", user=65534, group=65534, extra_groups=[]), 9)
        self.assertIn("role admin", err)

    def first_line(self, *words):
        """What the verb tells of first."""
        self.serve()
        p = self.linectl(*words, bufsize=1)
        client = self.connect()
        while not select.select([p.stdout], [], [], 0)[0]:
            client.call("Command", line="a", command="AT+GMM")
        line = p.stdout.readline()
        p.send_signal(signal.SIGINT)
        self.ends(p, 130)
        return line

    def test_verb_for_people(self):
        self.assertRegex(self.first_line("trace", "a"),
                         r"^\d\d:\d\d:\d\d\.\d{3}  a +[><] .+$")

    def test_verb_for_programs(self):
        document = json.loads(self.first_line("--json", "trace"))
        self.assertEqual(document["v"], 1)
        self.assertEqual(document["trace"]["line_name"], "a")

    def test_verb_ends_in_time(self):
        self.serve()
        self.ends(self.linectl("trace", "a", "--timeout", "1"), 0)


class Terminal:
    """linectl at a terminal; what it writes is kept."""

    def __init__(self, test, *words):
        self.master, slave = pty.openpty()
        test.addCleanup(os.close, self.master)
        self.before = self.mode()
        # Its own session: the terminal's Ctrl-C is for it.
        self.process = test.linectl(
            *words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.test, self.text = test, ""

    def mode(self):
        return termios.tcgetattr(self.master)

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern):
        """Wait for what was not there before."""
        deadline = time.monotonic() + LIMIT
        while not (found := re.search(pattern, self.text)):
            left = max(0, deadline - time.monotonic())
            if not select.select([self.master], [], [], left)[0]:
                self.test.fail(f"no {pattern!r} in {self.text!r}")
            try:
                self.text += self.decoder.decode(os.read(self.master, 4096))
            except OSError:
                self.test.fail(f"no {pattern!r} before the end of {self.text!r}")
        self.text = self.text[found.end():]
        return found[0]

    def leaves(self, status):
        try:
            while data := os.read(self.master, 4096):
                self.text += self.decoder.decode(data)
        except OSError:
            pass
        self.test.assertEqual(self.process.wait(LIMIT), status, self.text)
        self.test.assertNotIn("Sanitizer", self.text)


class Console(Served):
    SIM = (*Fixture.SIM, "--control")

    def setUp(self):
        super().setUp()
        self.serve()

    def control(self, command):
        self.sim.stdin.write(command.encode() + b"\n")
        self.sim.stdin.flush()
        while b"ok" not in self.sim.stdout.readline():
            self.assertIsNone(self.sim.poll())

    def console(self, *words):
        terminal = Terminal(self, "--color", "never", "console", "a", *words)
        terminal.expect("a> ")
        return terminal

    def test_commands_and_answers(self):
        terminal = self.console()
        terminal.type("AT+GMM\r")
        terminal.expect(r"\d\d:\d\d:\d\d\.\d{3}  < \S.*\r\n")
        terminal.expect(r"  < OK\r\n")
        terminal.expect("a> ")
        terminal.type("ATD102\r")
        terminal.expect("lined's to send")
        terminal.expect("a> ")
        terminal.type("\x04")
        terminal.leaves(0)

    def test_what_comes_unasked_is_shown_above_what_is_typed(self):
        terminal = self.console()
        terminal.type("AT+GM")
        terminal.expect("GM")
        self.connect().call("Dial", line="b", number="101", keep=True)
        terminal.expect(r"\* RING\r\n")
        # It is all there still; during the call it is refused.
        terminal.type("R\r")
        terminal.expect("linectl: a: ")
        terminal.expect("a> ")
        terminal.type("\x04")
        terminal.leaves(0)

    def test_tab_completes(self):
        terminal = self.console()
        terminal.type("AT+GM\t")
        terminal.expect(r"AT\+GMI  AT\+GMM  AT\+GMR")
        terminal.type("M\r")
        terminal.expect("< OK")
        terminal.expect("a> ")
        terminal.type("at+gca\t\r")
        terminal.expect(r"< \+GCAP")
        terminal.expect("a> ")
        terminal.type("\x04")
        terminal.leaves(0)

    def test_ctrl_c_stops_waiting(self):
        terminal = self.console("--timeout", "60")
        self.control("fault a silent")
        terminal.type("AT+GMM\r")
        terminal.expect("\r\n")
        self.wait_for_command()
        terminal.type("\x03")
        terminal.expect("stopped waiting")
        terminal.expect("a> ")
        terminal.type("nonsense")
        terminal.expect("nonsense")
        terminal.type("\x03")
        terminal.expect("a> ")
        terminal.type("\x04")
        terminal.leaves(0)

    def test_a_signal_leaves_the_terminal_as_it_was(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.console()
            terminal.type("AT+G")
            terminal.expect("G")
            self.assertFalse(terminal.mode()[3] & termios.ICANON)
            terminal.process.send_signal(number)
            terminal.leaves(130)
            self.assertEqual(terminal.mode(), terminal.before)

    def wait_for_command(self):
        client = self.connect()
        while client.call("GetCounters")["counters"]["requests"] == 0:
            pass

    def test_a_call_keeps_it_out_unless_forced(self):
        session = self.dial(self.connect(), keep=True)
        for words in ((), ("--json",)):
            out, err = self.ends(self.linectl("console", "a", *words), 6)
            self.assertIn("--force", out + err)
        terminal = self.console("--force")
        terminal.type("AT+GMM\r")
        terminal.expect("linectl: a: ")
        terminal.expect("a> ")
        self.connect().call("Hangup", session=session)
        terminal.type("AT+GMM\r")
        terminal.expect("< OK")
        terminal.expect("a> ")
        terminal.type("\x04")
        terminal.leaves(0)

    def test_read_only_is_a_trace(self):
        p = self.linectl("console", "a", "--read-only", bufsize=1)
        client = self.connect()
        while not select.select([p.stdout], [], [], 0)[0]:
            client.call("Command", line="a", command="AT+GMM")
        p.send_signal(signal.SIGINT)
        self.ends(p, 130)

    def test_the_daemon_goes(self):
        terminal = self.console()
        self.kill(self.lined)
        self.lined = None
        terminal.expect("closed the connection")
        terminal.leaves(8)

    def test_commands_from_a_pipe(self):
        p = self.linectl("console", "a", stdin=subprocess.PIPE)
        out, err = p.communicate("AT+GMM\n\nATD1\nAT+NONSENSE\nATI", timeout=LIMIT)
        self.assertEqual(p.returncode, 6, err)  # of the first failure: NotOwner
        self.assertEqual(out.count("OK\n"), 2, out)
        self.assertEqual(err.count("linectl: a: "), 2, err)
        p = self.linectl("--json", "console", "a", stdin=subprocess.PIPE)
        out, err = p.communicate("AT+GMM\nAT+NONSENSE\n", timeout=LIMIT)
        first, second = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((first["answer"][-1], second["error"], err), ("OK", "DeviceError", ""))
        self.assertEqual(p.returncode, 7)

    def test_nothing_to_read(self):
        self.assertEqual(self.ends(self.linectl("console", "a"), 0), ("", ""))

    def test_a_private_daemon_has_both_connections(self):
        for words in (("--sim", "console"), ("--device", f"{self.dir}/c", "console")):
            with self.subTest(words):
                terminal = Terminal(self, *words)
                terminal.expect("> ")
                terminal.type("AT+GMM\r")
                terminal.expect("< OK")
                terminal.expect("> ")
                terminal.type("\x04")
                terminal.leaves(0)


if __name__ == "__main__":
    unittest.main()
