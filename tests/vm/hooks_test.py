#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boot the lab's target kernel and attach programs to all kinds of hooks.

The programs are C, compiled with the target's headers into handmade images; a
native module notes at the same places what they should see.
"""

import os
import shutil
import sys

import target_driver_test as base

ROOT = base.ROOT
ALLOW = os.path.join(base.HERE, "hooks_kmsg.allow")
LAB = os.path.join(base.BUILD, "target-lab")


def make_sources(args):
    """The native module, and the programs as assembler text."""
    out = os.path.join(args.out, "hooks")
    base.run("scripts/build-module", "tests/hooks", out, args.kdir, cwd=ROOT)
    source = os.path.abspath(os.path.join(out, "src", "hooks"))
    with open(os.path.join(args.out, "progs.log"), "wb") as log:
        base.run("make", "-C", args.kdir, "M=" + source, "progs.s",
                 stdout=log, stderr=log)
    return (os.path.join(out, "hooks_native.ko"),
            os.path.join(source, "progs.s"))


def make_initrd(args, keys, native, progs):
    root = os.path.join(args.out, "root")
    shutil.rmtree(root, ignore_errors=True)
    for folder in "proc", "sys", "dev":
        os.makedirs(os.path.join(root, folder))
    sources = ["hooks.c", "hooks_context.c", "hooks_event.c", "hooks_net.c",
               "hooks_signal.c", "hooks_socket.c", "hooks_trace.c",
               "target_client.c", "debug.c"]
    base.run("gcc", *base.FLAGS, "-I" + ROOT,
             "-I" + os.path.join(ROOT, "target-driver"), "-o",
             os.path.join(root, "init"),
             *[os.path.join(base.HERE, s) for s in sources])
    base.run(sys.executable, os.path.join(base.HERE, "hooks_images.py"),
             os.path.join(args.profile, "target.profile"), keys, progs,
             os.path.join(root, "images"))
    shutil.copy(args.module, os.path.join(root, "vouch_target.ko"))
    shutil.copy(native, os.path.join(root, "hooks_native.ko"))
    for name in "vouch_target.ko", "hooks_native.ko":
        base.run(os.path.join(args.kdir, "scripts", "sign-file"), "sha256",
                 os.path.join(keys, "vendor.key"),
                 os.path.join(keys, "vendor.der"), os.path.join(root, name))
    initrd = os.path.join(args.out, "initrd")
    with open(initrd, "wb") as out:
        base.run("sh", "-c", "find . | cpio -o -H newc --quiet", cwd=root,
                 stdout=out)
    return initrd


def main():
    args = base.arguments(LAB, os.path.join(base.BUILD, "vm", "hooks"))
    os.makedirs(args.out, exist_ok=True)
    keys = base.make_keys(args)
    kernel = base.make_kernel(args, keys)
    initrd = make_initrd(args, keys, *make_sources(args))
    return base.judge(args, kernel, initrd, ALLOW)


if __name__ == "__main__":
    sys.exit(main())
