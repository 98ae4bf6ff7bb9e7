#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The completion of linectl in real shells, with lines and sessions of a running daemon.

BIN is the folder of the programs. Skipped are shells that are not installed.
"""
import os
import pty
import select
import shutil
import subprocess
import termios

import linectl
from linectl import BIN, ENV, OK, program, wait_until

KINDS = (
    # what stands there, what is offered for its last word
    ("linectl dia", ["dial"]),
    ("linectl --timeout 5 hot", ["hotplug"]),
    ("linectl hotplug a", ["add"]),
    ("linectl --color al", ["always"]),
    ("linectl --log-level t", ["trace"]),
    ("linectl help moni", ["monitor"]),
    ("linectl dial --kee", ["--keep"]),
    ("linectl completion z", ["zsh"]),
    ("linectl --socket /nonexistent limit s1.1 dur", ["duration"]),
)


class Shells(linectl.DaemonCase):
    """One daemon, and what each shell offers."""

    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.dir, "home")
        os.mkdir(self.home)
        self.env = dict(ENV, PATH=BIN + ":" + ENV["PATH"], HOME=self.home, TERM="dumb")
        self.session = self.keep("b", "300")
        self.cases = KINDS + (("linectl show a", ["a"]), ("linectl dial c", ["c"]),
                              (f"linectl info {self.session[:2]}", [self.session]))

    def need(self, shell):
        if not shutil.which(shell):
            self.skipTest("no " + shell)

    def script(self, shell):
        out, _ = self.run_it(OK, "completion", shell)
        path = os.path.join(self.dir, "_linectl")
        with open(path, "w") as file:
            file.write(out)
        return path

    def run_shell(self, *words):
        p = subprocess.run(words, env=self.env, text=True, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=120)
        self.assertEqual((p.returncode, p.stderr), (0, ""), words)
        return p.stdout

    def test_bash(self):
        self.need("bash")
        path = self.script("bash")
        self.assertEqual(self.run_it(OK, "completion")[0], linectl.read(path))
        code = f'source {path}; COMP_WORDS=($1); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); ' \
               '_linectl; printf "%s\\n" "${COMPREPLY[@]}"'
        for line, offered in self.cases:
            out = self.run_shell("bash", "--norc", "-c", code, "bash", line)
            self.assertEqual(out.split(), offered, line)

    def test_fish(self):
        self.need("fish")
        path = self.script("fish")
        for line, offered in self.cases:
            out = self.run_shell("fish", "--no-config", "-c",
                                 f'source {path}; complete -C "{line}"')
            self.assertEqual([row.split("\t")[0] for row in out.splitlines()], offered, line)

    def test_names_are_never_run(self):
        """Whatever a daemon says that its lines are called."""
        trap = os.path.join(self.dir, "trap")
        folder = os.path.join(self.dir, "bin")
        os.mkdir(folder)
        with open(os.path.join(folder, "linectl"), "w") as file:
            file.write(f"#!/bin/sh\nprintf '%s\\n' 'x$(>{trap})' 'x`>{trap}`' 'x;>{trap}' 'x*'\n")
        os.chmod(os.path.join(folder, "linectl"), 0o755)
        path, self.env["PATH"] = self.script("bash"), folder + ":" + self.env["PATH"]
        # As bash takes what has been offered: it stands on its command line.
        code = f"source {path}; COMP_WORDS=(linectl show x); COMP_CWORD=2; _linectl; " \
               'for word in "${COMPREPLY[@]}"; do eval "printf \'%s\\n\' $word"; done'
        out = self.run_shell("bash", "--norc", "-c", code)
        self.assertEqual(out.splitlines(), [f"x$(>{trap})", f"x`>{trap}`", f"x;>{trap}", "x*"])
        self.assertFalse(os.path.exists(trap))

    def start_zsh(self, path):
        """A zsh on a terminal that has been told of the completion. Ctrl-X Ctrl-D writes down what
        stands on its line."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        # Keys that are typed while it starts are its own to interpret, not the terminal's.
        mode = termios.tcgetattr(slave)
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        out = os.path.join(self.dir, "out")
        with open(os.path.join(self.home, ".zshrc"), "w") as file:
            file.write(f"fpath=({os.path.dirname(path)} $fpath)\n"
                       "autoload -Uz compinit && compinit -D -u\n"
                       f"dump() {{ print -r -- $BUFFER >>{out}; BUFFER= }}\n"
                       "zle -N dump && bindkey '^X^D' dump\n"
                       f"zle-line-init() {{ : >{out} }}\n"
                       "zle -N zle-line-init\n")
        p = subprocess.Popen(["zsh", "-d", "-i"], env=self.env, stdin=slave, stdout=slave,
                             stderr=slave, start_new_session=True)
        self.addCleanup(self.stop, p)
        os.close(slave)
        wait_until("zsh reads keys", lambda: self.look(master, out) is not None)
        return master, out

    def look(self, master, out):
        """What has been written down so far; None before zsh reads keys. What it shows is read, so
        that it can go on."""
        while select.select([master], [], [], 0)[0]:
            os.read(master, 65536)
        return linectl.read(out).splitlines() if os.path.exists(out) else None

    def test_zsh(self):
        self.need("zsh")
        master, out = self.start_zsh(self.script("zsh"))
        for i, (line, offered) in enumerate(self.cases):
            os.write(master, line.encode() + b"\t\x18\x04")
            wait_until(line, lambda i=i: len(self.look(master, out)) > i)
            stem = line[:line.rindex(" ") + 1]
            self.assertEqual(self.look(master, out)[i].rstrip(), stem + offered[0], line)

    def test_installed_scripts_are_what_the_program_prints(self):
        for shell in ("bash", "zsh", "fish"):
            path = os.path.join(os.environ["SCRIPTS"], "linectl." + shell)
            if os.path.exists(path):
                self.assertEqual(linectl.read(path), self.run_it(OK, "completion", shell)[0])
        self.error(linectl.USAGE, "completion", "tcsh")


if __name__ == "__main__":
    linectl.unittest.main()
