#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How large the programs and the library are, stripped. BUILD: the build tree."""
import glob
import os
import subprocess
import tempfile

from figure import report

build = os.environ['BUILD']
with tempfile.TemporaryDirectory() as folder:
    stripped = os.path.join(folder, 'stripped')
    for name, pattern in (('lined', 'bin/lined'), ('linectl', 'bin/linectl'),
                          ('libtrunkline.so', 'lib/libtrunkline.so.*.*.*')):
        [path] = glob.glob(os.path.join(build, pattern))
        subprocess.run(['strip', '-o', stripped, path], check=True)
        report(f'size.{name}', f'{name}, stripped', 'KiB', [os.path.getsize(stripped) / 1024],
               most=300)
