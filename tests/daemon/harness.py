# SPDX-License-Identifier: BSD-2-Clause
"""A vouchd to test, and what its fake agents and clients give it.

Import it before wire, which it finds in tests/lib/.
"""

import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "independent"))
import profile_file  # noqa: E402
import wire  # noqa: E402
from fake_agent import FakeTarget, FakeVerifier  # noqa: E402

VOUCHD = os.path.abspath(sys.argv[1])
DATA = os.path.join(HERE, "data")


def load(name):
    with open(os.path.join(DATA, name), "rb") as f:
        return f.read()


SYMBOLS = os.path.join(DATA, "symbols")
BTF = os.path.join(DATA, "btf")
OBJECT = load("xdp_count.o")
RECORDED = {"json": json.loads(load("xdp_count.json")),
            "capture": load("xdp_count.cap")}
PROFILE_KEYS = tempfile.TemporaryDirectory(prefix="vouchd-profile-")
END = 8  # xdp_buff.data_end in the verifier kernel
XDP, CTX = 6, 2
LDX_DW = 0x79


def insn(code, dst, src, off, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


def oracle(end):
    """Of a target that has a packet's end at @end, its start at 0."""
    dst, src = 12, 13
    entries = b"".join(
        struct.pack("<HBBBBHBBHHH", XDP, CTX, 0, 0, 4, off, 0, 0, i, i, 0)
        for i, off in enumerate((0, 4)))
    templates = struct.pack("<IIII", 0, 1, 1, 1)
    return struct.pack("<8sIIII", b"VOUCHORC", 1, 2, 2, 2) + entries + \
        templates + insn(LDX_DW, dst, src, 0) + insn(LDX_DW, dst, src, end)


PROFILE = profile_file.Made(PROFILE_KEYS.name, load("profile.json"),
                            oracle=oracle(END))


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

    def __init__(self, pass_fds=(), preexec=None, **changes):
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
            "profiles": [PROFILE.path],
            "profile_certs": [PROFILE.cert],
            "policy": {"allow_perfmon": True, "record": True},
            "timeouts": {"verify_s": 2, "deliver_s": 2, "wait_s": 2,
                         "call_s": 2},
            "vms": [
                {"name": "verifier", "role": "verifier",
                 "symbols": SYMBOLS, "btf": BTF,
                 "agent_socket": self.path("verifier.sock")},
                {"name": "demo", "role": "target", "slots": ["default", "b"],
                 "profile": PROFILE.path,
                 "agent_socket": self.path("target.sock")}]}
        self.config.update(changes)
        self.config = {k: v for k, v in self.config.items()
                       if v is not None}
        self.agents = []
        self.pass_fds = pass_fds
        self.preexec = preexec
        self.process = None
        self.log = self.path("log")
        self.start()

    @classmethod
    def kill_all(cls):
        """A test that failed half-way leaves its daemon behind."""
        while cls.running:
            process = cls.running.pop()
            if process.poll() is None:
                process.kill()
                process.wait()

    def path(self, name):
        return os.path.join(self.dir, name)

    def spawn(self, **env):
        """Start it, and do not wait until it listens."""
        # In one step: a launcher that is a service may be reading it.
        with open(self.path("config.new"), "w", encoding="ascii") as f:
            json.dump(self.config, f)
        os.replace(self.path("config.new"), self.path("config.json"))
        with open(self.log, "ab") as f:
            self.process = subprocess.Popen(
                [VOUCHD, "--config", self.path("config.json"),
                 "--log-level", "debug"], stdin=subprocess.DEVNULL,
                stdout=f, stderr=f, env=dict(self.environment(), **env),
                pass_fds=self.pass_fds, preexec_fn=self.preexec,
                # A group more, to see it dropped.
                extra_groups=[4] if "user" in self.config else None)
        Daemon.running.append(self.process)

    def start(self, **env):
        self.spawn(**env)
        for _ in range(500):
            try:
                wire.Client(self.path("vouchd.sock")).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError("vouchd did not start: " + self.text())

    @staticmethod
    def environment():
        """Sanitisers keep what is freed: little of it, to see the rest."""
        return dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=8:" +
                    os.environ.get("ASAN_OPTIONS", ""))

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
