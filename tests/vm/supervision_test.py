#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""VMs that die or stop, and a daemon that is killed: what vouchd makes of it.

usage: supervision_test.py [OBJECT]...

Needs what `make all` builds. Each OBJECT must be one that is accepted; the
default is the project's example.
"""

import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts"))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import wire  # noqa: E402
from lab import BUILD, Lab, LabError  # noqa: E402
from tap import Tap  # noqa: E402
from waiting import wait_for  # noqa: E402


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
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                args = f.read().split(b"\0")
        except OSError:
            continue
        # One that is about to end has none.
        if len(args) > 2 and args[2] == vm.encode():
            return pid
    return None


class FaultLab(Lab):
    """Its vouchd has fault points."""

    def __init__(self):
        super().__init__("supervision", variant="fault")
        self.timeouts = {}
        self.fault_log = os.path.join(self.state, "faults.log")

    def config(self):
        return dict(super().config(), timeouts=self.timeouts)

    def start(self, faults=""):
        """One life, with a new log of its fault points."""
        if os.path.exists(self.fault_log):
            os.unlink(self.fault_log)
        os.environ["VOUCH_FAULT_LOG"] = os.path.abspath(self.fault_log)
        os.environ["VOUCH_FAULTS"] = faults
        self.up()

    def hits(self):
        """(duty, point, number, action) of each fault point that was hit."""
        with open(self.fault_log, encoding="ascii") as f:
            lines = f.read().split("\n")[:-1]
        return [tuple(line.split()[1:]) for line in lines]

    def asked(self):
        """How often a verifier VM has been given something to do."""
        return sum(hit[:2] == ("main", "verify-asked") for hit in self.hits())


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


def submit_frozen(lab, obj):
    """Submit to a verifier VM that is stopped: it has been asked, and has not
    answered."""
    before = lab.asked()
    os.kill(qemu_of(lab, "verifier"), signal.SIGSTOP)
    client = submit(lab, obj)
    if not wait_for(lambda: lab.asked() > before, 60):
        raise LabError("the verifier VM was not asked")
    return client


def verdict_of(client):
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, body, _ = client.receive()
    client.close()
    return body


def test_verifier_killed(tap, lab, obj):
    """Once: the next VM does it."""
    before = qemu_of(lab, "verifier")
    client = submit_frozen(lab, obj)
    os.kill(before, signal.SIGKILL)
    verdict = verdict_of(client)
    tap.equal((verdict["exit"], verdict["reason"]), (0, None),
              "a submission outlives the verifier VM that works on it")
    tap.check(qemu_of(lab, "verifier") not in (None, before),
              "which is another one now")


def test_verifier_killed_twice(tap, lab, obj):
    first = qemu_of(lab, "verifier")
    client = submit_frozen(lab, obj)
    os.kill(first, signal.SIGKILL)
    # The second one says HELLO and is asked; then vouchd stops.
    tap.check(wait_for(lambda: any(action == "stop" for *_, action in
                                   lab.hits()), 300),
              "the next VM is asked")
    os.kill(qemu_of(lab, "verifier"), signal.SIGKILL)
    os.kill(lab.vouchd.pid, signal.SIGCONT)
    verdict = verdict_of(client)
    tap.equal((verdict["verdict"], verdict["exit"]), ("error", 4),
              "two lost verifier VMs are too many")


def test_verifier_stopped(tap, lab, obj):
    lab.wait_ready(300, "vouchd.log")
    before = qemu_of(lab, "verifier")
    client = submit_frozen(lab, obj)
    verdict = verdict_of(client)
    tap.equal((verdict["verdict"], verdict["exit"]), ("error", 7),
              "a verifier VM that is stopped is a time-out")
    tap.check(wait_for(lambda: qemu_of(lab, "verifier") not in
                       (None, before), 60), "and replaced")
    tap.check(not os.path.exists("/proc/%d" % before), "and gone")
    # The target has had it since the daemon came back.
    tap.equal(verdict_of(submit(lab, obj))["exit"], 0,
              "the next submission succeeds")


def test_target_killed(tap, lab, obj):
    os.kill(qemu_of(lab, "demo"), signal.SIGKILL)
    tap.check(wait_for(lambda: state(lab, "targets") != "ready", 10),
              "the end of the target VM is noticed")
    verdict = verdict_of(submit(lab, obj))
    tap.equal((verdict["exit"], verdict["reason"]), (0, None),
              "a delivery waits for the next")


def test_target_stopped(tap, lab, obj):
    """It does not answer: whoever submits hears so, and loses nothing."""
    lab.wait_ready(300, "vouchd.log")
    target = qemu_of(lab, "demo")
    os.kill(target, signal.SIGSTOP)
    verdict = verdict_of(submit(lab, obj))
    delivery = verdict["deliveries"][0]
    tap.equal((verdict["exit"], verdict["verdict"], delivery["status"]),
              (7, "accepted", "error"),
              "a delivery to a target VM that is stopped is a time-out")
    tap.check("did not answer in time" in delivery["reason"],
              "with its reason", delivery)
    tap.check(os.path.exists(verdict["image"]["path"]), "the image is kept")
    tap.equal((state(lab, "targets"), qemu_of(lab, "demo")),
              ("ready", target), "its VM is neither lost nor replaced")
    os.kill(target, signal.SIGCONT)
    rc, result = lab.vouch("deliver", verdict["image"]["path"], "--target",
                           "demo")
    tap.check(rc == 0, "and delivered when the VM goes on", (rc, result))


def test_daemon_killed(tap, lab, obj):
    lab.wait_ready(300, "vouchd.log")
    children = processes(lab.vouchd.pid)
    client = submit_frozen(lab, obj)
    os.kill(lab.vouchd.pid, signal.SIGKILL)
    lab.vouchd.wait()
    client.close()
    tap.check(wait_for(lambda: not any(
        os.path.exists("/proc/%d" % p) for p in children), 10),
        "VMs and helpers end with a daemon that is killed, a stopped VM too")
    lab.timeouts = {"verify_s": 20, "deliver_s": 20}
    lab.start()
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
    lab = FaultLab()
    os.makedirs(lab.state, exist_ok=True)
    try:
        for obj in objects:
            tap.note(obj)
            lab.timeouts = {}
            # Each is asked again after a loss: of the second submission the
            # second VM.
            lab.start("main/verify-asked@4=stop")
            for test in (test_verifier_killed, test_verifier_killed_twice,
                         test_target_killed, test_daemon_killed,
                         test_verifier_stopped, test_target_stopped):
                tap.run(test, lab, obj)
            lab.down()
    except LabError as e:
        tap.check(False, "the lab", e)
    finally:
        lab.down()
    tap.end()


if __name__ == "__main__":
    main()
