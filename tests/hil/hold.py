#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Voice calls that are held and taken back, by linectl, by Varlink and at the emulated exchange.

BIN is the folder of the programs.
"""

import os
import subprocess
import unittest

from kill import Sim, poll
from lined_varlink import BIN, LIMIT, Fixture


class Hold(Fixture):
    SIM = ("--control", "--modem", "a=101,voice=yes,flash=hold", "--modem", "b=102,voice=yes")

    def setUp(self):
        super().setUp()
        self.modems = Sim(self.sim)
        self.serve()

    def lines(self):
        return [f"--line=a={self.dir}/a,flash=hold", f"--line=b={self.dir}/b"]

    def answer(self, line, media):
        """A call of a stranger's that is answered and kept."""
        self.modems.tell(f"ring {line} 5551234")
        client = self.connect()
        session = client.call("Answer", line=line, media=media, wait=LIMIT, keep=True)["session"]
        self.assertEqual(client.call("GetSession", session=session)["info"]["state"], "connected")
        return client, session

    def linectl(self, status, *words):
        result = subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, *words],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=LIMIT)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout + result.stderr

    def test_a_kept_voice_call_is_left_when_it_is_dialled(self):
        result = subprocess.run([os.path.join(BIN, "linectl"), "--socket", self.path, "--quiet",
                                 "dial", "--keep", "--voice", "a", "102"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                timeout=LIMIT)
        session = result.stdout.strip()
        self.assertEqual(result.returncode, 0)
        self.assertIn("proceeding", self.linectl(0, "info", session))
        self.linectl(0, "hangup", session)

    def test_a_voice_call_is_held_taken_back_held_and_dropped(self):
        client, session = self.answer("a", "voice")

        def is_held(state, held):
            info = client.call("GetSession", session=session)["info"]
            self.assertEqual(info["state"], state)
            self.assertIn("unhold" if held else "hold", info["features"])
            self.assertNotIn("hold" if held else "unhold", info["features"])
            poll("the exchange has heard it",
                 lambda: self.modems.show("a")["holding"] is held, LIMIT)

        self.assertEqual(client.call("Hold", session=session), {})
        is_held("onhold", True)
        self.assert_error("Already", client, "Hold", session=session)
        self.assertIn("taken back", self.linectl(0, "unhold", session))
        is_held("connected", False)
        self.assertIn("on hold", self.linectl(0, "hold", session))
        is_held("onhold", True)
        info = client.call("Drop", session=session)["info"]
        self.assertEqual(info["state"], "idle")
        self.assertIn("verified", [step["result"] for step in info["drop"]])
        self.assertFalse(self.modems.show("a")["off_hook"])
        self.assert_error("CallOver", client, "Unhold", session=session)
        client.call("Release", session=session)
        self.assert_error("StaleHandle", client, "Hold", session=session)
        self.assert_nothing_left()

    def test_what_cannot_be_held_says_why(self):
        for line, media, word in (("a", "data", "data call"), ("b", "voice", "flash")):
            client, session = self.answer(line, media)
            error = self.assert_error("NotSupported", client, "Hold", session=session)
            self.assertIn(word, error["reason"])
            self.assertIn(word, self.linectl(7, "hold", session))
            client.call("Hangup", session=session)
        client = self.connect()
        session = client.call("Dial", line="a", number="102", media="voice")["session"]
        error = self.assert_error("InvalidArgument", client, "Hold", session=session)
        self.assertIn("not connected", error["reason"])
        client.call("Hangup", session=session)
        self.assert_nothing_left()

    def test_a_modem_that_does_not_flash(self):
        client, session = self.answer("a", "voice")
        self.modems.tell("fault a error on +VTS")
        self.assert_error("DeviceError", client, "Hold", session=session)
        self.assertEqual(client.call("GetSession", session=session)["info"]["state"], "connected")
        self.modems.tell("fault a none")
        client.call("Hold", session=session)
        client.call("Hangup", session=session)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
