#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fault points are in the variant for tests, and nowhere else."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from tap import Tap  # noqa: E402

BUILD = os.environ.get("VOUCH_BUILD", "build")


def traces(program):
    """Symbols and texts of fault points in a program."""
    path = os.path.join(BUILD, program)
    symbols = subprocess.run(["nm", path], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    found = [line.split()[-1] for line in symbols.splitlines()
             if "vouch_fault" in line]
    with open(path, "rb") as f:
        data = f.read()
    # Words that no debug information has.
    return found + [text for text in ("VOUCH_FAULTS", "VOUCH_FAULT_LOG")
                    if text.encode() + b"\0" in data]


def main():
    tap = Tap()
    for program in "vouchd", "vouch", "vouch-link", "vouch-sign":
        tap.equal(traces(program), [], "%s has no fault points" % program)
    found = traces("fault/vouchd")
    tap.check("vouch_fault" in found and "VOUCH_FAULTS" in found,
              "the vouchd of fault tests has", found)
    found = subprocess.run(
        [os.path.join(BUILD, "fault", "vouchd"), "--check-config"],
        env={"VOUCH_FAULTS": "main/nowhere"}, stderr=subprocess.PIPE,
        check=False)
    tap.equal(found.returncode, 125, "a fault that is misspelt ends it")
    tap.end()


if __name__ == "__main__":
    main()
