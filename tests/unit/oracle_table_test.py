#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The oracle's table says what the target's functions say, for every access.

usage: tests/unit/oracle_table_test.py

For the targets "demo" and "lab", and for a kernel with lock debugging and
without IPv6. A table in which one instruction was changed does not pass.
"""

import gzip
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
for part in ("lib", "independent"):
    sys.path.insert(0, os.path.join(TOP, "tests", part))
import profile_file  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", os.path.join(TOP, "build"))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "vouch")
KERNELS = {"demo": "", "lab": "target-lab", "lock debugging": "target-lean"}


def make(kdir, folder):
    """A profile of the tree, and what its functions say."""
    profile_file.new_key(folder)
    key = os.path.join(folder, "profile")
    said = os.path.join(folder, "samples")
    subprocess.run(
        [os.path.join(TOP, "scripts", "target-profile"), "--kdir", kdir,
         "--out", folder, "--cert", key + ".der", "--key", key + ".key",
         "--key-cert", key + ".der", "--cache", CACHE, "--samples",
         said + ".gz"], check=True, stdout=subprocess.DEVNULL)
    with gzip.open(said + ".gz") as f, open(said, "wb") as out:
        out.write(f.read())
    return os.path.join(folder, "target.profile"), said


def compare(profile, said):
    return subprocess.run(
        [os.path.join(BUILD, "oracle_compare"), profile, said],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def spoil(path):
    """One load of the table reads four bytes behind where it should."""
    with open(path, "rb") as f:
        parts, _ = profile_file.read(f.read())
    oracle = bytearray(parts["oracle"])
    oracle[-6] ^= 4
    with open(path, "wb") as f:
        f.write(profile_file.pack(parts["json"], parts["btf"], bytes(oracle),
                                  parts["kconfig"]))


def check(t, name, kdir):
    with tempfile.TemporaryDirectory(prefix="vouch-oracle-") as folder:
        profile, said = make(kdir, folder)
        done = compare(profile, said)
        t.check(done.returncode == 0 and b" 0 wrong" in done.stdout,
                "the table of a kernel with %s is what its functions say"
                % name, done)
        print("# " + done.stdout.decode().strip())
        spoil(profile)
        t.equal(compare(profile, said).returncode, 1,
                "and with one instruction changed it is not")


def main():
    t = tap.Tap()
    for name, folder in KERNELS.items():
        t.run(lambda t, name=name, folder=folder: check(
            t, name, os.path.join(BUILD, folder, "target-kernel")))
    t.end()


if __name__ == "__main__":
    main()
