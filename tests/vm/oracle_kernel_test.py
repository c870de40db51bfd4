#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The oracle says the truth: it is held against a kernel that runs.

usage: oracle_kernel_test.py [--whole] [OPTION of scripts/vm-test]...

A table is made as a target's is, but of the verifier kernel's own source and
configuration. The stock kernel is booted, without a module, loads a program
for each access and shows what it has put in its place. With --whole for all
pairs of registers, and far behind the end of each context.
"""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts", "profile"))
import oracle  # noqa: E402  pylint: disable=wrong-import-position
import tree  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", "build")
VERIFIER = os.path.join(BUILD, "verifier")
OUT = os.path.join(BUILD, "vm", "oracle")
SOURCES = ["tests/oracle/truth.c", "tests/oracle/truth_program.c",
           "host-bridge/oracle.c"]
FLAGS = ("-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror "
         "-fsanitize=undefined -fsanitize-undefined-trap-on-error "
         "-I. -Icommon -static").split()


def text_of(*path):
    with open(os.path.join(*path), encoding="ascii") as f:
        return f.read().strip()


class Headers(tree.Tree):
    """The headers' package of a stock kernel, and the source package of the
    same version, which has what headers have not."""

    def __init__(self, release, source):
        super().__init__("/lib/modules/%s/build" % release)
        self.whole = source

    def source(self, *path):
        return os.path.join(self.whole, *path)

    def compile(self, tmp, name, sources, flags="", plain=False):
        return super().compile(tmp, name, sources,
                               flags + " -I" + self.whole, plain)


def same_version():
    """None, or why the source is not that of the kernel."""
    kernel = text_of(VERIFIER, "package").split()[-1]
    source = text_of(BUILD, "target-kernel", "package").split()[-1]
    # Debian signs the kernel anew, with a number of its own behind.
    if kernel.split("+")[0] != source.split("+")[0]:
        return "the kernel is %s, the source %s" % (kernel, source)
    return None


def table():
    source = os.path.realpath(os.path.join(BUILD, "target-kernel", "source"))
    headers = Headers(text_of(VERIFIER, "release"), source)
    with tempfile.TemporaryDirectory(prefix="vouch-oracle-") as tmp:
        return oracle.table(oracle.samples(headers, tmp))


def main():
    os.chdir(TOP)
    whole = sys.argv[1:2] == ["--whole"]
    different = same_version()
    if different:
        print("not ok the source is that of the kernel\n# " + different)
        print("0 passed, 1 failed")
        return 1
    os.makedirs(OUT, exist_ok=True)
    path = os.path.join(OUT, "table")
    with open(path, "wb") as f:
        f.write(table())
    init = os.path.join(OUT, "init")
    subprocess.run(["gcc", *FLAGS, "-o", init, *SOURCES], check=True)
    initrd = os.path.join(OUT, "initrd")
    subprocess.run(["scripts/initramfs", initrd, init, "table=" + path],
                   check=True)
    return subprocess.run(
        ["scripts/vm-test", "--kernel", os.path.join(VERIFIER, "vmlinux"),
         "--initrd", initrd, "--cpus", "1",
         "--timeout", "7200" if whole else "600",
         "--allow", "tests/vm/guest_kmsg.allow",
         "--append", "vouch_whole=1" if whole else "",
         "--log", os.path.join(OUT, "console.log"),
         *sys.argv[1 + whole:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
