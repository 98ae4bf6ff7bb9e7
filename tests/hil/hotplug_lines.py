#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as users get it on ptys that have modem lines, and devices that come and go.

As hotplug_ns.py, but for the modem: what lined asks the kernel about modem lines is answered by the
modem's rig (seccomp user notification), so that DTR goes to the modem and DCD and RI come from it.

Needs CAP_SYS_ADMIN and a kernel with SECCOMP_RET_USER_NOTIF. BIN is the folder of the programs.
"""
import json
import os
import subprocess
import sys
import termios
import unittest

import hotplug_ns
import lend
from hotplug_ns import BIN, LIMIT
from lined_varlink import Client


class Modem(hotplug_ns.Modem):
    program = "linesim"

    def start(self):
        super().start()
        os.chmod(self.dir, 0o755)
        os.chmod(f"{self.dir}/lines", 0o666)  # for a lined that runs as nobody

    def ask(self, text):
        self.tell_program(text)
        answer = json.loads(self.sim.stdout.readline())
        self.await_line(b"ok")
        return answer

    def lines(self):
        """What its wires carry."""
        return self.ask("lines")

    def off_hook(self):
        return self.ask("show")["off_hook"]

    def under(self):
        return [os.path.join(BIN, "withlines"), f"{self.dir}/lines"]


class Lines(hotplug_ns.Feed):
    feed = "kernel"
    Modem = Modem
    test_figures = None  # they would be those of the rig, for which lined waits

    def command(self, program, *args):
        command = super().command(program, *args)
        return self.modem.under() + command if program == "lined" else command

    def ready(self, **keywords):
        self.serve(**keywords)
        self.wait_line("ready")

    def assert_dials_again(self):
        self.wait_line("ready")
        session = self.dial()
        self.wait_until(lambda: self.modem.lines()["dcd"])
        self.client.call("Drop", session=session)
        self.wait_call(session, "idle")
        self.client.call("Release", session=session)

    def test_a_port_has_dtr_and_rts_while_it_is_used(self):
        self.ready()
        lines = self.modem.lines()
        self.assertEqual([lines[name] for name in ("open", "dtr", "rts", "dcd")], [1, 1, 1, 0])
        self.lined.terminate()
        self.assertEqual(self.lined.wait(LIMIT), 0, self.said())
        self.wait_until(lambda: not self.modem.lines()["open"])
        lines = self.modem.lines()
        self.assertEqual([lines[name] for name in ("dtr", "rts")], [0, 0])

    def test_a_drop_by_dtr_is_proved_by_dcd(self):
        self.ready()
        session = self.dial()
        before = self.modem.lines()
        self.assertEqual((before["dtr"], before["dcd"]), (1, 1))
        self.client.call("Drop", session=session)
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["origin"], "application", self.said())
        step, = info["drop"]
        self.assertEqual((step["name"], step["proof"]), ("dtr", "DCD low"))
        self.assertFalse(self.modem.off_hook())
        after = self.modem.lines()
        self.assertEqual(after["dcd"], 0)
        self.assertGreater(after["dtr_count"], before["dtr_count"])
        self.client.call("Release", session=session)
        self.wait_line("ready")
        self.wait_until(lambda: self.modem.lines()["dtr"])
        self.assert_dials_again()

    def test_a_modem_that_does_not_hear_dtr_is_hung_up_by_the_next_step(self):
        self.ready()
        session = self.dial()
        self.modem.command("fault a deaf-dtr")
        self.client.call("Drop", session=session)
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        steps = [step["name"] for step in info["drop"]]
        self.assertEqual(steps[0], "dtr")
        self.assertGreater(len(steps), 1)
        self.assertFalse(self.modem.off_hook())
        self.client.call("Release", session=session)
        self.assert_dials_again()

    def test_dcd_alone_ends_a_call(self):
        """A remote hang-up that the modem does not tell of in words."""
        self.ready()
        self.modem.command("fault a no-carrier-lost")
        session = self.dial()
        self.modem.command("hangup a")
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["origin"], "remote", self.said())
        self.client.call("Release", session=session)
        self.assert_dials_again()

    def test_ri_goes_up_while_it_rings(self):
        self.ready()
        before = self.modem.lines()["ri_count"]
        self.modem.command("ring a 5550")
        self.wait_until(lambda: self.modem.lines()["ri_count"] > before)
        session = self.client.call("Answer", line="x", media="data")["session"]
        self.wait_call(session, "connected")
        self.wait_until(lambda: self.modem.lines()["dcd"])
        self.assertEqual(self.modem.lines()["ri"], 0)
        self.client.call("Hangup", session=session)

    def mind_the_carrier(self):
        port = os.open(self.modem.node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        modes = termios.tcgetattr(port)
        modes[2] &= ~termios.CLOCAL
        termios.tcsetattr(port, termios.TCSANOW, modes)
        os.close(port)

    def test_a_hang_up_by_the_carrier_is_no_removal(self):
        """With CLOCAL off the fall of DCD looks like an unplug, but for the device."""
        self.ready()
        session = self.dial()
        self.mind_the_carrier()
        opened = self.modem.lines()["dtr_count"]
        self.modem.command("hangup a")
        self.wait_call(session, "idle")
        self.wait_until(lambda: self.modem.lines()["dtr_count"] > opened + 1)
        self.wait_line("ready")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertNotEqual(info["origin"], "device-gone", self.said())
        self.assertNotIn("gone", self.said())
        self.client.call("Release", session=session)
        self.assert_dials_again()

    def modes(self):
        port = os.open(self.modem.node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            return termios.tcgetattr(port)
        finally:
            os.close(port)

    def clocal(self):
        return bool(self.modes()[2] & termios.CLOCAL)

    def xonxoff(self):
        return bool(self.modes()[0] & termios.IXON)

    def test_xon_and_xoff_are_data_during_a_call_only(self):
        self.ready(line={"flow": "xonxoff"})
        before = self.modes()
        self.assertTrue(self.xonxoff())
        session = self.dial()
        self.wait_until(lambda: not self.xonxoff())
        self.client.call("Drop", session=session)
        self.wait_call(session, "idle")
        self.client.call("Release", session=session)
        self.wait_line("ready")
        self.assertEqual(self.modes(), before)

    def test_clocal_is_off_while_there_is_a_carrier_only(self):
        self.ready(line={"clocal": "no"})
        self.assertTrue(self.clocal(), "nothing to mind")
        session = self.dial()
        self.wait_until(lambda: not self.clocal())
        self.client.call("Drop", session=session)
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["origin"], "application", self.said())
        self.assertEqual([step["name"] for step in info["drop"]], ["dtr"])
        self.wait_until(self.clocal)
        self.client.call("Release", session=session)
        self.assert_dials_again()

    def test_with_clocal_off_the_end_of_the_carrier_is_the_far_ends_doing(self):
        self.ready(line={"clocal": "no"})
        session = self.dial()
        self.wait_until(lambda: not self.clocal())
        opened = self.modem.lines()["dtr_count"]
        self.modem.command("hangup a")
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual((info["origin"], info["disconnect"]), ("remote", "normal"), self.said())
        step, = info["drop"]
        # Who comes first, the fall or what the kernel makes of it, is not ours to say.
        self.assertIn((step["name"], step["proof"]),
                      (("reopen", "on hook when opened anew"), ("end", "DCD low")))
        self.assertNotIn("gone", self.said())
        self.wait_line("ready")
        self.assertGreater(self.modem.lines()["dtr_count"], opened)
        self.client.call("Release", session=session)
        self.assert_dials_again()

    def lend(self):
        self.ready()
        session = self.dial()
        self.wait_until(lambda: self.modem.lines()["dcd"])
        holder = Client(self.socket)
        self.addCleanup(holder.sock.close)
        return session, holder, lend.lend(holder, session)

    def check_lent(self, session, fd, origin, *steps):
        self.wait_call(session, "idle")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["origin"], origin, self.said())
        self.assertEqual([(step["name"], step["proof"]) for step in info["drop"]], list(steps))
        self.assertFalse(self.modem.off_hook())
        self.client.call("Release", session=session)
        self.assert_dials_again()
        with self.assertRaises(OSError):
            os.write(fd, b"x")
        os.close(fd)

    def test_a_port_that_is_lent_is_dropped_by_dtr(self):
        session, _, fd = self.lend()
        opened = self.modem.lines()["dtr_count"]
        self.client.send("Drop", session=session, oneway=True)
        self.check_lent(session, fd, "application", ("dtr", "DCD low"))
        self.assertGreater(self.modem.lines()["dtr_count"], opened + 1)

    def test_a_port_that_is_lent_loses_its_carrier(self):
        session, holder, fd = self.lend()
        self.modem.command("hangup a")
        self.check_lent(session, fd, "remote", ("end", "DCD low"))
        self.assertTrue(holder.closed())

    def test_who_has_the_port_goes(self):
        session, holder, fd = self.lend()
        holder.sock.close()
        self.check_lent(session, fd, "client-lost", ("dtr", "DCD low"))


def skip_without_seccomp():
    probe = subprocess.run([os.path.join(BIN, "withlines"), "/nowhere", "true"], check=False,
                           capture_output=True, text=True, timeout=LIMIT)
    if probe.returncode == 77:
        print(probe.stderr)
        sys.exit(77)


if __name__ == "__main__":
    hotplug_ns.enter_or_skip()
    skip_without_seccomp()
    unittest.main(verbosity=2)
