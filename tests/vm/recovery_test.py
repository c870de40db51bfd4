#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A verifier VM that somebody else started, and vouchd started again: the
running VM's vsock is plugged anew over QMP, and its agent dials again.

Needs what `make all` builds.
"""

import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts"))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import wire  # noqa: E402
from lab import BUILD, Lab, LabError  # noqa: E402
from tap import Tap  # noqa: E402
from waiting import wait_for  # noqa: E402

OBJECT = os.path.join(BUILD, "objects", "xdp_count.o")
MEMORY = 1024
TIME_LIMIT = "900"


class Others(Lab):
    """A lab whose verifier VM an operator starts."""

    def __init__(self):
        super().__init__("recovery", variant="asan", start_target=False)
        self.monitor = os.path.join(self.dir, "qmp.sock")
        self.console = os.path.join(self.state, "verifier.log")
        self.qemu = None
        self.ready = []  # what is waited for

    def vms(self):
        verifier, *others = super().vms()
        del verifier["launch"]
        verifier["qmp"] = self.monitor
        return [verifier, *others]

    def awaited(self):
        return self.ready

    def power_on(self):
        """As docs/operations.md tells it."""
        self.qemu = subprocess.Popen(
            ["timeout", TIME_LIMIT, "qemu-system-x86_64",
             "-machine", "q35,accel=tcg,memory-backend=mem",
             "-cpu", "EPYC", "-smp", "1", "-m", "%dM" % MEMORY,
             "-object", "memory-backend-memfd,id=mem,size=%dM,share=on"
             % MEMORY, "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", self.path("verifier", "vmlinux"),
             "-initrd", self.path("verifier.cpio"),
             "-append", "console=ttyS0 panic=-1 no_timer_check quiet",
             "-device", "pcie-root-port,id=port1,chassis=1,slot=1",
             "-chardev", "socket,id=vsock0,path=%s/verifier.sock" % self.dir,
             "-device",
             "vhost-user-vsock-pci,id=vsock,chardev=vsock0,bus=port1",
             "-qmp", "unix:%s,server=on,wait=off" % self.monitor,
             "-serial", "file:" + self.console],
            stdin=subprocess.DEVNULL)

    def power_off(self):
        if self.qemu:
            self.qemu.terminate()
            self.qemu.wait()

    def kill(self):
        os.kill(self.vouchd.pid, signal.SIGKILL)
        self.vouchd.wait()

    def said(self, text):
        return self.log().count(text)

    def boots(self):
        with open(self.console, errors="replace", encoding="utf-8") as f:
            return f.read().count("VOUCH-VM-UP")


def submit(lab):
    client = wire.Client(lab.socket)
    with open(OBJECT, "rb") as f:
        client.send(wire.SUBMIT, {"name": "xdp_count.o", "target": "demo",
                                  "deliver": False}, f.read())
    return client


def verdict_of(client):
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, body, _ = client.receive()
    client.close()
    return body["exit"], body["reason"]


def check_works(tap, lab, what):
    tap.equal(verdict_of(submit(lab)), (0, None), what)
    tap.check(lab.qemu.poll() is None and lab.boots() == 1,
              "in the VM that was running, which did not boot again")


def test_first(tap, lab):
    lab.up()
    tap.check(wait_for(lambda: lab.said("it does not run"), 30),
              "vouchd waits for a VM that does not run yet")
    lab.power_on()
    lab.ready = ["verifier"]
    lab.wait_ready(120, "vouchd.log")
    check_works(tap, lab, "an operator's VM verifies")


def test_ended(tap, lab):
    lab.down()
    lab.up()
    tap.equal(lab.said("vsock device is plugged again"), 1,
              "vouchd, ended and started again, plugs the device")
    check_works(tap, lab, "a submission succeeds")


def test_killed(tap, lab):
    client = submit(lab)
    client.receive()
    lab.kill()
    client.close()
    lab.up()
    tap.equal(lab.said("vsock device is plugged again"), 2,
              "vouchd, killed and started again, plugs the device")
    check_works(tap, lab, "a submission succeeds")


def test_killed_midway(tap, lab):
    """At three moments of the exchange with the monitor."""
    for pause in (0, 0.05, 0.5):
        before = lab.said("plugging its vsock device again")
        lab.kill()
        lab.ready = []
        lab.up()
        tap.check(wait_for(lambda n=before: lab.said(
            "plugging its vsock device again") > n, 30),
            "a device is being plugged")
        time.sleep(pause)
    lab.kill()
    lab.ready = ["verifier"]
    lab.up()
    check_works(tap, lab, "what a killed vouchd left half plugged works")


def main():
    tap = Tap()
    lab = Others()
    try:
        os.makedirs(lab.state, exist_ok=True)
        with open(os.path.join(lab.state, "vouchd.log"), "w", encoding="utf-8"):
            pass  # what an earlier run said
        for test in (test_first, test_ended, test_killed, test_killed_midway):
            tap.run(test, lab)
    except LabError as e:
        tap.check(False, "the lab", e)
    finally:
        lab.down()
        lab.power_off()
    tap.end()


if __name__ == "__main__":
    main()
