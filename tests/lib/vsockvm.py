# SPDX-License-Identifier: BSD-2-Clause
"""A VM whose vsock is served by the library and a program of the tests, with
the stock verifier kernel and a guest that holds nothing but its test."""

import glob
import json
import os
import queue
import socket
import subprocess
import tempfile
import threading
import time

BUILD = os.environ.get("VOUCH_BUILD", "build")
OUT = os.path.join(BUILD, "vm", "vsock")
FLAGS = ("-std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror").split()
SANITIZE = ("-fsanitize=address,undefined -fno-sanitize-recover=all "
            "-fno-omit-frame-pointer").split()
LIBRARY = ["host-bridge/stale.c"] + sorted(glob.glob("host-bridge/vsock/*.c"))
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev",
           "virtio_pci_legacy_dev", "virtio_pci", "virtio_console", "vsock",
           "vmw_vsock_virtio_transport_common", "vmw_vsock_virtio_transport")
MEMORY = 512


class VsockError(Exception):
    """What did not happen, and where to look."""


def build(sanitize):
    """The path of the host's program and of the guest's initramfs."""
    os.makedirs(OUT, exist_ok=True)
    host = os.path.join(OUT, "host-asan" if sanitize else "host")
    guest = os.path.join(OUT, "init")
    initrd = os.path.join(OUT, "initrd")
    modules = os.path.join(BUILD, "verifier", "modules")
    subprocess.run(["gcc", *FLAGS, *(SANITIZE if sanitize else []), "-o", host,
                    "tests/vm/vsock_host.c", *LIBRARY, "-lpthread"],
                   check=True)
    subprocess.run(["gcc", *FLAGS, "-static", "-o", guest,
                    "tests/vm/vsock_guest.c", "tests/vm/vsock_bench.c"],
                   check=True)
    subprocess.run(["scripts/initramfs", initrd, guest] +
                   ["modules/%s.ko=%s/%s.ko" % (m, modules, m)
                    for m in MODULES], check=True)
    return host, initrd


class VsockVM:
    """Lines of guest and host come by next(), as ("guest" | "host", line)."""

    def __init__(self, append, sanitize=True, timeout=600):
        self.dir = tempfile.TemporaryDirectory(prefix="vouch-vsock-")
        self.lines = queue.Queue()
        self.deadline = time.monotonic() + timeout
        host, initrd = build(sanitize)
        # pylint: disable-next=consider-using-with
        self.console = open(os.path.join(OUT, "console.log"), "wb")
        self.host = subprocess.Popen(
            [host, self.path("vsock"), "42", self.path("serial")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.qemu = None
        self.follow("host", self.host.stdout)
        self.until("host", "listening")
        self.qemu = subprocess.Popen(
            ["timeout", str(timeout), "qemu-system-x86_64",
             "-machine", "q35,accel=tcg,memory-backend=mem", "-cpu", "EPYC",
             "-smp", "1", "-m", "%dM" % MEMORY, "-object",
             "memory-backend-memfd,id=mem,size=%dM,share=on" % MEMORY,
             "-nodefaults", "-display", "none",
             "-kernel", os.path.join(BUILD, "verifier", "vmlinux"),
             "-initrd", initrd,
             "-append",
             "console=ttyS0 panic=-1 no_timer_check quiet " + append,
             "-device", "pcie-root-port,id=port1,chassis=1,slot=1",
             "-chardev", "socket,id=vsock0,path=" + self.path("vsock"),
             "-device",
             "vhost-user-vsock-pci,id=vsock,chardev=vsock0,bus=port1",
             "-device", "virtio-serial-pci",
             "-chardev", "socket,id=port0,path=" + self.path("serial"),
             "-device", "virtserialport,chardev=port0,name=test",
             "-qmp", "unix:%s,server=on,wait=off" % self.path("qmp"),
             "-serial", "stdio"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.follow("guest", self.qemu.stdout)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def follow(self, who, stream):
        def run():
            for line in stream:
                self.console.write(line)
                self.console.flush()
                self.lines.put((who, line.decode("ascii", "replace").strip()))
            self.lines.put((who, None))
        threading.Thread(target=run, daemon=True).start()

    def next(self):
        """The next line; None as the line: its side has ended."""
        try:
            return self.lines.get(timeout=max(
                0.1, self.deadline - time.monotonic()))
        except queue.Empty:
            raise VsockError("nothing more is said in time; see " +
                             self.console.name) from None

    def until(self, who, start):
        """Wait for a line; returns all lines up to it."""
        seen = []
        while True:
            side, line = self.next()
            if line is None:
                raise VsockError("the %s ended before it said '%s'; see %s" %
                                 (side, start, self.console.name))
            seen.append((side, line))
            if side == who and line.startswith(start):
                return seen

    def memory(self):
        """Resident bytes of the host's program."""
        with open("/proc/%d/statm" % self.host.pid, encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def qmp(self, command):
        """Have QEMU do something that needs no arguments."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(self.path("qmp"))
            stream = sock.makefile("rw", encoding="ascii")
            stream.readline()
            for name in ("qmp_capabilities", command):
                stream.write(json.dumps({"execute": name}) + "\n")
                stream.flush()
                while "return" not in json.loads(stream.readline()):
                    pass

    def end(self):
        """Returns the exit code of the host's program, None if it ran on."""
        if self.qemu:
            self.qemu.terminate()
            self.qemu.wait()
        code = self.host.poll()
        if code is None:
            self.host.kill()
            self.host.wait()
        self.dir.cleanup()
        self.console.close()
        return code
