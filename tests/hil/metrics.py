#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What lined counts, read by an independent parser (Debian's python3-prometheus-client, which only
Debian's own python3 finds).

BIN is the folder of the programs.
"""

import os
import stat
import subprocess
import sys
import unittest

try:
    from prometheus_client import parser as prometheus
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    print("skipped: no python3-prometheus-client", file=sys.stderr)
    sys.exit(77)

from kill import Sim, poll
from lined_config import Files
from lined_varlink import BIN, LIMIT, Client, state_is

OUT = {"direction": "out"}
IN = {"direction": "in"}


class Metrics:
    """A text that has been parsed."""

    def __init__(self, text, parse=openmetrics):
        self.text = text
        self.families = {}
        for family in parse.text_string_to_metric_families(text):
            assert family.name not in self.families, f"twice: {family.name}"
            assert family.documentation, family.name
            assert family.type in ("counter", "gauge"), (family.name, family.type)
            self.families[family.name] = family

    def samples(self, name, **labels):
        """Of the samples trunkline_NAME those with these labels."""
        return [sample for family in self.families.values() for sample in family.samples
                if sample.name == "trunkline_" + name
                and labels.items() <= sample.labels.items()]

    def value(self, name, **labels):
        """Their sum."""
        return sum(sample.value for sample in self.samples(name, **labels))


class Case(Files):
    SIM = ("--control", "--modem", "a=101", "--modem", "b=102", "--modem", "c=103,answer=1")

    def setUp(self):
        super().setUp()
        self.modems = Sim(self.sim)

    def serve_file(self, text="", **kwargs):
        self.put(text + self.lines("a", "b"))
        self.start_lined(**kwargs)
        self.wait_for_socket()
        for name in "ab":
            self.wait_line(name, "ready")

    def metrics(self):
        with Client(self.path) as client:
            return Metrics(client.call("GetMetrics")["text"])

    def at_rest(self):
        """When no call is left the records have been counted."""
        self.assert_nothing_left()
        return self.metrics()

    def busy_call(self):
        """From b to a number whose modem is in a call with a; a's goes on in the client."""
        client = self.connect()
        session = self.dial(client)
        with Client(self.path) as other:
            replies = other.follow("Dial", line="b", number="103")
            other.call("Release", session=replies[0]["session"])
        return client, session


class Values(Case):
    def setUp(self):
        super().setUp()
        self.serve_file()

    def test_calls_are_counted_by_line_direction_and_end(self):
        client, session = self.busy_call()
        running = self.metrics()
        self.assertGreater(running.value("off_hook_seconds_total", line="a"), 0)
        self.assertEqual(running.value("line_state", line="a", state="in-use"), 1)
        self.assertEqual(running.value("off_hook_lines"), 1)
        self.assertEqual(running.value("calls_total", line="a"), 0)
        client.call("Drop", session=session)
        kept = self.metrics()
        self.assertEqual(kept.value("unreleased_sessions"), 1)
        self.assertEqual(kept.value("unreleased_sessions", age="under-1m"), 1)
        client.call("Release", session=session)

        self.modems.tell("ring b 5551234")
        with Client(self.path) as callee:
            replies = callee.follow("Answer", until=state_is("connected"), line="b", wait=LIMIT)
            callee.send("Drop", session=replies[0]["session"], user=True, oneway=True)
            while callee.receive().get("continues"):
                pass
            callee.call("Release", session=replies[0]["session"])
        metrics = self.at_rest()
        self.assertEqual([(sample.labels, sample.value)
                          for sample in metrics.samples("calls_total", line="a")],
                         [({"line": "a", **OUT, "disconnect": "normal", "origin": "application"},
                           1)])
        self.assertEqual(metrics.value("calls_total", line="b"), 2)
        self.assertEqual(metrics.value("calls_total", line="b", disconnect="busy",
                                       origin="network", **OUT), 1)
        self.assertEqual(metrics.value("calls_total", line="b", disconnect="normal",
                                       origin="user", **IN), 1)
        for line, calls in (("a", 1), ("b", 2)):
            self.assertEqual(metrics.value("drop_steps_total", line=line, result="verified"),
                             calls)
        self.assertGreater(metrics.value("off_hook_seconds_total", line="b"), 0)
        self.assertGreater(metrics.value("off_hook_seconds_total", line="a"),
                           running.value("off_hook_seconds_total", line="a"))
        self.assertEqual(metrics.value("off_hook_seconds_total", line="a"),
                         self.metrics().value("off_hook_seconds_total", line="a"))
        self.assertEqual(metrics.value("unreleased_sessions"), 0)
        # Nobody has said a word but the modems themselves, and their lines are good.
        self.assertEqual(metrics.value("call_bytes_total", line="a", kind="out"), 0)
        self.assertEqual(metrics.value("link_troubles_total", line="a"), 0)
        self.assertEqual(len(metrics.samples("link_troubles_total", line="a")), 8)
        self.assertNotIn("555", metrics.text)
        self.assertNotIn("103", metrics.text.split("\ntrunkline_line_state")[1])

    def test_a_client_that_is_lost_in_a_call(self):
        with Client(self.path) as client:
            self.dial(client)
        metrics = self.at_rest()
        self.assertEqual(metrics.value("clients_lost_total"), 1)
        self.assertEqual(metrics.value("calls_total", line="a", origin="client-lost"), 1)

    def test_requests_and_connections(self):
        before = self.metrics()
        client = self.connect()
        client.call("ListSessions")
        self.assert_error("StaleHandle", client, "Release", session="s9.9")
        with Client(self.path) as watching:
            watching.send("Monitor", more=True)
            watching.send("ListLines")
        with Client(self.path) as bad:
            bad.sock.sendall(b"{garbage}\0")
            self.assertTrue(bad.closed())
        poll("all is counted", lambda: self.metrics().value(
            "requests_total", method="Monitor", result="Closed")
             > before.value("requests_total", method="Monitor", result="Closed"), LIMIT)
        metrics = self.metrics()
        for result, method in (("Ok", "ListSessions"), ("StaleHandle", "Release")):
            self.assertEqual(metrics.value("requests_total", method=method, result=result), 1)
        self.assertEqual(metrics.value("connections_cut_off_total", reason="protocol"), 1)
        self.assertEqual(metrics.value("connections_cut_off_total"), 1)
        self.assertGreater(metrics.value("connections_total"),
                           before.value("connections_total"))
        self.assertGreaterEqual(metrics.value("open_connections"), 2)

    def test_a_stream_is_counted_whatever_was_called_beside_it(self):
        for method in ("Trace", "Monitor"):
            with Client(self.path) as client:
                client.send(method, more=True)
                client.send("Drop", session="s9.9", oneway=True)
            poll("it is counted", lambda: self.metrics().value(
                "requests_total", result="Closed", method=method) > 0, LIMIT)
        self.assertEqual(self.metrics().value("requests_total", method="Drop"), 0)

    def test_the_process_describes_itself(self):
        metrics = self.metrics()
        pid = self.lined.pid
        version = subprocess.run([os.path.join(BIN, "lined"), "--version"], text=True,
                                 capture_output=True, timeout=LIMIT, check=True).stdout.split()[1]
        self.assertEqual(metrics.value("build_info", version=version), 1)
        self.assertGreater(metrics.value("process_resident_memory_bytes"), 100000)
        self.assertGreater(metrics.value("process_start_time_seconds"),
                           os.stat(self.config).st_mtime - 1)
        # Connections that were closed may not be closed there yet.
        poll("the descriptors", lambda: abs(
            self.metrics().value("process_open_fds") - len(os.listdir(f"/proc/{pid}/fd"))) <= 1,
             LIMIT)

    def test_counts_survive_a_reload_and_go_with_their_line(self):
        client = self.connect()
        before = client.line("a")["line"]
        client.call("Hangup", session=self.dial(client))
        self.at_rest()

        def reload(text):
            self.put(text)
            client.call("Reload")

        def identity():
            lines = client.call("ListLines")["lines"]
            return next((line["line"] for line in lines if line["name"] == "a"), None)

        reload(self.lines("a", "b"))
        self.assertEqual(identity(), before)
        self.assertEqual(self.metrics().value("calls_total", line="a"), 1)
        reload(self.lines("b", "a", baud=9600))
        poll("it is opened anew", lambda: identity() not in (None, before), LIMIT)
        self.assertEqual(self.metrics().value("calls_total", line="a"), 1)
        reload(self.lines("b"))
        poll("it is gone", lambda: not identity(), LIMIT)
        self.assertEqual(self.metrics().samples("line_state", line="a"), [])
        reload(self.lines("b", "a"))
        poll("it is back", identity, LIMIT)
        self.assertEqual(self.metrics().value("calls_total", line="a"), 0)

    def test_two_hundred_lines_fit(self):
        names = [f"l{number}" for number in range(200)]
        self.put("".join(f"[line {name}]\ndevice = {self.dir}/no/{name}\n" for name in names))
        self.connect().call("Reload")
        poll("all are away", lambda: self.metrics().value("line_state", state="absent") == 200,
             LIMIT)
        out = subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, "metrics"],
                             text=True, capture_output=True, timeout=LIMIT, check=True).stdout
        self.assertTrue(out.endswith("\n# EOF\n"))
        metrics = Metrics(out)
        self.assertEqual(len(metrics.samples("line_state")), 200 * 7)
        self.assertEqual({sample.labels["line"] for sample in metrics.samples("line_state")},
                         set(names))


class File(Case):
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.dir, "collector")
        os.mkdir(self.folder)
        self.file = os.path.join(self.folder, "lined.prom")

    def text(self, interval=86400):
        return f"[lined]\nmetrics-file = {self.file}\nmetrics-interval = {interval}\n"

    def read(self):
        with open(self.file, encoding="utf-8") as file:
            return Metrics(file.read(), prometheus)

    def test_is_written_again_and_again(self):
        self.serve_file(self.text(1), umask=0o077)
        poll("the file", lambda: os.path.exists(self.file), LIMIT)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o644)
        client = self.connect()
        client.call("Hangup", session=self.dial(client))
        poll("the call", lambda: self.read().value("calls_total", line="a") == 1, LIMIT)
        self.assertEqual(self.read().families["trunkline_calls"].type, "counter")

    def test_is_written_at_the_start_and_at_the_end(self):
        self.serve_file(self.text())
        poll("the file", lambda: os.path.exists(self.file), LIMIT)
        client = self.connect()
        client.call("Hangup", session=self.dial(client))
        self.assert_nothing_left()
        self.assertEqual(self.read().value("calls_total"), 0)
        self.stop(self.lined)
        self.assertEqual(self.read().value("calls_total", line="a"), 1)
        self.assertEqual(os.listdir(self.folder), ["lined.prom"])

    def test_a_reload_moves_it(self):
        self.serve_file()
        self.assertEqual(os.listdir(self.folder), [])
        self.put(self.text() + self.lines("a", "b"))
        self.connect().call("Reload")
        poll("the file", lambda: os.path.exists(self.file), LIMIT)
        self.file = os.path.join(self.folder, "other.prom")
        self.put(self.text() + self.lines("a", "b"))
        self.connect().call("Reload")
        poll("the other file", lambda: os.path.exists(self.file), LIMIT)
        self.assertEqual(self.read().value("line_state", state="ready"), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
