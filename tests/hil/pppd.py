#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How linectl and pppd tell each other that the call has ended, on any kernel: programs of ours
stand in for pppd, with its exit statuses and with its pty. hil.qemu.ppp has the real one.
"""

import json
import os
import pty
import subprocess
import tempfile
import tty
import unittest

from connect import Linectl
from lined_varlink import LIMIT, Client

STATUSES = 20  # 0 to 19: pppd(8), EXIT STATUS
ANSWERS, BUSY, SILENT, HANGS_UP = 301, 302, 303, 304
NUMBERS = f"""
[number {ANSWERS}]
does = answer
[number {BUSY}]
does = busy
[number {SILENT}]
does = silent
[number {HANGS_UP}]
does = answer
hangup = 1000
"""


class Ends(Linectl):
    MODEMS = 1

    def setUp(self):
        names = [f"m{i}" for i in range(self.MODEMS)]
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "scenario.ini")
        with open(path, "w", encoding="utf-8") as file:
            for i, name in enumerate(names):
                file.write(f"[modem {name}]\nnumber = 1{i:02}\n")
            file.write(NUMBERS)
        self.SIM = ("--scenario", path)
        self.names = names
        super().setUp()

    def serve(self, *args):
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                *[f"--line={name}={self.dir}/{name}" for name in self.names], *args)
        self.wait_for_socket()
        for name in self.names:
            self.wait_line(name, "ready")

    def start_linectl(self, *words, **keywords):
        """Its stderr is ours."""
        process = self.linectl(*words, stderr=subprocess.PIPE, **keywords)
        self.addCleanup(process.stderr.close)
        return process

    def session(self):
        """That of the connected call on m0."""
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", line="m0", more=True)
            while True:
                for session in client.call("ListSessions", all=True)["sessions"]:
                    if session["state"] == "connected":
                        return session["session"]
                monitor.receive()

    def assert_nothing_left(self):
        for name in self.names:
            self.wait_line(name, "ready")
        with Client(self.path) as client:
            counters = client.call("GetCounters")["counters"]
        for name in ("calls", "sessions", "requests", "off-hook"):
            self.assertEqual(counters[name], 0, name)


class Statuses(Ends):
    """connect LINE NUMBER -- pppd"""
    MODEMS = STATUSES

    def script(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)
        return path

    def test_each_status_is_passed_on_and_explained(self):
        pppd = self.script("pppd", "exit $1")
        processes = [self.start_linectl("--json", "connect", name, str(ANSWERS), "--", pppd, str(i))
                     for i, name in enumerate(self.names)]
        meanings = set()
        for i, process in enumerate(processes):
            _, err = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, i)
            command = json.loads(err.splitlines()[-1])["command"]
            self.assertEqual((command["name"], command["status"]), ("pppd", i))
            meanings.add(command["meaning"])
        self.assertEqual(len(meanings), STATUSES)
        self.assert_nothing_left()

    def test_people_read_it_in_the_record_and_logs_in_one_line(self):
        pppd = self.script("pppd", "exit 19")
        told = b"pppd: 19: the peer did not accept our authentication"
        words = ("connect", "m0", str(ANSWERS), "--", pppd)
        process = self.start_linectl(*words)
        self.assertRegex(process.communicate(timeout=LIMIT)[1], b"\ncommand +" + told + b"\n")
        process = self.start_linectl("--quiet", *words)
        self.assertEqual(process.communicate(timeout=LIMIT)[1].splitlines(), [
            b"linectl: 301 on m0: ended: normal, by application; " + told])
        self.assert_nothing_left()

    def test_pppd_starts_when_the_call_is_connected_and_not_before(self):
        pppd = self.script("pppd", f"touch {self.dir}/started")
        process = self.start_linectl("--quiet", "connect", "m0", str(BUSY), "--", pppd)
        self.assertEqual(process.communicate(timeout=LIMIT)[1],
                         b"linectl: 302 on m0: not connected: busy, by network\n")
        self.assertEqual(process.returncode, 4)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "started")))
        self.assert_nothing_left()

    def test_a_terminal_hangs_up_when_the_call_is_dropped_from_elsewhere(self):
        """As pppd sees it: SIGHUP, and the end of the terminal."""
        pppd = self.script("pppd", "trap '' HUP; cat >/dev/null; exit 16")
        process = self.start_linectl("connect", "--pty", "m0", str(ANSWERS), "--", pppd)
        self.assertEqual(self.status("drop", self.session()), 0)
        err = process.communicate(timeout=LIMIT)[1]
        self.assertEqual(process.returncode, 16)
        self.assertRegex(err, b"\nend +normal, by user\n")
        self.assertRegex(err, b"\ncommand +pppd: 16: the modem hung up\n")
        self.assert_nothing_left()


class Pty(Ends):
    """pppd pty 'linectl connect LINE NUMBER': linectl has the master of a pty, pppd the slave."""

    def connect_on_pty(self, number, *words):
        master, self.slave = pty.openpty()
        self.addCleanup(os.close, self.slave)
        tty.setraw(self.slave)
        process = self.start_linectl("--quiet", "connect", "m0", str(number), *words,
                                     stdin=master, stdout=master)
        os.close(master)
        return process

    def hangup(self):
        """What comes until the terminal has hung up, as pppd sees it."""
        data = b""
        while True:
            try:
                chunk = os.read(self.slave, 4096)
            except OSError:
                return data
            if not chunk:
                return data
            data += chunk

    def assert_end(self, process, status, told, data=b""):
        """linectl ends so, says that line, and nothing of it gets into the stream."""
        self.assertEqual(self.hangup().rstrip(b"+"), data)
        self.assertEqual((process.communicate(timeout=LIMIT)[1], process.returncode),
                         (f"linectl: {told}\n".encode(), status))

    def test_busy(self):
        self.assert_end(self.connect_on_pty(BUSY), 4, "302 on m0: not connected: busy, by network")
        self.assert_nothing_left()

    def test_nobody_answers_in_time(self):
        self.assert_end(self.connect_on_pty(SILENT, "--timeout", "1"), 3,
                        "303 on m0: not connected: no-answer, by timeout")
        self.assert_nothing_left()

    def test_the_far_end_hangs_up(self):
        self.assert_end(self.connect_on_pty(HANGS_UP), 0, "304 on m0: ended: normal, by remote")
        self.assert_nothing_left()

    def test_dropped_from_elsewhere(self):
        process = self.connect_on_pty(ANSWERS)
        self.assertEqual(self.status("drop", self.session()), 0)
        self.assert_end(process, 0, "301 on m0: ended: normal, by user")
        self.assert_nothing_left()

    def test_the_device_goes(self):
        process = self.connect_on_pty(ANSWERS)
        self.session()
        self.unplug()
        self.assert_end(process, 11, "301 on m0: ended: out-of-order, by device-gone")

    def test_pppd_ends(self):
        process = self.connect_on_pty(ANSWERS)
        self.session()
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), self.slave)
        self.assertEqual(process.communicate(timeout=LIMIT)[1],
                         b"linectl: 301 on m0: ended: normal, by application\n")
        self.assertEqual(process.returncode, 0)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
