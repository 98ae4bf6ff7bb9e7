#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bytes of data calls, through lined's socket, between two emulated modems."""

import fcntl
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import unittest

from lined_varlink import LIMIT, Client, Fixture, state_is

EVERY_BYTE = bytes(range(256))
HOSTILE = b"+++ATH\rNO CARRIER\r\nRING\r\n+++\x10\x03\x11\x13"


def upgrade(client, method, **parameters):
    """Call, and have the connection become the stream. The buffer may hold bytes of it then."""
    return client.call(method, upgrade=True, **parameters)


def read(client, size):
    """So many bytes of the stream; fewer where it ends."""
    data = bytearray(client.buffer)
    client.buffer = b""
    while len(data) < size:
        try:
            chunk = client.sock.recv(65536)
        except ConnectionResetError:
            break
        if not chunk:
            break
        data += chunk
    return bytes(data)


def read_all(client):
    """Up to the end. To hang up without DTR, as on a pty, a modem is told an escape sequence."""
    return read(client, sys.maxsize).rstrip(b"+")


class Pair(Fixture):
    """Two connections that are the two ends of a call."""

    def setUp(self):
        super().setUp()
        self.serve()

    def pair(self, caller="a", callee="b", number="102"):
        answering, calling = self.connect(), self.connect()
        answering.send("Answer", line=callee, wait=LIMIT, upgrade=True)
        upgrade(calling, "Dial", line=caller, number=number)
        answering.receive()
        return calling, answering

    def send(self, client, data):
        """From a thread of its own: the far end is read meanwhile."""
        thread = threading.Thread(target=client.sock.sendall, args=(data,))
        thread.start()
        self.addCleanup(thread.join, LIMIT)
        return thread

    def carry(self, source, sink, data):
        thread = self.send(source, data)
        self.assertEqual(read(sink, len(data)), data)
        thread.join(LIMIT)

    def watch(self):
        client = self.connect()
        client.send("Monitor", more=True)
        return client

    def origins(self, watcher):
        """Who has ended the calls of both lines."""
        found = {}
        while len(found) < 2:
            event = watcher.receive()["parameters"]["event"]
            if event.get("origin", "none") != "none":
                found[event["line_name"]] = event["origin"]
        return found


class Bytes(Pair):
    def test_every_byte_passes_both_ways(self):
        a, b = self.pair()
        self.carry(a, b, EVERY_BYTE)
        self.carry(b, a, EVERY_BYTE)

    def test_what_looks_like_commands_and_results_is_data(self):
        a, b = self.pair()
        self.carry(a, b, HOSTILE * 500)
        self.carry(b, a, HOSTILE * 500)
        # With a second of silence behind it, on a slow machine, it would be the escape sequence.
        self.carry(a, b, b"+++.")
        self.carry(b, a, b"NO CARRIER\r\n")
        self.carry(a, b, b"still there")

    def test_a_long_file_passes_both_ways_at_once(self):
        a, b = self.pair()
        data = random.Random(1).randbytes(2 << 20)
        back = random.Random(2).randbytes(1 << 20)
        first, second = self.send(a, data), self.send(b, back)
        received = []
        reader = threading.Thread(target=lambda: received.append(read(a, len(back))))
        reader.start()
        self.assertEqual(read(b, len(data)), data)
        for thread in (reader, first, second):
            thread.join(LIMIT)
        self.assertEqual(received, [back])

    def test_who_does_not_read_stops_the_line_and_nothing_else(self):
        a, b = self.pair()
        a.sock.setblocking(False)
        data = random.Random(3).randbytes(1 << 20)
        sent, calm = 0, 0
        with Client(self.path) as watcher:
            while calm < 50 and sent < len(data):  # looks at the daemon, which serves all the while
                try:
                    sent += a.sock.send(data[sent:sent + 65536])
                    calm = 0
                except BlockingIOError:
                    watcher.call("GetCounters")
                    calm += 1
        self.assertLess(sent, len(data), "a megabyte has been taken for somebody who does not read")
        a.sock.settimeout(LIMIT)
        self.send(a, data[sent:])
        self.assertEqual(read(b, len(data)), data)


    def what_waits(self, client, other):
        """So many bytes wait to be read, when the daemon has nothing more to do."""
        waiting, before = None, ()
        while waiting != before:
            before = waiting
            other.call("GetCounters")
            waiting = fcntl.ioctl(client.sock, termios.FIONREAD, b"\0" * 4)
        return struct.unpack("i", waiting)[0]

    def test_a_reply_that_finds_no_room_comes_when_there_is_some(self):
        owner, answering, client = self.connect(), self.connect(), self.connect()
        answering.send("Answer", line="b", wait=LIMIT, upgrade=True)
        session = owner.call("Dial", line="a", number="102")["session"]
        answering.receive()
        with Client(self.path) as other:
            other.send("org.varlink.service.GetInfo")
            size = len(other.sock.recv(65536))
            for _ in range(1000):
                other.send("org.varlink.service.GetInfo")
            fits = self.what_waits(other, owner) // size
        self.assertIn(fits, range(1, 1000))
        for _ in range(fits):
            client.send("org.varlink.service.GetInfo")
        client.send("Attach", session=session, upgrade=True)
        self.what_waits(client, owner)
        for _ in range(fits + 1):
            client.receive()
        self.carry(client, answering, EVERY_BYTE)
        self.carry(answering, client, EVERY_BYTE)


class Ends(Pair):
    def test_the_end_of_the_connection_drops_the_call(self):
        a, b = self.pair()
        self.carry(a, b, b"last words")
        a.sock.close()
        self.assertEqual(read_all(b), b"")
        self.assert_nothing_left()

    def test_what_has_arrived_is_read_before_the_end(self):
        a, b = self.pair()
        b.sock.sendall(b"y" * 1000)
        b.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read(a, 1000), b"y" * 1000)
        a.sock.sendall(b"and more")
        self.assertEqual(read(b, 8), b"and more")
        b.sock.close()
        self.assertEqual(read_all(a), b"")
        self.assert_nothing_left()

    def test_hanging_up_behind_the_last_byte(self):
        answering, owner, stream = self.connect(), self.connect(), self.connect()
        answering.send("Answer", line="b", wait=LIMIT, upgrade=True)
        owner.send("Dial", line="a", number="102", more=True)
        session = owner.receive()["parameters"]["session"]
        upgrade(stream, "Attach", session=session, hang_up=True)
        answering.receive()
        data = random.Random(4).randbytes(100000)
        self.send(stream, data).join(LIMIT)
        stream.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(answering), data)
        self.assertEqual(read_all(stream), b"")
        while (reply := owner.receive()).get("continues"):
            pass
        info = reply["parameters"]["info"]
        self.assertEqual((info["origin"], info["disconnect"], info["bytes_out"]),
                         ("application", "normal", len(data)))

    def test_a_client_that_is_killed_ends_its_call(self):
        answering, watcher = self.connect(), self.watch()
        answering.send("Answer", line="b", wait=LIMIT, upgrade=True)
        child = subprocess.Popen([sys.executable, __file__, "--pour", self.path],
                                 stdout=subprocess.PIPE)
        self.addCleanup(self.kill, child)
        self.assertEqual(child.stdout.readline(), b"connected\n")
        answering.receive()
        self.assertEqual(read(answering, 100000)[:1], b"x")
        child.send_signal(signal.SIGKILL)
        read_all(answering)
        self.assertEqual(self.origins(watcher), {"a": "client-lost", "b": "remote"})
        self.assert_nothing_left()

    def test_the_plug_is_pulled(self):
        watcher = self.watch()
        a, b = self.pair()
        self.carry(a, b, HOSTILE)
        self.unplug()
        self.assertEqual((read_all(a), read_all(b)), (b"", b""))
        self.assertEqual(self.origins(watcher), {"a": "device-gone", "b": "device-gone"})

    def test_a_kept_call_outlives_its_streams(self):
        with Client(self.path) as owner:
            session = self.dial(owner, keep=True)
        for _ in range(3):
            stream = self.connect()
            upgrade(stream, "Attach", session=session)
            stream.sock.sendall(b"hello")
            stream.sock.close()
        with Client(self.path) as client:
            self.wait_features(client, session)
            info = client.call("GetSession", session=session)["info"]
            self.assertEqual(info["state"], "connected")
            client.call("Hangup", session=session)
        self.assert_nothing_left()

    def wait_features(self, client, session):
        """Until nobody is attached any more."""
        while "attach" not in client.call("GetSession", session=session)["info"]["features"]:
            os.sched_yield()

    def test_detaching_behind_the_last_byte(self):
        answering, owner, stream = self.connect(), self.connect(), self.connect()
        answering.send("Answer", line="b", wait=LIMIT, upgrade=True)
        session = owner.call("Dial", line="a", number="102")["session"]
        upgrade(stream, "Attach", session=session, detach=True)
        answering.receive()
        data = random.Random(6).randbytes(300000)
        sending = self.send(stream, data)
        reading = threading.Thread(target=lambda: self.assertEqual(read(answering, 300000), data))
        reading.start()
        sending.join(LIMIT)
        stream.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(read(stream, 1), b"")
        reading.join(LIMIT)
        self.wait_features(owner, session)
        self.assertEqual(owner.call("GetSession", session=session)["info"]["state"], "connected")
        owner.call("Hangup", session=session)

    def test_a_stream_ends_with_its_session(self):
        owner, stream = self.connect(), self.connect()
        session = self.dial(owner)
        upgrade(stream, "Attach", session=session)
        owner.sock.close()
        self.assertEqual(read_all(stream), b"")
        self.assert_nothing_left()

    def test_a_stream_ends_when_its_session_is_released(self):
        owner, stream = self.connect(), self.connect()
        session = self.dial(owner)
        upgrade(stream, "Attach", session=session)
        owner.call("Release", session=session, drop=True)
        self.assertEqual(read_all(stream), b"")
        self.assert_nothing_left()


class Rules(Pair):
    def test_one_stream_at_a_time(self):
        owner, stream = self.connect(), self.connect()
        session = self.dial(owner)
        upgrade(stream, "Attach", session=session)
        self.assert_error("Busy", owner, "Attach", session=session, upgrade=True)
        owner.call("Hangup", session=session)

    def test_what_can_be_upgraded_and_how(self):
        client = self.connect()
        session = self.dial(client)
        invalid = "org.varlink.service.InvalidParameter"
        self.assert_error("InvalidArgument", client, "Attach", session=session)
        self.assert_error(invalid, client, "GetCounters", upgrade=True)
        self.assert_error(invalid, client, "org.varlink.service.GetInfo", upgrade=True)
        self.assert_error(invalid, client, "Attach", session=session, upgrade=True, more=True)
        self.assert_error("InvalidArgument", client, "Break", session=session)
        client.call("Drop", session=session)
        self.assert_error("CallOver", client, "Attach", session=session, upgrade=True)
        client.call("Release", session=session)
        self.assert_error("StaleHandle", client, "Attach", session=session, upgrade=True)

    def test_a_call_that_is_not_connected_is_no_stream(self):
        client = self.connect()
        error = self.assert_error("CallOver", client, "Dial", line="a", number="999", timeout=5,
                                  upgrade=True)
        self.assertTrue(error["reason"])
        self.assertEqual(client.call("ListSessions")["sessions"], [])
        self.assert_error("NotSupported", client, "Dial", line="a", number="102", media="voice",
                          upgrade=True)
        self.assert_nothing_left()

    def test_others_watch_and_are_not_disturbed(self):
        watcher = self.watch()
        a, b = self.pair()
        self.carry(a, b, HOSTILE * 1000)
        a.sock.close()
        types, seen = set(), None
        while not (seen and state_is("idle")(seen)):
            seen = watcher.receive()["parameters"]
            types.add(seen["event"]["type"])
        self.assertNotIn("readable", types)
        self.assertNotIn("writable", types)
        self.assert_nothing_left()


class Many(Pair):
    CALLS = 16
    SIM = tuple(word for i in range(CALLS)
                for word in ("--modem", f"o{i}=1{i:02}", "--modem", f"i{i}=2{i:02}"))

    def lines(self):
        return [f"--line={name}{i}={self.dir}/{name}{i}" for i in range(self.CALLS)
                for name in "oi"]

    def serve(self, *args):
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                *self.lines(), *args)
        self.wait_for_socket()
        for i in range(self.CALLS):
            self.wait_line(f"o{i}", "ready")
            self.wait_line(f"i{i}", "ready")

    def test_sixteen_streams_at_once(self):
        pairs = [self.pair(f"o{i}", f"i{i}", f"2{i:02}") for i in range(self.CALLS)]
        data = [random.Random(i).randbytes(50000) for i in range(self.CALLS)]
        for (a, _), bytes_ in zip(pairs, data):
            self.send(a, bytes_)
        for (_, b), bytes_ in zip(pairs, data):
            self.assertEqual(read(b, len(bytes_)), bytes_)
        for a, _ in pairs:
            a.sock.close()
        for _, b in pairs:
            self.assertEqual(read_all(b), b"")


def pour(path):
    """The child of the client that is killed."""
    client = Client(path)
    upgrade(client, "Dial", line="a", number="102")
    print("connected", flush=True)
    while True:
        client.sock.sendall(b"x" * 65536)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pour"]:
        pour(sys.argv[2])
    else:
        unittest.main(verbosity=2)
