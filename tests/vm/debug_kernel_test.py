#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the target driver's test on a kernel that looks for its own mistakes.

usage: debug_kernel_test.py [--whole] [OPTION of target_driver_test.py]...

Without --whole it runs what fits into a few minutes.
"""

import os
import re
import subprocess
import sys

BUILD = os.environ.get("VOUCH_BUILD", "build")
DEBUG = os.path.join(BUILD, "debug")
TEST = "tests/vm/target_driver_test.py"
END = re.compile(rb"^(\d+) passed, (\d+) failed$", re.M)
# Suites of the guest. An image that is not GPL has a boot of its own: it turns
# off what the others rely on.
SMOKE = ("smoke",)
WHOLE = ("functions", "stress", "faults", "proprietary")
# How often things are taken away under load, and seconds to wait for a guest
# that a busy host hardly lets run.
ROUNDS = {"smoke": "4", "stress": "20"}
TIMEOUT = "7200"
# Without ACPI there is no clock by which a busy host's guest could measure
# the others: it is to use the timer whose frequency it knows.
CLOCK = "notsc nolapic_timer"


def run(suite, options):
    """Boot once; (passed, failed)."""
    command = [sys.executable, TEST,
               "--kdir", os.path.join(DEBUG, "target-kernel"),
               "--profile", os.path.join(DEBUG, "profile"),
               "--module", os.path.join(DEBUG, "target-driver",
                                        "vouch_target.ko"),
               "--keys", os.path.join(DEBUG, "keys"),
               "--out", os.path.join(BUILD, "vm", "debug-" + suite),
               "--allow", "tests/vm/debug_kmsg.allow",
               "--memory", "512", "--cpus", "2,sockets=2",
               "--timeout", TIMEOUT, "--append",
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
    if not os.path.exists(os.path.join(DEBUG, "target-driver")):
        sys.exit("debug_kernel_test: there is no %s; run make debug" % DEBUG)
    options = sys.argv[1:]
    whole = options[:1] == ["--whole"]
    passed = failed = 0
    for suite in WHOLE if whole else SMOKE:
        p, f = run(suite, options[whole:])
        passed += p
        failed += f
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
