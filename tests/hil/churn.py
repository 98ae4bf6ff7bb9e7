#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that come and die as chance will have it, in the middle of whatever they do: most by
closing their sockets, some as processes that are killed. Then nothing may be left of them.

    churn.py [--seconds N] [--seed N] [--clients N]

--clients: connections at one time. With a minute or more the memory must stay flat, too.
"""

import argparse
import os
import random
import select
import subprocess
import sys
import time
import unittest

from lined_crowd import ANSWERS, BUSY, Many
from lined_varlink import BIN, LIMIT, Client

FLAT_FROM_S = 60  # until then the memory that is used at first is still being asked for
FLAT_KIB = 1024
options = argparse.Namespace(seconds=10, seed=1, clients=100)


class Victim:
    """A connection, or a process with one, and how much longer it lives."""

    def __init__(self, churn):
        self.churn = churn
        self.rolls = churn.random.randrange(12)
        self.sock = self.process = None
        doings = (self.dial, self.dial, self.dial, self.dial_kept, self.watch, self.wait,
                  self.end_kept, self.break_off, self.babble, self.leave, self.hurry,
                  self.run_linectl)
        churn.random.choice(doings)()
        if self.sock:
            self.sock.setblocking(False)

    def connect(self):
        client = Client(self.churn.path)
        self.sock = client.sock
        return client

    def line(self):
        return self.churn.random.choice(self.churn.names)

    def number(self):
        return self.churn.random.choice((ANSWERS, ANSWERS, BUSY, "1000", "1001", "1002"))

    def dial(self, **parameters):
        self.connect().send("Dial", line=self.line(), number=self.number(), more=True, **parameters)

    def dial_kept(self):
        self.dial(keep=True)

    def watch(self):
        self.connect().send("Monitor", more=True)

    def wait(self):
        self.connect().send("Answer", line=self.churn.names[self.rolls % 3], wait=LIMIT, more=True)

    def end_kept(self):
        self.churn.release_kept(self.connect())

    def break_off(self):
        message = b'{"method":"io.trunkline.Dial","parameters":{"line":"m0","number":"300"}}'
        self.connect().sock.sendall(message[:self.churn.random.randrange(len(message))])

    def babble(self):
        self.connect().sock.sendall(self.churn.random.randbytes(1000) + b"\0")

    def leave(self):
        self.connect()

    def hurry(self):
        """More calls at once than are served while it lives."""
        client = self.connect()
        for _ in range(20):
            client.send("ListLines")

    def run_linectl(self):
        words = self.churn.random.choice((("dial", self.line(), ANSWERS), ("monitor",),
                                          ("dial", "--keep", self.line(), ANSWERS), ("list",)))
        self.process = subprocess.Popen([os.path.join(BIN, "linectl"), "--socket", self.churn.path,
                                         *words], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def live(self):
        """@return False at the end of its life"""
        self.rolls -= 1
        if self.sock and self.churn.random.random() < 0.5:
            try:
                self.sock.recv(4096)
            except OSError:
                pass
        return self.rolls > 0

    def die(self):
        if self.sock:
            self.sock.close()
        if self.process:
            self.process.kill()
            self.process.wait()


class Churn(Many):
    N = 16

    def setUp(self):
        super().setUp()
        self.random = random.Random(options.seed)
        self.deaths = 0
        self.rss = []

    def status(self, name):
        with open(f"/proc/{self.lined.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.lined.pid}/fd"))

    def wait_until(self, what, check):
        deadline = time.monotonic() + LIMIT
        while not check():
            self.assertLess(time.monotonic(), deadline, what)
            select.select([], [], [], 0.05)

    def release_kept(self, client):
        for session in client.call("ListSessions")["sessions"]:
            if session["kept"]:
                client.send("Release", session=session["session"], drop=True, oneway=True)

    def churn(self):
        end = time.monotonic() + options.seconds
        victims = []
        while time.monotonic() < end:
            if len(victims) < options.clients:
                victims.append(Victim(self))
            victim = self.random.choice(victims)
            if not victim.live():
                victims.remove(victim)
                victim.die()
                self.deaths += 1
                self.rss.append(self.status("VmRSS"))
        self.deaths += len(victims)
        for victim in victims:
            victim.die()

    def test_nothing_is_left_of_clients_that_die(self):
        before, descriptors = self.counters(), self.descriptors()
        self.churn()
        gauges = ("calls", "sessions", "requests", "off-hook", "clients")

        def is_as_before():
            # What the dead had asked for may be served only now.
            with Client(self.path) as client:
                self.release_kept(client)
            counters = self.counters()
            return all(counters[name] == before[name] for name in gauges)
        self.wait_until("all is as before", is_as_before)
        self.wait_until("no descriptor is left", lambda: self.descriptors() <= descriptors)
        self.assert_nothing_left()
        half = len(self.rss) // 2
        first, second = max(self.rss[:half]), max(self.rss[half:])
        after = self.counters()
        print(f"seed {options.seed}: {self.deaths} clients in {options.seconds} s, "
              f"{after['drops-total']} drops, at most {first} KiB in the first half, "
              f"{second} KiB in the second")
        if options.seconds >= FLAT_FROM_S:
            self.assertLess(second, first + FLAT_KIB)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, value in vars(options).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    _, rest = parser.parse_known_args(namespace=options)
    # The quarantine of freed memory would hide what is flat.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
