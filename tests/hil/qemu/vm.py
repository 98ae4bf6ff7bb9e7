# SPDX-License-Identifier: MIT
"""A guest with Debian's kernel in QEMU: booted, spoken to, and its USB plugs pulled."""
import collections
import json
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

# Emulated processors on a busy machine: what takes a second here may take a minute there.
PATIENCE = float(os.environ.get("PATIENCE", 180))
CHANNELS = ("agent", "modems", "events")


class Channel:
    """Lines from a socket of QEMU, kept until somebody asks for them."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.lines = collections.deque()
        self.bytes = b""

    def receive(self):
        """@return False at the end"""
        chunk = self.socket.recv(65536)
        *lines, self.bytes = (self.bytes + chunk).split(b"\n")
        self.lines.extend(line.decode(errors="replace").rstrip("\r") for line in lines)
        return bool(chunk)

    def send(self, text):
        self.socket.setblocking(True)
        self.socket.sendall(text.encode())
        self.socket.setblocking(False)


class VM:
    """A running guest. VM(...) returns when it does what it is told."""

    def __init__(self, kernel, initrd, devices=(), memory=512):
        self.dir = tempfile.mkdtemp(prefix="trunkline-vm-")
        self.console = collections.deque(maxlen=200)
        self.process = None
        self.channels = {}
        self.selector = selectors.DefaultSelector()
        started = time.monotonic()
        try:
            self.start(kernel, initrd, devices, memory)
            self.line("agent", lambda line: line == "ready")
        except BaseException:
            self.end()
            raise
        self.boot_s = time.monotonic() - started

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, kernel, initrd, devices, memory):
        words = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "qemu64", "-M", "q35",
                 "-m", str(memory), "-nodefaults", "-no-user-config", "-display", "none",
                 "-no-reboot", "-kernel", kernel, "-initrd", initrd,
                 # A panic ends QEMU, and the console's tail says why.
                 "-append", "console=ttyS0 panic=-1 quiet mitigations=off nokaslr tsc=reliable",
                 *self.server("serial", "console"), *self.server("qmp", "qmp"),
                 "-device", "virtio-serial-pci"]
        for name in CHANNELS:
            words += ["-chardev", f"socket,id={name},path={self.path(name)},server=on,wait=off",
                      "-device", f"virtserialport,chardev={name},name={name}"]
        with open(self.path("stderr"), "wb") as stderr:
            self.process = subprocess.Popen(words + list(devices), stdin=subprocess.DEVNULL,
                                            stdout=stderr, stderr=stderr)
        for name in ("console", "qmp") + CHANNELS:
            self.connect(name)
        self.qmp_greeting()

    def server(self, option, name):
        return [f"-{option}", f"unix:{self.path(name)},server=on,wait=off"]

    def connect(self, name):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                channel = Channel(self.path(name))
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise self.trouble(f"QEMU does not run") from None
                time.sleep(0.02)
        self.channels[name] = channel
        self.selector.register(channel.socket, selectors.EVENT_READ, channel)

    def trouble(self, what):
        """What has gone wrong, with all that there is to say about it."""
        with open(self.path("stderr"), errors="replace") as file:
            stderr = file.read()
        return AssertionError("\n".join([what, "--- QEMU", stderr, "--- console", *self.console]))

    def turn(self, timeout):
        for key, _ in self.selector.select(timeout):
            if not key.data.receive():
                self.selector.unregister(key.fileobj)
        console = self.channels["console"].lines
        self.console.extend(console)
        console.clear()

    def line(self, name, check=lambda line: True, patience=None):
        """The next line of a channel that passes; what comes before it is dropped."""
        lines = self.channels[name].lines
        end = time.monotonic() + (patience or PATIENCE)
        while True:
            while lines:
                line = lines.popleft()
                if check(line):
                    return line
            if self.process.poll() is not None:
                raise self.trouble("the guest has ended")
            if time.monotonic() > end:
                raise self.trouble(f"the guest says nothing more on '{name}'")
            self.turn(1)

    def run(self, command):
        """Do a line of shell in the guest. @return exit status, output"""
        self.channels["agent"].send(command + "\n")
        status, size = map(int, self.line("agent").split())
        channel = self.channels["agent"]
        while True:
            output = "".join(line + "\n" for line in channel.lines) + channel.bytes.decode()
            if len(output.encode()) >= size:
                break
            self.turn(1)
        channel.lines.clear()
        channel.bytes = b""
        return status, output

    def qmp_greeting(self):
        self.line("qmp")
        self.qmp("qmp_capabilities")

    def qmp(self, command, **arguments):
        self.channels["qmp"].send(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        answer = json.loads(self.line("qmp", lambda line: "event" not in json.loads(line)))
        if "error" in answer:
            raise AssertionError(f"{command} {arguments}: {answer['error']}")
        return answer["return"]

    def device_del(self, name):
        """Pull a device out; returns when it is gone and its chardev is free."""
        self.channels["qmp"].send(json.dumps({"execute": "device_del",
                                              "arguments": {"id": name}}) + "\n")
        self.line("qmp", lambda line: json.loads(line).get("event") == "DEVICE_DELETED"
                  and json.loads(line)["data"].get("device") == name)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        for channel in self.channels.values():
            channel.socket.close()
        self.selector.close()
        shutil.rmtree(self.dir)
