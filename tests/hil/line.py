#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls over a line that is slow and bad: what passes, and what their records tell of it."""

import json
import os
import time
import unittest

from attach import EVERY_BYTE, Pair
from lined_varlink import LIMIT

LIKE_A_MODEM = b"+++ATH\rNO CARRIER\r\n"
# Counters of modemsim's "show", and what the record calls them.
COUNTED = {"errors_tx": "errors_out", "errors_rx": "errors_in", "lost_tx": "lost_out",
           "lost_rx": "lost_in", "retrains_asked": "retrains_asked",
           "retrains_granted": "retrains_granted", "renegotiations": "renegotiations"}


class Line(Pair):
    PLACE = ""

    @property
    def SIM(self):
        scenario = os.path.join(self.dir, "scenario")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write(f"""
[modem a]
number = 101
speed = 2000000
noise = flip in 5000
{self.PLACE}
[modem b]
number = 102
latency = 5
noise = lose every 7000 burst 3
{self.PLACE}
[exchange]
retrain = 50
""")
        return ("--control", "--scenario", scenario)

    def tell(self, text):
        """A command for modemsim. @return what it says before its ok"""
        self.sim.stdin.write(text.encode() + b"\n")
        self.sim.stdin.flush()
        lines = [self.sim.stdout.readline().decode().strip()]
        while lines[-1] != "ok":
            self.assertTrue(lines[-1] and not lines[-1].startswith("error"), lines)
            lines.append(self.sim.stdout.readline().decode().strip())
        return lines[:-1]

    def modems(self):
        return {modem["name"]: modem for modem in map(json.loads, self.tell("show"))}

    def serve(self, *args):
        config = os.path.join(self.dir, "lined.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[lined]\nhistory = {self.dir}/history\n")
            for name, modem in self.modems().items():
                file.write(f"[line {name}]\ndevice = {modem['path']}\n")
        self.lined = self.start("lined", "--socket", self.path, "--log-level", "warning",
                                "--config", config, *args)
        self.wait_for_socket()
        for name in "ab":
            self.wait_line(name, "ready")

    def records(self):
        """Of both ends, when both are written."""
        deadline = time.monotonic() + LIMIT
        while True:
            self.assertLess(time.monotonic(), deadline, "no records")
            try:
                with open(os.path.join(self.dir, "history"), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) == 2:
                return {record["line_name"]: record for record in map(json.loads, lines)}
            os.sched_yield()


class Ptys(Line):
    def test_the_record_has_what_was_simulated_and_all_bytes_pass(self):
        a, b = self.pair()
        every, hostile = EVERY_BYTE * 400, LIKE_A_MODEM * 5000
        self.carry(a, b, every)
        self.carry(b, a, hostile)
        self.tell("retrain b")
        self.carry(a, b, hostile)
        self.tell("set b speed=600000")
        # So slow that a's modem has been silent for a guard time when it is hung up.
        self.carry(b, a, every)
        a.sock.close()
        records, modems = self.records(), self.modems()
        for name, record in records.items():
            link, quality = modems[name]["link"], record["quality"]
            self.assertEqual({key: quality[key] for key in COUNTED.values()},
                             {key: link[counter] for counter, key in COUNTED.items()}, name)
            self.assertEqual((quality["rate_out"], quality["rate_in"]), (600000,) * 2)
            # Where a call is hung up by an escape sequence, the far end gets that, too.
            self.assertEqual(record["bytes_in"], link["rx"])
            self.assertEqual(record["rate"], 2000000)
            self.assertEqual(record["error_control"], "LAPM")
            # Two files, and every damaged frame came again: the noise has its share.
            self.assertGreater(quality["errors_in"], 20, name)
            self.assertEqual(link["flipped"] + link["dropped"], 0, "error control")
        a, b = records["a"], records["b"]
        self.assertEqual((a["bytes_out"], b["bytes_out"]), (len(every) + len(hostile),) * 2)
        self.assertEqual(a["quality"]["errors_out"], b["quality"]["errors_in"])
        self.assertEqual(b["quality"]["errors_out"], a["quality"]["errors_in"])
        self.assertEqual(b["quality"]["retrains_asked"], 1)
        self.assertEqual(a["quality"]["retrains_granted"], 1)
        self.assertEqual(a["quality"]["renegotiations"], 1)
        with self.connect() as client:
            metrics = client.call("GetMetrics")["text"].splitlines()
        for end, record in records.items():
            self.assertIn(f'trunkline_call_bytes_total{{line="{end}",kind="out"}} '
                          f'{record["bytes_out"]}', metrics)
            for kind in ("errors-out", "errors-in", "retrains-asked", "renegotiations"):
                self.assertIn(f'trunkline_link_troubles_total{{line="{end}",kind="{kind}"}} '
                              f'{record["quality"][kind.replace("-", "_")]}', metrics)
        self.assert_nothing_left()


class Servers(Ptys):
    """The same on ports with modem lines: DCD ends the call, CTS holds up."""
    PLACE = "rfc2217 = 0"


if __name__ == "__main__":
    unittest.main(verbosity=2)
