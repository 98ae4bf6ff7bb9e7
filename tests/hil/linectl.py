#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl against real daemons and emulated modems: every verb, every exit status, JSON, Ctrl-C.

BIN is the folder of the programs.
"""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

from lined_varlink import Client

BIN = os.path.abspath(os.environ["BIN"])
# Every process that we start, and theirs, carries this: what is left behind can be found.
MARK = "LINECTL_TEST=%d" % os.getpid()
ENV = dict(os.environ, LINECTL_TEST=str(os.getpid()), LC_ALL="C.UTF-8")
for name in ("TRUNKLINE_SOCKET", "TRUNKLINE_LINED", "TRUNKLINE_MODEMSIM", "XDG_RUNTIME_DIR"):
    ENV.pop(name, None)

OK, OTHER, USAGE, TIMEOUT, CALL_FAILED, NOT_ON_HOOK, BUSY, MODEM, NO_DAEMON, PERMISSION, \
    NOT_FOUND, GONE, INTERRUPTED = list(range(12)) + [130]


def program(name):
    return os.path.join(BIN, name)


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def marked():
    """Command lines, by pid, of processes that carry the mark, ours and zombies excepted."""
    found = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if pid != os.getpid() and MARK in read(f"/proc/{pid}/environ").split("\0"):
                found[pid] = read(f"/proc/{pid}/cmdline").replace("\0", " ")
        except OSError:
            pass
    return found


def wait_until(what, check, limit=90.0):
    end = time.monotonic() + limit
    while not check():
        if time.monotonic() > end:
            raise AssertionError("never happened: " + what)
        select.select([], [], [], 0.05)


def read_until(stream, word, limit=90.0):
    """Whole lines of a stream up to one that has the word in it. What follows at once is lost."""
    text = b""
    end = time.monotonic() + limit
    while select.select([stream], [], [], max(0, end - time.monotonic()))[0]:
        # Past Python's buffers, which select() knows nothing of.
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            break
        text += chunk
        lines = text[:text.rfind(b"\n") + 1].decode().splitlines()
        if any(word in line for line in lines):
            return lines
    raise AssertionError("no %r in %r" % (word, text))


class Case(unittest.TestCase):
    maxDiff = None

    def start(self, *words, **keywords):
        p = subprocess.Popen([program("linectl"), *words], text=True, bufsize=1,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, **{"env": ENV, **keywords})
        self.addCleanup(self.end, p)
        return p

    def end(self, p):
        if p.poll() is None:
            p.kill()
        p.communicate()

    def run_it(self, status, *words, **keywords):
        p = self.start(*words, **keywords)
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, status, f"{words}\n{out}\n{err}")
        self.assertNotIn("Sanitizer", err)
        self.assertNotIn("runtime error", err)
        return out, err

    def documents(self, status, *words, **keywords):
        """The same with --json: each line a document, nothing on stderr."""
        out, err = self.run_it(status, "--json", *words, **keywords)
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertTrue(lines, words)
        for line in lines:
            subprocess.run([sys.executable, "-m", "json.tool"], input=line, text=True, check=True,
                           stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in lines]

    def error(self, status, *words, **keywords):
        """An error tells the same to people and to programs."""
        out, err = self.run_it(status, *words, **keywords)
        self.assertTrue(err.startswith("linectl: "), err)
        self.assertEqual(out, "")
        document, = self.documents(status, *words, **keywords)
        self.assertEqual(document["v"], 1)
        self.assertEqual(document["status"], status)
        self.assertIn(document["reason"], err)
        return document, err

    def assert_nothing_left(self):
        wait_until("everything has ended", lambda: not marked())


def complete(*words):
    """What bash offers for the last word."""
    env = dict(ENV, PATH=BIN + ":" + ENV["PATH"])
    script = 'source <(linectl completion); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _linectl; ' \
             'echo "${COMPREPLY[@]}"'
    return subprocess.run(["bash", "-c", script, "bash", "linectl", *words], env=env, text=True,
                          check=True, stdout=subprocess.PIPE).stdout.split()


class Local(Case):
    """What needs no daemon."""

    def test_completion(self):
        self.assertEqual(complete("di"), ["dial"])
        self.assertEqual(complete("--timeout", "5", "ho"), ["hold", "hotplug"])
        self.assertEqual(complete("--timeout", "5", "ha"), ["hangup", "hand-off"])
        self.assertEqual(complete("--socket", "/nonexistent", "--js"), ["--json"])
        self.assertEqual(complete("--color", "al"), ["always"])
        self.assertEqual(complete("help", "moni"), ["monitor"])
        self.assertEqual(complete("list", ""), [])
        self.assertEqual(self.documents(OK, "completion", "fish")[0]["shell"], "fish")
        self.error(USAGE, "completion", "tcsh")

    def test_help_of_every_verb(self):
        verbs = self.documents(OK, "help")[0]["verbs"]
        self.assertGreaterEqual(len(verbs), 18)
        for verb in verbs:
            out, _ = self.run_it(OK, "help", verb["verb"])
            self.assertIn(verb["help"], out)
            self.assertEqual(self.run_it(OK, verb["verb"], "--help")[0], out)

    def test_version(self):
        out, _ = self.run_it(OK, "--version")
        self.assertEqual(self.documents(OK, "version")[0]["version"], out.split()[1])

    def test_usage(self):
        for words in ([], ["frobnicate"], ["dial", "line1"], ["list", "much"], ["list", "--keep"],
                      ["list", "--frob"], ["list", "--timeout", "x"], ["help", "frobnicate"],
                      ["--sim", "--device", "/dev/x", "list"], ["show"],
                      ["--sim", "dial", "102", "--keep"], ["--sim", "call", "ListLines", "[1]"],
                      ["--device", "/dev/a,b", "list"]):
            self.error(USAGE, *words)

    def test_a_bad_device_is_told_before_anything_is_started(self):
        for device, right in (("rfc2217://127.0.0.1", "rfc2217://HOST:PORT"),
                              ("/dev/a,b", "serial port"),
                              ("rfc2217://127.0.0.1:99999", "rfc2217://HOST:PORT")):
            document, err = self.error(USAGE, "--device", device, "dial", "1")
            self.assertIn(right, document["reason"])
            self.assertEqual(len(err.splitlines()), 1)
        self.assert_nothing_left()

    def test_a_bad_number_is_pointed_at(self):
        document, err = self.error(USAGE, "--sim", "dial", "sim1", "555-HELP")
        lines = err.splitlines()
        self.assertEqual(lines[1].index("H"), lines[2].index("^"))
        self.error(USAGE, "--sim", "dial", "sim1", "")
        self.error(USAGE, "--sim", "dial", "sim1", "1" * 65)
        self.error(USAGE, "--sim", "dial", "sim1", "1;\r")

    def test_ports_need_no_daemon(self):
        ports = self.documents(OK, "ports")[0]["ports"]
        out, _ = self.run_it(OK, "ports", "--no-legend")
        self.assertEqual([line.split()[0] for line in out.splitlines()],
                         [port["path"] for port in ports])
        self.documents(OK, "--sim", "ports")
        self.error(NO_DAEMON, "--socket", "/nonexistent/socket", "ports")

    def test_no_daemon(self):
        document, _ = self.error(NO_DAEMON, "--socket", "/nonexistent/socket", "list")
        self.assertIn("--sim", document["hint"])

    def test_daemon_programs_that_are_not_there(self):
        env = dict(ENV, TRUNKLINE_LINED="/nonexistent/lined")
        for words in (["--device", "/dev/null"], ["--sim"]):
            p = subprocess.run([program("linectl"), *words, "list"], env=env, capture_output=True,
                               text=True)
            self.assertEqual(p.returncode, OTHER, p.stderr)
            self.assertIn("/nonexistent/lined: No such file", p.stderr)
        self.assert_nothing_left()


class Sim(Case):
    """The private daemon with emulated modems."""

    def tearDown(self):
        self.assert_nothing_left()

    def test_looking_around(self):
        self.assertIn("sim1", self.run_it(OK, "--sim", "list")[0])
        self.assertNotIn("DEVICE", self.run_it(OK, "--sim", "list", "--no-legend")[0])
        self.assertIn("\033[", self.run_it(OK, "--sim", "list", "--color=always")[0])
        lines = self.documents(OK, "--sim", "list")[0]["lines"]
        self.assertEqual([(l["name"], l["number"], l["state"]) for l in lines],
                         [("sim1", "101", "ready")])
        for text in ("sim1", "0", lines[0]["line"]):
            self.assertEqual(self.documents(OK, "--sim", "show", text)[0]["number"], "101")
        self.assertIn("Emulated", self.run_it(OK, "--sim", "show")[0])
        self.assertIn("sim1: ready", self.run_it(OK, "--sim", "status")[0])
        document, = self.documents(OK, "--sim", "status", "sim1")
        self.assertEqual(document["lines"][0]["name"], "sim1")
        self.error(NOT_FOUND, "--sim", "status", "nosuch")
        self.assertIn("caller id yes", self.run_it(OK, "--sim", "caps")[0])
        self.assertEqual(self.documents(OK, "--sim", "caps")[0]["proofs"],
                         ["no-carrier", "call-log", "ato"])
        self.assertEqual(self.documents(OK, "--sim", "counters")[0]["counters"]["lines"], 1)
        self.assertIn("lines", self.run_it(OK, "--sim", "counters")[0])
        self.assertEqual(self.documents(OK, "--sim", "sessions")[0]["sessions"], [])
        self.run_it(OK, "--sim", "sessions")

    def test_at_reset_and_call(self):
        self.assertIn("OK", self.run_it(OK, "--sim", "at", "ATI")[0])
        self.assertEqual(self.documents(OK, "--sim", "at", "sim1", "ATI")[0]["answer"][-1], "OK")
        self.error(MODEM, "--sim", "at", "AT+NOPE")
        self.error(BUSY, "--sim", "at", "ATD102")
        self.run_it(OK, "--sim", "reset")
        self.documents(OK, "--sim", "reset", "sim1")
        out, _ = self.run_it(OK, "--sim", "call", "ListLines", '{"line": "sim1"}')
        self.assertEqual(len(json.loads(out)["lines"]), 1)
        self.run_it(OK, "--sim", "call", "org.varlink.service.GetInfo")
        out, _ = self.run_it(USAGE, "--sim", "call", "Frobnicate")
        self.assertEqual(json.loads(out)["error"], "org.varlink.service.MethodNotFound")

    def test_a_call(self):
        out, err = self.run_it(OK, "--sim", "dial", "102", "--hangup-after", "1")
        self.assertIn("proved by", out)
        self.assertIn("connected", err)
        _, err = self.run_it(OK, "--sim", "dial", "102", "--hangup-after", "1", "--quiet")
        self.assertEqual(err, "")

    def test_a_call_for_programs(self):
        documents = self.documents(OK, "--sim", "dial", "sim1", "102", "--hangup-after", "1")
        states = [d["info"]["state"] for d in documents]
        self.assertEqual(states[-2:], ["connected", "idle"])
        self.assertEqual(len(states), len(set(states)))
        self.assertEqual(documents[-1]["info"]["origin"], "application")

    def test_failed_calls(self):
        out, _ = self.run_it(CALL_FAILED, "--sim", "dial", "999")
        self.assertIn("by network", out)
        self.assertEqual(self.documents(CALL_FAILED, "--sim", "dial", "999")[-1]["info"]["state"],
                         "idle")

    def test_nobody_calls(self):
        self.error(OTHER, "--sim", "answer")
        self.error(OTHER, "--sim", "reject")
        self.error(TIMEOUT, "--sim", "answer", "--wait", "--timeout", "1")

    def test_no_such_thing(self):
        self.error(NOT_FOUND, "--sim", "dial", "nosuch", "102")
        self.error(NOT_FOUND, "--sim", "show", "nosuch")
        for verb in ("info", "drop", "release", "hangup"):
            self.error(NOT_FOUND, "--sim", verb, "s9.9")

    def test_monitor(self):
        self.run_it(OK, "--sim", "monitor", "--timeout", "1")
        self.run_it(OK, "--sim", "monitor", "sim1", "--json", "--timeout", "1")
        self.error(NOT_FOUND, "--sim", "monitor", "nosuch")

    def test_ctrl_c_hangs_up_and_proves_it(self):
        p = self.start("--sim", "dial", "102")
        read_until(p.stderr, "connected")
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, INTERRUPTED, err)
        self.assertIn("by user", out)
        self.assertIn("proved by", out)

    def test_ctrl_c_twice_leaves_at_once(self):
        p = self.start("--sim", "dial", "102")
        read_until(p.stderr, "connected")
        # So that the drop takes longer than it takes us to lose patience.
        lined, = (pid for pid, command in marked().items() if "lined --line" in command)
        os.kill(lined, signal.SIGSTOP)
        # Two that come at once count as one.
        while p.poll() is None:
            p.send_signal(signal.SIGINT)
            select.select([], [], [], 0.1)
        os.kill(lined, signal.SIGCONT)
        out, _ = p.communicate(timeout=90)
        self.assertEqual(p.returncode, INTERRUPTED)
        self.assertNotIn("proved by", out)

    def test_ctrl_c_ends_waiting(self):
        for words in (["monitor"], ["answer", "--wait"]):
            p = self.start("--sim", *words, start_new_session=True)
            # The same whether it still starts or waits already.
            wait_until("lined runs", lambda: any("lined --line" in c for c in marked().values()))
            p.send_signal(signal.SIGINT)
            p.communicate(timeout=90)
            self.assertEqual(p.returncode, INTERRUPTED)
            self.assert_nothing_left()

    def test_killed_it_leaves_nothing_behind(self):
        tmp = tempfile.mkdtemp(prefix="hil-linectl-")
        self.addCleanup(shutil.rmtree, tmp, True)
        p = self.start("--sim", "dial", "102", env=dict(ENV, TMPDIR=tmp))
        read_until(p.stderr, "connected")
        p.kill()
        p.communicate()
        self.assert_nothing_left()
        self.assertEqual(os.listdir(tmp), [])
        self.error(OTHER, "--sim", "list", env=dict(ENV, TMPDIR="/x" * 200))


class Device(Case):
    """The private daemon for one port."""

    def tearDown(self):
        self.assert_nothing_left()

    def fake_modem(self, answer):
        master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.addCleanup(os.close, slave)
        self.addCleanup(os.close, master)
        if answer:
            threading.Thread(target=self.serve, args=(master, answer), daemon=True).start()
        return os.ttyname(slave)

    def serve(self, master, answer):
        try:
            while os.read(master, 256):
                os.write(master, answer)
        except OSError:
            pass

    def test_no_such_port(self):
        self.error(NOT_FOUND, "--device", "/nonexistent/tty", "dial", "102")
        self.error(NOT_FOUND, "--device", "/dev/null", "dial", "102")

    def test_what_is_not_known_of_a_port_is_left_out(self):
        path = "/nonexistent/tty"
        self.assertIn("remedy    'linectl doctor line0'",
                      self.run_it(NOT_FOUND, "--device", path, "status")[0])
        self.assertNotIn("modem ", self.run_it(NOT_FOUND, "--device", path, "caps")[0])

    def test_silent_port(self):
        document, _ = self.error(TIMEOUT, "--device", self.fake_modem(None), "at", "ATI")
        self.assertEqual(document["error"], "Timeout")
        for verb in ("show", "status", "caps"):
            out, _ = self.run_it(TIMEOUT, "--device", self.fake_modem(None), verb)
            self.assertIn("line0", out)

    def test_port_that_speaks_something_else(self):
        self.error(MODEM, "--device", self.fake_modem(b"$GPGGA,,,,,,0,,,,,,,,*66\r\n"), "dial",
                   "102")

    def test_port_of_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("takes root to become somebody else")
        path = self.fake_modem(None)
        os.chmod(path, 0o600)
        # Where nobody else may look, as in a home folder, nothing could be tried.
        if subprocess.run(["test", "-x", program("linectl")], user=65534).returncode:
            self.skipTest("the programs are out of nobody's reach")
        self.error(PERMISSION, "--device", path, "dial", "102", user=65534, group=65534,
                   extra_groups=[])


class DaemonCase(Case):
    """A daemon that many talk to."""

    SCENARIO = """
[number 200]
does = busy
[number 201]
does = silent
[number 300]
does = answer
"""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="hil-linectl-")
        self.addCleanup(shutil.rmtree, self.dir)
        scenario = os.path.join(self.dir, "scenario.ini")
        with open(scenario, "w") as file:
            file.write(self.SCENARIO)
        self.sim = subprocess.Popen(
            [program("modemsim"), "--dir", self.dir, "--scenario", scenario, "--control",
             "--modem", "a=101", "--modem", "b=102", "--modem", "c=103"],
            env=ENV, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.stop, self.sim)
        read_until(self.sim.stdout, "ready")
        self.socket = os.path.join(self.dir, "socket")
        lines = [word for name in "abc" for word in
                 ("--line", f"{name}={self.dir}/{name},alias=line-{name} {name.upper()}")]
        self.lined = subprocess.Popen([program("lined"), "--socket", self.socket, *lines,
                                       *self.more_words()], env=ENV,
                                      stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop, self.lined)
        wait_until("socket", lambda: os.path.exists(self.socket))
        ENV["TRUNKLINE_SOCKET"] = self.socket
        self.addCleanup(ENV.pop, "TRUNKLINE_SOCKET")
        wait_until("lines are ready", self.are_ready)

    def more_words(self):
        """Of the daemon's command line."""
        return []

    def are_ready(self):
        lines = self.documents(OK, "list")[0]["lines"]
        return all(line["state"] == "ready" for line in lines)

    def stop(self, p):
        p.terminate()
        try:
            p.wait(20)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        for stream in (p.stdin, p.stdout):
            if stream:
                stream.close()

    def control(self, command):
        self.sim.stdin.write(command + "\n")
        read_until(self.sim.stdout, "ok")

    def keep(self, *words):
        out, _ = self.run_it(OK, "dial", "--keep", *words)
        return out.strip()

    def dial_until_seen(self, *streams):
        """Nobody tells when a monitor has begun to watch."""
        while not all(select.select([stream], [], [], 0)[0] for stream in streams):
            self.run_it(CALL_FAILED, "dial", "a", "200")


class Daemon(DaemonCase):
    """What is done with it."""

    def test_the_life_of_a_kept_call(self):
        session = self.keep("a", "300")
        self.assertEqual(complete("dial", ""), ["a", "b", "c"])
        self.assertEqual(complete("info", "s"), [session])
        self.assertIn("connected", self.run_it(OK, "sessions")[0])
        self.assertEqual(self.documents(OK, "sessions", "--all")[0]["sessions"][0]["session"],
                         session)
        self.assertIn("connected", self.run_it(OK, "info", session)[0])
        self.error(BUSY, "release", session)
        self.error(BUSY, "dial", "a", "102")
        for verb in "answer", "reject":
            self.assertEqual(self.error(BUSY, verb, "a")[0]["reason"],
                             "a call is on 'a', but none comes in")
        self.error(BUSY, "at", "a", "ATI")
        self.assertIn("proved by", self.run_it(OK, "drop", session)[0])
        self.assertIn("release", self.error(OTHER, "drop", session)[0]["reason"])
        info = self.documents(OK, "info", session)[0]["info"]
        self.assertEqual((info["state"], info["origin"], info["over"]), ("idle", "user", True))
        self.assertIn("verified", self.run_it(OK, "info", session)[0])
        self.run_it(OK, "release", session)
        self.error(NOT_FOUND, "info", session)
        self.error(NOT_FOUND, "release", session)

    def test_a_line_has_many_names(self):
        port = os.path.realpath(os.path.join(self.dir, "b"))
        link = os.path.join(self.dir, "link")
        os.symlink(port, link)
        identity = self.documents(OK, "show", "b")[0]["line"]
        for name in ("B", "line-b", "1", identity, os.path.join(self.dir, "b"), port, link):
            document, = self.documents(OK, "show", name)
            self.assertEqual((document["name"], document["aliases"]), ("b", ["line-b", "B"]), name)
        self.error(NOT_FOUND, "show", "/dev/null")
        self.assertIn("line-b, B", self.run_it(OK, "show", "b")[0])

    def test_status_tells_whose_call_is_on_a_line(self):
        session = self.keep("a", "300")
        line = self.documents(OK, "status", "a")[0]["lines"][0]
        self.assertEqual((line["call_state"], line["call_direction"], line["call_media"]),
                         ("connected", "out", "data"))
        self.assertTrue(line["owner"].startswith("user "), line)
        out, _ = self.run_it(OK, "status")
        self.assertIn(f"owner     {line['owner']}, session {session}", out)
        self.assertIn("to 300", out)
        self.run_it(OK, "drop", session)
        self.run_it(CALL_FAILED, "dial", "--keep", "b", "200")
        self.assertIn(line["owner"], self.run_it(OK, "sessions")[0])
        live = self.keep("c", "300")
        reader = Client(self.socket)  # who is at work with a record keeps it
        self.addCleanup(reader.sock.close)
        other = reader.call("Dial", line="b", number="200")["session"]
        wait_until("it is over", lambda: reader.call("GetSession", session=other)["info"]["over"])
        self.assertEqual(self.run_it(OK, "release", "--all-over")[0], "2 released\n")
        reader.call("Release", session=other)
        self.assertEqual(self.documents(OK, "release", "--all-over")[0]["released"], [])
        self.assertEqual([s["session"] for s in self.documents(OK, "sessions")[0]["sessions"]],
                         [live])
        self.error(USAGE, "release")
        self.error(USAGE, "release", "--all-over", live)
        self.run_it(OK, "hangup", live)

    def test_holders(self):
        session = self.keep("--inactivity", "3600", "a", "300")
        self.error(OTHER, "join", "a")
        self.error(OTHER, "take", session)
        self.error(BUSY, "give-up", session)
        self.assertNotIn("hint", self.error(NOT_FOUND, "hand-off", session, "no such user")[0])
        self.assertIn("list", self.error(NOT_FOUND, "show", "nosuch")[0]["hint"])
        self.run_it(OK, "limit", session, "duration", "3600")
        info = self.documents(OK, "info", session)[0]["info"]
        self.assertEqual((info["max_duration"], info["inactivity"]), (3600, 3600))
        self.assertIn("limit     3600 s in all", self.run_it(OK, "info", session)[0])
        self.error(USAGE, "limit", session, "duration", "soon")
        self.error(USAGE, "limit", session, "age", "1")
        self.run_it(OK, "hangup", session)
        self.error(NOT_FOUND, "give-up", session)

    def test_hard_reset(self):
        self.run_it(OK, "reset", "--hard", "a")
        self.documents(OK, "reset", "--hard", "a")
        self.assertIn("ready", self.run_it(OK, "show", "a")[0])

    def test_hotplug(self):
        self.run_it(OK, "hotplug", "remove", "/dev/no-such-port")
        self.documents(OK, "hotplug", "add", "/dev/no-such-port", "--sysfs", "/sys/no/such")
        self.error(USAGE, "hotplug", "bind", "/dev/ttyUSB0")
        self.error(USAGE, "hotplug", "add")
        self.error(USAGE, "hotplug", "add", "ttyUSB0")
        self.assertEqual(complete("hotplug", ""), ["add", "remove"])

    def test_hangup(self):
        session = self.keep("a", "300")
        self.assertIn("by user", self.run_it(OK, "hangup", session)[0])
        self.error(NOT_FOUND, "info", session)
        session = self.keep("a", "300")
        self.documents(OK, "hangup", "--no-wait", session)
        self.error(NOT_FOUND, "info", session)
        wait_until("the line is clear", self.are_ready)

    def test_no_wait(self):
        session = self.run_it(OK, "dial", "--no-wait", "a", "201")[0].strip()
        self.assertTrue(session.startswith("s"), session)
        self.run_it(OK, "hangup", session)
        document, = self.documents(OK, "dial", "--no-wait", "a", "201")
        self.run_it(OK, "hangup", document["session"])

    def test_a_kept_call_that_fails_can_be_looked_at(self):
        out, err = self.run_it(CALL_FAILED, "dial", "--keep", "a", "200")
        self.assertIn("busy", err)
        self.assertIn("busy", self.run_it(OK, "info", out.strip())[0])
        self.run_it(OK, "release", out.strip())

    def test_call_not_connected_in_time(self):
        self.run_it(TIMEOUT, "dial", "a", "201", "--timeout", "2")

    def test_ringing_is_answered(self):
        p = self.start("answer", "b", "--wait", "--timeout", "30", "--hangup-after", "1")
        caller = self.start("dial", "a", "102")
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, OK, err)
        self.assertIn("from", out)
        out, err = caller.communicate(timeout=90)
        self.assertEqual(caller.returncode, OK, err)
        self.assertIn("by remote", out)

    def test_ringing_is_rejected(self):
        caller = self.start("dial", "a", "102", "--timeout", "20")
        wait_until("ringing", lambda: "ringing" in self.run_it(OK, "list")[0])
        p = self.start("reject", "b", "--json")
        select.select([], [], [], 0.5)
        caller.send_signal(signal.SIGINT)
        caller.communicate(timeout=90)
        self.assertEqual(caller.returncode, INTERRUPTED)
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, OK, err)
        json.loads(out)

    def test_monitor_tells_the_call(self):
        p = self.start("monitor", "--json", "a")
        people = self.start("monitor")
        self.dial_until_seen(p.stdout, people.stdout)
        lines = read_until(p.stdout, '"idle"')
        for line in lines:
            self.assertEqual(json.loads(line)["event"]["line_name"], "a")
        read_until(people.stdout, "busy")
        p.send_signal(signal.SIGINT)
        p.communicate(timeout=90)
        self.assertEqual(p.returncode, INTERRUPTED)

    def test_monitor_tells_who_calls(self):
        caller = self.start("dial", "a", "102", "--timeout", "60")
        p = self.start("monitor", "b")
        read_until(p.stdout, "from 101")
        caller.send_signal(signal.SIGINT)
        caller.communicate(timeout=90)

    def test_unplugged(self):
        p = self.start("dial", "a", "300")
        read_until(p.stderr, "connected")
        self.control("unplug a")
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, GONE, err)
        self.assertIn("device-gone", out)
        _, err = self.error(GONE, "dial", "a", "300")
        self.assertRegex(err, "^linectl: a: (?!(line )?a:)")

    def test_a_drop_that_cannot_be_proved(self):
        p = self.start("dial", "a", "300", "--hangup-after", "1")
        read_until(p.stderr, "connected")
        self.control("fault a silent")
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, NOT_ON_HOOK, out + err)
        self.assertIn("linectl: ", err)
        self.error(MODEM, "dial", "a", "300")

    def test_the_daemon_goes(self):
        p = self.start("monitor")
        self.dial_until_seen(p.stdout)
        self.lined.kill()
        _, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, NO_DAEMON, err)
        self.assertIn("closed the connection", err)
        self.error(NO_DAEMON, "list")

    def test_socket_of_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("takes root to become somebody else")
        os.chmod(self.dir, 0o700)
        if subprocess.run(["test", "-x", program("linectl")], user=65534).returncode:
            self.skipTest("the programs are out of nobody's reach")
        self.error(PERMISSION, "list", user=65534, group=65534, extra_groups=[])


if __name__ == "__main__":
    unittest.main()
