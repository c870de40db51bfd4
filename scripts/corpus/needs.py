#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the programs of eBPF objects ask of a target, and what it lacks.

usage: scripts/corpus/needs.py [--profile FILE] [--programs] OBJECT...

Prints each helper, type of map and kind of section with the number of programs
that use it, whether the target of the profile offers it, and for how many
programs it is all that is missing. With --programs also a line per program.
"""

import argparse
import collections
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "profile"))
import bpf_object  # noqa: E402  pylint: disable=wrong-import-position
import container  # noqa: E402  pylint: disable=wrong-import-position

PROFILE = os.path.join(os.environ.get("VOUCH_BUILD", "build"),
                       "target-lab", "profile", "target.profile")

# Sections whose kind of hook has another name.
KINDS = {"kprobe.multi": "kprobe", "kretprobe.multi": "kretprobe",
         "ksyscall": "kprobe", "kretsyscall": "kretprobe",
         "raw_tracepoint": "raw_tp", "tp": "tracepoint", "classifier": "tc",
         "action": "tc", "xdp_devmap": "xdp", "xdp_cpumap": "xdp"}
# The verifier puts something of its own in the place of these.
INLINED = {"get_current_task_btf": "get_current_task"}


def offered(profile_path):
    with open(profile_path, "rb") as f:
        parts, _ = container.unpack(f.read())
    profile = json.loads(parts["json"])
    helpers = set()
    for name in profile["helpers"]:
        name = re.sub(r"^(vouch_)?bpf_", "", name)
        helpers |= {name, re.sub(r"^(xdp|skb|sk|user)_", "", name),
                    re.sub(r"_(tp|raw_tp|pe|raw|proto)$", "", name)}
    if "user_rnd_u32" in helpers:
        helpers.add("get_prandom_u32")
    return helpers, set(profile["map_types"]), set(profile["hooks"])


def kind_of(section):
    kind = section.lstrip("?").split("/")[0].split(".s")[0]
    return KINDS.get(kind, kind)


def needs_of(program):
    for helper in program.helpers:
        # Which is meant is the map's type, or said with the tail call's map.
        if helper not in ("map_lookup_elem", "map_update_elem",
                          "map_delete_elem", "tail_call"):
            yield "helper", INLINED.get(helper, helper)
    for kind in program.maps:
        if not kind.startswith("."):
            yield "map", kind
    yield "hook", kind_of(program.section)


def read(paths):
    for path in paths:
        for program in bpf_object.Object(path).programs:
            yield os.path.basename(path), program, set(needs_of(program))


def rank(rows, has):
    uses, missing, alone = (collections.Counter() for _ in range(3))
    ready = 0
    for _, _, needs in rows:
        lacks = {n for n in needs if n[1] not in has[n[0]]}
        uses.update(needs)
        missing.update(lacks)
        if len(lacks) == 1:
            alone.update(lacks)
        ready += not lacks
    print("%d programs; the target offers all that %d of them use" %
          (len(rows), ready))
    print("\n%-7s %-28s %5s %8s %6s" % ("", "MISSING", "USES", "BLOCKED",
                                        "ALONE"))
    for need, count in missing.most_common():
        print("%-7s %-28s %5d %8d %6d" % (need + (uses[need], count,
                                                  alone[need])))
    print("\n%-7s %-28s %5s" % ("", "OFFERED", "USES"))
    for need, count in uses.most_common():
        if need not in missing:
            print("%-7s %-28s %5d" % (need + (count,)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--profile", default=PROFILE, metavar="FILE")
    parser.add_argument("--programs", action="store_true")
    parser.add_argument("object", nargs="+")
    args = parser.parse_args()
    helpers, maps, hooks = offered(args.profile)
    has = {"helper": helpers, "map": maps, "hook": hooks}
    rows = list(read(args.object))
    rank(rows, has)
    if args.programs:
        print("\n%-22s %-30s %-34s LACKS" % ("OBJECT", "PROGRAM", "SECTION"))
        for name, program, needs in rows:
            lacks = sorted(n[1] for n in needs if n[1] not in has[n[0]])
            print("%-22s %-30s %-34s %s" % (name, program.name,
                                            program.section,
                                            " ".join(lacks) or "-"))


if __name__ == "__main__":
    main()
