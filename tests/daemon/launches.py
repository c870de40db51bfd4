# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon starts, and what it is started with."""

import json
import os
import subprocess
import tempfile

from harness import BTF, Daemon, OBJECT, PROFILE, SYMBOLS, VOUCHD
import profile_file
import wire


def launched(directory, program, hello_s=1):
    """A configuration whose verifier VM is started by some program."""
    path = os.path.join(directory, "qemu")
    with open(path, "w", encoding="ascii") as f:
        f.write("#!/bin/sh\necho \"$@\" >>%s/args\n%s\n"
                % (directory, program))
    os.chmod(path, 0o755)
    return {"qemu": path, "vms": [
        {"name": "verifier", "role": "verifier", "cid": 3,
         "symbols": SYMBOLS, "btf": BTF,
         "vsock": os.path.join(directory, "vsock"),
         "launch": {"kernel": "/vmlinux", "accel": "tcg",
                    "hello_s": hello_s}}]}


def vm_state(d):
    client = d.client()
    state = client.call("status")[0]["verifiers"][0]["state"]
    client.close()
    return state


def test_vm_never_up(tap):
    for program, how in (("exit 3", "status 3"), ("kill -9 $$", "signal 9"),
                         ("exec sleep 1000", "no HELLO within 1 s")):
        with tempfile.TemporaryDirectory() as directory:
            d = Daemon(**launched(directory, program))
            tap.check(d.wait_for(lambda d=d: vm_state(d) == "failed", 40),
                      "a VM is given up: " + how)
            tap.check(how in d.text(), "and the log says how")
            with open(os.path.join(directory, "args"), encoding="ascii") as f:
                tap.equal(len(f.readlines()), 5, "after five tries")
            client = d.client()
            kind, _, body, _ = client.request(
                wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
            tap.equal((kind, body["exit"]), (wire.VERDICT, 4),
                      "a submission then ends with 4")
            client.close()
            tap.equal(d.stop(), 0, "and the daemon ends well")


def said(path):
    """What the file holds by now."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as f:
        return f.read()


def test_vm_ends_with_daemon(tap):
    with tempfile.TemporaryDirectory() as directory:
        pid = os.path.join(directory, "pid")
        for end in ("stop", "kill"):
            d = Daemon(**launched(directory, "echo $$ >%s; exec sleep 1000"
                                  % pid, 60))
            tap.check(d.wait_for(lambda: said(pid).endswith("\n")),
                      "a VM runs")
            proc = "/proc/" + said(pid).strip()
            tap.check(os.path.exists(proc), "with a process of its own")
            getattr(d, end)()
            tap.check(d.wait_for(lambda proc=proc: not os.path.exists(proc)),
                      "that ends when the daemon is ended by " + end)
            os.unlink(pid)


def test_user(tap):
    if os.geteuid():
        tap.skip("not root: there is nothing to drop")
        return
    d = Daemon(user="nobody")
    uids = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid, encoding="ascii") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f
                              if ":\t" in line)
        except OSError:
            continue
        if str(d.process.pid) in (status["Pid"], status["PPid"]):
            ids = status["Uid"].split() + status["Gid"].split() + \
                status["Groups"].split()
            uids.add((bool({"0", "4"} & set(ids)), status["Seccomp"], status["NoNewPrivs"]))
    tap.equal(uids, {(False, "2", "1"), (True, "0", "0")},
              "all but the launch process are confined and not root")
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and it works")
    d.stop()


def bad_profiles(d):
    """(name, what is said of it, bytes) of profiles not to be trusted."""
    with open(PROFILE.path, "rb") as f:
        good = f.read()
    _, signature = profile_file.read(good)
    signed = good[:len(good) - len(signature)]
    yield "unsigned", "not signed", signed
    at = signed.index(b"x86_64")
    yield "changed", "none of the 1 profile keys", \
        signed[:at] + b"x86_46" + signed[at + 6:] + signature
    profile_file.new_key(d.dir, "foreign")
    yield "foreign", "none of the 1 profile keys", \
        profile_file.sign(signed, d.dir, "foreign")
    yield "signed with rubbish", "none of the 1 profile keys", \
        signed + b"0" * len(signature)


def test_bad_configuration(tap):
    d = Daemon()
    d.stop()

    def check(name, says, code=2, **change):
        config = dict(d.config, **change)
        with open(d.path("bad.json"), "w", encoding="ascii") as f:
            json.dump(config, f)
        p = subprocess.run([VOUCHD, "--check-config", "-c", d.path("bad.json")],
                           stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                           timeout=20, check=False)
        tap.check((p.returncode == (code if says else 0)) and
                  says.encode() in p.stderr, name, p.stderr)
    check("a good configuration", "")
    check("an unknown member", "unknown member", polcy={})
    check("a profile that is not there", "cannot take target profile",
          profiles=["/none"])
    check("a profile that is none", "no target profile",
          profiles=[d.path("bad.json")])
    check("nobody who may sign profiles", "profile_certs", profile_certs=None)
    check("a certificate that is none", "certificate",
          profile_certs=[d.path("bad.json")])
    for name, says, data in bad_profiles(d):
        with open(d.path(name), "wb") as f:
            f.write(data)
        check("a profile that is " + name, says, 5, profiles=[d.path(name)])
    check("an unknown level", "log level", log_level="loud")
    for change in ({"key": d.path("config.json")}, {"key": "/none"},
                   {"cert": d.path("config.json")}):
        with open(d.path("bad.json"), "w", encoding="ascii") as f:
            json.dump(dict(d.config, **change), f)
        p = subprocess.run([VOUCHD, "-c", d.path("bad.json")], timeout=20,
                           stderr=subprocess.PIPE, check=False)
        tap.check(p.returncode == 1 and b"image key" in p.stderr,
                  "a key that is none ends the daemon", p.stderr)
