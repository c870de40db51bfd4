# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon's processes have, and have given up."""

import os
import re
import sqlite3
import threading
import time

from harness import Daemon

NONE = "0" * 16


def status(pid):
    with open("/proc/%s/status" % pid, encoding="ascii") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def processes(d):
    """Process ids by duty."""
    found = {"main": d.process.pid}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if status(pid)["PPid"] != str(d.process.pid):
                continue
        except OSError:
            continue
        found[duty(pid)] = int(pid)
    return found


def duty(pid):
    """All have the same name; what they hold tells them apart."""
    names = [name for _, name in descriptors(pid)]
    if any(name.endswith("/sign") for name in names):
        return "sign"
    return "launch" if "anon_inode:[signalfd]" in names else "link"


def descriptors(pid):
    """(number, kind) of what is open."""
    path = "/proc/%s/fd" % pid
    found = []
    for number in sorted(os.listdir(path), key=int):
        try:
            name = os.readlink(os.path.join(path, number))
        except OSError:
            continue
        found.append((int(number), re.sub(r":\[\d+\]$", "", name)))
    return found


def kinds(d, pid):
    """What is open beside standard input, output and error."""
    return sorted(name.replace(d.dir, "") for number, name in descriptors(pid)
                  if number > 2)


def test_descriptors(tap):
    if os.geteuid():
        tap.skip("not root: what is open in a process cannot be seen")
        return
    # Not theirs: a descriptor that whoever starts vouchd has left open.
    leak = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(leak, True)
    d = Daemon(pass_fds=(leak,))
    os.close(leak)
    found = processes(d)
    tap.equal(sorted(found), ["launch", "link", "main", "sign"],
              "there is a process for each duty")
    tap.equal(kinds(d, found["link"]), ["socket"],
              "link has nothing but its pair")
    tap.equal(kinds(d, found["sign"]), ["/state/sign", "socket"],
              "sign has its pair and its directory")
    tap.equal(kinds(d, found["launch"]), ["anon_inode:[signalfd]", "socket"],
              "launch has its pair and its signals")
    have = set(kinds(d, found["main"]))
    tap.equal(have, {
        "socket", "anon_inode:[eventpoll]", "anon_inode:[signalfd]",
        "anon_inode:[pidfd]", "/state",
        "/state/captures", "/state/images", "/state/objects",
        "/state/vouchd.db", "/state/vouchd.db-shm", "/state/vouchd.db-wal"},
        "main has sockets, its children, the database and its directories")
    for name in ("link", "sign", "launch"):
        tap.equal([os.path.basename(n) for i, n in descriptors(found[name])
                   if i < 2], ["null", "null"],
                  "%s reads and prints nothing" % name)
    d.stop()


def test_status(tap):
    for user in ("nobody",) if not os.geteuid() else (None,):
        d = Daemon(**({"user": user} if user else {}))
        check_status(tap, d)
        d.stop()
    d = Daemon()
    check_status(tap, d)
    d.stop()


def settled(pid, seconds=60):
    """Its status, once it has given up what it does not need: its filter comes
    last, and may come after the daemon answers."""
    deadline = time.monotonic() + seconds
    while status(pid)["Seccomp"] != "2" and time.monotonic() < deadline:
        time.sleep(0.05)
    return status(pid)


def check_status(tap, d):
    found = processes(d)
    for name in ("main", "link", "sign"):
        s = settled(found[name])
        tap.equal([s[key] for key in ("NoNewPrivs", "Seccomp")], ["1", "2"],
                  "%s cannot gain privileges and has a filter" % name)
        tap.equal([s[key] for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
                  [NONE] * 4, "%s has no capability" % name)
        if not os.geteuid():
            tap.equal(s["CapBnd"], NONE, "nor can %s come by one" % name)
        if "user" in d.config:
            tap.equal((set(s["Uid"].split()), s["Groups"].split()),
                      ({"65534"}, []), "%s is the configured user" % name)
    check_launch(tap, d, status(found["launch"]))


def check_launch(tap, d, s):
    """What the threat model says that it has not given up."""
    tap.equal((s["Seccomp"], s["NoNewPrivs"]), ("0", "0"),
              "launch has no filter, which QEMU would inherit")
    if "user" in d.config:
        tap.equal(set(s["Uid"].split()), {"0"},
                  "launch stays root, and its VMs become the user")


def test_locked_database(tap):
    """The database's own way of waiting is among the calls."""
    d = Daemon()
    d.verifier()
    db = sqlite3.connect(os.path.join(d.config["state_dir"], "vouchd.db"),
                         check_same_thread=False, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(1, lambda: db.execute("ROLLBACK"))
    timer.start()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0,
              "a locked database is waited for")
    timer.join()
    db.close()
    d.stop()
