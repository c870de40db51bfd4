# SPDX-License-Identifier: BSD-2-Clause
"""A vouchd as a service: agents that dial again, faults, and what must hold
after each of them."""

import collections
import hashlib
import json
import os
import signal
import threading
import time

from harness import BTF, Daemon, OBJECT, PROFILE, RECORDED, SYMBOLS
from fake_agent import FakeTarget, FakeVerifier
import two_loads
import wire

# Generous: nothing is timed, and other work may hold the machine up.
PATIENCE = int(os.environ.get("VOUCH_PATIENCE", "120"))


def wait_until(what, why):
    """Wait for something that must come."""
    deadline = time.monotonic() + PATIENCE
    pause = 0.005
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
    raise AssertionError("waited in vain: " + why)


class Redialler(threading.Thread):
    """An agent that dials again whenever it is hung up on."""

    def __init__(self, make):
        super().__init__(daemon=True)
        self.make = make
        self.agent = None
        self.seen = []
        self.acts = []  # for the requests to come
        self.left = False
        self.start()

    def run(self):
        while not self.left:
            try:
                self.agent = self.make(acts=self.acts, seen=self.seen)
            except (OSError, wire.WireError):
                time.sleep(0.02)
                continue
            self.agent.thread.join()

    def leave(self):
        self.left = True
        # It may be dialling just now.
        while self.is_alive():
            if self.agent:
                self.agent.leave()
            self.join(0.1)


class Verifier(FakeVerifier):
    """Loads once more what a target has elsewhere."""

    def answer(self, kind, body, blob):
        if kind == wire.VERIFY and body.get("parts", {}).get("kconfig"):
            return two_loads.verify(kind, body, blob)
        return super().answer(kind, body, blob)


class Submission(threading.Thread):
    """A client with one submission; hears PROGRESS, VERDICT, ERROR or the end
    of the connection."""

    def __init__(self, path, body, obj):
        super().__init__(daemon=True)
        self.path = path
        self.body = body
        self.obj = obj
        self.number = None  # of the submission, once the daemon has told
        self.verdict = self.error = None
        self.start()

    def run(self):
        try:
            client = wire.Client(self.path, timeout=PATIENCE)
        except (OSError, wire.WireError):
            return
        try:
            client.send(wire.SUBMIT, self.body, self.obj)
            while True:
                kind, _, body, _ = client.receive()
                if kind == wire.PROGRESS:
                    self.number = body["submission"]
                elif kind == wire.VERDICT:
                    self.verdict = body
                    self.number = body["submission"]
                    return
                else:
                    self.error = body
                    return
        except (OSError, wire.WireError):
            pass
        finally:
            client.close()


class Service(Daemon):
    """A daemon with one state directory over many lives."""

    def __init__(self, **changes):
        self.lives = 0
        self.fault_log = None
        self.told = {}  # verdicts by the submission's number
        self.accepted = set()
        self.extra_deliveries = collections.Counter()  # that clients asked for
        self.last_sequence = 0
        self.dialling = []
        super().__init__(**changes)

    def start(self, **env):
        """Does not wait: a fault may end it before it listens."""
        self.lives += 1
        self.fault_log = self.path("faults.%d" % self.lives)
        self.spawn(VOUCH_FAULT_LOG=self.fault_log, VOUCH_LIFE=self.tag(),
                   **env)

    def tag(self, life=None):
        return "%s:%d." % (self.dir, life or self.lives)

    def listens(self):
        """Wait until it takes clients; False if it has ended before."""
        def state():
            if self.process.poll() is not None:
                return "ended"
            try:
                wire.Client(self.path("vouchd.sock"), timeout=5).close()
                return "listens"
            except (OSError, wire.WireError):
                return None
        return wait_until(state, "the socket") == "listens"

    def dial(self, **hello):
        self.dialling = [
            Redialler(lambda **kw: Verifier(
                self.path("verifier.sock"), RECORDED, timeout=None, **kw)),
            Redialler(lambda **kw: FakeTarget(
                self.path("target.sock"), timeout=None, **hello, **kw))]
        return self.dialling

    def submit_async(self, obj=OBJECT, **options):
        body = {"name": "xdp_count.o", "options": {}, "target": "demo",
                "slot": None, "attach": None, "deliver": True}
        body.update(options)
        return Submission(self.path("vouchd.sock"), body, obj)

    def hits(self):
        """(duty, point, number, action) of each fault point that was hit."""
        if not os.path.exists(self.fault_log):
            return []
        with open(self.fault_log, encoding="ascii") as f:
            lines = f.read().split("\n")[:-1]
        return [(duty, point, int(number), action) for _, duty, point, number,
                action in (line.split() for line in lines)]

    def processes(self, life):
        """Ids of those that come from one life of the daemon."""
        tag = ("VOUCH_LIFE=" + self.tag(life)).encode() + b"\0"
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as f:
                    if tag in f.read() + b"\0":
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def end(self):
        """End it in order; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def leave(self):
        for agent in self.dialling:
            agent.leave()
        self.dialling = []

    def take(self, submissions):
        """Remember what clients were told, once all have been told it."""
        for s in submissions:
            s.join(PATIENCE)
            if s.is_alive():
                raise AssertionError("a client hears nothing any more")
            if s.number:
                self.accepted.add(s.number)
            if s.verdict:
                self.told[s.number] = s.verdict

    def is_idle(self):
        try:
            return not self.query("SELECT 1 FROM submissions WHERE"
                                  " state <> 'done'")
        except Exception:  # pylint: disable=broad-except
            return False  # being made, or locked


# ---- what must hold --------------------------------------------------------


def names(*parts):
    return set(os.listdir(os.path.join(*parts)))


def sha256(*parts):
    with open(os.path.join(*parts), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def check_files(d, wrong):
    state = d.config["state_dir"]
    for where in ".", "objects", "images", "captures", "sign":
        for name in names(state, where):
            if name.startswith(".") or name.endswith(".new"):
                wrong("half-written file %s/%s" % (where, name))
    rows = {row[0] for row in d.query("SELECT sha256 FROM images")}
    files = {name[:-3] for name in names(state, "images")}
    for sha in files ^ rows:
        wrong("image %s: %s" % (sha, "is not recorded" if sha in files else
                                "has no file"))
    for sha in files & rows:
        if sha256(state, "images", sha + ".ko") != sha:
            wrong("image %s has other content" % sha)
    for row in d.query("SELECT i.submission FROM images i JOIN submissions s"
                       " ON i.submission = s.id WHERE i.sha256 IS NOT s.image"):
        wrong("submission %d has a second image" % row)
    signed = [row[0] for row in d.query(
        "SELECT text FROM log WHERE event = 'signed'")]
    if sorted(signed) != sorted(rows):
        wrong("the log has %s as signed, images are %s" % (signed, rows))
    rows = {row[0] for row in d.query("SELECT object FROM submissions")}
    files = names(state, "objects")
    if files != rows:
        wrong("objects are %s, recorded are %s" % (files, rows))
    for name in files:
        if sha256(state, "objects", name) != name:
            wrong("object %s has other content" % name)


def check_sequence(d, wrong):
    numbers = [row[0] for row in d.query(
        "SELECT sequence FROM images ORDER BY rowid")]
    if any(a >= b for a, b in zip(numbers, numbers[1:])):
        wrong("sequences do not rise: %s" % numbers)
    path = os.path.join(d.config["state_dir"], "sign", "sequence")
    if not os.path.exists(path):
        if numbers:
            wrong("the sequence's file is gone")
        return
    with open(path, encoding="ascii") as f:
        last = int(f.read().split()[1])
    if last < max(numbers + [d.last_sequence]):
        wrong("the sequence on disk is %d, and was %d" %
              (last, max(numbers + [d.last_sequence])))
    d.last_sequence = last


def check_answers(d, wrong):
    rows = {row[0]: row[1:] for row in d.query(
        "SELECT id, state, verdict, image FROM submissions")}
    events = dict(d.query("SELECT submission, count(*) FROM log WHERE event ="
                          " 'verdict' GROUP BY submission"))
    received = dict(d.query("SELECT submission, count(*) FROM log WHERE event"
                            " = 'received' GROUP BY submission"))
    deliveries = dict(d.query("SELECT submission, count(*) FROM deliveries"
                              " GROUP BY submission"))
    for ident in d.accepted - set(rows):
        wrong("submission %d is lost" % ident)
    client = d.client()
    for ident, (state, verdict, _) in rows.items():
        name = "submission %d" % ident
        if state != "done" or not verdict:
            wrong("%s is '%s', its verdict %s" % (name, state, verdict))
            continue
        verdict = json.loads(verdict)
        if events.get(ident) != 1 or received.get(ident) != 1:
            wrong("%s has %s verdicts in the log, was received %s times" %
                  (name, events.get(ident), received.get(ident)))
        once = len(verdict["deliveries"])
        if once > 1 or deliveries.get(ident, 0) != \
                once + d.extra_deliveries[ident]:
            wrong("%s has %s deliveries" % (name, deliveries.get(ident)))
        if d.told.setdefault(ident, verdict) != verdict:
            wrong("%s: two answers: %s and %s" % (name, d.told[ident],
                                                  verdict))
    for ident in d.accepted:
        answer, _ = client.call("submission", submission=ident)
        if answer != d.told.get(ident):
            wrong("submission %d: asked for again it is %s, was %s" %
                  (ident, answer, d.told.get(ident)))
    client.close()


def check_target(d, wrong):
    known = {row[0] for row in d.query("SELECT sha256 FROM images")}
    for agent in d.dialling[1:]:
        for kind, _, blob in agent.seen:
            if kind == wire.DELIVER and \
                    hashlib.sha256(blob).hexdigest() not in known:
                wrong("an image was delivered that is not recorded")


def violations(d):
    """Whatever does not hold of a daemon that is idle, as texts."""
    found = []
    for (text,) in d.query("PRAGMA integrity_check"):
        if text != "ok":
            found.append("database: " + text)
    if d.query("PRAGMA foreign_key_check"):
        found.append("database: foreign keys")
    for check in check_files, check_sequence, check_answers, check_target:
        check(d, found.append)
    return found


def fault_config(d_path):
    """VMs of a daemon whose every process has work; @d_path names a file in
    its directory."""
    qemu = d_path("qemu")
    with open(qemu, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\n[ ! -e %s ] || exit 3\nexec sleep 1000\n"
                % d_path("vm-ends"))
    os.chmod(qemu, 0o755)
    profile = PROFILE.path
    return {"qemu": qemu, "vms": [
        {"name": "verifier", "role": "verifier", "symbols": SYMBOLS,
         "btf": BTF, "agent_socket": d_path("verifier.sock")},
        {"name": "demo", "role": "target", "slots": ["default", "b"],
         "profile": profile, "agent_socket": d_path("target.sock")},
        {"name": "dev", "role": "developer", "cid": 5,
         "vsock": d_path("vsock"),
         "launch": {"kernel": "/vmlinux", "accel": "tcg"}}]}
