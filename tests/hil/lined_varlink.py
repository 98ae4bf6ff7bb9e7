#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as it is built, over its socket, on emulated modems: calls, and clients that misbehave."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.environ.get("BIN", "build/dev/bin")
LIMIT = 90  # seconds until a wait has failed; far above what anything takes
INTERFACE = "io.trunkline."
SERVICE = "org.varlink.service."


class Error(Exception):
    def __init__(self, reply):
        super().__init__(f"{reply['error']}: {reply['parameters']}")
        self.name = reply["error"]
        self.parameters = reply["parameters"]


class Client:
    """One connection."""

    def __init__(self, path=None, sock=None):
        self.sock = sock or socket.socket(socket.AF_UNIX)
        self.buffer = b""
        if path:
            self.sock.connect(path)  # blocking, so that a full backlog is waited for
        self.sock.settimeout(LIMIT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, method, **parameters):
        flags = {k: parameters.pop(k) for k in ("more", "oneway", "upgrade") if k in parameters}
        name = method if "." in method else INTERFACE + method
        message = {"method": name, "parameters": parameters, **flags}
        try:
            self.sock.sendall(json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            pass  # what was said before the end is still to be received

    def receive(self):
        while b"\0" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        reply = json.loads(message)
        if "error" in reply:
            raise Error(reply)
        return reply

    def call(self, method, **parameters):
        self.send(method, **parameters)
        return self.receive()["parameters"]

    def follow(self, method, until=None, **parameters):
        """Send a call with "more"; all replies, up to the last or one that until() likes."""
        self.send(method, more=True, **parameters)
        replies = []
        while True:
            reply = self.receive()
            replies.append(reply["parameters"])
            if until and until(reply["parameters"]):
                return replies
            if not reply.get("continues"):
                assert not until, f"has not come: {replies}"
                return replies

    def line(self, name):
        return self.call("ListLines", line=name)["lines"][0]

    def closed(self):
        """Has the other end closed? Waits for it."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True


def state_is(*states):
    return lambda reply: reply.get("event", {}).get("state") in states


class Fixture(unittest.TestCase):
    SIM = ("--modem", "a=101", "--modem", "b=102", "--modem", "c=103,answer=1")

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="lined-")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.path = os.path.join(self.dir, "socket")
        self.sim = self.start("modemsim", "--dir", self.dir, *self.SIM,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while b"ready" not in self.sim.stdout.readline():
            self.assertIsNone(self.sim.poll())
        self.lined = None

    def tearDown(self):
        if self.lined:
            self.stop(self.lined)

    def under(self, program):
        """The words in front of it."""
        return []

    def start(self, program, *args, **kwargs):
        process = subprocess.Popen([*self.under(program), os.path.join(BIN, program), *args],
                                   **kwargs)
        self.addCleanup(self.kill, process)
        return process

    def kill(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def unplug(self):
        """The modems, names first: another test may get the same ptys at once."""
        for entry in os.scandir(self.dir):
            if entry.is_symlink():
                os.unlink(entry.path)
        self.kill(self.sim)

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
        self.assertEqual(process.wait(LIMIT), 0)

    def lines(self):
        return [f"--line={name}={self.dir}/{name}" for name in "ab"]

    def serve(self, *args):
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                *self.lines(), *args)
        self.wait_for_socket()
        for name in "ab":
            self.wait_line(name, "ready")

    def wait_for_socket(self):
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            self.assertIsNone(self.lined.poll(), "lined has ended")
            with socket.socket(socket.AF_UNIX) as sock:
                if sock.connect_ex(self.path) == 0:
                    return
            os.sched_yield()
        self.fail("no socket")

    def connect(self):
        client = Client(self.path)
        self.addCleanup(client.sock.close)
        return client

    def wait_line(self, name, state):
        """Wait until the line is in the state; the events come on a second connection."""
        with Client(self.path) as monitor, Client(self.path) as client:
            monitor.send("Monitor", line=name, more=True)
            while client.line(name)["state"] != state:
                monitor.receive()

    def assert_error(self, name, client, method, **parameters):
        with self.assertRaises(Error) as caught:
            client.call(method, **parameters)
        self.assertEqual(caught.exception.name, (name if "." in name else INTERFACE + name))
        return caught.exception.parameters

    def assert_nothing_left(self):
        for name in "ab":
            self.wait_line(name, "ready")
        with Client(self.path) as client:
            counters = client.call("GetCounters")["counters"]
        for name in ("calls", "sessions", "requests", "off-hook"):
            self.assertEqual(counters[name], 0, name)

    def dial(self, client, **parameters):
        """A connected call from a to c, whose modem answers by itself."""
        session = client.call("Dial", line="a", number="103", **parameters)["session"]
        with Client(self.path) as monitor:
            monitor.send("Monitor", line="a", more=True)
            while client.call("GetSession", session=session)["info"]["state"] != "connected":
                monitor.receive()
        return session


class Calls(Fixture):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_describes_itself(self):
        client = self.connect()
        self.assertIn("io.trunkline", client.call(SERVICE + "GetInfo")["interfaces"])
        text = client.call(SERVICE + "GetInterfaceDescription", interface="io.trunkline")
        self.assertIn("\nmethod Dial(", text["description"])

    def test_drop_then_release(self):
        client = self.connect()
        session = self.dial(client)
        self.assert_error("Busy", client, "Release", session=session)
        info = client.call("Drop", session=session, user=True)["info"]
        self.assertEqual((info["state"], info["origin"], info["over"]), ("idle", "user", True))
        self.assertIn("verified", [step["result"] for step in info["drop"]])
        self.assert_error("Already", client, "Drop", session=session)
        self.assertEqual(client.call("GetSession", session=session)["info"]["called"], "103")
        self.assertEqual(client.call("Release", session=session), {})
        for method in ("Release", "Drop", "GetSession", "Hangup"):
            self.assert_error("StaleHandle", client, method, session=session)
        self.assert_nothing_left()

    def test_dial_with_more_tells_each_state_and_the_record(self):
        client = self.connect()
        replies = client.follow("Dial", line="a", number="102", timeout=5)
        self.assertEqual(list(replies[0]), ["session"])
        states = [reply["event"]["state"] for reply in replies[1:-1]]
        self.assertEqual((states[0], states[-1]), ("dialing", "idle"))
        self.assertTrue(replies[-1]["info"]["over"])
        self.assertNotEqual(replies[-1]["info"]["disconnect"], "none")
        client.call("Release", session=replies[0]["session"])
        self.assert_nothing_left()

    def test_a_call_whose_states_are_told_can_be_dropped_meanwhile(self):
        client = self.connect()
        replies = client.follow("Dial", state_is("connected"), line="a", number="103")
        session = replies[0]["session"]
        self.assertEqual(replies[-1]["info"]["state"], "connected")
        client.send("Drop", session="s1.99", oneway=True)
        client.send("Drop", session=session, user=True, oneway=True)
        client.send("Drop", session=session, oneway=True)
        client.send("GetCounters")
        while True:
            reply = client.receive()
            if not reply.get("continues"):
                break
        info = reply["parameters"]["info"]
        self.assertEqual((info["state"], info["origin"], info["final"]), ("idle", "user", True))
        self.assertIn("counters", client.receive()["parameters"])
        client.call("Release", session=session)
        self.assert_nothing_left()

    def test_hangup_does_all_at_once(self):
        client = self.connect()
        session = self.dial(client)
        self.assertTrue(client.call("Hangup", session=session)["info"]["over"])
        self.assert_error("StaleHandle", client, "GetSession", session=session)
        self.assert_nothing_left()

    def test_hangup_of_a_call_that_is_over_gives_it_back(self):
        client = self.connect()
        session = self.dial(client)
        client.call("Drop", session=session)
        self.assertTrue(client.call("Hangup", session=session)["info"]["over"])
        self.assertEqual(client.call("ListSessions")["sessions"], [])

    def test_a_kept_session_outlives_its_connection(self):
        with Client(self.path) as first:
            session = self.dial(first, keep=True)
        client = self.connect()
        sessions = client.call("ListSessions")["sessions"]
        self.assertEqual([(s["session"], s["kept"], s["state"]) for s in sessions],
                         [(session, True, "connected")])
        client.call("Hangup", session=session)
        self.assert_nothing_left()

    def test_a_stream_of_a_kept_session_ends_when_another_connection_releases_it(self):
        follower = self.connect()
        replies = follower.follow("Dial", until=state_is("connected"), line="a", number="103",
                                  keep=True)
        with Client(self.path) as other:
            other.call("Release", session=replies[0]["session"], drop=True)
        with self.assertRaises(Error) as caught:
            while True:
                follower.receive()
        self.assertEqual(caught.exception.name, INTERFACE + "StaleHandle")
        self.assert_nothing_left()

    def test_a_session_belongs_to_its_connection(self):
        client = self.connect()
        session = self.dial(client)
        other = self.connect()
        for method in ("Release", "Hangup"):
            self.assert_error("NotOwner", other, method, session=session)
        for words in ({}, {"all": True}):
            sessions = other.call("ListSessions", **words)["sessions"]
            self.assertEqual([s["session"] for s in sessions], [session])

    def test_its_call_is_the_users_to_look_at_and_to_drop(self):
        client = self.connect()
        session = self.dial(client)
        other = self.connect()
        self.assertEqual(other.call("GetSession", session=session)["info"]["state"], "connected")
        info = other.call("Drop", session=session, user=True)["info"]
        self.assertEqual((info["state"], info["origin"]), ("idle", "user"))
        self.assert_error("NotOwner", other, "Release", session=session)
        client.call("Release", session=session)
        self.assert_nothing_left()

    def test_a_call_is_watched_handed_over_and_given_up(self):
        owner, other = self.connect(), self.connect()
        session = self.dial(owner)
        watching = other.call("Join", line="a")["session"]
        for client, held, privilege, counts in ((owner, session, "owner", (1, 1)),
                                                (other, watching, "monitor", (1, 1))):
            info = client.call("GetSession", session=held)["info"]
            self.assertEqual(info["privilege"], privilege)
            self.assertEqual((info["owners"], info["monitors"]), counts)
        self.assert_error("NotOwner", other, "Drop", session=watching)
        self.assert_error("NotOwner", other, "SetPrivilege", session=watching, privilege="owner")
        self.assert_error("Already", other, "Join", line="a")
        self.assert_error("NotOwner", self.connect(), "Join", line="a", owner=True)
        self.assert_error("Busy", owner, "SetPrivilege", session=session, privilege="monitor")
        self.assert_error("InvalidArgument", owner, "SetPrivilege", session=session,
                          privilege="king")
        self.assert_error("NotFound", owner, "HandOff", session=session, to="no such user")
        self.assert_error("StaleHandle", owner, "HandOff", session=session, to="c500.1")
        to = other.call("GetSession", session=watching)["info"]["client"]
        owner.call("HandOff", session=session, to=to)
        self.assert_error("Already", owner, "HandOff", session=session, to=to)
        owner.call("SetPrivilege", session=session, privilege="monitor")
        self.assertEqual(owner.call("GetSession", session=session)["info"]["features"],
                         ["release"])
        owner.call("Release", session=session)
        other.call("Hangup", session=watching)
        self.assert_error("CallOver", other, "Join", line="a")
        self.assert_nothing_left()

    def test_a_user_is_handed_a_call_to_keep(self):
        with Client(self.path) as owner:
            session = self.dial(owner)
            owner.call("HandOff", session=session, to=pwd.getpwuid(os.getuid()).pw_name)
        client = self.connect()
        kept = client.call("ListSessions")["sessions"]
        self.assertEqual([(s["kept"], s["state"]) for s in kept], [(True, "connected")])
        client.call("Hangup", session=kept[0]["session"])
        self.assert_nothing_left()

    def clients(self):
        with Client(self.path) as client:
            return client.call("GetCounters")["counters"]["clients"]

    def test_a_user_who_was_handed_nothing_is_forgotten(self):
        before = self.clients()
        client = self.connect()
        session = self.dial(client)
        client.call("Drop", session=session)
        self.assert_error("CallOver", client, "HandOff", session=session, to="nobody")
        client.call("Release", session=session)
        self.assertEqual(self.clients(), before + 1)

    @unittest.skipIf(os.getuid() != 0, "takes root to control the sessions of others")
    def test_a_user_with_nothing_left_is_forgotten(self):
        before = self.clients()
        client = self.connect()
        session = self.dial(client)
        client.call("HandOff", session=session, to="nobody")
        client.call("Release", session=session)
        self.assertEqual(self.clients(), before + 2)
        kept, = client.call("ListSessions", all=True)["sessions"]
        client.call("Hangup", session=kept["session"])
        self.assertEqual(self.clients(), before + 1)

    def test_a_drop_is_answered_though_the_user_has_nothing_left(self):
        client = self.connect()
        session = self.dial(client, keep=True)
        client.send("Drop", session=session)
        with Client(self.path) as other:
            other.call("Release", session=session, drop=True)
        with self.assertRaises(Error) as caught:
            client.receive()
        self.assertEqual(caught.exception.name, INTERFACE + "StaleHandle")
        self.assert_nothing_left()

    @unittest.skipIf(os.getuid() != 0, "takes root to become somebody else")
    def test_only_who_may_list_the_calls_of_others_may_watch_them(self):
        os.chmod(self.dir, 0o711)
        os.chmod(self.path, 0o666)
        client = self.connect()
        session = self.dial(client)
        os.seteuid(65534)
        try:
            other = self.connect()
        finally:
            os.seteuid(0)
        self.assert_error("NoPermission", other, "ListSessions", all=True)
        self.assertEqual(other.call("ListSessions")["sessions"], [])
        self.assert_error("NoPermission", other, "Join", line="a")
        client.call("HandOff", session=session, to="nobody")
        other.call("Join", line="a")
        client.call("Hangup", session=session)

    def test_limits_end_a_call(self):
        client = self.connect()
        session = self.dial(client)
        self.assert_error("InvalidArgument", client, "SetLimit", session=session, limit="age",
                          seconds=1)
        self.assert_error("InvalidArgument", client, "SetLimit", session=session,
                          limit="duration", seconds=2592001)
        with Client(self.path) as monitor:
            monitor.send("Monitor", line="a", more=True)
            client.call("SetLimit", session=session, limit="inactivity", seconds=1)
            while not state_is("idle")(monitor.receive()["parameters"]):
                pass
        info = client.call("GetSession", session=session)["info"]
        self.assertEqual((info["origin"], info["disconnect"]), ("timeout", "normal"))
        self.assertIn("no data for 1 s", info["note"])
        self.assert_error("CallOver", client, "SetLimit", session=session, limit="duration",
                          seconds=1)
        client.call("Release", session=session)
        self.assert_nothing_left()

    def test_answer_waits_for_a_call(self):
        callee, caller = self.connect(), self.connect()
        callee.send("Answer", line="b", wait=LIMIT, more=True)
        outgoing = caller.call("Dial", line="a", number="102")["session"]
        incoming = callee.receive()["parameters"]["session"]
        while not state_is("connected")(callee.receive()["parameters"]):
            pass
        caller.call("Hangup", session=outgoing)
        while "info" not in (last := callee.receive()["parameters"]):
            pass
        self.assertEqual(last["info"]["session"], incoming)
        self.assertEqual(last["info"]["direction"], "in")
        self.assertEqual(last["info"]["origin"], "remote")
        callee.call("Release", session=incoming)
        self.assert_nothing_left()

    def test_answer_gives_up_waiting(self):
        self.assert_error("Timeout", self.connect(), "Answer", line="b", wait=1)
        self.assert_error("CallOver", self.connect(), "Answer", line="b")

    def ring_b(self, caller):
        with Client(self.path) as monitor:
            monitor.send("Monitor", line="b", more=True)
            session = caller.call("Dial", line="a", number="102")["session"]
            while not state_is("offering")(monitor.receive()["parameters"]):
                pass
        return session

    def test_an_answer_that_fails_leaves_the_call_to_others(self):
        caller, callee, waiting = self.connect(), self.connect(), self.connect()
        outgoing = self.ring_b(caller)
        self.assert_error("NotSupported", callee, "Answer", line="b", media="voice")
        self.assert_error("NotSupported", waiting, "Answer", line="b", media="voice", wait=LIMIT)
        sessions = waiting.call("ListSessions")["sessions"]
        self.assertEqual([s["session"] for s in sessions], [outgoing])
        incoming = callee.call("Answer", line="b")["session"]
        callee.call("Hangup", session=incoming)
        caller.call("Hangup", session=outgoing)
        self.assert_nothing_left()

    def test_an_answer_that_waits_takes_no_call_that_is_handed_over(self):
        owner, waiting = self.connect(), self.connect()
        session = self.dial(owner)
        watching = waiting.call("Join", line="a")["session"]
        to = waiting.call("GetSession", session=watching)["info"]["client"]
        waiting.call("Release", session=watching)
        waiting.send("Answer", line="a", wait=2)
        self.connect().call("ListLines")  # it waits by now
        owner.call("HandOff", session=session, to=to)
        owner.call("Release", session=session)
        with self.assertRaises(Error) as caught:
            waiting.receive()
        self.assertEqual(caught.exception.name, INTERFACE + "Timeout")
        handed, = waiting.call("ListSessions")["sessions"]
        self.assertEqual(handed["state"], "connected")
        waiting.call("Hangup", session=handed["session"])
        self.assert_nothing_left()

    def test_a_kept_answer_outlives_its_connection(self):
        caller = self.connect()
        outgoing = self.ring_b(caller)
        with Client(self.path) as callee:
            incoming = callee.call("Answer", line="b", keep=True)["session"]
        info = self.connect().call("GetSession", session=incoming)["info"]
        self.assertEqual((info["state"], info["kept"]), ("connected", True))
        caller.call("Hangup", session=outgoing)
        self.connect().call("Hangup", session=incoming)
        self.assert_nothing_left()

    def test_reject_ends_the_session_and_hides_the_ringing(self):
        caller, callee = self.connect(), self.connect()
        outgoing = self.ring_b(caller)
        callee.send("Reject", line="b", more=True)
        session = callee.receive()["parameters"]["session"]
        caller.call("Hangup", session=outgoing)
        last = callee.receive()["parameters"]
        self.assertEqual(last["session"], session)
        self.assertTrue(last["info"]["over"])
        callee.call("Release", session=session)

    def test_command_and_reset(self):
        client = self.connect()
        self.assertEqual(client.call("Command", line="a", command="AT+GMI")["answer"][-1], "OK")
        self.assert_error("NotOwner", client, "Command", line="a", command="ATD102")
        self.assertEqual(client.call("Reset", line="a"), {})
        self.assertEqual(client.line("a")["state"], "ready")
        self.assertIsInstance(client.call("ListPorts")["ports"], list)

    def test_being_told_of_a_device(self):
        client, monitor = self.connect(), self.connect()
        device = client.line("a")["device"]
        session = client.call("Dial", line="a", number="103")["session"]
        monitor.send("Monitor", line="a", more=True)
        monitor.receive()
        client.call("Hotplug", action="remove", device=device)
        while not state_is("gone")(monitor.receive()["parameters"]):
            pass
        info = client.call("GetSession", session=session)["info"]
        self.assertEqual((info["state"], info["origin"]), ("idle", "device-gone"))
        client.call("Hotplug", action="add", device=device, sysfs="/sys/no/such/folder")
        while not state_is("ready")(monitor.receive()["parameters"]):
            pass
        client.call("Release", session=session)
        self.assert_error("InvalidArgument", client, "Hotplug", action="bind", device=device)
        self.assert_error("InvalidArgument", client, "Hotplug", action="add", device="ttyUSB0")
        self.assert_nothing_left()

    def test_errors_have_names_and_reasons(self):
        client = self.connect()
        bad = self.assert_error("InvalidArgument", client, "Dial", line="a", number="55x1234")
        self.assertEqual(bad["position"], 2)
        self.assert_error("InvalidArgument", client, "Dial", line="a", number="")
        self.assert_error("InvalidArgument", client, "Dial", line="a", number="1" * 100)
        self.assert_error("InvalidArgument", client, "Dial", line="a", number="1", media="video")
        self.assert_error("NotFound", client, "Dial", line="x", number="1")
        self.assert_error("NotFound", client, "ListLines", line="x")
        self.assert_error("InvalidArgument", client, "GetSession", session="call 1")
        self.assert_error("WrongHandle", client, "GetSession", session=client.line("a")["line"])
        self.assert_error("StaleHandle", client, "GetSession", session="s77.3")
        self.assert_error(SERVICE + "InvalidParameter", client, "Dial", line="a")
        self.assert_error(SERVICE + "ExpectedMore", client, "Monitor")
        self.assert_error(SERVICE + "MethodNotFound", client, "Undial")
        self.assert_nothing_left()

    def test_an_unplugged_modem_ends_the_call_and_not_the_session(self):
        client = self.connect()
        session = self.dial(client)
        self.unplug()
        with Client(self.path) as monitor:
            monitor.send("Monitor", line="a", more=True)
            while not client.call("GetSession", session=session)["info"]["over"]:
                monitor.receive()
        info = client.call("GetSession", session=session)["info"]
        self.assertEqual((info["origin"], info["called"]), ("device-gone", "103"))
        self.assertTrue(client.call("Hangup", session=session)["info"]["over"])
        self.assert_error("StaleHandle", client, "GetSession", session=session)


class Death(Fixture):
    """Clients that end without a word, at every moment of a call."""

    def setUp(self):
        super().setUp()
        self.serve()

    def test_before_the_answer(self):
        with Client(self.path) as client:
            client.send("Dial", line="a", number="103")
        self.assert_nothing_left()

    def test_while_dialing(self):
        with Client(self.path) as client:
            client.follow("Dial", until=state_is("dialing"), line="a", number="103")
        self.assert_nothing_left()

    def test_while_connected(self):
        with Client(self.path) as client:
            client.follow("Dial", until=state_is("connected"), line="a", number="103")
        self.assert_nothing_left()

    def test_while_dropping(self):
        with Client(self.path) as client:
            client.send("Drop", session=self.dial(client))
        self.assert_nothing_left()

    def test_while_waiting_for_a_call(self):
        with Client(self.path) as client:
            client.send("Answer", line="b", wait=LIMIT)
        self.assert_nothing_left()

    def test_killed(self):
        child = subprocess.Popen([sys.executable, __file__, "--dial", self.path],
                                 stdout=subprocess.PIPE)
        self.addCleanup(self.kill, child)
        self.assertEqual(child.stdout.readline(), b"connected\n")
        child.kill()
        self.assert_nothing_left()
        with Client(self.path) as client:
            self.assertEqual(client.call("GetCounters")["counters"]["clients-lost-total"], 1)

    def test_a_oneway_call_is_served_though_its_client_has_gone(self):
        with Client(self.path) as client:
            session = self.dial(client, keep=True)
            client.send("Release", session=session, drop=True, oneway=True)
        self.assert_nothing_left()


def dial_for_ever(path):
    """The child of test_killed."""
    client = Client(path)
    client.follow("Dial", until=state_is("connected"), line="a", number="103")
    print("connected", flush=True)
    signal.pause()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--dial"]:
        dial_for_ever(sys.argv[2])
    else:
        unittest.main(verbosity=2)
