#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual pages against the programs: each verb, option, key, method, error and exit status is
explained, and nothing is explained that does not exist.

BIN is the folder of the programs, ROOT the source tree.
"""
import glob
import json
import os
import re
import subprocess
import unittest

BIN = os.environ["BIN"]
ROOT = os.environ["ROOT"]


def read(path):
    with open(os.path.join(ROOT, path)) as file:
        return file.read()


def section(page, title):
    """Of a manual page: what stands between its title and the next one."""
    return re.search(rf"^# {title}$(.*?)(?=^# |\Z)", read("docs/man/" + page), re.S | re.M)[1]


def heads(text):
    """What paragraphs with an indented explanation are about: "*-j*, *--json*" is two of them."""
    found = set()
    for line in re.findall(r"^(\*.*)\n\t", text, re.M):
        found.update(word.replace("\\", "") for word in re.findall(r"\*([^* ]+)\*", line))
    return found


def run(program, *words):
    return subprocess.run([os.path.join(BIN, program), *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def help_options(program):
    """--options at the beginning of a line of --help."""
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", run(program, "--help"), re.M))


def long_options(words):
    return {word for word in words if word.startswith("--")}


class Manuals(unittest.TestCase):
    def same(self, there, explained, what):
        self.assertTrue(there, what)
        self.assertEqual(sorted(explained - there), [], f"{what}: explained and not there")
        self.assertEqual(sorted(there - explained), [], f"{what}: there and not explained")

    def test_verbs_of_linectl(self):
        verbs = {verb["verb"] for verb in json.loads(run("linectl", "help", "--json"))["verbs"]}
        self.same(verbs, heads(section("linectl.1.scd", "VERBS")), "verbs")

    def test_options_of_linectl(self):
        options = json.loads(run("linectl", "help", "--json"))["options"]
        explained = heads(section("linectl.1.scd", "OPTIONS"))
        letters = {"-" + option["letter"] for option in options if "letter" in option}
        self.same({"--" + option["option"] for option in options} | letters, explained, "options")

    def test_options_of_lined(self):
        self.same(help_options("lined"), long_options(heads(section("lined.8.scd", "OPTIONS"))),
                  "lined")

    def test_options_of_modemsim(self):
        explained = long_options(heads(section("modemsim.1.scd", "OPTIONS")))
        self.same(help_options("modemsim"), explained, "modemsim")

    def test_keys_of_modemsim(self):
        source = read("tools/modemsim/config.c")
        table = re.search(r"modem_keys\[\] = \{(.*?)\n\};", source, re.S)[1]
        keys = set(re.findall(r'^\t[A-Z{(]*"([a-z0-9-]+)"', table, re.M))
        self.same(keys, {word.rstrip("=") for word in heads(section("modemsim.1.scd", "MODEM KEYS"))
                         } - {"yes", "no", "hold", "none", "follow", "ignore", "plugged",
                              "unplugged", "no-carrier", "error", "plain", "flags"}, "keys")
        told = re.search(r"keys: (.*?)\n +--", run("modemsim", "--help"), re.S)[1]
        self.same(keys - {"number"}, set(re.split(r",\s*", told.strip())), "modemsim --help")

    def test_keys_of_lines(self):
        keys = set(re.findall(r'^\t\{"([a-z0-9-]+)", set_\w+\}', read("core/params.c"), re.M))
        explained = heads(section("lined.conf.5.scd", r"\[line NAME\]"))
        self.same(keys - {"name"}, explained, "[line]")
        header = set(re.findall(r"^ \* \| ([a-z0-9-]+) +\| ",
                                read("include/trunkline/line.h"), re.M))
        self.same(keys, header - {"key"}, "tl_line_params_set()")

    def test_keys_of_the_daemon(self):
        keys = set()
        for path in glob.glob(os.path.join(ROOT, "tools/lined/settings*.c")):
            keys |= set(re.findall(r'^\t\{"([a-z0-9-]+)", set_\w+', read(path), re.M))
        explained = heads(read("docs/man/lined.conf.5.scd"))
        line = heads(section("lined.conf.5.scd", r"\[line NAME\]"))
        policy = heads(section("lined.conf.5.scd", r"\[policy\]"))
        self.same(keys - line, explained - line - policy, "[lined]")

    def test_keys_of_the_policy(self):
        rules = set(re.findall(r'^\t\[LINED_RULE_\w+\] = "([a-z-]+)"',
                               read("tools/lined/policy.c"), re.M))
        self.same(rules, heads(section("lined.conf.5.scd", r"\[policy\]")), "[policy]")

    def test_methods_and_errors(self):
        text = read("tools/varlink/io.trunkline.varlink")
        methods = set(re.findall(r"^method (\w+)\(", text, re.M))
        explained = set(re.findall(r"^\*(\w+)\*\(", section("trunkline-varlink.7.scd", "METHODS"),
                                   re.M))
        self.same(methods, explained, "methods")
        errors = set(re.findall(r"^error (\w+) ", text, re.M))
        explained = set(re.findall(r"^[|\[]+ +(\w+)$", section("trunkline-varlink.7.scd", "ERRORS"),
                                   re.M))
        self.same(errors, explained, "errors")

    def test_parameters_of_methods(self):
        text = re.sub(r"#.*", "", read("tools/varlink/io.trunkline.varlink"))
        page = section("trunkline-varlink.7.scd", "METHODS")
        for name, params in re.findall(r"^method (\w+)\((.*?)\)", text, re.M | re.S):
            there = [tuple(re.fullmatch(r"(\w+): (\??).*", param.strip()).groups())
                     for param in params.split(",") if param]
            told = re.search(rf"^\*{name}\*\((.*?)\)", page, re.S | re.M)[1].replace("\\", "")
            explained = [tuple(re.fullmatch(r"_(\w+)_(\??)", param.strip()).groups())
                         for param in told.split(",") if param]
            self.assertEqual(explained, there, name)

    def test_exit_statuses(self):
        statuses = set(re.findall(r"^\tSTATUS_\w+ = (\d+),", read("tools/linectl/exit.h"), re.M))
        table = section("linectl.1.scd", "EXIT STATUS")
        self.same(statuses, set(re.findall(r"^\|[\[ ]+\*(\d+)\*$", table, re.M)), "exit statuses")


if __name__ == "__main__":
    unittest.main()
