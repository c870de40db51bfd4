# SPDX-License-Identifier: BSD-2-Clause
"""Submissions and greetings that are none: each gets its error, and nobody
else has to pay for it."""

import os
import socket
import struct
import subprocess
import tempfile
import threading

from clients import frame, raw
from fake_agent import FakeTarget, FakeVerifier
from harness import Daemon, OBJECT, RECORDED, VOUCHD
from roles import daemon_with_vms, hello, kind_of
from targets import signed
import wire

VOUCH = os.path.join(os.path.dirname(VOUCHD), "vouch")
MIB = 1 << 20
SUBMIT = {"name": "x", "deliver": False}
SMALL = 200  # bytes of an object, where it is never read


def most_of(pid, reset):
    path = "/proc/%d/" % pid
    if reset:
        with open(path + "clear_refs", "w", encoding="ascii") as f:
            f.write("5")
    with open(path + "status", encoding="ascii") as f:
        return [int(line.split()[1]) << 10 for line in f
                if line.startswith("VmHWM")][0]


def resident(d, reset=False):
    """The most memory that each of vouchd's processes has had, in bytes, added
    up; more than all have had at one time, and not the children of link."""
    main = d.process.pid
    with open("/proc/%d/task/%d/children" % (main, main),
              encoding="ascii") as f:
        return sum(most_of(int(pid), reset)
                   for pid in [main, *f.read().split()])


def check_memory(tap, d, before, most):
    grown = resident(d) - before
    tap.check(grown < most, "the daemon has not grown by %d MiB" %
              (most // MIB), "%d MiB" % (grown // MIB))


class Blocking:
    """A verifier that answers when it is told to."""

    def __init__(self):
        self.event = threading.Event()

    def __call__(self, kind, *_):
        self.event.wait(60)
        if kind == wire.CALL:
            return wire.RESULT, {"schema_version": 1, "runs": []}, b""
        return wire.CAPTURE, RECORDED["json"], RECORDED["capture"]


class Bystander:
    """A submission that is under way while others misbehave."""

    def __init__(self, tap, d):
        self.tap = tap
        self.block = Blocking()
        self.verifier = d.verifier(acts=[self.block])
        self.client = d.client()
        self.client.send(wire.SUBMIT, SUBMIT, OBJECT)
        tap.check(d.wait_for(lambda: self.verifier.seen),
                  "a submission is under way")

    def end(self):
        self.block.event.set()
        kind = wire.PROGRESS
        while kind == wire.PROGRESS:
            kind, _, body, _ = self.client.receive()
        self.client.close()
        self.tap.equal((kind, body.get("exit")), (wire.VERDICT, 0),
                       "which gets its verdict all the same")


def long_verify():
    return {"verify_s": 60, "deliver_s": 2, "wait_s": 60, "call_s": 2}


def vouch(d, *args):
    p = subprocess.run([VOUCH, "--endpoint", "unix:" + d.path("vouchd.sock"),
                        *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=120, check=False)
    return p.returncode, p.stderr.decode()


def test_sizes(tap):
    d = Daemon(timeouts=long_verify())
    bystander = Bystander(tap, d)
    before = resident(d, reset=True)
    with tempfile.NamedTemporaryFile() as f:
        for name, size, says in (
                ("an empty file", 0, "it is empty"),
                ("a file just beyond the limit", 16 * MIB + 1,
                 "an object has 1 to 16777216 bytes"),
                ("64 MiB of random bytes", 64 * MIB, "blob is too long"),
                ("a file beyond what a frame may hold", 64 * MIB + 1,
                 "64 MiB")):
            f.truncate(0)
            f.seek(0)
            f.write(os.urandom(size))
            f.flush()
            code, text = vouch(d, "submit", f.name, "--no-deliver")
            tap.check(code == 2 and says in text,
                      name + " is refused with exit code 2",
                      "%d, %s" % (code, text))
    # One object's frame and the object; the others are not even read.
    check_memory(tap, d, before, 96 * MIB)
    bystander.end()
    tap.equal(d.query("SELECT count(*) FROM submissions"), [(1,)],
              "none of them is recorded")
    d.stop()


def connected(d):
    return d.client().sock


def dialled(d):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(d.path("vouchd.sock"))
    return s


def ended_within(s, data):
    """What is said to data behind which the sender has ended."""
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    answer = b""
    part = s.recv(65536)
    while part:
        answer += part
        part = s.recv(65536)
    s.close()
    return answer


def check_cuts(tap, d, name, whole, connect):
    wrong = {}
    for cut in range(1, len(whole)):
        kind, body = kind_of(ended_within(connect(d), whole[:cut]))
        if (kind, body.get("code"), body.get("exit")) != (wire.ERROR, "EPROTO",
                                                          2):
            wrong[cut] = kind, body
    tap.equal(wrong, {}, "%s cut at each of its %d bytes is answered with an "
              "ERROR, exit code 2" % (name, len(whole) - 1))
    tap.equal(ended_within(connect(d), b""), b"",
              "whoever ends before %s gets no answer" % name)


def test_cut_frames(tap):
    d = Daemon(timeouts=long_verify())
    bystander = Bystander(tap, d)
    whole = frame(wire.SUBMIT, SUBMIT, blob=len(OBJECT)) + OBJECT
    head = len(whole) - len(OBJECT)
    cuts = [*range(head + 1), *range(head + 1, len(whole),
                                     max(1, len(OBJECT) // 40))]
    before = resident(d, reset=True)
    for cut in cuts:
        client = d.client()
        client.sock.sendall(whole[:cut])
        client.close()
    for cut in range(len(hello("developer"))):
        s = socket.socket(socket.AF_UNIX)
        s.connect(d.path("vouchd.sock"))
        s.sendall(hello("developer")[:cut])
        s.close()
    check_cuts(tap, d, "SUBMIT", frame(wire.SUBMIT, SUBMIT, blob=SMALL) +
               bytes(SMALL), connected)
    check_cuts(tap, d, "HELLO", hello("developer"), dialled)
    client = d.client()
    status = client.call("status")[0]
    client.close()
    tap.equal((status["under_way"], status["submissions"]), (1, 1),
              "frames cut at %d places submit nothing" % len(cuts))
    check_memory(tap, d, before, 48 * MIB)
    bystander.end()
    d.stop()


def test_lengths(tap):
    d = Daemon(timeouts=long_verify())
    bystander = Bystander(tap, d)
    before = resident(d, reset=True)
    big = 0xffffffff
    for name, change in (("blob", {"blob": big}), ("JSON", {"json": big}),
                         ("blob and JSON", {"blob": big, "json": big}),
                         ("blob of 20 MiB and 1 byte",
                          {"blob": 20 * MIB + 1}),
                         ("JSON of 4 MiB and 1 byte", {"json": 4 * MIB + 1})):
        data = frame(wire.SUBMIT, SUBMIT, **change)
        answer = raw(d.path("vouchd.sock"), hello("developer") + data)
        answer = answer[24 + struct.unpack_from("<I", answer, 12)[0]:]
        kind, body = kind_of(answer)
        tap.check(kind == wire.ERROR and body.get("exit") == 2 and
                  "too long" in body.get("why", ""),
                  "a length that no frame has is refused: " + name, body)
        kind, body = kind_of(raw(d.path("vouchd.sock"), data))
        tap.check(kind == wire.ERROR and body.get("exit") == 2,
                  "before a HELLO, too", body)
    check_memory(tap, d, before, 48 * MIB)
    bystander.end()
    d.stop()


def drip(path, first, data):
    """Send bytes one by one, until the daemon has had enough; its answer."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(first)
    s.settimeout(0.05)
    answer = b""
    for byte in data:
        try:
            s.send(bytes([byte]))
            part = s.recv(65536)
            answer += part
            if not part:
                break
        except socket.timeout:
            pass
        except ConnectionError:
            break
    s.close()
    return answer


def test_slow(tap):
    timeouts = dict(long_verify(), frame_s=1)
    d = Daemon(timeouts=dict(timeouts, hello_s=60))
    bystander = Bystander(tap, d)
    body = frame(wire.SUBMIT, SUBMIT, blob=len(OBJECT)) + OBJECT
    answer = drip(d.path("vouchd.sock"), hello("developer"), body[:200])
    kind, body = kind_of(answer[24 + struct.unpack_from("<I", answer,
                                                        12)[0]:])
    tap.check(kind == wire.ERROR and body.get("exit") == 7 and
              body.get("code") == "ETIMEDOUT" and
              "frame_s" in body.get("why", ""),
              "a client that sends byte by byte is hung up", body)
    tap.check("not whole in time" in d.text(), "which the log tells")
    client = d.client()
    for byte in frame(wire.CALL, {"method": "status"}):
        client.sock.sendall(bytes([byte]))
    tap.equal(client.receive()[0], wire.RESULT,
              "one that is whole in time is served")
    tap.check(d.wait_for(lambda: not select_ready(client.sock)),
              "and has time again for the next")
    client.close()
    bystander.end()
    d.stop()
    d.config["timeouts"] = dict(timeouts, hello_s=1, frame_s=60)
    d.start()
    kind, body = kind_of(drip(d.path("vouchd.sock"), b"", hello("developer")
                              + b" " * 10000))
    tap.check(kind == wire.ERROR and body.get("exit") == 7 and
              "no HELLO within 1 s" in body.get("why", ""),
              "so is one that takes its time to say HELLO", body)
    d.stop()


def select_ready(sock):
    sock.settimeout(0.01)
    try:
        return not sock.recv(1, socket.MSG_PEEK)
    except socket.timeout:
        return False


class CutTarget(FakeTarget):
    """A target's agent that ends within its STATUS."""

    cut = 0

    def answer(self, kind, body, blob):
        whole = frame(wire.STATUS, super().answer(kind, body, blob)[1],
                      id=self.ident)
        self.said = ended_within(self.sock, whole[:self.cut])
        raise wire.WireError("cut")

    def receive(self):
        got = super().receive()
        self.ident = got[1]
        return got


def test_cut_status(tap):
    d = Daemon(timeouts=long_verify())
    d.verifier()
    _, image = signed(d)
    client = d.client()
    wrong = {}
    status = FakeTarget.answer(None, wire.DELIVER, {}, image)[1]
    length = len(frame(wire.STATUS, status))
    for cut in range(length + 1):
        agent = CutTarget(d.path("target.sock"))
        agent.cut = cut
        got = client.call("deliver", image, target="demo")[0]
        agent.thread.join(60)
        if (got["exit"], agent.said) != (4 if cut < length else 0, b""):
            wrong[cut] = got, agent.said
    tap.equal(wrong, {}, "a STATUS cut at each of its %d bytes is a lost "
              "target, exit code 4" % length)
    tap.equal(d.query("SELECT DISTINCT status FROM deliveries ORDER BY status"),
              [("error",), ("loaded",)], "and no such delivery counts as done")
    client.close()
    d.stop()


class CutVerifier(FakeVerifier):
    """A verifier's agent that ends within its CAPTURE."""

    cut = 0

    def answer(self, kind, body, blob):
        _, said, capture = super().answer(kind, body, blob)
        whole = frame(wire.CAPTURE, said, blob=len(capture), id=self.ident)
        self.said = ended_within(self.sock, (whole + capture)[:self.cut])
        raise wire.WireError("cut")

    def receive(self):
        got = super().receive()
        self.ident = got[1]
        return got


def test_cut_capture(tap):
    """Each time another verifier takes the submission, once; then it ends."""
    d = Daemon(timeouts=long_verify())
    whole = frame(wire.CAPTURE, RECORDED["json"])
    capture = RECORDED["capture"]
    client = d.client()
    wrong = {}
    cuts = [*range(len(whole) + 1), *range(
        len(whole) + 1, len(whole) + len(capture),
        max(1, len(capture) // 40))]
    for cut in cuts:
        client.send(wire.SUBMIT, SUBMIT, OBJECT)
        for _ in range(2):
            agent = CutVerifier(d.path("verifier.sock"), RECORDED)
            agent.cut = cut
            agent.thread.join(60)
        kind = wire.PROGRESS
        while kind == wire.PROGRESS:
            kind, _, body, _ = client.receive()
        if (kind, body.get("exit"), agent.said) != (wire.VERDICT, 4, b""):
            wrong[cut] = kind, body, agent.said
    tap.equal(wrong, {}, "a CAPTURE cut at each byte of its head and JSON, %d "
              "in all, is a lost verifier: once more, then exit code 4" %
              len(cuts))
    client.close()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0,
              "the next submission gets its answer")
    d.stop()


def test_slow_agent(tap):
    d = Daemon(timeouts=dict(long_verify(), frame_s=1))
    first = d.verifier(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, SUBMIT, OBJECT)
    tap.check(d.wait_for(lambda: first.seen), "a verifier has a submission")
    first.sock.sendall(frame(wire.CAPTURE, {}, id=1)[:-1])
    tap.check(d.wait_for(lambda: "its agent is gone: frame: not whole in time"
                         in d.text()), "an agent that stops within a frame is "
              "hung up")
    d.verifier()
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, body, _ = client.receive()
    tap.equal(body.get("exit"), 0, "and the next one takes the submission")
    client.close()
    d.stop()


def after_welcome(data):
    return 24 + struct.unpack_from("<I", data, 12)[0]


def first_answer(d, data):
    s = socket.socket(socket.AF_UNIX)
    s.connect(d.path("vouchd.sock"))
    s.settimeout(20)
    answer = b""
    try:
        s.sendall(data)
        while len(answer) < 24 or len(answer) < after_welcome(answer):
            part = s.recv(65536)
            if not part:
                break
            answer += part
    except ConnectionError:
        pass
    s.close()
    return kind_of(answer)


def test_odd_hello(tap):
    d = daemon_with_vms()
    good = {"role": "developer", "version": "0.1.0"}
    for name, change in (
            ("a long version", {"version": "1" * 32}),
            ("a version that is a number", {"version": 1}),
            ("a release with a newline", {"release": "6.1\nvouchd: all well"}),
            ("a release with an escape", {"release": "\x1b[2J"}),
            ("a release beyond ASCII", {"release": "6.1\u00e9"}),
            ("a long release", {"release": "6" * 65}),
            ("a long CPU model", {"cpu_model": "x" * 65}),
            ("a profile that is no hexadecimal", {"profile": "xyz"}),
            ("a build id in upper case", {"build_id": "AB"}),
            ("a negative number of CPUs", {"nr_cpus": -1}),
            ("too many CPUs", {"nr_cpus": 65536}),
            ("half an ABI", {"abi": 1.5}),
            ("a time in words", {"time": "noon"}),
            ("a time before all times", {"time": -1}),
            ("a time beyond all times", {"time": 1 << 62}),
            ("a library that is a number", {"libbpf": 1}),
            ("features that are no list", {"features": {}}),
            ("a feature that is none", {"features": [1]}),
            ("too many features", {"features": ["x"] * 65})):
        kind, body = first_answer(d, frame(wire.HELLO,
                                            dict(good, **change)))
        tap.check((kind, body.get("exit")) == (wire.ERROR, 2) and
                  '"%s" of the HELLO' % list(change)[0] in body.get("why", ""),
                  "a HELLO with %s is refused" % name, body)
    for name, data in (
            ("longer than 16 KiB", frame(wire.HELLO, dict(good, more="x" *
                                                          16384))),
            ("with a blob", frame(wire.HELLO, good, blob=1) + b"x")):
        kind, body = first_answer(d, data)
        tap.check(kind == wire.ERROR and "too long" in body.get("why", ""),
                  "so is one %s" % name, body)
    client = d.client()
    kind, _, body, _ = client.request(wire.HELLO, dict(good, role="verifier"))
    tap.check(kind == wire.ERROR and body.get("exit") == 2,
              "a second HELLO is refused", body)
    try:
        client.send(wire.CALL, {"method": "status"})
        ended = not client.sock.recv(1)
    except ConnectionError:
        ended = True
    tap.check(ended, "and ends the connection")
    kind, body = first_answer(d, frame(wire.SUBMIT, SUBMIT))
    tap.check(kind == wire.ERROR and "no HELLO" in body.get("why", ""),
              "a SUBMIT before the HELLO is refused", body)
    d.stop()


def test_agent_errors(tap):
    """The agent tells whose fault an error is."""
    d = Daemon()

    def error(kind):
        def act(*_):
            return wire.CAPTURE, {"verdict": "error", "error": kind, "reason":
                                  "because", "programs": [], "log": ""}, b""
        return act
    d.verifier(acts=[error("usage"), error("timeout"), error("internal"),
                     error(1)])
    for code in 2, 7, 1, 1:
        got = d.submit()[1]
        tap.equal((got["verdict"], got["exit"], got["reason"]),
                  ("error", code, "because"), "an error that ends with %d" %
                  code)
    d.stop()
