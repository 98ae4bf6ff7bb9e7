#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as a service of a real systemd: installed, enabled, used, reloaded, killed and stopped by
the means that an administrator has.

One guest is booted for all; each test leaves the service running and its lines ready.

    KERNEL   kernel and guest's root are here: vmlinux, initrd-systemd
"""
import json
import os
import re
import sys
import time
import unittest

from vm import PATIENCE, VM

SKIPPED = 77
PERMISSION, NOT_FOUND = 9, 10  # exit statuses of linectl
EXPOSURE_MAX = 2.0
ANSWERS = 301
BY_PATH = "/dev/serial/by-path/platform-vhci_hcd.0-usb-0:%d:1.0"
DRIVERS = ("cdc_acm", "usbserial")
FOUND = "k: found in a call that nobody knows of: hanging up"
guest = None


class Guest:
    def __init__(self):
        folder = os.environ["KERNEL"]
        if not os.path.exists(os.path.join(folder, "initrd-systemd")):
            print("skipped: there is no guest; hil.qemu.fetch says why")
            sys.exit(SKIPPED)
        self.vm = VM(os.path.join(folder, "vmlinux"), os.path.join(folder, "initrd-systemd"))

    def shell(self, command, status=0):
        """@return what a command prints, which must exit with that status"""
        is_status, output = self.vm.run(command)
        if is_status != status:
            raise AssertionError(f"{command}: {is_status} instead of {status}\n{output}")
        return output

    def until(self, what, command, check=None):
        """Await that the command succeeds, and that check() likes its output. @return that"""
        end = time.monotonic() + PATIENCE
        while True:
            status, output = self.vm.run(command)
            if status == 0 and (not check or check(output)):
                return output
            if time.monotonic() > end:
                raise self.vm.trouble(f"never happened: {what}\n{output}")
            self.vm.turn(0.2)

    def write(self, path, *lines):
        self.shell("printf '%%s\\n' %s >%s" % (" ".join(f"'{line}'" for line in lines), path))

    def user(self, name, command, status=0):
        return self.shell(f"su {name} -s /bin/sh -c '{command}'", status).strip()

    def property(self, name):
        return self.shell(f"systemctl show --value --property={name} lined").strip()

    def await_ready(self, *names):
        def ready(output):
            states = {line["name"]: line["state"] for line in json.loads(output)["lines"]}
            return all(states.get(name) == "ready" for name in names)
        self.until(f"{names} are ready", "linectl --json list", ready)

    def state(self, session):
        return json.loads(self.shell(f"linectl --json info {session}"))["info"]["state"]

    def modem(self, name):
        """What the emulation says of a modem."""
        self.vm.channels["modems"].send("show\n")
        found = None
        while (line := self.vm.line("modems")) != "ok":
            state = json.loads(line)
            found = state if state["name"] == name else found
        return found

    def await_on_hook(self, name):
        end = time.monotonic() + PATIENCE
        while self.modem(name)["off_hook"]:
            if time.monotonic() > end:
                raise self.vm.trouble(f"modem {name} stays off hook")
            self.vm.turn(0.2)

    def mark(self):
        """From here on journal() tells."""
        cursor = self.shell("journalctl --unit=lined --lines=0 --show-cursor")
        return cursor.split(": ", 1)[1].strip()

    def journal(self, mark):
        self.shell("journalctl --sync")
        return [json.loads(line) for line in self.shell(
            f"journalctl --unit=lined --output=json --after-cursor='{mark}'").splitlines()]

    def said(self, mark):
        return "\n".join(str(entry["MESSAGE"]) for entry in self.journal(mark))


def lines(*names):
    text = []
    for index, name in enumerate(names):
        text += ["[line %s]" % name, "device = " + BY_PATH % (index + 1)]
    return text


def setUpModule():
    global guest
    guest = Guest()
    unittest.addModuleCleanup(guest.vm.end)
    guest.until("booted", "systemctl is-system-running; [ $? -lt 2 ]",
                lambda output: output.split() in (["running"], ["degraded"]))
    guest.write("/run/users", "u alice", "m alice lined", "u bob")
    guest.shell("systemd-sysusers /run/users")
    guest.write("/etc/trunkline/lined.conf", *lines("a", "k"))
    for driver in DRIVERS:
        guest.shell(f"[ ! -e /sys/module/{driver} ]")
    guest.shell("systemctl enable --now lined")
    # The modems come with their driver, long after the unit's list of devices was made.
    guest.write("/run/scenario", "[modem a]", "number = 101", "[modem k]", "number = 102",
                "dtr = ignore", "[number %d]" % ANSWERS, "does = answer")
    guest.shell("/test/bin/usbmodem /run/scenario 0<>/dev/virtio-ports/modems >&0 "
                "2>/run/usbmodem.log &")
    guest.vm.line("modems", lambda line: line == "ready")
    guest.await_ready("a", "k")


class Service(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.mark = guest.mark()

    def run(self, result=None):
        """What happened in the guest goes with every failure."""
        problems = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > problems:
            print(f"--- {self.id()}\n" + guest.vm.run("journalctl --no-pager | tail -n 200")[1],
                  flush=True)

    def dial(self, name, user=None):
        """@return the session of a connected call that is kept"""
        command = f"linectl --quiet dial --keep {name} {ANSWERS}"
        return (guest.user(user, command) if user else guest.shell(command)).strip()

    def assert_restarted(self, pid):
        guest.until("restarted", "systemctl is-active --quiet lined && "
                    "systemctl show --value --property=MainPID lined",
                    lambda output: output.strip() not in ("0", pid))
        guest.await_ready("a", "k")
        self.assertEqual(json.loads(guest.shell("linectl --json sessions"))["sessions"], [])

    def test_the_user_is_made_and_may_use_serial_ports(self):
        self.assertIn("dialout", guest.shell("id lined"))
        self.assertEqual(guest.shell("ps -o user,comm | awk '$2 == \"lined\" { print $1 }'"),
                         "lined\n")

    def test_the_drivers_were_loaded_for_it(self):
        for driver in DRIVERS:
            guest.shell(f"[ -e /sys/module/{driver} ]")

    def test_a_user_of_the_group_places_a_call_and_drops_it(self):
        session = self.dial("a", user="alice")
        self.assertEqual(guest.state(session), "connected")
        guest.user("alice", f"linectl drop {session}")
        self.assertEqual(guest.state(session), "idle")
        guest.user("alice", f"linectl release {session}")
        self.assertFalse(guest.modem("a")["off_hook"])

    def test_a_user_of_no_group_may_not(self):
        guest.user("bob", f"linectl dial a {ANSWERS}", status=PERMISSION)

    def test_a_reload_keeps_the_call(self):
        session = self.dial("a")
        pid = guest.property("MainPID")
        guest.write("/etc/trunkline/conf.d/more.conf", "[line more]", "device = /dev/ttyACM9")
        guest.shell("systemctl reload lined")
        self.assertIn('"more"', guest.shell("linectl --json list"))
        guest.write("/etc/trunkline/conf.d/more.conf", "[line more]", "devise = /dev/ttyACM9")
        guest.shell("systemctl reload lined", status=1)
        self.assertIn("did you mean", guest.said(self.mark))
        guest.shell("rm /etc/trunkline/conf.d/more.conf; systemctl reload lined")
        self.assertNotIn('"more"', guest.shell("linectl --json list"))
        self.assertEqual(guest.state(session), "connected")
        self.assertEqual(guest.property("MainPID"), pid)
        guest.shell(f"linectl hangup {session}")

    def test_a_stop_ends_the_call_first(self):
        session = self.dial("a")
        guest.shell("systemctl stop lined")
        self.assertEqual(guest.property("Result"), "success")
        said = guest.said(self.mark)
        if "could not be ended" in said:
            self.skipTest("this machine is too slow to end a call in time")
        self.assertRegex(said, "a/call[0-9]+: over: .*, by application")
        self.assertFalse(guest.modem("a")["off_hook"])
        guest.shell("systemctl start lined")
        guest.await_ready("a", "k")
        guest.shell(f"linectl info {session}", status=NOT_FOUND)

    def test_one_that_is_killed_comes_back_and_finds_the_call(self):
        self.dial("k")
        pid = guest.property("MainPID")
        guest.shell(f"kill -9 {pid}")
        self.assert_restarted(pid)
        guest.await_on_hook("k")
        self.assertIn(FOUND, guest.said(self.mark))

    def test_one_that_hangs_is_restarted_and_says_what_it_finds(self):
        self.dial("k")
        pid = guest.property("MainPID")
        guest.shell(f"kill -STOP {pid}")
        self.assert_restarted(pid)
        guest.await_on_hook("k")
        said = guest.said(self.mark)
        self.assertIn("Watchdog timeout", said)
        self.assertIn(FOUND, said)

    def test_the_sandbox_is_as_tight_as_was_promised(self):
        text = guest.shell("systemd-analyze security --no-pager lined")
        exposure = re.search(r"exposure level for lined.service: ([\d.]+)", text)
        self.assertLess(float(exposure[1]), EXPOSURE_MAX, text)

    def test_the_journal_has_priorities(self):
        guest.write("/etc/trunkline/conf.d/mistake.conf", "mistake")
        guest.shell("systemctl reload lined", status=1)
        guest.shell("rm /etc/trunkline/conf.d/mistake.conf; systemctl reload lined")
        own = {entry["MESSAGE"]: entry["PRIORITY"] for entry in guest.journal(self.mark)
               if entry.get("_COMM") == "lined"}
        self.assertEqual(own["the configuration stays as it was"], "3")
        self.assertEqual(own["configuration: read again"], "6")


if __name__ == "__main__":
    unittest.main(verbosity=2)
