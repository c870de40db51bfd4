#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""VMs that die, and a daemon that is killed: what vouchd makes of it.

usage: supervision_test.py [OBJECT]...

Needs what `make all` builds. Each OBJECT must be one that is accepted; the
default is the project's example.
"""

import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts"))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import wire  # noqa: E402
from lab import BUILD, Lab, LabError  # noqa: E402
from tap import Tap  # noqa: E402


def processes(parent):
    """Ids of all children, grandchildren... of a process, and their names."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, encoding="ascii") as f:
                name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
            found[int(pid)] = (int(rest.split()[1]), name)
        except (OSError, IndexError):
            continue
    tree, grown = {parent}, True
    while grown:
        more = {p for p, (up, _) in found.items() if up in tree} - tree
        tree |= more
        grown = bool(more)
    return {p: found[p][1] for p in tree if p in found}


def qemu_of(lab, vm):
    for pid, name in processes(lab.vouchd.pid).items():
        if not name.startswith("qemu-system"):
            continue
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            if f.read().split(b"\0")[2] == vm.encode():
                return pid
    return None


def wait_for(what, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.1)
    return False


def state(lab, kind, client=None):
    client = client or wire.Client(lab.socket)
    vm = client.call("status")[0][kind][0]
    client.close()
    return vm["state"]


def submit(lab, obj):
    client = wire.Client(lab.socket)
    with open(obj, "rb") as f:
        client.send(wire.SUBMIT, {"name": os.path.basename(obj),
                                  "target": "demo", "deliver": True}, f.read())
    return client


def verdict_of(client):
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, body, _ = client.receive()
    client.close()
    return body


def test_verifier_killed(tap, lab, obj):
    before = qemu_of(lab, "verifier")
    os.kill(before, signal.SIGKILL)
    client = submit(lab, obj)
    verdict = verdict_of(client)
    tap.equal((verdict["exit"], verdict["reason"]), (0, None),
              "a submission outlives the verifier VM")
    tap.check(qemu_of(lab, "verifier") not in (None, before),
              "which is another one now")


def test_target_killed(tap, lab, obj):
    os.kill(qemu_of(lab, "demo"), signal.SIGKILL)
    tap.check(wait_for(lambda: state(lab, "targets") != "ready", 10),
              "the end of the target VM is noticed")
    verdict = verdict_of(submit(lab, obj))
    tap.equal((verdict["exit"], verdict["reason"]), (0, None),
              "a delivery waits for the next")


def test_daemon_killed(tap, lab, obj):
    children = processes(lab.vouchd.pid)
    client = submit(lab, obj)
    client.receive()
    os.kill(lab.vouchd.pid, signal.SIGKILL)
    lab.vouchd.wait()
    tap.check(wait_for(lambda: not any(
        os.path.exists("/proc/%d" % p) for p in children), 10),
        "VMs and helpers end with a daemon that is killed")
    lab.up()
    client = wire.Client(lab.socket)
    last = client.call("status")[0]["submissions"]

    def done():
        kind, _, body, _ = client.request(
            wire.CALL, {"method": "submission", "submission": last})
        return kind == wire.RESULT and body["exit"] == 0
    tap.check(wait_for(done, 120), "and the next one finishes what it left")
    client.close()


def main():
    tap = Tap()
    objects = sys.argv[1:] or [os.path.join(BUILD, "objects", "xdp_count.o")]
    lab = Lab("supervision", variant="asan")
    try:
        lab.up()
        for obj in objects:
            tap.note(obj)
            for test in (test_verifier_killed, test_target_killed,
                         test_daemon_killed):
                tap.run(test, lab, obj)
    except LabError as e:
        tap.check(False, "the lab", e)
    finally:
        lab.down()
    tap.end()


if __name__ == "__main__":
    main()
