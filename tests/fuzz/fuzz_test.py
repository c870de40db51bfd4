#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every fuzz target takes its corpus, and changes of it, without harm.

usage: tests/fuzz/fuzz_test.py [--runs N] [--seed N] [TARGET]...
"""

import argparse
import glob
import os
import subprocess
import sys

sys.path.insert(0, "scripts")
import fuzz_lib  # noqa: E402  pylint: disable=wrong-import-position

TIMEOUT_S = 300


def targets():
    return sorted(os.path.basename(p)[:-2]
                  for p in glob.glob("tests/fuzz/*_fuzz.c"))


def replay(name, args):
    """Whether the target took everything; its output where it did not."""
    program = os.path.join(fuzz_lib.BUILD, "asan", "fuzz", name)
    corpus = fuzz_lib.committed(name)
    if not corpus:
        return False, "there is no tests/fuzz/corpus/%s" % name
    try:
        out = subprocess.run(
            [program, "--runs", str(args.runs), "--seed", str(args.seed),
             *corpus], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False, "no end within %d s" % TIMEOUT_S
    text = out.stderr.decode(errors="replace")
    return out.returncode == 0, text.strip()[-4000:]


def misnamed(name):
    """What "Parser:" at the target's head names, and is no file."""
    files = fuzz_lib.parsers(name)
    return [f for f in files if not os.path.isfile(f)] if files else ["nothing"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("targets", nargs="*", default=targets())
    args = parser.parse_args()
    passed = failed = 0
    for name in args.targets or targets():
        good, text = replay(name, args)
        if misnamed(name):
            good, text = False, "its parser is %s" % misnamed(name)
        passed += good
        failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", passed + failed,
                              name), flush=True)
        print("\n".join("# " + line for line in text.splitlines()[-60:]),
              flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
