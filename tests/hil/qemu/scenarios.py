#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls over real kernel drivers, and the plug pulled in the middle of them.

One guest is booted for all scenarios; each leaves every line ready.

Environment: see rig.py. Names of classes and scenarios may be given, as to any unittest.
"""
import json
import unittest

from rig import MODEMS, NOT_FOUND, Rig, device

ANSWERS, RINGS = 301, 302  # numbers at the exchange
rig = None


def setUpModule():
    global rig
    rig = Rig()
    unittest.addModuleCleanup(rig.end)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        rig.forget_events()

    def run(self, result=None):
        """What happened in the guest goes with every failure."""
        problems = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > problems:
            print(f"--- {self.id()}\n{rig.logs()}", flush=True)

    def tearDown(self):
        rig.clean()
        self.assertNotRegex(rig.shell("cat /run/*.log"), "Sanitizer|runtime error")

    def assert_gone(self, session, name, **wanted):
        """The session has ended with its device; all of it is told, and given back once."""
        info = rig.await_over(session)
        self.assertEqual((info["state"], info["origin"], info["disconnect"]),
                         ("idle", "device-gone", "out-of-order"))
        self.assertEqual(info["line_name"], name)
        for key, value in wanted.items():
            self.assertEqual(info[key], value)
        rig.linectl("release", session)
        rig.linectl("info", session, status=NOT_FOUND)
        rig.await_gone(name)

    def assert_works(self, name, number=ANSWERS):
        """The line answers the next dial, and what belongs to the call goes with it."""
        session = rig.dial(name, number)
        rig.linectl("hangup", session)
        counters = rig.json("counters")["counters"]
        self.assertEqual([counters[what] for what in ("sessions", "calls", "off-hook")], [0] * 3)

    def assert_back(self, *names):
        """Plugged in again they are the same lines; nothing was restarted."""
        rig.modems("plug " + " ".join(names))
        for name in names:
            rig.await_state(name, "ready")
        for name in names:
            self.assert_works(name)


class Wires(Case):
    """What a USB modem's wires carry."""

    def lines(self, *words):
        return json.loads(rig.shell(" ".join(("/test/bin/ttylines", device("a")) + words)))

    def test_a_call_raises_dtr_and_dcd_and_its_drop_lowers_both(self):
        session = rig.dial("a", ANSWERS)
        rig.until("DCD", lambda: self.lines()["dcd"])
        self.assertEqual((self.lines()["dtr"], self.lines()["dsr"]), (1, 1))
        self.assertTrue(rig.modem("a")["dtr"])
        rig.linectl("drop", session)
        info = rig.info(session)
        self.assertEqual(info["origin"], "user")
        step, = info["drop"]
        self.assertEqual(step["name"], "dtr")
        rig.linectl("release", session)
        self.assertFalse(rig.modem("a")["off_hook"])
        self.assertEqual(self.lines()["dcd"], 0)

    def test_dcd_alone_ends_a_call(self):
        rig.modems("fault a no-carrier-lost")
        session = rig.dial("a", ANSWERS)
        rig.forget_events()
        rig.modems("hangup a")
        rig.event(source="client", line_name="a", type="call-state", state="idle")
        self.assertEqual(rig.await_over(session)["origin"], "remote")
        rig.linectl("release", session)

    def test_ri_goes_up_while_it_rings(self):
        before = self.lines()["ri_count"]
        rig.modems("ring a 5550")
        rig.event(source="client", line_name="a", type="call-state", state="offering")
        rig.until("RI", lambda: self.lines()["ri_count"] > before)
        session = rig.linectl("--quiet", "answer", "--keep", "a").strip()
        rig.linectl("hangup", session)

    def test_break_and_errors_are_told_both_ways(self):
        before = self.lines()
        for event in ("break", "framing", "parity", "overrun"):
            rig.modems("tell a " + event)
            rig.until(event, lambda: self.lines()[event] == before[event] + 1)
        breaks = rig.modem("a")["breaks"]
        self.lines("break")
        self.assertEqual(rig.modem("a")["breaks"], breaks + 1)
        self.assertEqual(rig.line("a")["state"], "ready")


class Unplugged(Case):
    """The plug is pulled at every moment of a call."""

    def test_idle(self):
        rig.modems("unplug a")
        rig.event(source="client", line_name="a", type="line-state", state="gone")
        self.assert_back("a")

    def test_connected(self):
        session = rig.dial("a", ANSWERS)
        rig.forget_events()
        rig.modems("unplug a")
        event = rig.event(source="client", line_name="a", type="call-state", state="idle")
        self.assertEqual(event["origin"], "device-gone")
        self.assert_gone(session, "a", called=str(ANSWERS), rate=33600, error_control="LAPM")
        self.assert_back("a")

    def test_dialing(self):
        session = rig.start_dialing("a", RINGS)
        rig.until("it dials", lambda: rig.modem("a")["state"] == "dialing")
        rig.modems("unplug a")
        self.assert_gone(session, "a", called=str(RINGS))
        self.assert_back("a")

    def test_offering(self):
        rig.modems("ring a 5550")
        rig.event(source="client", line_name="a", type="call-state", state="offering")
        rig.modems("unplug a")
        event = rig.event(source="client", line_name="a", type="call-state", state="idle")
        self.assertEqual(event["origin"], "device-gone")
        self.assert_back("a")

    @staticmethod
    def drop_steps():
        return int(rig.shell("grep -c 'a/.*drop: step' /run/lined.log || true"))

    def test_dropping(self):
        session = rig.dial("a", ANSWERS)
        rig.modems("fault a stuck")
        steps = self.drop_steps()
        rig.shell(f"(linectl drop {session}; echo $?) >/run/dropped 2>&1 &")
        rig.until("the drop has begun", lambda: self.drop_steps() > steps)
        rig.modems("unplug a")
        rig.until("the drop is done", lambda: rig.shell("tail -n 1 /run/dropped").strip() == "0")
        self.assert_gone(session, "a")
        rig.modems("fault a none")
        self.assert_back("a")

    def test_probing(self):
        rig.modems("fault a silent")
        rig.shell("linectl reset a >/run/reset 2>&1 &")
        rig.event(source="client", line_name="a", type="line-state", state="probing")
        rig.modems("unplug a")
        rig.await_gone("a")
        rig.modems("fault a none")
        self.assert_back("a")

    def test_two_at_once(self):
        sessions = {name: rig.dial(name, ANSWERS) for name in "ab"}
        rig.modems("unplug a b")
        for name, session in sessions.items():
            self.assert_gone(session, name)
        self.assert_back("b", "a")

    def test_other_lines_do_not_notice(self):
        session = rig.dial("b", ANSWERS)
        rig.modems("unplug a")
        rig.await_gone("a")
        self.assertEqual(rig.info(session)["state"], "connected")
        rig.linectl("hangup", session)
        self.assert_back("a")


class Hub(Case):
    """Eight modems in one hub, all of them in a call."""

    def connect(self):
        rig.shell("for line in %s; do linectl --quiet dial --keep $line %d & done; wait" %
                  (" ".join(MODEMS), ANSWERS))
        self.assertEqual(self.ends(), {name: ("connected", "none") for name in MODEMS})

    @staticmethod
    def ends():
        return {session["line_name"]: (session["state"], session.get("origin"))
                for session in rig.json("sessions")["sessions"]}

    def assert_all_gone(self):
        for name in MODEMS:
            rig.await_gone(name)
        self.assertEqual(self.ends(), {name: ("idle", "device-gone") for name in MODEMS})
        rig.shell("for session in $(linectl --no-legend sessions | cut -d ' ' -f 1); do "
                  "linectl release $session || exit; done")
        self.assertEqual(self.ends(), {})

    def assert_all_back(self):
        for name in MODEMS:
            rig.await_state(name, "ready")
        self.assert_works("h")

    def test_eight_unplugged_at_once(self):
        self.connect()
        rig.modems("unplug " + " ".join(MODEMS))
        self.assert_all_gone()
        rig.modems("plug " + " ".join(reversed(MODEMS)))
        self.assert_all_back()

    def test_hub_without_driver(self):
        self.connect()
        rig.shell(f"echo {rig.bus}-0:1.0 >/sys/bus/usb/drivers/hub/unbind")
        self.assert_all_gone()
        rig.shell(f"echo {rig.bus}-0:1.0 >/sys/bus/usb/drivers/hub/bind")
        self.assert_all_back()


class Drivers(Case):
    """The device stays and its driver goes."""

    def test_driver_unbound(self):
        session = rig.dial("a", ANSWERS)
        driver = "/sys/bus/usb/drivers/cdc_acm"
        rig.shell(f"echo {rig.usb_port('a')}:1.0 >{driver}/unbind")
        self.assert_gone(session, "a")
        rig.shell(f"echo {rig.usb_port('a')}:1.0 >{driver}/bind")
        rig.await_state("a", "ready")
        self.assert_works("a")

    def test_device_not_authorized(self):
        session = rig.dial("a", ANSWERS)
        switch = f"/sys/bus/usb/devices/{rig.usb_port('a')}/authorized"
        rig.shell(f"echo 0 >{switch}")
        self.assert_gone(session, "a")
        rig.shell(f"echo 1 >{switch}")
        rig.await_state("a", "ready")
        self.assert_works("a")

    def test_another_node_name(self):
        session = rig.dial("a", ANSWERS)
        nodes = {name: rig.node(name) for name in "ab"}
        rig.modems("unplug a b")
        self.assert_gone(session, "a")
        rig.await_gone("b")
        # The lowest free number goes to whoever comes first: they change places.
        for name in sorted("ab", key=lambda name: int(nodes[name][6:]), reverse=True):
            rig.modems(f"plug {name}")
            rig.await_state(name, "ready")
        self.assertEqual((rig.node("a"), rig.node("b")), (nodes["b"], nodes["a"]))
        for name in "ab":
            self.assert_works(name)

    def test_claimed(self):
        """By udev rules, ours and that of the claim, which a real udevd obeys."""
        def claims():
            node = rig.node("h")
            properties = rig.shell(f"udevadm info --query property /dev/{node}").split()
            links = rig.shell("readlink /dev/line/* || true").split()
            return ("ID_MM_DEVICE_IGNORE=1" in properties, "../" + node in links)
        self.assertEqual(claims(), (False, False))
        rig.shell(f"mkdir -p /etc/udev/rules.d; linectl claim --write {device('h')}; "
                  "udevadm control --reload")
        rig.modems("unplug h")
        rig.await_gone("h")
        rig.modems("plug h")
        rig.await_state("h", "ready")
        rig.until("the claim shows", lambda: claims() == (True, True))
        rig.shell(f"linectl unclaim {device('h')}; udevadm control --reload")


class Adapter(Case):
    """A modem behind a USB adapter (ftdi_sio), which QEMU pulls out of its xHCI."""

    def test_pulled_out_in_a_call(self):
        session = rig.dial("u", 202)
        rig.forget_events()
        rig.unplug_adapter()
        event = rig.event(source="client", line_name="u", type="call-state", state="idle")
        self.assertEqual(event["origin"], "device-gone")
        self.assert_gone(session, "u", called="202")
        rig.plug_adapter()
        rig.await_state("u", "ready")
        rig.await_on_hook()
        self.assert_works("u", 202)
        rig.await_on_hook()


if __name__ == "__main__":
    unittest.main()
