#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The udev rules, as the real rule engine obeys them, and linectl claim, which writes some: on
modems in a forged sysfs.

BIN is the folder of the programs, RULES the rules' files. Rules needs root: sysfs, /dev, /run and
/etc/udev/rules.d are replaced in a mount namespace of its own.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from udev_rig import MODELS, Model, Sysfs, acm, model

BIN = os.path.abspath(os.environ["BIN"])
RULES = os.environ["RULES"].split(":")
# Not a sysfs for systemd's library unless told so.
ENV = dict(os.environ, SYSTEMD_DEVICE_VERIFY_SYSFS="0", LC_ALL="C.UTF-8")
UDEVADM = shutil.which("udevadm", path=os.environ["PATH"] + ":/sbin:/usr/sbin")
PLACES = ("/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/usr/local/lib/udev/rules.d")
SYSTEM_RULES = ("50-udev-default.rules", "60-serial.rules")
SAFE = re.compile(r"[A-Za-z0-9#+.:=@_-]+\Z")

# Serial numbers, and what is left of them; None: udev takes them for none.
HOSTILE = [
    ("blanks", "  a  b  ", "a_b"),
    ("slashes", "../../../etc/passwd", ".._.._.._etc_passwd"),
    ("UTF-8", "номер", None),
    ("a quote and a new rule", '1"\nRUN+="/bin/touch /tmp/owned', None),
    ("a quote", '1" RUN+="/bin/touch /tmp/owned', "1__RUN+=__bin_touch__tmp_owned"),
    ("substitutions", "$env{ID_MODEL}%k$kernel", "_env_ID_MODEL__k_kernel"),
    ("patterns", "*?[a-z]|1", "___a-z__1"),
    ("a comma", "1,2", None),
    ("control characters", "1\033[2J", None),
    ("as long as USB has it", "x" * 126, "x" * 126),
]


def run(*words, status=0):
    """@return what it wrote to stdout and to stderr"""
    p = subprocess.run(words, env=ENV, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       stdin=subprocess.DEVNULL, timeout=90)
    if p.returncode != status or "Sanitizer" in p.stderr or "runtime error" in p.stderr:
        raise AssertionError(f"{words}: {p.returncode}\n{p.stdout}\n{p.stderr}")
    return p.stdout, p.stderr


def linectl(*words, status=0):
    return run(BIN + "/linectl", *words, status=status)


def fake_mounts():
    """Empty places of our own, with our rules and those of udev's that matter, and no others."""
    places = {os.path.realpath(place) for place in PLACES if os.path.isdir(place)}
    system = {}
    for path in (os.path.join(place, name) for place in places for name in SYSTEM_RULES):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                system[os.path.basename(path)] = file.read()
    for place in ("/sys", "/run", "/etc/udev/rules.d", *places):
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    # By way of another place: mount itself needs some of what is in /dev.
    os.mkdir("/run/dev")
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/dev"], check=True)
    for name, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
        os.mknod("/run/dev/" + name, 0o666 | 0o020000, os.makedev(1, minor))
    subprocess.run(["mount", "--move", "/run/dev", "/dev"], check=True)
    os.makedirs("/run/udev/rules.d")
    for rules in RULES:
        shutil.copy(rules, "/run/udev/rules.d")
    for name, text in system.items():
        write_rules(name, text)


def write_rules(name, text):
    with open("/run/udev/rules.d/" + name, "w", encoding="utf-8") as file:
        file.write(text)


def can_mount():
    """Why not, or None"""
    if not UDEVADM:
        return "there is no udevadm (Debian package udev)"
    if os.geteuid() != 0:
        return "only root can put a sysfs of its own in place"
    if not os.path.isdir("/etc/udev/rules.d"):
        return "there is no /etc/udev/rules.d"
    probe = "mount -t tmpfs none /run && mknod /run/null c 1 3 && : >/run/null"
    p = subprocess.run(["unshare", "-m", "sh", "-c", probe], text=True, stderr=subprocess.PIPE)
    return f"no mount namespace to be had: {p.stderr.strip()}" if p.returncode else None


class Claim(unittest.TestCase):
    """linectl alone, with --root: as anybody, and without udev, whose database is written here."""
    maxDiff = None

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.sysfs = Sysfs(self.root)
        self.rules = self.root + "/etc/udev/rules.d"

    def plug(self, name, port="2", **changes):
        """A model, and what udev says of it; changes: other properties, None: none."""
        what = model(name)
        plugged = self.sysfs.plug(what, port)
        for syspath, _, (interface, suffix, _, _) in plugged.ttys:
            path = f"{plugged.place}:1.{interface}"
            link = path if suffix is None else f"{path}-port{suffix}"
            known = {"ID_BUS": "usb", "ID_VENDOR_ID": what.vendor, "ID_MODEL_ID": what.product,
                     "ID_SERIAL_SHORT": what.serial, "ID_USB_INTERFACE_NUM": f"{interface:02x}",
                     "ID_VENDOR": what.maker, "ID_MODEL": what.model.replace(" ", "_"),
                     "ID_PATH": path, **changes}
            lines = [f"S:serial/by-path/{link}", "I:1234", *(
                f"E:{key}={value}" for key, value in known.items() if value is not None)]
            with open(self.root + syspath + "/dev", encoding="ascii") as file:
                number = file.read().strip()
            self.sysfs.write("/run/udev/data/c" + number, "\n".join(lines))
        return plugged

    def linectl(self, *words, status=0):
        return linectl("--root", self.root, *words, status=status)

    def refuses(self, status, reason, *words):
        _, told = self.linectl(*words, status=status)
        self.assertIn(reason, told)
        document = json.loads(self.linectl("--json", *words, status=status)[0])
        self.assertEqual(document["status"], status)
        self.assertEqual(os.listdir(self.rules), [])

    def read(self, name):
        with open(self.rules + "/" + name, encoding="ascii") as file:
            return file.read()

    def test_prints_the_rule_and_writes_nothing(self):
        node, = self.plug("USR5637").nodes()
        out, told = self.linectl("claim", node)
        self.assertEqual(out, """\
# Written by 'linectl claim' for U.S.Robotics USB_Modem.
SUBSYSTEM=="tty|usb", ENV{ID_PATH}=="pci-0000:00:14.0-usb-0:2|pci-0000:00:14.0-usb-0:2:*", \
ENV{ID_TRUNKLINE}="1"
""")
        self.assertIn("/etc/udev/rules.d/77-trunkline-pci-0000:00:14.0-usb-0:2.rules", told)
        self.assertIn("/dev/line/pci-0000:00:14.0-usb-0:2:1.0", told)
        self.assertEqual(self.linectl("--quiet", "claim", node), (out, ""))
        self.assertEqual(os.listdir(self.rules), [])

    def test_rules_of_the_other_ways(self):
        nodes = self.plug("SIM7600").nodes()
        ids = 'ENV{ID_VENDOR_ID}=="1e0e", ENV{ID_MODEL_ID}=="9001", ' \
              'ENV{ID_SERIAL_SHORT}=="0123456789ABCDEF"'
        claim = 'ENV{ID_TRUNKLINE}="1"\n'
        name = 'ENV{ID_TRUNKLINE_NAME}="usb-1e0e-9001-0123456789ABCDEF"'
        for options, rule in (
                (("--by-serial",), f'SUBSYSTEM=="tty|usb", {ids}, {name}, {claim}'),
                (("--one-port",),
                 'SUBSYSTEM=="tty", ENV{ID_PATH}=="pci-0000:00:14.0-usb-0:2:1.2", '
                 f'ENV{{.ID_PORT}}=="0", {claim}'),
                (("--by-serial", "--one-port"),
                 f'SUBSYSTEM=="tty", {ids}, ENV{{ID_USB_INTERFACE_NUM}}=="02", '
                 f'ENV{{.ID_PORT}}=="0", {name}, {claim}')):
            with self.subTest(options):
                out, _ = self.linectl("claim", nodes[2], *options)
                self.assertEqual(out.splitlines(True)[1], rule)

    def test_writes_once(self):
        plugged = self.plug("EC25")
        name = "77-trunkline-pci-0000:00:14.0-usb-0:2.rules"
        out, told = self.linectl("claim", "--write", plugged.nodes()[0])
        self.assertEqual(out, f"{self.rules}/{name}\n")
        self.assertIn("udevadm control --reload", told)
        self.assertIn("udevadm trigger --parent-match=" + plugged.syspath + "\n", told)
        before = os.stat(f"{self.rules}/{name}")
        self.assertEqual(before.st_mode & 0o777, 0o644)
        self.assertEqual(self.read(name), self.linectl("claim", plugged.nodes()[0])[0])
        # The other ports are of the same device.
        self.linectl("claim", "--write", plugged.nodes()[3])
        self.assertEqual(os.listdir(self.rules), [name])
        self.assertEqual(os.stat(f"{self.rules}/{name}").st_ino, before.st_ino)
        with open(f"{self.rules}/{name}", "a", encoding="ascii") as file:
            file.write("# by hand\n")
        self.linectl("claim", "--write", plugged.nodes()[0])
        self.assertNotIn("by hand", self.read(name))

    def test_json(self):
        plugged = self.plug("USR5637")
        document = json.loads(self.linectl("--json", "claim", plugged.nodes()[0])[0])
        self.assertEqual({**document, "rule": ""}, {
            "v": 1, "claim": plugged.place, "link": f"/dev/line/{plugged.place}:1.0", "rule": "",
            "file": f"{self.rules}/77-trunkline-{plugged.place}.rules", "written": False,
            "next": ["udevadm control --reload",
                     "udevadm trigger --parent-match=" + plugged.syspath]})
        self.assertEqual(document["rule"], self.linectl("claim", plugged.nodes()[0])[0])

    def test_links_to_the_node_do_as_well(self):
        node, = self.plug("USR5637").nodes()
        self.sysfs.link("/dev/modem", node)
        self.assertEqual(self.linectl("claim", "/dev/modem"), self.linectl("claim", node))

    def test_a_uart_of_the_board_goes_by_its_name(self):
        _, node = self.sysfs.native()
        out, told = self.linectl("claim", node)
        self.assertIn('SUBSYSTEM=="tty", KERNEL=="ttyS0", ENV{ID_TRUNKLINE}="1"\n', out)
        self.linectl("claim", "--write", node)
        self.assertEqual(os.listdir(self.rules), ["77-trunkline-ttyS0.rules"])
        out, told = self.linectl("unclaim", node)
        self.assertIn("udevadm trigger --name-match=/dev/ttyS0", told)
        self.refuses(1, "no serial number", "claim", "--by-serial", node)

    def test_refuses_what_is_no_serial_port(self):
        os.makedirs(self.root + "/dev/pts")
        self.sysfs.node("/dev/pts/0", 136, 0)
        self.sysfs.node("/dev/null", 1, 3)
        self.sysfs.tty("/sys/devices/virtual", "tty", 4)
        self.refuses(10, "no such device", "claim", "/dev/ttyUSB7")
        self.refuses(10, "not a serial port", "claim", "/dev/pts/0")
        self.refuses(10, "not a serial port", "claim", "/dev/null")
        self.refuses(10, "not a serial port", "claim", "/dev/tty0")
        self.refuses(10, "not a serial port", "claim", "/dev")
        self.refuses(10, "not a serial port", "claim", "/sys/class")
        self.refuses(10, "no such device", "unclaim", "/dev/ttyUSB7")

    def test_refuses_what_udev_does_not_know_or_cannot_tell(self):
        node, = self.sysfs.plug(model("USR5637"), 1).nodes()
        self.refuses(1, "udev does not know it", "claim", node)
        for i, (what, reason, options, changes) in enumerate((
                ("no path", "cannot stand in a rule", (), {"ID_PATH": None}),
                ("a path of no interface", "cannot stand in a rule", (), {"ID_PATH": "pci"}),
                ("a path with a quote", "cannot stand in a rule", (), {"ID_PATH": 'a"b:1.0'}),
                ("a path with a pattern", "cannot stand in a rule", (), {"ID_PATH": "a*:1.0"}),
                ("an endless path", "cannot stand in a rule", (), {"ID_PATH": "a" * 900 + ":1.0"}),
                ("no serial number", "no serial number", ("--by-serial",),
                 {"ID_SERIAL_SHORT": None}),
                ("an endless serial number", "no serial number", ("--by-serial",),
                 {"ID_SERIAL_SHORT": "1" * 200}),
                ("a backslash", "cannot stand in a rule", ("--by-serial",),
                 {"ID_SERIAL_SHORT": "a\\x20b"}),
                ("no interface", "cannot stand in a rule", ("--by-serial",),
                 {"ID_USB_INTERFACE_NUM": None}))):
            with self.subTest(what):
                node, = self.plug("USR5637", i + 2, **changes).nodes()
                self.refuses(1, reason, "claim", "--write", node, *options)

    def test_texts_that_are_no_names_stay_out_of_the_comment(self):
        node, = self.plug("USR5637", ID_MODEL='x\n"; rm', ID_VENDOR="v" * 300).nodes()
        out, _ = self.linectl("claim", node)
        self.assertEqual(out.splitlines()[0], "# Written by 'linectl claim'.")

    def test_a_serial_number_that_two_have_is_none(self):
        node, _ = [self.plug("Zoom 3095", port).nodes()[0] for port in "12"]
        self.refuses(1, "no serial number of its own", "claim", "--write", "--by-serial", node)
        # Another model with the same is no twin.
        self.linectl("claim", "--by-serial", self.plug("TFM-561U", "3").nodes()[0])

    def test_what_cannot_be_written_leaves_nothing_behind(self):
        node, = self.plug("USR5637").nodes()
        name = "77-trunkline-pci-0000:00:14.0-usb-0:2.rules"
        os.makedirs(f"{self.rules}/{name}")
        self.linectl("claim", "--write", node, status=1)
        self.assertEqual(os.listdir(self.rules), [name])
        self.linectl("unclaim", node, status=1)
        shutil.rmtree(self.rules)
        _, told = self.linectl("claim", "--write", node, status=1)
        self.assertIn("no such folder", told)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_without_permission(self):
        node, = self.plug("USR5637").nodes()
        os.chmod(self.rules, 0o555)
        self.linectl("claim", "--write", node, status=9)

    def test_unclaim_takes_back_every_claim_of_the_device(self):
        plugged = self.plug("SIM7600")
        nodes = plugged.nodes()
        other, = self.plug("USR5637", "3").nodes()
        ways = ((), ("--by-serial",), ("--one-port",), ("--by-serial", "--one-port"))
        for options in ways:
            self.linectl("claim", "--write", nodes[2], *options)
        self.linectl("claim", "--write", other)
        self.assertEqual(len(os.listdir(self.rules)), len(ways) + 1)
        out, told = self.linectl("unclaim", nodes[2])
        self.assertEqual(len(out.splitlines()), len(ways))
        self.assertIn("udevadm trigger --parent-match=" + plugged.syspath, told)
        self.assertEqual(os.listdir(self.rules),
                         ["77-trunkline-pci-0000:00:14.0-usb-0:3.rules"])
        self.linectl("unclaim", other)
        self.refuses(10, "not claimed", "unclaim", other)

    def test_unclaim_by_name_of_what_is_not_plugged_in(self):
        plugged = self.plug("USR5637")
        self.linectl("claim", "--write", plugged.nodes()[0])
        shutil.rmtree(self.root + "/sys")
        document = json.loads(self.linectl("--json", "unclaim", plugged.place)[0])
        self.assertEqual(document, {
            "v": 1, "removed": [f"{self.rules}/77-trunkline-{plugged.place}.rules"],
            "next": ["udevadm control --reload"]})
        self.refuses(10, "not claimed", "unclaim", plugged.place)
        self.refuses(1, "too long", "unclaim", "x" * 600)

    def test_our_rules_run_no_program_and_come_in_time(self):
        numbers = [int(os.path.basename(rules)[:2]) for rules in RULES]
        self.assertEqual(numbers, sorted(numbers))
        words = r"^.*\b(?:RUN|PROGRAM|IMPORT{program|MODE|GROUP|OWNER)\b[}{+:=].*"
        for rules in RULES:
            with open(rules, encoding="utf-8") as file:
                self.assertEqual(re.findall(words, file.read(), re.MULTILINE), [], rules)
        self.assertTrue(all(60 < number < 80 for number in numbers[:2]))


class Rules(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.sysfs = Sysfs()
        self.addCleanup(self.clear)

    def clear(self):
        for place in ("/sys", "/dev/line", "/dev/serial", "/dev/char", "/dev/bus", "/run/udev/data",
                      "/run/udev/links", "/run/udev/tags", "/etc/udev/rules.d"):
            for name in os.listdir(place) if os.path.isdir(place) else ():
                path = os.path.join(place, name)
                if os.path.islink(path) or not os.path.isdir(path):
                    os.unlink(path)
                else:
                    shutil.rmtree(path)
        for name in os.listdir("/dev"):
            if name.startswith("tty"):
                os.unlink("/dev/" + name)

    def event(self, syspath, action="add"):
        """What udevd does for an event. @return the properties"""
        out, _ = run(UDEVADM, "test", "--action=" + action, syspath)
        return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def events(self, plugged, action="add"):
        """@return the properties of the device, and those of its ttys"""
        device = self.event(plugged.syspath, action)
        return device, [self.event(syspath, action) for syspath, _, _ in plugged.ttys]

    def links(self):
        """Names below /dev/line and what they lead to."""
        names = os.listdir("/dev/line") if os.path.isdir("/dev/line") else []
        for name in names:
            self.assertRegex(name, SAFE)
        return {name: os.path.realpath("/dev/line/" + name) for name in names}

    def assert_left_alone(self, plugged):
        device, ttys = self.events(plugged)
        for properties in [device, *ttys]:
            for name in ("ID_TRUNKLINE", "ID_TRUNKLINE_NAME", "ID_MM_DEVICE_IGNORE",
                         "ID_MM_PORT_IGNORE"):
                self.assertNotIn(name, properties)
            self.assertNotIn("/dev/line", properties.get("DEVLINKS", ""))

    def assert_claimed(self, plugged):
        device, ttys = self.events(plugged)
        self.assertEqual(device["ID_MM_DEVICE_IGNORE"], "1")
        for (_, node, _), properties in zip(plugged.ttys, ttys):
            self.assertEqual(properties["ID_TRUNKLINE"], "1")
            self.assertEqual(properties["ID_MM_DEVICE_IGNORE"], "1")
            self.assertEqual(properties["ID_MM_PORT_IGNORE"], "1")
            links = [link for link in properties["DEVLINKS"].split()
                     if link.startswith("/dev/line/")]
            self.assertEqual(len(links), 1, links)
            self.assertEqual(os.path.realpath(links[0]), node)

    def claim(self, node, *options):
        return json.loads(linectl("--json", "claim", "--write", node, *options)[0])

    def test_roles_are_told_of_known_models_and_nothing_is_claimed(self):
        for i, what in enumerate(MODELS):
            with self.subTest(what.name):
                plugged = self.sysfs.plug(what, i + 1)
                self.assert_left_alone(plugged)
                for syspath, _, (_, _, role, profile) in plugged.ttys:
                    properties = self.event(syspath)
                    self.assertEqual(properties.get("ID_TRUNKLINE_ROLE"), role, syspath)
                    self.assertEqual(properties.get("ID_TRUNKLINE_PROFILE"), profile, syspath)
        self.assertEqual(self.links(), {})

    def test_a_claim_by_place_holds_for_all_ports_and_for_no_other_device(self):
        for i, what in enumerate(MODELS):
            with self.subTest(what.name):
                # 20, 200 and 20.1 begin alike.
                here, twin, below = (self.sysfs.plug(what, f"{i + 20}{end}")
                                     for end in ("", "0", ".1"))
                for plugged in (here, twin, below):
                    self.assert_left_alone(plugged)
                told = self.claim(here.nodes()[-1])
                self.assert_claimed(here)
                self.assertEqual(os.path.realpath(told["link"]), here.nodes()[-1])
                for plugged in (twin, below):
                    self.assert_left_alone(plugged)
                self.assertEqual(sorted(self.links().values()), sorted(here.nodes()))
                linectl("unclaim", here.nodes()[0])
                self.assert_left_alone(here)
                self.assertEqual(self.links(), {})

    def test_a_place_is_known_where_udev_does_not_tell_it_of_usb_devices(self):
        name = "50-udev-default.rules"
        with open("/run/udev/rules.d/" + name, encoding="utf-8") as file:
            text = file.read()
        self.addCleanup(write_rules, name, text)
        write_rules(name, "".join(line for line in text.splitlines(True) if "path_id" not in line))
        plugged = self.sysfs.plug(model("EC25"), 2)
        self.assert_left_alone(plugged)
        self.claim(plugged.nodes()[0])
        self.assert_claimed(plugged)

    def test_two_identical_modems_claimed_by_place_keep_apart(self):
        both = [self.sysfs.plug(model("Zoom 3095"), port) for port in ("2", "3")]
        for plugged in both:
            self.events(plugged)
            self.claim(plugged.nodes()[0])
        for plugged in both:
            self.assert_claimed(plugged)
        self.assertEqual(self.links(), {both[0].place + ":1.0": both[0].nodes()[0],
                                        both[1].place + ":1.0": both[1].nodes()[0]})

    def test_a_claim_by_serial_number_follows_the_modem(self):
        here = self.sysfs.plug(model("USR5637"), 2)
        self.events(here)
        told = self.claim(here.nodes()[0], "--by-serial")
        self.assertEqual(told["link"], "/dev/line/usb-0baf-0303-0000002-if00")
        self.assert_claimed(here)
        there = self.sysfs.plug(model("USR5637"), 7)
        os.unlink("/dev/line/usb-0baf-0303-0000002-if00")
        self.assert_claimed(there)

    def test_a_serial_number_that_two_modems_have_claims_none(self):
        both = [self.sysfs.plug(model("TFM-561U"), port) for port in ("2", "3")]
        for plugged in both:
            self.events(plugged)
        linectl("claim", "--write", "--by-serial", both[0].nodes()[0], status=1)
        self.assertEqual(os.listdir("/etc/udev/rules.d"), [])

    def test_one_port_of_several(self):
        for options in ((), ("--by-serial",)):
            for name, chosen in (("SIM7600", 2), ("MCS7840 adapter", 1)):
                if options and not model(name).serial:
                    continue
                with self.subTest(name, options=options):
                    plugged = self.sysfs.plug(model(name), 2)
                    self.events(plugged)
                    node = plugged.nodes()[chosen]
                    told = self.claim(node, "--one-port", *options)
                    device, ttys = self.events(plugged)
                    self.assertNotIn("ID_MM_DEVICE_IGNORE", device)
                    self.assertEqual(["ID_TRUNKLINE" in properties for properties in ttys],
                                     [i == chosen for i in range(len(ttys))])
                    self.assertEqual(self.links(), {os.path.basename(told["link"]): node})
                    linectl("unclaim", node)
                    self.events(plugged)
                    self.assertEqual(self.links(), {})
                    self.clear()
                    self.sysfs = Sysfs()

    def test_a_uart_of_the_board_keeps_its_name(self):
        ports = [self.sysfs.native() for _ in range(2)]
        for syspath, _ in ports:
            self.event(syspath)
        self.claim(ports[1][1])
        self.assertNotIn("ID_TRUNKLINE", self.event(ports[0][0]))
        self.assertEqual(self.event(ports[1][0])["ID_MM_DEVICE_IGNORE"], "1")
        self.assertEqual(self.links(), {"ttyS1": "/dev/ttyS1"})

    def test_hostile_serial_numbers(self):
        for i, (what, text, left) in enumerate(HOSTILE):
            with self.subTest(what):
                plugged = self.sysfs.plug(
                    Model(what, "1d6b", "0104", (text, text, text), acm()), i + 1)
                node = plugged.nodes()[0]
                properties = self.event(plugged.ttys[0][0])
                self.assertEqual(properties.get("ID_SERIAL_SHORT"), left)
                if left is None:
                    linectl("claim", "--write", "--by-serial", node, status=1)
                else:
                    told = self.claim(node, "--by-serial")
                    self.assertEqual(told["link"], f"/dev/line/usb-1d6b-0104-{left}-if00")
                    self.assert_claimed(plugged)
                    linectl("unclaim", node)
                self.claim(node)
                self.assert_claimed(plugged)
                self.assertIn(node, self.links().values())
        self.assertEqual(set(os.listdir("/dev/line")), set(self.links()))
        self.assertFalse(os.path.exists("/tmp/owned"))

    def test_an_administrators_name_stays_below_dev_line(self):
        with open("/etc/udev/rules.d/77-local.rules", "w", encoding="utf-8") as file:
            file.write('SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ATTRS{serial}=="?*", '
                       'ENV{ID_TRUNKLINE}="1", ENV{ID_TRUNKLINE_NAME}="$attr{serial}"\n')
        before = set(os.listdir("/dev"))
        for i, text in enumerate(("office line", "../../x", "a/b", "..", "x" * 126)):
            with self.subTest(text):
                plugged = self.sysfs.plug(
                    Model("", "1d6b", "0104", ("Maker", "Model", text), acm()), i + 1)
                self.event(plugged.ttys[0][0])
                self.assertIn(plugged.nodes()[0], self.links().values())
        new = {name for name in os.listdir("/dev") if not name.startswith("tty")} - before
        self.assertLessEqual(new, {"line", "serial", "char", "bus"})

    def test_other_events_keep_the_claim(self):
        plugged = self.sysfs.plug(model("USR5637"), 2)
        self.events(plugged)
        self.claim(plugged.nodes()[0])
        for action in ("add", "bind", "change", "move", "online"):
            with self.subTest(action):
                device, ttys = self.events(plugged, action)
                self.assertEqual(device["ID_MM_DEVICE_IGNORE"], "1")
                self.assertEqual(ttys[0]["ID_TRUNKLINE"], "1")

    def test_what_claim_says_next_reaches_the_device_and_its_ports(self):
        plugged = self.sysfs.plug(model("EC25"), 2)
        self.events(plugged)
        reload, trigger = self.claim(plugged.nodes()[0])["next"]
        self.assertEqual(reload, "udevadm control --reload")
        words = trigger.split()
        self.assertEqual(words[:2], ["udevadm", "trigger"])
        found = run(UDEVADM, "trigger", "--dry-run", "--verbose", *words[2:])[0].split()
        for syspath in [plugged.syspath, *(syspath for syspath, _, _ in plugged.ttys)]:
            self.assertIn(syspath, found)

    def test_brltty_is_kept_off_claimed_adapters_only(self):
        self.addCleanup(os.unlink, "/run/udev/rules.d/85-brltty.rules")
        write_rules("85-brltty.rules", 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", '
                    'ENV{BRLTTY_BRAILLE_DEVICE}="usb:", '
                    'ENV{SYSTEMD_WANTS}+="brltty-device@x.service"\n')
        plugged = self.sysfs.plug(model("FT232R adapter"), 2)
        device, _ = self.events(plugged)
        self.assertIn("brltty-device@x.service", device["SYSTEMD_WANTS"])
        self.claim(plugged.nodes()[0])
        device, _ = self.events(plugged)
        self.assertEqual(device.get("SYSTEMD_WANTS", ""), "")

    def test_a_removed_modem_leaves_no_name(self):
        plugged = self.sysfs.plug(model("EC25"), 2)
        self.events(plugged)
        self.claim(plugged.nodes()[0])
        self.assert_claimed(plugged)
        self.events(plugged, "remove")
        self.assertEqual(self.links(), {})

    def test_udev_finds_no_fault_in_the_rules(self):
        if "verify" not in run(UDEVADM, "--help")[0]:
            self.skipTest("this udevadm has no verify (it came with 253)")
        plugged = self.sysfs.plug(model("EC25"), 2)
        self.events(plugged)
        claim = self.claim(plugged.nodes()[0])
        run(UDEVADM, "verify", claim["file"], *RULES)


if __name__ == "__main__":
    if sys.argv[1:2] == ["Rules"] and "UDEV_TEST" not in os.environ:
        why = can_mount()
        if why:
            print("skipped:", why)
            sys.exit(77)
        os.environ["UDEV_TEST"] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
    if "UDEV_TEST" in os.environ:
        fake_mounts()
    unittest.main()
