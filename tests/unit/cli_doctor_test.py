#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouch doctor: a set-up that is whole, and the same one broken in each way
that the doctor knows, with the finding that it must give."""

import json
import os
import shutil
import subprocess
import sys
import time

from cli_harness import SCRATCH, TOP, VOUCH, Fake, vouch
from doctor_setup import (QEMU, RELEASE, SetUp, bzimage, cpio, module, read,
                          write)
import tap
import wire

sys.path.insert(0, os.path.join(TOP, "tests", "independent"))
import profile_file  # noqa: E402  pylint: disable=wrong-import-position
import make_image  # noqa: E402  pylint: disable=wrong-import-position


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
             "accelerator", "kernel", "target", "keys", "certificate",
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


# ---- what can be broken ----------------------------------------------------

BROKEN = []


def broken(check, state, why, remedy, code, subject=None):
    """A set-up that is broken by the function behind it."""
    def add(change):
        BROKEN.append((change, check, state, why, remedy, code, subject))
        return change
    return add


@broken("service", "problem", "", "vouchd --config ", 4)
def vouchd_is_down(s):
    s.answers = False


@broken("configuration", "problem", "polcy", "--check-config", 2)
def a_misspelt_member(s):
    s.config["polcy"] = {}


@broken("sockets", "problem", "no directory", "mkdir -p", 2)
def a_socket_without_directory(s):
    s.config["vms"][0]["vsock"] = "/nonexistent/dir/sock"


@broken("qemu", "problem", "does not run", "apt install qemu", 4)
def no_qemu(s):
    s.config["qemu"] = "/nonexistent/qemu"


@broken("vsock", "problem", "no vhost-user-vsock-pci", "apt install", 4)
def a_qemu_without_the_device(s):
    write(s.path("qemu"), QEMU % "vhost-vsock-pci", 0o755)


@broken("accelerator", "warning", "emulated", "", 0)
def a_vm_that_is_emulated(s):
    s.verifier["accelerator"] = "tcg"


@broken("accelerator", "unknown", "no guest has come up", "--trial", 4)
def an_accelerator_that_nobody_tried(s):
    s.answers = False
    os.unlink(s.path("state", "accelerator"))


@broken("accelerator", "unknown", "no guest has come up", "--trial", 4)
def an_accelerator_of_another_host_kernel(s):
    s.answers = False
    write(s.path("state", "accelerator"), "kvm 5.10.0\n")


@broken("kernel", "problem", "made for 6.1.0-other", "make guests", 4)
def a_guest_module_of_another_kernel(s):
    write(s.path("verifier.cpio"), cpio(
        vouch_guest=module("6.1.0-other SMP ")))


@broken("kernel", "problem", "made for " + RELEASE + "0", "make guests", 4)
def a_guest_module_of_a_longer_release(s):
    write(s.path("verifier.cpio"), cpio(
        vouch_guest=module(RELEASE + "0 SMP ")))


@broken("kernel", "problem", "no vouch_guest.ko", "make guests", 4)
def no_guest_module(s):
    write(s.path("verifier.cpio"), cpio(other=module("x")))


@broken("kernel", "unknown", "no plain cpio", None, 0)
def a_compressed_initramfs(s):
    write(s.path("verifier.cpio"), b"\x1f\x8b" + bytes(200))


@broken("kernel", "unknown", "no plain cpio", None, 0)
def a_cut_initramfs(s):
    data = read(s.path("verifier.cpio"))
    write(s.path("verifier.cpio"), data[:200])


@broken("kernel", "problem", "kernel cannot be used", "make kernels", 4)
def a_kernel_that_is_none(s):
    write(s.path("vmlinux"), b"\x7fELF\x02" + bytes(500))


@broken("kernel", "problem", "kernel cannot be used", "make kernels", 4)
def a_bzimage_without_a_version(s):
    write(s.path("vmlinux"), bzimage("not a number"))


@broken("kernel", "problem", "the VM runs 6.1.0-old", "start vouchd again", 4)
def a_vm_of_another_kernel(s):
    s.verifier["release"] = "6.1.0-old"


@broken("kernel", "problem", "the VM runs", "start vouchd again", 4)
def a_vm_of_another_build(s):
    s.verifier["build_id"] = "ff" * 20


@broken("kernel", "unknown", "not up (lost)", "console", 0)
def a_verifier_that_is_lost(s):
    s.verifier["state"] = "lost"


@broken("target", "problem", "was built with profile 00000000",
        "make profile", 6)
def a_target_of_another_profile(s):
    s.target["profile"] = "00" * 32


@broken("target", "problem", "it runs 6.1.0-old", "make profile", 6)
def a_target_of_another_release(s):
    s.target["release"] = "6.1.0-old"


@broken("target", "problem", "has ABI 0", "load the vouch_target.ko", 6)
def a_target_of_an_older_abi(s):
    s.target["abi"] = 0


@broken("target", "problem", "is made for", "make guests", 6)
def a_driver_of_another_kernel(s):
    write(s.path("target.cpio"), cpio(vouch_target=module(
        "6.1.0-old SMP ", s.cert)))


@broken("target", "problem", "target.profile: ", "make profile", 6)
def a_profile_that_is_none(s):
    write(s.path("target.profile"), "{}")


@broken("target", "problem", "none of the 1 profile keys", "make profile", 5)
def a_profile_that_somebody_else_signed(s):
    folder = s.path("foreign")
    os.mkdir(folder)
    profile_file.new_key(folder)
    with open(s.path("target.profile"), "rb") as f:
        data = f.read()
    _, signature = profile_file.read(data)
    write(s.path("target.profile"), profile_file.sign(
        data[:len(data) - len(signature)], folder))


@broken("target", "unknown", "not connected", "vouch target list", 0)
def a_target_that_is_away(s):
    s.target["state"] = "off"


@broken("keys", "problem", "mode is 0644", "chmod 600 ", 5)
def a_key_that_all_can_read(s):
    os.chmod(s.path("keys", "image.key"), 0o644)


@broken("keys", "problem", "mode is 0640", "chmod 600 ", 5)
def a_key_that_a_group_can_read(s):
    os.chmod(s.path("keys", "image.key"), 0o640)


@broken("keys", "problem", "others can replace it", "chmod go-w ", 5)
def a_key_that_others_can_replace(s):
    os.chmod(s.path("keys"), 0o777)


@broken("keys", "problem", "cannot be seen", "vouch key new", 5)
def no_key(s):
    os.unlink(s.path("keys", "image.key"))


def other_key(s, name):
    folder = s.path("other")
    vouch("key", "new", folder, "--cn", name)
    return folder


@broken("key-pair", "problem", "not of this image key", "\"vouch key new\"", 5)
def a_certificate_of_another_key(s):
    shutil.copy(os.path.join(other_key(s, "other"), "image.der"),
                s.path("keys", "image.der"))


@broken("trust", "problem", "refuse every image", "make profile", 5, "demo")
def a_driver_that_does_not_know_the_key(s):
    write(s.path("target.cpio"), cpio(vouch_target=module(
        s.profile["vermagic"])))


@broken("trust", "problem", "signed with the image key", "sign-file", 5,
        "demo")
def a_driver_that_the_image_key_signed(s):
    key = s.path("keys", "image")
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", key + ".der",
                    "-out", key + ".pem"], check=True)
    write(s.path("target.cpio"), cpio(vouch_target=make_image.sign(
        module(s.profile["vermagic"], s.cert), key)))


def openssl_key(s, *args):
    key = s.path("keys", "image")
    subprocess.run(["openssl", "req", "-new", "-x509", "-nodes", "-subj",
                    "/CN=x", "-outform", "DER", "-keyout", key + ".key",
                    "-out", key + ".der", *args], check=True,
                   stderr=subprocess.DEVNULL)
    os.chmod(key + ".key", 0o600)


@broken("certificate", "problem", "not RSA of 3072 bits", "vouch key new", 5)
def a_key_of_another_length(s):
    openssl_key(s, "-newkey", "rsa:2048", "-sha256")


@broken("certificate", "problem", "not RSA of 3072 bits", "vouch key new", 5)
def a_key_of_another_kind(s):
    openssl_key(s, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@broken("certificate", "problem", "not signed with SHA-256", "vouch key", 5)
def a_certificate_of_another_digest(s):
    openssl_key(s, "-key", s.path("keys", "image.key"), "-sha512")


@broken("certificate", "problem", "not one DER certificate", "vouch key", 5)
def a_certificate_in_pem(s):
    write(s.path("keys", "image.der"), "-----BEGIN CERTIFICATE-----\n")


@broken("disk", "warning", "cannot be looked at", "mkdir -p", 0)
def no_state(s):
    shutil.rmtree(s.path("state"))


@broken("clock", "problem", "the newest record is of", "timedatectl", 1,
        "host")
def a_record_from_the_future(s):
    s.status["log_time"] = int(time.time()) + 86400


@broken("clock", "problem", "the newest record is of", "timedatectl", 4,
        "host")
def a_file_from_the_future(s):
    s.answers = False
    path = write(s.path("state", "sign", "sequence"), "1 1\n")
    os.utime(path, (2 ** 32, 2 ** 32))


@broken("clock", "warning", "86400 s behind", "set its clock", 0, "verifier")
def a_vm_of_yesterday(s):
    s.verifier["clock_gap_s"] = -86400


@broken("clock", "unknown", "did not say", "update its agent", 0, "demo")
def an_agent_that_tells_no_time(s):
    s.target["clock_gap_s"] = None


@broken("versions", "problem", "it is 0.0.9", "install 0.1.0", 1, "vouchd")
def an_older_vouchd(s):
    s.status["version"] = "0.0.9"


@broken("versions", "problem", "it is 0.2.0", "install 0.1.0", 1, "demo")
def a_newer_agent(s):
    s.target["version"] = "0.2.0"


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
    answer = json.loads(got.stdout)
    t.equal((got.returncode, [f["check"] for f in answer["findings"]]),
            (2, ["configuration", "service", "versions"]),
            "without a configuration it says so, and goes on")
    got = vouch("doctor", "--config", "/nonexistent", "--json")
    t.check(got.returncode == 2 and "cannot be read" in got.stdout,
            "a configuration that is not there")


def test_text(t):
    s = SetUp()
    s.config["vms"][0]["launch"]["kernel"] = s.path("bzImage")
    write(s.path("bzImage"), bzimage())
    code, _ = s.doctor()
    t.equal(code, 0, "a bzImage tells its release too")
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
    t.equal([f["state"] for f in findings(json.loads(got.stdout), "service")],
            ["ok"], "the endpoint on the command line goes first")


def test_disk(t):
    if os.geteuid():
        t.note("a full disk is left out: that needs root")
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
        t.note("a key of somebody else is left out: that needs root")
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
    f = findings(json.loads(got.stdout), "service")[0]
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
        t.note("another user is left out: that needs root")
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


def main():
    t = tap.Tap()
    for test in (test_healthy, test_broken, test_first_problem_decides,
                 test_no_configuration, test_text, test_endpoint, test_disk,
                 test_old_clock, test_owner, test_silent_service,
                 test_without_root):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
