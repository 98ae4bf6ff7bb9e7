#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl trace and console: what passes between lined and the modems, and typing into it."""

import json
import os
import re
import select
import signal
import socket
import subprocess
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
                    "stderr": subprocess.PIPE, "text": True, "env": ENV, **keywords}
        return self.start("linectl", "--socket", self.path, *words, **keywords)

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
        client.send("Trace", more=True)
        before = bystander.call("GetCounters")["counters"]["clients"]
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

    def test_verb_for_people(self):
        self.serve()
        p = self.linectl("trace", "a", bufsize=1)
        client = self.connect()
        while not select.select([p.stdout], [], [], 0)[0]:
            client.call("Command", line="a", command="AT+GMM")
        self.assertRegex(p.stdout.readline(), r"^\d\d:\d\d:\d\d\.\d{3}  a +[><] .+$")
        p.send_signal(signal.SIGINT)
        self.ends(p, 130)

    def test_verb_for_programs(self):
        self.serve()
        with open(os.path.join(self.dir, "out"), "w+", encoding="utf-8") as out:
            p = self.linectl("--json", "trace", "--timeout", "3", stdout=out)
            client = self.connect()
            while p.poll() is None:
                client.call("Command", line="a", command="AT+GMM")
            self.ends(p, 0)
            out.seek(0)
            documents = [json.loads(line) for line in out]
        self.assertIn("AT+GMM", [document["trace"]["text"] for document in documents])
        self.assertEqual({document["v"] for document in documents}, {1})


if __name__ == "__main__":
    unittest.main()
