# SPDX-License-Identifier: BSD-2-Clause
"""The systemd units: well-formed, tight, and wide enough.

No systemd runs here. What it would allow the programs to call is taken from
the units and set as a filter around them, and they do their work under it;
the rest of the units is analysed, not tried.
"""

import ctypes
import ctypes.util
import glob
import os
import re
import shutil
import subprocess
import tempfile

import harness
import services
from harness import Daemon
from launches import launched

TOP = os.path.join(harness.HERE, "..", "..")
UNITS = os.path.join(TOP, "systemd")
# Exposure levels, in tenths.
LEVELS = {"vouchd.service": 15, "vouch-sign.service": 5,
          "vouch-launch.service": 15}
KILL_PROCESS = 0x80000000
ALLOW = 0x7fff0000
MASKED_EQ = 7
PROT_EXEC = 4


def analyse(*args):
    return subprocess.run(["systemd-analyze", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)


def test_analysis(tap):
    if not shutil.which("systemd-analyze"):
        tap.check(False, "systemd-analyze is there", "run scripts/setup")
        return
    with tempfile.TemporaryDirectory() as directory:
        for path in glob.glob(os.path.join(UNITS, "*.s[eo]*")):
            with open(path, encoding="ascii") as f:
                text = f.read()
            with open(os.path.join(directory, os.path.basename(path)), "w",
                      encoding="ascii") as f:
                # Not installed: the programs as they were built.
                f.write(text.replace("/usr/sbin", services.PROGRAMS))
        p = analyse("verify", "--man=no", *sorted(glob.glob(directory + "/*")))
        tap.check(p.returncode == 0 and not re.search(
            rb"vouch\S*\.(service|socket):", p.stdout),
            "the units are well-formed", p.stdout)
    for name, level in LEVELS.items():
        p = analyse("security", "--offline=true", "--no-pager",
                    "--threshold=%d" % level, os.path.join(UNITS, name))
        text = p.stdout.decode(errors="replace")
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", text)
        tap.check(p.returncode == 0 and found,
                  "%s is exposed to %.1f at most" % (name, level / 10), text)
        tap.note("%s: %s" % (name, found.group(1) if found else "?"))


def expand(name):
    """The calls of a set; sets have sets among them."""
    if not name.startswith("@"):
        return {name}
    text = analyse("syscall-filter", name).stdout.decode()
    words = re.findall(r"^    ([@\w-]+)$", text, re.M)
    return set().union(*(expand(word) for word in words))


def allowed(unit):
    calls = set()
    with open(os.path.join(UNITS, unit), encoding="ascii") as f:
        for line in re.findall(r"^SystemCallFilter=(.*)$", f.read(), re.M):
            named = set().union(*(expand(w) for w in
                                  line.lstrip("~").split()))
            calls = calls - named if line.startswith("~") else calls | named
    # systemd leaves these in any case, for itself.
    calls |= {"execve", "exit", "exit_group", "rt_sigreturn"}
    # Root gives capabilities up, and has the database give files away. The
    # unit is never root.
    return calls if os.geteuid() else calls | {"capset", "fchown"}


class Arg(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def library():
    lib = ctypes.CDLL(ctypes.util.find_library("seccomp"))
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_load.argtypes = [ctypes.c_void_p]
    lib.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
        ctypes.POINTER(Arg)]
    return lib


def is_set(unit, setting):
    with open(os.path.join(UNITS, unit), encoding="ascii") as f:
        return setting in f.read().splitlines()


def filter_of(unit, without=()):
    """What a process calls to have the unit's filter."""
    lib = library()
    no_code = is_set(unit, "MemoryDenyWriteExecute=yes")
    ctx = lib.seccomp_init(KILL_PROCESS)
    for call in sorted(allowed(unit) - set(without)):
        number = lib.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            continue
        # systemd makes a filter of that setting as well.
        bound = no_code and call in ("mprotect", "pkey_mprotect")
        args = (Arg * 1)(Arg(2, MASKED_EQ, PROT_EXEC, 0))
        lib.seccomp_rule_add_array(ctx, ALLOW, number, 1 if bound else 0,
                                   args)

    def load():
        if lib.seccomp_load(ctx):
            os._exit(99)
    return load


def test_filters(tap):
    s = services.signer()
    s.preexec = filter_of("vouch-sign.service")
    s.start()
    d = services.bridge(s, preexec=filter_of("vouchd.service"))
    tap.equal([d.submit(deliver=False)[1]["exit"] for _ in range(2)], [0, 0],
              "signer and bridge work under their units' filters")
    tap.equal(d.stop(), 0, "and the bridge ends well")
    s.kill()


def with_launcher(tap, preexec, check):
    with tempfile.TemporaryDirectory() as directory:
        pid = os.path.join(directory, "pid")
        d = Daemon(**launched(directory, "echo $$ >%s; exec sleep 1000" % pid,
                              60))
        d.stop()
        if os.path.exists(pid):
            os.unlink(pid)
        s = services.Service("vouch-launchd", "--config",
                             d.path("config.json"), "--logs", directory)
        s.preexec = preexec
        s.start()
        d.config["launcher"] = "unix:" + s.path
        d.start()
        check(tap, d, s, pid)
        d.stop()
        s.kill()


def starts(tap, d, s, pid):
    tap.check(d.wait_for(lambda: os.path.exists(pid) and
                         os.path.getsize(pid)),
              "the launcher starts a VM under its unit's filter", s.text())
    with open(pid, encoding="ascii") as f:
        vm = "/proc/" + f.read().strip()
    d.stop()
    tap.check(d.wait_for(lambda: not os.path.exists(vm)),
              "and ends it with the bridge")
    tap.equal(s.process.poll(), None, "itself it goes on")


def dies(tap, d, s, pid):
    tap.check(d.wait_for(lambda: s.process.poll() is not None) and
              s.process.poll() == -31 and not os.path.exists(pid),
              "without a call that it needs the launcher is ended")


def test_launcher_filter(tap):
    with_launcher(tap, filter_of("vouch-launch.service"), starts)
    with_launcher(tap, filter_of("vouch-launch.service", ("signalfd4",)), dies)


def test_filter_is_needed(tap):
    """The test of both filters can fail."""
    s = services.signer()
    s.preexec = filter_of("vouch-sign.service", without=("fsync",))
    s.start()
    d = services.bridge(s)
    tap.check(d.submit(deliver=False)[1]["exit"],
              "without a call that it needs the signer does not sign")
    tap.check(s.process.wait(20) == -31, "but is ended")
    d.stop()
