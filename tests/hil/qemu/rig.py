# SPDX-License-Identifier: MIT
"""The rig: a guest with eight USB modems on vhci_hcd and one behind an FTDI adapter on xhci, lined
with a line for each, and a witness of everything that linectl monitor, the kernel and udevd say.

    KERNEL   kernel and guest's root are here: vmlinux, initrd
    BIN      modemsim, for the modem behind the adapter
    VARIANT  installed: lined and linectl as users get them; built: those of this build
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

from vm import PATIENCE, VM

SKIPPED = 77
MODEMS = "abcdefgh"
BY_PATH = "/dev/serial/by-path/"
ADAPTER = "usb-serial,chardev=u,bus=xhci.0,port=1,id="
VARIANTS = {
    "installed": "PATH=/usr/bin:/usr/sbin:/bin",
    "built": "PATH=/test/bin:/bin LD_LIBRARY_PATH=/test/lib",
}
# Exit statuses of linectl
OK, BUSY, GONE, NOT_FOUND = 0, 6, 11, 10


def device(name):
    if name == "u":
        return BY_PATH + "pci-0000:00:02.0-usb-0:1:1.0-port0"
    return BY_PATH + "platform-vhci_hcd.0-usb-0:%d:1.0" % (MODEMS.index(name) + 1)


def scenario():
    lines = []
    for index, name in enumerate(MODEMS):
        lines += ["[modem %s]" % name, "number = %d" % (101 + index)]
    for number, does in ((301, "answer"), (302, "silent"), (303, "busy")):
        lines += ["[number %d]" % number, "does = %s" % does]
    return lines


def config():
    lines = []
    for name in MODEMS + "u":
        lines += ["[line %s]" % name, "device = %s" % device(name)]
    # QEMU's adapter has no CTS when there is a pty behind it.
    return lines + ["flow = none"]


class Rig:
    def __init__(self, variant=os.environ.get("VARIANT", "installed"), hold=False):
        folder = os.environ["KERNEL"]
        if not os.path.exists(os.path.join(folder, "initrd")):
            print("skipped: there is no guest; hil.qemu.fetch says why")
            sys.exit(SKIPPED)
        self.environment = VARIANTS[variant]
        self.adapter = "u0"
        self.dir = tempfile.TemporaryDirectory(prefix="trunkline-modem-")
        self.bus = None
        self.sim = None
        self.events = collections.deque()
        self.states = {}
        self.vm = VM(os.path.join(folder, "vmlinux"), os.path.join(folder, "initrd"),
                     self.start_modem())
        try:
            self.start_guest(hold)
        except BaseException:
            self.end()
            raise

    def start_modem(self):
        """modemsim beside QEMU. @return QEMU's options for it"""
        self.sim = subprocess.Popen(
            [os.path.join(os.environ["BIN"], "modemsim"), "--control", "--dir", self.dir.name,
             "--modem", "u=201,dtr=ignore", "--modem", "v=202,answer=1"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        path, *_ = [self.sim.stdout.readline().split()[-1] for _ in ("u", "v", "ready")]
        return ["-device", "qemu-xhci,id=xhci,addr=2", "-chardev", f"serial,id=u,path={path}",
                "-device", ADAPTER + self.adapter]

    def start_guest(self, hold):
        self.write("/run/scenario", scenario())
        self.write("/etc/trunkline/lined.conf", config())
        self.shell("/test/bin/usbmodem /run/scenario 0<>/dev/virtio-ports/modems >&0 "
                   "2>/run/usbmodem.log &")
        self.vm.line("modems", lambda line: line == "ready")
        self.bus = self.shell("cd /sys/devices/platform/vhci_hcd.0; "
                              "echo usb* | sed 's/usb//; s/ .*//'").strip()
        self.shell("lined --log-level debug 2>/run/lined.log &")
        self.shell("touch /run/monitor.log; (until linectl monitor --json 2>>/run/monitor.log; "
                   "do sleep 0.1; done | /test/bin/witness %s >/dev/virtio-ports/events) "
                   "2>>/run/witness.log &" % ("--hold" if hold else ""))
        self.until("the daemon listens", lambda: self.vm.run(
            f"export {self.environment}; linectl list")[0] == OK)
        for name in MODEMS + "u":
            self.await_state(name, "ready")
        self.until("the monitor listens", self.is_monitored)

    def is_monitored(self):
        self.linectl("reset", "a")
        self.vm.turn(0.1)
        self.take_events()
        return any(seen["source"] == "client" for seen in self.events)

    # ---- the guest

    def shell(self, command, status=0):
        """@return what a command prints, which must exit with that status"""
        is_status, output = self.vm.run(f"export {self.environment}; {command}")
        if is_status != status:
            raise AssertionError(f"{command}: {is_status} instead of {status}\n{output}")
        return output

    def write(self, path, lines):
        self.shell("printf '%%s\\n' %s >%s" % (" ".join(f"'{line}'" for line in lines), path))

    def linectl(self, *words, status=OK):
        return self.shell(" ".join(("linectl",) + words), status)

    def json(self, *words, status=OK):
        return json.loads(self.linectl("--json", *words, status=status))

    def until(self, what, check):
        """Await what there is no event of. @return what check() has returned"""
        end = time.monotonic() + PATIENCE
        while True:
            result = check()
            if result:
                return result
            if time.monotonic() > end:
                raise self.vm.trouble("never happened: " + what)
            self.vm.turn(0.1)

    # ---- lines and sessions

    def line(self, name):
        return next(line for line in self.json("list")["lines"] if line["name"] == name)

    def usb_port(self, name):
        """Where a modem is plugged in, as the kernel numbers its busses today."""
        return "%s-%d" % (self.bus, MODEMS.index(name) + 1)

    def node(self, name):
        return os.path.basename(self.shell("readlink " + device(name)).strip())

    def dial(self, name, number):
        """@return the session of a connected call"""
        return self.linectl("--quiet", "dial", "--keep", name, str(number)).strip()

    def start_dialing(self, name, number):
        """@return the session of a call that will not get through"""
        return self.linectl("--quiet", "dial", "--no-wait", name, str(number)).strip()

    def info(self, session):
        return self.json("info", session)["info"]

    def await_over(self, session):
        self.until(f"session {session} is over", lambda: self.info(session)["over"])
        return self.info(session)

    # ---- events

    def take_events(self):
        """Read what the witness has written; the last state of each line is kept."""
        lines = self.vm.channels["events"].lines
        while lines:
            seen = json.loads(lines.popleft())
            seen.update(seen.pop("event", {}).get("event", {}))
            if seen.get("type") == "line-state":
                self.states[seen["line_name"]] = seen["state"]
            self.events.append(seen)

    def await_event(self, what, check):
        """Look at each event that comes, until check() is content. @return what it says"""
        end = time.monotonic() + PATIENCE
        while True:
            self.take_events()
            result = check()
            if result:
                return result
            if time.monotonic() > end:
                raise self.vm.trouble("never happened: " + what)
            self.vm.turn(1)

    def event(self, **wanted):
        """The next event of which all that is true; what comes before it is dropped."""
        def find():
            while self.events:
                seen = self.events.popleft()
                if all(seen.get(key) == value for key, value in wanted.items()):
                    return seen
            return None
        return self.await_event(str(wanted), find)

    def forget_events(self):
        self.vm.turn(0)
        self.take_events()
        self.events.clear()

    def await_state(self, name, *states):
        """From events, which cost the guest nothing; it is asked when it has been silent."""
        seen = None

        def check():
            nonlocal seen
            if self.states.get(name) not in states and seen == len(self.events):
                self.states = {line["name"]: line["state"] for line in self.json("list")["lines"]}
            seen = len(self.events)
            return self.states.get(name) in states
        self.await_event(f"line {name} is {' or '.join(states)}", check)

    def await_gone(self, name):
        self.await_state(name, "gone", "absent")

    # ---- modems

    def modems(self, command):
        """A command for usbmodem. @return the lines of its answer, JSON decoded"""
        self.vm.channels["modems"].send(command + "\n")
        answer = []
        while True:
            line = self.vm.line("modems")
            if line == "ok":
                return answer
            if line.startswith("error"):
                raise AssertionError(f"{command}: {line}")
            answer.append(json.loads(line))

    def modem(self, name):
        """What the emulation and the host's settings say of a modem."""
        found = {}
        for line in self.modems("show") + self.modems("usb"):
            if line["name"] == name:
                found.update(line)
        return found

    def clean(self, lines=MODEMS + "u"):
        """Everything plugged in, without faults, and every line ready: as at the beginning."""
        for state in self.modems("usb"):
            self.modems("fault %s none" % state["name"])
            if not state["plugged"]:
                self.modems("plug %s" % state["name"])
        # What other connections have goes with them.
        for session in self.json("sessions")["sessions"]:
            if session["kept"]:
                self.linectl("hangup", session["session"])
        for name in lines:
            self.await_state(name, "ready")

    def plug_adapter(self):
        driver, *properties = ADAPTER.split(",")
        properties = dict(pair.split("=") for pair in properties[:-1])
        self.adapter = "u%d" % (int(self.adapter[1:]) + 1)
        self.vm.qmp("device_add", driver=driver, id=self.adapter, **properties)

    def unplug_adapter(self):
        self.vm.device_del(self.adapter)

    def await_on_hook(self):
        """The modem behind the adapter has no plug: its call ends when lined has the port again."""
        def check():
            self.sim.stdin.write("show\n")
            self.sim.stdin.flush()
            states = [json.loads(self.sim.stdout.readline()) for _ in "uv"]
            self.sim.stdout.readline()  # ok
            return all(not s["off_hook"] and s["state"] == "command" for s in states)
        self.until("both modems are on hook", check)

    # ---- the end

    def logs(self):
        return self.shell("tail -n 200 /run/*.log")

    def end(self):
        self.vm.end()
        self.sim.stdin.close()
        self.sim.stdout.close()
        self.sim.wait()
        self.dir.cleanup()
