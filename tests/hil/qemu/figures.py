#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long it takes from the pulled plug to the session's end at a client, beside the kernel's own
signs of it: prints a table for docs/TESTING.md. Too slow for every run, and no test: emulated
processors have no figures that could be asserted.

    figures.py [REMOVALS]

Environment: see rig.py.
"""
import sys

from rig import Rig


def signs(rig, pulled_us):
    """Times of the signs of one removal, in microseconds after it."""
    wanted = {
        "hang-up": lambda seen: seen["source"] == "hangup",
        "kernel": lambda seen: seen["source"] == "kernel" and seen["action"] == "remove",
        "udev": lambda seen: seen["source"] == "udev" and seen["action"] == "remove",
        "idle": lambda seen: seen.get("type") == "call-state" and seen["state"] == "idle",
    }
    found = {}

    def look():
        while rig.events:
            seen = rig.events.popleft()
            for name, fits in wanted.items():
                if name not in found and fits(seen):
                    found[name] = seen["us"] - pulled_us
        return len(found) == len(wanted)
    rig.await_event("all signs of a removal", look)
    return found


def replug(rig):
    rig.await_gone("a")
    rig.modems("plug a")
    rig.await_state("a", "ready")


def removal(rig):
    session = rig.dial("a", 301)
    rig.forget_events()
    found = signs(rig, rig.modems("unplug a")[0]["us"])
    rig.linectl("release", session)
    replug(rig)
    return found


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)] / 1000


def show(removals):
    rows = [(text, [one[key] for one in removals]) for text, key in (
        ("the kernel's hang-up of an open port", "hang-up"),
        ("the kernel's event `remove`", "kernel"), ("udevd's event `remove`", "udev"),
        ("IDLE at `linectl monitor`", "idle"))]
    rows.append(("from hang-up to IDLE", [one["idle"] - one["hang-up"] for one in removals]))
    rows.append(("from the kernel's `remove` to IDLE", [one["idle"] - one["kernel"]
                                                        for one in removals]))
    print("| ms after the removal | p50 | p99 | max |\n|---|---|---|---|")
    for name, values in rows:
        print("| %s | %.1f | %.1f | %.1f |" % (name, percentile(values, 50),
                                               percentile(values, 99), max(values) / 1000))


def main(count):
    rig = Rig(hold=True)
    try:
        # The witness opens ports that come while it watches.
        rig.modems("unplug a")
        replug(rig)
        show([removal(rig) for _ in range(count)])
        print(f"\n{count} removals, guest booted in {rig.vm.boot_s:.1f} s")
    finally:
        rig.end()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
