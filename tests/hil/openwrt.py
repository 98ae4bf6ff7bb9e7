#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""OpenWrt's hotplug script, as its hotplug-call runs it: sourced, with a device in the environment.
What it starts is replaced by programs that write down how they were called."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/openwrt/25-trunkline"
DEVPATH = "/devices/platform/usb/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0"


class Script(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="openwrt-"))
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.install("logger", 'cat >>"$LOG"')
        self.install("linectl", 'for a; do echo "$a"; done >>"$CALLS"')

    def install(self, name, text):
        path = self.dir / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def read(self, name):
        path = self.dir / name
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def hotplug(self, **environment):
        env = {"PATH": f"{self.dir}/bin:/usr/bin:/bin", "CALLS": str(self.dir / "calls"),
               "LOG": str(self.dir / "log"), "SUBSYSTEM": "tty", "ACTION": "", "DEVNAME": "",
               "DEVPATH": "", **environment}
        done = subprocess.run(["sh", "-euc", f"( . {SCRIPT} )"], env=env, capture_output=True,
                              text=True, timeout=90, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return self.read("calls")

    def test_tells_of_what_comes_and_goes(self):
        for action in ("add", "remove"):
            (self.dir / "calls").unlink(missing_ok=True)
            calls = self.hotplug(ACTION=action, DEVNAME="ttyUSB0", DEVPATH=DEVPATH)
            self.assertEqual(calls, ["--quiet", "--timeout", "5", "hotplug", action,
                                     "/dev/ttyUSB0", "--sysfs", "/sys" + DEVPATH])

    def test_a_node_with_its_folder_and_no_path(self):
        self.assertEqual(self.hotplug(ACTION="add", DEVNAME="/dev/ttyACM1")[-1], "/dev/ttyACM1")

    def test_other_events_are_left_alone(self):
        for action in ("change", "bind", "unbind", "online", ""):
            self.assertEqual(self.hotplug(ACTION=action, DEVNAME="ttyUSB0", DEVPATH=DEVPATH), [])
        self.assertEqual(self.hotplug(ACTION="add", DEVPATH=DEVPATH), [])

    def test_names_are_words(self):
        self.assertIn("/dev/tty; reboot", self.hotplug(ACTION="add", DEVNAME="tty; reboot"))

    def test_what_linectl_complains_of_is_logged(self):
        self.install("linectl", "echo 'lined is not running' >&2; exit 5")
        self.hotplug(ACTION="add", DEVNAME="ttyUSB0")
        self.assertEqual(self.read("log"), ["lined is not running"])

    def test_without_linectl_nothing_happens(self):
        (self.dir / "bin/linectl").unlink()
        self.assertEqual(self.hotplug(ACTION="add", DEVNAME="ttyUSB0"), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
