#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl send and receive: files between two emulated modems, by lrzsz."""

import json
import os
import pty
import random
import select
import shutil
import subprocess
import sys
import unittest

from attach import EVERY_BYTE, HOSTILE
from connect import Linectl
from lined_varlink import BIN, LIMIT, Client

if not shutil.which("sz") or not shutil.which("rz"):
    print("skipped: no lrzsz (Debian package of that name)")
    sys.exit(77)

HINT = "apt-get install lrzsz"


class Files(Linectl):
    def setUp(self):
        super().setUp()
        self.inbox = os.path.join(self.dir, "inbox")
        os.mkdir(self.inbox)

    def make(self, name, data):
        path = os.path.join(self.dir, "out", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def received(self, name):
        with open(os.path.join(self.inbox, name), "rb") as file:
            return file.read()

    def linectl(self, *words, **keywords):
        keywords.setdefault("stdout", subprocess.PIPE)
        keywords.setdefault("stderr", subprocess.PIPE)
        process = super().linectl(*words, **keywords)
        if process.stderr:
            self.addCleanup(process.stderr.close)
        return process

    def receive(self, *words):
        return self.linectl("receive", "--directory", self.inbox, *(words or ["b"]))

    def end(self, process, status):
        """@return what it has said, where it is expected to"""
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, status, (out, err))
        self.assertNotIn(b"Sanitizer", err)
        return out.decode(), err.decode()

    def send(self, *words, status=0):
        return self.end(self.linectl("send", *words), status)

    def documents(self, out):
        return [json.loads(line) for line in out.splitlines()]

    def inbox_names(self):
        return sorted(os.listdir(self.inbox))


    def pass_ten_megabytes(self):
        data = random.Random(1).randbytes(10_000_000)
        watcher = self.linectl("--json", "monitor")
        receiving = self.receive()
        out, _ = self.send("--json", "a", "102", self.make("big", data))
        self.assertEqual(self.end(receiving, 0)[0], f"{self.inbox}/big\n")
        self.assertTrue(self.received("big") == data, "not as it was sent")
        documents = self.documents(out)
        self.assertEqual([d["file"]["bytes"] for d in documents if "file" in d], [len(data)])
        info = documents[-1]["info"]
        self.assertGreater(info["bytes_out"], len(data))
        seen = self.watch_lines(watcher)
        for line in "ab":
            self.assertEqual(seen[line][-1]["state"], "idle")
            self.assertIn("connected", [event.get("state") for event in seen[line]])
        self.assert_nothing_left()
        return documents

    def watch_lines(self, watcher):
        """What a second client has seen: the events of each line, until both calls are over."""
        seen = {"a": [], "b": []}
        while not all(events and events[-1].get("state") == "idle" for events in seen.values()):
            event = json.loads(watcher.stdout.readline())["event"]
            if event["type"] == "call-state":
                seen[event["line_name"]].append(event)
        watcher.terminate()
        self.end(watcher, 130)
        return seen


class Transfers(Files):
    """At full speed."""

    def test_ten_megabytes_while_somebody_watches(self):
        self.pass_ten_megabytes()

    def test_hostile_bytes_pass_unchanged(self):
        files = {"every": EVERY_BYTE * 200, "hostile": HOSTILE * 500, "empty": b"",
                 "escape": b"+++ATH\rNO CARRIER\r\n" * 5000, "pluses": b"+" * 5000,
                 "cans": b"\x18" * 5000}
        receiving = self.receive()
        self.send("a", "102", *(self.make(name, data) for name, data in files.items()))
        self.assertEqual(self.end(receiving, 0)[0],
                         "".join(f"{self.inbox}/{name}\n" for name in files))
        for name, data in files.items():
            self.assertEqual(self.received(name), data, name)
        self.assertEqual(self.inbox_names(), sorted(files))
        self.assert_nothing_left()

    def test_ymodem_tells_names_and_lengths(self):
        files = {"one": EVERY_BYTE * 9, "two": b"+++ATH\rNO CARRIER\r\n" * 40}
        receiving = self.receive("b", "--ymodem")
        self.send("--ymodem", "a", "102", *(self.make(*item) for item in files.items()))
        self.end(receiving, 0)
        for name, data in files.items():
            self.assertEqual(self.received(name), data, name)

    def test_xmodem_fills_the_last_block(self):
        receiving = self.receive("b", "--xmodem", "--name", "called-so")
        self.send("--xmodem", "a", "102", self.make("one", EVERY_BYTE * 2 + b"end"))
        self.assertEqual(self.end(receiving, 0)[0], f"{self.inbox}/called-so\n")
        self.assertEqual(self.received("called-so").rstrip(b"\x1a"), EVERY_BYTE * 2 + b"end")

    def test_names_hide_nothing_and_replace_nothing(self):
        for name in ("same", "same.1"):
            with open(os.path.join(self.inbox, name), "w") as file:
                file.write("old")
        os.symlink("../outside", os.path.join(self.inbox, "link"))
        names = ["same", "link", ".profile", "-rf", "with blank", "|touch x", "UPPER"]
        files = [self.make(name, name.encode()) for name in names]
        os.chmod(files[0], 0o4755)
        receiving = self.receive()
        self.send("a", "102", "--", *files)
        self.end(receiving, 0)
        self.assertEqual(self.inbox_names(), sorted(
            ["same", "same.1", "same.2", "link", "link.1", "_profile", "-rf", "with blank",
             "|touch x", "UPPER"]))
        self.assertEqual([self.received(n) for n in ("same", "same.1", "same.2")],
                         [b"old", b"old", b"same"])
        self.assertEqual(os.stat(os.path.join(self.inbox, "same.2")).st_mode & 0o7111, 0)
        self.assertEqual(sorted(os.listdir(self.dir)).count("outside"), 0)
        receiving = self.receive("b", "--overwrite")
        self.send("a", "102", *files[:1])
        self.end(receiving, 0)
        self.assertEqual(self.received("same"), b"same")

    def test_paths_lead_nowhere(self):
        """A sender that asks for folders above and from the root."""
        self.make("deep/file", b"deep")
        above = os.path.join(self.dir, "above")
        with open(above, "wb") as file:
            file.write(b"above")
        os.chdir(os.path.join(self.dir, "out"))
        self.addCleanup(os.chdir, "/")
        receiving = self.receive()
        process = self.linectl("connect", "a", "102", "--", "sz", "-f", "deep/file", "../above")
        self.end(process, 0)
        self.end(receiving, 0)
        self.assertEqual(self.inbox_names(), ["above", "file"])
        receiving = self.receive("b", "--ymodem")
        self.end(self.linectl("connect", "a", "102", "--", "sb", "-f", above), 0)
        self.end(receiving, 0)
        self.assertEqual(self.inbox_names(), ["above", "above.1", "file"])

    def test_a_call_that_is_placed_to_receive(self):
        path = self.make("file", EVERY_BYTE)
        answering = self.linectl("answer", "--wait", "b", "--", "sz", path)
        receiving = self.receive("a", "102")
        self.assertEqual(self.end(receiving, 0)[0], f"{self.inbox}/file\n")
        self.end(answering, 0)
        self.assertEqual(self.received("file"), EVERY_BYTE)
        self.assert_nothing_left()

    def test_call_after_call(self):
        receiving = self.receive("--auto", "b")
        for name in ("first", "second"):
            self.send("a", "102", self.make(name, name.encode()))
            self.assertEqual(receiving.stdout.readline(), f"{self.inbox}/{name}\n".encode())
            self.wait_line("b", "ready")
        receiving.terminate()
        self.end(receiving, 130)
        self.assert_nothing_left()

    def test_both_ways_by_one_session_that_goes_on(self):
        path = self.make("there", HOSTILE * 100)
        answering = self.linectl("answer", "--wait", "b", "--", "sh", "-c",
                                 f"cd {self.inbox} && rz && sz there && cat")
        out, _ = self.end(self.linectl("dial", "--keep", "a", "102"), 0)
        session = out.strip()
        self.send("--session", session, path)
        self.assertEqual(self.received("there"), HOSTILE * 100)
        os.mkdir(os.path.join(self.dir, "back"))
        self.end(self.linectl("receive", "--session", session, "--directory",
                              os.path.join(self.dir, "back")), 0)
        with open(os.path.join(self.dir, "back/there"), "rb") as file:
            self.assertEqual(file.read(), HOSTILE * 100)
        out, _ = self.end(self.linectl("-g", "info.state", "info", session), 0)
        self.assertEqual(out, "connected\n")
        self.end(self.linectl("hangup", session), 0)
        answering.communicate(timeout=LIMIT)
        self.assert_nothing_left()

    def test_a_file_that_the_far_end_has_is_not_taken(self):
        path = self.make("here", b"new")
        answering = self.linectl("answer", "--wait", "b", "--", "sh", "-c",
                                 f"cd {self.inbox} && echo old > here && rz")
        _, err = self.send("a", "102", path, status=1)
        self.assertIn("has not taken 1 of 1 files", err)
        self.end(answering, 0)
        self.assertEqual(self.received("here"), b"old\n")

    def test_what_is_wrong_is_told_before_anybody_is_called(self):
        path = self.make("file", b"x")
        bare = dict(os.environ, PATH=self.dir)
        _, err = self.end(self.linectl("send", "a", "102", path, env=bare), 1)
        self.assertIn(HINT, err)
        _, err = self.end(self.linectl("receive", "b", env=bare), 1)
        self.assertIn(HINT, err)
        _, err = self.send("a", "102", path, path + ".none", status=1)
        self.assertIn("file.none: No such file", err)
        _, err = self.send("a", "102", self.dir, status=1)
        self.assertIn("no file that could be sent", err)
        _, err = self.end(self.linectl("receive", "b", "--directory", path), 1)
        self.assertIn("Not a directory", err)
        for words in (["send", "a", "102"], ["send", "--session", "s1.1"], ["receive"],
                      ["send", "--xmodem", "a", "102", path, path], ["receive", "--xmodem", "b"],
                      ["receive", "b", "--name", "x"], ["receive", "b", "102", "--auto"],
                      ["receive", "b", "--xmodem", "--name", "../x"],
                      ["send", "--resume", "--ymodem", "a", "102", path],
                      ["receive", "--session", "s1.1", "b"]):
            self.end(self.linectl(*words), 2)
        with Client(self.path) as client:
            self.assertEqual(client.call("GetCounters")["counters"]["calls"], 0)
        self.assertEqual(self.inbox_names(), [])

    def test_statuses_of_calls_that_do_not_come_about(self):
        self.send("a", "999", self.make("file", b"x"), status=4)
        self.end(self.receive("--timeout", "1", "b"), 3)
        self.send("--session", "s99.9", self.make("file", b"x"), status=10)
        self.assertEqual(self.inbox_names(), [])
        self.assert_nothing_left()

    def test_a_resumption_that_cannot_be_leaves_nothing_behind(self):
        """A link cannot be made of what is another file system's."""
        partial = os.path.join(self.inbox, "big.part")
        for path in (partial, os.path.join(self.dir, "other")):
            with open(path, "wb"):
                pass
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("may not have mounts of its own")
        receiving = self.receive_into(f"mount --bind {self.dir}/other {partial}", "--resume", "b")
        self.send("a", "102", self.make("file", b"x"), status=1)
        _, err = self.end(receiving, 1)
        self.assertIn("cross-device link", err)
        self.assertEqual(self.inbox_names(), ["big.part"])
        self.assert_nothing_left()

    def receive_into(self, mount, *words):
        """Of a namespace of its own, in which something is mounted first."""
        receiving = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"{mount} && exec \"$@\"", "sh",
             os.path.join(BIN, "linectl"), "--socket", self.path, "receive", "--directory",
             self.inbox, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(receiving.stdout.close)
        self.addCleanup(receiving.stderr.close)
        self.addCleanup(receiving.kill)
        return receiving

    def test_a_full_disk_is_told_as_such(self):
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("may not have mounts of its own")
        path = self.make("big", random.Random(3).randbytes(300_000))
        mount = f"mount -t tmpfs -o size=64k none {self.inbox}"
        for protocol, words, kept in (([], [], False), ([], ["--resume"], False),
                                      (["--ymodem"], [], True),
                                      (["--xmodem"], ["--name", "big"], True)):
            with self.subTest(protocol=protocol, words=words):
                receiving = self.receive_into(mount, "b", *protocol, *words)
                self.send(*protocol, "a", "102", path, status=1)
                _, err = self.end(receiving, 1)
                self.assertIn(f"big: no space left in {self.inbox}", err)
                self.assertEqual("what has come is in big.part" in err, kept)
                self.assertNotIn("--resume", err)
                self.assert_nothing_left()

    def test_of_no_file_no_part_is_told(self):
        receiving = self.receive("--resume", "b")
        self.end(self.linectl("connect", "a", "102", "--", "true"), 0)
        _, err = self.end(receiving, 1)
        self.assertNotIn(".part", err)
        self.assertEqual(self.inbox_names(), [])
        self.assert_nothing_left()

    def begin_huge(self):
        """@return who receives and who sends a file of zeros, in the middle"""
        path = self.make("huge", b"")
        os.truncate(path, 1 << 30)
        receiving = self.receive()
        sending = self.linectl("--json", "send", "a", "102", path)
        while json.loads(sending.stdout.readline()).get("progress", {}).get("bytes", 0) < 100_000:
            pass
        return receiving, sending

    def test_the_far_end_hangs_up_in_the_middle(self):
        receiving, sending = self.begin_huge()
        receiving.kill()
        receiving.wait(LIMIT)
        out, _ = self.end(sending, 1)
        self.assertIn("the call has ended before all had passed: ",
                      self.documents(out)[-1]["reason"])
        folder, = self.inbox_names()  # what a killed one leaves behind
        self.assertTrue(folder.startswith(".linectl-"))
        self.assert_nothing_left()

    def test_the_far_end_cancels_in_the_middle(self):
        receiving, sending = self.begin_huge()
        receiving.terminate()
        _, err = self.end(receiving, 130)
        self.assertIn("what has come is in huge.part", err)
        self.assertEqual(self.inbox_names(), ["huge.part"])
        self.assertEqual(self.received("huge.part").strip(b"\0"), b"")
        out, _ = self.end(sending, 1)
        self.assertEqual(self.documents(out)[-1]["reason"], "the far end has cancelled")
        self.assert_nothing_left()

    def test_a_second_part_is_told_as_one_that_is_not_resumed(self):
        with open(os.path.join(self.inbox, "huge.part"), "w", encoding="ascii") as file:
            file.write("older")
        receiving, sending = self.begin_huge()
        receiving.terminate()
        _, err = self.end(receiving, 130)
        self.assertIn("what has come is in huge.part.1; --resume goes on from the .part without "
                      "number", err)
        self.assertEqual(self.inbox_names(), ["huge.part", "huge.part.1"])
        self.assertEqual(self.received("huge.part"), b"older")
        self.end(sending, 1)


class Shaped(Files):
    """At the speed of a line."""

    SIM = ("--modem", "a=101,speed=6000000,latency=5", "--modem", "b=102,speed=6000000,latency=5",
           "--modem", "c=103,answer=1")

    def test_ten_megabytes_while_somebody_watches(self):
        documents = self.pass_ten_megabytes()
        progress = [d["progress"] for d in documents if "progress" in d]
        self.assertTrue(progress)
        self.assertEqual(progress[-1]["size"], 10_000_000)
        # The line takes 128 of 134 bytes of 8 bits: nobody can have sent any faster.
        took_ms = next(d["file"]["duration_ms"] for d in documents if "file" in d)
        self.assertGreater(took_ms, 10_000_000 * 8 / 6_000_000 * 1000)


class Ends(Files):
    """Of calls in the middle of a file that would take hours."""

    SIM = ("--modem", "a=101,speed=200000", "--modem", "b=102,speed=200000",
           "--modem", "c=103,answer=1")

    def setUp(self):
        super().setUp()
        self.data = random.Random(2).randbytes(30_000_000)
        self.path_out = self.make("big", self.data)

    def begin(self, *words):
        """@return who receives and who sends, in the middle"""
        receiving = self.receive()
        sending = self.linectl("--json", "send", *words, "a", "102", self.path_out)
        while json.loads(sending.stdout.readline()).get("progress", {}).get("bytes", 0) < 40_000:
            pass
        return receiving, sending

    def error(self, out):
        document = self.documents(out)[-1]
        self.assertEqual(document["error"], "TransferFailed")
        return document["reason"]

    def assert_partial(self, err):
        self.assertEqual(self.inbox_names(), ["big.part"])
        partial = self.received("big.part")
        self.assertGreater(len(partial), 0)
        self.assertEqual(partial, self.data[:len(partial)])
        self.assertIn("big.part", err)

    def test_the_sender_cancels_and_it_is_resumed(self):
        receiving, sending = self.begin()
        sending.terminate()
        self.assertEqual(self.error(self.end(sending, 130)[0]), "cancelled")
        _, err = self.end(receiving, 1)
        self.assertIn("the far end has cancelled", err)
        self.assert_partial(err)
        self.assert_nothing_left()
        have = len(self.received("big.part"))
        with open(self.path_out, "wb") as file:  # the rest, but not hours of it
            file.write(self.data[:have + 50_000])
        receiving = self.receive("--resume", "b")
        out, _ = self.send("--json", "--resume", "a", "102", self.path_out)
        self.end(receiving, 0)
        self.assertEqual(self.inbox_names(), ["big"])
        self.assertEqual(self.received("big"), self.data[:have + 50_000])
        info = self.documents(out)[-1]["info"]
        self.assertLess(info["bytes_out"], have + 50_000)
        self.assert_nothing_left()

    def test_the_receiver_cancels(self):
        receiving, sending = self.begin()
        receiving.terminate()
        _, err = self.end(receiving, 130)
        self.assert_partial(err)
        self.assertEqual(self.error(self.end(sending, 1)[0]), "the far end has cancelled")
        self.assert_nothing_left()

    def test_the_plug_is_pulled(self):
        receiving, sending = self.begin()
        self.unplug()
        self.assertIn("the call has ended", self.error(self.end(sending, 11)[0]))
        _, err = self.end(receiving, 11)
        self.assert_partial(err)

    def test_a_session_outlives_a_cancelled_transfer(self):
        receiving = self.receive()
        out, _ = self.end(self.linectl("dial", "--keep", "a", "102"), 0)
        session = out.strip()
        sending = self.linectl("--json", "send", "--session", session, self.path_out)
        while json.loads(sending.stdout.readline()).get("progress", {}).get("bytes", 0) < 40_000:
            pass
        sending.terminate()
        self.assertEqual(self.error(self.end(sending, 130)[0]), "cancelled")
        # rz gives up, and its end hangs up: no sooner.
        _, err = self.end(receiving, 1)
        self.assertIn("the far end has cancelled", err)
        self.assert_partial(err)
        self.status("hangup", session)
        self.assert_nothing_left()

    def test_progress_on_a_terminal(self):
        receiving = self.receive()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        sending = self.linectl("send", "a", "102", self.path_out, stderr=theirs)
        os.close(theirs)
        text = b""
        while not (b"big: " in text and b" of 30.0 MB" in text and b" left" in text):
            self.assertTrue(select.select([ours], [], [], LIMIT)[0], text)
            text += os.read(ours, 4096)
        sending.terminate()
        sending.communicate(timeout=LIMIT)
        self.assertEqual(sending.returncode, 130)
        self.end(receiving, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
