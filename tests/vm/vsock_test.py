#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The vsock device with a real guest: streams, many connections, half-close,
connections of the host, peers that do not read, and a reset of the VM.

usage: vsock_test.py [--mib N]

N MiB go each way in one stream, 16 by default. Needs what `make all` builds.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from tap import Tap  # noqa: E402
from vsockvm import VsockError, VsockVM  # noqa: E402

# What the host's program may grow by while two streams are stuck: what their
# sockets and the guest's credit hold, and what the sanitizer keeps.
GROWTH = 16 << 20


def show(tap, lines):
    for side, line in lines:
        if side == "guest" and line.startswith(("ok ", "not ok ")):
            tap.check(line.startswith("ok "), line.split("ok ", 1)[1])


def first_boot(tap, vm):
    show(tap, vm.until("guest", "ok data on all of them"))
    before = vm.memory()
    show(tap, vm.until("guest", "STALLED"))
    grown = vm.memory() - before
    tap.check(grown < GROWTH, "memory stays bounded meanwhile",
              "grown by %d bytes" % grown)
    show(tap, vm.until("guest", "RESET ME"))


def reset(tap, vm):
    lines = []
    vm.qmp("system_reset")
    lines += vm.until("host", "gone")
    tap.check(True, "the host is told of the guest's reset")
    # Of the connections that were open then, one each of three kinds; the one
    # that is stuck ends when it is next read, which nobody does.
    ended = 0
    while ended < 2:
        side, line = vm.next()
        if line is None:
            raise VsockError("the %s has ended" % side)
        ended += side == "host" and line.startswith("ended ")
        lines.append((side, line))
    tap.check(True, "and its connections end")
    lines += vm.until("guest", "DONE")
    show(tap, lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=16)
    args = parser.parse_args()
    tap = Tap()
    vm = VsockVM("mib=%d" % args.mib)
    try:
        first_boot(tap, vm)
        reset(tap, vm)
    except VsockError as e:
        tap.check(False, "the test comes to its end", e)
    tap.check(vm.end() is None, "the host's program has lived through it")
    tap.end()


if __name__ == "__main__":
    main()
