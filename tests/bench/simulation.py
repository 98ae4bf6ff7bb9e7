#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many lives of calls the simulation lives a minute of one processor. BUILD: the build tree."""
import os
import re
import subprocess
import sys

from figure import report

RUNS, SEEDS = (1, '50') if '--brief' in sys.argv else (5, '2000')

speeds = []
for _ in range(RUNS):
    said = subprocess.run([os.path.join(os.environ['BUILD'], 'tests/simulate'), '--seeds', SEEDS],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    speeds.append(60 * int(re.search(r'(\d+) calls per second of processor time', said)[1]))
report('simulation', 'calls lived in the simulation', '1/min', speeds, least=1e6)
