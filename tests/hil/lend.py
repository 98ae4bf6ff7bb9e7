#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The line's own tty, lent by its descriptor: to a client of lined's, and to linectl's commands.

BIN is the folder of the programs. As root, as others lined may not hang a port up.
"""

import array
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import time
import unittest

from attach import EVERY_BYTE, HOSTILE, Pair, read, read_all, upgrade
from lined_varlink import LIMIT, Client, Error

COMPARE = """
import os, sys, termios
assert os.isatty(0) and os.ttyname(0) == os.ttyname(1)
sys.stderr.write(os.ttyname(0) + "\\n")
os.write(1, b"from the command")
text = b""
while len(text) < 15:
    text += os.read(0, 15 - len(text))
sys.stderr.write(repr(text) + "\\n")
sys.exit(5 if text == b"from the caller" else 6)
"""
UNTIL_HANGUP = """
import signal, sys
signal.signal(signal.SIGHUP, lambda *_: sys.exit(42))
print("ready", file=sys.stderr, flush=True)
while True:
    signal.pause()
"""


def lend(client, session):
    """@return the descriptor that comes with the reply"""
    client.send("Lend", session=session, upgrade=True)
    fds = array.array("i")
    data, control, _, _ = client.sock.recvmsg(65536, socket.CMSG_SPACE(4 * fds.itemsize))
    for level, kind, passed in control:
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        fds.frombytes(passed)
    client.buffer += data
    client.receive()
    assert len(fds) == 1, fds
    return fds[0]


class Case(Pair):
    def lent(self, **keywords):
        """A call from a to b. @return its owner, whom the port is lent to, the port, b's stream"""
        answering, owner, holder = self.connect(), self.connect(), self.connect()
        answering.send("Answer", line="b", wait=LIMIT, upgrade=True)
        self.session = owner.call("Dial", line="a", number="102", **keywords)["session"]
        self.wait_record(owner, lambda info: info["state"] == "connected")
        fd = lend(holder, self.session)
        self.addCleanup(self.close, fd)
        answering.receive()
        return owner, holder, fd, answering

    @staticmethod
    def close(fd):
        try:
            os.close(fd)
        except OSError:
            pass  # by the test

    def carry_out(self, fd, client, data):
        os.write(fd, data)
        self.assertEqual(read(client, len(data)), data)

    def carry_in(self, client, fd, data):
        client.sock.sendall(data)
        got = b""
        while len(got) < len(data):
            self.assertTrue(select.select([fd], [], [], LIMIT)[0], f"only {len(got)} bytes")
            got += os.read(fd, len(data) - len(got))
        self.assertEqual(got, data)

    def record(self, owner):
        return owner.call("GetSession", session=self.session)["info"]

    def wait_record(self, owner, check):
        end = time.monotonic() + LIMIT
        while not check(info := self.record(owner)):
            self.assertLess(time.monotonic(), end, info)
            select.select([], [], [], 0.02)
        return info

    def wait_over(self, owner):
        return self.wait_record(owner, lambda info: info["over"])

    def assert_dials_again(self, fd=None):
        """The line is as new, and who has kept the descriptor has nothing of it."""
        self.wait_line("a", "ready")
        self.wait_line("b", "ready")
        if fd is not None:
            with self.assertRaises(OSError, msg="it has been hung up"):
                os.write(fd, b"x")
        a, b = self.pair()
        self.carry(a, b, EVERY_BYTE)
        self.carry(b, a, HOSTILE * 20)
        # Both at once: each drop takes the guard times of an escape sequence.
        a.sock.close()
        b.sock.close()
        self.assert_nothing_left()


class Port(Case):
    """Without modem lines, as ptys are."""

    def test_bytes_pass_and_the_daemon_reads_none(self):
        owner, holder, fd, far = self.lent()
        self.assertTrue(os.isatty(fd))
        self.assertTrue(os.get_blocking(fd))
        self.carry_out(fd, far, EVERY_BYTE)
        self.carry_in(far, fd, EVERY_BYTE)
        self.carry_in(far, fd, b"\r\nNO CARRIER\r\n")
        self.carry_out(fd, far, b"still there")
        info = self.record(owner)
        self.assertEqual((info["bytes_in"], info["bytes_out"]), (0, 0))
        self.assertIn("lent", info["note"])
        # All that was written goes out before the end.
        os.write(fd, b"z" * 3000)
        holder.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(far), b"z" * 3000)
        self.assertEqual(read(holder, 1), b"")
        info = self.wait_over(owner)
        self.assertEqual((info["origin"], info["disconnect"]), ("application", "normal"))
        self.assertEqual(info["drop"][-1]["result"], "verified")
        owner.call("Release", session=self.session)
        self.assert_dials_again(fd)

    def test_a_break_and_limits_work_and_inactivity_rests(self):
        owner, holder, fd, far = self.lent(inactivity=2)
        self.assert_error("NotSupported", owner, "Break", session=self.session)  # of a pty
        with Client(self.path) as other:
            self.carry_out(fd, far, b"hello")
            self.assertEqual(self.record(owner)["state"], "connected")
            owner.call("SetLimit", session=self.session, limit="inactivity", seconds=1)
            owner.call("SetLimit", session=self.session, limit="duration", seconds=5)
            other.call("GetCounters")
        read_all(far)
        info = self.wait_over(owner)
        self.assertEqual(info["origin"], "timeout")
        self.assertGreaterEqual(info["duration_ms"], 5000)


class Settings(Case):
    """What is done with the port is undone."""

    def test_settings_that_were_changed_are_restored(self):
        owner, holder, fd, far = self.lent()
        mode = termios.tcgetattr(fd)
        raw = list(mode)
        mode[0] |= termios.ICRNL | termios.IXON
        mode[1] |= termios.OPOST | termios.ONLCR
        mode[3] |= termios.ICANON | termios.ECHO | termios.ISIG
        mode[4] = mode[5] = termios.B1200
        termios.tcsetattr(fd, termios.TCSANOW, mode)
        os.set_blocking(fd, False)
        holder.sock.close()
        read_all(far)
        self.assertEqual(self.wait_over(owner)["origin"], "client-lost")
        owner.call("Release", session=self.session)
        self.assert_dials_again(fd)
        again = os.open(os.path.realpath(os.path.join(self.dir, "a")), os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, again)
        self.assertEqual(termios.tcgetattr(again)[:6], raw[:6])

    def test_a_drop_ends_it_whatever_is_done_with_the_port(self):
        owner, holder, fd, far = self.lent()
        self.carry_out(fd, far, b"hello")
        info = owner.call("Drop", session=self.session)["info"]
        self.assertEqual((info["state"], info["origin"]), ("idle", "application"))
        self.assertEqual(read(holder, 1), b"")
        read_all(far)
        owner.call("Release", session=self.session)
        self.assert_dials_again(fd)


class Owners(Case):
    """Who has dialled goes before who has the port."""

    def test_the_owner_goes(self):
        owner, holder, fd, far = self.lent()
        watcher = self.watch()
        owner.sock.close()
        self.assertEqual(read(holder, 1), b"")
        read_all(far)
        self.assertEqual(self.origins(watcher), {"a": "client-lost", "b": "remote"})
        self.assert_dials_again(fd)

    def test_a_kept_call_does_not_outlive_the_lending(self):
        owner, holder, fd, far = self.lent(keep=True)
        owner.sock.close()
        self.carry_out(fd, far, b"goes on")
        os.close(fd)
        holder.sock.close()
        read_all(far)
        with Client(self.path) as client:
            self.assertEqual(self.wait_over(client)["origin"], "client-lost")
            client.call("Release", session=self.session)
        self.assert_dials_again()


class Ends(Case):
    """By the far end, by the device."""

    def test_the_far_end_hangs_up_and_the_port_is_given_back(self):
        owner, holder, fd, far = self.lent()
        far.sock.close()
        text = b""
        while b"NO CARRIER" not in text:
            text += os.read(fd, 100)
        holder.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read(holder, 1), b"")
        self.assertEqual(self.wait_over(owner)["state"], "idle")
        owner.call("Release", session=self.session)
        self.assert_dials_again(fd)

    def test_the_plug_is_pulled(self):
        watcher = self.watch()
        owner, holder, fd, far = self.lent()
        self.carry_out(fd, far, HOSTILE)
        self.unplug()
        self.assertEqual((read(holder, 1), read_all(far)), (b"", b""))
        self.assertEqual(self.origins(watcher), {"a": "device-gone", "b": "device-gone"})
        self.assertEqual(self.record(owner)["origin"], "device-gone")


class Rules(Case):
    def test_bytes_on_the_connection_are_a_mistake_that_ends_it(self):
        owner, holder, fd, far = self.lent()
        holder.sock.sendall(b"x")
        self.assertTrue(holder.closed())
        read_all(far)
        self.assertEqual(self.wait_over(owner)["origin"], "client-lost")

    def test_who_may_have_it_and_when(self):
        owner, other = self.connect(), self.connect()
        far = self.connect()
        far.send("Answer", line="b", wait=LIMIT, upgrade=True)
        session = owner.call("Dial", line="a", number="102")["session"]
        self.assert_error("InvalidArgument", other, "Lend", session=session)
        error = self.assert_error("Busy", other, "Lend", session=session, upgrade=True)
        self.assertIn("not online", error["reason"])
        far.receive()
        end = time.monotonic() + LIMIT
        while owner.call("GetSession", session=session)["info"]["state"] != "connected":
            self.assertLess(time.monotonic(), end)
        watching = other.call("Join", line="a")["session"]
        self.assert_error("NotOwner", other, "Lend", session=watching, upgrade=True)
        stream = self.connect()
        upgrade(stream, "Attach", session=session)
        error = self.assert_error("Busy", other, "Lend", session=session, upgrade=True)
        self.assertIn("attached", error["reason"])
        stream.sock.close()
        self.assert_lends(session)
        owner.call("Hangup", session=session)
        self.assert_error("StaleHandle", other, "Lend", session=session, upgrade=True)

    def assert_lends(self, session):
        """As soon as the stream has been seen to be closed."""
        end = time.monotonic() + LIMIT
        while True:
            holder = self.connect()
            try:
                os.close(lend(holder, session))
                return
            except Error as error:
                self.assertTrue(error.name.endswith(".Busy"), error)
                self.assertLess(time.monotonic(), end)


class Victim(Case):
    """The process that has the port is killed."""

    CHILD = """
import sys
sys.path.insert(0, {here!r})
from lend import *
owner, holder = Client({path!r}), Client({path!r})
stage = {stage!r}
session = owner.call("Dial", line="a", number="102")["session"]
if stage == "dialling":
    print("there", flush=True)
    signal.pause()
while owner.call("GetSession", session=session)["info"]["state"] != "connected":
    pass
fd = lend(holder, session)
if stage == "dropping":
    holder.sock.shutdown(socket.SHUT_WR)
print("there", flush=True)
while True:
    if stage == "flowing":
        os.write(fd, b"x" * 1024)
    else:
        signal.pause()
"""

    def check(self, stage, origins):
        far, watcher = self.connect(), self.watch()
        far.send("Answer", line="b", wait=LIMIT, upgrade=True)
        code = self.CHILD.format(here=os.path.dirname(os.path.abspath(__file__)), path=self.path,
                                 stage=stage)
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        self.addCleanup(self.kill, child)
        self.addCleanup(child.stdout.close)
        self.assertEqual(child.stdout.readline(), b"there\n")
        if stage == "flowing":
            far.receive()
            self.assertEqual(read(far, 5000)[:5000], b"x" * 5000)
        child.send_signal(signal.SIGKILL)
        child.wait(LIMIT)
        found = None
        while found is None:
            event = watcher.receive()["parameters"]["event"]
            if event.get("line_name") == "a" and event.get("origin", "none") != "none":
                found = event["origin"]
        self.assertIn(found, origins)
        far.sock.close()
        self.assert_dials_again()


class Killed(Victim):
    """With nothing else going on."""

    def test_while_dialling(self):
        self.check("dialling", {"client-lost"})

    def test_while_it_is_lent(self):
        self.check("lent", {"client-lost"})


class KilledBusy(Victim):
    """With data flowing, or the drop under way."""

    def test_while_data_flows(self):
        self.check("flowing", {"client-lost"})

    def test_while_it_is_given_back(self):
        self.check("dropping", {"application", "client-lost"})


class Program(Case):
    def linectl(self, *words, **keywords):
        keywords.setdefault("stdin", subprocess.DEVNULL)
        keywords.setdefault("stderr", subprocess.DEVNULL)
        return self.start("linectl", "--socket", self.path, *words, **keywords)


class Commands(Program):
    def test_a_command_has_the_tty_and_the_call_ends_with_it(self):
        answering = self.linectl("answer", "--wait", "--fd", "b", "--", sys.executable, "-c",
                                 COMPARE, stderr=subprocess.PIPE)
        self.addCleanup(answering.stderr.close)
        calling = self.linectl("connect", "a", "102", "--", "sh", "-c",
                               "head -c 16 >/dev/null; printf 'from the caller'; cat >/dev/null",
                               stdout=subprocess.PIPE)
        self.addCleanup(calling.stdout.close)
        status, said = answering.wait(LIMIT), answering.stderr.read()
        self.assertEqual(status, 5, said)
        self.assertIn(os.path.realpath(os.path.join(self.dir, "b")).encode(), said)
        calling.wait(LIMIT)
        self.assert_dials_again()

    def test_what_does_not_go_together(self):
        for words in (("connect", "--fd", "a", "102"), ("answer", "--fd", "a"),
                      ("connect", "--fd", "--pty", "a", "102", "--", "true")):
            self.assertEqual(self.linectl(*words).wait(LIMIT), 2, words)


class CommandEnds(Program):
    def test_the_end_of_the_call_hangs_up_on_the_command(self):
        far = self.connect()
        far.send("Answer", line="b", wait=LIMIT, upgrade=True)
        process = self.linectl("connect", "--fd", "a", "102", "--", sys.executable, "-c",
                               UNTIL_HANGUP, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        far.receive()
        while b"ready" not in process.stderr.readline():
            pass
        with Client(self.path) as client:
            session, = [s["session"] for s in client.call("ListSessions", all=True)["sessions"]
                        if s["line_name"] == "a"]
            self.assertTrue(session)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(LIMIT), 130)
        read_all(far)
        self.assert_dials_again()

    def test_linectl_is_killed_and_the_command_hears_of_it(self):
        far = self.connect()
        far.send("Answer", line="b", wait=LIMIT, upgrade=True)
        watcher = self.watch()
        process = self.linectl("connect", "--fd", "a", "102", "--", sys.executable, "-c",
                               UNTIL_HANGUP, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        far.receive()
        while b"ready" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGKILL)
        process.stderr.read()  # to its end: the command has gone, too
        read_all(far)
        self.assertEqual(self.origins(watcher), {"a": "client-lost", "b": "remote"})
        self.assert_dials_again()


if __name__ == "__main__":
    unittest.main(verbosity=2)
