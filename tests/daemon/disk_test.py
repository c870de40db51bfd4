#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A state directory on a full disk, and one whose disk errs at random.

usage: disk_test.py VOUCHD [--rounds N] [--seed N]

VOUCHD has fault points (build/fault/vouchd). Mounting a small file system
needs root, or user namespaces. VOUCH_SEED gives the seed as well.
"""

import argparse
import errno
import glob
import os
import random
import subprocess
import sys

from harness import Daemon
from service import Service, fault_config, violations, wait_until
from tap import Tap
import wire

FILE = ("opened", "written", "synced", "renamed", "kept")
SIZE = 3 << 20  # of the small file system, bytes
PAGE = 4096
# What is left of it when something is asked for, bytes.
LEVELS = [n * PAGE for n in (0, 1, 3, 8, 16, 24, 64)]
AHEAD = 32 * PAGE
NO_RECORD = "store: cannot record a delivery"
ALL_LEVELS = [n * PAGE for n in range(64)]
# Of libfiu: what touches files. Sockets are left alone.
FIU = ("posix/io/rw/write", "posix/io/rw/pwrite", "posix/io/rw/pwrite64",
       "posix/io/rw/pread", "posix/io/rw/pread64", "posix/io/rw/ftruncate",
       "posix/io/sync/fsync", "posix/io/sync/fdatasync", "posix/io/oc/open",
       "posix/io/oc/open64", "posix/io/oc/close", "posix/io/dir/unlink")
PRELOAD = ("/usr/lib/fiu/fiu_run_preload.so",
           "/usr/lib/fiu/fiu_posix_preload.so")


# ---- a small disk ----------------------------------------------------------


class SmallDisk:
    """A file system of SIZE bytes, that can be filled."""

    def __init__(self, path):
        self.path = path
        self.filler = os.path.join(path, "filler")
        os.makedirs(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % SIZE,
                        "tmpfs", path], check=True)

    def free(self):
        st = os.statvfs(self.path)
        return st.f_bavail * st.f_frsize

    def fill(self, left):
        with open(self.filler, "ab") as f:
            while self.free() > left:
                f.write(bytes(min(PAGE, self.free() - left)))
                f.flush()

    def clear(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def remove(self):
        subprocess.run(["umount", "-l", self.path], check=True)


def may_mount():
    """As root, or in a user namespace of its own, into which it moves."""
    if os.geteuid() == 0:
        return True
    if os.environ.get("VOUCH_UNSHARED"):
        return False
    os.environ["VOUCH_UNSHARED"] = "1"
    os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    return False


def says_what_to_do(d, failure):
    """An ERROR that names the directory and the remedy."""
    return failure["exit"] == 4 and \
        d.config["state_dir"] in failure["what"] + failure["why"] and \
        "make space there" in failure["remedy"]


def is_refusal(d, s):
    """Told in time what is wrong: by an ERROR, or by the verdict."""
    if s.error:
        return says_what_to_do(d, s.error)
    return s.verdict and s.verdict["exit"] == 4 and \
        d.config["state_dir"] in s.verdict["reason"] and \
        "make space there" in s.verdict["reason"]


def settle(d):
    """Wait until all is done; what does not hold then."""
    wait_until(d.is_idle, "the end of what was left")
    # Files that nobody names go a little later.
    found = []

    def holds():
        found[:] = violations(d)
        return not found
    try:
        wait_until(holds, "order")
    except AssertionError:
        pass
    return found


def check_level(tap, d, disk, left):
    disk.fill(left)
    subs = [d.submit_async(slot=slot, options={"record": True})
            for slot in ("default", "b")]
    d.take(subs)
    bad = [s.error or s.verdict or "no answer" for s in subs
           if not (s.verdict and s.verdict["exit"] == 0) and
           not is_refusal(d, s)]
    tap.check(not bad, "with %d KiB left each submission succeeds or is "
              "refused with reason and remedy" % (left >> 10), bad)
    refused = sum(not (s.verdict and s.verdict["exit"] == 0) for s in subs)
    client = d.client()
    tap.equal(client.call("status")[0]["schema_version"], 1,
              "others are answered")
    client.close()
    disk.clear()
    tap.equal(settle(d), [], "with space again all is in order")
    return refused


def check_calls(tap, d, disk):
    s = d.submit_async(deliver=False)
    d.take([s])
    with open(s.verdict["image"]["path"], "rb") as f:
        image = f.read()
    client = d.client()
    lost = d.text().count(NO_RECORD)
    disk.fill(0)
    kind = wire.RESULT
    # The database may have some room left within its files.
    for _ in range(50):
        if kind == wire.RESULT:
            # The last one is refused, and made good below.
            d.extra_deliveries[s.number] += 1
            seen = len(d.dialling[1].seen)
            kind, _, body, _ = client.request(
                wire.CALL, {"method": "deliver", "target": "demo"}, image)
    tap.check(kind == wire.ERROR and says_what_to_do(d, body),
              "a delivery that cannot be recorded is refused", body)
    tap.equal(len(d.dialling[1].seen), seen, "and the target sees none of it")
    tap.equal(client.call("image", content=s.verdict["image"]["content"])[1],
              image, "an image can be fetched from a full disk")
    tap.equal(client.call("submission", submission=s.number)[0], s.verdict,
              "so can a verdict")
    disk.clear()
    tap.equal(client.call("deliver", image, target="demo")[0]["exit"], 0,
              "and delivered when there is space")
    # The disk may be full between what announces a delivery and its result.
    d.extra_deliveries[s.number] -= d.text().count(NO_RECORD) - lost
    client.close()


def check_written_ahead(tap, d, disk):
    """What the database writes ahead of itself does not fill the disk."""
    s = d.submit_async(deliver=False)
    d.take([s])
    with open(s.verdict["image"]["path"], "rb") as f:
        image = f.read()
    client = d.client()
    disk.fill(AHEAD)
    kinds = set()
    for _ in range(64):
        kind, _, body, _ = client.request(
            wire.CALL, {"method": "deliver", "target": "demo"}, image)
        kinds.add((kind, str(body) if kind == wire.ERROR else None))
    d.extra_deliveries[s.number] += 64
    disk.clear()
    client.close()
    tap.equal(kinds, {(wire.RESULT, None)}, "many small writes fit into %d "
              "KiB, one after the other" % (AHEAD >> 10))


def check_start(tap, d, disk):
    d.end()
    for name in glob.glob(os.path.join(d.config["state_dir"], "*.db-*")):
        os.unlink(name)
    disk.fill(0)
    before = len(d.text())
    d.start()
    tap.equal(d.process.wait(60), 1, "it does not start on a full disk")
    said = d.text()[before:]
    tap.check("cannot open" in said and d.config["state_dir"] in said and
              "full" in said, "and says why", said)
    disk.clear()
    d.start()
    tap.check(d.listens(), "it starts when there is space")


def test_full(tap, args):
    d = Service()
    d.end()
    d.config.update(fault_config(d.path))
    d.config["state_dir"] = d.path("disk")
    disk = SmallDisk(d.path("disk"))
    try:
        d.start()
        tap.check(d.listens(), "it starts on a small disk")
        d.dial()
        refused = [check_level(tap, d, disk, left) for left in
                   (ALL_LEVELS if args.rounds > 20 else LEVELS)]
        tap.check(any(refused) and not all(refused),
                  "some levels are too full, some are not", refused)
        check_calls(tap, d, disk)
        check_written_ahead(tap, d, disk)
        pid = d.process.pid
        tap.equal((d.process.poll(), pid), (None, d.process.pid),
                  "it was never started again")
        check_start(tap, d, disk)
        tap.equal(settle(d), [], "all is in order")
        tap.equal(d.end(), 0, "it ends well")
    finally:
        d.leave()
        if d.process.poll() is None:
            d.process.kill()
            d.process.wait()
        disk.remove()


# ---- errors at named points ------------------------------------------------


def error_points():
    """Each step of putting a file in place, and each of a transaction."""
    of = [("main", "object", FILE), ("main", "image", FILE),
          ("sign", "sequence", FILE)]
    of += [("main", state, ("begun", "written")) for state in
           ("received", "verifying", "linking", "signing", "stored",
            "delivering", "verdict")]
    return ["%s/%s-%s" % (duty, name, step) for duty, name, steps in of
            for step in steps]


def unrecorded_images(d):
    files = os.listdir(os.path.join(d.config["state_dir"], "images"))
    known = {sha + ".ko" for (sha,) in d.query("SELECT sha256 FROM images")}
    return set(files) - known


def test_errors(tap, _):
    """Every point fails once, all in one life."""
    d = Service()
    d.end()
    d.config.update(fault_config(d.path))
    d.dial()
    points = set(error_points())
    try:
        d.start(VOUCH_FAULTS=",".join("%s@1=%d" % (p, errno.ENOSPC)
                                      for p in points))
        tap.check(d.listens(), "it starts")
        refused = 0
        stray = set()
        for _ in range(2 * len(points)):
            s = d.submit_async()
            d.take([s])
            refused += bool(is_refusal(d, s))
            if not is_refusal(d, s) and (s.error or s.verdict["exit"]):
                tap.check(False, "an error is told with reason and remedy",
                          s.error or s.verdict)
            wait_until(d.is_idle, "the end of what was held")
            stray |= unrecorded_images(d)
            hit = {"%s/%s" % h[:2] for h in d.hits()
                   if h[3] == str(errno.ENOSPC)}
            if hit == points:
                break
        tap.equal(points - hit, set(), "every point has failed once")
        tap.check(refused >= 15, "errors are told with reason and remedy",
                  refused)
        tap.equal(stray, set(), "no image is left that is not recorded")
        tap.equal(settle(d), [], "nothing is lost, doubled or half-written")
        again = d.submit_async()
        d.take([again])
        tap.check(again.verdict and again.verdict["exit"] == 0,
                  "and it goes on without being started again",
                  again.error or again.verdict)
        tap.equal(d.end(), 0, "it ends well")
    finally:
        d.leave()


# ---- errors at random ------------------------------------------------------


def fiu_environment(seed, probability):
    return {"LD_PRELOAD": " ".join(PRELOAD),
            "VOUCH_FAULT_SEED": str(seed),
            "FIU_ENABLE": "\n".join(
                "enable_random name=%s,probability=%g" % (name, probability)
                for name in FIU)}


def erring_life(d, rng, probability):
    """Some submissions while the disk errs; how the daemon fared."""
    d.start(**fiu_environment(rng.randrange(1 << 30), probability))
    life = d.lives
    told = 0
    for _ in range(4):
        if not d.listens():
            break
        subs = [d.submit_async(slot=rng.choice(("default", "b")))
                for _ in range(2)]
        d.take(subs)
        told += sum(bool(s.verdict or s.error) for s in subs)
    alive = d.process.poll() is None
    if alive:
        d.process.kill()
    d.process.wait()
    return life, told, alive


def test_random(tap, args):
    for path in PRELOAD:
        if not tap.check(os.path.exists(path), "libfiu is there: " + path):
            return
    rng = random.Random(args.seed)
    d = Service()
    d.end()
    d.config.update(fault_config(d.path))
    d.dial()
    told = ended = 0
    try:
        for i in range(args.rounds):
            life, n, alive = erring_life(d, rng, rng.choice((0.002, 0.01,
                                                             0.05)))
            told += n
            ended += not alive
            d.start()
            if not tap.check(d.listens(), "round %d: it starts again" % i,
                             d.text()[-500:]):
                return
            wrong = settle(d)
            wait_until(lambda n=life: not d.processes(n),
                       "the end of processes that have no parent")
            tap.equal(wrong, [], "and all is in order")
            d.end()
        faults = d.text().count("cannot ")
        tap.note("%d rounds, %d answers, %d lives ended by errors, "
                 "%d messages about them" % (args.rounds, told, ended, faults))
        tap.check(told and faults, "some errors were met, and some answers "
                  "given")
    finally:
        d.leave()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("vouchd")
    p.add_argument("--rounds", type=int, default=4)
    p.add_argument("--seed", type=int,
                   default=int(os.environ.get("VOUCH_SEED", "1")))
    args = p.parse_args()
    tap = Tap()
    tap.note("seed %d" % args.seed)
    if tap.check(may_mount(), "a small file system can be mounted",
                 "run it as root, or allow user namespaces"):
        tap.run(test_full, args)
    tap.run(test_errors, args)
    tap.run(test_random, args)
    Daemon.kill_all()
    tap.end()


if __name__ == "__main__":
    main()
