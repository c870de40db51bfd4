# SPDX-License-Identifier: BSD-2-Clause
"""Signer and launcher as services of their own, behind sockets that whoever
starts them hands over."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from harness import Daemon, VOUCHD, make_key
from launches import launched
from processes import kinds, status

PROGRAMS = os.path.dirname(VOUCHD)
TWO = {"verify_s": 2, "deliver_s": 2, "wait_s": 2, "call_s": 2, "sign_s": 2}


class Service:
    """A program behind a socket that stays when the program does not, as
    systemd does it."""

    def __init__(self, program, *args, peer=None):
        self.temp = tempfile.TemporaryDirectory(prefix="vouch-service-")
        self.dir = self.temp.name
        self.path = os.path.join(self.dir, "sock")
        self.log = os.path.join(self.dir, "log")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        self.command = [os.path.join(PROGRAMS, program), *args, "--peer",
                        str(os.geteuid() if peer is None else peer)]
        self.preexec = self.process = None

    def start(self, **env):
        number = self.socket.fileno()
        with open(self.log, "ab") as f:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@" 3<&%d' % number,
                 "sh", *self.command],
                env=dict(os.environ, LISTEN_FDS="1", **env),
                pass_fds=(number,), preexec_fn=self.preexec,
                stdin=subprocess.DEVNULL, stdout=f, stderr=f)
        Daemon.running.append(self.process)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def text(self):
        with open(self.log, encoding="ascii", errors="replace") as f:
            return f.read()


def signer(**kw):
    keys = tempfile.TemporaryDirectory(prefix="vouch-service-")
    if Daemon.keys:
        for name in ("image.key", "image.der"):
            shutil.copy(os.path.join(Daemon.keys.name, name), keys.name)
    else:
        make_key(keys.name)
    state = os.path.join(keys.name, "state")
    os.mkdir(state)
    s = Service("vouch-signd", "--key", os.path.join(keys.name, "image.key"),
                "--cert", os.path.join(keys.name, "image.der"), "--epoch", "7",
                "--state", state, **kw)
    s.keys = keys
    return s


def bridge(service, **changes):
    """A vouchd that has no key."""
    changes.setdefault("timeouts", TWO)
    d = Daemon(signer="unix:" + service.path, key=None, cert=None, **changes)
    d.verifier()
    return d


def test_signer(tap):
    s = signer().start()
    d = bridge(s)
    image = d.submit(deliver=False)[1]["image"]
    tap.equal((image["epoch"], image["sequence"]), (7, 1),
              "a signer that is a service signs")
    with open(os.path.join("/proc", str(d.process.pid), "task",
                           str(d.process.pid), "children"),
              encoding="ascii") as f:
        tap.equal(len(f.read().split()), 2, "vouchd has no process that signs")
    held = status(s.process.pid)
    tap.equal((held["NoNewPrivs"], held["Seccomp"], held["CapEff"]),
              ("1", "2", "0" * 16), "and the service is confined")
    if not os.geteuid():
        tap.equal([k.replace(s.keys.name, "") for k in
                   kinds(d, s.process.pid)], ["/state", "socket", "socket"],
                  "with its socket, a connection and its directory")
    tap.equal(d.stop(), 0, "vouchd ends well")
    tap.check(s.process.poll() is None, "the signer goes on")
    d.start()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["image"]["sequence"], 2,
              "and signs for the next vouchd")
    d.stop()
    s.kill()


def test_signer_restarts(tap):
    s = signer().start()
    d = bridge(s)
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "the signer signs")
    s.kill()
    tap.check(d.wait_for(lambda: "the signer is gone" in d.text()),
              "its end is noticed")
    threading.Timer(0.5, s.start).start()
    tap.equal(d.submit(deliver=False)[1]["image"]["sequence"], 2,
              "a submission waits for the signer's return")
    s.process.send_signal(signal.SIGSTOP)
    verdicts = []
    threads = [threading.Thread(target=lambda: verdicts.append(
        d.submit(deliver=False)[1])) for _ in range(3)]
    for thread in threads:
        thread.start()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT count(*) FROM submissions WHERE state = 'signing'") == [(3,)]),
        "three requests are under way")
    s.kill()
    s.start()
    for thread in threads:
        thread.join(30)
    tap.equal([v["exit"] for v in verdicts], [0, 0, 0],
              "requests under way at its end are made once more")
    rows = d.query("SELECT submission, sequence FROM images")
    tap.equal((len(rows), len({r[0] for r in rows}), len({r[1] for r in rows})),
              (5, 5, 5), "each submission has one image, with its own sequence")
    d.stop()
    s.kill()


def test_signer_absent(tap):
    s = signer()
    s.socket.close()
    d = bridge(s)
    verdict = d.submit(deliver=False)[1]
    tap.equal(verdict["exit"], 4, "without the signer the exit code is 4")
    tap.check("cannot be reached" in verdict["reason"], "and the reason says so")
    d.stop()


def test_signer_peer(tap):
    s = signer(peer=12345).start()
    d = bridge(s)
    tap.check(d.submit(deliver=False)[1]["exit"] != 0,
              "another user than the signer's peer gets no signature")
    tap.check("only user 12345 may connect" in s.text(), "and is refused by name")
    d.stop()
    s.kill()


def test_signer_one_at_a_time(tap):
    s = signer().start()
    d = bridge(s)
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "one vouchd is served")
    other = socket.socket(socket.AF_UNIX)
    other.settimeout(0.5)
    other.connect(s.path)
    try:
        answer = other.recv(1)
    except socket.timeout:
        answer = None
    tap.equal(answer, None, "another connection waits")
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and harms nobody")
    d.stop()
    other.sendall(b"\xff" * 64)
    try:
        tap.equal(other.recv(1), b"", "noise is hung up on")
    except ConnectionResetError:
        tap.check(True, "noise is hung up on")
    d.start()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and the signer lives")
    d.stop()
    s.kill()


def test_signer_by_systemd(tap):
    """The program of systemd that hands a socket over, in place of ours."""
    if not shutil.which("systemd-socket-activate"):
        tap.check(False, "systemd-socket-activate is there", "scripts/setup")
        return
    s = signer()
    s.socket.close()
    os.unlink(s.path)
    with open(s.log, "ab") as f:
        p = subprocess.Popen(["systemd-socket-activate", "--listen", s.path,
                              *s.command], stdout=f, stderr=f)
    Daemon.running.append(p)
    d = bridge(s)
    tap.equal(d.submit(deliver=False)[1]["exit"], 0,
              "a socket of systemd-socket-activate serves as well")
    d.stop()
    p.terminate()
    p.wait(20)


def test_no_socket(tap):
    for program, args in (("vouch-signd", ["--key", "/k", "--cert", "/c",
                                           "--epoch", "1", "--state", "/"]),
                          ("vouch-launchd", ["--config", "/c", "--logs", "/"])):
        path = os.path.join(PROGRAMS, program)
        p = subprocess.run([path, *args, "--peer", "0"], timeout=20,
                           stderr=subprocess.PIPE, check=False)
        tap.check(p.returncode == 2 and b"no socket was handed over" in
                  p.stderr, program + " needs a socket", p.stderr)
        p = subprocess.run(["/bin/sh", "-c",
                            'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null',
                            "sh", path, *args, "--peer", "0"], timeout=20,
                           stderr=subprocess.PIPE, check=False)
        tap.check(p.returncode == 2 and b"not one listening" in p.stderr,
                  program + " takes nothing else", p.stderr)
        p = subprocess.run([path], timeout=20, stderr=subprocess.PIPE,
                           check=False)
        tap.check(p.returncode == 2 and b"usage" in p.stderr,
                  program + " needs its options")


def check_held(tap, d, s, pid):
    """What launcher and VM have open: no database and no key."""
    if os.geteuid():
        tap.skip("not root: what is open in a process cannot be seen")
        return
    tap.equal(kinds(d, s.process.pid),
              ["anon_inode:[signalfd]"] + 3 * ["socket"],
              "with its socket, a connection, a monitor and its signals")
    with open(pid, encoding="ascii") as f:
        vm = f.read().strip()
    # The shell that says its number has its script open, until it is the VM.
    d.wait_for(lambda: kinds(d, vm) == ["socket"])
    tap.equal(kinds(d, vm), ["socket"], "and the VM with its monitor alone")


def test_launcher(tap):
    with tempfile.TemporaryDirectory() as directory:
        pid = os.path.join(directory, "pid")
        config = launched(directory, "echo $$ >%s; exec sleep 1000" % pid, 60)
        d = Daemon(**config)
        d.stop()
        if os.path.exists(pid):
            os.unlink(pid)
        s = Service("vouch-launchd", "--config", d.path("config.json"),
                    "--logs", directory).start()
        d.config["launcher"] = "unix:" + s.path
        d.start()

        def running():
            try:
                with open(pid, encoding="ascii") as f:
                    return os.path.exists("/proc/%s" % f.read().strip())
            except OSError:
                return False
        tap.check(d.wait_for(running), "a launcher that is a service starts it")
        check_held(tap, d, s, pid)
        s.kill()
        tap.check(d.wait_for(lambda: not running()),
                  "a VM ends with the launcher")
        tap.check(d.wait_for(lambda: "the launcher is gone" in d.text()),
                  "and vouchd knows")
        os.unlink(pid)
        s.start()
        tap.check(d.wait_for(running), "the next launcher starts it again")
        d.kill()
        tap.check(d.wait_for(lambda: not running()), "it ends with vouchd")
        os.unlink(pid)
        d.start()
        tap.check(d.wait_for(running), "and is started for the next vouchd")
        d.stop()
        s.kill()
