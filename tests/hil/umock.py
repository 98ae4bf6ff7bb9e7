#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lined and linectl as they are built, on a machine of umockdev's: libudev enumerates and reports
modems with their USB ancestry, and libserialport opens them, whose modem lines are carried.

BIN is the folder of the programs, RIG that of umockdev_bed; skipped without it.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from lined_varlink import BIN, Client, Fixture
from udev_rig import MODELS, model
from umock_rig import Bed

RIG = os.path.abspath(os.environ.get("RIG", "build/dev/tests"))
BED = os.path.join(RIG, "umockdev_bed")
# What is noticed first, and what never.
ORDERS = [("hangup", "uevent", "remove"), ("uevent", "hangup", "remove"),
          ("uevent", "remove", "hangup"), ("hangup", "remove"), ("remove", "hangup")]


def expected(what):
    """The index of the port that a line of the whole device has."""
    roles = [row[2] for row in what.ports]
    return next(roles.index(role) for role in ("at", "data", None) if role in roles)


class Case(Fixture):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="umock-")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.path = os.path.join(self.dir, "socket")
        self.bed = Bed(BED, os.path.join(RIG, "libumockdev_shim.so"), self.dir)
        self.addCleanup(lambda: self.assertEqual(self.bed.close(), 0))
        self.lined = None

    def under(self, program):
        """Uevents of umockdev's come by a socket that takes ten of them, and that it cannot send
        one more is its end. As many as a kernel has room for need a namespace of their own."""
        roomy = ["unshare", "--net", "sh", "-c",
                 'echo 4096 >/proc/sys/net/unix/max_dgram_qlen && exec "$@"', "sh"]
        may = subprocess.run(roomy + ["true"], stderr=subprocess.DEVNULL).returncode == 0
        return roomy if program == "lined" and may else []

    def serve(self, *words):
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning", *words,
                                env=self.bed.environ)
        self.wait_for_socket()

    def serve_places(self, plugged):
        self.serve(*(f"--line={name}=id-path:{it.place}" for name, it in plugged.items()))
        for name in plugged:
            self.wait_line(name, "ready")

    def is_open(self, node):
        return self.bed.show(node)["dtr"] == "1"

    def call(self, client, line):
        return client.call("Dial", line=line, number="300")["session"]

    @contextlib.contextmanager
    def monitor(self, **parameters):
        with Client(self.path) as monitor:
            monitor.send("Monitor", more=True, **parameters)
            with Client(self.path) as fence:  # served behind it: from now on nothing is missed
                fence.call("GetCounters")
            yield monitor

    def wait_call(self, client, line, session, state):
        with self.monitor(line=line) as monitor:
            while (info := client.call("GetSession", session=session)["info"])["state"] != state:
                monitor.receive()
        return info

    def wait_gone(self, line):
        """GONE, and what follows while the device is away."""
        with self.monitor(line=line) as monitor, Client(self.path) as client:
            while client.line(line)["state"] not in ("gone", "absent"):
                monitor.receive()


class Models(Case):
    def test_calls_end_with_the_device_and_the_line_comes_back(self):
        plugged, number = {}, 1000
        for i, what in enumerate(MODELS):
            plugged[f"m{i}"] = self.bed.plug(what, i + 1, number)
            number += 10
        self.serve_places(plugged)
        client = self.connect()
        for i, (name, what) in enumerate(zip(plugged, MODELS)):
            nodes = plugged[name].nodes()
            with self.subTest(what.name):
                self.assertEqual([k for k, node in enumerate(nodes) if self.is_open(node)],
                                 [expected(what)])
                session = self.call(client, name)
                self.wait_call(client, name, session, "connected")
                self.bed.unplug(plugged[name], ORDERS[i % len(ORDERS)])
                info = self.wait_call(client, name, session, "idle")
                self.assertEqual((info["over"], info["origin"]), (True, "device-gone"))
                self.wait_gone(name)
                self.assertEqual(client.call("Release", session=session), {})
                again = self.bed.plug(what, i + 1, number)
                number += 10
                self.wait_line(name, "ready")
                self.assertTrue(self.is_open(again.nodes()[expected(what)]))
                self.assertNotIn(again.nodes()[0], nodes)
        counters = client.call("GetCounters")["counters"]
        self.assertEqual((counters["calls"], counters["sessions"]), (0, 0))

    def test_equal_modems_are_told_apart_by_their_places(self):
        what = model("TFM-561U")
        plugged = {"a": self.bed.plug(what, 2, 1000), "b": self.bed.plug(what, 3, 1001)}
        self.serve_places(plugged)
        for name, it in plugged.items():
            self.bed.unplug(it)
            self.wait_gone(name)
        # In the other order: the names of the nodes are of no use now.
        b = self.bed.plug(what, 3, 1002)
        self.wait_line("b", "ready")
        client = self.connect()
        self.assertNotEqual(client.line("a")["state"], "ready")
        a = self.bed.plug(what, 2, 1003)
        self.wait_line("a", "ready")
        self.bed.unplug(a)
        self.wait_gone("a")
        self.assertEqual(client.line("b")["state"], "ready")
        self.assertTrue(self.is_open(b.nodes()[0]))

    def test_ports_are_listed_with_what_usb_knows_of_them(self):
        what = model("USR5637")
        node = self.bed.plug(what, 2, 1000).nodes()[0]
        out = subprocess.run([os.path.join(BIN, "linectl"), "ports", "--json"], check=True,
                             env=self.bed.environ, stdout=subprocess.PIPE).stdout
        port, = (p for p in json.loads(out)["ports"] if p["path"] == node)
        self.assertEqual((port["transport"], port["vendor"], port["product"]),
                         ("usb", what.vendor, what.product))

    def test_a_node_is_a_place_once_it_has_been_opened(self):
        what = model("USR5637")
        first = self.bed.plug(what, 2, 1000)
        self.serve("--line=a=" + first.nodes()[0])
        self.wait_line("a", "ready")
        self.bed.unplug(first)
        self.wait_gone("a")
        second = self.bed.plug(what, 2, 1001)
        self.wait_line("a", "ready")
        self.assertTrue(self.is_open(second.nodes()[0]))

    def test_marked_devices_become_lines_and_others_do_not(self):
        path = os.path.join(self.dir, "conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[lined]\nhotplug = udev\nclaim = marked\n")
        before = self.bed.plug(model("USR5637"), 2, 1000, marked=True)
        self.serve("--config", path)
        client = self.connect()
        other = self.bed.plug(model("TFM-561U"), 3, 1001)
        after = self.bed.plug(model("Zoom 3095"), 4, 1002, marked=True)
        with self.monitor() as monitor:
            while [line["state"] for line in client.call("ListLines")["lines"]] != ["ready"] * 2:
                monitor.receive()
        self.assertEqual([self.is_open(it.nodes()[0]) for it in (before, other, after)],
                         [True, False, True])


class Lines(Case):
    """The modem lines of a port that libserialport has opened."""

    def setUp(self):
        super().setUp()
        self.plugged = self.bed.plug(model("FT232R adapter"), 2, 1000)
        self.node, = self.plugged.nodes()
        self.serve_places({"a": self.plugged})

    def test_libserialport_opens_the_port(self):
        # Each time lined claims it, libserialport opens it, and its descriptor is duplicated.
        times, rest = divmod(int(self.bed.show(self.node)["opens"]), 3)
        self.assertEqual((times > 0, rest), (True, 0))

    def test_dtr_ends_a_call_and_dcd_proves_it(self):
        client = self.connect()
        self.assertTrue(client.line("a")["modem_lines"])
        session = self.call(client, "a")
        self.wait_call(client, "a", session, "connected")
        shown = self.bed.show(self.node)
        self.assertEqual((shown["dtr"], shown["dcd"], shown["hook"]), ("1", "1", "off"))
        self.assertGreater(int(shown["counts"]), 0, "changes are counted")
        info = client.call("Drop", session=session)["info"]
        self.assertIn(("dtr", "verified"), [(s["name"], s["result"]) for s in info["drop"]])
        shown = self.bed.show(self.node)
        self.assertEqual((shown["dcd"], shown["hook"]), ("0", "on"))
        client.call("Release", session=session)

    def test_the_port_is_left_with_dtr_low(self):
        self.assertTrue(self.is_open(self.node))
        self.stop(self.lined)
        self.assertFalse(self.is_open(self.node))


def obstacle():
    """Why this cannot run here, or None"""
    if not os.path.exists(BED):
        return "built without umockdev (Debian packages umockdev, libumockdev-dev)"
    try:
        for fd in os.openpty():
            os.close(fd)
    except OSError as error:
        return f"no pty to be had: {error}"
    return None


if __name__ == "__main__":
    why = obstacle()
    if why:
        print("skipped:", why)
        sys.exit(77)
    unittest.main(verbosity=2)
