#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""linectl.schema.json against what linectl prints, verb by verb, and the daemon's interface.

BIN is the folder of the programs, SCHEMA the schema, INTERFACE the Varlink description.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import linectl

try:
    import jsonschema
except ImportError:
    print("skipped: no jsonschema (Debian package python3-jsonschema)")
    sys.exit(77)

with open(os.environ["SCHEMA"]) as file:
    SCHEMA = json.load(file)
with open(os.environ["INTERFACE"]) as file:
    INTERFACE = re.sub(r"#.*", "", file.read())


def validate(definition, document):
    schema = {**SCHEMA, "$ref": "#/$defs/" + definition}
    jsonschema.Draft202012Validator(schema).validate(document)


class Shape(unittest.TestCase):
    """The schema itself."""

    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_allows_nothing_that_it_does_not_name(self):
        def walk(node, path):
            if isinstance(node, dict):
                if "properties" in node and "type" in node:
                    self.assertIs(node.get("additionalProperties"), False, path)
                    self.assertLessEqual(set(node["required"]), set(node["properties"]), path)
                for key, value in node.items():
                    walk(value, path + "/" + key)
        walk(SCHEMA, "")

    def convert(self, type_):
        type_ = type_.lstrip("?")
        if type_.startswith("[]"):
            return {"type": "array", "items": self.convert(type_[2:])}
        plain = {"string": "string", "int": "integer", "bool": "boolean"}
        return {"type": plain[type_]} if type_ in plain else {"$ref": "#/$defs/" + type_}

    def test_types_are_those_of_the_interface(self):
        types = re.findall(r"^type (\w+) \((.*?)\)$", INTERFACE, re.S | re.M)
        self.assertGreater(len(types), 5)
        for name, body in types:
            fields = dict(field.split(": ") for field in re.split(r",\s*", body.strip()))
            definition = SCHEMA["$defs"][name]
            properties = {k: v for k, v in definition["properties"].items() if k != "v"}
            self.assertEqual(properties, {k: self.convert(t) for k, t in fields.items()}, name)
            self.assertEqual(set(definition["required"]),
                             {k for k, t in fields.items() if not t.startswith("?")}, name)


class Documents(linectl.DaemonCase):
    """What is printed."""

    def setUp(self):
        super().setUp()
        document, = self.documents(linectl.OK, "help")
        self.verbs = {verb["verb"]: verb for verb in document["verbs"]}
        self.seen = set()

    def more_words(self):
        path = os.path.join(self.dir, "lined.conf")
        with open(path, "w") as file:
            file.write(f"[lined]\nhistory = {self.dir}/history\n")
        return ["--config", path]

    def judge(self, verb, out, status):
        """Every line is a document of the verb, or the error that the exit status tells."""
        documents = [json.loads(line) for line in out.splitlines()]
        for document in documents:
            if "error" in document and "status" in document:
                validate("error", document)
                self.assertEqual(document["status"], status, verb)
            else:
                validate("verbs/$defs/" + verb, document)
                self.seen.add(verb)
        return documents

    def check(self, verb, *words, status=linectl.OK):
        out, err = self.run_it(status, "--json", verb, *words)
        self.assertEqual(err, "", verb)
        self.assertTrue(out, verb)
        return self.judge(verb, out, status)

    def finish(self, p, verb):
        out, err = p.communicate(timeout=90)
        self.assertEqual(err, "", verb)
        self.judge(verb, out, p.returncode)

    def look_around(self):
        for verb in ("list", "sessions", "status", "ports", "counters", "metrics", "reload",
                     "version", "help", "completion"):
            self.check(verb)
        for verb in ("show", "status", "caps", "reset"):
            self.check(verb, "a")
            self.check(verb, "nosuch", status=linectl.NOT_FOUND)
        self.check("at", "a", "ATI")
        self.check("hotplug", "remove", "/dev/no-such-port")
        self.check("call", "ListLines", '{"line": "a"}')
        self.check("call", "ListLines", '{"line": "z"}', status=linectl.NOT_FOUND)

    def call(self):
        self.check("dial", "a", "300", "--hangup-after", "1")
        self.check("dial", "a", "200", status=linectl.CALL_FAILED)
        session = self.check("dial", "a", "300", "--keep")[-1]["session"]
        for verb in ("show", "status"):
            self.check(verb, "a")
        for verb in ("info", "drop", "info", "release"):
            self.check(verb, session)
        self.check("release", "--all-over")
        self.check("history", "a")
        session = self.check("dial", "--no-wait", "a", "201")[0]["session"]
        self.check("hangup", session)
        session = self.check("dial", "--keep", "a", "300")[-1]["session"]
        self.check("hangup", "--no-wait", session)

    def be_called(self):
        for verb, words in (("answer", ["--hangup-after", "1"]), ("reject", [])):
            linectl.wait_until("lines are ready", self.are_ready)
            caller = self.start("--json", "dial", "b", "101", "--timeout", "30")
            linectl.wait_until("ringing", lambda: "ringing" in self.run_it(0, "list")[0])
            p = self.start("--json", verb, "a", *words)
            if verb == "reject":
                linectl.wait_until("rejected", lambda: p.poll() is not None)
                caller.send_signal(linectl.signal.SIGINT)
            self.finish(p, verb)
            self.finish(caller, "dial")

    def hold_together(self):
        linectl.wait_until("lines are ready", self.are_ready)
        caller = self.start("--json", "dial", "a", "300")
        linectl.read_until(caller.stdout, "connected")
        session = self.check("join", "a")[0]["session"]
        self.check("hold", session, status=linectl.BUSY)
        self.check("take", session, status=linectl.BUSY)
        self.check("release", session)
        caller.send_signal(linectl.signal.SIGINT)
        self.finish(caller, "dial")
        session = self.check("dial", "--keep", "a", "300")[-1]["session"]
        self.check("limit", session, "duration", "3600")
        self.check("hangup", session)

    def pass_files(self):
        path = os.path.join(self.dir, "file")
        with open(path, "w") as file:
            file.write("x" * 50000)
        linectl.wait_until("lines are ready", self.are_ready)
        receiver = self.start("--json", "receive", "a", "--directory", self.dir)
        self.check("send", "b", "101", path)
        self.finish(receiver, "receive")

    def watch(self):
        streams = {verb: self.start("--json", verb) for verb in ("monitor", "trace")}
        self.dial_until_seen(*(p.stdout for p in streams.values()))
        for verb, p in streams.items():
            p.send_signal(linectl.signal.SIGINT)
            self.finish(p, verb)

    def type_commands(self):
        p = subprocess.run([linectl.program("linectl"), "--json", "console", "a"], text=True,
                           input="ATI\nATD1\n", stdout=subprocess.PIPE, env=linectl.ENV,
                           timeout=90)
        self.assertEqual(len(self.judge("console", p.stdout, p.returncode)), 2)

    def claim(self):
        tty = os.path.join(self.dir, "root/sys/devices/platform/serial8250/tty/ttyS7")
        for folder in (tty, *(os.path.join(self.dir, "root", name) for name in
                              ("dev", "sys/class/tty", "etc/udev/rules.d"))):
            os.makedirs(folder)
        root = os.path.join(self.dir, "root")
        os.symlink("../../devices/platform/serial8250/tty/ttyS7", root + "/sys/class/tty/ttyS7")
        for name, text in ((tty + "/dev", "4:71\n"), (root + "/dev/ttyS7", "")):
            with open(name, "w") as file:
                file.write(text)
        self.check("doctor", "--root", root, "/dev/ttyS7")
        self.check("doctor", "--root", root, "/dev/ttyS8", status=linectl.OTHER)
        self.check("claim", "--root", root, "/dev/ttyS7", "--write")
        self.check("unclaim", "--root", root, "/dev/ttyS7")
        self.check("unclaim", "--root", root, "/dev/ttyS7", status=linectl.NOT_FOUND)

    # Of these only errors are seen: what they print when they are done is what "limit" prints.
    DONE = {"hold", "unhold", "hand-off", "take", "give-up"}
    BYTES = {"attach", "connect"}  # stdout is the call, see connect.py

    def test_what_every_verb_prints_is_in_the_schema(self):
        self.look_around()
        self.call()
        self.be_called()
        self.hold_together()
        if shutil.which("sz"):  # Debian package lrzsz
            self.pass_files()
        else:
            self.seen |= {"send", "receive"}
        self.watch()
        self.type_commands()
        self.claim()
        definitions = SCHEMA["$defs"]["verbs"]["$defs"]
        self.assertEqual(set(definitions), set(self.verbs))
        self.assertEqual(self.seen, set(self.verbs) - self.DONE - self.BYTES)
        for verb in self.DONE:
            self.assertEqual(definitions[verb], definitions["limit"], verb)

    def test_every_verb_tells_errors(self):
        for verb in self.verbs:
            # Too many, or none where there may be any number.
            words = "" if verb == "send" else "123456789"
            document, = self.check(verb, *words, status=linectl.USAGE)
            self.assertEqual(document["subject"], verb)
        for words in (["list"], ["show", "a"], ["dial", "a", "1"], ["monitor"], ["info", "s1.1"]):
            self.check("--socket", "/nonexistent/socket", *words, status=linectl.NO_DAEMON)

    def test_fields(self):
        out, _ = self.run_it(linectl.OK, "show", "a", "-g", "name,state,why,aliases,number")
        self.assertEqual(out.splitlines(), ["a", "ready", "", "line-a", "A", ""])
        out, _ = self.run_it(linectl.OK, "list", "--get", "lines.name,lines.1.name,lines.9.name,v")
        self.assertEqual(out.splitlines(), ["a", "b", "c", "b", "", "1"])
        out, _ = self.run_it(linectl.OK, "counters", "-g", "counters.lines")
        self.assertEqual(out, "3\n")
        out, _ = self.run_it(linectl.OK, "call", "GetCounters", "-g", "reply.counters.lines")
        self.assertEqual(out, "3\n")
        out, _ = self.run_it(linectl.OK, "dial", "a", "300", "--hangup-after", "1", "-g",
                             "info.state")
        self.assertEqual(out.splitlines()[-2:], ["connected", "idle"])
        for fields in ("nope", ",name", "name.x", "ports.nope", "ports..path", "x" * 300):
            out, err = self.run_it(linectl.USAGE, "show", "a", "-g", fields)
            self.assertEqual(out, "")
            self.assertIn("no such field", err)
        _, err = self.run_it(linectl.USAGE, "list", "-g", "lines.nope")
        self.assertIn("there are: line, name", err)
        _, err = self.run_it(linectl.NOT_FOUND, "show", "nosuch", "-g", "state")
        self.assertIn("linectl: nosuch", err)


if __name__ == "__main__":
    unittest.main()
