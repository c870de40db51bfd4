# SPDX-License-Identifier: BSD-2-Clause
"""A host as vouch doctor looks at it: configuration, keys, guests' files, a
QEMU that only says what it is, and what vouchd answers. All of it is whole.
"""

import json
import os
import shutil
import struct
import sys
import time

from cli_harness import COUNTER, SCRATCH, TOP, Fake, vouch
import wire
sys.path.insert(0, os.path.join(TOP, "tests", "independent"))
import profile_file  # noqa: E402  pylint: disable=wrong-import-position

RELEASE = "6.1.0-test"
BUILD_ID = bytes(range(20))
PROFILE = os.path.join(TOP, "tests", "daemon", "data", "profile.json")
BTF = os.path.join(TOP, "tests", "daemon", "data", "btf")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)
    return path


# ---- what guests are booted from -----------------------------------------


def vmlinux(release=RELEASE, build_id=BUILD_ID):
    btf = read(BTF)
    note = struct.pack("<III", 4, 20, 3) + b"GNU\0" + build_id
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1,
                       0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(note), len(note),
                          4)
    out = (segment + note + b"Linux version %s\0" +
           b"Linux version " + release.encode() + b" (me@here) #1\n\0")
    names = b"\0.shstrtab\0.BTF\0"
    at = len(head) + len(out)
    out += names + btf
    table = b"".join(struct.pack("<IIQQQQIIQQ", *s) for s in (
        (0,) * 10,
        (1, 3, 0, 0, at, len(names), 0, 0, 1, 0),
        (11, 1, 0, 0, at + len(names), len(btf), 0, 0, 1, 0)))
    head = bytearray(head)
    struct.pack_into("<Q", head, 40, len(head) + len(out))
    struct.pack_into("<HHH", head, 58, 64, 3, 1)
    return bytes(head) + out + table


def bzimage(release=RELEASE):
    image = bytearray(0x400)
    image[0x202:0x206] = b"HdrS"
    image[0x20e:0x210] = struct.pack("<H", 0x100)
    text = release.encode() + b" (me@here) #1\0"
    image[0x300:0x300 + len(text)] = text
    return bytes(image)


def flat(release=RELEASE):
    image = bytearray(0x400)
    image[56:60] = b"ARM\x64"
    text = b"Linux version " + release.encode() + b" (me@here) #1\0"
    image[0x300:0x300 + len(text)] = text
    return bytes(image)


def member(path, data):
    name = path.encode() + b"\0"
    out = b"070701" + b"".join(b"%08X" % n for n in (
        0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)) + name
    out += bytes(-len(out) % 4) + data
    return out + bytes(-len(out) % 4)


def cpio(**members):
    return b"".join(member("modules/" + name + ".ko", data)
                    for name, data in members.items()) + \
        member("TRAILER!!!", b"")


def module(vermagic, more=b""):
    return b"\x7fELF\0license=GPL\0vermagic=" + vermagic.encode() + b"\0" + more


QEMU = """#!/bin/sh
[ "$1" != --version ] || echo "QEMU emulator version 7.2.0"
[ "$1" != -device ] || echo 'name "%s", bus PCI'
"""


# ---- the set-up ------------------------------------------------------------


SEEN = []  # all findings that any test saw


def answer(done):
    """What a doctor that is done said as JSON."""
    try:
        got = json.loads(done.stdout)
    except ValueError:
        return {"findings": [], "stderr": done.stderr}
    SEEN.extend(got["findings"])
    return got


class SetUp:
    """All files of a host with one verifier VM and one target."""

    keys = None

    def __init__(self):
        self.dir = os.path.join(SCRATCH.name, "host%d" % next(COUNTER))
        os.makedirs(self.path("keys"), 0o755)
        os.makedirs(self.path("state", "sign"))
        if not SetUp.keys:
            SetUp.keys = os.path.join(SCRATCH.name, "keys")
            vouch("key", "new", SetUp.keys)
        for name in "image.key", "image.der":
            shutil.copy2(os.path.join(SetUp.keys, name), self.path("keys"))
        self.profile = json.loads(read(PROFILE))
        made = profile_file.Made(SetUp.keys, read(PROFILE))
        shutil.copy(made.path, self.path("target.profile"))
        shutil.copy(made.cert, self.path("keys"))
        write(self.path("qemu"), QEMU % "vhost-user-vsock-pci", 0o755)
        write(self.path("vmlinux"), vmlinux())
        write(self.path("symbols"), "build-id %s\nffffffff81000000 _text\n" %
              BUILD_ID.hex())
        shutil.copy(BTF, self.path("btf"))
        write(self.path("verifier.cpio"), cpio(
            virtio=module("x"), vouch_guest=module(RELEASE + " SMP ")))
        self.cert = read(self.path("keys", "image.der"))
        write(self.path("target.cpio"), cpio(vouch_target=module(
            self.profile["vermagic"], self.cert)))
        write(self.path("state", "accelerator"),
              "kvm %s\n" % os.uname().release)
        self.answers = True
        self.args = []  # more of the command line
        self.config = {
            "state_dir": self.path("state"), "key": self.path(
                "keys", "image.key"), "cert": self.path("keys", "image.der"),
            "profile_certs": [self.path("keys", "profile.der")],
            "qemu": self.path("qemu"), "vms": [
                {"name": "verifier", "role": "verifier", "cid": 3,
                 "symbols": self.path("symbols"),
                 "btf": self.path("btf"),
                 "vsock": self.path("verifier.sock"), "launch": {
                     "kernel": self.path("vmlinux"),
                     "initrd": self.path("verifier.cpio")}},
                {"name": "demo", "role": "target", "cid": 4,
                 "vsock": self.path("target.sock"), "slots": ["default"],
                 "profile": self.path("target.profile"), "launch": {
                     "kernel": self.path("vmlinux"),
                     "initrd": self.path("target.cpio")}}]}
        self.status = {
            "schema_version": 1, "version": "0.1.0", "uptime_s": 9,
            "submissions": 0, "images": 0, "under_way": 0,
            "time": int(time.time()), "log_time": int(time.time()),
            "verifiers": [
                {"name": "verifier", "state": "ready", "accelerator": "kvm",
                 "release": RELEASE, "build_id": BUILD_ID.hex(),
                 "version": "0.1.0", "libbpf": "v1.1", "clock_gap_s": 1}],
            "targets": [
                {"name": "demo", "state": "ready", "accelerator": "kvm",
                 "release": self.profile["release"], "abi": 1,
                 "profile": made.identity.hex(),
                 "version": "0.1.0", "clock_gap_s": -1}]}

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    @property
    def verifier(self):
        return self.status["verifiers"][0]

    @property
    def target(self):
        return self.status["targets"][0]

    def doctor(self, *args, run=None):
        """(exit code, its JSON)"""
        fake = Fake([(wire.RESULT, self.status)]) if self.answers else None
        config = dict(self.config, socket=fake.path if fake
                      else self.path("nobody.sock"))
        write(self.path("vouchd.json"), json.dumps(config))
        done = (run or vouch)("doctor", "--config", self.path("vouchd.json"),
                              "--json", *self.args, *args)
        return done.returncode, answer(done)
