# SPDX-License-Identifier: BSD-2-Clause
"""Agents without a VM: a verifier and a target, for faults and early tests.

A fake verifier answers VERIFY with a capture that a real verifier VM made; a
fake target answers DELIVER. Each has a list of `acts`, one for each request,
that make it misbehave: "die", "hang", or a function of the request that
returns (type, JSON, blob). Without acts it behaves.
"""

import hashlib
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..",
                                "independent"))
import read_capture  # noqa: E402
import wire  # noqa: E402


class FakeAgent(wire.Client):
    role = None

    def __init__(self, path, hello=None, acts=(), timeout=30, seen=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.ids = 0
        # Lists that are given stay the giver's, over several agents.
        self.acts = acts if isinstance(acts, list) else list(acts)
        self.seen = [] if seen is None else seen
        body = {"role": self.role, "version": "0.1.0", "release": "6.1.0-fake",
                "cpu_model": "fake", "nr_cpus": 1, "features": []}
        body.update(hello or {})
        kind, _, self.welcome, _ = self.request(wire.HELLO, body)
        if kind != wire.WELCOME:
            self.sock.close()
            raise wire.WireError(self.welcome)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def reply(self, ident, kind, body, blob=b""):
        self.ids = ident - 1
        self.send(kind, body, blob)

    def serve(self):
        try:
            while True:
                kind, ident, body, blob = self.receive()
                self.seen.append((kind, body, blob))
                act = self.acts.pop(0) if self.acts else None
                if act == "die":
                    break
                if act == "hang":
                    continue
                answer = act(kind, body, blob) if act else \
                    self.answer(kind, body, blob)
                self.reply(ident, *answer)
        except (OSError, wire.WireError):
            pass
        self.sock.close()

    def leave(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join(10)


def resized(capture, entries):
    """The capture, of maps with as many entries as the options ask for."""
    data = bytearray(capture)
    at = 24
    for kind, payload in read_capture.records(capture):
        name = payload[:64].rstrip(b"\0").decode("ascii", "replace")
        if kind == read_capture.MAP and name in entries:
            struct.pack_into("<I", data, at + 8 + 76, entries[name])
        at += 8 + len(payload) + -len(payload) % 8
    return bytes(data)


class FakeVerifier(FakeAgent):
    role = "verifier"

    def __init__(self, path, recorded, hello=None, **kw):
        self.recorded = recorded
        env = read_capture.read(recorded["capture"])["environment"]
        facts = {key: env[key] for key in ("release", "build_id", "cpu_model",
                                           "nr_cpus", "features")}
        super().__init__(path, hello=dict(facts, **(hello or {})), **kw)

    def answer(self, kind, body, blob):
        if kind == wire.VERIFY:
            return wire.CAPTURE, self.recorded["json"], resized(
                self.recorded["capture"],
                body["options"].get("map_entries", {}))
        return wire.RESULT, {"schema_version": 1, "runs": [{"retval": 2}],
                             "asked": body}, blob


class FakeTarget(FakeAgent):
    role = "target"

    def answer(self, kind, body, blob):
        if kind == wire.DELIVER:
            return wire.STATUS, {
                "status": "attached" if body.get("attach") else "loaded",
                "reason": None, "image": "vouch_0", "content":
                hashlib.sha256(blob).hexdigest(),
                "admit_us": 10, "load_us": 20}, b""
        if body["method"] == "fail":
            return wire.ERROR, {"code": "ENOENT", "what": "fail", "why":
                                "as asked", "remedy": "do not", "exit": 6}, b""
        return wire.RESULT, {"schema_version": 1, "asked": body}, blob
