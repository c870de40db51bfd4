#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boot the target kernel with vouch_target and bring handmade images in.

Without arguments it takes what make modules left in build/. The kernel gets a
third certificate here, of a key that signs modules but no images.
"""

import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.path.insert(0, HERE)
import guest  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import target_far  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", "build")
MAGIC = b"~Module signature appended~\n"
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra",
         "-Werror", "-static", "-pthread"]
SOURCES = ["target_driver.c", "target_client.c", "target_net.c",
           "target_maps.c", "target_nested.c", "target_stress.c",
           "target_locks.c", "target_writers.c", "target_code.c",
           "target_flips.c", "target_admission.c", "target_unload.c",
           "target_faults.c", "target_faults_kinds.c",
           "target_faults_hooks.c", "target_requests.c",
           "target_agent.c", "root_deeds.c", "debug.c"]
# What the test shares with the agent that it starts.
AGENT = ["target-driver/agent/confine.c", "common/privileges.c"]


def arguments(target=BUILD, out=os.path.join(BUILD, "vm", "target"),
              arch="x86_64", **defaults):
    """@target: where kernel, profile and module are; @defaults of others."""
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--kdir", default=os.path.join(target, "target-kernel"))
    p.add_argument("--profile", default=os.path.join(target, "profile"))
    p.add_argument("--module", default=os.path.join(
        target, "target-driver", "vouch_target.ko"))
    p.add_argument("--agent", default=os.path.join(
        BUILD if arch == "x86_64" else target, "vouch-targetd"))
    p.add_argument("--arch", default=arch, choices=sorted(machine.MACHINES))
    p.add_argument("--keys", default=os.path.join(BUILD, "keys"))
    p.add_argument("--far", metavar="MODULE", help="what fills the area of "
                   "modules: tests/far-image, built")
    p.add_argument("--out", default=out)
    p.add_argument("--cpu", default=machine.chosen(arch).cpu)
    p.add_argument("--append", default="")
    p.add_argument("--memory", default="256", help="MiB")
    p.add_argument("--cpus", default="2", help="as QEMU's -smp")
    p.add_argument("--allow", default=[], action="append",
                   help="more lines that the kernel may log")
    p.add_argument("--timeout", type=int, default=900, help="seconds")
    p.add_argument("--until", metavar="REGEX",
                   help="end where a test of that name fails")
    p.set_defaults(**defaults)
    return p.parse_args()


def run(*command, **kwargs):
    subprocess.run(command, check=True, **kwargs)


def make_keys(args):
    """OUT/keys: image and vendor as given, and one more."""
    keys = os.path.join(args.out, "keys")
    os.makedirs(keys, exist_ok=True)
    for name in "image", "vendor":
        for suffix in ".key", ".pem", ".der":
            shutil.copy(os.path.join(args.keys, name + suffix), keys)
    other = os.path.join(keys, "other")
    if not os.path.exists(other + ".der"):
        run("openssl", "req", "-new", "-x509", "-newkey", "rsa:3072",
            "-sha256", "-nodes", "-days", "3650", "-subj",
            "/O=vouch test/CN=other key", "-addext",
            "subjectKeyIdentifier=hash", "-keyout", other + ".key", "-out",
            other + ".pem", stderr=subprocess.DEVNULL)
        run("openssl", "x509", "-in", other + ".pem", "-outform", "DER",
            "-out", other + ".der")
    return keys


def make_kernel(args, keys):
    certs = os.path.join(args.out, "certs.der")
    with open(certs, "wb") as out:
        for name in "image", "vendor", "other":
            with open(os.path.join(keys, name + ".der"), "rb") as f:
                out.write(f.read())
    kernel = os.path.join(args.out, "vmlinux")
    shutil.copy(os.path.join(args.kdir, "vmlinux"), kernel)
    with open(os.path.join(args.out, "insert.log"), "wb") as log:
        run(os.path.join(args.kdir, "scripts", "insert-sys-cert"), "-s",
            os.path.join(args.kdir, "System.map"), "-b", kernel, "-c", certs,
            stdout=log, stderr=log)
    if args.arch == "arm64":
        run(os.path.join(ROOT, "scripts", "flat-kernel"), kernel,
            kernel + ".flat")
        kernel += ".flat"
    return kernel


def make_initrd(args, keys):
    root = os.path.join(args.out, "root")
    shutil.rmtree(root, ignore_errors=True)
    for folder in "proc", "sys", "dev":
        os.makedirs(os.path.join(root, folder))
    run(machine.chosen(args.arch).tools + "gcc", *FLAGS, "-I" + ROOT,
        "-I" + os.path.join(ROOT, "common"),
        "-I" + os.path.join(ROOT, "target-driver"), "-o",
        os.path.join(root, "init"), *[os.path.join(HERE, s) for s in SOURCES],
        *[os.path.join(ROOT, s) for s in AGENT])
    shutil.copy(args.agent, root)
    run(sys.executable, os.path.join(HERE, "target_images.py"),
        os.path.join(args.profile, "target.profile"), keys,
        os.path.join(root, "images"))
    module = os.path.join(root, "vouch_target.ko")
    shutil.copy(args.module, module)
    with open(module, "rb") as f:
        signed = f.read().endswith(MAGIC)
    sign = [os.path.join(args.kdir, "scripts", "sign-file"), "sha256",
            os.path.join(keys, "vendor.key"), os.path.join(keys, "vendor.der")]
    if not signed:
        run(*sign, module)
    if args.far:
        target_far.make(args.far, os.path.join(root, "far"), sign)
    initrd = os.path.join(args.out, "initrd")
    with open(initrd, "wb") as out:
        run("sh", "-c", "find . | cpio -o -H newc --quiet", cwd=root,
            stdout=out)
    return initrd


def command_of(args, kernel, initrd):
    """Two interfaces on each hub: what leaves by one arrives at the other."""
    return guest.command(guest.Options(
        machine=machine.chosen(args.arch), kernel=kernel, initrd=initrd,
        cpu=args.cpu, memory=args.memory, cpus=args.cpus,
        append="oops=panic " + args.append, hubs=(0, 0, 1, 1)))


def judge(args, kernel, initrd, *allow):
    """Boot it; what an exit status is. @allow: more lists, beside the
    target driver's own."""
    passed, failed = guest.run(
        command_of(args, kernel, initrd),
        os.path.join(args.out, "console.log"), args.timeout,
        [os.path.join(HERE, "target_kmsg.allow"), *args.allow, *allow],
        args.until)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


def main(args=None):
    args = args or arguments()
    os.makedirs(args.out, exist_ok=True)
    keys = make_keys(args)
    kernel = make_kernel(args, keys)
    return judge(args, kernel, make_initrd(args, keys))


if __name__ == "__main__":
    sys.exit(main())
