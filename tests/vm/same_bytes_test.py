#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Same input, same bytes: two boots of the verifier kernel with KASLR.

The compressed kernel is booted, since a PVH boot has no KASLR at all, and the
addresses of _text must differ, or the test has shown nothing. The second lab
also records what the agent would refuse, and the bridge's check must refuse
it from the capture alone.
"""

import os
import re
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = os.path.join(lab_module.BUILD, "objects")
NAMES = ("xdp_count.o", "xdpfilt_dny_all.o")

# What the check says of each when the agent has let it pass.
RECORDED = {
    "helper_fib.o": "fib_lookup",
    "ksym_percpu.o": "bpf_prog_active",
    "ksym_typed.o": "runqueues",
    "ksym_typeless.o": "init_task",
    "skb.o": "sched_cls",
    "timer.o": "timer",
    "tp_btf.o": "tracing|CO-RE",
}


def text_address(lab):
    with open(os.path.join(lab.state, "verifier.log"), errors="replace") as f:
        found = re.findall(r"VOUCH-TEXT ([0-9a-f]{16}) T _text", f.read())
    return found[-1] if found else None


def content_hashes(t, lab, order):
    hashes = {}
    for name in order:
        rc, result = lab.vouch("submit", os.path.join(OBJECTS, name),
                               "--target", "demo", "--no-deliver")
        t.check(rc == 0, "%s is accepted" % name, lab.stderr or result)
        hashes[name] = result["image"]["content"]
    return hashes


def recorded(t, lab):
    client = wire.Client(lab.socket)
    for name, words in sorted(RECORDED.items()):
        with open(os.path.join(OBJECTS, "refuse", name), "rb") as f:
            kind, _, result, _ = client.request(
                wire.SUBMIT, {"name": name, "options": {"record": True},
                              "target": "demo", "deliver": False}, f.read())
        reason = str(result.get("reason"))
        t.check(kind == wire.VERDICT and result["verdict"] == "refused" and
                result["exit"] == 6 and result["image"] is None and
                re.search(words, reason),
                "the check refuses %s from its capture" % name, result)
        t.note("%s: %s" % (name, reason))
    client.close()


def boot(t, number, order, record):
    lab = lab_module.Lab("kaslr%d" % number, kernel="vmlinuz",
                         append="vouch.show_text", start_target=False,
                         record=record, variant="asan")
    try:
        lab.up()
        text = text_address(lab)
        t.check(text and int(text, 16), "boot %d shows _text" % number, text)
        hashes = content_hashes(t, lab, order)
        if record:
            t.run(recorded, lab)
        return text, hashes
    except lab_module.LabError as e:
        t.check(False, "boot %d" % number, e)
        return None, None
    finally:
        lab.down()


def main():
    t = tap.Tap()
    first = boot(t, 1, NAMES, False)
    second = boot(t, 2, NAMES[::-1], True)
    t.note("_text at %s and %s" % (first[0], second[0]))
    t.check(first[0] != second[0], "the two boots put the kernel elsewhere")
    for name in NAMES:
        t.check(first[1] and second[1] and first[1][name] == second[1][name],
                "%s: both boots give the same content hash" % name,
                (first[1], second[1]))
    t.end()


if __name__ == "__main__":
    main()
