#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl with the bytes of data calls: connect, answer with a command, attach."""

import itertools
import os
import pty
import random
import select
import signal
import subprocess
import sys
import termios
import time
import unittest

from attach import EVERY_BYTE, HOSTILE, Pair
from lined_varlink import BIN, LIMIT, Client

# Writes what argv says, reads as much, and tells by its status whether it was the same.
COMPARE = """
import os, random, sys, threading
data = random.Random(1).randbytes(int(sys.argv[1]))
threading.Thread(target=lambda: sys.stdout.buffer.write(data) and sys.stdout.flush()).start()
sys.exit(5 if sys.stdin.buffer.read(len(data)) == data else 6)
"""
UNTIL_HANGUP = """
import signal, sys
signal.signal(signal.SIGHUP, lambda *_: sys.exit(42))
print("ready", file=sys.stderr, flush=True)
while True:
    signal.pause()
"""


class Linectl(Pair):
    def linectl(self, *words, **keywords):
        keywords.setdefault("stderr", subprocess.DEVNULL)
        keywords.setdefault("stdin", subprocess.DEVNULL)
        return self.start("linectl", "--socket", self.path, *words, **keywords)

    def status(self, *words, **keywords):
        return self.linectl(*words, **keywords).wait(LIMIT)

    def answer(self, *command, auto=False):
        """b answers with a command; who calls earlier lets it ring until then."""
        return self.linectl("answer", "--auto" if auto else "--wait", "b", "--", *command)


class Commands(Linectl):
    def test_a_command_talks_with_another_one_and_the_call_ends_with_it(self):
        answering = self.answer("cat")
        self.assertEqual(self.status("connect", "a", "102", "--", sys.executable, "-c", COMPARE,
                                     str(1 << 20)), 5)
        self.assertIn(answering.wait(LIMIT), (0, 129))  # read the end, or was hung up on
        self.assert_nothing_left()

    def test_hostile_data_passes_from_stdin_to_stdout(self):
        data = HOSTILE * 200 + EVERY_BYTE * 20
        answering = self.answer("head", "-c", str(len(data)))
        process = self.linectl("connect", "a", "102", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
        out, _ = process.communicate(data, LIMIT)
        self.assertEqual(out.rstrip(b"+"), data.rstrip(b"+"))
        self.assertEqual((process.returncode, answering.wait(LIMIT)), (0, 0))
        self.assert_nothing_left()

    def test_the_end_of_the_call_hangs_up_on_the_command(self):
        answering = self.answer("cat")
        process = self.linectl("connect", "a", "102", "--", sys.executable, "-c", UNTIL_HANGUP,
                               stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        while b"ready" not in process.stderr.readline():
            pass
        answering.terminate()
        self.assertEqual(process.wait(LIMIT), 42)
        self.assertEqual(answering.wait(LIMIT), 130)
        self.assert_nothing_left()

    def test_a_terminal_for_the_command(self):
        answering = self.answer("cat")
        self.assertEqual(self.status("connect", "--pty", "a", "102", "--", "sh", "-c",
                                     "test -t 0 && test -t 1 && : < /dev/tty && exit 3"), 3)
        self.assertIn(answering.wait(LIMIT), (0, 129))  # read the end, or was hung up on
        self.assert_nothing_left()

    def test_call_after_call_with_its_facts_in_the_environment(self):
        answering = self.answer("sh", "-c", "echo $TRUNKLINE_LINE $TRUNKLINE_CALLER",
                                auto=True)
        for _ in range(2):
            process = self.linectl("connect", "a", "102", stdout=subprocess.PIPE)
            out, _ = process.communicate(timeout=LIMIT)
            self.assertEqual(out.rstrip(b"+"), b"b 101\n")
            self.wait_line("b", "ready")
        answering.terminate()
        self.assertEqual(answering.wait(LIMIT), 130)
        self.assert_nothing_left()

    def plug_in_again(self):
        self.sim = self.start("modemsim", "--dir", self.dir, *self.SIM, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        while b"ready" not in self.sim.stdout.readline():
            self.assertIsNone(self.sim.poll())

    def assert_answered(self):
        """A call of b gets what it is to get. The line may have been plugged in just now."""
        for line in "ab":
            self.wait_line(line, "ready")
        process = self.linectl("connect", "a", "102", "--", "sh", "-c", "read x && test $x = b")
        self.assertEqual(process.wait(LIMIT), 0)

    def test_an_unattended_line_outlives_the_plug(self):
        answering = self.answer("sh", "-c", "echo $TRUNKLINE_LINE; cat", auto=True)
        self.unplug()  # while nobody calls
        for line in "ab":
            self.wait_line(line, "absent")
        self.plug_in_again()
        self.assert_answered()
        for line in "ab":
            self.wait_line(line, "ready")
        calling = self.linectl("connect", "a", "102", stdout=subprocess.PIPE)
        self.assertEqual(calling.stdout.readline(), b"b\n")
        self.unplug()  # during a call
        calling.communicate(timeout=LIMIT)
        self.assertEqual(calling.returncode, 11)
        for line in "ab":
            self.wait_line(line, "absent")
        self.plug_in_again()
        self.assert_answered()
        self.assertIsNone(answering.poll())
        answering.terminate()
        self.assertEqual(answering.wait(LIMIT), 130)
        self.assert_nothing_left()

    def test_who_calls_is_in_the_environment(self):
        """Once the exchange has told: after the first ring."""
        calling = self.linectl("connect", "a", "102", "--", "cat")
        with Client(self.path) as client:
            known = client.follow("Monitor", until=lambda reply: "caller" in reply.get("event", {}),
                                  line="b")[-1]["event"]["caller"]
        self.assertEqual(known, "101")
        process = self.linectl("answer", "b", "--", "sh", "-c",
                               "test $TRUNKLINE_CALLER = 101 && test $TRUNKLINE_RATE = 33600 &&"
                               "test $TRUNKLINE_DIRECTION = in && test -z $TRUNKLINE_CALLED &&"
                               "test -n $TRUNKLINE_SESSION && exit 7")
        self.assertEqual(process.wait(LIMIT), 7)
        calling.wait(LIMIT)
        self.assert_nothing_left()

    def test_statuses_without_a_command_that_ran(self):
        self.assertEqual(self.status("connect", "a", "103", "--", "/no/such/program"), 127)
        self.assertEqual(self.status("connect", "a", "999", "--", "true"), 4)
        for words in (["connect", "--pty", "a", "103"], ["answer", "--auto", "b"],
                      ["connect", "a", "--", "true"], ["connect", "a", "103", "true"],
                      ["answer", "--keep", "b", "--", "true"]):
            self.assertEqual(self.status(*words), 2, words)
        self.assert_nothing_left()

    def test_quiet_is_one_line_at_the_end(self):
        for answers, words, told in (("cat", ["--", "true"], b"normal, by application; true: 0"),
                                     ("true", [], b"normal, by remote")):
            answering = self.answer(answers)
            process = self.linectl("connect", "-q", "a", "102", *words, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
            out, said = process.communicate(timeout=LIMIT)
            self.assertEqual(said.splitlines(), [b"linectl: 102 on a: ended: " + told])
            self.assertEqual(out.rstrip(b"+"), b"")
            answering.wait(LIMIT)
            for line in "ab":
                self.wait_line(line, "ready")
        self.assert_nothing_left()

    def connected(self):
        """a calls b, which answers with cat; what else linectl says is still to be read."""
        process = self.linectl("connect", "a", "102", "--", "cat", stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        for line in process.stderr:
            if b"session" in line:
                return process
        raise AssertionError("linectl has ended before the call was connected")

    def test_only_an_interrupt_is_impatience(self):
        """timeout(1) signals its child, and then the group that it is in."""
        answering = self.answer("cat")
        process = self.connected()
        end = time.monotonic() + LIMIT
        kinds = itertools.cycle((signal.SIGTERM, signal.SIGHUP))
        while process.poll() is None:
            self.assertLess(time.monotonic(), end)
            process.send_signal(next(kinds))
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
        self.assertEqual(process.returncode, 130)
        said = process.stderr.read()
        self.assertRegex(said, b"(?m)^end +normal, by user$")
        self.assertNotIn(b"interrupted", said)
        answering.wait(LIMIT)
        self.assert_nothing_left()

    def test_a_call_that_is_being_cleared_is_not_taken_for_one_that_comes_in(self):
        answering = self.answer("cat")
        process = self.connected()
        process.kill()
        end = time.monotonic() + LIMIT
        said = b""
        while b"no call comes in on 'a'" not in said:
            self.assertLess(time.monotonic(), end, said)
            process = self.linectl("answer", "a", "--", "cat", stderr=subprocess.PIPE)
            said = process.communicate(timeout=LIMIT)[1]
            self.assertRegex(said, b"a call is on 'a', but none comes in|no call comes in on 'a'")
            self.assertIn(process.returncode, (1, 6))
        answering.wait(LIMIT)
        self.wait_line("b", "ready")
        self.assert_nothing_left()

    def test_a_killed_linectl_ends_the_call(self):
        watcher = self.watch()
        answering = self.answer("cat")
        process = self.linectl("connect", "a", "102", "--", sys.executable, "-c", UNTIL_HANGUP,
                               stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        while b"ready" not in process.stderr.readline():
            pass
        process.kill()
        self.assertEqual(self.origins(watcher), {"a": "client-lost", "b": "remote"})
        answering.wait(LIMIT)
        self.assert_nothing_left()


class Private(Linectl):
    """Without a daemon: the port is opened anew for each call."""

    def setUp(self):
        super().setUp()
        self.stop(self.lined)
        self.lined = None

    def test_call_after_call(self):
        port = os.path.join(self.dir, "b")
        answering = self.start("linectl", "--device", port, "answer", "--auto", "--", "sh", "-c",
                               "echo $TRUNKLINE_LINE $TRUNKLINE_CALLER", stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
        self.addCleanup(answering.stderr.close)
        for _ in range(3):
            while True:  # a ring that comes while the port is opened anew is another call's
                process = self.start("linectl", "--device", os.path.join(self.dir, "a"), "connect",
                                     "102", "--timeout", "20", stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                out, _ = process.communicate(timeout=LIMIT)
                if process.returncode == 0:
                    break
            self.assertEqual(out.rstrip(b"+"), b"line0 101\n")
        answering.terminate()
        answering.communicate(timeout=LIMIT)
        self.assertEqual(answering.returncode, 130)


class Attach(Linectl):
    def setUp(self):
        super().setUp()
        self.answering = self.answer("cat")
        process = self.linectl("dial", "--keep", "a", "102", stdout=subprocess.PIPE)
        self.session = process.communicate(timeout=LIMIT)[0].decode().strip()
        self.assertEqual(process.returncode, 0)

    def tearDown(self):
        self.status("hangup", self.session)
        self.answering.wait(LIMIT)
        self.assert_nothing_left()
        super().tearDown()

    def attach(self, *words):
        """On a terminal. @return the process, and our end"""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        self.saved = termios.tcgetattr(theirs)
        self.theirs = theirs
        process = self.linectl("attach", self.session, *words, stdin=theirs, stdout=theirs,
                               stderr=theirs)
        self.read_until(ours, b"~? helps")
        while termios.tcgetattr(theirs)[3] & termios.ICANON:
            os.sched_yield()
        return process, ours

    def read_until(self, fd, word):
        text = b""
        while word not in text:
            self.assertTrue(select.select([fd], [], [], LIMIT)[0], text)
            text += os.read(fd, 4096)

    def assert_restored(self):
        self.assertEqual(termios.tcgetattr(self.theirs), self.saved)

    def test_typing_and_leaving(self):
        log = os.path.join(self.dir, "log")
        process, fd = self.attach("--log", log)
        os.write(fd, b"hello ~.\r")
        self.read_until(fd, b"hello ~.")
        os.write(fd, b"~?")
        self.read_until(fd, b"this help")
        os.write(fd, b"~~ ~x\r")
        self.read_until(fd, b"~ ~x\r")
        os.write(fd, b"~.")
        self.assertEqual(process.wait(LIMIT), 0)
        self.assert_restored()
        with open(log, "rb") as file:
            self.assertIn(b"hello ~.\r~ ~x\r", file.read())

    def test_a_signal_restores_the_terminal(self):
        process, _ = self.attach()
        process.terminate()
        self.assertEqual(process.wait(LIMIT), 130)
        self.assert_restored()

    def test_the_end_of_the_call_restores_the_terminal(self):
        process, fd = self.attach()
        self.status("drop", self.session)
        self.read_until(fd, b"the call has ended")
        self.assertEqual(process.wait(LIMIT), 0)
        self.assert_restored()

    def test_without_a_terminal(self):
        data = random.Random(5).randbytes(20000)
        process = self.linectl("attach", self.session, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
        process.stdin.write(data)
        process.stdin.flush()
        self.assertEqual(process.stdout.read(len(data)), data)
        process.stdin.close()
        self.status("drop", self.session)
        self.assertEqual(process.stdout.read().rstrip(b"+"), b"")
        self.assertEqual(process.wait(LIMIT), 0)

    def test_statuses(self):
        self.assertEqual(self.status("attach", "s99.9"), 10)
        self.assertEqual(self.status("attach", self.session, "--log", "/no/such/folder/log"), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
