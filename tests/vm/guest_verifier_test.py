#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boot the verifier VM with tests inside: module, agent, objects, session.

usage: guest_verifier_test.py [OPTION of scripts/vm-test]...
       guest_verifier_test.py --debug [whole] [faults] [OPTION of ...]...

With --debug on a kernel that looks for its own mistakes (make debug-verifier),
two boots: one with all tests, one with allocations that fail.
"""

import glob
import os
import subprocess
import sys

BUILD = os.environ.get("VOUCH_BUILD", "build")
STOCK = ["--memory", "1024", "--timeout", "300"]
# A debug kernel is slow, and slower yet on a busy host.
DEBUG = ["--memory", "2048", "--timeout", "7200",
         "--allow", "tests/vm/debug_kmsg.allow"]
# See debug_kernel_test.py for the clock.
APPEND = "notsc nolapic_timer log_buf_len=4M vouch_debug=1 vouch_suite="
# Each has a boot of its own.
SUITES = ["whole", "faults"]
DEBUG_FLAGS = ["-DVOUCH_VERIFY_TIMEOUT=1200000",
               '-DLARGE_OBJECT="xdpfilt_dny_ip"']
# Static programs cannot have the sanitizers' runtime: let mistakes trap.
FLAGS = ("-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror "
         "-fsanitize=undefined -fsanitize-undefined-trap-on-error "
         "-I. -Icommon -static").split()
FLAGS += os.environ.get("CFLAGS", "").split()
LIBS = ("-lbpf -lelf -lz -ljansson -lseccomp -lcap -lcrypto "
        "-Wl,--wrap=syscall,--wrap=uname").split()


def boot(debug, out, options):
    """Boot once; what scripts/vm-test returns."""
    # Where the kernel and its module are.
    parts = os.path.join(BUILD, "debug") if debug else BUILD
    os.makedirs(out, exist_ok=True)
    sources = [f for f in glob.glob("guest-verifier/agent/*.c")
               if not f.endswith("/main.c")]
    sources += glob.glob("tests/vm/guest_*.c") + glob.glob("common/*.c")
    sources += ["tests/vm/debug.c", "tests/vm/root_deeds.c"]
    init = os.path.join(out, "init")
    subprocess.run(["gcc", *FLAGS, *(DEBUG_FLAGS if debug else []), "-o", init,
                    *sorted(sources), *LIBS], check=True)
    module = os.path.join(parts, "guest-verifier", "vouch_guest.ko")
    if debug:
        # Each page of debug information would be one more that may fail.
        small = os.path.join(out, "vouch_guest.ko")
        subprocess.run(["strip", "--strip-debug", "-o", small, module],
                       check=True)
        module = small
    files = ["modules/vouch_guest.ko=" + module]
    objects = os.path.join(BUILD, "objects")
    for path in glob.glob(objects + "/**/*.o", recursive=True):
        files.append("objects/%s=%s" %
                     (os.path.relpath(path, objects), path))
    initrd = os.path.join(out, "initrd")
    subprocess.run(["scripts/initramfs", initrd, init, *files], check=True)
    kernel = os.path.join(parts, "verifier", "vmlinux")
    return subprocess.run(["scripts/vm-test", "--kernel", kernel,
                           "--initrd", initrd, "--cpus", "1",
                           "--allow", "tests/vm/guest_kmsg.allow", "--log",
                           os.path.join(out, "console.log"),
                           *options], check=False).returncode


def main():
    args = sys.argv[1:]
    out = os.path.join(BUILD, "vm", "verifier")
    if args[:1] != ["--debug"]:
        return boot(False, out, STOCK + args)
    suites = [s for s in SUITES if s in args[1:]] or SUITES
    options = [a for a in args[1:] if a not in SUITES]
    return max([boot(True, out + "-debug-" + suite, DEBUG +
                     ["--append", APPEND + suite, *options])
                for suite in suites])


if __name__ == "__main__":
    sys.exit(main())
