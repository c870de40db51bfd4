# SPDX-License-Identifier: BSD-2-Clause
"""The program vouch, and a small vouchd that answers what a test tells it.

Import it before tap and wire, which it finds in tests/lib/.
"""

import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import wire  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", os.path.join(TOP, "build"))


def program():
    for path in ("asan/vouch", "vouch"):
        path = os.path.join(BUILD, path)
        if os.access(path, os.X_OK):
            return os.path.abspath(path)
    sys.exit("there is no %s/vouch: run \"make programs\" first" % BUILD)


VOUCH = program()
COUNTER = itertools.count()
SCRATCH = tempfile.TemporaryDirectory()


def vouch(*args, env=None, text=True):
    """Run it away from the user's own configuration."""
    clean = {"PATH": "/usr/bin:/bin", "HOME": SCRATCH.name, "NO_COLOR": "1"}
    clean.update(env or {})
    return subprocess.run([VOUCH] + list(args), env=clean, text=text,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)


class Fake(wire.Client):
    """A vouchd that gives one client the answers in @script, in order: pairs
    of frame type and object, or functions of the request that make them."""

    def __init__(self, script):
        self.script = script
        self.requests = []
        self.path = os.path.join(SCRATCH.name, "sock%d" % next(COUNTER))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.listener.settimeout(60)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        script = list(self.script)
        while script:
            try:
                self.sock, _ = self.listener.accept()
                self.sock.settimeout(60)
                self.greet()
                while script:
                    self.answer(script)
            except (wire.WireError, OSError):
                pass
            finally:
                self.sock.close()
        self.listener.close()

    def greet(self):
        _, ident, hello, _ = self.receive()
        self.requests.append((wire.HELLO, hello, b""))
        self.put(wire.WELCOME, ident, {"version": "0.1.0",
                                       "role": "developer", "name": "test"})

    def put(self, kind, ident, body, blob=b""):
        text = json.dumps(body).encode()
        self.sock.sendall(wire.HEAD.pack(b"VCHF", 1, kind, ident, len(text),
                                         len(blob), 0) + text + blob)

    def answer(self, script):
        kind, ident, body, blob = self.receive()
        self.requests.append((kind, body, blob))
        step = script.pop(0)
        for answer in step if isinstance(step, list) else [step]:
            if answer == "hang up":
                raise wire.WireError(answer)
            if answer == "junk":
                self.sock.sendall(b"x" * 64)
                continue
            if answer == "silence":
                self.receive()
            self.put(answer[0], ident, answer[1], *answer[2:])

    def vouch(self, *args, **kw):
        return vouch("--endpoint", "unix:" + self.path, *args, **kw)

    def asked(self, kind):
        return [(body, blob) for k, body, blob in self.requests if k == kind]


def verdict(**kw):
    base = {"schema_version": 1, "submission": 7, "object": "00" * 32,
            "verdict": "accepted", "reason": None, "exit": 0,
            "programs": [], "image": None, "deliveries": [], "stages_us": {},
            "log": ""}
    base.update(kw)
    return (wire.VERDICT, base)


def scratch_file(name, data):
    path = os.path.join(SCRATCH.name, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


OBJECT = scratch_file("count.o", b"\x7fELF an object")
