#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the target driver's tests on a kernel that looks for its own mistakes.

usage: debug_kernel_test.py [--whole | --lab | --arm64]
                            [OPTION of target_driver_test.py]...

Without --whole it runs what fits into a few minutes; with --lab, the test of
the hooks, and failing allocations, on a kernel that has them all; with --arm64,
what needs no hook, on arm64.
"""

import os
import re
import subprocess
import sys

BUILD = os.environ.get("VOUCH_BUILD", "build")
TARGET = "tests/vm/target_driver_test.py"
TARGET_ARM64 = "tests/vm/target_arm64_test.py"
HOOKS = "tests/vm/hooks_test.py"
END = re.compile(rb"^(\d+) passed, (\d+) failed$", re.M)
# Suites of the guest. An image that is not GPL has a boot of its own: it turns
# off what the others rely on.
SMOKE = ("smoke",)
WHOLE = ("functions", "stress", "faults", "kinds", "proprietary")
# How often things are taken away under load, and seconds to wait for a guest
# that a busy host hardly lets run.
ROUNDS = {"smoke": "4", "stress": "20"}
TIMEOUT = "7200"
# Without ACPI there is no clock by which a busy host's guest could measure
# the others: it is to use the timer whose frequency it knows.
CLOCK = "notsc nolapic_timer"


# Which goal of the Makefile builds the kernel, and what is run on it. Nothing
# fills the area of modules there.
MACHINE = {"debug": ["--memory", "512", "--cpus", "2,sockets=2"],
           "debug-lab": ["--memory", "768", "--cpus", "2,sockets=2"],
           "debug-arm64": ["--memory", "1024", "--far", ""]}
DEBUG = "debug", [(TARGET, suite) for suite in SMOKE]
DEBUG_WHOLE = "debug", [(TARGET, suite) for suite in WHOLE]
DEBUG_LAB = "debug-lab", [(HOOKS, "hooks"), (TARGET, "kinds")]
DEBUG_ARM64 = "debug-arm64", [(TARGET_ARM64, suite) for suite in WHOLE]


def run(goal, test, suite, options):
    """Boot once; (passed, failed)."""
    built = os.path.join(BUILD, goal)
    command = [sys.executable, test,
               "--kdir", os.path.join(built, "target-kernel"),
               "--profile", os.path.join(built, "profile"),
               "--module", os.path.join(built, "target-driver",
                                        "vouch_target.ko"),
               "--keys", os.path.join(built, "keys"),
               "--out", os.path.join(BUILD, "vm", goal + "-" + suite),
               "--allow", "tests/vm/debug_kmsg.allow",
               *MACHINE[goal], "--timeout", TIMEOUT, "--append",
               CLOCK + " log_buf_len=4M vouch_debug=1 vouch_suite=" + suite +
               (" vouch_rounds=" + ROUNDS[suite] if suite in ROUNDS else ""),
               *options]
    if suite == "proprietary":
        command += ["--allow", "tests/vm/proprietary_kmsg.allow"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    sys.stdout.buffer.write(done.stdout)
    sys.stdout.flush()
    end = END.search(done.stdout)
    if end is None:
        print("not ok the suite %s did not come to its end" % suite)
        return 0, 1
    passed, failed = map(int, end.groups())
    return passed, failed or int(done.returncode != 0)


def main():
    chosen = {"--whole": DEBUG_WHOLE, "--lab": DEBUG_LAB,
              "--arm64": DEBUG_ARM64}.get(
        sys.argv[1] if sys.argv[1:] else None)
    options = sys.argv[2:] if chosen else sys.argv[1:]
    goal, boots = chosen or DEBUG
    if not os.path.exists(os.path.join(BUILD, goal, "target-driver")):
        sys.exit("debug_kernel_test: there is no %s; run make %s" %
                 (os.path.join(BUILD, goal), goal))
    passed = failed = 0
    for test, suite in boots:
        p, f = run(goal, test, suite, options)
        passed += p
        failed += f
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
