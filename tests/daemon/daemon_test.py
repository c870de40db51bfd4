#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouchd as a whole, with fake agents in place of VMs.

usage: daemon_test.py VOUCHD [TEST]...
       daemon_test.py VOUCHD --module MODULE...
"""

import sys

import bad_submissions
import clients
import crowds
import images
import launches
import monitors
import processes
import restarts
import roles
import services
import signing
import targets
import two_loads
import units
import verifiers
from harness import Daemon
from tap import Tap

MODULES = (images, verifiers, targets, clients, roles, bad_submissions,
           crowds, restarts, launches, monitors, signing, processes,
           services, two_loads)
# Filters that are too tight for the sanitizers.
PLAIN = (units,)


def tests(modules=()):
    """All tests by their names, in the order in which they run."""
    return {name: test for module in MODULES + PLAIN
            for name, test in vars(module).items()
            if name.startswith("test_") and
            (module.__name__ in modules if modules else
             module not in PLAIN)}


def main():
    tap = Tap()
    args = sys.argv[2:]
    by_module = args[:1] == ["--module"]
    known = tests(args[1:] if by_module else ())
    names = known if by_module or not args else args
    for name in names:
        tap.note(name)
        tap.run(known[name])
        Daemon.kill_all()
    tap.end()


if __name__ == "__main__":
    main()
