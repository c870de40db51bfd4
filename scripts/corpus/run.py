#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Submit the programs of eBPF objects, and tell what becomes of each.

usage: scripts/corpus/run.py [--csv FILE] [--match TEXT] [OBJECT]...

Without OBJECT, those of Debian's packages (scripts/debian-objects). Each
program is loaded twice: by libbpf alone in a verifier VM (tests/vm/plain_load.c,
as veristat does it), and, where that was accepted, by `vouch submit --program`
to a target of the kind "lab", which is then asked to attach it where its
section says. Each object is also submitted whole. The table and the reasons go
to stdout. VOUCH_ARCH in the environment, x86_64 or arm64, is the VMs'
architecture, and that of the packages.
"""

import argparse
import collections
import csv
import glob
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]
import bpf_object  # noqa: E402  pylint: disable=wrong-import-position
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import needs  # noqa: E402  pylint: disable=wrong-import-position

BUILD = lab_module.BUILD
MACHINE = machine.chosen()
OUT = os.path.join(BUILD, "vm", "plain-" + MACHINE.name)
FLAGS = "-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -static".split()
LIBS = ["-lbpf", "-lelf", "-lz"]
ENTRIES = 64  # as plain_load.c has it
STACK = 127 * 8  # bytes of a stack trace
UNREAD = "-"  # in place of the programs of an object that libbpf cannot open
VERISTAT = ("file_name", "prog_name", "verdict", "duration", "total_insns",
            "total_states", "peak_states", "max_states_per_insn",
            "mark_read_max_len")
OURS = ("hook", "linked", "loaded", "attached", "content", "reason")
# Types of programs for which a kernel without BPF has no place.
NO_PLACE = {
    "fentry": "is called from ftrace by a trampoline that only a kernel with "
              "BPF makes; attach to the function by kprobe",
    "fexit": "is called from ftrace by a trampoline that only a kernel with "
             "BPF makes; attach to the function by kretprobe",
    "usdt": "is placed by libbpf at run time, in a process's memory; images "
            "are linked before",
}


# ---- the verifier kernel alone -------------------------------------------

def plain(objects):
    """Rows of plain_load.c, by object and program."""
    os.makedirs(OUT, exist_ok=True)
    init, initrd, log = (os.path.join(OUT, name)
                         for name in ("init", "initrd", "console.log"))
    subprocess.run([MACHINE.tools + "gcc", *FLAGS, "-o", init,
                    "tests/vm/plain_load.c", *LIBS], check=True)
    machine.initramfs(MACHINE, initrd, init, *(
        "objects/%s=%s" % (os.path.basename(o), o) for o in objects))
    vm = subprocess.run(
        ["scripts/vm-test", "--kernel",
         lab_module.built("verifier", "vmlinux"), "--initrd", initrd,
         "--memory", "1024", "--cpus", "1", "--append", "quiet",
         "--timeout", "1800", "--log", log, "--allow",
         "tests/vm/guest_kmsg.allow"], check=False, stdout=subprocess.PIPE)
    if vm.returncode:
        sys.exit("corpus: loading the objects by libbpf alone failed:\n" +
                 vm.stdout.decode())
    rows = {}
    with open(log, errors="replace") as f:
        for line in f:
            word, *cells = line.rstrip("\r\n").split("\t")
            if word == "VOUCH-PLAIN":
                rows[cells[0], cells[1]] = dict(
                    zip(VERISTAT + ("reason",), cells))
    return rows


def why_rejected(text):
    """What libbpf complains of, without its own numbering."""
    found = re.search(r"failed to find kernel BTF type ID of '(\w+)'", text)
    if found:
        return "the verifier kernel has no function %s" % found.group(1)
    return text.split(" libbpf: ")[0][:160]


# ---- the way to a target --------------------------------------------------

def options(obj):
    """Sizes that an object leaves to its user space."""
    args = []
    for m in obj.maps.values():
        if not m.entries and m.type != "perf_event_array":
            args += ["--map-entries", "%s=%d" % (m.name, ENTRIES)]
        if m.type == "stack_trace" and not m.sized:
            args += ["--map-value-size", "%s=%d" % (m.name, STACK)]
        # What libbpf-tools' own user space makes of it where the kernel has
        # no struct bpf_ringbuf, as a target has not.
        if m.type == "ringbuf" and "heap" in obj.maps:
            args += ["--map-type", "%s=perf_event_array" % m.name,
                     "--map-key-size", "%s=4" % m.name,
                     "--map-value-size", "%s=4" % m.name,
                     "--map-entries", "%s=%d" % (m.name, ENTRIES)]
    return args


def reason_of(result):
    reason = result.get("reason") or result.get("stderr") or ""
    for delivery in result.get("deliveries", []):
        if delivery["status"] not in ("loaded", "attached"):
            reason = delivery.get("reason") or delivery["status"]
    return " ".join(reason.split())


def is_loaded(result):
    return any(d["status"] == "loaded" for d in result.get("deliveries", []))


def hook_text(section):
    kind = needs.kind_of(section)
    return {"xdp": "xdp:eth0", "tc": "tc:eth0:ingress"}.get(kind, "section")


def attach(lab, image, program):
    rc, result = lab.vouch("target", "attach", "lab", image,
                           hook_text(program.section))
    told = lab.stderr.strip().partition("\n")[0].removeprefix("vouch: ")
    return None if rc == 0 else reason_of(result) or told


def submit(lab, path, args, *more):
    _, result = lab.vouch("submit", path, "--target", "lab", *args, *more)
    return result


def try_program(lab, path, obj, program):
    """linked, loaded, attached, content, reason"""
    result = submit(lab, path, options(obj), "--program", program.name)
    image = result.get("image")
    row = {"linked": bool(image), "loaded": is_loaded(result),
           "reason": reason_of(result)}
    if image:
        row["content"] = image["content"]
    if row["loaded"]:
        row["reason"] = attach(lab, image["name"], program) or ""
        row["attached"] = not row["reason"]
        lab.vouch("target", "unload", "lab", image["name"])
    return row


def try_whole(lab, path, obj):
    """What becomes of all programs at once, and a row for each of them if that
    says what becomes of each alone."""
    result = submit(lab, path, options(obj))
    image, reason = result.get("image"), reason_of(result)
    if not image:
        # Maps are the object's, whatever is chosen of its programs.
        return reason, {"reason": reason} if reason[:4] == "map " else None
    row = {"linked": True, "loaded": is_loaded(result), "reason": reason,
           "content": image["content"]}
    if row["loaded"]:
        kinds = {hook_text(p.section) for p in obj.programs}
        rc = 1
        if kinds == {"section"} or len(obj.programs) == 1:
            rc, _ = lab.vouch("target", "attach", "lab", image["name"],
                              *kinds)
        lab.vouch("target", "unload", "lab", image["name"])
        row.update(attached=True, reason="")
        if rc:
            row = None
    return None, row


def try_object(lab, path, rows):
    name = os.path.basename(path)
    unread = rows.get((name, UNREAD))
    if unread:
        unread["reason"] = "libbpf cannot read it: " + unread["reason"][:160]
        print("%-22s %s" % (name, state_of(unread)), flush=True)
        return unread["reason"]
    obj = bpf_object.Object(path)
    reason, common = try_whole(lab, path, obj)
    for program in obj.programs:
        row = rows.get((name, program.name))
        if row is None:
            continue
        row["hook"] = needs.kind_of(program.section)
        if row["verdict"] != "success":
            row["reason"] = why_rejected(row["reason"])
        elif row["hook"] in NO_PLACE:
            row["reason"] = "%s %s" % (row["hook"], NO_PLACE[row["hook"]])
        else:
            row.update(common or try_program(lab, path, obj, program))
        print("%-22s %-28s %-11s %s" % (name, program.name, row["hook"],
                                        state_of(row)), flush=True)
    return reason


def try_objects(lab, paths, rows):
    """What was said of each object whole. SIGTERM ends it early."""
    whole = {}
    try:
        for path in paths:
            whole[os.path.basename(path)] = try_object(lab, path, rows)
    except SystemExit:
        print("\nended early: %d of %d objects" % (len(whole), len(paths)))
        for key in [k for k in rows if k[0] not in whole]:
            del rows[key]
    return whole


# ---- what is told ---------------------------------------------------------

def state_of(row):
    for state in ("attached", "loaded", "linked"):
        if row.get(state):
            return state + (": " + row["reason"] if row["reason"] else "")
    word = "refused" if row["verdict"] == "success" else "rejected"
    return "%s: %s" % (word, row.get("reason"))


def print_totals(rows, whole):
    kinds = collections.defaultdict(collections.Counter)
    for row in rows.values():
        count = kinds[row.get("hook", "?")]
        count["programs"] += 1
        count["accepted"] += row["verdict"] == "success"
        for state in ("linked", "loaded", "attached"):
            count[state] += bool(row.get(state))
    columns = ("programs", "accepted", "linked", "loaded", "attached")
    print("\n%-12s" % "HOOK" + "".join("%10s" % c.upper() for c in columns))
    for kind, count in sorted(kinds.items()):
        print("%-12s" % kind + "".join("%10d" % count[c] for c in columns))
    print("%-12s" % "all" + "".join(
        "%10d" % sum(k[c] for k in kinds.values()) for c in columns))
    placed = [k for name, k in kinds.items() if name not in NO_PLACE]
    accepted = sum(k["accepted"] for k in placed)
    loaded = sum(k["loaded"] for k in placed)
    print("of those that have a place on a target: %d of %d accepted (%.0f %%) "
          "load" % (loaded, accepted, 100.0 * loaded / max(accepted, 1)))
    print("objects submitted whole: %d of %d linked" %
          (sum(w is None for w in whole.values()), len(whole)))
    print("\nREASONS")
    reasons = collections.Counter(
        generic(row["reason"]) for row in rows.values()
        if row["reason"] and not row.get("attached"))
    for reason, count in reasons.most_common():
        print("%5d  %s" % (count, reason))


def generic(reason):
    """Without names of programs and places in their code."""
    reason = re.sub(r"^(program )?\w+: (function \S+: )?", "", reason)
    return reason[:180]


def write_csv(path, rows):
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, VERISTAT + OURS, extrasaction="ignore",
                             restval="")
        out.writeheader()
        for row in rows.values():
            out.writerow({k: int(v) if isinstance(v, bool) else v
                          for k, v in row.items()})


def run(paths):
    """Rows by object and program, and what became of each object whole."""
    rows = plain(paths)
    lab = lab_module.Lab("corpus", target="lab", maps_mib=320)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("corpus: ended"))
    try:
        lab.up()
        return rows, try_objects(lab, paths, rows)
    finally:
        lab.down()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--csv", metavar="FILE")
    parser.add_argument("--match", default="", metavar="TEXT",
                        help="only objects whose name holds it")
    parser.add_argument("object", nargs="*")
    args = parser.parse_args()
    paths = args.object or sorted(
        glob.glob(os.path.join(lab_module.built("debian-objects"), "*.o")))
    paths = [p for p in paths if args.match in os.path.basename(p)]
    if not paths:
        sys.exit("corpus: no objects; run make objects")
    rows, whole = run(paths)
    print_totals(rows, whole)
    if args.csv:
        write_csv(args.csv, rows)


if __name__ == "__main__":
    main()
