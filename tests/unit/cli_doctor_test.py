#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouch doctor: a set-up that is whole, and the same one broken in each way
that the doctor knows, with the finding that it must give."""

import glob
import json
import os
import re
import shutil
import signal
import subprocess

from cli_harness import SCRATCH, VOUCH, Fake, vouch
from doctor_broken import BROKEN, with_services
from doctor_setup import SEEN, SetUp, answer, bzimage, flat, write
import tap
import wire


# What mends is a command, alone or behind words that say when or on what.
COMMAND = re.compile(
    r"(^|: |; |, |\b(?:and|or) )(sudo |systemctl |apt |make |scripts/\w|chmod |"
    r"chown |mkdir |modprobe |usermod |rm |find |mount |timedatectl |date |"
    r"less |rmmod |XDG_RUNTIME_DIR=|vouch \w|vouchd |vouch-agent |vouch-targetd)")


def findings(got, check, subject=None):
    return [f for f in got["findings"] if f["check"] == check and
            (not subject or subject in f["subject"])]


def test_healthy(t):
    s = SetUp()
    code, got = s.doctor()
    bad = [f for f in got["findings"] if f["state"] != "ok"]
    t.equal((code, got.get("exit"), bad), (0, 0, []),
            "a set-up that is whole has no finding but good ones")
    t.equal({f["check"] for f in got["findings"]},
            {"configuration", "service", "sockets", "qemu", "vsock",
             "accelerator", "kernel", "symbols", "target", "keys", "certificate",
             "key-pair", "trust", "disk", "clock", "versions"},
            "everything was looked at")
    t.equal(got["schema_version"], 1, "it has a schema_version")
    t.check(all(set(f) == {"check", "subject", "state", "looked_at", "why",
                           "remedy"} and f["looked_at"] and f["why"]
                for f in got["findings"]),
            "each finding says what was looked at and why")
    t.equal(got["counts"]["ok"], len(got["findings"]), "they are counted")
    t.equal(len(findings(got, "versions")), 3,
            "versions of vouchd and both agents are compared")
    t.check("v1.1" in findings(got, "versions", "verifier")[0]["why"],
            "libbpf's is shown")


def test_broken(t):
    for change, check, state, why, remedy, code, subject in BROKEN:
        s = SetUp()
        change(s)
        got_code, got = s.doctor()
        found = findings(got, check, subject)
        name = change.__name__.replace("_", " ")
        t.check(any(f["state"] == state and why in f["why"] and
                    (remedy or "") in (f["remedy"] or "") for f in found),
                "%s: the finding %s is there" % (name, check), got)
        t.equal((got_code, got.get("exit", code)), (code, code),
                "%s: exit code %d" % (name, code))
        shutil.rmtree(s.dir)


def test_first_problem_decides(t):
    s = SetUp()
    os.chmod(s.path("keys", "image.key"), 0o666)
    s.status["version"] = "9"
    s.target["profile"] = "11" * 32
    code, got = s.doctor()
    t.equal((code, got["counts"]["problem"]), (6, 3),
            "of several problems the first has the exit code")


def test_no_configuration(t):
    got = vouch("doctor", "--json")
    t.equal((got.returncode, [f["check"] for f in answer(got)["findings"]]),
            (2, ["configuration", "service", "versions"]),
            "without a configuration it says so, and goes on")
    got = vouch("doctor", "--config", "/nonexistent", "--json")
    t.check(got.returncode == 2 and "cannot be read" in
            answer(got)["findings"][0]["why"],
            "a configuration that is not there")


def test_text(t):
    s = SetUp()
    s.config["vms"][0]["launch"]["kernel"] = s.path("bzImage")
    write(s.path("bzImage"), bzimage())
    code, _ = s.doctor()
    t.equal(code, 0, "a bzImage tells its release too")
    write(s.path("bzImage"), flat())
    code, _ = s.doctor()
    t.equal(code, 0, "and so does the flat kernel of arm64")
    s.status["version"] = "1\x1b[31m"
    os.chmod(s.path("keys", "image.key"), 0o644)
    fake = Fake([(wire.RESULT, s.status)])
    write(s.path("vouchd.json"), json.dumps(dict(s.config,
                                                 socket=fake.path)))
    got = vouch("doctor", "--config", s.path("vouchd.json"))
    t.equal(got.returncode, 5, "in words, the exit code is the same")
    t.check("problem  keys" in got.stdout and "looked at: mode and owner" in
            got.stdout and "to mend:   chmod 600" in got.stdout,
            "a finding in words has what was looked at and what mends it",
            got.stdout)
    t.check("\x1b" not in got.stdout, "no escape sequence of others gets out")
    t.check("problems" in got.stdout.splitlines()[-1], "they are counted")


def test_endpoint(t):
    s = SetUp()
    write(s.path("vouchd.json"), json.dumps(dict(
        s.config, socket="/nonexistent/sock")))
    fake = Fake([(wire.RESULT, s.status)])
    got = fake.vouch("doctor", "--config", s.path("vouchd.json"), "--json")
    t.equal([f["state"] for f in findings(answer(got), "service")],
            ["ok"], "the endpoint on the command line goes first")


def test_disk(t):
    if os.geteuid():
        t.skip("a full disk is left out: that needs root")
        return
    s = SetUp()
    for size, code, state in (("8m", 1, "problem"), ("600m", 0, "warning"),
                              ("2g", 0, "ok")):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs",
                        s.path("state")], check=True)
        got_code, got = s.doctor()
        subprocess.run(["umount", s.path("state")], check=True)
        f = findings(got, "disk")[0]
        t.check(got_code == code and f["state"] == state and
                "MiB free" in f["why"],
                "a disk of %s: %s" % (size, state), f)
    for options, why in (("size=2g,nr_inodes=900", "files can be made"),
                         ("size=2g,ro", "read-only")):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs",
                        s.path("state")], check=True)
        got_code, got = s.doctor()
        subprocess.run(["umount", s.path("state")], check=True)
        f = findings(got, "disk")[0]
        t.check(got_code == 1 and why in f["why"] and f["remedy"],
                "a disk with %s: %s" % (options, why), f)


def test_old_clock(t):
    s = SetUp()
    later = os.path.join(SCRATCH.name, "later")
    shutil.copy(VOUCH, later)
    os.utime(later, (2 ** 32, 2 ** 32))

    def run(*args):
        return subprocess.run([later, *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60, check=False, text=True)

    code, got = s.doctor(run=run)
    f = findings(got, "clock", "host")
    t.check(code == 1 and f[0]["state"] == "problem" and
            "this program was made at 2106" in f[0]["why"],
            "a program from the future: the clock is behind", got)


def test_owner(t):
    if os.geteuid():
        t.skip("a key of somebody else is left out: that needs root")
        return
    s = SetUp()
    os.chown(s.path("keys", "image.key"), 65534, 65534)
    code, got = s.doctor()
    f = findings(got, "keys")[0]
    t.check(code == 5 and "belongs to user 65534" in f["why"] and
            f["remedy"].startswith("chown root "),
            "a key of somebody else: the finding keys is there", got)
    s.config["user"] = "nobody"
    t.equal(s.doctor()[0], 0, "vouchd's user may have it")


def test_silent_service(t):
    s = SetUp()
    fake = Fake(["silence"])
    write(s.path("vouchd.json"), json.dumps(dict(s.config,
                                                 socket=fake.path)))
    got = vouch("doctor", "--config", s.path("vouchd.json"), "--timeout", "1",
                "--json")
    f = findings(answer(got), "service")[0]
    t.equal((got.returncode, f["state"]), (4, "problem"),
            "a vouchd that answers nothing is a problem, and not waited for")


def as_nobody(*args):
    return subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", VOUCH,
         *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=60, check=False, text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})


def test_without_root(t):
    if os.geteuid():
        t.skip("another user is left out: that needs root")
        return
    s = SetUp()
    os.chmod(SCRATCH.name, 0o755)
    s.answers = False
    code, got = s.doctor(run=as_nobody)
    pair = findings(got, "key-pair")
    t.check(code == 4 and pair and pair[0]["state"] == "unknown" and
            "sudo vouch doctor" in pair[0]["remedy"],
            "who may not read the key is told that it could not be looked at",
            got)
    t.equal([f["state"] for f in findings(got, "keys")], ["ok"],
            "and that nobody else may read it")
    os.chmod(s.path("keys"), 0o700)
    _, got = s.doctor(run=as_nobody)
    t.equal({f["state"] for c in ("keys", "certificate")
             for f in findings(got, c)}, {"unknown"},
            "what cannot be seen is unknown, never good")


def test_denied(t):
    if os.geteuid():
        t.skip("files of others are left out: that needs root")
        return
    s = SetUp()
    os.chmod(SCRATCH.name, 0o755)
    s.answers = False
    write(s.path("bzImage"), bzimage())
    for check, name in (("configuration", "vouchd.json"),
                        ("symbols", "symbols"), ("symbols", "btf"),
                        ("kernel", "vmlinux"), ("kernel", "verifier.cpio"),
                        ("target", "target.profile"), ("trust", "target.cpio"),
                        ("certificate", "keys/image.der")):
        s.doctor(run=as_nobody)  # which writes the configuration
        mode = os.stat(s.path(name)).st_mode
        os.chmod(s.path(name), 0)
        got = answer(as_nobody("doctor", "--config", s.path("vouchd.json"),
                               "--json"))
        os.chmod(s.path(name), mode)
        f = findings(got, check)
        t.check(f and f[0]["state"] == "unknown" and f[0]["remedy"] ==
                "sudo vouch doctor --config " + s.path("vouchd.json"),
                "%s that may not be read: root is asked" % name, f)


def test_closed_folders(t):
    if os.geteuid():
        t.skip("folders of others are left out: that needs root")
        return
    s = SetUp()
    os.chmod(SCRATCH.name, 0o755)
    os.mkdir(s.path("closed"), 0o700)
    with_services(s)
    s.answers = False
    s.config["state_dir"] = s.path("closed", "state")
    for name in "signer", "launcher":
        s.config[name] = "unix:" + s.path("closed", name)
    s.config["vms"][0]["vsock"] = s.path("closed", "sub", "sock")
    _, got = s.doctor(run=as_nobody)
    t.equal({f["check"] for f in got["findings"]
             if (f["remedy"] or "").startswith("sudo vouch doctor")},
            {"sockets", "launcher", "keys", "disk"},
            "what lies in folders that may not be entered is not called lost")
    fake = Fake([])
    os.chmod(fake.path, 0o600)
    write(s.path("vouchd.json"), json.dumps(dict(s.config, socket=fake.path)))
    f = findings(answer(as_nobody("doctor", "--config", s.path("vouchd.json"),
                                  "--json")), "service")
    t.equal([(x["state"], x["remedy"].split()[0]) for x in f],
            [("unknown", "sudo")], "nor a vouchd that is not for everybody")


# A /dev of its own, as nobody sees it.
DEV = """mount -t tmpfs tmpfs /dev
for node in "null 3" "zero 5" "urandom 9"; do
    mknod -m 666 "/dev/${node% *}" c 1 "${node#* }"
done
[ -z "$1" ] || : >/dev/kvm
[ -z "$1" ] || chmod "$1" /dev/kvm
shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
"""


def test_emulated(t):
    if os.geteuid():
        t.skip("the modes of /dev/kvm are left out: that needs root")
        return
    s = SetUp()
    os.chmod(SCRATCH.name, 0o755)
    s.answers = False
    write(s.path("state", "accelerator"), "tcg %s\n" % os.uname().release)
    for mode, remedy in (("", "modprobe kvm_intel"), ("0", "usermod -aG kvm"),
                         ("666", "to have it tried anew: rm -f ")):
        def run(*args, mode=mode):
            return subprocess.run(
                ["unshare", "--mount", "sh", "-ec", DEV, "sh", mode, VOUCH,
                 *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=60, check=False, text=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                     "HOME": "/nonexistent"})
        code, got = s.doctor(run=run)
        f = findings(got, "accelerator")
        t.check(f and f[0]["state"] == "warning" and
                f[0]["remedy"].startswith(remedy),
                "emulated, /dev/kvm with mode %s: %s" % (mode or "none",
                                                         remedy),
                (code, got))


def test_services(t):
    s = SetUp()
    with_services(s)
    code, got = s.doctor()
    t.equal((code, [f["state"] for f in got["findings"]
                    if f["check"] in ("keys", "launcher")]),
            (0, ["ok", "ok"]), "services of their own are found by their "
            "sockets")


def test_foreign_verifier(t):
    s = SetUp()
    del s.config["vms"][0]["launch"]
    code, got = s.doctor()
    f = findings(got, "kernel")
    t.equal((code, [x["state"] for x in f]), (0, ["ok"]),
            "a verifier VM that somebody else started is good while it is up")


def of_trials():
    """Folders of trials, and processes that work in them."""
    pids = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                if SCRATCH.name.encode() + b"/vouch-trial-" in f.read():
                    pids.append(int(path.split("/")[2]))
        except OSError:
            pass
    return glob.glob(SCRATCH.name + "/vouch-trial-*"), pids


def test_trial(t):
    s = SetUp()
    write(s.path("qemu"), "#!/bin/sh\nexit 1\n", 0o755)

    def run(*args):
        return vouch(*args, env={"XDG_RUNTIME_DIR": SCRATCH.name})

    code, got = s.doctor("--trial", run=run)
    f = (findings(got, "trial") or [{"why": "", "remedy": ""}])[0]
    t.check(code == 4 and f["state"] == "problem" and
            "end before they say HELLO" in f["why"],
            "a trial with a QEMU that ends at once is a problem", got)
    logs = f["remedy"].split()[1:]
    t.check(f["remedy"].startswith("less ") and len(logs) == 1 and
            logs[0].endswith("/vouchd.log") and os.path.getsize(logs[0]),
            "and its vouchd's log is there to be read", f)
    folders, pids = of_trials()
    t.equal((len(folders), pids), (1, []),
            "its vouchd is not left behind, its log is")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder)
    _, got = s.doctor("--trial", run=lambda *args: vouch(
        *args, env={"XDG_RUNTIME_DIR": "/nonexistent"}))
    f = findings(got, "trial")[0]
    t.check(f["state"] == "problem" and "directory" in f["why"] and
            f["remedy"].startswith("XDG_RUNTIME_DIR="),
            "a trial that has no place", f)


def test_remedies(t):
    """Of all that was seen before, so this is the last test."""
    bad = [f for f in SEEN if f["state"] != "ok"]
    t.check(len(bad) > 50, "many findings that are not good were seen",
            len(bad))
    t.equal([f for f in bad if not COMMAND.search(f["remedy"] or "")], [],
            "each of them has a command that mends it")
    t.equal([f for f in SEEN if f["state"] == "ok" and f["remedy"]], [],
            "what is good needs none")


def main():
    t = tap.Tap()
    for test in (test_healthy, test_broken, test_first_problem_decides,
                 test_no_configuration, test_text, test_endpoint, test_disk,
                 test_old_clock, test_owner, test_silent_service,
                 test_without_root, test_denied, test_closed_folders,
                 test_emulated, test_services, test_foreign_verifier,
                 test_trial, test_remedies):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
