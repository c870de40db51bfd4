# SPDX-License-Identifier: BSD-2-Clause
"""Crowds: more connections, submissions and bytes than one origin may have.
Those are put off or hung up, and everybody else is served."""

import os
import resource
import signal
import socket
import subprocess

from bad_submissions import (
    after_welcome, Blocking, Bystander, check_memory, long_verify, MIB,
    resident, SUBMIT, VOUCH)
from clients import frame
from harness import Daemon, OBJECT
from roles import daemon_with_vms, hello, kind_of
import vsock_front
import wire

CLIENTS_EACH = 64  # of one origin, as in daemon.h
GREETINGS_EACH = 32
SUBMISSIONS_EACH = 48

# A thousand connections and more.
resource.setrlimit(resource.RLIMIT_NOFILE, 2 * resource.getrlimit(
    resource.RLIMIT_NOFILE)[1:])


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
        tap.check(all(kind == wire.ERROR and body.get("exit") == 4 and
                      body.get("code") == "EUSERS" for kind, body in gone),
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
    tap.equal((kind, body.get("code")), (wire.ERROR, "EUSERS"),
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
    tap.equal((kind, body.get("code"), body.get("exit")),
              (wire.ERROR, "EBUSY", 4),
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
    tap.equal((kind, body.get("exit")), (wire.VERDICT, 0), "which is accepted")
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
            refused += (kind, body.get("code"), body.get("exit")) == \
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
    tap.equal((taken, kind, body.get("code"), body.get("exit")),
              (4, wire.ERROR, "ENOBUFS", 4),
              "a fifth object of 16 MiB at a time is put off")
    client.close()
    block.event.set()
    tap.check(d.wait_for(lambda: d.submit(deliver=False)[1].get("exit") == 0),
              "and then there is room again")
    d.stop()


def test_large_calls(tap):
    d = Daemon(timeouts=long_verify())
    block = Blocking()
    verifier = d.verifier(acts=[block])
    client = d.client()
    # Lists of lists take many times their text.
    lists = [[] for _ in range(300000)]
    for _ in range(4):
        client.send(wire.CALL, {"method": "test-run", "on": "verifier",
                                "packets": lists}, OBJECT)
    kind, _, body, _ = client.receive()
    tap.equal((kind, body.get("code"), body.get("exit")),
              (wire.ERROR, "ENOBUFS", 4),
              "a call is put off where its JSON would hold too much")
    client.close()
    block.event.set()
    tap.check(d.wait_for(lambda: len(verifier.seen) >= 2),
              "those before it are served")
    d.stop()


def test_full_backlog(tap):
    """More diallers than the kernel queues, while the daemon stands still."""
    d = Daemon()
    os.kill(d.process.pid, signal.SIGSTOP)
    socks = []
    try:
        while True:
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            socks.append(s)
            s.connect(d.path("vouchd.sock"))
    except BlockingIOError:
        pass
    p = subprocess.Popen([VOUCH, "--endpoint", "unix:" +
                          d.path("vouchd.sock"), "status", "--json"],
                         stdout=subprocess.DEVNULL)
    # It sleeps in connect(2), or has failed.
    tap.check(d.wait_for(lambda: connects(p.pid) or p.poll() is not None),
              "%d connections fill the backlog" % len(socks))
    os.kill(d.process.pid, signal.SIGCONT)
    tap.equal(p.wait(60), 0, "a client waits for its place, and is served")
    for s in socks:
        s.close()
    d.stop()


def connects(pid):
    with open("/proc/%d/syscall" % pid, encoding="ascii") as f:
        return f.read().split()[0] == "42"
