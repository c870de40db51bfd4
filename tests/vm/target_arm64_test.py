#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The target driver's test on arm64, by emulation: the same program, with
images for arm64. It takes what make arm64 left in build/arm64/.
"""

import os
import sys

import target_driver_test

FOLDER = os.path.join(target_driver_test.BUILD, "arm64")


def main():
    """Whoever wants no target for arm64 has none to try."""
    if not os.path.exists(os.path.join(FOLDER, "far-image", "far.ko")):
        print("# there is no %s; make arm64 builds it" % FOLDER)
        print("ok 1 - nothing for arm64 was built # SKIP")
        print("1 passed, 0 failed, 1 skipped")
        return 0
    args = target_driver_test.arguments(
        FOLDER, os.path.join(target_driver_test.BUILD, "vm", "target-arm64"),
        "arm64")
    args.memory = "1024"
    args.far = os.path.join(FOLDER, "far-image", "far.ko")
    return target_driver_test.main(args)


if __name__ == "__main__":
    sys.exit(main())
