#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as a service: its configuration files and their changes, its log, its manager."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import termios
import unittest

from lend import lend
from lined_varlink import BIN, INTERFACE, LIMIT, Client, Error, Fixture


class Files(Fixture):
    """A daemon with a configuration folder."""

    def setUp(self):
        super().setUp()
        self.config = os.path.join(self.dir, "etc")
        os.makedirs(os.path.join(self.config, "conf.d"))

    def put(self, text, name="lined.conf"):
        with open(os.path.join(self.config, name), "w", encoding="utf-8") as file:
            file.write(text)

    def lines(self, *names, **keys):
        """The configuration of these lines; keys are for the last one."""
        text = "".join(f"[line {name}]\ndevice = {self.dir}/{name}\n" for name in names)
        return text + "".join(f"{key} = {value}\n" for key, value in keys.items())

    def start_lined(self, **kwargs):
        self.lined = self.start("lined", "--config", self.config, "--socket", self.path, **kwargs)


class Check(Files):
    def test_all_mistakes_of_all_files_are_told(self):
        self.put("[lined]\nsokcet = /x\nkeep-age = 1\n")
        self.put("[line a]\nbaud = fast\n[policy z]\ndeny = none\n", "conf.d/a.conf")
        run = subprocess.run([os.path.join(BIN, "lined"), "--config", self.config,
                              "--check-config"],
                             capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(run.returncode, 2)
        for line, expected in zip(run.stderr.splitlines(),
                                  ("lined.conf:2: [lined] has no 'sokcet': did you mean",
                                   "lined.conf:3: keep-age = 1: must be",
                                   "conf.d/a.conf:2: baud = fast: ",
                                   "conf.d/a.conf:3: [policy z]: there is no line"), strict=True):
            self.assertIn(expected, line)

    def test_an_alias_is_of_one_line_only(self):
        for alias, status in (("b", 2), ("x", 2), ("a z", 0)):
            self.put(f"[line a]\ndevice = /dev/null\nalias = w {alias}\n"
                     "[line b]\ndevice = /dev/null\nbaud = 9600\nalias = y x\n")
            run = subprocess.run([os.path.join(BIN, "lined"), "--config", self.config,
                                  "--check-config"],
                                 capture_output=True, text=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, status, run.stderr)
            if status:
                self.assertIn(f"lined.conf:1: [line a]: alias {alias}: another line", run.stderr)

    def test_no_lines_are_worth_a_warning(self):
        self.start_lined(stderr=subprocess.PIPE)
        while b"no lines are configured" not in self.lined.stderr.readline():
            self.assertIsNone(self.lined.poll())
        self.lined.stderr.close()


class Service(Fixture):
    def test_service_manager_is_told(self):
        path = os.path.join(self.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(LIMIT)
            self.lined = self.start("lined", "--socket", self.path,
                                    env={**os.environ, "NOTIFY_SOCKET": path})
            self.assertEqual(manager.recv(100), b"READY=1")
            Client(self.path).sock.close()
            self.lined.terminate()
            self.assertEqual(manager.recv(100), b"STOPPING=1")
            self.assertEqual(self.lined.wait(LIMIT), 0)

    def test_the_watchdog_of_the_service_manager_is_fed(self):
        path = os.path.join(self.dir, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(LIMIT)
            self.lined = self.start("lined", "--socket", self.path, env={
                **os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"})
            self.assertEqual(manager.recv(100), b"READY=1")
            for _ in range(3):
                self.assertEqual(manager.recv(100), b"WATCHDOG=1")
            self.lined.terminate()
            while (message := manager.recv(100)) == b"WATCHDOG=1":
                pass
            self.assertEqual(message, b"STOPPING=1")
            self.assertEqual(self.lined.wait(LIMIT), 0)


class Log(Files):
    def test_a_line_that_stays_away_is_told_once(self):
        self.put(f"[line x]\ndevice = {self.dir}/x\n" + self.lines("a"))
        self.start_lined(stderr=subprocess.PIPE)
        self.wait_for_socket()
        with Client(self.path) as client:
            # Each attempt is an event; every one has been told before the next.
            client.send("Monitor", line="x", more=True)
            absent = 0
            while absent < 3:
                absent += client.receive()["parameters"]["event"].get("state") == "absent"
        self.lined.terminate()
        text = self.lined.stderr.read()
        self.lined.stderr.close()
        self.assertEqual(text.count(b"lined: x: absent"), 1, text)
        self.assertEqual(text.count(b"x: opening"), 0, text)
        self.assertIn(b"lined: a: ready", text)

    def test_clients_that_misbehave_do_not_fill_it(self):
        n = 50
        self.put(self.lines("a"))
        self.start_lined(stderr=subprocess.PIPE, text=True)
        self.wait_for_socket()
        for _ in range(n):
            with Client(self.path) as client:
                client.sock.sendall(b"garbage\0")
                self.assertTrue(client.closed())
        self.lined.terminate()
        text = self.lined.stderr.read()
        self.lined.stderr.close()
        told = [line for line in text.splitlines() if "connection cut off" in line]
        repeated = [int(times) for times in re.findall(r"\(repeated (\d+) times", text)]
        self.assertLess(len(told), n)
        self.assertEqual(len(told) - len(repeated) + sum(repeated), n, text)

    def test_the_journal_is_told_priorities_and_files_the_time(self):
        with open(os.path.join(self.dir, "log"), "w+", encoding="utf-8") as file:
            stat = os.fstat(file.fileno())
            for journal, expected in ((f"{stat.st_dev}:{stat.st_ino}", r"<3>"),
                                      ("1:1", r"\d{4}-\d\d-\d\d [\d:.]{12} lined: ")):
                self.put("mistake\n")
                self.start_lined(stderr=file, env={**os.environ, "JOURNAL_STREAM": journal})
                self.assertEqual(self.lined.wait(LIMIT), 2)
                self.lined = None
                file.seek(0)
                self.assertRegex(file.read(), "^" + expected + ".*lined.conf:1: neither")
                file.seek(0)
                file.truncate()


class Reload(Files):
    def setUp(self):
        super().setUp()
        self.put(self.lines("a"))
        self.start_lined()
        self.wait_for_socket()
        self.wait_line("a", "ready")
        self.admin = self.connect()

    def reload(self, **expected):
        none = {"added": [], "removed": [], "changed": [], "restart": []}
        self.assertEqual(self.admin.call("Reload"), {**none, **expected})

    def names(self):
        return [line["name"] for line in self.admin.call("ListLines")["lines"]]

    def wait_names(self, *names):
        self.wait_until(lambda: self.names() == list(names))

    def wait_until(self, condition):
        """Events come on a second connection: they tell when to look."""
        with Client(self.path) as monitor:
            monitor.call("GetCounters")  # accepted: it misses nothing from now on
            monitor.send("Monitor", more=True)
            while not condition():
                monitor.receive()

    def state(self, client, session):
        return client.call("GetSession", session=session)["info"]["state"]

    def test_nothing_changes(self):
        identity = self.admin.line("a")["line"]
        self.reload()
        self.assertEqual(self.admin.line("a")["line"], identity)

    def test_lines_come_change_and_go_beside_a_call(self):
        client = self.connect()
        session = self.dial(client)
        self.put(self.lines("b"), "conf.d/b.conf")
        self.reload(added=["b"])
        self.wait_line("b", "ready")
        identity = self.admin.line("b")["line"]
        self.put(self.lines("b", number="102"), "conf.d/b.conf")
        self.reload(changed=["b"])
        self.wait_line("b", "ready")
        self.assertEqual(self.admin.line("b")["number"], "102")
        self.assertNotEqual(self.admin.line("b")["line"], identity)
        os.unlink(os.path.join(self.config, "conf.d/b.conf"))
        self.reload(removed=["b"])
        self.wait_names("a")
        self.assertEqual(self.state(client, session), "connected")
        client.call("Hangup", session=session)

    def test_a_call_on_a_line_that_is_taken_away_is_dropped(self):
        client = self.connect()
        session = self.dial(client)
        self.put(self.lines("b"))
        self.reload(added=["b"], removed=["a"])
        self.wait_names("b")
        info = client.call("GetSession", session=session)["info"]
        self.assertEqual((info["over"], info["origin"]), (True, "application"))
        self.assertIn("verified", [step["result"] for step in info["drop"]])
        client.call("Release", session=session)
        self.assert_error("NotFound", client, "Dial", line="a", number="103")
        self.wait_line("b", "ready")

    def test_a_call_on_a_line_that_is_changed_goes_on(self):
        client = self.connect()
        session = self.dial(client)
        self.put(self.lines("a", number="101"))
        self.reload(changed=["a"])
        self.assertEqual(self.state(client, session), "connected")
        self.assertNotIn("number", self.admin.line("a"))
        client.call("Hangup", session=session)
        self.wait_until(lambda: self.admin.line("a").get("number") == "101")
        self.wait_line("a", "ready")

    def test_who_waits_for_a_line_that_is_taken_away_is_told(self):
        waiting, watching = self.connect(), self.connect()
        for client in (waiting, watching):
            client.call("GetCounters")  # accepted: what it sends now is not overtaken
        waiting.send("Answer", line="a", wait=LIMIT)
        watching.send("Monitor", line="a", more=True)
        self.put(self.lines("b"))
        self.reload(added=["b"], removed=["a"])
        for client in (waiting, watching):
            with self.assertRaises(Error) as caught:
                while client.receive():
                    pass
            self.assertEqual(caught.exception.name, INTERFACE + "DeviceGone")

    def test_a_broken_configuration_is_refused_and_says_why(self):
        client = self.connect()
        session = self.dial(client)
        self.put("[lined]\nsokcet = /x\n[line b]\nbaud = fast\n")
        reason = self.assert_error("InvalidArgument", self.admin, "Reload")["reason"]
        first, second = reason.split("\n")
        self.assertIn("lined.conf:2: [lined] has no 'sokcet'", first)
        self.assertIn("lined.conf:4: baud = fast", second)
        self.assertEqual(self.names(), ["a"])
        self.assertEqual(self.state(client, session), "connected")
        client.call("Hangup", session=session)

    def test_sighup_reads_the_configuration(self):
        self.put(self.lines("a", "b"))
        self.lined.send_signal(signal.SIGHUP)
        self.wait_names("a", "b")
        self.put("mistake\n")
        self.lined.send_signal(signal.SIGHUP)
        self.assertEqual(self.names(), ["a", "b"])

    def test_a_terminal_that_is_closed_ends_the_daemon(self):
        self.stop(self.lined)
        master, slave = os.openpty()
        self.start_lined(stdin=slave, start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.wait_for_socket()
        os.close(master)
        self.assertEqual(self.lined.wait(LIMIT), 0)

    def test_ended_sessions_that_are_kept_count_until_they_are_released(self):
        self.put("[lined]\nkeep-sessions = 2\n" + self.lines("a"))
        self.reload()
        client = self.connect()
        sessions = []
        for _ in range(2):
            sessions.append(client.call("Dial", line="a", number="103", keep=True)["session"])
            client.call("Drop", session=sessions[-1])
        self.assert_error("Limit", client, "Dial", line="a", number="103", keep=True)
        client.call("Release", session=sessions[0])
        client.call("Hangup", session=client.call("Dial", line="a", number="103",
                                                  keep=True)["session"])
        client.call("Release", session=sessions[1])

    def test_what_needs_a_new_start_is_named(self):
        self.put("[lined]\nhotplug = off\nclaim = marked\nkeep-age = 10\n" + self.lines("a"))
        self.reload(restart=["hotplug", "claim"])
        self.reload(restart=["hotplug", "claim"])
        self.put(self.lines("a"))
        self.reload()

    def test_linectl_tells_changes_and_mistakes(self):
        def linectl(*args):
            return subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, *args],
                                  capture_output=True, text=True, timeout=LIMIT, check=False)

        self.put(self.lines("b"))
        run = linectl("reload")
        self.assertEqual((run.returncode, run.stdout.split()),
                         (0, ["added", "b", "removed", "a"]))
        self.put("mistake\n[line]\n")
        run = linectl("reload")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("lined.conf:1: neither", run.stderr)


@unittest.skipIf(os.geteuid() != 0, "only root can be somebody else")
class Roles(Files):
    """Somebody with a number that this machine need not know, in a group of their own."""

    UID, GID = 4001, 5001

    def serve_roles(self, text):
        self.put(f"[lined]\nsocket-mode = 0666\n{text}" + self.lines("a", "b"))
        os.chmod(self.dir, 0o755)
        self.start_lined()
        self.wait_for_socket()
        self.wait_line("a", "ready")

    def become(self):
        """A connection of theirs: the kernel notes who it is when it is made."""
        groups = os.getgroups()
        os.setgroups([self.GID])
        os.seteuid(self.UID)
        try:
            return self.connect()
        finally:
            os.seteuid(0)
            os.setgroups(groups)

    def roles(self, client):
        """Which roles this client has, by what it may do; bad arguments come after the role."""
        allowed = []
        for role, method in (("observe", "GetSession"), ("operate", "Release"),
                             ("admin", "Hotplug")):
            with self.assertRaises(Error) as caught:
                client.call(method)
            if caught.exception.name != INTERFACE + "NoPermission":
                allowed.append(role)
        return allowed

    def test_roles_of_users_and_groups(self):
        for text, expected in (("", ["observe", "operate"]),
                               ("operate =\n", ["observe"]),
                               (f"operate = user:{self.UID}\n", ["observe", "operate"]),
                               (f"operate = group:{self.GID}\n", ["observe", "operate"]),
                               ("operate = user:1 group:1\n", ["observe"]),
                               (f"admin = group:{self.GID}\n", ["observe", "operate", "admin"]),
                               ("observe =\noperate =\n", [])):
            with self.subTest(text):
                self.serve_roles(text)
                client = self.become()
                self.assertEqual(self.roles(client), expected)
                self.assertEqual(self.roles(self.connect()), ["observe", "operate", "admin"])
                self.assertIn("interfaces", client.call("org.varlink.service.GetInfo"))
                self.stop(self.lined)

    def test_who_may_only_observe_is_told_so(self):
        self.serve_roles("operate =\n")
        client = self.become()
        self.assertEqual(client.line("a")["state"], "ready")
        refused = self.assert_error("NoPermission", client, "Dial", line="a", number="103")
        self.assertEqual(refused["reason"], "this is for the role operate, and yours is observe")

    def test_a_port_is_lent_to_administrators_only(self):
        self.serve_roles("")
        client = self.become()
        session = self.dial(client)
        refused = self.assert_error("NoPermission", client, "Lend", session=session, upgrade=True)
        self.assertEqual(refused["reason"], "this is for the role admin, and yours is operate")
        self.assertEqual(client.call("GetSession", session=session)["info"]["state"], "connected")
        self.put(f"[lined]\nsocket-mode = 0666\nadmin = user:{self.UID}\n" + self.lines("a", "b"))
        self.connect().call("Reload")
        os.close(lend(self.become(), session))

    def test_a_reload_changes_the_roles_of_those_who_are_connected(self):
        self.serve_roles("operate =\n")
        client = self.become()
        self.assertEqual(self.roles(client), ["observe"])
        self.put(f"[lined]\nsocket-mode = 0666\nadmin = user:{self.UID}\n"
                 + self.lines("a", "b"))
        self.connect().call("Reload")
        self.assertEqual(self.roles(client), ["observe", "operate", "admin"])

    def test_nobody_takes_all_connections_from_the_others(self):
        self.serve_roles("user-connections = 2\n")
        others = [self.become() for _ in range(2)]
        for client in others:
            client.call("ListLines")
        refused = self.become()
        self.assert_error("Limit", refused, "ListLines")
        self.assertTrue(refused.closed())
        self.connect().call("ListLines")
        others[0].sock.close()
        self.connect().call("ListLines")  # by now it is known that the other one is gone
        self.become().call("ListLines")

    def test_the_socket_has_the_group_and_mode_that_were_asked_for(self):
        self.serve_roles(f"socket-group = {self.GID}\n")
        stat = os.stat(self.path)
        self.assertEqual((stat.st_gid, stat.st_mode & 0o777), (self.GID, 0o666))


if __name__ == "__main__":
    unittest.main(verbosity=2)
