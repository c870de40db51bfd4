# SPDX-License-Identifier: BSD-2-Clause
"""What the sign process of a running vouchd signs, asked as its parent asks."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys

from harness import Daemon, HERE, PROFILE
import wire

sys.path.insert(0, os.path.join(HERE, "..", "independent"))
import image_abuses  # noqa: E402
import image_parts  # noqa: E402
import read_image  # noqa: E402

PIDFD_GETFD = 438


def links(pid):
    """{descriptor: what it is} of a process."""
    folder = "/proc/%d/fd" % pid
    return {int(fd): os.readlink(os.path.join(folder, fd))
            for fd in os.listdir(folder)}


def signer(daemon):
    """The child of vouchd that has the directory of the sequence open."""
    pid = daemon.process.pid
    with open("/proc/%d/task/%d/children" % (pid, pid),
              encoding="ascii") as f:
        for child in map(int, f.read().split()):
            if any(path.endswith("/state/sign")
                   for path in links(child).values()):
                return child
    raise RuntimeError("vouchd has no sign process")


def socket_number(link):
    found = re.fullmatch(r"socket:\[(\d+)\]", link)
    return found.group(1) if found else None


def parents_end(daemon):
    """The end of the pair that vouchd's main process has of its signer."""
    listing = subprocess.run(["ss", "-x", "-a", "-n", "-H"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    pairs = dict(re.findall(r"\* (\d+) +\* (\d+)", listing))
    wanted = {pairs.get(socket_number(link))
              for link in links(signer(daemon)).values()} - {None, "0"}
    fds = [fd for fd, link in links(daemon.process.pid).items()
           if socket_number(link) in wanted]
    pidfd = os.pidfd_open(daemon.process.pid)
    fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd,
                                                   fds[0], 0)
    os.close(pidfd)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return socket.socket(fileno=fd)


class Parent(wire.Client):
    """In the place of a main process, which is stopped meanwhile."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.sock = parents_end(daemon)
        self.sock.settimeout(60)
        self.ids = 1 << 20
        daemon.process.send_signal(signal.SIGSTOP)

    def sign(self, blob, **change):
        body = dict({"slot": "edge", "submitter": "test", "object_name": "x",
                     "log": "00" * 32}, **change)
        kind, _, answer, image = self.request(wire.CALL, body, blob)
        return kind, answer, image

    def leave(self):
        self.close()
        self.daemon.process.send_signal(signal.SIGCONT)


def sequence(daemon):
    path = os.path.join(daemon.config["state_dir"], "sign", "sequence")
    try:
        with open(path, encoding="ascii") as f:
            return f.read()
    except FileNotFoundError:
        return None


def profile():
    return PROFILE.object, PROFILE.identity


def test_abused_images(tap):
    d = Daemon()
    facts = profile()[0]["facts"]
    good = image_parts.good(profile())
    parent = Parent(d)
    kind, answer, image = parent.sign(good)
    tap.equal((kind, answer.get("sequence")), (wire.RESULT, 1),
              "the sign process signs an image")
    tap.check(read_image.read(image)["content_ok"], "whose content is whole")
    before = sequence(d)
    refused = abused = 0
    for name, reason, data in image_abuses.abuses(good, facts):
        abused += 1
        kind, answer, image = parent.sign(data)
        why = answer.get("why", "")
        good_answer = (kind, answer.get("exit"), image) == \
            (wire.ERROR, 5, b"") and reason in why
        refused += good_answer
        if not good_answer:
            tap.check(False, "not signed, for '%s': %s" % (reason, name),
                      (kind, answer))
    tap.equal(refused, abused or None, "all of %d abused images are refused, "
              "each for its own reason" % abused)
    tap.equal(sequence(d), before, "none of them uses up a sequence")
    kind, answer, _ = parent.sign(good)
    tap.equal((kind, answer.get("sequence")), (wire.RESULT, 2),
              "an image gets the next one afterwards")
    parent.leave()
    tap.equal((os.listdir(os.path.join(d.config["state_dir"], "images")),
               d.query("SELECT count(*) FROM images")), ([], [(0,)]),
              "no image of these is left")
    d.stop()


def test_records(tap):
    d = Daemon()
    parent = Parent(d)
    good = image_parts.good(profile())
    for name, change in (
            ("no slot", {"slot": None}), ("an empty slot", {"slot": ""}),
            ("a slot that is a path", {"slot": "../x"}),
            ("a long slot", {"slot": "x" * 32}),
            ("a submitter of two lines", {"submitter": "a\nb"}),
            ("a long submitter", {"submitter": "x" * 64}),
            ("an object name that is not ASCII", {"object_name": "\u00e9"}),
            ("no log", {"log": None}), ("half a log", {"log": "00" * 31}),
            ("a log that is no number", {"log": "x" * 64})):
        kind, answer, _ = parent.sign(good, **change)
        tap.equal((kind, answer.get("exit")), (wire.ERROR, 5),
                  "not signed with " + name)
    tap.equal(sequence(d), None, "and no sequence is used up")
    parent.leave()
    d.stop()
