#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unpack the kernel of a bzImage: emulated, it would take five seconds to do that itself.

    vmlinux.py BZIMAGE OUTPUT
"""
import gzip
import lzma
import struct
import subprocess
import sys

# Linux, Documentation/x86/boot.rst
SETUP_SECTS, PAYLOAD_OFFSET, SECTOR = 0x1F1, 0x248, 512


def unpack(data):
    if data.startswith(b"\xfd7zXZ\0"):
        # The size of the unpacked kernel follows it: no part of the stream.
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data[:-4])
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "-dc"], input=data[:-4], stdout=subprocess.PIPE,
                              check=True).stdout
    sys.exit("vmlinux: the kernel is compressed in a way that is not known here")


def main(source, target):
    with open(source, "rb") as file:
        image = file.read()
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start = (image[SETUP_SECTS] + 1) * SECTOR + offset
    with open(target, "wb") as file:
        file.write(unpack(image[start:start + length]))


main(*sys.argv[1:])
