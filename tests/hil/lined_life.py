#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as it is built: clients that misbehave, and how it starts and stops."""

import os
import signal
import socket
import subprocess
import time
import unittest

from lined_varlink import BIN, LIMIT, Client, Error, Fixture, state_is

CONNECTIONS_MAX = 512  # LINED_CONNECTIONS_MAX
REQUESTS_MAX = 64  # TL_REQUESTS_PER_CLIENT_MAX


class Misbehaviour(Fixture):
    def setUp(self):
        super().setUp()
        self.serve()
        self.bystander = self.connect()
        self.bystander.call("GetCounters")

    def tearDown(self):
        self.assertEqual(len(self.bystander.call("ListLines")["lines"]), 2)
        super().tearDown()

    def send_all(self, data):
        client = self.connect()
        try:
            client.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return client

    def test_garbage(self):
        deep = b'{"method":"io.trunkline.Dial","parameters":' + b'{"a":' * 5000 + b"1" + b"}" * 5001
        for name, data in (
            ("nul", b"\0"), ("words", b"ATDT5551234\r\0"), ("array", b"[]\0"),
            ("no method", b"{}\0"), ("deep", deep + b"\0"), ("brackets", b"[" * 60000 + b"\0"),
            ("utf-8", b'{"method":"\xff"}\0'),
            ("twice", b'{"method":"a.b","method":"a.b"}\0'), ("random", os.urandom(4096) + b"\0"),
            ("trailing", b'{"method":"io.trunkline.GetCounters"} {}\0'),
        ):
            with self.subTest(name):
                self.assertTrue(self.send_all(data).closed())

    def test_ten_megabytes_without_an_end(self):
        self.assertTrue(self.send_all(b'{"method":"' + b"x" * 10_000_000).closed())

    def test_ten_megabytes_of_calls_without_reading(self):
        client = self.connect()
        client.sock.setblocking(False)
        message = b'{"method":"io.trunkline.ListLines"}\0' * 1000
        sent = 0
        try:
            while sent < 10_000_000:
                sent += client.sock.send(message)
                self.bystander.call("GetCounters")
        except BlockingIOError:
            pass
        self.assertLess(sent, 2_000_000)
        client.sock.setblocking(True)
        self.assertEqual(len(client.receive()["parameters"]["lines"]), 2)

    def test_a_monitor_that_does_not_read_is_cut_off(self):
        client = self.connect()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send("Monitor", more=True)
        deadline = time.monotonic() + LIMIT
        before = self.bystander.call("GetCounters")["counters"]["clients"]
        # Each reset makes events for everyone who watches.
        while self.bystander.call("GetCounters")["counters"]["clients"] == before:
            self.assertLess(time.monotonic(), deadline)
            self.bystander.call("Reset", line="a")

    def test_a_half_closed_client_gets_its_reply(self):
        client = self.connect()
        client.send("Command", line="a", command="AT+GMM")
        client.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(client.receive()["parameters"]["answer"][-1], "OK")
        self.assertTrue(client.closed())

    def test_replies_come_in_the_order_of_the_calls(self):
        client = self.connect()
        client.send("Command", line="a", command="AT+GMM")
        for _ in range(50):
            client.send("GetCounters")
        self.assertIn("answer", client.receive()["parameters"])
        for _ in range(50):
            self.assertIn("counters", client.receive()["parameters"])

    def test_more_connections_than_allowed_are_refused(self):
        clients = [self.connect() for _ in range(CONNECTIONS_MAX - 1)]
        for client in clients:
            client.call("ListSessions")
        refused = self.connect()
        self.assert_error("Limit", refused, "GetCounters")
        self.assertTrue(refused.closed())
        clients[0].sock.close()
        self.bystander.call("GetCounters")
        self.connect().call("GetCounters")


class Lifecycle(Fixture):
    def test_only_one_daemon_for_a_socket(self):
        self.serve()
        second = self.start("lined", "--socket", self.path, stderr=subprocess.PIPE)
        self.assertIn(b"already running", second.communicate(timeout=LIMIT)[1])
        self.assertEqual(second.returncode, 1)
        self.connect().call("GetCounters")

    def test_the_socket_of_a_killed_daemon_is_replaced(self):
        self.serve()
        self.kill(self.lined)
        self.assertTrue(os.path.exists(self.path))
        self.serve()

    def check_stop(self, number):
        self.serve()
        client = self.connect()
        client.follow("Dial", until=state_is("connected"), line="a", number="103")
        self.lined.send_signal(number)
        while "info" not in (last := client.receive()["parameters"]):
            pass
        self.assertEqual((last["info"]["state"], last["info"]["origin"]), ("idle", "application"))
        self.assertEqual(self.lined.wait(LIMIT), 0)
        self.assertFalse(os.path.exists(self.path))

    def serve_many(self, n):
        """A daemon with kept calls on n lines. @return its configuration file and its log"""
        folder = os.path.join(self.dir, "many")
        os.mkdir(folder)
        scenario = os.path.join(folder, "scenario.ini")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write("[number 300]\ndoes = answer\n")
        sim = self.start("modemsim", "--dir", folder, "--scenario", scenario,
                         *[f"--modem=m{i}={1000 + i}" for i in range(n)], stdout=subprocess.PIPE)
        while b"ready" not in sim.stdout.readline():
            self.assertIsNone(sim.poll())
        config = os.path.join(folder, "conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[lined]\nkeep-sessions = {n}\n")
            file.writelines(f"[line m{i}]\ndevice = {folder}/m{i}\n" for i in range(n))
        log = os.path.join(folder, "log")
        with open(log, "w", encoding="utf-8") as file:
            self.lined = self.start("lined", "--socket", self.path, "--config", config,
                                    stderr=file)
        self.wait_for_socket()
        with Client(self.path) as client:
            for i in range(n):
                client.call("Dial", line=f"m{i}", number="300", keep=True)
            while any(s["state"] != "connected" for s in client.call("ListSessions")["sessions"]):
                pass
        return config, log

    def test_a_user_with_more_calls_than_requests_loses_none_unended(self):
        n = REQUESTS_MAX + 2
        _, log = self.serve_many(n)
        self.stop(self.lined)
        self.lined = None
        with open(log, encoding="utf-8") as file:
            text = file.read()
        if "could not be ended" in text:
            self.skipTest("this machine is too slow to end so many calls in time")
        self.assertEqual(text.count("by application"), n)

    def test_lines_that_are_taken_away_all_lose_their_calls_whoever_has_too_many(self):
        config, _ = self.serve_many(REQUESTS_MAX + 2)
        with open(config, "w", encoding="utf-8"):
            pass
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.call("GetCounters")
            monitor.send("Monitor", more=True)
            client.call("Reload")
            while client.call("ListLines")["lines"]:
                monitor.receive()
            for session in client.call("ListSessions")["sessions"]:
                self.assertTrue(session["over"])
                self.assertEqual(session["origin"], "application")

    def test_sigterm_ends_the_calls_and_tells_their_clients(self):
        self.check_stop(signal.SIGTERM)

    def test_sigint_does_too(self):
        self.check_stop(signal.SIGINT)

    def test_a_second_signal_ends_the_daemon_at_once(self):
        self.serve()
        client = self.connect()
        client.follow("Dial", until=state_is("connected"), line="a", number="103")
        begin = time.monotonic()
        self.lined.send_signal(signal.SIGTERM)
        self.lined.send_signal(signal.SIGINT)
        self.assertEqual(self.lined.wait(LIMIT), 0)
        self.assertLess(time.monotonic() - begin, 1)

    def test_a_stopping_daemon_takes_no_calls(self):
        self.serve()
        client = self.connect()
        self.dial(client)
        with Client(self.path) as other:
            self.lined.terminate()
            client.send("Monitor", more=True)
            try:
                while client.receive():
                    with self.assertRaises((Error, EOFError, OSError)):
                        other.call("Dial", line="b", number="103")
            except (EOFError, OSError):
                pass
        self.assertEqual(self.lined.wait(LIMIT), 0)

    def test_a_private_daemon_ends_with_its_connection(self):
        ours, theirs = socket.socketpair()
        process = self.start("lined", "--fd", str(theirs.fileno()), "--log-level", "warning",
                             *self.lines(), pass_fds=[theirs.fileno()])
        theirs.close()
        with Client(sock=ours) as client:
            while client.line("a")["state"] != "ready":
                pass
            client.follow("Dial", until=state_is("connected"), line="a", number="103")
            process.send_signal(signal.SIGINT)  # meant for the client
            self.assertIsNone(process.poll())
        self.assertEqual(process.wait(LIMIT), 0)
        # The other line has been hung up too: another daemon finds everything on hook.
        self.serve()
        self.assert_nothing_left()

    def check(self, text, *args):
        path = os.path.join(self.dir, "lined.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([os.path.join(BIN, "lined"), "--config", path, *args],
                              capture_output=True, text=True, timeout=LIMIT, check=False)

    def test_check_config(self):
        good = self.check("[line a]\ndevice = /dev/ttyUSB0\n", "--check-config")
        self.assertEqual((good.returncode, good.stdout),
                         (0, "the configuration is right: 1 lines\n"))
        bad = self.check("[line a]\ndevice = /dev/ttyUSB0\nbuad = 9600\n", "--check-config")
        self.assertEqual(bad.returncode, 2)
        self.assertIn(":3: a line has no 'buad': did you mean 'baud'?", bad.stderr)

    def test_usage(self):
        for args, status in ((["--version"], 0), (["--help"], 0), (["--frobnicate"], 2),
                             (["--fd", "99"], 1)):
            run = subprocess.run([os.path.join(BIN, "lined"), *args], capture_output=True,
                                 text=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, status, args)


class Crash(Fixture):
    SIM = ("--modem", "a=101,dtr=ignore", "--modem", "b=102", "--modem", "c=103,answer=1")

    def test_a_call_that_a_killed_daemon_left_is_ended_and_told(self):
        self.serve()
        with Client(self.path) as client:
            self.dial(client)
            self.kill(self.lined)
        with open(os.path.join(self.dir, "log"), "w+", encoding="utf-8") as log:
            self.lined = self.start("lined", "--socket", self.path, *self.lines(), stderr=log)
            self.wait_for_socket()
            self.assert_nothing_left()
            log.seek(0)
            self.assertIn("a: found in a call that nobody knows of: hanging up", log.read())


if __name__ == "__main__":
    unittest.main(verbosity=2)
