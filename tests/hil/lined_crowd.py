#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as it is built: many clients at once, the limits that hold for each, and what it costs when
nobody asks for anything."""

import json
import os
import re
import select
import subprocess
import time
import unittest

from lined_varlink import LIMIT, Client, Error, Fixture, state_is

CALL_MAX = 64 * 1024  # VARLINK_CALL_MAX
DEPTH_MAX = 8  # VARLINK_DEPTH_MAX
SESSIONS_MAX = 256  # TL_SESSIONS_PER_CLIENT_MAX
REQUESTS_MAX = 64  # TL_REQUESTS_PER_CLIENT_MAX
ANSWERS, BUSY = "300", "301"


class Many(Fixture):
    """Modems m0, m1 and so on at an exchange that wastes no time."""

    N = 64

    def setUp(self):
        super().setUp()
        self.unplug()
        scenario = os.path.join(self.dir, "scenario.ini")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write("[exchange]\nsetup = 1\ndialtone = 1\ndigit = 0\nhandshake = 1\n"
                       f"[number {ANSWERS}]\ndoes = answer\n[number {BUSY}]\ndoes = busy\n")
            file.writelines(f"[modem m{i}]\nnumber = {1000 + i}\n" for i in range(self.N))
        self.sim = self.start("modemsim", "--control", "--dir", self.dir, "--scenario", scenario,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while b"ready" not in self.sim.stdout.readline():
            self.assertIsNone(self.sim.poll())
        self.names = [f"m{i}" for i in range(self.N)]
        config = os.path.join(self.dir, "lined.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[lined]\nkeep-sessions = {SESSIONS_MAX}\nlog-level = warning\n")
            file.writelines(f"[line {name}]\ndevice = {self.dir}/{name}\n" for name in self.names)
        self.lined = self.start("lined", "--socket", self.path, "--config", config)
        self.wait_for_socket()
        self.wait_ready()

    def wait_ready(self):
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", more=True)
            while any(line["state"] != "ready" for line in client.call("ListLines")["lines"]):
                monitor.receive()

    def counters(self):
        with Client(self.path) as client:
            return client.call("GetCounters")["counters"]

    def tell_modems(self, *commands):
        self.sim.stdin.write("".join(command + "\n" for command in commands).encode())
        self.sim.stdin.flush()
        for _ in commands:
            self.assertEqual(self.sim.stdout.readline(), b"ok\n")

    def assert_nothing_left(self):
        self.wait_ready()
        counters = self.counters()
        for name in ("calls", "sessions", "requests", "off-hook"):
            self.assertEqual(counters[name], 0, name)


class Crowd(Many):
    def test_64_clients_call_and_watch_at_once(self):
        callers = [self.connect() for _ in self.names]
        watchers = [self.connect() for _ in self.names]
        for watcher in watchers:
            watcher.call("GetCounters")  # accepted: it misses nothing from now on
        for caller, watcher, name in zip(callers, watchers, self.names):
            watcher.send("Monitor", line=name, more=True)
            caller.send("Dial", line=name, number=ANSWERS, more=True)
        sessions = []
        for caller in callers:
            sessions.append(caller.receive()["parameters"]["session"])
            while not state_is("connected")(caller.receive()["parameters"]):
                pass
        self.assertEqual(len(set(sessions)), self.N)
        self.assertEqual(self.counters()["calls"], self.N)
        for caller, session in zip(callers, sessions):
            caller.send("Drop", session=session, oneway=True)
        for caller, session in zip(callers, sessions):
            info = {}
            while not info.get("over"):
                info = caller.receive()["parameters"].get("info", {})
            self.assertEqual(info["session"], session)
        for caller in callers:
            caller.sock.close()
        for watcher, name in zip(watchers, self.names):
            seen = []
            while "idle" not in seen:
                event = watcher.receive()["parameters"].get("event", {})
                self.assertEqual(event.get("line_name", name), name)
                seen.append(event.get("state"))
            self.assertIn("connected", seen)
        self.assert_nothing_left()


class Limits(Many):
    N = REQUESTS_MAX + 2

    def test_a_user_has_so_many_requests_on_their_way(self):
        clients = [self.connect() for _ in self.names]
        sessions = [client.call("Dial", line=name, number=ANSWERS, keep=True)["session"]
                    for client, name in zip(clients, self.names)]
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", more=True)
            while any(s["state"] != "connected" for s in client.call("ListSessions")["sessions"]):
                monitor.receive()
        # So that no drop comes to an end.
        self.tell_modems(*(f"fault {name} silent" for name in self.names))
        for client, session in zip(clients, sessions):
            client.send("Drop", session=session)
        for client in clients[REQUESTS_MAX:]:
            with self.assertRaises(Error) as caught:
                client.receive()
            self.assertEqual(caught.exception.name, "io.trunkline.Limit")
        self.assertLessEqual(self.counters()["requests"], REQUESTS_MAX)
        self.unplug()  # the end of all lines


class Messages(Fixture):
    def setUp(self):
        super().setUp()
        self.serve()

    def send_raw(self, data):
        client = self.connect()
        client.sock.sendall(data)
        return client

    def test_a_call_of_64_kib_is_served_and_not_one_byte_more(self):
        start, end = b'{"method":"io.trunkline.GetCounters"', b"}"
        padding = CALL_MAX - len(start) - len(end)
        client = self.send_raw(start + b" " * padding + end + b"\0")
        self.assertIn("counters", client.receive()["parameters"])
        self.assertIn("counters", client.call("GetCounters"))
        client = self.send_raw(start + b" " * (padding + 1) + end)
        self.assertTrue(client.closed())

    def nested(self, depth):
        """A call that is so deep; its method knows no such parameter."""
        value = 1
        for _ in range(depth - 3):  # the message, its parameters and the number
            value = {"a": value}
        return json.dumps({"method": "io.trunkline.GetCounters",
                           "parameters": {"x": value}}).encode() + b"\0"

    def test_a_call_nests_so_deep_and_no_deeper(self):
        client = self.send_raw(self.nested(DEPTH_MAX))
        with self.assertRaises(Error) as caught:
            client.receive()
        self.assertEqual(caught.exception.name, "org.varlink.service.InvalidParameter")
        self.assertTrue(self.send_raw(self.nested(DEPTH_MAX + 1)).closed())

    def test_a_call_in_pieces_is_served_and_half_a_call_is_forgotten(self):
        message = b'{"method":"io.trunkline.GetCounters"}\0'
        client = self.connect()
        for i in range(len(message)):
            client.sock.sendall(message[i:i + 1])
        self.assertIn("counters", client.receive()["parameters"])
        for i in range(1, len(message)):
            self.send_raw(message[:i]).sock.close()
        self.assert_nothing_left()


class Sessions(Many):
    N = 1

    def test_a_client_holds_so_many_sessions(self):
        client = self.connect()
        sessions = [client.follow("Dial", line="m0", number=BUSY)[0]["session"]
                    for _ in range(SESSIONS_MAX)]
        self.assert_error("Limit", client, "Dial", line="m0", number=BUSY)
        client.call("Release", session=sessions[0])
        client.follow("Dial", line="m0", number=BUSY)
        with Client(self.path) as other:
            other.follow("Dial", line="m0", number=BUSY)
        client.sock.close()
        self.assert_nothing_left()


class Idle(Many):
    N = 8
    WINDOW = 3  # seconds without a wake-up
    PSS_MAX = 3 * 1024  # KiB

    def read(self, name):
        with open(f"/proc/{self.lined.pid}/{name}", encoding="utf-8") as file:
            return file.read()

    def wake_ups(self):
        return int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", self.read("status"))[1])

    def test_nothing_wakes_up_a_daemon_with_idle_lines(self):
        # What has just happened may take a moment to settle; what comes again and again does not.
        deadline = time.monotonic() + LIMIT
        while True:
            before = self.wake_ups()
            select.select([], [], [], self.WINDOW)
            if self.wake_ups() == before:
                break
            self.assertLess(time.monotonic(), deadline, "it wakes up again and again")

    def test_it_is_small(self):
        if "libasan" in self.read("maps"):
            self.skipTest("with sanitizers it is not")
        pss = int(re.search(r"\nPss:\s*(\d+) kB", self.read("smaps_rollup"))[1])
        print(f"PSS with {self.N} lines: {pss} KiB")
        self.assertLess(pss, self.PSS_MAX)


if __name__ == "__main__":
    unittest.main(verbosity=2)
