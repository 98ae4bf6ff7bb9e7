#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl doctor: every finding, on a forged machine and on ptys that others use.

BIN is the folder of the programs.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from lined_varlink import BIN, LIMIT, Fixture
from udev_rig import Sysfs, model

ENV = dict(os.environ, LC_ALL="C.UTF-8")
for variable in ("TRUNKLINE_SOCKET", "XDG_RUNTIME_DIR"):
    ENV.pop(variable, None)
LINECTL = os.path.join(os.path.abspath(BIN), "linectl")


def doctor(*words, **keywords):
    """@return status, findings by name; what people are told must be the same"""
    keywords = {"env": ENV, "stdin": subprocess.DEVNULL, "text": True, "timeout": LIMIT,
                "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **keywords}
    p = subprocess.run([LINECTL, "--json", "doctor", *words], **keywords)
    if "Sanitizer" in p.stderr or "runtime error" in p.stderr:
        raise AssertionError(p.stderr)
    document = json.loads(p.stdout)
    return p.returncode, {f["finding"]: f for f in document.get("findings", ())}


class Machine(unittest.TestCase):
    """A forged machine, below --root."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.sysfs = Sysfs(self.root)
        os.makedirs(self.root + "/proc")

    def plug(self, name, port="2", **changes):
        """A model, and what udev says of its ports; changes: other properties."""
        what = model(name)
        plugged = self.sysfs.plug(what, port)
        for syspath, _, (interface, _, role, _) in plugged.ttys:
            known = {"ID_PATH": f"{plugged.place}:1.{interface}", "ID_VENDOR_ID": what.vendor,
                     "ID_MODEL_ID": what.product, **changes}
            if role:
                known["ID_TRUNKLINE_ROLE"] = role
            with open(self.root + syspath + "/dev", encoding="ascii") as file:
                number = file.read().strip()
            self.sysfs.write("/run/udev/data/c" + number,
                             "\n".join(f"E:{key}={value}" for key, value in known.items()))
        return plugged.nodes()

    def process(self, pid, name, *files):
        self.write(f"/proc/{pid}/comm", name)
        os.makedirs(f"{self.root}/proc/{pid}/fd", exist_ok=True)
        for number, path in enumerate(files):
            os.symlink(path, f"{self.root}/proc/{pid}/fd/{number}")

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        self.sysfs.write(path, text)

    def doctor(self, *words):
        return doctor("--root", self.root, *words)

    def finds(self, name, device, what, remedy, *others):
        status, findings = self.doctor(device)
        self.assertEqual(status, 1, findings)
        self.assertEqual(set(findings), {name, *others})
        self.assertEqual(findings[name]["about"], device)
        self.assertIn(what, findings[name]["what"])
        self.assertIn(remedy, findings[name]["remedy"])

    def claimed(self, name="USR5637"):
        return self.plug(name, ID_TRUNKLINE="1", ID_MM_PORT_IGNORE="1")

    def test_nothing_is_wrong(self):
        node, = self.claimed()
        self.process(5, "ModemManager")
        self.process(6, "brltty", "/dev/null")
        self.assertEqual(self.doctor(node), (0, {}))
        self.assertEqual(self.doctor(), (0, {}))

    def test_no_such_device(self):
        self.finds("missing", "/dev/ttyUSB9", "no such device", "plug it in")

    def test_modemmanager_runs(self):
        node, = self.plug("USR5637")
        self.process(5, "ModemManager")
        self.finds("modemmanager", node, "ModemManager", f"linectl claim --write {node}",
                   "unclaimed")

    def test_modemmanager_has_it(self):
        node, = self.claimed()
        self.process(5, "ModemManager", "/dev/null", node)
        self.finds("modemmanager-holds", node, "pid 5", f"linectl claim --write {node}")

    def test_brltty_runs(self):
        node, = self.plug("FT232R adapter")
        self.process(5, "brltty")
        self.finds("brltty", node, "Braille", f"linectl claim --write {node}", "unclaimed")

    def test_somebody_logs_in(self):
        node, = self.claimed()
        kernel = os.path.basename(node)
        self.process(5, "agetty", node)
        self.finds("getty", node, "pid 5", f"disable --now serial-getty@{kernel}.service")
        shutil.rmtree(self.root + "/proc/5")
        wants = self.root + "/etc/systemd/system/getty.target.wants"
        os.makedirs(wants)
        os.symlink("/lib/serial-getty@.service", f"{wants}/serial-getty@{kernel}.service")
        self.finds("getty", node, "systemd", "disable --now")

    def test_the_kernels_console(self):
        node, = self.claimed()
        kernel = os.path.basename(node)
        self.write("/sys/class/tty/console/active", f"tty0 {kernel}x {kernel}\n")
        self.finds("console", node, "kernel", f"console={kernel}")
        self.write("/sys/class/tty/console/active", f"tty0 {kernel}x\n")
        self.assertEqual(self.doctor(node)[0], 0)

    def test_another_program_has_it(self):
        node, = self.claimed()
        self.process(7, "minicom", node)
        self.finds("held", node, "minicom (pid 7)", "kill 7")

    def test_locks(self):
        node, = self.claimed()
        lock = "/run/lock/LCK.." + os.path.basename(node)
        self.write(lock, "        77\n")
        self.finds("stale-lock", node, lock, f"rm {self.root}{lock}")
        self.write(lock, "junk\n")
        self.finds("stale-lock", node, lock, f"rm {self.root}{lock}")
        self.process(77, "pppd")
        self.write(lock, "        77 pppd root\n")
        self.finds("locked", node, "pppd (pid 77)", "kill 77")

    def test_not_claimed(self):
        node, = self.plug("USR5637")
        self.finds("unclaimed", node, "changes", f"linectl claim --write {node}")
        os.symlink(os.path.basename(node), self.root + "/dev/modem")
        self.assertEqual(self.doctor("/dev/modem")[0], 0)

    def test_wrong_port_of_several(self):
        nodes = self.claimed("EC25")
        self.finds("wrong-port", nodes[0], "diag", f"use {nodes[2]}")
        self.finds("wrong-port", nodes[1], "gps", f"use {nodes[2]}")
        for node in nodes[2:]:
            self.assertEqual(self.doctor(node)[0], 0)

    def test_a_modem_without_a_driver(self):
        path = "/sys/bus/usb/devices/1-4:1.0"
        self.write(path + "/bInterfaceClass", "02\n")
        self.write(path + "/bInterfaceSubClass", "06\n")
        self.assertEqual(self.doctor(), (0, {}))
        self.write(path + "/bInterfaceSubClass", "02\n")
        status, findings = self.doctor()
        self.assertEqual((status, set(findings)), (1, {"no-driver"}))
        self.assertIn("modprobe", findings["no-driver"]["remedy"])
        os.makedirs(self.root + path + "/driver")
        self.assertEqual(self.doctor(), (0, {}))

    def test_people_are_told_the_same(self):
        node, = self.plug("USR5637")
        p = subprocess.run([LINECTL, "doctor", "--root", self.root], env=ENV, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=LIMIT)
        self.assertEqual(p.returncode, 1)
        self.assertRegex(p.stdout, f"^{node}: .+\n    sudo linectl claim --write {node}\n$")

    def test_neither_line_nor_device(self):
        self.assertEqual(self.doctor("office")[0], 10)


class Live(Fixture):
    """Real daemons, and processes that have a pty."""

    SIM = ("--modem", "a=101", "--modem", "b=102,fault=silent", "--modem", "slow=103,baud=9600")

    def doctor(self, *words, **keywords):
        return doctor(*words, **{"env": dict(ENV, TRUNKLINE_SOCKET=self.path), **keywords})

    def serve_one(self, name):
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "error",
                                f"--line={name}={self.dir}/{name}")
        self.wait_for_socket()

    def test_no_daemon(self):
        status, findings = self.doctor(self.dir + "/a")
        self.assertEqual((status, set(findings)), (1, {"no-daemon"}))
        self.assertEqual(findings["no-daemon"]["about"], self.path)

    def test_a_line_that_is_well(self):
        self.serve_one("a")
        self.wait_line("a", "ready")
        self.assertEqual(self.doctor(), (0, {}))
        self.assertEqual(self.doctor("a"), (0, {}))
        # A line in use is not disturbed.
        self.assertEqual(self.doctor("a", "--probe"), (0, {}))

    def test_a_silent_modem(self):
        self.serve_one("b")
        self.wait_line("b", "faulty")
        findings = {}
        while "silent" not in findings:
            status, findings = self.doctor("b")
            # While it is tried again there is the first reason only.
            self.assertEqual(status, 1)
            self.assertLessEqual(set(findings), {"silent", "faulty"})
        self.assertIn("--probe b", findings["silent"]["remedy"])

    def test_a_wrong_speed(self):
        status, findings = self.doctor(self.dir + "/slow", "--probe")
        self.assertEqual((status, set(findings)), (1, {"no-daemon", "baud"}))
        self.assertIn("9600", findings["baud"]["what"])
        self.assertIn("--baud 9600", findings["baud"]["remedy"])

    def test_a_process_that_is_called_modemmanager(self):
        if not os.access("/proc/self/fd", os.R_OK):
            self.skipTest("there is no /proc")
        name = os.path.join(self.dir, "ModemManager")
        shutil.copy(shutil.which("cat"), name)
        with open(self.dir + "/a", "rb+", buffering=0) as tty:
            holder = subprocess.Popen([name], stdin=subprocess.PIPE, stdout=tty)
        self.addCleanup(self.kill, holder)
        # It is called so from the moment that it runs; Popen returns after that.
        status, findings = self.doctor(self.dir + "/a")
        self.assertEqual((status, set(findings)), (1, {"no-daemon", "modemmanager-holds"}))
        self.assertIn(f"pid {holder.pid}", findings["modemmanager-holds"]["what"])
        status, findings = self.doctor(self.dir + "/a", "--probe")
        self.assertEqual((status, set(findings)), (1, {"no-daemon", "modemmanager-holds",
                                                       "not-probed"}))

    def test_permission(self):
        if os.geteuid() != 0:
            self.skipTest("takes root to become somebody else")
        os.chmod(self.dir, 0o755)
        if subprocess.run(["test", "-x", LINECTL], user=65534).returncode:
            self.skipTest("the programs are out of nobody's reach")
        os.chmod(os.path.realpath(self.dir + "/a"), 0o600)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        status, findings = self.doctor(self.dir + "/a", **nobody)
        self.assertEqual((status, set(findings)), (1, {"no-daemon", "permission"}))
        self.assertIn("usermod -aG", findings["permission"]["remedy"])
        self.serve_one("a")
        self.wait_line("a", "ready")
        os.chmod(self.path, 0o600)
        status, findings = self.doctor(self.dir + "/a", **nobody)
        self.assertIn("socket-permission", findings)


if __name__ == "__main__":
    unittest.main()
