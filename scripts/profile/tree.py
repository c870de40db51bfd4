# SPDX-License-Identifier: BSD-2-Clause
"""The kernel tree of a target, and compiling single files with it."""

import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
# As profiles have it: the option that says so, what platform.machine() says
# there, and what runs its programs elsewhere.
ARCHES = {"x86_64": ("CONFIG_X86_64", "x86_64", "qemu-x86_64"),
          "arm64": ("CONFIG_ARM64", "aarch64", "qemu-aarch64")}
# The kernel's instrumentation needs a kernel around it.
PLAIN = """\
ccflags-remove-y += $(CC_FLAGS_FTRACE)
ccflags-y += -fno-stack-protector
KASAN_SANITIZE := n
KCSAN_SANITIZE := n
KCOV_INSTRUMENT := n
UBSAN_SANITIZE := n
GCOV_PROFILE := n
OBJECT_FILES_NON_STANDARD := y
"""


def fail(text):
    sys.exit("target-profile: " + text)


def run(what, *args, **kwargs):
    try:
        done = subprocess.run(args, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, **kwargs)
    except FileNotFoundError:
        fail("%s: there is no program %s; for a target of another "
             "architecture run scripts/setup arm64" % (what, args[0]))
    if done.returncode:
        fail("%s failed:\n%s" % (what, done.stderr.decode(errors="replace")))
    return done.stdout


class Tree:
    def __init__(self, kdir, make=()):
        """@make: further words for make, as ARCH=... and CROSS_COMPILE=..."""
        self.kdir = os.path.abspath(kdir)
        self.make = list(make)

    def read(self, *path):
        """The text of a file that building or preparing the kernel made."""
        path = os.path.join(self.kdir, *path)
        try:
            with open(path, encoding="ascii") as f:
                return f.read()
        except OSError as e:
            fail("%s: %s; build or prepare the target's kernel first"
                 % (path, e.strerror))

    def arch(self):
        """The target's architecture, as profiles have it."""
        config = self.read(".config").split("\n")
        for name, (option, _, _) in ARCHES.items():
            if option + "=y" in config:
                return name
        return fail("%s is configured for none of %s"
                    % (self.kdir, ", ".join(ARCHES)))

    def cc(self):
        """A compiler of programs for the target's architecture."""
        words = dict(word.split("=", 1) for word in self.make)
        if words.get("CROSS_COMPILE"):
            return words["CROSS_COMPILE"] + "gcc"
        return os.environ.get("CC", "cc")

    def emulator(self):
        """What a program for the target is run by here, as words."""
        _, machine, emulator = ARCHES[self.arch()]
        return [] if platform.machine() == machine else [emulator]

    def has(self, *path):
        return os.path.exists(os.path.join(self.kdir, *path))

    def source(self, *path):
        """A file of the kernel's source."""
        for top in (os.path.join(self.kdir, "source"), self.kdir):
            if os.path.exists(os.path.join(top, *path)):
                return os.path.join(top, *path)
        return fail("%s has no %s; the whole source of the target's kernel is "
                    "needed, not its headers alone"
                    % (self.kdir, os.path.join(*path)))

    def compile(self, tmp, name, sources, flags="", plain=False):
        """Compile NAME.c, one of @sources, in @tmp, as the target's kernel
        compiles a module, or, if @plain, a file of its own without its
        instrumentation; the path of the object."""
        for path in sources:
            shutil.copy(path, tmp)
        with open(os.path.join(tmp, "Kbuild"), "w", encoding="ascii") as f:
            # What is built in is not told that it is a module.
            f.write("obj-%s := %s.o\n" % ("y" if plain else "m", name))
            f.write(PLAIN if plain else "")
            f.write("ccflags-y += -I$(srctree) -I%s %s\n" % (
                os.path.join(ROOT, "common"), flags))
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MAKELEVEL")}
        run("compiling %s.c with %s" % (name, self.kdir), "make", "-s", "-C",
            self.kdir, "M=" + tmp, *self.make, name + ".o", env=env)
        return os.path.join(tmp, name + ".o")
