#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Kill each process of vouchd at each of its fault points, start it again, and
see that nothing is lost, doubled or left half-done.

usage: faults_test.py VOUCHD [--kills N] [--seed N] [--only REGEX]

VOUCHD has fault points (build/fault/vouchd). One state directory lives through
all kills. The seed chooses the points, each as often as the others, and the
order; VOUCH_SEED gives it as well.
"""

import argparse
import collections
import os
import random
import re
import signal
import sys

from harness import Daemon
from service import Service, fault_config, violations, wait_until
from tap import Tap
import two_loads

FILE = ("opened", "written", "synced", "renamed", "kept")
STORE = ("begun", "written", "committed")


def of(name, *points):
    return ["%s-%s" % (name, point) for point in points]


# By duty and by what must happen for the points to be reached.
POINTS = {
    ("main", ""):
        ["submission-received", "capture-taken", "vm-asked", "vm-started",
         "vm-ready", "resume-swept", "resume-read", "verdict-sent"] +
        of("object", *FILE) + of("image", *FILE) + of("verify", "asked",
                                                      "answered") +
        of("link", "asked", "answered") + of("sign", "asked", "answered") +
        of("delivery", "asked", "answered") +
        [point for state in ("received", "verifying", "linking", "signing",
                             "stored", "delivering", "verdict")
         for point in of(state, *STORE)] +
        ["%s-logged" % event for event in ("resume", "received", "signed",
                                           "verdict")],
    ("main", "record"): of("capture", *FILE),
    ("main", "verifier dies"): ["verify-lost", "vm-lost"],
    ("main", "vm ends"): ["vm-ended"],
    ("main", "pending"): ["resume-taken"],
    ("main", "second load"):
        ["link-retarget"] + of("retargeting", *STORE) +
        [point + "@2" for point in ("verify-asked", "verify-answered",
                                    "capture-taken", "link-asked",
                                    "link-answered")],
    ("link", "second load"): [point + "@2" for point in
                              of("request", "received", "answered")],
    ("link", ""): of("request", "received", "answered") + ["child-forked"],
    ("link-child", ""): of("child", "begun", "worked", "answered"),
    ("sign", ""): of("request", "received", "answered") +
        ["signature-made"] + of("sequence", *FILE),
    ("launch", ""): of("request", "received", "answered") + ["vm-forked"],
    ("launch", "vm ends"): ["vm-reaped"],
    ("vm", ""): of("vm", "begun", "set"),
}
# Without them the daemon goes on.
CHILDREN = ("link-child", "vm")
# Reached only where an accelerator is tried.
ELSEWHERE = {"accelerator-" + step for step in FILE} | {"vm-ended-logged"}


def cases():
    return [(duty, point, scenario) for (duty, scenario), points in
            POINTS.items() for point in points]


def choose(kills, seed):
    """Each point as often as the others, in an order that the seed gives."""
    rng = random.Random(seed)
    chosen = []
    while len(chosen) < kills:
        some = cases()
        rng.shuffle(some)
        # Every duty early, so that few kills meet them all.
        if not chosen:
            some.sort(key=lambda c: c[0] == "main")
            some = interleave(some)
        chosen += some
    return chosen[:kills]


def interleave(some):
    """Half of main's points, half of the others'."""
    main = [c for c in some if c[0] == "main"]
    rest = [c for c in some if c[0] != "main"]
    mixed = []
    while main or rest:
        mixed += main[:1] + rest[:1]
        main, rest = main[1:], rest[1:]
    return mixed


class Kills:
    def __init__(self, tap, seed):
        self.tap = tap
        self.rng = random.Random(seed + 1)
        self.hit = collections.Counter()
        self.killed = collections.Counter()
        self.failed = set()
        self.known = {(duty, point.split("@")[0])
                      for duty, point, _ in cases()}
        self.d = Service()
        self.d.config.update(fault_config(self.d.path))
        self.config = self.d.config
        self.d.end()
        self.count_hits()

    def count_hits(self):
        for duty, point, _, action in self.d.hits():
            self.hit[duty, point] += 1
            if action == "kill":
                self.killed[duty, point] += 1

    def submit(self, scenario):
        options = {"record": True} if scenario == "record" else {}
        return [self.d.submit_async(
            slot=self.rng.choice(("default", "b")), options=options)
            for _ in range(self.rng.choice((1, 1, 2)))]

    def set_scene(self, scenario, on):
        path = self.d.path("vm-ends")
        if scenario == "vm ends" and on:
            with open(path, "w", encoding="ascii"):
                pass
        elif os.path.exists(path):
            os.unlink(path)
        if on and scenario == "verifier dies":
            self.d.dialling[0].acts.append("die")

    def leave_pending(self):
        """A submission that the next life finds."""
        d = self.d
        d.start()
        if not d.listens():
            raise AssertionError("vouchd does not start")
        before = len(d.dialling[0].seen)
        d.dialling[0].acts.append("hang")
        subs = [d.submit_async()]
        wait_until(lambda: len(d.dialling[0].seen) > before,
                   "the verifier's request")
        d.process.kill()
        d.process.wait()
        d.take(subs)
        self.count_hits()

    def kill(self, duty, point):
        """One armed life; True if the kill hit."""
        d = self.d
        subs = self.submit(self.scenario) if d.listens() else []

        def over():
            # What was hit is written before it acts.
            return any(action == "kill" for *_, action in d.hits()) or \
                d.process.poll() is not None or \
                (subs and not any(s.is_alive() for s in subs))
        wait_until(over, "the end of a submission")
        hit = any(h[:2] == (duty, point) and h[3] == "kill"
                  for h in d.hits())
        if hit and duty not in CHILDREN:
            code = d.process.wait(60)
            want = -9 if duty == "main" else 1
            if code != want:
                raise AssertionError("vouchd ended with %d, not %d" %
                                     (code, want))
            d.take(subs)
        else:
            d.take(subs)
            code = d.end()
            if code:
                raise AssertionError("vouchd ended with %d" % code)
        return hit

    def recover(self, armed_life):
        d = self.d
        d.start()
        if not d.listens():
            raise AssertionError("vouchd does not start again: " +
                                 d.text()[-2000:])
        wait_until(d.is_idle, "the end of what was left")
        wait_until(lambda: not d.processes(armed_life),
                   "the end of processes %s, which have no parent" %
                   d.processes(armed_life))
        return violations(d)

    def run(self, duty, point, scenario):
        d = self.d
        point, _, nth = point.partition("@")
        name = "%s/%s" % (duty, point)
        self.scenario = scenario
        d.config = two_loads.move(self.config) \
            if scenario == "second load" else self.config
        if scenario == "pending":
            self.leave_pending()
        self.set_scene(scenario, True)
        d.start(VOUCH_FAULTS="%s@%s=kill" % (name, nth or 1))
        armed_life = d.lives
        hit = self.kill(duty, point)
        self.set_scene(scenario, False)
        self.count_hits()
        wrong = self.recover(armed_life)
        # Only what may be the submission's own fault ends with an error.
        if duty != "link-child":
            wrong += ["submission %d ended with %s" % (n, v["reason"])
                      for n, v in d.told.items()
                      if v["exit"] and n not in self.failed]
        self.failed |= {n for n, v in d.told.items() if v["exit"]}
        code = d.end()
        self.count_hits()
        if code:
            wrong.append("it ends with %d" % code)
        if not hit:
            wrong.append("this point was never reached")
        return wrong


def test_orphan(tap):
    """A child of link that hangs ends with link."""
    d = Service()
    d.end()
    d.config.update(fault_config(d.path))
    d.dial()
    d.start(VOUCH_FAULTS="link-child/child-begun@1=stop")
    d.listens()
    s = d.submit_async()
    wait_until(lambda: any(h[3] == "stop" for h in d.hits()), "the child")
    with open(d.fault_log, encoding="ascii") as f:
        link = next(int(line.split()[0]) for line in f
                    if line.split()[1] == "link")
    os.kill(link, signal.SIGKILL)
    tap.equal(d.process.wait(60), 1, "without link vouchd ends")
    wait_until(lambda: not d.processes(d.lives), "the end of all processes")
    tap.check(True, "and so do link's children")
    d.take([s])
    d.leave()


def test_stopped(tap):
    """A process that hangs is a time-out, and does not hold up the end."""
    d = Service(timeouts={"sign_s": 1})
    d.end()
    d.config.update(fault_config(d.path))
    d.dial()
    d.start(VOUCH_FAULTS="sign/request-received@1=stop")
    d.listens()
    s = d.submit_async()
    d.take([s])
    tap.equal(s.verdict and s.verdict["exit"], 7,
              "a sign process that is stopped is a time-out")
    tap.equal(d.process.wait(60), 1, "after which vouchd ends")
    d.start(VOUCH_FAULTS="link/request-received@1=stop")
    tap.check(d.listens(), "it starts again")
    s = d.submit_async()
    wait_until(lambda: any(h[3] == "stop" for h in d.hits()), "link")
    tap.equal(d.end(), 0, "a link process that is stopped is ended at SIGTERM")
    d.take([s])
    wait_until(lambda: not d.processes(d.lives), "the end of all processes")
    d.start()
    tap.check(d.listens(), "it starts once more")
    wait_until(d.is_idle, "the end of what was left")
    tap.equal(violations(d), [], "and all is in order")
    tap.equal(d.query("SELECT count(*) FROM images"), [(1,)],
              "what link had is accepted")
    d.end()
    d.leave()


def table(tap, kills):
    tap.note("%-12s %-24s %6s %6s" % ("process", "point", "hits", "kills"))
    for (duty, point), n in sorted(kills.hit.items()):
        tap.note("%-12s %-24s %6d %6d" % (duty, point, n,
                                          kills.killed[duty, point]))


def test_kills(tap, chosen, seed):
    kills = Kills(tap, seed)
    kills.d.dial()
    try:
        for duty, point, scenario in chosen:
            try:
                wrong = kills.run(duty, point, scenario)
            except AssertionError as e:
                wrong = [str(e)]
                kills.d.process.kill()
                kills.d.process.wait()
            tap.check(not wrong, "killed at %s/%s" % (duty, point),
                      "; ".join(wrong))
    finally:
        kills.d.leave()
        table(tap, kills)
    unknown = {key for key in kills.hit if key not in kills.known and
               key[1] not in ELSEWHERE}
    tap.check(not unknown, "every point that is reached is one to kill at",
              sorted(unknown))
    tap.note("%d lives, %d submissions, %d images" % (
        kills.d.lives,
        kills.d.query("SELECT count(*) FROM submissions")[0][0],
        kills.d.query("SELECT count(*) FROM images")[0][0]))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("vouchd")
    p.add_argument("--kills", type=int, default=40)
    p.add_argument("--seed", type=int,
                   default=int(os.environ.get("VOUCH_SEED", "1")))
    p.add_argument("--only", default="")
    args = p.parse_args()
    tap = Tap()
    tap.note("seed %d, %d kills" % (args.seed, args.kills))
    chosen = choose(args.kills, args.seed)
    if args.only:
        chosen = [c for c in cases()
                  if re.fullmatch(args.only, "%s/%s" % c[:2])]
    tap.run(test_kills, chosen, args.seed)
    if not args.only:
        tap.run(test_stopped)
        tap.run(test_orphan)
    Daemon.kill_all()
    tap.end()


if __name__ == "__main__":
    sys.exit(main())
