# SPDX-License-Identifier: MIT
"""Modems in a forged sysfs: what their descriptors say, and where the kernel would put them."""
import os

HOST = "/sys/devices/pci0000:00/0000:00:14.0/usb1"
PLACE = "pci-0000:00:14.0-usb-0:"


class Model:
    """A USB device. ports: of each tty the interface, the port on it where the driver is one of
    usb-serial's (None: it is cdc_acm), the role and the profile that we know of it."""

    def __init__(self, name, vendor, product, texts, *ports):
        self.name, self.vendor, self.product, self.ports = name, vendor, product, ports
        self.maker, self.model, self.serial = texts


def acm(interface=0, role=None, profile=None):
    return interface, None, role, profile


def serial(interface=0, role=None, profile=None, port=0):
    return interface, port, role, profile


# Texts are as kernels' logs show them, where such a log is public.
MODELS = [
    Model("USR5637", "0baf", "0303", ("U.S.Robotics", "USB Modem", "0000002"),
          acm(0, "at", "v250")),
    Model("TFM-561U", "0572", "1329", ("Conexant", "USB Modem", "24680246"), acm(0, "at", "v250")),
    Model("Zoom 3095", "0803", "3095", ("Conexant", "USB Modem", "24680246"),
          acm(0, "at", "v250")),
    Model("MT9234ZBA", "06e0", "f115", ("Multi-Tech Systems, Inc.", "MT9234ZBA", None),
          serial(0, "at", "v250")),
    Model("EC25", "2c7c", "0125", ("Android", "Android", None),
          serial(0, "diag"), serial(1, "gps"), serial(2, "at"), serial(3, "data")),
    Model("SIM7600", "1e0e", "9001",
          ("SimTech, Incorporated", "SimTech, Incorporated", "0123456789ABCDEF"), serial(0, "diag"),
          serial(1, "gps"), serial(2, "at"), serial(3, "data"), serial(4, "audio")),
    Model("LE910C1", "1bc7", "1201", ("Telit", "LE910", "0123456789ABCDEF"),
          serial(0, "diag"), serial(3, "gps"), serial(4, "at"), serial(5, "data")),
    Model("E1550", "12d1", "1001", ("HUAWEI Technology", "HUAWEI Mobile", None),
          serial(0), serial(1, "audio"), serial(2, "at")),
    Model("E169 of blank memory", "12d1", "1001", ("ÿ" * 19, "HUAWEI Mobile", "ÿ" * 19),
          serial(0), serial(1, "audio"), serial(2, "at")),
    Model("MC7455", "1199", "9071",
          ("Sierra Wireless, Incorporated",
           "Sierra Wireless MC7455 Qualcomm® Snapdragon™ X7 LTE-A", "LF00000000000000"),
          serial(0, "diag"), serial(2, "gps"), serial(3, "at")),
    Model("SARA-U2", "1546", "1102", ("u-blox", "u-blox Wireless Module", None), acm(0, "at"),
          acm(2, "data"), acm(4), acm(6, "gps"), acm(8, "diag"), acm(10, "diag"), acm(12)),
    Model("PLS8", "1e2d", "0061", ("Cinterion", "LTE Modem", None),
          acm(0, "at"), acm(2, "data"), acm(4, "gps")),
    Model("FT232R adapter", "0403", "6001", ("FTDI", "FT232R USB UART", "A50285BI"), serial(0)),
    Model("PL2303 adapter", "067b", "2303", ("Prolific Technology Inc.", "USB-Serial Controller",
                                             None), serial(0)),
    Model("MCS7840 adapter", "9710", "7840", (None, None, None),
          serial(0, port=0), serial(0, port=1), serial(0, port=2), serial(0, port=3)),
]


def model(name):
    return next(m for m in MODELS if m.name == name)


class Plugged:
    """A device and its ttys as [(syspath, node, row of ports)]."""

    def __init__(self, syspath, place, ttys):
        self.syspath, self.place, self.ttys = syspath, place, ttys

    def nodes(self):
        return [node for _, node, _ in self.ttys]


class Sysfs:
    """Below root, "" for the machine's own."""

    def __init__(self, root=""):
        self.root = root
        self.minors = {}
        for folder in ("/sys/class/tty", "/sys/dev/char", "/sys/bus/usb/devices", "/sys/bus/pci",
                       "/sys/bus/usb-serial", "/dev", "/run/udev/data", "/etc/udev/rules.d"):
            os.makedirs(root + folder, exist_ok=True)
        host = os.path.dirname(HOST)
        self.device(host, "/sys/bus/pci", DRIVER="xhci_hcd", PCI_CLASS="C0330")
        self.device(HOST, "/sys/bus/usb", DEVTYPE="usb_device", DRIVER="usb")

    def write(self, path, text):
        with open(self.root + path, "w", encoding="utf-8") as file:
            file.write(text + "\n")

    def link(self, path, target):
        os.symlink(os.path.relpath(target, os.path.dirname(path)), self.root + path)

    def device(self, path, subsystem, attributes=(), **uevent):
        os.makedirs(self.root + path)
        self.link(path + "/subsystem", subsystem)
        self.write(path + "/uevent", "\n".join(f"{k}={v}" for k, v in uevent.items()))
        for name, value in attributes:
            if value is not None:
                self.write(path + "/" + name, value)

    def node(self, path, major, minor):
        """Only in a root of our own are there real ones."""
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        if self.root:
            self.write(path, "")
        else:
            os.mknod(path, 0o600 | 0o020000, os.makedev(major, minor))

    def tty(self, parent, name, major):
        """@return its syspath and node"""
        minor = self.minors[name] = self.minors.get(name, -1) + 1
        kernel = f"{name}{minor}"
        path = f"{parent}/tty/{kernel}"
        self.device(path, "/sys/class/tty", [("dev", f"{major}:{minor}")],
                    MAJOR=major, MINOR=minor, DEVNAME=kernel)
        self.link(path + "/device", parent)
        self.link("/sys/class/tty/" + kernel, path)
        self.link(f"/sys/dev/char/{major}:{minor}", path)
        self.node("/dev/" + kernel, major, minor)
        return path, "/dev/" + kernel

    def native(self):
        parent = "/sys/devices/platform/serial8250"
        if not os.path.exists(self.root + parent):
            self.device(parent, "/sys/bus/platform")
        return self.tty(parent, "ttyS", 4)

    def plug(self, what, port):
        path = f"{HOST}/1-{port}"
        number = len(os.listdir(self.root + "/sys/bus/usb/devices")) + 2
        self.link(f"/sys/bus/usb/devices/1-{port}", path)
        self.device(path, "/sys/bus/usb",
                    [("idVendor", what.vendor), ("idProduct", what.product), ("bcdDevice", "0100"),
                     ("manufacturer", what.maker), ("product", what.model),
                     ("serial", what.serial)],
                    MAJOR=189, MINOR=number - 1, DEVNAME=f"bus/usb/001/{number:03}",
                    DEVTYPE="usb_device", DRIVER="usb")
        self.node(f"/dev/bus/usb/001/{number:03}", 189, number - 1)
        ttys = []
        for row in what.ports:
            interface = f"{path}/1-{port}:1.{row[0]}"
            if not os.path.exists(self.root + interface):
                self.interface(interface, row[0])
            if row[1] is None:
                ttys.append((*self.tty(interface, "ttyACM", 166), row))
                continue
            middle = f"{interface}/ttyUSB{self.minors.get('ttyUSB', -1) + 1}"
            self.device(middle, "/sys/bus/usb-serial", [("port_number", str(row[1]))])
            ttys.append((*self.tty(middle, "ttyUSB", 188), row))
        return Plugged(path, PLACE + str(port), ttys)

    def interface(self, path, number):
        self.device(path, "/sys/bus/usb",
                    [("bInterfaceNumber", f"{number:02x}"), ("bInterfaceClass", "ff"),
                     ("bInterfaceSubClass", "ff"), ("bInterfaceProtocol", "ff")],
                    DEVTYPE="usb_interface")
