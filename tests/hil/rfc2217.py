#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines on terminal servers: modemsim as one, Debian's ser2net and gensio in front of its ptys, and
a client that is not ours, pyserial's, against modemsim.

BIN is the folder of the programs.
"""
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from attach import read, upgrade
from lined_varlink import BIN, LIMIT, Fixture


class Port:
    """A TCP port that is the same when its server comes again. Outgoing connections take none of
    these; tests beside us see by the UDP port of the same number that it is in use."""

    def __init__(self):
        while True:
            self.number = random.randrange(20000, 30000)
            self.reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.reservation.bind(("127.0.0.1", self.number))
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", self.number))
                return
            except OSError:
                self.reservation.close()

    def close(self):
        self.reservation.close()

    @property
    def url(self):
        return f"rfc2217://127.0.0.1:{self.number}"


class Case(Fixture):
    """One line, x, and a connection to its daemon."""

    def setUp(self):
        self.port = Port()
        self.addCleanup(self.port.close)
        super().setUp()

    @property
    def SIM(self):
        return ("--control", "--modem", "a=101", "--rfc2217", str(self.port.number),
                "--scenario", self.scenario())

    def scenario(self):
        path = os.path.join(self.dir, "scenario.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[number 300]\ndoes = answer\n[number 301]\ndoes = silent\n"
                       "[number 302]\ndoes = echo\n")
        return path

    def server_again(self):
        self.kill(self.sim)
        self.sim = self.start("modemsim", "--dir", self.dir, *self.SIM,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while b"ready" not in self.sim.stdout.readline():
            self.assertIsNone(self.sim.poll())

    def tell(self, text):
        """A command for modemsim. @return what it says before its ok"""
        self.sim.stdin.write(text.encode() + b"\n")
        self.sim.stdin.flush()
        lines = []
        while not lines or lines[-1] != "ok":
            lines.append(self.sim.stdout.readline().decode().strip())
            self.assertTrue(lines[-1] and not lines[-1].startswith("error"), lines)
        return lines[:-1]

    def modem(self):
        return json.loads(self.tell("show")[0])

    def serve(self, device=None, **keys):
        words = "".join(f",{key.replace('_', '-')}={value}" for key, value in keys.items())
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                f"--line=x={device or self.port.url}{words}")
        self.wait_for_socket()
        self.client = self.connect()

    def wait_until(self, what, check):
        deadline = time.monotonic() + LIMIT
        while not check():
            self.assertLess(time.monotonic(), deadline, f"never happened: {what}")
            select.select([], [], [], 0.02)

    def info(self, session):
        return self.client.call("GetSession", session=session)["info"]

    def wait_call(self, session, state):
        self.wait_until(state, lambda: self.info(session)["state"] == state)
        return self.info(session)

    def dial(self):
        session = self.client.call("Dial", line="x", number="300")["session"]
        self.wait_call(session, "connected")
        return session

    def drop(self, session):
        self.client.call("Drop", session=session)
        return self.wait_call(session, "idle")

    def release(self, session):
        self.client.call("Release", session=session)

    def assert_dials(self):
        self.wait_line("x", "ready")
        session = self.dial()
        info = self.drop(session)
        self.assertEqual(info["drop"][-1]["result"], "verified", info)
        self.release(session)
        return info

    def assert_lost(self, session):
        info = self.wait_call(session, "idle")
        self.assertEqual(info["origin"], "device-gone", info)
        self.release(session)
        self.assert_nothing_counted()

    def assert_nothing_counted(self):
        counters = self.client.call("GetCounters")["counters"]
        self.assertEqual([counters[name] for name in ("sessions", "calls", "requests")], [0] * 3)

    def wait_nothing_counted(self):
        """The record of a call is told when its line is ready again."""
        def is_zero():
            counters = self.client.call("GetCounters")["counters"]
            return not any(counters[name] for name in ("sessions", "calls", "requests"))
        self.wait_until("nothing is left", is_zero)

    def linectl(self, *words):
        return subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, *words],
                              check=True, capture_output=True, text=True, timeout=LIMIT,
                              stdin=subprocess.DEVNULL).stdout


class Calls(Case):
    """Modem lines without root."""

    def setUp(self):
        super().setUp()
        self.serve()
        self.wait_line("x", "ready")

    def test_a_drop_by_dtr_is_proved_by_dcd(self):
        session = self.dial()
        self.assertTrue(self.modem()["connected"])
        step, = self.drop(session)["drop"]
        self.assertEqual((step["name"], step["proof"]), ("dtr", "DCD low"))
        self.assertFalse(self.modem()["off_hook"])
        self.release(session)
        self.assert_dials()

    def test_a_modem_that_does_not_hear_dtr_is_hung_up_by_the_next_step(self):
        session = self.dial()
        self.tell("fault a deaf-dtr")
        steps = self.drop(session)["drop"]
        self.assertEqual(steps[0]["name"], "dtr")
        self.assertGreater(len(steps), 1)
        self.assertFalse(self.modem()["off_hook"])
        self.release(session)
        self.assert_dials()

    def test_dcd_alone_ends_a_call(self):
        self.tell("fault a no-carrier-lost")
        session = self.dial()
        self.tell("hangup a")
        self.assertEqual(self.wait_call(session, "idle")["origin"], "remote")
        self.release(session)
        self.assert_dials()

    def test_calls_are_answered(self):
        self.tell("ring a 5550")
        session = self.client.call("Answer", line="x", media="data")["session"]
        self.wait_call(session, "connected")
        self.assertEqual(self.drop(session)["drop"][-1]["proof"], "DCD low")
        self.release(session)
        self.assert_dials()

    def test_there_is_no_descriptor_to_lend(self):
        session = self.dial()
        with self.connect() as other:
            error = self.assert_error("NotSupported", other, "Lend", session=session,
                                      upgrade=True)
            self.assertIn("Attach", error["reason"])
            upgrade(other, "Attach", session=session)
        self.assertEqual(self.info(session)["state"], "connected")
        self.drop(session)
        self.release(session)

    def test_a_command_that_cannot_have_the_tty_is_refused_before_dialling(self):
        for words in (["connect", "--fd", "x", "300"], ["answer", "--wait", "--fd", "x"]):
            result = subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, *words,
                                     "--", "true"], capture_output=True, text=True, timeout=LIMIT,
                                    stdin=subprocess.DEVNULL, check=False)
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
            self.assertTrue(result.stderr.startswith("linectl: x: "), result.stderr)
            self.assertIn("leave out --fd", result.stderr)
            self.assertNotIn("command ", result.stderr)
        counters = self.client.call("GetCounters")["counters"]
        self.assertEqual(counters["calls"], 0)
        self.assert_dials()

    def test_dtr_falls_with_the_daemon(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                self.dial()
                self.lined.send_signal(number)
                self.lined.wait(LIMIT)
                self.wait_until("on hook", lambda: not self.modem()["off_hook"])
                self.serve()
                self.wait_line("x", "ready")


class Loss(Case):
    """Terminal servers that go, and come again."""

    def test_killed_while_the_line_is_idle(self):
        self.serve()
        self.wait_line("x", "ready")
        before = self.client.line("x")["line"]
        self.kill(self.sim)
        self.wait_until("gone", lambda: self.client.line("x")["state"] in ("gone", "absent"))
        self.server_again()
        self.wait_line("x", "ready")
        self.assertEqual(self.client.line("x")["line"], before)
        self.assert_dials()

    def check_killed(self, prepare):
        self.serve()
        self.wait_line("x", "ready")
        session = prepare()
        self.kill(self.sim)
        self.assert_lost(session)
        self.server_again()
        self.assert_dials()

    def test_killed_while_dialling(self):
        self.check_killed(lambda: self.client.call("Dial", line="x", number="301")["session"])

    def test_killed_while_connected(self):
        self.check_killed(self.dial)

    def test_killed_while_answering(self):
        def answer():
            self.tell("ring a 5550")
            return self.client.call("Answer", line="x", media="data")["session"]
        self.check_killed(answer)

    def test_killed_while_dropping(self):
        def drop():
            session = self.dial()
            self.tell("fault a silent")
            self.tell("fault a deaf-dtr")
            self.client.send("Drop", session=session, oneway=True)
            return session
        self.check_killed(drop)

    def test_killed_while_it_rings(self):
        self.serve()
        self.wait_line("x", "ready")
        self.tell("ring a 5550")
        self.wait_until("an offer", lambda: self.client.line("x")["state"] == "in-use")
        self.kill(self.sim)
        self.wait_until("gone", lambda: self.client.line("x")["state"] in ("gone", "absent"))
        self.wait_nothing_counted()
        self.server_again()
        self.assert_dials()

    def attached(self, number):
        """@return a session that is connected, and its stream"""
        session = self.client.call("Dial", line="x", number=number)["session"]
        stream = self.connect()
        upgrade(stream, "Attach", session=session, hang_up=True)
        self.wait_call(session, "connected")
        return session, stream

    def test_killed_with_data_flowing(self):
        def pour():
            session, stream = self.attached("302")
            stream.sock.sendall(b"x" * 4096)
            self.assertEqual(read(stream, 4096)[:4096], b"x" * 4096)
            stream.sock.setblocking(False)
            try:
                while True:  # until nobody takes more
                    stream.sock.send(b"x" * 65536)
            except BlockingIOError:
                stream.sock.settimeout(LIMIT)
            return session
        self.check_killed(pour)

    def test_killed_while_draining(self):
        def drain():
            session, stream = self.attached("302")
            self.tell("fault a silent")
            self.sim.send_signal(signal.SIGSTOP)
            stream.sock.setblocking(False)
            try:
                while True:
                    stream.sock.send(b"x" * 65536)
            except BlockingIOError:
                stream.sock.settimeout(LIMIT)
            stream.sock.shutdown(socket.SHUT_WR)
            return session
        self.check_killed(drain)

    def test_killed_at_once_after_the_start(self):
        """While the daemon connects, and while it probes."""
        self.serve()
        for state in ("opening", "probing"):
            self.kill(self.sim)
            self.wait_until("absent", lambda: self.client.line("x")["state"] in ("gone", "absent"))
            watcher = self.connect()
            watcher.send("Monitor", line="x", more=True)
            self.server_again()
            while watcher.receive()["parameters"]["event"].get("state") != state:
                pass
        self.kill(self.sim)
        self.server_again()
        self.assert_dials()
        self.wait_nothing_counted()

    def test_nothing_is_left_behind(self):
        """Descriptors, too, however often."""
        self.serve()
        self.assert_dials()
        counts = set()
        for _ in range(3):
            session = self.dial()
            self.kill(self.sim)
            self.assert_lost(session)
            self.server_again()
            # Not by connections that come and go.
            self.wait_until("ready", lambda: self.client.line("x")["state"] == "ready")
            counts.add(len(os.listdir(f"/proc/{self.lined.pid}/fd")))
        self.assertEqual(len(counts), 1, counts)

    def test_a_server_that_is_not_there_is_told_and_waited_for(self):
        self.kill(self.sim)
        self.serve()
        why = f"connection refused by 127.0.0.1:{self.port.number}"
        self.wait_line("x", "absent")
        self.assertEqual(self.client.line("x")["why"], why)
        for verb in (("list",), ("show", "x")):
            self.wait_until(why, lambda: why in self.linectl(*verb))
        self.server_again()
        self.assert_dials()

    def test_a_server_that_says_nothing_is_told(self):
        self.kill(self.sim)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", self.port.number))
            server.listen()
            self.serve()
            self.wait_line("x", "faulty")
            self.assertIn("takes connections and says nothing", self.client.line("x")["why"])
        self.server_again()
        self.assert_dials()

    def test_a_port_that_is_in_use_is_told(self):
        with socket.create_connection(("127.0.0.1", self.port.number)) as other:
            other.recv(1)  # it has been accepted
            self.serve()
            self.wait_line("x", "absent")
            self.assertIn("the port is in use", self.client.line("x")["why"])
        self.assert_dials()

    def test_a_server_that_stops_in_mid_call_is_noticed(self):
        self.serve(net_timeout=4)
        self.wait_line("x", "ready")
        session = self.dial()
        self.sim.send_signal(signal.SIGSTOP)
        self.assert_lost(session)
        self.sim.send_signal(signal.SIGCONT)
        self.assert_dials()

    def test_a_server_that_stops_while_the_line_is_idle_is_noticed(self):
        self.serve(net_timeout=4)
        self.wait_line("x", "ready")
        self.sim.send_signal(signal.SIGSTOP)
        self.wait_until("it is noticed", lambda: self.client.line("x")["state"] != "ready")
        self.sim.send_signal(signal.SIGCONT)
        self.assert_dials()


class Wire(Case):
    """What passes between lined and the terminal server, with somebody who listens, and speaks."""

    BREAK_ON, BREAK_OFF = b"\xff\xfa\x2c\x05\x05\xff\xf0", b"\xff\xfa\x2c\x05\x06\xff\xf0"
    BREAK_SEEN = b"\xff\xfa\x2c\x6a\x10\xff\xf0"  # NOTIFY-LINESTATE, break detected

    def setUp(self):
        super().setUp()
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.listener.close)
        self.carrier = threading.Thread(target=self.carry, daemon=True)
        self.carrier.start()

    def carry(self):
        self.lined_end, _ = self.listener.accept()
        with self.lined_end, socket.create_connection(("127.0.0.1", self.port.number)) as server:
            while True:
                for end in select.select([self.lined_end, server], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is server:
                        self.lined_end.sendall(data)
                    else:
                        self.heard += data
                        server.sendall(data)

    def test_breaks_pass_both_ways(self):
        self.serve(device="rfc2217://127.0.0.1:%d" % self.listener.getsockname()[1])
        self.wait_line("x", "ready")
        stream = self.connect()
        session = self.client.call("Dial", line="x", number="302")["session"]
        upgrade(stream, "Attach", session=session)
        self.wait_call(session, "connected")
        self.assertNotIn(self.BREAK_ON, self.heard)
        self.client.call("Break", session=session, ms=50)
        self.wait_until("a break",
                        lambda: self.BREAK_OFF in self.heard[self.heard.find(self.BREAK_ON):])
        self.client.send("Monitor", line="x", more=True)
        with self.connect() as fence:
            fence.call("GetCounters")
        self.lined_end.sendall(self.BREAK_SEEN)
        event = {}
        while event.get("type") != "break":
            event = self.client.receive()["parameters"]["event"]
        self.assertEqual(event["session"], session)
        stream.sock.sendall(b"and data")
        self.assertEqual(read(stream, 8), b"and data")


class Peers(Case):
    """Other people's servers in front of a pty, which has no modem lines."""

    @property
    def SIM(self):
        return ("--control", "--modem", "a=101", "--scenario", self.scenario())

    def need(self, program):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            self.skipTest(f"{program} is not installed")

    def spawn(self, *words):
        log = open(os.path.join(self.dir, "server.log"), "ab")
        self.addCleanup(log.close)
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        self.server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=dict(os.environ, PATH=path))
        self.addCleanup(self.kill, self.server)

    def check(self, start):
        start()
        self.serve()
        info = self.assert_dials()
        self.assertEqual([(step["name"], step["result"]) for step in info["drop"]],
                         [("dtr", "skipped"), ("hook", "verified")])
        self.check_killed(self.dial, start)
        self.check_killed(self.ringing, start)

    def check_killed(self, prepare, start):
        session = prepare()
        self.kill(self.server)
        if session:
            self.assert_lost(session)
        self.wait_until("gone", lambda: self.client.line("x")["state"] in ("gone", "absent"))
        self.wait_nothing_counted()
        self.server_again()  # or it would ring on
        start()
        self.assert_dials()

    def ringing(self):
        self.tell("ring a 5550")
        self.wait_until("an offer", lambda: self.client.line("x")["state"] == "in-use")

    def test_ser2net(self):
        self.need("ser2net")
        config = os.path.join(self.dir, "ser2net.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"connection: &a\n  accepter: telnet(rfc2217),tcp,127.0.0.1,"
                       f"{self.port.number}\n  connector: serialdev,{self.dir}/a,115200n81,local\n")
        self.check(lambda: self.spawn("ser2net", "-d", "-n", "-c", config))

    def test_gensio(self):
        self.need("gensiot")
        self.check(lambda: self.spawn("gensiot", "--server", "-a", "-i",
                                      f"serialdev,{self.dir}/a,115200n81,local",
                                      f"telnet(rfc2217),tcp,127.0.0.1,{self.port.number}"))


def find_pyserial():
    """Of Debian's python3, whatever python3 this is."""
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import serial
        return serial
    except ImportError:
        return None


class Pyserial(Case):
    """A client that is not ours."""

    def setUp(self):
        self.serial = find_pyserial()
        if not self.serial:
            self.skipTest("python3-serial is not installed")
        super().setUp()
        self.open()

    def open(self):
        self.tty = self.serial.serial_for_url(self.port.url, baudrate=115200, rtscts=True,
                                              timeout=LIMIT)
        self.addCleanup(self.tty.close)
        self.wait_until("modem lines", self.knows_lines)

    def knows_lines(self):
        """A thread of pyserial's learns of them some time after the opening."""
        try:
            return self.tty.dsr
        except self.serial.SerialException:
            return False

    def say(self, command, answer):
        self.tty.write(command.encode() + b"\r")
        heard = self.tty.read_until(answer.encode() + b"\r\n")
        self.assertTrue(heard.endswith(answer.encode() + b"\r\n"), heard)

    def test_a_call_by_hand(self):
        self.assertEqual((self.tty.cts, self.tty.dsr, self.tty.cd, self.tty.ri),
                         (True, True, False, False))
        self.say("AT", "OK")
        self.say("ATD300", "CONNECT 33600")
        self.wait_until("DCD", lambda: self.tty.cd)
        self.tty.dtr = False
        self.wait_until("no DCD", lambda: not self.tty.cd)
        self.assertFalse(self.modem()["off_hook"])
        self.tty.dtr = True
        self.say("AT", "OK")

    def test_ri_goes_up_while_it_rings(self):
        self.tell("ring a 5550")
        self.wait_until("RI", lambda: self.tty.ri)
        self.wait_until("no RI", lambda: not self.tty.ri)

    def test_settings_break_and_purging(self):
        self.tty.baudrate = 9600
        self.tty.bytesize = self.serial.SEVENBITS
        self.tty.parity = self.serial.PARITY_EVEN
        self.tty.break_condition = True
        self.tty.break_condition = False
        self.tty.rts = False
        self.tty.rts = True
        self.tty.reset_input_buffer()
        self.tty.reset_output_buffer()
        self.say("AT", "OK")

    def test_every_byte_passes(self):
        everything = bytes(range(256)) * 4
        self.say("ATD302", "CONNECT 33600")
        self.tty.write(everything)
        self.assertEqual(self.tty.read(len(everything)), everything)


if __name__ == "__main__":
    unittest.main(verbosity=2)
