# SPDX-License-Identifier: BSD-2-Clause
"""Submissions and connections that are none: each gets its error, and nobody
else has to pay for it."""

import os
import resource
import socket
import struct
import subprocess
import tempfile
import threading

from clients import frame, raw
from harness import Daemon, OBJECT, RECORDED, VOUCHD
from roles import daemon_with_vms, hello, kind_of
import vsock_front
import wire

VOUCH = os.path.join(os.path.dirname(VOUCHD), "vouch")
MIB = 1 << 20
CLIENTS_EACH = 64  # of one origin, as in daemon.h
GREETINGS_EACH = 32
SUBMISSIONS_EACH = 48
SUBMIT = {"name": "x", "deliver": False}


def resident(d, reset=False):
    """The most memory that the daemon has had, in bytes."""
    path = "/proc/%d/" % d.process.pid
    if reset:
        with open(path + "clear_refs", "w", encoding="ascii") as f:
            f.write("5")
    with open(path + "status", encoding="ascii") as f:
        return [int(line.split()[1]) << 10 for line in f
                if line.startswith("VmHWM")][0]


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
        self.tap.equal((kind, body["exit"]), (wire.VERDICT, 0),
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
        tap.check(kind == wire.ERROR and body["exit"] == 2 and
                  "too long" in body["why"],
                  "a length that no frame has is refused: " + name, body)
        kind, body = kind_of(raw(d.path("vouchd.sock"), data))
        tap.check(kind == wire.ERROR and body["exit"] == 2,
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
    tap.check(kind == wire.ERROR and body["exit"] == 7 and
              body["code"] == "ETIMEDOUT" and "frame_s" in body["why"],
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
    tap.check(kind == wire.ERROR and body["exit"] == 7 and
              "no HELLO within 1 s" in body["why"],
              "so is one that takes its time to say HELLO", body)
    d.stop()


def select_ready(sock):
    sock.settimeout(0.01)
    try:
        return not sock.recv(1, socket.MSG_PEEK)
    except socket.timeout:
        return False


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
    tap.equal(body["exit"], 0, "and the next one takes the submission")
    client.close()
    d.stop()


def unix_connections(d, count, greet):
    """Idle connections, and the answers of those that were hung up."""
    socks = []
    for _ in range(count):
        s = socket.socket(socket.AF_UNIX)
        s.connect(d.path("vouchd.sock"))
        s.settimeout(20)
        socks.append(s)
        if greet:
            s.sendall(hello("developer"))
            s.recv(24, socket.MSG_PEEK)
    return socks


def hung_up(socks, first):
    """The last answers of those that were hung up; @first: bytes that each
    may have had before. They must be the first of @socks."""
    answers = []
    stays = False
    for s in socks:
        s.settimeout(0)
        data = b""
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    answers.append(kind_of(data[first(data):]))
                    if stays:
                        raise AssertionError("an older connection stays")
                    break
                data += part
        except BlockingIOError:
            stays = True
    return answers


def after_welcome(data):
    return 24 + struct.unpack_from("<I", data, 12)[0]


def test_idle(tap):
    d = Daemon(timeouts=dict(long_verify(), hello_s=60))
    bystander = Bystander(tap, d)
    before = resident(d, reset=True)
    for greet, stay in (False, GREETINGS_EACH), (True, CLIENTS_EACH - 1):
        socks = unix_connections(d, 1000, greet)
        client = d.client()
        tap.equal(client.call("status")[0]["under_way"], 1,
                  "with 1,000 idle connections a client gets its answer")
        # Its own connection took a place, and so did the bystander's.
        client.close()
        first = after_welcome if greet else lambda data: 0
        gone = hung_up(socks, first)
        tap.check(1000 - len(gone) <= stay, "at most %d of them stay" % stay,
                  1000 - len(gone))
        tap.check(all(kind == wire.ERROR and body["exit"] == 4 and
                      body["code"] == "EUSERS" for kind, body in gone),
                  "the others are told why", gone[:1])
        for s in socks:
            s.close()
    check_memory(tap, d, before, 64 * MIB)
    bystander.end()
    d.stop()


def test_idle_guest(tap):
    d = daemon_with_vms()
    guest = vsock_front.Guest(d.path("d1"), 5)
    other = vsock_front.Guest(d.path("d2"), 6)
    before = resident(d, reset=True)
    for port in range(1, 1001):
        guest.connect(port, 7003)
    client = d.client()
    client.call("status")
    other.connect(1, 7003)
    other.say(1, 7003, hello("developer"))
    tap.equal(kind_of(other.hear_frame(1))[0], wire.WELCOME,
              "with 1,000 idle connections of a guest others are served")
    kind, body = kind_of(guest.hear(1))
    tap.equal((kind, body["code"]), (wire.ERROR, "EUSERS"),
              "its first ones are hung up")
    check_memory(tap, d, before, 64 * MIB)
    d.verifier()
    tap.equal(client.request(wire.SUBMIT, SUBMIT, OBJECT)[2]["exit"], 0,
              "and submissions go on")
    client.close()
    guest.close()
    other.close()
    d.stop()


def test_no_files(tap):
    d = Daemon()
    client = d.client()
    limits = resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE,
                     (3, limits[1]))
    socks = unix_connections(d, 3, False)
    tap.check(d.wait_for(lambda: "cannot take a connection" in d.text()),
              "where files have run out, nobody is taken")
    client.call("status")
    tap.check(d.text().count("cannot take a connection") < 50,
              "but the daemon does not spin")
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, limits)
    other = d.client()
    tap.equal(other.call("status")[0]["schema_version"], 1,
              "and once there are files again, others are served")
    for s in [client, other, *socks]:
        s.close()
    d.stop()


def test_busy(tap):
    """All that one user may have under way, and then a VM."""
    d = daemon_with_vms()
    d.stop()
    d.config["timeouts"] = long_verify()
    d.start()
    block = Blocking()
    verifier = d.verifier(acts=[block] * 3)
    clients = []
    for i in range(SUBMISSIONS_EACH):
        clients.append(d.client())
        clients[-1].send(wire.SUBMIT, dict(SUBMIT, name="mine"), OBJECT)
    for i in range(CLIENTS_EACH - SUBMISSIONS_EACH):
        clients.append(d.client())
        clients[-1].send(wire.CALL, {"method": "test-run", "on": "verifier",
                                     "name": "mine"}, OBJECT)
    clients[-1].send(wire.SUBMIT, SUBMIT, OBJECT)
    kind, _, body, _ = clients[-1].receive()
    tap.equal((kind, body["code"], body["exit"]), (wire.ERROR, "EBUSY", 4),
              "a user's 49th submission at a time is put off")
    try:
        d.client()
        tap.check(False, "a user's 65th client that awaits answers is refused")
    except wire.WireError as e:
        tap.check("EUSERS" in str(e), "a user's 65th client is refused while "
                  "the others await answers", e)
    guest = vsock_front.Guest(d.path("d1"), 5)
    guest.connect(9, 7003)
    guest.say(9, 7003, hello("developer"))
    tap.equal(kind_of(guest.hear_frame(9))[0], wire.WELCOME,
              "a VM's client is welcome")
    guest.say(9, 7003, frame(wire.SUBMIT, dict(SUBMIT, name="theirs"),
                             blob=len(OBJECT)) + OBJECT)
    tap.equal(kind_of(guest.hear_frame(9))[0], wire.PROGRESS,
              "and so is its submission")
    block.event.set()
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, body = kind_of(guest.hear_frame(9))
    tap.equal((kind, body["exit"]), (wire.VERDICT, 0), "which is accepted")
    tap.equal([body["name"] for _, body, _ in verifier.seen[:3]],
              ["mine", "theirs", "mine"],
              "after no more than one of the other's")
    for client in clients:
        client.close()
    guest.close()
    d.stop()


def test_held(tap):
    """Frames of which all but the last byte is there."""
    d = daemon_with_vms()
    before = resident(d, reset=True)
    clients = [d.client() for _ in range(8)]
    part = frame(wire.SUBMIT, SUBMIT, blob=20 * MIB) + bytes(20 * MIB - 1)
    refused = 0
    for client in clients:
        try:
            client.sock.sendall(part)
        except ConnectionError:
            kind, _, body, _ = client.receive()
            refused += (kind, body["code"], body["exit"]) == \
                (wire.ERROR, "ENOBUFS", 4)
    tap.equal(refused, 4, "half-sent frames beyond 96 MiB are refused")
    guest = vsock_front.Guest(d.path("d1"), 5)
    guest.connect(9, 7003)
    guest.say(9, 7003, hello("developer"))
    guest.hear_frame(9)
    guest.say(9, 7003, frame(wire.SUBMIT, SUBMIT, blob=len(OBJECT)) + OBJECT)
    tap.equal(kind_of(guest.hear_frame(9))[0], wire.PROGRESS,
              "a VM's submission is taken")
    check_memory(tap, d, before, 256 * MIB)
    for client in clients:
        client.close()
    d.verifier()
    tap.check(d.wait_for(lambda: d.submit(deliver=False)[1]["exit"] == 0),
              "and with the others gone, the user's")
    guest.close()
    d.stop()


def test_large_objects(tap):
    d = Daemon(timeouts=long_verify())
    block = Blocking()
    d.verifier(acts=[block])
    client = d.client()
    for taken in range(8):
        client.send(wire.SUBMIT, SUBMIT, os.urandom(16 * MIB))
        kind, _, body, _ = client.receive()
        if kind != wire.PROGRESS:
            break
    tap.equal((taken, kind, body["code"], body["exit"]),
              (4, wire.ERROR, "ENOBUFS", 4),
              "a fifth object of 16 MiB at a time is put off")
    client.close()
    block.event.set()
    tap.check(d.wait_for(lambda: d.submit(deliver=False)[1].get("exit") == 0),
              "and then there is room again")
    d.stop()


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
        tap.check((kind, body and body["exit"]) == (wire.ERROR, 2) and
                  '"%s" of the HELLO' % list(change)[0] in body["why"],
                  "a HELLO with %s is refused" % name, body)
    for name, data in (
            ("longer than 16 KiB", frame(wire.HELLO, dict(good, more="x" *
                                                          16384))),
            ("with a blob", frame(wire.HELLO, good, blob=1) + b"x")):
        kind, body = first_answer(d, data)
        tap.check(kind == wire.ERROR and "too long" in body["why"],
                  "so is one %s" % name, body)
    client = d.client()
    kind, _, body, _ = client.request(wire.HELLO, dict(good, role="verifier"))
    tap.check(kind == wire.ERROR and body["exit"] == 2,
              "a second HELLO is refused", body)
    try:
        client.send(wire.CALL, {"method": "status"})
        ended = not client.sock.recv(1)
    except ConnectionError:
        ended = True
    tap.check(ended, "and ends the connection")
    kind, body = first_answer(d, frame(wire.SUBMIT, SUBMIT))
    tap.check(kind == wire.ERROR and "no HELLO" in body["why"],
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
