#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouchd as a whole, with fake agents in place of VMs.

usage: daemon_test.py VOUCHD [TEST]...
"""

import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import wire  # noqa: E402
from fake_agent import FakeTarget, FakeVerifier  # noqa: E402
from tap import Tap  # noqa: E402

VOUCHD = os.path.abspath(sys.argv[1])
DATA = os.path.join(HERE, "data")


def load(name):
    with open(os.path.join(DATA, name), "rb") as f:
        return f.read()


OBJECT = load("xdp_count.o")
RECORDED = {"json": json.loads(load("xdp_count.json")),
            "capture": load("xdp_count.cap")}
PROFILE = hashlib.sha256(load("profile.json")).hexdigest()


def make_key(directory):
    path = os.path.join(directory, "image.")
    subprocess.run(
        ["openssl", "req", "-new", "-x509", "-newkey", "rsa:3072", "-sha256",
         "-nodes", "-days", "3650", "-subj", "/CN=vouch test image key",
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-addext", "keyUsage=digitalSignature",
         "-addext", "subjectKeyIdentifier=hash", "-outform", "DER",
         "-keyout", path + "key", "-out", path + "der"],
        check=True, stderr=subprocess.DEVNULL)


class Daemon:
    """One vouchd with a state directory of its own."""

    keys = None
    running = []

    def __init__(self, **changes):
        self.temp = tempfile.TemporaryDirectory(prefix="vouchd-")
        self.dir = self.temp.name
        if "user" in changes:
            os.chmod(self.dir, 0o777)
        if not Daemon.keys:
            Daemon.keys = tempfile.TemporaryDirectory(prefix="vouchd-")
            make_key(Daemon.keys.name)
        self.config = {
            "state_dir": os.path.join(self.dir, "state"),
            "socket": self.path("vouchd.sock"),
            "key": os.path.join(Daemon.keys.name, "image.key"),
            "cert": os.path.join(Daemon.keys.name, "image.der"),
            "profiles": [os.path.join(DATA, "profile.json")],
            "policy": {"allow_perfmon": True, "record": True},
            "timeouts": {"verify_s": 2, "deliver_s": 2, "wait_s": 2,
                         "call_s": 2},
            "vms": [
                {"name": "verifier", "role": "verifier",
                 "agent_socket": self.path("verifier.sock")},
                {"name": "demo", "role": "target", "slots": ["default", "b"],
                 "profile": os.path.join(DATA, "profile.json"),
                 "agent_socket": self.path("target.sock")}]}
        self.config.update(changes)
        self.agents = []
        self.process = None
        self.log = self.path("log")
        self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        with open(self.path("config.json"), "w", encoding="ascii") as f:
            json.dump(self.config, f)
        with open(self.log, "ab") as f:
            self.process = subprocess.Popen(
                [VOUCHD, "--config", self.path("config.json"),
                 "--log-level", "debug"], stdin=subprocess.DEVNULL,
                stdout=f, stderr=f,
                # A group more, to see it dropped.
                extra_groups=[4] if "user" in self.config else None)
        Daemon.running.append(self.process)
        for _ in range(500):
            try:
                wire.Client(self.path("vouchd.sock")).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError("vouchd did not start: " + self.text())

    def text(self):
        with open(self.log, encoding="ascii", errors="replace") as f:
            return f.read()

    def stop(self):
        for agent in self.agents:
            agent.leave()
        self.agents = []
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "does not end: " + self.text()

    def kill(self):
        self.process.kill()
        self.process.wait(20)
        for agent in self.agents:
            agent.leave()
        self.agents = []

    def verifier(self, **kw):
        self.agents.append(FakeVerifier(self.path("verifier.sock"), RECORDED,
                                        **kw))
        return self.agents[-1]

    def target(self, **kw):
        self.agents.append(FakeTarget(self.path("target.sock"), **kw))
        return self.agents[-1]

    def client(self):
        return wire.Client(self.path("vouchd.sock"), timeout=60)

    def submit(self, obj=OBJECT, **options):
        body = {"name": "xdp_count.o", "options": {}, "target": "demo",
                "slot": None, "attach": None, "deliver": True}
        body.update(options)
        client = self.client()
        try:
            kind, _, verdict, _ = client.request(wire.SUBMIT, body, obj)
            return kind, verdict
        finally:
            client.close()

    def query(self, sql):
        db = sqlite3.connect(os.path.join(self.config["state_dir"],
                                          "vouchd.db"))
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def wait_for(self, what, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if what():
                return True
            time.sleep(0.02)
        return False


def capture(verdict, reason="because"):
    def act(*_):
        return wire.CAPTURE, {"verdict": verdict, "reason": reason, "programs":
                              [], "privileges": [], "log": "a log"}, b""
    return act


# ---- the whole way -------------------------------------------------------

def test_whole_way(tap):
    d = Daemon()
    verifier, target = d.verifier(), d.target(hello={"profile": PROFILE})
    client = d.client()
    ident = client.send(wire.SUBMIT, {
        "name": "xdp_count.o", "options": {"record": True}, "target": "demo",
        "slot": "b", "attach": "xdp:eth0", "deliver": True}, OBJECT)
    stages = []
    while True:
        kind, answers, verdict, _ = client.receive()
        if kind != wire.PROGRESS:
            break
        stages.append(verdict["stage"])
    tap.equal((kind, answers), (wire.VERDICT, ident), "a verdict answers")
    tap.equal(stages, ["verify", "check", "link", "sign", "deliver"],
              "progress names every stage")
    tap.equal((verdict["verdict"], verdict["exit"], verdict["reason"]),
              ("accepted", 0, None), "accepted")
    tap.equal(verdict["object"], hashlib.sha256(OBJECT).hexdigest(),
              "the verdict names the object")
    tap.equal(sorted(verdict["stages_us"]),
              sorted(["verify", "check", "link", "sign", "deliver"]),
              "every stage has its time")
    tap.equal(verdict["log"], RECORDED["json"]["log"], "the verifier's log")
    tap.equal([p["name"] for p in verdict["programs"]], ["xdp_count"],
              "the programs")
    tap.equal(verifier.seen[0][1]["options"],
              {"set": {}, "map_entries": {}, "record": True,
               "allow_perfmon": True}, "the verifier gets canonical options")
    tap.equal(verifier.seen[0][2], OBJECT, "and the object as it was")

    image = verdict["image"]
    kind, body, blob = target.seen[0]
    tap.equal(body, {"slot": "b", "attach": "xdp:eth0"}, "what is delivered")
    tap.equal(hashlib.sha256(blob).hexdigest(), image["sha256"],
              "the image that is delivered is the one of the verdict")
    with open(image["path"], "rb") as f:
        tap.equal(f.read(), blob, "and the one on disk")
    tap.check(blob.endswith(b"~Module signature appended~\n"), "it is signed")
    tap.equal((image["epoch"], image["sequence"], image["slot"]), (1, 1, "b"),
              "the record")
    tap.equal(image["name"], "vouch_" + image["content"][:16], "its name")
    tap.equal(verdict["deliveries"],
              [{"target": "demo", "slot": "b", "status": "attached",
                "reason": None, "admit_us": 10, "load_us": 20}], "the delivery")

    got, data = client.call("image", content=image["content"][:8])
    tap.equal((got["path"], data), (image["path"], blob),
              "the image is found by a prefix")
    status, _ = client.call("status")
    tap.equal((status["submissions"], status["images"]), (1, 1), "counts")
    tap.equal([(v["name"], v["state"], v["release"])
               for v in status["verifiers"] + status["targets"]],
              [("verifier", "ready", "6.1.0-fake"),
               ("demo", "ready", "6.1.0-fake")], "states")
    tap.equal(client.call("submission", submission=verdict["submission"])[0],
              verdict, "the verdict can be asked for again")
    recorded = os.path.join(d.config["state_dir"], "captures",
                            verdict["object"] + ".capture")
    with open(recorded, "rb") as f:
        tap.equal(f.read(), RECORDED["capture"], "the capture is recorded")
    tap.equal([e for (e,) in d.query("SELECT event FROM log ORDER BY id")],
              ["received", "signed", "verdict"], "the log")
    client.close()
    tap.equal(d.stop(), 0, "it ends at SIGTERM")


def test_same_input(tap):
    d = Daemon()
    d.verifier()
    verdicts = [d.submit(deliver=False)[1] for _ in range(3)]
    tap.equal([v["exit"] for v in verdicts], [0, 0, 0], "accepted three times")
    tap.equal(len({v["image"]["content"] for v in verdicts}), 1,
              "same input, same content")
    tap.equal([v["image"]["sequence"] for v in verdicts], [1, 2, 3],
              "each signature has its sequence")
    d.stop()
    d.start()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["image"]["sequence"], 4,
              "the sequence goes on after a restart")
    d.stop()


# ---- what the verifier may do -------------------------------------------

def test_verdicts(tap):
    d = Daemon()
    d.verifier(acts=[capture("rejected"), capture("unsupported"),
                     capture("error"), capture("accepted"),
                     lambda *_: (wire.RESULT, {}, b""),
                     lambda *_: (wire.ERROR, {"code": "EIO", "why": "bad day"},
                                 b"")])
    for verdict, code in (("rejected", 3), ("unsupported", 6), ("error", 1),
                          ("error", 1), ("error", 1), ("error", 1)):
        got = d.submit()[1]
        tap.equal((got["verdict"], got["exit"], got["image"]),
                  (verdict, code, None), "%s gives %d" % (verdict, code))
    tap.equal(got["reason"], "bad day", "the agent's reason is passed on")
    d.stop()


def test_hostile_capture(tap):
    d = Daemon()

    def flipped(at):
        def act(*_):
            data = bytearray(RECORDED["capture"])
            data[at] ^= 1
            return wire.CAPTURE, RECORDED["json"], bytes(data)
        return act

    d.verifier(acts=[flipped(0), lambda *_: (
        wire.CAPTURE, RECORDED["json"], RECORDED["capture"][:-8])])
    for what in ("a wrong magic", "a short capture"):
        got = d.submit()[1]
        tap.equal((got["verdict"], got["exit"], got["image"]),
                  ("refused", 6, None), what + " is refused")
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and the next is accepted")
    got = d.submit(obj=OBJECT + b"\0", deliver=False)[1]
    tap.equal((got["verdict"], got["exit"]), ("refused", 6),
              "a capture of another object is refused")
    d.stop()


def test_verifier_lost(tap):
    d = Daemon()
    d.verifier(acts=["die"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    tap.check(d.wait_for(lambda: "trying once more" in d.text()),
              "the loss of a verifier is noticed")
    d.verifier()
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, verdict, _ = client.receive()
    tap.equal(verdict["exit"], 0, "the next verifier takes the submission")

    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    d.agents[-1].leave()
    for _ in range(2):
        d.verifier(acts=["die"])
        d.agents[-1].thread.join(10)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, verdict, _ = client.receive()
    tap.equal((verdict["verdict"], verdict["exit"]), ("error", 4),
              "two lost verifiers are too many")
    tap.equal(d.submit()[1]["exit"], 4, "so is none at all, after a while")
    d.stop()


def test_verifier_hangs(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    tap.equal(d.submit()[1]["exit"], 7, "a verifier that hangs is a time-out")
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and is replaced")
    d.stop()


# ---- what the target may do ---------------------------------------------

def test_target(tap):
    d = Daemon()
    d.verifier()

    def status(status):
        return lambda *_: (wire.STATUS, {"status": status, "reason": "so"}, b"")

    tap.equal(d.submit()[1]["exit"], 4, "a target that is not there")
    d.target(acts=[status("refused"), status("error"), status("strange"),
                   "hang", "die"])
    for code, status in ((6, "refused"), (1, "error"), (1, "error"),
                         (7, "error"), (4, "error")):
        got = d.submit()[1]
        tap.equal((got["exit"], got["deliveries"][0]["status"]),
                  (code, status), "a delivery ends with %d" % code)
        tap.check(got["image"], "and the image stays")
    d.agents[-1].thread.join(10)
    target = d.target(hello={"profile": "00" * 32})
    tap.equal(d.submit()[1]["exit"], 6, "a target of another profile")
    tap.equal(target.seen, [], "to which nothing is sent")
    d.stop()


def signed(d, **options):
    """A signed image that was not delivered: its bytes."""
    image = d.submit(deliver=False, **options)[1]["image"]
    with open(image["path"], "rb") as f:
        return image, f.read()


def refusal(code, exit_code):
    return lambda *_: (wire.STATUS, {
        "status": "refused", "reason": "so", "failure": {
            "code": code, "what": "admit", "why": "so", "remedy": "do",
            "exit": exit_code}}, b"")


def test_deliver(tap):
    d = Daemon(timeouts={"deliver_s": 2, "wait_s": 1})
    d.config["vms"].append(
        {"name": "away", "role": "target", "slots": ["default"],
         "profile": os.path.join(DATA, "profile.json"),
         "agent_socket": d.path("away.sock")})
    d.stop()
    d.start()
    d.verifier()
    image, data = signed(d, slot="b")
    target = d.target(acts=[None, refusal("EKEYREJECTED", 5),
                            refusal("ENOEXEC", 6)])
    client = d.client()
    stages = []
    ident = client.send(wire.CALL, {"method": "deliver", "target": "demo",
                                    "attach": "xdp:eth0"}, data)
    while True:
        kind, answers, result, _ = client.receive()
        if kind != wire.PROGRESS:
            break
        stages.append(result["stage"])
    tap.equal((kind, answers, stages, result),
              (wire.RESULT, ident, ["deliver"],
               {"schema_version": 1, "image": image["name"], "content":
                image["content"], "sha256": image["sha256"], "target": "demo",
                "slot": "b", "status": "attached", "reason": None, "remedy":
                None, "exit": 0, "admit_us": 10, "load_us": 20}),
              "an image is delivered to the slot that it is signed for")
    tap.equal(target.seen[0][1:], ({"slot": "b", "attach": "xdp:eth0"}, data),
              "as it is")
    flipped = bytearray(data)
    flipped[0x41] ^= 1
    for blob, code, remedy in ((bytes(flipped), 5, "do"), (data, 6, "do")):
        result, _ = client.call("deliver", blob, target="demo")
        tap.equal((result["exit"], result["status"], result["remedy"]),
                  (code, "refused", remedy),
                  "the target decides that it is %d" % code)
    tap.equal(target.seen[1][2], bytes(flipped),
              "an image with a flipped byte of code gets to the target")
    tap.equal(client.call("deliver", data[:], target="demo")[0]["exit"], 0,
              "and a good one is taken then")
    tap.equal(d.query("SELECT submission, image, target, slot, status FROM"
                      " deliveries ORDER BY id LIMIT 2"),
              [(1, image["sha256"], "demo", "b", "attached"),
               (None, hashlib.sha256(flipped).hexdigest(), "demo", "b",
                "refused")], "the store has the deliveries")
    tap.equal(d.query("SELECT count(*) FROM log WHERE event='delivered'"),
              [(4,)], "and the log")
    header = bytearray(data)
    header[0x28] ^= 1
    seen = len(target.seen)
    for blob, call, code, name in (
            (b"\x7fELF", {}, 2, "an ELF file that is no image"),
            (b"x" + data[1:], {}, 2, "a file that is no ELF file"),
            (b"", {}, 2, "nothing"), (data[:-1], {}, 2, "an unsigned file"),
            (bytes(header), {}, 5, "an image with a broken header"),
            (data, {"target": "none"}, 2, "an unknown target"),
            (data, {"target": None}, 2, "no target where there are two"),
            (data, {"attach": 1}, 2, "a hook that is no text"),
            (data, {"attach": "x" * 64}, 2, "a long hook"),
            (data, {"attach": "a\nb"}, 2, "a hook of two lines"),
            (data, {"target": "away"}, 6, "a slot that the target has not")):
        kind, _, body, _ = client.request(
            wire.CALL, dict({"method": "deliver", "target": "demo"}, **call),
            blob)
        tap.equal((kind, body.get("exit")), (wire.ERROR, code),
                  "delivering %s is refused" % name)
    tap.equal(len(target.seen), seen, "none of it gets to the target")
    _, data = signed(d)
    result, _ = client.call("deliver", data, target="away")
    tap.equal((result["exit"], result["status"]), (4, "unavailable"),
              "a target that is not there")
    got = d.submit(target="away", deliver=False)[1]
    tap.equal((got["verdict"], got["exit"]), ("accepted", 0),
              "for which an object can be signed all the same")
    client.close()
    d.stop()


def test_many_deliveries(tap):
    d = Daemon()
    d.verifier()
    _, data = signed(d)
    client = d.client()
    for _ in range(17):
        client.send(wire.CALL, {"method": "deliver", "target": "demo"}, data)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, ident, body, _ = client.receive()
    # The HELLO had the first id.
    tap.equal((kind, ident, body.get("exit")), (wire.ERROR, 18, 4),
              "more than 16 deliveries at a time are put off")
    client.close()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT count(*) FROM deliveries") == [(16,)]),
        "the others go on when the client hangs up")
    client = d.client()
    d.target()
    tap.equal(client.call("deliver", data, target="demo")[0]["exit"], 0,
              "and then there is room again")
    client.close()
    d.stop()


def relocations(image):
    """The number of entries in an image's .rela.text, its second section."""
    table = int.from_bytes(image[0x28:0x30], "little") + 2 * 64
    return int.from_bytes(image[table + 0x20:table + 0x28], "little") // 24


def test_relocations(tap):
    d = Daemon()
    d.verifier()
    client = d.client()
    kind, _, verdict, _ = client.request(
        wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    with open(verdict["image"]["path"], "rb") as f:
        want = relocations(f.read())
    tap.check(want > 0, "the image has relocations")
    tap.equal([p["relocations"] for p in verdict["programs"]], [want],
              "the verdict counts those of the program")
    client.close()
    d.stop()


def test_instances(tap):
    d = Daemon()
    d.verifier()
    d.target()

    def instance(**options):
        image = d.submit(**options)[1]["image"]
        return image["instance"], image["name"]

    first, second = instance(), instance(slot="b")
    tap.equal((first[0], second[0]), (0, 1),
              "another slot of the same target gets another instance")
    tap.check(first[1] != second[1], "with a name of its own")
    tap.equal((instance(), instance(slot="b")), (first, second),
              "and each slot the same again")
    other = instance(slot="b", options={"map_entries": {"sources": 8}})
    tap.equal(other[0], 0, "other content counts by itself")
    d.kill()
    d.start()
    d.verifier()
    d.target()
    tap.equal((instance(slot="b"), instance()), (second, first),
              "also after a restart")
    d.stop()


# ---- clients -------------------------------------------------------------

def test_bad_submissions(tap):
    d = Daemon()
    d.verifier()
    for name, change in (
            ("an unknown target", {"target": "other"}),
            ("a slot that no operator named", {"slot": "mine"}),
            ("a name that is none", {"name": "a\nb"}),
            ("no name", {"name": None}),
            ("a long name", {"name": "x" * 64}),
            ("a number as name", {"name": 1}),
            ("options that are none", {"options": []}),
            ("a setting that is no text", {"options": {"set": {"A": 1}}}),
            ("a map without entries", {"options": {"map_entries": {"m": 0}}}),
            ("deliver that is no truth", {"deliver": "yes"}),
            ("an empty object", {"obj": b""}),
            ("too large an object", {"obj": b"\0" * (16 * 1024 * 1024 + 1)})):
        kind, body = d.submit(**change)
        tap.equal((kind, body.get("exit")), (wire.ERROR, 2), name)
    tap.equal(d.query("SELECT count(*) FROM submissions"), [(0,)],
              "none of them is recorded")
    d.stop()


def test_policy(tap):
    d = Daemon(policy={})
    verifier = d.verifier()
    client = d.client()
    body, _ = client.call("test-run", OBJECT, on="verifier",
                          options={"allow_perfmon": True})
    tap.equal(body["asked"]["options"],
              {"allow_perfmon": False, "map_entries": {}, "record": False,
               "set": {}}, "a test run gets no more than the policy allows")
    tap.equal(d.submit(options={"allow_perfmon": True}, deliver=False)[1]
              ["exit"], 0, "nor does a submission")
    tap.equal(verifier.seen[1][1]["options"]["allow_perfmon"], False,
              "whatever it says")
    for kind, body in (
            d.submit(options={"record": True}),
            client.request(wire.CALL, {
                "method": "test-run", "on": "verifier",
                "options": {"record": True}}, OBJECT)[::2]):
        tap.equal((kind, body.get("exit")), (wire.ERROR, 2),
                  "recording is refused")
    client.close()
    d.stop()


def test_client_leaves(tap):
    d = Daemon()
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("verifying",)]), "it is taken")
    client.close()
    d.verifier()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "a submission outlives its client")
    client = d.client()
    tap.equal(client.call("submission", submission=1)[0]["exit"], 0,
              "its verdict is kept")
    kind, _, body, _ = client.request(
        wire.CALL, {"method": "submission", "submission": 2})
    tap.equal((kind, body["exit"]), (wire.ERROR, 2), "another is not known")
    client.close()
    d.stop()


def test_calls(tap):
    d = Daemon()
    d.verifier()
    client = d.client()
    kind, _, body, _ = client.request(wire.CALL, {"method": "target.show"})
    tap.equal((kind, body["exit"]), (wire.ERROR, 4), "a target not there")
    d.target()
    body, blob = client.call("target.map.get", b"abc", target="demo", map="m")
    tap.equal((body["asked"], blob), ({"method": "map.get", "map": "m"},
                                      b"abc"), "a target's method is passed on")
    kind, _, body, _ = client.request(wire.CALL, {"method": "target.fail"})
    tap.equal((kind, body["why"], body["exit"]), (wire.ERROR, "as asked", 6),
              "so is its failure")
    body, blob = client.call("test-run", OBJECT, on="verifier", object_len=1)
    tap.equal((body["runs"], blob), ([{"retval": 2}], OBJECT), "a test run")
    body, _ = client.call("test-run", OBJECT, on="verifier",
                          options={"allow_perfmon": True, "other": 1})
    tap.equal(body["asked"]["options"]["allow_perfmon"], True,
              "the policy's privileges")
    tap.equal([t["name"] for t in client.call("target.list")[0]["targets"]],
              ["demo"], "the list of targets")
    for call, code in (({"method": "nonsense"}, 2), ({}, 2),
                       ({"method": "target.show", "target": "other"}, 2),
                       ({"method": "test-run", "on": "target"}, 2),
                       ({"method": "image", "content": "ab"}, 2),
                       ({"method": "image", "content": "abcd"}, 2)):
        kind, _, body, _ = client.request(wire.CALL, call)
        tap.equal((kind, body["exit"]), (wire.ERROR, code), "call %s" % call)
    client.close()
    d.stop()


def raw(path, data):
    """Everything that the daemon says to some bytes, until it hangs up."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path)
    answer = b""
    try:
        s.sendall(data)
        while True:
            part = s.recv(65536)
            if not part:
                return answer
            answer += part
    except ConnectionError:
        return answer
    finally:
        s.close()


def frame(kind, body, **change):
    text = json.dumps(body).encode() if not isinstance(body, bytes) else body
    head = {"magic": b"VCHF", "version": 1, "kind": kind, "id": 1,
            "json": len(text), "blob": 0, "reserved": 0}
    head.update(change)
    return wire.HEAD.pack(*head.values()) + text


def test_many_calls(tap):
    d = Daemon()
    client = d.client()
    for i in range(17):
        client.send(wire.CALL, {"method": "test-run", "on": "verifier"}, b"x")
    kind, ident, body, _ = client.receive()
    tap.equal((kind, ident, body["exit"], body["code"]),
              (wire.ERROR, 18, 4, "EBUSY"),
              "more than 16 calls of a verifier VM at a time are put off")
    for i in range(17):
        client.send(wire.SUBMIT, {"name": "x", "target": "demo"}, OBJECT)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, ident, body, _ = client.receive()
    tap.equal((kind, ident, body["exit"], body["code"]),
              (wire.ERROR, 35, 4, "EBUSY"),
              "so are more than 32 requests of one client")
    d.verifier()
    client.close()
    client = d.client()
    tap.equal(client.call("test-run", b"x", on="verifier")[0]["runs"],
              [{"retval": 2}], "and then there is room again")
    client.close()
    d.stop()


def test_long_names(tap):
    d = Daemon()
    client = d.client()
    for method in ("\u00e9" * 200, "x" + "\u00e9" * 200):
        kind, _, body, _ = client.request(wire.CALL, {"method": method})
        tap.equal((kind, body["exit"]), (wire.ERROR, 2),
                  "a name that is cut within a character is answered")
    client.close()
    d.stop()


def test_hello(tap):
    d = Daemon()
    sock = d.path("vouchd.sock")
    agent = d.path("verifier.sock")
    developer = {"role": "developer", "version": "0.1.0"}
    for name, path, data in (
            ("another role at the clients' socket", sock,
             frame(wire.HELLO, {"role": "verifier"})),
            ("another role at a VM's socket", agent,
             frame(wire.HELLO, {"role": "target"})),
            ("no role", sock, frame(wire.HELLO, {})),
            ("a first frame that is no HELLO", sock,
             frame(wire.CALL, {"role": "developer", "method": "status"}))):
        answer = raw(path, data)
        tap.check(answer[6:8] == bytes([wire.ERROR, 0]),
                  name + " gets an error and is hung up")
    for name, data in (
            ("noise", b"GET / HTTP/1.1\r\n\r\n" * 4),
            ("another version", frame(wire.HELLO, developer, version=2)),
            ("reserved bytes", frame(wire.HELLO, developer, reserved=1)),
            ("a blob before the HELLO", frame(wire.HELLO, developer, blob=1)),
            ("JSON that is none", frame(wire.HELLO, b"{")),
            ("JSON that is no object", frame(wire.HELLO, b"[]")),
            ("a member given twice", frame(
                wire.HELLO, b'{"role":"developer","role":"developer"}'))):
        tap.equal(raw(sock, data), b"", name + " is hung up")
    verifier = d.verifier()
    try:
        d.verifier()
        tap.check(False, "a second agent is refused")
    except wire.WireError as e:
        tap.equal(e.args[0]["code"], "EBUSY", "a second agent is refused")
    verifier.sock.sendall(frame(wire.CAPTURE, {}, id=0))
    tap.check(d.wait_for(lambda: "answers nothing" in d.text()),
              "an agent that speaks unasked is hung up")
    tap.equal(d.client().call("status")[0]["schema_version"], 1,
              "and the daemon lives")
    d.stop()


# ---- the end of the daemon ----------------------------------------------

def test_killed_verifying(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x"}, OBJECT)
    tap.check(d.wait_for(lambda: d.agents[0].seen), "the verifier works on it")
    d.kill()
    d.start()
    d.verifier()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "after kill -9 it is verified anew")
    tap.equal(d.client().call("submission", submission=1)[0]["exit"], 0,
              "and accepted")
    d.stop()


def test_killed_delivering(tap):
    d = Daemon()
    verifier = d.verifier()
    target = d.target(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": True}, OBJECT)
    tap.check(d.wait_for(lambda: target.seen), "the target has the image")
    image = target.seen[0][2]
    d.kill()
    d.start()
    verifier, target = d.verifier(), d.target()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "after kill -9 the delivery is done again")
    tap.equal((target.seen[0][2] == image, verifier.seen), (True, []),
              "with the same image, and nothing else")
    verdict, _ = d.client().call("submission", submission=1)
    tap.equal((verdict["exit"], verdict["image"]["sequence"]), (0, 1),
              "and the verdict is whole")
    d.stop()


def test_killed_often(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x"}, OBJECT)
    tap.check(d.wait_for(lambda: d.agents[0].seen), "taken")
    for _ in range(3):
        d.kill()
        d.start()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "what ends the daemon each time is given up")
    tap.equal(d.client().call("submission", submission=1)[0]["exit"], 1,
              "with an error")
    d.stop()


def test_second_daemon(tap):
    d = Daemon()
    with open(d.log, "ab") as f:
        p = subprocess.run([VOUCHD, "--config", d.path("config.json")],
                           stderr=f, timeout=20, check=False)
    tap.equal(p.returncode, 1, "a second daemon at the same place ends")
    tap.check("another vouchd" in d.text(), "and says why")
    tap.equal(d.client().call("status")[0]["schema_version"], 1,
              "the first lives")
    d.stop()


def test_epoch(tap):
    d = Daemon(epoch=3)
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["image"]["epoch"], 3, "epoch 3")
    d.stop()
    d.config["epoch"] = 2
    try:
        d.start()
        time.sleep(0.5)
        tap.check(d.process.wait(10) != 0, "an earlier epoch is refused")
    except (RuntimeError, wire.WireError):
        tap.check(True, "an earlier epoch is refused")
    tap.check("in use already" in d.text(), "and it says so")
    d.config["epoch"] = 4
    d.start()
    d.verifier()
    image = d.submit(deliver=False)[1]["image"]
    tap.equal((image["epoch"], image["sequence"]), (4, 1),
              "a new epoch starts at 1")
    d.stop()


def launched(directory, program, hello_s=1):
    """A configuration whose verifier VM is started by some program."""
    path = os.path.join(directory, "qemu")
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\necho \"$@\" >>%s/args\n%s\n"
                % (directory, program))
    os.chmod(path, 0o755)
    return {"qemu": path, "vms": [
        {"name": "verifier", "role": "verifier", "cid": 3,
         "vsock": os.path.join(directory, "vsock"),
         "launch": {"kernel": "/vmlinux", "accel": "tcg",
                    "hello_s": hello_s}}]}


def vm_state(d):
    client = d.client()
    state = client.call("status")[0]["verifiers"][0]["state"]
    client.close()
    return state


def test_vm_never_up(tap):
    for program, how in (("exit 3", "status 3"), ("kill -9 $$", "signal 9"),
                         ("exec sleep 1000", "no HELLO within 1 s")):
        with tempfile.TemporaryDirectory() as directory:
            d = Daemon(**launched(directory, program))
            tap.check(d.wait_for(lambda d=d: vm_state(d) == "failed", 40),
                      "a VM is given up: " + how)
            tap.check(how in d.text(), "and the log says how")
            with open(os.path.join(directory, "args"), encoding="ascii") as f:
                tap.equal(len(f.readlines()), 5, "after five tries")
            client = d.client()
            kind, _, body, _ = client.request(
                wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
            tap.equal((kind, body["exit"]), (wire.VERDICT, 4),
                      "a submission then ends with 4")
            client.close()
            tap.equal(d.stop(), 0, "and the daemon ends well")


def test_vm_ends_with_daemon(tap):
    with tempfile.TemporaryDirectory() as directory:
        pid = os.path.join(directory, "pid")
        for end in ("stop", "kill"):
            d = Daemon(**launched(directory, "echo $$ >%s; exec sleep 1000"
                                  % pid, 60))
            tap.check(d.wait_for(lambda: os.path.exists(pid)), "a VM runs")
            time.sleep(0.2)
            with open(pid, encoding="ascii") as f:
                proc = "/proc/" + f.read().strip()
            tap.check(os.path.exists(proc), "with a process of its own")
            getattr(d, end)()
            tap.check(d.wait_for(lambda proc=proc: not os.path.exists(proc)),
                      "that ends when the daemon is ended by " + end)
            os.unlink(pid)


def test_user(tap):
    if os.geteuid():
        tap.note("not root: there is nothing to drop")
        return
    d = Daemon(user="nobody")
    uids = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid, encoding="ascii") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f
                              if ":\t" in line)
        except OSError:
            continue
        if str(d.process.pid) in (status["Pid"], status["PPid"]):
            ids = status["Uid"].split() + status["Gid"].split() + \
                status["Groups"].split()
            uids.add((bool({"0", "4"} & set(ids)), status["Seccomp"], status["NoNewPrivs"]))
    tap.equal(uids, {(False, "2", "1"), (True, "0", "0")},
              "all but the launch process are confined and not root")
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and it works")
    d.stop()


def test_bad_configuration(tap):
    d = Daemon()
    d.stop()

    def check(name, says, **change):
        config = dict(d.config, **change)
        with open(d.path("bad.json"), "w", encoding="ascii") as f:
            json.dump(config, f)
        p = subprocess.run([VOUCHD, "--check-config", "-c", d.path("bad.json")],
                           stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                           timeout=20, check=False)
        tap.check((p.returncode == (2 if says else 0)) and
                  says.encode() in p.stderr, name, p.stderr)
    check("a good configuration", "")
    check("an unknown member", "unknown member", polcy={})
    check("a profile that is not there", "cannot read", profiles=["/none"])
    check("a profile that is none", "not valid", profiles=[d.path("bad.json")])
    check("an unknown level", "log level", log_level="loud")
    for change in ({"key": d.path("config.json")}, {"key": "/none"},
                   {"cert": d.path("config.json")}):
        with open(d.path("bad.json"), "w", encoding="ascii") as f:
            json.dump(dict(d.config, **change), f)
        p = subprocess.run([VOUCHD, "-c", d.path("bad.json")], timeout=20,
                           stderr=subprocess.PIPE, check=False)
        tap.check(p.returncode == 1 and b"image key" in p.stderr,
                  "a key that is none ends the daemon", p.stderr)


def main():
    tap = Tap()
    names = sys.argv[2:] or [n for n in globals() if n.startswith("test_")]
    for name in names:
        tap.note(name)
        tap.run(globals()[name])
        # A test that failed half-way leaves its daemon behind.
        while Daemon.running:
            process = Daemon.running.pop()
            if process.poll() is None:
                process.kill()
                process.wait()
    tap.end()


if __name__ == "__main__":
    main()
