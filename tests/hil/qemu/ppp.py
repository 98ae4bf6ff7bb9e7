#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PPP over a call between two modems: Debian's pppd and the kernel's PPP at both ends, each in a
network of its own, so that what gets from one to the other has come through the call.

One guest is booted for all scenarios; a dial-in line answers throughout.

Environment: see rig.py. Names of scenarios may be given, as to any unittest.
"""
import json
import unittest

import scenarios
from scenarios import Case, setUpModule  # which boots the guest

DIALS, ANSWERS, NUMBER, BUSY = "a", "b", 102, 303
SERVER, CLIENT = "10.0.0.1", "10.0.0.2"
SMALL, LARGE = 100_000, 8_000_000  # one is waited for, the other never gets through
HUNG_UP = {"name": "pppd", "status": 16, "meaning": "the modem hung up"}
EXAMPLE = "/usr/share/doc/trunkline/ppp/isp"


def shell(command, status=0):
    return scenarios.rig.shell(command, status)


def within(side, command):
    """In that side's network. The shell becomes what it runs."""
    return f"exec nsenter --net=/run/ns/{side} {command}"


def pppd(side, options):
    return f"pppd nodetach noauth logfile /run/pppd-{side}.log {options}"


def documents(path):
    return [json.loads(line) for line in shell(f"cat {path}").splitlines() if line[:1] == "{"]


class Ppp(Case):
    @classmethod
    def setUpClass(cls):
        shell("modprobe ppp_async; mkdir -p /run/ns /run/www /var/run; touch /run/ns/a /run/ns/b")
        for side in (DIALS, ANSWERS):
            shell(f"unshare --net=/run/ns/{side} true")
        shell(f"head -c {SMALL} /dev/urandom >/run/www/small; truncate -s {LARGE} /run/www/large")
        shell(within(ANSWERS, "httpd -h /run/www"))
        shell("(" + within(ANSWERS, "linectl --json answer --auto --pty b -- " + pppd(
            ANSWERS, f"{SERVER}:{CLIENT}")) + ") >/run/answer.log 2>&1 &")

    def setUp(self):
        super().setUp()
        shell("rm -f /run/pppd-*.log /run/dial.log /run/linectl.pid /run/status /run/got")
        self.answered = len(documents("/run/answer.log"))

    def tearDown(self):
        # What a scenario that has failed may leave behind.
        shell("[ -e /run/status ] || kill -9 $(cat /run/linectl.pid) || true")
        # Packets of an unfinished transfer would be in the way of the next call.
        shell("kill $(pidof wget) || true")
        super().tearDown()
        counters = scenarios.rig.json("counters")["counters"]
        self.assertEqual([counters[what] for what in ("sessions", "calls", "off-hook")], [0] * 3)
        scenarios.rig.until("pppd has ended", lambda: not shell("pidof pppd || true").strip())
        for side in (DIALS, ANSWERS):
            self.assertNotIn("ppp0", shell(f"({within(side, 'ip -o link')})"))

    def start(self, command):
        """Dial; what linectl says and the exit status are in files."""
        shell(f"(({within(DIALS, command)}); echo $? >/run/status) >/run/dial.log 2>&1 &")

    def start_connect(self, options="", words="--pty"):
        self.start(f"sh -c 'echo $$ >/run/linectl.pid; exec linectl --json connect {words} a "
                   f"{NUMBER} -- {pppd(DIALS, options)}'")

    def start_pppd(self, number=NUMBER):
        """pppd starts linectl as the installed example says, and has what that says in its log."""
        command = f"echo $$ >/run/linectl.pid; exec linectl --quiet connect a {number}"
        shell(f"mkdir -p /etc/ppp/peers; sed 's|linectl --quiet connect isp 5551234|{command}|' "
              f"{EXAMPLE} >/etc/ppp/peers/isp; grep -q linectl.pid /etc/ppp/peers/isp")
        self.start(pppd(DIALS, "call isp"))

    def await_link(self):
        scenarios.rig.until("the link is up", lambda: CLIENT in shell(
            f"({within(DIALS, 'ip -o -4 addr')}); cat /run/status 2>/dev/null || true"))

    def await_status(self):
        return int(scenarios.rig.until("it has ended", lambda: shell(
            "cat /run/status 2>/dev/null || true").strip()))

    def drop(self):
        """As somebody does who looks at what is going on."""
        session, = [session["session"] for session in scenarios.rig.json("sessions", "--all")
                    ["sessions"] if session["line_name"] == DIALS]
        info = scenarios.rig.json("drop", session)["info"]
        self.assertEqual((info["origin"], info["state"]), ("user", "idle"))
        step, = info["drop"]
        self.assertEqual((step["name"], step["result"]), ("dtr", "verified"))

    def start_transfer(self):
        """@return when the file is on its way"""
        shell(f"({within(DIALS, f'wget -q -O /run/got http://{SERVER}/large')}) 2>/dev/null &")
        scenarios.rig.until("the file is on its way", lambda: int(shell(
            "stat -c %s /run/got 2>/dev/null || echo 0")) > SMALL // 5)

    def ends(self):
        """Who has ended the call, at both ends."""
        found = {}

        def check():
            while scenarios.rig.events:
                seen = scenarios.rig.events.popleft()
                if (seen.get("source"), seen.get("type"), seen.get("state")) == (
                        "client", "call-state", "idle"):
                    found[seen["line_name"]] = seen["origin"]
            return len(found) == 2
        scenarios.rig.await_event("both ends of the call", check)
        return found[DIALS], found[ANSWERS]

    def answered_document(self):
        """What the dial-in line's linectl says of the call."""
        def check():
            found = documents("/run/answer.log")[self.answered:]
            return found[-1] if found and found[-1].get("info", {}).get("over") else None
        return scenarios.rig.until("the far end has ended", check)

    def assert_log(self, *texts):
        log = shell(f"cat /run/pppd-{DIALS}.log")
        for text in texts:
            self.assertIn(text, log)

    # ---- what it is for

    def test_a_ping_and_a_file_pass_until_the_call_is_dropped(self):
        # Of the end the far end learns by DCD alone.
        scenarios.rig.modems("fault b no-carrier-lost")
        self.start_connect()
        self.await_link()
        self.assertIn("3 packets received", shell(within(DIALS, f"ping -c 3 -W 60 {SERVER}")))
        shell(within(DIALS, f"wget -q -O /run/got http://{SERVER}/small"))
        shell("cmp /run/got /run/www/small")
        self.drop()
        self.assertEqual(self.ends(), ("user", "remote"))
        self.assertEqual(self.await_status(), 16)
        last = documents("/run/dial.log")[-1]
        self.assertEqual(last["command"], HUNG_UP)
        self.assertGreater(last["info"]["bytes_in"], SMALL)
        self.assert_log("Modem hangup")
        far = self.answered_document()
        self.assertEqual(far["command"], HUNG_UP)
        self.assertGreater(far["info"]["bytes_out"], SMALL)

    def test_pppd_starts_linectl(self):
        self.start_pppd()
        self.await_link()
        self.assertIn("3 packets received", shell(within(DIALS, f"ping -c 3 -W 60 {SERVER}")))
        self.drop()
        self.assertEqual(self.ends(), ("user", "remote"))
        self.assertEqual(self.await_status(), 16)
        self.assert_log("linectl: 102 on a: ended: normal, by user", "Modem hangup")

    def test_without_a_terminal(self):
        self.start_connect("notty", words="")
        self.await_link()
        self.drop()
        self.assertEqual(self.await_status(), 16)
        self.assertEqual(documents("/run/dial.log")[-1]["command"], HUNG_UP)

    # ---- how else it ends

    def test_the_far_end_takes_leave(self):
        self.start_connect()
        self.await_link()
        shell("for pid in $(pidof pppd); do "
              "if grep -q pppd-b.log /proc/$pid/cmdline; then kill $pid; fi; done")
        self.assertEqual(self.ends(), ("remote", "application"))
        self.assertEqual(self.answered_document()["command"]["status"], 5)
        self.await_status()
        self.assert_log("LCP terminated by peer")

    def test_busy(self):
        self.start_pppd(BUSY)
        self.assertEqual(self.await_status(), 16)
        self.assert_log("linectl: 303 on a: not connected: busy, by network", "Modem hangup")

    def test_unplugged_in_a_transfer(self):
        self.start_connect()
        self.await_link()
        self.start_transfer()
        scenarios.rig.modems("unplug a")
        self.assertEqual(self.ends(), ("device-gone", "remote"))
        self.assertEqual(self.await_status(), 11)
        self.assertEqual(documents("/run/dial.log")[-1]["command"], HUNG_UP)

    def test_the_far_end_unplugged_in_a_transfer(self):
        self.start_pppd()
        self.await_link()
        self.start_transfer()
        scenarios.rig.modems("unplug b")
        self.assertEqual(self.ends(), ("remote", "device-gone"))
        self.assertEqual(self.await_status(), 16)
        self.assert_log("linectl: 102 on a: ended: normal, by remote")
        self.assertEqual(self.answered_document()["command"], HUNG_UP)

    def test_linectl_killed_in_a_transfer(self):
        for start in (self.start_connect, self.start_pppd):
            with self.subTest(start.__name__):
                shell("rm -f /run/status /run/got")
                start()
                self.await_link()
                self.start_transfer()
                shell("kill -9 $(cat /run/linectl.pid)")
                self.assertEqual(self.ends(), ("client-lost", "remote"))
                self.await_status()
                for line in (DIALS, ANSWERS):
                    scenarios.rig.await_state(line, "ready")


if __name__ == "__main__":
    unittest.main()
