#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""When a call is answered: at a ring, or as soon as it is known who calls."""

import json
import os
import subprocess
import unittest

from connect import Linectl
from lined_varlink import LIMIT, Client


class Rings(Linectl):
    RING_OFF = 4000  # ms; what modemsim does anyway
    RING_GAP = 10  # s; the same of lined
    MODEM = ""  # more of b

    @property
    def SIM(self):
        scenario = os.path.join(self.dir, "scenario")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write(f"[modem a]\nnumber = 101\nwithhold = yes\n[modem b]\nnumber = 102\n"
                       f"{self.MODEM}\n[exchange]\nring-off = {self.RING_OFF}\n")
        return ("--control", "--scenario", scenario)

    def serve(self, *args):
        self.calls = os.path.join(self.dir, "calls")
        config = os.path.join(self.dir, "lined.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[lined]\nhistory = {self.dir}/history\n")
            for name in "ab":
                file.write(f"[line {name}]\ndevice = {self.dir}/{name}\n"
                           f"ring-gap = {self.RING_GAP}\n")
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                "--config", config, *args)
        self.wait_for_socket()
        for name in "ab":
            self.wait_line(name, "ready")

    def tell(self, text):
        """A command for modemsim."""
        self.sim.stdin.write(text.encode() + b"\n")
        self.sim.stdin.flush()
        self.assertEqual(self.sim.stdout.readline(), b"ok\n")

    def answer(self, *options):
        """b writes down who has called, and hangs up."""
        return self.linectl("answer", *options, "b", "--", "sh", "-c",
                            f"echo ${{TRUNKLINE_CALLER-unset}} $TRUNKLINE_CALLER_NAME"
                            f">> {self.calls}")

    def ring(self, number=""):
        """A stranger calls, and it has rung once."""
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", line="b", more=True)
            client.line("b")  # the daemon has come to it, too, when it answers this
            self.tell(f"ring b {number}".strip())
            while monitor.receive()["parameters"]["event"]["type"] != "ring":
                pass

    def end(self, process):
        """Of an answer that waits for calls, when the latest one is over."""
        self.wait_line("b", "ready")
        process.terminate()
        self.assertEqual(process.wait(LIMIT), 130)
        self.assert_nothing_left()

    def wait_record(self, n):
        """@return the records of b, when there are so many: the oldest one first"""
        with Client(self.path) as monitor:
            monitor.send("Monitor", more=True)
            while True:
                with Client(self.path) as client:
                    replies = client.follow("ListHistory", line="b")
                records = [reply["record"] for reply in replies if "record" in reply]
                if len(records) == n:
                    return records[::-1]
                monitor.receive()

    def callers(self):
        with open(self.calls, encoding="utf-8") as file:
            return [line.strip() for line in file]


class Slow(Rings):
    """An exchange that rings so seldom that what happens does so before the second ring."""
    RING_OFF = 26000
    RING_GAP = 30

    def test_a_number_that_is_told_is_not_waited_for(self):
        answering = self.answer("--wait", "--rings", "200")
        self.ring("5551234")
        self.assertEqual(answering.wait(LIMIT), 0)
        self.assertEqual(self.callers(), ["5551234"])
        self.assertEqual(self.wait_record(1)[0]["rings"], 1)
        self.assert_nothing_left()

    def test_a_number_that_is_withheld_is_not_waited_for(self):
        answering = self.answer("--wait", "--rings", "200")
        self.status("connect", "a", "102")
        self.assertEqual(answering.wait(LIMIT), 0)
        self.assertEqual(self.callers(), ["unset withheld"])
        self.assertEqual(self.wait_record(1)[0]["rings"], 1)
        self.assert_nothing_left()

    def test_a_number_that_is_known_already(self):
        self.ring("5551234")
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", line="b", more=True)
            while "caller" not in client.line("b"):
                monitor.receive()
            session = client.call("Answer", line="b", rings=200)["session"]
            self.assertEqual(client.call("GetSession", session=session)["info"]["rings"], 1)
            client.call("Hangup", session=session)
        self.assert_nothing_left()

    def test_who_leaves_leaves_the_call_ringing(self):
        answering = self.answer("--wait", "--rings", "200")
        self.ring()
        with Client(self.path) as client:
            while "linectl" not in client.line("b").get("owner", ""):
                os.sched_yield()
            answering.terminate()
            self.assertEqual(answering.wait(LIMIT), 130)
            self.assertEqual(client.line("b")["rings"], 1)
            session = client.call("Answer", line="b")["session"]
            client.call("Hangup", session=session)
        self.assert_nothing_left()


class Lost(Rings):
    """The same, and a modem that does not tell who calls."""
    RING_OFF = Slow.RING_OFF
    RING_GAP = Slow.RING_GAP
    MODEM = "caller-id = no"

    def test_a_second_ring_that_does_not_come(self):
        """Nothing is told in 6 s for each of two."""
        answering = self.answer("--auto")
        self.ring()
        self.assertEqual(self.wait_record(1)[0]["rings"], 1)
        self.assertEqual(self.callers(), ["unset"])
        self.end(answering)


class Usual(Rings):
    def test_the_first_ring_is_enough(self):
        answering = self.answer("--auto", "--rings", "1")
        self.ring()
        self.assertEqual(self.wait_record(1)[0]["rings"], 1)
        self.end(answering)

    def test_who_gives_up_has_missed_us_and_the_next_one_is_answered(self):
        answering = self.answer("--auto")
        self.ring()
        with Client(self.path) as client:
            session = client.call("Join", line="b", keep=True)["session"]
        self.tell("hangup b")
        self.wait_line("b", "ready")
        self.assertIsNone(answering.poll())
        self.ring("5551234")
        missed, answered = self.wait_record(2)
        self.assertEqual((missed["disconnect"], missed["rings"]), ("no-answer", 1))
        self.assertNotIn("connected", missed["boot_us"])
        self.assertEqual((answered["caller"], answered["rings"]), ("5551234", 1))
        self.assertEqual(self.callers(), ["5551234"])
        shown = self.linectl("info", session, stdout=subprocess.PIPE)
        self.assertRegex(shown.communicate(timeout=LIMIT)[0], rb"(?m)^rings +1$")
        listed = self.linectl("--json", "history", "b", stdout=subprocess.PIPE)
        lines = listed.communicate(timeout=LIMIT)[0].splitlines()
        self.assertEqual([json.loads(line)["rings"] for line in lines], [1, 1])
        self.assertEqual(self.status("release", session), 0)
        self.end(answering)

    def test_who_gives_up_ends_an_answer_that_does_not_wait(self):
        self.ring()
        with self.connect() as client:
            client.send("Answer", line="b", rings=255)
            with Client(self.path) as other:
                while "owner" not in other.line("b"):
                    os.sched_yield()
            self.tell("hangup b")
            with self.assertRaisesRegex(Exception, "CallOver.*the call has ended: no-answer"):
                client.receive()
        self.assert_nothing_left()

    def test_what_cannot_be(self):
        for words in (["answer", "b", "--rings", "0"], ["answer", "b", "--rings", "256"],
                      ["receive", "b", "102", "--rings", "2"],
                      ["receive", "--session", "s1.1", "--rings", "2"],
                      ["dial", "a", "102", "--rings", "2"]):
            process = self.linectl(*words, stderr=subprocess.PIPE)
            _, err = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, 2, words)
            self.assertRegex(err, rb"rings|for a new call")
        with self.connect() as client:
            error = self.assert_error("InvalidArgument", client, "Answer", line="b", rings=256)
            self.assertEqual(error["reason"], "rings is 1 to 255, not 256")


class Untold(Rings):
    """A modem that never tells who calls."""
    MODEM = "caller-id = no"

    def test_it_is_answered_at_the_second_ring(self):
        answering = self.answer("--auto")
        self.ring("5551234")
        record, = self.wait_record(1)
        self.assertEqual(record["rings"], 2)
        self.assertNotIn("caller", record)
        self.assertEqual(self.callers(), ["unset"])
        self.end(answering)


class Modem(Rings):
    """A modem that answers by itself, before it was to."""
    MODEM = "answer = 2\ncaller-id = no"

    def test_its_call_is_ours(self):
        answering = self.answer("--wait", "--rings", "9")
        self.ring()
        self.assertEqual(answering.wait(LIMIT), 0)
        self.assertEqual(self.callers(), ["unset"])
        self.assertLess(self.wait_record(1)[0]["rings"], 9)
        self.assert_nothing_left()

    def test_its_call_becomes_a_stream(self):
        with self.connect() as client:
            client.send("Answer", line="b", wait=LIMIT, rings=9, upgrade=True)
            self.ring()
            self.assertIn("session", client.receive()["parameters"])
        self.assert_nothing_left()

    def test_its_call_is_told_once(self):
        with self.connect() as client:
            client.send("Answer", line="b", wait=LIMIT, rings=9)
            self.ring()
            session = client.receive()["parameters"]["session"]
            info = client.call("GetSession", session=session)["info"]
            self.assertEqual(info["state"], "connected")
            client.call("Hangup", session=session)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
