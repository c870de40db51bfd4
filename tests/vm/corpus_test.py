#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A handful of Debian's eBPF objects: what make corpus says of them.

Each program that libbpf alone loads on the verifier kernel must also be linked,
loaded on a target and attached where its section says, and those that are
refused must be so for the reason that their author is told.
"""

import csv
import os
import sys

sys.path[:0] = ["scripts/corpus", "scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import run  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

# Types of programs that have a place on a target, and one that has none.
GOOD = ("softirqs.o", "vfsstat.o", "xdpfilt_dny_eth.o")


def judge(t, rows):
    for (name, program), row in sorted(rows.items()):
        what = "%s: %s (%s)" % (name, program, row["hook"])
        if row["hook"] in run.NO_PLACE:
            t.check(not row.get("loaded") and "trampoline" in row["reason"],
                    what + " has no place, and why is said", row)
        elif row["verdict"] == "success":
            t.check(row.get("attached") and not row["reason"],
                    what + " is loaded and attached", row)
        else:
            t.check(row["reason"], what + " is rejected for a reason", row)
    kinds = {row["hook"] for row in rows.values() if row.get("attached")}
    t.check(kinds >= {"xdp", "kprobe", "tp_btf"},
            "programs of three types are attached", kinds)


def table(t, rows):
    path = os.path.join(run.OUT, "corpus.csv")
    run.write_csv(path, rows)
    with open(path, newline="") as f:
        got = list(csv.DictReader(f))
    t.check(len(got) == len(rows) and
            tuple(got[0])[:len(run.VERISTAT)] == run.VERISTAT,
            "the table has veristat's columns, and a line for each program",
            got[:1])
    t.check(all(int(r["total_insns"]) > 0 for r in got
                if r["verdict"] == "success"),
            "with what the verifier processed", got)


def main():
    t = tap.Tap()
    try:
        rows, whole = run.run([os.path.join(lab_module.built("debian-objects"), name) for name in GOOD])
        t.check(len(whole) == len(GOOD), "each object was submitted", whole)
        t.run(judge, rows)
        t.run(table, rows)
    except lab_module.LabError as e:
        t.check(False, "the lab comes up", e)
    t.end()


if __name__ == "__main__":
    main()
