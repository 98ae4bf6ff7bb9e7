#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined as users get it, on devices that are plugged in and pulled out in any order of signs.

The programs are unmodified; what they see of the machine is made here. In a mount and a network
namespace of its own the test has a /sys and a /dev that it writes itself, and says what the kernel
and udevd say, by netlink as they do: through the kernel, which puts its own name on the messages,
and in libudev's format. The devices are emulated modems on ptys, mounted where their nodes are.

Needs CAP_SYS_ADMIN. BIN is the folder of the programs.
"""
import ctypes
import os
import pathlib
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import lined_varlink
from lined_varlink import Client, state_is

BIN = os.path.abspath(lined_varlink.BIN)
LIMIT = 90
REMOVALS = 100  # for the figures
NOBODY = 65534
NUMBERS = [str(n) for n in range(102, 112)]

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_NOSUID, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
NETLINK_KOBJECT_UEVENT = 15
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind=None, flags=0, data=None):
    words = [w if w is None else str(w).encode() for w in (source, target, kind)]
    check(libc.mount(*words, ctypes.c_ulong(flags), data and data.encode()))


def enter_namespaces():
    """Everything below is private to this process and those it starts."""
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWNET))
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    for folder in ("/dev", "/sys", "/run"):
        mount("tmpfs", folder, "tmpfs", MS_NOSUID)
    os.makedirs("/run/lock")
    os.makedirs("/dev/pts")
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666")
    os.symlink("pts/ptmx", "/dev/ptmx")
    for name, minor in (("null", 3), ("zero", 5), ("urandom", 9)):
        os.mknod(f"/dev/{name}", 0o20666, os.makedev(1, minor))
        os.chmod(f"/dev/{name}", 0o666)
    os.makedirs("/sys/class/tty")
    os.makedirs("/sys/bus")


class Feeds:
    """The kernel and udevd, as far as they speak of devices."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
        self.sock.bind((0, 0))
        self.sequence = 0

    @staticmethod
    def keys(action, path, subsystem, node, **more):
        words = {"ACTION": action, "DEVPATH": path, "SUBSYSTEM": subsystem, "DEVNAME": node,
                 "MAJOR": "188", "MINOR": "0", **more}
        return b"".join(f"{k}={v}\0".encode() for k, v in words.items())

    def kernel(self, action, path, subsystem="tty", node="ttyUSB0", **more):
        text = f"{action}@{path}\0".encode() + self.keys(action, path, subsystem, node, **more)
        header = struct.pack("=IHHII", 16 + len(text), 16, 1, 0, 0)
        self.sock.sendto(header + text, (0, 0))

    def forged(self, action, path, node="ttyUSB0"):
        """What any program may send to those who listen to the kernel."""
        self.sock.sendto(f"{action}@{path}\0".encode() + self.keys(action, path, "tty", node),
                         (0, 1))

    @staticmethod
    def hash(text):
        """MurmurHash2 of the subsystem, by which libudev lets the kernel filter."""
        m, mask, data = 0x5bd1e995, 0xffffffff, text.encode()
        h = len(data)
        whole = len(data) // 4 * 4
        for (k,) in struct.iter_unpack("<I", data[:whole]):
            k = k * m & mask
            h = h * m & mask ^ (k ^ k >> 24) * m & mask
        rest = data[whole:]
        if rest:
            h = (h ^ int.from_bytes(rest, "little")) * m & mask
        h = (h ^ h >> 13) * m & mask
        return h ^ h >> 15

    def udevd(self, action, path, subsystem="tty", node="/dev/ttyUSB0", **more):
        self.sequence += 1
        text = self.keys(action, path, subsystem, node, SEQNUM=self.sequence, **more)
        header = b"libudev\0" + struct.pack(">I", 0xfeedcafe) + struct.pack("=III", 40, 40,
                                                                            len(text))
        header += struct.pack(">II", self.hash(subsystem), 0) + bytes(8)
        try:
            self.sock.sendto(header + text, (0, 2))
        except ConnectionRefusedError:
            pass  # nobody listens


class Modem:
    """A USB modem that can be plugged in and pulled out; others, 102 and up, answer its calls."""

    program = "modemsim"

    def __init__(self, case, port=1):
        self.case, self.port = case, port
        self.dir = tempfile.mkdtemp(prefix="modem-", dir=case.dir)
        self.path = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{port}"
        self.place = f"pci-0000:00:14.0-usb-0:{port}:1.0"
        self.sim = self.node = None

    def start(self):
        """Plugged in, with a pty of its own; the node and all else are still missing."""
        if self.sim:
            self.command("plug a")
            return
        others = [f"--modem=b{n}={n},answer=1" for n in NUMBERS]
        self.sim = self.case.start(self.program, "--control", "--dir", self.dir, "--modem=a=101",
                                   *others, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.await_line(b"ready")

    def await_line(self, text):
        while (line := self.sim.stdout.readline().strip()) != text:
            self.case.assertFalse(line.startswith(b"error"), line)
            self.case.assertTrue(line or self.sim.poll() is None, "the emulator has ended")

    def tell_program(self, text):
        self.sim.stdin.write(text.encode() + b"\n")
        self.sim.stdin.flush()

    def command(self, text):
        self.tell_program(text)
        self.await_line(b"ok")

    def hang_up(self):
        """All that a pulled modem's port shows."""
        self.command("unplug a")

    def make_node(self):
        pathlib.Path(self.node).touch()
        mount(os.path.realpath(f"{self.dir}/a"), self.node, None, MS_BIND)
        os.chmod(self.node, 0o666)

    def take_node(self):
        check(libc.umount2(self.node.encode(), MNT_DETACH))
        os.unlink(self.node)

    def tty_path(self):
        name = os.path.basename(self.node)
        return f"{self.path}/1-{self.port}:1.0/{name}/tty/{name}"

    def make_sysfs(self):
        name = os.path.basename(self.node)
        buses = {"": "usb", f"1-{self.port}:1.0": "usb", f"1-{self.port}:1.0/{name}": "usb-serial",
                 f"1-{self.port}:1.0/{name}/tty/{name}": "tty"}
        for part, bus in buses.items():
            self.folder("/sys" + os.path.join(self.path, part), bus)
        self.folder("/sys/devices/pci0000:00/0000:00:14.0", "pci")
        tty = "/sys" + self.tty_path()
        for path, text in ((f"/sys{self.path}/idVendor", "0403"),
                           (f"/sys{self.path}/idProduct", "6001"),
                           (f"/sys{self.path}/serial", f"SN{self.port}"),
                           (f"/sys{self.path}/1-{self.port}:1.0/bInterfaceNumber", "00"),
                           (f"{tty}/uevent", f"MAJOR=188\nMINOR=0\nDEVNAME={name}")):
            pathlib.Path(path).write_text(text + "\n")
        os.symlink("../..", f"{tty}/device")
        os.symlink(tty, f"/sys/class/tty/{name}")

    @staticmethod
    def folder(path, bus):
        os.makedirs(path, exist_ok=True)
        if not os.path.islink(f"{path}/subsystem"):
            os.makedirs(f"/sys/bus/{bus}", exist_ok=True)
            os.symlink(f"/sys/bus/{bus}", f"{path}/subsystem")

    def take_sysfs(self):
        os.unlink(f"/sys/class/tty/{os.path.basename(self.node)}")
        shutil.rmtree("/sys" + self.path)

    def appear(self, node="/dev/ttyUSB0"):
        self.node = node
        self.start()
        self.make_node()
        self.make_sysfs()

    def vanish(self):
        self.take_node()
        self.take_sysfs()

    def tell(self, action, **more):
        name = os.path.basename(self.node)
        self.case.feeds.kernel(action, self.tty_path(), node=name)
        self.case.feeds.udevd(action, self.tty_path(), node=self.node, **more)

    def plug(self, node="/dev/ttyUSB0"):
        self.appear(node)
        self.tell("add")

    def end(self):
        if self.node and os.path.exists(self.node):
            self.vanish()


# Signs of a loss. Where the test goes on before the next sign the line has to be gone by then.


def remove_then_hup(modem, gone):
    modem.vanish()
    modem.tell("remove")
    gone()
    modem.hang_up()


def hup_then_remove(modem, gone):
    modem.vanish()
    modem.hang_up()
    gone()
    modem.tell("remove")


def hup_while_still_there(modem, gone):
    modem.hang_up()
    modem.vanish()
    modem.tell("remove")
    gone()


def removed_twice(modem, gone):
    remove_then_hup(modem, gone)
    modem.tell("remove")


def remove_is_lost(modem, gone):
    modem.vanish()
    modem.hang_up()
    gone()


def no_hup(modem, gone):
    modem.vanish()
    modem.tell("remove")
    gone()
    modem.hang_up()


SIGNS = (remove_then_hup, hup_then_remove, hup_while_still_there, removed_twice, remove_is_lost,
         no_hup)


# Ways to come back.


def told_twice(modem, node):
    modem.plug(node)
    modem.tell("add")


def node_comes_late(modem, node):
    modem.node = node
    modem.start()
    modem.make_sysfs()
    modem.tell("add")
    modem.make_node()


def permission_comes_late(modem, node):
    modem.appear(node)
    os.chmod(node, 0o600)
    modem.tell("add")
    os.chmod(node, 0o666)


COMINGS = (told_twice, node_comes_late, permission_comes_late)


class Feed(unittest.TestCase):
    """Once for each feed."""

    feed = None
    Modem = Modem

    def setUp(self):
        if not self.feed:
            self.skipTest("a base of others")
        self.dir = tempfile.mkdtemp(prefix="hotplug-")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.feeds = Feeds()
        self.addCleanup(self.feeds.sock.close)
        control = pathlib.Path("/run/udev/control")
        control.parent.mkdir(exist_ok=True)
        control.touch()
        if self.feed == "kernel":
            control.unlink()
        self.modem = self.new_modem(1)
        self.modem.appear()
        self.lined = None
        self.credentials = {}
        self.log = open(f"{self.dir}/log", "w+", encoding="utf-8")
        self.addCleanup(self.log.close)

    def tearDown(self):
        if self.lined and self.lined.poll() is None:
            self.lined.terminate()
            self.assertEqual(self.lined.wait(LIMIT), 0, self.said())

    def new_modem(self, port):
        modem = self.Modem(self, port)
        self.addCleanup(modem.end)
        return modem

    def command(self, program, *args):
        return [os.path.join(BIN, program), *args]

    def start(self, program, *args, **kwargs):
        # libudev would not believe that a tmpfs is sysfs.
        env = dict(os.environ, SYSTEMD_DEVICE_VERIFY_SYSFS="0")
        process = subprocess.Popen(self.command(program, *args), env=env, **kwargs)
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT)
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def serve(self, *lines, line=(), **settings):
        """line: keys that each of the lines has besides its device."""
        config = pathlib.Path(self.dir) / "lined.conf"
        rows = ["[lined]", "log-level = info", *(f"{k} = {v}" for k, v in settings.items())]
        for name, device in lines or (("x", "/dev/ttyUSB0"),):
            rows += [f"[line {name}]", f"device = {device}"]
            rows += [f"{key} = {value}" for key, value in dict(line).items()]
        config.write_text("\n".join(rows) + "\n")
        self.socket = f"{self.dir}/socket"
        self.lined = self.start("lined", "--config", str(config), "--socket", self.socket,
                                stderr=self.log, **self.credentials)
        deadline = time.monotonic() + LIMIT
        while not self.answers():
            self.assertIsNone(self.lined.poll(), self.said())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        self.client = self.connect()
        # When it answers it has begun with all that it does first, and said so.
        self.client.call("ListLines")

    def answers(self):
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(self.socket) == 0

    def connect(self):
        client = Client(self.socket)
        self.addCleanup(client.sock.close)
        return client

    def wait_until(self, condition):
        """@return what it gives that is true; it has to stay true, or it may be missed"""
        deadline = time.monotonic() + LIMIT
        while True:
            result = condition()
            if result:
                return result
            self.assertLess(time.monotonic(), deadline, self.said())
            time.sleep(0.005)

    def wait_line(self, *states, name="x"):
        self.wait_until(lambda: self.client.line(name)["state"] in states)

    def wait_call(self, session, *states):
        """@return which of them it is in"""

        def arrived():
            state = self.client.call("GetSession", session=session)["info"]["state"]
            return state if state in states else None

        return self.wait_until(arrived)

    def dial(self):
        """A modem that was called last is busy until it has seen that the call is over."""
        deadline = time.monotonic() + LIMIT
        while True:
            NUMBERS.append(NUMBERS.pop(0))
            session = self.client.call("Dial", line="x", number=NUMBERS[0])["session"]
            if self.wait_call(session, "connected", "idle") == "connected":
                return session
            self.client.call("Release", session=session)
            self.assertLess(time.monotonic(), deadline, self.said())
            self.wait_line("ready")

    def check_gone(self, session, *origins):
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["state"], "idle", self.said())
        self.assertIn(info["origin"], origins or ("device-gone",), self.said())
        self.assertIn(info["called"], NUMBERS)
        self.client.call("Release", session=session)

    def test_every_order_of_signs(self):
        self.serve()
        self.assertIn(f"the feed is {self.feed}", self.said())
        for number, pull in enumerate(SIGNS):
            with self.subTest(pull.__name__):
                self.wait_line("ready")
                session = self.dial()
                pull(self.modem, lambda: self.wait_line("gone", "absent"))
                self.wait_line("gone", "absent")
                self.wait_call(session, "idle")
                # A slow machine may see the hang-up half a second before the device goes.
                slow = ("error",) if pull == hup_while_still_there else ()
                self.check_gone(session, "device-gone", *slow)
                # Another name each time: it is the place that counts.
                self.modem.plug(f"/dev/ttyUSB{number + 1}")
                self.wait_line("ready")
        self.client.call("Hangup", session=self.dial())
        self.wait_line("ready")
        counters = self.client.call("GetCounters")["counters"]
        for name in ("calls", "sessions", "requests", "off-hook"):
            self.assertEqual(counters[name], 0, name)
        self.assertEqual(counters["lines"], 1)

    def test_what_says_nothing_new_does_no_harm(self):
        self.serve()
        self.wait_line("ready")
        session = self.dial()
        for _ in range(250):
            self.modem.tell("add")
            self.modem.tell("change")
            self.modem.tell("bind")
            self.feeds.kernel("remove", self.modem.tty_path(), subsystem="block")
            self.feeds.udevd("remove", self.modem.tty_path(), subsystem="block")
            self.feeds.forged("remove", self.modem.tty_path())
            self.feeds.kernel("remove", "/devices/virtual/tty/tty63", node="tty63")
            self.feeds.kernel("add", "/devices/virtual/tty/ttyUSB7", node="ttyUSB7")  # no node
            self.feeds.udevd("add", "/devices/virtual/tty/ttyUSB7", node="/dev/ttyUSB7")
        other = self.new_modem(2)
        other.plug("/dev/ttyUSB1")
        other.vanish()
        other.tell("remove")
        info = self.client.call("GetSession", session=session)["info"]
        self.assertEqual(info["state"], "connected", self.said())
        self.client.call("Hangup", session=session)

    def test_a_storm_ends_in_what_is_true(self):
        marker = self.new_modem(2)
        self.serve(("x", "/dev/ttyUSB0"), ("y", f"id-path:{marker.place}"))
        self.wait_line("ready")
        session = self.dial()
        for _ in range(500):
            self.modem.tell("remove")
            self.modem.tell("add")
        marker.plug("/dev/ttyUSB1")
        # What was said before has been heard when this is.
        self.wait_line("ready", name="y")
        self.check_gone(session)
        self.wait_line("ready")
        self.client.call("Hangup", session=self.dial())

    def test_two_equal_modems_swap_their_names(self):
        other = self.new_modem(2)
        other.appear("/dev/ttyUSB1")
        self.serve(("x", "/dev/ttyUSB0"), ("y", "/dev/ttyUSB1"))
        for name in "xy":
            self.wait_line("ready", name=name)
        for modem in (self.modem, other):
            modem.vanish()
            modem.hang_up()
            modem.tell("remove")
        for name in "xy":
            self.wait_line("gone", "absent", name=name)
        other.plug("/dev/ttyUSB0")
        self.wait_line("ready", name="y")
        self.assertIn(self.client.line("x")["state"], ("gone", "absent"))
        self.modem.plug("/dev/ttyUSB1")
        self.wait_line("ready", name="x")

    def test_a_line_by_place_or_serial_number(self):
        other = self.new_modem(2)
        self.serve(("x", "serial:SN1"), ("y", f"id-path:{other.place.split(':1.0')[0]}"))
        self.wait_line("ready")
        self.assertEqual(self.client.line("y")["state"], "absent")
        other.plug("/dev/ttyUSB9")
        self.wait_line("ready", name="y")

    def test_every_way_to_come_back(self):
        self.become_nobody()
        self.serve()
        for number, come in enumerate(COMINGS):
            with self.subTest(come.__name__):
                self.wait_line("ready")
                session = self.dial()
                hup_then_remove(self.modem, lambda: self.wait_line("gone", "absent"))
                self.wait_call(session, "idle")
                self.check_gone(session)
                come(self.modem, f"/dev/ttyUSB{number + 1}")
        self.wait_line("ready")
        self.client.call("Hangup", session=self.dial())

    def become_nobody(self):
        """Root may open whatever it likes."""
        if subprocess.run(["test", "-x", os.path.join(BIN, "lined")], user=NOBODY,
                          check=False).returncode:
            self.skipTest("nobody may not run the programs where they are")
        os.chmod(self.dir, 0o777)
        self.credentials = {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def test_figures(self):
        """From the device's end, and from the kernel's HUP or event; printed, not judged."""
        self.serve()
        self.watcher = self.connect()
        self.watcher.send("Monitor", more=True)
        for sign, pull in (("HUP", self.pull_by_hup), ("event", self.pull_by_event)):
            rounds = [self.measure(pull) for _ in range(REMOVALS)]
            for name, start, end in ((f"removal to {sign}", 0, 1), ("removal to IDLE", 0, 2),
                                     (f"{sign} to IDLE", 1, 2)):
                times = sorted((times[end] - times[start]) * 1000 for times in rounds)
                print(f"\n{self.feed}: {name}, {len(times)} times: "
                      f"p50 {statistics.median(times):.2f} ms, "
                      f"p99 {times[len(times) * 99 // 100 - 1]:.2f} ms, max {times[-1]:.2f} ms",
                      file=sys.stderr)

    def measure(self, pull):
        """@return when the device has gone, when its sign came, when the client knew"""
        self.wait_line("ready")
        session = self.dial()
        self.watch_for("connected")
        removal, sign = pull()
        self.watch_for("idle")
        idle = time.monotonic()
        if pull == self.pull_by_hup:
            self.modem.await_line(b"ok")
        else:
            self.modem.hang_up()
        self.check_gone(session)
        self.modem.plug()
        return removal, sign, idle

    def watch_for(self, state):
        while not state_is(state)(self.watcher.receive()["parameters"]):
            pass

    def pull_by_hup(self):
        """The HUP is told when the kernel has told this process of it."""
        port = os.open(self.modem.node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.modem.vanish()
        poll = select.poll()
        poll.register(port, 0)
        removal = time.monotonic()
        self.modem.tell_program("unplug a")
        self.assertTrue(poll.poll(LIMIT * 1000))
        sign = time.monotonic()
        os.close(port)
        return removal, sign

    def pull_by_event(self):
        removal = time.monotonic()
        self.modem.vanish()
        sign = time.monotonic()
        self.modem.tell("remove")
        return removal, sign


class Kernel(Feed):
    """No udevd: the kernel's messages."""

    feed = "kernel"

    def test_says_why_it_does_not_use_udev(self):
        self.serve()
        self.wait_line("ready")
        self.assertIn("no udevd here", self.said())


class Udev(Feed):
    """What udevd would say, to an unmodified libudev."""

    feed = "udev"

    def setUp(self):
        super().setUp()
        if subprocess.run(["ldd", os.path.join(BIN, "lined")], capture_output=True, text=True,
                          check=False).stdout.find("libudev") < 0:
            self.skipTest("built without libudev")

    def test_marked_devices_become_lines_if_that_is_wanted(self):
        self.serve(claim="marked")
        self.wait_line("ready")
        other = self.new_modem(2)
        other.appear("/dev/ttyUSB1")
        other.tell("add", ID_TRUNKLINE="1", ID_TRUNKLINE_NAME="office")
        self.wait_new("office")
        stranger = self.new_modem(3)
        stranger.plug("/dev/ttyUSB2")
        self.assertEqual(len(self.client.call("ListLines")["lines"]), 2)

    def wait_new(self, name):
        self.wait_until(lambda: name in [line["name"] for line in
                                         self.client.call("ListLines")["lines"]])
        self.wait_line("ready", name=name)


def enter_or_skip():
    try:
        enter_namespaces()
    except OSError as error:
        print(f"no namespaces of one's own here (CAP_SYS_ADMIN is needed): {error}")
        sys.exit(77)


if __name__ == "__main__":
    enter_or_skip()
    unittest.main(verbosity=2)
