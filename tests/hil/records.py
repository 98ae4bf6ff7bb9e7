#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What remains of calls: the history. And what it is good for: the policy.

BIN is the folder of the programs.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import linectl
from linectl import ENV, NOT_FOUND, OK, OTHER, USAGE, program, read, read_until, wait_until


class Daemon(linectl.Case):
    """Lines a and b of a daemon with a configuration, by modems of an exchange."""

    SCENARIO = """
[number 200]
does = busy
[number 300]
does = answer
[number 112]
does = answer
[modem a]
number = 101
dtr = ignore
[modem b]
number = 102
"""
    CONFIG = ""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="hil-records-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.config = os.path.join(self.dir, "lined.conf")
        self.history = os.path.join(self.dir, "history")
        self.log = os.path.join(self.dir, "log")
        with open(os.path.join(self.dir, "scenario"), "w") as file:
            file.write(self.SCENARIO)
        self.sim = subprocess.Popen(
            [program("modemsim"), "--dir", self.dir, "--scenario", f"{self.dir}/scenario",
             "--control"], env=ENV, text=True, bufsize=1, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.addCleanup(self.end_sim)
        read_until(self.sim.stdout, "ready")
        self.lined = None
        self.addCleanup(self.end_lined)
        self.configure(self.CONFIG)
        self.start_lined()

    def configure(self, text=""):
        with open(self.config, "w") as file:
            file.write(f"[lined]\nsocket = {self.dir}/socket\nhistory = {self.history}\n{text}\n")
            for line in "ab":
                file.write(f"[line {line}]\ndevice = {self.dir}/{line}\n")

    def start_lined(self, *words):
        with open(self.log, "a") as log:
            self.lined = subprocess.Popen([program("lined"), "--config", self.config, *words],
                                          env=ENV, stdin=subprocess.DEVNULL, stderr=log)
        ENV["TRUNKLINE_SOCKET"] = f"{self.dir}/socket"
        self.addCleanup(ENV.pop, "TRUNKLINE_SOCKET", None)
        wait_until("lines are ready", self.are_ready)

    def are_ready(self):
        run = subprocess.run([program("linectl"), "--json", "list"], env=ENV, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        self.assertIsNone(self.lined.poll(), "the daemon has ended")
        lines = json.loads(run.stdout or "{}").get("lines", [])
        return len(lines) == 2 and all(line["state"] == "ready" for line in lines)

    def end_lined(self):
        """A clean stop."""
        if not self.lined:
            return
        self.lined.terminate()
        self.assertEqual(self.lined.wait(60), 0, read(self.log))
        self.lined = None

    def kill_lined(self):
        self.lined.kill()
        self.lined.wait(60)
        self.lined = None

    def end_sim(self):
        self.sim.terminate()
        self.sim.wait(60)
        self.sim.stdin.close()
        self.sim.stdout.close()

    def tell_sim(self, command):
        self.sim.stdin.write(command + "\n")
        return read_until(self.sim.stdout, "ok")

    def keep(self, *words):
        return self.run_it(OK, "dial", "--keep", *words)[0].strip()

    def call(self, line="a", number="300"):
        """From beginning to end."""
        session = self.keep(line, number)
        self.run_it(OK, "hangup", session)

    def records(self, *words):
        out, _ = self.run_it(OK, "--json", "history", *words)
        return [json.loads(line) for line in out.splitlines()]

    def numbers(self, *words):
        return [record.get("called") or record["caller"] for record in self.records(*words)]

    def wait_records(self, n):
        wait_until(f"{n} records", lambda: len(self.records()) == n)


class History(Daemon):
    def test_calls_of_all_kinds_are_there_the_newest_first(self):
        self.call()
        self.run_it(linectl.CALL_FAILED, "dial", "b", "200")
        # Nobody answers; the caller gives up.
        session = self.run_it(OK, "dial", "--no-wait", "a", "102")[0].strip()
        wait_until("it rings", lambda: "ringing" in self.run_it(OK, "list")[0])
        self.run_it(OK, "hangup", session)
        self.wait_records(4)
        newest = self.records()
        self.assertEqual(sorted((r["line_name"], r["direction"]) for r in newest[:2]),
                         [("a", "out"), ("b", "in")])
        busy, normal = newest[2:]
        self.assertEqual((busy["called"], busy["disconnect"], busy["origin"]),
                         ("200", "busy", "network"))
        self.assertEqual((normal["called"], normal["disconnect"], normal["origin"]),
                         ("300", "normal", "user"))
        self.assertGreater(normal["duration_ms"], 0)
        self.assertEqual(normal["uids"], [os.getuid()])
        self.assertEqual(normal["drop"][-1]["result"], "verified")
        self.assertEqual(normal["v"], 1)

        out, _ = self.run_it(OK, "history")
        self.assertRegex(out, r"TIME +LINE +DIR +NUMBER +DURATION +END\n"
                              r"(.*\n){3}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +a +out +300 .*normal, "
                              r"by user")
        self.assertEqual(self.numbers("b", "--outcome", "busy"), ["200"])
        self.assertEqual(self.numbers("--outcome", "answered"), ["300"])
        self.assertEqual(len(self.records("--outcome", "failed")), 3)
        self.assertEqual(len(self.records("--limit", "2")), 2)
        self.assertEqual(len(self.records("--since", "1h", "--until", "2100-01-01")), 4)
        self.assertEqual(self.records("--until", "1h"), [])
        self.assertEqual(self.run_it(OK, "history", "--since", "2100-01-01")[1],
                         "no calls\n")

    def test_mistakes_are_told(self):
        _, err = self.error(USAGE, "history", "--since", "soon")
        self.assertIn("--since soon: must be like 90m", err)
        _, err = self.error(USAGE, "history", "--outcome", "bussy")
        self.assertIn("did you mean 'busy'?", err)
        self.error(USAGE, "history", "--limit", "0")
        with open(self.config, "w") as file:
            file.write(f"[lined]\nhistory = off\n[line a]\ndevice = {self.dir}/a\n"
                       f"[line b]\ndevice = {self.dir}/b\n")
        self.run_it(OK, "reload")
        _, err = self.error(OTHER, "history")
        self.assertIn("no history is kept", err)

    def test_it_outlives_the_daemon_and_the_end_of_the_daemon_is_in_it(self):
        self.call()
        self.keep("a", "300")
        self.end_lined()
        self.start_lined()
        newest, oldest = self.records()
        self.assertEqual((newest["origin"], oldest["origin"]), ("application", "user"))

    def test_it_survives_a_crash_that_tears_a_line(self):
        self.call()
        self.wait_records(1)
        self.kill_lined()
        with open(self.history, "a") as file:
            file.write('{"line_name":"a","called":"99')
        self.start_lined()
        self.assertEqual(self.numbers(), ["300"])
        self.call("b")
        self.wait_records(2)
        self.assertEqual(self.numbers("b"), ["300"])
        self.assertEqual(len(read(self.history).splitlines()), 3)

    def test_a_folder_that_is_not_there_costs_the_history_only(self):
        self.end_lined()
        self.history = os.path.join(self.dir, "later", "history")
        self.configure()
        self.start_lined()
        self.call()
        self.call()
        self.assertEqual(self.numbers(), [])
        os.mkdir(os.path.dirname(self.history))
        self.call()
        self.wait_records(1)
        log = read(self.log)
        self.assertEqual(log.count("No such file or directory: ended calls are not recorded"), 1)
        self.assertIn("goes on", log)

    def test_it_is_bounded(self):
        self.end_lined()
        self.configure("history-size = 4096")
        self.start_lined()
        record = json.dumps({"line_name": "a", "direction": "out", "called": "1" * 40,
                             "wall_us": {"created": int(time.time() * 1e6)}, "uids": []})
        with open(self.history, "a") as file:
            file.write((record + "\n") * 30)
        self.call()
        self.wait_records(31)
        self.assertLess(os.stat(self.history).st_size, 4096)
        self.assertEqual(len(read(self.history + ".1").splitlines()), 30)

    @unittest.skipIf(os.getuid() != 0, "only root can be somebody else")
    def test_others_see_what_was_theirs(self):
        self.call()
        self.wait_records(1)
        os.chmod(self.dir, 0o755)
        os.chmod(f"{self.dir}/socket", 0o666)

        if subprocess.run(["test", "-x", program("linectl")], user=65534).returncode:
            self.skipTest("the programs are out of nobody's reach")

        def be_somebody():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        for n in 0, 1:
            p = self.start("--json", "history", preexec_fn=be_somebody)
            out, err = p.communicate(timeout=90)
            self.assertEqual((p.returncode, err, len(out.splitlines())), (OK, "", n))
            if n == 0:
                p = self.start("dial", "a", "200", preexec_fn=be_somebody)
                p.communicate(timeout=90)
                self.wait_records(2)
        self.assertEqual(json.loads(out)["uids"], [65534])

    def test_a_long_one_reaches_a_slow_reader_whole(self):
        record = {"line_name": "a", "direction": "out", "uids": [], "note": "x" * 1000,
                  "wall_us": {"created": int(time.time() * 1e6)}}
        with open(self.history, "a") as file:
            for n in range(4000):
                file.write(json.dumps({**record, "call": n}) + "\n")
        p = self.start("--json", "history")
        # Its pipe is full, and so is its socket; others are served.
        self.run_it(OK, "list")
        lines = p.stdout.read().splitlines()
        self.assertEqual(p.wait(90), OK)
        self.assertEqual([json.loads(line)["call"] for line in lines], list(range(3999, -1, -1)))
        p = self.start("--json", "history")
        p.stdout.readline()
        p.send_signal(signal.SIGKILL)
        p.wait(90)
        self.assertEqual(len(self.records("--limit", "5")), 5)


class Policy(Daemon):
    """Numbers and times in which nothing may be dialled."""

    def setUp(self):
        # It is about noon: no test goes past midnight.
        ENV["TZ"] = f"T{time.gmtime().tm_hour - 12:+d}"
        self.addCleanup(ENV.pop, "TZ")
        super().setUp()

    def obey(self, *rules, line=""):
        self.configure("\n".join((f"[policy{line}]", *rules)))
        self.run_it(OK, "reload")

    def refused(self, line, number, rule):
        document, err = self.error(linectl.PERMISSION, "dial", line, number)
        self.assertEqual(document["error"], "Refused")
        self.assertIn(f"the policy of line {line} refuses it: {rule}\n", err)
        log = read(self.log)
        self.assertIn(f"may not dial the number: {rule}", log)

    def test_numbers(self):
        self.obey("deny = 0900* +882*", "allow = 300 0* 112")
        for number in "0900", "T0-900 123", "0,0900", "*31#0900":
            self.refused("a", number, "deny 0900*")
        self.refused("a", "200", "allow")
        self.call()
        self.refused("b", "+882 99", "deny +882*")
        self.obey("allow = 300", line=" b")
        self.refused("b", "200", "allow")
        self.run_it(linectl.CALL_FAILED, "dial", "a", "200")
        document = json.loads(self.run_it(linectl.PERMISSION, "call", "Dial",
                                          '{"line":"b","number":"200"}')[0])
        self.assertEqual(document["parameters"]["rule"], "allow")

    def test_numbers_are_logged_only_if_wished(self):
        self.end_lined()
        self.configure("[policy]\ndeny = 0900*")
        self.start_lined("--log-personal-info")
        self.error(linectl.PERMISSION, "dial", "a", "0900777")
        self.assertIn("may not dial 0900777: deny 0900*", read(self.log))

    def test_calls_per_hour_outlive_the_daemon(self):
        self.obey("calls-per-hour = 2")
        self.call()
        self.kill_lined()
        self.start_lined()
        self.call()
        self.refused("a", "300", "calls-per-hour 2")
        self.kill_lined()
        self.start_lined()
        self.refused("a", "300", "calls-per-hour 2")
        self.call("b")
        self.call(number="112")

    def test_minutes_per_day_end_the_call_that_uses_them_up(self):
        began = int((time.time() - 10) * 1e6)
        record = {"line_name": "a", "direction": "out", "media": "data", "uids": [],
                  "boot_us": {"connected": 1000000, "disconnected": 57000000},
                  "wall_us": {"created": began}}
        self.end_lined()
        self.configure("[policy]\nminutes-per-day = 1")
        with open(self.history, "w") as file:
            file.write(json.dumps(record) + "\n")
        self.start_lined()
        session = self.keep("a", "300")
        self.wait_records(2)
        newest = self.records()[0]
        self.assertEqual((newest["origin"], newest["disconnect"]), ("application", "normal"))
        self.assertIn("minutes-per-day", newest["note"])
        self.assertIn("minutes-per-day", self.run_it(OK, "info", session)[0])
        self.refused("a", "300", "minutes-per-day 1")
        self.call(number="112")
        # Nothing but the time that is up wakes the daemon.
        with open(self.history, "w") as file:
            file.write(json.dumps({**record, "line_name": "b"}) + "\n")
        self.end_lined()
        self.start_lined()
        last = self.documents(OK, "dial", "b", "300")[-1]["info"]
        self.assertIn("minutes-per-day", last["note"])
        # Of four seconds. The library by itself does something only once a minute.
        self.assertLess(last["duration_ms"], 60000)

    def test_quiet_hours_and_emergencies(self):
        self.obey("quiet-hours = 00:00-24:00", "deny = *", "calls-per-hour = 1")
        self.refused("a", "300", "deny *")
        self.obey("quiet-hours = 00:00-24:00")
        self.refused("a", "300", "quiet-hours 00:00-24:00")
        self.refused("a", "1120", "quiet-hours 00:00-24:00")
        for number in "112", "T1-1-2":
            self.call(number=number)
        self.obey("quiet-hours = 00:00-24:00", "emergency = 300")
        self.refused("a", "112", "quiet-hours 00:00-24:00")
        self.call()

    def test_mistakes_are_told(self):
        for rules, expected in ((["deny = 09x"], "deny = 09x: '09x' is no pattern"),
                                (["denny = 1"], "[policy] has no 'denny': did you mean 'deny'?"),
                                (["quiet-hours = night"], "must be up to 8 spans such as")):
            self.configure("\n".join(("[policy]", *rules)))
            _, err = self.run_it(USAGE, "reload")
            self.assertIn("lined.conf:5: ", err)
            self.assertIn(expected, err)
        self.configure("[policy z]\ndeny = 1")
        self.assertIn("lined.conf:4: [policy z]: there is no line 'z'",
                      self.run_it(USAGE, "reload")[1])


class Crash(Daemon):
    """Of calls that a daemon left behind the next one knows nothing: it ends them, and says so."""

    def is_off_hook(self):
        return next(modem for modem in map(json.loads, self.tell_sim("show")[:-1])
                    if modem["name"] == "a")["off_hook"]

    def test_a_call_that_outlives_the_daemon_is_dropped(self):
        self.keep("a", "300")
        self.kill_lined()
        # On a pty that ignores DTR the call goes on.
        self.assertTrue(self.is_off_hook())
        self.start_lined()
        self.assertRegex(read(self.log), r"lined: a: found off hook, online: dropped, proved by "
                                         r"\S.*\n")
        self.assertNotIn("b: found off hook", read(self.log))
        self.assertFalse(self.is_off_hook())
        self.assertEqual(self.run_it(OK, "sessions")[1], "no sessions\n")
        self.call()
        self.wait_records(1)


if __name__ == "__main__":
    unittest.main()
