#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bytes of a call on ptys: examples/terminal.c against an emulated modem.

BIN is the folder of the programs, EXAMPLES that of the examples.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

BIN = os.path.abspath(os.environ["BIN"])
TERMINAL = os.path.join(os.path.abspath(os.environ["EXAMPLES"]), "terminal")
EXCHANGE = """
[modem a]
number = 101
[number 500]
does = echo
"""


class Terminal(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="trunkline-")
        self.addCleanup(shutil.rmtree, self.dir)
        scenario = os.path.join(self.dir, "exchange.ini")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(EXCHANGE)
        self.sim = self.spawn(os.path.join(BIN, "modemsim"), "--dir", self.dir, "--scenario",
                              scenario)
        while self.sim.stdout.readline().strip() != b"ready":
            self.assertIsNone(self.sim.poll())

    def spawn(self, *words):
        p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.addCleanup(self.end, p)
        return p

    def end(self, p):
        if p.poll() is None:
            p.kill()
        for pipe in (p.stdin, p.stdout, p.stderr):
            pipe.close()
        p.wait(90)

    def call(self):
        return self.spawn(TERMINAL, os.path.join(self.dir, "a"), "500")

    def echo(self, p, data):
        """Less than pipes and buffers hold, so that nobody waits for us."""
        p.stdin.write(data)
        p.stdin.flush()
        self.assertEqual(p.stdout.read(len(data)), data)

    def test_every_byte_passes_and_the_end_of_the_input_is_that_of_the_call(self):
        p = self.call()
        self.echo(p, bytes(range(256)) * 40)
        self.echo(p, b"+++ATH\rNO CARRIER\r\n" * 400)
        out, err = p.communicate(timeout=90)
        self.assertEqual(p.returncode, 0, err)
        self.assertNotIn(b"Sanitizer", err)
        self.assertTrue(err.startswith(b"terminal: normal"), err)
        self.assertEqual(out.strip(b"+"), b"", "nothing but the escape of the drop")

    def test_the_modem_goes_in_mid_call(self):
        p = self.call()
        self.echo(p, b"hello")
        self.sim.kill()
        p.wait(90)
        self.assertEqual(p.returncode, 0)
        self.assertIn(b"out-of-order", p.stderr.read())


if __name__ == "__main__":
    unittest.main(verbosity=2)
