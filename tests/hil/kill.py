#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that are killed in each state of a call that they own: another connection, which watches,
sees the call end, and whose doing it was, and the modem is on hook.

BIN is the folder of the programs.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
import unittest

from lined_varlink import BIN, Client, Fixture

# The longest ladder of the V.250 driver: five steps, 68 s, and the slack of each; and then a
# machine that has other things to do. What is waited for comes within seconds.
LADDER = 76
LIMIT = 5 * LADDER


def poll(what, check, limit=LIMIT):
    end = time.monotonic() + limit
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        select.select([], [], [], 0.02)
    return found


class Sim:
    """The emulated modems, by the control language of modemsim."""

    def __init__(self, process):
        self.process = process

    def tell(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        lines = []
        while not (line := self.process.stdout.readline().decode()).startswith(("ok", "error")):
            assert line, "modemsim has ended"
            lines.append(line)
        assert line.startswith("ok"), f"{command}: {line}"
        return lines

    def show(self, name):
        modems = [json.loads(line) for line in self.tell("show")]
        return next(modem for modem in modems if modem["name"] == name)


class Watch:
    """A second connection, which sees everything that happens on line a."""

    def __init__(self, path):
        self.client = Client(path)
        self.client.send("Monitor", line="a", more=True)
        self.client.sock.settimeout(LIMIT)
        self.events = []
        with Client(path) as fence:  # served behind it: from now on nothing is missed
            fence.call("GetCounters")

    def until(self, **wanted):
        """The next event with these values."""
        while True:
            event = self.client.receive()["parameters"]["event"]
            self.events.append(event)
            if all(event.get(key) == value for key, value in wanted.items()):
                return event

    def ends(self):
        return [event for event in self.events
                if event["type"] == "call-state" and event["state"] == "idle"]


class Case(Fixture):
    SIM = ("--control", "--modem", "a=101,voice=yes", "--modem", "b=102",
           "--modem", "c=103,answer=1")

    def setUp(self):
        super().setUp()
        self.modems = Sim(self.sim)
        self.serve()
        self.watch = Watch(self.path)
        self.addCleanup(self.watch.client.sock.close)

    def victim(self, call):
        """A process with a connection of its own that calls, then waits for its end."""
        return self.victim_of_two(call, {})

    def victim_of_two(self, call, then):
        """One that makes the second call, about its session if it has one, upon SIGUSR1."""
        process = subprocess.Popen([sys.executable, __file__, "--victim", self.path,
                                    json.dumps(call), json.dumps(then)], stdout=subprocess.PIPE)
        self.addCleanup(self.kill, process)
        self.assertEqual(process.stdout.readline(), b"sent\n")
        if then:
            self.assertEqual(process.stdout.readline(), b"answered\n")
        return process

    def counters(self):
        with Client(self.path) as client:
            return client.call("GetCounters")["counters"]

    def off_hook(self, name="a"):
        return self.modems.show(name)["off_hook"]

    def reap(self, process, origin="client-lost"):
        """Kill it; everything comes to an end, and it is told once why."""
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT)
        self.modems.tell("fault a none")
        end = self.watch.ends() or [self.watch.until(type="call-state", state="idle")]
        self.assertEqual(end[0]["origin"], origin)
        poll("the modem is on hook", lambda: not self.off_hook())
        self.assert_at_rest()
        # Whatever was still to be told has been told before the reset.
        with Client(self.path) as client:
            client.call("Reset", line="a")
        self.watch.until(type="line-state", state="probing")
        self.watch.until(type="line-state", state="ready")
        self.assertEqual(len(self.watch.ends()), 1, self.watch.events)

    def assert_at_rest(self):
        self.wait_line("a", "ready")
        zero = ("calls", "sessions", "requests", "off-hook")
        poll("counters are zero", lambda: not any(self.counters()[name] for name in zero))

    def wait_state(self, state):
        return self.watch.until(type="call-state", state=state)


def dial(number, **parameters):
    return {"method": "Dial", "line": "a", "number": number, "more": True, **parameters}


class Varlink(Case):
    def test_waiting_for_a_line_that_is_probed(self):
        process = self.victim_of_two({"method": "GetCounters"}, dial("103"))
        self.modems.tell("fault a silent")
        with Client(self.path) as resetting:
            resetting.send("Reset", line="a")
            self.watch.until(type="line-state", state="probing")
            process.send_signal(signal.SIGUSR1)
            self.wait_state("dialing")
            self.reap(process)
        self.assertEqual(self.modems.show("a")["dialled"], 0)

    def test_dialing(self):
        process = self.victim(dial("102"))
        self.wait_state("dialing")
        self.reap(process)

    def test_ringing_there(self):
        process = self.victim(dial("102"))
        poll("it rings", lambda: self.modems.show("b")["ringing"])
        self.assertTrue(self.off_hook())
        self.reap(process)
        self.assertFalse(self.modems.show("b")["ringing"])

    def test_proceeding(self):
        process = self.victim(dial("102", media="voice"))
        self.wait_state("proceeding")
        self.assertTrue(self.off_hook())
        self.reap(process)

    def test_connected(self):
        process = self.victim(dial("103"))
        self.wait_state("connected")
        self.assertTrue(self.off_hook())
        self.reap(process)

    def test_answering(self):
        self.modems.tell("ring a 5551234")
        self.wait_state("offering")
        self.modems.tell("fault a slow 3000 on A")
        process = self.victim({"method": "Answer", "line": "a", "more": True})
        poll("somebody owns it", lambda: self.counters()["sessions"] == 1)
        self.reap(process)

    def test_answered(self):
        self.modems.tell("ring a 5551234")
        self.wait_state("offering")
        process = self.victim({"method": "Answer", "line": "a", "more": True})
        self.wait_state("connected")
        self.assertTrue(self.off_hook())
        self.reap(process)

    def test_talking(self):
        self.modems.tell("ring a 5551234")
        self.wait_state("offering")
        process = self.victim({"method": "Answer", "line": "a", "media": "voice", "more": True})
        self.wait_state("connected")
        self.assertTrue(self.off_hook())
        self.reap(process)

    def test_waiting_for_a_call_which_then_rings_out(self):
        process = self.victim({"method": "Answer", "line": "a", "wait": LIMIT, "more": True})
        poll("it waits", lambda: self.counters()["clients"] == 4)  # lined, watch, it and we
        process.kill()
        process.wait(LIMIT)
        poll("it is gone", lambda: self.counters()["clients"] == 3)
        self.modems.tell("ring a 5551234")
        self.wait_state("offering")
        self.assertFalse(self.off_hook())
        self.modems.tell("hangup a")
        self.assertEqual(self.wait_state("idle")["origin"], "remote")
        self.assert_at_rest()

    def test_being_dropped(self):
        process = self.victim_of_two(dial("103", more=False), {"method": "Drop"})
        self.wait_state("connected")
        process.send_signal(signal.SIGUSR1)
        poll("it is dropped", lambda: self.counters()["drops-total"] == 1)
        self.reap(process, origin="application")

    def test_cleared_by_the_far_end(self):
        process = self.victim(dial("103"))
        self.wait_state("connected")
        self.modems.tell("hangup a")
        self.wait_state("disconnected")
        self.reap(process, origin="remote")


class Linectl(Case):
    def linectl(self, *words):
        process = subprocess.Popen([os.path.join(BIN, "linectl"), "--socket", self.path, *words],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(self.kill, process)
        return process

    def test_dialing(self):
        process = self.linectl("dial", "a", "102")
        poll("it rings", lambda: self.modems.show("b")["ringing"])
        self.reap(process)

    def test_connected(self):
        process = self.linectl("dial", "a", "103")
        self.wait_state("connected")
        self.reap(process)

    def test_proceeding(self):
        process = self.linectl("dial", "--voice", "a", "102")
        self.wait_state("proceeding")
        self.reap(process)

    def test_hanging_up(self):
        process = self.linectl("dial", "a", "103")
        self.wait_state("connected")
        process.send_signal(signal.SIGINT)
        poll("it is dropped", lambda: self.counters()["drops-total"] == 1)
        self.reap(process, origin="user")

    def test_answering(self):
        self.modems.tell("ring a 5551234")
        self.wait_state("offering")
        process = self.linectl("answer", "a")
        self.wait_state("connected")
        self.reap(process)


def live(path, call, then):
    """The victim."""
    client = Client(path)
    client.sock.settimeout(None)
    session = {}

    signal.signal(signal.SIGUSR1, lambda *_: client.send(**json.loads(then), **session))
    client.send(**json.loads(call))
    print("sent", flush=True)
    while True:
        reply = client.receive()["parameters"]
        if "session" in reply:
            session["session"] = reply["session"]
        print("answered", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--victim"]:
        live(*sys.argv[2:])
    else:
        unittest.main(verbosity=2)
