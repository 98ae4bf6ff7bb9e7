#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls through socat's pty pairs, as a user would place them from two terminals, and the end of
what is at the other end of the wire.

BIN is the folder of the programs.
"""
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.path.abspath(os.environ["BIN"])
ENV = dict(os.environ, LC_ALL="C.UTF-8")
for name in ("TRUNKLINE_SOCKET", "TRUNKLINE_LINED", "TRUNKLINE_MODEMSIM"):
    ENV.pop(name, None)


def wait_until(what, check, limit=90.0):
    end = time.monotonic() + limit
    while not check():
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        select.select([], [], [], 0.02)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="trunkline-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.socket = self.path("socket")

    def path(self, name):
        return os.path.join(self.dir, name)

    def spawn(self, *words, **keywords):
        keywords.setdefault("stderr", subprocess.PIPE)
        p = subprocess.Popen(words, env=ENV, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, **keywords)
        self.addCleanup(self.end, p)
        return p

    def end(self, p):
        if p.poll() is None:
            p.terminate()
        try:
            _, err = p.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            raise
        self.assertNotIn("Sanitizer", err or "")
        self.assertNotIn("runtime error", err or "")

    def program(self, name, *words):
        return self.spawn(os.path.join(BIN, name), *words)

    def linectl(self, *words):
        return self.program("linectl", "--socket", self.socket, *words)

    def run_it(self, status, *words):
        p = self.linectl(*words)
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, status, f"{words}\n{out}\n{err}")
        return out

    def info(self, session):
        return json.loads(self.run_it(0, "--json", "info", session))["info"]

    def pair(self, name):
        """A wire: the ends NAME and NAME.modem. @return socat"""
        ends = [self.path(name), self.path(name + ".modem")]
        p = self.spawn("socat", *(f"PTY,link={end},rawer" for end in ends))
        wait_until("socat's ptys", lambda: all(os.path.exists(end) for end in ends))
        return p

    def modems(self, *words):
        p = self.program("modemsim", "--dir", self.dir, *words)
        line = ""
        while line != "ready\n":
            line = p.stdout.readline()
            self.assertTrue(line, p.poll())
        return p

    def daemon(self, *lines):
        words = [word for line in lines for word in ("--line", line)]
        p = self.program("lined", "--socket", self.socket, *words)
        for line in lines:
            name = line.split("=")[0]
            wait_until(name, lambda: self.line_state(name) == "ready")
        return p

    def line_state(self, name):
        """None while the daemon is not there."""
        out, _ = self.linectl("--json", "show", name).communicate(timeout=90)
        return json.loads(out).get("state")

    def state(self, session):
        return self.info(session)["state"]


class Wires(Case):
    def test_one_terminal_dials_another(self):
        self.pair("a")
        self.pair("b")
        self.modems("--modem", "a=101", "--tty", self.path("a.modem"),
                    "--modem", "b=102", "--tty", self.path("b.modem"))
        answer = self.program("linectl", "--device", self.path("b"), "--json", "answer", "line0",
                              "--wait", "--timeout", "60")
        # It has to be listening before the call comes: the line rings only for a minute.
        dial = self.program("linectl", "--device", self.path("a"), "--json", "dial", "102",
                            "--hangup-after", "1")
        out, err = dial.communicate(timeout=120)
        self.assertEqual(dial.returncode, 0, out + err)
        record = json.loads(out.splitlines()[-1])["info"]
        self.assertEqual(record["state"], "idle")
        self.assertEqual(record["drop"][-1]["result"], "verified")
        out, err = answer.communicate(timeout=120)
        self.assertEqual(answer.returncode, 0, out + err)
        record = json.loads(out.splitlines()[-1])["info"]
        self.assertEqual((record["origin"], record["direction"]), ("remote", "in"))

    def test_wire_that_is_cut_ends_the_call(self):
        wire = self.pair("a")
        self.modems("--modem", "a=101", "--tty", self.path("a.modem"),
                    "--modem", "b=102,answer=1")
        self.daemon("a=" + self.path("a"))
        session = self.run_it(0, "dial", "a", "102", "--keep").split()[-1]
        self.assertEqual(self.state(session), "connected")
        wire.send_signal(signal.SIGTERM)
        wait_until("the end", lambda: self.state(session) == "idle")
        self.assertEqual(self.info(session)["origin"], "device-gone")
        self.run_it(0, "release", session)


class Killed(Case):
    def test_modem_that_is_killed_in_mid_call_leaves_a_record(self):
        modems = self.modems("--modem", "a=101", "--modem", "b=102,answer=1")
        self.daemon("a=" + self.path("a"))
        session = self.run_it(0, "dial", "a", "102", "--keep").split()[-1]
        self.assertEqual(self.state(session), "connected")
        modems.kill()
        modems.wait()
        wait_until("the end", lambda: self.state(session) == "idle", 5)
        record = self.info(session)
        self.assertEqual(record["origin"], "device-gone")
        self.assertEqual(record["called"], "102")
        self.assertIn("connected", record["boot_us"])
        self.run_it(0, "release", session)
        self.run_it(10, "info", session)
        counters = json.loads(self.run_it(0, "--json", "counters"))["counters"]
        self.assertEqual([counters[name] for name in ("sessions", "calls", "requests")], [0, 0, 0])

        # Plugged in again it is the same line.
        for name in ("a", "b"):
            os.unlink(self.path(name))
        self.modems("--modem", "a=101", "--modem", "b=102,answer=1")
        wait_until("the line", lambda: self.line_state("a") == "ready", 40)
        self.run_it(0, "dial", "a", "102", "--hangup-after", "1")

    def test_daemon_that_is_killed_leaves_the_line_on_hook(self):
        self.modems("--modem", "a=101", "--modem", "b=102,answer=1", "--modem", "c=103,answer=1")
        daemon = self.daemon("a=" + self.path("a"))
        self.run_it(0, "dial", "a", "102", "--keep")
        daemon.kill()
        daemon.wait()
        # Its port is closed by the kernel, DTR falls; the next one finds the line on hook, and the
        # stale lock file does not keep it out. (102 needs a moment to notice that its carrier is
        # gone.)
        self.daemon("a=" + self.path("a"))
        self.run_it(0, "dial", "a", "103", "--hangup-after", "1")


if __name__ == "__main__":
    if not shutil.which("socat"):
        print("skipped: socat is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
