# SPDX-License-Identifier: MIT
"""Modems that umockdev makes lined believe in: sysfs, nodes, udevd's messages, modem lines."""
import os
import subprocess

from udev_rig import HOST, PLACE

# Names of nodes are ours alone: lock files in /run/lock are called after them.
FIRST = os.getpid() * 100


class Plugged:
    """A device that is there. ttys: [(syspath, node)] in the order of the model's ports."""

    def __init__(self, syspath, place, ttys):
        self.syspath, self.place, self.ttys = syspath, place, ttys

    def nodes(self):
        return [node for _, node in self.ttys]


class Bed:
    """One machine, by the program umockdev_bed."""

    def __init__(self, program, shim, folder):
        self.folder = folder
        asan = os.environ.get("ASAN_OPTIONS", "").split(":") + ["verify_asan_link_order=0"]
        environ = dict(os.environ, ASAN_OPTIONS=":".join(filter(None, asan)))
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(environ, LD_PRELOAD="libumockdev-preload.so.0"))
        root = self.process.stdout.readline().strip()
        assert root, "umockdev_bed has ended"
        # Of programs that run on this machine.
        self.environ = dict(environ, UMOCKDEV_DIR=root,
                            LD_PRELOAD=f"{shim}:libumockdev-preload.so.0")
        self.count = 0
        self.add("\n".join((block(os.path.dirname(HOST), [("SUBSYSTEM", "pci")]),
                            block(HOST, [("SUBSYSTEM", "usb"), ("DEVTYPE", "usb_device")]))))

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(90)

    def tell(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        assert answer and answer[0] == "ok", f"{words}: {answer}"
        return dict(pair.split("=") for pair in answer[1:])

    def add(self, text):
        path = os.path.join(self.folder, "devices")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.tell("add", path)

    def plug(self, what, port, number, marked=False):
        """Plug a model in. Behind its ports there are modems: number, and so on."""
        path = f"{HOST}/1-{port}"
        device = [("SUBSYSTEM", "usb"), ("DEVTYPE", "usb_device")]
        blocks = [block(path, device, idVendor=what.vendor, idProduct=what.product,
                        manufacturer=what.maker, product=what.model, serial=what.serial)]
        for interface in sorted({row[0] for row in what.ports}):
            blocks.append(block(f"{path}/1-{port}:1.{interface}",
                                [("SUBSYSTEM", "usb"), ("DEVTYPE", "usb_interface")],
                                bInterfaceNumber=f"{interface:02x}"))
        ttys = []
        for row in what.ports:
            ttys.append(self.tty(blocks, f"{path}/1-{port}:1.{row[0]}", row, marked))
        self.add("\n".join(blocks))
        for i, (syspath, node) in enumerate(ttys):
            self.tell("modem", node, str(number + i))
            self.tell("uevent", syspath, "add")
        return Plugged(path, PLACE + str(port), ttys)

    def tty(self, blocks, parent, row, marked):
        """@return its syspath and node; no node is ever used again: umockdev 0.17 cannot"""
        _, suffix, role, profile = row
        name = ("ttyACM" if suffix is None else "ttyUSB") + str(FIRST + self.count)
        if suffix is not None:
            parent += "/" + name
            blocks.append(block(parent, [("SUBSYSTEM", "usb-serial")], port_number=str(suffix)))
        properties = [("SUBSYSTEM", "tty"), ("DEVNAME", "/dev/" + name), ("MAJOR", "188"),
                      ("MINOR", str(self.count)), ("ID_TRUNKLINE", "1" if marked else None),
                      ("ID_TRUNKLINE_ROLE", role), ("ID_TRUNKLINE_PROFILE", profile)]
        blocks.append(block(f"{parent}/tty/{name}", properties, node=name,
                            device="../../../" + os.path.basename(parent)))
        self.count += 1
        return f"{parent}/tty/{name}", "/dev/" + name

    def unplug(self, plugged, order=("hangup", "uevent", "remove")):
        """order: what the program may notice first; umockdev's uevent goes before its remove"""
        for step in order:
            for syspath, node in plugged.ttys:
                words = {"hangup": [node], "remove": [syspath], "uevent": [syspath, "remove"]}
                self.tell(step, *words[step])
        self.tell("remove", plugged.syspath)
        # These it leaves behind, and cannot add the device again.
        links = self.environ["UMOCKDEV_DIR"] + "/sys/bus/usb/devices/"
        name = os.path.basename(plugged.syspath)
        for link in os.listdir(links):
            if link == name or link.startswith(name + ":"):
                os.unlink(links + link)

    def show(self, node):
        return self.tell("show", node)


def block(path, properties, node=None, device=None, **attributes):
    """A device in umockdev's format."""
    lines = ["P: " + path.removeprefix("/sys")]
    lines += [f"N: {node}"] if node else []
    lines += [f"E: {key}={value}" for key, value in properties if value is not None]
    lines += [f"A: {key}={value}" for key, value in attributes.items() if value is not None]
    lines += [f"L: device={device}"] if device else []
    return "\n".join(lines) + "\n"
