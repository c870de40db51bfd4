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
    args = target_driver_test.arguments(
        FOLDER, os.path.join(target_driver_test.BUILD, "vm", "target-arm64"),
        "arm64", memory="1024",
        far=os.path.join(FOLDER, "far-image", "far.ko"))
    return target_driver_test.main(args)


if __name__ == "__main__":
    sys.exit(main())
