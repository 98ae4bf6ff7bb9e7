#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of an AT transaction, of a byte for the parser and for the loop by hand beside
it, of a call's life, by callgrind.

They are the same on every machine with the same compiler and C library: what is counted is the
difference of two runs, in virtual time and without the system, and the C library is told to use no
instructions that only some processors have. More or less than baseline.json by a tenth is a
failure; --update writes it. BUILD: a build tree without sanitizers. Exits with 77 where this cannot
be counted.
"""
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from figure import report, skip

BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'baseline.json')
TOLERANCE = 0.1
# figure: what is done, how often in the shorter run, what one time is divided by
COUNTS = {
    'instructions.at': ('at', 1000, 1),
    'instructions.command': ('command', 1000, 1),
    'instructions.parser': ('parser', 2, 100_000),
    'instructions.by_hand': ('by_hand', 2, 100_000),
    'instructions.call': ('call', 100, 1),
}
WHAT = {
    'instructions.at': 'instructions per AT transaction',
    'instructions.command': 'instructions per tl_line_command()',
    'instructions.parser': 'instructions per byte parsed',
    'instructions.by_hand': 'instructions per byte parsed by hand',
    'instructions.call': 'instructions per call life',
}
PLAIN = '-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX2_Usable,-AVX,-BMI1,-BMI2,-LZCNT,-MOVBE,-ERMS,-FSRM'


def run(what, times):
    env = {**os.environ, 'GLIBC_TUNABLES': f'glibc.cpu.hwcaps={PLAIN}'}
    program = os.path.join(os.environ['BUILD'], 'tests/bench_counts')
    said = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null',
                           program, what, str(times)],
                          env=env, check=True, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r'Collected : (\d+)', said)[1])


def main():
    if platform.machine() != 'x86_64' or not shutil.which('valgrind'):
        for figure in COUNTS:
            skip(figure, WHAT[figure], 'needs valgrind and x86-64')
        return 77
    counts = {}
    for figure, (what, times, parts) in COUNTS.items():
        count = (run(what, 2 * times) - run(what, times)) / times / parts
        counts[figure] = round(count, 2 if parts > 1 else 0)
        report(figure, WHAT[figure], 'Ir', [counts[figure]])
    if '--update' in sys.argv:
        with open(BASELINE, 'w', encoding='ascii') as out:
            json.dump(counts, out, indent=8)
            out.write('\n')
    with open(BASELINE, encoding='ascii') as known:
        wanted = json.load(known)
    wrong = {f: n for f, n in counts.items() if abs(n / wanted[f] - 1) > TOLERANCE}
    for figure, count in wrong.items():
        print(f'{figure}: {count}, but {wanted[figure]} in baseline.json: find out why, then '
              'tests/bench/counts.py --update', file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
