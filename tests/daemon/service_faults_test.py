#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kill signer and launcher, as services of their own, at each of their fault
points, start them again as systemd would, and see that nothing is lost.

usage: service_faults_test.py VOUCHD

VOUCHD has fault points (build/fault/vouchd), as the programs beside it have.
"""

import os
import signal
import sys
import tempfile
import threading

from harness import Daemon
from launches import launched
from service import PATIENCE, wait_until
from services import Service, bridge, signer
from tap import Tap

# Of the signer, in the order in which a request meets them.
SIGN = ["request-received", "signature-made"] + [
    "sequence-" + step
    for step in ("opened", "written", "synced", "renamed", "kept")
] + ["request-answered"]
# Of the launcher, while it starts a VM, and when that ends.
LAUNCH = ["request-received", "vm-forked", "request-answered", "vm-reaped"]
PATIENT = {"verify_s": PATIENCE, "sign_s": PATIENCE, "wait_s": PATIENCE,
           "call_s": PATIENCE, "deliver_s": PATIENCE}


def died(service):
    return service.process.poll() == -signal.SIGKILL


def stored(s):
    """(epoch, sequence) on disk."""
    with open(os.path.join(s.keys.name, "state", "sequence"),
              encoding="ascii") as f:
        return tuple(int(word) for word in f.read().split())


def test_signer(tap):
    s = signer().start()
    d = bridge(s, timeouts=PATIENT)
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "the signer signs")
    s.kill()
    last = 1
    for point in SIGN:
        s.start(VOUCH_FAULTS="sign/%s@1=kill" % point)
        verdicts = []
        thread = threading.Thread(target=lambda: verdicts.append(
            d.submit(deliver=False)[1]))
        thread.start()
        wait_until(lambda: died(s), "signer killed at " + point)
        s.start()
        thread.join(2 * PATIENCE)
        image = verdicts[0].get("image") if verdicts else None
        tap.check(image and verdicts[0]["exit"] == 0 and
                  image["sequence"] > last,
                  "signer killed at %s: the submission has its image, with a "
                  "later sequence" % point, verdicts)
        if image:
            last = image["sequence"]
        tap.check(stored(s)[1] >= last,
                  "signer killed at %s: no image is ahead of what is on disk" %
                  point, (stored(s), last))
        s.kill()
    rows = d.query("SELECT submission, sequence FROM images")
    tap.equal((len(rows), len({r[0] for r in rows}), len({r[1] for r in rows})),
              (1 + len(SIGN),) * 3,
              "each submission has one image, with its own sequence")
    d.stop()


def work_in(directory):
    """Processes that have it in their command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                if directory.encode() in f.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def test_launcher(tap):
    with tempfile.TemporaryDirectory(prefix="vouch-vm-") as directory:
        # A "QEMU" that can be told by its command line, as its fork can.
        d = Daemon(**launched(directory, "exec tail -f %s/args" % directory,
                              PATIENCE))
        d.stop()
        s = Service("vouch-launchd", "--config", d.path("config.json"),
                    "--logs", directory)
        d.config["launcher"] = "unix:" + s.path
        for point in LAUNCH:
            kill_launcher(tap, d, s, directory, point)


def kill_launcher(tap, d, s, directory, point):
    wait_until(lambda: not work_in(directory), "nothing of the last life")
    s.start(VOUCH_FAULTS="launch/%s@1=kill" % point)

    def vms():
        return [pid for pid in work_in(directory) if pid != s.process.pid and
                os.readlink("/proc/%d/exe" % pid).endswith("/tail")]

    d.start()
    if point == "vm-reaped":
        os.kill(wait_until(vms, "a VM to end")[0], signal.SIGKILL)
    wait_until(lambda: died(s), "launcher killed at " + point)
    try:
        wait_until(lambda: not work_in(directory), "no VM")
        left = []
    except AssertionError:
        left = work_in(directory)
    tap.equal(left, [], "launcher killed at %s: no VM is left" % point)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    s.start()
    tap.check(wait_until(vms, "a VM"),
              "launcher killed at %s: the next one starts the VM" % point)
    tap.check(d.process.poll() is None,
              "launcher killed at %s: vouchd goes on" % point)
    d.stop()
    s.kill()


def main():
    tap = Tap()
    for test in (test_signer, test_launcher):
        tap.run(test)
        Daemon.kill_all()
    tap.end()


if __name__ == "__main__":
    sys.exit(main())
