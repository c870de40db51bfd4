#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A target that attaches programs when it starts, by its configuration.

Images are delivered to a target; it boots once more with what its disk would
have kept, and with a configuration that says what to attach.
"""

import json
import os
import shutil
import subprocess
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

MACHINE = machine.chosen()
OUT = os.path.join(lab_module.BUILD, "vm", "boot-" + MACHINE.name)
BOOT = [
    {"slot": "one", "attach": [{"hook": "xdp:eth0"}]},
    {"slot": "none", "attach": [{"hook": "xdp:eth0"}]},
    {"slot": "two", "attach": [{"program": "on_regs", "hook": "section"},
                               {"program": "on_args",
                                "hook": "raw_tp:no_such_tracepoint"},
                               {"hook": "section"}]},
    {"slot": "default"},
]
# status, and words of the reason
WANTED = [("attached", ""), ("refused", "no image"), ("attached", ""),
          ("refused", "no such tracepoint"), ("attached", ""),
          ("refused", "floor")]


def delivered(t, lab):
    """Images by slot, as the target keeps them, and its floors."""
    images = {}
    for slot, name in (("one", "xdp_count.o"), ("two", "contexts.o"),
                       ("default", "tail_calls.o")):
        rc, result = lab.vouch(
            "submit", lab_module.built("objects", name),
            "--target", "lab", "--slot", slot)
        t.check(rc == 0 and result["deliveries"][0]["status"] == "loaded",
                "%s is delivered to slot %s" % (name, slot), result)
        images[slot] = (result["image"]["name"], result["image"]["path"])
    _, shown = lab.vouch("target", "show", "lab")
    t.check(shown["boot"] is None, "nothing was to be attached at start")
    return images, shown["floors"]


def make_initrd(images, floors):
    """The target's own, with a disk's content behind it."""
    root = os.path.abspath(os.path.join(OUT, "root"))
    shutil.rmtree(root, ignore_errors=True)
    state = os.path.join(root, "var", "lib", "vouch-targetd")
    etc = os.path.join(root, "etc", "vouch")
    os.makedirs(state)
    os.makedirs(etc)
    for name, path in images.values():
        shutil.copy(path, os.path.join(state, name + ".ko"))
    with open(os.path.join(state, "floors"), "w", encoding="ascii") as f:
        for floor in floors:
            # Of one slot the kept image is too old.
            more = 100 if floor["slot"] == "default" else 0
            f.write("%s %d %d\n" % (floor["slot"], floor["epoch"],
                                    floor["sequence"] + more))
    with open(os.path.join(etc, "targetd.json"), "w", encoding="ascii") as f:
        json.dump({"boot": BOOT}, f)
    disk = subprocess.run(["sh", "-c", "find . | cpio -o -H newc --quiet"],
                          cwd=root, check=True, stdout=subprocess.PIPE).stdout
    kinds = lab_module.TARGETS[MACHINE.name]
    kernel, initrd, profile = kinds["lab"]
    whole = os.path.abspath(os.path.join(OUT, "initrd"))
    with open(os.path.join(lab_module.BUILD, initrd), "rb") as f, \
            open(whole, "wb") as out:
        out.write(f.read() + disk)
    kinds["lab"] = (kernel, whole, profile)


def attached_at_start(t, lab, images):
    rc, shown = lab.vouch("target", "show", "lab")
    got = shown["boot"] if rc == 0 else []
    t.equal([b["status"] for b in got or []], [w[0] for w in WANTED],
            "the target says what became of each")
    for entry, (_, words) in zip(got or [], WANTED):
        t.check(words in str(entry["reason"]), "%s at %s: %s" %
                (entry["slot"], entry["hook"], words or "no complaint"), entry)
    t.equal({i["name"] for i in shown["images"]},
            {images["one"][0], images["two"][0]},
            "the images are loaded that the floors admit")
    _, progs = lab.vouch("target", "progs", "lab")
    t.equal(sorted(h for p in progs["programs"] for h in p["attached"]),
            ["kprobe:do_nanosleep", "raw_tp:task_rename",
             "tracepoint:task:task_rename", "xdp:eth0"],
            "and their programs are attached")


def main():
    t = tap.Tap()
    os.makedirs(OUT, exist_ok=True)
    lab = lab_module.Lab("boot-test", target="lab", variant="asan")
    try:
        lab.up()
        images, floors = delivered(t, lab)
        t.check(lab.down(), "the lab stops")
        make_initrd(images, floors)
        lab = lab_module.Lab("boot-test", target="lab", variant="asan")
        lab.up()
        t.run(attached_at_start, lab, images)
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "the lab", e)
    finally:
        t.check(lab.down(), "the lab stops")
    t.end()


if __name__ == "__main__":
    main()
